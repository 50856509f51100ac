"""Protected sites over the API: the list, what is said of an entry, who may learn how much, and the
list in bulk. That sites were given to somebody is recorded before the answer leaves.
"""

from __future__ import annotations

import asyncio
from typing import Any

from wideberth.faces.api import sites_seen, views
from wideberth.faces.api import sites_told as out
from wideberth.faces.api.deliveries import deliver, require_within_limit, within_limit
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import Route, encode
from wideberth.faces.api.pages import Page
from wideberth.faces.api.problems import HttpProblem
from wideberth.model.commands import Command
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.parties import Role
from wideberth.model.refusals import Refusal
from wideberth.model.sites import (
    CANNOT_RECALL,
    CELL_ND,
    EXPORT_LIFE_US,
    AnswerChallenge,
    AssessSharing,
    ChallengeAnswered,
    ChallengeSite,
    CountersignExport,
    ExportCountersigned,
    ExportRequested,
    HarmReported,
    ReportHarm,
    RequestExport,
    ReviewSite,
    SharingAssessed,
    SharingWithdrawn,
    SiteChallenged,
    SiteReviewed,
    WithdrawSharing,
)
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs, needs_cell
from wideberth.picture.sites import site_of
from wideberth.service import Applied
from wideberth.space.time import format_rfc3339, parse_rfc3339
from wideberth.space.volume import NANODEGREES
from wideberth.wire import asked
from wideberth.wire import sites as said

__all__ = ["ANSWERS", "ROUTES"]


async def list_sites(call: Call) -> out.SitesPage | Refusal:
    """Sites by id, yours and those shown to you; then the cells of those of which no more is
    disclosed, on the last page.
    """
    query: said.SitesQuery = call.query
    picture, now_us = call.picture, call.desk.service.context().now_us
    position = picture.size
    is_own = query.whose == "own"
    await asyncio.sleep(0)
    shown = [
        each
        for each in sites_seen.shown_sites(picture, call.party)
        if (query.cursor is None or each.id > query.cursor)
        and not (is_own and each.party != call.party)
    ]
    after = within_limit(call, shown)
    page = Page().take_all(
        after[: query.limit],
        lambda each: encode(sites_seen.site(picture, each, call.party, now_us)),
    )
    taken = after[: len(page)]
    refusal = await deliver(call, taken)
    if refusal is not None:
        return refusal
    owners = {each.party for each in taken}
    is_last = len(after) == len(page)
    if is_last and not is_own:
        for cell in _cells(call):
            owners.add(PartyId(cell.owner))
            page.take(encode(cell))
    return out.SitesPage(
        sites=page.things,
        next=None if is_last else taken[-1].id,
        rests_on=views.rests_on(owners, position, now_us),
        limited=len(after) < len(shown),
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
    )


def _cells(call: Call) -> list[out.SiteOut]:
    """One for each cell in which an owner disclosed no more to the reader: not how many."""
    picture = call.picture
    found: dict[tuple[str, float, float, float], out.SiteOut] = {}
    for owner, recipient in list(picture.sharings):
        allows = picture.sharings[owner, recipient].allows
        if recipient != call.party or allows not in CELL_ND:
            continue
        for name in picture.intents_of(owner):
            intent = picture.intents[name]
            if intent.kind is IntentKind.PRESENCE and not sees(picture, intent, recipient):
                for seen in sites_seen.coarse(intent, allows):
                    if seen.cell is not None and _is_needed(call, owner, seen.cell):
                        where = (seen.cell.size_deg, seen.cell.south, seen.cell.west)
                        found[(owner, *where)] = seen
    return [found[each] for each in sorted(found)]


async def get_site(call: Call) -> out.SiteOut | Refusal:
    """One site, as far as it is shown."""
    shown = site_of(call.picture, IntentId(call.path["site"]))
    if shown is None or not _is_given(call, shown):
        raise HttpProblem(404, "no-such-site", "no site of this id is shown to you")
    require_within_limit(call, shown)
    refusal = await deliver(call, (shown,))
    if refusal is not None:
        return refusal
    now_us = call.desk.service.context().now_us
    return sites_seen.site(call.picture, shown, call.party, now_us)


