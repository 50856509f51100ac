"""Well clear, as DAIDALUS defines it: a volume of distance and time about two aircraft.

Two aircraft are not well clear of each other while, at the same moment,

* horizontally they are within DTHR, or would pass within DTHR and their modified tau is within
  TTHR: the time to closest approach, brought forward for slow closure;
* vertically they are within ZTHR, or will be at one height within TCOA.

It is the volume WCV_TAUMOD. Source of the definitions and of the closed forms: C. Munoz,
A. Narkawicz, J. Chamberlain, M. Consiglio, J. Upchurch, "A Family of Well-Clear Boundary Models for
the Integration of UAS in the NAS", AIAA 2014-2412; thresholds: RTCA DO-365B.

Frame: a plane. s is where one is as seen from the other, v its velocity so seen: east and north (or
any two square axes) and up, metres and metres per second; neither turns, climbs otherwise or
changes speed. Who is seen from whom makes no difference. All edges are closed: touching counts.

Uncertainty: s may be off by horizontal_error_m in any direction and by vertical_error_m up or down;
an interval is then that of every s so near, so it errs toward a violation. For modified tau that
is exact: it is within TTHR where s + v TTHR / 2 is in a disc of radius
sqrt(DTHR^2 + (v TTHR / 2)^2), and the disc grows by the error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.watch.closest import KERNELS
from wideberth.watch.paths import Floats

# A kernel takes flat arrays and numbers, by position.
# ruff: noqa: PLR0913

__all__ = [
    "BUFFERED_PHASE_I",
    "BUFFERED_PHASE_I_PREVENTIVE",
    "NON_COOP",
    "NON_COOP_ALERTS",
    "PHASE_I",
    "PHASE_II",
    "PHASE_II_ALERTS",
    "PHASE_I_ALERTS",
    "PHASE_I_PREVENTIVE",
    "Alert",
    "Alerts",
    "Volume",
    "alert_level",
    "closest_approach",
    "modified_tau_s",
    "violated",
    "violation",
]

_kernel = KERNELS

_FOOT_M = 0.3048
_NAUTICAL_MILE_M = 1852.0


@dataclass(frozen=True)
class Volume:
    """The thresholds of one volume, in the source's names. dthr_m, zthr_m: horizontal and vertical
    distance. tthr_s: modified tau. tcoa_s: time to one height.
    """

    dthr_m: float
    zthr_m: float
    tthr_s: float
    tcoa_s: float


# DO-365B, en route (Phase I), terminal area (Phase II), against those that do not answer.
PHASE_I = Volume(0.66 * _NAUTICAL_MILE_M, 450 * _FOOT_M, 35.0, 0.0)
PHASE_I_PREVENTIVE = Volume(0.66 * _NAUTICAL_MILE_M, 700 * _FOOT_M, 35.0, 0.0)
PHASE_II = Volume(1500 * _FOOT_M, 450 * _FOOT_M, 0.0, 0.0)
NON_COOP = Volume(2200 * _FOOT_M, 450 * _FOOT_M, 0.0, 0.0)
# With SC-228's buffer for what sensors do not know.
BUFFERED_PHASE_I = Volume(1.0 * _NAUTICAL_MILE_M, 450 * _FOOT_M, 35.0, 20.0)
BUFFERED_PHASE_I_PREVENTIVE = Volume(1.0 * _NAUTICAL_MILE_M, 750 * _FOOT_M, 35.0, 20.0)


@dataclass(frozen=True)
class Alert:
    """One level: its volume, and how long before a violation of it the level is due; early_s: how
    long before it may be given at the earliest.
    """

    volume: Volume
    due_s: float
    early_s: float


@dataclass(frozen=True)
class Alerts:
    """DO-365B's levels: 1 preventive, 2 corrective, 3 warning."""

    preventive: Alert
    corrective: Alert
    warning: Alert


PHASE_I_ALERTS = Alerts(
    Alert(PHASE_I_PREVENTIVE, 55.0, 75.0), Alert(PHASE_I, 55.0, 75.0), Alert(PHASE_I, 25.0, 55.0)
)
PHASE_II_ALERTS = Alerts(
    Alert(PHASE_II, 45.0, 75.0), Alert(PHASE_II, 45.0, 75.0), Alert(PHASE_II, 45.0, 75.0)
)
NON_COOP_ALERTS = Alerts(
    Alert(NON_COOP, 55.0, 110.0), Alert(NON_COOP, 55.0, 110.0), Alert(NON_COOP, 25.0, 90.0)
)


