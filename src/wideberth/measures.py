"""What a node counts of itself while it works: plain numbers, kept by the event loop's thread.

Nothing here names a party, an id or a place, and nothing is formatted until somebody asks
(``wideberth.faces.metrics``): a count is one addition, an observation one bisection.
"""

from __future__ import annotations

import gc
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

__all__ = ["BatchSeen", "CommandSeen", "Histogram", "Measures", "Observer", "RequestSeen"]

SECONDS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Histogram:
    """How often a value fell at or below each bound. bounds: rising; counts has one more, for what
    is above the last.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class CommandSeen(msgspec.Struct, frozen=True):
    """One command that a batch settled. kind: its type; outcome: ``applied``, ``repeated``,
    ``refused`` or ``failed``. queued_ns: when it came in; trace: what the task that submitted it
    had in the context variable ``current`` of its tracer, or None.
    """

    kind: str
    outcome: str
    queued_ns: int
    trace: Any = None


class BatchSeen(msgspec.Struct, frozen=True):
    """One pass of the loop, its steps by ``time.perf_counter_ns``: taken from the queue, decided,
    durable, folded, published. entries: how many were written.
    """

    taken_ns: int
    decided_ns: int
    durable_ns: int
    folded_ns: int
    published_ns: int
    entries: int
    commands: Sequence[CommandSeen]


class RequestSeen(msgspec.Struct, frozen=True, gc=False):
    """One request over HTTP, answered. route: the path with its names in braces; empty: no such
    path. party: whom its token showed; None: nobody. id: of this request, 16 hex digits.
    """

    method: str
    route: str
    status: int
    began_ns: int
    ended_ns: int
    party: str | None
    id: str


class Observer(Protocol):
    """Somebody who is told of each batch; called in the event loop's thread, and quick."""

    def batch(self, seen: BatchSeen) -> None:
        """A batch was settled."""
        ...


def _counter() -> Counter[Any]:
    return Counter()


@dataclass(slots=True)
class Measures:
    """The counts of a node since it started. Seconds, unless the name says otherwise.

    commands: by kind and outcome. requests: by method, route and status. limited: requests held
    back, by what was used up. streams: open ones, by route and carrier. gc_s: by
    generation, each collection.
    """

    commands: Counter[tuple[str, str]] = field(default_factory=_counter)
    requests: Counter[tuple[str, str, int]] = field(default_factory=_counter)
    request_s: dict[str, Histogram] = field(default_factory=dict[str, Histogram])
    limited: Counter[str] = field(default_factory=_counter)
    streams: Counter[tuple[str, str]] = field(default_factory=_counter)
    batch_commands: Histogram = field(default_factory=lambda: Histogram(SIZES))
    queue_s: Histogram = field(default_factory=Histogram)
    decide_s: Histogram = field(default_factory=Histogram)
    append_s: Histogram = field(default_factory=Histogram)
    fold_s: Histogram = field(default_factory=Histogram)
    publish_s: Histogram = field(default_factory=Histogram)
    gc_s: tuple[Histogram, Histogram, Histogram] = field(
        default_factory=lambda: (Histogram(), Histogram(), Histogram())
    )
    entries: int = 0
    _gc_began_ns: int = 0

    def batch(self, seen: BatchSeen) -> None:
        """Count a batch."""
        self.batch_commands.observe(len(seen.commands))
        self.decide_s.observe((seen.decided_ns - seen.taken_ns) / 1e9)
        self.append_s.observe((seen.durable_ns - seen.decided_ns) / 1e9)
        self.fold_s.observe((seen.folded_ns - seen.durable_ns) / 1e9)
        self.publish_s.observe((seen.published_ns - seen.folded_ns) / 1e9)
        self.entries += seen.entries
        for each in seen.commands:
            self.commands[each.kind, each.outcome] += 1
            self.queue_s.observe((seen.taken_ns - each.queued_ns) / 1e9)

    def request(self, seen: RequestSeen) -> None:
        """Count a request."""
        self.requests[seen.method, seen.route, seen.status] += 1
        histogram = self.request_s.get(seen.route)
        if histogram is None:
            histogram = self.request_s[seen.route] = Histogram()
        histogram.observe((seen.ended_ns - seen.began_ns) / 1e9)

    def watch_collections(self) -> None:
        """Measure how long each garbage collection stops this process, from now on."""
        gc.callbacks.append(self._collected)

    def leave_collections(self) -> None:
        """Measure them no longer."""
        if self._collected in gc.callbacks:
            gc.callbacks.remove(self._collected)

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._gc_began_ns = time.perf_counter_ns()
        elif self._gc_began_ns:
            elapsed_ns = time.perf_counter_ns() - self._gc_began_ns
            self.gc_s[info["generation"]].observe(elapsed_ns / 1e9)
