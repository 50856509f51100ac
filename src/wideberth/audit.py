"""The audit of what parties signed: each statement against the key that was in force there.

Goes with :func:`wideberth.record.verify.verify_folder`, which hands every entry over in order. It
folds keys and rules by itself, from the entries alone, and shares nothing with what decided; that
each entry says what was signed, all of it, is :mod:`wideberth.wire.recorded`'s to find.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import Any

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.agreements import AgreementProposed, AgreementStepped
from wideberth.model.channels import RELAYED_VERBS
from wideberth.model.consents import ConsentAnswered
from wideberth.model.entries import (
    Entry,
    KeyEnrolled,
    KeyRevoked,
    NoticeAcknowledged,
    RulesAdopted,
    SpaceOpened,
    decode_entry,
)
from wideberth.model.envelope import (
    parse_statement,
    statement_digest,
    verify_possession,
    verify_statement,
)
from wideberth.model.keeping import EpochOpened, Erased
from wideberth.model.liveness import AllClearGiven, ChannelResumed, ChannelSuspended
from wideberth.model.notices import Verb
from wideberth.model.parties import Author, How, Role
from wideberth.model.settings import Rules
from wideberth.model.stops import Identified, StopTold
from wideberth.space.time import MIN_US
from wideberth.wire.incidents_recorded import is_signed_only
from wideberth.wire.recorded import require_follows

__all__ = ["StatementAudit"]

_NEVER_ERASED = frozenset(
    {
        *("SpaceOpened", "RulesAdopted", "PartyRegistered", "KeyEnrolled", "KeyRevoked"),
        *("EpochOpened", "LogKeyChanged", "LogKeyRetired", "EntriesErased", "HostActed"),
    }
)
"""Without these nothing else can be judged: a revocation that is gone would be a key in force."""


@dataclass(slots=True)
class _KeyInForce:
    public_key: bytes
    roles: tuple[Role, ...]
    last_seq: int = 0
    last_digest: str | None = None
    former: dict[str, int] = field(default_factory=dict[str, int])  # origin: its last_seq there


class StatementAudit:
    """A statement checker: call it with every entry, in order, from position 0.

    origin: the one that the record began with. It is the caller who sees to it that the entries
    are the record's.
    is_selection: entries are left out, and with them statements of a key; those that are there
    still rise in number, and one that comes right after another still names it.
    """

    def __init__(self, origin: str, *, is_selection: bool = False) -> None:
        self._origin = origin
        self._origins = {origin}
        self._is_selection = is_selection
        self._keys: dict[tuple[str, str], _KeyInForce] = {}
        self._names: set[tuple[str, str]] = set()
        self._every: dict[tuple[str, str], _KeyInForce] = {}  # revoked ones too
        self._stops: set[str] = set()
        self._time_us = MIN_US
        self._rules: Rules | None = None

    def __call__(self, position: int, envelope: bytes, said: str | None) -> None:
        """Check one entry. Raises InvalidValue or NewerEntry where it is not what it claims."""
        entry = decode_entry(envelope, position=position)
        _check_each_once(envelope)
        if entry.time_us < self._time_us:
            raise InvalidValue(
                "time_us", "time-order", entry.time_us, "an entry is never before its predecessor"
            )
        self._time_us = entry.time_us
        if said is None:
            _check_unsigned(entry)
            self._check_kept(entry)
        else:
            self._check_signed(entry, said)
        self._fold(entry)

    def erased(self, erased: Erased) -> None:
        """Step over an entry that was erased.

        Raises InvalidValue for a key not in force, and for what is never erased.
        """
        if erased.kind in _NEVER_ERASED:
            raise InvalidValue(
                "kind", "not-erasable", erased.kind, "keys, parties and the record's own stay"
            )
        if erased.party is None or erased.key_id is None:
            return
        key = self._keys.get((erased.party, erased.key_id))
        if key is None:
            raise InvalidValue(
                "key_id",
                "key-not-in-force",
                f"{erased.party}/{erased.key_id}",
                "the key of the erased statement was not in force there",
            )
        key.last_seq, key.last_digest = key.last_seq + 1, erased.digest

    def _check_signed(self, entry: Entry, said: str) -> None:
        author = entry.author
        if author.how is not How.SIGNED:
            raise InvalidValue(
                "author.how", "signed", author.how.value, "an entry with a statement is signed"
            )
        key = self._keys.get((author.party, author.subject))
        if key is None:
            raise InvalidValue(
                "author.subject",
                "key-not-in-force",
                f"{author.party}/{author.subject}",
                "the key was not enrolled, or was revoked, before this entry",
            )
        statement = verify_statement(said, key.public_key)
        digest = statement_digest(said)
        if self._is_selection and statement.party_seq > key.last_seq + 1:
            key.last_seq, key.last_digest = statement.party_seq - 1, statement.prev
        for where, came, wanted in (
            ("said.origin", statement.origin, self._origin),
            ("said.party", statement.party, author.party),
            ("said.kid", statement.key_id, author.subject),
            ("said.request", statement.request, entry.request),
            ("said.party_seq", statement.party_seq, key.last_seq + 1),
            ("said.prev", statement.prev, key.last_digest),
            ("said_digest", entry.said_digest, digest),
            ("author.roles", author.roles, key.roles),
        ):
            if came != wanted:
                raise InvalidValue(where, "statement-matches", came, f"the entry says {wanted!r}")
        require_follows(statement, entry, None if self._is_selection else self._rules)
        key.last_seq, key.last_digest = statement.party_seq, digest

    def _check_kept(self, entry: Entry) -> None:
        """What was sent before it was recorded, in the mechanism's words: with what was signed."""
        body = entry.body
        if isinstance(body, StopTold):
            stop, said = body.stop, body.statement
            party = stop.sender
            is_signed = stop.identified is Identified.SIGNED
            own = entry.author.how is How.SYSTEM or (
                entry.author.party == party and stop.identified.value == entry.author.how.value
            )
            if not own or is_signed != (said is not None):
                raise InvalidValue(
                    "stop.identified", "signed", stop.identified.value, "nothing shows that"
                )
        elif isinstance(body, NoticeAcknowledged):
            said, party = body.statement, body.acknowledgement.by.party
        else:
            return
        if said is None:
            return
        statement = parse_statement(said)
        key = self._every.get((party, statement.key_id))
        if key is None or statement.party != party or entry.author.how is not How.SYSTEM:
            raise InvalidValue("statement.kid", "key-not-in-force", statement.kid, "not enrolled")
        verify_statement(said, key.public_key)
        if body.request not in (None, statement.request):
            raise InvalidValue(
                "body.request", "statement-matches", body.request, "another key was signed"
            )
        author = Author(party, How.SIGNED, statement.key_id, key.roles)
        as_signed = msgspec.structs.replace(
            entry,
            author=author,
            said=said,
            body=msgspec.structs.replace(body, statement=None, request=None),
        )
        if isinstance(body, NoticeAcknowledged):
            # Of a former name, and after all that was recorded under it: nothing is told twice.
            last = key.former.get(statement.origin)
            if last is None or statement.party_seq <= last:
                raise InvalidValue(
                    "statement.party_seq", "statement-told-again", statement.party_seq, "is old"
                )
            key.former[statement.origin] = statement.party_seq
            as_signed = msgspec.structs.replace(as_signed, time_us=body.acknowledgement.time_us)
        elif statement.origin not in self._origins:
            raise InvalidValue("statement.origin", "origin", statement.origin, "another record")
        require_follows(statement, as_signed, None)

    def _fold(self, entry: Entry) -> None:
        body = entry.body
        if isinstance(body, StopTold):
            if body.stop.id in self._stops:
                raise InvalidValue("stop.id", "told-twice", body.stop.id, "a STOP is recorded once")
            self._stops.add(body.stop.id)
        if isinstance(body, SpaceOpened) and body.origin != self._origin:
            raise InvalidValue("origin", "origin", body.origin, f"the record is {self._origin}")
        if isinstance(body, SpaceOpened | RulesAdopted):
            self._rules = body.rules
        if isinstance(body, KeyEnrolled):
            name = (body.key.party, body.key.key_id)
            if name in self._names:
                raise InvalidValue("key_id", "key-id-taken", name, "a key id is used once")
            public_key = _bytes(body.key.public_key, "public_key")
            verify_possession(
                public_key,
                _bytes(body.proof, "proof"),
                origin=self._origin,
                kid=f"{body.key.party}/{body.key.key_id}",
            )
            self._names.add(name)
            self._keys[name] = self._every[name] = _KeyInForce(public_key, body.key.roles)
        elif isinstance(body, KeyRevoked):
            self._keys.pop((body.party, body.key_id), None)
        elif isinstance(body, EpochOpened):
            if body.origin in self._origins:
                # The chains begin anew: under an old name every old statement could be told again.
                raise InvalidValue(
                    "origin", "epoch-origin", body.origin, "an epoch has a name of its own"
                )
            self._origins.add(body.origin)
            before, self._origin = self._origin, body.origin
            for key in self._every.values():
                key.former[before] = key.last_seq
                key.last_seq, key.last_digest = 0, None


