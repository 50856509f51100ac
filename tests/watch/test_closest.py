"""Closest approach against exact geodesics, sampled: no pair within the limits is missed."""

import dataclasses
import math

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.watch import _sweep as sweep
from wideberth.watch import capsules, closest, paths
from wideberth.watch.closest import HEIGHT_UNKNOWN, Limits, candidates, evaluate, too_close
from wideberth.watch.movers import Movers

GEOD = pyproj.Geod(ellps="WGS84")
LIMITS = Limits(horizontal_m=3000.0, vertical_m=200.0, look_ahead_s=240.0)


def movers(rows, *, owner=None, identity=None):
    """Movers from rows of (lat, lon, speed, course, age, w84, std, climb, h error, v error)."""
    columns = np.array(rows, float).T.reshape(10, -1)
    count = columns.shape[1]
    return Movers.of(
        latitude_deg=columns[0],
        longitude_deg=columns[1],
        speed_m_s=columns[2],
        course_deg=columns[3],
        age_s=columns[4],
        altitude_w84_m=columns[5],
        altitude_std_m=columns[6],
        climb_m_s=columns[7],
        horizontal_error_m=columns[8],
        vertical_error_m=columns[9],
        owner=np.array(owner or [-1] * count),
        identity=np.array(identity or range(count)),
    )


def reference(row_a, row_b, limits, *, step_s=2.0):
    """Sampled on exact geodesics: (least horizontal excess over all samples at which the vertical
    limit holds, when it is first within both), limits widened by the stated errors only.
    """
    times = np.append(np.arange(0.0, limits.look_ahead_s, step_s), limits.look_ahead_s)
    ends = []
    for lat, lon, speed, course, age, *_ in (row_a, row_b):
        known = math.isfinite(speed) and math.isfinite(course)
        run = (age + times) * (speed if known else 0.0)
        many = np.full_like(times, lat), np.full_like(times, lon)
        lon_t, lat_t, _ = GEOD.fwd(
            many[1], many[0], np.full_like(times, course if known else 0.0), run
        )
        ends.append((lon_t, lat_t))
    _, _, distance = GEOD.inv(*ends[0], *ends[1])
    a, b = row_a, row_b
    column = 5 if not math.isnan(a[5] + b[5]) else 6
    rise = (b[column] + np.nan_to_num(b[7]) * (b[4] + times)) - (
        a[column] + np.nan_to_num(a[7]) * (a[4] + times)
    )
    level = np.isnan(rise) | (np.abs(rise) <= limits.vertical_m + a[9] + b[9])
    excess = np.where(level, distance - (limits.horizontal_m + a[8] + b[8]), np.inf)
    within = np.flatnonzero(excess <= 0)
    return excess.min(), (times[within[0]] if len(within) else None)


def near(anchor):
    """Rows around one place, so that many pairs are close; heights and speeds sometimes unknown."""
    latitude, longitude = anchor

    def row(away_m, bearing, speed, course, *rest):
        age, height, climb, error = rest
        lon, lat, _ = GEOD.fwd(longitude, latitude, bearing, away_m)
        return (lat, lon, speed, course, age, height, math.nan, climb, error, error / 5)

    unknown = st.just(math.nan)
    return st.builds(
        row,
        st.floats(0, 90_000),
        st.floats(0, 360),
        st.floats(0, 350) | st.sampled_from([0.0, 250.0]) | unknown,
        st.floats(0, 360),
        st.floats(0, 60),
        st.floats(0, 1500) | st.sampled_from([300.0, 500.0]) | unknown,
        st.floats(-20, 20) | st.just(0.0) | unknown,
        st.floats(0, 300),
    )


ANCHORS = st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.sampled_from(
    [(90.0, 0.0), (-90.0, 77.0), (89.95, 10.0), (0.0, 180.0), (-33.0, -180.0), (47.0, 8.0)]
)
FLEETS = ANCHORS.flatmap(lambda anchor: st.lists(near(anchor), min_size=2, max_size=8))


def missed(rows, limits, pairs):
    """The pairs that the reference has within the limits and the answer has not."""
    told = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    return [
        (i, j)
        for i in range(len(rows))
        for j in range(i + 1, len(rows))
        if (i, j) not in told and reference(rows[i], rows[j], limits)[0] <= 0
    ]


@settings(deadline=None, max_examples=150)
@given(FLEETS)
def test_no_pair_within_the_limits_is_missed_anywhere_on_earth(rows):
    assert missed(rows, LIMITS, too_close(movers(rows), LIMITS)) == []


