"""Kernels: does a ring cross or overlap itself? A sweep over its pieces.

Pieces are sorted by where they begin along one of thirteen directions, the one along which they
overlap least, and compared while they overlap there.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wideberth.space._distance import pieces_cross
from wideberth.space._distance import to_piece
from wideberth.space._jit import kernel
from wideberth.space._shapes import SAG_M, Points, count_pieces, cut_ring
from wideberth.space._ellipsoid import FAR_M, inverse, to_ecef

TOUCH_M = 0.001  # a vertex this close to an edge touches it
OVERLAP_M = 0.005  # edges that touch at two places further apart than this overlap

FINE = 0
CROSSES = 1
OVERLAPS = 2
FOLDS_BACK = 3
TOO_LONG = 4  # an edge nearly half round, or the ring more than ten times round


@kernel
def _direction(index: int) -> tuple[float, float, float]:
    """Of the 26 steps to a cube's neighbours, one of each opposite pair."""
    code = 14 + index
    return code % 3 - 1.0, code // 3 % 3 - 1.0, code // 9 - 1.0


@kernel
def _best_direction(points: Points) -> int:
    best = 0
    least = math.inf
    n = points.shape[0]
    for index in range(13):
        dx, dy, dz = _direction(index)
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
        share = total / (hi - lo) if hi > lo else math.inf
        if share < least:
            least = share
            best = index
    return best


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
) -> tuple[int, int, int]:
    """FINE or what is wrong, and the two edges (numbered by their first vertex) it is about."""
    n = positions_nd.shape[0]
    vertices = np.empty((n, 3))
    for i in range(n):
        x, y, z = to_ecef(positions_nd[i, 0] / 1e9, positions_nd[i, 1] / 1e9)
        vertices[i, 0] = x
        vertices[i, 1] = y
        vertices[i, 2] = z
    count = count_pieces(vertices, 0, n)
    if count > most_pieces:
        for i in range(n):
            if _nearly_opposite(vertices, i):
                return TOO_LONG, i, i
        return TOO_LONG, -1, -1
    points = np.empty((count, 3))
    if not cut_ring(vertices, 0, n, points, 0):
        for i in range(n):
            if _nearly_opposite(vertices, i):
                return TOO_LONG, i, i
    if not sweep:
        return FINE, -1, -1
    edges = _edges_of(vertices, points)
    folded = _folds_back(points, edges, n)
    if folded >= 0:
        return FOLDS_BACK, folded, (folded + 1) % n
    return _sweep(points, edges, n)


@kernel
def _folds_back(points: Points, edges: NDArray[np.int64], n: int) -> int:
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
        if _lies_on(points, starts, edge, following, starts[edge]) or _lies_on(
            points, starts, following, edge, starts[following + 1] % count
        ):
            return edge
    return -1


@kernel
def _lies_on(points: Points, starts: NDArray[np.int64], edge: int, other: int, end: int) -> bool:
    """Is the far end of an edge on the next or the last edge?"""
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
            to_piece(
                px, py, pz,
                points[k, 0], points[k, 1], points[k, 2],
                points[j, 0], points[j, 1], points[j, 2],
            )
            <= TOUCH_M
        ):  # fmt: skip
            return True
    return False


@kernel
def _sweep(points: Points, edges: NDArray[np.int64], n: int) -> tuple[int, int, int]:
    count = points.shape[0]
    dx, dy, dz = _direction(_best_direction(points))
    lows = np.empty(count)
    highs = np.empty(count)
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        here = points[i, 0] * dx + points[i, 1] * dy + points[i, 2] * dz
        there = points[j, 0] * dx + points[j, 1] * dy + points[j, 2] * dz
        slack = 0.01 + 2.0 * SAG_M
        lows[i] = min(here, there) - slack
        highs[i] = max(here, there) + slack
    order = np.argsort(lows)
    for s in range(count):
        i = order[s]
        e = i + 1 if i + 1 < count else 0
        high = highs[i]
        cx = (points[i, 0] + points[e, 0]) / 2
        cy = (points[i, 1] + points[e, 1]) / 2
        cz = (points[i, 2] + points[e, 2]) / 2
        half = math.sqrt(
            (points[i, 0] - cx) ** 2 + (points[i, 1] - cy) ** 2 + (points[i, 2] - cz) ** 2
        )
        for r in range(s + 1, count):
            j = order[r]
            if lows[j] > high:
                break
            apart = edges[i] - edges[j]
            if -1 <= apart <= 1 or abs(apart) == n - 1:
                continue
            f = j + 1 if j + 1 < count else 0
            gx = (points[j, 0] + points[f, 0]) / 2
            gy = (points[j, 1] + points[f, 1]) / 2
            gz = (points[j, 2] + points[f, 2]) / 2
            other = math.sqrt(
                (points[j, 0] - gx) ** 2 + (points[j, 1] - gy) ** 2 + (points[j, 2] - gz) ** 2
            )
            reach = half + other + 2.0 * SAG_M + 0.01
            if (gx - cx) ** 2 + (gy - cy) ** 2 + (gz - cz) ** 2 > reach * reach:
                continue
            found = _pair(points, edges, i, e, j, f)
            if found != FINE:
                return found, edges[i], edges[j]
    return FINE, -1, -1


@kernel
def _pair(points: Points, edges: NDArray[np.int64], i: int, e: int, j: int, f: int) -> int:
    """Two pieces of edges that are not neighbours."""
    near = np.empty((4, 3))
    touching = 0
    at_vertex = False
    for side in range(4):
        # An end of one piece against the other piece.
        end = (i, e, j, f)[side]
        first, last = (j, f) if side < 2 else (i, e)
        length = to_piece(
            points[end, 0], points[end, 1], points[end, 2],
            points[first, 0], points[first, 1], points[first, 2],
            points[last, 0], points[last, 1], points[last, 2],
        )  # fmt: skip
        if length <= TOUCH_M:
            near[touching] = points[end]
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
