"""A place that does not go with what is told of it is asked about (F-04): far from the zone or site
whose name it has, a ship on land, people on open water.

As everywhere, nothing is guessed, and what is confirmed stands in the entry as a caution.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from wideberth.decisions.places import are_far, asked
from wideberth.errors import Unclear
from wideberth.model.agreements import AgreedArea
from wideberth.model.commands import IntentDetails
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, VisibilityLevel
from wideberth.model.surfaces import CONTRARY, contrary_surface_of
from wideberth.model.zones import Zone
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.coast import surface_under
from wideberth.space.volume import Circle, Volume4D

__all__ = [
    "FAR_FROM_NAMED",
    "contrary_surface",
    "far_from_named",
    "is_told_of",
]

FAR_FROM_NAMED = "far-from-named"
"""The rule that asks, and the caution on an intent that was confirmed."""

Named = Zone | AgreedArea | Intent

_MOST_OF_A_NAME = 20  # what more have is the name of no place


def far_from_named(
    picture: Picture, intent_id: IntentId, party: PartyId, details: IntentDetails
) -> tuple[Unclear, Named] | None:
    """What to ask where all that is told lies far from every zone, agreed area and site of its
    place name that the party sees, and the first of those.

    The distance is that of the nearest points: a flight that leaves from there is not far from it.
    """
    if details.place_name is None:
        return None
    limit_mm = picture.space.rules.plausible.named_mm
    places = [
        each
        for each in picture.named(details.place_name)
        if each.id != intent_id and _is_seen(picture, each, party)
    ]
    volumes = [volume for each in places for volume in each.volumes]
    if not 0 < len(places) <= _MOST_OF_A_NAME or not are_far(details.volumes, volumes, limit_mm):
        return None
    place, first = places[0], details.volumes[0]

    def is_near(latitude_nd: int, longitude_nd: int) -> bool:
        meant = msgspec.structs.replace(first, footprint=Circle(latitude_nd, longitude_nd, 1))
        return not are_far((meant,), volumes, limit_mm)

    what = "site" if isinstance(place, Intent) else "zone"
    question = asked(
        first.footprint,
        FAR_FROM_NAMED,
        "place_name, volumes.0",  # one contradicts the other (N-02)
        f"this is over {limit_mm / 1_000_000:g} km from the {what} {place.id}, which has the same"
        " place name; correct it, name the place otherwise, or send it with confirmed",
        fits=is_near,
    )
    return question, place


def is_told_of(picture: Picture, place: Named, details: IntentDetails, party: PartyId) -> bool:
    """Whether all who may read the intent see the place: only then a caution may speak of it."""
    if isinstance(place, Zone):  # zones are open
        return True
    return details.visibility.level is VisibilityLevel.NAMED and all(
        _is_seen(picture, place, reader) for reader in (party, *details.visibility.parties)
    )


def _is_seen(picture: Picture, place: Named, party: PartyId) -> bool:
    if isinstance(place, Intent):
        return sees(picture, place, party)
    if isinstance(place, Zone):
        return True
    return party in picture.agreements[place.agreement, place.version].terms.concerned


def contrary_surface(
    picture: Picture, details: IntentDetails, *, standing: Collection[Volume4D] = ()
) -> Unclear | None:
    """What to ask about the first volume on land where it is a ship, or on open water where it is
    on the ground; nothing about those that stand already.
    """
    actor = details.under.actor if details.under is not None else None
    contrary = contrary_surface_of(details.kind, actor)
    if contrary is None or not picture.space.rules.plausible.coast:
        return None
    for index, volume in enumerate(details.volumes):
        if volume not in standing and surface_under(volume.footprint) is contrary:
            rule, said = CONTRARY[contrary]
            return asked(
                volume.footprint,
                rule,
                f"volumes.{index}",
                f"{said}; correct it, or send it with confirmed",
                fits=lambda latitude_nd, longitude_nd: (
                    surface_under(Circle(latitude_nd, longitude_nd, 1)) is not contrary
                ),
            )
    return None
