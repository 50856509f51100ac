"""What a watch saw at one moment, and the warnings that stand because of it. Plain, whole numbers.

Every observation says which rule, which versions, the margin in metres and seconds and the
uncertainty (requirement L-11), and names each object by at least two facts (L-06). Lengths are
millimetres, times microseconds, angles 1e-9 degree or, for courses, 1e-3 degree: a record that
keeps them folds to the same picture everywhere.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.warnings import WarningKind

__all__ = [
    "AreaFacts",
    "Cleared",
    "Facts",
    "Lapsed",
    "Margin",
    "ObjectRef",
    "Observation",
    "PartyFacts",
    "Raised",
    "TrackFacts",
    "Uncertainty",
    "Updated",
    "Verdict",
    "WarningEvent",
    "WarningKey",
    "WatchWarning",
    "Worsened",
]


class Verdict(StrEnum):
    """What fresh data says of a condition. Without an observation it is unknown, never clear."""

    HOLDS = "holds"
    NEAR = "near"  # it does not hold, but not by the margin that clearing asks for
    CLEAR = "clear"
    UNKNOWN = "unknown"


class ObjectRef(msgspec.Struct, frozen=True, order=True):
    """One object of a warning. kind: ``track``, ``zone``, ``intent`` or ``party``. feed_party: of a
    track, whose feed brings it ("" for a public source); feed: its name.
    """

    kind: str
    id: str
    feed_party: str = ""
    feed: str = ""


class WarningKey(msgspec.Struct, frozen=True, order=True):
    """What a warning is about: one kind, and its objects in their order. One warning at a time
    stands for a key.
    """

    kind: WarningKind
    objects: tuple[ObjectRef, ...]


class TrackFacts(msgspec.Struct, frozen=True, tag="track"):
    """How a track is recognised: its last reported place, never a predicted one. altitude_us: when
    its heights were said, where that is another moment than time_us.
    """

    ref: ObjectRef
    callsign: str | None
    owner: str | None
    time_us: int
    latitude_nd: int
    longitude_nd: int
    altitude_w84_mm: int | None
    altitude_std_mm: int | None
    ground_speed_mm_s: int | None
    course_mdeg: int | None
    altitude_us: int | None = None

    def identifying(self) -> tuple[str, ...]:
        """At least two facts by which somebody else knows which thing is meant (L-06)."""
        place = f"{self.latitude_nd / 1e9:.4f}, {self.longitude_nd / 1e9:.4f}"
        course: tuple[str, ...] = ()
        if self.course_mdeg is not None and self.ground_speed_mm_s != 0:
            # What stands still has no course, whatever was made of its positions.
            course = (f"course {round(self.course_mdeg / 1000):03d}",)
        return (self.ref.id, *((self.callsign,) if self.callsign else ()), place, *course)


class AreaFacts(msgspec.Struct, frozen=True, tag="area"):
    """How a zone or an intent is recognised. volume: which of its volumes is nearest."""

    ref: ObjectRef
    name: str
    owner: str | None
    version: int
    volume: int

    def identifying(self) -> tuple[str, ...]:
        """At least two facts by which somebody else knows which area is meant (L-06)."""
        owner = (self.owner,) if self.owner else ()
        return (self.ref.id, self.name, *owner, f"version {self.version}")


class PartyFacts(msgspec.Struct, frozen=True, tag="party"):
    """A party as a whole. count: pairs with its tracks that are not warned of one by one, at
    least: those that were not even looked at, of a crowd, cannot all be counted.
    """

    ref: ObjectRef
    owner: str | None
    count: int

    def identifying(self) -> tuple[str, ...]:
        """Who, and what is said of it."""
        more = f"at least {self.count} more pairs with your tracks"
        return (self.ref.id, f"{more} are too close, will be, or may be")


Facts = TrackFacts | AreaFacts | PartyFacts


class Margin(msgspec.Struct, frozen=True):
    """How far the worst moment is from, or within, the rule.

    time_us: until the condition begins; 0 when it holds now, None when it does not come.
    horizontal_mm, vertical_mm: then, 0 inside; vertical None: heights unknown or not comparable,
    taken as every height. now_*: at the moment of the observation. required_*: what the rule asks.
    window_us: how long before its window opens, or after it closed, 0 within (of a departure).
    """

    time_us: int | None = None
    horizontal_mm: int | None = None
    vertical_mm: int | None = None
    now_horizontal_mm: int | None = None
    now_vertical_mm: int | None = None
    required_horizontal_mm: int = 0
    required_vertical_mm: int = 0
    required_time_us: int = 0
    window_us: int = 0


class Uncertainty(msgspec.Struct, frozen=True):
    """What was allowed for, on top of the rule. vertical_mm None: no height to compare.
    time_us: the age of the oldest position that it rests on, with its feed's clock error and, where
    the times of an area were compared, that of the clock that told them.
    """

    horizontal_mm: int
    vertical_mm: int | None
    time_us: int


class Observation(msgspec.Struct, frozen=True):
    """One condition at one moment. level: 1 and up, higher is more urgent (only of HOLDS).

    predicted: it rests on where things would be if they held their course. oldest_us: the time of
    the oldest position that it rests on. supersedes: a warning of the same objects that this one
    takes the place of, once it is raised.
    """

    key: WarningKey
    verdict: Verdict
    level: int
    rule: str
    rule_version: str
    margin: Margin
    uncertainty: Uncertainty
    objects: tuple[Facts, ...]
    oldest_us: int
    predicted: bool
    supersedes: WarningKey | None = None


class WatchWarning(msgspec.Struct, frozen=True):
    """A warning that stands, as the watch has it; the record's is
    :class:`~wideberth.model.warnings.StandingWarning`. last_known_since_us: since when nothing
    fresh speaks of it; it then stands as last known. clear_since_us: since when it has looked
    clear. seen: the last observation that was not clear, on which it rests.
    """

    id: str
    key: WarningKey
    raised_us: int
    level: int
    peak_level: int
    seen: Observation
    seen_us: int
    clear_since_us: int | None = None
    last_known_since_us: int | None = None


class Raised(msgspec.Struct, frozen=True, tag="raised"):
    """A warning begins. Recorded."""

    warning: WatchWarning
    time_us: int


class Worsened(msgspec.Struct, frozen=True, tag="worsened"):
    """More urgent than it ever was (reason ``level``), or no longer seen and standing as last
    known (reason ``last-known``). Recorded.
    """

    warning: WatchWarning
    time_us: int
    reason: str


class Updated(msgspec.Struct, frozen=True, tag="updated"):
    """It still stands; for streams only, never recorded."""

    warning: WatchWarning
    time_us: int


class Cleared(msgspec.Struct, frozen=True, tag="cleared"):
    """Seen to be over: observation is the fresh data that says so. Recorded."""

    warning: WatchWarning
    observation: Observation
    time_us: int


class Lapsed(msgspec.Struct, frozen=True, tag="lapsed"):
    """Off the list without having been seen to be over; not a clearance. reason: ``superseded``
    (by: the id of the warning in its place), ``withdrawn`` (an object was), ``stale``. Recorded.
    """

    warning: WatchWarning
    time_us: int
    reason: str
    by: str | None = None


WarningEvent = Raised | Worsened | Updated | Cleared | Lapsed
