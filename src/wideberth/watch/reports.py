"""Position reports as they come in: what a feed said, in one set of units, nothing added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.watch.paths import Floats

_FAR_US = 1 << 62

__all__ = ["NUMBERS", "PositionReport", "ReportBatch", "numbers_of", "said"]

Times = NDArray[np.int64]

NUMBERS = (
    "altitude_w84_m",
    "altitude_std_m",
    "ground_speed_m_s",
    "course_deg",
    "vertical_rate_m_s",
    "accuracy_m",
)
"""Columns of a batch that a feed need not say."""


class PositionReport(msgspec.Struct, frozen=True):
    """One thing at one place at one time, as reported. None: the feed did not say.

    time_us: of the position, not of its arrival. altitude_w84_m: above the WGS84 ellipsoid;
    altitude_std_m: pressure altitude. course_deg: over ground, clockwise from true north.
    accuracy_m: horizontal, 95 %. owner: the party whose thing it is.

    altitude_time_us: when its heights were said, of both the one said first; velocity_time_us: its
    speed, course and rate of climb likewise; callsign_time_us: its call sign. None: with the
    position.
    """

    track_id: str
    time_us: int
    latitude_deg: float
    longitude_deg: float
    altitude_w84_m: float | None = None
    altitude_std_m: float | None = None
    ground_speed_m_s: float | None = None
    course_deg: float | None = None
    vertical_rate_m_s: float | None = None
    accuracy_m: float | None = None
    callsign: str | None = None
    owner: str | None = None
    altitude_time_us: int | None = None
    velocity_time_us: int | None = None
    callsign_time_us: int | None = None


@dataclass(frozen=True)
class ReportBatch:
    """Reports of one feed, column by column; row k of each belongs together. NaN: not said.

    feed: the name of the feed. feed_party: the party that brought it, or None (a public source).
    The times of values: None where all are their position's.
    Nothing is checked here: :meth:`wideberth.watch.tracks.TrackTable.update` does.
    """

    feed: str
    feed_party: str | None
    track_id: list[str]
    callsign: list[str | None]
    owner: list[str | None]
    time_us: Times
    latitude_deg: Floats
    longitude_deg: Floats
    altitude_w84_m: Floats
    altitude_std_m: Floats
    ground_speed_m_s: Floats
    course_deg: Floats
    vertical_rate_m_s: Floats
    accuracy_m: Floats
    altitude_time_us: Times | None = None
    velocity_time_us: Times | None = None
    callsign_time_us: Times | None = None

    def __len__(self) -> int:
        return len(self.track_id)

    @classmethod
    def of(
        cls, reports: Iterable[PositionReport], *, feed: str, feed_party: str | None = None
    ) -> ReportBatch:
        """A batch of single reports, in their order."""
        rows = list(reports)
        return cls(
            feed=feed,
            feed_party=feed_party,
            track_id=[row.track_id for row in rows],
            callsign=[row.callsign for row in rows],
            owner=[row.owner for row in rows],
            time_us=_times([row.time_us for row in rows]),
            latitude_deg=said([row.latitude_deg for row in rows]),
            longitude_deg=said([row.longitude_deg for row in rows]),
            **numbers_of(rows, {each: each for each in NUMBERS}),
            altitude_time_us=_value_times(rows, "altitude_time_us"),
            velocity_time_us=_value_times(rows, "velocity_time_us"),
            callsign_time_us=_value_times(rows, "callsign_time_us"),
        )

    def rows(self, start: int, stop: int) -> ReportBatch:
        """The rows from start up to, not including, stop."""
        part = slice(start, stop)
        return self._columns(part, lambda texts: texts[part])

    def only(self, rows: Sequence[int]) -> ReportBatch:
        """These rows, in this order."""
        return self._columns(np.asarray(rows, np.int64), lambda texts: [texts[row] for row in rows])

    def _columns(self, part: slice | Times, taken: Callable[[list[Any]], list[Any]]) -> ReportBatch:
        return ReportBatch(
            feed=self.feed,
            feed_party=self.feed_party,
            track_id=taken(self.track_id),
            callsign=taken(self.callsign),
            owner=taken(self.owner),
            time_us=self.time_us[part],
            latitude_deg=self.latitude_deg[part],
            longitude_deg=self.longitude_deg[part],
            altitude_w84_m=self.altitude_w84_m[part],
            altitude_std_m=self.altitude_std_m[part],
            ground_speed_m_s=self.ground_speed_m_s[part],
            course_deg=self.course_deg[part],
            vertical_rate_m_s=self.vertical_rate_m_s[part],
            accuracy_m=self.accuracy_m[part],
            altitude_time_us=_part(self.altitude_time_us, part),
            velocity_time_us=_part(self.velocity_time_us, part),
            callsign_time_us=_part(self.callsign_time_us, part),
        )


def _part(column: Times | None, part: slice | Times) -> Times | None:
    return None if column is None else column[part]


def _times(times_us: Sequence[int]) -> Times:
    # Times that no clock shows are refused later; here they must only fit.
    return np.array([max(-_FAR_US, min(each, _FAR_US)) for each in times_us], np.int64)


def _value_times(rows: Sequence[PositionReport], name: str) -> Times | None:
    """When a value of each was said; None where all were with their positions."""
    said_us: list[int | None] = [getattr(row, name) for row in rows]
    if said_us.count(None) == len(said_us):
        return None
    pairs = zip(rows, said_us, strict=True)
    return _times([row.time_us if each is None else each for row, each in pairs])


def numbers_of(rows: Sequence[object], named: Mapping[str, str]) -> dict[str, Floats]:
    """The columns of a batch that a feed need not say. named: by column, what rows call it."""
    return {column: said(list(map(attrgetter(name), rows))) for column, name in named.items()}


def said(values: Sequence[float | None]) -> Floats:
    """A column of numbers, NaN where nothing was said."""
    if values and values[0] is None and values.count(None) == len(values):
        return np.full(len(values), np.nan)
    return np.array(values, np.float64)  # which makes NaN of None
