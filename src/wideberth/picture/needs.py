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
from wideberth.space.volume import Separation

__all__ = ["fold_needs", "needs"]

_TOUCHING = Separation()


def needs(picture: Picture, intent: Intent, reader: PartyId) -> bool:
    """Whether the reader is given this version, if it may see it at all."""
    if not picture.space.rules.need_to_know or reader == intent.party:
        return True
    return (
        _is_told(picture, intent, reader)
        or _is_whole_list(picture, intent.party, reader)
        or _is_declared(picture, intent, reader)
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
