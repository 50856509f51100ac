"""The format of a case is strict, and blanks are filled or refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wideberth.cases.case import CasePlace, load_case
from wideberth.cases.filling import filled
from wideberth.errors import InvalidValue

CASE = """\
id = "C-99"
title = "t"
day = 2031-01-01
begins = "10:00"
structure = "s"
invented = "i"
sources = [{ name = "n", url = "https://example.org" }]
parties = [
  { id = "amber", name = "Amber", role = "r", contact = "c" },
  { id = "blue", name = "Blue", role = "r", contact = "c" },
]
steps = [{ at = "10:00", by = "amber", says = "s", ask = "POST /heartbeat" }]
shows = [{ at = "10:00", party = "blue", words = "w", see = "/channels" }]
"""
DAY = date(2031, 1, 1)


def loaded(folder: Path, text: str) -> None:
    path = folder / "case.toml"
    path.write_text(text, encoding="utf-8")
    load_case(path)


def test_a_case_that_is_one_loads(tmp_path: Path) -> None:
    loaded(tmp_path, CASE)


@pytest.mark.parametrize(
    ("before", "after", "rule", "named"),
    [
        pytest.param('title = "t"', 'title = "t"\ncolour = 1', "format", "colour", id="unknown"),
        pytest.param('words = "w"', 'words = "w", must = 1', "format", "must", id="unknown inside"),
        pytest.param('invented = "i"\n', "", "format", "invented", id="nothing said of invention"),
        pytest.param('by = "amber"', 'by = "cedar"', "party-unknown", "steps.0.by", id="no party"),
        pytest.param(
            "parties = [",
            'accounts = [{ party = "amber", says = "a" }, { party = "amber", says = "b" }]\n'
            "parties = [",
            "one-account",
            "accounts.1.party",
            id="two accounts of one side",
        ),
        pytest.param(
            'ask = "POST /heartbeat"',
            'ask = "POST /heartbeat", keep = "accounts"',
            "keep-taken",
            "steps",
            id="the name of the accounts",
        ),
        pytest.param('party = "blue"', 'party = "x"', "party-unknown", "shows.0", id="nobody"),
        pytest.param('at = "10:00", by', 'at = "09:59", by', "order", "steps.0.at", id="order"),
        pytest.param('"10:00", by', '"10h", by', "format", "at", id="no time"),
        pytest.param('"POST /h', '"TELL /h', "format", "ask", id="no method"),
        pytest.param('says = "s", ', 'says = "s", amends = "x", ', "one-deed", "steps.0", id="two"),
        pytest.param("= [{ at", "= {[ at", "format", "case", id="no TOML"),
    ],
)
def test_a_case_that_is_none_is_refused_by_name(
    before: str, after: str, rule: str, named: str, tmp_path: Path
) -> None:
    assert CASE.count(before) >= 1
    with pytest.raises(InvalidValue) as refused:
        loaded(tmp_path, CASE.replace(before, after, 1))
    assert refused.value.rule == rule
    assert named in f"{refused.value.field} {refused.value.advice}"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="unreadable"):
        load_case(tmp_path / "none.toml")


def test_blanks_are_filled() -> None:
    kept = {"flight": {"id": "x1", "version": 2, "units": ["u1"]}}
    places = {"strip": CasePlace(footprint={"type": "Point"}, heights_m=(0, 50))}
    given = {
        "id": "{flight.id}",
        "version": "{flight.version}",
        "words": "version {flight.version} of {flight.units.0}",
        "at": "@10:00",
        "at_us": "@us 1970-01-01 00:00:01",
        "volumes": [{"place": "strip", "from": "10:00", "until": "10:30"}],
    }
    assert filled(given, kept, places, DAY) == {
        "id": "x1",
        "version": 2,
        "words": "version 2 of u1",
        "at": "2031-01-01T10:00:00Z",
        "at_us": 1_000_000,
        "volumes": [
            {
                "footprint": {"type": "Point"},
                "lower": {"value": 0, "units": "M", "reference": "W84"},
                "upper": {"value": 50, "units": "M", "reference": "W84"},
                "start": "2031-01-01T10:00:00Z",
                "end": "2031-01-01T10:30:00Z",
            }
        ],
    }


@pytest.mark.parametrize(
    "given", ["{flight.name}", "{drone}", {"place": "x", "from": "10:00", "until": "10:01"}]
)
def test_a_blank_that_nothing_fills_is_refused(given: object) -> None:
    with pytest.raises(InvalidValue):
        filled(given, {"flight": {"id": "x1"}}, {}, DAY)
