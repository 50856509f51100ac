"""Red lines: conditions that a party keeps to itself (Z-08).

Checked whenever their owner reads, against what it may see anyway; nothing is recorded of what
approaches one, so that neither an entry nor the size of the record tells anybody that it did.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from wideberth.model.ids import PartyId, RedLineId
from wideberth.model.intents import IntentKind
from wideberth.space.volume import Volume4D

__all__ = ["RedLine", "RedLineRemoved", "RedLineSet", "RemoveRedLine", "SetRedLine", "Watched"]


class Watched(StrEnum):
    """What a red line may watch: never presence or movements, which are people to be spared."""

    FLIGHT = IntentKind.FLIGHT.value
    HAZARD = IntentKind.HAZARD.value


class RedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a party does not want to be agreed, or told, without its noticing.

    volumes, kinds: intents of others, and areas proposed, that touch these. least_lead_s: a
    proposed lead time below it. least_distance_m: a proposed distance from a line, or between
    actors, below it. longest_s: a proposed term longer than that.
    """

    id: RedLineId
    party: PartyId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    volumes: tuple[Volume4D, ...] = ()
    kinds: tuple[Watched, ...] = (Watched.FLIGHT, Watched.HAZARD)
    least_lead_s: int | None = None
    least_distance_m: int | None = None
    longest_s: int | None = None


class RedLineSet(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A red line stands, in the place of the one of the same id. Its owner alone reads it."""

    red_line: RedLine


class RedLineRemoved(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A red line no longer stands. Its owner alone reads it."""

    red_line: RedLineId
    party: PartyId


class SetRedLine(msgspec.Struct, frozen=True, tag=True):
    """Let a red line of the author's party stand."""

    red_line: RedLine


class RemoveRedLine(msgspec.Struct, frozen=True, tag=True):
    """Let it stand no more."""

    red_line: RedLineId
