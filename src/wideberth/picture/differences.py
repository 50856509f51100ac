"""Where two accounts of an incident differ, type by type (I-03). Worked out when it is read.

Of the accounts that a reader sees, pair by pair, and only of what both of a pair claim. Each figure
is between the two claims; nothing says which of them is so, and nothing is made of a claim that
only one of them makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import combinations
from typing import Any

import msgspec

from wideberth.model.accounts import (
    Account,
    DamageClaim,
    IdentityClaim,
    PlaceClaim,
    Point,
    RuleClaim,
    TimeClaim,
    WarnedClaim,
)
from wideberth.model.ids import AccountId, PartyId
from wideberth.space.apart import apart
from wideberth.space.volume import Circle, Footprint

__all__ = ["Difference", "DifferenceKind", "Parted", "differences", "footprint_of"]


class DifferenceKind(StrEnum):
    """What two accounts differ in."""

    TIME = "time"
    PLACE = "place"
    HEIGHT = "height"
    IDENTITY = "identity"
    WARNED = "warned"
    RULE = "rule"
    DAMAGE = "damage"


class Parted(msgspec.Struct, frozen=True):
    """How far two claims are apart, in millimetres or microseconds: as claimed (of areas, their
    nearest points), and with both errors that were stated, at least and at most.
    """

    claimed: int
    at_least: int
    at_most: int


class Difference(msgspec.Struct, frozen=True):
    """One difference between the accounts of two parties. members: the members of the claim that
    are not the same. parted: of times, places and heights of one reference.
    """

    kind: DifferenceKind
    parties: tuple[PartyId, PartyId]
    accounts: tuple[AccountId, AccountId]
    members: tuple[str, ...] = ()
    parted: Parted | None = None

    @property
    def is_within_errors(self) -> bool:
        """Whether both claims can be so at once, by the errors that their authors stated."""
        return self.parted is not None and self.parted.at_least == 0


def differences(accounts: Sequence[Account]) -> Iterator[Difference]:
    """All differences between these accounts, of each author one, in their order: pair by pair,
    and within a pair time, place, height, identity, warned, rule, damage.
    """
    for first, second in combinations(accounts, 2):
        for kind, name, compare in _COMPARED:
            one, other = getattr(first.claims, name), getattr(second.claims, name)
            if one is None or other is None:
                continue
            found = compare(one, other)
            if found is not None:
                members, parted = found
                yield Difference(
                    kind,
                    (first.party, second.party),
                    (first.id, second.id),
                    members,
                    parted,
                )


def footprint_of(claim: PlaceClaim) -> Footprint:
    """The place claimed, a point as a circle of 1 mm, without its error."""
    place = claim.place
    if isinstance(place, Point):
        return Circle(place.latitude_nd, place.longitude_nd, 1)
    return place


_Found = tuple[tuple[str, ...], Parted | None] | None


def _times(one: TimeClaim, other: TimeClaim) -> _Found:
    if one.time_us == other.time_us:
        return None
    return ("time",), _parted(abs(one.time_us - other.time_us), one.error_us + other.error_us)


def _places(one: PlaceClaim, other: PlaceClaim) -> _Found:
    if one.place == other.place:
        return None
    found = apart(footprint_of(one), footprint_of(other))
    error_mm = one.error_mm + other.error_mm
    both_points = isinstance(one.place, Point) and isinstance(other.place, Point)
    return ("place",), Parted(
        found.farthest_mm if both_points else found.nearest_mm,
        found.at_least_mm(error_mm),
        found.at_most_mm(error_mm),
    )


def _heights(one: PlaceClaim, other: PlaceClaim) -> _Found:
    if one.altitude is None or other.altitude is None or one.altitude == other.altitude:
        return None
    if one.altitude.reference is not other.altitude.reference:
        return ("altitude.reference",), None  # what they are measured from differs, and no more
    return ("altitude",), _parted(
        abs(one.altitude.value_mm - other.altitude.value_mm),
        one.altitude_error_mm + other.altitude_error_mm,
    )


def _parted(claimed: int, error: int) -> Parted:
    return Parted(claimed, max(0, claimed - error), claimed + error)


def _members(one: Any, other: Any, *, both: bool) -> _Found:
    """Members that are not the same; both: only those that both state."""
    named = tuple(
        name
        for name in one.__struct_fields__
        if getattr(one, name) != getattr(other, name)
        and not (both and None in (getattr(one, name), getattr(other, name)))
    )
    return (named, None) if named else None


def _identities(one: IdentityClaim, other: IdentityClaim) -> _Found:
    return _members(one, other, both=True)


def _warnings(one: WarnedClaim, other: WarnedClaim) -> _Found:
    found = _members(one, other, both=True)
    if found is None or one.time_us is None or other.time_us is None:
        return found
    if one.time_us == other.time_us:
        return found
    return found[0], _parted(abs(one.time_us - other.time_us), 0)


def _rules(one: RuleClaim, other: RuleClaim) -> _Found:
    if (one.agreement is None) is not (other.agreement is None):
        return ("agreement",), None
    return _members(one, other, both=True)


def _damages(one: DamageClaim, other: DamageClaim) -> _Found:
    """Word for word: whether other words say the same is not for a program to find."""
    same = sorted(map(_spelled, one.items)) == sorted(map(_spelled, other.items))
    return None if same else (("items",), None)


def _spelled(item: Any) -> tuple[str, int, str]:
    return item.of.value, item.count, item.words


_COMPARED: tuple[tuple[DifferenceKind, str, Callable[[Any, Any], _Found]], ...] = (
    (DifferenceKind.TIME, "when", _times),
    (DifferenceKind.PLACE, "where", _places),
    (DifferenceKind.HEIGHT, "where", _heights),
    (DifferenceKind.IDENTITY, "identity", _identities),
    (DifferenceKind.WARNED, "warned", _warnings),
    (DifferenceKind.RULE, "rule", _rules),
    (DifferenceKind.DAMAGE, "damage", _damages),
)
