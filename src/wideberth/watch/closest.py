"""Closest approach between all pairs of tracks, with look-ahead.

Two tracks are too close when at one moment between now and the look-ahead they are within the
horizontal *and* the vertical limit. Each is taken to hold its course, speed and climb from its
last reported position (:mod:`wideberth.watch.paths`): that is a prediction, made here and kept
nowhere.

Everything errs toward "conflict": the horizontal limit is widened by both uncertainties and by the
bound of the path model, the vertical one by both uncertainties; a height that is unknown, or not
comparable with the other's, counts as every height, and the answer says so. The distances that are
reported are the middle values; what was added stands beside them.

Method: a box in ECEF space (no seam, no pole) encloses each whole path, and is filed in every cell
of a grid that it touches; two that meet are tested once, in the cell that holds the lowest corner
of what they share. The first test is linear, its error bound the sagitta of both paths; only the
rest is solved on curved paths. Rounding aside, no pair within the stated limits is missed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.space._jit import KERNELS as OF_SPACE
from wideberth.space._jit import Kernels
from wideberth.watch.paths import (
    EARTH_RADIUS_MAX_M,
    EARTH_RADIUS_MIN_M,
    Floats,
    curvature_radius_m,
    ecef_m,
    path_error_m,
    tangent,
    up,
)

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = [
    "HEIGHT_ELLIPSOID",
    "HEIGHT_MIXED",
    "HEIGHT_PRESSURE",
    "HEIGHT_UNKNOWN",
    "KERNELS",
    "Limits",
    "Movers",
    "Pairs",
    "candidates",
    "evaluate",
    "too_close",
]

Ints = NDArray[np.int64]

# paths.py: its constants are in the kernels here.
KERNELS = Kernels(
    "wideberth.watch",
    ("paths.py", "closest.py", "wellclear.py", "_filing.py", "_within.py", "_met.py"),
    below=(OF_SPACE,),
)
_kernel = KERNELS

HEIGHT_UNKNOWN = 0  # taken as any height
HEIGHT_ELLIPSOID = 1  # both above the WGS84 ellipsoid
HEIGHT_PRESSURE = (
    2  # both pressure altitudes: one reference, the weather cancels between neighbours
)
HEIGHT_MIXED = 3  # one of each, within the configured pressure error


@dataclass(frozen=True)
class Limits:
    """horizontal_m, vertical_m: too close at or below both. look_ahead_s: how far ahead.
    pressure_error_m: NaN means that a pressure altitude is not compared with an ellipsoid height.
    """

    horizontal_m: float
    vertical_m: float
    look_ahead_s: float
    pressure_error_m: float = math.nan


@dataclass(frozen=True)
class Movers:
    """The tracks as the kernels read them, each an array of n. Built by :meth:`of`.

    position_ecef_m, tangent, normal: (n, 3) at the last reported position. radius_m: of the path.
    speed_m_s: 0 where unknown. age_s: of the position, at now. altitude_*_m: at the last report,
    NaN where unknown. climb_m_s: 0 where unknown. horizontal_error_m, vertical_error_m: at now.
    owner, identity: codes; two of one identity are one thing told twice and never a pair; two of
    one owner of 0 or more are a pair only if asked for.
    """

    position_ecef_m: Floats
    tangent: Floats
    normal: Floats
    radius_m: Floats
    speed_m_s: Floats
    age_s: Floats
    altitude_w84_m: Floats
    altitude_std_m: Floats
    climb_m_s: Floats
    horizontal_error_m: Floats
    vertical_error_m: Floats
    owner: Ints
    identity: Ints

    def __len__(self) -> int:
        return len(self.speed_m_s)

    def take(self, rows: NDArray[np.int64]) -> Movers:
        """Some of them, in the order of rows."""
        return Movers(**{name: getattr(self, name)[rows] for name in _COLUMNS})

    @classmethod
    def of(
        cls,
        *,
        latitude_deg: Floats,
        longitude_deg: Floats,
        speed_m_s: Floats,
        course_deg: Floats,
        age_s: Floats,
        altitude_w84_m: Floats,
        altitude_std_m: Floats,
        climb_m_s: Floats,
        horizontal_error_m: Floats,
        vertical_error_m: Floats,
        owner: Ints,
        identity: Ints,
    ) -> Movers:
        """Movers from columns; NaN where speed, course, altitude or climb is unknown."""
        known = np.isfinite(speed_m_s) & np.isfinite(course_deg)
        course = np.where(known, course_deg, 0.0)
        return cls(
            position_ecef_m=ecef_m(latitude_deg, longitude_deg),
            tangent=tangent(latitude_deg, longitude_deg, course),
            normal=up(latitude_deg, longitude_deg),
            radius_m=curvature_radius_m(latitude_deg, course),
            speed_m_s=np.where(known, speed_m_s, 0.0),
            age_s=age_s,
            altitude_w84_m=altitude_w84_m,
            altitude_std_m=altitude_std_m,
            climb_m_s=np.nan_to_num(climb_m_s, nan=0.0),
            horizontal_error_m=horizontal_error_m,
            vertical_error_m=vertical_error_m,
            owner=owner,
            identity=identity,
        )


_COLUMNS = tuple(Movers.__dataclass_fields__)


@dataclass(frozen=True)
class Pairs:
    """Pairs of movers, each an array: first < second; sorted.

    now_horizontal_m, now_vertical_m: at now, on the predicted path of each. closest_s: when their
    horizontal distance is least within the look-ahead; closest_horizontal_m, closest_vertical_m:
    then. loss_s: when they first are too close, 0 if they are now, infinity if never.
    Vertical distances are NaN where heights are not comparable (height: one of HEIGHT_*).
    horizontal_error_m: what was added to the horizontal limit; vertical_error_m likewise.
    """

    first: Ints
    second: Ints
    now_horizontal_m: Floats
    now_vertical_m: Floats
    closest_s: Floats
    closest_horizontal_m: Floats
    closest_vertical_m: Floats
    loss_s: Floats
    height: Ints
    horizontal_error_m: Floats
    vertical_error_m: Floats

    def __len__(self) -> int:
        return len(self.first)


def too_close(movers: Movers, limits: Limits, *, same_owner: bool = False) -> Pairs:
    """All pairs that are, or will be within the look-ahead, too close."""
    found = candidates(movers, limits, same_owner=same_owner)
    pairs = _evaluated(movers, found, limits)
    return _chosen(pairs, np.isfinite(pairs.loss_s))


def candidates(movers: Movers, limits: Limits, *, same_owner: bool = False) -> Ints:
    """Pairs (n, 2) of movers, first < second, sorted: every pair of which the horizontal distance
    is within the horizontal limit at one moment of the look-ahead, and the heights within the
    vertical limit at one moment of it, the same or another; both widened as the module says. Some
    that are not may be among them.
    """
    if len(movers) < 2:
        return np.empty((0, 2), np.int64)
    run_m = movers.speed_m_s * (movers.age_s + limits.look_ahead_s)
    half_m = limits.horizontal_m / 2 + movers.horizontal_error_m + _path_pad_m(run_m)
    start = movers.position_ecef_m + movers.tangent * (movers.speed_m_s * movers.age_s)[:, None]
    sway_m = run_m**2 / (2 * EARTH_RADIUS_MIN_M) + run_m**3 / (6 * EARTH_RADIUS_MIN_M**2)
    step = movers.tangent * (movers.speed_m_s * limits.look_ahead_s)[:, None]
    reach = (half_m + sway_m)[:, None]
    low = np.minimum(start, start + step) - reach
    high = np.maximum(start, start + step) + reach
    cell_m = _cell_m(low, high)
    keys, filed = _file(low, high, cell_m)
    order = np.argsort(keys, kind="stable")
    found = _meet(
        keys[order],
        filed[order],
        low,
        high,
        start,
        movers.tangent * movers.speed_m_s[:, None],
        half_m + sway_m,
        _height_bands_m(movers, limits),
        float(limits.look_ahead_s),
        movers.owner,
        movers.identity,
        cell_m,
        same_owner,
    )
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def evaluate(movers: Movers, first: Ints, second: Ints, limits: Limits) -> Pairs:
    """The closest approach of given pairs, too close or not, in the order given."""
    return _evaluated(movers, np.stack([first, second], axis=1).astype(np.int64), limits)


def _path_pad_m(run_m: Floats) -> Floats:
    # 2 mm more: the arc of a chord is short by up to 1 mm at 50 km, and a float64 ECEF
    # coordinate is good to 1 nm.
    return path_error_m(run_m) + 0.002


def _chosen(pairs: Pairs, keep: NDArray[np.bool_]) -> Pairs:
    columns = {name: getattr(pairs, name)[keep] for name in Pairs.__dataclass_fields__}
    return Pairs(**columns)


def _evaluated(movers: Movers, found: Ints, limits: Limits) -> Pairs:
    numbers, height = _approach(
        found,
        movers.position_ecef_m,
        movers.tangent,
        movers.normal,
        movers.radius_m,
        movers.speed_m_s,
        movers.age_s,
        movers.altitude_w84_m,
        movers.altitude_std_m,
        movers.climb_m_s,
        movers.horizontal_error_m
        + _path_pad_m(movers.speed_m_s * (movers.age_s + limits.look_ahead_s)),
        movers.vertical_error_m,
        float(limits.horizontal_m),  # a whole number would compile the kernel once more
        float(limits.vertical_m),
        float(limits.look_ahead_s),
        float(limits.pressure_error_m),
    )
    return Pairs(
        first=found[:, 0],
        second=found[:, 1],
        now_horizontal_m=numbers[0],
        now_vertical_m=numbers[1],
        closest_s=numbers[2],
        closest_horizontal_m=numbers[3],
        closest_vertical_m=numbers[4],
        loss_s=numbers[5],
        height=height,
        horizontal_error_m=numbers[6],
        vertical_error_m=numbers[7],
    )


def _height_bands_m(movers: Movers, limits: Limits) -> Floats:
    """Lowest and highest above the ellipsoid, lowest and highest by pressure, of each until the
    look-ahead, with half the vertical limit; NaN where unknown, which excludes nothing.
    """
    slack_m = limits.vertical_m / 2 + movers.vertical_error_m + 0.001
    rise_m = movers.climb_m_s * movers.age_s
    later_m = movers.climb_m_s * limits.look_ahead_s
    low_m = rise_m + np.minimum(later_m, 0.0) - slack_m
    high_m = rise_m + np.maximum(later_m, 0.0) + slack_m
    w84_m, std_m = movers.altitude_w84_m, movers.altitude_std_m
    return np.stack([w84_m + low_m, w84_m + high_m, std_m + low_m, std_m + high_m], axis=1)


def _cell_m(low: Floats, high: Floats) -> float:
    """The edge of a cell: twice a middling box, or so much more that few boxes take many cells."""
    extent = high - low
    cell_m = max(2 * float(extent.mean()), 200.0)  # 200 m: indices stay below 2**20
    while float(np.prod(extent / cell_m + 2, axis=1).sum()) > 64 * len(low):
        cell_m *= 2
    return cell_m


@_kernel
def _file(low: Floats, high: Floats, cell_m: float) -> tuple[Ints, Ints]:
    """Every cell that a box touches, as a key, and the box."""
    count = len(low)
    keys, filed = np.empty(0, np.int64), np.empty(0, np.int64)
    total = 0
    for turn in range(2):
        if turn == 1:
            keys, filed = np.empty(total, np.int64), np.empty(total, np.int64)
        total = 0
        for i in range(count):
            x0, x1 = math.floor(low[i, 0] / cell_m), math.floor(high[i, 0] / cell_m)
            y0, y1 = math.floor(low[i, 1] / cell_m), math.floor(high[i, 1] / cell_m)
            z0, z1 = math.floor(low[i, 2] / cell_m), math.floor(high[i, 2] / cell_m)
            if turn == 0:
                total += (x1 - x0 + 1) * (y1 - y0 + 1) * (z1 - z0 + 1)
                continue
            for x in range(x0, x1 + 1):
                for y in range(y0, y1 + 1):
                    for z in range(z0, z1 + 1):
                        keys[total] = _key(x, y, z)
                        filed[total] = i
                        total += 1
    return keys, filed


@_kernel
def _key(x: int, y: int, z: int) -> int:
    return ((x + 1048576) << 42) | ((y + 1048576) << 21) | (z + 1048576)


@_kernel
def _meet(  # noqa: C901 - one test after the other, the cheapest first
    keys: Ints,
    filed: Ints,
    low: Floats,
    high: Floats,
    start: Floats,
    velocity: Floats,
    reach_m: Floats,
    bands_m: Floats,
    look_ahead_s: float,
    owner: Ints,
    identity: Ints,
    cell_m: float,
    same_owner: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
) -> Ints:
    """Pairs whose boxes meet and whose linear paths come within reach, each once, lower first."""
    found = np.empty((1024, 2), np.int64)
    used = 0
    begin = 0
    while begin < len(keys):
        end = begin + 1
        while end < len(keys) and keys[end] == keys[begin]:
            end += 1
        for one in range(begin, end):
            i = filed[one]
            for other in range(one + 1, end):
                j = filed[other]
                if low[j, 0] > high[i, 0] or high[j, 0] < low[i, 0]:
                    continue
                if low[j, 1] > high[i, 1] or high[j, 1] < low[i, 1]:
                    continue
                if low[j, 2] > high[i, 2] or high[j, 2] < low[i, 2]:
                    continue
                # Above the ellipsoid where both are known, else by pressure: as in _approach.
                known = bands_m[i, 0] == bands_m[i, 0] and bands_m[j, 0] == bands_m[j, 0]
                h = 0 if known else 2
                if bands_m[j, h] > bands_m[i, h + 1] or bands_m[i, h] > bands_m[j, h + 1]:
                    continue
                if identity[i] == identity[j]:
                    continue
                if not same_owner and owner[i] >= 0 and owner[i] == owner[j]:
                    continue
                x = math.floor(max(low[i, 0], low[j, 0]) / cell_m)
                y = math.floor(max(low[i, 1], low[j, 1]) / cell_m)
                z = math.floor(max(low[i, 2], low[j, 2]) / cell_m)
                if _key(x, y, z) != keys[begin]:
                    continue
                dx = start[j, 0] - start[i, 0]
                dy = start[j, 1] - start[i, 1]
                dz = start[j, 2] - start[i, 2]
                wx = velocity[j, 0] - velocity[i, 0]
                wy = velocity[j, 1] - velocity[i, 1]
                wz = velocity[j, 2] - velocity[i, 2]
                speed2 = wx * wx + wy * wy + wz * wz
                t = 0.0
                if speed2 > 1e-12:
                    t = -(dx * wx + dy * wy + dz * wz) / speed2
                    t = min(max(t, 0.0), look_ahead_s)
                dx += wx * t
                dy += wy * t
                dz += wz * t
                reach = reach_m[i] + reach_m[j]
                if dx * dx + dy * dy + dz * dz > reach * reach:
                    continue
                if used == len(found):
                    more = np.empty((2 * used, 2), np.int64)
                    more[:used] = found
                    found = more
                found[used, 0] = i
                found[used, 1] = j
                used += 1
        begin = end
    return found[:used]


@_kernel
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
    out: Floats,
) -> None:
    """The ECEF difference of two movers at t and its rate, into out[0:3] and out[3:6]."""
    for k in range(6):
        out[k] = 0.0
    for side in range(2):
        row = i if side == 0 else j
        sign = -1.0 if side == 0 else 1.0
        radius = radius_m[row]
        angle = speed_m_s[row] * (age_s[row] + t) / radius
        sine, cosine = math.sin(angle), math.cos(angle)
        half = math.sin(angle / 2)
        ahead, drop = radius * sine, 2 * radius * half * half
        rate_ahead, rate_drop = speed_m_s[row] * cosine, speed_m_s[row] * sine
        for k in range(3):
            u, n = tangents[row, k], normals[row, k]
            out[k] += sign * (position[row, k] + ahead * u - drop * n)
            out[3 + k] += sign * (rate_ahead * u - rate_drop * n)


@_kernel
def _arc(out: Floats) -> float:
    half = math.sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2]) / (2 * EARTH_RADIUS_MAX_M)
    return 2 * EARTH_RADIUS_MAX_M * math.asin(half if half < 1.0 else 1.0)


@_kernel
def _approach(  # noqa: C901, PLR0912, PLR0915 - one pair after the other, from top to bottom
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
    look_ahead_s: float,
    pressure_error_m: float,
) -> tuple[Floats, Ints]:
    """Eight rows of numbers per pair (the columns of Pairs) and the kind of height."""
    count = len(found)
    numbers = np.empty((8, count))
    height = np.empty(count, np.int64)
    out = np.empty(6)
    for p in range(count):
        i, j = found[p, 0], found[p, 1]
        reach = horizontal_m + horizontal_error_m[i] + horizontal_error_m[j]

        # Heights: one reference for both, or within the configured error, or unknown.
        rise = altitude_w84_m[j] - altitude_w84_m[i]
        band = vertical_m + vertical_error_m[i] + vertical_error_m[j] + 0.001  # against rounding
        kind = HEIGHT_ELLIPSOID
        if math.isnan(rise):
            kind = HEIGHT_PRESSURE
            rise = altitude_std_m[j] - altitude_std_m[i]
        if math.isnan(rise) and not math.isnan(pressure_error_m):
            kind = HEIGHT_MIXED
            band += pressure_error_m
            rise = altitude_std_m[j] - altitude_w84_m[i]
            if math.isnan(rise):
                rise = altitude_w84_m[j] - altitude_std_m[i]
        if math.isnan(rise):
            kind = HEIGHT_UNKNOWN
        climb = climb_m_s[j] - climb_m_s[i]
        if kind != HEIGHT_UNKNOWN:
            rise += climb_m_s[j] * age_s[j] - climb_m_s[i] * age_s[i]

        # The moment of least horizontal distance: the root of the distance's rate.
        _difference(0.0, i, j, position, tangents, normals, radius_m, speed_m_s, age_s, out)
        now_m = _arc(out)
        rate_now = out[0] * out[3] + out[1] * out[4] + out[2] * out[5]
        _difference(
            look_ahead_s, i, j, position, tangents, normals, radius_m, speed_m_s, age_s, out
        )
        end_m = _arc(out)
        rate_end = out[0] * out[3] + out[1] * out[4] + out[2] * out[5]
        if rate_now < 0.0 < rate_end:
            early, late = 0.0, look_ahead_s
            for _ in range(60):
                middle = 0.5 * (early + late)
                _difference(
                    middle, i, j, position, tangents, normals, radius_m, speed_m_s, age_s, out
                )
                if out[0] * out[3] + out[1] * out[4] + out[2] * out[5] < 0.0:
                    early = middle
                else:
                    late = middle
                if late - early < 1e-6:
                    break
            closest_s = 0.5 * (early + late)
            _difference(
                closest_s, i, j, position, tangents, normals, radius_m, speed_m_s, age_s, out
            )
            closest_m = _arc(out)
        elif end_m < now_m:
            # Also where neighbours on parallel courses draw together as great circles do.
            closest_s, closest_m = look_ahead_s, end_m
        else:
            closest_s, closest_m = 0.0, now_m

        # When they are within the horizontal limit: [enter, leave], each rounded outward.
        enter, leave = math.inf, -math.inf
        if closest_m <= reach:
            enter = 0.0
            if now_m > reach:
                far, near = 0.0, closest_s
                while near - far > 1e-6:
                    middle = 0.5 * (far + near)
                    _difference(
                        middle, i, j, position, tangents, normals, radius_m, speed_m_s, age_s, out
                    )
                    if _arc(out) <= reach:
                        near = middle
                    else:
                        far = middle
                enter = far
            leave = look_ahead_s
            if end_m > reach:
                near, far = closest_s, look_ahead_s
                while far - near > 1e-6:
                    middle = 0.5 * (far + near)
                    _difference(
                        middle, i, j, position, tangents, normals, radius_m, speed_m_s, age_s, out
                    )
                    if _arc(out) <= reach:
                        near = middle
                    else:
                        far = middle
                leave = far

        # And within the vertical one.
        if kind != HEIGHT_UNKNOWN:
            if climb == 0.0:
                if not abs(rise) <= band:
                    enter = math.inf
            else:
                down, above = (-band - rise) / climb, (band - rise) / climb
                if down > above:
                    down, above = above, down
                enter = max(enter, down)
                leave = min(leave, above)
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
