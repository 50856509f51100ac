"""One thing from several feeds: what a reader that sees these tracks is shown as one. Pure.

It is worked out for each reader, of the tracks that this reader may see and of nothing else: so a
value of a feed that is closed to it reaches it in no way, neither as a number nor as a conflict.

*What is one thing.* Tracks of one identity (:mod:`wideberth.watch.identity`), also where they
contradict each other: that is shown. And tracks of one call sign, of ids of different kinds, all of
which agree in place, height and party; a call sign alone says too little. More than sixteen are
not taken for one thing, as in the watch (:mod:`wideberth.watch.agreeing`): each would be held
against each.

*Which value is used.* The position, of the track that is not silent before a silent one, plausible
before implausible, then of the one whose thing is known best now: least uncertainty, which is its
accuracy, its clock and the widening with its age. So the newest counts, unless it claims to know
less than an older one still does. Each height and the velocity are of that same track; where it
does not say one, of the next that does and is not silent. The call sign is the one said last.

*What conflicts.* Two places or heights further apart than both accuracies, clocks and the time
between allow, two reported velocities that nothing turns or brakes into each other in that time,
two call signs said within ten minutes, two parties whose thing it is to be. The time between is
that between the two values, which need not be of their positions' moments. The uncertainty then
reaches around every place that conflicts. Nothing is averaged. A rate of climb is not compared: it
may be derived from heights that differ by their errors, and the heights are.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import msgspec
import numpy as np

from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch.agreeing import MOST_ACCURACY_M, MOST_GAP_S, MOST_TOGETHER
from wideberth.watch.identity import identity_of
from wideberth.watch.moments import CLIMB_M_S
from wideberth.watch.paths import arc_m, ecef_m
from wideberth.watch.settings import TrackSettings
from wideberth.watch.tracks import TrackKey, TrackRow

__all__ = ["FusedTrack", "agree", "alone", "conflicts_of", "fused", "sign_of"]

_CALL_SIGN_US = 10 * MINUTE_US
_FEWEST_SIGNS = 4
_VELOCITY_ERROR_M_S = 10.0
_TURNING_M_S2 = 15.0  # half as much again as gravity: an airliner's steepest turn is a third of it
_DEFAULT = TrackSettings()

_VALUES: tuple[tuple[str, Callable[[TrackRow], object]], ...] = (
    ("altitude", lambda row: row.altitude_w84_m),
    ("pressure altitude", lambda row: row.altitude_std_m),
    ("velocity", lambda row: row.ground_speed_m_s),
    ("vertical rate", lambda row: row.vertical_rate_m_s),
)


class FusedTrack(msgspec.Struct, frozen=True):
    """key: its name, that of the first of its tracks in their order, whichever is used. rows: its
    tracks, the one whose position is used first. used: by value, the track that it is of.
    conflicts: of which values. uncertainty_m: around the position, over all that conflicts.
    implausible: of any of them.
    """

    key: TrackKey
    rows: tuple[TrackRow, ...]
    used: dict[str, TrackRow]
    conflicts: tuple[str, ...]
    uncertainty_m: float
    state: str
    implausible: str | None

    @property
    def position(self) -> TrackRow:
        """The track whose position is used."""
        return self.rows[0]


def fused(rows: Iterable[TrackRow]) -> list[FusedTrack]:
    """The tracks that one reader may see, as things; in the order of their keys."""
    groups: dict[tuple[str, str], list[TrackRow]] = {}
    for row in rows:
        groups.setdefault(identity_of(row.key.feed_party, row.key.track_id), []).append(row)
    many = [identity for identity, group in groups.items() if len(group) > MOST_TOGETHER]
    found = [alone(row) for identity in many for row in groups.pop(identity)]
    found += [_fused(group) for group in _by_call_sign(groups)]
    return sorted(found, key=lambda each: _order(each.key))


def alone(row: TrackRow) -> FusedTrack:
    """A track that is of nothing else's identity or call sign, as a thing."""
    used = {"position": row, **{name: row for name, value in _VALUES if value(row) is not None}}
    if row.callsign is not None:
        used["call sign"] = row
    if row.owner is not None:
        used["party"] = row
    return FusedTrack(row.key, (row,), used, (), row.uncertainty_m, row.state, row.implausible)


def sign_of(callsign: str | None) -> str:
    """A call sign as it is compared; "" for none."""
    return "".join((callsign or "").split()).upper()


def conflicts_of(one: TrackRow, other: TrackRow) -> tuple[str, ...]:
    """Of which values two tracks that are to be one thing contradict each other."""
    found: list[str] = []
    if distance_m(one, other) > _allowed_m(one, other):
        found.append("position")
    rise_m = _rise_m(one, other)
    for name, value in _VALUES[:2]:
        low, high = value(one), value(other)
        if isinstance(low, float) and isinstance(high, float) and abs(low - high) > rise_m:
            found.append(name)
    turned_m_s = _TURNING_M_S2 * _unsure_s(one, other, lambda row: row.velocity_us)
    if _velocity_gap_m_s(one, other) > _VELOCITY_ERROR_M_S + turned_m_s:
        found.append("velocity")
    if (
        _sign(one) and _sign(other) and _sign(one) != _sign(other)
        and abs((one.callsign_us or 0) - (other.callsign_us or 0)) <= _CALL_SIGN_US
    ):  # fmt: skip
        found.append("call sign")
    if one.owner is not None and other.owner is not None and one.owner != other.owner:
        found.append("party")
    return tuple(found)


