"""Cosignatures: what a witness adds to a checkpoint. C2SP tlog-cosignature v1, type 0x04.

A line of a note like any other, but signed are a header, the witness's time and the whole text of
the checkpoint: "as of that time this is the largest consistent tree of this log that I have seen".
A witness's key is for cosigning only; its type is part of its key id and of its file, so that it
can never pass for a log's key, nor a log's for a witness's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec
from nacl.signing import SigningKey

from wideberth.errors import InvalidValue
from wideberth.record.keys import NoteKey
from wideberth.record.notes import (
    MAX_SIGNATURES,
    Signature,
    VerifierKey,
    format_note,
    is_signed,
    parse_note,
    parse_signature_line,
    parse_vkey,
    signature_line,
)

__all__ = [
    "COSIGNATURE",
    "MAX_TIME_S",
    "Cosignature",
    "WitnessKey",
    "cosignature_line",
    "cosigned_message",
    "merged",
    "parse_lines",
    "parse_witness_vkey",
    "verified_cosignatures",
]

COSIGNATURE = 0x04  # signature type: Ed25519 over time and checkpoint. Source: tlog-cosignature
MAX_TIME_S = 2**63 - 1  # tlog-cosignature, "Format"
_TIME_BYTES = 8
_SIGNATURE_BYTES = 64


class Cosignature(msgspec.Struct, frozen=True):
    """A cosignature. time_s: seconds since 1970, the witness's; signature: 64 bytes."""

    key: VerifierKey
    time_s: int
    signature: bytes


class WitnessKey(NoteKey):
    """A witness's signing key. Its name is the witness's."""

    __slots__ = ()

    signature_type: ClassVar[int] = COSIGNATURE
    _signing_key: SigningKey

    def cosign(self, text: str, *, time_s: int) -> Cosignature:
        """The cosignature over a checkpoint's text. Raises InvalidValue for a time that has none.

        What it says is for the caller to have made sure of: that the tree is consistent with every
        one cosigned before, and that this is stored.
        """
        message = cosigned_message(text, time_s)
        return Cosignature(self.verifier, time_s, self._signing_key.sign(message).signature)


def parse_witness_vkey(text: str) -> VerifierKey:
    """A witness's public key. Raises InvalidValue, also for a log's and one of low order."""
    return parse_vkey(text, signature_type=COSIGNATURE)


def cosigned_message(text: str, time_s: int) -> bytes:
    """What is signed. text: of the checkpoint, with its last newline, without signature lines.

    Source: tlog-cosignature, "Ed25519 signed message". Raises InvalidValue for a time of 0, which
    means none, or beyond MAX_TIME_S.
    """
    if not 0 < time_s <= MAX_TIME_S:
        raise InvalidValue("cosignature.time", "time", time_s, f"give 1 to {MAX_TIME_S} s")
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def cosignature_line(cosignature: Cosignature) -> str:
    """The signature line, newline at its end: 8 bytes of time (big-endian), 64 of signature."""
    time = cosignature.time_s.to_bytes(_TIME_BYTES, "big")
    return signature_line(cosignature.key, time + cosignature.signature)


def parse_lines(text: str) -> tuple[Signature, ...]:
    """Signature lines alone, as a witness answers them; none verified. Raises InvalidValue."""
    if not text.endswith("\n"):
        raise InvalidValue("cosignatures", "lines", text, "give signature lines, a newline each")
    lines = text[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise InvalidValue("cosignatures", "signatures", len(lines), f"at most {MAX_SIGNATURES}")
    return tuple(parse_signature_line(line) for line in lines)


def verified_cosignatures(
    text: str,
    signatures: Iterable[Signature],
    keys: Sequence[VerifierKey],
    *,
    not_after_s: int | None = None,
) -> tuple[Cosignature, ...]:
    """The cosignatures of keys over a checkpoint's text: of each the newest, in keys' order.

    Lines of other keys are not judged. not_after_s: seconds since 1970; a later time is refused.
    Raises InvalidValue where a line of one of keys does not verify: such a note is malformed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    newest: dict[VerifierKey, Cosignature] = {}
    for signature in signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue  # signed-note: signatures of unknown keys are ignored
        found = _verified(text, signature.blob, key)
        if not_after_s is not None and found.time_s > not_after_s:
            raise InvalidValue(
                "cosignature.time", "future", found.time_s, f"{key.name} is ahead of {not_after_s}"
            )
        if key not in newest or newest[key].time_s < found.time_s:
            newest[key] = found
    return tuple(newest[key] for key in keys if key in newest)


def merged(note: str, cosignatures: Iterable[Cosignature]) -> str:
    """The note with these cosignatures' lines after its own; a line that is there stays once.

    Raises InvalidValue for a malformed note, and where the lines become too many.
    """
    parsed = parse_note(note)
    there = note.removeprefix(parsed.text + "\n")
    lines = dict.fromkeys([*there.splitlines(keepends=True), *map(cosignature_line, cosignatures)])
    if len(lines) > MAX_SIGNATURES:
        raise InvalidValue("note", "signatures", len(lines), f"at most {MAX_SIGNATURES}")
    return format_note(parsed.text, lines)


def _verified(text: str, blob: bytes, key: VerifierKey) -> Cosignature:
    fault = InvalidValue("note", "cosignature", key.name, "the cosignature does not verify")
    if len(blob) != _TIME_BYTES + _SIGNATURE_BYTES:
        raise fault
    time_s, signature = int.from_bytes(blob[:_TIME_BYTES], "big"), blob[_TIME_BYTES:]
    message = cosigned_message(text, time_s)
    if not is_signed(message.decode(), signature, key.public_key):
        raise fault
    return Cosignature(key, time_s, signature)
