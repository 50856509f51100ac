"""Kernels: in which of many areas tracks are, and when they will be.

A point on the ellipsoid is dropped onto the plane that touches it near the middle of a footprint.
That keeps the order of things: where the drop is farther than ``SURE_M`` from every edge there, it
lies on the same side of the ring as the point does on the ellipsoid. What SURE_M has to cover, for
a footprint within PLANE_REACH_M of its middle:

* a piece of up to 4 km, lifted onto the ellipsoid, leaves its straight drop sideways by its
  sagitta times the angle between the plumb lines, at most 0.33 m * 0.0079 = 2.6 mm;
* the topology may be off by 1.1 mm, a distance by 4 mm, and up to 5 mm outside is inside;
* a drop is never longer than the way on the ellipsoid, so nothing is to be added for that.

It is asked in float32 first. With e = 2^-24 and S the reach, a corner and a point are off by S e
along each axis, what is seen from the point by as much again, and where an edge passes it by
6 S e: in all less than 16 S e < ROUGH S, which is added to SURE_M then.

Where it is nearer, or the footprint larger, the exact test decides. The exact distance is that of
:func:`wideberth.space.overlap.distance_to_edge_m`, worked out for the pieces only that can be the
nearest: within SHORT_M of the middle, where the surface leans from the plane by less than 6.4 mrad,
a way on the ellipsoid is longer than its drop by less than STRETCH, and by NEAR_ERROR_M for lifting
and for what a distance may be off.

Numba: loop indices unsigned, conditions as arithmetic, sums and least values of whole numbers;
else LLVM does not vectorise.
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
from wideberth.space.wgs84 import A_M, E2
from wideberth.watch._jit import kernel as _kernel

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = [
    "AREA",
    "EDGE_ERROR_M",
    "PLANE_REACH_M",
    "ROUGH",
    "SURE_M",
    "above",
    "distance_m",
    "grounded",
    "in_height",
    "is_in",
    "misses",
    "near_distance_m",
    "rough_count",
    "rough_side",
    "side_of",
]

SURE_M = 0.02
ROUGH = 2e-6
ROUGH_BLOCK = 8  # edges tested together
PLANE_REACH_M = 50_000.0
EDGE_ERROR_M = 0.005  # distance_to_edge_m is good to 4 mm
STRETCH = 3e-5
NEAR_ERROR_M = 0.02

AREA = record_dtype(
    [
        ("lower_w84_m", np.float64),  # as in wideberth.watch.zones.WatchedVolume
        ("upper_w84_m", np.float64),
        ("lower_std_m", np.float64),
        ("upper_std_m", np.float64),
        ("start_us", np.int64),
        ("end_us", np.int64),
        ("exempt", np.int64),  # whose tracks are passed over: a party's code, or -2
        ("x", np.float64),  # centre and radius of a ball around the footprint, ECEF m
        ("y", np.float64),
        ("z", np.float64),
        ("reach_m", np.float64),
        ("inner_m", np.float64),  # a chord this long from the centre ends inside; 0: none
        ("plane", np.int64),  # where its ring begins in the plane's array, -1 where it has none
        ("rough", np.int64),  # likewise in the rough one's
        ("point", np.int64),  # its first one
        ("pieces", np.int64),  # of the ring; 0: a circle
        ("level", np.int64),
        ("node", np.int64),  # its first one in the files, -1 where it has none
        ("volume", np.int64),  # its number within its area
        ("first", np.int64),  # the slot of its area's first volume
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
Slots = NDArray[np.int32]
Singles = NDArray[np.float32]


@_kernel
def side(x: float, y: float, begin: int, count: int, plane: Floats) -> int:
    """1: in the ring that begins there on the plane, 0: out, -1: within SURE_M of an edge.

    plane: the ring's x, the first again behind the last, then its y likewise, then one over the
    square of the length of the edge that begins there.
    """
    crossed = np.uint64(0)
    close = np.uint64(0)
    at_y = np.uintp(count + 1)
    at_inverse = np.uintp(2 * (count + 1))
    one = np.uintp(1)
    for k in range(np.uintp(begin), np.uintp(begin + count)):
        x0 = plane[k] - x
        y0 = plane[k + at_y] - y
        x1 = plane[k + one] - x
        y1 = plane[k + at_y + one] - y
        ux = x1 - x0
        uy = y1 - y0
        t = -(x0 * ux + y0 * uy) * plane[k + at_inverse]
        t = 0.0 if t < 0.0 else t
        t = 1.0 if t > 1.0 else t
        dx = x0 + t * ux
        dy = y0 + t * uy
        close += np.uint64(dx * dx + dy * dy <= SURE_M * SURE_M)
        crossed += np.uint64(((y0 > 0) != (y1 > 0)) & ((x1 * y0 < x0 * y1) != (y0 > y1)))
    return -1 if close > 0 else int(crossed) & 1


@_kernel.inlined
def rough_count(count: int) -> int:
    """How many edges a ring has in float32: whole blocks, filled up with its first point."""
    return -(-count // ROUGH_BLOCK) * ROUGH_BLOCK


@_kernel.inlined
def rough_side(
    x: np.float32, y: np.float32, sure_m: np.float32, begin: int, count: int, rough: Singles
) -> int:
    """As side, in float32, and -1 where the point may be within sure_m of an edge.

    rough: x, the first again behind the last, then y likewise; count: that of rough_count.
    """
    crossed = False
    close = False
    at_y = np.uintp(count + 1)
    one = np.uintp(1)
    zero = np.float32(0.0)
    twice_m = np.float32(2.0) * sure_m
    for block in range(np.uintp(begin), np.uintp(begin + count), np.uintp(ROUGH_BLOCK)):
        for j in range(np.uintp(ROUGH_BLOCK)):
            k = block + j
            x0 = rough[k] - x
            y0 = rough[k + at_y] - y
            x1 = rough[k + one] - x
            y1 = rough[k + at_y + one] - y
            ux = x1 - x0
            uy = y1 - y0
            cross = x1 * y0 - x0 * y1
            size = abs(ux) + abs(uy)
            # In the edge's box, and near its line: more than is within sure_m, and no division.
            close |= (
                (abs(x0 + x1) <= abs(ux) + twice_m)
                & (abs(y0 + y1) <= abs(uy) + twice_m)
                & (abs(cross) <= sure_m * (size + sure_m))
            )
            crossed ^= ((y0 > zero) != (y1 > zero)) & ((cross < zero) != (uy < zero))
    return -1 if close else (1 if crossed else 0)


@_kernel.inlined
def side_of(area: Any, plane: Floats, rough: Singles, dx: float, dy: float, dz: float) -> int:
    """As side, of a point that stands so far from the middle of an area's ball."""
    x = area.east_x * dx + area.east_y * dy + area.east_z * dz
    y = area.north_x * dx + area.north_y * dy + area.north_z * dz
    told = rough_side(
        np.float32(x), np.float32(y), np.float32(SURE_M + ROUGH * area.reach_m),
        area.rough, rough_count(area.pieces), rough,
    )  # fmt: skip
    return side(x, y, area.plane, area.pieces, plane) if told < 0 else told


