"""Strips on one side of a line: nothing of the true strip is outside, and nothing lies across.

The reference is geographiclib, which shares no code with the library under test, and places of the
true strip by its definition: so far from the line at a right angle, or around a corner that opens.
"""

from __future__ import annotations

import math
from typing import Any
from unittest import mock

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from wideberth.space import prepare, shapes
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.overlap import distance_to_edge_m
from wideberth.space.shapes import side_cover
from wideberth.space.time import MAX_US
from wideberth.space.volume import Footprint, Volume4D

W84 = Geodesic.WGS84
SEA, HIGH = (Altitude(mm, AltitudeReference.W84) for mm in (0, 1_000_000))

lines = st.tuples(
    st.tuples(st.floats(-80, 80), st.floats(-180, 179)),
    st.floats(0, 360),
    st.lists(st.tuples(st.floats(-150, 150), st.floats(1_000, 150_000)), min_size=1, max_size=3),
)
asked = st.tuples(
    lines,
    st.integers(50, 20_000),  # width, metres
    st.booleans(),  # left
    st.lists(
        st.tuples(st.integers(0, 2), st.floats(0, 1), st.floats(0, 1)), min_size=4, max_size=10
    ),
)


def direct(place: tuple[float, float], azimuth: float, metres: float) -> tuple[float, float]:
    there = W84.Direct(*place, azimuth, metres)
    return there["lat2"], there["lon2"]


def points_of(line: Any) -> list[tuple[float, float]]:
    """The corners: each leg goes on where the one before arrived, turned by its bend."""
    place, azimuth, legs = line
    points = [place]
    for bend, length in legs:
        there = W84.Direct(*points[-1], azimuth + bend, length)
        points.append((there["lat2"], there["lon2"]))
        azimuth = there["azi2"]
    return points


def nd(place: tuple[float, float]) -> tuple[int, int]:
    return round(place[0] * 1e9), round(math.remainder(place[1], 360) * 1e9)


def outside_m(footprints: list[Footprint], place: tuple[float, float]) -> float:
    """How far a place is from the nearest of the footprints, 0 in one."""
    prepared = [prepare(Volume4D(each, SEA, HIGH, 0, MAX_US)) for each in footprints]
    return min(float(distance_to_edge_m(each, *place)) for each in prepared)


def across(a: tuple[float, float], b: tuple[float, float], share: float) -> Any:
    """The place so far along a leg, and the course there."""
    leg = W84.Inverse(*a, *b)
    at = W84.Direct(*a, leg["azi1"], leg["s12"] * share)
    return (at["lat2"], at["lon2"]), at["azi2"]


def no_place_is_left_out(case: Any) -> None:
    line, width, left, shares = case
    points = points_of(line)
    footprints = side_cover([nd(each) for each in points], width * 1000, left=left)
    turn = -90 if left else 90
    for which, along, out in shares:
        leg = which % (len(points) - 1)
        at, course = across(points[leg], points[leg + 1], along)
        beside = direct(at, course + turn, width * out)
        assert outside_m(footprints, beside) <= 0.01, (leg, along, out)
        if leg:  # round the corner before it, where that opens on this side
            _, before = across(points[leg - 1], points[leg], 1.0)
            _, after = across(points[leg], points[leg + 1], 0.0)
            bend = math.remainder(after - before, 360)
            if (bend > 0) == left:
                swung = direct(points[leg], before + turn + bend * along, width * out)
                assert outside_m(footprints, swung) <= 0.01, (leg, along, out, bend)


def nothing_is_across(case: Any) -> None:
    (place, azimuth, legs), width, left, shares = case
    points = points_of((place, azimuth, legs[:1]))
    footprints = side_cover([nd(each) for each in points], width * 1000, left=left)
    turn = -90 if left else 90
    for _, along, out in shares:
        at, course = across(*points, 0.1 + 0.8 * along)
        # A metre is more than the line's places are rounded by, and any bend of a step's chord.
        other = direct(at, course - turn, 1 + width * out)
        assert outside_m(footprints, other) > 0, (along, out)
        beyond = direct(at, course + turn, width * (1.03 + out) + 5)
        assert outside_m(footprints, beyond) > 0, (along, out)


strict = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeking = settings(
    max_examples=300, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


@pytest.mark.requirement("Z-06")
@strict
@given(asked)
def test_no_place_within_the_width_on_its_side_is_left_out(case: Any) -> None:
    no_place_is_left_out(case)


@pytest.mark.requirement("Z-06")
@strict
@given(asked)
def test_nothing_across_a_straight_line_or_beyond_the_width_is_in_it(case: Any) -> None:
    nothing_is_across(case)


def too_narrow(points: Any, width_mm: int, *, left: bool) -> list[Footprint]:
    return shapes.side_cover(points, width_mm * 49 // 50, left=left)


def without_corners(points: Any, width_mm: int, *, left: bool) -> list[Footprint]:
    return shapes.side_cover(points, width_mm, left=left)[: len(points) + 1]


def wrong_side(points: Any, width_mm: int, *, left: bool) -> list[Footprint]:
    return shapes.side_cover(points, width_mm, left=not left)


@pytest.mark.parametrize("fault", [too_narrow, without_corners, wrong_side])
def test_the_places_find_a_strip_that_is_too_small(fault: Any) -> None:
    found = seeking(given(asked)(no_place_is_left_out))
    with mock.patch.dict(globals(), side_cover=fault), pytest.raises(AssertionError):
        found()


def both_sides(points: Any, width_mm: int, *, left: bool) -> list[Footprint]:
    del left
    return shapes.corridor_cover(points, width_mm)


def test_the_places_find_a_strip_on_both_sides() -> None:
    found = seeking(given(asked)(nothing_is_across))
    with mock.patch.dict(globals(), side_cover=both_sides), pytest.raises(AssertionError):
        found()
