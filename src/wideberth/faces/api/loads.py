"""Loads and ceilings over the API: a figure to see, and nothing that holds anything back (N-15)."""

from __future__ import annotations

from typing import Any

from wideberth.decisions import loads
from wideberth.faces.api import told
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import Route
from wideberth.model.commands import Command
from wideberth.model.ids import PartyId
from wideberth.model.loads import CeilingSet, LoadRule, SetCeiling
from wideberth.model.parties import Role
from wideberth.picture.picture import Picture
from wideberth.service import StreamEvent
from wideberth.space.time import format_rfc3339
from wideberth.wire import asked

__all__ = ["EVENTS", "ROUTES", "VIEWS"]


async def set_ceiling(call: Call) -> Command:
    """A ceiling, or its end."""
    body: asked.CeilingIn = call.body
    sender = None if body.sender is None else PartyId(body.sender)
    return SetCeiling(PartyId(body.recipient), sender, body.notices)


async def backlog(call: Call) -> told.BacklogOut:
    """What lies between the reader and others, as far as it may know it."""
    query: asked.PageQuery = call.query
    picture, service = call.picture, call.desk.service
    backlogs, now_us = call.desk.node.backlogs, service.context().now_us
    index, rule, party = backlogs.loads, picture.space.rules.load, call.party
    counted = backlogs.is_counted
    rows: list[told.CounterpartLoadOut] = []
    own = None
    if counted:
        own = _seen(
            loads.received(index, party, now_us, rule), rule, _ceiling(picture, party, party, "")
        )
        names = {*index.senders_to(party), *index.recipients_of(party)}
        for _, recipient, sender in picture.ceilings:
            if party in (recipient, sender):
                names |= {recipient, PartyId(sender or recipient)}
        for other in sorted(names - {party}):
            if query.cursor is not None and other <= query.cursor:
                continue
            row = _between(call, other, now_us)
            if row is not None:
                rows.append(row)
            if len(rows) > query.limit:
                break
    page = rows[: query.limit]
    return told.BacklogOut(
        as_of=format_rfc3339(now_us),
        counted=counted,
        own=own,
        counterparts=page,
        ceilings=_ceilings(picture, party) if query.cursor is None else [],
        method=loads.method(rule),
        next=page[-1].party if len(rows) > len(page) else None,
    )


def _between(call: Call, other: PartyId, now_us: int) -> told.CounterpartLoadOut | None:
    """None where there is nothing that the reader may know of: no name alone tells it."""
    picture, index, party = call.picture, call.desk.node.backlogs.loads, call.party
    rule = picture.space.rules.load
    received = loads.received_from(index, party, other, now_us, rule)
    sent = loads.sent(picture, index, other, party, now_us)
    to_me = _ceiling(picture, party, party, other)
    to_them = _ceiling(picture, party, other, party)
    row = told.CounterpartLoadOut(
        party=other,
        received=None if _is_nothing(received, to_me) else _seen(received, rule, to_me),
        sent=None if _is_nothing(sent, to_them) else _seen(sent, rule, to_them),
    )
    return None if row.received is None and row.sent is None else row


def _is_nothing(load: loads.Load, ceiling: int | None) -> bool:
    return ceiling is None and not (load.issued or load.unread or load.weeks)


def _ceiling(picture: Picture, party: PartyId, recipient: PartyId, sender: str) -> int | None:
    found = picture.ceilings.get((party, recipient, sender))
    return None if found is None else found.notices


def _ceilings(picture: Picture, party: PartyId) -> list[told.CeilingOut]:
    return [
        told.CeilingOut(
            party=each.party, recipient=each.recipient, sender=each.sender, notices=each.notices
        )
        for each in (picture.ceilings[key] for key in sorted(picture.ceilings))
        if each.is_about(party)
    ]


def _seen(load: loads.Load, rule: LoadRule, ceiling: int | None) -> told.LoadOut:
    return told.LoadOut(
        notices=load.issued,
        unread=load.unread,
        oldest_unread=None if load.oldest_us is None else format_rfc3339(load.oldest_us),
        typical_week=None if load.typical is None else round(load.typical, 2),
        weeks=load.weeks,
        over=loads.is_over(load, rule),
        ceiling=ceiling,
        passed=ceiling is not None and load.issued > ceiling,
    )


async def _event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, CeilingSet)
    return "ceiling", told.CeilingEvent(
        party=body.party,
        recipient=body.recipient,
        sender=body.sender,
        notices=body.notices,
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )


EVENTS: dict[str, type] = {"ceiling": told.CeilingEvent}
VIEWS = {CeilingSet: _event}

ROUTES = (
    Route(
        "GET",
        "/backlog",
        backlog,
        "Notices between you and others in seven days, what is unread, and your ceilings",
        told.BacklogOut,
        query=asked.PageQuery,
        role=Role.WATCH,
    ),
    Route(
        "POST",
        "/ceilings",
        set_ceiling,
        "Set a weekly ceiling to be warned of, or take it away; nothing is held back for it",
        told.SaidOut,
        kind="write",
        body=asked.CeilingIn,
        command="SetCeiling",
    ),
)
