"""Kernels: how far apart two footprints are on the ellipsoid.

A distance from here is off by less than ERROR_M. Where it comes from:

* *near* (all of both shapes within NEAR_M / 2 of the middle between them): both are dropped onto
  the plane that touches the ellipsoid there. At rho from where it touches, lengths shrink by at
  most ``rho**2 / 2R**2``: with rho <= 5 km, by 0.32 um per m, 3.2 mm at 10 km. An edge of 4 km
  bends by ``s**2 rho / 8R**2``, 0.3 mm.
* else pieces against pieces, blocks of them passed over by their balls. The point of a piece
  nearest to a vertex is found along its chord and lifted onto the ellipsoid; the length is
  short_length of the chord up to 40 km (0.8 mm), and beyond it Vincenty's, along the piece to
  where the geodesic meets it square.

The least distance between two chains that do not cross is always found at an end of a piece: on a
surface of positive curvature the distance between two geodesics has no interior minimum
(second variation; both ends can slide so that the connecting geodesic gets shorter).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._ellipsoid import (
    FAR_M,
    MEAN_RADIUS,
    SHORT_M,
    A,
    B,
    determinant,
    geodesic_length,
    inverse,
    least_length,
    lift,
    most_length,
    short_length,
)
from wideberth.space._jit import kernel
from wideberth.space._shapes import BLOCK, PIECE_M, SAG_M, Points, encloses

ERROR_M = 0.004
NEAR_M = 10_000.0
NEAR_PIECES = 40  # more than this on both sides, and blocks are quicker than all against all
SCRATCH = 4 * (NEAR_PIECES + 1)

Scratch = NDArray[np.float64]  # (SCRATCH,): the near test's plane coordinates


@kernel
def arrival(
    px: float, py: float, pz: float, x: float, y: float, z: float, ux: float, uy: float, uz: float
) -> tuple[float, float]:
    """Length of the geodesic from p to the point, and its growth along u there (times |u|)."""
    length, _, azimuth = inverse(px, py, pz, x, y, z)
    lam = math.atan2(y, x)
    sin_lam = math.sin(lam)
    cos_lam = math.cos(lam)
    # The normal's latitude, from the point's own: tan(phi) = (a / b) tan(U).
    north = z * A * A / (B * B)
    out = math.hypot(x, y)
    size = math.hypot(north, out)
    sin_phi = north / size
    cos_phi = out / size
    east_rate = -sin_lam * ux + cos_lam * uy
    north_rate = -sin_phi * (cos_lam * ux + sin_lam * uy) + cos_phi * uz
    return length, math.sin(azimuth) * east_rate + math.cos(azimuth) * north_rate


@kernel
def _far_to_piece(
    px: float,
    py: float,
    pz: float,
    qx: float,
    qy: float,
    qz: float,
    ux: float,
    uy: float,
    uz: float,
) -> float:
    """From a point to a piece from q along u, over 40 km away. NaN where nearly antipodal."""
    length0, rate0 = arrival(px, py, pz, qx, qy, qz, ux, uy, uz)
    length1, rate1 = arrival(px, py, pz, qx + ux, qy + uy, qz + uz, ux, uy, uz)
    best = min(length0, length1)
    if not (rate0 < 0 and rate1 > 0):
        return best if best == best else math.nan
    t0 = 0.0
    t1 = 1.0
    for _ in range(3):
        t = t0 + (t1 - t0) * rate0 / (rate0 - rate1)
        x, y, z = lift(qx + t * ux, qy + t * uy, qz + t * uz)
        length, rate = arrival(px, py, pz, x, y, z, ux, uy, uz)
        best = min(best, length)
        if rate < 0:
            t0 = t
            rate0 = rate
        elif rate > 0:
            t1 = t
            rate1 = rate
        if abs(rate) < 1e-3 or rate0 >= rate1:
            break
    return best


@kernel
def chord_to_piece(
    px: float,
    py: float,
    pz: float,
    qx: float,
    qy: float,
    qz: float,
    ex: float,
    ey: float,
    ez: float,
) -> float:
    """Chord from a surface point p to the piece from q to e, lifted onto the ellipsoid; m."""
    ux = ex - qx
    uy = ey - qy
    uz = ez - qz
    wx = px - qx
    wy = py - qy
    wz = pz - qz
    size = ux * ux + uy * uy + uz * uz
    t = 0.0
    if size > 0:
        t = (wx * ux + wy * uy + wz * uz) / size
        t = 0.0 if t < 0 else (1.0 if t > 1 else t)
    x, y, z = lift(qx + t * ux, qy + t * uy, qz + t * uz)
    dx = x - px
    dy = y - py
    dz = z - pz
    return math.sqrt(dx * dx + dy * dy + dz * dz)


@kernel
def to_piece(
    px: float,
    py: float,
    pz: float,
    qx: float,
    qy: float,
    qz: float,
    ex: float,
    ey: float,
    ez: float,
) -> float:
    """Length from a surface point p to the piece from q to e, m. NaN where nearly antipodal."""
    chord = chord_to_piece(px, py, pz, qx, qy, qz, ex, ey, ez)
    if chord < SHORT_M:
        return short_length(chord)
    return _far_to_piece(px, py, pz, qx, qy, qz, ex - qx, ey - qy, ez - qz)


@kernel
def to_boundary(
    px: float, py: float, pz: float, shape: Any, points: Points, blocks: Points, limit: float
) -> float:
    """Length from a surface point to a polygon's edges; infinity where it is over the limit.

    NaN where it is over FAR_M and within the limit.
    """
    first = shape.first
    count = shape.count
    best = limit
    if limit > 1000.0:  # then a bound from above saves work
        for b in range((count + BLOCK - 1) // BLOCK):
            k = first + b * BLOCK
            dx = points[k, 0] - px
            dy = points[k, 1] - py
            dz = points[k, 2] - pz
            best = min(best, most_length(math.sqrt(dx * dx + dy * dy + dz * dz)) + 0.001)
    found = math.inf
    doubtful = False
    for b in range((count + BLOCK - 1) // BLOCK):
        row = shape.block + b
        dx = blocks[row, 0] - px
        dy = blocks[row, 1] - py
        dz = blocks[row, 2] - pz
        apart = math.sqrt(dx * dx + dy * dy + dz * dz) - blocks[row, 3]
        if apart > 0 and least_length(apart) > best:
            continue
        for i in range(b * BLOCK, min(count, (b + 1) * BLOCK)):
            k = first + i
            j = first + (i + 1 if i + 1 < count else 0)
            dx = points[k, 0] - px
            dy = points[k, 1] - py
            dz = points[k, 2] - pz
            apart = math.sqrt(dx * dx + dy * dy + dz * dz) - PIECE_M - SAG_M
            if apart > 0 and least_length(apart) > best:
                continue
            length = to_piece(
                px, py, pz,
                points[k, 0], points[k, 1], points[k, 2],
                points[j, 0], points[j, 1], points[j, 2],
            )  # fmt: skip
            if length != length:
                doubtful = True
            elif length <= best:
                best = length
                found = length
    if doubtful and best > FAR_M:
        return math.nan
    return found


@kernel
def _chains(
    a: Any,
    a_points: Points,
    a_blocks: Points,
    b: Any,
    b_points: Points,
    b_blocks: Points,
    limit: float,
) -> float:
    """Least length between two polygons' edges; 0 where they cross, infinity over the limit."""
    best = limit
    blocks_a = (a.count + BLOCK - 1) // BLOCK
    blocks_b = (b.count + BLOCK - 1) // BLOCK
    if limit > 1000.0:
        for i in range(blocks_a):
            k = a.first + i * BLOCK
            for j in range(blocks_b):
                m = b.first + j * BLOCK
                dx = a_points[k, 0] - b_points[m, 0]
                dy = a_points[k, 1] - b_points[m, 1]
                dz = a_points[k, 2] - b_points[m, 2]
                best = min(best, most_length(math.sqrt(dx * dx + dy * dy + dz * dz)) + 0.001)
    found = math.inf
    doubtful = False
    for i in range(blocks_a):
        row = a.block + i
        for j in range(blocks_b):
            other = b.block + j
            dx = a_blocks[row, 0] - b_blocks[other, 0]
            dy = a_blocks[row, 1] - b_blocks[other, 1]
            dz = a_blocks[row, 2] - b_blocks[other, 2]
            apart = math.sqrt(dx * dx + dy * dy + dz * dz) - a_blocks[row, 3] - b_blocks[other, 3]
            if apart > 0 and least_length(apart) > best:
                continue
            length = _block_pair(a, a_points, i, b, b_points, b_blocks, j, best)
            if length != length:
                doubtful = True
            elif length <= best:
                best = length
                found = length
                if length == 0.0:
                    return 0.0
    if doubtful and best > FAR_M:
        return math.nan
    return found


