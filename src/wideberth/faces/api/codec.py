"""Bytes to wire structs: parsed once, here, and strictly. :mod:`wideberth.wire` has the structs and
what they mean.

Every error is an InvalidValue that names the field by its dotted path on the wire
(``volumes.0.footprint.coordinates.0.3``), a stable rule, and what came.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect

from wideberth.errors import InvalidValue
from wideberth.model.intents import IntentKind, Source, Step, VisibilityLevel
from wideberth.model.notices import Verb
from wideberth.model.parties import Role
from wideberth.model.zones import ZoneRule
from wideberth.wire import asked

__all__ = [
    "Box",
    "Malformed",
    "body_decoder",
    "box_of",
    "decode_body",
    "decode_query",
]

T = TypeVar("T")


class Box(NamedTuple):
    """A box in degrees; across the antimeridian where west > east."""

    south: float
    west: float
    north: float
    east: float


class Malformed(InvalidValue):
    """What came is not of the documented form: not JSON, a wrong type, an unknown member."""


_CHOICES: dict[str, Iterable[str]] = {
    "kind": IntentKind,
    "kinds": IntentKind,
    "level": VisibilityLevel,
    "source": Source,
    "step": Step,
    "verb": Verb,
    "roles": Role,
    "type": ("Polygon", "Point", "Circle", "Area", "Corridor", "Sector", "Moving"),
    "units": ("M", "FT"),
    "reference": ("W84", "MSL", "STD", "AGL"),
    "state": ("open", "all"),
    "rule": ZoneRule,
}
_PLAIN = (
    inspect.StrType, inspect.FloatType, inspect.IntType, inspect.BoolType, inspect.NoneType
)  # fmt: skip
_FORM = re.compile(r"(?P<said>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_MEMBER = re.compile(r"`([^`]*)`")
_STEPS = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def body_decoder(wanted: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder of bodies; made once for each route."""
    return msgspec.json.Decoder(wanted)


