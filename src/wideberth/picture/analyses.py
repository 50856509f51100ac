"""The newest analysis of each party's flights, and by when the next one has to be done. Pure.

As ASTM F3548-21 has it (ACM): while flights of a party are in the period that is analysed, from one
analysis to the next goes a day at most; and no flight that was counted waits longer for one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.model.conformance import Analysed, ConformanceAnalysed, analyses_of
from wideberth.model.entries import Entry
from wideberth.picture.picture import Picture
from wideberth.space.time import HOUR_US

__all__ = ["FOLDS", "AnalysisTimes", "next_analysis_us"]


class AnalysisTimes(msgspec.Struct, frozen=True):
    """within_us: how soon flights are to be analysed, again and again; tell_within_us: how soon a
    party is to be told that they are beyond the limits.
    """

    within_us: int = 24 * HOUR_US  # MaxAggConfMonAnalysisLatencyHours
    tell_within_us: int = 6 * HOUR_US  # MaxNonPerformanceNotificationLatencyHours


def next_analysis_us(
    last: Analysed | None, unseen_us: int | None, *, within_us: int, period_us: int
) -> int | None:
    """By when the next analysis has to be done; None: there is nothing to analyse.

    last: the newest that was done; unseen_us: when the first flight after it was recorded, None
    where none was; period_us: how far back an analysis looks.
    """
    if last is None:
        return None if unseen_us is None else unseen_us + within_us
    again_us = last.time_us + within_us
    if last.said.newest_us >= again_us - period_us:
        return again_us
    if unseen_us is None:
        return None
    return again_us if unseen_us < again_us else unseen_us + within_us


def _analysed(picture: Picture, body: ConformanceAnalysed, entry: Entry, position: int) -> None:
    picture.analyses[body.party] = Analysed(body, entry.time_us)
    if picture.history is not None:
        picture.history.note_object(analyses_of(body.party), position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {ConformanceAnalysed: _analysed}
