"""Verdicts and gaps against a slow reference on Karney's geodesics: no false clear, ever."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from space import reference
from strategies import (
    away,
    footprints,
    grown,
    neighbours,
    places,
    separations,
    sizes_m,
    stars,
    unit,
    volumes,
    wrapped,
)
from wideberth.errors import InvalidValue
from wideberth.space import (
    Altitude,
    AltitudeReference,
    Circle,
    Footprint,
    Gap,
    Polygon,
    PreparedVolume,
    Separation,
    Volume4D,
    circle,
    conflict,
    covers,
    distance_to_edge_m,
    gap,
    horizontal_gap_mm,
    is_conflict,
    polygon,
    prepare,
)
from wideberth.space._distance import ERROR_M

W84 = AltitudeReference.W84
TOLERANCE_MM = 10  # what is promised: 1 cm toward conflict
ROUNDING_MM = 0.5  # of the reference's own search
# Two pairs that found every planted fault below: squares that share a corner, and a triangle in
# the empty corner of another's bounding box.
TELLING_PAIRS = [
    (
        polygon([(47, 8), (47, 8.01), (47.01, 8.01), (47.01, 8)]),
        polygon([(47.01, 8.01), (47.01, 8.02), (47.02, 8.02), (47.02, 8.01)]),
    ),
    (
        polygon([(10, 10), (10, 10.01), (10.01, 10)]),
        polygon([(10.009, 10.009), (10.009, 10.0099), (10.0099, 10.009)]),
    ),
    (circle(0, 179.999, 500), circle(0, -179.999, 500)),
    (
        polygon([(60, 0), (60, 4), (59, 2)]),
        polygon([(60.01, 1.9), (60.01, 2.1), (60.02, 2)]),
    ),
]


def at(shape: Footprint) -> PreparedVolume:
    return prepare(Volume4D(shape, Altitude(0, W84), Altitude(1000, W84), 0, 1))


def ours_mm(one: Footprint, two: Footprint) -> float:
    return horizontal_gap_mm(at(one), at(two))


def faults(
    gap_mm: Callable[[Footprint, Footprint], float],
    pairs: list[tuple[Footprint, Footprint]],
) -> list[str]:
    """The checker: where a gap claims more than there is, or over 1 cm less."""
    found: list[str] = []
    for one, two in pairs:
        true_mm = reference.distance_m(one, two) * 1000
        claimed_mm = gap_mm(one, two)
        if claimed_mm > true_mm + ROUNDING_MM:
            found.append(f"false clear: {claimed_mm} of {true_mm} mm, {one}, {two}")
        if claimed_mm < true_mm - TOLERANCE_MM:
            found.append(f"false conflict: {claimed_mm} of {true_mm} mm, {one}, {two}")
    return found


@settings(max_examples=120)
@given(neighbours())
def test_gap_is_the_references_and_never_more(pair):
    assert faults(ours_mm, [pair]) == []


def test_gap_of_telling_pairs_is_the_references():
    assert faults(ours_mm, TELLING_PAIRS) == []


def _tolerance_flipped(one: Footprint, two: Footprint) -> float:
    return ours_mm(one, two) + 2 * ERROR_M * 1000


def _box_verdict(one: Footprint, two: Footprint) -> float:
    boxes = [shapely.box(*_plane(shape).bounds) for shape in (one, two)]
    return boxes[0].distance(boxes[1]) * 111_195_000


def _plane_verdict(one: Footprint, two: Footprint) -> float:
    return _plane(one).distance(_plane(two)) * 111_195_000


def _plane(shape: Footprint) -> shapely.Geometry:
    if isinstance(shape, Circle):
        latitude, longitude = reference.place_of(shape)
        return shapely.Point(longitude, latitude).buffer(shape.radius_mm / 111_195_000)
    return shapely.Polygon(
        [(longitude, latitude) for latitude, longitude in reference.ring_of(shape)]
    )


@pytest.mark.parametrize("planted", [_tolerance_flipped, _box_verdict, _plane_verdict])
def test_a_planted_fault_is_caught(planted):
    assert faults(planted, TELLING_PAIRS) != []


@pytest.mark.parametrize("planted", [_tolerance_flipped, _plane_verdict])
def test_a_planted_false_clear_is_caught(planted):
    assert any(fault.startswith("false clear") for fault in faults(planted, TELLING_PAIRS))


@settings(max_examples=15)
@given(neighbours())
def test_no_place_along_the_edges_is_nearer_than_their_ends(pair):
    # What the kernels rest on: searched from seven places within each edge, nothing is nearer.
    one, two = pair
    if isinstance(one, Polygon) and isinstance(two, Polygon):
        from_ends_m = reference.distance_m(one, two)
        assert reference.distance_m(one, two, samples=4) >= from_ends_m - 0.001


@given(neighbours(), separations())
def test_verdict_is_symmetric(pair, separation):
    one, two = at(pair[0]), at(pair[1])
    assert conflict(one, two, separation) == conflict(two, one, separation)
    assert abs(horizontal_gap_mm(one, two) - horizontal_gap_mm(two, one)) <= 1


@given(neighbours(), separations())
def test_verdict_and_gap_agree(pair, separation):
    one, two = at(pair[0]), at(pair[1])
    found = conflict(one, two, separation)
    assert is_conflict(one, two, separation) == (found is not None)
    apart_mm = horizontal_gap_mm(one, two)
    if found is None:
        assert apart_mm >= separation.horizontal_mm
    else:
        assert abs(found.horizontal_mm - apart_mm) <= 1


@given(neighbours(), separations(), st.floats(1, 2))
def test_growing_a_footprint_keeps_its_conflicts(pair, separation, factor):
    one, two = pair
    if isinstance(one, Circle) or isinstance(two, Circle) or is_conflict(at(one), at(two)):
        before = conflict(at(one), at(two), separation)
        after = conflict(at(grown(one, factor)), at(two), separation)
        assert before is None or after is not None


@given(volumes(), volumes(), separations(), st.integers(0, 10**9), st.integers(0, 10**6))
def test_growing_window_band_and_separation_keeps_conflicts(one, two, wanted, longer, higher):
    two = Volume4D(one.footprint, two.lower, two.upper, two.start_us, two.end_us)
    if conflict(prepare(one), prepare(two), wanted) is None:
        return
    larger = Volume4D(
        one.footprint,
        Altitude(one.lower.value_mm - higher, W84),
        Altitude(one.upper.value_mm + higher, W84),
        one.start_us - longer,
        one.end_us + longer,
    )
    assert is_conflict(prepare(larger), prepare(two), wanted)
    wider = Separation(
        wanted.horizontal_mm + higher, wanted.vertical_mm + higher, wanted.time_us + longer
    )
    assert is_conflict(prepare(one), prepare(two), wider)


@given(volumes(), volumes(), separations(), st.integers(-(10**15), 10**15))
def test_shifting_both_in_time_changes_nothing(one, two, wanted, shift_us):
    def later(volume: Volume4D) -> PreparedVolume:
        return prepare(
            Volume4D(
                volume.footprint,
                volume.lower,
                volume.upper,
                volume.start_us + shift_us,
                volume.end_us + shift_us,
            )
        )

    assert conflict(prepare(one), prepare(two), wanted) == conflict(later(one), later(two), wanted)


def band(lower_mm: int, upper_mm: int, start_us: int = 0, end_us: int = 10) -> PreparedVolume:
    return prepare(
        Volume4D(
            circle(47, 8, 100), Altitude(lower_mm, W84), Altitude(upper_mm, W84), start_us, end_us
        )
    )


@pytest.mark.parametrize(
    ("one", "two", "separation", "wanted"),
    [
        # ASTM F3548-21, 4.1: volumes are closed; touching is conflict.
        pytest.param(band(0, 9), band(9, 20), Separation(), Gap(0, 0, 0), id="bands touch"),
        pytest.param(band(0, 9), band(10, 20), Separation(), None, id="a millimetre apart"),
        pytest.param(band(0, 9), band(5, 20), Separation(), Gap(0, 0, 0), id="bands overlap"),
        pytest.param(band(0, 9), band(10, 20), Separation(0, 1), Gap(0, 1, 0), id="at the height"),
        pytest.param(band(0, 9), band(11, 20), Separation(0, 1), None, id="past the height"),
        pytest.param(band(0, 9, 0, 10), band(0, 9, 10, 20), Separation(), Gap(0, 0, 0), id="meet"),
        pytest.param(band(0, 9, 0, 10), band(0, 9, 11, 20), Separation(), None, id="1 us apart"),
        pytest.param(
            band(0, 9, 0, 10), band(0, 9, 12, 20), Separation(0, 0, 2), Gap(0, 0, 2), id="at time"
        ),
        pytest.param(
            band(0, 9, 0, 10), band(0, 9, 13, 20), Separation(0, 0, 2), None, id="past time"
        ),
        pytest.param(
            band(0, 9, 5, 5), band(3, 3, 5, 5), Separation(), Gap(0, 0, 0), id="no thickness"
        ),
    ],
)
def test_time_and_height_are_exact(one, two, separation, wanted):
    assert conflict(one, two, separation) == wanted
    assert conflict(two, one, separation) == wanted


def test_a_circle_is_a_circle_and_not_a_polygon():
    # Between two of the corners a 32-gon would have, it still reaches its radius.
    middle = (47.0, 8.0)
    for azimuth in np.linspace(0, 360, 97):
        for length_m, wanted in ((499.99, True), (500.02, False)):
            place = away(middle, float(azimuth), length_m)
            assert covers(at(circle(*middle, 500)), *place, 0.5, 0) == wanted


@pytest.mark.parametrize("radius_m", [1.0, 1e4, 1e6, 9.9e6, 1.9e7])
def test_circles_that_meet_at_a_millimetre(radius_m):
    one = circle(20, 30, radius_m)
    length_m = min(2 * radius_m, 1.99e7)
    other_m = length_m - radius_m
    for off_m, wanted in ((-0.002, True), (0.02, False)):
        place = away((20, 30), 77, length_m + off_m)
        assert is_conflict(at(one), at(circle(*place, other_m))) == wanted


def test_the_whole_earth_touches_everything():
    whole = at(circle(10, 20, 20_003_932))
    for shape in (circle(-10, -160, 1), polygon([(-90, 0), (-89, 10), (-89, 100)])):
        assert is_conflict(whole, at(shape))
        assert is_conflict(at(shape), whole)


def test_nearly_the_whole_earth_leaves_its_far_side_free():
    nearly = at(circle(0, 0, 19_900_000))
    assert not is_conflict(nearly, at(circle(0.1, -179.9, 1000)))
    assert not is_conflict(nearly, at(polygon([(0, 179.9), (0, -179.9), (0.2, 180)])))
    assert is_conflict(nearly, at(circle(2, -179.9, 1000)))


def test_the_reference_looks_closely_where_an_edge_passes_near_an_antipode():
    # Eight looks along each edge turned the wrong way round here.
    ring = Polygon(
        (
            (27738672344, -77074378502),
            (75892889116, 105228429127),
            (8594091943, 53292066814),
            (-48602020364, 81494141779),
            (-86433002685, -120711239032),
            (-11256025306, -145836089012),
        )
    )
    for place in ((0.0, 51.5), (0.0, -128.5)):
        assert not reference.is_inside(ring, place)
        assert not covers(at(ring), *place, 0.5, 0)


NORTHERN_RING = [(5.0, float(longitude)) for longitude in range(-180, 180, 10)]


@pytest.mark.parametrize("ring", [NORTHERN_RING, NORTHERN_RING[::-1]])
def test_a_ring_round_the_earth_has_its_smaller_side_inside(ring):
    cap = at(polygon(ring))
    assert cap.arrays.shapes[0]["wide"] == 1
    latitudes = np.array([90.0, 45.0, 5.2, 4.9, 0.0, -45.0, -90.0])
    inside = covers(cap, latitudes, np.linspace(-170, 170, 7), 0.5, 0)
    assert inside.tolist() == [True, True, True, False, False, False, False]
    assert horizontal_gap_mm(cap, at(circle(-60, 33, 1000))) > 7_000_000_000
    assert horizontal_gap_mm(cap, at(circle(60, 33, 1000))) == 0


@settings(max_examples=25)
@given(places(), st.lists(places(), min_size=4, max_size=4), st.data())
def test_a_ring_of_any_width_parts_places_from_their_antipodes(middle, seen, data):
    # A ring turns around a place just when it lies between the place and its antipode.
    try:
        ring = data.draw(stars(middle, 1.3e7))
    except InvalidValue:
        reject()  # an edge nearly half round, or edges that cross: no star at this size
    shape = at(ring)
    for place in seen:
        antipode = -place[0], wrapped(place[1] + 180)
        here, there = covers(shape, *zip(place, antipode, strict=True), 0.5, 0)
        clear_m = distance_to_edge_m(shape, *zip(place, antipode, strict=True))
        if not here and not there and clear_m.min() > 1:
            assert not reference.is_inside(ring, place)
        elif here != there and clear_m.max() > 1:
            assert reference.is_inside(ring, place)


def test_the_side_of_a_wide_ring_that_is_inside_is_the_smaller():
    rng = np.random.default_rng(3)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 2000)))
    longitude = rng.uniform(-180, 180, 2000)
    for middle in ((0, 0), (90, 0), (-40, 179)):
        for size_m in (9.0e6, 9.8e6, 1.03e7, 1.2e7, 1.6e7):
            ring = [away(middle, azimuth, size_m) for azimuth in range(0, 360, 15)]
            for turned in (ring, ring[::-1]):
                inside = covers(at(polygon(turned)), latitude, longitude, 0.5, 0)
                # 2,000 places tell a share to 4 %; the caps hold 42 to 49 % of the earth, or 8.
                assert inside.mean() < 0.53
                to_middle = np.array(
                    [
                        Geodesic.WGS84.Inverse(*middle, *place)["s12"]
                        for place in zip(latitude[:50], longitude[:50], strict=True)
                    ]
                )
                wanted = to_middle < size_m if size_m < 1e7 else to_middle > size_m
                sure = abs(to_middle - size_m) > 300_000
                assert (inside[:50] == wanted)[sure].all()


@settings(max_examples=40)
@given(places(), sizes_m(10, 3e6), st.data())
def test_places_are_inside_as_the_ring_turns_around_them(middle, size_m, data):
    shape = data.draw(footprints(middle, size_m))
    lengths_m = data.draw(st.lists(st.floats(0, 1.5 * size_m), min_size=3, max_size=3))
    seen = [away(middle, 117.0 * i, length) for i, length in enumerate(lengths_m)]
    latitude, longitude = np.array(seen).T
    inside = covers(at(shape), latitude, longitude, 0.5, 1)
    distance = distance_to_edge_m(at(shape), latitude, longitude)
    for place, is_in, metres in zip(seen, inside, distance, strict=True):
        point = circle(*place, 0.001)
        true_m = reference.distance_m(shape, point)
        assert metres == pytest.approx(true_m, abs=0.006)
        assert is_in == (true_m <= 0.004) or true_m == pytest.approx(0.004, abs=0.006)


@pytest.mark.parametrize("shape", [circle(0, 0, 0.001), circle(0, 0, 200_000), circle(10, 20, 50)])
def test_no_antipode_is_in_a_circle(shape):
    # Vincenty's iteration gives no length there, and max(0, NaN) is 0.
    latitude, longitude = shape.latitude_nd / 1e9, shape.longitude_nd / 1e9
    antipode = -latitude, np.array([179.3, 179.5, 179.9, 180.0]) + longitude
    assert not covers(at(shape), *antipode, 0.5, 1).any()
    assert (distance_to_edge_m(at(shape), *antipode) > 19_400_000).all()


def test_covers_asks_height_and_time_and_takes_arrays():
    box = prepare(Volume4D(circle(0, 0, 100), Altitude(1000, W84), Altitude(2000, W84), 5, 9))
    assert covers(box, 0.0, 0.0, [0.9, 1.0, 2.0, 2.1, math.nan], 5).tolist() == [
        False,
        True,
        True,
        False,
        True,
    ]
    assert covers(box, 0.0, 0.0, 1.5, [4, 5, 9, 10]).tolist() == [False, True, True, False]
    assert covers(box, 0.0, 0.0, 1.5, 5).shape == ()
    assert distance_to_edge_m(box, np.zeros((2, 3)), np.zeros((2, 3))).shape == (2, 3)


def test_ten_thousand_vertices_against_ten_thousand():
    angle = np.arange(10_000) * (2 * np.pi / 10_000)
    one = polygon(list(zip(0.5 * np.sin(angle), 0.5 * np.cos(angle), strict=True)))
    two = polygon(list(zip(0.5 * np.sin(angle), 1.1 + 0.5 * np.cos(angle), strict=True)))
    apart = gap(at(one), at(two)).horizontal_mm
    # On the equator a degree of longitude is 111,319.5 m.
    assert apart == pytest.approx(0.1 * 111_319_491, abs=2_000)
    assert is_conflict(at(one), at(two), Separation(apart))
    assert not is_conflict(at(one), at(two), Separation(apart - 20))


def inner_m(shape: Footprint) -> float:
    """The radius of the disc around the ball's centre that the shortcut takes to be inside."""
    return float(at(shape).arrays.rows[0]["inner_dm"]) / 10


