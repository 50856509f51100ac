"""CoT events as protobuf: the messages of the TAK protocol, version 1.

A codec of its own for the ten small messages that there are: nothing has to be generated, what is
accepted is stated here, and every length is checked before anything is taken. Fields that are not
known are passed over, as protobuf has it; a field of another wire type than its own is a fault.

An element of ``detail`` that has a message of its own goes there only where it is the one of its
name and the message says exactly the same; else it stays XML text, as the protocol wants it. So
nothing is lost on the way and back, but for the order between elements of different names.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from wideberth.errors import InvalidValue
from wideberth.wire.cot import (
    MAX_EVENT_BYTES,
    MAX_MS,
    CotEvent,
    Element,
    Fault,
    FaultRule,
    require_event,
    sampled,
)
from wideberth.wire.cotxml import decode_detail, decode_xml, encode_detail, encode_xml

__all__ = [
    "MAGIC",
    "decode_datagram",
    "decode_message",
    "encode_datagram",
    "encode_framed",
    "encode_message",
    "varint",
]

MAGIC = 0xBF
_MESH_PROTOBUF = bytes((MAGIC, 1, MAGIC))
_MESH_XML = bytes((MAGIC, 0, MAGIC))
_VARINT, _DOUBLE, _BYTES, _SINGLE = 0, 1, 2, 5
_UINT32, _UINT64 = (1 << 32) - 1, (1 << 64) - 1
_COT_EVENT, _DETAIL, _XML_DETAIL = 2, 15, 1

Kind = Literal["text", "number", "time", "count"]
_WIRE: dict[Kind, int] = {"text": _BYTES, "number": _DOUBLE, "time": _VARINT, "count": _VARINT}

# field number: member, kind (cotevent.proto)
_EVENT: dict[int, tuple[str, Kind]] = {
    1: ("type", "text"),
    2: ("access", "text"),
    3: ("qos", "text"),
    4: ("opex", "text"),
    5: ("uid", "text"),
    6: ("time_ms", "time"),
    7: ("start_ms", "time"),
    8: ("stale_ms", "time"),
    9: ("how", "text"),
    10: ("latitude_deg", "number"),
    11: ("longitude_deg", "number"),
    12: ("hae_m", "number"),
    13: ("ce_m", "number"),
    14: ("le_m", "number"),
}


class _Typed(msgspec.Struct, frozen=True):
    """A message of one element. whole: it is used only where every attribute is there."""

    name: str
    fields: dict[int, tuple[str, Kind]]
    whole: bool = False


# field number in Detail: the element (detail.proto and the files that it names)
_ELEMENTS = {
    2: _Typed("contact", {1: ("endpoint", "text"), 2: ("callsign", "text")}),
    3: _Typed("__group", {1: ("name", "text"), 2: ("role", "text")}, whole=True),
    4: _Typed("precisionlocation", {1: ("geopointsrc", "text"), 2: ("altsrc", "text")}),
    5: _Typed("status", {1: ("battery", "count")}, whole=True),
    6: _Typed(
        "takv",
        {1: ("device", "text"), 2: ("platform", "text"), 3: ("os", "text"), 4: ("version", "text")},
    ),
    7: _Typed("track", {1: ("speed", "number"), 2: ("course", "number")}, whole=True),
}
_NUMBER_OF = {typed.name: number for number, typed in _ELEMENTS.items()}


class _Broken(Exception):
    """A rule is broken. Never leaves this module."""

    def __init__(self, rule: FaultRule, field: str) -> None:
        super().__init__(rule)
        self.rule: FaultRule = rule
        self.field = field


def encode_message(event: CotEvent) -> bytes:
    """The event as a TakMessage. Its times are not before 1970. Raises InvalidValue for others."""
    parts: list[bytes] = []
    for number, (member, kind) in _EVENT.items():
        value = getattr(event, member)
        if kind == "time" and value < 0:
            raise InvalidValue(member, "time", value, "a protobuf has no time before 1970")
        parts.append(_field(number, kind, value))
    detail = _detail(event.detail)
    if event.detail:
        parts.append(_bytes(_DETAIL, detail))
    return _bytes(_COT_EVENT, b"".join(parts))


def encode_framed(event: CotEvent) -> bytes:
    """As it goes over a connection: 0xBF, the length, the message."""
    message = encode_message(event)
    return bytes((MAGIC,)) + varint(len(message)) + message


def encode_datagram(event: CotEvent, *, protobuf: bool) -> bytes:
    """As it goes out in one datagram: the header of a mesh and the message, or plain XML."""
    return _MESH_PROTOBUF + encode_message(event) if protobuf else encode_xml(event)


def decode_datagram(data: bytes) -> CotEvent | Fault | None:
    """The event of one datagram, in any of the ways that clients write. Never raises. None: as
    :func:`decode_message` has it.
    """
    if data[:3] == _MESH_PROTOBUF:
        return decode_message(data[3:])
    if data[:3] == _MESH_XML:
        return decode_xml(data[3:])
    if data[:1] != bytes((MAGIC,)):
        return decode_xml(data)
    if data[2:3] == bytes((MAGIC,)):
        return Fault("version", "header", sampled(data))
    return _framed(data)


def _framed(data: bytes) -> CotEvent | Fault | None:
    """Of one that is written as over a connection, which some senders do."""
    try:
        length, start = _read_varint(data, 1)
    except _Broken as broken:
        return Fault(broken.rule, "length", sampled(data))
    if length != len(data) - start:
        return Fault("cut-short", "length", sampled(data))
    return decode_message(data[start:])


def decode_message(data: bytes) -> CotEvent | Fault | None:
    """The event of a TakMessage; None: it has none, only what the sender can read. Never raises."""
    if len(data) > MAX_EVENT_BYTES:
        return Fault("too-large", "message", sampled(data))
    try:
        found = _last(data, {_COT_EVENT: _BYTES})
        return None if _COT_EVENT not in found else _event(found[_COT_EVENT])
    except _Broken as broken:
        return Fault(broken.rule, broken.field, sampled(data))


def varint(value: int) -> bytes:
    """A number of 0 or more, seven bits to a byte, the lowest first."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _field(number: int, kind: Kind, value: Any) -> bytes:
    """A field; nothing where it has the value that is meant when it is left out."""
    if kind == "text":
        data = value.encode("utf-8")
        return _bytes(number, data) if data else b""
    if kind == "number":
        packed = struct.pack("<d", value)
        return varint(number << 3 | _DOUBLE) + packed if any(packed) else b""
    return varint(number << 3 | _VARINT) + varint(value) if value else b""


