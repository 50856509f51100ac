"""Drills: how long a drill message took to the unit and back, and which were missed (X-01)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wideberth.review.cells import (
    HERE,
    THEN,
    Cell,
    Chart,
    Column,
    Section,
    Table,
    amount,
    count,
    instant,
    span,
    words,
)
from wideberth.review.charts import Strip, strips
from wideberth.review.period import Period
from wideberth.review.quantiles import NINETY_PER_CENT, at_rank

__all__ = ["STEPS", "DrillFact", "section"]

STEPS = ("RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED")


class DrillFact(msgspec.Struct, frozen=True):
    """One drill as its reader knows it by a time.

    sent_us: when it was sent. at: its entries; reached: by step, how long after (the last unit's,
    where there are several), and the entry. missing: what did not come in time; missed_at: the
    entry that says so.
    """

    drill: str
    recipient: str
    sent_us: int
    at: tuple[int, ...]
    reached: tuple[tuple[int, int] | None, ...]
    missing: tuple[str, ...] = ()
    missed_at: int | None = None


def section(drills: Sequence[DrillFact], before: Sequence[DrillFact], period: Period) -> Section:
    """The drills of a period, and those of the one before as they stood at its end."""
    rows = tuple(
        (
            instant(each.sent_us, each.at),
            words(each.drill),
            words(each.recipient),
            *(
                span(None, none="no answer") if step is None else span(step[0], (step[1],))
                for step in each.reached
            ),
            words(
                "–" if each.missed_at is None else ", ".join(each.missing),
                () if each.missed_at is None else (each.missed_at,),
            ),
        )
        for each in drills
    )
    charts: tuple[Chart, ...] = ()
    if drills or before:
        lanes = [
            Strip(
                name,
                *_lengths(drills, at, period.end_us),
                *_lengths(before, at, period.begin_us),
            )
            for at, name in enumerate(STEPS)
        ]
        charts = (
            strips(
                "drill-steps",
                "Time of drills to each step. Hollow: not reached by the end of the period.",
                lanes,
            ),
        )
    empty = "none recorded"
    return Section(
        "drills",
        "Drills",
        notes=(
            "From when a drill was sent to each step of the ladder, down to the unit and back. A"
            " drill is no notice and counts as none.",
        ),
        tables=(
            Table(
                "drills",
                "Drills of the period",
                (
                    Column("sent", "Sent", "us"),
                    Column("drill", "Drill"),
                    Column("recipient", "To"),
                    *(Column(name.lower(), name, "us") for name in STEPS),
                    Column("missing", "Not in time"),
                ),
                rows,
                empty=empty,
            ),
            Table(
                "drill-steps",
                "By step",
                (
                    Column("step", "Step"),
                    Column("period", "Period"),
                    Column("drills", "Drills"),
                    Column("reached", "Reached"),
                    Column("none", "Not reached"),
                    Column("half", "Half within", "us"),
                    Column("ninety", "Nine in ten within", "us"),
                ),
                tuple(
                    (words(name), words(label), *_step(known, at))
                    for at, name in enumerate(STEPS)
                    for label, known in ((HERE, drills), (THEN, before))
                )
                if drills or before
                else (),
                empty=empty,
            ),
        ),
        charts=charts,
    )


def _lengths(
    drills: Sequence[DrillFact], at: int, end_us: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    reached = [each.reached[at] for each in drills]
    return (
        tuple(each[0] for each in reached if each is not None),
        tuple(max(0, end_us - each.sent_us) for each in drills if each.reached[at] is None),
    )


def _step(drills: Sequence[DrillFact], at: int) -> tuple[Cell, ...]:
    reached = [each.reached[at] for each in drills]
    shown_at = [each[1] for each in reached if each is not None]
    lengths = [None if each is None else each[0] for each in reached]
    everything = [*shown_at, *(one for each in drills for one in each.at)]
    left = [each for each in drills if each.reached[at] is None]
    return (
        amount(len(drills), [one for each in drills for one in each.at]),
        count(shown_at),
        amount(len(left), [one for each in left for one in each.at]),
        span(at_rank(lengths, 50), everything),
        span(at_rank(lengths, NINETY_PER_CENT), everything),
    )
