"""The face as a node runs it: TAK clients over TLS, and outputs in plain of what is open to all.

A client shows a certificate of an authority that the settings name, and the certificate is bound
to a party there; any other is not told a byte. Over plain TCP and UDP goes what is open to every
party without any limit: no STOP, no warning, nothing that is addressed to anybody.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Self

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cot.around import Around, Everybody, OneParty
from wideberth.faces.cot.line import STALLED_S, Line
from wideberth.faces.cot.plain import Datagrams
from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.operating import OpenOutput, TakTable
from wideberth.tls import ClientCertificate
from wideberth.tokens import PartyCertificate

__all__ = ["TakFace"]

_log = logging.getLogger("wideberth.tak")
_QUIET_S = 60.0  # of clients that are refused for one reason, one line of the log in so long
_HANDSHAKE_S = 10.0


class TakFace:
    """Serves while its context is open. context: makes the TLS context of TAK clients, at the start
    and on :meth:`renew`; None: none are served. ports: where it listens, by the name of what
    listens there.
    """

    def __init__(
        self,
        around: Around,
        table: TakTable,
        context: Callable[[], ssl.SSLContext] | None,
        *,
        stalled_s: float = STALLED_S,
    ) -> None:
        self.around = around
        self.ports: dict[str, int] = {}
        self._table = table
        self._context = context
        self._stalled_s = stalled_s
        self._certificates = [
            PartyCertificate(PartyId(each.party), each.subject, each.digest)
            for each in table.certificates
        ]
        self._lines: set[Line] = set()
        self._of: Counter[PartyId | None] = Counter()
        self._running: set[asyncio.Task[None]] = set()
        self._tls: list[asyncio.Server] = []
        self._quiet_until_s: dict[str, float] = {}  # by the reason that was logged
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Listen. Raises InvalidValue where an address cannot be had."""
        async with AsyncExitStack() as stack:
            listeners = self.around.service.fold_listeners
            listeners.append(self._listen)
            stack.callback(listeners.remove, self._listen)
            stack.push_async_callback(self._end)
            if self._table.port is not None:
                assert self._context is not None, "who is served is served over TLS"
                server = await _serve(
                    self._tls_client,
                    (self._table.host, self._table.port),
                    self._context(),
                    settings="tak.host, tak.port",
                )
                self._tls = [server]
                stack.callback(self._stop_tls)
                self.ports["tls"] = server.sockets[0].getsockname()[1]
            for index, output in enumerate(self._table.open):
                await self._open(stack, output, f"tak.open.{index}.url")
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close every connection."""
        await self._stack.aclose()

    async def renew(self) -> None:
        """Serve whoever connects from now on under a context made anew; connections that are open
        go on under theirs. Raises InvalidValue where it cannot be made; nothing changes then.
        """
        if self._context is None or not self._tls:
            return
        context = await asyncio.to_thread(self._context)
        before = self._tls
        spare = [
            socket.socket(fileno=os.dup(each.fileno())) for one in before for each in one.sockets
        ]
        self._tls = [
            await asyncio.start_server(
                self._tls_client, sock=each, ssl=context, ssl_handshake_timeout=_HANDSHAKE_S
            )
            for each in spare
        ]
        for server in before:
            server.close()

    def _stop_tls(self) -> None:
        for server in self._tls:
            server.close()

    async def _open(self, stack: AsyncExitStack, output: OpenOutput, settings: str) -> None:
        address = output.address
        assert address is not None, "the settings were checked"
        if output.url.startswith("udp://"):
            await stack.enter_async_context(Datagrams(self.around, output, address))
            return
        server = await _serve(self._plain_client, address, None, settings=settings)
        stack.callback(server.close)
        self.ports[output.url] = server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _listen(self, _start: int, entries: Sequence[Entry]) -> None:
        for line in self._lines:
            line.note(entries)

    def _tls_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._begin(self._take_tls(reader, writer))

    def _plain_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._begin(self._run(reader, writer, None, None))

    def _begin(self, coroutine: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(coroutine)  # type: ignore[arg-type]
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _take_tls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = _certificate_of(writer)
        party = None if shown is None else self._party_of(shown)
        if shown is None or party is None:
            self._refuse(writer, "certificate-unknown")
            return
        if party not in self.around.picture.parties:
            self._refuse(writer, "party-unknown")
            return
        await self._run(reader, writer, party, f"tak:{shown.sha256.hex()[:32]}")

    def _party_of(self, shown: ClientCertificate) -> PartyId | None:
        return next((each.party for each in self._certificates if each.is_of(shown)), None)

    def _refuse(self, writer: asyncio.StreamWriter, why: str) -> None:
        self.around.counts.dropped[why] += 1
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._quiet_until_s.get(why, -math.inf):  # anybody can come again and again
            self._quiet_until_s[why] = now_s + _QUIET_S
            _log.warning("a TAK client was not served: %s (the next ones are only counted)", why)
        writer.transport.abort()

    async def _run(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        party: PartyId | None,
        subject: str | None,
    ) -> None:
        counts, most = self.around.counts, self._table.clients
        if len(self._lines) >= most or self._of[party] >= most // 4:
            self._refuse(writer, "too-many")
            return
        audience = Everybody(self.around) if party is None else OneParty(self.around, party)
        line = Line(self.around, audience, writer, subject=subject, stalled_s=self._stalled_s)
        self._lines.add(line)
        self._of[party] += 1
        counts.clients += 1
        why = "failed"
        try:
            why = await line.run(reader)
        except Exception:  # noqa: BLE001  # the top of a connection: others go on
            _log.exception("a TAK client's connection failed")
        finally:
            counts.clients -= 1
            counts.dropped[why] += 1
            self._of[party] -= 1
            self._lines.discard(line)
            writer.transport.abort()


def _certificate_of(writer: asyncio.StreamWriter) -> ClientCertificate | None:
    secured: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    der = None if secured is None else secured.getpeercert(binary_form=True)
    try:
        return ClientCertificate.of(der) if der else None
    except ValueError:  # OpenSSL took what cryptography cannot read
        return None


async def _serve(
    client: object,
    address: tuple[str, int],
    context: ssl.SSLContext | None,
    *,
    settings: str,
) -> asyncio.Server:
    host, port = address
    try:
        return await asyncio.start_server(
            client,  # type: ignore[arg-type]
            host,
            port,
            ssl=context,
            ssl_handshake_timeout=None if context is None else _HANDSHAKE_S,
            family=socket.AF_UNSPEC,
        )
    except OSError as error:
        advice = f"cannot listen: {system_reason(error)}"
        raise InvalidValue(settings, "address", f"{host}:{port}", advice) from error
