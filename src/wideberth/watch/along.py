"""Conflicts and incursions predicted along what intents declare, beside those on straight lines.

Where a track goes along the way that its intent declares (:mod:`wideberth.watch.ways`), it is
predicted along it too: against others that hold their course, against others that go along theirs,
and into zones and others' intents. What a straight line predicts is raised as ever. A prediction
along a way is a warning of its own, whose rule ends in ``-along-intent`` and whose last objects are
the intents that it rests on, one or two; it is told to nobody who may not see each of them
(:mod:`wideberth.watch.recorded`).

It is raised only while it is more urgent than everything that rests on less: the straight lines,
and of two ways either alone. Who is told of the one sees what the others rest on, so that it can
see the reason, and what one party is told hangs on nothing that it may not see. Two tracks are
judged by distance here, where the space has no rule of distance by the size of its well-clear
volume.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US
from wideberth.watch import conditions
from wideberth.watch.area_index import AreaIndex
from wideberth.watch.closest import HEIGHT_UNKNOWN, Limits, candidates, evaluate_between
from wideberth.watch.conditions import Area
from wideberth.watch.counted import Counted, LeftOut, count_key
from wideberth.watch.judging import VOLUMES
from wideberth.watch.look import Look, mm, us
from wideberth.watch.movers import Movers
from wideberth.watch.observations import (
    AreaFacts,
    Margin,
    ObjectRef,
    Observation,
    Verdict,
    WarningKey,
)
from wideberth.watch.paths import Floats, path_error_m
from wideberth.watch.settings import PairSettings, WatchSettings
from wideberth.watch.ways import Legs
from wideberth.watch.zones import entries

__all__ = ["SUFFIX", "Followed", "incursions", "pairs", "rests_on", "way_ref"]

Ints = NDArray[np.int64]

SUFFIX = "-along-intent"
_STRAIGHT = -1  # in the place of the number of a way


def way_ref(intent_id: str) -> ObjectRef:
    """The name of an intent in a warning that is predicted along it."""
    return ObjectRef("way", intent_id)


def rests_on(key: WarningKey) -> tuple[str, ...]:
    """The intents along which the warning is predicted; none for one on straight lines."""
    return tuple(each.id for each in key.objects if each.kind == "way")


@dataclass(frozen=True)
class Followed:
    """What this look knows of ways. legs: before the tracks that go along one. intents: those with
    a way, as areas, by id.
    """

    legs: Legs
    intents: Mapping[str, Area]

    @cached_property
    def on(self) -> frozenset[tuple[int, str]]:
        """Rows and the intents along whose ways they go."""
        names: tuple[str, ...] = self.legs.ways
        rows: list[int] = self.legs.row.tolist()
        ways: list[int] = self.legs.way.tolist()
        return frozenset((row, names[way]) for row, way in zip(rows, ways, strict=True))

    def facts(self, ways: Iterable[str]) -> tuple[AreaFacts, ...]:
        """What identifies the intents that a prediction rests on."""
        return tuple(
            AreaFacts(way_ref(each), area.name, area.owner, area.version, 0)
            for each in ways
            for area in [self.intents[each]]
        )

    def is_unknown(self, look: Look, key: WarningKey) -> bool:
        """Whether nothing can be said along the ways of a standing warning: a track does not
        go along its way now, is implausible or has no course.
        """
        rows = [
            row for ref in key.objects if ref.kind == "track" and (row := look.row(ref)) is not None
        ]
        return self.is_off(key, rows) or any(
            look.doubtful[row] or not look.course_known[row] for row in rows
        )

    def is_off(self, key: WarningKey, rows: Iterable[int]) -> bool:
        """Whether none of the rows goes along one of the warning's ways now."""
        speak = list(rows)
        return any(all((row, name) not in self.on for row in speak) for name in rests_on(key))


@dataclass(frozen=True)
class _Hit:
    """Two tracks that come too close with the ways that this rests on. loss_s: within the limits;
    wide_s: within those that a warning clears by.
    """

    rows: tuple[int, int]
    ways: tuple[int, int]
    loss_s: float
    wide_s: float
    horizontal_m: float
    vertical_m: float
    horizontal_error_m: float
    vertical_error_m: float
    height_known: bool


