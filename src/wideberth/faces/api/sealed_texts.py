"""Sealed texts: taken, listed and given to those whom they are sealed to; and the keys for them.

The node holds boxes. It cannot open one, and no log, export or mail has more than the box.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from wideberth.faces.api import views
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import Route
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.sealed_told import (
    AboutOut,
    SealedEvent,
    SealedForOut,
    SealedHead,
    SealedOut,
    SealedPage,
    SealedTold,
    SealKeyTold,
)
from wideberth.model.commands import Command
from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.model.sealed import OfferSealKey, SealedMark, SealKeyOffered, SealText, TextSealed
from wideberth.service import Applied, StreamEvent
from wideberth.space.time import format_rfc3339
from wideberth.wire.sealed import SealedIn, SealedQuery, SealKeyIn, key_of, sealed_of

__all__ = ["ANSWERS", "EVENTS", "ROUTES", "VIEWS"]

EVENTS: dict[str, type] = {"sealed-text": SealedEvent}


async def offer(call: Call) -> Command:
    """A seal key."""
    body: SealKeyIn = call.body
    return OfferSealKey(key_of(body, call.party))


async def send(call: Call) -> Command:
    """A sealed text."""
    body: SealedIn = call.body
    return SealText(sealed_of(body, call.party))


async def list_sealed(call: Call) -> SealedPage:
    """Those that the reader sealed, or that are sealed to it, the oldest first."""
    query: SealedQuery = call.query
    texts = call.picture.sealed_texts
    after = _position(call, query.cursor)
    seen = sorted(
        (each for each in map(texts.get, texts) if each is not None and _asked(call, each, after)),
        key=lambda each: each.position,
    )
    page = seen[: query.limit]
    return SealedPage(
        sealed_texts=[_head(each) for each in page],
        next=page[-1].id if len(seen) > len(page) else None,
    )


def _asked(call: Call, mark: SealedMark, after: int) -> bool:
    query: SealedQuery = call.query
    return (
        mark.position > after
        and mark.is_shown_to(call.party)
        and query.type in (None, mark.about.type)
        and query.id in (None, mark.about.id)
    )


def _position(call: Call, cursor: str | None) -> int:
    """Where the last one of the page before stands. Of one that the reader may not see: nowhere."""
    if cursor is None:
        return -1
    mark = call.picture.sealed_texts.get(cursor)
    if mark is None or not mark.is_shown_to(call.party):
        raise HttpProblem(400, "cursor", "begin with the first page again", field="cursor")
    return mark.position


async def get_sealed(call: Call) -> SealedOut:
    """One of them, box and all."""
    name = call.path["sealed"]
    history = call.picture.history
    positions = history.positions(name) if history is not None else []
    for entry in await call.desk.service.entries_at(positions[:1]):
        body = entry.body
        if isinstance(body, TextSealed) and call.party in (body.text.sender, *body.text.parties):
            return _whole(body, entry)
    raise HttpProblem(404, "no-such-sealed-text", "no text sealed by you or to you has this id")


def _whole(body: TextSealed, entry: Entry) -> SealedOut:
    text = body.text
    return SealedOut(
        id=body.id,
        sender=text.sender,
        key_id=text.key_id,
        about=AboutOut(type=text.about.type, id=text.about.id),
        commitment=text.commitment,
        recipients=[
            SealedForOut(
                party=each.party, key_id=each.key_id, number=each.number, wrapped=each.wrapped
            )
            for each in text.recipients
        ],
        box=text.box,
        signature=text.signature,
        time=format_rfc3339(entry.time_us),
    )


def _head(mark: SealedMark) -> SealedHead:
    return SealedHead(
        id=mark.id,
        sender=mark.sender,
        about=AboutOut(type=mark.about.type, id=mark.about.id),
        parties=list(mark.parties),
        time=format_rfc3339(mark.time_us),
    )


async def _event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, TextSealed)
    text = body.text
    return "sealed-text", SealedEvent(
        id=body.id,
        sender=text.sender,
        about=AboutOut(type=text.about.type, id=text.about.id),
        parties=list(text.parties),
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
    )


VIEWS: dict[type, Callable[[Desk, StreamEvent, PartyId], Awaitable[tuple[str, Any]]]] = {
    TextSealed: _event
}


async def _offered(_desk: Desk, applied: Applied, _party: PartyId) -> SealKeyTold:
    body = applied.entries[0].body
    assert isinstance(body, SealKeyOffered)
    return SealKeyTold(
        key_id=body.key.key_id,
        seal_key=views.seal_key(body.key),
        position=applied.position,
        time=format_rfc3339(applied.entries[0].time_us),
    )


async def _sent(_desk: Desk, applied: Applied, _party: PartyId) -> SealedTold:
    body = applied.entries[0].body
    assert isinstance(body, TextSealed)
    return SealedTold(
        id=body.id,
        position=applied.position,
        time=format_rfc3339(applied.entries[0].time_us),
    )


ANSWERS: dict[type, Callable[[Desk, Applied, PartyId], Awaitable[Any]]] = {
    SealKeyOffered: _offered,
    TextSealed: _sent,
}

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/seal-keys",
        offer,
        "Offer the key to which texts for one of your signing keys are sealed",
        SealKeyTold,
        kind="write",
        status=201,
        body=SealKeyIn,
    ),
    Route(
        "POST",
        "/sealed-texts",
        send,
        "Send words that only those they are sealed to can read; the host cannot",
        SealedTold,
        kind="write",
        status=201,
        body=SealedIn,
    ),
    Route(
        "GET",
        "/sealed-texts",
        list_sealed,
        "Texts that you sealed or that are sealed to you, of the last 30 days",
        SealedPage,
        query=SealedQuery,
        role=Role.WATCH,
    ),
    Route(
        "GET",
        "/sealed-texts/{sealed}",
        get_sealed,
        "A sealed text, for its sender and those it is sealed to",
        SealedOut,
        role=Role.WATCH,
    ),
)
