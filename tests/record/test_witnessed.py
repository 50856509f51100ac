"""Cosignatures kept beside a record, and heads that the record does not have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wideberth.errors import InvalidValue
from wideberth.record.cosignatures import WitnessKey, merged, verified_cosignatures
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import (
    parse_checkpoint,
    parse_note,
    parse_receipt,
    signature_line,
    verified_checkpoint,
)
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder, verify_receipt
from wideberth.record.witnessed import KEPT_HEADS, Ahead, CosignatureStore, ahead

W = [WitnessKey(f"witness.example/w{i}", bytes([i + 1]) * 32) for i in range(3)]
KEYS = [each.verifier for each in W]
TIME_S = 1_700_000_000


@pytest.fixture
def kept(key: OriginKey, tmp_path: Path) -> Iterator[SqliteRecord]:
    with SqliteRecord(tmp_path / "record", key=key) as record:
        grow(record, 5)
        yield record


@pytest.fixture
def store(kept: SqliteRecord, tmp_path: Path) -> Iterator[CosignatureStore]:
    with CosignatureStore(tmp_path / "record") as made:
        yield made


def grow(record: SqliteRecord | MemoryRecord, count: int, *, word: bytes = b"entry") -> None:
    size = record.head().size
    record.append([b"%s %d" % (word, size + i) for i in range(count)], size, time_us=1)


def cosigned(note: str, *witnesses: WitnessKey, time_s: int = TIME_S) -> str:
    text = parse_note(note).text
    return merged(note, [each.cosign(text, time_s=time_s) for each in witnesses])


def names(note: str) -> list[str]:
    return [each.name for each in parse_note(note).signatures[1:]]


def size_of(note: str) -> int:
    return parse_checkpoint(parse_note(note).text).size


def test_a_checkpoint_carries_the_cosignatures_of_its_head(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    bare = kept.checkpoint()
    note = cosigned(bare, W[0], W[1])
    found = store.keep(note, logs=[key.verifier], witnesses=KEYS)
    assert [each.key for each in found] == KEYS[:2]
    for record in (kept, kept.reader()):
        full = record.checkpoint()
        assert full == note
        assert verified_checkpoint(full, key.verifier).size == 5
    grow(kept, 1)
    assert names(kept.checkpoint()) == []  # the newest head has none yet
    assert kept.checkpoint(witnesses=2) == note


def test_the_newest_head_with_so_many_cosignatures(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    for witnesses in (W, W[:2], W[:1]):
        store.keep(cosigned(kept.checkpoint(), *witnesses), logs=[key.verifier], witnesses=KEYS)
        grow(kept, 1)
    for count, size in ((0, 8), (1, 7), (2, 6), (3, 5)):
        note = kept.checkpoint(witnesses=count)
        assert size_of(note) == size
        assert len(names(note)) >= count
        assert verified_checkpoint(note, key.verifier).root == kept.root_at(size)
        found = verified_cosignatures(parse_note(note).text, parse_note(note).signatures, KEYS)
        assert len(found) >= count
    with pytest.raises(InvalidValue, match="not-cosigned"):
        kept.checkpoint(witnesses=4)


def test_a_receipt_stands_under_the_head_that_is_asked_for(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    store.keep(cosigned(kept.checkpoint(), W[0]), logs=[key.verifier], witnesses=KEYS)
    grow(kept, 3)
    row = kept.read(2, 1)[0]
    for count, size in ((0, 8), (1, 5)):
        receipt = kept.receipt(2, witnesses=count)
        proved = verify_receipt(receipt, envelope=row.envelope, salt=row.salt, vkey=kept.vkey)
        assert proved.checkpoint.size == size
        assert len(names(parse_receipt(receipt).note)) == count
    with pytest.raises(InvalidValue, match="in-tree"):
        kept.receipt(6, witnesses=1)  # nobody has cosigned it yet


def test_strangers_are_not_kept(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    note = cosigned(kept.checkpoint(), W[2])
    assert store.keep(note, logs=[key.verifier], witnesses=KEYS[:2]) == ()
    assert names(kept.checkpoint()) == []
    with pytest.raises(InvalidValue, match="not-cosigned"):
        kept.checkpoint(witnesses=1)


def test_nothing_unsigned_is_kept(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    twin = MemoryRecord(OriginKey(key.origin, bytes([9]) * 32))
    grow(twin, 5)
    with pytest.raises(InvalidValue, match="unsigned"):
        store.keep(cosigned(twin.checkpoint(), W[0]), logs=[key.verifier], witnesses=KEYS)
    head = kept.checkpoint()
    grow(kept, 1)
    wrong = head + cosigned(kept.checkpoint(), W[0]).splitlines(keepends=True)[-1]
    with pytest.raises(InvalidValue, match="cosignature does not verify"):
        store.keep(wrong, logs=[key.verifier], witnesses=KEYS)


def test_a_later_cosignature_of_one_head_takes_the_place_of_the_earlier(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    for time_s in (TIME_S + 5, TIME_S):
        note = cosigned(kept.checkpoint(), W[0], time_s=time_s)
        store.keep(note, logs=[key.verifier], witnesses=KEYS)
    signatures = parse_note(kept.checkpoint()).signatures
    [found] = verified_cosignatures(parse_note(kept.checkpoint()).text, signatures, KEYS)
    assert found.time_s == TIME_S + 5
    assert store.newest_size(W[0].verifier) == 5
    assert store.newest_size(W[1].verifier) == 0


def test_of_each_witness_the_newest_heads_are_kept(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    """One that cosigns seldom keeps its head, with the log's line, however busy another is."""
    store.keep(cosigned(kept.checkpoint(), W[1]), logs=[key.verifier], witnesses=KEYS)
    for _ in range(KEPT_HEADS + 10):
        grow(kept, 1)
        store.keep(cosigned(kept.checkpoint(), W[0]), logs=[key.verifier], witnesses=KEYS)
    rows = kept._cosignatures(None)
    sizes = {name: {row.size for row in rows if row.witness == name} for name in (
        W[0].vkey, W[1].vkey, key.vkey
    )}  # fmt: skip
    assert len(sizes[W[0].vkey]) == KEPT_HEADS
    assert sizes[W[1].vkey] == {5}
    assert sizes[key.vkey] == sizes[W[0].vkey] | {5}
    assert size_of(kept.checkpoint(witnesses=1)) == 5 + KEPT_HEADS + 10


