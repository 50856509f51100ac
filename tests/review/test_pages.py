"""The report as pages: links that lead somewhere, one way of writing, and nothing that ranks."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser

import msgspec
import pytest
import typst

from review.test_figures import HEAD, WHOLE, entries_of, read_by
from review_days import PARTIES
from scenes import START_US
from wideberth.faces.cli._typeset import as_pdf
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.review.cells import shown_span
from wideberth.review.machine import as_json
from wideberth.review.maps import drawn
from wideberth.review.notes import Notes, ranges
from wideberth.review.page import as_html
from wideberth.review.period import Period, period
from wideberth.review.report import AS_READ, Report, made
from wideberth.review.typeset import layout, to_typeset
from wideberth.space.time import DAY_US, HOUR_US


@cache
def report_of(party: str, seed: int = 1) -> Report:
    return made(read_by(party, entries_of(seed, 260)), WHOLE, HEAD)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on"), "no script"
            if name == "id":
                self.ids.append(value or "")
            elif name == "href":
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("party", PARTIES)
def test_each_number_leads_to_its_entries(party: str) -> None:
    report = report_of(party)
    page = Page(as_html(report).decode())
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert all(link.startswith("#") for link in page.links), "nothing is fetched"
    told = {each.position for each in report.entries}
    notes = Notes(report)
    cells = [
        cell
        for section in report.sections
        for table in section.tables
        for row in table.rows
        for cell in row
    ]
    for cell in cells:
        assert set(cell.at) <= told
        if cell.value:
            assert cell.at or cell.text.startswith(("within", "each")), cell  # a rule's own number
        if cell.at:
            assert f"#{notes.anchor_of(cell)}" in page.links
    listed = [each for positions in notes.numbers for each in positions]
    assert set(listed) <= told


def test_the_json_has_the_same_numbers_and_positions() -> None:
    report = report_of("bravo")
    document = json.loads(as_json(report))
    compared = 0
    for section, told in zip(report.sections, document["sections"], strict=True):
        for table, rows in zip(section.tables, told["tables"], strict=True):
            for row, written in zip(table.rows, rows["rows"], strict=True):
                for column, cell in zip(table.columns, row, strict=True):
                    assert written[column.key].get("value") == cell.value
                    assert tuple(written[column.key].get("entries", ())) == cell.at
                    compared += 1
    assert compared > 300
    assert [each["position"] for each in document["entries"]] == [
        each.position for each in report.entries
    ]


@pytest.mark.requirement("S-11")
def test_what_an_acknowledgement_is_not_stands_on_the_first_page() -> None:
    report = report_of("bravo")
    page = as_html(report).decode()
    assert page.index(NEITHER_PERMISSION_NOR_GUARANTEE) < page.index("<h2")
    assert page.index("may read, and from no others") < page.index("<h2")
    told = json.loads(to_typeset(report))["sentences"]
    assert NEITHER_PERMISSION_NOR_GUARANTEE in told[0]
    assert AS_READ in told
    source = layout().decode()
    assert source.index("data.sentences") < source.index("#pagebreak")


MAKE = """
import sys
sys.path.insert(0, {tests!r})
from hashlib import sha256
from review.test_pages import as_html, as_json, as_pdf, report_of
report = report_of("bravo")
for make in (as_html, as_pdf, as_json):
    print(sha256(make(report)).hexdigest())
