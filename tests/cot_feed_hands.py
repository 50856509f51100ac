"""A feed of Cursor on Target, and PyTAK that sends to it."""

from __future__ import annotations

import asyncio
import socket
import warnings
from configparser import ConfigParser
from typing import Any

from feed_hands import Taken, free_ports
from tak_world import WAIT_S
from wideberth.feedtable import FeedTable
from wideberth.watch.reports import PositionReport

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that it could do more with aiohttp
    import pytak


def table(address: str, **more: Any) -> FeedTable:
    return FeedTable(name="tak-in", kind="cot", address=address, **more)


def free_port() -> int:
    return free_ports(1, socket.SOCK_DGRAM)[0]


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
