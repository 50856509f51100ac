"""Channels, hazards and posts as a party may see them, and what is said of them on streams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from wideberth.decisions.avoiding import in_the_way
from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Desk
from wideberth.model.avoiding import (
    SUGGESTED_BY_ITS_PARTY,
    AvoidingSuggested,
    AvoidingTold,
    AvoidingWithheld,
)
from wideberth.model.calls import CallMissed
from wideberth.model.channels import ChannelState
from wideberth.model.ids import PartyId
from wideberth.model.liveness import (
    AllClearGiven,
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HazardStated,
    HazardStatus,
    HazardUnheard,
    HazardWatch,
    HeartbeatGiven,
    HeartbeatMissed,
)
from wideberth.model.loads import CeilingSet
from wideberth.model.notices import ObjectRef
from wideberth.model.shifts import ShiftTaken
from wideberth.picture.calls import missed_by
from wideberth.picture.limits import rounded_for
from wideberth.picture.liveness import hazard_due, own_call_due_us
from wideberth.picture.picture import Picture
from wideberth.service import Applied, StreamEvent
from wideberth.space.time import format_rfc3339

__all__ = ["SAID", "VIEWS", "avoiding_said", "channel_seen", "hazard_seen"]

SAID = (
    HeartbeatGiven,
    ChannelSuspended,
    ChannelResumed,
    ChannelReported,
    HazardStated,
    AllClearGiven,
    ShiftTaken,
    CeilingSet,
)
"""Entries that say word for word what a party said."""


def channel_seen(picture: Picture, party: PartyId, reader: PartyId) -> told.ChannelOut:
    """What is known of a party's channel. When it is to be heard next is its own matter: how often
    would tell whether it is in operations. Agreed calls that it missed show to who agreed on them.
    """
    channel = picture.channels.get(party)
    missed = missed_by(picture, party, reader)
    calls = [
        told.MissedCallOut(
            agreement=each.agreement,
            version=each.version,
            since=format_rfc3339(each.missed_us),
        )
        for each in missed
    ]
    if channel is None:
        return told.ChannelOut(
            party=party,
            state=ChannelState.UNKNOWN,
            missed_calls=calls,
            call_by=_call_by(picture, party, reader),
        )
    until_us = channel.until_us
    state, since_us = channel.state, channel.since_us
    if missed and state in (ChannelState.UP, ChannelState.DEGRADED):
        state, since_us = ChannelState.UNKNOWN, min(each.missed_us for each in missed)
    return told.ChannelOut(
        party=party,
        state=state,
        missed_calls=calls,
        since=format_rfc3339(since_us),
        heard=format_rfc3339(channel.heard_us) if channel.heard_us else None,
        by=channel.by,
        reason=channel.reason or None,
        scope=channel.scope or None,
        until=None if until_us is None else format_rfc3339(until_us),
        before=channel.before,
        call_by=_call_by(picture, party, reader),
    )


def _call_by(picture: Picture, party: PartyId, reader: PartyId) -> str | None:
    """By when the reader itself is to be heard next, under the rules or an agreement."""
    if reader != party:
        return None
    first_us = own_call_due_us(picture, party)
    return None if first_us is None else format_rfc3339(first_us)


def hazard_seen(
    picture: Picture, hazard: HazardWatch, reader: PartyId, now_us: int
) -> told.HazardOut:
    """How a hazard stands, for somebody who sees it."""
    due = hazard_due(picture, hazard.intent) if reader == hazard.party else None
    window = (hazard.start_us, hazard.end_us)
    if reader != hazard.party:
        window = rounded_for(picture, hazard.party, reader, window)
    return told.HazardOut(
        intent=hazard.intent,
        party=hazard.party,
        state=_state(hazard),
        start=None if window is None else format_rfc3339(window[0]),
        end=None if window is None else format_rfc3339(window[1]),
        stated=format_rfc3339(hazard.stated_us) if hazard.stated_us else None,
        next=None if due is None else format_rfc3339(due.due_us),
        avoiding=_suggested(picture, hazard, reader, now_us),
    )


def _suggested(
    picture: Picture, hazard: HazardWatch, reader: PartyId, now_us: int
) -> told.AvoidingOut | None:
    """What was suggested, checked once more for its reader: what was told since counts too."""
    given = hazard.suggested
    if given is None or hazard.over:
        return None
    if given.to and reader not in (hazard.party, *given.to):
        return None  # named nobody: whoever was told of the hazard has it
    own = reader == hazard.party
    met = () if own else in_the_way(picture, given, reader, now_us)
    return told.AvoidingOut(
        kind=given.kind,
        sentence=SUGGESTED_BY_ITS_PARTY,
        volumes=[] if met else [views.volume(each) for each in given.volumes],
        in_the_way=_objects(met),
        suggested=format_rfc3339(given.suggested_us),
        to=list(given.to) if own else [],
    )


def _objects(given: tuple[ObjectRef, ...]) -> list[told.ObjectOut]:
    return [seen for seen in map(views.object_ref, given) if seen is not None]


async def avoiding_said(desk: Desk, applied: Applied, _party: PartyId) -> told.AvoidingSaid:
    """The answer to whoever suggested something."""
    body = applied.entries[0].body
    where: dict[str, Any] = {
        "position": applied.position,
        "time": format_rfc3339(applied.entries[0].time_us),
    }
    if isinstance(body, AvoidingWithheld):
        return told.AvoidingSaid(
            sent=False,
            to=[],
            clashes=views.clashes(body.clashes, desk.contacts),
            own=_objects(body.own),
            unchecked=body.unchecked,
            sentence=SUGGESTED_BY_ITS_PARTY,
            **where,
        )
    assert isinstance(body, AvoidingSuggested)
    return told.AvoidingSaid(
        sent=True,
        to=list(body.suggested.to),
        clashes=[],
        own=[],
        unchecked=None,
        sentence=SUGGESTED_BY_ITS_PARTY,
        **where,
    )


async def _avoiding(_desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    where = _where(event)
    match event.entry.body:
        case AvoidingSuggested(intent=intent, suggested=given):
            change: told.HazardChange = "avoiding-suggested"
            seen = told.AvoidingOut(
                kind=given.kind,
                sentence=SUGGESTED_BY_ITS_PARTY,
                volumes=[views.volume(each) for each in given.volumes],
                to=list(given.to),
            )
            sender = party
        case AvoidingWithheld(intent=intent, kind=kind):
            change, sender = "avoiding-withheld", party
            seen = told.AvoidingOut(kind=kind, sentence=SUGGESTED_BY_ITS_PARTY)
        case AvoidingTold(intent=intent, kind=kind, party=sender) as body:
            change = "avoiding-withheld" if body.in_the_way else "avoiding-suggested"
            seen = told.AvoidingOut(
                kind=kind,
                sentence=SUGGESTED_BY_ITS_PARTY,
                volumes=[views.volume(each) for each in body.volumes],
                in_the_way=_objects(body.in_the_way),
            )
        case other:
            raise AssertionError(f"{type(other).__name__} suggests nothing")
    return "hazard", told.HazardEvent(
        intent=intent, party=sender, change=change, avoiding=seen, **where
    )


def _state(hazard: HazardWatch) -> told.HazardState:
    if hazard.by_time:
        return "ended by time, not confirmed clear"
    if hazard.over:
        return "ended, not confirmed clear"
    return "announced" if hazard.status is None else _STATES[hazard.status]


_STATES: dict[HazardStatus, told.HazardState] = {
    HazardStatus.ACTIVE: "active",
    HazardStatus.MOVED: "moved",
    HazardStatus.ENDED: "ended, not confirmed clear",
    HazardStatus.UNKNOWN: "unknown",
}


def _where(event: StreamEvent) -> dict[str, Any]:
    return {"position": event.position, "time": format_rfc3339(event.entry.time_us)}


async def _channel(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    where = _where(event)
    match event.entry.body:
        case HeartbeatGiven(party=party, degraded=degraded):
            state = ChannelState.DEGRADED if degraded else ChannelState.UP
            seen = told.ChannelEvent(party=party, change="heard", state=state, **where)
        case HeartbeatMissed(party=party):
            state = ChannelState.UNKNOWN
            seen = told.ChannelEvent(party=party, change="missed", state=state, **where)
        case CallMissed(party=party, agreement=agreement, version=version):
            seen = told.ChannelEvent(
                party=party,
                change="missed",
                state=ChannelState.UNKNOWN,
                agreement=agreement,
                version=version,
                **where,
            )
        case ChannelSuspended() as body:
            seen = told.ChannelEvent(
                party=body.party,
                change="suspended",
                state=ChannelState.SUSPENDED,
                by=body.party,
                reason=body.reason,
                scope=body.scope,
                for_minutes=body.for_minutes,
                **where,
            )
        case ChannelResumed(party=party):
            state = ChannelState.UP
            seen = told.ChannelEvent(party=party, change="resumed", state=state, **where)
        case ChannelReported() as body:
            seen = told.ChannelEvent(
                party=body.about,
                change="reported",
                state=body.state,
                by=body.party,
                reason=body.reason,
                **where,
            )
        case other:
            raise AssertionError(f"{type(other).__name__} is not about a channel")
    return "channel", seen


async def _hazard(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    where = _where(event)
    match event.entry.body:
        case HazardStated(party=party, intent=intent, status=status):
            seen = told.HazardEvent(
                intent=intent, party=party, change="stated", state=_STATES[status], **where
            )
        case HazardUnheard(party=party, intent=intent, ended=True):
            seen = told.HazardEvent(
                intent=intent,
                party=party,
                change="ended-by-time",
                state="ended by time, not confirmed clear",
                **where,
            )
        case HazardUnheard(party=party, intent=intent):
            seen = told.HazardEvent(
                intent=intent, party=party, change="missed", state="unknown", **where
            )
        case AllClearGiven(party=party, intent=intent):
            seen = told.HazardEvent(intent=intent, party=party, change="all-clear", **where)
        case other:
            raise AssertionError(f"{type(other).__name__} is not about a hazard")
    return "hazard", seen


async def _shift(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, ShiftTaken)
    return "shift", told.ShiftEvent(post=body.post, **_where(event))


VIEWS: dict[type, Callable[[Desk, StreamEvent, PartyId], Awaitable[tuple[str, Any]]]] = {
    HeartbeatGiven: _channel,
    HeartbeatMissed: _channel,
    CallMissed: _channel,
    ChannelSuspended: _channel,
    ChannelResumed: _channel,
    ChannelReported: _channel,
    HazardStated: _hazard,
    HazardUnheard: _hazard,
    AllClearGiven: _hazard,
    ShiftTaken: _shift,
    AvoidingSuggested: _avoiding,
    AvoidingWithheld: _avoiding,
    AvoidingTold: _avoiding,
}
