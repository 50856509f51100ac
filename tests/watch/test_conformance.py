"""Time inside and outside own intents, look by look: against the whole history counted again."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings

from own_plays import OPEN, PLAYS, SETTINGS, A, B, C, box, here, play
from wideberth.space.time import SECOND_US
from wideberth.watch import conformance
from wideberth.watch.conformance import Conformance, Flown
from wideberth.watch.engine import Watch
from wideberth.watch.look import Look
from wideberth.watch.zones import places

PART_US = 40 * SECOND_US


class History:
    """All that was seen: at each look, of each track, its position and what it is in."""

    def __init__(self):
        self.looks = []

    def see(self, watch, now_us):
        look, own = Look.at(watch.table, now_us), watch.own_intents
        seen = {}
        for slot in watch.table.slots().tolist():
            key = watch.table.key(slot)
            held = [
                own[name] for name in own if own[name].holds(watch.table.owner(slot), key.track_id)
            ]
            row = look.row_of.item(slot) if look.row_of.item(slot) >= 0 else None
            seen[key, int(watch.table.born[slot])] = (
                {each.area.id: own.serial_of(own._number[each.area.id]) for each in held},
                None if row is None else self.position(look, row, held),
                int(watch.table.silence_after_us(np.array([slot]))[0]),
                watch.table.owner(slot),
            )
        self.looks.append(seen)

    @staticmethod
    def position(look, row, held):
        """When it was there, and in what it surely is and may be."""
        one = np.array([row])
        surely, maybe = set(), set()
        for intent in held:
            place = places(
                intent.area.volumes,
                look.movers.take(one),
                time_us=look.time_us[one],
                clock_error_s=look.clock_error_s[one],
                height_apart_m=look.height_apart_m[one],
            )
            if place.inside[0]:
                surely.add(intent.area.id)
            if not place.surely_outside[0]:
                maybe.add(intent.area.id)
        state = "in" if surely and not look.doubtful[row] else "out" if not maybe else "unknown"
        return int(look.time_us[row]), surely, maybe, state


def flights_of(history):
    """Each flight as the list of its positions, (time, state)."""
    flights, going = [], {}
    for look in history.looks:
        for track in list(going):
            intent, serial, _ = going[track]
            if track not in look or look[track][0].get(intent) != serial:
                del going[track]
        for track, (held, position, silence_us, owner) in look.items():
            if position is None:
                continue
            time_us, surely, maybe, state = position
            if track in going and time_us > going[track][2][-1][0]:
                going[track][2].append((time_us, state))
            chosen = min(surely or maybe, default=None)
            if chosen is None or (track in going and going[track][0] in maybe):
                continue
            positions = [(time_us, state)]
            going[track] = chosen, held[chosen], positions
            flights.append((track[0], chosen, owner, positions, silence_us))
    return flights


def counted(key, intent, owner, positions, silence_us):
    """The parts of a flight, from all of its positions."""
    parts, first, since = [], 0, None
    for at in range(1, len(positions)):
        last = at == len(positions) - 1
        if not last and positions[at][0] - positions[first][0] < PART_US:
            continue
        spent, began, longest = Counter(), 0, 0
        for k in range(first + 1, at + 1):
            (before, state), (now, then) = positions[k - 1], positions[k]
            gap = now - before
            spent["unknown" if gap > silence_us else state] += gap
            if since is not None:
                longest = max(longest, now - since)
            if since is None and then == "out":
                began, since = began + 1, now
            if then == "in":
                since = None
        parts.append(
            Flown(
                key, intent, owner, positions[0][0], positions[first][0], positions[at][0],
                spent["in"], spent["out"], spent["unknown"], began, longest,
            )
        )  # fmt: skip
        first = at
    return parts


def flown(steps):
    """What the watch tells of, and the same recounted."""
    watch, history, told = Watch(SETTINGS), History(), []
    watch.conformance = Conformance(watch.table, watch.own_intents, part_us=PART_US)

    def see(watch, now_us):
        told.extend(watch.conformance.over())
        history.see(watch, now_us)

    play(watch, steps, see)
    told += watch.conformance.end_all()
    again = [part for flight in flights_of(history) for part in counted(*flight)]
    return [sorted(each, key=repr) for each in (told, again)]


def check(steps):
    told, again = flown(steps)
    assert told == again
    for each in told:
        spent_us = each.inside_us + each.outside_us + each.unknown_us
        assert spent_us == each.until_us - each.from_us > 0


WAIT = ("wait", 5)
AGED = [
    OPEN, here("a", A), WAIT, here("a", A, high=450.0, behind_s=9), WAIT,
    here("a", A, high=600.0, behind_s=30), WAIT, here("a", A),
]  # fmt: skip
OUT_AND_BACK = [
    OPEN, here("a", A), WAIT, here("a", A), here("a", C), WAIT, here("a", C), here("a", A),
    here("a", A),
]  # fmt: skip
SILENT = [OPEN, here("a", A), ("wait", 30), here("a", A), here("a", A)]
NO_HEIGHT = [OPEN, here("a", A), here("a", A, high=None), here("a", A), here("a", A)]
OUT_AND_SILENT = [OPEN, here("a", A), here("a", C), ("wait", 30), here("a", C), here("a", A)]
INTO_ANOTHER = [
    OPEN, ("put", "two", [box(B)], "x", None, None), here("a", A), here("a", A), here("a", B),
    here("a", B),
]  # fmt: skip
PARTS = [OPEN, *[here("a", place) for place in (A, A, C, C, A, C) for _ in range(4)], here("a", A)]
AGAIN = [
    OPEN, here("a", A), here("a", A), ("remove", "one"), OPEN, here("a", A), here("a", A),
    ("end", "radio", "a"), here("a", A), here("a", C),
]  # fmt: skip

NAMED_AND_GONE = [
    ("put", "one", [box(A)], "x", frozenset("a"), None), here("a", A), here("a", A),
    ("end", "radio", "a"), here("b", A),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(PLAYS)
@example(OUT_AND_BACK)
@example(SILENT)
@example(NO_HEIGHT)
@example(AGED)
@example(OUT_AND_SILENT)
@example(INTO_ANOTHER)
@example(PARTS)
@example(AGAIN)
@example(NAMED_AND_GONE)
def test_what_is_counted_is_what_the_whole_history_comes_to(steps):
    check(steps)


def told(steps):
    return [
        (
            each.intent,
            *(us / SECOND_US for us in (each.inside_us, each.outside_us, each.unknown_us)),
            each.excursions,
            each.longest_us / SECOND_US,
        )
        for each in flown(steps)[0]
    ]


def test_time_inside_and_outside_and_the_excursion_between():
    assert told(OUT_AND_BACK) == [("one", 17.0, 14.0, 0.0, 1, 14.0)]


def test_silence_and_an_unknown_height_are_neither():
    assert told(SILENT) == [("one", 3.0, 0.0, 36.0, 0, 0.0)]
    assert told(NO_HEIGHT) == [("one", 6.0, 0.0, 3.0, 0, 0.0)]


def test_while_a_height_may_be_of_either_side_it_is_neither():
    # 450 m 9 s before it was there, then 600 m half a minute before: under or over 500 m by then.
    assert told(AGED) == [("one", 11.0, 0.0, 22.0, 0, 0.0)]


def test_silence_does_not_end_an_excursion():
    assert told(OUT_AND_SILENT) == [("one", 3.0, 3.0, 36.0, 1, 39.0)]


def test_each_flight_is_under_one_intent_at_a_time():
    assert [each[0] for each in told(INTO_ANOTHER)] == ["one", "two"]
    assert len(told(AGAIN)) == 3


def test_a_long_flight_is_told_of_in_parts_that_count_an_excursion_once():
    parts = told(PARTS)
    assert len(parts) > 1
    assert sum(each[4] for each in parts) == 2


def test_an_hour_is_a_part():
    assert conformance.PART_US == 3600 * SECOND_US


def unknown_is_inside(method):
    def advance(self, slots, time_us, state):
        method(self, slots, time_us, np.where(state == 2, 0, state).astype(np.int8))

    return advance


def silence_is_nothing(method):
    def advance(self, slots, time_us, state):
        table, self._table = self._table, Endless()
        method(self, slots, time_us, state)
        self._table = table

    return advance


class Endless:
    def silence_after_us(self, slots):
        return np.full(len(slots), np.iinfo(np.int64).max)


def forgets_excursions(method):
    def anew(self, slot):
        method(self, slot)
        self._flights[slot]["since_us"] = np.iinfo(np.int64).min

    return anew


@pytest.mark.parametrize(
    ("name", "fault", "steps"),
    [
        pytest.param("_advance", unknown_is_inside, NO_HEIGHT, id="an unknown height is inside"),
        pytest.param("_advance", silence_is_nothing, SILENT, id="silence goes on as it was"),
        pytest.param("_count_anew", forgets_excursions, PARTS, id="a part begins its excursions"),
        pytest.param("_end_gone", lambda _: lambda self: None, AGAIN, id="a flight does not end"),
    ],
)
def test_the_recount_finds(monkeypatch, name, fault, steps):
    monkeypatch.setattr(Conformance, name, fault(getattr(Conformance, name)))
    with pytest.raises((AssertionError, KeyError)):
        check(steps)
