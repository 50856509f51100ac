"""What only the file can do wrong: modes, libraries, other keys, failing disks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from wideberth.errors import (
    InvalidValue,
    PositionTaken,
    RecordCorrupt,
    RecordUnavailable,
)
from wideberth.record.database import RECORD_FILE, require_sqlite
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

BODY = b"x" * 1500


@pytest.mark.parametrize(
    ("version", "is_refused"),
    [("3.40.1", True), ("3.51.2", True), ("3.51.3", False), ("3.54.1", False), ("4.0.0", False)],
)
def test_a_library_with_the_wal_reset_bug_is_refused(version: str, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(RecordUnavailable, match=version):
            require_sqlite(version)
    else:
        require_sqlite(version)


def test_an_old_library_is_refused_before_the_file_is_touched(
    tmp_path: Path, key: OriginKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    with pytest.raises(RecordUnavailable):
        SqliteRecord(tmp_path / "r", key=key)
    assert not (tmp_path / "r").exists()


def test_folder_and_files_are_private(tmp_path: Path, key: OriginKey) -> None:
    before = os.umask(0)
    try:
        with SqliteRecord(tmp_path / "r", key=key) as record:
            record.append([b"a"], 0, time_us=1)
            assert (tmp_path / "r").stat().st_mode & 0o777 == 0o700
            modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "r").iterdir()}
    finally:
        os.umask(before)
    assert modes == {RECORD_FILE: 0o600, f"{RECORD_FILE}-wal": 0o600, f"{RECORD_FILE}-shm": 0o600}


def test_the_file_syncs_every_commit(tmp_path: Path, key: OriginKey) -> None:
    with SqliteRecord(tmp_path / "r", key=key) as record:
        assert record._db.pragma("synchronous") == 2  # FULL
        assert record._db.pragma("journal_mode") == "wal"


def test_a_record_is_found_again(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder) as reader:
        head = reader.head()
    with SqliteRecord(folder, key=key) as record:
        assert record.head() == head
        assert record.append([b"on"], head.size, time_us=head.time_us).size == head.size + 1
    assert verify_folder(folder, vkey=key.vkey).size == head.size + 1


def test_one_thread_may_open_and_another_append(tmp_path: Path, key: OriginKey) -> None:
    """As the service does: one worker appends, another connection reads meanwhile."""
    with SqliteRecord(tmp_path / "r", key=key) as record, record.reader() as reader:

        def work() -> None:
            for position in range(50):
                record.append([b"%d" % position], position, time_us=1)

        worker = threading.Thread(target=work)
        worker.start()
        sizes = [0]
        while sizes[-1] < 50:
            sizes.append(len(reader.read(0, 99)))
            assert reader.head().size >= sizes[-1]
        worker.join()
    assert sizes == sorted(sizes)


def test_another_key_cannot_go_on_with_it(folder: Path, key: OriginKey) -> None:
    for other in (OriginKey(key.origin, bytes(32)), OriginKey("other.example", bytes(range(32)))):
        with pytest.raises(InvalidValue, match="key"):
            SqliteRecord(folder, key=other)
    assert verify_folder(folder, vkey=key.vkey).size == 11


def test_a_reader_reads_only(folder: Path) -> None:
    with SqliteRecord(folder) as reader:
        assert len(reader.read(0, 99)) == 11
        with pytest.raises(RecordUnavailable, match="reading"):
            reader.append([b"x"], 11, time_us=9_000)
        with pytest.raises(RecordUnavailable, match="reading"), reader.exclusive():
            pass


def test_a_reader_makes_no_record(tmp_path: Path) -> None:
    with pytest.raises(RecordUnavailable, match="no record"):
        SqliteRecord(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_no_record_is_refused_and_kept(tmp_path: Path, key: OriginKey) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / RECORD_FILE).write_bytes(b"a letter, and no database " * 400)
    with pytest.raises(RecordCorrupt):
        SqliteRecord(folder, key=key)
    assert (folder / RECORD_FILE).read_bytes().startswith(b"a letter")
    (folder / RECORD_FILE).unlink()
    other = apsw.Connection(str(folder / RECORD_FILE))
    other.execute("CREATE TABLE mine (a); PRAGMA user_version = 7")
    other.close()
    with pytest.raises(RecordCorrupt, match="no record"):
        SqliteRecord(folder, key=key)


def test_a_closed_record_says_so(tmp_path: Path, key: OriginKey) -> None:
    record = SqliteRecord(tmp_path / "r", key=key)
    record.close()
    with pytest.raises(RecordUnavailable):
        record.head()


def test_a_lock_that_stays_is_unavailable_and_nothing_is_written(
    tmp_path: Path, key: OriginKey
) -> None:
    with (
        SqliteRecord(tmp_path / "r", key=key) as holder,
        SqliteRecord(tmp_path / "r", key=key, busy_timeout_s=0.05) as waiter,
    ):
        with holder.exclusive() as head:
            with pytest.raises(RecordUnavailable, match="locked"):
                waiter.append([b"x"], head.size, time_us=1)
            with pytest.raises(RecordUnavailable, match="locked"), waiter.exclusive():
                pass
            assert waiter.head() == head  # reading goes on
        assert waiter.append([b"y"], 0, time_us=1).size == 1
        with pytest.raises(PositionTaken):
            holder.append([b"z"], 0, time_us=1)


def test_damage_in_the_nodes_stops_the_writer(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder, key=key) as record:
        record._db.execute("UPDATE node SET hash = zeroblob(32) WHERE number = 0")
        record._db.execute("UPDATE node SET hash = zeroblob(32) WHERE number = 6")
        with pytest.raises(RecordCorrupt, match="root"):
            record.append([b"x"], 11, time_us=9_000)
        record._db.execute("DELETE FROM node")
        with pytest.raises(RecordCorrupt, match="gone"):
            record.append([b"x"], 11, time_us=9_000)
        assert record.head().size == 11


def test_a_row_beyond_the_head_stops_the_writer(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder, key=key) as record:
        record._db.execute("UPDATE entry SET position = 11 WHERE position = 4")
        with pytest.raises(RecordCorrupt, match="beyond the head"):
            record.append([b"x"], 11, time_us=9_000)
        with pytest.raises(RecordCorrupt, match="entry 4"):
            record.read(0, 99)


def test_the_head_is_compared_by_the_database_too(
    folder: Path, key: OriginKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: without our own look at the position, the moved head still stops it."""
    with SqliteRecord(folder, key=key) as record:
        head = record.head()
        monkeypatch.setattr("wideberth.record.sqlite.check_position", lambda *_: None)
        for expected in (0, 5, 10, 12):
            with pytest.raises(RecordCorrupt, match="moved"):
                record.append([b"x"], expected, time_us=9_000)
            assert record.head() == head
    assert verify_folder(folder, vkey=key.vkey).size == 11


