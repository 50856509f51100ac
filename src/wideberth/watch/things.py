"""Every track as it is held at a moment, for many readers: what is of nothing else's identity or
call sign is made a thing of once for all, and only where somebody asks for it. Pure.

What a reader is shown is the same as :func:`wideberth.watch.fusion.fused` of the tracks it sees.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from wideberth.watch.fusion import FusedTrack, alone, fused, sign_of
from wideberth.watch.rows import Columns
from wideberth.watch.trackrow import TrackKey, TrackRow, Whose

__all__ = ["Mask", "Things", "Where", "cursor_of"]

Mask = NDArray[np.bool_]
Where = Callable[[Columns], Mask]
"""Which of all tracks may be asked for: of the others nothing is made."""
_REST_EVERY = 100  # rows made
_REST_EVERY_NAME = 1_000  # names read: a tenth of the work


class Things:
    """The tracks of the columns as things. whose: what decides who sees a track, each once; a
    reader's groups are numbers of these. Not safe for several threads.
    """

    def __init__(self, columns: Columns, *, rest: Callable[[], object] = lambda: None) -> None:
        """rest: called every so many tracks, so that others have their turn."""
        self.columns = columns
        self.whose: list[Whose]
        self.whose, self._group = columns.groups()
        self._rest = rest
        self._rows: dict[int, TrackRow] = {}
        self._made: dict[int, FusedTrack] = {}
        self._fused: dict[frozenset[int], list[FusedTrack]] = {}
        self._numbers: dict[TrackKey, int] | None = None
        self._is_alone = self._alone()

    def __len__(self) -> int:
        return len(self.columns)

    def groups(self, is_seen: Callable[[Whose], bool]) -> frozenset[int]:
        """The groups that a reader sees."""
        return frozenset(k for k, whose in enumerate(self.whose) if is_seen(whose))

    def rows(self, groups: Collection[int]) -> list[TrackRow]:
        """The tracks of these groups."""
        return [self._row(k) for k in self._numbers_of(self._visible(groups))]

    def seen(
        self,
        groups: frozenset[int],
        *,
        where: Where | None = None,
        besides: Collection[TrackKey] = (),
    ) -> list[FusedTrack]:
        """What a reader is shown that sees these groups, in no order. where: only the things of
        which it sees a track there, and besides them those of these keys.
        """
        visible = self._visible(groups)
        single = visible & self._is_alone
        together = self._together(groups, visible)
        wanted = None if where is None else where(self.columns)
        if wanted is not None:
            asked = wanted.copy()
            asked[[k for each in besides if (k := self._number(each)) is not None]] = True
            single &= asked
        found = [self._single(k) for k in self._numbers_of(single)]
        if wanted is None:
            return found + together
        return found + [
            thing
            for thing in together
            if thing.key in besides
            or any(wanted[k] for row in thing.rows if (k := self._number(row.key)) is not None)
        ]

    def page(
        self,
        groups: frozenset[int],
        *,
        after: str | None = None,
        most: int,
        where: Where | None = None,
    ) -> list[FusedTrack]:
        """The first of what a reader is shown that sees these groups, in the order of
        :func:`cursor_of`; nothing is made of the others. after: those beyond it; most: so many at
        most; where: those whose position is there.
        """
        visible = self._visible(groups)
        single = visible & self._is_alone
        together = self._together(groups, visible)
        if where is not None:
            wanted = where(self.columns)
            single &= wanted
            together = [each for each in together if self._is_there(each, wanted)]
        key = self.columns.key
        names = chain(
            ((cursor_of(key(k)), k) for k in self._resting(self._numbers_of(single))),
            ((cursor_of(thing.key), ~k) for k, thing in enumerate(together)),
        )
        asked = names if after is None else (each for each in names if each[0] > after)
        firsts = heapq.nsmallest(most, asked)
        return [together[~k] if k < 0 else self._single(k) for _, k in firsts]

    def _together(self, groups: frozenset[int], visible: Mask) -> list[FusedTrack]:
        """The things of the tracks that are not alone."""
        together = self._fused.get(groups)
        if together is None:
            rows = (self._row(k) for k in self._numbers_of(visible & ~self._is_alone))
            together = self._fused[groups] = fused(rows)
        return together

    def _is_there(self, thing: FusedTrack, wanted: Mask) -> bool:
        k = self._number(thing.position.key)
        return k is not None and bool(wanted[k])

    def _alone(self) -> Mask:
        """Which are of nothing else's identity or call sign."""
        columns = self.columns
        if not len(columns):
            return np.zeros(0, np.bool_)
        _, identity, times = np.unique(
            columns.identity_code, return_inverse=True, return_counts=True
        )
        signs = [sign_of(columns.callsign(k)) for k in self._resting(range(len(columns)))]
        said = Counter(signs)
        said[""] = 0
        return (times[identity] == 1) & np.array([said[sign] <= 1 for sign in signs])

    def _visible(self, groups: Collection[int]) -> Mask:
        seen = np.zeros(len(self.whose), np.bool_)
        seen[list(groups)] = True
        return seen[self._group]

    def _numbers_of(self, mask: Mask) -> list[int]:
        return np.flatnonzero(mask).tolist()

    def _number(self, key: TrackKey) -> int | None:
        if self._numbers is None:
            numbered = self._resting(range(len(self.columns)))
            self._numbers = {self.columns.key(k): k for k in numbered}
        return self._numbers.get(key)

    def _single(self, k: int) -> FusedTrack:
        made = self._made.get(k)
        if made is None:
            made = self._made[k] = alone(self._row(k))
        return made

    def _row(self, k: int) -> TrackRow:
        row = self._rows.get(k)
        if row is None:
            row = self._rows[k] = self.columns.row(k)
            if len(self._rows) % _REST_EVERY == 0:
                self._rest()
        return row

    def _resting(self, numbers: Iterable[int]) -> Iterator[int]:
        for count, k in enumerate(numbers, 1):
            if count % _REST_EVERY_NAME == 0:
                self._rest()
            yield k


def cursor_of(key: TrackKey) -> str:
    """The name of a track, by which things are in order: of its party, track and feed."""
    return f"{key.feed_party or ''}/{key.track_id}/{key.feed}"
