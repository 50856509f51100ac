"""The million pairs in small: no differences, and a planted one is found."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks import bench_geometry, geodesic_reference
from space import reference
from strategies import neighbours
from wideberth.space import Circle, Gap, Polygon, conflict


def test_two_thousand_pairs_have_no_difference(monkeypatch, capsys):
    monkeypatch.setattr(bench_geometry, "CHUNK", 100)
    bench_geometry.main(2_000)
    assert "DIFFERENCES 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (lambda gap, _: None if gap and gap.horizontal_mm else gap, "false clear [1-9]"),
        (lambda gap, one: gap or Gap(0, 0, 0), "false conflict [1-9]"),
        (lambda gap, _: Gap(gap.horizontal_mm + 10, 0, 0) if gap and gap.horizontal_mm else gap,
         "gap [1-9]"),
    ],
)  # fmt: skip
def test_a_planted_difference_is_counted(monkeypatch, capsys, planted, named):
    monkeypatch.setattr(bench_geometry, "CHUNK", 100)
    monkeypatch.setattr(
        bench_geometry,
        "conflict",
        lambda one, two, separation: planted(conflict(one, two, separation), one),
    )
    with pytest.raises(AssertionError, match="differs"):
        bench_geometry.main(1_000)
    assert re.search(named, capsys.readouterr().out)


def _ring(polygon: Polygon) -> np.ndarray:
    return np.array([[(lat / 1e9, lon / 1e9) for lat, lon in polygon.vertices]])


def _place(circle: Circle) -> np.ndarray:
    return np.array([[circle.latitude_nd / 1e9, circle.longitude_nd / 1e9]])


@settings(max_examples=60)
@given(neighbours())
def test_the_fast_reference_is_the_slow_one(pair):
    one, two = sorted(pair, key=lambda shape: isinstance(shape, Polygon))
    if isinstance(one, Polygon) and isinstance(two, Polygon):
        fast = geodesic_reference.rings_m(_ring(one), _ring(two))
    elif isinstance(one, Circle) and isinstance(two, Polygon):
        fast = geodesic_reference.circle_ring_m(
            _place(one), np.array([one.radius_mm / 1000]), _ring(two)
        )
    else:
        assert isinstance(one, Circle)
        assert isinstance(two, Circle)
        fast = geodesic_reference.circles_m(
            _place(one), np.array([one.radius_mm / 1000]),
            _place(two), np.array([two.radius_mm / 1000]),
        )  # fmt: skip
    slow = reference.distance_m(one, two)
    assert math.isclose(float(fast[0]), slow, rel_tol=0, abs_tol=0.0015)
