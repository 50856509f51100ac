"""Moving buffers: distances round the tracks of something declared, that others agreed to keep.

A buffer guards the tracks of the party of a declared flight or vessel: all of them, but those that
are in intents of their own of which none is guarded. It is kept from the tracks of the other
parties that agreed to it, now and within the look-ahead on straight lines, by the tests of
:mod:`wideberth.watch.closest`: along the ellipsoid, and erring toward a warning.

Such a warning names the agreed provision and the intent that is guarded, and goes to both sides; to
the other side only where it may see that intent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US
from wideberth.watch import conditions
from wideberth.watch._crowds import BOUNDS, Bounds
from wideberth.watch.closest import Limits, Pairs, among, candidates, evaluate
from wideberth.watch.counted import Counted, LeftOut, count_key
from wideberth.watch.look import Look
from wideberth.watch.movers import Movers
from wideberth.watch.observations import AreaFacts, ObjectRef, Observation, Verdict, WarningKey
from wideberth.watch.settings import WatchSettings
from wideberth.watch.tracks import TrackKey

__all__ = ["MovingBuffer", "RoundIntent", "moving_buffers", "within_reach"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

RULE = "agreed-moving-buffer"
_AT_ONCE = 8192  # pairs
_PAIR = frozenset((WarningKind.CONFLICT, WarningKind.SEPARATION))


@dataclass(frozen=True)
class RoundIntent:
    """An intent that is guarded. seen_by: the other parties that may see it."""

    id: str
    name: str
    party: str
    version: int
    seen_by: frozenset[str]


@dataclass(frozen=True)
class MovingBuffer:
    """A buffer as the watch holds it. id: the agreed rule; name, version: how it is recognised.
    bound: the parties that agreed to it.
    """

    id: str
    name: str
    version: int
    radius_m: float
    vertical_m: float
    bound: frozenset[str]
    guarded: tuple[RoundIntent, ...]

    def bases(self, owner: str, own: Collection[str]) -> list[RoundIntent]:
        """Because of which intents a track of owner's, in these intents of its own, is guarded."""
        mine = [each for each in self.guarded if each.party == owner]
        return [each for each in mine if each.id in own] if own else mine


def moving_buffers(
    look: Look,
    buffers: Mapping[str, MovingBuffer],
    own: Callable[[TrackKey], Collection[str]],
    settings: WatchSettings,
    standing: Collection[WarningKey],
    counted: Counted,
) -> list[Observation]:
    """What is observed of each buffer. own: the intents of its own that each track is in. counted:
    whose pairs were counted.
    """
    told: list[Observation] = []
    if not buffers:
        return told
    stood: dict[str, list[WarningKey]] = {}
    for key in sorted(
        key for key in standing if key.kind in _PAIR and key.objects[-1].kind == "round"
    ):
        stood.setdefault(key.objects[-2].id, []).append(key)
    for name in sorted(buffers):
        told += _of_one(look, buffers[name], own, settings, standing, stood.get(name, []), counted)
    return told


def _of_one(
    look: Look,
    buffer: MovingBuffer,
    own: Callable[[TrackKey], Collection[str]],
    settings: WatchSettings,
    standing: Collection[WarningKey],
    stood: Collection[WarningKey],
    counted: Counted,
) -> list[Observation]:
    limits = _limits(buffer, settings, 1.0)
    code = {look.table.code(each): each for each in sorted(buffer.bound)}
    owner = look.owner
    bases = _bases(look, buffer, own, code)
    guarded = np.array(sorted(bases), np.int64)
    bound = np.flatnonzero(np.isin(owner, list(code)))
    stood_rows = _rows_of(look, bases, stood)
    pairs, passed_over = within_reach(look.movers, guarded, bound, limits)
    if passed_over:  # what stands is looked at in any crowd
        pairs = np.unique(np.concatenate((pairs, stood_rows)), axis=0)
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    at = evaluate(look.movers, pairs[:, 0], pairs[:, 1], limits)
    hits = np.flatnonzero(np.isfinite(at.loss_s))
    hits = hits[
        np.lexsort((pairs[hits, 1], pairs[hits, 0], at.now_horizontal_m[hits], at.loss_s[hits]))
    ]
    count = len(owner)
    stands = among(
        pairs[hits, 0] * count + pairs[hits, 1],
        np.unique(stood_rows[:, 0] * count + stood_rows[:, 1]),
    )
    is_told = _given(owner, pairs[hits], stands, settings.pairs.told_per_track)
    told: list[Observation] = []
    seen: set[tuple[ObjectRef, ...]] = set()
    of_pair = {key.objects[:3]: key for key in stood}
    for k in hits[is_told].tolist():
        rows = int(pairs[k, 0]), int(pairs[k, 1])
        basis = _basis(bases[rows[0]], code[int(owner[rows[1]])])
        conflict, separation = _keys(look, buffer, basis, rows)
        # What stands of the two because of another intent gives way: one warning for a pair.
        other_basis = of_pair.get(conflict.objects[:3])
        if conflict in standing or separation in standing:
            other_basis = None
        seen.add(conflict.objects)
        if at.loss_s[k] <= 0:
            replaced = conflict if conflict in standing else other_basis
            told.append(_pair(look, buffer, basis, settings, at, k, separation, replaces=replaced))
            if replaced == conflict:
                told.append(_pair(look, buffer, basis, settings, at, k, conflict))
        elif separation in standing:
            told.append(
                _pair(look, buffer, basis, settings, at, k, separation, verdict=Verdict.NEAR)
            )
        else:
            told.append(_pair(look, buffer, basis, settings, at, k, conflict, replaces=other_basis))
    told += _standing(look, buffer, settings, [key for key in stood if key.objects not in seen])
    left = _left(owner, pairs[hits[~is_told]], passed_over)
    return told + _left_out(
        look, buffer, {code[each]: left[each] for each in left}, settings, counted
    )


