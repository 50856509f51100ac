"""The cases of the public reports, played: each criterion holds, and each can fail."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wideberth.cases.case import Case, case_files, load_case
from wideberth.cases.criteria import matches
from wideberth.cases.run import Line, play
from wideberth.faces.cli._cases import FACE, failed
from wideberth.faces.cli._demo import BORDER

FOLDER = Path(__file__).parents[2] / "examples" / "cases"
FILES = [BORDER, *case_files(FOLDER)]
Json = dict[str, Any]


def played(case: Case, folder: Path) -> list[Line]:
    return asyncio.run(play(case, folder / "node", FACE))


def stated(case_id: str) -> Json:
    (path,) = (each for each in FILES if each.stem == case_id)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def step(case: Json, says: str) -> Json:
    """The one step whose words begin so."""
    (found,) = (each for each in case["steps"] if each["says"].startswith(says))
    return found


def left_out(says: str) -> Callable[[Json], None]:
    def plant(case: Json) -> None:
        case["steps"].remove(step(case, says))

    return plant


def changed(says: str, path: str, value: Any) -> Callable[[Json], None]:
    """A member of a step, at a dotted path, is another."""

    def plant(case: Json) -> None:
        inner: Any = step(case, says)
        *names, last = path.split(".")
        for name in names:
            inner = inner[int(name)] if name.isdigit() else inner[name]
        assert inner[last] != value
        inner[last] = value

    return plant


def moved(place: str, by_deg: float) -> Callable[[Json], None]:
    """A circle of the case lies so many degrees further north."""

    def plant(case: Json) -> None:
        case["places"][place]["footprint"]["coordinates"][1] += by_deg

    return plant


PLANTED: Mapping[str, tuple[tuple[Callable[[Json], None], str], ...]] = {
    "border": (
        (changed("South tells its flight", "body.visibility", {"level": "open"}), "neither whole"),
        (
            changed("South proposes, and both", "body.terms.provisions.2.fields", ["call_sign"]),
            "of the flight what was agreed",
        ),
        (changed("Lake tells where", "body.visibility.parties", ["south"]), "Lake's people are"),
        (left_out("A person at North's"), "who has read the STOP"),
        (
            changed("South tells its answer as", "body.visibility", {"level": "open"}),
            "no hazard: the reports know of no word",
        ),
        (left_out("South gives ALL-CLEAR"), "no hazard any more"),
        (
            changed("North gives its account, for", "body.shown_to", "all"),
            "not North's, which is for",
        ),
        (
            changed("North gives its account again", "body.words", "The same."),
            "the same two columns",
        ),
        (left_out("North receipts it"), "the receipt of its result"),
    ),
    "c-01": (
        (changed("Amber tells the hazard", "body.volumes.0.from", "21:41"), "marked LATE"),
        (left_out("Amber says that the hazard is active"), "as active, by Amber's word"),
        (left_out("Amber gives ALL-CLEAR"), "no hazard any more"),
        (moved("west-shore", 3.0), "clashes with its flight"),
        (changed("Amber gives its account", "body.shown_to", "own"), "both accounts"),
        (changed("Blue gives its account", "body.words", "{accounts.amber}"), "both accounts"),
        (changed("Amber tells the hazard", "body.volumes.0.from", "21:41"), "the record shows"),
    ),
    "c-02": (
        (changed("Blue reads back", "body.read_back", {}), "the read-back of Blue, 9 km"),
        (left_out("A person at Amber's"), "that a person has read it"),
        (changed("A person at Amber's", "at", "14:26:30"), "that a person has read it"),
        (changed("Blue tells STOP again", "body", {"text": "Elsewhere."}), "the second STOP"),
        (moved("place-told", -0.07), "with coordinates 9 km from it"),
    ),
    "c-03": (
        (changed("The brigade has it", "body.unit", "amber-crew"), "one unit has not loaded it"),
        (left_out("The convoy says SPLIT"), "the SPLIT, field by field"),
        (left_out("Both sign as well"), "the STOP of the convoy itself"),
    ),
    "c-04": (
        (left_out("The link to the aircraft"), "the crew cannot load it"),
        (left_out("A person at Amber's"), "that a person has read it"),
        (changed("Cedar tells STOP again", "body", {"text": "Elsewhere."}), "the second STOP"),
    ),
    "c-06": (
        (changed("Cedar tells the depot", "body.provenance.source", "gps"), "with the caution"),
        (moved("school", -3.5), "of the list what lies in the area"),
        (left_out("Cedar withdraws its consent"), "no entry of Cedar's any more"),
        (left_out("Amber confirms that"), "who has not confirmed the removal"),
        (changed("Amber gives its account", "body.shown_to", "all"), "in Amber's column nothing"),
    ),
    "c-08": (
        (moved("post-on-overlay", -0.12), "where it was measured, 14 km away"),
        (left_out("Blue says that the move is meant"), "not what Blue holds"),
        (changed("Blue proposes", "body.terms.provisions.0.cell_nd", 0), "labelled"),
        (left_out("Blue gives its account"), "both accounts"),
        (changed("Amber gives its account", "body.warned.warned", False), "where they differ"),
    ),
    "c-11": (
        (left_out("Cedar tells its flight"), "leads into the flight"),
        (changed("Blue says the zone", "body.volumes.0.start", "2031-07-03T09:59:00+03:30"), "UTC"),
        (left_out("Blue lets all see"), "with call sign and position"),
    ),
    "c-13": (
        (left_out("Amber declares"), "did not close in time"),
        (left_out("The centre calls"), "the hourly call did not come"),
        (
            changed("Amber's political post", "body.volumes.0.from", "04:00"),
            "against its own departure",
        ),
    ),
    "c-15": (
        (left_out("Amber tells the movement"), "the movement, with"),
        (changed("Amber proposes", "body.terms.provisions.2.not_covered", []), "is not covered"),
        (changed("Hit again", "body", {"text": "Ambulances."}), "the second STOP"),
    ),
    "c-20": (
        (changed("One tap", "body", {"form": "our-error", "text": "Wait."}), "nothing else in it"),
        (changed("A person at Blue's", "at", "13:18"), "and not two days"),
        (left_out("A person at Blue's"), "and not two days"),
    ),
}
"""By case: what is planted in it, and words of a criterion that has to fail then."""


@pytest.mark.requirement("X-02")
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_each_party_is_shown_what_the_case_asks_for_at_each_minute(
    path: Path, tmp_path: Path
) -> None:
    lines = played(load_case(path), tmp_path)
    assert [(line.words, line.found) for line in failed(lines)] == []
    assert sum(line.passed is True for line in lines) >= 5


@pytest.mark.parametrize(
    ("case_id", "plant", "words"),
    [
        pytest.param(case_id, plant, words, id=f"{case_id}-{words.replace(' ', '-')}")
        for case_id, rows in PLANTED.items()
        for plant, words in rows
    ],
)
def test_a_planted_fault_fails_a_criterion(
    case_id: str, plant: Callable[[Json], None], words: str, tmp_path: Path
) -> None:
    case = stated(case_id)
    plant(case)
    lines = played(msgspec.convert(case, Case), tmp_path)
    assert any(words in line.words for line in failed(lines)), [
        line.words for line in failed(lines)
    ]


def test_every_case_has_a_planted_fault() -> None:
    assert sorted(PLANTED) == [path.stem for path in FILES]


def test_a_case_played_twice_gives_the_same_table(tmp_path: Path) -> None:
    case = load_case(FOLDER / "c-02.toml")  # what is refused in it names a thing by its id
    assert played(case, tmp_path / "a") == played(case, tmp_path / "b")


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_each_side_gives_its_account_itself_and_is_shown_both_and_no_third(path: Path) -> None:
    case = load_case(path)
    sides = sorted(each.party for each in case.accounts)
    assert len(sides) == 2
    given = {
        step.by
        for step in case.steps
        if step.ask is not None
        and step.ask.endswith("/accounts")
        and step.body.get("words") == f"{{accounts.{step.by}}}"
    }
    assert sorted(given) == sides
    both = {side: {"account": {"words": f"{{accounts.{side}}}"}} for side in sides}
    reading = {
        shown.party
        for shown in case.shows
        if (columns := (shown.holds or {}).get("accounts")) is not None
        and sorted(columns.get("only", ())) == sides
        and matches(both, columns)
    }
    assert reading >= set(sides)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_case_says_what_is_invented_and_where_its_structure_comes_from(path: Path) -> None:
    case = load_case(path)
    assert case.invented
    assert all(
        source.url.startswith("https://") or source.url.startswith("http://")
        for source in case.sources
    )
    known = tomllib.loads((FOLDER.parents[1] / "docs" / "requirements.toml").read_text("utf-8"))
    asked = {each for shown in case.shows for each in shown.asks} | set(case.asks)
    assert asked
    assert asked <= set(known)
