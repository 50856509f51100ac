"""What stands of the ladders of open notices, and which step is due next (D-06).

Nothing of it is kept for a notice whose ladder has not begun: the next step follows from when it
was issued, its answers and the ladder in force.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.entries import Entry
from wideberth.model.ids import NoticeId
from wideberth.model.ladders import HOPS, Escalated, Ladder, NeutralCalled, NoticeEscalated, Post
from wideberth.model.notices import Notice, Verb
from wideberth.picture.picture import Picture
from wideberth.picture.standing import OpenNotice
from wideberth.space.time import MINUTE_US

__all__ = [
    "FOLDS",
    "agreed_due_us",
    "escalation_due",
    "furthest_hop",
    "hop_of",
    "ladder_for",
    "post_of",
]

_HEARING_US = MINUTE_US  # between two steps of a ladder that is late, or as agreed if that is less


def ladder_for(picture: Picture, notice: Notice) -> Ladder:
    """The ladder of a notice: what its two sides agreed for its urgency and is applied now; else
    what the rules in force say. One that tells a party of its own flights stays within the party.
    """
    ladder = picture.agreed.ladder(notice) or picture.space.rules.ladder(notice.urgency)
    if notice.conformance is None:
        return ladder
    within = tuple(rung for rung in ladder.rungs if rung.post is not Post.NEUTRAL)
    return Ladder(ladder.urgency, within, ladder.overdue_us)


def furthest_hop(standing: OpenNotice) -> Verb | None:
    """The furthest hop of anybody. A read-back that was off counts for nothing, and so does what
    the sender's own desk typed of a call: nobody holds a ladder back by its own word.
    """
    if not standing.answers:
        return None
    verbs = {
        answer.verb
        for answer in standing.answers
        if (answer.verb is not Verb.READ_BACK or not answer.differences)
        and not (answer.call is not None and answer.call.typed_by == standing.notice.sender)
    }
    return max((verb for verb in HOPS if verb in verbs), key=HOPS.index, default=None)


def hop_of(picture: Picture, standing: OpenNotice) -> Verb | None:
    """How far the recipient has come with what the notice tells: with this notice, or with the
    newest of the same subject, which has taken its place.
    """
    found = furthest_hop(standing)
    notice = standing.notice
    if notice.subject is not None:
        told = picture.told.get(notice.subject.id)
        newest_id = dict(told).get(notice.recipient) if told else None
        newest = None if newest_id is None else picture.notices.get(newest_id)
        if newest is not None and newest is not standing:
            found = max(found, furthest_hop(newest), key=HOPS.index)
    return found


def escalation_due(picture: Picture, subject: str) -> Due | None:
    """The next step of a notice's ladder that is not answered, and when; None: there is none."""
    standing = picture.notices.get(NoticeId(subject))
    if standing is None:
        return None
    notice = standing.notice
    ladder = ladder_for(picture, notice)
    taken = picture.escalations.get(notice.id)
    left = range(len(ladder.rungs)) if taken is None else _left(ladder, taken)
    if left is None:
        return None
    come = HOPS.index(hop_of(picture, standing))
    for step in left:
        if come < HOPS.index(ladder.rungs[step].unless):
            agreed_us = agreed_due_us(ladder, notice, step)
            return Due(step, max(agreed_us, _heard_out_us(ladder, step, taken)))
    if taken is not None and len(ladder.rungs) - 1 not in left:
        return None  # the top was told
    return Due(len(ladder.rungs), agreed_due_us(ladder, notice, len(ladder.rungs)))


def agreed_due_us(ladder: Ladder, notice: Notice, step: int) -> int:
    """When a step was agreed to be taken, whatever stood in the way.

    What was told is to be loaded before it begins, however long the ladder is; where it began
    already, or is over, the ladder's own time stands. What the recipient was shown of it counts.
    """
    if step < len(ladder.rungs):
        return notice.issued_us + ladder.rungs[step].after_us
    end_us = notice.issued_us + ladder.overdue_us
    told = notice.particulars
    if told is None or notice.withdrawal or notice.all_clear or told.start_us <= notice.issued_us:
        return end_us
    return min(end_us, told.start_us)


def _heard_out_us(ladder: Ladder, step: int, taken: Escalated | None) -> int:
    """Until when whoever was told last is left time to answer. Where nothing could be told in time
    (an outage), steps would else be taken in one breath, past people who could not have answered.
    """
    if taken is None or step == 0:
        return 0
    gap_us = ladder.rungs[step].after_us - ladder.rungs[step - 1].after_us
    return taken.time_us + min(gap_us, _HEARING_US)


def _left(ladder: Ladder, taken: Escalated) -> list[int] | None:
    """The steps to posts that were not told yet, of whatever ladder was in force when others were:
    it may have been agreed, suspended or expired since. None: the notice stands as overdue, and
    that it stays until it closes.
    """
    if taken.overdue:
        return None
    told = list(taken.posts)
    left: list[int] = []
    for step, rung in enumerate(ladder.rungs):
        if rung.post in told:
            told.remove(rung.post)
        else:
            left.append(step)
    return left


def post_of(ladder: Ladder, step: int) -> Post | None:
    """Who is told by a step; None: nobody new, the notice is overdue."""
    return ladder.rungs[step].post if step < len(ladder.rungs) else None


def _escalated(picture: Picture, body: NoticeEscalated, entry: Entry, position: int) -> None:
    before = picture.escalations.get(body.notice)
    posts = before.posts if before is not None else ()
    picture.escalations[body.notice] = Escalated(
        step=body.step + 1,
        time_us=entry.time_us,
        posts=posts if body.post is None else (*posts, body.post),
        neutrals=before.neutrals if before is not None else (),
        overdue=body.post is None,
    )
    picture.note_due(DeadlineKind.ESCALATION, body.notice, escalation_due(picture, body.notice))
    if picture.history is not None:
        picture.history.note_object(body.notice, position)
        for party in dict.fromkeys((body.recipient, body.sender)):
            if party is not None:
                picture.history.note_stream(party, position)


def _neutral_called(picture: Picture, body: NeutralCalled, _entry: Entry, position: int) -> None:
    standing = picture.escalations.get(body.notice)
    if standing is not None:
        picture.escalations[body.notice] = Escalated(
            standing.step,
            standing.time_us,
            standing.posts,
            (*standing.neutrals, body.neutral),
            standing.overdue,
        )
    if picture.history is not None:
        picture.history.note_stream(body.neutral, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    NoticeEscalated: _escalated,
    NeutralCalled: _neutral_called,
}
