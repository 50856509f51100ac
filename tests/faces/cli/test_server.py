"""What the HTTP server bounds before any app sees a request."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.asyncio.client import connect

from certificates import make
from wideberth.faces.cli._connections import (
    LEAST_BYTES_PER_S,
    MAX_HEAD_BYTES,
    MAX_PIPELINED,
    MAX_SOCKET_FIELDS,
    MAX_SOCKET_LINE_BYTES,
    MAX_SOCKET_MESSAGE_BYTES,
    REQUEST_WITHIN_S,
    UNREAD_S,
    BoundedProtocol,
    BoundedSocket,
    sockets,
)
from wideberth.faces.cli._server import NodeServer, QuietServer
from wideberth.operating import Listen
from wideberth.tls import server_context


async def says_ok(scope: Any, receive: Any, send: Any) -> None:
    """An app that takes anything."""
    while scope["type"] == "http" and (await receive()).get("more_body"):
        pass
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(
    protocol: type[HttpToolsProtocol], app: Any = says_ok, *, keep_alive_s: int = 5
) -> AsyncGenerator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=protocol,
        **sockets(),
        lifespan="off",
        log_level="critical",
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=1,
    )
    server = QuietServer(config)
    server.look_every = 1
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def talk(port: int, *parts: bytes) -> bytes:
    """What comes back until the server has nothing more to say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.close()


ENDLESS = [b"GET / HTTP/1.1\r\nhost: a\r\nlong: ", *[b"x" * 16_384] * 64]


async def test_an_endless_header_is_cut_off() -> None:
    async with served(BoundedProtocol) as port:
        answer = await talk(port, *ENDLESS)
        assert not answer.startswith(b"HTTP/1.1 200")
        assert b"ok" in await talk(port, b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")


async def test_the_server_without_a_bound_would_go_on_listening() -> None:
    """A planted fault: the same with uvicorn's own protocol waits for more."""
    async with served(HttpToolsProtocol) as port:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talk(port, *ENDLESS), 2)


async def test_requests_on_one_connection_are_counted_apart() -> None:
    one = b"GET / HTTP/1.1\r\nhost: a\r\nlong: " + b"x" * (MAX_HEAD_BYTES // 2) + b"\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    async with served(BoundedProtocol) as port:
        assert (await talk(port, one, one, one, last)).count(b"HTTP/1.1 200") == 4


async def test_a_body_is_the_apps_to_bound() -> None:
    length = 4 * MAX_HEAD_BYTES
    head = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % length
    async with served(BoundedProtocol) as port:
        assert b"ok" in await talk(port, head, *[b"y" * MAX_HEAD_BYTES] * 4)


def chunked(*parts: bytes) -> list[bytes]:
    return [
        b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
        *parts,
    ]


ENDLESS_TRAILERS = chunked(b"0\r\n", *[b"long: " + b"x" * 16_384 + b"\r\n"] * 64)
ENDLESS_TRAILER = chunked(b"0\r\nlong: ", *[b"x" * 16_384] * 64)
ENDLESS_EXTENSION = chunked(b"2;long=", *[b"x" * 16_384] * 64)
ASKED = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize("parts", [ENDLESS_TRAILERS, ENDLESS_TRAILER, ENDLESS_EXTENSION])
async def test_whatever_frames_a_body_is_bounded_too(parts: list[bytes]) -> None:
    async with served(BoundedProtocol) as port:
        assert not (await talk(port, *parts)).startswith(b"HTTP/1.1 200")
        assert b"ok" in await talk(port, LAST)
    async with served(HttpToolsProtocol) as port:  # the planted fault: uvicorn's own
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talk(port, *parts), 1)


async def says_its_headers(scope: Any, receive: Any, send: Any) -> None:
    """An app that says what it took for the request's header."""
    while (await receive()).get("more_body"):
        pass
    body = b", ".join(name for name, _ in scope["headers"])
    length = b"%d" % len(body)
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]}
    )
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("protocol", [BoundedProtocol, HttpToolsProtocol])
async def test_a_trailer_is_no_header(protocol: type[HttpToolsProtocol]) -> None:
    """A proxy in front has judged the header; uvicorn adds the trailer to it."""
    request = b"".join(chunked(b"2\r\nhi\r\n0\r\nAuthorization: Bearer x\r\n\r\n"))
    async with served(protocol, says_its_headers) as port:
        is_taken = b"authorization" in await talk(port, request)
    assert is_taken == (protocol is HttpToolsProtocol), "the planted fault must be seen"


