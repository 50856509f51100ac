"""The real flights of the demo, and what is derived from them: owners and working areas.

The positions are those of 9 September 2020 in the sample ``firefighting/calfire.json.gz`` of the
PyPI package ``traffic``: recorded ADS-B, every 28 s in the median. They are replayed as they stand:
none is left out, moved or put between two others.

Over one fire east of San Diego (the Valley Fire), from 00:00 to 02:15 UTC, more positions of more
aircraft at once are in the sample than over any other: an air attack aircraft (AA460) circles at
about 1,900 m, and two tankers (T71, and N427DF, whose call sign is its registration, but which
flies like T71 and from the same airfield) come in under it again and again, and go back to Ramona
for the next load. That is why the demo plays this fire and these hours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from wideberth.faces.feeds.files import read_positions
from wideberth.faces.feeds.samples import sample_path
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339, parse_rfc3339
from wideberth.watch.reports import ReportBatch

__all__ = [
    "END_US",
    "FIRE_EDGE_DEG",
    "SAMPLE",
    "START_US",
    "Area",
    "Flights",
    "owner_of",
    "read_day",
]

SAMPLE = "firefighting/calfire.json.gz"
START_US = parse_rfc3339("2020-09-09T00:25:00Z")
END_US = parse_rfc3339("2020-09-09T02:00:00Z")
FIRE_EDGE_DEG = 32.86  # latitude: south of it the aircraft worked the fire, north of it they flew
# to and from the airfield at Ramona

_HELICOPTERS = ("C", "N340WN", "N342WN", "N343WN", "N345WN", "N346WN")
_FIRST_US = START_US - 25 * MINUTE_US  # areas rest on 00:00 to 02:15
_LAST_US = END_US + 15 * MINUTE_US
_METRES_A_DEGREE = 111_320.0  # of latitude; the areas are drawn 1 km larger than what was flown
_MARGIN_M = 1000.0
_STEP_M = 50.0


def owner_of(_track: str, call_sign: str | None) -> str:
    """The party of the demo to which an aircraft of the sample is given, by its call sign.

    AA and A with digits: air attack. C, and the WN registrations (forestry helicopters of
    Washington): helicopters. T, and the remaining registrations, which flew like T71: tankers.
    """
    name = (call_sign or "").upper()
    if name.startswith("A"):
        return "air-attack"
    if name.startswith(_HELICOPTERS):
        return "helicopters"
    return "tankers"


@dataclass(frozen=True)
class Area:
    """Where an aircraft worked: a ring of (longitude, latitude), and a band of heights above the
    WGS84 ellipsoid.
    """

    ring_deg: tuple[tuple[float, float], ...]
    lower_m: float
    upper_m: float


@dataclass(frozen=True)
class Flights:
    """The day's positions, and what the demo asks of them."""

    positions: ReportBatch

    def reports(self, after_us: int, until_us: int) -> list[dict[str, object]]:
        """The positions from after after_us up to until_us, as the API takes them."""
        rows = self.positions
        first, last = np.searchsorted(rows.time_us, [after_us, until_us], side="right")
        return [self._report(index) for index in range(int(first), int(last))]

    def area(self, call_sign: str, *, at_fire: bool, spread: float = 2.0) -> Area:
        """Where the aircraft flew from 00:00 to 02:15: the convex hull of its positions, 1 km
        wider, and its heights without the spread percent at either end, to the next 50 m.
        """
        mine = self._rows_of(call_sign, at_fire=at_fire)
        rows = self.positions
        heights_m = rows.altitude_w84_m[mine]
        heights_m = heights_m[~np.isnan(heights_m)]
        low_m, high_m = np.percentile(heights_m, [spread, 100 - spread])
        return Area(
            ring_deg=_hull(rows.longitude_deg[mine], rows.latitude_deg[mine]),
            lower_m=math.floor((low_m - _STEP_M) / _STEP_M) * _STEP_M,
            upper_m=math.ceil((high_m + _STEP_M) / _STEP_M) * _STEP_M,
        )

    def middle(self, call_sign: str) -> tuple[float, float]:
        """The median place (longitude, latitude) of an aircraft over the fire."""
        mine = self._rows_of(call_sign, at_fire=True)
        rows = self.positions
        return (
            round(float(np.median(rows.longitude_deg[mine])), 4),
            round(float(np.median(rows.latitude_deg[mine])), 4),
        )

    def _rows_of(self, call_sign: str, *, at_fire: bool) -> NDArray[np.int64]:
        rows = self.positions
        named = np.array([each == call_sign for each in rows.callsign])
        hours = (rows.time_us >= _FIRST_US) & (rows.time_us <= _LAST_US)
        south = rows.latitude_deg < FIRE_EDGE_DEG
        return np.flatnonzero(named & hours & (south if at_fire else ~south))

    def _report(self, index: int) -> dict[str, object]:
        rows = self.positions
        report: dict[str, object] = {
            "track": rows.track_id[index],
            "party": rows.owner[index],
            "latitude": float(rows.latitude_deg[index]),
            "longitude": float(rows.longitude_deg[index]),
            "time": format_rfc3339(int(rows.time_us[index])),
        }
        if rows.callsign[index]:
            report["call_sign"] = rows.callsign[index]
        for name, values in (
            ("altitude_m", rows.altitude_w84_m),
            ("ground_speed_m_s", rows.ground_speed_m_s),
            ("track_deg", rows.course_deg),
            ("vertical_rate_m_s", rows.vertical_rate_m_s),
        ):
            value = float(values[index])
            if not math.isnan(value):
                report[name] = round(value, 2)
        return report


def read_day() -> Flights | None:
    """The day's flights; None where the sample is not installed."""
    path = sample_path(SAMPLE)
    if path is None:
        return None
    positions, _ = read_positions(path, feed="calfire-adsb", owner_of=owner_of)
    first, last = np.searchsorted(positions.time_us, [_FIRST_US, _LAST_US + SECOND_US])
    return Flights(positions.rows(int(first), int(last)))


def _hull(
    longitude_deg: NDArray[np.float64], latitude_deg: NDArray[np.float64]
) -> tuple[tuple[float, float], ...]:
    middle_deg = float(latitude_deg.mean())
    scale = np.array([_METRES_A_DEGREE * math.cos(math.radians(middle_deg)), _METRES_A_DEGREE])
    points = np.column_stack([longitude_deg, latitude_deg]) * scale
    hull = shapely.buffer(shapely.convex_hull(shapely.multipoints(points)), _MARGIN_M, quad_segs=3)
    ring = shapely.get_coordinates(shapely.simplify(hull, 50.0)) / scale
    return tuple((round(float(lon), 5), round(float(lat), 5)) for lon, lat in ring)
