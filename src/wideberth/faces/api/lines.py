"""One listener's connection: what is sent goes at the reader's pace, a sign of life goes out where
nothing else does, and it ends with the reader, its token or the node.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from wideberth.faces.api.atonce import Left, at_once
from wideberth.faces.api.auth import left_of_token_s
from wideberth.faces.api.carriers import Carrier, Piece, Said
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import encode
from wideberth.faces.api.stops_seen import sent_view
from wideberth.model.ids import PartyId
from wideberth.tokens import TokenRefused
from wideberth.urgent import Sent

__all__ = ["HEARTBEAT_S", "STALLED_S", "Line", "a_line", "urgent_first"]

HEARTBEAT_S = 10.0
STALLED_S = 60.0
"""A reader that takes nothing for so long is cut off; it resumes where it was."""


@dataclass(slots=True, eq=False)
class Line:
    """One connection. ended: the reader went, its token expired, or the node is stopping; woken:
    set then. heartbeat: told of each; pending: what is said in its place.
    """

    desk: Desk
    carrier: Carrier
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    gone: bool = False
    expired: bool = False
    heartbeat: Callable[[], None] | None = None
    pending: Callable[[], list[Said]] | None = None
    sent_s: float = 0.0  # when something went out last, by the loop's clock
    _left: Left | None = None  # of what was sent at once, and did not fit the way out

    @property
    def stopping(self) -> bool:
        """Whether the node is."""
        return self.desk.node.stopping.is_set() or self.desk.service.closed

    @property
    def ended(self) -> bool:
        """Whether nothing more is said but goodbye."""
        return self.gone or self.expired or self.stopping

    @property
    def beat_s(self) -> float:
        """How long nothing may go out, at most."""
        return HEARTBEAT_S

    @property
    def due_s(self) -> float:
        """When a heartbeat goes out, unless something else does before; by the loop's clock."""
        return self.sent_s + HEARTBEAT_S

    async def send(self, said: Sequence[Said]) -> None:
        """Events, as soon as there is room for them. Raises TimeoutError."""
        await self.send_piece(Piece(said))

    async def send_piece(self, piece: Piece) -> None:
        """The same of a piece that others are sent too."""
        async with asyncio.timeout(STALLED_S):
            await self.carrier.send(piece)
        self.sent_s = asyncio.get_running_loop().time()

    def send_at_once(self, piece: Piece) -> bool:
        """The same without waiting. False: it is on its way, and :meth:`finish` is to be awaited
        before anything else is sent at once; the line was woken for it.
        """
        return self._at_once(self.carrier.send(piece))

    async def finish(self) -> None:
        """Wait until what was sent at once has room. Raises TimeoutError, and what went wrong."""
        left, self._left = self._left, None
        if left is not None:
            async with asyncio.timeout(STALLED_S):
                await left
            self.sent_s = asyncio.get_running_loop().time()

    def close(self) -> None:
        """Drop what did not fit."""
        if self._left is not None:
            self._left.close()
            self._left = None

    async def still_here(self) -> None:
        """A sign of life. Raises TimeoutError."""
        async with asyncio.timeout(STALLED_S):
            await self.carrier.still_here()
        self.sent_s = asyncio.get_running_loop().time()

    async def stay_heard(self) -> None:
        """A heartbeat, if HEARTBEAT_S have gone by since whatever was sent last."""
        if asyncio.get_running_loop().time() < self.due_s:
            return
        instead = [] if self.pending is None else self.pending()
        if instead:
            await self.send(instead)
        else:
            await self.still_here()
        if self.heartbeat is not None:
            self.heartbeat()

    def beat_at_once(self) -> bool:
        """A heartbeat without waiting, as :meth:`send_at_once`."""
        instead = [] if self.pending is None else self.pending()
        work = self.carrier.send(Piece(instead)) if instead else self.carrier.still_here()
        done = self._at_once(work)
        if done and self.heartbeat is not None:
            self.heartbeat()
        return done

    async def wait(self, timeout_s: float) -> None:
        """Until the line is woken, for timeout_s at most. A heartbeat goes out HEARTBEAT_S after
        whatever was sent last.
        """
        clock = asyncio.get_running_loop()
        until_s = clock.time() + timeout_s
        while not self.ended:
            await self.stay_heard()
            try:
                async with asyncio.timeout_at(min(until_s, self.due_s)):
                    await self.woken.wait()
            except TimeoutError:
                if clock.time() < until_s:
                    continue
            return

    def _at_once(self, work: Coroutine[Any, Any, None]) -> bool:
        self._left = at_once(work)
        if self._left is not None:
            self.woken.set()
            return False
        self.sent_s = asyncio.get_running_loop().time()
        return True


@contextlib.asynccontextmanager
async def a_line(call: Call) -> AsyncGenerator[Line]:
    """The connection of a request, until it ends."""
    assert call.carrier is not None, "a stream has a carrier"
    line = Line(call.desk, call.carrier)
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
        line.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def urgent_first(line: Line, party: PartyId) -> AsyncGenerator[None]:
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


async def _stalling(line: Line, sending: Coroutine[Any, Any, None]) -> None:
    try:
        await sending
    except TimeoutError:  # a reader that stalled
        line.gone = True
        line.woken.set()


def _sent(desk: Desk, sent: Sent, party: PartyId) -> Said:
    name, data = sent_view(desk, sent, party)
    return Said(None, name, encode(data))


async def _then(line: Line, wait: Callable[[Line, Any], Awaitable[None]], source: Any) -> None:
    await wait(line, source)
    line.woken.set()


async def _gone(line: Line, carrier: Carrier) -> None:
    await carrier.gone()
    line.gone = True


async def _stopping(_line: Line, desk: Desk) -> None:
    await desk.node.stopping.wait()


async def _expired(line: Line, call: Call) -> None:
    """Until the token of the stream no longer counts; it may have been verified long before."""
    header, verifier = call.headers.get(b"authorization"), call.desk.node.verifier
    try:
        while True:  # noqa: ASYNC110  # a clock has no event; it is asked again at the end alone
            await asyncio.sleep(left_of_token_s(header, verifier))
    except TokenRefused:
        line.expired = True
