"""``wideberth check``: the exit code is 0, 1 or 2, whatever comes in, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from wideberth.faces.cli import _answer
from wideberth.faces.cli.app import COMMANDS, app
from wideberth.offline import check
from wideberth.offline.geojson import KNOWN_PROPERTIES
from wideberth.offline.table import COLUMNS

PROJECT = Path(__file__).resolve().parent.parent.parent.parent
EXAMPLES = PROJECT / "examples"
TWO = str(EXAMPLES / "two-intents.geojson")


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(app, ["check", *arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(*arguments: str) -> dict[str, Any]:
    result = run("--format", "json", *arguments)
    assert result.exit_code in (0, 1), result.stderr
    return json.loads(result.stdout)


# The examples, and what is in them.


def test_two_intents_that_overlap() -> None:
    told = answer(TWO)
    assert told["checked"] == 2
    assert told["conflicts"] == [
        {
            "a": "rescue-3",
            "b": "survey-12",
            "start": "2026-07-14T09:10:00Z",
            "end": "2026-07-14T09:30:00Z",
            "lower_m": 560.0,
            "upper_m": 680.0,
            "reference": "MSL",
            "horizontal_m": 0.0,
            "vertical_m": 0.0,
            "time_s": 0.0,
            "volume_pairs": 1,
        }
    ]
    assert told["skipped"] == []
    assert told["rests_on"]["parties"] == ["air-rescue", "river-survey"]
    assert told["notes"][-1] == _answer.NO_CLEARANCE


@pytest.mark.parametrize(
    ("arguments", "pairs", "code"),
    [
        (["antimeridian.geojson"], [("fishery-patrol", "supply-ship-helicopter")], 1),
        (["convoys.csv"], [], 0),
        (
            ["convoys.csv", "--separation", "2000,0,0"],
            [("aid-convoy-4", "range-closure")],
            1,
        ),
        (
            ["above-ground.geojson", "--terrain", "500,530"],
            [("parcel-route", "police-helicopter"), ("parcel-route", "roof-inspection")],
            1,
        ),
    ],
)
def test_examples(arguments: list[str], pairs: list[tuple[str, str]], code: int) -> None:
    paths = [str(EXAMPLES / arguments[0]), *arguments[1:]]
    assert [(c["a"], c["b"]) for c in answer(*paths)["conflicts"]] == pairs
    assert run(*paths).exit_code == code


def test_every_example_is_read_without_a_problem() -> None:
    for path in EXAMPLES.iterdir():
        if path.suffix in {".geojson", ".csv"}:
            assert run(str(path), "--terrain", "-400,8900").exit_code in (0, 1)


def test_above_ground_against_sea_level_needs_the_terrain() -> None:
    result = run(str(EXAMPLES / "above-ground.geojson"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "feature 2" in result.stderr
    assert "--terrain" in result.stderr
    assert "--skip-bad" not in result.stderr


# Printing.


def test_the_table_names_the_pair_and_what_it_rests_on() -> None:
    result = run(TWO)
    assert result.exit_code == 1
    assert "rescue-3  survey-12" in result.stdout
    assert "1 conflict among 2 intents." in result.stdout
    assert "No information is not clearance" in result.stdout
    assert result.stderr == ""


def test_an_empty_answer_says_what_it_rests_on() -> None:
    result = run(str(EXAMPLES / "convoys.csv"))
    assert result.exit_code == 0
    assert result.stdout.startswith("No conflicts among 3 intents.")
    for words in ("aid-convoy-4" not in result.stdout, "convoys.csv", "relief-agency", "8 MSL"):
        assert words is True or str(words) in result.stdout
    assert result.stdout.rstrip().endswith(_answer.NO_CLEARANCE)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", ["80", "120", "200"])
def test_a_terminal_gets_a_drawn_table_with_ids_as_they_are(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    content = (EXAMPLES / "two-intents.geojson").read_text().replace("rescue-3", "[red]x[/red]")
    out = Terminal()
    stream = io.BytesIO(content.encode())
    stream.name = "plan"
    _answer.write_table(check(stream), out)
    assert "[red]x[/red]" in out.getvalue()
    assert "1 conflict among 2 intents." in out.getvalue()


def test_standard_input_and_several_files() -> None:
    content = Path(TWO).read_bytes()
    assert run("-", stdin=content).exit_code == 1
    both = run("--format", "json", "-", str(EXAMPLES / "convoys.csv"), stdin=content)
    told = json.loads(both.stdout)
    assert told["checked"] == 5
    assert told["rests_on"]["files"][0]["name"] == "-"


def test_json_is_ascii_and_a_narrow_terminal_shows_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "plan.geojson"
    path.write_text(Path(TWO).read_text().replace("rescue-3", "沙\u202e"), encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    for form in ("table", "json"):
        done = subprocess.run(
            [Path(sys.executable).parent / "wideberth", "check", path, "--format", form],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        assert done.stdout.isascii()
        assert b"\\u202e" in done.stdout


def test_a_reader_that_stops_early_changes_no_exit_code() -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" check "$1" | true; exit ${PIPESTATUS[0]}', _program(), TWO],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == b""


def _program() -> str:
    return str(Path(sys.executable).parent / "wideberth")


# Bad input.


def spoiled(tmp_path: Path) -> str:
    content = json.loads(Path(TWO).read_text())
    bad = json.loads(json.dumps(content["features"][0]))
    bad["properties"] |= {"intent": "bad-one", "kind": "ufo", "start": "today"}
    content["features"].insert(1, bad)
    path = tmp_path / "spoiled.geojson"
    path.write_text(json.dumps(content))
    return str(path)


def test_bad_features_are_all_named_and_nothing_is_printed(tmp_path: Path) -> None:
    result = run(spoiled(tmp_path), "--html", str(tmp_path / "r.html"))
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert "feature 1: kind:" in lines[0]
    assert "[intent-kind, got 'ufo']" in lines[0]
    assert "feature 1: start:" in lines[1]
    assert "1 bad feature; nothing was checked (--skip-bad" in lines[2]
    assert not (tmp_path / "r.html").exists()


def test_skip_bad_says_what_was_skipped_in_both_forms(tmp_path: Path) -> None:
    path = spoiled(tmp_path)
    result = run(path, "--skip-bad")
    assert result.exit_code == 1
    assert "Skipped, not checked: 1 bad feature." in result.stdout
    told = answer(path, "--skip-bad")
    assert told["checked"] == 2
    assert [(s["index"], s["intent"], s["field"]) for s in told["skipped"]] == [
        (1, "bad-one", "kind"),
        (1, "bad-one", "start"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nowhere.geojson"],
        [str(EXAMPLES)],
        [TWO, TWO],
        [TWO, "--separation", "1,2"],
        [TWO, "--separation", "1,2,nan"],
        [TWO, "--separation", "-1,0,0"],
        [TWO, "--separation", "1e9,0,0"],
        [TWO, "--terrain", "900"],
        [TWO, "--terrain", "900,100"],
        [TWO, "--pressure-error", "-5"],
        [TWO, "--pressure-error", "nan"],
        [TWO, "--format", "xml"],
        [TWO, "--max-mb", "0"],
        [TWO, "--html", "no/such/folder/r.html"],
        [TWO, "--html", str(EXAMPLES)],
        [TWO, "--nonsense"],
        [TWO, "\0"],
    ],
)
def test_bad_arguments_are_exit_code_2_with_words(arguments: list[str]) -> None:
    before = Path(TWO).read_bytes()
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert Path(TWO).read_bytes() == before


def test_a_report_never_overwrites_an_input(tmp_path: Path) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(Path(TWO).read_bytes())
    (tmp_path / "link.html").symlink_to(path)
    for target in (path, tmp_path / "link.html"):
        result = run(TWO, str(path), "--html", str(target))
        assert result.exit_code == 2
        assert "overwrites-input" in result.stderr
    assert path.read_bytes() == Path(TWO).read_bytes()


def test_a_file_over_the_limit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "large.geojson"
    path.write_bytes(b" " * 1_000_001)
    result = run(str(path), "--max-mb", "1")
    assert result.exit_code == 2
    assert "file-size" in result.stderr


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_bytes_in_an_example_end_in_0_1_or_2(data: st.DataObject) -> None:
    content = bytearray(Path(TWO).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 3))
        content[at : at + cut] = data.draw(st.binary(max_size=4))
    for option in ([], ["--skip-bad", "--format", "json"]):
        result = run("-", *option, stdin=bytes(content))
        assert result.exit_code in (0, 1, 2)
        assert bool(result.stdout) == (result.exit_code != 2)
        assert bool(result.stderr) == (result.exit_code == 2)


# The frame.


def test_version_and_help() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("wideberth 0.")
    helped = CliRunner().invoke(app, ["--help"])
    assert helped.exit_code == 0
    assert all(name in helped.stdout for name in COMMANDS)
    assert CliRunner().invoke(app, ["nonsense"]).exit_code == 2


def test_the_reference_names_every_option_field_and_column() -> None:
    page = (PROJECT / "docs" / "reference" / "check.md").read_text()
    helped = CliRunner().invoke(app, ["check", "--help"], env={"COLUMNS": "200"}).stdout
    options = set(re.findall(r"--[a-z][a-z-]+", helped)) - {"--help"}
    assert {"--separation", "--format", "--html", "--skip-bad"} <= options
    for name in sorted(options | KNOWN_PROPERTIES | set(COLUMNS)):
        assert re.search(rf"`(?:properties\.)?{name}[` ]", page), name
    for member in answer(TWO):
        assert f"`{member}`" in page or f'"{member}"' in page


def test_the_frame_loads_no_geometry() -> None:
    code = (
        "import sys, wideberth, wideberth.faces.cli.app as a;"
        "loaded = {'numba', 'numpy', 'shapely', 'wideberth.offline', 'wideberth.space'};"
        "sys.exit(' '.join(loaded & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def placed(tmp_path: Path, *places: tuple[str, float, float, dict[str, object]]) -> str:
    """A file of circles: intent, latitude, longitude, and what else each says."""
    made = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
            "properties": {
                "intent": intent,
                "radius_m": 500,
                "lower": {"value": 0, "units": "M", "reference": "W84"},
                "upper": {"value": 50, "units": "M", "reference": "W84"},
                "start": "2026-05-01T08:00:00Z",
                "end": "2026-05-01T09:00:00Z",
                **more,
            },
        }
        for intent, latitude, longitude, more in places
    ]
    path = tmp_path / "placed.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}))
    return str(path)


SHIP: dict[str, object] = {"kind": "movement", "actor": "ship"}
SITE: dict[str, object] = {"kind": "presence", "place_name": "Clinic"}


@pytest.mark.requirement("F-04")
@pytest.mark.parametrize(
    ("places", "options", "rules"),
    [
        ([("a", 30.73, 46.48, SHIP)], [], ["ship-on-land"]),
        ([("a", 46.48, 30.73, SHIP)], [], []),
        ([("a", 40, -40, {"kind": "presence"})], [], ["ground-on-water"]),
        ([("a", 40, -40, {"kind": "presence", "actor": "ship"})], [], []),
        ([("a", 40, -40, {"kind": "flight"})], [], []),
        ([("a", 47, 8, {})], ["--area", "45,5,48,12"], []),
        ([("a", 8, 47, {})], ["--area", "45,5,48,12"], ["outside-area"]),
        (
            [("a", 47, 8, SITE), ("b", 47.07, 8, {"place_name": "clinic"})],
            [],
            ["far-from-named"],
        ),
        ([("a", 47, 8, SITE), ("b", 47.03, 8, {"place_name": "clinic"})], [], []),
        ([("a", 47, 8, SITE), ("b", 47.07, 8, {"place_name": "school"})], [], []),
    ],
)
def test_implausible_places_are_asked_about(
    tmp_path: Path,
    places: list[tuple[str, float, float, dict[str, object]]],
    options: list[str],
    rules: list[str],
) -> None:
    path = placed(tmp_path, *places)
    result = run(path, "--format", "json", *options)
    asked = json.loads(result.stdout)["questions"]
    assert [(each["rule"], each["confirmed"]) for each in asked] == [(r, False) for r in rules]
    assert result.exit_code == (3 if rules else 0)
    confirmed = run(path, "--format", "json", "--confirmed", *options)
    assert confirmed.exit_code == 0
    answered = json.loads(confirmed.stdout)["questions"]
    assert [each["confirmed"] for each in answered] == [True] * len(rules)
    table = run(path, *options, "--html", str(tmp_path / "r.html"))
    for rule in rules:
        assert f"[{rule}, " in table.stdout
        assert rule in (tmp_path / "r.html").read_text()
    assert ("--confirmed" in table.stdout) is bool(rules)


def test_questions_do_not_hide_conflicts(tmp_path: Path) -> None:
    path = placed(tmp_path, ("a", 30.73, 46.48, SHIP), ("b", 30.73, 46.48, {}))
    result = run(path)
    assert result.exit_code == 1
    assert "1 conflict among 2 intents." in result.stdout
    assert "1 question about places" in result.stdout


def test_an_actor_that_is_none_is_a_bad_feature(tmp_path: Path) -> None:
    result = run(placed(tmp_path, ("a", 47, 8, {"actor": "boat"})))
    assert result.exit_code == 2
    assert "actor: give one of fixed, rotary," in result.stderr


def test_what_many_features_have_wrong_is_told_in_few_lines(tmp_path: Path) -> None:
    bad: dict[str, object] = {"kind": "ufo"}
    places = [(f"i{n}", 47, 8 + n / 10, {} if n in {10, 20} else bad) for n in range(100)]
    places.append(("late", 47, 20, {"end": "tomorrow"}))
    result = run(placed(tmp_path, *places))
    lines = result.stderr.splitlines()
    assert len(lines) == 6
    assert ["feature 0: kind:" in lines[0], "feature 2: kind:" in lines[2]] == [True, True]
    assert "feature 100: end:" in lines[3]
    assert "features 3 to 9, 11 to 19, 21 to 99: kind:" in lines[4]
    assert lines[4].endswith("[intent-kind, 95 more]")
    assert "99 bad features; nothing was checked" in lines[5]
