"""Folding incidents, who reads which entry of them, and what is due in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from wideberth.model.accounts import Account, AccountGiven
from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.entries import Entry
from wideberth.model.ids import IncidentId, PartyId, QuestionId, ResultId
from wideberth.model.incidents import (
    INCIDENT_LIFE_US,
    Column,
    Incident,
    IncidentOpened,
    Member,
    PartiesNamed,
    Subject,
    SubjectsNamed,
)
from wideberth.model.inquiries import (
    InquiryResult,
    Receipted,
    ResultOverdue,
    ResultReceipted,
    ResultTransmitted,
)
from wideberth.model.lodged import (
    Checked,
    Disclosed,
    EvidenceChecked,
    EvidenceDisclosed,
    EvidenceLodged,
    Lodged,
)
from wideberth.model.questions import (
    Question,
    QuestionAsked,
    QuestionOverdue,
    QuestionState,
    QuestionStep,
    QuestionStepped,
    Said,
)
from wideberth.picture.picture import Picture

__all__ = [
    "FOLDS",
    "READERS",
    "accounts_shown_to",
    "forget_incident",
    "incident_due",
    "incident_of",
    "incident_subjects",
    "latest_shown_to",
    "parted",
    "question_subject",
    "reads_incident_entry",
    "result_subject",
]

_replace = msgspec.structs.replace


def incident_of(picture: Picture, incident: IncidentId, party: PartyId) -> Incident | None:
    """An incident in which the party is named. Of others nobody learns that they are there."""
    found = picture.incidents.get(incident)
    return None if found is None or found.member(party) is None else found


def accounts_shown_to(incident: Incident, reader: PartyId) -> dict[PartyId, tuple[Account, ...]]:
    """By author, the versions that the reader may have, in the order given; its own are all.

    Authors stand in the order in which the parties were named, which all who are named can see.
    """
    versions: dict[PartyId, list[Account]] = {}
    for each in incident.accounts:
        if each.is_shown_to(reader):
            versions.setdefault(each.party, []).append(each)
    return {author: tuple(versions[author]) for author in incident.parties if author in versions}


def latest_shown_to(incident: Incident, reader: PartyId) -> list[Account]:
    """Of each author the last version that the reader may have."""
    return [versions[-1] for versions in accounts_shown_to(incident, reader).values()]


def question_subject(incident: IncidentId, question: QuestionId) -> str:
    """What a deadline of a question is of."""
    return f"{incident}/{question}"


def result_subject(incident: IncidentId, result: ResultId, party: PartyId) -> str:
    """What the deadline of a party's receipt is of."""
    return f"{incident}/{result}/{party}"


def parted(subject: str) -> tuple[IncidentId, str, PartyId | None]:
    """The incident, the question or the result, and whose receipt is waited for."""
    incident, _, rest = subject.partition("/")
    item, _, party = rest.partition("/")
    return IncidentId(incident), item, PartyId(party) if party else None


def incident_due(picture: Picture, subject: str) -> Due | None:
    """When an answer or a receipt is overdue; step: which time the question was asked, else 0."""
    name, item, party = parted(subject)
    incident = picture.incidents.get(name)
    if incident is None:
        return None
    if party is None:
        question = incident.question(QuestionId(item))
        if question is None or not question.waits or question.overdue_us is not None:
            return None
        return Due(question.asks, question.due_us)
    result = incident.result(ResultId(item))
    if result is None or result.has_receipt_of(party) or party in result.overdue:
        return None
    return Due(0, result.receipt_by_us)


def incident_subjects(picture: Picture) -> Iterator[str]:
    """All that may be due."""
    for name in picture.incidents:
        incident = picture.incidents[name]
        for question in incident.questions:
            yield question_subject(name, question.id)
        for result in incident.results:
            for party in result.to:
                yield result_subject(name, result.id, party)


def forget_incident(picture: Picture, name: str) -> None:
    """Let an incident leave of which nothing was said for long, or look again later."""
    incident = picture.incidents.get(IncidentId(name))
    if incident is None:
        return
    leaves_us = incident.touched_us + INCIDENT_LIFE_US
    if leaves_us >= picture.time_us:
        picture.expire_at(leaves_us, "incident", name)
        return
    picture.incidents.pop(IncidentId(name), None)


