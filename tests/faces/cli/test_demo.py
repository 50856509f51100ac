"""The demo: real positions as they were recorded, and nothing left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from wideberth.faces.cli._demo import flights as flights_module
from wideberth.faces.cli._demo.cast import CAST, INVENTED
from wideberth.faces.cli._demo.flights import END_US, SAMPLE, START_US, Flights, owner_of, read_day
from wideberth.faces.cli._demo.invented import DRONE, HELICOPTER
from wideberth.faces.cli._demo.node import free_port
from wideberth.faces.cli.app import app
from wideberth.faces.feeds.files import read_positions
from wideberth.faces.feeds.samples import sample_path
from wideberth.space.time import MINUTE_US, SECOND_US, parse_rfc3339

START_WITHIN_S = 240
CODE = "from wideberth.faces.cli import main; main()"


@pytest.fixture(scope="module")
def day() -> Flights:
    found = read_day()
    if found is None:
        pytest.skip("the sample flights are not installed")
    return found


def test_every_replayed_position_is_one_that_was_recorded_and_none_is_left_out(
    day: Flights,
) -> None:
    path = sample_path(SAMPLE)
    assert path is not None
    rows, _ = read_positions(path, feed="x")
    hours = (rows.time_us > START_US) & (rows.time_us <= END_US)
    recorded = {
        (rows.track_id[k], int(rows.time_us[k]), float(rows.latitude_deg[k]))
        for k in np.flatnonzero(hours)
    }
    replayed = [
        (str(each["track"]), parse_rfc3339(each["time"]), float(str(each["latitude"])))
        for minute in range(95)
        for each in day.reports(START_US + minute * MINUTE_US, START_US + (minute + 1) * MINUTE_US)
    ]
    assert len(replayed) == int(hours.sum())
    assert set(replayed) == recorded


def test_an_aircraft_has_a_working_area_around_where_it_flew(day: Flights) -> None:
    area = day.area("AA460", at_fire=True, spread=10.0)
    longitudes, latitudes = zip(*area.ring_deg, strict=True)
    longitude, latitude = day.middle("AA460")
    assert min(longitudes) < longitude < max(longitudes)
    assert min(latitudes) < latitude < max(latitudes)
    assert area.ring_deg[0] == area.ring_deg[-1]
    assert 1500 < area.lower_m < area.upper_m < 2500


@pytest.mark.parametrize(
    ("call_sign", "party"),
    [
        ("AA460", "air-attack"),
        ("A230", "air-attack"),
        ("T71", "tankers"),
        ("N427DF", "tankers"),
        ("C305", "helicopters"),
        ("N345WN", "helicopters"),
        (None, "tankers"),
    ],
)
def test_an_aircraft_is_given_to_a_party_by_its_call_sign(
    call_sign: str | None, party: str
) -> None:
    assert owner_of("abc", call_sign) == party


@pytest.mark.parametrize("flight", [HELICOPTER, DRONE], ids=lambda each: each.party)
def test_what_is_invented_says_so_wherever_it_is_shown(flight: object) -> None:
    assert isinstance(flight, type(DRONE))
    names = {role.party: role.name for role in CAST}
    assert INVENTED in names[flight.party]
    whole = flight.reports(START_US, END_US)
    assert whole
    assert all("INVENTED" in str(each["call_sign"]) for each in whole)
    assert "invented" in flight.feed
    step_us = 7 * SECOND_US
    pieces = [
        each
        for k in range((END_US - START_US) // step_us + 1)
        for each in flight.reports(START_US + k * step_us, START_US + (k + 1) * step_us)
    ]
    assert pieces == whole  # each position once, however often it is asked


def test_all_parties_have_names_that_are_said_to_be_invented() -> None:
    assert all("invented" in role.name for role in CAST)


def test_without_the_sample_it_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights_module, "sample_path", lambda _name: None)
    answer = CliRunner().invoke(app, ["demo"])
    assert answer.exit_code == 2
    assert "pip install --no-deps traffic" in answer.stderr


def demo(tmp_path: Path, *wanted: str) -> subprocess.Popen[str]:
    (tmp_path / "tmp").mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", CODE, "demo", "--no-browser", "--port", "0", *wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "COLUMNS": "200"},
    )


def console_of(path: Path) -> str:
    for _ in range(START_WITHIN_S * 10):
        if path.exists() and (text := path.read_text()):
            return text.splitlines()[0].split("\t")[1]
        time.sleep(0.1)
    raise AssertionError("the demo did not start")


def is_listening(address: str) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) == 0


@pytest.mark.slow
def test_a_short_demo_plays_sums_up_and_verifies_its_record(day: Flights, tmp_path: Path) -> None:
    running = demo(tmp_path, "--no-wait", "--seconds", "7.5", "--speed", "120")
    said, _ = running.communicate(timeout=START_WITHIN_S + 60)
    assert running.returncode == 0, said
    assert "EXERCISE" in said
    assert "tells T71" in said
    assert "reads notice 1 back WRONG" in said
    assert re.search(r"\b[4-9] intents told", said)  # later things too, on a busy machine
    assert re.search(r"waiting for .*N427DF", said)  # not reached: it stands open
    assert "record verified" in said
    assert "origin exercise.wideberth.example/demo" in said
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_stop_leaves_no_process_and_no_folder(
    day: Flights, tmp_path: Path, number: signal.Signals
) -> None:
    consoles = tmp_path / "consoles"
    running = demo(tmp_path, "--console-file", str(consoles))
    address = console_of(consoles)
    assert is_listening(address)
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert "Nothing is left behind" in said
    assert "Traceback" not in said
    assert not is_listening(address)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_port_that_is_taken_is_left_to_whoever_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert free_port(taken) != taken


@pytest.mark.slow
def test_the_border_plays_live_to_its_review(tmp_path: Path) -> None:
    """All of it, from the first draft to the pack: the five hours in a minute and a half."""
    consoles = tmp_path / "consoles"
    running = demo(
        *(tmp_path, "--scenario", "border", "--no-wait", "--speed", "200"),
        *("--console-file", str(consoles)),
    )
    told = page_of(consoles)
    said, _ = running.communicate(timeout=START_WITHIN_S + 300)
    assert running.returncode == 0, said
    assert told["play"]["title"].startswith("A flight along a line")
    assert "INVENTED: " in said
    assert "Lake counters: 5 km" in said
    assert "is shown: the agreement of 5 km in force" in said
    assert "is shown: nothing of the flight, neither whole" in said
    assert re.search(r"\(outside\) +North's air defence launches", said)
    assert re.search(r"\d\dZ  south +STOP from South", said)
    assert re.search(r"south +South tells its answer as a hazard", said)
    assert re.search(r"lake +06:25Z  flight of south; everybody has it", said)
    assert re.search(
        r"lake +10:\d\dZ  hazard of south, LATE, in part where its own people are", said
    )
    assert re.search(r"north +no notice", said)
    assert "Incident: Aircraft along the line" in said
    for party in ("south", "lake"):
        assert re.search(rf"review for {party}, HTML: \S+/review-{party}/report.html", said)
    for party in ("south", "north"):
        assert re.search(rf"evidence for {party}: \d+ entries, \d+ signed, verified: \S+zip", said)
    assert "record verified" in said
    assert list((tmp_path / "tmp").iterdir()) == []


def page_of(consoles: Path) -> dict[str, Any]:
    """What the page of the play says as soon as it says something."""
    for _ in range(START_WITHIN_S * 10):
        if consoles.exists() and "(page)" in (text := consoles.read_text(encoding="utf-8")):
            address = dict(line.split("\t") for line in text.splitlines())["(page)"]
            told: dict[str, Any] = httpx.get(f"{address}lines").json()
            if told["play"]:
                return told
        time.sleep(0.1)
    raise AssertionError("the page did not come")
