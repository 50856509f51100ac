"""The report as data for its typesetting: ``report.typ`` beside this module lays it out.

Every word and number goes over as JSON and is never read as markup.
"""

from __future__ import annotations

import pkgutil
from typing import Any

import msgspec

from wideberth.model.exercises import EXERCISE_WORD
from wideberth.review.cells import Cell, Chart, Section, Table
from wideberth.review.notes import Notes, ranges
from wideberth.review.report import Report
from wideberth.space.time import format_rfc3339

__all__ = ["layout", "to_typeset"]


def layout() -> bytes:
    """The layout, in the language of Typst."""
    found = pkgutil.get_data("wideberth.review", "report.typ")
    assert found is not None, "it travels with the package"
    return found


def to_typeset(report: Report) -> str:
    """What the layout is given, as JSON."""
    notes = Notes(report)
    head = report.head
    mark = f"{EXERCISE_WORD}: " if report.exercise else ""
    value: dict[str, Any] = {
        "title": f"{mark}Review of {report.name or report.party}",
        "party": report.party,
        "name": report.name or report.party,
        "exercise": report.exercise,
        "period": report.period.words,
        "previous": report.period.previous.words,
        "sentences": [*report.sentences, *filter(None, [head.left_out])],
        "record": f"Record of {report.space}, kept by {report.host}, as of its signed head of"
        f" {head.size} entries, root {head.root}.",
        "summary": {
            "columns": [
                {"label": "", "number": False, "share": 100},
                {"label": "This period", "number": True, "share": 0},
                {"label": "Previous", "number": True, "share": 0},
            ],
            "rows": [
                [{"text": what, "to": None}, _cell(here, notes), _cell(before, notes)]
                for what, here, before in report.summary
            ],
        },
        "chart": None if report.chart is None else _chart(report.chart),
        "sections": [_section(each, notes) for each in report.sections],
        "notes": [
            {
                "number": number,
                "runs": [{"first": first, "last": last} for first, last in ranges(positions)],
            }
            for positions, number in notes.numbers.items()
        ],
        "entries": [
            {
                "position": each.position,
                "time": format_rfc3339(each.time_us),
                "what": each.type,
                "says": each.says,
                "author": each.author,
                "proof": each.proof,
            }
            for each in report.entries
        ],
    }
    return msgspec.json.encode(value).decode()


def _section(section: Section, notes: Notes) -> dict[str, Any]:
    if section.holds_nothing:
        return {"title": section.title, "notes": [section.nothing], "charts": [], "tables": []}
    return {
        "title": section.title,
        "notes": section.notes,
        "charts": [_chart(each) for each in section.charts],
        "tables": [_table(each, notes) for each in section.tables],
    }


def _table(table: Table, notes: Notes) -> dict[str, Any]:
    return {
        "title": table.title,
        "empty": table.empty,
        "columns": [
            {
                "label": _in_two_lines(column.label),
                "number": table.numeric[at],
                "share": _share([row[at].text for row in table.rows]),
            }
            for at, column in enumerate(table.columns)
        ],
        "rows": [[_cell(cell, notes) for cell in row] for row in table.rows],
    }


def _in_two_lines(label: str) -> str:
    """A long label broken at the space nearest to its middle."""
    spaces = [at for at, each in enumerate(label) if each == " "]
    if len(label) <= 12 or not spaces:
        return label
    middle = min(spaces, key=lambda at: abs(2 * at - len(label)))
    return f"{label[:middle]}\n{label[middle + 1 :]}"


def _share(texts: list[str]) -> int:
    """What part of the line is left to a column of long texts; 0: as wide as its texts are."""
    longest = max(map(len, texts), default=0)
    return 0 if longest <= _SHORT else min(longest, 80)


_SHORT = 26  # characters that are not broken


def _chart(chart: Chart) -> dict[str, str]:
    return {"svg": chart.svg, "caption": chart.caption}


def _cell(cell: Cell, notes: Notes) -> dict[str, str | None]:
    return {"text": cell.text, "to": notes.anchor_of(cell)}
