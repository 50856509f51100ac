"""DOUBT about one thing that was told: it stands beside it, and is never deleted (L-07).

Whoever is on the distribution of an intent, a zone or a notice raises it. While it is open, what it
is about is not marked as confirmed: its party answers it first, or says that it stands open.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

import msgspec

from wideberth.model.ids import IntentId, NoticeId, PartyId, ZoneId
from wideberth.model.notices import ObjectRef
from wideberth.space.time import DAY_US

__all__ = [
    "DOUBT_LIFE_US",
    "MAX_DOUBTS",
    "MAX_DOUBT_TEXT",
    "AnswerDoubt",
    "Doubt",
    "DoubtAnswered",
    "DoubtId",
    "DoubtRaised",
    "DoubtState",
    "Doubted",
    "RaiseDoubt",
]

DoubtId = NewType("DoubtId", str)

DOUBT_LIFE_US = 30 * DAY_US
"""How long doubts stay in the picture once what they are about has left it. In the record they stay
for ever: no entry of theirs can be erased."""

MAX_DOUBTS = 1_000
"""Of one thing, in the picture. The next waits until one of them has been answered for long."""

MAX_DOUBT_TEXT = 2_000  # characters


class DoubtState(StrEnum):
    """Where a doubt stands. ACCEPTED_OPEN: the party says that it stays open; nothing is settled,
    and it stays beside what it is about.
    """

    OPEN = "open"
    ANSWERED = "answered"
    ACCEPTED_OPEN = "accepted-open"


class Doubt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One doubt. party: who raised it. notice: the notice that it was raised on. stop: it came as a
    STOP of this id, of the form doubt. hidden: its party may not see what that notice is about.
    """

    id: DoubtId
    party: PartyId
    statement: str
    raised_us: int
    notice: NoticeId | None = None
    stop: str | None = None
    state: DoubtState = DoubtState.OPEN
    answer: str | None = None
    answered_us: int | None = None
    hidden: bool = False


class Doubted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All doubts about one thing, in the order raised. item: the version that was doubted first.
    leaves_us: from when on they leave the picture, if what they are about has left it.
    """

    item: ObjectRef
    owner: PartyId
    leaves_us: int
    doubts: tuple[Doubt, ...]

    @property
    def is_open(self) -> bool:
        """Whether one of them was neither answered nor accepted as open."""
        return any(each.state is DoubtState.OPEN for each in self.doubts)


class DoubtRaised(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A doubt stands. end_us: when what it is about ends, by what was told."""

    item: ObjectRef
    owner: PartyId
    end_us: int
    doubt: Doubt


class DoubtAnswered(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The party of what is doubted answered, or said that the doubt stays open. raised_by: who
    doubts; hidden: see Doubt.
    """

    item: ObjectRef
    doubt: DoubtId
    party: PartyId
    raised_by: PartyId
    state: DoubtState
    statement: str
    hidden: bool = False


class RaiseDoubt(msgspec.Struct, frozen=True, tag=True):
    """Raise a doubt about one of these."""

    statement: str
    intent: IntentId | None = None
    zone: ZoneId | None = None
    notice: NoticeId | None = None


class AnswerDoubt(msgspec.Struct, frozen=True, tag=True):
    """Answer a doubt, or accept it as open."""

    doubt: DoubtId
    state: DoubtState
    statement: str
