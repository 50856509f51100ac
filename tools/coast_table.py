"""Writes src/wideberth/space/coast.xz: where land is, where open water, what is near a coast.

Made of the coast that the report of ``wideberth check`` draws (Natural Earth 1:50m, public domain,
rounded to 0.01 degree; ``tools/make_land.py``). A cell is a tenth of a degree wide and high. It is
coast where any point of it may lie within MARGIN_KM of a drawn coast, or south of 60 S, where ice
shelves and sea ice leave no line between the two; else land or open water, as its middle is. Lakes
and rivers are not drawn, so that they are land here.

    python tools/coast_table.py
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1] / "src/wideberth"
SOURCE = ROOT / "faces/cli/report/land.json"
TARGET = ROOT / "space/coast.xz"

STEPS = 10  # cells in a degree
ROWS, COLUMNS = 180 * STEPS, 360 * STEPS  # from 90 S northward, from 180 W eastward
LAND, WATER, COAST = 0, 1, 2
ICE_ROWS = 30 * STEPS  # south of 60 S
MARGIN_KM = 25.0  # half a millimetre on a map of 1:50,000,000
_SAMPLE_KM = 2.0
_DEGREE_KM = 111.2  # on a sphere; a degree of the ellipsoid is 110.6 to 111.7 km
_REACH_DEG = (MARGIN_KM + _SAMPLE_KM) * 1.006 / _DEGREE_KM

Points = NDArray[np.float64]


def edges() -> tuple[Points, Points]:
    """Both ends of every edge, as (longitude, latitude) [deg], the second not across the seam."""
    starts: list[Points] = []
    ends: list[Points] = []
    for steps in json.loads(SOURCE.read_text(encoding="utf-8")):
        ring = np.cumsum(np.array(steps, np.int64).reshape(-1, 2), axis=0)
        step = np.roll(ring, -1, axis=0) - ring
        step[:, 0] = (step[:, 0] + 18_000) % 36_000 - 18_000
        starts.append(ring / 100)
        ends.append((ring + step) / 100)
    return np.concatenate(starts), np.concatenate(ends)


def land_by_middle(start: Points, end: Points) -> NDArray[np.bool_]:
    """Whether the middle of each cell is land: by parity along its row, which begins with the
    parity along a meridian from the north pole, where there is none.
    """
    is_land = np.zeros((ROWS, COLUMNS), np.bool_)
    meridian = -180 + 0.00037  # no vertex is on it
    middles = meridian + (np.arange(COLUMNS) + 0.5) / STEPS
    shift = 360 * np.ceil((np.minimum(start[:, 0], end[:, 0]) - meridian) / 360)
    low, high = start[:, 0] - shift, end[:, 0] - shift
    crosses = (np.minimum(low, high) < meridian) & (np.maximum(low, high) > meridian)
    share = (meridian - low[crosses]) / (high - low)[crosses]
    crossed_at = start[crosses, 1] + share * (end - start)[crosses, 1]
    for row in range(ICE_ROWS, ROWS):
        latitude = (row + 0.5) / STEPS - 90 + 0.00041
        begins = bool((crossed_at > latitude).sum() % 2)
        cut = (start[:, 1] > latitude) != (end[:, 1] > latitude)
        a, b = start[cut], end[cut]
        along = a[:, 0] + (latitude - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
        changes = np.sort(np.mod(along - meridian, 360) + meridian)
        is_land[row] = (np.searchsorted(changes, middles) % 2 == 1) ^ begins
    return is_land


def near_coast(start: Points, end: Points) -> NDArray[np.bool_]:
    """Whether a cell may hold a point within the margin of an edge."""
    near = np.zeros((ROWS, COLUMNS), np.bool_)
    near[:ICE_ROWS] = True
    for a, b in zip(start, end, strict=True):
        if max(a[1], b[1]) < -61:
            continue
        wide = (b[0] - a[0]) * np.cos(np.radians(min(abs(a[1]), abs(b[1]))))
        count = 1 + int(np.hypot(wide, b[1] - a[1]) * _DEGREE_KM / _SAMPLE_KM)
        for share in np.arange(count) / count:
            _mark(near, *(a + share * (b - a)))
    return near


def _mark(near: NDArray[np.bool_], longitude: float, latitude: float) -> None:
    first = max(0, int((latitude - _REACH_DEG + 90) * STEPS))
    last = min(ROWS - 1, int((latitude + _REACH_DEG + 90) * STEPS))
    poleward = min(89.0, abs(latitude) + _REACH_DEG)
    reach = np.degrees(np.sin(np.radians(_REACH_DEG)) / np.cos(np.radians(poleward)))
    west = int(np.floor((longitude - reach + 180) * STEPS))
    east = int(np.floor((longitude + reach + 180) * STEPS))
    columns = np.arange(west, min(east, west + COLUMNS) + 1) % COLUMNS
    near[first : last + 1, columns] = True


def table() -> bytes:
    """By row: how many runs of one class it has, and for each the first cell times 4 plus class."""
    start, end = edges()
    classes = np.where(land_by_middle(start, end), LAND, WATER)
    classes[near_coast(start, end)] = COAST
    words: list[int] = []
    for row in classes:
        firsts = np.flatnonzero(np.diff(row, prepend=-1))
        words += [len(firsts), *(int(first) * 4 + int(row[first]) for first in firsts)]
    return np.array(words, "<u2").tobytes()


def main() -> None:
    """Work it out, write it."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "pb": 1}]
    TARGET.write_bytes(lzma.compress(table(), format=lzma.FORMAT_XZ, filters=filters))
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
