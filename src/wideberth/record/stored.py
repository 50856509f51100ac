"""Where an entry's salt and envelope are: in its row, sealed, in a bundle, or erased.

An entry's row says which by its salt: 16 bytes, it is plain; none at all (NULL), it was erased;
empty, it stands with the envelope, sealed in the row, or in the bundle where the row has no
envelope. Everything here runs inside whatever transaction the caller holds.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.model.envelope import SALT_BYTES
from wideberth.record.bundles import BUNDLE_ENTRIES, pack, unpack
from wideberth.record.datakey import DATA_KEY
from wideberth.record.vault import Vault

__all__ = ["Kept", "Store", "columns_of", "is_sealed"]

_SEALED = b""  # the salt of a row whose salt is inside


class Kept(msgspec.Struct, frozen=True, gc=False):
    """One entry as it is kept. salt and envelope: None where entry erased_by erased it.

    erased_by is None for an entry that is gone without a word. is_closed: it is sealed, and the
    store has no key and was told to pass over that.
    """

    position: int
    leaf: bytes
    salt: bytes | None
    envelope: bytes | None
    erased_by: int | None = None
    is_closed: bool = False


def is_sealed(db: apsw.Connection, *, format_: int) -> bool:
    """Whether the record says that it is sealed at rest."""
    if format_ < 2:
        return False
    return db.execute("SELECT 1 FROM fact WHERE name = ?", (DATA_KEY,)).fetchone() is not None


def columns_of(
    position: int, salt: bytes, envelope: bytes, vault: Vault | None
) -> tuple[bytes, bytes]:
    """What goes into the row's columns salt and envelope."""
    if vault is None:
        return salt, envelope
    return _SEALED, vault.seal(salt + envelope, place=f"entry {position}")


