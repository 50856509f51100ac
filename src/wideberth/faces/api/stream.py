"""Streams: the party's own, and the positions of tracks, over either carrier.

The party's stream has no queue: its events are read from the record after the number that the
reader had, as fast as the reader takes them, so none is missed and none comes twice, and a slow
reader costs nobody anything. Positions are coalesced: the newest one of each track, at most once a
real second; who reads too slowly is told how many looks were left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from wideberth.faces.api import codec, told
from wideberth.faces.api.auth import left_of_token_s
from wideberth.faces.api.carriers import Carrier, Said
from wideberth.faces.api.deliveries import deliver, within_limit
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.events import event_view
from wideberth.faces.api.filters import UPDATES, Heard, Wanted, track_is_in, wanted_of
from wideberth.faces.api.http import encode
from wideberth.faces.api.past import intent_as_of
from wideberth.faces.api.stops_seen import sent_view
from wideberth.faces.api.tracks import track_out
from wideberth.faces.api.warnings_seen import warning_seen_live
from wideberth.live import UpdateListener
from wideberth.model.entries import (
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import IntentId, PartyId
from wideberth.service import StreamEvent
from wideberth.tokens import TokenRefused
from wideberth.urgent import Sent
from wideberth.watch.tracks import TrackKey
from wideberth.wire import asked

__all__ = ["HEARTBEAT_S", "STALLED_S", "party_stream", "resume_after", "track_stream"]

HEARTBEAT_S = 10.0
STALLED_S = 60.0
"""A reader that takes nothing for so long is cut off; it resumes where it was."""

_AT_ONCE = 200  # events read and written together
_MOST_BYTES = 262_144  # of them; the last may go beyond
_SAME_FOR_EACH_DESK = (
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    ZoneDeclared,
    ZoneWithdrawn,
)
"""Entries of which a party is told the same for a second at least, but for names beside the record.
Not so what is counted as delivered, and what turns on how something stands at the moment.
"""
_WARNED = (WarningRaised, WarningWorsened, WarningCleared)


async def party_stream(call: Call) -> None:
    """The party's events after a number, then as they come; of them what was asked for."""
    reading = _Reading(call, wanted_of(call.query, call.picture), resume_after(call))
    async with _line(call) as line, _urgent_first(line, call.party):
        party, desk = call.party, call.desk
        with desk.service.listening(party) as grew, desk.live.updates(grew, party) as updates:
            line.watch(grew)
            line.heartbeat = lambda: desk.outbound.took(party, 0)
            line.pending = reading.left_out_event
            await line.still_here()
            # What is said to have been read counts; not what a filter may have left out of it.
            desk.outbound.took(party, reading.after if reading.wanted.is_all else 0)
            while not line.ended:
                grew.clear()
                found = await reading.read_on()
                if found:
                    await line.send(found)
                reading.note_taken()
                if reading.is_behind:
                    await line.stay_heard()
                    continue
                updated = await _updated(call, updates, reading)
                if updated:
                    await line.send(updated)
                    continue
                await line.wait(grew)
            if not line.gone and (last := reading.left_out_event()):
                await line.send(last)


