"""Whether what two feeds say can be of one thing: the same place and heights, as far as their
accuracies and the time between allow, for heights the time between the heights. Pure.

Two tracks of one identity (:mod:`wideberth.watch.identity`) are taken for one thing only while they
agree, and are then no pair of things that may come too close. Where they do not, one of them is
wrong or there are two things of one address, and both are looked at as what they say they are. So
an agreement errs toward two things: a claimed accuracy counts up to a bound, since whoever claims
to know nothing would agree with everything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch.moments import CLIMB_M_S
from wideberth.watch.paths import Floats, arc_m, ecef_m
from wideberth.watch.tracks import TrackTable

__all__ = ["MOST_ACCURACY_M", "MOST_GAP_S", "MOST_TOGETHER", "identities"]

Ints = NDArray[np.int64]

MOST_ACCURACY_M = 1000.0
MOST_GAP_S = 60.0
MOST_TOGETHER = 16  # more that say one identity are not taken for one thing


def identities(table: TrackTable, slots: Ints) -> Ints:
    """For each track a number that is equal for those that are taken for one thing: of one
    identity, each agreeing with all others of it, and not said to be two parties' own.
    """
    count = len(slots)
    numbers = np.arange(count)
    said = table.identity_code[slots]
    ordered = np.sort(said)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return numbers
    at = np.minimum(np.searchsorted(twice, said), len(twice) - 1)
    rows = np.flatnonzero(twice[at] == said)
    rows = rows[np.argsort(at[rows], kind="stable")]
    group = at[rows]
    sizes = np.bincount(group, minlength=len(twice))
    rows = rows[sizes[group] <= MOST_TOGETHER]
    group = at[rows]
    alone = np.zeros(len(rows), np.bool_)
    for step in range(1, MOST_TOGETHER):
        one = np.flatnonzero(group[step:] == group[:-step])
        if not len(one):
            break
        apart = ~_agree(table, slots[rows[one]], slots[rows[one + step]])
        alone[one[apart]] = alone[one[apart] + step] = True
    numbers[rows[~alone]] = count + group[~alone]
    return numbers


def _agree(table: TrackTable, one: Ints, other: Ints) -> NDArray[np.bool_]:
    """Of pairs of tracks, which agree."""
    limits = table.settings
    gap_s = np.abs(table.time_us[one] - table.time_us[other]) / SECOND_US
    clocks_s = (table.clock_error_us(one) + table.clock_error_us(other)) / SECOND_US
    speed_m_s = np.maximum(*(_speed_m_s(table, each) for each in (one, other)))
    allowed_m = (speed_m_s + limits.widening_m_s) * (gap_s + clocks_s) + sum(
        np.minimum(table.accuracy_m[each], MOST_ACCURACY_M) for each in (one, other)
    )
    chord_m = np.linalg.norm(_ecef_m(table, one) - _ecef_m(table, other), axis=1)
    agree = (gap_s <= MOST_GAP_S) & (arc_m(chord_m) <= allowed_m)
    climb_m_s = np.maximum(*(_climb_m_s(table, each) for each in (one, other)))
    heights_s = np.abs(_altitude_us(table, one) - _altitude_us(table, other)) / SECOND_US
    rise_m = climb_m_s * (heights_s + clocks_s)
    rise_m += table.vertical_error_m(one) + table.vertical_error_m(other)
    for height_m in (table.altitude_w84_m, table.altitude_std_m):
        agree &= ~(np.abs(height_m[one] - height_m[other]) > rise_m)  # unknown: nothing against it
    owner, others = table.owner_code[one], table.owner_code[other]
    return agree & ((owner == others) | (owner < 0) | (others < 0))


def _ecef_m(table: TrackTable, slots: Ints) -> Floats:
    return ecef_m(table.latitude_deg[slots], table.longitude_deg[slots])


def _altitude_us(table: TrackTable, slots: Ints) -> Ints:
    return table.time_us[slots] - table.altitude_behind_us[slots]


def _speed_m_s(table: TrackTable, slots: Ints) -> Floats:
    unknown_m_s = table.settings.unknown_speed_m_s
    return np.nan_to_num(table.ground_speed_m_s[slots], nan=unknown_m_s)


def _climb_m_s(table: TrackTable, slots: Ints) -> Floats:
    climb_m_s = np.abs(np.nan_to_num(table.vertical_rate_m_s[slots], nan=0.0))
    return np.maximum(climb_m_s, CLIMB_M_S)
