"""Heights across references: widened, or refused with the reason; never silently compared."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings

from strategies import footprints
from wideberth.errors import InvalidValue, NotComparable
from wideberth.space import (
    GEOID_ERROR_M,
    Altitude,
    AltitudeModel,
    AltitudeReference,
    Circle,
    Gap,
    Separation,
    TerrainBound,
    Volume4D,
    circle,
    conflict,
    covers,
    gap,
    geoid_undulation_m,
    prepare,
)
from wideberth.space.geoid import undulation_range_mm
from wideberth.space.vertical import cap_around

W84, MSL, STD, AGL = AltitudeReference
ALPS = AltitudeModel(TerrainBound(200_000, 4_810_000), 300_000)


def volume(lower: Altitude, upper: Altitude, *, longitude: float = 8) -> Volume4D:
    return Volume4D(circle(47, longitude, 1000), lower, upper, 0, 1)


def band(lower_mm: int, upper_mm: int, reference: AltitudeReference) -> Volume4D:
    return volume(Altitude(lower_mm, reference), Altitude(upper_mm, reference))


# The NGA's own test values for its interpolation of the 15-minute grid, F477 (INPUT/OUTPUT.DAT).
@pytest.mark.parametrize(
    ("latitude", "longitude", "wanted_m"),
    [
        (38.628155, 269.779155, -31.628),
        (-14.621217, 305.021114, -2.969),
        (46.874319, 102.448729, -43.575),
        (-23.617446, 133.874712, 15.871),
        (38.625473, 359.9995, 50.066),
        (-0.466744, 0.0023, 17.329),
    ],
)
def test_geoid_is_that_of_its_makers(latitude, longitude, wanted_m):
    # They interpolate with splines; bilinear is within the stated error, here within 10 cm.
    assert geoid_undulation_m(latitude, longitude) == pytest.approx(wanted_m, abs=0.1)


def test_geoid_takes_arrays_and_knows_no_seam():
    assert geoid_undulation_m(np.zeros((2, 3)), 10).shape == (2, 3)
    assert geoid_undulation_m(90, [0, 120, -77]).tolist() == pytest.approx([13.61] * 3)
    assert geoid_undulation_m(10, 179.9999) == pytest.approx(
        geoid_undulation_m(10, -179.9999), abs=0.01
    )
    assert geoid_undulation_m(10, 359.9) == pytest.approx(geoid_undulation_m(10, -0.1))


@settings(max_examples=60)
@given(footprints(size_m=40_000))
def test_the_geoid_over_a_footprint_is_within_its_range(shape):
    latitude, longitude, angle = cap_around(shape)
    lowest_mm, highest_mm = undulation_range_mm(latitude, longitude, angle)
    places = (
        [(shape.latitude_nd, shape.longitude_nd)] if isinstance(shape, Circle) else shape.vertices
    )
    for latitude_nd, longitude_nd in places:
        height_mm = float(geoid_undulation_m(latitude_nd / 1e9, longitude_nd / 1e9)) * 1000
        assert lowest_mm + 1400 <= height_mm <= highest_mm - 1400


def test_the_range_of_the_whole_earth_is_its_geoids():
    lowest_mm, highest_mm = undulation_range_mm(0, 0, 180)
    assert -109_000 < lowest_mm < -106_000
    assert 86_000 < highest_mm < 88_000


def test_sea_level_becomes_a_band_that_holds_it():
    lower_mm, upper_mm = AltitudeModel().band_w84_mm(band(1_000_000, 2_000_000, MSL))
    here_mm = float(geoid_undulation_m(47, 8)) * 1000
    error_mm = GEOID_ERROR_M * 1000
    assert 1_000_000 + here_mm - 4000 < lower_mm <= 1_000_000 + here_mm - error_mm
    assert 2_000_000 + here_mm + error_mm <= upper_mm < 2_000_000 + here_mm + 4000


def test_ground_and_pressure_become_bands_as_wide_as_configured():
    sea = AltitudeModel().band_w84_mm(band(0, 0, MSL))
    ground = ALPS.band_w84_mm(band(50_000, 120_000, AGL))
    assert ground == (sea[0] + 50_000 + 200_000, sea[1] + 120_000 + 4_810_000)
    pressure = ALPS.band_w84_mm(band(0, 1_981_200, STD))
    assert pressure == (sea[0] - 300_000, sea[1] + 1_981_200 + 300_000)


@pytest.mark.parametrize(("reference", "configure"), [(AGL, "terrain"), (STD, "pressure_error_mm")])
def test_what_is_not_configured_is_named(reference, configure):
    model = AltitudeModel()
    mixed = volume(Altitude(0, W84), Altitude(5, reference))
    for call in (model.band_w84_mm, model.require_comparable):
        with pytest.raises(NotComparable) as caught:
            call(mixed)
        assert caught.value.field == "upper"
        assert configure in caught.value.advice
        assert str(reference) in str(caught.value.value)
    with pytest.raises(NotComparable):
        covers(prepare(mixed), 47, 8, 1, 0)
    model.require_comparable(band(0, 1, MSL))


@pytest.mark.parametrize("reference", list(AltitudeReference))
def test_one_reference_is_compared_as_it_is(reference):
    one = prepare(band(0, 120_000, reference))
    assert conflict(one, prepare(band(120_000, 200_000, reference))) == Gap(0, 0, 0)
    assert conflict(one, prepare(band(120_001, 200_000, reference))) is None
    assert gap(one, prepare(band(150_000, 200_000, reference))).vertical_mm == 30_000


@pytest.mark.requirement("F-05")
@pytest.mark.parametrize(("one", "two"), list(itertools.combinations(AltitudeReference, 2)))
def test_two_references_are_refused_or_widened_never_guessed(one, two):
    low, high = band(0, 100_000, one), band(5_900_000, 6_000_000, two)
    known = {one, two} <= {W84, MSL}
    if known:
        assert conflict(prepare(low), prepare(high)) is None
    else:
        for a, b in ((low, high), (high, low)):
            with pytest.raises(NotComparable) as caught:
                conflict(prepare(a), prepare(b))
            assert caught.value.field in {"lower", "upper"}
        with pytest.raises(NotComparable):
            gap(prepare(low), prepare(high))
    # 100 m above the highest ground of the Alps reaches to 4,910 m, well below 5,900 less 300.
    assert conflict(prepare(low, ALPS), prepare(high, ALPS)) is None
    near = band(-1_000_000, 6_000_000, two)
    assert conflict(prepare(low, ALPS), prepare(near, ALPS)) is not None


def test_what_is_clear_otherwise_needs_no_comparison():
    low = prepare(band(0, 100, AGL))
    elsewhere = prepare(volume(Altitude(0, STD), Altitude(9, STD), longitude=9))
    assert conflict(low, elsewhere) is None
    with pytest.raises(NotComparable):
        conflict(low, elsewhere, Separation(horizontal_mm=100_000_000))


def test_one_limit_that_settles_it_is_enough():
    # A floor above ground under a flight level, against a flight level above it: STD with STD.
    mixed = prepare(volume(Altitude(0, AGL), Altitude(1_000_000, STD)))
    above = prepare(volume(Altitude(1_000_001, STD), Altitude(2_000_000, STD)))
    assert conflict(mixed, above) is None
    with pytest.raises(NotComparable):
        conflict(mixed, prepare(volume(Altitude(900_000, STD), Altitude(2_000_000, STD))))


def test_settings_that_contradict_themselves_are_refused():
    with pytest.raises(InvalidValue, match="terrain-upside-down"):
        TerrainBound(10, 9)
    with pytest.raises(InvalidValue, match="error-negative"):
        AltitudeModel(pressure_error_mm=-1)
