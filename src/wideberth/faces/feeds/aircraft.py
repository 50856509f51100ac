"""What an aircraft is called, the same whichever feed brings it: so that it is one track."""

from __future__ import annotations

import re

__all__ = ["aircraft_id", "call_sign"]

_HEX = re.compile(r"(~?)([0-9A-Fa-f]{6})", re.ASCII)
_LONGEST_CALL_SIGN = 8  # ICAO Annex 10, volume IV: eight characters


def aircraft_id(text: str) -> str | None:
    """The id of a track from a Mode S address of six hex digits; None where it is none.

    With ``~`` before it, as readsb writes it, it is no address that ICAO gave out (a ground
    station's, or made up for an anonymous sender), and may be the same number as somebody's.

    >>> aircraft_id("4CA7B6"), aircraft_id("~2A3f00"), aircraft_id("4CA7")
    ('4ca7b6', 'non-icao:2a3f00', None)
    """
    match = _HEX.fullmatch(text)
    if match is None:
        return None
    return f"non-icao:{match[2].lower()}" if match[1] else match[2].lower()


def call_sign(text: str) -> str | None:
    """A call sign without what fills it up; None where nothing is left.

    >>> call_sign("RYR1427 "), call_sign("@@@@@@@@")
    ('RYR1427', None)
    """
    plain = text.strip().rstrip("@_ ")[:_LONGEST_CALL_SIGN].strip()
    return plain if plain and plain.isascii() and plain.isprintable() else None
