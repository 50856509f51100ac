"""What a report is made of: sections of tables and charts, whose numbers name their entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, SECOND_US, format_rfc3339

__all__ = [
    "HERE",
    "THEN",
    "Cell",
    "Chart",
    "Column",
    "Section",
    "Table",
    "amount",
    "count",
    "instant",
    "shown_span",
    "span",
    "words",
]


HERE, THEN = "this period", "previous"
"""How the two periods are called in tables that have a row for each."""


class Cell(msgspec.Struct, frozen=True):
    """One value: as shown, as a number where it is one, and the positions that it rests on."""

    text: str
    value: int | None = None
    at: tuple[int, ...] = ()


class Column(msgspec.Struct, frozen=True):
    """key: its name for machines; label: for people; unit: of its numbers (``us``, ``ppm``,
    ``thousandths``).
    """

    key: str
    label: str
    unit: str = ""


class Table(msgspec.Struct, frozen=True):
    """Rows in a fixed order: by kind as the program lists them, by name, by time. Never by size.

    key: its name for machines. empty: what is said where there are no rows.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "none"

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers, by their unit or by what stands in them."""
        return tuple(
            bool(column.unit) or any(row[at].value is not None for row in self.rows)
            for at, column in enumerate(self.columns)
        )


class Chart(msgspec.Struct, frozen=True):
    """A drawing (SVG) of numbers that stand in a table too. caption: what is drawn, and how."""

    key: str
    caption: str
    svg: str


class Section(msgspec.Struct, frozen=True):
    """One subject. notes: how it was counted, in words; shown above the numbers. nothing: what
    pages say in the place of all that, where :attr:`holds_nothing`.
    """

    key: str
    title: str
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    nothing: str = "Nothing in this period or the previous one that this party may read."

    @property
    def holds_nothing(self) -> bool:
        """Whether no cell rests on an entry, and none holds a number but 0."""
        cells = (cell for table in self.tables for row in table.rows for cell in row)
        return not any(cell.at or cell.value for cell in cells)


def words(text: str, at: Iterable[int] = ()) -> Cell:
    """Words, and the entries that they are from."""
    return Cell(text, None, tuple(sorted(set(at))))


def count(at: Sequence[int]) -> Cell:
    """How many entries these are; each counts once for each time that it stands there."""
    return Cell(str(len(at)), len(at), tuple(sorted(set(at))))


def amount(value: int, at: Iterable[int]) -> Cell:
    """A number of something that is not entries."""
    return Cell(str(value), value, tuple(sorted(set(at))))


def span(length_us: int | None, at: Iterable[int] = (), *, none: str = "–") -> Cell:
    """A length of time; none: what is shown where there is none."""
    text = none if length_us is None else shown_span(length_us)
    return Cell(text, length_us, tuple(sorted(set(at))))


def instant(time_us: int, at: Iterable[int] = ()) -> Cell:
    """A time, to the second."""
    return Cell(format_rfc3339(time_us // SECOND_US * SECOND_US), time_us, tuple(sorted(set(at))))


_UNITS = ((DAY_US, "d"), (HOUR_US, "h"), (MINUTE_US, "min"), (SECOND_US, "s"))


def shown_span(length_us: int) -> str:
    """A length of time in its two largest units, rounded down; 0 s for what is shorter.

    >>> shown_span(3_725_000_000), shown_span(-90_000_000), shown_span(999_999)
    ('1 h 2 min', '-1 min 30 s', '0 s')
    """
    sign, left_us = ("-" if length_us < 0 else ""), abs(length_us)
    parts: list[str] = []
    for at, (unit_us, name) in enumerate(_UNITS):
        if left_us >= unit_us or (at == len(_UNITS) - 1 and not parts):
            parts.append(f"{left_us // unit_us} {name}")
            left_us %= unit_us
            if at + 1 < len(_UNITS) and left_us >= _UNITS[at + 1][0]:
                parts.append(f"{left_us // _UNITS[at + 1][0]} {_UNITS[at + 1][1]}")
            break
    return sign + " ".join(parts)
