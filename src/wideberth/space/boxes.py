"""Boxes between two parallels and two meridians, as rings of geodesics that hold all of them.

A side along a parallel is no geodesic: a box is cut into strips and its equatorward sides are moved
out by what a geodesic bulges, so that nothing in the box is left out, and up to MARGIN_M beyond is
taken in.
"""

from __future__ import annotations

import math

from wideberth.space.volume import NANODEGREES, Polygon

__all__ = ["MARGIN_M", "rings_of_box"]

MARGIN_M = 130  # a geodesic over one degree of longitude bulges at most 121 m off its parallel

_STRIP_DEG = 1.0
_SECTOR_DEG = 60.0
_POLE_DEG = 89.999


def rings_of_box(south: float, west: float, north: float, east: float) -> list[Polygon]:
    """Rings that together hold the box, sides included. Degrees; across the antimeridian where
    west > east. A box without width or height still has points: it gets a millimetre of each.
    """
    width = east - west if east >= west else east - west + 360
    south, north = max(-90.0, south - 1e-8), min(90.0, north + 1e-8)
    west, width = west - 1e-8, min(360.0, width + 2e-8)
    count = max(1, math.ceil(width / _SECTOR_DEG))
    return [
        _ring(low, high, west + width * index / count, width / count)
        for index in range(count)
        for low, high in _bands(south, north)
    ]


def _bands(south: float, north: float) -> list[tuple[float, float]]:
    """The box's latitudes, cut at the equator: below it the northern side is the one to move."""
    if south < 0 < north:
        return [(south, 0.0), (0.0, north)]
    return [(south, north)]


def _ring(south: float, north: float, west: float, width: float) -> Polygon:
    """A closed box as a ring with a vertex at least each degree along its parallels."""
    steps = max(1, math.ceil(width / _STRIP_DEG))
    bulge = _bulge_deg(width / steps)
    if south >= 0:
        south = max(-90.0, south - bulge)
    else:
        north = min(90.0, north + bulge)
    longitudes = [west + width * step / steps for step in range(steps + 1)]
    points = [(south, each) for each in longitudes] if south > -_POLE_DEG else [(-90.0, 0.0)]
    if north < _POLE_DEG:
        points += [(north, each) for each in reversed(longitudes)]
    else:
        points.append((90.0, 0.0))
    return Polygon(tuple((round(lat * NANODEGREES), _wrapped_nd(lon)) for lat, lon in points))


def _bulge_deg(step_deg: float) -> float:
    """How far a geodesic leaves the parallel of its ends, at most (at 45 degrees), plus a tenth."""
    step = math.radians(step_deg)
    return 1.1 * math.degrees(step * step / 16) + 1e-8


def _wrapped_nd(longitude_deg: float) -> int:
    half = 180 * NANODEGREES
    return (round(longitude_deg * NANODEGREES) + half) % (2 * half) - half
