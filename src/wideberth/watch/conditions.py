"""From numbers to observations: each condition that the watch looks for, one function each.

Every function is given the look, the rules and the keys that stand, and returns observations: what
holds now, and of each standing warning whose objects speak what fresh data says of it. For a
standing warning without an observation nothing is known, and it stands as last known.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wideberth.model.warnings import WarningKind
from wideberth.space.prepared import PreparedVolume
from wideberth.space.time import SECOND_US
from wideberth.watch import caps
from wideberth.watch import stood as stood_as
from wideberth.watch.area_index import AreaIndex
from wideberth.watch.closest import HEIGHT_UNKNOWN, Pairs, among
from wideberth.watch.counted import Counted
from wideberth.watch.judging import Judged, judge
from wideberth.watch.look import Look, mm, track_facts, track_key, us
from wideberth.watch.look import ref_of as track_ref
from wideberth.watch.observations import (
    AreaFacts,
    Facts,
    Margin,
    ObjectRef,
    Observation,
    TrackFacts,
    Uncertainty,
    Verdict,
    WarningKey,
    WatchWarning,
)
from wideberth.watch.settings import WatchSettings
from wideberth.watch.stood import Stood
from wideberth.watch.tracks import IMPLAUSIBLE_RULES, TrackTable
from wideberth.watch.zones import Entries, Places, WatchedVolume, entries, places, watched

__all__ = [
    "EDGE_MARGIN_M",
    "EDGE_MARGIN_VERTICAL_M",
    "Area",
    "PairsSeen",
    "area_of",
    "concerned",
    "departures",
    "implausible",
    "incursions",
    "observation_of_pair",
    "pairs",
    "silences",
    "urgency",
]

EDGE_MARGIN_M = 100.0  # an area counts as left when its edge is this far behind
EDGE_MARGIN_VERTICAL_M = 30.0

Keys = Collection[WarningKey]
Ints = NDArray[np.int64]
_VERDICTS = {number: verdict for verdict, number in stood_as.NUMBER_OF.items()}


@dataclass(frozen=True)
class Area:
    """A zone or an intent as the watch holds it. kind: ``zone`` or ``intent``. rule: what a track
    that enters it is told. exempt: parties whose tracks may be in it. bound: those whose may not,
    None for all others. clock_us: how far the clock that its times were told by may be off.
    """

    kind: str
    id: str
    name: str
    owner: str | None
    version: int
    rule: str
    exempt: frozenset[str]
    volumes: tuple[WatchedVolume, ...]
    clock_us: int = 0
    bound: frozenset[str] | None = None

    @property
    def ref(self) -> ObjectRef:
        """The name of the area in a warning."""
        return ObjectRef(self.kind, self.id)

    def facts(self, volume: int) -> AreaFacts:
        """What identifies the area; volume: which of its volumes is meant."""
        return AreaFacts(self.ref, self.name, self.owner, self.version, volume)


def area_of(  # noqa: PLR0913 - what is known of an area, once
    *,
    kind: str,
    area_id: str,
    name: str,
    owner: str | None,
    version: int,
    rule: str,
    exempt: Iterable[str],
    volumes: Iterable[PreparedVolume],
    clock_us: int = 0,
    bound: Iterable[str] | None = None,
) -> Area:
    """An area from prepared volumes."""
    made = tuple(watched(each, clock_us=clock_us) for each in volumes)
    only = None if bound is None else frozenset(bound)
    return Area(kind, area_id, name, owner, version, rule, frozenset(exempt), made, clock_us, only)


@dataclass(frozen=True)
class PairsSeen:
    """What a look says of pairs of tracks. passed_over: ids of standing warnings of which it says
    the same as before, so that nothing is observed of them anew; held: of them, those that hold.
    """

    observed: list[Observation]
    passed_over: set[str]
    held: list[WatchWarning]


def pairs(
    look: Look,
    settings: WatchSettings,
    standing: Mapping[WarningKey, WatchWarning],
    judged: Judged,
    stood: Stood,
    counted: Counted,
) -> PairsSeen:
    """Conflict (too close within the look-ahead) and separation (too close now) of two tracks, by
    the rules of the space. One of the two stands for a pair at a time. Of very many, some are only
    counted (:mod:`wideberth.watch.caps`). judged: every pair that is too close, or will be
    (:mod:`wideberth.watch.judging`). stood: of those that stand, what is at this look.
    counted: whose pairs were counted.
    """
    hits = judged.pairs
    kept = caps.within(look, hits, stood, settings)
    left = caps.left_out(look, hits, kept, judged.passed_over)
    told = counted.said(look, settings, left, counted.stood())
    seen = PairsSeen(told, set(), [])
    numbers = np.flatnonzero(kept)
    code = hits.first[numbers] * len(look.slots) + hits.second[numbers]
    which = stood.found(code)
    begun = hits.loss_s[numbers] <= 0
    stays = np.zeros(len(numbers), np.bool_)
    if len(stood):
        holds = np.full(len(numbers), stood_as.HOLDS, np.int8)
        hold_us = settings.warnings.hold_us
        stays = stood.passed_over(which, holds, _levels(judged, numbers, settings), hold_us=hold_us)
        stays &= (which >= 0) & (stood.separation[which] == begun)
    held: list[int] = which[stays].tolist()
    seen.held.extend(stood.warnings[at] for at in held)
    seen.passed_over.update(warning.id for warning in seen.held)
    numbers, begun = numbers[~stays], begun[~stays]
    facts = _facts_of_two(look, hits, numbers)
    for k, is_now, both in zip(numbers.tolist(), begun.tolist(), facts, strict=True):
        objects = both[0].ref, both[1].ref
        conflict = WarningKey(WarningKind.CONFLICT, objects)
        separation = WarningKey(WarningKind.SEPARATION, objects)
        if is_now:
            replaced = conflict if conflict in standing else None
            told.append(_pair(look, settings, judged, k, separation, both, replaces=replaced))
            if replaced is not None:
                told.append(_pair(look, settings, judged, k, conflict, both))
        elif separation in standing:
            told.append(_pair(look, settings, judged, k, separation, both, verdict=Verdict.NEAR))
        else:
            told.append(_pair(look, settings, judged, k, conflict, both))
    _standing_pairs(look, settings, stood, np.flatnonzero(~among(stood.code, code)), seen)
    return seen


def _facts_of_two(look: Look, at: Pairs, numbers: Ints) -> list[tuple[TrackFacts, TrackFacts]]:
    """What identifies both tracks of each of these pairs, in the order of their names."""
    first, second = look.facts_of(at.first[numbers]), look.facts_of(at.second[numbers])
    return [
        (one, other) if one.ref < other.ref else (other, one)
        for one, other in zip(first, second, strict=True)
    ]


def _levels(judged: Judged, numbers: Ints, settings: WatchSettings) -> Ints:
    """How urgent each of these pairs is: :func:`urgency` of when it begins, and one level more
    where less than half of both distances is left.
    """
    at = judged.pairs
    loss_s = at.loss_s[numbers]
    steps_s = np.array(settings.warnings.urgent_us) / SECOND_US
    level = 1 + (loss_s[:, None] <= steps_s).sum(1)
    is_now = loss_s <= 0
    level[is_now] = len(steps_s) + 2
    required = np.array([(rule.horizontal_m, rule.vertical_m) for rule in judged.rules])
    half_m = required[judged.by[numbers]] / 2
    near = at.now_horizontal_m[numbers] <= half_m[:, 0]
    apart = (at.height[numbers] != HEIGHT_UNKNOWN) & (at.now_vertical_m[numbers] > half_m[:, 1])
    return level + (is_now & near & ~apart)


def incursions(
    look: Look,
    index: AreaIndex,
    areas: Mapping[ObjectRef, Area],
    settings: WatchSettings,
    standing: Keys,
) -> list[Observation]:
    """Tracks that are in an area, or will enter it within the look-ahead: zones first, by id.

    index: holds the areas, under these names.
    """
    if not areas:
        return []
    error_m = settings.pairs.pressure_error_m
    met = index.entries(
        look.movers,
        now_us=look.now_us,
        look_ahead_s=settings.zone_look_ahead_us / SECOND_US,
        clock_error_s=look.clock_error_s,
        pressure_error_m=math.nan if error_m is None else error_m,
    )
    of_area: dict[ObjectRef, list[int]] = {}
    numbers: list[int] = met.area.tolist()
    for k, number in enumerate(numbers):
        of_area.setdefault(met.areas[number], []).append(k)
    stood: dict[ObjectRef, list[WarningKey]] = {}
    for key in sorted(key for key in standing if key.kind is WarningKind.INCURSION):
        if all(ref.kind != "way" for ref in key.objects):  # else: wideberth.watch.along
            stood.setdefault(key.objects[1], []).append(key)
    told: list[Observation] = []
    touched = of_area.keys() | (stood.keys() & areas.keys())
    for ref in sorted(touched, key=lambda ref: (ref.kind != "zone", ref.id)):
        area = areas[ref]
        mine = concerned(look, area)
        seen: set[int] = set()
        for k in of_area.get(ref, ()):
            row = int(met.row[k])
            if mine[row]:
                seen.add(row)
                told.append(_incursion(look, area, settings, met.entries, k, row, Verdict.HOLDS))
        told += _standing_incursions(look, area, settings, stood.get(ref, ()), seen, mine)
    return told


def concerned(look: Look, area: Area) -> NDArray[np.bool_]:
    """Of each row, whether the track is one that may not be in the area."""
    owner = look.owner
    exempt = [look.table.code(party) for party in sorted(area.exempt)]
    if area.bound is None:
        return ~np.isin(owner, exempt)
    bound = [look.table.code(party) for party in sorted(area.bound)]
    return np.isin(owner, bound) & ~np.isin(owner, exempt)


def _standing_incursions(
    look: Look,
    area: Area,
    settings: WatchSettings,
    stood: Iterable[WarningKey],
    seen: set[int],
    concerned: NDArray[np.bool_],
) -> list[Observation]:
    """What fresh data says of who was warned of an area and does not enter it any more."""
    rows = [row for key in stood if (row := look.row(key.objects[0])) is not None]
    left = np.array([row for row in rows if row not in seen], np.int64)
    if not len(left):
        return []
    ahead_s = settings.zone_look_ahead_us / SECOND_US * settings.warnings.clear_factor
    wide = _entries(look, area, left, settings, ahead_s, margin_m=EDGE_MARGIN_M)
    told: list[Observation] = []
    for k, row in enumerate(left.tolist()):
        # A party that has become exempt may be in it: what was warned of is over.
        far = not concerned[row] or not math.isfinite(wide.entry_s[k])
        verdict = Verdict.CLEAR if far else Verdict.NEAR
        if verdict is Verdict.CLEAR and (look.doubtful[row] or not look.course_known[row]):
            verdict = Verdict.UNKNOWN
        told.append(_incursion(look, area, settings, wide, k, int(row), verdict))
    return told


def departures(
    look: Look, row: int, left: Iterable[Area], verdict: Verdict, settings: WatchSettings
) -> list[Observation]:
    """That a track left each of these intents of its own, or not, as
    :mod:`wideberth.watch.own_intents` found; with how far it is from each.
    """
    one = np.array([row])
    movers = look.movers.take(one)
    told: list[Observation] = []
    for area in left:
        place = places(
            area.volumes,
            movers,
            time_us=look.time_us[one],
            clock_error_s=look.clock_error_s[one],
            height_apart_m=look.height_apart_m[one],
        )
        told.append(_departure(look, row, area, place, settings, verdict))
    return told


def silences(
    table: TrackTable,
    now_us: int,
    matters: Container[ObjectRef] | None,
    settings: WatchSettings,
    standing: Keys,
) -> list[Observation]:
    """Tracks that have said nothing for longer than their feed's bound, or nothing of where they
    are. matters: whose silence is a warning; None: everybody's.
    """
    slots = table.slots()
    silent: set[int] = set(slots[table.silent(slots, now_us)].tolist())
    stood = {
        table.slot_of(track_key(key.objects[0]))
        for key in standing
        if key.kind is WarningKind.SILENCE
    }
    told: list[Observation] = []
    for slot in sorted(silent | {slot for slot in stood if slot is not None}):
        ref, is_silent = track_ref(table.key(slot)), slot in silent
        key = WarningKey(WarningKind.SILENCE, (ref,))
        if key not in standing and not (matters is None or ref in matters):
            continue
        age_us = now_us - int(table.time_us[slot])
        is_unsure = bool(table.too_uncertain(np.array([slot]), now_us)[0])
        bound_us = int(table.silence_after_us(np.array([slot]))[0])
        error_m = float(table.horizontal_error_m(np.array([slot]), now_us)[0])
        told.append(
            Observation(
                key=key,
                verdict=Verdict.HOLDS if is_silent else Verdict.CLEAR,
                level=1 if age_us <= 3 * bound_us else 2,
                rule="position-too-uncertain" if is_unsure else "feed-silence",
                rule_version=settings.version,
                margin=Margin(time_us=0 if is_silent else None, required_time_us=bound_us),
                uncertainty=Uncertainty(math.ceil(error_m * 1000), None, max(age_us, 0)),
                objects=(track_facts(table, slot),),
                oldest_us=min(now_us, int(table.time_us[slot])),
                predicted=False,
            )
        )
    return told


def implausible(look: Look, settings: WatchSettings, standing: Keys) -> list[Observation]:
    """Tracks of which something was reported that cannot be."""
    told: list[Observation] = []
    doubtful = set(np.flatnonzero(look.doubtful).tolist())
    stood = {look.row(key.objects[0]) for key in standing if key.kind is WarningKind.IMPLAUSIBLE}
    for row in sorted(doubtful | {row for row in stood if row is not None}):
        rule = IMPLAUSIBLE_RULES[int(look.table.implausible_rule[look.slots[row]])]
        slot = look.slots[row : row + 1]
        error_m = float(look.table.horizontal_error_m(slot, look.now_us)[0])
        told.append(
            Observation(
                key=WarningKey(WarningKind.IMPLAUSIBLE, (look.ref(row),)),
                verdict=Verdict.HOLDS if row in doubtful else Verdict.CLEAR,
                level=1,
                rule=rule or "plausible-again",
                rule_version=settings.version,
                margin=Margin(time_us=0 if row in doubtful else None),
                uncertainty=look.uncertainty(row, horizontal_m=error_m, vertical_m=None),
                objects=(look.facts(row),),
                oldest_us=look.oldest_us(row),
                predicted=False,
            )
        )
    return told


def _standing_pairs(
    look: Look, settings: WatchSettings, stood: Stood, left: Ints, seen: PairsSeen
) -> None:
    """What fresh data says of the standing pairs that are not too close any more, those left."""
    if not len(left):
        return
    first, second = stood.rows[left].T
    factor = settings.warnings.clear_factor
    used, at = np.unique(stood.rows[left], return_inverse=True)
    one, other = at.reshape(-1, 2).T
    wide = judge(look.movers_at(used), one, other, settings.pairs, factor=factor)
    # As rows of the look.
    wide = replace(wide, pairs=replace(wide.pairs, first=first, second=second))
    blind = ~(look.course_known[first] & look.course_known[second]) & ~stood.separation[left]
    blind |= look.doubtful[first] | look.doubtful[second]
    over = np.where(blind, stood_as.UNKNOWN, stood_as.CLEAR)
    verdicts = np.where(np.isfinite(wide.pairs.loss_s), stood_as.NEAR, over).astype(np.int8)
    stays = stood.passed_over(left, verdicts, left, hold_us=settings.warnings.hold_us)
    passed: list[int] = left[stays].tolist()
    seen.passed_over.update(stood.warnings[at].id for at in passed)
    numbers = np.flatnonzero(~stays)
    facts = _facts_of_two(look, wide.pairs, numbers)
    for k, both in zip(numbers.tolist(), facts, strict=True):
        key = stood.warnings[left.item(k)].key
        verdict = _VERDICTS[verdicts.item(k)]
        seen.observed.append(_pair(look, settings, wide, k, key, both, verdict=verdict))


def _pair(  # noqa: PLR0913 - what is known of one pair
    look: Look,
    settings: WatchSettings,
    judged: Judged,
    k: int,
    key: WarningKey,
    both: tuple[TrackFacts, TrackFacts],
    *,
    verdict: Verdict = Verdict.HOLDS,
    replaces: WarningKey | None = None,
) -> Observation:
    rule = judged.rules[judged.by.item(k)]
    return observation_of_pair(
        look,
        settings,
        judged.pairs,
        k,
        key,
        rule=rule.id,
        required_m=(rule.horizontal_m, rule.vertical_m),
        objects=both,
        verdict=verdict,
        replaces=replaces,
    )


def observation_of_pair(  # noqa: PLR0913 - what is known of a pair, once
    look: Look,
    settings: WatchSettings,
    at: Pairs,
    k: int,
    key: WarningKey,
    *,
    rule: str,
    required_m: tuple[float, float],
    objects: tuple[Facts, ...],
    verdict: Verdict,
    replaces: WarningKey | None,
) -> Observation:
    """What is said of the k-th pair of tracks. rule: its id; required_m: what it asks for, across
    and in height. One level more where less than half of both is left.
    """
    rows = at.first.item(k), at.second.item(k)
    loss_s, known = at.loss_s.item(k), at.height.item(k) != HEIGHT_UNKNOWN
    now_m, now_vertical_m = at.now_horizontal_m.item(k), at.now_vertical_m.item(k)
    level = urgency(loss_s, settings)
    if loss_s <= 0 and now_m <= required_m[0] / 2:
        level += 0 if known and now_vertical_m > required_m[1] / 2 else 1
    return Observation(
        key=key,
        verdict=verdict,
        level=level,
        rule=rule,
        rule_version=settings.version,
        margin=Margin(
            time_us=us(loss_s),
            horizontal_mm=mm(at.closest_horizontal_m.item(k)),
            vertical_mm=mm(at.closest_vertical_m.item(k)),
            now_horizontal_mm=mm(now_m),
            now_vertical_mm=mm(now_vertical_m),
            required_horizontal_mm=round(required_m[0] * 1000),
            required_vertical_mm=round(required_m[1] * 1000),
            required_time_us=settings.pairs.look_ahead_us,
        ),
        uncertainty=look.uncertainty(
            *rows,
            horizontal_m=at.horizontal_error_m.item(k),
            vertical_m=at.vertical_error_m.item(k) if known else None,
        ),
        objects=objects,
        oldest_us=look.oldest_us(*rows),
        predicted=loss_s > 0,
        supersedes=replaces,
    )


def urgency(begins_s: float, settings: WatchSettings) -> int:
    """1 and up: one more for each time to go that is passed, and one more for now."""
    steps = settings.warnings.urgent_us
    if begins_s <= 0:
        return len(steps) + 2
    return 1 + sum(begins_s * SECOND_US <= step for step in steps)


def _entries(
    look: Look,
    area: Area,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    settings: WatchSettings,
    ahead_s: float,
    *,
    margin_m: float,
) -> Entries:
    error_m = settings.pairs.pressure_error_m
    return entries(
        area.volumes,
        look.movers.take(rows),
        now_us=look.now_us,
        look_ahead_s=ahead_s,
        clock_error_s=look.clock_error_s[rows],
        pressure_error_m=math.nan if error_m is None else error_m,
        margin_m=margin_m,
        vertical_margin_m=EDGE_MARGIN_VERTICAL_M,
    )


def _incursion(
    look: Look,
    area: Area,
    settings: WatchSettings,
    found: Entries,
    k: int,
    row: int,
    verdict: Verdict,
) -> Observation:
    entry_s = float(found.entry_s[k])
    vertical_m = float(look.movers.vertical_error_m[row])
    return Observation(
        key=WarningKey(WarningKind.INCURSION, (look.ref(row), area.ref)),
        verdict=verdict,
        level=urgency(entry_s, settings),
        rule=area.rule,
        rule_version=settings.version,
        margin=Margin(
            time_us=us(entry_s),
            horizontal_mm=0 if math.isfinite(entry_s) else mm(float(found.distance_m[k])),
            vertical_mm=mm(float(found.vertical_m[k])),
            now_horizontal_mm=mm(float(found.distance_m[k])),
            now_vertical_mm=mm(float(found.vertical_m[k])),
            required_time_us=settings.zone_look_ahead_us,
        ),
        uncertainty=look.uncertainty(
            row,
            horizontal_m=float(found.allowed_m[k]),
            vertical_m=vertical_m if found.height_known[k] else None,
            clock_us=area.clock_us,
        ),
        objects=(look.facts(row), area.facts(int(found.volume[k]))),
        oldest_us=look.oldest_us(row),
        predicted=entry_s > 0,
    )


def _departure(
    look: Look,
    row: int,
    area: Area,
    at: Places,
    settings: WatchSettings,
    verdict: Verdict,
) -> Observation:
    away_m = float(at.horizontal_m[0])
    vertical_m = float(at.vertical_m[0])
    return Observation(
        key=WarningKey(WarningKind.DEPARTURE, (look.ref(row), area.ref)),
        verdict=verdict,
        level=1 + sum(away_m >= step for step in settings.warnings.far_m),
        rule="left-own-intent",
        rule_version=settings.version,
        margin=Margin(
            time_us=0,
            horizontal_mm=mm(away_m),
            vertical_mm=mm(vertical_m),
            now_horizontal_mm=mm(away_m),
            now_vertical_mm=mm(vertical_m),
            window_us=us(float(at.time_s[0])) or 0,
        ),
        uncertainty=look.uncertainty(
            row,
            horizontal_m=float(look.movers.horizontal_error_m[row]),
            vertical_m=None if math.isnan(vertical_m) else float(look.movers.vertical_error_m[row]),
            clock_us=area.clock_us,
        ),
        objects=(look.facts(row), area.facts(int(at.volume[0]))),
        oldest_us=look.oldest_us(row),
        predicted=False,
    )