async def test_few_requests_wait_on_one_connection() -> None:
    async with served(BoundedProtocol) as port:
        some = await talk(port, ASKED * (MAX_PIPELINED - 1) + LAST)
        assert some.count(b"HTTP/1.1 200") == MAX_PIPELINED
        assert (await talk(port, ASKED * 5_000)).count(b"HTTP/1.1 200") == 0
        assert b"ok" in await talk(port, LAST)


class Hasty(BoundedProtocol):
    """Its clock is far ahead of the client's."""

    def look(self, now_s: float) -> None:
        """As if much time had gone by."""
        super().look(now_s + 1.5 * REQUEST_WITHIN_S)


STALLED_REQUESTS: dict[str, list[bytes]] = {
    "nothing at all": [],
    "half a header": [b"GET / HTTP/1.1\r\nho"],
    "half a body": [b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf"],
    "half of the next one": [ASKED, b"GE"],
    "an empty line after one": [ASKED, b"\r\n"],
    "a body after its answer": [
        b"POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n",
        b"h",
    ],
}


async def says_ok_early(scope: Any, receive: Any, send: Any) -> None:
    """An app that answers before it has read, where the path says so."""
    await says_ok(scope, _nothing if scope["path"] == "/early" else receive, send)


async def _nothing() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("name", STALLED_REQUESTS)
async def test_a_request_that_does_not_come_whole_is_cut_off(name: str) -> None:
    async with served(Hasty, says_ok_early) as port:
        await asyncio.wait_for(talk(port, *STALLED_REQUESTS[name]), 4)


@pytest.mark.parametrize("name", STALLED_REQUESTS)
async def test_without_a_look_at_the_clock_it_stays(name: str) -> None:
    """A planted fault: what nobody looks at waits for ever, whatever uvicorn does by itself."""

    class Unlooked(BoundedProtocol):
        def look(self, now_s: float) -> None:
            pass

    async with served(Unlooked, says_ok_early, keep_alive_s=1) as port:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talk(port, *STALLED_REQUESTS[name]), 1.6)


async def test_an_answer_that_takes_long_is_waited_for() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await says_ok(scope, receive, send)

    async with served(Hasty, slow) as port:
        assert b"ok" in await talk(port, LAST)


async def test_a_long_request_may_take_longer() -> None:
    length = int(REQUEST_WITHIN_S * LEAST_BYTES_PER_S)
    head = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % length
    async with served(Hasty) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"x" * (length - 1))
        await asyncio.sleep(0.5)
        writer.write(b"x")
        assert b"ok" in await asyncio.wait_for(reader.read(), 5)
        writer.close()


class Impatient(BoundedProtocol):
    """Its clock runs fast: a tenth of a second is a third of UNREAD_S."""

    began_s = 0.0

    def look(self, now_s: float) -> None:
        """As if more time had gone by."""
        self.began_s = self.began_s or now_s
        super().look(self.began_s + (now_s - self.began_s) * UNREAD_S / 0.3)


