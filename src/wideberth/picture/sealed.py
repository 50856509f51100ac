"""Fold: seal keys in force, and where sealed texts stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.model.entries import Entry
from wideberth.model.sealed import SealedMark, SealKeyOffered, TextSealed
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US

__all__ = ["FOLDS", "SEALED_LIFE_US", "forget"]

SEALED_LIFE_US = 30 * DAY_US
"""How long a sealed text stays in the picture. In the record it stays until it is erased."""


def _offered(picture: Picture, body: SealKeyOffered, _entry: Entry, _position: int) -> None:
    key = body.key
    picture.seal_keys[key.party, key.key_id] = key


def _sealed(picture: Picture, body: TextSealed, entry: Entry, position: int) -> None:
    text = body.text
    picture.sealed_texts[body.id] = SealedMark(
        body.id, text.sender, text.parties, text.about, position, entry.time_us
    )
    picture.expire_at(entry.time_us + SEALED_LIFE_US, "sealed", body.id)
    if picture.history is not None:
        picture.history.note_object(body.id, position)
        for party in dict.fromkeys((text.sender, *text.parties)):
            picture.history.note_stream(party, position)


def forget(picture: Picture, name: str) -> None:
    """Let a sealed text leave."""
    picture.sealed_texts.pop(name, None)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    SealKeyOffered: _offered,
    TextSealed: _sealed,
}
