"""Kernels: each track against what is filed near it. The two passes over all tracks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch._filing import CORNERS, EVERYWHERE, LEVELS, cell_key, cell_m, hashed
from wideberth.watch._within import EDGE_ERROR_M, above, distance_m, grounded, in_height, is_in
from wideberth.watch.closest import KERNELS

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["enter", "inside"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Slots = NDArray[np.int32]

STEP_S = 0.05  # the tolerance of an entry: what a track covers in this time
MAX_STEPS = 256  # then whoever is still on the way, along an edge, counts as entering
_LEAST_RADIUS_M = 6_335_000.0  # of curvature, anywhere on the ellipsoid
_kernel = KERNELS


@_kernel
def _longer(array: Ints) -> Ints:
    more = np.empty(2 * array.shape[0], np.int64)
    for i in range(array.shape[0]):
        more[i] = array[i]
    return more


@_kernel
def inside(
    areas: Any, shapes: Any, points: Floats, blocks: Floats, plane: Floats,
    heads: Slots, node_key: Ints, node_next: Slots, levels: Ints, everywhere: Ints,
    position: Floats, std_m: Floats, w84_m: Floats, time_us: Ints, clock_us: Ints, owner: Ints,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Rows and slots: who is in which volume, in place, height and time."""
    rows = np.empty(position.shape[0] + 16, np.int64)
    slots = np.empty(position.shape[0] + 16, np.int64)
    found = 0
    mask = heads.shape[0] - 1
    for row in range(position.shape[0]):
        x = position[row, 0]
        y = position[row, 1]
        z = position[row, 2]
        for level in range(LEVELS + 1):
            if levels[level] == 0:
                continue
            key = 0
            node = 0
            left = everywhere.shape[0]
            if level < EVERYWHERE:
                size_m = cell_m(level)
                ix = math.floor(x / size_m)
                iy = math.floor(y / size_m)
                iz = math.floor(z / size_m)
                key = cell_key(level, ix, iy, iz)
                node = int(heads[hashed(level, ix, iy, iz, mask)])
            while True:
                if level < EVERYWHERE:
                    if node < 0:
                        break
                    slot = node // CORNERS
                    here = node_key[node] == key
                    node = int(node_next[node])
                    if not here:
                        continue
                else:
                    if left == 0:
                        break
                    left -= 1
                    slot = int(everywhere[left])
                area = areas[slot]
                dx = x - area.x
                dy = y - area.y
                dz = z - area.z
                reach_m = area.reach_m + 0.02
                if (
                    dx * dx + dy * dy + dz * dz > reach_m * reach_m
                    or time_us[row] < area.start_us - clock_us[row]
                    or time_us[row] > area.end_us + clock_us[row]
                    or owner[row] == area.exempt
                    or not in_height(area, std_m[row], w84_m[row])
                ):
                    continue
                if is_in(area, shapes[slot], points, blocks, plane, x, y, z):
                    if found == rows.shape[0]:
                        rows = _longer(rows)
                        slots = _longer(slots)
                    rows[found] = row
                    slots[found] = slot
                    found += 1
    return rows[:found], slots[:found]


@_kernel
def _open(
    area: Any, std_m: float, w84_m: float, climb_m_s: float, age_s: float, slack_m: float,
    clock_s: float, now_us: int, ahead_s: float, pressure_error_m: float,
) -> tuple[float, float]:  # fmt: skip
    """From when to when, in s from now, a track is in the volume's time and height
    (zones._window, for one).
    """
    begin_s = max(-age_s, (area.start_us - now_us) / SECOND_US - clock_s)
    end_s = min(ahead_s, (area.end_us - now_us) / SECOND_US + clock_s)
    for end in range(2):
        sign = 1.0 if end == 0 else -1.0
        limit_std_m = area.lower_std_m if end == 0 else area.upper_std_m
        limit_w84_m = area.lower_w84_m if end == 0 else area.upper_w84_m
        over_m, mixed = above(std_m, w84_m, limit_std_m, limit_w84_m)
        room_m = sign * over_m + slack_m + (pressure_error_m if mixed else 0.0)
        if math.isnan(room_m) or room_m == math.inf:
            continue
        rate_m_s = sign * climb_m_s
        if rate_m_s == 0.0:
            end_s = -math.inf if room_m < 0.0 else end_s
            continue
        zero_s = -room_m / rate_m_s - age_s
        if rate_m_s > 0.0:
            begin_s = zero_s if zero_s > begin_s else begin_s
        else:
            end_s = zero_s if zero_s < end_s else end_s
    return begin_s, end_s


