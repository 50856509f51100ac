"""A STOP, and what else was sent before it is recorded, as a party may see it."""

from __future__ import annotations

from typing import Any

import msgspec

from wideberth.decisions.stop_reads import count_of
from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.escalations_seen import SILENCE
from wideberth.faces.api.past import intent_as_of
from wideberth.model.ids import PartyId
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.stop_reads import (
    READ_WITHIN_US,
    STOP_RUNGS,
    StopAcknowledged,
    StopRepeated,
    StopStep,
    posts_told,
)
from wideberth.model.stops import Stop, StopTold, StopToUnits, TellStop
from wideberth.picture.picture import Picture
from wideberth.picture.stop_rights import tells_directly, units_told
from wideberth.picture.stops import step_of, stop_due, unread_by
from wideberth.service import Applied, StreamEvent
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.space.volume import NANODEGREES
from wideberth.urgent import Sent

__all__ = [
    "as_told",
    "sent_view",
    "stop_read",
    "stop_read_answer",
    "stop_recorded",
    "stop_repeated",
    "stop_units",
    "stop_waiting",
]


async def stop_recorded(
    desk: Desk, stop: Stop, position: int, party: PartyId, *, first: StopStep | None = None
) -> told.StopOut:
    """A STOP of the record. Its intent is named to those who could see it there. first: as it was
    told; where None, who has read it until now is shown too.
    """
    shown = party == stop.sender
    if stop.intent is not None and not shown:
        intent = await intent_as_of(desk.service, stop.intent, position)
        shown = intent is not None and intent.is_shown_to(party)
    if first is not None:
        return _stop(desk, stop, is_intent_shown=shown, position=position, standing=first)
    standing = step_of(desk.picture, stop.id)
    seen = _stop(desk, stop, is_intent_shown=shown, position=position, standing=standing)
    return msgspec.structs.replace(
        seen,
        reading=_reading(desk.picture, stop, party),
        directly=_directly(desk.picture, stop, standing, party),
        units=list(dict(standing.to_units).get(party, ())),
    )


def stop_waiting(desk: Desk, sent: Sent, party: PartyId) -> told.StopOut:
    """A STOP that is not recorded yet. Waits for nothing."""
    command = sent.kept.command
    assert isinstance(command, TellStop), "what is shown here is a STOP"
    stop = command.stop
    shown = party == stop.sender
    if stop.intent is not None and not shown:
        intent = desk.picture.intents.get(stop.intent)
        shown = intent is not None and intent.is_shown_to(party)
    waiting = (each.stop for each in desk.urgent.waiting)
    earlier = [desk.picture.stops[each] for each in desk.picture.stops]
    for each in waiting:
        if each is None:
            continue
        if each.id == stop.id:
            break
        earlier.append(each)
    standing = StopStep(count_of(stop, earlier), unit=command.unit)
    seen = _stop(desk, stop, is_intent_shown=shown, position=None, standing=standing)
    return msgspec.structs.replace(
        seen,
        directly=_directly(desk.picture, stop, standing, party),
        units=list(units_told(desk.picture, stop.sender).get(party, ())),
    )


def _directly(picture: Picture, stop: Stop, standing: StopStep, party: PartyId) -> bool | None:
    """Whether its unit may tell the party itself; None where no unit told it, or it is its own."""
    if standing.unit is None or party == stop.sender:
        return None
    return tells_directly(picture, stop.sender, party)


def _reading(picture: Picture, stop: Stop, party: PartyId) -> told.StopReadingOut:
    """Who has read a STOP, as far as the party is told: see StopReadingOut."""
    reader = picture.parties.get(party)
    sees_all = party == stop.sender or (reader is not None and reader.neutral)
    names = sorted(picture.parties) if sees_all else [party]
    reads = [
        told.StopReadOut(
            party=name,
            posts=list(read.posts),
            after_s=_seconds(read.after_us),
            in_time=read.after_us <= READ_WITHIN_US,
        )
        for name in names
        if (read := picture.stop_reads.get((stop.id, name))) is not None
    ]
    first_us = step_of(picture, stop.id).first_us
    due = stop_due(picture, stop.id) if sees_all else None
    return told.StopReadingOut(
        read_within_s=READ_WITHIN_US / SECOND_US,
        reads=reads,
        first_s=None if first_us is None or not sees_all else _seconds(first_us),
        unread=list(unread_by(picture, stop)) if sees_all else None,
        next=None if due is None else STOP_RUNGS[due.step][1],
        at=None if due is None else format_rfc3339(due.due_us),
        sentence=SILENCE,
    )


