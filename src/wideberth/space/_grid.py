"""Kernels: the dynamic index, a hash grid over cubes of space and stretches of time.

A row is filed once: by the centre of its ball, in a cube of the earth-centred frame whose side
is at least twice its reach, and by its start, in a stretch at least as long as its window. Cubes
have no seam and no pole; only those that the surface passes through are ever looked up. There
are eight sizes of cube and eight of stretch, a factor 4 and 8 apart: 64 *levels*. A query looks at
each level that holds anything, as far as the largest reach and longest window filed there.

A query that is large beside a level's cubes goes by *tracts*, cubes 32 times as wide that hold the
rows of all times; where there are few rows at the level, or the query is as large as what they
cover, it goes through all of the level's.

Buckets are chains of rows; a bucket may hold rows of several cells, so every row is checked.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._distance import SCRATCH, Scratch
from wideberth.space._ellipsoid import LEAST_CURVATURE_RADIUS
from wideberth.space._jit import kernel, record_dtype
from wideberth.space._shapes import BLOCK, Points, Records
from wideberth.space._verdict import CONFLICT, time_gap, verdict, vertical_gap

CUBE_M = 2048.0  # side of the smallest cube
STRETCH_US = 3_600_000_000  # the shortest stretch of time: an hour
SIZES = 8
LEVELS = SIZES * SIZES
TRACT = 32.0  # cubes along a tract
LEVEL_SHIFT = 24  # row["bucket"] is level << 24 | bucket
MAX_BUCKETS = 1 << LEVEL_SHIFT
_WORD = (1 << 64) - 1

LEVEL = record_dtype(
    [
        ("filed", np.int64),  # rows here now
        ("reach_m", np.float64),  # the largest reach filed since the level was last empty
        ("window_us", np.int64),  # the longest window, likewise
        ("head", np.int64),  # first of the chain of all rows of the level, or -1
    ]
)

Links = Any  # int32, (n, 4): next and previous row of the level, then of the tract
# int32, (3, 2**k): the first row of each bucket of cells, and of tracts, or -1; rows in the latter.
Heads = Any


def empty_heads(buckets: int) -> Heads:
    """Heads of so many (a power of two) empty buckets."""
    heads = np.full((3, buckets), -1, np.int32)
    heads[2] = 0
    return heads


@kernel
def cell_of(x: float, side: float) -> int:
    """The number of the cube along one axis."""
    return int(math.floor(x / side))


@kernel
def level_of(row: Any, side: float) -> int:
    """The level at which a row is filed, where the smallest cubes have this side."""
    cube = side
    size = 0
    while size < SIZES - 1 and 2.0 * row.reach_m > cube:
        cube *= 4.0
        size += 1
    stretch = STRETCH_US
    length = 0
    while length < SIZES - 1 and row.end_us - row.start_us > stretch:
        stretch *= 8
        length += 1
    return size * SIZES + length


@kernel
def cube_side(level: int) -> float:
    """Side of the cubes of a level, m."""
    return CUBE_M * float(1 << (2 * (level // SIZES)))


@kernel
def stretch_length(level: int) -> int:
    """Length of the stretches of a level, us."""
    return STRETCH_US << (3 * (level % SIZES))


def _mix_words(level: int, i: int, j: int, k: int, t: int) -> Any:
    """A hash of a cell. Equal cells have equal hashes; nothing else is relied on."""
    h = np.uint64(level) * np.uint64(0x9E3779B97F4A7C15)
    h ^= np.uint64(i) * np.uint64(0xC2B2AE3D27D4EB4F)
    h ^= np.uint64(j) * np.uint64(0x165667B19E3779F9)
    h ^= np.uint64(k) * np.uint64(0xD6E8FEB86659FD93)
    h ^= np.uint64(t) * np.uint64(0xA0761D6478BD642F)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0xE7037ED1A0B428DB)
    h ^= h >> np.uint64(29)
    return np.int64(h >> np.uint64(8))


def _mix_ints(level: int, i: int, j: int, k: int, t: int) -> int:
    """The same hash of Python's numbers, which do not wrap round."""
    h = (
        int(level) * 0x9E3779B97F4A7C15
        ^ int(i) * 0xC2B2AE3D27D4EB4F
        ^ int(j) * 0x165667B19E3779F9
        ^ int(k) * 0xD6E8FEB86659FD93
        ^ int(t) * 0xA0761D6478BD642F
    ) & _WORD
    h = (h ^ (h >> 32)) * 0xE7037ED1A0B428DB & _WORD
    return (h ^ (h >> 29)) >> 8


mix = kernel(_mix_words, interpreted=_mix_ints)


