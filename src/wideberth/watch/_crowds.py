"""Kernels: what is taken of a crowd, so that no feed's tracks take the time of all.

Of n tracks at one place there are n^2/2 pairs. So the pairs are counted by the two parties whose
feeds bring the tracks. As long as two parties have no more than so many (:class:`Bounds`) all are
taken. Beyond that these two are a *crowd*: a pair of theirs is taken while one of its tracks has
few of the crowd, and of two parties also where it comes sooner, or is nearer, than any that was
taken of one of its tracks. The others are passed over, and so are those between a track and what is
far behind it in a cell that both parties fill. Which those are hangs on nothing but the tracks and
their order.

A pair of other parties is another count: nobody takes anything of it by bringing many tracks. Each
track that a pair was passed over of has a count of at least one, and never more than there are.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import kernel as _kernel
from wideberth.watch.capsules import HALF
from wideberth.watch.paths import Floats

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["BOUNDS", "NONE", "Bounds", "admitted", "opened", "soonness", "width", "windows"]

Ints = NDArray[np.int64]
Counts = NDArray[np.int32]
Singles = NDArray[np.float32]

NONE = -1
_SEVERAL, _UNSEEN = -2, -3
_RECORDS = 4  # times as many as a track has without: then only what is sooner by a step
_STEP = 0.05
_FEW = 2
_NARROWEST = 32  # a window, unless it is asked to be narrower


class Bounds(NamedTuple):
    """What is taken of crowds, the pairs of two feeds' parties being counted: pairs, and per_mover
    for each mover of theirs, as they come; then those of which one track has fewer than per_track.
    cell: two parties of which the members of a cell make more pairs than cell^2 fill it; a member
    is then held against the next window of each, not against all. many: of more movers than that,
    per_track is less in proportion, and so is window in a cell where more are of one party; but no
    less than a few, and who has no more than window in a cell is still held against all.
    """

    pairs: int = 100_000
    per_mover: int = 2
    per_track: int = 16
    cell: int = 2048
    window: int = 256
    many: int = 8192

    def each(self, movers: int) -> int:
        """The per_track of so many movers."""
        return max(min(self.per_track, _FEW), self.per_track * self.many // max(movers, self.many))


BOUNDS = Bounds()


@_kernel
def opened(taken: Counts, soonest: Singles, count: int) -> tuple[Counts, Singles]:
    """With rows for one crowd more: how many pairs each mover has in it, and the soonest."""
    crowds = len(taken)
    more_taken = np.zeros((crowds + 1, count), np.int32)
    more_soonest = np.full((crowds + 1, count), np.float32(math.inf))
    more_taken[:crowds] = taken
    more_soonest[:crowds] = soonest
    return more_taken, more_soonest


@_kernel
def admitted(
    laid: Floats, taken: Counts, soonest: Singles, crowd: int, i: int, j: int, per_track: int
) -> bool:
    """Whether a pair of a crowd is taken; then it is counted."""
    soon = soonness(laid, i, j)
    if taken[crowd, i] >= per_track and taken[crowd, j] >= per_track:
        step_i = _STEP if taken[crowd, i] >= _RECORDS * per_track else 0.0
        step_j = _STEP if taken[crowd, j] >= _RECORDS * per_track else 0.0
        if not (soon < soonest[crowd, i] - step_i or soon < soonest[crowd, j] - step_j):
            return False
    for row in (i, j):
        taken[crowd, row] += 1
        soonest[crowd, row] = min(soonest[crowd, row], soon)
    return True


@_kernel
def soonness(laid: Floats, i: int, j: int) -> float:
    """When two capsules first touch, as a part of the look-ahead; below 0 where they do now, down
    to -1 where they are at one place. Roughly: it only puts pairs in an order.
    """
    dx, dy, dz = laid[j, 0] - laid[i, 0], laid[j, 1] - laid[i, 1], laid[j, 2] - laid[i, 2]
    wx, wy, wz = laid[j, 3] - laid[i, 3], laid[j, 4] - laid[i, 4], laid[j, 5] - laid[i, 5]
    reach = laid[i, HALF] + laid[j, HALF]
    square = dx * dx + dy * dy + dz * dz
    if square <= reach * reach:
        return math.sqrt(square) / reach - 1.0 if reach > 0.0 else -1.0
    slope = dx * wx + dy * wy + dz * wz
    bend = wx * wx + wy * wy + wz * wz
    inner = slope * slope - bend * (square - reach * reach)
    if bend < 1e-9 or inner < 0.0 or slope >= 0.0:
        return 1.0
    return (-slope - math.sqrt(inner)) / bend


@_kernel
def width(window: int, many: int, members: int) -> int:
    """How many of a party one is held against in a cell where that party has so many members."""
    return max(min(window, _NARROWEST), window * many // max(members, many))


@_kernel
def windows(
    members: Counts,
    begin: int,
    end: int,
    feeds: Ints,
    owners: Ints,
    parties: int,
    in_turn: Counts,
    starts: Ints,
    single: Ints,
    most: int,
) -> bool:
    """Whether a party has more than most members in a cell. Then they stand by party, each party's
    from its start to the next one's, in the order in which all stood, which is in in_turn; and in
    single is the owner of all of them, below 0 where they are not one's.
    """
    starts[:] = 0
    for k in range(begin, end):
        starts[feeds[members[k]] + 1] += 1
    if starts.max() <= most:
        return False
    starts[0] = begin
    for party in range(parties):
        starts[party + 1] += starts[party]
        single[party] = _UNSEEN
    for k in range(begin, end):
        in_turn[k - begin] = members[k]
    for k in range(end - 1, begin - 1, -1):
        # From the last one back: starts are where each party ends, and then where it begins.
        place = in_turn[k - begin]
        party, owner = feeds[place], owners[place]
        at = starts[party + 1] - 1
        starts[party + 1] = at
        members[at] = place
        single[party] = owner if single[party] in (_UNSEEN, owner) else _SEVERAL
    for party in range(parties):
        starts[party] = starts[party + 1]
    starts[parties] = end
    return True
