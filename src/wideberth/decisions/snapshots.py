"""The rule for recording that a snapshot of the picture was made."""

from __future__ import annotations

import re

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.commands import RecordSnapshot
from wideberth.model.entries import SnapshotRecorded
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["record_snapshot"]

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def record_snapshot(
    picture: Picture, command: RecordSnapshot, author: Author, context: Context
) -> Decision:
    """The digest of the picture at a size of the record, and of the file that holds it.

    One size has one picture: another digest for it is refused, and is a fault that must be found.
    """
    return _refuse(picture, command) or Accepted(
        (SnapshotRecorded(command.size, command.digest, command.sha256),)
    )


def _refuse(picture: Picture, command: RecordSnapshot) -> Refusal | None:
    if not 0 < command.size <= picture.size:
        return refused(
            RefusalKind.INVALID,
            "snapshot-size",
            f"give 1 to {picture.size}, a size that the record has had",
            field="size",
            value=str(command.size),
        )
    for name in ("digest", "sha256"):
        if not _SHA256.fullmatch(getattr(command, name)):
            return refused(
                RefusalKind.INVALID,
                "sha256",
                "give 64 hexadecimal digits in lower case",
                field=name,
                value=getattr(command, name),
            )
    mark = picture.snapshots.get(command.size)
    if mark is None:
        return None
    if mark.digest != command.digest:
        return refused(
            RefusalKind.CONFLICT,
            "snapshot-differs",
            f"the record has digest {mark.digest} for this size; one of the two folds is wrong",
            field="digest",
            value=command.digest,
        )
    if mark.sha256 == command.sha256:
        return refused(RefusalKind.CONFLICT, "already-recorded", "this snapshot is in the record")
    return None
