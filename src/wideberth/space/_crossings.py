"""Kernels: does a ring cross or overlap itself? A sweep over its pieces.

Pieces are sorted by where they begin along the direction, of some, in which they overlap least,
and compared while they overlap there. The work is bounded: a ring whose pieces crowd in every
direction is given up as tangled.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._distance import chord_to_piece, pieces_cross
from wideberth.space._ellipsoid import FAR_M, inverse, to_ecef
from wideberth.space._jit import kernel
from wideberth.space._shapes import SAG_M, Points, count_pieces, cut_ring

TOUCH_M = 0.001  # a vertex this close to an edge touches it
OVERLAP_M = 0.005  # edges that touch at two places further apart than this overlap

FINE = 0
CROSSES = 1
OVERLAPS = 2
FOLDS_BACK = 3
TOO_LONG = 4  # an edge nearly half round, or the ring more than ten times round
TANGLED = 5  # so many pieces beside each other that the check would take too long

MOST_COMPARED = 300_000_000  # steps of about a nanosecond


@kernel
def _spread(points: Points, dx: float, dy: float, dz: float) -> float:
    """How many pieces lie beside each other, on average, along a direction."""
    n = points.shape[0]
    lo = math.inf
    hi = -math.inf
    total = 0.0
    before = points[n - 1, 0] * dx + points[n - 1, 1] * dy + points[n - 1, 2] * dz
    for i in range(n):
        here = points[i, 0] * dx + points[i, 1] * dy + points[i, 2] * dz
        total += abs(here - before)
        lo = min(lo, here)
        hi = max(hi, here)
        before = here
    return total / (hi - lo) if hi > lo else math.inf


@kernel
def _sweep_directions(points: Points) -> NDArray[np.float64]:
    """The direction along which fewest pieces lie beside each other, and one across it. (2, 3).

    Tried are sixteen in the plane that touches the middle of the ring, and those along and across
    which its edges run the most.
    """
    n = points.shape[0]
    mx = my = mz = 0.0
    for i in range(n):
        mx += points[i, 0] / n
        my += points[i, 1] / n
        mz += points[i, 2] / n
    size = math.sqrt(mx * mx + my * my + mz * mz)
    if size < 1000.0:  # right round the earth: any plane will do
        mx, my, mz, size = 0.0, 0.0, 1.0, 1.0
    mx /= size
    my /= size
    mz /= size
    if abs(mz) < 0.7:
        scale = 1.0 / math.sqrt(mx * mx + my * my)
        ux, uy, uz = -my * scale, mx * scale, 0.0
    else:
        scale = 1.0 / math.sqrt(my * my + mz * mz)
        ux, uy, uz = 0.0, -mz * scale, my * scale
    vx = my * uz - mz * uy
    vy = mz * ux - mx * uz
    vz = mx * uy - my * ux
    even = odd = 0.0
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        dx = points[j, 0] - points[i, 0]
        dy = points[j, 1] - points[i, 1]
        dz = points[j, 2] - points[i, 2]
        u = ux * dx + uy * dy + uz * dz
        v = vx * dx + vy * dy + vz * dz
        even += u * u - v * v
        odd += 2.0 * u * v
    most_along = math.atan2(odd, even) / 2.0
    best = 0.0
    least = math.inf
    for index in range(18):
        angle = math.pi / 16 * index
        if index >= 16:
            angle = most_along + math.pi / 2 * (index - 16)
        c = math.cos(angle)
        s = math.sin(angle)
        share = _spread(points, c * ux + s * vx, c * uy + s * vy, c * uz + s * vz)
        if share < least:
            least = share
            best = angle
    out = np.empty((2, 3))
    for index in range(2):
        c = math.cos(best + math.pi / 2 * index)
        s = math.sin(best + math.pi / 2 * index)
        out[index, 0] = c * ux + s * vx
        out[index, 1] = c * uy + s * vy
        out[index, 2] = c * uz + s * vz
    return out


@kernel
def _edges_of(vertices: Points, points: Points) -> NDArray[np.int64]:
    """The edge that each piece belongs to."""
    edges = np.empty(points.shape[0], np.int64)
    edge = -1
    for i in range(points.shape[0]):
        following = edge + 1
        if (
            following < vertices.shape[0]
            and points[i, 0] == vertices[following, 0]
            and points[i, 1] == vertices[following, 1]
            and points[i, 2] == vertices[following, 2]
        ):
            edge = following
        edges[i] = edge
    return edges


@kernel
def _nearly_opposite(vertices: Points, i: int) -> bool:
    j = i + 1 if i + 1 < vertices.shape[0] else 0
    length = inverse(
        vertices[i, 0], vertices[i, 1], vertices[i, 2],
        vertices[j, 0], vertices[j, 1], vertices[j, 2],
    )[0]  # fmt: skip
    return not length < FAR_M


@kernel
def inspect_ring(
    positions_nd: NDArray[np.int64], most_pieces: int, sweep: bool
) -> tuple[int, int, int, float, float]:
    """FINE or what is wrong; the two edges (numbered by their first vertex) it is about; size.

    sweep: False only cuts the ring. Size: the area in m2 (NaN where the ring is over 100 km
    across, or something is wrong) and the perimeter in m.
    """
    n = positions_nd.shape[0]
    vertices = np.empty((n, 3))
    for i in range(n):
        x, y, z = to_ecef(positions_nd[i, 0] / 1e9, positions_nd[i, 1] / 1e9)
        vertices[i, 0] = x
        vertices[i, 1] = y
        vertices[i, 2] = z
    first: Any = np.int64(0)  # a literal would compile what is called once more
    count = count_pieces(vertices, first, n)
    points = np.empty((count if count <= most_pieces else 0, 3))
    if count > most_pieces or not cut_ring(vertices, first, n, points, first):
        for i in range(n):
            if _nearly_opposite(vertices, i):
                return TOO_LONG, i, i, math.nan, math.nan
        return TOO_LONG, -1, -1, math.nan, math.nan
    if not sweep:
        return FINE, -1, -1, math.nan, math.nan
    edges = _edges_of(vertices, points)
    folded = _folds_back(points, edges, n)
    if folded >= 0:
        return FOLDS_BACK, folded, (folded + 1) % n, math.nan, math.nan
    found, one, two = _sweep(points, edges, n)
    area, perimeter = _size(points)
    return found, one, two, area, perimeter


@kernel
def _size(points: Points) -> tuple[float, float]:
    """Area of a ring under 100 km across, as of its chords (to 1e-4), and the chords' length."""
    ax = ay = az = perimeter = most = 0.0
    n = points.shape[0]
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        ux = points[i, 0] - points[0, 0]
        uy = points[i, 1] - points[0, 1]
        uz = points[i, 2] - points[0, 2]
        vx = points[j, 0] - points[0, 0]
        vy = points[j, 1] - points[0, 1]
        vz = points[j, 2] - points[0, 2]
        ax += uy * vz - uz * vy
        ay += uz * vx - ux * vz
        az += ux * vy - uy * vx
        perimeter += math.sqrt((vx - ux) ** 2 + (vy - uy) ** 2 + (vz - uz) ** 2)
        most = max(most, ux * ux + uy * uy + uz * uz)
    if most > 1e10:
        return math.nan, perimeter
    return math.sqrt(ax * ax + ay * ay + az * az) / 2.0, perimeter


