"""STOP: a way of its own through the API, before limits, roles and the queue of commands.

Who sends it is told as far as its credential proves it: a statement that verifies, or a token that
counts. Where neither does, but what came names a party of this space and a key of it or of a
trusted issuer, it is sent UNVERIFIED, and few of those at a time. Anybody else is refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wideberth.aside import Kept
from wideberth.decisions.outcome import Repeated
from wideberth.errors import InvalidValue
from wideberth.faces.api import codec, told, views
from wideberth.faces.api.answers import answer_to
from wideberth.faces.api.auth import author_of, claimed_by
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import Receive, Scope, answer_json, read_body
from wideberth.faces.api.limits import Buckets
from wideberth.faces.api.problems import Answered, HttpProblem, problem_of
from wideberth.faces.api.stops_seen import stop_recorded, stop_waiting
from wideberth.model.commands import AcknowledgeNotice, Command, Request
from wideberth.model.envelope import Statement, parse_statement, statement_digest, verify_statement
from wideberth.model.ids import PartyId, UnitToken, require_token
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.parties import SYSTEM, Author, How
from wideberth.model.refusals import Refusal
from wideberth.model.stop_reads import AcknowledgeStop
from wideberth.model.stops import Identified, Stop, TellStop, stop_id
from wideberth.service import new_id
from wideberth.space.time import format_rfc3339
from wideberth.tokens import TokenRefused
from wideberth.urgent import Sent
from wideberth.wire import asked
from wideberth.wire.meaning import stop_of
from wideberth.wire.statements import body_type

__all__ = [
    "MAX_STOP_BYTES",
    "StopDesk",
    "answer_aside",
    "became_of_sent",
    "list_stops",
    "read_stop",
    "show_stop",
    "unreached",
]

MAX_STOP_BYTES = 65_536
BODY_S = 10.0
"""How long the body of a STOP may take to come in."""

WITHIN_S = 1.0
"""How long the answer waits for the record; the STOP has left by then."""

UNVERIFIED_PER_S = 0.1
UNVERIFIED_BURST = 3
"""Of UNVERIFIED ones of one claimed sender, with one thing that its credential lacks."""

MOST_UNVERIFIED = 300
"""So many may wait for the record."""

_COMMAND = "TellStop"


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who sends it, as far as that is proved. said: the statement, where it verifies."""

    party: PartyId
    author: Author
    identified: Identified
    doubts: str | None = None
    said: str | None = None


