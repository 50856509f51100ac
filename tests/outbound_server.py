"""A node that sends, as a process of its own: to be killed. Argument: the folder."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from wideberth.node import Node


async def run(folder: Path) -> None:
    async with Node.open(folder) as node, node.outbound.sending():
        sys.stdout.write("sending\n")
        sys.stdout.flush()
        await asyncio.sleep(600)


asyncio.run(run(Path(sys.argv[1])))
