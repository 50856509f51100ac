"""The rules for zones: declaring one, changing it, withdrawing it."""

from __future__ import annotations

from wideberth.decisions.clashes import (
    ZoneClash,
    intent_ref,
    overlap_band,
    prepared_volumes,
    zone_ref,
)
from wideberth.decisions.disclosure import zone_clash_for_owner, zone_clash_for_teller
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.decisions.telling import NoticeDesk, Telling
from wideberth.errors import InvalidValue
from wideberth.model.commands import DeclareZone, WithdrawZone
from wideberth.model.entries import (
    Body,
    ClashesFound,
    ClashPair,
    NoticeIssued,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.notices import Clash, ObjectRef, Urgency
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.picture import Picture
from wideberth.space.time import format_rfc3339
from wideberth.space.volume import Separation

__all__ = ["declare", "withdraw"]

_TOUCHING = Separation()


def declare(picture: Picture, command: DeclareZone, author: Author, context: Context) -> Decision:
    """A zone, or a new version of one; whoever stands in it is told."""
    standing = picture.zones.get(command.zone)
    refusal = _refuse_version(standing, command, author) or _refuse_details(
        picture, command, context
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
    )
    return Accepted((ZoneDeclared(zone), *_tell(picture, zone, context)))


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
    desk = NoticeDesk(picture, context)
    for party, notice_id in picture.told.get(standing.id) or ():
        desk.issue(
            party,
            Telling(
                sender=standing.party,
                urgency=Urgency.PROMPT,
                subject=ObjectRef(zone_ref(standing).type, standing.id, standing.version + 1),
                supersedes=(notice_id,),
                withdrawal=True,
            ),
        )
    withdrawn = ZoneWithdrawn(standing.id, standing.party, standing.version + 1)
    return Accepted((withdrawn, *(NoticeIssued(notice) for notice in desk.issued)))


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
    if (command.rule is ZoneRule.NOTICE) != (command.notice_us > 0):
        return refused(
            RefusalKind.INVALID,
            "notice-contradicts-rule",
            "a notice zone needs notice_minutes over 0; a keep-out zone has none",
            field="rule, notice_minutes",
            value=f"{command.rule.value}, {command.notice_us // 60_000_000}",
        )
    return None


def _tell(picture: Picture, zone: Zone, context: Context) -> list[Body]:
    """Tell the owners of standing intents in the zone, and its owner of those it may know of."""
    reference = zone_ref(zone)
    drafts: dict[PartyId, list[Clash]] = {}
    pairs: dict[str, ClashPair] = {}
    for prepared in prepared_volumes(picture, zone.volumes):
        for intent_id, ordinal, gap in picture.intent_space.conflicts(prepared, _TOUCHING):
            intent = picture.intents[intent_id]
            if intent.party == zone.party or not zone.applies_to(intent.kind):
                continue
            if intent_id in pairs:
                continue
            volume = picture.intent_space.volumes(intent_id)[ordinal]
            clash = ZoneClash(
                zone,
                f"zone/{zone.rule.value}/{zone.version}",
                gap,
                overlap_band(volume, prepared),
                Urgency.PROMPT,
                too_short=zone.rule is ZoneRule.NOTICE and intent.lead_us < zone.notice_us,
                own_volume=volume,
                zone_volume=prepared,
            )
            pairs[intent_id] = ClashPair(intent_ref(intent), gap, clash.rule_id)
            drafts.setdefault(intent.party, []).append(
                zone_clash_for_teller(clash, intent_ref(intent))
            )
            theirs = zone_clash_for_owner(picture, clash, intent)
            if theirs is not None:
                drafts.setdefault(zone.party, []).append(theirs)
    latest = dict(picture.told.get(zone.id) or ())
    desk = NoticeDesk(picture, context)
    told: list[tuple[PartyId, NoticeId]] = []
    for recipient in dict.fromkeys((*drafts, *latest)):
        before = latest.get(recipient)
        notice = desk.issue(
            recipient,
            Telling(
                sender=zone.party,
                urgency=Urgency.PROMPT,
                subject=reference,
                supersedes=(before,) if before is not None else (),
                clashes=tuple(drafts.get(recipient, ())),
            ),
        )
        told.append((recipient, notice.id))
    if not told and not pairs:
        return []
    evidence = ClashesFound(reference, tuple(pairs[each] for each in sorted(pairs)), tuple(told))
    return [evidence, *(NoticeIssued(notice) for notice in desk.issued)]
