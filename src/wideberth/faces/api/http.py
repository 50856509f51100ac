"""The thin part over ASGI: the route table's rows, the router made of them, bodies and answers.

Starlette's Request and Response cost as much as a decision does; this is what the face needs of
them. Every input is bounded: the header, the body (while it streams in), each name in a path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from wideberth.faces.api.problems import Answered, HttpProblem
from wideberth.model.parties import Role
from wideberth.wire import asked

__all__ = [
    "MAX_BODY_BYTES",
    "PREFIX",
    "Message",
    "Receive",
    "Route",
    "Router",
    "Scope",
    "Send",
    "answer_json",
    "answer_text",
    "read_body",
    "send_answer",
]

PREFIX = "/api/v1"
MAX_BODY_BYTES = 1_048_576
MAX_HEADER_BYTES = 32_768
MAX_NAME = 128  # characters of one name in a path

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[..., Awaitable[Any]]

_LIMIT_OF_KIND = {"read": "reads", "write": "commands", "stream": "streams"}
_encoder = msgspec.json.Encoder()
_COMMON = [(b"x-content-type-options", b"nosniff")]
_NO_STORE = (b"cache-control", b"no-store")


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table from which the router, the OpenAPI document and the manual are made.

    path: below /api/v1 (or from the root, where it starts with two slashes); a last name of
    ``{name...}`` takes the rest of the path. role: what the credential must carry; None: any.
    public: no credential. body, query: what comes in; answer: what goes out, or a media type.
    command: the type of the signed statement that may stand in the place of the body; also: names
    from path or query that stand in a statement's body, with their types.
    kind: ``read``, ``write`` (a command for the record) or ``stream``. limited_as: what it counts
    as against limits, where its kind does not say so; ``public``: against its address's own.
    urgent: it has a way of its own, before the credential, limits and the queue
    (:mod:`wideberth.faces.api.stops`). form: the body may come as a page's form sends it.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answer: type | str
    kind: str = "read"
    status: int = 200
    query: type[msgspec.Struct] = asked.Nothing
    body: type[msgspec.Struct] | None = None
    role: Role | None = None
    public: bool = False
    command: str | None = None
    also: tuple[tuple[str, type], ...] = ()
    limited_as: Literal["commands", "reads", "reports", "streams", "public", "never"] | None = None
    urgent: bool = False
    form: bool = False

    @property
    def limit(self) -> str:
        """What a request counts as against its party's limits; ``never``: it is not counted."""
        return self.limited_as or _LIMIT_OF_KIND[self.kind]

    @property
    def required(self) -> bool:
        """Whether a body must be sent."""
        return self.body is not None and self.body is not asked.EmptyIn

    @property
    def full_path(self) -> str:
        """The path from the root."""
        return self.path[1:] if self.path.startswith("//") else PREFIX + self.path

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the path."""
        parts = self.full_path.split("/")
        return tuple(part.strip("{}").removesuffix("...") for part in parts if part[:1] == "{")


@dataclass(slots=True)
class _Node:
    static: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    named: _Node | None = None
    rest: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict[str, Route])


class Router:
    """Finds the route of a path and a method."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._plain: dict[tuple[str, str], Route] = {}  # those without names, found at once
        for route in routes:
            node = self._root
            for part in route.full_path.split("/")[1:]:
                node = _grown(node, part)
            assert route.method not in node.routes, f"two routes: {route.method} {route.path}"
            node.routes[route.method] = route
            if not route.names:
                self._plain[route.method, route.full_path] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and the values of its names. Raises HttpProblem 404 or 405."""
        plain = self._plain.get((method, path))
        if plain is not None:
            return plain, {}
        node = self._root
        values: list[str] = []
        parts = path.split("/")
        for index in range(1, len(parts)):
            part = parts[index]
            after = node.static.get(part)
            if after is None and node.rest is not None:
                values.append("/".join(parts[index:]))
                node = node.rest
                break
            if after is None:
                after = node.named
                values.append(part)
            if after is None:
                raise _unknown_path()
            node = after
        if not node.routes or any(not 0 < len(value) <= MAX_NAME for value in values):
            raise _unknown_path()
        route = node.routes.get(method)
        if route is None:
            allowed = ", ".join(sorted(node.routes))
            below = sorted(name for name, each in node.static.items() if "POST" in each.routes)
            more = f", or POST to what is below it: {', '.join(below)}" if below else ""
            raise HttpProblem(
                405,
                "method",
                f"use one of {allowed}{more}",
                headers=((b"allow", allowed.encode()),),
            )
        return route, dict(zip(route.names, values, strict=True))


def _grown(node: _Node, part: str) -> _Node:
    if part.endswith("...}"):
        node.rest = node.rest or _Node()
        return node.rest
    if part.startswith("{"):
        node.named = node.named or _Node()
        return node.named
    return node.static.setdefault(part, _Node())


def _unknown_path() -> HttpProblem:
    return HttpProblem(404, "no-such-path", f"{PREFIX}/openapi.json lists the paths")


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The header fields, the first of each name. Raises HttpProblem 431; 400 for a credential that
    stands twice, of which a proxy in front may have judged the other.
    """
    given: list[tuple[bytes, bytes]] = scope["headers"]
    found: dict[bytes, bytes] = {}
    size = 0
    for name, value in given:
        size += len(name) + len(value)
        if name == b"authorization" and name in found:
            raise HttpProblem(400, "given-twice", "send one credential", field="Authorization")
        found.setdefault(name, value)
    if size > MAX_HEADER_BYTES:
        raise HttpProblem(
            431, "header-size", f"keep the header within {MAX_HEADER_BYTES} bytes in all"
        )
    return found


async def read_body(
    headers: dict[bytes, bytes], receive: Receive, *, most: int = MAX_BODY_BYTES
) -> bytes:
    """The whole body, bounded while it streams in. Raises HttpProblem 413."""
    stated = headers.get(b"content-length")
    if stated is not None and (not stated.isdigit() or int(stated) > most):
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HttpProblem(400, "cut-short", "the body ended before it was complete")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(most: int) -> HttpProblem:
    return HttpProblem(413, "body-size", f"keep a body within {most} bytes")


def answer_json(
    value: Any, status: int = 200, headers: Iterable[tuple[bytes, bytes]] = ()
) -> Answered:
    """An answer in JSON."""
    return Answered(status, [(b"content-type", b"application/json"), *headers], encode(value))


def answer_text(text: str) -> Answered:
    """An answer that is a note of the record: text, its bytes exact."""
    return Answered(200, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())


def encode(value: Any) -> bytes:
    """JSON of a wire struct."""
    return _encoder.encode(value)


async def send_answer(answer: Answered, send: Send) -> None:
    """Send it whole; nobody keeps it, unless it says itself for how long."""
    # of a 304 the length would be that of what is not sent (RFC 9110, 8.6)
    length = [] if answer.status == 304 else [(b"content-length", b"%d" % len(answer.body))]
    kept = any(name == b"cache-control" for name, _ in answer.headers)
    common = _COMMON if kept else [_NO_STORE, *_COMMON]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, *length, *common],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
