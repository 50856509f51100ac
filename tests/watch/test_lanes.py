"""Eight capsules at once: the vectors do what their plain words say, and let through too much."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from wideberth.watch import _lanes as lanes
from wideberth.watch import _sweep as sweep
from wideberth.watch._jit import kernel

MOST = 20
# The plain function that stands before the instructions.
PLAIN = kernel._emitted
INTERPRETED = next(each for each in PLAIN if each.__name__ == "near_of_eight")


@kernel
def compiled(columns, at, one):
    return lanes.near_of_eight(columns, at, *one)


@st.composite
def capsules(draw):
    """Capsules (MOST, 8) as they are laid, and boxes of their heights; near each other or not."""
    rng = np.random.default_rng(draw(st.integers(0, 10**9)))
    spread_m, step_m = (
        draw(st.sampled_from([1e2, 1e4, 3e5])),
        draw(st.sampled_from([0.0, 1e-3, 1.0, 7e4, 2e6])),
    )
    laid = np.zeros((MOST, 8))
    laid[:, :3] = rng.uniform(-spread_m, spread_m, (MOST, 3)) + rng.uniform(-6e6, 6e6, 3)
    laid[:, 3:6] = rng.uniform(-step_m, step_m, (MOST, 3))
    if draw(st.booleans()):  # side by side: the difference of their steps is all rounding
        laid[:, 3:6] = laid[0, 3:6] + rng.uniform(-1e-3, 1e-3, (MOST, 3))
    laid[:, sweep.HALF] = rng.uniform(10.0, spread_m, MOST)
    boxes = np.zeros((MOST, 8), np.float32)
    boxes[:, 6] = rng.uniform(0, 1e4, MOST)
    boxes[:, 7] = boxes[:, 6] + rng.uniform(0, 3e3, MOST)
    boxes[rng.random(MOST) < 0.1, 6:] = -math.inf, math.inf
    return laid, boxes


def stood(laid, boxes, rough, members=MOST):
    """The columns of all, seen from the first; the rest of the array is not a number."""
    columns = np.full((lanes.COLUMNS, MOST + lanes.LANES), np.nan, np.float32)
    for row in range(members):
        columns[:, row] = sweep._single(laid, boxes, row, rough, *laid[0, :3])
    return columns


def let_through(laid, boxes, one, rough):
    columns = stood(laid, boxes, rough)
    near = set()
    for at in range(0, MOST, lanes.LANES):
        bits = compiled(columns, at, tuple(columns[:, one]))
        near |= {at + lane for lane in range(lanes.LANES) if bits >> lane & 1}
    return near


def missed(given_, rough=sweep.ROUGH):
    """Of those within reach of the first by the exact test, and level, which are left out."""
    laid, boxes = given_
    near = let_through(laid, boxes, 0, rough)
    return [
        row
        for row in range(1, MOST)
        if sweep.nearest(laid, 0, row)[0]
        and boxes[row, 6] <= boxes[0, 7]
        and boxes[row, 7] >= boxes[0, 6]
        and row not in near
    ]


@settings(deadline=None, max_examples=60)
@given(capsules())
def test_none_within_reach_and_level_is_left_out(some):
    assert missed(some) == []


def test_a_width_that_leaves_rounding_out_is_seen(monkeypatch):
    monkeypatch.setattr(sweep, "_ROUGH_M", -0.01)
    narrow = sweep._single.py_func if hasattr(sweep._single, "py_func") else sweep._single
    monkeypatch.setattr(sweep, "_single", narrow)  # compiled, it has the width in it
    try:
        find(
            capsules(),
            lambda some: missed(some, rough=-1e-5) != [],
            settings=settings(max_examples=400, phases=[Phase.generate], deadline=None),
        )
    except NoSuchExample:
        pytest.fail("nothing was missed")


@settings(deadline=None, max_examples=40)
@given(capsules(), st.integers(0, MOST - 1), st.integers(0, MOST))
def test_the_instructions_do_what_the_plain_function_says(some, one, at):
    columns = stood(*some, sweep.ROUGH)
    given_ = columns, at, tuple(columns[:, one])
    plain = INTERPRETED(columns, at, *given_[2])
    assert compiled(*given_) == plain
    assert plain < 1 << lanes.LANES


def test_what_stands_beyond_the_last_is_not_counted():
    laid = np.zeros((MOST, 8))
    laid[:, sweep.HALF] = 100.0  # all at one place
    boxes = np.zeros((MOST, 8), np.float32)
    columns = stood(laid, boxes, sweep.ROUGH)
    begins, hits = np.zeros(MOST + lanes.LANES, np.float32), np.zeros(MOST + lanes.LANES, np.int32)
    beside = kernel(lambda one, *rest: sweep._beside(one, 1.0, *rest))
    for end in range(1, MOST):
        used = beside(tuple(columns[:, 0]), columns, begins, 1, end, hits)
        assert hits[:used].tolist() == list(range(1, end))


def test_the_plain_function_takes_what_the_instructions_take():
    names = list(inspect.signature(INTERPRETED).parameters)
    assert len(names) == 2 + lanes.COLUMNS
