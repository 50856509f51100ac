"""Contesting what an agreed rule counts, over the API: the write, its answer, the event (I-08)."""

from __future__ import annotations

from typing import Any

from wideberth.faces.api import agreements_told as out
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import Route
from wideberth.model.commands import Command
from wideberth.model.counting import ContestCount, CountContested
from wideberth.model.ids import AgreementId, PartyId
from wideberth.service import Applied, StreamEvent
from wideberth.space.time import format_rfc3339
from wideberth.wire import agreements as asked

__all__ = ["ANSWERS", "EVENTS", "ROUTES", "VIEWS"]


async def contest(call: Call) -> Command:
    """A reason beside an item of a count."""
    body: asked.ContestIn = call.body
    agreement = AgreementId(call.path["agreement"])
    return ContestCount(agreement, body.version, body.item, body.reason)


async def _contested(_desk: Desk, applied: Applied, _party: PartyId) -> out.CountContestedOut:
    entry = applied.entries[0]
    assert isinstance(entry.body, CountContested)
    return out.CountContestedOut(
        agreement=entry.body.agreement,
        version=entry.body.version,
        item=entry.body.item,
        position=applied.position,
        time=format_rfc3339(entry.time_us),
    )


async def _event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, CountContested)
    return "count-contested", out.CountContestedEvent(
        agreement=body.agreement,
        version=body.version,
        item=body.item,
        party=body.party,
        reason=body.reason,
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )


ANSWERS = {CountContested: _contested}
VIEWS = {CountContested: _event}
EVENTS: dict[str, type] = {"count-contested": out.CountContestedEvent}

ROUTES = (
    Route(
        "POST",
        "/agreements/{agreement}/contests",
        contest,
        "Contest an item that a report counts; it stays counted, and is shown as contested",
        out.CountContestedOut,
        kind="write",
        status=201,
        body=asked.ContestIn,
        command="ContestCount",
        also=(("agreement", str),),
    ),
)
