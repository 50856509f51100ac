"""Folding the write-ahead log into the file beside those who append, so that none of them does it.

SQLite has whoever commits fold the log in once it is long, which syncs the file: on a disk that
takes its time, everything that waits for that commit waits for a tenth of a second more. A
connection of its own does it in passing (``SQLITE_CHECKPOINT_PASSIVE``): it waits for nobody, and
nobody waits for it. What the log holds is durable before and after.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from pathlib import Path
from typing import Self

import apsw

from wideberth.record.database import connect, translated

__all__ = ["FOLDED_FROM", "WriteAhead"]

FOLDED_FROM = 256
"""Pages that are folded in together, at least."""


class WriteAhead:
    """A connection that folds; use as a context. Raises RecordUnavailable, RecordCorrupt."""

    def __init__(self, folder: Path, *, vfs: str | None = None) -> None:
        # It never waits: what is not folded in now is a moment later.
        self._db = connect(folder, to_write=True, busy_timeout_s=0.0, vfs=vfs)
        with translated:
            self._db.execute("PRAGMA synchronous=FULL; PRAGMA checkpoint_fullfsync=1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def waiting(self) -> int:
        """How many pages of the log are not in the file."""
        with translated:
            pages, folded = self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
        return max(0, pages - folded)

    def fold(self, at_least: int = FOLDED_FROM) -> int:
        """Fold in what readers do not need where it is, if at_least pages wait; gives how many
        wait then. Where none does, the next append begins the log anew.
        """
        waiting = self.waiting()
        if waiting < max(1, at_least):
            return waiting
        with translated:
            try:
                pages, folded = self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            except apsw.BusyError:  # somebody else is at it
                return waiting
        return max(0, pages - folded)
