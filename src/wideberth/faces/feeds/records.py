"""Reading one record of somebody's JSON: each member is a number, a text or not said. Pure."""

from __future__ import annotations

import math
from typing import Any, cast

import msgspec

from wideberth.faces.feeds.decoding import BadMessage, Decoded
from wideberth.space.time import MAX_US, MIN_US, SECOND_US

__all__ = [
    "as_list",
    "as_record",
    "document_of",
    "number",
    "place_of",
    "sample_of",
    "seconds_us",
    "text",
]


def document_of(data: bytes, into: Decoded) -> dict[str, object] | None:
    """A JSON object; None where it is none, which is counted."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        into.refuse("json", data)
        return None
    if not isinstance(document, dict):
        into.refuse("json-object", data)
        return None
    return cast("dict[str, object]", document)


def as_record(value: object) -> dict[str, object]:
    """An object. Raises BadMessage."""
    if not isinstance(value, dict):
        raise BadMessage("no-record")
    return cast("dict[str, object]", value)


def as_list(value: object) -> list[object] | None:
    """A list; None where it is none."""
    return cast("list[object]", value) if isinstance(value, list) else None


def number(value: object, *, scale: float = 1.0) -> float | None:
    """A finite number, times scale; None where it is none, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value) * scale
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def text(value: object, most: int = 64) -> str | None:
    """A text without what surrounds it, printable; None where nothing is left."""
    if not isinstance(value, str):
        return None
    plain = value.strip()[:most]
    return plain if plain and plain.isprintable() else None


def seconds_us(value: object) -> int | None:
    """Seconds since 1970 as microseconds; None where no clock shows such a time."""
    seconds = number(value)
    if seconds is None or not MIN_US <= seconds * SECOND_US <= MAX_US:
        return None
    return round(seconds * SECOND_US)


def place_of(latitude: object, longitude: object) -> tuple[float, float] | None:
    """Degrees; None where neither is said. Raises BadMessage where they are no place."""
    if latitude is None and longitude is None:
        return None
    north, east = number(latitude), number(longitude)
    if north is None or east is None:
        raise BadMessage("position")
    if not (abs(north) <= 90 and abs(east) <= 180):
        raise BadMessage("position-range")
    return north, east


def sample_of(value: Any) -> bytes:
    """A record as JSON, to be shown."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)[:200].encode("ascii", "replace")
