"""Corridors, sectors and moving volumes, each as footprints that cover it: never less than it is.

A cover is a polygon with geodesic edges, or an exact circle. Each function states its excess, which
is how far a point of the cover can be from the declared shape; docs/accuracy.md says how both were
measured. The ways are geodesics of the WGS84 ellipsoid.

Why nothing is lost: between two points at one distance from a geodesic, the geodesic runs further
out (the ellipsoid curves towards it everywhere), and a ring of tangents runs outside of its circle.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from wideberth.errors import InvalidValue
from wideberth.space.time import MAX_US
from wideberth.space.volume import NANODEGREES, Circle, Footprint, Polygon, polygon

__all__ = [
    "ARC_EXCESS",
    "CAP_EXCESS",
    "MAX_LEGS",
    "Fix",
    "TimedFootprint",
    "corridor_cover",
    "leg_lengths_m",
    "leg_windows_us",
    "moving_count",
    "moving_cover",
    "sector_cover",
    "side_cover",
]

MAX_LEGS = 200
MAX_HALF_WIDTH_M = 200_000.0
MAX_LEG_M = 10_000_000.0
MAX_SECTOR_M = 1_000_000.0
_CAP_SIDES = 8  # sides of the half ring round a leg's end
_LEAST_SPAN_DEG = 1e-6  # less than this means all round
_LEAST_GAP_DEG = 0.5  # of a sector nearly all round: its straight sides must stay apart
_LEAST_WIDTH_M = 1.0  # of a sector at its outer arc
_ARC_DEG = 3.0  # of a sector, to one side of its ring
_STEP_M = 200_000.0  # between two points of a corridor's side
_ROUNDING_M = 0.02  # positions are rounded to 0.06 mm; circles' tangents bend by less than this
# What a ring of tangents adds: 1 / cos of half of the angle of one side, less 1.
CAP_EXCESS = 1 / math.cos(math.pi / _CAP_SIDES / 2) - 1  # of the half width: 2 %
ARC_EXCESS = 1 / math.cos(math.radians(_ARC_DEG) / 2) - 1  # of the radius: 0.04 %

_Place = tuple[int, int]


class Fix(NamedTuple):
    """Where a mover says that it will be. latitude, longitude: 1e-9 degree; time: us since 1970."""

    latitude_nd: int
    longitude_nd: int
    time_us: int


class TimedFootprint(NamedTuple):
    """A footprint, when it holds, and which leg of what was declared it covers (from 0)."""

    footprint: Footprint
    start_us: int
    end_us: int
    leg: int


@cache
def _ellipsoid() -> Any:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def corridor_cover(points: Sequence[_Place], half_width_mm: int) -> list[Footprint]:
    """For each leg a footprint that holds every place within the half width of the leg.

    points: (latitude, longitude) in 1e-9 degree, 2 to 201. Excess: 2 % of the half width at the
    ends of a leg, 0.1 % along its sides, and 5 cm. Raises InvalidValue for other counts, a half
    width of 0 or over 200 km, and a leg of over 10,000 km.
    """
    _require_ways(points, half_width_mm, "width")
    return [
        _leg(a, b, half_width_mm, index) for index, (a, b) in enumerate(itertools.pairwise(points))
    ]


def side_cover(points: Sequence[_Place], width_mm: int, *, left: bool) -> list[Footprint]:
    """Footprints that hold every place within the width of a line, on one side of it, seen along
    the order of its points; beyond its two ends a quarter of a circle each.

    points: (latitude, longitude) in 1e-9 degree, 2 to 201. Excess: as a sector's and a corridor's
    sides; and where the line turns towards this side, what a leg's strip reaches beyond the next
    leg. Raises InvalidValue as :func:`corridor_cover` does, and for two points in a row in one
    place.
    """
    _require_ways(points, width_mm, "width")
    reach_m, turn = width_mm / 1000 + _ROUNDING_M, -90 if left else 90
    covers: list[Footprint] = []
    onward: list[tuple[float, float]] = []  # azimuth at the start and at the end of each leg
    for index, (a, b) in enumerate(itertools.pairwise(points)):
        azimuth_a, azimuth_b, length_m = _inverse(a, b)
        if length_m > MAX_LEG_M:
            raise InvalidValue(
                f"points.{index + 1}", "leg-too-long", length_m,
                "give a point at least every 10,000 km",
            )  # fmt: skip
        if length_m < 1:
            raise InvalidValue(
                f"points.{index + 1}", "leg-too-short", length_m, "give points 1 m apart or more"
            )
        count = max(1, math.ceil(length_m / _STEP_M))
        right, other = _sides(a, azimuth_a, length_m, count, reach_m)
        ends = [(place[0] / NANODEGREES, place[1] / NANODEGREES) for place in (b, a)]
        covers.append(polygon([*(other if left else right), *ends]))
        onward.append((azimuth_a, azimuth_b))
    if width_mm < 2000 * _LEAST_WIDTH_M:
        return [*covers, *(Circle(*point, width_mm) for point in points)]
    quarters = [(points[0], onward[0][0], 180.0), (points[-1], onward[-1][1], 0.0)]
    for point, along, back in quarters:
        start = along + (min(turn, 0) if not back else min(turn * 2, turn))
        covers.append(_sector(point, 0, width_mm, start, 90.0))
    for point, (_, before), (after, _) in zip(points[1:], onward, onward[1:], strict=False):
        bend = math.remainder(after - before, 360.0)
        if (bend > 0) == left and abs(bend) > _LEAST_SPAN_DEG:  # it opens on this side
            start = min(before, before + bend) + turn
            covers.append(_sector(point, 0, width_mm, start, abs(bend)))
    return covers


def leg_lengths_m(points: Sequence[_Place]) -> list[float]:
    """The length of each leg along the ellipsoid, metres."""
    return [_inverse(a, b)[2] for a, b in itertools.pairwise(points)]


def leg_windows_us(
    points: Sequence[_Place],
    *,
    departs_us: tuple[int, int],
    speed_m_s: tuple[float, float],
) -> list[tuple[int, int]]:
    """When each leg may be travelled: departs (earliest, latest), at a speed (least, most).

    A leg's window runs from the earliest arrival at its start to the latest at its end. Excess: a
    microsecond. Raises InvalidValue for a speed of 0 or below, and pairs upside down.
    """
    slowest, fastest = speed_m_s
    if not 0 < slowest <= fastest < 1e5:
        raise InvalidValue(
            "speed_m_s", "speed", list(speed_m_s), "give the least and the most speed, over 0 m/s"
        )
    if departs_us[1] < departs_us[0]:
        raise InvalidValue(
            "departure", "end-before-start", list(departs_us), "give earliest, then latest"
        )
    windows: list[tuple[int, int]] = []
    reached_m = 0.0
    for length_m in leg_lengths_m(points):
        begin_us = departs_us[0] + math.floor(min(reached_m / fastest * 1e6, MAX_US))
        reached_m += length_m
        latest_us = departs_us[1] + math.ceil(min(reached_m / slowest * 1e6, MAX_US))
        windows.append((min(begin_us, MAX_US), min(latest_us, MAX_US)))  # time ends with 9999
    return windows


def sector_cover(
    centre: _Place,
    *,
    inner_mm: int,
    outer_mm: int,
    from_deg: float,
    to_deg: float,
) -> list[Footprint]:
    """Footprints that hold every place between two radii and, clockwise, two true azimuths.

    centre: (latitude, longitude) in 1e-9 degree. Azimuths in degrees; equal ones, or a whole turn,
    mean all round: then a circle, which is exact, or two halves round the inner circle. Excess:
    0.04 % of the radius at either arc, and 5 cm; a gap of under half a degree is filled, and so is
    a hollow of under 1 m; a sector less than 1 m wide is widened to that. Raises InvalidValue for
    radii that are not 0 <= inner < outer <= 1,000 km, and for azimuths outside of -360 to 720.
    """
    if not 0 <= inner_mm < outer_mm <= MAX_SECTOR_M * 1000:
        raise InvalidValue(
            "inner_radius_m, radius_m",
            "radius-range",
            [inner_mm / 1000, outer_mm / 1000],
            "give an inner radius from 0 m, and a greater outer one up to 1,000 km",
        )
    for name, azimuth in (("from_deg", from_deg), ("to_deg", to_deg)):
        if not -360 <= azimuth <= 720:
            raise InvalidValue(
                name, "azimuth", azimuth, "give a true azimuth from 0 to 360 degrees"
            )
    span = (to_deg - from_deg) % 360
    if outer_mm < 2000 * _LEAST_WIDTH_M:  # too small for anything but a circle
        return [Circle(*centre, outer_mm)]
    # A whole turn of which the sum of its ends was rounded may look like next to nothing.
    if span < _LEAST_SPAN_DEG or span > 360 - _LEAST_GAP_DEG:
        if inner_mm == 0:
            return [Circle(*centre, outer_mm)]
        halves = ((from_deg, 180.0), (from_deg + 180, 180.0))
        return [_sector(centre, inner_mm, outer_mm, start, half) for start, half in halves]
    return [_sector(centre, inner_mm, outer_mm, from_deg, span)]


def moving_cover(
    fixes: Sequence[Fix],
    radius_mm: int,
    *,
    tolerance_us: int = 0,
    at_most: int = MAX_LEGS,
) -> list[TimedFootprint]:
    """Timed footprints that hold, at each time, every place within a radius of the mover.

    The mover goes from fix to fix along geodesics at an even speed, up to tolerance_us early or
    late. Long legs are cut into pieces of about the radius, as far as at_most footprints allow.
    Excess: at a time, the length of a piece along the way (and what the tolerance adds); across,
    that of a corridor. Raises InvalidValue for fewer than two fixes, times that do not rise, and as
    :func:`corridor_cover` does.
    """
    places = [(fix.latitude_nd, fix.longitude_nd) for fix in fixes]
    _require_ways(places, radius_mm, "radius")
    for index, (before, after) in enumerate(itertools.pairwise(fixes)):
        if after.time_us <= before.time_us:
            raise InvalidValue(
                f"fixes.{index + 1}.time", "time-order", after.time_us, "give rising times"
            )
    if not 0 <= tolerance_us <= 10**13:
        raise InvalidValue(
            "tolerance_s", "tolerance", tolerance_us, "give a tolerance of 0 or more"
        )
    lengths_m = leg_lengths_m(places)
    counts = _piece_counts(lengths_m, radius_mm, at_most)
    covers: list[TimedFootprint] = []
    for index, (before, after) in enumerate(itertools.pairwise(fixes)):
        count = counts[index]
        way = _along(places[index], places[index + 1], count)
        span_us = after.time_us - before.time_us
        for piece, (a, b) in enumerate(itertools.pairwise(way)):
            # One microsecond is added each way, for the rounding of the pieces' ends.
            start_us = before.time_us + span_us * piece // count - tolerance_us
            end_us = before.time_us - (-span_us * (piece + 1) // count) + tolerance_us
            covers.append(TimedFootprint(_leg(a, b, radius_mm, index), start_us, end_us, index))
    return covers


def moving_count(
    places: Sequence[tuple[int, int]], radius_mm: int, *, at_most: int = MAX_LEGS
) -> int:
    """How many footprints :func:`moving_cover` makes of a mover that goes by these places, 1e-9
    degree; none of them is made. Raises InvalidValue as it does for places and radius.
    """
    _require_ways(places, radius_mm, "radius")
    return sum(_piece_counts(leg_lengths_m(places), radius_mm, at_most))


def _piece_counts(lengths_m: Sequence[float], radius_mm: int, at_most: int) -> list[int]:
    """Into how many pieces each leg is cut: of about the radius, as far as at_most allows."""
    piece_m = max(radius_mm / 1000, 1.0)
    while True:
        counts = [max(1, math.ceil(length / piece_m)) for length in lengths_m]
        if sum(counts) <= at_most:
            return counts
        piece_m *= 1.25
        if piece_m > 1e9:
            raise InvalidValue(
                "fixes", "leg-count", len(lengths_m) + 1, f"give up to {at_most} legs"
            )


def _require_ways(points: Sequence[_Place], half_width_mm: int, name: str) -> None:
    if not 2 <= len(points) <= MAX_LEGS + 1:
        raise InvalidValue("points", "point-count", len(points), f"give 2 to {MAX_LEGS + 1} points")
    if not 0 < half_width_mm <= MAX_HALF_WIDTH_M * 1000:
        raise InvalidValue(
            name, f"{name}-range", half_width_mm / 1000, "give more than 0 m, up to 200 km each way"
        )


def _leg(a: _Place, b: _Place, half_width_mm: int, index: int) -> Footprint:
    """All within the half width of the geodesic from a to b."""
    azimuth_a, azimuth_b, length_m = _inverse(a, b)
    if length_m > MAX_LEG_M:
        raise InvalidValue(
            f"points.{index + 1}", "leg-too-long", length_m, "give a point at least every 10,000 km"
        )
    if length_m < 0.001:
        return Circle(*a, half_width_mm + math.ceil(length_m * 1000) + 1)
    reach_m = half_width_mm / 1000 + _ROUNDING_M
    count = max(1, math.ceil(length_m / _STEP_M))
    right, left = _sides(a, azimuth_a, length_m, count, reach_m)
    ring = [
        *right,
        *_cap(b, azimuth_b, reach_m),
        *reversed(left),
        *_cap(a, azimuth_a + 180, reach_m),
    ]
    return polygon(ring)


def _sides(
    a: _Place, azimuth: float, length_m: float, count: int, reach_m: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Points [deg] right and left of the way, at its ends and between."""
    right: list[tuple[float, float]] = []
    left: list[tuple[float, float]] = []
    start = (a[0] / NANODEGREES, a[1] / NANODEGREES)
    for step in range(count + 1):
        here, onward = _direct(start, azimuth, length_m * step / count)
        right.append(_direct(here, onward + 90, reach_m)[0])
        left.append(_direct(here, onward - 90, reach_m)[0])
    return right, left


