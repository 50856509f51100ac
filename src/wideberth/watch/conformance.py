"""How well tracks keep to their own intents: time inside, outside and not known, and excursions.

A *flight* is one track under one intent of its own. It begins with the first position that may be
in the intent, goes on while the track is in no other, and ends with the intent or the track. Each
position tells where the track was until the next one: *inside* where it was surely in an intent of
its own, *outside* where it was surely in none (:mod:`wideberth.watch.own_intents` says which);
*not known* where its height did not compare, or was said so long before or after the position that
it may have been on either side of a limit, where it was implausible, and for the whole time
between two positions that are farther apart than the feed's bound of silence. What comes after the
last position is not counted at all.

An *excursion* begins with a position outside and ends with the next one inside; what is not known
between does not end it, and counts for its length.

A flight is told of when it ends, and in parts of about an hour, so that a process that is killed
loses no more. All tracks are counted in one call; memory is some numbers for each track.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import HOUR_US
from wideberth.watch.look import Look
from wideberth.watch.own_intents import OwnIntents, Placed
from wideberth.watch.tracks import TrackKey, TrackTable

__all__ = ["PART_US", "Conformance", "Flown", "Outside"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

PART_US = HOUR_US
"""A flight is told of in parts of about this length."""

_INSIDE, _OUTSIDE, _UNKNOWN = 0, 1, 2
_NEVER_US = np.iinfo(np.int64).min

_FLIGHT = np.dtype(
    [
        ("born", np.int64),  # which track; 0 for none
        ("number", np.int64),  # of the intent
        ("serial", np.int64),  # which intent of that number
        ("began_us", np.int64),
        ("from_us", np.int64),  # of this part
        ("time_us", np.int64),  # of the last position
        ("state", np.int8),
        ("inside_us", np.int64),
        ("outside_us", np.int64),
        ("unknown_us", np.int64),
        ("excursions", np.int64),
        ("longest_us", np.int64),
        ("since_us", np.int64),  # of the excursion that goes on; _NEVER_US for none
    ]
)


class Flown(msgspec.Struct, frozen=True):
    """A flight, or a part of one, from its first position to its last. owner: the intent's party.
    began_us: of the flight.
    inside_us, outside_us, unknown_us: together from_us to until_us. excursions: that began in this
    part; longest_us: of those that were in it, since each began.
    """

    key: TrackKey
    intent: str
    owner: str
    began_us: int
    from_us: int
    until_us: int
    inside_us: int
    outside_us: int
    unknown_us: int
    excursions: int
    longest_us: int


class Outside(msgspec.Struct, frozen=True):
    """A track on a flight under an intent, as its last position has it. outside_since_us: when its
    excursion began; None: it is on none, which is_inside says only where it surely is.
    """

    key: TrackKey
    intent: str
    time_us: int
    is_inside: bool
    outside_since_us: int | None


class Conformance:
    """The flights of a table's tracks under their own intents. Not safe for threads."""

    def __init__(self, table: TrackTable, own: OwnIntents, *, part_us: int = PART_US) -> None:
        self._part_us = part_us
        self._table = table
        self._own = own
        self._flights: Any = np.zeros(0, _FLIGHT)  # by slot
        self._keys: dict[int, tuple[TrackKey, str, str]] = {}  # by slot: of the flights
        self._over: list[Flown] = []

    def take(self, look: Look, placed: Placed) -> None:
        """Counts what a look has seen."""
        if not self._keys and not len(placed.row):
            return
        self._make_room()
        flights, slots = self._flights, look.slots
        self._end_gone()
        state = np.full(len(slots), _UNKNOWN, np.int8)
        state[placed.is_in & ~look.doubtful] = _INSIDE
        state[~placed.may_be_in] = _OUTSIDE
        flying = flights["born"][slots] > 0
        newer = np.flatnonzero(flying & (look.time_us > flights["time_us"][slots]))
        self._advance(slots[newer], look.time_us[newer], state[newer])
        # Who is in another intent, and not in that of the flight, flies under the other.
        met, number = placed.row, placed.number
        same = flying[met] & (flights["number"][slots[met]] == number)
        is_same = np.zeros(len(slots), np.bool_)
        is_same[met[same]] = True
        began = ~is_same[met] & (placed.surely | ~placed.is_in[met])
        self._begin(look, met[began], number[began], state)
        long = np.flatnonzero(
            (flights["born"] > 0) & (flights["time_us"] - flights["from_us"] >= self._part_us)
        )
        for slot in long.tolist():
            self._tell(slot)
            self._count_anew(slot)

    def end_all(self) -> list[Flown]:
        """Ends every flight, since nobody looks any more; what :meth:`over` gives then."""
        for slot in sorted(self._keys):
            self._end(slot)
        return self.over()

    def over(self) -> list[Flown]:
        """The flights and parts that are over, each told once."""
        self._end_gone()
        over, self._over = self._over, []
        return over

    def flying(self, intents: Container[str]) -> list[Outside]:
        """How each track that flies under one of these intents stands."""
        found: list[Outside] = []
        for slot, (key, intent_id, _) in sorted(self._keys.items()):
            if intent_id in intents:
                flight = self._flights[slot]
                since_us = int(flight["since_us"])
                found.append(
                    Outside(
                        key,
                        intent_id,
                        int(flight["time_us"]),
                        int(flight["state"]) == _INSIDE,
                        None if since_us == _NEVER_US else since_us,
                    )
                )
        return found

    def _advance(self, slots: Ints, time_us: Ints, state: NDArray[np.int8]) -> None:
        """Counts the time up to a new position of each."""
        flights = self._flights
        gap_us = time_us - flights["time_us"][slots]
        held = flights["state"][slots]
        held[gap_us > self._table.silence_after_us(slots)] = _UNKNOWN
        for name, each in (
            ("inside_us", _INSIDE),
            ("outside_us", _OUTSIDE),
            ("unknown_us", _UNKNOWN),
        ):
            flights[name][slots] += np.where(held == each, gap_us, 0)
        since_us = flights["since_us"][slots]
        out = since_us != _NEVER_US
        longest_us = flights["longest_us"][slots]
        longest_us[out] = np.maximum(longest_us[out], time_us[out] - since_us[out])
        flights["longest_us"][slots] = longest_us
        leaves = ~out & (state == _OUTSIDE)
        flights["excursions"][slots] += leaves
        since_us = np.where(leaves, time_us, since_us)
        flights["since_us"][slots] = np.where(state == _INSIDE, _NEVER_US, since_us)
        flights["time_us"][slots] = time_us
        flights["state"][slots] = state

    def _begin(self, look: Look, rows: Ints, number: Ints, state: NDArray[np.int8]) -> None:
        """Begins the flights of rows, each under the first by id of the intents given for it."""
        first: dict[int, tuple[str, int]] = {}
        named: list[int] = number.tolist()
        for row, each in zip(rows.tolist(), named, strict=True):
            choice = self._own.id_of(each), each
            if not self._own[choice[0]].is_flight:
                continue
            first[row] = min(first.get(row, choice), choice)
        for row, (intent_id, each) in first.items():
            slot, time_us = int(look.slots[row]), int(look.time_us[row])
            if slot in self._keys:
                self._end(slot)
            self._keys[slot] = self._table.key(slot), intent_id, self._own[intent_id].owner
            self._flights[slot] = (
                self._table.born[slot], each, self._own.serial_of(each), time_us, time_us, time_us,
                state[row], 0, 0, 0, 0, 0, _NEVER_US,
            )  # fmt: skip

    def _end_gone(self) -> None:
        """Ends the flights of tracks or intents that are gone, or do not hold any more."""
        self._make_room()
        flights = self._flights
        slots = np.flatnonzero(flights["born"] > 0)
        here = flights["born"][slots] == self._table.born[slots]
        left = slots[here]
        held = self._own.hold(left, flights["number"][left], flights["serial"][left])
        for slot in [*slots[~here].tolist(), *left[~held].tolist()]:
            self._end(slot)

    def _end(self, slot: int) -> None:
        self._tell(slot)
        self._flights[slot]["born"] = 0
        del self._keys[slot]

    def _tell(self, slot: int) -> None:
        """Tells of a flight so far, unless it has no length."""
        flight = self._flights[slot]
        if flight["time_us"] == flight["from_us"]:
            return
        self._over.append(
            Flown(
                *self._keys[slot],
                began_us=int(flight["began_us"]),
                from_us=int(flight["from_us"]),
                until_us=int(flight["time_us"]),
                inside_us=int(flight["inside_us"]),
                outside_us=int(flight["outside_us"]),
                unknown_us=int(flight["unknown_us"]),
                excursions=int(flight["excursions"]),
                longest_us=int(flight["longest_us"]),
            )
        )

    def _count_anew(self, slot: int) -> None:
        flight = self._flights[slot]
        flight["from_us"] = flight["time_us"]
        for name in ("inside_us", "outside_us", "unknown_us", "excursions", "longest_us"):
            flight[name] = 0

    def _make_room(self) -> None:
        more = len(self._table.born) - len(self._flights)
        if more > 0:
            self._flights = np.concatenate((self._flights, np.zeros(more, _FLIGHT)))
