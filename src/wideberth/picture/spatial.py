"""Which objects lie where: prepared volumes of intents, zones or subscriptions in a 4D index.

Can be rebuilt from the record: it holds nothing that the tables do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from wideberth.space.index import VolumeIndex
from wideberth.space.prepared import PreparedVolume
from wideberth.space.volume import Gap, Separation

__all__ = ["Spatial"]

Id = TypeVar("Id", bound=str)


class Spatial(Generic[Id]):
    """Objects by id, each the union of its volumes. With below: a layer that leaves it alone."""

    def __init__(self, below: Spatial[Id] | None = None) -> None:
        self._below = below
        self._gone: set[Id] = set()
        self._index: VolumeIndex | None = None  # made by the first object: most layers hold none
        self._slots: dict[Id, list[int]] = {}
        self._volumes: dict[Id, tuple[PreparedVolume, ...]] = {}
        self._owner: dict[int, tuple[Id, int]] = {}

    def __len__(self) -> int:
        """Objects held, in this layer only."""
        return len(self._slots)

    def put(self, object_id: Id, volumes: Iterable[PreparedVolume]) -> None:
        """Hold an object, in the place of what was held under its id."""
        self.discard(object_id)
        held = tuple(volumes)
        index = self._index
        if index is None:
            index = self._index = VolumeIndex()
        slots: list[int] = []
        for ordinal, volume in enumerate(held):
            slot = index.insert(volume)
            self._owner[slot] = (object_id, ordinal)
            slots.append(slot)
        self._slots[object_id] = slots
        self._volumes[object_id] = held

    def discard(self, object_id: Id) -> None:
        """Hold the object no longer; nothing happens where it was not held."""
        if self._below is not None:
            self._gone.add(object_id)
        if self._index is not None:
            for slot in self._slots.pop(object_id, ()):
                self._index.remove(slot)
                del self._owner[slot]
        self._volumes.pop(object_id, None)

    def volumes(self, object_id: Id) -> tuple[PreparedVolume, ...]:
        """The prepared volumes of an object; none where it is not held."""
        held = self._volumes.get(object_id)
        if held is not None:
            return held
        if self._below is None or object_id in self._gone:
            return ()
        return self._below.volumes(object_id)

    def conflicts(
        self, volume: PreparedVolume, separation: Separation
    ) -> list[tuple[Id, int, Gap]]:
        """(object id, ordinal of its volume, gap) for each volume nearer than separation.

        Exact (see :mod:`wideberth.space.overlap`); in no particular order.
        """
        found: list[tuple[Id, int, Gap]] = []
        if self._index is not None and self._slots:
            owner = self._owner
            for slot, gap in self._index.conflicts(volume, separation):
                object_id, ordinal = owner[slot]
                found.append((object_id, ordinal, gap))
        if self._below is not None:
            gone = self._gone
            found.extend(
                each for each in self._below.conflicts(volume, separation) if each[0] not in gone
            )
        return found
