"""How a feed stands: its line, what came over it, what was taken, and what could not be read.

Plain counts, kept by whoever runs the feed; nothing of it enters the record, and all of it starts
anew with the process. A feed that a party carries in over the API has a line too: of that, only
what was taken is known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from wideberth.space.time import HOUR_US
from wideberth.watch.taken import DroppedValue, UpdateReport

__all__ = ["MOST_TOLD", "FeedLink", "FeedLinks", "FeedPhase", "MalformedInput"]

FeedPhase = Literal["told", "connecting", "connected", "listening", "retrying", "ended"]
"""told: somebody brings it over the API; listening: datagrams may come, and nobody says whether."""

_SAMPLE_BYTES = 200
_NOT_NEWER = ("late", "repeated", "contradictory")
MOST_TOLD = 200
"""Feeds that one party tells of over the API, at most: each is a file of the archive and a part of
what every look goes through.
"""
_TOLD_NO_MORE_US = HOUR_US  # after so long without a word one gives way to a new one


@dataclass(frozen=True, slots=True)
class MalformedInput:
    """The last input that could not be read: the rule that it broke, its first 200 bytes, and when
    it came.
    """

    rule: str
    sample: bytes
    came_us: int

    @property
    def text(self) -> str:
        r"""The sample to be shown: printable ASCII as it is, the other bytes as ``\x0f``."""
        return "".join(
            chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}"
            for byte in self.sample
        )


@dataclass(slots=True)
class FeedLink:
    """One feed's line. party: who brings it, or None: the host's own. why: of the last failure.

    messages: read and understood, ignored: of them, those that say nothing of a position; unread:
    passed over, and perhaps no messages at all; malformed: by rule. taken: positions; refused: by
    rule of the track table; not_newer: of those taken, the ones that are no newer position, by what
    they are (``late``, ``repeated``, ``contradictory``); dropped: values of positions that were
    taken, which cannot be and count as not said, by column, and the last of them. left_out:
    positions in whose place a newer one of the same thing went on; flooded_bytes: thrown away
    unread, since they came faster than the feed may be; not_kept: positions that were watched, and
    that the archive had no room for or could not write. told_us: when the party last told of it
    over the API.
    """

    name: str
    party: str | None
    kind: str
    phase: FeedPhase
    since_us: int
    retry_at_us: int | None = None
    why: str | None = None
    failures: int = 0
    heard_us: int | None = None
    position_us: int | None = None
    messages: int = 0
    ignored: int = 0
    unread: int = 0
    malformed: Counter[str] = field(default_factory=Counter[str])
    sample: MalformedInput | None = None
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    not_newer: Counter[str] = field(default_factory=Counter[str])
    dropped: Counter[str] = field(default_factory=Counter[str])
    dropped_last: DroppedValue | None = None
    left_out: int = 0
    flooded_bytes: int = 0
    told_us: int | None = None
    not_kept: int = 0

    @property
    def is_up(self) -> bool:
        """Whether nothing is known to be wrong with the line (its positions may be old)."""
        return self.phase in {"told", "connected", "listening"}

    def turn(
        self,
        phase: FeedPhase,
        now_us: int,
        *,
        why: str | None = None,
        retry_at_us: int | None = None,
    ) -> None:
        """The line changed. since_us: when it last went up or down. A failure's reason stays until
        it is up again.
        """
        was_up = self.is_up
        self.phase = phase
        if self.is_up != was_up:
            self.since_us = now_us
        if phase == "retrying":
            self.failures += 1
        if self.is_up:
            self.why = None
        elif why is not None:
            self.why = why
        self.retry_at_us = retry_at_us

    def read(
        self,
        now_us: int,
        *,
        messages: int,
        ignored: int,
        unread: int = 0,
        malformed: Mapping[str, int],
        sample: tuple[str, bytes] | None,
    ) -> None:
        """Something came, and this is what it was. sample: rule and bytes of a malformed one."""
        self.heard_us = now_us
        self.messages += messages
        self.ignored += ignored
        self.unread += unread
        self.malformed.update(malformed)
        if sample is not None:
            self.sample = MalformedInput(sample[0], sample[1][:_SAMPLE_BYTES], now_us)

    def observed(self, report: UpdateReport, newest_us: int | None) -> None:
        """What the track table made of positions. newest_us: the newest time among the good."""
        self.took(len(report.good), report.refused, newest_us)
        self.not_newer.update(
            {each: report.counts[each] for each in _NOT_NEWER if report.counts[each]}
        )
        self.dropped.update(report.dropped)
        if report.dropped_values:
            self.dropped_last = report.dropped_values[-1]

    def took(self, taken: int, refused: Mapping[str, int], newest_us: int | None) -> None:
        """So many positions were taken and refused."""
        self.taken += taken
        self.refused.update(refused)
        if newest_us is not None and newest_us > (self.position_us or newest_us - 1):
            self.position_us = newest_us


class FeedLinks:
    """The lines of a process, by whose they are and their name."""

    def __init__(self) -> None:
        self._links: dict[tuple[str | None, str], FeedLink] = {}
        self._told: Counter[str | None] = Counter()

    def __iter__(self) -> Iterator[FeedLink]:
        return iter(sorted(self._links.values(), key=lambda each: (each.party or "", each.name)))

    def put(self, link: FeedLink) -> None:
        """A line that this process runs itself."""
        self._links[link.party, link.name] = link

    def has_room(self, party: str | None, name: str, now_us: int) -> bool:
        """Whether a party may tell of this feed: it does already, or of fewer than MOST_TOLD, or
        one of them has said nothing for an hour.
        """
        if (party, name) in self._links or self._told[party] < MOST_TOLD:
            return True
        return now_us - _told_us(self._oldest(party)) > _TOLD_NO_MORE_US

    def find(self, party: str | None, name: str) -> FeedLink | None:
        """The line of a feed, where it is known."""
        return self._links.get((party, name))

    def of(self, party: str | None, name: str, now_us: int) -> FeedLink:
        """The line of a feed; made where a party just begins to tell of one. Of those that were
        told, each party's oldest gives way to one too many.
        """
        link = self._links.get((party, name))
        if link is None:
            if self._told[party] >= MOST_TOLD:
                del self._links[party, self._oldest(party).name]
                self._told[party] -= 1
            link = self._links[party, name] = FeedLink(name, party, "told", "told", now_us)
            self._told[party] += 1
        link.told_us = now_us
        return link

    def _oldest(self, party: str | None) -> FeedLink:
        """Of the feeds that a party told of, the one of which it said nothing for longest."""
        told = (each for each in self._links.values() if each.kind == "told")
        return min(
            (each for each in told if each.party == party),
            key=lambda each: (_told_us(each), each.name),
        )


def _told_us(link: FeedLink) -> int:
    return link.since_us if link.told_us is None else link.told_us
