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
from functools import partial
from typing import Protocol

from wideberth.contacts import Way
from wideberth.delivery.drilled import drill_message
from wideberth.delivery.lanes import BackOff, Outcome, Tried
from wideberth.delivery.messages import WayToAnswer, in_each
from wideberth.delivery.phrases import spoken
from wideberth.errors import RecordUnavailable, WideberthError
from wideberth.model.commands import Request
from wideberth.model.drills import DrillSent, RecordDrillTaken
from wideberth.model.entries import Body
from wideberth.model.parties import SYSTEM
from wideberth.outbeside import BesideSender, UnderWay, over_ways
from wideberth.outwarned import agreed_languages
from wideberth.service import Service
from wideberth.space.time import SECOND_US

__all__ = ["DrillSender", "DrillsOut"]

_log = logging.getLogger(__name__)


class DrillSender(BesideSender, Protocol):
    """Who sends, and knows by which codes a drill is answered."""

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
        self._under_way = UnderWay()

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
        await self._under_way.stop()

    def _begin(self, sent: DrillSent, position: int) -> None:
        if sent.drill not in self._under_way and self._sender.duty_ways(sent.recipient):
            telling = self._go(sent, position)
            self._under_way.begin(sent.drill, telling, called="wideberth-drill")

    async def _go(self, sent: DrillSent, position: int) -> None:
        failures = 0
        while self._service.context().now_us < sent.answer_by_us:
            try:
                async with self._under_way.few:
                    went = await over_ways(
                        self._sender, sent.recipient, position, partial(self._out, sent)
                    )
                if went.medium is not None:
                    command = RecordDrillTaken(sent.drill, went.medium)
                    await self._service.submit(Request(SYSTEM, command))
                    return
                if went.outcome is Outcome.REFUSED:
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

    async def _out(self, sent: DrillSent, way: Way) -> Tried:
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
