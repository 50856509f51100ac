"""GeoJSON (RFC 7946) as drafts: polygons, points and lines, with what their properties say."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.intents import IntentKind
from wideberth.space.time import format_rfc3339
from wideberth.space.timetext import require_time
from wideberth.wire import asked
from wideberth.wire.pasted.drafts import MAX_PLACES, Draft, DraftPlace, Reading, Shape
from wideberth.wire.pasted.heights import height_of

__all__ = ["read_geojson"]

_NAMED = ("call_sign", "place_name", "name")
_READ = frozenset(
    ("radius_m", "width_m", "lower", "upper", "start", "end", "schedule", "kind", *_NAMED)
)
_Object = dict[str, Any]


def read_geojson(text: str) -> Reading:
    """A draft for each polygon, point and line of a geometry, a feature or a collection."""
    reading = Reading("geojson")
    try:
        root = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        reading.trouble(InvalidValue("text", "json", text[:60], f"this is no JSON: {error}"), 0)
        return reading
    unread: dict[str, None] = {}
    for row, item in enumerate(_features(root, reading), start=1):
        try:
            _read_feature(item, row, reading, unread)
        except InvalidValue as error:
            reading.trouble(error, row)
    if unread:
        names = ", ".join(name[:60] for name in list(unread)[:12])
        reading.notes.append(f"Properties that are not read: {names}.")
    return reading


def _features(root: Any, reading: Reading) -> list[Any]:
    kind = cast(_Object, root).get("type") if isinstance(root, dict) else None
    if kind == "FeatureCollection":
        features = cast(_Object, root).get("features")
        if isinstance(features, list) and features:
            return cast(list[Any], features)
        reading.trouble(InvalidValue("features", "empty", None, "there is no feature in it"), 0)
        return []
    if kind == "Feature":
        return [root]
    return [{"type": "Feature", "properties": {}, "geometry": root}]


def _read_feature(item: Any, row: int, reading: Reading, unread: dict[str, None]) -> None:
    feature = _object(item, "feature")
    geometry = _object(feature.get("geometry"), "geometry")
    properties = _object(feature.get("properties") or {}, "properties")
    unread.update(dict.fromkeys(name for name in properties if name not in _READ))
    said = _said(properties, row, reading)
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            radius_m = _length(properties, "radius_m")
            places = (_place(coordinates, "geometry.coordinates"),)
            reading.add(Draft(row, "circle", places, radius_m=radius_m, **said))
        case "LineString":
            width_m = _length(properties, "width_m")
            reading.add(_ring(coordinates, "corridor", row, width_m=width_m, **said))
        case "Polygon":
            reading.add(_polygon(coordinates, row, said))
        case "MultiPolygon":
            for part in _list(coordinates, "geometry.coordinates"):
                reading.add(_polygon(part, row, said))
        case other:
            raise InvalidValue(
                "geometry.type",
                "geometry-type",
                other if isinstance(other, str) else None,
                "give a Polygon, a MultiPolygon, a Point with radius_m or a LineString with"
                " width_m",
            )


def _polygon(coordinates: Any, row: int, said: _Object) -> Draft:
    rings = _list(coordinates, "geometry.coordinates")
    if len(rings) != 1:
        raise InvalidValue(
            "geometry.coordinates", "holes", len(rings), "give one ring: there are no holes here"
        )
    return _ring(rings[0], "polygon", row, **said)


def _ring(coordinates: Any, shape: Shape, row: int, **said: Any) -> Draft:
    positions = _list(coordinates, "geometry.coordinates")
    if len(positions) > MAX_PLACES:
        raise InvalidValue(
            "geometry.coordinates", "place-count", len(positions), f"give up to {MAX_PLACES}"
        )
    places = (_place(each, f"geometry.coordinates.{n}") for n, each in enumerate(positions))
    return Draft(row, shape, tuple(places), **said)


def _said(properties: _Object, row: int, reading: Reading) -> _Object:
    """What the properties say beside the shape; what of it is not read is noted, and left open."""
    said: _Object = {}
    for field in ("lower", "upper"):
        if properties.get(field) is not None:
            said[field] = reading.tried(lambda field=field: _height(properties[field], field), row)
    for field in ("start", "end"):
        if properties.get(field) is not None:
            said[field] = reading.tried(lambda field=field: _time(properties[field], field), row)
    schedule, kind = properties.get("schedule"), properties.get("kind")
    if schedule is not None:
        said["times"] = reading.tried(lambda: _words(schedule, "schedule", 500), row)
    if kind is not None:
        said["kind"] = reading.tried(lambda: _kind(kind), row)
    named = next((properties[name] for name in _NAMED if isinstance(properties.get(name), str)), "")
    if named.strip():
        said["name"] = named.strip()[:100]
    return said


def _height(value: Any, field: str) -> asked.AltitudeWire:
    if isinstance(value, str):
        return height_of(value, field)
    try:
        return msgspec.convert(value, asked.AltitudeWire)
    except msgspec.ValidationError as error:
        advice = f'give {{"value": 120, "units": "M", "reference": "AGL"}}: {error}'
        raise InvalidValue(field, "height", None, advice) from None


def _time(value: Any, field: str) -> str:
    found = require_time(_words(value, field, 200), field=field)
    if found.is_estimate:
        raise InvalidValue(field, "estimated-end", value, "give the latest that it can be")
    return format_rfc3339(found.time_us)


def _kind(value: Any) -> str:
    known = [each.value for each in IntentKind]
    if value not in known:
        shown = value if isinstance(value, str) else None
        raise InvalidValue("kind", "kind", shown, f"give one of {', '.join(known)}")
    return str(value)


def _words(value: Any, field: str, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise InvalidValue(field, "text", None, f"give a text of up to {most} characters")
    return value


def _length(properties: _Object, field: str) -> float | None:
    value = properties.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise InvalidValue(field, "number", None, "give a number of metres")
    return float(value)


def _place(value: Any, field: str) -> DraftPlace:
    pair = _list(value, field)[:2]
    numbers = [each for each in pair if isinstance(each, int | float) and abs(each) < 1e6]
    if len(numbers) != 2 or any(isinstance(each, bool) for each in numbers):
        raise InvalidValue(field, "position", None, "give [longitude, latitude] in degrees")
    return DraftPlace(float(numbers[0]), float(numbers[1]))


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidValue(field, "array", None, "give an array")
    return cast(list[Any], value)


def _object(value: Any, field: str) -> _Object:
    if not isinstance(value, dict):
        raise InvalidValue(field, "object", None, "give an object, as GeoJSON has it")
    return cast(_Object, value)
