"""The loop: takes commands, decides them in groups, appends, folds, publishes.

Everything meets here. Commands that wait while a write is under way are decided together, in
order, on an overlay of the picture, and written with one sync; nobody waits to fill a batch. An
answer leaves after the write is durable. Reads and streams see only what is durable: a failed
append drops the overlay, and nothing happened.

Who owns what: the event loop's thread owns the picture and the queue; one worker thread owns the
record's writing connection, another its reading one. ``_turn`` is held by whoever is between
reading the picture's size and folding up to a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import os
import time
from base64 import b64encode
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self, TypeVar

from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Accepted, Context, Repeated
from wideberth.delivery.recent import RecentEntries
from wideberth.errors import (
    ClockOff,
    NewerEntry,
    Overloaded,
    PositionTaken,
    RecordCorrupt,
    RecordError,
    RecordUnavailable,
)
from wideberth.measures import BatchSeen, CommandSeen, Observer
from wideberth.model.commands import Request
from wideberth.model.entries import (
    ENTRY_VERSION,
    Body,
    Entry,
    decode_entries,
    decode_entry,
    encode_entry,
)
from wideberth.model.envelope import MAX_ENVELOPE_BYTES
from wideberth.model.ids import PartyId
from wideberth.model.keeping import EntriesErased
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.fold import REQUEST_LIFE_US, fold
from wideberth.picture.picture import Picture
from wideberth.picture.standing import Outcome
from wideberth.record.protocol import Head, Record, Row
from wideberth.space.time import SECOND_US

__all__ = ["Applied", "Service", "Settings", "StreamEvent", "entries_of", "new_id", "now_us"]

T = TypeVar("T")
_log = logging.getLogger("wideberth.service")


def now_us() -> int:
    """Microseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1000


def new_id() -> str:
    """A fresh id of 128 random bits: it tells nothing, and nobody guesses another's.

    The system is asked for many at a time: each question costs as much as making ten.
    """
    try:
        return _ids.pop()
    except IndexError:
        drawn = b64encode(os.urandom(_IDS_AT_ONCE * _ID_BYTES), b"ab").decode()
        width = len(drawn) // _IDS_AT_ONCE
        _ids.extend(drawn[at : at + 22] for at in range(0, len(drawn), width))
        return _ids.pop()


_IDS_AT_ONCE = 64
_ID_BYTES = 18  # 24 characters, of which the first 22 are taken: 128 bits and a little
_ids: list[str] = []
os.register_at_fork(after_in_child=_ids.clear)  # or two processes would hand out the same


@dataclass(frozen=True, slots=True)
class Settings:
    """How the loop behaves. queue: commands that may wait; batch: decided together at most;
    batch_us: how long deciding may hold a write back; skew_us: how far the clock may be behind the
    record before this node stops deciding; poll_s: how often to look for others' appends. recent:
    how much of the newest is kept in memory (wideberth.delivery.recent).
    """

    queue: int = 4096
    batch: int = 256
    batch_us: int = 15_000
    skew_us: int = 5 * SECOND_US
    poll_s: float = 0.02
    page: int = 2_000
    recent: int = 20_000


@dataclass(frozen=True, slots=True)
class Applied:
    """Yes, and durable: the entries of the request, the first at position.

    repeated: the request had been answered before, and these are the entries of that time.
    """

    position: int
    entries: tuple[Entry, ...]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of a party's stream. number: counts from 1 without a gap."""

    number: int
    position: int
    entry: Entry


@dataclass(slots=True)
class _Waiting:
    """A request in the queue and whoever waits for its answer. queued_ns, trace: for observers."""

    request: Request
    answer: asyncio.Future[Applied | Refusal]
    queued_ns: int = 0
    trace: object = None


