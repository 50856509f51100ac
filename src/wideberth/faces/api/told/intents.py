"""Intents as they are answered."""

from __future__ import annotations

from typing import Literal

import msgspec

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import ChangeOut, ClashOut
from wideberth.faces.api.told.doubts import DoubtOut
from wideberth.faces.api.told.notices import RelianceOut
from wideberth.model.intents import IntentKind, IntentState, Source, Under, VisibilityLevel
from wideberth.model.stated import Evidence, Marking, NoticeKind, Phase, StandOff
from wideberth.wire.asked import VolumeWire


class VisibilityOut(Out, frozen=True, kw_only=True):
    """Who sees an intent."""

    level: VisibilityLevel
    parties: list[str] = []


class ProvenanceOut(Out, frozen=True, kw_only=True):
    """Where the coordinates come from and how good they are (0: not said)."""

    source: Source
    accuracy_m: float = 0
    captured: str | None = None
    checked_by: str | None = None


class IntentOut(Out, frozen=True, kw_only=True):
    """One version of an intent. told: when; lead_s: from then to its first start. declaration: its
    volumes as they were declared, where the volumes here are what covers that. notice_kind: one of
    N-01. stand_off: what the party asks for. marking: digests of photographs. state_by_track: its
    state follows its party's tracks, by rule.
    """

    id: str
    party: str
    kind: IntentKind
    state: IntentState
    version: int
    ovn: str
    priority: int
    volumes: list[VolumeWire]
    visibility: VisibilityOut
    provenance: ProvenanceOut
    told: str
    start: str
    end: str
    lead_s: float
    minimum_lead_s: float = 0
    late: bool = False
    count: int | None = None
    call_sign: str | None = None
    place_name: str | None = None
    cautions: list[str] = []
    declaration: msgspec.Raw | None = None
    notice_kind: NoticeKind
    stand_off: list[StandOff] | Literal["none agreed"] | None = None
    marking: list[Marking] | Literal["none given"] | None = None
    evidence: Evidence | None = None
    phase: Phase | None = None
    phase_text: str | None = None
    open_ended: bool = False
    under: Under | None = None
    state_by_track: bool = False
    doubts: list[DoubtOut] = []


class IntentTold(Out, frozen=True, kw_only=True):
    """The answer to telling an intent. notices: ids of notices to you. clashes: as you may see
    them. position, time: where it stands in the record. late_under: what agreements ask for that it
    was told too late for; the intent itself names what the rules of the space ask for.
    """

    intent: IntentOut
    clashes: list[ClashOut]
    notices: list[str]
    position: int
    time: str
    changes: list[ChangeOut] | None = None
    late_under: list[RelianceOut] = []


class RestsOn(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What an answer rests on. parties_telling: parties of what is in the answer."""

    parties_telling: list[str]
    position: int
    time: str
    note: str = "no information is not clearance"


class IntentsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A page of intents, the first told first. next: cursor of the next page, null at the end.
    in_part: of what some parties tell you are shown a part only: ask ``/shared`` as well.
    limited: protected sites are left out, of which you were given as many as in a day you are.
    """

    intents: list[IntentOut]
    next: str | None
    rests_on: RestsOn
    in_part: bool = False
    limited: bool = False


class HiddenOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Whether hidden intents were tested; reason: why not. left_today: what the budget allows."""

    done: bool
    reason: str
    left_today: int


class CheckedIntent(Out, frozen=True, kw_only=True):
    """What the intent would be, told now."""

    kind: IntentKind
    start: str
    end: str
    lead_s: float
    minimum_lead_s: float = 0
    late: bool = False
    cautions: list[str] = []


class Checked(Out, frozen=True, kw_only=True):
    """The answer to a dry run. late_under: what agreements ask for that it would be told too late
    for.
    """

    intent: CheckedIntent
    clashes: list[ClashOut]
    hidden: HiddenOut
    rests_on: RestsOn
    late_under: list[RelianceOut] = []


class VersionOut(Out, frozen=True, kw_only=True):
    """One version of an intent. changes: against the version before, where you may see that."""

    intent: IntentOut
    position: int
    time: str
    changes: list[ChangeOut] = []


class VersionsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Versions of an intent, the oldest first. next: the number to ask after, null at the end."""

    versions: list[VersionOut]
    next: int | None
