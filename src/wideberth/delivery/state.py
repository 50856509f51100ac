"""What this node knows of its deliveries, in ``delivery.sqlite3`` beside the record.

It is not the record: without it, what is open is told once more, under the same ids. It holds no
address and no text. Calls wait for the disk, which is not synced: a loss of power sends again.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw

from wideberth.delivery.lanes import Line, WayId
from wideberth.errors import RecordUnavailable
from wideberth.model.channels import Evidence

__all__ = ["DELIVERY_FILE", "DeliveryState"]

DELIVERY_FILE = "delivery.sqlite3"
_BUSY_MS = 2_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cursor (
    party TEXT, post TEXT, number INTEGER NOT NULL, PRIMARY KEY (party, post)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS line (
    party TEXT, post TEXT, way TEXT, last_success_us INTEGER, last_try_us INTEGER,
    failures INTEGER NOT NULL, refused INTEGER NOT NULL, next_us INTEGER NOT NULL,
    why TEXT NOT NULL, PRIMARY KEY (party, post, way)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code (
    digest TEXT PRIMARY KEY, party TEXT NOT NULL, notice TEXT NOT NULL,
    expires_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS code_expires ON code (expires_us);
CREATE INDEX IF NOT EXISTS code_notice ON code (notice);
CREATE TABLE IF NOT EXISTS streamed (
    party TEXT PRIMARY KEY, number INTEGER NOT NULL, time_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS left_out (
    party TEXT, number INTEGER, PRIMARY KEY (party, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (
    item TEXT, party TEXT, way TEXT, time_us INTEGER NOT NULL,
    PRIMARY KEY (item, party, way)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_time ON sent (time_us);
"""


class DeliveryState:
    """The file of a folder; it is made where there is none, anew where it is none.

    Raises RecordUnavailable, in each call, where the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / DELIVERY_FILE
        try:
            self._db = self._opened()
        except (apsw.NotADBError, apsw.CorruptError):
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            self._db = self._opened()
        except (apsw.Error, OSError) as error:
            raise RecordUnavailable(f"{self._path}: {error}") from error

    def _opened(self) -> apsw.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        db = apsw.Connection(str(self._path))
        try:
            db.set_busy_timeout(_BUSY_MS)
            db.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
            db.execute(_SCHEMA)
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def cursor(self, party: str, post: str) -> int:
        """The number of the last notice that is done with; 0: none is."""
        found = self._all("SELECT number FROM cursor WHERE party=? AND post=?", (party, post))
        return found[0][0] if found else 0

    def lines(self, party: str, post: str) -> dict[WayId, Line]:
        """What is known of each way."""
        rows = self._all(
            "SELECT way, last_success_us, last_try_us, failures, refused, next_us, why FROM line"
            " WHERE party=? AND post=?",
            (party, post),
        )
        return {
            WayId(way): Line(WayId(way), Evidence(success, tried, failed, bool(refused)), at, why)
            for way, success, tried, failed, refused, at, why in rows
        }

    def keep(self, party: str, post: str, number: int, lines: Iterable[Line]) -> None:
        """Keep how far a lane is and what its ways showed, together."""
        with self._within():
            self._run(
                "INSERT OR REPLACE INTO cursor (party, post, number) VALUES (?, ?, ?)",
                (party, post, number),
            )
            for line in lines:
                seen = line.evidence
                self._run(
                    "INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        party,
                        post,
                        line.way,
                        seen.last_success_us,
                        seen.last_try_us,
                        seen.failures,
                        int(seen.refused),
                        line.next_us,
                        line.why,
                    ),
                )

    def keep_codes(self, codes: Iterable[tuple[str, str, str, int]]) -> None:
        """Keep (digest, party, notice, expires_us) of codes that are about to be sent."""
        with self._within():
            for each in codes:
                self._run("INSERT OR REPLACE INTO code VALUES (?, ?, ?, ?)", each)

    def forget_codes(self, notices: Iterable[str]) -> None:
        """Let go of the codes of notices that closed."""
        with self._within():
            for notice in notices:
                self._run("DELETE FROM code WHERE notice=?", (notice,))

    def code(self, digest: str) -> tuple[str, str, int] | None:
        """(party, notice, expires_us) of a code; None: none such was sent."""
        found = self._all("SELECT party, notice, expires_us FROM code WHERE digest=?", (digest,))
        return found[0] if found else None

    def keep_streamed(
        self, rows: Iterable[tuple[str, int, int]], changes: Iterable[tuple[str, int, bool]] = ()
    ) -> None:
        """Keep (party, number, time_us) of the last event that a party's streams took; changes:
        (party, number, whether it is left out) of events before it that none of them took.
        """
        with self._within():
            for party, number, is_left_out in changes:
                if is_left_out:
                    self._run("INSERT OR IGNORE INTO left_out VALUES (?, ?)", (party, number))
                else:
                    self._run("DELETE FROM left_out WHERE party=? AND number=?", (party, number))
            for each in rows:
                self._run(
                    "INSERT INTO streamed VALUES (?, ?, ?) ON CONFLICT (party) DO UPDATE SET"
                    " number = max(number, excluded.number), time_us = excluded.time_us",
                    each,
                )

    def streamed(self) -> dict[str, tuple[int, int]]:
        """(number, time_us) of the last event that each party's streams took, on any process."""
        rows = self._all("SELECT party, number, time_us FROM streamed", ())
        return {party: (number, time_us) for party, number, time_us in rows}

    def left_out(self) -> dict[str, frozenset[int]]:
        """The numbers of events that each party's streams were asked to leave out."""
        found: dict[str, set[int]] = {}
        for party, number in self._all("SELECT party, number FROM left_out", ()):
            found.setdefault(party, set()).add(number)
        return {party: frozenset(numbers) for party, numbers in found.items()}

    def forget_streamed(self, party: str) -> None:
        """Let go what the party's streams took."""
        self._run("DELETE FROM streamed WHERE party=?", (party,))
        self._run("DELETE FROM left_out WHERE party=?", (party,))

    def is_sent(self, item: str, party: str, way: str) -> bool:
        """Whether an item that is no notice (a STOP) went out this way."""
        return bool(
            self._all("SELECT 1 FROM sent WHERE item=? AND party=? AND way=?", (item, party, way))
        )

    def keep_sent(self, item: str, party: str, way: str, time_us: int) -> None:
        """Keep that it went out this way."""
        self._run("INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?)", (item, party, way, time_us))

    def forget_before(self, time_us: int) -> None:
        """Let go what answers nothing any more."""
        self._run("DELETE FROM code WHERE expires_us < ?", (time_us,))
        self._run("DELETE FROM sent WHERE time_us < ?", (time_us - 7 * 86_400_000_000,))

    def _within(self) -> _Transaction:
        return _Transaction(self._db, self._path)

    def _run(self, sql: str, values: tuple[Any, ...]) -> None:
        self._all(sql, values)

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            return list(self._db.execute(sql, values))
        except apsw.Error as error:
            raise RecordUnavailable(f"{self._path}: {error}") from error


class _Transaction:
    """All or nothing. Raises RecordUnavailable."""

    def __init__(self, db: apsw.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    def __enter__(self) -> None:
        self._ask("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._ask("COMMIT" if kind is None else "ROLLBACK")

    def _ask(self, sql: str) -> None:
        try:
            self._db.execute(sql)
        except apsw.Error as error:
            raise RecordUnavailable(f"{self._path}: {error}") from error
