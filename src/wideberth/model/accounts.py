"""What a party says of an incident: its own account, in claims of six types and its own words.

Every claim may be left out: what an account does not say, it does not say. No member is filled in,
weighed or worded by software (I-01, I-04). An account has one audience, chosen by its author and
signed with it; a correction, or the same account for more readers, is given anew, and all stay.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.ids import AccountId, AgreementId, IncidentId, IntentId, NoticeId, PartyId
from wideberth.space.altitude import Altitude
from wideberth.space.time import MAX_US, MIN_US
from wideberth.space.volume import NANODEGREES, Circle, Polygon

__all__ = [
    "MAX_ACCOUNT_WORDS",
    "MAX_CORNERS",
    "MAX_DAMAGE",
    "Account",
    "AccountGiven",
    "Audience",
    "Claims",
    "DamageClaim",
    "DamageItem",
    "DamageOf",
    "GiveAccount",
    "IdentityClaim",
    "Language",
    "PlaceClaim",
    "Point",
    "RuleClaim",
    "TimeClaim",
    "WarnedClaim",
]

MAX_ACCOUNT_WORDS = 10_000  # characters
MAX_DAMAGE = 100  # items of one account
MAX_CORNERS = 100
"""Of an area that an account names: each is measured against each of the other's."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}\Z")]
"""A BCP 47 tag: the language in which words were written; they are never translated here."""

Millimetres = Annotated[int, msgspec.Meta(ge=0, le=20_100_000_000)]
Instant = Annotated[int, msgspec.Meta(ge=MIN_US, le=MAX_US)]
Span = Annotated[int, msgspec.Meta(ge=0, le=366 * 86_400_000_000)]


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, tag="point"):
    """A place without extent: WGS84, nanodegrees."""

    latitude_nd: Annotated[int, msgspec.Meta(ge=-90 * NANODEGREES, le=90 * NANODEGREES)]
    longitude_nd: Annotated[int, msgspec.Meta(ge=-180 * NANODEGREES, lt=180 * NANODEGREES)]


class TimeClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When it was, by the author's own clock, and how far off that may be."""

    time_us: Instant
    error_us: Span = 0


class PlaceClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where it was, and how far off that may be: error_mm on the ground, altitude_error_mm in
    height.
    """

    place: Point | Circle | Polygon
    error_mm: Millimetres = 0
    altitude: Altitude | None = None
    altitude_error_mm: Millimetres = 0

    def __post_init__(self) -> None:
        if isinstance(self.place, Polygon) and len(self.place.vertices) > MAX_CORNERS:
            raise InvalidValue(
                "where.area",
                "corner-count",
                len(self.place.vertices),
                f"give up to {MAX_CORNERS} corners",
            )


class IdentityClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What it was that was there: one of these at least."""

    aircraft: Name | None = None
    unit: Name | None = None
    call_sign: Name | None = None
    intent: IntentId | None = None

    def __post_init__(self) -> None:
        if all(getattr(self, name) is None for name in self.__struct_fields__):
            raise InvalidValue(
                "identity", "identity-empty", None, "say what it was, or leave it out"
            )


class WarnedClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether the author says that it was warned (or had warned), by which notice, and when."""

    warned: bool
    notice: NoticeId | None = None
    time_us: Instant | None = None


class RuleClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which provision of which version of an agreement was in force; agreement None: none was."""

    agreement: AgreementId | None = None
    version: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None
    provision: Name | None = None

    def __post_init__(self) -> None:
        if self.agreement is None and (self.version, self.provision) != (None, None):
            raise InvalidValue("rule.agreement", "agreement-missing", None, "say of which")


class DamageOf(StrEnum):
    """What an item of damage counts."""

    PEOPLE = "people"
    OBJECTS = "objects"


class DamageItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many people or objects, and what came to them in the author's own words."""

    of: DamageOf
    count: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    words: Name


class DamageClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the author says was damaged. No items: it says that there was none."""

    items: Annotated[tuple[DamageItem, ...], msgspec.Meta(max_length=MAX_DAMAGE)]


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The typed part of an account. None: the account does not say."""

    when: TimeClaim | None = None
    where: PlaceClaim | None = None
    identity: IdentityClaim | None = None
    warned: WarnedClaim | None = None
    rule: RuleClaim | None = None
    damage: DamageClaim | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is claimed."""
        return all(getattr(self, name) is None for name in self.__struct_fields__)


class Audience(StrEnum):
    """Whom an author shows something to."""

    ALL = "all"
    """Everybody who is named in the incident at that moment. Nobody who is named later."""
    NAMED = "named"
    OWN = "own"
    """Nobody yet. It is in the record, and its time can be proved."""


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of a party's account. shown_to: all who may read it but its author, settled when
    it was given. It has no number: that would tell how many its reader was not shown.
    """

    id: AccountId
    party: PartyId
    given_us: int
    audience: Audience
    shown_to: tuple[PartyId, ...] = ()
    claims: Claims = Claims()
    words: str = ""
    language: Language | None = None

    def is_shown_to(self, party: PartyId) -> bool:
        """Whether its author decided that the party may read it."""
        return party == self.party or party in self.shown_to


class AccountGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party gave its account of an incident, or gave it anew."""

    incident: IncidentId
    account: Account


class GiveAccount(msgspec.Struct, frozen=True, tag=True):
    """Give an account. parties: to whom, where the audience is named."""

    incident: IncidentId
    audience: Audience
    parties: tuple[PartyId, ...] = ()
    claims: Claims = Claims()
    words: str = ""
    language: str | None = None
