"""A height with its unit and what it is measured from, as NOTAMs and sheets write it."""

from __future__ import annotations

import re
from typing import Literal

from wideberth.errors import InvalidValue, Unclear
from wideberth.wire import asked

__all__ = ["height_of", "reference_of"]

Reference = Literal["W84", "MSL", "STD", "AGL"]

_REFERENCES: dict[str, Reference] = {
    "W84": "W84",
    "WGS84": "W84",
    "HAE": "W84",
    "ELLIPSOID": "W84",
    "MSL": "MSL",
    "AMSL": "MSL",
    "ALT": "MSL",
    "AGL": "AGL",
    "GND": "AGL",
    "SFC": "AGL",
    "ASFC": "AGL",
    "STD": "STD",
    "1013": "STD",
}
_FLIGHT_LEVEL = re.compile(r"FL ?(\d{1,3})")
_STATED = re.compile(r"([+-]?\d{1,7}(?:\.\d{1,6})?) ?(FT|FEET|M|METRES|METERS)? ?([A-Z0-9]+)?")
_ADVICE = "give such as 120 M AGL, 1500 FT AMSL, FL100 or GND"


def reference_of(text: str, field: str) -> Reference:
    """What heights are measured from. Raises InvalidValue."""
    found = _REFERENCES.get(text.strip().upper())
    if found is None:
        raise InvalidValue(
            field, "altitude-reference", text, "give W84, MSL (AMSL), AGL or STD (1013 hPa)"
        )
    return found


def height_of(
    text: str,
    field: str,
    *,
    units: Literal["M", "FT"] | None = None,
    reference: Reference | None = None,
) -> asked.AltitudeWire:
    """The height that a text states. units, reference: of a column of numbers alone.

    Raises InvalidValue; Unclear where the number stands alone, or nothing says above what.

    >>> height_of("1500ft amsl", "upper")
    AltitudeWire(value=1500.0, units='FT', reference='MSL')
    """
    clean = " ".join(text.upper().split())
    if clean in ("GND", "SFC"):
        return asked.AltitudeWire(value=0.0, units="FT", reference="AGL")
    if clean in ("UNL", "UNLIMITED"):
        raise Unclear(
            field, "unlimited", text, "say how high it goes: there is no height without end here"
        )
    if level := _FLIGHT_LEVEL.fullmatch(clean):
        return asked.AltitudeWire(value=100.0 * int(level[1]), units="FT", reference="STD")
    stated = _STATED.fullmatch(clean)
    if stated is None:
        raise InvalidValue(field, "height", text, f"this is no height that can be read; {_ADVICE}")
    number, unit, above = stated.groups()
    said = units if unit is None else "FT" if unit.startswith("F") else "M"
    if above is not None:
        reference = reference_of(above, field)
    if said is None or reference is None:
        lacking = "its unit" if said is None else "what it is measured from"
        raise Unclear(field, "height-alone", text, f"say {lacking}; {_ADVICE}")
    return asked.AltitudeWire(value=float(number), units=said, reference=reference)
