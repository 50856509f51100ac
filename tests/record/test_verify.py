"""The audit finds every change, and says where. Each case is a planted fault."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from wideberth.errors import (
    InvalidValue,
    RecordCorrupt,
    RecordError,
    RecordUnavailable,
)
from wideberth.model.envelope import Statement, leaf, sign_statement, verify_statement
from wideberth.model.ids import KeyId, PartyId
from wideberth.record.database import RECORD_FILE
from wideberth.record.keys import OriginKey
from wideberth.record.merkle import Frontier, interior_nodes, leaf_hash
from wideberth.record.notes import Checkpoint, checkpoint_text
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

SIZE = 11  # of the folder fixture: odd, so that its last entry is in no interior node
OTHER_KEY = OriginKey("space.example/log", bytes([9]) * 32)


def tamper(folder: Path, *statements: str, parameters: tuple[object, ...] = ()) -> None:
    """Change the file behind the record's back, with Python's own SQLite."""
    db = sqlite3.connect(folder / RECORD_FILE)
    try:
        for statement in statements:
            db.execute(statement, parameters)
        db.commit()
    finally:
        db.close()


def query(folder: Path, statement: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(folder / RECORD_FILE)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()


def first_bad(folder: Path, key: OriginKey, **options: object) -> int | None:
    with pytest.raises(RecordCorrupt) as caught:
        verify_folder(folder, vkey=key.vkey, **options)  # type: ignore[arg-type]
    return caught.value.position


def test_an_untouched_record_verifies(folder: Path, key: OriginKey) -> None:
    progress: list[tuple[int, int]] = []
    with SqliteRecord(folder) as reader:
        head = reader.head()
    verified = verify_folder(
        folder, vkey=key.vkey, on_progress=lambda done, total: progress.append((done, total))
    )
    assert (verified.size, verified.root, verified.time_us) == (head.size, head.root, head.time_us)
    assert (verified.origin, verified.vkey) == (key.origin, key.vkey)
    assert verified.is_key_given
    assert not verify_folder(folder).is_key_given
    assert progress[-1] == (SIZE, SIZE)


def test_an_empty_record_verifies(tmp_path: Path, key: OriginKey) -> None:
    SqliteRecord(tmp_path / "r", key=key).close()
    assert verify_folder(tmp_path / "r", vkey=key.vkey).size == 0


def test_more_than_a_page_verifies_while_it_grows(tmp_path: Path, key: OriginKey) -> None:
    with SqliteRecord(tmp_path / "r", key=key) as record:
        record.append([b"%d" % i for i in range(600)], 0, time_us=1)

        def grow(done: int, total: int) -> None:
            record.append([b"more"], record.head().size, time_us=1)
            assert done <= total == 600

        assert verify_folder(tmp_path / "r", vkey=key.vkey, on_progress=grow).size == 600
        assert record.head().size > 600


def test_no_record_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RecordUnavailable, match="no record"):
        verify_folder(tmp_path)


@pytest.mark.parametrize("column", ["leaf", "salt", "envelope"])
@pytest.mark.parametrize("position", range(SIZE))
def test_a_flipped_byte_names_its_entry(
    folder: Path, key: OriginKey, column: str, position: int
) -> None:
    [(value,)] = query(folder, f"SELECT {column} FROM entry WHERE position = {position}")
    assert isinstance(value, bytes)
    for place in (0, len(value) // 2, len(value) - 1):
        changed = value[:place] + bytes([value[place] ^ 0x10]) + value[place + 1 :]
        tamper(
            folder,
            f"UPDATE entry SET {column} = ? WHERE position = {position}",
            parameters=(changed,),
        )
        assert first_bad(folder, key) == position


@pytest.mark.parametrize("position", range(SIZE))
@pytest.mark.parametrize(
    "change",
    [
        pytest.param("DELETE FROM entry WHERE position = {0}", id="dropped"),
        pytest.param("UPDATE entry SET envelope = NULL WHERE position = {0}", id="emptied"),
        pytest.param("UPDATE entry SET salt = NULL WHERE position = {0}", id="salt gone"),
        pytest.param("UPDATE entry SET salt = x'00' WHERE position = {0}", id="short salt"),
        pytest.param("DELETE FROM entry WHERE position >= {0}", id="cut off"),
        pytest.param(
            "UPDATE entry SET envelope = CAST(envelope || x'00' AS BLOB) WHERE position = {0}",
            id="longer",
        ),
    ],
)
def test_what_is_gone_or_longer_names_its_entry(
    folder: Path, key: OriginKey, change: str, position: int
) -> None:
    tamper(folder, change.format(position))
    assert first_bad(folder, key) == position


def test_a_gap_closed_by_moving_the_rest_up_names_an_entry_near_it(
    folder: Path, key: OriginKey
) -> None:
    tamper(
        folder,
        "DELETE FROM entry WHERE position = 4",
        "UPDATE entry SET position = position - 1 WHERE position > 4",
    )
    assert first_bad(folder, key) == 4


@pytest.mark.parametrize(("first", "second"), [(0, 1), (2, 3), (1, 6), (9, 10), (0, 10)])
def test_swapped_entries_name_the_subtree_of_the_first(
    folder: Path, key: OriginKey, first: int, second: int
) -> None:
    tamper(
        folder,
        f"UPDATE entry SET position = 99 WHERE position = {first}",
        f"UPDATE entry SET position = {first} WHERE position = {second}",
        f"UPDATE entry SET position = {second} WHERE position = 99",
    )
    assert first_bad(folder, key) == first - first % 2


@pytest.mark.parametrize("position", range(SIZE))
def test_an_entry_rewritten_with_its_leaf_names_its_subtree(
    folder: Path, key: OriginKey, position: int
) -> None:
    salt, envelope = bytes(16), b"what was never said"
    db = sqlite3.connect(folder / RECORD_FILE)
    db.execute(
        "UPDATE entry SET salt = ?, envelope = ?, leaf = ? WHERE position = ?",
        (salt, envelope, leaf(salt, envelope), position),
    )
    db.commit()
    db.close()
    assert first_bad(folder, key) == position - position % 2


def rewrite(folder: Path, position: int, *, signed_by: OriginKey | None) -> None:
    """Rewrite one entry and the whole tree over it; sign the new head, or leave the old one."""
    salt, envelope = bytes(16), b"what was never said"
    db = sqlite3.connect(folder / RECORD_FILE)
    db.execute(
        "UPDATE entry SET salt = ?, envelope = ?, leaf = ? WHERE position = ?",
        (salt, envelope, leaf(salt, envelope), position),
    )
    leaves = [row[0] for row in db.execute("SELECT leaf FROM entry ORDER BY position")]
    frontier = Frontier()
    nodes = frontier.append(leaf_hash(item) for item in leaves)
    assert len(nodes) == interior_nodes(len(leaves))
    db.executemany(
        "UPDATE node SET hash = ? WHERE number = ?", ((n, i) for i, n in enumerate(nodes))
    )
    if signed_by is not None:
        text = checkpoint_text(Checkpoint(signed_by.origin, len(leaves), frontier.root()))
        db.execute(
            "UPDATE head SET root = ?, signature = ?", (frontier.root(), signed_by.sign(text))
        )
    db.commit()
    db.close()


def test_a_rewritten_tree_does_not_fit_the_signed_head(folder: Path, key: OriginKey) -> None:
    rewrite(folder, 3, signed_by=None)
    # All nodes fit each other; the loose last entry is what is left to blame.
    assert first_bad(folder, key) == SIZE - 1


def test_a_rewritten_even_tree_does_not_fit_the_signed_head(tmp_path: Path, key: OriginKey) -> None:
    with SqliteRecord(tmp_path / "r", key=key) as record:
        record.append([b"%d" % i for i in range(8)], 0, time_us=1)
    rewrite(tmp_path / "r", 3, signed_by=None)
    assert first_bad(tmp_path / "r", key) is None


def test_a_record_signed_anew_by_another_key_is_refused(folder: Path, key: OriginKey) -> None:
    rewrite(folder, 3, signed_by=OTHER_KEY)
    assert first_bad(folder, key) is None
    tamper(folder, "UPDATE head SET vkey = ?", parameters=(OTHER_KEY.vkey,))
    assert first_bad(folder, key) is None
    # Against the key that the record itself names there is nothing to find: hence is_key_given.
    assert not verify_folder(folder).is_key_given


def test_a_record_signed_anew_by_its_own_key_contradicts_a_kept_checkpoint(
    folder: Path, key: OriginKey
) -> None:
    with SqliteRecord(folder) as reader:
        kept = reader.checkpoint()
    assert verify_folder(folder, vkey=key.vkey, held=[kept]).size == SIZE
    rewrite(folder, 3, signed_by=key)
    assert verify_folder(folder, vkey=key.vkey).size == SIZE  # the limit of looking at one copy
    assert first_bad(folder, key, held=[kept]) is None


def test_a_record_put_back_to_an_earlier_state_contradicts_a_kept_checkpoint(
    folder: Path, key: OriginKey, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "earlier")
    with SqliteRecord(folder, key=key) as record:
        record.append([b"inconvenient"], SIZE, time_us=3_000)
        kept = record.checkpoint()
    assert verify_folder(folder, vkey=key.vkey, held=[kept]).size == SIZE + 1
    assert verify_folder(tmp_path / "earlier", vkey=key.vkey).size == SIZE
    assert first_bad(tmp_path / "earlier", key, held=[kept]) == SIZE


def test_two_kept_checkpoints_that_differ_are_equivocation(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder) as reader:
        kept = reader.checkpoint()
    rewrite(folder, 3, signed_by=key)
    with SqliteRecord(folder) as reader:
        other = reader.checkpoint()
    with pytest.raises(RecordCorrupt, match="equivocation"):
        verify_folder(folder, vkey=key.vkey, held=[kept, other])
    with pytest.raises(InvalidValue):
        verify_folder(folder, vkey=key.vkey, held=[kept.replace("11", "12")])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE head SET root = zeroblob(32)", id="root"),
        pytest.param("UPDATE head SET signature = zeroblob(64)", id="signature"),
        pytest.param("UPDATE head SET signature = x''", id="no signature"),
        pytest.param("UPDATE head SET vkey = 'x'", id="key"),
        pytest.param("DELETE FROM head", id="head gone"),
        pytest.param("DELETE FROM node WHERE number = 0", id="node gone"),
        pytest.param("UPDATE node SET hash = zeroblob(32) WHERE number = 7", id="node"),
        pytest.param("INSERT INTO node VALUES (99, zeroblob(32))", id="node too many"),
        pytest.param("INSERT INTO node VALUES (-1, zeroblob(32))", id="node before the first"),
        pytest.param(
            "INSERT INTO entry SELECT 11, leaf, salt, envelope FROM entry WHERE position = 0",
            id="entry beyond the head",
        ),
        pytest.param(
            "INSERT INTO entry SELECT -1, leaf, salt, envelope FROM entry WHERE position = 0",
            id="entry before the first",
        ),
        pytest.param("UPDATE head SET size = 10", id="shorter"),
        pytest.param("UPDATE head SET size = 12", id="longer"),
        pytest.param("UPDATE head SET size = 0", id="emptied"),
        pytest.param("UPDATE head SET size = -1", id="size below zero"),
        pytest.param("UPDATE head SET size = 9223372036854775807", id="size without end"),
        pytest.param("PRAGMA user_version = 3", id="another format"),
        pytest.param("PRAGMA application_id = 0", id="another program's file"),
    ],
)
def test_a_changed_head_or_tree_is_found(folder: Path, key: OriginKey, change: str) -> None:
    tamper(folder, change)
    with pytest.raises(RecordError):
        verify_folder(folder, vkey=key.vkey)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_a_flip_anywhere_in_the_file_is_found_or_changes_nothing(
    folder: Path, key: OriginKey, tmp_path: Path, place: float, bits: int
) -> None:
    """Invariant: whatever byte flips, the audit fails, or gives the very same size and root."""
    data = bytearray((folder / RECORD_FILE).read_bytes())
    data[int(place * len(data))] ^= bits
    copy = tmp_path / "flipped"
    copy.mkdir(exist_ok=True)
    for stale in copy.iterdir():
        stale.unlink()
    (copy / RECORD_FILE).write_bytes(data)
    try:
        verified = verify_folder(copy, vkey=key.vkey)
    except RecordError:
        return
    assert verified.root == verify_folder(folder, vkey=key.vkey).root
    assert verified.size == SIZE


class _Enrolled(msgspec.Struct):
    said: str | None = None
    public_key: str | None = None


def checker_of(keys: dict[str, bytes]) -> Callable[[int, bytes, str | None], None]:
    """A caller's fold of keys, as small as it gets: an entry may enrol one."""

    def check(position: int, envelope: bytes, said: str | None) -> None:
        entry = msgspec.json.decode(envelope, type=_Enrolled)
        if said is not None:
            verify_statement(said, keys["relief"])
        if entry.public_key is not None:
            keys["relief"] = bytes.fromhex(entry.public_key)

    return check


