"""What is published follows what was agreed: each change is an entry beside the one that caused it.

A zone that is declared or withdrawn, a version that comes into force, is suspended, resumed or
ends, and the times that a provision names: nothing else changes what is public. Nothing is
published without a provision in force that all parties signed, and then only closures and
stand-offs of those parties, with the members that it names (D-12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from wideberth.decisions.outcome import Accepted, Context, Decision
from wideberth.model.agreements import (
    AgreedArea,
    Agreement,
    AgreementMoment,
    AgreementStepped,
)
from wideberth.model.entries import ENTRY_VERSION, Body, Entry, ZoneDeclared, ZoneWithdrawn
from wideberth.model.ids import AgreementId, ZoneId
from wideberth.model.parties import SYSTEM, Author
from wideberth.model.provisions import Publish, PublishedField, SeparationTable
from wideberth.model.publications import (
    Content,
    Message,
    Publication,
    PublicationMade,
    PublicationWithdrawn,
    PublicKind,
    Withdrawal,
    Withdrawn,
)
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.agreements import fold_agreements
from wideberth.picture.cells import coarsened
from wideberth.picture.picture import Picture
from wideberth.picture.publications import CANCEL_LIFE_US
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D

__all__ = ["MAX_EARLIER", "contents_of", "published"]

MAX_EARLIER = 100
"""So many earlier messages an update or a withdrawal names, the newest."""

Key = tuple[AgreementId, str, str]
Rule = Callable[[Picture, Any, Author, Context], Decision]


def published(rule: Rule) -> Rule:
    """The same rule; what it accepts also changes what is published."""

    def ruled(picture: Picture, command: Any, author: Author, context: Context) -> Decision:
        decision = rule(picture, command, author, context)
        if not isinstance(decision, Accepted):
            return decision
        more = _following(picture, decision.bodies, context)
        return Accepted((*decision.bodies, *more)) if more else decision

    return ruled


def _following(picture: Picture, bodies: tuple[Body, ...], context: Context) -> list[Body]:
    """The entries by which what is published follows these."""
    zones: dict[ZoneId, Zone | None] = {}
    agreements: dict[AgreementId, None] = {}
    for body in bodies:
        match body:
            case ZoneDeclared(zone=zone):
                zones[zone.id] = zone
            case ZoneWithdrawn(zone=zone_id):
                zones[zone_id] = None
            case AgreementStepped(agreement=changed) | AgreementMoment(agreement=changed):
                agreements[changed] = None
            case _:
                pass
    if not (zones or agreements):
        return []
    after = picture
    if agreements:
        after = picture.overlay()
        for body in bodies:
            fold_agreements(after, Entry(ENTRY_VERSION, context.now_us, SYSTEM, body, follows=True))
    wanted: dict[Key, tuple[Agreement, Content]] = {}
    looked_at: set[Key] = set()
    for agreement in agreements:
        looked_at |= {key for key in picture.publications if key[0] == agreement}
        wanted |= contents_of(after, agreement, list(_zones(after, zones)), context.now_us)
    for zone_id, zone in zones.items():
        source = f"zone/{zone_id}"
        looked_at |= {key for key in picture.publications if key[2] == source}
        for agreement in after.agreed.publishes:
            for terms, provision in _in_force(after, agreement, context.now_us):
                content = None if zone is None else _of_zone(terms, provision, zone)
                if content is not None:
                    wanted[agreement, provision.id, source] = (terms, content)
    return list(_changes(after, looked_at, wanted, context))


def contents_of(
    picture: Picture, agreement: AgreementId, zones: list[Zone], now_us: int
) -> dict[Key, tuple[Agreement, Content]]:
    """All that is to be public by the provisions of an agreement that are in force now."""
    found: dict[Key, tuple[Agreement, Content]] = {}
    for version, provision in _in_force(picture, agreement, now_us):
        for area in version.areas:
            if area.provision in provision.provisions and version.applies(area.provision):
                named = area.id.split("/", 3)[3]  # without the agreement and its version
                content = _of_area(version, provision, area)
                found[agreement, provision.id, f"area/{named}"] = (version, content)
        for zone in zones:
            content = _of_zone(version, provision, zone)
            if content is not None:
                found[agreement, provision.id, f"zone/{zone.id}"] = (version, content)
    return found


def _in_force(
    picture: Picture, agreement: AgreementId, now_us: int
) -> Iterator[tuple[Agreement, Publish]]:
    for version, provision in picture.agreed.publishes.get(agreement, ()):
        if provision.is_at(now_us):
            yield version, provision


def _zones(picture: Picture, changed: dict[ZoneId, Zone | None]) -> Iterator[Zone]:
    for zone_id in picture.zones:
        if zone_id not in changed:
            yield picture.zones[zone_id]
    for zone in changed.values():
        if zone is not None:
            yield zone


def _of_zone(agreement: Agreement, provision: Publish, zone: Zone) -> Content | None:
    """What the public reads of a declared zone; None: nothing."""
    parties = provision.of or agreement.terms.parties
    if zone.party not in parties or zone.rule not in provision.rules:
        return None
    if provision.zones and zone.id not in provision.zones:
        return None
    kind = PublicKind.STAND_OFF if zone.rule is ZoneRule.STAND_OFF else PublicKind.CLOSURE
    fields = provision.fields
    content = _content(provision, kind, zone.volumes, agreed=False)
    return msgspec.structs.replace(
        content,
        name=zone.name if PublishedField.NAME in fields else "",
        reason=zone.reason if PublishedField.REASON in fields else "",
        parties=(zone.party,) if PublishedField.PARTIES in fields else (),
    )


def _of_area(agreement: Agreement, provision: Publish, area: AgreedArea) -> Content:
    named = next(each for each in agreement.terms.provisions if each.id == area.provision)
    stands_off = isinstance(named, SeparationTable) or area.rule is ZoneRule.STAND_OFF
    kind = PublicKind.STAND_OFF if stands_off else PublicKind.CLOSURE
    content = _content(provision, kind, area.volumes, agreed=True)
    return msgspec.structs.replace(
        content,
        name=named.title if PublishedField.NAME in provision.fields else "",
        parties=agreement.terms.parties if PublishedField.PARTIES in provision.fields else (),
    )


def _content(
    provision: Publish, kind: PublicKind, volumes: tuple[Volume4D, ...], *, agreed: bool
) -> Content:
    """Place and time, rounded outward as agreed; what is the same then stands once."""
    rounded = dict.fromkeys(
        coarsened(
            volume,
            cell_nd=provision.cell_nd,
            step_mm=0,
            step_us=provision.time_step_s * SECOND_US,
        )
        for volume in volumes
    )
    return Content(
        kind=kind,
        agreed=agreed,
        area=provision.area,
        volumes=tuple(rounded),
        cell_nd=provision.cell_nd,
        time_step_s=provision.time_step_s,
    )


def _changes(
    after: Picture,
    looked_at: set[Key],
    wanted: dict[Key, tuple[Agreement, Content]],
    context: Context,
) -> Iterator[Body]:
    """The entries that bring what stands of these in line. Withdrawals come first, each in the
    order of what it is known by, so that any process decides the same.
    """
    numbers: dict[str, int] = {}

    def next_message(sender: str) -> Message:
        last = numbers.get(sender) or after.public_numbers.get(sender) or 0
        numbers[sender] = last + 1
        return Message(last + 1, context.now_us)

    for key in sorted(looked_at - wanted.keys()):
        standing = after.publications[key]
        if standing.content.end_us >= context.now_us:  # else it ended by itself, as it said
            yield _withdrawal(after, standing, next_message, context)
    for key in sorted(wanted):
        agreement, content = wanted[key]
        provision = next(each for each in agreement.terms.provisions if each.id == key[1])
        assert isinstance(provision, Publish), "it was found by one"
        standing, carried_on = after.publications.get(key), False
        if standing is not None and standing.sender != provision.sender:
            yield _withdrawal(after, standing, next_message, context)
            standing = None
        if standing is None and content.end_us < context.now_us:
            continue
        if standing is None:
            message, earlier = next_message(provision.sender), ()
        elif standing.content == content:
            if standing.version == agreement.version:
                continue
            message, earlier, carried_on = standing.message, standing.earlier, True
        else:
            message = next_message(provision.sender)
            earlier = (*standing.earlier, standing.message)[-MAX_EARLIER:]
        yield PublicationMade(
            Publication(
                sender=provision.sender,
                message=message,
                content=content,
                agreement=agreement.id,
                version=agreement.version,
                provision=provision.id,
                source=key[2],
                earlier=earlier,
            ),
            agreement.terms.concerned,
            carried_on,
        )


def _withdrawal(
    after: Picture,
    standing: Publication,
    next_message: Callable[[str], Message],
    context: Context,
) -> PublicationWithdrawn:
    version = after.agreements.get((standing.agreement, standing.version))
    return PublicationWithdrawn(
        withdrawal=Withdrawal(
            sender=standing.sender,
            message=next_message(standing.sender),
            cancels=(*standing.earlier, standing.message)[-MAX_EARLIER:],
            until_us=min(standing.content.end_us, context.now_us + CANCEL_LIFE_US),
        ),
        agreement=standing.agreement,
        version=standing.version,
        provision=standing.provision,
        source=standing.source,
        reason=_why(version, standing, context.now_us),
        concerned=() if version is None else version.terms.concerned,
    )


def _why(version: Agreement | None, standing: Publication, now_us: int) -> Withdrawn:
    if version is None or not version.applies(standing.provision):
        return Withdrawn.AGREEMENT
    provision = next(each for each in version.terms.provisions if each.id == standing.provision)
    assert isinstance(provision, Publish), "it was published by one"
    if not provision.is_at(now_us):
        return Withdrawn.TIME
    kind, _, name = standing.source.partition("/")
    if kind == "area" and not version.applies(name.partition("/")[0]):
        return Withdrawn.AGREEMENT
    return Withdrawn.SOURCE
