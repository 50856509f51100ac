"""The rules for zones: declaring one, changing it, withdrawing it."""

from __future__ import annotations

import re

import msgspec

from wideberth.decisions.budget import withdrawn_touches
from wideberth.decisions.changed import told_changes
from wideberth.decisions.clashes import ZoneClash, intent_ref, intents_in_zone, zone_ref
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.decisions.places import how_far_unasked_mm, in_one, moved, outside
from wideberth.decisions.telling import Drafts, Subject, draft_zone, tell
from wideberth.errors import InvalidValue
from wideberth.model.commands import DeclareZone, WithdrawZone
from wideberth.model.entries import Body, ClashPair, ZoneDeclared, ZoneWithdrawn
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent
from wideberth.model.notices import ObjectRef, ObjectType
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.picture import Picture
from wideberth.space.time import format_rfc3339

__all__ = ["declare", "withdraw"]

_REASON = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def declare(picture: Picture, command: DeclareZone, author: Author, context: Context) -> Decision:
    """A zone, or a new version of one; whoever stands in it is told."""
    standing = picture.zones.get(command.zone)
    refusal = (
        _refuse_version(standing, command, author)
        or _refuse_details(picture, command, context)
        or _ask_for_place(picture, command, standing)
    )
    if refusal is not None:
        return refusal
    zone = Zone(
        id=command.zone,
        party=author.party,
        name=command.name,
        rule=command.rule,
        volumes=command.volumes,
        version=command.replaces_version + 1,
        declared_us=context.now_us,
        notice_us=command.notice_us,
        kinds=command.kinds,
        reason=command.reason,
        declaration=command.declaration,
    )
    counted: list[Body] = []
    if standing is not None:
        still = {intent.id for intent, _ in _met(picture, zone, context)}
        left = [each for each, _ in _met(picture, standing, context) if each.id not in still]
        counted = withdrawn_touches(picture, author.party, left, context)
    return Accepted((ZoneDeclared(zone), *_tell(picture, zone, standing, context), *counted))


def withdraw(picture: Picture, command: WithdrawZone, author: Author, context: Context) -> Decision:
    """The zone's end, told to everybody who was told of it."""
    standing = picture.zones.get(command.zone)
    if standing is None:
        return refused(RefusalKind.UNKNOWN, "no-such-zone", "no zone of this id stands")
    if standing.party != author.party:
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "only the party that declared a zone withdraws it"
        )
    if standing.version != command.version:
        return refused(
            RefusalKind.STALE,
            "version-stale",
            f"version {standing.version} stands",
            field="version",
            value=str(command.version),
        )
    last = ObjectRef(ObjectType.ZONE, standing.id, standing.version + 1)
    subject = _subject(standing, last, withdrawal=True)
    met = _met(picture, standing, context)
    telling = tell(
        picture, context, subject, Drafts(), pairs=[], also=set(draft_zone(picture, met))
    )
    counted = withdrawn_touches(picture, author.party, [intent for intent, _ in met], context)
    return Accepted((ZoneWithdrawn(standing.id, standing.party, last.version), *telling, *counted))


def _refuse_version(standing: Zone | None, command: DeclareZone, author: Author) -> Refusal | None:
    if standing is not None and standing.party != author.party:
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "only the party that declared a zone changes it"
        )
    version = standing.version if standing is not None else 0
    if version != command.replaces_version:
        return refused(
            RefusalKind.STALE,
            "version-stale",
            f"version {version} stands" if version else "no zone of this id stands",
            field="replaces_version",
            value=str(command.replaces_version),
        )
    return None


def _refuse_details(picture: Picture, command: DeclareZone, context: Context) -> Refusal | None:
    if not command.volumes:
        return refused(
            RefusalKind.INVALID, "no-volume", "give at least one volume", field="volumes"
        )
    for index, volume in enumerate(command.volumes):
        try:
            picture.altitude_model.require_comparable(volume)
        except InvalidValue as error:
            return invalid(error.within(f"volumes.{index}"))
        if volume.end_us < context.now_us:
            return refused(
                RefusalKind.INVALID,
                "already-over",
                "give an end that is still to come",
                field=f"volumes.{index}.end",
                value=format_rfc3339(volume.end_us),
            )
    if not _REASON.fullmatch(command.reason):
        return refused(
            RefusalKind.INVALID,
            "reason-code",
            "give a short code of lower-case letters, digits and hyphens, or withheld (N-13)",
            field="reason",
            value=command.reason,
        )
    if (command.rule is ZoneRule.NOTICE) != (command.notice_us > 0):
        return refused(
            RefusalKind.INVALID,
            "notice-contradicts-rule",
            "a notice zone needs notice_minutes over 0; a keep-out zone has none",
            field="rule, notice_minutes",
            value=f"{command.rule.value}, {command.notice_us // 60_000_000}",
        )
    return None


def _ask_for_place(picture: Picture, command: DeclareZone, standing: Zone | None) -> Refusal | None:
    if command.confirmed:
        return None
    known = () if standing is None else standing.volumes
    limit_mm = how_far_unasked_mm(picture.space.rules.plausible, None, same_name=False)
    question = in_one(
        (
            outside(picture, command.volumes, standing=known),
            moved(command.volumes, known, limit_mm),
        )
    )
    return None if question is None else invalid(question)


def _tell(picture: Picture, zone: Zone, before: Zone | None, context: Context) -> list[Body]:
    """Tell the owners of standing intents in the zone, and its owner of those it may know of."""
    met = _met(picture, zone, context)
    pairs = [ClashPair(intent_ref(intent), clash.gap, clash.rule_id) for intent, clash in met]
    also = set[PartyId]()
    subject = _subject(zone, zone_ref(zone))
    if before is not None:
        also = set(draft_zone(picture, _met(picture, before, context)))
        subject = msgspec.structs.replace(subject, changes=told_changes(before, zone))
    return tell(picture, context, subject, draft_zone(picture, met), pairs=pairs, also=also)


def _subject(zone: Zone, reference: ObjectRef, *, withdrawal: bool = False) -> Subject:
    """Zones are open: who must keep out must know."""
    return Subject(
        reference,
        zone.party,
        shown=lambda _: True,
        shown_before=lambda _: True,
        withdrawal=withdrawal,
    )


def _met(picture: Picture, zone: Zone, context: Context) -> list[tuple[Intent, ZoneClash]]:
    """The intents that a version of a zone meets."""
    prepared = picture.prepared(zone.volumes)
    return intents_in_zone(picture, zone, prepared, now_us=context.now_us)
