"""A track as it is held, for showing: plain values."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.watch.paths import Floats

__all__ = ["SOURCES", "TrackKey", "TrackRow", "Trail", "Velocity", "Whose"]

SOURCES = ("unknown", "reported", "derived")  # by the numbers below


class Velocity:
    """Where a velocity comes from."""

    UNKNOWN = 0
    REPORTED = 1
    DERIVED = 2


class TrackKey(msgspec.Struct, frozen=True):
    """feed_party: whose feed brings it, or None. feed: its name; track_id: what it calls it."""

    feed_party: str | None
    feed: str
    track_id: str


class Whose(msgspec.Struct, frozen=True):
    """What decides who sees a track. feed_party: whose feed brings it, or None; feed: its name;
    owner: whose thing it is, None where that is not known.
    """

    feed_party: str | None
    feed: str
    owner: str | None


class TrackRow(msgspec.Struct, frozen=True):
    """One track as it is held: None where nothing was said. state: ``live`` or ``silent``.

    uncertainty_m: around where its course leads, at the moment asked about. accuracy_m: of the
    position when it was taken; vertical_error_m likewise, of heights, and clock_error_s of its
    time. callsign_us: when the call sign was last said, None where there is none; altitude_us:
    when the heights were; velocity_us: speed, course and rate of climb, as far as they were
    reported, else the position's. Every other number is as reported, except a velocity whose
    velocity_source is ``derived``.
    """

    key: TrackKey
    callsign: str | None
    owner: str | None
    time_us: int
    latitude_deg: float
    longitude_deg: float
    altitude_w84_m: float | None
    altitude_std_m: float | None
    ground_speed_m_s: float | None
    course_deg: float | None
    vertical_rate_m_s: float | None
    velocity_source: str
    uncertainty_m: float
    state: str
    implausible: str | None
    accuracy_m: float
    vertical_error_m: float
    clock_error_s: float
    callsign_us: int | None
    altitude_us: int | None
    velocity_us: int | None

    @property
    def feed(self) -> str:
        """The name of the feed that brings it."""
        return self.key.feed

    @property
    def whose(self) -> Whose:
        """What decides who sees it."""
        return Whose(self.key.feed_party, self.key.feed, self.owner)


@dataclass(frozen=True)
class Trail:
    """The last positions of a track, oldest first, as reported."""

    time_us: NDArray[np.int64]
    latitude_deg: Floats
    longitude_deg: Floats
    altitude_w84_m: Floats
