"""Intents: what a party says that it will do, and the legal transitions between their states."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from wideberth.model.ids import AgreementId, IntentId, Ovn, PartyId
from wideberth.model.stated import NoticeKind, Stated
from wideberth.space.volume import Volume4D

__all__ = [
    "MAX_VOLUMES",
    "TRANSITIONS",
    "ActorClass",
    "Citation",
    "Code",
    "FieldChange",
    "Intent",
    "IntentKind",
    "IntentState",
    "Provenance",
    "Source",
    "Step",
    "Under",
    "Visibility",
    "VisibilityLevel",
    "actors_of",
    "is_shown",
    "notice_kind_of",
]


MAX_VOLUMES = 200
"""Volumes in one intent or zone, those of covers among them."""


class IntentKind(StrEnum):
    """What is told: a flight, a movement on the ground or water, a hazard, people to be spared."""

    FLIGHT = "flight"
    MOVEMENT = "movement"
    HAZARD = "hazard"
    PRESENCE = "presence"


_NOTICE_KINDS: dict[IntentKind, NoticeKind] = {
    IntentKind.FLIGHT: NoticeKind.ACTIVITY,
    IntentKind.MOVEMENT: NoticeKind.MOVEMENT,
    IntentKind.HAZARD: NoticeKind.HAZARD,
    IntentKind.PRESENCE: NoticeKind.PROTECTED_SITE,
}


def notice_kind_of(kind: IntentKind) -> NoticeKind:
    """The kind of N-01 that a notice of an intent has."""
    return _NOTICE_KINDS[kind]


Code = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")]
"""A short name: lower-case letters, digits and inner hyphens."""


class ActorClass(StrEnum):
    """What acts (Z-03). One name for jamming and for lasers: what blinds."""

    FIXED = "fixed"
    ROTARY = "rotary"
    UAV = "uav"
    BALLOON = "balloon"
    SHIP = "ship"
    GROUND = "ground"
    ARTILLERY = "artillery"
    JAMMING = "jamming"


_ACTORS: dict[IntentKind, frozenset[ActorClass]] = {
    IntentKind.FLIGHT: frozenset(
        {ActorClass.FIXED, ActorClass.ROTARY, ActorClass.UAV, ActorClass.BALLOON}
    ),
    IntentKind.MOVEMENT: frozenset({ActorClass.GROUND, ActorClass.SHIP}),
    IntentKind.HAZARD: frozenset({ActorClass.ARTILLERY, ActorClass.JAMMING}),
    IntentKind.PRESENCE: frozenset({ActorClass.GROUND, ActorClass.SHIP}),
}


def actors_of(kind: IntentKind) -> frozenset[ActorClass]:
    """What an intent of this kind may be of."""
    return _ACTORS[kind]


class Citation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One version of an agreement that is relied on (Z-04)."""

    agreement: AgreementId
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Under(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    """What an intent says with regard to agreements. What it does not say counts as any.

    actor, armed: of which class it is. reason: why it is told later than agreed, where such
    reasons were agreed (Z-07). cites: the versions that its party relies on.
    """

    actor: ActorClass | None = None
    armed: bool | None = None
    reason: Code | None = None
    cites: Annotated[tuple[Citation, ...], msgspec.Meta(max_length=20)] = ()


class IntentState(StrEnum):
    """States of an intent (ASTM F3548-21 OperationalIntentState, and Ended)."""

    ACCEPTED = "Accepted"
    ACTIVATED = "Activated"
    NONCONFORMING = "Nonconforming"
    CONTINGENT = "Contingent"
    ENDED = "Ended"


class Step(StrEnum):
    """What a party asks of one of its intents."""

    ACTIVATE = "activate"
    DECLARE_NONCONFORMING = "declare-nonconforming"
    DECLARE_CONTINGENT = "declare-contingent"
    END = "end"


TRANSITIONS: dict[tuple[IntentState, Step], IntentState] = {
    (IntentState.ACCEPTED, Step.ACTIVATE): IntentState.ACTIVATED,
    (IntentState.ACCEPTED, Step.DECLARE_NONCONFORMING): IntentState.NONCONFORMING,
    (IntentState.ACCEPTED, Step.DECLARE_CONTINGENT): IntentState.CONTINGENT,
    (IntentState.ACCEPTED, Step.END): IntentState.ENDED,
    (IntentState.ACTIVATED, Step.DECLARE_NONCONFORMING): IntentState.NONCONFORMING,
    (IntentState.ACTIVATED, Step.DECLARE_CONTINGENT): IntentState.CONTINGENT,
    (IntentState.ACTIVATED, Step.END): IntentState.ENDED,
    (IntentState.NONCONFORMING, Step.ACTIVATE): IntentState.ACTIVATED,
    (IntentState.NONCONFORMING, Step.DECLARE_CONTINGENT): IntentState.CONTINGENT,
    (IntentState.NONCONFORMING, Step.END): IntentState.ENDED,
    (IntentState.CONTINGENT, Step.END): IntentState.ENDED,
}
"""(state, step): next state. A pair that is not here is refused. ASTM F3548-21 section 4.4: an
intent that is Contingent never comes back; it ends."""


class VisibilityLevel(StrEnum):
    """How much of an intent others learn (presets of a disclosure profile)."""

    OPEN = "open"  # all parties of the space
    NAMED = "named"  # the parties listed; others learn nothing at all
    ON_CONFLICT = "on-conflict"  # others learn only that something of a kind conflicts, where


class Visibility(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True
):
    """Who sees an intent. parties: those who see all of it, whatever the level."""

    level: VisibilityLevel
    parties: tuple[PartyId, ...] = ()


def is_shown(visibility: Visibility, owner: PartyId, party: PartyId) -> bool:
    """Whether a party sees the whole of what its owner gave this visibility."""
    return party == owner or visibility.level is VisibilityLevel.OPEN or party in visibility.parties


class Source(StrEnum):
    """Where coordinates come from (N-05)."""

    GPS = "gps"
    MAP = "map"
    IMAGERY = "imagery"
    ADDRESS = "address"  # derived from an address: always raises a caution
    RELAYED = "relayed"
    PLANNED = "planned"  # drawn by the author of the plan


class Provenance(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True
):
    """Where coordinates come from, how good they are and which role checked them (N-05)."""

    source: Source
    accuracy_mm: int = 0
    captured_us: int | None = None
    checked_by: str | None = None


class FieldChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of an amendment, before and after, in words (N-16)."""

    field: str
    before: str
    after: str


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    """One version of an intent. It is the union of its volumes; each counts for itself.

    told_us: when this version was told. lead_us: from then to the first start (N-04); negative
    when it was told after the start. late: lead_us is below the agreed minimum (N-07).
    minimum_lead_us: that minimum. cautions: what a reader must know (``address-derived``).
    count: vehicles or aircraft. call_sign: what it answers to. place_name: words beside the
    geometry, never instead of it (N-06). declaration: the volumes as their party declared them, as
    JSON text, where they are covers of a corridor, a sector, a mover, a schedule or of places that
    were given as text (F-01); the volumes are what counts. under: what it says with regard to
    agreements. stated: what its kind states beside where and when. state_by_track: its party wants
    its state to follow its own tracks, by rule. by_track_us: since when it is Nonconforming by that
    rule; kept in the picture.
    """

    id: IntentId
    party: PartyId
    kind: IntentKind
    priority: int
    state: IntentState
    version: int
    ovn: Ovn
    volumes: tuple[Volume4D, ...]
    visibility: Visibility
    provenance: Provenance
    told_us: int
    lead_us: int
    minimum_lead_us: int = 0
    late: bool = False
    count: int | None = None
    call_sign: str | None = None
    place_name: str | None = None
    cautions: tuple[str, ...] = ()
    declaration: str | None = None
    under: Under | None = None
    stated: Stated | None = None
    state_by_track: bool = False
    by_track_us: int | None = None

    @property
    def start_us(self) -> int:
        """When the first volume begins."""
        volumes = self.volumes
        if len(volumes) == 1:
            return volumes[0].start_us
        return min(volume.start_us for volume in volumes)

    @property
    def end_us(self) -> int:
        """When the last volume ends (N-17: every intent has an end)."""
        volumes = self.volumes
        if len(volumes) == 1:
            return volumes[0].end_us
        return max(volume.end_us for volume in volumes)

    @property
    def actors(self) -> frozenset[ActorClass]:
        """What it may be of: the class that it says, or any that its kind has."""
        if self.under is None or self.under.actor is None:
            return _ACTORS[self.kind]
        return frozenset((self.under.actor,))

    @property
    def armed(self) -> bool | None:
        """Whether it says that it is armed."""
        return None if self.under is None else self.under.armed

    def is_shown_to(self, party: PartyId) -> bool:
        """Whether the party sees the whole intent."""
        return is_shown(self.visibility, self.party, party)

    def is_felt_by(self, party: PartyId) -> bool:
        """Whether the party may learn of a conflict with it at all."""
        return self.is_shown_to(party) or self.visibility.level is VisibilityLevel.ON_CONFLICT
