"""The audit: everything that a record claims, computed again from its entries.

Reads the file with its own queries and shares no code with the writer but hashing and note texts.
What it cannot see by itself: a whole record put back to an earlier, honestly signed state, or
written anew by whoever holds the origin key. For that, hand in checkpoints that somebody kept
(``held``): any two heads of one log must agree.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec

from wideberth.errors import InvalidValue, RecordCorrupt, WideberthError
from wideberth.model.envelope import SALT_BYTES, leaf
from wideberth.record.database import connect, translated
from wideberth.record.merkle import Frontier, interior_nodes, is_included, leaf_hash
from wideberth.record.notes import (
    Checkpoint,
    VerifierKey,
    checkpoint_text,
    format_note,
    format_vkey,
    parse_receipt,
    parse_vkey,
    signature_line,
    verified_checkpoint,
)
from wideberth.record.schema import check_format

__all__ = ["Proved", "StatementChecker", "Verified", "verify_folder", "verify_receipt"]

StatementChecker = Callable[[int, bytes, str | None], None]
"""``checker(position, envelope, said)``: called for every entry in order, so that it can fold the
keys in force; said is the signed statement that the envelope carries, or None. It raises a
WideberthError (say, of ``verify_statement``) where the entry is not what it claims to be."""

_PAGE_ROWS = 256


class Verified(msgspec.Struct, frozen=True):
    """What was verified. root: 32 bytes; statements: how many signed ones were checked.

    is_key_given: False where the record was only checked against the key that it names itself.
    """

    origin: str
    vkey: str
    size: int
    root: bytes
    time_us: int
    statements: int
    is_key_given: bool


class Proved(msgspec.Struct, frozen=True):
    """What a receipt proves: the entry stands at position of the tree that checkpoint names."""

    position: int
    checkpoint: Checkpoint


class _Said(msgspec.Struct):
    said: str | None = None


_said_decoder = msgspec.json.Decoder(_Said)


class _SignedHead(msgspec.Struct, frozen=True):
    checkpoint: Checkpoint
    key: VerifierKey
    time_us: int
    problem: str | None


def verify_folder(
    path: Path,
    *,
    vkey: str | None = None,
    held: Sequence[str] = (),
    statement_checker: StatementChecker | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Recompute every leaf and the whole tree of the record in the folder path, up to its head.

    vkey: the log's key as its parties know it. held: checkpoint notes kept from earlier.
    on_progress: called with entries done and in all. Appends may go on meanwhile.

    Raises RecordCorrupt naming the first bad index (where leaf and entry were changed together,
    the first of the smallest subtree that no longer fits; None where only the head is wrong),
    RecordUnavailable where there is no record to read, InvalidValue for a malformed vkey.
    """
    given = None if vkey is None else parse_vkey(vkey)
    db = connect(path, to_write=False, busy_timeout_s=10.0)
    try:
        with translated:
            check_format(db)
            head = _read_head(db, given)
            frontier, statements = _recomputed(
                db, head, _held_roots(held, head.key), statement_checker, on_progress
            )
            _check_end(db)
    finally:
        db.close()
    _check_root(head, frontier)
    if head.problem is not None:
        raise RecordCorrupt(None, head.problem)
    return Verified(
        origin=head.key.name,
        vkey=format_vkey(head.key),
        size=frontier.size,
        root=frontier.root(),
        time_us=head.time_us,
        statements=statements,
        is_key_given=given is not None,
    )


def verify_receipt(text: str, *, envelope: bytes, salt: bytes, vkey: str) -> Proved:
    """Prove offline that envelope is an entry of the log that vkey names.

    Witnesses' signatures on the checkpoint are kept out of the verdict. Raises InvalidValue: a
    malformed receipt, another log, a signature that fails, an entry that is not the one proved.
    """
    receipt = parse_receipt(text)
    checkpoint = verified_checkpoint(receipt.note, parse_vkey(vkey))
    if not is_included(
        leaf_hash(leaf(salt, envelope)),
        receipt.index,
        checkpoint.size,
        proof=receipt.proof,
        root=checkpoint.root,
    ):
        raise InvalidValue(
            "receipt.proof", "inclusion", receipt.index, "give the entry and salt of this receipt"
        )
    return Proved(receipt.index, checkpoint)


def _read_head(db: apsw.Connection, given: VerifierKey | None) -> _SignedHead:
    """The head as stored; what is wrong with it is told after the entries, which name an index."""
    rows = _rows(db, "SELECT vkey, size, root, time_us, signature FROM head")
    if len(rows) != 1:
        raise RecordCorrupt(None, "there is no head")
    stored_vkey, size, root, time_us, signature = rows[0]
    try:
        key = given or parse_vkey(stored_vkey)
    except InvalidValue as error:
        raise RecordCorrupt(None, f"the record names no key: {error}") from error
    checkpoint = Checkpoint(key.name, size, root)
    problem = None
    try:
        note = format_note(checkpoint_text(checkpoint), [signature_line(key, signature)])
        verified_checkpoint(note, key)
    except InvalidValue as error:
        problem = f"the checkpoint does not verify: {error}"
    if problem is None and stored_vkey != format_vkey(key):
        problem = f"the record names another key: {stored_vkey}"
    return _SignedHead(checkpoint, key, time_us, problem)


