"""What a notice of each kind states beside where and when: its kind in the words of N-01, the
stand-off that is asked for, marking, phases of a movement, how far a place was checked.

Distances are what a party asks for. Nothing here is worked out from a weapon or an effect.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

__all__ = [
    "NEXT_PHASES",
    "EffectClass",
    "Evidence",
    "Marking",
    "MarkingOn",
    "NoticeKind",
    "Phase",
    "StandOff",
    "Stated",
    "Status",
]


class NoticeKind(StrEnum):
    """The kinds of N-01. Each notice has one; there are no others."""

    HAZARD = "HAZARD"
    ACTIVITY = "ACTIVITY"
    MOVEMENT = "MOVEMENT"
    PROTECTED_SITE = "PROTECTED-SITE"
    CLOSURE = "CLOSURE"
    STAND_OFF = "STAND-OFF"
    ALL_CLEAR = "ALL-CLEAR"
    ADMIN = "ADMIN"


class Status(StrEnum):
    """For what something is told (N-19, as CAP has it)."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"
    DRAFT = "draft"


class EffectClass(StrEnum):
    """From what a stand-off is asked (N-14)."""

    SMALL_ARMS = "small-arms"
    ARTILLERY = "artillery"
    AIR_DELIVERED = "air-delivered"
    FLIGHT = "flight"
    JAMMING_LASER = "jamming-laser"


class StandOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """How far off a party asks one class to stay."""

    effect: EffectClass
    distance_m: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class MarkingOn(StrEnum):
    """What carries the marking."""

    ROOF = "roof"
    VEHICLE = "vehicle"
    GROUND = "ground"
    SIDE = "side"


class Marking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A marking, and the digests of photographs of it (N-12). The photographs stay with their
    party: what is recorded is their SHA-256, in hexadecimal. night, infrared: whether it is seen
    then.
    """

    on: MarkingOn
    night: bool
    infrared: bool
    photos: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")], ...],
        msgspec.Meta(max_length=16),
    ] = ()


class Evidence(StrEnum):
    """How far a place was checked, as its party says (N-10). A challenge stands beside it."""

    SUBMITTED = "submitted"
    IMAGERY = "checked-by-imagery"
    SECOND_PERSON = "checked-by-second-person"
    VISITED = "visited"


class Phase(StrEnum):
    """Where a movement is in its plan (D-09)."""

    DEPARTED = "DEPARTED"
    AT_CHECKPOINT = "AT-CHECKPOINT"
    SPLIT = "SPLIT"
    STOPPED = "STOPPED"
    DELAYED = "DELAYED"
    ARRIVED = "ARRIVED"


_UNDER_WAY = frozenset(
    {Phase.AT_CHECKPOINT, Phase.SPLIT, Phase.STOPPED, Phase.DELAYED, Phase.ARRIVED}
)

NEXT_PHASES: dict[Phase | None, frozenset[Phase]] = {
    None: frozenset({Phase.DEPARTED, Phase.DELAYED}),
    Phase.DEPARTED: _UNDER_WAY,
    Phase.AT_CHECKPOINT: _UNDER_WAY | {Phase.DEPARTED},
    Phase.SPLIT: _UNDER_WAY,
    Phase.STOPPED: _UNDER_WAY | {Phase.DEPARTED},
    Phase.DELAYED: _UNDER_WAY | {Phase.DEPARTED},
    Phase.ARRIVED: frozenset(),
}
"""The phases that may follow each. None: nothing was said yet. After ARRIVED nothing follows."""


class Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    """What an intent states beside where and when. stand_off: empty reads "none agreed" (N-14);
    marking: empty reads "none given" (N-12). phase: of a movement; phase_text: beside it.
    open_ended: its end is not known, and it is renewed within 24 h (N-17).
    """

    stand_off: Annotated[tuple[StandOff, ...], msgspec.Meta(max_length=5)] = ()
    marking: Annotated[tuple[Marking, ...], msgspec.Meta(max_length=16)] = ()
    evidence: Evidence = Evidence.SUBMITTED
    phase: Phase | None = None
    phase_text: str | None = None
    open_ended: bool = False