@settings(deadline=None, max_examples=100)
@given(FLEETS)
def test_a_pair_is_told_only_when_it_is_within_the_limits_and_the_stated_errors(rows):
    pairs = too_close(movers(rows), LIMITS)
    for k in range(len(pairs)):
        i, j = int(pairs.first[k]), int(pairs.second[k])
        excess_m, first_s = reference(rows[i], rows[j], LIMITS, step_s=0.25)
        # Between two samples neither moves more than 0.25 s x 350 m/s against the other's.
        assert excess_m <= 1.0 + 0.25 * 700 or abs(rows[j][7] - rows[i][7]) > 0
        if first_s is not None:
            assert pairs.loss_s[k] <= first_s + 1e-3


@settings(deadline=None, max_examples=100)
@given(FLEETS)
def test_the_least_distance_is_that_of_the_exact_geodesics(rows):
    some = movers(rows)
    first, second = np.triu_indices(len(rows), 1)
    pairs = evaluate(some, first, second, LIMITS)
    for k in range(len(pairs)):
        wide = dataclasses.replace(LIMITS, vertical_m=1e9)
        excess_m, _ = reference(rows[first[k]], rows[second[k]], wide, step_s=0.5)
        sampled_m = excess_m + LIMITS.horizontal_m + rows[first[k]][8] + rows[second[k]][8]
        assert pairs.closest_horizontal_m[k] <= sampled_m + 1.0
        assert pairs.closest_horizontal_m[k] >= sampled_m - 1.0 - 0.25 * 700


def test_the_reference_sees_a_search_that_looks_only_at_now():
    rows = [
        (47.0, 8.0, 200.0, 90.0, 0.0, 500.0, math.nan, 0.0, 0.0, 0.0),
        (47.0, 8.3, 200.0, 270.0, 0.0, 500.0, math.nan, 0.0, 0.0, 0.0),
    ]
    blind = dataclasses.replace(LIMITS, look_ahead_s=0.0)
    assert missed(rows, LIMITS, too_close(movers(rows), blind)) == [(0, 1)]
    assert missed(rows, LIMITS, too_close(movers(rows), LIMITS)) == []


def test_the_reference_sees_a_sweep_without_the_bulge_of_the_earth(monkeypatch):
    # Halfway through 240 s at 330 m/s the straight line is 123 m below the path.
    lon, lat, _ = GEOD.fwd(0.0, 0.0, 90.0, 330.0 * 180.0)
    lon, lat, _ = GEOD.fwd(lon, lat, 0.0, 2599.0)
    rows = [
        (0.0, 0.0, 330.0, 90.0, 60.0, 500.0, math.nan, 0.0, 0.0, 0.0),
        (lat, lon, 0.0, 0.0, 0.0, 500.0, math.nan, 0.0, 0.0, 0.0),
    ]
    tight = Limits(horizontal_m=2600.0, vertical_m=10.0, look_ahead_s=240.0)
    assert missed(rows, tight, too_close(movers(rows), tight)) == []
    monkeypatch.setattr(closest, "EARTH_RADIUS_MIN_M", 1e12)
    assert missed(rows, tight, too_close(movers(rows), tight)) == [(0, 1)]


def test_unknown_height_counts_as_every_height_and_says_so():
    rows = [
        (47.0, 8.0, 0.0, 0.0, 0.0, math.nan, math.nan, math.nan, 0.0, 0.0),
        (47.0, 8.01, 0.0, 0.0, 0.0, 11_000.0, math.nan, 0.0, 0.0, 0.0),
    ]
    pairs = too_close(movers(rows), LIMITS)
    assert len(pairs) == 1
    assert pairs.height[0] == HEIGHT_UNKNOWN
    assert math.isnan(pairs.now_vertical_m[0])


def test_a_pressure_altitude_meets_only_another_or_a_stated_error():
    one = (47.0, 8.0, 0.0, 0.0, 0.0, math.nan, 3000.0, 0.0, 0.0, 0.0)
    same = (47.0, 8.01, 0.0, 0.0, 0.0, math.nan, 3400.0, 0.0, 0.0, 0.0)
    other = (47.0, 8.01, 0.0, 0.0, 0.0, 3400.0, math.nan, 0.0, 0.0, 0.0)
    assert len(too_close(movers([one, same]), LIMITS)) == 0
    assert too_close(movers([one, other]), LIMITS).height.tolist() == [HEIGHT_UNKNOWN]
    bound = dataclasses.replace(LIMITS, pressure_error_m=150.0)
    assert len(too_close(movers([one, other]), bound)) == 0
    wider = dataclasses.replace(LIMITS, pressure_error_m=250.0)
    assert too_close(movers([one, other]), wider).height.tolist() == [closest.HEIGHT_MIXED]


