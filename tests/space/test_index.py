"""The index against asking every volume, while volumes come and go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import START_US, away, crowds, separations, volumes
from wideberth.space import (
    Altitude,
    AltitudeReference,
    Circle,
    Gap,
    PreparedVolume,
    Separation,
    Volume4D,
    VolumeIndex,
    _grid,
    circle,
    conflict,
    polygon,
    prepare,
    prepare_many,
)

W84 = AltitudeReference.W84


def brute_force(
    live: dict[int, PreparedVolume], query: PreparedVolume, separation: Separation
) -> list[tuple[int, Gap]]:
    found = [(slot, conflict(other, query, separation)) for slot, other in sorted(live.items())]
    return [(slot, gap) for slot, gap in found if gap is not None]


def disagreements(
    index: VolumeIndex, live: dict[int, PreparedVolume], separation: Separation
) -> list[int]:
    """The checker: slots of the volumes about which the index and brute force differ."""
    return [
        slot
        for slot, query in live.items()
        if index.conflicts(query, separation) != brute_force(live, query, separation)
    ]


class Forgetful(VolumeIndex):
    """A planted fault: what begins on the other side of the antimeridian is not filed."""

    def insert(self, prepared: PreparedVolume) -> int:
        slot = super().insert(prepared)
        if self._rows[slot]["y"] < 0:
            _grid.unfile_row(self._rows, slot, self._heads, self._links, self._levels)
        return slot


@pytest.mark.parametrize(("kind", "wanted"), [(VolumeIndex, []), (Forgetful, [0, 1])])
def test_a_planted_seam_is_caught(kind, wanted):
    index = kind()
    shapes = (circle(0, 179.999, 500), circle(0, -179.999, 500))
    heights = Altitude(0, W84), Altitude(1, W84)
    live = {
        index.insert(prepared): prepared
        for prepared in (prepare(Volume4D(shape, *heights, 0, 1)) for shape in shapes)
    }
    assert disagreements(index, live, Separation()) == wanted


def test_many_threads_may_ask_at_once():
    crowd = [prepare(volume) for volume in spread(400, 5)]
    index = VolumeIndex()
    for volume in crowd:
        index.insert(volume)
    wanted = [index.conflicts(volume) for volume in crowd]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            assert list(pool.map(index.conflicts, crowd)) == wanted


@given(crowds(), st.lists(st.integers(0, 11), max_size=8), separations(), volumes())
def test_conflicts_are_those_of_asking_every_volume(crowd, leaving, separation, stranger):
    index = VolumeIndex()
    live: dict[int, PreparedVolume] = {}
    for volume in crowd:
        prepared = prepare(volume)
        slot = index.insert(prepared)
        assert slot not in live
        live[slot] = prepared
    for place in leaving:
        if place in live:
            index.remove(place)
            del live[place]
    live[index.insert(prepare(stranger))] = prepare(stranger)
    assert len(index) == len(live)
    for query in [*map(prepare, crowd), prepare(stranger)]:
        wanted = brute_force(live, query, separation)
        assert index.conflicts(query, separation) == wanted
        candidates = index.candidates(query, separation)
        assert candidates == sorted(candidates)
        assert {slot for slot, _ in wanted} <= set(candidates) <= set(live)


def spread(count: int, seed: int) -> list[Volume4D]:
    """Volumes of all sizes and windows all over the planet, many around one place and moment."""
    rng = np.random.default_rng(seed)
    volumes: list[Volume4D] = []
    for _ in range(count):
        crowded = rng.random() < 0.7
        latitude = 89.99 + rng.normal() * 0.02 if crowded else rng.uniform(-90, 90)
        latitude = 180 - latitude if latitude > 90 else latitude
        start_us = START_US + int(rng.integers(0, 10**9 if crowded else 10**13))
        lower_mm = int(rng.integers(0, 500_000))
        volumes.append(
            Volume4D(
                Circle(
                    round(latitude * 1e9),
                    round(rng.uniform(-180, 179) * 1e9),
                    int(10 ** rng.uniform(5, 6.5 if crowded else 9)),
                ),
                Altitude(lower_mm, W84),
                Altitude(lower_mm + 50_000, W84),
                start_us,
                start_us + int(10 ** rng.uniform(8, 13)),
            )
        )
    return volumes


def test_growing_past_the_first_arrays_and_back_loses_nothing():
    index = VolumeIndex()
    live: dict[int, PreparedVolume] = {}
    rng = np.random.default_rng(7)
    for volume in spread(1500, 1):
        live[index.insert(prepare(volume))] = prepare(volume)
        if rng.random() < 0.3:
            slot = int(rng.choice(list(live)))
            index.remove(slot)
            del live[slot]
    for separation in (Separation(), Separation(3_000_000, 10_000, 10**9)):
        for query in map(prepare, spread(40, 2)):
            assert index.conflicts(query, separation) == brute_force(live, query, separation)


def test_a_slot_is_used_again_and_an_empty_one_refused():
    index = VolumeIndex()
    volume = prepare(spread(1, 3)[0])
    first = index.insert(volume)
    index.remove(first)
    assert index.conflicts(volume) == []
    with pytest.raises(KeyError):
        index.remove(first)
    assert index.insert(volume) == first
    assert index[first] is volume


def test_the_same_volumes_in_another_index_give_the_same_answers():
    crowd = [prepare(volume) for volume in spread(300, 4)]
    one, two = VolumeIndex(), VolumeIndex()
    forward = {one.insert(volume): i for i, volume in enumerate(crowd)}
    backward = {two.insert(volume): 299 - i for i, volume in enumerate(reversed(crowd))}
    for query in crowd[:50]:
        assert {forward[slot] for slot, _ in one.conflicts(query)} == {
            backward[slot] for slot, _ in two.conflicts(query)
        }


def filings(index: VolumeIndex) -> object:
    """How many rows each level holds, and how far it must be looked at."""
    levels = index._levels  # pyright: ignore[reportPrivateUsage]  # how it is filed is the point
    return levels[["filed", "reach_m", "window_us"]].tolist()


@settings(max_examples=20)
@given(crowds(), crowds(), st.integers(0, 11), separations())
def test_volumes_filed_at_once_are_found_as_if_one_by_one(before, crowd, leaving, separation):
    one, many = VolumeIndex(), VolumeIndex()
    for index in (one, many):
        for volume in before:
            index.insert(prepare(volume))
    for volume in crowd:
        one.insert(prepare(volume))
    slots = many.insert_many(prepare_many(crowd))
    assert [many[slot].volume for slot in slots] == crowd
    assert [many.view(slot).volume for slot in slots] == crowd
    assert (len(many), filings(many)) == (len(one), filings(one))
    for index in (one, many):  # the chains hold: rows leave and come back
        index.remove(leaving % (len(before) + len(crowd)))
        index.insert(prepare(before[0]))
    assert filings(many) == filings(one)
    for query in map(prepare, [*before, *crowd]):
        assert many.conflicts(query, separation) == one.conflicts(query, separation)


def test_many_at_once_grow_the_arrays():
    crowd = spread(1500, 6)
    one, many = VolumeIndex(), VolumeIndex()
    for volume in crowd:
        one.insert(prepare(volume))
    many.insert(prepare(crowd[0]))
    assert many.insert_many(prepare_many(crowd[1:])) == range(1, 1500)
    assert many.insert_many(prepare_many([])) == range(1500, 1500)
    for query in map(prepare, spread(40, 2)):
        assert many.conflicts(query) == one.conflicts(query)


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_a_zone_of_600_km_finds_the_small_ones_in_it(seed):
    rng = np.random.default_rng(seed)
    index = VolumeIndex()
    inside: list[int] = []
    for _ in range(60):
        latitude, longitude = rng.uniform(40, 56), rng.uniform(-6, 18)
        slot = index.insert(
            prepare(
                Volume4D(
                    circle(latitude, longitude, 200),
                    Altitude(0, W84),
                    Altitude(120_000, W84),
                    START_US,
                    START_US + 10**9,
                )
            )
        )
        if 46 < latitude < 50 and 2 < longitude < 10:
            inside.append(slot)
    zone = Volume4D(
        polygon([(45, 1), (45, 11), (51, 11), (51, 1)]),
        Altitude(0, W84),
        Altitude(10_000_000, W84),
        START_US - 40 * 10**9,
        START_US + 40 * 10**9,
    )
    found = {slot for slot, _ in index.conflicts(prepare(zone))}
    assert set(inside) <= found
    zone_slot = index.insert(prepare(zone))
    for slot in inside:
        assert zone_slot in {other for other, _ in index.conflicts(index[slot])}


@pytest.mark.parametrize("middle", [(47.0, 8.0), (89.9, 0.0), (0.0, -179.9)])
def test_large_asks_among_many_small_ones_find_them_all(middle):
    # So many that whole tracts are looked at, and neither every cell nor every row.
    rng = np.random.default_rng(11)
    index = VolumeIndex()
    live: dict[int, PreparedVolume] = {}
    small: list[Volume4D] = []
    for _ in range(4000):
        place = away(middle, float(rng.uniform(0, 360)), float(rng.uniform(0, 400_000)))
        start_us = START_US + int(rng.integers(0, 10**12))
        small.append(
            Volume4D(
                circle(*place, float(rng.uniform(50, 900))),
                Altitude(0, W84),
                Altitude(100_000, W84),
                start_us,
                start_us + 10**9,
            )
        )
    for volume in prepare_many(small):
        live[index.insert(volume)] = volume
    for slot in range(0, 4000, 3):
        index.remove(slot)
        del live[slot]
    for reach_m in (20_000.0, 60_000.0, 150_000.0, 600_000.0):
        place = away(middle, float(rng.uniform(0, 360)), float(rng.uniform(0, 300_000)))
        zone = Volume4D(
            circle(*place, reach_m),
            Altitude(0, W84),
            Altitude(9_000_000, W84),
            START_US,
            START_US + 3 * 10**11,
        )
        found = index.conflicts(prepare(zone))
        assert found == brute_force(live, prepare(zone), Separation())
        assert found
