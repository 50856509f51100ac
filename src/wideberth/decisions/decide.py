"""decide: a command on a picture gives entries, or a refusal in words. Pure.

No clock, no I/O, no randomness: time and ids come in the context. A refusal changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.decisions import checks, intents, notices, parties, subscriptions, warnings, zones
from wideberth.decisions.authority import refuse_authority
from wideberth.decisions.outcome import Context, Decision, Repeated, refused
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
    RegisterParty,
    ReleaseNotice,
    Request,
    RevokeKey,
    SubmitIntent,
    WithdrawZone,
    WorsenWarning,
)
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Outcome, Picture

__all__ = ["decide"]

_RULES: dict[type[Command], Callable[[Picture, Any, Author, Context], Decision]] = {
    OpenSpace: parties.open_space,
    AdoptRules: parties.adopt_rules,
    RegisterParty: parties.register_party,
    EnrolKey: parties.enrol_key,
    RevokeKey: parties.revoke_key,
    SubmitIntent: intents.submit,
    AmendIntent: intents.amend,
    ChangeIntentState: intents.change_state,
    DeclareZone: zones.declare,
    WithdrawZone: zones.withdraw,
    OpenSubscription: subscriptions.open_subscription,
    CloseSubscription: subscriptions.close_subscription,
    AcknowledgeNotice: notices.acknowledge,
    ReleaseNotice: notices.release,
    RaiseWarning: warnings.raise_warning,
    WorsenWarning: warnings.worsen,
    ClearWarning: warnings.clear,
    RecordCheck: checks.record_check,
    RecordSegment: warnings.record_segment,
}


def decide(picture: Picture, request: Request, context: Context) -> Decision | Repeated:
    """What the request does at the picture's position: entries to append in order, or a refusal.

    A key that was used within the last 24 h gives the first answer again, whatever stands now.
    """
    if request.key is not None:
        outcome = picture.requests.get((request.author.party, request.key))
        if outcome is not None:
            return _repeated(outcome, request)
    refusal = refuse_authority(picture, request)
    if refusal is not None:
        return refusal
    return _RULES[type(request.command)](picture, request.command, request.author, context)


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
