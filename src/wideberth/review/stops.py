"""STOPs of a period, and how long until the first person had read each."""

from __future__ import annotations

import msgspec

from wideberth.model.stop_reads import READ_WITHIN_US, StopAcknowledged
from wideberth.model.stops import StopTold
from wideberth.review.cells import (
    HERE,
    THEN,
    Cell,
    Column,
    Section,
    Table,
    count,
    instant,
    span,
    words,
)
from wideberth.review.charts import Strip, strips
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.review.quantiles import quantile_us

__all__ = ["Heard", "heard_of", "section"]


class Heard(msgspec.Struct, frozen=True):
    """A STOP, and the first persons who read it. own: of the reader's party; anybody: of those of
    whom the reader may know. Each: how long after, microseconds, and the entry; None: nobody yet.
    """

    position: int
    told: StopTold
    own: tuple[int, int] | None
    anybody: tuple[int, int] | None
    waited_us: int


def heard_of(facts: Facts, period: Period) -> list[Heard]:
    """The STOPs of a period, in the order of the record, read by its end."""
    reads: dict[str, list[tuple[int, int, str]]] = {}
    for position, time_us, body in facts.of(StopAcknowledged):
        if time_us < period.end_us:
            reads.setdefault(body.stop, []).append((body.after_us, position, body.party))
    heard: list[Heard] = []
    for position, time_us, body in facts.of(StopTold):
        if time_us not in period:
            continue
        known = reads.get(body.stop.id, [])
        own = [each[:2] for each in known if each[2] == facts.reader]
        heard.append(
            Heard(
                position,
                body,
                min(own, default=None),
                min((each[:2] for each in known), default=None),
                max(0, period.end_us - body.stop.sent_us),
            )
        )
    return heard


def section(facts: Facts, period: Period) -> Section:
    """Each STOP with its times, and both periods beside each other."""
    here, then = heard_of(facts, period), heard_of(facts, period.previous)
    rows = tuple(
        (
            instant(each.told.stop.sent_us, (each.position,)),
            words(each.told.stop.form.value, (each.position,)),
            words(each.told.stop.sender),
            words(each.told.stop.identified.value),
            words(each.told.stop.text or "–"),
            _first(each.own),
            _first(each.anybody),
        )
        for each in here
    )
    who = (f"of {facts.reader}", "of anybody known")
    summary = tuple(
        (words(label), words(name), *_half_row(heard, at))
        for at, label in enumerate(who)
        for name, heard in ((HERE, here), (THEN, then))
    )
    lanes = [Strip(label, *_lengths(here, at), *_lengths(then, at)) for at, label in enumerate(who)]
    charts = ()
    if here or then:
        charts = (
            strips(
                "stop-reads",
                "Time until the first person had read a STOP. Hollow: nobody by the end of the"
                " period. The line: one minute, which the mechanism aims at.",
                lanes,
                mark=(READ_WITHIN_US, "60 s"),
            ),
        )
    return Section(
        "stops",
        "STOPs, and the time to the first person",
        notes=(
            "Counted from when the STOP was sent to when a person said to have read it; that it was"
            f" delivered does not count. Of other parties' readings {facts.reader} knows those of"
            " STOPs that it sent.",
            "A STOP that names an intent stands in an entry that its sender alone reads whole.",
        ),
        tables=(
            Table(
                "stops",
                "STOPs of the period",
                (
                    Column("sent", "Sent", "us"),
                    Column("form", "Form"),
                    Column("sender", "From"),
                    Column("identified", "Sender known by"),
                    Column("text", "Words"),
                    Column("own", f"First person of {facts.reader}", "us"),
                    Column("anybody", "First person known of", "us"),
                ),
                rows,
            ),
            Table(
                "first-person",
                "Time to the first person",
                (
                    Column("who", "First person"),
                    Column("period", "Period"),
                    Column("stops", "STOPs"),
                    Column("read", "Read"),
                    Column("unread", "Not read"),
                    Column("within", "Within 60 s"),
                    Column("half", "Half within", "us"),
                ),
                summary,
            ),
        ),
        charts=charts,
    )


def _first(read: tuple[int, int] | None) -> Cell:
    return span(None, none="nobody yet") if read is None else span(read[0], (read[1],))


def _reads(heard: list[Heard], at: int) -> list[tuple[int, int] | None]:
    return [(each.own, each.anybody)[at] for each in heard]


def _lengths(heard: list[Heard], at: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    reads = _reads(heard, at)
    done = tuple(each[0] for each in reads if each is not None)
    left = tuple(each.waited_us for each, read in zip(heard, reads, strict=True) if read is None)
    return done, left


def _half_row(heard: list[Heard], at: int) -> tuple[Cell, ...]:
    reads = _reads(heard, at)
    told = [each.position for each in heard]
    read_at = [each[1] for each in reads if each is not None]
    return (
        count(told),
        count(read_at),
        count([each.position for each, read in zip(heard, reads, strict=True) if read is None]),
        count([each[1] for each in reads if each is not None and each[0] <= READ_WITHIN_US]),
        span(
            quantile_us([None if each is None else each[0] for each in reads], 50), told + read_at
        ),
    )