def test_a_head_that_two_keys_of_the_log_signed_keeps_both_lines(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey
) -> None:
    """As while the log changes its key: whoever knows only one of them can still verify."""
    other = OriginKey(key.origin, bytes([9]) * 32)
    bare = kept.checkpoint()
    text = parse_note(bare).text
    both = bare + signature_line(other.verifier, other.sign(text))
    keys = [key.verifier, other.verifier]
    store.keep(cosigned(both, W[0]), logs=keys, witnesses=KEYS)
    grow(kept, 1)
    note = kept.checkpoint(witnesses=1)
    assert len(names(note)) == 2
    for each in keys:
        assert verified_checkpoint(note, each).size == 5
    with pytest.raises(InvalidValue, match="not-cosigned"):
        kept.checkpoint(witnesses=2)  # the log's second line is no witness's
    store.keep(cosigned(kept.checkpoint(), W[0]), logs=keys, witnesses=KEYS)
    assert kept.checkpoint(witnesses=1) == kept.checkpoint()


def test_cosignatures_are_no_part_of_the_record(
    kept: SqliteRecord, store: CosignatureStore, key: OriginKey, tmp_path: Path
) -> None:
    before = kept.head()
    store.keep(cosigned(kept.checkpoint(), *W), logs=[key.verifier], witnesses=KEYS)
    assert kept.head() == before
    assert verify_folder(tmp_path / "record", vkey=key.vkey).size == 5


def test_a_record_that_extends_every_head_is_not_behind(kept: SqliteRecord) -> None:
    notes = [kept.checkpoint()]
    for _ in range(9):
        grow(kept, 1)
        notes.append(kept.checkpoint())
        assert all(ahead(kept, note) is None for note in notes)


def test_a_longer_head_says_that_entries_were_lost(kept: SqliteRecord, key: OriginKey) -> None:
    longer = MemoryRecord(key)
    grow(longer, 9)
    note = longer.checkpoint()
    found = ahead(kept, note)
    assert found == Ahead(parse_checkpoint(parse_note(note).text), 5, is_fork=False)


def test_another_root_of_a_size_that_is_here_says_that_the_log_forked(
    kept: SqliteRecord, key: OriginKey
) -> None:
    other = MemoryRecord(key)
    grow(other, 5, word=b"other")
    found = ahead(kept, other.checkpoint())
    assert found is not None
    assert (found.held.size, found.own_size, found.is_fork) == (5, 5, True)


def test_a_head_that_the_log_did_not_sign_says_nothing(kept: SqliteRecord, key: OriginKey) -> None:
    twin = MemoryRecord(OriginKey(key.origin, bytes([9]) * 32))
    grow(twin, 9)
    with pytest.raises(InvalidValue, match="unsigned"):
        ahead(kept, twin.checkpoint())
    with pytest.raises(InvalidValue, match="log-unknown"):
        ahead(kept, MemoryRecord(OriginKey("other.example", bytes(32))).checkpoint())


def test_a_former_key_of_the_log_says_nothing_of_later_sizes(
    kept: SqliteRecord, key: OriginKey
) -> None:
    later = OriginKey(key.origin, bytes([77]) * 32)
    kept.change_key(later, [b"{}"], 5, time_us=2, is_overlapping=False)
    stolen = MemoryRecord(key)
    grow(stolen, 9, word=b"forged")
    with pytest.raises(InvalidValue, match="unsigned"):
        ahead(kept, stolen.checkpoint())
    honest = MemoryRecord(later)
    grow(honest, 9)
    found = ahead(kept, honest.checkpoint())
    assert found is not None, "the key in force still speaks for the log"
    assert found.own_size == 6
