"""Lengths of over 19,700 km, where the kernels' iteration does not settle: slowly, with pyproj.

At that distance the length from a point grows ever slower along any geodesic (it is concave), so
the least is found at a vertex.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space.prepared import PreparedVolume
from wideberth.space.volume import NANODEGREES, Circle, Footprint

__all__ = ["antipodal_distance_m"]

_FAR_M = 19_700_000.0
_MOST_PAIRS = 1_000_000


@cache
def _ellipsoid() -> Any:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def antipodal_distance_m(a: PreparedVolume, b: PreparedVolume) -> float:
    """Metres between two footprints whose centres or edges are over 19,700 km apart.

    With over a million pairs of vertices: 19,700 km, less the radii, which is not too much.
    """
    first, second = a.volume.footprint, b.volume.footprint
    radii_m = _radius_m(first) + _radius_m(second)
    one, two = _positions_deg(first), _positions_deg(second)
    if len(one) * len(two) > _MOST_PAIRS:
        return max(0.0, _FAR_M - radii_m)
    latitude1, latitude2 = np.meshgrid(one[:, 0], two[:, 0])
    longitude1, longitude2 = np.meshgrid(one[:, 1], two[:, 1])
    lengths_m = _ellipsoid().inv(
        longitude1.ravel(), latitude1.ravel(), longitude2.ravel(), latitude2.ravel()
    )[2]
    return max(0.0, float(np.min(lengths_m)) - radii_m)


def _positions_deg(footprint: Footprint) -> NDArray[np.float64]:
    if isinstance(footprint, Circle):
        return np.array(((footprint.latitude_nd, footprint.longitude_nd),)) / NANODEGREES
    return np.array(footprint.vertices) / NANODEGREES


def _radius_m(footprint: Footprint) -> float:
    return footprint.radius_mm / 1000 if isinstance(footprint, Circle) else 0.0