@_kernel
def _at_m(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats,
    position: Floats, tangent: Floats, normal: Floats, radius_m: float, row: int, run_m: float,
) -> float:  # fmt: skip
    """The distance to a footprint after run_m metres along a track's path."""
    angle = run_m / radius_m
    ahead_m = radius_m * math.sin(angle)
    half = math.sin(angle / 2)
    drop_m = 2 * radius_m * (half * half)
    x, y, z = grounded(
        position[row, 0] + ahead_m * tangent[row, 0] - drop_m * normal[row, 0],
        position[row, 1] + ahead_m * tangent[row, 1] - drop_m * normal[row, 1],
        position[row, 2] + ahead_m * tangent[row, 2] - drop_m * normal[row, 2],
    )
    return distance_m(area, shape, points, blocks, plane, x, y, z)


@_kernel
def _first_s(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats,
    position: Floats, tangent: Floats, normal: Floats, radius_m: float, row: int,
    speed_m_s: float, age_s: float, begin_s: float, end_s: float, pad_m: float,
) -> float:  # fmt: skip
    """When a track is first within pad_m of the footprint (zones._march, for one)."""
    at_s = begin_s
    tolerance_m = speed_m_s * STEP_S + EDGE_ERROR_M
    for _ in range(MAX_STEPS):
        left_m = _at_m(
            area, shape, points, blocks, plane,
            position, tangent, normal, radius_m, row, speed_m_s * (age_s + at_s),
        ) - pad_m  # fmt: skip
        if left_m <= tolerance_m:
            return max(at_s, 0.0)
        if speed_m_s == 0.0:
            return math.inf
        at_s += left_m / speed_m_s
        if not at_s <= end_s:
            return math.inf
    return max(at_s, 0.0)


@_kernel
def _comes_near(
    area: Any, position: Floats, tangent: Floats, row: int,
    begin_m: float, end_m: float, reach_m: float,
) -> bool:  # fmt: skip
    """Is the straight line along the tangent, from begin_m to end_m, within reach of the middle?"""
    dx = area.x - position[row, 0]
    dy = area.y - position[row, 1]
    dz = area.z - position[row, 2]
    along_m = dx * tangent[row, 0] + dy * tangent[row, 1] + dz * tangent[row, 2]
    along_m = begin_m if along_m < begin_m else (end_m if along_m > end_m else along_m)
    dx -= along_m * tangent[row, 0]
    dy -= along_m * tangent[row, 1]
    dz -= along_m * tangent[row, 2]
    return dx * dx + dy * dy + dz * dz <= reach_m * reach_m


@_kernel
def _of_level(
    areas: Any, level: int, position: Floats, tangent: Floats, row: int, run_m: float,
    wide_m: float, found: int, some: Ints,
) -> tuple[int, Ints]:  # fmt: skip
    """Adds the slots of a level whose balls may come within wide_m, each asked for."""
    for slot in range(areas.shape[0]):
        area = areas[slot]
        if area.alive == 0 or area.level != level:
            continue
        if _comes_near(area, position, tangent, row, 0.0, run_m, wide_m + area.reach_m):
            if found == some.shape[0]:
                some = _longer(some)
            some[found] = slot
            found += 1
    return found, some


@_kernel
def _of_box(
    level: int, heads: Slots, node_key: Ints, node_next: Slots, low: Floats, high: Floats,
    row: int, stamp: Ints, found: int, some: Ints,
) -> tuple[int, Ints]:  # fmt: skip
    """Adds the slots that are filed in the cells of a box and not yet stamped with the row."""
    size_m = cell_m(level)
    for ix in range(math.floor(low[0] / size_m), math.floor(high[0] / size_m) + 1):
        for iy in range(math.floor(low[1] / size_m), math.floor(high[1] / size_m) + 1):
            for iz in range(math.floor(low[2] / size_m), math.floor(high[2] / size_m) + 1):
                node = int(heads[hashed(level, ix, iy, iz, heads.shape[0] - 1)])
                key = cell_key(level, ix, iy, iz)
                while node >= 0:
                    slot = node // CORNERS
                    if node_key[node] == key and stamp[slot] != row:
                        stamp[slot] = row
                        if found == some.shape[0]:
                            some = _longer(some)
                        some[found] = slot
                        found += 1
                    node = int(node_next[node])
    return found, some


