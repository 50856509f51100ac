"""What a recorded day shows in hindsight: when two aircraft were nearer than limits, by a slow and
obvious reference that shares nothing with the watch but the positions.

Each second of the day every aircraft is put on the straight line between the two positions that
were reported before and after it, where they are at most 30 s apart, and all pairs are measured:
the chord on the WGS84 ellipsoid, and the difference of pressure heights. Nothing is predicted and
nothing is widened. Two positions of one address are one aircraft.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch.reports import ReportBatch

__all__ = ["GONE_US", "Day", "Loss", "flight_hours", "losses", "near"]

GONE_US = 30 * SECOND_US  # positions further apart than this are not joined by a line
_APART_US = 120 * SECOND_US  # nearer in time than this, two approaches of a pair are one
_EQUATOR_M, _FLATNESS = 6_378_137.0, 1 / 298.257_223_563  # WGS84

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Day:
    """Moments at which two aircraft were near: one row each, ordered by time. first, second: into
    names; seen_us: since when the later known of the two had been heard without a gap.
    """

    names: list[str]
    time_us: Ints
    first: Ints
    second: Ints
    horizontal_m: Floats
    vertical_m: Floats
    seen_us: Ints


@dataclass(frozen=True)
class Loss:
    """One approach within limits. known_us: how long both had been heard when it began."""

    pair: tuple[str, str]
    begin_us: int
    end_us: int
    known_us: int


@dataclass(frozen=True)
class _Flight:
    """One address: its positions in order of time, one a moment, and since when without a gap."""

    name: str
    time_us: Ints
    numbers: Floats  # latitude, longitude, height
    since_us: Ints


def near(positions: ReportBatch, *, horizontal_m: float, vertical_m: float) -> Day:
    """Every second and pair within both limits."""
    flights = _flights(positions)
    first_s = min(int(each.time_us[0]) for each in flights) // SECOND_US
    last_s = max(int(each.time_us[-1]) for each in flights) // SECOND_US
    found: list[tuple[Ints, Ints, Ints, Floats, Floats, Ints]] = []
    by_second: dict[int, list[tuple[int, Floats, int]]] = {}
    for number, flight in enumerate(flights):
        for at_us, place, since_us in _each_second(flight):
            by_second.setdefault(at_us, []).append((number, place, since_us))
    for second in range(first_s, last_s + 1):
        here = by_second.get(second * SECOND_US, [])
        if len(here) < 2:
            continue
        number = np.array([each[0] for each in here])
        place = np.array([each[1] for each in here])
        since_us = np.array([each[2] for each in here])
        i, j = np.triu_indices(len(here), 1)
        at = _ecef_m(place[:, 0], place[:, 1])
        apart_m = np.linalg.norm(at[i] - at[j], axis=1)
        rise_m = np.abs(place[i, 2] - place[j, 2])
        keep = (apart_m <= horizontal_m) & (rise_m <= vertical_m)
        if keep.any():
            i, j = i[keep], j[keep]
            time_us = np.full(len(i), second * SECOND_US)
            known = np.maximum(since_us[i], since_us[j])
            found.append((time_us, number[i], number[j], apart_m[keep], rise_m[keep], known))
    columns = [np.concatenate(each) for each in zip(*found, strict=True)]
    return Day([each.name for each in flights], *columns)


def losses(day: Day, *, horizontal_m: float, vertical_m: float) -> list[Loss]:
    """The approaches within the limits, which are at most those of the day."""
    keep = (day.horizontal_m <= horizontal_m) & (day.vertical_m <= vertical_m)
    open_: dict[tuple[int, int], tuple[int, int, int]] = {}
    done: list[Loss] = []

    def close(pair: tuple[int, int]) -> None:
        begin_us, end_us, seen_us = open_.pop(pair)
        one, other = sorted((day.names[pair[0]], day.names[pair[1]]))
        done.append(Loss((one, other), begin_us, end_us, begin_us - seen_us))

    rows: list[int] = np.flatnonzero(keep).tolist()
    for row in rows:
        pair = int(day.first[row]), int(day.second[row])
        at_us = int(day.time_us[row])
        if pair in open_ and at_us - open_[pair][1] > _APART_US:
            close(pair)
        begin_us, _, seen_us = open_.get(pair, (at_us, at_us, int(day.seen_us[row])))
        open_[pair] = begin_us, at_us, seen_us
    for pair in list(open_):
        close(pair)
    return sorted(done, key=lambda each: (each.begin_us, each.pair))


def flight_hours(positions: ReportBatch, *, gap_us: int = 60 * SECOND_US) -> float:
    """How long aircraft were heard: the time between positions that are at most gap_us apart."""
    steps = [np.diff(each.time_us) for each in _flights(positions)]
    return sum(int(each[each <= gap_us].sum()) for each in steps) / SECOND_US / 3600


def _flights(positions: ReportBatch) -> list[_Flight]:
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(positions.track_id):
        rows.setdefault(name, []).append(row)
    made: list[_Flight] = []
    for name, own in sorted(rows.items()):
        time_us, first = np.unique(positions.time_us[own], return_index=True)
        at = np.array(own)[first]
        numbers = np.column_stack(
            (
                positions.latitude_deg[at],
                positions.longitude_deg[at],
                positions.altitude_std_m[at],
            )
        )
        begins = np.r_[True, np.diff(time_us) > GONE_US]
        since_us = time_us[np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))]
        made.append(_Flight(name, time_us, numbers, since_us))
    return made


def _each_second(flight: _Flight) -> list[tuple[int, Floats, int]]:
    """Where it was at each whole second between two positions that belong together."""
    time_us = flight.time_us
    seconds = np.arange(-(-int(time_us[0]) // SECOND_US), int(time_us[-1]) // SECOND_US + 1)
    at_us = seconds * SECOND_US
    after = np.minimum(np.searchsorted(time_us, at_us, side="left"), len(time_us) - 1)
    before = np.maximum(np.searchsorted(time_us, at_us, side="right") - 1, 0)
    joined = time_us[after] - time_us[before] <= GONE_US
    at_us, before = at_us[joined], before[joined]
    places = np.column_stack([np.interp(at_us, time_us, column) for column in flight.numbers.T])
    since_us: list[int] = flight.since_us[before].tolist()
    return list(zip(at_us.tolist(), places, since_us, strict=True))


def _ecef_m(latitude_deg: Floats, longitude_deg: Floats) -> Floats:
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    squared = _FLATNESS * (2 - _FLATNESS)
    normal_m = _EQUATOR_M / np.sqrt(1 - squared * np.sin(latitude) ** 2)
    return np.column_stack(
        (
            normal_m * np.cos(latitude) * np.cos(longitude),
            normal_m * np.cos(latitude) * np.sin(longitude),
            normal_m * (1 - squared) * np.sin(latitude),
        )
    )
