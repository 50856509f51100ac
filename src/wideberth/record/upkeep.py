"""Upkeep of a record's file, beside its appending: bundling, erasing, facts about this copy.

None of it touches leaf, tree or head, so it needs no key, and every proof stays what it was. Each
step is one transaction: a crash leaves it done or not begun. It may run beside a serving process,
which waits for a step as for any other writer.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import apsw

from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.record.bundles import BUNDLE_ENTRIES
from wideberth.record.database import RECORD_FILE, connect, enter_wal, translated
from wideberth.record.datakey import DATA_KEY, SEALING
from wideberth.record.schema import FORMAT_VERSION, check_format, upgrade
from wideberth.record.stored import Store, is_sealed
from wideberth.record.vault import Vault

__all__ = ["Upkeep"]

BUSY_TIMEOUT_S = 10.0
_SEALED_AT_ONCE = 1_000
_CHECKPOINT_SLEEP_S = 0.05


class Upkeep:
    """A connection for upkeep; use as a context. An older format is brought up first.

    Raises RecordUnavailable and RecordCorrupt as a record does.
    """

    def __init__(
        self, folder: Path, *, vault: Vault | None = None, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> None:
        self._timeout_s = busy_timeout_s
        self._path = folder / RECORD_FILE
        self._db = connect(folder, to_write=True, busy_timeout_s=busy_timeout_s)
        try:
            with translated:
                if check_format(self._db) < FORMAT_VERSION:
                    with self._writing():
                        upgrade(self._db)
                enter_wal(self._db, timeout_s=busy_timeout_s)
                self._store = Store(self._db, format_=FORMAT_VERSION, vault=vault)
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def compact(self, *, keep: int, on_progress: Callable[[int, int], None] | None = None) -> int:
        """Move every whole block but the newest keep entries into bundles; gives how many blocks.

        A block a transaction. What was given free stays in the file until :meth:`shrink`.
        """
        with translated:
            size: Any = self._db.execute("SELECT size FROM head").get
            done: Any = self._db.execute("SELECT max(first) FROM bundle").get
        begin = 0 if done is None else done + BUNDLE_ENTRIES
        end = max(0, size - keep)
        moved = 0
        for first in range(begin, end - BUNDLE_ENTRIES + 1, BUNDLE_ENTRIES):
            with translated, self._writing():
                moved += self._store.compact(first)
            if on_progress is not None:
                on_progress(first + BUNDLE_ENTRIES, end)
        return moved

    def shrink(self) -> None:
        """Give free pages back to the file system. Writers wait; needs as much room again."""
        with translated:
            self._db.execute("VACUUM")
        self._empty_log()

    def erase(self, positions: Sequence[int], by: int) -> None:
        """Delete salt and envelope of these entries from the file and its log; by: why.

        On return their bytes are in none of the record's files. Doing it again does no harm.
        Raises RecordUnavailable where another process kept the log from being emptied: the entries
        are erased then, and their bytes go when this is done again.
        """
        with translated, self._writing():
            marks = self._store.marks(positions)
            self._store.erase(positions, by)
        self._empty_log()
        if _holds_any(self._path, marks):
            # An older program left copies where it rebuilt pages: only a new file is without them.
            self.shrink()
            if _holds_any(self._path, marks):
                raise RecordUnavailable("what was erased is still in the file")

    def seal(
        self, vault: Vault, wrapped: bytes, *, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Seal every entry and bundle under a data key; wrapped: that key, kept as a fact.

        One transaction, then the file is rewritten, so that on return nothing is in it in plain;
        needs as much room again. Raises InvalidValue where it is sealed already. A process that
        serves the record meanwhile writes and reads nothing more.
        """
        with translated:
            with self._writing():
                if is_sealed(self._db, format_=FORMAT_VERSION):
                    raise InvalidValue("record.seal", "sealed", None, "this record is sealed")
                size: Any = self._db.execute("SELECT size FROM head").get
                at, then = 0, -1
                while at != then:
                    at, then = self._store.seal(vault, at, _SEALED_AT_ONCE), at
                    if on_progress is not None:
                        on_progress(at, size)
                self._store.seal_bundles(vault)
                self._db.executemany(
                    "INSERT INTO fact VALUES (?, ?)", [(DATA_KEY, wrapped), (SEALING, b"")]
                )
            self._store = Store(self._db, format_=FORMAT_VERSION, vault=vault)
        self.finish_sealing()

    def finish_sealing(self) -> None:
        """Rewrite the file where a record was sealed and that was cut off. Raises as shrink."""
        if self.fact(SEALING) is not None:
            self.shrink()
            self.keep_fact(SEALING, None)

    def fact(self, name: str) -> bytes | None:
        """Something about this copy of the record, None where nothing is kept under the name."""
        with translated:
            value: Any = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).get
        return value

    def keep_fact(self, name: str, value: bytes | None) -> None:
        """Keep a fact, or forget it; on disk on return."""
        with translated, self._writing():
            if value is None:
                self._db.execute("DELETE FROM fact WHERE name = ?", (name,))
            else:
                self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    @contextmanager
    def _writing(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                with suppress(apsw.Error):
                    self._db.execute("ROLLBACK")

    def _empty_log(self) -> None:
        """Fold the write-ahead log into the file and cut it to nothing."""
        deadline_s = time.monotonic() + self._timeout_s
        while True:
            try:
                busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
            except apsw.BusyError:
                busy = 1
            if not busy:
                return
            if time.monotonic() > deadline_s:
                raise RecordUnavailable(
                    "another process is reading; do it again to take the bytes from the log"
                )
            time.sleep(_CHECKPOINT_SLEEP_S)


def _holds_any(path: Path, marks: Sequence[bytes]) -> bool:
    """Whether the file's bytes hold one of marks, each of 16 to 24 bytes."""
    if not marks:
        return False
    wanted = re.compile(b"|".join(map(re.escape, marks)), re.DOTALL)
    kept = b""
    with path.open("rb") as file:
        while data := file.read(1 << 22):
            if wanted.search(kept + data):
                return True
            kept = data[-32:]
    return False
