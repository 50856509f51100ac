"""What is counted under an agreement, how one item of a count is named, and how it is contested.

What counts is agreed (:class:`~wideberth.model.provisions.Counting`); the counting is done when a
report is made, from entries. Nothing here weighs one item against another.
"""

from __future__ import annotations

import re

import msgspec

from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.provisions import Counted

__all__ = ["MAX_REASON", "ContestCount", "CountContested", "item_name", "item_parts"]

MAX_REASON = 2_000  # characters

_ITEM = re.compile(r"([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)/([a-z-]+)/(0|[1-9][0-9]{0,17})")


def item_name(provision: str, what: Counted, position: int) -> str:
    """How an item is named wherever it counts: by the provision that counts it, what it is, and the
    position in the record of its first entry.
    """
    return f"{provision}/{what.value}/{position}"


def item_parts(item: str) -> tuple[str, Counted, int] | None:
    """Provision, what is counted and position; None where it names no item."""
    match = _ITEM.fullmatch(item)
    if match is None or match[2] not in tuple(each.value for each in Counted):
        return None
    return match[1], Counted(match[2]), int(match[3])


class ContestCount(msgspec.Struct, frozen=True, tag=True):
    """Say that an item of a count should not be counted, and why. It stays counted, and contested.

    item: as a report names it; it is the same in every period in which it counts.
    """

    agreement: AgreementId
    version: int
    item: str
    reason: str


class CountContested(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party contests an item of a count. concerned: who sees the agreement, and so this."""

    agreement: AgreementId
    version: int
    item: str
    party: PartyId
    reason: str
    concerned: tuple[PartyId, ...]
