"""Kernels: all pairs at once. The cells of `_grid` in space, sorted by start within each.

Rows are put in the order of their buckets, so that neighbours in space are neighbours in memory.
The rows of one cell together then go through the rows of each cell of their own level and of those
above that could touch them, both in the order of time. Each pair is met exactly once.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wideberth.space._distance import SCRATCH
from wideberth.space._ellipsoid import LEAST_CURVATURE_RADIUS
from wideberth.space._grid import LEVELS, SIZES, cell_of, level_of, mix
from wideberth.space._jit import kernel
from wideberth.space._shapes import Points, Records
from wideberth.space._verdict import verdict, vertical_gap

Bounds = NDArray[np.float64]  # (LEVELS,): the largest reach of each level, or -1 where it is empty
Windows = NDArray[np.int64]  # (LEVELS,): the longest window of each level


@kernel
def _number(level: int, i: int, j: int, k: int) -> int:
    """The number of a cell. Cells of a block of 4 x 4 x 4 have numbers in a row.

    So the rows of neighbours stand near each other in memory, and in its caches.
    """
    block = mix(level, i >> 2, j >> 2, k >> 2, 0)
    return (block << 6) + ((i & 3) << 4) + ((j & 3) << 2) + (k & 3)


@kernel
def file_rows(
    rows: Records,
    by_start: NDArray[np.int64],
    side: float,
    begins: NDArray[np.int64],
    sorted_rows: Records,
    reaches: Bounds,
    windows: Windows,
) -> None:
    """Sort rows into buckets, by start in each. by_start: the rows' order in time.

    begins: (2**k + 1,), filled with where each bucket begins; sorted_rows: filled, `next` being
    the row's index and `bucket` its level.
    """
    n = rows.shape[0]
    mask = begins.shape[0] - 2
    buckets = np.empty(n, np.int32)
    levels = np.empty(n, np.int32)
    for bucket in range(mask + 2):
        begins[bucket] = 0
    for level in range(LEVELS):
        reaches[level] = -1.0
        windows[level] = 0
    for i in range(n):
        row = rows[i]
        level = level_of(row, side)
        cube = side * float(1 << (2 * (level // SIZES)))
        bucket = (
            _number(level, cell_of(row.x, cube), cell_of(row.y, cube), cell_of(row.z, cube)) & mask
        )
        levels[i] = level
        buckets[i] = bucket
        begins[bucket + 1] += 1
        reaches[level] = max(reaches[level], float(row.reach_m))
        windows[level] = max(windows[level], row.end_us - row.start_us)
    for bucket in range(mask + 1):
        begins[bucket + 1] += begins[bucket]
    at = np.empty(mask + 1, np.int64)
    for bucket in range(mask + 1):
        at[bucket] = begins[bucket]
    for s in range(n):
        i = by_start[s]
        place = at[buckets[i]]
        at[buckets[i]] = place + 1
        sorted_rows[place] = rows[i]
        sorted_rows[place].next = i
        sorted_rows[place].bucket = levels[i]


@kernel
def _run_end(sorted_rows: Records, here: int, last: int, cube: float) -> int:
    """Where the run of rows of one cell that begins here ends."""
    row = sorted_rows[here]
    i = cell_of(row.x, cube)
    j = cell_of(row.y, cube)
    k = cell_of(row.z, cube)
    end = here + 1
    while end < last:
        other = sorted_rows[end]
        if (
            other.bucket != row.bucket
            or cell_of(other.x, cube) != i
            or cell_of(other.y, cube) != j
            or cell_of(other.z, cube) != k
        ):
            break
        end += 1
    return end


@kernel
def sweep(
    sorted_rows: Records,
    begins: NDArray[np.int64],
    side: float,
    reaches: Bounds,
    windows: Windows,
    shapes: Records,
    points: Points,
    blocks: Points,
    groups: NDArray[np.int64],
    horizontal_mm: int,
    vertical_mm: int,
    time_us: int,
    first: int,
    last: int,
    run: int,
    out: NDArray[np.int64],
) -> tuple[int, int]:
    """Lines of (i, j, code, mm, mm, us) for rows `first` up to `last` of the order.

    Rows of one cell are taken together, `run` at most. Returns how many lines there are, and the
    row to go on with: before `last` where out was full, `first` where not even one run's fit.
    """
    horizontal_m = horizontal_mm / 1000.0 + 0.01
    scratch = np.empty(SCRATCH)
    mask = begins.shape[0] - 2
    found = 0
    here = first
    while here < last:
        kept = found
        row = sorted_rows[here]
        own = row.bucket
        own_cube = side * float(1 << (2 * (own // SIZES)))
        run_end = _run_end(sorted_rows, here, min(last, here + run), own_cube)
        # A box around the centres of the run.
        x0 = x1 = float(row.x)
        y0 = y1 = float(row.y)
        z0 = z1 = float(row.z)
        run_reach = 0.0
        for mine in range(here, run_end):
            other = sorted_rows[mine]
            x0 = min(x0, float(other.x))
            x1 = max(x1, float(other.x))
            y0 = min(y0, float(other.y))
            y1 = max(y1, float(other.y))
            z0 = min(z0, float(other.z))
            z1 = max(z1, float(other.z))
            run_reach = max(run_reach, float(other.reach_m))
        x = float(row.x)
        y = float(row.y)
        z = float(row.z)
        own_bucket = (
            _number(
                own, cell_of(row.x, own_cube), cell_of(row.y, own_cube), cell_of(row.z, own_cube)
            )
            & mask
        )
        size = math.sqrt(x * x + y * y + z * z)
        nx, ny, nz = 0.0, 0.0, 0.0
        if size > 6.3e6:
            nx = x
            ny = y
            nz = z * 1.006739496742276  # (a / b)**2: along the ellipsoid's normal
            norm = math.sqrt(nx * nx + ny * ny + nz * nz)
            nx /= norm
            ny /= norm
            nz /= norm
        for level in range(own, LEVELS):
            if reaches[level] < 0:
                continue
            cube = side * float(1 << (2 * (level // SIZES)))
            half = cube / 2.0
            farthest = reaches[level] + horizontal_m + 0.01
            reach = run_reach + farthest
            # From the row to whatever may touch one of its run.
            wide = reach + (x1 - x0) + (y1 - y0) + (z1 - z0)
            slab = (
                wide * wide / (2.0 * LEAST_CURVATURE_RADIUS)
                + cube / 2.0 * (abs(nx) + abs(ny) + abs(nz))
                + 3.0
            )
            if cube > 4e6:
                slab = math.inf
            i1 = cell_of(x1 + reach, cube)
            j1 = cell_of(y1 + reach, cube)
            k1 = cell_of(z1 + reach, cube)
            for i in range(cell_of(x0 - reach, cube), i1 + 1):
                off_i = nx * ((i + 0.5) * cube - x)
                for j in range(cell_of(y0 - reach, cube), j1 + 1):
                    off_j = off_i + ny * ((j + 0.5) * cube - y)
                    for k in range(cell_of(z0 - reach, cube), k1 + 1):
                        off = off_j + nz * ((k + 0.5) * cube - z)
                        if off > slab or off < -slab:
                            continue
                        bucket = _number(level, i, j, k) & mask
                        # Within a level a pair is met from the earlier bucket, or in one bucket
                        # from the earlier row.
                        if level == own and bucket < own_bucket:
                            continue
                        end = begins[bucket + 1]
                        low = begins[bucket]
                        if low == end:
                            continue
                        middle_x = (i + 0.5) * cube
                        middle_y = (j + 0.5) * cube
                        middle_z = (k + 0.5) * cube
                        for mine in range(here, run_end):
                            row = sorted_rows[mine]
                            rx = float(row.x)
                            ry = float(row.y)
                            rz = float(row.z)
                            r_reach = float(row.reach_m) + horizontal_m
                            # From the row's centre to the cube: too far for all that is in it?
                            off_x = max(0.0, abs(rx - middle_x) - half)
                            off_y = max(0.0, abs(ry - middle_y) - half)
                            off_z = max(0.0, abs(rz - middle_z) - half)
                            most = row.reach_m + farthest
                            if off_x * off_x + off_y * off_y + off_z * off_z > most * most:
                                continue
                            earliest = row.start_us - time_us
                            latest = row.end_us + time_us
                            first_start = earliest - windows[level]
                            while low < end and sorted_rows[low].start_us < first_start:
                                low += 1
                            if low == end:
                                break
                            begin = low
                            if level == own and bucket == own_bucket and begin <= mine:
                                begin = mine + 1
                            for there in range(begin, end):
                                other = sorted_rows[there]
                                if other.start_us > latest:
                                    break
                                if other.end_us < earliest:
                                    continue
                                dx = float(other.x) - rx
                                dy = float(other.y) - ry
                                dz = float(other.z) - rz
                                near = float(other.reach_m) + r_reach
                                if dx * dx + dy * dy + dz * dz > near * near:
                                    continue
                                if (
                                    vertical_gap(row, other)[0] > vertical_mm
                                    or other.bucket != level
                                    or cell_of(other.x, cube) != i
                                    or cell_of(other.y, cube) != j
                                    or cell_of(other.z, cube) != k
                                    or (
                                        groups.shape[0] > 0
                                        and groups[other.next] == groups[row.next]
                                    )
                                ):
                                    continue
                                code, ground_mm, height_mm, apart_us = verdict(
                                    row, shapes[row.next], points, blocks,
                                    other, shapes[other.next], points, blocks,
                                    horizontal_mm, vertical_mm, time_us, scratch,
                                )  # fmt: skip
                                if code == 0:
                                    continue
                                if found == out.shape[0]:
                                    return kept, here
                                out[found, 0] = min(row.next, other.next)
                                out[found, 1] = max(row.next, other.next)
                                out[found, 2] = code
                                out[found, 3] = ground_mm
                                out[found, 4] = height_mm
                                out[found, 5] = apart_us
                                found += 1
        here = run_end
    return found, last
