"""One connection: what it is to show goes out at its reader's pace, what comes in is taken in turn.

A reader that takes nothing for a while is cut off and counted; it connects again and is told what
stands then. A sender is read no faster than what it sent is dealt with.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Sequence

from wideberth.faces.cot.around import Around, Audience
from wideberth.faces.cot.heard import Hearing, Reply
from wideberth.faces.cot.shown import Shown
from wideberth.model.entries import Entry
from wideberth.wire.cot import CotEvent
from wideberth.wire.cotheard import offer_of_protobuf
from wideberth.wire.cotproto import encode_framed
from wideberth.wire.cotstream import CotStream
from wideberth.wire.cotxml import encode_xml

__all__ = ["STALLED_S", "Line"]

STALLED_S = 60.0
"""A reader that takes nothing for so long is cut off."""
_BUFFER_BYTES = 262_144
_READ_BYTES = 65_536
_MOST_REPLIES = 200
_IN_BYTES_S = 500_000.0
"""A sender is read no faster: what it has beyond that waits on its side. Some 500 events."""
_IN_BURST_BYTES = 1_000_000.0


class Line:
    """A connection and what was said over it. stalled_s: see STALLED_S."""

    def __init__(
        self,
        around: Around,
        audience: Audience,
        writer: asyncio.StreamWriter,
        *,
        subject: str | None = None,
        stalled_s: float = STALLED_S,
    ) -> None:
        """subject: of the certificate by which what comes in is of the party; None: what comes in
        is not looked at.
        """
        self._around = around
        self._writer = writer
        self._stalled_s = stalled_s
        self._audience = audience
        self._shown = Shown(around, audience)
        self._hearing: Hearing | None = None
        if subject is not None and audience.party is not None:
            own_tracks = self._shown.own_tracks
            self._hearing = Hearing(around, audience.party, subject, own_tracks)
        self._replies: deque[Reply] = deque()
        self._wake = asyncio.Event()
        self._as_protobuf = False
        writer.transport.set_write_buffer_limits(high=_BUFFER_BYTES)
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)  # here too

    def note(self, entries: Sequence[Entry]) -> None:
        """What was folded: the next look says it."""
        self._shown.note(entries)

    async def run(self, reader: asyncio.StreamReader) -> str:
        """Until one side ends; gives why: ``gone``, ``stalled``, ``party-unknown``."""
        reading = asyncio.create_task(self._read(reader))
        writing = asyncio.create_task(self._write())
        tasks = [reading, writing]
        if self._audience.party is not None:
            tasks.append(asyncio.create_task(self._hear_stops()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result() or "gone"
        except (ConnectionError, OSError):
            return "gone"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear_stops(self) -> str:
        """A STOP does not wait for the next look. This is one of the party's open streams."""
        party = self._audience.party
        assert party is not None, "others are not told STOPs"
        with self._around.urgent.listening(party) as came:
            while True:
                await came.wait()
                came.clear()
                self._wake.set()

    async def _read(self, reader: asyncio.StreamReader) -> str:
        stream, clock = CotStream(), asyncio.get_running_loop()
        allowed, at_s = _IN_BURST_BYTES, clock.time()
        while data := await reader.read(_READ_BYTES):
            if self._hearing is None:
                continue
            now_s = clock.time()
            allowed = min(_IN_BURST_BYTES, allowed + (now_s - at_s) * _IN_BYTES_S) - len(data)
            at_s = now_s
            if allowed < 0:
                await asyncio.sleep(-allowed / _IN_BYTES_S)
            found = stream.feed(data)
            if not found:
                continue
            for reply in await self._hearing.take(found):
                if len(self._replies) < _MOST_REPLIES:
                    self._replies.append(reply)
            self._wake.set()
        return "gone"

    async def _write(self) -> str:
        around, party = self._around, self._audience.party
        clock = asyncio.get_running_loop()
        due_s = clock.time()
        await self._send([offer_of_protobuf(now_ms=around.now_us() // 1000)])
        try:
            while party is None or party in around.picture.parties:
                self._wake.clear()
                await self._urgent()
                if clock.time() >= due_s:
                    due_s = clock.time() + around.show_every_s
                    async for events in self._shown.changes():
                        await self._send(events)
                        await self._urgent()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(due_s):
                        await self._wake.wait()
        except TimeoutError:
            return "stalled"
        return "party-unknown"

    async def _urgent(self) -> None:
        """STOPs, and answers to what the client said, before all else."""
        stops = self._shown.stops()
        if stops:
            await self._send(stops)
        while self._replies:
            reply = self._replies.popleft()
            await self._send([reply.event])
            self._as_protobuf |= reply.to_protobuf

    async def _send(self, events: Sequence[CotEvent]) -> None:
        """Raises TimeoutError for a reader that takes nothing."""
        encode = encode_framed if self._as_protobuf else encode_xml
        self._writer.write(b"".join(map(encode, events)))
        async with asyncio.timeout(self._stalled_s):
            await self._writer.drain()
        self._around.counts.events_out += len(events)
