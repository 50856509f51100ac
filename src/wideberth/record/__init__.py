"""The record: an append-only, ordered, tamper-evident log. Start at :mod:`.protocol`."""

from wideberth.record.following import follow
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import Checkpoint, VerifierKey, parse_vkey, verified_checkpoint
from wideberth.record.protocol import Head, Record, Row
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import (
    Proved,
    StatementChecker,
    Verified,
    verify_folder,
    verify_receipt,
)

__all__ = [
    "Checkpoint",
    "Head",
    "MemoryRecord",
    "OriginKey",
    "Proved",
    "Record",
    "Row",
    "SqliteRecord",
    "StatementChecker",
    "Verified",
    "VerifierKey",
    "follow",
    "parse_vkey",
    "verified_checkpoint",
    "verify_folder",
    "verify_receipt",
]
