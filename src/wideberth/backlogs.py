"""Counts notices beside the loop, and has it recorded when a load or a ceiling is to be warned of.

What is counted follows from the record (:mod:`wideberth.picture.loads`): at a start the last weeks
of it are read, a page at a time in the reading thread, while what comes in meanwhile waits; the
same is counted then as by whoever followed from the first of those days. Of a notice that was
erased nothing is counted any more. Several processes of a folder may run this: the second to say
something is told that it stands.

Nothing that is told, sent or answered waits for this. Who is to be weighed is noted as entries come
in, and weighed some seconds later; everybody once an hour, since days pass, and what a sender may
follow changes without a word.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from typing import Self

from wideberth.decisions.loads import kept_from_day, weigh
from wideberth.errors import WideberthError
from wideberth.model.commands import Request
from wideberth.model.entries import (
    Entry,
    IntentAccepted,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    RulesAdopted,
    decode_entry,
)
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.loads import CeilingSet, is_counted
from wideberth.model.notices import Notice, ObjectType
from wideberth.model.parties import SYSTEM
from wideberth.picture.loads import Loads
from wideberth.record.protocol import Record
from wideberth.service import Applied, Service
from wideberth.space.time import DAY_US, HOUR_US, SECOND_US

__all__ = ["AT_ONCE", "Backlogs"]

AT_ONCE = 64
"""So many are weighed in one look."""
_LOOK_S = 1.0
_AFTER_US = 5 * SECOND_US  # many notices to one recipient are weighed together
_SOON_S = 0.05  # where more is due than is weighed at a time
_AGAIN_S = 1.0  # after something stood in the way
_PAGE = 500  # counted at a time: some milliseconds
_MARKS = (b'"NoticeIssued"', b'"NoticeAcknowledged"', b'"NoticeReleased"')
_HAZARD = (b'"IntentAccepted"', b'"hazard"')  # both; it may be another intent, and is looked at
_log = logging.getLogger("wideberth.backlogs")

_Pair = tuple[PartyId, PartyId | None]


class Backlogs:
    """Beside a service. Use as an async context, inside the service's.

    loads is what was counted, not to be changed; of use only once is_counted.
    """

    def __init__(
        self, service: Service, *, look_s: float = _LOOK_S, after_us: int = _AFTER_US
    ) -> None:
        self._service = service
        self._look_s = look_s
        self._after_us = after_us
        self._task: asyncio.Task[None] | None = None
        self._counting = asyncio.Lock()
        self._is_behind = False
        self._begin()

    def _begin(self) -> None:
        self._loads = Loads()
        self._weeks = self._service.picture.space.rules.load.weeks
        self._hazards: set[str] = set()
        self._new: list[Entry] = []  # came in, and is not counted yet
        self._is_counted = False
        self._due: dict[_Pair, int] = {}  # to be weighed, and from when on
        self._hour = 0

    @property
    def is_counted(self) -> bool:
        """Whether the record is counted, but for what came in last: whoever asks counts that."""
        return self._is_counted

    @property
    def loads(self) -> Loads:
        """With all that came in counted."""
        if self._is_counted and self._new:
            new, self._new = self._new, []
            for entry in new:
                self._count(entry)
        return self._loads

    async def __aenter__(self) -> Self:
        """Begin to count: a short record at once, a long one beside the loop."""
        self._begin()
        self._service.fold_listeners.append(self._listen)
        if self._service.picture.size <= _PAGE:
            with contextlib.suppress(WideberthError):  # it is tried again beside the loop
                await self.count()
        self._task = asyncio.create_task(self._run(), name="wideberth-backlogs")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; the next start counts again."""
        self._service.fold_listeners.remove(self._listen)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def count(self) -> None:
        """Count what the record says of the last weeks, if that is not done. Raises what the record
        raises.
        """
        async with self._counting:
            if not self.is_counted:
                await self._count_all()

    async def _count_all(self) -> None:
        self._begin()
        service, picture = self._service, self._service.picture
        mark = picture.size
        rule = picture.space.rules.load
        from_us = kept_from_day(service.context().now_us, rule) * DAY_US
        self._hazards = set(picture.hazards)
        self._hazards.update(
            each for each in picture.intents if picture.intents[each].kind is IntentKind.HAZARD
        )
        older = [
            standing.notice
            for standing in (picture.notices[each] for each in picture.notices)
            if standing.notice.issued_us < from_us and not standing.answers
        ]
        start = await service.reading(lambda record: _first_at(record, from_us, mark))
        past = Past(service, start)
        for notice in sorted(older, key=lambda each: each.issued_us):
            self._issue(notice, of_hazard=await past.is_hazard(notice, self._hazards), by_day=False)
        for position in range(start, mark, _PAGE):
            end = min(position + _PAGE, mark)
            page = await service.reading(
                lambda record, at=position, end=end: _entries(record, at, end)
            )
            for entry in page:
                await self._count_past(entry, past)
        self._is_counted = True  # what came in meanwhile is new, and counted by whoever asks

    async def look(self, *, everybody: bool = False) -> int:
        """Weigh who is due, up to AT_ONCE, or everybody; gives how many warnings were recorded as
        raised or cleared. Raises what stood in the way; it is due again then.
        """
        service = self._service
        now_us = service.context().now_us
        loads = self.loads
        if not self.is_counted or service.stopped_by is not None:
            return 0
        if everybody or now_us // HOUR_US != self._hour:
            self._hour = now_us // HOUR_US
            loads.forget_before(kept_from_day(now_us, service.picture.space.rules.load))
            for pair in self._everybody():
                self._due[pair] = 0
        due = [pair for pair, from_us in self._due.items() if everybody or from_us <= now_us]
        self._is_behind = len(due) > AT_ONCE and not everybody
        done = 0
        for pair in due if everybody else due[:AT_ONCE]:
            done += await self._weigh(pair, now_us)
            await asyncio.sleep(0)
        return done

    async def _weigh(self, pair: _Pair, now_us: int) -> int:
        self._due.pop(pair, None)
        done = 0
        try:
            for command in list(weigh(self._service.picture, self.loads, pair, now_us)):
                answer = await self._service.submit(Request(SYSTEM, command))
                done += isinstance(answer, Applied)  # else another process was quicker
        except BaseException:
            self._due[pair] = 0
            raise
        return done

    def _everybody(self) -> Iterable[_Pair]:
        picture = self._service.picture
        yield from list(self.loads.pairs())
        for _, recipient, sender in picture.ceilings:
            yield recipient, PartyId(sender) if sender else None
        for name in picture.warnings:  # of lanes of which nothing is left
            kind, _, names = name.partition(".")
            parties = [PartyId(each) for each in names.split(".")]
            if kind == "w-load":
                yield parties[0], parties[1]
            elif kind == "w-ceiling":
                yield parties[1], parties[2] or None

    def _listen(self, _start: int, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if type(entry.body) in _COUNTED:
                self._new.append(entry)

    def _count(self, entry: Entry) -> None:
        match entry.body:
            case NoticeIssued(notice=notice):
                self._issue(notice, of_hazard=_is_of(notice, self._hazards))
                self._note(notice.recipient, notice.sender)
            case NoticeAcknowledged(acknowledgement=answer) as body:
                for sender in self._answer(answer.notice, body, entry.time_us):
                    self._note(body.recipient, sender)
            case NoticeReleased() as body:
                for sender in self._loads.close(body.closes, body.recipient):
                    self._note(body.recipient, sender)
            case IntentAccepted(intent=intent):
                if intent.kind is IntentKind.HAZARD:
                    self._hazards.add(intent.id)
            case CeilingSet(recipient=recipient, sender=sender):
                self._note(recipient, sender)
            case RulesAdopted(rules=rules):
                self._hour = 0
                if rules.load.weeks != self._weeks:
                    self._is_counted = False  # counted anew, of as many weeks
            case _:
                pass

    async def _count_past(self, entry: Entry, past: Past) -> None:
        match entry.body:
            case NoticeIssued(notice=notice):
                past.issued.add(notice.id)
                self._issue(notice, of_hazard=await past.is_hazard(notice, self._hazards))
            case NoticeAcknowledged(acknowledgement=answer) as body:
                before = await past.unanswered(answer.notice)
                if before is not None:
                    of_hazard = await past.is_hazard(before, self._hazards)
                    self._issue(before, of_hazard=of_hazard, by_day=False)
                self._answer(answer.notice, body, entry.time_us)
            case NoticeReleased() as body:
                self._loads.close(body.closes, body.recipient)
            case IntentAccepted(intent=intent):
                if intent.kind is IntentKind.HAZARD:
                    self._hazards.add(intent.id)
            case _:
                pass

    def _issue(self, notice: Notice, *, of_hazard: bool, by_day: bool = True) -> None:
        if is_counted(notice, of_hazard=of_hazard):
            self._loads.issue(notice, by_day=by_day)

    def _answer(
        self, notice_id: NoticeId, body: NoticeAcknowledged, time_us: int
    ) -> Iterable[PartyId | None]:
        """Gives the senders of whom something is unread no more."""
        loads = self._loads
        found = loads.answer(notice_id, body.recipient, reached=body.sender, time_us=time_us)
        return {**found, **loads.close(body.closes, body.recipient)}

    def _note(self, recipient: PartyId, sender: PartyId | None) -> None:
        self._due.setdefault((recipient, sender), self._service.picture.time_us + self._after_us)

    async def _run(self) -> None:
        while True:
            try:
                if not self.is_counted:
                    await self.count()
                await self.look()
            except WideberthError as error:
                _log.debug("backlogs wait: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("backlogs could not be counted or weighed")
                await asyncio.sleep(_AGAIN_S)
            await asyncio.sleep(_SOON_S if self._is_behind else self._look_s)


_COUNTED = frozenset(
    {
        NoticeIssued,
        NoticeAcknowledged,
        NoticeReleased,
        IntentAccepted,
        CeilingSet,
        RulesAdopted,
    }
)


class Past:
    """What is asked of the record before the first of the days that are counted. issued: the
    notices that were issued since.
    """

    def __init__(self, service: Service, start: int) -> None:
        self._service = service
        self._start = start
        self._kinds: dict[str, bool] = {}
        self.issued: set[NoticeId] = set()

    async def is_hazard(self, notice: Notice, hazards: set[str]) -> bool:
        """Whether its subject is a hazard: one that is known, or was told before."""
        subject = notice.subject
        if subject is None or subject.type is not ObjectType.INTENT or subject.id in hazards:
            return _is_of(notice, hazards)
        known = self._kinds.get(subject.id)
        if known is None:
            told = [each.body for each in await self._before(subject.id, limit=1)]
            known = self._kinds[subject.id] = any(
                isinstance(body, IntentAccepted) and body.intent.kind is IntentKind.HAZARD
                for body in told
            )
        return known

    async def unanswered(self, notice_id: NoticeId) -> Notice | None:
        """A notice that was issued before, if it was not answered before; once."""
        if notice_id in self.issued:
            return None
        self.issued.add(notice_id)
        told = [each.body for each in await self._before(notice_id)]
        if any(isinstance(body, NoticeAcknowledged) for body in told):
            return None
        return next((body.notice for body in told if isinstance(body, NoticeIssued)), None)

    async def _before(self, object_id: str, limit: int | None = None) -> list[Entry]:
        history = self._service.picture.history
        assert history is not None, "it is of what is durable"
        positions = history.positions(object_id)[:limit]
        return await self._service.entries_at([each for each in positions if each < self._start])


def _is_of(notice: Notice, hazards: set[str]) -> bool:
    subject = notice.subject
    return subject is not None and subject.type is ObjectType.INTENT and subject.id in hazards


def _entries(record: Record, start: int, end: int) -> list[Entry]:
    """The entries from start to before end that are counted, in order."""
    return [
        decode_entry(row.envelope, position=row.position)
        for row in record.read(start, end - start)
        if any(mark in row.envelope for mark in _MARKS)
        or all(mark in row.envelope for mark in _HAZARD)
    ]


def _first_at(record: Record, time_us: int, size: int) -> int:
    """The first position at or after a time, or size. An erased entry has no time: it counts as of
    the next that has one.
    """
    low, high = 0, size
    while low < high:
        middle = at = (low + high) // 2
        found_us = None
        while at < high and found_us is None:
            (row,) = record.read(at, 1)
            if row.erased_by is None:
                found_us = decode_entry(row.envelope, position=at).time_us
            else:
                at += 1
        if found_us is None or found_us >= time_us:
            high = middle
        else:
            low = at + 1
    return low
