"""What the record says about its own keeping: its keys, its epochs, what was erased from it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import KeyId, PartyId

__all__ = [
    "ChangeLogKey",
    "EntriesErased",
    "EpochOpened",
    "EraseEntries",
    "Erased",
    "Ground",
    "HostActed",
    "HostAction",
    "LogKeyChanged",
    "LogKeyRetired",
    "OpenEpoch",
    "RecordHostAction",
    "RetireLogKey",
    "epoch_text",
    "key_change_text",
]


class Ground(StrEnum):
    """Why an entry is erased."""

    AGREEMENT = "agreement"
    STANDARD = "standard"
    LAW = "law"


class HostAction(StrEnum):
    """What a host does that no other entry says. None of it needs a name of a person."""

    MADE_TOKEN = "token-made"  # noqa: S105 - what was done, no password
    CHANNEL_ADDED = "channel-added"
    CHANNEL_REMOVED = "channel-removed"
    BACKUP_BEGUN = "backup-begun"
    BACKUP_RESTORED = "backup-restored"
    LOG_KEY_EXPORTED = "log-key-exported"
    LOG_KEY_IMPORTED = "log-key-imported"


class HostActed(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The host did this (S-09). party: whom it concerns; None: the space as a whole.

    what: more of it, in the program's own words; never an address, a secret or a person's name.
    """

    action: HostAction
    party: PartyId | None = None
    what: str = ""


class LogKeyChanged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Another key signs the log's heads, from the tree that holds this entry on.

    before, after: verifier keys. size: entries before this one. signature: the old key's over
    :func:`key_change_text`, base64. Both keys sign until LogKeyRetired.
    """

    before: str
    after: str
    size: int
    signature: str


class LogKeyRetired(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A former key of the log signs no tree that holds this entry."""

    vkey: str


class EpochOpened(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The log goes on under another name and key, because the old one cannot be gone on with.

    The entries before this one are those of the old log, and before is its last checkpoint here,
    verbatim. missing_until: the largest tree of the old log that anybody saw; where it is larger
    than this entry's position, the entries between are missing here. seen: the checkpoints that
    show it, verbatim. signature: the old key's over :func:`epoch_text`, base64; None where the old
    key is lost. The chains of the parties' statements begin anew.
    """

    origin: str
    vkey: str
    before: str
    reason: str
    missing_until: int
    seen: tuple[str, ...] = ()
    signature: str | None = None


class Erased(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stays of an erased entry beside its leaf. kind: the type of its body.

    party, key_id, digest: where it was signed, whose key that was and the SHA-256 of the
    statement, so that the chain of the key's statements can still be followed.
    """

    position: int
    kind: str
    party: PartyId | None = None
    key_id: KeyId | None = None
    digest: str | None = None


class EntriesErased(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Salt and envelope of these entries are deleted; their leaves, and every proof, stay.

    reference: the clause, article or agreement. by: who ordered it, as an office. snapshot: the
    size at which replay begins from here on, since it cannot begin before.
    """

    entries: tuple[Erased, ...]
    ground: Ground
    reference: str
    by: str
    snapshot: int


class ChangeLogKey(msgspec.Struct, frozen=True, tag=True):
    """Let another key sign the log's heads. The signature is the old key's."""

    before: str
    after: str
    size: int
    signature: str


class RetireLogKey(msgspec.Struct, frozen=True, tag=True):
    """Let a former key of the log sign no more."""

    vkey: str


class RecordHostAction(msgspec.Struct, frozen=True, tag=True):
    """Record what the host did, as :class:`HostActed` says it."""

    action: HostAction
    party: PartyId | None = None
    what: str = ""


class OpenEpoch(msgspec.Struct, frozen=True, tag=True):
    """Go on under another name and key."""

    origin: str
    vkey: str
    before: str
    size: int
    reason: str
    missing_until: int
    seen: tuple[str, ...] = ()
    signature: str | None = None


class EraseEntries(msgspec.Struct, frozen=True, tag=True):
    """Erase entries. objects: the ids of what they are about, read from them by the host."""

    entries: tuple[Erased, ...]
    objects: tuple[str, ...]
    ground: Ground
    reference: str
    by: str
    snapshot: int


def key_change_text(*, before: str, after: str, size: int) -> str:
    """What the log's old key signs to name its successor: five lines, a newline each."""
    origin = before.partition("+")[0]
    return f"wideberth log key change v1\n{origin}\n{before}\n{after}\n{size}\n"


def epoch_text(*, vkey: str, checkpoint: str) -> str:
    """What the old key signs to name the next epoch. checkpoint: three lines, newlines included."""
    return f"wideberth epoch v1\n{vkey}\n{checkpoint}"
