"""Distance between two points on the WGS84 ellipsoid, by the exact library."""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = ["around", "between", "distance_m"]


@cache
def _geod() -> Any:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def around(
    latitude_deg: float, longitude_deg: float, radius_m: float, count: int
) -> list[tuple[float, float]]:
    """So many points (latitude, longitude) [deg, WGS84] at a distance from a middle, clockwise from
    north. Source and error as in :func:`distance_m`.
    """
    azimuths_deg = [360.0 * number / count for number in range(count)]
    longitudes_deg, latitudes_deg, _ = _geod().fwd(
        [longitude_deg] * count, [latitude_deg] * count, azimuths_deg, [radius_m] * count
    )
    return list(zip(latitudes_deg, longitudes_deg, strict=True))


def between(
    latitude_a_deg: float,
    longitude_a_deg: float,
    latitude_b_deg: float,
    longitude_b_deg: float,
    at_most_m: float,
) -> list[tuple[float, float]]:
    """Points (latitude, longitude) [deg, WGS84] on the geodesic between two, neither of them, that
    part it evenly into pieces of at most so many metres; none where it is no longer than that.
    """
    metres = distance_m(latitude_a_deg, longitude_a_deg, latitude_b_deg, longitude_b_deg)
    count = int(metres // at_most_m)
    if not count:
        return []
    points = _geod().npts(longitude_a_deg, latitude_a_deg, longitude_b_deg, latitude_b_deg, count)
    return [(latitude_deg, longitude_deg) for longitude_deg, latitude_deg in points]


def distance_m(
    latitude_a_deg: float, longitude_a_deg: float, latitude_b_deg: float, longitude_b_deg: float
) -> float:
    """Metres along the geodesic between two points [deg, WGS84]. Error below a micrometre.

    Source: Karney, Algorithms for geodesics (2013), as PROJ has it.
    """
    _, _, metres = _geod().inv(longitude_a_deg, latitude_a_deg, longitude_b_deg, latitude_b_deg)
    return float(metres)
