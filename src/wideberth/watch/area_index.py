"""All areas in one index: every track against all of them in one call.

It answers what :func:`wideberth.watch.zones.entries` answers area by area, and whether tracks are
inside. Areas come, change and go one at a time, at a cost that does not grow with how many there
are (apart from room that doubles where it is full, and is packed where half of it is unused).
Frames, distances and rules are those of :mod:`wideberth.watch.zones`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space._shapes import BLOCK, SHAPE
from wideberth.space.prepared import Shapes
from wideberth.watch._filing import EVERYWHERE, LEVELS, NODE, level_all, unfile
from wideberth.watch._firsts import firsts
from wideberth.watch._inside import inside
from wideberth.watch._laying import file_all, filed_in_all, lay, needed
from wideberth.watch._met import enter
from wideberth.watch._within import AREA, rough_count
from wideberth.watch.movers import Movers
from wideberth.watch.observations import ObjectRef
from wideberth.watch.paths import Floats, path_error_m
from wideberth.watch.zones import Entries, WatchedVolume, height_over_m, step_m, vertical_gap_m

__all__ = ["NOBODY", "AreaIndex", "Met"]

Ints = NDArray[np.int64]

NOBODY = -2  # no owner's code
_LEAST_ROOM = 64


@dataclass(frozen=True)
class Met:
    """Tracks and areas that meet: areas[area[k]] and the mover row[k], by entries' row k.

    Sorted by area, then by row; each pair once. entries: of the volume that is entered first; of
    several at once, the nearest.
    """

    areas: tuple[ObjectRef, ...]
    area: Ints
    row: Ints
    entries: Entries


class AreaIndex:
    """Areas by key, each one or more volumes. Not safe for threads."""

    def __init__(self) -> None:
        self._slots: dict[ObjectRef, list[int]] = {}
        self._free_slots: list[int] = []
        self._names: Any = np.zeros(0, object)  # of each slot
        self._areas: Any = np.zeros(0, AREA)
        self._shapes: Any = np.zeros(0, SHAPE)
        # Points, blocks, places on the plane and on the rough one: what volumes hold of each.
        self._pools: tuple[Any, ...] = (
            np.zeros((_LEAST_ROOM, 3)),
            np.zeros((_LEAST_ROOM, 4)),
            np.zeros(_LEAST_ROOM),
            np.zeros(_LEAST_ROOM, np.float32),
        )
        self._used: Ints = np.zeros(4, np.int64)  # of each pool
        self._unused = 0  # points of volumes that went
        self._most_pieces = 1
        self._levels: Ints = np.zeros(LEVELS + 1, np.int64)
        self._finest = 0  # the finest level that is used
        self._everywhere: Ints = np.zeros(0, np.int64)
        self._heads: NDArray[np.int32] = np.full(_LEAST_ROOM, -1, np.int32)
        self._nodes: Any = np.zeros(0, NODE)
        self._siblings: NDArray[np.int32] = np.zeros(0, np.int32)
        self._free: Ints = np.full(1, -1, np.int64)
        self._free_nodes = 0

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: ObjectRef) -> bool:
        return key in self._slots

    @property
    def pieces(self) -> int:
        """How many edges there is room taken for, those of areas that went among them."""
        return int(self._used[0])

    def put(
        self, key: ObjectRef, volumes: Iterable[WatchedVolume], *, exempt: int = NOBODY
    ) -> None:
        """Adds an area, or puts it in the place of the old one. exempt: the code of the owner whose
        tracks are passed over.
        """
        self.put_many([(key, volumes, exempt)])

    def put_many(self, areas: Iterable[tuple[ObjectRef, Iterable[WatchedVolume], int]]) -> None:
        """Adds many areas, each a key, its volumes and who is exempt, at a fraction of the cost of
        one by one where volumes that were prepared together stand together.
        """
        together: list[tuple[int, int, int, int, WatchedVolume]] = []
        for key, volumes, exempt in areas:
            self._take_out(key)
            slots = self._slots[key] = []
            for number, volume in enumerate(volumes):
                if together and together[-1][4].prepared.arrays is not volume.prepared.arrays:
                    self._lay(together)
                    together = []
                slots.append(self._new_slot(key))
                together.append((slots[-1], slots[0], number, exempt, volume))
        self._lay(together)
        self._pack_if_loose()

    def remove(self, key: ObjectRef) -> None:
        """Takes an area away. Nothing where there is none."""
        self._take_out(key)
        self._pack_if_loose()

    def entries(
        self,
        movers: Movers,
        *,
        now_us: int,
        look_ahead_s: float,
        clock_error_s: Floats,
        pressure_error_m: float = math.nan,
    ) -> Met:
        """When tracks are first in areas: all that :func:`wideberth.watch.zones.entries` finds to
        enter within the look-ahead, area by area.
        """
        run_m = movers.speed_m_s * (movers.age_s + look_ahead_s)
        pad_m = movers.horizontal_error_m + path_error_m(run_m)
        rows, slots, entry_s, distance_m = self._enter(
            movers.position_ecef_m,
            movers.tangent,
            movers.normal,
            movers.radius_m,
            movers.speed_m_s,
            movers.age_s,
            movers.altitude_std_m,
            movers.altitude_w84_m,
            movers.climb_m_s,
            movers.vertical_error_m + 0.001,
            pad_m,
            clock_error_s,
            movers.owner,
            now_us,
            float(look_ahead_s),
            float(pressure_error_m),
        )
        order = self._firsts(rows, slots, entry_s, distance_m)
        rows, slots = rows[order], slots[order]
        keys, area = self._numbered(slots)
        rise_m = movers.climb_m_s[rows] * movers.age_s[rows]
        vertical_m, known = vertical_gap_m(*self._limits_m(slots), movers, rows, rise_m)
        allowed_m = pad_m[rows] + step_m(movers.speed_m_s[rows])
        found = Entries(
            entry_s[order],
            self._areas["volume"][slots],
            distance_m[order],
            vertical_m,
            known,
            allowed_m,
        )
        return Met(keys, area, rows, found)

    def inside(
        self, movers: Movers, *, time_us: Ints, clock_error_us: Ints
    ) -> tuple[tuple[ObjectRef, ...], Ints, Ints]:
        """Who is in which area at the last report, time_us: areas, and per meeting the number of
        the area and the row of the mover; sorted, each pair once. In place as far as the distance
        can tell, in time give or take the clock's error, and not surely out in height.
        """
        rows, slots = self._inside(
            movers.position_ecef_m,
            movers.altitude_std_m,
            movers.altitude_w84_m,
            time_us,
            clock_error_us,
            movers.owner,
        )
        zero = np.zeros(len(rows))
        order = self._firsts(rows, slots, zero, zero)
        keys, area = self._numbered(slots[order])
        return keys, area, rows[order]

    def volumes_met(
        self,
        movers: Movers,
        rows: Ints,
        *,
        time_us: Ints,
        clock_error_us: Ints,
        height_apart_m: Floats,
    ) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """Likewise of some of the movers, volume by volume and in no order: the row of the mover,
        which of the :meth:`numbers` the volume has, and whether the mover's height compares with
        both of its limits, so that it is in for sure. time_us, clock_error_us: of each of rows.
        height_apart_m: how far each height may be off at time_us; whoever may be in for that, is
        not surely in.
        """
        # To the kernel such a height is unknown, which is in; how far it is out is asked behind it.
        apart = height_apart_m > 0
        found, slots = self._inside(
            movers.position_ecef_m[rows],
            np.where(apart, np.nan, movers.altitude_std_m[rows]),
            np.where(apart, np.nan, movers.altitude_w84_m[rows]),
            time_us,
            clock_error_us,
            movers.owner[rows],
        )
        row = rows[found]
        over_m, known = height_over_m(*self._limits_m(slots), movers, row, np.zeros(len(row)))
        apart_m = height_apart_m[found]
        known &= over_m <= -apart_m
        may_be = ~(over_m > apart_m)
        return row[may_be], slots[may_be], known[may_be]

    def numbers(self, key: ObjectRef) -> tuple[int, ...]:
        """The numbers of an area's volumes, in their order, until it is put anew or removed; then
        they are given to others.
        """
        return tuple(self._slots[key])

    def _limits_m(self, slots: Ints) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """The lower and the upper limits of volumes, each of both references."""
        of = self._areas
        return (
            (of["lower_w84_m"][slots], of["lower_std_m"][slots]),
            (of["upper_w84_m"][slots], of["upper_std_m"][slots]),
        )

    def _enter(self, *arguments: Any) -> tuple[Ints, Ints, Floats, Floats]:
        return self._found(enter, arguments)

    def _inside(self, *arguments: Any) -> tuple[Ints, Ints]:
        return self._found(inside, arguments)

    def _found(self, call: Any, arguments: tuple[Any, ...]) -> Any:
        """What a kernel finds, given as much room as it turns out to need."""
        room = 1024 + len(arguments[0])
        while True:
            needed_room, *found = call(*self._arrays(), *arguments, room)
            if needed_room <= room:
                return found
            room = needed_room

    def _firsts(self, *arguments: Any) -> Ints:
        call: Any = firsts
        return call(self._areas, *arguments)

    def _arrays(self) -> tuple[Any, ...]:
        return (
            self._areas, self._shapes, *self._pools,
            self._heads, self._nodes, self._levels, self._everywhere,
            np.empty(2 * rough_count(self._most_pieces), np.int32),
        )  # fmt: skip

    def _numbered(self, slots: Ints) -> tuple[tuple[ObjectRef, ...], Ints]:
        """The areas that slots sorted by area are of, and the number of each slot's among them."""
        first = self._areas["first"][slots]
        new = np.ones(len(first), np.bool_)
        new[1:] = first[1:] != first[:-1]
        return tuple(self._names[first[new]].tolist()), np.cumsum(new) - 1

    def _new_slot(self, key: ObjectRef) -> int:
        if not self._free_slots:
            before, room = len(self._areas), max(_LEAST_ROOM, 2 * len(self._areas))
            self._areas = _grown(self._areas, room)
            self._shapes = _grown(self._shapes, room)
            self._names = _grown(self._names, room)
            self._free_slots = list(range(room - 1, before - 1, -1))
        slot = self._free_slots.pop()
        self._names[slot] = key
        return slot

    def _lay(self, volumes: list[tuple[int, int, int, int, WatchedVolume]]) -> None:
        """Lays volumes of one set of arrays: each its slot, the first of its area, its number
        there, and who is exempt.
        """
        if not volumes:
            return
        slots, firsts_, numbers, exempt = np.array([each[:4] for each in volumes], np.int64).T
        made = [each[4] for each in volumes]
        arrays: Shapes = made[0].prepared.arrays
        index = np.array([each.prepared.index for each in made], np.int64)
        limits_m = np.array(
            [
                (each.lower_w84_m, each.upper_w84_m, each.lower_std_m, each.upper_std_m)
                for each in made
            ]
        )
        window_us = np.array([(each.start_us, each.end_us) for each in made], np.int64)
        call: Any = needed
        *room, most = call(arrays.shapes, index)
        self._most_pieces = max(self._most_pieces, most)
        self._make_room(np.array(room))
        call = lay
        nodes: int = call(
            self._areas, self._shapes, *self._pools,
            self._used, self._levels, slots.copy(), firsts_.copy(), numbers.copy(), exempt.copy(),
            index, arrays.rows, arrays.shapes, arrays.points, arrays.blocks, limits_m, window_us,
            self._finest,
        )  # fmt: skip
        wide = slots[self._areas["level"][slots] == EVERYWHERE]
        if len(wide):
            self._everywhere = np.append(self._everywhere, wide)
        if self._free_nodes < nodes:
            self._file_anew()
        else:
            self._file(slots.copy())

    def _make_room(self, more: Ints) -> None:
        """For so much more in each of the pools."""
        self._pools = tuple(
            pool if need <= len(pool) else _grown(pool, max(need, 2 * len(pool)))
            for pool, need in zip(self._pools, (self._used + more).tolist(), strict=True)
        )

    def _file(self, slots: Ints) -> None:
        call: Any = file_all
        self._free_nodes -= call(
            self._areas, self._shapes, self._pools[0], slots,
            self._heads, self._nodes, self._siblings, self._free, self._most_pieces,
        )  # fmt: skip

    def _file_anew(self) -> None:
        """Files what is alive, with room for as much again."""
        alive = np.flatnonzero(self._areas["alive"])
        call: Any = level_all
        self._finest = call(self._areas, alive, self._levels)
        call = filed_in_all
        room = max(_LEAST_ROOM, 2 * call(self._areas, alive))
        self._heads = np.full(1 << (room - 1).bit_length(), -1, np.int32)
        self._nodes = np.zeros(room, NODE)
        self._nodes["next"] = np.append(np.arange(1, room), -1)
        self._siblings = np.full(room, -1, np.int32)
        self._free = np.zeros(1, np.int64)
        self._free_nodes = room
        self._file(alive)

    def _take_out(self, key: ObjectRef) -> None:
        for slot in self._slots.pop(key, ()):
            area = self._areas[slot]
            level = int(area["level"])
            call: Any = unfile
            self._free_nodes += call(
                self._areas, slot, self._heads, self._nodes, self._siblings, self._free
            )
            self._levels[level] -= 1
            if level == EVERYWHERE:
                self._everywhere = self._everywhere[self._everywhere != slot]
            area["alive"] = 0
            self._unused += int(self._shapes[slot]["count"])
            self._names[slot] = None
            self._free_slots.append(slot)

    def _pack_if_loose(self) -> None:
        """Moves what is alive together where half of the room is that of what went."""
        if self._unused <= max(4096, self.pieces // 2):
            return
        pools = self._pools
        packed = self._pools = tuple(np.zeros_like(pool) for pool in pools)
        self._used, self._unused = np.zeros(4, np.int64), 0
        for slot in np.flatnonzero(self._areas["alive"]).tolist():
            area, shape = self._areas[slot], self._shapes[slot]
            count, laid = int(shape["count"]), int(area["plane"]) >= 0
            edges = (3 * (count + 1), 2 * (rough_count(count) + 1)) if laid else (0, 0)
            size = count, (count + BLOCK - 1) // BLOCK, *edges
            fields = (shape, "first"), (shape, "block"), (area, "plane"), (area, "rough")
            for place, ((record, name), used) in enumerate(zip(fields, size, strict=True)):
                begin, to = int(record[name]), int(self._used[place])
                packed[place][to : to + used] = pools[place][begin : begin + used]
                record[name] = to if place < 2 or laid else -1
                if place == 0:
                    area["point"] = to
                self._used[place] += used


def _grown(array: Any, room: int) -> Any:
    """The same, with room behind it."""
    more = np.zeros((room, *array.shape[1:]), array.dtype)
    more[: len(array)] = array
    return more