@kernel
def _block_pair(
    a: Any,
    a_points: Points,
    i: int,
    b: Any,
    b_points: Points,
    b_blocks: Points,
    j: int,
    limit: float,
) -> float:
    best = limit
    found = math.inf
    doubtful = False
    other = b.block + j
    for p in range(i * BLOCK, min(a.count, (i + 1) * BLOCK)):
        k = a.first + p
        n = a.first + (p + 1 if p + 1 < a.count else 0)
        px = a_points[k, 0]
        py = a_points[k, 1]
        pz = a_points[k, 2]
        ex = a_points[n, 0]
        ey = a_points[n, 1]
        ez = a_points[n, 2]
        cx = (px + ex) / 2
        cy = (py + ey) / 2
        cz = (pz + ez) / 2
        half = math.sqrt((px - cx) ** 2 + (py - cy) ** 2 + (pz - cz) ** 2) + SAG_M
        dx = cx - b_blocks[other, 0]
        dy = cy - b_blocks[other, 1]
        dz = cz - b_blocks[other, 2]
        apart = math.sqrt(dx * dx + dy * dy + dz * dz) - half - b_blocks[other, 3]
        if apart > 0 and least_length(apart) > best:
            continue
        for q in range(j * BLOCK, min(b.count, (j + 1) * BLOCK)):
            m = b.first + q
            o = b.first + (q + 1 if q + 1 < b.count else 0)
            qx = b_points[m, 0]
            qy = b_points[m, 1]
            qz = b_points[m, 2]
            fx = b_points[o, 0]
            fy = b_points[o, 1]
            fz = b_points[o, 2]
            gx = (qx + fx) / 2
            gy = (qy + fy) / 2
            gz = (qz + fz) / 2
            other_half = math.sqrt((qx - gx) ** 2 + (qy - gy) ** 2 + (qz - gz) ** 2) + SAG_M
            apart = math.sqrt((cx - gx) ** 2 + (cy - gy) ** 2 + (cz - gz) ** 2) - half - other_half
            if apart > 0 and least_length(apart) > best:
                continue
            if apart <= 0 and pieces_cross(px, py, pz, ex, ey, ez, qx, qy, qz, fx, fy, fz):
                return 0.0
            # The other two ends are the first ends of the pieces after these.
            length = to_piece(px, py, pz, qx, qy, qz, fx, fy, fz)
            back = to_piece(qx, qy, qz, px, py, pz, ex, ey, ez)
            if length != length or back != back:
                doubtful = True
            if length <= best:
                best = length
                found = length
            if back <= best:
                best = back
                found = back
    if doubtful and best > FAR_M:
        return math.nan
    return found


