"""The SQLite file under a record: its library, its connections, its errors as the record's.

Nothing here knows what a record holds: its tables are in :mod:`wideberth.record.schema`.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from wideberth.errors import RecordCorrupt, RecordError, RecordUnavailable, system_reason
from wideberth.record.keys import sync_folder

__all__ = [
    "OLDEST_SQLITE",
    "RECORD_FILE",
    "connect",
    "enter_wal",
    "make_private",
    "require_sqlite",
    "translated",
]

RECORD_FILE = "record.sqlite3"
OLDEST_SQLITE = (3, 51, 3)  # older ones may corrupt a WAL file when it is reset
PAGE_BYTES = 8192  # holds five entries of 1,500 bytes; see docs/decisions/0004
_FOLDED_BY_WRITERS_FROM = 8_192  # pages of the log, 64 MiB
_BUSY_SLEEP_S = 0.0003  # at most; short and random, so that a waiting process gets its turn


def require_sqlite(version: str) -> None:
    """Raise RecordUnavailable for an SQLite library older than OLDEST_SQLITE.

    >>> require_sqlite("3.51.3")
    """
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise RecordUnavailable(
            f"SQLite {version} may corrupt a record; install apsw with SQLite {oldest} or newer"
        )


def make_private(folder: Path) -> None:
    """Folder 0700 and file 0600 before SQLite opens it; -wal and -shm take the file's mode.

    What is there already keeps its mode. Raises RecordUnavailable.
    """
    path = folder / RECORD_FILE
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise RecordUnavailable(f"{path}: {system_reason(error)}") from error


def connect(
    folder: Path, *, to_write: bool, busy_timeout_s: float, vfs: str | None = None
) -> apsw.Connection:
    """A connection to the folder's record. Raises RecordUnavailable where there is none."""
    require_sqlite(apsw.sqlite_lib_version())
    path = folder / RECORD_FILE
    try:
        is_there = path.exists()
    except OSError as error:
        raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
    if not is_there:
        raise RecordUnavailable(f"there is no record in {folder}; name the folder of a node")
    flags = apsw.SQLITE_OPEN_READWRITE if to_write else apsw.SQLITE_OPEN_READONLY
    with translated:
        db = apsw.Connection(str(path), flags=flags, vfs=vfs)
        db.set_busy_handler(_busy_handler(busy_timeout_s))
        db.execute("PRAGMA cache_size=-16000; PRAGMA trusted_schema=0; PRAGMA cell_size_check=1")
    return db


def enter_wal(db: apsw.Connection, *, timeout_s: float) -> None:
    """Make the file a write-ahead-logged one, and every commit of db a synced one.

    SQLite does not wait for others who switch at the same time, so this tries again.
    """
    db.pragma("page_size", PAGE_BYTES)  # takes effect only where the file is still empty
    deadline_s = time.monotonic() + timeout_s
    while True:
        try:
            mode = db.pragma("journal_mode", "wal")
            break
        except apsw.BusyError:
            if time.monotonic() > deadline_s:
                raise
            _sleep_a_little()
    if mode != "wal":
        raise RecordUnavailable("the folder's file system cannot hold a write-ahead log")
    db.execute("PRAGMA synchronous=FULL")
    # Nodes have it folded in beside (wideberth.record.writeahead); this is for where that fails.
    db.pragma("wal_autocheckpoint", _FOLDED_BY_WRITERS_FROM)
    # What is deleted, or left behind where a page was rebuilt, is overwritten with zeros.
    db.pragma("secure_delete", 1)
    db.execute("PRAGMA fullfsync=1; PRAGMA checkpoint_fullfsync=1")  # where fsync is weak
    db.execute("PRAGMA journal_size_limit=67108864")  # bytes of log that are kept after a burst


class _Translated:
    """``with translated:`` SQLite's errors leave as the record's.

    A class, since it is often used: entering a generator would cost more than reading a node.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, apsw.Error):
            fault = _as_record_error(error)
            if fault is not None:
                raise fault from error
        elif isinstance(error, UnicodeDecodeError):  # SQLite does not check the texts it holds
            raise RecordCorrupt(None, f"the file is damaged: {error}") from error


translated = _Translated()

_UNAVAILABLE = (
    apsw.FullError,
    apsw.IOError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
    apsw.LockedError,
    apsw.ProtocolError,
    apsw.NoMemError,
    apsw.ConnectionClosedError,
)


def _as_record_error(error: apsw.Error) -> RecordError | None:
    """What a caller of the record can act on; None for a mistake in this program."""
    # Every statement here is fixed, so one that does not compile has met another schema.
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError, apsw.SQLError)):
        return RecordCorrupt(None, f"the file is damaged: {error}")
    if isinstance(error, apsw.ConstraintError):
        return RecordCorrupt(None, f"rows stand beyond the head: {error}")
    if isinstance(error, apsw.BusyError):
        return RecordUnavailable("another process kept the record locked for too long")
    if isinstance(error, _UNAVAILABLE):
        return RecordUnavailable(f"the store failed: {error}")
    return None


def _busy_handler(timeout_s: float) -> Callable[[int], bool]:
    """Wait in short random steps: SQLite's own back-off grows to 100 ms and starves a waiter."""
    began_s = 0.0

    def is_waiting(earlier_calls: int) -> bool:
        nonlocal began_s
        if earlier_calls == 0:
            began_s = time.monotonic()
        if time.monotonic() - began_s > timeout_s:
            return False
        _sleep_a_little()
        return True

    return is_waiting


def _sleep_a_little() -> None:
    time.sleep(random.uniform(0, _BUSY_SLEEP_S))  # noqa: S311  # spreads waiters; no secret
