"""Who has not been reached, and at which hop: the question that every mechanism failed to ask.

A notice counts when it is *loaded at the unit*, not when it was delivered to the other side.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wideberth.model.ids import NoticeId, PartyId, UnitToken
from wideberth.model.notices import Verb
from wideberth.picture.ladders import furthest_hop
from wideberth.picture.standing import OpenNotice

__all__ = ["Reach", "reach_of", "unreached"]


class Reach(msgspec.Struct, frozen=True):
    """How far one notice has come. furthest: the furthest hop of anybody. waiting: units of the
    distribution list that have not LOADED it; they are opaque tokens (D-04). exits: CANNOT-COMPLY
    and DISPUTED answers stand. held: it cannot close without the presence's owner.
    """

    notice: NoticeId
    number: int
    recipient: PartyId
    issued_us: int
    furthest: Verb | None
    waiting: tuple[UnitToken, ...]
    exits: tuple[Verb, ...]
    held: bool


def reach_of(standing: OpenNotice) -> Reach:
    """How far an open notice has come."""
    verbs = [
        answer.verb
        for answer in standing.answers
        if answer.verb is not Verb.READ_BACK or not answer.differences
    ]
    loaded = standing.loaded_units
    notice = standing.notice
    return Reach(
        notice=notice.id,
        number=notice.number,
        recipient=notice.recipient,
        issued_us=notice.issued_us,
        furthest=furthest_hop(standing),
        waiting=tuple(unit for unit in notice.units if unit not in loaded),
        exits=tuple(
            dict.fromkeys(verb for verb in verbs if verb in (Verb.CANNOT_COMPLY, Verb.DISPUTED))
        ),
        held=bool(notice.held_by),
    )


def unreached(notices: Iterable[OpenNotice], party: PartyId) -> list[Reach]:
    """Open notices that the party sent or received, the oldest first. Every one of them is one
    that somebody who must know has not loaded: an open notice is an unreached one.
    """
    concerned = [
        standing
        for standing in notices
        if party in (standing.notice.sender, standing.notice.recipient)
    ]
    concerned.sort(key=lambda standing: (standing.notice.issued_us, standing.notice.id))
    return [reach_of(standing) for standing in concerned]
