"""How far apart two places on the ground are: from the nearest of their points to the farthest.

For places that people claim, each with an error of its own. Every figure errs to the safe side:
nothing is nearer than at_least, and nothing is farther than at_most.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from wideberth.space.altitude import MAX_ALTITUDE_MM, MIN_ALTITUDE_MM, Altitude, AltitudeReference
from wideberth.space.overlap import distance_to_edge_m, horizontal_gap_mm
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.volume import NANODEGREES, Circle, Footprint, Polygon, Volume4D

__all__ = ["HALF_ROUND_MM", "Apart", "apart", "checked"]

HALF_ROUND_MM = 20_003_932_000  # half a meridian: no two places are farther apart
_CONVEX_MM = 9_000_000_000
"""Up to this length, under a quarter of the earth's circle, the farthest points of two polygons are
corners; a pair with corners farther apart is given half the way round."""
_ERROR_MM = 12
"""What a distance between footprints may be off (10 mm, :mod:`wideberth.space.overlap`), and the
radius of the two circles of 1 mm that stand for points."""

_FLOOR = Altitude(MIN_ALTITUDE_MM, AltitudeReference.W84)
_CEILING = Altitude(MAX_ALTITUDE_MM, AltitudeReference.W84)


class Apart(NamedTuple):
    """Millimetres along the ellipsoid, between the nearest points and between the farthest."""

    nearest_mm: int
    farthest_mm: int

    def at_least_mm(self, error_mm: int) -> int:
        """The least that they can be apart, where both errors together are this."""
        return max(0, self.nearest_mm - error_mm - _ERROR_MM)

    def at_most_mm(self, error_mm: int) -> int:
        """The most that they can be apart, where both errors together are this."""
        return min(HALF_ROUND_MM, self.farthest_mm + error_mm + _ERROR_MM)


def checked(footprint: Footprint) -> Footprint:
    """The same, if distances to it can be worked out. Raises InvalidValue: an edge nearly half
    round the earth, or a ring of more than ten times round it.
    """
    _prepared(footprint)
    return footprint


@lru_cache(maxsize=10_000)
def apart(first: Footprint, second: Footprint) -> Apart:
    """How far apart two footprints are. Points are circles of 1 mm.

    >>> here, there = Circle(47 * NANODEGREES, 0, 1), Circle(48 * NANODEGREES, 0, 1)
    >>> apart(here, there).nearest_mm // 1000
    111180
    """
    nearest_mm = horizontal_gap_mm(_prepared(first), _prepared(second))
    return Apart(nearest_mm, _farthest_mm(first, second, nearest_mm))


def _farthest_mm(first: Footprint, second: Footprint, nearest_mm: int) -> int:
    """Between corners, or centres with what is round them."""
    radii_mm = sum(each.radius_mm for each in (first, second) if isinstance(each, Circle))
    latitude, longitude = np.array(_corners(second)).T / NANODEGREES
    most_mm = 0
    for corner in _corners(first):
        tiny = _prepared(Circle(*corner, 1))
        lengths_m = distance_to_edge_m(tiny, latitude, longitude)
        most_mm = max(most_mm, round(float(lengths_m.max()) * 1000))
    if most_mm > _CONVEX_MM:
        if nearest_mm and isinstance(first, Circle) and isinstance(second, Circle):
            return min(HALF_ROUND_MM, nearest_mm + 2 * radii_mm)  # across both of them
        return HALF_ROUND_MM
    return min(HALF_ROUND_MM, most_mm + radii_mm)


def _corners(footprint: Footprint) -> list[tuple[int, int]]:
    if isinstance(footprint, Polygon):
        return list(footprint.vertices)
    return [(footprint.latitude_nd, footprint.longitude_nd)]


def _prepared(footprint: Footprint) -> PreparedVolume:
    return prepare(Volume4D(footprint, _FLOOR, _CEILING, 0, 0))
