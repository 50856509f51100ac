"""Times, heights, footprints, windows and bands as senders write them."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import volumes
from wideberth.errors import InvalidValue
from wideberth.space import (
    Altitude,
    AltitudeReference,
    Circle,
    Polygon,
    Separation,
    Volume4D,
    altitude,
    circle,
    format_rfc3339,
    is_conflict,
    parse_rfc3339,
    polygon,
    prepare,
)
from wideberth.space.prepared import REMEMBERED_LARGE
from wideberth.space.time import MAX_US, MIN_US

W84 = AltitudeReference.W84


@given(st.integers(MIN_US, MAX_US))
def test_a_time_survives_being_written(instant_us):
    assert parse_rfc3339(format_rfc3339(instant_us)) == instant_us


@pytest.mark.parametrize(
    ("text", "wanted_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00.000001z", 1),
        ("1970-01-01 00:00:00.0000019Z", 1),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("1900-01-01T00:00:00Z", MIN_US),
        ("9999-12-31T23:59:59.999999Z", MAX_US),
    ],
)
def test_times_with_their_offset_are_read(text, wanted_us):
    assert parse_rfc3339(text) == wanted_us


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-09T18:00:00",
        "2026-09-09",
        "2026-02-30T00:00:00Z",
        "2026-09-09T23:59:60Z",
        "2026-09-09T24:00:00Z",
        "2026-09-09T18:00:00+24:00",
        "1899-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
        "\u0662026-09-09T18:00:00Z",
        "",
        None,
        1_788_912_000,
    ],
)
def test_times_without_offset_or_sense_are_refused(text):
    with pytest.raises(InvalidValue):
        parse_rfc3339(text, field="start")


@pytest.mark.parametrize(
    ("value", "units", "reference", "wanted_mm"),
    [(120, "M", "W84", 120_000), (400, "FT", "AGL", 121_920), (-1.5, "M", "MSL", -1500)],
)
def test_heights_become_millimetres(value, units, reference, wanted_mm):
    assert altitude(value, units, reference) == Altitude(wanted_mm, AltitudeReference(reference))


@pytest.mark.parametrize(
    ("value", "units", "reference", "field"),
    [
        (math.nan, "M", "W84", "value"),
        (True, "M", "W84", "value"),
        ("1", "M", "W84", "value"),
        (1e300, "M", "W84", "value"),
        (100_001, "M", "W84", "value"),
        (-8_001, "M", "W84", "value"),
        (1, "KM", "W84", "units"),
        (1, None, "W84", "units"),
        (1, "M", "QNH", "reference"),
        (1, "M", [], "reference"),
    ],
)
def test_heights_that_make_no_sense_are_refused(value, units, reference, field):
    with pytest.raises(InvalidValue) as caught:
        altitude(value, units, reference)
    assert caught.value.field == field


@pytest.mark.parametrize("radius", [0, -1, math.nan, math.inf, 20_003_933, "5", True])
def test_a_radius_that_makes_no_sense_is_refused(radius):
    with pytest.raises(InvalidValue) as caught:
        circle(0, 0, radius)
    assert caught.value.field == "radius"


def test_a_pole_and_the_antimeridian_have_one_spelling():
    assert circle(90, 77, 1) == circle(90, -180, 1)
    assert circle(0, 180, 1) == circle(0, -180, 1)
    assert polygon([(90, 0), (90, 120), (80, 0), (80, 90)]) == polygon([(90, 5), (80, 0), (80, 90)])


@pytest.mark.parametrize(
    ("lower", "upper", "start_us", "end_us", "fields"),
    [
        (Altitude(5, W84), Altitude(4, W84), 0, 1, "lower, upper"),
        (Altitude(5, W84), Altitude(6, W84), 1, 0, "start, end"),
        (Altitude(5, W84), Altitude(6, W84), MIN_US - 1, 0, "start"),
        (Altitude(5, W84), Altitude(6, W84), 0, MAX_US + 1, "end"),
    ],
)
def test_contradicting_fields_are_both_named(lower, upper, start_us, end_us, fields):
    with pytest.raises(InvalidValue) as caught:
        Volume4D(circle(0, 0, 1), lower, upper, start_us, end_us)
    assert caught.value.field == fields


def test_a_floor_of_another_reference_may_have_the_larger_number():
    upper = Altitude(100, AltitudeReference.AGL)
    assert Volume4D(circle(0, 0, 1), Altitude(200, W84), upper, 0, 1).upper == upper


def test_values_out_of_range_are_refused_where_they_are_built():
    for build in (
        lambda: Circle(0, 180 * 10**9, 1),
        lambda: Circle(91 * 10**9, 0, 1),
        lambda: Polygon(((0, 0), (0, 1))),
        lambda: Polygon(((0, 0), (0, 1), (10**12, 0))),
        lambda: Separation(-1),
        lambda: Altitude(10**9, W84),
    ):
        with pytest.raises(InvalidValue):
            build()


@given(volumes(), volumes())
def test_a_prepared_volume_survives_being_sent(one, two):
    sent = pickle.loads(pickle.dumps(prepare(one)))
    assert sent.volume == one
    assert is_conflict(sent, prepare(two)) == is_conflict(prepare(one), prepare(two))


def test_prepare_remembers():
    volume = Volume4D(circle(1, 2, 3), Altitude(0, W84), Altitude(1, W84), 0, 1)
    assert prepare(volume) is prepare(volume)


def test_prepare_remembers_few_of_the_large():
    # An edge of 10,000 km is 2,500 pieces: thousands of those must not stay in memory.
    large = [
        Volume4D(polygon([(0, 0), (0, 90), (80, lon)]), Altitude(0, W84), Altitude(1, W84), 0, 1)
        for lon in range(40, 40 + REMEMBERED_LARGE + 1)
    ]
    first = prepare(large[0])
    assert prepare(large[0]) is first
    for volume in large[1:]:
        prepare(volume)
    assert prepare(large[0]) is not first
