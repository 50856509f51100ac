"""The tracks as they are held, for everybody who reads them.

The columns are copied where the tracks are, which takes milliseconds; rows and things are made of
the copy in a thread of its own, of those that are asked for, once for all readers. Whoever asks is
given what was held when it asked, or what is held since. Of a large table that is no oftener than
once in so many seconds: who asks meanwhile waits for the next.

What is here can be made again from the table.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from wideberth.watch.fusion import FusedTrack
from wideberth.watch.rows import Columns
from wideberth.watch.things import Things, Where
from wideberth.watch.trackrow import TrackKey, TrackRow, Whose

__all__ = ["AT_ONCE", "HeldTracks"]

T = TypeVar("T")

AT_ONCE = 2_000
"""So many tracks are copied anew whenever somebody asks: that is some milliseconds' work."""
_REST_S = 0.0002  # others who wait for the interpreter get it


class HeldTracks:
    """copied: gives the columns as they are when it is called; every_s: how often a table of more
    than at_once tracks is copied, at most.
    """

    def __init__(
        self, copied: Callable[[], Awaitable[Columns]], *, every_s: float, at_once: int = AT_ONCE
    ) -> None:
        self._copied = copied
        self._every_s = every_s
        self._at_once = at_once
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-rows")
        self._things: Things | None = None
        self._now = 0  # counts what is held, and which of that the things are of
        self._made_of = -1
        self._begun_s = -math.inf
        self._task: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Something else is held than before."""
        self._now += 1

    async def rows(self, is_seen: Callable[[Whose], bool]) -> list[TrackRow]:
        """The tracks that a reader sees."""
        things = await self.now()
        groups = things.groups(is_seen)
        return await self._beside(lambda: things.rows(groups))

    async def seen(
        self,
        is_seen: Callable[[Whose], bool],
        *,
        where: Where | None = None,
        besides: Collection[TrackKey] = (),
    ) -> list[FusedTrack]:
        """What a reader is shown of the tracks that it sees, those of one thing as one; as
        :meth:`wideberth.watch.things.Things.seen` has it.
        """
        return await self.seen_of(await self.now(), is_seen, where=where, besides=besides)

    async def seen_of(
        self,
        things: Things,
        is_seen: Callable[[Whose], bool],
        *,
        where: Where | None = None,
        besides: Collection[TrackKey] = (),
    ) -> list[FusedTrack]:
        """The same, of what was held at some moment (:meth:`now`)."""
        groups = things.groups(is_seen)
        return await self._beside(lambda: things.seen(groups, where=where, besides=besides))

    async def page(
        self,
        is_seen: Callable[[Whose], bool],
        *,
        after: str | None,
        most: int,
        where: Where | None = None,
    ) -> list[FusedTrack]:
        """A page of the same, in order; as :meth:`wideberth.watch.things.Things.page` has it."""
        things = await self.now()
        groups = things.groups(is_seen)
        return await self._beside(lambda: things.page(groups, after=after, most=most, where=where))

    async def now(self) -> Things:
        """What is held now, or since."""
        asked = self._now
        while self._things is None or self._made_of < asked:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._make())
            # One reader that goes takes nothing from the others, who wait for the same.
            await asyncio.shield(self._task)
        return self._things

    async def stop(self) -> None:
        """Make no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown()

    async def _make(self) -> None:
        loop = asyncio.get_running_loop()
        if self._things is not None and len(self._things) > self._at_once:
            await asyncio.sleep(self._begun_s + self._every_s - loop.time())
        self._begun_s, made_of = loop.time(), self._now
        columns = await self._copied()
        self._things = await self._beside(lambda: Things(columns, rest=_rest))
        self._made_of = made_of

    async def _beside(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _rest() -> None:
    time.sleep(_REST_S)
