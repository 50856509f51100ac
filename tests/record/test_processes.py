"""Other processes: killed at any moment, and appending to one file at once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

WRITER = Path(__file__).with_name("writer.py")
ROUNDS = 10
MAX_BATCH = 7  # of writer.py


def killed(folder: Path, mode: str, *, after_s: float) -> int:
    """Start a writer, kill it; the size up to which it acknowledged before that."""
    with subprocess.Popen(
        [sys.executable, str(WRITER), mode, str(folder)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()  # it is at work
        time.sleep(after_s)
        process.kill()
        lines = (first + process.stdout.read()).split(b"\n")
    return int(lines[-2].split()[1])  # what follows the last newline was not told in full


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, key: OriginKey) -> None:
    """Ten times: start a writer, kill it at a random moment, look at what is there."""
    folder = tmp_path / "record"
    SqliteRecord(folder, key=key).close()
    moments = random.Random(20260909)
    acknowledged = 0
    for _ in range(ROUNDS):
        acknowledged = killed(folder, "kill", after_s=moments.uniform(0.0, 0.15))
        with SqliteRecord(folder) as reader:
            rows = reader.read(0, 1_000_000)
            size = reader.head().size
        # Every acknowledged entry, and at most the one batch that was not yet told.
        assert acknowledged <= size == len(rows) <= acknowledged + MAX_BATCH
        assert all(
            row.envelope.startswith(b"%d " % row.position) and row.envelope.endswith(b"x" * 700)
            for row in rows
        )
        assert verify_folder(folder, vkey=key.vkey).size == size
    sys.stdout.write(f"{ROUNDS} kills, {acknowledged} entries acknowledged, none lost\n")


def test_a_writer_that_acknowledges_too_early_is_found_out(tmp_path: Path, key: OriginKey) -> None:
    """The planted fault: it tells before it has appended, and the same look finds it."""
    folder = tmp_path / "record"
    SqliteRecord(folder, key=key).close()
    acknowledged = killed(folder, "boast", after_s=0.05)
    assert acknowledged > verify_folder(folder, vkey=key.vkey).size


@pytest.mark.parametrize("writers", [2, 3])
def test_processes_that_race_land_everything_once_without_a_gap(
    tmp_path: Path, key: OriginKey, writers: int
) -> None:
    """All start at once on a folder where there is no record yet."""
    folder, count = tmp_path / "record", 300
    processes = [
        subprocess.Popen(
            [sys.executable, str(WRITER), "race", str(folder), f"w{index}", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for index in range(writers)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        results = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    with SqliteRecord(folder) as reader:
        rows = reader.read(0, 1_000_000)
    expected = {
        f"w{index} {number}".encode() for index in range(writers) for number in range(count)
    }
    assert Counter(row.envelope for row in rows) == Counter(dict.fromkeys(expected, 1))
    assert [row.position for row in rows] == list(range(writers * count))
    for index in range(writers):  # each writer's own order is kept
        mine = [row.envelope for row in rows if row.envelope.startswith(b"w%d " % index)]
        assert mine == [f"w{index} {number}".encode() for number in range(count)]
    assert verify_folder(folder, vkey=key.vkey).size == writers * count
    half = Counter(row.envelope.split()[0].decode() for row in rows[: len(rows) // 2])
    sys.stdout.write(f"shares of the first half: {dict(half)}; {results}\n")


def test_an_append_is_seen_by_another_process(tmp_path: Path, key: OriginKey) -> None:
    folder = tmp_path / "record"
    SqliteRecord(folder, key=key).close()
    with (
        SqliteRecord(folder) as reader,
        subprocess.Popen(
            [sys.executable, str(WRITER), "race", str(folder), "w", "1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert not reader.wait(0, 0.0)
        process.communicate("go\n")
        assert reader.wait(0, 30.0)
        assert [row.envelope for row in reader.read(0, 9)] == [b"w 0"]
