"""The tables of a record's file, by format, and the way from one format to the next.

The format is SQLite's ``user_version``. A file is brought up to this program's format in one
transaction when it is opened for writing, and never by reading; every format that was ever
released stays readable. What an entry's row holds never changes its meaning: a later format adds
tables beside it.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import apsw

from wideberth.errors import RecordCorrupt, RecordUnavailable

__all__ = [
    "APPLICATION_ID",
    "FORMAT_VERSION",
    "check_format",
    "create_tables",
    "format_of",
    "upgrade",
]

APPLICATION_ID = 0x57424C47  # "WBLG", in the file's header
FORMAT_VERSION = 2  # PRAGMA user_version
OLDEST_FORMAT = 1

_FORMAT_1 = """
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  vkey TEXT NOT NULL,        -- origin and public key of the log
  size INTEGER NOT NULL,     -- entries in the record
  root BLOB NOT NULL,        -- 32 bytes: RFC 6962 root of their leaves
  time_us INTEGER NOT NULL,  -- microseconds since 1970 of the newest append, 0 if there is none
  signature BLOB NOT NULL    -- 64 bytes: Ed25519 over the checkpoint text
) STRICT;
CREATE TABLE entry (
  position INTEGER PRIMARY KEY,
  leaf BLOB NOT NULL,        -- 33 bytes: 0x01, SHA-256(salt || envelope)
  salt BLOB,                 -- 16 bytes; empty: it is with the envelope; NULL: erased
  envelope BLOB              -- NULL: in a bundle, or erased
) STRICT;
CREATE TABLE node (
  number INTEGER PRIMARY KEY,  -- in order of completion, from 0
  hash BLOB NOT NULL           -- 32 bytes
) STRICT;
"""

_FORMAT_2 = """
CREATE TABLE cosignature (
  witness TEXT NOT NULL,     -- the witness's key, as verifier key text
  size INTEGER NOT NULL,     -- of the tree that it cosigned
  root BLOB NOT NULL,        -- 32 bytes
  time_s INTEGER NOT NULL,   -- seconds since 1970, by the witness's clock
  signature BLOB NOT NULL,   -- 64 bytes: Ed25519 over the cosignature's message
  PRIMARY KEY (witness, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE bundle (
  first INTEGER PRIMARY KEY, -- position of the first entry in it
  count INTEGER NOT NULL,    -- positions that it spans
  data BLOB NOT NULL         -- compressed envelopes; see wideberth.record.bundles
) STRICT;
CREATE TABLE erased (
  position INTEGER PRIMARY KEY,
  by_entry INTEGER NOT NULL  -- position of the entry that says on which ground
) STRICT;
CREATE TABLE log_key (
  vkey TEXT PRIMARY KEY,     -- a key that signs, or once signed, this log's heads
  from_size INTEGER NOT NULL,-- the smallest tree that it may sign
  until_size INTEGER,        -- the largest; NULL: it is in force
  signature BLOB             -- 64 bytes: over the head as it stands, while two keys sign
) STRICT, WITHOUT ROWID;
CREATE TABLE fact (
  name TEXT PRIMARY KEY,     -- of something about this copy of the record, not in the record
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""

_STEPS: dict[int, str] = {1: _FORMAT_1, 2: _FORMAT_2}
"""By format: what makes it out of the one before."""


def format_of(db: apsw.Connection) -> int:
    """The format of the file; 0 for an empty one.

    Raises RecordCorrupt for a file that is no record, RecordUnavailable for a newer format.
    """
    version = db.pragma("user_version")
    if not isinstance(version, int):  # pragma: no cover - SQLite gives nothing else
        raise RecordCorrupt(None, "the file has no format")
    if version and db.pragma("application_id") != APPLICATION_ID:
        raise RecordCorrupt(None, "the file is no record")
    if version > FORMAT_VERSION:
        raise RecordUnavailable(
            f"the record has format {version}, this program knows {FORMAT_VERSION}; use a newer one"
        )
    return version


def check_format(db: apsw.Connection) -> int:
    """The format of a record that can be read. Raises as format_of, and for an empty file."""
    version = format_of(db)
    if version < OLDEST_FORMAT:
        raise RecordCorrupt(None, "the file is no record")
    return version


def create_tables(db: apsw.Connection) -> None:
    """All tables of the newest format, in the transaction that the caller holds."""
    for step in _STEPS.values():
        db.execute(step)
    db.pragma("application_id", APPLICATION_ID)
    db.pragma("user_version", FORMAT_VERSION)


def upgrade(db: apsw.Connection) -> None:
    """Bring the file to the newest format, in the transaction that the caller holds.

    Nothing happens where it has it already: another process may have been quicker.
    """
    version = check_format(db)
    for step in range(version + 1, FORMAT_VERSION + 1):
        db.execute(_STEPS[step])
    if version < FORMAT_VERSION:
        db.pragma("user_version", FORMAT_VERSION)
