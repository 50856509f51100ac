"""What is said of the archive of tracks: its settings, and what became of its segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wideberth.errors import InvalidValue
from wideberth.space.time import DAY_US, MINUTE_US, SECOND_US

__all__ = ["ArchiveSettings", "ClosedSegment", "DamagedSegment", "Forgotten", "Held"]


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """kept_us: how long positions are kept; every_us: of one track of a feed, at most one in so
    long; a segment is closed after close_us; most_bytes: of one party's feeds, the oldest go first.

    Raises InvalidValue.
    """

    kept_us: int = 30 * DAY_US
    every_us: int = SECOND_US
    close_us: int = 10 * MINUTE_US
    most_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        for name in ("kept_us", "close_us", "most_bytes"):
            if getattr(self, name) <= 0:
                raise InvalidValue(name, "positive", getattr(self, name), "give more than 0")
        if self.every_us < 0:
            raise InvalidValue("every_us", "not-negative", self.every_us, "give 0 or more")


@dataclass(frozen=True, slots=True)
class ClosedSegment:
    """A segment whose digest is due as an entry. Times: of the first and the last position."""

    name: str
    feed_party: str | None
    sha256: str
    start_us: int
    end_us: int
    fixes: int


@dataclass(frozen=True, slots=True)
class DamagedSegment:
    """A segment that cannot be read whole, so that no digest of it is due. feed_party, feed: None
    where even that cannot be read; why: in words.
    """

    name: str
    feed_party: str | None
    feed: str | None
    why: str


Held = Callable[[str | None, int, int], int]
"""Of a party's segment from one time to another, how it is held back: 0 not, 1 by a happening that
the party named itself, 2 by one that somebody else did.
"""


@dataclass
class Forgotten:
    """The names of segments that are no longer kept. held: of those that were held back."""

    names: list[str] = field(default_factory=list[str])
    held: list[str] = field(default_factory=list[str])
