"""Every mover's path until the look-ahead as a capsule, filed in a grid of cells.

A capsule is the straight line between where a mover is now and where it will be at the look-ahead,
both on its curved path, with a half width: half the horizontal limit, its errors, and what the
line is off from the path (at most run^2 / 8R, the sagitta; also at the same moment, since a
linear interpolation in time errs by at most T^2/8 times the greatest acceleration v^2/R).

Of two movers that come within reach of each other, with half widths a and b, the point that parts
the line between them as a : b lies in both capsules. So each capsule is filed in every cell that
it touches, and a pair is told by the cell of that point alone: none twice, none missed.

The grid: the frame is turned so that the fleet's middle is on the first axis, the earth is parted
among the six faces of a cube by the greatest of the three coordinates, and each face is seen along
its axis. Seen so no two points are farther apart than they are, no seam and no pole has to be told
from another place, and a fleet of 2,000 km is on one face nearly undistorted.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import kernel as _kernel
from wideberth.watch.paths import Floats, turns

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["HALF", "Grid", "cell_of", "filed", "frame", "lay", "reach_m"]

Ints = NDArray[np.int64]
Cells = NDArray[np.int32]

HALF = 6  # the column of the half width, after the start and the step to the end
_MOST_HALF_M = 2e7  # wider than the earth: meets everything
_SLACK_M = 0.001  # a float64 coordinate is good to 1 nm
_SQRT2 = 1.4143  # rounded up

# What one filing and one pair of a cell, be it met or swept past, take: only the ratio matters.
_FILING_NS = 40.0
_TEST_NS = 0.2
_MOST_FILED = 48  # cells per mover, on average
_TURNS = 8
_SOME = 512  # at a time: what is worked out of them stays in the processor's cache


class Grid(NamedTuple):
    """Cells of cell_m, low_m the least corner in the turned frame, along: cells along each axis.

    first_cell: of each face, -1 where nothing is on it.
    """

    low_m: Floats
    cell_m: float
    along: Ints
    first_cell: Ints


def frame(normals: Floats) -> Floats:
    """Rows: the axes of a frame, the first through the middle of the fleet."""
    # Any frame serves; one near the middle distorts least.
    middle = normals[:: 1 + len(normals) // 500].mean(axis=0)
    length = float(np.linalg.norm(middle))
    first = middle / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])
    # East and north, where there are any: then a box of latitudes stands upright.
    pole = np.array([0.0, 0.0, 1.0]) if abs(first[2]) < 0.999 else np.array([1.0, 0.0, 0.0])
    second = _cross(pole, first)
    second /= np.linalg.norm(second)
    return np.stack([first, second, _cross(first, second)])


def _cross(a: Floats, b: Floats) -> Floats:
    """The cross product of two: that of NumPy takes thirty times as long for so few numbers."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


