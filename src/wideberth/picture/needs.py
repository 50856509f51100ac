"""Need-to-know by area and time: what of others' intents a party is given at all (P-04).

Under the rule ``need_to_know`` a party is given what touches an area and window that it declared,
and what a notice told it, because that meets something of its own. What it declared is what it
subscribed to: each subscription is an entry of its own. An agreement with its owner that says
``whole_list`` gives it all that it may see. STOP and the zones of the space are for everybody.

This narrows what is delivered; it never shows anybody more. What clashes with what is decided as
ever: nobody is kept from being warned.
"""

from __future__ import annotations

from wideberth.model.entries import Entry, RulesAdopted, SpaceOpened, SubscriptionOpened
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent
from wideberth.model.provisions import Disclosure
from wideberth.picture.picture import Picture
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.time import MAX_US, MIN_US
from wideberth.space.volume import NANODEGREES, Polygon, Separation, Volume4D

__all__ = ["fold_needs", "needs", "needs_cell"]

_TOUCHING = Separation()
_FLOOR = Altitude(-8_000_000, AltitudeReference.W84)
_CEILING = Altitude(100_000_000, AltitudeReference.W84)
_HIGHEST_ND = 89 * NANODEGREES  # beyond, a cell has no shape worth comparing
_WIDEST_ND = 30 * NANODEGREES
_EDGE = 20  # a cell's edges are geodesics, up to so small a part of it off its parallels


def needs(picture: Picture, intent: Intent, reader: PartyId) -> bool:
    """Whether the reader is given this version, if it may see it at all."""
    if not picture.space.rules.need_to_know or reader == intent.party:
        return True
    return (
        _is_told(picture, intent, reader)
        or _is_whole_list(picture, intent.party, reader)
        or _is_declared(picture, intent, reader)
    )


def needs_cell(
    picture: Picture, owner: PartyId, reader: PartyId, cell_nd: tuple[int, int, int]
) -> bool:
    """Whether the reader is given that something of the owner's is in a cell, of which it may know
    no more: by the cell alone, so that what it declares does not tell where in it.

    cell_nd: south, west and size, nanodegrees; one too wide to be compared is given.
    """
    if not picture.space.rules.need_to_know or _is_whole_list(picture, owner, reader):
        return True
    south_nd, west_nd, size_nd = cell_nd
    north_nd, east_nd = south_nd + size_nd, west_nd + size_nd
    is_within = -_HIGHEST_ND <= south_nd < north_nd <= _HIGHEST_ND
    if not is_within or east_nd > 180 * NANODEGREES or size_nd > _WIDEST_ND:
        return True
    edge_nd = size_nd // _EDGE
    corners = (
        (max(south_nd - edge_nd, -_HIGHEST_ND), west_nd),
        (max(south_nd - edge_nd, -_HIGHEST_ND), east_nd),
        (min(north_nd + edge_nd, _HIGHEST_ND), east_nd),
        (min(north_nd + edge_nd, _HIGHEST_ND), west_nd),
    )
    place = Volume4D(Polygon(corners), _FLOOR, _CEILING, MIN_US, MAX_US)
    (cell,) = picture.prepared((place,))
    return any(
        picture.subscriptions[name].party == reader
        for name in picture.subscription_space.touched(cell, _TOUCHING)
    )


def fold_needs(picture: Picture, entry: Entry) -> None:
    """Fold what is needed to know who needed what, and nothing else; what was declared once counts
    from there on.
    """
    match entry.body:
        case SpaceOpened(rules=rules) | RulesAdopted(rules=rules):
            picture.adopt(rules)
        case SubscriptionOpened(subscription=given):
            picture.subscriptions[given.id] = given
            volumes, model = (given.volume,), picture.altitude_model
            picture.subscription_space.put(given.id, volumes, model)
        case _:
            pass


def _is_told(picture: Picture, intent: Intent, reader: PartyId) -> bool:
    """Whether it meets something of the reader's, which a notice told it."""
    return any(party == reader for party, _ in picture.told.get(intent.id) or ())


def _is_whole_list(picture: Picture, owner: PartyId, reader: PartyId) -> bool:
    return any(
        isinstance(each, Disclosure)
        and (each.party, each.to) == (owner, reader)
        and each.whole_list
        and agreement.applies(each.id)
        for agreement in picture.agreed.of.get(reader, ())
        for each in agreement.terms.provisions
    )


def _is_declared(picture: Picture, intent: Intent, reader: PartyId) -> bool:
    space, subscriptions = picture.subscription_space, picture.subscriptions
    return any(
        subscriptions[name].party == reader
        for volume in picture.prepared(intent.volumes)
        for name in space.touched(volume, _TOUCHING)
    )