def pairs(
    look: Look,
    followed: Followed,
    settings: WatchSettings,
    standing: Collection[WarningKey],
    straight: Iterable[Observation],
    counted: Counted,
) -> list[Observation]:
    """Tracks that come too close where one or both go along their ways. straight: what is observed
    of pairs on straight lines. counted: whose pairs were counted.
    """
    stood = sorted(key for key in standing if key.kind is WarningKind.CONFLICT and rests_on(key))
    rule, limits = _rule(settings.pairs)
    levels = _levels(straight)
    told: list[Observation] = []
    seen: set[WarningKey] = set()
    hits, passed_over = _hits(look, followed.legs, settings, limits, stood)
    kept = _Places(settings.pairs, passed_over)
    names = followed.legs.ways
    for hit in hits:  # those that rest on one way before those that rest on two
        tracks = tuple(sorted(look.ref(row) for row in hit.rows))
        ways = tuple(sorted(names[each] for each in hit.ways if each != _STRAIGHT))
        key = WarningKey(WarningKind.CONFLICT, (*tracks, *map(way_ref, ways)))
        level = conditions.urgency(hit.loss_s, settings)
        holds = math.isfinite(hit.loss_s)
        stands = key in standing
        if holds:
            before = max(levels.get((*tracks, *map(way_ref, less)), 0) for less in _less(ways))
            if not stands and level <= before:
                levels[key.objects] = before
                continue
            if not kept.take(look, hit, stands=stands):
                continue
            levels[key.objects] = max(level, before)
        elif not stands:
            continue
        seen.add(key)
        verdict = Verdict.HOLDS if holds else Verdict.NEAR
        told.append(_pair(look, followed, settings, rule, limits, hit, key, ways, verdict))
    told += kept.said(look, followed, settings, counted)
    return told + [
        _over(look, followed, settings, rule, key)
        for key in stood
        if key not in seen
        and key.objects[0].kind == "track"
        and all(look.row(ref) is not None for ref in key.objects if ref.kind == "track")
    ]


def incursions(
    look: Look,
    followed: Followed,
    index: AreaIndex,
    areas: Mapping[ObjectRef, Area],
    settings: WatchSettings,
    standing: Collection[WarningKey],
    straight: Iterable[Observation],
) -> list[Observation]:
    """Tracks that enter an area along their ways. straight: what is observed on straight lines."""
    levels = _levels(straight)
    legs = followed.legs
    best: dict[tuple[ObjectRef, int, int], tuple[float, int, int]] = {}
    met = index.entries(
        legs.movers,
        now_us=look.now_us,
        look_ahead_s=settings.zone_look_ahead_us / SECOND_US,
        clock_error_s=look.clock_error_s[legs.row],
        pressure_error_m=_pressure_error_m(settings.pairs),
    )
    # A leg is a straight line that goes on behind its end; what it meets there, it does not.
    on_leg = np.flatnonzero(met.entries.entry_s <= legs.end_s[met.row])
    for k in on_leg.tolist():
        leg = int(met.row[k])
        name = met.areas[int(met.area[k])], int(legs.row[leg]), int(legs.way[leg])
        entry_s = max(float(met.entries.entry_s[k]), float(legs.begin_s[leg]))
        if name not in best or entry_s < best[name][0]:
            best[name] = entry_s, k, leg
    told: list[Observation] = []
    seen: set[WarningKey] = set()
    for (ref, row, way), (entry_s, k, leg) in sorted(best.items()):
        area = areas[ref]
        if not conditions.concerned(look, area)[row]:
            continue
        key = WarningKey(WarningKind.INCURSION, (look.ref(row), ref, way_ref(legs.ways[way])))
        level = conditions.urgency(entry_s, settings)
        if key not in standing and level <= levels.get(key.objects[:2], 0):
            continue
        seen.add(key)
        told.append(
            _incursion(
                look, followed, settings, area, key, row, leg, Verdict.HOLDS,
                entry_s=entry_s,
                volume=int(met.entries.volume[k]),
                allowed_m=float(met.entries.allowed_m[k]),
                height_known=bool(met.entries.height_known[k]),
            )
        )  # fmt: skip
    for key in sorted(standing):
        is_along = key.kind is WarningKind.INCURSION and rests_on(key)
        row = look.row(key.objects[0])
        if is_along and key not in seen and row is not None and key.objects[1] in areas:
            area = areas[key.objects[1]]
            verdict = _of_stood(look, followed, settings, area, key, row)
            told.append(_incursion(look, followed, settings, area, key, row, None, verdict))
    return told


