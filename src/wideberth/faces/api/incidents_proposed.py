"""Of what an incident could be opened: proposals made of the reader's own stream when it asks.

A warning, a STOP, a report of harm. Each proposal holds what the stream says of it to this reader,
and no more; nothing is opened by itself, and nothing is weighed: kind, times, who, ids. The window
is by one rule for all of them: from AROUND_US before the first time to AROUND_US after the last.
"""

from __future__ import annotations

from typing import Any

from wideberth.faces.api import incidents_told as out
from wideberth.faces.api import told
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.events import event_view
from wideberth.faces.api.sites_told import SiteEvent
from wideberth.model.entries import WarningCleared, WarningRaised, WarningWorsened
from wideberth.model.ids import PartyId
from wideberth.model.sites import HarmReported
from wideberth.model.stops import Identified, StopTold
from wideberth.service import StreamEvent
from wideberth.space.time import MAX_US, MIN_US, MINUTE_US, format_rfc3339, parse_rfc3339
from wideberth.wire.asked import PointFootprint
from wideberth.wire.incidents import OpenIncidentIn, ProposedQuery

__all__ = ["AROUND_US", "LOOKED_AT", "PROPOSED_KINDS", "proposed"]

LOOKED_AT = 500
"""Events of a stream that one answer looks at."""

AROUND_US = 10 * MINUTE_US
"""Before the first and after the last time that the stream tells: a STOP is a moment, and what led
to it and what was done lie around it."""

PROPOSED_KINDS = ("conflict", "separation", "incursion", "departure")
"""The kinds of warnings of which an incident is proposed."""

_SOURCES = (WarningRaised, WarningWorsened, WarningCleared, StopTold, HarmReported)


async def proposed(call: Call) -> out.ProposedPage:
    """Proposals from so many events before a number of the reader's stream, the newest first."""
    query: ProposedQuery = call.query
    desk, history = call.desk, call.picture.history
    assert history is not None, "the picture is no overlay"
    end = history.stream_end(call.party)
    last = end if query.before is None else min(end, query.before - 1)
    first = max(0, last - LOOKED_AT)
    found: dict[str, out.ProposedOut] = {}
    for event in await desk.service.events(call.party, first, last - first):
        if isinstance(event.entry.body, _SOURCES):
            await _take(desk, event, call.party, found)
    return out.ProposedPage(
        proposed=list(reversed(found.values())),
        next=first + 1 if first else None,
    )


async def _take(
    desk: Desk, event: StreamEvent, reader: PartyId, found: dict[str, out.ProposedOut]
) -> None:
    _, seen = await event_view(desk, event, reader)
    match seen:
        case told.WarningEvent(warning=warning):
            if warning.kind.value not in PROPOSED_KINDS:
                return
            parties = [each.party for each in warning.objects]
            subjects = [warning.id, *(each.id for each in warning.objects if each.type != "track")]
            made = _proposal(
                warning.kind.value,
                subjects,
                (warning.raised, seen.time or warning.updated),
                parties=_others(parties, reader),
            )
        case told.StopEvent(stop=stop):
            area = stop.area
            made = _proposal(
                "STOP" if stop.form == "stop" else stop.form,
                [stop.id, stop.intent, stop.zone],
                (stop.sent, stop.sent),
                parties=_others(
                    [] if stop.identified is Identified.UNVERIFIED else [stop.sender], reader
                ),
                area=None
                if area is None
                else PointFootprint(
                    coordinates=(area.longitude, area.latitude), radius_m=max(1, area.radius_m)
                ),
            )
        case SiteEvent():
            made = _proposal(
                "harm",
                [seen.site],
                (_occurred(event, reader) or seen.time, seen.time),
                parties=_others([seen.owner, seen.by], reader),
            )
        case _:
            return
    before = found.pop(made.subject, None)
    found[made.subject] = made if before is None else _longer(before, made)


def _occurred(event: StreamEvent, reader: PartyId) -> str | None:
    """When harm came about, to the site's owner and whoever reported it; None to others."""
    body = event.entry.body
    if not isinstance(body, HarmReported) or reader not in (body.harm.owner, body.harm.by):
        return None
    return format_rfc3339(min(body.harm.occurred_us, event.entry.time_us))


def _proposal(
    kind: str,
    subjects: list[Any],
    window: tuple[str, str],
    *,
    parties: list[str],
    area: Any = None,
) -> out.ProposedOut:
    first, last = window
    named = [each for each in dict.fromkeys(subjects) if each is not None]
    return out.ProposedOut(
        kind=kind,
        subject=named[0],
        first=first,
        last=last,
        open=OpenIncidentIn(
            title=f"{kind}, {first}",
            start=_moved(first, -AROUND_US),
            end=_moved(last, AROUND_US),
            parties=tuple(parties),
            area=area,
        ),
        subjects=named,
    )


def _moved(time: str, by_us: int) -> str:
    """A time so much later, within the times that there are."""
    return format_rfc3339(min(MAX_US, max(MIN_US, parse_rfc3339(time) + by_us)))


def _others(parties: list[Any], reader: PartyId) -> list[str]:
    return [each for each in dict.fromkeys(parties) if each is not None and each != reader]


def _longer(before: out.ProposedOut, made: out.ProposedOut) -> out.ProposedOut:
    """The same thing from its first event to its last, with all that was named in any of them."""
    parties = dict.fromkeys((*before.open.parties, *made.open.parties))
    return _proposal(
        before.kind,
        [*before.subjects, *made.subjects],
        (before.first, made.last),
        parties=list(parties),
        area=made.open.area or before.open.area,
    )
