"""Seal words to seal keys, open them, and show them to others later. Pure: random bytes come in.

The words go into one box (AES-256-GCM) under a content key of their own, and the content key is
wrapped to each recipient (:mod:`~wideberth.sealed.hpke`). Box and wrapped keys are bound to the
space, the sender, the object and a commitment to the words; the sender signs all of it. A box that
was moved, or changed, or that says different words to different recipients does not open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.signing import SigningKey

from wideberth.errors import InvalidValue
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.sealed import (
    MAX_RECIPIENTS,
    MAX_WORDS_BYTES,
    About,
    SealedFor,
    SealedText,
    SealKey,
    bound,
    decoded,
    encoded,
    reference_of,
    seal_key_message,
    sealed_message,
    verify_sealed,
)
from wideberth.sealed.hpke import open_sealed, public_of, seal

__all__ = ["Opening", "Sealer", "check_opening", "make_seal_key", "open_text", "seal_text"]

_NONCE = bytes(12)  # a content key is fresh for each box, and used for nothing else
_COMMITMENT_BYTES = 32  # of randomness, so that words cannot be guessed from their commitment
_CONTENT_KEY_BYTES = 32
_PADDED_TO_BYTES = 256  # the host sees the length of words in steps of this
_COMMITTED = b"wideberth sealed words v1\n"


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shows the words of one sealed text to anybody, and nothing of any other. id: of the
    text; nonce: hex of 32 bytes, with which the words give its commitment.
    """

    id: str
    nonce: str
    words: str


class Sealer(msgspec.Struct, frozen=True):
    """Who seals: the space, the party and its signing key. Never printed."""

    origin: str
    party: PartyId
    key_id: KeyId
    signing_key: SigningKey

    @property
    def kid(self) -> str:
        """``party/key-id``."""
        return f"{self.party}/{self.key_id}"


def make_seal_key(sealer: Sealer, private_key: bytes, number: int) -> SealKey:
    """The seal key of a signing key, signed by it. private_key: 32 random bytes."""
    public_key = public_of(private_key)
    message = seal_key_message(sealer.origin, sealer.kid, number, public_key)
    signature = sealer.signing_key.sign(message).signature
    return SealKey(sealer.party, sealer.key_id, number, encoded(public_key), encoded(signature))


def seal_text(
    sealer: Sealer,
    words: str,
    *,
    about: About,
    to: Sequence[SealKey],
    random_bytes: Callable[[int], bytes],
) -> SealedText:
    """The words, sealed to these keys and to no other. The caller has verified the keys.

    Raises InvalidValue for words that are too long, for no recipient or too many.
    """
    plain = words.encode()
    if not 0 < len(plain) <= MAX_WORDS_BYTES:
        raise InvalidValue("words", "size", len(plain), f"give 1 to {MAX_WORDS_BYTES} bytes")
    if not 0 < len(to) <= MAX_RECIPIENTS:
        raise InvalidValue("to", "recipients", len(to), f"seal to 1 to {MAX_RECIPIENTS} keys")
    nonce, content_key = random_bytes(_COMMITMENT_BYTES), random_bytes(_CONTENT_KEY_BYTES)
    commitment = _commitment(nonce, plain)
    binding = bound(sealer.origin, sealer.kid, about, commitment)
    box = AESGCM(content_key).encrypt(_NONCE, _padded(nonce + plain), binding)
    wrapped = tuple(
        SealedFor(
            key.party,
            key.key_id,
            key.number,
            encoded(
                seal(
                    content_key,
                    decoded(key.public_key, "public_key"),
                    info=binding,
                    ephemeral=random_bytes(32),
                )
            ),
        )
        for key in to
    )
    unsigned = SealedText(sealer.party, sealer.key_id, about, commitment, wrapped, encoded(box), "")
    signature = sealer.signing_key.sign(sealed_message(sealer.origin, unsigned)).signature
    return msgspec.structs.replace(unsigned, signature=encoded(signature))


def open_text(
    text: SealedText,
    *,
    origin: str,
    kid: str,
    private_key: bytes,
    sender_key: bytes,
    about: About | None = None,
) -> Opening:
    """The words, for the holder of a seal key. kid: of the signing key that it goes with;
    sender_key: the sender's signing key, pinned; about: where the text was found.

    Raises InvalidValue: not signed by that key, about something else, not sealed to this key, or
    its words are not those that the sender committed to.
    """
    verify_sealed(text, sender_key, origin=origin)
    if about is not None and about != text.about:
        raise InvalidValue(
            "about",
            "sealed-elsewhere",
            f"{text.about.type} {text.about.id}",
            "this text was sealed about something else",
        )
    binding = bound(origin, f"{text.sender}/{text.key_id}", text.about, text.commitment)
    content_key = _unwrapped(text, kid, private_key, binding)
    try:
        padded = AESGCM(content_key).decrypt(_NONCE, decoded(text.box, "box"), binding)
    except (InvalidTag, ValueError):
        raise InvalidValue(
            "box", "box-damaged", None, "its box does not open with its key"
        ) from None
    plain = padded.rstrip(b"\x00")[:-1]
    nonce, words = plain[:_COMMITMENT_BYTES], plain[_COMMITMENT_BYTES:]
    opening = Opening(reference_of(origin, text), nonce.hex(), _text(words))
    check_opening(text, opening, origin=origin)
    return opening


def check_opening(text: SealedText, opening: Opening, *, origin: str) -> None:
    """Whether these are the words of the sealed text. Raises InvalidValue where they are not.

    Needs no key: it works the commitment out again.
    """
    try:
        nonce = bytes.fromhex(opening.nonce)
    except ValueError:
        nonce = b""
    if opening.id != reference_of(origin, text):
        raise InvalidValue("id", "another-text", opening.id, "this opening is of another text")
    is_whole = len(nonce) == _COMMITMENT_BYTES
    if not is_whole or _commitment(nonce, opening.words.encode()) != text.commitment:
        raise InvalidValue(
            "words", "commitment", None, "these are not the words that its sender committed to"
        )


def _unwrapped(text: SealedText, kid: str, private_key: bytes, binding: bytes) -> bytes:
    """The content key. Of several numbers of one key, the one that opens."""
    mine = [each for each in text.recipients if f"{each.party}/{each.key_id}" == kid]
    for each in mine:
        try:
            return open_sealed(decoded(each.wrapped, "wrapped"), private_key, info=binding)
        except InvalidValue:
            continue
    raise InvalidValue(
        "recipients",
        "sealed-to-another",
        kid,
        "this key does not open it; it is sealed to "
        + ", ".join(f"{each.party}/{each.key_id}" for each in text.recipients[:8]),
    )


def _commitment(nonce: bytes, words: bytes) -> str:
    return sha256(_COMMITTED + nonce + words).hexdigest()


def _padded(plain: bytes) -> bytes:
    """The bytes, a 1, and zeros up to a whole step (ISO/IEC 7816-4)."""
    return plain + b"\x01" + bytes(-(len(plain) + 1) % _PADDED_TO_BYTES)


def _text(words: bytes) -> str:
    try:
        return words.decode()
    except UnicodeDecodeError:
        raise InvalidValue("box", "utf-8", None, "its words are no text") from None