def _bases(
    look: Look,
    buffer: MovingBuffer,
    own: Callable[[TrackKey], Collection[str]],
    code: Mapping[int, str],
) -> dict[int, list[RoundIntent]]:
    """The rows that are guarded, and because of which intents. code: of the parties bound."""
    bases: dict[int, list[RoundIntent]] = {}
    parties = {each.party for each in buffer.guarded}
    for number, party in code.items():
        if party not in parties:
            continue
        for row in np.flatnonzero(look.owner == number).tolist():
            mine = buffer.bases(party, own(look.table.key(int(look.slots[row]))))
            if mine:
                bases[row] = mine
    return bases


def _rows_of(look: Look, guarded: Collection[int], stood: Iterable[WarningKey]) -> Ints:
    """The two rows (n, 2) of each of these warnings of which both speak and the first is guarded
    now.
    """
    found: list[tuple[int, int]] = []
    for key in stood:
        one, other = look.row(key.objects[0]), look.row(key.objects[1])
        if one is not None and other is not None and one in guarded:
            found.append((one, other))
    return np.array(found, np.int64).reshape(-1, 2)


def _basis(bases: Collection[RoundIntent], other: str) -> RoundIntent:
    """The intent that is named to the other party: one that it may see, where there is one."""
    return min(bases, key=lambda each: (other not in each.seen_by, each.id))


def _given(owner: Ints, pairs: Ints, stands: Mask, most: int) -> Mask:
    """Which of these pairs are told one by one, those first in order first. Left out is only one
    of which neither the guarded track nor the other's party, from that track's, has a place left.
    """
    kept = np.zeros(len(pairs), np.bool_)
    _, between = np.unique(owner[pairs], axis=0, return_inverse=True)
    of_track = np.zeros(len(owner), np.int64)
    of_party = np.zeros(len(pairs), np.int64)
    one = pairs[:, 0]
    for begin in range(0, len(pairs), _AT_ONCE):
        some = np.arange(begin, min(begin + _AT_ONCE, len(pairs)))
        # Places are never given back: what has none now has none later.
        has_place = np.minimum(of_track[one[some]], of_party[between[some]]) < most
        for k in some[stands[some] | has_place].tolist():
            track, party = one[k], between[k]
            if stands[k] or min(of_track[track], of_party[party]) < most:
                kept[k] = True
                of_track[track] += 1
                of_party[party] += 1
    return kept


def _left(owner: Ints, pairs: Ints, passed_over: Mapping[int, int]) -> dict[int, LeftOut]:
    """By the party of what is guarded, what it is not told of one by one: these pairs, and of each
    of these rows so many more at least.
    """
    rows = np.array(sorted(passed_over), np.int64)
    left: dict[int, LeftOut] = {}
    for party in np.unique(np.concatenate((owner[pairs[:, 0]], owner[rows]))).tolist():
        mine, more = pairs[owner[pairs[:, 0]] == party], rows[owner[rows] == party]
        count = len(mine) + sum(passed_over[row] for row in more.tolist())
        left[party] = LeftOut(count, np.unique(np.concatenate((mine.ravel(), more))))
    return left


