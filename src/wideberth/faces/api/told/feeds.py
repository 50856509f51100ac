"""How feeds stand, as it is answered."""

from __future__ import annotations

from wideberth.faces.api.told.base import Out
from wideberth.watch.feedlink import FeedPhase

__all__ = ["DroppedLastOut", "FeedCounts", "FeedLinkOut", "FeedsPage", "MalformedOut"]


class MalformedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The last input that could not be read. sample: its first 200 bytes, printable."""

    rule: str
    sample: str
    time: str


class DroppedLastOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The last value that could not be, of a position that was taken without it."""

    track: str
    field: str
    rule: str
    value: float | str


class FeedCounts(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Since the process began. messages: read; ignored: of them, without a word on a position;
    unread: passed over, and perhaps no messages at all; malformed, refused: by rule; positions:
    taken; not_newer: of them, those that were no newer position, by what they were: late, repeated
    or contradictory; dropped: of them, values that cannot be and count as not said, by field;
    left_out: for a newer one of the same thing; flooded_bytes: thrown away, since they came faster
    than the feed may be; not_kept: watched, but not written to the kept positions, for which the
    disk was too slow or full; damaged: segments of its kept positions that cannot be read;
    failures: of its line.
    """

    messages: int
    ignored: int
    unread: int
    malformed: dict[str, int]
    positions: int
    refused: dict[str, int]
    not_newer: dict[str, int]
    dropped: dict[str, int]
    left_out: int
    flooded_bytes: int
    not_kept: int
    damaged: int
    failures: int


class FeedLinkOut(Out, frozen=True, kw_only=True):
    """How a feed stands. feed_party: "" for one of the host's own. state: told: somebody brings it
    over this API. since: when its line went up or down. last_position: the newest that was taken:
    an old one is no news of anything. kind, counts and the rest: of your own feeds only.
    """

    feed: str
    feed_party: str
    state: FeedPhase
    since: str
    last_position: str | None = None
    kind: str | None = None
    last_heard: str | None = None
    retry_at: str | None = None
    why: str | None = None
    counts: FeedCounts | None = None
    malformed: MalformedOut | None = None
    dropped: DroppedLastOut | None = None


class FeedsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your feeds, and those that were opened to you."""

    feeds: list[FeedLinkOut]
    next: str | None
