"""Bundles: the cold entries of a record, a block at a time, compressed.

Neighbours repeat each other (the same parties, places, members), so a block of them takes far less
room than each alone. A bundle is one method byte and the compressed items: per position a length
of 4 bytes, big-endian, and salt and envelope; length 0 where the entry was erased.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from wideberth.errors import RecordCorrupt

__all__ = ["BUNDLE_ENTRIES", "pack", "unpack"]

BUNDLE_ENTRIES = 256
_ZLIB = 0x01  # the method byte; measured against others in docs/decisions/0009
_LEVEL = 6
_LENGTH_BYTES = 4
_MAX_BYTES = 1 << 30  # a block of the largest envelopes; more is a bomb


def pack(items: Sequence[bytes | None]) -> bytes:
    """A bundle of items: salt and envelope of each position in order, None where it was erased.

    >>> unpack(pack([b"salt+envelope", None]), first=0, count=2)
    [b'salt+envelope', None]
    """
    parts: list[bytes] = []
    for item in items:
        parts.append(len(item or b"").to_bytes(_LENGTH_BYTES, "big"))
        parts.append(item or b"")
    return bytes([_ZLIB]) + zlib.compress(b"".join(parts), _LEVEL)


def unpack(data: bytes, *, first: int, count: int) -> list[bytes | None]:
    """The items of a bundle. first: its position, for the error. Raises RecordCorrupt."""
    if data[:1] != bytes([_ZLIB]):
        raise RecordCorrupt(first, "its bundle is packed in a way that is not known here")
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(data[1:], _MAX_BYTES)
    except zlib.error as error:
        raise RecordCorrupt(first, f"its bundle is damaged: {error}") from error
    items: list[bytes | None] = []
    at = 0
    while at + _LENGTH_BYTES <= len(plain):
        length = int.from_bytes(plain[at : at + _LENGTH_BYTES], "big")
        at += _LENGTH_BYTES
        items.append(plain[at : at + length] if length else None)
        at += length
    if at != len(plain) or len(items) != count or unpacker.unused_data or not unpacker.eof:
        raise RecordCorrupt(first, f"its bundle does not hold {count} entries")
    return items
