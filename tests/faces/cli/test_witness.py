"""Witnesses as programs of their own: a real node, real witnesses, a real fork."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from wideberth.faces.cli.app import app
from wideberth.record.cosignatures import WitnessKey
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import parse_checkpoint, parse_note, parse_vkey
from wideberth.record.policy import parse_policy
from wideberth.record.splits import verify_evidence
from wideberth.record.witness import (
    Submission,
    Witness,
    evidence_file,
    format_submission,
    origin_hash,
)

WIDEBERTH = Path(sys.executable).parent / "wideberth"
LOG = OriginKey("space.example/log", bytes(range(32)))


def run(folder: Path, *arguments: str) -> Result:
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, arguments)


@contextlib.contextmanager
def running(folder: Path, name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A program that goes on; its output is in ``<name>.out`` and ``<name>.err``."""
    with (folder / f"{name}.out").open("w") as out, (folder / f"{name}.err").open("w") as err:
        process = subprocess.Popen(
            [WIDEBERTH, *arguments],
            cwd=folder,
            stdout=out,
            stderr=err,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def until(holds: Callable[[], object], *, within_s: float = 60) -> None:
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.05)


def url_in(path: Path, process: subprocess.Popen[str]) -> str:
    """The URL that a program writes once it serves."""
    until(lambda: process.poll() is not None or (path.exists() and path.read_text()[-1:] == "\n"))
    assert process.poll() is None, "it ended"
    return path.read_text().strip()