class StopDesk:
    """Takes STOPs. clock_s: a clock that only rises."""

    def __init__(self, desk: Desk, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock_s = clock_s
        self._unverified = Buckets(UNVERIFIED_PER_S, UNVERIFIED_BURST / UNVERIFIED_PER_S)
        self._body = codec.body_decoder(asked.StopIn)
        self._statement = codec.body_decoder(body_type(_COMMAND, asked.StopIn, ()))

    async def take(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> tuple[PartyId, Answered]:
        """The sender, and the answer once the STOP has left. Raises HttpProblem, TokenRefused,
        InvalidValue.
        """
        try:
            async with asyncio.timeout(BODY_S):
                body = await read_body(headers, receive, most=MAX_STOP_BYTES)
        except TimeoutError:
            raise HttpProblem(400, "cut-short", f"send the body within {BODY_S:g} s") from None
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        statement, compact = None, ""
        if kind == b"application/jose":
            compact, statement = _statement_in(body)
            spoken: Any = codec.decode_body(self._statement, bytes(statement.body))
            wire: asked.StopIn = spoken
        elif body and kind != b"application/json":
            raise HttpProblem(
                415,
                "content-type",
                "send application/json or application/jose",
                field="Content-Type",
            )
        else:
            wire = codec.decode_body(self._body, body or b"{}")
        certificate = scope.get("state", {}).get("client_certificate")
        sender = self._sender(headers, certificate, statement, compact)
        self._hold_back(sender)
        key = _key(headers, statement)
        kept = self._kept(sender, wire, key, body, statement)
        return sender.party, await self._send(kept, key)

    def _sender(
        self,
        headers: dict[bytes, bytes],
        certificate: Any,
        statement: Statement | None,
        compact: str,
    ) -> _Sender:
        """Raises HttpProblem 401 or TokenRefused for one that is not known here."""
        lacks: str | None = None
        if statement is not None:
            lacks = self._lacks(statement, compact)
            key = self._desk.picture.keys.get((statement.party, statement.key_id))
            if lacks is None and key is not None:
                author = Author(statement.party, How.SIGNED, statement.key_id, key.roles)
                return _Sender(statement.party, author, Identified.SIGNED, said=compact)
        header, verifier = headers.get(b"authorization"), self._desk.node.verifier
        try:
            author = author_of(header, verifier, certificate)
            if author.party in self._desk.picture.parties:
                return _Sender(author.party, author, Identified.ATTESTED)
        except (TokenRefused, HttpProblem) as refused:
            if lacks is not None and statement is not None and self._is_enrolled(statement):
                return _Sender(statement.party, SYSTEM, Identified.UNVERIFIED, lacks)
            if not isinstance(refused, TokenRefused):
                raise
            party = claimed_by(header, verifier)
            if party in self._desk.picture.parties:
                return _Sender(party, SYSTEM, Identified.UNVERIFIED, refused.code)
            raise
        raise HttpProblem(
            401, "sender-unknown", "register the party before it acts", field="Authorization"
        )

    def _lacks(self, statement: Statement, compact: str) -> str | None:
        """What a statement lacks; None: it verifies."""
        key = self._desk.picture.keys.get((statement.party, statement.key_id))
        if key is None:
            return "key-not-in-force"
        public_key = key.public_key
        try:
            verify_statement(compact, urlsafe_b64decode(public_key + "=" * (-len(public_key) % 4)))
        except InvalidValue as error:
            return error.rule
        return None if statement.origin == self._desk.picture.space.origin else "statement-origin"

    def _is_enrolled(self, statement: Statement) -> bool:
        """Whether its key is, or was, one of a party here."""
        picture, name = self._desk.picture, (statement.party, statement.key_id)
        return statement.party in picture.parties and (
            name in picture.keys or name in picture.retired_keys
        )

    def _hold_back(self, sender: _Sender) -> None:
        """Raises HttpProblem 429 for too many that are UNVERIFIED; never for another."""
        if sender.identified is not Identified.UNVERIFIED:
            return
        name = f"{sender.party} {sender.doubts}"
        wait_s = self._unverified.take(name, self._clock_s())
        if wait_s or self._desk.urgent.unverified >= MOST_UNVERIFIED:
            after_s = max(1, round(wait_s + 0.5))
            raise HttpProblem(
                429,
                "limit-unverified",
                "too many came in this party's name without proof; send it with a credential that"
                f" counts, or again in {after_s} s",
                headers=((b"retry-after", str(after_s).encode()),),
            )

    def _kept(
        self,
        sender: _Sender,
        wire: asked.StopIn,
        key: str,
        body: bytes,
        statement: Statement | None,
    ) -> Kept:
        now_us = self._desk.service.context().now_us
        told_as = body if sender.said is None else sender.said.encode("ascii")
        name = stop_id(sender.identified, sender.party, key, told_as)
        stop = stop_of(
            wire,
            stop_id=name,
            sender=sender.party,
            identified=sender.identified,
            sent_us=now_us,
            doubts=sender.doubts,
        )
        unit = None if wire.unit is None else UnitToken(wire.unit)
        origin, command = self._desk.picture.space.origin, TellStop(stop, unit=unit)
        if sender.identified is Identified.UNVERIFIED:
            return Kept(name, origin, now_us, sender.author, command, name)
        fingerprint = hashlib.sha256(b"POST /api/v1/stop\n" + body).hexdigest()
        if sender.said is None or statement is None:
            return Kept(name, origin, now_us, sender.author, command, key, fingerprint)
        return Kept(
            name,
            origin,
            now_us,
            sender.author,
            command,
            key,
            fingerprint,
            sender.said,
            statement.party_seq,
            statement.prev or "",
            statement_digest(sender.said),
        )

    async def _send(self, kept: Kept, key: str) -> Answered:
        urgent = self._desk.urgent
        sent_to = urgent.send(kept)
        await asyncio.sleep(0)  # streams have their turn before any disk
        on_disk = await urgent.see_to(kept, within_s=WITHIN_S)
        assert isinstance(kept.command, TellStop), "that is what is kept here"
        stop, position = kept.command.stop, urgent.position_of(kept.id)
        answer = _sent(self._desk, stop, kept=on_disk, position=position, sent_to=sent_to)
        return answer_json(answer, 202, [(b"idempotency-key", key.encode())])


def _sent(
    desk: Desk, stop: Stop, *, kept: bool, position: int | None = None, sent_to: int | None = None
) -> told.StopSent:
    return told.StopSent(
        id=stop.id,
        identified=stop.identified,
        sent=format_rfc3339(stop.sent_us),
        sent_to=sent_to,
        of=len(set(desk.picture.parties) - {stop.sender}),
        kept=kept,
        recorded=position is not None,
        doubts=stop.doubts,
        position=position,
    )


async def became_of_sent(desk: Desk, party: PartyId, key: str) -> told.RequestOut | None:
    """What became of a STOP or an answer of the party's that is not in the record; None: nothing
    of that was sent under this key.
    """
    sent = desk.urgent.sent_before(party, key)
    if sent is None:
        refused = await desk.urgent.refused_before(party, key)
        if refused is None:
            return None
        time = format_rfc3339(refused.taken_us)
        return told.RequestOut(state="refused", position=None, time=time, answer=None)
    kept, time = desk.urgent.is_kept(sent), format_rfc3339(sent.kept.taken_us)
    answer: Any = None
    if sent.stop is not None:
        answer = _sent(desk, sent.stop, kept=kept)
    elif sent.answer is not None:
        answer = _taken(sent, kept=kept)
    return told.RequestOut(state="sent", position=None, time=time, answer=answer)


async def unreached(_call: Call) -> told.StopSent:
    """The way of a STOP is :class:`StopDesk`'s; the route's row is there for the documents."""
    raise AssertionError("a STOP goes its own way")


async def show_stop(call: Call) -> told.StopOut:
    """One STOP, and who has read it until now. Raises HttpProblem."""
    return await _seen(call.desk, call.path["stop"], call.party)


async def read_stop(call: Call) -> Command:
    """A person has read a STOP. Raises HttpProblem where it is sent and not recorded yet."""
    body: asked.ReadStopIn = call.body
    name = call.path["stop"]
    urgent = call.desk.urgent
    if urgent.position_of(name) is None and any(each.kept.id == name for each in urgent.waiting):
        raise HttpProblem(
            503,
            "stop-not-recorded",
            "the STOP is not in the record yet; say it again in 1 s",
            field="stop",
            headers=((b"retry-after", b"1"),),
        )
    return AcknowledgeStop(name, body.post)


async def _seen(desk: Desk, name: str, party: PartyId) -> told.StopOut:
    recorded, position = desk.picture.stops.get(name), desk.urgent.position_of(name)
    if recorded is not None and position is not None:
        return await stop_recorded(desk, recorded, position, party)
    for each in desk.urgent.waiting:
        if each.kept.id == name and each.stop is not None:
            return stop_waiting(desk, each, party)
    raise HttpProblem(404, "no-such-stop", "name a STOP of the last day", field="stop")


async def list_stops(call: Call) -> told.StopsPage:
    """STOPs of the last day and those that wait for the record, by id."""
    query: asked.PageQuery = call.query
    desk = call.desk
    recorded = desk.picture.stops
    waiting = {each.kept.id for each in desk.urgent.waiting if each.stop is not None}
    ids = sorted(
        each for each in {*recorded, *waiting} if query.cursor is None or each > query.cursor
    )
    page = [await _seen(desk, name, call.party) for name in ids[: query.limit]]
    return told.StopsPage(stops=page, next=page[-1].id if len(ids) > len(page) else None)


async def answer_aside(desk: Desk, request: Request, key: str) -> Answered:
    """An answer to a notice while the record takes none: judged, shown to both sides, kept."""
    assert isinstance(request.command, AcknowledgeNotice), "nothing else is taken"
    urgent, now_us = desk.urgent, desk.service.context().now_us
    named = f"answer\n{request.author.party}\n{key}".encode()
    kept = Kept(
        f"answer-{hashlib.sha256(named).hexdigest()[:32]}",
        desk.picture.space.origin,
        now_us,
        request.author,
        request.command,
        key,
        request.fingerprint,
        request.said,
        request.seq,
        request.previous,
        request.digest,
    )
    done = urgent.answer(kept)
    if isinstance(done, Refusal):
        return problem_of(done)
    given = [(b"idempotency-key", key.encode())]
    if isinstance(done, Repeated):
        given.append((b"idempotency-repeated", b"true"))
        before = urgent.answered_before(request.author.party, key)
        if before is None:
            applied = await desk.service.again(done.outcome)
            return answer_json(await answer_to(desk, applied, request.author.party), 201, given)
        return answer_json(_taken(before, kept=urgent.is_kept(before)), 202, given)
    await asyncio.sleep(0)
    on_disk = await urgent.see_to(kept, within_s=WITHIN_S)
    return answer_json(_taken(done, kept=on_disk), 202, given)


def _taken(sent: Sent, *, kept: bool) -> told.Acknowledged:
    body = sent.answer
    assert body is not None, "it was judged"
    answer = views.acknowledgement(body.acknowledgement)
    return told.Acknowledged(
        acknowledgement=answer,
        understood=views.understood(body.acknowledgement),
        differences=answer.differences,
        closed=[],
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        recorded=False,
        kept=kept,
    )


def _statement_in(body: bytes) -> tuple[str, Statement]:
    """Raises InvalidValue."""
    try:
        compact = body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InvalidValue("said", "compact-jws", "bytes", "give a JWS in compact form") from error
    statement = parse_statement(compact)
    if statement.type != _COMMAND:
        raise InvalidValue("type", "statement-type", statement.type, f"sign for type {_COMMAND}")
    return compact, statement


def _key(headers: dict[bytes, bytes], statement: Statement | None) -> str:
    """The idempotency key: the statement's, the header's, or a fresh one. Raises InvalidValue."""
    if statement is not None:
        return require_token(statement.request, field="request")
    header = headers.get(b"idempotency-key")
    if header is None:
        return new_id()
    return require_token(header.decode("latin-1"), field="Idempotency-Key")
