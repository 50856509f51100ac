"""The log is folded in beside appends: it stays short, nothing is lost, nobody is in the way."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import apsw
import pytest

from wideberth.errors import RecordUnavailable
from wideberth.record.database import RECORD_FILE
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder
from wideberth.record.writeahead import FOLDED_FROM, WriteAhead

KEY = OriginKey("space.example/log", bytes(range(32)))


def fill(record: SqliteRecord, batches: int, *, seed: int = 0) -> None:
    """Appends of some ten pages each."""
    for number in range(batches):
        size = record.head().size
        envelopes = [Random(f"{seed} {number} {k}").randbytes(6_000) for k in range(10)]
        record.append(envelopes, size, time_us=size + 1)


def test_what_waits_is_folded_in_once_it_is_enough(tmp_path: Path) -> None:
    with SqliteRecord(tmp_path, key=KEY) as record, WriteAhead(tmp_path) as beside:
        fill(record, 3)
        few = beside.waiting()
        assert 0 < few < FOLDED_FROM
        assert beside.fold() == few, "it was not enough to begin"
        fill(record, 30)
        assert beside.waiting() >= FOLDED_FROM
        assert beside.fold() == 0
        # The next append begins the log anew.
        fill(record, 1)
        assert beside.waiting() < 30
        assert record.head().size == 340
    assert verify_folder(tmp_path, vkey=KEY.vkey).size == 340


def test_a_long_log_is_not_grown_while_it_is_folded_in(tmp_path: Path) -> None:
    done = threading.Event()
    most = 0

    def beside() -> None:
        nonlocal most
        with WriteAhead(tmp_path) as log:
            while not done.is_set():
                most = max(most, log.waiting())
                log.fold()
                log.fold(at_least=1)
                done.wait(0.002)

    with SqliteRecord(tmp_path, key=KEY) as record:
        folding = threading.Thread(target=beside)
        folding.start()
        try:
            fill(record, 200)
        finally:
            done.set()
            folding.join()
        assert record.head().size == 2_000
    assert most > 0
    assert verify_folder(tmp_path, vkey=KEY.vkey).size == 2_000


def test_a_reader_amid_it_keeps_what_it_reads_and_hinders_nobody(tmp_path: Path) -> None:
    with SqliteRecord(tmp_path, key=KEY) as record, WriteAhead(tmp_path) as beside:
        fill(record, 2)
        reader = apsw.Connection(str(tmp_path / RECORD_FILE), flags=apsw.SQLITE_OPEN_READONLY)
        reader.execute("BEGIN")
        before = reader.execute("SELECT size FROM head").get
        fill(record, 40)
        assert beside.fold() > 0, "what came after the reader began stays in the log"
        assert reader.execute("SELECT size FROM head").get == before == 20
        reader.execute("COMMIT")
        reader.close()
        assert beside.fold(at_least=1) == 0


def test_while_somebody_else_writes_or_folds_it_does_not_wait(tmp_path: Path) -> None:
    with SqliteRecord(tmp_path, key=KEY) as record, WriteAhead(tmp_path) as beside:
        fill(record, 40)
        with record.exclusive():
            assert beside.fold() == 0


# Holds the lock of whoever folds: the second of the eight from byte 120 on of the shared memory, as
# https://www.sqlite.org/walformat.html says. A lock of this process would not be in its own way.
FOLDING = """
import fcntl, sys
with open(sys.argv[1], "rb+") as memory:
    fcntl.lockf(memory, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 121)
    print("folding", flush=True)
    sys.stdin.read()
"""


def test_while_another_process_folds_it_leaves_that_to_it(tmp_path: Path) -> None:
    with SqliteRecord(tmp_path, key=KEY) as record, WriteAhead(tmp_path) as beside:
        fill(record, 40)
        waiting = beside.waiting()
        other = subprocess.Popen(
            [sys.executable, "-c", FOLDING, str(tmp_path / f"{RECORD_FILE}-shm")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"folding\n"
            assert beside.fold(at_least=1) == waiting > 0
        assert beside.fold(at_least=1) == 0


def test_without_a_record_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordUnavailable):
        WriteAhead(tmp_path)
