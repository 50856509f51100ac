"""Notes: how a number on a page leads to its entries. One entry is led to straight, several by way
of a note that lists their positions. Numbered in the order of the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from wideberth.review.cells import Cell
from wideberth.review.report import Report

__all__ = ["SUMMARY", "Notes", "ranges"]


SUMMARY = "summary"
"""What the numbers of the first page lead back to."""


class Notes:
    """The notes of one report: the same positions are one note. labels: which number leads to each
    first, in words, and the anchor of what that stands in.
    """

    def __init__(self, report: Report) -> None:
        self.numbers: dict[tuple[int, ...], int] = {}
        self.labels: dict[tuple[int, ...], tuple[str, str]] = {}
        for what, here, before in report.summary:
            self._take(here, f"{what}, this period", SUMMARY)
            self._take(before, f"{what}, previous", SUMMARY)
        for section in report.sections:
            for table in section.tables:
                for row in table.rows:
                    for column, cell in zip(table.columns, row, strict=True):
                        name = "" if cell is row[0] else f" {row[0].text},"
                        label = f"{table.title}:{name} {column.label}"
                        self._take(cell, label, section.key)

    def anchor_of(self, cell: Cell) -> str | None:
        """The anchor that a cell leads to: ``e12`` of an entry, ``n3`` of a note; None: nowhere."""
        if not cell.at:
            return None
        return f"e{cell.at[0]}" if len(cell.at) == 1 else f"n{self.numbers[cell.at]}"

    def _take(self, cell: Cell, label: str, back: str) -> None:
        if len(cell.at) > 1 and cell.at not in self.numbers:
            self.numbers[cell.at] = len(self.numbers) + 1
            self.labels[cell.at] = (label, back)


def ranges(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Positions in order as first and last of each run without a gap.

    >>> ranges((3, 4, 5, 9))
    [(3, 5), (9, 9)]
    """
    starts = [0, *(at + 1 for at, (a, b) in enumerate(pairwise(positions)) if b != a + 1)]
    ends = [*(at - 1 for at in starts[1:]), len(positions) - 1]
    return [(positions[a], positions[b]) for a, b in zip(starts, ends, strict=True)]
