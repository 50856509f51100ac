"""The closest approach of pairs on their curved paths: the last step of a search.

Where two are at a moment is :mod:`wideberth.watch.paths`' circle of each; between the two ends of
the look-ahead their difference is nearly a cubic, of which the root is found and then proven on the
curves themselves.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import kernel as _kernel
from wideberth.watch.paths import EARTH_RADIUS_MAX_M, EARTH_RADIUS_MIN_M, Floats, turned

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["HEIGHT_ELLIPSOID", "HEIGHT_MIXED", "HEIGHT_PRESSURE", "HEIGHT_UNKNOWN", "approach"]

Ints = NDArray[np.int64]
Motion = tuple[float, float, float, float, float, float]  # x, y, z in m; their rates in m/s

_SMALL = 0.05  # half of a chord, as a part of the radius, up to which a short series serves: 640 km

HEIGHT_UNKNOWN = 0  # taken as any height
HEIGHT_ELLIPSOID = 1  # both above the WGS84 ellipsoid
HEIGHT_PRESSURE = (
    2  # both pressure altitudes: one reference, the weather cancels between neighbours
)
HEIGHT_MIXED = 3  # one of each, within the configured pressure error


@_kernel.inlined
def _motion(
    t: float,
    row: int,
    position: Floats,
    tangents: Floats,
    normals: Floats,
    radius_m: Floats,
    speed_m_s: Floats,
    age_s: Floats,
) -> Motion:
    """Where a mover is at t, ECEF, and how fast it moves."""
    radius, speed = radius_m[row], speed_m_s[row]
    sine, less = turned(speed * (age_s[row] + t) / radius)
    ahead, drop = radius * sine, radius * less
    rate_ahead, rate_drop = speed * (1.0 - less), speed * sine
    ux, uy, uz = tangents[row, 0], tangents[row, 1], tangents[row, 2]
    nx, ny, nz = normals[row, 0], normals[row, 1], normals[row, 2]
    return (
        position[row, 0] + ahead * ux - drop * nx,
        position[row, 1] + ahead * uy - drop * ny,
        position[row, 2] + ahead * uz - drop * nz,
        rate_ahead * ux - rate_drop * nx,
        rate_ahead * uy - rate_drop * ny,
        rate_ahead * uz - rate_drop * nz,
    )


@_kernel.inlined
def _difference(
    t: float,
    i: int,
    j: int,
    position: Floats,
    tangents: Floats,
    normals: Floats,
    radius_m: Floats,
    speed_m_s: Floats,
    age_s: Floats,
) -> Motion:
    """The ECEF difference of two movers at t, and its rate."""
    a = _motion(t, i, position, tangents, normals, radius_m, speed_m_s, age_s)
    b = _motion(t, j, position, tangents, normals, radius_m, speed_m_s, age_s)
    return b[0] - a[0], b[1] - a[1], b[2] - a[2], b[3] - a[3], b[4] - a[4], b[5] - a[5]


@_kernel.inlined
def _arc(at: Motion) -> float:
    q = _chord2(at) / (4 * EARTH_RADIUS_MAX_M**2)
    if q > _SMALL * _SMALL:
        half = math.sqrt(q)
        return 2 * EARTH_RADIUS_MAX_M * math.asin(half if half < 1.0 else 1.0)
    # The series of the arcsine: what follows is less than 1e-15 of the whole.
    s = 1 / 6 + q * (3 / 40 + q * (15 / 336 + q * (105 / 3456 + q * (945 / 42240))))
    return math.sqrt(_chord2(at)) * (1 + q * s)


@_kernel.inlined
def _chord2(at: Motion) -> float:
    return at[0] * at[0] + at[1] * at[1] + at[2] * at[2]


@_kernel.inlined
def _rate(at: Motion) -> float:
    return at[0] * at[3] + at[1] * at[4] + at[2] * at[5]


@_kernel.inlined
def _speed2(at: Motion) -> float:
    return at[3] * at[3] + at[4] * at[4] + at[5] * at[5]


@_kernel.inlined
def _clamped(value: float, least: float, most: float) -> float:
    return least if value < least else (value if value < most else most)


@_kernel.inlined
def _cubic(
    s: float, look_ahead_s: float, p: float, v: float, q: float, w: float
) -> tuple[float, float]:
    """Where the cubic is at the part s between p and q, which it leaves with v and reaches with w,
    and how fast.
    """
    v, w = v * look_ahead_s, w * look_ahead_s
    c, d = 3 * (q - p) - 2 * v - w, 2 * (p - q) + v + w
    return p + s * (v + s * (c + s * d)), (v + s * (2 * c + s * 3 * d)) / look_ahead_s


@_kernel.inlined
def _between(t: float, look_ahead_s: float, now: Motion, end: Motion) -> Motion:
    """Nearly the difference at t and its rate: the cubic between those at both ends."""
    s = t / look_ahead_s
    x, u = _cubic(s, look_ahead_s, now[0], now[3], end[0], end[3])
    y, v = _cubic(s, look_ahead_s, now[1], now[4], end[1], end[4])
    z, w = _cubic(s, look_ahead_s, now[2], now[5], end[2], end[5])
    return x, y, z, u, v, w


@_kernel.inlined
def _together(
    now: Motion,
    end: Motion,
    reach_m: float,
    level_from: float,
    level_until: float,
    look_ahead_s: float,
) -> bool:
    """Is there a moment of the look-ahead at which the straight line between both ends is within
    reach, and they are level?
    """
    x, y, z = end[0] - now[0], end[1] - now[1], end[2] - now[2]
    square = _chord2(now)
    slope = now[0] * x + now[1] * y + now[2] * z
    bend = x * x + y * y + z * z
    begin, until = 0.0, 1.0
    excess = square - reach_m * reach_m
    if bend > 1e-6:
        inner = slope * slope - bend * excess
        if inner < 0.0:
            return False
        root = math.sqrt(inner)
        begin, until = (-slope - root) / bend, (-slope + root) / bend
    elif excess > 0.1 * reach_m:
        return False
    # 10 us: against rounding.
    begin = max(begin * look_ahead_s - 1e-5, 0.0, level_from)
    return begin <= min(until * look_ahead_s + 1e-5, look_ahead_s, level_until)


@_kernel.inlined
def _beside(low: float, high: float, root: float) -> tuple[float, float]:
    """A little before and a little behind the root, on the way from low to high."""
    step = 0.5e-6 if high > low else -0.5e-6
    least, most = min(low, high), max(low, high)
    return _clamped(root - step, least, most), _clamped(root + step, least, most)


@_kernel.inlined
def _chord2_of(arc_m: float) -> float:
    """The square of the chord of an arc, the other way round as in :func:`_arc`."""
    half = arc_m / (2 * EARTH_RADIUS_MAX_M)
    q = half * half
    if q > _SMALL * _SMALL:
        sine = math.sin(half if half < math.pi / 2 else math.pi / 2)
        return (2 * EARTH_RADIUS_MAX_M * sine) ** 2
    s = 1 - q * (1 / 6) * (1 - q * (1 / 20) * (1 - q * (1 / 42) * (1 - q * (1 / 72))))
    return (arc_m * s) ** 2


@_kernel.inlined
def _root(at: Motion, chord2: float, sign: float) -> float:
    """How long after a moment, or before it, the parabola of the square of the distance there is
    chord2: of its two roots the later (sign 1) or the earlier (-1).
    """
    rate, speed2 = _rate(at), max(_speed2(at), 1e-9)
    inner = rate * rate - speed2 * (_chord2(at) - chord2)
    return (sign * math.sqrt(max(inner, 0.0)) - rate) / speed2


@_kernel.inlined
def _crossed(
    far: float,
    near: float,
    closest: Motion,
    reach_m: float,
    look_ahead_s: float,
    now: Motion,
    end: Motion,
    i: int,
    j: int,
    position: Floats,
    tangents: Floats,
    normals: Floats,
    radius_m: Floats,
    speed_m_s: Floats,
    age_s: Floats,
) -> float:
    """When their distance crosses reach_m, between far (beyond it, before or after) and near
    (within it), rounded toward far.
    """
    chord2 = _chord2_of(reach_m)
    # The square of the distance is nearly a parabola: that of where they are nearest, then that of
    # the cubic at its root, then that of the curves themselves.
    sign = 1.0 if near > far else -1.0
    guess = near + _root(closest, chord2, -sign)
    guess = _clamped(guess, min(far, near), max(far, near))
    at = _between(guess, look_ahead_s, now, end)
    guess = _clamped(guess + _root(at, chord2, -sign), min(far, near), max(far, near))
    at = _difference(guess, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
    guess = _clamped(guess + _root(at, chord2, -sign), min(far, near), max(far, near))
    outer, inside = _beside(far, near, guess)
    at = _difference(outer, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
    excess, slope = _chord2(at) - chord2, 2 * abs(_rate(at))
    # So near the root that it is within 1 us, unless they only graze it.
    if 0.0 < excess < 0.7e-6 * slope and 1e-6 * _speed2(at) < 0.1 * slope:
        return outer
    is_proven = outer == far or excess > 0.0
    at = _difference(inside, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
    if is_proven and (inside == near or _arc(at) <= reach_m):
        return outer
    while abs(near - far) > 1e-6:
        middle = 0.5 * (far + near)
        at = _difference(middle, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
        if _arc(at) <= reach_m:
            near = middle
        else:
            far = middle
    return far


@_kernel
def approach(  # noqa: C901, PLR0912, PLR0915 - one pair after the other, from top to bottom
    found: Ints,
    position: Floats,
    tangents: Floats,
    normals: Floats,
    radius_m: Floats,
    speed_m_s: Floats,
    age_s: Floats,
    altitude_w84_m: Floats,
    altitude_std_m: Floats,
    climb_m_s: Floats,
    horizontal_error_m: Floats,
    vertical_error_m: Floats,
    horizontal_m: float,
    vertical_m: float,
    ahead_s: Floats,
    pressure_error_m: float,
    only_close: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
) -> tuple[Floats, Ints]:
    """Eight rows of numbers per pair (the columns of Pairs) and the kind of height. only_close:
    of the pairs that are never level, nothing but that they never are too close.
    """
    count = len(found)
    numbers = np.empty((8, count))
    height = np.empty(count, np.int64)
    for p in range(count):
        i, j = found[p, 0], found[p, 1]
        look_ahead_s = ahead_s[p]
        reach = float(horizontal_m + horizontal_error_m[i] + horizontal_error_m[j])

        # Heights: one reference for both, or within the configured error, or unknown.
        rise = float(altitude_w84_m[j] - altitude_w84_m[i])
        band = (
            float(vertical_m + vertical_error_m[i] + vertical_error_m[j]) + 0.001
        )  # against rounding
        kind = HEIGHT_ELLIPSOID
        if math.isnan(rise):
            kind = HEIGHT_PRESSURE
            rise = float(altitude_std_m[j] - altitude_std_m[i])
        if math.isnan(rise) and not math.isnan(pressure_error_m):
            kind = HEIGHT_MIXED
            band += pressure_error_m
            rise = float(altitude_std_m[j] - altitude_w84_m[i])
            if math.isnan(rise):
                rise = float(altitude_w84_m[j] - altitude_std_m[i])
        if math.isnan(rise):
            kind = HEIGHT_UNKNOWN
        climb = float(climb_m_s[j] - climb_m_s[i])
        if kind != HEIGHT_UNKNOWN:
            rise += float(climb_m_s[j] * age_s[j] - climb_m_s[i] * age_s[i])

        # Within the vertical limit: [level_from, level_until]. Never, and only those that come too
        # close are asked for: the rest need not be known.
        level_from, level_until = -math.inf, math.inf
        if kind != HEIGHT_UNKNOWN:
            if climb == 0.0:
                if not abs(rise) <= band:
                    level_from = math.inf
            else:
                level_from, level_until = (-band - rise) / climb, (band - rise) / climb
                if level_from > level_until:
                    level_from, level_until = level_until, level_from
        if only_close and not max(level_from, 0.0) <= min(level_until, look_ahead_s):
            numbers[:, p] = math.nan
            numbers[5, p] = math.inf
            height[p] = kind
            continue

        now = _difference(0.0, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
        end = _difference(
            look_ahead_s, i, j, position, tangents, normals, radius_m, speed_m_s, age_s
        )
        now_m, rate_now, end_m, rate_end = _arc(now), _rate(now), _arc(end), _rate(end)
        if only_close:
            # On straight lines, widened by the sagittas, they are near and level at no moment.
            wide = reach + float(speed_m_s[i] ** 2 + speed_m_s[j] ** 2) * look_ahead_s**2 / (
                8 * EARTH_RADIUS_MIN_M
            )
            if not _together(now, end, wide + 0.01, level_from, level_until, look_ahead_s):
                numbers[:, p] = math.nan
                numbers[5, p] = math.inf
                height[p] = kind
                continue

        # The moment of least horizontal distance: the root of the distance's rate.
        if rate_now < 0.0 < rate_end:
            guess = -rate_now / (rate_end - rate_now) * look_ahead_s
            at = _between(guess, look_ahead_s, now, end)
            rate, before = _rate(at), guess
            guess = _clamped(guess - rate / max(_speed2(at), 1e-9), 0.0, look_ahead_s)
            at = _between(guess, look_ahead_s, now, end)
            # How the rate grows: by the square of the speed, and by what both are bent.
            grows = (_rate(at) - rate) / (guess - before) if abs(guess - before) > 1e-6 else 0.0
            grows = max(grows, 0.5 * _speed2(at), 1e-9)
            guess = _clamped(guess - _rate(at) / grows, 0.0, look_ahead_s)
            at = _difference(guess, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
            guess = _clamped(guess - _rate(at) / grows, 0.0, look_ahead_s)
            at = _difference(guess, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
            # The rate grows by the square of the speed, and by what both are bent: while that is
            # less than half of it, the root is within twice the step.
            bent = math.sqrt(_chord2(at)) * (
                float(speed_m_s[i] ** 2 + speed_m_s[j] ** 2) / EARTH_RADIUS_MIN_M
            )
            speed2 = _speed2(at)
            closest_s = guess
            if not (bent < 0.4 * speed2 and abs(_rate(at)) < 0.25e-6 * speed2):
                early, late = 0.0, look_ahead_s
                while late - early >= 1e-6:
                    middle = 0.5 * (early + late)
                    at = _difference(
                        middle, i, j, position, tangents, normals, radius_m, speed_m_s, age_s
                    )
                    if _rate(at) < 0.0:
                        early = middle
                    else:
                        late = middle
                closest_s = 0.5 * (early + late)
                at = _difference(
                    closest_s, i, j, position, tangents, normals, radius_m, speed_m_s, age_s
                )
            closest_m = _arc(at)
        elif end_m < now_m:
            # Also where neighbours on parallel courses draw together as great circles do.
            at, closest_s, closest_m = end, look_ahead_s, end_m
        else:
            at, closest_s, closest_m = now, 0.0, now_m

        # When they are within the horizontal limit: [enter, leave], each rounded outward.
        enter, leave = math.inf, -math.inf
        if closest_m <= reach:
            enter, leave = 0.0, look_ahead_s
            if now_m > reach:
                enter = _crossed(
                    0.0,
                    closest_s,
                    at,
                    reach,
                    look_ahead_s,
                    now,
                    end,
                    i,
                    j,
                    position,
                    tangents,
                    normals,
                    radius_m,
                    speed_m_s,
                    age_s,
                )
            # Until the closest they are within it anyhow: after that matters only to who gets
            # level later.
            if end_m > reach and level_from > closest_s:
                leave = _crossed(
                    look_ahead_s,
                    closest_s,
                    at,
                    reach,
                    look_ahead_s,
                    now,
                    end,
                    i,
                    j,
                    position,
                    tangents,
                    normals,
                    radius_m,
                    speed_m_s,
                    age_s,
                )

        # And within the vertical one.
        enter, leave = max(enter, level_from), min(leave, level_until)
        loss_s = max(enter, 0.0) if enter <= leave else math.inf

        numbers[0, p] = now_m
        numbers[1, p] = abs(rise) if kind != HEIGHT_UNKNOWN else math.nan
        numbers[2, p] = closest_s
        numbers[3, p] = closest_m
        numbers[4, p] = abs(rise + climb * closest_s) if kind != HEIGHT_UNKNOWN else math.nan
        numbers[5, p] = loss_s
        numbers[6, p] = reach - horizontal_m
        numbers[7, p] = band - vertical_m
        height[p] = kind
    return numbers, height
