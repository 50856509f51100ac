"""Areas and tracks: is it in, when will it enter, how far is it outside. Whole arrays of tracks
against one area at a time.

An *area* is one or more volumes; each counts for itself. The distances are those of
:func:`wideberth.space.overlap.distance_to_edge_m`, on the ellipsoid and along it.

Entering errs toward "conflict". The track is followed from its last *reported* position along its
course (:mod:`wideberth.watch.paths`) up to the look-ahead, so that what it may have crossed since
that report counts as entered now. Each step is as long as the distance that is left, which no
straight course can jump over; it ends within the step's tolerance (STEP_S at the track's speed), on
the outside. The track's own uncertainty and the error of the path are taken off the distance.
Where a height is unknown, or has another reference than the limit, it counts as every height.

Leaving is judged on the reported position and its time alone, and nothing is taken off or added
but what the clocks may be off, and what a height may be off that was said at another moment than
the position (:mod:`wideberth.watch.moments`): a party's own volume is what it said itself. Where
the height does not compare, or may be on either side of a limit, a track is neither surely in nor
surely out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.clockskew import widened
from wideberth.space.overlap import distance_to_edge_m
from wideberth.space.prepared import PreparedVolume
from wideberth.space.time import SECOND_US
from wideberth.space.vertical import Band, cap_around
from wideberth.watch._met import MAX_STEPS, STEP_S
from wideberth.watch._within import EDGE_ERROR_M
from wideberth.watch.movers import Movers
from wideberth.watch.paths import (
    EARTH_RADIUS_MAX_M,
    Floats,
    along_path_ecef_m,
    ecef_m,
    geodetic_deg,
    path_error_m,
)

__all__ = [
    "STEP_S",
    "Entries",
    "Places",
    "WatchedVolume",
    "entries",
    "height_over_m",
    "places",
    "step_m",
    "vertical_gap_m",
    "watched",
]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class WatchedVolume:
    """A volume as the watch reads it. Heights in metres, NaN where the limit is not of that
    reference (and cannot be brought to it); reach_m: a ball around centre_ecef_m holds it,
    infinite where it is too large for one.
    """

    prepared: PreparedVolume
    centre_ecef_m: Floats
    reach_m: float
    lower_w84_m: float
    upper_w84_m: float
    lower_std_m: float
    upper_std_m: float
    start_us: int
    end_us: int


@dataclass(frozen=True)
class Entries:
    """One row per track. entry_s: when it first is in, 0 for now, infinity for never within the
    look-ahead. volume: in which. distance_m: from that volume now, horizontally, on the predicted
    path; NaN where it was not worked out (too far to matter). vertical_m: likewise; NaN too where
    heights do not compare. height_known: whether they do. allowed_m: how much of the distance was
    taken off for the track's uncertainty, the error of the path and the length of a step.
    """

    entry_s: Floats
    volume: NDArray[np.int64]
    distance_m: Floats
    vertical_m: Floats
    height_known: Mask
    allowed_m: Floats


@dataclass(frozen=True)
class Places:
    """Where each track was, at its last report, against the nearest volume of an area. inside: in
    all of place, height and time. surely_outside: out in one of them, whatever the height that
    does not compare. horizontal_m, vertical_m, time_s: how far, 0 inside; vertical NaN where
    heights do not compare.
    """

    inside: Mask
    surely_outside: Mask
    volume: NDArray[np.int64]
    horizontal_m: Floats
    vertical_m: Floats
    time_s: Floats


def watched(prepared: PreparedVolume, *, clock_us: int = 0) -> WatchedVolume:
    """A prepared volume ready to be watched. clock_us: how far the clock that its times were told
    by may be off; its window is taken to be open for so much longer at both ends (L-12).
    """
    volume = prepared.volume
    start_us, end_us = widened(volume.start_us, volume.end_us, clock_us)
    latitude_deg, longitude_deg, angle_deg = cap_around(volume.footprint)
    lower_w84_m, lower_std_m = _limit_m(prepared, volume.lower, Band.LOWER)
    upper_w84_m, upper_std_m = _limit_m(prepared, volume.upper, Band.UPPER)
    return WatchedVolume(
        prepared=prepared,
        centre_ecef_m=ecef_m(latitude_deg, longitude_deg),
        reach_m=math.inf if angle_deg >= 90 else math.radians(angle_deg) * EARTH_RADIUS_MAX_M,
        lower_w84_m=lower_w84_m,
        upper_w84_m=upper_w84_m,
        lower_std_m=lower_std_m,
        upper_std_m=upper_std_m,
        start_us=start_us,
        end_us=end_us,
    )


def entries(  # noqa: PLR0913 - keyword-only beyond the movers
    area: tuple[WatchedVolume, ...],
    movers: Movers,
    *,
    now_us: int,
    look_ahead_s: float,
    clock_error_s: Floats,
    pressure_error_m: float = math.nan,
    margin_m: float = 0.0,
    vertical_margin_m: float = 0.0,
) -> Entries:
    """When each track is first in one of the volumes of an area. margin_m, vertical_margin_m: by
    how much more than its own size an area is to be avoided.
    """
    count = len(movers)
    run_m = movers.speed_m_s * (movers.age_s + look_ahead_s)
    allowed_m = movers.horizontal_error_m + path_error_m(run_m) + step_m(movers.speed_m_s)
    best = Entries(
        entry_s=np.full(count, np.inf),
        volume=np.zeros(count, np.int64),
        distance_m=np.full(count, np.nan),
        vertical_m=np.full(count, np.nan),
        height_known=np.zeros(count, np.bool_),
        allowed_m=allowed_m,
    )
    pad_m = movers.horizontal_error_m + path_error_m(run_m) + margin_m
    for index, volume in enumerate(area):
        away_m = np.linalg.norm(movers.position_ecef_m - volume.centre_ecef_m, axis=1)
        begin_s, end_s = _window(
            volume,
            movers,
            now_us=now_us,
            look_ahead_s=look_ahead_s,
            clock_error_s=clock_error_s,
            pressure_error_m=pressure_error_m,
            vertical_margin_m=vertical_margin_m,
        )
        rows = np.flatnonzero((away_m <= volume.reach_m + run_m + pad_m) & (begin_s <= end_s))
        if not len(rows):
            continue
        entry_s = _march(volume, movers, rows, begin_s[rows], end_s[rows], pad_m[rows])
        distance_m = _distance_m(volume, movers, rows, np.zeros(len(rows)))
        nearer = ~(distance_m >= best.distance_m[rows])
        better = (entry_s < best.entry_s[rows]) | ((entry_s == best.entry_s[rows]) & nearer)
        rows, entry_s, distance_m = rows[better], entry_s[better], distance_m[better]
        rise_m = movers.climb_m_s[rows] * movers.age_s[rows]
        vertical_m, known = vertical_gap_m(*_limits_m(volume), movers, rows, rise_m)
        best.entry_s[rows] = entry_s
        best.volume[rows] = index
        best.distance_m[rows] = distance_m
        best.vertical_m[rows] = vertical_m
        best.height_known[rows] = known
    return best


def places(
    area: tuple[WatchedVolume, ...],
    movers: Movers,
    *,
    time_us: NDArray[np.int64],
    clock_error_s: Floats,
    height_apart_m: Floats | None = None,
) -> Places:
    """Where each track was at its last report, time_us, against the nearest volume of an area
    (least time apart, then least distance, then least height). A window is held to be open for the
    clock error before and after. height_apart_m: how far each height may be off at time_us, for
    having been said at another moment; None: none is.
    """
    apart_m = np.zeros(len(movers)) if height_apart_m is None else height_apart_m
    deep = np.zeros((len(area), len(movers)), np.bool_)
    count, volumes = len(movers), len(area)
    rows = np.arange(count)
    gaps = np.full((volumes, 3, count), np.nan)
    for index, volume in enumerate(area):
        early_s = (volume.start_us - time_us) / SECOND_US - clock_error_s
        late_s = (time_us - volume.end_us) / SECOND_US - clock_error_s
        gaps[index, 0] = np.maximum(np.maximum(early_s, late_s), 0.0)
        gaps[index, 1] = _distance_m(volume, movers, rows, -movers.age_s)
        over_m, known = height_over_m(*_limits_m(volume), movers, rows, np.zeros(count))
        deep[index] = known & (over_m <= -apart_m)
        gaps[index, 2] = np.maximum(over_m, 0.0)
        # A height above one limit is out whatever the other limit is.
        gaps[index, 2, ~known & ~(gaps[index, 2] > 0)] = np.nan
    height = np.nan_to_num(gaps[:, 2], nan=0.0)
    nearest = np.lexsort((height, gaps[:, 1], gaps[:, 0]), axis=0)[0]
    # On the edge is inside, as far as the distance can tell.
    outside = (gaps[:, 0] > 0) | (gaps[:, 1] > EDGE_ERROR_M) | (height > apart_m)
    chosen = gaps[nearest, :, rows]
    inside: Mask = np.logical_or.reduce(~outside & deep, axis=0)
    surely_outside: Mask = np.logical_and.reduce(outside, axis=0)
    return Places(
        inside=inside,
        surely_outside=surely_outside,
        volume=nearest,
        horizontal_m=chosen[:, 1],
        vertical_m=chosen[:, 2],
        time_s=chosen[:, 0],
    )


def _limit_m(prepared: PreparedVolume, limit: Altitude, band: Band) -> tuple[float, float]:
    w84_mm = prepared.altitude_model.limit_w84_mm(prepared.volume.footprint, limit, band)
    is_std = limit.reference is AltitudeReference.STD
    return (
        math.nan if w84_mm is None else w84_mm / 1000,
        limit.value_mm / 1000 if is_std else math.nan,
    )


def _limits_m(volume: WatchedVolume) -> tuple[tuple[float, float], tuple[float, float]]:
    return (
        (volume.lower_w84_m, volume.lower_std_m),
        (volume.upper_w84_m, volume.upper_std_m),
    )


def _above_m(
    w84_m: Floats | float, std_m: Floats | float, movers: Movers, rows: NDArray[np.int64]
) -> tuple[Floats, Mask]:
    """How far each track is above a limit, at its report; and whether pressure stood in for height
    above the ellipsoid. In the limit's own reference where both are pressure altitudes.
    """
    above_m = movers.altitude_std_m[rows] - std_m
    above_m = np.where(np.isnan(above_m), movers.altitude_w84_m[rows] - w84_m, above_m)
    mixed = np.isnan(above_m)
    return np.where(mixed, movers.altitude_std_m[rows] - w84_m, above_m), mixed


def vertical_gap_m(
    lower_m: tuple[Floats | float, Floats | float],
    upper_m: tuple[Floats | float, Floats | float],
    movers: Movers,
    rows: NDArray[np.int64],
    rise_m: Floats,
) -> tuple[Floats, Mask]:
    """How far each track is above or below a band, rise_m after its report; NaN where neither
    limit compares. And whether both do. lower_m, upper_m: each limit above the ellipsoid and as a
    pressure altitude, one for all of the rows or one for each.
    """
    over_m, known = height_over_m(lower_m, upper_m, movers, rows, rise_m)
    return np.maximum(over_m, 0.0), known


def height_over_m(
    lower_m: tuple[Floats | float, Floats | float],
    upper_m: tuple[Floats | float, Floats | float],
    movers: Movers,
    rows: NDArray[np.int64],
    rise_m: Floats,
) -> tuple[Floats, Mask]:
    """As vertical_gap_m; within the band how far it is to the nearer limit, negative."""
    over_floor_m, floor_mixed = _above_m(*lower_m, movers, rows)
    over_ceiling_m, ceiling_mixed = _above_m(*upper_m, movers, rows)
    under_m = np.where(floor_mixed, np.nan, -over_floor_m - rise_m)
    over_m = np.where(ceiling_mixed, np.nan, over_ceiling_m + rise_m)
    known = ~np.isnan(under_m) & ~np.isnan(over_m)
    return np.fmax(under_m, over_m), known


def _window(
    volume: WatchedVolume,
    movers: Movers,
    *,
    now_us: int,
    look_ahead_s: float,
    clock_error_s: Floats,
    pressure_error_m: float,
    vertical_margin_m: float,
) -> tuple[Floats, Floats]:
    """From when to when, in seconds from now, each track is in the volume's time and height."""
    rows = np.arange(len(movers))
    begin_s = np.maximum(-movers.age_s, (volume.start_us - now_us) / SECOND_US - clock_error_s)
    end_s = np.minimum(look_ahead_s, (volume.end_us - now_us) / SECOND_US + clock_error_s)
    slack_m = movers.vertical_error_m + vertical_margin_m + 0.001
    for w84_m, std_m, sign in (
        (volume.lower_w84_m, volume.lower_std_m, 1.0),
        (volume.upper_w84_m, volume.upper_std_m, -1.0),
    ):
        above_m, mixed = _above_m(w84_m, std_m, movers, rows)
        # Room left to the limit, counted inward, and how fast it grows. NaN, and a pressure
        # altitude without a stated error, is all the room there is.
        room_m = sign * above_m + slack_m + np.where(mixed, pressure_error_m, 0.0)
        room_m = np.where(np.isnan(room_m), np.inf, room_m)
        rate_m_s = sign * movers.climb_m_s
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            zero_s = -room_m / rate_m_s - movers.age_s
        begin_s = np.where((rate_m_s > 0) & (room_m < np.inf), np.fmax(begin_s, zero_s), begin_s)
        end_s = np.where((rate_m_s < 0) & (room_m < np.inf), np.fmin(end_s, zero_s), end_s)
        end_s = np.where((rate_m_s == 0) & (room_m < 0), -np.inf, end_s)
    return begin_s, end_s