def test_statements_are_checked_under_the_keys_in_force_at_their_index(
    tmp_path: Path, key: OriginKey
) -> None:
    old, new = SigningKey(bytes(32)), SigningKey(bytes([1]) * 32)

    def enrol(signing_key: SigningKey) -> bytes:
        return msgspec.json.encode({"public_key": bytes(signing_key.verify_key).hex()})

    def said_by(signing_key: SigningKey) -> bytes:
        statement = Statement(
            origin=key.origin,
            party=PartyId("relief"),
            key_id=KeyId("k"),
            party_seq=1,
            prev=None,
            type="SubmitIntent",
            request="r",
            body=msgspec.Raw(b"{}"),
        )
        return msgspec.json.encode({"said": sign_statement(statement, signing_key)})

    good = [enrol(old), said_by(old), b"{}", enrol(new), said_by(new)]
    with SqliteRecord(tmp_path / "r", key=key) as record:
        record.append(good, 0, time_us=1)
    verified = verify_folder(tmp_path / "r", vkey=key.vkey, statement_checker=checker_of({}))
    assert verified.statements == 2
    with SqliteRecord(tmp_path / "r", key=key) as record:
        record.append([said_by(old)], 5, time_us=1)
    assert first_bad(tmp_path / "r", key, statement_checker=checker_of({})) == 5
    assert verify_folder(tmp_path / "r", vkey=key.vkey).statements == 0


def test_an_envelope_that_is_no_json_fails_the_statement_check(
    folder: Path, key: OriginKey
) -> None:
    assert first_bad(folder, key, statement_checker=checker_of({})) == 0