@dataclass(frozen=True, slots=True)
class _Page:
    """Some entries of the record, from start on: their envelopes in lines, or their rows."""

    start: int
    count: int
    found: str | list[Row]

    def entries(self) -> list[Entry] | None:
        """What is to be folded; None where the lines do not say it. Raises as decode_entry does."""
        if not isinstance(self.found, str):
            return [_folded_entry(row) for row in self.found]
        entries = decode_entries(self.found)
        return entries if entries is not None and len(entries) == self.count else None


_Decided = Applied | Refusal | Repeated | Exception
_OUTCOMES: dict[type, str] = {Applied: "applied", Repeated: "repeated", Refusal: "refused"}


@dataclass(slots=True)
class _Batch:
    """What one pass over the queue decided, on an overlay that starts at position start."""

    start: int
    time_us: int
    envelopes: list[bytes] = field(default_factory=list[bytes])
    entries: list[Entry] = field(default_factory=list[Entry])
    answers: list[tuple[_Waiting, _Decided]] = field(
        default_factory=list["tuple[_Waiting, _Decided]"]
    )


class Service:
    """One node: a record, the picture of it, and the loop between. Use as an async context."""

    def __init__(
        self,
        record: Record,
        *,
        settings: Settings | None = None,
        clock_us: Callable[[], int] = now_us,
        ids: Callable[[], str] = new_id,
        start: Callable[[Record], Picture] | None = None,
    ) -> None:
        self._record = record
        self._reader = record.reader()
        self._settings = settings or Settings()
        self._clock_us = clock_us
        self._ids = ids
        self._start = start
        self._recent_from = 0
        self.picture = Picture()
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._turn = asyncio.Lock()
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-write")
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-read")
        self._recent = RecentEntries(self._settings.recent)
        self._listeners: dict[PartyId, set[asyncio.Event]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False
        self.stopped_by: Exception | None = None
        """Why this node no longer decides, and its reads are stale: an entry newer than this
        program, or a record that contradicts itself. Only another start gets over it."""
        self.fold_listeners: list[Callable[[int, Sequence[Entry]], None]] = []
        """Called with (position of the first, entries) after each fold of durable entries."""
        self.observers: list[Observer] = []
        """Told of each batch: what was counted, how long each step took."""
        self.trace_of: Callable[[], object] | None = None
        """Gives what the task that submits a request is traced as; None: nothing is traced."""
        self.holds: dict[str, str] = {}
        """Why commands are better sent elsewhere although this node runs: name to words. Whoever
        finds such a reason puts it here and takes it out (readiness shows them)."""
        self.clock_off: ClockOff | None = None
        """Why this node's clock is not good enough to decide by, where a witness's shows it.
        Whoever finds that puts it here and takes it out."""
        self._append_failed_s = -math.inf  # by time.monotonic

    async def __aenter__(self) -> Self:
        """Fold the record, from its start or from a picture that was kept, then take commands."""
        collects = gc.isenabled()
        gc.disable()  # nothing but data comes into being, and stays: there are no cycles to find
        try:
            async with self._turn:
                if self._start is not None:
                    start = self._start
                    self.picture = await self._read(lambda: start(self._reader))
                # Of a long record only the end is kept in memory: an entry weighs one or more.
                head = await self._read(self._reader.head)
                self._recent_from = head.size - self._settings.recent
                self.picture.requests_from_us = head.time_us - REQUEST_LIFE_US
                await self._catch_up()
                self.picture.file()
        finally:
            if collects:
                gc.enable()
        self._tasks = [
            asyncio.create_task(self._loop(), name="wideberth-loop"),
            asyncio.create_task(self._follow(), name="wideberth-follow"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop. The batch under way is finished; commands still in the queue are told that nothing
        happened.
        """
        self._closed = True
        async with self._turn:  # cut short, a batch might be durable and its clients told otherwise
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._queue:
            waiting = self._queue.popleft()
            if not waiting.answer.done():
                waiting.answer.set_exception(Overloaded(1))
        for listeners in self._listeners.values():
            for event in listeners:
                event.set()
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        self._reader.close()

    @property
    def closed(self) -> bool:
        """Whether the service has stopped or is stopping."""
        return self._closed

    def context(self) -> Context:
        """The time and the ids for a decision now: never earlier than the record's last entry."""
        return Context(max(self._clock_us(), self.picture.time_us), self._ids)

    @property
    def waiting(self) -> int:
        """How many commands wait in the queue."""
        return len(self._queue)

    @property
    def clock_behind_us(self) -> int:
        """How far this node's clock is behind the record's last entry; 0 where it is not."""
        return max(0, self.picture.time_us - self._clock_us())

    @property
    def skew_us(self) -> int:
        """How far the clock may be behind before this node stops deciding."""
        return self._settings.skew_us

    @property
    def since_failed_append_s(self) -> float:
        """How long ago the store refused an append; inf: since the last one that it took, never."""
        return time.monotonic() - self._append_failed_s

    async def probe(self) -> None:
        """Take the store's write lock at the head and let it go, in turn with all else that is
        written. Raises RecordUnavailable where the store refuses, RecordCorrupt.
        """
        async with self._turn:
            with contextlib.suppress(PositionTaken):
                size, time_us = self.picture.size, self.picture.time_us
                await self._write(self._record.append, (), size, time_us=time_us)

    async def submit(self, request: Request) -> Applied | Refusal:
        """Decide a request at exactly one position; what is applied is durable on return.

        Raises Overloaded when the queue is full or the clock cannot be trusted, RecordUnavailable
        when the store failed (nothing happened; try again with the same key), and whatever
        stopped_by holds.
        """
        if self.stopped_by is not None:
            raise self.stopped_by.with_traceback(None)
        if len(self._queue) >= self._settings.queue or self._closed:
            raise Overloaded(1)
        if self._clock_us() < self.picture.time_us - self._settings.skew_us:
            raise ClockOff(-self.clock_behind_us)
        if self.clock_off is not None:
            raise self.clock_off.with_traceback(None)
        answer: asyncio.Future[Applied | Refusal] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(request, answer)
        if self.observers:
            waiting.queued_ns = time.perf_counter_ns()
            waiting.trace = None if self.trace_of is None else self.trace_of()
        self._queue.append(waiting)
        self._arrived.set()
        return await answer

    async def submit_first(self, request: Request) -> Applied | Refusal:
        """Decide a request before all that waits, whatever the queue holds and the clock says: for
        what was sent before it is recorded. Raises as submit does, Overloaded only at the end.
        """
        if self.stopped_by is not None:
            raise self.stopped_by.with_traceback(None)
        if self._closed:
            raise Overloaded(1)
        answer: asyncio.Future[Applied | Refusal] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(request, answer)
        if self.observers:
            waiting.queued_ns = time.perf_counter_ns()
        self._queue.appendleft(waiting)
        self._arrived.set()
        return await answer

    async def keep(
        self,
        ask: Callable[[Picture], Request],
        write: Callable[[list[bytes], int, int], object],
    ) -> Applied | Refusal:
        """Decide one request about the record's own keeping, and have it written by
        ``write(envelopes, position, time_us)``, which may do more in the same transaction.

        ask: makes the request for the picture that it is decided on. Also where stopped_by is set:
        this may be what gets over it. Raises what the record raises.
        """
        async with self._turn:
            while True:
                await self._catch_up()
                overlay = self.picture.overlay()
                batch = _Batch(overlay.size, self.context().now_us)
                decided = self._decide_one(overlay, ask(self.picture), batch)
                if isinstance(decided, Exception):
                    raise decided
                if not isinstance(decided, Applied):
                    assert isinstance(decided, Refusal), "such a request has no idempotency key"
                    return decided
                try:
                    await self._write(write, batch.envelopes, batch.start, batch.time_us)
                except PositionTaken:
                    continue
                self._fold(batch.start, batch.entries)
                return decided

    async def current(self) -> Picture:
        """The picture, brought up to the record's head: for a read that must be current."""
        head = await self._read(self._reader.head)
        if head.size > self.picture.size:
            async with self._turn:
                await self._catch_up()
        return self.picture

    async def entries_at(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions: from memory where recent, else from the record.

        For an entry that was erased: the one that erased it, an EntriesErased.
        """
        found: dict[int, Entry] = {}
        for position in positions:
            entry = self._recent.get(position)
            if entry is not None:
                found[position] = entry
        missing = sorted({position for position in positions if position not in found})
        if missing:
            rows = await self._read(lambda: _rows_at(self._reader, missing))
            for row in rows:
                if row.erased_by is not None:
                    [found[row.position]] = await self.entries_at([row.erased_by])
                    continue
                found[row.position] = decode_entry(row.envelope, position=row.position)
        return [found[position] for position in positions]

    async def again(self, outcome: Outcome) -> Applied:
        """What a request that was answered before gave: the same entries."""
        where = range(outcome.position, outcome.position + outcome.entries)
        return Applied(outcome.position, tuple(await self.entries_at(where)), repeated=True)

    async def rows(self, from_position: int, limit: int) -> list[Row]:
        """Rows of the record as they stand, for proofs and exports."""
        return await self._read(lambda: self._reader.read(from_position, limit))

    async def reading(self, ask: Callable[[Record], T]) -> T:
        """Ask the record something in its reading thread: a proof, a receipt, its checkpoint."""
        return await self._read(lambda: ask(self._reader))

    async def events(self, party: PartyId, after: int, limit: int) -> list[StreamEvent]:
        """Up to limit events of the party's stream after number after, in order, none twice."""
        history = self.picture.history
        if history is None:
            return []
        page = history.stream(party, after, limit)
        entries = await self.entries_at([position for _, position in page])
        return [
            StreamEvent(number, position, entry)
            for (number, position), entry in zip(page, entries, strict=True)
        ]

    @contextlib.contextmanager
    def listening(self, party: PartyId) -> Generator[asyncio.Event]:
        """An asyncio.Event that is set whenever the party's stream grew; clear it, then read."""
        event = asyncio.Event()
        listeners = self._listeners.setdefault(party, set())
        listeners.add(event)
        try:
            yield event
        finally:
            listeners.discard(event)
            if not listeners:
                self._listeners.pop(party, None)

    async def _loop(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                count = min(len(self._queue), self._settings.batch)
                taken = [self._queue.popleft() for _ in range(count)]
                try:
                    left = await self._handle(taken)
                except asyncio.CancelledError:
                    _fail(taken, Overloaded(1))
                    raise
                except Exception as error:  # noqa: BLE001  # the top of a task: nobody waits
                    _fail(taken, error)
                else:
                    self._queue.extendleft(reversed(left))

    async def _handle(self, taken: list[_Waiting]) -> list[_Waiting]:
        """Decide, append, fold, answer. Gives back what the time to decide did not reach."""
        async with self._turn:
            taken_ns = time.perf_counter_ns()
            for _ in range(2):  # two races may be lost; the third attempt holds the lock
                batch, left = self._decide(taken)
                decided_ns = time.perf_counter_ns()
                try:
                    await self._append(batch)
                except PositionTaken:
                    await self._catch_up()
                    continue
                break
            else:
                decided_ns = time.perf_counter_ns()
                batch, left = await self._decide_locked(taken)
            durable_ns = time.perf_counter_ns()
            folded_ns = self._fold(batch.start, batch.entries)
            # What is durable is answered before anything else can fail.
            for waiting, answer in batch.answers:
                if not isinstance(answer, Repeated):
                    _answer(waiting, answer)
        if self.observers:
            self._observed(batch, (taken_ns, decided_ns, durable_ns, folded_ns))
        for waiting, answer in batch.answers:
            if isinstance(answer, Repeated):
                try:
                    _answer(waiting, await self.again(answer.outcome))
                except RecordError as error:
                    _answer(waiting, error)
        return left

    async def _append(self, batch: _Batch) -> None:
        """Make a batch durable. Raises PositionTaken, RecordUnavailable, RecordCorrupt."""
        try:
            await self._write(
                self._record.append, batch.envelopes, batch.start, time_us=batch.time_us
            )
        except RecordUnavailable:
            self._append_failed_s = time.monotonic()
            raise
        self._append_failed_s = -math.inf

    def _observed(self, batch: _Batch, steps_ns: tuple[int, int, int, int]) -> None:
        """Tell the observers of a batch that was settled."""
        commands = [
            CommandSeen(
                type(waiting.request.command).__name__,
                _OUTCOMES.get(type(answer), "failed"),
                waiting.queued_ns,
                waiting.trace,
            )
            for waiting, answer in batch.answers
        ]
        seen = BatchSeen(*steps_ns, time.perf_counter_ns(), len(batch.entries), commands)
        for observer in self.observers:
            try:
                observer.batch(seen)
            except Exception:  # noqa: BLE001  # what is durable stays answered, whoever watches
                _log.exception("an observer failed")

    async def _decide_locked(self, taken: list[_Waiting]) -> tuple[_Batch, list[_Waiting]]:
        lock = self._record.exclusive()
        await self._write(lock.__enter__)
        try:
            await self._catch_up()
            batch, left = self._decide(taken)
            await self._append(batch)
        finally:
            await self._write(lock.__exit__, None, None, None)
        return batch, left

    def _decide(self, taken: list[_Waiting]) -> tuple[_Batch, list[_Waiting]]:
        """Decide as many as fit the time, in order, on an overlay; the rest is given back."""
        overlay = self.picture.overlay()
        context = self.context()
        batch = _Batch(overlay.size, context.now_us)
        until_ns = time.perf_counter_ns() + self._settings.batch_us * 1000
        for index, waiting in enumerate(taken):
            if index and time.perf_counter_ns() > until_ns:
                return batch, taken[index:]
            batch.answers.append((waiting, self._decide_one(overlay, waiting.request, batch)))
        return batch, []

    def _decide_one(self, overlay: Picture, request: Request, batch: _Batch) -> _Decided:
        try:
            decision = decide(overlay, request, Context(batch.time_us, self._ids))
        except Exception as error:  # noqa: BLE001  # deciding folds nothing: only this one fails
            return error
        if not isinstance(decision, Accepted):
            return decision
        position = overlay.size
        entries = entries_of(request, decision.bodies, batch.time_us)
        envelopes = [encode_entry(entry) for entry in entries]
        if any(len(envelope) > MAX_ENVELOPE_BYTES for envelope in envelopes):
            return Refusal(RefusalKind.LIMIT, "too-large", "tell it in smaller parts")
        for entry in entries:
            fold(overlay, entry)
        batch.entries += entries
        batch.envelopes += envelopes
        return Applied(position, entries)

    async def _catch_up(self) -> None:
        """Fold whatever the record has beyond the picture. The caller holds the turn."""
        ahead: asyncio.Future[_Page] | None = None
        limit = self._settings.page
        try:
            while True:
                try:
                    page = await (ahead or self._page(self.picture.size))
                    ahead = None
                    if page.count == limit:  # there is more: it is read while this page is folded
                        ahead = asyncio.ensure_future(self._page(page.start + limit))
                        await asyncio.sleep(0)
                    entries = page.entries()
                    if entries is None:  # one of them needs a look of its own
                        rows = await self.rows(page.start, limit)
                        entries = [_folded_entry(row) for row in rows]
                except (NewerEntry, RecordCorrupt) as error:
                    self.stopped_by = error
                    raise
                if not entries:
                    return
                self._fold(page.start, entries)
        finally:
            if ahead is not None:
                await asyncio.gather(ahead, return_exceptions=True)

    def _page(self, start: int) -> Awaitable[_Page]:
        def ask() -> _Page:
            lines = self._reader.lines(start, self._settings.page)
            if lines is not None:
                return _Page(start, lines.count("\n") + 1, lines)
            rows = self._reader.read(start, self._settings.page)
            return _Page(start, len(rows), rows)

        return self._read(ask)

    def _fold(self, start: int, entries: Sequence[Entry]) -> int:
        """Fold durable entries, then tell whoever listens. Gives when the former was done [ns]."""
        picture = self.picture
        keeps = self._recent_from
        try:
            for entry in entries:
                fold(picture, entry)
        except Exception as error:
            self.stopped_by = error  # the picture is half changed: decide nothing more on it
            raise
        for position, entry in enumerate(entries[max(0, keeps - start) :], max(start, keeps)):
            self._recent.keep(position, entry)
            if isinstance(entry.body, EntriesErased):
                self._recent.forget(each.position for each in entry.body.entries)
        folded_ns = time.perf_counter_ns()
        history = picture.history
        if history is not None and history.touched:
            for party in history.touched:
                for event in self._listeners.get(party, ()):
                    event.set()
            history.touched.clear()
        if entries:
            for listener in self.fold_listeners:
                try:
                    listener(start, entries)
                except Exception:  # noqa: BLE001  # what is durable stays answered, whoever listens
                    _log.exception("a listener failed at position %d", start)
        return folded_ns

    async def _follow(self) -> None:
        """See what other processes append, so that streams here have it too."""
        while self.stopped_by is None:
            await asyncio.sleep(self._settings.poll_s)
            with contextlib.suppress(RecordUnavailable, RecordCorrupt, NewerEntry):
                head: Head = await self._read(self._reader.head)
                if head.size > self.picture.size and not self._turn.locked():
                    async with self._turn:
                        await self._catch_up()

    async def _write(self, call: Callable[..., T], *args: object, **more: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._write_thread, lambda: call(*args, **more))

    async def _read(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._read_thread, call)


def entries_of(request: Request, bodies: tuple[Body, ...], time_us: int) -> tuple[Entry, ...]:
    """The entries of one request: the first carries who asked, in whose words, under which key."""
    first = Entry(
        v=ENTRY_VERSION,
        time_us=time_us,
        author=request.author,
        body=bodies[0],
        request=request.key,
        fingerprint=request.fingerprint or None,
        said=request.said,
        said_digest=request.digest or None,
    )
    more = tuple(
        Entry(v=ENTRY_VERSION, time_us=time_us, author=SYSTEM, body=body, follows=True)
        for body in bodies[1:]
    )
    return (first, *more)


def _folded_entry(row: Row) -> Entry:
    """The entry to fold. Raises RecordCorrupt for an erased one: a snapshot goes beyond it."""
    if row.erased_by is not None:
        raise RecordCorrupt(row.position, "was erased, and no snapshot beyond it can be read")
    return decode_entry(row.envelope, position=row.position)


def _rows_at(record: Record, positions: list[int]) -> list[Row]:
    """Rows at sorted positions, neighbours in one read."""
    rows: list[Row] = []
    start = 0
    for index in range(1, len(positions) + 1):
        if index == len(positions) or positions[index] != positions[index - 1] + 1:
            rows.extend(record.read(positions[start], index - start))
            start = index
    return rows


def _answer(waiting: _Waiting, answer: Applied | Refusal | Exception) -> None:
    if waiting.answer.done():
        return
    if isinstance(answer, Exception):
        waiting.answer.set_exception(answer)
    else:
        waiting.answer.set_result(answer)


def _fail(taken: list[_Waiting], error: Exception) -> None:
    for waiting in taken:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
