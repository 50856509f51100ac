"""Zones and subscriptions: standing areas, and standing wishes to be told."""

from __future__ import annotations

import asyncio

import msgspec

from wideberth.faces.api import codec, told, views
from wideberth.faces.api.areas import Area, Slab, area_of_box, touches
from wideberth.faces.api.desk import Call
from wideberth.faces.api.doubts_seen import beside
from wideberth.faces.api.http import encode
from wideberth.faces.api.pages import Page
from wideberth.faces.api.problems import HttpProblem
from wideberth.model.commands import (
    CloseSubscription,
    Command,
    OpenSubscription,
    WithdrawZone,
)
from wideberth.model.ids import SubscriptionId, ZoneId
from wideberth.model.zones import Zone
from wideberth.wire import asked, meaning

__all__ = [
    "close_subscription",
    "declare",
    "declare_again",
    "get_zone",
    "list_subscriptions",
    "list_zones",
    "open_subscription",
    "withdraw",
]


async def declare(call: Call) -> Command:
    """A new zone, under an id that the service makes."""
    return meaning.zone_of(call.body, ZoneId(call.desk.service.context().new_id()), 0)


async def declare_again(call: Call) -> Command:
    """A new version of a zone."""
    body: asked.ZoneAgainIn = call.body
    return meaning.zone_of(body, ZoneId(call.path["zone"]), body.replaces_version)


async def withdraw(call: Call) -> Command:
    """A zone's end."""
    query: asked.VersionQuery = call.query
    return WithdrawZone(ZoneId(call.path["zone"]), query.version)


async def get_zone(call: Call) -> told.ZoneOut:
    """A zone that stands; zones are open to all parties of the space."""
    zone = call.picture.zones.get(ZoneId(call.path["zone"]))
    if zone is None:
        raise HttpProblem(404, "no-such-zone", "no zone of this id stands")
    return _seen(call, zone)


async def list_zones(call: Call) -> told.ZonesPage:
    """Zones, by id; those that touch a box, where one is given."""
    query: asked.BoxQuery = call.query
    picture = call.picture
    box = codec.box_of(query)
    area = Area((), Slab()) if box is None else area_of_box(box, Slab(), picture)
    position, time_us = picture.size, views.as_of_us(call.desk.service)
    found: list[Zone] = []
    for zone_id in sorted(picture.zones):
        if query.cursor is not None and zone_id <= query.cursor:
            continue
        await asyncio.sleep(0)
        zone = picture.zones.get(zone_id)
        if zone is None or not touches(picture.zone_space.views(zone_id), area):
            continue
        found.append(zone)
        if len(found) > query.limit:
            break
    page = Page().take_all(found[: query.limit], lambda zone: encode(_seen(call, zone)))
    taken = found[: len(page)]
    return told.ZonesPage(
        zones=page.things,
        next=taken[-1].id if len(found) > len(taken) else None,
        rests_on=views.rests_on((zone.party for zone in taken), position, time_us),
    )


def _seen(call: Call, zone: Zone) -> told.ZoneOut:
    """A zone with the doubts about it."""
    doubts = beside(call.picture, zone.id, call.party)
    seen = views.zone(zone)
    return msgspec.structs.replace(seen, doubts=doubts) if doubts else seen


async def open_subscription(call: Call) -> Command:
    """A subscription, under an id that the service makes."""
    body: asked.SubscriptionIn = call.body
    return OpenSubscription(
        SubscriptionId(call.desk.service.context().new_id()), meaning.volume_of(body.volume)
    )


async def close_subscription(call: Call) -> Command:
    """A subscription's end."""
    return CloseSubscription(SubscriptionId(call.path["subscription"]))


async def list_subscriptions(call: Call) -> told.SubscriptionsPage:
    """The reader's own subscriptions, by id."""
    query: asked.PageQuery = call.query
    standing, history = call.picture.subscriptions, call.picture.history
    assert history is not None, "reads are made from the picture, not from an overlay"
    own = sorted(
        each for each in call.desk.rebuilt.subscriptions_of(call.party) if each in standing
    )
    after = [each for each in own if query.cursor is None or each > query.cursor]

    def json(name: SubscriptionId) -> bytes:
        index = history.notification_index(standing[name].number)
        return encode(views.subscription(standing[name], index))

    page = Page().take_all(after[: query.limit], json)
    return told.SubscriptionsPage(
        subscriptions=page.things,
        next=after[len(page) - 1] if len(after) > len(page) else None,
    )
