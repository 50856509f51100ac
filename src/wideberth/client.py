"""A client of the native HTTP API: tokens, signed statements, safe retries, a stream that resumes.

>>> async def tell(url, token, intent):
...     async with Client(url, token) as client:
...         return (await client.submit_intent(intent))["intent"]["id"]

A write carries a key of its own and is sent again with it until there is an answer, so that a cut
line makes it neither lost nor double. A party's key signs statements in a chain: each names the
one before, and one is under way at a time. The chain stands in a file beside the key before a
statement leaves, so that a client that died with one under way settles it first.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey

from wideberth.errors import InvalidValue, RecordUnavailable, WideberthError, system_reason
from wideberth.eventstream import Event, Order, StreamGap, Wanted, parsed
from wideberth.model.envelope import (
    Statement,
    parse_statement,
    sign_possession,
    sign_statement,
    statement_digest,
)
from wideberth.model.exercises import EXERCISE_HEADER
from wideberth.model.ids import KeyId, PartyId, require_party_id, require_token
from wideberth.record.keys import sync_folder, write_new
from wideberth.sealed.texts import Sealer
from wideberth.space.time import format_rfc3339

__all__ = [
    "ApiProblem",
    "Client",
    "Event",
    "PartyKey",
    "Settled",
    "StreamGap",
    "Unreachable",
    "Wanted",
]

API = "/api/v1"
Json = Mapping[str, Any]
_RETRIED = frozenset({429, 502, 503, 504})
# Of a transport's errors: those that come before a first byte of the request has left.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LONGEST_PAUSE_S = 5.0
_SILENCE_S = 30.0  # three heartbeats of the stream


class ApiProblem(WideberthError):
    """The node said no. status: HTTP's; document: RFC 9457 problem details as they came.

    attempts: how often it was asked; more than once, and an earlier one may have got through.
    """

    def __init__(self, status: int, document: Json, attempts: int = 1) -> None:
        self.status = status
        self.attempts = attempts
        self.document = document
        self.rule = str(document.get("rule", ""))
        detail = document.get("detail") or document.get("title") or ""
        field, value = document.get("field"), document.get("value")
        named = f"{field}: " if field and field != "Authorization" else ""
        came = "" if value in (None, "") else f" [got {value!r}]"
        super().__init__(f"{status} {self.rule}: {named}{detail}{came}")


class Unreachable(WideberthError):
    """No answer of url, after every retry. What became of a write: GET /requests/{key}.

    was_sent: whether anything left; where it did not, nothing has happened.
    """

    def __init__(
        self, url: str, attempts: int, reason: str, key: str | None, *, was_sent: bool = True
    ) -> None:
        self.url = url
        self.attempts = attempts
        self.key = key
        self.was_sent = was_sent
        times = f"{attempts} attempts" if attempts > 1 else "1 attempt"
        if not was_sent:
            after = "; nobody listens there, or it cannot be reached; nothing was sent"
        else:
            after = f"; request key: {key}" if key else ""
        super().__init__(f"no answer of {url} after {times} ({reason}){after}")


class Settled(msgspec.Struct, frozen=True):
    """What became of a statement whose answer was not known. answer: as it was given; None: it was
    refused, and refusal says why: it was never in the record.
    """

    method: str
    path: str
    statement: Statement
    answer: Any = None
    refusal: str = ""

    def is_same(self, method: str, path: str, command: str, body: Json) -> bool:
        """Whether this says the same, of the same things, as what is about to be signed."""
        said = self.statement
        return (
            (self.method, self.path, said.type) == (method, path, command)
            and msgspec.json.decode(said.body) == msgspec.json.decode(msgspec.json.encode(body))
        )  # fmt: skip


class _Pending(msgspec.Struct, frozen=True):
    """A statement that left, or was about to, and whose answer is not known."""

    method: str
    path: str
    statement: str

    @property
    def said(self) -> Statement:
        """What it says."""
        return parse_statement(self.statement)

    @property
    def digest(self) -> str:
        """The digest by which the next statement of the chain would name it."""
        return statement_digest(self.statement)


class _Chain(msgspec.Struct, frozen=True):
    """Where the key's chain stands: the last statement that was applied, and one under way."""

    last_seq: int = 0
    last_digest: str | None = None
    pending: _Pending | None = None


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    party: str
    key_id: str
    seed: str


