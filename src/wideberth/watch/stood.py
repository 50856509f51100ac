"""The pairs of tracks that stand when a look begins, and which of them a look may pass over. Pure.

What stands is looked at each time as everything else is. Where that says the same as before, only
the numbers are new: how far, how soon. They are put together for a share of what stands at each
look, so that each warning's are new once in a while (``WarningSettings.update_us``); whoever looks
less often than that gets them at every look. Nothing is raised, worsened or cleared later for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from wideberth.watch.look import Look
from wideberth.watch.observations import StandingWarning, Verdict, WarningKey, WarningKind

__all__ = ["CLEAR", "HOLDS", "NEAR", "NUMBER_OF", "UNKNOWN", "Stood", "is_told_anew"]

Ints = NDArray[np.int64]

UNKNOWN, HOLDS, NEAR, CLEAR = range(4)
NUMBER_OF = {
    Verdict.UNKNOWN: UNKNOWN,
    Verdict.HOLDS: HOLDS,
    Verdict.NEAR: NEAR,
    Verdict.CLEAR: CLEAR,
}
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


@dataclass(frozen=True)
class Stood:
    """Warnings of two tracks that both speak, in the order of their pairs; row k of each array is
    of warning k.

    rows: (n, 2), the two rows in the look, the smaller first. separation: whether it is one, not a
    conflict. level: as it stands. verdict: the last one, where it is sure to be seen again in the
    same way, else UNKNOWN; clear_since_us: of a CLEAR one. due: its numbers are.
    """

    warnings: tuple[StandingWarning, ...]
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
        standing: Mapping[WarningKey, StandingWarning],
        before_us: int | None,
        update_us: int,
    ) -> Stood:
        """What stands at a look. What is counted (:mod:`wideberth.watch.caps`), or rests on an
        intent, is left out. before_us: when the look before was; None: there was none.
        """
        of_two = [
            warning
            for key, warning in standing.items()
            if key.kind in _OF_TWO and len(key.objects) == 2
            if key.objects[0].kind == "track" == key.objects[1].kind
        ]
        slots = look.table.slots_of(
            (ref.feed_party or None, ref.feed, ref.id)
            for warning in of_two
            for ref in warning.key.objects
        )
        rows = np.where(slots < 0, -1, look.row_of[slots]).reshape(-1, 2)
        rows.sort(axis=1)
        code = rows[:, 0] * len(look.slots) + rows[:, 1]
        order = np.argsort(code, kind="stable")
        order = order[rows[order, 0] >= 0]
        places: list[int] = order.tolist()
        warnings = tuple([of_two[k] for k in places])
        now_us = look.now_us
        return cls(
            warnings=warnings,
            rows=rows[order],
            code=code[order],
            separation=np.array([each.key.kind == _OF_NOW for each in warnings], np.bool_),
            level=np.array([each.level for each in warnings], np.int64),
            verdict=np.array([_verdict(each) for each in warnings], np.int8),
            clear_since_us=np.array([each.clear_since_us or 0 for each in warnings], np.int64),
            due=np.array(
                [is_told_anew(each.id, now_us, before_us, update_us) for each in warnings],
                np.bool_,
            ),
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


def _verdict(warning: StandingWarning) -> int:
    if warning.last_known_since_us is not None:
        return UNKNOWN
    if warning.clear_since_us is not None:
        return CLEAR
    return NUMBER_OF[warning.seen.verdict]