def test_a_place_in_a_crescents_mouth_is_not_in_the_crescent():
    def arc(turns: list[float], size_deg: float) -> list[tuple[float, float]]:
        return [
            (47 + size_deg * math.cos(turn), 8 + 1.5 * size_deg * math.sin(turn)) for turn in turns
        ]

    turns = np.arange(0.3, 6.1, 0.4).tolist()
    crescent, inmate = polygon([*arc(turns, 0.01), *arc(turns[::-1], 0.008)]), circle(47, 8, 300)
    assert inner_m(crescent) == 0
    assert inner_m(inmate) == 300
    assert not is_conflict(at(crescent), at(inmate))


@given(neighbours(), st.floats(0, 360), unit())
def test_the_inner_disc_is_inside(pair, azimuth_deg, share):
    # The shortcut that says "conflict" without looking at an edge rests on this.
    for shape in pair:
        prepared = at(shape)
        row = prepared.arrays.rows[0]
        middle = shape if isinstance(shape, Circle) else None
        if middle is not None:
            place = reference.place_of(middle)
        else:
            x, y, z = (float(row[axis]) for axis in "xyz")
            place = (
                math.degrees(math.atan2(z * 1.006739496742276, math.hypot(x, y))),
                math.degrees(math.atan2(y, x)),
            )
        if inner_m(shape) > 2:  # the centre above is rounded to half a metre
            there = away(place, azimuth_deg, share * (inner_m(shape) - 2))
            assert reference.distance_m(circle(*there, 0.001), shape) == 0