READERS: dict[type, Callable[[Any], tuple[PartyId, ...]]] = {
    IncidentOpened: lambda body: (body.party, *body.parties, *body.observers),
    PartiesNamed: lambda body: (*body.concerned, *body.parties, *body.observers),
    SubjectsNamed: lambda body: (body.party,),
    AccountGiven: lambda body: (body.account.party, *body.account.shown_to),
    QuestionAsked: lambda body: (body.party, body.to, *body.shown_to),
    QuestionStepped: lambda body: body.concerned,
    QuestionOverdue: lambda body: body.concerned,
    EvidenceLodged: lambda body: (body.party, *body.shown_to),
    EvidenceDisclosed: lambda body: (body.party, *body.parties),
    EvidenceChecked: lambda body: (body.party, body.owner),
    ResultTransmitted: lambda body: (body.result.party, *body.result.to),
    ResultReceipted: lambda body: (body.party, body.sender),
    ResultOverdue: lambda body: (body.party, body.sender),
}
"""By kind of entry, who reads it whole and has it on its stream: what the entry itself says, and
nobody who came later."""


def reads_incident_entry(body: Any, party: PartyId) -> bool:
    """Whether the party may read this entry of an incident."""
    return party in READERS[type(body)](body)


def _opened(picture: Picture, body: IncidentOpened, entry: Entry, position: int) -> None:
    time_us = entry.time_us
    members = [Member(body.party, body.column, body.party, time_us)]
    members += [Member(each, Column.PARTY, body.party, time_us) for each in body.parties]
    members += [Member(each, Column.OBSERVER, body.party, time_us) for each in body.observers]
    picture.incidents[body.incident] = Incident(
        id=body.incident,
        title=body.title,
        start_us=body.start_us,
        end_us=body.end_us,
        opened_by=body.party,
        opened_us=time_us,
        touched_us=time_us,
        members=tuple(members),
        area=body.area,
    )
    picture.expire_at(time_us + INCIDENT_LIFE_US, "incident", body.incident)
    _note(picture, body, position)


def _changed(
    change: Callable[[Incident, Any, int], Incident],
) -> Callable[[Picture, Any, Entry, int], None]:
    """Fold an entry of an incident that stands, by what it changes there."""

    def fold(picture: Picture, body: Any, entry: Entry, position: int) -> None:
        incident = picture.incidents.get(body.incident)
        if incident is not None:
            changed = change(incident, body, entry.time_us)
            picture.incidents[body.incident] = _replace(changed, touched_us=entry.time_us)
        _note(picture, body, position)

    return fold


def _note(picture: Picture, body: Any, position: int) -> None:
    history = picture.history
    if history is not None:
        history.note_object(body.incident, position)
        for party in dict.fromkeys(READERS[type(body)](body)):
            history.note_stream(party, position)


def _named(incident: Incident, body: PartiesNamed, time_us: int) -> Incident:
    members = {each.party: each for each in incident.members}
    for names, column in ((body.observers, Column.OBSERVER), (body.parties, Column.PARTY)):
        for party in names:
            before = members.get(party)
            members[party] = (
                Member(party, column, body.party, time_us)
                if before is None
                else _replace(before, column=column)
            )
    return _replace(incident, members=tuple(members.values()))


def _subjects(incident: Incident, body: SubjectsNamed, _time_us: int) -> Incident:
    added = tuple(Subject(body.party, each) for each in body.subjects)
    return _replace(incident, subjects=(*incident.subjects, *added))


def _account(incident: Incident, body: AccountGiven, _time_us: int) -> Incident:
    return _replace(incident, accounts=(*incident.accounts, body.account))


def _asked(incident: Incident, body: QuestionAsked, time_us: int) -> Incident:
    question = Question(
        id=body.question,
        asker=body.party,
        to=body.to,
        urgent=body.urgent,
        state=QuestionState.ASKED,
        asks=1,
        due_us=body.due_us,
        said=(Said(QuestionStep.ASK, body.party, body.words, time_us),),
        shown_to=body.shown_to,
    )
    return _replace(incident, questions=(*incident.questions, question))


