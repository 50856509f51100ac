"""The HTTP server of a node: uvicorn, with what it does not do itself.

It says when it is ready, lets the node's streams end first, hands the client's certificate to the
app, and on SIGHUP reads certificates anew without dropping a connection.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cli._connections import BoundedProtocol, SweepingServer
from wideberth.tls import ClientCertificate

__all__ = [
    "NodeServer",
    "QuietServer",
    "Renewal",
    "TlsProtocol",
    "listen_on",
    "tell_manager",
]

_log = logging.getLogger("wideberth.server")

Renewal = Callable[[], Awaitable[None]]


def listen_on(address: str, port: int, *, settings: str) -> socket.socket:
    """A listening socket. settings: who asked for it. Raises InvalidValue."""
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address, port), family=family, backlog=2048)
    except OSError as error:
        raise InvalidValue(
            settings, "address", f"{address}:{port}", f"cannot listen: {system_reason(error)}"
        ) from error


def tell_manager(state: str) -> None:
    """Tell a service manager that asked for it (sd_notify(3)): ``READY=1``, ``STOPPING=1``."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with (
        suppress(OSError),  # a manager that does not listen is no reason not to serve
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager,
    ):
        manager.connect("\0" + address[1:] if address[0] == "@" else address)
        manager.sendall(state.encode())


class TlsProtocol(BoundedProtocol):
    """Puts the certificate that a client showed into the state of each of its requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Look at the certificate, once for a connection."""
        super().connection_made(transport)
        secured: Any = transport.get_extra_info("ssl_object")
        shown: bytes | None = None if secured is None else secured.getpeercert(binary_form=True)
        if shown:
            try:
                certificate = ClientCertificate.of(shown)
            except ValueError:  # OpenSSL took what cryptography cannot read: as if none was shown
                _log.warning("a client certificate could not be read")
                return
            self.app_state = {**self.app_state, "client_certificate": certificate}


class NodeServer(SweepingServer):
    """Serves one listening socket. ready: called when it does; ending: before it stops. context:
    makes the TLS context, at the start and on SIGHUP; gives None for plain HTTP. renewals: what
    else reads certificates anew then; each raises InvalidValue where it cannot.

    handshake_within_s: a client that has not agreed on TLS by then is cut off; until it has, no
    other bound sees the connection.
    """

    handshake_within_s = 10.0

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        ready: Callable[[], None],
        ending: Callable[[], None],
        context: Callable[[], ssl.SSLContext | None],
        renewals: Sequence[Renewal] = (),
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._ending = ending
        self._context = context
        self._renewals = renewals
        self._spare: socket.socket | None = None  # the listening socket, for the next TLS context
        self._reloading: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        if sockets:
            self._spare = sockets[0].dup()
        await super().startup(sockets)
        if self.started:
            if self.config.ssl is not None:
                await self._accept_under(self.config.ssl)
            self._ready()
            tell_manager("READY=1")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let streams end, then connections."""
        tell_manager("STOPPING=1")
        self._ending()
        if self._spare is not None:
            self._spare.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """SIGINT and SIGTERM stop it, SIGHUP reads certificates anew.

        uvicorn raises the signal again once it has stopped; here a stop asked for is a good end.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        yield
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with suppress(ValueError):
                loop.remove_signal_handler(number)

    def _reload(self) -> None:
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.get_running_loop().create_task(self._read_anew())

    async def _read_anew(self) -> None:
        """Accept connections under new contexts; those that are open go on under theirs."""
        for renew in (self._renew, *self._renewals):
            try:
                await renew()
            except InvalidValue as error:
                _log.error("certificates stay as they were: %s: %s", error.field, error.advice)
            else:
                _log.warning("certificates were read anew")

    async def _renew(self) -> None:
        context = await asyncio.to_thread(self._context)
        if context is not None and not self.should_exit:
            await self._accept_under(context)

    async def _accept_under(self, context: ssl.SSLContext) -> None:
        """Connections from now on; those that are open stay."""
        if self._spare is None:
            return
        before = self.servers
        self.config.ssl = context
        fresh = await asyncio.get_running_loop().create_server(
            self._protocol,
            sock=self._spare.dup(),
            ssl=context,
            backlog=self.config.backlog,
            ssl_handshake_timeout=self.handshake_within_s,
        )
        self.servers = [fresh]
        for server in before:
            server.close()

    def _protocol(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        return made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


class QuietServer(SweepingServer):
    """A server beside the first one: it hears no signals, and stops when it is told to."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """None."""
        yield
