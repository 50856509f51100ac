"""Protected sites as their reader may see them: exact, as a labelled cell, or not at all."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal

from wideberth.faces.api import sites_told as out
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.doubts_seen import beside
from wideberth.faces.api.views import intent as intent_view
from wideberth.model.entries import Body
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.sites import (
    AFTER_NOTICE_METHOD,
    CELL_ND,
    PROTECTION_UNCHANGED,
    Challenge,
    ChallengeAnswered,
    Disclosure,
    ExportCountersigned,
    ExportRequested,
    HarmReported,
    SharingAssessed,
    SharingWithdrawn,
    SiteChallenged,
    SiteReviewed,
    SitesDelivered,
    SiteStale,
)
from wideberth.picture.cells import Box, box_nd
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.picture.sites import is_stale, valid_until_us
from wideberth.service import StreamEvent
from wideberth.space.time import DAY_US, format_rfc3339
from wideberth.space.volume import NANODEGREES

__all__ = ["EVENTS", "VIEWS", "coarse", "sharing", "shown_sites", "site", "trace"]

EVENTS: dict[str, type] = {
    "site": out.SiteEvent,
    "sharing": out.SharingEvent,
    "export": out.ExportEvent,
}
"""The events of ``/stream`` about sites and what each carries."""

_MOST_CELLS = 16  # of one volume of a site
_TRACED = 16  # hexadecimal digits of a site's name in an export


def site(
    picture: Picture, shown: Intent, reader: PartyId, now_us: int, *, traced: str | None = None
) -> out.SiteOut:
    """A site, whole, for somebody who sees it."""
    known = picture.sites.get(shown.id)
    challenges = known.challenges if known is not None else ()
    open_ones = any(each.answer is None for each in challenges)
    evidence = None if shown.stated is None else shown.stated.evidence
    return out.SiteOut(
        owner=shown.party,
        state="STALE" if is_stale(shown, now_us, known) else "current",
        protection=PROTECTION_UNCHANGED,
        id=shown.id,
        intent=intent_view(shown),
        valid_until=format_rfc3339(valid_until_us(shown, known)),
        evidence="CHALLENGED" if open_ones else evidence,
        challenges=[_challenge(each, shown.party, reader, now_us) for each in challenges],
        doubts=beside(picture, shown.id, reader),
        frozen=known is not None and known.frozen,
        trace=traced,
    )


def _challenge(made: Challenge, owner: PartyId, reader: PartyId, now_us: int) -> out.ChallengeOut:
    answered_us = made.answered_us
    return out.ChallengeOut(
        statement=made.statement,
        made=format_rfc3339(made.made_us),
        answer_by=format_rfc3339(made.answer_by_us),
        party=made.party if reader in (owner, made.party) else None,
        answer=made.answer,
        answered=None if answered_us is None else format_rfc3339(answered_us),
        overdue=made.answer is None and now_us > made.answer_by_us,
    )


def coarse(shown: Intent, disclosure: Disclosure) -> list[out.SiteOut]:
    """A site of which no more than cells are disclosed, which together hold all of it: no id, no
    time, no words, the same for every site of one cell.

    Larger cells for a site in many of them; the whole earth near a pole and on the antimeridian,
    where the grid has none.
    """
    found: dict[tuple[int, int, int], out.SiteOut] = {}
    for volume in shown.volumes:
        for cell in _cells_of(box_nd(volume), CELL_ND[disclosure]):
            found[cell] = _in_cell(shown, *cell)
    return list(found.values())


def _cells_of(box: Box | None, size_nd: int) -> list[tuple[int, int, int]]:
    """South, west and size of the cells that hold a box, nanodegrees."""
    if box is None:
        return [(-180 * NANODEGREES, -180 * NANODEGREES, 360 * NANODEGREES)]
    south_nd, west_nd, north_nd, east_nd = box
    while True:
        rows = range(south_nd // size_nd, north_nd // size_nd + 1)
        columns = range(west_nd // size_nd, east_nd // size_nd + 1)
        if len(rows) * len(columns) <= _MOST_CELLS:
            return [
                (row * size_nd, column * size_nd, size_nd) for row in rows for column in columns
            ]
        size_nd *= 2


def _in_cell(shown: Intent, south_nd: int, west_nd: int, size_nd: int) -> out.SiteOut:
    size_deg = size_nd / NANODEGREES
    return out.SiteOut(
        owner=shown.party,
        state="current",
        protection=PROTECTION_UNCHANGED,
        cell=out.CoarseOut(
            south=south_nd / NANODEGREES,
            west=west_nd / NANODEGREES,
            size_deg=size_deg,
            coarsened=f"rounded out to a cell of {size_deg:g} degrees; no time is given",
        ),
    )


def shown_sites(picture: Picture, reader: PartyId) -> list[Intent]:
    """The sites that a reader sees exactly, its own among them, also the stale ones; by id."""
    found = {
        intent.id: intent
        for intent in (picture.intents[each] for each in list(picture.intents))
        if intent.kind is IntentKind.PRESENCE
        and sees(picture, intent, reader)
        and needs(picture, intent, reader)
    }
    for name in list(picture.sites):
        kept = picture.sites[name].stale
        if kept is not None and sees(picture, kept, reader) and needs(picture, kept, reader):
            found.setdefault(name, kept)
    return [found[each] for each in sorted(found)]


def trace(export: str, shown: Intent) -> str:
    """What a site is called in one export: another name in each, the same for nobody else."""
    return sha256(f"{export}\0{shown.id}".encode()).hexdigest()[:_TRACED]


def sharing(picture: Picture, owner: PartyId, recipient: PartyId, now_us: int) -> out.SharingOut:
    """What an owner shares with one recipient, and what was reported since."""
    known = picture.sharings.get((owner, recipient))
    delivered = picture.deliveries.get((owner, recipient))
    today = delivered is not None and delivered.day == now_us // DAY_US
    intents = (picture.intents[each] for each in picture.intents_of(owner))
    shown = sum(
        1
        for each in intents
        if each.kind is IntentKind.PRESENCE and recipient in each.visibility.parties
    )
    return out.SharingOut(
        recipient=recipient,
        disclosure=Disclosure.NONE if known is None else known.allows,
        sites_shown=shown,
        after_notice=out.AfterNoticeOut(
            reports=picture.after_notice.get((owner, recipient)) or 0, method=AFTER_NOTICE_METHOD
        ),
        receives=None if known is None else known.receives,
        passes_on=None if known is None else known.passes_on,
        history=None if known is None else known.history,
        assessed=None if known is None else format_rfc3339(known.assessed_us),
        withdrawn=None
        if known is None or known.withdrawn_us is None
        else format_rfc3339(known.withdrawn_us),
        most_today=delivered.most if delivered is not None and today else 0,
    )


def _where(event: StreamEvent) -> dict[str, Any]:
    return {"position": event.position, "time": format_rfc3339(event.entry.time_us)}


async def _site_event(_desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    body: Body = event.entry.body
    change: Literal["stale", "challenged", "answered", "harmed", "reviewed"]
    statement: str | None = None
    by: PartyId | None = None
    frozen: list[str] = []
    match body:
        case SiteStale(intent=intent):
            name, owner, change = intent.id, intent.party, "stale"
        case SiteChallenged(site=name, owner=owner, challenge=made):
            change, statement, by = "challenged", made.statement, made.party
        case ChallengeAnswered(site=name, owner=owner, statement=statement):
            change, by = "answered", owner
        case HarmReported(harm=harm):
            name, owner, change = harm.site, harm.owner, "harmed"
            statement, by = harm.statement, harm.by
            frozen = [each for each in body.freezes if party == owner or each == name]
        case SiteReviewed(site=name, owner=owner, party=by, statement=statement):
            change = "reviewed"
        case other:
            raise AssertionError(f"{type(other).__name__} is not about a site")
    return "site", out.SiteEvent(
        site=name,
        change=change,
        owner=owner,
        protection=PROTECTION_UNCHANGED,
        statement=statement,
        by=by if party in (owner, by) or by == owner else None,
        frozen=frozen,
        **_where(event),
    )


async def _sharing_event(_desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    match event.entry.body:
        case SharingAssessed(sharing=made):
            said = out.SharingEvent(change="assessed", recipient=made.recipient, **_where(event))
        case SharingWithdrawn(recipient=recipient, sites=count):
            said = out.SharingEvent(
                change="withdrawn", recipient=recipient, sites=count, **_where(event)
            )
        case SitesDelivered(recipient=recipient, owners=owners, export=export):
            said = out.SharingEvent(
                change="delivered",
                recipient=recipient,
                sites=dict(owners)[party],
                exported=export is not None,
                **_where(event),
            )
        case other:
            raise AssertionError(f"{type(other).__name__} shares nothing")
    return "sharing", said


async def _export_event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    match event.entry.body:
        case ExportRequested(export=made):
            return "export", out.ExportEvent(id=made.id, change="requested", **_where(event))
        case ExportCountersigned(export=name):
            return "export", out.ExportEvent(id=name, change="countersigned", **_where(event))
        case other:
            raise AssertionError(f"{type(other).__name__} exports nothing")


VIEWS = {
    SiteStale: _site_event,
    SiteChallenged: _site_event,
    ChallengeAnswered: _site_event,
    HarmReported: _site_event,
    SiteReviewed: _site_event,
    SharingAssessed: _sharing_event,
    SharingWithdrawn: _sharing_event,
    SitesDelivered: _sharing_event,
    ExportRequested: _export_event,
    ExportCountersigned: _export_event,
}
