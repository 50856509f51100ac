"""The difference that a notice shows, as lines for people: a line for each field (N-16).

Values with parts inside, as volumes are, are compared part by part; the unit is in the name of each
number. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec

from wideberth.model.intents import FieldChange
from wideberth.space.time import MAX_US, MIN_US, format_rfc3339
from wideberth.space.volume import NANODEGREES

__all__ = ["MOST_LINES", "difference_lines"]

MOST_LINES = 40
"""Lines of a message; how many more there are is said."""

_UNIT = re.compile(r"_(nd|mm|us)$")
_MOST_VALUE = 160  # characters


def difference_lines(changes: Iterable[FieldChange], nothing: str) -> list[str]:
    """``field: before -> after`` for each part that is another. nothing: the word for a value that
    was not there.
    """
    lines = [
        f"{name}: {_said(name, before, nothing)} -> {_said(name, after, nothing)}"
        for change in changes
        for name, before, after in _parts(
            change.field, _parsed(change.before), _parsed(change.after)
        )
    ]
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"... +{more}"] if more > 0 else [])]


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text  # words, as they are


def _parts(name: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    ours, theirs = _members(before), _members(after)
    if ours is not None and theirs is not None and type(before) is type(after):
        for key in dict.fromkeys((*ours, *theirs)):
            yield from _parts(f"{name}.{key}", ours.get(key), theirs.get(key))
    else:
        yield name, before, after


def _members(value: Any) -> dict[str, Any] | None:
    """The parts inside by name, those of a list by their number; None: it has none."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    if isinstance(value, list):
        items = enumerate(cast("list[Any]", value), start=1)
        return {str(number): item for number, item in items}
    return None


def _said(name: str, value: Any, nothing: str) -> str:
    if value is None:
        return nothing
    unit = _UNIT.search(name)
    if isinstance(value, int) and unit is not None:
        if unit[1] == "mm":
            return f"{value / 1000:g} m"
        if unit[1] == "nd":
            return f"{value / NANODEGREES:.6f} deg"
        if MIN_US <= value <= MAX_US:
            return format_rfc3339(value)
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _MOST_VALUE else f"{text[:_MOST_VALUE]}..."
