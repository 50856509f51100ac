"""A slow, obvious reference for footprints on the ellipsoid, on Karney's geodesics alone.

It shares nothing with the package: no chords, planes, balls or pieces. Sides come from azimuths,
insideness from how azimuths turn, distances from searching along edges.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

from geographiclib.geodesic import Geodesic

from wideberth.space.volume import Circle, Footprint, Polygon

Place = tuple[float, float]  # latitude, longitude in degrees
SAMPLES = 8  # points along an edge that insideness and interior distances are looked at


@lru_cache(maxsize=20_000)
def inverse(a: Place, b: Place) -> tuple[float, float, float]:
    """Length in m, azimuth at a and at b in degrees."""
    answer = Geodesic.WGS84.Inverse(*a, *b, Geodesic.DISTANCE | Geodesic.AZIMUTH)
    return answer["s12"], answer["azi1"], answer["azi2"]


def direct(a: Place, azimuth_deg: float, length_m: float) -> Place:
    """The place at this length along the geodesic from a."""
    answer = Geodesic.WGS84.Direct(*a, azimuth_deg, length_m)
    return answer["lat2"], answer["lon2"]


def along(a: Place, b: Place, share: float) -> Place:
    """The place at this share of the way from a to b."""
    if share in {0.0, 1.0}:
        return b if share else a
    length, azimuth, _ = inverse(a, b)
    return direct(a, azimuth, length * share)


def turn(before_deg: float, after_deg: float) -> float:
    """From one azimuth to another, -180 to 180."""
    return math.remainder(after_deg - before_deg, 360.0)


def ring_of(polygon: Polygon) -> list[Place]:
    return [(lat / 1e9, lon / 1e9) for lat, lon in polygon.vertices]


def edges_of(polygon: Polygon) -> list[tuple[Place, Place]]:
    ring = ring_of(polygon)
    return list(pairwise([*ring, ring[0]]))


def place_of(circle: Circle) -> Place:
    return circle.latitude_nd / 1e9, circle.longitude_nd / 1e9


def is_left(a: Place, b: Place, place: Place) -> bool:
    """Is the place left of the geodesic from a through b? Not for lengths near half round."""
    return turn(inverse(a, b)[1], inverse(a, place)[1]) < 0


def cross(one: tuple[Place, Place], two: tuple[Place, Place]) -> bool:
    """Do two edges, each well under a quarter of the earth round, cross?"""
    return is_left(*one, two[0]) != is_left(*one, two[1]) and is_left(*two, one[0]) != is_left(
        *two, one[1]
    )


def is_inside(polygon: Polygon, place: Place) -> bool:
    """Does the ring turn around the place? Both must lie within one hemisphere."""
    total = 0.0
    for a, b in edges_of(polygon):
        shares = [step / SAMPLES for step in range(SAMPLES + 1)]
        seen = [inverse(place, along(a, b, share))[1] for share in shares]
        for (share, before), (next_share, after) in pairwise(zip(shares, seen, strict=True)):
            total += _turned(place, (a, b), (share, before), (next_share, after))
    return abs(total) > 180


def _turned(
    place: Place,
    edge: tuple[Place, Place],
    here: tuple[float, float],
    there: tuple[float, float],
    depth: int = 12,
) -> float:
    """How far the azimuth turns from one share of an edge to another, looked at finely enough."""
    turned = turn(here[1], there[1])
    if abs(turned) < 60 or depth == 0:
        return turned
    share = (here[0] + there[0]) / 2
    middle = share, inverse(place, along(*edge, share))[1]
    return _turned(place, edge, here, middle, depth - 1) + _turned(
        place, edge, middle, there, depth - 1
    )


def to_edge_m(place: Place, a: Place, b: Place) -> float:
    """Least length from a place to an edge, by golden section; the edge under 2,000 km."""
    low, high = 0.0, 1.0
    ratio = (math.sqrt(5) - 1) / 2
    left, right = high - ratio, ratio
    left_m = inverse(place, along(a, b, left))[0]
    right_m = inverse(place, along(a, b, right))[0]
    best = min(inverse(place, a)[0], inverse(place, b)[0])
    length = inverse(a, b)[0]
    while (high - low) * length > 0.001:
        best = min(best, left_m, right_m)
        if left_m < right_m:
            high, right, right_m = right, left, left_m
            left = high - ratio * (high - low)
            left_m = inverse(place, along(a, b, left))[0]
        else:
            low, left, left_m = left, right, right_m
            right = low + ratio * (high - low)
            right_m = inverse(place, along(a, b, right))[0]
    return min(best, left_m, right_m)


def distance_m(one: Footprint, two: Footprint, *, samples: int = 1) -> float:
    """Least length between two footprints; 0 where they overlap.

    samples: into how many parts each edge is cut, from whose ends lengths are searched.
    """
    if isinstance(one, Circle) and isinstance(two, Circle):
        length = inverse(place_of(one), place_of(two))[0]
        return max(0.0, length - (one.radius_mm + two.radius_mm) / 1000)
    if isinstance(two, Circle):
        return distance_m(two, one, samples=samples)
    if isinstance(one, Circle):
        place = place_of(one)
        if is_inside(two, place):
            return 0.0
        nearest = min(to_edge_m(place, a, b) for a, b in edges_of(two))
        return max(0.0, nearest - one.radius_mm / 1000)
    if any(cross(edge, other) for edge in edges_of(one) for other in edges_of(two)):
        return 0.0
    if is_inside(one, ring_of(two)[0]) or is_inside(two, ring_of(one)[0]):
        return 0.0
    return min(
        to_edge_m(along(c, d, step / samples), a, b)
        for first, second in ((one, two), (two, one))
        for a, b in edges_of(first)
        for c, d in edges_of(second)
        for step in range(samples)
    )
