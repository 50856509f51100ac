"""Tracks, feeds and warnings as they are answered."""

from __future__ import annotations

from typing import Any, Literal

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import CellOut
from wideberth.faces.api.told.intents import RestsOn
from wideberth.model.warnings import WarningKind

VelocitySource = Literal["reported", "derived", "unknown"]


class FixOut(Out, frozen=True, kw_only=True):
    """A reported position that a warning rests on. altitude_time: when its height was said, where
    that is another moment than time.
    """

    latitude: float
    longitude: float
    time: str
    altitude_m: float | None = None
    altitude_time: str | None = None


class WarningObjectOut(Out, frozen=True, kw_only=True):
    """One side of a warning; of what you may not see, only what it is. cell: of another's track on
    a closed feed, the cell of the agreed grid in which it was. feed_party: of a track, who reports
    it, and says whose it is.
    """

    type: str
    facts: list[str] = []
    id: str | None = None
    party: str | None = None
    feed_party: str | None = None
    fix: FixOut | None = None
    cell: CellOut | None = None


class WarningOut(Out, frozen=True, kw_only=True):
    """A warning. level: higher is more urgent. last_known: nothing fresh speaks of it any more.
    first_reported: which of two reports that it rests on was first, the first or the second
    object's; unknown where their times are no further apart than the clocks behind them may be off.
    edge_m: of an incursion, from where the track is now over the ground to the edge of the area, 0
    in it; left out where either is not yours to see.
    one_with: other standing warnings of the same things, which other feeds bring you, the one
    raised first being first: show them as one, which is over when none of them stands.
    """

    id: str
    kind: WarningKind
    rule: str
    objects: list[WarningObjectOut]
    raised: str
    updated: str
    level: int
    uncertainty_m: float
    horizontal_m: float | None = None
    vertical_m: float | None = None
    time_s: float | None = None
    edge_m: float | None = None
    last_known: bool = False
    one_with: list[str] = []
    first_reported: Literal["first", "second", "unknown"] | None = None


class WarningsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Warnings that stand and concern you."""

    warnings: list[WarningOut]
    next: str | None


class BadReport(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A report that was not taken."""

    index: int
    field: str
    rule: str
    value: Any


class DroppedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A value that cannot be, of a report that was taken without it."""

    index: int
    field: str
    rule: str
    value: Any


class TracksTaken(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What became of a batch. refused: the first hundred; refused_count: all of them. dropped: the
    first hundred values that cannot be, of reports that were taken: those count as not said;
    dropped_count: all of them.
    """

    accepted: int
    refused: list[BadReport]
    refused_count: int
    dropped: list[DroppedOut]
    dropped_count: int


class FeedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A feed's disclosure. Held in memory: after a restart a feed is its owner's alone again."""

    feed: str
    shown_to: Literal["owner", "all"] | list[str]


class TrackSourceOut(Out, frozen=True, kw_only=True):
    """What one feed last said of a thing that several bring. used: which values of the track are
    its: position, altitude, pressure altitude, velocity, vertical rate, call sign, party.
    accuracy_m: of the position when it was taken. call_sign_time: when that was last said.
    altitude_time: when its heights were, velocity_time: its ground speed, track and vertical rate,
    each where that is another moment than time.
    """

    track: str
    feed: str
    feed_party: str
    latitude: float
    longitude: float
    time: str
    state: Literal["live", "silent"]
    uncertainty_m: float
    accuracy_m: float
    used: list[str]
    call_sign: str | None = None
    call_sign_time: str | None = None
    party: str | None = None
    altitude_m: float | None = None
    pressure_altitude_m: float | None = None
    ground_speed_m_s: float | None = None
    track_deg: float | None = None
    vertical_rate_m_s: float | None = None
    altitude_time: str | None = None
    velocity_time: str | None = None
    implausible: str | None = None


class TrackOut(Out, frozen=True, kw_only=True):
    """A thing's last reported position; uncertainty_m grows with its age. Where several feeds that
    you may see bring it, sources says what each said, and which value is whose; conflicts: of which
    values they contradict each other. track, feed and feed_party are then its name: those of the
    first of them. altitude_time: when its heights were said, velocity_time: its ground speed, track
    and vertical rate, each where that is another moment than time; where two of them are of two
    feeds, sources says when each was.
    """

    track: str
    feed: str
    feed_party: str
    latitude: float
    longitude: float
    time: str
    state: Literal["live", "silent"]
    uncertainty_m: float
    call_sign: str | None = None
    party: str | None = None
    altitude_m: float | None = None
    pressure_altitude_m: float | None = None
    ground_speed_m_s: float | None = None
    track_deg: float | None = None
    vertical_rate_m_s: float | None = None
    velocity_source: VelocitySource = "unknown"
    altitude_time: str | None = None
    velocity_time: str | None = None
    implausible: str | None = None
    sources: list[TrackSourceOut] = []
    conflicts: list[str] = []


class SegmentOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A segment of the positions kept of a feed of yours. entry: the one that holds its digest.
    pieces: of its file, in base64, from the number asked for on; next: ask again from there; null:
    that was the last. Put together they are a Parquet file, and the digest is its SHA-256. Of a
    segment that an earlier version closed they are frames, and the digest is SHA-256 over them,
    each with its length before it in 4 bytes, big-endian.
    """

    segment: str
    entry: int
    pieces: list[bytes]
    next: int | None


class TracksPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Tracks that you may see."""

    tracks: list[TrackOut]
    next: str | None
    rests_on: RestsOn
