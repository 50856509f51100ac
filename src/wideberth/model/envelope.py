"""The final bytes: leaf and signed statement. These never change, since a leaf never changes.

*Envelope*: the exact bytes of one entry of the record; canonical JSON, made elsewhere.
*Leaf*: ``0x01 || SHA-256(salt || envelope)``, 33 bytes; with its salt gone, a leaf tells nothing.
*Statement*: what a party signed; a JWS in compact form (RFC 7515, algorithm ``Ed25519`` of RFC
9864) that stands verbatim in the envelope. Its protected header has exactly ``alg``, ``kid``
(``party/key-id``) and ``typ``; its payload is a JSON object with exactly the members of
:class:`Statement`.

PyNaCl's verdict on an Ed25519 signature is *the* verdict (libsodium refuses what lets one signature
hold for many messages under a low-order key); :func:`check_public_key` keeps such keys out.

Pure: the salt and the keys are handed in.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import TypeVar

import msgspec
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from wideberth.errors import InvalidValue
from wideberth.model.ids import KeyId, PartyId, require_party_id, require_token

__all__ = [
    "LEAF_BYTES",
    "LEAF_VERSION",
    "MAX_ENVELOPE_BYTES",
    "MAX_STATEMENT_BYTES",
    "PUBLIC_KEY_BYTES",
    "SALT_BYTES",
    "Seen",
    "Statement",
    "check_public_key",
    "is_signed",
    "leaf",
    "parse_statement",
    "possession_message",
    "sign_possession",
    "sign_statement",
    "statement_digest",
    "verify_possession",
    "verify_statement",
]

SALT_BYTES = 16
LEAF_VERSION = b"\x01"  # a second form of leaf, should there ever be one, is 0x02
LEAF_BYTES = 33  # version and SHA-256
PUBLIC_KEY_BYTES = 32  # Ed25519
SIGNATURE_BYTES = 64  # Ed25519
MAX_STATEMENT_BYTES = 1_048_576  # a polygon of 10,000 vertices takes about 400,000
MAX_ENVELOPE_BYTES = 2_097_152  # a statement, and what was decided about it

_ALGORITHM = "Ed25519"  # RFC 9864, 2.2; never "EdDSA", which does not say which curve
_TYPE = "wideberth+jws"
_POSSESSION = "wideberth key possession v1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_ORIGIN = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_T = TypeVar("_T")


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last head of the record that the signer had verified: it signed after that entry.

    root: base64 of 32 bytes, as on a checkpoint's third line.
    """

    size: int
    root: str


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a party signed. Member names are those of the payload.

    key_id: from the header's kid, not a member of the payload. origin: the record that it is for.
    party_seq: 1 for the first statement of the signer's chain in this record, then 2, 3, …. prev:
    :func:`statement_digest` of the statement before it in the chain, None for the first. request:
    the idempotency key that the client chose. body: the JSON object of this type, as exact bytes.
    """

    origin: str
    party: PartyId
    key_id: KeyId
    party_seq: int
    prev: str | None
    type: str
    request: str
    body: msgspec.Raw
    seen: Seen | None = None

    @property
    def kid(self) -> str:
        """``party/key-id``, as in the header."""
        return f"{self.party}/{self.key_id}"


def leaf(salt: bytes, envelope: bytes) -> bytes:
    """The 33 bytes that the Merkle tree commits to. salt: 16 random bytes.

    Raises InvalidValue for a salt of another length.
    """
    if len(salt) != SALT_BYTES:
        raise InvalidValue("salt", "length", salt, f"give {SALT_BYTES} random bytes")
    return LEAF_VERSION + sha256(salt + envelope).digest()


def statement_digest(compact: str) -> str:
    """SHA-256 of the compact form, lower-case hex: what the party's next statement has as prev."""
    return sha256(compact.encode("ascii")).hexdigest()


def parse_statement(compact: str) -> Statement:
    """What a compact JWS says, its signature *not* checked; strict in every field.

    Raises InvalidValue, naming the member: larger than MAX_STATEMENT_BYTES, not three canonical
    base64url parts, a header with other members than alg, kid and typ, JSON that is not UTF-8 or
    names a member twice, an unknown or missing member, a wrong type.
    """
    return _parsed(compact)[0]