def _seconds(after_us: int) -> float:
    """Microseconds as seconds, to a millisecond."""
    return round(after_us / SECOND_US, 3)


def as_told(body: StopTold) -> StopStep:
    """What stood of a STOP as it was told."""
    return StopStep(body.count, unit=body.unit)


async def stop_units(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    """It went to units of the party."""
    body = event.entry.body
    assert isinstance(body, StopToUnits)
    return "stop-units", told.StopUnitsEvent(
        stop=body.stop,
        units=list(body.units),
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )


async def stop_read(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    """Somebody has read it."""
    body = event.entry.body
    assert isinstance(body, StopAcknowledged)
    return "stop-read", told.StopReadEvent(
        stop=body.stop,
        party=body.party,
        post=body.post,
        after_s=_seconds(body.after_us),
        in_time=body.after_us <= READ_WITHIN_US,
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )


async def stop_repeated(desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    """It is told again to those who have not."""
    body = event.entry.body
    assert isinstance(body, StopRepeated)
    first = desk.urgent.position_of(body.stop)
    assert first is not None, "what is repeated was told before"
    (entry,) = await desk.service.entries_at([first])
    sees_all = party == body.sender or party in body.neutrals
    if not isinstance(entry.body, StopTold):
        return "erased", views.erased(entry.body)
    return "stop-repeated", told.StopRepeatedEvent(
        stop=await stop_recorded(desk, entry.body.stop, first, party, first=as_told(entry.body)),
        step=body.step,
        due=format_rfc3339(body.due_us),
        parties=list(body.parties) if sees_all else [party],
        post=body.post,
        carry=party in body.neutrals,
        sentence=SILENCE,
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )


async def stop_read_answer(_desk: Desk, applied: Applied, _party: PartyId) -> told.StopReadTold:
    """The answer to whoever said that it was read."""
    body = applied.entries[0].body
    assert isinstance(body, StopAcknowledged)
    return told.StopReadTold(
        stop=body.stop,
        post=body.post,
        after_s=_seconds(body.after_us),
        in_time=body.after_us <= READ_WITHIN_US,
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        position=applied.position,
        time=format_rfc3339(applied.entries[0].time_us),
    )


def sent_view(desk: Desk, sent: Sent, party: PartyId) -> tuple[str, Any]:
    """Name and data of the event, without a number, for something that is not recorded yet."""
    if sent.stop is not None:
        return "stop", told.StopEvent(stop=stop_waiting(desk, sent, party))
    body = sent.answer
    assert body is not None, "what is sent is a STOP or an answer"
    return "acknowledgement", told.AcknowledgementEvent(
        notice=body.acknowledgement.notice,
        recipient=body.recipient,
        closed=[],
        acknowledgement=views.acknowledgement(body.acknowledgement),
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        recorded=False,
    )


def _stop(
    desk: Desk,
    stop: Stop,
    *,
    is_intent_shown: bool,
    position: int | None,
    standing: StopStep,
) -> told.StopOut:
    area, sender = stop.area, desk.picture.parties.get(stop.sender)
    return told.StopOut(
        id=stop.id,
        form=stop.form,
        sender=stop.sender,
        identified=stop.identified,
        sent=format_rfc3339(stop.sent_us),
        text=stop.text,
        intent=stop.intent if is_intent_shown else None,
        zone=stop.zone,
        area=None
        if area is None
        else told.StopAreaOut(
            latitude=area.latitude_nd / NANODEGREES,
            longitude=area.longitude_nd / NANODEGREES,
            radius_m=area.radius_mm / 1000,
        ),
        doubts=stop.doubts,
        contact=views.contact(None if sender is None else sender.contact, desk.contacts),
        recorded=position is not None,
        position=position,
        count=standing.count,
        posts=list(posts_told(standing.count, standing.step)),
        unit=standing.unit,
    )
