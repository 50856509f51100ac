"""Land and open water are told only where they surely are, and the table is that of its tool."""

from __future__ import annotations

import importlib.util
import lzma
import math
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wideberth.space import coast
from wideberth.space.coast import COAST_MARGIN_KM, Surface, surface_under
from wideberth.space.volume import NANODEGREES, Circle, polygon

ROOT = Path(__file__).resolve().parents[2]
_KM_A_DEGREE = 111.32


@cache
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("coast_table", ROOT / "tools/coast_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def edges() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    start, end = tool().edges()
    return start, end


def at(latitude: float, longitude: float, radius_m: float = 1000) -> Surface:
    return surface_under(
        Circle(
            round(latitude * NANODEGREES), round(longitude * NANODEGREES), round(radius_m * 1000)
        )
    )


def km_to_coast(latitude: float, longitude: float) -> float:
    """To the nearest edge, in a plane that touches the place: right to a percent within 100 km."""
    start, end = edges()
    shrunk = math.cos(math.radians(latitude))

    def plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
        east = (points[:, 0] - longitude + 180) % 360 - 180
        return np.stack((east * shrunk, points[:, 1] - latitude), axis=1) * _KM_A_DEGREE

    a = plane(start)
    step = end - start
    step = np.stack((step[:, 0] * shrunk, step[:, 1]), axis=1) * _KM_A_DEGREE
    length = np.maximum((step**2).sum(axis=1), 1e-12)
    share = np.clip(-(a * step).sum(axis=1) / length, 0, 1)
    return float(np.hypot(*(a + share[:, None] * step).T).min())


def is_land(latitude: float, longitude: float) -> bool:
    """By parity of the edges that a way to the north pole crosses, the obvious way."""
    start, end = edges()
    meridian = longitude + 3.3e-6  # no vertex is on it
    a = (start[:, 0] - meridian + 180) % 360 - 180
    b = a + end[:, 0] - start[:, 0]
    cuts = (a > 0) != (b > 0)
    share = -a[cuts] / (b - a)[cuts]
    crossed_at = start[cuts, 1] + share * (end - start)[cuts, 1]
    return int((crossed_at > latitude).sum()) % 2 == 1


def check(latitude: float, longitude: float, radius_m: float) -> None:
    found = at(latitude, longitude, radius_m)
    far_km = km_to_coast(latitude, longitude)
    reach_km = radius_m / 1000
    if found is not Surface.COAST:
        assert far_km > 0.99 * (COAST_MARGIN_KM + reach_km) or far_km > 100
        assert (found is Surface.LAND) == is_land(latitude, longitude)
    elif latitude > -59.5:
        # what is cell, box and margin together, and what a box has beyond its circle
        assert far_km < COAST_MARGIN_KM + 20 + 1.6 * reach_km


PLACES = st.tuples(
    st.floats(-89, 85).map(lambda x: round(x, 5)),
    st.floats(-180, 179.99).map(lambda x: round(x, 5)),
)


@pytest.mark.requirement("F-04")
@settings(max_examples=150, deadline=None)
@given(PLACES, st.sampled_from((1, 500, 5_000, 30_000)))
def test_land_and_open_water_are_told_by_the_margin(
    place: tuple[float, float], radius_m: float
) -> None:
    check(*place, radius_m)


def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """North for south: the checker has to see it."""
    runs, offsets = coast._table()
    rows = [runs[a:b] for a, b in pairwise(offsets)][::-1]
    turned = type(runs)("H")
    starts = [0]
    for row in rows:
        turned.extend(row)
        starts.append(len(turned))
    monkeypatch.setattr(coast, "_table", lambda: (turned, starts))

    @settings(max_examples=150, deadline=None, phases=[Phase.generate], database=None)
    @given(PLACES)
    def run(place: tuple[float, float]) -> None:
        check(*place, 500)

    with pytest.raises(AssertionError):
        run()


@pytest.mark.requirement("F-04")
@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        pytest.param(46.95, 7.44, Surface.LAND, id="Bern"),
        pytest.param(30.73, 46.48, Surface.LAND, id="Odesa with its angles swapped"),
        pytest.param(46.48, 30.73, Surface.COAST, id="Odesa"),
        pytest.param(43.3, 34.0, Surface.OPEN_WATER, id="Black Sea"),
        pytest.param(41.9, 50.6, Surface.OPEN_WATER, id="Caspian Sea"),
        pytest.param(0, 0, Surface.OPEN_WATER, id="null island"),
        pytest.param(67.5, 179.99999, Surface.LAND, id="Chukotka, at the antimeridian"),
        pytest.param(0, -180, Surface.OPEN_WATER, id="the antimeridian"),
        pytest.param(47.7, -87.5, Surface.LAND, id="Lake Superior is not drawn"),
        pytest.param(45.255, 30.204, Surface.OPEN_WATER, id="Snake Island is not drawn"),
        pytest.param(-75, -120, Surface.COAST, id="south of 60 S"),
        pytest.param(89.9, 0, Surface.COAST, id="a pole"),
    ],
)
def test_known_places(latitude: float, longitude: float, expected: Surface) -> None:
    assert at(latitude, longitude) is expected


@pytest.mark.parametrize(
    ("ring", "expected"),
    [
        pytest.param(
            [(46.0, 7.0), (46.0, 9.0), (47.5, 9.0), (47.5, 7.0)], Surface.LAND, id="in the Alps"
        ),
        pytest.param(
            [(46.0, 7.0), (46.0, 9.0), (43.0, 9.0)], Surface.COAST, id="from the Alps to the sea"
        ),
        pytest.param(
            [(0, 179), (0, -179), (2, -179), (2, 179)], Surface.OPEN_WATER, id="across the seam"
        ),
        pytest.param(
            [(-40, -30), (-40, -10), (-20, -10), (-20, -30)], Surface.COAST, id="too wide to say"
        ),
        pytest.param([(85, 0), (85, 120), (85, -120)], Surface.COAST, id="round a pole"),
    ],
)
def test_polygons_count_as_a_whole(ring: list[tuple[float, float]], expected: Surface) -> None:
    assert surface_under(polygon(ring)) is expected


def test_a_great_circle_is_on_nothing() -> None:
    assert at(0, -150, 2_000_000) is Surface.COAST


def test_the_table_is_that_of_its_tool() -> None:
    shipped = (ROOT / "src/wideberth/space/coast.xz").read_bytes()
    assert lzma.decompress(shipped) == tool().table()
