"""Kernels: when each track will be in what is filed near its way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch._firsts import by
from wideberth.watch._jit import kernel as _kernel
from wideberth.watch._walk import comes_near, near
from wideberth.watch._within import (
    EDGE_ERROR_M,
    ROUGH,
    SURE_M,
    above,
    distance_m,
    grounded,
    misses,
    near_distance_m,
    rough_count,
)
from wideberth.watch.paths import turned

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["MAX_STEPS", "STEP_S", "enter"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Slots = NDArray[np.int32]
Singles = NDArray[np.float32]

STEP_S = 0.05  # the tolerance of an entry: what a track covers in this time
MAX_STEPS = 256  # then whoever is still on the way, along an edge, counts as entering
_SOME = 64  # that are worked out together: what they need is less than the cache next to the core
_LINE = 16  # numbers in float32 that come from memory together
_LEAST_RADIUS_M = 6_335_000.0  # of curvature, anywhere on the ellipsoid


@_kernel.inlined
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


@_kernel.inlined
def _on_path(
    x: float, y: float, z: float, tx: float, ty: float, tz: float,
    nx: float, ny: float, nz: float, radius_m: float, run_m: float,
) -> tuple[float, float, float]:  # fmt: skip
    """The point of the ellipsoid under a path, run_m metres along it."""
    sine, less = turned(run_m / radius_m)
    ahead_m = radius_m * sine
    drop_m = radius_m * less
    return grounded(
        x + ahead_m * tx - drop_m * nx,
        y + ahead_m * ty - drop_m * ny,
        z + ahead_m * tz - drop_m * nz,
    )


@_kernel
def _at_m(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    scratch: Slots,
    position: Floats, tangent: Floats, normal: Floats, radius_m: float, row: int, run_m: float,
) -> float:  # fmt: skip
    """The distance to a footprint after run_m metres along a track's path."""
    x, y, z = _on_path(
        position[row, 0], position[row, 1], position[row, 2],
        tangent[row, 0], tangent[row, 1], tangent[row, 2],
        normal[row, 0], normal[row, 1], normal[row, 2], radius_m, run_m,
    )  # fmt: skip
    return distance_m(area, shape, points, blocks, plane, rough, scratch, x, y, z)


