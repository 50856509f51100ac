"""Kernels: all pairs at once. The cells of `_grid` in space, sorted by start within each.

Rows are put in the order of their buckets, so that neighbours in space are neighbours in memory.
Each row then looks at the cells of its own level and of those above it; within a level, the one that
stands later in the order is found by the earlier. So each pair is met exactly once.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wideberth.space._distance import SCRATCH
from wideberth.space._ellipsoid import LEAST_CURVATURE_RADIUS
from wideberth.space._grid import LEVELS, SIZES, level_of, may_touch, mix
from wideberth.space._jit import kernel
from wideberth.space._shapes import Points, Records
from wideberth.space._verdict import verdict

Bounds = NDArray[np.float64]  # (LEVELS,): the largest reach of each level, or -1 where it is empty
Windows = NDArray[np.int64]  # (LEVELS,): the longest window of each level


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
    begins[:] = 0
    reaches[:] = -1.0
    windows[:] = 0
    for i in range(n):
        row = rows[i]
        level = level_of(row, side)
        cube = side * float(1 << (2 * (level // SIZES)))
        bucket = (
            mix(
                level,
                int(math.floor(row.x / cube)),
                int(math.floor(row.y / cube)),
                int(math.floor(row.z / cube)),
                0,
            )
            & mask
        )
        levels[i] = level
        buckets[i] = bucket
        begins[bucket + 1] += 1
        reaches[level] = max(reaches[level], float(row.reach_m))
        windows[level] = max(windows[level], row.end_us - row.start_us)
    for bucket in range(mask + 1):
        begins[bucket + 1] += begins[bucket]
    at = begins[:-1].copy()
    for s in range(n):
        i = by_start[s]
        place = at[buckets[i]]
        at[buckets[i]] = place + 1
        sorted_rows[place] = rows[i]
        sorted_rows[place].next = i
        sorted_rows[place].bucket = levels[i]


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
    out: NDArray[np.int64],
) -> tuple[int, int]:
    """Lines of (i, j, code, mm, mm, us) for rows `first` up to `last` of the order.

    Returns how many lines there are, and the row to go on with: before `last` where out was full.
    That same row where even one row's lines do not fit.
    """
    horizontal_m = horizontal_mm / 1000.0 + 0.01
    scratch = np.empty(SCRATCH)
    mask = begins.shape[0] - 2
    found = 0
    for here in range(first, last):
        kept = found
        row = sorted_rows[here]
        group = groups[row.next] if groups.shape[0] > 0 else -1
        x = float(row.x)
        y = float(row.y)
        z = float(row.z)
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
        for level in range(row.bucket, LEVELS):
            if reaches[level] < 0:
                continue
            cube = side * float(1 << (2 * (level // SIZES)))
            reach = float(row.reach_m) + reaches[level] + horizontal_m
            earliest = row.start_us - time_us - windows[level]
            latest = row.end_us + time_us
            slab = (
                reach * reach / (2.0 * LEAST_CURVATURE_RADIUS)
                + cube / 2.0 * (abs(nx) + abs(ny) + abs(nz))
                + 3.0
            )
            if cube > 4e6:
                slab = math.inf
            for i in range(
                int(math.floor((x - reach) / cube)), int(math.floor((x + reach) / cube)) + 1
            ):
                off_i = nx * ((i + 0.5) * cube - x)
                for j in range(
                    int(math.floor((y - reach) / cube)), int(math.floor((y + reach) / cube)) + 1
                ):
                    off_j = off_i + ny * ((j + 0.5) * cube - y)
                    for k in range(
                        int(math.floor((z - reach) / cube)), int(math.floor((z + reach) / cube)) + 1
                    ):
                        off = off_j + nz * ((k + 0.5) * cube - z)
                        if off > slab or off < -slab:
                            continue
                        bucket = mix(level, i, j, k, 0) & mask
                        end = begins[bucket + 1]
                        low = begins[bucket]
                        if low == end:
                            continue
                        high = end
                        while low < high:
                            middle = (low + high) >> 1
                            if sorted_rows[middle].start_us < earliest:
                                low = middle + 1
                            else:
                                high = middle
                        for there in range(low, end):
                            other = sorted_rows[there]
                            if other.start_us > latest:
                                break
                            if (
                                not may_touch(other, row, horizontal_m, vertical_mm, time_us)
                                or other.bucket != level
                                or (level == row.bucket and there <= here)
                                or int(math.floor(other.x / cube)) != i
                                or int(math.floor(other.y / cube)) != j
                                or int(math.floor(other.z / cube)) != k
                            ):
                                continue
                            if group >= 0 and groups[other.next] == group:
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
    return found, last
