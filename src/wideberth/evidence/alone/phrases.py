"""Times, places, heights and names as a reader of evidence meets them: pieces of its sentences.

No number passes through a float; a free text stands in quotes that it cannot close.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from wideberth.evidence.alone.container import is_object

__all__ = [
    "decimal_words",
    "duration_words",
    "footprint_words",
    "height_words",
    "metres_words",
    "object_words",
    "particulars_words",
    "place_words",
    "quoted",
    "time_words",
    "volume_rows",
]

_REFERENCES = {
    "W84": "above the WGS84 ellipsoid",
    "MSL": "above mean sea level",
    "STD": "pressure altitude",
    "AGL": "above ground",
}
_MOST_CORNERS = 24  # of a polygon that are printed


def quoted(text: str) -> str:
    """A free text within a sentence, in quotes that it cannot close."""
    for quote in "\u201c\u201d":
        text = text.replace(quote, f"[U+{ord(quote):04X}]")
    return f"\u201c{text}\u201d"


def volume_rows(volumes: list[Any]) -> list[tuple[str, str]]:
    """Rows for each volume: its time, its heights, its shape."""
    rows: list[tuple[str, str]] = []
    for number, volume in enumerate(volumes, start=1):
        lower, upper = height_words(volume["lower"]), height_words(volume["upper"])
        lines = [
            "from {} to {}".format(time_words(volume["start_us"]), time_words(volume["end_us"])),
            f"from {lower} to {upper}",
            footprint_words(volume["footprint"]),
        ]
        label = "Where and when" if len(volumes) == 1 else "Where and when, part %d" % number
        rows.append((label, "\n".join(lines)))
    return rows


def footprint_words(shape: dict[str, Any]) -> str:
    """A shape on the ground."""
    if shape["type"] == "circle":
        place = place_words(shape["latitude_nd"], shape["longitude_nd"])
        return "within {} of {}".format(metres_words(shape["radius_mm"]), place)
    corners = shape["vertices"]
    listed = "; ".join(
        place_words(latitude, longitude) for latitude, longitude in corners[:_MOST_CORNERS]
    )
    more = len(corners) - _MOST_CORNERS
    rest = "" if more <= 0 else "; and %d more in entries.jsonl" % more
    return "within the polygon of %d corners: %s%s" % (len(corners), listed, rest)


def particulars_words(told: dict[str, Any]) -> str:
    """What is read back: a point, the time, the heights."""
    return "{}; {} to {}; {} to {} above the WGS84 ellipsoid".format(
        place_words(told["latitude_nd"], told["longitude_nd"]),
        time_words(told["start_us"]),
        time_words(told["end_us"]),
        metres_words(told["lower_mm"]),
        metres_words(told["upper_mm"]),
    )


def object_words(reference: Any) -> str:
    """Which version of which object."""
    if not is_object(reference):
        return "something that its reader may not see"
    return "{} {}, version {}".format(reference["type"], reference["id"], reference["version"])


def place_words(latitude_nd: int, longitude_nd: int) -> str:
    """A place in decimal degrees, from whole 1e-9 degree."""
    return "{} {}, {} {}".format(
        decimal_words(abs(latitude_nd), 9),
        "N" if latitude_nd >= 0 else "S",
        decimal_words(abs(longitude_nd), 9),
        "E" if longitude_nd >= 0 else "W",
    )


def height_words(height: dict[str, Any]) -> str:
    """A height with what it is measured from."""
    reference = height["reference"]
    return "{} {}".format(metres_words(height["value_mm"]), _REFERENCES.get(reference, reference))


def height_age_words(behind_us: int) -> str:
    """When a height was said that is not of its position's moment, to be put behind it; else
    nothing. behind_us: how long before that, negative: after it.
    """
    if not behind_us:
        return ""
    side = "before" if behind_us > 0 else "after"
    return " (said {} {} the position)".format(duration_words(abs(behind_us)), side)


def metres_words(length_mm: int) -> str:
    """A length in metres, from whole millimetres."""
    return "{}{} m".format("-" if length_mm < 0 else "", decimal_words(abs(length_mm), 3))


def decimal_words(number: int, places: int) -> str:
    """A whole number of units of 10**-places, without a float."""
    if type(number) is not int:
        raise TypeError("no whole number")
    whole, rest = divmod(number, 10**places)
    fraction = str(rest).zfill(places).rstrip("0")
    return "%d.%s" % (whole, fraction) if fraction else str(whole)


def time_words(time_us: int) -> str:
    """A time in UTC, from microseconds since 1970."""
    moment = datetime(1970, 1, 1) + timedelta(microseconds=time_us)
    return moment.isoformat(" ") + " UTC"


def duration_words(duration_us: int) -> str:
    """A span of time in days, hours, minutes and seconds."""
    seconds = decimal_words(abs(duration_us) % 60_000_000, 6)
    minutes = abs(duration_us) // 60_000_000
    parts = [
        "%d %s" % (number, unit)
        for number, unit in (
            (minutes // 1440, "d"),
            (minutes // 60 % 24, "h"),
            (minutes % 60, "min"),
        )
        if number
    ]
    if seconds != "0" or not parts:
        parts.append(seconds + " s")
    return ("minus " if duration_us < 0 else "") + " ".join(parts)
