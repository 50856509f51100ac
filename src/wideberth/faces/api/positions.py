"""What streams of positions tell: of each look at the tracks, what moved since the look that a
stream told of last.

Streams of a party that ask for the same area are told the same, so it is worked out once for all
of them: which tracks are in the area, once for each look; what moved, once for each pair of looks
(two as a rule: streams that keep up had the same one before). Areas that differ are each worked out
alone, so a party has a bounded number of them at a time (:class:`AreasAsked` of the desk).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from wideberth.faces.api import told
from wideberth.faces.api.areas import Area
from wideberth.faces.api.carriers import Piece, Said
from wideberth.faces.api.filters import maybe_in, track_is_in, wanted_of
from wideberth.faces.api.http import encode
from wideberth.faces.api.tracks import track_out
from wideberth.live import ShownTracks
from wideberth.model.ids import PartyId
from wideberth.picture.picture import Picture
from wideberth.watch.fusion import FusedTrack
from wideberth.watch.rows import Columns
from wideberth.watch.things import Mask
from wideberth.watch.tracks import TrackKey

__all__ = ["Moved", "Positions", "tracks_event"]

T = TypeVar("T")
_PAUSE_EVERY = 50  # things, before others have their turn


@dataclass(slots=True, eq=False)
class Told:
    """What is in the area at one look, by its key: when its tracks were there."""

    inside: dict[TrackKey, tuple[int, ...]] = field(
        default_factory=dict[TrackKey, "tuple[int, ...]"]
    )


@dataclass(slots=True, eq=False)
class Look:
    """The things of one look that may have to be told, by their keys, and what is told of it."""

    things: dict[TrackKey, FusedTrack] = field(default_factory=dict[TrackKey, FusedTrack])
    told: Told = field(default_factory=Told)


_NOTHING = Told()
"""What a stream that has just begun has told."""


@dataclass(slots=True, eq=False)
class Moved:
    """What is told of a look after another: in words, and as they go out."""

    told: Told
    words: list[bytes]
    _whole: Piece | None = None

    def piece(self, missed: int) -> Piece:
        """As an event. missed: how many looks were left out before it."""
        if missed:
            return Piece([Said(None, "tracks", tracks_event(self.words, missed))])
        if self._whole is None:
            self._whole = Piece([Said(None, "tracks", tracks_event(self.words, 0))])
        return self._whole


class Positions:
    """One stream of positions. query: what it asks for. Raises InvalidValue."""

    def __init__(self, party: PartyId, query: Any, picture: Callable[[], Picture]) -> None:
        self.turn = asyncio.Lock()
        """What is held while it is worked out: that of all of the party's."""
        self._party = party
        self._picture = picture
        self._area = wanted_of(query, picture()).area
        self.asks: Hashable = (query, picture().altitude_model)
        self._told = _NOTHING

    async def moved(self, shown: ShownTracks) -> Moved:
        """What is told of it: what moved in the area, into it or out of it."""
        before = self._told
        look = await _once(shown, (self._party, self.asks), lambda: self._look(shown, before))
        moved = await _once(
            shown, (self._party, self.asks, before), lambda: self._moved(shown, before, look)
        )
        self._told = moved.told
        return moved

    async def _look(self, shown: ShownTracks, before: Told) -> Look:
        """What is in the area, and what was. before: where it has not moved, it still is."""
        async with self.turn:
            return await self._looked(shown, before)

    async def _looked(self, shown: ShownTracks, before: Told) -> Look:
        area, look = self._area, Look()
        things = await shown.of(
            self._party,
            where=None if area is None else lambda columns: maybe_in(columns, area),
            besides=() if area is None else before.inside.keys(),
        )
        for count, thing in enumerate(things):
            if count % _PAUSE_EVERY == _PAUSE_EVERY - 1:
                await asyncio.sleep(0)  # others have their turn
            key, times_us = thing.key, tuple(row.time_us for row in thing.rows)
            look.things[key] = thing
            if before.inside.get(key) == times_us or self._is_in(thing, area):
                look.told.inside[key] = times_us
        return look

    async def _moved(self, shown: ShownTracks, before: Told, look: Look) -> Moved:
        """Of one look after another; what left the area is told once more, where it is then."""
        things, now = look.things, look.told.inside
        left = before.inside.keys() - things.keys()
        if left and self._area is not None:  # since a look that was not told here
            more = await shown.of(self._party, where=_nowhere, besides=left)
            things = {**things, **{each.key: each for each in more}}
        words: list[bytes] = []
        for count, (key, thing) in enumerate(things.items()):
            if count % _PAUSE_EVERY == _PAUSE_EVERY - 1:
                await asyncio.sleep(0)
            if now.get(key) != before.inside.get(key):
                words.append(_words_of(thing, shown))
        return Moved(look.told, words)

    def _is_in(self, thing: FusedTrack, area: Area | None) -> bool:
        """By any of the feeds that bring it: they may say different places."""
        return area is None or any(track_is_in(row, area, self._picture()) for row in thing.rows)


async def _once(shown: ShownTracks, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the work gives, done once for all streams that need it of these tracks; one of them that
    goes takes nothing from the others.
    """
    task = shown.worked_out.get(key)
    if task is None:
        task = shown.worked_out[key] = asyncio.create_task(work(), name="wideberth-positions")
    return await asyncio.shield(task)


def _nowhere(columns: Columns) -> Mask:
    return np.zeros(len(columns), np.bool_)


def _words_of(thing: FusedTrack, shown: ShownTracks) -> bytes:
    words = shown.words.get(id(thing))
    if words is None:
        words = shown.words[id(thing)] = encode(track_out(thing))
    return words


def tracks_event(tracks: Sequence[bytes], missed: int) -> bytes:
    """An event of tracks that are in words already."""
    empty = encode(told.TracksEvent(tracks=[], missed=missed))
    return empty.replace(b"[]", b"[" + b",".join(tracks) + b"]", 1)
