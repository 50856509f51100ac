"""Drill messages to those without a stream: the same ways as notices, never in their way (X-01).

Beside the lanes of notices, and outside of the attempts that those share: a few at a time, so that
a drill that hangs on a dead line holds back drills, and nothing real. The first way of a duty desk
that takes it is recorded, with how long it took. What no way takes in time is missed.

Owned by the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from wideberth.contacts import Way
from wideberth.delivery.drilled import drill_message
from wideberth.delivery.lanes import BackOff, Outcome, Tried
from wideberth.delivery.messages import Message, WayToAnswer, in_each
from wideberth.delivery.phrases import spoken
from wideberth.errors import RecordUnavailable, WideberthError
from wideberth.model.channels import Medium
from wideberth.model.commands import Request
from wideberth.model.drills import DrillSent, RecordDrillTaken
from wideberth.model.entries import Body
from wideberth.model.ids import DrillId, PartyId
from wideberth.model.parties import SYSTEM
from wideberth.outwarned import agreed_languages
from wideberth.service import Service
from wideberth.space.time import SECOND_US

__all__ = ["AT_ONCE", "DrillSender", "DrillsOut"]

AT_ONCE = 4
"""Attempts to send drills that are under way together."""
_log = logging.getLogger(__name__)


class DrillSender(Protocol):
    """Who sends, and knows by which codes a drill is answered."""

    def duty_ways(self, party: PartyId) -> tuple[Way, ...]:
        """The ways of a duty desk that are not suspended, in the agreed order."""
        ...

    async def send_beside(
        self, way: Way, party: PartyId, message: Message, item: dict[str, object]
    ) -> Tried:
        """One attempt, by anything but a stream; it takes no place of what is real."""
        ...

    async def streamed(self, party: PartyId, position: int) -> Tried:
        """Whether a stream took the entry."""
        ...

    async def drill_answer(self, sent: DrillSent) -> WayToAnswer:
        """The code and link by which it is answered, kept. Raises RecordUnavailable."""
        ...


class DrillsOut:
    """Beside what sends. draw: from 0 up to 1, to spread retries."""

    def __init__(
        self, service: Service, sender: DrillSender, back_off: BackOff, draw: Callable[[], float]
    ) -> None:
        self._service = service
        self._sender = sender
        self._back_off = back_off
        self._draw = draw
        self._few = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[DrillId, asyncio.Task[None]] = {}

    def note(self, body: Body, position: int) -> None:
        """Send an entry's drill, where it is one."""
        if isinstance(body, DrillSent):
            self._begin(body, position)

    def go_on(self) -> None:
        """Send what waits and no way took yet."""
        picture = self._service.picture
        for name in list(picture.drills):
            drill = picture.drills[name]
            if drill.state == "waiting" and drill.taken is None and not drill.hops:
                self._begin(drill.sent, picture.size - 1)

    async def stop(self) -> None:
        """End what is under way; what was not taken is sent when it starts again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    def _begin(self, sent: DrillSent, position: int) -> None:
        if sent.drill in self._tasks or not self._sender.duty_ways(sent.recipient):
            return
        task = asyncio.create_task(self._go(sent, position), name="wideberth-drill")
        self._tasks[sent.drill] = task
        task.add_done_callback(lambda _task: self._tasks.pop(sent.drill, None))

    async def _go(self, sent: DrillSent, position: int) -> None:
        failures = 0
        while self._service.context().now_us < sent.answer_by_us:
            try:
                async with self._few:
                    medium, refused = await self._over_ways(sent, position)
                if medium is not None:
                    command = RecordDrillTaken(sent.drill, medium)
                    await self._service.submit(Request(SYSTEM, command))
                    return
                if refused:
                    return
            except RecordUnavailable as error:
                _log.warning("a drill to %s waits: %s", sent.recipient, error)
            except WideberthError as error:
                _log.debug("a drill was taken and is not noted: %s", type(error).__name__)
                return
            except Exception:  # noqa: BLE001  # the top of a task: it is logged
                _log.exception("a drill to %s could not be sent", sent.recipient)
                return
            failures += 1
            await asyncio.sleep(self._back_off.wait_us(failures, self._draw()) / SECOND_US)

    async def _over_ways(self, sent: DrillSent, position: int) -> tuple[Medium | None, bool]:
        """The medium of the first way that takes it, and whether all refuse it."""
        refused = True
        for way in self._sender.duty_ways(sent.recipient):
            if way.medium is Medium.STREAM:
                tried = await self._sender.streamed(sent.recipient, position)
            else:
                tried = await self._out(way, sent)
            if tried.outcome is Outcome.TAKEN:
                return way.medium, False
            refused = refused and tried.outcome is Outcome.REFUSED
        return None, refused

    async def _out(self, way: Way, sent: DrillSent) -> Tried:
        picture = self._service.picture
        answer = await self._sender.drill_answer(sent)
        tags = agreed_languages(picture, sent.recipient, [sent.sender, *sent.seen_by])
        message = in_each(
            *spoken(tags, way.language),
            lambda language: drill_message(
                sent,
                answer,
                exercise=picture.space.exercise,
                times=way.times,
                language=language,
            ),
        )
        item: dict[str, object] = {
            "kind": "drill",
            "id": message.id,
            "version": message.version,
            "drill": sent,
            "text": message.full,
            "code": message.code,
        }
        return await self._sender.send_beside(way, sent.recipient, message, item)