def _check_each_once(envelope: bytes) -> None:
    """No object names a member twice: two readers would read two things. Raises InvalidValue."""
    if msgspec.json.encode(msgspec.json.decode(envelope)) == envelope:
        return  # the usual spelling, in which a second member would have been lost
    try:
        json.loads(envelope, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise InvalidValue("envelope", "json", str(error), "give each member once") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _check_unsigned(entry: Entry) -> None:
    body = entry.body
    if (
        isinstance(body, AgreementProposed | AgreementStepped | ConsentAnswered)
        and entry.author.how is not How.SYSTEM
    ):
        raise InvalidValue(
            "said", "signature-required", type(body).__name__, "what binds a party must be signed"
        )
    if entry.author.how is How.SIGNED:
        raise InvalidValue(
            "said", "signed", None, "an entry that says it is signed has a statement"
        )
    if (
        isinstance(body, NoticeAcknowledged)
        and body.acknowledgement.verb is not Verb.RECEIVED
        and (
            entry.author.how is How.ATTESTED
            or (
                entry.author.how is How.RELAYED
                and body.acknowledgement.verb.value not in RELAYED_VERBS
            )
        )
    ):
        raise InvalidValue(
            "said", "signature-required", body.acknowledgement.verb.value, "this must be signed"
        )

    must_be = isinstance(body, ChannelSuspended | ChannelResumed | AllClearGiven)
    if (must_be or is_signed_only(body)) and entry.author.how is How.ATTESTED:
        raise InvalidValue("said", "signature-required", type(body).__name__, "this must be signed")


def _bytes(text: str, field: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise InvalidValue(field, "base64url", text, "the entry has no base64url here") from error
