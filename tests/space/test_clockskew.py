"""Clock skew between ends is measured, widens what is tested, and withholds order (L-12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.space.clockskew import Exchange, Order, Skew, measured, order_of, widened

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


@pytest.mark.requirement("L-12")
@given(*[st.integers(0, 10**6)] * 5, st.data())
def test_windows_that_are_apart_by_their_figures_are_apart_by_any_clock_within_its_bound(
    start_a: int, start_b: int, length: int, bound_a: int, bound_b: int, data: st.DataObject
) -> None:
    a, b = (start_a, start_a + length), (start_b, start_b + length)
    (low_a, high_a), (low_b, high_b) = widened(*a, bound_a), widened(*b, bound_b)
    told_us = max(low_a - high_b, low_b - high_a)
    off_a = data.draw(st.integers(-bound_a, bound_a))
    off_b = data.draw(st.integers(-bound_b, bound_b))
    true_us = max(a[0] - off_a - (b[1] - off_b), b[0] - off_b - (a[1] - off_a))
    assert true_us >= told_us


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
