"""What every record answers from its stored tree: roots, proofs, checkpoints, receipts, waiting.

A store gives its head, its nodes and the signature over its head; the rest is the same for all.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from wideberth.errors import InvalidValue
from wideberth.record.merkle import consistency_proof, inclusion_proof, tree_root
from wideberth.record.notes import (
    Checkpoint,
    Receipt,
    VerifierKey,
    checkpoint_text,
    format_note,
    format_receipt,
    format_vkey,
    parse_checkpoint,
    parse_note,
    signature_line,
)
from wideberth.record.protocol import Head
from wideberth.record.tiles import Tile, is_in_tree, tile_bytes, tile_path
from wideberth.record.witnessed import CosignatureRow, newest_note

__all__ = ["ProvingRecord"]

_POLL_S = 0.01  # a look at the head costs microseconds; others' appends are seen well within 50 ms


class ProvingRecord(ABC):
    """The part of :class:`wideberth.record.protocol.Record` that only reads the tree."""

    @property
    @abstractmethod
    def verifier(self) -> VerifierKey:
        """The log's name and public key."""

    @abstractmethod
    def head(self) -> Head:
        """The newest durable head."""

    @abstractmethod
    def _signed_head(self) -> tuple[Head, bytes]:
        """The head and the Ed25519 signature over its checkpoint text, of one moment."""

    @abstractmethod
    def _node(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree that ends at or before the head."""

    def _cosignatures(self, size: int | None) -> Sequence[CosignatureRow]:
        """What was kept of cosignatures: of the head of this size, or all for None."""
        del size
        return ()

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.verifier.name

    @property
    def vkey(self) -> str:
        """The log's public key as C2SP verifier key text."""
        return format_vkey(self.verifier)

    def verifiers(self) -> list[VerifierKey]:
        """The keys that sign or once signed heads of this name; more than one after a change."""
        return [self.verifier]

    def root_at(self, size: int) -> bytes:
        """The root of the first size entries. Raises InvalidValue beyond the head."""
        self._check_size(size)
        return tree_root(self._node, size)

    def inclusion_proof(self, position: int, size: int) -> list[bytes]:
        """RFC 6962 2.1.1. Raises InvalidValue unless position < size <= head().size."""
        self._check_size(size)
        return inclusion_proof(self._node, position, size)

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """RFC 6962 2.1.2. Raises InvalidValue unless old <= new <= head().size."""
        self._check_size(new)
        return consistency_proof(self._node, old, new)

    def tile(self, tile: Tile) -> bytes:
        """A tile of hashes, C2SP tlog-tiles. Raises InvalidValue where it is not complete."""
        size = self.head().size
        if not is_in_tree(tile, size):
            raise InvalidValue("tile", "in-tree", tile_path(tile), f"give one of {size} entries")
        return tile_bytes(self._node, tile)

    def checkpoint(self, *, witnesses: int = 0) -> str:
        """The signed head as a C2SP checkpoint note, with the cosignatures that it has.

        witnesses: at least so many have cosigned it; 0: the newest head. Raises InvalidValue
        (``not-cosigned``) where no head has so many.
        """
        if witnesses > 0:
            return self._cosigned(witnesses)
        head, signature = self._signed_head()
        return self._with_cosignatures(head, self._checkpoint(head, signature))

    def receipt(self, position: int, *, witnesses: int = 0) -> str:
        """A C2SP tlog-proof under the newest checkpoint, or under that of so many witnesses.

        Raises InvalidValue beyond that checkpoint.
        """
        note = self.checkpoint(witnesses=witnesses)
        size = parse_checkpoint(parse_note(note).text).size
        # Nodes never change and the tree only grows, so the proof needs no snapshot.
        proof = inclusion_proof(self._node, position, size)
        return format_receipt(Receipt(position, tuple(proof), note))

    def lines(self, from_position: int, limit: int) -> str | None:
        """None: this store has no quicker way than to read."""
        del from_position, limit
        return None

    def wait(self, position: int, timeout_s: float) -> bool:
        """Wait until the record is longer than position; False after timeout_s. Blocks."""
        deadline_s = time.monotonic() + timeout_s
        while self.head().size <= position:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            time.sleep(min(_POLL_S, left_s))
        return True

    def _cosigned(self, witnesses: int) -> str:
        found = newest_note(self.origin, self._cosignatures(None), witnesses=witnesses)
        if found is None:
            raise InvalidValue(
                "witnesses", "not-cosigned", witnesses, "no head has so many cosignatures"
            )
        return found

    def _with_cosignatures(self, head: Head, note: str) -> str:
        rows = self._cosignatures(head.size)
        return note + "".join(row.line for row in rows if row.is_witness and row.root == head.root)

    def _checkpoint(self, head: Head, signature: bytes) -> str:
        text = checkpoint_text(Checkpoint(self.origin, head.size, head.root))
        return format_note(text, [signature_line(self.verifier, signature)])

    def _check_size(self, size: int) -> None:
        end = self.head().size
        if not 0 <= size <= end:
            raise InvalidValue("size", "in-tree", size, f"give a size from 0 to {end}")
