"""A feed at work: a source brings bytes, a decoder reads them, what was read is handed on.

Each feed has two tasks of its own, one that reads and one that hands on, and decodes beside the
loop, in a thread where no other feed waits: none waits for another, and none keeps the node's loop
busy.

* What comes faster than the feed may be is thrown away unread and counted: old positions that wait
  their turn would be worth nothing. The newest come through as soon as the flood ends.
* While what was read waits to be handed on, only the newest position of each thing waits where the
  times are those of arrival; where the sender stamps them, each moment of each thing, up to a bound
  beyond which again only the newest of each do.
* A line that breaks is made anew, first after 1 s, then after ever longer, up to 60 s, with a
  little chance in it so that many do not come at once. The wait begins anew once something that
  could be read has come. How it stands is in the feed's link.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import dataclass

from wideberth.errors import WideberthError, system_reason
from wideberth.faces.feeds.decoding import Decoded, Decoder
from wideberth.faces.feeds.sources import Source, SourceFailed
from wideberth.space.time import SECOND_US
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.reports import PositionReport

__all__ = ["Pacing", "RunningFeed"]

_log = logging.getLogger(__name__)
Deliver = Callable[[Sequence[PositionReport]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Pacing:
    """deliver_s: how often what was read is handed on. most_waiting: positions that wait, at most.
    most_at_once: handed on together. most_bytes_s: what a feed may bring a second; four seconds'
    worth may come at once. first_wait_s, longest_wait_s: before a broken line is made anew.
    """

    deliver_s: float = 0.2
    most_waiting: int = 20_000
    most_at_once: int = 5_000
    most_bytes_s: float = 2e6
    burst_s: float = 4.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0


class _Waiting:
    """Positions on their way on, the newest of each moment of each thing."""

    def __init__(self, most: int, *, stamped: bool) -> None:
        self._most = most
        self._stamped = stamped
        self._held: dict[tuple[str, int], PositionReport] = {}

    def __len__(self) -> int:
        return len(self._held)

    def put(self, reports: Sequence[PositionReport]) -> int:
        """Hold these; gives how many were left out for newer ones."""
        before = len(self._held) + len(reports)
        for report in reports:
            key = self._key(report)
            self._held.pop(key, None)  # so that the order is that of what came last
            self._held[key] = report
        if len(self._held) > self._most:
            ordered = sorted(self._held.values(), key=lambda each: each.time_us)
            newest = {report.track_id: report for report in ordered}
            kept = sorted(newest.values(), key=lambda each: each.time_us)[-self._most :]
            self._held = {self._key(each): each for each in kept}
        return before - len(self._held)

    def _key(self, report: PositionReport) -> tuple[str, int]:
        return report.track_id, report.time_us if self._stamped else 0

    def take(self, most: int) -> list[PositionReport]:
        """The first that wait, which wait no more."""
        keys = list(self._held)[:most]
        return [self._held.pop(key) for key in keys]


def _reason(error: OSError) -> str:
    """Why the system did not do it. asyncio's own words have the address in them."""
    if error.errno is None:
        return "no connection"  # to any of several addresses
    if error.errno > 0:
        return system_reason(OSError(error.errno, os.strerror(error.errno)))
    return system_reason(error)


