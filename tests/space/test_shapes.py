"""Covers of corridors, sectors and movers: nothing of the true shape is outside, and little more.

The reference is geographiclib, which shares no code with the library under test, and places of the
true shape by its definition. ``WIDEBERTH_COVER_EXAMPLES`` asks for more of them.
"""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.space import prepare, shapes
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.overlap import covers, distance_to_edge_m
from wideberth.space.shapes import (
    Fix,
    corridor_cover,
    leg_windows_us,
    moving_count,
    moving_cover,
    sector_cover,
)
from wideberth.space.time import MAX_US
from wideberth.space.volume import Circle, Footprint, Volume4D

W84 = Geodesic.WGS84
EXAMPLES = int(os.environ.get("WIDEBERTH_COVER_EXAMPLES", "60"))
several = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
shares = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 360), st.floats(0, 1)), min_size=8, max_size=30
)
places = st.tuples(
    st.one_of(st.floats(-90, 90), st.sampled_from([90.0, -90.0, 0.0, 89.9, -89.99])),
    st.one_of(st.floats(-180, 179.9), st.sampled_from([-180.0, 179.9, 0.0])),
)


def nd(place: tuple[float, float]) -> tuple[int, int]:
    longitude = round(place[1] * 1e9)
    return round(place[0] * 1e9), -180 * 10**9 if longitude == 180 * 10**9 else longitude


def deg(place_nd: tuple[int, int]) -> tuple[float, float]:
    return place_nd[0] / 1e9, place_nd[1] / 1e9


def direct(place: tuple[float, float], azimuth: float, metres: float) -> tuple[float, float]:
    there = W84.Direct(*place, azimuth, metres)
    return there["lat2"], there["lon2"]


def volume(footprint: Footprint, start_us: int = 0, end_us: int = 1) -> Volume4D:
    floor, top = (Altitude(value, AltitudeReference.W84) for value in (0, 1000))
    return Volume4D(footprint, floor, top, start_us, end_us)


def holds(footprints: list[Footprint], place: tuple[float, float]) -> bool:
    return any(
        bool(covers(prepare(volume(each)), place[0], place[1], math.nan, 0)) for each in footprints
    )


def corners(footprint: Footprint) -> list[tuple[float, float]]:
    assert not isinstance(footprint, Circle)
    return [deg(vertex) for vertex in footprint.vertices]


