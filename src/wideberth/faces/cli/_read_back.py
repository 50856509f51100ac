"""The read-back test at the keyboard: in which form to type, and what was wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from wideberth.errors import InvalidValue

__all__ = ["ASKED", "mistakes", "typed", "whole"]

ASKED = (
    ("identification", "Number (digits, like 4711)"),
    ("place", "Place (latitude, longitude in degrees, like -7.458, 54.852)"),
    ("begins", "Begins, UTC (like 2041-03-05 19:54, or 19:54 and then the day)"),
    ("ends", "Ends, UTC"),
    ("lowest_m", "Lowest height, metres (like 120)"),
    ("highest_m", "Highest height, metres"),
    ("permission", "1 (yes/no)"),
    ("clear", "2 (yes/no)"),
)
"""The fields of an answer in order, each with the form in which it is typed."""

_TIME_ALONE = re.compile(r"(\d{1,2}):(\d{2})(?::00)?\s*(?:Z|UTC)?", re.ASCII | re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}):(\d{2})(?::00)?\s*(?:Z|UTC)?", re.ASCII)
_COMMAS = re.compile(r"([+-]?\d{1,3}),(\d+)\s*[,; ]\s*([+-]?\d{1,3}),(\d+)", re.ASCII)
_NO = frozenset({"no", "n", "non", "\u0644\u0627"})
_YES = frozenset({"yes", "y", "oui", "o", "s\u00ed", "si", "s", "\u0646\u0639\u0645"})
_LINE_OF = {"identification": 1, "place": 2, "begins": 3, "ends": 4, "lowest_m": 5, "highest_m": 5}
_OF_QUESTIONS = {
    "permission": "no: a message is neither permission nor a guarantee",
    "clear": "no: that no message came does not mean that it is clear",
}


def typed(item: dict[str, str], prompt: Callable[[str], str]) -> dict[str, str]:
    """What is typed of an item, in the form that is graded. prompt: asks for one line."""
    said = {"language": item["language"]}
    for name, label in ASKED:
        shown = f"[{item['language']}] {label}"
        while True:
            text = prompt(shown)
            try:
                said[name] = whole(name, text, lambda: prompt("    the day (YYYY-MM-DD)"))
                break
            except InvalidValue as error:
                shown = f"    {error.advice}"
    return said


def whole(name: str, text: str, day: Callable[[], str]) -> str:
    """What was typed, as it is graded: a time of day with its day, which is asked for, decimal
    commas as points, yes and no in the languages of the test.

    Raises InvalidValue for a yes or no that is neither.
    """
    text = text.strip()
    if name in ("begins", "ends"):
        alone, dated = _TIME_ALONE.fullmatch(text), _DAY_FIRST.fullmatch(text)
        if alone is not None:
            return f"{day().strip()}T{int(alone[1]):02}:{alone[2]}:00Z"
        if dated is not None:
            return f"{dated[1]}T{int(dated[2]):02}:{dated[3]}:00Z"
    if name == "place":
        commas = _COMMAS.fullmatch(text)
        if commas is not None:
            return f"{commas[1]}.{commas[2]}, {commas[3]}.{commas[4]}"
    if name in ("permission", "clear"):
        said = text.lower().rstrip(".")
        if said in _NO or said in _YES:
            return "no" if said in _NO else "yes"
        raise InvalidValue(name, "yes-or-no", text, "type yes or no")
    return text


def mistakes(
    items: list[dict[str, str]], answers: list[dict[str, Any]], wrong: list[str]
) -> Iterator[str]:
    """A line for each answer that was wrong: what was typed, and what the message says."""
    texts = {item["language"]: item["text"].split("\n") for item in items}
    given = {str(each.get("language")): each for each in answers}
    for each in wrong:
        language, _, field = each.partition("/")
        lines = texts.get(language, [])
        at = _LINE_OF.get(field)
        says = _OF_QUESTIONS.get(field)
        if at is not None and at < len(lines):
            says = f"the message says {lines[at]}"
        was = str(given.get(language, {}).get(field, ""))
        yield f"  {each}: typed {was!r}" + (f"; {says}" if says else "")
