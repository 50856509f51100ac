"""One look: the tracks that speak, as the kernels read them, with their names and facts."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch.agreeing import identities
from wideberth.watch.movers import Movers
from wideberth.watch.observations import ObjectRef, TrackFacts, Uncertainty
from wideberth.watch.paths import Floats
from wideberth.watch.tracks import TrackKey, TrackTable, Velocity

__all__ = ["Look", "mm", "ref_of", "track_facts", "track_key", "us"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """The tracks that are not silent at now_us; row k of each array is one of them.

    row_of: the row of a slot, -1 where it has none. Every other array is made when it is first
    asked for: the table must be as it was until then.
    """

    table: TrackTable
    now_us: int
    slots: Ints
    row_of: Ints

    @classmethod
    def at(cls, table: TrackTable, now_us: int) -> Look:
        """The table's tracks at now_us."""
        slots = table.slots()
        slots = slots[~table.silent(slots, now_us)]
        row_of = np.full(len(table.time_us), -1)
        row_of[slots] = np.arange(len(slots))
        return cls(table=table, now_us=now_us, slots=slots, row_of=row_of)

    @cached_property
    def movers(self) -> Movers:
        """All as the kernels read them."""
        movers = self.movers_at(np.arange(len(self.slots)))
        return dataclasses.replace(movers, identity=self.identity)

    def movers_at(self, rows: Ints) -> Movers:
        """Some rows as the kernels read them; each of an identity of its own."""
        table, slots = self.table, self.slots[rows]
        follows = table.follows(slots)
        return Movers.of(
            latitude_deg=table.latitude_deg[slots],
            longitude_deg=table.longitude_deg[slots],
            # Whoever is not to be followed is taken to stand where it was.
            speed_m_s=np.where(follows, table.ground_speed_m_s[slots], 0.0),
            course_deg=table.course_deg[slots],
            age_s=table.age_s(slots, self.now_us),
            altitude_w84_m=table.altitude_w84_m[slots],
            altitude_std_m=table.altitude_std_m[slots],
            climb_m_s=np.where(follows, table.vertical_rate_m_s[slots], 0.0),
            horizontal_error_m=table.horizontal_error_m(slots, self.now_us),
            vertical_error_m=table.vertical_error_at_m(slots, self.now_us),
            owner=table.owner_code[slots].astype(np.int64),
            identity=rows,
            feed=table.feed_parties(slots),
        )

    @cached_property
    def identity(self) -> Ints:
        """A number that is equal for those that are taken for one thing."""
        return identities(self.table, self.slots)

    @cached_property
    def owner(self) -> Ints:
        """The code of the party whose thing it is, -1 where that is not known."""
        return self.table.owner_code[self.slots].astype(np.int64)

    @cached_property
    def time_us(self) -> Ints:
        """Of the last position."""
        return self.table.time_us[self.slots]

    @cached_property
    def clock_error_s(self) -> Floats:
        """How far that may be off."""
        return self.table.clock_error_us(self.slots) / SECOND_US

    @cached_property
    def height_apart_m(self) -> Floats:
        """How far each height may be off at its position's moment, for having been said at
        another.
        """
        return self.table.height_apart_m(self.slots)

    @cached_property
    def doubtful(self) -> NDArray[np.bool_]:
        """Implausible, so that nothing about it can be clear."""
        return self.table.implausible_left[self.slots] > 0

    @cached_property
    def course_known(self) -> NDArray[np.bool_]:
        """It can be predicted, or is not to be."""
        known = self.table.velocity_source[self.slots] != Velocity.UNKNOWN
        return known | ~self.table.follows(self.slots)

    def ref(self, row: int) -> ObjectRef:
        """The name of the track in a row."""
        return ref_of(self.table.key(self.slots.item(row)))

    def row(self, ref: ObjectRef) -> int | None:
        """The row of a track, None where it is silent or gone."""
        slot = self.table.slot_of(track_key(ref))
        row = -1 if slot is None else self.row_of.item(slot)
        return None if row < 0 else row

    def facts(self, row: int) -> TrackFacts:
        """What identifies the track in a row."""
        return track_facts(self.table, self.slots.item(row))

    def facts_of(self, rows: Ints) -> list[TrackFacts]:
        """What identifies the track in each of these rows."""
        return facts_of_tracks(self.table, self.slots[rows])

    def oldest_us(self, *rows: int) -> int:
        """The time of the oldest position among the rows, never after now."""
        return min([self.now_us, *[self.time_us.item(row) for row in rows]])

    def uncertainty(
        self, *rows: int, horizontal_m: float, vertical_m: float | None, clock_us: int = 0
    ) -> Uncertainty:
        """What was allowed for, of the rows together. clock_us: of an area's times, besides."""
        clock_us += max([us(self.clock_error_s.item(row)) or 0 for row in rows])
        return Uncertainty(
            horizontal_mm=math.ceil(horizontal_m * 1000),
            vertical_mm=None if vertical_m is None else math.ceil(vertical_m * 1000),
            time_us=self.now_us - self.oldest_us(*rows) + clock_us,
        )


def ref_of(key: TrackKey) -> ObjectRef:
    """The name of a track in a warning."""
    return ObjectRef("track", key.track_id, key.feed_party or "", key.feed)


def track_key(ref: ObjectRef) -> TrackKey:
    """The key in the table of a track named in a warning."""
    return TrackKey(ref.feed_party or None, ref.feed, ref.id)


def track_facts(table: TrackTable, slot: int) -> TrackFacts:
    """What identifies a track: its last report, in whole numbers."""
    return facts_of_tracks(table, np.array([slot]))[0]


def facts_of_tracks(table: TrackTable, slots: Ints) -> list[TrackFacts]:
    """What identifies each track: its last report, in whole numbers."""
    numbers: list[int] = slots.tolist()
    columns: list[list[float]] = [
        column[slots].tolist()
        for column in (
            table.altitude_w84_m,
            table.altitude_std_m,
            table.ground_speed_m_s,
            table.course_deg,
        )
    ]
    places: list[list[int]] = [
        np.rint(column[slots] * 1e9).astype(np.int64).tolist()
        for column in (table.latitude_deg, table.longitude_deg)
    ]
    times_us: list[int] = table.time_us[slots].tolist()
    behind_us: list[int] = table.altitude_behind_us[slots].tolist()
    return [
        TrackFacts(
            ref_of(table.key(slot)),
            table.callsign(slot),
            table.owner(slot),
            time_us,
            north_nd,
            east_nd,
            mm(w84_m),
            mm(std_m),
            mm(speed_m_s),
            mm(course_deg),
            time_us - apart_us if apart_us else None,
        )
        for slot, apart_us, time_us, north_nd, east_nd, w84_m, std_m, speed_m_s, course_deg in zip(
            numbers, behind_us, times_us, *places, *columns, strict=True
        )
    ]


def mm(metres: float | None) -> int | None:
    """Whole millimetres, rounded down so that no more distance is claimed than there is; None for
    None, NaN and infinity.
    """
    return math.floor(metres * 1000) if metres is not None and math.isfinite(metres) else None


def us(seconds: float) -> int | None:
    """Whole microseconds, rounded down; None for NaN and infinity."""
    return math.floor(seconds * SECOND_US) if math.isfinite(seconds) else None