@_kernel
def is_in(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    scratch: Slots, x: float, y: float, z: float,
) -> bool:  # fmt: skip
    """Likewise where it is to be asked: on the plane, then by the exact distance."""
    if area.plane >= 0:
        told = side_of(area, plane, rough, x - area.x, y - area.y, z - area.z)
        if told >= 0:
            return told == 1
    return distance_m(area, shape, points, blocks, plane, rough, scratch, x, y, z) <= EDGE_ERROR_M


@_kernel
def distance_m(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    scratch: Slots, x: float, y: float, z: float,
) -> float:  # fmt: skip
    """From a surface point to the footprint along the ellipsoid, 0 inside. scratch: room for two
    numbers for each piece of rough_count.
    """
    if shape.count == 0:
        length = geodesic_length(x, y, z, shape.x, shape.y, shape.z)
        length = FAR_M if math.isnan(length) else length
        return max(0.0, length - shape.radius_m)
    if area.plane >= 0:
        near_m = near_distance_m(area, points, plane, rough, scratch, x, y, z, True)  # noqa: FBT003
        if near_m >= 0.0:
            return near_m
    dx = x - area.x
    dy = y - area.y
    dz = z - area.z
    if dx * dx + dy * dy + dz * dz < area.inner_m * area.inner_m or encloses(
        shape, points, blocks, x, y, z
    ):
        return 0.0
    length = to_boundary(x, y, z, shape, points, blocks, math.inf)
    return FAR_M if math.isnan(length) else length


