"""All areas at once, against each track and each area by itself."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from wideberth.space.altitude import altitude
from wideberth.space.overlap import distance_to_edge_m
from wideberth.space.prepared import prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle, polygon
from wideberth.watch.area_index import NOBODY, AreaIndex
from wideberth.watch.movers import Movers
from wideberth.watch.observations import ObjectRef
from wideberth.watch.paths import geodetic_deg
from wideberth.watch.zones import EDGE_ERROR_M, entries, vertical_gap_m, watched

NOW_US = 1_600_000_000 * SECOND_US
AHEAD_S = 60.0
ANCHORS = st.sampled_from(
    [(47.0, 8.0), (0.0, 0.0), (-33.0, 151.0), (60.0, 180.0), (-16.5, -179.999), (90.0, 0.0),
     (-89.99, 5.0), (89.9, -120.0)]
)  # fmt: skip
REFERENCES = ("W84", "W84", "STD", "AGL")


def around(rng, anchor, away_m):
    """A place up to so far from the anchor, over a pole too."""
    latitude, longitude = np.radians(anchor)
    bearing, angle = rng.uniform(0, 2 * math.pi), rng.uniform(0, away_m) / 6_371_000
    sine = math.sin(latitude) * math.cos(angle)
    sine += math.cos(latitude) * math.sin(angle) * math.cos(bearing)
    sine = max(-1.0, min(1.0, sine))
    east = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(latitude),
        math.cos(angle) - math.sin(latitude) * sine,
    )
    lon = (math.degrees(longitude + east) + 180) % 360 - 180
    return math.degrees(math.asin(sine)), lon


def footprint(rng, anchor, sizes=(1.5, 4.3)):
    size_m = 10 ** rng.uniform(*sizes)
    middle = around(rng, anchor, 30_000)
    if rng.random() < 0.3:
        return circle(middle[0], middle[1], size_m)
    count = int(rng.integers(3, 48))
    ring = []
    for bearing in np.sort(rng.uniform(0, 2 * math.pi, count)):
        away = size_m * rng.uniform(0.3, 1.0) / 6_371_000
        latitude, longitude = np.radians(middle)
        sine = math.sin(latitude) * math.cos(away)
        sine += math.cos(latitude) * math.sin(away) * math.cos(bearing)
        east = math.atan2(
            math.sin(bearing) * math.sin(away) * math.cos(latitude),
            math.cos(away) - math.sin(latitude) * sine,
        )
        lon = (math.degrees(longitude + east) + 180) % 360 - 180
        ring.append((math.degrees(math.asin(max(-1.0, min(1.0, sine)))), lon))
    try:
        return polygon(ring)
    except ValueError:
        return circle(middle[0], middle[1], size_m)


def volume(rng, anchor, sizes=(1.5, 4.3)):
    reference = REFERENCES[rng.integers(len(REFERENCES))]
    lower = rng.uniform(-100, 900)
    start_us = NOW_US + round(rng.uniform(-120, 60) * SECOND_US)
    try:
        return watched(
            prepare(
                Volume4D(
                    footprint(rng, anchor, sizes),
                    altitude(round(lower), "M", reference),
                    altitude(round(lower + rng.uniform(10, 20_000)), "M", reference),
                    start_us,
                    start_us + round(rng.uniform(1, 200) * SECOND_US),
                )
            ),
            clock_us=int(rng.integers(0, 5)) * SECOND_US,
        )
    except ValueError:
        return watched(
            prepare(
                Volume4D(
                    circle(anchor[0], anchor[1], 500.0),
                    altitude(0, "M", "W84"),
                    altitude(100, "M", "W84"),
                    start_us,
                    start_us + SECOND_US,
                )
            )
        )


def tracks(rng, anchor, count):
    places = np.array([around(rng, anchor, 45_000) for _ in range(count)])

    def some(values, share):
        return np.where(rng.random(count) < share, values, math.nan)

    return Movers.of(
        latitude_deg=places[:, 0],
        longitude_deg=places[:, 1],
        speed_m_s=np.where(rng.random(count) < 0.1, 0.0, rng.uniform(0, 400, count)),
        course_deg=rng.uniform(0, 360, count),
        age_s=rng.choice([0.0, 1.0, 30.0, 200.0], count) * rng.random(count),
        altitude_w84_m=some(rng.uniform(-300, 3000, count), 0.7),
        altitude_std_m=some(rng.uniform(-300, 3000, count), 0.7),
        climb_m_s=rng.choice([0.0, 1.0], count) * rng.normal(0, 10, count),
        horizontal_error_m=rng.choice([0.0, 30.0, 3000.0], count),
        vertical_error_m=rng.uniform(0, 50, count),
        owner=rng.integers(-1, 3, count),
        identity=np.arange(count),
    )


class World:
    """Some areas, in an index and beside it, of which some came, changed and went."""

    def __init__(self, seed, anchor, *, areas=12, count=25):
        rng = np.random.default_rng(seed)
        self.index, self.areas, self.exempt = AreaIndex(), {}, {}
        for turn in range(areas + areas // 2):
            ref = ObjectRef("zone", str(turn if turn < areas else rng.integers(areas)))
            if turn >= areas and rng.random() < 0.5:
                self.index.remove(ref)
                self.areas.pop(ref, None)
                continue
            made = tuple(volume(rng, anchor) for _ in range(int(rng.integers(1, 4))))
            self.exempt[ref] = int(rng.integers(0, 3)) if rng.random() < 0.3 else NOBODY
            self.areas[ref] = made
            self.index.put(ref, made, exempt=self.exempt[ref])
        self.movers = tracks(rng, anchor, count)
        self.clock_s = rng.choice([0.0, 5.0], count)

    def found(self):
        met = self.index.entries(
            self.movers, now_us=NOW_US, look_ahead_s=AHEAD_S, clock_error_s=self.clock_s
        )
        return {
            (met.areas[area], row): tuple(
                getattr(met.entries, name)[k].item() for name in met.entries.__dataclass_fields__
            )
            for k, (area, row) in enumerate(zip(met.area.tolist(), met.row.tolist(), strict=True))
        }

    def expected(self):
        told = {}
        for ref, made in self.areas.items():
            each = entries(
                made, self.movers, now_us=NOW_US, look_ahead_s=AHEAD_S, clock_error_s=self.clock_s
            )
            for row in np.flatnonzero(np.isfinite(each.entry_s)).tolist():
                if self.movers.owner[row] != self.exempt[ref]:
                    told[ref, row] = tuple(
                        getattr(each, name)[row].item() for name in each.__dataclass_fields__
                    )
        return told

    def check_entries(self):
        found, expected = self.found(), self.expected()
        assert found.keys() == expected.keys()
        for key, told in expected.items():
            # The same but for the rounding of a sine and an arc tangent.
            assert found[key] == pytest.approx(told, abs=1e-6, nan_ok=True)
        return len(expected)

    def check_inside(self):
        keys, area, row = self.index.inside(
            self.movers,
            time_us=np.full(len(self.movers), NOW_US),
            clock_error_us=(self.clock_s * SECOND_US).astype(np.int64),
        )
        found = {(keys[k], int(j)) for k, j in zip(area.tolist(), row.tolist(), strict=True)}
        assert len(found) == len(area)
        latitude, longitude = geodetic_deg(self.movers.position_ecef_m)
        expected = set()
        rows = np.arange(len(self.movers))
        clock_us = self.clock_s * SECOND_US
        for ref, made in self.areas.items():
            for each in made:
                away_m = distance_to_edge_m(each.prepared, latitude, longitude)
                height_m, _ = vertical_gap_m(
                    (each.lower_w84_m, each.lower_std_m),
                    (each.upper_w84_m, each.upper_std_m),
                    self.movers,
                    rows,
                    np.zeros(len(rows)),
                )
                within = (away_m <= EDGE_ERROR_M) & ~(height_m > 0)
                within &= (each.start_us - clock_us <= NOW_US) & (each.end_us + clock_us >= NOW_US)
                within &= self.movers.owner != self.exempt[ref]
                expected |= {(ref, k) for k in np.flatnonzero(within).tolist()}
        assert found == expected
        return len(expected)


SEEDS = st.integers(0, 2**31)


@settings(deadline=None, max_examples=60)
@given(SEEDS, ANCHORS)
def test_all_areas_at_once_answer_as_each_by_itself(seed, anchor):
    world = World(seed, anchor)
    world.check_entries()
    world.check_inside()


def test_the_worlds_hold_what_is_asked_about():
    worlds = [World(seed, (47.0, 8.0)) for seed in range(8)]
    assert sum(world.check_entries() for world in worlds) > 100
    assert sum(world.check_inside() for world in worlds) > 30


def few_small(seed):
    """A world of areas of a kilometre or more, and a few of 100 m."""
    world = World(seed, (47.0, 8.0), areas=0)
    rng = np.random.default_rng(seed)
    for number in range(80):
        ref = ObjectRef("zone", str(number))
        made = (volume(rng, (47.0, 8.0), (2.0, 2.1) if number % 40 == 0 else (3.0, 3.2)),)
        world.areas[ref], world.exempt[ref] = made, NOBODY
        world.index.put(ref, made)
    return world


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_a_few_small_areas_among_larger_ones_are_found_all_the_same(seed):
    world = few_small(seed)
    world.check_entries()
    world.check_inside()


def test_a_few_small_areas_have_no_level_of_their_own_while_they_are_few():
    world = few_small(7)
    assert world.index._levels[0] == 0
    assert world.check_entries() > 10
    rng = np.random.default_rng(8)
    for number in range(200):
        made = (volume(rng, (47.0, 8.0), (2.0, 2.1)),)
        ref = ObjectRef("intent", str(number))
        world.areas[ref], world.exempt[ref] = made, NOBODY
        world.index.put(ref, made)
    assert world.index._levels[0] > 40
    world.check_entries()
    world.check_inside()


def shrink_balls(index):
    index._areas["reach_m"] *= 0.9


def move_rings(index):
    index._pools[2][:] += 300.0
    index._pools[3][:] += 300.0


def lose_cells(index):
    index._nodes["key"][::3] = -1


def forget_heights(index):
    index._areas["upper_w84_m"] += 30.0


def shift_windows(index):
    index._areas["start_us"] += SECOND_US


@pytest.mark.parametrize(
    "fault", [shrink_balls, move_rings, lose_cells, forget_heights, shift_windows]
)
def test_a_planted_fault_is_found(fault):
    @settings(deadline=None, max_examples=60, phases=[Phase.generate], database=None)
    @given(SEEDS)
    def planted(seed):
        world = World(seed, (47.0, 8.0))
        fault(world.index)
        world.check_entries()
        world.check_inside()

    with pytest.raises(AssertionError):
        planted()


def test_what_is_at_the_edge_is_decided_by_the_exact_distance():
    ring = [(47.0, 8.0), (47.0, 8.02), (47.01, 8.025), (47.02, 8.0), (47.005, 7.99)]
    made = watched(
        prepare(
            Volume4D(
                polygon(ring),
                altitude(0, "M", "W84"),
                altitude(1000, "M", "W84"),
                NOW_US - SECOND_US,
                NOW_US + SECOND_US,
            )
        )
    )
    index = AreaIndex()
    index.put(ObjectRef("zone", "z"), (made,))
    rng = np.random.default_rng(5)
    count = 4000
    edge = rng.integers(0, len(ring), count)
    share = rng.random(count)[:, None]
    corners = np.array(ring)
    places = corners[edge] * (1 - share) + corners[(edge + 1) % len(ring)] * share
    places += rng.normal(0, 3e-7, (count, 2))  # 3 cm
    zero, nan = np.zeros(count), np.full(count, math.nan)
    movers = Movers.of(
        latitude_deg=places[:, 0], longitude_deg=places[:, 1], speed_m_s=zero, course_deg=zero,
        age_s=zero, altitude_w84_m=nan, altitude_std_m=nan, climb_m_s=zero,
        horizontal_error_m=zero, vertical_error_m=zero,
        owner=np.full(count, -1), identity=np.arange(count),
    )  # fmt: skip
    whole = np.zeros(count, np.int64)
    _, _, rows = index.inside(movers, time_us=whole + NOW_US, clock_error_us=whole)
    away_m = distance_to_edge_m(made.prepared, places[:, 0], places[:, 1])
    expected = away_m <= EDGE_ERROR_M
    differs = set(rows.tolist()) ^ set(np.flatnonzero(expected).tolist())
    # Place, to ECEF and back to degrees, moves a point by nanometres.
    assert all(abs(away_m[row] - EDGE_ERROR_M) < 1e-6 for row in differs)
    assert 500 < expected.sum() < count - 500


def test_a_pack_keeps_what_is_alive():
    world = World(3, (47.0, 8.0), areas=20)
    before, used = world.check_entries(), world.index.pieces
    extra = volume(np.random.default_rng(1), (10.0, 10.0))
    for turn in range(8000 // max(1, int(extra.prepared.arrays.shapes[0]["count"])) + 2):
        world.index.put(ObjectRef("zone", "extra"), (extra,))
        world.index.remove(ObjectRef("zone", f"none {turn}"))
    world.index.remove(ObjectRef("zone", "extra"))
    assert world.index.pieces < used + 8000
    assert world.check_entries() == before


INTERPRETED = """
import test_area_index as worlds
told = [0, 0]
for seed, anchor in ((1, (47.0, 8.0)), (2, (90.0, 0.0)), (3, (60.0, 180.0)), (5, (47.0, 8.0))):
    world = worlds.World(seed, anchor, areas=5, count=8)
    told[0] += world.check_entries()
    told[1] += world.check_inside()
assert min(told) > 0, told
"""


def test_interpreted_kernels_answer_as_each_area_by_itself():
    env = os.environ | {"WIDEBERTH_KERNELS": "interpreted"}
    subprocess.run(
        [sys.executable, "-c", INTERPRETED], cwd=Path(__file__).parent, env=env, check=True
    )
