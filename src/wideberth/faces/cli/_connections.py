"""What one connection may cost: how long it may take to ask, how much it may send besides what it
says, how many requests may wait on it, how long it may leave answers unread; and how many
connections there may be.

A client with a credential is held to it like one without: nothing here knows who asks.
"""

from __future__ import annotations

import asyncio
import math
import resource
from collections.abc import Iterable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = [
    "LEAST_BYTES_PER_S",
    "MAX_HEAD_BYTES",
    "MAX_PIPELINED",
    "REQUEST_WITHIN_S",
    "UNREAD_S",
    "BoundedProtocol",
    "SweepingServer",
    "most_connections",
]

MAX_HEAD_BYTES = 65_536
"""Of a request before its body, and of whatever frames the body without being part of it. The faces
ask for less; this is what a connection may cost before anybody looks at it."""

MAX_MESSAGE_BYTES = 64 * 1_048_576
"""Of one request in all. What comes after an early answer is dropped, so that a client that sends
first and reads then still gets the answer; not for ever."""

MAX_PIPELINED = 64
"""Requests of one connection that may wait for the answer before theirs."""

REQUEST_WITHIN_S = 30.0
"""From the first byte of a request, or from the beginning of a connection, to its last."""

LEAST_BYTES_PER_S = 100
"""A request that is longer takes longer: each such number of bytes gives it one more second."""

UNREAD_S = 120.0
"""A reader that takes nothing of what waits for it for so long is cut off."""

_MOST_CONNECTIONS = 10_000
_SPARE_DESCRIPTORS = 96  # for the record, its snapshots, issuers' keys, other servers
_FEWEST_CONNECTIONS = 16


class _TooMany(Exception):
    """More requests on one connection than may wait."""


def most_connections() -> int:
    """How many connections a server keeps: what descriptors there are, less those that the rest of
    the process needs. Whoever cannot open a file cannot write the record either.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return min(_MOST_CONNECTIONS, max(_FEWEST_CONNECTIONS, soft - _SPARE_DESCRIPTORS))


class BoundedProtocol(HttpToolsProtocol):
    """HTTP with an end to everything: the parser itself keeps whatever it is sent until a header or
    a trailer is whole, and waits for it as long as the connection stands.
    """

    most = most_connections()
    _bare_bytes = 0  # since the last of what a request says: header, trailers, chunk sizes
    _bytes = 0  # of this request
    _is_in_head = True
    _is_whole = False  # nothing is owed by the client: its last request came whole
    _since_s = 0.0  # when the request under way began
    _stuck_since_s: float | None = None  # since when nothing more fits the way out, and none left
    _left_bytes = math.inf  # on the way out, when last looked at

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Take it, in the place of one that has asked for nothing where there are too many."""
        super().connection_made(transport)
        self._since_s = self.loop.time()
        if len(self.connections) > self.most:
            idle = [each for each in _bounded(self.connections) if each.is_idle]
            if idle:
                min(idle, key=lambda each: each.waiting_since_s).transport.abort()
            else:
                transport.abort()

    @property
    def is_idle(self) -> bool:
        """Whether nothing that it asked for is cut short with it; so is a new connection."""
        if self.transport.is_closing():
            return False
        return not self._is_whole or self._is_answered

    @property
    def _is_answered(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return cycle is None or cycle.response_complete

    @property
    def waiting_since_s(self) -> float:
        """When its last request began, or the connection where none has."""
        return self._since_s

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless too much of it says nothing by now."""
        count = len(data)
        if self._is_whole and self._is_answered:  # also an empty line, at which no request begins
            self._is_whole = False
            self._since_s = self.loop.time()
        self._bare_bytes += count
        super().data_received(data)
        self._bytes += count
        if self._is_whole:
            return
        if self._bare_bytes > MAX_HEAD_BYTES:
            self._cut_off(f"Keep header, trailers and framing within {MAX_HEAD_BYTES} bytes each.")
        elif self._bytes > MAX_MESSAGE_BYTES:
            self._cut_off(f"Keep a request within {MAX_MESSAGE_BYTES} bytes in all.")

    def on_message_begin(self) -> None:
        """Another request: its header begins."""
        self._is_in_head, self._is_whole = True, False
        self._bytes = 0
        self._since_s = self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header. One of a trailer is dropped (RFC 9110, 6.5.1): among the header's
        it would pass for what a proxy in front has seen.
        """
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From here on the app bounds what comes. Raises _TooMany, which ends the connection."""
        self._is_in_head = False
        self._bare_bytes = 0
        if len(self.pipeline) >= MAX_PIPELINED:
            raise _TooMany
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of what the request says."""
        self._bare_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request came whole."""
        self._is_whole = True
        self._bare_bytes = 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        """More waits for the reader than is kept for it."""
        self._stuck_since_s = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It read on."""
        self._stuck_since_s = None
        self._left_bytes = math.inf
        super().resume_writing()

    def look(self, now_s: float) -> None:
        """Cut off a client that takes too long. Asked now and then; now_s: by the loop's clock."""
        if self.transport.is_closing() and self._stuck_since_s is None:
            self._stuck_since_s = now_s  # closing waits until all is read, which may be never
        if self._stuck_since_s is not None:
            left = self.transport.get_write_buffer_size()
            if left < self._left_bytes:
                self._left_bytes, self._stuck_since_s = left, now_s
            elif now_s > self._stuck_since_s + UNREAD_S:
                self.transport.abort()
        elif not self._is_whole:
            allowed_s = REQUEST_WITHIN_S + self._bytes / LEAST_BYTES_PER_S
            if now_s > self._since_s + allowed_s:
                self._cut_off("Send a request at once.")

    def _cut_off(self, message: str) -> None:
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle
        if cycle is not None and cycle.response_started:
            self.transport.close()  # in the middle of an answer, or after it: nothing fits there
        else:
            self.send_400_response(message)


class SweepingServer(uvicorn.Server):
    """Looks at each of its connections once a second. look_every: in ticks of a tenth of it."""

    look_every = 10

    async def on_tick(self, counter: int) -> bool:
        """Every tenth of a second."""
        if counter % self.look_every == 0:
            now_s = asyncio.get_running_loop().time()
            for each in _bounded(self.server_state.connections):
                each.look(now_s)
        return await super().on_tick(counter)


def _bounded(connections: Iterable[Any]) -> list[BoundedProtocol]:
    """Those that are bounded, as of now: the set changes while it is walked."""
    every: list[object] = list(connections)
    return [each for each in every if isinstance(each, BoundedProtocol)]
