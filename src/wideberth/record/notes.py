"""Signed notes, checkpoints and receipts: the texts of C2SP.

signed-note 1.0.0: ``text``, an empty line, signature lines ``— <name> <base64(key id || sig)>``.
tlog-checkpoint 1.0.0: a note whose text is origin, size and root.
tlog-proof: ``index``, hashes, an empty line, the checkpoint: the receipt.

Reading is strict: canonical base64 with padding, canonical decimals, no control characters.
Lines of unknown keys (witnesses' cosignatures among them) are kept and not judged; a known key
whose signature fails makes the whole note invalid.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from hashlib import sha256

import msgspec
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from wideberth.errors import InvalidValue
from wideberth.model.envelope import check_public_key
from wideberth.record.merkle import EMPTY_ROOT, HASH_BYTES

__all__ = [
    "ED25519",
    "MAX_SIGNATURES",
    "Checkpoint",
    "Note",
    "Receipt",
    "Signature",
    "VerifierKey",
    "check_name",
    "checkpoint_text",
    "format_note",
    "format_receipt",
    "format_vkey",
    "from_base64",
    "from_decimal",
    "is_signed",
    "key_id",
    "parse_checkpoint",
    "parse_note",
    "parse_receipt",
    "parse_signature_line",
    "parse_vkey",
    "sign_text",
    "signature_line",
    "to_base64",
    "verified_checkpoint",
    "verified_note",
]

ED25519 = 0x01  # signature type: Ed25519 over the note's text
MAX_SIGNATURES = 64  # the specification asks for at least 16, and for some cap
MAX_NOTE_CHARACTERS = 1_000_000
MAX_PROOF_HASHES = 64  # a tree of 2**63 leaves
_KEY_ID_BYTES = 4
_DASH = "\N{EM DASH}"
_RECEIPT_HEADER = "c2sp.org/tlog-proof@v1"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f]+")


class Signature(msgspec.Struct, frozen=True):
    """One signature line. key_id: 4 bytes; blob: what follows it, 64 bytes for Ed25519."""

    name: str
    key_id: bytes
    blob: bytes


class Note(msgspec.Struct, frozen=True):
    """A signed note as it stands. text: with its last newline."""

    text: str
    signatures: tuple[Signature, ...]


class VerifierKey(msgspec.Struct, frozen=True):
    """A log's or a witness's public key. public_key: 32 bytes Ed25519.

    signature_type: what its signatures are over; ED25519 for a log's key.
    """

    name: str
    public_key: bytes
    signature_type: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name it on a signature line."""
        return key_id(self.name, self.public_key, signature_type=self.signature_type)


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log's head says. root: 32 bytes."""

    origin: str
    size: int
    root: bytes


class Receipt(msgspec.Struct, frozen=True):
    """A tlog-proof. index: the entry's position; note: the checkpoint with all its signatures."""

    index: int
    proof: tuple[bytes, ...]
    note: str
    extra: bytes | None = None


def key_id(name: str, public_key: bytes, *, signature_type: int = ED25519) -> bytes:
    """``SHA-256(name || 0x0A || type || key)[:4]``. Source: signed-note, "Signatures"."""
    return sha256(name.encode() + b"\n" + bytes([signature_type]) + public_key).digest()[
        :_KEY_ID_BYTES
    ]


def format_vkey(key: VerifierKey) -> str:
    """``name+hex(key id)+base64(type || key)``."""
    data = bytes([key.signature_type]) + key.public_key
    return f"{key.name}+{key.key_id.hex()}+{to_base64(data)}"


def parse_vkey(text: str, *, signature_type: int = ED25519) -> VerifierKey:
    """The inverse of format_vkey.

    Raises InvalidValue, also for other signature types, and for a key of low order: under such a
    key one signature would verify for any text.
    """
    name, _, rest = text.partition("+")
    identifier, _, encoded = rest.partition("+")
    data = from_base64(encoded, field="vkey")
    if not _NAME.fullmatch(name) or len(data) != 33 or data[0] != signature_type:
        kind = "key" if signature_type == ED25519 else "cosigning key"
        raise InvalidValue(
            "vkey",
            "vkey",
            text,
            f"give name+key-id+base64 of an Ed25519 {kind} (type {signature_type:#04x})",
        )
    key = VerifierKey(name, data[1:], signature_type)
    if key.key_id.hex() != identifier:
        raise InvalidValue("vkey", "key-id", identifier, f"the key id should be {key.key_id.hex()}")
    check_public_key(key.public_key)
    return key


def check_name(name: str, *, field: str = "origin") -> str:
    """Give name back where it can name a key: not empty, no space, no plus, no control character.

    Raises InvalidValue.
    """
    if len(name) > 255 or not _NAME.fullmatch(name):
        raise InvalidValue(
            field, "origin", name, "give up to 255 characters without space and plus"
        )
    return name


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The three lines that are signed."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{to_base64(checkpoint.root)}\n"


def sign_text(text: str, signing_key: SigningKey) -> bytes:
    """The 64-byte Ed25519 signature over a note's text."""
    return signing_key.sign(text.encode()).signature


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """One signature line, newline at its end."""
    return f"{_DASH} {key.name} {to_base64(key.key_id + signature)}\n"


def format_note(text: str, lines: Iterable[str]) -> str:
    """The note of a text and its signature lines."""
    return text + "\n" + "".join(lines)


