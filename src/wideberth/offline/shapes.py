"""Declared shapes in files: corridors, sectors and movers as GeoJSON geometries with properties.

* A LineString with ``width_m`` is a corridor; with ``times`` and ``radius_m``, a mover.
* A Point with ``radius_m`` and ``from_deg``, ``to_deg`` or ``inner_radius_m`` is a sector.
* ``schedule`` (as a NOTAM's item D), with ``zone``) repeats any of them within start and end.

Each becomes footprints that cover it; the feature keeps its declaration.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from wideberth.errors import InvalidValue, Unclear
from wideberth.space.schedules import parse_schedule, windows_us
from wideberth.space.shapes import Fix, corridor_cover, moving_cover, sector_cover
from wideberth.space.time import format_rfc3339
from wideberth.space.timetext import require_time
from wideberth.space.volume import Circle, Footprint, circle

__all__ = [
    "SHAPE_PROPERTIES",
    "Placed",
    "corridor",
    "declaration_of",
    "instant_us",
    "is_sector",
    "mover",
    "scheduled",
    "sector",
]

SHAPE_PROPERTIES = frozenset(
    ("width_m", "inner_radius_m", "from_deg", "to_deg", "times", "tolerance_s", "schedule", "zone")
)
_MAX_DECLARATION_CHARACTERS = 200_000
_MAX_VOLUMES = 1000  # of one feature

Positions = list[tuple[float, float]]  # longitude, latitude [deg]


class Placed(NamedTuple):
    """A footprint, and when it holds where that is not all of the feature's window."""

    footprint: Footprint
    window_us: tuple[int, int] | None = None


def corridor(positions: Positions, properties: dict[str, Any]) -> list[Placed]:
    """The legs of a line with a width. Raises InvalidValue."""
    width_m = _number(properties, "width_m")
    half_mm = math.ceil(_millimetres(width_m, "width_m") / 2)
    return [
        Placed(footprint) for footprint in _moved(lambda: corridor_cover(_nd(positions), half_mm))
    ]


def mover(positions: Positions, properties: dict[str, Any]) -> list[Placed]:
    """The pieces of a mover's way: times has one time for each position. Raises InvalidValue."""
    times = properties["times"]
    if not isinstance(times, list) or len(cast(list[Any], times)) != len(positions):
        raise InvalidValue(
            "times", "time-count", len(positions), "give a list with one time for each position"
        )
    instants = [
        instant_us(each, field=f"times.{index}")
        for index, each in enumerate(cast(list[Any], times))
    ]
    fixes = [Fix(*place, time) for place, time in zip(_nd(positions), instants, strict=True)]
    radius_mm = _millimetres(_number(properties, "radius_m"), "radius_m")
    tolerance_s = _number(properties, "tolerance_s", default=0.0)
    if not 0 <= tolerance_s <= 1e6:
        raise InvalidValue("tolerance_s", "tolerance", tolerance_s, "give 0 to 1,000,000 s")
    found = _moved(
        lambda: moving_cover(fixes, radius_mm, tolerance_us=math.ceil(tolerance_s * 1e6))
    )
    return [Placed(each.footprint, (each.start_us, each.end_us)) for each in found]


def is_sector(properties: dict[str, Any]) -> bool:
    """Whether a Point's properties make it a sector."""
    return any(
        properties.get(name) is not None for name in ("from_deg", "to_deg", "inner_radius_m")
    )


def sector(position: tuple[float, float], properties: dict[str, Any]) -> list[Placed]:
    """Between two radii and two azimuths. Raises InvalidValue."""
    (centre,) = _nd([position])
    found = sector_cover(
        centre,
        inner_mm=_millimetres(_number(properties, "inner_radius_m", default=0.0), "inner_radius_m"),
        outer_mm=_millimetres(_number(properties, "radius_m"), "radius_m"),
        from_deg=_number(properties, "from_deg", default=0.0),
        to_deg=_number(properties, "to_deg", default=360.0),
    )
    return [Placed(footprint) for footprint in found]


