"""A client that others wrote: PyTAK over TLS, TCP and UDP, and its reading of the protobuf."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import warnings
from collections.abc import AsyncIterator
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import takproto
from hypothesis import given, settings
from takproto.functions import msg2proto

from api_world import square
from cot_events import events
from tak_world import WAIT_S, TakWorld, a_tak_world, message
from wideberth.operating import OpenOutput
from wideberth.wire.cot import CotEvent, child, text_of
from wideberth.wire.cotproto import (
    decode_datagram,
    decode_message,
    encode_datagram,
    encode_framed,
)
from wideberth.wire.cotstream import CotStream
from wideberth.wire.cotxml import decode_xml, encode_xml

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that it could do more with aiohttp
    import pytak

pytestmark = pytest.mark.filterwarnings("ignore:ssl.OP_NO", "ignore::DeprecationWarning:pytak")


@dataclass
class PyTak:
    """PyTAK's own workers on its own connection. heard: what it has put on its queue, in order."""

    sending: asyncio.Queue[Any]
    hearing: asyncio.Queue[Any]
    heard: list[Any]

    async def until(self, word: str) -> Any:
        """The first that holds a word, of those that it heard and hears."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for each in self.heard:
                    text = each.decode() if isinstance(each, bytes) else str(each)
                    if word in text:
                        return each
                self.heard.append(await self.hearing.get())


@contextlib.asynccontextmanager
async def a_pytak(url: str, **more: str) -> AsyncIterator[PyTak]:
    parser = ConfigParser()
    parser["pytak"] = {"COT_URL": url, **more}
    config = parser["pytak"]
    reader, writer = await pytak.protocol_factory(config)
    made = PyTak(asyncio.Queue(), asyncio.Queue(), [])
    workers: list[Any] = []
    if writer is not None:
        workers.append(pytak.TXWorker(made.sending, config, writer))
    if reader is not None:
        workers.append(pytak.RXWorker(made.hearing, config, reader))
    tasks = [asyncio.create_task(each.run()) for each in workers]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in (writer, reader):
            if hasattr(each, "close"):
                each.close()


def over_tls(tak: TakWorld, party: str, **more: str) -> Any:
    shown = tak.clients[party]
    return a_pytak(
        f"tls://127.0.0.1:{tak.face.ports['tls']}",
        PYTAK_TLS_CLIENT_CERT=str(shown.pem),
        PYTAK_TLS_CLIENT_KEY=str(shown.key_pem),
        PYTAK_TLS_CLIENT_CAFILE=str(tak.folder / "server-ca.pem"),
        **more,
    )


@pytest.mark.parametrize("protocol", ["0", "1"], ids=["xml", "protobuf"])
async def test_over_tls_it_sees_brings_positions_and_says_stop(
    tak: TakWorld, protocol: str
) -> None:
    await tak.world.told("alpha", square(), call_sign="OPEN-1")
    async with (
        over_tls(tak, "alpha", TAK_PROTO=protocol) as alpha,
        over_tls(tak, "bravo", TAK_PROTO=protocol) as bravo,
    ):
        assert "OPEN-1" in str(await bravo.until("OPEN-1"))
        position = pytak.gen_cot(
            lat=47.0, lon=7.5, ce=10, hae=400, uid="PHONE-1", cot_type="a-h-G", callsign="A 1"
        )
        await alpha.sending.put(position)
        async with tak.client("alpha") as other:
            event = await other.until(lambda each: each.uid == "wideberth.track.alpha.PHONE-1")
        assert event.type == "a-u-G"
        assert (event.latitude_deg, event.longitude_deg, event.hae_m) == (47.0, 7.5, 400.0)
        await alpha.sending.put(encode_xml(message("STOP at the bridge")))
        assert "STOP at the bridge" in str(await bravo.until("STOP at the bridge"))
        assert "streams of 1 of 2 other parties" in str(await alpha.until("STOP sent"))
        assert not tak.face.around.counts.faults


async def test_over_tcp_and_udp_it_sees_what_is_open(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outputs = (
        OpenOutput(f"udp://127.0.0.1:{port}", every_s=1),
        OpenOutput("tcp://127.0.0.1:0"),
    )
    async with a_tak_world(tmp_path, open_to=outputs) as tak:
        await tak.world.told("alpha", square(), call_sign="OPEN-1")
        hidden = {"level": "named", "parties": ["bravo"]}
        await tak.world.told("alpha", square(), call_sign="SECRET-7", visibility=hidden)
        tcp = tak.face.ports["tcp://127.0.0.1:0"]
        for url in (f"tcp://127.0.0.1:{tcp}", f"udp+ro://127.0.0.1:{port}"):
            async with a_pytak(url) as client:
                heard = await client.until("OPEN-1")
                assert isinstance(decode_xml(heard.strip()), CotEvent)
                assert b"SECRET-7" not in b"".join(client.heard)


def same(event: CotEvent, message_: Any) -> None:
    """takproto's message says what the event does."""
    cot = message_.cotEvent
    assert (cot.uid, cot.type, cot.how) == (event.uid, event.type, event.how)
    assert (cot.sendTime, cot.startTime, cot.staleTime) == (
        event.time_ms,
        event.start_ms,
        event.stale_ms,
    )
    assert (cot.lat, cot.lon, cot.hae) == (event.latitude_deg, event.longitude_deg, event.hae_m)
    assert (cot.ce, cot.le, cot.access) == (event.ce_m, event.le_m, event.access)


@given(events())
def test_what_is_written_as_protobuf_takproto_reads_alike(event: CotEvent) -> None:
    same(event, takproto.parse_proto(bytearray(encode_framed(event))))
    same(event, takproto.parse_proto(bytearray(encode_datagram(event, protobuf=True))))


@settings(max_examples=50)
@given(events())
def test_what_takproto_writes_is_read(event: CotEvent) -> None:
    written = takproto.parse_proto(bytearray(encode_framed(event)))
    (read,) = CotStream().feed(bytes(msg2proto(written, takproto.TAKProtoVer.STREAM)))
    assert read == decode_message(written.SerializeToString())
    assert read == decode_datagram(bytes(msg2proto(written)))
    assert isinstance(read, CotEvent)
    same(read, written)


def test_a_position_that_pytak_makes_is_read_in_both_ways_of_writing() -> None:
    made = pytak.gen_cot(lat=47.1, lon=7.5, ce=10, hae=400, uid="P", callsign="A 1")
    by_xml = decode_xml(made)
    by_protobuf = decode_datagram(bytes(takproto.xml2proto(made)))
    for each in (by_xml, by_protobuf):
        assert isinstance(each, CotEvent)
        assert (each.uid, each.latitude_deg, each.hae_m, each.ce_m) == ("P", 47.1, 400.0, 10.0)
        contact = child(each, "contact")
        assert contact is not None
        assert dict(contact.attributes)["callsign"] == "A 1"
        assert text_of(contact) == ""
