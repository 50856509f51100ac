"""Whether a record in a folder is one that the reader's own policy accepts.

The audit (:func:`wideberth.record.verify.verify_folder`) tells whether a record agrees with itself
and with one key. A policy asks for more: a log that it names, and cosignatures of enough of its
witnesses. Here both are joined, offline and failing closed; what fails is named with the first
entry that nobody vouches for.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from wideberth.errors import InvalidValue, RecordCorrupt, WideberthError
from wideberth.record.database import connect, translated
from wideberth.record.notes import Checkpoint, checkpoint_text, format_note, format_vkey
from wideberth.record.policy import Evaluated, Policy
from wideberth.record.schema import check_format
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import Verified
from wideberth.record.witnessed import CosignatureRow

__all__ = ["Verify", "Vouched", "kept_notes", "verify_under_policy"]


class Verify(Protocol):
    """The audit of the folder, with everything else that it needs bound already."""

    def __call__(self, *, vkey: str, held: Sequence[str]) -> Verified:
        """See :func:`wideberth.record.verify.verify_folder`."""
        ...


class Vouched(msgspec.Struct, frozen=True):
    """The largest state that meets the policy. witnesses: their names in it.

    The entries from size on rest on the log's signature alone.
    """

    size: int
    witnesses: tuple[str, ...]
    note: str


def kept_notes(folder: Path) -> list[str]:
    """The cosigned heads that the folder keeps, as notes, the largest first. Nothing is judged."""
    db = connect(folder, to_write=False, busy_timeout_s=10.0)
    try:
        with translated:
            if check_format(db) < 2:
                return []
            origin: str = db.execute("SELECT vkey FROM head").get.partition("+")[0]
            rows = [
                CosignatureRow(*row)
                for row in db.execute(
                    "SELECT witness, size, root, time_s, signature FROM cosignature"
                    " ORDER BY size DESC, root, time_s, witness"
                )
            ]
    finally:
        db.close()
    heads: dict[tuple[int, bytes], list[CosignatureRow]] = {}
    for row in rows:
        heads.setdefault((row.size, row.root), []).append(row)
    notes: list[str] = []
    for (size, root), found in heads.items():
        try:
            lines = [row.line for row in found]
        except (InvalidValue, OverflowError):  # a row that is no signature vouches for nothing
            continue
        notes.append(format_note(checkpoint_text(Checkpoint(origin, size, root)), lines))
    return notes


def verify_under_policy(
    folder: Path, policy: Policy, *, held: Sequence[str] = (), verify: Verify
) -> tuple[Verified, Vouched]:
    """The audit, with the log's key and every cosigned head that policy accepts held against it.

    held: checkpoints that the reader kept. Raises RecordCorrupt: as the audit; where the policy
    names no log of this origin, or the record is signed by another key; where the record has
    another tree than a head that the policy accepts; and where no head meets the quorum. Its
    position is then the first entry that no accepted head vouches for. Raises InvalidValue for a
    held checkpoint that the log did not sign.
    """
    with SqliteRecord(folder) as record:
        origin, stored = record.origin, record.vkey
    keys = [format_vkey(each.key) for each in policy.logs if each.key.name == origin]
    if not keys:
        names = ", ".join(sorted({each.key.name for each in policy.logs}))
        raise RecordCorrupt(0, f"wrong origin: the record is {origin}, the policy is for {names}")
    accepted = {note: found for note in held if (found := policy.evaluate(note))}
    accepted |= _accepted(policy, kept_notes(folder))
    try:
        verified = verify(vkey=stored if stored in keys else keys[0], held=list(accepted))
    except RecordCorrupt as error:
        if error.position is not None:
            raise
        raise RecordCorrupt(_agreed(folder, accepted.values()), error.reason) from error
    met = {found.checkpoint.size: note for note, found in accepted.items() if found.is_met}
    if not met:
        raise RecordCorrupt(
            0,
            f"missing quorum: no head is cosigned as the quorum {policy.quorum} asks",
        )
    note = met[max(met)]
    return verified, Vouched(max(met), accepted[note].witnesses, note)


def _accepted(policy: Policy, notes: Iterable[str]) -> dict[str, Evaluated]:
    """Those of the folder's own notes that the policy's log signed; the others say nothing."""
    found: dict[str, Evaluated] = {}
    for note in notes:
        try:
            found[note] = policy.evaluate(note)
        except InvalidValue:
            continue
    return found


def _agreed(folder: Path, accepted: Iterable[Evaluated]) -> int:
    """Up to where the record's own tree agrees with what a quorum vouched for; 0 if nowhere."""
    sizes = [0]
    try:
        with SqliteRecord(folder) as record:
            sizes += [
                found.checkpoint.size
                for found in accepted
                if found.is_met and record.root_at(found.checkpoint.size) == found.checkpoint.root
            ]
    except WideberthError:  # the tree cannot even be read
        pass
    return max(sizes)
