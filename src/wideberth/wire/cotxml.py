"""CoT events as XML: written, and read strictly.

Read with expat's events, never into a tree: no document type is let in, so there are no entities
of the sender's and nothing is fetched; sizes, depth and numbers of elements have bounds. The
encoding is UTF-8, whatever a declaration says. What stands in an event beside ``point`` and
``detail`` is not kept, and neither are comments and processing instructions.
"""

from __future__ import annotations

import math
from typing import Any
from xml.parsers import expat

from wideberth.errors import InvalidValue
from wideberth.space.time import parse_rfc3339
from wideberth.wire.cot import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_EVENT_BYTES,
    CotEvent,
    Element,
    Fault,
    FaultRule,
    cot_time,
    require_event,
    sampled,
)

__all__ = ["decode_detail", "decode_xml", "encode_detail", "encode_xml"]

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_TIMES = (("time", "time_ms"), ("start", "start_ms"), ("stale", "stale_ms"))
_NUMBERS = (
    ("lat", "latitude_deg"),
    ("lon", "longitude_deg"),
    ("hae", "hae_m"),
    ("ce", "ce_m"),
    ("le", "le_m"),
)
_OPTIONAL = ("access", "qos", "opex")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ESCAPED_VALUE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    | {each: f"&#{ord(each)};" for each in "\t\n\r"}
)
_MAX_NUMBER = 40  # characters of one


class _Broken(Exception):
    """A rule is broken. Never leaves this module."""

    def __init__(self, rule: FaultRule, field: str) -> None:
        super().__init__(rule)
        self.rule: FaultRule = rule
        self.field = field


def encode_xml(event: CotEvent) -> bytes:
    """The event as an XML document in UTF-8 with a declaration, and nothing around it: clients that
    read up to the end of an event expect the next to begin there.
    """
    said = [("version", "2.0"), ("uid", event.uid), ("type", event.type)]
    said += [(name, cot_time(getattr(event, member))) for name, member in _TIMES]
    said.append(("how", event.how))
    said += [(name, value) for name in _OPTIONAL if (value := getattr(event, name))]
    point = [(name, repr(float(getattr(event, member)))) for name, member in _NUMBERS]
    text = (
        f"<event{_attributes(said)}><point{_attributes(point)}/>"
        f"<detail>{encode_detail(event.detail)}</detail></event>"
    )
    return _DECLARATION + text.encode("utf-8")


def encode_detail(content: tuple[Element | str, ...]) -> str:
    """Elements and text as XML, without anything around them."""
    parts: list[str] = []
    for each in content:
        if isinstance(each, str):
            parts.append(each.translate(_ESCAPED))
            continue
        head = f"<{each.name}{_attributes(each.attributes)}"
        if each.content:
            parts.append(f"{head}>{encode_detail(each.content)}</{each.name}>")
        else:
            parts.append(f"{head}/>")
    return "".join(parts)


def _attributes(pairs: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> str:
    return "".join(f' {name}="{value.translate(_ESCAPED_VALUE)}"' for name, value in pairs)


def decode_xml(data: bytes) -> CotEvent | Fault:
    """The event that a document is. Never raises."""
    try:
        return _event(_read(data))
    except _Broken as broken:
        return Fault(broken.rule, broken.field, sampled(data))


def decode_detail(text: str) -> tuple[Element, ...] | Fault:
    """The elements of a ``detail`` that has nothing around it. Never raises."""
    data = text.encode("utf-8", "replace")
    try:
        return _elements(_read(b"<detail>%s</detail>" % data))
    except _Broken as broken:
        return Fault(broken.rule, broken.field, sampled(data))


class _Open:
    """An element that is being read."""

    __slots__ = ("attributes", "content", "has_elements", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = tuple(sorted(attributes.items()))
        self.content: list[Element | str] = []
        self.has_elements = False

    def closed(self) -> Element:
        content = self.content
        if self.has_elements:  # what is only there to be looked at
            content = [each for each in content if not isinstance(each, str) or each.strip()]
        return Element(self.name, self.attributes, tuple(content))


class _Reading:
    """What expat calls. Raises _Broken, which comes through expat unchanged."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[_Open] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise _Broken("too-large", name[:64])
        if self._open:
            self._open[-1].has_elements = True
        self._open.append(_Open(name, attributes))

    def end(self, _name: str) -> None:
        closed = self._open.pop().closed()
        if self._open:
            self._open[-1].content.append(closed)
        else:
            self.root = closed

    def text(self, text: str) -> None:
        content = self._open[-1].content
        if content and isinstance(content[-1], str):
            content[-1] += text
        else:
            content.append(text)

    def doctype(self, *_: object) -> None:
        raise _Broken("doctype", "document")


def _read(data: bytes) -> Element:
    """The root of a document. Raises _Broken."""
    if len(data) > MAX_EVENT_BYTES:
        raise _Broken("too-large", "document")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _Broken("characters", "document") from None
    if "\0" in text:  # which expat takes for another encoding
        raise _Broken("characters", "document")
    reading = _Reading()
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = reading.doctype
    try:
        parser.Parse(text, True)  # noqa: FBT003  # expat's own argument: this is all of it
    except expat.ExpatError as error:
        raise _Broken("not-xml", f"line {error.lineno}") from None
    if reading.root is None:
        raise _Broken("not-xml", "document")
    return reading.root


def _elements(detail: Element) -> tuple[Element, ...]:
    """What is below ``detail``; text beside the elements is none of CoT. Raises _Broken."""
    if any(isinstance(each, str) and each.strip() for each in detail.content):
        raise _Broken("structure", "detail")
    return tuple(each for each in detail.content if isinstance(each, Element))


def _event(root: Element) -> CotEvent:
    if root.name != "event":
        raise _Broken("structure", root.name[:64])
    found: dict[str, list[Element]] = {"point": [], "detail": []}
    for each in root.content:
        if isinstance(each, Element) and each.name in found:
            found[each.name].append(each)
    if len(found["point"]) != 1 or len(found["detail"]) > 1:
        raise _Broken("structure", "point" if len(found["point"]) != 1 else "detail")
    said, point = dict(root.attributes), dict(found["point"][0].attributes)
    version = said.get("version", "2.0")
    if not version.startswith("2"):
        raise _Broken("version", "version")
    members: dict[str, Any] = {name: _said(said, name) for name in ("uid", "type")}
    members |= {name: said.get(name, "") for name in ("how", *_OPTIONAL)}
    members |= {member: _time(said, name) for name, member in _TIMES}
    members |= {member: _number(point, name) for name, member in _NUMBERS}
    detail = _elements(found["detail"][0]) if found["detail"] else ()
    event = CotEvent(**members, detail=detail)
    try:
        return require_event(event)
    except InvalidValue as error:
        rule: FaultRule = error.rule  # type: ignore[assignment]  # require_event gives these alone
        raise _Broken(rule, error.field) from None


def _said(attributes: dict[str, str], name: str) -> str:
    value = attributes.get(name)
    if not value:
        raise _Broken("missing", name)
    return value


def _time(attributes: dict[str, str], name: str) -> int:
    """Milliseconds; of the end the first that is not before it."""
    try:
        instant_us = parse_rfc3339(_said(attributes, name), field=name)
    except InvalidValue:
        raise _Broken("time", name) from None
    return -(-instant_us // 1000) if name == "stale" else instant_us // 1000


def _number(attributes: dict[str, str], name: str) -> float:
    text = _said(attributes, name)
    try:
        value = float(text) if len(text) <= _MAX_NUMBER and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _Broken("number", name)
    return value
