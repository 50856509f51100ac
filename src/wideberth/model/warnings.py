"""Warnings: what the system says of its own accord."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import PartyId, WarningId

__all__ = ["StandingWarning", "TrackFix", "WarningKind", "WarningObject", "by_time_to_loss"]


class WarningKind(StrEnum):
    """What a warning is about."""

    CONFLICT = "conflict"
    SEPARATION = "separation"
    INCURSION = "incursion"
    DEPARTURE = "departure"
    LATE_NOTICE = "late notice"
    UNACKNOWLEDGED = "unacknowledged"
    RED_LINE = "red line"
    SILENCE = "silence"
    IMPLAUSIBLE = "implausible"
    CEILING = "ceiling"


_LOSSES = frozenset((WarningKind.CONFLICT, WarningKind.SEPARATION, WarningKind.INCURSION))
"""Kinds of warning of a distance that is lost, or will be."""


class TrackFix(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A reported position that a warning rests on. Never an invented one. altitude_time_us: when
    its height was said, where that is another moment than time_us.
    """

    latitude_nd: int
    longitude_nd: int
    time_us: int
    altitude_w84_mm: int | None = None
    altitude_time_us: int | None = None


class WarningObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One side of a warning. facts: at least two by which people recognise it (L-06). feed: of a
    track, whose position it rests on; who sees it is as that feed is open.
    """

    type: str  # "track", "zone", "intent" or "load"
    id: str
    party: PartyId | None = None
    facts: tuple[str, ...] = ()
    fix: TrackFix | None = None
    feed: str | None = None


class StandingWarning(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A warning as it stands. margin_mm and margin_us: how far from the rule's limit, negative
    when inside; uncertainty_mm: how sure that is. edge_mm: of an incursion, from where the track is
    now over the ground to the edge of the area, 0 in it. rule: id and version (L-11).
    parties: whom it is addressed to; each sees its own object, and of the other what it may.
    told_before: who was told of it and may not be told how it goes on; its end is told to them too.
    """

    id: WarningId
    kind: WarningKind
    rule: str
    objects: tuple[WarningObject, ...]
    parties: tuple[PartyId, ...]
    raised_us: int
    updated_us: int
    horizontal_mm: int | None = None
    vertical_mm: int | None = None
    time_us: int | None = None
    uncertainty_mm: int = 0
    level: int = 1
    last_known: bool = False
    edge_mm: int | None = None
    told_before: tuple[PartyId, ...] = ()

    def told_to(self) -> tuple[PartyId, ...]:
        """Who was ever told of it."""
        return (*self.parties, *self.told_before)

    def over(self) -> StandingWarning:
        """As it ends without having been seen to be over: to all who were told of it."""
        return msgspec.structs.replace(
            self, parties=self.told_to(), told_before=(), last_known=True
        )


def by_time_to_loss(warning: StandingWarning) -> tuple[int, int, int, int, str]:
    """A key to sort by: what is too close now, by level; then what will be, the soonest first; then
    the rest, by level and the newest first. What stands as last known is of the rest: nobody knows
    when it comes.
    """
    loss_us = warning.time_us
    if warning.kind not in _LOSSES or loss_us is None or warning.last_known:
        return 1, 0, -warning.level, -warning.raised_us, warning.id
    moment_us = warning.updated_us + loss_us if loss_us > 0 else 0
    return 0, moment_us, -warning.level, -warning.raised_us, warning.id
