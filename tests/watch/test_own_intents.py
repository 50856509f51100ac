"""Tracks against their own intents: all at once, against each track and each intent by itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st

from flights import at
from own_plays import OPEN, PLAYS, SETTINGS, A, B, C, box, here, play
from wideberth.model.warnings import WarningKind
from wideberth.watch import conditions
from wideberth.watch.area_index import AreaIndex
from wideberth.watch.engine import Watch
from wideberth.watch.look import Look, ref_of
from wideberth.watch.observations import Raised, Verdict
from wideberth.watch.own_intents import OwnIntents
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.tracks import TrackTable
from wideberth.watch.zones import places

# How high a thing is at its position, how it climbs, when its height was said, and whether it says
# its climb. The band is 0 to 500 m.
FLOWN = st.tuples(
    st.sampled_from([-40.0, 5.0, 250.0, 480.0, 520.0, 650.0]),
    st.sampled_from([-10.0, -2.5, 0.0, 4.0, 10.0]),
    st.sampled_from([-30, -4, 0, 4, 20, 60]),
    st.booleans(),
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

    def place(self, look):
        return None

    def departures(self, look, _, standing, rules):
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
                height_apart_m=look.height_apart_m[one],
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
        self.conformance.take = lambda look, placed: None  # test_conformance.py
        drop = self.table._drop

        def dropped(slot):
            self.own_intents.inside.pop(self.table.key(slot), None)
            return drop(slot)

        self.table._drop = dropped


def check(steps):
    assert play(Watch(SETTINGS), steps) == play(SlowWatch(SETTINGS), steps)


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
AGED = [OPEN, here("a", A), here("a", A, high=600.0, behind_s=30), here("a", C)]
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
@example(AGED)
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
    # At 600 m half a minute before it was there, it may have come down into it again.
    assert departed(AGED[:-1]) == []
    assert departed([*AGED[:2], here("a", A, high=600.0)]) == departed(AGED) == ["a"]
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
    sure = np.ones(len(met.row), np.bool_)
    return replace(met, surely=sure, is_in=met.may_be_in)


def ageless(index, movers, rows, *, meetings=AreaIndex.volumes_met, **more):
    return meetings(index, movers, rows, **more | {"height_apart_m": np.zeros(len(rows))})


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
        pytest.param(AreaIndex, "volumes_met", ageless, AGED, id="an old height counts as now's"),
        pytest.param(OwnIntents, "_name", name_once, NAMED, id="another track had that name"),
    ],
)
def test_the_comparison_finds(monkeypatch, of, method, fault, steps):
    monkeypatch.setattr(of, method, fault)
    with pytest.raises(AssertionError):
        check(steps)


def is_placed_wrongly(flown):
    """Whether a thing is held to be surely in, or surely out, of its intent and is not."""
    high_m, climb_m_s, behind_s, says_climb = flown
    watch = Watch(SETTINGS)
    watch.put_intent("one", [box(A)], name="one", owner="x")
    said = PositionReport(
        "a", at(1), *A, high_m - climb_m_s * behind_s, owner="x", accuracy_m=5.0,
        vertical_rate_m_s=climb_m_s if says_climb else None, altitude_time_us=at(1 - behind_s),
    )  # fmt: skip
    watch.observe(ReportBatch.of([said], feed="radio"), at(60))
    placed = watch.own_intents.place(Look.at(watch.table, at(2)))
    is_in = 0 <= high_m <= 500
    return bool(not placed.may_be_in[0] if is_in else placed.is_in[0])


@settings(max_examples=100, deadline=None)
@given(FLOWN)
@example((520.0, 10.0, 4, False))
@example((480.0, -10.0, 4, True))
def test_a_thing_is_where_it_surely_is_whenever_its_height_was_said(flown):
    assert not is_placed_wrongly(flown)


def test_a_height_that_counts_as_of_its_position_is_noticed(monkeypatch):
    monkeypatch.setattr(TrackTable, "height_apart_m", lambda _table, slots: np.zeros(len(slots)))
    assert is_placed_wrongly((520.0, 10.0, 4, False))
    assert is_placed_wrongly((480.0, -10.0, 4, True))
    search = settings(phases=[Phase.generate], max_examples=200, deadline=None, database=None)
    find(FLOWN, is_placed_wrongly, settings=search)
