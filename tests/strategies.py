"""Hypothesis strategies for what the whole project speaks of: places, footprints, volumes.

They lean toward where geometry goes wrong: the poles, the antimeridian, the equator, edges of a
few metres and of hundreds of kilometres, volumes that touch exactly.
"""

from __future__ import annotations

import math

from geographiclib.geodesic import Geodesic
from hypothesis import strategies as st

from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.volume import (
    Circle,
    Footprint,
    Polygon,
    Separation,
    Volume4D,
    circle,
    polygon,
)

HOUR_US = 3_600_000_000
START_US = 1_788_912_000_000_000  # 2026-09-09T00:00:00Z

Place = tuple[float, float]  # latitude, longitude in degrees


def unit() -> st.SearchStrategy[float]:
    """From 0 to 1."""
    return st.floats(0, 1, allow_subnormal=False)


@st.composite
def places(draw: st.DrawFn) -> Place:
    """Anywhere, and often near a pole, on the antimeridian or on the equator."""
    where = draw(st.sampled_from(("anywhere", "pole", "near a pole", "seam", "equator")))
    longitude = draw(st.floats(-180, 179.999))
    if where == "anywhere":
        return math.degrees(math.asin(draw(st.floats(-1, 1)))), longitude
    if where == "pole":
        return draw(st.sampled_from((90.0, -90.0))), 0.0
    if where == "near a pole":
        return draw(st.sampled_from((1, -1))) * draw(st.floats(89, 90)), longitude
    if where == "seam":
        return draw(st.floats(-80, 80)), wrapped(180 + draw(st.floats(-0.5, 0.5)))
    return 0.0, longitude


def wrapped(longitude_deg: float) -> float:
    """The longitude in [-180, 180)."""
    return (longitude_deg + 180) % 360 - 180


def away(place: Place, azimuth_deg: float, length_m: float) -> Place:
    """The place at this length along a geodesic, its longitude wrapped."""
    answer = Geodesic.WGS84.Direct(*place, azimuth_deg, length_m)
    return answer["lat2"], wrapped(answer["lon2"])


def sizes_m(least: float = 10.0, most: float = 1e6) -> st.SearchStrategy[float]:
    """Lengths from 10 m to 1,000 km, each order of magnitude as likely."""
    return st.floats(math.log10(least), math.log10(most)).map(lambda power: 10**power)


@st.composite
def stars(draw: st.DrawFn, middle: Place, size_m: float, *, most: int = 6) -> Polygon:
    """A ring of 3 to `most` vertices around its middle, size_m away at most, either winding."""
    steps = draw(st.lists(st.floats(0.3, 1), min_size=3, max_size=most))
    if max(steps) > 0.45 * sum(steps):  # no step may turn half round
        steps = [1.0] * len(steps)
    azimuth = draw(st.floats(0, 360))
    ring: list[Place] = []
    for step in steps:
        ring.append(away(middle, azimuth % 360, size_m * draw(st.floats(0.2, 1))))
        azimuth += 360 * step / sum(steps)
    return polygon(ring if draw(st.booleans()) else ring[::-1])


@st.composite
def footprints(draw: st.DrawFn, middle: Place | None = None, size_m: float = 500.0) -> Footprint:
    """A circle or a star around a place, about as large as was asked."""
    middle = draw(places()) if middle is None else middle
    if draw(st.booleans()):
        return circle(*middle, size_m * draw(st.floats(0.2, 1)))
    return draw(stars(middle, size_m))


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Footprint, Footprint]:
    """Two footprints of any sizes that overlap, touch, or lie near each other."""
    middle = draw(places())
    size_m = draw(sizes_m())
    other_m = min(1e6, max(10.0, size_m * draw(st.floats(0.01, 2))))
    apart = draw(st.one_of(st.floats(0, 1.2), st.floats(0, 4)))
    other = away(middle, draw(st.floats(0, 360)), apart * (size_m + other_m))
    one = draw(footprints(middle, size_m))
    if isinstance(one, Polygon) and draw(st.integers(0, 4)) == 0:
        return one, draw(touching(one, other_m))
    return one, draw(footprints(other, other_m))


