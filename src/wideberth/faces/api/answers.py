"""What a write is answered with, made of the entries that it became.

The same code answers the first time, a retry, and the question what became of a request, so that
all three say the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from wideberth.faces.api import told, views
from wideberth.faces.api.agreements_seen import ANSWERS
from wideberth.faces.api.counting import ANSWERS as COUNTING_ANSWERS
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.doubts import ANSWERS as DOUBT_ANSWERS
from wideberth.faces.api.drills import ANSWERS as DRILL_ANSWERS
from wideberth.faces.api.incidents_seen import ANSWERS as INCIDENT_ANSWERS
from wideberth.faces.api.past import intent_as_of, stepped
from wideberth.faces.api.readbacktests import ANSWERS as TEST_ANSWERS
from wideberth.faces.api.sealed_texts import ANSWERS as SEALED_ANSWERS
from wideberth.faces.api.sites import ANSWERS as SITE_ANSWERS
from wideberth.faces.api.stops_seen import stop_read_answer
from wideberth.faces.api.watchkeeping_seen import SAID, avoiding_said
from wideberth.model.accounts import AccountGiven
from wideberth.model.agreements import AgreementProposed
from wideberth.model.avoiding import AvoidingSuggested, AvoidingWithheld
from wideberth.model.consents import ConsentAsked
from wideberth.model.counting import CountContested
from wideberth.model.doubts import DoubtRaised
from wideberth.model.drills import DrillAnswered, DrillSent
from wideberth.model.entries import (
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    KeyEnrolled,
    KeyRevoked,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    SubscriptionClosed,
    SubscriptionOpened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import PartyId
from wideberth.model.incidents import IncidentOpened
from wideberth.model.inquiries import ResultTransmitted
from wideberth.model.intents import FieldChange, Intent
from wideberth.model.lodged import EvidenceLodged
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE, Clash
from wideberth.model.questions import QuestionAsked
from wideberth.model.readbacktests import ReadBackTestBegun
from wideberth.model.sealed import SealKeyOffered, TextSealed
from wideberth.model.stop_reads import StopAcknowledged
from wideberth.model.stops import StopTold
from wideberth.service import Applied
from wideberth.space.time import format_rfc3339

__all__ = ["CREATED", "answer_to", "encodable"]

CREATED = (
    IntentAccepted,
    ZoneDeclared,
    SubscriptionOpened,
    NoticeAcknowledged,
    KeyEnrolled,
    AgreementProposed,
    ConsentAsked,
    StopAcknowledged,
    DoubtRaised,
    IncidentOpened,
    AccountGiven,
    QuestionAsked,
    EvidenceLodged,
    ResultTransmitted,
    CountContested,
    DrillSent,
    DrillAnswered,
    ReadBackTestBegun,
    SealKeyOffered,
    TextSealed,
)
"""What a 201 stands for; everything else is a 200."""


def encodable(desk: Desk, version: Any) -> Any:
    """A version of an intent as kept JSON; typed as the wire struct that it is."""
    return desk.intent_bytes(version)


async def answer_to(
    desk: Desk, applied: Applied, party: PartyId, *, stood: Intent | None = None
) -> Any:
    """The answer to the party whose request it was. stood: the intent that the request was about,
    as it stood before, where that is known; else it is looked up where it is needed.
    """
    body = applied.entries[0].body
    if type(body) is IntentStateChanged:
        return await _intent_stepped(desk, applied, party, stood)
    return await _ANSWERS[type(body)](desk, applied, party)


def _where(applied: Applied) -> dict[str, Any]:
    return {"position": applied.position, "time": format_rfc3339(applied.entries[0].time_us)}


def _told_back(desk: Desk, applied: Applied, party: PartyId) -> dict[str, Any]:
    """The clashes and the ids of the notices that went to the party itself. Those to others would
    tell how many there are of what it may not see.
    """
    ids: list[str] = []
    seen: list[Clash] = []
    for entry in applied.entries:
        if isinstance(entry.body, NoticeIssued) and entry.body.notice.recipient == party:
            ids.append(entry.body.notice.id)
            seen.extend(entry.body.notice.clashes)
    return {"clashes": views.clashes(seen, desk.contacts), "notices": ids}


def _late_under(desk: Desk, applied: Applied, party: PartyId) -> list[told.RelianceOut]:
    """What agreements ask for that it was told too late for, as the party's own notice has it."""
    late = [
        each
        for entry in applied.entries
        if isinstance(entry.body, NoticeIssued) and entry.body.notice.recipient == party
        for each in entry.body.notice.under
        if each.late
    ]
    return views.reliances(desk.picture, party, late)


async def _intent_told(desk: Desk, applied: Applied, party: PartyId) -> told.IntentTold:
    body = applied.entries[0].body
    assert isinstance(body, IntentAccepted | IntentAmended)
    changes = views.changes(body.changes) if isinstance(body, IntentAmended) else None
    return told.IntentTold(
        intent=encodable(desk, body.intent),
        changes=changes,
        late_under=_late_under(desk, applied, party),
        **_told_back(desk, applied, party),
        **_where(applied),
    )