def verify_statement(compact: str, public_key: bytes) -> Statement:
    """What a compact JWS says, its signature checked under public_key (32 bytes, enrolled).

    Raises InvalidValue as :func:`parse_statement` does, and with rule ``signature`` where PyNaCl
    refuses the signature. The caller sees to it that public_key is the key that kid names at that
    position of the record.
    """
    statement, signing_input, signature = _parsed(compact)
    if not is_signed(signature, signing_input, public_key):
        raise InvalidValue(
            "signature", "signature", statement.kid, "sign with the key that kid names"
        )
    return statement


def sign_statement(statement: Statement, signing_key: SigningKey) -> str:
    """The compact JWS of a statement, for clients: the service never holds a party's key.

    Raises InvalidValue when the result would not parse.
    """
    members: dict[str, object] = {
        name: getattr(statement, name) for name in _Payload.__struct_fields__ if name != "seen"
    }
    if statement.seen is not None:
        members["seen"] = statement.seen
    header = {"alg": _ALGORITHM, "kid": statement.kid, "typ": _TYPE}
    parts = (msgspec.json.encode(header), msgspec.json.encode(members))
    signing_input = b".".join(map(_to_base64url, parts))
    signature = signing_key.sign(signing_input).signature
    compact = (signing_input + b"." + _to_base64url(signature)).decode("ascii")
    parse_statement(compact)
    return compact


