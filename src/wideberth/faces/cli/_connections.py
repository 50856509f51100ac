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
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from wideberth.faces.api.carriers import FRAMES

__all__ = [
    "LEAST_BYTES_PER_S",
    "MAX_HEAD_BYTES",
    "MAX_PIPELINED",
    "REQUEST_WITHIN_S",
    "UNREAD_S",
    "BoundedProtocol",
    "BoundedSocket",
    "SweepingServer",
    "most_connections",
    "sockets",
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

MAX_SOCKET_MESSAGE_BYTES = 4_096
"""Of one message that a client of a WebSocket sends; none is asked for."""

MAX_SOCKET_FIELDS = 100
MAX_SOCKET_LINE_BYTES = 8_000  # the library's own bounds are 128 and 8,192

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

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection on, where what reads it there takes such a header at all."""
        fields: list[tuple[bytes, bytes]] = self.headers
        longest = max((len(name) + len(value) for name, value in fields), default=0)
        if len(fields) > MAX_SOCKET_FIELDS or max(longest, len(self.url)) > MAX_SOCKET_LINE_BYTES:
            self._cut_off(
                f"Open a WebSocket with up to {MAX_SOCKET_FIELDS} header fields of up to"
                f" {MAX_SOCKET_LINE_BYTES} bytes."
            )
            return
        super().handle_websocket_upgrade()


class BoundedSocket(WebSocketsSansIOProtocol):
    """A WebSocket with an end to everything. Its client is to listen: what it says is short, and
    what it is answered without being asked for (pongs) is dropped where it reads nothing.
    """

    _stuck_since_s: float | None = None  # since when it is closing and nothing more left
    _left_bytes = math.inf

    def handle_connect(self, event: Request) -> None:
        """Offer the app to write several messages in one piece."""
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)  # None: what was asked is no handshake
        if scope is not None:
            scope["extensions"][FRAMES] = self.write_frames

    async def write_frames(self, frames: bytes) -> None:
        """Write whole frames, once there is room. Raises ClientDisconnected."""
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)

    def data_received(self, data: bytes) -> None:
        """What the client says, until it was told goodbye."""
        if not self.transport.is_closing():
            super().data_received(data)

    def handle_ping(self) -> None:
        """Answer it, where there is room on the way out."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def look(self, now_s: float) -> None:
        """Cut off a client that reads nothing of what is left for it once it is told goodbye.
        Before that the stream itself sees that it stalls.
        """
        if not self.transport.is_closing():
            return
        left = self.transport.get_write_buffer_size()
        if self._stuck_since_s is None or left < self._left_bytes:
            self._left_bytes, self._stuck_since_s = left, now_s
        elif now_s > self._stuck_since_s + UNREAD_S:
            self.transport.abort()


def sockets() -> dict[str, Any]:
    """What a server is configured with to take WebSockets (:class:`uvicorn.Config`).

    Nothing is compressed: that costs memory for each listener, and the length of what is said
    together with something that somebody else chose tells of what it is.
    """
    return {
        "ws": BoundedSocket,
        "ws_max_size": MAX_SOCKET_MESSAGE_BYTES,
        "ws_ping_interval": None,  # heartbeats are the stream's own
        "ws_per_message_deflate": False,
    }


class SweepingServer(uvicorn.Server):
    """Looks at each of its connections once a second. look_every: in ticks of a tenth of it."""

    look_every = 10

    async def on_tick(self, counter: int) -> bool:
        """Every tenth of a second."""
        if counter % self.look_every == 0:
            now_s = asyncio.get_running_loop().time()
            connections: set[Any] = self.server_state.connections
            for each in list(connections):
                if isinstance(each, BoundedProtocol | BoundedSocket):
                    each.look(now_s)
        return await super().on_tick(counter)


def _bounded(connections: Iterable[Any]) -> list[BoundedProtocol]:
    """Those of HTTP that are bounded, as of now: the set changes while it is walked."""
    every: list[object] = list(connections)
    return [each for each in every if isinstance(each, BoundedProtocol)]
