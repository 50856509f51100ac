"""The watch's warnings in the form in which they are recorded, and to whom each is addressed.

A warning goes to the parties whose things it is about. Of an intent that a party may not see it
learns of it only where the rules would tell it of a clash: never of a ``named`` one, and of an
``on-conflict`` one only once its track is inside; a warning before that would say where it lies.
"""

from __future__ import annotations

from wideberth.model.ids import IntentId, PartyId, WarningId
from wideberth.model.intents import Intent
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.picture.picture import Picture
from wideberth.watch import observations as seen

__all__ = ["WATCHED", "parties_of", "recorded_form"]

WATCHED = frozenset(WarningKind(each.value) for each in seen.WarningKind)
"""The kinds of warning that a watch raises."""


def recorded_form(event: seen.WarningEvent) -> StandingWarning:
    """The warning of an event, addressed to nobody yet. A clearance carries the fixes that it
    rests on; a lapse is marked as last known, since nobody saw that it was over.
    """
    warning = event.warning
    observation = event.observation if isinstance(event, seen.Cleared) else warning.seen
    margin, uncertainty = observation.margin, observation.uncertainty
    lapsed = isinstance(event, seen.Lapsed)
    return StandingWarning(
        id=WarningId(warning.id),
        kind=WarningKind(warning.key.kind.value),
        rule=f"watch/{observation.rule}/{observation.rule_version}",
        objects=tuple(_object(each) for each in observation.objects),
        parties=(),
        raised_us=warning.raised_us,
        updated_us=event.time_us,
        horizontal_mm=margin.horizontal_mm,
        vertical_mm=margin.vertical_mm,
        time_us=margin.time_us,
        uncertainty_mm=uncertainty.horizontal_mm,
        level=warning.level,
        last_known=lapsed or warning.last_known_since_us is not None,
    )


def parties_of(
    event: seen.WarningEvent, picture: Picture, standing: StandingWarning | None
) -> tuple[PartyId, ...]:
    """To whom an event's warning is addressed: registered parties, and those told of it before."""
    observation = event.warning.seen
    areas = [each for each in observation.objects if isinstance(each, seen.AreaFacts)]
    is_inside = observation.margin.time_us == 0
    addressed: dict[PartyId, None] = {}
    for facts in observation.objects:
        owner = facts.owner
        if owner is None or PartyId(owner) not in picture.parties:
            continue
        party = PartyId(owner)
        if all(_may_learn(picture, area, party, is_inside=is_inside) for area in areas):
            addressed[party] = None
    if standing is not None:
        addressed.update(dict.fromkeys(standing.parties))
    return tuple(addressed)


def _may_learn(picture: Picture, area: seen.AreaFacts, party: PartyId, *, is_inside: bool) -> bool:
    if area.ref.kind != "intent" or area.owner == party:
        return True
    intent: Intent | None = picture.intents.get(IntentId(area.ref.id))
    if intent is None:
        return False
    return intent.is_shown_to(party) or (is_inside and intent.is_felt_by(party))


def _object(facts: seen.Facts) -> WarningObject:
    owner = None if facts.owner is None else PartyId(facts.owner)
    fix = None
    if isinstance(facts, seen.TrackFacts):
        fix = TrackFix(facts.latitude_nd, facts.longitude_nd, facts.time_us, facts.altitude_w84_mm)
    return WarningObject(facts.ref.kind, facts.ref.id, owner, facts.identifying(), fix)
