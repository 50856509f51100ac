"""Whether a footprint surely lies on land, or surely on open water, by a coarse coast.

For questions only: nothing is refused, cleared or compared by it. The table travels with the
package (``coast.xz``, made by ``tools/coast_table.py`` of Natural Earth 1:50m, public domain). Its
cells are a tenth of a degree. Within COAST_MARGIN_KM of a drawn coast, and south of 60 S, it says
neither. It knows no lakes, rivers, or islands below some 5 km: those are land, and open water.
"""

from __future__ import annotations

import lzma
import math
import pkgutil
from array import array
from bisect import bisect_right
from enum import Enum
from functools import cache
from itertools import pairwise

from wideberth.space.volume import NANODEGREES, Circle, Footprint, Polygon

__all__ = ["COAST_MARGIN_KM", "Surface", "surface_under"]

COAST_MARGIN_KM = 25  # half a millimetre on a map of 1:50,000,000: what drawing it may have moved

_STEPS = 10  # cells in a degree
_ROWS, _COLUMNS = 180 * _STEPS, 360 * _STEPS  # from 90 S northward, from 180 W eastward
_DEGREE_MM = 110_500_000  # no degree of a meridian or of the equator is shorter
_WIDEST_DEG = 10.0


class Surface(Enum):
    """What lies under a footprint."""

    LAND = 0
    OPEN_WATER = 1
    COAST = 2
    """Near a coast, on both, or not known."""


def surface_under(footprint: Footprint) -> Surface:
    """What lies under the whole of a footprint: under the box of parallels and meridians round it.

    Land and open water are told of footprints that are entirely over 25 km from a drawn coast; of
    one over 10 degrees wide or high, or round a pole, nothing is.
    """
    box = _circle_box(footprint) if isinstance(footprint, Circle) else _polygon_box(footprint)
    if box is None:
        return Surface.COAST
    south, west, north, east = box
    low = max(0, math.floor((south + 90) * _STEPS))
    high = min(_ROWS - 1, math.floor((north + 90) * _STEPS))
    first, last = (math.floor((side + 180) * _STEPS) for side in (west, east))
    found = _class_at(low, first % _COLUMNS)
    for row in range(low, high + 1):
        if found is Surface.COAST or not _is_all(found, row, first, last):
            return Surface.COAST
    return found


_Box = tuple[float, float, float, float]
"""South, west, north, east [deg]; west may be below -180 and east over 180."""


def _circle_box(circle: Circle) -> _Box | None:
    latitude, longitude = (
        angle / NANODEGREES for angle in (circle.latitude_nd, circle.longitude_nd)
    )
    reach = circle.radius_mm / _DEGREE_MM + 1e-6
    poleward = abs(latitude) + reach
    if reach > _WIDEST_DEG / 2 or poleward > 89:
        return None
    # How far a cap reaches in longitude: sin(dl) = sin(reach) / cos(latitude); up to the cosine of
    # its most poleward parallel it is never less.
    aside = math.degrees(
        math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(poleward))))
    )
    if aside > _WIDEST_DEG / 2:
        return None
    return latitude - reach, longitude - aside, latitude + reach, longitude + aside


def _polygon_box(polygon: Polygon) -> _Box | None:
    latitudes = [latitude / NANODEGREES for latitude, _ in polygon.vertices]
    longitude = west = east = polygon.vertices[0][1] / NANODEGREES
    for (_, before), (_, after) in pairwise((*polygon.vertices, polygon.vertices[0])):
        longitude += ((after - before) / NANODEGREES + 180) % 360 - 180
        west, east = min(west, longitude), max(east, longitude)
    span = east - west
    south, north = min(latitudes), max(latitudes)
    if max(span, north - south) > _WIDEST_DEG or max(-south, north) > 89:
        return None
    # A geodesic leaves the parallel of its ends by up to step squared / 16, at 45 degrees.
    bulge = 1.1 * math.degrees(math.radians(span) ** 2 / 16) + 1e-6
    return south - bulge, west, north + bulge, east


def _class_at(row: int, column: int) -> Surface:
    runs, offsets = _table()
    at = bisect_right(runs, column * 4 + 3, offsets[row], offsets[row + 1]) - 1
    return Surface(runs[at] & 3)


def _is_all(surface: Surface, row: int, first: int, last: int) -> bool:
    """Whether all cells of a row from first to last, counted on across the seam, are of one."""
    runs, offsets = _table()
    while first <= last:
        column = first % _COLUMNS
        at = bisect_right(runs, column * 4 + 3, offsets[row], offsets[row + 1]) - 1
        if Surface(runs[at] & 3) is not surface:
            return False
        end = runs[at + 1] >> 2 if at + 1 < offsets[row + 1] else _COLUMNS
        first += end - column
    return True


@cache
def _table() -> tuple[array[int], list[int]]:
    """Every run of cells of one class as its first column times 4 plus the class, row by row; and
    where each row begins. Two columns of the seam are two runs.
    """
    data = pkgutil.get_data("wideberth.space", "coast.xz")
    assert data is not None, "the package was installed without its coast"
    text = lzma.decompress(data)
    words = memoryview(text).cast("H") if _IS_LITTLE else _swapped(text)
    runs, offsets, at = array("H"), [0], 0
    for _ in range(_ROWS):
        count = words[at]
        runs.extend(words[at + 1 : at + 1 + count])
        at += 1 + count
        offsets.append(len(runs))
    return runs, offsets


_IS_LITTLE = array("H", (1,)).tobytes()[0] == 1


def _swapped(text: bytes) -> memoryview:
    words = array("H", text)
    words.byteswap()
    return memoryview(words)
