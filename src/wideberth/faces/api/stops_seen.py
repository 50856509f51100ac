"""A STOP, and what else was sent before it is recorded, as a party may see it."""

from __future__ import annotations

from typing import Any

from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.past import intent_as_of
from wideberth.model.ids import PartyId
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.stops import Stop
from wideberth.space.time import format_rfc3339
from wideberth.space.volume import NANODEGREES
from wideberth.urgent import Sent

__all__ = ["sent_view", "stop_recorded", "stop_waiting"]


async def stop_recorded(desk: Desk, stop: Stop, position: int, party: PartyId) -> told.StopOut:
    """A STOP of the record. Its intent is named to those who could see it there."""
    shown = party == stop.sender
    if stop.intent is not None and not shown:
        intent = await intent_as_of(desk.service, stop.intent, position)
        shown = intent is not None and intent.is_shown_to(party)
    return _stop(desk, stop, is_intent_shown=shown, position=position)


def stop_waiting(desk: Desk, stop: Stop, party: PartyId) -> told.StopOut:
    """A STOP that is not recorded yet. Waits for nothing."""
    shown = party == stop.sender
    if stop.intent is not None and not shown:
        intent = desk.picture.intents.get(stop.intent)
        shown = intent is not None and intent.is_shown_to(party)
    return _stop(desk, stop, is_intent_shown=shown, position=None)


def sent_view(desk: Desk, sent: Sent, party: PartyId) -> tuple[str, Any]:
    """Name and data of the event, without a number, for something that is not recorded yet."""
    if sent.stop is not None:
        return "stop", told.StopEvent(stop=stop_waiting(desk, sent.stop, party))
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


def _stop(desk: Desk, stop: Stop, *, is_intent_shown: bool, position: int | None) -> told.StopOut:
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
    )
