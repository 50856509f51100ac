"""Words for what is published: numbers, names, times, heights and places as text, exact.

Nothing is rounded inward: seconds and minutes of a beginning are cut, those of an end go up. What
parties wrote is one line of printable text here, so that it cannot pass for another field.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from wideberth.model.publications import NO_CLEARANCE, Content, Message, PublicKind
from wideberth.space.altitude import (
    MAX_ALTITUDE_MM,
    MIN_ALTITUDE_MM,
    Altitude,
    AltitudeReference,
)
from wideberth.space.time import MAX_US, MINUTE_US, SECOND_US, format_rfc3339
from wideberth.space.volume import Circle, Footprint, Volume4D

__all__ = [
    "NOT_AGREED",
    "NOT_AN_AUTHORITY",
    "WITHDRAWN",
    "by_window",
    "degrees",
    "event_of",
    "from_minute_us",
    "height",
    "identifier",
    "is_all_heights",
    "one_line",
    "place",
    "rounded",
    "sentences",
    "to_minute_us",
    "utc",
]

NOT_AGREED = "UNILATERAL / NOT AGREED: declared by one party alone."
NOT_AN_AUTHORITY = (
    "Published by parties of a deconfliction mechanism under their agreement; not issued by an"
    " authority, and no permission or order to anybody."
)
WITHDRAWN = "What this message withdraws is no longer published."
_EVENTS = {PublicKind.CLOSURE: "Closure", PublicKind.STAND_OFF: "Stand-off"}
_REFERENCES = {
    AltitudeReference.W84: "above the WGS84 ellipsoid",
    AltitudeReference.MSL: "above mean sea level",
    AltitudeReference.STD: "pressure altitude (1013.25 hPa)",
    AltitudeReference.AGL: "above ground",
}
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that steer instead of showing, or that no reader has."""


def identifier(sender: str, message: Message) -> str:
    """The name of a message, once in the world where the sender's name is: no space, no comma."""
    return f"{sender}-{message.number}"


def one_line(text: str) -> str:
    r"""What a party wrote, as one line: white space is one space, what does not show is gone.

    >>> one_line("the  north\nC) bank\u202e")
    'the north C) bank'
    """
    shown = (
        " " if each.isspace() else each
        for each in text
        if each.isspace() or unicodedata.category(each) not in _HIDDEN
    )
    return " ".join("".join(shown).split())


def event_of(content: Content) -> str:
    """What it is, in a word."""
    return _EVENTS[content.kind]


def degrees(nanodegrees: int) -> str:
    """Degrees, exact, with a sign and without an exponent.

    >>> degrees(47_000_000_000), degrees(-1), degrees(8_250_000_000)
    ('47', '-0.000000001', '8.25')
    """
    return _plain(Decimal(nanodegrees).scaleb(-9))


def place(shape: Footprint) -> str:
    """A footprint in words, exact."""
    if isinstance(shape, Circle):
        middle = f"{degrees(shape.latitude_nd)}, {degrees(shape.longitude_nd)}"
        return f"within {_plain(Decimal(shape.radius_mm).scaleb(-3))} m of {middle}"
    corners = "; ".join(
        f"{degrees(latitude_nd)}, {degrees(longitude_nd)}"
        for latitude_nd, longitude_nd in shape.vertices
    )
    return f"inside the geodesics through {corners} (latitude, longitude in degrees, WGS84)"


def height(altitude: Altitude) -> str:
    """A height with its reference."""
    metres = _plain(Decimal(altitude.value_mm).scaleb(-3))
    return f"{metres} m {_REFERENCES[altitude.reference]}"


def is_all_heights(volume: Volume4D) -> bool:
    """Whether it holds at every height there is here."""
    lower, upper = volume.lower, volume.upper
    return lower.value_mm <= MIN_ALTITUDE_MM and upper.value_mm >= MAX_ALTITUDE_MM


def utc(instant_us: int, *, up: bool = False) -> str:
    """RFC 3339 in UTC to the second: of an end (up), the second that is not before it."""
    seconds = -(-instant_us // SECOND_US) if up else instant_us // SECOND_US
    return format_rfc3339(min(seconds * SECOND_US, MAX_US // SECOND_US * SECOND_US))


def from_minute_us(instant_us: int) -> int:
    """The minute that a beginning lies in."""
    return instant_us // MINUTE_US * MINUTE_US


def to_minute_us(instant_us: int) -> int:
    """The first minute that is not before an end."""
    return min(-(-instant_us // MINUTE_US), MAX_US // MINUTE_US) * MINUTE_US


def by_window(content: Content) -> dict[tuple[int, int], list[Volume4D]]:
    """The volumes by their time, the earliest first."""
    found: dict[tuple[int, int], list[Volume4D]] = {}
    for volume in sorted(content.volumes, key=lambda each: (each.start_us, each.end_us)):
        found.setdefault((volume.start_us, volume.end_us), []).append(volume)
    return found


def rounded(content: Content) -> list[str]:
    """The sentences that say how coarse it is (P-03)."""
    said: list[str] = []
    if content.cell_nd:
        said.append(f"Places are rounded outward to cells of {degrees(content.cell_nd)} degree.")
    if content.time_step_s:
        said.append(f"Times are rounded outward to steps of {content.time_step_s} s.")
    return said


def sentences(content: Content) -> list[str]:
    """All that is said beside place, heights and times; the last one is on clearance."""
    said = [f"{event_of(content)}: {one_line(content.area)}."]
    if not content.agreed:
        said.append(NOT_AGREED)
    if content.name:
        said.append(f"Name: {one_line(content.name)}.")
    if content.reason:
        said.append(f"Reason: {one_line(content.reason)}.")
    if content.parties:
        said.append(f"Parties: {', '.join(content.parties)}.")
    return [*said, *rounded(content), NOT_AN_AUTHORITY, NO_CLEARANCE]


def _plain(number: Decimal) -> str:
    text = f"{number.normalize():f}"
    return "0" if text == "-0" else text
