"""Charts as SVG: bars side by side, and dots on a logarithmic axis of time.

They hold shapes, numbers and short labels alone. Lengths are in the drawing's own units; a page
scales it. Numbers are written in one way, so that the same figures give the same bytes.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from wideberth.review.cells import Chart
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, SECOND_US

__all__ = [
    "HERE",
    "INK",
    "PALE",
    "THEN",
    "Band",
    "Strip",
    "bands",
    "bars",
    "number",
    "strips",
    "svg",
]

INK, PALE, HERE, THEN = "#1c1c1c", "#d9d9d4", "#1f4e79", "#9aa7b4"
_WIDTH = 720
_LABEL = 180  # room for the names at the left: 24 letters, most of them capitals
_LINE = 34
_STEPS = (
    (SECOND_US, "1 s"),
    (10 * SECOND_US, "10 s"),
    (MINUTE_US, "1 min"),
    (10 * MINUTE_US, "10 min"),
    (HOUR_US, "1 h"),
    (6 * HOUR_US, "6 h"),
    (DAY_US, "1 d"),
    (7 * DAY_US, "7 d"),
    (30 * DAY_US, "30 d"),
)
_MOST_IN_A_PILE = 5
_PILES = 110


class Strip(msgspec.Struct, frozen=True):
    """One line of dots: lengths that ended and lengths that did not, of both periods."""

    label: str
    done_us: tuple[int, ...]
    left_us: tuple[int, ...]
    done_before_us: tuple[int, ...]
    left_before_us: tuple[int, ...]


class Band(msgspec.Struct, frozen=True):
    """One stretch of a line of time. state: as the legend has it."""

    begin_us: int
    end_us: int
    state: str


def number(value: float) -> str:
    """A length in one way: two decimals at most.

    >>> number(3.0), number(2.345), number(-0.0001)
    ('3', '2.35', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def svg(width: float, height: float, parts: Iterable[str]) -> str:
    """A drawing of this size. Its type is that of the report."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}"'
        f' width="{number(width)}" height="{number(height)}"'
        ' font-family="Libertinus Serif, Georgia, serif" font-size="13">'
        + "".join(parts)
        + "</svg>"
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> str:
    return (
        f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" fill="{colour}">'
        f"{html.escape(text)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
        f' stroke="{colour}" stroke-width="{number(width)}"/>'
    )


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        f' fill="{colour}"/>'
    )


def bars(key: str, caption: str, rows: Sequence[tuple[str, int, int]]) -> Chart:
    """A pair of bars for each row: this period above, the previous one below; numbers beside."""
    most = max([1, *(value for _, *values in rows for value in values)])
    room = _WIDTH - _LABEL - 50
    parts: list[str] = []
    for at, (label, here, then) in enumerate(rows):
        top = at * _LINE + 4
        parts.append(_text(_LABEL - 10, top + 17, label, anchor="end"))
        for value, low, colour in ((here, 0, HERE), (then, 13, THEN)):
            width = value / most * room
            parts.append(_box(_LABEL, top + low, width, 11, colour))
            parts.append(_text(_LABEL + width + 6, top + low + 10, str(value)))
    height = len(rows) * _LINE + 6
    parts.append(_line(_LABEL, 0, _LABEL, height - 4, INK))
    parts.append(_legend(height + 14))
    return Chart(key, caption, svg(_WIDTH, height + 22, parts))


def _legend(y: float, *, hollow: bool = False) -> str:
    parts = [
        _box(_LABEL, y - 10, 11, 11, HERE),
        _text(_LABEL + 17, y, "this period"),
        _box(_LABEL + 110, y - 10, 11, 11, THEN),
        _text(_LABEL + 127, y, "previous period"),
    ]
    if hollow:
        parts.append(_dot(_LABEL + 251, y - 4, HERE, is_filled=False))
        parts.append(_text(_LABEL + 262, y, "hollow: no end yet"))
    return "".join(parts)


def strips(
    key: str, caption: str, rows: Sequence[Strip], *, mark: tuple[int, str] | None = None
) -> Chart:
    """Dots for lengths of time on a logarithmic axis, a line for each row, both periods on it.

    mark: a length to draw a line at, with its name. What is 1 s or shorter stands at the left edge.
    """
    lengths = [
        each
        for row in rows
        for part in (row.done_us, row.left_us, row.done_before_us, row.left_before_us)
        for each in part
    ]
    longest_us = max([MINUTE_US, *lengths] + ([mark[0]] if mark else []))
    room = _WIDTH - _LABEL - 24
    scale = room / math.log(longest_us / SECOND_US)

    def x_of(length_us: int) -> float:
        return _LABEL + math.log(max(length_us, SECOND_US) / SECOND_US) * scale

    row_height = 2 * 27
    height = len(rows) * row_height
    parts: list[str] = []
    for length_us, name in _STEPS:
        if length_us <= longest_us:
            parts.append(_line(x_of(length_us), 0, x_of(length_us), height, PALE))
            parts.append(_text(x_of(length_us), height + 15, name, anchor="middle"))
    if mark is not None:
        parts.append(_line(x_of(mark[0]), 0, x_of(mark[0]), height, "#a33", 1.5))
        parts.append(_text(x_of(mark[0]) + 4, 12, mark[1], colour="#a33"))
    each_dot = 1
    for at, row in enumerate(rows):
        base = at * row_height
        parts.append(_text(_LABEL - 10, base + 31, row.label, anchor="end"))
        parts.append(_line(_LABEL, base + row_height, _WIDTH - 20, base + row_height, PALE))
        lanes = (
            (row.done_us, row.left_us, base + 23, HERE),
            (row.done_before_us, row.left_before_us, base + 49, THEN),
        )
        for done, left, bottom, colour in lanes:
            stacked, worth = _piles(done, left, x_of, bottom, colour)
            parts += stacked
            each_dot = max(each_dot, worth)
    parts.append(_line(_LABEL, 0, _LABEL, height, INK))
    parts.append(_legend(height + 36, hollow=True))
    if each_dot > 1:
        caption += f" Where many fall together, one dot stands for up to {each_dot}."
    return Chart(key, caption, svg(_WIDTH, height + 44, parts))


def _piles(
    done: Sequence[int],
    left: Sequence[int],
    x_of: Callable[[int], float],
    bottom: float,
    colour: str,
) -> tuple[list[str], int]:
    """Dots in piles, and how many lengths one dot of the fullest pile stands for."""
    width = (_WIDTH - _LABEL - 24) / _PILES
    piles: dict[int, list[int]] = {}
    for is_left, lengths in enumerate((done, left)):
        for each in lengths:
            pile = piles.setdefault(round((x_of(each) - _LABEL) / width), [0, 0])
            pile[is_left] += 1
    parts: list[str] = []
    most = max([0, *(sum(pile) for pile in piles.values())])
    worth = max(1, -(-most // _MOST_IN_A_PILE))
    for at in sorted(piles):
        height = 0
        for is_left, many in enumerate(piles[at]):
            for _ in range(-(-many // worth)):
                x, y = _LABEL + at * width, bottom - 3 - height * 4.6
                parts.append(_dot(x, y, colour, is_filled=not is_left))
                height += 1
    return parts, worth


def _dot(x: float, y: float, colour: str, *, is_filled: bool) -> str:
    fill = colour if is_filled else "#fff"
    return (
        f'<circle cx="{number(x)}" cy="{number(y)}" r="2.9" fill="{fill}" stroke="{colour}"'
        ' stroke-width="1.2"/>'
    )


def bands(
    key: str,
    caption: str,
    rows: Sequence[tuple[str, tuple[int, int], Sequence[Band]]],
    colours: dict[str, str],
) -> Chart:
    """Lines of time in stretches of a state each. rows: label, begin and end, the stretches."""
    room = _WIDTH - _LABEL - 24
    parts: list[str] = []
    for at, (label, (begin_us, end_us), stretches) in enumerate(rows):
        top = at * 40 + 4
        parts.append(_text(_LABEL - 10, top + 15, label, anchor="end"))
        for each in stretches:
            x1 = _LABEL + (each.begin_us - begin_us) / (end_us - begin_us) * room
            x2 = _LABEL + (each.end_us - begin_us) / (end_us - begin_us) * room
            parts.append(_box(x1, top, max(0.5, x2 - x1), 22, colours[each.state]))
    y = len(rows) * 40 + 18
    x = float(_LABEL)
    for state, colour in colours.items():
        parts.append(_box(x, y - 10, 11, 11, colour))
        parts.append(_text(x + 16, y, state))
        x += 40 + 7 * len(state)
    return Chart(key, caption, svg(_WIDTH, y + 8, parts))
