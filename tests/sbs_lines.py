"""Messages of SBS as receivers write them, and a small server that sends whatever it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


def sbs(
    kind: int,
    address: str = "4CA7B6",
    *,
    callsign: str = "",
    altitude: str = "",
    speed: str = "",
    track: str = "",
    place: tuple[float, float] | None = None,
    climb: str = "",
    at: str = "2026/05/01,10:00:00.000",
) -> bytes:
    """A line."""
    latitude, longitude = ("", "") if place is None else (f"{place[0]:.5f}", f"{place[1]:.5f}")
    return (
        f"MSG,{kind},1,1,{address},1,{at},{at},{callsign},{altitude},{speed},{track},"
        f"{latitude},{longitude},{climb},,0,0,0,0\r\n"
    ).encode()


@dataclass
class Sender:
    """A server like a receiver's: writes to every connection what it is given."""

    port: int = 0
    greeting: bytes = b""
    connections: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def accept(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        writer.write(self.greeting)

    def send(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()


@contextlib.asynccontextmanager
async def a_sender(greeting: bytes = b"", port: int = 0) -> AsyncIterator[Sender]:
    sender = Sender(greeting=greeting)
    server = await asyncio.start_server(sender.accept, "127.0.0.1", port)
    sender.port = server.sockets[0].getsockname()[1]
    try:
        yield sender
    finally:
        sender.hang_up()
        server.close()
