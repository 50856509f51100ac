"""The rules for suggested avoiding actions: checked by the rules for clashes against all that
stands, and withheld where they lead into something (L-08).

What a party is shown of what stands in the way is what it may see or feel anyway. A suggestion that
leads into something its sender may not learn of, but its reader sees, is withheld from that reader,
and the sender is told nothing of it.
"""

from __future__ import annotations

from wideberth.decisions.checks import look
from wideberth.decisions.clashes import intent_clashes, intent_ref, zone_clashes, zone_ref
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.avoiding import (
    MAX_SUGGESTED,
    AvoidingSuggested,
    AvoidingTold,
    AvoidingWithheld,
    SuggestAvoiding,
    Suggested,
    Unchecked,
)
from wideberth.model.entries import Body, HiddenChecked
from wideberth.model.ids import IntentId, Ovn, PartyId, ZoneId
from wideberth.model.intents import (
    Intent,
    IntentKind,
    IntentState,
    Provenance,
    Source,
    Visibility,
    VisibilityLevel,
    is_shown,
)
from wideberth.model.liveness import HazardWatch
from wideberth.model.notices import ObjectRef
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.volume import Separation, Volume4D

__all__ = ["in_the_way", "suggest"]

_TOUCHING = Separation()
_DANGERS = (IntentKind.HAZARD, IntentKind.PRESENCE)
"""What of a party's own a suggestion must not lead into either."""


def suggest(
    picture: Picture, command: SuggestAvoiding, author: Author, context: Context
) -> Decision:
    """A suggestion for a hazard that stands: sent, or withheld with what stands in its way."""
    hazard = picture.hazards.get(command.intent)
    if hazard is None or hazard.party != author.party or hazard.over:
        return refused(RefusalKind.UNKNOWN, "no-such-hazard", "no hazard of yours stands under it")
    to = tuple(dict.fromkeys(command.to))
    strangers = [each for each in to if not _may_name(picture, hazard, each)]
    if strangers:
        return refused(
            RefusalKind.INVALID,
            "not-shown",
            "name others who see this hazard; or nobody, and whoever was told of it has it",
            field="to",
            value=", ".join(strangers),
        )
    refusal = _refuse_volumes(picture, command.volumes, context.now_us)
    if refusal is not None:
        return refusal
    would_be = _would_be(author.party, command.kind, command.volumes, context.now_us)
    try:
        seen = look(picture, would_be, context)
    except InvalidValue as error:
        return invalid(error)
    clashes, unchecked = list(seen.clashes), None
    if not seen.hidden.done:
        unchecked = Unchecked(seen.hidden.reason)
    if len(to) == 1:  # what it moves itself is not in its own way
        clashes = [each for each in clashes if not _is_movement_of(picture, each.other, to[0])]
    own = _own_dangers(picture, would_be)
    if clashes or own or unchecked is not None:
        withheld = AvoidingWithheld(
            author.party, command.intent, command.kind, command.volumes, tuple(clashes), own,
            unchecked,
        )  # fmt: skip
        counted = (HiddenChecked(author.party, seen.owners),) if seen.owners else ()
        return Accepted((withheld, *counted))
    suggested = Suggested(command.kind, command.volumes, to, context.now_us)
    bodies: list[Body] = [AvoidingSuggested(author.party, command.intent, suggested)]
    for recipient in _reached(picture, hazard, to):
        met = in_the_way(picture, suggested, recipient, context.now_us)
        bodies.append(
            AvoidingTold(
                author.party,
                recipient,
                command.intent,
                command.kind,
                () if met else command.volumes,
                met,
            )
        )
    return Accepted(tuple(bodies))


def _may_name(picture: Picture, hazard: HazardWatch, party: PartyId) -> bool:
    """Whether the hazard's party may name another: by whom it shows the hazard alone. Who was told
    of it would say where somebody hidden is.
    """
    if party == hazard.party or party not in picture.parties:
        return False
    return is_shown(hazard.visibility, hazard.party, party)


def _reached(
    picture: Picture, hazard: HazardWatch, named: tuple[PartyId, ...]
) -> tuple[PartyId, ...]:
    """Who has a suggestion now: of those who were told of the hazard, or who were named. Where
    need-to-know narrows what is told, of the named only who was told.
    """
    told = tuple(each for each in hazard.informed if each != hazard.party)
    if not named:
        return told
    return tuple(each for each in named if each in told or not picture.space.rules.need_to_know)


def in_the_way(
    picture: Picture, suggested: Suggested, reader: PartyId, now_us: int
) -> tuple[ObjectRef, ...]:
    """What a reader of a suggestion sees in its way, by the rules for clashes as they stand now."""
    would_be = _would_be(reader, suggested.kind, suggested.volumes, now_us)
    prepared = picture.prepared(would_be.volumes)
    met = intent_clashes(picture, would_be, prepared, now_us=now_us, at_most=None)
    zones = zone_clashes(picture, would_be, prepared, now_us=now_us)
    found = [intent_ref(each.other) for each in met if sees(picture, each.other, reader)]
    found += [zone_ref(each.zone) for each in zones]
    return tuple(dict.fromkeys((*found, *_own_dangers(picture, would_be))))


def _own_dangers(picture: Picture, would_be: Intent) -> tuple[ObjectRef, ...]:
    """Hazards, presences and zones of its own party that it touches: they never clash with it, and
    are as dangerous to others.
    """
    found: dict[ObjectRef, None] = {}
    for volume in picture.prepared(would_be.volumes):
        for intent_id in picture.intent_space.touched(volume, _TOUCHING):
            intent = picture.intents[IntentId(intent_id)]
            if intent.party == would_be.party and intent.kind in _DANGERS:
                found[intent_ref(intent)] = None
        for zone_id in picture.zone_space.touched(volume, _TOUCHING):
            zone = picture.zones[ZoneId(zone_id)]
            if zone.party == would_be.party and zone.applies_to(would_be.kind):
                found[zone_ref(zone)] = None
    return tuple(sorted(found, key=lambda each: each.id))


def _is_movement_of(picture: Picture, other: ObjectRef | None, party: PartyId) -> bool:
    intent = None if other is None else picture.intents.get(IntentId(other.id))
    return intent is not None and intent.party == party and intent.kind not in _DANGERS


def _would_be(party: PartyId, kind: str, volumes: tuple[Volume4D, ...], now_us: int) -> Intent:
    """An intent of the party's to do as suggested, to be compared with all that stands."""
    return Intent(
        id=IntentId(""),
        party=party,
        kind=IntentKind(kind),
        priority=0,
        state=IntentState.ACCEPTED,
        version=1,
        ovn=Ovn(""),
        volumes=volumes,
        visibility=Visibility(VisibilityLevel.OPEN),
        provenance=Provenance(Source.PLANNED),
        told_us=now_us,
        lead_us=0,
    )


def _refuse_volumes(picture: Picture, volumes: tuple[Volume4D, ...], now_us: int) -> Refusal | None:
    if not 1 <= len(volumes) <= MAX_SUGGESTED:
        return refused(
            RefusalKind.INVALID,
            "volume-count",
            f"give 1 to {MAX_SUGGESTED} volumes",
            field="volumes",
            value=str(len(volumes)),
        )
    for index, volume in enumerate(volumes):
        try:
            picture.altitude_model.require_comparable(volume)
        except InvalidValue as error:
            return invalid(error.within(f"volumes.{index}"))
        if volume.end_us < now_us:
            return refused(
                RefusalKind.INVALID,
                "already-over",
                "suggest what is still to come",
                field=f"volumes.{index}.end",
            )
    return None
