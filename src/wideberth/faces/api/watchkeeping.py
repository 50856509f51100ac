"""Keeping watch: heartbeats and channels, the status of hazards, posts and what is held."""

from __future__ import annotations

import asyncio

from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Call
from wideberth.faces.api.escalations_seen import SILENCE
from wideberth.faces.api.http import Route
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.watchkeeping_seen import channel_seen, hazard_seen
from wideberth.model.avoiding import SuggestAvoiding
from wideberth.model.commands import Command
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.liveness import (
    GiveAllClear,
    GiveHeartbeat,
    ReportChannel,
    ResumeChannel,
    StateHazard,
    SuspendChannel,
)
from wideberth.model.nearest import no_such_party
from wideberth.model.parties import Role
from wideberth.model.shifts import TakeShift
from wideberth.picture.limits import is_listed
from wideberth.picture.needs import needs
from wideberth.picture.openlist import digest_of_held, digest_of_open, held
from wideberth.space.time import HOUR_US, format_rfc3339
from wideberth.wire import asked, meaning

__all__ = ["ROUTES"]


async def hear(call: Call) -> Command:
    """A heartbeat."""
    body: asked.HeartbeatIn = call.body
    return GiveHeartbeat(body.degraded)


async def suspend(call: Call) -> Command:
    """A suspension."""
    body: asked.SuspendIn = call.body
    return SuspendChannel(body.scope, body.reason, body.for_minutes)


async def resume(_call: Call) -> Command:
    """The end of one."""
    return ResumeChannel()


async def report(call: Call) -> Command:
    """What was found of another's channel."""
    body: asked.ReportChannelIn = call.body
    return ReportChannel(PartyId(call.path["about"]), body.state, body.reason)


async def state_hazard(call: Call) -> Command:
    """The status of a hazard."""
    body: asked.HazardStatusIn = call.body
    return StateHazard(IntentId(call.path["intent"]), body.status)


async def all_clear(call: Call) -> Command:
    """ALL-CLEAR."""
    return GiveAllClear(IntentId(call.path["intent"]))


async def suggest_avoiding(call: Call) -> Command:
    """Where to keep while a hazard lasts."""
    body: asked.AvoidingIn = call.body
    return SuggestAvoiding(
        IntentId(call.path["intent"]),
        body.kind,
        meaning.volumes_of(body.volumes),
        tuple(PartyId(each) for each in body.to),
    )


async def take_shift(call: Call) -> Command:
    """A post is taken over."""
    body: asked.TakeShiftIn = call.body
    return TakeShift(body.post, body.open_list)


async def list_channels(call: Call) -> told.ChannelsPage:
    """The channels of all parties: none is left out, and none is blank."""
    query: asked.PageQuery = call.query
    names = sorted(each for each in call.picture.parties if each > (query.cursor or ""))
    page = names[: query.limit]
    return told.ChannelsPage(
        channels=[channel_seen(call.picture, each, call.party) for each in page],
        sentence=SILENCE,
        next=page[-1] if len(names) > len(page) else None,
    )


async def list_hazards(call: Call) -> told.HazardsPage:
    """Hazards that nobody said to be clear, of the reader's or told to it."""
    query: asked.PageQuery = call.query
    picture, now_us = call.picture, call.desk.service.context().now_us
    seen = sorted(
        each
        for each in picture.hazards
        if each > (query.cursor or "") and picture.hazards[each].is_shown_to(call.party)
    )
    page = seen[: query.limit]
    return told.HazardsPage(
        hazards=[hazard_seen(picture, picture.hazards[each], call.party, now_us) for each in page],
        sentence=SILENCE,
        next=page[-1] if len(seen) > len(page) else None,
    )


async def list_shifts(call: Call) -> told.ShiftsOut:
    """The posts of the reader's party, and its open list."""
    picture, now_us = call.picture, call.desk.service.context().now_us
    open_now = [
        standing
        for standing in map(picture.notices.get, call.desk.rebuilt.open_notices_of(call.party))
        if standing is not None and standing.notice.recipient == call.party
    ]
    open_now.sort(key=lambda standing: standing.notice.number)
    shifts = [
        told.ShiftOut(
            post=post,
            since=format_rfc3339(picture.shifts[party, post].since_us),
            hours=round((now_us - picture.shifts[party, post].since_us) / HOUR_US, 2),
            yours=picture.shifts[party, post].subject == call.author.subject,
        )
        for party, post in picture.shifts
        if party == call.party
    ]
    return told.ShiftsOut(
        shifts=sorted(shifts, key=lambda each: each.post),
        open=len(open_now),
        unanswered=sum(not each.answers for each in open_now),
        oldest=format_rfc3339(open_now[0].notice.issued_us) if open_now else None,
        open_list=digest_of_open(open_now),
    )


