"""One event of a party's stream, made of the entry that it stands for: everything a stream says of
the record is said here.

Each party's stream is made by the fold (:mod:`wideberth.picture.history`), which decides *that*
something is said to it; this decides *what*, by the same rules as every other answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from wideberth.faces.api import (
    agreements_seen,
    counting,
    doubts_seen,
    drills,
    escalations_seen,
    incidents_seen,
    loads,
    publications_seen,
    sealed_texts,
    shared_seen,
    sites_seen,
    told,
    views,
    watchkeeping_seen,
)
from wideberth.faces.api.answers import encodable
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.past import intent_as_of
from wideberth.faces.api.stops_seen import (
    as_told,
    stop_read,
    stop_recorded,
    stop_repeated,
    stop_units,
)
from wideberth.faces.api.warnings_seen import warning_seen_live
from wideberth.model.entries import (
    Entry,
    HiddenChecked,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    SubscribersNotified,
    TouchesWithdrawn,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent
from wideberth.model.keeping import EntriesErased, HostActed
from wideberth.model.ladders import NeutralCalled, NoticeEscalated
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.stop_reads import StopAcknowledged, StopRepeated
from wideberth.model.stops import StopTold, StopToUnits
from wideberth.picture.limits import part_for, sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.service import StreamEvent
from wideberth.space.time import DAY_US, format_rfc3339

__all__ = ["EVENTS", "event_view", "is_shown_whole", "version_at", "version_notified"]

EVENTS: dict[str, type] = {
    "notice": told.NoticeEvent,
    "acknowledgement": told.AcknowledgementEvent,
    "intent": told.IntentEvent,
    "zone": told.ZoneEvent,
    "notification": told.NotificationEvent,
    "warning": told.WarningEvent,
    "escalation": told.EscalationEvent,
    "called": told.CalledEvent,
    "channel": told.ChannelEvent,
    "hazard": told.HazardEvent,
    "shift": told.ShiftEvent,
    "stop": told.StopEvent,
    "stop-units": told.StopUnitsEvent,
    "stop-read": told.StopReadEvent,
    "stop-repeated": told.StopRepeatedEvent,
    "check": told.CheckEvent,
    "withdrawn-touches": told.WithdrawnTouchesEvent,
    "erased": told.ErasedEvent,
    "host-acted": told.HostActedEvent,
    **doubts_seen.EVENTS,
    **incidents_seen.EVENTS,
    **counting.EVENTS,
    **loads.EVENTS,
    **drills.EVENTS,
    **sites_seen.EVENTS,
    **agreements_seen.EVENTS,
    **publications_seen.EVENTS,
    **sealed_texts.EVENTS,
}
"""The events of ``/stream`` and what each carries."""


async def event_view(desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    """Name and data of an event for the party on whose stream it stands.

    The same entry gives the same view whenever it is asked for, but for names in the store beside
    the record, for how an agreement stands, and for what has become more or less visible in a
    warning since.
    """
    make = _VIEWS[type(event.entry.body)]
    return await make(desk, event, party)


def _where(event: StreamEvent) -> dict[str, Any]:
    return {"position": event.position, "time": format_rfc3339(event.entry.time_us)}


async def _notice(desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, NoticeIssued)
    issued = told.NoticeOut(
        **views.notice_members(body.notice, desk.contacts, desk.picture), open=True, answers=[]
    )
    return "notice", told.NoticeEvent(notice=issued, **_where(event))


async def _acknowledged(_desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, NoticeAcknowledged)
    own = party == body.recipient
    return "acknowledgement", told.AcknowledgementEvent(
        notice=body.acknowledgement.notice,
        recipient=body.recipient,
        # Which other notices close with it is the recipient's own list.
        closed=list(body.closes) if own else _itself(body),
        acknowledgement=views.acknowledgement(body.acknowledgement),
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        **_where(event),
    )


def _itself(body: NoticeAcknowledged | NoticeReleased) -> list[str]:
    notice = body.acknowledgement.notice if isinstance(body, NoticeAcknowledged) else body.notice
    return [notice] if notice in body.closes else []


async def _released(_desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, NoticeReleased)
    own = party == body.recipient
    return "acknowledgement", told.AcknowledgementEvent(
        notice=body.notice,
        closed=list(body.closes) if own else _itself(body),
        released_by=body.by.party,
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        **_where(event),
    )


async def _intent(desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    version, entry = await version_at(desk, event.position, event.entry)
    changes = entry.body.changes if isinstance(entry.body, IntentAmended) else ()
    return "intent", told.IntentEvent(
        intent=encodable(desk, version),
        change=_CHANGE[type(entry.body)],
        changes=views.changes(changes),
        **_where(event),
    )


_CHANGE: dict[type, told.IntentChange] = {
    IntentAccepted: "told",
    IntentAmended: "amended",
    IntentStateChanged: "stepped",
}


async def version_at(desk: Desk, position: int, entry: Entry) -> tuple[Intent, Entry]:
    """The version of an intent that the entry at position made."""
    match entry.body:
        case IntentAccepted(intent=intent) | IntentAmended(intent=intent):
            return intent, entry
        case IntentStateChanged(intent=intent_id, version=version):
            standing = desk.picture.intents.get(intent_id)
            if standing is not None and standing.version == version:
                return standing, entry
            past = await intent_as_of(desk.service, intent_id, position)
            assert past is not None, "an intent that took a step was told before"
            return past, entry
        case other:
            raise AssertionError(f"{type(other).__name__} makes no version of an intent")


async def _zone(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    match event.entry.body:
        case ZoneDeclared(zone=zone):
            return "zone", told.ZoneEvent(
                id=zone.id, change="declared", zone=views.zone(zone), **_where(event)
            )
        case ZoneWithdrawn(zone=zone_id):
            return "zone", told.ZoneEvent(id=zone_id, change="withdrawn", **_where(event))
        case other:
            raise AssertionError(f"{type(other).__name__} is not about a zone")


async def _notification(desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, SubscribersNotified)
    history = desk.picture.history
    assert history is not None, "streams are made from the picture, not from an overlay"
    own = history.notifications_at(party, body.subscriptions, event.position)
    found = await version_notified(desk, event)
    if isinstance(found, EntriesErased):
        return "erased", views.erased(found)
    version, entry = found
    shown = is_shown_whole(desk.picture, version, party)
    part = part_for(desk.picture, version, party)
    if part is not None and not part.is_listed(version.told_us):
        part = None
    return "notification", told.NotificationEvent(
        subscriptions=[
            told.NotificationOut(subscription=name, notification_index=index) for name, index in own
        ],
        change=_CHANGE[type(entry.body)],
        id=IntentId(body.subject.id),
        version=body.subject.version,
        intent=encodable(desk, version) if shown else None,
        shared=None if part is None else shared_seen.shared(desk.picture, part),
        **_where(event),
    )


async def version_notified(desk: Desk, event: StreamEvent) -> tuple[Intent, Entry] | EntriesErased:
    """The version of an intent that a notification is about, and the entry that made it; what
    erased them since, where that happened.
    """
    body = event.entry.body
    assert isinstance(body, SubscribersNotified), "asked of a notification"
    changed_at = event.position - body.subject_back
    (changed,) = await desk.service.entries_at([changed_at])
    if isinstance(changed.body, EntriesErased):
        return changed.body
    return await version_at(desk, changed_at, changed)


def is_shown_whole(picture: Picture, version: Intent, party: PartyId) -> bool:
    """Whether a notification shows the party all of the version."""
    return sees(picture, version, party) and needs(picture, version, party)


async def _warning(desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, WarningRaised | WarningWorsened | WarningCleared)
    await desk.live.know((body.warning,))
    seen = warning_seen_live(body.warning, party, desk)
    return "warning", told.WarningEvent(warning=seen, change=_WARNED[type(body)], **_where(event))


_WARNED: dict[type, told.WarningChange] = {
    WarningRaised: "raised",
    WarningWorsened: "worsened",
    WarningCleared: "cleared",
}


async def _stop(desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, StopTold)
    seen = await stop_recorded(desk, body.stop, event.position, party, first=as_told(body))
    return "stop", told.StopEvent(stop=seen)


async def _check(_desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, HiddenChecked)
    met = sum(count for owner, count in body.owners if owner == party)
    day = format_rfc3339(event.entry.time_us // DAY_US * DAY_US)[:10]
    # Who asked, when and where is not said: only that, and how often, on that day.
    return "check", told.CheckEvent(met=met, day=day)


async def _erased(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    return "erased", views.erased(event.entry.body)


async def _host_acted(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, HostActed)
    return "host-acted", told.HostActedEvent(
        action=body.action, party=body.party, what=body.what, **_where(event)
    )


async def _withdrawn(desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, TouchesWithdrawn)
    known = desk.picture.parties.get(body.party)
    reference = known.contact if known is not None else None
    return "withdrawn-touches", told.WithdrawnTouchesEvent(
        count=dict(body.owners)[party],
        day=format_rfc3339(event.entry.time_us // DAY_US * DAY_US)[:10],
        contact=views.contact(reference, desk.contacts),
    )


_VIEWS: dict[type, Callable[[Desk, StreamEvent, PartyId], Awaitable[tuple[str, Any]]]] = {
    NoticeIssued: _notice,
    NoticeAcknowledged: _acknowledged,
    NoticeReleased: _released,
    IntentAccepted: _intent,
    IntentAmended: _intent,
    IntentStateChanged: _intent,
    ZoneDeclared: _zone,
    ZoneWithdrawn: _zone,
    SubscribersNotified: _notification,
    WarningRaised: _warning,
    WarningWorsened: _warning,
    WarningCleared: _warning,
    StopTold: _stop,
    StopToUnits: stop_units,
    StopAcknowledged: stop_read,
    StopRepeated: stop_repeated,
    NoticeEscalated: escalations_seen.escalated,
    NeutralCalled: escalations_seen.called,
    **watchkeeping_seen.VIEWS,
    HiddenChecked: _check,
    TouchesWithdrawn: _withdrawn,
    EntriesErased: _erased,
    HostActed: _host_acted,
    **doubts_seen.VIEWS,
    **incidents_seen.VIEWS,
    **counting.VIEWS,
    **loads.VIEWS,
    **drills.VIEWS,
    **sites_seen.VIEWS,
    **agreements_seen.VIEWS,
    **publications_seen.VIEWS,
    **sealed_texts.VIEWS,
}
