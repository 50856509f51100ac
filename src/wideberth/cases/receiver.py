"""A receiver on this machine: where a party's webhook leads while a case is played."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Self

import msgspec

__all__ = ["Receiver"]

_MOST_BYTES = 4_000_000


class Receiver:
    """Listens on a free port of the loopback; use as an async context.

    answers: while false, it closes every connection without a word, as a dead line does.
    messages: what came, in order, as the JSON that it was.
    """

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.messages: list[Any] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen from here on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        assert self._server is not None, "it was entered"
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None, "it was entered"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            if self.answers:
                length = min(_length(head), _MOST_BYTES)
                self._take(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def _take(self, body: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            self.messages.append(msgspec.json.decode(body))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return 0
