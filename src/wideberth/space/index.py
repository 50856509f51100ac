"""The index over live volumes: a hash grid of cubes and hours, and exact verdicts from it.

It holds copies of what it was given, in arrays that grow by doubling, so that a query is one call
of a kernel. It can be thrown away and rebuilt from the volumes at any time.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space.overlap import settle
from wideberth.space.prepared import PreparedVolume, PreparedVolumes, Shapes, prepare
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import Gap, Separation, Volume4D

__all__ = ["VolumeIndex"]

_TOUCHING = Separation()
_FIRST_ROWS = 256
_FIRST_LINES = 512  # 20 kB; of more conflicts than this, the question is asked twice
_BLOCK = 16  # pieces in a block, as in _shapes


@cache
def _kernels() -> Any:
    from wideberth.space import _grid

    return _grid


@cache
def _shape_kernels() -> Any:
    from wideberth.space import _shapes

    return _shapes


class _Pool:
    """Room for runs of rows in one growing array; runs are rounded up to powers of two."""

    __slots__ = ("_free", "_used", "array")

    def __init__(self, columns: int) -> None:
        self.array: NDArray[np.float64] = np.empty((_FIRST_ROWS, columns))
        self._free: dict[int, list[int]] = {}
        self._used = 0

    def take(self, count: int) -> int:
        if count == 0:
            return 0
        size = (count - 1).bit_length()
        free = self._free.get(size)
        if free:
            return free.pop()
        return self._take_new(1 << size)

    def take_many(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each of these runs begins, at the end of what is used."""
        sizes = np.zeros(len(counts), np.int64)
        some = counts > 0
        # The exponent of frexp is the bit length, exact far beyond any count.
        sizes[some] = 1 << np.frexp((counts[some] - 1).astype(np.float64))[1].astype(np.int64)
        starts = np.cumsum(sizes) - sizes
        starts[some] += self._take_new(int(sizes.sum()))
        return starts

    def _take_new(self, rows: int) -> int:
        at = self._used
        self._used = at + rows
        if self._used > len(self.array):
            grown = np.empty((max(self._used, 2 * len(self.array)), self.array.shape[1]))
            grown[:at] = self.array[:at]
            self.array = grown
        return at

    def give_back(self, at: int, count: int) -> None:
        if count:
            self._free.setdefault((count - 1).bit_length(), []).append(at)


