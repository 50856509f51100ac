"""Moving buffers: distances round the tracks of something declared, that others agreed to keep.

A buffer guards the tracks of the party of a declared flight or vessel: all of them, but those that
are in intents of their own of which none is guarded. It is kept from the tracks of the other
parties that agreed to it, now and within the look-ahead on straight lines, by the tests of
:mod:`wideberth.watch.closest`: along the ellipsoid, and erring toward a warning.

Such a warning names the agreed provision and the intent that is guarded, and goes to both sides; to
the other side only where it may see that intent.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US
from wideberth.watch import conditions
from wideberth.watch.closest import Limits, Pairs, evaluate
from wideberth.watch.counted import Counted, LeftOut, count_key
from wideberth.watch.look import Look
from wideberth.watch.movers import Movers
from wideberth.watch.observations import AreaFacts, ObjectRef, Observation, Verdict, WarningKey
from wideberth.watch.paths import path_error_m
from wideberth.watch.settings import WatchSettings
from wideberth.watch.tracks import TrackKey

__all__ = ["MovingBuffer", "RoundIntent", "moving_buffers", "within_reach"]

Ints = NDArray[np.int64]

RULE = "agreed-moving-buffer"
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

    def basis(self, owner: str, other: str, own: Collection[str]) -> RoundIntent | None:
        """Because of which intent a track of owner's, in these intents of its own, is guarded from
        the other's: one that the other may see, where there is one.
        """
        mine = [each for each in self.guarded if each.party == owner]
        if own:
            mine = [each for each in mine if each.id in own]
        return min(mine, key=lambda each: (other not in each.seen_by, each.id), default=None)


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
    parties = {each.party for each in buffer.guarded}
    guarded = np.flatnonzero(np.isin(owner, [each for each in code if code[each] in parties]))
    bound = np.flatnonzero(np.isin(owner, list(code)))
    pairs = within_reach(look.movers, guarded, bound, limits)
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    at = evaluate(look.movers, pairs[:, 0], pairs[:, 1], limits)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], at.now_horizontal_m, at.loss_s))
    places: Counter[tuple[str, int, int]] = Counter()
    left: dict[str, list[tuple[int, int]]] = {}
    told: list[Observation] = []
    seen: set[tuple[ObjectRef, ...]] = set()
    of_pair = {key.objects[:3]: key for key in stood}
    for k in order[np.isfinite(at.loss_s[order])].tolist():
        rows = int(pairs[k, 0]), int(pairs[k, 1])
        one, other = code[int(owner[rows[0]])], code[int(owner[rows[1]])]
        basis = buffer.basis(one, other, own(look.table.key(int(look.slots[rows[0]]))))
        if basis is None:
            continue
        conflict, separation = _keys(look, buffer, basis, rows)
        # What stands of the two because of another intent gives way: one warning for a pair.
        other_basis = of_pair.get(conflict.objects[:3])
        stands = other_basis is not None
        if conflict in standing or separation in standing:
            other_basis = None
        # Left out only where neither the track nor the other's party has a place left.
        names = [("track", rows[0], 0), ("party", int(owner[rows[0]]), int(owner[rows[1]]))]
        if not stands and min(places[each] for each in names) >= settings.pairs.told_per_track:
            left.setdefault(one, []).append(rows)
            continue
        places.update(names)
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
    return told + _left_out(look, buffer, left, settings, counted)


def within_reach(movers: Movers, one: Ints, other: Ints, limits: Limits) -> Ints:
    """Pairs (n, 2) of a row of one and another row of other that may come within the horizontal
    limit within the look-ahead; all that do are among them. Found in cubes in which each thing, its
    path and half of the limit are smaller than a cube.
    """
    run_m = movers.speed_m_s * (np.abs(movers.age_s) + limits.look_ahead_s)
    reach_m = run_m + movers.horizontal_error_m + path_error_m(run_m)
    most_m = float(reach_m[other].max(initial=0.0)) + float(reach_m[one].max(initial=0.0))
    size_m = most_m + limits.horizontal_m + 100.0
    at = movers.position_ecef_m
    cubes = np.floor(at / size_m).astype(np.int64) @ np.array([1 << 40, 1 << 20, 1])
    order = other[np.argsort(cubes[other], kind="stable")]
    filed = cubes[order]
    found: list[Ints] = []
    for step in itertools.product((-1, 0, 1), repeat=3):
        wanted = cubes[one] + (step[0] << 40) + (step[1] << 20) + step[2]
        begin, end = np.searchsorted(filed, wanted), np.searchsorted(filed, wanted, side="right")
        count = end - begin
        first = np.repeat(one, count)
        nth = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
        second = order[np.repeat(begin, count) + nth]
        away_m = np.linalg.norm(at[first] - at[second], axis=1)
        near = away_m <= reach_m[first] + reach_m[second] + limits.horizontal_m
        found.append(np.stack((first, second), axis=1)[near & (first != second)])
    return np.concatenate(found)


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
    left: Mapping[str, list[tuple[int, int]]],
    settings: WatchSettings,
    counted: Counted,
) -> list[Observation]:
    """To the party of what is guarded, how many more there are within the buffer."""
    zone = ObjectRef("zone", buffer.id)
    return counted.said(
        look,
        settings,
        {
            count_key(party, zone): LeftOut(len(left[party]), np.unique(left[party]))
            for party in left
        },
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
