"""Work on the loop that may be long goes on in pieces, so that nobody else waits for it."""

from __future__ import annotations

import asyncio
import time

__all__ = ["Turns"]

_SLICE_NS = 2_000_000  # how long it goes on before others have their turn


class Turns:
    """Those of one piece of work, from now on."""

    def __init__(self) -> None:
        self._until_ns = time.perf_counter_ns() + _SLICE_NS

    async def let_others(self) -> None:
        """Others have their turn, if this has gone on for some milliseconds since they had one."""
        if time.perf_counter_ns() > self._until_ns:
            await asyncio.sleep(0)
            self._until_ns = time.perf_counter_ns() + _SLICE_NS
