"""Kernels: are two volumes too close, and by how much. Time first, then height, then the ground.

Every comparison of the program that says "touching is conflict" is in this file.
"""

from __future__ import annotations

import math
from typing import Any

from wideberth.space._distance import ERROR_M, Scratch, footprint_distance
from wideberth.space._jit import kernel
from wideberth.space._shapes import (
    LOWER_KNOWN,
    REFERENCE_MASK,
    ROUNDING_M,
    UPPER_KNOWN,
    UPPER_SHIFT,
    Points,
)

# What `verdict` answers first.
CLEAR = 0
CONFLICT = 1
NEEDS_EXACT = 2  # the footprints are nearly antipodal: see wideberth.space.antipodal
NOT_COMPARABLE = 3  # too close in time and on the ground, and the heights cannot be compared


@kernel
def time_gap(a: Any, b: Any) -> int:
    """Microseconds between two windows; 0 where they touch."""
    gap = a.start_us - b.end_us if a.start_us > b.start_us else b.start_us - a.end_us
    return gap if gap > 0 else 0


@kernel
def _rise(top: Any, bottom: Any) -> tuple[int, bool]:
    """From the upper limit of one row to the lower of another, mm; and whether that is known."""
    reference = (top.references >> UPPER_SHIFT) & REFERENCE_MASK
    if reference == bottom.references & REFERENCE_MASK:
        return int(bottom.lower_mm) - int(top.upper_mm), True
    if (top.references & UPPER_KNOWN) != 0 and (bottom.references & LOWER_KNOWN) != 0:
        return int(bottom.lower_w84_mm) - int(top.upper_w84_mm), True
    return 0, False


@kernel
def vertical_gap(a: Any, b: Any) -> tuple[int, bool]:
    """Millimetres between two bands, 0 where they touch; False where it may be less.

    Two limits of one reference are compared as they are; of two references, as widened bands
    above the ellipsoid, where both are known.
    """
    above, above_known = _rise(a, b)
    below, below_known = _rise(b, a)
    gap = above if above > below else below
    return (gap if gap > 0 else 0), above_known and below_known


@kernel
def inner_overlap(a: Any, b: Any) -> bool:
    """Do the discs that lie inside of two footprints overlap? Then so do these; it saves a look.

    A point of the straight line between the centres is then in both discs, and stays so when it is
    lifted onto the ellipsoid: by chord**2 / 8R at most, 2 m where both radii are INNER_M.
    """
    if a.inner_dm == 0 or b.inner_dm == 0:
        return False
    dx = float(a.x) - float(b.x)
    dy = float(a.y) - float(b.y)
    dz = float(a.z) - float(b.z)
    square = dx * dx + dy * dy + dz * dz
    room = 0.1 * (float(a.inner_dm) + float(b.inner_dm)) - ROUNDING_M - 4e-8 * square
    return room > 0 and square < room * room


@kernel
def verdict(
    row_a: Any,
    a: Any,
    a_points: Points,
    a_blocks: Points,
    row_b: Any,
    b: Any,
    b_points: Points,
    b_blocks: Points,
    horizontal_mm: int,
    vertical_mm: int,
    time_us: int,
    scratch: Scratch,
) -> tuple[int, int, int, int]:
    """CLEAR, CONFLICT, NEEDS_EXACT or NOT_COMPARABLE; then the gap in mm, mm and us.

    The gap on the ground is rounded down past ERROR_M, so that it never claims too much, and it is
    that gap which is held against the separation: the verdict errs toward CONFLICT, by twice
    ERROR_M and a millimetre at most. A pair that is clear says so with the first reason found;
    its other gaps mean nothing.
    """
    apart_us = time_gap(row_a, row_b)
    if apart_us > time_us:
        return CLEAR, 0, 0, apart_us
    apart_mm, known = vertical_gap(row_a, row_b)
    if apart_mm > vertical_mm:
        return CLEAR, 0, apart_mm, apart_us
    if known and inner_overlap(row_a, row_b):
        return CONFLICT, 0, apart_mm, apart_us
    limit = horizontal_mm / 1000.0 + ERROR_M + 0.001
    distance = footprint_distance(a, a_points, a_blocks, b, b_points, b_blocks, limit, scratch)
    if distance > limit:
        return CLEAR, 0, apart_mm, apart_us
    if distance != distance:
        return NEEDS_EXACT, 0, apart_mm, apart_us
    ground_mm = floor_mm(distance)
    if ground_mm > horizontal_mm:
        return CLEAR, ground_mm, apart_mm, apart_us
    if not known:
        return NOT_COMPARABLE, 0, apart_mm, apart_us
    return CONFLICT, ground_mm, apart_mm, apart_us


@kernel
def floor_mm(distance: float) -> int:
    """A length in mm that the true one is not under, by the error of footprint_distance."""
    short = (distance - ERROR_M) * 1000.0
    return int(math.floor(short)) if short > 0 else 0
