"""Entering and leaving areas, against exact geodesics sampled along the path."""

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.space.altitude import Altitude, AltitudeReference, altitude
from wideberth.space.overlap import distance_to_edge_m
from wideberth.space.prepared import prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle, polygon
from wideberth.watch import zones
from wideberth.watch.movers import Movers
from wideberth.watch.zones import STEP_S, entries, places, watched

GEOD = pyproj.Geod(ellps="WGS84")
NOW_US = 1_600_000_000 * SECOND_US
HOUR_US = 3600 * SECOND_US
AHEAD_S = 120.0


def volume(footprint, *, lower=(0, "W84"), upper=(1000, "W84"), start_s=-3600, end_s=3600):
    return watched(
        prepare(
            Volume4D(
                footprint,
                altitude(lower[0], "M", lower[1]),
                altitude(upper[0], "M", upper[1]),
                NOW_US + round(start_s * SECOND_US),
                NOW_US + round(end_s * SECOND_US),
            )
        )
    )


def mover(latitude, longitude, speed=0.0, course=0.0, **more):
    def column(name, default):
        return np.array([float(more.get(name, default))])

    return Movers.of(
        latitude_deg=np.array([float(latitude)]),
        longitude_deg=np.array([float(longitude)]),
        speed_m_s=np.array([float(speed)]),
        course_deg=np.array([float(course)]),
        age_s=column("age", 0),
        altitude_w84_m=column("w84", 500),
        altitude_std_m=column("std", math.nan),
        climb_m_s=column("climb", 0),
        horizontal_error_m=column("error", 0),
        vertical_error_m=column("vertical_error", 0),
        owner=np.array([-1]),
        identity=np.array([0]),
    )


def entry_s(area, some, **more):
    found = entries(
        area, some, now_us=NOW_US, look_ahead_s=AHEAD_S, clock_error_s=np.zeros(1), **more
    )
    return float(found.entry_s[0])


def place(area, some, *, at_s=0.0, clock_error_s=0.0):
    return places(
        area,
        some,
        time_us=np.array([NOW_US + round(at_s * SECOND_US)]),
        clock_error_s=np.array([clock_error_s]),
    )


def first_sampled_s(inside, row, *, lower=0.0, upper=1000.0, step_s=0.5):
    """When the exact path, sampled from the report on, is first inside; None for never."""
    latitude, longitude, speed, course, age, height, climb = row
    times = np.append(np.arange(-age, AHEAD_S, step_s), AHEAD_S)
    many = np.full_like(times, 1.0)
    lon, lat, _ = GEOD.fwd(longitude * many, latitude * many, course * many, speed * (age + times))
    level = height + climb * (age + times)
    good = inside(lat, lon) & (np.isnan(level) | ((level >= lower) & (level <= upper)))
    return max(times[np.flatnonzero(good)[0]], 0.0) if good.any() else None


PLACES = st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.sampled_from(
    [(90.0, 0.0), (-89.99, 5.0), (0.0, 180.0), (60.0, -179.99)]
)
ROWS = st.tuples(
    st.floats(0, 40_000),
    st.floats(0, 360),
    st.floats(0, 300) | st.just(0.0),
    st.floats(0, 360),
    st.floats(0, 60),
    st.floats(-500, 2000) | st.just(math.nan),
    st.floats(-30, 30) | st.just(0.0),
)


def placed(anchor, row):
    away_m, bearing, *rest = row
    longitude, latitude, _ = GEOD.fwd(anchor[1], anchor[0], bearing, away_m)
    return (latitude, longitude, *rest)


def entered(area, row):
    latitude, longitude, speed, course, age, height, climb = row
    some = mover(latitude, longitude, speed, course, age=age, w84=height, climb=climb)
    return entry_s(area, some)


@settings(deadline=None, max_examples=250)
@given(PLACES, ROWS, st.floats(50, 20_000))
def test_no_entry_into_a_circle_is_missed_or_told_late(anchor, row, radius_m):
    row = placed(anchor, row)
    area = (volume(circle(*anchor, radius_m)),)

    def inside(lat, lon):
        many = np.full_like(lat, 1.0)
        return GEOD.inv(lon, lat, anchor[1] * many, anchor[0] * many)[2] <= radius_m

    expected_s, told_s = first_sampled_s(inside, row), entered(area, row)
    if expected_s is not None:
        assert told_s <= expected_s + 1e-6
    elif math.isfinite(told_s):
        # Told, and the samples passed it by: it grazes the edge or passes between two of them.
        nearer = first_sampled_s(inside, row, lower=-31.0, upper=1031.0, step_s=0.01)
        grown = (volume(circle(*anchor, radius_m + 300 * STEP_S + 1)),)
        assert nearer is not None or math.isfinite(entered(grown, row))


@settings(deadline=None, max_examples=150)
@given(
    PLACES,
    ROWS,
    st.lists(st.tuples(st.floats(500, 15_000), st.floats(0.2, 1)), min_size=4, max_size=7),
)
def test_no_entry_into_a_polygon_is_missed_or_told_late(anchor, row, spokes):
    row = placed(anchor, row)
    bearings = np.cumsum([turn for _, turn in spokes])
    bearings *= 330 / bearings[-1]
    ring = [
        GEOD.fwd(anchor[1], anchor[0], bearing, away_m)[1::-1]
        for bearing, (away_m, _) in zip(bearings, spokes, strict=True)
    ]
    try:
        area = (volume(polygon(ring)),)
    except ValueError:
        return

    def inside(lat, lon):
        return distance_to_edge_m(area[0].prepared, lat, lon) <= 0

    expected_s = first_sampled_s(inside, row)
    if expected_s is not None:
        assert entered(area, row) <= expected_s + 1e-6


def test_the_sampled_path_sees_a_march_that_oversteps(monkeypatch):
    exact = zones.distance_to_edge_m
    area = (volume(circle(47.0, 8.0, 500.0)),)
    row = (47.0, 7.9, 200.0, 90.0, 0.0, 500.0, 0.0)

    def inside(lat, lon):
        return distance_to_edge_m(area[0].prepared, lat, lon) <= 0

    expected_s = first_sampled_s(inside, row)
    assert entered(area, row) <= expected_s
    monkeypatch.setattr(zones, "distance_to_edge_m", lambda *args: exact(*args) * 1.3)
    assert entered(area, row) > expected_s


def test_entry_time_is_the_distance_left_over_the_speed():
    area = (volume(circle(47.0, 8.0, 1000.0)),)
    longitude, latitude, _ = GEOD.fwd(8.0, 47.0, 270.0, 6000.0)
    course = GEOD.inv(longitude, latitude, 8.0, 47.0)[0]
    assert entry_s(area, mover(latitude, longitude, 100.0, course)) == pytest.approx(50, abs=0.1)
    assert entry_s(area, mover(latitude, longitude, 100.0, course + 180)) == math.inf
    assert entry_s(area, mover(latitude, longitude, 30.0, course)) == math.inf
    assert entry_s(area, mover(latitude, longitude, 0.0, error=5000.0)) == 0.0


def test_an_entry_waits_for_height_and_time():
    area = (volume(circle(47.0, 8.0, 5000.0), lower=(600, "W84"), start_s=30),)
    inside = mover(47.0, 8.0, w84=500, climb=2)
    assert entry_s(area, inside) == pytest.approx(50, abs=0.01)
    assert entry_s(area, mover(47.0, 8.0, w84=700)) == 30.0
    assert entry_s(area, mover(47.0, 8.0, w84=500)) == math.inf
    assert entry_s(area, mover(47.0, 8.0, w84=math.nan)) == 30.0


def test_what_was_crossed_since_the_last_report_counts_as_entered_now():
    area = (volume(circle(47.0, 8.0, 1000.0)),)
    longitude, latitude, _ = GEOD.fwd(8.0, 47.0, 270.0, 3000.0)
    past = mover(latitude, longitude, 100.0, 90.0, age=55.0)
    assert entry_s(area, past) == 0.0


def test_a_height_of_another_reference_counts_as_every_height():
    level = (volume(circle(47.0, 8.0, 5000.0), lower=(3000, "STD"), upper=(4000, "STD")),)
    assert entry_s(level, mover(47.0, 8.0, w84=100)) == 0.0
    assert entry_s(level, mover(47.0, 8.0, w84=100, std=100)) == math.inf
    assert entry_s(level, mover(47.0, 8.0, w84=math.nan, std=3500)) == 0.0
    metres = (volume(circle(47.0, 8.0, 5000.0)),)
    low = mover(47.0, 8.0, w84=math.nan, std=1500)
    assert entry_s(metres, low) == 0.0
    assert entry_s(metres, low, pressure_error_m=300.0) == math.inf
    assert entry_s(metres, low, pressure_error_m=600.0) == 0.0


def test_the_nearest_volume_of_an_area_and_the_first_entered_is_told():
    near, far = circle(47.0, 8.0, 500.0), circle(47.0, 8.2, 500.0)
    area = (volume(far), volume(near))
    some = mover(47.0, 7.95, 100.0, 90.0)
    found = entries(area, some, now_us=NOW_US, look_ahead_s=AHEAD_S, clock_error_s=np.zeros(1))
    assert found.volume.tolist() == [1]
    at = place(area, mover(47.0, 8.19))
    assert at.volume.tolist() == [0]


def test_inside_and_outside_are_told_with_the_distance_left():
    area = (volume(circle(47.0, 8.0, 1000.0)),)
    assert place(area, mover(47.0, 8.0)).inside[0]
    longitude, latitude, _ = GEOD.fwd(8.0, 47.0, 10.0, 1500.0)
    out = place(area, mover(latitude, longitude, w84=1200.0))
    assert (out.inside[0], out.surely_outside[0]) == (False, True)
    assert out.horizontal_m[0] == pytest.approx(500, abs=0.01)
    assert out.vertical_m[0] == pytest.approx(200)
    late = place(area, mover(47.0, 8.0), at_s=3660)
    assert (late.surely_outside[0], late.time_s[0]) == (True, 60.0)
    assert place(area, mover(47.0, 8.0), at_s=3660, clock_error_s=61).inside[0]


def test_a_height_that_does_not_compare_is_neither_in_nor_out():
    area = (volume(circle(47.0, 8.0, 1000.0), lower=(0, "AGL"), upper=(120, "AGL")),)
    at = place(area, mover(47.0, 8.0, w84=5000.0))
    assert (at.inside[0], at.surely_outside[0]) == (False, False)
    assert math.isnan(at.vertical_m[0])
    floor = Altitude(0, AltitudeReference.AGL)
    mixed = watched(
        prepare(
            Volume4D(
                circle(47.0, 8.0, 1000.0),
                floor,
                Altitude(1_000_000, AltitudeReference.W84),
                NOW_US,
                NOW_US + HOUR_US,
            )
        )
    )
    assert place((mixed,), mover(47.0, 8.0, w84=1500.0)).surely_outside[0]
    assert not place((mixed,), mover(47.0, 8.0, w84=500.0)).surely_outside[0]