def _of_stood(
    look: Look, followed: Followed, settings: WatchSettings, area: Area, key: WarningKey, row: int
) -> Verdict:
    """What is to be said of a warning along a way whose track does not enter any more."""
    legs, name = followed.legs, rests_on(key)[0]
    way = legs.ways.index(name) if name in legs.ways else _STRAIGHT
    rows = np.flatnonzero((legs.row == row) & (legs.way == way))
    wide = entries(
        area.volumes,
        legs.movers.take(rows),
        now_us=look.now_us,
        look_ahead_s=settings.zone_look_ahead_us / SECOND_US * settings.warnings.clear_factor,
        clock_error_s=look.clock_error_s[legs.row[rows]],
        pressure_error_m=_pressure_error_m(settings.pairs),
        margin_m=conditions.EDGE_MARGIN_M,
        vertical_margin_m=conditions.EDGE_MARGIN_VERTICAL_M,
    )
    near = bool((wide.entry_s <= legs.end_s[rows]).any())
    if near and bool(conditions.concerned(look, area)[row]):
        return Verdict.NEAR
    return Verdict.UNKNOWN if followed.is_unknown(look, key) else Verdict.CLEAR


def _pressure_error_m(settings: PairSettings) -> float:
    return math.nan if settings.pressure_error_m is None else settings.pressure_error_m


def _levels(straight: Iterable[Observation]) -> dict[tuple[ObjectRef, ...], int]:
    """How urgent each thing is of which nothing is to be said again: by its objects."""
    levels: dict[tuple[ObjectRef, ...], int] = {}
    for each in straight:
        if each.verdict is Verdict.HOLDS:
            objects = each.key.objects
            levels[objects] = max(levels.get(objects, 0), each.level)
    return levels