def _is_needed(call: Call, owner: PartyId, cell: out.CoarseOut) -> bool:
    south_nd, west_nd, size_nd = (
        round(each * NANODEGREES) for each in (cell.south, cell.west, cell.size_deg)
    )
    return needs_cell(call.picture, owner, call.party, (south_nd, west_nd, size_nd))


def _is_given(call: Call, site: Intent) -> bool:
    picture, reader = call.picture, call.party
    return sees(picture, site, reader) and needs(picture, site, reader)


async def challenge(call: Call) -> Command:
    """A challenge."""
    body: said.StatementIn = call.body
    return ChallengeSite(IntentId(call.path["site"]), body.statement)


async def answer(call: Call) -> Command:
    """The owner's answer to one."""
    body: said.StatementIn = call.body
    return AnswerChallenge(IntentId(call.path["site"]), PartyId(call.path["party"]), body.statement)


async def report_harm(call: Call) -> Command:
    """Harm at a site."""
    body: said.HarmIn = call.body
    occurred_us = parse_rfc3339(body.occurred, field="occurred")
    return ReportHarm(IntentId(call.path["site"]), occurred_us, body.statement)


async def review(call: Call) -> Command:
    """Somebody senior looked."""
    body: said.StatementIn = call.body
    return ReviewSite(IntentId(call.path["site"]), body.statement)


async def list_sharings(call: Call) -> out.SharingsPage:
    """To whom your sites go, and what was reported since."""
    picture, now_us = call.picture, call.desk.service.context().now_us
    recipients = {recipient for owner, recipient in picture.sharings if owner == call.party}
    for name in picture.intents_of(call.party):
        intent = picture.intents[name]
        if intent.kind is IntentKind.PRESENCE:
            recipients.update(intent.visibility.parties)
    return out.SharingsPage(
        sharings=[
            sites_seen.sharing(picture, call.party, each, now_us)
            for each in sorted(recipients - {call.party})
        ],
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
    )


async def assess(call: Call) -> Command:
    """An assessment and a choice for one recipient."""
    body: said.AssessIn = call.body
    return AssessSharing(
        PartyId(call.path["recipient"]),
        body.disclosure,
        body.receives,
        body.passes_on,
        body.history,
    )


async def withdraw_sharing(call: Call) -> Command:
    """Nothing more, at once."""
    return WithdrawSharing(PartyId(call.path["recipient"]))


async def request_export(call: Call) -> Command:
    """A list in bulk is asked for, under an id that the service makes."""
    body: said.ExportIn = call.body
    return RequestExport(call.desk.service.context().new_id(), body.purpose)


async def countersign(call: Call) -> Command:
    """A second person signs."""
    return CountersignExport(call.path["export"])


async def get_export(call: Call) -> out.ExportOut:
    """The list, for a day after it was countersigned; as its sites stand now."""
    picture, now_us = call.picture, call.desk.service.context().now_us
    export = picture.exports.get(call.path["export"])
    if export is None or export.party != call.party:
        raise HttpProblem(404, "no-such-export", "no export of your party has this id")
    if export.countersigned_us is None:
        raise HttpProblem(409, "second-person", "a second person of your party signs first")
    if now_us > export.countersigned_us + EXPORT_LIFE_US:
        raise HttpProblem(410, "export-over", "it could be fetched for a day")
    # What was withdrawn since is in no copy that is fetched from here on.
    standing = (picture.intents.get(each) for each in export.sites)
    shown = [each for each in standing if each is not None and _is_given(call, each)]
    named = sorted((sites_seen.trace(export.id, each), each) for each in shown)
    page = Page()
    for name, each in named:
        seen = sites_seen.site(picture, each, call.party, now_us, traced=name)
        page.things.append(seen)
    return out.ExportOut(
        id=export.id,
        purpose=export.purpose,
        sites=page.things,
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        traced_by="order and trace; coordinates are as their owner told them",
    )


def _where(applied: Applied) -> dict[str, Any]:
    return {"position": applied.position, "time": format_rfc3339(applied.entries[0].time_us)}


