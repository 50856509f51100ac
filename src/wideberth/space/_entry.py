"""The kernels that `overlap` calls: a pair of prepared volumes, or one and many points."""

from __future__ import annotations

import math

import numpy as np

from wideberth.space._distance import ERROR_M, SCRATCH, footprint_distance, to_boundary
from wideberth.space._ellipsoid import FAR_M, geodesic_length, to_ecef
from wideberth.space._jit import kernel
from wideberth.space._shapes import Points, Records, encloses
from wideberth.space._verdict import (
    NEEDS_EXACT,
    NOT_COMPARABLE,
    floor_mm,
    time_gap,
    verdict,
    vertical_gap,
)

__all__ = [
    "ERROR_M",
    "NEEDS_EXACT",
    "NOT_COMPARABLE",
    "distance",
    "distances",
    "floor_mm",
    "judge_pair",
    "other_gaps",
]


@kernel
def judge_pair(
    a_rows: Records,
    a_shapes: Records,
    a_points: Points,
    a_blocks: Points,
    a_index: int,
    b_rows: Records,
    b_shapes: Records,
    b_points: Points,
    b_blocks: Points,
    b_index: int,
    horizontal_mm: int,
    vertical_mm: int,
    time_us: int,
) -> tuple[int, int, int, int]:
    """`verdict` of two volumes in arrays."""
    return verdict(
        a_rows[a_index], a_shapes[a_index], a_points, a_blocks,
        b_rows[b_index], b_shapes[b_index], b_points, b_blocks,
        horizontal_mm, vertical_mm, time_us, np.empty(SCRATCH),
    )  # fmt: skip


@kernel
def other_gaps(
    a_rows: Records, a_index: int, b_rows: Records, b_index: int
) -> tuple[int, bool, int]:
    """The gap in height, whether it is known, and the gap in time."""
    apart_mm, known = vertical_gap(a_rows[a_index], b_rows[b_index])
    return apart_mm, known, time_gap(a_rows[a_index], b_rows[b_index])


@kernel
def distance(
    a_shapes: Records,
    a_points: Points,
    a_blocks: Points,
    a_index: int,
    b_shapes: Records,
    b_points: Points,
    b_blocks: Points,
    b_index: int,
) -> float:
    """`footprint_distance` without a limit."""
    return footprint_distance(
        a_shapes[a_index], a_points, a_blocks,
        b_shapes[b_index], b_points, b_blocks,
        math.inf, np.empty(SCRATCH),
    )  # fmt: skip


@kernel
def distances(
    shapes: Records,
    points: Points,
    blocks: Points,
    index: int,
    latitude_deg: Points,
    longitude_deg: Points,
    limit: float,
    out: Points,
) -> None:
    """From each point to the footprint: 0 inside, infinity over the limit, at most FAR_M."""
    shape = shapes[index]
    for i in range(out.shape[0]):
        x, y, z = to_ecef(latitude_deg[i], longitude_deg[i])
        if shape.count == 0:
            length = geodesic_length(x, y, z, shape.x, shape.y, shape.z)
            if length != length:  # before max(), which answers 0 to NaN
                length = FAR_M
            length = max(0.0, length - shape.radius_m)
        elif encloses(shape, points, blocks, x, y, z):
            length = 0.0
        else:
            length = to_boundary(x, y, z, shape, points, blocks, limit)
            if length != length:
                length = FAR_M
        out[i] = length if length <= limit else math.inf