def violation(
    volume: Volume,
    position_m: Floats,
    velocity_m_s: Floats,
    look_ahead_s: float,
    *,
    horizontal_error_m: Floats | None = None,
    vertical_error_m: Floats | None = None,
) -> tuple[Floats, Floats]:
    """When each pair first and last is not well clear between now and the look-ahead, seconds.

    position_m, velocity_m_s: s and v, (n, 3); an unknown height or climb, NaN, is every
    height. The errors: (n,), 0
    where not given; see the module. Returns two arrays (n,): infinity and minus infinity where
    there is no violation; equal where volumes only touch. A violation that began before now begins
    at 0, one that goes on ends at the look-ahead.
    """
    count = len(position_m)
    first, last = np.empty(count), np.empty(count)
    if horizontal_error_m is None and vertical_error_m is None:
        _violations(
            position_m,
            velocity_m_s,
            volume.dthr_m,
            volume.zthr_m,
            volume.tthr_s,
            volume.tcoa_s,
            float(look_ahead_s),
            first,
            last,
        )
        return first, last
    _widened(
        position_m,
        velocity_m_s,
        np.zeros(count) if horizontal_error_m is None else horizontal_error_m,
        np.zeros(count) if vertical_error_m is None else vertical_error_m,
        volume.dthr_m,
        volume.zthr_m,
        volume.tthr_s,
        volume.tcoa_s,
        float(look_ahead_s),
        first,
        last,
    )
    return first, last


def violated(volume: Volume, position_m: Floats, velocity_m_s: Floats) -> NDArray[np.bool_]:
    """Whether each pair is not well clear now. position_m, velocity_m_s: s and v, (n, 3)."""
    first_s, _ = violation(volume, position_m, velocity_m_s, 0.0)
    return np.isfinite(first_s)


def modified_tau_s(volume: Volume, position_m: Floats, velocity_m_s: Floats) -> Floats:
    """Modified tau of each pair, seconds: (DTHR^2 - s^2) / (s v), of the horizontal parts. NaN
    where they do not draw nearer; below 0 within DTHR.
    """
    closing = (position_m[:, :2] * velocity_m_s[:, :2]).sum(1)
    apart_m2 = (position_m[:, :2] ** 2).sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(closing < 0, (volume.dthr_m**2 - apart_m2) / closing, np.nan)


def closest_approach(
    position_m: Floats, velocity_m_s: Floats, look_ahead_s: float = math.inf
) -> tuple[Floats, Floats]:
    """When each pair's horizontal distance is least between now and the look-ahead, seconds, and
    how much it then is, metres: time to closest approach and horizontal miss distance (HMD). Now
    where they do not draw nearer.
    """
    across_m, across_m_s = position_m[:, :2], velocity_m_s[:, :2]
    speed2 = (across_m_s**2).sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        time_s = np.where(speed2 > 0, -(across_m * across_m_s).sum(1) / speed2, 0.0)
    time_s = np.clip(time_s, 0.0, look_ahead_s)
    at_m = across_m + across_m_s * time_s[:, None]
    return time_s, np.hypot(at_m[:, 0], at_m[:, 1])


def alert_level(
    alerts: Alerts, position_m: Floats, velocity_m_s: Floats, *, early: bool = False
) -> NDArray[np.int64]:
    """The level of each pair at this moment: 3 warning, 2 corrective, 1 preventive, 0 none; the
    highest whose volume is violated within the time at which it is due, or with early, within that
    from which it may be given. DO-365B's filters over several moments are not in it.
    """
    level = np.zeros(len(position_m), np.int64)
    for number, alert in enumerate((alerts.preventive, alerts.corrective, alerts.warning), 1):
        within_s = alert.early_s if early else alert.due_s
        first_s, _ = violation(alert.volume, position_m, velocity_m_s, within_s)
        level[np.isfinite(first_s)] = number
    return level