@_kernel
def _near(
    areas: Any, heads: Slots, node_key: Ints, node_next: Slots, levels: Ints, everywhere: Ints,
    position: Floats, tangent: Floats, row: int, run_m: float, wide_m: float,
    stamp: Ints, low: Floats, high: Floats, some: Ints,
) -> tuple[int, Ints]:  # fmt: skip
    """The slots, each once, whose boxes may come within wide_m of a track's straight line.

    low, high: room for three numbers each.
    """
    found = 0
    for level in range(LEVELS):
        if levels[level] == 0:
            continue
        size_m = cell_m(level)
        parts = 1 + int(run_m / size_m)
        part_m = run_m / parts
        across = 2.0 + (2.0 * wide_m + part_m) / size_m
        if parts * across * across * across > 64.0 + 8.0 * levels[level]:
            # More cells than volumes.
            found, some = _of_level(
                areas, level, position, tangent, row, run_m, wide_m, found, some
            )
            continue
        for part in range(parts):
            for axis in range(3):
                begin = position[row, axis] + part * part_m * tangent[row, axis]
                step = part_m * tangent[row, axis]
                low[axis] = begin - wide_m + (step if step < 0.0 else 0.0)
                high[axis] = begin + wide_m + (step if step > 0.0 else 0.0)
            found, some = _of_box(
                level, heads, node_key, node_next, low, high, row, stamp, found, some
            )
    for k in range(everywhere.shape[0]):
        if found == some.shape[0]:
            some = _longer(some)
        some[found] = everywhere[k]
        found += 1
    return found, some


@_kernel
def enter(
    areas: Any, shapes: Any, points: Floats, blocks: Floats, plane: Floats,
    heads: Slots, node_key: Ints, node_next: Slots, levels: Ints, everywhere: Ints,
    position: Floats, tangent: Floats, normal: Floats, radius_m: Floats, speed_m_s: Floats,
    age_s: Floats, std_m: Floats, w84_m: Floats, climb_m_s: Floats, slack_m: Floats,
    pad_m: Floats, clock_s: Floats, owner: Ints,
    now_us: int, ahead_s: float, pressure_error_m: float,
) -> tuple[Ints, Ints, Floats, Floats]:  # fmt: skip
    """Rows, slots, seconds and metres: who will be in which volume, when first, and how far from
    it now, by place, on the predicted path.
    """
    rows = np.empty(position.shape[0] + 16, np.int64)
    slots = np.empty(position.shape[0] + 16, np.int64)
    some = np.empty(64, np.int64)
    stamp = np.full(areas.shape[0], -1, np.int64)
    low = np.empty(3)
    high = np.empty(3)
    seconds = np.empty(rows.shape[0])
    metres = np.empty(rows.shape[0])
    found = 0
    for row in range(position.shape[0]):
        speed = speed_m_s[row]
        age = age_s[row]
        run_m = speed * (age + ahead_s)
        # The march ends at STEP_S of the edge, or after MAX_STEPS steps of which one was this
        # short; the path bends off its tangent by the second line; 5 cm for every rounding.
        short_s = max(STEP_S, (age + ahead_s) / MAX_STEPS)
        sway_m = run_m * run_m / (2 * _LEAST_RADIUS_M) * (1 + run_m / (3 * _LEAST_RADIUS_M))
        wide_m = pad_m[row] + speed * short_s + sway_m + 0.05
        count, some = _near(
            areas, heads, node_key, node_next, levels, everywhere,
            position, tangent, row, run_m, wide_m, stamp, low, high, some,
        )  # fmt: skip
        for k in range(count):
            slot = int(some[k])
            area = areas[slot]
            if owner[row] == area.exempt or not _comes_near(
                area, position, tangent, row, 0.0, run_m, wide_m + area.reach_m
            ):
                continue
            begin_s, end_s = _open(
                area, std_m[row], w84_m[row], climb_m_s[row], age, slack_m[row],
                clock_s[row], now_us, ahead_s, pressure_error_m,
            )  # fmt: skip
            if not begin_s <= end_s or not _comes_near(
                area, position, tangent, row,
                speed * (age + begin_s), speed * (age + end_s), wide_m + area.reach_m,
            ):  # fmt: skip
                continue
            shape = shapes[slot]
            entry_s = _first_s(
                area, shape, points, blocks, plane, position, tangent, normal, radius_m[row], row,
                speed, age, begin_s, end_s, pad_m[row],
            )  # fmt: skip
            if entry_s == math.inf:
                continue
            if found == rows.shape[0]:
                rows = _longer(rows)
                slots = _longer(slots)
                seconds = np.concatenate((seconds, np.empty(found)))
                metres = np.concatenate((metres, np.empty(found)))
            rows[found] = row
            slots[found] = slot
            seconds[found] = entry_s
            metres[found] = _at_m(
                area, shape, points, blocks, plane,
                position, tangent, normal, radius_m[row], row, speed * age,
            )  # fmt: skip
            found += 1
    return rows[:found], slots[:found], seconds[:found], metres[:found]
