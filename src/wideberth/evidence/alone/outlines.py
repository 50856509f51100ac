"""Where and when, as signed and as recorded: coordinates, heights and times in the record's units.

Worked out in plain code: polygons, circles and areas by coordinates, every height, and times of
RFC 3339. Of a corridor, a sector, a mover, a place given as text, a schedule, and a time in another
format, the entry keeps the declaration, which must be the signed one; of the volumes that cover it
only their heights, and that they lie within the declared time, are compared here.
"""

from __future__ import annotations

import re
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from wideberth.evidence.alone.container import Fault, is_array, is_object, parsed_json

__all__ = ["check_volumes", "height_of", "instant_of", "outline_of", "rounded"]

_UNIT_MM = {"M": 1000.0, "FT": 304.8}
_FULL_ND = 1000000000  # 1e-9 degree in a degree
_EARLIEST_US = -2208988800000000  # 1900
_LATEST_US = 253402300799999999  # the end of 9999
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_UNSAID: dict[str, Any] = {
    "clock_bound_s": 0,
    "inner_radius_m": 0,
    "from_deg": 0,
    "to_deg": 360,
    "tolerance_s": 0,
    "zone": "UTC",
    "accepted": [],
    "legs": [],
}
"""What a declared shape says that leaves a member out; null of every other."""


class _Declared(NamedTuple):
    """What the volumes of a declared one are. number: how many there are; outline,
    window: where and when. None where it takes more than plain code.
    """

    number: int | None
    outline: dict[str, Any] | None
    window: tuple[int, int] | None
    bounds: tuple[int, int]
    lowers: list[Any]
    uppers: list[Any]

    def fits(self, volume: Any) -> bool:
        """Whether a recorded volume is one of these."""
        if not is_object(volume) or set(volume) != _VOLUME_MEMBERS:
            return False
        start_us, end_us = volume["start_us"], volume["end_us"]
        if type(start_us) is not int or type(end_us) is not int:
            return False
        if self.window is not None and (start_us, end_us) != self.window:
            return False
        if not self.bounds[0] <= start_us <= end_us <= self.bounds[1]:
            return False
        if self.outline is not None and not is_same(volume["footprint"], self.outline):
            return False
        return any(is_same(volume["lower"], each) for each in self.lowers) and any(
            is_same(volume["upper"], each) for each in self.uppers
        )


_VOLUME_MEMBERS = {"footprint", "lower", "upper", "start_us", "end_us"}


def is_same(came: Any, wanted: Any) -> bool:
    """Whether two values out of JSON are one, also in what they are: 1 is neither 1.0 nor true."""
    if is_object(wanted):
        return (
            is_object(came)
            and set(came) == set(wanted)
            and all(is_same(came[name], wanted[name]) for name in wanted)
        )
    if is_array(wanted):
        return is_array(came) and len(came) == len(wanted) and all(map(is_same, came, wanted))
    return type(came) is type(wanted) and came == wanted


def instant_of(text: Any) -> int | None:
    """Microseconds since 1970 of an RFC 3339 time, digits below cut; None for other text."""
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    try:
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    days = moment.toordinal() - datetime(1970, 1, 1).toordinal()
    instant_us = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000000
    instant_us += int((match.group(7) or "0").ljust(6, "0")[:6])
    offset = match.group(8)
    if offset not in "Zz":
        sign = -1 if offset[0] == "-" else 1
        instant_us -= sign * (int(offset[1:3]) * 60 + int(offset[4:6])) * 60000000
    return instant_us