def check_public_key(public_key: bytes) -> None:
    """Refuse, at enrolment, a key under which a signature would not bind its owner.

    Raises InvalidValue unless public_key is 32 bytes and the canonical form of a point of the main
    subgroup, which leaves out every point of low order.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise InvalidValue(
            "public_key", "length", public_key, f"give the {PUBLIC_KEY_BYTES} bytes of the key"
        )
    if not crypto_core_ed25519_is_valid_point(public_key):
        raise InvalidValue(
            "public_key", "ed25519-point", public_key, "make an honest Ed25519 key pair"
        )


def possession_message(origin: str, kid: str, public_key: bytes) -> bytes:
    """The bytes that a new key signs to prove that its owner holds it: five lines, newline each."""
    key = b64encode(public_key).decode("ascii")
    return f"{_POSSESSION}\n{origin}\n{kid}\n{_ALGORITHM}\n{key}\n".encode()


def sign_possession(signing_key: SigningKey, *, origin: str, kid: str) -> bytes:
    """The 64-byte proof of possession of signing_key, for clients."""
    message = possession_message(origin, kid, bytes(signing_key.verify_key))
    return signing_key.sign(message).signature


def verify_possession(public_key: bytes, proof: bytes, *, origin: str, kid: str) -> None:
    """Check key and proof at enrolment. Raises InvalidValue for a bad key or proof."""
    check_public_key(public_key)
    if not is_signed(proof, possession_message(origin, kid, public_key), public_key):
        raise InvalidValue(
            "possession",
            "signature",
            f"{len(proof)} bytes",
            f"the credential speaks for {kid.partition('/')[0]}: a key of another party is enrolled"
            f" with a credential of that one; else sign the possession message of {kid}, in"
            f" {origin}, with the new key",
        )


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: str
    kid: str
    typ: str


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    party: str
    party_seq: int
    prev: str | None
    type: str
    request: str
    body: msgspec.Raw
    seen: Seen | msgspec.UnsetType = msgspec.UNSET


_header_decoder = msgspec.json.Decoder(_Header)
_payload_decoder = msgspec.json.Decoder(_Payload)


def _parsed(compact: str) -> tuple[Statement, bytes, bytes]:
    """The statement, the signing input and the signature."""
    if len(compact) > MAX_STATEMENT_BYTES:
        raise InvalidValue(
            "said", "size", len(compact), f"keep a statement within {MAX_STATEMENT_BYTES} bytes"
        )
    parts = compact.split(".")
    if len(parts) != 3:
        raise InvalidValue("said", "compact-jws", len(parts), "give header.payload.signature")
    header_bytes, payload_bytes, signature = (
        _from_base64url(part, field=field)
        for part, field in zip(parts, ("header", "payload", "signature"), strict=True)
    )
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidValue("signature", "length", len(signature), f"give {SIGNATURE_BYTES} bytes")
    _check_json(header_bytes, field="header")
    _check_json(payload_bytes, field="payload")
    party, key_id = _checked_header(_decoded(_header_decoder, header_bytes, field="header"))
    payload = _decoded(_payload_decoder, payload_bytes, field="payload")
    signing_input = compact.rpartition(".")[0].encode("ascii")
    if party != payload.party:
        raise InvalidValue("kid, party", "same-party", (party, payload.party), "sign as the party")
    return _checked_statement(payload, party, key_id), signing_input, signature


def _checked_header(header: _Header) -> tuple[PartyId, KeyId]:
    """Party and key id."""
    for name, wanted in (("alg", _ALGORITHM), ("typ", _TYPE)):
        came = getattr(header, name)
        if came != wanted:
            raise InvalidValue(f"header.{name}", name, came, f"give {wanted}")
    party, _, key_id = header.kid.partition("/")
    return (
        require_party_id(party, field="header.kid"),
        KeyId(require_token(key_id, field="header.kid")),
    )


def _checked_statement(payload: _Payload, party: PartyId, key_id: KeyId) -> Statement:
    require_token(payload.request, field="payload.request")
    for name, pattern, wanted in (
        ("origin", _ORIGIN, "give the record's origin, without space or plus"),
        ("type", _NAME, "give a name of 1 to 64 of A-Z a-z 0-9 . _ -"),
    ):
        value = getattr(payload, name)
        if not pattern.fullmatch(value):
            raise InvalidValue(f"payload.{name}", name, value, wanted)
    if payload.party_seq < 1 or (payload.party_seq == 1) != (payload.prev is None):
        raise InvalidValue(
            "payload.party_seq, payload.prev",
            "party-chain",
            (payload.party_seq, payload.prev),
            "number from 1; prev is null in the first statement and only there",
        )
    if payload.prev is not None and not _DIGEST.fullmatch(payload.prev):
        raise InvalidValue("payload.prev", "digest", payload.prev, "give 64 lower-case hex digits")
    if not bytes(payload.body).startswith(b"{"):
        raise InvalidValue("payload.body", "object", bytes(payload.body)[:40], "give a JSON object")
    seen = None if payload.seen is msgspec.UNSET else _checked_seen(payload.seen)
    return Statement(
        origin=payload.origin,
        party=party,
        party_seq=payload.party_seq,
        prev=payload.prev,
        type=payload.type,
        request=payload.request,
        body=payload.body,
        seen=seen,
        key_id=key_id,
    )


def _checked_seen(seen: Seen) -> Seen:
    try:
        root = b64decode(seen.root, validate=True)
    except (Base64Error, ValueError):
        root = b""
    if len(root) != 32 or b64encode(root).decode("ascii") != seen.root:
        raise InvalidValue("payload.seen.root", "base64", seen.root, "give base64 of 32 bytes")
    if seen.size < 0:
        raise InvalidValue("payload.seen.size", "size", seen.size, "give a size from 0")
    return seen


def _decoded(decoder: msgspec.json.Decoder[_T], data: bytes, *, field: str) -> _T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(
            field, "members", str(error), "give exactly the documented members"
        ) from error


def _check_json(data: bytes, *, field: str) -> None:
    """What msgspec lets pass and signed JSON must not have: two readers that read two things."""
    try:
        text = data.decode("utf-8")
        json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        if "\\u" in text:  # an escape may make a lone surrogate, which is no Unicode text
            json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise InvalidValue(field, "json", reason, "give UTF-8 JSON, each member once") from error


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {twice!r} stands twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def is_signed(signature: bytes, message: bytes, public_key: bytes) -> bool:
    """PyNaCl's verdict: whether this is the key's Ed25519 signature (64 bytes) over the message."""
    if len(signature) != SIGNATURE_BYTES or len(public_key) != PUBLIC_KEY_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public_key)
    except CryptoError:
        return False
    return True


def _to_base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _from_base64url(text: str, *, field: str) -> bytes:
    """RFC 7515 base64url without padding; other spellings of the same bytes are refused."""
    if _BASE64URL.fullmatch(text) and len(text) % 4 != 1:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if _to_base64url(data) == text.encode("ascii"):
            return data
    raise InvalidValue(field, "base64url", text, "give canonical base64url without padding")