class PartyKey:
    """A party's signing key and its chain of statements to one record. Never printed.

    Kept by the party: the service never holds it. path: its file; None while only in memory.
    """

    __slots__ = ("_chain", "_signing_key", "key_id", "origin", "party", "path")

    def __init__(self, origin: str, party: PartyId, key_id: KeyId, signing_key: SigningKey) -> None:
        """Raises InvalidValue for a malformed party or key id."""
        self.origin = origin
        self.party = require_party_id(party)
        self.key_id = KeyId(require_token(key_id, field="key_id"))
        self.path: Path | None = None
        self._signing_key = signing_key
        self._chain = _Chain()

    @classmethod
    def make(cls, origin: str, party: PartyId, key_id: KeyId) -> PartyKey:
        """A new key; in memory only until it is saved."""
        return cls(origin, party, key_id, SigningKey.generate())

    @classmethod
    def load(cls, path: Path) -> PartyKey:
        """The key of a file that save wrote, with its chain.

        Raises RecordUnavailable, InvalidValue.
        """
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
            seed = urlsafe_b64decode(kept.seed)
            key = cls(kept.origin, PartyId(kept.party), KeyId(kept.key_id), SigningKey(seed))
            if path.stat().st_mode & 0o077:  # looked at last: of no key there is nothing to keep
                raise InvalidValue("key file", "mode", str(path), f"run: chmod 600 {path}")
            chain = _chain_path(path)
            if chain.exists():
                key._chain = msgspec.json.decode(chain.read_bytes(), type=_Chain)
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        except (ValueError, TypeError) as error:
            if isinstance(error, InvalidValue):
                raise
            # Nothing of the file goes into an error: it is a secret.
            raise InvalidValue(
                "key file", "key-file", str(path), "give a party's key file"
            ) from None
        key.path = path
        return key

    def save(self, path: Path) -> None:
        """Write a new file of mode 0600. Raises RecordUnavailable where one exists."""
        seed = urlsafe_b64encode(bytes(self._signing_key)).decode("ascii")
        kept = _KeyFile(self.origin, self.party, self.key_id, seed)
        try:
            write_new(path, msgspec.json.encode(kept) + b"\n")
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        self.path = path

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that are enrolled."""
        return bytes(self._signing_key.verify_key)

    def proof_of_possession(self) -> bytes:
        """What enrolment asks for: the 64-byte signature over the enrolment text."""
        return sign_possession(
            self._signing_key, origin=self.origin, kid=f"{self.party}/{self.key_id}"
        )

    @property
    def sealer(self) -> Sealer:
        """What seals and signs in this key's name."""
        return Sealer(self.origin, self.party, self.key_id, self._signing_key)

    def unseal(self, box: bytes) -> bytes:
        """What was sealed to this key's X25519 form. Raises InvalidValue where it was not."""
        try:
            return SealedBox(self._signing_key.to_curve25519_private_key()).decrypt(box)
        except (CryptoError, ValueError, TypeError):
            raise InvalidValue(
                "box", "sealed-to-another", f"{self.party}/{self.key_id}", "open it with its key"
            ) from None

    def for_origin(self, origin: str) -> PartyKey:
        """The same key for another log, its chain at the beginning; in memory until it is saved.

        For a new epoch of the log, which says so in its first entry.
        """
        return PartyKey(origin, self.party, self.key_id, self._signing_key)

    @property
    def pending(self) -> _Pending | None:
        """The statement whose answer is not known."""
        return self._chain.pending

    @property
    def is_settled(self) -> bool:
        """Whether every statement so far has its answer."""
        return self._chain.pending is None

    def sign(self, command: str, body: Json, *, method: str, path: str, request: str) -> str:
        """The next statement of the chain, now pending: on disk, where the key is, on return."""
        chain = self._chain
        statement = Statement(
            origin=self.origin,
            party=self.party,
            key_id=self.key_id,
            party_seq=chain.last_seq + 1,
            prev=chain.last_digest,
            type=command,
            request=request,
            body=msgspec.Raw(msgspec.json.encode(body)),
        )
        compact = sign_statement(statement, self._signing_key)
        self._keep(msgspec.structs.replace(chain, pending=_Pending(method, path, compact)))
        return compact

    def settle(self, *, is_applied: bool) -> None:
        """The pending statement was answered: it is the chain's last one now, or never was."""
        chain = self._chain
        if chain.pending is None:
            return
        if is_applied:
            self._keep(_Chain(chain.last_seq + 1, statement_digest(chain.pending.statement)))
        else:
            self._keep(_Chain(chain.last_seq, chain.last_digest))

    def _keep(self, chain: _Chain) -> None:
        self._chain = chain
        if self.path is None:
            return
        path = _chain_path(self.path)
        new = path.with_name(f"{path.name}.new")
        try:
            new.unlink(missing_ok=True)
            write_new(new, msgspec.json.encode(chain))
            new.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error


