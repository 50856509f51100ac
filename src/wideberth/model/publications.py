"""What is published to people outside the space, under an agreement that all its parties signed.

A message is published once: an update and a withdrawal are messages of their own, with the next
number of their sender, and name those that they replace.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import AgreementId, PartyId
from wideberth.space.volume import Volume4D

__all__ = [
    "NO_CLEARANCE",
    "Content",
    "Message",
    "PublicKind",
    "Publication",
    "PublicationMade",
    "PublicationWithdrawn",
    "Withdrawal",
    "Withdrawn",
]

NO_CLEARANCE = (
    "No information is not clearance: what is not listed here is not clear, not free and not"
    " permitted, and the end or withdrawal of a message says nothing of what is there."
)
"""Stands in everything that is published."""


class PublicKind(StrEnum):
    """What of it is said to the public."""

    CLOSURE = "closure"
    STAND_OFF = "stand-off"


class Content(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """All that the public reads of one closure or stand-off, as the provision has it, and no more.

    agreed: by the parties of the agreement; else one of them declared it alone (Z-09). area: the
    agreed words for the place. cell_nd, time_step_s: the cells and steps to which places and times
    are rounded outward, 0 for none (P-03). name, reason, parties: only where that was agreed.
    """

    kind: PublicKind
    agreed: bool
    area: str
    volumes: tuple[Volume4D, ...]
    cell_nd: int = 0
    time_step_s: int = 0
    name: str = ""
    reason: str = ""
    parties: tuple[PartyId, ...] = ()

    @property
    def start_us(self) -> int:
        """When the first volume begins."""
        return min(volume.start_us for volume in self.volumes)

    @property
    def end_us(self) -> int:
        """When the last volume ends."""
        return max(volume.end_us for volume in self.volumes)


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One message to the public: the sender's number of it, and when it was sent."""

    number: int
    sent_us: int


class Publication(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A closure or stand-off that is published. message: the one that stands; earlier: those that
    it replaces, the oldest first. agreement, version, provision: who agreed to that.

    source: ``zone/`` and the id of a declared zone, or ``area/``, the provision of the same
    agreement and, of a table, the number of the row.
    """

    sender: str
    message: Message
    content: Content
    agreement: AgreementId
    version: int
    provision: str
    source: str
    earlier: tuple[Message, ...] = ()

    @property
    def key(self) -> tuple[AgreementId, str, str]:
        """What it is known by, whatever its version and number."""
        return (self.agreement, self.provision, self.source)


class Withdrawn(StrEnum):
    """Why a publication was withdrawn."""

    AGREEMENT = "agreement"  # it is suspended, has ended, or says otherwise now
    TIME = "time"  # it was agreed until then
    SOURCE = "source"  # the zone, or the area, is no more


class Withdrawal(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """The message that a publication no longer stands. cancels: all messages of it, the oldest
    first. until_us: so long it is told; by then what it cancels would have ended.
    """

    sender: str
    message: Message
    cancels: tuple[Message, ...]
    until_us: int


class PublicationMade(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """It is published, or published differently. carried_on: as it was, with no new message, under
    a later version of the agreement. concerned: who sees the agreement.
    """

    publication: Publication
    concerned: tuple[PartyId, ...]
    carried_on: bool = False


class PublicationWithdrawn(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, kw_only=True
):
    """It is published no more. agreement, version, provision: under which it was."""

    withdrawal: Withdrawal
    agreement: AgreementId
    version: int
    provision: str
    source: str
    reason: Withdrawn
    concerned: tuple[PartyId, ...]
