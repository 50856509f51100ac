"""Closest approach between all pairs of tracks, with look-ahead.

Two tracks are too close when at one moment between now and the look-ahead they are within the
horizontal *and* the vertical limit. Each is taken to hold its course, speed and climb from its
last reported position (:mod:`wideberth.watch.paths`): that is a prediction, made here and kept
nowhere.

Everything errs toward "conflict": the horizontal limit is widened by both uncertainties and by the
bound of the path model, the vertical one by both uncertainties; a height that is unknown, or not
comparable with the other's, counts as every height, and the answer says so. The distances that are
reported are the middle values; what was added stands beside them.

Method: each path is a capsule, filed in every cell of a grid that it touches
(:mod:`wideberth.watch.capsules`). Within a cell those whose boxes and heights meet are swept
together, then tested linearly, the error bound the sagitta of both paths
(:mod:`wideberth.watch._sweep`); only the rest is solved on curved paths. Rounding aside, no pair
within the stated limits is missed.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._crowds import BOUNDS, Bounds
from wideberth.watch._jit import KERNELS
from wideberth.watch._sweep import ROUGH, boxed, meet, meet_in_crowds, swept
from wideberth.watch.capsules import filed, frame, lay
from wideberth.watch.movers import Movers
from wideberth.watch.paths import (
    EARTH_RADIUS_MAX_M,
    EARTH_RADIUS_MIN_M,
    Floats,
    path_error_m,
    turned,
)

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = [
    "HEIGHT_ELLIPSOID",
    "HEIGHT_MIXED",
    "HEIGHT_PRESSURE",
    "HEIGHT_UNKNOWN",
    "KERNELS",
    "Found",
    "Limits",
    "Pairs",
    "among",
    "candidates",
    "evaluate",
    "evaluate_between",
    "half_widths_m",
    "laid_along",
    "near",
    "slacks_m",
    "too_close",
    "too_close_of",
]

Ints = NDArray[np.int64]
Motion = tuple[float, float, float, float, float, float]  # x, y, z in m; their rates in m/s

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


class Found(NamedTuple):
    """What a search finds. pairs: (n, 2), first < second, sorted. passed_over: of each mover how
    many pairs at least were not taken, because it is in a crowd (:mod:`wideberth.watch._crowds`);
    all 0 where every pair is there.
    """

    pairs: Ints
    passed_over: Ints


def too_close(movers: Movers, limits: Limits, *, same_owner: bool = False) -> Pairs:
    """All pairs that are, or will be within the look-ahead, too close; of a crowd, some."""
    return too_close_of(movers, candidates(movers, limits, same_owner=same_owner).pairs, limits)


def too_close_of(movers: Movers, found: Ints, limits: Limits) -> Pairs:
    """Of given pairs (n, 2) those that are, or will be within the look-ahead, too close."""
    pairs = _evaluated(movers, found, limits, only_close=True)
    return _chosen(pairs, np.isfinite(pairs.loss_s))


def candidates(
    movers: Movers,
    limits: Limits,
    *,
    at_once: bool = True,
    same_owner: bool = False,
    bounds: Bounds = BOUNDS,
) -> Found:
    """Every pair of which the horizontal distance is within the horizontal limit at one moment of
    the look-ahead, and the heights within the vertical limit at the same (at_once) or at another;
    both widened as the module says. Some that are not may be among them.
    """
    return near(
        movers,
        half_widths_m(movers, limits),
        slacks_m(movers, limits),
        limits.look_ahead_s,
        at_once=at_once,
        same_owner=same_owner,
        bounds=bounds,
    )


def near(
    movers: Movers,
    half_m: Floats,
    slack_m: Floats,
    look_ahead_s: float,
    *,
    at_once: bool,
    same_owner: bool,
    bounds: Bounds = BOUNDS,
) -> Found:
    """Pairs as of :func:`candidates`, of capsules of these half widths. slack_m: half of how far
    apart in height two may be, and what the height of each may be off.
    """
    if len(movers) < 2:
        return Found(np.empty((0, 2), np.int64), np.zeros(len(movers), np.int64))
    laid, low, high = laid_along(movers, frame(movers.normal), half_m, look_ahead_s)
    heights = (
        movers.altitude_w84_m,
        movers.altitude_std_m,
        movers.climb_m_s,
        movers.age_s,
        slack_m,
        float(look_ahead_s),
    )
    boxes = boxed(laid, *heights, ROUGH)
    order, column = swept(boxes)
    grid, ends, members = filed(laid, order, low, high)
    most = bounds.pairs + bounds.per_mover * len(movers)
    found, are_all = meet(
        laid,
        boxes,
        column,
        *heights,
        at_once,
        movers.owner,
        movers.identity,
        same_owner,
        most,
        bounds.cell,
        *grid,
        ends,
        members,
    )
    passed_over = np.zeros(len(movers), np.int64)
    if not are_all:
        found, passed_over = meet_in_crowds(
            laid,
            boxes,
            column,
            *heights,
            at_once,
            movers.owner,
            movers.identity,
            movers.feed,
            same_owner,
            bounds.pairs,
            bounds.per_mover,
            bounds.each(len(movers)),
            bounds.cell,
            bounds.window,
            bounds.many,
            *grid,
            ends,
            members,
        )
    keys = np.sort(found[:, 0] * len(movers) + found[:, 1])
    return Found(np.stack(np.divmod(keys, len(movers)), axis=1), passed_over)


def laid_along(
    movers: Movers, axes: Floats, half_m: Floats, look_ahead_s: float
) -> tuple[Floats, Floats, Floats]:
    """The capsules of movers, half_m wide to either side, as :func:`wideberth.watch.capsules.lay`
    gives them.
    """
    return lay(
        axes,
        movers.position_ecef_m,
        movers.tangent,
        movers.normal,
        movers.radius_m,
        movers.speed_m_s,
        movers.age_s,
        half_m,
        float(look_ahead_s),
    )


def half_widths_m(movers: Movers, limits: Limits) -> Floats:
    """The half width of each mover's capsule (:mod:`wideberth.watch.capsules`)."""
    half_m = limits.horizontal_m / 2 + movers.horizontal_error_m
    half_m += _path_pad_m(movers.speed_m_s * (movers.age_s + limits.look_ahead_s))
    half_m += (movers.speed_m_s * limits.look_ahead_s) ** 2 / (8 * EARTH_RADIUS_MIN_M)
    return half_m


