"""The file's formats: the old one is read as it is, and brought up in one transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from wideberth.errors import RecordUnavailable
from wideberth.record.database import RECORD_FILE
from wideberth.record.keys import OriginKey
from wideberth.record.schema import FORMAT_VERSION
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

NEW_TABLES = ("cosignature", "bundle", "erased", "log_key", "fact")


def as_format_1(folder: Path) -> None:
    """Take away what format 2 added."""
    with sqlite3.connect(folder / RECORD_FILE) as db:
        for table in NEW_TABLES:
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version = 1")
    db.close()


def format_of(folder: Path) -> int:
    db = sqlite3.connect(folder / RECORD_FILE)
    try:
        return db.execute("PRAGMA user_version").fetchone()[0]
    finally:
        db.close()


def tables_of(folder: Path) -> list[str]:
    db = sqlite3.connect(folder / RECORD_FILE)
    try:
        return [row[0] for row in db.execute("SELECT sql FROM sqlite_schema ORDER BY name")]
    finally:
        db.close()


def test_format_1_is_read_as_it_is(folder: Path) -> None:
    as_format_1(folder)
    with SqliteRecord(folder) as record:
        assert record.head().size == 11
        assert len(record.read(0, 20)) == 11
        assert record.checkpoint()
    assert verify_folder(folder).size == 11
    assert format_of(folder) == 1


def test_format_1_is_brought_up_when_it_is_opened_for_writing(folder: Path, key: OriginKey) -> None:
    fresh = tables_of(folder)
    as_format_1(folder)
    before = verify_folder(folder)
    with SqliteRecord(folder, key=key) as record:
        record.append([b"more"], 11, time_us=3_000)
    assert format_of(folder) == FORMAT_VERSION
    assert tables_of(folder) == fresh
    assert before.size + 1 == verify_folder(folder).size


def test_an_upgrade_that_dies_leaves_the_old_format_whole(
    folder: Path, key: OriginKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_format_1(folder)
    old = tables_of(folder)

    def upgraded_then_died(db: object) -> None:
        upgrade(db)
        raise OSError("the power went")

    from wideberth.record import sqlite

    upgrade = sqlite.upgrade
    monkeypatch.setattr(sqlite, "upgrade", upgraded_then_died)
    with pytest.raises(OSError, match="power"):
        SqliteRecord(folder, key=key)
    assert (format_of(folder), tables_of(folder)) == (1, old)
    assert verify_folder(folder).size == 11


def test_a_newer_format_is_refused(folder: Path, key: OriginKey) -> None:
    with sqlite3.connect(folder / RECORD_FILE) as db:
        db.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    db.close()
    for open_it in (lambda: SqliteRecord(folder), lambda: SqliteRecord(folder, key=key)):
        with pytest.raises(RecordUnavailable, match=f"format {FORMAT_VERSION + 1}"):
            open_it()
    with pytest.raises(RecordUnavailable, match="newer"):
        verify_folder(folder)
