"""What goes to a duty desk beside the lanes of notices: a few at a time, over its ways in order.

Whoever sends so (:mod:`wideberth.outdrills`, :mod:`wideberth.outincidents`) says what, to whom and
until when; here is how: each thing once at a time, the first way that takes it counts.

Owned by the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import NamedTuple, Protocol

from wideberth.contacts import Way
from wideberth.delivery.lanes import Outcome, Tried
from wideberth.delivery.messages import Message
from wideberth.model.channels import Medium
from wideberth.model.ids import PartyId

__all__ = ["AT_ONCE", "BesideSender", "UnderWay", "WentOut", "over_ways"]

AT_ONCE = 4
"""Attempts of one kind that are under way together."""


class BesideSender(Protocol):
    """Who sends."""

    def duty_ways(self, party: PartyId) -> tuple[Way, ...]:
        """The ways of a duty desk that are not suspended, in the agreed order."""
        ...

    async def send_beside(
        self, way: Way, party: PartyId, message: Message, item: dict[str, object]
    ) -> Tried:
        """One attempt, by anything but a stream; it takes no place of what is urgent or real."""
        ...

    async def streamed(self, party: PartyId, position: int) -> Tried:
        """Whether a stream took the entry."""
        ...


class UnderWay:
    """What is being told, each once at a time, a few of them together."""

    def __init__(self) -> None:
        self.few = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, name: str, telling: Coroutine[object, object, None], *, called: str) -> None:
        """Tell something that is not being told. called: what the task is named."""
        task = self._tasks[name] = asyncio.create_task(telling, name=called)
        task.add_done_callback(lambda _task: self._tasks.pop(name, None))

    async def stop(self) -> None:
        """End what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()


class WentOut(NamedTuple):
    """What became of it: REFUSED where all ways refuse it. medium: of the way that took it."""

    outcome: Outcome
    medium: Medium | None = None


async def over_ways(
    sender: BesideSender, party: PartyId, position: int, out: Callable[[Way], Awaitable[Tried]]
) -> WentOut:
    """Over the ways of a duty desk in their order: the first that takes it. out: one attempt by
    anything but a stream.
    """
    refused = True
    for way in sender.duty_ways(party):
        if way.medium is Medium.STREAM:
            tried = await sender.streamed(party, position)
        else:
            tried = await out(way)
        if tried.outcome is Outcome.TAKEN:
            return WentOut(Outcome.TAKEN, way.medium)
        refused = refused and tried.outcome is Outcome.REFUSED
    return WentOut(Outcome.REFUSED if refused else Outcome.FAILED)
