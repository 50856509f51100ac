"""A timeline as the wire has it: lines, groups, clocks, shapes and positions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timezone
from typing import Any, Literal, cast

import msgspec

from wideberth.evidence.alone.shows import (
    HOST_CLOCK,
    Shown,
    ShownGroup,
    ShownLine,
    clocks_between,
)
from wideberth.evidence.scope import Scope, Seen
from wideberth.evidence.timeline import NOT_CLEARANCE, group_words, local_time
from wideberth.faces.api import timeline_told as out
from wideberth.faces.api import views
from wideberth.faces.api.http import PREFIX
from wideberth.faces.api.timeline_gathered import Gathered
from wideberth.faces.api.timeline_tracks import Positions, tracks_out
from wideberth.space.time import MAX_US, MIN_US, SECOND_US, format_rfc3339
from wideberth.space.volume import Volume4D

__all__ = ["timeline_out"]

Proof = Literal["signed", "attested", "relayed", "mechanism"]


def timeline_out(
    scope: Scope,
    shown: Shown,
    found: Gathered,
    *,
    incident: str | None,
    offset: timezone | None,
    positions: Positions,
) -> out.TimelineOut:
    """The whole answer."""
    clocks = {line.clock for group in shown.groups for line in group.lines}
    clocks |= {line.clock for line in shown.unplaced}
    parties = sorted({*scope.parties, *(clocks - {HOST_CLOCK})})
    return out.TimelineOut(
        incident=incident,
        begin=format_rfc3339(max(MIN_US, scope.begin_us)),
        end=format_rfc3339(min(MAX_US, scope.end_us)),
        sentence=NOT_CLEARANCE,
        parties=list(scope.parties),
        clocks=[
            out.ClockSpanOut(
                party=each.party,
                ahead_least_s=each.low_us / SECOND_US,
                ahead_most_s=each.high_us / SECOND_US,
                since=format_rfc3339(each.time_us),
                entry=each.position,
            )
            for each in shown.clocks
        ],
        differences=[
            out.ApartOut(
                first=one,
                second=two,
                least_s=None if apart is None else apart[0] / SECOND_US,
                most_s=None if apart is None else apart[1] / SECOND_US,
            )
            for one, two, apart in clocks_between(shown.clocks, parties)
        ],
        groups=[_group(each, scope, offset) for each in shown.groups],
        unplaced=[_line(each, scope, offset) for each in shown.unplaced],
        shapes=list(_shapes(found.entries)),
        tracks=tracks_out(positions),
        more_from=None if found.more_from_us is None else format_rfc3339(found.more_from_us),
    )


def _group(group: ShownGroup, scope: Scope, offset: timezone | None) -> out.GroupOut:
    words = group_words(group)
    return out.GroupOut(
        order="known" if words is None else "unknown",
        bound_s=group.bound_us / SECOND_US,
        words=words,
        lines=[_line(each, scope, offset) for each in group.lines],
    )


def _line(line: ShownLine, scope: Scope, offset: timezone | None) -> out.LineOut:
    return out.LineOut(
        entry=line.position,
        time=format_rfc3339(line.time_us),
        clock=line.clock or "host",
        error_s=None if line.error_us is None else line.error_us / SECOND_US,
        local=None if offset is None else local_time(line.time_us, offset),
        kind=line.kind,
        who=line.who or None,
        words=line.words,
        facts=[out.FactOut(name=name, text=text) for name, text in line.facts],
        proof=cast(Proof, line.how),
        part=line.is_part,
        before=line.time_us < scope.begin_us,
        receipt=None if line.is_part else f"{PREFIX}/record/receipts/{line.position}",
    )


def _shapes(entries: Iterable[Seen]) -> Iterable[out.ShapeOut]:
    """What stood when: versions of intents and zones whose places the reader may see whole."""
    standing: dict[str, out.ShapeOut] = {}
    for each in entries:
        body, time_us = each.value["body"], each.value["time_us"]
        shape = None if each.is_part else _shape(each.position, time_us, body)
        before = standing.pop(shape.id if shape else _changed(body), None)
        if before is not None:
            yield msgspec.structs.replace(before, until=format_rfc3339(time_us))
            if shape is None and body.get("state", "Ended") != "Ended":
                shape = msgspec.structs.replace(
                    before,
                    state=body["state"],
                    version=body["version"],
                    entry=each.position,
                    since=format_rfc3339(time_us),
                )
        if shape is not None:
            standing[shape.id] = shape
    yield from standing.values()


def _changed(body: dict[str, Any]) -> str:
    """The id of what an entry ends, or takes to another state; empty for another entry."""
    names = {"ZoneWithdrawn": "zone", "IntentStateChanged": "intent"}
    return body[names[body["type"]]] if body["type"] in names else ""


def _shape(position: int, time_us: int, body: dict[str, Any]) -> out.ShapeOut | None:
    kind = {"IntentAccepted": "intent", "IntentAmended": "intent", "ZoneDeclared": "zone"}.get(
        body["type"]
    )
    if kind is None:
        return None
    thing: dict[str, Any] = body[kind]
    return out.ShapeOut(
        type=cast(Literal["intent", "zone"], kind),
        id=thing["id"],
        kind=thing["kind"] if kind == "intent" else thing["rule"],
        state=thing.get("state"),
        party=thing["party"],
        name=next(
            (thing[each] for each in ("name", "call_sign", "place_name") if thing.get(each)),
            thing["id"],
        ),
        version=thing["version"],
        entry=position,
        since=format_rfc3339(time_us),
        volumes=[views.volume(msgspec.convert(each, Volume4D)) for each in thing["volumes"]],
    )
