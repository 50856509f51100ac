"""Which objects lie where: the volumes of intents, zones or subscriptions in a 4D index.

Can be rebuilt from the record: it holds nothing that the tables do not. What is put is filed when
somebody asks, so that a long replay files only what still stands at its end, all at once.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from wideberth.space.index import VolumeIndex
from wideberth.space.prepared import PreparedVolume, prepare, prepare_many
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import Gap, Separation, Volume4D

__all__ = ["Spatial"]

Id = TypeVar("Id", bound=str)

_MANY = 64  # volumes from which on filing all at once is quicker than one by one


class Spatial(Generic[Id]):
    """Objects by id, each the union of its volumes. With below: a layer that leaves it alone.

    One thread at a time.
    """

    def __init__(self, below: Spatial[Id] | None = None) -> None:
        self._below = below
        self._gone: set[Id] = set()
        self._index: VolumeIndex | None = None  # made by the first object: most layers hold none
        self.altitude_model = AltitudeModel() if below is None else below.altitude_model
        self._volumes: dict[Id, tuple[Volume4D, ...]] = {}
        self._unfiled: dict[Id, None] = {}  # those of them that are not in the index yet
        self._slots: dict[Id, int | tuple[int, ...]] = {}  # one, or one for each volume
        self._owners: list[tuple[Id, int] | Id | None] = []  # by slot; with the ordinal unless 0

    def __len__(self) -> int:
        """Objects held, in this layer only."""
        return len(self._volumes)

    def put(
        self, object_id: Id, volumes: tuple[Volume4D, ...], altitude_model: AltitudeModel
    ) -> None:
        """Hold an object, in the place of what was held under its id.

        altitude_model: how heights compare from here on; what was put under another one has to be
        put again.
        """
        self.discard(object_id)
        if altitude_model is not self.altitude_model:
            if altitude_model != self.altitude_model:
                self.file()
            self.altitude_model = altitude_model
        self._volumes[object_id] = volumes
        self._unfiled[object_id] = None

    def discard(self, object_id: Id) -> None:
        """Hold the object no longer; nothing happens where it was not held."""
        if self._below is not None:
            self._gone.add(object_id)
        if self._volumes.pop(object_id, None) is None:
            return
        if object_id in self._unfiled:
            del self._unfiled[object_id]
            return
        slots = self._slots.pop(object_id)
        index = self._index
        assert index is not None, "what is filed has an index"
        for slot in (slots,) if isinstance(slots, int) else slots:
            index.remove(slot)
            self._owners[slot] = None

    def volumes(self, object_id: Id) -> tuple[PreparedVolume, ...]:
        """The prepared volumes of an object, to keep; none where it is not held."""
        held = self._volumes.get(object_id)
        if held is not None:
            return tuple(prepare(volume, self.altitude_model) for volume in held)
        if self._below is None or object_id in self._gone:
            return ()
        return self._below.volumes(object_id)

    def views(self, object_id: Id) -> tuple[PreparedVolume, ...]:
        """As :meth:`volumes`, cheaper, and good only until the picture changes."""
        held = self._volumes.get(object_id)
        if held is not None:
            return tuple(self.view(object_id, ordinal) for ordinal in range(len(held)))
        if self._below is None or object_id in self._gone:
            return ()
        return self._below.views(object_id)

    def view(self, object_id: Id, ordinal: int) -> PreparedVolume:
        """One of an object's volumes, good only until the picture changes.

        Raises KeyError where the object is not held, IndexError where it has no such volume.
        """
        if object_id in self._volumes:
            self.file()
            assert self._index is not None, "what is filed has an index"
            slots = self._slots[object_id]
            return self._index.view(slots if isinstance(slots, int) else slots[ordinal])
        if self._below is None or object_id in self._gone:
            raise KeyError(object_id)
        return self._below.view(object_id, ordinal)

    def conflicts(
        self, volume: PreparedVolume, separation: Separation
    ) -> list[tuple[Id, int, Gap]]:
        """(object id, ordinal of its volume, gap) for each volume nearer than separation.

        Exact (see :mod:`wideberth.space.overlap`); in order of ids and ordinals, so that it does
        not matter when what was filed.
        """
        found = self.unordered(volume, separation)
        if len(found) > 1:
            found.sort(key=_place)
        return found

    def unordered(
        self, volume: PreparedVolume, separation: Separation
    ) -> list[tuple[Id, int, Gap]]:
        """As :meth:`conflicts`, in no particular order."""
        self.file()
        found: list[tuple[Id, int, Gap]] = []
        if self._index is not None and self._slots:
            for slot, gap in self._index.conflicts(volume, separation):
                owner = self._owners[slot]
                assert owner is not None, "a filed volume is somebody's"
                object_id, ordinal = owner if isinstance(owner, tuple) else (owner, 0)
                found.append((object_id, ordinal, gap))
        if self._below is not None:
            gone = self._gone
            below = self._below.unordered(volume, separation)
            found.extend(each for each in below if each[0] not in gone)
        return found

    def touched(self, volume: PreparedVolume, separation: Separation) -> list[Id]:
        """Ids of the objects with a volume nearer than separation, in no particular order; one
        that has several such volumes may stand there as often. Cheap where hundreds are found.
        """
        self.file()
        found: list[Id] = []
        if self._index is not None and self._slots:
            for slot in self._index.touched(volume, separation):
                owner = self._owners[slot]
                assert owner is not None, "a filed volume is somebody's"
                found.append(owner[0] if isinstance(owner, tuple) else owner)
        if self._below is not None:
            below = self._below.touched(volume, separation)
            found += [each for each in below if each not in self._gone] if self._gone else below
        return found

    def file(self) -> None:
        """Put into the index what is not there yet; whoever asks next would have to wait for it."""
        if not self._unfiled:
            return
        index = self._index
        if index is None:
            index = self._index = VolumeIndex()
        unfiled, self._unfiled = self._unfiled, {}
        if len(unfiled) < _MANY:
            for object_id in unfiled:
                prepared = [
                    prepare(volume, self.altitude_model) for volume in self._volumes[object_id]
                ]
                self._own(object_id, [index.insert(each) for each in prepared])
            return
        many = prepare_many(
            [volume for object_id in unfiled for volume in self._volumes[object_id]],
            self.altitude_model,
        )
        slots = index.insert_many(many)
        at = 0
        for object_id in unfiled:
            count = len(self._volumes[object_id])
            self._own(object_id, slots[at : at + count])
            at += count

    def _own(self, object_id: Id, slots: list[int] | range) -> None:
        owners = self._owners
        for ordinal, slot in enumerate(slots):
            if slot >= len(owners):
                owners.extend([None] * (slot + 1 - len(owners)))
            owners[slot] = (object_id, ordinal) if ordinal else object_id
        self._slots[object_id] = slots[0] if len(slots) == 1 else tuple(slots)


def _place(found: tuple[str, int, Gap]) -> tuple[str, int]:
    return found[0], found[1]
