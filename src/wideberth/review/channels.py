"""Whether the reader's channel was there: its states over time, and calls that were missed."""

from __future__ import annotations

from collections.abc import Iterator

from wideberth.model.calls import CallMissed
from wideberth.model.liveness import (
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HeartbeatGiven,
    HeartbeatMissed,
)
from wideberth.review.cells import Cell, Column, Section, Table, count, instant, span, words
from wideberth.review.charts import Band, bands
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.space.time import MINUTE_US

__all__ = ["STATES", "Stretch", "section", "stretches"]

STATES = {
    "UP": "#1f4e79",
    "DEGRADED": "#7fa6c9",
    "UNKNOWN": "#d9d9d4",
    "SUSPENDED": "#6b6b6b",
}
"""States of a channel in the order in which every report lists them, and their colours."""


Stretch = tuple[str, int, int, tuple[int, ...]]
"""State, begin, end, and the entries that it rests on."""


class _Line:
    """The channel as it is followed. What ends a stretch writes it down, within the period."""

    def __init__(self, period: Period) -> None:
        self.found: list[Stretch] = []
        self._period = period
        self._state, self._before = "UNKNOWN", "UNKNOWN"
        self._since_us = period.begin_us
        self._until_us: int | None = None
        self._at: tuple[int, ...] = ()

    def change(self, time_us: int, position: int, state: str, until_us: int | None) -> None:
        """From now on the state is this one; ``resumed``: the one before a suspension."""
        self.run_out(time_us)
        if self._state == "SUSPENDED":
            if state in ("UP", "DEGRADED"):
                self._before = state  # heard while suspended; it stays suspended
                return
        elif state == "SUSPENDED":
            self._before = self._state
        self.end(time_us)
        self._state = self._before if state == "resumed" else state
        self._until_us = until_us
        self._since_us, self._at = time_us, (position,)

    def run_out(self, now_us: int) -> None:
        """End a suspension whose time is over."""
        if self._until_us is not None and self._until_us <= now_us:
            self.end(self._until_us)
            self._state, self._since_us, self._until_us = self._before, self._until_us, None

    def end(self, now_us: int) -> None:
        """Write down what the state was until now."""
        begin_us = max(self._since_us, self._period.begin_us)
        end_us = min(now_us, self._period.end_us)
        if begin_us < end_us:
            self.found.append((self._state, begin_us, end_us, self._at))


def stretches(facts: Facts, period: Period) -> list[Stretch]:
    """The reader's channel, one stretch after the other, without a gap.

    Before anything was heard it is UNKNOWN. A suspension of so many minutes ends by itself, and
    the state is the one before it.
    """
    line = _Line(period)
    for position, time_us, state, until_us in sorted(_changes(facts)):
        if time_us < period.end_us:
            line.change(time_us, position, state, until_us)
    line.run_out(period.end_us)
    line.end(period.end_us)
    return line.found


def _changes(facts: Facts) -> Iterator[tuple[int, int, str, int | None]]:
    """(position, time, state, until) of the reader's own entries."""
    for position, time_us, given in facts.of(HeartbeatGiven):
        if given.party == facts.reader:
            yield position, time_us, "DEGRADED" if given.degraded else "UP", None
    for position, time_us, missed in facts.of(HeartbeatMissed):
        if missed.party == facts.reader:
            yield position, time_us, "UNKNOWN", None
    for position, time_us, suspended in facts.of(ChannelSuspended):
        if suspended.party == facts.reader:
            minutes = suspended.for_minutes
            until_us = None if minutes is None else time_us + minutes * MINUTE_US
            yield position, time_us, "SUSPENDED", until_us
    for position, time_us, resumed in facts.of(ChannelResumed):
        if resumed.party == facts.reader:
            yield position, time_us, "resumed", None


def section(facts: Facts, period: Period) -> Section:
    """How long the channel was in which state; calls that were missed; what others reported."""
    here, then = stretches(facts, period), stretches(facts, period.previous)
    rows = tuple((words(state), *_lasted(here, state), *_lasted(then, state)) for state in STATES)
    missed = facts.of(CallMissed)
    parties = sorted({body.party for _, _, body in missed})
    calls = tuple(
        (
            words(party),
            count(
                [at for at, time_us, each in missed if each.party == party and time_us in period]
            ),
            count(
                [
                    at
                    for at, time_us, each in missed
                    if each.party == party and time_us in period.previous
                ]
            ),
        )
        for party in parties
    )
    reported = tuple(
        (
            instant(time_us, (position,)),
            words(body.about),
            words(body.state.value),
            words(body.reason),
        )
        for position, time_us, body in facts.of(ChannelReported)
        if time_us in period
    )
    lines = [
        (
            label,
            (of.begin_us, of.end_us),
            [Band(begin_us, end_us, state) for state, begin_us, end_us, _ in parts],
        )
        for label, of, parts in (
            ("this period", period, here),
            ("previous", period.previous, then),
        )
    ]
    return Section(
        "channels",
        f"Whether the channel of {facts.reader} was there",
        notes=(
            "From heartbeats, missed ones, suspensions and their ends. Silence never counts as"
            " being there: a time before the first entry or after the newest one is UNKNOWN."
            " Of another party's channel only calls agreed with it are known.",
        ),
        tables=(
            Table(
                "states",
                "Time in each state",
                (
                    Column("state", "State"),
                    Column("lasted", "This period", "us"),
                    Column("share", "Share", "ppm"),
                    Column("lasted_before", "Previous", "us"),
                    Column("share_before", "Share, previous", "ppm"),
                ),
                rows,
            ),
            Table(
                "calls",
                "Agreed calls that were missed",
                (
                    Column("party", "Party"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                ),
                calls,
            ),
            Table(
                "reported",
                f"What {facts.reader} reported of others' channels",
                (
                    Column("time", "Time", "us"),
                    Column("about", "Of"),
                    Column("state", "State"),
                    Column("reason", "Why"),
                ),
                reported,
            ),
        ),
        charts=(
            bands(
                "states", "The channel over time, this period and the previous one.", lines, STATES
            ),
        ),
    )


def _lasted(parts: list[Stretch], state: str) -> tuple[Cell, Cell]:
    whole_us = sum(end_us - begin_us for _, begin_us, end_us, _ in parts)
    lasted_us = sum(end_us - begin_us for each, begin_us, end_us, _ in parts if each == state)
    at = tuple(sorted({one for each, _, _, found in parts if each == state for one in found}))
    ppm = lasted_us * 1_000_000 // whole_us if whole_us else 0
    return span(lasted_us, at), Cell(f"{ppm // 10_000}.{ppm % 10_000 // 1000} %", ppm, at)
