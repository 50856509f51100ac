"""Two saved lists of what is held: equal, or the exact ids that differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from wideberth.faces.cli.app import app

pytestmark = pytest.mark.requirement("D-08")


def saved(path: Path, held: dict[str, int], **more: Any) -> str:
    items = [{"type": "intent", "id": name, "version": at} for name, at in held.items()]
    page = {"held": items, "digest": "-", "count": len(held), "size": 1, "next": None, **more}
    path.write_text(json.dumps(page), encoding="utf-8")
    return str(path)


def test_equal_lists_are_equal(tmp_path: Path) -> None:
    files = [saved(tmp_path / name, {"i1": 1, "i2": 4}) for name in ("a", "b")]
    done = CliRunner().invoke(app, ["held", *files])
    assert (done.exit_code, done.stdout) == (0, "equal: 2 held in both\n")


def test_what_differs_is_named_with_both_versions(tmp_path: Path) -> None:
    ours = saved(tmp_path / "a", {"i1": 1, "i2": 4, "i3": 1})
    theirs = saved(tmp_path / "b", {"i1": 1, "i2": 3, "i4": 2})
    done = CliRunner().invoke(app, ["held", ours, theirs])
    assert done.exit_code == 1
    assert [line.split(" in ")[0] for line in done.stdout.splitlines()] == [
        "intent/i2: version 4",
        "intent/i3: version 1",
        "intent/i4: nothing",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"held": [{}], "count": 1}'])
def test_anything_else_is_bad_input(tmp_path: Path, text: str) -> None:
    good = saved(tmp_path / "a", {})
    (tmp_path / "b").write_text(text, encoding="utf-8")
    assert CliRunner().invoke(app, ["held", good, str(tmp_path / "b")]).exit_code == 2


def test_a_page_of_a_list_is_no_list(tmp_path: Path) -> None:
    part = saved(tmp_path / "a", {"i1": 1}, count=2)
    assert CliRunner().invoke(app, ["held", part, part]).exit_code == 2
