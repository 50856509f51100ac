"""The keys of one log: which signed its heads, from which size to which.

A log's first key needs no row; rows come with the first change. While two keys sign, the head's
own key is the newer one, and the older one's signature over the same head stands in its row.
Everything here runs inside the transaction that the caller holds.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from wideberth.errors import InvalidValue
from wideberth.record.keys import OriginKey
from wideberth.record.notes import VerifierKey, parse_vkey, signature_line

__all__ = [
    "LogKey",
    "also_sign",
    "begin_key",
    "end_key",
    "is_signed",
    "log_keys",
    "other_lines",
    "signed_text",
]


class LogKey(msgspec.Struct, frozen=True):
    """A key of the log and the sizes of the trees that it may sign; until_size None: in force."""

    vkey: str
    from_size: int
    until_size: int | None


def log_keys(db: apsw.Connection) -> list[LogKey]:
    """The keys, the oldest first; empty where there never was another than the head's."""
    rows: list[tuple[Any, ...]] = db.execute(
        "SELECT vkey, from_size, until_size FROM log_key ORDER BY from_size, vkey"
    ).fetchall()
    return [LogKey(*row) for row in rows]


def begin_key(
    db: apsw.Connection, *, before: str, after: str, size: int, is_overlapping: bool
) -> None:
    """From the tree after size entries on, after signs; before goes on or ends here."""
    db.execute("INSERT OR IGNORE INTO log_key VALUES (?, 0, NULL, NULL)", (before,))
    if not is_overlapping:
        end_key(db, before, size)
    db.execute("INSERT INTO log_key VALUES (?, ?, NULL, NULL)", (after, size + 1))
    db.execute("UPDATE head SET vkey = ?", (after,))


def end_key(db: apsw.Connection, vkey: str, size: int) -> None:
    """The key signs no tree of more than size entries."""
    db.execute(
        "UPDATE log_key SET until_size = ?, signature = NULL WHERE vkey = ? AND until_size IS NULL",
        (size, vkey),
    )


def also_sign(db: apsw.Connection, keys: Sequence[OriginKey], text: str) -> None:
    """Have each of keys that is in force sign the head's text beside the head's own key."""
    for key in keys:
        db.execute(
            "UPDATE log_key SET signature = ? WHERE vkey = ? AND until_size IS NULL",
            (key.sign(text), key.vkey),
        )


def other_lines(db: apsw.Connection, text: str, own: str) -> list[str]:
    """Signature lines of the other keys in force over the head's text.

    A line is left out where its key did not sign this very head: a process without that key wrote.
    """
    rows: list[tuple[Any, ...]] = db.execute(
        "SELECT vkey, signature FROM log_key"
        " WHERE until_size IS NULL AND signature IS NOT NULL AND vkey <> ?",
        (own,),
    ).fetchall()
    keys = [(parse_vkey(vkey), signature) for vkey, signature in rows]
    return [signature_line(key, each) for key, each in keys if _is_signed(text, each, key)]


def signed_text(key: OriginKey, text: str) -> str:
    """The key's signature over a text, as an entry carries it: base64."""
    return b64encode(key.sign(text)).decode("ascii")


def is_signed(text: str, signature: str, vkey: str) -> bool:
    """Whether the key signed the text; signature as in an entry."""
    try:
        return _is_signed(text, b64decode(signature, validate=True), parse_vkey(vkey))
    except (InvalidValue, ValueError):
        return False


def _is_signed(text: str, signature: bytes, key: VerifierKey) -> bool:
    try:
        crypto_sign_open(signature + text.encode(), key.public_key)
    except (CryptoError, ValueError):
        return False
    return len(signature) == 64
