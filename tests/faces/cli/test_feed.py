"""``wideberth feed`` carries positions to a node, says what came of them, and what is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api_world import serving
from sbs_lines import sbs
from wideberth.faces.cli.app import app

PLACE = (47.45, 8.55)
PROGRAM = Path(sys.executable).with_name("wideberth")


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["feed", *arguments])
    return done.exit_code, " ".join(done.output.split())


def test_a_file_is_carried_and_what_was_refused_is_said(tmp_path: Path) -> None:
    path = tmp_path / "flight.txt"
    good = sbs(4, speed="300", track="90") + sbs(3, place=PLACE, altitude="9000")
    path.write_bytes(good + sbs(3, "ABCDEF", place=PLACE, at="2020/01/01,00:00:00") + b"junk\n")
    with serving(tmp_path) as (url, world):
        node = ("--url", url, "--token", world.tokens["alpha"], "--name", "box", "--once")
        code, said = run("sbs", f"file:{path}", *node, "--owner", "bravo")
        assert code == 0, said
        assert "box: 3 messages, 2 positions taken, 0 refused, 1 malformed" in said
        with httpx.Client(base_url=f"{url}/api/v1") as client:
            headers = {"Authorization": f"Bearer {world.tokens['bravo']}"}
            tracks = client.get("/tracks", headers=headers).json()["tracks"]
        assert [each["track"] for each in tracks] == ["4ca7b6", "abcdef"]
        assert {each["party"] for each in tracks} == {"bravo"}
        assert tracks[0]["pressure_altitude_m"] == pytest.approx(2743.2)

        # The same lines by their own times, which are long past.
        code, said = run("sbs", f"file:{path}", *node, "--zone", "UTC")
        assert code == 1, said
        assert "0 positions taken" in said
        assert "time-old" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("carrier-pigeon", "tcp://127.0.0.1:1"), "KIND: give one of: sbs,"),
        (("sbs", "127.0.0.1:1"), "give tcp://host:port"),
        (("sbs", "http://127.0.0.1/"), "sbs comes over tcp, udp, file"),
        (("sbs", "tcp://127.0.0.1:1", "--zone", "Nowhere"), "give a zone like Europe/Kyiv"),
        (("sbs", "tcp://127.0.0.1:1"), "--url"),
    ],
)
def test_what_is_wrong_is_named(arguments: tuple[str, ...], said: str) -> None:
    code, told = run(*arguments)
    assert (code, said in told) == (2, True), told


def test_an_interrupt_ends_it_with_its_counts(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        process = subprocess.Popen(
            [str(PROGRAM), "feed", "sbs", "tcp://127.0.0.1:1"],
            env={**os.environ, "WIDEBERTH_URL": url, "WIDEBERTH_TOKEN": world.tokens["alpha"]},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        assert "retrying: " in said
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "feed: 0 messages, 0 positions taken" in rest
