"""The rules of the space for pairs of tracks, against exact geodesics at many moments."""

import dataclasses
import math

import msgspec
import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from well_clear import not_clear, scaled
from wideberth.errors import InvalidValue
from wideberth.space.time import SECOND_US
from wideberth.watch import judging
from wideberth.watch.closest import too_close
from wideberth.watch.judging import VOLUMES, judge, judge_all
from wideberth.watch.movers import Movers
from wideberth.watch.settings import PairSettings

GEOD = pyproj.Geod(ellps="WGS84")
AHEAD_S = 120.0
ALONE = PairSettings(
    horizontal_m=0.0,
    vertical_m=0.0,
    look_ahead_us=round(AHEAD_S) * SECOND_US,
    well_clear="phase-1",
    by_distance=False,
)


# Latitude, longitude, speed, course, age, height, height by pressure, climb, two errors.
COLUMNS = (
    *("latitude_deg", "longitude_deg", "speed_m_s", "course_deg", "age_s", "altitude_w84_m"),
    *("altitude_std_m", "climb_m_s", "horizontal_error_m", "vertical_error_m"),
)


def movers(rows):
    columns = dict(zip(COLUMNS, np.array(rows, float).T, strict=True))
    count = len(rows)
    return Movers.of(**columns, owner=np.full(count, -1), identity=np.arange(count))


def seen(row_a, row_b, time_s):
    """The second as seen from the first at one moment: along the geodesic between them, each held
    to its course; the second's course is turned by as much as the geodesic turns on its way.
    """
    ends = []
    for row in (row_a, row_b):
        lat, lon, speed, course, age, w84, _, climb, *_ = row
        known = math.isfinite(speed) and math.isfinite(course)
        speed, course = (speed, course) if known else (0.0, 0.0)
        lon, lat, back = GEOD.fwd(lon, lat, course, speed * (age + time_s))
        climb = 0.0 if math.isnan(climb) else climb
        ends.append((lon, lat, back + 180.0, speed, w84 + climb * (age + time_s), climb))
    a, b = ends
    away, back, distance = GEOD.inv(*a[:2], *b[:2])
    turned = b[2] - (back + 180.0) + away
    u, w = (
        b[3] * f(math.radians(turned)) - a[3] * f(math.radians(a[2])) for f in (math.sin, math.cos)
    )
    x, y = (distance * f(math.radians(away)) for f in (math.sin, math.cos))
    return (x, y, b[4] - a[4], u, w, b[5] - a[5])


def moved(row, off):
    """A row whose place is off by parts of its errors: (part, bearing, part up)."""
    part, bearing, up = off
    lon, lat, _ = GEOD.fwd(row[1], row[0], bearing, part * row[8])
    return (lat, lon, *row[2:5], row[5] + up * row[9], *row[6:])


def violated_at(row_a, row_b, volume, *, step_s=8.0):
    """The moments of the look-ahead at which the two are not well clear."""
    times = np.arange(0.0, AHEAD_S + step_s / 2, step_s).tolist()
    small = scaled(volume, 1 - 1e-9)
    states = [(t, seen(row_a, row_b, t)) for t in times]
    return [
        t
        for t, state in states
        if not_clear(small, (*state[:2], 0.0 if math.isnan(state[2]) else state[2], *state[3:]), 0)
    ]


PLACES = st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.sampled_from(
    [(90.0, 0.0), (-89.99, 77.0), (0.0, 180.0), (-33.0, -180.0), (47.0, 8.0)]
)


def meeting(anchor):
    """Two rows that come near each other in about two minutes, with errors, anywhere."""
    latitude, longitude = anchor

    def row(meets_s, course, speed, aside_m, height, climb, age, errors):
        at_lon, at_lat, _ = GEOD.fwd(longitude, latitude, course + 90.0, aside_m)
        lon, lat, back = GEOD.fwd(at_lon, at_lat, course + 180.0, speed * (meets_s + age))
        known = height - climb * (meets_s + age)
        return (lat, lon, speed, back, age, known, math.nan, climb, *errors)

    made = st.builds(
        row,
        st.floats(0, 200),
        st.floats(0, 360),
        st.floats(0, 340) | st.sampled_from([0.0, 250.0]),
        st.floats(-2500, 2500),
        st.floats(0, 600) | st.just(300.0),
        st.floats(-15, 15) | st.just(0.0),
        st.floats(0, 30),
        st.tuples(st.floats(0, 400) | st.just(0.0), st.floats(0, 60) | st.just(0.0)),
    )
    return st.tuples(made, made)


