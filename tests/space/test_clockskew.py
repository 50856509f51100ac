"""Clock skew between ends is measured, widens what is tested, and withholds order (L-12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.space.clockskew import Exchange, Order, Skew, measured, order_of, widened
from wideberth.space.volume import Separation

delays = st.tuples(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**7))


@pytest.mark.requirement("L-12")
@given(st.integers(-(10**9), 10**9), st.lists(delays, min_size=1, max_size=6))
def test_the_true_offset_is_always_within_what_is_measured(
    offset_us: int, trips: list[tuple[int, int, int]]
) -> None:
    """However the way there and the way back share the delay; more exchanges never widen it."""
    exchanges: list[Exchange] = []
    widths: list[int] = []
    now_us = 10**15
    for there, work, back in trips:
        exchanges.append(
            Exchange(
                now_us + offset_us,
                now_us + there,
                now_us + there + work,
                now_us + there + work + back + offset_us,
            )
        )
        skew = measured(exchanges)
        assert skew is not None
        assert skew.low_us <= offset_us <= skew.high_us
        assert abs(offset_us) <= skew.bound_us
        widths.append(skew.high_us - skew.low_us)
        now_us += 10**9
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == trips[0][0] + trips[0][2]


@pytest.mark.requirement("L-12")
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(-(10**10), 10**10), st.data())
def test_order_is_claimed_only_where_no_clock_within_its_bound_could_turn_it(
    bound_a: int, bound_b: int, gap_us: int, data: st.DataObject
) -> None:
    a_us, b_us = 0, gap_us
    said = order_of(a_us, b_us, bound_a, bound_b)
    true_a = a_us - data.draw(st.integers(-bound_a, bound_a))
    true_b = b_us - data.draw(st.integers(-bound_b, bound_b))
    if said is Order.BEFORE:
        assert true_a < true_b
    if said is Order.AFTER:
        assert true_a > true_b
    if abs(gap_us) <= bound_a + bound_b:
        assert said is Order.UNKNOWN


def test_the_separation_grows_by_the_bound_of_each_end() -> None:
    apart = Separation(horizontal_mm=1, vertical_mm=2, time_us=3)
    assert widened(apart, 10, 20) == Separation(horizontal_mm=1, vertical_mm=2, time_us=33)


def test_nothing_is_measured_by_nothing() -> None:
    assert measured([]) is None


def test_a_clock_that_was_set_between_two_exchanges_is_named() -> None:
    with pytest.raises(InvalidValue, match="clock-moved"):
        measured([Exchange(0, 0, 1, 1), Exchange(100, 0, 1, 101)])
    with pytest.raises(InvalidValue, match="stamps-order"):
        measured([Exchange(5, 0, 1, 4)])


def test_halving_the_round_trip_is_caught() -> None:
    """The planted fault: the middle of the round trip, as if both ways took as long."""
    one_way = Exchange(sent_us=0, received_us=8_000, answered_us=8_000, back_us=8_000)
    middle_us = (
        (one_way.sent_us - one_way.received_us) + (one_way.back_us - one_way.answered_us)
    ) // 2
    assert middle_us == -4_000  # the clocks agree, and all of the delay was on the way there
    skew = measured([one_way])
    assert skew == Skew(-8_000, 0)
