"""The rules for recording warnings that the watch raised, worsened or cleared, and segments."""

from __future__ import annotations

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.commands import ClearWarning, RaiseWarning, RecordSegment, WorsenWarning
from wideberth.model.entries import (
    SegmentRecorded,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
)
from wideberth.model.parties import Author
from wideberth.model.refusals import RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["clear", "raise_warning", "record_segment", "worsen"]


def raise_warning(
    picture: Picture, command: RaiseWarning, author: Author, context: Context
) -> Decision:
    """A warning stands from here on; raising it again says nothing new."""
    if command.warning.id in picture.warnings:
        return refused(RefusalKind.CONFLICT, "already-raised", "this warning stands")
    return Accepted((WarningRaised(command.warning),))


def worsen(picture: Picture, command: WorsenWarning, author: Author, context: Context) -> Decision:
    """A standing warning is more serious."""
    if command.warning.id not in picture.warnings:
        return refused(RefusalKind.UNKNOWN, "no-such-warning", "no such warning stands")
    return Accepted((WarningWorsened(command.warning),))


def clear(picture: Picture, command: ClearWarning, author: Author, context: Context) -> Decision:
    """A standing warning is over, and on which positions that rests."""
    if command.warning.id not in picture.warnings:
        return refused(RefusalKind.UNKNOWN, "no-such-warning", "no such warning stands")
    return Accepted((WarningCleared(command.warning),))


def record_segment(
    picture: Picture, command: RecordSegment, author: Author, context: Context
) -> Decision:
    """The digest of a segment of tracks that went to disk."""
    return Accepted(
        (
            SegmentRecorded(
                command.name,
                command.sha256,
                command.start_us,
                command.end_us,
                command.fixes,
                command.party,
            ),
        )
    )
