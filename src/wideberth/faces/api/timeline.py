"""What the record shows, minute by minute: of an incident, or of any window.

Made when it is asked for, from entries that the reader may see and positions that it could see when
they came. It holds no account of any party, and words of the mechanism alone.
"""

from __future__ import annotations

import asyncio
from datetime import timezone
from typing import Annotated, NamedTuple

import msgspec

from wideberth.errors import InvalidValue
from wideberth.evidence.alone.shows import Shown, record_shows
from wideberth.evidence.positions import position_lines, tracks_named
from wideberth.evidence.scope import Scope
from wideberth.evidence.timeline import offset_of, timeline_text
from wideberth.faces.api import timeline_told as out
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import Handler, Route
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.timeline_gathered import Gathered, gathered
from wideberth.faces.api.timeline_seen import timeline_out
from wideberth.faces.api.timeline_tracks import Positions, positions_kept
from wideberth.model.ids import IncidentId, require_party_id, require_token
from wideberth.model.parties import Role
from wideberth.picture.incidents import incident_of
from wideberth.space.time import MAX_US, MIN_US, parse_rfc3339
from wideberth.wire.asked import In

__all__ = ["ROUTES", "TimelineQuery", "WindowQuery"]

_NOTE = "text/plain; charset=utf-8"
_OBJECT_COUNT = 100


class TimelineQuery(In, frozen=True, kw_only=True):
    """A part of the window, and the offset of local times beside UTC (``+02:00``)."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    offset: str | None = None


class WindowQuery(TimelineQuery, frozen=True, kw_only=True):
    """Besides: ids of objects, and parties that something has to be of, with commas between."""

    objects: Annotated[str, msgspec.Meta(max_length=8_000)] = ""
    parties: Annotated[str, msgspec.Meta(max_length=4_000)] = ""


class _Made(NamedTuple):
    scope: Scope
    offset: timezone | None
    found: Gathered
    shown: Shown
    positions: Positions
    incident: IncidentId | None


async def incident_timeline(call: Call) -> out.TimelineOut:
    """What the record shows of an incident in which the reader is named."""
    return _answer(await _of_incident(call))


async def incident_text(call: Call) -> str:
    """The same as text."""
    return _text(await _of_incident(call))


async def window_timeline(call: Call) -> out.TimelineOut:
    """What the record shows of any window."""
    return _answer(await _made(call, _window(call), None))


async def window_text(call: Call) -> str:
    """The same as text."""
    return _text(await _made(call, _window(call), None))


def _answer(made: _Made) -> out.TimelineOut:
    return timeline_out(
        made.scope,
        made.shown,
        made.found,
        incident=made.incident,
        offset=made.offset,
        positions=made.positions,
    )


def _text(made: _Made) -> str:
    positions = made.positions
    tracks = position_lines(
        positions.fixes,
        clocks=positions.clocks,
        digests=positions.entries,
        entries=made.found.entries,
        is_kept=positions.kept,
        is_cut=positions.cut,
    )
    return timeline_text(
        made.shown,
        made.scope,
        parties=made.scope.parties,
        tracks=tracks,
        offset=made.offset,
        more_from_us=made.found.more_from_us,
    )


async def _of_incident(call: Call) -> _Made:
    name = IncidentId(call.path["incident"])
    incident = incident_of(call.picture, name, call.party)
    if incident is None:
        raise HttpProblem(404, "no-such-incident", "no incident of this id names your party")
    whole = Scope(
        incident.start_us,
        min(MAX_US, incident.end_us) + 1,  # its window is closed
        area=incident.area,
        parties=incident.parties,
        subjects=tuple(dict.fromkeys(each.id for each in incident.subjects)),
    )
    return await _made(call, whole, name)


def _window(call: Call) -> Scope:
    query: WindowQuery = call.query
    objects = [each for each in query.objects.split(",") if each]
    if len(objects) > _OBJECT_COUNT:
        raise InvalidValue("objects", "count", len(objects), f"give up to {_OBJECT_COUNT}")
    parties = [each for each in query.parties.split(",") if each]
    return Scope(
        parties=tuple(require_party_id(each, field="parties") for each in parties),
        subjects=tuple(require_token(each, field="objects") for each in objects),
    )


async def _made(call: Call, whole: Scope, incident: IncidentId | None) -> _Made:
    query: TimelineQuery = call.query
    begin_us = MIN_US if query.from_ is None else parse_rfc3339(query.from_, field="from")
    end_us = MAX_US + 1 if query.to is None else parse_rfc3339(query.to, field="to")
    scope = msgspec.structs.replace(
        whole, begin_us=max(whole.begin_us, begin_us), end_us=min(whole.end_us, end_us)
    )
    offset = None if query.offset is None else offset_of(query.offset, field="offset")
    found = await gathered(call.desk, call.desk.standing, scope, call.party)
    if found.more_from_us is not None:
        scope = msgspec.structs.replace(scope, end_us=found.more_from_us)
    window_us = (scope.begin_us, scope.end_us)
    shown = await asyncio.to_thread(record_shows, found.entries, window_us)
    positions = await positions_kept(call.desk, scope, call.party, tracks_named(found.entries))
    return _Made(scope, offset, found, shown, positions, incident)


def _read(path: str, handler: Handler, summary: str, answer: type | str, query: type[In]) -> Route:
    return Route("GET", path, handler, summary, answer, query=query, role=Role.WATCH)


ROUTES: tuple[Route, ...] = (
    _read(
        "/incidents/{incident}/timeline",
        incident_timeline,
        "What the record shows of an incident, minute by minute; no order within the clocks' error",
        out.TimelineOut,
        TimelineQuery,
    ),
    _read(
        "/incidents/{incident}/timeline/text",
        incident_text,
        "The same as text",
        _NOTE,
        TimelineQuery,
    ),
    _read(
        "/timeline",
        window_timeline,
        "What the record shows of a window, of objects or of parties",
        out.TimelineOut,
        WindowQuery,
    ),
    _read("/timeline/text", window_text, "The same as text", _NOTE, WindowQuery),
)
