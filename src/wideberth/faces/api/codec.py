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
from wideberth.space.altitude import Altitude, altitude
from wideberth.space.time import parse_rfc3339
from wideberth.space.volume import NANODEGREES, Footprint, Volume4D, circle, polygon

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
    "type": ("Polygon", "Point"),
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
    if not query:
        pairs = []
    else:
        try:
            pairs = parse_qsl(
                query.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict"
            )
        except ValueError as error:
            raise Malformed(
                "query", "query-string", "", "give name=value pairs in UTF-8"
            ) from error
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


def details_of(wire: asked.IntentIn) -> IntentDetails:
    """What a party says of an intent. Raises InvalidValue."""
    return IntentDetails(
        kind=wire.kind,
        volumes=volumes_of(wire.volumes),
        visibility=_visibility(wire),
        provenance=_provenance(wire),
        priority=wire.priority,
        count=wire.count,
        call_sign=wire.call_sign,
        place_name=wire.place_name,
    )


def volumes_of(wires: list[asked.VolumeWire]) -> tuple[Volume4D, ...]:
    """Volumes, each valid. Raises InvalidValue."""
    if len(wires) > 200:
        raise InvalidValue("volumes", "volume-count", len(wires), "give up to 200 volumes")
    return tuple(volume_of(wire, f"volumes.{index}") for index, wire in enumerate(wires))


def volume_of(wire: asked.VolumeWire, field: str = "volume") -> Volume4D:
    """A volume. Raises InvalidValue, its fields below field."""
    try:
        return Volume4D(
            _footprint(wire.footprint),
            _altitude(wire.lower, "lower"),
            _altitude(wire.upper, "upper"),
            parse_rfc3339(wire.start, field="start"),
            parse_rfc3339(wire.end, field="end"),
        )
    except InvalidValue as error:
        raise error.within(field) from error


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


def _altitude(wire: asked.AltitudeWire, field: str) -> Altitude:
    try:
        return altitude(wire.value, wire.units, wire.reference)
    except InvalidValue as error:
        raise error.within(field) from error


def _footprint(wire: asked.PolygonFootprint | asked.PointFootprint) -> Footprint:
    try:
        if isinstance(wire, asked.PointFootprint):
            longitude_deg, latitude_deg = wire.coordinates
            return circle(latitude_deg, longitude_deg, wire.radius_m)
        return _polygon(wire.coordinates)
    except InvalidValue as error:
        raise _on_the_wire(error) from error


def _polygon(rings: list[list[tuple[float, float]]]) -> Footprint:
    if len(rings) != 1:
        raise InvalidValue(
            "coordinates",
            "one-ring",
            f"{len(rings)} rings",
            "give one ring; a footprint has no holes: cut it into several volumes",
        )
    ring = rings[0]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise InvalidValue(
            "vertices",
            "ring-open",
            f"{len(ring)} positions",
            "give at least four positions, the last equal to the first (RFC 7946, 3.1.6)",
        )
    return polygon((latitude_deg, longitude_deg) for longitude_deg, latitude_deg in ring)


def _on_the_wire(error: InvalidValue) -> InvalidValue:
    """The same error with GeoJSON's names."""
    names: list[str] = []
    for name in error.field.split(","):
        first, _, rest = name.strip().partition(".")
        if first == "vertices":
            names.append(f"footprint.coordinates.0.{rest}" if rest else "footprint.coordinates.0")
        elif first == "radius":
            names.append("footprint.radius_m")
        else:
            names.append("footprint.coordinates")
    fields = ", ".join(dict.fromkeys(names))
    return type(error)(fields, error.rule, error.value, error.advice)


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
