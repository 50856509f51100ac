"""The rules for heartbeats, suspensions and the status of hazards (D-07, D-11, L-05, N-18).

A word changes what is known; silence takes it back to "unknown", and to nothing better. ALL-CLEAR
is a signed notice of the hazard's own party, read back like any other.
"""

from __future__ import annotations

from wideberth.decisions.doubts import refuse_all_clear
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.calls import CallMissed
from wideberth.model.channels import ChannelState
from wideberth.model.deadlines import Due
from wideberth.model.entries import Body, NoticeIssued
from wideberth.model.ids import IntentId, NoticeId, PartyId
from wideberth.model.liveness import (
    AllClearGiven,
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    GiveAllClear,
    GiveHeartbeat,
    HazardStated,
    HazardUnheard,
    HazardWatch,
    HeartbeatGiven,
    HeartbeatMissed,
    ReportChannel,
    ResumeChannel,
    StateHazard,
    SuspendChannel,
)
from wideberth.model.nearest import no_such_party
from wideberth.model.notices import Notice, ObjectRef, ObjectType, Urgency
from wideberth.model.parties import Author, How
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.calls import call_of
from wideberth.picture.limits import is_shown_in_part
from wideberth.picture.picture import Picture

__all__ = [
    "all_clear",
    "call_passed",
    "hazard_passed",
    "hear",
    "heartbeat_passed",
    "report",
    "resume",
    "state_hazard",
    "suspend",
]

_REPORTED = (ChannelState.DOWN, ChannelState.REFUSED)


def hear(picture: Picture, command: GiveHeartbeat, author: Author, context: Context) -> Decision:
    """A heartbeat, at any time. From the first one on the next is waited for."""
    before = picture.channels.get(author.party)
    up = (ChannelState.UP, ChannelState.DEGRADED, ChannelState.SUSPENDED)
    first = before is None or before.state not in up
    return Accepted((HeartbeatGiven(author.party, command.degraded, first),))


def suspend(
    picture: Picture, command: SuspendChannel, author: Author, context: Context
) -> Decision:
    """A suspension, or another scope and time of the one that stands."""
    return _unsigned("a suspension", author) or Accepted(
        (ChannelSuspended(author.party, command.scope, command.reason, command.for_minutes),)
    )


def resume(picture: Picture, command: ResumeChannel, author: Author, context: Context) -> Decision:
    """The end of a suspension."""
    standing = picture.channels.get(author.party)
    if standing is None or standing.state is not ChannelState.SUSPENDED:
        return refused(RefusalKind.CONFLICT, "not-suspended", "your channel is not suspended")
    return _unsigned("the end of a suspension", author) or Accepted((ChannelResumed(author.party),))


def report(picture: Picture, command: ReportChannel, author: Author, context: Context) -> Decision:
    """What one party found of another's channel: its word alone, and shown as that."""
    if command.about not in picture.parties:
        advice = no_such_party(command.about, picture.parties)
        return refused(RefusalKind.UNKNOWN, "no-such-party", advice, field="about")
    if command.about == author.party:
        return refused(
            RefusalKind.UNKNOWN, "no-such-party", "name another party, not your own", field="about"
        )
    if command.state not in _REPORTED:
        return refused(
            RefusalKind.INVALID,
            "channel-state",
            "report DOWN or REFUSED; the rest a party says of itself",
            field="state",
            value=command.state.value,
        )
    return Accepted((ChannelReported(author.party, command.about, command.state, command.reason),))


def state_hazard(
    picture: Picture, command: StateHazard, author: Author, context: Context
) -> Decision:
    """The status of a hazard that is not over."""
    hazard = _own(picture, command.intent, author)
    if isinstance(hazard, Refusal):
        return hazard
    if hazard.over:
        return refused(
            RefusalKind.CONFLICT, "hazard-over", "it ended; what is left to say is ALL-CLEAR"
        )
    return Accepted((HazardStated(author.party, command.intent, command.status),))


def all_clear(
    picture: Picture, command: GiveAllClear, author: Author, context: Context
) -> Decision:
    """That a hazard is over and clear: a notice to whoever was told of it."""
    hazard = _own(picture, command.intent, author)
    if isinstance(hazard, Refusal):
        return hazard
    if not hazard.over:
        return refused(
            RefusalKind.CONFLICT,
            "hazard-stands",
            "end the hazard first; while it stands it is not clear",
            field="intent",
            value=command.intent,
        )
    refusal = _unsigned("ALL-CLEAR", author) or refuse_all_clear(picture, hazard.intent)
    if refusal is not None:
        return refusal
    told = [each for each in hazard.informed if each != hazard.party]
    issued = [NoticeIssued(_clearing(picture, hazard, each, context)) for each in told]
    return Accepted((AllClearGiven(author.party, command.intent), *issued))


def heartbeat_passed(
    picture: Picture, subject: str, due: Due, context: Context
) -> tuple[Body, ...]:
    """A heartbeat that did not come: the channel's state is unknown."""
    return (HeartbeatMissed(PartyId(subject), due.step, due.due_us),)


def call_passed(picture: Picture, subject: str, due: Due, context: Context) -> tuple[Body, ...]:
    """A call that was agreed did not come: who agreed on it is told, and nobody else."""
    call = call_of(picture, subject)
    assert call is not None, "what is due has a call"
    agreement = picture.agreements[call.agreement, call.version]
    concerned = agreement.terms.concerned
    return (CallMissed(call.agreement, call.version, call.party, due.step, due.due_us, concerned),)


def hazard_passed(picture: Picture, subject: str, due: Due, context: Context) -> tuple[Body, ...]:
    """A status that did not come, or the end of a hazard's time: unknown, and never clear."""
    hazard = picture.hazards[IntentId(subject)]
    ended = due.due_us >= hazard.end_us
    return (HazardUnheard(hazard.party, hazard.intent, due.step, due.due_us, ended),)


def _clearing(
    picture: Picture, hazard: HazardWatch, recipient: PartyId, context: Context
) -> Notice:
    party = picture.parties.get(recipient)
    # Who is shown a part of what this party tells may not have been told them.
    whole = not is_shown_in_part(picture, recipient, owner=hazard.party)
    latest = dict(picture.told.get(hazard.intent) or ()).get(recipient)
    return Notice(
        id=NoticeId(context.new_id()),
        number=(picture.notice_counts.get(recipient) or 0) + 1,
        recipient=recipient,
        sender=hazard.party,
        urgency=Urgency.ROUTINE,
        issued_us=context.now_us,
        subject=ObjectRef(ObjectType.INTENT, hazard.intent, hazard.version),
        particulars=hazard.particulars if whole else None,
        units=party.units if party is not None else (),
        supersedes=() if latest is None else (latest,),
        all_clear=True,
        salt=context.new_id(),
    )


def _own(picture: Picture, intent: IntentId, author: Author) -> HazardWatch | Refusal:
    hazard = picture.hazards.get(intent)
    if hazard is None or hazard.party != author.party:
        return refused(
            RefusalKind.UNKNOWN, "no-such-hazard", "no hazard of yours waits for a word under it"
        )
    return hazard


def _unsigned(words: str, author: Author) -> Refusal | None:
    if author.how is not How.ATTESTED:
        return None
    return refused(
        RefusalKind.FORBIDDEN, "signature-required", f"sign {words} with a key of this party"
    )
