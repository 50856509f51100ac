"""What makes a polygon's ring fit to be a footprint, and what is said where it is not.

* No two edges cross, and none lies on another (within a millimetre, for more than five).
* A ring may touch itself at points: a vertex on another vertex, or on an edge. Every point
  then still is inside or outside, by how often a path out of the region crosses the edges.
* It has an area: more than half a millimetre times its length.
* No edge is longer than 19,700 km: between nearly opposite points the shortest way is not
  one, or turns with the last digit.
* It is not longer than about 480,000 km (120,000 pieces of 4 km).
* Its two sides are not equally large, since the smaller one is inside.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.errors import InvalidValue
from wideberth.space.volume import NANODEGREES, Polygon

__all__ = ["require_simple", "signed_area_m2", "unbuildable"]

_HALF_EARTH_M2 = 255_032_810_857_042.3  # half of the ellipsoid's surface
_LEAST_WIDTH_M = 0.0005  # area / perimeter
_LEAST_DIFFERENCE_M2 = 1e6  # between a ring's side and half the earth
_LOCAL_NDEG = 60_000_000  # 0.06 degree of latitude: a ring this small has its area taken on a plane


@cache
def _kernels() -> Any:
    from wideberth.space import _crossings

    return _crossings


def require_simple(polygon: Polygon) -> None:
    """Raise InvalidValue where the ring is not fit to be a footprint; see the module's list.

    Rules: ring-crosses-itself, ring-without-area, edge-too-long, ring-too-long, ring-sides-equal.
    """
    positions = np.array(polygon.vertices, np.int64)
    problem = _inspect(positions)
    if problem is not None:
        raise problem
    area_m2, perimeter_m = _area_and_perimeter(positions)
    if abs(area_m2) <= perimeter_m * _LEAST_WIDTH_M:
        raise InvalidValue(
            "vertices",
            "ring-without-area",
            f"{abs(area_m2):.4f} m2 along {perimeter_m:.1f} m",
            "the ring encloses nothing; give the corners of a region, or a circle for a point",
        )
    if _HALF_EARTH_M2 - abs(area_m2) < _LEAST_DIFFERENCE_M2:
        raise InvalidValue(
            "vertices",
            "ring-sides-equal",
            f"{abs(area_m2):.0f} m2",
            "the ring cuts the earth in two halves, and the smaller side is the inside;"
            " move it so that one side is smaller",
        )


def unbuildable(polygon: Polygon) -> InvalidValue:
    """The error about a ring that cannot be cut into pieces."""
    problem = _inspect(np.array(polygon.vertices, np.int64), sweep=False)
    assert problem is not None, "a ring whose edges and length are fine can be cut"
    return problem


def signed_area_m2(polygon: Polygon) -> float:
    """Area of the smaller side on the ellipsoid; negative where that side is right of the edges."""
    return _exact_area(np.array(polygon.vertices, np.int64))[0]


def _inspect(positions: NDArray[np.int64], *, sweep: bool = True) -> InvalidValue | None:
    from wideberth.space._shapes import MAX_PIECES

    kernels = _kernels()
    found, first, second = kernels.inspect_ring(positions, MAX_PIECES, sweep)
    if found == kernels.FINE:
        return None
    if found == kernels.TOO_LONG and first < 0:
        return InvalidValue(
            "vertices",
            "ring-too-long",
            f"{len(positions)} vertices",
            "the ring is more than ten times as long as the earth round; give a shorter one",
        )
    where = f"the edge from vertex {first} at {_place(positions[first])}"
    if found == kernels.TOO_LONG:
        return InvalidValue(
            f"vertices.{first}",
            "edge-too-long",
            _place(positions[first]),
            f"{where} runs nearly half round the earth, so that its way is not certain;"
            " add a vertex between (an edge may have 19,700 km)",
        )
    other = f"the edge from vertex {second} at {_place(positions[second])}"
    verb = "crosses" if found == kernels.CROSSES else "lies on"
    return InvalidValue(
        f"vertices.{first}, vertices.{second}",
        "ring-crosses-itself",
        [_place(positions[first]), _place(positions[second])],
        f"{where} {verb} {other}; give a ring whose edges meet only at their ends",
    )


def _place(position: NDArray[np.int64]) -> str:
    return f"{position[0] / NANODEGREES:.6f}, {position[1] / NANODEGREES:.6f}"


def _area_and_perimeter(positions: NDArray[np.int64]) -> tuple[float, float]:
    """Signed area (m2) and perimeter (m); of a small ring on a plane, to a thousandth."""
    latitude = positions[:, 0]
    longitude = positions[:, 1]
    middle = float(latitude[0]) / NANODEGREES
    turn = longitude - longitude[0]
    turn = (turn + 180 * NANODEGREES) % (360 * NANODEGREES) - 180 * NANODEGREES
    if (
        abs(middle) > 85
        or latitude.max() - latitude.min() > _LOCAL_NDEG
        or np.abs(turn).max() > _LOCAL_NDEG
    ):
        return _exact_area(positions)
    y = (latitude - latitude[0]) * (111_000.0 / NANODEGREES)
    x = turn * (111_000.0 * math.cos(math.radians(middle)) / NANODEGREES)
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    return (
        float(np.sum(x * next_y - next_x * y)) / 2,
        float(np.sum(np.hypot(next_x - x, next_y - y))),
    )


@cache
def _ellipsoid() -> Any:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def _exact_area(positions: NDArray[np.int64]) -> tuple[float, float]:
    degrees = positions / NANODEGREES
    area_m2, perimeter_m = _ellipsoid().polygon_area_perimeter(degrees[:, 1], degrees[:, 0])
    return float(area_m2), float(perimeter_m)
