"""Drills: how long a drill message took to the unit and back, and which were missed (X-01)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wideberth.model.drills import DrillAnswered, DrillMissed, DrillSent
from wideberth.model.notices import Verb
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
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.review.quantiles import NINETY_PER_CENT, quantile_us

__all__ = ["STEPS", "DrillFact", "drills_of", "section"]

STEPS = ("RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED by one unit", "all of it, by all units")
"""How far a drill comes. What was loaded was passed down; the last is said by the record itself."""

_ANSWERS = (
    (Verb.RECEIVED,),
    (Verb.READ_BACK,),
    (Verb.PASSED_DOWN, Verb.LOADED),
    (Verb.LOADED,),
)


class DrillFact(msgspec.Struct, frozen=True):
    """One drill as its reader knows it by a time.

    sent_us: when it was sent; when it was due, for a sender who knows no more. at: the entry that
    it is known by; reached: by step, how long after, and the entry. missing: what did not come in
    time; missed_at: the entry that says so.
    """

    drill: str
    recipient: str
    sent_us: int
    at: tuple[int, ...]
    reached: tuple[tuple[int, int] | None, ...]
    missing: tuple[str, ...] = ()
    missed_at: int | None = None


def drills_of(facts: Facts, period: Period) -> list[DrillFact]:
    """The drills that were sent in a period, as far as they had come by its end, in the order in
    which the reader learnt of them. Of one that it sent it reads what came back.
    """
    entries = [
        *facts.of(DrillSent),
        *facts.of(DrillAnswered),
        *facts.of(DrillMissed),
    ]
    known: dict[str, list[tuple[int, int, DrillSent | DrillAnswered | DrillMissed]]] = {}
    for position, time_us, body in sorted(entries, key=lambda each: each[0]):
        if time_us < period.end_us:
            known.setdefault(body.drill, []).append((position, time_us, body))
    found = [_drill(name, told) for name, told in known.items()]
    return [each for each in found if each.sent_us in period]


def _drill(
    name: str, told: list[tuple[int, int, DrillSent | DrillAnswered | DrillMissed]]
) -> DrillFact:
    position, time_us, first = told[0]
    answers = [(at, body) for at, _, body in told if isinstance(body, DrillAnswered)]
    missed = [(at, body) for at, _, body in told if isinstance(body, DrillMissed)]
    steps = [
        min(
            ((body.after_us, at) for at, body in answers if body.verb in verbs),
            default=None,
        )
        for verbs in _ANSWERS
    ]
    ended = [(body.after_us, at) for at, body in answers if body.ends]
    match first:
        case DrillSent():
            sent_us, recipient = time_us, first.recipient
        case DrillAnswered():
            sent_us, recipient = time_us - first.after_us, first.party
        case DrillMissed():
            sent_us, recipient = first.due_us, first.recipient
    return DrillFact(
        drill=name,
        recipient=recipient,
        sent_us=sent_us,
        at=(position,),
        reached=(*steps, ended[0] if ended else None),
        missing=missed[0][1].missing if missed else (),
        missed_at=missed[0][0] if missed else None,
    )


def section(facts: Facts, period: Period) -> Section:
    """The drills of a period, and those of the one before as they stood at its end."""
    drills, before = drills_of(facts, period), drills_of(facts, period.previous)
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
            f"Of a drill that {facts.reader} sent it reads what came back: of one that nobody"
            " answered, when it was due.",
        ),
        tables=(
            Table(
                "drills",
                "Drills of the period",
                (
                    Column("sent", "Sent", "us"),
                    Column("drill", "Drill"),
                    Column("recipient", "To"),
                    *(Column(f"step_{at}", name, "us") for at, name in enumerate(STEPS, start=1)),
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
        span(quantile_us(lengths, 50), everything),
        span(quantile_us(lengths, NINETY_PER_CENT), everything),
    )