def _cap(end: _Place, onward_deg: float, reach_m: float) -> list[tuple[float, float]]:
    """Half a ring of tangents round a leg's end, from its right to its left."""
    side_deg = 180 / _CAP_SIDES
    corner_m = reach_m * _tangents(side_deg)
    at = (end[0] / NANODEGREES, end[1] / NANODEGREES)
    return [
        _direct(at, onward_deg + 90 - side_deg * (side + 0.5), corner_m)[0]
        for side in range(_CAP_SIDES)
    ]


def _sector(
    centre: _Place, inner_mm: int, outer_mm: int, from_deg: float, span_deg: float
) -> Polygon:
    count = max(1, math.ceil(span_deg / _ARC_DEG))
    side_deg = span_deg / count
    at = (centre[0] / NANODEGREES, centre[1] / NANODEGREES)
    reach_m = outer_mm / 1000 + _ROUNDING_M
    corner_m = reach_m * _tangents(side_deg)
    # The straight sides run along the azimuths, rounded out by what a position is rounded by; a
    # ring narrower than this could touch itself.
    aside_m = max(0.001, (_LEAST_WIDTH_M - math.radians(span_deg) * reach_m) / 2)
    aside_deg = math.degrees(math.asin(min(1.0, aside_m / reach_m)))
    ring = [_direct(at, from_deg - aside_deg, reach_m)[0]]
    ring += [_direct(at, from_deg + side_deg * (side + 0.5), corner_m)[0] for side in range(count)]
    ring.append(_direct(at, from_deg + span_deg + aside_deg, reach_m)[0])
    hollow_m = inner_mm / 1000 - _ROUNDING_M
    if hollow_m <= 1:
        ring.append(at)
    else:  # chords of the inner circle run inside of it
        ring.append(_direct(at, from_deg + span_deg + aside_deg, hollow_m)[0])
        ring += [
            _direct(at, from_deg + side_deg * side, hollow_m)[0] for side in range(count - 1, 0, -1)
        ]
        ring.append(_direct(at, from_deg - aside_deg, hollow_m)[0])
    return polygon(ring)


