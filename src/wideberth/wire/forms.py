"""Declared shapes on the wire to the volumes that cover them; parsed once, and strictly.

A place or time given as text that could mean two things raises Unclear, which becomes a problem of
status 422 with the choices. A place that is a square (MGRS, GEOREF) widens what is round it by
the way to its farthest corner, so that no place of the square is lost; a polygon's corner must be
a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from wideberth.errors import InvalidValue, Unclear
from wideberth.model.intents import MAX_VOLUMES
from wideberth.space.altitude import Altitude, altitude
from wideberth.space.clockskew import widened
from wideberth.space.coordinates import require_position
from wideberth.space.schedules import MAX_TRIED, parse_schedule, tried, windows_us
from wideberth.space.shapes import (
    Fix,
    corridor_cover,
    leg_windows_us,
    moving_count,
    moving_cover,
    sector_cover,
)
from wideberth.space.time import MAX_US, MIN_US, format_rfc3339, is_rfc3339, parse_rfc3339
from wideberth.space.timetext import require_time
from wideberth.space.volume import Circle, Footprint, Volume4D, circle, polygon
from wideberth.wire import asked

__all__ = [
    "altitude_of",
    "declaration_of",
    "declared_way",
    "footprint_of",
    "ordered",
    "require_few_windows",
    "size_of",
    "volumes_in",
]

MAX_DECLARED_BYTES = 200_000
_CORNERS = {"Corridor": 22, "Sector": 125, "Moving": 20}  # of a cover, in about
_PLAIN = (asked.PolygonFootprint, asked.PointFootprint)


class _Part(NamedTuple):
    """One footprint of a cover; None where the whole volume's limit or time holds."""

    footprint: Footprint
    lower: Altitude | None = None
    upper: Altitude | None = None
    window_us: tuple[int, int] | None = None


def volumes_in(wire: asked.VolumeIn, field: str) -> list[Volume4D]:
    """The volumes that cover what was declared, up to 200. Raises InvalidValue below field."""
    try:
        return _volumes(wire)
    except InvalidValue as error:
        raise ordered(error).within(field) from error


def footprint_of(wire: asked.PolygonFootprint | asked.PointFootprint, field: str) -> Footprint:
    """A plain shape on the ground. Raises InvalidValue below field."""
    try:
        return _plain(wire)
    except InvalidValue as error:
        raise ordered(error).within(field) from error


def ordered(error: InvalidValue) -> InvalidValue:
    """The same; of a latitude out of range it says in which order two numbers of a place come."""
    if error.rule != "latitude":
        return error
    order = "longitude comes first here, as in GeoJSON; are the two swapped?"
    return InvalidValue(error.field, error.rule, error.value, f"{error.advice}: {order}")


def altitude_of(wire: asked.AltitudeWire, field: str) -> Altitude:
    """A height. Raises InvalidValue below field."""
    return _altitude(wire, field)


def declaration_of(wires: list[asked.VolumeIn]) -> str | None:
    """What was declared, as JSON text with every text untouched; None for plain volumes.

    Raises InvalidValue for a declaration of over 200 kB.
    """
    if all(_is_plain(wire) for wire in wires):
        return None
    text = msgspec.json.encode(wires)
    if len(text) > MAX_DECLARED_BYTES:
        raise InvalidValue(
            "volumes", "declaration-size", len(text), f"declare it in {MAX_DECLARED_BYTES} bytes"
        )
    return text.decode()


def declared_way(declaration: str) -> tuple[tuple[tuple[float, float], ...], float] | None:
    """The line that a declaration goes along: its points (latitude, longitude in degrees) and half
    of the greatest width, metres. Corridors and movers one after the other, by when they start.
    None where something else is among them, or times stand in no order: then it says no one way.
    """
    wires = msgspec.json.decode(declaration, type=list[asked.VolumeIn])
    parts: list[tuple[int, list[tuple[int, int]], int]] = []
    for wire in wires:
        shape = wire.footprint
        if wire.schedule is not None:
            return None
        if isinstance(shape, asked.CorridorFootprint):
            points, reaches_mm = _places(shape.points, "points")
            half_mm = math.ceil(_millimetres(shape.width_m, "width_m") / 2) + max(reaches_mm)
        elif isinstance(shape, asked.MovingFootprint):
            points, reaches_mm = _places([fix.place for fix in shape.fixes], "fixes")
            half_mm = _millimetres(shape.radius_m, "radius_m") + max(reaches_mm)
        else:
            return None
        parts.append((_time_us(wire.start, "start"), points, half_mm))
    parts.sort(key=lambda part: part[0])
    if not parts or len({start_us for start_us, _, _ in parts}) < len(parts):
        return None
    line = [point for _, points, _ in parts for point in points]
    half_m = max(half_mm for _, _, half_mm in parts) / 1000
    return tuple((latitude / 1e9, longitude / 1e9) for latitude, longitude in line), half_m


