"""What stands of drill messages, and when the next one of each provision is due (X-01).

A version that begins to be applied plans its first drill; one that no longer is, plans none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.model.agreements import Agreement
from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.drills import (
    DRILL_LIFE_US,
    Drill,
    DrillAnswered,
    DrillHop,
    DrillMissed,
    DrillPlan,
    DrillPlanned,
    DrillSent,
    DrillTaken,
)
from wideberth.model.entries import Entry
from wideberth.model.ids import AgreementId, DrillId, PartyId
from wideberth.model.provisions import Drills
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US, SECOND_US

__all__ = [
    "FOLDS",
    "asked_by",
    "drill_due",
    "follow_drills",
    "forget_drill",
    "next_start_us",
    "plan_due",
    "plan_of",
    "plans",
]

_replace = msgspec.structs.replace


def next_start_us(asked: Drills, after_us: int) -> int:
    """The first time of day that was agreed, after a time. UTC.

    >>> next_start_us(Drills(id="d", every_days=7, at_s=3600), 3_600_000_000) // 3_600_000_000
    25
    """
    start_us = after_us // DAY_US * DAY_US + asked.at_s * SECOND_US
    return start_us if start_us > after_us else start_us + DAY_US


def drill_due(picture: Picture, subject: str) -> Due | None:
    """Until when a drill is answered; None: it was, or was missed already."""
    drill = picture.drills.get(DrillId(subject))
    if drill is None or drill.missed_us is not None or not drill.missing:
        return None
    return Due(0, drill.sent.answer_by_us)


def plans(picture: Picture) -> list[str]:
    """What deadlines of plans are of."""
    return [_subject(picture.drill_plans[each]) for each in picture.drill_plans]


def plan_of(picture: Picture, subject: str) -> DrillPlan | None:
    """The plan that deadlines of this subject are of."""
    agreement, _, provision = subject.partition("/")
    return picture.drill_plans.get((AgreementId(agreement), provision))


def plan_due(picture: Picture, subject: str) -> Due | None:
    """When a provision's next window opens, or the moment that was drawn in it comes."""
    plan = plan_of(picture, subject)
    if plan is None:
        return None
    return Due(plan.step, plan.start_us if plan.at_us is None else plan.at_us)


def asked_by(picture: Picture, plan: DrillPlan) -> tuple[Agreement, Drills] | None:
    """The version that is applied and its provision; None: neither is any more."""
    for agreement, asked in picture.agreed.drills.get(plan.agreement, ()):
        if asked.id == plan.provision:
            return agreement, asked
    return None


def follow_drills(picture: Picture, agreement: Agreement) -> None:
    """A version stands as it does now: its drills are planned, or no longer."""
    wanted = {asked.id: asked for _, asked in picture.agreed.drills.get(agreement.id, ())}
    for name in list(picture.drill_plans):
        if name[0] == agreement.id and name[1] not in wanted:
            picture.drill_plans.pop(name, None)
    for provision, asked in wanted.items():
        if (agreement.id, provision) not in picture.drill_plans:
            start_us = next_start_us(asked, picture.time_us)
            _put(picture, DrillPlan(agreement.id, provision, 0, start_us))


def forget_drill(picture: Picture, object_id: str) -> None:
    """A result that is no longer listed."""
    picture.drills.pop(DrillId(object_id), None)


def _put(picture: Picture, plan: DrillPlan) -> None:
    picture.drill_plans[plan.agreement, plan.provision] = plan
    if picture.due is not None:
        subject = _subject(plan)
        picture.note_due(DeadlineKind.DRILL_PLAN, subject, plan_due(picture, subject))


def _subject(plan: DrillPlan) -> str:
    return f"{plan.agreement}/{plan.provision}"


def _note(picture: Picture, drill: DrillId, parties: tuple[PartyId, ...], position: int) -> None:
    if picture.history is not None:
        picture.history.note_object(drill, position)
        for party in dict.fromkeys(parties):
            picture.history.note_stream(party, position)


def _sent(picture: Picture, body: DrillSent, entry: Entry, position: int) -> None:
    picture.drills[body.drill] = Drill(body, entry.time_us)
    picture.expire_at(entry.time_us + DRILL_LIFE_US, "drill", body.drill)
    if picture.due is not None:
        picture.note_due(DeadlineKind.DRILL, body.drill, drill_due(picture, body.drill))
    _note(picture, body.drill, (body.recipient,), position)


def _taken(picture: Picture, body: DrillTaken, entry: Entry, position: int) -> None:
    drill = picture.drills.get(body.drill)
    if drill is not None:
        picture.drills[body.drill] = _replace(drill, taken=(body.medium, entry.time_us))
    _note(picture, body.drill, (), position)


def _answered(picture: Picture, body: DrillAnswered, entry: Entry, position: int) -> None:
    drill = picture.drills.get(body.drill)
    if drill is not None:
        hop = DrillHop(body.verb, entry.time_us, body.unit, body.channel)
        picture.drills[body.drill] = _replace(drill, hops=(*drill.hops, hop))
    _note(picture, body.drill, body.seen_by, position)


def _missed(picture: Picture, body: DrillMissed, entry: Entry, position: int) -> None:
    drill = picture.drills.get(body.drill)
    if drill is not None:
        picture.drills[body.drill] = _replace(drill, missed_us=entry.time_us)
    _note(picture, body.drill, body.seen_by, position)


def _planned(picture: Picture, body: DrillPlanned, _entry: Entry, _position: int) -> None:
    if (body.agreement, body.provision) in picture.drill_plans:
        plan = DrillPlan(body.agreement, body.provision, body.number, body.start_us, body.at_us)
        _put(picture, plan)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    DrillSent: _sent,
    DrillTaken: _taken,
    DrillAnswered: _answered,
    DrillMissed: _missed,
    DrillPlanned: _planned,
}
