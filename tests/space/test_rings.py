"""Which rings are fit to be footprints; hostile ones get a clear answer in bounded time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from space import reference
from strategies import places, sizes_m, stars
from wideberth.errors import InvalidValue
from wideberth.space import (
    Altitude,
    AltitudeReference,
    Polygon,
    Volume4D,
    polygon,
    prepare,
    prepare_many,
)

CROSSES = "ring-crosses-itself"


def rule_of(ring: list[tuple[float, float]]) -> str | None:
    try:
        polygon(ring)
    except InvalidValue as error:
        return error.rule
    return None


def zigzag(count: int, step_deg: float, height_deg: float) -> list[tuple[float, float]]:
    teeth = [(height_deg if i % 2 else 0.0, i * step_deg) for i in range(count - 2)]
    return [*teeth, (-height_deg, count * step_deg), (-height_deg, 0.0)]


RAYS = [
    (radius * math.sin(i / 1591.55), radius * math.cos(i / 1591.55))
    for i, radius in enumerate([0.01, 0.005] * 4_999)
]


@pytest.mark.parametrize(
    ("ring", "rule"),
    [
        pytest.param([(0, 0), (0, 1), (1, 0)], None, id="triangle"),
        pytest.param([(1, 0), (0, 1), (0, 0)], None, id="the other winding"),
        pytest.param([(0, 0), (0, 1), (1, 0), (0, 0)], None, id="closed"),
        pytest.param([(0, 0), (0, 0), (0, 1), (1, 0), (1, 0)], None, id="repeated vertices"),
        pytest.param([(0, 0), (0, 1), (0, 0)], "vertex-count", id="two places"),
        pytest.param([], "vertex-count", id="nothing"),
        pytest.param([(0, 0), (1, 1), (1, 0), (0, 1)], CROSSES, id="bow tie"),
        pytest.param([(0, 0), (0, 1), (0, 0.5), (1, 0.5)], CROSSES, id="spike"),
        pytest.param([(0, 0), (0, 1), (0, 2)], CROSSES, id="there and back"),
        pytest.param(
            [(0, 0), (0, 3), (1, 3), (1, 1), (0, 1), (0, 2), (-1, 2), (-1, 0)],
            CROSSES,
            id="edges that lie on each other",
        ),
        pytest.param([(0, 0), (0, 1e-8), (1e-8, 0)], CROSSES, id="a millimetre"),
        pytest.param(
            [(0, 0), (0, 1e-4), (1.4e-8, 5e-5)],
            "ring-without-area",
            id="a sliver of a millimetre and a half",
        ),
        pytest.param(
            [(0, 0), (0, 1e-4), (5e-9, 5e-5)], CROSSES, id="a sliver of half a millimetre"
        ),
        pytest.param([(0, 0), (0, 2), (1, 1), (2, 2), (2, 0), (1, 1)], None, id="meets itself"),
        pytest.param([(0, 0), (0, 4), (2, 4), (0, 2), (2, 0)], None, id="vertex on an edge"),
        pytest.param([(80, 0), (80, 90), (80, -180), (80, -90)], None, id="round a pole"),
        pytest.param([(90, 0), (89, 0), (89, 90)], None, id="at a pole"),
        pytest.param([(10, 179), (10, -179), (12, -179), (12, 179)], None, id="antimeridian"),
        pytest.param([(-60, -179), (60, -179), (60, 179), (-60, 179)], None, id="long edges"),
        pytest.param([(0, 0), (0, 90), (0, -180), (0, -90)], "ring-sides-equal", id="the equator"),
        pytest.param(
            [(0, 0), (0, 90), (0.1, -180), (0, -90)], None, id="the equator, but for a little"
        ),
        pytest.param([(0, 0), (0, 179.9), (10, 90)], "edge-too-long", id="nearly half round"),
        pytest.param([(-90, 0), (90, 0), (0, 90)], "edge-too-long", id="pole to pole"),
        pytest.param([(0, 0), (0, math.nan), (1, 0)], "longitude", id="NaN"),
        pytest.param([(0, 0), (math.inf, 1), (1, 0)], "latitude", id="infinity"),
        pytest.param([(0, 0), (0, 181), (1, 0)], "longitude", id="out of range"),
        pytest.param([(0, 0), (0, 1), (1, "0")], "longitude", id="text"),
        pytest.param([(0, i / 100) for i in range(10_002)], "vertex-count", id="too many"),
        pytest.param(
            [(80 if i % 2 else -80, i * 0.03 - 150) for i in range(10_000)],
            "ring-too-long",
            id="five thousand times pole to pole",
        ),
    ],
)
def test_a_ring_is_taken_or_refused_by_its_rule(ring, rule):
    assert rule_of(ring) == rule


def test_the_refusal_names_both_edges():
    with pytest.raises(InvalidValue) as caught:
        polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert caught.value.field == "vertices.0, vertices.2"
    assert "vertex 0 at 0.000000, 0.000000 crosses" in str(caught.value)


@settings(max_examples=60)
@given(places(), sizes_m(100, 1e6), st.data())
def test_crossing_is_found_wherever_the_reference_finds_it(middle, size_m, data):
    ring = list(data.draw(stars(middle, size_m, most=7)).vertices)
    i, j = data.draw(st.integers(0, len(ring) - 1)), data.draw(st.integers(0, len(ring) - 1))
    ring[i], ring[j] = ring[j], ring[i]
    shape = Polygon(tuple(ring))
    edges = reference.edges_of(shape)
    crossing = any(
        reference.cross(edges[a], edges[b])
        for a in range(len(edges))
        for b in range(a + 2, len(edges))
        if b - a != len(edges) - 1
    )
    rule = rule_of([(lat / 1e9, lon / 1e9) for lat, lon in ring])
    if crossing:
        assert rule == CROSSES
    else:
        assert rule in {None, CROSSES, "ring-without-area"}
        if rule == CROSSES:  # then edges run within millimetres of each other
            assert _least_clearance_m(edges) < 0.006


def _least_clearance_m(edges: list[tuple[reference.Place, reference.Place]]) -> float:
    return min(
        reference.to_edge_m(place, *edges[b])
        for a in range(len(edges))
        for b in range(len(edges))
        for place in edges[a]
        if place not in edges[b]
    )


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param(zigzag(10_000, 1e-5, 0.01), id="teeth of 1 km, 1 m apart"),
        pytest.param(zigzag(10_000, 1e-7, 0.04), id="teeth of 4 km, 1 cm apart"),
        pytest.param(zigzag(10_000, 2e-6, 0.4), id="teeth of 44 km, 20 cm apart"),
        pytest.param(
            [(0.8 * a - 0.6 * b, 0.6 * a + 0.8 * b) for a, b in zigzag(10_000, 2e-6, 0.4)],
            id="the same, aslant",
        ),
        pytest.param(RAYS, id="a star of five thousand rays"),
    ],
)
def test_ten_thousand_vertices_are_taken_in_bounded_time(ring):
    assert rule_of(ring) in {None, "ring-too-tangled"}


def test_ten_thousand_places_at_random_are_refused():
    ring = np.random.default_rng(1).uniform(-0.01, 0.01, (10_000, 2)).tolist()
    assert rule_of(ring) == CROSSES


def test_a_ring_that_was_never_checked_is_refused_when_prepared():
    heights = Altitude(0, AltitudeReference.W84), Altitude(1, AltitudeReference.W84)
    bad = Volume4D(
        Polygon(((0, 0), (0, 179_900_000_000), (10_000_000_000, 90_000_000_000))), *heights, 0, 1
    )
    good = Volume4D(polygon([(0, 0), (0, 1), (1, 0)]), *heights, 0, 1)
    with pytest.raises(InvalidValue) as caught:
        prepare(bad)
    assert caught.value.field == "footprint.vertices.0"
    with pytest.raises(InvalidValue) as caught:
        prepare_many([good, bad])
    assert caught.value.field == "volumes.1.footprint.vertices.0"