def size_of(wires: list[asked.VolumeIn]) -> tuple[int, int]:
    """How many volumes and vertices the covers have at most, without making them.

    Raises InvalidValue for schedules that take too much work together.
    """
    require_few_windows(wires)
    count = vertices = 0
    for wire in wires:
        shape = wire.footprint
        match shape:
            case asked.PolygonFootprint():
                parts, corners = 1, sum(len(ring) for ring in shape.coordinates)
            case asked.AreaFootprint():
                parts, corners = 1, len(shape.vertices)
            case asked.CorridorFootprint():
                parts, corners = len(shape.points) - 1, _CORNERS["Corridor"]
            case asked.MovingFootprint():
                parts, corners = len(shape.fixes) - 1, _CORNERS["Moving"]
                if count + parts <= MAX_VOLUMES:  # so that no more fixes are read
                    parts = _moving_count(shape)
            case asked.SectorFootprint():
                parts, corners = 2, _CORNERS["Sector"]
            case _:
                parts, corners = 1, 0
        if wire.schedule is not None and count <= MAX_VOLUMES:
            parts *= _window_count(wire, wire.schedule)
        count += parts
        vertices += parts * corners
    return count, vertices


def _is_plain(wire: asked.VolumeIn) -> bool:
    return (
        isinstance(wire.footprint, _PLAIN)
        and wire.schedule is None
        and wire.clock_bound_s == 0
        and is_rfc3339(wire.start)
        and is_rfc3339(wire.end)
    )


def _volumes(wire: asked.VolumeIn) -> list[Volume4D]:
    lower, upper = _altitude(wire.lower, "lower"), _altitude(wire.upper, "upper")
    start_us, end_us = _time_us(wire.start, "start"), _time_us(wire.end, "end")
    shape = wire.footprint
    try:
        if wire.schedule is None and isinstance(shape, _PLAIN) and not wire.clock_bound_s:
            plain, parts = _plain(shape), []  # nearly all
        else:
            plain, parts = None, list(_parts(shape, (start_us, end_us)))
    except InvalidValue as error:
        raise error.within("footprint") from error
    if plain is not None:
        return [Volume4D(plain, lower, upper, start_us, end_us)]
    windows = [(start_us, end_us)]
    if wire.schedule is not None:
        if any(part.window_us is not None for part in parts):
            raise InvalidValue(
                "schedule, footprint",
                "two-times",
                wire.schedule.times,
                "a shape whose legs have times of their own takes no schedule",
            )
        windows = _windows(wire.schedule, start_us, end_us)
    if len(parts) * len(windows) > MAX_VOLUMES:
        raise InvalidValue(
            "schedule, footprint" if len(windows) > 1 else "footprint",
            "volume-count",
            len(parts) * len(windows),
            f"this needs more than {MAX_VOLUMES} volumes; declare it in several",
        )
    bound_us = math.ceil(wire.clock_bound_s * 1e6)
    return [
        Volume4D(
            part.footprint,
            part.lower or lower,
            part.upper or upper,
            *widened(*(part.window_us or window), bound_us),
        )
        for window in windows
        for part in parts
    ]


def require_few_windows(wires: list[asked.VolumeIn]) -> None:
    """Raises InvalidValue where the schedules of one body take over 8,000 windows to work out.

    A body holds hundreds of schedules of 20 years each, and others wait while they are worked out.
    """
    windows = 0
    for index, wire in enumerate(wires):
        if wire.schedule is None:
            continue
        try:
            start_us, end_us = _time_us(wire.start, "start"), _time_us(wire.end, "end")
            windows += tried(parse_schedule(wire.schedule.times), start_us, end_us)
        except (InvalidValue, Unclear):
            continue  # told with its field when the volume itself is read
        if windows > MAX_TRIED:
            raise InvalidValue(
                f"volumes.{index}.schedule",
                "window-count",
                f"over {MAX_TRIED}",
                "give fewer times of the day, or shorter validities: up to"
                f" {MAX_TRIED:,} windows of single days in one request",
            )


def _moving_count(shape: asked.MovingFootprint) -> int:
    try:
        places, reaches_mm = _places([fix.place for fix in shape.fixes], "fixes")
        radius_mm = _millimetres(shape.radius_m, "radius_m") + max(reaches_mm)
        return moving_count(places, radius_mm, at_most=MAX_VOLUMES)
    except (InvalidValue, Unclear):
        return 1  # told with its field when the volume itself is read


