"""Texts of agreements from the command line: listed, shown, and filled in as a draft."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from agreements_scene import scene
from scenes import START_US
from wideberth.decisions.agreement_terms import require_terms
from wideberth.faces.cli.app import app
from wideberth.space.time import DAY_US, format_rfc3339
from wideberth.templates import TEMPLATES
from wideberth.wire.agreements import DraftIn

START = ["--effective", format_rfc3339(START_US)]
PARTIES = ["--party", "north", "--party", "south"]


def run(*words: str, code: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(app, ["template", *words])
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def neutral(name: str) -> list[str]:
    return ["--neutral", "desk"] if TEMPLATES[name].neutral else []


def test_the_list_has_each_with_its_kind() -> None:
    rows = [line.split(None, 2) for line in run("list")[0].splitlines()]
    assert rows == [[each.name, each.kind.value, each.title] for each in TEMPLATES.values()]


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_shown_names_the_source_and_each_provision(name: str) -> None:
    shown, _ = run("show", name)
    template = TEMPLATES[name]
    assert template.source in shown
    assert template.note in shown
    for provision in template.provisions:
        assert f"\n{provision['id']}  ({provision['type']})" in shown


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_draft_is_a_body_that_the_api_takes_and_the_rules_accept(name: str) -> None:
    written, notes = run("draft", name, *PARTIES, *neutral(name), *START, "--days", "30")
    terms = msgspec.json.decode(written, type=DraftIn).terms
    require_terms(scene().picture, terms, now_us=START_US)
    assert terms.parties == ("north", "south")
    assert (terms.effective_us, terms.expires_us) == (START_US, START_US + 30 * DAY_US)
    assert "blank" not in notes
    # Signed as it stands: no member is written that has its default.
    assert json.loads(written)["terms"] == json.loads(msgspec.json.encode(terms))


def test_who_is_not_named_is_a_blank_and_said_so() -> None:
    written, notes = run("draft", "black-sea", "--party", "north", *START)
    terms = msgspec.json.decode(written, type=DraftIn).terms
    assert (terms.parties, terms.neutral) == (("north", "party-2"), "neutral")
    assert "party-2 is a blank" in notes
    assert "neutral is a blank" in notes


def test_without_a_time_it_begins_now() -> None:
    terms = msgspec.json.decode(run("draft", "korea-2018")[0], type=DraftIn).terms
    assert terms.effective_us > START_US - 10_000 * DAY_US
    assert terms.expires_us - terms.effective_us == 90 * DAY_US


def test_a_file_is_written_once_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    words = ("draft", "stand-off-5-km", *PARTIES, *START)
    assert run(*words, "--out", str(path))[0] == ""
    assert path.read_text(encoding="utf-8") == run(*words)[0]
    assert "file-exists" in run(*words, "--out", str(path), code=2)[1]
    assert "--out" in run(*words, "--out", str(tmp_path / "no" / "draft.json"), code=2)[1]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        pytest.param(["show", "nothing"], "no-such-template", id="no such template"),
        pytest.param(["draft", "korea-2018", "--party", "No Id"], "parties.0", id="no id"),
        pytest.param(
            ["draft", "korea-2018", "--neutral", "desk"], "--neutral", id="a text without a neutral"
        ),
        pytest.param(
            ["draft", "korea-2018", "--effective", "noon"], "--effective", id="no RFC 3339 time"
        ),
    ],
)
def test_bad_input_is_named(words: list[str], named: str) -> None:
    assert named in run(*words, code=2)[1]
