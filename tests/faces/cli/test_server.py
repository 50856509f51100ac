"""What the HTTP server bounds before any app sees a request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from wideberth.faces.cli._server import MAX_HEAD_BYTES, BoundedProtocol, QuietServer


async def says_ok(scope: Any, receive: Any, send: Any) -> None:
    """An app that takes anything."""
    while scope["type"] == "http" and (await receive()).get("more_body"):
        pass
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(protocol: type[HttpToolsProtocol]) -> AsyncGenerator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(says_ok, http=protocol, ws="none", lifespan="off", log_level="critical")
    server = QuietServer(config)
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
