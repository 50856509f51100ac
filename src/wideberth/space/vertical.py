"""Heights across references: brought to the ellipsoid as a band that surely holds them, or refused.

========= =========================== ==========================================================
reference what is added               how sure
========= =========================== ==========================================================
W84       nothing                     exact
MSL       the geoid                   its lowest and highest around the footprint, GEOID_ERROR_M
AGL       ground, then the geoid      from the lowest to the highest ground that was configured
STD       pressure, then the geoid    by the greatest error that was configured, up and down
========= =========================== ==========================================================

Two limits of the same reference are compared as they are; see ``_verdict.vertical_gap``.
"""

from __future__ import annotations

import math
from enum import Enum
from functools import lru_cache

import msgspec

from wideberth.errors import InvalidValue, NotComparable
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.geoid import undulation_range_mm
from wideberth.space.volume import Circle, Footprint, Volume4D

__all__ = ["AltitudeModel", "Band", "TerrainBound"]

_LEAST_RADIUS_M = 6_335_000.0  # of curvature, anywhere on the ellipsoid


class Band(Enum):
    """Which end of a band a limit is."""

    LOWER = "lower"
    UPPER = "upper"


class TerrainBound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lowest and highest ground of the whole space, in millimetres above mean sea level."""

    lowest_msl_mm: int
    highest_msl_mm: int

    def __post_init__(self) -> None:
        if self.highest_msl_mm < self.lowest_msl_mm:
            raise InvalidValue(
                "lowest_msl_mm, highest_msl_mm",
                "terrain-upside-down",
                [self.lowest_msl_mm, self.highest_msl_mm],
                "give the highest ground at or above the lowest",
            )


class AltitudeModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known here about how references relate.

    terrain: bounds every ground height, so that AGL can be compared; None: AGL is compared with
    AGL only. pressure_error_mm: how far a pressure altitude may be from the height above mean sea
    level, at most (warm or cold air, high or low pressure); None: STD is compared with STD only.
    """

    terrain: TerrainBound | None = None
    pressure_error_mm: int | None = None

    def __post_init__(self) -> None:
        if self.pressure_error_mm is not None and self.pressure_error_mm < 0:
            raise InvalidValue(
                "pressure_error_mm", "error-negative", self.pressure_error_mm, "give 0 or more"
            )

    def limit_w84_mm(self, footprint: Footprint, limit: Altitude, band: Band) -> int | None:
        """The lowest (of a lower limit) or highest (of an upper) it can be above the ellipsoid.

        None where its reference cannot be brought there.
        """
        if limit.reference is AltitudeReference.W84:
            return limit.value_mm
        shift_mm = self._above_sea_level_mm(limit.reference, band)
        if shift_mm is None:
            return None
        lowest_mm, highest_mm = _geoid_over(footprint)
        return limit.value_mm + shift_mm + (lowest_mm if band is Band.LOWER else highest_mm)

    def band_w84_mm(self, volume: Volume4D) -> tuple[int, int]:
        """A band above the ellipsoid, in mm, that surely holds the volume's.

        Raises NotComparable naming the limit, its reference and what to configure.
        """
        lower, upper = volume.lower, volume.upper
        if lower.reference is upper.reference is AltitudeReference.W84:
            return lower.value_mm, upper.value_mm
        lower_mm = self.limit_w84_mm(volume.footprint, volume.lower, Band.LOWER)
        upper_mm = self.limit_w84_mm(volume.footprint, volume.upper, Band.UPPER)
        if lower_mm is None:
            raise not_comparable("lower", volume.lower)
        if upper_mm is None:
            raise not_comparable("upper", volume.upper)
        return lower_mm, upper_mm

    def require_comparable(self, volume: Volume4D) -> None:
        """Raise NotComparable where a limit of the volume cannot be brought to the ellipsoid."""
        for name, limit in (("lower", volume.lower), ("upper", volume.upper)):
            if not self.knows(limit.reference):
                raise not_comparable(name, limit)

    def knows(self, reference: AltitudeReference) -> bool:
        """Can heights of this reference be brought to the ellipsoid?"""
        if reference is AltitudeReference.W84:
            return True
        return self._above_sea_level_mm(reference, Band.LOWER) is not None

    def _above_sea_level_mm(self, reference: AltitudeReference, band: Band) -> int | None:
        if reference is AltitudeReference.MSL:
            return 0
        if reference is AltitudeReference.AGL:
            if self.terrain is None:
                return None
            is_lower = band is Band.LOWER
            return self.terrain.lowest_msl_mm if is_lower else self.terrain.highest_msl_mm
        if self.pressure_error_mm is None:
            return None
        return -self.pressure_error_mm if band is Band.LOWER else self.pressure_error_mm


@lru_cache(maxsize=1024)
def _geoid_over(footprint: Footprint) -> tuple[int, int]:
    """The lowest and highest geoid over a footprint, mm; asked for once for each of its limits."""
    return undulation_range_mm(*cap_around(footprint))


_ADVICE = {
    AltitudeReference.AGL: (
        "a height above ground can be compared with another reference only where the space's"
        " lowest and highest ground are configured (terrain)"
    ),
    AltitudeReference.STD: (
        "a pressure altitude can be compared with another reference only where the greatest"
        " difference from the height above sea level is configured (pressure_error_mm)"
    ),
}


def not_comparable(field: str, limit: Altitude) -> NotComparable:
    """The error about a limit whose reference cannot be brought to the ellipsoid."""
    return NotComparable(
        field,
        "altitude-not-comparable",
        f"{limit.value_mm / 1000} m {limit.reference}",
        _ADVICE[limit.reference] + ", or give it as W84 or MSL",
    )


def cap_around(footprint: Footprint) -> tuple[float, float, float]:
    """Latitude, longitude and angle, in degrees, of a cap that holds the footprint.

    A cap smaller than a hemisphere holds the geodesics between its points; the ellipsoid's
    flattening is covered by 2 % and a hundredth of a degree. An angle of 180: the whole earth.
    """
    if isinstance(footprint, Circle):
        angle = math.degrees(footprint.radius_mm / 1000 / _LEAST_RADIUS_M) * 1.02 + 0.01
        return footprint.latitude_nd / 1e9, footprint.longitude_nd / 1e9, min(180.0, angle)
    directions = [_direction(*vertex) for vertex in footprint.vertices]
    x, y, z = (math.fsum(axis) for axis in zip(*directions, strict=True))
    size = math.sqrt(x * x + y * y + z * z)
    if size < 1e-6 * len(directions):
        return 0.0, 0.0, 180.0
    middle = (x / size, y / size, z / size)
    chord = max(math.dist(middle, direction) for direction in directions)
    angle = math.degrees(2 * math.asin(min(1.0, chord / 2))) * 1.02 + 0.01
    if angle > 80:
        return 0.0, 0.0, 180.0
    latitude = math.degrees(math.asin(max(-1.0, min(1.0, middle[2]))))
    return latitude, math.degrees(math.atan2(y, x)), angle


def _direction(latitude_nd: int, longitude_nd: int) -> tuple[float, float, float]:
    phi = math.radians(latitude_nd / 1e9)
    lam = math.radians(longitude_nd / 1e9)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
