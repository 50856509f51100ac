"""Which kind of intent goes with which surface, and what is asked where it does not (F-04)."""

from __future__ import annotations

from wideberth.model.intents import ActorClass, IntentKind
from wideberth.space.coast import COAST_MARGIN_KM, Surface

__all__ = ["CONTRARY", "GROUND_ON_WATER", "SHIP_ON_LAND", "contrary_surface_of"]

SHIP_ON_LAND = "ship-on-land"
"""The rule that asks, and the caution on an intent that was confirmed."""

GROUND_ON_WATER = "ground-on-water"
"""Likewise."""

CONTRARY: dict[Surface, tuple[str, str]] = {
    Surface.LAND: (
        SHIP_ON_LAND,
        f"this ship is on land, over {COAST_MARGIN_KM} km from the nearest drawn coast (lakes and"
        " rivers are not drawn)",
    ),
    Surface.OPEN_WATER: (
        GROUND_ON_WATER,
        f"this is on open water, over {COAST_MARGIN_KM} km from the nearest drawn coast (small"
        " islands are not drawn), and does not say that its actor is a ship",
    ),
}
"""By surface: the rule about who cannot be on it, and what is said."""


def contrary_surface_of(kind: IntentKind | None, actor: ActorClass | None) -> Surface | None:
    """Where an actor of an intent of this kind cannot be; None: it may be anywhere.

    A presence that does not say which it is is taken for a site, a movement for either. Flights
    and hazards go over land and water.
    """
    if kind not in (IntentKind.MOVEMENT, IntentKind.PRESENCE):
        return None
    if actor is ActorClass.SHIP:
        return Surface.LAND
    is_ground = actor is ActorClass.GROUND or (actor is None and kind is IntentKind.PRESENCE)
    return Surface.OPEN_WATER if is_ground else None
