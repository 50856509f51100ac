"""Ceilings on the notices that go to a recipient in seven days, and the load there (N-15).

A ceiling is a figure to see and a warning. It holds back, drops, reorders and refuses nothing.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from wideberth.model.ids import PartyId
from wideberth.model.notices import Notice, Urgency

__all__ = [
    "MAX_CEILING",
    "MAX_WEEKS",
    "Ceiling",
    "CeilingSet",
    "LoadRule",
    "SetCeiling",
    "is_counted",
]

MAX_CEILING = 1_000_000
MAX_WEEKS = 12

_HAZARD = "hazard"


class LoadRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When an unread load is warned of. percent: of what was acknowledged in a week of the past;
    weeks: so many whole ones are looked at; least: so many unread notices, or fewer, are no load.
    """

    percent: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 200  # N-15 [P]: 2x
    weeks: Annotated[int, msgspec.Meta(ge=1, le=MAX_WEEKS)] = 4
    least: Annotated[int, msgspec.Meta(ge=0, le=MAX_CEILING)] = 10


class Ceiling(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """So many notices to a recipient in seven days, of one sender's or (None) in all, as party set
    it: the recipient for itself, or the sender for the recipient.
    """

    party: PartyId
    recipient: PartyId
    sender: PartyId | None
    notices: int

    @property
    def key(self) -> tuple[PartyId, PartyId, str]:
        """Under which it stands; a later one takes its place."""
        return self.party, self.recipient, self.sender or ""

    def is_about(self, party: PartyId) -> bool:
        """Whether the party set it, or is the sender or recipient that it is about."""
        return party in (self.party, self.recipient, self.sender)


class CeilingSet(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A ceiling stands, in the place of the one before. notices: None: it is taken away."""

    party: PartyId
    recipient: PartyId
    sender: PartyId | None = None
    notices: int | None = None

    @property
    def concerned(self) -> tuple[PartyId, ...]:
        """Who reads it, each once: whoever set it, the recipient, and the sender it is about."""
        return tuple(dict.fromkeys((self.party, self.recipient, self.sender or self.party)))


class SetCeiling(msgspec.Struct, frozen=True, tag=True):
    """Let a ceiling of the author's party stand, or (notices is None) stand no more."""

    recipient: PartyId
    sender: PartyId | None = None
    notices: int | None = None


def is_counted(notice: Notice, *, of_hazard: bool) -> bool:
    """Whether a notice counts towards ceilings and loads. What is urgent never does: an immediate
    one, one of a hazard or near one, an ALL-CLEAR. of_hazard: whether its subject is a hazard.
    """
    return not (
        of_hazard
        or notice.urgency is Urgency.IMMEDIATE
        or notice.all_clear
        or any(clash.other_kind == _HAZARD for clash in notice.clashes)
    )
