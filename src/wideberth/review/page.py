"""The report as one HTML file: no script, nothing fetched, every number a link to its entries."""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

from wideberth.model.exercises import EXERCISE_WORD
from wideberth.review.cells import Cell, Chart, Section, Table
from wideberth.review.notes import SUMMARY, Notes, ranges
from wideberth.review.report import Report
from wideberth.space.time import format_rfc3339

__all__ = ["as_html"]

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem 4rem; color: #1c1c1c;
  background: #fff; font: 1rem/1.5 Georgia, "Libertinus Serif", "Times New Roman", serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; font-weight: normal; }
h2 { font-size: 1.25rem; margin: 3rem 0 .6rem; padding-top: .7rem; border-top: 2px solid #1f4e79; }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
.exercise { position: fixed; inset: 0 0 auto; background: #1c1c1c; color: #fff; z-index: 9;
  padding: .3rem .8rem; letter-spacing: .12em; text-align: center; }
.exercise ~ * { scroll-margin-top: 3rem; }
.exercise + h1 { margin-top: 1.5rem; }
.sentence { border-left: 4px solid #1f4e79; padding: .1rem 0 .1rem .9rem; margin: .8rem 0; }
.note, figcaption, .facts { color: #55554f; font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
th { text-align: left; vertical-align: bottom; hyphens: none; font-weight: normal; color: #55554f;
  border-bottom: 1px solid #1c1c1c; padding: .2rem .8rem .2rem 0; max-width: 8rem; }
td { vertical-align: top; border-bottom: 1px solid #e4e4df; padding: .25rem .8rem .25rem 0;
  overflow-wrap: anywhere; min-width: 2rem; }
td.n, th.n { text-align: right; }
td.k { white-space: nowrap; }
a { color: #1f4e79; text-decoration-thickness: 1px; text-underline-offset: 2px; }
figure { margin: 1rem 0; }
figure { overflow-x: auto; }
svg { max-width: 100%; min-width: 34rem; height: auto; }
nav ol { columns: 2; font-size: .92rem; }
:target { background: #fff3c4; }
@media (max-width: 40rem) { body { padding: 1rem .8rem 3rem; }
  .facts, .sentence { overflow-wrap: anywhere; } .wide table { min-width: 36rem; }
  .wide.sum table { min-width: 0; width: 100%; }
  .wide th:first-child, .wide td:first-child { position: sticky; left: 0; background: #fff; }
  nav ol { columns: 1; } }
@page { size: A4; margin: 22mm 18mm 18mm; }
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; }
  table, figure { break-inside: auto; } tr { break-inside: avoid; } nav { display: none; } }
"""


def as_html(report: Report) -> bytes:
    """The page, UTF-8. What came from entries stands in it as escaped text alone."""
    notes = Notes(report)
    return "".join(_page(report, notes)).encode()


def _page(report: Report, notes: Notes) -> Iterator[str]:
    digest = b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    mark = f"{EXERCISE_WORD}: " if report.exercise else ""
    title = f"{mark}Review of {report.name or report.party}, {report.period.words}"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">\n'
    yield '<meta name="viewport" content="width=device-width">\n'
    yield f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    yield from _first_page(report, notes)
    for at, section in enumerate(report.sections, start=1):
        yield from _section(section, at, notes)
    yield from _appendix(report, notes)
    yield "</body>\n</html>\n"


def _first_page(report: Report, notes: Notes) -> Iterator[str]:
    shown = html.escape
    if report.exercise:
        yield f'<div class="exercise" role="note">{EXERCISE_WORD}: nothing here is real</div>\n'
    yield f'<h1 id="{SUMMARY}">Review: {_name(report)}</h1>\n'
    yield f"<p>{shown(report.period.words)}<br>beside {shown(report.period.previous.words)}</p>\n"
    for sentence in (*report.sentences, report.head.left_out):
        if sentence:
            yield f'<p class="sentence">{shown(sentence)}</p>\n'
    yield (
        f'<p class="facts">Record of {shown(report.space)}, kept by {shown(report.host)},'
        f" as of its signed head of {report.head.size} entries,"
        f" root {shown(report.head.root)}.</p>\n"
    )
    yield '<div class="wide sum"><table><thead><tr><th></th><th class="n">This period</th>'
    yield '<th class="n">Previous</th></tr></thead><tbody>\n'
    for what, here, before in report.summary:
        yield f"<tr><td>{shown(what)}</td>{_cell(here, notes)}{_cell(before, notes)}</tr>\n"
    yield "</tbody></table></div>\n"
    if report.chart is not None:
        yield _figure(report.chart)
    yield "<nav><ol>\n"
    for section in report.sections:
        yield f'<li><a href="#{section.key}">{shown(section.title)}</a></li>\n'
    yield "</ol></nav>\n"


def _name(report: Report) -> str:
    if not report.name or report.name == report.party:
        return html.escape(report.party)
    return f"<bdi>{html.escape(report.name)}</bdi> ({html.escape(report.party)})"


def _section(section: Section, number: int, notes: Notes) -> Iterator[str]:
    yield f'<h2 id="{section.key}">{number}. {html.escape(section.title)}</h2>\n'
    if section.holds_nothing:
        yield f'<p class="facts">{html.escape(section.nothing)}</p>\n'
        return
    for note in section.notes:
        yield f'<p class="note">{html.escape(note)}</p>\n'
    for chart in section.charts:
        yield _figure(chart)
    for table in section.tables:
        yield from _table(table, notes)


def _figure(chart: Chart) -> str:
    return f"<figure>{chart.svg}<figcaption>{html.escape(chart.caption)}</figcaption></figure>\n"


def _table(table: Table, notes: Notes) -> Iterator[str]:
    title = html.escape(table.title)
    if not table.rows:
        yield f'<p class="facts"><b>{title}</b>: {html.escape(table.empty)}</p>\n'
        return
    yield f"<h3>{title}</h3>\n"
    yield '<div class="wide"><table><thead><tr>'
    for column, is_number in zip(table.columns, table.numeric, strict=True):
        yield f"<th{_class(is_number)}>{html.escape(column.label)}</th>"
    yield "</tr></thead><tbody>\n"
    for row in table.rows:
        cells = zip(row, table.numeric, strict=True)
        yield (
            "<tr>" + "".join(_cell(cell, notes, is_number=each) for cell, each in cells) + "</tr>\n"
        )
    yield "</tbody></table></div>\n"


def _class(is_number: bool) -> str:  # noqa: FBT001 - a column is one or the other
    return ' class="n"' if is_number else ""


def _cell(cell: Cell, notes: Notes, *, is_number: bool = True) -> str:
    text = f"<bdi>{html.escape(cell.text)}</bdi>"
    anchor = notes.anchor_of(cell)
    if anchor is not None:
        text = f'<a href="#{anchor}">{text}</a>'
    return f"<td{_class(is_number)}>{text}</td>"


def _appendix(report: Report, notes: Notes) -> Iterator[str]:
    yield '<h2 id="notes">Notes: which entries a number rests on</h2>\n<div class="facts">\n'
    for positions, number in notes.numbers.items():
        listed = ", ".join(
            f'<a href="#e{first}">{first}</a>' + ("" if first == last else f"–{last}")
            for first, last in ranges(positions)
        )
        label, back = notes.labels[positions]
        yield f'<p id="n{number}">{number}, <a href="#{back}">{html.escape(label)}</a>: entries '
        yield f"{listed}</p>\n"
    yield '</div>\n<h2 id="entries">The entries</h2>\n'
    yield (
        '<p class="note">By position in the record. Proof: how the author of an entry is known;'
        " that it is in the record is proved by a bundle of"
        f" <code>wideberth evidence --party {html.escape(report.party)} --position …</code>.</p>\n"
    )
    yield '<div class="wide"><table><thead><tr><th class="n">Position</th><th>Time</th>'
    yield "<th>Author</th><th>Proof</th><th>What</th></tr></thead><tbody>\n"
    for each in report.entries:
        yield (
            f'<tr id="e{each.position}"><td class="n">{each.position}</td>'
            f'<td class="k">{format_rfc3339(each.time_us)}</td>'
            f'<td class="k">{html.escape(each.author)}</td>'
            f'<td class="k">{html.escape(each.proof)}</td>'
            f"<td><bdi>{html.escape(each.says)}</bdi>"
            f' <span class="facts">{html.escape(each.type)}</span></td></tr>\n'
        )
    yield "</tbody></table></div>\n"