@_kernel
def lay(
    axes: Floats,
    position: Floats,
    tangents: Floats,
    normals: Floats,
    radius_m: Floats,
    speed_m_s: Floats,
    age_s: Floats,
    half_m: Floats,
    look_ahead_s: float,
) -> tuple[Floats, Floats, Floats]:
    """Capsules (n, 8): start, step to the end, half width, nothing; and the least and greatest
    coordinates of their ends. half_m: with the sagitta.
    """
    count = len(speed_m_s)
    laid = np.empty((count, 8))
    least, most = np.full(3, math.inf), np.full(3, -math.inf)
    ahead_now, drop_now = np.empty(_SOME), np.empty(_SOME)
    ahead_then, drop_then = np.empty(_SOME), np.empty(_SOME)
    # One by one: with a loop over them, they would be read from memory for each capsule.
    a, b, c = axes[0, 0], axes[0, 1], axes[0, 2]
    d, e, f = axes[1, 0], axes[1, 1], axes[1, 2]
    g, h, k = axes[2, 0], axes[2, 1], axes[2, 2]
    for begin in range(0, count, _SOME):
        until = begin + _SOME if begin + _SOME < count else count
        turns(speed_m_s, age_s, 0.0, radius_m, begin, until, ahead_now, drop_now)
        turns(speed_m_s, age_s, look_ahead_s, radius_m, begin, until, ahead_then, drop_then)
        for i in range(begin, until):
            ahead, drop = ahead_now[i - begin], drop_now[i - begin]
            ux, uy, uz = tangents[i, 0], tangents[i, 1], tangents[i, 2]
            nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
            x = position[i, 0] + ahead * ux - drop * nx
            y = position[i, 1] + ahead * uy - drop * ny
            z = position[i, 2] + ahead * uz - drop * nz
            laid[i, 0] = a * x + b * y + c * z
            laid[i, 1] = d * x + e * y + f * z
            laid[i, 2] = g * x + h * y + k * z
            ahead, drop = ahead_then[i - begin] - ahead, drop_then[i - begin] - drop
            x, y, z = ahead * ux - drop * nx, ahead * uy - drop * ny, ahead * uz - drop * nz
            laid[i, 3] = a * x + b * y + c * z
            laid[i, 4] = d * x + e * y + f * z
            laid[i, 5] = g * x + h * y + k * z
            half = half_m[i] + _SLACK_M
            laid[i, HALF] = half if half < _MOST_HALF_M else _MOST_HALF_M
            laid[i, 7] = 0.0
        for axis in range(3):
            low, high = least[axis], most[axis]
            for i in range(begin, until):
                start, end = laid[i, axis], laid[i, axis] + laid[i, 3 + axis]
                low = min(low, start, end)
                high = max(high, start, end)
            least[axis], most[axis] = low, high
    return laid, least, most


def filed(laid: Floats, order: Ints, low: Floats, high: Floats) -> tuple[Grid, Ints, Cells]:
    """The grid; where each cell ends in the list of members (where it begins is where the one
    before ends); and that list: rows, within a cell as they are in the order.
    """
    cell_m = _good_cell_m(laid, low, high)
    grid, keys, rows, ends = _file_by(laid, order, low, high, cell_m)
    work_ns = _work_ns(len(keys), ends)
    for _ in range(_TURNS):  # the fleet is not spread evenly: smaller, while that is less work
        pairs_ns = work_ns - _FILING_NS * len(keys)
        if pairs_ns < 3 * _FILING_NS * len(keys) or cell_m < 100.0:
            break
        cell_m /= 1.7
        made = _file_by(laid, order, low, high, cell_m)
        less_ns = _work_ns(len(made[1]), made[3])
        if less_ns >= work_ns or made[0].cell_m > cell_m:
            break
        (grid, keys, rows, ends), work_ns = made, less_ns
    return grid, *_sorted(keys, rows, ends)


