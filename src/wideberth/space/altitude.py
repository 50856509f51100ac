"""Heights: a number of millimetres above a named reference.

References (ASTM F3548-21 names the first; the others are what parties really send):

* ``W84``: metres above the WGS84 ellipsoid.
* ``MSL``: above mean sea level, the EGM96 geoid here.
* ``STD``: pressure altitude on 1013.25 hPa; flight level 65 is 6,500 ft STD.
* ``AGL``: above ground.

A height is never silently compared with one of another reference: see
:mod:`wideberth.space.vertical`.
"""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

from wideberth.errors import InvalidValue

__all__ = ["FOOT_MM", "Altitude", "AltitudeReference", "altitude"]

FOOT_MM = 304.8  # international foot, exact
MIN_ALTITUDE_MM = -8_000_000  # ASTM F3548-21 OpenAPI, Altitude.value
MAX_ALTITUDE_MM = 100_000_000  # ASTM F3548-21 OpenAPI, Altitude.value


class AltitudeReference(StrEnum):
    """What a height is measured from."""

    W84 = "W84"
    MSL = "MSL"
    STD = "STD"
    AGL = "AGL"


class Altitude(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A height. value_mm: millimetres above reference, from -8,000 m to 100,000 m."""

    value_mm: int
    reference: AltitudeReference

    def __post_init__(self) -> None:
        if not MIN_ALTITUDE_MM <= self.value_mm <= MAX_ALTITUDE_MM:
            raise InvalidValue(
                "value",
                "altitude-range",
                self.value_mm / 1000,
                "give a height from -8,000 m to 100,000 m",
            )


_UNIT_MM = {"M": 1000.0, "FT": FOOT_MM}


def altitude(value: object, units: object, reference: object) -> Altitude:
    """The height that a sender wrote as value, units and reference.

    value: a finite number; units: ``M`` or ``FT``; reference: ``W84``, ``MSL``, ``STD`` or ``AGL``.
    Raises InvalidValue naming the field. Rounded to the millimetre.

    >>> altitude(400, "FT", "AGL").value_mm
    121920
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not -math.inf < value < math.inf
    ):
        raise InvalidValue("value", "number", value, "give a finite number")
    if not -1e12 < value < 1e12:  # keeps round() from an enormous integer
        raise InvalidValue(
            "value", "altitude-range", value, "give a height from -8,000 m to 100,000 m"
        )
    if not isinstance(units, str) or units not in _UNIT_MM:
        raise InvalidValue("units", "units", units, 'give "M" or "FT"')
    if not isinstance(reference, str) or reference not in AltitudeReference.__members__:
        raise InvalidValue(
            "reference", "altitude-reference", reference, 'give "W84", "MSL", "STD" or "AGL"'
        )
    return Altitude(round(value * _UNIT_MM[units]), AltitudeReference(reference))
