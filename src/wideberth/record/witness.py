"""A witness: it cosigns a log's heads as long as each extends the one that it cosigned before.

C2SP tlog-witness, ``add-checkpoint``. A witness keeps one head for each log, in a file of its own.
Comparing with that head and storing the new one is one transaction, on disk before the answer: no
race and no crash lets it cosign two trees.

What it answers is a status of the specification. What a submission *shows* is another matter: the
log's signature on two heads that contradict each other is evidence of a fork whatever the status
says. The witness then keeps the evidence, and cosigns nothing of this log any more.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Self

import apsw
import msgspec

from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.record.cosignatures import WitnessKey, cosignature_line
from wideberth.record.database import enter_wal, require_sqlite, translated
from wideberth.record.keys import sync_folder, write_new
from wideberth.record.merkle import HASH_BYTES, is_consistent, proved_old_root
from wideberth.record.notes import (
    Checkpoint,
    Note,
    VerifierKey,
    format_note,
    from_base64,
    from_decimal,
    parse_checkpoint,
    parse_note,
    signature_line,
    to_base64,
    verified_note,
)
from wideberth.record.splits import Evidence, Proof, format_evidence

__all__ = [
    "MAX_BODY_BYTES",
    "SIZE_TYPE",
    "STATE_FILE",
    "Answer",
    "Seen",
    "Submission",
    "Witness",
    "evidence_file",
    "format_submission",
    "origin_hash",
    "parse_submission",
]

STATE_FILE = "witness.sqlite3"
MAX_BODY_BYTES = 1_000_000
MAX_PROOF_LINES = 63  # tlog-witness
SIZE_TYPE = "text/x.tlog.size"
_TEXT_TYPE = "text/plain; charset=utf-8"
_APPLICATION_ID = 0x57425749  # "WBWI", in the file's header
_FORMAT_VERSION = 1
_BUSY_TIMEOUT_MS = 10_000

_SCHEMA = """
CREATE TABLE seen (
  origin TEXT PRIMARY KEY,
  size INTEGER NOT NULL,     -- of the largest tree that was cosigned
  root BLOB NOT NULL,        -- 32 bytes
  time_s INTEGER NOT NULL,   -- of the newest cosignature
  note TEXT NOT NULL         -- the head with the log's lines and the cosignature
) STRICT, WITHOUT ROWID;
CREATE TABLE stopped (
  origin TEXT PRIMARY KEY,   -- a log that forked: nothing of it is cosigned any more
  time_s INTEGER NOT NULL,
  evidence TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


class Submission(msgspec.Struct, frozen=True):
    """The body of add-checkpoint. old: the size that the proof starts at; note: the new head."""

    old: int
    proof: tuple[bytes, ...]
    note: str


class Answer(msgspec.Struct, frozen=True):
    """What a witness answers: an HTTP status, its text, and the text's type.

    evidence: of a fork that this very submission showed.
    """

    status: int
    text: str
    content_type: str = _TEXT_TYPE
    evidence: str | None = None


class Seen(msgspec.Struct, frozen=True):
    """The newest head that was cosigned. note: with the log's lines and the cosignature."""

    head: Checkpoint
    time_s: int
    note: str


def origin_hash(origin: str) -> str:
    """How the monitor's GET names a log: lower-case hex of SHA-256."""
    return sha256(origin.encode()).hexdigest()


def evidence_file(origin: str, *, kind: str = "fork") -> str:
    """The name, within the witness's folder, of what shows a fork or a roll-back of a log."""
    return f"{kind}-{origin_hash(origin)[:16]}.txt"


def format_submission(submission: Submission) -> str:
    """The body of add-checkpoint."""
    lines = [f"old {submission.old}", *map(to_base64, submission.proof)]
    return "\n".join(lines) + f"\n\n{submission.note}"


def parse_submission(body: bytes) -> Submission:
    """The inverse of format_submission; nothing is verified. Raises InvalidValue."""
    if len(body) > MAX_BODY_BYTES:
        raise InvalidValue("body", "size", len(body), f"at most {MAX_BODY_BYTES} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue("body", "utf-8", str(error), "give UTF-8") from None
    head, separator, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if not separator or not first.startswith("old "):
        raise InvalidValue("body", "old", first, "give the line: old <decimal>")
    if len(lines) > MAX_PROOF_LINES:
        raise InvalidValue("proof", "length", len(lines), f"at most {MAX_PROOF_LINES} lines")
    proof = tuple(from_base64(line, field="proof") for line in lines)
    if any(len(each) != HASH_BYTES for each in proof):
        raise InvalidValue("proof", "length", lines, f"give hashes of {HASH_BYTES} bytes")
    return Submission(from_decimal(first.removeprefix("old "), field="old"), proof, note)


class Witness:
    """A witness with its key and its state in folder; logs: the keys of those that it watches.

    Several processes may share a folder; one object may be used from several threads. Raises
    RecordUnavailable where the folder or its file cannot be used, InvalidValue for a key that is
    both a log's and the witness's.
    """

    def __init__(self, folder: Path, *, key: WitnessKey, logs: Sequence[VerifierKey]) -> None:
        if any(log.public_key == key.verifier.public_key for log in logs):
            raise InvalidValue("log", "key-twice", key.vkey, "a witness has a key of its own")
        require_sqlite(apsw.sqlite_lib_version())
        self.folder = folder
        self.key = key
        self._logs: dict[str, list[VerifierKey]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._lock = Lock()  # the connection belongs to one thread at a time
        with translated:
            self._db = _opened(folder)

    @property
    def origins(self) -> tuple[str, ...]:
        """The logs that are watched."""
        return tuple(self._logs)

    def close(self) -> None:
        """Give back the file. Loses nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seen(self, origin: str) -> Seen | None:
        """The newest head of a log that was cosigned here."""
        with translated, self._lock:
            return self._seen(origin)

    def evidence(self, origin: str) -> str | None:
        """What showed that the log forked; None while nothing did."""
        with translated, self._lock:
            return self._evidence(origin)

    def monitored(self, hashed_origin: str) -> str | None:
        """The newest cosigned head of the log with this origin_hash. Source: tlog-witness."""
        for origin in self._logs:
            if origin_hash(origin) == hashed_origin:
                found = self.seen(origin)
                return None if found is None else found.note
        return None

    def add_checkpoint(self, body: bytes, *, now_s: int) -> Answer:
        """The answer to add-checkpoint; a cosigned head is on disk when this returns.

        now_s: seconds since 1970; a cosignature's time never runs backwards. Raises
        RecordUnavailable when the head could not be stored: then nothing was cosigned.
        """
        try:
            submission = parse_submission(body)
            note = parse_note(submission.note)
        except InvalidValue as error:
            return Answer(400, f"{error}\n")
        keys = self._logs.get(note.text.partition("\n")[0])
        if keys is None:
            return Answer(404, "this witness does not know the log\n")
        try:
            verified_note(submission.note, keys)
        except InvalidValue as error:
            return Answer(403, f"{error}\n")
        try:
            head = parse_checkpoint(note.text)
        except InvalidValue as error:
            return Answer(422 if error.rule == "empty" else 400, f"{error}\n")
        if submission.old > head.size:
            return Answer(400, f"old {submission.old} is beyond the head of {head.size}\n")
        with self._transaction():
            answer = self._decided(submission, note, head, now_s)
        if answer.evidence is not None:
            self.keep(head.origin, answer.evidence, kind="fork")
        return answer

    def stop(self, origin: str, evidence: str, *, now_s: int) -> Path:
        """Cosign nothing of a log any more, which evidence (verified by the caller) shows to have
        forked. Gives the file that the evidence is kept in.
        """
        with self._transaction():
            self._stop(origin, evidence, now_s)
        return self.keep(origin, evidence, kind="fork")

    def keep(self, origin: str, text: str, *, kind: str) -> Path:
        """Keep what shows a fork or a roll-back in a file; the first one of its kind stays."""
        path = self.folder / evidence_file(origin, kind=kind)
        if not path.exists():
            try:
                write_new(path, text.encode())
            except FileExistsError:
                pass  # another process was quicker
            except OSError as error:
                raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        return path

    def _decided(self, submission: Submission, note: Note, head: Checkpoint, now_s: int) -> Answer:
        """Status and cosignature; the caller holds the file's write lock and commits."""
        evidence = self._evidence(head.origin)
        if evidence is not None:
            return Answer(422, "this witness holds evidence that the log forked\n")
        seen = self._seen(head.origin)
        evidence = None if seen is None else _evidence_in(submission, head, seen)
        if evidence is not None:
            self._stop(head.origin, evidence, now_s)
        stored = 0 if seen is None else seen.head.size
        if submission.old != stored:
            return Answer(409, f"{stored}\n", SIZE_TYPE, evidence)
        if not _extends(submission, head, seen):
            return Answer(422, "the head does not extend the one cosigned\n", evidence=evidence)
        time_s = max(now_s, 1 if seen is None else seen.time_s)
        line = cosignature_line(self.key.cosign(note.text, time_s=time_s))
        kept = format_note(note.text, [*self._log_lines(note, head.origin), line])
        self._db.execute(
            "INSERT INTO seen VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET"
            " size = excluded.size, root = excluded.root, time_s = excluded.time_s,"
            " note = excluded.note",
            (head.origin, head.size, head.root, time_s, kept),
        )
        return Answer(200, line)

    def _log_lines(self, note: Note, origin: str) -> list[str]:
        """The lines of the log's own keys, which verified; what others added is left out."""
        known = {(key.name, key.key_id): key for key in self._logs[origin]}
        return [
            signature_line(known[each.name, each.key_id], each.blob)
            for each in note.signatures
            if (each.name, each.key_id) in known
        ]

    def _seen(self, origin: str) -> Seen | None:
        row = self._db.execute(
            "SELECT size, root, time_s, note FROM seen WHERE origin = ?", (origin,)
        ).fetchone()
        if row is None:
            return None
        size, root, time_s, note = row
        return Seen(Checkpoint(origin, size, root), time_s, note)

    def _evidence(self, origin: str) -> str | None:
        return self._db.execute("SELECT evidence FROM stopped WHERE origin = ?", (origin,)).get

    def _stop(self, origin: str, evidence: str, now_s: int) -> None:
        self._db.execute(
            "INSERT INTO stopped VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (origin, now_s, evidence),
        )

    @contextmanager
    def _transaction(self) -> Generator[None]:
        """One at a time, in this process and in others; on disk after the block."""
        with translated, self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _extends(submission: Submission, head: Checkpoint, seen: Seen | None) -> bool:
    """Whether the new head extends what was cosigned; submission.old is that one's size."""
    if submission.old == 0:
        # Every tree extends the empty one, and no proof is needed: RFC 9162's verifier, which
        # has nothing to compare there, says no, so this is decided here.
        return not submission.proof
    assert seen is not None, "a size was cosigned, so a head is stored"
    return is_consistent(
        submission.old,
        head.size,
        proof=submission.proof,
        old_root=seen.head.root,
        new_root=head.root,
    )


def _evidence_in(submission: Submission, head: Checkpoint, seen: Seen) -> str | None:
    """The text that proves a fork, where the submission and what was cosigned make one."""
    stored = seen.head
    if head.size == stored.size and head.root != stored.root:
        return format_evidence(Evidence(seen.note, submission.note))
    if submission.old != stored.size:
        return None
    other = proved_old_root(stored.size, head.size, proof=submission.proof, new_root=head.root)
    if other is None or other == stored.root:
        return None
    proof = Proof(other, submission.proof)
    return format_evidence(Evidence(seen.note, submission.note, proof))


def _opened(folder: Path) -> apsw.Connection:
    """The witness's file, made where there is none. Raises RecordUnavailable."""
    path = folder / STATE_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            sync_folder(folder)
    except OSError as error:
        raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
    db = apsw.Connection(str(path))
    db.set_busy_timeout(_BUSY_TIMEOUT_MS)
    enter_wal(db, timeout_s=_BUSY_TIMEOUT_MS / 1000)
    db.execute("BEGIN IMMEDIATE")
    if db.pragma("user_version") == 0:
        db.execute(_SCHEMA)
        db.pragma("application_id", _APPLICATION_ID)
        db.pragma("user_version", _FORMAT_VERSION)
    db.execute("COMMIT")
    if db.pragma("application_id") != _APPLICATION_ID:
        raise RecordUnavailable(f"{path} is not a witness's")
    if db.pragma("user_version") != _FORMAT_VERSION:
        raise RecordUnavailable(f"{path} is of a newer program")
    return db
