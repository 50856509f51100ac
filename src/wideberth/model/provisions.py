"""Provisions: what an agreement says, each with an id that is its own within the agreement.

One form on the wire, in the record and in the text that is signed: whole numbers with their unit in
the name, places as (latitude, longitude) in 1e-9 degree, so that one text has one digest. What of
it the loop enforces is in :mod:`wideberth.decisions.agreed`; the rest both sides hold alike, and
no software acts on it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from wideberth.model.ids import PartyId, UnitToken, ZoneId
from wideberth.model.intents import ActorClass, Code, IntentKind
from wideberth.model.zones import ZoneRule
from wideberth.space.altitude import Altitude
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Footprint

__all__ = [
    "Acknowledging",
    "AgreedZone",
    "Between",
    "Condition",
    "Consent",
    "Counted",
    "CountedThing",
    "Counting",
    "Coverage",
    "Disclosure",
    "Distribution",
    "Drills",
    "Duty",
    "Exception_",
    "LadderStep",
    "Languages",
    "LeadTime",
    "Line",
    "LineBuffer",
    "Liveness",
    "MovingBuffer",
    "Provision",
    "Publish",
    "PublishedField",
    "ReadBackTest",
    "Response",
    "ResponseStep",
    "Rung",
    "SeparationRow",
    "SeparationTable",
    "Shared",
    "Side",
    "StopRight",
    "Uncovered",
    "Wording",
]

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Metres = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=120 * 86_400)]
Place = tuple[
    Annotated[int, msgspec.Meta(ge=-90_000_000_000, le=90_000_000_000)],
    Annotated[int, msgspec.Meta(ge=-180_000_000_000, le=180_000_000_000)],
]
"""(latitude, longitude), 1e-9 degree, WGS84."""


class Side(StrEnum):
    """Of a line, seen along the order of its points."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