@st.composite
def touching(draw: st.DrawFn, one: Polygon, size_m: float) -> Polygon:
    """A triangle that has a vertex of a polygon as its own, the others anywhere around."""
    shared = draw(st.sampled_from(one.vertices))
    place = shared[0] / 1e9, shared[1] / 1e9
    azimuth = draw(st.floats(0, 360))
    turn = draw(st.floats(20, 160))
    return polygon(
        [place, away(place, azimuth, size_m), away(place, (azimuth + turn) % 360, size_m)]
    )


@st.composite
def heights(
    draw: st.DrawFn, reference: AltitudeReference = AltitudeReference.W84
) -> tuple[Altitude, Altitude]:
    """A band, lower and upper, of one reference; often one of a few, so that bands touch."""
    values = st.one_of(st.sampled_from((0, 60_000, 120_000)), st.integers(-100_000, 12_000_000))
    lower_mm, upper_mm = sorted((draw(values), draw(values)))
    return Altitude(lower_mm, reference), Altitude(upper_mm, reference)


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int]:
    """A start and an end: minutes to weeks, often meeting each other exactly."""
    start_us = START_US + draw(st.integers(0, 48)) * HOUR_US // 2
    length = draw(st.one_of(st.integers(0, 4), st.sampled_from((48, 2_000, 100_000))))
    return start_us, start_us + length * HOUR_US // 2


@st.composite
def volumes(
    draw: st.DrawFn,
    footprint: st.SearchStrategy[Footprint] | None = None,
    reference: AltitudeReference = AltitudeReference.W84,
) -> Volume4D:
    """A whole volume; its footprint anywhere, or as was asked."""
    shape = draw(footprints() if footprint is None else footprint)
    lower, upper = draw(heights(reference))
    start_us, end_us = draw(windows())
    return Volume4D(shape, lower, upper, start_us, end_us)


@st.composite
def crowds(draw: st.DrawFn, *, most: int = 12) -> list[Volume4D]:
    """Volumes of very different sizes around one place, so that many of them touch."""
    middle = draw(places())
    crowd: list[Volume4D] = []
    for _ in range(draw(st.integers(2, most))):
        size_m = draw(st.sampled_from((100.0, 500.0, 3_000.0, 60_000.0, 900_000.0)))
        spread_m = draw(st.sampled_from((0.0, 300.0, 2_000.0, 100_000.0, 5_000_000.0)))
        place = away(middle, draw(st.floats(0, 360)), spread_m * draw(unit()))
        crowd.append(draw(volumes(footprints(place, size_m))))
    return crowd


def separations() -> st.SearchStrategy[Separation]:
    """None, or some metres to kilometres, metres and minutes."""
    return st.builds(
        Separation,
        horizontal_mm=st.sampled_from((0, 500, 100_000, 5_000_000, 200_000_000)),
        vertical_mm=st.sampled_from((0, 30_000, 300_000)),
        time_us=st.sampled_from((0, 60_000_000, HOUR_US)),
    )


def grown(shape: Footprint, factor: float) -> Circle:
    """A circle that holds the footprint: around its first place, with room to spare."""
    if isinstance(shape, Circle):
        return Circle(shape.latitude_nd, shape.longitude_nd, math.ceil(shape.radius_mm * factor))
    first = shape.vertices[0]
    reach_m = max(
        Geodesic.WGS84.Inverse(
            first[0] / 1e9, first[1] / 1e9, latitude_nd / 1e9, longitude_nd / 1e9
        )["s12"]
        for latitude_nd, longitude_nd in shape.vertices
    )
    # An ellipsoid's disc of this size is convex but for a little: 1 % and a centimetre.
    return Circle(*first, math.ceil(reach_m * 1.01 * factor * 1000) + 10)