def _held_roots(held: Sequence[str], key: VerifierKey) -> dict[int, bytes]:
    """Size to root of the kept checkpoints. Raises InvalidValue for one that key did not sign."""
    roots: dict[int, bytes] = {}
    for note in held:
        checkpoint = verified_checkpoint(note, key)
        if roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise RecordCorrupt(
                None, f"the log signed two trees of {checkpoint.size} entries: equivocation"
            )
    return roots


def _recomputed(
    db: apsw.Connection,
    head: _SignedHead,
    held: dict[int, bytes],
    statement_checker: StatementChecker | None,
    on_progress: Callable[[int, int], None] | None,
) -> tuple[Frontier, int]:
    """The tree over all entries, and how many signed statements were checked."""
    size = head.checkpoint.size
    longest = max(held, default=0)
    if longest > size:
        raise RecordCorrupt(size, f"missing; the log once signed {longest} entries")
    frontier, statements = Frontier(), 0
    nodes = _nodes(db, interior_nodes(size))
    for row in _entries(db, size):
        position, stored_leaf, envelope = row
        for level, node in enumerate(frontier.append([leaf_hash(stored_leaf)]), start=1):
            if next(nodes) != node:
                raise RecordCorrupt(*_blamed(position, level))
        if frontier.size in held and held[frontier.size] != frontier.root():
            raise RecordCorrupt(
                None, f"the log once signed another tree of {frontier.size} entries"
            )
        if statement_checker is not None:
            statements += _checked_statement(statement_checker, position, envelope)
        if on_progress is not None and frontier.size % _PAGE_ROWS == 0:
            on_progress(frontier.size, size)
    if on_progress is not None:
        on_progress(size, size)
    return frontier, statements


def _entries(db: apsw.Connection, size: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Position, leaf and envelope of each entry, each entry checked against its own leaf."""
    # A page at a time: an open cursor would keep the write-ahead log from being folded in.
    for begin in range(0, size, _PAGE_ROWS):
        end = min(size, begin + _PAGE_ROWS)
        rows = _rows(
            db,
            "SELECT position, leaf, salt, envelope FROM entry"
            " WHERE position >= ? AND position < ? ORDER BY position",
            begin,
            end,
        )
        for expected, (position, stored_leaf, salt, envelope) in enumerate(rows, start=begin):
            if position != expected:
                raise RecordCorrupt(expected, "missing")
            if not isinstance(salt, bytes) or len(salt) != SALT_BYTES:
                raise RecordCorrupt(position, f"its salt has not {SALT_BYTES} bytes")
            if not isinstance(envelope, bytes) or leaf(salt, envelope) != stored_leaf:
                raise RecordCorrupt(position, "its salt and envelope do not give its leaf")
            yield position, stored_leaf, envelope
        if len(rows) != end - begin:
            raise RecordCorrupt(begin + len(rows), "missing")


def _nodes(db: apsw.Connection, count: int) -> Iterator[bytes]:
    """The stored interior nodes by number; an empty hash where one is missing."""
    for begin in range(0, count, _PAGE_ROWS):
        end = min(count, begin + _PAGE_ROWS)
        found: dict[int, bytes] = dict(
            _rows(db, "SELECT number, hash FROM node WHERE number >= ? AND number < ?", begin, end)
        )
        for number in range(begin, end):
            yield found.get(number, b"")


def _blamed(last: int, level: int) -> tuple[int, str]:
    """First index and reason, where the node of this level that last completes does not fit."""
    first = last + 1 - (1 << level)
    return first, f"entries {first} to {last} do not give their tree node"


def _checked_statement(checker: StatementChecker, position: int, envelope: bytes) -> bool:
    """Whether the entry carries a signed statement, which the checker then found good."""
    try:
        said = _said_decoder.decode(envelope).said
        checker(position, envelope, said)
    except (msgspec.DecodeError, UnicodeDecodeError, WideberthError) as error:
        raise RecordCorrupt(position, str(error)) from error
    return said is not None


def _check_end(db: apsw.Connection) -> None:
    """Nothing stands beyond the newest head; one query, so that appends may go on."""
    [(size, entries, last_entry, nodes, last_node)] = _rows(
        db,
        "SELECT size, (SELECT count(*) FROM entry), (SELECT max(position) FROM entry),"
        " (SELECT count(*) FROM node), (SELECT max(number) FROM node) FROM head",
    )
    if entries != size or (last_entry is not None and last_entry != size - 1):
        raise RecordCorrupt(size, f"{entries} entries are stored, the head covers {size}")
    wanted = interior_nodes(size)
    if nodes != wanted or (last_node is not None and last_node != wanted - 1):
        raise RecordCorrupt(None, f"{nodes} tree nodes are stored, the head needs {wanted}")


def _check_root(head: _SignedHead, frontier: Frontier) -> None:
    if frontier.root() == head.checkpoint.root:
        return
    if head.problem is not None:
        raise RecordCorrupt(None, f"{head.problem}; nor do the entries give its root")
    if frontier.size % 2:
        # The last of an odd number is in no interior node, and all of those fit.
        raise RecordCorrupt(frontier.size - 1, "changed: the signed root is of another entry")
    raise RecordCorrupt(None, "entries and tree were written anew: the signed root is another")


def _rows(db: apsw.Connection, statement: str, *bindings: int) -> list[tuple[Any, ...]]:
    """All rows at once; the tables are STRICT, so their columns have their types."""
    return db.execute(statement, bindings).fetchall()
