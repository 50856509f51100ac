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
from wideberth.watch._filing import CORNERS, EVERYWHERE, LEVELS, file, level_of, unfile
from wideberth.watch._met import enter, inside
from wideberth.watch._within import AREA, PLANE_REACH_M
from wideberth.watch.closest import Movers
from wideberth.watch.observations import ObjectRef
from wideberth.watch.paths import Floats, path_error_m
from wideberth.watch.zones import Entries, WatchedVolume, step_m, vertical_gap_m

__all__ = ["NOBODY", "AreaIndex", "Met"]

Ints = NDArray[np.int64]

NOBODY = -2  # no owner's code
_FILED_M = 0.1  # a box is larger than its ball by this, which covers every rounding
_LEAST_ROOM = 64
_NONE = ObjectRef("zone", "")


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


class _Pool:
    """What many volumes hold of one kind, a stretch of an array for each: kept and grown.

    axis: the one along which they stand.
    """

    def __init__(self, width: int, axis: int = 0) -> None:
        self.axis = axis
        self.used = 0
        self.array: Floats = np.zeros(self._shape(width, _LEAST_ROOM))

    def add(self, rows: Floats) -> int:
        """Where these, of the shape of the array but for their count, now begin."""
        begin, self.used = self.used, self.used + rows.shape[self.axis]
        room = self.array.shape[self.axis]
        if self.used > room:
            width = self.array.shape[1 - self.axis]
            grown = np.zeros(self._shape(width, max(2 * room, self.used)))
            grown[self._stretch(0, begin)] = self.array[self._stretch(0, begin)]
            self.array = grown
        self.array[self._stretch(begin, self.used)] = rows
        return begin

    def take(self, begin: int, count: int) -> Floats:
        """So many from there on."""
        return self.array[self._stretch(begin, begin + count)]

    def _shape(self, width: int, count: int) -> tuple[int, int]:
        return (count, width) if self.axis == 0 else (width, count)

    def _stretch(self, begin: int, end: int) -> tuple[slice, slice]:
        part, whole = slice(begin, end), slice(None)
        return (part, whole) if self.axis == 0 else (whole, part)