def scheduled(
    placed: list[Placed], properties: dict[str, Any], start_us: int, end_us: int
) -> list[Placed]:
    """The same in each window of the feature's schedule, if it has one. Raises InvalidValue.

    Also for a mover whose times are not within start and end, which contradicts them (N-02).
    """
    text, zone = properties.get("schedule"), properties.get("zone")
    for each in placed:
        if each.window_us and not start_us <= each.window_us[0] <= each.window_us[1] <= end_us:
            raise InvalidValue(
                "times, start, end",
                "outside-window",
                [format_rfc3339(instant) for instant in each.window_us],
                "the mover's times, with their tolerance, are not within start and end",
            )
    if text is None:
        if zone is not None:
            raise InvalidValue("zone, schedule", "zone-alone", zone, "a zone belongs to a schedule")
        return placed
    if not isinstance(text, str) or not (zone is None or isinstance(zone, str)):
        raise InvalidValue("schedule", "text", None, "give schedule and zone as text")
    if any(each.window_us is not None for each in placed):
        raise InvalidValue(
            "schedule, times", "two-times", text, "a mover has times, and takes no schedule"
        )
    windows = windows_us(parse_schedule(text), start_us, end_us, zone=zone or "UTC")
    if len(windows) * len(placed) > _MAX_VOLUMES:
        raise InvalidValue(
            "schedule",
            "volume-count",
            len(windows) * len(placed),
            f"this needs more than {_MAX_VOLUMES} volumes; split it",
        )
    return [Placed(each.footprint, window) for window in windows for each in placed]


def declaration_of(geometry: dict[str, Any], properties: dict[str, Any]) -> str | None:
    """What was declared, as JSON text, where volumes only cover it; None for a plain footprint."""
    is_line = geometry.get("type") == "LineString"
    if not is_line and properties.get("schedule") is None and not is_sector(properties):
        return None
    kept = {name: properties[name] for name in sorted(SHAPE_PROPERTIES) if name in properties}
    for name in ("radius_m", "start", "end"):
        if name in properties:
            kept[name] = properties[name]
    text = json.dumps({"geometry": geometry, "properties": kept}, ensure_ascii=False)
    if len(text) > _MAX_DECLARATION_CHARACTERS:
        raise InvalidValue("geometry", "declaration-size", len(text), "declare it in several")
    return text


def instant_us(value: object, *, field: str) -> int:
    """A time in any of the formats. Raises InvalidValue, which lists the choices where it asks."""
    if not isinstance(value, str):
        raise InvalidValue(field, "text", None, "give the time as text")
    try:
        found = require_time(value, field=field)
    except Unclear as error:
        choices = "; ".join(f"{text} ({meaning})" for text, meaning in error.choices)
        advice = f"{error.advice}: {choices}" if choices else error.advice
        raise InvalidValue(field, error.rule, value, advice) from None
    if found.is_estimate:
        raise InvalidValue(
            field, "estimated-end", value, "EST may come later; give the latest that it can be"
        )
    return found.time_us


def _moved(make: Callable[[], Any]) -> Any:
    """What make gives; errors about points and fixes name the geometry's positions."""
    try:
        return make()
    except InvalidValue as error:
        field = error.field.replace("points", "geometry.coordinates")
        field = field.replace("fixes", "times").replace("vertices", "geometry.coordinates")
        field = {"width": "width_m", "radius": "radius_m"}.get(field, field)
        raise InvalidValue(field, error.rule, error.value, error.advice) from None


def _nd(positions: Positions) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    for index, (longitude_deg, latitude_deg) in enumerate(positions):
        try:
            point: Circle = circle(latitude_deg, longitude_deg, 1)
        except InvalidValue as error:
            field = f"geometry.coordinates.{index}"
            raise InvalidValue(field, error.rule, error.value, error.advice) from None
        places.append((point.latitude_nd, point.longitude_nd))
    return places


def _number(properties: dict[str, Any], name: str, *, default: float | None = None) -> float:
    value = properties.get(name)
    if value is None:
        if default is not None:
            return default
        raise InvalidValue(name, "missing", None, f"give {name}, a number")
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise InvalidValue(name, "number", None, "give a finite number")
    return float(value)


def _millimetres(value_m: float, name: str) -> int:
    if not 0 <= value_m <= 1e8:
        raise InvalidValue(name, f"{name.removesuffix('_m')}-range", value_m, "give a length in m")
    return round(value_m * 1000)
