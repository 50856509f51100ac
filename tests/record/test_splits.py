"""Two heads of one log: agree, extend, fork; and evidence that a third can check alone."""

from __future__ import annotations

import pytest

from wideberth.errors import InvalidValue
from wideberth.record import splits as module
from wideberth.record.cosignatures import WitnessKey, merged
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.merkle import consistency_proof, proved_old_root
from wideberth.record.notes import Checkpoint, parse_note
from wideberth.record.splits import (
    Compared,
    Proof,
    Verdict,
    compare_heads,
    format_evidence,
    parse_evidence,
    proves_a_fork,
    verify_evidence,
)

KEY = OriginKey("space.example/log", bytes(range(32)))
KEYS = [KEY.verifier]


class Log:
    """A record that remembers the note of each of its sizes."""

    def __init__(self, entries: list[bytes], *, key: OriginKey = KEY) -> None:
        self.record = MemoryRecord(key, random_bytes=bytes)
        self.notes = [self.record.checkpoint()]
        for position, entry in enumerate(entries):
            self.record.append([entry], position, time_us=1)
            self.notes.append(self.record.checkpoint())

    def prove(self, old: int, new: Checkpoint) -> Proof:
        hashes = self.record.consistency_proof(old, new.size)
        return Proof(self.record.root_at(old), tuple(hashes))


HONEST = Log([b"%d" % i for i in range(12)])
FORKED = Log([b"%d" % i for i in range(5)] + [b"other %d" % i for i in range(5, 12)])


def compared(a: str, b: str, *servers: Log) -> Compared:
    def prove(old: int, new: Checkpoint) -> Proof:
        return next(s for s in servers if new.root == s.record.root_at(new.size)).prove(old, new)

    return compare_heads(a, b, keys=KEYS, prove=prove)


@pytest.mark.parametrize("size", range(13))
def test_every_pair_of_heads_of_an_honest_log_agrees(size: int) -> None:
    for other in range(13):
        found = compared(HONEST.notes[size], HONEST.notes[other], HONEST)
        assert found.verdict is (Verdict.AGREE if size == other else Verdict.EXTENDS)
        assert found.smaller.size == min(size, other)
        assert found.evidence is None


@pytest.mark.requirement("R-09")
@pytest.mark.parametrize("size", range(1, 13))
def test_every_pair_of_heads_after_a_fork_is_evidence(size: int) -> None:
    for other in range(1, 13):
        a, b = HONEST.notes[size], FORKED.notes[other]
        found = compared(a, b, HONEST, FORKED)
        if min(size, other) <= 5:  # the common beginning
            assert found.verdict in (Verdict.AGREE, Verdict.EXTENDS)
            continue
        assert found.verdict is Verdict.FORK
        assert found.evidence is not None
        text = format_evidence(found.evidence)
        assert parse_evidence(text) == found.evidence
        assert verify_evidence(text, keys=KEYS) == found


def test_honest_cosignatures_of_one_head_are_no_split() -> None:
    witness = WitnessKey("witness.example", bytes([1]) * 32)
    note = HONEST.notes[7]
    text = parse_note(note).text
    first, second = (merged(note, [witness.cosign(text, time_s=t)]) for t in (1, 2))
    assert first != second
    assert compared(first, second).verdict is Verdict.AGREE


def test_without_the_check_of_the_proof_forged_evidence_would_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault."""
    monkeypatch.setattr(module, "is_consistent", lambda *_, **__: True)
    evidence = format_evidence(
        module.Evidence(HONEST.notes[6], HONEST.notes[9], Proof(bytes(32), ()))
    )
    assert verify_evidence(evidence, keys=KEYS).verdict is Verdict.FORK  # forged, and believed
    monkeypatch.undo()
    with pytest.raises(InvalidValue, match="no-fork"):
        verify_evidence(evidence, keys=KEYS)


def test_a_server_that_proves_nothing_is_no_evidence() -> None:
    def prove(old: int, new: Checkpoint) -> Proof:
        return Proof(bytes(32), (bytes(32),))

    with pytest.raises(InvalidValue, match="does not lead"):
        compare_heads(HONEST.notes[6], FORKED.notes[9], keys=KEYS, prove=prove)


def test_two_logs_are_not_compared() -> None:
    other = OriginKey("other.example/log", bytes([9]) * 32)
    keys = [*KEYS, other.verifier]
    b = Log([b"0"], key=other).notes[1]
    with pytest.raises(InvalidValue, match="two-logs"):
        compare_heads(HONEST.notes[1], b, keys=keys, prove=HONEST.prove)
    with pytest.raises(InvalidValue, match="log-unknown"):
        compare_heads(HONEST.notes[1], b, keys=KEYS, prove=HONEST.prove)


def test_an_unsigned_head_is_not_compared() -> None:
    forged = HONEST.notes[6].replace("\n6\n", "\n7\n")
    with pytest.raises(InvalidValue, match="signature does not verify"):
        compared(forged, HONEST.notes[7])


@pytest.mark.parametrize("sizes", [(7, 11), (8, 8)], ids=["two sizes", "one size"])
def test_no_changed_evidence_passes(sizes: tuple[int, int]) -> None:
    """Every character, changed in several ways, left out, or doubled."""
    found = compared(HONEST.notes[sizes[0]], FORKED.notes[sizes[1]], FORKED)
    assert found.evidence is not None
    text = format_evidence(found.evidence)
    assert verify_evidence(text, keys=KEYS).verdict is Verdict.FORK
    for at, old in enumerate(text):
        for put in {chr(ord(old) ^ 1), chr(ord(old) ^ 32), "A", "\n", "", old + old} - {old}:
            with pytest.raises(InvalidValue):
                verify_evidence(text[:at] + put + text[at + 1 :], keys=KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wideberth split view v1\n",
        "wideberth split view v2\n\na\n\nb\n\nc\n\nd\n",
        f"wideberth split view v1\nproof AAAA\n\n{HONEST.notes[6]}\n{FORKED.notes[6]}",
        f"wideberth split view v1\nother AAAA\n\n{HONEST.notes[6]}\n{FORKED.notes[6]}",
        f"wideberth split view v1\n\n{HONEST.notes[6]}\n{FORKED.notes[6]}\n",
    ],
)
def test_bad_evidence(text: str) -> None:
    with pytest.raises(InvalidValue):
        verify_evidence(text, keys=KEYS)


def test_an_empty_tree_contradicts_nothing() -> None:
    empty, head = Checkpoint("o", 0, bytes(32)), Checkpoint("o", 3, bytes(32))
    assert not proves_a_fork(empty, head, Proof(bytes([1]) * 32, ()))
    assert not proves_a_fork(head, Checkpoint("p", 3, bytes(32)), None)


def test_a_consistency_proof_binds_its_old_root_but_for_powers_of_two() -> None:
    record = FORKED.record
    for new in range(1, 13):
        for old in range(new + 1):
            proof = consistency_proof(record._node, old, new)
            found = proved_old_root(old, new, proof=proof, new_root=record.root_at(new))
            binds = 0 < old < new and old & (old - 1) != 0
            assert found == (record.root_at(old) if binds else None)
            if binds:
                assert proved_old_root(old, new, proof=proof, new_root=bytes(32)) is None
                assert proved_old_root(old, new, proof=proof[1:], new_root=bytes(32)) is None