@kernel
def _bucket(row: Any, level: int, mask: int) -> int:
    side = cube_side(level)
    return (
        mix(
            level,
            cell_of(row.x, side),
            cell_of(row.y, side),
            cell_of(row.z, side),
            row.start_us // stretch_length(level),
        )
        & mask
    )


@kernel
def _tract(row: Any, level: int, mask: int) -> int:
    side = cube_side(level) * TRACT
    # A level of its own, so that a tract's hash is not that of a cell.
    return (
        mix(level + LEVELS, cell_of(row.x, side), cell_of(row.y, side), cell_of(row.z, side), 0)
        & mask
    )


@kernel
def _enter_tract(rows: Records, slot: int, level: int, heads: Heads, links: Links) -> None:
    tract = _tract(rows[slot], level, heads.shape[1] - 1)
    links[slot, 2] = heads[1, tract]
    links[slot, 3] = -1
    if links[slot, 2] >= 0:
        links[links[slot, 2], 3] = slot
    heads[1, tract] = slot
    heads[2, tract] += 1


@kernel
def _leave_tract(rows: Records, slot: int, level: int, heads: Heads, links: Links) -> None:
    tract = _tract(rows[slot], level, heads.shape[1] - 1)
    heads[2, tract] -= 1
    if links[slot, 3] >= 0:
        links[links[slot, 3], 2] = links[slot, 2]
    else:
        heads[1, tract] = links[slot, 2]
    if links[slot, 2] >= 0:
        links[links[slot, 2], 3] = links[slot, 3]


@kernel
def file_row(rows: Records, slot: int, heads: Heads, links: Links, levels: Records) -> None:
    """File a row that stands in the array but in no chain."""
    row = rows[slot]
    level = level_of(row, CUBE_M)
    bucket = _bucket(row, level, heads.shape[1] - 1)
    row.bucket = (level << LEVEL_SHIFT) | bucket
    _chain(rows, slot, heads, bucket)
    _enter_tract(rows, slot, level, heads, links)
    entry = levels[level]
    if entry.filed == 0:
        entry.reach_m = 0.0
        entry.window_us = 0
        entry.head = -1
    entry.filed += 1
    entry.reach_m = max(entry.reach_m, row.reach_m)
    entry.window_us = max(entry.window_us, row.end_us - row.start_us)
    links[slot, 0] = entry.head
    links[slot, 1] = -1
    if entry.head >= 0:
        links[entry.head, 1] = slot
    entry.head = slot


@kernel
def _chain(rows: Records, slot: int, heads: Heads, bucket: int) -> None:
    row = rows[slot]
    row.next = heads[0, bucket]
    row.previous = -1
    if row.next >= 0:
        rows[row.next].previous = slot
    heads[0, bucket] = slot


@kernel
def unfile_row(rows: Records, slot: int, heads: Heads, links: Links, levels: Records) -> bool:
    """Take a row out of its chains. False where it is in none."""
    row = rows[slot]
    if row.bucket < 0:
        return False
    if row.previous >= 0:
        rows[row.previous].next = row.next
    else:
        heads[0, row.bucket & (MAX_BUCKETS - 1)] = row.next
    if row.next >= 0:
        rows[row.next].previous = row.previous
    _leave_tract(rows, slot, row.bucket >> LEVEL_SHIFT, heads, links)
    entry = levels[row.bucket >> LEVEL_SHIFT]
    if links[slot, 1] >= 0:
        links[links[slot, 1], 0] = links[slot, 0]
    else:
        entry.head = links[slot, 0]
    if links[slot, 0] >= 0:
        links[links[slot, 0], 1] = links[slot, 1]
    entry.filed -= 1
    row.bucket = -1
    return True


@kernel
def rehash(rows: Records, high: int, heads: Heads, links: Links) -> None:
    """Chain all filed rows below high into a new, empty array of buckets."""
    for slot in range(high):
        row = rows[slot]
        if row.bucket >= 0:
            level = row.bucket >> LEVEL_SHIFT
            bucket = _bucket(row, level, heads.shape[1] - 1)
            row.bucket = (level << LEVEL_SHIFT) | bucket
            _chain(rows, slot, heads, bucket)
            _enter_tract(rows, slot, level, heads, links)