class Place:
    """A folder with a node of one party, and what stands around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        added = run(folder, "party", "add", "alpha", "--name", "Alpha")
        assert added.exit_code == 0, added.output
        (folder / "token").write_text(run(folder, "token", "alpha").stdout)
        self.data = folder / "wideberth-data"
        self.key = OriginKey.load(self.data / "keys" / "origin.key")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {(self.folder / 'token').read_text().strip()}"}

    def configure(self, *witnesses: tuple[str, str | None]) -> None:
        path = self.data / "wideberth.toml"
        kept = path.read_text().split("[witnessing]")[0]
        tables = "".join(
            f'[[witnesses]]\nvkey = "{vkey}"\n' + (f'url = "{url}"\n' if url else "")
            for vkey, url in witnesses
        )
        path.write_text(f"{kept}[witnessing]\nbeat_s = 0.1\n{tables}")

    @contextlib.contextmanager
    def node(self) -> Iterator[str]:
        ready = self.folder / "node.url"
        ready.unlink(missing_ok=True)
        arguments = ("serve", "--port", "0", "--ready-file", "node.url")
        with running(self.folder, "node", *arguments) as process:
            yield url_in(ready, process)

    def checkpoint(self, url: str, **query: object) -> httpx.Response:
        return httpx.get(
            f"{url}/api/v1/record/checkpoint", params=query, headers=self.headers, timeout=30
        )

    def cosigned_size(self, url: str, *, witnesses: int) -> int | None:
        """The number of entries that so many witnesses cosigned, or None until they did."""
        answer = self.checkpoint(url, witnesses=witnesses)
        return int(answer.text.split("\n")[1]) if answer.status_code == 200 else None


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def witness_key(folder: Path, name: str) -> WitnessKey:
    (folder / name).mkdir(mode=0o700)
    return WitnessKey.make(folder / name / "witness.key", f"witness.example/{name}")


def test_a_node_and_two_witnesses_make_a_quorum(place: Place) -> None:
    """One serves, one comes by itself; the policy is met with both, and verified offline."""
    folder = place.folder
    keys = [witness_key(folder, name) for name in ("w1", "w2")]
    serving = ("witness", "--folder", "w1", "--log", place.key.vkey, "--port", "0")
    with running(folder, "w1", *serving, "--ready-file", "w1.url") as first:
        w1 = url_in(folder / "w1.url", first)
        place.configure((keys[0].vkey, w1), (keys[1].vkey, None))
        with place.node() as url:
            watching = ("--watch", url, "--token-file", "token", "--every", "0.1")
            arguments = ("witness", "--folder", "w2", "--log", place.key.vkey, *watching)
            with running(folder, "w2", *arguments) as second:
                until(lambda: place.checkpoint(url, witnesses=2).status_code == 200)
                note = place.checkpoint(url, witnesses=2).text
                lines = "".join(f"witness w{i} {each.vkey}\n" for i, each in enumerate(keys))
                text = f"log {place.key.vkey}\n{lines}group both all w0 w1\nquorum both\n"
                (folder / "policy.txt").write_text(text)
                assert parse_policy(text.encode()).require(note).is_met
                (folder / "mine.txt").write_text(note)
                heads = ("compare", "mine.txt", "mine.txt", "--policy", "policy.txt")
                assert "agree" in run(folder, *heads).stdout
                hashed = origin_hash(place.key.origin)
                monitored = httpx.get(f"{w1}/{hashed}/checkpoint")
                assert monitored.text.startswith(place.key.origin)
                added = run(folder, "party", "add", "bravo")  # another process on the record
                assert added.exit_code == 0, added.output
                size = parse_checkpoint(parse_note(note).text).size
                until(lambda: f" {size + 1}" in (folder / "w2.out").read_text())
                found = run(
                    folder, "compare", "mine.txt", url, "--policy", "policy.txt",
                    "--token-file", "token",
                )  # fmt: skip
                assert "extends" in found.stdout or "quorum" in found.output
                assert (first.poll(), second.poll()) == (None, None)
    assert first.returncode == 0
    assert second.returncode == 130


def test_a_record_put_back_to_an_older_copy_is_stopped_by_its_witness(place: Place) -> None:
    """The backup is honest, and older than what the witness cosigned."""
    folder = place.folder
    key = witness_key(folder, "w1")
    backup = folder / "backup"
    shutil.copytree(place.data, backup)
    serving = ("witness", "--folder", "w1", "--log", place.key.vkey, "--port", "0")
    with running(folder, "w1", *serving, "--ready-file", "w1.url") as witness:
        place.configure((key.vkey, url_in(folder / "w1.url", witness)))
        assert run(folder, "party", "add", "bravo").exit_code == 0
        with place.node() as url:
            until(lambda: place.checkpoint(url, witnesses=1).status_code == 200)
        configuration = (place.data / "wideberth.toml").read_text()
        shutil.rmtree(place.data)
        shutil.copytree(backup, place.data)
        (place.data / "wideberth.toml").write_text(configuration)
        refused = run(folder, "party", "add", "charlie")
        assert refused.exit_code == 2
        assert "holds a head of 4 entries, and here are 3" in refused.output
        with place.node() as url:
            said = (folder / "node.err").read_text() + (folder / "node.out").read_text()
            assert "nothing more is decided" in said
            assert httpx.get(f"{url}/readyz").status_code == 503
            assert place.checkpoint(url).status_code == 200
    assert "FORK" not in (folder / "w1.err").read_text()


def test_a_forked_log_gets_422_and_leaves_evidence(tmp_path: Path) -> None:
    """Two records under one key; the first is cosigned, the second is not."""
    witness_key(tmp_path, "w1")
    honest, forked = (MemoryRecord(LOG) for _ in range(2))
    honest.append([b"0", b"1", b"2"], 0, time_us=1)
    forked.append([b"0", b"x", b"y", b"z", b"!"], 0, time_us=1)
    serving = ("witness", "--folder", "w1", "--log", LOG.vkey, "--port", "0")

    def add(record: MemoryRecord, old: int) -> httpx.Response:
        proof = record.consistency_proof(old, record.head().size)
        body = format_submission(Submission(old, tuple(proof), record.checkpoint()))
        url = f"{url_in(tmp_path / 'w1.url', process)}/add-checkpoint"
        return httpx.post(url, content=body.encode(), timeout=30)

    with running(tmp_path, "w1", *serving, "--ready-file", "w1.url") as process:
        assert add(honest, 0).status_code == 200
        wrong = add(forked, 0)
        assert (wrong.status_code, wrong.text) == (409, "3\n")
        assert wrong.headers["content-type"] == "text/x.tlog.size"
        assert add(forked, 3).status_code == 422
        honest.append([b"3"], 3, time_us=1)
        assert add(honest, 3).status_code == 422
    assert process.returncode == 1
    path = tmp_path / "w1" / evidence_file(LOG.origin)
    assert f"FORK: {LOG.origin}" in (tmp_path / "w1.err").read_text()
    assert verify_evidence(path.read_text(), keys=[LOG.verifier]).larger.size == 5
    shown = run(tmp_path, "compare", "--evidence", str(path), "--log", LOG.vkey)
    assert shown.exit_code == 0
    assert "FORK" in shown.stdout
    again = run(tmp_path, *serving)
    assert again.exit_code == 1
    assert "FORK" in again.output


def test_a_killed_witness_remembers_every_head_that_it_answered_for(tmp_path: Path) -> None:
    """kill -9 in the midst of submissions: what was answered is stored, and no more than asked."""
    key = witness_key(tmp_path, "w1")
    serving = ("witness", "--folder", "w1", "--log", LOG.vkey, "--port", "0")
    record = MemoryRecord(LOG)
    cosigned = 0
    draw = random.Random(7)
    for number in range(5):
        ready = tmp_path / f"{number}.url"
        with running(tmp_path, "w1", *serving, "--ready-file", str(ready)) as process:
            url = f"{url_in(ready, process)}/add-checkpoint"
            threading.Timer(draw.uniform(0.02, 0.3), process.kill).start()
            with contextlib.suppress(httpx.TransportError), httpx.Client(timeout=30) as client:
                while True:
                    size = record.head().size
                    record.append([b"%d" % size], size, time_us=1)
                    proof = record.consistency_proof(cosigned, size + 1)
                    body = Submission(cosigned, tuple(proof), record.checkpoint())
                    answer = client.post(url, content=format_submission(body).encode())
                    assert answer.status_code == 200, answer.text
                    cosigned = size + 1
            process.wait(20)
        assert process.returncode == -signal.SIGKILL
        with Witness(tmp_path / "w1", key=key, logs=[LOG.verifier]) as witness:
            seen = witness.seen(LOG.origin)
        stored = 0 if seen is None else seen.head.size
        assert cosigned <= stored <= record.head().size
        cosigned = stored
    assert cosigned > 0


@pytest.mark.requirement("R-09")
def test_a_watching_witness_ends_with_1_where_the_log_forked(place: Place) -> None:
    folder = place.folder
    key = witness_key(folder, "w1")
    place.configure((key.vkey, None))
    arguments = ("witness", "--folder", "w1", "--log", place.key.vkey, "--token-file", "token")
    other = MemoryRecord(place.key)
    other.append([b"0", b"1"], 0, time_us=1)
    with place.node() as url:
        first = run(folder, *arguments, "--watch", url, "--once")
        assert first.exit_code == 0, first.output
        database = folder / "w1" / "witness.sqlite3"
        database.unlink()  # as if it had seen the other history
        with Witness(folder / "w1", key=key, logs=[place.key.verifier]) as witness:
            body = f"old 0\n\n{other.checkpoint()}".encode()
            assert witness.add_checkpoint(body, now_s=1).status == 200
        done = run(folder, *arguments, "--watch", url, "--once")
        assert done.exit_code == 1
        assert "FORK" in done.output
        assert httpx.get(f"{url}/readyz").status_code == 503  # it was shown, and decides no more
    assert (place.data / "held-by-witness.txt").exists()


# Bad input.


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        pytest.param(("--log", "nonsense", "--name", "w"), "vkey", id="no key"),
        pytest.param(("--log", LOG.vkey), "name-missing", id="no name"),
        pytest.param(("--log", LOG.vkey, "--name", "a b"), "origin", id="a space in the name"),
        pytest.param(("--log", LOG.vkey, "--name", "w", "--watch", "ftp://x"), "url", id="no url"),
        pytest.param(
            ("--log", LOG.vkey, "--name", "w", "--watch", "http://[::1", "--once"),
            "url",
            id="half a url",
        ),
        pytest.param(
            ("--log", LOG.vkey, "--name", "w", "--watch", "http://127.0.0.1:9", "--once"),
            "unreachable",
            id="nobody there",
        ),
        pytest.param(
            ("--log", LOG.vkey, "--name", "w", "--host", "192.0.2.1"), "address", id="no address"
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: tuple[str, ...], rule: str) -> None:
    done = run(tmp_path, "witness", *arguments)
    assert done.exit_code == 2
    assert f"[{rule}" in done.output


def test_a_witness_keeps_its_name_and_needs_its_key_to_itself(tmp_path: Path) -> None:
    witness_key(tmp_path, "w1")
    look = ("--watch", "http://127.0.0.1:9", "--once")
    renamed = run(
        tmp_path, "witness", "--folder", "w1", "--log", LOG.vkey, "--name", "other", *look
    )
    assert "this witness is witness.example/w1" in renamed.output
    (tmp_path / "w1" / "witness.key").chmod(0o644)
    open_key = run(tmp_path, "witness", "--folder", "w1", "--log", LOG.vkey, *look)
    assert (open_key.exit_code, "chmod 600" in open_key.output) == (2, True)


def test_key_and_memory_are_shown(tmp_path: Path) -> None:
    first = run(tmp_path, "witness", "--name", "w.example", "--log", LOG.vkey, "--show")
    assert first.exit_code == 0
    key = WitnessKey.load(tmp_path / "wideberth-witness" / "witness.key")
    assert f"key      {key.vkey}\n" in first.stdout
    assert f"log      {LOG.origin}: nothing cosigned yet\n" in first.stdout
    again = run(tmp_path, "witness", "--log", LOG.vkey, "--show")
    assert again.stdout in first.stdout


def head(record: MemoryRecord, path: Path) -> str:
    path.write_text(record.checkpoint())
    return str(path)


@pytest.mark.requirement("R-09")
def test_two_files_are_compared(tmp_path: Path) -> None:
    honest, forked, longer = (MemoryRecord(LOG) for _ in range(3))
    honest.append([b"0", b"1", b"2"], 0, time_us=1)
    forked.append([b"0", b"x", b"y"], 0, time_us=1)
    longer.append([b"0"] * 5, 0, time_us=1)
    a, b = head(honest, tmp_path / "a"), head(forked, tmp_path / "b")
    c = head(longer, tmp_path / "c")
    key = ("--log", LOG.vkey)
    agreed = run(tmp_path, "compare", a, a, *key)
    assert (agreed.exit_code, "agree" in agreed.stdout) == (0, True)
    split = run(tmp_path, "compare", a, b, *key)
    assert (split.exit_code, "FORK" in split.stdout) == (1, True)
    evidence = tmp_path / "split-view.txt"
    assert verify_evidence(evidence.read_text(), keys=[parse_vkey(LOG.vkey)]).larger.size == 3
    unproved = run(tmp_path, "compare", a, c, *key)
    assert (unproved.exit_code, "unproved" in unproved.output) == (2, True)
    evidence.write_text(evidence.read_text().replace("\n3\n", "\n4\n", 1))
    changed = run(tmp_path, "compare", "--evidence", str(evidence), *key)
    assert (changed.exit_code, "shows no fork" in changed.output) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        pytest.param(("a", "b"), "key-missing", id="no key"),
        pytest.param(("a", "--log", LOG.vkey), "two-heads", id="one head"),
        pytest.param(("--log", LOG.vkey), "two-heads", id="none"),
        pytest.param(("a", "b", "--log", LOG.vkey), "unreadable", id="no file"),
        pytest.param(("a", "b", "--policy", "p"), "unreadable", id="no policy"),
        pytest.param(
            ("http://127.0.0.1:9", "b", "--log", LOG.vkey), "unreachable", id="nobody there"
        ),
        pytest.param(("--evidence", "e", "--log", LOG.vkey), "unreadable", id="no evidence"),
    ],
)
def test_bad_comparisons(tmp_path: Path, arguments: tuple[str, ...], rule: str) -> None:
    if rule in ("key-missing", "unreachable"):  # what is not there is said first
        record = MemoryRecord(LOG)
        record.append([b"0"], 0, time_us=1)
        head(record, tmp_path / "a")
        head(record, tmp_path / "b")
    done = run(tmp_path, "compare", *arguments)
    assert done.exit_code == 2
    assert f"[{rule}" in done.output


def test_heads_have_to_meet_the_policy(tmp_path: Path) -> None:
    record = MemoryRecord(LOG)
    record.append([b"0"], 0, time_us=1)
    a = head(record, tmp_path / "a")
    key = witness_key(tmp_path, "w1")
    (tmp_path / "policy").write_text(f"log {LOG.vkey}\nwitness w {key.vkey}\nquorum w\n")
    done = run(tmp_path, "compare", a, a, "--policy", "policy")
    assert (done.exit_code, "A.checkpoint" in done.output) == (2, True)