async def _intent_stepped(
    desk: Desk, applied: Applied, party: PartyId, stood: Intent | None
) -> told.IntentTold:
    body = applied.entries[0].body
    assert isinstance(body, IntentStateChanged)
    version = desk.picture.intents.get(body.intent)
    if stood is not None and (stood.id, stood.version + 1) == (body.intent, body.version):
        version = stepped(stood, body)
    elif version is None or version.version != body.version:
        version = await intent_as_of(desk.service, body.intent, applied.position)
    step = FieldChange("state", body.before.value, body.state.value)
    return told.IntentTold(
        intent=encodable(desk, version),
        changes=views.changes((step,)),
        **_told_back(desk, applied, party),
        **_where(applied),
    )


async def _zone_told(desk: Desk, applied: Applied, party: PartyId) -> told.ZoneTold:
    body = applied.entries[0].body
    assert isinstance(body, ZoneDeclared)
    return told.ZoneTold(
        zone=views.zone(body.zone), **_told_back(desk, applied, party), **_where(applied)
    )


async def _withdrawn(_desk: Desk, applied: Applied, _party: PartyId) -> told.Withdrawn:
    match applied.entries[0].body:
        case ZoneWithdrawn(zone=name):
            return told.Withdrawn(id=name, **_where(applied))
        case SubscriptionClosed(subscription=name):
            return told.Withdrawn(id=name, **_where(applied))
        case KeyRevoked(key_id=name):
            return told.Withdrawn(id=name, **_where(applied))
        case other:
            raise AssertionError(f"nothing was withdrawn by {type(other).__name__}")


async def _subscribed(_desk: Desk, applied: Applied, _party: PartyId) -> told.SubscriptionTold:
    body = applied.entries[0].body
    assert isinstance(body, SubscriptionOpened)
    return told.SubscriptionTold(
        subscription=views.subscription(body.subscription, 0), **_where(applied)
    )


async def _acknowledged(_desk: Desk, applied: Applied, _party: PartyId) -> told.Acknowledged:
    body = applied.entries[0].body
    assert isinstance(body, NoticeAcknowledged)
    answer = views.acknowledgement(body.acknowledgement)
    return told.Acknowledged(
        acknowledgement=answer,
        understood=views.understood(body.acknowledgement),
        differences=answer.differences,
        closed=list(body.closes),
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        **_where(applied),
    )


async def _released(_desk: Desk, applied: Applied, _party: PartyId) -> told.Released:
    body = applied.entries[0].body
    assert isinstance(body, NoticeReleased)
    return told.Released(notice=body.notice, closed=list(body.closes), **_where(applied))


async def _stop_told(desk: Desk, applied: Applied, _party: PartyId) -> told.StopSent:
    body = applied.entries[0].body
    assert isinstance(body, StopTold)
    stop = body.stop
    return told.StopSent(
        id=stop.id,
        identified=stop.identified,
        sent=format_rfc3339(stop.sent_us),
        sent_to=None,
        of=len(set(desk.picture.parties) - {stop.sender}),
        kept=True,
        recorded=True,
        doubts=stop.doubts,
        position=applied.position,
    )


async def _key_told(_desk: Desk, applied: Applied, _party: PartyId) -> told.KeyTold:
    body = applied.entries[0].body
    assert isinstance(body, KeyEnrolled)
    return told.KeyTold(key=views.key(body.key, own=True), **_where(applied))


async def _said(_desk: Desk, applied: Applied, _party: PartyId) -> told.SaidOut:
    return told.SaidOut(kind=type(applied.entries[0].body).__name__, **_where(applied))


_ANSWERS: dict[type, Callable[[Desk, Applied, PartyId], Awaitable[Any]]] = {
    IntentAccepted: _intent_told,
    IntentAmended: _intent_told,
    ZoneDeclared: _zone_told,
    ZoneWithdrawn: _withdrawn,
    SubscriptionOpened: _subscribed,
    SubscriptionClosed: _withdrawn,
    NoticeAcknowledged: _acknowledged,
    NoticeReleased: _released,
    KeyEnrolled: _key_told,
    StopTold: _stop_told,
    StopAcknowledged: stop_read_answer,
    KeyRevoked: _withdrawn,
    **SITE_ANSWERS,
    **DOUBT_ANSWERS,
    **INCIDENT_ANSWERS,
    **COUNTING_ANSWERS,
    **DRILL_ANSWERS,
    **TEST_ANSWERS,
    **SEALED_ANSWERS,
    AvoidingSuggested: avoiding_said,
    AvoidingWithheld: avoiding_said,
    **dict.fromkeys(SAID, _said),
    **ANSWERS,
}
