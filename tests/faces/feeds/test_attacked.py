"""Senders that mean harm: what each does is counted and shown, and in no other feed's way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certificates import make
from feed_hands import QUICK, Taken, free_ports, running, until
from sbs_lines import Sender, a_sender, sbs
from wideberth.faces.feeds import sources
from wideberth.feedtable import FeedKind, FeedTable

PLACE = (47.45, 8.55)
LOCAL = "127.0.0.1"
BROKEN: dict[FeedKind, tuple[bytes, str]] = {
    "sbs": (b"x" * 3_000, "line-too-long"),
    "beast": (b"no frame" * 200, "not-beast"),
    "mavlink": (b"no frame" * 200, "not-mavlink"),
    "cot": (b"no event" * 200, "garbage"),
}


@contextlib.asynccontextmanager
async def an_honest_feed() -> AsyncIterator[tuple[Sender, Taken]]:
    async with (
        a_sender() as sender,
        running(FeedTable("honest", "sbs", f"tcp://{LOCAL}:{sender.port}")) as (taken, _),
    ):
        await until(lambda: sender.connections)
        yield sender, taken


async def check_is_heard(sender: Sender, taken: Taken) -> None:
    """What the honest sender says now arrives."""
    track = f"{0xA00000 + len(taken.reports):06X}"
    sender.send(sbs(3, track, place=PLACE))
    await taken.of(track.lower())


@pytest.mark.parametrize("kind", list(BROKEN))
async def test_what_trickles_in_and_cannot_be_read_is_counted_and_shown(kind: FeedKind) -> None:
    data, rule = BROKEN[kind]
    async with an_honest_feed() as (sender, taken), a_sender() as hostile:
        table = FeedTable("slow", kind, f"tcp://{LOCAL}:{hostile.port}")
        async with running(table) as (_, link):
            await until(lambda: hostile.connections)
            for at in range(0, len(data), 7):
                hostile.send(data[at : at + 7])
                await asyncio.sleep(0)
            await until(lambda: rule in link.malformed)
            assert (link.sample.rule, link.messages) == (rule, 0)
            await check_is_heard(sender, taken)


async def test_a_flood_to_a_multicast_group_is_counted_and_is_in_no_other_feeds_way() -> None:
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    async with an_honest_feed() as (sender, taken):
        table = FeedTable("flooded", "cot", f"udp://239.2.3.1:{port}")
        async with running(table, pacing=replace(QUICK, most_bytes_s=20_000)) as (_, link):
            await until(lambda: link.phase == "listening")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
                out = socket.inet_aton(LOCAL)
                flood.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, out)
                while not link.flooded_bytes:
                    for _ in range(200):
                        flood.sendto(b"<event " + b"x" * 900, ("239.2.3.1", port))
                    await check_is_heard(sender, taken)
            assert link.malformed
            assert link.sample is not None
            assert link.phase == "listening"
            await check_is_heard(sender, taken)


async def test_a_sender_that_hangs_up_at_once_is_tried_again_and_said_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    connections: list[asyncio.StreamWriter] = []

    async def hang_up(_reader: Any, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        writer.close()

    server = await asyncio.start_server(hang_up, LOCAL, 0)
    async with server, an_honest_feed() as (sender, taken):
        table = FeedTable("storm", "sbs", f"tcp://{LOCAL}:{server.sockets[0].getsockname()[1]}")
        async with running(table) as (_, link):
            await until(lambda: len(connections) >= 5)
            assert link.failures >= 4
            await until(lambda: link.why == "the other side closed the connection")
            await check_is_heard(sender, taken)
    said = [each for each in caplog.records if "storm" in each.getMessage()]
    assert 4 <= len(said) <= len(connections), "a line of the log for each that broke"


@contextlib.asynccontextmanager
async def over_tls(folder: Path, certificate: tuple[str, str]) -> AsyncIterator[int]:
    """A server of TLS that shows a certificate and sends a position; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    async def greet(_reader: Any, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(b"<event/>")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, LOCAL, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("wrong", ["authority", "over", "name"])
async def test_a_certificate_that_does_not_count_brings_nothing_and_says_so(
    wrong: str, tmp_path: Path
) -> None:
    trusted, other = make(tmp_path, "ca", "trusted"), make(tmp_path, "other-ca", "other")
    shown = make(
        tmp_path, "shown", "sender", by=other if wrong == "authority" else trusted,
        days=-1 if wrong == "over" else 1,
    )  # fmt: skip
    name = {"tls_name": "other.example"} if wrong == "name" else {}
    async with over_tls(tmp_path, shown.pair) as port, an_honest_feed() as (sender, taken):
        table = FeedTable("tls", "cot", f"tls://{LOCAL}:{port}", tls_ca="ca.pem", **name)
        async with running(table, tmp_path) as (_, link):
            await until(lambda: link.failures)
            assert link.why == "the other side's certificate does not count here"
            assert (link.messages, link.malformed.total()) == (0, 0)
            await check_is_heard(sender, taken)


async def test_a_server_that_never_agrees_on_tls_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_CONNECT_WITHIN_S", 0.3)
    make(tmp_path, "ca", "trusted")
    async with a_sender() as silent, an_honest_feed() as (sender, taken):
        table = FeedTable("mute", "cot", f"tls://{LOCAL}:{silent.port}", tls_ca="ca.pem")
        async with running(table, tmp_path) as (_, link):
            await until(lambda: link.failures)
            assert link.why == "no answer within 0.3 s"
            await check_is_heard(sender, taken)
