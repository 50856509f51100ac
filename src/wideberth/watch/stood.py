"""The warnings that stand when a look begins, and which of them a look may pass over. Pure.

What stands is looked at each time as everything else is. Where that says the same as before, only
the numbers are new: how far, how soon. They are put together for a share of what stands at each
look, so that each warning's are new once in a while (``WarningSettings.update_us``) where either
track has reported since, and else, as they count down by themselves, after ``idle_update_us``;
whoever looks less often than that gets them at every look. Nothing is raised, worsened or cleared
later for it.

Of pairs of tracks, of which there may be thousands, nothing is put together that is passed over
(:class:`Stood`); everything else is, and then left out (:func:`is_as_before`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from wideberth.model.warnings import WarningKind
from wideberth.watch.look import Look
from wideberth.watch.observations import (
    AreaFacts,
    Observation,
    TrackFacts,
    Verdict,
    WarningKey,
    WatchWarning,
)
from wideberth.watch.settings import WarningSettings
from wideberth.watch.tracks import TrackTable

__all__ = [
    "CLEAR",
    "HOLDS",
    "NEAR",
    "NUMBER_OF",
    "UNKNOWN",
    "Known",
    "Stood",
    "is_as_before",
    "is_told_anew",
]

Ints = NDArray[np.int64]

UNKNOWN, HOLDS, NEAR, CLEAR = range(4)
NUMBER_OF = {
    Verdict.UNKNOWN: UNKNOWN,
    Verdict.HOLDS: HOLDS,
    Verdict.NEAR: NEAR,
    Verdict.CLEAR: CLEAR,
}
_SLOT, _BORN, _FIX, _SEPARATION, _LEVEL, _VERDICT, _CLEAR_SINCE, _NUMBER, _SEEN, _COLUMNS = (
    0,  # of each of the two tracks, as is what follows
    2,
    4,  # when each was where the numbers have it
    6,
    7,
    8,
    9,
    10,
    11,
    12,
)
_NEW, _NO_PAIR = -1, -2
_SOME = 256
_OF_NOW = WarningKind.SEPARATION
_OF_TWO = frozenset((WarningKind.CONFLICT, WarningKind.SEPARATION))


def is_told_anew(warning_id: str, now_us: int, before_us: int | None, update_us: int) -> bool:
    """Whether a warning's numbers are put together at a look at now_us, the one before having been
    at before_us: once in update_us, each warning at a moment of its own.
    """
    if before_us is None or now_us - before_us >= update_us:
        return True
    shift_us = crc32(warning_id.encode()) % update_us
    return (now_us + shift_us) // update_us != (before_us + shift_us) // update_us


def _are_told_anew(
    numbers: Ints, now_us: int, before_us: int | None, update_us: int
) -> NDArray[np.bool_]:
    """:func:`is_told_anew` of many, by the numbers of their ids."""
    if before_us is None or now_us - before_us >= update_us:
        return np.ones(len(numbers), np.bool_)
    shift_us = numbers % update_us
    return (now_us + shift_us) // update_us != (before_us + shift_us) // update_us


def is_as_before(
    observation: Observation,
    warning: WatchWarning,
    now_us: int,
    before_us: int | None,
    settings: WarningSettings,
) -> bool:
    """Whether an observation of a standing warning changes nothing but its numbers, which are not
    due.
    """
    verdict, seen = NUMBER_OF[observation.verdict], warning.seen
    if verdict == UNKNOWN or verdict != _verdict(warning):
        return False
    if verdict == HOLDS and observation.level != warning.level:
        return False
    since_us = warning.clear_since_us
    if since_us is not None and now_us - since_us >= settings.hold_us:
        return False
    areas = [each for each in observation.objects if isinstance(each, AreaFacts)]
    if observation.rule != seen.rule or areas != [
        each for each in seen.objects if isinstance(each, AreaFacts)
    ]:
        return False
    if not is_told_anew(warning.id, now_us, before_us, settings.update_us):
        return True
    if before_us is None or now_us - warning.seen_us >= settings.idle_update_us:
        return False
    # Who may learn of an area, and what is counted, change while no track reports.
    of_tracks_alone = all(isinstance(each, TrackFacts) for each in observation.objects)
    return of_tracks_alone and _fixes_us(observation) == _fixes_us(seen)


def _fixes_us(observation: Observation) -> list[int]:
    """When its tracks were where it says."""
    return [each.time_us for each in observation.objects if isinstance(each, TrackFacts)]


@dataclass(frozen=True)
class Stood:
    """Warnings of two tracks that both speak, in the order of their pairs; row k of each array is
    of warning k.

    rows: (n, 2), the two rows in the look, the smaller first. separation: whether it is one, not a
    conflict. level: as it stands. verdict: the last one, where it is sure to be seen again in the
    same way, else UNKNOWN; clear_since_us: of a CLEAR one. due: its numbers are.
    """

    warnings: tuple[WatchWarning, ...]
    rows: Ints
    code: Ints
    separation: NDArray[np.bool_]
    level: Ints
    verdict: NDArray[np.int8]
    clear_since_us: Ints
    due: NDArray[np.bool_]
    now_us: int

    @classmethod
    def at(
        cls,
        look: Look,
        standing: Mapping[WarningKey, WatchWarning],
        before_us: int | None,
        settings: WarningSettings,
        known: Known,
    ) -> Stood:
        """What stands at a look. What is counted (:mod:`wideberth.watch.caps`), or rests on an
        intent, is left out. before_us: when the look before was; None: there was none. known: what
        was known of the warnings that stood then.
        """
        of_two, seen = known.seen(look.table, standing)
        slots = seen[:, [_SLOT, _SLOT + 1]]
        rows = np.where(slots < 0, -1, look.row_of[slots])
        rows.sort(axis=1)
        code = rows[:, 0] * len(look.slots) + rows[:, 1]
        order = np.argsort(code, kind="stable")
        order = order[rows[order, 0] >= 0]
        places: list[int] = order.tolist()
        seen = seen[order]
        now_us = look.now_us
        is_new = (look.table.time_us[slots[order]] > seen[:, _FIX : _FIX + 2]).any(1)
        is_new |= now_us - seen[:, _SEEN] >= settings.idle_update_us
        in_turn = _are_told_anew(seen[:, _NUMBER], now_us, before_us, settings.update_us)
        return cls(
            warnings=tuple([of_two[k] for k in places]),
            rows=rows[order],
            code=code[order],
            separation=seen[:, _SEPARATION] > 0,
            level=seen[:, _LEVEL],
            verdict=seen[:, _VERDICT].astype(np.int8),
            clear_since_us=seen[:, _CLEAR_SINCE],
            due=in_turn & (is_new | (before_us is None)),
            now_us=now_us,
        )

    def __len__(self) -> int:
        return len(self.warnings)

    def found(self, code: Ints) -> Ints:
        """The warning of each of these pairs, -1 where there is none, or two. code: of a pair, its
        smaller row times how many there are, and its other.
        """
        if not len(self):
            return np.full(len(code), -1)
        low = np.searchsorted(self.code, code)
        is_one = np.searchsorted(self.code, code, side="right") == low + 1
        return np.where(is_one, low, -1)

    def passed_over(
        self, which: Ints, verdict: NDArray[np.int8], level: Ints, *, hold_us: int
    ) -> NDArray[np.bool_]:
        """Of which of these warnings what fresh data says changes nothing but the numbers, which
        are not due. level: by fresh data, of a verdict that it holds.
        """
        same = (verdict == self.verdict[which]) & (verdict != UNKNOWN) & ~self.due[which]
        same &= (verdict != HOLDS) | (level == self.level[which])
        return same & ((verdict != CLEAR) | (self.now_us - self.clear_since_us[which] < hold_us))


class Known:
    """What is read of each standing warning of two tracks, once for as long as it is the same: a
    row of numbers. Can be made anew from what stands.
    """

    def __init__(self) -> None:
        self._forget()

    def seen(
        self, table: TrackTable, standing: Mapping[WarningKey, WatchWarning]
    ) -> tuple[list[WatchWarning], Ints]:
        """The warnings of two tracks, and the row of each."""
        if len(self._place) > 2 * len(standing) + _SOME:
            self._forget()
        place, held = self._place, self._warnings
        of_two: list[WatchWarning] = []
        places: list[int] = []
        new: list[WatchWarning] = []
        for warning in standing.values():
            at = place.get(warning.id, _NEW)
            if at == _NO_PAIR:
                continue
            if at == _NEW:
                at = place[warning.id] = len(held) if _is_of_two(warning.key) else _NO_PAIR
                if at == _NO_PAIR:
                    continue
                held.append(None)
            if held[at] is not warning:
                new.append(warning)
            of_two.append(warning)
            places.append(at)
        self._read(new)
        at = np.array(places, np.int64)
        self._find(table, of_two, at)
        return of_two, self._rows[at]

    def _forget(self) -> None:
        self._place: dict[str, int] = {}  # by id; _NO_PAIR of what is no warning of two tracks
        self._warnings: list[WatchWarning | None] = []  # by place, as it was read
        self._rows = np.empty((0, _COLUMNS), np.int64)

    def _read(self, warnings: list[WatchWarning]) -> None:
        """Reads warnings that are new, or others than they were."""
        more = len(self._warnings) - len(self._rows)
        if more > 0:
            air = np.zeros((more + len(self._rows) // 2, _COLUMNS), np.int64)
            self._rows = np.concatenate((self._rows, air))
        for warning in warnings:
            at = self._place[warning.id]
            self._warnings[at] = warning
            self._rows[at, _SEPARATION:] = (
                warning.key.kind == _OF_NOW,
                warning.level,
                _verdict(warning),
                warning.clear_since_us or 0,
                crc32(warning.id.encode()),
                warning.seen_us,
            )
            self._rows[at, _FIX : _FIX + 2] = [
                facts.time_us if isinstance(facts, TrackFacts) else 0
                for facts in warning.seen.objects
            ]

    def _find(self, table: TrackTable, of_two: list[WatchWarning], at: Ints) -> None:
        """Finds the slots of those whose tracks are not where they were."""
        slots = self._rows[at, _SLOT : _SLOT + 2]
        born = self._rows[at, _BORN : _BORN + 2]
        moved = np.flatnonzero(((table.born[slots] != born) | (born == 0)).any(1))
        named = [ref for k in moved.tolist() for ref in of_two[k].key.objects]
        found = table.slots_of((ref.feed_party or None, ref.feed, ref.id) for ref in named)
        found = found.reshape(-1, 2)
        self._rows[at[moved], _SLOT : _SLOT + 2] = found
        self._rows[at[moved], _BORN : _BORN + 2] = np.where(found < 0, 0, table.born[found])


def _is_of_two(key: WarningKey) -> bool:
    return key.kind in _OF_TWO and [ref.kind for ref in key.objects] == ["track", "track"]


def _verdict(warning: WatchWarning) -> int:
    if warning.last_known_since_us is not None:
        return UNKNOWN
    if warning.clear_since_us is not None:
        return CLEAR
    return NUMBER_OF[warning.seen.verdict]
