"""Kernels: what is filed near the ways of tracks.

A straight way stays straight on a face, so it is followed there column of cells by column. Where it
is seen on more than one face, a ball around each part of it is looked for on all of them. Where
there would be more cells than volumes, each volume of the level is asked.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space.wgs84 import A_M
from wideberth.watch._filing import (
    FACES,
    LEVELS,
    box_on,
    cell_at,
    cell_key,
    cells,
    face_of,
    hashed,
    turned,
)
from wideberth.watch._jit import kernel as _kernel

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["comes_near", "near"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Slots = NDArray[np.int32]

_CUBE_M = A_M  # no cell is longer than this times its part of a face
_MOST_CELLS = 4096  # of one way at one level
_BATCH = 4096  # cells that are looked up together


@_kernel.inlined
def comes_near(
    dx: float, dy: float, dz: float, tx: float, ty: float, tz: float,
    begin_m: float, end_m: float, reach_m: float,
) -> bool:  # fmt: skip
    """Is a straight line along the unit t, from begin_m to end_m, within reach of d?"""
    along_m = dx * tx + dy * ty + dz * tz
    along_m = begin_m if along_m < begin_m else (end_m if along_m > end_m else along_m)
    dx -= along_m * tx
    dy -= along_m * ty
    dz -= along_m * tz
    return dx * dx + dy * dy + dz * dz <= reach_m * reach_m


@_kernel.inlined
def _along(
    face: int, level: int, u0: float, v0: float, u1: float, v1: float, side: float,
    keys: Ints, found: int,
) -> int:  # fmt: skip
    """Adds the cells within side, along u and along v, of a straight way on a face."""
    is_steep = abs(v1 - v0) > abs(u1 - u0)
    a0, b0, a1, b1 = (v0, u0, v1, u1) if is_steep else (u0, v0, u1, v1)
    if a0 > a1:
        a0, b0, a1, b1 = a1, b1, a0, b0
    slope = (b1 - b0) / (a1 - a0) if a1 > a0 else 0.0
    size = 2.0 / cells(level)
    for ia in range(cell_at(a0 - side, level), cell_at(a1 + side, level) + 1):
        # The part of the way whose surroundings reach into the column.
        begin = ia * size - 1.0 - side
        end = begin + size + 2.0 * side
        begin = a0 if begin < a0 else (a1 if begin > a1 else begin)
        end = a0 if end < a0 else (a1 if end > a1 else end)
        low = b0 + slope * (begin - a0)
        high = b0 + slope * (end - a0)
        low, high = (low, high) if low < high else (high, low)
        for ib in range(cell_at(low - side, level), cell_at(high + side, level) + 1):
            iu, iv = (ib, ia) if is_steep else (ia, ib)
            keys[found] = cell_key(level, face, iu, iv)
            found += 1
    return found


@_kernel
def _around(level: int, x: float, y: float, z: float, half_m: float, keys: Ints, found: int) -> int:
    """Adds the cells that a ball may be seen in, on all faces."""
    for face in range(FACES):
        low_u, high_u, low_v, high_v = box_on(face, x, y, z, half_m)
        if low_u <= 1.0 and high_u >= -1.0 and low_v <= 1.0 and high_v >= -1.0:
            for iu in range(cell_at(low_u, level), cell_at(high_u, level) + 1):
                for iv in range(cell_at(low_v, level), cell_at(high_v, level) + 1):
                    keys[found] = cell_key(level, face, iu, iv)
                    found += 1
    return found


@_kernel.inlined
def _cells(
    levels: Ints, x: float, y: float, z: float, tx: float, ty: float, tz: float,
    run_m: float, wide_m: float, keys: Ints, found: int,
) -> int:  # fmt: skip
    """Adds the cells that anything within wide_m of a straight way may be seen in; -1 - level
    where each volume of the level is to be asked instead.
    """
    face = face_of(x + 0.5 * run_m * tx, y + 0.5 * run_m * ty, z + 0.5 * run_m * tz)
    w0, u0, v0 = turned(face, x, y, z)
    w1, u1, v1 = turned(face, x + run_m * tx, y + run_m * ty, z + run_m * tz)
    least_w = (w0 if w0 < w1 else w1) - wide_m
    is_plain = least_w > 0.0
    side = 0.0
    if is_plain:
        u0, v0 = u0 / w0, v0 / w0
        u1, v1 = u1 / w1, v1 / w1
        most_u = abs(u0) if abs(u0) > abs(u1) else abs(u1)
        most_v = abs(v0) if abs(v0) > abs(v1) else abs(v1)
        most = most_u if most_u > most_v else most_v
        side = wide_m * (1.0 + most) / least_w + 1e-9
        is_plain = most + side < 1.0
    length = abs(u1 - u0) if abs(u1 - u0) > abs(v1 - v0) else abs(v1 - v0)
    for level in range(LEVELS):
        if levels[level] == 0:
            continue
        count = cells(level)
        if is_plain:
            parts = 2.0 + (length + 2.0 * side) * 0.5 * count
            across = 3.0 + 2.0 * side * count
        else:
            parts = math.floor(1.0 + run_m / _CUBE_M * 0.5 * count)
            # A ball on three faces, up to five times as large there as straight ahead.
            across = 2.0 + (run_m / parts + 2.0 * wide_m + 2.0) / _CUBE_M * 2.5 * count
            across *= 3.0 * across
        looks = parts * across
        if (
            not looks <= _MOST_CELLS
            or looks > 64.0 + 8.0 * levels[level]
            or wide_m + run_m / parts > 250_000.0
        ):
            keys[found] = -1 - level
            found += 1
        elif is_plain:
            found = _along(face, level, u0, v0, u1, v1, side, keys, found)
        else:
            number = int(parts)
            half_m = 0.5 * run_m / number
            for part in range(number):
                at_m = (2 * part + 1) * half_m
                found = _around(
                    level, x + at_m * tx, y + at_m * ty, z + at_m * tz, half_m + wide_m + 1.0,
                    keys, found,
                )  # fmt: skip
    return found


@_kernel
def _fill(
    levels: Ints, position: Floats, tangent: Floats, run_m: Floats, wide_m: Floats,
    begin: int, keys: Ints, rows: Slots,
) -> tuple[int, int]:  # fmt: skip
    """The cells of the rows from begin on, until there are enough of them: the next row, and how
    many cells.
    """
    row = begin
    found = 0
    while row < position.shape[0] and found < _BATCH:
        before = found
        found = _cells(
            levels, position[row, 0], position[row, 1], position[row, 2],
            tangent[row, 0], tangent[row, 1], tangent[row, 2],
            run_m[row], wide_m[row], keys, found,
        )  # fmt: skip
        for k in range(before, found):
            rows[k] = row
        row += 1
    return row, found


@_kernel
def _begun(number: int, keys: Ints, rows: Slots, heads: Slots, chains: Slots) -> int:
    """Keeps of the cells those whose chain is not empty, with where it begins; how many. No branch:
    what it waits for from memory, it waits for of many cells at once.
    """
    mask = heads.shape[0] - 1
    found = np.uintp(0)
    for k in range(np.uintp(number)):
        key = keys[k]
        row = rows[k]
        head = heads[np.uintp(hashed(key if key > 0 else 0, mask))]
        keys[found] = key
        rows[found] = row
        chains[found] = head
        found += np.uintp((head >= 0) | (key < 0))
    return int(found)


@_kernel
def _chained(
    number: int, keys: Ints, rows: Slots, chains: Slots, nodes: Any, areas: Any,
    position: Floats, tangent: Floats, run_m: Floats, wide_m: Floats,
    stamp: Slots, found: int, row_of: Ints, slot_of: Ints,
) -> int:  # fmt: skip
    """Adds rows, and slots that are filed in their cells and whose balls their ways may come near,
    each once; how many there are then. More than there is room for are counted and not written.
    """
    for k in range(number):
        row = int(rows[k])
        key = keys[k]
        x = position[row, 0]
        y = position[row, 1]
        z = position[row, 2]
        tx = tangent[row, 0]
        ty = tangent[row, 1]
        tz = tangent[row, 2]
        if key < 0:
            for slot in range(areas.shape[0]):
                area = areas[slot]
                if (
                    area.alive == 1
                    and area.level == -1 - key
                    and stamp[slot] != row
                    and comes_near(
                        area.x - x, area.y - y, area.z - z, tx, ty, tz,
                        0.0, run_m[row], wide_m[row] + area.reach_m,
                    )
                ):  # fmt: skip
                    stamp[slot] = row
                    if found < row_of.shape[0]:
                        row_of[found] = row
                        slot_of[found] = slot
                    found += 1
            continue
        at = int(chains[k])
        while at >= 0:
            node = nodes[at]
            at = int(node.next)
            if node.key != key or stamp[node.slot] == row:
                continue
            stamp[node.slot] = row
            if comes_near(
                node.x - x, node.y - y, node.z - z, tx, ty, tz,
                0.0, run_m[row], wide_m[row] + node.reach_m,
            ):  # fmt: skip
                if found < row_of.shape[0]:
                    row_of[found] = row
                    slot_of[found] = node.slot
                found += 1
    return found


@_kernel
def near(
    areas: Any, heads: Slots, nodes: Any, levels: Ints, everywhere: Ints,
    position: Floats, tangent: Floats, run_m: Floats, wide_m: Floats,
    row_of: Ints, slot_of: Ints,
) -> int:  # fmt: skip
    """Rows, and slots whose balls may come within wide_m of the row's straight way, run_m along
    its tangent, each pair once; how many. More than there is room for are counted, not written.
    """
    keys = np.empty(_BATCH + 2 * LEVELS * _MOST_CELLS, np.int64)
    rows = np.empty(keys.shape[0], np.int32)
    chains = np.empty(keys.shape[0], np.int32)
    stamp = np.full(areas.shape[0], -1, np.int32)
    found = 0
    row = 0
    while row < position.shape[0]:
        row, looks = _fill(levels, position, tangent, run_m, wide_m, row, keys, rows)
        number = _begun(looks, keys, rows, heads, chains)
        found = _chained(
            number, keys, rows, chains, nodes, areas, position, tangent, run_m, wide_m,
            stamp, found, row_of, slot_of,
        )  # fmt: skip
    for slot in everywhere:
        for row in range(position.shape[0]):
            if found < row_of.shape[0]:
                row_of[found] = row
                slot_of[found] = slot
            found += 1
    return found
