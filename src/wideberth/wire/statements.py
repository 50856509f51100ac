"""What may be signed: by type of statement, the form of its body.

The body of a statement is that of the request in whose place it is sent, and the names in the
request's address beside it. A test holds this table against the routes of the API.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.envelope import Statement
from wideberth.wire import agreements, asked, doubts, drills, incidents

__all__ = ["SIGNED", "SignedForm", "body_type", "spoken"]


class SignedForm(NamedTuple):
    """One form of a statement's body. body: the request's; also: what its address names."""

    body: type[msgspec.Struct] | None
    also: tuple[tuple[str, type], ...] = ()


_INCIDENT: tuple[tuple[str, type], ...] = (("incident", str),)
_EVIDENCE: tuple[tuple[str, type], ...] = (*_INCIDENT, ("evidence", str))

SIGNED: dict[str, tuple[SignedForm, ...]] = {
    "SubmitIntent": (SignedForm(asked.SubmitIntentIn),),
    "AmendIntent": (SignedForm(asked.AmendIntentIn, (("intent", str),)),),
    "ChangeIntentState": (SignedForm(asked.ChangeStateIn, (("intent", str),)),),
    "DeclareZone": (
        SignedForm(asked.ZoneIn),
        SignedForm(asked.ZoneAgainIn, (("zone", str),)),
    ),
    "WithdrawZone": (SignedForm(None, (("zone", str), ("version", int))),),
    "OpenSubscription": (SignedForm(asked.SubscriptionIn),),
    "CloseSubscription": (SignedForm(None, (("subscription", str),)),),
    "AcknowledgeNotice": (SignedForm(asked.AcknowledgeIn, (("notice", str),)),),
    "ReleaseNotice": (SignedForm(asked.EmptyIn, (("notice", str),)),),
    "TellStop": (SignedForm(asked.StopIn),),
    "AcknowledgeStop": (SignedForm(asked.ReadStopIn, (("stop", str),)),),
    "RaiseDoubt": (SignedForm(doubts.DoubtIn),),
    "AnswerDoubt": (SignedForm(doubts.AnswerDoubtIn, (("doubt", str),)),),
    "ProposeAgreement": (
        SignedForm(agreements.AgreementIn),
        SignedForm(agreements.AgreementAgainIn, (("agreement", str),)),
    ),
    "StepAgreement": (SignedForm(agreements.StepIn, (("agreement", str),)),),
    "AnswerDrill": (SignedForm(drills.AnswerDrillIn, (("drill", str),)),),
    "BeginReadBackTest": (SignedForm(asked.EmptyIn),),
    "AnswerReadBackTest": (SignedForm(drills.ReadBackAnswersIn),),
    "ContestCount": (SignedForm(agreements.ContestIn, (("agreement", str),)),),
    "AskConsent": (SignedForm(agreements.AskIn, (("agreement", str),)),),
    "AnswerConsent": (SignedForm(agreements.ConsentIn, (("consent", str),)),),
    "GiveHeartbeat": (SignedForm(asked.HeartbeatIn),),
    "SuspendChannel": (SignedForm(asked.SuspendIn),),
    "ResumeChannel": (SignedForm(None),),
    "ReportChannel": (SignedForm(asked.ReportChannelIn, (("about", str),)),),
    "StateHazard": (SignedForm(asked.HazardStatusIn, (("intent", str),)),),
    "GiveAllClear": (SignedForm(asked.EmptyIn, (("intent", str),)),),
    "TakeShift": (SignedForm(asked.TakeShiftIn),),
    "SetCeiling": (SignedForm(asked.CeilingIn),),
    "OpenIncident": (SignedForm(incidents.OpenIncidentIn),),
    "NameParties": (SignedForm(incidents.NamePartiesIn, _INCIDENT),),
    "NameSubjects": (SignedForm(incidents.NameSubjectsIn, _INCIDENT),),
    "GiveAccount": (SignedForm(incidents.AccountIn, _INCIDENT),),
    "AskQuestion": (SignedForm(incidents.AskQuestionIn, _INCIDENT),),
    "StepQuestion": (SignedForm(incidents.StepQuestionIn, (*_INCIDENT, ("question", str))),),
    "LodgeEvidence": (SignedForm(incidents.LodgeEvidenceIn, _INCIDENT),),
    "DiscloseEvidence": (SignedForm(incidents.DiscloseEvidenceIn, _EVIDENCE),),
    "CheckEvidence": (SignedForm(incidents.CheckEvidenceIn, _EVIDENCE),),
    "TransmitResult": (SignedForm(incidents.InquiryResultIn, _INCIDENT),),
    "ReceiptResult": (SignedForm(incidents.ReceiptResultIn, (*_INCIDENT, ("result", str))),),
    "RevokeKey": (SignedForm(None, (("key_id", str),)),),
}


@cache
def body_type(
    command: str, body: type[msgspec.Struct] | None, also: tuple[tuple[str, type], ...]
) -> type[msgspec.Struct]:
    """The struct of a statement's body: the request's own members, and the names of its address."""
    return msgspec.defstruct(
        f"Signed{command}",
        list(also),
        bases=None if body is None else (body,),
        kw_only=True,
        frozen=True,
        forbid_unknown_fields=True,
    )


def spoken(statement: Statement) -> Any:
    """The body of a statement, read as strictly as the API reads it: a struct of its form.

    Raises InvalidValue for a type that nobody signs, and for a body of another form.
    """
    problem: Exception | None = None
    for form in SIGNED.get(statement.type, ()):
        try:
            return msgspec.json.decode(
                statement.body, type=body_type(statement.type, form.body, form.also)
            )
        except (msgspec.DecodeError, RecursionError) as error:
            problem = error
    raise InvalidValue(
        "said.type" if problem is None else "said.body",
        "statement-form",
        statement.type,
        str(problem or "no statement of this type is known"),
    )
