"""Kernels: reports taken into the table of tracks, one after the other in the order of their times.

The rules are those of :mod:`wideberth.watch.tracks`; the arrays are its columns, by slot. The
numbers of a report are ``NUMBERS``, a row of an array each; what cannot be is made NaN in them. A
trail is a ring: the newest takes the place of the oldest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._ellipsoid import to_ecef
from wideberth.space.time import SECOND_US
from wideberth.watch._jit import kernel as _kernel
from wideberth.watch.paths import EARTH_RADIUS_MAX_M

# Kernels take arrays and flags by position; a comparison with itself asks for nan.
# ruff: noqa: PLR0913, PLR0124

__all__ = [
    "COUNTED",
    "NEVER_US",
    "NUMBERS",
    "TOO_FAST",
    "TOO_STEEP",
    "TWO_PLACES",
    "spaced",
    "take",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Small = NDArray[Any]
"""Of whole numbers that take little room."""

NUMBERS = (
    "latitude_deg",
    "longitude_deg",
    "altitude_w84_m",
    "altitude_std_m",
    "ground_speed_m_s",
    "course_deg",
    "vertical_rate_m_s",
    "accuracy_m",
)
_PLACE = 2  # of these say where it is
COUNTED = ("taken", "late", "repeated", "contradictory")
_TAKEN, _LATE, _REPEATED, _CONTRADICTORY = range(4)
TOO_FAST, TWO_PLACES, TOO_STEEP = 1, 2, 3
NEVER_US = np.iinfo(np.int64).min
_UNKNOWN, _REPORTED, _DERIVED = 0, 1, 2  # trackrow.Velocity
_MOST_INT16 = 32_767
_STOPPED_M_S = 0.5  # slower than this, a course means nothing
_RADIAN = math.pi / 180


@_kernel
def _step(
    from_deg: tuple[Any, Any], latitude_deg: float, longitude_deg: float
) -> tuple[float, float]:
    """The distance over the ground, and the course with which one arrives."""
    x, y, z = to_ecef(from_deg[0], from_deg[1])
    to_x, to_y, to_z = to_ecef(latitude_deg, longitude_deg)
    x, y, z = to_x - x, to_y - y, to_z - z
    half = math.sqrt(x * x + y * y + z * z) / (2 * EARTH_RADIUS_MAX_M)
    metres = 2 * EARTH_RADIUS_MAX_M * math.asin(half if half < 1.0 else 1.0)
    lat, lon = latitude_deg * _RADIAN, longitude_deg * _RADIAN
    sin_lon, cos_lon = math.sin(lon), math.cos(lon)
    east = y * cos_lon - x * sin_lon
    north = z * math.cos(lat) - (x * cos_lon + y * sin_lon) * math.sin(lat)
    return metres, math.atan2(east, north) / _RADIAN % 360.0


@_kernel
def _append(
    slot: int,
    at_us: int,
    numbers: Floats,
    k: int,
    times: Ints,
    places: Floats,
    first: Small,
    count: Small,
) -> None:
    """The newest position of a track; the oldest makes room."""
    length, held, begin = times.shape[1], int(count[slot]), int(first[slot])
    at = (begin + held) % length
    if held < length:
        count[slot] = held + 1
    else:
        first[slot] = (begin + 1) % length
    times[slot, at] = at_us
    for c in range(3):
        places[slot, at, c] = numbers[c, k]


@_kernel
def _file(
    slot: int,
    at_us: int,
    numbers: Floats,
    k: int,
    times: Ints,
    places: Floats,
    first: Small,
    count: Small,
) -> None:
    """A late report at its place, if the trail reaches back so far."""
    length, held, begin = times.shape[1], int(count[slot]), int(first[slot])
    newer = 0  # how many positions are newer than it
    while newer < held and times[slot, (begin + held - 1 - newer) % length] > at_us:
        newer += 1
    if newer < held and times[slot, (begin + held - 1 - newer) % length] == at_us:
        return
    if held == length and newer == held:  # older than all of them
        return
    _append(slot, at_us, numbers, k, times, places, first, count)
    end = (
        int(first[slot]) + int(count[slot]) - 1
    )  # where it is now: those that are newer move behind it
    for j in range(newer):
        here, before = (end - j) % length, (end - j - 1) % length
        times[slot, here] = times[slot, before]
        for c in range(3):
            places[slot, here, c] = places[slot, before, c]
    at = (end - newer) % length
    times[slot, at] = at_us
    for c in range(3):
        places[slot, at, c] = numbers[c, k]


@_kernel
def take(  # noqa: C901, PLR0912, PLR0915 - one report after the other, from top to bottom
    slots: Ints,
    times_us: Ints,
    numbers: Floats,
    behind_us: Ints,
    bounds: Floats,
    default_accuracy_m: float,
    vertical_error_m: float,
    max_speed_m_s: float,
    max_climb_m_s: float,
    derive_within_us: int,
    plausible_again_after: int,
    time_us: Ints,
    latitude_deg: Floats,
    longitude_deg: Floats,
    altitude_w84_m: Floats,
    altitude_std_m: Floats,
    ground_speed_m_s: Floats,
    course_deg: Floats,
    vertical_rate_m_s: Floats,
    accuracy_m: Floats,
    altitude_behind_us: Small,
    velocity_behind_us: Small,
    velocity_source: Small,
    implausible_left: Small,
    implausible_rule: Small,
    trail_time_us: Ints,
    trail_numbers: Floats,
    trail_first: Small,
    trail_count: Small,
    is_newer: NDArray[np.bool_],
) -> Ints:
    """Reports of the tracks in these slots, in the order of their times. behind_us: (2, n), how
    long before the position the heights, and the velocity, were said. bounds: the least and the
    most of each number that may be missing. is_newer: set for each report that gives its track a
    new position. Gives how many there were of each of ``COUNTED``, then
    how many of each such number were taken as not said.
    """
    counts = np.zeros(len(COUNTED) + len(NUMBERS) - _PLACE, np.int64)
    again = plausible_again_after if plausible_again_after < _MOST_INT16 else _MOST_INT16
    for k in range(slots.shape[0]):
        slot, at_us = slots[k], times_us[k]
        for c in range(_PLACE, len(NUMBERS)):
            value = numbers[c, k]
            if value == value and not bounds[c - _PLACE, 0] <= value <= bounds[c - _PLACE, 1]:
                numbers[c, k] = np.nan
                counts[len(COUNTED) + c - _PLACE] += 1
        before_us = time_us[slot]
        if at_us < before_us:
            counts[_LATE] += 1
            _file(slot, at_us, numbers, k, trail_time_us, trail_numbers, trail_first, trail_count)
            continue
        latitude, longitude = numbers[0, k], numbers[1, k]
        accuracy = numbers[7, k] if numbers[7, k] == numbers[7, k] else default_accuracy_m
        is_new = before_us == NEVER_US
        step_m, arriving_deg = 0.0, 0.0
        if not is_new:
            from_deg = latitude_deg[slot], longitude_deg[slot]
            step_m, arriving_deg = _step(from_deg, latitude, longitude)
        if at_us == before_us:
            if step_m > accuracy + accuracy_m[slot]:
                counts[_CONTRADICTORY] += 1
                implausible_left[slot] = again
                implausible_rule[slot] = TWO_PLACES
            else:
                counts[_REPEATED] += 1
            continue
        counts[_TAKEN] += 1
        is_newer[k] = True
        w84_m, std_m = numbers[2, k], numbers[3, k]
        speed, course, climb = numbers[4, k], numbers[5, k], numbers[6, k]
        altitude_us, velocity_us = behind_us[0, k], behind_us[1, k]
        doubt = 0
        step_s, rise_m, is_near = 0.0, np.nan, False
        rise_us = 0
        if not is_new:  # the step from the position held
            step_us = at_us - before_us
            step_s = step_us / SECOND_US
            rise_m = w84_m - altitude_w84_m[slot]
            if rise_m != rise_m:
                rise_m = std_m - altitude_std_m[slot]
            # From one height to the other, which need not be of the positions' moments.
            rise_us = step_us - altitude_us + altitude_behind_us[slot]
            # Time stamps are often whole seconds.
            if step_m > max_speed_m_s * (step_s + 1.0) + accuracy + accuracy_m[slot]:
                doubt = TOO_FAST
            elif abs(rise_m) > (
                max_climb_m_s * (abs(rise_us) / SECOND_US + 1.0) + 2 * vertical_error_m
            ):
                doubt = TOO_STEEP
            is_near = doubt == 0 and SECOND_US <= step_us <= derive_within_us
        if course != course and speed < _STOPPED_M_S:
            course = 0.0
        source = _UNKNOWN
        if speed == speed and course == course:
            source = _REPORTED
        elif is_near:
            source = _DERIVED
            speed, course = step_m / step_s, arriving_deg
        if source != _REPORTED and climb != climb:
            velocity_us = 0  # what is derived is of the position's moment
        # A height that is joined to two positions is one and the same, and tells no climb.
        if climb != climb and doubt == 0 and SECOND_US <= rise_us <= derive_within_us:
            climb = rise_m / (rise_us / SECOND_US)
        velocity_source[slot] = source
        ground_speed_m_s[slot] = speed if source != _UNKNOWN else np.nan
        course_deg[slot] = course if source != _UNKNOWN else np.nan
        vertical_rate_m_s[slot] = climb
        time_us[slot] = at_us
        latitude_deg[slot], longitude_deg[slot] = latitude, longitude
        altitude_w84_m[slot], altitude_std_m[slot] = w84_m, std_m
        altitude_behind_us[slot] = 0 if w84_m != w84_m and std_m != std_m else altitude_us
        velocity_behind_us[slot] = velocity_us
        accuracy_m[slot] = accuracy
        if doubt > 0:
            implausible_left[slot] = again
            implausible_rule[slot] = doubt
        elif implausible_left[slot] > 0:
            implausible_left[slot] -= 1
            if implausible_left[slot] == 0:
                implausible_rule[slot] = 0
        _append(slot, at_us, numbers, k, trail_time_us, trail_numbers, trail_first, trail_count)
    return counts


@_kernel
def spaced(places: Ints, times_us: Ints, last_us: Ints, every_us: int) -> NDArray[np.bool_]:
    """Which reports are at least so far in time from the one before of the same place that was;
    last_us: when that was, by place, and kept in step.
    """
    kept = np.zeros(places.shape[0], np.bool_)
    for k in range(places.shape[0]):
        before_us = last_us[places[k]]
        if before_us == NEVER_US or abs(times_us[k] - before_us) >= every_us:
            kept[k] = True
            last_us[places[k]] = times_us[k]
    return kept
