"""Volumes as CoT events: a polygon or a circle that a TAK client draws, and all of it exact beside.

TAK knows areas as drawings: ``u-d-f`` with a ``link`` for each corner, ``u-d-c-c`` with an ellipse.
They have no floor and no ceiling with a reference, and clients draw edges straight. So the element
``__wideberth`` has heights and times as they were told, and :func:`volume_in` reads the volume back
exactly; :data:`LOSSES` says what a client that does not know the element loses.
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation

from wideberth.errors import InvalidValue
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.time import format_rfc3339, parse_rfc3339
from wideberth.space.volume import NANODEGREES, Circle, Footprint, Polygon, Volume4D
from wideberth.wire.cot import UNKNOWN_M, CotEvent, Element, child

__all__ = [
    "LOSSES",
    "OWN",
    "drawn",
    "extent",
    "hae_m",
    "middle_of",
    "stale_ms",
    "volume_in",
]

OWN = "__wideberth"
"""The element that has what CoT has no place for."""

LOSSES = {
    "edges": "clients draw edges straight on their map; the edges that count are geodesics",
    "heights": "the reference of a height and a floor above ground are told in words alone",
    "times": "start and stale are rounded outward to milliseconds",
    "one-event-each": "each volume is an event of its own; that they are one intent is in words",
    "priority": "priority, the OVN of the version and provenance are not carried",
    "notices": "notices and their ladder are not carried: what TAK shows was not acknowledged",
    "partly-shown": "what is shown to a party in part or in cells is not carried",
    "protected-sites": "sites of others are not carried: each delivery of one is recorded",
    "affiliation": "every track is of unknown affiliation, whatever was sent",
}
"""What a CoT event does not carry, by a short code (each event names those that it has lost)."""

_LINE = "-16725803"  # 0xff00c8d5, a blue that no affiliation has
_ZONE_LINE = "-23296"  # 0xffffa500, orange
_FILL = "268435455"  # 0x0fffffff, almost clear


def drawn(volume: Volume4D, *, zone: bool) -> tuple[str, tuple[Element, ...]]:
    """The type of the event that draws a volume, and the elements that say its shape."""
    style = (
        Element("strokeColor", (("value", _ZONE_LINE if zone else _LINE),)),
        Element("fillColor", (("value", _FILL),)),
        Element("strokeWeight", (("value", "3.0"),)),
        Element("labels_on", (("value", "true"),)),
    )
    shape = volume.footprint
    if isinstance(shape, Circle):
        radius = _length(shape.radius_mm)
        ellipse = Element("ellipse", (("angle", "360"), ("major", radius), ("minor", radius)))
        return "u-d-c-c", (Element("shape", (), (ellipse,)), *style)
    ring = (*shape.vertices, shape.vertices[0])
    links = (Element("link", (("point", f"{_degrees(one)},{_degrees(two)}"),)) for one, two in ring)
    return "u-d-f", (*links, *style)


def extent(volume: Volume4D) -> tuple[tuple[str, str], ...]:
    """Heights and times as they were told, as attributes of the own element."""
    return (
        ("end", format_rfc3339(volume.end_us)),
        ("lower_m", _length(volume.lower.value_mm)),
        ("lower_reference", volume.lower.reference.value),
        ("start", format_rfc3339(volume.start_us)),
        ("upper_m", _length(volume.upper.value_mm)),
        ("upper_reference", volume.upper.reference.value),
    )


def middle_of(shape: Footprint) -> tuple[float, float]:
    """A point to put a label at [deg, WGS84]: a circle's middle, the mean of a ring's corners."""
    if isinstance(shape, Circle):
        return shape.latitude_nd / NANODEGREES, shape.longitude_nd / NANODEGREES
    first_nd = shape.vertices[0][1]
    turn_nd = 360 * NANODEGREES
    # each within half a turn of the first, so that a ring over the antimeridian has its mean there
    longitudes = [each - turn_nd * round((each - first_nd) / turn_nd) for _, each in shape.vertices]
    count = len(shape.vertices)
    longitude_deg = math.fsum(longitudes) / count / NANODEGREES
    latitude_deg = math.fsum(each for each, _ in shape.vertices) / count / NANODEGREES
    return latitude_deg, (longitude_deg + 180) % 360 - 180


def hae_m(volume: Volume4D) -> float:
    """The floor above the ellipsoid, where it was told so."""
    if volume.lower.reference is AltitudeReference.W84:
        return volume.lower.value_mm / 1000
    return UNKNOWN_M


def stale_ms(end_us: int) -> int:
    """When what ends then is over: the first millisecond that is not before it."""
    return -(-end_us // 1000)


def volume_in(event: CotEvent) -> Volume4D:
    """The volume that an event of :func:`drawn` and :func:`extent` tells, exactly.

    Raises InvalidValue where it is none.
    """
    own = child(event, OWN)
    said = {} if own is None else dict(own.attributes)
    try:
        lower, upper = (
            Altitude(_mm(said[f"{end}_m"]), AltitudeReference(said[f"{end}_reference"]))
            for end in ("lower", "upper")
        )
        start_us, end_us = (parse_rfc3339(said[name], field=name) for name in ("start", "end"))
        return Volume4D(_shape_in(event), lower, upper, start_us, end_us)
    except (KeyError, InvalidOperation, ValueError) as error:
        if isinstance(error, InvalidValue):
            raise
        advice = "give a drawing with its heights and times"
        raise InvalidValue("detail", "no-volume", event.type, advice) from error


def _shape_in(event: CotEvent) -> Footprint:
    shape = child(event, "shape")
    if shape is not None:
        ellipse = child(shape, "ellipse")
        radius_mm = _mm(dict(() if ellipse is None else ellipse.attributes)["major"])
        latitude_nd, longitude_nd = (
            round(each * NANODEGREES) for each in (event.latitude_deg, event.longitude_deg)
        )
        return Circle(latitude_nd, longitude_nd, radius_mm)
    points = [dict(each.attributes)["point"] for each in event.detail if each.name == "link"]
    corners: list[tuple[int, int]] = []
    for point in points[:-1]:
        latitude, longitude = point.split(",")
        corners.append((_nd(latitude), _nd(longitude)))
    return Polygon(tuple(corners))


def _degrees(nanodegrees: int) -> str:
    return f"{Decimal(nanodegrees).scaleb(-9):f}"


def _nd(text: str) -> int:
    return int(Decimal(text).scaleb(9))


def _length(length_mm: int) -> str:
    return f"{Decimal(length_mm).scaleb(-3):f}"


def _mm(text: str) -> int:
    return int(Decimal(text).scaleb(3))
