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
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._approach import (
    HEIGHT_ELLIPSOID,
    HEIGHT_MIXED,
    HEIGHT_PRESSURE,
    HEIGHT_UNKNOWN,
    approach,
)
from wideberth.watch._crowds import BOUNDS, Bounds
from wideberth.watch._jit import KERNELS
from wideberth.watch._sweep import ROUGH, boxed, meet, meet_in_crowds, swept
from wideberth.watch.capsules import filed, frame, lay
from wideberth.watch.movers import Movers
from wideberth.watch.paths import (
    EARTH_RADIUS_MIN_M,
    Floats,
    path_error_m,
)

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
    search = functools.partial(
        meet,
        laid,
        boxes,
        column,
        ROUGH,
        *heights,
        at_once,
        movers.owner,
        movers.identity,
        same_owner,
        *grid,
        ends,
        members,
    )
    found = _all_that_meet(search, ends, bounds, len(movers))
    passed_over = np.zeros(len(movers), np.int64)
    if found is None:
        found, passed_over = meet_in_crowds(
            laid,
            boxes,
            column,
            ROUGH,
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


def _all_that_meet(
    search: Callable[[int, int, Ints], tuple[int, int]], ends: Ints, bounds: Bounds, movers: int
) -> Ints | None:
    """The pairs that a search finds (:func:`wideberth.watch._sweep.meet`, but for what it goes on
    from); None where there are more, or in a cell, than are taken as they come.
    """
    most = bounds.pairs + bounds.per_mover * movers
    if int(np.diff(ends, prepend=0).max()) > bounds.cell:
        return None
    found = np.empty((min(movers, most) + 1024, 2), np.int64)
    used = cell = 0
    while cell < len(ends):
        used, cell = search(cell, used, found)
        if cell < len(ends):
            if len(found) > most:
                return None
            wider = np.empty((2 * len(found), 2), np.int64)
            wider[:used] = found[:used]
            found = wider
    return found[:used] if used <= most else None


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
    numbers, height = approach(
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
