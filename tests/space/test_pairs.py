"""All pairs against asking each pair."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import START_US, crowds, separations
from wideberth.errors import NotComparable
from wideberth.space import (
    Altitude,
    AltitudeReference,
    Separation,
    Volume4D,
    VolumeIndex,
    all_pairs,
    circle,
    conflict,
    prepare,
    prepare_many,
)

W84 = AltitudeReference.W84


@given(crowds(most=16), separations(), st.booleans(), st.booleans())
def test_pairs_are_those_of_asking_each_pair(crowd, separation, bulk, grouped):
    prepared = prepare_many(crowd) if bulk else [prepare(volume) for volume in crowd]
    groups = np.arange(len(crowd)) // 3 if grouped else None
    wanted = [
        (i, j, found)
        for i, j in combinations(range(len(crowd)), 2)
        if not (grouped and i // 3 == j // 3)
        and (found := conflict(prepared[i], prepared[j], separation)) is not None
    ]
    found = list(all_pairs(prepared, separation, groups=groups))
    assert sorted(found, key=lambda pair: pair[:2]) == wanted


def crowd_of(count: int, spread_deg: float) -> list[Volume4D]:
    rng = np.random.default_rng(count)
    return [
        Volume4D(
            circle(
                47 + rng.uniform(0, spread_deg),
                8 + rng.uniform(0, spread_deg),
                float(10 ** rng.uniform(1, 3.5)),
            ),
            Altitude(0, W84),
            Altitude(100_000, W84),
            start := START_US + int(rng.integers(0, 10**10)),
            start + int(10 ** rng.uniform(8, 10.5)),
        )
        for _ in range(count)
    ]


def test_pairs_are_those_of_the_index():
    prepared = prepare_many(crowd_of(4000, 0.5))
    index = VolumeIndex()
    wanted: set[tuple[int, int]] = set()
    for position, volume in enumerate(prepared):
        wanted.update((slot, position) for slot, _ in index.conflicts(volume))
        assert index.insert(volume) == position
    found = [(i, j) for i, j, _ in all_pairs(prepared)]
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_more_pairs_than_fit_at_once_all_come_out():
    prepared = prepare_many(crowd_of(300, 0.0001) * 2)
    shares: list[float] = []
    found = {
        (i, j)
        for i, j, _ in all_pairs(prepared, Separation(10**9, 0, 10**12), progress=shares.append)
    }
    assert found == set(combinations(range(600), 2))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_no_volumes_or_one_make_no_pairs():
    assert list(all_pairs([])) == []
    assert list(all_pairs(prepare_many([]))) == []
    assert list(all_pairs([prepare(crowd_of(1, 0.1)[0])])) == []


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="groups has 1"):
        list(all_pairs(prepare_many(crowd_of(2, 0.1)), groups=np.zeros(1, np.int64)))


def test_heights_that_cannot_be_compared_are_refused_only_where_it_matters():
    def volume(latitude: float, reference: AltitudeReference) -> Volume4D:
        return Volume4D(
            circle(latitude, 8, 100), Altitude(0, reference), Altitude(10, reference), 0, 1
        )

    agl = AltitudeReference.AGL
    far = prepare_many([volume(47, W84), volume(48, agl)])
    assert list(all_pairs(far)) == []
    with pytest.raises(NotComparable):
        list(all_pairs(prepare_many([volume(47, W84), volume(47, agl)])))


def test_a_view_of_many_is_the_volume_prepared_alone():
    volumes = crowd_of(50, 0.05)
    many = prepare_many(volumes)
    alone = [prepare(volume) for volume in volumes]
    assert [many[i].volume for i in range(-1, 49)] == [volumes[-1], *volumes[:49]]
    assert len(many[3:7]) == 4
    for i, j in combinations(range(50), 2):
        assert conflict(many[i], many[j]) == conflict(alone[i], alone[j])
