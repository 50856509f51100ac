"""Fold: what was sent before it was recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.model.entries import Entry
from wideberth.model.stops import StopTold
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US

__all__ = ["FOLDS", "STOP_LIFE_US"]

STOP_LIFE_US = DAY_US
"""How long a STOP stays in the picture after it was recorded."""


def _stop_told(picture: Picture, body: StopTold, _entry: Entry, position: int) -> None:
    stop = body.stop
    picture.stops[stop.id] = stop
    picture.expire_at(stop.sent_us + STOP_LIFE_US, "stop", stop.id)
    if picture.history is not None:
        picture.history.note_object(stop.id, position)
        for party in picture.parties:  # to everybody who can act, its sender included
            picture.history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {StopTold: _stop_told}
