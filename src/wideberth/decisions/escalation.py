"""The rule for a notice that is not answered: the next step of its ladder (D-06).

RECEIVED ends nothing: it holds back the first step only. A notice that was answered and is not
loaded by the end of its ladder, or when what it tells begins, is overdue until it closes.

The neutral is told whom to reach and how urgent it is. What the notice is about it learns only
where it sees that, as it sees everything else.
"""

from __future__ import annotations

from collections.abc import Iterator

from wideberth.decisions.disclosure import may_follow
from wideberth.decisions.outcome import Context
from wideberth.model.deadlines import Due
from wideberth.model.entries import Body
from wideberth.model.ids import IntentId, NoticeId, PartyId
from wideberth.model.ladders import NeutralCalled, NoticeEscalated, Post
from wideberth.model.notices import Notice, ObjectType
from wideberth.picture.ladders import agreed_due_us, hop_of, ladder_for, post_of
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture

__all__ = ["escalate"]


def escalate(picture: Picture, subject: str, due: Due, context: Context) -> tuple[Body, ...]:
    """The step of a notice's ladder that is due: who is told now, and how far it had come."""
    standing = picture.notices[NoticeId(subject)]
    notice = standing.notice
    ladder = ladder_for(picture, notice)
    post = post_of(ladder, due.step)
    sender = notice.sender
    if sender is not None and not may_follow(picture, notice, sender):
        sender = None
    step = NoticeEscalated(
        notice=notice.id,
        recipient=notice.recipient,
        step=due.step,
        due_us=agreed_due_us(ladder, notice, due.step),
        post=post,
        furthest=hop_of(picture, standing),
        sender=sender,
    )
    called = tuple(_called(picture, notice)) if post is Post.NEUTRAL else ()
    return (step, *called)


def _called(picture: Picture, notice: Notice) -> Iterator[NeutralCalled]:
    """One for each neutral that is no side of the notice, in the order of their names; of those
    that its sides agreed on, where they did.
    """
    recipient = picture.parties.get(notice.recipient)
    agreed = _agreed_neutrals(picture, notice)
    for name in sorted(agreed or picture.parties):
        party = picture.parties.get(name)
        if party is None or not party.neutral or name in (notice.recipient, notice.sender):
            continue
        named = _sees_subject(picture, notice, name)
        yield NeutralCalled(
            neutral=name,
            notice=notice.id,
            recipient=notice.recipient,
            urgency=notice.urgency,
            issued_us=notice.issued_us,
            contact=None if recipient is None else recipient.contact,
            subject=notice.subject if named else None,
            sender=notice.sender if named else None,
        )


def _agreed_neutrals(picture: Picture, notice: Notice) -> set[PartyId]:
    """The neutrals of the agreements that apply between the sides of a notice, or that it rests on.

    Who carries the agreement of two parties hears of it first; what they did not agree on with
    another neutral is none of its business.
    """
    cited = {each.agreement for each in notice.under}
    return {
        neutral
        for agreement in picture.agreed.of.get(notice.recipient, ())
        if (neutral := agreement.terms.neutral) is not None
        and (agreement.id in cited or notice.sender in agreement.terms.parties)
        and (known := picture.parties.get(neutral)) is not None
        and known.neutral
    }


def _sees_subject(picture: Picture, notice: Notice, party: PartyId) -> bool:
    """Whether a party sees what the notice is about."""
    if notice.subject is None:
        return False
    if notice.subject.type is ObjectType.ZONE:
        return True
    intent = picture.intents.get(IntentId(notice.subject.id))
    return intent is not None and sees(picture, intent, party)