def test_touching_is_too_close_and_uncertainty_widens_the_limit():
    lon, lat, _ = GEOD.fwd(8.0, 47.0, 90.0, 3000.0)
    at = [(47.0, 8.0, 0, 0, 0, 0, math.nan, 0, 0, 0), (lat, lon, 0, 0, 0, 200, math.nan, 0, 0, 0)]
    assert too_close(movers(at), LIMITS).loss_s.tolist() == [0.0]
    lon, lat, _ = GEOD.fwd(8.0, 47.0, 90.0, 3100.0)
    away = [at[0], (lat, lon, 0, 0, 0, 0, math.nan, 0, 0, 0)]
    assert len(too_close(movers(away), LIMITS)) == 0
    unsure = [(*away[0][:8], 60.0, 0.0), (*away[1][:8], 60.0, 0.0)]
    pairs = too_close(movers(unsure), LIMITS)
    assert pairs.horizontal_error_m[0] == pytest.approx(120.0, abs=0.02)


def test_one_thing_told_twice_is_no_pair_and_one_owner_only_on_request():
    rows = [(47.0, 8.0, 0, 0, 0, 0, math.nan, 0, 0, 0)] * 3
    assert len(too_close(movers(rows, identity=[5, 5, 5]), LIMITS)) == 0
    own = movers(rows, owner=[1, 1, 2])
    pairs = too_close(own, LIMITS)
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0, 1], [2, 2])
    assert len(too_close(own, LIMITS, same_owner=True)) == 3
    assert len(too_close(movers(rows, owner=[-1, -1, -1]), LIMITS)) == 3


def test_pairs_of_a_wide_fleet_are_those_of_the_slow_double_loop():
    rng = np.random.default_rng(7)
    count = 400
    rows = np.column_stack([
        rng.uniform(46, 47, count), rng.uniform(7, 9, count), rng.uniform(0, 260, count),
        rng.uniform(0, 360, count), rng.uniform(0, 20, count), rng.uniform(0, 11_000, count),
        np.full(count, np.nan), rng.uniform(-10, 10, count), np.full(count, 50.0),
        np.full(count, 20.0),
    ])  # fmt: skip
    rows[:20, 8] = 40_000.0  # a few are very unsure of their place: boxes of all sizes
    some = movers(rows)
    pairs = too_close(some, LIMITS)
    first, second = np.triu_indices(count, 1)
    slow = evaluate(some, first, second, LIMITS)
    keep = np.isfinite(slow.loss_s)
    assert keep.sum() > 30
    assert pairs.first.tolist() == first[keep].tolist()
    assert pairs.second.tolist() == second[keep].tolist()


def test_a_candidate_may_be_near_at_one_moment_and_level_at_another():
    # They meet after 20 s, 1,000 m apart in height, and are level after 100 s, 8 km apart.
    rows = [
        (47.0, 8.0, 0.0, 0.0, 0.0, 1000.0, math.nan, 0.0, 0.0, 0.0),
        (47.0, 8.0264, 100.0, 270.0, 0.0, 2250.0, math.nan, -12.5, 0.0, 0.0),
    ]
    limits = dataclasses.replace(LIMITS, horizontal_m=500.0)
    assert len(too_close(movers(rows), limits)) == 0
    assert candidates(movers(rows), limits, at_once=False).pairs.tolist() == [[0, 1]]
    assert len(candidates(movers(rows), limits).pairs) == 0
    assert len(candidates(movers(rows[:1]), limits).pairs) == 0


@pytest.mark.parametrize("run_m", [1e3, 2e4, 1e5, 3e5, 1e6, 2e6])
def test_a_path_stays_within_its_stated_error_of_the_geodesic(run_m):
    rng = np.random.default_rng(3)
    count = 5000
    lat = np.concatenate(
        [np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(89.9, 90, count)]
    )
    lon, course = rng.uniform(-180, 180, 2 * count), rng.uniform(0, 360, 2 * count)
    run = np.full(2 * count, run_m)
    lon_end, lat_end, _ = GEOD.fwd(lon, lat, course, run)
    end = paths.along_path_ecef_m(
        paths.ecef_m(lat, lon),
        paths.tangent(lat, lon, course),
        paths.up(lat, lon),
        paths.curvature_radius_m(lat, course),
        run,
    )
    off_m = np.linalg.norm(end - paths.ecef_m(lat_end, lon_end), axis=1)
    assert (off_m <= paths.path_error_m(run)).all()
    assert off_m.max() > 0.05 * paths.path_error_m(run[:1])[0] or run_m < 1e5


