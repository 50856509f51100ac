"""Kernels: volumes put into the arrays of the index, and filed; many in one call."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._shapes import BLOCK
from wideberth.space.wgs84 import F
from wideberth.watch._filing import FILED_M, file, filed_in, level_of
from wideberth.watch._jit import kernel as _kernel
from wideberth.watch._within import PLANE_REACH_M, rough_count

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["file_all", "filed_in_all", "lay", "needed"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Slots = NDArray[np.int32]
Singles = NDArray[np.float32]

_NORMAL = (1.0 - F) ** 2  # of z in the ellipsoid's normal


@_kernel
def _drop(
    area: Any, points: Floats, first: int, count: int, plane: Floats, begin: int,
    rough: Singles, rough_begin: int,
) -> None:  # fmt: skip
    """Puts a ring on the plane that touches the ellipsoid under the middle of its ball."""
    area.plane = begin
    area.rough = rough_begin
    nz = area.z / _NORMAL
    size = math.sqrt(area.x * area.x + area.y * area.y + nz * nz)
    nx = area.x / size
    ny = area.y / size
    nz /= size
    # Any axis that the normal is far from will do: at a pole east is not one.
    least = min(abs(nx), abs(ny), abs(nz))
    ax = 1.0 if abs(nx) == least else 0.0
    ay = 1.0 if ax == 0.0 and abs(ny) == least else 0.0
    az = 1.0 - ax - ay
    ex = ay * nz - az * ny
    ey = az * nx - ax * nz
    ez = ax * ny - ay * nx
    size = math.sqrt(ex * ex + ey * ey + ez * ez)
    area.east_x = ex / size
    area.east_y = ey / size
    area.east_z = ez / size
    area.north_x = ny * area.east_z - nz * area.east_y
    area.north_y = nz * area.east_x - nx * area.east_z
    area.north_z = nx * area.east_y - ny * area.east_x
    for i in range(count + 1):
        k = first + (i if i < count else 0)
        dx = points[k, 0] - area.x
        dy = points[k, 1] - area.y
        dz = points[k, 2] - area.z
        plane[begin + i] = area.east_x * dx + area.east_y * dy + area.east_z * dz
        plane[begin + count + 1 + i] = area.north_x * dx + area.north_y * dy + area.north_z * dz
    for i in range(count):
        dx = plane[begin + i + 1] - plane[begin + i]
        dy = plane[begin + count + 2 + i] - plane[begin + count + 1 + i]
        square = dx * dx + dy * dy
        plane[begin + 2 * (count + 1) + i] = 1.0 / square if square > 0.0 else 0.0
    plane[begin + 2 * (count + 1) + count] = 0.0
    padded = rough_count(count)
    for i in range(padded + 1):
        k = i if i < count else 0
        rough[rough_begin + i] = plane[begin + k]
        rough[rough_begin + padded + 1 + i] = plane[begin + count + 1 + k]


@_kernel
def needed(shapes: Any, index: Ints) -> tuple[int, int, int, int, int]:
    """How many points, blocks and places on the plane and on the rough one these take; and the
    most pieces of one.
    """
    points = 0
    blocks = 0
    rough = 0
    most = 0
    for i in range(index.shape[0]):
        count = shapes[index[i]].count
        points += count
        blocks += (count + BLOCK - 1) // BLOCK
        rough += 2 * (rough_count(count) + 1)
        most = count if count > most else most
    return points, blocks, 3 * (points + index.shape[0]), rough, most


@_kernel
def lay(
    areas: Any, shapes: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    used: Ints, levels: Ints, slots: Ints, firsts: Ints, volumes: Ints, exempt: Ints,
    index: Ints, of_rows: Any, of_shapes: Any, of_points: Floats, of_blocks: Floats,
    limits_m: Floats, window_us: Ints, finest: int,
) -> int:  # fmt: skip
    """Puts the volumes index of prepared arrays into the slots; how many nodes they will need.

    used: how much of points, blocks, plane and rough is; there must be room. limits_m: lower and
    upper above the ellipsoid, then as pressure altitudes. finest: the finest level that is used.
    """
    nodes = 0
    for i in range(slots.shape[0]):
        of_shape = of_shapes[index[i]]
        count = of_shape.count
        shapes[slots[i]] = of_shape
        shape = shapes[slots[i]]
        shape.first = used[0]
        shape.block = used[1]
        for k in range(count):
            for axis in range(3):
                points[used[0] + k, axis] = of_points[of_shape.first + k, axis]
        used[0] += count
        for k in range((count + BLOCK - 1) // BLOCK):
            for part in range(4):
                blocks[used[1] + k, part] = of_blocks[of_shape.block + k, part]
        used[1] += (count + BLOCK - 1) // BLOCK
        area = areas[slots[i]]
        area.x = shape.x
        area.y = shape.y
        area.z = shape.z
        area.reach_m = math.inf if shape.wide == 1 else shape.reach_m
        area.inner_m = 0.0 if shape.wide == 1 else of_rows[index[i]].inner_dm / 10.0
        area.lower_w84_m = limits_m[i, 0]
        area.upper_w84_m = limits_m[i, 1]
        area.lower_std_m = limits_m[i, 2]
        area.upper_std_m = limits_m[i, 3]
        area.start_us = window_us[i, 0]
        area.end_us = window_us[i, 1]
        area.exempt = exempt[i]
        area.volume = volumes[i]
        area.first = firsts[i]
        area.point = shape.first
        area.pieces = count
        area.plane = -1
        area.node = -1
        area.alive = 1
        if count > 0 and area.reach_m <= PLANE_REACH_M:
            _drop(area, points, shape.first, count, plane, used[2], rough, used[3])
            used[2] += 3 * (count + 1)
            used[3] += 2 * (rough_count(count) + 1)
        level = level_of(area.x, area.y, area.z, area.reach_m + FILED_M)
        area.level = level if level > finest else finest
        levels[area.level] += 1
        nodes += filed_in(area)
    return nodes


@_kernel
def file_all(
    areas: Any, shapes: Any, points: Floats, slots: Ints,
    heads: Slots, nodes: Any, siblings: Slots, free: Ints, most: int,
) -> int:  # fmt: skip
    """Files many; how many nodes they took. most: pieces of one of them."""
    ring = np.empty(2 * (most + 1))
    taken = 0
    for slot in slots:
        taken += file(areas, shapes, points, slot, heads, nodes, siblings, free, ring)
    return taken


@_kernel
def filed_in_all(areas: Any, slots: Ints) -> int:
    """How many nodes many take at most."""
    total = 0
    for slot in slots:
        total += filed_in(areas[slot])
    return total
