"""A feed of Cursor on Target at work, and PyTAK that sends to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import warnings
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from pathlib import Path
from typing import Any

from tak_world import WAIT_S
from wideberth.faces.feeds.kinds import decoder_of, source_of
from wideberth.faces.feeds.running import Pacing, RunningFeed
from wideberth.feedtable import FeedTable
from wideberth.service import now_us
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.reports import PositionReport

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that it could do more with aiohttp
    import pytak

QUICK = Pacing(deliver_s=0.01, first_wait_s=0.05, longest_wait_s=0.2)
FOLDER = Path("/nowhere")


def table(address: str, **more: Any) -> FeedTable:
    return FeedTable(name="tak-in", kind="cot", address=address, **more)


class Taken:
    """Where positions go."""

    def __init__(self) -> None:
        self.reports: list[PositionReport] = []
        self.came = asyncio.Event()

    async def deliver(self, reports: Any) -> None:
        self.reports += reports
        self.came.set()

    async def of(self, track: str) -> PositionReport:
        async with asyncio.timeout(WAIT_S):
            while True:
                self.came.clear()
                for each in self.reports:
                    if each.track_id == track:
                        return each
                await self.came.wait()


@contextlib.asynccontextmanager
async def running(settings: FeedTable, folder: Path = FOLDER) -> AsyncIterator[tuple[Taken, Any]]:
    taken = Taken()
    link = FeedLink(settings.name, None, "cot", "connecting", now_us())
    with ThreadPoolExecutor(2) as threads:
        source, decoder = source_of(settings, folder), decoder_of(settings)
        feed = RunningFeed(
            link, source, decoder, taken.deliver, now_us=now_us, threads=threads, pacing=QUICK
        )
        task = asyncio.create_task(feed.run())
        try:
            yield taken, link
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def sent_by_pytak(url: str, taken: Taken, **more: str) -> PositionReport:
    """What arrives of a position that PyTAK sends, again and again."""
    parser = ConfigParser()
    parser["pytak"] = {"COT_URL": url, **more}
    config = parser["pytak"]
    _, writer = await pytak.protocol_factory(config)
    worker = pytak.TXWorker(asyncio.Queue(), config, writer)
    position = pytak.gen_cot(lat=47.0, lon=7.5, ce=10, hae=400, uid="PHONE-1", cot_type="a-h-G")
    waiting = asyncio.create_task(taken.of("PHONE-1"))
    try:
        async with asyncio.timeout(WAIT_S):
            while not waiting.done():
                await worker.send_data(position)
                await asyncio.wait([waiting], timeout=0.1)
        return await waiting
    finally:
        waiting.cancel()
        writer.close()