def slacks_m(movers: Movers, limits: Limits) -> Floats:
    """Half the vertical limit, and what the height of each mover may be off."""
    return limits.vertical_m / 2 + movers.vertical_error_m + 0.001


def evaluate(movers: Movers, first: Ints, second: Ints, limits: Limits) -> Pairs:
    """The closest approach of given pairs, too close or not, in the order given."""
    return _evaluated(
        movers, np.stack([first, second], axis=1).astype(np.int64), limits, only_close=False
    )


def evaluate_between(
    first: Movers, second: Movers, begin_s: Floats, end_s: Floats, limits: Limits
) -> Pairs:
    """The closest approach of mover k of first with mover k of second, each pair between times of
    its own, begin_s <= end_s in seconds from now, in the place of now and the look-ahead. All times
    are from now; what the columns say of now is of begin_s.
    """
    count = len(first)
    both = first.and_those_of(second)
    shifted = dataclasses.replace(both, age_s=both.age_s + np.tile(begin_s, 2))
    number = np.arange(count)
    pairs = _evaluated(
        shifted,
        np.stack([number, number + count], axis=1),
        limits,
        only_close=False,
        # An interval of no length has no rate of change.
        ahead_s=np.maximum(end_s - begin_s, 1e-3),
    )
    return dataclasses.replace(
        pairs,
        second=number,
        closest_s=pairs.closest_s + begin_s,
        loss_s=pairs.loss_s + begin_s,
    )


