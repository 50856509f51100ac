"""What makes a polygon's ring fit to be a footprint, and what is said where it is not.

* No two edges cross, and none lies on another (within a millimetre, for more than five).
* A ring may touch itself at points: a vertex on another vertex, or on an edge. Every point
  then still is inside or outside, by how often a path out of the region crosses the edges.
* It has an area: more than half a millimetre times its length.
* No edge is longer than 19,700 km: between nearly opposite points the shortest way is not
  one, or turns with the last digit.
* It is not longer than about 480,000 km (120,000 pieces of 4 km).
* Its edges do not run beside each other by the thousand in every direction: whether such a ring
  crosses itself would take many seconds to say.
* Its two sides are not equally large, since the smaller one is inside.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.errors import InvalidValue
from wideberth.space._jit import KERNELS
from wideberth.space.volume import NANODEGREES, Polygon

__all__ = ["require_buildable", "require_simple", "signed_area_m2"]

_HALF_EARTH_M2 = 255_032_810_857_042.3  # half of the ellipsoid's surface
_LEAST_WIDTH_M = 0.0005  # area / perimeter
_LEAST_DIFFERENCE_M2 = 1e6  # between a ring's side and half the earth


@cache
def _kernels() -> Any:
    from wideberth.space import _crossings

    return _crossings


def require_simple(polygon: Polygon) -> None:
    """Raise InvalidValue where the ring is not fit to be a footprint; see the module's list.

    Rules: ring-crosses-itself, ring-without-area, edge-too-long, ring-too-long, ring-too-tangled,
    ring-sides-equal.
    """
    area_m2, perimeter_m = _inspect(polygon)
    if math.isnan(area_m2):
        area_m2 = abs(signed_area_m2(polygon))
    if area_m2 <= perimeter_m * _LEAST_WIDTH_M:
        raise InvalidValue(
            "vertices",
            "ring-without-area",
            f"{area_m2:.4f} m2 along {perimeter_m:.1f} m",
            "the ring encloses nothing; give the corners of a region, or a circle for a point",
        )
    if _HALF_EARTH_M2 - area_m2 < _LEAST_DIFFERENCE_M2:
        raise InvalidValue(
            "vertices",
            "ring-sides-equal",
            f"{area_m2:.0f} m2",
            "the ring cuts the earth in two halves, and the smaller side is the inside;"
            " move it so that one side is smaller",
        )


def require_buildable(polygon: Polygon) -> None:
    """Raise InvalidValue (edge-too-long, ring-too-long) where a ring cannot be cut into pieces."""
    _inspect(polygon, sweep=False)


def signed_area_m2(polygon: Polygon) -> float:
    """Area of the smaller side on the ellipsoid; negative where that side is right of the edges."""
    degrees = np.array(polygon.vertices, np.int64) / NANODEGREES
    return float(_ellipsoid().polygon_area_perimeter(degrees[:, 1], degrees[:, 0])[0])


@cache
def _ellipsoid() -> Any:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def _inspect(polygon: Polygon, *, sweep: bool = True) -> tuple[float, float]:
    """Area (m2, or NaN for a ring over 100 km across) and perimeter (m)."""
    from wideberth.space._shapes import MAX_PIECES

    kernels = _kernels()
    positions = np.array(polygon.vertices, np.int64)
    if KERNELS.is_interpreted:
        KERNELS.spend(_most_pieces(positions))
    found, first, second, area_m2, perimeter_m = kernels.inspect_ring(positions, MAX_PIECES, sweep)
    if found == kernels.FINE:
        return area_m2, perimeter_m
    if found == kernels.TOO_LONG and first < 0:
        raise InvalidValue(
            "vertices",
            "ring-too-long",
            f"{len(positions)} vertices",
            "the ring is more than ten times as long as the earth round; give a shorter one",
        )
    where = f"the edge from vertex {first} at {_place(positions[first])}"
    if found == kernels.TOO_LONG:
        raise InvalidValue(
            f"vertices.{first}",
            "edge-too-long",
            _place(positions[first]),
            f"{where} runs nearly half round the earth, so that its way is not certain;"
            " add a vertex between (an edge may have 19,700 km)",
        )
    if found == kernels.TANGLED:
        raise InvalidValue(
            "vertices",
            "ring-too-tangled",
            f"{len(positions)} vertices",
            f"around {where} so many edges lie beside each other that whether they cross cannot"
            " be checked in good time; give fewer vertices, or split the region",
        )
    other = f"the edge from vertex {second} at {_place(positions[second])}"
    verb = "crosses" if found == kernels.CROSSES else "lies on"
    raise InvalidValue(
        f"vertices.{first}, vertices.{second}",
        "ring-crosses-itself",
        [_place(positions[first]), _place(positions[second])],
        f"{where} {verb} {other}; give a ring whose edges meet only at their ends",
    )


def _most_pieces(positions_nd: NDArray[np.int64]) -> int:
    """How many pieces the ring has at most, roughly: as if every degree were 111 km."""
    edges_deg = np.abs(positions_nd - np.roll(positions_nd, -1, axis=0)) / NANODEGREES
    edges_deg[:, 1] = np.minimum(edges_deg[:, 1], 360.0 - edges_deg[:, 1])
    return int(np.ceil(edges_deg.sum(axis=1) * 111.2 / 4.0).sum())


def _place(position: NDArray[np.int64]) -> str:
    return f"{position[0] / NANODEGREES:.6f}, {position[1] / NANODEGREES:.6f}"
