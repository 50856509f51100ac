"""``wideberth feed`` carries positions to a node, says what came of them, and what is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from typer.testing import CliRunner

from api_world import serving
from certificates import make
from sbs_lines import sbs
from tak_world import said as cot_said
from wideberth.faces.cli.app import app
from wideberth.space.time import parse_rfc3339
from wideberth.wire.cotxml import encode_xml

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

        code, said = run("sbs", f"file:{path}", *node, "--track-id", "4ca7b6=HB-ABC")
        assert code == 0, said
        with httpx.Client(base_url=f"{url}/api/v1") as client:
            headers = {"Authorization": f"Bearer {world.tokens['alpha']}"}
            tracks = client.get("/tracks", headers=headers).json()["tracks"]
        assert "HB-ABC" in {each["track"] for each in tracks}

        # The same lines by their own times, which are long past.
        code, said = run("sbs", f"file:{path}", *node, "--zone", "UTC")
        assert code == 1, said
        assert "0 positions taken" in said
        assert "time-old" in said


def test_what_is_carried_keeps_when_each_value_was_said(tmp_path: Path) -> None:
    now_s = time.time()

    def at(ago_s: float) -> str:
        return datetime.fromtimestamp(now_s - ago_s, UTC).strftime("%Y/%m/%d,%H:%M:%S.%f")

    path = tmp_path / "flight.txt"
    path.write_bytes(
        sbs(4, speed="300", track="90", at=at(6)) + sbs(5, altitude="9000", at=at(4))
        + sbs(3, place=PLACE, at=at(2))
    )  # fmt: skip
    with serving(tmp_path) as (url, world):
        node = ("--url", url, "--token", world.tokens["alpha"], "--name", "box", "--once")
        code, said = run("sbs", f"file:{path}", *node, "--zone", "UTC")
        assert code == 0, said
        with httpx.Client(base_url=f"{url}/api/v1") as client:
            headers = {"Authorization": f"Bearer {world.tokens['alpha']}"}
            (track,) = client.get("/tracks", headers=headers).json()["tracks"]
    times_us = [parse_rfc3339(track[each]) for each in ("velocity_time", "altitude_time", "time")]
    assert [after - before for before, after in pairwise(times_us)] == [2_000_000, 2_000_000]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("carrier-pigeon", "tcp://127.0.0.1:1"), "KIND: give one of: sbs,"),
        (("sbs", "127.0.0.1:1"), "give tcp://host:port"),
        (("sbs", "http://127.0.0.1/"), "sbs comes over tcp, udp, file"),
        (("sbs", "tcp://127.0.0.1:1", "--zone", "Nowhere"), "give a zone like Europe/Kyiv"),
        (("sbs", "tcp://127.0.0.1:1"), "--url"),
        (("sbs", "tcp://127.0.0.1:1", "--track-id", "4ca7b6"), "--track-id: give SAID=MEANT"),
        (("sbs", "tcp://127.0.0.1:1", "--track-id", "=x"), "track_ids: give 1 to 128 printed"),
        (("sbs", "tcp://127.0.0.1:1", "--idle", "0"), "idle_s: give 1 to 86400"),
        (("sbs", "tcp://127.0.0.1:1", "--most-kb-s", "0"), "most_kb_s: give 1 to 100000"),
        (("sbs", "tcp://127.0.0.1:1", "--tls-ca", "ca.pem"), "it is of feeds that come over tls"),
        (("cot", "tls://127.0.0.1:1", "--tls-key", "key.pem"), "give tls_certificate and tls_key"),
        (("readsb", "http://127.0.0.1:1/", "--feed-token", "none"), "--feed-token: "),
        (("parquet", "file:/none", "--once"), "ADDRESS: it, or a folder on"),
        (("sbs", "tcp://127.0.0.1:1", "--once"), "--once: it is of files"),
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


class Asked(BaseHTTPRequestHandler):
    """A source that answers one aircraft to whoever shows the token."""

    shown: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.shown.append(self.headers.get("Authorization", ""))
        now = time.time()
        aircraft = {"hex": "4ca7b6", "lat": 47.0, "lon": 8.0, "seen_pos": 0}
        body = json.dumps({"now": now, "aircraft": [aircraft]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is named there
        """Nothing."""


def carried(world_url: str, token: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(PROGRAM), "feed", *arguments],
        env={**os.environ, "WIDEBERTH_URL": world_url, "WIDEBERTH_TOKEN": token},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_track(url: str, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers) as client:
        for _ in range(300):
            tracks = client.get("/tracks").json()["tracks"]
            if tracks:
                return tracks[0]
            time.sleep(0.1)
    raise AssertionError("no track came")


def test_the_token_of_a_url_comes_from_a_file_and_stands_on_no_command_line(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("opened-sesame\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with serving(tmp_path) as (url, world):
        address = f"http://127.0.0.1:{server.server_port}/aircraft.json"
        arguments = ("readsb", address, "--feed-token", str(secret))
        process = carried(url, world.tokens["alpha"], *arguments)
        try:
            assert wait_for_track(url, world.tokens["alpha"])["track"] == "4ca7b6"
            line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            assert b"opened-sesame" not in line
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
            server.shutdown()
            server.server_close()
    assert set(Asked.shown) == {"Bearer opened-sesame"}


def test_a_line_over_tls_shows_its_certificate_and_checks_the_other(tmp_path: Path) -> None:
    authority = make(tmp_path, "authority", "authority")
    there, here = (make(tmp_path, name, name, by=authority) for name in ("there", "here"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*there.pair)
    context.load_verify_locations(authority.pair[0])
    context.verify_mode = ssl.CERT_REQUIRED
    event = cot_said("a-f-A", uid="ICAO-4CA7B6")

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listening.accept()
                with (
                    contextlib.suppress(OSError),
                    context.wrap_socket(line, server_side=True) as to,
                ):
                    to.sendall(encode_xml(event))
                    to.recv(1)

    with serving(tmp_path) as (url, world), socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        port = listening.getsockname()[1]
        tls = ("--tls-ca", authority.pair[0], "--tls-certificate", here.pair[0])
        arguments = ("cot", f"tls://127.0.0.1:{port}", *tls, "--tls-key", here.pair[1])
        process = carried(url, world.tokens["alpha"], *arguments)
        try:
            assert wait_for_track(url, world.tokens["alpha"])["track"] == "4ca7b6"
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