def _window_count(wire: asked.VolumeIn, schedule: asked.ScheduleIn) -> int:
    try:
        start_us, end_us = _time_us(wire.start, "start"), _time_us(wire.end, "end")
        return len(_windows(schedule, start_us, end_us))
    except (InvalidValue, Unclear):
        return 1  # told with its field when the volume itself is read


def _windows(wire: asked.ScheduleIn, start_us: int, end_us: int) -> list[tuple[int, int]]:
    schedule = parse_schedule(wire.times, field="schedule.times")
    if end_us < start_us:
        raise InvalidValue(
            "start, end", "end-before-start", None, "give an end that is after the start"
        )
    return windows_us(schedule, start_us, end_us, zone=wire.zone)


def _parts(
    shape: (
        asked.PolygonFootprint
        | asked.PointFootprint
        | asked.CircleFootprint
        | asked.AreaFootprint
        | asked.CorridorFootprint
        | asked.SectorFootprint
        | asked.MovingFootprint
    ),
    window_us: tuple[int, int],
) -> Iterator[_Part]:
    match shape:
        case asked.PolygonFootprint() | asked.PointFootprint():
            yield _Part(_plain(shape))
        case asked.CircleFootprint():
            place, reach_mm = _place(shape.center, "center")
            yield _Part(Circle(*place, _millimetres(shape.radius_m, "radius_m") + reach_mm))
        case asked.AreaFootprint():
            yield _Part(_area(shape))
        case asked.SectorFootprint():
            yield from _sector(shape)
        case asked.CorridorFootprint():
            yield from _corridor(shape, window_us)
        case asked.MovingFootprint():
            yield from _moving(shape, window_us)


def _sector(shape: asked.SectorFootprint) -> Iterator[_Part]:
    place, reach_mm = _place(shape.center, "center")
    if reach_mm:
        raise InvalidValue(
            "center", "square-for-a-point", _text(shape.center), "a sector's centre is a point:"
            " give degrees, UTM, or a circle round the square",
        )  # fmt: skip
    inner_mm = _millimetres(shape.inner_radius_m, "inner_radius_m", least=0)
    outer_mm = _millimetres(shape.radius_m, "radius_m")
    for footprint in sector_cover(
        place,
        inner_mm=inner_mm,
        outer_mm=outer_mm,
        from_deg=shape.from_deg,
        to_deg=shape.to_deg,
    ):
        yield _Part(footprint)


def _corridor(shape: asked.CorridorFootprint, window_us: tuple[int, int]) -> Iterator[_Part]:
    points, reaches_mm = _places(shape.points, "points")
    if shape.legs and len(shape.legs) != len(points) - 1:
        raise InvalidValue(
            "legs, points",
            "leg-count",
            [len(shape.legs), len(points)],
            f"{len(points)} points have {len(points) - 1} legs; give as many, or none",
        )
    half_mm = math.ceil(_millimetres(shape.width_m, "width_m") / 2) + max(reaches_mm)
    paced = _pace(shape, points)
    for index, footprint in enumerate(corridor_cover(points, half_mm)):
        leg = shape.legs[index] if shape.legs else asked.LegIn()
        at = f"legs.{index}"
        window = paced[index] if paced else None
        if leg.start is not None or leg.end is not None:
            if leg.start is None or leg.end is None or paced:
                raise InvalidValue(
                    at, "leg-times", None, "give both start and end of a leg, and no pace with them"
                )
            window = _time_us(leg.start, f"{at}.start"), _time_us(leg.end, f"{at}.end")
        if window is not None:
            _require_within(window, window_us, at)
        yield _Part(
            footprint,
            None if leg.lower is None else _altitude(leg.lower, f"{at}.lower"),
            None if leg.upper is None else _altitude(leg.upper, f"{at}.upper"),
            window,
        )


