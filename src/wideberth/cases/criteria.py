"""Whether what a party was shown is what a criterion of a case asks for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from wideberth.cases.case import Criterion
from wideberth.cases.filling import at_path

__all__ = ["judge", "matches", "shortened"]

_TOLERANCE = 1e-9
_LONGEST = 600


def matches(wanted: Any, found: Any) -> bool:
    """Whether what was found is, or holds, what is wanted.

    An object: each member matches, others do not matter. A list: each item matches one of those
    found. ``{min, max}``: a number between, both closed; ``{has}``: a text that holds this one;
    ``{absent = true}``: nothing stands there; ``{items = n}``: a list of so many;
    ``{is = x}``: just this, of a list all of it; ``{only = [names]}``: an object with these members
    and no other; ``{not = x}``: it does not match x.

    >>> matches({"late": True, "lead_s": {"max": 60}}, {"late": True, "lead_s": 60.0, "id": "x"})
    True
    >>> matches({"open": {"absent": True}}, {}), matches(["a"], ["b", "a"]), matches(1, True)
    (True, True, False)
    """
    if isinstance(wanted, dict):
        return _matches_object(cast("dict[str, Any]", wanted), found)
    if isinstance(wanted, list):
        items = cast("list[Any]", found) if isinstance(found, list) else []
        return all(any(matches(each, item) for item in items) for each in cast("list[Any]", wanted))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return abs(wanted - found) <= _TOLERANCE * max(1.0, abs(wanted))
    return bool(wanted == found)


def _matches_object(wanted: dict[str, Any], found: Any) -> bool:
    for name, each in wanted.items():
        match name:
            case "min" | "max":
                if isinstance(found, bool) or not isinstance(found, int | float):
                    return False
                good = found >= each if name == "min" else found <= each
            case "has":
                good = isinstance(found, str) and each in found
            case "absent":
                good = (found is None or found in ([], "", {})) is each
            case "items":
                good = isinstance(found, list) and len(cast("list[Any]", found)) == each
            case "is":
                good = found == each
            case "only":
                good = isinstance(found, dict) and set(cast("dict[str, Any]", found)) == set(each)
            case "not":
                good = not matches(each, found)
            case _:
                if not isinstance(found, dict):
                    return False
                good = matches(each, cast("dict[str, Any]", found).get(name))
        if not good:
            return False
    return True


def judge(criterion: Criterion, wanted: Mapping[str, Any], answer: Any) -> tuple[bool, Any]:
    """Whether the answer holds what is asked for, and what of it speaks of that.

    wanted: ``some``, ``none`` and ``holds`` of the criterion with their blanks filled. An answer
    in which the list is missing fails, also where nothing is to be in it.
    """
    place = answer if criterion.in_ is None else at_path(answer, criterion.in_)
    if not matches(wanted.get("holds") or {}, answer):
        return False, answer
    if criterion.some is criterion.none is criterion.count is None:
        return True, answer
    if not isinstance(place, list):
        return False, answer
    items = cast("list[Any]", place)
    fitting = [each for each in items if matches(wanted.get("some") or {}, each)]
    if any(matches(wanted["none"], each) for each in items if wanted.get("none") is not None):
        return False, items
    if criterion.count is not None and len(fitting) != criterion.count:
        return False, items
    if criterion.some is not None and criterion.count is None and not fitting:
        return False, items
    return True, fitting[0] if fitting else {}


def shortened(found: Any) -> str:
    """What was found, as text that fits a line or a few."""
    text = json.dumps(found, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
