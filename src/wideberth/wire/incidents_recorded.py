"""What the entry of a signed statement about an incident has to be; see
:mod:`wideberth.wire.recorded`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.model.accounts import Account, AccountGiven, Audience
from wideberth.model.entries import Body, Entry
from wideberth.model.ids import EvidenceId, IncidentId, PartyId, QuestionId, ResultId
from wideberth.model.incidents import Column, IncidentOpened, PartiesNamed, SubjectsNamed
from wideberth.model.inquiries import (
    InquiryResult,
    ResultReceipted,
    ResultTransmitted,
    result_digest,
)
from wideberth.model.lodged import EvidenceChecked, EvidenceDisclosed, EvidenceLodged
from wideberth.model.questions import (
    QUESTION_STEPS,
    QuestionAsked,
    QuestionStep,
    QuestionStepped,
)
from wideberth.wire import incidents

__all__ = ["DECIDED", "expected_of_incidents", "is_signed_only"]

DECIDED: dict[type, frozenset[str]] = {
    IncidentOpened: frozenset({"incident"}),
    PartiesNamed: frozenset({"concerned", "title", "start_us", "end_us", "area"}),
    SubjectsNamed: frozenset(),
    AccountGiven: frozenset({"account.id", "account.shown_to"}),
    QuestionAsked: frozenset({"question", "shown_to", "due_us"}),
    QuestionStepped: frozenset({"state", "due_us", "concerned"}),
    EvidenceLodged: frozenset({"evidence", "shown_to"}),
    EvidenceDisclosed: frozenset({"lodging", "lodged_us"}),
    EvidenceChecked: frozenset({"owner"}),
    ResultTransmitted: frozenset({"result.id", "result.receipt_by_us"}),
    ResultReceipted: frozenset({"sender"}),
}
"""By kind of entry, what no statement says. Of shown_to that holds for all who were named: parties
that were signed by name are compared."""


_SIGNED_ONLY = (
    AccountGiven,
    EvidenceLodged,
    EvidenceDisclosed,
    EvidenceChecked,
    ResultTransmitted,
    ResultReceipted,
)


def is_signed_only(body: Body) -> bool:
    """Whether an entry of this kind is taken under a signature alone."""
    if isinstance(body, QuestionStepped):
        return body.step is QuestionStep.ANSWER
    return isinstance(body, _SIGNED_ONLY)


def expected_of_incidents(kind: str, said: Any, party: PartyId, entry: Entry) -> Body | None:
    """The body that the statement gives; None for a kind that it never brings about."""
    wanted, make = _EXPECTED.get(kind, (None, None))
    if wanted is None or make is None or type(entry.body) is not wanted:
        return None
    return make(said, party, entry.body, entry.time_us)


def _opened(said: Any, party: PartyId, body: IncidentOpened, _time_us: int) -> Body:
    told = incidents.opening_of(said, body.incident)
    return IncidentOpened(
        incident=body.incident,
        party=party,
        column=Column.OBSERVER if told.observes else Column.PARTY,
        title=told.title,
        start_us=told.start_us,
        end_us=told.end_us,
        parties=told.parties,
        observers=told.observers,
        area=told.area,
    )


def _named(said: Any, party: PartyId, body: PartiesNamed, _time_us: int) -> Body:
    told = incidents.naming_of(said, IncidentId(said.incident))
    return PartiesNamed(
        incident=told.incident,
        party=party,
        parties=told.parties,
        observers=told.observers,
        concerned=body.concerned,
        title=body.title,
        start_us=body.start_us,
        end_us=body.end_us,
        area=body.area,
    )


def _subjects(said: Any, party: PartyId, _body: SubjectsNamed, _time_us: int) -> Body:
    told = incidents.subjects_of(said, IncidentId(said.incident))
    return SubjectsNamed(told.incident, party, told.subjects)


def _shown(
    audience: Audience, parties: tuple[PartyId, ...], given: tuple[PartyId, ...]
) -> tuple[PartyId, ...]:
    """Who was named then is the mechanism's to say; whom the author named is the author's."""
    return {Audience.ALL: given, Audience.NAMED: parties, Audience.OWN: ()}[audience]


def _account(said: Any, party: PartyId, body: AccountGiven, time_us: int) -> Body:
    told = incidents.account_of(said, IncidentId(said.incident))
    return AccountGiven(
        told.incident,
        Account(
            id=body.account.id,
            party=party,
            given_us=time_us,
            audience=told.audience,
            shown_to=_shown(told.audience, told.parties, body.account.shown_to),
            claims=told.claims,
            words=told.words,
            language=told.language,
        ),
    )


def _asked(said: Any, party: PartyId, body: QuestionAsked, _time_us: int) -> Body:
    told = incidents.asking_of(said, IncidentId(said.incident))
    others = tuple(each for each in told.parties if each != told.to)
    return QuestionAsked(
        incident=told.incident,
        question=body.question,
        party=party,
        to=told.to,
        urgent=told.urgent,
        words=told.words,
        audience=told.audience,
        shown_to=_shown(told.audience, others, body.shown_to),
        due_us=body.due_us,
    )


def _stepped(said: Any, party: PartyId, body: QuestionStepped, _time_us: int) -> Body:
    step = QuestionStep(said.step)
    ends = {after for (_, taken), after in QUESTION_STEPS.items() if taken is step}
    return QuestionStepped(
        incident=IncidentId(said.incident),
        question=QuestionId(said.question),
        party=party,
        step=step,
        words=said.words,
        state=body.state if body.state in ends else min(ends),
        due_us=body.due_us,
        concerned=body.concerned,
    )


def _lodged(said: Any, party: PartyId, body: EvidenceLodged, _time_us: int) -> Body:
    told = incidents.lodging_of(said, IncidentId(said.incident))
    return EvidenceLodged(
        incident=told.incident,
        evidence=body.evidence,
        party=party,
        lodging=told.lodging,
        audience=told.audience,
        shown_to=_shown(told.audience, told.parties, body.shown_to),
    )


def _disclosed(said: Any, party: PartyId, body: EvidenceDisclosed, _time_us: int) -> Body:
    told = incidents.disclosure_of(said, IncidentId(said.incident), EvidenceId(said.evidence))
    return EvidenceDisclosed(
        incident=told.incident,
        evidence=told.evidence,
        party=party,
        parties=told.parties,
        lodging=body.lodging,
        lodged_us=body.lodged_us,
        sealed=told.sealed,
    )


def _checked(said: Any, party: PartyId, body: EvidenceChecked, _time_us: int) -> Body:
    told = incidents.check_of(said, IncidentId(said.incident), EvidenceId(said.evidence))
    return EvidenceChecked(told.incident, told.evidence, party, body.owner, told.matches)


def _transmitted(said: Any, party: PartyId, body: ResultTransmitted, time_us: int) -> Body:
    told = incidents.result_of(said, IncidentId(said.incident))
    return ResultTransmitted(
        told.incident,
        InquiryResult(
            id=body.result.id,
            party=party,
            to=told.to,
            words=told.words,
            digest=result_digest(told.incident, party, told.words, told.document_sha256),
            sent_us=time_us,
            receipt_by_us=body.result.receipt_by_us,
            document_sha256=told.document_sha256,
            language=told.language,
        ),
    )


def _receipted(said: Any, party: PartyId, body: ResultReceipted, _time_us: int) -> Body:
    told = incidents.receipt_of(said, IncidentId(said.incident), ResultId(said.result))
    return ResultReceipted(told.incident, told.result, party, told.digest, body.sender)


_EXPECTED: dict[str, tuple[type, Callable[[Any, PartyId, Any, int], Body]]] = {
    "OpenIncident": (IncidentOpened, _opened),
    "NameParties": (PartiesNamed, _named),
    "NameSubjects": (SubjectsNamed, _subjects),
    "GiveAccount": (AccountGiven, _account),
    "AskQuestion": (QuestionAsked, _asked),
    "StepQuestion": (QuestionStepped, _stepped),
    "LodgeEvidence": (EvidenceLodged, _lodged),
    "DiscloseEvidence": (EvidenceDisclosed, _disclosed),
    "CheckEvidence": (EvidenceChecked, _checked),
    "TransmitResult": (ResultTransmitted, _transmitted),
    "ReceiptResult": (ResultReceipted, _receipted),
}