OFF = st.tuples(st.floats(0, 1) | st.just(1.0), st.floats(0, 360), st.floats(-1, 1))
NAMES = st.sampled_from(sorted(VOLUMES))


def missed(rows, off, name, *, rules=ALONE):
    """The first moment at which two, off by parts of their errors, are not well clear, where the
    answer knows of no violation by then; None where nothing is missed.
    """
    rules = msgspec.structs.replace(rules, well_clear=name)
    times = violated_at(moved(rows[0], off[0]), moved(rows[1], off[1]), VOLUMES[name])
    told = judge_all(movers(rows), rules)
    late = not len(told.pairs) or told.pairs.loss_s[0] > times[0] + 1e-3 if times else False
    return times[0] if late else None


@settings(deadline=None, max_examples=120)
@given(PLACES.flatmap(meeting), st.tuples(OFF, OFF), NAMES)
def test_no_violation_is_missed_anywhere_on_earth(rows, off, name):
    assert missed(rows, off, name) is None


AS_TOLD = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def closing(*, apart_m, speed=200.0, aside_m=0.0, up_m=0.0, errors=(0.0, 0.0)):
    """Two head on over the equator, so far apart; the second so far aside and up."""
    lon, lat, _ = GEOD.fwd(8.0, 0.0, 90.0, apart_m)
    if aside_m:
        lon, lat, _ = GEOD.fwd(lon, lat, 0.0, aside_m)
    rest = (0.0, *errors)
    return (
        (0.0, 8.0, speed, 90.0, 0.0, 500.0, math.nan, *rest),
        (lat, lon, speed, 270.0, 0.0, 500.0 + up_m, math.nan, *rest),
    )


def test_the_reference_sees_a_search_that_does_not_look_beyond_the_look_ahead(monkeypatch):
    # Modified tau falls to 35 s in the look-ahead; they meet 25 s after its end.
    rows = closing(apart_m=400 * (AHEAD_S + 25))
    assert missed(rows, AS_TOLD, "phase-1") is None
    search = judging.candidates

    def short(movers, limits, **asked):
        return search(movers, dataclasses.replace(limits, look_ahead_s=AHEAD_S), **asked)

    monkeypatch.setattr(judging, "candidates", short)
    assert missed(rows, AS_TOLD, "phase-1") is not None


def test_the_reference_sees_a_search_for_who_is_near_and_level_at_once(monkeypatch):
    # After 45 s modified tau is 30 s and they are level; within DTHR they are 27 s later, and one
    # has climbed away.
    one, two = closing(apart_m=30_000)
    rows = (one, (*two[:7], 2.5, *two[8:]))
    assert missed(rows, AS_TOLD, "phase-1") is None
    search = judging.candidates

    def at_once(movers, limits, **asked):
        return search(movers, limits, **{**asked, "at_once": True})

    monkeypatch.setattr(judging, "candidates", at_once)
    assert missed(rows, AS_TOLD, "phase-1") is not None


def test_the_reference_sees_errors_that_are_left_out(monkeypatch):
    rows = closing(apart_m=30_000, aside_m=1500, errors=(200.0, 0.0))
    off = ((1.0, 0.0, 0.0), (1.0, 180.0, 0.0))
    assert missed(rows, off, "phase-1") is None
    plain = judging.violation
    monkeypatch.setattr(judging, "violation", lambda *given, **_: plain(*given))
    assert missed(rows, off, "phase-1") is not None


def test_two_that_keep_clear_are_not_told():
    assert len(judge_all(movers(closing(apart_m=30_000, aside_m=1300)), ALONE).pairs) == 0
    assert len(judge_all(movers(closing(apart_m=30_000, aside_m=1200)), ALONE).pairs) == 1
    assert len(judge_all(movers(closing(apart_m=30_000, up_m=140)), ALONE).pairs) == 0
    assert len(judge_all(movers(closing(apart_m=90_000)), ALONE).pairs) == 0


def test_the_times_and_distances_are_those_of_the_volume():
    told = judge_all(movers(closing(apart_m=30_000, aside_m=1000)), ALONE)
    # d^2 - DTHR^2 = TTHR * closing * d, along the course.
    across2 = 1000**2 - VOLUMES["phase-1"].dthr_m ** 2
    edge_m = 7000 + math.sqrt(7000**2 - across2)
    assert told.pairs.loss_s[0] == pytest.approx((30_000 - edge_m) / 400, abs=0.05)
    assert told.pairs.closest_horizontal_m[0] == pytest.approx(1000, abs=5)
    assert told.pairs.closest_s[0] == pytest.approx(75, abs=0.1)
    (rule,) = told.rules
    assert (rule.id, rule.horizontal_m) == ("well-clear-phase-1", VOLUMES["phase-1"].dthr_m)