class AreaIndex:
    """Areas by key, each one or more volumes. Not safe for threads."""

    def __init__(self) -> None:
        self._slots: dict[ObjectRef, list[int]] = {}
        self._keys: list[ObjectRef] = []  # of each slot
        self._volume: Ints = np.zeros(_LEAST_ROOM, np.int64)  # its number within its area
        self._areas: Any = np.zeros(_LEAST_ROOM, AREA)
        self._shapes: Any = np.zeros(_LEAST_ROOM, SHAPE)
        self._points, self._blocks, self._plane = _Pool(3), _Pool(4), _Pool(3, axis=1)
        self._unused = 0
        self._free: list[int] = []
        self._levels: Ints = np.zeros(LEVELS + 1, np.int64)
        self._everywhere: Ints = np.zeros(0, np.int64)
        self._file_all()

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: ObjectRef) -> bool:
        return key in self._slots

    @property
    def pieces(self) -> int:
        """How many edges there is room taken for, those of areas that went among them."""
        return self._points.used

    def put(
        self, key: ObjectRef, volumes: Iterable[WatchedVolume], *, exempt: int = NOBODY
    ) -> None:
        """Adds an area, or puts it in the place of the old one. exempt: the code of the owner whose
        tracks are passed over.
        """
        self.remove(key)
        self._slots[key] = [
            self._put(key, number, volume, exempt) for number, volume in enumerate(volumes)
        ]

    def remove(self, key: ObjectRef) -> None:
        """Takes an area away. Nothing where there is none."""
        for slot in self._slots.pop(key, ()):
            area, shape = self._areas[slot], self._shapes[slot]
            unfile(slot, self._heads, self._node_key, self._node_next)
            self._levels[area["level"]] -= 1
            if area["level"] == EVERYWHERE:
                self._everywhere = self._everywhere[self._everywhere != slot]
            area["alive"] = 0
            self._unused += int(shape["count"])
            self._free.append(slot)
        if self._unused > max(4096, self._points.used // 2):
            self._pack()

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
        keys, area = self._numbered(slots)
        volume = self._volume[slots]
        # The first, then the nearest, then the first in the order they were given in.
        order = np.lexsort((volume, distance_m, entry_s, rows, area))
        pair = np.stack([area[order], rows[order]])
        first = np.ones(len(order), np.bool_)
        first[1:] = (pair[:, 1:] != pair[:, :-1]).any(axis=0)
        order = order[first]
        rows, slots = rows[order], slots[order]
        rise_m = movers.climb_m_s[rows] * movers.age_s[rows]
        vertical_m, known = vertical_gap_m(
            (self._areas["lower_w84_m"][slots], self._areas["lower_std_m"][slots]),
            (self._areas["upper_w84_m"][slots], self._areas["upper_std_m"][slots]),
            movers,
            rows,
            rise_m,
        )
        allowed_m = pad_m[rows] + step_m(movers.speed_m_s[rows])
        found = Entries(
            entry_s[order], volume[order], distance_m[order], vertical_m, known, allowed_m
        )
        return Met(keys, area[order], rows, found)

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
        keys, area = self._numbered(slots)
        met = np.unique(area * max(len(movers), 1) + rows)
        return keys, met // max(len(movers), 1), met % max(len(movers), 1)

    def _enter(self, *arguments: Any) -> tuple[Ints, Ints, Floats, Floats]:
        call: Any = enter
        return call(*self._arrays(), *arguments)

    def _inside(self, *arguments: Any) -> tuple[Ints, Ints]:
        call: Any = inside
        return call(*self._arrays(), *arguments)

    def _arrays(self) -> tuple[Any, ...]:
        return (
            self._areas, self._shapes, self._points.array, self._blocks.array, self._plane.array,
            self._heads, self._node_key, self._node_next, self._levels, self._everywhere,
        )  # fmt: skip

    def _numbered(self, slots: Ints) -> tuple[tuple[ObjectRef, ...], Ints]:
        """The areas that the slots are of, and the number of each slot's among them."""
        number: dict[ObjectRef, int] = {}
        of_slot = np.zeros(len(self._areas), np.int64)
        met: list[int] = np.unique(slots).tolist()
        for slot in met:
            of_slot[slot] = number.setdefault(self._keys[slot], len(number))
        return tuple(number), of_slot[slots]

    def _put(self, key: ObjectRef, number: int, volume: WatchedVolume, exempt: int) -> int:
        if not self._free:
            self._grow()
        slot = self._free.pop()
        arrays, index = volume.prepared.arrays, volume.prepared.index
        shape = arrays.shapes[index]
        count, first, block = int(shape["count"]), int(shape["first"]), int(shape["block"])
        blocks = (count + BLOCK - 1) // BLOCK
        self._shapes[slot] = shape
        self._shapes[slot]["first"] = self._points.add(arrays.points[first : first + count])
        self._shapes[slot]["block"] = self._blocks.add(arrays.blocks[block : block + blocks])
        area = self._areas[slot]
        wide = bool(shape["wide"])
        reach_m = math.inf if wide else float(shape["reach_m"])
        for name, value in (
            ("x", shape["x"]),
            ("y", shape["y"]),
            ("z", shape["z"]),
            ("reach_m", reach_m),
            ("inner_m", 0.0 if wide else arrays.rows[index]["inner_dm"] / 10),
            ("lower_w84_m", volume.lower_w84_m),
            ("upper_w84_m", volume.upper_w84_m),
            ("lower_std_m", volume.lower_std_m),
            ("upper_std_m", volume.upper_std_m),
            ("start_us", volume.start_us),
            ("end_us", volume.end_us),
            ("exempt", exempt),
            ("plane", -1),
            ("level", level_of(reach_m + _FILED_M)),
            ("alive", 1),
        ):
            area[name] = value
        if count > 0 and reach_m <= PLANE_REACH_M:
            self._drop(area, arrays.points[first : first + count])
        self._keys[slot] = key
        self._volume[slot] = number
        self._levels[area["level"]] += 1
        if area["level"] == EVERYWHERE:
            self._everywhere = np.append(self._everywhere, slot)
        file(self._areas, slot, reach_m + _FILED_M, self._heads, self._node_key, self._node_next)
        return slot

    def _drop(self, area: Any, points: Floats) -> None:
        """Puts a ring on the plane that touches the ellipsoid under the middle of its ball."""
        middle = np.array([area["x"], area["y"], area["z"]])
        normal = middle / np.array([1.0, 1.0, (1 - 1 / 298.257223563) ** 2])
        normal /= np.linalg.norm(normal)
        # Any axis that the normal is far from will do: at a pole east is not one.
        least = np.zeros(3)
        least[np.argmin(np.abs(normal))] = 1.0
        east = np.cross(least, normal)
        east /= np.linalg.norm(east)
        north = np.cross(normal, east)
        for name, axis in (("east", east), ("north", north)):
            for part, value in zip("xyz", axis, strict=True):
                area[f"{name}_{part}"] = value
        ring = (points - middle) @ np.stack([east, north], axis=1)
        ring = np.concatenate([ring, ring[:1]])
        square = (np.diff(ring, axis=0) ** 2).sum(axis=1)
        inverse = np.append(1 / np.where(square > 0, square, np.inf), 0.0)
        area["plane"] = self._plane.add(np.column_stack([ring, inverse]).T)

    def _grow(self) -> None:
        room = len(self._areas)
        if self._keys:
            self._areas = np.concatenate([self._areas, np.zeros(room, AREA)])
            self._shapes = np.concatenate([self._shapes, np.zeros(room, SHAPE)])
            self._volume = np.concatenate([self._volume, np.zeros(room, np.int64)])
        self._free = list(range(len(self._areas) - 1, len(self._keys) - 1, -1))
        self._keys += [_NONE] * (len(self._areas) - len(self._keys))
        self._file_all()

    def _file_all(self) -> None:
        """Files what is alive anew, in as much room as there is for volumes."""
        self._heads = np.full(8 * len(self._areas), -1, np.int32)
        self._node_key = np.full(CORNERS * len(self._areas), -1, np.int64)
        self._node_next = np.full(CORNERS * len(self._areas), -1, np.int32)
        for slot in np.flatnonzero(self._areas["alive"]).tolist():
            half_m = float(self._areas[slot]["reach_m"]) + _FILED_M
            file(self._areas, slot, half_m, self._heads, self._node_key, self._node_next)

    def _pack(self) -> None:
        """Moves what is alive together, so that what went leaves no room behind."""
        points, blocks, plane = self._points, self._blocks, self._plane
        self._points, self._blocks, self._plane = _Pool(3), _Pool(4), _Pool(3, axis=1)
        self._unused = 0
        for slot in np.flatnonzero(self._areas["alive"]).tolist():
            area, shape = self._areas[slot], self._shapes[slot]
            count = int(shape["count"])
            row = blocks.take(int(shape["block"]), (count + BLOCK - 1) // BLOCK)
            shape["first"] = self._points.add(points.take(int(shape["first"]), count))
            shape["block"] = self._blocks.add(row)
            if area["plane"] >= 0:
                area["plane"] = self._plane.add(plane.take(int(area["plane"]), count + 1))
