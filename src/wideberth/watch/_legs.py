"""Kernel: the legs that a track has before it along a declared way."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import kernel as _kernel
from wideberth.watch.paths import (
    EARTH_RADIUS_MAX_M,
    Floats,
    along_normal,
    normal_radius_m,
)

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["CUT", "follow"]

Ints = NDArray[np.int64]

CUT = 0.1  # of the way ahead: how far beside it a track may be, up to the declared half width
_SHORTEST_M = 1.0  # a leg that is shorter has no direction


@_kernel
def follow(  # noqa: C901, PLR0912 - one track after the other, from top to bottom
    at: Floats,
    going: Floats,
    up: Floats,
    speed_m_s: Floats,
    first: Ints,
    end: Ints,
    points: Floats,
    normals: Floats,
    half_m: Floats,
    look_ahead_s: float,
    room: int,
) -> tuple[int, Ints, Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
    """For each track the legs that it flies until the look-ahead if it goes on along its way.

    at, going, up: (n, 3) where it is now, its unit direction, the normal. first, end: which of the
    points are its way. half_m: how far beside each leg, by its first point, it may be. Gives how
    many legs there are and, of up to room, the track, start, direction, normal and radius of
    curvature of each, when it begins and ends in s from now, and how far beside it the track may
    be.
    """
    of = np.empty(room, np.int64)
    start, direction, normal = np.empty((room, 3)), np.empty((room, 3)), np.empty((room, 3))
    radius_m, begin_s, end_s, beside_m = (
        np.empty(room), np.empty(room), np.empty(room), np.empty(room)
    )  # fmt: skip
    leg, ahead = np.empty(3), np.empty(3)
    found = 0
    for i in range(len(speed_m_s)):
        speed = speed_m_s[i]
        if not speed > 0.0:
            continue
        # The leg it is on: the nearest of those that it is beside and that lead its way.
        on, offset_m = -1, math.inf
        for k in range(first[i], end[i] - 1):
            length = along_normal(points, k, points, k + 1, normals, k, leg)
            if length < _SHORTEST_M:
                continue
            along = across = same = 0.0
            for c in range(3):
                along += leg[c] * (at[i, c] - points[k, c])
                same += leg[c] * going[i, c]
            if same <= 0.0:
                continue
            along = 0.0 if along < 0.0 else (length if along > length else along)
            drop = along * along / (2 * EARTH_RADIUS_MAX_M)
            for c in range(3):
                beside = at[i, c] - points[k, c] - along * leg[c] + drop * normals[k, c]
                across += beside * beside
            across = math.sqrt(across)
            if across <= half_m[k] and across < offset_m:
                on, offset_m = k, across
        if on < 0:
            continue
        now_s, run_m = 0.0, 0.0
        for k in range(on, end[i] - 1):
            if now_s >= look_ahead_s:
                break
            if k == on:
                length = along_normal(at, i, points, k + 1, up, i, ahead)
            else:
                length = along_normal(points, k, points, k + 1, normals, k, ahead)
            if length < _SHORTEST_M:
                continue
            # On the way on, behind the point that it was to reach: the next leg is before it.
            later_s = now_s + length / speed
            run_m += length
            if found < room:
                of[found] = i
                for c in range(3):
                    start[found, c] = at[i, c] if k == on else points[k, c]
                    direction[found, c] = ahead[c]
                    normal[found, c] = up[i, c] if k == on else normals[k, c]
                radius_m[found] = normal_radius_m(normal[found, 2], ahead[2])
                begin_s[found] = now_s
                end_s[found] = later_s if later_s < look_ahead_s else look_ahead_s
                cut_m = CUT * run_m
                beside_m[found] = offset_m + (cut_m if cut_m < half_m[k] else half_m[k])
            found += 1
            now_s = later_s
    return found, of, start, direction, normal, radius_m, begin_s, end_s, beside_m