def test_all_starts_at_once_are_those_of_each_formula_by_itself():
    rng = np.random.default_rng(4)
    count = 3000  # more than are worked out at a time, and not a multiple
    lat = np.append(rng.uniform(-90, 90, count), [90.0, -90.0, 0.0, 45.0, -45.0])
    lon = np.append(rng.uniform(-180, 180, count), [180.0, -180.0, 90.0, -90.0, 135.0])
    course = np.append(rng.uniform(0, 360, count), [0.0, 360.0, 270.0, 45.0, 315.0])
    position, tangents, normals, radius_m = paths.starts(lat, lon, course)
    assert np.abs(position - paths.ecef_m(lat, lon)).max() < 1e-8
    assert np.abs(tangents - paths.tangent(lat, lon, course)).max() < 2e-15
    assert np.abs(normals - paths.up(lat, lon)).max() < 1e-15
    assert np.abs(radius_m - paths.curvature_radius_m(lat, course)).max() < 1e-8


def fleet(seed, count):
    """A fleet somewhere, in a place that is hard for a grid as often as not: heights by one
    reference, the other, both or none, ages, owners, some very unsure of their place.
    """
    rng = np.random.default_rng(seed)
    at = rng.choice([0.0, 35.3, 47.0, 89.9, -90.0]), rng.choice([0.0, 45.0, 179.9, -100.0])
    wide = rng.choice([0.1, 1.0, 5.0, 40.0])

    def partly(values, part):
        return np.where(rng.random(count) < part, np.nan, values)

    columns = {
        "latitude_deg": np.clip(at[0] + rng.uniform(-wide, wide, count), -90, 90),
        "longitude_deg": (at[1] + rng.uniform(-wide, wide, count) + 180) % 360 - 180,
        "speed_m_s": partly(rng.choice([0.0, 40.0, 330.0], count) * rng.random(count), 0.05),
        "course_deg": rng.uniform(0, 360, count),
        "age_s": rng.uniform(0, 60, count),
        "altitude_w84_m": partly(rng.uniform(0, 3000, count), rng.choice([0.0, 0.3, 1.0])),
        "altitude_std_m": partly(rng.uniform(0, 3000, count), rng.choice([0.0, 0.3, 1.0])),
        "climb_m_s": partly(rng.choice([0.0, 5.0, -12.0], count), 0.1),
        "horizontal_error_m": np.where(rng.random(count) < 0.02, 40_000.0, 30.0),
        "vertical_error_m": rng.uniform(0, 30, count),
        "owner": rng.integers(-1, 20, count),
        "identity": rng.integers(0, 5 * count, count),
    }
    return Movers.of(**columns)


def slow(some, limits):
    """The pairs by the exact step on every pair there is, and their numbers."""
    first, second = np.triu_indices(len(some), 1)
    asked = some.identity[first] != some.identity[second]
    asked &= (some.owner[first] < 0) | (some.owner[first] != some.owner[second])
    pairs = evaluate(some, first[asked], second[asked], limits)
    keep = np.isfinite(pairs.loss_s)
    return [getattr(pairs, name)[keep] for name in closest.Pairs.__dataclass_fields__]


def differs(seed, count=120):
    """Does the search give other pairs, or other numbers, than the exact step on every pair?"""
    rng = np.random.default_rng(seed)
    limits = Limits(
        rng.choice([300.0, 9000.0]), 300.0, rng.choice([0.0, 60.0, 900.0]), rng.choice([np.nan, 99])
    )
    some = fleet(seed, count)
    pairs = too_close(some, limits)
    told = [getattr(pairs, name) for name in closest.Pairs.__dataclass_fields__]
    return any(
        not np.array_equal(a, b, equal_nan=True)
        for a, b in zip(told, slow(some, limits), strict=True)
    )


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**9))
def test_the_quick_search_gives_the_pairs_and_the_numbers_of_the_exact_step_to_the_bit(seed):
    assert not differs(seed)


@pytest.mark.parametrize(
    "fault",
    ["boxes too narrow", "swept in part", "filed without width", "level too late", "other frame"],
)
def test_a_rough_test_that_lets_too_little_through_is_seen(monkeypatch, fault):
    def filed_thin(laid, order, low, high):
        thin = laid.copy()
        thin[:, capsules.HALF] = 0.0
        return capsules.filed(thin, order, low, high)

    def swept_in_part(boxes):
        order, column = sweep.swept(boxes)
        return order[: -len(order) // 4], column

    if fault == "boxes too narrow":
        monkeypatch.setattr(closest, "ROUGH", -2e-3)
    elif fault == "swept in part":
        monkeypatch.setattr(closest, "swept", swept_in_part)
    elif fault == "filed without width":
        monkeypatch.setattr(closest, "filed", filed_thin)
    elif fault == "level too late":
        monkeypatch.setattr(closest, "slacks_m", lambda movers, _: movers.vertical_error_m)
    else:  # not a frame: what is near is seen farther apart
        monkeypatch.setattr(closest, "frame", lambda normals: 1.1 * capsules.frame(normals))
    assert any(differs(seed) for seed in range(40))
