"""The wire structs of drill messages and of the read-back test as they come in."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from wideberth.model.drills import MOST_WITHIN_S
from wideberth.model.notices import Verb
from wideberth.wire.asked import In

__all__ = ["AnswerDrillIn", "DrillIn", "DrillsQuery", "ReadBackAnswerIn", "ReadBackAnswersIn"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Typed = Annotated[str, msgspec.Meta(max_length=100)]


class DrillIn(In, frozen=True, kw_only=True):
    """A drill message to one party. within_s: how long its answers are waited for. units: of its
    own, that are to have it LOADED; left out: all of them.
    """

    to: Name
    within_s: Annotated[int, msgspec.Meta(ge=60, le=MOST_WITHIN_S)] = 900
    units: Annotated[list[Name], msgspec.Meta(max_length=200)] | None = None


class AnswerDrillIn(In, frozen=True, kw_only=True):
    """One hop: RECEIVED, READ-BACK with the word, PASSED-DOWN or LOADED with the unit."""

    verb: Verb
    unit: Name | None = None
    word: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class DrillsQuery(In, frozen=True, kw_only=True):
    """The newest first. cursor: `next` of the page before."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: Name | None = None
    state: Literal["waiting", "answered", "missed"] | None = None


class ReadBackAnswerIn(In, frozen=True, kw_only=True):
    """What was typed about the item in one language."""

    language: Annotated[str, msgspec.Meta(min_length=2, max_length=8)]
    identification: Typed
    place: Typed
    begins: Typed
    ends: Typed
    lowest_m: Typed
    highest_m: Typed
    permission: Literal["yes", "no"]
    clear: Literal["yes", "no"]


class ReadBackAnswersIn(In, frozen=True, kw_only=True):
    """The answers to the test that is under way, an item for each language."""

    answers: Annotated[list[ReadBackAnswerIn], msgspec.Meta(min_length=1, max_length=20)]