def _pace(shape: asked.CorridorFootprint, points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if shape.pace is None:
        return []
    earliest, latest = shape.pace.departure
    try:
        return leg_windows_us(
            points,
            departs_us=(_time_us(earliest, "departure.0"), _time_us(latest, "departure.1")),
            speed_m_s=shape.pace.speed_m_s,
        )
    except InvalidValue as error:
        raise error.within("pace") from error


def _moving(shape: asked.MovingFootprint, window_us: tuple[int, int]) -> Iterator[_Part]:
    fixes: list[Fix] = []
    reach_mm = 0
    bands: list[tuple[Altitude | None, Altitude | None]] = []
    for index, fix in enumerate(shape.fixes):
        at = f"fixes.{index}"
        place, square_mm = _place(fix.place, f"{at}.place")
        reach_mm = max(reach_mm, square_mm)
        fixes.append(Fix(*place, _time_us(fix.time, f"{at}.time")))
        bands.append(
            (
                None if fix.lower is None else _altitude(fix.lower, f"{at}.lower"),
                None if fix.upper is None else _altitude(fix.upper, f"{at}.upper"),
            )
        )
    radius_mm = _millimetres(shape.radius_m, "radius_m") + reach_mm
    tolerance_us = math.ceil(shape.tolerance_s * 1e6)
    for part in moving_cover(fixes, radius_mm, tolerance_us=tolerance_us, at_most=MAX_VOLUMES):
        window = (part.start_us, part.end_us)
        _require_within(window, window_us, f"fixes.{part.leg}")
        yield _Part(part.footprint, *bands[part.leg], window)


def _require_within(window: tuple[int, int], whole: tuple[int, int], field: str) -> None:
    """A leg outside of the time that the volume as a whole names contradicts it (N-02)."""
    if window[1] < window[0]:
        raise InvalidValue(field, "end-before-start", _shown(window), "give an end after the start")
    if window[0] < whole[0] or window[1] > whole[1]:
        raise InvalidValue(
            field,
            "outside-window",
            _shown(window),
            f"this leg is not within start and end, {' to '.join(_shown(whole))}; widen these",
        )


def _shown(window: tuple[int, int]) -> list[str]:
    return [format_rfc3339(min(max(instant_us, MIN_US), MAX_US)) for instant_us in window]


def _places(places: list[asked.Place], field: str) -> tuple[list[tuple[int, int]], list[int]]:
    found = [_place(place, f"{field}.{index}") for index, place in enumerate(places)]
    return [place for place, _ in found], [reach_mm for _, reach_mm in found]


def _place(place: asked.Place, field: str) -> tuple[tuple[int, int], int]:
    """A place in 1e-9 degree, and how far its square reaches, mm; 0 for a point."""
    if isinstance(place, asked.TextPlace):
        found = require_position(
            place.text, field=field, datum=place.datum, accepted=frozenset(place.accepted)
        )
        return (found.latitude_nd, found.longitude_nd), found.within_mm if found.cell else 0
    longitude_deg, latitude_deg = place
    try:
        point = circle(latitude_deg, longitude_deg, 1)
    except InvalidValue as error:
        raise InvalidValue(field, error.rule, error.value, error.advice) from error
    return (point.latitude_nd, point.longitude_nd), 0


def _text(place: asked.Place) -> object:
    return place.text if isinstance(place, asked.TextPlace) else list(place)


def _area(shape: asked.AreaFootprint) -> Footprint:
    places, reaches_mm = _places(shape.vertices, "vertices")
    for index, reach_mm in enumerate(reaches_mm):
        if reach_mm > 2000:  # a square of a metre is a point for all that is told here
            raise InvalidValue(
                f"vertices.{index}",
                "square-for-a-point",
                _text(shape.vertices[index]),
                "a polygon's corner is a point: give five digits each, or degrees",
            )
    return polygon((latitude / 1e9, longitude / 1e9) for latitude, longitude in places)


def _millimetres(value_m: float, field: str, *, least: int = 1) -> int:
    if not 0 <= value_m <= 1e8 or round(value_m * 1000) < least:
        raise InvalidValue(
            field, f"{field.removesuffix('_m')}-range", value_m, "give a length in m"
        )
    return round(value_m * 1000)


def _time_us(text: str, field: str) -> int:
    """A time in any of the formats. Raises InvalidValue, or Unclear where it has to be asked."""
    try:
        return parse_rfc3339(text, field=field)
    except InvalidValue as error:
        plain = error
    try:
        found = require_time(text, field=field)
    except Unclear:
        raise
    except InvalidValue as error:
        # What no format reads is told in the words of the format of the wire.
        raise (plain if error.rule == "time" else error) from None
    if found.is_estimate:
        raise Unclear(
            field,
            "estimated-end",
            text,
            "EST says that the end may come later; give the latest that it can be",
            ((format_rfc3339(found.time_us), "it ends then at the latest"),),
        )
    return found.time_us


def _altitude(wire: asked.AltitudeWire, field: str) -> Altitude:
    try:
        return altitude(wire.value, wire.units, wire.reference)
    except InvalidValue as error:
        raise error.within(field) from error


def _plain(wire: asked.PolygonFootprint | asked.PointFootprint) -> Footprint:
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
            names.append(f"coordinates.0.{rest}" if rest else "coordinates.0")
        elif first == "radius":
            names.append("radius_m")
        else:
            names.append("coordinates")
    fields = ", ".join(dict.fromkeys(names))
    return type(error)(fields, error.rule, error.value, error.advice)
