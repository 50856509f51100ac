"""The whole report: its sections in their one order, and the entries that its numbers rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from wideberth.model.exercises import is_exercise_name
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.review import (
    answers,
    channels,
    counts,
    drills,
    flights,
    incidents,
    maps,
    matters,
    places,
    stops,
)
from wideberth.review.cells import Cell, Chart, Section
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339

__all__ = ["AS_READ", "Cited", "Head", "Report", "made"]

AS_READ = (
    "Made from the entries that this party may read, and from no others. Another party's report of"
    " the same period may show other numbers. No information is not clearance."
)
"""On the first page of every report."""


class Head(msgspec.Struct, frozen=True):
    """What the report was made from: the signed head of the record. left_out: what the way by which
    the entries came could not give, in words.
    """

    origin: str
    size: int
    root: str
    left_out: str = ""


class Cited(msgspec.Struct, frozen=True):
    """An entry that a number rests on. proof: how its author is known. says: what it says in a
    sentence, where its reader may read it whole.
    """

    position: int
    time_us: int
    author: str
    proof: str
    type: str
    says: str = ""


class Report(msgspec.Struct, frozen=True):
    """Everything that any form of the report shows."""

    party: str
    name: str
    space: str
    host: str
    exercise: bool
    period: Period
    head: Head
    sentences: tuple[str, ...]
    summary: tuple[tuple[str, Cell, Cell], ...]
    chart: Chart | None
    sections: tuple[Section, ...]
    entries: tuple[Cited, ...]


def made(
    facts: Facts,
    period: Period,
    head: Head,
    *,
    land: Iterable[Sequence[tuple[float, float]]] = (),
) -> Report:
    """The report of a period. land: rings for the outline of the map."""
    sections = (
        *answers.sections(facts, period),
        places.stale(facts, period),
        stops.section(facts, period),
        matters.questions(facts, period),
        channels.section(facts, period),
        drills.section(facts, period),
        flights.section(facts, period),
        places.harm(facts, period),
        counts.section(facts, period),
        incidents.section(facts, period),
        matters.published(facts, period),
        matters.handovers(facts, period),
        matters.changes(facts, period),
    )
    told = [each for each in facts.shapes if each.time_us in period]
    opened = facts.opened
    summary = tuple(_summary(sections))
    used = sorted({at for cell in _cells(sections, summary) for at in cell.at})
    return Report(
        party=facts.reader,
        name=facts.name,
        space=head.origin,
        host="" if opened is None else opened.host,
        exercise=is_exercise_name(head.origin) or (opened is not None and opened.exercise),
        period=period,
        head=head,
        sentences=(
            f"Of every acknowledgement in it: {NEITHER_PERMISSION_NOR_GUARANTEE}",
            AS_READ,
            *_unfinished(facts, period),
        ),
        summary=summary,
        chart=maps.drawn(told, land),
        sections=sections,
        entries=tuple(Cited(at, *facts.listed[at]) for at in used),
    )


def _unfinished(facts: Facts, period: Period) -> Iterable[str]:
    """That the entries end before the period does: then it may not be over."""
    if facts.last_us < period.end_us - MINUTE_US:
        newest = format_rfc3339(facts.last_us // SECOND_US * SECOND_US)
        yield (
            f"The newest entry that this party may read is of {newest}, before the period ends:"
            " of what is left of it nothing is known."
        )


_SUMMARY = (
    ("Notices told", "notices", "notices", "all", "told"),
    ("Of these late", "notices", "notices", "all", "late"),
    ("Loaded by all units", "answers", "latencies", answers.LOADED_BY_ALL, "reached"),
    ("Not loaded by all units", "answers", "latencies", answers.LOADED_BY_ALL, "none"),
    ("Stale sites at the end", "stale", "stale-count", "all", "here"),
    ("STOPs", "stops", "first-person", "of anybody known", "stops"),
    ("STOPs read by a person within 60 s", "stops", "first-person", "of anybody known", "within"),
    ("Own flights counted", "flights", "flights-time", flights.ALL, "flights"),
    ("Their known time inside", "flights", "flights-time", flights.ALL, "share"),
    (
        "Incidents that became known",
        "incidents",
        "incidents-count",
        "Incidents that became known",
        "here",
    ),
    ("Versions of agreements proposed", "changes", "changes-count", "Versions proposed", "here"),
)
"""What the first page shows: the section, table and row of each number, and its column."""


def _summary(sections: Sequence[Section]) -> Iterable[tuple[str, Cell, Cell]]:
    tables = {(each.key, table.key): table for each in sections for table in each.tables}
    for label, section, key, first, here in _SUMMARY:
        table = tables[section, key]
        names = [column.key for column in table.columns]
        rows = [each for each in table.rows if each[0].text == first]
        at = names.index(here)
        if len(rows) == 2:  # a row for each period
            yield label, rows[0][at], rows[1][at]
        else:
            yield label, rows[0][at], rows[0][at + 1]


def _cells(
    sections: Sequence[Section], summary: Sequence[tuple[str, Cell, Cell]]
) -> Iterable[Cell]:
    for section in sections:
        for table in section.tables:
            for row in table.rows:
                yield from row
    for _, here, before in summary:
        yield from (here, before)