@_kernel
def _first_s(
    area: Any, shape: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    scratch: Slots,
    position: Floats, tangent: Floats, normal: Floats, radius_m: float, row: int,
    speed_m_s: float, age_s: float, begin_s: float, end_s: float, pad_m: float,
) -> float:  # fmt: skip
    """When a track is first within pad_m of the footprint (zones._march, for one)."""
    at_s = begin_s
    tolerance_m = speed_m_s * STEP_S + EDGE_ERROR_M
    for _ in range(MAX_STEPS):
        left_m = _at_m(
            area, shape, points, blocks, plane, rough, scratch,
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


@_kernel.inlined
def _passes_by(
    area: Any, rough: Singles, x: float, y: float, z: float,
    tx: float, ty: float, tz: float, begin_m: float, end_m: float, wide_m: float,
) -> bool:  # fmt: skip
    """Does a straight line, from begin_m to end_m, surely stay wide_m from the ring of an area, as
    both drop onto its plane? A drop is never longer than what drops. In float32: what that takes
    is added to the width (see wideberth.watch._within).
    """
    middle_m = 0.5 * (begin_m + end_m)
    dx = x + middle_m * tx - area.x
    dy = y + middle_m * ty - area.y
    dz = z + middle_m * tz - area.z
    ux = area.east_x * tx + area.east_y * ty + area.east_z * tz
    uy = area.north_x * tx + area.north_y * ty + area.north_z * tz
    size = math.sqrt(ux * ux + uy * uy)
    half_m = 0.5 * (end_m - begin_m) * size
    ux = ux / size if size > 0.0 else 1.0
    uy = uy / size if size > 0.0 else 0.0
    at_x = area.east_x * dx + area.east_y * dy + area.east_z * dz
    at_y = area.north_x * dx + area.north_y * dy + area.north_z * dz
    wide_m += SURE_M + ROUGH * (abs(at_x) + abs(at_y) + half_m + wide_m + area.reach_m)
    return misses(
        np.float32(at_x), np.float32(at_y), np.float32(ux), np.float32(uy),
        np.float32(half_m + wide_m), np.float32(wide_m),
        area.rough, rough_count(area.pieces), rough,
    )  # fmt: skip


@_kernel
def _hopeful(
    order: Ints, begin: int, until: int, rows: Ints, slots: Ints, areas: Any, rough: Singles,
    position: Floats, tangent: Floats, speed_m_s: Floats, age_s: Floats, wide_m: Floats,
    std_m: Floats, w84_m: Floats, climb_m_s: Floats, slack_m: Floats, clock_s: Floats,
    owner: Ints, now_us: int, ahead_s: float, pressure_error_m: float,
    row_of: Ints, slot_of: Ints, begins_s: Floats, ends_s: Floats, found: int,
) -> int:  # fmt: skip
    """Adds those of [begin, until) of the order that may enter, with from when to when; how many
    there are then.
    """
    for n in range(begin, until):
        k = order[n]
        row = int(rows[k])
        slot = int(slots[k])
        area = areas[slot]
        if owner[row] == area.exempt:
            continue
        speed = speed_m_s[row]
        age = age_s[row]
        begin_s, end_s = _open(
            area, std_m[row], w84_m[row], climb_m_s[row], age, slack_m[row],
            clock_s[row], now_us, ahead_s, pressure_error_m,
        )  # fmt: skip
        if not begin_s <= end_s:
            continue
        begin_m = speed * (age + begin_s)
        end_m = speed * (age + end_s)
        x = position[row, 0]
        y = position[row, 1]
        z = position[row, 2]
        tx = tangent[row, 0]
        ty = tangent[row, 1]
        tz = tangent[row, 2]
        if not comes_near(
            area.x - x, area.y - y, area.z - z, tx, ty, tz,
            begin_m, end_m, wide_m[row] + area.reach_m,
        ):  # fmt: skip
            continue
        if area.plane >= 0 and _passes_by(
            area, rough, x, y, z, tx, ty, tz, begin_m, end_m, wide_m[row]
        ):
            continue
        row_of[found] = row
        slot_of[found] = slot
        begins_s[found] = begin_s
        ends_s[found] = end_s
        found += 1
    return found


@_kernel
def _march_near(
    begin: int, until: int, rows: Ints, slots: Ints, begins_s: Floats, ends_s: Floats,
    areas: Any, points: Floats, plane: Floats, rough: Singles, scratch: Slots,
    position: Floats, tangent: Floats, normal: Floats, radius_m: Floats,
    speed_m_s: Floats, age_s: Floats, pad_m: Floats, seconds: Floats, metres: Floats,
) -> None:  # fmt: skip
    """As _first_s and _at_m, of those of [begin, until), where a plane can tell it; else NaN. After
    the first step a track is out, or in by less than the tolerance: a step is no longer than what
    was left.
    """
    for k in range(begin, until):
        seconds[k] = math.nan
        area = areas[slots[k]]
        if area.plane < 0:
            continue
        row = int(rows[k])
        x = position[row, 0]
        y = position[row, 1]
        z = position[row, 2]
        tx = tangent[row, 0]
        ty = tangent[row, 1]
        tz = tangent[row, 2]
        nx = normal[row, 0]
        ny = normal[row, 1]
        nz = normal[row, 2]
        radius = radius_m[row]
        speed = speed_m_s[row]
        age = age_s[row]
        tolerance_m = speed * STEP_S + EDGE_ERROR_M
        at_s = begins_s[k]
        entry_s = -1.0  # on its way
        for step in range(MAX_STEPS):
            px, py, pz = _on_path(
                x, y, z, tx, ty, tz, nx, ny, nz, radius, speed * (age + at_s)
            )  # fmt: skip
            away_m = near_distance_m(area, points, plane, rough, scratch, px, py, pz, step == 0)
            if away_m < 0.0:
                entry_s = math.nan
                break
            left_m = away_m - pad_m[row]
            if left_m <= tolerance_m:
                entry_s = max(at_s, 0.0)
                break
            at_s = at_s + left_m / speed if speed > 0.0 else math.inf
            if not at_s <= ends_s[k]:
                entry_s = math.inf
                break
        entry_s = max(at_s, 0.0) if entry_s < 0.0 else entry_s
        if entry_s < math.inf:
            px, py, pz = _on_path(x, y, z, tx, ty, tz, nx, ny, nz, radius, speed * age)
            away_m = near_distance_m(area, points, plane, rough, scratch, px, py, pz, True)  # noqa: FBT003
            entry_s = math.nan if away_m < 0.0 else entry_s
            metres[k] = away_m
        seconds[k] = entry_s


@_kernel
def _fetch(
    order: Ints, begin: int, until: int, rows: Ints, slots: Ints, areas: Any, rough: Singles,
    position: Floats, tangent: Floats, normal: Floats, numbers: tuple[Floats, ...],
    read: Floats,
) -> None:  # fmt: skip
    """Reads from memory what [begin, until) of the order will be worked out from, into the
    processor's cache: none of it waits for another, so it comes for many at once.
    """
    total = 0.0
    for n in range(begin, until):
        k = order[n]
        row = rows[k]
        area = areas[slots[k]]
        total += area.x + area.pieces + area.north_z + area.lower_w84_m
        total += position[row, 0] + tangent[row, 0] + normal[row, 0]
        total += position[row, 2] + tangent[row, 2] + normal[row, 2]
        for column in numbers:
            total += column[row]
        if area.plane >= 0:
            for at in range(area.rough, area.rough + 2 * rough_count(area.pieces), _LINE):
                total += rough[at]
    read[0] = total


@_kernel
def enter(
    areas: Any, shapes: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    heads: Slots, nodes: Any, levels: Ints, everywhere: Ints, scratch: Slots,
    position: Floats, tangent: Floats, normal: Floats, radius_m: Floats, speed_m_s: Floats,
    age_s: Floats, std_m: Floats, w84_m: Floats, climb_m_s: Floats, slack_m: Floats,
    pad_m: Floats, clock_s: Floats, owner: Ints,
    now_us: int, ahead_s: float, pressure_error_m: float, room: int,
) -> tuple[int, Ints, Ints, Floats, Floats]:  # fmt: skip
    """Rows, slots, seconds and metres: who will be in which volume, when first, and how far from
    it now, by place, on the predicted path. First, how much room was needed; nothing is found
    where there was less.
    """
    run_m = np.empty(position.shape[0])
    wide_m = np.empty(position.shape[0])
    for row in range(position.shape[0]):
        whole_s = age_s[row] + ahead_s
        run = speed_m_s[row] * whole_s
        # The march ends at STEP_S of the edge, or after MAX_STEPS steps of which one was this
        # short; the path bends off its tangent by the second line; 5 cm for every rounding.
        short_s = max(STEP_S, whole_s / MAX_STEPS)
        sway_m = run * run / (2 * _LEAST_RADIUS_M) * (1 + run / (3 * _LEAST_RADIUS_M))
        run_m[row] = run
        wide_m[row] = pad_m[row] + speed_m_s[row] * short_s + sway_m + 0.05
    rows = np.empty(room, np.int64)
    slots = np.empty(room, np.int64)
    found = near(
        areas, heads, nodes, levels, everywhere, position, tangent, run_m, wide_m, rows, slots
    )
    begins_s = np.empty(room)
    ends_s = np.empty(room)
    if found > room:
        return found, rows[:0], slots[:0], begins_s[:0], ends_s[:0]
    # One volume after the other, so that its ring comes from memory once.
    order = by(slots[:found], np.arange(found), areas.shape[0])
    row_of = np.empty(found, np.int64)
    slot_of = np.empty(found, np.int64)
    seconds = np.empty(found)
    metres = np.empty(found)
    read = np.empty(1)
    numbers = radius_m, speed_m_s, age_s, std_m, w84_m, climb_m_s, slack_m, pad_m, clock_s, wide_m
    count = 0
    for begin in range(0, found, _SOME):
        until = begin + _SOME if begin + _SOME < found else found
        _fetch(
            order, begin, until, rows, slots, areas, rough, position, tangent, normal, numbers,
            read,
        )  # fmt: skip
        before = count
        count = _hopeful(
            order, begin, until, rows, slots, areas, rough, position, tangent, speed_m_s, age_s,
            wide_m, std_m, w84_m, climb_m_s, slack_m, clock_s, owner, now_us, ahead_s,
            pressure_error_m, row_of, slot_of, begins_s, ends_s, before,
        )  # fmt: skip
        _march_near(
            before, count, row_of, slot_of, begins_s, ends_s, areas, points, plane, rough, scratch,
            position, tangent, normal, radius_m, speed_m_s, age_s, pad_m, seconds, metres,
        )  # fmt: skip
    kept = 0
    for k in range(count):
        row = int(row_of[k])
        slot = int(slot_of[k])
        entry_s = seconds[k]
        away_m = metres[k]
        if math.isnan(entry_s):
            entry_s = _first_s(
                areas[slot], shapes[slot], points, blocks, plane, rough, scratch,
                position, tangent, normal, radius_m[row], row,
                speed_m_s[row], age_s[row], begins_s[k], ends_s[k], pad_m[row],
            )  # fmt: skip
            away_m = _at_m(
                areas[slot], shapes[slot], points, blocks, plane, rough, scratch,
                position, tangent, normal, radius_m[row], row, speed_m_s[row] * age_s[row],
            )  # fmt: skip
        if entry_s < math.inf:
            rows[kept] = row
            slots[kept] = slot
            seconds[kept] = entry_s
            metres[kept] = away_m
            kept += 1
    return found, rows[:kept], slots[:kept], seconds[:kept], metres[:kept]
