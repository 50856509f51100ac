"""Where a notice stands on its ladder, and the steps of it on streams, as a party may see them."""

from __future__ import annotations

from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Desk
from wideberth.model.ids import PartyId
from wideberth.model.ladders import NeutralCalled, NoticeEscalated
from wideberth.picture.ladders import escalation_due, ladder_for, post_of
from wideberth.picture.picture import Picture
from wideberth.picture.standing import OpenNotice
from wideberth.service import StreamEvent
from wideberth.space.time import format_rfc3339

__all__ = ["SILENCE", "called", "escalated", "escalation_seen"]

SILENCE = "No answer is not consent; nothing becomes permitted, safe or closed by silence."
"""L-09, with everything that says that somebody did not answer."""


def escalation_seen(picture: Picture, standing: OpenNotice) -> told.EscalationOut:
    """Where an open notice stands on its ladder."""
    taken = picture.escalations.get(standing.notice.id)
    due = escalation_due(picture, standing.notice.id)
    return told.EscalationOut(
        posts=[] if taken is None else list(taken.posts),
        since=None if taken is None else format_rfc3339(taken.time_us),
        overdue=taken is not None and taken.overdue,
        next=None if due is None else post_of(ladder_for(picture, standing.notice), due.step),
        at=None if due is None else format_rfc3339(due.due_us),
    )


async def escalated(
    _desk: Desk, event: StreamEvent, _party: PartyId
) -> tuple[str, told.EscalationEvent]:
    """A step of a ladder, to the recipient of the notice and to who follows it."""
    body = event.entry.body
    assert isinstance(body, NoticeEscalated)
    return "escalation", told.EscalationEvent(
        notice=body.notice,
        recipient=body.recipient,
        step=body.step,
        due=format_rfc3339(body.due_us),
        post=body.post,
        furthest=body.furthest,
        sentence=SILENCE,
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )


async def called(desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, told.CalledEvent]:
    """What a neutral is asked to carry."""
    body = event.entry.body
    assert isinstance(body, NeutralCalled)
    return "called", told.CalledEvent(
        notice=body.notice,
        recipient=body.recipient,
        urgency=body.urgency,
        issued=format_rfc3339(body.issued_us),
        contact=None if body.contact is None else views.contact(body.contact, desk.contacts),
        subject=views.object_ref(body.subject),
        sender=body.sender,
        sentence=SILENCE,
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )
