"""What a record does before it takes any lock: check what came, and make leaves of envelopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from wideberth.errors import InvalidValue, PositionTaken
from wideberth.model.envelope import MAX_ENVELOPE_BYTES, SALT_BYTES, leaf
from wideberth.record.merkle import leaf_hash
from wideberth.record.protocol import Head

__all__ = ["RandomBytes", "Sealed", "check_page", "check_position", "check_time", "seal"]

RandomBytes = Callable[[int], bytes]
"""``random_bytes(count)``: ``os.urandom``, or a fixed sequence where bytes must be repeatable."""


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """An envelope with its salt, its 33-byte leaf and the leaf's 32-byte hash in the tree."""

    salt: bytes
    envelope: bytes
    leaf: bytes
    leaf_hash: bytes


def seal(envelopes: Sequence[bytes], random_bytes: RandomBytes) -> list[Sealed]:
    """Each envelope with a fresh salt. Raises InvalidValue for an empty or too large one."""
    for index, envelope in enumerate(envelopes):
        if not 0 < len(envelope) <= MAX_ENVELOPE_BYTES:
            raise InvalidValue(
                f"envelopes.{index}",
                "size",
                len(envelope),
                f"give 1 to {MAX_ENVELOPE_BYTES} bytes",
            )
    salts = random_bytes(SALT_BYTES * len(envelopes))
    return [
        _sealed(salts[index * SALT_BYTES : (index + 1) * SALT_BYTES], bytes(envelope))
        for index, envelope in enumerate(envelopes)
    ]


def check_position(head: Head, expected_position: int) -> None:
    """Raise PositionTaken unless the record ends at expected_position."""
    if head.size != expected_position:
        raise PositionTaken(expected_position, head.size)


def check_time(head: Head, time_us: int) -> None:
    """Raise InvalidValue where time would run backwards in the record."""
    if head.size and time_us < head.time_us:
        raise InvalidValue(
            "time_us", "time-order", time_us, f"give a time from {head.time_us} on, the head's"
        )


def check_page(from_position: int, limit: int) -> None:
    """Raise InvalidValue for a page that no record has."""
    if from_position < 0 or limit < 1:
        raise InvalidValue(
            "from_position, limit", "page", (from_position, limit), "from 0 on, at least 1 row"
        )


def _sealed(salt: bytes, envelope: bytes) -> Sealed:
    committed = leaf(salt, envelope)
    return Sealed(salt, envelope, committed, leaf_hash(committed))
