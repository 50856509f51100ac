"""One event of Cursor on Target, as plain data, whichever way it is written.

CoT has no public standard of its own; the schema that TAK clients use (``Event.xsd``, version 2.0)
and the messages of the TAK protocol, version 1, say what there is. An event that exists is one that
both ways of writing can carry: :mod:`wideberth.wire.cotxml` and :mod:`wideberth.wire.cotproto`.

What comes in and is none becomes a :class:`Fault`, a value: nothing here raises for what was sent.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.time import MAX_US, MIN_US, format_rfc3339

__all__ = [
    "MAX_DEPTH",
    "MAX_ELEMENTS",
    "MAX_EVENT_BYTES",
    "MAX_MS",
    "MIN_MS",
    "UNKNOWN_M",
    "CotEvent",
    "Element",
    "Fault",
    "FaultRule",
    "attribute",
    "child",
    "cot_time",
    "require_event",
    "sampled",
    "text_of",
]

UNKNOWN_M = 9_999_999.0
"""What CoT writes for a height or an error that is not known."""
MAX_EVENT_BYTES = 1_048_576
"""Of one event in any way of writing: a ring of 10,000 corners has half of that."""
MAX_DEPTH = 16
MAX_ELEMENTS = 20_000
MIN_MS, MAX_MS = -(-MIN_US // 1000), MAX_US // 1000
_SAMPLE_BYTES = 200

FaultRule = Literal[
    "characters",
    "cut-short",
    "doctype",
    "garbage",
    "missing",
    "not-protobuf",
    "not-xml",
    "number",
    "range",
    "structure",
    "time",
    "too-large",
    "version",
]

# What XML 1.0 can hold (section 2.2), beside what would be read as something else.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_TYPE = re.compile(r"[\x21-\x7e]{1,100}")


class Element(msgspec.Struct, frozen=True):
    """An element below ``detail``. attributes: by name, each name once, in the order of names.
    content: elements and text as they follow each other; no text is empty, none follows a text,
    and beside elements white space alone is left out.
    """

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    content: tuple[Element | str, ...] = ()


class CotEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event: something at a point, from start to stale. Make one with :func:`require_event`.

    Times in milliseconds since 1970 UTC: the protobuf has no finer ones. Degrees and heights are of
    WGS84, hae_m above the ellipsoid; ce_m, le_m: the horizontal and the vertical error, one sigma
    as TAK has it. UNKNOWN_M: not known. how: by what it is known (``m-g``); may be empty.
    """

    uid: str
    type: str
    how: str
    time_ms: int
    start_ms: int
    stale_ms: int
    latitude_deg: float
    longitude_deg: float
    hae_m: float = UNKNOWN_M
    ce_m: float = UNKNOWN_M
    le_m: float = UNKNOWN_M
    access: str = ""
    qos: str = ""
    opex: str = ""
    detail: tuple[Element, ...] = ()


class Fault(msgspec.Struct, frozen=True):
    """What came and is no event. rule: which one it breaks; field: where; sample: how it began."""

    rule: FaultRule
    field: str
    sample: bytes


def sampled(data: bytes | bytearray | memoryview) -> bytes:
    """The beginning of what came, for a person to look at."""
    return bytes(data[:_SAMPLE_BYTES])


def require_event(event: CotEvent) -> CotEvent:
    """The event itself, where both ways of writing can carry it. Raises InvalidValue: its field,
    and as rule one of :data:`FaultRule`.
    """
    for name in ("uid", "how", "access", "qos", "opex"):
        _require_text(name, getattr(event, name))
    if not 0 < len(event.uid) <= 512:
        raise _wrong("uid", "missing", event.uid, "give a uid of 1 to 512 characters")
    if _TYPE.fullmatch(event.type) is None:
        raise _wrong("type", "characters", event.type, "give a type like a-u-A")
    for name in ("time_ms", "start_ms", "stale_ms"):
        if not MIN_MS <= getattr(event, name) <= MAX_MS:
            raise _wrong(name, "time", getattr(event, name), "give a time from 1900 to 9999")
    for name, limit in (("latitude_deg", 90.0), ("longitude_deg", 180.0)):
        if not abs(getattr(event, name)) <= limit:
            raise _wrong(name, "range", getattr(event, name), f"give -{limit:g} to {limit:g}")
    for name in ("hae_m", "ce_m", "le_m"):
        if not abs(getattr(event, name)) < 1e12:
            raise _wrong(name, "range", getattr(event, name), "give a finite number")
    left = _require_elements(event.detail, MAX_ELEMENTS, depth=3)
    assert left >= 0, "it was counted on the way"
    return event


def _require_elements(content: tuple[Element | str, ...], left: int, *, depth: int) -> int:
    """How many more elements there may be. Raises InvalidValue."""
    for each in content:
        if isinstance(each, str):
            _require_text("detail", each)
            continue
        left -= 1
        if left < 0 or depth > MAX_DEPTH:
            raise _wrong("detail", "too-large", each.name, "give fewer elements, less deep")
        if _NAME.fullmatch(each.name) is None:
            raise _wrong("detail", "structure", each.name, "give a plain name")
        for name, value in each.attributes:
            if _NAME.fullmatch(name) is None:
                raise _wrong("detail", "structure", name, "give a plain name")
            _require_text("detail", value)
        left = _require_elements(each.content, left, depth=depth + 1)
    return left


def _require_text(field: str, text: str) -> None:
    if _NOT_IN_XML.search(text) is not None:
        raise _wrong(field, "characters", text, "give characters that XML can hold")


def _wrong(field: str, rule: FaultRule, value: object, advice: str) -> InvalidValue:
    return InvalidValue(field, rule, value, advice)


def cot_time(instant_ms: int) -> str:
    """A time as CoT has it: UTC, with milliseconds.

    >>> cot_time(1_500)
    '1970-01-01T00:00:01.500Z'
    """
    return f"{format_rfc3339(instant_ms // 1000 * 1_000_000)[:-1]}.{instant_ms % 1000:03}Z"


def child(event: CotEvent | Element, name: str) -> Element | None:
    """The first element of this name below ``detail``, or below an element."""
    content = event.detail if isinstance(event, CotEvent) else event.content
    return next((each for each in content if isinstance(each, Element) and each.name == name), None)


def attribute(element: Element | None, name: str) -> str | None:
    """An attribute of an element; None: it, or the element, is not there."""
    return None if element is None else dict(element.attributes).get(name)


def text_of(element: Element | None) -> str:
    """The text directly below an element."""
    if element is None:
        return ""
    return "".join(each for each in element.content if isinstance(each, str))