def test_an_unknown_height_is_every_height():
    one, two = closing(apart_m=30_000, up_m=5000)
    two = (*two[:5], math.nan, *two[6:])
    told = judge_all(movers((one, two)), ALONE)
    assert len(told.pairs) == 1
    assert math.isnan(told.pairs.now_vertical_m[0])


def test_pressure_altitudes_are_compared_and_a_climb_since_the_report_counts():
    one, two = closing(apart_m=30_000, up_m=0.0)
    one = (*one[:4], 20.0, math.nan, 3000.0, 10.0, 0.0, 0.0)
    two = (*two[:4], 0.0, math.nan, 3200.0, 10.0, 0.0, 0.0)
    told = judge_all(movers((one, two)), ALONE)  # level now, 20 s and 200 m after the report
    assert len(told.pairs) == 1
    apart = (*two[:6], 3400.0, *two[7:])
    assert len(judge_all(movers((one, apart)), ALONE).pairs) == 0


def test_beside_the_distances_whichever_comes_first_is_told():
    rules = msgspec.structs.replace(ALONE, by_distance=True, horizontal_m=1000.0, vertical_m=150.0)
    head_on = movers(closing(apart_m=30_000))
    told = judge_all(head_on, rules)
    assert [told.rules[k].id for k in told.by] == ["well-clear-phase-1"]
    # Side by side at one speed 1,500 m apart: within 2,000 m, and of no tau.
    wide = msgspec.structs.replace(rules, horizontal_m=2000.0)
    one, _ = closing(apart_m=0.0)
    two = (*closing(apart_m=1500)[1][:3], 90.0, *one[4:])
    told = judge_all(movers((one, two)), wide)
    assert [told.rules[k].id for k in told.by] == ["pair-separation"]
    assert len(judge_all(movers((one, two)), ALONE).pairs) == 0
    # And all that the distances alone find is found.
    alone = too_close(head_on, judging._limits(rules))
    assert set(alone.first) <= set(judge_all(head_on, rules).pairs.first)


def test_without_a_volume_the_answer_is_that_of_the_distances():
    rng = np.random.default_rng(4)
    count = 200
    rows = np.column_stack([
        rng.uniform(46.9, 47.1, count), rng.uniform(7.9, 8.1, count), rng.uniform(0, 260, count),
        rng.uniform(0, 360, count), rng.uniform(0, 20, count), rng.uniform(0, 3000, count),
        np.full(count, np.nan), rng.uniform(-10, 10, count), np.full(count, 50.0),
        np.full(count, 20.0),
    ])  # fmt: skip
    some, rules = movers(rows), PairSettings()
    told = judge_all(some, rules)
    plain = too_close(some, judging._limits(rules))
    for name in dataclasses.asdict(plain):
        assert np.array_equal(getattr(told.pairs, name), getattr(plain, name), equal_nan=True)
    # Of every pair, judged one by one, the search leaves out none.
    first, second = np.triu_indices(count, 1)
    each = judge(some, first, second, ALONE)
    keep = np.isfinite(each.pairs.loss_s)
    assert keep.sum() > 30
    found = judge_all(some, ALONE).pairs
    assert found.first.tolist() == first[keep].tolist()
    assert found.second.tolist() == second[keep].tolist()


def test_a_factor_widens_the_volume_and_the_look_ahead():
    some = movers(closing(apart_m=30_000, aside_m=1300))
    first, second = np.array([0]), np.array([1])
    assert math.isinf(judge(some, first, second, ALONE).pairs.loss_s[0])
    assert math.isfinite(judge(some, first, second, ALONE, factor=1.2).pairs.loss_s[0])


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [({"by_distance": False}, "no-rule"), ({"well_clear": "phase-3"}, "volume-name")],
)
def test_a_setting_that_makes_no_sense_is_refused(wrong, rule):
    with pytest.raises(InvalidValue) as refused:
        PairSettings(**wrong)
    assert refused.value.rule == rule


def test_no_tracks_are_no_pairs():
    assert len(judge_all(movers([closing(apart_m=1.0)[0]]), ALONE).pairs) == 0
