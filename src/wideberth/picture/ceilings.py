"""Fold: the ceilings that parties set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.model.entries import Entry
from wideberth.model.loads import Ceiling, CeilingSet
from wideberth.picture.picture import Picture

__all__ = ["FOLDS"]


def _ceiling_set(picture: Picture, body: CeilingSet, _entry: Entry, position: int) -> None:
    key = (body.party, body.recipient, body.sender or "")
    if body.notices is None:
        picture.ceilings.pop(key, None)
    else:
        picture.ceilings[key] = Ceiling(body.party, body.recipient, body.sender, body.notices)
    if picture.history is not None:
        for party in body.concerned:
            picture.history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {CeilingSet: _ceiling_set}
