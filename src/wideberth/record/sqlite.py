"""The record in one SQLite file: any number of processes, one machine, no other service.

Write-ahead log, ``synchronous=FULL``, one transaction per append: entries, tree nodes and signed
head become durable together. Whose turn it is, is decided by the head's size, compared and moved
inside that transaction; a lock is only how one waits.

A folder holds ``record.sqlite3`` (mode 0600, folder 0700), and while it is open ``-wal`` and
``-shm`` beside it: these three belong together, never copy or remove one of them alone.

Interior nodes are numbered in their order of completion (:func:`merkle.node_number`), so that every
table only grows at its end. A leaf is kept beside salt and envelope: a proof needs neither.

One object, one connection, one thread at a time. A reader in another thread or process sees each
append when it is durable, and never blocks a writer. Never open a record across a fork.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import apsw

from wideberth.errors import InvalidValue, RecordCorrupt, RecordUnavailable, system_reason
from wideberth.record.database import (
    connect,
    enter_wal,
    make_private,
    require_sqlite,
    translated,
)
from wideberth.record.keys import OriginKey, sync_folder
from wideberth.record.logkeys import LogKey, also_sign, begin_key, end_key, log_keys, other_lines
from wideberth.record.merkle import (
    EMPTY_ROOT,
    Frontier,
    interior_nodes,
    leaf_hash,
    node_number,
)
from wideberth.record.notes import (
    Checkpoint,
    VerifierKey,
    checkpoint_text,
    format_note,
    format_vkey,
    parse_vkey,
    signature_line,
)
from wideberth.record.proofs import ProvingRecord
from wideberth.record.protocol import Head, Row
from wideberth.record.schema import (
    FORMAT_VERSION,
    check_format,
    create_tables,
    format_of,
    upgrade,
)
from wideberth.record.sealing import (
    RandomBytes,
    Sealed,
    check_page,
    check_position,
    check_time,
    seal,
)
from wideberth.record.stored import Store, columns_of, is_sealed
from wideberth.record.vault import Vault
from wideberth.record.witnessed import CosignatureRow

__all__ = ["BUSY_TIMEOUT_S", "SqliteRecord"]

BUSY_TIMEOUT_S = 10.0


class SqliteRecord(ProvingRecord):
    """A record in folder. With a key: for appending, made where there is none. Without: to read.

    also: former keys of the log that still sign beside it. is_successor: key is to take over by
    change_key, which must be the first thing that is written. vault: opens what is sealed at rest.
    vfs: the name of a registered SQLite VFS; None for the system's. Raises RecordUnavailable (no
    record there, no access, library too old), RecordCorrupt (not a record), InvalidValue (the
    record is another log's, key does not belong to it).
    """

    def __init__(  # noqa: PLR0913 - each an independent choice, by its name
        self,
        folder: Path,
        *,
        key: OriginKey | None = None,
        also: Sequence[OriginKey] = (),
        is_successor: bool = False,
        vault: Vault | None = None,
        random_bytes: RandomBytes = os.urandom,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        vfs: str | None = None,
    ) -> None:
        self._folder = folder
        self._key = key
        self._random_bytes = random_bytes
        self._busy_timeout_s = busy_timeout_s
        self._vfs = vfs
        self._vault = vault
        self._also = tuple(also)
        self._is_successor = is_successor
        self._holds_lock = False
        self._frontier = Frontier()  # of the newest tree that this object read or wrote
        require_sqlite(apsw.sqlite_lib_version())
        if key is not None:
            make_private(folder)
        self._db = connect(folder, to_write=key is not None, busy_timeout_s=busy_timeout_s, vfs=vfs)
        try:
            with translated:
                self._prepare()
                self._verifier = self._read_verifier()
                self._vkey = format_vkey(self._verifier)
                self._store = Store(self._db, format_=self._format, vault=vault)
        except BaseException:
            self._db.close()
            raise

    @property
    def verifier(self) -> VerifierKey:
        """The log's name and public key."""
        return self._verifier

    def head(self) -> Head:
        """The newest durable head; inside exclusive() the head under the lock."""
        return self._signed_head()[0]

    def append(self, envelopes: Sequence[bytes], expected_position: int, *, time_us: int) -> Head:
        """Append all envelopes or none; on disk, synced, when this returns.

        Raises as the protocol says. In exclusive() this ends the lock, also where it raises.
        """
        key = self._appending_key()
        sealed = seal(envelopes, self._random_bytes)
        with translated:
            if not self._holds_lock:
                # Most lost races end here, without a lock and without a wait.
                check_position(self.head(), expected_position)
                self._begin()
            try:
                head = self._write(sealed, expected_position, time_us=time_us, key=key)
                self._commit(head)
            finally:
                self._end()
        return head

    def read(self, from_position: int, limit: int) -> list[Row]:
        """At most limit durable rows from from_position on."""
        check_page(from_position, limit)
        with translated:
            found = self._store.read(from_position, limit)
        rows: list[Row] = []
        for expected, kept in enumerate(found, start=from_position):
            if kept.position != expected:
                raise RecordCorrupt(expected, f"missing; the next entry is {kept.position}")
            if kept.salt is not None and kept.envelope is not None:
                rows.append(Row(expected, kept.salt, kept.envelope))
            elif kept.erased_by is not None:
                rows.append(Row(expected, b"", b"", kept.erased_by, kept.leaf))
            else:
                raise RecordCorrupt(expected, "its salt or envelope is gone")
        return rows

    def lines(self, from_position: int, limit: int) -> str | None:
        """The envelopes of plain rows in one piece: SQLite joins them without Python's lock."""
        check_page(from_position, limit)
        try:
            with translated:
                return self._store.lines(from_position, limit)
        except RecordCorrupt:
            return None  # read says where and what

    def log_keys(self) -> list[LogKey]:
        """The keys that sign or once signed this log's heads, the oldest first."""
        with translated:
            kept = log_keys(self._db) if self._format > 1 else []
        return kept or [LogKey(self.vkey, 0, None)]

    def verifiers(self) -> list[VerifierKey]:
        """The keys that sign or once signed heads of this name."""
        keys = [parse_vkey(each.vkey) for each in self.log_keys()]
        return [key for key in keys if key.name == self.origin]

    def fact(self, name: str) -> bytes | None:
        """Something about this copy of the record; None where nothing is kept under the name."""
        if self._format < 2:
            return None
        with translated:
            value: Any = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).get
        return value

    def last_erased(self) -> int | None:
        """The position of the last entry that was erased; None: none was."""
        if self._format < 2:
            return None
        with translated:
            position: Any = self._db.execute("SELECT max(position) FROM erased").get
        return position

    @property
    def first_origin(self) -> str:
        """The name under which the record began; another than origin where an epoch was opened."""
        return self.log_keys()[0].vkey.partition("+")[0]

    def change_key(
        self,
        key: OriginKey,
        envelopes: Sequence[bytes],
        expected_position: int,
        *,
        time_us: int,
        is_overlapping: bool,
    ) -> Head:
        """Append envelopes under another key, which signs from here on; all or nothing.

        is_overlapping: the present key goes on signing beside it, until end_key. Raises as append.
        """
        sealed = seal(envelopes, self._random_bytes)
        before = self._signed_vkey()
        with translated:
            self._begin()
            try:
                begin_key(
                    self._db,
                    before=before,
                    after=key.vkey,
                    size=expected_position,
                    is_overlapping=is_overlapping,
                )
                if is_overlapping:
                    self._also = (*self._also, self._appending_key())
                self._key, self._is_successor = key, False
                head = self._write(sealed, expected_position, time_us=time_us, key=key)
                self._commit(head)
            finally:
                self._end()
        return head

    def end_key(
        self, vkey: str, envelopes: Sequence[bytes], expected_position: int, *, time_us: int
    ) -> Head:
        """Append envelopes, and let a former key sign no tree that holds them. Raises as append."""
        key = self._appending_key()
        sealed = seal(envelopes, self._random_bytes)
        with translated:
            self._begin()
            try:
                end_key(self._db, vkey, expected_position)
                self._also = tuple(each for each in self._also if each.vkey != vkey)
                head = self._write(sealed, expected_position, time_us=time_us, key=key)
                self._commit(head)
            finally:
                self._end()
        return head

    @contextmanager
    def exclusive(self) -> Generator[Head]:
        """Hold SQLite's write lock (BEGIN IMMEDIATE) until the first append or the end."""
        self._appending_key()
        with translated:
            self._begin()
        self._holds_lock = True
        try:
            yield self.head()
        finally:
            self._end()

    def reader(self) -> SqliteRecord:
        """A second connection to the same file, for reading only."""
        return SqliteRecord(
            self._folder,
            busy_timeout_s=self._busy_timeout_s,
            vault=self._vault,
            vfs=self._vfs,
        )

    def close(self) -> None:
        """Close the connection; the last one to close folds the write-ahead log into the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        if self._key is not None:
            enter_wal(self._db, timeout_s=self._busy_timeout_s)
            version = format_of(self._db)
            if version == 0:
                self._create(self._key)
            elif version < FORMAT_VERSION:
                self._upgrade()
        self._format = check_format(self._db)

    def _create(self, key: OriginKey) -> None:
        self._begin()
        try:
            if self._db.pragma("user_version") == 0:  # nobody was quicker
                create_tables(self._db)
                signature = _signature(key, Head(0, EMPTY_ROOT, 0))
                self._db.execute(
                    "INSERT INTO head VALUES (1, ?, 0, ?, 0, ?)", (key.vkey, EMPTY_ROOT, signature)
                )
            self._db.execute("COMMIT")
        finally:
            self._end()
        try:
            sync_folder(self._folder)
        except OSError as error:
            raise RecordUnavailable(f"{self._folder}: {system_reason(error)}") from error

    def _upgrade(self) -> None:
        """Another format in one transaction: a crash leaves the old one, whole."""
        self._begin()
        try:
            upgrade(self._db)
            self._db.execute("COMMIT")
        finally:
            self._end()

    def _read_verifier(self) -> VerifierKey:
        verifier = _parsed_vkey(self._signed_vkey())
        if self._key is not None and self._key.verifier != verifier and not self._is_successor:
            raise InvalidValue(
                "key", "origin", self._key.vkey, f"give the key of {self._signed_vkey()}"
            )
        return verifier

    def _signed_vkey(self) -> str:
        vkey = self._db.execute("SELECT vkey FROM head").get
        return vkey if isinstance(vkey, str) else ""

    def _appending_key(self) -> OriginKey:
        if self._is_successor:
            raise RecordUnavailable("opened for a successor of the log's key: change the key first")
        if self._key is None:
            raise RecordUnavailable("opened for reading; open the record with its key to append")
        return self._key

    def _begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def _commit(self, head: Head) -> None:
        """Commit. What fails after it, in a checkpoint, undoes nothing, so it is not raised."""
        try:
            self._db.execute("COMMIT")
        except apsw.Error:
            if self._db.in_transaction or self.head() != head:
                raise

    def _end(self) -> None:
        """Leave no transaction behind, whatever happened. After a COMMIT there is none."""
        self._holds_lock = False
        if self._db.in_transaction:
            with suppress(apsw.Error):  # SQLite rolls back by itself after most failures
                self._db.execute("ROLLBACK")

    def _write(
        self, sealed: list[Sealed], expected_position: int, *, time_us: int, key: OriginKey
    ) -> Head:
        before = self.head()
        check_position(before, expected_position)
        check_time(before, time_us)
        if not sealed:
            return before
        if self._vault is None and is_sealed(self._db, format_=self._format):
            raise RecordUnavailable(
                "the record is sealed at rest; start this process again with its key"
            )
        frontier = self._frontier_at(before)
        nodes = frontier.append(item.leaf_hash for item in sealed)
        head = Head(frontier.size, frontier.root(), time_us)
        self._db.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?)",
            (
                (
                    position,
                    item.leaf,
                    *columns_of(position, item.salt, item.envelope, self._vault),
                )
                for position, item in enumerate(sealed, start=before.size)
            ),
        )
        self._db.executemany(
            "INSERT INTO node VALUES (?, ?)", enumerate(nodes, start=interior_nodes(before.size))
        )
        self._db.execute(
            "UPDATE head SET size = ?, root = ?, time_us = ?, signature = ?"
            " WHERE size = ? AND vkey = ?",
            (head.size, head.root, time_us, _signature(key, head), expected_position, key.vkey),
        )
        if self._db.changes() != 1:
            if self._signed_vkey() != key.vkey:
                raise RecordUnavailable(
                    "the log's key was changed by another process; start this one again"
                )
            raise RecordCorrupt(None, f"the head moved from {expected_position} under the lock")
        if self._also:
            also_sign(self._db, self._also, _text(key.origin, head))
        self._frontier = frontier  # of a tree that may yet fail to commit: _frontier_at compares
        return head

    def _frontier_at(self, head: Head) -> Frontier:
        """The right edge of the tree under head, for this object to grow."""
        kept = self._frontier
        if kept.size == head.size and kept.root() == head.root:
            return kept.copy()
        frontier = Frontier.read(self._node, head.size)
        if frontier.root() != head.root:
            raise RecordCorrupt(None, "the stored nodes do not give the head's root")
        return frontier

    def _signed_head(self) -> tuple[Head, bytes]:
        with translated:
            row = self._db.execute(
                "SELECT size, root, time_us, signature, vkey FROM head"
            ).fetchone()
        if row is None:
            raise RecordCorrupt(None, "there is no head")
        size, root, time_us, signature, vkey = row
        if vkey != self._vkey:  # the log's key was changed, here or by another process
            self._vkey, self._verifier = vkey, _parsed_vkey(vkey)
        return Head(size, root, time_us), signature

    def _checkpoint(self, head: Head, signature: bytes) -> str:
        """The note of a head, with a line of each key that signs it."""
        text = _text(self.origin, head)
        lines = [signature_line(self.verifier, signature)]
        if self._format > 1:
            with translated:
                lines += other_lines(self._db, text, self._vkey)
        return format_note(text, lines)

    def _cosignatures(self, size: int | None) -> list[CosignatureRow]:
        if self._format < 2:  # an older program's file, opened for reading
            return []
        with translated:
            rows: list[tuple[Any, ...]] = self._db.execute(
                "SELECT witness, size, root, time_s, signature FROM cosignature"
                " WHERE ?1 IS NULL OR size = ?1 ORDER BY witness, size",
                (size,),
            ).fetchall()
        return [CosignatureRow(*row) for row in rows]

    def _node(self, level: int, index: int) -> bytes:
        with translated:
            if level:
                number = node_number(level, index)
                row = self._db.execute("SELECT hash FROM node WHERE number = ?", (number,)).get
            else:
                row = self._db.execute("SELECT leaf FROM entry WHERE position = ?", (index,)).get
        if row is None:
            raise RecordCorrupt(
                ((index + 1) << level) - 1, f"its tree node of level {level} is gone"
            )
        return row if level else leaf_hash(row)


def _signature(key: OriginKey, head: Head) -> bytes:
    return key.sign(_text(key.origin, head))


def _text(origin: str, head: Head) -> str:
    return checkpoint_text(Checkpoint(origin, head.size, head.root))


def _parsed_vkey(vkey: object) -> VerifierKey:
    try:
        if isinstance(vkey, str):
            return parse_vkey(vkey)
    except InvalidValue as error:
        raise RecordCorrupt(None, f"no verifier key: {error}") from error
    raise RecordCorrupt(None, "no verifier key")
