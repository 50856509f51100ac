"""What reading a written place can give: a Position, or a Question that only its writer can answer.

A text that could mean two places is never guessed: it comes back as a Question with each reading
spelled out, and the answer is to send the reading that was meant. Nonsense is an InvalidValue.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from wideberth.errors import Unclear
from wideberth.space.volume import NANODEGREES

__all__ = [
    "Bounds",
    "Choice",
    "CoordinateFormat",
    "Position",
    "Question",
    "degrees_text",
    "normal_position",
]


class CoordinateFormat(StrEnum):
    """How a place is written."""

    DEGREES = "degrees"  # 48.856667° N, 2.351944° E
    MINUTES = "minutes"  # 48°51.400' N, 2°21.117' E
    SECONDS = "seconds"  # 48°51'24.0" N, 2°21'07.0" E
    COMPACT = "compact"  # 485124N0022107E, as in a NOTAM or an AIP
    UTM = "utm"  # 31 North 452430 5411643
    UPS = "ups"  # UPS North 2000000 1900000
    MGRS = "mgrs"  # 31U DQ 52430 11643
    GEOREF = "georef"  # NKKN21075140


class Position(msgspec.Struct, frozen=True):
    """A place as it was written, and where it is.

    original: the text untouched (F-01). latitude_nd, longitude_nd: 1e-9 degree, WGS84.
    within_mm: no place that is written like this is further away: the diagonal of one unit of the
    last digit, or the way to the farthest corner of the cell. cell: what a format that names an
    area names, as (latitude, longitude) in 1e-9 degree of its corners from the south-west counter-
    clockwise on its own sheet; None for a format that names a point. Of a cell the position is
    the middle (of what lies in its zone), not a corner.
    """

    original: str
    format: CoordinateFormat
    latitude_nd: int
    longitude_nd: int
    within_mm: int
    cell: tuple[tuple[int, int], ...] | None = None
    datum: str = "WGS84"

    @property
    def latitude_deg(self) -> float:
        """Latitude [deg]."""
        return self.latitude_nd / NANODEGREES

    @property
    def longitude_deg(self) -> float:
        """Longitude [deg]."""
        return self.longitude_nd / NANODEGREES


class Choice(msgspec.Struct, frozen=True):
    """One reading: text that nobody can read otherwise, and in words what was taken for what."""

    text: str
    meaning: str


class Question(msgspec.Struct, frozen=True):
    """What the writer is asked. choices: each reading, possibly none where too much is missing.

    rule: a short stable code. A rule of plausibility (``outside-area``, ``null-island``) is
    answered by sending the same text again with the rule among those accepted.
    """

    field: str
    rule: str
    value: str
    advice: str
    choices: tuple[Choice, ...] = ()

    def error(self) -> Unclear:
        """The same as an error, for callers that cannot ask on the spot."""
        return Unclear(
            self.field,
            self.rule,
            self.value,
            self.advice,
            tuple((choice.text, choice.meaning) for choice in self.choices),
        )


class Bounds(NamedTuple):
    """The area of a space, degrees; across the antimeridian where west > east."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, latitude_nd: int, longitude_nd: int) -> bool:
        """Whether the area, edges included, holds a place."""
        latitude, longitude = latitude_nd / NANODEGREES, longitude_nd / NANODEGREES
        if not self.south <= latitude <= self.north:
            return False
        if self.west > self.east:
            return longitude >= self.west or longitude <= self.east
        # -180 is also +180
        return self.west <= longitude <= self.east or (longitude == -180 and self.east == 180)


def normal_position(latitude_nd: int, longitude_nd: int) -> tuple[int, int]:
    """The one spelling of a place: longitude in [-180, 180), and 0 at a pole."""
    if abs(latitude_nd) == 90 * NANODEGREES:
        return latitude_nd, 0
    half = 180 * NANODEGREES
    return latitude_nd, (longitude_nd + half) % (2 * half) - half


def degrees_text(latitude_nd: int, longitude_nd: int, *, digits: int = 9) -> str:
    """Decimal degrees with letters: with nine digits nothing is lost and nothing is unclear.

    >>> degrees_text(48_856_667_000, -2_000_000_000, digits=6)
    '48.856667° N, 2.000000° W'
    """
    return ", ".join(
        f"{_decimal(abs(value), digits)}° {letters[value < 0]}"
        for value, letters in ((latitude_nd, "NS"), (longitude_nd, "EW"))
    )


def _decimal(value_nd: int, digits: int) -> str:
    units = 10**digits
    # Round half up in integers; a float would move the last digit.
    total = (2 * value_nd * units + NANODEGREES) // (2 * NANODEGREES)
    whole, part = divmod(total, units)
    return f"{whole}.{part:0{digits}d}" if digits else str(whole)
