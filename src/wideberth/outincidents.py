"""What waits for a party in an incident, to those without a stream: the ways of its duty desk.

That it is named in an incident, and that a question to it waits, each once for each time that it is
asked. Beside the lanes of notices and outside of the attempts that those share, a few at a time.
The first way that takes it counts, and stands in the state of deliveries; what no way took is told
again after a restart, while it waits.

Owned by the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import msgspec

from wideberth.contacts import Way
from wideberth.delivery.incidents import Waiting, waiting_message
from wideberth.delivery.lanes import BackOff, Outcome, Tried
from wideberth.delivery.messages import in_each
from wideberth.delivery.phrases import spoken
from wideberth.errors import RecordUnavailable
from wideberth.model.entries import Body
from wideberth.model.ids import IncidentId, PartyId, QuestionId
from wideberth.model.incidents import Incident, IncidentOpened, PartiesNamed
from wideberth.model.questions import Question, QuestionAsked, QuestionStepped
from wideberth.outbeside import BesideSender, UnderWay, over_ways
from wideberth.outwarned import agreed_languages
from wideberth.service import Service
from wideberth.space.time import DAY_US, SECOND_US

__all__ = ["IncidentSender", "IncidentsOut", "waiting_in"]

_NAMED_US = DAY_US  # for so long it is tried to tell that a party was named
_KEPT = "incident"  # the way under which the state keeps what was told
_log = logging.getLogger(__name__)


class IncidentSender(BesideSender, Protocol):
    """Who sends, and keeps what was sent."""

    async def is_sent(self, name: str, party: PartyId, way: str) -> bool:
        """Whether it was kept as sent over this way. Raises RecordUnavailable."""
        ...

    async def keep_sent(self, name: str, party: PartyId, way: str) -> None:
        """Keep that it was sent. Raises RecordUnavailable."""
        ...


def waiting_in(incident: Incident, now_us: int) -> Iterator[Waiting]:
    """What waits for its members now: that each was named within a day, and open questions."""
    for question in incident.questions:
        if question.waits and now_us < question.due_us:
            yield _of_question(incident, question)
    yield from _named_in(incident, now_us)


def _named_in(incident: Incident, now_us: int) -> Iterator[Waiting]:
    for member in incident.members:
        if member.party != member.by and now_us - member.since_us < _NAMED_US:
            yield Waiting(
                id=f"{incident.id}/named/{member.party}",
                kind="named",
                incident=incident.id,
                title=incident.title,
                to=member.party,
                by=member.by,
                since_us=member.since_us,
            )


def _of_question(incident: Incident, question: Question) -> Waiting:
    return Waiting(
        id=f"{incident.id}/{question.id}/{question.asks}",
        kind="question",
        incident=incident.id,
        title=incident.title,
        to=question.to,
        by=question.asker,
        since_us=question.said[-1].time_us if question.said else incident.opened_us,
        question=question.id,
        asks=question.asks,
        due_us=question.due_us,
        urgent=question.urgent,
    )


class IncidentsOut:
    """Beside what sends. draw: from 0 up to 1, to spread retries."""

    def __init__(
        self, service: Service, sender: IncidentSender, back_off: BackOff, draw: Callable[[], float]
    ) -> None:
        self._service = service
        self._sender = sender
        self._back_off = back_off
        self._draw = draw
        self._under_way = UnderWay()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, and nothing waits to be tried again."""
        return not len(self._under_way)

    def note(self, body: Body, position: int) -> None:
        """Tell of an entry, where it has something wait for a party."""
        match body:
            case IncidentOpened(incident=name) | PartiesNamed(incident=name):
                incident = self._service.picture.incidents.get(name)
                now_us = self._service.context().now_us
                for waiting in () if incident is None else _named_in(incident, now_us):
                    self._begin(waiting, position)
            case QuestionAsked(incident=name, question=asked):
                self._ask(name, asked, position)
            case QuestionStepped(incident=name, question=asked):
                self._ask(name, asked, position)
            case _:
                pass

    def go_on(self) -> None:
        """Tell of what waits, where that was not told before."""
        picture = self._service.picture
        now_us = self._service.context().now_us
        for name in list(picture.incidents):
            for waiting in waiting_in(picture.incidents[name], now_us):
                self._begin(waiting, picture.size - 1)

    async def stop(self) -> None:
        """End what is under way; what was not taken is told when it starts again."""
        await self._under_way.stop()

    def _ask(self, name: IncidentId, asked: QuestionId, position: int) -> None:
        incident = self._service.picture.incidents.get(name)
        question = None if incident is None else incident.question(asked)
        if incident is not None and question is not None and question.waits:
            self._begin(_of_question(incident, question), position)

    def _begin(self, waiting: Waiting, position: int) -> None:
        if waiting.id not in self._under_way and self._sender.duty_ways(waiting.to):
            telling = self._go(waiting, position)
            self._under_way.begin(waiting.id, telling, called="wideberth-incident")

    async def _go(self, waiting: Waiting, position: int) -> None:
        failures = 0
        try:
            while self._still_waits(waiting):
                try:
                    async with self._under_way.few:
                        if await self._sender.is_sent(waiting.id, waiting.to, _KEPT):
                            return
                        went = await over_ways(
                            self._sender, waiting.to, position, partial(self._out, waiting)
                        )
                    if went.outcome is not Outcome.FAILED:
                        await self._sender.keep_sent(waiting.id, waiting.to, _KEPT)
                        return
                except RecordUnavailable as error:
                    _log.warning("what waits for %s in an incident waits: %s", waiting.to, error)
                failures += 1
                await asyncio.sleep(self._back_off.wait_us(failures, self._draw()) / SECOND_US)
        except Exception:  # noqa: BLE001  # the top of a task: it is logged
            _log.exception("what waits for %s in an incident could not be sent", waiting.to)

    def _still_waits(self, waiting: Waiting) -> bool:
        incident = self._service.picture.incidents.get(waiting.incident)
        if incident is None:
            return False
        now_us = self._service.context().now_us
        if waiting.question is None:
            return now_us - waiting.since_us < _NAMED_US
        question = incident.question(waiting.question)
        if question is None or not question.waits or now_us >= question.due_us:
            return False
        return question.asks == waiting.asks

    async def _out(self, waiting: Waiting, way: Way) -> Tried:
        picture = self._service.picture
        tags = agreed_languages(picture, waiting.to, [waiting.by])
        message = in_each(
            *spoken(tags, way.language),
            lambda language: waiting_message(
                waiting, exercise=picture.space.exercise, times=way.times, language=language
            ),
        )
        item: dict[str, object] = {
            "kind": "incident",
            "id": message.id,
            "version": message.version,
            "waiting": msgspec.to_builtins(waiting),
            "text": message.full,
        }
        return await self._sender.send_beside(way, waiting.to, message, item)
