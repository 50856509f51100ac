"""The record in memory: for tests, dry runs and replays. A crash loses all of it.

The same contract as on disk otherwise. One object may be used from several threads.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from threading import RLock

from wideberth.record.keys import OriginKey
from wideberth.record.merkle import EMPTY_ROOT, Frontier, node_number
from wideberth.record.notes import Checkpoint, VerifierKey, checkpoint_text
from wideberth.record.proofs import ProvingRecord
from wideberth.record.protocol import Head, Row
from wideberth.record.sealing import RandomBytes, check_page, check_position, check_time, seal

__all__ = ["MemoryRecord"]


class MemoryRecord(ProvingRecord):
    """A record that lives as long as the object."""

    def __init__(self, key: OriginKey, *, random_bytes: RandomBytes = os.urandom) -> None:
        self._key = key
        self._random_bytes = random_bytes
        self._lock = RLock()  # guards every field below; held by exclusive()
        self._rows: list[Row] = []
        self._leaf_hashes: list[bytes] = []
        self._nodes: list[bytes] = []
        self._frontier = Frontier()
        self._signed = self._sign(Head(0, EMPTY_ROOT, 0))

    @property
    def verifier(self) -> VerifierKey:
        """The log's name and public key."""
        return self._key.verifier

    def head(self) -> Head:
        """The newest head."""
        return self._signed[0]

    def append(self, envelopes: Sequence[bytes], expected_position: int, *, time_us: int) -> Head:
        """Append all envelopes or none; held in memory on return. Raises as the protocol says."""
        sealed = seal(envelopes, self._random_bytes)
        with self._lock:
            head = self.head()
            check_position(head, expected_position)
            check_time(head, time_us)
            if not sealed:
                return head
            self._nodes += self._frontier.append(item.leaf_hash for item in sealed)
            self._leaf_hashes += [item.leaf_hash for item in sealed]
            self._rows += [
                Row(position, item.salt, item.envelope)
                for position, item in enumerate(sealed, start=head.size)
            ]
            self._signed = self._sign(Head(self._frontier.size, self._frontier.root(), time_us))
            return self.head()

    def read(self, from_position: int, limit: int) -> list[Row]:
        """At most limit rows from from_position on."""
        check_page(from_position, limit)
        end = min(self.head().size, from_position + limit)
        return self._rows[from_position:end]

    @contextmanager
    def exclusive(self) -> Generator[Head]:
        """Keep every other thread from appending; the head stays what it is."""
        with self._lock:
            yield self.head()

    def reader(self) -> MemoryRecord:
        """The same object: it may be read from any thread."""
        return self

    def close(self) -> None:
        """Nothing to give back."""

    def _signed_head(self) -> tuple[Head, bytes]:
        return self._signed

    def _sign(self, head: Head) -> tuple[Head, bytes]:
        text = checkpoint_text(Checkpoint(self.origin, head.size, head.root))
        return head, self._key.sign(text)

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[node_number(level, index)] if level else self._leaf_hashes[index]