def parse_note(note: str) -> Note:
    """A note's text and signatures; nothing is verified. Raises InvalidValue."""
    if len(note) > MAX_NOTE_CHARACTERS:
        raise InvalidValue("note", "size", len(note), f"at most {MAX_NOTE_CHARACTERS} characters")
    if _CONTROL.search(note):
        raise InvalidValue("note", "control", note, "no control characters but newline")
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not text or not tail.endswith("\n"):
        raise InvalidValue("note", "note", note, "give text, an empty line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise InvalidValue("note", "signatures", len(lines), f"at most {MAX_SIGNATURES}")
    return Note(text + "\n", tuple(parse_signature_line(line) for line in lines))


def verified_note(note: str, keys: Sequence[VerifierKey]) -> Note:
    """The note, where at least one of keys signed it and none of them badly.

    Raises InvalidValue: malformed, no signature by a known key, a known key's signature fails.
    """
    parsed = parse_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    found = False
    for signature in parsed.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue  # signed-note: signatures of unknown keys are ignored
        if not is_signed(parsed.text, signature.blob, key.public_key):
            raise InvalidValue("note", "signature", key.name, "the signature does not verify")
        found = True
    if not found:
        raise InvalidValue(
            "note", "unsigned", [k.name for k in keys], "no signature by a known key"
        )
    return parsed


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's *text*. Extension lines are refused: none are in use here.

    Raises InvalidValue.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise InvalidValue("checkpoint", "lines", text, "give origin, size and root, a line each")
    origin, size_text, root_text = lines[:3]
    if not origin:
        raise InvalidValue("checkpoint.origin", "origin", origin, "give the log's name")
    size = from_decimal(size_text, field="checkpoint.size")
    root = from_base64(root_text, field="checkpoint.root")
    if len(root) != HASH_BYTES:
        raise InvalidValue("checkpoint.root", "length", len(root), f"give {HASH_BYTES} bytes")
    if size == 0 and root != EMPTY_ROOT:
        raise InvalidValue("checkpoint.root", "empty", root_text, "an empty tree has one root")
    return Checkpoint(origin, size, root)


def verified_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note that the log key signed, whose name is the origin.

    Raises InvalidValue.
    """
    checkpoint = parse_checkpoint(verified_note(note, [key]).text)
    if checkpoint.origin != key.name:
        raise InvalidValue("checkpoint.origin", "origin", checkpoint.origin, f"want {key.name}")
    return checkpoint


def format_receipt(receipt: Receipt) -> str:
    """The tlog-proof text."""
    lines = [_RECEIPT_HEADER]
    if receipt.extra is not None:
        lines.append(f"extra {to_base64(receipt.extra)}")
    lines.append(f"index {receipt.index}")
    lines.extend(map(to_base64, receipt.proof))
    return "\n".join(lines) + "\n\n" + receipt.note


def parse_receipt(text: str) -> Receipt:
    """The inverse of format_receipt; nothing is verified. Raises InvalidValue."""
    if len(text) > MAX_NOTE_CHARACTERS:
        raise InvalidValue("receipt", "size", len(text), f"at most {MAX_NOTE_CHARACTERS}")
    head, separator, note = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines.pop(0) != _RECEIPT_HEADER:
        raise InvalidValue("receipt", "header", text, f"give a text that opens {_RECEIPT_HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "), field="receipt.extra")
    if not lines or not lines[0].startswith("index "):
        raise InvalidValue("receipt.index", "index", lines[:1], "give the line: index <decimal>")
    index = from_decimal(lines.pop(0).removeprefix("index "), field="receipt.index")
    if len(lines) > MAX_PROOF_HASHES:
        raise InvalidValue("receipt.proof", "length", len(lines), f"at most {MAX_PROOF_HASHES}")
    proof = tuple(from_base64(line, field="receipt.proof") for line in lines)
    if any(len(item) != HASH_BYTES for item in proof):
        raise InvalidValue("receipt.proof", "length", text, f"give hashes of {HASH_BYTES} bytes")
    parse_checkpoint(parse_note(note).text)
    return Receipt(index, proof, note, extra)


def parse_signature_line(line: str) -> Signature:
    """One signature line without its newline; nothing is verified. Raises InvalidValue."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != _DASH or not _NAME.fullmatch(name):
        raise InvalidValue("note", "signature-line", line, f"give {_DASH} name base64")
    data = from_base64(encoded, field="note")
    if len(data) <= _KEY_ID_BYTES:
        raise InvalidValue("note", "signature-line", line, "a key id and a signature")
    return Signature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def is_signed(text: str, signature: bytes, public_key: bytes) -> bool:
    """Whether signature, of 64 bytes, is the key's over text, by libsodium's strict rule."""
    if len(signature) != 64:
        return False
    try:
        crypto_sign_open(signature + text.encode(), public_key)
    except CryptoError:
        return False
    return True


def to_base64(data: bytes) -> str:
    """RFC 4648 section 4, with padding."""
    return b64encode(data).decode("ascii")


def from_base64(text: str, *, field: str) -> bytes:
    """The inverse of to_base64. Raises InvalidValue for any other spelling."""
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise InvalidValue(field, "base64", text, "give base64 with padding") from error
    if to_base64(data) != text:
        raise InvalidValue(field, "base64", text, "give canonical base64 with padding")
    return data


def from_decimal(text: str, *, field: str) -> int:
    """A canonical decimal from 0 to below 10**19. Raises InvalidValue."""
    if not _DECIMAL.fullmatch(text):
        raise InvalidValue(field, "decimal", text, "give a decimal without leading zero")
    return int(text)