@kernel
def copy_in(
    rows: Records,
    shapes: Records,
    points: Points,
    blocks: Points,
    slot: int,
    point: int,
    block: int,
    from_rows: Records,
    from_shapes: Records,
    from_points: Points,
    from_blocks: Points,
    index: int,
) -> None:
    """Copy one prepared volume into the index's arrays, its points from row `point` on."""
    rows[slot] = from_rows[index]
    rows[slot].bucket = -1
    shapes[slot] = from_shapes[index]
    shape = shapes[slot]
    source = from_shapes[index]
    shape.first = point
    shape.block = block
    for i in range(shape.count):
        for axis in range(3):
            points[point + i, axis] = from_points[source.first + i, axis]
    for i in range((shape.count + BLOCK - 1) // BLOCK):
        for axis in range(4):
            blocks[block + i, axis] = from_blocks[source.block + i, axis]


@kernel
def insert(
    rows: Records,
    shapes: Records,
    points: Points,
    blocks: Points,
    heads: Heads,
    links: Links,
    levels: Records,
    slot: int,
    point: int,
    block: int,
    from_rows: Records,
    from_shapes: Records,
    from_points: Points,
    from_blocks: Points,
    index: int,
) -> None:
    """Copy one prepared volume in and file it."""
    copy_in(
        rows, shapes, points, blocks, slot, point, block,
        from_rows, from_shapes, from_points, from_blocks, index,
    )  # fmt: skip
    file_row(rows, slot, heads, links, levels)


@kernel
def may_touch(row: Any, query: Any, horizontal_m: float, vertical_mm: int, time_us: int) -> bool:
    """Could two rows be too close, by time, height and their balls? Never false where they are."""
    if time_gap(row, query) > time_us:
        return False
    dx = float(row.x) - float(query.x)
    dy = float(row.y) - float(query.y)
    dz = float(row.z) - float(query.z)
    reach = float(row.reach_m) + float(query.reach_m) + horizontal_m
    if dx * dx + dy * dy + dz * dz > reach * reach:
        return False
    return vertical_gap(row, query)[0] <= vertical_mm


@kernel
def judge(
    rows: Records,
    shapes: Records,
    points: Points,
    blocks: Points,
    slot: int,
    query_rows: Records,
    query_shapes: Records,
    query_points: Points,
    query_blocks: Points,
    index: int,
    horizontal_mm: int,
    vertical_mm: int,
    time_us: int,
    exact: bool,
    scratch: Scratch,
    out: NDArray[np.int64],
    found: int,
) -> int:
    """Write a line about one row that may touch, unless it is clear; how many there are now."""
    if exact:
        code, ground_mm, height_mm, apart_us = verdict(
            rows[slot], shapes[slot], points, blocks,
            query_rows[index], query_shapes[index], query_points, query_blocks,
            horizontal_mm, vertical_mm, time_us, scratch,
        )  # fmt: skip
        if code == 0:
            return found
    else:
        code, ground_mm, height_mm, apart_us = CONFLICT, 0, 0, 0
    if found < out.shape[0]:
        out[found, 0] = slot
        out[found, 1] = code
        out[found, 2] = ground_mm
        out[found, 3] = height_mm
        out[found, 4] = apart_us
    return found + 1


@kernel
def _cells(x: float, y: float, z: float, reach: float, side: float) -> float:
    """How many cubes touch a box of this reach."""
    return (
        float(cell_of(x + reach, side) - cell_of(x - reach, side) + 1)
        * (cell_of(y + reach, side) - cell_of(y - reach, side) + 1)
        * (cell_of(z + reach, side) - cell_of(z - reach, side) + 1)
    )


@kernel
def _population(
    heads: Heads, level: int, x: float, y: float, z: float, reach: float, side: float
) -> int:
    """How many rows the tracts that touch a box of this reach hold, at most."""
    mask = heads.shape[1] - 1
    rows = 0
    for i in range(cell_of(x - reach, side), cell_of(x + reach, side) + 1):
        for j in range(cell_of(y - reach, side), cell_of(y + reach, side) + 1):
            for k in range(cell_of(z - reach, side), cell_of(z + reach, side) + 1):
                rows += heads[2, mix(level + LEVELS, i, j, k, 0) & mask]
    return rows


@kernel
def query(
    rows: Records,
    shapes: Records,
    points: Points,
    blocks: Points,
    heads: Heads,
    links: Links,
    levels: Records,
    high: int,
    query_rows: Records,
    query_shapes: Records,
    query_points: Points,
    query_blocks: Points,
    index: int,
    horizontal_mm: int,
    vertical_mm: int,
    time_us: int,
    exact: bool,
    out: NDArray[np.int64],
) -> int:
    """Lines of (slot, code, mm, mm, us) about every row that is not clear of the query.

    Returns how many there are; where that is more than out holds, ask again with a larger one.
    """
    row = query_rows[index]
    horizontal_m = horizontal_mm / 1000.0 + 0.01
    scratch = np.empty(SCRATCH)
    found: Any = np.int64(0)  # a literal would compile `judge` once more
    scan = np.uint64(0)
    mask = heads.shape[1] - 1
    qx = float(row.x)
    qy = float(row.y)
    qz = float(row.z)
    size = math.sqrt(qx * qx + qy * qy + qz * qz)
    for level in range(LEVELS):
        entry = levels[level]
        if entry.filed == 0:
            continue
        side = cube_side(level)
        stretch = stretch_length(level)
        reach = float(row.reach_m) + entry.reach_m + horizontal_m
        t0 = (row.start_us - time_us - entry.window_us) // stretch
        t1 = (row.end_us + time_us) // stretch
        tracts = 0
        hashed = level
        cells = _cells(qx, qy, qz, reach, side) * (t1 - t0 + 1)
        if cells > entry.filed or cells * 8 > high + 64:
            tracts = 1
            hashed = level + LEVELS
            side *= TRACT
            t0 = 0
            t1 = 0
            cells = _cells(qx, qy, qz, reach, side)
        if (
            cells > entry.filed
            or cells * 8 > high + 64
            # In the order of the array a row costs a third of what it does in a chain.
            or (tracts == 1 and 3 * _population(heads, level, qx, qy, qz, reach, side) > high)
        ):
            if entry.filed * 16 > high:
                scan |= np.uint64(1) << np.uint64(level)
                continue
            slot: Any = np.int64(entry.head)
            while slot >= 0:
                if may_touch(rows[slot], row, horizontal_m, vertical_mm, time_us):
                    found = judge(
                        rows, shapes, points, blocks, slot,
                        query_rows, query_shapes, query_points, query_blocks, index,
                        horizontal_mm, vertical_mm, time_us, exact, scratch, out, found,
                    )  # fmt: skip
                slot = np.int64(links[slot, 0])
            continue
        i0 = cell_of(qx - reach, side)
        i1 = cell_of(qx + reach, side)
        j0 = cell_of(qy - reach, side)
        j1 = cell_of(qy + reach, side)
        k0 = cell_of(qz - reach, side)
        k1 = cell_of(qz + reach, side)
        # Centres lie on the ellipsoid: within `reach` of the query's it stays this close to the
        # plane that touches it there (a cube counts by its own half width across that plane).
        nx, ny, nz = 0.0, 0.0, 0.0
        if size > 6.3e6:
            nx = qx
            ny = qy
            nz = qz * 1.006739496742276  # (a / b)**2: along the ellipsoid's normal
            norm = math.sqrt(nx * nx + ny * ny + nz * nz)
            nx /= norm
            ny /= norm
            nz /= norm
        slab = (
            reach * reach / (2.0 * LEAST_CURVATURE_RADIUS)
            + side / 2.0 * (abs(nx) + abs(ny) + abs(nz))
            + 3.0
        )
        if side > 4e6:
            slab = math.inf  # here stand the balls around the earth's centre, too
        for i in range(i0, i1 + 1):
            off_i = nx * ((i + 0.5) * side - qx)
            for j in range(j0, j1 + 1):
                off_j = off_i + ny * ((j + 0.5) * side - qy)
                for k in range(k0, k1 + 1):
                    off = off_j + nz * ((k + 0.5) * side - qz)
                    if off > slab or off < -slab:
                        continue
                    for t in range(t0, t1 + 1):
                        slot: Any = np.int64(heads[tracts, mix(hashed, i, j, k, t) & mask])
                        while slot >= 0:
                            other = rows[slot]
                            if (
                                may_touch(other, row, horizontal_m, vertical_mm, time_us)
                                and other.bucket >> LEVEL_SHIFT == level
                                and (tracts == 1 or other.start_us // stretch == t)
                                and cell_of(other.x, side) == i
                                and cell_of(other.y, side) == j
                                and cell_of(other.z, side) == k
                            ):
                                found = judge(
                                    rows, shapes, points, blocks, slot,
                                    query_rows, query_shapes, query_points, query_blocks, index,
                                    horizontal_mm, vertical_mm, time_us, exact, scratch, out,
                                    found,
                                )  # fmt: skip
                            slot = np.int64(links[slot, 2] if tracts == 1 else other.next)
    if scan != 0:
        for slot in range(high):
            other = rows[slot]
            if (
                other.bucket >= 0
                and (scan >> np.uint64(other.bucket >> LEVEL_SHIFT)) & np.uint64(1) != 0
                and may_touch(other, row, horizontal_m, vertical_mm, time_us)
            ):
                found = judge(
                    rows, shapes, points, blocks, slot,
                    query_rows, query_shapes, query_points, query_blocks, index,
                    horizontal_mm, vertical_mm, time_us, exact, scratch, out, found,
                )  # fmt: skip
    return found
