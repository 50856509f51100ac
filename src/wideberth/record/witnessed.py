"""What witnesses said of this record's heads: kept beside the record, and held against it.

Cosignatures are no part of the record: they may be lost, and asked for again. They stand in its
file, so that every process on it serves them; the log's own signature of a cosigned head stands
among them, under the log's key, since the record signs only its newest head.

A witness's memory is worth more than that: a head that the log signed, and that this record does
not have, says that entries were lost or that the log was forked (:func:`ahead`).
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import msgspec

from wideberth.record.cosignatures import (
    Cosignature,
    verified_cosignatures,
)
from wideberth.record.database import connect, enter_wal, translated
from wideberth.record.logkeys import LogKey
from wideberth.record.notes import (
    Checkpoint,
    VerifierKey,
    checkpoint_text,
    format_note,
    format_vkey,
    parse_note,
    parse_vkey,
    to_base64,
    verified_note,
)
from wideberth.record.protocol import Record
from wideberth.record.splits import head_of

__all__ = ["KEPT_HEADS", "Ahead", "CosignatureRow", "CosignatureStore", "ahead", "newest_note"]

KEPT_HEADS = 64  # cosigned heads of each witness; the rest can be asked for again
_BUSY_TIMEOUT_S = 10.0


class CosignatureRow(msgspec.Struct, frozen=True):
    """A row of the table. witness: a witness's key, or the log's (time_s 0), as vkey text."""

    witness: str
    size: int
    root: bytes
    time_s: int
    signature: bytes

    @property
    def is_witness(self) -> bool:
        """Whether it is a witness's, and not the log's own."""
        return self.time_s > 0

    @property
    def line(self) -> str:
        """The signature line, newline at its end."""
        # Made of the vkey's own parts: to judge the key again would cost more than the whole proof.
        name, key_id, _ = self.witness.split("+", 2)
        time = self.time_s.to_bytes(8, "big") if self.is_witness else b""
        return f"\N{EM DASH} {name} {to_base64(bytes.fromhex(key_id) + time + self.signature)}\n"


class Ahead(msgspec.Struct, frozen=True):
    """A head that the log signed and this record does not have.

    held: as the note says; own_size: entries here. is_fork: the record is as long, and its tree of
    that size is another; otherwise it is shorter.
    """

    held: Checkpoint
    own_size: int
    is_fork: bool


def ahead(record: Record, note: str, *, keys: Sequence[VerifierKey] | None = None) -> Ahead | None:
    """What a head that somebody else holds says against the record; None: the record extends it.

    keys: those that ever signed this log; None: the record's own, each for the sizes that it may
    sign. Reads the record only. Raises InvalidValue where the log did not sign the note, or only a
    key out of force: then it says nothing.
    """
    held = head_of(note, keys or record.verifiers())
    if keys is None and isinstance(record, HasLogKeys):
        _check_in_force(note, held, record.log_keys())
    own_size = record.head().size
    if held.size > own_size:
        return Ahead(held, own_size, is_fork=False)
    if record.root_at(held.size) != held.root:
        return Ahead(held, own_size, is_fork=True)
    return None


@runtime_checkable
class HasLogKeys(Protocol):
    """A record that knows which of its keys signed from which size to which."""

    def log_keys(self) -> list[LogKey]:
        """The keys, the oldest first."""
        ...


def _check_in_force(note: str, held: Checkpoint, keys: Sequence[LogKey]) -> None:
    """One that signed may sign a tree of this size: a stolen former key stops nothing.

    Raises InvalidValue.
    """
    in_force = [
        parse_vkey(key.vkey)
        for key in keys
        if key.from_size <= held.size and (key.until_size is None or held.size <= key.until_size)
    ]
    verified_note(note, [key for key in in_force if key.name == held.origin])


def newest_note(origin: str, rows: Iterable[CosignatureRow], *, witnesses: int) -> str | None:
    """The newest head that the log and at least so many witnesses signed, as a note."""
    heads: dict[tuple[int, bytes], list[CosignatureRow]] = {}
    for row in rows:
        heads.setdefault((row.size, row.root), []).append(row)
    for (size, root), found in sorted(heads.items(), reverse=True):
        count = sum(row.is_witness for row in found)
        if count >= witnesses and count < len(found):
            text = checkpoint_text(Checkpoint(origin, size, root))
            found.sort(key=lambda row: (row.is_witness, row.witness))  # the log's line first
            return format_note(text, [row.line for row in found])
    return None


class CosignatureStore:
    """Where cosignatures are kept: the record's file in folder, by a connection of its own.

    One object belongs to one thread at a time. A crash or a loss of power may lose what was kept
    last, and nothing else. Raises RecordUnavailable where there is no record.
    """

    def __init__(self, folder: Path) -> None:
        self._db = connect(folder, to_write=True, busy_timeout_s=_BUSY_TIMEOUT_S)
        with translated:
            enter_wal(self._db, timeout_s=_BUSY_TIMEOUT_S)
            # No sync of its own: it would hold the record's write lock for as long as that takes.
            self._db.execute("PRAGMA synchronous=NORMAL")

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def keep(
        self, note: str, *, logs: Sequence[VerifierKey], witnesses: Sequence[VerifierKey]
    ) -> tuple[Cosignature, ...]:
        """Keep the witnesses' cosignatures in a note that the log signed; gives them.

        logs: the keys of this log, more than one around a change. What others added to the note is
        left out. Nothing is written where none of witnesses signed. Whether the record has this
        head is for the caller to know (:func:`ahead`). Raises InvalidValue for a note that the log
        did not sign, or with a witness's line that does not verify.
        """
        head = head_of(note, logs)
        parsed = parse_note(note)
        found = verified_cosignatures(parsed.text, parsed.signatures, witnesses)
        if found:
            own = {(key.name, key.key_id): key for key in logs}
            signed = [
                (format_vkey(own[each.name, each.key_id]), 0, each.blob)
                for each in parsed.signatures
                if (each.name, each.key_id) in own
            ]
            signed += [(format_vkey(each.key), each.time_s, each.signature) for each in found]
            self._write(
                [
                    CosignatureRow(vkey, head.size, head.root, time_s, signature)
                    for vkey, time_s, signature in signed
                ]
            )
        return found

    def newest_size(self, witness: VerifierKey) -> int:
        """The largest tree that a witness cosigned, as far as is known here; 0 without any."""
        with translated:
            found = self._db.execute(
                "SELECT max(size) FROM cosignature WHERE witness = ?", (format_vkey(witness),)
            ).get
        return found or 0

    def _write(self, rows: Sequence[CosignatureRow]) -> None:
        with translated:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(
                    "INSERT INTO cosignature VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (witness, size) DO UPDATE SET root = excluded.root,"
                    " time_s = excluded.time_s, signature = excluded.signature"
                    " WHERE excluded.time_s >= time_s",
                    [(r.witness, r.size, r.root, r.time_s, r.signature) for r in rows],
                )
                for row in rows:
                    if row.is_witness:
                        self._thin(row.witness)
                self._db.execute(  # the log's own, of heads that no witness's line is left of
                    "DELETE FROM cosignature WHERE time_s = 0 AND size NOT IN"
                    " (SELECT size FROM cosignature WHERE time_s > 0)"
                )
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def _thin(self, witness: str) -> None:
        """Leave a witness's newest heads."""
        self._db.execute(
            "DELETE FROM cosignature WHERE witness = ?1 AND size <"
            " (SELECT size FROM cosignature WHERE witness = ?1 ORDER BY size DESC"
            " LIMIT 1 OFFSET ?2)",
            (witness, KEPT_HEADS - 1),
        )
