"""``wideberth report`` over a folder: files, printed summary, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from review_days import Days
from scenes import START_US
from wideberth.faces.cli.app import app
from wideberth.model.entries import encode_entry
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.space.time import DAY_US, format_rfc3339

FROM, TO = format_rfc3339(START_US + 3 * DAY_US), format_rfc3339(START_US + 6 * DAY_US)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("record")
    entries = Days(1).run(150).entries
    with SqliteRecord(made, key=OriginKey("test.example/space", bytes(range(32)))) as record:
        envelopes = [encode_entry(each) for each in entries]
        record.append(envelopes, 0, time_us=entries[-1].time_us)
    return made


def run(folder: Path, *more: str) -> tuple[int, str]:
    given = ["report", "--folder", str(folder), "--from", FROM, "--to", TO]
    result = CliRunner().invoke(app, [*given, *more])
    return result.exit_code, result.output


def test_the_pack_is_three_files_and_the_summary_is_printed(folder: Path, tmp_path: Path) -> None:
    code, printed = run(folder, "--party", "bravo", "--out", str(tmp_path / "pack"))
    assert code == 0, printed
    assert "neither permission nor a guarantee" in printed
    assert "Notices told" in printed
    names = sorted(each.name for each in (tmp_path / "pack").iterdir())
    assert names == ["report.html", "report.json", "report.pdf"]
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in (tmp_path / "pack").iterdir())
    document = json.loads((tmp_path / "pack" / "report.json").read_bytes())
    assert (document["from"], document["to"]) == (FROM, TO)
    # Asked again: the same bytes; into the same folder: refused, and nothing is replaced.
    code, _ = run(folder, "--party", "bravo", "--out", str(tmp_path / "again"))
    assert code == 0
    for name in names:
        first, second = (tmp_path / each / name for each in ("pack", "again"))
        assert first.read_bytes() == second.read_bytes()
    code, printed = run(folder, "--party", "bravo", "--out", str(tmp_path / "again"))
    assert code == 2
    assert "--out: it is there already, and no pack is written over" in printed
    assert "Notices told" not in printed


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        (("--party", "nobody"), "party of this space"),
        (("--party", "NOT AN ID"), "party-id"),
        (("--party", "bravo", "--to", FROM), "after the beginning"),
        (("--party", "bravo", "--from", "yesterday"), "--from"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    folder: Path, more: tuple[str, ...], wanted: str
) -> None:
    code, printed = run(folder, *more)
    assert code == 2
    assert wanted in printed


BESIDE = {
    "notices by kind": ("notices", "notices"),
    "lead time": ("notices", "leads"),
    "acknowledgement latencies": ("answers", "latencies"),
    "hops not reached": ("unreached", "open-count"),
    "stale entries": ("stale", "stale-count"),
    "STOPs with times": ("stops", "first-person"),
    "open questions": ("questions", "open-count"),
    "drills": ("drills", "drill-steps"),
    "changes proposed": ("changes", "changes-count"),
}
"""What I-09 asks for, and where it stands with the previous period alongside."""


@pytest.mark.requirement("I-09", "X-01")
def test_one_command_gives_all_that_a_review_meeting_asks_for(folder: Path, tmp_path: Path) -> None:
    code, printed = run(folder, "--party", "bravo", "--out", str(tmp_path / "pack"))
    assert code == 0, printed
    document = json.loads((tmp_path / "pack" / "report.json").read_bytes())
    page = (tmp_path / "pack" / "report.html").read_text(encoding="utf-8")
    sections = {each["section"]: each for each in document["sections"]}
    for what, (name, key) in BESIDE.items():
        (table,) = [each for each in sections[name]["tables"] if each["table"] == key]
        assert table["rows"], what
        columns = {each["key"] for each in table["columns"]}
        if "period" in columns:
            periods = [row["period"]["text"] for row in table["rows"]]
            assert set(periods) == {"this period", "previous"}, what
        else:
            assert any(each.endswith("before") for each in columns), what
        numbers = [cell for row in table["rows"] for cell in row.values() if cell.get("value")]
        assert numbers, what
        assert all(each["entries"] for each in numbers), what
        assert f'<h2 id="{name}">' in page
    listed = {
        name: {each["table"]: each["rows"] for each in told["tables"]}
        for name, told in sections.items()
    }
    assert listed["unreached"]["open"]
    assert all("value" in row["sent"] for row in listed["stops"]["stops"])
    assert listed["stops"]["stops"]
    assert listed["drills"]["drills"]
    drawings = ("notices-by-kind", "latencies")
    assert page.count("<svg ") >= len(drawings) + 1, "charts and a map"
