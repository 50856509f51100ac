"""All conflicts among the intents of a plan, exactly, and what that answer rests on.

Two intents conflict where any volume of one conflicts with any volume of the other. Each volume
counts for itself; the volumes of one intent are not compared with each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.errors import InvalidValue, NotComparable
from wideberth.offline.features import Feature
from wideberth.offline.plan import FileLike, Plan, Progress, Source, load
from wideberth.offline.problems import Incomparable, Problem
from wideberth.offline.questions import questions_of
from wideberth.space.altitude import AltitudeReference
from wideberth.space.index import VolumeIndex
from wideberth.space.overlap import conflict
from wideberth.space.pairs import all_pairs
from wideberth.space.positions import Bounds
from wideberth.space.prepared import prepare_many
from wideberth.space.vertical import AltitudeModel, TerrainBound
from wideberth.space.volume import Gap, Separation, Volume4D
from wideberth.space.warm import choose_kernels

__all__ = ["CheckResult", "Conflict", "RestsOn", "check"]

_LITTLE_VOLUMES = 60

Metres = float
Seconds = float
Band = tuple[int, int]
"""Lowest and highest, in millimetres."""


class Conflict(msgspec.Struct, frozen=True):
    """Two intents, a < b, that are too close, as all their conflicting pairs of volumes show it.

    start_us, end_us: from the earliest beginning to the latest end of what a pair shares in time;
    where a pair is apart in time, what lies between counts. lower_mm, upper_mm: likewise the
    altitudes, above reference; None, with reference None, where the pairs share no reference and
    not all can be brought to W84. gap: the smallest in each dimension, 0 where they overlap.
    volume_pairs: how many pairs of volumes conflict.
    """

    a: str
    b: str
    start_us: int
    end_us: int
    lower_mm: int | None
    upper_mm: int | None
    reference: AltitudeReference | None
    gap: Gap
    volume_pairs: int

    @property
    def horizontal_m(self) -> Metres:
        """The smallest distance over the ground; 0 where the footprints overlap."""
        return self.gap.horizontal_mm / 1000

    @property
    def vertical_m(self) -> Metres:
        """The smallest distance in altitude; 0 where the bands overlap."""
        return self.gap.vertical_mm / 1000

    @property
    def time_s(self) -> Seconds:
        """The shortest time between; 0 where the windows overlap."""
        return self.gap.time_us / 1_000_000


class RestsOn(msgspec.Struct, frozen=True):
    """What an answer rests on: what was told, by whom, for when, and how it was compared.

    start_us and end_us: the first beginning and the last end; None without a volume.
    references: how many limits stand above each. without_id, without_party: features.
    """

    sources: tuple[Source, ...]
    features: int
    intents: int
    without_id: int
    without_party: int
    parties: tuple[str, ...]
    start_us: int | None
    end_us: int | None
    references: dict[str, int]
    separation: Separation
    terrain_mm: Band | None
    pressure_error_mm: int | None


class CheckResult(msgspec.Struct, frozen=True):
    """The answer. checked: intents compared. conflicts: by a, then b. plan: what was read.
    questions: what is asked about the places; the answer is that of the places as written.
    """

    checked: int
    conflicts: tuple[Conflict, ...]
    rests_on: RestsOn
    plan: Plan
    questions: tuple[Problem, ...] = ()


def check(
    *of: Plan | FileLike | Mapping[str, Sequence[Volume4D]],
    separation: Separation | tuple[Metres, Metres, Seconds] = Separation(),  # noqa: B008 - frozen
    terrain_m: tuple[Metres, Metres] | None = None,
    pressure_error_m: Metres | None = None,
    skip_bad: bool = False,
    area: Bounds | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """All pairs of intents that conflict, with their gaps.

    of: one or more files, or one Plan, or one mapping from intent id to volumes. separation: what
    must lie between two volumes, metres horizontally, metres vertically, seconds; they conflict
    when nearer than, or at, all three at once. terrain_m: the lowest and highest ground above
    mean sea level in the area, without which AGL is comparable with AGL only; pressure_error_m:
    the most by which pressure altitude differs from altitude above mean sea level, without which
    STD is comparable with STD only. area: where all of it is meant to be.

    Raises BadInput for bad features; Incomparable for volumes otherwise too close whose altitudes
    cannot be compared; InvalidValue for a bad separation, terrain or pressure error.
    """
    apart = separation if isinstance(separation, Separation) else separation_of(*separation)
    model = altitude_model(terrain_m=terrain_m, pressure_error_m=pressure_error_m)
    plan = _plan_of(of, skip_bad=skip_bad, progress=progress)
    choose_kernels(is_little=len(plan.features) <= _LITTLE_VOLUMES)
    names = sorted({feature.intent for feature in plan.features})
    numbers = {name: number for number, name in enumerate(names)}
    comparison = _Comparison(plan.features, model=model, separation=apart)
    groups = np.array([numbers[feature.intent] for feature in plan.features], dtype=np.int64)
    tallies: dict[tuple[int, int], _Tally] = {}

    def comparing(done: float) -> None:
        if progress is not None:
            progress("comparing", done)

    for i, j, gap in comparison.pairs(groups, progress=comparing):
        key = (int(min(groups[i], groups[j])), int(max(groups[i], groups[j])))
        shared = (comparison.shared_window(i, j), comparison.shared_bands(i, j))
        if key in tallies:
            tallies[key].add(gap, *shared)
        else:
            tallies[key] = _Tally(gap, *shared)
    found = tuple(tallies[a, b].conflict(names[a], names[b]) for a, b in sorted(tallies))
    rests_on = _rests_on(plan, intents=len(names), separation=apart, model=model)
    return CheckResult(len(names), found, rests_on, plan, questions_of(plan.features, area=area))


def separation_of(horizontal_m: Metres, vertical_m: Metres, time_s: Seconds) -> Separation:
    """A separation from metres and seconds. Raises InvalidValue naming the part."""
    return Separation(
        horizontal_mm=_thousandths(horizontal_m, field="separation.horizontal_m"),
        vertical_mm=_thousandths(vertical_m, field="separation.vertical_m"),
        time_us=_thousandths(time_s, field="separation.time_s") * 1000,
    )


def altitude_model(
    *, terrain_m: tuple[Metres, Metres] | None = None, pressure_error_m: Metres | None = None
) -> AltitudeModel:
    """How altitudes above several references are compared. Raises InvalidValue naming the part."""
    terrain = None
    if terrain_m is not None:
        lowest_mm, highest_mm = (_millimetres(bound, field="terrain") for bound in terrain_m)
        terrain = TerrainBound(lowest_mm, highest_mm)
    error_mm = None
    if pressure_error_m is not None:
        error_mm = _thousandths(pressure_error_m, field="pressure_error")
    return AltitudeModel(terrain=terrain, pressure_error_mm=error_mm)


class _Comparison:
    """The volumes of the features, made ready, and what two of them share."""

    def __init__(
        self, features: Sequence[Feature], *, model: AltitudeModel, separation: Separation
    ) -> None:
        self._features = features
        self._model = model
        self._separation = separation
        self._prepared = prepare_many([feature.volume for feature in features], model)

    def pairs(
        self, groups: NDArray[np.int64], *, progress: Callable[[float], None]
    ) -> Iterator[tuple[int, int, Gap]]:
        """Every conflicting pair of volumes of different intents.

        Raises Incomparable naming every feature whose altitudes cannot be compared with those of
        another one that is otherwise too close.
        """
        try:
            yield from all_pairs(self._prepared, self._separation, groups=groups, progress=progress)
        except NotComparable:
            raise Incomparable(self._incomparable(groups)) from None

    def shared_window(self, i: int, j: int) -> tuple[int, int]:
        """The time that two volumes share, or what lies between; microseconds since 1970."""
        a, b = self._features[i].volume, self._features[j].volume
        return _between(a.start_us, a.end_us, b.start_us, b.end_us)

    def shared_bands(self, i: int, j: int) -> _Bands:
        """The altitudes that two volumes share, or what lies between, twice.

        First above the reference that all four limits have, if they do; then above the WGS84
        ellipsoid, if both volumes can be brought there.
        """
        a, b = self._features[i].volume, self._features[j].volume
        common: _ReferencedBand | None = None
        if len({a.lower.reference, a.upper.reference, b.lower.reference, b.upper.reference}) == 1:
            low, high = _between(
                a.lower.value_mm, a.upper.value_mm, b.lower.value_mm, b.upper.value_mm
            )
            common = (a.lower.reference, (low, high))
        try:
            first, second = self._model.band_w84_mm(a), self._model.band_w84_mm(b)
        except NotComparable:
            return common, None
        return common, _between(*first, *second)

    def _incomparable(self, groups: NDArray[np.int64]) -> tuple[Problem, ...]:
        """One problem for each feature that cannot be compared with a later one, all of them."""
        index = VolumeIndex()
        slots: dict[int, int] = {}
        problems: list[Problem] = []
        for j, prepared in enumerate(self._prepared):
            found: list[tuple[int, NotComparable]] = []
            for slot in index.candidates(prepared, self._separation):
                i = slots[slot]
                if groups[i] != groups[j]:
                    try:
                        conflict(self._prepared[i], prepared, self._separation)
                    except NotComparable as error:
                        found.append((i, error))
            if found:
                problems.append(self._problem(j, *min(found, key=_number), more=len(found) - 1))
            slots[index.insert(prepared)] = j
        return tuple(problems)

    def _problem(self, j: int, i: int, error: NotComparable, *, more: int) -> Problem:
        feature, other = self._features[j], self._features[i]
        others = f" (and {more} more features)" if more else ""
        advice = (
            f"near, in place and time, to {other.source}, feature {other.index}{others},"
            f" and the altitudes cannot be compared: {error.advice}"
        )
        return Problem.of_error(
            NotComparable(error.field, error.rule, error.value, advice),
            source=feature.source,
            index=feature.index,
            feature_id=feature.id,
            intent=feature.intent,
        )


_ReferencedBand = tuple[AltitudeReference, Band]
_Bands = tuple[_ReferencedBand | None, Band | None]
"""A band above the reference that all have, if there is one, and one above W84, if there is one."""


class _Tally:
    """What the conflicting pairs of volumes of two intents come to."""

    def __init__(self, gap: Gap, window: tuple[int, int], bands: _Bands) -> None:
        self._pairs = 1
        self._gap = gap
        self._window = window
        self._common, self._w84 = bands

    def add(self, gap: Gap, window: tuple[int, int], bands: _Bands) -> None:
        """Count one more pair of volumes in."""
        common, w84 = bands
        self._pairs += 1
        self._gap = Gap(
            min(self._gap.horizontal_mm, gap.horizontal_mm),
            min(self._gap.vertical_mm, gap.vertical_mm),
            min(self._gap.time_us, gap.time_us),
        )
        self._window = _union(self._window, window)
        if self._common and common and self._common[0] == common[0]:
            self._common = (common[0], _union(self._common[1], common[1]))
        else:
            self._common = None
        self._w84 = _union(self._w84, w84) if self._w84 and w84 else None

    def conflict(self, a: str, b: str) -> Conflict:
        """The conflict of the two intents."""
        reference, band = self._common or (AltitudeReference.W84 if self._w84 else None, self._w84)
        low, high = band or (None, None)
        return Conflict(a, b, *self._window, low, high, reference, self._gap, self._pairs)


def _plan_of(
    of: tuple[Plan | FileLike | Mapping[str, Sequence[Volume4D]], ...],
    *,
    skip_bad: bool,
    progress: Progress | None,
) -> Plan:
    if len(of) == 1 and isinstance(of[0], Plan):
        return of[0]
    if len(of) == 1 and isinstance(of[0], Mapping):
        return _plan_of_mapping(of[0])
    files: list[FileLike] = []
    for one in of:
        if isinstance(one, Plan | Mapping):
            raise TypeError("give one Plan, or one mapping, or any number of files")
        files.append(one)
    return load(*files, skip_bad=skip_bad, progress=progress)


def _plan_of_mapping(volumes: Mapping[str, Sequence[Volume4D]]) -> Plan:
    features = [
        Feature(
            source="memory",
            index=index,
            id=None,
            intent=intent,
            is_named=True,
            party=None,
            kind=None,
            priority=None,
            volume=volume,
        )
        for intent, several in volumes.items()
        for index, volume in enumerate(several)
    ]
    return Plan((), tuple(features))


def _rests_on(plan: Plan, *, intents: int, separation: Separation, model: AltitudeModel) -> RestsOn:
    volumes = [feature.volume for feature in plan.features]
    references = Counter(
        limit.reference.value for volume in volumes for limit in (volume.lower, volume.upper)
    )
    terrain = model.terrain
    return RestsOn(
        sources=plan.sources,
        features=len(plan.features),
        intents=intents,
        without_id=sum(not feature.is_named for feature in plan.features),
        without_party=sum(feature.party is None for feature in plan.features),
        parties=tuple(sorted({f.party for f in plan.features if f.party is not None})),
        start_us=min((volume.start_us for volume in volumes), default=None),
        end_us=max((volume.end_us for volume in volumes), default=None),
        references=dict(sorted(references.items())),
        separation=separation,
        terrain_mm=None if terrain is None else (terrain.lowest_msl_mm, terrain.highest_msl_mm),
        pressure_error_mm=model.pressure_error_mm,
    )


def _between(a_low: int, a_high: int, b_low: int, b_high: int) -> Band:
    """What two closed intervals share; where they share nothing, what lies between them."""
    low, high = max(a_low, b_low), min(a_high, b_high)
    return (low, high) if low <= high else (high, low)


def _union(first: Band, second: Band) -> Band:
    return min(first[0], second[0]), max(first[1], second[1])


def _thousandths(value: object, *, field: str) -> int:
    """A length in metres as millimetres, or a time in seconds as milliseconds; 0 or more."""
    number = _millimetres(value, field=field)
    if number < 0:
        raise InvalidValue(field, "separation-range", value, "give 0 or more")
    return number


def _millimetres(value: object, *, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e9:
        raise InvalidValue(field, "number", value, "give a number, at most a thousand million")
    return round(value * 1000)


def _number(found: tuple[int, NotComparable]) -> int:
    return found[0]
