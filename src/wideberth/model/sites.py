"""Protected sites: presences that were told to others, and what guards the list of them.

A list of protected places is dangerous in the wrong hands. So it is assessed before it is shared,
each delivery of it is recorded, nobody takes it in bulk alone, and what happened to places after
others were told of them is counted and shown to their owner. Nothing here ranks or predicts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent
from wideberth.space.time import DAY_US

__all__ = [
    "AFTER_NOTICE_METHOD",
    "ANSWER_CHALLENGE_US",
    "CANNOT_RECALL",
    "CELL_ND",
    "CHASES",
    "CHASE_EVERY_US",
    "EXPORT_LIFE_US",
    "HARMS_THAT_FREEZE",
    "HARM_NEAR_MM",
    "HARM_WITHIN_US",
    "PROTECTION_UNCHANGED",
    "REVALIDATE_US",
    "AnswerChallenge",
    "AssessSharing",
    "Challenge",
    "ChallengeAnswered",
    "ChallengeSite",
    "CountersignExport",
    "Delivered",
    "Disclosure",
    "Export",
    "ExportCountersigned",
    "ExportRequested",
    "Harm",
    "HarmReported",
    "RecordDelivery",
    "ReportHarm",
    "RequestExport",
    "ReviewSite",
    "Sharing",
    "SharingAssessed",
    "SharingWithdrawn",
    "SiteChallenged",
    "SiteFile",
    "SiteReviewed",
    "SiteStale",
    "SitesDelivered",
    "WithdrawSharing",
]

REVALIDATE_US = 90 * DAY_US  # N-09 [P]
ANSWER_CHALLENGE_US = 3 * DAY_US  # N-10 [P]: how long its owner has to answer a challenge
CHASE_EVERY_US = 7 * DAY_US  # N-09: how often the owner of a stale site is reminded
CHASES = 8  # and how often in all; it stays stale however long
HARM_NEAR_MM = 5_000_000  # S-08 [P]: what counts as near one place
HARM_WITHIN_US = 30 * DAY_US  # S-08 [P]
HARMS_THAT_FREEZE = 2  # S-08: repeated
EXPORT_LIFE_US = DAY_US  # how long a request waits, and a list may be fetched

PROTECTION_UNCHANGED = (
    "That a site is no longer listed, or not validated again, takes no protection away:"
    " what the law protects stays protected."
)
"""The sentence of S-07, with each removal and each stale entry."""

CANNOT_RECALL = "Nothing more of this is disclosed from now on. What was seen cannot be recalled."
"""The sentence of S-05."""

AFTER_NOTICE_METHOD = (
    "The number of reports of harm at the owner's sites whose time is after the recipient was named"
    " for the site. Counted from what parties reported themselves, one for each report."
    " It says nothing about who caused the harm, or why."
)
"""How the figure of S-04 is made; printed beside it."""

Statement = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Disclosure(StrEnum):
    """How much of a party's sites a recipient is to learn (S-03)."""

    EXACT = "exact"
    COARSE = "coarse"
    AREA = "area-only"
    NONE = "none"


CELL_ND: dict[Disclosure, int] = {
    Disclosure.COARSE: 50_000_000,
    Disclosure.AREA: 1_000_000_000,
}
"""The cell that a place is rounded out to, nanodegrees; said with each (P-03)."""


class Sharing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an owner assessed and chose for one recipient (S-03, P-06).

    receives, passes_on, history: who gets it there, to whom it is passed on, what became of listed
    sites before. withdrawn_us: when the consent ended.
    """

    owner: PartyId
    recipient: PartyId
    disclosure: Disclosure
    receives: Statement
    passes_on: Statement
    history: Statement
    assessed_us: int
    withdrawn_us: int | None = None

    @property
    def allows(self) -> Disclosure:
        """What holds now."""
        return Disclosure.NONE if self.withdrawn_us is not None else self.disclosure


class Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A recipient says that an entry is wrong or misused (N-10, S-06); and the owner's answer."""

    party: PartyId
    statement: Statement
    made_us: int
    answer_by_us: int
    answer: str | None = None
    answered_us: int | None = None


