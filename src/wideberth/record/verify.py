"""The audit: everything that a record claims, computed again from its entries.

Shares no code with the writer but hashing, note texts, and where an entry is kept
(:mod:`wideberth.record.stored`): what comes from there counts only where it gives the leaf.
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
from wideberth.model.keeping import Erased
from wideberth.record.claims import Claims, Erasure, claim_of
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
from wideberth.record.stored import Kept, Store
from wideberth.record.vault import Vault

__all__ = [
    "ErasedChecker",
    "Proved",
    "StatementChecker",
    "Verified",
    "verify_folder",
    "verify_receipt",
]

StatementChecker = Callable[[int, bytes, str | None], None]
"""``checker(position, envelope, said)``: called for every entry in order, so that it can fold the
keys in force; said is the signed statement that the envelope carries, or None. It raises a
WideberthError (say, of ``verify_statement``) where the entry is not what it claims to be."""

ErasedChecker = Callable[[Erased], None]
"""``checker(erased)``: called in place of the statement checker for an entry that was erased, with
what stays of it, so that the chains of statements can be followed across it."""

_PAGE_ROWS = 256


class Verified(msgspec.Struct, frozen=True):
    """What was verified. root: 32 bytes; statements: how many signed ones were checked.

    erasures: which entries erased others, and on which ground. missing: of a former epoch's log,
    the entries from the first to before the second number are not in this record. is_key_given:
    False where the record was only checked against the key that it names itself. closed: so many
    entries are sealed at rest and were not opened: their leaves, the tree and its head hold, what
    they say (statements, erasures, changes of the key) was not looked at.
    """

    origin: str
    vkey: str
    size: int
    root: bytes
    time_us: int
    statements: int
    is_key_given: bool
    erasures: tuple[Erasure, ...] = ()
    missing: tuple[tuple[int, int], ...] = ()
    closed: int = 0


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
    vkey: str
    time_us: int
    problem: str | None


class _Held(msgspec.Struct, frozen=True):
    """A kept head and the key that signed it."""

    size: int
    root: bytes
    vkey: str


def verify_folder(
    path: Path,
    *,
    vkey: str | None = None,
    held: Sequence[str] = (),
    statement_checker: StatementChecker | None = None,
    erased_checker: ErasedChecker | None = None,
    vault: Vault | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Recompute every leaf and the whole tree of the record in the folder path, up to its head.

    vkey: the log's key as its parties know it, also a former one whose successors are handed on by
    signatures. held: checkpoint notes kept from earlier. vault: opens what is sealed at rest;
    without it what stays closed is counted, and only the newest key of the log can be given.
    on_progress: called with entries done and in all. Appends may go on meanwhile.

    Raises RecordCorrupt naming the first bad index (where leaf and entry were changed together,
    the first of the smallest subtree that no longer fits; None where only the head is wrong),
    RecordUnavailable where there is no record to read, InvalidValue for a malformed vkey.
    """
    given = None if vkey is None else format_vkey(parse_vkey(vkey))
    db = connect(path, to_write=False, busy_timeout_s=10.0)
    try:
        with translated:
            store = Store(db, format_=check_format(db), vault=vault, may_stay_closed=True)
            head = _read_head(db)
            known = _known_keys(db, head, given)
            before = _foretold(db, store, known[0])
            kept = _held_heads(held, known)
            if store.is_closed:
                _check_unchanged_key(head, given, kept)
            claims, frontier, statements = _recomputed(
                _Audit(db, store, head, before, _held_roots(kept, before)),
                statement_checker,
                erased_checker,
                on_progress,
            )
            _check_end(db)
    finally:
        db.close()
    _check_root(head, frontier)
    if head.problem is not None:
        raise RecordCorrupt(None, head.problem)
    if not store.is_closed:
        claims.check_keys(given=given, stored=head.vkey)
        for each in kept:
            claims.check_held(each.vkey, each.size)
    return Verified(
        origin=head.key.name,
        vkey=head.vkey,
        size=frontier.size,
        root=frontier.root(),
        time_us=head.time_us,
        statements=statements,
        is_key_given=given is not None,
        erasures=tuple(claims.erasures),
        missing=tuple(claims.missing),
        closed=frontier.size if store.is_closed else 0,
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


def _read_head(db: apsw.Connection) -> _SignedHead:
    """The head as stored; what is wrong with it is told after the entries, which name an index."""
    rows = _rows(db, "SELECT vkey, size, root, time_us, signature FROM head")
    if len(rows) != 1:
        raise RecordCorrupt(None, "there is no head")
    stored_vkey, size, root, time_us, signature = rows[0]
    try:
        key = parse_vkey(stored_vkey)
    except InvalidValue as error:
        raise RecordCorrupt(None, f"the record names no key: {error}") from error
    checkpoint = Checkpoint(key.name, size, root)
    problem = None
    try:
        note = format_note(checkpoint_text(checkpoint), [signature_line(key, signature)])
        verified_checkpoint(note, key)
    except InvalidValue as error:
        problem = f"the checkpoint does not verify: {error}"
    return _SignedHead(checkpoint, key, stored_vkey, time_us, problem)


def _check_unchanged_key(head: _SignedHead, given: str | None, kept: Sequence[_Held]) -> None:
    """Who changed the log's key to which is sealed: only the newest can be held against it."""
    for vkey in (given, *(each.vkey for each in kept)):
        if vkey is not None and vkey != head.vkey:
            raise InvalidValue(
                "record.seal",
                "record-sealed",
                vkey,
                f"how the key changed to {head.vkey} is sealed at rest; give the record's key",
            )


def _known_keys(db: apsw.Connection, head: _SignedHead, given: str | None) -> list[str]:
    """Every key that may have signed a head, the oldest first; none of them is believed yet."""
    listed: list[str] = []
    if check_format(db) > 1:
        listed = [row[0] for row in _rows(db, "SELECT vkey FROM log_key ORDER BY from_size, vkey")]
    return list(dict.fromkeys([*listed, head.vkey, *([given] if given else [])]))


def _foretold(db: apsw.Connection, store: Store, first: str) -> Claims:
    """What the file's own lists of erased entries and keys lead to: found again in order later."""
    claims = Claims(first)
    if check_format(db) == 1 or store.is_closed:
        return claims
    places = _rows(
        db,
        "SELECT by_entry FROM erased UNION SELECT from_size - 1 FROM log_key WHERE from_size > 0"
        " UNION SELECT until_size FROM log_key WHERE until_size IS NOT NULL ORDER BY 1",
    )
    for (position,) in places:
        for row in store.read(position, 1):
            claim = claim_of(row.envelope or b"")
            if row.position == position and claim is not None:
                claims.foretell(position, claim)
    return claims


def _held_heads(held: Sequence[str], known: Sequence[str]) -> list[_Held]:
    """The kept checkpoints. Raises InvalidValue for one that none of the known keys signed."""
    found: list[_Held] = []
    for note in held:
        fault: InvalidValue | None = None
        for vkey in known:
            try:
                checkpoint = verified_checkpoint(note, parse_vkey(vkey))
            except InvalidValue as error:
                fault = fault or error
            else:
                found.append(_Held(checkpoint.size, checkpoint.root, vkey))
                break
        else:
            if fault is not None:
                raise fault
    return found


def _held_roots(held: Sequence[_Held], foretold: Claims) -> dict[int, bytes]:
    """Size to root of the kept heads, but for those that an epoch says are missing here."""
    roots: dict[int, bytes] = {}
    for each in held:
        if foretold.is_missing(each.vkey, each.size):
            continue
        if roots.setdefault(each.size, each.root) != each.root:
            raise RecordCorrupt(
                None, f"the log signed two trees of {each.size} entries: equivocation"
            )
    return roots


class _Audit(msgspec.Struct, frozen=True):
    """What one pass over the entries needs. held: size to root of the kept heads."""

    db: apsw.Connection
    store: Store
    head: _SignedHead
    foretold: Claims
    held: dict[int, bytes]


def _recomputed(
    audit: _Audit,
    statement_checker: StatementChecker | None,
    erased_checker: ErasedChecker | None,
    on_progress: Callable[[int, int], None] | None,
) -> tuple[Claims, Frontier, int]:
    """What the entries claim, the tree over them, and how many signed statements were checked."""
    size, held = audit.head.checkpoint.size, audit.held
    longest = max(held, default=0)
    if longest > size:
        raise RecordCorrupt(size, f"missing; the log once signed {longest} entries")
    claims, frontier, statements = Claims(audit.foretold.first), Frontier(), 0
    nodes = _nodes(audit.db, interior_nodes(size))
    for kept in _entries(audit.store, size):
        position, envelope = kept.position, kept.envelope
        if envelope is not None:
            claim = claim_of(envelope)
            if claim is not None:
                claims.see(position, claim, frontier.root())
            if statement_checker is not None:
                statements += _checked_statement(statement_checker, position, envelope)
        elif not audit.store.is_closed:
            _check_erased(audit.foretold, position, erased_checker)
        for level, node in enumerate(frontier.append([leaf_hash(kept.leaf)]), start=1):
            if next(nodes) != node:
                raise RecordCorrupt(*_blamed(position, level))
        if frontier.size in held and held[frontier.size] != frontier.root():
            raise RecordCorrupt(
                None, f"the log once signed another tree of {frontier.size} entries"
            )
        if on_progress is not None and frontier.size % _PAGE_ROWS == 0:
            on_progress(frontier.size, size)
    if on_progress is not None:
        on_progress(size, size)
    claims.check_foretold(audit.foretold)
    return claims, frontier, statements


def _entries(store: Store, size: int) -> Iterator[Kept]:
    """Each entry, checked against its own leaf where it was not erased."""
    # A page at a time: an open cursor would keep the write-ahead log from being folded in.
    for begin in range(0, size, _PAGE_ROWS):
        end = min(size, begin + _PAGE_ROWS)
        rows = store.read(begin, end - begin)
        for expected, kept in enumerate(rows, start=begin):
            position, salt, envelope = kept.position, kept.salt, kept.envelope
            if position != expected:
                raise RecordCorrupt(expected, "missing")
            if salt is not None or envelope is not None:
                if not isinstance(salt, bytes) or len(salt) != SALT_BYTES:
                    raise RecordCorrupt(position, f"its salt has not {SALT_BYTES} bytes")
                if not isinstance(envelope, bytes) or leaf(salt, envelope) != kept.leaf:
                    raise RecordCorrupt(position, "its salt and envelope do not give its leaf")
            yield kept
        if len(rows) != end - begin:
            raise RecordCorrupt(begin + len(rows), "missing")


def _check_erased(foretold: Claims, position: int, checker: ErasedChecker | None) -> None:
    """An entry of this record says that the one at position was erased. Raises RecordCorrupt."""
    found = foretold.erased(position)
    if found is None:
        raise RecordCorrupt(
            position, "its salt and envelope are gone, and no entry says that they were erased"
        )
    if checker is not None:
        try:
            checker(found[1])
        except WideberthError as error:
            raise RecordCorrupt(position, str(error)) from error


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, WideberthError) as error:
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
