"""What every record promises, run against each of them."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue, PositionTaken
from wideberth.model.envelope import MAX_ENVELOPE_BYTES, SALT_BYTES, leaf
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.merkle import (
    EMPTY_ROOT,
    Frontier,
    is_consistent,
    is_included,
    leaf_hash,
)
from wideberth.record.notes import parse_vkey, verified_checkpoint
from wideberth.record.protocol import Head, Record, Row
from wideberth.record.verify import verify_receipt


def root_of(rows: list[Row]) -> bytes:
    """The root as an outsider computes it from what was read."""
    frontier = Frontier()
    frontier.append(leaf_hash(leaf(row.salt, row.envelope)) for row in rows)
    return frontier.root()


def test_an_empty_record_has_a_head_and_a_checkpoint(record: Record) -> None:
    assert record.head() == Head(0, EMPTY_ROOT, 0)
    assert record.read(0, 10) == []
    checkpoint = verified_checkpoint(record.checkpoint(), parse_vkey(record.vkey))
    assert (checkpoint.size, checkpoint.root) == (0, EMPTY_ROOT)
    assert checkpoint.origin == record.origin == "space.example/log"


def test_what_was_appended_is_read_in_order_and_under_the_root(record: Record) -> None:
    first = record.append([b"a", b"b"], 0, time_us=5)
    second = record.append([b"c"], 2, time_us=5)
    rows = record.read(0, 10)
    assert [(row.position, row.envelope) for row in rows] == [(0, b"a"), (1, b"b"), (2, b"c")]
    assert first == Head(2, root_of(rows[:2]), 5)
    assert second == record.head() == Head(3, root_of(rows), 5)
    assert len({row.salt for row in rows}) == 3
    assert {len(row.salt) for row in rows} == {SALT_BYTES}


@pytest.mark.parametrize("expected", [0, 1, 3, 99])
def test_an_append_at_another_position_fails_and_changes_nothing(
    record: Record, expected: int
) -> None:
    head = record.append([b"a", b"b"], 0, time_us=1)
    with pytest.raises(PositionTaken) as caught:
        record.append([b"x"], expected, time_us=1)
    assert (caught.value.expected, caught.value.actual) == (expected, 2)
    assert record.head() == head
    assert len(record.read(0, 10)) == 2


def test_no_envelopes_check_the_position_only(record: Record) -> None:
    head = record.append([b"a"], 0, time_us=7)
    assert record.append([], 1, time_us=8) == head
    with pytest.raises(PositionTaken):
        record.append([], 0, time_us=8)


@pytest.mark.parametrize(
    "envelopes",
    [
        pytest.param([b"good", b""], id="empty"),
        pytest.param([b"good", bytes(MAX_ENVELOPE_BYTES + 1)], id="too large"),
    ],
)
def test_one_bad_envelope_keeps_out_all(record: Record, envelopes: list[bytes]) -> None:
    with pytest.raises(InvalidValue, match=r"envelopes\.1"):
        record.append(envelopes, 0, time_us=1)
    assert record.head().size == 0


def test_the_largest_envelope_goes_in(record: Record) -> None:
    record.append([bytes(MAX_ENVELOPE_BYTES)], 0, time_us=1)
    assert len(record.read(0, 1)[0].envelope) == MAX_ENVELOPE_BYTES


def test_time_never_runs_backwards(record: Record) -> None:
    record.append([b"a"], 0, time_us=10)
    with pytest.raises(InvalidValue, match="time-order"):
        record.append([b"b"], 1, time_us=9)
    assert record.append([b"b"], 1, time_us=10).size == 2


def test_the_first_time_may_be_before_1970(record: Record) -> None:
    assert record.append([b"a"], 0, time_us=-5).time_us == -5


@pytest.mark.parametrize(
    ("from_position", "limit", "expected"),
    [(0, 2, [0, 1]), (3, 2, [3, 4]), (4, 9, [4]), (5, 9, []), (50, 1, [])],
)
def test_reading_pages(record: Record, from_position: int, limit: int, expected: list[int]) -> None:
    record.append([b"%d" % i for i in range(5)], 0, time_us=1)
    assert [row.position for row in record.read(from_position, limit)] == expected


@pytest.mark.parametrize(("from_position", "limit"), [(-1, 1), (0, 0)])
def test_no_such_page(record: Record, from_position: int, limit: int) -> None:
    with pytest.raises(InvalidValue, match="page"):
        record.read(from_position, limit)


def test_a_reader_sees_each_append(record: Record) -> None:
    reader = record.reader()
    assert reader.head().size == 0
    record.append([b"a"], 0, time_us=1)
    assert [row.envelope for row in reader.read(0, 9)] == [b"a"]
    assert reader.checkpoint() == record.checkpoint()
    reader.close()


def test_waiting_ends_with_the_append(record: Record) -> None:
    assert not record.wait(0, 0.0)
    record.append([b"a"], 0, time_us=1)
    assert record.wait(0, 0.0)
    assert not record.wait(1, 0.02)
    seen: list[bool] = []

    def waiting() -> None:
        reader = record.reader()
        seen.append(reader.wait(1, 30.0))
        reader.close()

    waiter = threading.Thread(target=waiting)
    waiter.start()
    record.append([b"b"], 1, time_us=1)
    waiter.join()
    assert seen == [True]


def test_inside_exclusive_the_head_stands_still_and_the_append_lands(record: Record) -> None:
    record.append([b"a"], 0, time_us=1)
    with record.exclusive() as head:
        assert head == record.head()
        assert [row.envelope for row in record.read(0, 9)] == [b"a"]
        after = record.append([b"b"], head.size, time_us=1)
        assert after.size == 2
    assert record.head() == after


def test_leaving_exclusive_without_an_append_writes_nothing(record: Record) -> None:
    with record.exclusive() as head:
        pass
    assert record.head() == head
    assert record.append([b"a"], 0, time_us=1).size == 1


def test_an_error_inside_exclusive_releases_it(record: Record) -> None:
    with pytest.raises(PositionTaken), record.exclusive():
        record.append([b"x"], 5, time_us=1)
    assert record.append([b"a"], 0, time_us=1).size == 1


def test_every_proof_and_receipt_verifies_at_every_size(record: Record) -> None:
    sizes = (1, 2, 5, 8, 13)
    heads = [Head(0, EMPTY_ROOT, 0)]
    for size in sizes:
        begin = heads[-1].size
        heads.append(record.append([b"%d" % i for i in range(begin, size)], begin, time_us=1))
    rows = record.read(0, 99)
    for head in heads[1:]:
        assert record.root_at(head.size) == head.root
        for row in rows[: head.size]:
            hashed = leaf_hash(leaf(row.salt, row.envelope))
            proof = record.inclusion_proof(row.position, head.size)
            assert is_included(hashed, row.position, head.size, proof=proof, root=head.root)
        for old in heads[1:]:
            if old.size <= head.size:
                proof = record.consistency_proof(old.size, head.size)
                assert is_consistent(
                    old.size, head.size, proof=proof, old_root=old.root, new_root=head.root
                )
    for row in rows:
        proved = verify_receipt(
            record.receipt(row.position), envelope=row.envelope, salt=row.salt, vkey=record.vkey
        )
        assert (proved.position, proved.checkpoint.size) == (row.position, 13)
        assert proved.checkpoint.root == heads[-1].root


def test_nothing_is_proved_beyond_the_head(record: Record) -> None:
    record.append([b"a", b"b"], 0, time_us=1)
    for call in (
        lambda: record.root_at(3),
        lambda: record.root_at(-1),
        lambda: record.inclusion_proof(2, 2),
        lambda: record.inclusion_proof(0, 3),
        lambda: record.consistency_proof(1, 3),
        lambda: record.consistency_proof(2, 1),
        lambda: record.receipt(2),
    ):
        with pytest.raises(InvalidValue):
            call()
    assert record.root_at(0) == EMPTY_ROOT


def test_closing_twice_does_no_harm(record: Record) -> None:
    record.close()
    record.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=12))
def test_any_sequence_of_appends_matches_a_list(
    record: Record, steps: list[tuple[int, bool]]
) -> None:
    """Hypothesis goes on with the same record; the model is what was there and what landed."""
    model = [row.envelope for row in record.read(0, 10_000)]
    for count, in_exclusive in steps:
        envelopes = [b"e%d" % (len(model) + i) for i in range(count)]
        if in_exclusive:
            with record.exclusive() as head:
                record.append(envelopes, head.size, time_us=1)
        else:
            record.append(envelopes, len(model), time_us=1)
        model += envelopes
    rows = record.read(0, 10_000)
    assert [row.envelope for row in rows] == model
    assert record.head().size == len(model)
    assert record.head().root == root_of(rows)


def test_the_same_randomness_gives_the_same_bytes(key: OriginKey) -> None:
    first, second = (MemoryRecord(key, random_bytes=bytes) for _ in range(2))
    for kept in (first, second):
        kept.append([b"a", b"b"], 0, time_us=1)
    assert first.receipt(1) == second.receipt(1)
