"""What is open to all, as datagrams: to a multicast group or to one address.

Nobody who listens asks for anything, so all of it is told again and again. What does not fit into a
datagram is left out and counted: a drawing of more than some 1,400 corners.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from typing import Self

from wideberth.faces.cot.around import Around, Everybody
from wideberth.faces.cot.shown import Shown
from wideberth.operating import OpenOutput
from wideberth.wire.cotproto import encode_datagram

__all__ = ["Datagrams"]

_log = logging.getLogger("wideberth.tak")
_MOST_BYTES = 65_000  # of one datagram over IPv4, with room for headers
_TTL = 1  # a multicast stays on its network


class Datagrams:
    """Sends while its context is open."""

    def __init__(self, around: Around, output: OpenOutput, address: tuple[str, int]) -> None:
        self._around = around
        self._output = output
        self._address = address
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="wideberth-tak-udp")
        return self

    async def __aexit__(self, *_: object) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        with _socket(self._address[0]) as sending:
            while True:
                began_s = asyncio.get_running_loop().time()
                try:
                    await self._all(sending)
                except Exception:  # noqa: BLE001  # the top of a task: the next time it is told again
                    _log.exception("what is open could not be sent")
                spent_s = asyncio.get_running_loop().time() - began_s
                await asyncio.sleep(max(0.05, self._output.every_s - spent_s))

    async def _all(self, sending: socket.socket) -> None:
        """Everything that is open now, once."""
        counts = self._around.counts
        async for events in Shown(self._around, Everybody(self._around)).changes():
            for event in events:
                data = encode_datagram(event, protobuf=self._output.protobuf)
                if len(data) > _MOST_BYTES:
                    counts.too_large += 1
                    continue
                try:
                    sending.sendto(data, self._address)
                    counts.events_out += 1
                except (BlockingIOError, InterruptedError):
                    counts.dropped["udp-full"] += 1
                except OSError:
                    counts.dropped["udp-failed"] += 1
            await asyncio.sleep(0)


def _socket(host: str) -> socket.socket:
    address = ipaddress.ip_address(host)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    made.settimeout(0)
    if address.is_multicast and address.version == 4:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _TTL)
    elif address.is_multicast:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _TTL)
    return made
