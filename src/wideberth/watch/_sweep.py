"""Which pairs of capsules of a cell come near each other: roughly first, then linearly.

The capsules of a cell stand in the order in which they begin along one axis, side by side in
memory, so each is held against those alone that begin before it ends, eight at a time
(:mod:`wideberth.watch._lanes`); what is near so is worked out once more. Boxes and what stands side
by side are in float32, each side of a box moved outward by ROUGH of it and each half width by ten
times ROUGH of all that it is worked out from, which is three times what rounding takes. They must
never let through too little; the tests plant a fault in it. Of a crowd not all are let through
(:mod:`wideberth.watch._crowds`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._crowds import NONE, admitted, opened, width, windows
from wideberth.watch._jit import kernel as _kernel
from wideberth.watch._lanes import COLUMNS, LANES, near_of_eight
from wideberth.watch.capsules import HALF, cell_of, reach_m
from wideberth.watch.paths import Floats

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["ROUGH", "are_level", "boxed", "meet", "meet_in_crowds", "nearest", "swept"]

Ints = NDArray[np.int64]
Cells = NDArray[np.int32]
Singles = NDArray[np.float32]
Single = tuple[Any, ...]  # nine float32

ROUGH = 2e-7
_ROUGH_M = 0.01  # of two that move alike
_PARTED = 0.25  # of the pairs that meet in height: along an axis, more would within a cell
_STEPS = 4096
_ROUGH_PART = 1e-5  # of the look-ahead: against rounding


@_kernel
def boxed(
    laid: Floats,
    w84_m: Floats,
    std_m: Floats,
    climb_m_s: Floats,
    age_s: Floats,
    slack_m: Floats,
    look_ahead_s: float,
    rough: float,
) -> Singles:
    """The boxes (n, 8) of capsules: low and high along each axis, then of the heights, by the
    height that all are compared by: that above the ellipsoid where any has it, else that by
    pressure. Infinite where unknown.
    """
    is_std = True
    for i in range(len(w84_m)):
        if not math.isnan(w84_m[i]):
            is_std = False
            break
    boxes = np.empty((len(laid), 8), np.float32)
    for i in range(len(laid)):
        for axis in range(4):
            if axis < 3:
                low, high = reach_m(laid[i, axis], laid[i, 3 + axis], laid[i, HALF])
            else:
                height_m = std_m[i] if is_std else w84_m[i]
                low, high = _band_m(height_m, climb_m_s[i], age_s[i], slack_m[i], look_ahead_s)
                if math.isnan(low) or math.isnan(high):
                    low, high = -math.inf, math.inf
            # What is infinite stays it.
            boxes[i, 2 * axis] = low - abs(low) * rough if low > -1e30 else low
            boxes[i, 2 * axis + 1] = high + abs(high) * rough if high < 1e30 else high
    return boxes


def swept(boxes: Singles) -> tuple[Ints, int]:
    """An order of the rows by where they begin, along the heights where those part most of them,
    else along the second axis; and the column of the boxes that it was gone by. Nearly: what
    begins within a step of another may stand before it.
    """
    some = boxes[:: 1 + len(boxes) // 128]
    low, high = some[:, 6], some[:, 7]
    meet_in_height = (low[:, None] <= high) & (high[:, None] >= low)
    column = 6 if meet_in_height.mean() < _PARTED else 2
    return _swept(boxes, column), column


@_kernel
def _swept(boxes: Singles, column: int) -> Ints:
    """Counted into _STEPS steps of equal width: what is in one is in the order of the rows."""
    count = len(boxes)
    least, most = math.inf, -math.inf
    for i in range(count):
        value = float(boxes[i, column])
        least = value if -math.inf < value < least else least
        most = value if most < value < math.inf else most
    width = (most - least) / _STEPS if most > least else 1.0
    steps = np.empty(count, np.int32)
    ends = np.zeros(_STEPS + 2, np.int64)
    for i in range(count):
        value = float(boxes[i, column])
        # Step 0: what begins before all others.
        step = int((value - least) / width) + 1 if value >= least else 0
        steps[i] = step if step < _STEPS else _STEPS
        ends[steps[i] + 1] += 1
    for step in range(_STEPS + 1):
        ends[step + 1] += ends[step]
    order = np.empty(count, np.int64)
    for i in range(count):
        order[ends[steps[i]]] = i
        ends[steps[i]] += 1
    return order


@_kernel.inlined
def _band_m(
    height_m: float, climb_m_s: float, age_s: float, slack_m: float, look_ahead_s: float
) -> tuple[float, float]:
    """Lowest and highest until the look-ahead; NaN where unknown, which excludes nothing."""
    now_m = height_m + climb_m_s * age_s
    later_m = climb_m_s * look_ahead_s
    low = now_m + (later_m if later_m < 0.0 else 0.0) - slack_m
    return low, now_m + (later_m if later_m > 0.0 else 0.0) + slack_m


@_kernel.inlined
def _single(
    laid: Floats, boxes: Singles, row: int, rough: float, x_m: float, y_m: float, z_m: float
) -> Single:
    """A capsule in float32, from a place near it, and its heights: the columns of
    :func:`near_of_eight`.
    """
    x, y, z = laid[row, 0] - x_m, laid[row, 1] - y_m, laid[row, 2] - z_m
    u, v, w = laid[row, 3], laid[row, 4], laid[row, 5]
    size = abs(x) + abs(y) + abs(z) + abs(u) + abs(v) + abs(w) + laid[row, HALF]
    half = laid[row, HALF] + _ROUGH_M + 10 * rough * size
    return (
        np.float32(x),
        np.float32(y),
        np.float32(z),
        np.float32(u),
        np.float32(v),
        np.float32(w),
        np.float32(half),
        boxes[row, 6],
        boxes[row, 7],
    )


@_kernel.inlined
def _stand(
    members: Cells,
    begin: int,
    end: int,
    laid: Floats,
    boxes: Singles,
    column: int,
    rough: float,
    near: int,
    own: Singles,
    begins: Singles,
    at: int,
) -> None:
    """The members of a cell in columns, from the one there on, as seen from the start of a row that
    is near; and a place before which neither it nor one after it begins.
    """
    x_m, y_m, z_m = laid[near, 0], laid[near, 1], laid[near, 2]
    before = np.float32(math.inf)
    for k in range(end - begin - 1, -1, -1):
        row = members[begin + k]
        one = _single(laid, boxes, row, rough, x_m, y_m, z_m)
        own[0, at + k], own[1, at + k], own[2, at + k] = one[0], one[1], one[2]
        own[3, at + k], own[4, at + k], own[5, at + k] = one[3], one[4], one[5]
        own[6, at + k], own[7, at + k], own[8, at + k] = one[6], one[7], one[8]
        before = min(before, boxes[row, column])
        begins[at + k] = before


@_kernel.inlined
def _beside(
    one: Single,
    until: float,
    own: Singles,
    begins: Singles,
    at: int,
    end: int,
    hits: Cells,
) -> int:
    """Those of own, from the one there, which come near one and begin before it ends, into hits;
    how many.
    """
    used = 0
    k = at
    while k < end and begins[k] <= until:  # what does not, nor do any that follow
        bits = near_of_eight(own, k, *one)
        if k + LANES > end:
            bits &= (1 << (end - k)) - 1
        if bits:
            for lane in range(LANES):
                hits[used] = k + lane
                used += (bits >> lane) & 1
        k += LANES
    return used


@_kernel
def meet(
    laid: Floats,
    boxes: Singles,
    column: int,
    rough: float,
    w84_m: Floats,
    std_m: Floats,
    climb_m_s: Floats,
    age_s: Floats,
    slack_m: Floats,
    look_ahead_s: float,
    at_once: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
    owner: Ints,
    identity: Ints,
    same_owner: bool,  # noqa: FBT001
    low_m: Floats,
    cell_m: float,
    count: Ints,
    first_cell: Ints,
    ends: Ints,
    members: Cells,
    begin_cell: int,
    used: int,
    found: Ints,
) -> tuple[int, int]:
    """Pairs of rows that come linearly within reach and whose heights do, each once, lower first,
    into found behind those used, from a cell on: how many are used then, and the cell that has to
    be begun anew, since found has no room for all of its pairs.

    slack_m: half the vertical limit, and what a height may be off. at_once: both at one moment.
    """
    most, begin = _largest(ends), ends[begin_cell - 1] if begin_cell else 0
    hits = np.empty(most + LANES, np.int32)
    own = np.empty((COLUMNS, most + LANES), np.float32)
    begins = np.empty(most + LANES, np.float32)
    for cell in range(begin_cell, len(ends)):
        size, before = ends[cell] - begin, used
        if size > 1:
            near = int(members[begin])
            _stand(members, begin, ends[cell], laid, boxes, column, rough, near, own, begins, 0)
        for at in range(size - 1):
            one = int(members[begin + at])
            stood = (
                own[0, at],
                own[1, at],
                own[2, at],
                own[3, at],
                own[4, at],
                own[5, at],
                own[6, at],
                own[7, at],
                own[8, at],
            )
            until = boxes[one, column + 1]
            for k in range(_beside(stood, until, own, begins, at + 1, size, hits)):
                other = int(members[begin + hits[k]])
                i, j = (one, other) if one < other else (other, one)
                if not _linear(laid, i, j, cell, low_m, cell_m, count, first_cell):
                    continue
                if identity[i] == identity[j]:
                    continue
                if not same_owner and owner[i] >= 0 and owner[i] == owner[j]:
                    continue
                if not are_level(
                    laid, w84_m, std_m, climb_m_s, age_s, slack_m, look_ahead_s, at_once, i, j
                ):
                    continue
                # An array made anew in here would cost each row more than all else.
                if used == len(found):
                    return before, cell
                found[used, 0] = i
                found[used, 1] = j
                used += 1
        begin = ends[cell]
    return used, len(ends)


@_kernel.inlined
def _largest(ends: Ints) -> int:
    """How many are in the fullest cell."""
    most = before = 0
    for k in range(len(ends)):
        most = max(most, ends[k] - before)
        before = ends[k]
    return most


@_kernel
def meet_in_crowds(  # noqa: C901, PLR0912, PLR0915 - cell by cell, from top to bottom
    laid: Floats,
    boxes: Singles,
    column: int,
    rough: float,
    w84_m: Floats,
    std_m: Floats,
    climb_m_s: Floats,
    age_s: Floats,
    slack_m: Floats,
    look_ahead_s: float,
    at_once: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
    owner: Ints,
    identity: Ints,
    feed: Ints,
    same_owner: bool,  # noqa: FBT001
    pairs: int,
    per_mover: int,
    per_track: int,
    most_in_cell: int,
    window: int,
    many: int,
    low_m: Floats,
    cell_m: float,
    count: Ints,
    first_cell: Ints,
    ends: Ints,
    members: Cells,
) -> tuple[Ints, Ints]:
    """The pairs of :func:`meet`, of a crowd some; and of each row how many at least were passed
    over (:mod:`wideberth.watch._crowds`). feed: 0 and up, whose feed brings each.
    """
    movers = len(laid)
    most = _largest(ends)
    hits = np.empty(most + LANES, np.int32)
    own = np.empty((COLUMNS, most + LANES), np.float32)
    begins = np.empty(most + LANES, np.float32)
    found = np.empty((1024, 2), np.int64)
    parties = int(feed.max()) + 1
    of_two = np.zeros((parties, parties), np.int64)
    brought = np.bincount(feed)
    crowd_of = np.full((parties, parties), NONE, np.int64)
    taken = np.zeros((0, movers), np.int32)
    soonest = np.zeros((0, movers), np.float32)
    passed_over = np.zeros(movers, np.int64)
    # The party in whose own crowd a mover has all that it has for the asking.
    closed_in = np.full(movers, NONE, np.int32)
    is_passed = np.zeros(parties, np.bool_)
    in_turn = np.empty(0, np.int32)  # made where a cell asks for it
    starts = np.zeros(parties + 1, np.int64)
    upto, sizes, single = starts[1:].copy(), starts[1:].copy(), starts[1:].copy()
    used = begin = 0
    for cell in range(len(ends)):
        end = ends[cell]
        if end - begin < 2:
            begin = end
            continue
        near, parts, is_filled = int(members[begin]), 1, False
        if end - begin > most_in_cell:
            if not len(in_turn):
                in_turn = np.empty(most, np.int32)
            is_filled = windows(
                members, begin, end, feed, owner, parties, in_turn, starts, single, most_in_cell
            )
        if is_filled:
            parts = parties
            upto[:] = starts[1:]
            sizes[:] = starts[1:] - starts[:-1]
            for part in range(parts):
                first, last = starts[part], upto[part]
                _stand(
                    members,
                    first,
                    last,
                    laid,
                    boxes,
                    column,
                    rough,
                    near,
                    own,
                    begins,
                    first - begin,
                )
        else:
            _stand(members, begin, end, laid, boxes, column, rough, near, own, begins, 0)
        for at in range(begin, end):
            one = int(members[at])
            if is_filled:
                one = int(in_turn[at - begin])
                starts[feed[one]] += 1  # what follows it
            stood = _single(laid, boxes, one, rough, laid[near, 0], laid[near, 1], laid[near, 2])
            for part in range(parts):
                first, last = at + 1, end
                if is_filled:
                    first, last = starts[part], upto[part]
                    if first == last or (not same_owner and single[part] == owner[one] >= 0):
                        continue
                    size, with_it = sizes[part], sizes[feed[one]]
                    if (
                        size * with_it > most_in_cell**2
                        and min(size, with_it) > window < last - first
                    ):
                        last = min(first + width(window, many, max(size, with_it)), last)
                        # Nothing is known of those behind but where they begin.
                        if begins[last - begin] <= boxes[one, column + 1]:
                            for row in (one, members[last]):
                                passed_over[row] = max(passed_over[row], 1)
                met = _beside(
                    stood,
                    boxes[one, column + 1],
                    own,
                    begins,
                    first - begin,
                    last - begin,
                    hits,
                )
                closed = closed_in[one]
                for k in range(met):
                    other = int(members[begin + hits[k]])
                    if closed != NONE and closed_in[other] == closed:
                        # Not worth knowing whether it is for another cell to tell.
                        is_passed[closed] = True
                        continue
                    i, j = (one, other) if one < other else (other, one)
                    if identity[i] == identity[j]:
                        continue
                    if not same_owner and owner[i] >= 0 and owner[i] == owner[j]:
                        continue
                    less, more = min(feed[i], feed[j]), max(feed[i], feed[j])
                    crowd = int(crowd_of[less, more])
                    if not _linear(laid, i, j, cell, low_m, cell_m, count, first_cell):
                        continue
                    if not are_level(
                        laid, w84_m, std_m, climb_m_s, age_s, slack_m, look_ahead_s, at_once, i, j
                    ):
                        continue
                    of_two[less, more] += 1
                    if crowd != NONE:
                        if not admitted(laid, taken, soonest, crowd, i, j, per_track):
                            passed_over[i] += 1
                            passed_over[j] += 1
                            continue
                        if less == more:
                            for row in (one, other):
                                if taken[crowd, row] >= per_track:
                                    closed_in[row] = less
                            closed = closed_in[one]
                    elif of_two[less, more] >= pairs + per_mover * (
                        brought[less] + (brought[more] if more != less else 0)
                    ):
                        crowd_of[less, more] = len(taken)
                        taken, soonest = opened(taken, soonest, movers)
                    if used == len(found):
                        wider = np.empty((2 * used, 2), np.int64)
                        wider[:used] = found
                        found = wider
                    found[used, 0] = i
                    found[used, 1] = j
                    used += 1
        begin = end
    for row in range(movers):
        if closed_in[row] != NONE and is_passed[closed_in[row]]:
            passed_over[row] = max(passed_over[row], 1)
    return found[:used], passed_over


@_kernel.inlined
def are_level(
    laid: Floats,
    w84_m: Floats,
    std_m: Floats,
    climb_m_s: Floats,
    age_s: Floats,
    slack_m: Floats,
    look_ahead_s: float,
    at_once: bool,  # noqa: FBT001 - numba takes no keyword-only arguments
    i: int,
    j: int,
) -> bool:
    """May the heights of two meet whose lines come within reach? at_once: while these are. Above
    the ellipsoid where both are known, else by pressure; what is unknown may.
    """
    is_std = math.isnan(w84_m[i]) or math.isnan(w84_m[j])
    one_m = std_m[i] if is_std else w84_m[i]
    other_m = std_m[j] if is_std else w84_m[j]
    if not at_once:
        low_i, high_i = _band_m(one_m, climb_m_s[i], age_s[i], slack_m[i], look_ahead_s)
        low_j, high_j = _band_m(other_m, climb_m_s[j], age_s[j], slack_m[j], look_ahead_s)
        return not (low_j > high_i or low_i > high_j)
    rise_m = other_m + climb_m_s[j] * age_s[j] - one_m - climb_m_s[i] * age_s[i]
    if math.isnan(rise_m):
        return True
    band_m = slack_m[i] + slack_m[j]
    gain_m = (climb_m_s[j] - climb_m_s[i]) * look_ahead_s
    begin, until = 0.0, 1.0
    if abs(gain_m) < 1e-9:
        if abs(rise_m) > band_m:
            return False
    else:
        level, still = (-band_m - rise_m) / gain_m, (band_m - rise_m) / gain_m
        begin, until = max(begin, min(level, still)), min(until, max(level, still))
    within, beyond = _within(laid, i, j)
    return max(begin, within) <= min(until, beyond) + _ROUGH_PART


@_kernel.inlined
def _within(laid: Floats, i: int, j: int) -> tuple[float, float]:
    """From which part of their lines to which two are within reach that come within it."""
    dx, dy, dz = laid[j, 0] - laid[i, 0], laid[j, 1] - laid[i, 1], laid[j, 2] - laid[i, 2]
    wx, wy, wz = laid[j, 3] - laid[i, 3], laid[j, 4] - laid[i, 4], laid[j, 5] - laid[i, 5]
    reach = laid[i, HALF] + laid[j, HALF]
    bend = wx * wx + wy * wy + wz * wz
    if bend < 1e-6:
        return 0.0, 1.0
    slope = dx * wx + dy * wy + dz * wz
    square = dx * dx + dy * dy + dz * dz
    # The difference of what may be large: a little more than rounding takes of either.
    inner = slope * slope - bend * (square - reach * reach)
    inner += 1e-12 * (slope * slope + bend * (square + reach * reach))
    root = math.sqrt(max(inner, 0.0))
    return (-slope - root) / bend, (-slope + root) / bend


@_kernel.inlined
def _linear(
    laid: Floats,
    i: int,
    j: int,
    cell: int,
    low_m: Floats,
    cell_m: float,
    count: Ints,
    first_cell: Ints,
) -> bool:
    """Do the lines come within both half widths, and is it for this cell to tell?"""
    is_within, t, dx, dy, dz = nearest(laid, i, j)
    if not is_within:
        return False
    part = laid[i, HALF] / (laid[i, HALF] + laid[j, HALF])
    x = laid[i, 0] + laid[i, 3] * t + dx * part
    y = laid[i, 1] + laid[i, 4] * t + dy * part
    z = laid[i, 2] + laid[i, 5] * t + dz * part
    return cell_of(x, y, z, low_m, cell_m, count, first_cell) == cell


@_kernel.inlined
def nearest(laid: Floats, i: int, j: int) -> tuple[bool, float, float, float, float]:
    """Do the lines come within both half widths, and at which part of them and how far apart
    they are nearest.
    """
    dx, dy, dz = laid[j, 0] - laid[i, 0], laid[j, 1] - laid[i, 1], laid[j, 2] - laid[i, 2]
    wx, wy, wz = laid[j, 3] - laid[i, 3], laid[j, 4] - laid[i, 4], laid[j, 5] - laid[i, 5]
    speed2 = wx * wx + wy * wy + wz * wz
    t = 0.0
    if speed2 > 1e-9:
        t = -(dx * wx + dy * wy + dz * wz) / speed2
        t = min(max(t, 0.0), 1.0)
    dx += wx * t
    dy += wy * t
    dz += wz * t
    reach = laid[i, HALF] + laid[j, HALF]
    return dx * dx + dy * dy + dz * dz <= reach * reach, t, dx, dy, dz
