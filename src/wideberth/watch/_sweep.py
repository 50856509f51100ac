"""Which pairs of capsules of a cell come near each other: roughly first, then linearly.

The rough test is in float32, on what is seen along the face's axis, and errs toward "near". With
S the greatest span of the coordinates and e = 2^-24: each coordinate is off by S e / 2, each step
by S e, their differences and sums over both axes by less than 16 S e, and the moment of the least
distance is off by what makes another 9 S e: 25 S e < 1.5e-6 S, of which ROUGH allows nearly three
times as much. It must never let through too little; the tests plant a fault in it.

Numba: loop indices unsigned, conditions as arithmetic, nothing kept in an array that is sliced,
and the list of what was found made in another function: else LLVM does not vectorise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import kernel as _kernel
from wideberth.watch.capsules import HALF, cell_of
from wideberth.watch.paths import Floats

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["ROUGH", "meet", "rough_near"]

Ints = NDArray[np.int64]
Singles = NDArray[np.float32]

ROUGH = 4e-6  # of the greatest span: what the rough test is widened by, and ROUGH_M besides
ROUGH_M = 0.02
_BLOCK = 16  # rows tested at a time: whole blocks, so that none is left to be tested singly
_HEIGHT_ROUGH = 1e-6
_HEIGHT_ROUGH_M = 0.05


@_kernel
def rough_near(
    x: Singles,
    y: Singles,
    u: Singles,
    v: Singles,
    half: Singles,
    low: Singles,
    high: Singles,
    one: int,
    begin: int,
    until: int,
    zero: np.float32,
    unit: np.float32,
    least: np.float32,
    near: NDArray[np.uint8],
) -> int:
    """Which of the rows of [begin, until) come near one, into near; how many. The row itself is
    taken out of the cell: neither it nor one before it is near any more.
    """
    x0, y0, u0, v0 = x[one], y[one], u[one], v[one]
    half0, low0, high0 = half[one], low[one], high[one]
    low[one] = np.float32(math.nan)  # below nothing, not even what is infinitely high
    found = np.uint32(0)
    for j in range(np.uintp(begin), np.uintp(until)):
        dx, dy = x[j] - x0, y[j] - y0
        du, dv = u[j] - u0, v[j] - v0
        t = -(dx * du + dy * dv) / (du * du + dv * dv + least)
        t = t if t > zero else zero
        t = t if t < unit else unit
        dx += du * t
        dy += dv * t
        reach = half[j] + half0
        is_near = (dx * dx + dy * dy <= reach * reach) & (low[j] <= high0) & (high[j] >= low0)
        near[j] = is_near
        found += np.uint32(is_near)
    return int(found)


@_kernel
def _listed(near: NDArray[np.uint8], begin: int, until: int, hits: NDArray[np.int32]) -> int:
    """The indices of [begin, until) that are set, into hits."""
    used = np.uintp(0)
    for j in range(np.uintp(begin), np.uintp(until)):
        hits[used] = j
        used += np.uintp(near[j])
    return int(used)


@_kernel
def _gathered(
    members: NDArray[np.int32],
    begin: int,
    end: int,
    a: int,
    b: int,
    middle_m: Floats,
    laid: Floats,
    bands: Singles,
    x: Singles,
    y: Singles,
    u: Singles,
    v: Singles,
    half: Singles,
    low: Singles,
    high: Singles,
) -> None:
    """A cell's members side by side, in float32, up to a whole block. The half width here has the
    slack; what fills the block is near nothing.
    """
    middle_a, middle_b = middle_m[a], middle_m[b]
    for k in range(end - begin):
        i = members[begin + k]
        x[k] = laid[i, a] - middle_a
        y[k] = laid[i, b] - middle_b
        u[k] = laid[i, 3 + a]
        v[k] = laid[i, 3 + b]
        half[k] = laid[i, 7]
        low[k] = bands[i, 0]
        high[k] = bands[i, 1]
    for k in range(end - begin, -(-(end - begin) // _BLOCK) * _BLOCK):
        x[k], y[k], u[k], v[k], half[k] = x[0], y[0], u[0], v[0], half[0]
        low[k], high[k] = math.nan, math.nan


@_kernel
def meet(  # noqa: C901 - one test after the other, the cheapest first
    laid: Floats,
    span_m: float,
    middle_m: Floats,
    bands_m: Floats,
    owner: Ints,
    identity: Ints,
    same_owner: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
    low_m: Floats,
    cell_m: float,
    count: Ints,
    first_cell: Ints,
    ends: Ints,
    members: NDArray[np.int32],
    rough: float,
) -> Ints:
    """Pairs that come linearly within reach and whose heights do, each once, lower first."""
    bands = _rough_bands(bands_m)
    slack_m = (rough * span_m + ROUGH_M) / 2
    for i in range(len(laid)):
        laid[i, 7] = laid[i, HALF] * (1.0 + 1e-6) + slack_m
    most = before = 0
    for k in range(len(ends)):
        most = max(most, ends[k] - before)
        before = ends[k]
    most += _BLOCK
    x, y = np.empty(most, np.float32), np.empty(most, np.float32)
    u, v = np.empty(most, np.float32), np.empty(most, np.float32)
    half = np.empty(most, np.float32)
    low, high = np.empty(most, np.float32), np.empty(most, np.float32)
    near, hits = np.empty(most, np.uint8), np.empty(most + 1, np.int32)
    zero, unit, least = np.float32(0.0), np.float32(1.0), np.float32(1e-6)
    found = np.empty((1024, 2), np.int64)
    used = begin = 0
    for face in range(6):
        if first_cell[face] < 0:
            continue
        a, b = (face // 2 + 1) % 3, (face // 2 + 2) % 3
        for cell in range(first_cell[face], first_cell[face] + count[a] * count[b]):
            end = ends[cell]
            size = end - begin
            if size > 1:
                _gathered(
                    members, begin, end, a, b, middle_m, laid, bands, x, y, u, v, half, low, high
                )
                until = -(-size // _BLOCK) * _BLOCK
                for one in range(size - 1):
                    first = (one + 1) // _BLOCK * _BLOCK
                    if not rough_near(
                        x, y, u, v, half, low, high, one, first, until, zero, unit, least, near
                    ):
                        continue
                    i = members[begin + one]
                    for k in range(_listed(near, first, until, hits)):
                        j = int(members[begin + int(hits[k])])
                        if identity[i] == identity[j]:
                            continue
                        if not same_owner and owner[i] >= 0 and owner[i] == owner[j]:
                            continue
                        if not _level(bands_m, i, j):
                            continue
                        if not _linear(laid, i, j, cell, low_m, cell_m, count, first_cell):
                            continue
                        if used == len(found):
                            more = np.empty((2 * used, 2), np.int64)
                            more[:used] = found
                            found = more
                        found[used, 0] = i
                        found[used, 1] = j
                        used += 1
            begin = end
    return found[:used]


@_kernel
def _level(bands_m: Floats, i: int, j: int) -> bool:
    """May the heights meet? Above the ellipsoid where both are known, else by pressure."""
    known = bands_m[i, 0] == bands_m[i, 0] and bands_m[j, 0] == bands_m[j, 0]
    h = 0 if known else 2
    return not (bands_m[j, h] > bands_m[i, h + 1] or bands_m[i, h] > bands_m[j, h + 1])


@_kernel
def _linear(
    laid: Floats,
    i: int,
    j: int,
    cell: int,
    low_m: Floats,
    cell_m: float,
    count: Ints,
    first_cell: Ints,
) -> bool:
    """Do the lines come within both half widths, and is it for this cell to tell?"""
    dx, dy, dz = laid[j, 0] - laid[i, 0], laid[j, 1] - laid[i, 1], laid[j, 2] - laid[i, 2]
    wx, wy, wz = laid[j, 3] - laid[i, 3], laid[j, 4] - laid[i, 4], laid[j, 5] - laid[i, 5]
    speed2 = wx * wx + wy * wy + wz * wz
    t = 0.0
    if speed2 > 1e-9:
        t = -(dx * wx + dy * wy + dz * wz) / speed2
        t = min(max(t, 0.0), 1.0)
    dx += wx * t
    dy += wy * t
    dz += wz * t
    reach = laid[i, HALF] + laid[j, HALF]
    if dx * dx + dy * dy + dz * dz > reach * reach:
        return False
    part = laid[i, HALF] / reach
    x = laid[i, 0] + laid[i, 3] * t + dx * part
    y = laid[i, 1] + laid[i, 4] * t + dy * part
    z = laid[i, 2] + laid[i, 5] * t + dz * part
    return cell_of(x, y, z, low_m, cell_m, count, first_cell) == cell


@_kernel
def _rough_bands(bands_m: Floats) -> Singles:
    """Lowest and highest of each by the height that all are compared by: that above the ellipsoid
    where any has it, else that by pressure. Infinitely far where unknown.
    """
    h = 2
    for i in range(len(bands_m)):
        if not math.isnan(bands_m[i, 0]):
            h = 0
            break
    bands = np.empty((len(bands_m), 2), np.float32)
    for i in range(len(bands_m)):
        low, high = bands_m[i, h], bands_m[i, h + 1]
        if math.isnan(low) or math.isnan(high):
            low, high = -math.inf, math.inf
        bands[i, 0] = low - abs(low) * _HEIGHT_ROUGH - _HEIGHT_ROUGH_M if low > -1e30 else low
        bands[i, 1] = high + abs(high) * _HEIGHT_ROUGH + _HEIGHT_ROUGH_M if high < 1e30 else high
    return bands
