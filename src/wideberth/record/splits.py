"""Split views: two heads of one log compared, and evidence of a fork that any third can check.

Two heads of one log must agree: at the same size they have the same root, and of different sizes
the larger extends the smaller. What is compared is (origin, size, root), never bytes: honest
signatures of one head differ. A fork is proved by two notes that the log signed and, where their
sizes differ, a consistency proof that leads from *another* root of the smaller size to the larger
head: then the larger tree does not begin with the smaller one.

The evidence is a text::

    wideberth split view v1
    other <base64>             only where the sizes differ: the larger tree's root at the smaller
    <base64 hash>              the proof from it to the larger head, 0..n lines
                               (empty line)
    <note of the smaller head>
                               (empty line)
    <note of the larger head>
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

import msgspec

from wideberth.errors import InvalidValue
from wideberth.record.merkle import HASH_BYTES, is_consistent
from wideberth.record.notes import (
    MAX_PROOF_HASHES,
    Checkpoint,
    VerifierKey,
    from_base64,
    parse_checkpoint,
    parse_note,
    to_base64,
    verified_note,
)

__all__ = [
    "Compared",
    "Evidence",
    "Proof",
    "Prove",
    "Verdict",
    "compare_heads",
    "format_evidence",
    "head_of",
    "parse_evidence",
    "proves_a_fork",
    "verify_evidence",
]

_HEADER = "wideberth split view v1"
MAX_EVIDENCE_CHARACTERS = 2_000_000


class Verdict(Enum):
    """How two heads of one log relate."""

    AGREE = "agree"
    EXTENDS = "extends"
    FORK = "fork"


class Proof(msgspec.Struct, frozen=True):
    """A consistency proof as somebody gave it. old_root: of the smaller tree, as they have it."""

    old_root: bytes
    hashes: tuple[bytes, ...]


class Evidence(msgspec.Struct, frozen=True):
    """What shows a fork. smaller, larger: the notes; proof: None where the sizes are equal."""

    smaller: str
    larger: str
    proof: Proof | None = None


class Compared(msgspec.Struct, frozen=True):
    """The verdict on two heads; evidence: for a fork."""

    verdict: Verdict
    smaller: Checkpoint
    larger: Checkpoint
    evidence: Evidence | None = None


Prove = Callable[[int, Checkpoint], Proof]
"""``prove(old_size, head)``: what the server of head says of its first old_size entries."""


def head_of(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """The head in a note that its log signed. Raises InvalidValue, also for a log not in keys."""
    head = parse_checkpoint(parse_note(note).text)
    own = [key for key in keys if key.name == head.origin]
    if not own:
        raise InvalidValue(
            "checkpoint.origin", "log-unknown", head.origin, "give the key of this log"
        )
    verified_note(note, own)
    return head


def compare_heads(a: str, b: str, *, keys: Sequence[VerifierKey], prove: Prove) -> Compared:
    """How the heads in two notes relate. prove is asked only where the sizes differ.

    Raises InvalidValue: a note that its log did not sign, two logs, or a server whose proof leads
    to no root at all, which shows nothing but that it does not answer.
    """
    smaller, larger = sorted((a, b), key=lambda note: head_of(note, keys).size)
    old, new = head_of(smaller, keys), head_of(larger, keys)
    if old.origin != new.origin:
        raise InvalidValue("origin", "two-logs", [old.origin, new.origin], "give heads of one log")
    if old.size == new.size:
        if old.root == new.root:
            return Compared(Verdict.AGREE, old, new)
        return Compared(Verdict.FORK, old, new, Evidence(smaller, larger))
    if old.size == 0:
        return Compared(Verdict.EXTENDS, old, new)  # every tree begins with the empty one
    proof = prove(old.size, new)
    if not _leads_to(new, old.size, proof):
        raise InvalidValue(
            "proof",
            "consistency",
            [old.size, new.size],
            "the server's proof does not lead to the head that it signed; ask again, or another",
        )
    if proof.old_root == old.root:
        return Compared(Verdict.EXTENDS, old, new)
    return Compared(Verdict.FORK, old, new, Evidence(smaller, larger, proof))


def proves_a_fork(old: Checkpoint, new: Checkpoint, proof: Proof | None) -> bool:
    """Whether two heads, both signed by the log, and a proof show that it forked."""
    if old.origin != new.origin or old.size > new.size or old.size == 0:
        return False
    if old.size == new.size:
        return old.root != new.root and proof is None
    return proof is not None and proof.old_root != old.root and _leads_to(new, old.size, proof)


def format_evidence(evidence: Evidence) -> str:
    """The text of the module's docstring."""
    lines = [_HEADER]
    if evidence.proof is not None:
        lines.append(f"other {to_base64(evidence.proof.old_root)}")
        lines.extend(map(to_base64, evidence.proof.hashes))
    return "\n".join(lines) + f"\n\n{evidence.smaller}\n{evidence.larger}"


def parse_evidence(text: str) -> Evidence:
    """The inverse of format_evidence; nothing is verified. Raises InvalidValue."""
    if len(text) > MAX_EVIDENCE_CHARACTERS:
        raise InvalidValue("evidence", "size", len(text), f"at most {MAX_EVIDENCE_CHARACTERS}")
    parts = text.split("\n\n")
    lines = parts[0].split("\n")
    if len(parts) != 5 or lines.pop(0) != _HEADER:
        raise InvalidValue("evidence", "header", text, f"give a text that opens {_HEADER}")
    proof = None
    if lines:
        if not lines[0].startswith("other ") or len(lines) > MAX_PROOF_HASHES + 1:
            raise InvalidValue("evidence.other", "proof", lines[0], "give: other <base64>, hashes")
        hashes = [
            from_base64(line, field="evidence.proof")
            for line in (lines[0].removeprefix("other "), *lines[1:])
        ]
        if any(len(each) != HASH_BYTES for each in hashes):
            raise InvalidValue("evidence.proof", "length", lines, f"hashes of {HASH_BYTES} bytes")
        proof = Proof(hashes[0], tuple(hashes[1:]))
    return Evidence(f"{parts[1]}\n\n{parts[2]}\n", f"{parts[3]}\n\n{parts[4]}", proof)


def verify_evidence(text: str, *, keys: Sequence[VerifierKey]) -> Compared:
    """That the text shows a fork of the log that keys name; needs nothing else.

    Raises InvalidValue: malformed, not signed by the log, or not in contradiction.
    """
    evidence = parse_evidence(text)
    old, new = head_of(evidence.smaller, keys), head_of(evidence.larger, keys)
    if not proves_a_fork(old, new, evidence.proof):
        raise InvalidValue(
            "evidence", "no-fork", [old.size, new.size], "these two heads do not contradict"
        )
    return Compared(Verdict.FORK, old, new, evidence)


def _leads_to(new: Checkpoint, old_size: int, proof: Proof) -> bool:
    return is_consistent(
        old_size, new.size, proof=proof.hashes, old_root=proof.old_root, new_root=new.root
    )