def _less(ways: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Everything less than these ways that a prediction of the same objects may rest on."""
    return [(), *((each,) for each in ways)] if len(ways) > 1 else [()]


def _rule(settings: PairSettings) -> tuple[str, Limits]:
    horizontal_m, vertical_m = settings.horizontal_m, settings.vertical_m
    name = "pair-separation"
    if settings.well_clear is not None and not settings.by_distance:
        volume = VOLUMES[settings.well_clear]
        horizontal_m, vertical_m = volume.dthr_m, volume.zthr_m
        name = f"well-clear-{settings.well_clear}"
    ahead_s = settings.look_ahead_us / SECOND_US
    error_m = _pressure_error_m(settings)
    return name + SUFFIX, Limits(horizontal_m, vertical_m, ahead_s, error_m)


def _hits(
    look: Look,
    legs: Legs,
    settings: WatchSettings,
    limits: Limits,
    stood: Iterable[WarningKey],
) -> tuple[list[_Hit], dict[tuple[int, int], int]]:
    """Of each two tracks and ways the piece on which they come too close first: those that rest on
    one way before those that rest on two, each by urgency. And of each row and way in a crowd
    (:mod:`wideberth.watch._crowds`), with how many others at least it was not held against; what
    stood is looked at in any crowd.
    """
    if not len(legs):
        return [], {}
    factor = settings.warnings.clear_factor
    wide = Limits(
        limits.horizontal_m * factor,
        limits.vertical_m * factor,
        limits.look_ahead_s * factor,
        limits.pressure_error_m,
    )
    near = _near(look.movers, legs, wide)
    count = len(near)
    straight = look.movers.take(near)
    # As if others brought them: what a party's straight lines fill is no room for ways.
    apart = int(look.movers.feed.max(initial=0)) + 1
    both = straight.and_those_of(replace(legs.movers, feed=legs.movers.feed + apart))
    row = np.concatenate((near, legs.row))
    way = np.concatenate((np.full(count, _STRAIGHT), legs.way))
    begin_s: Floats = np.concatenate((np.zeros(count), legs.begin_s))
    end_s: Floats = np.concatenate((np.full(count, wide.look_ahead_s), legs.end_s))
    found, left = candidates(both, wide, same_owner=settings.pairs.same_owner)
    if left.any():
        found = np.concatenate((found, _pairs_of(look, row, stood)))
        found = found[both.identity[found[:, 0]] != both.identity[found[:, 1]]]
    from_s = np.maximum(begin_s[found[:, 0]], begin_s[found[:, 1]])
    until_s = np.minimum(end_s[found[:, 0]], end_s[found[:, 1]])
    chosen = (found[:, 1] >= count) & (row[found[:, 0]] != row[found[:, 1]]) & (from_s <= until_s)
    first, second = found[chosen, 0], found[chosen, 1]
    from_s, until_s = from_s[chosen], until_s[chosen]
    one, two = both.take(first), both.take(second)
    widely = evaluate_between(one, two, from_s, until_s, wide)
    soon = from_s <= limits.look_ahead_s
    strict_s = np.full(len(first), np.inf)
    strictly = evaluate_between(
        one.take(np.flatnonzero(soon)),
        two.take(np.flatnonzero(soon)),
        from_s[soon],
        np.minimum(until_s[soon], limits.look_ahead_s),
        limits,
    )
    strict_s[soon] = strictly.loss_s
    best: dict[tuple[tuple[int, int], tuple[int, int]], _Hit] = {}
    for k in np.flatnonzero(np.isfinite(widely.loss_s)).tolist():
        a, b = int(first[k]), int(second[k])
        if row[a] > row[b]:
            a, b = b, a
        rows, ways = (int(row[a]), int(row[b])), (int(way[a]), int(way[b]))
        hit = _Hit(
            rows=rows,
            ways=ways,
            loss_s=float(strict_s[k]),
            wide_s=float(widely.loss_s[k]),
            horizontal_m=float(widely.closest_horizontal_m[k]),
            vertical_m=float(widely.closest_vertical_m[k]),
            horizontal_error_m=float(widely.horizontal_error_m[k]),
            vertical_error_m=float(widely.vertical_error_m[k]),
            height_known=int(widely.height[k]) != HEIGHT_UNKNOWN,
        )
        known = best.get((rows, ways))
        if known is None or (hit.loss_s, hit.wide_s) < (known.loss_s, known.wide_s):
            best[rows, ways] = hit
    hits = sorted(
        best.values(),
        key=lambda hit: (_STRAIGHT not in hit.ways, hit.loss_s, hit.wide_s, hit.rows, hit.ways),
    )
    return hits, _passed_over(left[count:], legs, row)


def _pairs_of(look: Look, row: Ints, stood: Iterable[WarningKey]) -> Ints:
    """Each piece of a warning's one track with each of its other, as pairs (n, 2), the lower first.
    row: of each piece.
    """
    found: list[Ints] = [np.empty((0, 2), np.int64)]
    for key in stood:
        rows = [look.row(ref) for ref in key.objects if ref.kind == "track"]
        if len(rows) == 2 and None not in rows:
            one, other = (np.flatnonzero(row == each) for each in rows)
            of_two = np.stack(np.meshgrid(one, other), axis=-1).reshape(-1, 2)
            found.append(np.sort(of_two, axis=1))
    return np.concatenate(found)


def _passed_over(left: Ints, legs: Legs, row: Ints) -> dict[tuple[int, int], int]:
    """With how many others at least each row was not held against along its way. left: pieces that
    each leg was not held against; row: of each piece.
    """
    least: dict[tuple[int, int], int] = {}
    if not left.any():
        return least
    # Of one other there may be so many pieces: its straight line, and its legs.
    most = int(np.unique(row, return_counts=True)[1].max())
    for k in np.flatnonzero(left).tolist():
        name = int(legs.row[k]), int(legs.way[k])
        least[name] = max(least.get(name, 0), math.ceil(int(left[k]) / most))
    return least


def _near(movers: Movers, legs: Legs, limits: Limits) -> Ints:
    """The rows that may come near a leg within the look-ahead: in the same cube, or a neighbour, of
    a grid in which each thing, its path and the limit together are smaller than a cube.
    """
    run_m = movers.speed_m_s * (np.abs(movers.age_s) + limits.look_ahead_s)
    length_m = legs.movers.speed_m_s * (legs.end_s - legs.begin_s)
    size_m = (
        float((run_m + movers.horizontal_error_m + path_error_m(run_m)).max(initial=0.0))
        + float((length_m + legs.movers.horizontal_error_m).max(initial=0.0))
        + limits.horizontal_m
        + 100.0
    )
    cubes = _cubes(np.floor(legs.movers.position_ecef_m / size_m).astype(np.int64))
    step = np.array([-1, 0, 1])
    around = (step[:, None, None] * _ROW + step[None, :, None] * _COLUMN + step).ravel()
    touched = np.unique(np.unique(cubes)[:, None] + around)
    own = _cubes(np.floor(movers.position_ecef_m / size_m).astype(np.int64))
    return np.flatnonzero(np.isin(own, touched))


_COLUMN = 1 << 20  # more than there are cubes along an axis: the earth in pieces of 100 m
_ROW = 1 << 40


def _cubes(at: Ints) -> Ints:
    return at[:, 0] * _ROW + at[:, 1] * _COLUMN + at[:, 2]


class _Places:
    """How many pairs along a way are warned of one by one, so that nobody who fills a place with
    tracks fills the record. A pair on one way is left out only where neither the track on the way
    has a place left, nor the other's party with regard to the way's party; one on two ways where
    these two parties have none left.
    """

    def __init__(self, rules: PairSettings, passed_over: Mapping[tuple[int, int], int]) -> None:
        self._rules = rules
        self._passed_over = passed_over
        self._taken: Counter[tuple[str, int, int]] = Counter()
        self._left: dict[int, list[tuple[int, int]]] = {}

    def take(self, look: Look, hit: _Hit, *, stands: bool) -> bool:
        """Whether the pair is warned of; then it takes its places. What stands always is."""
        owners = [int(look.owner[row]) for row in hit.rows]
        if _STRAIGHT not in hit.ways:
            places = [("two", min(owners), max(owners))]
            most = self._rules.told_per_party
        else:
            on = 1 if hit.ways[0] == _STRAIGHT else 0
            places = [
                ("track", hit.rows[on], hit.ways[on]),
                ("party", owners[1 - on], owners[on]),
            ]
            most = self._rules.told_per_track
        if not stands and min(self._taken[each] for each in places) >= most:
            for way in set(hit.ways) - {_STRAIGHT}:
                self._left.setdefault(way, []).append(hit.rows)
            return False
        self._taken.update(places)
        return True

    def said(
        self,
        look: Look,
        followed: Followed,
        settings: WatchSettings,
        counted: Counted,
    ) -> list[Observation]:
        """To the party of each way, how many pairs along it are not warned of one by one."""
        count = Counter({way: len(pairs) for way, pairs in self._left.items()})
        rows = {way: {row for pair in pairs for row in pair} for way, pairs in self._left.items()}
        for (row, way), least in self._passed_over.items():
            count[way] += least
            rows.setdefault(way, set()).add(row)
        left: dict[WarningKey, LeftOut] = {}
        for way, names in rows.items():
            name = followed.legs.ways[way]
            key = count_key(followed.intents[name].owner or "", way_ref(name))
            left[key] = LeftOut(count[way], np.array(sorted(names), np.int64))
        return counted.said(
            look,
            settings,
            left,
            [key for key in counted.stood("way") if rests_on(key)[0] in followed.intents],
            facts=lambda key: followed.facts(rests_on(key)),
            is_blind=lambda key, rows: followed.is_off(key, rows.tolist()),
        )


def _pair(  # noqa: PLR0913 - what is known of one pair
    look: Look,
    followed: Followed,
    settings: WatchSettings,
    rule: str,
    limits: Limits,
    hit: _Hit,
    key: WarningKey,
    ways: Sequence[str],
    verdict: Verdict,
) -> Observation:
    return Observation(
        key=key,
        verdict=verdict,
        level=conditions.urgency(hit.loss_s, settings),
        rule=rule,
        rule_version=settings.version,
        margin=Margin(
            time_us=us(hit.loss_s if math.isfinite(hit.loss_s) else hit.wide_s),
            horizontal_mm=mm(hit.horizontal_m),
            vertical_mm=mm(hit.vertical_m),
            required_horizontal_mm=round(limits.horizontal_m * 1000),
            required_vertical_mm=round(limits.vertical_m * 1000),
            required_time_us=settings.pairs.look_ahead_us,
        ),
        uncertainty=look.uncertainty(
            *hit.rows,
            horizontal_m=hit.horizontal_error_m,
            vertical_m=hit.vertical_error_m if hit.height_known else None,
        ),
        objects=(
            *sorted((look.facts(row) for row in hit.rows), key=lambda facts: facts.ref),
            *followed.facts(ways),
        ),
        oldest_us=look.oldest_us(*hit.rows),
        predicted=True,
    )


def _over(
    look: Look, followed: Followed, settings: WatchSettings, rule: str, key: WarningKey
) -> Observation:
    """What a look says of a standing pair that does not come near along its ways."""
    rows = [
        row for ref in key.objects if ref.kind == "track" and (row := look.row(ref)) is not None
    ]
    errors_m = [float(look.movers.horizontal_error_m[row]) for row in rows]
    return Observation(
        key=key,
        verdict=Verdict.UNKNOWN if followed.is_unknown(look, key) else Verdict.CLEAR,
        level=1,
        rule=rule,
        rule_version=settings.version,
        margin=Margin(required_time_us=settings.pairs.look_ahead_us),
        uncertainty=look.uncertainty(*rows, horizontal_m=sum(errors_m), vertical_m=None),
        objects=(
            *(look.facts(row) for row in rows),
            *followed.facts(each for each in rests_on(key) if each in followed.intents),
        ),
        oldest_us=look.oldest_us(*rows),
        predicted=True,
    )


def _incursion(  # noqa: PLR0913 - what is known of one track and area
    look: Look,
    followed: Followed,
    settings: WatchSettings,
    area: Area,
    key: WarningKey,
    row: int,
    leg: int | None,
    verdict: Verdict,
    *,
    entry_s: float = math.inf,
    volume: int = 0,
    allowed_m: float = 0.0,
    height_known: bool = False,
) -> Observation:
    vertical_m = None if leg is None else float(followed.legs.movers.vertical_error_m[leg])
    return Observation(
        key=key,
        verdict=verdict,
        level=conditions.urgency(entry_s, settings),
        rule=area.rule + SUFFIX,
        rule_version=settings.version,
        margin=Margin(
            time_us=us(entry_s),
            horizontal_mm=0 if math.isfinite(entry_s) else None,
            vertical_mm=0 if math.isfinite(entry_s) and height_known else None,
            required_time_us=settings.zone_look_ahead_us,
        ),
        uncertainty=look.uncertainty(
            row,
            horizontal_m=allowed_m,
            vertical_m=vertical_m if height_known else None,
            clock_us=area.clock_us,
        ),
        objects=(
            look.facts(row),
            area.facts(volume),
            *followed.facts(each for each in rests_on(key) if each in followed.intents),
        ),
        oldest_us=look.oldest_us(row),
        predicted=True,
    )
