"""The host's commands, run as a person runs them: in a process, on a folder, to the end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from scenes import OPEN, Scene, author, details, named
from wideberth.client import ApiProblem, Client, PartyKey
from wideberth.faces.cli._host import duration_s
from wideberth.faces.cli.app import COMMANDS, app
from wideberth.faces.cli.export import may_be_exported
from wideberth.model.commands import SubmitIntent
from wideberth.model.entries import IntentAccepted
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import IntentKind, Source
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.picture.visibility import is_readable
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import now_us
from wideberth.space.time import HOUR_US, format_rfc3339

WIDEBERTH = Path(sys.executable).parent / "wideberth"


class Done(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, status: int = 0) -> Done:
    """Run a command in this process, in a folder."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, arguments)
    assert done.exit_code == status, done.output
    assert status or done.exception is None
    return Done(done.stdout, done.stderr)


def run_process(folder: Path, *arguments: str, status: int = 0) -> Done:
    """Run a command in a process of its own, as a person does."""
    done = subprocess.run(
        [WIDEBERTH, *arguments],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return Done(done.stdout, done.stderr)


@contextmanager
def serving(folder: Path, *arguments: str) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """A node on a free port of this machine: its URL and its process."""
    process = subprocess.Popen(
        [WIDEBERTH, "serve", "--port", "0", "--ready-file", "ready", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ready = folder / "ready"
    try:
        for _ in range(600):
            if process.poll() is not None or (ready.exists() and ready.read_text().strip()):
                break
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()
        yield ready.read_text().strip(), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose node knows two parties, one of which has a key."""
    folder = tmp_path_factory.mktemp("space")
    added = run(
        folder,
        *("party", "add", "alpha", "--name", "Alpha Air", "--unit", "u1", "--unit", "u2"),
        *("--contact", "Duty desk", "--channel", "tel:+15550100"),
    )
    assert "made wideberth-data/keys/origin.key" in added.stderr
    run(folder, "party", "add", "bravo", "--neutral")
    run(folder, "party", "key", "alpha", "--out", "alpha.key", "--id", "k1")
    return folder


def test_every_command_has_help(tmp_path: Path) -> None:
    for command in COMMANDS:
        if command != "demo":  # has its own tests
            run(tmp_path, command, "--help")
    assert "serve" in run_process(tmp_path, "--help").stdout
    assert list(tmp_path.iterdir()) == []


def test_parties_are_listed_with_units_keys_and_contact(space: Path) -> None:
    lines = run(space, "party", "list").stdout.splitlines()
    assert lines[1].split() == ["alpha", "Alpha", "Air", "u1", "u2", "k1", "Duty", "desk"]
    assert lines[2].startswith("bravo (neutral)")


def test_what_is_not_given_stays(space: Path) -> None:
    assert run(space, "party", "add", "alpha").stdout == "changed alpha\n"
    assert "u1 u2" in run(space, "party", "list").stdout


def test_no_name_of_a_contact_enters_the_record(space: Path) -> None:
    with sqlite3.connect(space / "wideberth-data" / "record.sqlite3") as db:
        envelopes = b"".join(row[0] for row in db.execute("SELECT envelope FROM entry"))
    assert b"Duty desk" not in envelopes
    assert b"15550100" not in envelopes


def test_a_partys_key_is_the_partys_alone(space: Path) -> None:
    path = space / "alpha.key"
    assert path.stat().st_mode & 0o777 == 0o600
    seed = json.loads(path.read_text())["seed"].encode()
    for file in (space / "wideberth-data").rglob("*"):
        assert not file.is_file() or seed not in file.read_bytes()
    inside = run(space, "party", "key", "alpha", "--out", "wideberth-data/a.key", status=2)
    assert "key-in-folder" in inside.stderr
    run(space, "party", "key", "alpha", "--out", "alpha.key", status=2)
    taken = run(space, "party", "key", "alpha", "--out", "other.key", "--id", "k1", status=2)
    assert "key-id-taken" in taken.stderr
    assert not (space / "other.key").exists()


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        pytest.param(("token", "nobody"), "party-unknown", id="an unknown party"),
        pytest.param(("token", "alpha", "--for", "9"), "duration", id="a life without unit"),
        pytest.param(("token", "alpha", "--for", "25h"), "token-life", id="a life too long"),
        pytest.param(("token", "alpha", "--role", "king"), "--role", id="an unknown role"),
        pytest.param(("party", "add", "Not An Id"), "party-id", id="a bad id"),
        pytest.param(("party", "add", "wideberth"), "party-id", id="the mechanism's id"),
        pytest.param(("party", "add", "x", "--channel", "tel:1"), "--contact", id="half a contact"),
        pytest.param(("rules", "adopt", "none.toml"), "none.toml", id="no rules file"),
        pytest.param(("party", "list", "--folder", "no"), "no wideberth node", id="no folder"),
        pytest.param(("export", "--party", "nobody"), "party-unknown", id="nobody's export"),
        pytest.param(("export", "--party", "alpha", "--from", "x"), "--from", id="a bad time"),
        pytest.param(("replay", "none.jsonl"), "none.jsonl", id="no export"),
        pytest.param(("replay", "alpha.key"), "alpha.key", id="not an export"),
        pytest.param(("verify", "no"), "nothing of this name", id="no record"),
        pytest.param(("verify", "--vkey", "x"), "vkey", id="no key"),
        pytest.param(("serve", "--host", "0.0.0.0"), "authentication", id="an open address"),
        pytest.param(("serve", "--host", "no.invalid"), "authentication", id="a name"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(
    space: Path, arguments: tuple[str, ...], wanted: str
) -> None:
    with SqliteRecord(space / "wideberth-data") as record:
        before = record.head()
        assert wanted in run(space, *arguments, status=2).stderr
        assert record.head() == before


def test_rules_are_shown_changed_and_adopted(space: Path) -> None:
    shown = run(space, "rules", "show").stdout
    (space / "rules.toml").write_text(shown)
    assert "rules-version-taken" in run(space, "rules", "adopt", "rules.toml", status=2).stderr
    (space / "rules.toml").write_text(shown.replace('"default-2"', '"ours-2"', 1))
    assert "ours-2" in run(space, "rules", "adopt", "rules.toml").stdout
    assert 'version = "ours-2"' in run(space, "rules", "show").stdout


def test_a_record_verifies_until_one_byte_is_changed(space: Path, tmp_path: Path) -> None:
    verified = run(space, "verify").stdout
    vkey = next(line.split()[1] for line in verified.splitlines() if line.startswith("key"))
    assert run(space, "verify", "--vkey", vkey).stderr == ""
    run(space, "verify", "--vkey", f"{vkey.split('+')[0]}+00000000+{vkey.split('+')[2]}", status=2)

    copy = tmp_path / "copy"
    copy.mkdir()
    for file in (space / "wideberth-data").glob("record.sqlite3*"):
        (copy / file.name).write_bytes(file.read_bytes())
    with sqlite3.connect(copy / "record.sqlite3") as db:
        db.execute(
            "UPDATE entry SET envelope = CAST(replace(CAST(envelope AS TEXT), 'Alpha', 'Alphb')"
            " AS BLOB) WHERE position = 1"
        )
    assert "entry 1" in run(tmp_path, "verify", "copy", status=1).stderr


def test_replay_gives_the_digest_of_the_record(space: Path) -> None:
    one, two = (run(space, "replay").stdout for _ in range(2))
    assert one == two
    assert "1  KeyEnrolled" in one
    assert len(one.splitlines()[-1].removeprefix("digest").strip()) == 64


def test_durations_are_read() -> None:
    assert [duration_s(text, option="--for") for text in ("45s", "30m", "8h", "7d")] == [
        45,
        1_800,
        28_800,
        604_800,
    ]


# A node that serves.


def intent(*, kind: str = "flight", hours: int = 1, **more: object) -> dict[str, object]:
    start_us = now_us() + hours * HOUR_US
    return {
        "kind": kind,
        "volumes": [
            {
                "footprint": {"type": "Point", "coordinates": [8.0, 47.0], "radius_m": 500},
                "lower": {"value": 0, "units": "M", "reference": "W84"},
                "upper": {"value": 120, "units": "M", "reference": "W84"},
                "start": format_rfc3339(start_us),
                "end": format_rfc3339(start_us + HOUR_US),
            }
        ],
        **more,
    }


async def test_the_walking_skeleton(space: Path) -> None:
    tokens = {
        party: run_process(space, "token", party, "--for", "1h").stdout.strip()
        for party in ("alpha", "bravo")
    }
    key = PartyKey.load(space / "alpha.key")
    with serving(space) as (url, _):
        async with (
            Client(url, tokens["alpha"], key=key) as alpha,
            Client(url, tokens["bravo"]) as bravo,
        ):
            facts = await alpha.space()
            assert facts["origin"] == key.origin
            await alpha.submit_intent(intent(), signed=True)
            before = await alpha.checkpoint()
            told = await bravo.submit_intent(intent())
            assert told["intent"]["party"] == "bravo"
            notice = None
            async for event in alpha.events():
                if event.name == "notice":
                    notice = event.data
                    break
            assert notice is not None
            assert NEITHER_PERMISSION_NOR_GUARANTEE in json.dumps(notice)
            page = await alpha.notices()
            name = page["notices"][0]["id"]
            await alpha.acknowledge(name, "RECEIVED")
            await alpha.acknowledge(page["notices"][0], "PASSED-DOWN", unit="u1")
            await alpha.acknowledge(page["notices"][0], "LOADED", unit="u1", system="planner")
            with pytest.raises(ApiProblem) as refused:
                await alpha.acknowledge(
                    page["notices"][0], "LOADED", unit="nobody", system="planner"
                )
            assert refused.value.rule == "unit-not-listed"
            await alpha.acknowledge(page["notices"][0], "LOADED", unit="u2", system="planner")
            assert (await alpha.notices())["notices"] == []
            presence = intent(
                kind="presence",
                hours=3,
                visibility={"level": "named", "parties": []},
                provenance={"source": "gps", "accuracy_m": 5},
                place_name="the old school",
            )
            hidden = (await alpha.submit_intent(presence))["intent"]["id"]
            (space / "checkpoint").write_text(before)

    verified = run_process(space, "verify", "--checkpoint", "checkpoint").stdout
    assert "signed   4 statements" in verified

    # An export for each: alpha has its own presence, bravo has no trace of it.
    for party in ("alpha", "bravo"):
        run_process(space, "export", "--party", party, "--out", f"{party}.jsonl")
        assert (space / f"{party}.jsonl").stat().st_mode & 0o777 == 0o600
        replayed = run_process(space, "replay", f"{party}.jsonl").stdout
        assert "NoticeIssued" in replayed
    assert hidden in (space / "alpha.jsonl").read_text()
    for trace in (hidden, "old school", "ClashesFound"):
        assert trace not in (space / "bravo.jsonl").read_text()
    header = json.loads((space / "alpha.jsonl").read_text().split("\n", 1)[0])
    assert header["acknowledgement"] == NEITHER_PERMISSION_NOR_GUARANTEE
    assert header["party"] == "alpha"

    # A changed word in an export is found.
    lied = (space / "bravo.jsonl").read_text().replace("flight", "hazard", 1)
    (space / "lied.jsonl").write_text(lied)
    assert "proof" in run_process(space, "replay", "lied.jsonl", status=1).stderr


def test_ctrl_c_ends_a_node_and_its_streams_and_leaves_nothing(space: Path) -> None:
    token = run(space, "token", "alpha").stdout.strip()
    with serving(space) as (url, process):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.stream("GET", f"{url}/api/v1/stream", headers=headers, timeout=20) as stream:
            chunks = stream.iter_raw()
            next(chunks)
            process.send_signal(signal.SIGINT)
            rest = b"".join(chunks)
        assert b"event: bye" in rest
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert f"wideberth is listening on {url}" in out
        assert NEITHER_PERMISSION_NOR_GUARANTEE in out
        assert "Traceback" not in err
    assert not (space / "ready").exists()
    names = {path.name for path in (space / "wideberth-data").iterdir()}
    assert not {"record.sqlite3-wal", "record.sqlite3-shm"} & names


def test_a_port_that_is_taken_is_said_so(space: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "cannot listen" in run(space, "serve", "--port", str(port), status=2).stderr


def test_another_address_needs_configured_authentication(tmp_path: Path) -> None:
    refused = run(tmp_path, "serve", "--host", "0.0.0.0", status=2)
    assert "authentication-not-configured" in refused.stderr
    assert list(tmp_path.iterdir()) == [], "nothing was made"
    (tmp_path / "wideberth-data").mkdir()
    (tmp_path / "wideberth-data" / "wideberth.toml").write_text("[auth]\nbuilt_in = true\n")
    with serving(tmp_path, "--host", "0.0.0.0") as (url, _):
        assert url.startswith("http://0.0.0.0:")


def test_a_node_with_a_certificate_speaks_https(tmp_path: Path) -> None:
    folder = tmp_path / "wideberth-data"
    folder.mkdir()
    certificate = self_signed(folder)
    (folder / "wideberth.toml").write_text(
        '[listen]\ntls_certificate = "certificate.pem"\ntls_key = "key.pem"\n'
    )
    with serving(tmp_path) as (url, _):
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=certificate)
        assert httpx.get(f"{url}/healthz", verify=trusting, timeout=20).status_code == 200


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


def test_commands_work_while_a_node_serves(space: Path) -> None:
    with serving(space) as (url, _):
        run(space, "party", "add", "charlie")
        token = run(space, "token", "charlie").stdout.strip()
        answer = httpx.get(
            f"{url}/api/v1/notices", headers={"Authorization": f"Bearer {token}"}, timeout=20
        )
        assert answer.status_code == 200


def test_a_presence_is_never_exported_to_others_whatever_its_level_says() -> None:
    scene = Scene("north", "south", "east")
    place = details(kind=IntentKind.PRESENCE, visibility=named("south"), source=Source.GPS)
    told = SubmitIntent(IntentId("p1"), place)
    scene.accept(told, author("north"))
    entry = next(each for each in scene.entries if isinstance(each.body, IntentAccepted))
    assert isinstance(entry.body, IntentAccepted)
    shown = msgspec.structs.replace(entry.body.intent.visibility, level=OPEN.level)
    intent = msgspec.structs.replace(entry.body.intent, visibility=shown)
    planted = msgspec.structs.replace(
        entry, body=msgspec.structs.replace(entry.body, intent=intent)
    )
    assert is_readable(scene.picture, planted, PartyId("east")), "by its level alone it would be"
    readers = [
        p for p in ("north", "south", "east") if may_be_exported(scene.picture, planted, PartyId(p))
    ]
    assert readers == ["north", "south"]
