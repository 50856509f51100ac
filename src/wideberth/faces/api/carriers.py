"""What carries the events of a stream: server-sent events over HTTP, or a WebSocket.

Both carry the same: each event with its number, its name and its data; a sign of life where nothing
is said; a goodbye. What is said, to whom, when and how often is none of their business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from wideberth.faces.api.http import Message, Receive, Scope, Send
from wideberth.faces.api.problems import HttpProblem

__all__ = [
    "FRAMES",
    "SUBPROTOCOL",
    "Carrier",
    "EventStream",
    "Piece",
    "Said",
    "Socket",
    "answering",
    "as_request",
]

FRAMES = "wideberth.frames"
"""Among the extensions of a WebSocket's scope, where its server offers it: a coroutine function
that writes bytes which are whole frames. The protocol of ASGI takes one message at a time.
"""

SUBPROTOCOL = "wideberth.v1"
"""What a client of the WebSocket asks for, where it asks for a subprotocol at all."""

_BEARER = "bearer."  # before the token, in the subprotocols that a browser offers
_GOING_AWAY, _ENDED, _UNREAD = 1001, 1000, 1003  # RFC 6455, 7.4.1
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),
]


class Said(NamedTuple):
    """An event as it goes out. number: None: it is not in the record (yet); data: JSON."""

    number: int | None
    name: str
    data: bytes


class Piece:
    """Events that go out together, in this order; in the form of each carrier, which is made once
    for all listeners that are sent it.
    """

    __slots__ = ("_as_events", "_as_frames", "_as_messages", "said")

    def __init__(self, said: Sequence[Said]) -> None:
        self.said = said
        self._as_events: bytes | None = None
        self._as_frames: bytes | None = None
        self._as_messages: list[str] | None = None

    @property
    def as_events(self) -> bytes:
        """As server-sent events."""
        if self._as_events is None:
            self._as_events = b"".join(map(_as_event, self.said))
        return self._as_events

    @property
    def as_frames(self) -> bytes:
        """As frames of a WebSocket, each a message of text."""
        if self._as_frames is None:
            self._as_frames = b"".join(_as_frame(_as_message(each)) for each in self.said)
        return self._as_frames

    @property
    def as_messages(self) -> list[str]:
        """As messages of a WebSocket."""
        if self._as_messages is None:
            self._as_messages = [_as_message(each).decode() for each in self.said]
        return self._as_messages


class Carrier(Protocol):
    """One listener's line. Whatever is sent waits until there is room for it on the way out."""

    async def begin(self) -> None:
        """Say yes to whoever asked; from here on problems end the line."""
        ...

    async def send(self, piece: Piece) -> None:
        """Events, in their order."""
        ...

    async def still_here(self) -> None:
        """A sign of life."""
        ...

    async def bye(self, *, is_stopping: bool) -> None:
        """The end, as it should be. is_stopping: the node is; else the credential has expired."""
        ...

    async def gone(self) -> None:
        """Until the listener has gone."""
        ...


class EventStream:
    """Server-sent events (WHATWG HTML, 9.2)."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def begin(self) -> None:
        """Status and header."""
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})

    async def send(self, piece: Piece) -> None:
        """Events, in one part of the answer."""
        await self._part(piece.as_events)

    async def still_here(self) -> None:
        """A comment."""
        await self._part(b": still here\n\n")

    async def bye(self, *, is_stopping: bool) -> None:
        """An event, and the end of the answer."""
        del is_stopping
        await self._part(b"event: bye\ndata: {}\n\n")
        await self._send({"type": "http.response.body", "body": b""})

    async def gone(self) -> None:
        """Until the connection is."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _part(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


class Socket:
    """A WebSocket (RFC 6455): each event a message of text, ``{"id", "event", "data"}``."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._subprotocol = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
        frames: Callable[[bytes], Awaitable[None]] | None
        frames = scope.get("extensions", {}).get(FRAMES)
        self._write_frames = frames

    async def begin(self) -> None:
        """Accept it."""
        await self._send({"type": "websocket.accept", "subprotocol": self._subprotocol})

    async def send(self, piece: Piece) -> None:
        """Events, a message each."""
        if self._write_frames is not None:
            await self._write_frames(piece.as_frames)
            return
        for each in piece.as_messages:
            await self._text(each)

    async def still_here(self) -> None:
        """A message: a page sees no ping of the protocol's own."""
        await self._text('{"event":"still-here"}')

    async def bye(self, *, is_stopping: bool) -> None:
        """A message, and the end of the connection."""
        await self._text('{"event":"bye","data":{}}')
        await self._send(
            {"type": "websocket.close", "code": _GOING_AWAY if is_stopping else _ENDED}
        )

    async def gone(self) -> None:
        """Until it is closed. A stream is heard and not spoken to: who sends something is cut off,
        for somebody could send for ever.
        """
        message: Message = {"type": "websocket.connect"}
        while message["type"] == "websocket.connect":
            message = await self._receive()
        if message["type"] == "websocket.receive":
            reason = "nothing is read here"
            await self._send({"type": "websocket.close", "code": _UNREAD, "reason": reason})

    async def _text(self, message: str) -> None:
        await self._send({"type": "websocket.send", "text": message})


def as_request(scope: Scope) -> Scope:
    """The handshake of a WebSocket as the request that it is, with the credential where every other
    request has it. A page of a browser, which can give no header, offers it as a subprotocol,
    ``bearer.TOKEN``, beside ``wideberth.v1``; it is not said back.

    Raises HttpProblem where it offers a token and not the protocol, or two tokens.
    """
    offered: list[str] = scope["subprotocols"]
    tokens = [each.removeprefix(_BEARER) for each in offered if each.startswith(_BEARER)]
    if tokens and SUBPROTOCOL not in offered:
        raise HttpProblem(
            400, "subprotocol", f"offer {SUBPROTOCOL} too", field="Sec-WebSocket-Protocol"
        )
    shown = [(b"authorization", f"Bearer {token}".encode("latin-1", "replace")) for token in tokens]
    # Two of them are refused, as two credentials are.
    request: dict[str, Any] = {**scope, "method": "GET", "headers": [*scope["headers"], *shown]}
    return request


def answering(scope: Scope, send: Send) -> Send:
    """Lets an answer of HTTP go out in the place of a WebSocket that was not accepted."""
    can_answer = "websocket.http.response" in scope.get("extensions", {})

    async def answer(message: Message) -> None:
        if not message["type"].startswith("http.response."):
            await send(message)
        elif can_answer:
            await send({**message, "type": f"websocket.{message['type']}"})
        elif message["type"] == "http.response.start":
            await send({"type": "websocket.close", "code": 1008})

    return answer


def _as_event(said: Said) -> bytes:
    number, name, data = said
    if number is None:
        return b"event: %s\ndata: %s\n\n" % (name.encode(), data)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, name.encode(), data)


def _as_frame(message: bytes) -> bytes:
    """The one frame of a message of text from a server (RFC 6455, 5.2): whole, not masked."""
    length = len(message)
    if length < 126:
        return b"\x81%c%b" % (length, message)
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + message
    return b"\x81\x7f" + length.to_bytes(8, "big") + message


def _as_message(said: Said) -> bytes:
    number, name, data = said
    if number is None:
        return b'{"event":"%s","data":%s}' % (name.encode(), data)
    return b'{"id":%d,"event":"%s","data":%s}' % (number, name.encode(), data)
