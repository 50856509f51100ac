"""Kernels: who is in which area now.

First all tracks are looked for in the files, then each that is in a volume's ball, time and height
is looked for in its ring, one volume after the other. Each step is a function over all of them:
what it waits for from memory, it waits for of many at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._filing import LEVELS, cell_at, cell_key, face_of, hashed, turned
from wideberth.watch._firsts import by
from wideberth.watch._jit import kernel as _kernel
from wideberth.watch._within import ROUGH, SURE_M, in_height, is_in, rough_count, rough_side

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["inside"]

AT_ONCE = 4096  # rows: what is worked out about them stays in the processor's own memory

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Slots = NDArray[np.int32]
Singles = NDArray[np.float32]


@_kernel
def _seen(position: Floats, faces: NDArray[np.int32], u: Floats, v: Floats) -> None:
    """The face that each position is seen on, and where there."""
    for row in range(np.uintp(position.shape[0])):
        x = position[row, 0]
        y = position[row, 1]
        z = position[row, 2]
        face = face_of(x, y, z)
        w, up, vp = turned(face, x, y, z)
        faces[row] = face
        u[row] = up / w
        v[row] = vp / w


@_kernel
def _begun(
    first: int, behind: int, faces: Slots, u: Floats, v: Floats, heads: Slots, level: int,
    keys: Ints, rows: Slots, cells_: Ints, at: Slots,
) -> int:  # fmt: skip
    """Rows from first on and before behind whose cell's chain is not empty, with the cell and
    where the chain begins; how many. faces, u, v: of these rows.

    No branch: what it waits for from memory, it waits for of many rows at once.
    """
    mask = heads.shape[0] - 1
    count = np.uintp(behind - first)
    for k in range(count):
        keys[k] = cell_key(level, int(faces[k]), cell_at(u[k], level), cell_at(v[k], level))
    found = np.uintp(0)
    for k in range(count):
        key = keys[k]
        head = heads[np.uintp(hashed(key, mask))]
        rows[found] = np.uintp(first) + k
        cells_[found] = key
        at[found] = head
        found += np.uintp(head >= 0)
    return int(found)


@_kernel
def _is_open(
    area: Any, std_m: float, w84_m: float, time_us: int, clock_us: int, owner: int
) -> bool:
    """Is a track that was there then, give or take the clock, in an area's time and height?"""
    return (
        time_us >= area.start_us - clock_us
        and time_us <= area.end_us + clock_us
        and owner != area.exempt
        and in_height(area, std_m, w84_m)
    )


@_kernel
def _near(
    begun: Slots, of_cell: Ints, chains: Slots, number: int, nodes: Any, areas: Any,
    position: Floats, std_m: Floats, w84_m: Floats, time_us: Ints, clock_us: Ints, owner: Ints,
    found: int, rows: Ints, slots: Ints,
) -> int:  # fmt: skip
    """Adds rows, and slots filed in their cells within whose ball, time and height they are; how
    many there are then. More than there is room for are counted and not written.
    """
    for k in range(number):
        row = int(begun[k])
        key = of_cell[k]
        at = int(chains[k])
        x = position[row, 0]
        y = position[row, 1]
        z = position[row, 2]
        while at >= 0:
            node = nodes[at]
            at = int(node.next)
            dx = x - node.x
            dy = y - node.y
            dz = z - node.z
            if (
                node.key == key
                and dx * dx + dy * dy + dz * dz <= node.reach_m * node.reach_m
                and _is_open(
                    areas[node.slot],
                    std_m[row],
                    w84_m[row],
                    time_us[row],
                    clock_us[row],
                    owner[row],
                )
            ):
                if found < rows.shape[0]:
                    rows[found] = row
                    slots[found] = node.slot
                found += 1
    return found


@_kernel
def _of_everywhere(
    everywhere: Ints, areas: Any,
    std_m: Floats, w84_m: Floats, time_us: Ints, clock_us: Ints, owner: Ints,
    found: int, rows: Ints, slots: Ints,
) -> int:  # fmt: skip
    """Likewise those that are filed nowhere."""
    for slot in everywhere:
        for row in range(std_m.shape[0]):
            if _is_open(
                areas[slot], std_m[row], w84_m[row], time_us[row], clock_us[row], owner[row]
            ):
                if found < rows.shape[0]:
                    rows[found] = row
                    slots[found] = slot
                found += 1
    return found


@_kernel
def _by_ball(
    order: Ints, rows: Ints, slots: Ints, areas: Any, position: Floats, told: Slots,
    asked: Slots, x: Singles, y: Singles, sure_m: Singles, begin: Ints, edges: Slots,
) -> int:  # fmt: skip
    """What the ball tells of each in the order: 1 within EDGE_ERROR_M of the footprint, 0 not, -1
    to be asked. Of those that a rough ring can be asked about, as rough_side takes them: which of
    the order, where on the plane, how sure, and where the ring is; how many.

    No branch: which of them are asked cannot be foreseen.
    """
    number = np.uintp(0)
    for i in range(np.uintp(order.shape[0])):
        k = order[i]
        row = rows[k]
        area = areas[slots[k]]
        dx = position[row, 0] - area.x
        dy = position[row, 1] - area.y
        dz = position[row, 2] - area.z
        square = dx * dx + dy * dy + dz * dz
        # The 2 cm are for what a distance may be off, and the 5 mm.
        is_out = square > (area.reach_m + 0.02) * (area.reach_m + 0.02)
        is_sure = square < area.inner_m * area.inner_m
        told[i] = 0 if is_out else (1 if is_sure else -1)
        asked[number] = i
        x[number] = area.east_x * dx + area.east_y * dy + area.east_z * dz
        y[number] = area.north_x * dx + area.north_y * dy + area.north_z * dz
        sure_m[number] = SURE_M + ROUGH * area.reach_m
        begin[number] = area.rough
        edges[number] = rough_count(area.pieces)
        number += np.uintp((area.plane >= 0) & (told[i] < 0))
    return int(number)