def among(asked: Ints, codes: Ints) -> NDArray[np.bool_]:
    """Which of those asked about are among the codes, which ascend."""
    if not len(codes):
        return np.zeros(len(asked), np.bool_)
    return codes[np.minimum(np.searchsorted(codes, asked), len(codes) - 1)] == asked


def _path_pad_m(run_m: Floats) -> Floats:
    # 2 mm more: the arc of a chord is short by up to 1 mm at 50 km, and a float64 ECEF
    # coordinate is good to 1 nm.
    return path_error_m(run_m) + 0.002


def _chosen(pairs: Pairs, keep: NDArray[np.bool_]) -> Pairs:
    columns = {name: getattr(pairs, name)[keep] for name in Pairs.__dataclass_fields__}
    return Pairs(**columns)


def _evaluated(
    movers: Movers,
    found: Ints,
    limits: Limits,
    *,
    only_close: bool,
    ahead_s: Floats | None = None,
) -> Pairs:
    """ahead_s: of each pair, in the place of the look-ahead; then each mover is in one pair."""
    if ahead_s is None:
        ahead_s = np.full(len(found), float(limits.look_ahead_s))
        run_s = movers.age_s + limits.look_ahead_s
    else:
        run_s = np.abs(movers.age_s) + np.tile(ahead_s, 2)
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
        movers.horizontal_error_m + _path_pad_m(movers.speed_m_s * run_s),
        movers.vertical_error_m,
        float(limits.horizontal_m),  # a whole number would compile the kernel once more
        float(limits.vertical_m),
        ahead_s,
        float(limits.pressure_error_m),
        only_close,
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
    half = math.sqrt(_chord2(at)) / (2 * EARTH_RADIUS_MAX_M)
    return 2 * EARTH_RADIUS_MAX_M * math.asin(half if half < 1.0 else 1.0)


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


@_kernel
def _crossed(
    far: float,
    near: float,
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
    half = math.sin(min(reach_m / (2 * EARTH_RADIUS_MAX_M), math.pi / 2))
    chord2 = (2 * EARTH_RADIUS_MAX_M * half) ** 2
    sign = 1.0 if near > far else -1.0
    # The square of the distance is nearly a parabola: from far, to its root on that side.
    guess = far
    for turn in range(4):
        if turn < 3:
            at = _between(guess, look_ahead_s, now, end)
        else:
            at = _difference(guess, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
        slope, excess, bend = 2 * _rate(at), _chord2(at) - chord2, _speed2(at)
        inner = slope * slope - 4 * bend * excess
        below = -slope + sign * math.sqrt(max(inner, 0.0))
        if abs(below) < 1e-12:
            break
        guess = _clamped(guess + 2 * excess / below, min(far, near), max(far, near))
    outer, inside = _beside(far, near, guess)
    at = _difference(outer, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
    is_proven = outer == far or not _arc(at) <= reach_m
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
            for _ in range(3):
                at = _between(guess, look_ahead_s, now, end)
                guess = _clamped(guess - _rate(at) / max(_speed2(at), 1e-9), 0.0, look_ahead_s)
            at = _difference(guess, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
            guess = _clamped(guess - _rate(at) / max(_speed2(at), 1e-9), 0.0, look_ahead_s)
            early, late = _beside(0.0, look_ahead_s, guess)
            at = _difference(early, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
            is_proven = _rate(at) < 0.0
            at = _difference(late, i, j, position, tangents, normals, radius_m, speed_m_s, age_s)
            if not is_proven or _rate(at) < 0.0:
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
            closest_s, closest_m = look_ahead_s, end_m
        else:
            closest_s, closest_m = 0.0, now_m

        # When they are within the horizontal limit: [enter, leave], each rounded outward.
        enter, leave = math.inf, -math.inf
        if closest_m <= reach:
            enter, leave = 0.0, look_ahead_s
            if now_m > reach:
                enter = _crossed(
                    0.0,
                    closest_s,
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
