"""GeoJSON (RFC 7946) as ``wideberth check`` reads it: one Feature, one volume of an intent.

Read strictly where leniency could hide a conflict: a hole, an open ring, a member given twice, a
coordinate system of its own are refused with the reason. A MultiPolygon is several volumes of one
intent, which is exact, because an intent is the union of its volumes.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from wideberth.errors import InvalidValue
from wideberth.offline.features import (
    MISSING,
    Feature,
    Findings,
    Place,
    Statement,
    errors_in,
    features_of,
    safe,
    shaped_features_of,
)
from wideberth.offline.problems import Problem
from wideberth.offline.shapes import (
    SHAPE_PROPERTIES,
    Placed,
    corridor,
    declaration_of,
    is_sector,
    mover,
    sector,
)
from wideberth.space.volume import Footprint, circle, polygon

__all__ = ["KNOWN_PROPERTIES", "footprints_of", "read_geojson"]

KNOWN_PROPERTIES = SHAPE_PROPERTIES | frozenset(
    (
        "intent",
        "party",
        "kind",
        "actor",
        "place_name",
        "priority",
        "lower",
        "upper",
        "start",
        "end",
        "radius_m",
    )
)
_CRS84 = "urn:ogc:def:crs:OGC:1.3:CRS84"  # what RFC 7946 section 4 fixes
_SEVERAL: Any = ("given twice",)  # a key that no JSON text can bring


def read_geojson(
    text: str,
    *,
    source: str,
    progress: Callable[[float], None] | None = None,
    notices: Counter[str],
    unread: Counter[str],
) -> tuple[list[Feature], list[Problem], int]:
    """The features of one GeoJSON text, the problems, and how many features the text has.

    notices: raised where something was read in a way worth saying. unread: the properties that
    are not known here, with how often each came.
    """
    try:
        root: Any = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        advice = f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        return [], [_file(source, rule="json", value=_near(text, error.pos), advice=advice)], 0
    except RecursionError:
        return [], [_file(source, rule="json-depth", value="", advice="nested too deeply")], 0
    except ValueError:  # the only other one: Python's limit on the digits of an integer
        advice = "a number has more than 4,300 digits"
        return [], [_file(source, rule="json-number", value="", advice=advice)], 0
    try:
        items = _features(root)
    except InvalidValue as error:
        return [], [Problem.of_error(error, source=source, index=None)], 0

    features: list[Feature] = []
    problems: list[Problem] = []
    for index, item in enumerate(items):
        good, bad = _read_feature(item, source=source, index=index, notices=notices, unread=unread)
        features += good
        problems += bad
        if progress is not None and index % 4096 == 0:
            progress(index / len(items))
    return features, problems, len(items)


def _features(root: Any) -> list[Any]:
    if not isinstance(root, dict) or cast(dict[str, Any], root).get("type") != "FeatureCollection":
        found = cast(dict[str, Any], root).get("type") if isinstance(root, dict) else safe(root)
        raise InvalidValue("type", "root-type", safe(found), 'give a "FeatureCollection"')
    collection = cast(dict[str, Any], root)
    _require_once(collection, field="")
    items = collection.get("features")
    if not isinstance(items, list):
        raise InvalidValue("features", "list", safe(items), "give a list of Features")
    if collection.get("crs") is not None:
        crs: Any = collection["crs"]
        try:
            name = crs["properties"]["name"]
        except (TypeError, KeyError, IndexError):
            name = safe(crs)
        if name != _CRS84:
            raise InvalidValue(
                "crs",
                "crs",
                safe(name),
                "coordinates are WGS84 longitude and latitude (RFC 7946); convert them first",
            )
    return cast(list[Any], items)


def _read_feature(
    item: Any, *, source: str, index: int, notices: Counter[str], unread: Counter[str]
) -> tuple[list[Feature], list[Problem]]:
    try:
        return _good_features(item, source=source, index=index, notices=notices, unread=unread), []
    except InvalidValue as first:
        return [], _problems(item, first, source=source, index=index)


def _good_features(
    item: Any, *, source: str, index: int, notices: Counter[str], unread: Counter[str]
) -> list[Feature]:
    """The features of a Feature without a fault. Raises InvalidValue for the first fault."""
    feature = _object_of(item, field="feature")
    properties = _object_of(feature.get("properties"), field="properties")
    _require_feature(feature)
    place = Place(source, index, _feature_id(feature))
    if _is_shaped(feature, properties):
        found = shaped_features_of(
            _statement(properties),
            _placed(feature, properties, notices=notices),
            properties,
            place=place,
            declaration=declaration_of(feature["geometry"], properties),
        )
    else:
        footprints = _footprints(feature, properties, notices=notices)
        found = features_of(_statement(properties), footprints, place=place)
    if not properties.keys() <= KNOWN_PROPERTIES:
        unread.update(properties.keys() - KNOWN_PROPERTIES)
    return found


def _problems(item: Any, first: InvalidValue, *, source: str, index: int) -> list[Problem]:
    """All that is wrong with a Feature, of which first is known."""
    findings = Findings()
    feature_id: str | None = None
    named: str | None = None
    feature = findings.of(lambda: _object_of(item, field="feature"))
    if feature is not None:
        feature_id = findings.of(lambda: _feature_id(feature))
        findings.of(lambda: _require_feature(feature))
        properties = findings.of(lambda: _object_of(feature.get("properties"), field="properties"))
        if properties is not None:
            read = _placed if _is_shaped(feature, properties) else _footprints
            findings.of(lambda: read(feature, properties, notices=Counter()))
            findings.errors += errors_in(_statement(properties))
            intent = properties.get("intent")
            named = intent[:256] if isinstance(intent, str) else None
    return [
        Problem.of_error(error, source=source, index=index, feature_id=feature_id, intent=named)
        for error in findings.errors or [first]
    ]


def _footprints(
    feature: dict[str, Any], properties: dict[str, Any], *, notices: Counter[str]
) -> list[Footprint]:
    geometry = _object_of(feature.get("geometry"), field="geometry")
    return footprints_of(geometry, properties, notices=notices)


def _is_shaped(feature: dict[str, Any], properties: dict[str, Any]) -> bool:
    """Whether a Feature declares a shape that volumes only cover, or a schedule."""
    geometry = feature.get("geometry")
    shape = cast(dict[str, Any], geometry).get("type") if isinstance(geometry, dict) else None
    return (
        shape == "LineString"
        or properties.get("schedule") is not None
        or properties.get("zone") is not None
        or (shape == "Point" and is_sector(properties))
    )


def _placed(
    feature: dict[str, Any], properties: dict[str, Any], *, notices: Counter[str]
) -> list[Placed]:
    """What covers a declared shape. Raises InvalidValue naming the place in the feature."""
    geometry = _object_of(feature.get("geometry"), field="geometry")
    field = "geometry.coordinates"
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and is_sector(properties):
        return sector(_position(coordinates, field=field, notices=notices), properties)
    if geometry.get("type") != "LineString":
        footprints = footprints_of(geometry, properties, notices=notices)
        return [Placed(footprint) for footprint in footprints]
    positions = [
        _position(position, field=f"{field}.{number}", notices=notices)
        for number, position in enumerate(_list(coordinates, field=field))
    ]
    is_mover, is_corridor = (properties.get(name) is not None for name in ("times", "width_m"))
    if is_mover == is_corridor:
        raise InvalidValue(
            "width_m, times" if is_mover else "geometry.type",
            "two-shapes" if is_mover else "geometry-type",
            "LineString",
            "a LineString is a corridor with width_m, or a mover with times and radius_m",
        )
    return mover(positions, properties) if is_mover else corridor(positions, properties)


def _statement(properties: dict[str, Any]) -> Statement:
    return Statement(
        intent=properties.get("intent", MISSING),
        party=properties.get("party", MISSING),
        kind=properties.get("kind", MISSING),
        priority=properties.get("priority", MISSING),
        lower=_limit(properties.get("lower", MISSING), field="lower"),
        upper=_limit(properties.get("upper", MISSING), field="upper"),
        start=properties.get("start", MISSING),
        end=properties.get("end", MISSING),
        actor=properties.get("actor", MISSING),
        place_name=properties.get("place_name", MISSING),
    )


def _limit(value: Any, *, field: str) -> tuple[object, object, object] | InvalidValue:
    advice = 'give {"value": 120, "units": "M" or "FT", "reference": "W84", "MSL", "STD" or "AGL"}'
    if value is MISSING or value is None:
        return InvalidValue(field, "missing", value, advice)
    if not isinstance(value, dict):
        return InvalidValue(field, "altitude", safe(value), advice)
    limit = cast(dict[str, Any], value)
    try:
        _require_once(limit, field=field)
    except InvalidValue as error:
        return error
    return (
        limit.get("value", MISSING),
        limit.get("units", MISSING),
        limit.get("reference", MISSING),
    )


def footprints_of(
    geometry: dict[str, Any], properties: dict[str, Any], *, notices: Counter[str]
) -> list[Footprint]:
    """The footprints of a GeoJSON geometry: one, or the parts of a MultiPolygon.

    properties: where radius_m stands. Raises InvalidValue naming the place in the geometry.
    """
    shape = geometry.get("type")
    if shape == "Point":
        return [_circle(geometry.get("coordinates"), properties, notices=notices)]
    if properties.get("radius_m") is not None and shape in ("Polygon", "MultiPolygon"):
        raise InvalidValue(
            "radius_m, geometry.type",
            "radius-without-point",
            [safe(properties["radius_m"]), shape],
            "a radius belongs to a Point; a polygon is never widened by one",
        )
    field = "geometry.coordinates"
    if shape == "Polygon":
        return [_polygon(geometry.get("coordinates"), field=field, notices=notices)]
    if shape == "MultiPolygon":
        parts = _list(geometry.get("coordinates"), field=field)
        if not parts:
            raise InvalidValue(field, "empty", [], "give at least one polygon")
        return [
            _polygon(part, field=f"{field}.{number}", notices=notices)
            for number, part in enumerate(parts)
        ]
    raise InvalidValue(
        "geometry.type",
        "geometry-type",
        safe(shape),
        "give a Polygon, a MultiPolygon, a Point with radius_m, or a LineString with width_m",
    )


def _circle(coordinates: Any, properties: dict[str, Any], *, notices: Counter[str]) -> Footprint:
    radius_m = properties.get("radius_m")
    if radius_m is None:
        raise InvalidValue(
            "radius_m", "missing", radius_m, "a Point needs radius_m, the radius in metres"
        )
    longitude_deg, latitude_deg = _position(
        coordinates, field="geometry.coordinates", notices=notices
    )
    try:
        return circle(latitude_deg, longitude_deg, _number(radius_m, field="radius_m"))
    except InvalidValue as error:
        names = {"center": "geometry.coordinates", "radius": "radius_m"}
        field = names.get(error.field, error.field)
        raise InvalidValue(field, error.rule, error.value, error.advice) from None


def _polygon(coordinates: Any, *, field: str, notices: Counter[str]) -> Footprint:
    rings = _list(coordinates, field=field)
    if not rings:
        raise InvalidValue(field, "empty", [], "give a ring of positions")
    if len(rings) > 1:
        raise InvalidValue(
            f"{field}.1",
            "hole",
            f"{len(rings)} rings",
            "a footprint has no holes: leave them out to check the whole outer ring, or cut the"
            " area into parts without holes, as a MultiPolygon",
        )
    ring = _list(rings[0], field=f"{field}.0")
    positions = _plain_positions(ring) or [
        _position(position, field=f"{field}.0.{number}", notices=notices)
        for number, position in enumerate(ring)
    ]
    if len(positions) < 4 or not _is_same(positions[0], positions[-1]):
        raise InvalidValue(
            f"{field}.0",
            "ring-open",
            f"{len(positions)} positions",
            "a ring has at least four positions, and the last repeats the first (RFC 7946 3.1.6)",
        )
    if any(abs(a[0] - b[0]) > 180 for a, b in itertools.pairwise(positions)):
        notices["antimeridian"] += 1
    try:
        return polygon((latitude_deg, longitude_deg) for longitude_deg, latitude_deg in positions)
    except InvalidValue as error:
        place = error.field.replace("vertices", f"{field}.0")
        raise InvalidValue(place, error.rule, error.value, error.advice) from None


def _plain_positions(ring: list[object]) -> list[tuple[float, float]] | None:
    """The positions of a ring, quickly, if each is two floats; None sends a reader the long way."""
    positions: list[tuple[float, float]] = []
    for position in ring:
        match position:
            case [float(longitude_deg), float(latitude_deg)]:
                positions.append((longitude_deg, latitude_deg))
            case _:
                return None
    return positions if math.isfinite(sum(x + y for x, y in positions)) else None


def _position(value: Any, *, field: str, notices: Counter[str]) -> tuple[float, float]:
    position = _list(value, field=field)
    if not 2 <= len(position) <= 3:
        raise InvalidValue(
            field, "position", f"{len(position)} numbers", "give [longitude, latitude]"
        )
    if len(position) == 3:
        _number(position[2], field=f"{field}.2")
        notices["third-coordinate"] += 1
    return _number(position[0], field=f"{field}.0"), _number(position[1], field=f"{field}.1")


def _is_same(first: tuple[float, float], last: tuple[float, float]) -> bool:
    wraps = abs(first[0]) == abs(last[0]) == 180
    return first[1] == last[1] and (first[0] == last[0] or wraps)


def _number(value: Any, *, field: str) -> float:
    if isinstance(value, float):
        if math.isfinite(value):
            return value
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return float(value)
    raise InvalidValue(field, "number", safe(value), "give a finite number")


def _list(value: Any, *, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidValue(field, "list", safe(value), "give a list")
    return cast(list[Any], value)


def _object_of(value: Any, *, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValue(field, "object", safe(value), "give a JSON object")
    members = cast(dict[str, Any], value)
    _require_once(members, field=field)
    return members


def _require_feature(feature: dict[str, Any]) -> None:
    if feature.get("type") != "Feature":
        raise InvalidValue("type", "feature-type", safe(feature.get("type")), 'give "Feature"')


def _feature_id(feature: dict[str, Any]) -> str | None:
    value = feature.get("id")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidValue("id", "feature-id", safe(value), "give text or a number (RFC 7946 3.2)")
    return str(safe(value))[:256]


def _require_once(members: dict[str, Any], *, field: str) -> None:
    """Raise InvalidValue where a name came twice: which of the two is meant cannot be known."""
    if _SEVERAL in members:
        names = cast(list[str], members[_SEVERAL])
        place = f"{field}.{names[0]}" if field and field != "feature" else names[0]
        raise InvalidValue(place, "given-twice", names[0], "give each member once")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        members[_SEVERAL] = [name[:100] for name, count in counts.items() if count > 1]
    return members


def _constant(name: str) -> float:
    return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[name]


def _file(source: str, *, rule: str, value: object, advice: str) -> Problem:
    return Problem.of_file(source, rule=rule, value=value, advice=advice)


def _near(text: str, position: int) -> str:
    return text[max(0, position - 10) : position + 20]