"""


def test_the_same_entries_give_the_same_bytes_in_another_process() -> None:
    from hashlib import sha256
    from pathlib import Path

    report = report_of("bravo")
    here = [sha256(make(report)).hexdigest() for make in (as_html, as_pdf, as_json)]
    tests = str(Path(__file__).resolve().parents[1])
    there = subprocess.run(
        [sys.executable, "-c", MAKE.format(tests=tests)],
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == here


def test_a_note_says_which_number_leads_to_it_and_leads_back() -> None:
    report = report_of("bravo")
    notes, text = Notes(report), as_html(report).decode()
    assert notes.numbers.keys() == notes.labels.keys()
    anchors = set(re.findall(r' id="([^"]+)"', text))
    for positions, (label, back) in notes.labels.items():
        assert f'<p id="n{notes.numbers[positions]}">' in text
        assert f'<a href="#{back}">{html.escape(label)}</a>: entries' in text
        assert back in anchors


def test_the_pdf_has_no_date_and_nothing_of_the_machine() -> None:
    pdf = as_pdf(report_of("bravo"))
    assert pdf.startswith(b"%PDF-")
    assert b"CreationDate" not in pdf
    assert b"ModDate" not in pdf


@pytest.mark.parametrize("pair", ["هي", "حخ", "Жц", "Яю", "αω", "אב"], ids=ascii)
def test_the_typefaces_have_the_letters(pair: str) -> None:
    """A letter without a shape is drawn as the same box, whichever it is."""

    def picture(letter: str) -> bytes:
        source = f'#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n{letter}'
        found = typst.compile(source.encode(), ignore_system_fonts=True, format="png")
        assert isinstance(found, bytes)
        return found

    first, second = pair
    assert picture(first) != picture(second)
    assert picture("漢") == picture("字"), "the test can fail"


HOSTILE = '</td><script>alert(1)</script> #panic("x") $ #import "a" *b* \u202e" \\'


def test_what_entries_say_is_never_read_as_markup() -> None:
    report = msgspec.structs.replace(report_of("bravo"), name=HOSTILE, host=HOSTILE, space=HOSTILE)
    page = Page(as_html(report).decode())
    assert "script" not in page.tags
    assert HOSTILE in "".join(page.text)
    assert as_pdf(report).startswith(b"%PDF-")
    assert "&lt;i&gt;under&lt;/i&gt;" in as_html(report).decode()  # of a STOP's words


def test_a_report_of_an_exercise_says_so_wherever_one_looks() -> None:
    for exercise in (True, False):
        report = msgspec.structs.replace(report_of("bravo"), exercise=exercise)
        page = as_html(report).decode()
        assert ("<title>EXERCISE: " in page) is exercise
        assert ('<div class="exercise" role="note">EXERCISE' in page) is exercise
        assert json.loads(as_json(report))["exercise"] is exercise
        told = json.loads(to_typeset(report))
        assert told["exercise"] is exercise
        assert told["title"].startswith("EXERCISE: ") is exercise  # at the foot of each page
    assert ".exercise { position: fixed;" in page
    assert "header: if data.exercise" in layout().decode()
    facts = read_by("bravo", entries_of(1, 260))
    named = msgspec.structs.replace(HEAD, origin="exercise.test.example/space")
    assert made(facts, WHOLE, named).exercise
    assert not made(facts, WHOLE, HEAD).exercise


def test_nothing_in_it_ranks_or_weighs() -> None:
    weighing = re.compile(
        r"\b(severe|severity|serious|grave|worst|best|worse|better|score|rank(ed|ing)?|rating|"
        r"blame|fault|guilt\w*|culprit|offender|violat\w+|breach\w*|mean|average)\b",
        re.IGNORECASE,
    )
    for party in PARTIES:
        for section in report_of(party).sections:
            own = [section.title, *section.notes]
            for table in section.tables:
                own += [table.title, table.empty, *(each.label for each in table.columns)]
            own += [chart.caption for chart in section.charts]
            assert not [text for text in own if weighing.search(text)]
    assert weighing.search("the worst party"), "the test can fail"


def test_rows_stand_in_the_same_order_whatever_their_numbers() -> None:
    orders: dict[tuple[str, str], list[str]] = {}
    for seed in range(3):
        for section in report_of("bravo", seed).sections:
            for table in section.tables:
                first = [row[0].text for row in table.rows]
                if table.columns[0].key in ("kind", "step", "state", "post", "verb"):
                    known = orders.setdefault((section.key, table.key), first)
                    both = [each for each in first if each in known]
                    assert both == [each for each in known if each in first]
                elif table.columns[0].key in ("recipient", "party", "agreement", "site"):
                    assert first == sorted(first), table.key
                else:
                    times = [row[0].value for row in table.rows if row[0].value is not None]
                    assert times == sorted(times), table.key


def test_a_period_begins_before_it_ends() -> None:
    assert period(START_US, START_US + 1).previous == Period(START_US - 1, START_US)
    with pytest.raises(ValueError, match="after the beginning"):
        period(START_US, START_US)
    with pytest.raises(ValueError, match="before 1900"):
        period(START_US, START_US + 100_000 * DAY_US)


def test_an_empty_record_gives_a_report_that_says_so() -> None:
    facts = read_by("bravo", entries_of(1, 260))
    later = Period(START_US + 900 * DAY_US, START_US + 901 * DAY_US)
    report = made(facts, later, HEAD)
    assert report.chart is None
    assert report.summary[0][1].value == 0
    assert as_pdf(report).startswith(b"%PDF-")
    nothing = made(read_by("bravo", entries_of(1, 260)[:5]), WHOLE, HEAD)
    (counted,) = [each for each in nothing.sections if each.key == "counts"]
    assert "nothing is counted" in counted.nothing


def bodies(page: str) -> dict[str, str]:
    """What stands below the heading of each section of a page, by its key."""
    found = re.findall(r'<h2 id="([^"]+)">[^<]*</h2>\n(.*?)(?=<h2 )', page, re.DOTALL)
    return dict(found)


def test_a_section_that_holds_nothing_is_one_line_on_page_and_paper() -> None:
    report = made(read_by("bravo", entries_of(1, 260)[:5]), WHOLE, HEAD)
    shown = bodies(as_html(report).decode())
    laid_out = json.loads(to_typeset(report))["sections"]
    empty = 0
    for section, paper in zip(report.sections, laid_out, strict=True):
        if not section.holds_nothing:
            assert "<table>" in shown[section.key] or "<b>" in shown[section.key]
            continue
        empty += 1
        assert shown[section.key].count("\n") == 1
        assert (paper["notes"], paper["charts"], paper["tables"]) == ([section.nothing], [], [])
    assert empty > 8
    whole = typst.compile(layout(), sys_inputs={"data": to_typeset(report)}, format="png", ppi=20)
    assert len(whole) <= 4


@pytest.mark.parametrize("party", PARTIES)
def test_no_section_with_a_number_or_an_entry_is_called_empty(party: str) -> None:
    report = report_of(party)
    page = bodies(as_html(report).decode())
    for section in report.sections:
        cells = [cell for table in section.tables for row in table.rows for cell in row]
        something = [cell for cell in cells if cell.at or cell.value]
        assert (section.nothing in html.unescape(page[section.key])) == (not something) or (
            section.key == "counts"
        )
        assert section.holds_nothing == (not something)


@pytest.mark.parametrize(
    ("length_us", "shown"),
    [
        (0, "0 s"),
        (DAY_US + 61_000_000, "1 d"),
        (-1, "0 s"),
        (HOUR_US, "1 h"),
        (90_000_000, "1 min 30 s"),
    ],
)
def test_a_length_of_time_is_shown_in_two_units(length_us: int, shown: str) -> None:
    assert shown_span(length_us).removeprefix("-") == shown


def test_positions_are_listed_as_runs() -> None:
    assert ranges((1,)) == [(1, 1)]
    assert ranges((1, 2, 4, 7, 8, 9)) == [(1, 2), (4, 4), (7, 9)]


def test_a_map_over_the_antimeridian_is_not_torn() -> None:
    from wideberth.review.facts import ShapeFact
    from wideberth.space.volume import Circle, polygon

    here = (
        Circle(10_000_000_000, 179_990_000_000, 5_000_000),
        polygon(((10, 179.9), (10, -179.9), (10.1, -179.9))),
    )
    land = [[(179.0, 9.0), (180.0, 9.0), (180.0, 11.0), (179.0, 11.0)]]
    chart = drawn([ShapeFact(1, 1, "flight", "a", here)], land)
    assert chart is not None
    xs = [float(each) for each in re.findall(r"[ML](-?[\d.]+) ", chart.svg)]
    assert min(xs) >= -1
    assert max(xs) <= 721
    assert re.search(r">17\d(\.\d+)?° W<", chart.svg)
    assert 'fill="#fbfaf6"' in chart.svg, "the land is drawn"


def test_the_names_at_the_left_of_a_chart_are_not_cut_off() -> None:
    report = report_of("bravo")
    charts = [chart.svg for section in report.sections for chart in section.charts]
    names = re.findall(
        r'<text x="([\d.]+)" y="[^"]+" text-anchor="end"[^>]*>([^<]+)<', "".join(charts)
    )
    assert names
    for x, name in names:
        capitals = sum(each.isupper() for each in name)
        assert float(x) >= 8.4 * capitals + 5.6 * (len(name) - capitals), name
