"""Ladders of escalation: who at a party is told when nobody answers, and after how long (D-06).

Rungs name posts, never people: any on-duty holder of the post may answer (D-05). A rung is left
out where the notice has come as far as was agreed for it; RECEIVED holds back the first only.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.notices import ObjectRef, Urgency, Verb
from wideberth.model.provisions import Acknowledging
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US

__all__ = [
    "DEFAULT_LADDERS",
    "HOPS",
    "Escalated",
    "Ladder",
    "NeutralCalled",
    "NoticeEscalated",
    "Post",
    "Rung",
    "agreed_ladder",
]

HOPS = (None, Verb.RECEIVED, Verb.READ_BACK, Verb.PASSED_DOWN, Verb.LOADED)
"""How far a notice has come; None: nobody has answered at all."""


class Post(StrEnum):
    """Who at a party is told, from the desk up. The neutral is a party of its own."""

    DUTY = "duty"
    ALTERNATE = "alternate"
    SENIOR = "senior"
    NEUTRAL = "neutral"
    POLITICAL = "political"


class Rung(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step: after_us from the issue of the notice, post is told, unless the notice has come as
    far as the hop unless.
    """

    after_us: int
    post: Post
    unless: Verb


class Ladder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The steps for notices of one urgency; the duty desk is told at once. overdue_us: from the
    issue; a notice that was answered, and is still not loaded then, is overdue.
    """

    urgency: Urgency
    rungs: tuple[Rung, ...]
    overdue_us: int


_ALTERNATE_UNLESS, _SENIOR_UNLESS, _BEYOND_UNLESS = Verb.RECEIVED, Verb.READ_BACK, Verb.PASSED_DOWN


def _ladder(urgency: Urgency, unit_us: int, *after: int) -> Ladder:
    posts = (Post.ALTERNATE, Post.SENIOR, Post.NEUTRAL, Post.POLITICAL)
    unless = (_ALTERNATE_UNLESS, _SENIOR_UNLESS, _BEYOND_UNLESS, _BEYOND_UNLESS)
    rungs = tuple(
        Rung(count * unit_us, post, hop)
        for count, post, hop in zip(after, posts, unless, strict=False)
    )
    return Ladder(urgency, rungs, after[-1] * unit_us)


DEFAULT_LADDERS = (
    _ladder(Urgency.IMMEDIATE, MINUTE_US, 2, 5, 10, 15),  # D-06 [P]: hazard in force
    _ladder(Urgency.PROMPT, MINUTE_US, 10, 30, 60, 120),
    _ladder(Urgency.ROUTINE, HOUR_US, 4, 12, 24),  # D-06 [P]: routine
)
"""What holds where the rules, or an agreement, say nothing else."""


_UNLESS = {
    Post.DUTY: _ALTERNATE_UNLESS,
    Post.ALTERNATE: _ALTERNATE_UNLESS,
    Post.SENIOR: _SENIOR_UNLESS,
    Post.NEUTRAL: _BEYOND_UNLESS,
    Post.POLITICAL: _BEYOND_UNLESS,
}
"""Which hop holds a post back: the same as on the ladders that nobody agreed."""


def agreed_ladder(urgency: Urgency, agreed: Iterable[Acknowledging]) -> Ladder:
    """The ladder of what was agreed for one urgency, one or more: the soonest step to each post.

    The soonest deadline for an answer is a step to the duty desk, where none comes as soon.
    """
    soonest: dict[Post, int] = {}
    within_us: list[int] = []
    for each in agreed:
        within_us.append(each.within_s * SECOND_US)
        for step in each.ladder:
            post, after_us = Post(step.to.value), step.after_s * SECOND_US
            soonest[post] = min(after_us, soonest.get(post, after_us))
    first_us = min(within_us)
    if all(after_us > first_us for after_us in soonest.values()):
        soonest[Post.DUTY] = first_us
    order = list(Post)
    rungs = tuple(
        Rung(after_us, post, _UNLESS[post])
        for post, after_us in sorted(
            soonest.items(), key=lambda each: (each[1], order.index(each[0]))
        )
    )
    return Ladder(urgency, rungs, max(first_us, rungs[-1].after_us))


class NoticeEscalated(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A step of a notice's ladder was taken, or it is overdue (post: None: nobody new is told).

    step: counts the ladder's steps from 0. furthest: how far the notice had come, None: nobody has
    answered. due_us: when the step was due. sender: None where it may not follow the notice.
    """

    notice: NoticeId
    recipient: PartyId
    step: int
    due_us: int
    post: Post | None = None
    furthest: Verb | None = None
    sender: PartyId | None = None


class NeutralCalled(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A neutral is asked to reach the recipient of a notice. subject, sender: only where the
    neutral sees what the notice is about. contact: of the recipient.
    """

    neutral: PartyId
    notice: NoticeId
    recipient: PartyId
    urgency: Urgency
    issued_us: int
    contact: str | None = None
    subject: ObjectRef | None = None
    sender: PartyId | None = None


class Escalated(msgspec.Struct, frozen=True, gc=False):
    """What stands of an open notice's ladder. step: the next to be taken; posts: told so far, in
    order; time_us: of the last step; neutrals: who carry it; overdue: answered, and not loaded.
    """

    step: int
    time_us: int
    posts: tuple[Post, ...] = ()
    neutrals: tuple[PartyId, ...] = ()
    overdue: bool = False
