"""The log's side of witnessing: hand new heads to witnesses, keep what they sign, heed what they
remember.

Beside the loop, never in its path: a witness that does not answer delays nobody. Heads are handed
out on a beat, so that all witnesses cosign the same ones and a quorum comes about; between beats
the record grows as it likes. A witness that fails is asked later and later.

A witness that holds a head which this log signed and this record does not have ends all deciding:
entries were lost, or the log was forked (:mod:`wideberth.record.witnessed`). That head is kept in
a file of the node's folder, so that the next start heeds it as well.

The times of their cosignatures show how far this node's clock is from theirs
(:mod:`wideberth.witnessclocks`). While it is too far, nothing is decided, and witnesses are asked
for their time on each beat, until it is right again.

The event loop's thread owns everything here but the store, which belongs to one worker thread.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import httpx

from wideberth.errors import BehindWitness, ClockOff, InvalidValue, RecordError
from wideberth.record.cosignatures import Cosignature
from wideberth.record.keys import write_new
from wideberth.record.notes import (
    Checkpoint,
    VerifierKey,
    from_decimal,
    parse_checkpoint,
    parse_note,
)
from wideberth.record.protocol import Record
from wideberth.record.witness import SIZE_TYPE, Submission, format_submission, origin_hash
from wideberth.record.witnessed import CosignatureStore, ahead
from wideberth.service import now_us
from wideberth.witnessclocks import WitnessClocks

__all__ = ["HELD_FILE", "Peer", "Witnessing"]

HELD_FILE = "held-by-witness.txt"  # in the node's folder: a head that its record does not have
START_S = 3.0  # how long a start waits for witnesses that do not answer
_TIMEOUT_S = 10.0
_LONGEST_BACK_OFF_S = 300.0
_MAX_ANSWER_BYTES = 100_000
_JUDGED_EVERY_S = 1.0
_TRIES = 3  # sizes that a witness may name before the next beat
_EXPECTED = (httpx.HTTPError, httpx.InvalidURL, InvalidValue, RecordError)
T = TypeVar("T")
_log = logging.getLogger("wideberth.witnessing")


@dataclass(frozen=True, slots=True)
class Peer:
    """A witness. url: its submission prefix; None: it comes by itself (``--watch``)."""

    key: VerifierKey
    url: str | None = None


class Loop(Protocol):
    """What this needs of the service."""

    stopped_by: Exception | None
    clock_off: ClockOff | None

    async def reading(self, ask: Callable[[Record], Any]) -> Any:
        """Ask the record in its reading thread."""
        ...


class Witnessing:
    """The witnesses of a node on the record in folder. As an async context it hands heads out.

    beat_s: how often at most. clock_us: the node's clock, to be held against theirs. notes: what
    the start found, in words.
    """

    def __init__(
        self,
        folder: Path,
        loop: Loop,
        peers: Sequence[Peer],
        *,
        beat_s: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
        clock_us: Callable[[], int] = now_us,
    ) -> None:
        self.peers = tuple(peers)
        self.notes: list[str] = []
        self._folder = folder
        self._loop = loop
        self._beat_s = beat_s
        self._keys = [peer.key for peer in self.peers]
        self._transport = transport
        self.clocks = WitnessClocks(clock_us=clock_us)
        self._asked_time: set[str] = set()
        self._note: str | None = None  # the head of this beat
        self._noted_s = 0.0  # by time.monotonic
        self._store: CosignatureStore | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-witnessing")
        self._tasks: list[asyncio.Task[None]] = []
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Ask every witness what it remembers, for START_S at most; then hand heads out."""
        await self._heed_again()
        if not self.peers:
            return self
        self._store = await self._stored(lambda: CosignatureStore(self._folder))
        self._client = httpx.AsyncClient(
            timeout=_TIMEOUT_S, transport=self._transport, follow_redirects=False
        )
        asking = [peer for peer in self.peers if peer.url is not None]
        await asyncio.gather(*(self._ask_at_start(peer) for peer in asking))
        self._tasks = [
            asyncio.create_task(self._hand_out(peer), name=f"wideberth-witness-{peer.key.name}")
            for peer in asking
        ]
        self._tasks.append(asyncio.create_task(self._mind_clock(), name="wideberth-witness-clock"))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; what a witness has not cosigned yet it is asked for at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
        if self._store is not None:
            await self._stored(self._store.close)
        self._thread.shutdown()

    async def to_cosign(self) -> str:
        """The head that witnesses are asked for: the newest one, but the same for a beat."""
        now_s, note = time.monotonic(), self._note
        if note is None or now_s - self._noted_s >= self._beat_s:
            self._noted_s = (
                now_s  # whoever asks meanwhile is given the head before, if there is one
            )
            note = await self._loop.reading(lambda record: record.checkpoint())
            self._note = note
        return note

    async def take(
        self, note: str, *, asked: tuple[VerifierKey, int] | None = None
    ) -> tuple[Cosignature, ...]:
        """Keep what this node's witnesses signed in a note; gives their cosignatures, maybe none.

        asked: the witness that was asked for it, and the mark of before
        (:meth:`WitnessClocks.asking`). Raises InvalidValue for a note that the log did not sign, or
        with a witness's line that does not verify; BehindWitness where the record does not have
        this head, and from then on nothing more is decided.
        """
        signed = {(each.name, each.key_id) for each in parse_note(note).signatures}
        names = [key.name for key in self._keys if (key.name, key.key_id) in signed]
        await self._heed(note, ", ".join(names) or "(unnamed)")
        if self._store is None:
            return ()
        store, keys = self._store, self._keys
        logs = await self._loop.reading(lambda record: record.verifiers())
        found = await self._stored(lambda: store.keep(note, logs=logs, witnesses=keys))
        self._hear(found, asked)
        return found

    def _hear(self, found: Sequence[Cosignature], asked: tuple[VerifierKey, int] | None) -> None:
        """What cosignatures say of this node's clock. Those of others than the one that was asked
        may be old; of a witness that is asked on each beat they would say nothing more.
        """
        unasked = {peer.key for peer in self.peers if peer.url is None}
        for each in found:
            if asked is not None and each.key == asked[0]:
                self.clocks.heard(each.key.name, each.time_s, asked=asked[1])
            elif each.key in unasked:
                self.clocks.heard(each.key.name, each.time_s, asked=None)
        self._judge_clock()

    def _judge_clock(self) -> None:
        was, found = self._loop.clock_off, self.clocks.verdict()
        self._loop.clock_off = found
        if found is not None and was is None:
            _log.critical("%s", found)
        elif found is None and was is not None:
            _log.warning("this node's clock agrees with its witnesses' again")

    async def _mind_clock(self) -> None:
        """See within a second when the clock was set, wrong or right."""
        while True:
            await asyncio.sleep(_JUDGED_EVERY_S)
            self._judge_clock()

    async def _heed(self, note: str, witness: str) -> None:
        """Hold a note against the record. Raises InvalidValue, BehindWitness."""
        found = await self._loop.reading(lambda record: ahead(record, note))
        if found is None:
            return
        error = BehindWitness(witness, found.held.size, found.own_size, is_fork=found.is_fork)
        if self._loop.stopped_by is None:
            self._loop.stopped_by = error
            _log.critical("%s", error)
        with suppress(OSError):  # a second one says the same; a full disk changes nothing here
            await asyncio.to_thread(write_new, self._folder / HELD_FILE, note.encode())
        raise error

    async def _heed_again(self) -> None:
        """Heed what was held against the record before the last stop, until it has that head."""
        path = self._folder / HELD_FILE
        if not path.exists():
            return
        try:
            await self._heed(path.read_text(encoding="utf-8"), f"({HELD_FILE})")
        except BehindWitness as error:
            self.notes.append(str(error))
        except (InvalidValue, UnicodeDecodeError) as error:
            self.notes.append(f"{HELD_FILE} is no head of this log, and is left alone: {error}")
        else:
            path.unlink()  # the missing entries are back

    async def _ask_at_start(self, peer: Peer) -> None:
        try:
            async with asyncio.timeout(START_S):
                await self._recall(peer)
        except BehindWitness as error:
            self.notes.append(str(error))
        except (*_EXPECTED, TimeoutError) as error:
            self.notes.append(
                f"witness {peer.key.name} was not heard, so nobody says whether entries were"
                f" lost: {error or type(error).__name__}"
            )

    async def _recall(self, peer: Peer) -> None:
        """Ask a witness for the head that it holds, and heed it. Raises what can go wrong."""
        origin: str = await self._loop.reading(lambda record: record.origin)
        status, text, _ = await self._http("GET", f"{peer.url}/{origin_hash(origin)}/checkpoint")
        if status == 200:
            await self._heed(text, peer.key.name)
        elif status != 404:  # 404: it has cosigned nothing yet
            raise InvalidValue("witness", "status", status, f"{peer.key.name}: {text[:200]}")

    async def _hand_out(self, peer: Peer) -> None:
        """Hand a witness the head of each beat, until the node stops."""
        store = self._store
        assert store is not None
        size = await self._stored(lambda: store.newest_size(peer.key))
        failures = 0
        while True:
            try:
                size = await self._hand_one(peer, size)
                if failures:
                    _log.warning("witness %s cosigns again", peer.key.name)
                failures = 0
            except BehindWitness:
                return  # said where it was found; only a record that has the head gets over it
            except _EXPECTED as error:
                if failures == 0:
                    _log.warning("witness %s did not cosign: %s", peer.key.name, error)
                failures += 1
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                if failures == 0:
                    _log.exception("witness %s could not be handed a head", peer.key.name)
                failures += 1
            wait_s = min(self._beat_s * 2 ** min(failures, 10), _LONGEST_BACK_OFF_S)
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.0))  # noqa: S311  # no secret

    async def _hand_one(self, peer: Peer, size: int) -> int:
        """One head; gives the size that the witness has cosigned then, as far as is known.

        size: what it cosigned before. Raises what can go wrong.
        """
        note = await self.to_cosign()
        head = parse_checkpoint(parse_note(note).text)
        for _ in range(_TRIES):
            if head.size <= size and (head.size < size or await self._has(peer, head)):
                if head.size == size:  # nothing new, or another process was quicker
                    await self._ask_time(peer, note, head)
                return size
            asked = peer.key, self.clocks.asking()
            status, text, kind = await self._submit(peer, note, size, head)
            if status == 200:
                found = await self.take(note + text, asked=asked)
                if not any(each.key == peer.key for each in found):
                    raise InvalidValue("witness", "cosignature", text, "not the witness's own line")
                return head.size
            named = from_decimal(text.strip(), field="size") if kind == SIZE_TYPE else size
            if status != 409 or named == size:
                # Whether 409 or 422: it holds another tree, or says so. Its own note will tell.
                await self._recall(peer)
                raise InvalidValue("witness", "status", status, f"it said: {text[:200].strip()}")
            if named > head.size:
                await self._recall(peer)
            size = named
        return size

    async def _ask_time(self, peer: Peer, note: str, head: Checkpoint) -> None:
        """Have a head cosigned again for the witness's time: once where it was not heard yet, and
        as long as this node's clock is too far from it. A witness that does not is left alone.
        """
        name = peer.key.name
        if not self.clocks.is_off(name):
            if self.clocks.knows(name) or name in self._asked_time or not head.size:
                return
            self._asked_time.add(name)
        asked = peer.key, self.clocks.asking()
        status, text, _ = await self._submit(peer, note, head.size, head)
        if status == 200:
            await self.take(note + text, asked=asked)

    async def _has(self, peer: Peer, head: Checkpoint) -> bool:
        store = self._store
        assert store is not None
        return await self._stored(lambda: store.newest_size(peer.key)) == head.size

    async def _submit(
        self, peer: Peer, note: str, size: int, head: Checkpoint
    ) -> tuple[int, str, str]:
        proof: list[bytes] = await self._loop.reading(
            lambda record: record.consistency_proof(size, head.size)
        )
        body = format_submission(Submission(size, tuple(proof), note))
        return await self._http("POST", f"{peer.url}/add-checkpoint", body)

    async def _http(self, method: str, url: str, body: str | None = None) -> tuple[int, str, str]:
        """Status, text and type of an answer, bounded. Raises httpx.HTTPError, InvalidValue."""
        assert self._client is not None
        content = None if body is None else body.encode()
        async with self._client.stream(method, url, content=content) as answer:
            data = b""
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > _MAX_ANSWER_BYTES:
                    raise InvalidValue("witness", "size", len(data), "the answer is too large")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        return answer.status_code, data.decode("utf-8", "replace"), kind

    async def _stored(self, act: Callable[[], T]) -> T:
        """Something of the store's, in its thread."""
        done: Awaitable[T] = asyncio.get_running_loop().run_in_executor(self._thread, act)
        return await done