def _tangents(side_deg: float) -> float:
    """How far out the corners of a ring of tangents are, of its radius."""
    return 1 / math.cos(math.radians(side_deg) / 2)


def _along(a: _Place, b: _Place, count: int) -> list[_Place]:
    """The ends of count equal pieces of the way, rounded."""
    azimuth, _, length_m = _inverse(a, b)
    start = (a[0] / NANODEGREES, a[1] / NANODEGREES)
    between = [_direct(start, azimuth, length_m * step / count)[0] for step in range(1, count)]
    return [a, *(_rounded(place) for place in between), b]


def _rounded(place: tuple[float, float]) -> _Place:
    latitude_nd, longitude_nd = (round(degrees * NANODEGREES) for degrees in place)
    half = 180 * NANODEGREES
    return latitude_nd, (longitude_nd + half) % (2 * half) - half


def _inverse(a: _Place, b: _Place) -> tuple[float, float, float]:
    """Azimuths onward at a and at b [deg], and the length [m]."""
    forth, back, metres = _ellipsoid().inv(
        a[1] / NANODEGREES, a[0] / NANODEGREES, b[1] / NANODEGREES, b[0] / NANODEGREES
    )
    return float(forth), float(back) + 180.0, float(metres)


def _direct(
    start: tuple[float, float], azimuth_deg: float, metres: float
) -> tuple[tuple[float, float], float]:
    """The place (latitude, longitude in degrees) so far that way, and the azimuth onward there."""
    longitude, latitude, back = _ellipsoid().fwd(start[1], start[0], azimuth_deg, metres)
    return (float(latitude), math.remainder(float(longitude), 360.0)), float(back) + 180.0
