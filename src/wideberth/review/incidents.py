"""Incidents with their columns, listed in the order in which they were opened. Nothing is merged.

What is shown is what the reader may read: of a party that shows it no account, that is all that can
be said, and not that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wideberth.model.accounts import Account, AccountGiven, Audience
from wideberth.model.incidents import Column as Side
from wideberth.model.incidents import IncidentOpened, PartiesNamed
from wideberth.model.inquiries import ResultReceipted, ResultTransmitted
from wideberth.model.lodged import EvidenceDisclosed, EvidenceLodged
from wideberth.model.questions import (
    QuestionAsked,
    QuestionOverdue,
    QuestionState,
    QuestionStep,
    QuestionStepped,
)
from wideberth.picture.differences import Difference, DifferenceKind, differences
from wideberth.review.cells import Cell, Column, Section, Table, count, instant, words
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US, format_rfc3339

__all__ = ["questions_open", "results_open", "section"]


@dataclass
class _Known:
    """What the reader knows of one incident. columns: by party, the side it was named on."""

    title: str
    start_us: int
    end_us: int
    opened_us: int
    at: list[int]
    columns: dict[str, str] = field(default_factory=dict[str, str])
    said: list[tuple[int, int, str, str]] = field(default_factory=list[tuple[int, int, str, str]])


def section(facts: Facts, period: Period) -> Section:
    """Each incident of which something was said in the period, with a row for each column."""
    known = _known(facts, period.end_us)
    shown = {
        name: each
        for name, each in known.items()
        if each.opened_us in period or any(time_us in period for _, time_us, _, _ in each.said)
    }
    listed = tuple(
        (
            instant(each.opened_us, each.at),
            words(name),
            words(each.title),
            words(f"{format_rfc3339(each.start_us)} to {format_rfc3339(each.end_us)}"),
        )
        for name, each in shown.items()
    )
    rows = tuple(
        (
            words(name),
            words(party),
            words(each.columns[party]),
            *(
                count([at for at, _, by, kind in each.said if by == party and kind == wanted])
                for wanted in ("account", "question", "evidence", "result")
            ),
        )
        for name, each in shown.items()
        for party in sorted(each.columns)
    )
    opened = [at for each in known.values() for at in each.at[:1] if each.opened_us in period]
    before = [
        at for each in known.values() for at in each.at[:1] if each.opened_us in period.previous
    ]
    return Section(
        "incidents",
        "Incidents",
        notes=(
            "A column for each party and observer, as far as its author lets"
            f" {facts.reader} read it: what is not shown here may be there. Accounts are not"
            " merged, and nobody's is judged. The title is the words of whoever opened it."
            " What each account says stands with its entry, at the end.",
            "An account that its author shows to nobody yet is not counted and not here.",
        ),
        tables=(
            Table(
                "incidents",
                "Incidents of which something was said in the period",
                (
                    Column("opened", "Known since", "us"),
                    Column("incident", "Incident"),
                    Column("title", "Title"),
                    Column("window", "Time of it"),
                ),
                listed,
            ),
            Table(
                "columns",
                "Their columns, until the end of the period",
                (
                    Column("incident", "Incident"),
                    Column("party", "Party"),
                    Column("column", "Column"),
                    Column("accounts", "Accounts shown"),
                    Column("questions", "Questions asked"),
                    Column("evidence", "Evidence lodged"),
                    Column("results", "Results of inquiries"),
                ),
                rows,
            ),
            Table(
                "differences",
                "Where the last accounts of two parties differ, of what both claim",
                (
                    Column("incident", "Incident"),
                    Column("what", "In"),
                    Column("between", "Between"),
                    Column("claimed", "Apart as claimed"),
                    Column("least", "At least"),
                    Column("most", "At most"),
                ),
                tuple(_differing(facts, period.end_us, shown)),
            ),
            Table(
                "incidents-count",
                "Both periods",
                (
                    Column("what", "What"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                ),
                ((words("Incidents that became known"), count(opened), count(before)),),
            ),
        ),
    )


def _differing(facts: Facts, end_us: int, shown: dict[str, _Known]) -> Iterator[tuple[Cell, ...]]:
    """A row for each difference, as the console works it out; each leads to both accounts."""
    last: dict[str, dict[str, tuple[int, Account]]] = {}
    for position, time_us, given in facts.of(AccountGiven):
        account = given.account
        if time_us < end_us and account.audience is not Audience.OWN:
            last.setdefault(given.incident, {})[account.party] = (position, account)
    for name, known in shown.items():
        accounts = last.get(name, {})
        for each in differences([accounts[party][1] for party in sorted(accounts)]):
            at = tuple(accounts[party][0] for party in each.parties)
            yield (
                words(known.title),
                words(each.kind.value),
                words(" and ".join(each.parties), at),
                *_apart(each),
            )


def _apart(each: Difference) -> tuple[Cell, Cell, Cell]:
    """As claimed, at least (rounded down), and at most (rounded up), with both errors."""
    if each.parted is None:
        return words(", ".join(each.members)), words("–"), words("–")
    parted = each.parted
    is_time = each.kind in (DifferenceKind.TIME, DifferenceKind.WARNED)
    unit, told = (SECOND_US, _seconds) if is_time else (1_000, _metres)
    return (
        words(told((parted.claimed + unit // 2) // unit)),
        words(told(parted.at_least // unit)),
        words(told(-(-parted.at_most // unit))),
    )


def _metres(length_m: int) -> str:
    return f"{length_m:,} m"


def _seconds(length_s: int) -> str:
    hours, rest = divmod(length_s, HOUR_US // SECOND_US)
    minutes, seconds = divmod(rest, MINUTE_US // SECOND_US)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{number} {name}" for number, name in parts if number) or "0 s"


def _known(facts: Facts, end_us: int) -> dict[str, _Known]:
    """What the reader knows of each incident by a time, in the order in which it came to know."""
    known: dict[str, _Known] = {}
    openings = [
        *facts.of(IncidentOpened),
        *facts.of(PartiesNamed),
    ]
    for position, time_us, body in sorted(openings, key=lambda each: each[0]):
        if time_us >= end_us:
            continue
        found = known.setdefault(
            body.incident, _Known(body.title, body.start_us, body.end_us, time_us, [])
        )
        found.at.append(position)
        if isinstance(body, IncidentOpened):
            found.columns[body.party] = body.column.value
        else:
            found.columns |= dict.fromkeys(body.concerned, "party or observer")
        found.columns |= dict.fromkeys(body.parties, Side.PARTY.value)
        found.columns |= dict.fromkeys(body.observers, Side.OBSERVER.value)
    for position, time_us, name, party, kind in _said(facts):
        found = known.get(name)
        if found is not None and time_us < end_us:
            found.said.append((position, time_us, party, kind))
    return known


def _said(facts: Facts) -> list[tuple[int, int, str, str, str]]:
    """(position, time, incident, party, kind) of what was said in incidents."""
    said: list[tuple[int, int, str, str, str]] = []
    for position, time_us, given in facts.of(AccountGiven):
        if given.account.audience is Audience.OWN:
            continue  # a pack is laid before others, to whom even its number would be told
        said.append((position, time_us, given.incident, given.account.party, "account"))
    for position, time_us, asked in facts.of(QuestionAsked):
        said.append((position, time_us, asked.incident, asked.party, "question"))
    for position, time_us, lodged in facts.of(EvidenceLodged):
        said.append((position, time_us, lodged.incident, lodged.party, "evidence"))
    lodgings = {body.evidence for _, _, body in facts.of(EvidenceLodged)}
    for position, time_us, shown in facts.of(EvidenceDisclosed):
        if shown.evidence not in lodgings:  # of which the reader learnt by the disclosure
            lodgings.add(shown.evidence)
            said.append((position, time_us, shown.incident, shown.party, "evidence"))
    for position, time_us, sent in facts.of(ResultTransmitted):
        said.append((position, time_us, sent.incident, sent.result.party, "result"))
    return sorted(said)


def questions_open(facts: Facts, end_us: int) -> list[tuple[Cell, ...]]:
    """Questions in incidents that stood without an answer, as rows of what is open."""
    states: dict[str, str] = {}
    steps = [*facts.of(QuestionStepped), *facts.of(QuestionOverdue)]
    for _, time_us, body in sorted(steps, key=lambda each: each[0]):
        if time_us >= end_us:
            continue
        if isinstance(body, QuestionStepped):
            states[body.question] = body.state.value
        else:
            states[body.question] = f"{states.get(body.question, 'asked')}, overdue"
    again: dict[str, list[int]] = {}
    for position, time_us, body in facts.of(QuestionStepped):
        if time_us < end_us and body.step is QuestionStep.ASK_AGAIN:
            again.setdefault(body.question, []).append(position)
    return [
        (
            instant(time_us, (position, *again.get(body.question, ()))),
            words(body.party),
            words(body.to),
            words(f"incident {body.incident}"),
            words(body.words),
            words(states.get(body.question, QuestionState.ASKED.value)),
        )
        for position, time_us, body in facts.of(QuestionAsked)
        if time_us < end_us and states.get(body.question) != QuestionState.ANSWERED.value
    ]


def results_open(facts: Facts, end_us: int) -> list[tuple[Cell, ...]]:
    """Results of inquiries of which somebody had not given a receipt, as rows of what is open."""
    receipted = {
        (body.result, body.party)
        for _, time_us, body in facts.of(ResultReceipted)
        if time_us < end_us
    }
    return [
        (
            instant(time_us, (position,)),
            words(body.result.party),
            words(party),
            words(f"incident {body.incident}"),
            words(body.result.words),
            words("overdue" if body.result.receipt_by_us < end_us else "open"),
        )
        for position, time_us, body in facts.of(ResultTransmitted)
        if time_us < end_us
        for party in sorted(body.result.to)
        if facts.reader in (party, body.result.party)
        if (body.result.id, party) not in receipted
    ]
