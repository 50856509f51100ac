"""Who has read a STOP, and to whom it is repeated while nobody has (L-02, L-03).

Only a person's word counts: that it was delivered, or taken by a program, is known elsewhere and
says nothing here. The times follow from the record.
"""

from __future__ import annotations

import msgspec

from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.ladders import Post
from wideberth.model.stops import Form
from wideberth.space.time import MINUTE_US, SECOND_US

__all__ = [
    "AT_ONCE",
    "READ_WITHIN_US",
    "REPEATED_FORMS",
    "STOP_RUNGS",
    "AcknowledgeStop",
    "StopAcknowledged",
    "StopRead",
    "StopRepeated",
    "StopStep",
    "first_rung",
    "posts_told",
]

READ_WITHIN_US = 60 * SECOND_US
"""By when a person is to have read it: L-02."""

AT_ONCE = (Post.DUTY, Post.ALTERNATE)
"""Who at each party is told at the same time, as it is sent: L-02."""

STOP_RUNGS: tuple[tuple[int, Post | None], ...] = (
    (2 * MINUTE_US, Post.SENIOR),
    (5 * MINUTE_US, Post.NEUTRAL),
    (10 * MINUTE_US, Post.POLITICAL),
    (15 * MINUTE_US, None),
)
"""After how long it is repeated, and to whom besides; None: to all of them once more.

D-06's times for a hazard in force [P]; the alternate, its first rung, is told as it is sent."""

REPEATED_FORMS = (Form.STOP, Form.OUR_ERROR)
"""What climbs by itself. A DOUBT waits for its answer, and is named with its item."""


def first_rung(count: int) -> int:
    """With which rung the STOP begins that is the count-th of its place: each repetition is told
    one level higher at once (L-03).
    """
    return min(count - 1, len(STOP_RUNGS) - 1)


def posts_told(count: int, step: int) -> tuple[Post, ...]:
    """Who was told, once so many rungs (step, from the bottom) were taken or left out."""
    taken = STOP_RUNGS[: max(step, first_rung(count))]
    return (*AT_ONCE, *(post for _, post in taken if post is not None))


class AcknowledgeStop(msgspec.Struct, frozen=True, tag=True):
    """Somebody at a post of the author's party has read a STOP."""

    stop: str
    post: Post


class StopAcknowledged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A person has read a STOP, after_us from when it was sent. sender: whose STOP it is."""

    stop: str
    party: PartyId
    post: Post
    sender: PartyId
    after_us: int


class StopRepeated(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A STOP that nobody at these parties has read was told to them again.

    step: counts the rungs from 0; due_us: when it was due; post: who is told besides those of
    before, None: all of them once more. neutrals: who are asked to reach the parties.
    """

    stop: str
    sender: PartyId
    step: int
    due_us: int
    parties: tuple[PartyId, ...]
    post: Post | None = None
    neutrals: tuple[PartyId, ...] = ()


class StopStep(msgspec.Struct, frozen=True, gc=False):
    """What stands of a STOP. count: which one of its place it is; step: the next rung; told_us: of
    the last one; first_us: from sending to the first person who read it, anywhere. unit: who of
    the sender's told it; to_units: by party, which units it went to.
    """

    count: int = 1
    step: int = 0
    told_us: int | None = None
    first_us: int | None = None
    unit: UnitToken | None = None
    to_units: tuple[tuple[PartyId, tuple[UnitToken, ...]], ...] = ()


class StopRead(msgspec.Struct, frozen=True, gc=False):
    """That a party has read a STOP: posts, in order, the first of them after_us from sending."""

    after_us: int
    posts: tuple[Post, ...]