@kernel
def pieces_cross(
    px: float, py: float, pz: float, ex: float, ey: float, ez: float,
    qx: float, qy: float, qz: float, fx: float, fy: float, fz: float,
) -> bool:  # fmt: skip
    """Do two pieces near each other cross, read from the earth's centre? Touching may be either."""
    q_left = determinant(px, py, pz, ex, ey, ez, qx, qy, qz) >= 0
    f_left = determinant(px, py, pz, ex, ey, ez, fx, fy, fz) >= 0
    if q_left == f_left:
        return False
    p_left = determinant(qx, qy, qz, fx, fy, fz, px, py, pz) >= 0
    e_left = determinant(qx, qy, qz, fx, fy, fz, ex, ey, ez) >= 0
    return p_left != e_left


@kernel
def footprint_distance(
    a: Any,
    a_points: Points,
    a_blocks: Points,
    b: Any,
    b_points: Points,
    b_blocks: Points,
    limit: float,
    scratch: Scratch,
) -> float:
    """Length between two footprints in metres, within ERROR_M; 0 where they overlap.

    Infinity where it is over the limit; NaN where it would take the length between nearly
    antipodal points (over FAR_M) to say.
    """
    dx = b.x - a.x
    dy = b.y - a.y
    dz = b.z - a.z
    chord = math.sqrt(dx * dx + dy * dy + dz * dz)
    reach = a.reach_m + b.reach_m
    if chord - reach > limit:
        return math.inf
    if a.count == 0 and b.count == 0:
        length = geodesic_length(a.x, a.y, a.z, b.x, b.y, b.z) - a.radius_m - b.radius_m
        if length != length:
            return 0.0 if a.radius_m + b.radius_m >= FAR_M + 400_000.0 else math.nan
        if length > limit:
            return math.inf
        return max(0.0, length)
    if (
        chord / 2 + max(a.reach_m, b.reach_m) < NEAR_M / 2
        and a.count <= NEAR_PIECES
        and b.count <= NEAR_PIECES
    ):
        return _near(a, a_points, b, b_points, limit, scratch)
    if a.count == 0:
        return _circle_to_polygon(a, b, b_points, b_blocks, limit)
    if b.count == 0:
        return _circle_to_polygon(b, a, a_points, a_blocks, limit)
    found = _chains(a, a_points, a_blocks, b, b_points, b_blocks, limit)
    if found == 0.0:
        return 0.0
    k = a.first
    if encloses(b, b_points, b_blocks, a_points[k, 0], a_points[k, 1], a_points[k, 2]):
        return 0.0
    k = b.first
    if encloses(a, a_points, a_blocks, b_points[k, 0], b_points[k, 1], b_points[k, 2]):
        return 0.0
    return found