async def list_held(call: Call) -> told.HeldOut:
    """What the reader holds in force, with the digest of all of it."""
    query: asked.HeldQuery = call.query
    picture = call.picture
    other = None if query.with_ is None else PartyId(query.with_)
    if other is not None and other not in picture.parties:
        advice = no_such_party(other, picture.parties)
        raise HttpProblem(404, "no-such-party", advice, field="with")
    size = picture.size
    intents = [picture.intents[each] for each in picture.intents]
    readers = (call.party,) if other is None else (call.party, other)
    if picture.space.rules.need_to_know:
        intents = [
            each for each in intents if all(needs(picture, each, reader) for reader in readers)
        ]
    if picture.limits:  # what is shown later is held later
        now_us = call.desk.service.context().now_us
        intents = [
            each
            for each in intents
            if all(is_listed(picture, each, reader, now_us) for reader in readers)
        ]
    zones = [picture.zones[each] for each in picture.zones]
    # Values are frozen, so others have their turn while this goes through all that stands.
    found = await asyncio.to_thread(held, intents, zones, call.party, shared_with=other)
    digest = await asyncio.to_thread(digest_of_held, found)
    after = query.cursor or ""
    rest = [each for each in found if f"{each.type.value}/{each.id}" > after]
    page = rest[: query.limit]
    shown = [seen for seen in map(views.object_ref, page) if seen is not None]
    return told.HeldOut(
        held=shown,
        digest=digest,
        count=len(found),
        size=size,
        next=f"{page[-1].type.value}/{page[-1].id}" if len(rest) > len(page) else None,
    )


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/heartbeat",
        hear,
        "Say that your desk is there; from then on the next one is waited for",
        told.SaidOut,
        kind="write",
        body=asked.HeartbeatIn,
        command="GiveHeartbeat",
    ),
    Route(
        "GET",
        "/channels",
        list_channels,
        "What is known of each party's channel, never blank",
        told.ChannelsPage,
        query=asked.PageQuery,
        role=Role.WATCH,
    ),
    Route(
        "POST",
        "/channel/suspension",
        suspend,
        "Suspend your channel, signed; STOP stays usable",
        told.SaidOut,
        kind="write",
        body=asked.SuspendIn,
        command="SuspendChannel",
    ),
    Route(
        "DELETE",
        "/channel/suspension",
        resume,
        "End the suspension of your channel, signed",
        told.SaidOut,
        kind="write",
        command="ResumeChannel",
    ),
    Route(
        "POST",
        "/channels/{about}/report",
        report,
        "Say what you found of another party's channel: DOWN or REFUSED",
        told.SaidOut,
        kind="write",
        body=asked.ReportChannelIn,
        command="ReportChannel",
        also=(("about", str),),
    ),
    Route(
        "GET",
        "/hazards",
        list_hazards,
        "Hazards that nobody said to be clear, with their status",
        told.HazardsPage,
        query=asked.PageQuery,
        role=Role.WATCH,
    ),
    Route(
        "POST",
        "/hazards/{intent}/status",
        state_hazard,
        "Give the status of a hazard of yours: active, moved, ended, unknown",
        told.SaidOut,
        kind="write",
        body=asked.HazardStatusIn,
        command="StateHazard",
        also=(("intent", str),),
    ),
    Route(
        "POST",
        "/hazards/{intent}/all-clear",
        all_clear,
        "ALL-CLEAR, signed: a hazard of yours is over, and whoever was told of it is told so",
        told.SaidOut,
        kind="write",
        body=asked.EmptyIn,
        command="GiveAllClear",
        also=(("intent", str),),
    ),
    Route(
        "POST",
        "/hazards/{intent}/avoiding",
        suggest_avoiding,
        "Suggest where to keep while a hazard of yours lasts; withheld if it leads into something",
        told.AvoidingSaid,
        kind="write",
        body=asked.AvoidingIn,
    ),
    Route(
        "GET",
        "/shifts",
        list_shifts,
        "The posts of your party, and the open list with its digest",
        told.ShiftsOut,
        role=Role.WATCH,
    ),
    Route(
        "POST",
        "/shifts",
        take_shift,
        "Take a post over, naming the open list that you read by its digest",
        told.SaidOut,
        kind="write",
        body=asked.TakeShiftIn,
        command="TakeShift",
    ),
    Route(
        "GET",
        "/held",
        list_held,
        "What you hold in force, with a digest that another party can compare",
        told.HeldOut,
        query=asked.HeldQuery,
        role=Role.WATCH,
    ),
)
