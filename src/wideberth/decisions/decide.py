"""decide: a command on a picture gives entries, or a refusal in words. Pure.

No clock, no I/O, no randomness: time and ids come in the context. A refusal changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.decisions import (
    accounts,
    agreements,
    analysed,
    avoiding,
    ceilings,
    checks,
    consents,
    counting,
    deadlines,
    doubts,
    drills,
    incidents_opened,
    inquiries,
    intents,
    keeping,
    liveness,
    lodged,
    measuring,
    misuse,
    notices,
    parties,
    questions,
    readbacktests,
    redlines,
    sealing,
    shifts,
    sites,
    snapshots,
    stop_reads,
    stops,
    subscriptions,
    tracked,
    warnings,
    zones,
)
from wideberth.decisions.authority import ANY_ROLE, refuse_authority
from wideberth.decisions.outcome import Context, Decision, Repeated, refused
from wideberth.decisions.publications import published
from wideberth.model.accounts import GiveAccount
from wideberth.model.agreements import DraftAgreement, ProposeAgreement, StepAgreement
from wideberth.model.avoiding import SuggestAvoiding
from wideberth.model.clocks import LookAgain, MeasureClock
from wideberth.model.commands import (
    AcknowledgeNotice,
    AdoptRules,
    AmendIntent,
    ChangeIntentState,
    ClearWarning,
    CloseSubscription,
    Command,
    DeclareZone,
    EnrolKey,
    OpenSpace,
    OpenSubscription,
    RaiseWarning,
    RecordCheck,
    RecordSegment,
    RecordSnapshot,
    RegisterParty,
    ReleaseNotice,
    Request,
    RevokeKey,
    SubmitIntent,
    WithdrawZone,
    WorsenWarning,
)
from wideberth.model.conformance import AnalyseConformance, MeasureFlight, StepByTrack
from wideberth.model.consents import AnswerConsent, AskConsent
from wideberth.model.counting import ContestCount
from wideberth.model.deadlines import DeadlinePassed
from wideberth.model.doubts import AnswerDoubt, RaiseDoubt
from wideberth.model.drills import AnswerDrill, RecordDrillTaken, SendDrill
from wideberth.model.incidents import NameParties, NameSubjects, OpenIncident
from wideberth.model.inquiries import ReceiptResult, TransmitResult
from wideberth.model.keeping import (
    ChangeLogKey,
    EraseEntries,
    OpenEpoch,
    RecordHostAction,
    RetireLogKey,
)
from wideberth.model.liveness import (
    GiveAllClear,
    GiveHeartbeat,
    ReportChannel,
    ResumeChannel,
    StateHazard,
    SuspendChannel,
)
from wideberth.model.loads import SetCeiling
from wideberth.model.lodged import CheckEvidence, DiscloseEvidence, LodgeEvidence
from wideberth.model.parties import Author, Role
from wideberth.model.questions import AskQuestion, StepQuestion
from wideberth.model.readbacktests import AnswerReadBackTest, BeginReadBackTest
from wideberth.model.redlines import RemoveRedLine, SetRedLine
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.sealed import OfferSealKey, SealText
from wideberth.model.shifts import TakeShift
from wideberth.model.sites import (
    AnswerChallenge,
    AssessSharing,
    ChallengeSite,
    CountersignExport,
    RecordDelivery,
    ReportHarm,
    RequestExport,
    ReviewSite,
    WithdrawSharing,
)
from wideberth.model.stop_reads import AcknowledgeStop
from wideberth.model.stops import RecordAnswer, TellStop
from wideberth.picture.picture import Picture
from wideberth.picture.standing import Outcome

__all__ = ["decide", "role_for"]

Rule = Callable[[Picture, Any, Author, Context], Decision]

_SPEAKS = (Role.TELL, Role.SIGN)

_RULES: dict[type[Command], tuple[Role | tuple[Role, ...] | None, Rule]] = {
    OpenSpace: (None, parties.open_space),
    AdoptRules: (None, parties.adopt_rules),
    RegisterParty: (None, parties.register_party),
    EnrolKey: (Role.ADMINISTER, parties.enrol_key),
    RevokeKey: (Role.ADMINISTER, parties.revoke_key),
    SubmitIntent: (Role.TELL, intents.submit),
    AmendIntent: (Role.TELL, intents.amend),
    ChangeIntentState: (Role.TELL, intents.change_state),
    DeclareZone: (Role.TELL, published(zones.declare)),
    WithdrawZone: (Role.TELL, published(zones.withdraw)),
    OpenSubscription: (Role.WATCH, subscriptions.open_subscription),
    CloseSubscription: (Role.WATCH, subscriptions.close_subscription),
    AcknowledgeNotice: (Role.ACKNOWLEDGE, notices.acknowledge),
    ReleaseNotice: (Role.ACKNOWLEDGE, notices.release),
    RaiseWarning: (None, warnings.raise_warning),
    WorsenWarning: (None, warnings.worsen),
    ClearWarning: (None, warnings.clear),
    RecordCheck: (Role.WATCH, checks.record_check),
    RecordSegment: (None, warnings.record_segment),
    MeasureFlight: (None, tracked.measure_flight),
    AnalyseConformance: (None, analysed.analyse),
    StepByTrack: (None, tracked.step_by_track),
    RecordSnapshot: (None, snapshots.record_snapshot),
    ChangeLogKey: (None, keeping.change_log_key),
    RetireLogKey: (None, keeping.retire_log_key),
    OpenEpoch: (None, keeping.open_epoch),
    EraseEntries: (None, keeping.erase_entries),
    RecordHostAction: (None, keeping.record_host_action),
    MeasureClock: (Role.TELL, measuring.measure),
    LookAgain: (None, measuring.look_again),
    TellStop: (ANY_ROLE, stops.tell_stop),
    RecordAnswer: (None, stops.record_answer),
    AcknowledgeStop: (Role.ACKNOWLEDGE, stop_reads.acknowledge),
    SuggestAvoiding: (Role.TELL, avoiding.suggest),
    RaiseDoubt: (ANY_ROLE, doubts.raise_doubt),
    AnswerDoubt: ((Role.TELL, Role.SIGN), doubts.answer_doubt),
    DraftAgreement: ((Role.TELL, Role.SIGN), agreements.draft),
    ProposeAgreement: (Role.SIGN, agreements.propose),
    StepAgreement: (Role.SIGN, published(agreements.step)),
    AskConsent: (Role.TELL, consents.ask),
    AnswerConsent: (Role.SIGN, consents.answer),
    SendDrill: (Role.TELL, drills.send),
    AnswerDrill: (Role.ACKNOWLEDGE, drills.answer),
    RecordDrillTaken: (None, drills.record_taken),
    BeginReadBackTest: (Role.ACKNOWLEDGE, readbacktests.begin),
    AnswerReadBackTest: (Role.ACKNOWLEDGE, readbacktests.judge),
    ContestCount: ((Role.TELL, Role.SIGN), counting.contest),
    SetRedLine: ((Role.TELL, Role.SIGN), redlines.set_line),
    RemoveRedLine: ((Role.TELL, Role.SIGN), redlines.remove),
    OfferSealKey: (ANY_ROLE, sealing.offer_key),
    SealText: ((Role.TELL, Role.ACKNOWLEDGE, Role.SIGN), sealing.seal_text),
    AssessSharing: (Role.SIGN, misuse.assess),
    WithdrawSharing: ((Role.TELL, Role.SIGN), misuse.withdraw),
    RecordDelivery: (Role.WATCH, misuse.record_delivery),
    RequestExport: (Role.SIGN, misuse.request_export),
    CountersignExport: (Role.SIGN, misuse.countersign),
    ChallengeSite: (Role.TELL, sites.challenge),
    AnswerChallenge: (Role.TELL, sites.answer),
    ReportHarm: ((Role.TELL, Role.SIGN), sites.report_harm),
    ReviewSite: (Role.SIGN, sites.review),
    DeadlinePassed: (None, published(deadlines.pass_deadline)),
    GiveHeartbeat: (ANY_ROLE, liveness.hear),
    SuspendChannel: (Role.SIGN, liveness.suspend),
    ResumeChannel: (Role.SIGN, liveness.resume),
    ReportChannel: (Role.TELL, liveness.report),
    StateHazard: (Role.TELL, liveness.state_hazard),
    GiveAllClear: (Role.TELL, liveness.all_clear),
    TakeShift: (Role.ACKNOWLEDGE, shifts.take),
    OpenIncident: (_SPEAKS, incidents_opened.open_incident),
    NameParties: (_SPEAKS, incidents_opened.name_parties),
    NameSubjects: (_SPEAKS, incidents_opened.name_subjects),
    GiveAccount: (_SPEAKS, accounts.give_account),
    AskQuestion: (_SPEAKS, questions.ask_question),
    StepQuestion: (_SPEAKS, questions.step_question),
    LodgeEvidence: (_SPEAKS, lodged.lodge),
    DiscloseEvidence: (_SPEAKS, lodged.disclose),
    CheckEvidence: (_SPEAKS, lodged.check),
    TransmitResult: (_SPEAKS, inquiries.transmit),
    ReceiptResult: (_SPEAKS, inquiries.receipt),
    SetCeiling: (Role.ADMINISTER, ceilings.set_ceiling),
}
"""For each command the role that it needs, one of several (None: the mechanism itself, or its host
by the command line) and the rule that decides it."""


def decide(picture: Picture, request: Request, context: Context) -> Decision | Repeated:
    """What the request does at the picture's position: entries to append in order, or a refusal.

    A key that was used within the last 24 h gives the first answer again, whatever stands now.
    """
    if request.key is not None:
        outcome = picture.requests.get((request.author.party, request.key))
        if outcome is not None:
            return _repeated(outcome, request)
    role, rule = _RULES[type(request.command)]
    refusal = refuse_authority(picture, request, role)
    refusal = refusal or sealing.refuse_words(picture, request.command, request.author)
    if refusal is not None:
        return refusal
    return rule(picture, request.command, request.author, context)


def role_for(command: type[Command]) -> Role | tuple[Role, ...] | None:
    """The role that a command needs, one of several; None: the mechanism itself, or its host."""
    return _RULES[command][0]


def _repeated(outcome: Outcome, request: Request) -> Repeated | Refusal:
    if outcome.fingerprint != request.fingerprint:
        return refused(
            RefusalKind.CONFLICT,
            "idempotency-key-reused",
            "this key was used for another request; choose a new one",
            field="Idempotency-Key",
            value=request.key,
        )
    return Repeated(outcome)