def decode_body(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """What the body says. Raises Malformed naming the member.

    Strict in what msgspec lets pass: a member that stands twice would be read in two ways by two
    readers, a lone surrogate is no text.
    """
    try:
        said = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _explained(str(error), _loosely(body), decoder.type) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_json(error) from error
    # Without a backslash every quote is a string's end, and there are as many in what is read as in
    # what came, unless a member was dropped for another of its name.
    if b"\\" not in body:
        quotes = body.count(b'"')
        # What was read, written again, is soonest counted; where something was said that goes
        # without saying, it has fewer.
        is_whole = _is_written_as_read(decoder.type) and quotes == _quotes_of(said)
        if is_whole or quotes == _quotes_of(msgspec.json.decode(body)):
            return said
    try:
        json.loads(body, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise _no_json(error) from error
    return said


def decode_query(wanted: type[T], query: bytes) -> T:
    """What a query string says. Raises Malformed for an unknown or repeated parameter."""
    pairs = _pairs_of(query) if query else []
    given = dict(pairs)
    if len(given) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(twice, "given-twice", given[twice], "give each parameter once")
    for name, value in given.items():
        if not value.isprintable():
            raise Malformed(name, "text", value, "leave control characters out")
    try:
        return msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(str(error), given, wanted) from error


def _pairs_of(query: bytes) -> list[tuple[str, str]]:
    """Names and values; as urllib's parse_qsl, which is slow where nothing is escaped."""
    try:
        text = query.decode("ascii")
        if "%" not in text and "+" not in text:
            pairs = [part.partition("=") for part in text.split("&")]
            if all(equals for _, equals, _ in pairs):
                return [(name, value) for name, _, value in pairs]
        return parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise Malformed("query", "query-string", "", "give name=value pairs in UTF-8") from error


def box_of(query: asked.BoxQuery | asked.ListenQuery) -> Box | None:
    """The box that was asked for, if any. Raises InvalidValue where it lacks a side or stands on
    its head.
    """
    south, west, north, east = query.south, query.west, query.north, query.east
    if south is None or west is None or north is None or east is None:
        sides = {"south": south, "west": west, "north": north, "east": east}
        missing = [name for name, value in sides.items() if value is None]
        if len(missing) == len(sides):
            return None
        raise InvalidValue(", ".join(missing), "box-sides", None, "give all four sides, or none")
    if south > north:
        raise InvalidValue(
            "south, north",
            "south-over-north",
            [south, north],
            "give a northern side that is not south of the southern",
        )
    return Box(south, west, north, east)


def _quotes_of(said: object) -> int:
    return msgspec.json.encode(said).count(b'"')


@cache
def _is_written_as_read(wanted: Any) -> bool:
    """Whether a value of this type is written with no member, and no text, that did not come."""
    return _adds_nothing(inspect.type_info(wanted))


def _adds_nothing(kind: inspect.Type) -> bool:
    match kind:
        case inspect.StructType():
            omits = kind.cls.__struct_config__.omit_defaults or all(
                each.required for each in kind.fields
            )
            return omits and kind.tag is None and all(_adds_nothing(f.type) for f in kind.fields)
        case inspect.ListType():
            return _adds_nothing(kind.item_type)
        case inspect.UnionType():
            return all(_adds_nothing(each) for each in kind.types)
        case _:
            return isinstance(kind, _PLAIN)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(twice, "given-twice", members[twice], "give each member once")
    return members


def _no_json(error: Exception) -> Malformed:
    if isinstance(error, Malformed):
        return error
    if isinstance(error, RecursionError):
        return Malformed("", "too-deep", "nested", "give the documented form; it is not so deep")
    return Malformed("", "not-json", str(error)[:200], "give one JSON value in UTF-8")


def _loosely(body: bytes) -> Any:
    """The value in a body that was not of the form, for the error to show; None where none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@cache
def _members(wanted: Any) -> frozenset[str]:
    """The names of all members of a form, at any depth."""
    found: set[str] = set()
    waiting: list[Any] = [msgspec.inspect.type_info(wanted)]
    seen: set[type] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, msgspec.inspect.StructType) and each.cls not in seen:
            seen.add(each.cls)
            found.update(field.encode_name for field in each.fields)
            waiting += [field.type for field in each.fields]
        for name in ("types", "item_types"):
            waiting += getattr(each, name, ())
        for name in ("item_type", "key_type", "value_type"):
            if hasattr(each, name):
                waiting.append(getattr(each, name))
    return frozenset(found)


def _explained(message: str, whole: Any, wanted: Any) -> Malformed:
    """The library's words as field, rule, value and advice. wanted: the type of the form."""
    match = _FORM.fullmatch(message)
    said, path = (match["said"], match["path"] or "") if match else (message, "")
    names = [first or second for first, second in _STEPS.findall(path)]
    member = _MEMBER.search(said)
    rule = "wrong-type"
    advice = said
    if said.startswith("Object missing required field"):
        rule = "missing-member"
        names.append(member[1] if member else "")
        advice = "this member is needed"
        value = None
    elif said.startswith("Object contains unknown field"):
        rule = "unknown-member"
        names.append(member[1] if member else "")
        advice = "leave this member out; it is not known here"
        near = get_close_matches(names[-1], sorted(_members(wanted)), n=1)
        if near:
            advice += f"; did you mean {near[0]}?"
        value = _at(whole, names)
    else:
        value = _at(whole, names)
        if said.startswith("Invalid"):
            rule = "not-one-of"
        elif any(word in said for word in ("length", "<=", ">=", "out of range")):
            rule = "out-of-range"
    last = next((name for name in reversed(names) if not name.isdigit()), "")
    if rule == "not-one-of":
        choices = _choices(inspect.type_info(wanted), names) or _CHOICES.get(last, ())
        advice = "give one of " + ", ".join(map(str, choices)) if choices else advice
    return Malformed(".".join(names), rule, value, advice)


def _choices(kind: inspect.Type, names: list[str]) -> list[object]:
    """What may be given at a path of a form, where that is one of a few words; else nothing."""
    match kind, names:
        case inspect.UnionType(), _:
            return [choice for each in kind.types for choice in _choices(each, names)]
        case inspect.EnumType(), []:
            return [choice.value for choice in kind.cls]
        case inspect.LiteralType(), []:
            return list(kind.values)
        case inspect.StructType(), [name, *rest]:
            if name == kind.tag_field:
                return [kind.tag]
            fields = [field.type for field in kind.fields if field.encode_name == name]
            return [choice for field in fields for choice in _choices(field, rest)]
        case inspect.ListType(), [_, *rest]:
            return _choices(kind.item_type, rest)
        case inspect.DictType(), [_, *rest]:
            return _choices(kind.value_type, rest)
        case _:
            return []


def _at(whole: Any, names: list[str]) -> Any:
    """The value at a path, shortened to what an error may carry."""
    value = whole
    for name in names:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(name)
        elif isinstance(value, list) and name.isdigit():
            items = cast("list[Any]", value)
            value = items[int(name)] if int(name) < len(items) else None
        else:
            return None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
