"""A node with TAK clients of two parties, and a client that reads and writes what it likes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from api_world import World, a_world
from certificates import Made, make
from wideberth.faces.cot import TakFace, around_of
from wideberth.operating import CertificateSettings, Listen, OpenOutput, TakTable
from wideberth.tls import tak_context
from wideberth.wire.cot import CotEvent, Element, Fault
from wideberth.wire.cotproto import encode_framed
from wideberth.wire.cotstream import CotStream
from wideberth.wire.cotxml import encode_xml

WAIT_S = 120.0  # kernels may be compiled meanwhile, on a busy machine


@dataclass
class TakWorld:
    world: World
    face: TakFace
    folder: Path
    authority: Made
    clients: dict[str, Made]

    def context(self, shown: Made | None) -> ssl.SSLContext:
        """As a client has it that shows this certificate."""
        context = ssl.create_default_context(cafile=str(self.folder / "server-ca.pem"))
        if shown is not None:
            context.load_cert_chain(*shown.pair)
        return context

    @contextlib.asynccontextmanager
    async def client(self, party: str, *, shown: Made | None = None) -> AsyncIterator[TakClient]:
        """A client that shows a party's certificate, or another."""
        context = self.context(shown or self.clients[party])
        port = self.face.ports["tls"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        client = TakClient(reader, writer)
        task = asyncio.create_task(client.read())
        try:
            yield client
        finally:
            task.cancel()
            writer.transport.abort()
            await asyncio.gather(task, return_exceptions=True)


@dataclass
class TakClient:
    """data: all bytes that came; events: what they say, in order."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    data: bytearray = field(default_factory=bytearray)
    events: list[CotEvent] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _grew: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        stream = CotStream()
        with contextlib.suppress(OSError):
            while data := await self.reader.read(65_536):
                self.data += data
                for each in stream.feed(data):
                    assert not isinstance(each, Fault), each
                    self.events.append(each)
                self._grew.set()
        self.ended.set()
        self._grew.set()

    async def say(self, *events: CotEvent, protobuf: bool = False) -> None:
        encode = encode_framed if protobuf else encode_xml
        self.writer.write(b"".join(encode(each) for each in events))
        await self.writer.drain()

    async def until(self, wanted: Callable[[CotEvent], bool]) -> CotEvent:
        """The first event that is wanted, of those that came and that come."""
        async with asyncio.timeout(WAIT_S):
            while True:
                self._grew.clear()
                for each in self.events:
                    if wanted(each):
                        return each
                assert not self.ended.is_set(), "the connection ended"
                await self._grew.wait()

    async def settled(self, world: TakWorld) -> None:
        """What stands by now was said: a ping goes out after the look that follows it."""
        for number in range(2):
            self.events = [each for each in self.events if each.type != "t-x-c-t-r"]
            await asyncio.sleep(world.face.around.show_every_s * 1.5)
            await self.say(said("t-x-c-t", uid=f"ping-{number}"))
            await self.until(lambda each: each.type == "t-x-c-t-r")


def said(
    kind: str, *, uid: str = "ANDROID-1", detail: tuple[Element, ...] = (), **more: Any
) -> CotEvent:
    """An event as a client says it, now."""
    now_ms = round(time.time() * 1000)
    made = CotEvent(
        uid=uid,
        type=kind,
        how="m-g",
        time_ms=now_ms,
        start_ms=now_ms,
        stale_ms=now_ms + 60_000,
        latitude_deg=47.0,
        longitude_deg=7.5,
        detail=detail,
    )
    return msgspec.structs.replace(made, **more)


def message(words: str, *, uid: str = "GeoChat.ANDROID-1.All Chat Rooms.1") -> CotEvent:
    """What somebody writes in the chat."""
    link = Element("link", (("relation", "p-p"), ("type", "a-f-G"), ("uid", "ANDROID-1")))
    return said("b-t-f", uid=uid, detail=(link, Element("remarks", (), (words,))))


@contextlib.asynccontextmanager
async def a_tak_world(
    folder: Path, *, open_to: tuple[OpenOutput, ...] = (), **more: Any
) -> AsyncIterator[TakWorld]:
    """alpha's and bravo's certificates are bound to them; ``stranger`` is of the same authority."""
    server_ca = make(folder, "server-ca", "Server CA")
    make(folder, "server", "127.0.0.1", by=server_ca)
    authority = make(folder, "client-ca", "Client CA")
    clients = {
        each: make(folder, each, each, by=authority) for each in ("alpha", "bravo", "stranger")
    }
    table = TakTable(
        port=0,
        tls_certificate="server.pem",
        tls_key="server.key",
        tls_client_ca="client-ca.pem",
        certificates=(
            CertificateSettings("alpha", subject="CN=alpha"),
            CertificateSettings("bravo", sha256=clients["bravo"].sha256.hex()),
            CertificateSettings("nobody-here", subject="CN=unregistered"),
        ),
        show_every_s=0.1,
        open=open_to,
    )
    stalled_s = more.pop("stalled_s", 60.0)
    table = msgspec.structs.replace(table, **more)
    async with a_world(folder) as world:
        around = around_of(world.node, world.app.desk.live, table)
        context = partial(tak_context, table, Listen(), folder)
        async with TakFace(around, table, context, stalled_s=stalled_s) as face:
            yield TakWorld(world, face, folder, authority, clients)