async def says_much(scope: Any, receive: Any, send: Any) -> None:
    """An app with an answer that no buffer holds."""
    length = 64 * 1_048_576
    headers = [(b"content-length", b"%d" % length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/in-pieces":
        for _ in range(64):
            body = b"x" * 1_048_576
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": b"x" * length})


@pytest.mark.parametrize("path", [b"/at-once", b"/in-pieces"])
@pytest.mark.parametrize("protocol", [Impatient, HttpToolsProtocol])
async def test_a_reader_that_does_not_read_is_cut_off(
    path: bytes, protocol: type[HttpToolsProtocol]
) -> None:
    async with served(protocol, says_much, keep_alive_s=1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(LAST.replace(b"/", path, 1))
        await asyncio.sleep(1.5)
        got = 0
        with contextlib.suppress(ConnectionError):
            while part := await asyncio.wait_for(reader.read(1 << 20), 5):
                got += len(part)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    is_cut = got < 32 * 1_048_576
    assert is_cut == (protocol is Impatient), "uvicorn's own is the planted fault"


@pytest.mark.parametrize("path", [b"/at-once", b"/in-pieces"])
async def test_a_reader_that_reads_slowly_gets_all(path: bytes) -> None:
    async with served(Impatient, says_much) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 21)
        writer.write(LAST.replace(b"/", path, 1))
        got = 0
        while part := await asyncio.wait_for(reader.read(1 << 22), 5):
            got += len(part)
            await asyncio.sleep(0.05)
        writer.close()
    assert got > 64 * 1_048_576


async def test_a_newcomer_takes_the_place_of_who_asks_for_nothing() -> None:
    class Few(BoundedProtocol):
        most = 8

    async with served(Few) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        await asyncio.sleep(0.1)
        for _ in range(3):
            assert b"ok" in await talk(port, LAST)
        for _, writer in silent:
            writer.close()


async def test_who_is_being_answered_keeps_its_place() -> None:
    class Few(BoundedProtocol):
        most = 8

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(1)
        await says_ok(scope, receive, send)

    async with served(Few, slow) as port:
        asked = [asyncio.create_task(talk(port, LAST)) for _ in range(8)]
        await asyncio.sleep(0.3)
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        assert all(b"ok" in answer for answer in await asyncio.gather(*asked))
        for _, writer in silent:
            writer.close()


@pytest.mark.parametrize("within_s", [0.3, 30.0])
async def test_who_never_agrees_on_tls_is_cut_off(tmp_path: Path, within_s: float) -> None:
    class Server(NodeServer):
        handshake_within_s = within_s

    make(tmp_path, "server", "127.0.0.1", by=make(tmp_path, "ca", "CA"))
    listen = Listen(tls_certificate="server.pem", tls_key="server.key")
    made = server_context(listen, tmp_path)
    assert made is not None
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        says_ok,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        ssl_context_factory=lambda _config, _default: made,
    )
    is_ready = asyncio.Event()
    server = Server(config, ready=is_ready.set, ending=lambda: None, context=lambda: made)
    port = listening.getsockname()[1]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await is_ready.wait()
    try:
        silent = asyncio.wait_for(talk(port), 1.5)
        if within_s < 1:
            assert await silent == b""
        else:  # the planted fault: with a long time the silent client stays
            with pytest.raises(TimeoutError):
                await silent
    finally:
        server.should_exit = True
        await task


async def test_strangers_do_not_fill_the_log(tmp_path: Path) -> None:
    upgrade = LAST.replace(b"close", b"upgrade\r\nupgrade: h2c")
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(Path(sys.executable).parent / "wideberth", "serve", "--port", "0"),
            *("--folder", tmp_path / "data"),
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while not (line := await process.stdout.readline()).startswith(b"wideberth is l"):
                assert line, "it ended"
        before = (tmp_path / "log").stat().st_size
        port = int(line.decode().strip().rpartition(":")[2])
        for _ in range(20):
            assert b" 400 " in await talk(port, b"nothing at all\r\n\r\n")
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(upgrade)
            writer.close()
        assert b"404" in await talk(port, LAST.replace(b"/ ", b"/nothing "))
    finally:
        process.terminate()
        assert await process.wait() == 0
    assert (tmp_path / "log").stat().st_size == before


# A WebSocket.


async def talks(scope: Any, receive: Any, send: Any) -> None:
    """An app that accepts it and says something each time that it hears something."""
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": "heard"})


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(b"X-Long: " + b"x" * MAX_SOCKET_LINE_BYTES + b"\r\n", id="a long field"),
        pytest.param(b"X-Many: x\r\n" * (MAX_SOCKET_FIELDS + 1), id="many fields"),
    ],
)
async def test_a_handshake_that_the_library_could_not_read_is_refused(more: bytes) -> None:
    async with served(BoundedProtocol, talks) as port:
        assert (await talk(port, HANDSHAKE + more + b"\r\n")).startswith(b"HTTP/1.1 400")


async def test_a_message_that_is_too_long_ends_a_socket() -> None:
    async with served(BoundedProtocol, talks) as port, connect(f"ws://127.0.0.1:{port}/") as there:
        assert there.protocol.extensions == []  # nothing is compressed, though it was offered
        await there.send("x" * MAX_SOCKET_MESSAGE_BYTES)
        assert await there.recv() == "heard"
        await there.send("x" * (MAX_SOCKET_MESSAGE_BYTES + 1))
        await there.wait_closed()
        assert there.close_code == 1009


async def test_pings_of_a_client_that_reads_nothing_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most = 0

    def handle(self: BoundedSocket) -> None:
        nonlocal most
        answer(self)
        most = max(most, self.transport.get_write_buffer_size())

    answer = BoundedSocket.handle_ping
    monkeypatch.setattr(BoundedSocket, "handle_ping", handle)
    ping = b"\x89\xfd" + b"\0\0\0\0" + b"x" * 125  # the longest that there is
    async with served(BoundedProtocol, talks) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(200):
            writer.write(ping * 500)
            await writer.drain()
        writer.transport.abort()
    assert 65_536 <= most < 200_000
