"""Kernels: meetings of rows and slots put in order, each area and row once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import kernel as _kernel

__all__ = ["by", "firsts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@_kernel
def by(values: Ints, order: Ints, until: int) -> Ints:
    """The order, sorted by the values, which are whole numbers below until: counted."""
    begins = np.zeros(until + 1, np.int64)
    for k in range(values.shape[0]):
        begins[values[k] + 1] += 1
    for k in range(1, until + 1):
        begins[k] += begins[k - 1]
    placed = np.empty(order.shape[0], np.int64)
    for i in range(order.shape[0]):
        k = order[i]
        placed[begins[values[k]]] = k
        begins[values[k]] += 1
    return placed


@_kernel
def firsts(areas: Any, rows: Ints, slots: Ints, seconds: Floats, metres: Floats) -> Ints:
    """Which of the meetings to keep, sorted by the first slot of the area, then by row: of one
    area and one row the first, then the nearest, then the first volume.
    """
    count = int(rows.shape[0])
    most = 0
    of = np.empty(count, np.int64)
    for k in range(count):
        most = rows[k] if rows[k] > most else most
        of[k] = areas[slots[k]].first
    order = by(of, by(rows, np.arange(count), most + 1), areas.shape[0])
    kept = 0
    for i in range(count):
        k = order[i]
        j = order[kept - 1] if kept > 0 else -1
        if j < 0 or rows[j] != rows[k] or of[j] != of[k]:
            order[kept] = k
            kept += 1
        elif seconds[k] < seconds[j] or (
            seconds[k] == seconds[j]
            and (
                metres[k] < metres[j]
                or (metres[k] == metres[j] and areas[slots[k]].volume < areas[slots[j]].volume)
            )
        ):
            order[kept - 1] = k
    return order[:kept]
