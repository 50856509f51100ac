"""Drill messages over the API: sent by hand, answered, and how they went (X-01)."""

from __future__ import annotations

from typing import Any

from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import Route
from wideberth.faces.api.pages import after_cursor
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.told import drills as out
from wideberth.model.commands import Command
from wideberth.model.drills import (
    AnswerDrill,
    Drill,
    DrillAnswered,
    DrillMissed,
    DrillSent,
    SendDrill,
)
from wideberth.model.ids import DrillId, PartyId, UnitToken
from wideberth.model.parties import Role
from wideberth.service import Applied, StreamEvent
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.wire import drills as asked

__all__ = ["ANSWERS", "EVENTS", "ROUTES", "SENTENCE", "VIEWS", "drill_out"]

SENTENCE = (
    "A drill message tells of nothing and asks for nothing but its answer; it is no notice, and an"
    " answer to it answers no notice."
)


def drill_out(drill: Drill, reader: PartyId | None) -> out.DrillOut:
    """A drill as a party may see it; None: the host."""
    sent = drill.sent
    hops = [
        out.DrillHopOut(
            hop=hop.verb.value,
            time=format_rfc3339(hop.time_us),
            after_s=(hop.time_us - drill.sent_us) / SECOND_US,
            unit=hop.unit,
            by=None if hop.channel is None else hop.channel.value,
            late=drill.missed_us is not None and hop.time_us >= drill.missed_us,
        )
        for hop in drill.hops
    ]
    if drill.taken is not None:
        medium, at_us = drill.taken
        taken = out.DrillHopOut(
            hop="TAKEN",
            time=format_rfc3339(at_us),
            after_s=(at_us - drill.sent_us) / SECOND_US,
            by=medium.value,
        )
        hops.insert(sum(hop.time_us < at_us for hop in drill.hops), taken)
    return out.DrillOut(
        id=sent.drill,
        state=drill.state,
        recipient=sent.recipient,
        sent=format_rfc3339(drill.sent_us),
        answer_by=format_rfc3339(sent.answer_by_us),
        hops=hops,
        missing=list(drill.missing),
        units=list(sent.units),
        word=sent.word if reader == sent.recipient else None,
        sender=sent.sender,
        agreement=sent.agreement,
        version=sent.version or None,
        provision=sent.provision,
        missed=None if drill.missed_us is None else format_rfc3339(drill.missed_us),
    )


async def send(call: Call) -> Command:
    """A drill to one party."""
    body: asked.DrillIn = call.body
    units = tuple(UnitToken(each) for each in body.units or ())
    return SendDrill(PartyId(body.to), body.within_s, units)


async def answer(call: Call) -> Command:
    """One hop of a drill to you."""
    body: asked.AnswerDrillIn = call.body
    unit = None if body.unit is None else UnitToken(body.unit)
    return AnswerDrill(DrillId(call.path["drill"]), body.verb, unit, body.word)


async def list_drills(call: Call) -> out.DrillsPage:
    """The drills that the reader may see, the newest first."""
    query: asked.DrillsQuery = call.query
    picture, party = call.picture, call.party
    seen = [
        drill
        for drill in (picture.drills[each] for each in picture.drills)
        if party in (drill.sent.recipient, *drill.sent.seen_by)
    ]
    seen.sort(key=lambda each: (each.sent_us, each.sent.drill), reverse=True)
    rest = after_cursor(seen, query.cursor, lambda each: each.sent.drill)
    found = [each for each in rest if query.state in (None, each.state)]
    page = found[: query.limit]
    return out.DrillsPage(
        drills=[drill_out(each, party) for each in page],
        next=page[-1].sent.drill if len(found) > len(page) else None,
        sentence=SENTENCE,
    )


async def _told(desk: Desk, applied: Applied, party: PartyId) -> out.DrillTold:
    entry = applied.entries[0]
    assert isinstance(entry.body, DrillSent | DrillAnswered)
    drill = desk.picture.drills.get(entry.body.drill)
    if drill is None:
        raise HttpProblem(410, "drill-left", "it is in the record and no longer listed")
    return out.DrillTold(
        drill=drill_out(drill, party),
        sentence=SENTENCE,
        position=applied.position,
        time=format_rfc3339(entry.time_us),
    )


async def _event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    where: dict[str, Any] = {
        "position": event.position,
        "time": format_rfc3339(event.entry.time_us),
    }
    if isinstance(body, DrillSent):
        return "drill", out.DrillEvent(
            drill=body.drill,
            change="sent",
            recipient=body.recipient,
            word=body.word,
            units=list(body.units),
            answer_by=format_rfc3339(body.answer_by_us),
            **where,
        )
    if isinstance(body, DrillAnswered):
        return "drill", out.DrillEvent(
            drill=body.drill,
            change="answered",
            recipient=body.party,
            verb=body.verb,
            unit=body.unit,
            after_s=body.after_us / SECOND_US,
            late=body.late,
            ends=body.ends,
            **where,
        )
    assert isinstance(body, DrillMissed)
    return "drill", out.DrillEvent(
        drill=body.drill,
        change="missed",
        recipient=body.recipient,
        missing=list(body.missing),
        **where,
    )


ANSWERS = {DrillSent: _told, DrillAnswered: _told}
VIEWS = {DrillSent: _event, DrillAnswered: _event, DrillMissed: _event}
EVENTS: dict[str, type] = {"drill": out.DrillEvent}

ROUTES = (
    Route(
        "GET",
        "/drills",
        list_drills,
        "Drill messages and how each hop went, the newest first",
        out.DrillsPage,
        query=asked.DrillsQuery,
        role=Role.WATCH,
    ),
    Route(
        "POST",
        "/drills",
        send,
        "Send a drill message to one party, to measure the way there and back",
        out.DrillTold,
        kind="write",
        status=201,
        body=asked.DrillIn,
        role=Role.TELL,
    ),
    Route(
        "POST",
        "/drills/{drill}/answers",
        answer,
        "Answer a drill message: one hop of the ladder",
        out.DrillTold,
        kind="write",
        status=201,
        body=asked.AnswerDrillIn,
        command="AnswerDrill",
        also=(("drill", str),),
        role=Role.ACKNOWLEDGE,
    ),
)
"""The rows of the table of the API that are told of here."""
