"""Where a webhook may lead: a public address, unless the host allowed others.

A name is looked up once, each address is judged, and the connection goes to the address that was
judged: a name that points elsewhere a moment later gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from wideberth.errors import InvalidValue

__all__ = ["is_public", "resolved"]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    >>> [is_public(each) for each in ("93.184.215.14", "10.0.0.1", "::1", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if inner:
            return is_public(str(inner))
        if found in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 (RFC 6052)
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
    return found.is_global and not found.is_multicast


async def resolved(host: str, port: int, *, private: bool) -> str:
    """An address of a host to connect to. private: those that are not public are allowed too.

    Raises InvalidValue where the host has one that is not allowed, OSError where it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    for address in addresses:
        if not private and not is_public(address):
            raise InvalidValue(
                "url", "address-not-public", address, "allow it: [delivery] private_addresses"
            )
    return addresses[0]
