"""A witness that comes for heads by itself: for a party that nobody can reach from outside.

Each look fetches the head that is to be cosigned, has it proved from the log's tiles, lets the
witness decide and store, and hands the cosignature in. A fork or a roll-back ends the looking.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import httpx
import msgspec

from wideberth.errors import InvalidValue, Misbehaviour
from wideberth.logclient import LogClient
from wideberth.record.notes import Checkpoint, VerifierKey
from wideberth.record.splits import (
    Evidence,
    Proof,
    Verdict,
    compare_heads,
    format_evidence,
    head_of,
)
from wideberth.record.witness import Submission, Witness, evidence_file, format_submission

__all__ = ["Looked", "Watcher"]


class Looked(msgspec.Struct, frozen=True):
    """What a look found. is_new: the head was cosigned in this look, and the log has it."""

    head: Checkpoint
    is_new: bool


class Watcher:
    """One log, watched. keys: the log's. Mutable: it remembers what it handed in."""

    def __init__(self, witness: Witness, client: LogClient, *, keys: Sequence[VerifierKey]) -> None:
        self._witness = witness
        self._client = client
        self._keys = keys
        self._handed_in = -1  # the size of the head that the log was given last

    def look(self, *, now_s: int) -> Looked:
        """Cosign what is to be cosigned. now_s: seconds since 1970.

        Raises Misbehaviour once the log forked or rolled back, its evidence kept in a file;
        httpx.HTTPError and InvalidValue where the log did not answer, or not what it should.
        """
        note = self._client.checkpoint(beat=True)
        head = head_of(note, self._keys)
        if self._witness.evidence(head.origin) is not None:
            path = self._witness.folder / evidence_file(head.origin)
            raise Misbehaviour(head.origin, "fork", str(path))
        seen = self._witness.seen(head.origin)
        if seen is not None and head.size < seen.head.size:
            # The head of a beat may be a little old; the newest one may not.
            note = self._client.checkpoint()
            head = head_of(note, self._keys)
            if head.size < seen.head.size:
                text = format_evidence(Evidence(note, seen.note))
                path = self._witness.keep(head.origin, text, kind="rollback")
                self._tell(seen.note)
                raise Misbehaviour(head.origin, "rollback", str(path))
        if seen is not None and head == seen.head and head.size == self._handed_in:
            return Looked(head, is_new=False)
        proof: tuple[bytes, ...] = ()
        if seen is not None:
            proof = self._proved(seen.head, seen.note, head, note, now_s=now_s)
        old = 0 if seen is None else seen.head.size
        body = format_submission(Submission(old, proof, note)).encode()
        answer = self._witness.add_checkpoint(body, now_s=now_s)
        if answer.evidence is not None:
            path = self._witness.folder / evidence_file(head.origin)
            raise Misbehaviour(head.origin, "fork", str(path))
        if answer.status != 200:
            raise InvalidValue("head", "status", answer.status, answer.text.strip())
        self._client.hand_in(note + answer.text)
        self._handed_in = head.size
        return Looked(head, is_new=True)

    def _proved(
        self, old: Checkpoint, old_note: str, new: Checkpoint, new_note: str, *, now_s: int
    ) -> tuple[bytes, ...]:
        """The consistency proof between two heads. Raises Misbehaviour where there is a fork."""
        asked: list[Proof] = []

        def prove(old_size: int, head: Checkpoint) -> Proof:
            asked.append(self._client.prove(old_size, head))
            return asked[-1]

        found = compare_heads(old_note, new_note, keys=self._keys, prove=prove)
        if found.verdict is Verdict.FORK:
            assert found.evidence is not None
            text = format_evidence(found.evidence)
            path = self._witness.stop(new.origin, text, now_s=now_s)
            self._tell(old_note)
            raise Misbehaviour(new.origin, "fork", str(path))
        return asked[-1].hashes if asked and old.size < new.size else ()

    def _tell(self, note: str) -> None:
        """Show the node the head that it does not have: it stops deciding, whoever runs it."""
        with suppress(httpx.HTTPError, InvalidValue):  # it says no, and what it does is its own
            self._client.hand_in(note)