def from_leg_m(place: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far a place is from a leg, slowly: by thirds along it."""
    line = W84.InverseLine(*a, *b)

    def far(at_m: float) -> float:
        on = line.Position(at_m)
        return W84.Inverse(*place, on["lat2"], on["lon2"])["s12"]

    low, high = 0.0, line.s13
    for _ in range(60):  # 3,000 km down to less than a millimetre
        one, two = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, two) if far(one) < far(two) else (one, high)
    return min(far(low), far(0.0), far(line.s13))


@several
@given(
    start=places,
    azimuth=st.floats(0, 360),
    length_m=st.one_of(st.floats(0, 100), st.floats(100, 30_000), st.floats(30_000, 3_000_000)),
    half_width_m=st.one_of(st.floats(1, 50), st.floats(50, 20_000), st.floats(20_000, 200_000)),
    points=shares,
)
def test_every_place_within_the_half_width_is_in_the_corridor(
    start: tuple[float, float],
    azimuth: float,
    length_m: float,
    half_width_m: float,
    points: list[tuple[float, float, float]],
) -> None:
    a = deg(nd(start))
    b = deg(nd(direct(a, azimuth, length_m)))
    found = corridor_cover([nd(a), nd(b)], round(half_width_m * 1000))
    line = W84.InverseLine(*a, *b)
    half_m = round(half_width_m * 1000) / 1000
    for along, way, out in points:
        on = line.Position(line.s13 * along)
        side = on["azi2"] + (90 if way < 180 else -90)
        # half of them on the very edge: beside the leg, and all round both of its ends
        reach = half_m * (1.0 if out > 0.5 else out)
        for place in (
            direct((on["lat2"], on["lon2"]), side, reach),
            direct(a, way, reach),
            direct(b, way, reach),
        ):
            assert holds(found, place)
    for footprint in found:
        if not isinstance(footprint, Circle):
            for corner in corners(footprint)[:: max(1, len(footprint.vertices) // 4)]:
                assert from_leg_m(corner, a, b) <= half_m * (1 + shapes.CAP_EXCESS) + 0.05


def test_a_whole_turn_is_one_whatever_the_sum_of_its_ends_rounds_to() -> None:
    start = 152.74041228624804
    assert 0 < (start + 360.0 - start) % 360 < 1e-9, "not 0, and not 360 either"
    found = sector_cover((0, 0), inner_mm=0, outer_mm=2000, from_deg=start, to_deg=start + 360)
    assert found == [Circle(0, 0, 2000)]


@several
@given(
    centre=places,
    radii=st.tuples(st.floats(0, 1), st.floats(1, 1_000_000)),
    azimuths=st.tuples(st.floats(0, 360), st.one_of(st.floats(0.1, 359.9), st.just(360.0))),
    points=shares,
)
def test_every_place_of_a_sector_is_in_its_cover(
    centre: tuple[float, float],
    radii: tuple[float, float],
    azimuths: tuple[float, float],
    points: list[tuple[float, float, float]],
) -> None:
    outer_mm = round(radii[1] * 1000)
    inner_mm = max(0, min(round(outer_mm * radii[0] * 0.99), outer_mm - 1000))
    start, span = azimuths
    at = deg(nd(centre))
    found = sector_cover(
        nd(at), inner_mm=inner_mm, outer_mm=outer_mm, from_deg=start, to_deg=start + span
    )
    for share, way, out in points:
        turn = {0: 0.0, 1: 1.0}.get(int(way) % 4, share)  # half of them on a straight side
        far = {0: 0.0, 1: 1.0}.get(int(way) % 5, out)  # and many on an arc
        metres = (inner_mm + (outer_mm - inner_mm) * far) / 1000
        assert holds(found, direct(at, start + span * turn, metres))
    for footprint in found:
        if not isinstance(footprint, Circle):
            for corner in corners(footprint):
                metres = W84.Inverse(*at, *corner)["s12"]
                assert metres <= outer_mm / 1000 * (1 + shapes.ARC_EXCESS) + 0.05
    if inner_mm and len(found) == 1:  # the hollow stays hollow
        hollow_m = inner_mm / 1000 * (1 - 1.1 * shapes.ARC_EXCESS) - 0.05
        inside = direct(at, start + span / 2, hollow_m)
        if hollow_m > 2:
            assert not holds(found, inside)


@several
@given(
    start=places,
    turns=st.lists(
        st.tuples(st.floats(0, 360), st.floats(0, 60_000), st.integers(1, 3600)),
        min_size=1,
        max_size=4,
    ),
    radius_m=st.floats(20, 20_000),
    tolerance_s=st.integers(0, 120),
    points=shares,
)
def test_at_every_time_the_places_round_a_mover_are_covered_then(
    start: tuple[float, float],
    turns: list[tuple[float, float, int]],
    radius_m: float,
    tolerance_s: int,
    points: list[tuple[float, float, float]],
) -> None:
    fixes = [Fix(*nd(start), 0)]
    for azimuth, metres, seconds in turns:
        there = direct(deg(fixes[-1][:2]), azimuth, metres)
        fixes.append(Fix(*nd(there), fixes[-1].time_us + seconds * 1_000_000))
    radius_mm = round(radius_m * 1000)
    found = moving_cover(fixes, radius_mm, tolerance_us=tolerance_s * 1_000_000)
    assert len(found) <= 200
    assert moving_count([each[:2] for each in fixes], radius_mm) == len(found)
    for when, way, out in points:
        planned_us = round(fixes[-1].time_us * when)
        leg = next(i for i in range(len(fixes) - 1) if planned_us <= fixes[i + 1].time_us)
        before, after = fixes[leg], fixes[leg + 1]
        line = W84.InverseLine(*deg(before[:2]), *deg(after[:2]))
        share = (planned_us - before.time_us) / (after.time_us - before.time_us)
        on = line.Position(line.s13 * share)
        place = direct((on["lat2"], on["lon2"]), way, radius_mm / 1000 * (1 if out > 0.5 else out))
        late_us = round((out * 2 - 1) * tolerance_s * 1_000_000)
        time_us = planned_us + late_us
        then = [each.footprint for each in found if each.start_us <= time_us <= each.end_us]
        assert holds(then, place)


def test_a_long_leg_of_a_mover_is_cut_and_not_covered_all_the_time() -> None:
    fixes = [Fix(0, 0, 0), Fix(0, 10**9, 3600 * 10**6)]  # 111 km in an hour
    found = moving_cover(fixes, 1_000_000)
    assert 100 <= len(found) <= 200
    halfway = [each.footprint for each in found if each.start_us <= 1800 * 10**6 <= each.end_us]
    assert holds(halfway, (0.0, 0.5))
    assert not holds(halfway, (0.0, 0.45))


def test_a_leg_may_be_travelled_from_the_earliest_to_the_latest() -> None:
    points = [(0, 0), (0, 10**9), (0, 2 * 10**9)]
    one, two = leg_windows_us(points, departs_us=(0, 60_000_000), speed_m_s=(50.0, 100.0))
    length_s = W84.Inverse(0, 0, 0, 1)["s12"]
    assert one == pytest.approx((0, 60e6 + length_s / 50 * 1e6), abs=2)
    assert two == pytest.approx((length_s / 100 * 1e6, 60e6 + 2 * length_s / 50 * 1e6), abs=2)


def test_a_corridor_across_a_pole_and_the_antimeridian_is_one_like_any_other() -> None:
    for a, b in (((89.5, 0.0), (89.5, 180.0)), ((10.0, 179.5), (10.0, -179.5))):
        (found,) = corridor_cover([nd(a), nd(b)], 10_000_000)
        middle = W84.InverseLine(*a, *b).Position(W84.Inverse(*a, *b)["s12"] / 2)
        apart = distance_to_edge_m(prepare(volume(found)), middle["lat2"], middle["lon2"])
        assert float(np.asarray(apart)) == 0


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda: corridor_cover([(0, 0)], 1000), "point-count"),
        (lambda: corridor_cover([(0, i) for i in range(300)], 1000), "point-count"),
        (lambda: corridor_cover([(0, 0), (0, 10**9)], 0), "width-range"),
        (lambda: corridor_cover([(0, 0), (0, 10**9)], 10**12), "width-range"),
        (lambda: corridor_cover([(0, 0), (0, 170 * 10**9)], 1000), "leg-too-long"),
        (lambda: moving_cover([Fix(0, 0, 5), Fix(0, 1, 5)], 1000), "time-order"),
        (
            lambda: sector_cover((0, 0), inner_mm=5, outer_mm=5, from_deg=0, to_deg=9),
            "radius-range",
        ),
        (
            lambda: sector_cover((0, 0), inner_mm=0, outer_mm=5, from_deg=math.nan, to_deg=9),
            "azimuth",
        ),
        (
            lambda: leg_windows_us([(0, 0), (0, 1)], departs_us=(0, 0), speed_m_s=(0.0, 1.0)),
            "speed",
        ),
    ],
)
def test_what_is_no_shape_is_refused(build: object, rule: str) -> None:
    assert callable(build)
    with pytest.raises(InvalidValue) as refused:
        build()
    assert refused.value.rule == rule


@pytest.mark.parametrize("fault", ["inscribed cap", "inscribed arc", "short side"])
def test_a_cover_that_cuts_corners_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted faults: corners on the circle and not outside of it; sides 1 % too near."""
    round_about = [(share / 12, share * 30.0 + 7, 1.0) for share in range(12)]
    if fault == "short side":
        monkeypatch.setattr(shapes, "_ROUNDING_M", -10.0)
    else:
        monkeypatch.setattr(shapes, "_tangents", lambda _: 1.0)
    if fault == "inscribed arc":
        check = test_every_place_of_a_sector_is_in_its_cover.hypothesis.inner_test  # type: ignore[attr-defined]
        arguments = {"centre": (10.0, 20.0), "radii": (0.5, 9000.0), "azimuths": (15.0, 200.0)}
    else:
        check = test_every_place_within_the_half_width_is_in_the_corridor.hypothesis.inner_test  # type: ignore[attr-defined]
        arguments = {"start": (10.0, 20.0), "azimuth": 33.0, "length_m": 5e3, "half_width_m": 1e3}
    with pytest.raises(AssertionError, match="holds"):
        check(**arguments, points=round_about)
    monkeypatch.undo()
    check(**arguments, points=round_about)


def test_a_pace_of_hardly_any_speed_ends_with_the_calendar() -> None:
    windows = leg_windows_us([(0, 0), (0, 10**8)], departs_us=(0, 0), speed_m_s=(5e-324, 1e-300))
    assert windows == [(0, MAX_US)]
