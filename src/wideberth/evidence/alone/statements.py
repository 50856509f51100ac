"""The entries of a bundle and what parties signed in them.

A statement is a JWS in compact form that stands verbatim in its entry. It is judged by the key
that the entries of the bundle have put in force there. Statements of a key are numbered and name
the one before; a bundle is a selection, so numbers may be left out, never turned round or told
twice.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, NamedTuple

from wideberth.evidence.alone.container import (
    Fault,
    canonical_json,
    from_base64,
    is_object,
    parsed_json,
    to_base64,
)
from wideberth.evidence.alone.ed25519 import is_honest_key, is_signed_by
from wideberth.evidence.alone.followed import check_followed
from wideberth.evidence.alone.heads import Head, is_in_tree, leaf_of, proof_of

__all__ = ["EnrolledKey", "ProvedEntry", "proved_entries"]

_LINE_MEMBERS = ["position", "salt", "envelope", "proof"]
_PAYLOAD_MEMBERS = {"origin", "party", "party_seq", "prev", "type", "request", "body"}
_VERBS = ["RECEIVED", "READ-BACK", "CANNOT-COMPLY", "DISPUTED", "PASSED-DOWN", "LOADED"]
_BINDING = ("AgreementProposed", "AgreementStepped", "ConsentAnswered")
_UNSIGNED: dict[Any, list[Any]] = {"attested": [None, *_VERBS[:1]], "relayed": [None, *_VERBS[:4]]}
_URL_BASE64 = re.compile(r"[A-Za-z0-9_-]+")


class EnrolledKey(NamedTuple):
    """A party's key. until: where it was revoked, None if the bundle does not show that."""

    party: str
    key_id: str
    public_key: bytes
    since: int
    until: int | None


class ProvedEntry(NamedTuple):
    """An entry that stands where it says. signed: the payload of its statement, if it has one.

    skipped: how many statements of the same key before this one the bundle leaves out.
    """

    position: int
    envelope: bytes
    leaf: bytes
    value: dict[str, Any]
    signed: dict[str, Any] | None
    skipped: int


class _Chain:
    """Where a key's statements stand, and what it was enrolled for."""

    def __init__(self, roles: Any) -> None:
        self.roles = roles
        self.seq = 0
        self.digest: str | None = None


class _Keys:
    """The keys that the entries so far have put in force, and the record's name there."""

    def __init__(self) -> None:
        self.origin = ""
        self.origins: set[str] = set()
        self.all: dict[tuple[str, str], EnrolledKey] = {}
        self.chains: dict[tuple[str, str], _Chain] = {}
        self.former: dict[tuple[str, str, str], int] = {}  # origin, key: its last number there
        self.stops: set[str] = set()

    def fold(self, position: int, body: dict[str, Any]) -> None:
        """Take over what an entry says of keys. Raises Fault."""
        if (body["type"] == "SpaceOpened") != (position == 0):
            raise Fault(position, "the first entry, and no other, opens the space")
        if body["type"] in ("SpaceOpened", "EpochOpened"):
            before, self.origin = self.origin, _text_at(body, "origin")
            if self.origin in self.origins:
                raise Fault(position, "an epoch has a name that the record had before")
            self.origins.add(self.origin)
            if body["type"] == "EpochOpened":
                for name, chain in self.chains.items():
                    self.former[(before, *name)] = chain.seq
            self.chains = {name: _Chain(each.roles) for name, each in self.chains.items()}
        elif body["type"] == "KeyEnrolled":
            party, key_id = _text_at(body, "key.party"), _text_at(body, "key.key_id")
            public_key = _loose_url(_text_at(body, "key.public_key"))
            proof = _loose_url(_text_at(body, "proof"))
            message = "wideberth key possession v1\n{}\n{}/{}\nEd25519\n{}\n".format(
                self.origin,
                party,
                key_id,
                to_base64(public_key),
            )
            if (party, key_id) in self.all:
                raise Fault(position, f"the key {party}/{key_id} is enrolled twice")
            if not is_honest_key(public_key):
                raise Fault(position, "the key that it enrols is none")
            if not is_signed_by(public_key, message.encode("utf-8"), proof):
                raise Fault(position, "the key that it enrols does not prove possession")
            self.all[party, key_id] = EnrolledKey(party, key_id, public_key, position, None)
            self.chains[party, key_id] = _Chain(_at(body, "key.roles"))
        elif body["type"] == "KeyRevoked":
            name = (_text_at(body, "party"), _text_at(body, "key_id"))
            if name in self.all:
                self.all[name] = self.all[name]._replace(until=position)

    def in_force(self, party: str, key_id: str) -> tuple[EnrolledKey, _Chain]:
        """The key and its chain. Raises Fault where it is not in force."""
        key = self.all.get((party, key_id))
        if key is None:
            raise Fault(None, f"no entry before it enrols its key {party}/{key_id}")
        if key.until is not None:
            raise Fault(None, "its key %s/%s was revoked at entry %d" % (party, key_id, key.until))
        return key, self.chains[party, key_id]


