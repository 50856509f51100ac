"""What a record promises, whatever keeps it: three verbs, a head, proofs.

An entry's *position* is its index in the Merkle tree: 0, 1, 2, … without a gap. Its *envelope* is
the exact bytes that were appended; its *salt* 16 random bytes that the record drew; its leaf is
:func:`wideberth.model.envelope.leaf` of both. A signed head is part of every append, so a
checkpoint never names a tree that is not durable.

The optimistic loop, which is the only way to write::

    head = record.head()                       # fold up to head.size, decide on that
    try:
        head = record.append(envelopes, head.size, time_us=now_us)
    except PositionTaken:                      # fold what came in, decide again, append again
        ...
    # after two lost races:
    with record.exclusive() as head:           # nobody else appends while we are in here
        tail = record.read(folded, limit=...)  # fold it, decide, then
        record.append(envelopes, head.size, time_us=now_us)

One object belongs to one thread at a time. For reading beside a writer take ``reader()``: a second
object on the same record, with its own connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from wideberth.record.notes import VerifierKey
from wideberth.record.tiles import Tile

__all__ = ["Head", "Record", "Row"]


class Head(msgspec.Struct, frozen=True, gc=False):
    """The end of the record. size: entries in it; root: 32 bytes, RFC 6962 root of their leaves.

    time_us: the time of the newest entries, microseconds since 1970; 0 for an empty record.
    """

    size: int
    root: bytes
    time_us: int


class Row(msgspec.Struct, frozen=True, gc=False):
    """One entry as it stands. salt: 16 bytes; envelope: the bytes that were appended.

    Both are empty where the entry was erased: then leaf (33 bytes) is what stays of it, and
    erased_by the position of the entry that says on which ground.
    """

    position: int
    salt: bytes
    envelope: bytes
    erased_by: int | None = None
    leaf: bytes | None = None


class Record(Protocol):
    """An append-only, ordered, tamper-evident log of envelopes.

    Every method may raise RecordUnavailable (the store fails) and RecordCorrupt (what is stored
    contradicts itself). What one object has appended, every other object and process sees from
    then on; none sees a part of an append.
    """

    @property
    def origin(self) -> str:
        """The log's name, the first line of its checkpoints."""
        ...

    @property
    def vkey(self) -> str:
        """The log's public key as C2SP signed-note verifier key text."""
        ...

    def verifiers(self) -> list[VerifierKey]:
        """The keys that sign or once signed heads of this name; more than one after a change."""
        ...

    def head(self) -> Head:
        """The newest durable head. Cheap: microseconds, no matter how long the record is."""
        ...

    def append(self, envelopes: Sequence[bytes], expected_position: int, *, time_us: int) -> Head:
        """Append envelopes at expected_position, all or nothing; gives the new head.

        On return all of them are durable (on disk after fsync; in a cluster on a quorum), have the
        positions expected_position, expected_position + 1, …, and a signed head covers them. A
        crash before the return loses all of them or none; a crash after it loses nothing. No
        envelopes: only checks the position, gives the head.

        Raises PositionTaken when the record does not end at expected_position: nothing was written.
        Raises RecordUnavailable when the store failed or stayed locked: nothing is visible, and the
        caller may try again; should the machine lose power, or every process that has the record
        open be killed, before anything else is appended, the entries of a *failed sync* may turn
        up after it, so a retry carries the same request keys.
        Raises InvalidValue when time_us is before the head's, or an envelope is empty or larger
        than MAX_ENVELOPE_BYTES.
        """
        ...

    def read(self, from_position: int, limit: int) -> list[Row]:
        """At most limit rows from from_position on, in order, without a gap.

        Empty at the end of the record. Only durable rows. Raises InvalidValue when from_position is
        negative or limit below 1.
        """
        ...

    def lines(self, from_position: int, limit: int) -> str | None:
        """The envelopes that :meth:`read` would give, a line each, in one piece: for long folds.

        None where the store cannot give them so (there are none, some are sealed, bundled or
        erased). An envelope may itself be of several lines: whoever counts them finds out.
        """
        ...

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until the record is longer than position; False when timeout_s went by first.

        Sees other objects' and processes' appends within 50 ms. Blocks its thread; an event loop
        uses :func:`wideberth.record.following.follow`.
        """
        ...

    def exclusive(self) -> AbstractContextManager[Head]:
        """Take the store's own write lock and hold it; gives the head that nobody can move now.

        Reads inside see everything up to that head. The first append inside commits, is durable on
        its return, and ends the lock; leaving without one releases it and writes nothing. Hold it
        for milliseconds: every other writer waits. Raises RecordUnavailable when the lock cannot be
        had in time. A crash inside releases it and loses nothing that was acknowledged.
        """
        ...

    def root_at(self, size: int) -> bytes:
        """The root of the first size entries. Raises InvalidValue beyond the head."""
        ...

    def inclusion_proof(self, position: int, size: int) -> list[bytes]:
        """RFC 6962 2.1.1: that the entry at position is in the tree of size entries.

        Raises InvalidValue unless position < size <= head().size.
        """
        ...

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """RFC 6962 2.1.2: that the tree of new entries extends the tree of old entries.

        Raises InvalidValue unless old <= new <= head().size.
        """
        ...

    def tile(self, tile: Tile) -> bytes:
        """A tile of the tree's hashes, C2SP tlog-tiles: 32 bytes for each of its width.

        A complete tile never changes. Raises InvalidValue where a leaf of it is beyond the head.
        """
        ...

    def checkpoint(self, *, witnesses: int = 0) -> str:
        """The signed head as a C2SP checkpoint note, newline at its end. Always durable.

        With the cosignatures that were kept of it. witnesses: the newest head that at least so
        many have cosigned; raises InvalidValue (``not-cosigned``) where there is none.
        """
        ...

    def receipt(self, position: int, *, witnesses: int = 0) -> str:
        """A C2SP tlog-proof for the entry at position under the checkpoint of so many witnesses.

        Whoever holds it, the entry's envelope and salt, and the vkey can prove offline that the
        entry is in the record: :func:`wideberth.record.verify.verify_receipt`. Raises InvalidValue
        beyond that checkpoint.
        """
        ...

    def reader(self) -> Record:
        """Another object on the same record for reading in another thread; close it separately.

        Its append and exclusive raise RecordUnavailable where the store tells them apart.
        """
        ...

    def close(self) -> None:
        """Give back files and locks. Loses nothing. Closing twice does no harm."""
        ...