@_kernel.inlined
def near_distance_m(
    area: Any, points: Floats, plane: Floats, rough: Singles, scratch: Slots,
    x: float, y: float, z: float,
    may_be_in: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
) -> float:  # fmt: skip
    """As distance_m, of a ring on a plane; -1 where it is not to be told by that. may_be_in: False
    where the point is known to be out, or no farther in than does not matter.
    """
    dx = x - area.x
    dy = y - area.y
    dz = z - area.z
    square = dx * dx + dy * dy + dz * dz
    if math.sqrt(square) + area.reach_m >= SHORT_M - 1.0:
        return -1.0
    if square < area.inner_m * area.inner_m:
        return 0.0
    if may_be_in and square <= area.reach_m * area.reach_m:
        told = side_of(area, plane, rough, dx, dy, dz)
        if told != 0:
            return 0.0 if told == 1 else -1.0
    return _nearest_m(area, points, rough, scratch, x, y, z)


@_kernel.inlined
def _squares(
    x: np.float32, y: np.float32, begin: int, count: int, rough: Singles, scratch: Slots
) -> int:
    """The squares of the distances to the edges of a ring in float32, in m2, rounded down, into
    scratch; the least of them. count: that of rough_count. No distance is of SHORT_M or more.
    """
    least = np.int32(0x7FFFFFFF)
    at_y = np.uintp(count + 1)
    one = np.uintp(1)
    first = np.uintp(begin)
    zero = np.float32(0.0)
    unit = np.float32(1.0)
    tiny = np.float32(1e-6)  # an edge may be of no length
    for i in range(np.uintp(count)):
        k = first + i
        x0 = rough[k] - x
        y0 = rough[k + at_y] - y
        ux = rough[k + one] - x - x0
        uy = rough[k + at_y + one] - y - y0
        t = -(x0 * ux + y0 * uy) / (ux * ux + uy * uy + tiny)
        t = t if t > zero else zero
        t = t if t < unit else unit
        dx = x0 + t * ux
        dy = y0 + t * uy
        square = np.int32(dx * dx + dy * dy)
        scratch[i] = square
        least = square if square < least else least
    return int(least)


@_kernel.inlined
def _nearest_m(
    area: Any, points: Floats, rough: Singles, scratch: Slots, x: float, y: float, z: float
) -> float:
    """From a surface point to the nearest piece, all of them within SHORT_M of the middle."""
    count = area.pieces
    padded = rough_count(count)
    dx = x - area.x
    dy = y - area.y
    dz = z - area.z
    at_x = area.east_x * dx + area.east_y * dy + area.east_z * dz
    at_y = area.north_x * dx + area.north_y * dy + area.north_z * dz
    least = _squares(np.float32(at_x), np.float32(at_y), area.rough, padded, rough, scratch)
    # The least and the nearest one's own may be off by ROUGH each.
    off_m = NEAR_ERROR_M + 2 * ROUGH * (abs(at_x) + abs(at_y) + area.reach_m)
    limit_m = math.sqrt(least + 1) * (1.0 + STRETCH) + off_m
    limit = int(limit_m * limit_m) + 1
    # No branch: which of them are near cannot be foreseen.
    near = 0
    for i in range(count):
        scratch[padded + near] = i
        near += int(scratch[i] <= limit)
    best = math.inf
    for n in range(near):
        i = int(scratch[padded + n])
        k = area.point + i
        j = area.point + (i + 1 if i + 1 < count else 0)
        length = to_piece(
            x, y, z,
            points[k, 0], points[k, 1], points[k, 2],
            points[j, 0], points[j, 1], points[j, 2],
        )  # fmt: skip
        best = length if length < best else best
    return best


