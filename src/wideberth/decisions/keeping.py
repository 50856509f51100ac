"""The rules for the record's own keeping: its keys, its epochs, what may be erased.

Signatures are the shell's and the audit's to check; here is what the picture can tell.
"""

from __future__ import annotations

from wideberth.decisions.outcome import Accepted, Context, Decision, refused, unknown_party
from wideberth.model.exercises import EXERCISE_NAME, fits_kind
from wideberth.model.ids import (
    IntentId,
    NoticeId,
    SubscriptionId,
    WarningId,
    ZoneId,
)
from wideberth.model.keeping import (
    ChangeLogKey,
    EntriesErased,
    EpochOpened,
    EraseEntries,
    HostActed,
    LogKeyChanged,
    LogKeyRetired,
    OpenEpoch,
    RecordHostAction,
    RetireLogKey,
)
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture

__all__ = [
    "ERASABLE",
    "change_log_key",
    "erase_entries",
    "open_epoch",
    "record_host_action",
    "retire_log_key",
]

MAX_ERASED = 2_000  # in one entry, which stays well below the largest envelope
MAX_TEXT = 1_000

ERASABLE = frozenset(
    {
        *("IntentAccepted", "IntentAmended", "IntentStateChanged", "ClashesFound"),
        *("ZoneDeclared", "ZoneWithdrawn"),
        *("NoticeIssued", "NoticeAcknowledged", "NoticeReleased"),
        *("WarningRaised", "WarningWorsened", "WarningCleared"),
        *("SiteStale", "SiteChallenged", "ChallengeAnswered", "HarmReported", "SiteReviewed"),
        "TextSealed",
    }
)
"""Types of entries that may be erased. What says who is in the space, under which keys and rules,
and what was erased, never is: without it nothing else can be judged. Nor what only counts:
notifications of a subscription are numbered without a gap."""


def change_log_key(
    picture: Picture, command: ChangeLogKey, author: Author, context: Context
) -> Decision:
    """Another key of the same name signs from here on."""
    names = {text.partition("+")[0] for text in (command.before, command.after)}
    if names != {picture.space.origin} or command.before == command.after:
        return refused(
            RefusalKind.INVALID, "log-key", "give another key of the same name", field="after"
        )
    if command.size != picture.size:
        return _moved(picture, command.size)
    return Accepted(
        (LogKeyChanged(command.before, command.after, command.size, command.signature),)
    )


def retire_log_key(
    picture: Picture, command: RetireLogKey, author: Author, context: Context
) -> Decision:
    """A former key signs no more."""
    return Accepted((LogKeyRetired(command.vkey),))


def record_host_action(
    picture: Picture, command: RecordHostAction, author: Author, context: Context
) -> Decision:
    """What the host did, said in the record."""
    if command.party is not None and command.party not in picture.parties:
        return unknown_party(command.party, picture.parties)
    if len(command.what) > MAX_TEXT:
        return refused(
            RefusalKind.INVALID, "text", f"give up to {MAX_TEXT} characters", field="what"
        )
    return Accepted((HostActed(command.action, command.party, command.what),))


def open_epoch(picture: Picture, command: OpenEpoch, author: Author, context: Context) -> Decision:
    """The same entries, another name and key from here on."""
    if command.origin == picture.space.origin:
        return refused(
            RefusalKind.CONFLICT,
            "epoch-origin",
            "give the new epoch a name of its own",
            field="origin",
            value=command.origin,
        )
    exercise = picture.space.exercise
    # One that was opened before names said so goes on as it was called.
    if fits_kind(picture.space.origin, exercise=exercise) and not fits_kind(
        command.origin, exercise=exercise
    ):
        return refused(
            RefusalKind.INVALID,
            "exercise-name",
            f"begin an exercise's name with {EXERCISE_NAME}, and no other's",
            field="origin",
            value=command.origin,
        )
    if command.size != picture.size:
        return _moved(picture, command.size)
    opened = EpochOpened(
        command.origin,
        command.vkey,
        command.before,
        command.reason,
        max(command.missing_until, command.size),
        command.seen,
        command.signature,
    )
    return Accepted((opened,))


def erase_entries(
    picture: Picture, command: EraseEntries, author: Author, context: Context
) -> Decision:
    """Entries whose object has left the picture, and that no replay needs any more."""
    refusal = (
        _refuse_form(command)
        or _refuse_standing(picture, command)
        or _refuse_unsnapped(picture, command)
    )
    if refusal is not None:
        return refusal
    return Accepted(
        (
            EntriesErased(
                command.entries, command.ground, command.reference, command.by, command.snapshot
            ),
        )
    )


def _refuse_form(command: EraseEntries) -> Refusal | None:
    positions = [each.position for each in command.entries]
    if not positions or len(positions) > MAX_ERASED or positions != sorted(set(positions)):
        return refused(
            RefusalKind.INVALID,
            "positions",
            f"give 1 to {MAX_ERASED} positions, rising",
            field="entries",
        )
    for field, text in (("reference", command.reference), ("by", command.by)):
        if not text.strip() or len(text) > MAX_TEXT:
            return refused(
                RefusalKind.INVALID, "text", f"give up to {MAX_TEXT} characters", field=field
            )
    for each in command.entries:
        if each.kind not in ERASABLE:
            return refused(
                RefusalKind.FORBIDDEN,
                "not-erasable",
                "keys, parties, rules and the record's own entries stay",
                field="entries",
                value=f"{each.position}: {each.kind}",
            )
    return None


def _refuse_standing(picture: Picture, command: EraseEntries) -> Refusal | None:
    for name in command.objects:
        if (
            IntentId(name) in picture.intents
            or ZoneId(name) in picture.zones
            or SubscriptionId(name) in picture.subscriptions
            or NoticeId(name) in picture.notices
            or WarningId(name) in picture.warnings
        ):
            return refused(
                RefusalKind.CONFLICT,
                "object-stands",
                "it still counts; erase it when it has left the picture",
                field="objects",
                value=name,
            )
    erased = {each.position for each in command.entries}
    for key in picture.requests:
        outcome = picture.requests[key]
        if not erased.isdisjoint(range(outcome.position, outcome.position + outcome.entries)):
            return refused(
                RefusalKind.CONFLICT,
                "answer-remembered",
                "its request may be asked again for 24 hours; erase it then",
                field="entries",
                value=str(outcome.position),
            )
    return None


def _refuse_unsnapped(picture: Picture, command: EraseEntries) -> Refusal | None:
    if command.snapshot in picture.snapshots and command.snapshot > command.entries[-1].position:
        return None
    return refused(
        RefusalKind.CONFLICT,
        "snapshot-missing",
        "record a snapshot beyond these entries first: without them no replay begins before it",
        field="snapshot",
        value=str(command.snapshot),
    )


def _moved(picture: Picture, size: int) -> Refusal:
    return refused(
        RefusalKind.STALE,
        "record-moved",
        f"the record has {picture.size} entries by now; ask again",
        field="size",
        value=str(size),
    )
