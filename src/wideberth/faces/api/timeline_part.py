"""An entry as a reader of a timeline sees it: whole, a part as its stream tells it, or not at all.

By the same rules as every other answer. Places of people to be spared are never in a timeline of
others: whoever may read them asks for them where that is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.evidence.scope import Seen
from wideberth.faces.api.deliveries import site_in
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.past import intent_as_of
from wideberth.model.entries import (
    Entry,
    IntentStateChanged,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
)
from wideberth.model.ids import PartyId
from wideberth.model.liveness import (
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HazardStated,
    HazardUnheard,
    HeartbeatGiven,
    HeartbeatMissed,
)
from wideberth.model.stop_reads import StopRepeated
from wideberth.model.stops import StopTold
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs
from wideberth.picture.visibility import is_readable
from wideberth.record.protocol import Row
from wideberth.warned import warned

__all__ = ["NOT_SHOWN", "as_seen"]

NOT_SHOWN = "(not shown to you)"

Body = dict[str, Any]


async def as_seen(
    desk: Desk, row: Row, entry: Entry, party: PartyId, *, is_told: bool
) -> Seen | None:
    """The entry for the party; None: nothing of it. is_told: it is on the party's stream."""
    value: dict[str, Any] = msgspec.json.decode(row.envelope)
    if is_readable(desk.picture, entry, party):
        site = site_in(entry)
        if site is None or site.party == party:
            return Seen(row.position, value)
        return Seen(row.position, _without_place(value), is_part=True)
    if isinstance(entry.body, IntentStateChanged):
        if not await _sees_step(desk, row.position, entry.body, party):
            return None
        body = value["body"]
    else:
        if isinstance(entry.body, WarningRaised | WarningWorsened | WarningCleared):
            await desk.live.know((entry.body.warning,))
        part = _PARTS.get(type(entry.body))
        body = part(desk, entry.body, value["body"], party) if is_told and part else None
    if body is None:
        return None
    told = {name: each for name, each in value.items() if name in ("v", "time_us", "author")}
    return Seen(row.position, {**told, "body": body}, is_part=True)


def _without_place(value: dict[str, Any]) -> dict[str, Any]:
    """Without what says where a site is, or was."""
    intent: dict[str, Any] = value["body"]["intent"]
    kept = {name: each for name, each in intent.items() if name not in _PLACES}
    body: dict[str, Any] = {**value["body"], "intent": {**kept, "volumes": []}}
    if "changes" in body:
        body["changes"] = []
    return {**{name: value[name] for name in ("v", "time_us", "author")}, "body": body}


_PLACES = frozenset({"volumes", "place_name", "declared", "stated"})


async def _sees_step(desk: Desk, position: int, body: IntentStateChanged, party: PartyId) -> bool:
    """Whether the party sees the intent that took a step."""
    intent = desk.picture.intents.get(body.intent)
    if intent is None:
        intent = await intent_as_of(desk.service, body.intent, position)
    return (
        intent is not None
        and sees(desk.picture, intent, party)
        and needs(desk.picture, intent, party)
    )


def _warning(desk: Desk, body: Any, value: Body, party: PartyId) -> Body | None:
    """Its own side whole, and of the other no more than its stream tells."""
    if party not in body.warning.parties:
        return None
    known = warned(body.warning, party, desk.picture, desk.live.is_track_open)
    objects = [
        each
        if side.shown
        else {"type": side.type, "id": NOT_SHOWN, "party": None, "facts": list(side.facts)}
        for each, side in zip(value["warning"]["objects"], known.sides, strict=True)
    ]
    warning = {
        **{name: value["warning"][name] for name in ("id", "kind", "rule", "raised_us")},
        "objects": objects,
        "parties": [party],
        "horizontal_mm": known.horizontal_mm,
        "vertical_mm": known.vertical_mm,
    }
    return {"type": value["type"], "warning": warning}


def _stop(desk: Desk, body: StopTold, value: Body, party: PartyId) -> Body:
    """Without the intent that it names, where the party may not see that."""
    intent = None if body.stop.intent is None else desk.picture.intents.get(body.stop.intent)
    stop = dict(value["stop"])
    if intent is None or not sees(desk.picture, intent, party):
        stop["intent"] = None
    return {"type": value["type"], "stop": stop, "count": value.get("count", 1)}


def _stop_repeated(_desk: Desk, body: StopRepeated, value: Body, party: PartyId) -> Body:
    sees_all = party == body.sender or party in body.neutrals
    return {**value, "parties": value["parties"] if sees_all else [party]} | (
        {} if sees_all else {"neutrals": []}
    )


def _as_said(_desk: Desk, _body: Any, value: Body, _party: PartyId) -> Body:
    return value


def _without_due(_desk: Desk, _body: Any, value: Body, _party: PartyId) -> Body:
    """When something was due would tell how often it is to be heard, and so what goes on."""
    return {name: each for name, each in value.items() if name not in ("due_us", "step")}


_PARTS: dict[type, Callable[[Desk, Any, Body, PartyId], Body | None]] = {
    WarningRaised: _warning,
    WarningWorsened: _warning,
    WarningCleared: _warning,
    StopTold: _stop,
    StopRepeated: _stop_repeated,
    HeartbeatGiven: _as_said,
    ChannelSuspended: _as_said,
    ChannelResumed: _as_said,
    ChannelReported: _as_said,
    HazardStated: _as_said,
    HeartbeatMissed: _without_due,
    HazardUnheard: _without_due,
}
"""What of an entry that a party may not read whole its stream tells it."""
