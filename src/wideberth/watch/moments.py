"""Heights and velocities of another moment than the position that they came with: how far from it
that may be, and how much less surely they count. Pure.

An aircraft says its place, its height and its velocity in several messages, and a feed joins what
is a few seconds apart. The table keeps each value as it was said, with how long before the position
that was. Whoever predicts goes on from the position's moment, so:

* a height is off by its climb for each second that lies between, before or behind; where the climb
  is not known, by ``CLIMB_M_S``;
* a velocity that is older than the position is off by what turns and brakes in that time,
  ``TURNING_M_S2``, and so is every second of the position's age; its rate of climb likewise by
  ``CLIMBING_M_S2``. One that is newer is nearer to now than the position's own would be, and the
  widening of :class:`wideberth.watch.settings.TrackSettings` covers it as it does that one.

What is further apart than ``MOST_APART_US``, or ahead of now by more than a position may be, is
taken as not said.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch.paths import Floats
from wideberth.watch.reports import ReportBatch

__all__ = ["CLIMB_M_S", "MOST_APART_US", "behind_us", "height_error_m", "velocity_error_m_s"]

Ints = NDArray[np.int64]
Behind = NDArray[np.int32]
"""Microseconds before the position's moment; negative: after it."""

MOST_APART_US = MINUTE_US  # a velocity as old as that widens by 300 m/s, and is none any more
CLIMB_M_S = 10.0  # where a climb is not known: 2,000 ft a minute, as aircraft climb
TURNING_M_S2 = 5.0  # half of gravity: a bank of 27 degrees, an airliner's steepest
CLIMBING_M_S2 = 2.5  # a quarter of gravity, which ACAS asks of pilots (ICAO Annex 10, volume IV)


def behind_us(batch: ReportBatch, rows: Ints, latest_us: int) -> tuple[Ints, NDArray[np.bool_]]:
    """How long before the position of each of these rows its heights, and its velocity, were said:
    (2, n); and which of those times count for nothing. latest_us: the latest that a time may be.
    """
    times_us = batch.time_us[rows]
    behind = np.zeros((2, len(rows)), np.int64)
    wrong = np.zeros((2, len(rows)), np.bool_)
    for at, column in enumerate((batch.altitude_time_us, batch.velocity_time_us)):
        if column is not None:
            behind[at] = times_us - column[rows]
            wrong[at] = np.abs(behind[at]) > MOST_APART_US
            wrong[at] |= column[rows] > latest_us
    behind[wrong] = 0
    return behind, wrong


def velocity_error_m_s(velocity_behind_us: Behind) -> Floats:
    """By how much each velocity may be another by the position's moment than when it was said: of
    each, or (1,) where that is the same of all.
    """
    return TURNING_M_S2 * _older_s(velocity_behind_us)


def height_error_m(
    climb_m_s: Floats,
    altitude_behind_us: Behind,
    velocity_behind_us: Behind,
    *,
    age_s: Floats,
    widening_m_s: float,
) -> Floats:
    """How far each height may be from where its climb leads from the position's moment on, beyond
    how far it was off when it was said. climb_m_s: NaN where unknown. age_s: of the position.
    widening_m_s: by how much a climb is off that is as old as the position.
    """
    off_m_s = widening_m_s + CLIMBING_M_S2 * _older_s(velocity_behind_us)
    if not altitude_behind_us.any():  # most feeds say them together, and each look asks of all
        return off_m_s * age_s
    apart_s = np.abs(altitude_behind_us) / SECOND_US
    between_m_s = np.where(np.isnan(climb_m_s), CLIMB_M_S, np.abs(climb_m_s))
    return between_m_s * apart_s + off_m_s * (age_s + apart_s)


def _older_s(velocity_behind_us: Behind) -> Floats:
    if not velocity_behind_us.any():
        return np.zeros(1)  # of each
    return np.maximum(velocity_behind_us, 0) / SECOND_US