def agree(one: TrackRow, other: TrackRow) -> bool:
    """Whether two tracks can be told to be at one place: errs toward no. The same as
    :func:`wideberth.watch.agreeing.identities` asks of many.
    """
    near = distance_m(one, other) <= _allowed_m(one, other, most_accuracy_m=MOST_ACCURACY_M)
    against = set(conflicts_of(one, other)) - {"position", "velocity", "call sign"}
    gap_s = abs(one.time_us - other.time_us) / SECOND_US
    return near and gap_s <= MOST_GAP_S and not against


def distance_m(one: TrackRow, other: TrackRow) -> float:
    """Between two positions, over the ground."""
    at, there = (ecef_m(each.latitude_deg, each.longitude_deg) for each in (one, other))
    return float(arc_m(np.linalg.norm((at - there)[np.newaxis], axis=1))[0])


def _by_call_sign(
    groups: dict[tuple[str, str], list[TrackRow]],
) -> list[list[TrackRow]]:
    """The groups, those of one call sign joined where that can be told."""
    named: dict[str, list[tuple[str, str]]] = {}
    for identity, group in groups.items():
        signs = {_sign(row) for row in group} - {""}
        if len(signs) == 1 and _is_telling(sign := signs.pop()):
            named.setdefault(sign, []).append(identity)
    joined: list[list[TrackRow]] = []
    done: set[tuple[str, str]] = set()
    for identities in named.values():
        kinds = {kind for kind, _ in identities}
        together = [row for identity in identities for row in groups[identity]]
        if (
            1 < len(identities) == len(kinds)
            and len(together) <= MOST_TOGETHER
            and all(agree(one, other) for one, other in combinations(together, 2))
        ):
            joined.append(together)
            done.update(identities)
    return joined + [group for identity, group in groups.items() if identity not in done]


def _fused(group: Sequence[TrackRow]) -> FusedTrack:
    first = min(group, key=lambda row: _order(row.key))
    if len(group) == 1:
        return alone(first)
    rows = sorted(group, key=_preference)
    best = rows[0]
    found: set[str] = set()
    reach_m = best.uncertainty_m
    for one, other in combinations(rows, 2):
        against = conflicts_of(one, other)
        found.update(against)
        if "position" in against:
            reach_m = max(
                reach_m, *(distance_m(best, row) + row.uncertainty_m for row in (one, other))
            )
    order = ("position", "altitude", "pressure altitude", "velocity", "call sign", "party")
    return FusedTrack(
        key=first.key,
        rows=tuple(rows),
        used=_used(rows),
        conflicts=tuple(each for each in order if each in found),
        uncertainty_m=reach_m,
        state=best.state,
        implausible=next((row.implausible for row in rows if row.implausible), None),
    )


def _used(rows: Sequence[TrackRow]) -> dict[str, TrackRow]:
    best = rows[0]
    used = {"position": best}
    speaking = [row for row in rows if row is best or row.state != "silent"]
    for name, value in _VALUES:
        source = next((row for row in speaking if value(row) is not None), None)
        if source is not None:
            used[name] = source
    named = [row for row in rows if row.callsign is not None]
    if named:
        used["call sign"] = max(named, key=lambda row: row.callsign_us or 0)
    owned = next((row for row in rows if row.owner is not None), None)
    if owned is not None:
        used["party"] = owned
    return used


def _preference(row: TrackRow) -> tuple[bool, bool, float, int, tuple[str, str, str]]:
    return (
        row.state == "silent",
        row.implausible is not None,
        row.uncertainty_m,
        -row.time_us,
        _order(row.key),
    )


def _order(key: TrackKey) -> tuple[str, str, str]:
    return key.feed_party or "", key.track_id, key.feed


def _allowed_m(one: TrackRow, other: TrackRow, *, most_accuracy_m: float = math.inf) -> float:
    unknown_m_s = _DEFAULT.unknown_speed_m_s
    speeds = (row.ground_speed_m_s for row in (one, other))
    speed_m_s = max(unknown_m_s if each is None else each for each in speeds)
    accuracy_m = sum(min(row.accuracy_m, most_accuracy_m) for row in (one, other))
    unsure_s = _unsure_s(one, other, lambda row: row.time_us)
    return accuracy_m + (speed_m_s + _DEFAULT.widening_m_s) * unsure_s


def _rise_m(one: TrackRow, other: TrackRow) -> float:
    climb_m_s = max(CLIMB_M_S, *(abs(row.vertical_rate_m_s or 0.0) for row in (one, other)))
    errors_m = one.vertical_error_m + other.vertical_error_m
    return errors_m + climb_m_s * _unsure_s(one, other, lambda row: row.altitude_us)


def _velocity_gap_m_s(one: TrackRow, other: TrackRow) -> float:
    """By how much two velocities differ that were reported; 0 where one was not, for a velocity
    that is derived is off by what both of its positions are.
    """
    across: list[complex] = []
    for each in (one, other):
        speed_m_s, course_deg = each.ground_speed_m_s, each.course_deg
        if each.velocity_source != "reported" or speed_m_s is None or course_deg is None:
            return 0.0
        across.append(cmath.rect(speed_m_s, math.radians(course_deg)))
    return abs(across[0] - across[1])


def _unsure_s(one: TrackRow, other: TrackRow, moment_us: Callable[[TrackRow], int | None]) -> float:
    """Between the moments of a value of both, and what their clocks may be off; where one does not
    say the value, nothing hangs on it.
    """
    gap_us = abs((moment_us(one) or 0) - (moment_us(other) or 0))
    return gap_us / SECOND_US + one.clock_error_s + other.clock_error_s


def _sign(row: TrackRow) -> str:
    return sign_of(row.callsign)


def _is_telling(sign: str) -> bool:
    return len(sign) >= _FEWEST_SIGNS and any(each.isdigit() for each in sign)
