"""Streams: the party's own, and the positions of tracks, over either carrier.

The party's stream has no queue: its events are read from the record after the number that the
reader had, as fast as the reader takes them, so none is missed and none comes twice, and a slow
reader costs nobody anything. Positions are coalesced: the newest one of each track, at most once a
real second; who reads too slowly is told how many looks were left out.
"""

from __future__ import annotations

import asyncio

from wideberth.errors import InvalidValue
from wideberth.faces.api import codec, told
from wideberth.faces.api.carriers import Said
from wideberth.faces.api.desk import Call
from wideberth.faces.api.filters import wanted_of
from wideberth.faces.api.http import encode
from wideberth.faces.api.lines import a_line, urgent_first
from wideberth.faces.api.positions import Positions
from wideberth.faces.api.reading import Reading
from wideberth.faces.api.together import Resting
from wideberth.wire import asked

__all__ = ["party_stream", "resume_after", "track_stream"]


async def party_stream(call: Call) -> None:
    """The party's events after a number, then as they come; of them what was asked for."""
    party, desk = call.party, call.desk
    after, gap = await _begin(call)
    reading = Reading(call, wanted_of(call.query, call.picture), after)
    async with (
        a_line(call) as line,
        urgent_first(line, party),
        desk.together.front(desk, party) as front,
    ):
        with desk.live.updates(line.woken, party) as updates:
            one = Resting(line, reading, updates)
            line.heartbeat = lambda: desk.outbound.took(party, 0)
            line.pending = reading.left_out_event
            await line.still_here()
            if gap is not None:
                await line.send([gap])
            # What is said to have been read counts; not what a filter may have left out of it.
            desk.outbound.took(party, reading.after if reading.wanted.is_all else 0)
            while not line.ended:
                line.woken.clear()
                found = await reading.read_on()
                if found:
                    await line.send(found)
                reading.note_taken()
                if reading.is_behind:
                    await line.stay_heard()
                    continue
                updated = await reading.updated(updates)
                if updated:
                    await line.send(updated)
                    continue
                await front.rest(one)
                await line.finish()
                reading.note_taken()
            if not line.gone and (last := reading.left_out_event()):
                await line.send(last)


async def track_stream(call: Call) -> None:
    """Positions of the tracks that the party may see, and nothing of the others; of them those in
    an area, where one was asked for. A track that leaves it is told once more, where it is then.
    """
    positions = Positions(call.party, call.query, lambda: call.picture)
    with call.desk.areas.asked(call.party, positions.asks) as positions.turn:
        await _told_positions(call, positions)


async def _told_positions(call: Call, positions: Positions) -> None:
    loop, every_s = asyncio.get_running_loop(), call.desk.live.show_every_s
    async with a_line(call) as line:
        await line.still_here()
        due_s, missed = loop.time(), 0
        while not line.ended:
            shown = await call.desk.live.shown()
            if loop.time() < due_s + every_s:
                due_s = loop.time()  # all readers were waited for, and that is not this one's doing
            moved = await positions.moved(shown)
            if moved.words:
                await line.send_piece(moved.piece(missed))
            due_s += every_s
            late_s = loop.time() - due_s
            missed = max(0, int(late_s / every_s))
            due_s += missed * every_s
            await line.wait(max(0.0, due_s - loop.time()))


async def _begin(call: Call) -> tuple[int, Said | None]:
    """After which event the stream goes on, and what is said first where there is no such number.

    A reader that comes again by itself, as a browser's does, and was at an event that the record
    does not hold (it was restored from an older copy) is told so and goes on from the end: refused,
    it would never come again. A number in the address was written by somebody, who is told no.
    Raises InvalidValue.
    """
    after, is_again = resume_after(call), bool(call.headers.get(b"last-event-id"))
    if after <= _stream_end(call):
        return after, None
    await call.desk.service.current()  # another process may have recorded what the reader has
    end = _stream_end(call)
    if after <= end:
        return after, None
    if not is_again:
        advice = f"your stream has {end} events; give the number of one of them, or 0 for all"
        raise InvalidValue("after", "beyond-the-end", after, advice)
    return end, Said(end, "gap", encode(told.GapEvent(after=after, last=end)))


def _stream_end(call: Call) -> int:
    history = call.desk.picture.history
    return 0 if history is None else history.stream_end(call.party)


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
