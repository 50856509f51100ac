"""Kernels: where the volumes of all areas are filed, so that only those nearby are looked at.

The earth is seen from its centre onto the six faces of a cube (no seam, no pole). A face has
coordinates u and v from -1 to 1, cut into square cells; a straight line in space is straight there.
A volume's *level* is the first whose cells are not too small for its ball: 14 levels of bits, two
fewer each; the first of all is left out while it would hold few. A volume is filed in every cell of
its level that its ball may be seen in, by a *node*, in a chain from ``heads[hash of the cell]``. A
node keeps its cell, so that another cell with the same hash does not count, and the ball in
float32, rounded outward, so that what is far is passed over without a look at the volume. What is
larger than the largest ball is not filed (EVERYWHERE) and is looked at each time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._jit import record_dtype
from wideberth.space.wgs84 import A_M
from wideberth.watch._jit import kernel as _kernel
from wideberth.watch._within import misses

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

# A kernel takes flat arrays, by position.

__all__ = [
    "EVERYWHERE",
    "FACES",
    "FILED_M",
    "LARGEST_M",
    "LEVELS",
    "NODE",
    "box_on",
    "cell_at",
    "cell_key",
    "cells",
    "face_of",
    "file",
    "filed_in",
    "hashed",
    "level_all",
    "turned",
    "unfile",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Slots = NDArray[np.int32]

FACES = 6
LEVELS = 7
EVERYWHERE = LEVELS  # the level of what is filed nowhere
FILED_M = 0.1  # a box is larger than its ball by this, which covers every rounding
SPAN = 3.0  # cells that a ball is across, at most
_FEW = 8  # times as many on the next level
_FINEST_BITS = 14  # cells along an edge of a face: 780 m each in its middle, 260 m in its corner
LARGEST_M = 1_000_000.0  # a ball within this of its middle is in front of each face it is seen on
_CUBE_M = A_M  # half an edge of the cube: a face's coordinates in metres
_SINGLE_M = 1.5  # three coordinates in float32: 0.25 m each at most, and their use

NODE = record_dtype(
    [
        ("key", np.int64),  # of the cell
        ("slot", np.int32),
        ("next", np.int32),  # in the chain, or among the free ones; -1: the last
        ("x", np.float32),  # the ball, ECEF m
        ("y", np.float32),
        ("z", np.float32),
        ("reach_m", np.float32),
    ]
)


@_kernel.inlined
def cells(level: int) -> int:
    """How many cells a level has along an edge of a face."""
    return 1 << (_FINEST_BITS - 2 * level)


@_kernel.inlined
def cell_key(level: int, face: int, iu: int, iv: int) -> int:
    """One number for one cell, of 34 bits."""
    return ((level << 3 | face) << 14 | iu) << 14 | iv


@_kernel.inlined
def hashed(key: int, mask: int) -> int:
    """The chain that a cell is in; those of four by four cells stand together, in one line of the
    memory's cache. No product leaves 64 bits.
    """
    block = (key >> 16) << 12 | (key & 0x3FFF) >> 2
    return ((block * 0x9E3779B >> 16) << 4 | (key >> 14 & 3) << 2 | key & 3) & mask


@_kernel.inlined
def turned(face: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """A point as it is seen on a face: towards it, and along u and v. Over the first: u and v."""
    w = x if face % 3 == 0 else (y if face % 3 == 1 else z)
    u = y if face % 3 == 0 else (z if face % 3 == 1 else x)
    v = z if face % 3 == 0 else (x if face % 3 == 1 else y)
    return (w if face < 3 else -w), u, v


@_kernel.inlined
def face_of(x: float, y: float, z: float) -> int:
    """The face that a point is seen on."""
    a = abs(x)
    b = abs(y)
    c = abs(z)
    axis = 0 if (a >= b) & (a >= c) else (1 if b >= c else 2)
    w = x if axis == 0 else (y if axis == 1 else z)
    return axis if w > 0 else axis + 3


@_kernel.inlined
def box_on(
    face: int, x: float, y: float, z: float, half_m: float
) -> tuple[float, float, float, float]:
    """From where to where, in u and in v, a ball may be seen on a face; from above 1 where it is
    not. half_m: its radius, LARGEST_M at most.
    """
    w, u, v = turned(face, x, y, z)
    far = w + half_m
    near = w - half_m
    if near <= 0.0 or far < abs(u) - half_m or far < abs(v) - half_m:
        return 2.0, -2.0, 2.0, -2.0
    low_u = u - half_m
    high_u = u + half_m
    low_v = v - half_m
    high_v = v + half_m
    return (
        low_u / (far if low_u > 0 else near),
        high_u / (near if high_u > 0 else far),
        low_v / (far if low_v > 0 else near),
        high_v / (near if high_v > 0 else far),
    )


@_kernel.inlined
def cell_at(u: float, level: int) -> int:
    """The number, along u or v, of the cell that a place is in; the first or last beyond."""
    count = cells(level)
    at = math.floor((u + 1.0) * (0.5 * count))
    return 0 if at < 0 else (count - 1 if at > count - 1 else at)


@_kernel
def level_of(x: float, y: float, z: float, half_m: float) -> int:
    """The level of a ball."""
    if not half_m <= LARGEST_M:
        return EVERYWHERE
    low_u, high_u, low_v, high_v = box_on(face_of(x, y, z), x, y, z, half_m)
    across = high_u - low_u if high_u - low_u > high_v - low_v else high_v - low_v
    for level in range(LEVELS):
        if across * 0.5 * cells(level) <= SPAN:
            return level
    return LEVELS - 1


@_kernel
def level_all(areas: Any, slots: Ints, levels: Ints) -> int:
    """Sets the level of many, and how many each holds; the finest that is used. What would be few
    on the finest goes with what is on the next: to go along a way cell by cell of the finest costs
    more than to pass over those few.
    """
    levels[:] = 0
    for slot in slots:
        area = areas[slot]
        area.level = level_of(area.x, area.y, area.z, area.reach_m + FILED_M)
        levels[area.level] += 1
    if _FEW * levels[0] >= levels[1]:
        return 0
    for slot in slots:
        area = areas[slot]
        area.level = area.level if area.level > 0 else 1
    levels[1] += levels[0]
    levels[0] = 0
    return 1


@_kernel
def filed_in(area: Any) -> int:
    """How many cells the ball of an area may be seen in."""
    if area.level == EVERYWHERE:
        return 0
    half_m = area.reach_m + FILED_M
    total = 0
    for face in range(FACES):
        low_u, high_u, low_v, high_v = box_on(face, area.x, area.y, area.z, half_m)
        if low_u <= 1.0 and high_u >= -1.0 and low_v <= 1.0 and high_v >= -1.0:
            wide = cell_at(high_u, area.level) - cell_at(low_u, area.level) + 1
            high = cell_at(high_v, area.level) - cell_at(low_v, area.level) + 1
            total += wide * high
    return total


@_kernel
def _shown(face: int, points: Floats, first: int, count: int, ring: Floats) -> None:
    """A ring as it is seen on a face, in metres there: u, the first again behind the last, then v
    likewise.
    """
    for i in range(count + 1):
        k = first + (i if i < count else 0)
        w, u, v = turned(face, points[k, 0], points[k, 1], points[k, 2])
        ring[i] = u / w * _CUBE_M
        ring[count + 1 + i] = v / w * _CUBE_M


@_kernel
def file(
    areas: Any, shapes: Any, points: Floats, slot: int,
    heads: Slots, nodes: Any, siblings: Slots, free: Ints, ring: Floats,
) -> int:  # fmt: skip
    """Files a slot, in the cells that its footprint may be seen in, by nodes from the free ones,
    which begin at free[0] and must be enough for all that its ball is seen in. How many it took.

    ring: room for twice as many numbers as it has pieces, and two.
    """
    area = areas[slot]
    area.node = -1
    if area.level == EVERYWHERE:
        return 0
    half_m = area.reach_m + FILED_M
    level = area.level
    first = shapes[slot].first
    pieces = shapes[slot].count
    half_cell_m = _CUBE_M / cells(level)
    taken = 0
    for face in range(FACES):
        low_u, high_u, low_v, high_v = box_on(face, area.x, area.y, area.z, half_m)
        if not (low_u <= 1.0 and high_u >= -1.0 and low_v <= 1.0 and high_v >= -1.0):
            continue
        if pieces > 0:
            _shown(face, points, first, pieces, ring)
        for iu in range(cell_at(low_u, level), cell_at(high_u, level) + 1):
            for iv in range(cell_at(low_v, level), cell_at(high_v, level) + 1):
                if pieces > 0 and misses(
                    (2 * iu + 1) * half_cell_m - _CUBE_M, (2 * iv + 1) * half_cell_m - _CUBE_M,
                    1.0, 0.0, half_cell_m + FILED_M, half_cell_m + FILED_M, 0, pieces, ring,
                ):  # fmt: skip
                    continue
                at = free[0]
                node = nodes[at]
                free[0] = node.next
                key = cell_key(level, face, iu, iv)
                chain = hashed(key, heads.shape[0] - 1)
                node.key = key
                node.slot = slot
                node.x = area.x
                node.y = area.y
                node.z = area.z
                node.reach_m = area.reach_m + _SINGLE_M
                node.next = heads[chain]
                heads[chain] = at
                siblings[at] = area.node
                area.node = at
                taken += 1
    return taken


@_kernel
def unfile(areas: Any, slot: int, heads: Slots, nodes: Any, siblings: Slots, free: Ints) -> int:
    """Takes a slot out of every chain that it is in. How many nodes are free by that."""
    at = areas[slot].node
    count = 0
    while at >= 0:
        node = nodes[at]
        chain = hashed(node.key, heads.shape[0] - 1)
        if heads[chain] == at:
            heads[chain] = node.next
        else:
            before = int(heads[chain])
            while nodes[before].next != at:
                before = int(nodes[before].next)
            nodes[before].next = node.next
        node.next = free[0]
        free[0] = at
        at = int(siblings[at])
        count += 1
    areas[slot].node = -1
    return count
