"""What is wrong with a file, told feature by feature: place, field, rule, value, and what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import cast

import msgspec

from wideberth.errors import InvalidValue, WideberthError

__all__ = ["BadInput", "Incomparable", "Problem", "in_few_words", "shown"]

_SHOWN_CHARACTERS = 120  # of a value in a message
# Characters that reorder or hide text. Joiners stay: Persian and Indic names need them.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Problem(msgspec.Struct, frozen=True):
    """One broken rule in one file.

    source: the file as it was named. index: the feature, counted from 0; None when the whole file
    is meant. line: for a table, the line its row ends on, counted from 1. id: the feature's own
    id, as text. intent: the intent that it belongs to, where that could be read. field: a dotted
    path. rule: a short stable code. value: what came, shortened and safe to print.
    """

    source: str
    index: int | None
    id: str | None
    intent: str | None
    field: str
    rule: str
    value: str
    advice: str
    line: int | None = None

    @property
    def place(self) -> str:
        """Where it stands, in words: ``plan.geojson, feature 3 (id "x")``."""
        where = [shown(self.source)]
        if self.index is not None:
            where.append(f"feature {self.index}")
        if self.line is not None:
            where.append(f"line {self.line}")
        named = f' (id "{shown(self.id)}")' if self.id is not None else ""
        return ", ".join(where) + named

    def __str__(self) -> str:
        return f"{self.place}: {shown(self.field)}: {self.advice} [{self.rule}, got {self.value}]"

    @classmethod
    def of_file(cls, source: str, *, rule: str, value: object, advice: str) -> Problem:
        """A problem with a file as a whole."""
        return cls(source, None, None, None, "file", rule, described(value), shown(advice))

    @classmethod
    def of_error(
        cls,
        error: InvalidValue,
        *,
        source: str,
        index: int | None,
        feature_id: str | None = None,
        intent: str | None = None,
        line: int | None = None,
    ) -> Problem:
        """A problem from the error that a reader or a value raised."""
        return cls(
            source,
            index,
            feature_id,
            intent,
            error.field,
            error.rule,
            described(error.value),
            shown(error.advice),
            line,
        )


def in_few_words(problems: Sequence[Problem], *, first: int = 3) -> Iterator[str]:
    """Each problem in a line, in reading order; of those that break the same rule in the same field
    of one file the first few, and then one line with how many more there are, and where.
    """
    alike: dict[tuple[str, str, str, str], list[Problem]] = {}
    for problem in problems:
        kind = (problem.source, problem.field, problem.rule, problem.advice)
        several = alike.setdefault(kind, [])
        several.append(problem)
        if len(several) <= first:
            yield str(problem)
    for (source, field, rule, advice), several in alike.items():
        more = several[first:]
        if len(more) == 1:
            yield str(more[0])
        elif more:
            where = _ranges([each.index for each in more if each.index is not None])
            yield f"{shown(source)}, {where}: {shown(field)}: {advice} [{rule}, {len(more):,} more]"


def _ranges(indexes: list[int]) -> str:
    """``features 3 to 7, 9``: up to 12 of them."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        elif not runs or index != runs[-1][1]:
            runs.append([index, index])
    texts = [f"{low}" if low == high else f"{low} to {high}" for low, high in runs]
    more = f" and {len(texts) - 12} more places" if len(texts) > 12 else ""
    return f"features {', '.join(texts[:12])}{more}"


class BadInput(WideberthError):
    """Files break rules, and all of them are named. problems: at least one, in reading order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = len(problems)
        first = str(problems[0]) if problems else ""
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(f"{first}{more}")


class Incomparable(BadInput):
    """Volumes are otherwise too close, and their altitudes have references that cannot be compared.

    No feature is bad for itself, so none can be skipped: say how the references relate
    (terrain, pressure error), or give the altitudes above another one.
    """


def shown(text: str) -> str:
    r"""The text, safe on a terminal and on a page: control and reordering characters are escaped.

    >>> shown("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def described(value: object) -> str:
    """What came, in one short line that is safe to print."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**40:
        return f"an integer of about {value.bit_length() * 3 // 10} digits"
    if isinstance(value, dict):  # what is in it may be enormous
        return f"an object with {len(cast(dict[object, object], value))} members"
    if isinstance(value, list) and len(cast(list[object], value)) > 8:
        return f"a list of {len(cast(list[object], value))}"
    try:
        text = repr(
            value[: 2 * _SHOWN_CHARACTERS] if isinstance(value, str) else cast(object, value)
        )
    except RecursionError:
        return "something nested too deeply"
    text = shown(text)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _escaped(character: str) -> str:
    if character in _REORDERING or unicodedata.category(character) in _UNSHOWABLE:
        return character.encode("unicode_escape", "backslashreplace").decode("ascii")
    return character
