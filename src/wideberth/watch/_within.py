"""Kernels: in which of many areas tracks are, and when they will be.

A point on the ellipsoid is dropped onto the plane that touches it near the middle of a footprint.
That keeps the order of things: where the drop is farther than ``SURE_M`` from every edge there, it
lies on the same side of the ring as the point does on the ellipsoid. What SURE_M has to cover, for
a footprint within PLANE_REACH_M of its middle:

* a piece of up to 4 km, lifted onto the ellipsoid, leaves its straight drop sideways by its
  sagitta times the angle between the plumb lines, at most 0.33 m * 0.0079 = 2.6 mm;
* the topology may be off by 1.1 mm, a distance by 4 mm, and up to 5 mm outside is inside;
* a drop is never longer than the way on the ellipsoid, so nothing is to be added for that.

Where it is nearer, or the footprint larger, the exact test decides. The exact distance is that of
:func:`wideberth.space.overlap.distance_to_edge_m`, worked out for the pieces only that can be the
nearest: a piece's straight chord is nearer or farther than the piece by its sagitta at most.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._distance import to_boundary, to_piece
from wideberth.space._ellipsoid import FAR_M, SHORT_M, geodesic_length
from wideberth.space._jit import record_dtype
from wideberth.space._shapes import encloses
from wideberth.watch.closest import KERNELS

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["AREA", "EDGE_ERROR_M", "PLANE_REACH_M", "SURE_M", "distance_m", "in_height", "is_in"]

SURE_M = 0.02
PLANE_REACH_M = 50_000.0
EDGE_ERROR_M = 0.005  # distance_to_edge_m is good to 4 mm
_E2 = (2 - 1 / 298.257223563) / 298.257223563  # WGS84

AREA = record_dtype(
    [
        ("x", np.float64),  # centre and radius of a ball around the footprint, ECEF m
        ("y", np.float64),
        ("z", np.float64),
        ("reach_m", np.float64),
        ("inner_m", np.float64),  # a chord this long from the centre ends inside; 0: none
        ("lower_w84_m", np.float64),  # as in wideberth.watch.zones.WatchedVolume
        ("upper_w84_m", np.float64),
        ("lower_std_m", np.float64),
        ("upper_std_m", np.float64),
        ("start_us", np.int64),
        ("end_us", np.int64),
        ("exempt", np.int64),  # whose tracks are passed over: a party's code, or -2
        ("plane", np.int64),  # where its ring begins in the plane's arrays, -1 where it has none
        ("level", np.int64),
        ("alive", np.int64),
        ("east_x", np.float64),  # the axes of the plane
        ("east_y", np.float64),
        ("east_z", np.float64),
        ("north_x", np.float64),
        ("north_y", np.float64),
        ("north_z", np.float64),
    ]
)

Floats = NDArray[np.float64]
_kernel = KERNELS


@_kernel
def side(x: float, y: float, begin: int, count: int, plane: Floats) -> int:
    """1: in the ring that begins there on the plane, 0: out, -1: within SURE_M of an edge.

    plane (3, n): x, y, and one over the square of the length of the edge that begins there; the
    first point stands again behind the last. No branch, whole sums: it runs in lanes.
    """
    crossed = 0
    close = 0
    limit = SURE_M * SURE_M
    for i in range(count):
        k = begin + i
        x0 = plane[0, k] - x
        y0 = plane[1, k] - y
        x1 = plane[0, k + 1] - x
        y1 = plane[1, k + 1] - y
        ux = x1 - x0
        uy = y1 - y0
        t = -(x0 * ux + y0 * uy) * plane[2, k]
        t = 0.0 if t < 0.0 else t
        t = 1.0 if t > 1.0 else t
        dx = x0 + t * ux
        dy = y0 + t * uy
        close += 1 if dx * dx + dy * dy <= limit else 0
        crossed += 1 if ((y0 > 0) != (y1 > 0)) & ((x1 * y0 < x0 * y1) != (y0 > y1)) else 0
    return -1 if close > 0 else crossed & 1


@_kernel
def is_in(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats,
    x: float, y: float, z: float,
) -> bool:  # fmt: skip
    """Is the surface point within EDGE_ERROR_M of the footprint, as the exact distance says?"""
    dx = x - area.x
    dy = y - area.y
    dz = z - area.z
    square = dx * dx + dy * dy + dz * dz
    # The 2 cm are for what a distance may be off, and the 5 mm.
    if square > (area.reach_m + 0.02) * (area.reach_m + 0.02):
        return False
    if square < area.inner_m * area.inner_m:
        return True
    if area.plane >= 0:
        told = side(
            area.east_x * dx + area.east_y * dy + area.east_z * dz,
            area.north_x * dx + area.north_y * dy + area.north_z * dz,
            area.plane, shape.count, plane,
        )  # fmt: skip
        if told >= 0:
            return told == 1
    return distance_m(area, shape, points, blocks, plane, x, y, z) <= EDGE_ERROR_M


@_kernel
def distance_m(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats,
    x: float, y: float, z: float,
) -> float:  # fmt: skip
    """From a surface point to the footprint along the ellipsoid, 0 inside."""
    if shape.count == 0:
        length = geodesic_length(x, y, z, shape.x, shape.y, shape.z)
        length = FAR_M if math.isnan(length) else length
        return max(0.0, length - shape.radius_m)
    dx = x - area.x
    dy = y - area.y
    dz = z - area.z
    square = dx * dx + dy * dy + dz * dz
    if square < area.inner_m * area.inner_m:
        return 0.0
    told = -1
    reach_m = area.reach_m
    near = area.plane >= 0 and math.sqrt(square) + reach_m < SHORT_M - 1.0
    if near:
        told = 0
        if square <= reach_m * reach_m:
            told = side(
                area.east_x * dx + area.east_y * dy + area.east_z * dz,
                area.north_x * dx + area.north_y * dy + area.north_z * dz,
                area.plane, shape.count, plane,
            )  # fmt: skip
    if told == 1 or (told == -1 and encloses(shape, points, blocks, x, y, z)):
        return 0.0
    if near:
        return _nearest_m(shape, points, x, y, z)
    length = to_boundary(x, y, z, shape, points, blocks, math.inf)
    return FAR_M if math.isnan(length) else length


@_kernel
def _chord_square(points: Floats, k: int, j: int, x: float, y: float, z: float) -> float:
    """The square of the distance from a point to the straight line between two of the points."""
    wx = x - points[k, 0]
    wy = y - points[k, 1]
    wz = z - points[k, 2]
    ux = points[j, 0] - points[k, 0]
    uy = points[j, 1] - points[k, 1]
    uz = points[j, 2] - points[k, 2]
    size = ux * ux + uy * uy + uz * uz
    t = (wx * ux + wy * uy + wz * uz) / size if size > 0 else 0.0
    t = 0.0 if t < 0 else (1.0 if t > 1 else t)
    wx -= t * ux
    wy -= t * uy
    wz -= t * uz
    return wx * wx + wy * wy + wz * wz


@_kernel
def _nearest_m(shape: Any, points: Floats, x: float, y: float, z: float) -> float:
    """From a surface point to the nearest piece, all of them nearer than SHORT_M."""
    count = shape.count
    least = math.inf
    longest = 0.0
    for i in range(count):
        k = shape.first + i
        j = shape.first + (i + 1 if i + 1 < count else 0)
        square = _chord_square(points, k, j, x, y, z)
        least = square if square < least else least
        ux = points[j, 0] - points[k, 0]
        uy = points[j, 1] - points[k, 1]
        uz = points[j, 2] - points[k, 2]
        size = ux * ux + uy * uy + uz * uz
        longest = size if size > longest else longest
    # Twice the sagitta (s**2 / 8R), and 1 mm for lifting and rounding.
    limit = math.sqrt(least) + longest / (4.0 * 6_335_000.0) + 0.001
    limit *= limit
    best = math.inf
    for i in range(count):
        k = shape.first + i
        j = shape.first + (i + 1 if i + 1 < count else 0)
        if _chord_square(points, k, j, x, y, z) <= limit:
            length = to_piece(
                x, y, z,
                points[k, 0], points[k, 1], points[k, 2],
                points[j, 0], points[j, 1], points[j, 2],
            )  # fmt: skip
            best = length if length < best else best
    return best


@_kernel
def grounded(x: float, y: float, z: float) -> tuple[float, float, float]:
    """The point of the ellipsoid at the geodetic latitude and longitude that a point within
    metres of it has, as :func:`wideberth.watch.paths.geodetic_deg` says them.
    """
    out = math.sqrt(x * x + y * y)
    level = (1.0 - _E2) * out
    size = math.sqrt(z * z + level * level)
    sin_phi = z / size
    cos_phi = level / size
    prime_m = 6_378_137.0 / math.sqrt(1.0 - _E2 * sin_phi * sin_phi)
    if out <= 0.0:
        return 0.0, 0.0, prime_m * (1.0 - _E2) * sin_phi
    scale = prime_m * cos_phi / out
    return x * scale, y * scale, prime_m * (1.0 - _E2) * sin_phi


@_kernel
def above(std_m: float, w84_m: float, limit_std_m: float, limit_w84_m: float) -> tuple[float, bool]:
    """How far a track is above a limit; whether pressure stood in (zones._above_m, for one)."""
    over_m = std_m - limit_std_m
    if math.isnan(over_m):
        over_m = w84_m - limit_w84_m
    if not math.isnan(over_m):
        return over_m, False
    return std_m - limit_w84_m, True


@_kernel
def in_height(area: Any, std_m: float, w84_m: float) -> bool:
    """Is a height not surely out of the band: unknown, or of another reference, is in."""
    over_m, mixed = above(std_m, w84_m, area.lower_std_m, area.lower_w84_m)
    if not mixed and over_m < 0:
        return False
    over_m, mixed = above(std_m, w84_m, area.upper_std_m, area.upper_w84_m)
    return mixed or not over_m > 0