def proved_entries(data: bytes, head: Head) -> tuple[list[ProvedEntry], list[EnrolledKey]]:
    """The entries of entries.jsonl and the keys that they name, all checked. Raises Fault."""
    if data and not data.endswith(b"\n"):
        raise Fault(None, "entries.jsonl is cut off")
    keys = _Keys()
    entries: list[ProvedEntry] = []
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        position, salt, envelope, proof = _line_of(line, number)
        if entries and position <= entries[-1].position:
            raise Fault(position, "it stands after entry %d" % entries[-1].position)
        leaf = leaf_of(salt, envelope)
        if not is_in_tree(leaf, position, head.size, proof, head.root):
            raise Fault(position, "its proof does not lead to the root of the checkpoint")
        try:
            entry = _understood(position, envelope, leaf, keys)
        except Fault as fault:
            raise Fault(position, fault.reason) from None
        if entries and entry.value["time_us"] < entries[-1].value["time_us"]:
            raise Fault(position, "its time is before that of the entry before it")
        entries.append(entry)
    if not entries or entries[0].position != 0:
        raise Fault(0, "the entry that opens the space is not in the bundle")
    if keys.origin != head.origin:
        raise Fault(None, f"the entries are of {keys.origin}, the checkpoint of {head.origin}")
    return entries, list(keys.all.values())


def _line_of(line: bytes, number: int) -> tuple[int, bytes, bytes, list[bytes]]:
    """Position, salt, envelope and proof. Raises Fault for another spelling of them."""
    what = "line %d of entries.jsonl" % number
    value: Any = parsed_json(line, what)
    if not is_object(value) or list(value) != _LINE_MEMBERS:
        raise Fault(None, f"{what} has not the members of an entry")
    position: Any = value["position"]
    envelope: Any = value["envelope"]
    if type(position) is not int or position < 0 or not isinstance(envelope, str):
        raise Fault(None, f"{what} has no position or no envelope")
    try:
        is_in_one_spelling = canonical_json(value) == line
        salt, proof = from_base64(value["salt"], 16, "the salt"), proof_of(value["proof"])
    except Fault as fault:
        raise Fault(position, fault.reason) from None
    if not is_in_one_spelling:
        raise Fault(position, "its line is not in its one spelling")
    return position, salt, envelope.encode("utf-8"), proof


def _understood(position: int, envelope: bytes, leaf: bytes, keys: _Keys) -> ProvedEntry:
    """The entry, its statement judged, and its keys taken over. Raises Fault."""
    value: Any = parsed_json(envelope, "the envelope")
    if not is_object(value) or value.get("v") != 1:
        raise Fault(None, "it is of a version that this verifier does not know")
    if type(value.get("time_us")) is not int:
        raise Fault(None, "it has no time")
    body: Any = value.get("body")
    if not is_object(body) or not isinstance(body.get("type"), str):
        raise Fault(None, "it has no body")
    how, said = _at(value, "author.how"), value.get("said")
    if (said is None) != (how != "signed"):
        raise Fault(None, f"it says that it is {how}, and its statement says otherwise")
    payload, skipped = None, 0
    if said is not None:
        payload, skipped = _judged(said, value, keys)
    elif how != "system" and body["type"] in _BINDING:
        raise Fault(None, "what binds a party has no signature")
    elif _at(body, "acknowledgement.verb") not in _UNSIGNED.get(how, [None, *_VERBS]):
        raise Fault(None, "an answer beyond RECEIVED has no signature")
    elif how == "attested" and (body["type"] in _SIGNED_ONLY or _at(body, "step") == "answer"):
        raise Fault(None, "what only counts signed has no signature")
    if body["type"] in ("StopTold", "NoticeAcknowledged"):
        _check_sent_before(value, keys)
    keys.fold(position, body)
    return ProvedEntry(position, envelope, leaf, value, payload, skipped)


_SIGNED_ONLY = (
    *("ChannelSuspended", "ChannelResumed", "AllClearGiven", "AccountGiven", "EvidenceLodged"),
    *("EvidenceDisclosed", "EvidenceChecked", "ResultTransmitted", "ResultReceipted"),
)


def _judged(said: Any, value: dict[str, Any], keys: _Keys) -> tuple[dict[str, Any], int]:
    """The payload of a statement that verifies and is about its entry; statements left out."""
    header, payload, signature, signed_bytes = _parts_of(said)
    party, key_id = _text_at(value, "author.party"), _text_at(value, "author.subject")
    key, chain = keys.in_force(party, key_id)
    if not is_signed_by(key.public_key, signed_bytes, signature):
        raise Fault(None, "the signature of its statement does not verify")
    digest = sha256(said.encode("ascii")).hexdigest()
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("alg", header.get("alg"), "Ed25519"),
        ("typ", header.get("typ"), "wideberth+jws"),
        ("kid", header.get("kid"), f"{party}/{key_id}"),
        ("origin", payload["origin"], keys.origin),
        ("party", payload["party"], party),
        ("request", payload["request"], value.get("request")),
        ("list of roles", _at(value, "author.roles") or [], chain.roles),
        ("digest", digest, value.get("said_digest")),
    )
    for what, came, wanted in pairs:
        if came != wanted:
            raise Fault(None, f"its statement has another {what} than the entry")
    seq = payload["party_seq"]
    if type(seq) is not int or seq <= chain.seq:
        raise Fault(None, "its statement is number %r after number %d" % (seq, chain.seq))
    skipped = seq - chain.seq - 1
    if not skipped and payload["prev"] != chain.digest:
        raise Fault(None, "its statement does not name the one before")
    chain.seq, chain.digest = seq, digest
    check_followed(payload, value)
    return payload, skipped


