"""What leaves first and is recorded after: STOP, and answers while the record takes none.

A STOP is on every stream of this node before anything touches the disk. Then it is put aside
(:mod:`wideberth.aside`) and given to the record, ahead of all that waits there. Where the record
takes nothing now (restored from a backup, disk full, stopped deciding, busy), it waits and is tried
again; after a crash it is found in the file. It is recorded exactly once, by its id.

On a node whose record may lack entries, an answer to a notice goes the same way: judged by the
rules on what this node holds, shown to both sides as not yet recorded, and recorded once a new
epoch is open. All else stays refused there.

Owned by the event loop's thread, but for the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wideberth.aside import Aside, Kept
from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Accepted, Context, Repeated
from wideberth.decisions.stops import RECORDED
from wideberth.errors import BehindWitness, RecordRestored, RecordUnavailable, WideberthError
from wideberth.model.commands import AcknowledgeNotice, Request
from wideberth.model.entries import Entry, NoticeAcknowledged
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import Refusal
from wideberth.model.stops import Identified, RecordAnswer, Stop, StopTold, TellStop
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.record.vault import Vault
from wideberth.service import Applied, Service, entries_of

__all__ = ["RETRY_S", "Sent", "Urgent"]

RETRY_S = 0.5
"""How often what waits is tried again."""

LOOK_S = 0.2
"""How often the file is looked at for what others put there, whatever the record does meanwhile."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that left and is not recorded yet. number: counts what this process sent; answer:
    what an answer to a notice will be in the record.
    """

    number: int
    kept: Kept
    answer: NoticeAcknowledged | None = None

    @property
    def stop(self) -> Stop | None:
        """The STOP that it is."""
        command = self.kept.command
        return command.stop if isinstance(command, TellStop) else None

    def concerns(self, party: PartyId) -> bool:
        """Whether it goes to this party: a STOP goes to everybody."""
        if self.answer is None:
            return True
        return party in (self.answer.recipient, self.answer.sender)

    @property
    def rank(self) -> tuple[int, int]:
        """What goes first: verified, then the others, each in order."""
        stop = self.stop
        return (stop is not None and stop.identified is Identified.UNVERIFIED, self.number)


class Urgent:
    """Beside a service. Use as an async context, inside the service's."""

    def __init__(self, service: Service, folder: Path, *, vault: Vault | None = None) -> None:
        self._service = service
        self._aside = Aside(folder, vault=vault)
        self._waiting: dict[str, Sent] = {}
        self._unkept: dict[str, Kept] = {}  # waits in memory only: the file took nothing
        self._settled: set[str] = set()  # recorded or refused, and still in the file
        self._recorded: dict[str, asyncio.Future[None]] = {}
        self._listeners: dict[PartyId, set[asyncio.Event]] = {}
        self.watchers: list[Callable[[Sent], None]] = []
        """Told of each thing that is sent, at once: who tells parties that have no stream."""
        self._overlay: Picture | None = None
        self._number = 0
        self._stamp = (0, 0)
        self._wake = asyncio.Event()
        self._saving: set[asyncio.Task[None]] = set()
        self._is_file_failing = False
        self._writing = asyncio.Lock()
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def __aenter__(self) -> Self:
        """Take over what is in the file, then record as soon as the record can."""
        await self._look_at_file()
        self._service.fold_listeners.append(self._listen)
        self._tasks = (
            asyncio.create_task(self._run(), name="wideberth-urgent"),
            asyncio.create_task(self._look(), name="wideberth-urgent-file"),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop trying. What is not recorded is in the file, where that took it."""
        self._service.fold_listeners.remove(self._listen)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._saving, return_exceptions=True)

    @property
    def takes_answers(self) -> bool:
        """Whether answers to notices are taken here, because the record takes none: it may lack
        entries that somebody saw.
        """
        return isinstance(self._service.stopped_by, RecordRestored | BehindWitness)

    @property
    def waiting(self) -> list[Sent]:
        """What was sent and is not recorded yet, in order."""
        return list(self._waiting.values())

    @property
    def unverified(self) -> int:
        """How many UNVERIFIED ones wait to be recorded."""
        return sum(each.rank[0] for each in self._waiting.values())

    def position_of(self, name: str) -> int | None:
        """Where the STOP of this id stands in the record; None: it is not recorded."""
        history = self._service.picture.history
        positions = history.positions(name) if history is not None else []
        return positions[0] if positions else None

    def send(self, kept: Kept) -> int | None:
        """Put a STOP on every stream of this node, now. Gives on how many parties' streams beside
        the sender's; None where it was sent before, which is not repeated.
        """
        assert isinstance(kept.command, TellStop), "only a STOP is sent unjudged"
        if kept.id in self._waiting or self.position_of(kept.id) is not None:
            return None
        self._put(kept, None)
        return len(self._listeners.keys() - {kept.command.stop.sender})

    async def see_to(self, kept: Kept, *, within_s: float) -> bool:
        """Put what was sent aside and have it recorded. Gives whether it is on disk, in the file or
        in the record, when within_s is over at the latest.
        """
        if kept.id not in self._waiting:
            return True
        recorded = self._recorded.get(kept.id)
        if recorded is None:
            recorded = self._recorded[kept.id] = asyncio.get_running_loop().create_future()
        self._unkept[kept.id] = kept
        saving = asyncio.create_task(self._save(kept))
        self._saving.add(saving)
        saving.add_done_callback(self._saved)
        stands_still = self._service.stopped_by is not None
        await asyncio.wait((saving,) if stands_still else (saving, recorded), timeout=within_s)
        return kept.id not in self._unkept or kept.id not in self._waiting

    def _saved(self, saving: asyncio.Task[None]) -> None:
        self._saving.discard(saving)
        self._wake.set()

    def is_kept(self, sent: Sent) -> bool:
        """Whether it is on disk, in the file or in the record."""
        return sent.kept.id not in self._unkept

    def answer(self, kept: Kept) -> Sent | Refusal | Repeated:
        """Judge an answer to a notice and show it to both sides. Repeated: it is in the record, or
        :meth:`waiting` has it.
        """
        if self._overlay is None:
            self._overlay = self._service.picture.overlay()
        overlay = self._overlay
        context = Context(kept.taken_us, lambda: kept.id)
        decision = decide(overlay, kept.request, context)
        if not isinstance(decision, Accepted):
            return decision
        for entry in entries_of(kept.request, decision.bodies, kept.taken_us):
            fold(overlay, entry)
        (body,) = decision.bodies
        assert isinstance(body, NoticeAcknowledged), "that is what an answer becomes"
        return self._put(kept, body)

    def answered_before(self, party: PartyId, key: str) -> Sent | None:
        """The answer of a party under this key that waits here."""
        sent = self.sent_before(party, key)
        return None if sent is None or sent.answer is None else sent

    def sent_before(self, party: PartyId, key: str) -> Sent | None:
        """What a party sent under this key, if it waits here: a STOP whose sender is proved, or an
        answer.
        """
        for each in self._waiting.values():
            if each.kept.key == key and each.kept.author.party == party:
                return each
        return None

    def answers_to(self, notice: NoticeId) -> list[NoticeAcknowledged]:
        """The answers to a notice that wait here, in order."""
        if not self._waiting:
            return []
        given = (each.answer for each in self._waiting.values())
        return [each for each in given if each and each.acknowledgement.notice == notice]

    async def refused_before(self, party: PartyId, key: str) -> Kept | None:
        """An answer of a party under this key that the rules refused when it was to be recorded."""
        for each in await asyncio.to_thread(self._aside.refused):
            if each.key == key and each.author.party == party:
                return each
        return None

    def after(self, number: int, party: PartyId) -> list[Sent]:
        """What a party's stream that had all up to a number is to be sent, the verified first."""
        if number >= self._number:
            return []
        found = [
            each for each in self._waiting.values() if each.number > number and each.concerns(party)
        ]
        return sorted(found, key=lambda each: each.rank)

    @property
    def last_number(self) -> int:
        """Of what was sent last."""
        return self._number

    @contextlib.contextmanager
    def listening(self, party: PartyId) -> Generator[asyncio.Event]:
        """An asyncio.Event that is set whenever something is sent to the party."""
        event = asyncio.Event()
        listeners = self._listeners.setdefault(party, set())
        listeners.add(event)
        try:
            yield event
        finally:
            listeners.discard(event)
            if not listeners:
                self._listeners.pop(party, None)

    def _put(self, kept: Kept, answer: NoticeAcknowledged | None) -> Sent:
        self._number += 1
        sent = self._waiting[kept.id] = Sent(self._number, kept, answer)
        for watcher in self.watchers:
            watcher(sent)
        for party, listeners in self._listeners.items():
            if sent.concerns(party):
                for event in listeners:
                    event.set()
        return sent

    def _settle(self, name: str) -> None:
        """It is in the record, or refused and kept elsewhere."""
        if self._waiting.pop(name, None) is None:
            return
        self._settled.add(name)
        self._unkept.pop(name, None)
        recorded = self._recorded.pop(name, None)
        if recorded is not None and not recorded.done():
            recorded.set_result(None)
        self._wake.set()

    def _listen(self, _start: int, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if isinstance(entry.body, StopTold):
                self._settle(entry.body.stop.id)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._wake.wait()
            self._wake.clear()
            try:
                for kept in list(self._unkept.values()):
                    await self._save(kept)
                await self._record_all()
                await self._empty_file()
            except WideberthError as error:
                _log.debug("not recorded yet: %s", type(error).__name__)
            except Exception:  # noqa: BLE001  # the top of a task: what waits is tried again
                _log.exception("what was sent could not be recorded")

    async def _look(self) -> None:
        """What another process put into the file goes to the streams of this one, also while the
        record makes somebody wait.
        """
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                if await self._look_at_file():
                    self._wake.set()
            except WideberthError as error:
                _log.debug("the file cannot be read: %s", type(error).__name__)
            except Exception:  # noqa: BLE001  # the top of a task: it is looked at again
                _log.exception("what others sent could not be read")

    async def _save(self, kept: Kept) -> None:
        """Into the file, once."""
        async with self._writing:
            if kept.id not in self._unkept:
                return
            try:
                await asyncio.to_thread(self._aside.keep, kept)
            except RecordUnavailable as error:
                if not self._is_file_failing:
                    _log.warning("what was sent is kept in memory only: %s", error)
                self._is_file_failing = True
            else:
                self._is_file_failing = False
                self._unkept.pop(kept.id, None)
                self._stamp = self._aside.stamp()

    async def _look_at_file(self) -> bool:
        """Take over what is there: from before a crash, or from another process of this folder.
        Gives whether there was anything new.
        """
        async with self._writing:
            stamp = self._aside.stamp()
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            there = await asyncio.to_thread(self._aside.read)
        for kept in there:
            if kept.id in self._waiting or kept.id in self._settled:
                continue
            if self.position_of(kept.id) is not None:
                self._settled.add(kept.id)
            elif isinstance(kept.command, TellStop):
                self._put(kept, None)
            elif not self.takes_answers or not isinstance(self.answer(kept), Sent):
                self._number += 1  # nothing to show; the record is to judge it
                self._waiting[kept.id] = Sent(self._number, kept)
        return True

    async def _record_all(self) -> None:
        if not self._waiting or self._service.stopped_by is not None:
            return
        for sent in sorted(self._waiting.values(), key=lambda each: each.rank):
            if sent.kept.id in self._waiting:
                await self._record(sent.kept)

    async def _record(self, kept: Kept) -> None:
        """Raises what Service.submit_first raises: then it waits on."""
        picture = self._service.picture
        if self.position_of(kept.id) is not None:
            self._settle(kept.id)
            return
        done: Applied | Refusal | None = None
        if kept.said is None or kept.origin == picture.space.origin:
            done = await self._service.submit_first(kept.request)
        if done is None or (_is_refused(done) and isinstance(kept.command, TellStop)):
            # Not as it was asked: the mechanism says that it was, with what was signed beside it.
            done = await self._service.submit_first(Request(SYSTEM, _as_told(kept), kept.id))
        if isinstance(done, Refusal) and _is_refused(done):
            _log.warning("an answer was refused when it was to be recorded: %s", done.rule)
            await asyncio.to_thread(self._aside.refuse, kept)
        self._settle(kept.id)

    async def _empty_file(self) -> None:
        if self._waiting or not self._settled:
            return

        def is_recorded(kept: Kept) -> bool:
            return kept.id in self._settled or self.position_of(kept.id) is not None

        async with self._writing:
            if await asyncio.to_thread(self._aside.empty, is_recorded):
                self._settled.clear()
            self._stamp = self._aside.stamp()


def _is_refused(done: Applied | Refusal) -> bool:
    return isinstance(done, Refusal) and done.rule != RECORDED


def _as_told(kept: Kept) -> TellStop | RecordAnswer:
    match kept.command:
        case TellStop(stop=stop, unit=unit):
            verified = stop.identified is not Identified.UNVERIFIED
            if not verified:
                return TellStop(stop, None, unit)
            return TellStop(stop, kept.said, unit, kept.key)
        case AcknowledgeNotice() as given:
            return RecordAnswer(
                kept.author,
                kept.taken_us,
                given.notice,
                given.verb,
                given.unit,
                given.system,
                given.reason,
                given.read_back,
                given.attested,
                kept.said,
                kept.key,
                given.difference,
                given.content,
                given.clock_us,
            )
