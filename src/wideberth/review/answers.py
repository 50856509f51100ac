"""Notices and what was answered: how far each came, and how long that took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from wideberth.model.entries import NoticeAcknowledged, NoticeReleased
from wideberth.model.ladders import HOPS, NoticeEscalated
from wideberth.model.notices import Acknowledgement, Verb
from wideberth.review.cells import (
    HERE,
    THEN,
    Cell,
    Column,
    Section,
    Table,
    amount,
    count,
    instant,
    span,
    words,
)
from wideberth.review.charts import Strip, bars, strips
from wideberth.review.facts import KINDS, Facts, NoticeFact
from wideberth.review.period import Period
from wideberth.review.quantiles import NINETY_PER_CENT, quantile_us

__all__ = ["LOADED_BY_ALL", "STEPS", "Came", "came_of", "sections"]

LOADED_BY_ALL = "LOADED by all units"
STEPS = (
    *("RECEIVED", "READ-BACK", "PASSED-DOWN to one unit", "PASSED-DOWN to all units"),
    *("LOADED by one unit", LOADED_BY_ALL),
)
"""How far a notice comes, in order. Each is reached at the latest with a later one, but READ-BACK:
that somebody passed on what it read says nothing of whether it read it right.
"""

NOBODY = "nobody answered"
_VERBS = tuple(verb for verb in HOPS if verb is not None)
_PASSED = (Verb.PASSED_DOWN, Verb.LOADED)


class Came(msgspec.Struct, frozen=True):
    """How far one notice came by the end of a period.

    reached: by step, how long after it was issued, microseconds, and the entry that shows it; None:
    not by then. closed: that it was closed with the notice that took its place, and by which entry.
    waited_us: how long it had stood by the end, or by now where that is earlier. exits: by verb,
    the entries. climbed: the steps of its ladder that were taken.
    """

    notice: NoticeFact
    reached: tuple[tuple[int, int] | None, ...]
    closed: tuple[int, int] | None
    waited_us: int
    exits: tuple[tuple[str, int], ...]
    climbed: tuple[int, ...]
    loaded_units: int
    is_open: bool

    @property
    def furthest(self) -> str:
        """The furthest step, in words."""
        come = [step for step, each in zip(STEPS, self.reached, strict=True) if each is not None]
        return come[-1] if come else NOBODY


@dataclass
class _Following:
    """What came of one notice so far."""

    notice: NoticeFact
    first: dict[Verb, tuple[int, int]] = field(default_factory=dict[Verb, tuple[int, int]])
    passed: set[str] = field(default_factory=set[str])
    loaded: set[str] = field(default_factory=set[str])
    to_all: tuple[int, int] | None = None
    by_all: tuple[int, int] | None = None
    closed: tuple[int, int] | None = None
    is_open: bool = True
    exits: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    climbed: list[int] = field(default_factory=list[int])


def came_of(facts: Facts, end_us: int) -> list[Came]:
    """How far each notice to the reader, of those issued before a time, had come by then."""
    standing = {
        each.id: _Following(each)
        for each in facts.notices
        if each.recipient == facts.reader and each.time_us < end_us
    }
    for position, time_us, body in facts.of(NoticeAcknowledged):
        if time_us >= end_us:
            continue
        answer = body.acknowledgement
        followed = standing.get(answer.notice)
        if followed is not None:
            _answered(followed, position, body)
        for closed in body.closes:
            if closed in standing:
                standing[closed].is_open = False
                if closed != answer.notice:
                    standing[closed].closed = (max(0, answer.time_us), position)
    for position, time_us, body in facts.of(NoticeReleased):
        for closed in body.closes:
            if time_us < end_us and closed in standing:
                standing[closed].is_open = False
                if closed != body.notice:
                    standing[closed].closed = (time_us, position)
    for position, time_us, body in facts.of(NoticeEscalated):
        if time_us < end_us and body.notice in standing:
            standing[body.notice].climbed.append(position)
    until_us = min(end_us, max(facts.last_us, facts.now_us))
    return [_came(each, until_us) for each in standing.values()]


def _answered(followed: _Following, position: int, body: NoticeAcknowledged) -> None:
    answer, notice = body.acknowledgement, followed.notice
    if answer.verb is Verb.READ_BACK and answer.differences:
        return  # what was read back was something else
    if answer.call is not None and answer.call.typed_by == notice.sender:
        return  # the sender's own word about a call
    if answer.verb not in _VERBS:
        followed.exits.append((answer.verb.value, position))
        return
    after_us = max(0, answer.time_us - notice.time_us)
    first = followed.first.get(answer.verb)
    if first is None or after_us < first[0]:
        followed.first[answer.verb] = (after_us, position)
    came = (after_us, position)
    if (
        answer.verb in _PASSED
        and followed.to_all is None
        and _has_all(answer, notice, followed.passed)
    ):
        followed.to_all = came
    if answer.verb is Verb.LOADED and followed.by_all is None:
        followed.by_all = came if _has_all(answer, notice, followed.loaded) else None


def _has_all(answer: Acknowledgement, notice: NoticeFact, units: set[str]) -> bool:
    """Whether all units of a notice are among these with an answer, which is taken in."""
    if answer.unit is not None:
        units.add(answer.unit)
    if answer.attested:
        units.update(notice.units)
    return answer.attested or (bool(units) and units.issuperset(notice.units))


def _came(followed: _Following, end_us: int) -> Came:

    def first_of(*verbs: Verb) -> tuple[int, int] | None:
        return min((followed.first[each] for each in verbs if each in followed.first), default=None)

    issued_us = followed.notice.time_us
    closed = followed.closed
    return Came(
        notice=followed.notice,
        reached=(
            *(first_of(*_VERBS), first_of(Verb.READ_BACK), first_of(*_PASSED), followed.to_all),
            *(first_of(Verb.LOADED), followed.by_all),
        ),
        closed=None if closed is None else (max(0, closed[0] - issued_us), closed[1]),
        waited_us=max(0, end_us - issued_us),
        exits=tuple(followed.exits),
        climbed=tuple(followed.climbed),
        loaded_units=len(followed.loaded.intersection(followed.notice.units)),
        is_open=followed.is_open,
    )


def sections(facts: Facts, period: Period) -> list[Section]:
    """Notices by kind and lead time; how long answers took; who was not reached."""
    here = [each for each in came_of(facts, period.end_us) if each.notice.time_us in period]
    before = period.previous
    then = [each for each in came_of(facts, before.end_us) if each.notice.time_us in before]
    return [
        _by_kind(facts, [each.notice for each in here], [each.notice for each in then]),
        _answers(facts, here, then),
        _unreached(facts, period),
    ]


def _by_kind(facts: Facts, here: list[NoticeFact], then: list[NoticeFact]) -> Section:
    columns = (
        Column("kind", "Kind"),
        Column("told", "This period"),
        Column("told_before", "Previous"),
        Column("late", "Of these late"),
        Column("late_before", "Late, previous"),
    )
    rows: list[tuple[Cell, ...]] = []
    leads: list[tuple[Cell, ...]] = []
    lanes: list[Strip] = []
    for kind in KINDS:
        ours, theirs = _of_kind(here, kind), _of_kind(then, kind)
        rows.append(
            (
                words(kind),
                count([each.position for each in ours]),
                count([each.position for each in theirs]),
                count([each.position for each in ours if each.late]),
                count([each.position for each in theirs if each.late]),
            )
        )
        if any(each.lead_us is not None for each in (*ours, *theirs)):
            leads.append((words(kind), words(HERE), *_lead_cells(ours)))
            leads.append((words(kind), words(THEN), *_lead_cells(theirs)))
            lanes.append(Strip(kind, _leads(ours), (), _leads(theirs), ()))
    rows.append(
        (
            words("all"),
            count([each.position for each in here]),
            count([each.position for each in then]),
            count([each.position for each in here if each.late]),
            count([each.position for each in then if each.late]),
        )
    )
    paired = [(str(row[0].text), row[1].value or 0, row[2].value or 0) for row in rows[:-1]]
    charts = (
        bars("notices-by-kind", "Notices by kind: this period, and the previous one.", paired),
    )
    if lanes:
        charts += (
            strips(
                "lead-times",
                "Lead time by kind: how long before it began each was told. At the left edge:"
                " told once it had begun.",
                lanes,
            ),
        )
    return Section(
        "notices",
        f"Notices to {facts.reader}, by kind and lead time",
        notes=(
            "A notice is late where its lead was shorter than the rules of the space or an"
            " agreement ask for. What is hidden from its recipient shows no lead time.",
        ),
        tables=(
            Table("notices", "Notices by kind", columns, tuple(rows)),
            Table(
                "leads",
                "Lead times",
                _LEADS,
                tuple(leads),
            ),
        ),
        charts=charts,
    )


def _of_kind(notices: Iterable[NoticeFact], kind: str) -> list[NoticeFact]:
    return [each for each in notices if each.kind == kind]


def _leads(notices: Iterable[NoticeFact]) -> tuple[int, ...]:
    return tuple(each.lead_us for each in notices if each.lead_us is not None)


_LEADS = (
    Column("kind", "Kind"),
    Column("period", "Period"),
    Column("shown", "With a lead time"),
    Column("begun", "Told once begun"),
    Column("least", "Shortest", "us"),
    Column("half", "Half at least", "us"),
)


def _lead_cells(notices: Sequence[NoticeFact]) -> tuple[Cell, ...]:
    shown = [each for each in notices if each.lead_us is not None]
    at = [each.position for each in shown]
    longest_first = sorted(_leads(shown), reverse=True)
    half = longest_first[-(-len(longest_first) // 2) - 1] if longest_first else None
    return (
        count(at),
        count([each.position for each in shown if (each.lead_us or 0) <= 0]),
        span(longest_first[-1] if longest_first else None, at),
        span(half, at),
    )


def _answers(facts: Facts, here: list[Came], then: list[Came]) -> Section:
    rows = tuple(
        (words(step), words(name), *_answer_cells(came, at))
        for at, step in enumerate(STEPS)
        for name, came in ((HERE, here), (THEN, then))
    )
    lanes = [Strip(step, *_lengths(here, at), *_lengths(then, at)) for at, step in enumerate(STEPS)]
    exits = tuple(
        (
            words(verb.value),
            count([at for each in here for name, at in each.exits if name == verb.value]),
            count([at for each in then for name, at in each.exits if name == verb.value]),
        )
        for verb in (Verb.CANNOT_COMPLY, Verb.DISPUTED)
    )
    return Section(
        "answers",
        f"How long {facts.reader} took to answer, by step",
        notes=(
            "Counted from when the notice was issued. A step is reached at the latest with a later"
            " one, but READ-BACK: that counts only where one came. A read-back that was off, and"
            " what the sender's own desk typed of a call, reach nothing.",
            "A notice without an answer by the end of its period stays in every figure: as longer"
            " than all that came. Where more than half, or a tenth, had not come, no length is"
            " given.",
        ),
        tables=(
            Table("latencies", "Answers by step", _STEPS_TABLE, rows),
            Table(
                "exits",
                "Answers that are no step",
                (
                    Column("verb", "Answer"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                ),
                exits,
            ),
        ),
        charts=(
            strips(
                "latencies",
                "Time to each step. Filled: reached. Hollow: not reached by the end of the period,"
                " drawn at how long it had waited by then (by now, in a period that is not over),"
                " or until a later notice closed it.",
                lanes,
            ),
        ),
    )


_STEPS_TABLE = (
    Column("step", "Step"),
    Column("period", "Period"),
    Column("notices", "Notices"),
    Column("reached", "Reached"),
    Column("closed", "Closed with a later one"),
    Column("none", "Not reached"),
    Column("half", "Half within", "us"),
    Column("ninety", "Nine in ten within", "us"),
)


def _answer_cells(came: list[Came], at: int) -> tuple[Cell, ...]:
    reached = [each.reached[at] for each in came]
    lengths = [None if each is None else each[0] for each in reached]
    closed = [each for each in came if each.reached[at] is None and each.closed is not None]
    waiting = [each for each in came if each.reached[at] is None and each.closed is None]
    shown_at = [each[1] for each in reached if each is not None]
    at_all = [each.notice.position for each in came] + shown_at
    return (
        count([each.notice.position for each in came]),
        amount(len(shown_at), shown_at),
        amount(len(closed), [each.closed[1] for each in closed if each.closed is not None]),
        count([each.notice.position for each in waiting]),
        span(quantile_us(lengths, 50), at_all),
        span(quantile_us(lengths, NINETY_PER_CENT), at_all),
    )


def _lengths(came: list[Came], at: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How long it took where it was reached, and how long it was waited for where it was not."""
    reached = [each.reached[at] for each in came]
    done = tuple(each[0] for each in reached if each is not None)
    left = tuple(
        each.waited_us if each.closed is None else each.closed[0]
        for each in came
        if each.reached[at] is None
    )
    return done, left


