"""Each system call of an append fails: it answers that, or succeeds; nothing answered is missing.

Twice: a VFS raises at each call in turn, everywhere; and strace makes the kernel's answers false,
where it may trace. `WIDEBERTH_FAULTS=all` lets strace fail each single call too (`make attack`).
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from attack import fault_writer
from attack.fault_writer import KEY, body
from wideberth.errors import RecordUnavailable
from wideberth.record import sqlite
from wideberth.record.database import RECORD_FILE
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

WRITER = Path(fault_writer.__file__)
SHORT_BYTES = 100
VFS = "wideberth-faults"


# Every call through the VFS.


class FaultVFS(apsw.VFS):
    """The system's files; the n-th call of the kind fails, once."""

    def __init__(self) -> None:
        self.kind = ""
        self.fails_at = 0
        self.calls = 0
        self.error: Callable[[], Exception] = apsw.IOError
        super().__init__(VFS, "")

    def arm(self, kind: str, number: int, error: Callable[[], Exception]) -> None:
        self.kind, self.fails_at, self.error, self.calls = kind, number, error, 0

    def fails(self, kind: str) -> bool:
        if kind != self.kind:
            return False
        self.calls += 1
        return self.calls == self.fails_at

    def xOpen(self, name: object, flags: list[int]) -> FaultFile:  # noqa: N802
        if self.fails("open"):
            raise apsw.CantOpenError
        return FaultFile(self, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        if self.fails("delete"):
            raise self.error()
        super().xDelete(name, syncdir)


class FaultFile(apsw.VFSFile):
    def __init__(self, vfs: FaultVFS, name: object, flags: list[int]) -> None:
        self._vfs = vfs
        super().__init__("", name, flags)  # type: ignore[arg-type]

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        if self._vfs.fails("read"):
            raise self._vfs.error()
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self._vfs.fails("write"):
            raise self._vfs.error()
        if self._vfs.fails("short write"):
            super().xWrite(bytes(data)[:SHORT_BYTES], offset)
            raise apsw.FullError
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        if self._vfs.fails("truncate"):
            raise self._vfs.error()
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._vfs.fails("sync"):
            raise self._vfs.error()
        super().xSync(flags)

    def xFileSize(self) -> int:  # noqa: N802
        if self._vfs.fails("size"):
            raise self._vfs.error()
        return super().xFileSize()

    def xLock(self, level: int) -> None:  # noqa: N802
        if self._vfs.fails("lock"):
            raise self._vfs.error()
        super().xLock(level)


@pytest.fixture
def vfs() -> Iterator[FaultVFS]:
    vfs = FaultVFS()
    yield vfs
    vfs.unregister()


def appended_with_faults(folder: Path) -> int:
    """Open, append until a checkpoint was among it, close; each step tried until it works.

    Gives the size that the last append answered.
    """
    size = 0
    record = None
    for number in range(5):
        for _ in range(3):
            try:
                if record is None:
                    record = SqliteRecord(folder, key=KEY, vfs=VFS, busy_timeout_s=0.05)
                    record._db.pragma("wal_autocheckpoint", 12)
                    size = record.head().size
                size = record.append(body(size, 1 + number), size, time_us=1).size
                break
            except RecordUnavailable:
                if record is not None:
                    assert record.head().size == size, "a failed append is visible"
        else:
            raise AssertionError("it fails for good")
    assert record is not None
    with suppress(apsw.Error):  # the last to close folds the log in, as far as it can
        record.close()
    return size


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param("write", apsw.FullError, id="write: disk full"),
        pytest.param("write", apsw.IOError, id="write: input/output error"),
        pytest.param("short write", apsw.FullError, id="short write"),
        pytest.param("sync", apsw.IOError, id="sync: input/output error"),
        pytest.param("truncate", apsw.IOError, id="truncate: input/output error"),
        pytest.param("read", apsw.IOError, id="read: input/output error"),
        pytest.param("size", apsw.IOError, id="size: input/output error"),
        pytest.param("open", apsw.CantOpenError, id="open"),
        pytest.param("delete", apsw.IOError, id="delete: input/output error"),
        pytest.param("lock", apsw.IOError, id="lock: input/output error"),
    ],
)
def test_whichever_call_fails_nothing_answered_is_missing(
    tmp_path: Path, vfs: FaultVFS, kind: str, error: type[Exception]
) -> None:
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        vfs.arm(kind, number, error)
        size = appended_with_faults(folder)
        was_reached = vfs.calls >= number
        vfs.arm("", 0, error)
        require_whole(folder, size)
        shutil.rmtree(folder)
        if not was_reached:
            break
    sys.stdout.write(f"{kind}: each of {number - 1} calls failed once\n")
    assert number > 1


