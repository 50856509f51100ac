"""Intents of which a reader is shown a part, as was agreed, and the preview of what others will be
shown (P-02, P-03).

Where the part is, is asked of the part: whoever asks for many small areas learns the cell that it
is shown anyway.
"""

from __future__ import annotations

import asyncio

import msgspec

from wideberth.decisions.intents import intent_as_told
from wideberth.errors import InvalidValue
from wideberth.faces.api import codec, told, views
from wideberth.faces.api.areas import Area, area_of_box, touches
from wideberth.faces.api.deliveries import deliver, require_within_limit, within_limit
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import Route, encode
from wideberth.faces.api.intents import slab_of
from wideberth.faces.api.pages import Page
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.shared_seen import shared
from wideberth.model.ids import IntentId, Ovn, PartyId
from wideberth.model.intents import Intent, IntentState
from wideberth.model.limits import Part
from wideberth.model.parties import Role
from wideberth.model.provisions import Shared
from wideberth.model.refusals import Refusal
from wideberth.picture.limits import part_for, sees
from wideberth.picture.picture import Picture
from wideberth.space.overlap import is_conflict
from wideberth.space.prepared import PreparedVolume
from wideberth.space.time import MAX_US, MIN_US, SECOND_US
from wideberth.wire import asked, meaning

__all__ = ["ROUTES"]

_NOTE = (
    "Whoever is shown less than the whole learns on conflict of the kind, the cells of the agreed"
    " grid and whom to call."
)


async def list_shared(call: Call) -> told.SharedPage | Refusal:
    """Intents of which the reader is shown a part, in a box, a time window and a band of heights;
    only where it subscribed, unless the whole list was agreed (P-04).
    """
    query: asked.AreaQuery = call.query
    picture, now_us = call.picture, call.desk.service.context().now_us
    slab, box = slab_of(query), codec.box_of(query)
    area = Area((), slab) if box is None else area_of_box(box, slab, picture)
    declared = _declared(picture, call.party)
    names = sorted(
        name
        for owner in _limiting(picture, call.party)
        if query.party is None or owner == query.party
        for name in picture.intents_of(owner)
        if query.cursor is None or name > query.cursor
    )
    page, taken, full = Page(), list[Intent](), False
    for index, name in enumerate(names):
        if index % 100 == 99:
            await asyncio.sleep(0)
        intent = picture.intents.get(name)
        part = None if intent is None else part_for(picture, intent, call.party)
        if intent is None or part is None or not part.is_listed(now_us):
            continue
        if len(within_limit(call, [*taken, intent])) <= len(taken):
            continue
        if query.kind is not None and intent.kind is not query.kind:
            continue
        where = _where(picture, part)
        if where and not touches(where, area):
            continue
        if where and part.declared_only and not _touch(where, declared):
            continue
        if len(taken) == query.limit or not page.take(encode(shared(picture, part))):
            full = True
            break
        taken.append(intent)
    refusal = await deliver(call, taken)
    if refusal is not None:
        return refusal
    owners = {each.party for each in taken}
    return told.SharedPage(
        shared=page.things,
        next=taken[-1].id if full else None,
        rests_on=views.rests_on(owners, picture.size, now_us),
    )


async def get_shared(call: Call) -> told.SharedIntentOut | Refusal:
    """The part of a standing intent that the reader is shown."""
    picture = call.picture
    intent = picture.intents.get(IntentId(call.path["intent"]))
    part = None if intent is None else part_for(picture, intent, call.party)
    listed = part is not None and part.is_listed(call.desk.service.context().now_us)
    if intent is None or part is None or not listed:
        raise _nothing_of_it()
    where = _where(picture, part)
    if where and part.declared_only and not _touch(where, _declared(picture, call.party)):
        raise _nothing_of_it()
    require_within_limit(call, intent)
    refusal = await deliver(call, (intent,))
    return refusal if refusal is not None else shared(picture, part)


