"""What is taken of a crowd: few of its pairs, and of everybody else's all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from wideberth.watch import _sweep as sweep
from wideberth.watch import closest
from wideberth.watch._crowds import Bounds, soonness
from wideberth.watch.capsules import frame
from wideberth.watch.closest import Limits, candidates, half_widths_m, laid_along
from wideberth.watch.engine import Watch
from wideberth.watch.movers import Movers
from wideberth.watch.observations import Raised
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import rows_of

LIMITS = Limits(horizontal_m=1000.0, vertical_m=100.0, look_ahead_s=60.0)
ALL = Bounds(pairs=10**9, cell=10**9)
NO_WINDOW = Bounds(pairs=6, per_mover=0, per_track=2, cell=10**9)
FILLED = Bounds(pairs=6, per_mover=0, per_track=2, cell=4, window=3)
LARGE = Bounds(pairs=6, per_mover=0, per_track=8, cell=10**9, many=4)
NARROW = Bounds(pairs=6, per_mover=0, per_track=8, cell=4, window=40, many=8)


Rows = list[tuple[int, float, float, float, int]]


def fleet(rows: Rows) -> Movers:
    """Movers from rows of whose feed, metres north and east of a place, speed eastward, owner."""
    feed, north_m, east_m, speed_m_s, owner = np.array(rows, float).T.reshape(5, -1)
    count = len(feed)
    return Movers.of(
        latitude_deg=north_m / 111_000,
        longitude_deg=8 + east_m / 111_000,
        speed_m_s=speed_m_s,
        course_deg=np.full(count, 90.0),
        age_s=np.zeros(count),
        altitude_w84_m=np.full(count, 100.0),
        altitude_std_m=np.full(count, math.nan),
        climb_m_s=np.zeros(count),
        horizontal_error_m=np.full(count, 5.0),
        vertical_error_m=np.full(count, 5.0),
        owner=owner.astype(np.int64),
        identity=np.arange(count),
        feed=feed.astype(np.int64),
    )


METRES = st.sampled_from([0.0, 0.0, 0.0, 300.0, 700.0, 4000.0])
OWNERS = st.sampled_from([-1, -1, 5, 6])
FLEETS = st.lists(
    st.tuples(st.integers(0, 3), METRES, METRES, st.sampled_from([0.0, 0.0, 40.0, 90.0]), OWNERS),
    min_size=2,
    max_size=40,
)
# Twelve of one feed at a place, then four of another, two each of two more.
CROWD: Rows = [(feed, 0.0, 0.0, 0.0, -1) for feed in [0] * 12 + [1] * 4 + [2] * 2 + [3] * 2]
# Two hundred, of two feeds, and as many of a third as are held against all.
LARGE_CROWD: Rows = [(k % 2, 0.0, 0.0, 0.0, -1) for k in range(160)] + [(2, 0.0, 0.0, 0.0, -1)] * 40
MANY_OF_TWO: Rows = [(k % 2, 0.0, 100.0 * k, 0.0, -1) for k in range(30)]
# All but the last of one owner, so that only that one's pairs are asked for.
OWN: Rows = [(0, 0.0, 0.0, 0.0, 5)] * 12 + [(0, 0.0, 0.0, 0.0, -1)]


def check(rows: Rows, bounds: Bounds) -> None:
    """What is found within bounds, against everything there is to find."""
    movers = fleet(rows)
    everything = {tuple(pair) for pair in candidates(movers, LIMITS, bounds=ALL).pairs.tolist()}
    found, passed_over = candidates(movers, LIMITS, bounds=bounds)
    there = [tuple(pair) for pair in found.tolist()]
    assert there == sorted(set(there))
    assert set(there) <= everything
    missing = everything - set(there)
    feed = movers.feed.tolist()
    of_two: dict[tuple[int, int], int] = {}
    for i, j in everything:
        of_two[parties(feed, i, j)] = of_two.get(parties(feed, i, j), 0) + 1
    for i, j in missing:
        # Only of two parties with many, and never unsaid.
        assert of_two[parties(feed, i, j)] > bounds.pairs
        assert passed_over[i] >= 1
        assert passed_over[j] >= 1
    for i in range(len(rows)):
        assert passed_over[i] <= max(sum(i in pair for pair in missing), 1)
    if bounds.cell == ALL.cell:
        each_keeps_its_most_pressing(movers, everything, set(there), bounds)


def parties(feed: list[int], i: int, j: int) -> tuple[int, int]:
    return min(feed[i], feed[j]), max(feed[i], feed[j])


def each_keeps_its_most_pressing(movers, everything, there, bounds) -> None:
    half_m = half_widths_m(movers, LIMITS)
    laid, _, _ = laid_along(movers, frame(movers.normal), half_m, LIMITS.look_ahead_s)
    feed = movers.feed.tolist()
    for one in range(len(movers)):
        for party in set(feed):
            mine = {pair for pair in everything if one in pair and is_with(feed, pair, one, party)}
            kept = mine & there
            assert len(kept) >= min(len(mine), bounds.each(len(movers)))
            if mine and party != feed[one]:
                soonest = [min(soonness(laid, *pair) for pair in some) for some in (mine, kept)]
                assert soonest[1] <= soonest[0] + 0.051


def is_with(feed: list[int], pair: tuple[int, int], one: int, party: int) -> bool:
    return feed[pair[0] if pair[1] == one else pair[1]] == party


@settings(deadline=None, max_examples=80)
@given(FLEETS, st.sampled_from([NO_WINDOW, FILLED, LARGE]))
@example(CROWD, NO_WINDOW)
@example(CROWD, FILLED)
@example(CROWD, LARGE)
@example(LARGE_CROWD, NARROW)
@example(MANY_OF_TWO, NO_WINDOW)
@example(OWN, FILLED)
@example(OWN[::-1], FILLED)
def test_of_a_crowd_some_pairs_are_taken_and_of_others_all(rows, bounds) -> None:
    check(rows, bounds)


@settings(deadline=None, max_examples=30)
@given(FLEETS)
def test_below_the_bounds_nothing_is_passed_over(rows) -> None:
    movers = fleet(rows)
    found = candidates(movers, LIMITS)
    assert found.pairs.tolist() == candidates(movers, LIMITS, bounds=ALL).pairs.tolist()
    assert not found.passed_over.any()


def test_of_more_movers_fewer_pairs_each_are_taken_and_never_less_than_a_few() -> None:
    taken: list[int] = []
    for count in (40, 80, 160, 320):
        bounds = Bounds(pairs=6, per_mover=0, per_track=16, cell=10**9, many=40)
        found = candidates(fleet([(0, 0.0, 0.0, 0.0, -1)] * count), LIMITS, bounds=bounds)
        each = np.bincount(found.pairs.ravel(), minlength=count)
        assert each.min() >= max(2, 16 * 40 // count)
        taken.append(len(found.pairs))
    assert max(taken) <= 1.5 * taken[0]


FEED = 13  # the place of an argument of the kernel


def one_feed(*args):
    return sweep.meet_in_crowds(*args[:FEED], args[FEED] * 0, *args[FEED + 1 :])


def unsaid(*args):
    found, passed_over = sweep.meet_in_crowds(*args)
    return found, passed_over * 0


def first_come(*args):
    return sweep.meet_in_crowds(*args[: FEED + 2], 0, 0, 0, *args[FEED + 5 :])


@pytest.mark.parametrize("fault", [one_feed, unsaid, first_come])
def test_a_fault_in_what_is_passed_over_is_found(fault, monkeypatch) -> None:
    monkeypatch.setattr(closest, "meet_in_crowds", fault)

    @settings(phases=[Phase.explicit], deadline=None)
    @given(FLEETS)
    @example(CROWD)
    def holds(rows) -> None:
        check(rows, NO_WINDOW)

    with pytest.raises(AssertionError):
        holds()


SECOND = 1_000_000
START = 1_700_000_000 * SECOND


def put(watch: Watch, now_us: int, party: str, *tracks: tuple[str, str | None, float]) -> None:
    """Tracks at rest on the equator: id, owner, longitude."""
    reports = [
        PositionReport(
            track, now_us, 0.0, longitude, 100.0, ground_speed_m_s=0.0, course_deg=0.0,
            accuracy_m=1.0, owner=owner,
        )
        for track, owner, longitude in tracks
    ]  # fmt: skip
    watch.observe(ReportBatch.of(reports, feed="f", feed_party=party), now_us)


def crowd(count: int) -> list[tuple[str, str | None, float]]:
    return [(f"m{k:04}", ("crowd", "friend")[k % 2], 10.0) for k in range(count)]


@pytest.mark.parametrize("others", [0, 15_000], ids=["every track anew", "look by look"])
def test_a_crowd_is_looked_at_in_part_and_the_others_in_whole(others, monkeypatch) -> None:
    watch, kept = Watch(), []
    judged = watch._neighbours.judged
    monkeypatch.setattr(
        watch._neighbours, "judged", lambda *given: kept.append(judged(*given)) or kept[-1]
    )
    put(watch, START, "far", *[(f"o{k}", "far", 20.0) for k in range(others)])
    watch.tick(START)
    put(watch, START, "north", ("real-1", "north", 10.0001))
    put(watch, START, "south", ("real-2", "south", 10.0002))
    watch.tick(START)
    put(watch, START, "crowd", *crowd(1600))
    events = watch.tick(START)
    # Of 640,000 pairs of the crowd.
    assert len(kept[-1].pairs) < 100_000 + 2 * (1602 + others) + 16 * 1600 + 2 * 1601
    rows = kept[-1].passed_over
    assert rows is not None
    assert np.count_nonzero(rows) > 1400
    assert {"real-1", "real-2"} in [
        {ref.id for ref in warning.objects} for warning in watch.standing
    ]
    told = [
        {ref.id for ref in event.warning.key.objects}
        for event in events
        if isinstance(event, Raised)
    ]
    assert any("real-1" in ids and len(ids) == 2 for ids in told)
    said = [
        standing.seen.objects[0]
        for key, standing in watch.standing.items()
        if key.objects[0].kind == "party"
    ]
    assert {each.ref.id for each in said} == {"crowd", "friend", "north", "south"}
    for each in said:
        assert each.identifying()[1].startswith(f"at least {each.count} more pairs")
        most = 1600 if each.ref.id in ("north", "south") else 800 * 800 + 1600
        assert 0 < each.count <= most


def test_what_stands_is_looked_at_in_the_midst_of_a_crowd() -> None:
    watch = Watch()
    put(watch, START, "crowd", ("m9998", "crowd", 10.0), ("m9999", "friend", 10.0))
    watch.tick(START)
    (before,) = [key for key in watch.standing if len(key.objects) == 2]
    for second in range(1, 4):
        now_us = START + second * SECOND
        put(watch, now_us, "crowd", *crowd(1600))
        put(watch, now_us, "crowd", ("m9998", "crowd", 10.0), ("m9999", "friend", 10.0))
        watch.tick(now_us)
    assert watch.standing[before].seen.verdict.value == "holds"
    assert watch.standing[before].clear_since_us is None


def unsure(watch: Watch, now_us: int, count: int, accuracy_m: float) -> None:
    """Tracks at one place that may be anywhere round it."""
    reports = [
        PositionReport(
            f"u{k}", now_us, 0.0, 10.0, 100.0, ground_speed_m_s=0.0, course_deg=0.0,
            accuracy_m=accuracy_m, owner="unsure",
        )
        for k in range(count)
    ]  # fmt: skip
    watch.observe(ReportBatch.of(reports, feed="f", feed_party="unsure"), now_us)


def test_who_may_be_anywhere_is_silent_and_clear_of_nothing() -> None:
    watch = Watch()
    put(watch, START, "north", ("real-1", "north", 10.001))
    unsure(watch, START, 1, 5.0)
    watch.tick(START)
    (before,) = watch.standing
    for second in range(1, 60):
        now_us = START + second * SECOND
        put(watch, now_us, "north", ("real-1", "north", 10.001))
        unsure(watch, now_us, 300, 1e6)
        watch.tick(now_us)
    # What stood stands as last known, and nothing is found of the others.
    assert watch.standing[before].clear_since_us is None
    assert watch.standing[before].last_known_since_us is not None
    (silence,) = [each for key, each in watch.standing.items() if key != before]
    assert silence.seen.rule == "position-too-uncertain"
    assert silence.key.objects[0].id == "u0"
    rows = {row.key.track_id: row for row in rows_of(watch.table, watch.table.slots(), now_us)}
    assert rows["u1"].state == "silent"
    assert rows["u1"].uncertainty_m >= 1e6
    now_us = START + 60 * SECOND
    put(watch, now_us, "north", ("real-1", "north", 10.001))
    unsure(watch, now_us, 1, 5.0)
    watch.tick(now_us)
    assert watch.standing[before].last_known_since_us is None


def test_a_clock_that_is_off_by_hours_makes_a_fast_track_too_uncertain() -> None:
    table = Watch().table
    batch = [
        PositionReport(name, START, 0.0, 10.0, 100.0, ground_speed_m_s=speed, course_deg=0.0)
        for name, speed in (("fast", 250.0), ("slow", 0.0))
    ]
    table.update(ReportBatch.of(batch, feed="f", feed_party="p"), START)
    assert table.silent(table.slots(), START).tolist() == [False, False]
    table.set_clock("p", 3600 * SECOND)
    assert table.silent(table.slots(), START).tolist() == [True, False]
