"""A lane: order, back-off and channels, against a slow reference with a simulated clock."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from wideberth.delivery.lanes import BackOff, Lane, Line, Outcome, Tried, WayId

WAYS = (WayId("a"), WayId("b"), WayId("c"))
BACK_OFF = BackOff(first_s=1, longest_s=30, spread=0.5)
DAY_US = 86_400_000_000

attempts = st.lists(
    st.tuples(st.sampled_from(Outcome), st.floats(0, 0.999), st.integers(0, 5_000_000)),
    max_size=60,
)


def run(lane: Lane, items: int, script, *, ways=WAYS):
    """Play the script; gives (time, item, way, outcome) of each attempt, and what was dropped."""
    now_us, item, log, dropped = 0, 0, [], []
    for outcome, drawn, took_us in script:
        said = lane.next(now_us)
        while said.way is None and item < items:
            if said.dropped:
                dropped.append(item)
                item += 1
                lane.pass_on()
            else:
                assert said.at_us is not None
                assert said.at_us > now_us
                now_us = said.at_us
            said = lane.next(now_us)
        if item >= items:
            break
        began_us = now_us
        now_us += took_us
        lane.tried(said.way, Tried(outcome), now_us, drawn)
        log.append((began_us, now_us, item, said.way, outcome))
        if outcome is Outcome.TAKEN:
            item += 1
            lane.pass_on()
    return log, dropped


def check(log, dropped, ways=WAYS):
    """The slow reference: what must hold of any run, found again from the whole log."""
    items = [each[2] for each in log]
    assert items == sorted(items), "out of order"
    for item in set(items):
        here = [each for each in log if each[2] == item]
        taken = [each for each in here if each[4] is Outcome.TAKEN]
        assert len(taken) <= 1, "sent twice without need"
        assert not taken or here[-1] is taken[0]
        refused = [each[3] for each in here if each[4] is Outcome.REFUSED]
        assert len(refused) == len(set(refused)), "asked again what it had refused"
        if item in dropped:
            assert set(refused) == set(ways), "dropped what some way might have taken"
    for index, (began, _, _, way, _) in enumerate(log):
        wait = free_from(log[:index], way)
        assert began >= wait[0], "before its time"
        refused = {e[3] for e in log[:index] if e[2] == log[index][2] and e[4] is Outcome.REFUSED}
        for better in ways[: ways.index(way)]:
            if better not in refused:
                assert began < free_from(log[:index], better)[1], "an earlier way was free"


def free_from(log, way):
    """The earliest and the latest moment from which a way may be tried again."""
    tries = [each for each in log if each[3] == way]
    failures = 0
    for each in reversed(tries):
        if each[4] is Outcome.REFUSED:
            continue
        if each[4] is Outcome.TAKEN:
            break
        failures += 1
    if not tries or tries[-1][4] is not Outcome.FAILED:
        return (0, 0)
    whole_us = 1_000_000 * min(30, 2 ** (failures - 1))
    return (tries[-1][1] + whole_us // 2, tries[-1][1] + whole_us)


@given(attempts, st.integers(1, 6))
def test_a_lane_is_in_order_and_heeds_each_ways_back_off(script, items) -> None:
    lane = Lane([Line(way) for way in WAYS], BACK_OFF)
    check(*run(lane, items, script))


def test_the_reference_finds_a_lane_that_forgets_to_wait() -> None:
    class Hasty(BackOff, frozen=True):
        def wait_us(self, failures, drawn, asked_s=0.0):
            return super().wait_us(failures, drawn, asked_s) // 4

    @settings(phases=[Phase.generate], database=None, max_examples=300)
    @given(attempts)
    def play(script) -> None:
        check(*run(Lane([Line(way) for way in WAYS], Hasty(1, 30, 0.5)), 4, script))

    with pytest.raises(AssertionError):
        play()


def test_the_reference_finds_a_lane_that_overtakes() -> None:
    with pytest.raises(AssertionError, match="out of order"):
        check([(0, 1, 1, "a", Outcome.TAKEN), (1, 2, 0, "a", Outcome.TAKEN)], [])


@given(st.integers(1, 10_000), st.floats(0, 0.999), st.floats(0, 1e6))
def test_a_wait_is_bounded_on_both_sides(failures, drawn, asked_s) -> None:
    wait_us = BACK_OFF.wait_us(failures, drawn, asked_s)
    assert 500_000 <= wait_us <= 30_000_000


def test_a_suspended_way_is_not_tried_and_drops_nothing() -> None:
    line = Line(WAYS[0])
    line.evidence = msgspec.structs.replace(line.evidence, suspended=True)
    said = Lane([line], BACK_OFF).next(0)
    assert (said.way, said.at_us, said.dropped) == (None, None, False)