async def preview(call: Call) -> told.PreviewOut | Refusal:
    """What each other party will be shown of an intent, byte by byte. Nothing is told or kept."""
    body: asked.CheckIn = call.body
    service, picture = call.desk.service, call.picture
    standing = None
    if body.replaces is not None:
        standing = picture.intents.get(IntentId(body.replaces))
        if standing is None or standing.party != call.party:
            raise InvalidValue(
                "replaces", "not-yours", body.replaces, "name a standing intent of your own"
            )
    state = IntentState.ACTIVATED if body.activated else IntentState.ACCEPTED
    would_be = intent_as_told(
        picture,
        IntentId("id") if standing is None else standing.id,
        call.party,
        meaning.details_of(body),
        service.context(),
        version=1 if standing is None else standing.version + 1,
        state=state if standing is None else standing.state,
    )
    if isinstance(would_be, Refusal):
        return would_be
    would_be = msgspec.structs.replace(would_be, ovn=Ovn("ovn"))
    others = [each for each in sorted(picture.parties) if each != call.party]
    seen = [_seen_by(picture, would_be, PartyId(each)) for each in others]
    return told.PreviewOut(seen_by=seen, note=_NOTE)


def _seen_by(picture: Picture, would_be: Intent, party: PartyId) -> told.SeenByOut:
    """What a party will be shown. What it subscribed to is its own matter: that it is given this
    only where it needs it is said of the rule, and not of this intent.
    """
    if sees(picture, would_be, party):
        whole = encode(views.intent(would_be)).decode()
        only = "needed" if picture.space.rules.need_to_know else None
        return told.SeenByOut(party=party, sees="whole", bytes=whole, only=only)
    part = part_for(picture, would_be, party)
    if part is not None:
        return told.SeenByOut(
            party=party,
            sees="part",
            bytes=encode(shared(picture, part)).decode(),
            only="declared" if part.declared_only else None,
            delay_s=part.delay_us / SECOND_US,
        )
    felt = would_be.is_felt_by(party)
    return told.SeenByOut(party=party, sees="on-conflict" if felt else "nothing")


def _nothing_of_it() -> HttpProblem:
    return HttpProblem(404, "no-such-intent", "no intent of this id is shown to you in part")


def _limiting(picture: Picture, reader: PartyId) -> list[PartyId]:
    """Parties that show the reader a part of what they tell."""
    return sorted(
        owner
        for owner in picture.limits
        if any(each.reader == reader for each in picture.limits[owner])
    )


def _declared(picture: Picture, reader: PartyId) -> list[PreparedVolume]:
    """What the reader subscribed to."""
    subscriptions = (picture.subscriptions[each] for each in list(picture.subscriptions))
    return picture.prepared(tuple(each.volume for each in subscriptions if each.party == reader))


def _where(picture: Picture, part: Part) -> list[PreparedVolume]:
    """Where and when a part lies by what is shown of it; nowhere, where that is not shown."""
    if Shared.VOLUMES not in part.fields:
        return []
    volumes = part.intent.volumes
    if Shared.TIMES not in part.fields:
        volumes = tuple(
            msgspec.structs.replace(each, start_us=MIN_US, end_us=MAX_US) for each in volumes
        )
    return picture.prepared(volumes)


def _touch(ours: list[PreparedVolume], theirs: list[PreparedVolume]) -> bool:
    return any(is_conflict(one, other) for one in ours for other in theirs)


ROUTES = (
    Route(
        "GET",
        "/shared",
        list_shared,
        "Intents of which you are shown a part, as was agreed",
        told.SharedPage,
        query=asked.AreaQuery,
        role=Role.WATCH,
    ),
    Route(
        "GET",
        "/shared/{intent}",
        get_shared,
        "The part of an intent that you are shown",
        told.SharedIntentOut,
        role=Role.WATCH,
    ),
    Route(
        "POST",
        "/intents/preview",
        preview,
        "What each other party would be shown of an intent, byte by byte",
        told.PreviewOut,
        body=asked.CheckIn,
        role=Role.WATCH,
    ),
)