class Store:
    """The entries of one connection. format_: of its file; vault: None where nothing is sealed.

    may_stay_closed: what is sealed is given without salt and envelope where there is no vault;
    otherwise reading it raises InvalidValue. is_closed: that is so for this record.
    """

    def __init__(
        self,
        db: apsw.Connection,
        *,
        format_: int,
        vault: Vault | None = None,
        may_stay_closed: bool = False,
    ) -> None:
        self._db = db
        self._lacks_key = vault is None and is_sealed(db, format_=format_)
        self.is_closed = self._lacks_key and may_stay_closed
        self._has_bundles = format_ >= 2
        self._vault = vault
        self._last: tuple[int, list[bytes | None]] | None = None  # the bundle that was read last

    def read(self, from_position: int, limit: int) -> list[Kept]:
        """At most limit entries from from_position on, in the order of their rows."""
        found: list[tuple[Any, ...]] = self._db.execute(
            "SELECT position, leaf, salt, envelope FROM entry WHERE position >= ?"
            " ORDER BY position LIMIT ?",
            (from_position, limit),
        ).fetchall()
        return [self._kept(*row) for row in found]

    def lines(self, from_position: int, limit: int) -> str | None:
        """The envelopes of at most limit entries, a line each; None unless all are plain rows."""
        row: tuple[Any, ...] = self._db.execute(
            "SELECT count(*), max(position), sum(length(salt) = ? AND envelope IS NOT NULL),"
            " group_concat(CAST(envelope AS TEXT), char(10) ORDER BY position)"
            " FROM entry WHERE position >= ? AND position < ?",
            (SALT_BYTES, from_position, from_position + limit),
        ).fetchall()[0]
        count, last, plain, text = row
        is_whole = count and count == plain and last == from_position + count - 1
        return text if is_whole and self._vault is None else None

    def seal(self, vault: Vault, first: int, limit: int) -> int:
        """Seal at most limit rows from first on, as they are in a file that nothing is sealed in.

        Gives the position to go on from. The caller holds the write lock and commits.
        """
        rows: list[tuple[Any, ...]] = self._db.execute(
            "SELECT position, salt, envelope FROM entry WHERE position >= ?"
            " AND envelope IS NOT NULL ORDER BY position LIMIT ?",
            (first, limit),
        ).fetchall()
        self._db.executemany(
            "UPDATE entry SET salt = ?, envelope = ? WHERE position = ?",
            [
                (*columns_of(position, salt, envelope, vault), position)
                for position, salt, envelope in rows
            ],
        )
        return rows[-1][0] + 1 if rows else first

    def seal_bundles(self, vault: Vault) -> None:
        """Seal every bundle. The caller holds the write lock and commits."""
        firsts = [row[0] for row in self._db.execute("SELECT first FROM bundle").fetchall()]
        for first in firsts:
            data: Any = self._db.execute("SELECT data FROM bundle WHERE first = ?", (first,)).get
            self._db.execute(
                "UPDATE bundle SET data = ? WHERE first = ?",
                (vault.seal(data, place=f"bundle {first}"), first),
            )
        self._last = None

    def compact(self, first: int) -> bool:
        """Move the block from first on into a bundle; False where it is one, or not whole.

        The caller holds the write lock and commits.
        """
        rows = self.read(first, BUNDLE_ENTRIES)
        if len(rows) != BUNDLE_ENTRIES or self._bundle_at(first) is not None:
            return False
        items = [None if row.salt is None else row.salt + (row.envelope or b"") for row in rows]
        self._write_bundle(first, items)
        self._db.execute(
            "UPDATE entry SET salt = CASE WHEN salt IS NULL THEN NULL ELSE x'' END, envelope = NULL"
            " WHERE position >= ? AND position < ?",
            (first, first + BUNDLE_ENTRIES),
        )
        return True

    def marks(self, positions: Sequence[int]) -> list[bytes]:
        """Bytes by which these entries are found in a raw file: random, so no other has them."""
        marks: list[bytes] = []
        for position in positions:
            row: Any = self._db.execute(
                "SELECT salt, envelope FROM entry WHERE position = ?", (position,)
            ).fetchone()
            if row is None or row[0] is None:
                continue
            marks.append(row[0] or (row[1] or b"")[:24])  # sealed: the nonce
            item = self._bundled(position)
            if item is not None:
                marks.append(item[:SALT_BYTES])  # as its row had it, before it was bundled
        return [mark for mark in marks if len(mark) >= SALT_BYTES]

    def erase(self, positions: Sequence[int], by: int) -> None:
        """Delete salt and envelope of these entries; entry by says why. Twice does no harm.

        The caller holds the write lock, has secure_delete on, and commits.
        """
        for position in positions:
            first = position - position % BUNDLE_ENTRIES
            items = self._bundle_at(first)
            if items is not None and items[position - first] is not None:
                items[position - first] = None
                self._write_bundle(first, items)
            self._db.execute(
                "UPDATE entry SET salt = NULL, envelope = NULL WHERE position = ?", (position,)
            )
            self._db.execute("INSERT OR IGNORE INTO erased VALUES (?, ?)", (position, by))

    def _kept(self, position: int, leaf: bytes, salt: bytes | None, envelope: bytes | None) -> Kept:
        if salt is None:
            return Kept(position, leaf, None, None, self._erased_by(position))
        if self._lacks_key and salt == _SEALED:
            if not self.is_closed:
                raise _no_key()
            return Kept(position, leaf, None, None, is_closed=True)
        if envelope is None:
            item = self._bundled(position)
        elif salt == _SEALED:
            item = self._opened(envelope, f"entry {position}", position)
        else:
            return Kept(position, leaf, salt, envelope)
        if item is None:  # erased since the row was read, or lost
            erased_by = self._erased_by(position)
            return Kept(position, leaf, None, None, erased_by)
        return Kept(position, leaf, item[:SALT_BYTES], item[SALT_BYTES:])

    def _erased_by(self, position: int) -> int | None:
        if not self._has_bundles:
            return None
        by: Any = self._db.execute(
            "SELECT by_entry FROM erased WHERE position = ?", (position,)
        ).get
        return by

    def _bundled(self, position: int) -> bytes | None:
        first = position - position % BUNDLE_ENTRIES
        if self._last is None or self._last[0] != first:
            items = self._bundle_at(first)
            if items is None:
                return None
            self._last = (first, items)
        return self._last[1][position - first]

    def _bundle_at(self, first: int) -> list[bytes | None] | None:
        if not self._has_bundles:
            return None
        row = self._db.execute(
            "SELECT count, data FROM bundle WHERE first = ?", (first,)
        ).fetchone()
        if row is None:
            return None
        count, data = row
        if count != BUNDLE_ENTRIES:
            raise RecordCorrupt(first, f"its bundle spans {count} entries")
        if self._vault is not None:
            data = self._vault.open(data, place=f"bundle {first}", position=first)
        return unpack(data, first=first, count=count)

    def _write_bundle(self, first: int, items: list[bytes | None]) -> None:
        data = pack(items)
        if self._vault is not None:
            data = self._vault.seal(data, place=f"bundle {first}")
        self._db.execute(
            "INSERT INTO bundle VALUES (?, ?, ?)"
            " ON CONFLICT (first) DO UPDATE SET data = excluded.data",
            (first, len(items), data),
        )
        self._last = None

    def _opened(self, sealed: bytes, place: str, position: int) -> bytes:
        if self._vault is None:
            raise _no_key()
        return self._vault.open(sealed, place=place, position=position)


def _no_key() -> InvalidValue:
    return InvalidValue(
        "record.seal", "record-sealed", None, "this record is sealed at rest; give its key"
    )
