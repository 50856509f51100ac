"""A token speaks for one party: nothing is made in another's name, and nobody is made up."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api_world import flight, moment, serving, square
from wideberth.faces.cli.app import app

PERIOD = ("--from", moment(-60), "--to", moment(0))


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize(
    "command",
    [("evidence", "--out", "x.zip"), ("timeline",), ("report", *PERIOD, "--out", "pack")],
    ids=["evidence", "timeline", "report"],
)
def test_nothing_is_made_for_a_party_by_anothers_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path) as (url, world):
        asked = (*command, "--url", url, "--token", world.tokens["alpha"])
        code, said = run(*asked, "--party", "bravo")
        assert (code, "wrote" in said) == (2, False)
        assert "this token speaks for alpha, not for bravo" in said
        assert [each.name for each in tmp_path.iterdir()] == ["wideberth-data"]
        code, said = run(*asked, "--party", "alpha")
        assert code == 0, said


@pytest.mark.parametrize(
    "command",
    [
        ("token", "brovo"),
        ("party", "key", "brovo", "--out", "x.key"),
        ("channel", "add", "brovo", "stream"),
        ("drill", "send", "brovo"),
        ("timeline", "--party", "brovo"),
        ("evidence", "--party", "brovo", "--out", "x.zip"),
        ("report", "--party", "brovo", *PERIOD),
        ("export", "--party", "brovo"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_slip_in_a_name_is_answered_with_the_parties(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for party in ("alpha", "bravo"):
        assert run("party", "add", party)[0] == 0
    code, said = run(*command)
    assert code == 2, said
    assert "did you mean bravo? The parties: alpha, bravo" in said


def test_a_window_that_ends_before_it_begins_is_told_in_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("party", "add", "alpha")[0] == 0
    window = ("--from", "2026-11-22T00:00:00Z", "--to", "2026-11-21T00:00:00Z")
    code, said = run("timeline", "--party", "alpha", *window)
    assert code == 2
    assert "ends 2026-11-21T00:00:00Z, before it begins 2026-11-22T00:00:00Z" in said


def test_a_key_is_not_enrolled_for_a_party_by_anothers_token(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        out = tmp_path / "bravo.key"
        asks = ("--url", url, "--token", world.tokens["alpha"])
        code, said = run("sealed", "enrol", "--party", "bravo", "--out", str(out), *asks)
        assert code == 2
        assert "the credential speaks for alpha: a key of another party is enrolled with" in said
        assert not out.exists()


def test_swapped_numbers_of_a_place_are_asked_about_on_both_ways(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        circle = {"type": "Point", "coordinates": [37.02, 126.03], "radius_m": 500}
        answer = httpx.post(
            f"{url}/api/v1/intents",
            json=flight({**square(), "footprint": circle}),
            headers={"Authorization": f"Bearer {world.tokens['alpha']}"},
        )
        assert answer.status_code == 400
        assert "longitude comes first here, as in GeoJSON; are the two swapped?" in answer.text
        asks = ("--url", url, "--token", world.tokens["alpha"])
        key = str(tmp_path / "alpha.key")
        assert run("sealed", "enrol", "--party", "alpha", "--out", key, *asks)[0] == 0
        claim = ("account", "i1", "--point", "126.03,37.02", "--key", key)
        code, said = run("incident", *claim, *asks)
        assert code == 2
        assert "latitude comes first, from -90 to 90; are the two swapped?" in said