def rounded(value: Any, factor: float) -> int:
    """A number in a smaller unit, as a whole number. Raises Fault for no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e12:
        raise Fault(None, "its statement has no number where one belongs")
    return round(float(value) * factor)


def check_volumes(signed: list[Any], came: Any, declaration: Any, *, is_kept: bool = True) -> None:
    """Raise Fault unless recorded volumes and declaration follow from the signed ones.

    is_kept: whether such an entry keeps a declaration at all.
    """
    wires: list[dict[str, Any]] = [each if is_object(each) else {} for each in signed]
    if is_kept:
        _check_declaration(signed, declaration, is_plain=all(map(_is_plain, wires)))
    if not is_array(came):
        raise Fault(None, "the entry has no volumes")
    recorded: list[Any] = came
    reached = {0}  # how many of the recorded volumes the declared ones so far can have given
    for index, wire in enumerate(wires):
        declared = _declared(wire)
        onward: set[int] = set()
        run = 0  # how many in a row, from one that was reached, are of this declaration
        for place, volume in enumerate(recorded):
            if not declared.fits(volume):
                run = 0
                continue
            if declared.number is None:
                run = run + 1 if run or place in reached else 0
                is_end = run > 0
            else:
                run += 1
                is_end = run >= declared.number and place + 1 - declared.number in reached
            if is_end:
                onward.add(place + 1)
        if not onward:
            raise Fault(None, "the entry has other volumes than was signed, by number %d" % index)
        reached = onward
    if len(recorded) not in reached:
        raise Fault(None, "the entry has more volumes than was signed")


def _check_declaration(signed: list[Any], declaration: Any, *, is_plain: bool) -> None:
    if is_plain:
        if declaration is not None:
            raise Fault(None, "the entry has a declaration, and plain volumes were signed")
        return
    if not isinstance(declaration, str):
        raise Fault(None, "the entry has not the declaration that was signed")
    if _bare(parsed_json(declaration.encode("utf-8"), "the declaration")) != _bare(signed):
        raise Fault(None, "the entry has another declaration than was signed")


def _bare(value: Any) -> Any:
    """A declared value without the members that say what is so without them."""
    if is_object(value):
        return {
            name: _bare(each)
            for name, each in value.items()
            if each is not None and (name not in _UNSAID or each != _UNSAID[name])
        }
    return [_bare(each) for each in value] if is_array(value) else value


def _is_plain(wire: dict[str, Any]) -> bool:
    shape: Any = wire.get("footprint")
    return (
        is_object(shape)
        and shape.get("type") in ("Polygon", "Point")
        and wire.get("schedule") is None
        and not wire.get("clock_bound_s")
        and all(_INSTANT.fullmatch(str(wire.get(name))) for name in ("start", "end"))
    )


def _declared(wire: dict[str, Any]) -> _Declared:
    shape: Any = wire.get("footprint")
    if not is_object(shape):
        raise Fault(None, "its statement has a volume without a footprint")
    window, bounds = _window(wire)
    pieces: list[Any] = shape.get("legs") or shape.get("fixes") or []
    parts: list[dict[str, Any]] = [each for each in pieces if is_object(each)]
    is_timed = (
        wire.get("schedule") is not None
        or shape.get("type") == "Moving"
        or shape.get("pace") is not None
        or any(each.get("start") is not None for each in parts)
    )
    sides = [
        [height_of(each[name]) for each in (wire, *parts) if each.get(name) is not None]
        for name in ("lower", "upper")
    ]
    count = None if wire.get("schedule") is not None else _volumes_of(shape)
    return _Declared(count, outline_of(shape), None if is_timed else window, bounds, *sides)


def _volumes_of(shape: dict[str, Any]) -> int | None:
    """How many footprints cover a shape; None where that takes more than plain code."""
    if shape.get("type") == "Corridor":
        return len(shape["points"]) - 1
    return None if shape.get("type") in ("Sector", "Moving") else 1


def _window(wire: dict[str, Any]) -> tuple[tuple[int, int] | None, tuple[int, int]]:
    """The window where both times are of RFC 3339, and what every window lies within."""
    ends = [instant_of(wire.get(name)) for name in ("start", "end")]
    bound_us = ceil(_number(wire.get("clock_bound_s") or 0) * 1e6)
    start_us = _EARLIEST_US if ends[0] is None else max(_EARLIEST_US, ends[0] - bound_us)
    end_us = _LATEST_US if ends[1] is None else min(_LATEST_US, ends[1] + bound_us)
    window = (start_us, end_us)
    return (None if None in ends else window), window


def height_of(wire: Any) -> dict[str, Any]:
    """A height as recorded. Raises Fault."""
    if not is_object(wire) or wire.get("units") not in _UNIT_MM:
        raise Fault(None, "its statement has a height without units")
    value_mm = rounded(wire.get("value"), _UNIT_MM[wire["units"]])
    return {"value_mm": value_mm, "reference": wire.get("reference")}


def outline_of(shape: dict[str, Any]) -> dict[str, Any] | None:
    """The recorded footprint of a shape by coordinates; None for any other. Raises Fault."""
    kind = shape.get("type")
    if kind == "Polygon":
        return _ring([_signed_place(each) for each in _only_ring(shape.get("coordinates"))])
    if kind in ("Point", "Circle"):
        center: Any = shape.get("coordinates" if kind == "Point" else "center")
        if is_object(center):
            return None
        latitude_nd, longitude_nd = _signed_place(center)
        return {
            "type": "circle",
            "latitude_nd": latitude_nd,
            "longitude_nd": longitude_nd,
            "radius_mm": max(1, rounded(shape.get("radius_m"), 1000)),
        }
    if kind == "Area":
        places: Any = shape.get("vertices")
        if not is_array(places) or any(is_object(each) for each in places):
            return None
        return _ring([_signed_place(each) for each in places])
    return None


def _only_ring(coordinates: Any) -> list[Any]:
    if not is_array(coordinates) or len(coordinates) != 1 or not is_array(coordinates[0]):
        raise Fault(None, "its statement has a polygon that is not one ring")
    return coordinates[0]


def _ring(places: list[list[int]]) -> dict[str, Any]:
    """A polygon: no corner twice in a row, the first not again at the end."""
    corners: list[list[int]] = []
    for place in places:
        if not corners or corners[-1] != place:
            corners.append(place)
    while len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    return {"type": "polygon", "vertices": corners}


def _signed_place(position: Any) -> list[int]:
    """Latitude and longitude, 1e-9 degree: 180 E is 180 W, and a pole has no longitude."""
    if not is_array(position) or len(position) != 2:
        raise Fault(None, "its statement has a place that is no pair of numbers")
    longitude_nd, latitude_nd = (rounded(each, _FULL_ND) for each in position)
    if longitude_nd == 180 * _FULL_ND:
        longitude_nd = -longitude_nd
    return [latitude_nd, 0 if abs(latitude_nd) == 90 * _FULL_ND else longitude_nd]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e12:
        raise Fault(None, "its statement has no number where one belongs")
    return float(value)
