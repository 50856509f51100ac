"""A place or a time of an account that lies far outside of its incident: the question then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from wideberth.errors import InvalidValue

__all__ = ["ask_if_far", "far_words"]

_FAR_M = 50_000.0
_FAR_US = 12 * 3_600_000_000
_HOUR_US = 3_600_000_000


def ask_if_far(seen: dict[str, Any], body: dict[str, Any]) -> None:
    """Ask whether what lies far outside is meant: on a terminal; else raises InvalidValue.

    seen: the incident as the node tells it; body: of the account. Ends the command at "no".
    """
    for option, value, words in far_words(seen, body):
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            advice = f"{words} Nothing was signed; where it is meant, give --confirmed too"
            raise InvalidValue(option, "far-outside", value, advice)
        if not typer.confirm(f"{words} Is that meant?", default=False, err=True):
            raise InvalidValue(option, "not-meant", value, "nothing was signed")


def far_words(seen: dict[str, Any], body: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Of each claim that lies far outside of the incident: its option, its value, and how far."""
    said: dict[str, Any] = body.get("when") or {}
    when = said.get("time")
    if isinstance(when, str) and (words := _far_time(seen, when)):
        yield "--when", when, words
    placed: dict[str, Any] = body.get("where") or {}
    point = placed.get("point")
    if point and (words := _far_place(seen.get("area"), point)):
        yield "--point", point, words


def _far_time(seen: dict[str, Any], when: str) -> str | None:
    from wideberth.space.time import parse_rfc3339

    time_us = parse_rfc3339(when, field="--when")
    begin_us, end_us = (parse_rfc3339(seen[name], field=name) for name in ("start", "end"))
    early_us, late_us = begin_us - time_us, time_us - end_us
    if max(early_us, late_us) <= _FAR_US:
        return None
    hours = max(early_us, late_us) // _HOUR_US
    long = f"{hours} hours" if hours < 48 else f"{hours // 24:,} days"
    edge = "before the incident begins" if early_us > 0 else "after the incident ends"
    return f"{when} is {long} {edge}."


def _far_place(area: Any, point: Any) -> str | None:
    if not area:
        return None  # an incident without an area has no place to be far from
    try:
        longitude, latitude = (float(each) for each in point)
        metres = _from_area_m(area, latitude, longitude)
    except (KeyError, TypeError, ValueError, IndexError):
        return None  # the node says what is wrong with it
    if metres <= _FAR_M:
        return None
    swapped = "."
    if abs(longitude) <= 90 and _from_area_m(area, longitude, latitude) <= _FAR_M:
        swapped = "; latitude and longitude swapped?"
    place = f"{_letter(latitude, 'NS')}, {_letter(longitude, 'EW')}"
    return f"{place} is {metres / 1000:,.0f} km from the incident's area{swapped}"


def _letter(degrees: float, letters: str) -> str:
    return f"{abs(degrees):.10g} {letters[degrees < 0]}"


def _from_area_m(area: dict[str, Any], latitude: float, longitude: float) -> float:
    """Metres to a circle, or to the nearest corner of a polygon; 0 within the box of its corners.

    Raises KeyError, TypeError, ValueError, IndexError for what is no area.
    """
    from wideberth.space.geodesic import distance_m

    if area["type"] == "Point":
        lon, lat = area["coordinates"]
        return max(0.0, distance_m(lat, lon, latitude, longitude) - float(area["radius_m"]))
    ring = area["coordinates"][0]
    longitudes = [(each[0] - ring[0][0] + 180) % 360 - 180 for each in ring]
    east = (longitude - ring[0][0] + 180) % 360 - 180
    latitudes = [each[1] for each in ring]
    if min(longitudes) <= east <= max(longitudes) and min(latitudes) <= latitude <= max(latitudes):
        return 0.0
    return min(distance_m(lat, lon, latitude, longitude) for lon, lat, *_ in ring)