def within_reach(
    movers: Movers, one: Ints, other: Ints, limits: Limits, bounds: Bounds = BOUNDS
) -> tuple[Ints, dict[int, int]]:
    """Pairs (n, 2) of a row of one and a row of other, of two owners, that may come within the
    limits within the look-ahead; all that do are among them, but of a crowd some
    (:mod:`wideberth.watch._crowds`). And of each row of one how many at least were passed over.
    """
    rows = np.union1d(one, other)
    is_one, is_other = np.isin(rows, one), np.isin(rows, other)
    some = movers.take(rows)
    # Those that are not guarded are not held against each other; who is told twice is, as anybody.
    nobody = int(some.owner.max(initial=0)) + 1
    some = replace(some, owner=np.where(is_one, some.owner, nobody), identity=np.arange(len(rows)))
    found, left = candidates(some, limits, bounds=bounds)
    both = np.concatenate((found, found[:, ::-1]))
    both = both[is_one[both[:, 0]] & is_other[both[:, 1]]]
    passed = np.flatnonzero(is_one & (left > 0))
    return rows[both], {int(rows[k]): int(left[k]) for k in passed.tolist()}


def _limits(buffer: MovingBuffer, settings: WatchSettings, factor: float) -> Limits:
    error_m = settings.pairs.pressure_error_m
    return Limits(
        buffer.radius_m * factor,
        buffer.vertical_m * factor,
        settings.pairs.look_ahead_us / SECOND_US * factor,
        math.nan if error_m is None else error_m,
    )


def _keys(
    look: Look, buffer: MovingBuffer, basis: RoundIntent, rows: tuple[int, int]
) -> tuple[WarningKey, WarningKey]:
    """The guarded track first."""
    objects = (
        *(look.ref(row) for row in rows),
        ObjectRef("zone", buffer.id),
        ObjectRef("round", basis.id),
    )
    return WarningKey(WarningKind.CONFLICT, objects), WarningKey(WarningKind.SEPARATION, objects)


def _standing(
    look: Look, buffer: MovingBuffer, settings: WatchSettings, stood: list[WarningKey]
) -> list[Observation]:
    """What fresh data says of standing pairs that are not within the buffer any more."""
    told: list[Observation] = []
    wide = _limits(buffer, settings, settings.warnings.clear_factor)
    for key in stood:
        found = [row for row in map(look.row, key.objects[:2]) if row is not None]
        basis = next((each for each in buffer.guarded if each.id == key.objects[-1].id), None)
        if len(found) != 2 or basis is None:
            continue
        at = evaluate(look.movers, np.array(found[:1]), np.array(found[1:]), wide)
        verdict = Verdict.NEAR if math.isfinite(at.loss_s[0]) else Verdict.CLEAR
        blind = key.kind is WarningKind.CONFLICT and not all(look.course_known[found])
        if verdict is Verdict.CLEAR and (blind or any(look.doubtful[found])):
            verdict = Verdict.UNKNOWN
        told.append(_pair(look, buffer, basis, settings, at, 0, key, verdict=verdict))
    return told


def _left_out(
    look: Look,
    buffer: MovingBuffer,
    left: Mapping[str, LeftOut],
    settings: WatchSettings,
    counted: Counted,
) -> list[Observation]:
    """To the party of what is guarded, how many more there are within the buffer."""
    zone = ObjectRef("zone", buffer.id)
    return counted.said(
        look,
        settings,
        {count_key(party, zone): left[party] for party in left},
        [key for key in counted.stood("zone") if key.objects[-1] == zone],
        rule=RULE,
        facts=lambda _: (AreaFacts(zone, buffer.name, None, buffer.version, 0),),
    )


def _pair(  # noqa: PLR0913 - what is known of one pair
    look: Look,
    buffer: MovingBuffer,
    basis: RoundIntent,
    settings: WatchSettings,
    at: Pairs,
    k: int,
    key: WarningKey,
    *,
    verdict: Verdict = Verdict.HOLDS,
    replaces: WarningKey | None = None,
) -> Observation:
    rows = int(at.first[k]), int(at.second[k])
    return conditions.observation_of_pair(
        look,
        settings,
        at,
        k,
        key,
        rule=RULE,
        required_m=(buffer.radius_m, buffer.vertical_m),
        objects=(
            *(look.facts(row) for row in rows),
            AreaFacts(ObjectRef("zone", buffer.id), buffer.name, None, buffer.version, 0),
            AreaFacts(ObjectRef("round", basis.id), basis.name, basis.party, basis.version, 0),
        ),
        verdict=verdict,
        replaces=replaces,
    )