@kernel
def _circle_to_polygon(disc: Any, ring: Any, points: Points, blocks: Points, limit: float) -> float:
    if encloses(ring, points, blocks, disc.x, disc.y, disc.z):
        return 0.0
    length = (
        to_boundary(disc.x, disc.y, disc.z, ring, points, blocks, limit + disc.radius_m + ERROR_M)
        - disc.radius_m
    )
    if length != length:
        return 0.0 if disc.radius_m >= FAR_M + 400_000.0 else math.nan
    if length > limit:
        return math.inf
    return max(0.0, length)


@kernel
def _near(
    a: Any, a_points: Points, b: Any, b_points: Points, limit: float, scratch: Scratch
) -> float:
    """Both footprints dropped onto the plane that touches the ellipsoid between them."""
    ox, oy, oz = lift((a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2)
    # The normal there, and two directions across it.
    nx = ox / (A * A)
    ny = oy / (A * A)
    nz = oz / (B * B)
    scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    nx *= scale
    ny *= scale
    nz *= scale
    if abs(nz) < 0.7:
        scale = 1.0 / math.sqrt(nx * nx + ny * ny)
        ux, uy, uz = -ny * scale, nx * scale, 0.0
    else:
        scale = 1.0 / math.sqrt(ny * ny + nz * nz)
        ux, uy, uz = 0.0, -nz * scale, ny * scale
    vx = ny * uz - nz * uy
    vy = nz * ux - nx * uz
    vz = nx * uy - ny * ux
    if a.count == 0 or b.count == 0:
        disc = a if a.count == 0 else b
        ring = b if a.count == 0 else a
        ring_points = b_points if a.count == 0 else a_points
        for i in range(ring.count):
            k = ring.first + i
            dx = ring_points[k, 0] - disc.x
            dy = ring_points[k, 1] - disc.y
            dz = ring_points[k, 2] - disc.z
            scratch[2 * i] = ux * dx + uy * dy + uz * dz
            scratch[2 * i + 1] = vx * dx + vy * dy + vz * dz
        return _near_disc(ring.count, disc.radius_m, limit, scratch)
    at = 2 * (NEAR_PIECES + 1)
    for i in range(a.count):
        k = a.first + i
        dx = a_points[k, 0] - ox
        dy = a_points[k, 1] - oy
        dz = a_points[k, 2] - oz
        scratch[2 * i] = ux * dx + uy * dy + uz * dz
        scratch[2 * i + 1] = vx * dx + vy * dy + vz * dz
    for i in range(b.count):
        k = b.first + i
        dx = b_points[k, 0] - ox
        dy = b_points[k, 1] - oy
        dz = b_points[k, 2] - oz
        scratch[at + 2 * i] = ux * dx + uy * dy + uz * dz
        scratch[at + 2 * i + 1] = vx * dx + vy * dy + vz * dz
    scratch[2 * a.count] = scratch[0]
    scratch[2 * a.count + 1] = scratch[1]
    scratch[at + 2 * b.count] = scratch[at]
    scratch[at + 2 * b.count + 1] = scratch[at + 1]
    return _near_rings(a.count, b.count, limit, scratch)


@kernel
def _near_disc(count: int, radius: float, limit: float, scratch: Scratch) -> float:
    """From a disc around the plane's origin to a ring."""
    nearest = math.inf
    inside = False
    x0 = scratch[2 * count - 2]
    y0 = scratch[2 * count - 1]
    for i in range(count):
        x1 = scratch[2 * i]
        y1 = scratch[2 * i + 1]
        if (y0 > 0) != (y1 > 0) and (x1 * y0 < x0 * y1) != (y0 > y1):
            inside = not inside
        ux = x1 - x0
        uy = y1 - y0
        size = ux * ux + uy * uy
        t = -(x0 * ux + y0 * uy) / size if size > 0 else 0.0
        t = 0.0 if t < 0 else (1.0 if t > 1 else t)
        dx = x0 + t * ux
        dy = y0 + t * uy
        square = dx * dx + dy * dy
        nearest = nearest if nearest < square else square
        x0 = x1
        y0 = y1
    if inside:
        return 0.0
    # From where the plane touches, a length d was shortened by d**3 / 6R**2, and little else.
    length = math.sqrt(nearest) * (1.0 + nearest / (6.0 * MEAN_RADIUS * MEAN_RADIUS)) - radius
    if length > limit:
        return math.inf
    return max(0.0, length)


@kernel
def _near_rings(count_a: int, count_b: int, limit: float, scratch: Scratch) -> float:
    """Between two rings on the plane; each is closed by its first point again."""
    at = 2 * (NEAR_PIECES + 1)
    lo_x = hi_x = scratch[at]
    lo_y = hi_y = scratch[at + 1]
    for j in range(1, count_b):
        x = scratch[at + 2 * j]
        y = scratch[at + 2 * j + 1]
        lo_x = lo_x if lo_x < x else x
        hi_x = hi_x if hi_x > x else x
        lo_y = lo_y if lo_y < y else y
        hi_y = hi_y if hi_y > y else y
    best = limit
    square = limit * limit
    found = math.inf
    for i in range(count_a):
        px = scratch[2 * i]
        py = scratch[2 * i + 1]
        ex = scratch[2 * i + 2]
        ey = scratch[2 * i + 3]
        least_x = (px if px < ex else ex) - best
        most_x = (px if px > ex else ex) + best
        least_y = (py if py < ey else ey) - best
        most_y = (py if py > ey else ey) + best
        if least_x > hi_x or most_x < lo_x or least_y > hi_y or most_y < lo_y:
            continue
        ax = ex - px
        ay = ey - py
        size_a = ax * ax + ay * ay
        qx = scratch[at]
        qy = scratch[at + 1]
        q_side = ax * (qy - py) - ay * (qx - px)
        for j in range(count_b):
            fx = scratch[at + 2 * j + 2]
            fy = scratch[at + 2 * j + 3]
            f_side = ax * (fy - py) - ay * (fx - px)
            if not (
                (qx > most_x and fx > most_x)
                or (qx < least_x and fx < least_x)
                or (qy > most_y and fy > most_y)
                or (qy < least_y and fy < least_y)
            ):
                bx = fx - qx
                by = fy - qy
                p_side = bx * (py - qy) - by * (px - qx)
                if (q_side >= 0) != (f_side >= 0):
                    e_side = bx * (ey - qy) - by * (ex - qx)
                    if (p_side >= 0) != (e_side >= 0):
                        return 0.0
                # From the first end of each to the other piece.
                dx = px - qx
                dy = py - qy
                size_b = bx * bx + by * by
                t = (dx * bx + dy * by) / size_b if size_b > 0 else 0.0
                t = 0.0 if t < 0 else (1.0 if t > 1 else t)
                ox = dx - t * bx
                oy = dy - t * by
                here = ox * ox + oy * oy
                t = -(dx * ax + dy * ay) / size_a if size_a > 0 else 0.0
                t = 0.0 if t < 0 else (1.0 if t > 1 else t)
                ox = dx + t * ax
                oy = dy + t * ay
                there = ox * ox + oy * oy
                here = here if here < there else there
                if here <= square:
                    square = here
                    best = math.sqrt(here)
                    found = best
            qx = fx
            qy = fy
            q_side = f_side
    if _in_ring(scratch[0], scratch[1], at, count_b, scratch) or _in_ring(
        scratch[at], scratch[at + 1], 0, count_a, scratch
    ):
        return 0.0
    return found


@kernel
def _in_ring(x: float, y: float, at: int, count: int, scratch: Scratch) -> bool:
    inside = False
    x0 = scratch[at] - x
    y0 = scratch[at + 1] - y
    for i in range(1, count + 1):
        x1 = scratch[at + 2 * i] - x
        y1 = scratch[at + 2 * i + 1] - y
        if (y0 > 0) != (y1 > 0) and (x1 * y0 < x0 * y1) != (y0 > y1):
            inside = not inside
        x0 = x1
        y0 = y1
    return inside
