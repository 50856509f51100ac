"""The pages of decisions have headers that a script can read."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

_spec = importlib.util.spec_from_file_location(
    "decisions_index", PROJECT / "tools" / "decisions_index.py"
)
assert _spec is not None
assert _spec.loader is not None
decisions_index = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = decisions_index  # dataclasses looks its module up there
_spec.loader.exec_module(decisions_index)

SOUND = """# 7. What touching means

- Date: 2026-11-21
- Status: accepted

## Context

## Decision

## What follows
"""


def complaints(folder: Path, **pages: str) -> list[str]:
    for name, text in pages.items():
        (folder / f"{name.replace('_', '-').removeprefix('n')}.md").write_text(text)
    return decisions_index.read_all(folder)[1]


def test_each_decision_of_the_project_has_its_header() -> None:
    assert decisions_index.read_all()[1] == []


def test_a_sound_page_is_listed_in_the_index(tmp_path: Path) -> None:
    assert complaints(tmp_path, n0007_what_touching_means=SOUND) == []
    index = decisions_index.index(decisions_index.read_all(tmp_path)[0])
    assert (
        "| 7 | [What touching means](0007-what-touching-means.md) | 2026-11-21 | accepted |"
        in index
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        pytest.param("n7_short", "", "", "its name is not", id="name"),
        pytest.param("n0008_other", "", "", "its name says 8 and its title 7", id="number"),
        pytest.param("n0007_a", "# 7. What", "# What", "it does not open with", id="title"),
        pytest.param("n0007_a", "2026-11-21", "2026-11-31", "no line '- Date", id="date"),
        pytest.param("n0007_a", "accepted", "done", "no line '- Status", id="status"),
        pytest.param("n0007_a", "## Context", "## Why", "no section '## Context'", id="section"),
        pytest.param(
            "n0007_a", "accepted", "superseded by [9](0009-b.md)", "is not there", id="successor"
        ),
    ],
)
def test_a_planted_fault_is_found(
    tmp_path: Path, name: str, old: str, new: str, complaint: str
) -> None:
    assert any(complaint in c for c in complaints(tmp_path, **{name: SOUND.replace(old, new)}))


def test_a_successor_that_does_not_link_back_is_found(tmp_path: Path) -> None:
    superseded = SOUND.replace("accepted", "superseded by [8](0008-b.md)")
    successor = SOUND.replace("# 7.", "# 8.")
    found = complaints(tmp_path, n0007_a=superseded, n0008_b=successor)
    assert found == ["0007-a.md: 0008-b.md does not link back to it"]
    linked = successor + "\nIt supersedes [7](0007-a.md).\n"
    assert complaints(tmp_path, n0007_a=superseded, n0008_b=linked) == []


def test_a_number_that_two_pages_have_is_found(tmp_path: Path) -> None:
    assert complaints(tmp_path, n0007_a=SOUND, n0007_b=SOUND) == [
        "0007-b.md: the number 7 is taken"
    ]
