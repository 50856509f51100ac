"""Sealed text: words that only those they are addressed to can read, end to end.

A *seal key* is the X25519 key that goes with one signing key of a party, and that signing key signs
it. A *sealed text* is about one object of the space; the host keeps it, and learns who sealed it to
whom, when, about what and how long it is to the nearest 256 bytes. Here are the bytes that are
signed, and what can be checked without any secret; :mod:`wideberth.sealed` seals and opens.

Source: RFC 9180 (HPKE) for how a content key reaches a recipient; RFC 8032 for signatures.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

import msgspec
from nacl.bindings import crypto_scalarmult
from nacl.exceptions import CryptoError

from wideberth.errors import InvalidValue
from wideberth.model.envelope import is_signed
from wideberth.model.ids import KeyId, PartyId

__all__ = [
    "MAX_BOX_CHARACTERS",
    "MAX_RECIPIENTS",
    "MAX_WORDS_BYTES",
    "About",
    "AboutType",
    "OfferSealKey",
    "SealKey",
    "SealKeyOffered",
    "SealText",
    "SealedFor",
    "SealedMark",
    "SealedText",
    "TextSealed",
    "bound",
    "check_seal_key",
    "decoded",
    "encoded",
    "fingerprint",
    "is_reference",
    "reference_of",
    "seal_key_message",
    "sealed_message",
    "verify_seal_key",
    "verify_sealed",
]

MAX_WORDS_BYTES = 10_000  # of UTF-8
MAX_RECIPIENTS = 200  # keys
MAX_BOX_CHARACTERS = 13_760  # of base64url: words, 32 bytes of nonce, padding to 256, a tag of 16

_REFERENCE = re.compile(r"sealed-[0-9a-f]{64}")
_KEY_TEXT = "wideberth seal key v1"
_SEALED_TEXT = "wideberth sealed text v1"

# No line of what is signed can be read as two, so none of these has a space or a newline.
_NAMED = msgspec.Meta(pattern=r"\A[A-Za-z0-9._:/-]{1,128}\Z")
Party = Annotated[PartyId, _NAMED]
KeyName = Annotated[KeyId, _NAMED]
Base64Url = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{0,128}\Z")]
Box = Annotated[str, msgspec.Meta(pattern=rf"\A[A-Za-z0-9_-]{{1,{MAX_BOX_CHARACTERS}}}\Z")]
Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class AboutType(StrEnum):
    """What a sealed text can be about."""

    INTENT = "intent"
    ZONE = "zone"
    NOTICE = "notice"
    STOP = "stop"
    AGREEMENT = "agreement"
    PARTY = "party"
    INCIDENT = "incident"


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The one object that a sealed text is about. It cannot be moved to another."""

    type: AboutType
    id: Annotated[str, _NAMED]


class SealKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A public X25519 key (32 bytes, base64url) to which texts for a party are sealed.

    key_id: of the party's signing key that it goes with, and that signed it. number: counts the
    seal keys of that signing key from 1, so that nobody can bring an older one back.
    signature: base64url of 64 bytes over :func:`seal_key_message`.
    """

    party: Party
    key_id: KeyName
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    public_key: Base64Url
    signature: Base64Url


class SealedFor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The content key, wrapped to one seal key: base64url of RFC 9180's enc and the ciphertext."""

    party: Party
    key_id: KeyName
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    wrapped: Base64Url


class SealedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A text as the host keeps it.

    commitment: SHA-256 of a 32-byte nonce and the words, in hex: who opens it sees that all were
    given the same words, and can show them to others later. box: AES-256-GCM under the content
    key, base64url. signature: base64url, by the sender's signing key over :func:`sealed_message`.
    """

    sender: Party
    key_id: KeyName
    about: About
    commitment: Hex
    recipients: Annotated[
        tuple[SealedFor, ...], msgspec.Meta(min_length=1, max_length=MAX_RECIPIENTS)
    ]
    box: Box
    signature: Base64Url

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """To whom it is sealed, each once."""
        return tuple(dict.fromkeys(each.party for each in self.recipients))


class OfferSealKey(msgspec.Struct, frozen=True, tag=True):
    """Have texts sealed to this key from now on, in place of the one before."""

    key: SealKey


class SealText(msgspec.Struct, frozen=True, tag=True):
    """Send a sealed text."""

    text: SealedText


class SealKeyOffered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Texts for the party's signing key are sealed to this key from here on."""

    key: SealKey


class TextSealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A sealed text is on its way. id: :func:`reference_of` it."""

    id: str
    text: SealedText


class SealedMark(msgspec.Struct, frozen=True, gc=False):
    """Where a sealed text stands, and whose it is."""

    id: str
    sender: PartyId
    parties: tuple[PartyId, ...]
    about: About
    position: int
    time_us: int

    def is_shown_to(self, party: PartyId) -> bool:
        """Whether the party may have it: its sender, and to whom it is sealed."""
        return party == self.sender or party in self.parties


def seal_key_message(origin: str, kid: str, number: int, public_key: bytes) -> bytes:
    """What a signing key signs of its seal key: six lines. kid: ``party/key-id`` of both."""
    return f"{_KEY_TEXT}\n{origin}\n{kid}\n{number}\nX25519\n{encoded(public_key)}\n".encode()


def bound(origin: str, kid: str, about: About, commitment: str) -> bytes:
    """What box and wrapped keys are bound to: the space, the sender, the object, the words."""
    return f"{_SEALED_TEXT}\n{origin}\n{kid}\n{about.type}\n{about.id}\n{commitment}\n".encode()


def sealed_message(origin: str, text: SealedText) -> bytes:
    """What its sender signs: all of it. A line for each recipient, and one for the box."""
    lines = [
        f"{each.party}/{each.key_id} {each.number} {each.wrapped}\n" for each in text.recipients
    ]
    head = bound(origin, f"{text.sender}/{text.key_id}", text.about, text.commitment)
    return head + "".join(lines).encode() + f"{text.box}\n".encode()


def reference_of(origin: str, text: SealedText) -> str:
    """Its id, and how a free text of something else names it: a digest of what was signed."""
    return f"sealed-{sha256(sealed_message(origin, text)).hexdigest()}"


def is_reference(words: str) -> bool:
    """Whether these words only name a sealed text."""
    return _REFERENCE.fullmatch(words) is not None


def check_seal_key(public_key: bytes) -> None:
    """Refuse a key with which anybody could read along. Raises InvalidValue.

    A point of low order gives the same shared secret, all zero, whoever asks (RFC 7748, 6.1).
    """
    if len(public_key) != 32:
        raise InvalidValue("public_key", "length", len(public_key), "give the 32 bytes of the key")
    try:
        shared = crypto_scalarmult(b"\x01" * 32, public_key)
    except (CryptoError, RuntimeError):
        shared = bytes(32)
    if shared == bytes(32):
        raise InvalidValue("public_key", "x25519-point", None, "make an honest X25519 key pair")


def verify_seal_key(key: SealKey, signing_key: bytes, *, origin: str) -> None:
    """Check a seal key under the party's signing key (32 bytes). Raises InvalidValue."""
    public_key = decoded(key.public_key, "public_key")
    check_seal_key(public_key)
    message = seal_key_message(origin, f"{key.party}/{key.key_id}", key.number, public_key)
    if not is_signed(decoded(key.signature, "signature"), message, signing_key):
        raise InvalidValue(
            "signature",
            "seal-key-unsigned",
            f"{key.party}/{key.key_id}",
            "only the party's own signing key can vouch for its seal key",
        )


def verify_sealed(text: SealedText, signing_key: bytes, *, origin: str) -> None:
    """Check that the sender signed it (key of 32 bytes). Raises InvalidValue."""
    if not is_signed(
        decoded(text.signature, "signature"), sealed_message(origin, text), signing_key
    ):
        raise InvalidValue(
            "signature",
            "sealed-unsigned",
            f"{text.sender}/{text.key_id}",
            "sign the sealed text with the key that it names",
        )


def fingerprint(public_key: bytes) -> str:
    """A signing key as two people compare it: SHA-256, the first 20 bytes in groups of four digits.

    >>> fingerprint(bytes(32))
    '6668 7aad f862 bd77 6c8f c18b 8e9f 8e20 0897 1485'
    """
    digest = sha256(public_key).hexdigest()[:40]
    return " ".join(digest[at : at + 4] for at in range(0, 40, 4))


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(text: str, field: str) -> bytes:
    """The bytes of base64url without padding, in its one spelling. Raises InvalidValue."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        data = b""
    if not data or encoded(data) != text:
        raise InvalidValue(field, "base64url", text[:80], "give base64url without padding")
    return data
