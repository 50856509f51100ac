"""A record whose write lock another process holds."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

import apsw


@contextlib.contextmanager
def busy(folder: Path) -> Generator[None]:
    """Another process holds the record's write lock: nothing can be appended meanwhile."""
    connection = apsw.Connection(str(folder / "record.sqlite3"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()