class RunningFeed:
    """One feed. deliver: takes positions in; what it raises is logged, and those are lost.

    now_us: the clock that positions without a time get theirs from.
    """

    def __init__(
        self,
        link: FeedLink,
        source: Source,
        decoder: Decoder,
        deliver: Deliver,
        *,
        now_us: Callable[[], int],
        threads: Executor,
        pacing: Pacing | None = None,
    ) -> None:
        self.link = link
        self._source = source
        self._decoder = decoder
        self._deliver = deliver
        self._now_us = now_us
        self._threads = threads
        self._pacing = pacing or Pacing()
        self._waiting = _Waiting(self._pacing.most_waiting, stamped=decoder.stamped)
        self._grew = asyncio.Event()
        self._handing = asyncio.Lock()
        self._allowance = self._pacing.most_bytes_s * self._pacing.burst_s
        self._allowed_at_s: float | None = None  # by the loop's clock; None: not yet begun
        self._is_failing = False

    async def run(self) -> None:
        """Read and hand on; ends where the source does, else when it is cancelled."""
        handing = asyncio.create_task(self._hand_on(), name=f"feed-{self.link.name}-on")
        try:
            await self._read_on()
            await self._hand_over()
        finally:
            handing.cancel()
            await asyncio.gather(handing, return_exceptions=True)

    async def _read_on(self) -> None:
        wait_s = self._pacing.first_wait_s
        while True:
            understood = self.link.messages
            self.link.turn("connecting", self._now_us())
            why = await self._read_once()
            if why is None:
                self.link.turn("ended", self._now_us())
                return
            self._decoder.reset()
            if self.link.messages > understood:
                wait_s = self._pacing.first_wait_s
            now_us = self._now_us()
            shifted_s = wait_s * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
            retry_at_us = now_us + round(shifted_s * SECOND_US)
            self.link.turn("retrying", now_us, why=why, retry_at_us=retry_at_us)
            _log.warning("feed %s: %s; again in %.0f s", self.link.name, why, shifted_s)
            await asyncio.sleep(shifted_s)
            wait_s = min(2 * wait_s, self._pacing.longest_wait_s)

    async def _read_once(self) -> str | None:
        """Read until the line breaks, and say why; None: it came to its end."""
        try:
            async with aclosing(self._source.pieces(self._opened, self._lost)) as pieces:
                async for piece in pieces:
                    await self._read(piece)
        except SourceFailed as failed:
            return str(failed)
        except OSError as error:
            return _reason(error)
        except Exception as error:  # noqa: BLE001  # the top of a task: this feed goes on
            _log.exception("feed %s", self.link.name)
            return f"{type(error).__name__}, see the log"
        return None

    def _opened(self) -> None:
        phase = "listening" if self._source.listens else "connected"
        if self.link.phase != phase:
            self.link.turn(phase, self._now_us())

    def _lost(self, size: int) -> None:
        self.link.flooded_bytes += size

    async def _read(self, piece: bytes) -> None:
        now_us = self._now_us()
        if not self._is_allowed(len(piece)):
            self._lost(len(piece))
            self._decoder.reset()
            self.link.heard_us = now_us
            return
        loop = asyncio.get_running_loop()
        decoded: Decoded = await loop.run_in_executor(
            self._threads, self._decoder.feed, piece, now_us
        )
        if self._source.whole:
            self._decoder.reset()
        self.link.read(
            now_us,
            messages=decoded.messages,
            ignored=decoded.ignored,
            unread=decoded.unread,
            malformed=decoded.malformed,
            sample=decoded.sample,
        )
        self.link.left_out += self._waiting.put(decoded.reports)
        if self._waiting:
            self._grew.set()

    def _is_allowed(self, size: int) -> bool:
        """Whether so many bytes are within what the feed may bring now."""
        at_s = asyncio.get_running_loop().time()
        since_s = 0.0 if self._allowed_at_s is None else at_s - self._allowed_at_s
        rate, most = self._pacing.most_bytes_s, self._pacing.most_bytes_s * self._pacing.burst_s
        self._allowance = min(most, self._allowance + since_s * rate)
        self._allowed_at_s = at_s
        if self._source.whole and self._allowance >= most / 2:
            size = min(size, int(most / 2))  # a document cannot be cut, and comes once in a while
        if size > self._allowance:
            return False
        self._allowance -= size
        return True

    async def _hand_on(self) -> None:
        while True:
            await self._grew.wait()
            await self._hand_over()
            await asyncio.sleep(self._pacing.deliver_s)

    async def _hand_over(self) -> None:
        """Hand on what waits, after what is being handed on."""
        async with self._handing:
            await self._hand_over_now()

    async def _hand_over_now(self) -> None:
        self._grew.clear()
        while self._waiting:
            reports = self._waiting.take(self._pacing.most_at_once)
            try:
                await self._deliver(reports)
                self._is_failing = False
            except (WideberthError, OSError) as error:
                self._lose(len(reports), str(error))
            except Exception:  # noqa: BLE001  # the top of a task: this feed goes on
                _log.exception("feed %s", self.link.name)
                self._lose(len(reports), "see the log")

    def _lose(self, count: int, why: str) -> None:
        self.link.refused.update(Counter({"not-handed-on": count}))
        if not self._is_failing:  # and not once for each batch from then on
            _log.error("feed %s: %d positions were not handed on: %s", self.link.name, count, why)
        self._is_failing = True
