"""The wire structs of a timeline: what the record shows, minute by minute."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.wire.asked import VolumeWire

__all__ = [
    "ApartOut",
    "ClockSpanOut",
    "FactOut",
    "GroupOut",
    "KeptFixOut",
    "LineOut",
    "MinuteOut",
    "ShapeOut",
    "TimelineOut",
    "TracksKeptOut",
]


class FactOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """One thing that an entry names."""

    name: str
    text: str


class LineOut(Out, frozen=True, kw_only=True):
    """A line: one entry, or a time that another clock than the host's told in it.

    time: as clock told it; clock: ``host``, or the party's; error_s: how far that may be off from
    the host's, left out where nobody measured it. local: at the offset that was asked for. who:
    whose word it is, left out for the mechanism's. proof: how the entry is known to be its
    author's. receipt: where its proof is, left out where you read only a part of it. before: it
    stands before the window and bears on it.
    """

    entry: int
    time: str
    clock: str
    error_s: float | None = None
    local: str | None = None
    kind: str
    who: str | None = None
    words: str
    facts: list[FactOut] = []
    proof: Literal["signed", "attested", "relayed", "mechanism"]
    part: bool = False
    before: bool = False
    receipt: str | None = None


class GroupOut(Out, frozen=True, kw_only=True):
    """Lines after all those of the groups before. order: ``unknown``: among lines of two clocks
    here none is said to be first, for the clocks may be off together by up to bound_s.
    """

    order: Literal["known", "unknown"]
    bound_s: float = 0
    words: str | None = None
    lines: list[LineOut]


class ClockSpanOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A party's clock was measured: it is ahead of the host's by from least to most seconds."""

    party: str
    ahead_least_s: float
    ahead_most_s: float
    since: str
    entry: int


class ApartOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """By how much the first's clock is ahead of the second's; null: one was not measured."""

    first: str
    second: str
    least_s: float | None
    most_s: float | None


class KeptFixOut(Out, frozen=True, kw_only=True):
    """A position as it was reported, from the archive; no entry, but entry names the one with the
    digest of the file that holds it: left out while that file is still open. uncertainty_m: as its
    feed said; clock_error_s: how far the clock of its feed's party may be off, where measured.
    altitude_time: when its height was said, call_sign_time: its call sign, each where that is
    another moment than time.
    """

    track: str
    feed: str
    feed_party: str
    time: str
    latitude: float
    longitude: float
    altitude_m: float | None = None
    altitude_time: str | None = None
    uncertainty_m: float | None = None
    clock_error_s: float | None = None
    call_sign: str | None = None
    call_sign_time: str | None = None
    party: str | None = None
    segment: str
    entry: int | None = None


class MinuteOut(Out, frozen=True, kw_only=True):
    """Of each track the last position within a minute. none_kept: tracks that have positions before
    and after and none here; that is not to say that they were not there.
    """

    minute: str
    positions: list[KeptFixOut]
    none_kept: list[str] = []


class TracksKeptOut(Out, frozen=True, kw_only=True):
    """Positions from the archive, as far as you could see them when they came. kept: whether this
    node keeps any. sentence: what no position means. cut: whether there are more than are told.
    """

    kept: bool
    sentence: str
    cut: bool = False
    minutes: list[MinuteOut] = []


class ShapeOut(Out, frozen=True, kw_only=True):
    """A version of an intent or a zone, as it stood: from since on, and before until. kind: of an
    intent, or a zone's rule; state: of an intent.
    """

    type: Literal["intent", "zone"]
    id: str
    kind: str
    state: str | None = None
    party: str
    name: str
    version: int
    entry: int
    since: str
    until: str | None = None
    volumes: list[VolumeWire]


class TimelineOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What the record shows to you. unplaced: times by clocks that nobody measured, with no place
    in the order. more_from: ask again from there; the timeline was too long to be told at once.
    """

    incident: str | None
    begin: str
    end: str
    sentence: str
    parties: list[str]
    clocks: list[ClockSpanOut]
    differences: list[ApartOut]
    groups: list[GroupOut]
    unplaced: list[LineOut]
    shapes: list[ShapeOut]
    tracks: TracksKeptOut
    more_from: str | None
