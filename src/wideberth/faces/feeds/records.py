"""Reading one record of somebody's JSON: each member is a number, a text or not said. Pure.

A document is taken apart before it is read: first into its members, a list of records into these,
and each record by itself. Reading one large document at once would keep every other thread of the
process waiting, for two seconds of 60 MB.
"""

from __future__ import annotations

import math
from typing import cast

import msgspec

from wideberth.faces.feeds.decoding import BadMessage, Decoded
from wideberth.space.time import MAX_US, MIN_US, SECOND_US

__all__ = [
    "as_list",
    "as_record",
    "document_of",
    "member_of",
    "number",
    "place_of",
    "records_of",
    "seconds_us",
    "text",
    "value_of",
]

Raw = msgspec.Raw
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_MOST_VALUES = 2_000_000  # all that flies on earth is told in some 500,000
_MOST_RECORD_BYTES = 65_536


def document_of(data: bytes, into: Decoded) -> dict[str, Raw] | None:
    """The members of a JSON object, not read yet; None where it is none, or one of too many values,
    which is counted.
    """
    if data.count(b",") > _MOST_VALUES:
        into.refuse("too-many-values", data)
        return None
    try:
        return _MEMBERS.decode(data)
    except msgspec.ValidationError:
        into.refuse("json-object", data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        into.refuse("json", data)
    return None


def records_of(value: Raw | None) -> list[Raw] | None:
    """The records of a list, not read yet; None where it is none."""
    try:
        return None if value is None else _LIST.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def member_of(document: dict[str, Raw], name: str) -> object:
    """What a member of a document says; None where it is not there, or cannot be read."""
    try:
        return value_of(document[name]) if name in document else None
    except BadMessage:
        return None


def value_of(value: Raw) -> object:
    """What a record says. Raises BadMessage."""
    if len(memoryview(value)) > _MOST_RECORD_BYTES:
        raise BadMessage("record-too-long")
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadMessage("json") from None


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