def _bytes(number: int, data: bytes) -> bytes:
    return varint(number << 3 | _BYTES) + varint(len(data)) + data


def _detail(elements: tuple[Element, ...]) -> bytes:
    typed: dict[int, bytes] = {}
    others: list[Element] = []
    times = Counter(each.name for each in elements)
    for each in elements:
        number = _NUMBER_OF.get(each.name) if times[each.name] == 1 else None
        message = None if number is None else _typed(_ELEMENTS[number], each)
        if number is None or message is None:
            others.append(each)
        else:
            typed[number] = message
    parts = [_bytes(_XML_DETAIL, encode_detail(tuple(others)).encode("utf-8"))] if others else []
    parts += [_bytes(number, typed[number]) for number in sorted(typed)]
    return b"".join(parts)


def _typed(typed: _Typed, element: Element) -> bytes | None:
    """The message that says the same as the element; None: there is none."""
    said = dict(element.attributes)
    names = {name for name, _ in typed.fields.values()}
    if element.content or not said or not said.keys() <= names:
        return None
    if typed.whole and said.keys() != names:
        return None
    parts: list[bytes] = []
    for number, (name, kind) in typed.fields.items():
        if name not in said:
            continue
        value = _value_of(said[name], kind)
        if value is None:
            return None
        parts.append(_field(number, kind, value))
    return b"".join(parts)


def _value_of(text: str, kind: Kind) -> Any:
    """What the text of an attribute is as this kind; None: not exactly that."""
    if kind == "text":
        return text or None
    if kind == "count":
        is_exact = text.isascii() and text.isdigit() and len(text) <= 10 and text[0] != "0"
        return int(text) if is_exact and int(text) <= _UINT32 else None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and repr(value) == text else None


