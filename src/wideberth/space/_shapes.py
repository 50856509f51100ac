"""Kernels: from a footprint to the arrays that every other kernel works on.

A *shape* is one footprint. A circle is a centre and a radius. A polygon is a closed chain of
*pieces*: its geodesic edges, cut so that none is longer than PIECE_M, each the straight chord
between two points of the geodesic, read as lifted onto the ellipsoid. A piece so read leaves its
geodesic by less than 1.1 mm: read from the earth's centre (as the topology does), by its sagitta
``s**2 / 8R`` times the angle between the centre's direction and the normal, 0.00336 rad at most;
read along the normal (as distances do), by nanometres.

Pieces stand in *blocks* of BLOCK in a row, each with a ball around it, so that those far away
are passed over together.

A *row* holds what is asked of a volume first: when, how high, and a ball around it. It is 64
bytes, one line of the cache.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._ellipsoid import (
    FAR_M,
    determinant,
    direct,
    inverse,
    onto_surface,
    to_ecef,
)
from wideberth.space._jit import kernel, record_dtype

PIECE_M = 4_000.0
SAG_M = 0.33  # how far a piece of PIECE_M lies below the surface, at most: s**2 / 8R
BLOCK = 16
MAX_PIECES = 120_000  # of one ring: ten times round the earth, and the vertices
INNER_M = 5_000.0  # no inner radius is larger: two of them then lie near one plane
INNER_PIECES = 40  # a ring of more has none
WIDE_M = 8_500_000.0  # a ball of more than this is no longer surely within a hemisphere
WHOLE_EARTH_M = 6_378_200.0  # a ball of this radius around the earth's centre holds everything

# Bits of row["references"]: the reference of the lower limit, of the upper, and whether each
# is known above the ellipsoid.
REFERENCE_MASK = 3
UPPER_SHIFT = 2
LOWER_KNOWN = 16
UPPER_KNOWN = 32

ROW = record_dtype(
    [
        ("start_us", np.int64),
        ("end_us", np.int64),
        ("x", np.float32),  # centre of the ball, ECEF m
        ("y", np.float32),
        ("z", np.float32),
        ("reach_m", np.float32),  # radius of the ball, rounded up past the rounding of its centre
        ("lower_mm", np.int32),  # in the reference it was given in
        ("upper_mm", np.int32),
        ("lower_w84_mm", np.int32),  # at the lowest, above the ellipsoid
        ("upper_w84_mm", np.int32),  # at the highest
        ("references", np.int16),
        ("inner_dm", np.uint16),  # surface points with a chord this long to the centre are inside
        ("bucket", np.int32),  # the index's: where the row is filed, -1 where it is free
        ("next", np.int32),  # the index's: the next row in the bucket, or -1
        ("previous", np.int32),
    ]
)
SHAPE = record_dtype(
    [
        ("x", np.float64),  # centre of the ball; of a circle, its centre
        ("y", np.float64),
        ("z", np.float64),
        ("reach_m", np.float64),
        ("radius_m", np.float64),  # -1: a polygon
        ("first", np.int64),  # its first point in the array of points
        ("count", np.int64),  # pieces; 0: a circle
        ("block", np.int64),  # its first block in the array of blocks
        ("reference_x", np.float64),  # a point whose side is known
        ("reference_y", np.float64),
        ("reference_z", np.float64),
        ("reference_inside", np.int64),
        ("opposite_inside", np.int64),  # the side of the reference's antipode, where it is used
        ("wide", np.int64),  # 1: not surely within a hemisphere
    ]
)

Points = NDArray[np.float64]  # (n, 3), ECEF m
Records = Any  # an array of ROW or of SHAPE; NumPy's types know no fields
ROUNDING_M = 1.0  # of a centre in float32: 0.45 m at most, and of its use


@kernel
def count_pieces(vertices: Points, first: int, count: int) -> int:
    """How many pieces the ring of these vertices has."""
    total = 0
    for i in range(first, first + count):
        j = i + 1 if i + 1 < first + count else first
        total += _pieces_between(vertices, i, j)
    return total


@kernel
def _pieces_between(vertices: Points, i: int, j: int) -> int:
    dx = vertices[j, 0] - vertices[i, 0]
    dy = vertices[j, 1] - vertices[i, 1]
    dz = vertices[j, 2] - vertices[i, 2]
    chord = math.sqrt(dx * dx + dy * dy + dz * dz)
    if chord <= PIECE_M:
        return 1
    # The angle over a chord, on the smaller sphere: never shorter than the edge.
    return int(math.ceil(12_756_274.0 * math.asin(min(1.0, chord / 12_713_504.0)) / PIECE_M))


@kernel
def cut_ring(vertices: Points, first: int, count: int, points: Points, at: int) -> bool:
    """Write the points of the pieces from row `at` on. False where an edge is nearly half round."""
    k = at
    for i in range(first, first + count):
        j = i + 1 if i + 1 < first + count else first
        pieces = _pieces_between(vertices, i, j)
        points[k, 0] = vertices[i, 0]
        points[k, 1] = vertices[i, 1]
        points[k, 2] = vertices[i, 2]
        k += 1
        if pieces > 1:
            length, azimuth, _ = inverse(
                vertices[i, 0],
                vertices[i, 1],
                vertices[i, 2],
                vertices[j, 0],
                vertices[j, 1],
                vertices[j, 2],
            )
            if not length < FAR_M:
                return False
            for part in range(1, pieces):
                x, y, z = direct(
                    vertices[i, 0],
                    vertices[i, 1],
                    vertices[i, 2],
                    azimuth,
                    length * part / pieces,
                )
                points[k, 0] = x
                points[k, 1] = y
                points[k, 2] = z
                k += 1
    return True


@kernel
def enclose(points: Points, first: int, count: int, shape: Any) -> None:
    """Set the shape's ball: every point of a polygon with these points is in it."""
    lo_x = hi_x = points[first, 0]
    lo_y = hi_y = points[first, 1]
    lo_z = hi_z = points[first, 2]
    for i in range(first + 1, first + count):
        lo_x = min(lo_x, points[i, 0])
        hi_x = max(hi_x, points[i, 0])
        lo_y = min(lo_y, points[i, 1])
        hi_y = max(hi_y, points[i, 1])
        lo_z = min(lo_z, points[i, 2])
        hi_z = max(hi_z, points[i, 2])
    x = (lo_x + hi_x) / 2
    y = (lo_y + hi_y) / 2
    z = (lo_z + hi_z) / 2
    most = 2.0e14
    if x * x + y * y + z * z > 1e10:  # else so spread out that no direction is the middle
        x, y, z = onto_surface(x, y, z)
        most = 0.0
        for i in range(first, first + count):
            dx = points[i, 0] - x
            dy = points[i, 1] - y
            dz = points[i, 2] - z
            most = max(most, dx * dx + dy * dy + dz * dz)
    # Half a metre: a piece may leave the ball by its sagitta.
    reach = math.sqrt(most) + 0.5
    if reach < WIDE_M:
        # The ring lies in a cap smaller than half the earth, so its smaller side does too.
        shape.x = x
        shape.y = y
        shape.z = z
        shape.reach_m = reach
        shape.wide = 0
    else:
        shape.x = 0.0
        shape.y = 0.0
        shape.z = 0.0
        shape.reach_m = WHOLE_EARTH_M
        shape.wide = 1


