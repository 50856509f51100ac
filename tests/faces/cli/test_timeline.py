"""``wideberth timeline``: what one party may read, minute by minute, with its entries."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api_world import a_world, flight, moment, square
from wideberth.evidence.alone.container import unpacked
from wideberth.evidence.timeline import offset_of
from wideberth.faces.cli.app import app


async def happened(folder: Path) -> str:
    """Alpha tells an intent to all, and one to bravo alone; both touch charlie's. Gives the id of
    an incident of alpha's and bravo's about it.
    """
    async with a_world(folder) as world:
        await world.told("charlie")
        await world.told("alpha", square(), call_sign="SEEN-1")
        seen = {"visibility": {"level": "named", "parties": ["bravo"]}}
        answer = await world.ask("alpha", "POST", "/intents", flight(call_sign="HIDDEN-2", **seen))
        assert answer.status_code == 201, answer.text
        body = {"title": "Something", "start": moment(-120), "end": moment(0), "parties": ["bravo"]}
        opened = await world.ask("alpha", "POST", "/incidents", body)
        assert opened.status_code == 201, opened.text
        return json.loads(opened.text)["incident"]


def timeline(folder: Path, *arguments: str, status: int = 0) -> str:
    with contextlib.chdir(folder.parent):
        done = CliRunner().invoke(app, ["timeline", "--folder", str(folder), *arguments])
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("timeline")
    return folder / "wideberth-data", asyncio.run(happened(folder))


@pytest.fixture
def folder(made: tuple[Path, str]) -> Path:
    return made[0]


def test_an_incident_is_told_and_proved_to_those_whom_it_names(made: tuple[Path, str]) -> None:
    folder, incident = made
    text = timeline(folder, "--party", "bravo", "--incident", incident)
    assert "notice sent" not in text, "bravo has told nothing that clashes"
    assert text.count("intent told: ") == 2, "charlie is not in it, and not near by"
    assert "no-such-incident" in timeline(
        folder, "--party", "charlie", "--incident", incident, status=2
    )
    both = ("--incident", incident, "--object", "x")
    assert "one-of" in timeline(folder, "--party", "bravo", *both, status=2)
    out = folder.parent / "bundle.zip"
    arguments = ["evidence", "--folder", str(folder), "--party", "bravo", "--out", str(out)]
    done = CliRunner().invoke(app, [*arguments, "--incident", incident])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["verify", str(out)])
    assert done.exit_code == 0, done.output
    page = unpacked(out.read_bytes())["index.html"].decode()
    assert "What each party says" in page
    assert "What the record shows" in page


@pytest.mark.requirement("I-02")
def test_a_party_is_shown_its_own_entries_and_those_told_to_it(folder: Path) -> None:
    text = timeline(folder, "--party", "charlie", "--offset", "+02:00")
    assert text.count("intent told: ") == 2
    assert "notice sent: The mechanism issued a notice to charlie" in text
    assert "Time from telling to start" in text
    assert "attested: the host says that it came from alpha" in text
    assert "+02:00)" in text
    everything = timeline(folder, "--party", "bravo")
    assert everything.count("intent told: ") == 3, "bravo was named"


def test_a_window_without_entries_says_so(folder: Path) -> None:
    text = timeline(folder, "--party", "charlie", "--to", "2001-01-01T00:00:00Z")
    assert "No entry that its reader may see bears on this." in text


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--party", "charlie", "--offset", "2"), "--offset"),
        (("--party", "charlie", "--from", "soon"), "--from"),
        (("--party", "nobody at all"), "--party"),
        (
            ("--party", "bravo", "--from", "2027-01-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z"),
            "from, to",
        ),
    ],
)
def test_bad_input_is_named(folder: Path, arguments: tuple[str, ...], named: str) -> None:
    assert named in timeline(folder, *arguments, status=2)


def test_an_offset_may_be_west() -> None:
    assert str(offset_of("-03:30", field="x")) == "UTC-03:30"
