"""Kernels: where the volumes of all areas are filed, so that only those nearby are looked at.

A volume's ball stands in a cubic box in ECEF space (no seam, no pole). Its *level* has the first
cell size that is not under the box's edge, so it touches eight cells at most, and is filed in each
of them: in a chain from ``heads[hash of the cell]``, through node ``8 * slot + corner``. A node
keeps its cell, so that another cell with the same hash does not count. What is larger than the
largest cell is not filed (EVERYWHERE) and is looked at each time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.watch.closest import KERNELS

__all__ = ["CORNERS", "EVERYWHERE", "LEVELS", "cell_m", "file", "hashed", "level_of", "unfile"]

Ints = NDArray[np.int64]
Slots = NDArray[np.int32]

LEVELS = 7
EVERYWHERE = LEVELS  # the level of what is filed nowhere
CORNERS = 8
FINEST_M = 512.0
_OFFSET = 1 << 19  # a cell's number along an axis is at least -12,500
_kernel = KERNELS


@_kernel
def cell_m(level: int) -> float:
    """The size of a level's cells: 512 m, and four times as much at each level."""
    return FINEST_M * 4.0**level


@_kernel
def level_of(half_m: float) -> int:
    """The level of a box that reaches so far from its middle."""
    for level in range(LEVELS):
        if 2.0 * half_m <= 0.999 * cell_m(level):  # never three cells along an axis
            return level
    return EVERYWHERE


@_kernel
def cell_key(level: int, ix: int, iy: int, iz: int) -> int:
    """One number for one cell."""
    return (((level << 20 | ix + _OFFSET) << 20 | iy + _OFFSET) << 20) | iz + _OFFSET


@_kernel
def hashed(level: int, ix: int, iy: int, iz: int, mask: int) -> int:
    """The chain that a cell is in. No product leaves 64 bits."""
    mixed = ix * 73_856_093 ^ iy * 19_349_663 ^ iz * 83_492_791 ^ level * 2_654_435
    return (mixed ^ mixed >> 17) & mask


@_kernel
def file(
    areas: Any, slot: int, half_m: float, heads: Slots, node_key: Ints, node_next: Slots
) -> None:
    """Files the ball of a slot, half_m around its middle, in the cells of its level."""
    area = areas[slot]
    level = area.level
    for corner in range(CORNERS):
        node_key[slot * CORNERS + corner] = -1
    if level == EVERYWHERE:
        return
    size_m = cell_m(level)
    corner = 0
    for ix in range(
        math.floor((area.x - half_m) / size_m), math.floor((area.x + half_m) / size_m) + 1
    ):
        for iy in range(
            math.floor((area.y - half_m) / size_m),
            math.floor((area.y + half_m) / size_m) + 1,
        ):
            for iz in range(
                math.floor((area.z - half_m) / size_m),
                math.floor((area.z + half_m) / size_m) + 1,
            ):
                node = slot * CORNERS + corner
                chain = hashed(level, ix, iy, iz, heads.shape[0] - 1)
                node_key[node] = cell_key(level, ix, iy, iz)
                node_next[node] = heads[chain]
                heads[chain] = node
                corner += 1


@_kernel
def unfile(slot: int, heads: Slots, node_key: Ints, node_next: Slots) -> None:
    """Takes a slot out of every chain that it is in."""
    for corner in range(CORNERS):
        node = slot * CORNERS + corner
        key = node_key[node]
        if key < 0:
            continue
        level = key >> 60
        ix = (key >> 40 & (1 << 20) - 1) - _OFFSET
        iy = (key >> 20 & (1 << 20) - 1) - _OFFSET
        iz = (key & (1 << 20) - 1) - _OFFSET
        chain = hashed(level, ix, iy, iz, heads.shape[0] - 1)
        if heads[chain] == node:
            heads[chain] = node_next[node]
        else:
            at = heads[chain]
            while node_next[at] != node:
                at = node_next[at]
            node_next[at] = node_next[node]
        node_key[node] = -1