class Client:
    """One party's line to a node. Use as an async context.

    token: the bearer token, or a function that gives a current one. key: signs what needs it.
    transport: for tests, an ASGI app in place of the network. attempts: how often a request is
    sent; unheard: how often at most where nobody listens, so that a node may be starting again.
    Raises InvalidValue for a URL that is none.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str],
        *,
        key: PartyKey | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        attempts: int = 8,
        unheard: int | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            advice = "begin it with http:// or https://, like http://127.0.0.1:8470"
            raise InvalidValue("url", "url", url, advice)
        self.url = url
        self._token = token
        self._key = key
        self._attempts = attempts
        self._unheard = attempts if unheard is None else unheard
        self._sleep = sleep
        self._signing = asyncio.Lock()  # one statement of the chain is under way at a time
        self.settled: Settled | None = None
        """What became of the last statement that had been pending."""
        self.is_exercise = False
        """Whether the last answer was of an exercise."""
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/") + API, transport=transport, timeout=httpx.Timeout(10.0)
        )

    async def __aenter__(self) -> Self:
        """Open for use."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self._http.aclose()

    @property
    def is_settled(self) -> bool:
        """Whether every statement that was signed so far has its answer."""
        return self._key is None or self._key.is_settled

    # What every call is made of.

    async def get(self, path: str, **query: str | float | None) -> Any:
        """The JSON answer to a read. Raises ApiProblem, Unreachable."""
        wanted = {name: value for name, value in query.items() if value is not None}
        response = await self._send("GET", path, params=wanted)
        return msgspec.json.decode(response.content)

    async def write(
        self, method: str, path: str, body: Json | None = None, *, request: str | None = None
    ) -> Any:
        """The answer to a write, attested by the token; sent until answered, applied once.

        request: the idempotency key; a fresh one where None. Raises ApiProblem, Unreachable.
        """
        request = request or _fresh()
        response = await self._send(
            method,
            path,
            content=b"" if body is None else msgspec.json.encode(body),
            headers={"Content-Type": "application/json", "Idempotency-Key": request},
            request=request,
        )
        return _decoded(response)

    async def signed(
        self, method: str, path: str, command: str, body: Json, *, request: str | None = None
    ) -> Any:
        """The answer to a write that the party's key signs. command: its name in the model.

        Raises InvalidValue without a key, ApiProblem, Unreachable. After the last the statement
        is pending, and settled before the next one is signed; but where nothing was sent, it is
        as if it had not been signed.
        """
        key = self._key
        if key is None:
            raise InvalidValue("key", "key-missing", None, "give this client the party's key")
        async with self._signing:
            await self.settle_pending()
            request = request or _fresh()
            key.sign(command, body, method=method, path=path, request=request)
            return await self._send_pending(key, request)

    async def settle_pending(self) -> Settled | None:
        """Send the statement again whose answer is not known; applied once, whatever happened.

        Gives what became of it; None where there was none.
        """
        key = self._key
        if key is None or key.pending is None:
            return None
        pending = key.pending
        found = Settled(pending.method, pending.path, pending.said)
        try:
            answer = await self._send_pending(key, None)
        except ApiProblem as problem:
            if not key.is_settled:
                raise
            logging.getLogger(__name__).info("the pending statement was refused: %s", problem)
            self.settled = msgspec.structs.replace(found, refusal=str(problem))
        else:
            self.settled = msgspec.structs.replace(found, answer=answer)
        return self.settled

    # The calls.

    async def space(self) -> Any:
        """Public facts: origin, key, host, exercise, and what acknowledgement does not mean."""
        return await self.get("/space")

    async def submit_intent(self, body: Json, *, signed: bool = False) -> Any:
        """Tell a new intent."""
        return await self._ask("POST", "/intents", "SubmitIntent", body, signed=signed)

    async def amend_intent(self, intent: str, body: Json, *, signed: bool = False) -> Any:
        """Tell a new version of an intent; body carries the ovn that it replaces."""
        named = {**body, "intent": intent} if signed else body
        return await self._ask("PUT", f"/intents/{intent}", "AmendIntent", named, signed=signed)

    async def change_state(self, intent: str, ovn: str, step: str, *, signed: bool = False) -> Any:
        """Take a step with an intent: activate, declare-nonconforming, declare-contingent, end."""
        body: dict[str, Any] = {"ovn": ovn, "step": step}
        if signed:
            body["intent"] = intent
        return await self._ask(
            "POST", f"/intents/{intent}/state", "ChangeIntentState", body, signed=signed
        )

    async def check_intent(self, body: Json) -> Any:
        """What an intent would touch; nothing is told."""
        return await self.write("POST", "/intents/check", body)

    async def declare_zone(self, body: Json, *, signed: bool = False) -> Any:
        """Declare a zone."""
        return await self._ask("POST", "/zones", "DeclareZone", body, signed=signed)

    async def subscribe(self, volume: Json) -> Any:
        """Ask to be told of whatever touches a volume."""
        return await self.write("POST", "/subscriptions", {"volume": volume})

    async def notices(self, *, state: str = "open", after: int = 0, limit: int = 100) -> Any:
        """A page of the party's notices."""
        return await self.get("/notices", state=state, after=after, limit=limit)

    async def acknowledge(self, notice: str | Json, verb: str, **fields: Any) -> Any:
        """Answer a notice. RECEIVED goes by the token; whatever means more is signed.

        notice: as it was read, so that the answer names the content and the difference that it
        answers (R-02, N-16); its id alone will do for RECEIVED, CANNOT-COMPLY and DISPUTED.
        fields: unit, system, reason, read_back, attested, as the verb needs them. This computer's
        clock goes with it.
        """
        read: Json = {"id": notice} if isinstance(notice, str) else notice
        body: dict[str, Any] = {
            "verb": verb,
            "clock": format_rfc3339(time.time_ns() // 1000),
            **fields,
        }
        for name in ("content", "difference"):
            if read.get(name) is not None:
                body.setdefault(name, read[name])
        path = f"/notices/{read['id']}/acknowledgements"
        is_signed = verb != "RECEIVED"
        if is_signed:
            body["notice"] = read["id"]
        return await self._ask("POST", path, "AcknowledgeNotice", body, signed=is_signed)

    async def doubt(
        self,
        statement: str,
        *,
        intent: str | None = None,
        zone: str | None = None,
        notice: str | None = None,
        signed: bool = False,
    ) -> Any:
        """Doubt an intent (a site, a hazard), a zone, or what a notice tells of: one of them."""
        named = {"intent": intent, "zone": zone, "notice": notice}
        about = {name: value for name, value in named.items() if value is not None}
        body = {"statement": statement, **about}
        return await self._ask("POST", "/doubts", "RaiseDoubt", body, signed=signed)

    async def answer_doubt(self, doubt: str, state: str, statement: str) -> Any:
        """Answer a doubt about what is the party's (``answered``), or say that it stays open
        (``accepted-open``). Signed.
        """
        body = {"doubt": doubt, "state": state, "statement": statement}
        return await self.signed("POST", f"/doubts/{doubt}/answer", "AnswerDoubt", body)

    async def contest_count(
        self, agreement: str, version: int, item: str, reason: str, *, signed: bool = False
    ) -> Any:
        """Say why an item that a report counts under an agreement should not be counted."""
        body = {"version": version, "item": item, "reason": reason}
        path = f"/agreements/{agreement}/contests"
        if signed:
            named = {"agreement": agreement, **body}
            return await self.signed("POST", path, "ContestCount", named)
        return await self.write("POST", path, body)

    async def send_tracks(self, feed: str, reports: list[Json]) -> Any:
        """Report positions of moving things."""
        return await self.write("POST", "/tracks", {"feed": feed, "reports": reports})

    async def became_of(self, request: str) -> Any:
        """What became of a request; None where it is not in the record: nothing happened."""
        try:
            return await self.get(f"/requests/{request}")
        except ApiProblem as problem:
            if problem.status == 404:
                return None
            raise

    async def checkpoint(self, *, witnesses: int = 0) -> str:
        """The record's signed head: keep it, and hand it to ``wideberth verify --checkpoint``.

        witnesses: the newest head that so many of them cosigned. Raises ApiProblem without one.
        """
        wanted = {"witnesses": witnesses} if witnesses else {}
        return (await self._send("GET", "/record/checkpoint", params=wanted)).text

    async def events(self, after: int = 0, wanted: Wanted | None = None) -> AsyncGenerator[Event]:
        """The party's events after number after, each once, in order, for as long as one listens;
        and those without a number as they come. wanted: which of them; None: all.

        A cut line is taken up again where it broke. Raises ApiProblem where the node says no,
        StreamGap where it leaves a number out without saying so, or ends before what it gave.
        """
        pause_s = 0.0
        order = Order(after)
        while True:
            try:
                async with aclosing(self._connected(order.after, wanted)) as events:
                    async for event in events:
                        if order.is_next(event):
                            pause_s = 0.0
                            yield event
            except httpx.TransportError:
                pass
            except ApiProblem as problem:
                if problem.status not in _RETRIED:
                    raise
            pause_s = min(_LONGEST_PAUSE_S, max(0.1, pause_s * 2))
            await self._sleep(pause_s)

    async def _ask(self, method: str, path: str, command: str, body: Json, *, signed: bool) -> Any:
        if signed:
            return await self.signed(method, path, command, body)
        return await self.write(method, path, body)

    async def _send_pending(self, key: PartyKey, request: str | None) -> Any:
        pending = key.pending
        if pending is None:
            raise InvalidValue("key", "nothing-pending", None, "sign a statement first")
        try:
            response = await self._send(
                pending.method,
                pending.path,
                content=pending.statement.encode("ascii"),
                headers={"Content-Type": "application/jose"},
                request=request or "(of the pending statement)",
            )
        except ApiProblem as problem:
            is_first = request is not None and problem.attempts == 1
            # A refusal changed nothing. But a token that expired since says nothing of what an
            # earlier sending did.
            if problem.status < 500 and (problem.status != 401 or is_first):
                key.settle(is_applied=False)
            raise
        except Unreachable as error:
            if request is not None and not error.was_sent:
                key.settle(is_applied=False)  # nobody has it, so nothing can become of it
            raise
        key.settle(is_applied=True)
        return _decoded(response)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        request: str | None = None,
    ) -> httpx.Response:
        """Send until there is an answer that counts. The same bytes each time."""
        reason, was_sent, unheard, attempts = "", False, 0, 0
        for attempt in range(self._attempts):
            attempts += 1
            pause_s = min(_LONGEST_PAUSE_S, 0.1 * 2 ** min(attempt, 10))
            try:
                response = await self._http.request(
                    method,
                    path,
                    content=content,
                    params=params,
                    headers={**self._bearer(), **(headers or {})},
                )
            except httpx.TransportError as error:
                reason = type(error).__name__
                if not isinstance(error, _NEVER_LEFT):
                    was_sent = True
                else:
                    unheard += 1
                    if unheard >= self._unheard:
                        break
            else:
                was_sent = True
                self.is_exercise = EXERCISE_HEADER in response.headers
                if response.status_code not in _RETRIED:
                    return _checked(response, attempt + 1)
                reason = f"status {response.status_code}"
                pause_s = min(_LONGEST_PAUSE_S, _retry_after_s(response) or pause_s)
            if attempt + 1 < self._attempts:
                await self._sleep(pause_s)
        raise Unreachable(self.url, attempts, reason, request, was_sent=was_sent)

    async def _connected(self, after: int, wanted: Wanted | None) -> AsyncGenerator[Event]:
        """The events of one connection."""
        headers = {**self._bearer(), "Accept": "text/event-stream", "Last-Event-ID": str(after)}
        timeout = httpx.Timeout(10.0, read=_SILENCE_S)
        params = {"after": str(after), **({} if wanted is None else wanted.query())}
        async with self._http.stream(
            "GET", "/stream", params=params, headers=headers, timeout=timeout
        ) as response:
            if response.status_code != 200:
                await response.aread()
                raise ApiProblem(_checked(response).status_code, {"title": "no stream"})
            async with aclosing(parsed(response.aiter_bytes())) as events:
                async for event in events:
                    yield event

    def _bearer(self) -> dict[str, str]:
        token = self._token if isinstance(self._token, str) else self._token()
        return {"Authorization": f"Bearer {token}"}


def _checked(response: httpx.Response, attempts: int = 1) -> httpx.Response:
    if response.status_code < 400:
        return response
    try:
        document = msgspec.json.decode(response.content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = {"title": response.reason_phrase}
    raise ApiProblem(response.status_code, document, attempts)


def _decoded(response: httpx.Response) -> Any:
    return msgspec.json.decode(response.content) if response.content else None


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def _fresh() -> str:
    """A request key: 128 random bits."""
    return f"r-{secrets.token_hex(16)}"


def _chain_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.chain")
