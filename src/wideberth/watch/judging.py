"""Which pairs of tracks are too close, by the rules that the space set: distance, well clear, both.

By distance is :mod:`wideberth.watch.closest`; well clear is :mod:`wideberth.watch.wellclear`, on
the plane that touches the earth between the two. Both judge what the same search finds: horizontal
violation within the look-ahead means that the two come within DTHR in it or at most TTHR later
(with modified tau at or below TTHR they pass, or are within DTHR, when TTHR is over), and vertical
violation that their heights come within ZTHR in it or at most TCOA later. So a search for DTHR and
ZTHR with a longer look-ahead leaves none out, if it does not ask for both at once.

Well clear errs toward a warning as distance does: a place may be off by both uncertainties and by
what the path and the plane are off by, and a pair is not well clear if it would not be at any place
so near; a height that is unknown, or not comparable, is every height.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch.closest import (
    HEIGHT_ELLIPSOID,
    HEIGHT_MIXED,
    HEIGHT_PRESSURE,
    HEIGHT_UNKNOWN,
    Found,
    Limits,
    Pairs,
    among,
    candidates,
    evaluate,
    half_widths_m,
    too_close_of,
)
from wideberth.watch.movers import Movers
from wideberth.watch.paths import EARTH_RADIUS_MIN_M, Floats, along_path_ecef_m
from wideberth.watch.settings import PairSettings, WellClearName
from wideberth.watch.wellclear import (
    BUFFERED_PHASE_I,
    NON_COOP,
    PHASE_I,
    PHASE_II,
    Volume,
    violation,
)

__all__ = [
    "Judged",
    "Rule",
    "judge",
    "judge_all",
    "judge_of",
    "plane_error_m",
    "relative",
    "search_for",
    "with_pairs",
]

Ints = NDArray[np.int64]

VOLUMES: dict[WellClearName, Volume] = {
    "phase-1": PHASE_I,
    "phase-2": PHASE_II,
    "non-coop": NON_COOP,
    "buffered-phase-1": BUFFERED_PHASE_I,
}


@dataclass(frozen=True)
class Rule:
    """A rule as a warning names it: its id, and what it asks for."""

    id: str
    horizontal_m: float
    vertical_m: float


@dataclass(frozen=True)
class Judged:
    """Pairs, each with when it is first too close by any rule, and by which: an index into rules.
    Of two rules at one moment it is the first in the list. passed_over: of each mover, how many of
    its pairs at least were not judged, because it is in a crowd; None where all were.
    """

    pairs: Pairs
    by: Ints
    rules: tuple[Rule, ...]
    passed_over: Ints | None = None


def judge_all(movers: Movers, settings: PairSettings) -> Judged:
    """All pairs that are, or will be within the look-ahead, too close by a rule of the space; of a
    crowd, some (:mod:`wideberth.watch._crowds`).
    """
    limits = _limits(settings)
    volume = _volume(settings)
    same_owner, found = settings.same_owner, list[Found]()
    if volume is not None:
        search = _search(movers, volume, limits)
        found.append(candidates(*search, at_once=False, same_owner=same_owner))
    if volume is None or settings.by_distance:
        found.append(candidates(movers, limits, same_owner=same_owner))
    pairs = found[0].pairs
    if len(found) > 1:
        near = too_close_of(movers, found[1].pairs, limits)
        pairs = np.unique(
            np.concatenate((pairs, np.stack((near.first, near.second), axis=1))), axis=0
        )
    judged = judge_of(movers, pairs, settings)
    passed_over = np.max([each.passed_over for each in found], axis=0)
    return dataclasses.replace(judged, passed_over=passed_over if passed_over.any() else None)


def with_pairs(judged: Judged, movers: Movers, pairs: Ints, settings: PairSettings) -> Judged:
    """With those of these pairs (n, 2), first < second, that are too close and are not there."""
    count, (one, other) = len(movers), pairs.T
    there = judged.pairs.first * count + judged.pairs.second
    missing = ~among(one * count + other, there)
    missing &= movers.identity[one] != movers.identity[other]
    if not settings.same_owner:
        missing &= (movers.owner[one] < 0) | (movers.owner[one] != movers.owner[other])
    missing = np.unique(pairs[missing], axis=0)  # two may stand for a pair
    if not len(missing):
        return judged
    more = judge_of(movers, missing, settings)
    first = np.concatenate((judged.pairs.first, more.pairs.first))
    second = np.concatenate((judged.pairs.second, more.pairs.second))
    order = np.lexsort((second, first))
    columns = {
        name: np.concatenate((getattr(judged.pairs, name), getattr(more.pairs, name)))[order]
        for name in Pairs.__dataclass_fields__
    }
    by = np.concatenate((judged.by, more.by))[order]
    return dataclasses.replace(judged, pairs=Pairs(**columns), by=by)


def judge_of(movers: Movers, found: Ints, settings: PairSettings) -> Judged:
    """Of given pairs (n, 2), in their order, those that are, or will be within the look-ahead, too
    close by a rule of the space.
    """
    if _volume(settings) is None:
        pairs = too_close_of(movers, found, _limits(settings))
        return Judged(pairs, np.zeros(len(pairs), np.int64), _rules(settings))
    judged = judge(movers, found[:, 0], found[:, 1], settings)
    keep = np.isfinite(judged.pairs.loss_s)
    columns = {name: getattr(judged.pairs, name)[keep] for name in Pairs.__dataclass_fields__}
    return Judged(Pairs(**columns), judged.by[keep], judged.rules)


def search_for(
    movers: Movers, settings: PairSettings, later_s: float
) -> tuple[Floats, Limits, bool]:
    """What a search asks for that leaves out no pair which any rule may find at a look within
    later_s from now: the half widths of capsules, limits with the furthest look-ahead, and whether
    both must hold at once. movers: as they are now, with errors as they will be at most.
    """
    limits = _limits(settings)
    limits = dataclasses.replace(limits, look_ahead_s=limits.look_ahead_s + later_s)
    volume = _volume(settings)
    searches: list[tuple[Movers, Limits]] = []
    if volume is None or settings.by_distance:
        searches.append((movers, limits))
    if volume is not None:
        searches.append(_search(movers, volume, limits))
    furthest_s = max(each.look_ahead_s for _, each in searches)
    searches = [
        (wide, dataclasses.replace(each, look_ahead_s=furthest_s)) for wide, each in searches
    ]
    half_m = np.max([half_widths_m(*each) for each in searches], axis=0)
    vertical_m = max(each.vertical_m for _, each in searches)
    return half_m, dataclasses.replace(searches[0][1], vertical_m=vertical_m), volume is None


def judge(
    movers: Movers, first: Ints, second: Ints, settings: PairSettings, *, factor: float = 1.0
) -> Judged:
    """Given pairs by the rules of the space, too close or not, in the order given. factor: on each
    threshold and on the look-ahead.
    """
    volume, limits = _volume(settings), _limits(settings, factor)
    pairs = evaluate(movers, first, second, limits)
    by = np.zeros(len(pairs), np.int64)
    if volume is None:
        return Judged(pairs, by, _rules(settings))
    volume = Volume(*(factor * each for each in dataclasses.astuple(volume)))
    loss_s = _violated_s(movers, pairs, volume, limits)
    if settings.by_distance:
        by = (loss_s < pairs.loss_s).astype(np.int64)
        loss_s = np.minimum(loss_s, pairs.loss_s)
    return Judged(dataclasses.replace(pairs, loss_s=loss_s), by, _rules(settings))


def relative(movers: Movers, pairs: Pairs) -> tuple[Floats, Floats]:
    """The second of each pair as seen from the first, now: position and velocity (n, 3), across
    the plane that touches the earth between them and up. The position is as long as the distance
    over the ground; a height that is not known or not comparable is NaN.
    """
    i, j = pairs.first, pairs.second
    at_i, going_i, normal_i = _now(movers, i)
    at_j, going_j, normal_j = _now(movers, j)
    up = normal_i + normal_j
    up /= np.linalg.norm(up, axis=1)[:, None]
    aside = np.cross(up, np.where(np.abs(up[:, 2:]) < 0.5, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]))
    aside /= np.linalg.norm(aside, axis=1)[:, None]
    along = np.cross(up, aside)
    chord, closing = at_j - at_i, going_j - going_i
    across_m = np.stack(((chord * aside).sum(1), (chord * along).sum(1)), axis=1)
    flat_m = np.hypot(across_m[:, 0], across_m[:, 1])
    across_m *= (pairs.now_horizontal_m / np.where(flat_m > 0, flat_m, np.inf))[:, None]
    climb_m_s = movers.climb_m_s[j] - movers.climb_m_s[i]
    position = np.column_stack((across_m, _rise_m(movers, pairs)))
    velocity = np.column_stack(((closing * aside).sum(1), (closing * along).sum(1), climb_m_s))
    return position, velocity


def plane_error_m(reach_m: Floats) -> Floats:
    """How far the plane of a pair may be off, anywhere on the paths, where their distance and both
    runs together are reach_m. What two paths over a sphere differ by from those over the plane is
    of the order reach^3 / R^2; of 3,000 pairs against exact geodesics the worst came to a 63rd of
    that, and a 16th is allowed for (6 m at 150 km).
    """
    return reach_m**3 / (16 * EARTH_RADIUS_MIN_M**2)


def _limits(settings: PairSettings, factor: float = 1.0) -> Limits:
    error_m = math.nan if settings.pressure_error_m is None else settings.pressure_error_m
    ahead_s = settings.look_ahead_us / SECOND_US
    return Limits(
        settings.horizontal_m * factor, settings.vertical_m * factor, ahead_s * factor, error_m
    )


def _volume(settings: PairSettings) -> Volume | None:
    return None if settings.well_clear is None else VOLUMES[settings.well_clear]


def _rules(settings: PairSettings) -> tuple[Rule, ...]:
    distance = Rule("pair-separation", settings.horizontal_m, settings.vertical_m)
    volume = _volume(settings)
    if volume is None:
        return (distance,)
    clear = Rule(f"well-clear-{settings.well_clear}", volume.dthr_m, volume.zthr_m)
    return (distance, clear) if settings.by_distance else (clear,)


def _search(movers: Movers, volume: Volume, limits: Limits) -> tuple[Movers, Limits]:
    """What to search for to find every pair that may not be well clear within the look-ahead."""
    ahead_s = limits.look_ahead_s + max(volume.tthr_s, volume.tcoa_s)
    # Of two that come within DTHR the distance now is at most that and both runs, each with its
    # error; (a + b)^3 <= 4 (a^3 + b^3) parts the error of the plane between the two.
    run_m = movers.speed_m_s * (movers.age_s + ahead_s)
    part_m = 2 * run_m + volume.dthr_m / 2 + movers.horizontal_error_m
    wide = dataclasses.replace(
        movers, horizontal_error_m=movers.horizontal_error_m + 4 * plane_error_m(part_m)
    )
    return wide, Limits(volume.dthr_m, volume.zthr_m, ahead_s, limits.pressure_error_m)


def _violated_s(movers: Movers, pairs: Pairs, volume: Volume, limits: Limits) -> Floats:
    """When each pair is first not well clear within the look-ahead, infinity where never."""
    position, velocity = relative(movers, pairs)
    ahead_s = limits.look_ahead_s + volume.tthr_s
    run_m = movers.speed_m_s * (movers.age_s + ahead_s)
    reach_m = pairs.now_horizontal_m + run_m[pairs.first] + run_m[pairs.second]
    first_s, _ = violation(
        volume,
        position,
        velocity,
        limits.look_ahead_s,
        horizontal_error_m=pairs.horizontal_error_m + plane_error_m(reach_m),
        vertical_error_m=np.where(pairs.height == HEIGHT_UNKNOWN, 0.0, pairs.vertical_error_m),
    )
    return first_s


def _now(movers: Movers, rows: Ints) -> tuple[Floats, Floats, Floats]:
    """Where each is now on its path, its velocity there, and the normal."""
    tangent, normal = movers.tangent[rows], movers.normal[rows]
    speed, radius_m = movers.speed_m_s[rows], movers.radius_m[rows]
    run_m = speed * movers.age_s[rows]
    at = along_path_ecef_m(movers.position_ecef_m[rows], tangent, normal, radius_m, run_m)
    angle = (run_m / radius_m)[:, None]
    going = np.cos(angle) * tangent - np.sin(angle) * normal
    return at, speed[:, None] * going, np.cos(angle) * normal + np.sin(angle) * tangent


def _rise_m(movers: Movers, pairs: Pairs) -> Floats:
    """How much higher the second is than the first now, by the heights that were compared."""
    w84_m, std_m = movers.altitude_w84_m, movers.altitude_std_m
    i, j = pairs.first, pairs.second
    mixed_m = std_m[j] - w84_m[i]
    mixed_m = np.where(np.isnan(mixed_m), w84_m[j] - std_m[i], mixed_m)
    since_m = movers.climb_m_s[j] * movers.age_s[j] - movers.climb_m_s[i] * movers.age_s[i]
    return since_m + np.select(
        [pairs.height == kind for kind in (HEIGHT_ELLIPSOID, HEIGHT_PRESSURE, HEIGHT_MIXED)],
        [w84_m[j] - w84_m[i], std_m[j] - std_m[i], mixed_m],
        default=np.nan,
    )