class VolumeIndex:
    """Volumes that come and go, and which of them touch a given one.

    Many threads may ask at once, but not while one inserts or removes. A slot is the number that
    `insert` gave; it is used again after `remove`. What was prepared is copied, not kept.
    """

    __slots__ = (
        "_count",
        "_free",
        "_heads",
        "_high",
        "_levels",
        "_links",
        "_models",
        "_points",
        "_rows",
        "_shapes",
        "_spheres",
        "_volumes",
    )

    def __init__(self) -> None:
        kernels = _kernels()
        self._volumes: list[Volume4D | None] = []  # by slot
        self._models: list[AltitudeModel] = []
        self._count = 0
        self._free: list[int] = []
        self._high = 0
        self._rows: Any = np.zeros(_FIRST_ROWS, _shape_kernels().ROW)
        self._rows["bucket"] = -1
        self._shapes: Any = np.zeros(_FIRST_ROWS, _shape_kernels().SHAPE)
        self._links: NDArray[np.int32] = np.empty((_FIRST_ROWS, 4), np.int32)
        self._levels: Any = np.zeros(kernels.LEVELS, kernels.LEVEL)
        self._heads: NDArray[np.int32] = _kernels().empty_heads(2 * _FIRST_ROWS)
        self._points = _Pool(3)
        self._spheres = _Pool(4)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, slot: int) -> PreparedVolume:
        """The volume in a slot. Raises KeyError where there is none."""
        return prepare(self._held(slot), self._models[slot])

    def view(self, slot: int) -> PreparedVolume:
        """The volume in a slot, in the index's own arrays: good until the next insert or remove.

        Raises KeyError where there is none.
        """
        arrays = Shapes(self._rows, self._shapes, self._points.array, self._spheres.array)
        return PreparedVolume(self._held(slot), self._models[slot], arrays, slot)

    def insert(self, prepared: PreparedVolume) -> int:
        """File a volume; its slot."""
        if self._free:
            slot = self._free.pop()
            self._volumes[slot] = prepared.volume
            self._models[slot] = prepared.altitude_model
        else:
            slot = self._high
            if slot == len(self._rows):
                self._grow(2 * slot)
            self._high = slot + 1
            self._volumes.append(prepared.volume)
            self._models.append(prepared.altitude_model)
        arrays = prepared.arrays
        pieces = int(arrays.shapes[prepared.index]["count"])
        point = self._points.take(pieces)
        block = self._spheres.take((pieces + _BLOCK - 1) // _BLOCK)
        _kernels().insert(
            self._rows, self._shapes, self._points.array, self._spheres.array,
            self._heads, self._links, self._levels, slot, point, block,
            arrays.rows, arrays.shapes, arrays.points, arrays.blocks, prepared.index,
        )  # fmt: skip
        self._count += 1
        return slot

    def insert_many(self, prepared: PreparedVolumes) -> range:
        """File many volumes; their slots, in their order. Worth it from some dozens on."""
        arrays = prepared.arrays
        count = len(prepared)
        first = self._high
        while first + count > len(self._rows):
            self._grow(2 * len(self._rows))
        slots = range(first, first + count)
        self._volumes.extend(each.volume for each in prepared)
        self._models.extend([prepared.altitude_model] * count)
        self._count += count
        if not count:
            return slots
        shapes = arrays.shapes.copy()
        pieces = shapes["count"]
        blocks = (pieces + _BLOCK - 1) // _BLOCK
        for pool, name, sizes, source in (
            (self._points, "first", pieces, arrays.points),
            (self._spheres, "block", blocks, arrays.blocks),
        ):
            at = pool.take_many(sizes)
            total = int(sizes.sum())
            within = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            pool.array[np.repeat(at, sizes) + within] = source[
                np.repeat(shapes[name], sizes) + within
            ]
            shapes[name] = at
        self._rows[first : first + count] = arrays.rows
        self._shapes[first : first + count] = shapes
        self._high = first + count
        self._file_many(first)
        return slots

    def remove(self, slot: int) -> None:
        """Take a volume out. Raises KeyError where the slot is empty."""
        self._held(slot)
        self._volumes[slot] = None
        self._count -= 1
        _kernels().unfile_row(self._rows, slot, self._heads, self._links, self._levels)
        shape = self._shapes[slot]
        pieces = int(shape["count"])
        self._points.give_back(int(shape["first"]), pieces)
        self._spheres.give_back(int(shape["block"]), (pieces + _BLOCK - 1) // _BLOCK)
        self._free.append(slot)

    def _held(self, slot: int) -> Volume4D:
        volume = self._volumes[slot] if 0 <= slot < self._high else None
        if volume is None:
            raise KeyError(slot)
        return volume

    def _file_many(self, first: int) -> None:
        """File the rows from slot first on, which are in the arrays and in no chain: what the
        kernel `file_row` does one by one, and buckets all anew.
        """
        kernels = _kernels()
        rows = self._rows[first : self._high]
        reach_m: NDArray[np.float64] = rows["reach_m"].astype(np.float64)
        window_us: NDArray[np.int64] = rows["end_us"] - rows["start_us"]
        cubes_m = np.array([kernels.CUBE_M * 4.0**k for k in range(kernels.SIZES - 1)])
        stretches_us = np.array([kernels.STRETCH_US << 3 * k for k in range(kernels.SIZES - 1)])
        levels: NDArray[np.int64] = np.searchsorted(
            cubes_m, 2 * reach_m
        ) * kernels.SIZES + np.searchsorted(stretches_us, window_us)
        rows["bucket"] = levels << kernels.LEVEL_SHIFT
        for level in np.unique(levels).tolist():
            chosen = np.flatnonzero(levels == level)
            slots = first + chosen
            entry = self._levels[level]
            before = int(entry["head"]) if entry["filed"] else -1
            self._links[slots, 0] = np.append(slots[1:], before)
            self._links[slots, 1] = np.append(-1, slots[:-1])
            if before >= 0:
                self._links[before, 1] = slots[-1]
            else:
                entry["reach_m"] = 0.0
                entry["window_us"] = 0
            entry["head"] = slots[0]
            entry["filed"] += len(slots)
            entry["reach_m"] = max(float(entry["reach_m"]), float(reach_m[chosen].max()))
            entry["window_us"] = max(int(entry["window_us"]), int(window_us[chosen].max()))
        self._heads = kernels.empty_heads(self._heads.shape[1])
        kernels.rehash(self._rows, self._high, self._heads, self._links)

    def candidates(self, prepared: PreparedVolume, separation: Separation = _TOUCHING) -> list[int]:
        """Slots of all volumes that could be too close, and some that are not, in order."""
        lines = self._query(prepared, separation, exact=False)
        return [line[0] for line in lines]

    def conflicts(
        self, prepared: PreparedVolume, separation: Separation = _TOUCHING
    ) -> list[tuple[int, Gap]]:
        """Slots of the volumes that are too close, with their gaps, in order of slots.

        Raises NotComparable where one of them is too close but for heights that cannot be
        compared.
        """
        found: list[tuple[int, Gap]] = []
        for slot, code, horizontal_mm, vertical_mm, time_us in self._query(
            prepared, separation, exact=True
        ):
            if code == 1:
                found.append((slot, Gap(horizontal_mm, vertical_mm, time_us)))
            else:
                settled = settle(
                    self.view(slot),
                    prepared,
                    separation,
                    (code, horizontal_mm, vertical_mm, time_us),
                )
                if settled is not None:
                    found.append((slot, settled))
        return found

    def touched(self, prepared: PreparedVolume, separation: Separation = _TOUCHING) -> list[int]:
        """Slots of the volumes that are too close, in no particular order: :meth:`conflicts`
        without the gaps, for where hundreds are found. Raises NotComparable as that does.
        """
        lines = self._lines(prepared, separation, exact=True)
        if lines is None:
            return []
        if (lines[:, 1] == 1).all():
            return lines[:, 0].tolist()
        return [slot for slot, _ in self.conflicts(prepared, separation)]

    def _query(
        self, prepared: PreparedVolume, separation: Separation, *, exact: bool
    ) -> list[list[int]]:
        lines = self._lines(prepared, separation, exact=exact)
        if lines is None:
            return []
        found: list[list[int]] = lines.tolist()
        found.sort()
        return found

    def _lines(
        self, prepared: PreparedVolume, separation: Separation, *, exact: bool
    ) -> NDArray[np.int64] | None:
        arrays = prepared.arrays
        found = np.empty((_FIRST_LINES, 5), np.int64)  # its own: others may ask at the same time
        while True:
            count = _kernels().query(
                self._rows, self._shapes, self._points.array, self._spheres.array,
                self._heads, self._links, self._levels, self._high,
                arrays.rows, arrays.shapes, arrays.points, arrays.blocks, prepared.index,
                separation.horizontal_mm, separation.vertical_mm, separation.time_us,
                exact, found,
            )  # fmt: skip
            if count <= len(found):
                break
            found = np.empty((2 * count, 5), np.int64)
        return found[:count] if count else None

    def _grow(self, capacity: int) -> None:
        kernels = _kernels()
        before = len(self._rows)
        rows: Any = np.zeros(capacity, _shape_kernels().ROW)
        rows[:before] = self._rows
        rows["bucket"][before:] = -1
        shapes: Any = np.zeros(capacity, _shape_kernels().SHAPE)
        shapes[:before] = self._shapes
        links = np.empty((capacity, 4), np.int32)
        links[:before] = self._links
        heads = kernels.empty_heads(min(2 * capacity, kernels.MAX_BUCKETS))
        self._rows, self._shapes, self._links, self._heads = rows, shapes, links, heads
        kernels.rehash(rows, self._high, heads, links)