@_kernel
def _height(
    rise: float, climb: float, zthr: float, tcoa: float, error: float, look_ahead: float
) -> tuple[float, float]:
    """First and last moment of vertical violation; the first is after the last where none is."""
    if math.isnan(rise) or math.isnan(climb):  # unknown: every height
        return 0.0, look_ahead
    if climb == 0.0:
        if abs(rise) <= zthr + error:
            return 0.0, look_ahead
        return 1.0, 0.0
    # Before one height it begins TCOA ahead, if that is further off than ZTHR; after it ZTHR ends.
    speed = abs(climb)
    begin = max(zthr, tcoa * speed) + error
    ahead = -rise if climb > 0.0 else rise
    return max(0.0, (ahead - begin) / speed), min(look_ahead, (ahead + (zthr + error)) / speed)


@_kernel
def _across(
    x: float,
    y: float,
    u: float,
    w: float,
    dthr: float,
    tthr: float,
    error: float,
    span: float,
) -> tuple[float, float]:
    """First and last moment in [0, span] of horizontal violation of (x, y), velocity (u, w); the
    first is after the last where none is.
    """
    reach = dthr + error
    apart2 = x * x + y * y
    speed2 = u * u + w * w
    if speed2 == 0.0:
        if apart2 <= reach * reach:
            return 0.0, span
        return 1.0, 0.0
    closing = x * u + y * w
    cross = x * w - y * u
    passing = reach * reach * speed2 - cross * cross  # below 0: it never comes within reach
    if apart2 <= reach * reach:
        leave = (math.sqrt(max(passing, 0.0)) - closing) / speed2
        return 0.0, min(span, leave)
    if closing >= 0.0 or passing < 0.0:
        return 1.0, 0.0
    # |s(t) + v TTHR / 2| = radius + error, as a quadratic in t; error 0 is modified tau = TTHR.
    b = 2.0 * closing + tthr * speed2
    c = apart2 + tthr * closing - dthr * dthr
    if error > 0.0:
        half = 0.5 * tthr
        radius = math.sqrt(dthr * dthr + half * half * speed2)
        c -= 2.0 * radius * error + error * error
    under = b * b - 4.0 * speed2 * c
    if under < 0.0:
        return 1.0, 0.0
    enter = (-b - math.sqrt(under)) / (2.0 * speed2)
    leave = (math.sqrt(passing) - closing) / speed2
    return max(0.0, enter), min(span, leave)


@_kernel
def _violation(
    x: float,
    y: float,
    rise: float,
    u: float,
    w: float,
    climb: float,
    dthr: float,
    zthr: float,
    tthr: float,
    tcoa: float,
    horizontal_error: float,
    vertical_error: float,
    look_ahead: float,
) -> tuple[float, float]:
    begin, end = _height(rise, climb, zthr, tcoa, vertical_error, look_ahead)
    if begin > end:
        return math.inf, -math.inf
    enter, leave = _across(
        x + begin * u, y + begin * w, u, w, dthr, tthr, horizontal_error, end - begin
    )
    if enter > leave:
        return math.inf, -math.inf
    return begin + enter, begin + leave


@_kernel
def _violations(
    position: Floats,
    velocity: Floats,
    dthr: float,
    zthr: float,
    tthr: float,
    tcoa: float,
    look_ahead: float,
    first: Floats,
    last: Floats,
) -> None:
    for i in range(len(position)):
        first[i], last[i] = _violation(
            position[i, 0],
            position[i, 1],
            position[i, 2],
            velocity[i, 0],
            velocity[i, 1],
            velocity[i, 2],
            dthr,
            zthr,
            tthr,
            tcoa,
            0.0,
            0.0,
            look_ahead,
        )


@_kernel
def _widened(
    position: Floats,
    velocity: Floats,
    horizontal_error: Floats,
    vertical_error: Floats,
    dthr: float,
    zthr: float,
    tthr: float,
    tcoa: float,
    look_ahead: float,
    first: Floats,
    last: Floats,
) -> None:
    for i in range(len(position)):
        first[i], last[i] = _violation(
            position[i, 0],
            position[i, 1],
            position[i, 2],
            velocity[i, 0],
            velocity[i, 1],
            velocity[i, 2],
            dthr,
            zthr,
            tthr,
            tcoa,
            horizontal_error[i],
            vertical_error[i],
            look_ahead,
        )
