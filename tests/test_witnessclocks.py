"""What witnesses' times say of a node's clock holds the true offset, and stops it when it must."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from wideberth import witnessclocks
from wideberth.space.time import SECOND_US
from wideberth.witnessclocks import WitnessClocks, steady_us

LIMIT_US = 5 * SECOND_US
NOW_US = 1_700_000_000 * SECOND_US


@dataclass
class World:
    """True time, and a node's clock that is off from it and may be set."""

    true_us: int = NOW_US
    off_us: int = 0

    def clocks(self) -> WitnessClocks:
        return WitnessClocks(
            clock_us=lambda: self.true_us + self.off_us, steady=lambda: self.true_us - NOW_US
        )

    def exchange(
        self, clocks: WitnessClocks, name: str, *, there_us: int, back_us: int, ahead_us: int = 0
    ) -> None:
        asked = clocks.asking()
        self.true_us += there_us
        time_s = (self.true_us + ahead_us) // SECOND_US
        self.true_us += back_us
        clocks.heard(name, time_s, asked=asked)


us = st.integers(0, 1000) | st.integers(0, 30 * SECOND_US)
offsets = st.integers(-60 * SECOND_US, 60 * SECOND_US)
Case = tuple[int, int, int, int, int, int]
cases: st.SearchStrategy[Case] = st.tuples(
    offsets,
    us,
    us,
    offsets,
    us | st.integers(0, 100_000 * SECOND_US),
    st.integers(-100, 100),
)


def wrong(case: Case) -> bool:
    """Whether the true offset is outside of what is said: after a slow exchange, a step of the
    node's clock, and time in which the witness's clock drifts.
    """
    off_us, there_us, back_us, step_us, age_us, ppm = case
    world = World(off_us=off_us)
    clocks = world.clocks()
    world.exchange(clocks, "w", there_us=there_us, back_us=back_us)
    world.off_us += step_us
    world.true_us += age_us
    true_us = world.off_us - age_us * ppm // 1_000_000
    skew = clocks.skew("w")
    assert skew is not None
    return not skew.low_us <= true_us <= skew.high_us or (
        clocks.is_off("w") and abs(true_us) <= LIMIT_US
    )


@pytest.mark.requirement("L-12")
@settings(max_examples=300, deadline=None)
@given(cases)
def test_the_interval_holds_the_true_offset_and_a_good_clock_is_never_called_off(
    case: Case,
) -> None:
    assert not wrong(case)


@pytest.mark.parametrize("fault", ["drift", "whole seconds"])
def test_an_interval_that_is_too_narrow_is_noticed(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "drift":
        monkeypatch.setattr(witnessclocks, "DRIFT_PER_S_US", 0)
    else:
        real = WitnessClocks.heard

        def late(self: WitnessClocks, name: str, time_s: int, *, asked: int | None) -> None:
            real(self, name, time_s + 1, asked=asked)

        monkeypatch.setattr(WitnessClocks, "heard", late)
    try:
        find(cases, wrong, settings=settings(phases=[Phase.generate], max_examples=1000))
    except NoSuchExample:
        pytest.fail("the planted fault was not found")


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("off_s", [-7, 7])
def test_a_step_of_the_clock_shows_at_once_and_is_over_at_once(off_s: int) -> None:
    world = World()
    clocks = world.clocks()
    assert clocks.verdict() is None
    world.exchange(clocks, "w", there_us=100_000, back_us=100_000)
    assert clocks.verdict() is None
    world.off_us = off_s * SECOND_US
    off = clocks.verdict()
    assert off is not None
    assert off.witnesses == ("w",)
    assert ("behind" in str(off)) == (off_s < 0)
    world.off_us = 0
    assert clocks.verdict() is None


def test_an_old_exchange_says_less_and_less() -> None:
    world = World(off_us=8 * SECOND_US)
    clocks = world.clocks()
    world.exchange(clocks, "w", there_us=0, back_us=0)
    assert clocks.verdict() is not None
    world.true_us += 86_400 * SECOND_US
    assert clocks.verdict() is None


def test_a_slow_exchange_is_no_reason_to_stop() -> None:
    world = World()
    clocks = world.clocks()
    world.exchange(clocks, "w", there_us=30 * SECOND_US, back_us=30 * SECOND_US)
    assert clocks.verdict() is None


@pytest.mark.parametrize(("wrong_ones", "stops"), [(0, False), (1, False), (2, True), (3, True)])
def test_one_wrong_witness_of_three_stops_nobody(wrong_ones: int, stops: bool) -> None:
    world = World()
    clocks = world.clocks()
    for index in range(3):
        ahead_us = 60 * SECOND_US if index < wrong_ones else 0
        world.exchange(clocks, f"w{index}", there_us=1000, back_us=1000, ahead_us=ahead_us)
    assert (clocks.verdict() is not None) == stops
    assert clocks.is_off("w0") == (wrong_ones > 0)


def test_of_two_that_disagree_either_stops_the_node() -> None:
    world = World()
    clocks = world.clocks()
    world.exchange(clocks, "good", there_us=1000, back_us=1000)
    world.exchange(clocks, "bad", there_us=1000, back_us=1000, ahead_us=-60 * SECOND_US)
    off = clocks.verdict()
    assert off is not None
    assert off.witnesses == ("bad",)


def test_the_steady_clock_goes_on() -> None:
    first = steady_us()
    assert steady_us() >= first > 0