@_kernel.inlined
def misses(
    x: Any, y: Any, ux: Any, uy: Any, half_m: Any, wide_m: Any,
    begin: int, count: int, plane: Any,
) -> bool:  # fmt: skip
    """Is the strip of a straight way on the plane, half_m to either side of there along the unit
    (ux, uy) and wide_m about it, surely away from a ring and not in it? In the precision that the
    ring and the numbers have; wide_m and half_m have room for it.
    """
    met = np.uint32(0)
    crossed = np.uint32(0)
    long_m = half_m + half_m
    across_m = wide_m + wide_m
    at_y = np.uintp(count + 1)
    one = np.uintp(1)
    for k in range(np.uintp(begin), np.uintp(begin + count)):
        x0 = plane[k] - x
        y0 = plane[k + at_y] - y
        x1 = plane[k + one] - x
        y1 = plane[k + at_y + one] - y
        is_level = (plane[k + at_y] > y) != (plane[k + at_y + one] > y)
        crossed += np.uint32(is_level & ((x1 * y0 < x0 * y1) != (y0 > y1)))
        # Along and across the strip, twice; the edge and the strip's box have an axis between them
        # or not.
        a = (x0 + x1) * ux + (y0 + y1) * uy
        b = (y0 + y1) * ux - (x0 + x1) * uy
        da = (x1 - x0) * ux + (y1 - y0) * uy
        db = (y1 - y0) * ux - (x1 - x0) * uy
        along = abs(a) <= long_m + abs(da)
        across = abs(b) <= across_m + abs(db)
        askew = abs(a * db - b * da) <= long_m * abs(db) + across_m * abs(da)
        met += np.uint32(along & across & askew)
    return int(met) == 0 and int(crossed) & 1 == 0


@_kernel.inlined
def grounded(x: float, y: float, z: float) -> tuple[float, float, float]:
    """The point of the ellipsoid at the geodetic latitude and longitude that a point within
    metres of it has, as :func:`wideberth.watch.paths.geodetic_deg` says them.
    """
    out = math.sqrt(x * x + y * y)
    level = (1.0 - E2) * out
    size = math.sqrt(z * z + level * level)
    sin_phi = z / size
    cos_phi = level / size
    prime_m = A_M / math.sqrt(1.0 - E2 * sin_phi * sin_phi)
    if out <= 0.0:
        return 0.0, 0.0, prime_m * (1.0 - E2) * sin_phi
    scale = prime_m * cos_phi / out
    return x * scale, y * scale, prime_m * (1.0 - E2) * sin_phi


@_kernel.inlined
def above(std_m: float, w84_m: float, limit_std_m: float, limit_w84_m: float) -> tuple[float, bool]:
    """How far a track is above a limit; whether pressure stood in (zones._above_m, for one)."""
    over_m = std_m - limit_std_m
    if math.isnan(over_m):
        over_m = w84_m - limit_w84_m
    if not math.isnan(over_m):
        return over_m, False
    return std_m - limit_w84_m, True


@_kernel.inlined
def in_height(area: Any, std_m: float, w84_m: float) -> bool:
    """Is a height not surely out of the band: unknown, or of another reference, is in."""
    over_m, mixed = above(std_m, w84_m, area.lower_std_m, area.lower_w84_m)
    if not mixed and over_m < 0:
        return False
    over_m, mixed = above(std_m, w84_m, area.upper_std_m, area.upper_w84_m)
    return mixed or not over_m > 0
