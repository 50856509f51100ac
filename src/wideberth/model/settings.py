"""The rules in force in a space: which kinds clash, how, and what must lie between them.

They are an entry of the record like everything else, so that a decision can be replayed under the
rules that stood when it was made.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.intents import IntentKind
from wideberth.model.ladders import DEFAULT_LADDERS, Ladder
from wideberth.model.liveness import Heartbeats
from wideberth.model.loads import LoadRule
from wideberth.model.notices import Urgency
from wideberth.model.questions import QuestionTimes
from wideberth.space.positions import Bounds
from wideberth.space.time import DAY_US, MINUTE_US, SECOND_US
from wideberth.space.vertical import TerrainBound
from wideberth.space.volume import NANODEGREES, Separation

__all__ = [
    "DEFAULT_RULES",
    "Area",
    "Effect",
    "KindLimit",
    "PairRule",
    "Plausible",
    "ReadBackTolerance",
    "Rules",
]


class Effect(StrEnum):
    """What a clash of two intents does."""

    WARN = "warn"  # tell both, block nobody
    REFUSE = "refuse"  # the later one is not accepted, unless its key proves that it knew
    NONE = "none"


class PairRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What holds between two kinds, in either order.

    separation: nearer than this in all three dimensions is a clash. higher_priority_passes: an
    intent of higher priority is not refused because of one of lower priority (ASTM F3548-21
    SCD0015 ff.). key_proves: naming the other's OVN lifts the refusal.
    """

    kinds: tuple[IntentKind, IntentKind]
    effect: Effect = Effect.WARN
    separation: Separation = Separation()
    urgency: Urgency = Urgency.PROMPT
    higher_priority_passes: bool = True
    key_proves: bool = True


class KindLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What holds for one kind: the lead time agreed (N-04), how far ahead, and how long (N-17)."""

    kind: IntentKind
    minimum_lead_us: int = 0
    horizon_us: int = 30 * DAY_US  # ASTM F3548-21 OiMaxPlanHorizonDays
    longest_us: int = 30 * DAY_US


class ReadBackTolerance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a read-back may be off (N-08 [P]: 100 m, 1 min, 100 ft)."""

    horizontal_mm: int = 100_000
    time_us: int = MINUTE_US
    vertical_mm: int = 30_480


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the space is: between two parallels and two meridians, nanodegrees; across the
    antimeridian where west > east.
    """

    south_nd: int
    west_nd: int
    north_nd: int
    east_nd: int

    @property
    def bounds(self) -> Bounds:
        """The same in degrees."""
        sides = (self.south_nd, self.west_nd, self.north_nd, self.east_nd)
        return Bounds(*(side / NANODEGREES for side in sides))


class Plausible(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How far is plausible; farther is asked about (F-04).

    moved_mm: between the nearest points of a version and the one before. site_moved_mm: the same
    for what stays put, a presence, or a hazard at a place by its name. named_mm: between an intent
    and the zone or site that its place name stands for. coast: whether ships on land, and people on
    open water, are asked about.
    """

    moved_mm: int = 50_000_000
    site_moved_mm: int = 1_000_000
    named_mm: int = 5_000_000  # a strike that was told 9 km off its place is asked about
    coast: bool = True


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rules in force. version: cited by every clash found under them.

    default: what holds for a pair of kinds that has no rule of its own. same_party: whether a
    party's own intents clash with each other. terrain and pressure_error_mm: how heights above
    ground and flight levels compare with others; without them such heights are refused.
    cell_nd, cell_height_mm, cell_time_us: the agreed grid to which an overlap with a hidden intent
    is rounded out.
    check_budget: how many hidden touches a party's dry runs may meet in a day.
    withdrawn_touches: after each so many hidden touches in a day by intents and zones of a party
    that it told and withdrew, the hidden one's owner is told so.
    check_largest_mm: the widest volume whose dry run is tested against hidden intents.
    area: where the space is; what is told wholly outside of it is asked about (F-04).
    plausible: how far something is moved before that is asked about (F-04).
    clock_step_us: to whole steps of this a party's measured offset is rounded outward.
    clock_every_us: a narrower one is taken again after this long. clock_cap_us: no clock widens a
    time by more. clock_limit_us: a party whose clock may be off by more is told so in each answer.
    ladders: of escalation, by urgency; one that is left out is the default one.
    assess_sharing: a presence names nobody whom its owner did not assess first (S-03).
    sites_a_day: so many protected sites of others a party is given in a day but by a bulk export.
    heartbeats: how often parties and live hazards are to be heard.
    need_to_know: of what others tell a party is given only what touches what it subscribed to, and
    what it was told of by a notice, unless an agreement says the whole list (P-04).
    load: when the unread load of a recipient is warned of (N-15).
    seal_texts: free text is taken only where it names a sealed text (S-09).
    questions: within what questions about an incident are to be answered (I-05).
    read_back_test_us: a key acknowledges only for so long after a passed read-back test (X-05); 0:
    none is asked for.
    """

    version: str
    pairs: tuple[PairRule, ...] = ()
    default: Effect = Effect.WARN
    separation: Separation = Separation()
    same_party: bool = False
    limits: tuple[KindLimit, ...] = ()
    terrain: TerrainBound | None = None
    pressure_error_mm: int | None = None
    cell_nd: int = NANODEGREES // 100
    cell_height_mm: int = 50_000
    cell_time_us: int = 5 * MINUTE_US
    check_budget: int = 50
    withdrawn_touches: int = 10
    check_largest_mm: int = 50_000_000
    read_back: ReadBackTolerance = ReadBackTolerance()
    area: Area | None = None
    plausible: Plausible = Plausible()
    clock_step_us: int = SECOND_US
    clock_every_us: int = MINUTE_US
    clock_cap_us: int = MINUTE_US
    clock_limit_us: int = 5 * SECOND_US  # as a node that is further off stops deciding
    ladders: tuple[Ladder, ...] = ()
    assess_sharing: bool = False
    sites_a_day: int = 1000
    heartbeats: Heartbeats = Heartbeats()
    seal_texts: bool = False
    need_to_know: bool = False
    questions: QuestionTimes = QuestionTimes()
    load: LoadRule = LoadRule()
    read_back_test_us: int = 0

    def pair(self, first: IntentKind, second: IntentKind) -> PairRule:
        """The rule between two kinds, in either order."""
        for rule in self.pairs:
            if rule.kinds in ((first, second), (second, first)):
                return rule
        return PairRule((first, second), self.default, self.separation)

    def limit(self, kind: IntentKind) -> KindLimit:
        """The limits of a kind."""
        return next((limit for limit in self.limits if limit.kind is kind), KindLimit(kind))

    def ladder(self, urgency: Urgency) -> Ladder:
        """The ladder of escalation for notices of an urgency."""
        for ladder in (*self.ladders, *DEFAULT_LADDERS):
            if ladder.urgency is urgency:
                return ladder
        raise AssertionError(f"no ladder for {urgency}")

    @property
    def widest(self) -> Separation:
        """The largest separation that any pair of kinds asks for, dimension by dimension."""
        asked = [self.separation, *(rule.separation for rule in self.pairs)]
        return Separation(
            max(each.horizontal_mm for each in asked),
            max(each.vertical_mm for each in asked),
            max(each.time_us for each in asked),
        )


_PRESENCE_LIMIT = KindLimit(
    IntentKind.PRESENCE, horizon_us=90 * DAY_US, longest_us=90 * DAY_US
)  # N-09 [P]: a protected site is validated again after 90 days

DEFAULT_RULES = Rules(
    version="default-2",
    assess_sharing=True,
    pairs=(
        PairRule((IntentKind.HAZARD, IntentKind.PRESENCE), urgency=Urgency.IMMEDIATE),
        PairRule((IntentKind.PRESENCE, IntentKind.PRESENCE), effect=Effect.NONE),
    ),
    limits=(_PRESENCE_LIMIT,),
)
"""Warn both, block nobody; touching counts; a hazard on people is told at once, and sites are shown
to nobody whom their owner did not assess (S-03). default-1 left that open."""