def _unreached(facts: Facts, period: Period) -> Section:
    still = [each for each in came_of(facts, period.end_us) if each.is_open]
    before = [each for each in came_of(facts, period.begin_us) if each.is_open]
    rows = tuple(
        (
            amount(each.notice.number, (each.notice.position,)),
            words(each.notice.id),
            words("not shown" if each.notice.sender is None else each.notice.sender),
            words(each.notice.kind),
            instant(each.notice.time_us, (each.notice.position,)),
            words(each.furthest, [step[1] for step in each.reached if step is not None]),
            amount(len(each.notice.units) - each.loaded_units, (each.notice.position,)),
            count(each.climbed),
        )
        for each in still
    )
    return Section(
        "unreached",
        "Hops not reached",
        notes=(
            f"Notices to {facts.reader} that stood open at the end of the period, whenever they"
            " were issued: somebody who must know had not loaded each of them. Units are opaque"
            " tokens and are counted only.",
            f"A notice that {facts.reader} caused stands in an entry that its recipient reads. What"
            " is shown of those is what came back: answers, and steps of the ladder.",
        ),
        tables=(
            Table(
                "open",
                "Open at the end of the period",
                (
                    Column("number", "Number"),
                    Column("notice", "Notice"),
                    Column("sender", "From"),
                    Column("kind", "Kind"),
                    Column("issued", "Issued", "us"),
                    Column("furthest", "Came as far as"),
                    Column("waiting", "Units not loaded"),
                    Column("climbed", "Steps of the ladder"),
                ),
                rows,
            ),
            Table(
                "open-count",
                "Open at the end",
                (
                    Column("furthest", "Came as far as"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                ),
                tuple(
                    (
                        words(step),
                        count([each.notice.position for each in still if each.furthest == step]),
                        count([each.notice.position for each in before if each.furthest == step]),
                    )
                    for step in (NOBODY, *STEPS)
                ),
            ),
            _came_back(facts, period),
        ),
    )


def _came_back(facts: Facts, period: Period) -> Table:
    """By recipient: what came back of notices that the reader caused."""
    answers = [
        (position, body)
        for position, time_us, body in facts.of(NoticeAcknowledged)
        if body.sender == facts.reader and body.recipient != facts.reader and time_us in period
    ]
    steps = [
        (position, body)
        for position, time_us, body in facts.of(NoticeEscalated)
        if body.sender == facts.reader and body.recipient != facts.reader and time_us in period
    ]
    parties = sorted(
        {each.recipient for _, each in answers} | {each.recipient for _, each in steps}
    )
    rows = tuple(
        (
            words(party),
            *(
                count(
                    [
                        position
                        for position, each in answers
                        if each.recipient == party and each.acknowledgement.verb is verb
                    ]
                )
                for verb in Verb
            ),
            count([position for position, each in steps if each.recipient == party]),
            count(
                [
                    position
                    for position, each in steps
                    if each.recipient == party and each.furthest is None
                ]
            ),
        )
        for party in parties
    )
    return Table(
        "returned",
        f"What came back of notices that {facts.reader} caused",
        (
            Column("recipient", "Recipient"),
            *(Column(verb.value.lower(), verb.value) for verb in Verb),
            Column("steps", "Steps of the ladder"),
            Column("silent", "Of these with no answer at all"),
        ),
        rows,
    )
