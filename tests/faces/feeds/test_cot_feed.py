"""Cursor on Target as a feed: over TLS, TCP and UDP, from PyTAK and from a node."""

from __future__ import annotations

import asyncio
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cot_events import events
from cot_feed_hands import free_port, sent_by_pytak, table
from feed_hands import running
from tak_world import WAIT_S, a_tak_world, message, said
from wideberth.errors import InvalidValue
from wideberth.faces.feeds.cot import CotDecoder
from wideberth.faces.feeds.kinds import source_of
from wideberth.wire.cot import CotEvent
from wideberth.wire.cotproto import encode_framed
from wideberth.wire.cotxml import encode_xml


@given(st.lists(st.tuples(events(), st.booleans()), max_size=4), st.lists(st.integers(0, 5_000)))
def test_bytes_cut_anywhere_give_the_same_positions(
    sent: list[tuple[CotEvent, bool]], at: list[int]
) -> None:
    whole = b"".join(encode_framed(each) if binary else encode_xml(each) for each, binary in sent)
    decoder = CotDecoder()
    expected = decoder.feed(whole, 0)
    assert expected.messages == len(sent)
    cut = CotDecoder()
    places = sorted({0, len(whole), *(each % (len(whole) + 1) for each in at)})
    found = [cut.feed(whole[one:two], 0) for one, two in pairwise(places)]
    assert [each for part in found for each in part.reports] == expected.reports


@given(st.lists(st.binary(max_size=100), max_size=5), st.booleans())
def test_random_bytes_never_raise(pieces: list[bytes], datagrams: bool) -> None:
    decoder = CotDecoder(datagrams=datagrams)
    for piece in pieces:
        decoder.feed(piece, 0)
    decoder.reset()


def test_positions_are_taken_and_nothing_else_is() -> None:
    whole = b"".join(
        encode_xml(each)
        for each in (
            said("a-h-A", uid="ICAO-4CA7B6", hae_m=400.0),
            said("a-f-G", uid="ANDROID 1"),
            message("STOP"),
            said("b-a-o-tbl"),
            said("u-d-f"),
            said("a-u-A", uid="wideberth.track.alpha.x"),
        )
    )
    decoded = CotDecoder(owner="alpha").feed(whole + b"junk", 0)
    assert decoded.reports[0].track_id == "4ca7b6"
    assert decoded.reports[1].track_id.startswith("cot-")
    assert {each.owner for each in decoded.reports} == {"alpha"}
    assert (decoded.messages, decoded.ignored, len(decoded.reports)) == (6, 4, 2)
    assert decoded.malformed == {"garbage": 1}
    assert decoded.sample is not None


@pytest.mark.parametrize("protocol", ["0", "1"], ids=["xml", "protobuf"])
@pytest.mark.parametrize("group", ["127.0.0.1", "239.2.3.1"], ids=["unicast", "multicast"])
async def test_datagrams_of_pytak_are_read(group: str, protocol: str) -> None:
    port = free_port()
    async with running(table(f"udp://{group}:{port}")) as (taken, link):
        more = {"PYTAK_MULTICAST_LOCAL_ADDR": "127.0.0.1", "TAK_PROTO": protocol}
        report = await sent_by_pytak(f"udp+wo://{group}:{port}", taken, **more)
        assert (report.latitude_deg, report.altitude_w84_m) == (47.0, 400.0)
        assert link.phase == "listening"
        assert not link.malformed


async def test_a_line_over_tls_is_read_and_made_anew(tmp_path: Path) -> None:
    files = {"tls_ca": "server-ca.pem", "tls_certificate": "alpha.pem", "tls_key": "alpha.key"}
    async with a_tak_world(tmp_path) as tak:
        settings = table(f"tls://127.0.0.1:{tak.face.ports['tls']}", **files)
        async with running(settings, tmp_path) as (taken, link), tak.client("alpha") as alpha:
            await alpha.say(said("a-f-G", uid="PHONE-1"))
            await alpha.settled(tak)
            # what a node says of its tracks is an echo here: it reads, and takes nothing
            async with asyncio.timeout(WAIT_S):
                while not link.messages:  # noqa: ASYNC110  # a count
                    await asyncio.sleep(0.05)
            assert link.phase == "connected"
            assert taken.reports == []
        stranger = {**files, "tls_ca": "client-ca.pem"}
        settings = table(settings.address, **stranger)
        async with running(settings, tmp_path) as (_, link), asyncio.timeout(WAIT_S):
            while link.phase != "retrying":  # noqa: ASYNC110  # a state
                await asyncio.sleep(0.05)
            assert link.why == "the other side's certificate does not count here"


async def test_a_certificate_that_was_renewed_is_shown_from_the_next_connection_on(
    tmp_path: Path,
) -> None:
    async with a_tak_world(tmp_path) as tak:
        for kind in ("pem", "key"):
            shutil.copy(tmp_path / f"stranger.{kind}", tmp_path / f"own.{kind}")
        files = {"tls_ca": "server-ca.pem", "tls_certificate": "own.pem", "tls_key": "own.key"}
        settings = table(f"tls://127.0.0.1:{tak.face.ports['tls']}", **files)
        async with running(settings, tmp_path) as (_, link), asyncio.timeout(WAIT_S):
            while link.phase != "retrying":  # noqa: ASYNC110  # a state
                await asyncio.sleep(0.01)
            (tmp_path / "own.pem").write_text("no certificate")
            while "tls_certificate cannot be used: give PEM" not in (link.why or ""):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            for kind in ("key", "pem"):
                shutil.copy(tmp_path / f"alpha.{kind}", tmp_path / f"own.{kind}")
            while not link.messages:  # noqa: ASYNC110  # a count
                await asyncio.sleep(0.01)
            assert link.phase == "connected"


async def test_a_line_over_tcp_is_read(tmp_path: Path) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(3):
            event = said("a-f-G", uid=f"PHONE-{number}")
            writer.write(encode_framed(event) if number % 2 else encode_xml(event))
        await writer.drain()
        writer.close()  # and the feed comes again

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with running(table(f"tcp://127.0.0.1:{port}")) as (taken, link):
            await taken.of("PHONE-2")
            async with asyncio.timeout(WAIT_S):
                while link.messages < 6:  # noqa: ASYNC110  # a count
                    await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"tls_key": "x"}, "tls_key"),
        ({"tls_ca": "x"}, "tls_ca"),
        ({"tls_name": "x"}, "tls_name"),
    ],
)
def test_what_is_of_tls_alone_is_refused_elsewhere(more: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        table("tcp://127.0.0.1:1", **more)
    assert caught.value.field == field


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="tls_ca"):
        source_of(table("tls://127.0.0.1:1", tls_ca="none.pem"), tmp_path)


async def test_a_feed_ends_when_it_is_told_so_while_its_line_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closing = asyncio.Event()

    async def slowly(_: asyncio.StreamWriter) -> None:
        closing.set()
        await asyncio.sleep(4 * WAIT_S)

    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    monkeypatch.setattr(asyncio.StreamWriter, "wait_closed", slowly)
    async with asyncio.timeout(WAIT_S), server:
        port = server.sockets[0].getsockname()[1]
        async with running(table(f"tcp://127.0.0.1:{port}")):
            await closing.wait()
        server.close()
        monkeypatch.undo()
