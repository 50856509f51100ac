"""Zones: standing areas with a rule."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import PartyId, ZoneId
from wideberth.model.intents import IntentKind
from wideberth.model.stated import NoticeKind
from wideberth.space.volume import Volume4D

__all__ = ["Zone", "ZoneRule"]


class ZoneRule(StrEnum):
    """What a zone asks of others."""

    KEEP_OUT = "keep-out"
    NOTICE = "notice"  # whoever goes in tells so many minutes before
    STAND_OFF = "stand-off"  # keep out, because it is too near to something


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A standing area with a rule. Open to all parties of the space: who must keep out must know.

    notice_us: the notice asked for by a ``notice`` zone. kinds: the kinds of intent it applies to;
    all when empty. unilateral: declared by one party, not agreed (Z-09). declaration: as in
    :class:`~wideberth.model.intents.Intent`.
    """

    id: ZoneId
    party: PartyId
    name: str
    rule: ZoneRule
    volumes: tuple[Volume4D, ...]
    version: int
    declared_us: int
    notice_us: int = 0
    kinds: tuple[IntentKind, ...] = ()
    reason: str = "withheld"
    unilateral: bool = True
    declaration: str | None = None

    @property
    def notice_kind(self) -> NoticeKind:
        """The kind of N-01 that a notice of it has."""
        return NoticeKind.STAND_OFF if self.rule is ZoneRule.STAND_OFF else NoticeKind.CLOSURE

    @property
    def end_us(self) -> int:
        """When the last volume ends."""
        return max(volume.end_us for volume in self.volumes)

    def applies_to(self, kind: IntentKind) -> bool:
        """Whether an intent of this kind is asked anything."""
        return not self.kinds or kind in self.kinds