def _event(data: bytes) -> CotEvent:
    wanted = {number: _WIRE[kind] for number, (_, kind) in _EVENT.items()} | {_DETAIL: _BYTES}
    found = _last(data, wanted)
    said = {
        member: _said(found.get(number), kind, member) for number, (member, kind) in _EVENT.items()
    }
    for member in ("uid", "type"):
        if not said[member]:
            raise _Broken("missing", member)
    try:
        return require_event(CotEvent(**said, detail=_elements(found.get(_DETAIL, b""))))
    except InvalidValue as error:
        rule: FaultRule = error.rule  # type: ignore[assignment]  # require_event gives these alone
        raise _Broken(rule, error.field) from None


def _said(value: Any, kind: Kind, member: str) -> Any:
    """The value of a field, or what it means that it was left out. Raises _Broken."""
    if kind == "text":
        return "" if value is None else _text(value, member)
    if kind == "number":
        number = 0.0 if value is None else value
        if not math.isfinite(number):
            raise _Broken("number", member)
        return number
    if kind == "time" and (value or 0) > MAX_MS:
        raise _Broken("time", member)
    return value or 0


def _text(data: bytes, member: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _Broken("characters", member) from None


def _elements(data: bytes) -> tuple[Element, ...]:
    found = _last(data, {_XML_DETAIL: _BYTES} | dict.fromkeys(_ELEMENTS, _BYTES))
    elements: list[Element] = []
    if _XML_DETAIL in found:
        read = decode_detail(_text(found[_XML_DETAIL], "xmlDetail"))
        if isinstance(read, Fault):
            raise _Broken(read.rule, f"xmlDetail {read.field}")
        elements += read
    for number, typed in _ELEMENTS.items():
        if number in found:
            elements.append(_element(typed, found[number]))
    return tuple(elements)


def _element(typed: _Typed, data: bytes) -> Element:
    found = _last(data, {number: _WIRE[kind] for number, (_, kind) in typed.fields.items()})
    said: list[tuple[str, str]] = []
    for number, (name, kind) in typed.fields.items():
        if number in found or (typed.whole and kind != "count"):
            value = _said(found.get(number), kind, name)
            said.append((name, value if kind == "text" else _number_text(value)))
    return Element(typed.name, tuple(sorted(said)))


def _number_text(value: float) -> str:
    return repr(value)


def _last(data: bytes, wanted: dict[int, int]) -> dict[int, Any]:
    """The last value of each field that is wanted, of the wire type that is said. Raises _Broken.
    A message that comes twice would have to be merged: that is refused.
    """
    found: dict[int, Any] = {}
    for number, wire, value in _fields(data):
        if number not in wanted:
            continue
        if wire != wanted[number]:
            raise _Broken("not-protobuf", f"field {number}")
        if number in found and wire == _BYTES:
            raise _Broken("structure", f"field {number}")
        found[number] = value
    return found


def _fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Each field: its number, its wire type, its value. Raises _Broken."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise _Broken("not-protobuf", "tag")
        take = _TAKEN.get(wire)
        if take is None:
            raise _Broken("not-protobuf", f"wire type {wire}")
        value, at = take(data, at)
        yield number, wire, value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise _Broken("cut-short", "number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise _Broken("not-protobuf", "number")
    if value > _UINT64:
        raise _Broken("not-protobuf", "number")
    return value, at


def _read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = _read_varint(data, at)
    if length > len(data) - at:
        raise _Broken("cut-short", "bytes")
    return data[at : at + length], at + length


def _read_double(data: bytes, at: int) -> tuple[float, int]:
    if len(data) - at < 8:
        raise _Broken("cut-short", "double")
    return struct.unpack_from("<d", data, at)[0], at + 8


def _read_single(data: bytes, at: int) -> tuple[float, int]:
    if len(data) - at < 4:
        raise _Broken("cut-short", "float")
    return struct.unpack_from("<f", data, at)[0], at + 4


_TAKEN: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {
    _VARINT: _read_varint,
    _DOUBLE: _read_double,
    _BYTES: _read_bytes,
    _SINGLE: _read_single,
}