class _Reading:
    """How far one listener is on its party's stream, and what is wanted of it. after: the number of
    the last event that was read, sent or not.
    """

    def __init__(self, call: Call, wanted: Wanted, after: int) -> None:
        self.call = call
        self.wanted = wanted
        self.heard = Heard()
        self.after = after
        self.is_behind = False
        self._told = after  # up to here the listener knows what there was
        self._noted = after  # up to here it is noted that it took them
        self._warnings_left_out: list[int] = []
        self._at_once = _AT_ONCE

    async def read_on(self) -> list[Said]:
        """What is said next, as much as goes out together; is_behind: there may be more."""
        call, all_of_it = self.call, self.wanted.is_all
        desk, party = call.desk, call.party
        said: list[Said] = []
        room_bytes, count = _MOST_BYTES, 0
        most = self._at_once
        found = await desk.service.events(party, self.after, most)
        for event in found:
            if all_of_it or await self.wanted.hears(desk, event, party, self.heard):
                said += self.left_out_event()
                said.append(await _said(call, event))
                self._told = event.number
                room_bytes -= len(said[-1].data)
            elif isinstance(event.entry.body, _WARNED):
                self._warnings_left_out.append(event.number)
            self.after = event.number
            count += 1
            if room_bytes < 0:
                break
        # Large ones go out few at a time: what a reader does not take is kept for it.
        self._at_once = min(2 * count, _AT_ONCE) if count else _AT_ONCE
        # Fewer than were asked for: there were no more; one that came since has set the event.
        self.is_behind = room_bytes < 0 or len(found) == most
        return said

    def left_out_event(self) -> list[Said]:
        """That nothing wanted was among the numbers since what was said last, if there are any."""
        if self.after == self._told:
            return []
        event = told.LeftOutEvent(first=self._told + 1, last=self.after)
        self._told = self.after
        return [Said(self.after, "left-out", encode(event))]

    def note_taken(self) -> None:
        """What was read was taken, but for warnings that were left out: those are told elsewhere
        where no other stream of the party takes them.
        """
        if self.after != self._noted:
            left_out = self._warnings_left_out
            # A filtered stream vouches for what it read itself; a whole one for all before as well.
            since = 0 if self.wanted.is_all else self._noted
            self.call.desk.outbound.took(
                self.call.party, self.after, since=since, left_out=left_out
            )
            self._noted, self._warnings_left_out = self.after, []


async def _said(call: Call, event: StreamEvent) -> Said:
    """One event as it goes out. All desks of a party read the same within a moment: it is put into
    words once for them.
    """
    desk, party = call.desk, call.party
    is_shared = isinstance(event.entry.body, _SAME_FOR_EACH_DESK)
    said = desk.said.get(party, event.position) if is_shared else None
    if said is None:
        name, data = await event_view(desk, event, party)
        if isinstance(data, told.NotificationEvent) and not await _may_leave(call, data):
            data = msgspec.structs.replace(data, intent=None, shared=None)
        said = Said(event.number, name, encode(data))
        if is_shared:
            desk.said.keep(party, event.position, said)
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
    """Positions of the tracks that the party may see, and nothing of the others; of them those in
    an area, where one was asked for. A track that leaves it is told once more, where it is then.
    """
    loop = asyncio.get_running_loop()
    every_s = call.desk.live.show_every_s
    area = wanted_of(call.query, call.picture).area
    sent_us: dict[TrackKey, tuple[int, ...]] = {}
    async with _line(call) as line:
        never = asyncio.Event()
        line.watch(never)
        await line.still_here()
        due_s, missed = loop.time(), 0
        live = call.desk.live
        while not line.ended:
            moved: list[told.TrackOut] = []
            seen: dict[TrackKey, tuple[int, ...]] = {}
            for thing in await live.things(lambda row: live.is_visible(row, call.party)):
                key, times_us = thing.key, tuple(row.time_us for row in thing.rows)
                # In it by any of the feeds that bring it: they may say different places.
                is_in = area is None or any(
                    track_is_in(row, area, call.picture) for row in thing.rows
                )
                if is_in:
                    seen[key] = times_us
                if (is_in or key in sent_us) and sent_us.get(key) != times_us:
                    moved.append(track_out(thing))
            sent_us = seen
            if moved:
                event = told.TracksEvent(tracks=moved, missed=missed)
                await line.send([Said(None, "tracks", encode(event))])
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
                    await line.send([_sent(line.desk, each, party) for each in more])
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


def _sent(desk: Desk, sent: Sent, party: PartyId) -> Said:
    name, data = sent_view(desk, sent, party)
    return Said(None, name, encode(data))


