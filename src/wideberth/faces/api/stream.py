"""Server-sent events: the party's own stream, and the positions of tracks.

The party's stream has no queue: its events are read from the record after the number that the
reader had, as fast as the reader takes them, so none is missed and none comes twice, and a slow
reader costs nobody anything. Positions are coalesced: the newest one of each track, at most once a
real second; who reads too slowly is told how many looks were left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec

from wideberth.faces.api import codec, told
from wideberth.faces.api.auth import left_of_token_s
from wideberth.faces.api.deliveries import deliver, within_limit
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.events import event_view
from wideberth.faces.api.http import Receive, Send, encode
from wideberth.faces.api.past import intent_as_of
from wideberth.faces.api.stops_seen import sent_view
from wideberth.faces.api.tracks import track_out
from wideberth.faces.api.warnings_seen import warning_seen
from wideberth.live import UpdateListener
from wideberth.model.entries import NoticeIssued
from wideberth.model.ids import IntentId, PartyId
from wideberth.service import StreamEvent
from wideberth.tokens import TokenRefused
from wideberth.urgent import Sent
from wideberth.wire import asked

__all__ = ["HEARTBEAT_S", "STALLED_S", "party_stream", "resume_after", "track_stream"]

HEARTBEAT_S = 10.0
STALLED_S = 60.0
"""A reader that takes nothing for so long is cut off; it resumes where it was."""

_AT_ONCE = 200  # events read and written together
_MOST_BYTES = 262_144  # of them; the last may go beyond
_HEARTBEAT = b": still here\n\n"
_BYE = b"event: bye\ndata: {}\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),
]


async def party_stream(call: Call) -> None:
    """The party's events after a number, then as they come."""
    after = resume_after(call)
    async with _line(call) as line, _urgent_first(line, call.party):
        party, desk = call.party, call.desk
        with desk.service.listening(party) as grew, desk.live.updates(grew, party) as updates:
            line.watch(grew)
            line.heartbeat = lambda: desk.outbound.took(party, 0)
            await line.send(_HEARTBEAT)
            desk.outbound.took(party, after)
            at_once = _AT_ONCE
            while not line.ended:
                grew.clear()
                after, said = await _said_after(call, after, at_once)
                if said:
                    # Large ones go out few at a time: what a reader does not take is kept for it.
                    at_once = min(2 * len(said), _AT_ONCE)
                    await line.send(b"".join(said))
                    desk.outbound.took(party, after)
                    continue
                updated = _updated(desk, updates, party)
                if updated:
                    await line.send(updated)
                    continue
                await line.wait(grew)


async def _said_after(call: Call, after: int, at_once: int) -> tuple[int, list[bytes]]:
    """What is said next to the party, as much as goes out together, and the number of the last.
    A protected site leaves once its delivery is recorded, or is left out.
    """
    desk, party = call.desk, call.party
    said: list[bytes] = []
    room_bytes = _MOST_BYTES
    for event in await desk.service.events(party, after, at_once):
        said.append(await _said(call, event))
        after = event.number
        room_bytes -= len(said[-1])
        if room_bytes < 0:
            break
    return after, said


async def _said(call: Call, event: StreamEvent) -> bytes:
    """One event as it goes out. A new notice is read by every desk of its party within a moment,
    and says the same to each: it is put into words once.
    """
    desk, party = call.desk, call.party
    is_shared = isinstance(event.entry.body, NoticeIssued)
    said = desk.said.get(event.position) if is_shared else None
    if said is None:
        name, data = await event_view(desk, event, party)
        if isinstance(data, told.NotificationEvent) and not await _may_leave(call, data):
            data = msgspec.structs.replace(data, intent=None, shared=None)
        said = _numbered(event.number, name, data)
        if is_shared:
            desk.said.keep(event.position, said)
    return said


async def _may_leave(call: Call, data: told.NotificationEvent) -> bool:
    """Whether what a notification shows may leave: it is no site of another's, or its delivery is
    recorded and within the day's limit.
    """
    intent = call.picture.intents.get(IntentId(data.id))
    if intent is None:
        intent = await intent_as_of(call.desk.service, IntentId(data.id))
    if intent is None or not within_limit(call, (intent,)):
        return False
    return await deliver(call, (intent,)) is None


async def track_stream(call: Call) -> None:
    """Positions of the tracks that the party may see, and nothing of the others."""
    loop = asyncio.get_running_loop()
    every_s = call.desk.live.show_every_s
    sent_us: dict[tuple[str | None, str], int] = {}
    async with _line(call) as line:
        never = asyncio.Event()
        line.watch(never)
        await line.send(_HEARTBEAT)
        due_s, missed = loop.time(), 0
        while not line.ended:
            live = call.desk.live
            moved: list[told.TrackOut] = []
            seen: dict[tuple[str | None, str], int] = {}
            for row in await live.rows():
                if not live.is_visible(row, call.party):
                    continue
                key = (row.key.feed_party, row.key.track_id)
                seen[key] = row.time_us
                if sent_us.get(key) != row.time_us:
                    moved.append(track_out(row))
            sent_us = seen
            if moved:
                event = told.TracksEvent(tracks=moved, missed=missed)
                await line.send(b"event: tracks\ndata: " + encode(event) + b"\n\n")
            due_s += every_s
            late_s = loop.time() - due_s
            missed = max(0, int(late_s / every_s))
            due_s += missed * every_s
            await line.wait(never, timeout_s=max(0.0, due_s - loop.time()))