class _Provision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every provision has. id: its own within the agreement. title: for people."""

    id: Code
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Line(_Provision, frozen=True, tag="line", kw_only=True):
    """A line on the ground: geodesics from point to point, 2 to 201 of them. Others name it."""

    points: Annotated[tuple[Place, ...], msgspec.Meta(min_length=2, max_length=201)]


class SeparationRow(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """How far a class of actors stays from a line, on which side of it. armed: None for both.

    parties: who is bound; all where empty. The distance is the shortest way along the ellipsoid.
    """

    actor: ActorClass
    line: Code
    distance_m: Metres
    side: Side = Side.BOTH
    armed: bool | None = None
    parties: tuple[PartyId, ...] = ()


class SeparationTable(_Provision, frozen=True, tag="separation-table", kw_only=True):
    """Distances from lines by actor class, direction and line (Z-03)."""

    rows: Annotated[tuple[SeparationRow, ...], msgspec.Meta(min_length=1, max_length=100)]


class LineBuffer(_Provision, frozen=True, tag="line-buffer", kw_only=True):
    """A strip along a line, on one side or both, that is kept out of or told of before (Z-06).

    notice_s: of a ``notice`` buffer. kinds, actors: whom it concerns; all where empty.
    """

    line: Code
    width_m: Metres
    side: Side = Side.BOTH
    rule: ZoneRule = ZoneRule.KEEP_OUT
    notice_s: Seconds = 0
    kinds: tuple[IntentKind, ...] = ()
    actors: tuple[ActorClass, ...] = ()
    parties: tuple[PartyId, ...] = ()


class MovingBuffer(_Provision, frozen=True, tag="moving-buffer", kw_only=True):
    """So far from every flight or vessel of these classes, wherever it is declared to be (Z-06).

    round: the classes that are kept clear of. of: whose they are; any party's where empty.
    """

    round: Annotated[tuple[ActorClass, ...], msgspec.Meta(min_length=1)]
    radius_m: Metres
    vertical_m: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 100_000
    of: tuple[PartyId, ...] = ()


class Between(_Provision, frozen=True, tag="between", kw_only=True):
    """What lies between the parties' own intents. kinds: on either side; all where empty.

    refuse: the later of two that are nearer is not accepted; else both are told.
    """

    horizontal_m: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    vertical_m: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    time_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    kinds: tuple[IntentKind, ...] = ()
    refuse: bool = False


class AgreedZone(_Provision, frozen=True, tag="zone", kw_only=True):
    """An area with a rule, that all parties agreed to (Z-09: anybody's own is unilateral).

    schedule: when within the agreement's term it holds, as a NOTAM's item D) says it, in UTC; at
    all times where left out. notice_s: of a ``notice`` zone. parties: who is bound; all where
    empty.
    """

    footprint: Footprint
    lower: Altitude
    upper: Altitude
    rule: ZoneRule = ZoneRule.KEEP_OUT
    notice_s: Seconds = 0
    schedule: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    kinds: tuple[IntentKind, ...] = ()
    actors: tuple[ActorClass, ...] = ()
    parties: tuple[PartyId, ...] = ()


class Exception_(  # noqa: N801 - the language has the word
    msgspec.Struct, frozen=True, forbid_unknown_fields=True
):
    """A reason with a lead time of its own (Z-07): ``fire-fighting``, ``rescue``, ``medevac``."""

    reason: Code
    minimum_s: Seconds


class LeadTime(_Provision, frozen=True, tag="lead-time", kw_only=True):
    """How long before it starts an intent of a kind is told (Z-07). actors: all where empty.

    Each such intent that the other parties see is told to them in a notice.
    """

    kind: IntentKind
    minimum_s: Seconds
    exceptions: Annotated[tuple[Exception_, ...], msgspec.Meta(max_length=50)] = ()
    actors: tuple[ActorClass, ...] = ()

    def minimum_for(self, reason: str | None) -> int:
        """Seconds that are asked for by this reason, or for none that is agreed."""
        agreed = (each.minimum_s for each in self.exceptions if each.reason == reason)
        return next(agreed, self.minimum_s)


class Rung(StrEnum):
    """Who is next on the ladder (D-06): roles, never a named individual."""

    DUTY = "duty"
    ALTERNATE = "alternate"
    SENIOR = "senior"
    NEUTRAL = "neutral"
    POLITICAL = "political"


class LadderStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """After so long without an acknowledgement, to whom."""

    after_s: Seconds
    to: Rung


class Acknowledging(_Provision, frozen=True, tag="acknowledgement", kw_only=True):
    """How soon a notice of an urgency is acknowledged, and who is told where it is not.

    It holds for notices between the parties. Where no step comes as soon as that, the recipient's
    duty desk is told again then.
    """

    urgency: Annotated[str, msgspec.Meta(pattern=r"\A(routine|prompt|immediate)\Z")]
    within_s: Seconds
    ladder: Annotated[tuple[LadderStep, ...], msgspec.Meta(max_length=20)] = ()


class Liveness(_Provision, frozen=True, tag="liveness", kw_only=True):
    """Calls that show that a channel lives. missed_after_s: so late, and both are told.

    A call is a heartbeat of a party. It is waited for once the version is in force.
    """

    every_s: Annotated[int, msgspec.Meta(ge=60, le=7 * 86_400)]
    missed_after_s: Seconds = 300

    @property
    def missed_us(self) -> int:
        """How long after the last call the next one is missed."""
        return (self.every_s + self.missed_after_s) * SECOND_US


class Drills(_Provision, frozen=True, tag="drills", kw_only=True):
    """Drill messages (X-01): every so many days at a time of day in UTC, to these parties; all
    where empty. window_s: at a moment within so long of it, which the node draws and tells nobody
    before. answer_within_s: a hop that is not reached by then is missed.
    """

    every_days: Annotated[int, msgspec.Meta(ge=1, le=366)]
    at_s: Annotated[int, msgspec.Meta(ge=0, le=86_399)]
    window_s: Annotated[int, msgspec.Meta(ge=0, le=86_399)] = 0
    answer_within_s: Annotated[int, msgspec.Meta(ge=60, le=12 * 3600)] = 900
    of: tuple[PartyId, ...] = ()


class ReadBackTest(_Provision, frozen=True, tag="read-back-test", kw_only=True):
    """Keys of the parties acknowledge only for so long after a passed read-back test (X-05)."""

    valid_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 365


class Distribution(_Provision, frozen=True, tag="distribution", kw_only=True):
    """Units of a party that must have what is told under the agreement, by opaque tokens (D-04)."""

    party: PartyId
    units: Annotated[tuple[UnitToken, ...], msgspec.Meta(min_length=1, max_length=1000)]


class Uncovered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody who may fire there and is not bound. where: everywhere, when left out."""

    name: Words
    where: Footprint | None = None


class Coverage(_Provision, frozen=True, tag="coverage", kw_only=True):
    """Whom a party's word binds, whom it merely informs, and who is not covered (Z-10)."""

    party: PartyId
    bound: tuple[Words, ...] = ()
    informed: tuple[Words, ...] = ()
    not_covered: tuple[Uncovered, ...] = ()


class ResponseStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step, in words. times: how often; after_s: how long after the step before."""

    words: Words
    times: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    after_s: Seconds = 0


class Response(_Provision, frozen=True, tag="graduated-response", kw_only=True):
    """Steps that both sides hold alike, as text with timings (Z-12). No software selects one."""

    steps: Annotated[tuple[ResponseStep, ...], msgspec.Meta(min_length=1, max_length=50)]


class Duty(StrEnum):
    """What a declared condition asks for."""

    WIDEN = "widen"
    CLOSE = "close"


class Condition(_Provision, frozen=True, tag="condition", kw_only=True):
    """Once somebody declares it, these parties widen or close within so long (Z-11).

    of: the provision that is widened or closed, where it is one of the agreement's own.
    """

    words: Words
    duty: Duty
    within_s: Annotated[int, msgspec.Meta(ge=60, le=86_400)]
    parties: Annotated[tuple[PartyId, ...], msgspec.Meta(min_length=1)]
    of: Code | None = None


class Shared(StrEnum):
    """A field of an intent that may leave the premises (P-02)."""

    VOLUMES = "volumes"
    TIMES = "times"
    CALL_SIGN = "call_sign"
    PLACE_NAME = "place_name"
    COUNT = "count"
    PRIORITY = "priority"
    PROVENANCE = "provenance"


class Disclosure(_Provision, frozen=True, tag="disclosure", kw_only=True):
    """What one party shows another (P-02). cell_nd, time_step_s: how coarsely; 0: as it is.

    It narrows what the party shows, and shows nobody more. delay_s: how long after it was told it
    is in lists; a notice is never delayed. whole_list: also what touches no area that the other
    party subscribed to (P-04).
    """

    party: PartyId
    to: PartyId
    fields: tuple[Shared, ...]
    cell_nd: Annotated[int, msgspec.Meta(ge=0, le=10_000_000_000)] = 0
    time_step_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    delay_s: Annotated[int, msgspec.Meta(ge=0, le=7 * 86_400)] = 0
    whole_list: bool = False


class StopRight(_Provision, frozen=True, tag="stop", kw_only=True):
    """Who acts on a STOP, in words. excluded: a suspension takes the STOP channel too (D-11).

    to_units: a STOP goes to the units of the distribution lists at the same time (L-02).
    from_units: a convoy or a post tells one directly (L-04).
    """

    words: Words
    excluded: bool = False
    to_units: bool = False
    from_units: bool = False


class Languages(_Provision, frozen=True, tag="languages", kw_only=True):
    """In which languages is told, by their tags (BCP 47); the first one counts."""

    tags: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")], ...],
        msgspec.Meta(min_length=1, max_length=20),
    ]


class Consent(_Provision, frozen=True, tag="consent", kw_only=True):
    """What is asked for before it is done, and who answers. Only in an agreement of that kind."""

    words: Words
    entitled: Annotated[tuple[PartyId, ...], msgspec.Meta(min_length=1)]
    answer_within_s: Seconds = 0


class Wording(_Provision, frozen=True, tag="wording", kw_only=True):
    """Agreed words that nothing is enforced of."""

    words: Words


class PublishedField(StrEnum):
    """What may be published of a declared zone, or of who agreed, beside place and time."""

    NAME = "name"
    REASON = "reason"
    PARTIES = "parties"


class Publish(_Provision, frozen=True, tag="publish", kw_only=True):
    """What may be told to anybody at all, in public (D-12). Nothing is, without one in force.

    sender: under which name it is published; it stands in every message. area: words for the place.
    provisions: areas, strips and tables of this agreement. rules: declared zones of these rules,
    keep-out or stand-off; zones: only these of them; of: only of these parties; all where empty,
    and never a zone of anybody else. fields: what else of them; nothing where empty.
    from_us, until_us: when it is published, the agreement's whole term where left out.
    cell_nd, time_step_s: how coarsely, rounded outward; 0: as it is.
    """

    sender: Annotated[
        str, msgspec.Meta(pattern=r"\A[A-Za-z0-9](?:[A-Za-z0-9.@_-]{0,62}[A-Za-z0-9])?\Z")
    ]
    area: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    provisions: Annotated[tuple[Code, ...], msgspec.Meta(max_length=200)] = ()
    rules: Annotated[tuple[ZoneRule, ...], msgspec.Meta(max_length=2)] = ()
    zones: Annotated[tuple[ZoneId, ...], msgspec.Meta(max_length=200)] = ()
    of: tuple[PartyId, ...] = ()
    fields: Annotated[tuple[PublishedField, ...], msgspec.Meta(max_length=3)] = ()
    from_us: int | None = None
    until_us: int | None = None
    cell_nd: Annotated[int, msgspec.Meta(ge=0, le=10_000_000_000)] = 0
    time_step_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0

    def is_at(self, time_us: int) -> bool:
        """Whether it is published at this time, as far as this provision says."""
        return (self.from_us is None or self.from_us <= time_us) and (
            self.until_us is None or time_us < self.until_us
        )


class Counted(StrEnum):
    """What may be counted (I-08): warnings of three kinds, and two failings of notices."""

    SEPARATION = "separation"
    INCURSION = "incursion"
    DEPARTURE = "departure"
    LATE_NOTICE = "late-notice"
    UNACKNOWLEDGED = "unacknowledged"


class CountedThing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that counts. episode_s: of the same party and object, what begins within so long
    of the last one before it counts with that, as one; 0: each counts.
    """

    what: Counted
    episode_s: Seconds = 0


class Counting(_Provision, frozen=True, tag="counting", kw_only=True):
    """What a report counts between the parties (I-08). Nothing is counted that none agreed to.

    of: whose failings are counted; all parties' where empty.
    """

    counts: Annotated[tuple[CountedThing, ...], msgspec.Meta(min_length=1, max_length=20)]
    of: tuple[PartyId, ...] = ()


Provision = (
    Line
    | SeparationTable
    | LineBuffer
    | MovingBuffer
    | Between
    | AgreedZone
    | LeadTime
    | Acknowledging
    | Liveness
    | Distribution
    | Coverage
    | Response
    | Condition
    | Disclosure
    | StopRight
    | Languages
    | Consent
    | Wording
    | Publish
    | Counting
    | Drills
    | ReadBackTest
)
