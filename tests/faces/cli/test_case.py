"""Cases from the command line: listed, played, and exit code 1 where a criterion fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wideberth.faces.cli.app import app

CASE = """\
id = "C-99"
title = "A desk says that it is there"
day = 2031-01-01
begins = "10:00"
structure = "nothing"
invented = "all of it"
sources = [{ name = "n", url = "https://example.org", disputed = true }]
accounts = [{ party = "amber", says = "We called." }]
parties = [
  { id = "amber", name = "Amber", role = "r", contact = "c" },
  { id = "blue", name = "Blue", role = "r", contact = "c" },
]
steps = [{ at = "10:00", by = "amber", says = "Amber calls", ask = "POST /heartbeat" }]

[[shows]]
at = "10:01"
party = "blue"
words = "Amber as {found.state}"
see = "/channels"
in = "channels"
some = { party = "amber", state = "UP" }
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "c-99.toml"
    path.write_text(CASE, encoding="utf-8")
    return path


def run(*words: str, code: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(app, ["case", *words], env={"COLUMNS": "120"})
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def test_the_list_names_each_case(case: Path) -> None:
    (line,) = run("list", str(case.parent))[0].splitlines()
    assert line.split() == [
        *["C-99", "1", "criteria", "A", "desk", "says", "that", "it", "is", "there"],
        f"({case})",
    ]


def test_the_border_comes_with_the_program_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = run("list")[0].splitlines()
    assert line.startswith("BORDER ")
    assert line.endswith("(border)")
    said = run("run", "border", "--no-minutes", "--party", "lake")[0]
    assert said.startswith("BORDER  A flight along a line")
    assert re.search(r"BORDER: (\d+) of \1 criteria passed", said)


def test_no_case_stands_at_two_places() -> None:
    examples = Path(__file__).parents[3] / "examples" / "cases"
    assert "border" not in {path.stem for path in examples.iterdir()}
    assert not [path for path in examples.iterdir() if path.is_symlink()]


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    assert "no case is here" in run("list", str(tmp_path), code=2)[1]


def test_the_table_says_who_was_shown_what_when(case: Path) -> None:
    shown, _ = run("run", str(case))
    assert "Invented: all of it" in shown
    assert "https://example.org  [disputed]" in shown
    assert "amber says: We called." in shown
    (row,) = (line for line in shown.splitlines() if "is shown" in line)
    assert row.split() == [
        "2031-01-01",
        "10:01:00",
        "blue",
        "is",
        "shown:",
        "Amber",
        "as",
        "UP",
        "passed",
    ]
    assert "C-99: 1 of 1 criteria passed" in shown


def test_a_criterion_that_fails_is_exit_code_1(case: Path) -> None:
    case.write_text(CASE.replace('state = "UP"', 'state = "DOWN-TECHNICAL"'), encoding="utf-8")
    shown, _ = run("run", str(case), "--no-about", code=1)
    assert "FAILED: Amber as {found.state}" in shown
    assert '"state": "UP"' in shown
    assert "0 of 1 criteria passed" in shown


def test_one_party_and_what_is_shown_alone(case: Path) -> None:
    shown, _ = run("run", str(case), "--party", "amber", "--no-about")
    assert "Amber calls" in shown
    assert "is shown" not in shown
    assert "Amber calls" not in run("run", str(case), "--shown")[0]
    assert "is shown" not in run("run", str(case), "--no-minutes")[0]
    assert "which has amber, blue" in run("run", str(case), "--party", "cedar", code=2)[1]


def test_the_record_is_kept_where_it_is_asked_for(case: Path, tmp_path: Path) -> None:
    run("run", str(case), "--no-minutes", "--folder", str(tmp_path / "kept"))
    assert (tmp_path / "kept" / "c-99" / "record.sqlite3").exists()
    assert "not-empty" in run("run", str(case), "--folder", str(tmp_path / "kept"), code=2)[1]


def test_a_file_that_is_no_case_is_bad_input(case: Path) -> None:
    case.write_text(CASE + "more = 1\n", encoding="utf-8")
    assert "more" in run("run", str(case), code=2)[1]
