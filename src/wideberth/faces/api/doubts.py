"""Doubts over the API: raised by whoever is on the distribution, answered by the party whose it is,
and shown beside what they are about to who may see both (L-07).
"""

from __future__ import annotations

from typing import Any

from wideberth.decisions.doubts import is_new_doubt
from wideberth.faces.api import told
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.doubts_seen import doubt_out, doubts_seen_by
from wideberth.faces.api.http import Route
from wideberth.faces.api.problems import HttpProblem
from wideberth.model.commands import Command
from wideberth.model.doubts import (
    AnswerDoubt,
    DoubtAnswered,
    DoubtId,
    DoubtRaised,
    DoubtState,
    RaiseDoubt,
)
from wideberth.model.ids import IntentId, NoticeId, PartyId, ZoneId
from wideberth.picture.doubts import doubt_of, sees_item
from wideberth.service import Applied
from wideberth.space.time import format_rfc3339
from wideberth.wire import asked
from wideberth.wire import doubts as said

__all__ = ["ANSWERS", "ROUTES", "says_new_doubt"]

SENTENCE = (
    "While a doubt is open, what it is about is not marked as confirmed."
    " A doubt is never deleted, and never counted against whoever raised it;"
    " that nobody raised one confirms nothing."
)


async def raise_doubt(call: Call) -> Command:
    """A doubt."""
    return _raised(call.body)


def _raised(body: said.DoubtIn) -> RaiseDoubt:
    return RaiseDoubt(
        body.statement,
        None if body.intent is None else IntentId(body.intent),
        None if body.zone is None else ZoneId(body.zone),
        None if body.notice is None else NoticeId(body.notice),
    )


async def answer_doubt(call: Call) -> Command:
    """The word of the party whose it is."""
    body: said.AnswerDoubtIn = call.body
    return AnswerDoubt(DoubtId(call.path["doubt"]), DoubtState(body.state), body.statement)


async def list_doubts(call: Call) -> told.DoubtsPage:
    """Doubts of the picture that the reader may see, by id."""
    query: asked.PageQuery = call.query
    found = [
        each
        for each in doubts_seen_by(call.picture, call.party)
        if query.cursor is None or each.id > query.cursor
    ]
    page = found[: query.limit]
    return told.DoubtsPage(
        doubts=page,
        next=page[-1].id if len(found) > len(page) else None,
        sentence=SENTENCE,
    )


async def get_doubt(call: Call) -> told.DoubtOut:
    """One of them."""
    found = doubt_of(call.picture, DoubtId(call.path["doubt"]))
    if found is not None:
        known, doubt = found
        sides = (known.owner, doubt.party)
        if call.party in sides or sees_item(call.picture, known.item.id, call.party):
            return doubt_out(known, doubt, call.party)
    raise HttpProblem(404, "no-such-doubt", "no doubt of this id is shown to you", field="doubt")


def says_new_doubt(call: Call) -> bool:
    """Whether the request raises a doubt that does not stand yet: no limit holds that back."""
    body: said.DoubtIn = call.body
    return is_new_doubt(call.picture, _raised(body), call.party)


async def _told(desk: Desk, applied: Applied, party: PartyId) -> told.DoubtTold:
    body: Any = applied.entries[0].body
    assert isinstance(body, DoubtRaised | DoubtAnswered)
    name = body.doubt.id if isinstance(body, DoubtRaised) else body.doubt
    found = doubt_of(desk.picture, name)
    if found is None:
        raise HttpProblem(410, "doubt-left", "it is in the record and no longer here to be shown")
    return told.DoubtTold(
        doubt=doubt_out(*found, party),
        sentence=SENTENCE,
        position=applied.position,
        time=format_rfc3339(applied.entries[0].time_us),
    )


ANSWERS = {DoubtRaised: _told, DoubtAnswered: _told}
"""What a write about doubts is answered with, by the entry that it became."""

ROUTES = (
    Route(
        "POST",
        "/doubts",
        raise_doubt,
        "Doubt an intent, a site, a hazard, a zone or a notice that was told to you",
        told.DoubtTold,
        kind="write",
        status=201,
        body=said.DoubtIn,
        command="RaiseDoubt",
        limited_as="never",
    ),
    Route(
        "GET",
        "/doubts",
        list_doubts,
        "Doubts about what is yours, those that you raised, and those beside what you see",
        told.DoubtsPage,
        query=asked.PageQuery,
    ),
    Route("GET", "/doubts/{doubt}", get_doubt, "A doubt, and what was answered", told.DoubtOut),
    Route(
        "POST",
        "/doubts/{doubt}/answer",
        answer_doubt,
        "Answer a doubt about what is yours, or accept it as open; signed",
        told.DoubtTold,
        kind="write",
        body=said.AnswerDoubtIn,
        command="AnswerDoubt",
        also=(("doubt", str),),
    ),
)
