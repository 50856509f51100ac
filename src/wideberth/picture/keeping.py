"""Folding what the record says about its own keeping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.model.entries import Entry
from wideberth.model.keeping import (
    EntriesErased,
    EpochOpened,
    HostActed,
    LogKeyChanged,
    LogKeyRetired,
)
from wideberth.picture.picture import Picture

__all__ = ["FOLDS"]


def _nothing(_picture: Picture, _body: object, _entry: Entry, _position: int) -> None:
    """The log's keys and what was erased are the record's own matter: no rule asks for them."""


def _epoch_opened(picture: Picture, body: EpochOpened, _entry: Entry, _position: int) -> None:
    picture.space = msgspec.structs.replace(picture.space, origin=body.origin)
    for name in list(picture.keys):
        # Statements to the old origin may be missing here; under the new one they count from 1.
        picture.keys[name] = msgspec.structs.replace(picture.keys[name], last_seq=0, last_digest="")
    for name in list(picture.seal_keys):
        picture.seal_keys.pop(name, None)  # signed for the old origin: offered again under the new


def _host_acted(picture: Picture, body: HostActed, _entry: Entry, position: int) -> None:
    """Whom it concerns is told; no rule asks for it."""
    history = picture.history
    if history is not None:
        concerned = picture.parties if body.party is None else (body.party,)
        for party in concerned:
            history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    LogKeyChanged: _nothing,
    LogKeyRetired: _nothing,
    EpochOpened: _epoch_opened,
    EntriesErased: _nothing,
    HostActed: _host_acted,
}
