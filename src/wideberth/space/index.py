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
from wideberth.space.prepared import PreparedVolume
from wideberth.space.volume import Gap, Separation

__all__ = ["VolumeIndex"]

_TOUCHING = Separation()
_FIRST_ROWS = 256
_FIRST_LINES = 64
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
        at = self._used
        self._used = at + (1 << size)
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
    `insert` gave; it is used again after `remove`.
    """

    __slots__ = (
        "_free",
        "_heads",
        "_high",
        "_levels",
        "_links",
        "_points",
        "_rows",
        "_runs",
        "_shapes",
        "_slots",
        "_spheres",
    )

    def __init__(self) -> None:
        kernels = _kernels()
        self._slots: dict[int, PreparedVolume] = {}
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
        self._runs: dict[int, tuple[int, int, int]] = {}  # slot: point, block, pieces

    def __len__(self) -> int:
        return len(self._slots)

    def __getitem__(self, slot: int) -> PreparedVolume:
        """The volume in a slot. Raises KeyError where there is none."""
        return self._slots[slot]

    def insert(self, prepared: PreparedVolume) -> int:
        """File a volume; its slot."""
        if self._free:
            slot = self._free.pop()
        else:
            slot = self._high
            if slot == len(self._rows):
                self._grow()
            self._high = slot + 1
        arrays = prepared.arrays
        pieces = int(arrays.shapes[prepared.index]["count"])
        point = self._points.take(pieces)
        block = self._spheres.take((pieces + _BLOCK - 1) // _BLOCK)
        self._runs[slot] = (point, block, pieces)
        _kernels().insert(
            self._rows, self._shapes, self._points.array, self._spheres.array,
            self._heads, self._links, self._levels, slot, point, block,
            arrays.rows, arrays.shapes, arrays.points, arrays.blocks, prepared.index,
        )  # fmt: skip
        self._slots[slot] = prepared
        return slot

    def remove(self, slot: int) -> None:
        """Take a volume out. Raises KeyError where the slot is empty."""
        del self._slots[slot]
        _kernels().unfile_row(self._rows, slot, self._heads, self._links, self._levels)
        point, block, pieces = self._runs.pop(slot)
        self._points.give_back(point, pieces)
        self._spheres.give_back(block, (pieces + _BLOCK - 1) // _BLOCK)
        self._free.append(slot)

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
                    self._slots[slot],
                    prepared,
                    separation,
                    (code, horizontal_mm, vertical_mm, time_us),
                )
                if settled is not None:
                    found.append((slot, settled))
        return found

    def _query(
        self, prepared: PreparedVolume, separation: Separation, *, exact: bool
    ) -> list[list[int]]:
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
        if count == 0:
            return []
        lines: list[list[int]] = found[:count].tolist()
        lines.sort()
        return lines

    def _grow(self) -> None:
        kernels = _kernels()
        before = len(self._rows)
        rows: Any = np.zeros(2 * before, _shape_kernels().ROW)
        rows[:before] = self._rows
        rows["bucket"][before:] = -1
        shapes: Any = np.zeros(2 * before, _shape_kernels().SHAPE)
        shapes[:before] = self._shapes
        links = np.empty((2 * before, 4), np.int32)
        links[:before] = self._links
        heads = kernels.empty_heads(min(4 * before, kernels.MAX_BUCKETS))
        self._rows, self._shapes, self._links, self._heads = rows, shapes, links, heads
        kernels.rehash(rows, self._high, heads, links)
