"""Where the bytes of a feed come from: a TCP line, datagrams, a URL that is asked again and again,
a file that grows or is written anew. Thin: nothing here reads what it brings.

A source gives pieces until it fails. It raises OSError or SourceFailed, whose text names no address
(the party whose feed it is may read it); the caller waits and begins anew.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.answers import ACCEPTED, BadAnswer, body_of
from wideberth.faces.feeds.credentials import Credential

__all__ = ["FollowedFile", "HttpPoll", "Source", "SourceFailed", "TcpLine", "UdpPort", "WholeFile"]

_CHUNK_BYTES = 65_536
_CONNECT_WITHIN_S = 10.0
_WHOLE_WITHIN_S = 60.0  # a document, its token included: one that trickles is no feed
_MOST_DATAGRAMS = 2_000
_MOST_DOCUMENT_BYTES = 64 << 20
_LOOK_AGAIN_S = 0.25

OnOpen = Callable[[], None]
OnLost = Callable[[int], None]


class SourceFailed(Exception):
    """The line broke, in words for whoever runs the feed."""


class Source(Protocol):
    """listens: whether it waits for datagrams, and so never knows whether somebody sends.
    whole: whether each piece is a document of its own.
    """

    listens: bool
    whole: bool

    def pieces(self, opened: OnOpen, lost: OnLost) -> AsyncGenerator[bytes]:
        """Pieces as they come. opened: called when the line stands; lost: with bytes that could not
        be held.
        """
        ...


@dataclass(slots=True)
class TcpLine:
    """A connection to a server that sends. idle_s: after so long without a byte it is broken.
    context: makes that of each connection over TLS, so that a certificate that was renewed is shown
    from the next one on; name: the name that the server must have there, None: its host.
    """

    host: str
    port: int
    idle_s: float = 60.0
    context: Callable[[], ssl.SSLContext] | None = None
    name: str | None = None
    listens: bool = False
    whole: bool = False

    async def pieces(self, opened: OnOpen, lost: OnLost) -> AsyncGenerator[bytes]:  # noqa: ARG002
        """See Source."""
        secured = None
        if self.context is not None:
            try:
                secured = await asyncio.to_thread(self.context)
            except InvalidValue as error:
                raise SourceFailed(f"{error.field} cannot be used: {error.advice}") from None
        try:
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                name = (self.name or self.host) if secured is not None else None
                reader, writer = await asyncio.open_connection(
                    self.host, self.port, ssl=secured, server_hostname=name
                )
        except TimeoutError:
            raise SourceFailed(f"no answer within {_CONNECT_WITHIN_S:g} s") from None
        except ssl.SSLCertVerificationError:
            raise SourceFailed("the other side's certificate does not count here") from None
        except ssl.SSLError:
            raise SourceFailed("no agreement on TLS") from None
        try:
            opened()
            while True:
                try:
                    async with asyncio.timeout(self.idle_s):
                        piece = await reader.read(_CHUNK_BYTES)
                except TimeoutError:
                    raise SourceFailed(f"nothing came for {self.idle_s:g} s") from None
                if not piece:
                    raise SourceFailed("the other side closed the connection")
                yield piece
        finally:
            writer.close()
            with suppress(OSError):  # not a cancellation: the feed would go on for ever
                await writer.wait_closed()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, lost: OnLost) -> None:
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(_MOST_DATAGRAMS)
        self._lost = lost

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - anybody's
        """Hold it, unless too many wait."""
        try:
            self.waiting.put_nowait(data)
        except asyncio.QueueFull:
            self._lost(len(data))


@dataclass(slots=True)
class UdpPort:
    """Datagrams that are sent to an address and port of this machine, or to a multicast group of
    networks that it is on; each is whole messages.
    """

    host: str
    port: int
    listens: bool = True
    whole: bool = True

    async def pieces(self, opened: OnOpen, lost: OnLost) -> AsyncGenerator[bytes]:
        """See Source."""
        loop = asyncio.get_running_loop()
        group = _group(self.host)
        if group is None:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: _Datagrams(lost), local_addr=(self.host, self.port)
            )
        else:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: _Datagrams(lost), sock=_listening(group, self.port)
            )
        try:
            opened()
            while True:
                yield await protocol.waiting.get()
        finally:
            transport.close()


def _group(host: str) -> ipaddress.IPv4Address | None:
    """The multicast group that an address is; None: it is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address) and address.is_multicast:
        return address
    return None


