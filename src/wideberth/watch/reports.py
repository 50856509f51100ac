"""Position reports as they come in: what a feed said, in one set of units, nothing added."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.watch.paths import Floats

_FAR_US = 1 << 62

__all__ = ["PositionReport", "ReportBatch"]


class PositionReport(msgspec.Struct, frozen=True):
    """One thing at one place at one time, as reported. None: the feed did not say.

    time_us: of the position, not of its arrival. altitude_w84_m: above the WGS84 ellipsoid;
    altitude_std_m: pressure altitude. course_deg: over ground, clockwise from true north.
    accuracy_m: horizontal, 95 %. owner: the party whose thing it is.
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


@dataclass(frozen=True)
class ReportBatch:
    """Reports of one feed, column by column; row k of each belongs together. NaN: not said.

    feed: the name of the feed. feed_party: the party that brought it, or None (a public source).
    Nothing is checked here: :meth:`wideberth.watch.tracks.TrackTable.update` does.
    """

    feed: str
    feed_party: str | None
    track_id: list[str]
    callsign: list[str | None]
    owner: list[str | None]
    time_us: NDArray[np.int64]
    latitude_deg: Floats
    longitude_deg: Floats
    altitude_w84_m: Floats
    altitude_std_m: Floats
    ground_speed_m_s: Floats
    course_deg: Floats
    vertical_rate_m_s: Floats
    accuracy_m: Floats

    def __len__(self) -> int:
        return len(self.track_id)

    @classmethod
    def of(
        cls, reports: Iterable[PositionReport], *, feed: str, feed_party: str | None = None
    ) -> ReportBatch:
        """A batch of single reports, in their order."""
        rows = list(reports)

        def numbers(name: str) -> Floats:
            values = (getattr(row, name) for row in rows)
            return np.array([math.nan if v is None else v for v in values], np.float64)

        return cls(
            feed=feed,
            feed_party=feed_party,
            track_id=[row.track_id for row in rows],
            callsign=[row.callsign for row in rows],
            owner=[row.owner for row in rows],
            # Times that no clock shows are refused later; here they must only fit.
            time_us=np.array([max(-_FAR_US, min(row.time_us, _FAR_US)) for row in rows], np.int64),
            latitude_deg=numbers("latitude_deg"),
            longitude_deg=numbers("longitude_deg"),
            altitude_w84_m=numbers("altitude_w84_m"),
            altitude_std_m=numbers("altitude_std_m"),
            ground_speed_m_s=numbers("ground_speed_m_s"),
            course_deg=numbers("course_deg"),
            vertical_rate_m_s=numbers("vertical_rate_m_s"),
            accuracy_m=numbers("accuracy_m"),
        )

    def rows(self, start: int, stop: int) -> ReportBatch:
        """The rows from start up to, not including, stop."""
        part = slice(start, stop)
        return ReportBatch(
            feed=self.feed,
            feed_party=self.feed_party,
            track_id=self.track_id[part],
            callsign=self.callsign[part],
            owner=self.owner[part],
            time_us=self.time_us[part],
            latitude_deg=self.latitude_deg[part],
            longitude_deg=self.longitude_deg[part],
            altitude_w84_m=self.altitude_w84_m[part],
            altitude_std_m=self.altitude_std_m[part],
            ground_speed_m_s=self.ground_speed_m_s[part],
            course_deg=self.course_deg[part],
            vertical_rate_m_s=self.vertical_rate_m_s[part],
            accuracy_m=self.accuracy_m[part],
        )