async def _updated(call: Call, updates: UpdateListener, reading: _Reading) -> list[Said]:
    """Updates of standing warnings. They are not in the record and have no number."""
    desk, party, wanted = call.desk, call.party, reading.wanted
    parts: list[Said] = []
    while updates.pending:
        _, (warning, missed) = updates.pending.popitem()
        if wanted.is_all or await wanted.hears_update(desk, warning, party, reading.heard):
            await desk.live.know((warning,))
            seen = warning_seen_live(warning, party, desk)
            event = told.WarningEvent(warning=seen, change="updated", missed=missed)
            parts.append(Said(None, UPDATES, encode(event)))
    return parts


@dataclass(slots=True)
class _Line:
    """One connection: what is sent goes at the reader's pace; ended: the reader went, its token
    expired, or the node is stopping. heartbeat: told of each; pending: what is said in its place.
    """

    desk: Desk
    carrier: Carrier
    gone: bool = False
    expired: bool = False
    heartbeat: Callable[[], None] | None = None
    pending: Callable[[], list[Said]] | None = None
    sent_s: float = 0.0  # when something went out last, by the loop's clock
    _watched: list[asyncio.Event] = field(default_factory=list[asyncio.Event])

    @property
    def stopping(self) -> bool:
        return self.desk.node.stopping.is_set() or self.desk.service.closed

    @property
    def ended(self) -> bool:
        return self.gone or self.expired or self.stopping

    def watch(self, event: asyncio.Event) -> None:
        """Set this event when the line ends."""
        self._watched.append(event)

    def wake(self) -> None:
        for event in self._watched:
            event.set()

    async def send(self, said: Sequence[Said]) -> None:
        async with asyncio.timeout(STALLED_S):
            await self.carrier.send(said)
        self.sent_s = asyncio.get_running_loop().time()

    async def still_here(self) -> None:
        async with asyncio.timeout(STALLED_S):
            await self.carrier.still_here()
        self.sent_s = asyncio.get_running_loop().time()

    async def stay_heard(self) -> None:
        """A heartbeat, if HEARTBEAT_S have gone by since whatever was sent last."""
        if asyncio.get_running_loop().time() < self.sent_s + HEARTBEAT_S:
            return
        instead = [] if self.pending is None else self.pending()
        if instead:
            await self.send(instead)
        else:
            await self.still_here()
        if self.heartbeat is not None:
            self.heartbeat()

    async def wait(self, event: asyncio.Event, *, timeout_s: float = math.inf) -> None:
        """Until the event, for timeout_s at most. A heartbeat goes out HEARTBEAT_S after whatever
        was sent last, however often events without anything to say come in between.
        """
        clock = asyncio.get_running_loop()
        until_s = clock.time() + timeout_s
        while not self.ended:
            await self.stay_heard()
            try:
                async with asyncio.timeout_at(min(until_s, self.sent_s + HEARTBEAT_S)):
                    await event.wait()
            except TimeoutError:
                if clock.time() < until_s:
                    continue
            return


@contextlib.asynccontextmanager
async def _line(call: Call) -> AsyncGenerator[_Line]:
    assert call.carrier is not None, "a stream has a carrier"
    line = _Line(call.desk, call.carrier)
    await call.carrier.begin()
    tasks = [
        asyncio.create_task(_then(line, _gone, call.carrier)),
        asyncio.create_task(_then(line, _stopping, call.desk)),
        asyncio.create_task(_then(line, _expired, call)),
    ]
    try:
        yield line
        if not line.gone:
            async with asyncio.timeout(STALLED_S):
                await call.carrier.bye(is_stopping=line.stopping)
    except TimeoutError:
        line.gone = True  # a reader that stalled; the server closes what was not ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _then(line: _Line, wait: Callable[[_Line, Any], Awaitable[None]], source: Any) -> None:
    await wait(line, source)
    line.wake()


async def _gone(line: _Line, carrier: Carrier) -> None:
    await carrier.gone()
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
