"""Following a record from an event loop: the third verb, for any record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from wideberth.record.protocol import Record, Row

__all__ = ["follow"]


async def follow(
    record: Record, from_position: int, *, page_rows: int = 500, poll_s: float = 0.02
) -> AsyncGenerator[list[Row]]:
    """Pages of durable rows from from_position on, in order, each once; waits at the end for more.

    Never ends by itself: break out, or cancel the task. Others' appends come within poll_s plus
    the reading (a look at the head takes microseconds, so it is done in the loop's own thread;
    give it a ``reader()`` that nothing else uses). What was not taken is read again after a crash:
    go on from the last row's position + 1. Raises what ``Record.read`` raises.
    """
    position = from_position
    while True:
        if record.head().size <= position:
            await asyncio.sleep(poll_s)
            continue
        rows = record.read(position, page_rows)
        if rows:
            position = rows[-1].position + 1
            yield rows
