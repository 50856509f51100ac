"""Feeds that are asked for at a URL, with tokens that are fetched, against a real HTTP server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from wideberth.errors import InvalidValue
from wideberth.faces.feeds import sources
from wideberth.faces.feeds.credentials import ClientCredentials, FixedToken
from wideberth.faces.feeds.kinds import source_of
from wideberth.faces.feeds.sources import HttpPoll, SourceFailed
from wideberth.feedtable import FeedTable


@dataclass
class Provider:
    """A server of one document and of tokens. lives_s: how long a token does."""

    url: str = ""
    document: bytes = b'{"flights": []}'
    tag: str = ""
    status: int = 200
    lives_s: float = 3600
    wants_token: bool = False
    coding: str = ""
    granted: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines if line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, more, answer = self.answer(first.split()[1], headers, body)
                writer.write(
                    f"HTTP/1.1 {status} x\r\ncontent-length: {len(answer)}\r\n{more}\r\n".encode()
                    + answer
                )
        writer.close()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if path == "/token":
            self.forms.append(parse_qs(body.decode()))
            self.granted += 1
            token = f'{{"access_token": "t{self.granted}", "expires_in": {self.lives_s}}}'
            return 200, "", token.encode()
        self.asked.append(headers)
        if self.wants_token and headers.get("authorization") != f"bearer t{self.granted}":
            return 401, "", b""
        if self.tag and headers.get("if-none-match") == self.tag:
            return 304, "", b""
        more = f"etag: {self.tag}\r\n" if self.tag else ""
        more += f"content-encoding: {self.coding}\r\n" if self.coding else ""
        return self.status, more, self.document


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


async def first(
    source: HttpPoll, count: int, opened: Callable[[], None] = lambda: None
) -> list[bytes]:
    """So many documents."""
    found: list[bytes] = []
    async with (
        asyncio.timeout(20),
        contextlib.aclosing(source.pieces(opened, lambda _lost: None)) as pieces,
    ):
        async for piece in pieces:
            found.append(piece)
            if len(found) == count:
                break
    return found


async def test_a_document_is_asked_for_again_and_again(provider: Provider) -> None:
    source = HttpPoll(f"{provider.url}/data", 0.02, FixedToken("mine"))
    opened: list[bool] = []
    assert await first(source, 3, lambda: opened.append(True)) == [provider.document] * 3
    assert len(opened) == 3
    assert {each["authorization"] for each in provider.asked} == {"bearer mine"}


async def test_a_document_that_did_not_change_comes_once(provider: Provider) -> None:
    provider.tag = '"one"'
    source = HttpPoll(f"{provider.url}/data", 0.02, FixedToken())
    coming = asyncio.ensure_future(first(source, 2))
    while len(provider.asked) < 4:  # noqa: ASYNC110 - counts, with no event behind them
        await asyncio.sleep(0.01)
    provider.tag, provider.document = '"two"', b"new"
    assert (await coming)[1] == b"new"
    assert "authorization" not in provider.asked[0]


async def test_a_token_is_fetched_for_scope_and_audience_and_again_before_it_ends(
    provider: Provider,
) -> None:
    provider.wants_token = True
    table = FeedTable(
        "net",
        "remote-id",
        f"{provider.url}/data",
        every_s=0.2,
        token_url=f"{provider.url}/token",
        client_id="me",
        client_secret="secret",
        scope="rid.display_provider",
        audience="127.0.0.1",
    )
    source = source_of(table, Path())
    assert isinstance(source, HttpPoll)
    assert await first(source, 2) == [provider.document] * 2
    assert provider.forms == [
        {
            "grant_type": ["client_credentials"],
            "client_id": ["me"],
            "client_secret": ["secret"],
            "scope": ["rid.display_provider"],
            "audience": ["127.0.0.1"],
        }
    ]
    assert "secret" not in repr(source)
    provider.lives_s = 31  # one second of use, then the next
    credential = source.credential
    assert isinstance(credential, ClientCredentials)
    credential.refused()
    await first(source, 1)
    await asyncio.sleep(1.05)
    await first(source, 1)
    assert provider.granted == 3


async def test_a_token_that_is_refused_is_fetched_anew(provider: Provider) -> None:
    provider.wants_token = True
    credential = ClientCredentials(f"{provider.url}/token", "me", "secret")
    source = HttpPoll(f"{provider.url}/data", 0.02, credential)
    await first(source, 1)
    provider.granted += 1  # the provider forgot the tokens that it gave
    with pytest.raises(SourceFailed, match="HTTP status 401"):
        await first(source, 1)
    assert await first(source, 1) == [provider.document]


async def test_what_is_wrong_is_said_without_the_address(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = HttpPoll(f"{provider.url}/data", 0.02, FixedToken())
    provider.status = 500
    with pytest.raises(SourceFailed, match=r"^HTTP status 500$"):
        await first(source, 1)
    provider.status = 200
    monkeypatch.setattr(sources, "_MOST_DOCUMENT_BYTES", 10)
    with pytest.raises(SourceFailed, match="larger than 10 bytes"):
        await first(source, 1)
    with pytest.raises(SourceFailed, match=r"^no connection$"):
        await first(HttpPoll("http://127.0.0.1:1/data", 0.02, FixedToken()), 1)
    nothing = ClientCredentials(f"{provider.url}/data", "me", "secret")  # gives no token
    with pytest.raises(SourceFailed, match="gave no token"):
        await first(HttpPoll(f"{provider.url}/data", 0.02, nothing), 1)


async def refused(source: HttpPoll) -> str:
    """Why no document comes."""
    with pytest.raises(SourceFailed) as caught:
        await first(source, 1)
    return str(caught.value)


async def test_a_packed_document_is_read_and_what_is_packed_beyond_measure_is_not(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = HttpPoll(f"{provider.url}/data", 0.02, FixedToken())
    provider.coding, provider.document = "gzip", gzip.compress(b'{"flights": []}' * 1000)
    assert await first(source, 1) == [b'{"flights": []}' * 1000]
    assert {each["accept-encoding"] for each in provider.asked} == {"gzip"}
    monkeypatch.setattr(sources, "_MOST_DOCUMENT_BYTES", 5_000_000)
    bomb = gzip.compress(bytes(50_000_000))  # 50 kB
    for coding, document, why in (
        ("gzip", bomb, "the answer is larger than 5000000 bytes"),
        ("gzip, gzip", gzip.compress(bomb), "the answer is packed in another way than gzip"),
        ("br", bomb, "the answer is packed in another way than gzip"),
        ("gzip", b"no gzip", "the answer is not the gzip that it says"),
        ("gzip", provider.document[:-5], "the answer is not whole"),
        ("gzip", provider.document + b"more", "the answer goes on after its end"),
    ):
        provider.coding, provider.document = coding, document
        gc.collect()
        tracemalloc.start()
        assert await refused(source) == why
        assert tracemalloc.get_traced_memory()[1] < 20_000_000, "as much as is taken, and some"
        tracemalloc.stop()


async def test_a_source_of_tokens_that_answers_without_end_is_given_up(provider: Provider) -> None:
    endless = ClientCredentials(f"{provider.url}/data", "me", "secret")
    provider.document = b'{"access_token": "' + b"x" * 100_000 + b'"}'
    source = HttpPoll(f"{provider.url}/data", 0.02, endless)
    assert await refused(source) == "the answer is larger than 65536 bytes"


async def test_a_document_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_WHOLE_WITHIN_S", 0.3)
    hung_up = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 x\r\ncontent-length: 1000\r\n\r\n")
            for _ in range(1000):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        hung_up.set()

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SourceFailed, match=r"^the answer was not whole within 0\.3 s$"):
            await first(HttpPoll(f"http://127.0.0.1:{port}/data", 0.02, FixedToken()), 1)
        await asyncio.wait_for(hung_up.wait(), 20)


def test_a_token_and_what_fetches_one_are_not_both_given() -> None:
    more = {"token_url": "https://a.example/token", "client_id": "me", "client_secret": "s"}
    for wrong in ({"token_url": more["token_url"]}, {**more, "token": "t"}):
        with pytest.raises(InvalidValue) as caught:
            FeedTable("f", "readsb", "https://a.example/x", **wrong)
        assert caught.value.field == "token_url"
