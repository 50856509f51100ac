"""The kernels' sources and cache, and the formulas that they rest on."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

import wideberth.space
from strategies import places, sizes_m
from wideberth.space import _ellipsoid, _jit

FOLDER = Path(wideberth.space.__file__).parent


def test_every_module_with_kernels_is_in_the_caches_digest():
    # A kernel left out would go on being used after its source has changed.
    with_kernels = {path.name for path in FOLDER.glob("*.py") if "@kernel" in path.read_text()}
    assert with_kernels <= set(_jit.SOURCES)
    assert all((FOLDER / name).exists() for name in _jit.SOURCES)


def test_importing_the_package_neither_compiles_nor_imports_numba():
    code = (
        "import sys, wideberth.space;"
        "print([name for name in ('numba', 'pyproj', 'shapely') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@settings(max_examples=200)
@given(places(), places())
def test_lengths_and_azimuths_are_karneys(one, two):
    wanted = Geodesic.WGS84.Inverse(*one, *two)
    ends = (*_ellipsoid.to_ecef(*one), *_ellipsoid.to_ecef(*two))
    chord = math.dist(ends[:3], ends[3:])
    assert _ellipsoid.least_length(chord) <= wanted["s12"] + 1e-6
    assert _ellipsoid.most_length(chord) >= wanted["s12"] - 1e-6
    length, azimuth, _ = _ellipsoid.inverse(*ends)
    if math.isnan(length):
        assert wanted["s12"] > _ellipsoid.FAR_M
        return
    assert length == pytest.approx(wanted["s12"], abs=2e-4)
    if 1 < wanted["s12"] < _ellipsoid.FAR_M:
        middle = Geodesic.WGS84.Direct(*one, wanted["azi1"], length * 0.3)
        found = _ellipsoid.direct(*ends[:3], azimuth, length * 0.3)
        assert math.dist(found, _ellipsoid.to_ecef(middle["lat2"], middle["lon2"])) < 2e-3


@given(places(), st.floats(0, 360), sizes_m(1, _ellipsoid.SHORT_M))
def test_a_short_length_follows_from_its_chord(place, azimuth, length_m):
    end = Geodesic.WGS84.Direct(*place, azimuth, length_m)
    chord = math.dist(_ellipsoid.to_ecef(*place), _ellipsoid.to_ecef(end["lat2"], end["lon2"]))
    assert _ellipsoid.short_length(chord) == pytest.approx(length_m, abs=8e-4)


@given(places(), st.floats(0, 360), sizes_m(1, 4000), st.floats(0, 1))
def test_a_piece_read_either_way_stays_by_its_geodesic(place, azimuth, length_m, share):
    start = _ellipsoid.to_ecef(*place)
    line = Geodesic.WGS84.Line(*place, azimuth)
    far, true = line.Position(length_m), line.Position(length_m * share)
    end = _ellipsoid.to_ecef(far["lat2"], far["lon2"])
    on_chord = [a + share * (b - a) for a, b in zip(start, end, strict=True)]
    wanted = _ellipsoid.to_ecef(true["lat2"], true["lon2"])
    # Along the chord the two may be apart (it is shorter than the arc); across, they may not.
    for found, bound_m in (
        (_ellipsoid.lift(*on_chord), 1e-5),
        (_ellipsoid.onto_surface(*on_chord), 1.1e-3),
    ):
        assert _across_m(found, wanted, start, end) < bound_m


def _across_m(
    found: tuple[float, ...],
    wanted: tuple[float, ...],
    start: tuple[float, ...],
    end: tuple[float, ...],
) -> float:
    run = [b - a for a, b in zip(start, end, strict=True)]
    size = math.hypot(*run)
    off = [a - b for a, b in zip(found, wanted, strict=True)]
    along = sum(a * b for a, b in zip(off, run, strict=True)) / size
    return math.sqrt(max(0.0, sum(value * value for value in off) - along * along))
