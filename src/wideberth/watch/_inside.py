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
from wideberth.watch._within import in_height, is_in, roughly_in

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["inside"]

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
    faces: Slots, u: Floats, v: Floats, heads: Slots, level: int, keys: Ints,
    rows: Slots, cells_: Ints, at: Slots,
) -> int:  # fmt: skip
    """Rows whose cell's chain is not empty, with the cell and where the chain begins; how many.

    No branch: what it waits for from memory, it waits for of many rows at once.
    """
    mask = heads.shape[0] - 1
    for row in range(np.uintp(u.shape[0])):
        keys[row] = cell_key(level, int(faces[row]), cell_at(u[row], level), cell_at(v[row], level))
    found = np.uintp(0)
    for row in range(np.uintp(u.shape[0])):
        key = keys[row]
        head = heads[np.uintp(hashed(key, mask))]
        rows[found] = row
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
def _rough(
    order: Ints, rows: Ints, slots: Ints, areas: Any, rough: Singles, position: Floats, told: Slots
) -> None:  # fmt: skip
    """What can be told quickly of each in the order, as roughly_in says it. By itself: a function
    that is handed more arrays costs as much as all this.
    """
    for i in range(order.shape[0]):
        k = order[i]
        row = rows[k]
        told[i] = roughly_in(
            areas[slots[k]], rough, position[row, 0], position[row, 1], position[row, 2]
        )


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
    faces = np.empty(count, np.int32)
    u = np.empty(count)
    v = np.empty(count)
    keys = np.empty(count, np.int64)
    begun = np.empty(count + 1, np.int32)
    of_cell = np.empty(count + 1, np.int64)
    chains = np.empty(count + 1, np.int32)
    _seen(position, faces, u, v)
    found = 0
    for level in range(LEVELS):
        if levels[level] > 0:
            number = _begun(faces, u, v, heads, level, keys, begun, of_cell, chains)
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
    told = np.empty(found, np.int32)
    _rough(order, rows, slots, areas, rough, position, told)
    kept = _within(
        order, rows, slots, told, areas, shapes, points, blocks, plane, rough, scratch, position,
        row_of, slot_of,
    )  # fmt: skip
    return found, row_of[:kept], slot_of[:kept]