@kernel
def set_reference_outside(shape: Any) -> None:
    """Set the reference point of a shape within a hemisphere: somewhere outside its ball."""
    x, y, z = shape.x, shape.y, shape.z
    # A tangent: along whichever axis the direction is least along.
    if abs(x) <= abs(y) and abs(x) <= abs(z):
        tx, ty, tz = 0.0, z, -y
    elif abs(y) <= abs(z):
        tx, ty, tz = -z, 0.0, x
    else:
        tx, ty, tz = y, -x, 0.0
    size = math.sqrt(x * x + y * y + z * z)
    scale = size / math.sqrt(tx * tx + ty * ty + tz * tz)
    angle = 2.05 * math.asin(min(1.0, shape.reach_m / (2 * 6_350_000.0))) + 1e-7
    c = math.cos(angle)
    s = math.sin(angle) * scale
    shape.reference_x, shape.reference_y, shape.reference_z = onto_surface(
        x * c + tx * s, y * c + ty * s, z * c + tz * s
    )
    shape.reference_inside = 0
    shape.opposite_inside = 0


@kernel
def set_blocks(points: Points, shape: Any, blocks: Points) -> None:
    """Set the balls around the shape's blocks of pieces, with the surface above them."""
    first = shape.first
    count = shape.count
    for b in range((count + BLOCK - 1) // BLOCK):
        begin = b * BLOCK
        end = min(count, begin + BLOCK)
        x = y = z = 0.0
        for i in range(begin, end + 1):
            k = first + (i if i < count else 0)
            x += points[k, 0]
            y += points[k, 1]
            z += points[k, 2]
        n = end + 1 - begin
        x /= n
        y /= n
        z /= n
        most = 0.0
        for i in range(begin, end + 1):
            k = first + (i if i < count else 0)
            dx = points[k, 0] - x
            dy = points[k, 1] - y
            dz = points[k, 2] - z
            most = max(most, dx * dx + dy * dy + dz * dz)
        row = shape.block + b
        blocks[row, 0] = x
        blocks[row, 1] = y
        blocks[row, 2] = z
        blocks[row, 3] = math.sqrt(most) + SAG_M + 0.01


@kernel
def set_circle(shape: Any, latitude_deg: float, longitude_deg: float, radius_m: float) -> None:
    """A circle's shape: a chord is never longer than its geodesic, so the radius is its ball."""
    x, y, z = to_ecef(latitude_deg, longitude_deg)
    shape.x = x
    shape.y = y
    shape.z = z
    shape.radius_m = radius_m
    shape.reach_m = min(radius_m + 0.01, 2 * WHOLE_EARTH_M)
    shape.count = 0
    shape.wide = 0


@kernel
def set_row_ball(row: Any, shape: Any) -> None:
    """Copy the shape's ball to its row, grown by what single precision may take away."""
    row.x = np.float32(shape.x)
    row.y = np.float32(shape.y)
    row.z = np.float32(shape.z)
    row.reach_m = np.float32(shape.reach_m * (1 + 2e-7) + ROUNDING_M)


@kernel
def inner_radius(shape: Any, points: Points, blocks: Points) -> float:
    """A radius around the shape's centre within which all of the surface is inside, m; or 0.

    Of a ring it is the least distance from the centre to its straight pieces, less what a piece
    may be lifted: nothing of the boundary is nearer, so the whole disc is on the centre's side.
    """
    if shape.count == 0:
        return float(min(shape.radius_m, INNER_M))
    if shape.wide == 1 or shape.reach_m > INNER_M or shape.count > INNER_PIECES:
        return 0.0
    nearest = math.inf
    last = shape.first + shape.count - 1
    qx = points[last, 0] - shape.x
    qy = points[last, 1] - shape.y
    qz = points[last, 2] - shape.z
    for i in range(shape.first, last + 1):
        ex = points[i, 0] - shape.x
        ey = points[i, 1] - shape.y
        ez = points[i, 2] - shape.z
        ux = ex - qx
        uy = ey - qy
        uz = ez - qz
        size = ux * ux + uy * uy + uz * uz
        t = -(qx * ux + qy * uy + qz * uz) / size if size > 0 else 0.0
        t = 0.0 if t < 0 else (1.0 if t > 1 else t)
        dx = qx + t * ux
        dy = qy + t * uy
        dz = qz + t * uz
        square = dx * dx + dy * dy + dz * dz
        nearest = nearest if nearest < square else square
        qx = ex
        qy = ey
        qz = ez
    room = math.sqrt(nearest) - SAG_M - 0.01
    if room > 0 and encloses(shape, points, blocks, shape.x, shape.y, shape.z):
        return room
    return 0.0


@kernel
def count_points(
    positions_nd: NDArray[np.int64], starts: NDArray[np.int64], radii_m: Points
) -> tuple[NDArray[np.float64], NDArray[np.int64], int, int]:
    """ECEF vertices; pieces of each footprint (0: a circle); pieces and blocks in all.

    positions_nd: (n, 2); starts: (m + 1,), where each footprint's positions begin; radii_m: (m,),
    negative for a polygon.
    """
    vertices = np.empty((positions_nd.shape[0], 3))
    for i in range(positions_nd.shape[0]):
        x, y, z = to_ecef(positions_nd[i, 0] / 1e9, positions_nd[i, 1] / 1e9)
        vertices[i, 0] = x
        vertices[i, 1] = y
        vertices[i, 2] = z
    m = radii_m.shape[0]
    counts = np.zeros(m, np.int64)
    total = 0
    blocks = 0
    for k in range(m):
        if radii_m[k] < 0:
            counts[k] = count_pieces(vertices, starts[k], starts[k + 1] - starts[k])
            total += counts[k]
            blocks += (counts[k] + BLOCK - 1) // BLOCK
    return vertices, counts, total, blocks


@kernel
def build(
    positions_nd: NDArray[np.int64],
    starts: NDArray[np.int64],
    radii_m: Points,
    rows: Records,
    shapes: Records,
) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """Fill shapes, and the balls of rows; the points and blocks they name are returned.

    First of the answer: -1, or the first footprint that has too many pieces or a nearly
    antipodal edge. Wide rings are left without a reference: set_reference_wide does those.
    """
    vertices, counts, total, block_total = count_points(positions_nd, starts, radii_m)
    nothing = np.empty((0, 3))
    for k in range(counts.shape[0]):
        if counts[k] > MAX_PIECES:
            return k, nothing, np.empty((0, 4))
    points = np.empty((total, 3))
    blocks = np.empty((block_total, 4))
    at: Any = np.int64(0)  # a literal would compile what is called once more
    block = 0
    for k in range(counts.shape[0]):
        shape = shapes[k]
        if radii_m[k] >= 0:
            p = starts[k]
            set_circle(shape, positions_nd[p, 0] / 1e9, positions_nd[p, 1] / 1e9, radii_m[k])
        else:
            if not cut_ring(vertices, starts[k], starts[k + 1] - starts[k], points, at):
                return k, nothing, np.empty((0, 4))
            shape.radius_m = -1.0
            shape.first = at
            shape.count = counts[k]
            shape.block = block
            enclose(points, at, counts[k], shape)
            set_blocks(points, shape, blocks)
            if shape.wide == 0:
                set_reference_outside(shape)
            at += counts[k]
            block += (counts[k] + BLOCK - 1) // BLOCK
        set_row_ball(rows[k], shape)
        rows[k].inner_dm = np.uint16(inner_radius(shape, points, blocks) * 10.0)
    return -1, points, blocks


@kernel
def crossings(
    x: float,
    y: float,
    z: float,
    rx: float,
    ry: float,
    rz: float,
    first: int,
    count: int,
    block: int,
    points: Points,
    blocks: Points,
    skipped: int,
) -> int:
    """How many pieces the arc of a great circle from the first point to the second crosses.

    The arc is less than half round. A point exactly on the circle counts as left of it, for both
    pieces that meet there, so a chain is crossed the right number of times. skipped: a piece to
    leave out, or -1.
    """
    # The plane through the earth's centre and both points; blocks that it misses are passed over.
    dx = rx - x
    dy = ry - y
    dz = rz - z
    nx = y * dz - z * dy
    ny = z * dx - x * dz
    nz = x * dy - y * dx
    size = math.sqrt(nx * nx + ny * ny + nz * nz)
    mx = x + rx
    my = y + ry
    mz = z + rz
    crossed = 0
    for b in range((count + BLOCK - 1) // BLOCK):
        row = block + b
        off = blocks[row, 0] * nx + blocks[row, 1] * ny + blocks[row, 2] * nz
        # A centimetre for the rounding of a short arc's plane.
        if abs(off) > (blocks[row, 3] + 0.01) * size + 1e-3:
            continue
        begin = b * BLOCK
        end = min(count, begin + BLOCK)
        k = first + begin
        left = determinant(x, y, z, rx, ry, rz, points[k, 0], points[k, 1], points[k, 2]) >= 0
        for i in range(begin, end):
            k = first + i
            j = first + (i + 1 if i + 1 < count else 0)
            was_left = left
            left = determinant(x, y, z, rx, ry, rz, points[j, 0], points[j, 1], points[j, 2]) >= 0
            if left == was_left or i == skipped:
                continue
            if points[k, 0] * mx + points[k, 1] * my + points[k, 2] * mz <= 0:
                continue  # on the far side of the earth
            near = determinant(
                points[k, 0], points[k, 1], points[k, 2],
                points[j, 0], points[j, 1], points[j, 2],
                x, y, z,
            ) >= 0  # fmt: skip
            far = determinant(
                points[k, 0], points[k, 1], points[k, 2],
                points[j, 0], points[j, 1], points[j, 2],
                rx, ry, rz,
            ) >= 0  # fmt: skip
            if near != far:
                crossed += 1
    return crossed


@kernel
def set_reference_wide(shape: Any, points: Points, blocks: Points, left_inside: bool) -> None:
    """Set the reference of a ring that may reach round the earth.

    left_inside: the smaller side is left of the edges. A point's side follows from where the
    arc from it to the middle of one piece comes in, and what it crossed on the way.
    """
    first = shape.first
    longest = 0
    most = -1.0
    for i in range(shape.count):
        k = first + i
        j = first + (i + 1 if i + 1 < shape.count else 0)
        dx = points[j, 0] - points[k, 0]
        dy = points[j, 1] - points[k, 1]
        dz = points[j, 2] - points[k, 2]
        size = dx * dx + dy * dy + dz * dz
        if size > most:
            most = size
            longest = i
    k = first + longest
    j = first + (longest + 1 if longest + 1 < shape.count else 0)
    mx = (points[k, 0] + points[j, 0]) / 2
    my = (points[k, 1] + points[j, 1]) / 2
    mz = (points[k, 2] + points[j, 2]) / 2
    mx, my, mz = onto_surface(mx, my, mz)
    # The reference: a quarter round from the middle, square to the piece, on its left.
    dx = points[j, 0] - points[k, 0]
    dy = points[j, 1] - points[k, 1]
    dz = points[j, 2] - points[k, 2]
    rx, ry, rz = onto_surface(my * dz - mz * dy, mz * dx - mx * dz, mx * dy - my * dx)
    shape.reference_x = rx
    shape.reference_y = ry
    shape.reference_z = rz
    crossed = crossings(
        mx, my, mz, rx, ry, rz, first, shape.count, shape.block, points, blocks, longest
    )
    shape.reference_inside = 1 if (crossed % 2 == 0) == left_inside else 0
    crossed = crossings(
        mx, my, mz, -rx, -ry, -rz, first, shape.count, shape.block, points, blocks, longest
    )
    shape.opposite_inside = 0 if (crossed % 2 == 0) == left_inside else 1


@kernel
def encloses(shape: Any, points: Points, blocks: Points, x: float, y: float, z: float) -> bool:
    """Is the surface point in the polygon? Within 1.1 mm of its edges the answer may be wrong."""
    dx = x - shape.x
    dy = y - shape.y
    dz = z - shape.z
    if dx * dx + dy * dy + dz * dz > shape.reach_m * shape.reach_m:
        return False
    rx, ry, rz = shape.reference_x, shape.reference_y, shape.reference_z
    inside = shape.reference_inside
    if shape.wide == 1 and x * rx + y * ry + z * rz < 0:
        rx, ry, rz = -rx, -ry, -rz
        inside = shape.opposite_inside
    crossed = crossings(
        x, y, z, rx, ry, rz, shape.first, shape.count, shape.block, points, blocks, -1
    )
    return (inside + crossed) % 2 == 1