class Harm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Harm at a site, as a party reported it. latitude_nd, longitude_nd: a point of the site,
    1e-9 degree. told_before: who had been named for the site then.
    """

    id: str
    site: IntentId
    owner: PartyId
    by: PartyId
    occurred_us: int
    latitude_nd: int
    longitude_nd: int
    statement: Statement
    told_before: tuple[PartyId, ...] = ()


class SiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was said of a site beside its own versions. stale: its last version, once its validation
    ran out; it is kept so that it does not vanish with its window (N-09). chased: so often.
    frozen: harm was repeated near it and nobody senior looked yet (S-08). validated_us: when it was
    validated last, where it was told again since while a doubt about it was open (L-07).
    """

    site: IntentId
    owner: PartyId
    stale: Intent | None = None
    chased: int = 0
    challenges: tuple[Challenge, ...] = ()
    frozen: bool = False
    reviews: tuple[tuple[PartyId, str, int], ...] = ()
    validated_us: int | None = None


class Export(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A bulk export (P-08): asked for by one person, countersigned by a second."""

    id: str
    party: PartyId
    first: str
    purpose: Statement
    requested_us: int
    second: str | None = None
    countersigned_us: int | None = None
    sites: tuple[IntentId, ...] = ()


class Delivered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most of an owner's sites in one answer to a recipient on a UTC day."""

    day: int
    most: int


class SharingAssessed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """An owner assessed what sharing with a recipient may lead to, and chose."""

    sharing: Sharing


class SharingWithdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """An owner withdrew what a recipient may learn. sites: so many were withdrawn with it."""

    owner: PartyId
    recipient: PartyId
    sites: int


class SiteStale(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A site's validation ran out, or its owner is reminded once more. holders: who see it."""

    intent: Intent
    chased: int


class SiteChallenged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A site was challenged. concerned: its owner and who see it."""

    site: IntentId
    owner: PartyId
    challenge: Challenge
    concerned: tuple[PartyId, ...]


class ChallengeAnswered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The owner answered. party: whose challenge it was."""

    site: IntentId
    owner: PartyId
    party: PartyId
    statement: Statement
    concerned: tuple[PartyId, ...]


class HarmReported(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Harm was reported. freezes: the sites of the owner that are frozen with it."""

    harm: Harm
    freezes: tuple[IntentId, ...]
    concerned: tuple[PartyId, ...]


class SiteReviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Somebody senior looked at a frozen site. lifts: whether it is frozen no more."""

    site: IntentId
    owner: PartyId
    party: PartyId
    statement: Statement
    lifts: bool
    concerned: tuple[PartyId, ...]


class SitesDelivered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A recipient was given sites of these owners, so many each. Which, and what it compared them
    with, is not recorded: nobody is to be deterred from looking.
    """

    recipient: PartyId
    owners: tuple[tuple[PartyId, int], ...]
    export: str | None = None


class ExportRequested(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """One person asked for a bulk export."""

    export: Export


class ExportCountersigned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A second person of the same party put their name to it."""

    export: str
    party: PartyId
    second: str
    sites: tuple[IntentId, ...]


class AssessSharing(msgspec.Struct, frozen=True, tag=True):
    """Assess, and choose what a recipient is to learn; again, to renew it."""

    recipient: PartyId
    disclosure: Disclosure
    receives: str
    passes_on: str
    history: str


class WithdrawSharing(msgspec.Struct, frozen=True, tag=True):
    """Withdraw at once what a recipient was shown."""

    recipient: PartyId


class ChallengeSite(msgspec.Struct, frozen=True, tag=True):
    """Challenge a site."""

    site: IntentId
    statement: str


class AnswerChallenge(msgspec.Struct, frozen=True, tag=True):
    """Answer a challenge, as the owner."""

    site: IntentId
    party: PartyId
    statement: str


class ReportHarm(msgspec.Struct, frozen=True, tag=True):
    """Report harm at a site."""

    site: IntentId
    occurred_us: int
    statement: str


class ReviewSite(msgspec.Struct, frozen=True, tag=True):
    """Say that somebody senior looked at a frozen site."""

    site: IntentId
    statement: str


class RecordDelivery(msgspec.Struct, frozen=True, tag=True):
    """Record that sites of these owners were given to the author."""

    owners: tuple[tuple[PartyId, int], ...]


class RequestExport(msgspec.Struct, frozen=True, tag=True):
    """Ask for a bulk export."""

    export: str
    purpose: str


class CountersignExport(msgspec.Struct, frozen=True, tag=True):
    """Put a second name to a bulk export."""

    export: str
