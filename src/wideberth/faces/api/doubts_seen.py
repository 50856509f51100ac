"""Doubts as their readers may see them. Who raised one is shown to that party and to the one whose
it is about, and to nobody else; and nowhere is counted how many somebody raised.
"""

from __future__ import annotations

from typing import Any

import msgspec

from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.http import encode
from wideberth.model.doubts import Doubt, DoubtAnswered, Doubted, DoubtRaised
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent
from wideberth.model.notices import Notice, ObjectRef, ObjectType
from wideberth.picture.doubts import sees_item
from wideberth.picture.picture import Picture
from wideberth.service import StreamEvent
from wideberth.space.time import format_rfc3339

__all__ = [
    "EVENTS",
    "VIEWS",
    "beside",
    "beside_notice",
    "doubt_out",
    "doubts_seen_by",
    "intent_json",
]

EVENTS: dict[str, type] = {"doubt": told.DoubtEvent}


def doubt_out(known: Doubted, doubt: Doubt, reader: PartyId) -> told.DoubtOut:
    """One doubt for a reader that may see it."""
    is_named = reader == known.owner or not (doubt.hidden and reader == doubt.party)
    return told.DoubtOut(
        id=doubt.id,
        state=doubt.state,
        statement=doubt.statement,
        raised=format_rfc3339(doubt.raised_us),
        party=doubt.party if reader in (known.owner, doubt.party) else None,
        owner=known.owner if is_named else None,
        answer=doubt.answer,
        answered=None if doubt.answered_us is None else format_rfc3339(doubt.answered_us),
        stop=doubt.stop,
        **_about(known.item, doubt.notice, reader, doubt.party, is_named=is_named),
    )


def _about(
    item: ObjectRef, notice: str | None, reader: PartyId, party: PartyId, *, is_named: bool
) -> dict[str, Any]:
    """What it is about; the notice to the party that has it alone."""
    members: dict[str, Any] = {"notice": notice if reader == party else None}
    if is_named:
        members["intent" if item.type is ObjectType.INTENT else "zone"] = item.id
    return members


def beside(picture: Picture, item: str, reader: PartyId) -> list[told.DoubtOut]:
    """The doubts about something that the reader sees whole, in the order raised."""
    known = picture.doubts.get(item)
    return [] if known is None else [doubt_out(known, each, reader) for each in known.doubts]


def beside_notice(picture: Picture, notice: Notice) -> list[told.DoubtOut]:
    """The doubts about what a notice names: all where its recipient sees that, else its own."""
    reader, subject = notice.recipient, notice.subject
    known = None if subject is None else picture.doubts.get(subject.id)
    if known is None:
        return []
    whole = sees_item(picture, known.item.id, reader)
    return [
        doubt_out(known, each, reader) for each in known.doubts if whole or each.party == reader
    ]


def doubts_seen_by(picture: Picture, reader: PartyId) -> list[told.DoubtOut]:
    """All that the reader may see, by id."""
    found: list[told.DoubtOut] = []
    for item in list(picture.doubts):
        known = picture.doubts[item]
        whole = reader == known.owner or sees_item(picture, item, reader)
        found += [
            doubt_out(known, each, reader) for each in known.doubts if whole or each.party == reader
        ]
    return sorted(found, key=lambda each: each.id)


def intent_json(desk: Desk, intent: Intent, reader: PartyId) -> bytes:
    """A version of an intent that the reader sees whole, as JSON, with the doubts about it."""
    doubts = beside(desk.picture, intent.id, reader)
    if not doubts:
        return desk.intent_bytes.json(intent)
    return encode(msgspec.structs.replace(views.intent(intent), doubts=doubts))


async def _event(_desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    where: dict[str, Any] = {
        "position": event.position,
        "time": format_rfc3339(event.entry.time_us),
    }
    match event.entry.body:
        case DoubtRaised(item=item, owner=owner, doubt=doubt):
            is_named = party == owner or not (doubt.hidden and party == doubt.party)
            return "doubt", told.DoubtEvent(
                doubt=doubt.id,
                change="raised",
                statement=doubt.statement,
                by=doubt.party if party in (owner, doubt.party) else None,
                stop=doubt.stop,
                **_about(item, doubt.notice, party, doubt.party, is_named=is_named),
                **where,
            )
        case DoubtAnswered() as body:
            is_named = party == body.party or not (body.hidden and party == body.raised_by)
            return "doubt", told.DoubtEvent(
                doubt=body.doubt,
                change="answered" if body.state == "answered" else "accepted-open",
                statement=body.statement,
                by=body.party if is_named else None,
                **_about(body.item, None, party, body.raised_by, is_named=is_named),
                **where,
            )
        case other:
            raise AssertionError(f"{type(other).__name__} is about no doubt")


VIEWS = {DoubtRaised: _event, DoubtAnswered: _event}