def _march(
    volume: WatchedVolume,
    movers: Movers,
    rows: NDArray[np.int64],
    begin_s: Floats,
    end_s: Floats,
    pad_m: Floats,
) -> Floats:
    """When each track is first within pad_m of the footprint, from begin_s to end_s; else inf."""
    entry_s = np.full(len(rows), np.inf)
    at_s = begin_s.copy()
    speed_m_s = movers.speed_m_s[rows]
    tolerance_m = step_m(speed_m_s)
    going = np.arange(len(rows))
    for _ in range(MAX_STEPS):
        left_m = _distance_m(volume, movers, rows[going], at_s[going]) - pad_m[going]
        arrived = left_m <= tolerance_m[going]
        entry_s[going[arrived]] = np.maximum(at_s[going[arrived]], 0.0)
        going, left_m = going[~arrived], left_m[~arrived]
        with np.errstate(divide="ignore", over="ignore"):
            at_s[going] += left_m / speed_m_s[going]
        going = going[at_s[going] <= end_s[going]]
        if not len(going):
            return entry_s
    entry_s[going] = np.maximum(at_s[going], 0.0)
    return entry_s


def step_m(speed_m_s: Floats) -> Floats:
    """How near the edge an entry is told."""
    return speed_m_s * STEP_S + EDGE_ERROR_M


def _distance_m(
    volume: WatchedVolume, movers: Movers, rows: NDArray[np.int64], at_s: Floats
) -> Floats:
    """Distance over the ground from each track, at_s from now on its path, to the footprint."""
    position = along_path_ecef_m(
        movers.position_ecef_m[rows],
        movers.tangent[rows],
        movers.normal[rows],
        movers.radius_m[rows],
        movers.speed_m_s[rows] * (movers.age_s[rows] + at_s),
    )
    latitude_deg, longitude_deg = geodetic_deg(position)
    return distance_to_edge_m(volume.prepared, latitude_deg, longitude_deg)