def _check_sent_before(value: dict[str, Any], keys: _Keys) -> None:
    """What was sent before it was recorded, in the mechanism's words: beside what was signed."""
    body, how = value["body"], _at(value, "author.how")
    kept = body.get("statement")
    is_stop = body["type"] == "StopTold"
    party = _text_at(body, "stop.sender" if is_stop else "acknowledgement.by.party")
    if is_stop:
        identified = _at(body, "stop.identified")
        if how != "system" and (how, _at(value, "author.party")) != (identified, party):
            raise Fault(None, "the STOP is of another than who told it")
        if identified == "signed" and value.get("said") is None and kept is None:
            raise Fault(None, "nothing shows that the STOP was signed, as it says")
        if _text_at(body, "stop.id") in keys.stops:
            raise Fault(None, "the STOP is recorded a second time")
        keys.stops.add(_text_at(body, "stop.id"))
    if kept is None:
        return
    header, payload, signature, signed_bytes = _parts_of(kept)
    kid = header.get("kid")
    key_id = kid.partition("/")[2] if isinstance(kid, str) else ""
    key = keys.all.get((party, key_id))
    if how != "system" or key is None or kid != f"{party}/{key_id}" or payload["party"] != party:
        raise Fault(None, "the statement beside it is not of the party that it speaks for")
    if header.get("alg") != "Ed25519" or header.get("typ") != "wideberth+jws":
        raise Fault(None, "the statement beside it has another header")
    if not is_signed_by(key.public_key, signed_bytes, signature):
        raise Fault(None, "the signature of the statement beside it does not verify")
    time_us = value["time_us"]
    if is_stop and payload["origin"] not in keys.origins:
        raise Fault(None, "the statement beside it is for another record")
    if not is_stop:
        # Of a former name, and after all that was recorded under it: nothing is told twice.
        former, seq = (payload["origin"], party, key_id), payload["party_seq"]
        if former not in keys.former or type(seq) is not int or seq <= keys.former[former]:
            raise Fault(None, "the statement beside it was told before, or is not of a former name")
        keys.former[former] = seq
        time_us = _at(body, "acknowledgement.time_us")
    roles = keys.chains[party, key_id].roles
    author: dict[str, Any] = {"party": party, "how": "signed", "subject": key_id}
    author["roles"] = roles or []
    if body.get("request") not in (None, payload["request"]):
        raise Fault(None, "the statement beside it was signed under another key")
    beside = ("statement", "request")
    without: dict[str, Any] = {name: body[name] for name in body if name not in beside}
    as_signed: dict[str, Any] = {
        **value,
        "author": author,
        "said": kept,
        "time_us": time_us,
        "body": without,
    }
    check_followed(payload, as_signed)


def _parts_of(said: Any) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, payload, signature and what is signed. Raises Fault."""
    parts = said.split(".") if isinstance(said, str) else []
    if len(parts) != 3:
        raise Fault(None, "its statement is no compact JWS")
    header: Any = parsed_json(_from_url(parts[0]), "the statement's header")
    payload: Any = parsed_json(_from_url(parts[1]), "the statement's payload")
    if not is_object(header) or set(header) != {"alg", "kid", "typ"}:
        raise Fault(None, "its statement has another header")
    if not is_object(payload) or set(payload) - {"seen"} != _PAYLOAD_MEMBERS:
        raise Fault(None, "its statement has other members")
    if not is_object(payload["body"]):
        raise Fault(None, "its statement has no body")
    signed_bytes = said.rpartition(".")[0].encode("ascii")
    return header, payload, _from_url(parts[2]), signed_bytes


def _at(value: Any, path: str) -> Any:
    """The member at a dotted path; None where there is none."""
    for name in path.split("."):
        value = value.get(name) if is_object(value) else None
    return value


def _text_at(value: Any, path: str) -> str:
    text = _at(value, path)
    if not isinstance(text, str):
        raise Fault(None, f"it has no {path}")
    return text


def _from_url(text: str) -> bytes:
    """The bytes of canonical base64url without padding. Raises Fault."""
    if _URL_BASE64.fullmatch(text) and len(text) % 4 != 1:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if urlsafe_b64encode(data).rstrip(b"=").decode("ascii") == text:
            return data
    raise Fault(None, "a value is no base64url")


def _loose_url(text: str) -> bytes:
    """The bytes of base64url in an entry, where the leaf fixes the spelling. Raises Fault."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Fault(None, "a value is no base64url") from None