async def _site_said(_desk: Desk, applied: Applied, party: PartyId) -> out.SiteSaid:
    frozen: list[str] = []
    lifted: bool | None = None
    match applied.entries[0].body:
        case SiteChallenged(site=name) | ChallengeAnswered(site=name):
            pass
        case HarmReported(harm=harm, freezes=freezes):
            name = harm.site
            frozen = [each for each in freezes if party == harm.owner or each == name]
        case SiteReviewed(site=name, lifts=lifted):
            pass
        case other:
            raise AssertionError(f"{type(other).__name__} is not about a site")
    return out.SiteSaid(
        site=name,
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        frozen=frozen,
        lifted=lifted,
        **_where(applied),
    )


async def _shared(desk: Desk, applied: Applied, party: PartyId) -> out.SharingTold:
    body, now_us = applied.entries[0].body, applied.entries[0].time_us
    if isinstance(body, SharingWithdrawn):
        return out.SharingTold(
            sharing=sites_seen.sharing(desk.picture, party, body.recipient, now_us),
            withdrawn=body.sites,
            note=CANNOT_RECALL,
            **_where(applied),
        )
    assert isinstance(body, SharingAssessed)
    return out.SharingTold(
        sharing=sites_seen.sharing(desk.picture, party, body.sharing.recipient, now_us),
        **_where(applied),
    )


async def _exported(_desk: Desk, applied: Applied, _party: PartyId) -> out.ExportTold:
    body = applied.entries[0].body
    if isinstance(body, ExportCountersigned):
        return out.ExportTold(
            id=body.export, waits_for_second=False, sites=len(body.sites), **_where(applied)
        )
    assert isinstance(body, ExportRequested)
    return out.ExportTold(id=body.export.id, waits_for_second=True, **_where(applied))


ANSWERS = {
    SiteChallenged: _site_said,
    ChallengeAnswered: _site_said,
    HarmReported: _site_said,
    SiteReviewed: _site_said,
    SharingAssessed: _shared,
    SharingWithdrawn: _shared,
    ExportRequested: _exported,
    ExportCountersigned: _exported,
}
"""What a write about sites is answered with, by the entry that it became."""


ROUTES = (
    Route(
        "GET",
        "/sites",
        list_sites,
        "Protected sites, yours and those shown to you",
        out.SitesPage,
        query=said.SitesQuery,
        role=Role.WATCH,
    ),
    Route("GET", "/sites/{site}", get_site, "A protected site", out.SiteOut, role=Role.WATCH),
    Route(
        "POST",
        "/sites/{site}/challenges",
        challenge,
        "Challenge a site that is shown to you; it stays, with both statements",
        out.SiteSaid,
        kind="write",
        body=said.StatementIn,
    ),
    Route(
        "POST",
        "/sites/{site}/challenges/{party}/answer",
        answer,
        "Answer a challenge of a party to a site of yours",
        out.SiteSaid,
        kind="write",
        body=said.StatementIn,
    ),
    Route(
        "POST",
        "/sites/{site}/harm",
        report_harm,
        "Report harm at a site; repeated near one place, it ends the routine there",
        out.SiteSaid,
        kind="write",
        body=said.HarmIn,
    ),
    Route(
        "POST",
        "/sites/{site}/review",
        review,
        "Say that somebody senior looked at a site that is frozen",
        out.SiteSaid,
        kind="write",
        body=said.StatementIn,
    ),
    Route(
        "GET",
        "/sharings",
        list_sharings,
        "To whom your sites go, and what was reported since",
        out.SharingsPage,
        role=Role.WATCH,
    ),
    Route(
        "PUT",
        "/sharings/{recipient}",
        assess,
        "Assess what sharing with a party may lead to, and choose how much it learns",
        out.SharingTold,
        kind="write",
        body=said.AssessIn,
    ),
    Route(
        "DELETE",
        "/sharings/{recipient}",
        withdraw_sharing,
        "Withdraw at once all that a party sees of your sites",
        out.SharingTold,
        kind="write",
    ),
    Route(
        "POST",
        "/exports",
        request_export,
        "Ask for the sites shown to you in bulk; a second person countersigns",
        out.ExportTold,
        kind="write",
        body=said.ExportIn,
    ),
    Route(
        "POST",
        "/exports/{export}/countersignature",
        countersign,
        "Put a second name of your party to an export",
        out.ExportTold,
        kind="write",
        body=asked.EmptyIn,
    ),
    Route(
        "GET",
        "/exports/{export}",
        get_export,
        "An export, for a day after it was countersigned",
        out.ExportOut,
        role=Role.WATCH,
    ),
)
