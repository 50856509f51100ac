"""``wideberth replay --from --to``: a window of a node's folder, watched again."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lived import LOOKS, lived
from wideberth.faces.cli.app import app
from wideberth.space.time import SECOND_US, format_rfc3339


def replay(*arguments: object, status: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(app, ["replay", *map(str, arguments)])
    assert done.exit_code == status, done.output
    return done.stdout, done.stderr


def counted(text: str, words: str) -> int:
    found = re.search(rf"^ *(\d+)  {words}$", text, re.MULTILINE)
    assert found, text
    return int(found[1])


async def test_a_window_is_watched_again_beside_its_record(tmp_path: Path) -> None:
    _, _, begin_us = await lived(tmp_path)
    node = tmp_path / "wideberth-data"
    asked = ("--from", format_rfc3339(begin_us), "--to")
    end = format_rfc3339(begin_us + LOOKS * SECOND_US)
    said, noted = replay(node, *asked, end)
    assert counted(said, "looks") == LOOKS
    recorded = counted(said, "raised in the record in this window")
    assert recorded == counted(said, "of them raised here too, within a minute") > 0
    assert counted(said, "raised here and not in the record") == 0
    assert re.search(r"raised +incursion +track a, A, .*zone .*Ring.* -> alpha, charlie", said)
    assert re.search(r"cleared +conflict", said) or re.search(r"lapsed +conflict", said)
    assert "watched again from what was kept" in noted

    # Half of it: what stood at its beginning stands, and half of an hour's warnings are its own.
    middle = format_rfc3339(begin_us + 75 * SECOND_US)
    later, _ = replay(node, "--from", middle, "--to", end)
    assert " stands  " in later
    assert counted(later, "looks") == LOOKS - 75

    # Other settings say other things, and what the record has then stands as not here.
    other = tmp_path / "other.toml"
    other.write_text("[watch]\nhorizontal_m = 10\nvertical_m = 5\nlook_ahead_s = 1\n")
    quiet, _ = replay(node, *asked, end, "--settings", other)
    assert counted(quiet, "of them raised here too, within a minute") < recorded
    assert "not here: entry " in quiet

    # At a speed it takes its time: ten seconds of it in a tenth of one.
    soon = format_rfc3339(begin_us + 10 * SECOND_US)
    paced, _ = replay(node, *asked, soon, "--speed", 100)
    assert counted(paced, "looks") == 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2026-01-01T00:00:00Z"), "--from"),
        (("--speed", "2"), "--speed"),
        (("--settings", "x.toml"), "--settings"),
        (("--from", "noon", "--to", "2026-01-01T00:00:00Z"), "--from"),
        (("--from", "2026-01-01T00:00:00Z", "--to", "2025-01-01T00:00:00Z"), "--to"),
        (("--from", "1900-01-01T00:00:00Z", "--to", "9999-01-01T00:00:00Z"), "--to"),
        (
            ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T00:01:00Z", "--speed", "inf"),
            "--speed",
        ),
    ],
)
def test_half_a_window_is_refused_by_its_option(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    _, said = replay(tmp_path, *arguments, status=2)
    assert words in said


async def test_what_has_no_positions_cannot_be_watched_again(tmp_path: Path) -> None:
    window = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T01:00:00Z")
    export = tmp_path / "export.jsonl"
    export.write_text("{}\n")
    assert "an export has no positions" in replay(export, *window, status=2)[1]
    await lived(tmp_path)
    node = tmp_path / "wideberth-data"
    none = tmp_path / "none.toml"
    assert "none.toml" in replay(node, *window, "--settings", none, status=2)[1]
    shutil.rmtree(node / "tracks")
    assert "[tracks] keep = true" in replay(node, *window, status=2)[1]