def _with_question(
    incident: Incident, name: QuestionId, change: Callable[[Question], Question]
) -> Incident:
    questions = tuple(change(each) if each.id == name else each for each in incident.questions)
    return _replace(incident, questions=questions)


def _stepped(incident: Incident, body: QuestionStepped, time_us: int) -> Incident:
    is_again = body.step is QuestionStep.ASK_AGAIN
    return _with_question(
        incident,
        body.question,
        lambda question: _replace(
            question,
            state=body.state,
            asks=question.asks + is_again,
            due_us=body.due_us,
            said=(*question.said, Said(body.step, body.party, body.words, time_us)),
            overdue_us=question.overdue_us if body.step is QuestionStep.CALL_MEETING else None,
        ),
    )


def _question_overdue(incident: Incident, body: QuestionOverdue, time_us: int) -> Incident:
    return _with_question(
        incident, body.question, lambda question: _replace(question, overdue_us=time_us)
    )


def _lodged(incident: Incident, body: EvidenceLodged, time_us: int) -> Incident:
    lodged = Lodged(body.evidence, body.party, time_us, body.lodging, body.shown_to)
    return _replace(incident, evidence=(*incident.evidence, lodged))


def _with_lodged(incident: Incident, name: str, change: Callable[[Lodged], Lodged]) -> Incident:
    evidence = tuple(change(each) if each.id == name else each for each in incident.evidence)
    return _replace(incident, evidence=evidence)


def _disclosed(incident: Incident, body: EvidenceDisclosed, time_us: int) -> Incident:
    said = Disclosed(body.parties, time_us, body.sealed)
    return _with_lodged(
        incident, body.evidence, lambda each: _replace(each, disclosed=(*each.disclosed, said))
    )


def _checked(incident: Incident, body: EvidenceChecked, time_us: int) -> Incident:
    found = Checked(body.party, body.matches, time_us)
    return _with_lodged(
        incident, body.evidence, lambda each: _replace(each, checked=(*each.checked, found))
    )


def _transmitted(incident: Incident, body: ResultTransmitted, _time_us: int) -> Incident:
    return _replace(incident, results=(*incident.results, body.result))


def _with_result(
    incident: Incident, name: ResultId, change: Callable[[InquiryResult], InquiryResult]
) -> Incident:
    results = tuple(change(each) if each.id == name else each for each in incident.results)
    return _replace(incident, results=results)


def _receipted(incident: Incident, body: ResultReceipted, time_us: int) -> Incident:
    receipt = Receipted(body.party, time_us)
    return _with_result(
        incident,
        body.result,
        lambda result: _replace(
            result,
            receipts=(*result.receipts, receipt),
            overdue=tuple(each for each in result.overdue if each != body.party),
        ),
    )


def _result_overdue(incident: Incident, body: ResultOverdue, _time_us: int) -> Incident:
    return _with_result(
        incident,
        body.result,
        lambda result: _replace(result, overdue=(*result.overdue, body.party)),
    )


def _question_waits(picture: Picture, body: Any, entry: Entry, position: int) -> None:
    change = _asked if isinstance(body, QuestionAsked) else _stepped
    _changed(change)(picture, body, entry, position)
    if picture.due is not None:
        subject = question_subject(body.incident, body.question)
        picture.note_due(DeadlineKind.INCIDENT, subject, incident_due(picture, subject))


def _result_waits(picture: Picture, body: ResultTransmitted, entry: Entry, position: int) -> None:
    _changed(_transmitted)(picture, body, entry, position)
    for party in body.result.to if picture.due is not None else ():
        subject = result_subject(body.incident, body.result.id, party)
        picture.note_due(DeadlineKind.INCIDENT, subject, incident_due(picture, subject))


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    IncidentOpened: _opened,
    PartiesNamed: _changed(_named),
    SubjectsNamed: _changed(_subjects),
    AccountGiven: _changed(_account),
    QuestionAsked: _question_waits,
    QuestionStepped: _question_waits,
    QuestionOverdue: _changed(_question_overdue),
    EvidenceLodged: _changed(_lodged),
    EvidenceDisclosed: _changed(_disclosed),
    EvidenceChecked: _changed(_checked),
    ResultTransmitted: _result_waits,
    ResultReceipted: _changed(_receipted),
    ResultOverdue: _changed(_result_overdue),
}
