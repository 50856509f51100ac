"""Evidence that is lodged as a digest first and disclosed later (I-06).

The digest is SHA-256 over a random salt and the content, so that nobody finds a short content by
trying. Salt and content stay with the party; the record holds neither. That the content stood when
it was lodged is shown by the entry's own proof, once the content is disclosed and the digest fits.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Annotated

import msgspec

from wideberth.model.accounts import Audience
from wideberth.model.ids import EvidenceId, IncidentId, PartyId

__all__ = [
    "MAX_LINE",
    "SALT_BYTES",
    "CheckEvidence",
    "Checked",
    "DiscloseEvidence",
    "Disclosed",
    "EvidenceChecked",
    "EvidenceDisclosed",
    "EvidenceLodged",
    "LodgeEvidence",
    "Lodged",
    "Lodging",
    "is_media_type",
    "lodged_digest",
]

SALT_BYTES = 32
MAX_LINE = 200  # characters

Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def lodged_digest(salt: bytes, content: bytes) -> str:
    """SHA-256 over ``salt || content``, in hexadecimal. salt: 32 random bytes, kept by the party.

    >>> lodged_digest(bytes(32), b"")[:16]
    '66687aadf862bd77'
    """
    assert len(salt) == SALT_BYTES, "a salt of another length could hide a part of the content"
    return sha256(salt + content).hexdigest()


def is_media_type(text: str) -> bool:
    """Whether it is a media type without parameters, in lower case (RFC 6838, 4.2)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


class Lodging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was lodged: its digest, how many bytes, of what type, and one line of its party's."""

    sha256: Hex
    size_bytes: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    media_type: str
    line: str


class Disclosed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To whom it was disclosed, when. sealed: the sealed text that carries the salt, and the
    content where that fits; None: both went outside of the space.
    """

    parties: tuple[PartyId, ...]
    time_us: int
    sealed: str | None = None


class Checked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a recipient found when it compared what it was given with the digest."""

    party: PartyId
    matches: bool
    time_us: int


class Lodged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Evidence as it stands. shown_to: who knows that it is lodged, beside its party."""

    id: EvidenceId
    party: PartyId
    lodged_us: int
    lodging: Lodging
    shown_to: tuple[PartyId, ...] = ()
    disclosed: tuple[Disclosed, ...] = ()
    checked: tuple[Checked, ...] = ()

    def is_disclosed_to(self, party: PartyId) -> bool:
        """Whether the party was given it."""
        return any(party in each.parties for each in self.disclosed)

    def is_shown_to(self, party: PartyId) -> bool:
        """Whether the party may know of it."""
        return party == self.party or party in self.shown_to or self.is_disclosed_to(party)


class EvidenceLodged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party lodged a digest. shown_to: who may know of it."""

    incident: IncidentId
    evidence: EvidenceId
    party: PartyId
    lodging: Lodging
    audience: Audience
    shown_to: tuple[PartyId, ...]


class EvidenceDisclosed(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """It was disclosed to these parties. lodging, lodged_us: as it was lodged, for a party that
    did not know of it.
    """

    incident: IncidentId
    evidence: EvidenceId
    party: PartyId
    parties: tuple[PartyId, ...]
    lodging: Lodging
    lodged_us: int
    sealed: str | None = None


class EvidenceChecked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A recipient says whether what it was given has the digest that was lodged."""

    incident: IncidentId
    evidence: EvidenceId
    party: PartyId
    owner: PartyId
    matches: bool


class LodgeEvidence(msgspec.Struct, frozen=True, tag=True):
    """Lodge a digest. audience, parties: who may know that it is lodged."""

    incident: IncidentId
    lodging: Lodging
    audience: Audience
    parties: tuple[PartyId, ...] = ()


class DiscloseEvidence(msgspec.Struct, frozen=True, tag=True):
    """Say to whom it is disclosed. sealed: the sealed text about this incident that carries it."""

    incident: IncidentId
    evidence: EvidenceId
    parties: tuple[PartyId, ...]
    sealed: str | None = None


class CheckEvidence(msgspec.Struct, frozen=True, tag=True):
    """Tell its party what the comparison gave."""

    incident: IncidentId
    evidence: EvidenceId
    matches: bool
