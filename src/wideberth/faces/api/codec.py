"""Bytes to wire structs to the model's values: parsed once, here, and strictly.

Every error is an InvalidValue that names the field by its dotted path on the wire
(``volumes.0.footprint.coordinates.0.3``), a stable rule, and what came.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec

from wideberth.errors import InvalidValue
from wideberth.faces.api import asked
from wideberth.faces.api.forms import (
    MAX_VOLUMES,
    declaration_of,
    require_few_windows,
    volumes_in,
)
from wideberth.model.commands import IntentDetails
from wideberth.model.ids import PartyId, require_party_id
from wideberth.model.intents import (
    IntentKind,
    Provenance,
    Source,
    Step,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import Particulars, Verb
from wideberth.model.parties import Role
from wideberth.model.zones import ZoneRule
from wideberth.space.time import parse_rfc3339
from wideberth.space.volume import NANODEGREES, Volume4D

__all__ = [
    "Box",
    "Malformed",
    "body_decoder",
    "box_of",
    "decode_body",
    "decode_query",
    "details_of",
    "instant_us",
    "millimetres",
    "particulars_of",
    "volume_of",
    "volumes_of",
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
        raise _explained(str(error), _loosely(body)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_json(error) from error
    # Without a backslash every quote is a string's end, and there are as many in what is read as in
    # what came, unless a member was dropped for another of its name.
    if b"\\" not in body and body.count(b'"') == _quotes_read(body):
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
        raise _explained(str(error), given) from error


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


def details_of(wire: asked.IntentIn) -> IntentDetails:
    """What a party says of an intent. Raises InvalidValue."""
    return IntentDetails(
        kind=wire.kind,
        volumes=volumes_of(wire.volumes),
        declaration=declaration_of(wire.volumes),
        visibility=_visibility(wire),
        provenance=_provenance(wire),
        priority=wire.priority,
        count=wire.count,
        call_sign=wire.call_sign,
        place_name=wire.place_name,
        confirmed=wire.confirmed,
    )


def volumes_of(wires: list[asked.VolumeIn]) -> tuple[Volume4D, ...]:
    """Volumes, each valid: what covers each of the declared. Raises InvalidValue."""
    require_few_windows(wires)
    volumes: list[Volume4D] = []
    for index, wire in enumerate(wires):
        volumes += volumes_in(wire, f"volumes.{index}")
        if len(volumes) > MAX_VOLUMES:
            raise InvalidValue(
                "volumes",
                "volume-count",
                len(volumes) if len(volumes) == len(wires) else f"over {MAX_VOLUMES}",
                f"give up to {MAX_VOLUMES} volumes; legs and windows count each for one",
            )
    return tuple(volumes)


def volume_of(wire: asked.VolumeIn, field: str = "volume") -> Volume4D:
    """A volume. Raises InvalidValue, its fields below field; also for what needs several."""
    volumes = volumes_in(wire, field)
    if len(volumes) != 1:
        raise InvalidValue(
            f"{field}.footprint",
            "one-volume",
            f"{len(volumes)} volumes",
            "give a single volume here",
        )
    return volumes[0]


def particulars_of(wire: asked.ReadBackIn) -> Particulars:
    """A read-back. Raises InvalidValue."""
    for name, bound in (("latitude", 90), ("longitude", 180)):
        value = getattr(wire, name)
        if not abs(value) <= bound:
            raise InvalidValue(
                f"read_back.{name}", name, value, f"give a {name} from -{bound} to {bound}"
            )
    return Particulars(
        round(wire.latitude * NANODEGREES),
        round(wire.longitude * NANODEGREES),
        parse_rfc3339(wire.start, field="read_back.start"),
        parse_rfc3339(wire.end, field="read_back.end"),
        millimetres(wire.lower_m, "read_back.lower_m"),
        millimetres(wire.upper_m, "read_back.upper_m"),
    )


def instant_us(text: str | None, field: str) -> int | None:
    """A time that may be left out. Raises InvalidValue."""
    return None if text is None else parse_rfc3339(text, field=field)


def millimetres(value_m: float, field: str) -> int:
    """A height in mm, within what a height can be. Raises InvalidValue."""
    if not -8_000 <= value_m <= 100_000:
        raise InvalidValue(
            field, "altitude-range", value_m, "give a height from -8,000 m to 100,000 m"
        )
    return round(value_m * 1000)


def box_of(query: asked.BoxQuery) -> Box | None:
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


def _visibility(wire: asked.IntentIn) -> Visibility:
    given = wire.visibility
    if given is None:
        return Visibility(VisibilityLevel.OPEN)
    parties: list[PartyId] = []
    for index, name in enumerate(given.parties):
        parties.append(require_party_id(name, field=f"visibility.parties.{index}"))
    return Visibility(given.level, tuple(dict.fromkeys(parties)))


def _provenance(wire: asked.IntentIn) -> Provenance:
    given = wire.provenance
    if given is None:
        if wire.kind is not IntentKind.FLIGHT:
            raise InvalidValue(
                "provenance",
                "provenance-missing",
                None,
                f"say where the coordinates of this {wire.kind.value} come from (N-05)",
            )
        return Provenance(Source.PLANNED)
    return Provenance(
        given.source,
        round(given.accuracy_m * 1000),
        instant_us(given.captured, "provenance.captured"),
        given.checked_by,
    )


def _quotes_read(body: bytes) -> int:
    return msgspec.json.encode(msgspec.json.decode(body)).count(b'"')


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


def _explained(message: str, whole: Any) -> Malformed:
    """The library's words as field, rule, value and advice."""
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
        value = _at(whole, names)
    else:
        value = _at(whole, names)
        if said.startswith("Invalid"):
            rule = "not-one-of"
        elif any(word in said for word in ("length", "<=", ">=", "out of range")):
            rule = "out-of-range"
    last = next((name for name in reversed(names) if not name.isdigit()), "")
    if rule == "not-one-of" and last in _CHOICES:
        advice = "give one of " + ", ".join(str(choice) for choice in _CHOICES[last])
    return Malformed(".".join(names), rule, value, advice)


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