def test_a_folder_that_cannot_be_synced_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "sync_folder", fail)
        with pytest.raises(RecordUnavailable, match="Input/output"):
            SqliteRecord(tmp_path / "r", key=KEY)
    with SqliteRecord(tmp_path / "r", key=KEY) as record:
        size = record.append(body(0, 3), 0, time_us=1).size
    require_whole(tmp_path / "r", size)


def require_whole(folder: Path, size: int) -> None:
    assert verify_folder(folder, vkey=KEY.vkey).size == size
    with SqliteRecord(folder) as reader:
        found = [row.envelope for row in reader.read(0, size + 1)]
    assert found == body(0, size)


# Every call that the kernel answers.


def strace_or_skip() -> str:
    path = shutil.which("strace")
    if path is None:
        message = "strace is not installed: apt-get install strace"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    tried = subprocess.run(
        [path, "-f", "-o", "/dev/null", "true"], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"strace may not trace here: {tried.stderr.decode().strip()}")
    return path


def traced(folder: Path, log: Path, count: int, *options: str) -> list[str]:
    """Run the writer under strace; gives the lines of the log that touch the record."""
    files = [f"{RECORD_FILE}{end}" for end in ("", "-wal", "-shm", "-journal")]
    paths = [part for name in files for part in ("-P", str(folder / name))]
    done = subprocess.run(
        [
            strace_or_skip(), "-f", "-q", "-o", str(log), *paths, "-P", str(folder), *options,
            sys.executable, str(WRITER), str(folder), str(count),
            *(["reads"] if "trace=pread64" in options else []),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("ok")]
    require_whole(folder, max(told))
    return log.read_text().splitlines()


FAULTS = [
    ("pwrite64", "error=ENOSPC"),
    ("pwrite64", "error=EIO"),
    ("pwrite64", "error=EDQUOT"),
    ("pwrite64", "retval=0"),  # a short write, of nothing
    ("fdatasync", "error=EIO"),
    ("fdatasync", "error=ENOSPC"),
    ("fsync", "error=EIO"),
    ("ftruncate", "error=EIO"),
    ("openat", "error=EMFILE"),
    ("openat", "error=ENOSPC"),
    ("unlink", "error=EIO"),
    ("pread64", "error=EIO"),
    ("mmap", "error=ENOMEM"),
    ("fstat", "error=EIO"),
    ("newfstatat", "error=EIO"),
]


def test_a_new_log_is_synced_with_its_folder(tmp_path: Path) -> None:
    """What the model of a loss of power takes for granted (power.py)."""
    log = traced(tmp_path / "r", tmp_path / "log", 1, "-y", "-e", "trace=fdatasync,fsync")
    synced = [found[1] for line in log if (found := re.search(r"sync\(\d+<(.+?)>\)", line))]
    first = synced.index(str(tmp_path / "r" / f"{RECORD_FILE}-wal"))
    assert synced[first + 1] == str(tmp_path / "r")


@pytest.mark.parametrize(
    ("call", "fault"), [pytest.param(*fault, id=" ".join(fault)) for fault in FAULTS[:5]]
)
def test_calls_that_the_kernel_fails_lose_nothing(tmp_path: Path, call: str, fault: str) -> None:
    """Every 23rd write or third sync fails, through many appends: each call of one, some time."""
    SqliteRecord(tmp_path / "r", key=KEY).close()  # making it takes more than three syncs
    every = 23 if call == "pwrite64" else 3
    how = ("-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={every}+{every}")
    log = traced(tmp_path / "r", tmp_path / "log", 40, *how)
    assert sum("INJECTED" in line for line in log) > 10


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("WIDEBERTH_FAULTS") != "all", reason="WIDEBERTH_FAULTS=all")
@pytest.mark.parametrize(
    ("call", "fault"), [pytest.param(*fault, id=" ".join(fault)) for fault in FAULTS]
)
def test_each_single_call_that_the_kernel_fails_loses_nothing(
    tmp_path: Path, call: str, fault: str
) -> None:
    """From the opening to the closing: for each number that occurs, that one call fails."""
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        how = ("-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}")
        log = traced(folder, tmp_path / "log", 6, *how)
        if not any("INJECTED" in line for line in log):
            break
    sys.stdout.write(f"{call} {fault}: each of {number - 1} calls failed once\n")
    assert number > 1