@kernel
def _folds_back(points: Points, edges: Any, n: int) -> int:
    """The first of two edges in a row that lie on each other, or -1."""
    count = points.shape[0]
    starts = np.empty(n + 1, np.int64)
    edge = -1
    for i in range(count):
        while edge < edges[i]:
            edge += 1
            starts[edge] = i
    starts[n] = count
    for edge in range(n):
        following = (edge + 1) % n
        if _lies_on(points, starts, following, starts[edge]) or _lies_on(
            points, starts, edge, starts[following + 1] % count
        ):
            return edge
    return -1


@kernel
def _lies_on(points: Points, starts: NDArray[np.int64], other: int, end: int) -> bool:
    """Is a point on an edge? end: the far end of the edge before or after it."""
    count = points.shape[0]
    px, py, pz = points[end, 0], points[end, 1], points[end, 2]
    for k in range(starts[other], starts[other + 1]):
        j = k + 1 if k + 1 < count else 0
        dx = points[k, 0] - px
        dy = points[k, 1] - py
        dz = points[k, 2] - pz
        ux = points[k, 0] - points[j, 0]
        uy = points[k, 1] - points[j, 1]
        uz = points[k, 2] - points[j, 2]
        size = ux * ux + uy * uy + uz * uz + 1.0
        if dx * dx + dy * dy + dz * dz > 4.0 * size:
            continue
        if (
            chord_to_piece(
                px, py, pz,
                points[k, 0], points[k, 1], points[k, 2],
                points[j, 0], points[j, 1], points[j, 2],
            )
            <= TOUCH_M
        ):  # fmt: skip
            return True
    return False


