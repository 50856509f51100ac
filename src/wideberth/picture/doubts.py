"""Folding doubts, and looking them up beside what they are about (L-07)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.model.doubts import (
    DOUBT_LIFE_US,
    Doubt,
    DoubtAnswered,
    Doubted,
    DoubtId,
    DoubtRaised,
)
from wideberth.model.entries import Entry
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import Intent
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.picture.sites import site_of
from wideberth.space.time import DAY_US

__all__ = ["FOLDS", "doubt_of", "forget_doubts", "is_doubted", "sees_item"]

_replace = msgspec.structs.replace


def is_doubted(picture: Picture, item: str) -> bool:
    """Whether a doubt about it is open: neither answered nor accepted as open."""
    known = picture.doubts.get(item)
    return known is not None and known.is_open


def doubt_of(picture: Picture, doubt: DoubtId) -> tuple[Doubted, Doubt] | None:
    """A doubt, with all that stands about the same thing."""
    item = picture.doubt_items.get(doubt)
    known = None if item is None else picture.doubts.get(item)
    if known is None:
        return None
    return known, next(each for each in known.doubts if each.id == doubt)


def sees_item(picture: Picture, item: str, party: PartyId) -> bool:
    """Whether the party is given the whole of what is doubted, which stands; zones are open."""
    shown = _standing(picture, item)
    if shown is None:
        return ZoneId(item) in picture.zones
    return sees(picture, shown, party) and needs(picture, shown, party)


def _standing(picture: Picture, item: str) -> Intent | None:
    return picture.intents.get(IntentId(item)) or site_of(picture, IntentId(item))


def forget_doubts(picture: Picture, item: str) -> None:
    """Let the doubts about something leave that has left, or look again in a day."""
    known = picture.doubts.get(item)
    if known is None or known.leaves_us >= picture.time_us:
        return
    name = IntentId(item)
    if name in picture.intents or ZoneId(item) in picture.zones or name in picture.sites:
        later = known.leaves_us + DAY_US
        picture.doubts[item] = _replace(known, leaves_us=later)
        picture.expire_at(later, "doubts", item)
        return
    picture.doubts.pop(item, None)
    for each in known.doubts:
        picture.doubt_items.pop(each.id, None)


def _raised(picture: Picture, body: DoubtRaised, entry: Entry, position: int) -> None:
    item, doubt = body.item.id, body.doubt
    leaves_us = max(body.end_us, entry.time_us) + DOUBT_LIFE_US
    known = picture.doubts.get(item)
    if known is None:
        known = Doubted(body.item, body.owner, leaves_us, ())
    doubts = (*known.doubts, doubt)
    picture.doubts[item] = _replace(known, leaves_us=max(leaves_us, known.leaves_us), doubts=doubts)
    picture.doubt_items[doubt.id] = item
    picture.expire_at(picture.doubts[item].leaves_us, "doubts", item)
    _note(picture, item, doubt, body.owner, position)


def _answered(picture: Picture, body: DoubtAnswered, entry: Entry, position: int) -> None:
    found = doubt_of(picture, body.doubt)
    if found is None:
        return
    known, doubt = found
    settled = _replace(doubt, state=body.state, answer=body.statement, answered_us=entry.time_us)
    doubts = tuple(settled if each.id == doubt.id else each for each in known.doubts)
    picture.doubts[known.item.id] = _replace(known, doubts=doubts)
    _note(picture, known.item.id, doubt, known.owner, position)


def _note(picture: Picture, item: str, doubt: Doubt, owner: PartyId, position: int) -> None:
    """An event for its party, who raised it, and who was told of the item and sees it whole."""
    history = picture.history
    if history is None:
        return
    history.note_object(doubt.id, position)
    told = [party for party, _ in picture.told.get(item) or ()]
    shown = _standing(picture, item)
    if shown is not None:
        if not picture.space.rules.need_to_know:  # else only who was told that it meets its own
            told += [each for each in shown.visibility.parties if each in picture.parties]
        told = [party for party in told if sees(picture, shown, party)]
    for party in dict.fromkeys((owner, doubt.party, *told)):
        history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    DoubtRaised: _raised,
    DoubtAnswered: _answered,
}
