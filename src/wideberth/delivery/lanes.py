"""One recipient's line of things to be told: in order, over its channels, with back-off.

Pure: the time and what is drawn at random are handed in. A lane holds one item at a time; what
waits behind it stands in the record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

import msgspec

from wideberth.model.channels import Evidence
from wideberth.space.time import SECOND_US

__all__ = ["BackOff", "Lane", "Line", "Outcome", "Said", "Tried", "WayId"]

WayId = NewType("WayId", str)
"""One way to reach a recipient, by what it is and a digest of where it goes."""


class Outcome(Enum):
    """What became of one attempt. TAKEN: by the software, which says nothing of any person."""

    TAKEN = "taken"
    FAILED = "failed"  # try again later
    REFUSED = "refused"  # this item is not taken, now or later


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt. why: a code, never text of the other side. wait_s: what it asked for."""

    outcome: Outcome
    why: str = ""
    wait_s: float = 0.0


class BackOff(msgspec.Struct, frozen=True):
    """How long to wait after failures: doubled each time, up to the longest, and spread out, so
    that recipients that failed together are not tried together.
    """

    first_s: float = 1.0
    longest_s: float = 300.0
    spread: float = 0.5

    def wait_us(self, failures: int, drawn: float, asked_s: float = 0.0) -> int:
        """After so many failures, one after the other. drawn: from 0 up to 1. asked_s: what the
        other side asked for, heeded up to the longest.
        """
        whole_s = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 60))
        wait_s = whole_s * (1 - self.spread * drawn)
        return round(SECOND_US * max(wait_s, min(asked_s, self.longest_s)))


@dataclass(slots=True)
class Line:
    """One channel of a lane. next_us: not to be tried before."""

    way: WayId
    evidence: Evidence = field(default_factory=Evidence)
    next_us: int = 0
    why: str = ""

    def note(self, tried: Tried, now_us: int, back_off: BackOff, drawn: float) -> None:
        """Keep what an attempt showed."""
        before, is_taken = self.evidence, tried.outcome is Outcome.TAKEN
        failures = before.failures + (tried.outcome is Outcome.FAILED)
        self.evidence = Evidence(
            now_us if is_taken else before.last_success_us,
            now_us,
            0 if is_taken else failures,
            tried.outcome is Outcome.REFUSED,
            before.suspended,
        )
        self.why = tried.why
        self.next_us = now_us
        if tried.outcome is Outcome.FAILED:
            self.next_us += back_off.wait_us(failures, drawn, tried.wait_s)


@dataclass(frozen=True, slots=True)
class Said:
    """What a lane wants next: a way to be tried now, or at_us to be asked again (None: only once
    something changes); dropped: every way refused the item, and it is left.
    """

    way: WayId | None = None
    at_us: int | None = None
    dropped: bool = False


class Lane:
    """The item at the head, and the ways in the agreed order. An item goes over the first way that
    is not waiting; where that fails, over the next.
    """

    def __init__(self, lines: list[Line], back_off: BackOff) -> None:
        self.lines = lines
        self._back_off = back_off
        self._refused: set[WayId] = set()

    def next(self, now_us: int) -> Said:
        """What to do with the item at the head."""
        lines = [line for line in self.lines if not line.evidence.suspended]
        left = [line for line in lines if line.way not in self._refused]
        for line in left:
            if line.next_us <= now_us:
                return Said(way=line.way)
        if left:
            return Said(at_us=min(line.next_us for line in left))
        return Said(dropped=bool(lines))

    def tried(self, way: WayId, tried: Tried, now_us: int, drawn: float) -> None:
        """Keep what became of an attempt on the item at the head."""
        for line in self.lines:
            if line.way == way:
                line.note(tried, now_us, self._back_off, drawn)
        if tried.outcome is Outcome.REFUSED:
            self._refused.add(way)

    def pass_on(self) -> None:
        """The item is done with; the next one comes to the head."""
        self._refused.clear()
