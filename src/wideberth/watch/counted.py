"""Pairs of tracks that are not warned of one by one: how many there are, told to whom it concerns.

Such a count clears as every warning does, when all that it rests on is seen to be over. So whose
pairs were counted is held as long as the warning stands: while one of these tracks is silent or
gone, implausible, or has no course, there being no pair any more says nothing. What is held is
made anew from the looks; nothing of it is in the record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.model.warnings import WarningKind
from wideberth.watch.look import Look
from wideberth.watch.observations import (
    AreaFacts,
    Margin,
    ObjectRef,
    Observation,
    PartyFacts,
    Uncertainty,
    Verdict,
    WarningKey,
)
from wideberth.watch.settings import WatchSettings

__all__ = ["RULE", "Counted", "LeftOut", "count_key"]

RULE = "more-pairs"

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LeftOut:
    """What one party is told of: how many pairs, and the rows of the tracks in them, both sides."""

    count: int
    rows: Ints


def count_key(party: str, *more: ObjectRef) -> WarningKey:
    """The name of the warning that counts a party's pairs. more: because of what they are."""
    return WarningKey(WarningKind.CONFLICT, (ObjectRef("party", party), *more))


class Counted:
    """The tracks in counted pairs, by the warning that counts them: their slots and births."""

    def __init__(self) -> None:
        self._tracks: dict[WarningKey, tuple[Ints, Ints]] = {}

    def keep(self, standing: Collection[WarningKey]) -> None:
        """Forget those of warnings that do not stand any more."""
        self._tracks = {key: self._tracks[key] for key in self._tracks if key in standing}

    def stood(self, *more: str) -> list[WarningKey]:
        """The warnings that count pairs and stand, because of objects of these kinds."""
        kinds = ("party", *more)
        return [key for key in self._tracks if tuple(each.kind for each in key.objects) == kinds]

    def said(
        self,
        look: Look,
        settings: WatchSettings,
        left: Mapping[WarningKey, LeftOut],
        stood: Iterable[WarningKey],
        *,
        rule: str = RULE,
        facts: Callable[[WarningKey], tuple[AreaFacts, ...]] = lambda _: (),
        is_blind: Callable[[WarningKey, Ints], bool] = lambda _key, _rows: False,
    ) -> list[Observation]:
        """What a look says of each count. left: the pairs of this look; stood: what counts such
        pairs and stands. facts: because of what; is_blind: whether more than speaking keeps these
        rows from being seen apart.
        """
        nobody = LeftOut(0, np.empty(0, np.int64))
        told: list[Observation] = []
        for key in sorted({*stood, *left}):
            one = left.get(key, nobody)
            rows, are_seen = self._note(look, key, one)
            verdict = Verdict.HOLDS
            if not one.count:
                sure = are_seen and len(rows) > 0 and not is_blind(key, rows)
                verdict = Verdict.CLEAR if sure else Verdict.UNKNOWN
            ref = key.objects[0]
            oldest_us = int(look.time_us[rows].min(initial=look.now_us))
            told.append(
                Observation(
                    key=key,
                    verdict=verdict,
                    level=len(str(one.count)),  # tens, hundreds: each is worse
                    rule=rule,
                    rule_version=settings.version,
                    margin=Margin(),
                    uncertainty=Uncertainty(0, None, 0),
                    objects=(PartyFacts(ref, ref.id, one.count), *facts(key)),
                    oldest_us=oldest_us,
                    predicted=True,
                )
            )
        return told

    def _note(self, look: Look, key: WarningKey, left: LeftOut) -> tuple[Ints, bool]:
        """The rows of the tracks that the count rests on, of those that are seen; and whether all
        are. While there are pairs, those that are seen and in none are out of it.
        """
        table, none = look.table, np.empty(0, np.int64)
        slots, born = self._tracks.get(key, (none, none))
        row = np.where(table.born[slots] == born, look.row_of[slots], -1)
        is_seen = row >= 0
        at = row[is_seen]
        is_seen[is_seen] = ~look.doubtful[at] & look.course_known[at]
        if left.count:
            now = look.slots[left.rows]
            slots = np.concatenate((slots[~is_seen], now))
            born = np.concatenate((born[~is_seen], table.born[now]))
            born, first = np.unique(born, return_index=True)
            self._tracks[key] = slots[first], born
            return left.rows, True
        return row[row >= 0], bool(is_seen.all())
