"""``wideberth export --positions``: what a party could see, as a table that others read."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from lived import LOOKS, lived
from wideberth.faces.cli.app import app
from wideberth.faces.feeds.parquet import parquet_reader, parquet_rows
from wideberth.live import Live
from wideberth.node import Node
from wideberth.service import new_id
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.watch.archive import TrackArchive


def export(*arguments: object, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["export", "--positions", *map(str, arguments)])
    assert done.exit_code == status, done.output
    return done.stderr


async def test_positions_that_a_party_could_see_come_as_a_table(tmp_path: Path) -> None:
    _, _, begin_us = await lived(tmp_path)
    node, out = tmp_path / "wideberth-data", tmp_path / "alpha.parquet"
    assert "positions to alpha" in export("--folder", node, "--party", "alpha", "--out", out)
    table = pyarrow.parquet.read_table(out).to_pylist()
    own = [each for each in table if each["track"] == "a"]
    assert len(own) == LOOKS - 14, "but for where the flight said nothing"
    assert {each["feed_party"] for each in table} == {"alpha"}, "bravo's feed was open to nobody"
    assert own[0]["time_us"] == begin_us
    assert own[0]["latitude_nd"] == 47_000_000_000
    assert own[0]["ground_speed_mm_s"] == 33_400
    assert own[0]["altitude_std_mm"] is None
    assert own[0]["call_sign"] == "A"
    assert out.stat().st_mode & 0o077 == 0
    # It is read again as a feed.
    rows = list(parquet_rows(out.read_bytes(), parquet_reader()))
    assert len(rows) == len(table)

    soon = format_rfc3339(begin_us + 10 * SECOND_US)
    text = tmp_path / "bravo.csv"
    export("--folder", node, "--party", "bravo", "--to", soon, "--out", text)
    with text.open(newline="") as file:
        told = list(csv.DictReader(file))
    assert [each["track"] for each in told] == ["b"] * 10
    assert {each["space"] for each in told} == {table[0]["space"]}, (
        "an exercise says so in each row"
    )

    nothing = tmp_path / "charlie.parquet"
    export("--folder", node, "--party", "charlie", "--out", nothing)
    assert pyarrow.parquet.read_table(nothing).num_rows == 0


async def test_an_entry_is_named_that_holds_the_digest(tmp_path: Path) -> None:
    entries, _, _ = await lived(tmp_path)

    node = tmp_path / "wideberth-data"
    out = tmp_path / "a.parquet"
    async with Node.open(node) as opened:
        archive = TrackArchive(node, make_name=new_id)
        async with Live(opened.service, archive=archive) as live:
            assert live.keeping is not None
            await live.keeping.tend(all_of_them=True)
    export("--folder", node, "--party", "alpha", "--out", out)
    found = {each["entry"] for each in pyarrow.parquet.read_table(out).to_pylist()}
    assert len(found) == 1
    assert found.pop() >= len(entries)


async def test_what_cannot_be_exported_is_refused_by_its_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived(tmp_path)
    monkeypatch.chdir(tmp_path)
    for arguments, words in (
        (("--party", "alpha"), "--out"),
        (("--party", "alpha", "--out", "x.txt"), "--out"),
        (("--party", "nobody", "--out", "x.csv"), "--party"),
    ):
        assert words in export(*arguments, status=2)
        assert not list(tmp_path.glob("x.*"))
    shutil.rmtree("wideberth-data/tracks")
    assert "[tracks] keep = true" in export("--party", "alpha", "--out", "x.csv", status=2)