def _good_cell_m(laid: Floats, low: Floats, high: Floats) -> float:
    """The edge with the least work, were the fleet spread evenly over what it spans."""
    half_m, length_m, both_m2 = (float(each) for each in _sizes(laid[:: 1 + len(laid) // 2048]))
    spans = np.sort(high - low)
    area_m2 = float((spans[2] + 2 * half_m) * (spans[1] + 2 * half_m))
    cells_m = 50.0 * 1.25 ** np.arange(60)
    across_m = 2 * half_m
    each = 1 + (1.27 * length_m + 2 * across_m) / cells_m
    each += across_m * (across_m + 1.27 * length_m) / cells_m**2
    each += 4 * both_m2 / cells_m**2
    rows = len(laid) * each
    work_ns = _FILING_NS * rows + _TEST_NS / 2 * rows**2 * np.minimum(cells_m**2 / area_m2, 1)
    work_ns += 2.0 * area_m2 / cells_m**2  # an empty cell is looked at too
    return float(cells_m[int(work_ns.argmin())])


@_kernel
def _sizes(laid: Floats) -> tuple[float, float, float]:
    """Mean half width, mean length, and the variance of the half widths."""
    half_m = length_m = square = 0.0
    for i in range(len(laid)):
        half_m += laid[i, HALF]
        square += laid[i, HALF] * laid[i, HALF]
        length_m += math.sqrt(laid[i, 3] ** 2 + laid[i, 4] ** 2 + laid[i, 5] ** 2)
    n = max(len(laid), 1)
    return half_m / n, length_m / n, square / n - (half_m / n) ** 2


def _work_ns(rows: int, ends: Ints) -> float:
    return _FILING_NS * rows + _TEST_NS / 2 * float((ends.astype(np.float64) ** 2).sum())


def _file_by(
    laid: Floats, order: Ints, low: Floats, high: Floats, cell_m: float
) -> tuple[Grid, Cells, Cells, Ints]:
    """By cells of cell_m, or larger where those would be too many: the grid, the cell and the row
    of each filing, and how many are in each cell.
    """
    most = max(16 * len(laid), 4096)
    while True:
        grid, size = _grid(laid, low, high, cell_m)
        if size <= most:
            ends = np.zeros(size, np.int64)
            keys, rows = _file(laid, order, *grid, ends, _MOST_FILED * len(laid) + 1024)
            if len(keys):
                return grid, keys, rows, ends
        cell_m *= 2


def _grid(laid: Floats, low: Floats, high: Floats, cell_m: float) -> tuple[Grid, int]:
    low_m = low - _SLACK_M
    count = np.floor((high + _SLACK_M - low_m) / cell_m).astype(np.int64) + 1
    first, size = np.full(6, -1, np.int64), 0
    for face in np.flatnonzero(_faces(laid)).tolist():
        first[face] = size
        size += int(count[(face // 2 + 1) % 3]) * int(count[(face // 2 + 2) % 3])
    return Grid(low_m, cell_m, count, first), size


@_kernel.inlined
def _on_face(laid: Floats, i: int, face: int) -> bool:
    """May a point of the capsule be on the face?"""
    axis = face // 2
    sign = 1.0 if face % 2 == 0 else -1.0
    start, end = sign * laid[i, axis], sign * (laid[i, axis] + laid[i, 3 + axis])
    wide = laid[i, HALF] * _SQRT2
    for other in range(3):
        if other == axis:
            continue
        s, e = laid[i, other], laid[i, other] + laid[i, 3 + other]
        if start - s + wide < 0.0 and end - e + wide < 0.0:
            return False
        if start + s + wide < 0.0 and end + e + wide < 0.0:
            return False
    return True


@_kernel.inlined
def _only_first(laid: Floats, i: int) -> bool:
    """Are all points of the capsule on the first face, and not on its edge?"""
    wide = laid[i, HALF] * _SQRT2 + _SLACK_M
    start, end = laid[i, 0] - wide, laid[i, 0] + laid[i, 3] - wide
    return (
        start > abs(laid[i, 1])
        and start > abs(laid[i, 2])
        and end > abs(laid[i, 1] + laid[i, 4])
        and end > abs(laid[i, 2] + laid[i, 5])
    )


@_kernel
def _faces(laid: Floats) -> NDArray[np.bool_]:
    used = np.zeros(6, np.bool_)
    for i in range(len(laid)):
        if _only_first(laid, i):
            used[0] = True
            continue
        for face in range(6):
            if not used[face] and _on_face(laid, i, face):
                used[face] = True
    return used


@_kernel
def _file(
    laid: Floats,
    order: Ints,
    low_m: Floats,
    cell_m: float,
    count: Ints,
    first_cell: Ints,
    ends: Ints,
    most: int,
) -> tuple[Cells, Cells]:
    """The cell of each filing and the row of its capsule; counts into ends. Empty where they are
    more than most.
    """
    keys = np.empty(2 * len(laid) + 1024, np.int32)
    rows = np.empty(2 * len(laid) + 1024, np.int32)
    used = 0
    part = 1.0 / cell_m
    for i in order:
        faces = 1 if _only_first(laid, i) else 6
        half = laid[i, HALF] + _SLACK_M
        for face in range(faces):
            if faces == 6 and not _on_face(laid, i, face):
                continue
            a, b = (face // 2 + 1) % 3, (face // 2 + 2) % 3
            across, base = count[a], first_cell[face]
            start_a, start_b = laid[i, a] - low_m[a], laid[i, b] - low_m[b]
            step_a, step_b = laid[i, 3 + a], laid[i, 3 + b]
            least_a, most_a = reach_m(start_a, step_a, half)
            least_b, most_b = reach_m(start_b, step_b, half)
            first_a, last_a = _columns(least_a * part, most_a * part, across)
            first_b, last_b = _columns(least_b * part, most_b * part, count[b])
            # One row or column, or a line that hardly leans: each cell of the box.
            is_box = first_a == last_a or first_b == last_b or abs(step_b) < 1e-3
            for row in range(first_b, last_b + 1):
                from_a, to_a = first_a, last_a
                if not is_box:
                    # The part of the line that is within the half width of this row.
                    t0 = (row * cell_m - half - start_b) / step_b
                    t1 = ((row + 1) * cell_m + half - start_b) / step_b
                    begin = max(0.0, min(t0, t1) - 1e-9)
                    until = min(1.0, max(t0, t1) + 1e-9)
                    if begin > until:
                        continue
                    at = start_a + begin * step_a
                    least_a, most_a = reach_m(at, (until - begin) * step_a, half)
                    from_a, to_a = _columns(least_a * part, most_a * part, across)
                if used + to_a - from_a + 1 > len(keys):
                    if used > most:
                        return np.empty(0, np.int32), np.empty(0, np.int32)
                    size = 2 * len(keys) + to_a + 1
                    more_keys, more_rows = np.empty(size, np.int32), np.empty(size, np.int32)
                    more_keys[:used] = keys[:used]
                    more_rows[:used] = rows[:used]
                    keys, rows = more_keys, more_rows
                for column in range(from_a, to_a + 1):
                    key = base + row * across + column
                    keys[used] = key
                    rows[used] = i
                    ends[key] += 1
                    used += 1
    return keys[:used], rows[:used]


@_kernel.inlined
def reach_m(start: float, step: float, half: float) -> tuple[float, float]:
    """From where to where a capsule is, along one axis."""
    end = start + step
    return (end - half if step < 0.0 else start - half), (end if step > 0.0 else start) + half


@_kernel.inlined
def _columns(least: float, most: float, count: int) -> tuple[int, int]:
    """The first and the last of so many columns that an interval touches."""
    first = 0 if least < 0.0 else int(least)
    last = count - 1 if most >= count - 1.0 else int(most)
    return first, last


@_kernel
def _sorted(keys: Cells, rows: Cells, ends: Ints) -> tuple[Ints, Cells]:
    """ends: how many in each cell; becomes where each ends. The rows by cell."""
    total = 0
    for k in range(len(ends)):
        size = ends[k]
        ends[k] = total
        total += size
    members = np.empty(total, np.int32)
    for k in range(total):
        key = keys[k]
        members[ends[key]] = rows[k]
        ends[key] += 1
    return ends, members


@_kernel.inlined
def cell_of(
    x: float, y: float, z: float, low_m: Floats, cell_m: float, count: Ints, first_cell: Ints
) -> int:
    """The cell of a point of the turned frame."""
    across_x, across_y, across_z = abs(x), abs(y), abs(z)
    if across_x >= across_y and across_x >= across_z:
        face, first, second = (0 if x >= 0.0 else 1), y, z
    elif across_y >= across_z:
        face, first, second = (2 if y >= 0.0 else 3), z, x
    else:
        face, first, second = (4 if z >= 0.0 else 5), x, y
    a, b = (face // 2 + 1) % 3, (face // 2 + 2) % 3
    column, row = math.floor((first - low_m[a]) / cell_m), math.floor((second - low_m[b]) / cell_m)
    return int(first_cell[face] + row * count[a] + column)