@kernel
def _sweep(points: Points, edges: Any, n: int) -> tuple[int, int, int]:
    count = points.shape[0]
    directions = _sweep_directions(points)
    bounds = np.empty((count, 4))  # from, to along the sweep; from, to across it
    slack = 0.01 + 2.0 * SAG_M
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        for d in range(2):
            dx, dy, dz = directions[d, 0], directions[d, 1], directions[d, 2]
            here = points[i, 0] * dx + points[i, 1] * dy + points[i, 2] * dz
            there = points[j, 0] * dx + points[j, 1] * dy + points[j, 2] * dz
            bounds[i, 2 * d] = min(here, there) - slack
            bounds[i, 2 * d + 1] = max(here, there) + slack
    order = _order(bounds)
    ordered = np.empty((count, 4))
    for s in range(count):
        for axis in range(4):
            ordered[s, axis] = bounds[order[s], axis]
    left = MOST_COMPARED
    for s in range(count):
        i = order[s]
        high = ordered[s, 1]
        low_across = ordered[s, 2]
        high_across = ordered[s, 3]
        for r in range(s + 1, count):
            if ordered[r, 0] > high:
                break
            left -= 1
            if ordered[r, 2] > high_across or ordered[r, 3] < low_across:
                continue
            j = order[r]
            apart = edges[i] - edges[j]
            if -1 <= apart <= 1 or abs(apart) == n - 1:
                continue
            left -= 9
            e = i + 1 if i + 1 < count else 0
            f = j + 1 if j + 1 < count else 0
            if _apart(points, i, e, j, f) or _apart(points, j, f, i, e):
                continue
            left -= 20
            found = _pair(points, edges, i, e, j, f)
            if found != FINE:
                return found, edges[i], edges[j]
        if left < 0:
            return TANGLED, edges[i], edges[i]
    return FINE, -1, -1


@kernel
def _order(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    """The rows in the order of their first column: a heap sort, which compiles in no time."""
    n = bounds.shape[0]
    order = np.empty(n, np.int64)
    for i in range(n):
        order[i] = i
    for step in range(n // 2 + n - 1):
        if step < n // 2:
            root = n // 2 - 1 - step
            end = n
        else:
            end = n - 1 - (step - n // 2)
            top = order[0]
            order[0] = order[end]
            order[end] = top
            root = 0
        moving = order[root]
        key = bounds[moving, 0]
        while True:
            child = 2 * root + 1
            if child >= end:
                break
            if child + 1 < end and bounds[order[child + 1], 0] > bounds[order[child], 0]:
                child += 1
            if bounds[order[child], 0] <= key:
                break
            order[root] = order[child]
            root = child
        order[root] = moving
    return order


@kernel
def _apart(points: Points, i: int, e: int, j: int, f: int) -> bool:
    """Does the second piece lie on one side of the first one's great circle, over 5 mm off?"""
    px, py, pz = points[i, 0], points[i, 1], points[i, 2]
    ux = points[e, 0] - px
    uy = points[e, 1] - py
    uz = points[e, 2] - pz
    nx = py * uz - pz * uy
    ny = pz * ux - px * uz
    nz = px * uy - py * ux
    one = nx * (points[j, 0] - px) + ny * (points[j, 1] - py) + nz * (points[j, 2] - pz)
    two = nx * (points[f, 0] - px) + ny * (points[f, 1] - py) + nz * (points[f, 2] - pz)
    off = 0.005 * math.sqrt(nx * nx + ny * ny + nz * nz)
    return (one > off and two > off) or (one < -off and two < -off)


@kernel
def _pair(points: Points, edges: Any, i: int, e: int, j: int, f: int) -> int:
    """Two pieces of edges that are not neighbours."""
    near = np.empty((4, 3))
    touching = 0
    at_vertex = False
    for side in range(4):
        # An end of one piece against the other piece.
        if side < 2:
            end, first, last = (i if side == 0 else e), j, f
        else:
            end, first, last = (j if side == 2 else f), i, e
        length = chord_to_piece(
            points[end, 0], points[end, 1], points[end, 2],
            points[first, 0], points[first, 1], points[first, 2],
            points[last, 0], points[last, 1], points[last, 2],
        )  # fmt: skip
        if length <= TOUCH_M:
            for axis in range(3):
                near[touching, axis] = points[end, axis]
            touching += 1
            before = end - 1 if end > 0 else points.shape[0] - 1
            if edges[before] != edges[end]:
                at_vertex = True
    for one in range(touching):
        for two in range(one):
            size = 0.0
            for axis in range(3):
                size += (near[one, axis] - near[two, axis]) ** 2
            if size > OVERLAP_M * OVERLAP_M:
                return OVERLAPS
    if at_vertex:
        return FINE
    crossed = pieces_cross(
        points[i, 0], points[i, 1], points[i, 2],
        points[e, 0], points[e, 1], points[e, 2],
        points[j, 0], points[j, 1], points[j, 2],
        points[f, 0], points[f, 1], points[f, 2],
    )  # fmt: skip
    return CROSSES if crossed else FINE
