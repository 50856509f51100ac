"""A feed at work as its settings say, for tests that have a sender for it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tak_world import WAIT_S
from wideberth.faces.feeds.kinds import decoder_of, source_of
from wideberth.faces.feeds.running import Pacing, RunningFeed
from wideberth.feedtable import FeedTable
from wideberth.service import now_us
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.reports import PositionReport

QUICK = Pacing(deliver_s=0.01, first_wait_s=0.05, longest_wait_s=0.2)
FOLDER = Path("/nowhere")


class Taken:
    """Where positions go."""

    def __init__(self) -> None:
        self.reports: list[PositionReport] = []
        self.came = asyncio.Event()

    async def deliver(self, reports: Any) -> None:
        self.reports += reports
        self.came.set()

    async def of(self, track: str) -> PositionReport:
        await self.until(lambda: any(each.track_id == track for each in self.reports))
        return next(each for each in self.reports if each.track_id == track)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what has come to be so."""
        async with asyncio.timeout(WAIT_S):
            while not holds():
                self.came.clear()
                await self.came.wait()


async def until(holds: Callable[[], object]) -> None:
    """Wait for how a feed stands to be so: there is no event behind its counts."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(
    settings: FeedTable, folder: Path = FOLDER, *, pacing: Pacing = QUICK
) -> AsyncIterator[tuple[Taken, Any]]:
    taken = Taken()
    link = FeedLink(settings.name, None, settings.kind, "connecting", now_us())
    with ThreadPoolExecutor(2) as threads:
        source, decoder = source_of(settings, folder), decoder_of(settings)
        feed = RunningFeed(
            link, source, decoder, taken.deliver, now_us=now_us, threads=threads, pacing=pacing
        )
        task = asyncio.create_task(feed.run())
        try:
            yield taken, link
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Ports of this machine that nothing listens on, each another."""
    held = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
