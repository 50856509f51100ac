"""STOPs to those without a stream: beside all lanes, over every way of everybody at once.

Nothing stands before one: it is sent over suspended ways too, behind no other attempt, and again
until it is taken, refused, or a day old. What was sent stands in the state of deliveries, so that a
restart goes on with what was not taken.

Owned by the event loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection
from typing import Protocol

import msgspec

from wideberth.contacts import Way
from wideberth.delivery.lanes import BackOff, Outcome, Tried, WayId
from wideberth.delivery.messages import Message, in_each, stop_message
from wideberth.delivery.phrases import spoken
from wideberth.errors import RecordUnavailable
from wideberth.model.channels import Medium
from wideberth.model.entries import Body
from wideberth.model.ids import PartyId
from wideberth.model.stop_reads import StopRepeated
from wideberth.model.stops import Stop, StopTold
from wideberth.outwarned import agreed_languages
from wideberth.picture.stop_rights import units_told
from wideberth.picture.stops import step_of, unread_by
from wideberth.service import Service
from wideberth.space.time import SECOND_US
from wideberth.urgent import Sent, Urgent

__all__ = ["StopSender", "StopsOut"]

_LIFE_US = 24 * 3600 * SECOND_US
_LONGEST_S = 30.0


class StopSender(Protocol):
    """Who sends, and keeps what was sent."""

    def every_way(self) -> list[tuple[PartyId, tuple[Way, ...]]]:
        """The ways of each party, the suspended ones too."""
        ...

    async def send_at_once(
        self, way: Way, party: PartyId, message: Message, item: dict[str, object]
    ) -> Tried:
        """One attempt, by anything but a stream, behind nothing."""
        ...

    async def is_sent(self, name: str, party: PartyId, way: str) -> bool:
        """Whether it was kept as sent over this way. Raises RecordUnavailable."""
        ...

    async def keep_sent(self, name: str, party: PartyId, way: str) -> None:
        """Keep that it was sent. Raises RecordUnavailable."""
        ...


def _sent_as(stop: Stop, version: int) -> str:
    """What tells one sending of a STOP from its repetitions."""
    return f"{stop.id}/{version}" if version else stop.id


class StopsOut:
    """Beside what sends. first_retry_s: at most a second is waited before the first retry; draw:
    from 0 up to 1, to spread retries.
    """

    def __init__(
        self,
        service: Service,
        urgent: Urgent,
        sender: StopSender,
        first_retry_s: float,
        draw: Callable[[], float],
    ) -> None:
        self._service = service
        self._urgent = urgent
        self._sender = sender
        self._back_off = BackOff(min(1.0, first_retry_s), _LONGEST_S)
        self._draw = draw
        self._tasks: dict[tuple[str, PartyId, WayId], asyncio.Task[None]] = {}

    def note(self, body: Body) -> None:
        """Tell of an entry, where it is of a STOP."""
        if isinstance(body, StopTold):
            self._tell(body.stop)
        elif isinstance(body, StopRepeated):
            stop = self._service.picture.stops.get(body.stop)
            if stop is not None:
                self._tell(stop, body.parties, version=body.step + 1)

    def go_on(self) -> None:
        """Tell of what stands, where that was not told before, and of each that comes."""
        self._urgent.watchers.append(self._sent)
        stops = self._service.picture.stops
        for name in list(stops):
            stop, step = stops[name], step_of(self._service.picture, name).step
            self._tell(stop)
            if step:
                unread = unread_by(self._service.picture, stop)
                self._tell(stop, unread, version=step)
        for sent in self._urgent.waiting:
            self._sent(sent)

    async def stop(self) -> None:
        """End what is under way; what was not taken is told when it starts again."""
        with contextlib.suppress(ValueError):
            self._urgent.watchers.remove(self._sent)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    def _sent(self, sent: Sent) -> None:
        if sent.stop is not None:
            self._tell(sent.stop)

    def _tell(
        self, stop: Stop, parties: Collection[PartyId] | None = None, *, version: int = 0
    ) -> None:
        """Over every way of everybody else, at once; of these parties, where it is repeated to
        them. version: how often it was.
        """
        if stop.sent_us + _LIFE_US < self._service.context().now_us:
            return
        for party, ways in self._sender.every_way():
            if party == stop.sender or (parties is not None and party not in parties):
                continue
            for way in ways:
                key = (_sent_as(stop, version), party, way.id)
                if way.medium is Medium.STREAM or key in self._tasks:
                    continue
                task = asyncio.create_task(self._go(stop, party, way, version))
                self._tasks[key] = task
                task.add_done_callback(lambda _task, key=key: self._tasks.pop(key, None))

    async def _go(self, stop: Stop, party: PartyId, way: Way, version: int) -> None:
        """Until it is taken or refused, or a day is over; also where the channel is suspended."""
        failures, name = 0, _sent_as(stop, version)
        with contextlib.suppress(RecordUnavailable):
            if await self._sender.is_sent(name, party, way.id):
                return
        message = self._message(stop, party, way, version)
        while stop.sent_us + _LIFE_US > self._service.context().now_us:
            item: dict[str, object] = {
                "kind": "stop",
                "id": message.id,
                "version": version,
                "units": units_told(self._service.picture, stop.sender).get(party, ()),
                "stop": msgspec.structs.replace(stop, intent=None),
                "text": message.full,
            }
            tried = await self._sender.send_at_once(way, party, message, item)
            if tried.outcome is not Outcome.FAILED:
                break
            failures += 1
            wait_us = self._back_off.wait_us(failures, self._draw(), tried.wait_s)
            await asyncio.sleep(wait_us / SECOND_US)
        with contextlib.suppress(RecordUnavailable):
            await self._sender.keep_sent(name, party, way.id)

    def _message(self, stop: Stop, party: PartyId, way: Way, version: int) -> Message:
        picture = self._service.picture
        return in_each(
            *spoken(agreed_languages(picture, party, [stop.sender]), way.language),
            lambda language: stop_message(
                stop,
                recipient=party,
                exercise=picture.space.exercise,
                places=way.places,
                language=language,
                version=version,
            ),
        )
