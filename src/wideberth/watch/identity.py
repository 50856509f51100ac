"""Which ids mean the same thing wherever they come from. Pure.

An ICAO address of 24 bits, the serial number of an unmanned aircraft and a UUID are given out once
in the world: two feeds that bring one speak of one thing, if they speak the truth. Any other id is
its feed's party's own word: two parties that say ``drone-1`` speak of two things.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["identity_code", "identity_of"]

_ICAO = re.compile(r"[0-9A-Fa-f]{6}", re.ASCII)
_SERIAL = re.compile(r"[0-9A-HJ-NP-Z]{4}([1-9A-F])([0-9A-HJ-NP-Z]{1,15})", re.ASCII)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)


def identity_of(feed_party: str | None, track_id: str) -> tuple[str, str]:
    """(of which kind, the name), equal for what is one thing by its id.

    A serial number is that of ANSI/CTA-2063-A: four signs of the maker, the length, and so many.

    >>> identity_of("north", "4CA7B6"), identity_of(None, "1596F3A1B2C3D4E5F6A7")
    (('icao', '4ca7b6'), ('serial', '1596F3A1B2C3D4E5F6A7'))
    >>> identity_of("north", "drone-1"), identity_of(None, "drone-1")
    (('of north', 'drone-1'), ('of', 'drone-1'))
    """
    if _ICAO.fullmatch(track_id):
        return "icao", track_id.lower()
    serial = _SERIAL.fullmatch(track_id)
    if serial is not None and len(serial[2]) == int(serial[1], 16):
        return "serial", track_id
    if _UUID.fullmatch(track_id):
        return "uuid", track_id.lower()
    return f"of {feed_party}" if feed_party else "of", track_id


def identity_code(feed_party: str | None, track_id: str) -> int:
    """The identity as a number of 63 bits, the same in every process."""
    kind, name = identity_of(feed_party, track_id)
    digest = hashlib.blake2b(f"{kind} {name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
