"""Tracks against their own intents: all at once, against each track and each intent by itself."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flights import at
from wideberth.space.altitude import altitude
from wideberth.space.prepared import prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle
from wideberth.watch import conditions
from wideberth.watch.engine import Watch
from wideberth.watch.look import ref_of
from wideberth.watch.observations import Raised, Verdict, WarningKind
from wideberth.watch.own_intents import OwnIntents
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import FeedSettings, TrackSettings, WarningSettings, WatchSettings
from wideberth.watch.tracks import TrackKey, TrackTable
from wideberth.watch.zones import places

SETTINGS = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(silence_after_us=20 * SECOND_US, clock_error_us=2 * SECOND_US),
        forget_after_us=90 * SECOND_US,
        max_tracks=4,
    ),
    # A condition that is not seen counts neither for nor against one that is not yet raised.
    warnings=WarningSettings(raise_count=2, raise_window=3, hold_us=3 * SECOND_US),
)


class OneByOne:
    """The same, of each track and each intent by itself, every time anew."""

    def __init__(self, table):
        self.table, self.intents, self.inside = table, {}, {}

    def put(self, intent):
        self.intents[intent.area.id] = intent

    def remove(self, intent_id):
        self.inside = {key: each - {intent_id} for key, each in self.inside.items()}
        return self.intents.pop(intent_id, None) is not None

    def __getitem__(self, intent_id):
        return self.intents[intent_id]

    def last_in(self, key):
        return self.inside.get(key, frozenset())

    def departures(self, look, standing, rules):
        told = []
        for row, slot in enumerate(look.slots.tolist()):
            key, owner = self.table.key(slot), self.table.owner(slot)
            own = [
                intent
                for _, intent in sorted(self.intents.items())
                if intent.owner == owner
                and (intent.track_ids is None or key.track_id in intent.track_ids)
            ]
            if own:
                told += self.of_track(look, row, key, own, standing, rules)
        return told

    def of_track(self, look, row, key, own, standing, rules):
        left = {
            each.objects[1].id
            for each in standing
            if each.kind is WarningKind.DEPARTURE and each.objects[0] == ref_of(key)
        }
        one = np.array([row])
        where = [
            places(
                intent.area.volumes,
                look.movers.take(one),
                time_us=look.time_us[one],
                clock_error_s=look.clock_error_s[one],
            )
            for intent in own
        ]
        pairs = list(zip(own, where, strict=True))
        within = frozenset(intent.area.id for intent, place in pairs if place.inside[0])
        last = sorted(self.last_in(key) & {intent.area.id for intent in own})
        if within:
            self.inside[key] = within
            last = sorted(within)
            verdict = Verdict.UNKNOWN if look.doubtful[row] else Verdict.CLEAR
        elif all(place.surely_outside[0] for place in where):
            verdict = Verdict.HOLDS
        else:
            verdict = Verdict.NEAR
        bound = [intent.area.id for intent in own if not intent.require_entry]
        left.update((last or bound)[:1])
        areas = [intent.area for intent in own if intent.area.id in left]
        return conditions.departures(look, row, areas, verdict, rules)

    def mattering(self, standing):
        owners = {intent.owner for intent in self.intents.values()}
        slots = self.table.slots().tolist()
        found = {ref_of(self.table.key(slot)) for slot in slots if self.table.owner(slot) in owners}
        return found.union(*(key.objects for key in standing))


class SlowWatch(Watch):
    """A watch that asks one by one."""

    def __init__(self, rules):
        super().__init__(rules)
        self.own_intents = OneByOne(self.table)
        drop = self.table._drop

        def dropped(slot):
            self.own_intents.inside.pop(self.table.key(slot), None)
            return drop(slot)

        self.table._drop = dropped


PLACES = [(47.0, 8.0), (47.0, 8.02), (47.03, 8.0), (0.0, 179.999)]
NAMES = ["a", "b", "c"]
OWNERS = ["x", "y"]


@st.composite
def volumes(draw):
    place = draw(st.sampled_from(PLACES))
    reference = draw(st.sampled_from(["W84", "W84", "STD"]))
    start_s = draw(st.sampled_from([-100, 30, 60]))
    return prepare(
        Volume4D(
            circle(*place, draw(st.sampled_from([800.0, 1_600.0]))),
            altitude(0, "M", "W84"),
            altitude(500, "M", reference),
            at(start_s),
            at(start_s + draw(st.sampled_from([60, 300]))),
        )
    )


PUT = st.tuples(
    st.just("put"),
    st.sampled_from(["one", "two", "three"]),
    st.lists(volumes(), min_size=1, max_size=2),
    st.sampled_from(OWNERS),
    st.none() | st.frozensets(st.sampled_from(NAMES)),
    st.none() | st.booleans(),
)
HEAR = st.tuples(
    st.just("hear"),
    st.sampled_from(["radio", "net"]),
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from([*OWNERS, None]),
            st.sampled_from(PLACES),
            st.sampled_from([0.0, 0.0, 0.008]),
            st.sampled_from([None, 100.0, 100.0, 600.0]),
            st.sampled_from([None, None, 100.0]),
        ),
        min_size=1,
        max_size=4,
    ),
)
REMOVE = st.tuples(st.just("remove"), st.sampled_from(["one", "two", "three"]))
END = st.tuples(st.just("end"), st.sampled_from(["radio", "net"]), st.sampled_from(NAMES))
WAIT = st.tuples(st.just("wait"), st.sampled_from([5, 30, 100]))
PLAYS = st.lists(PUT | HEAR | HEAR | HEAR | REMOVE | END | WAIT, min_size=4, max_size=24)


def play(watch, steps):
    """The events of each look, and in what each track was last."""
    told, seconds = [], 0
    for kind, *said in steps:
        seconds += 1
        events = []
        if kind == "put":
            name, shapes, owner, ids, entry = said
            watch.put_intent(
                name, shapes, name=name, owner=owner, track_ids=ids, require_entry=entry
            )
        elif kind == "remove":
            events += watch.remove_intent(said[0], at(seconds))
        elif kind == "end":
            told.append((watch.remove_track(TrackKey("desk", *said), at(seconds)), {}))
            continue  # whoever is in its slot at the next look may be another
        elif kind == "wait":
            seconds += said[0]
        else:
            feed, rows = said
            batch = ReportBatch.of(
                [
                    PositionReport(
                        name, at(seconds), lat + off, lon, high, std, owner=owner, accuracy_m=5.0
                    )
                    for name, owner, (lat, lon), off, high, std in rows
                ],
                feed=feed,
                feed_party="desk",
            )
            watch.observe(batch, at(seconds))
        for _ in range(2):
            seconds += 1
            events += watch.tick(at(seconds))
        slots = watch.table.slots().tolist()
        keys = [watch.table.key(slot) for slot in slots]
        told.append((events, {key: watch.own_intents.last_in(key) for key in keys}))
    return told


def check(steps):
    assert play(Watch(SETTINGS), steps) == play(SlowWatch(SETTINGS), steps)


def box(place, *, reference="W84"):
    upper = altitude(500, "M", reference)
    return prepare(
        Volume4D(circle(*place, 800.0), altitude(0, "M", "W84"), upper, at(-100), at(500))
    )


def here(name, place, *, owner="x", high=100.0, feed="radio"):
    return ("hear", feed, [(name, owner, place, 0.0, high, None)])


A, B, C, _ = PLACES
OPEN = ("put", "one", [box(A)], "x", None, None)
LEFT = [OPEN, here("a", A), here("a", C)]
ENDED = [
    OPEN, here("a", A), ("remove", "one"), ("put", "two", [box(B)], "x", None, None),
    here("a", C),
]  # fmt: skip
ANOTHER = [OPEN, here("a", A), ("end", "radio", "a"), here("b", C)]
NAMED = [
    ("put", "one", [box(A)], "x", frozenset("a"), None), here("c", C), here("b", C),
    ("end", "radio", "c"), here("a", C), here("b", A),
]  # fmt: skip
NOBODY = [("put", "one", [box(A)], "x", frozenset(), None), here("a", A), here("a", C)]
HIGH = [OPEN, here("a", A, high=None), here("a", C)]
INTO_THE_NEXT = [
    OPEN, ("put", "two", [box(A)], "x", None, None), here("a", A), ("remove", "one"), here("a", C),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(PLAYS)
@example(LEFT)
@example(ENDED)
@example(ANOTHER)
@example(NAMED)
@example(HIGH)
@example(NOBODY)
@example(INTO_THE_NEXT)
def test_all_at_once_tells_what_is_told_one_by_one(steps):
    check(steps)


def departed(steps):
    return [
        event.warning.key.objects[0].id
        for events, _ in play(Watch(SETTINGS), steps)
        for event in events
        if isinstance(event, Raised) and event.warning.key.kind is WarningKind.DEPARTURE
    ]


def test_what_the_examples_tell():
    assert departed(LEFT) == ["a"]
    assert departed(ENDED) == departed(ANOTHER) == departed(HIGH) == departed(NOBODY) == []
    assert departed(NAMED) == ["a"]
    # It was in both, and one of them ended while it was: it has left the other.
    assert departed(INTO_THE_NEXT) == ["a"]


def one_serial(own, intent_id, *, number=OwnIntents._new_number):
    number(own, intent_id)
    own._serial[own._number[intent_id]] = 1


def one_birth(table, feed, track_id, *, slot_of=TrackTable._new_slot):
    slot = slot_of(table, feed, track_id)
    table.born[slot] = 1
    return slot


def surely_in(own, look, rows, *, meetings=OwnIntents._meetings):
    met = meetings(own, look, rows)
    return type(met)(met.row, met.number, np.ones(len(met.row), np.bool_))


def name_once(own, slots, *, name=OwnIntents._name):
    known = own._names_of
    own._names_of = np.where(known > 0, own._table.born[: len(known)], 0)
    name(own, slots)


@pytest.mark.parametrize(
    ("of", "method", "fault", "steps"),
    [
        pytest.param(
            OwnIntents, "_new_number", one_serial, ENDED, id="one that is gone is another"
        ),
        pytest.param(TrackTable, "_new_slot", one_birth, ANOTHER, id="another track was, here"),
        pytest.param(OwnIntents, "_meetings", surely_in, HIGH, id="an unknown height is in"),
        pytest.param(OwnIntents, "_name", name_once, NAMED, id="another track had that name"),
    ],
)
def test_the_comparison_finds(monkeypatch, of, method, fault, steps):
    monkeypatch.setattr(of, method, fault)
    with pytest.raises(AssertionError):
        check(steps)
