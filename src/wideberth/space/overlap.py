"""Are two volumes too close, and how far apart are they.

Everything closed: touching is conflict. Each verdict errs toward conflict by less than 1 cm on
the ground and is exact in time and height; docs/accuracy.md says how that was found and measured.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wideberth.errors import NotComparable
from wideberth.space.antipodal import antipodal_distance_m
from wideberth.space.prepared import PreparedVolume
from wideberth.space.vertical import not_comparable
from wideberth.space.volume import Gap, Separation

__all__ = [
    "conflict",
    "covers",
    "distance_to_edge_m",
    "gap",
    "horizontal_gap_mm",
    "is_conflict",
]

_TOUCHING = Separation()
_WITHOUT_LIMIT = 10**15


@cache
def _kernels() -> Any:
    from wideberth.space import _entry

    return _entry


def conflict(
    a: PreparedVolume, b: PreparedVolume, separation: Separation = _TOUCHING
) -> Gap | None:
    """The gap of two volumes that are too close, else None.

    Too close: nearer than the separation, or at it, on the ground, in height and in time at once.
    Raises NotComparable where that hangs on heights that cannot be compared.
    """
    code, horizontal_mm, vertical_mm, time_us = _verdict(a, b, separation)
    if code == 0:
        return None
    if code == 1:
        return Gap(horizontal_mm, vertical_mm, time_us)
    return settle(a, b, separation, (code, horizontal_mm, vertical_mm, time_us))


def is_conflict(a: PreparedVolume, b: PreparedVolume, separation: Separation = _TOUCHING) -> bool:
    """Are two volumes too close? See :func:`conflict`."""
    return conflict(a, b, separation) is not None


def gap(a: PreparedVolume, b: PreparedVolume) -> Gap:
    """How far apart two volumes are on the ground, in height and in time; 0 where they overlap.

    Raises NotComparable where the heights cannot be compared.
    """
    horizontal_mm = horizontal_gap_mm(a, b)
    vertical_mm, known, time_us = _kernels().other_gaps(
        a.arrays.rows, a.index, b.arrays.rows, b.index
    )
    if not known:
        raise incomparable(a, b)
    return Gap(horizontal_mm, vertical_mm, time_us)


def horizontal_gap_mm(a: PreparedVolume, b: PreparedVolume) -> int:
    """Millimetres between two footprints along the ellipsoid, rounded down by up to 1 cm."""
    kernels = _kernels()
    distance_m = kernels.distance(*_arrays(a), *_arrays(b))
    if math.isnan(distance_m):  # nearly antipodal
        distance_m = antipodal_distance_m(a, b)
    return kernels.floor_mm(distance_m)


def covers(
    prepared: PreparedVolume,
    latitude_deg: ArrayLike,
    longitude_deg: ArrayLike,
    altitude_w84_m: ArrayLike,
    time_us: ArrayLike,
) -> NDArray[np.bool_]:
    """Is each point in the volume, edges included? Arrays that broadcast, and so does the answer.

    altitude_w84_m: NaN where unknown: such a point counts as within the band. Errs toward True by
    less than 1 cm. Raises NotComparable where a limit of the volume cannot be brought to W84.
    """
    lower_mm, upper_mm = prepared.altitude_model.band_w84_mm(prepared.volume)
    latitude, longitude, altitude, instant = np.broadcast_arrays(
        np.asarray(latitude_deg, np.float64),
        np.asarray(longitude_deg, np.float64),
        np.asarray(altitude_w84_m, np.float64),
        np.asarray(time_us, np.int64),
    )
    volume = prepared.volume
    above = (altitude >= lower_mm / 1000) & (altitude <= upper_mm / 1000)
    during = (instant >= volume.start_us) & (instant <= volume.end_us)
    inside = np.ravel((above | np.isnan(altitude)) & during)
    chosen = np.flatnonzero(inside)
    if chosen.size:
        distance_m = np.empty(chosen.size)
        _kernels().distances(
            *_arrays(prepared), latitude.flat[chosen], longitude.flat[chosen], 0.1, distance_m
        )
        inside[chosen] = distance_m <= _kernels().ERROR_M
    return inside.reshape(latitude.shape)


def distance_to_edge_m(
    prepared: PreparedVolume, latitude_deg: ArrayLike, longitude_deg: ArrayLike
) -> NDArray[np.float64]:
    """Metres along the ellipsoid from each point to the footprint, 0 inside. Arrays that broadcast.

    Error below 4 mm; a point whose nearest edge (of a circle: its centre) is over 19,700 km away
    gets a length as if that were 19,700 km.
    """
    latitude, longitude = np.broadcast_arrays(
        np.asarray(latitude_deg, np.float64), np.asarray(longitude_deg, np.float64)
    )
    distance_m = np.empty(latitude.size)
    _kernels().distances(
        *_arrays(prepared), np.ravel(latitude), np.ravel(longitude), np.inf, distance_m
    )
    return distance_m.reshape(latitude.shape)


def settle(
    a: PreparedVolume,
    b: PreparedVolume,
    separation: Separation,
    found: tuple[int, int, int, int],
) -> Gap | None:
    """What `_verdict.verdict` left open: the code it answered with, and the gaps."""
    kernels = _kernels()
    code, horizontal_mm, vertical_mm, time_us = found
    if code == kernels.NEEDS_EXACT:
        distance_m = antipodal_distance_m(a, b)
        horizontal_mm = kernels.floor_mm(distance_m)
        if horizontal_mm > separation.horizontal_mm:
            return None
        known = kernels.other_gaps(a.arrays.rows, a.index, b.arrays.rows, b.index)[1]
        if not known:
            raise incomparable(a, b)
    elif code == kernels.NOT_COMPARABLE:
        raise incomparable(a, b)
    return Gap(horizontal_mm, vertical_mm, time_us)


def incomparable(a: PreparedVolume, b: PreparedVolume) -> NotComparable:
    """The error about two volumes whose heights cannot be compared: the first limit to blame."""
    for top, bottom in ((a, b), (b, a)):
        upper, lower = top.volume.upper, bottom.volume.lower
        if upper.reference == lower.reference:
            continue
        for prepared, name, limit, other in (
            (top, "upper", upper, lower),
            (bottom, "lower", lower, upper),
        ):
            if not prepared.altitude_model.knows(limit.reference):
                error = not_comparable(name, limit)
                return NotComparable(
                    error.field,
                    error.rule,
                    f"{error.value} against {other.value_mm / 1000} m {other.reference}",
                    error.advice,
                )
    raise AssertionError("the heights of these volumes can be compared")


def _arrays(prepared: PreparedVolume) -> tuple[Any, Any, Any, int]:
    arrays = prepared.arrays
    return arrays.shapes, arrays.points, arrays.blocks, prepared.index


def _verdict(
    a: PreparedVolume, b: PreparedVolume, separation: Separation
) -> tuple[int, int, int, int]:
    kernels = _kernels()
    one, two = a.arrays, b.arrays
    return kernels.judge_pair(
        one.rows, one.shapes, one.points, one.blocks, a.index,
        two.rows, two.shapes, two.points, two.blocks, b.index,
        separation.horizontal_mm, separation.vertical_mm, separation.time_us,
    )  # fmt: skip
