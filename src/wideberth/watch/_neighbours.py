"""Kernels: capsules filed by their middles, so that what is near one is found without the others.

Capsules (:mod:`wideberth.watch.capsules`) are in classes by how far they reach from their middles,
each class three times as far as the one before. A class has a grid of its own on the cube
(:mod:`wideberth.watch._filing`), as fine as its members are dense, and a capsule is in one cell of
it, that of its middle, in a chain from ``heads[hash of the cell]``. Of two that touch, the middles
are no farther apart than both reach: so the cells within the reach of the one and the greatest of
the class hold the other. What is in no class is in the last chain, which is always gone through.

Another cell of the same hash is gone through too: it costs time, and a pair may come twice.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._filing import (
    FACES,
    FILED_M,
    LARGEST_M,
    box_on,
    cell_key,
    face_of,
    hashed,
    turned,
)
from wideberth.watch._jit import kernel as _kernel
from wideberth.watch._sweep import are_level, nearest
from wideberth.watch.capsules import HALF
from wideberth.watch.paths import Floats

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["CLASSES", "FINEST", "beside", "file_middles", "may_meet", "middles", "unfile_middles"]

Ints = NDArray[np.int64]
Slots = NDArray[np.int32]
Singles = NDArray[np.float32]
Mask = NDArray[np.bool_]

CLASSES = 7
FINEST = 14  # bits along an edge of a face: as many as a key has
_REACH_M = 400.0  # of the first class
_MORE = 3.0
_NONE = -1
_NOTING = 50  # what a pair takes from there on, as many as are looked at and do not meet
_HEAD = -2  # and below: before the first of a chain is the head of number _HEAD - before


@_kernel
def _ball(laid: Floats, i: int) -> tuple[float, float, float, float, int]:
    """The middle of a capsule, how far from there it reaches, and its class."""
    dx, dy, dz = 0.5 * laid[i, 3], 0.5 * laid[i, 4], 0.5 * laid[i, 5]
    reach_m = math.sqrt(dx * dx + dy * dy + dz * dz) + laid[i, HALF] + FILED_M
    most_m, number = _REACH_M, 0
    while number < CLASSES and reach_m > most_m:
        most_m *= _MORE
        number += 1
    return laid[i, 0] + dx, laid[i, 1] + dy, laid[i, 2] + dz, reach_m, number


@_kernel
def _cell_at(u: float, bits: int) -> int:
    """The number, along u or v, of the cell that a place is in; the first or last beyond."""
    count = 1 << bits
    at = math.floor((u + 1.0) * (0.5 * count))
    return 0 if at < 0 else (count - 1 if at > count - 1 else at)


@_kernel
def middles(laid: Floats) -> tuple[Ints, Floats, Ints]:
    """The class of each capsule, CLASSES for none; of each class how far one reaches at most; and
    of each capsule the cell of its middle on the finest grid: face, number along u and along v.
    """
    classes, most_m = np.empty(len(laid), np.int64), np.zeros(CLASSES)
    cells = np.empty((len(laid), 3), np.int64)
    for i in range(len(laid)):
        x, y, z, reach_m, number = _ball(laid, i)
        classes[i] = number
        if number < CLASSES:
            most_m[number] = max(most_m[number], reach_m)
        face = face_of(x, y, z)
        w, u, v = turned(face, x, y, z)
        cells[i, 0] = face
        cells[i, 1] = _cell_at(u / w, FINEST)
        cells[i, 2] = _cell_at(v / w, FINEST)
    return classes, most_m, cells


@_kernel
def unfile_middles(slots: Ints, boxes: Singles, heads: Slots, after: Slots, before: Slots) -> None:
    """Takes slots out of their chains, where they are in one; their boxes meet none."""
    for slot in slots:
        if before[slot] == _NONE:
            continue
        if before[slot] <= _HEAD:
            heads[_HEAD - before[slot]] = after[slot]
        else:
            after[before[slot]] = after[slot]
        if after[slot] != _NONE:
            before[after[slot]] = before[slot]
        before[slot] = _NONE
        after[slot] = _NONE
        for axis in range(4):
            boxes[slot, 2 * axis] = math.inf
            boxes[slot, 2 * axis + 1] = -math.inf


@_kernel
def file_middles(
    slots: Ints,
    laid: Floats,
    new_boxes: Singles,
    bits: Ints,
    most_m: Floats,
    boxes: Singles,
    heads: Slots,
    after: Slots,
    before: Slots,
) -> None:
    """Files slots that are in no chain, capsule by capsule. bits: of the grid of each class.
    most_m: how far one of each class reaches at most; grows.
    """
    mask = len(heads) - 2
    for i in range(len(slots)):
        slot = slots[i]
        x, y, z, reach_m, number = _ball(laid, i)
        chain = mask + 1
        if number < CLASSES:
            most_m[number] = max(most_m[number], reach_m)
            face = face_of(x, y, z)
            w, u, v = turned(face, x, y, z)
            iu, iv = _cell_at(u / w, bits[number]), _cell_at(v / w, bits[number])
            chain = hashed(cell_key(number, face, iu, iv), mask)
        after[slot] = heads[chain]
        if after[slot] != _NONE:
            before[after[slot]] = slot
        before[slot] = _HEAD - chain
        heads[chain] = slot
        for k in range(8):
            boxes[slot, k] = new_boxes[i, k]


@_kernel
def _meet(boxes: Singles, one: int, other: int) -> bool:
    return (
        (boxes[other, 0] <= boxes[one, 1])
        & (boxes[other, 1] >= boxes[one, 0])
        & (boxes[other, 2] <= boxes[one, 3])
        & (boxes[other, 3] >= boxes[one, 2])
        & (boxes[other, 4] <= boxes[one, 5])
        & (boxes[other, 5] >= boxes[one, 4])
        & (boxes[other, 6] <= boxes[one, 7])
        & (boxes[other, 7] >= boxes[one, 6])
    )


@_kernel
def _noted(found: Slots, used: int, one: int, other: int) -> tuple[Slots, int]:
    """Found with one pair more, the lower first."""
    if used == len(found):
        more = np.empty((2 * used, 2), np.int32)
        more[:used] = found
        found = more
    found[used, 0] = min(one, other)
    found[used, 1] = max(one, other)
    return found, used + 1


@_kernel
def _along_chain(
    at: int, one: int, asked: Mask, boxes: Singles, after: Slots, found: Slots, used: int, left: int
) -> tuple[Slots, int, int]:
    """Those of a chain whose boxes meet that of one. Two that are asked about meet once. left: how
    many more may be looked at; what is left of it then, below 0 where it was not enough.
    """
    while at != _NONE and left >= 0:
        left -= 1
        if _meet(boxes, one, at) and at != one and not (asked[at] and at > one):
            left -= _NOTING
            found, used = _noted(found, used, one, at)
        at = after[at]
    return found, used, left


@_kernel
def beside(
    slots: Ints,
    laid: Floats,
    asked: Mask,
    bits: Ints,
    most_m: Floats,
    boxes: Singles,
    heads: Slots,
    after: Slots,
    most: int,
) -> tuple[Slots, bool]:
    """Pairs of slots, the lower first, one at least of those given, whose boxes meet; some twice.
    asked: by slot, whether it is one of those given. All are filed. And whether these are all:
    most is how many may be looked at, a pair that meets being as many as _NOTING.
    """
    mask = len(heads) - 2
    found = np.empty((1024, 2), np.int32)
    used, left = 0, most
    for i in range(len(slots)):
        if left < 0:
            break
        one = int(slots[i])
        x, y, z, reach_m, _ = _ball(laid, i)
        if reach_m + most_m[CLASSES - 1] > 0.9 * LARGEST_M:
            left -= len(boxes)
            for other in range(len(boxes)):
                if _meet(boxes, one, other) and other != one and not (asked[other] and other > one):
                    left -= _NOTING
                    found, used = _noted(found, used, one, other)
            continue
        found, used, left = _along_chain(
            heads[mask + 1], one, asked, boxes, after, found, used, left
        )
        for number in range(CLASSES):
            if most_m[number] == 0.0:
                continue
            half_m = reach_m + most_m[number] + FILED_M
            for face in range(FACES):
                low_u, high_u, low_v, high_v = box_on(face, x, y, z, half_m)
                if not (low_u <= 1.0 and high_u >= -1.0 and low_v <= 1.0 and high_v >= -1.0):
                    continue
                first_u, last_u = _cell_at(low_u, bits[number]), _cell_at(high_u, bits[number])
                first_v, last_v = _cell_at(low_v, bits[number]), _cell_at(high_v, bits[number])
                for iu in range(first_u, last_u + 1):
                    for iv in range(first_v, last_v + 1):
                        at = heads[hashed(cell_key(number, face, iu, iv), mask)]
                        left -= 1
                        found, used, left = _along_chain(
                            at, one, asked, boxes, after, found, used, left
                        )
    return found[:used], left >= 0


@_kernel
def may_meet(
    rows: Ints,
    laid: Floats,
    w84_m: Floats,
    std_m: Floats,
    climb_m_s: Floats,
    age_s: Floats,
    slack_m: Floats,
    look_ahead_s: float,
    at_once: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
    owner: Ints,
    same_owner: bool,  # noqa: FBT001
) -> Mask:
    """Which pairs of rows come linearly within reach, and their heights do; at_once: then."""
    keep = np.zeros(len(rows), np.bool_)
    for k in range(len(rows)):
        i, j = rows[k, 0], rows[k, 1]
        if not same_owner and owner[i] >= 0 and owner[i] == owner[j]:
            continue
        keep[k] = nearest(laid, i, j)[0] and are_level(
            laid, w84_m, std_m, climb_m_s, age_s, slack_m, look_ahead_s, at_once, i, j
        )
    return keep
