"""Folding what the record says of protected sites, and which of them is due to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.entries import Entry
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.sites import (
    CHASE_EVERY_US,
    CHASES,
    EXPORT_LIFE_US,
    HARM_WITHIN_US,
    REVALIDATE_US,
    ChallengeAnswered,
    Delivered,
    Disclosure,
    ExportCountersigned,
    ExportRequested,
    HarmReported,
    SharingAssessed,
    SharingWithdrawn,
    SiteChallenged,
    SiteFile,
    SiteReviewed,
    SitesDelivered,
    SiteStale,
)
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US

__all__ = [
    "FOLDS",
    "is_stale",
    "keep_site",
    "note_site",
    "put_site",
    "shared_as",
    "site_due",
    "site_of",
    "sites_due",
    "valid_until_us",
]


def valid_until_us(site: Intent, known: SiteFile | None = None) -> int:
    """Until when a site counts as validated: its owner tells it again, or it turns stale (N-09).
    What was told while a doubt about it was open validates nothing (L-07).
    """
    validated_us = site.told_us
    if known is not None and known.validated_us is not None:
        validated_us = known.validated_us
    return min(validated_us + REVALIDATE_US, site.end_us)


def is_stale(site: Intent, now_us: int, known: SiteFile | None = None) -> bool:
    """Whether its validation ran out. A function of the time alone: no clock has to tick for it."""
    return now_us > valid_until_us(site, known)


def site_of(picture: Picture, site: IntentId) -> Intent | None:
    """A presence that stands, or the last version of one whose validation ran out."""
    standing = picture.intents.get(site)
    if standing is not None:
        return standing if standing.kind is IntentKind.PRESENCE else None
    kept = picture.sites.get(site)
    return None if kept is None else kept.stale


def shared_as(picture: Picture, owner: PartyId, recipient: PartyId) -> Disclosure | None:
    """What the owner chose for the recipient; None: nothing was assessed."""
    sharing = picture.sharings.get((owner, recipient))
    return None if sharing is None else sharing.allows


def site_due(picture: Picture, subject: str) -> Due | None:
    """When a site turns stale, and then when its owner is reminded next. step: so often it was."""
    site = IntentId(subject)
    kept = picture.sites.get(site)
    shown = site_of(picture, site)
    if shown is None or shown.stated is None:
        return None
    if kept is None or kept.stale is None:
        return Due(0, valid_until_us(shown, kept))
    if kept.chased >= CHASES:
        return None
    return Due(kept.chased, valid_until_us(kept.stale, kept) + kept.chased * CHASE_EVERY_US)


def sites_due(picture: Picture) -> Iterator[str]:
    """What may be due: presences, and sites that are stale."""
    yield from picture.sites
    for intent_id in picture.intents:
        if picture.intents[intent_id].kind is IntentKind.PRESENCE:
            yield intent_id


def put_site(picture: Picture, intent: Intent, before: Intent | None) -> None:
    """A presence is told, or told again, which validates it anew, unless a doubt about it is open.
    before: the version that stands until now.
    """
    known = picture.sites.get(intent.id)
    doubted = picture.doubts.get(intent.id)
    if before is not None and doubted is not None and doubted.is_open:
        known = known or SiteFile(intent.id, intent.party)
        if known.validated_us is None:
            known = msgspec.structs.replace(known, validated_us=before.told_us)
        picture.sites[intent.id] = msgspec.structs.replace(known, stale=None, chased=0)
    elif known is not None and (known.stale is not None or known.validated_us is not None):
        picture.sites[intent.id] = msgspec.structs.replace(
            known, stale=None, chased=0, validated_us=None
        )


def note_site(picture: Picture, intent: Intent) -> None:
    """A presence stands: note when its validation runs out."""
    if picture.due is not None:
        picture.note_due(DeadlineKind.SITE, intent.id, site_due(picture, intent.id))


def keep_site(picture: Picture, intent: Intent) -> None:
    """A presence leaves the live picture with its window: as a site it stays, and is stale (N-09).
    One of an older record, which had no such sites, leaves as it did then.
    """
    if intent.stated is not None:
        known = _file(picture, intent.id, intent.party)
        picture.sites[intent.id] = msgspec.structs.replace(known, stale=intent)


def _file(picture: Picture, site: IntentId, owner: PartyId) -> SiteFile:
    return picture.sites.get(site) or SiteFile(site, owner)


def _stale(picture: Picture, body: SiteStale, _entry: Entry, position: int) -> None:
    intent = body.intent
    known = _file(picture, intent.id, intent.party)
    picture.sites[intent.id] = msgspec.structs.replace(known, stale=intent, chased=body.chased)
    picture.note_due(DeadlineKind.SITE, intent.id, site_due(picture, intent.id))
    holders = intent.visibility.parties if body.chased == 1 else ()
    _note(picture, intent.id, (intent.party, *holders), position)


def _challenged(picture: Picture, body: SiteChallenged, _entry: Entry, position: int) -> None:
    known = _file(picture, body.site, body.owner)
    kept = tuple(each for each in known.challenges if each.party != body.challenge.party)
    picture.sites[body.site] = msgspec.structs.replace(known, challenges=(*kept, body.challenge))
    _note(picture, body.site, body.concerned, position)


def _answered(picture: Picture, body: ChallengeAnswered, entry: Entry, position: int) -> None:
    known = _file(picture, body.site, body.owner)
    replace = msgspec.structs.replace
    challenges = tuple(
        replace(each, answer=body.statement, answered_us=entry.time_us)
        if each.party == body.party
        else each
        for each in known.challenges
    )
    picture.sites[body.site] = replace(known, challenges=challenges)
    _note(picture, body.site, body.concerned, position)


def _harmed(picture: Picture, body: HarmReported, entry: Entry, position: int) -> None:
    harm = body.harm
    for old in list(picture.harms):
        if picture.harms[old].occurred_us < entry.time_us - HARM_WITHIN_US:
            picture.harms.pop(old, None)
    picture.harms[harm.id] = harm
    for recipient in harm.told_before:
        pair = (harm.owner, recipient)
        picture.after_notice[pair] = (picture.after_notice.get(pair) or 0) + 1
    for site in body.freezes:
        known = _file(picture, site, harm.owner)
        picture.sites[site] = msgspec.structs.replace(known, frozen=True, reviews=())
    _note(picture, harm.site, body.concerned, position)


def _reviewed(picture: Picture, body: SiteReviewed, entry: Entry, position: int) -> None:
    known = _file(picture, body.site, body.owner)
    picture.sites[body.site] = msgspec.structs.replace(
        known,
        frozen=not body.lifts,
        reviews=(*known.reviews, (body.party, body.statement, entry.time_us)),
    )
    _note(picture, body.site, body.concerned, position)


def _assessed(picture: Picture, body: SharingAssessed, _entry: Entry, position: int) -> None:
    sharing = body.sharing
    picture.sharings[sharing.owner, sharing.recipient] = sharing
    _stream(picture, (sharing.owner,), position)


def _withdrawn(picture: Picture, body: SharingWithdrawn, entry: Entry, position: int) -> None:
    standing = picture.sharings.get((body.owner, body.recipient))
    if standing is not None:
        picture.sharings[body.owner, body.recipient] = msgspec.structs.replace(
            standing, withdrawn_us=entry.time_us
        )
    for site in list(picture.sites):
        known = picture.sites[site]
        if known.owner == body.owner and known.stale is not None:
            visibility = known.stale.visibility
            left = tuple(each for each in visibility.parties if each != body.recipient)
            shown = msgspec.structs.replace(visibility, parties=left)
            hidden = msgspec.structs.replace(known.stale, visibility=shown)
            picture.sites[site] = msgspec.structs.replace(known, stale=hidden)
    _stream(picture, (body.owner,), position)


def _delivered(picture: Picture, body: SitesDelivered, entry: Entry, position: int) -> None:
    day = entry.time_us // DAY_US
    for owner, count in body.owners:
        last = picture.deliveries.get((owner, body.recipient))
        most = max(count, last.most) if last is not None and last.day == day else count
        picture.deliveries[owner, body.recipient] = Delivered(day, most)
    _stream(picture, (owner for owner, _ in body.owners), position)


def _requested(picture: Picture, body: ExportRequested, entry: Entry, position: int) -> None:
    for old in list(picture.exports):
        known = picture.exports[old]
        if max(known.requested_us, known.countersigned_us or 0) < entry.time_us - EXPORT_LIFE_US:
            picture.exports.pop(old, None)
    picture.exports[body.export.id] = body.export
    _note(picture, body.export.id, (body.export.party,), position)


def _countersigned(
    picture: Picture, body: ExportCountersigned, entry: Entry, position: int
) -> None:
    known = picture.exports.get(body.export)
    if known is not None:
        picture.exports[body.export] = msgspec.structs.replace(
            known, second=body.second, countersigned_us=entry.time_us, sites=body.sites
        )
    _note(picture, body.export, (body.party,), position)


def _note(picture: Picture, object_id: str, parties: Iterable[PartyId], position: int) -> None:
    if picture.history is not None:
        picture.history.note_object(object_id, position)
    _stream(picture, parties, position)


def _stream(picture: Picture, parties: Iterable[PartyId], position: int) -> None:
    if picture.history is not None:
        for party in dict.fromkeys(parties):
            picture.history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    SiteStale: _stale,
    SiteChallenged: _challenged,
    ChallengeAnswered: _answered,
    HarmReported: _harmed,
    SiteReviewed: _reviewed,
    SharingAssessed: _assessed,
    SharingWithdrawn: _withdrawn,
    SitesDelivered: _delivered,
    ExportRequested: _requested,
    ExportCountersigned: _countersigned,
}
