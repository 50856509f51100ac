"""``wideberth doctor`` finds each thing that was made wrong on purpose, and nothing where all is
well; it changes nothing.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from certificates import make
from wideberth.atrest import begin_sealed
from wideberth.configuration import load_configuration
from wideberth.faces.cli import _doctor
from wideberth.faces.cli._doctor import Finding, examine
from wideberth.faces.cli.app import app
from wideberth.record.datakey import make_key_file
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import now_us

HOUR_US = 3_600_000_000


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node's folder, to be copied."""
    made = tmp_path_factory.mktemp("pattern") / "data"
    done = CliRunner().invoke(app, ["party", "add", "alpha", "--folder", str(made)])
    assert done.exit_code == 0, done.output
    return made


@pytest.fixture
def folder(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node's folder in which all is well, on a machine where all is well."""
    made = tmp_path / "data"
    shutil.copytree(pattern, made)
    monkeypatch.setattr(os, "geteuid", lambda: made.stat().st_uid or 4711)
    monkeypatch.setattr(_doctor, "_kernel_clock", lambda: 0)
    monkeypatch.setattr(_doctor, "_SLOW_SYNCS_PER_S", 0.001)
    monkeypatch.setenv("WIDEBERTH_LISTEN__PORT", "0")
    for path in (made, *made.rglob("*")):
        if path.stat().st_uid == 0:  # tests that run as root: then root is the owner
            monkeypatch.setattr(os, "geteuid", lambda: 0)
    return made


def found(folder: Path, status: str) -> list[Finding]:
    return [each for each in examine(folder) if each.status == status and each.what != "user"]


def test_where_all_is_well_nothing_is_found_and_nothing_changes(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert [each for each in examine(folder) if each.what not in ("user", "kernels")]
    assert found(folder, "fail") == []
    assert [each for each in found(folder, "warn") if each.what != "kernels"] == []
    kept = {p: t for p, t in before.items() if not p.name.endswith(("-wal", "-shm"))}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_folder_that_is_not_there_is_no_fault_and_is_not_made(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--folder", str(tmp_path / "none")])
    assert done.exit_code == 0, done.output
    assert "is not there" in done.stdout
    assert not (tmp_path / "none").exists()


def broken_settings(folder: Path) -> None:
    (folder / "wideberth.toml").write_text("[limits]\nstreams = 0\n")


def no_issuer_key(folder: Path) -> None:
    text = '[[auth.issuers]]\nissuer = "i"\naudience = "a"\npem = ["no.pem"]\n'
    (folder / "wideberth.toml").write_text(text)


def open_key(folder: Path) -> None:
    (folder / "keys" / "origin.key").chmod(0o640)


def open_folder(folder: Path) -> None:
    folder.chmod(0o755)


def no_key(folder: Path) -> None:
    (folder / "keys" / "origin.key").unlink()


def broken_key(folder: Path) -> None:
    (folder / "keys" / "issuer.pem").write_text("x")


def no_record(folder: Path) -> None:
    (folder / "record.sqlite3").write_bytes(b"x" * 8192)
    for name in ("record.sqlite3-wal", "record.sqlite3-shm"):
        (folder / name).unlink(missing_ok=True)


def newer_record(folder: Path) -> None:
    with sqlite3.connect(folder / "record.sqlite3") as db:
        db.execute("PRAGMA user_version = 99")


def record_of_tomorrow(folder: Path) -> None:
    with sqlite3.connect(folder / "record.sqlite3") as db:
        db.execute("UPDATE head SET time_us = ?", (now_us() + HOUR_US,))


def torn_pages(folder: Path) -> None:
    with sqlite3.connect(folder / "record.sqlite3") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'node'").fetchone()[0]
    with (folder / "record.sqlite3").open("r+b") as file:
        file.seek((page - 1) * 8192)
        file.write(b"\xff" * 512)


def expired(folder: Path) -> None:
    make(folder, "server", "x", days=-2)
    tls(folder)


def soon_expired(folder: Path) -> None:
    make(folder, "server", "x", days=3)
    tls(folder)


def anothers_key(folder: Path) -> None:
    make(folder, "other", "y")
    make(folder, "server", "x")
    (folder / "server.key").write_bytes((folder / "other.key").read_bytes())
    tls(folder)


def tls(folder: Path) -> None:
    text = '[listen]\ntls_certificate = "server.pem"\ntls_key = "server.key"\n'
    (folder / "wideberth.toml").write_text(text)


@pytest.mark.parametrize(
    ("break_it", "status", "what", "word"),
    [
        pytest.param(broken_settings, "fail", "settings", "limits.streams", id="settings"),
        pytest.param(no_issuer_key, "fail", "settings", "pem", id="an issuer's key"),
        pytest.param(open_key, "fail", "modes", "chmod 600", id="a key that others read"),
        pytest.param(open_folder, "warn", "modes", "chmod 700", id="an open folder"),
        pytest.param(no_key, "fail", "keys", "backup", id="no key"),
        pytest.param(broken_key, "fail", "keys", "issuer", id="a broken key"),
        pytest.param(no_record, "fail", "record", "restore", id="no record"),
        pytest.param(newer_record, "fail", "record", "format 99", id="a newer format"),
        pytest.param(record_of_tomorrow, "fail", "clock", "behind", id="a clock behind"),
        pytest.param(torn_pages, "fail", "", "SQLite", id="torn pages"),
        pytest.param(expired, "fail", "certificates", "expired", id="an expired certificate"),
        pytest.param(soon_expired, "warn", "certificates", "renew", id="one that soon will be"),
        pytest.param(anothers_key, "fail", "certificates", "tls_key", id="another's key"),
    ],
)
def test_what_was_made_wrong_is_found_with_what_to_do(
    folder: Path, break_it: Callable[[Path], None], status: str, what: str, word: str
) -> None:
    break_it(folder)
    findings = found(folder, status)
    assert any(
        what in each.what and word in each.said + each.advice and each.advice for each in findings
    ), findings
    done = CliRunner().invoke(app, ["doctor", "--folder", str(folder)])
    assert done.exit_code == (1 if status == "fail" else 0), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_record_that_is_sealed_at_rest_is_no_fault(folder: Path) -> None:
    for path in folder.glob("record.sqlite3*"):
        path.unlink()
    key = OriginKey.load(folder / "keys" / "origin.key")
    make_key_file(folder.parent / "at-rest.key")
    (folder / "wideberth.toml").write_text('[record]\nseal = true\nkey_file = "../at-rest.key"\n')
    table = load_configuration(folder / "wideberth.toml").record
    with SqliteRecord(folder, key=key, vault=begin_sealed(folder, key, table)) as record:
        record.append([b"sealed"], 0, time_us=1)
    assert found(folder, "fail") == []
    assert "sealed" in [each.what for each in found(folder, "ok")]
    (folder.parent / "at-rest.key").unlink()
    assert [each.what for each in found(folder, "fail")] == ["record"]


def test_a_full_and_a_slow_disk_are_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor, "_SLOW_SYNCS_PER_S", 1e12)
    monkeypatch.setattr(_doctor, "_WARN_FREE_BYTES", 2**80)
    assert {each.what for each in found(folder, "warn")} >= {"sync", "disk"}
    monkeypatch.setattr(_doctor, "_FAIL_FREE_BYTES", 2**80)
    assert [each.what for each in found(folder, "fail")] == ["disk"]


def test_a_port_in_use_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("WIDEBERTH_LISTEN__PORT", str(taken.getsockname()[1]))
        assert [each.what for each in found(folder, "warn")][-1] == "port"


def test_few_open_files_and_an_unset_clock_are_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    monkeypatch.setattr(_doctor, "_kernel_clock", lambda: 5)
    assert {each.what for each in found(folder, "warn")} >= {"files", "clock"}


@pytest.fixture
def witness() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server that says what time it is: ``off_s`` from the real one, or nothing."""
    says: dict[str, Any] = {"off_s": 0.0}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(404)
            if says["off_s"] is not None:
                self.send_header("Date", formatdate(now_us() / 1e6 + says["off_s"], usegmt=True))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", says
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("off_s", "status"), [(0.0, "ok"), (-60.0, "fail"), (60.0, "fail"), (None, "warn")]
)
def test_the_clock_is_compared_with_each_witness(
    witness: tuple[str, dict[str, Any]], off_s: float | None, status: str
) -> None:
    url, says = witness
    says["off_s"] = off_s
    assert _doctor._clock_against_witness("witnesses.0", url).status == status