def resume_after(call: Call) -> int:
    """The number after which the stream goes on. Raises InvalidValue for a header that is none."""
    query: asked.StreamQuery = call.query
    header = call.headers.get(b"last-event-id")
    if header is None or not header:
        return query.after
    if not header.isdigit() or len(header) > 15:
        raise codec.Malformed(
            "Last-Event-ID", "event-number", header.decode("latin-1"), "give the id of an event"
        )
    return int(header)


@contextlib.asynccontextmanager
async def _urgent_first(line: _Line, party: PartyId) -> AsyncGenerator[None]:
    """What was sent and is not recorded yet goes out beside all else, which may wait for a disk."""
    urgent = line.desk.urgent

    async def send_on() -> None:
        sent = 0
        with urgent.listening(party) as came:
            while not line.ended:
                came.clear()
                more, sent = urgent.after(sent, party), urgent.last_number
                if more:
                    await line.send(b"".join(_sent(line.desk, each, party) for each in more))
                await came.wait()

    task = asyncio.create_task(_stalling(line, send_on()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _stalling(line: _Line, sending: Coroutine[Any, Any, None]) -> None:
    try:
        await sending
    except TimeoutError:  # a reader that stalled
        line.gone = True
        line.wake()


def _sent(desk: Desk, sent: Sent, party: PartyId) -> bytes:
    name, data = sent_view(desk, sent, party)
    return b"event: %s\ndata: %s\n\n" % (name.encode(), encode(data))


def _numbered(number: int, name: str, data: Any) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, name.encode(), encode(data))


def _updated(desk: Desk, updates: UpdateListener, party: PartyId) -> bytes:
    """Updates of standing warnings. They are not in the record and have no number."""
    parts: list[bytes] = []
    while updates.pending:
        _, warning = updates.pending.popitem()
        seen = warning_seen(warning, party, desk.picture, desk.live.is_track_open)
        event = told.WarningEvent(warning=seen, change="updated")
        parts.append(b"event: warning-update\ndata: " + encode(event) + b"\n\n")
    return b"".join(parts)


@dataclass(slots=True)
class _Line:
    """One connection: what is sent goes at the reader's pace; ended: the reader went, its token
    expired, or the node is stopping.
    """

    desk: Desk
    send_message: Send
    gone: bool = False
    expired: bool = False
    heartbeat: Callable[[], None] | None = None  # told of each
    sent_s: float = 0.0  # when something went out last, by the loop's clock
    _watched: list[asyncio.Event] = field(default_factory=list[asyncio.Event])

    @property
    def ended(self) -> bool:
        stopped = self.desk.node.stopping.is_set() or self.desk.service.closed
        return self.gone or self.expired or stopped

    def watch(self, event: asyncio.Event) -> None:
        """Set this event when the line ends."""
        self._watched.append(event)

    def wake(self) -> None:
        for event in self._watched:
            event.set()

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(STALLED_S):
            await self.send_message({"type": "http.response.body", "body": data, "more_body": True})
        self.sent_s = asyncio.get_running_loop().time()

    async def wait(self, event: asyncio.Event, *, timeout_s: float = math.inf) -> None:
        """Until the event, for timeout_s at most. A heartbeat goes out HEARTBEAT_S after whatever
        was sent last, however often events without anything to say come in between.
        """
        clock = asyncio.get_running_loop()
        until_s = clock.time() + timeout_s
        while not self.ended:
            if clock.time() >= self.sent_s + HEARTBEAT_S:
                await self.send(_HEARTBEAT)
                if self.heartbeat is not None:
                    self.heartbeat()
            try:
                async with asyncio.timeout_at(min(until_s, self.sent_s + HEARTBEAT_S)):
                    await event.wait()
            except TimeoutError:
                if clock.time() < until_s:
                    continue
            return


@contextlib.asynccontextmanager
async def _line(call: Call) -> AsyncGenerator[_Line]:
    assert call.receive is not None, "a stream is read"
    assert call.send is not None, "a stream is written"
    line = _Line(call.desk, call.send)
    await call.send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    tasks = [
        asyncio.create_task(_then(line, _gone, call.receive)),
        asyncio.create_task(_then(line, _stopping, call.desk)),
        asyncio.create_task(_then(line, _expired, call)),
    ]
    try:
        yield line
        if not line.gone:
            await line.send(_BYE)
            await call.send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        line.gone = True  # a reader that stalled; the server closes what was not ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _then(line: _Line, wait: Callable[[_Line, Any], Awaitable[None]], source: Any) -> None:
    await wait(line, source)
    line.wake()


async def _gone(line: _Line, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    line.gone = True


async def _stopping(_line: _Line, desk: Desk) -> None:
    await desk.node.stopping.wait()


async def _expired(line: _Line, call: Call) -> None:
    """Until the token of the stream no longer counts; it may have been verified long before."""
    header, verifier = call.headers.get(b"authorization"), call.desk.node.verifier
    try:
        while True:  # noqa: ASYNC110  # a clock has no event; it is asked again at the end alone
            await asyncio.sleep(left_of_token_s(header, verifier))
    except TokenRefused:
        line.expired = True
