"""Pairs of tracks too close, look by look: what :func:`wideberth.watch.judging.judge_all` finds, by
looking only at what a look before cannot have told.

From one look to the next few tracks have a new position. Of a pair of which neither has, what comes
is known: both run on as they did, less surely. So each track is *laid* as a capsule that holds all
that may be asked of it at every look for some seconds, with the errors and the look-ahead of the
last of them; and of each two capsules that come near each other the pair is kept. A look lays the
tracks that changed, and those whose time is over, finds who is near them, and judges the pairs that
are kept: by the same numbers, in the same order and by the same kernel as the full pass.

Where so many changed that the full pass is less work, that is taken, and nothing is laid; so it is
where many are at one place, of whose pairs the full pass takes so many and no more
(:mod:`wideberth.watch._crowds`). All of it can be made anew from the table.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import DAY_US, SECOND_US
from wideberth.watch._neighbours import (
    CLASSES,
    FINEST,
    beside,
    file_middles,
    may_meet,
    middles,
    unfile_middles,
)
from wideberth.watch._sweep import ROUGH, boxed
from wideberth.watch.closest import laid_along, near, slacks_m
from wideberth.watch.judging import Judged, judge_all, judge_of, search_for
from wideberth.watch.look import Look
from wideberth.watch.movers import Movers
from wideberth.watch.paths import Floats
from wideberth.watch.settings import PairSettings, TrackSettings
from wideberth.watch.tracks import TrackTable

__all__ = ["LAID_US", "Neighbours"]

Ints = NDArray[np.int64]
Slots = NDArray[np.int32]
Mask = NDArray[np.bool_]

LAID_US = 10 * SECOND_US
"""For how long a capsule is laid, at most: the longer, the more are near each other; the shorter,
the more are laid anew though nothing was heard of them."""

_AXES = np.eye(3)
_MS = 1000
_NOT_LAID = -1
_LEAST_CHAINS = 64
_ALONE = 0.3  # of the members of a class, no more are to have a cell to themselves
_MOST_IN_CHAINS = 4  # on average
_MOST_PAIRS, _MOST_PAIRS_EACH = 200_000, 8  # kept; else the full pass, and nothing is laid
_MOST_SEEN, _MOST_SEEN_EACH = 10_000_000, 500  # of those that are near in a look
_RENEWED_US = 10 * DAY_US  # the times of what is laid are in 32 bits


@dataclasses.dataclass(frozen=True)
class _Capsules:
    """Tracks as they are laid. laid: as the kernels have it; half_m: how wide; slack_m: of their
    heights; at_once: whether two are to be near and level at one moment.
    """

    laid: Floats
    movers: Movers
    half_m: Floats
    slack_m: Floats
    ahead_s: float
    at_once: bool


class Neighbours:
    """The pairs of a table's tracks that may come too close. Not safe for threads; the only one who
    asks the table what changed.

    most_changed: the part of the tracks that may have changed since the look before; where more
    have, a look is a full pass.
    """

    def __init__(self, table: TrackTable, *, most_changed: float = 0.125) -> None:
        self._table = table
        self._most_changed = most_changed
        self._forget()

    def judged(self, look: Look, settings: PairSettings) -> Judged:
        """All pairs that are, or will be within the look-ahead, too close by a rule."""
        changed = self._table.changed()
        self._make_room()
        asked = settings, self._table.settings
        since_us = look.now_us - self._begun_us
        if asked != self._asked or look.now_us < self._looked_us or since_us > _RENEWED_US:
            self._forget()
            self._make_room()
            self._asked, self._begun_us = asked, look.now_us
        self._looked_us = look.now_us
        unfile_middles(changed, self._boxes, self._heads, self._after, self._before)
        self._until_ms[changed] = _NOT_LAID
        is_crowd = look.now_us < self._crowd_until_us
        if is_crowd or len(changed) > self._most_changed * len(look.slots):
            return judge_all(look.movers, settings)
        now_ms = -((self._begun_us - look.now_us) // _MS)
        over = look.slots[self._until_ms[look.slots] < now_ms]
        is_crowded = len(look.slots) > _MOST_IN_CHAINS * len(self._heads)
        if 2 * len(over) > len(look.slots) or is_crowded:
            over = look.slots
        if (len(over) or len(changed)) and not self._lay(look, over, changed, settings):
            unfile_middles(over, self._boxes, self._heads, self._after, self._before)
            self._until_ms[over] = _NOT_LAID
            self._crowd_until_us = look.now_us + LAID_US
            return judge_all(look.movers, settings)
        return self._judged(look, settings)

    def _judged(self, look: Look, settings: PairSettings) -> Judged:
        rows = look.row_of[self._pairs]
        rows = rows[(rows >= 0).all(1)]  # both speak
        order = np.argsort(rows[:, 0] * len(look.slots) + rows[:, 1])
        rows = rows[order]
        identity = self._table.identity_code[look.slots[rows]]
        alike = np.flatnonzero(identity[:, 0] == identity[:, 1])
        if len(alike):
            one = look.identity[rows[alike]]
            rows = np.delete(rows, alike[one[:, 0] == one[:, 1]], axis=0)
        used, at = np.unique(rows, return_inverse=True)
        judged = judge_of(look.movers_at(used), at.reshape(-1, 2), settings)
        pairs = judged.pairs
        pairs = dataclasses.replace(pairs, first=used[pairs.first], second=used[pairs.second])
        return dataclasses.replace(judged, pairs=pairs)

    def _lay(self, look: Look, over: Ints, changed: Ints, settings: PairSettings) -> bool:
        """Lays tracks anew, and keeps what is near them in the place of what was. Whether that is
        all there is: else there is a crowd, and what is near them is not known.
        """
        capsules = self._capsules(look, look.row_of[over], settings)
        movers = capsules.movers
        is_all = len(over) == len(look.slots) > 0
        if is_all:
            self._renew(capsules)
        unfile_middles(over, self._boxes, self._heads, self._after, self._before)
        nothing = np.full(len(over), np.nan)
        height_m = movers.altitude_w84_m
        if self._by_pressure:  # who has both is compared with who has the other
            height_m = np.where(np.isnan(height_m), movers.altitude_std_m, np.nan)
        boxes = boxed(
            capsules.laid,
            height_m,
            nothing,
            movers.climb_m_s,
            movers.age_s,
            capsules.slack_m,
            capsules.ahead_s,
            ROUGH,
        )
        tree = self._boxes, self._heads, self._after
        file_middles(over, capsules.laid, boxes, self._bits, self._most_m, *tree, self._before)
        self._until_ms[over] = (look.now_us - self._begun_us + _lasts_us(over)) // _MS
        anew = np.zeros(len(self._until_ms), np.bool_)
        anew[over] = anew[changed] = True
        kept = self._pairs = self._pairs[~anew[self._pairs].any(1)]
        count = len(look.slots)
        if is_all:
            rows, passed_over = near(
                movers,
                capsules.half_m,
                capsules.slack_m,
                capsules.ahead_s,
                at_once=capsules.at_once,
                same_owner=settings.same_owner,
            )
            found, are_all = look.slots[rows].astype(np.int32), not passed_over.any()
        else:
            laid_anew = np.zeros(len(self._until_ms), np.bool_)
            laid_anew[over] = True
            most = _MOST_SEEN + _MOST_SEEN_EACH * count
            found, are_all = beside(
                over, capsules.laid, laid_anew, self._bits, self._most_m, *tree, most
            )
            if are_all:
                found = self._may_meet(look, found, settings)
        if not are_all or len(kept) + len(found) > _MOST_PAIRS + _MOST_PAIRS_EACH * count:
            return False
        self._pairs = np.concatenate((kept, found))
        return True

    def _may_meet(self, look: Look, found: Slots, settings: PairSettings) -> Slots:
        """Each of these pairs of slots once, where both speak and may come too close."""
        found = found[(look.row_of[found] >= 0).all(1)]
        keys = np.unique(found[:, 0].astype(np.int64) << 32 | found[:, 1])
        found = np.stack((keys >> 32, keys & 0xFFFF_FFFF), axis=1)
        used, at = np.unique(found, return_inverse=True)
        capsules = self._capsules(look, look.row_of[used], settings)
        movers = capsules.movers
        keep = may_meet(
            at.reshape(-1, 2),
            capsules.laid,
            movers.altitude_w84_m,
            movers.altitude_std_m,
            movers.climb_m_s,
            movers.age_s,
            capsules.slack_m,
            capsules.ahead_s,
            capsules.at_once,
            movers.owner,
            settings.same_owner,
        )
        return found[keep].astype(np.int32)

    def _capsules(self, look: Look, rows: Ints, settings: PairSettings) -> _Capsules:
        """Rows of a look as capsules that hold for each look of the next LAID_US."""
        table, slots, movers = self._table, look.slots[rows], look.movers_at(rows)
        later_us = look.now_us + LAID_US
        # Who is dated ahead of now stands until then: up to so much behind where it is laid. And
        # its clock is off by less and less.
        early_us = np.clip(table.time_us[slots] - look.now_us, 0, LAID_US)
        early_s = early_us / SECOND_US
        horizontal_m = table.horizontal_error_m(slots, later_us) + movers.speed_m_s * early_s
        vertical_m = table.vertical_error_at_m(slots, later_us) + np.abs(movers.climb_m_s) * early_s
        horizontal_m += np.where(early_us > 0, movers.horizontal_error_m, 0.0)
        vertical_m += np.where(early_us > 0, movers.vertical_error_m, 0.0)
        movers = dataclasses.replace(
            movers, horizontal_error_m=horizontal_m, vertical_error_m=vertical_m
        )
        half_m, limits, at_once = search_for(movers, settings, LAID_US / SECOND_US)
        laid, _, _ = laid_along(movers, _AXES, half_m, limits.look_ahead_s)
        slack_m = slacks_m(movers, limits)
        return _Capsules(laid, movers, half_m, slack_m, float(limits.look_ahead_s), at_once)

    def _renew(self, capsules: _Capsules) -> None:
        """Makes the grids fit what is laid, all of which is filed anew."""
        size = max(_LEAST_CHAINS, 1 << (len(capsules.laid) - 1).bit_length())
        classes, _, cells = middles(capsules.laid)
        for number in range(CLASSES):
            own = cells[classes == number]
            bits = FINEST
            while bits > 0 and _occupied(own, bits) > _ALONE * len(own):
                bits -= 1
            self._bits[number] = bits
        self._by_pressure = bool(np.isnan(capsules.movers.altitude_w84_m).mean() > 0.5)
        self._heads = np.full(size + 1, -1, np.int32)
        self._after[:] = self._before[:] = -1
        self._until_ms[:] = _NOT_LAID
        self._boxes[:, ::2], self._boxes[:, 1::2] = np.inf, -np.inf
        self._most_m[:] = 0

    def _forget(self) -> None:
        self._asked: tuple[PairSettings, TrackSettings] | None = None
        self._begun_us = 0
        self._looked_us = 0
        self._crowd_until_us = 0  # until then it is not tried to lay any
        self._by_pressure = False
        self._pairs: Slots = np.empty((0, 2), np.int32)
        self._bits = np.zeros(CLASSES, np.int64)
        self._most_m = np.zeros(CLASSES)
        self._heads = np.full(_LEAST_CHAINS + 1, -1, np.int32)
        # By slot:
        self._until_ms = np.empty(0, np.int32)  # since begun
        self._boxes = np.empty((0, 8), np.float32)
        self._after = np.empty(0, np.int32)
        self._before = np.empty(0, np.int32)

    def _make_room(self) -> None:
        more = len(self._table.time_us) - len(self._until_ms)
        if more > 0:
            nowhere = np.tile(np.array([np.inf, -np.inf], np.float32), (more, 4))
            none = np.full(more, -1, np.int32)
            self._until_ms = np.concatenate((self._until_ms, none))
            self._boxes = np.concatenate((self._boxes, nowhere))
            self._after = np.concatenate((self._after, none))
            self._before = np.concatenate((self._before, none))


def _occupied(cells: Ints, bits: int) -> int:
    """How many cells are not empty on a grid of so many bits. cells: (n, 3), on the finest."""
    along = cells[:, 1:] >> (FINEST - bits)
    return len(np.unique(cells[:, 0] << 2 * FINEST | along[:, 0] << FINEST | along[:, 1]))


def _lasts_us(slots: Ints) -> Ints:
    """For how long each is laid: not all equally long, so that not all are over at once."""
    return LAID_US // 2 + (slots * 0x9E37_79B1 & 0xFFFF) * (LAID_US // 2) // 0x1_0000