def test_a_full_disk_is_unavailable_and_nothing_is_written(tmp_path: Path, key: OriginKey) -> None:
    with SqliteRecord(tmp_path / "r", key=key) as record:
        head = record.append([BODY], 0, time_us=1)
        record._db.pragma("max_page_count", 10)  # SQLITE_FULL, as ENOSPC gives it
        with pytest.raises(RecordUnavailable, match="full"):
            record.append([BODY] * 500, 1, time_us=1)
        assert record.head() == head
        record._db.pragma("max_page_count", 1_000_000)
        assert record.append([BODY] * 500, 1, time_us=1).size == 501
    assert verify_folder(tmp_path / "r", vkey=key.vkey).size == 501


FILE_LIMIT_SCRIPT = """
import resource, sys
from pathlib import Path
from wideberth.errors import RecordUnavailable
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord

record = SqliteRecord(Path(sys.argv[1]), key=OriginKey("space.example/log", bytes(range(32))))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
position = 0
try:
    while True:
        position = record.append([b"x" * 1500] * 7, position, time_us=1).size
except RecordUnavailable:
    pass
assert record.head().size == position, (record.head().size, position)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
print(record.append([b"x" * 1500], position, time_us=1).size)
"""


def test_a_write_that_the_system_refuses_leaves_the_record_whole(
    tmp_path: Path, key: OriginKey
) -> None:
    """A real write(2) that fails half way through a transaction, then room again."""
    run = subprocess.run(
        [sys.executable, "-c", FILE_LIMIT_SCRIPT, str(tmp_path / "r")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert verify_folder(tmp_path / "r", vkey=key.vkey).size == int(run.stdout) > 1


class FaultyVFS(apsw.VFS):
    """The system's files, whose n-th write or sync fails, once or from then on."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails_at: int | None = None
        self.next_sync_fails = False
        self.error: Callable[[], Exception] = apsw.IOError
        super().__init__("faulty", "")

    def xOpen(self, name: object, flags: list[int]) -> FaultyFile:  # noqa: N802
        return FaultyFile(self, name, flags)

    def count(self) -> None:
        self.calls += 1
        if self.calls == self.fails_at:
            raise self.error()


class FaultyFile(apsw.VFSFile):
    def __init__(self, vfs: FaultyVFS, name: object, flags: list[int]) -> None:
        self.vfs = vfs
        super().__init__("", name, flags)  # type: ignore[arg-type]

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self.vfs.count()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self.vfs.count()
        if self.vfs.next_sync_fails:
            self.vfs.next_sync_fails = False
            raise apsw.IOError
        super().xSync(flags)


@pytest.fixture
def faulty() -> Iterator[FaultyVFS]:
    vfs = FaultyVFS()
    yield vfs
    vfs.unregister()


@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError])
def test_whichever_write_or_sync_fails_the_append_fails_whole(
    tmp_path: Path, key: OriginKey, faulty: FaultyVFS, error: type[Exception]
) -> None:
    """Each write and sync of one append fails in turn: all or nothing, and the next one works."""
    faulty.error = error
    failed = 0
    with SqliteRecord(tmp_path / "r", key=key, vfs="faulty") as record:
        head = record.append([BODY] * 3, 0, time_us=1)
        before = faulty.calls
        head = record.append([BODY] * 3, head.size, time_us=1)
        calls_per_append = faulty.calls - before
        assert calls_per_append >= 4  # pages of entries, nodes and head, and a sync
        for step in range(1, calls_per_append + 1):
            faulty.fails_at = faulty.calls + step
            try:
                after = record.append([b"%d" % step] * 3, head.size, time_us=1)
            except RecordUnavailable:
                failed += 1
                assert record.head() == head
                with record.reader() as reader:
                    assert reader.head() == head
                    assert len(reader.read(0, 999)) == head.size
            else:
                assert after.size == head.size + 3
            faulty.fails_at = None
            head = record.append([b"again"], record.head().size, time_us=1)
    assert failed >= 4
    assert verify_folder(tmp_path / "r", vkey=key.vkey).size == head.size


def test_a_failed_sync_is_invisible_and_gone_with_the_next_append(
    tmp_path: Path, key: OriginKey, faulty: FaultyVFS
) -> None:
    """Only power lost before anything else is appended may bring its entries back, whole."""

    def after_loss_of_power(name: str) -> list[bytes]:
        """What a start finds when the files stay as they are and the shared memory is gone."""
        shutil.copytree(tmp_path / "r", tmp_path / name)
        (tmp_path / name / f"{RECORD_FILE}-shm").unlink()
        with SqliteRecord(tmp_path / name, key=key) as found:
            envelopes = [row.envelope for row in found.read(0, 99)]
        verify_folder(tmp_path / name, vkey=key.vkey)
        return envelopes

    with SqliteRecord(tmp_path / "r", key=key, vfs="faulty") as record:
        head = record.append([b"a"], 0, time_us=1)
        faulty.next_sync_fails = True
        with pytest.raises(RecordUnavailable):
            record.append([b"b"], 1, time_us=1)
        assert record.head() == head
        assert after_loss_of_power("at once") in ([b"a"], [b"a", b"b"])
        record.append([b"c"], 1, time_us=1)
        assert after_loss_of_power("later") == [b"a", b"c"]


def test_a_writer_that_did_not_sync_would_be_noticed(
    tmp_path: Path, key: OriginKey, faulty: FaultyVFS
) -> None:
    """The planted fault: with synchronous off, an append makes fewer calls than with it."""
    with SqliteRecord(tmp_path / "r", key=key, vfs="faulty") as record:
        counts: list[int] = []
        for mode in ("FULL", "OFF"):
            record._db.pragma("synchronous", mode)
            position = record.append([b"warm"], record.head().size, time_us=1).size
            before = faulty.calls
            record.append([b"x"], position, time_us=1)
            counts.append(faulty.calls - before)
    assert counts[0] > counts[1]
