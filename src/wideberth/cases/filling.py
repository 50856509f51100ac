"""Blanks in the bodies and paths of a case, and what is put into them.

``@21:40`` is that time of the case's day, ``@us 21:40`` the same in microseconds since 1970.
``{flight.id}`` is member ``id`` of what was kept as ``flight``; alone, with its own type.
``{place = "strip", from = "21:40", until = "21:50"}`` is a volume at a place of the case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from wideberth.cases.case import CasePlace, time_us
from wideberth.errors import InvalidValue
from wideberth.space.time import format_rfc3339

__all__ = ["at_path", "filled"]

_TIME = re.compile(r"@(us )?((?:\d{4}-\d\d-\d\d )?\d\d:\d\d(?::\d\d)?)")
_BLANK = re.compile(r"\{([a-z][a-z0-9-]*(?:\.[A-Za-z0-9_-]+)*)\}")
_VOLUME = frozenset({"place", "from", "until"})


def at_path(value: Any, path: str) -> Any:
    """What stands at a dotted path (a number is an index); None where nothing does.

    >>> at_path({"a": [{"b": 1}]}, "a.0.b"), at_path({"a": []}, "a.0.b")
    (1, None)
    """
    for name in path.split(".") if path else ():
        if isinstance(value, list):
            items, index = cast("list[Any]", value), int(name) if name.isdigit() else -1
            value = items[index] if 0 <= index < len(items) else None
        elif isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(name)
        else:
            return None
    return value


def filled(value: Any, kept: Mapping[str, Any], places: Mapping[str, CasePlace], day: date) -> Any:
    """The value with every blank filled. Raises InvalidValue for a blank that nothing fills."""
    if isinstance(value, str):
        return _text(value, kept, day)
    if isinstance(value, list):
        return [filled(each, kept, places, day) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        whole = {name: filled(each, kept, places, day) for name, each in members.items()}
        return _volume(members, whole, places, day) if members.keys() >= _VOLUME else whole
    return value


def _text(text: str, kept: Mapping[str, Any], day: date) -> Any:
    time = _TIME.fullmatch(text)
    if time is not None:
        at_us = time_us(time[2], day)
        return at_us if time[1] else format_rfc3339(at_us)
    blank = _BLANK.fullmatch(text)
    if blank is not None:
        return _kept(blank[1], kept)
    return _BLANK.sub(lambda found: str(_kept(found[1], kept)), text)


def _kept(path: str, kept: Mapping[str, Any]) -> Any:
    name, _, rest = path.partition(".")
    found = at_path(kept.get(name), rest)
    if found is None:
        raise InvalidValue("{" + path + "}", "blank", sorted(kept), "keep it in an earlier step")
    return found


def _volume(
    members: dict[str, Any], whole: dict[str, Any], places: Mapping[str, CasePlace], day: date
) -> dict[str, Any]:
    place = places.get(members["place"])
    if place is None:
        raise InvalidValue("place", "place-unknown", members["place"], "name one of [places]")
    lower, upper = (
        {"value": each, "units": "M", "reference": "W84"}
        for each in whole.get("heights_m", place.heights_m)
    )
    start, end = (format_rfc3339(time_us(members[each], day)) for each in ("from", "until"))
    more = {name: each for name, each in whole.items() if name not in {*_VOLUME, "heights_m"}}
    footprint = filled(place.footprint, {}, places, day)
    return {
        "footprint": footprint,
        "lower": lower,
        "upper": upper,
        "start": start,
        "end": end,
        **more,
    }
