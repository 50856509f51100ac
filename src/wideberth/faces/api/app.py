"""The app: one ASGI callable over a node. In at the door, out as an answer or a problem.

A request passes in this order: the route, the credential, the limits, the query, the body (bounded,
parsed once), the handler. What goes wrong anywhere becomes problem details in one place.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import msgspec

from wideberth.decisions.outcome import refused
from wideberth.errors import InvalidValue
from wideberth.faces.api import codec
from wideberth.faces.api.answers import answer_to
from wideberth.faces.api.auth import author_of, is_remembered, refuse_reader, said_in
from wideberth.faces.api.carriers import EventStream, Socket, answering, as_request
from wideberth.faces.api.clocks import warning_of
from wideberth.faces.api.desk import Call, Desk, NodeLike
from wideberth.faces.api.doubts import says_new_doubt
from wideberth.faces.api.http import (
    PREFIX,
    Receive,
    Route,
    Router,
    Scope,
    Send,
    answer_json,
    answer_text,
    headers_of,
    read_body,
    send_answer,
)
from wideberth.faces.api.limits import Limits
from wideberth.faces.api.notices import says_new
from wideberth.faces.api.openapi import document
from wideberth.faces.api.problems import Answered, HttpProblem, problem_of
from wideberth.faces.api.routes import ROUTES
from wideberth.faces.api.stops import StopDesk, answer_aside
from wideberth.live import Live
from wideberth.measures import RequestSeen
from wideberth.model.commands import AcknowledgeNotice, ChangeIntentState, Command, Request
from wideberth.model.exercises import EXERCISE_HEADER, EXERCISE_WORD
from wideberth.model.ids import require_token
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.service import new_id
from wideberth.tokens import TokenRefused
from wideberth.wire.statements import body_type

__all__ = ["Api", "Operation", "create_app"]

_LARGE = 1 << 18  # bytes of a body, a millisecond: a larger one is parsed in a thread
_NOBODY: Any = None
_COUNTED = frozenset({"commands", "reads", "reports"})
_OWN_PATHS = ("/healthz", "/readyz", "/public")
_OWN = ("/api/", "/public/")  # and all below
_SWITCHING = 101  # the status of a WebSocket that was accepted (RFC 9110, 15.2.2)
_EXERCISE = (EXERCISE_HEADER.encode(), EXERCISE_WORD.encode())


class Tracer(Protocol):
    """Makes a span of a request (:mod:`wideberth.tracing`)."""

    def begin(self, headers: Mapping[bytes, bytes], began_ns: int) -> Any:
        """A request came in; gives its span."""
        ...

    def end(self, span: Any, seen: RequestSeen) -> None:
        """It was answered."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """How a node is operated. limits: None: nobody is held back. watchers: told of each request
    once it is answered, and of a stream once it ended. streams: counts open ones, by route and
    carrier.
    tracer: makes a span of each request.
    """

    limits: Limits | None = None
    watchers: Sequence[Callable[[RequestSeen], None]] = ()
    streams: Callable[[str, str, int], None] | None = None
    tracer: Tracer | None = None


@dataclass(slots=True)
class _Passage:
    """What is known of a request so far, for whoever watches."""

    id: str = ""
    route: str = ""
    party: str | None = None
    status: int = 0
    clock: str | None = None


def _marking(send: Send) -> Send:
    """Every answer of an exercise says so in a header, whatever it holds (X-03)."""

    async def marked(message: Any) -> None:
        if message["type"] in {"http.response.start", "websocket.accept"}:
            message["headers"] = [*message.get("headers", ()), _EXERCISE]
        await send(message)

    return marked


class Api:
    """The native API of a node, as an ASGI app. fallback: an app for paths outside of it."""

    def __init__(
        self,
        node: NodeLike,
        *,
        live: Live,
        fallback: Any = None,
        operation: Operation | None = None,
    ) -> None:
        self.desk = Desk(node, live)
        self._operation = operation or Operation()
        self._stop_desk = StopDesk(self.desk)
        self._limits = self._operation.limits
        self._fallback = fallback
        self._router = Router(ROUTES)
        self._bodies = {
            route: codec.body_decoder(route.body) for route in ROUTES if route.body is not None
        }
        self._statements = {
            route: codec.body_decoder(body_type(route.command, route.body, route.also))
            for route in ROUTES
            if route.command is not None
        }
        self._document = _encoded_document()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        is_socket = scope["type"] == "websocket"
        if is_socket:
            send = answering(scope, send)
        if self.desk.picture.space.exercise:
            send = _marking(send)
        path: str = scope["path"]
        is_own = is_socket or path.startswith(_OWN) or path in _OWN_PATHS
        if self._fallback is not None and not is_own:
            await self._fallback(scope, receive, send)
            return
        passage = _Passage()
        tracer = self._operation.tracer
        if not self._operation.watchers and tracer is None:
            await self._pass(scope, receive, send, passage)
            return
        passage.id = secrets.token_hex(8)
        began_ns = time.perf_counter_ns()
        span = None if tracer is None else tracer.begin(dict(scope["headers"]), began_ns)
        try:
            await self._pass(scope, receive, send, passage)
        finally:
            seen = RequestSeen(
                scope.get("method", "GET") if passage.route else "other",
                passage.route,
                passage.status,
                began_ns,
                time.perf_counter_ns(),
                passage.party,
                passage.id,
            )
            for watcher in self._operation.watchers:
                watcher(seen)
            if tracer is not None:
                tracer.end(span, seen)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, passage: _Passage) -> None:
        """Answer one request, whatever comes of it."""
        started = False

        async def sending(message: Any) -> None:
            nonlocal started
            if not started:
                started = True
                passage.status = message.get("status", _SWITCHING)
            await send(message)

        try:
            answer = await self._answer(scope, receive, sending, passage)
        except Exception as error:  # the top of the face: each becomes a problem
            answer = problem_of(error)
            if started:
                raise  # a stream that broke: the server closes the connection
        if answer is not None:
            passage.status = answer.status
            if passage.clock is not None:
                answer.headers.append((b"clock-off", passage.clock.encode()))
            if passage.id:
                answer.headers.append((b"x-request-id", passage.id.encode()))
            await send_answer(answer, send)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, passage: _Passage
    ) -> Answered | None:
        is_socket = scope["type"] == "websocket"
        if is_socket:
            scope = as_request(scope)
        headers = headers_of(scope)
        method, path = scope["method"], scope["path"]
        if path == f"{PREFIX}/openapi.json" and method == "GET" and not is_socket:
            self._take_unknown(scope)
            return Answered(200, [(b"content-type", b"application/json")], self._document)
        route, names = self._found(scope, passage)
        if route.urgent:
            return await self._stops(scope, headers, receive, passage)
        author = _NOBODY
        if not route.public:
            author = self._author(scope, headers, route)
            passage.party = author.party
            passage.clock = warning_of(self.desk.picture, author.party)
            refusal = refuse_reader(self.desk.picture, author, route.role)
            if author.party not in self.desk.picture.parties:
                self._take_unknown(scope)
            elif self._limits is not None and route.limit in _COUNTED:
                self._limits.take(route.limit, author.party)
            if refusal is not None:
                return problem_of(refusal)
        else:
            self._take_uncredited(scope, route)
        query = codec.decode_query(route.query, scope.get("query_string", b""))
        call = Call(self.desk, route, author, names, headers, query)
        if route.kind == "stream":
            made = Socket(scope, receive, send) if is_socket else EventStream(receive, send)
            call.carrier = made
            await self._stream(call)
            return None
        if route.kind == "write":
            return await self._write(call, scope, await read_body(headers, receive))
        if route.body is not None:
            await self._decode(call, await read_body(headers, receive))
        value = await route.handler(call)
        if isinstance(value, Refusal):
            return problem_of(value)
        if isinstance(value, Answered):
            return value
        return answer_text(value) if isinstance(value, str) else answer_json(value, route.status)

    def _found(self, scope: Scope, passage: _Passage) -> tuple[Route, dict[str, str]]:
        """The route and the names in its path. Raises HttpProblem, counted against the address."""
        try:
            route, names = self._router.find(scope["method"], scope["path"])
        except HttpProblem:
            self._take_unknown(scope)
            raise
        passage.route = route.full_path
        if scope["type"] == "websocket" and route.kind != "stream":
            self._take_unknown(scope)
            raise HttpProblem(400, "no-stream", "open a WebSocket at a stream alone")
        return route, names

    async def _stops(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, passage: _Passage
    ) -> Answered:
        """A STOP: neither limits nor the queue stand before one whose sender is known."""
        try:
            sender, answer = await self._stop_desk.take(scope, headers, receive)
        except TokenRefused:
            self._take_unknown(scope)
            raise
        except HttpProblem as problem:
            if problem.status == 401:
                self._take_unknown(scope)
            raise
        passage.party = sender
        return answer

    def _author(self, scope: Scope, headers: dict[bytes, bytes], route: Route) -> Author:
        """Who asks. Raises HttpProblem or TokenRefused; what proves nothing is counted against the
        address it came from.
        """
        header, verifier = headers.get(b"authorization"), self.desk.node.verifier
        try:
            if (
                self._limits is not None
                and route.limit != "never"
                and not is_remembered(header, verifier)
            ):
                self._limits.check_unknown(_host(scope))
            return author_of(header, verifier, scope.get("state", {}).get("client_certificate"))
        except TokenRefused:
            self._take_unknown(scope)
            raise
        except HttpProblem as problem:
            if problem.status == 401:
                self._take_unknown(scope)
            raise

    def _take_uncredited(self, scope: Scope, route: Route) -> None:
        """Count a request for what takes no credential. Raises HttpProblem 429."""
        if route.limit == "public" and self._limits is not None:
            self._limits.take_public(_host(scope))
        elif route.limit not in {"public", "never"}:
            self._take_unknown(scope)

    def _take_unknown(self, scope: Scope) -> None:
        """Count a request that showed no credential that counts. Raises HttpProblem 429."""
        if self._limits is not None:
            self._limits.take_unknown(_host(scope))

    async def _stream(self, call: Call) -> None:
        count, route = self._operation.streams, call.route.full_path
        carrier = "websocket" if isinstance(call.carrier, Socket) else "sse"
        with ExitStack() as stack:
            if self._limits is not None:
                stack.enter_context(self._limits.stream(call.party))
            if count is not None:
                count(route, carrier, 1)
                stack.callback(count, route, carrier, -1)
            await call.route.handler(call)

    async def _write(self, call: Call, scope: Scope, body: bytes) -> Answered:
        """A command for the record, and its answer once it is durable."""
        refusal = await self._take_in(call, body)
        if refusal is not None:
            return problem_of(refusal)
        if self._limits is not None and call.route.limit == "never" and not _says_new(call):
            self._limits.take("commands", call.party)
        key, author, said = _request_key(call), call.author, call.said
        command: Command = await call.route.handler(call)
        query: bytes = scope.get("query_string", b"")
        digest = hashlib.sha256(f"{scope['method']} {scope['path']}?".encode())
        digest.update(query + b"\n" + body)
        request = Request(author, command, key, digest.hexdigest())
        if said is not None:
            request = msgspec.structs.replace(
                request,
                author=said.author,
                said=said.compact,
                seq=said.statement.party_seq,
                previous=said.statement.prev or "",
                digest=said.digest,
            )
        if self.desk.urgent.takes_answers and isinstance(command, AcknowledgeNotice):
            return await answer_aside(self.desk, request, key)
        stood = None
        if isinstance(command, ChangeIntentState):  # an end takes it out of the picture
            stood = call.picture.intents.get(command.intent)
        done = await self.desk.service.submit(request)
        if isinstance(done, Refusal):
            return problem_of(done)
        answer = await answer_to(self.desk, done, call.party, stood=stood)
        given = [(b"idempotency-key", key.encode())]
        if done.repeated:
            given.append((b"idempotency-repeated", b"true"))
        return answer_json(answer, call.route.status, given)

    async def _take_in(self, call: Call, body: bytes) -> Refusal | None:
        """The body of a write: JSON, or a signed statement in its place."""
        kind = call.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != b"application/jose":
            if call.route.body is not None:
                await self._decode(call, body)
            return None
        if call.route.command is None:
            raise _wrong_kind("application/json")
        _require_plain(call)
        said = said_in(body, call.author, call.route.command, call.picture)
        if isinstance(said, Refusal):
            return said
        spoken = codec.decode_body(self._statements[call.route], bytes(said.statement.body))
        for name, _ in call.route.also:
            wanted = call.path.get(name, getattr(call.query, name, None))
            if getattr(spoken, name) != wanted:
                return refused(
                    RefusalKind.INVALID,
                    "statement-and-address",
                    f"what is signed names another {name} than the address",
                    field=name,
                    value=str(getattr(spoken, name)),
                )
        call.body, call.said = spoken, said
        return None

    async def _decode(self, call: Call, body: bytes) -> None:
        kind = call.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if call.route.form and kind == b"application/x-www-form-urlencoded":
            assert call.route.body is not None, "a form has a body"
            call.body = codec.decode_query(call.route.body, body)
            return
        if not body and not call.route.required:
            body = b"{}"
        elif kind != b"application/json":
            wanted = "application/json"
            raise _wrong_kind(wanted + " or application/jose" if call.route.command else wanted)
        _require_plain(call)
        decoder = self._bodies[call.route]
        if len(body) > _LARGE:
            call.body = await asyncio.to_thread(codec.decode_body, decoder, body)
        else:
            call.body = codec.decode_body(decoder, body)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                await self.enter(stack)
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def enter(self, stack: AsyncExitStack) -> None:
        """Start node, index and watch; the stack stops them."""
        await stack.enter_async_context(self.desk.node)
        listeners = self.desk.service.fold_listeners
        listeners.append(self.desk.rebuilt.listen)
        stack.callback(listeners.remove, self.desk.rebuilt.listen)
        self.desk.rebuilt.catch_up(self.desk.picture)
        await stack.enter_async_context(self.desk.live)
        warnings, live = self.desk.outbound.warnings, self.desk.live
        warnings.track_open, warnings.one_with = live.is_track_open, live.one_with
        warnings.know, before = live.know, warnings.know
        stack.callback(setattr, warnings, "know", before)  # what is told goes on a little longer


@cache
def _encoded_document() -> bytes:
    """The OpenAPI document, made once in a process: it takes some tenths of a second."""
    return msgspec.json.encode(document(ROUTES))


def create_app(
    node: NodeLike,
    *,
    live: Live | None = None,
    fallback: Any = None,
    operation: Operation | None = None,
) -> Api:
    """The API of a node. Its lifespan runs the node; fallback: an ASGI app for other paths, such
    as the console's files. operation: limits, and who watches; None: neither.
    """
    return Api(node, live=live or Live(node.service), fallback=fallback, operation=operation)


def _says_new(call: Call) -> bool:
    return says_new_doubt(call) if call.route.command == "RaiseDoubt" else says_new(call)


def _host(scope: Scope) -> str | None:
    """The address that a request came from."""
    client: tuple[str, int] | None = scope.get("client")
    return None if client is None else client[0]


def _request_key(call: Call) -> str:
    """The idempotency key: the statement's, the header's, or a fresh one. Raises InvalidValue."""
    header = call.headers.get(b"idempotency-key")
    given = None if header is None else header.decode("latin-1")
    if call.said is not None:
        signed = call.said.statement.request
        if given is not None and given != signed:
            raise InvalidValue(
                "Idempotency-Key, request", "two-keys", [given, signed], "give the key once"
            )
        return signed
    return new_id() if given is None else require_token(given, field="Idempotency-Key")


def _require_plain(call: Call) -> None:
    """Raises HttpProblem for a body that is said to be compressed: none is unpacked here."""
    coding = call.headers.get(b"content-encoding", b"identity").strip().lower()
    if coding != b"identity":
        raise HttpProblem(
            415, "content-encoding", "send it as it is, not compressed", field="Content-Encoding"
        )


def _wrong_kind(wanted: str) -> HttpProblem:
    return HttpProblem(415, "content-type", f"send {wanted}", field="Content-Type")