def _listening(group: ipaddress.IPv4Address, port: int) -> socket.socket:
    """A socket that hears a group on every network of this machine. Raises OSError."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.settimeout(0)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # others listen to it here too
        made.bind((str(group), port))
        _join(made, group)
    except BaseException:
        made.close()
        raise
    return made


def _join(made: socket.socket, group: ipaddress.IPv4Address) -> None:
    """Hear a group on every network that takes one. Raises SourceFailed where none does."""
    joined = 0
    for index, _ in socket.if_nameindex():
        with suppress(OSError):  # a network without multicast
            wanted = struct.pack("=4s4si", group.packed, bytes(4), index)  # ip_mreqn of ip(7)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, wanted)
            joined += 1
    if not joined:
        raise SourceFailed("no network of this machine takes a multicast group")


@dataclass(slots=True)
class HttpPoll:
    """A document that is asked for every every_s. credential: what is shown."""

    url: str
    every_s: float
    credential: Credential
    listens: bool = False
    whole: bool = True

    async def pieces(self, opened: OnOpen, lost: OnLost) -> AsyncGenerator[bytes]:  # noqa: ARG002
        """See Source."""
        loop = asyncio.get_running_loop()
        limit = httpx.Timeout(_CONNECT_WITHIN_S)
        async with httpx.AsyncClient(timeout=limit) as client:
            tag = ""
            while True:
                due_s = loop.time() + self.every_s
                try:
                    async with asyncio.timeout(_WHOLE_WITHIN_S):
                        document, tag = await self._asked(client, tag)
                except TimeoutError:
                    words = f"the answer was not whole within {_WHOLE_WITHIN_S:g} s"
                    raise SourceFailed(words) from None
                except BadAnswer as error:
                    raise SourceFailed(str(error)) from None
                except httpx.HTTPError as error:
                    raise SourceFailed(_words(error)) from None
                except (ValueError, httpx.InvalidURL):
                    raise SourceFailed("the source of tokens gave no token") from None
                opened()
                if document is not None:
                    yield document
                await asyncio.sleep(max(0.0, due_s - loop.time()))

    async def _asked(self, client: httpx.AsyncClient, tag: str) -> tuple[bytes | None, str]:
        """The document and its tag; None where it is still the one of the tag."""
        headers = await self.credential.header(client) | ACCEPTED
        if tag:
            headers["If-None-Match"] = tag
        async with client.stream("GET", self.url, headers=headers) as answer:
            if answer.status_code == 304:
                return None, tag
            if answer.status_code in {401, 403}:
                self.credential.refused()
            if answer.status_code != 200:
                raise SourceFailed(f"HTTP status {answer.status_code}")
            document = await body_of(answer, _MOST_DOCUMENT_BYTES)
            return document, answer.headers.get("ETag", "")


@dataclass(slots=True)
class FollowedFile:
    """What is appended to a file, from its end on; once it is begun anew, from its beginning.
    from_start: what is in it already comes too. once: it ends where the file ends.
    """

    path: Path
    from_start: bool = False
    once: bool = False
    listens: bool = False
    whole: bool = False

    async def pieces(self, opened: OnOpen, lost: OnLost) -> AsyncGenerator[bytes]:  # noqa: ARG002
        """See Source."""
        at = 0 if self.from_start else (await asyncio.to_thread(self.path.stat)).st_size
        inode = -1
        while True:
            piece, inode, at = await asyncio.to_thread(_read_on, self.path, inode, at)
            opened()
            if piece:
                yield piece
            elif self.once:
                yield b"\n"  # what is last in a file is whole, with an end of line or without
                return
            else:
                await asyncio.sleep(_LOOK_AGAIN_S)


def _read_on(path: Path, inode: int, at: int) -> tuple[bytes, int, int]:
    """The next piece of a file, which file it is, and where the one after begins."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if (inode not in {-1, status.st_ino}) or status.st_size < at:
            at = 0
        file.seek(at)
        piece = file.read(_CHUNK_BYTES)
    return piece, status.st_ino, at + len(piece)


@dataclass(slots=True)
class WholeFile:
    """A file as a document, and again each time that it was written. once: one time only."""

    path: Path
    once: bool = False
    listens: bool = False
    whole: bool = True

    async def pieces(self, opened: OnOpen, lost: OnLost) -> AsyncGenerator[bytes]:  # noqa: ARG002
        """See Source."""
        seen = (0, 0, 0)
        while True:
            document, found = await asyncio.to_thread(_read_if_new, self.path, seen)
            opened()
            if document is not None:
                seen = found
                yield document
            if self.once:
                return
            await asyncio.sleep(_LOOK_AGAIN_S)


def _read_if_new(
    path: Path, seen: tuple[int, int, int]
) -> tuple[bytes | None, tuple[int, int, int]]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        found = status.st_ino, status.st_mtime_ns, status.st_size
        if found == seen:
            return None, found
        document = file.read(_MOST_DOCUMENT_BYTES + 1)
    if len(document) > _MOST_DOCUMENT_BYTES:
        raise SourceFailed(f"the file is larger than {_MOST_DOCUMENT_BYTES} bytes")
    return document, found


def _words(error: httpx.HTTPError) -> str:
    """What went wrong, without the URL."""
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {_CONNECT_WITHIN_S:g} s"
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP status {error.response.status_code} of the source of tokens"
    return type(error).__name__
