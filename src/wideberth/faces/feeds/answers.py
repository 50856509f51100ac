"""The body of an answer over HTTP, read within bounds: whoever answers is not trusted.

A body may be packed, once, as gzip, and no otherwise. It is unpacked a piece at a time, so that
neither what it stands for nor the time that unpacking takes can be more than was meant: two layers
of gzip make a gigabyte of two kilobytes.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Protocol

import httpx

__all__ = ["ACCEPTED", "BadAnswer", "body_of"]

ACCEPTED = {"Accept-Encoding": "gzip"}
"""What to ask with, so that nobody packs otherwise by mistake."""

_AT_ONCE_BYTES = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


class _Unpacker(Protocol):
    """That of zlib, whose type has no public name."""

    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class BadAnswer(Exception):
    """A body that cannot be taken, in words for whoever runs the feed."""


async def body_of(answer: httpx.Response, most_bytes: int) -> bytes:
    """The whole body, unpacked, of at most so many bytes. Raises BadAnswer, httpx.HTTPError."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip"}:
        raise BadAnswer("the answer is packed in another way than gzip")
    unpacker = zlib.decompressobj(_GZIP) if coding == "gzip" else None
    body = bytearray()
    async for raw in answer.aiter_raw():
        rest = raw
        while rest:
            part, rest = (rest, b"") if unpacker is None else _unpacked(unpacker, rest)
            body += part
            if len(body) > most_bytes:
                raise BadAnswer(f"the answer is larger than {most_bytes} bytes")
            if rest:
                await asyncio.sleep(0)  # others have their turn
    if unpacker is not None and not unpacker.eof:
        raise BadAnswer("the answer is not whole")
    return bytes(body)


def _unpacked(unpacker: _Unpacker, packed: bytes) -> tuple[bytes, bytes]:
    """What comes of it at once, and what of it is left to unpack. Raises BadAnswer."""
    try:
        part = unpacker.decompress(packed, _AT_ONCE_BYTES)
    except zlib.error:
        raise BadAnswer("the answer is not the gzip that it says") from None
    if unpacker.unused_data:
        raise BadAnswer("the answer goes on after its end")
    return part, unpacker.unconsumed_tail
