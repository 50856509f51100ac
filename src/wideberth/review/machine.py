"""The report as JSON: the same numbers as on its pages, each with the positions of its entries."""

from __future__ import annotations

from typing import Any

import msgspec

from wideberth.review.cells import Cell, Section
from wideberth.review.report import Report
from wideberth.space.time import format_rfc3339

__all__ = ["as_json"]


def as_json(report: Report) -> bytes:
    """UTF-8, two spaces of indent, a newline at the end. Lengths of time are microseconds."""
    period = report.period
    value = {
        "wideberth_report": 1,
        "party": report.party,
        "exercise": report.exercise,
        "from": format_rfc3339(period.begin_us),
        "to": format_rfc3339(period.end_us),
        "previous_from": format_rfc3339(period.previous.begin_us),
        "record": {
            "origin": report.head.origin,
            "size": report.head.size,
            "root": report.head.root,
        },
        "sentences": [*report.sentences, *filter(None, [report.head.left_out])],
        "summary": [
            {"what": what, "here": _cell(here), "before": _cell(before)}
            for what, here, before in report.summary
        ],
        "sections": [_section(each) for each in report.sections],
        "entries": [
            {
                "position": each.position,
                "time": format_rfc3339(each.time_us),
                "author": each.author,
                "proof": each.proof,
                "type": each.type,
                "says": each.says,
            }
            for each in report.entries
        ],
    }
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _section(section: Section) -> dict[str, Any]:
    return {
        "section": section.key,
        "title": section.title,
        "notes": list(section.notes),
        "tables": [
            {
                "table": table.key,
                "title": table.title,
                "columns": [
                    {"key": each.key, "label": each.label, "unit": each.unit}
                    for each in table.columns
                ],
                "rows": [
                    {
                        column.key: _cell(cell)
                        for column, cell in zip(table.columns, row, strict=True)
                    }
                    for row in table.rows
                ],
            }
            for table in section.tables
        ],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": cell.text}
    if cell.value is not None:
        shown["value"] = cell.value
    if cell.at:
        shown["entries"] = list(cell.at)
    return shown