@_kernel
def _by_ring(
    number: int, asked: Slots, x: Singles, y: Singles, sure_m: Singles, begin: Ints,
    edges: Slots, rough: Singles, told: Slots,
) -> None:  # fmt: skip
    """What the rough ring tells of those that were asked. By itself: its loop is compiled for
    eight edges at a time only where nothing else is done in it.
    """
    for n in range(np.uintp(number)):
        told[asked[n]] = rough_side(x[n], y[n], sure_m[n], begin[n], edges[n], rough)


@_kernel
def _told(
    order: Ints, rows: Ints, slots: Ints, areas: Any, rough: Singles, position: Floats
) -> Slots:
    """What can be told quickly of each in the order: 1 in the footprint, 0 not, -1 to be asked."""
    count = order.shape[0]
    told = np.empty(count, np.int32)
    asked = np.empty(count + 1, np.int32)
    x = np.empty(count + 1, np.float32)
    y = np.empty(count + 1, np.float32)
    sure_m = np.empty(count + 1, np.float32)
    begin = np.empty(count + 1, np.int64)
    edges = np.empty(count + 1, np.int32)
    number = _by_ball(order, rows, slots, areas, position, told, asked, x, y, sure_m, begin, edges)
    _by_ring(number, asked, x, y, sure_m, begin, edges, rough, told)
    return told


@_kernel
def _within(
    order: Ints, rows: Ints, slots: Ints, told: Slots,
    areas: Any, shapes: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    scratch: Slots, position: Floats, row_of: Ints, slot_of: Ints,
) -> int:  # fmt: skip
    """Those of the order that are in the volume's footprint, into row_of and slot_of; how many."""
    kept = 0
    for i in range(order.shape[0]):
        k = order[i]
        row = rows[k]
        slot = slots[k]
        row_of[kept] = row
        slot_of[kept] = slot
        if told[i] >= 0:
            kept += told[i]
        elif is_in(
            areas[slot], shapes[slot], points, blocks, plane, rough, scratch,
            position[row, 0], position[row, 1], position[row, 2],
        ):  # fmt: skip
            kept += 1
    return kept


@_kernel
def inside(
    areas: Any, shapes: Any, points: Floats, blocks: Floats, plane: Floats, rough: Singles,
    heads: Slots, nodes: Any, levels: Ints, everywhere: Ints, scratch: Slots,
    position: Floats, std_m: Floats, w84_m: Floats, time_us: Ints, clock_us: Ints, owner: Ints,
    room: int,
) -> tuple[int, Ints, Ints]:  # fmt: skip
    """Rows and slots, sorted by slot, then by row: who is in which volume, in place, height and
    time. First, how much room was needed; nothing is found where there was less.
    """
    count = position.shape[0]
    rows = np.empty(room, np.int64)
    slots = np.empty(room, np.int64)
    at_once = min(count, AT_ONCE)
    faces = np.empty(at_once, np.int32)
    u = np.empty(at_once)
    v = np.empty(at_once)
    keys = np.empty(at_once, np.int64)
    begun = np.empty(at_once + 1, np.int32)
    of_cell = np.empty(at_once + 1, np.int64)
    chains = np.empty(at_once + 1, np.int32)
    found = 0
    for first in range(0, count, AT_ONCE):
        behind = min(count, first + AT_ONCE)
        _seen(position[first:behind], faces, u, v)
        for level in range(LEVELS):
            if levels[level] > 0:
                number = _begun(
                    first, behind, faces, u, v, heads, level, keys, begun, of_cell, chains
                )
                found = _near(
                    begun, of_cell, chains, number, nodes, areas,
                    position, std_m, w84_m, time_us, clock_us, owner, found, rows, slots,
                )  # fmt: skip
    found = _of_everywhere(
        everywhere, areas, std_m, w84_m, time_us, clock_us, owner, found, rows, slots
    )
    if found > room:
        return found, rows[:0], slots[:0]
    # One volume after the other, so that its ring comes from memory once.
    order = by(slots[:found], np.arange(found), areas.shape[0])
    row_of = np.empty(found + 1, np.int64)
    slot_of = np.empty(found + 1, np.int64)
    told = _told(order, rows, slots, areas, rough, position)
    kept = _within(
        order, rows, slots, told, areas, shapes, points, blocks, plane, rough, scratch, position,
        row_of, slot_of,
    )  # fmt: skip
    return found, row_of[:kept], slot_of[:kept]
