"""What the record holds of how flights keep to their intents: what each came to, what all of a
party's came to at each analysis, and which step an intent took because of a track. All of it is its
party's alone; the step itself is told like any other.
"""

from __future__ import annotations

import msgspec

from wideberth.model.ids import IntentId, NoticeId, Ovn, PartyId
from wideberth.model.intents import Step

__all__ = [
    "AnalyseConformance",
    "Analysed",
    "ConformanceAnalysed",
    "ConformanceTold",
    "FlightMeasured",
    "FlightsSummed",
    "MeasureFlight",
    "StepByTrack",
    "SteppedByTrack",
    "analyses_of",
    "flights_of",
]


class FlightMeasured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """How one track of a party kept to its intent, on a flight or a part of one. track: what its
    party calls it, on this feed of its own. began_us: of the flight; from_us, until_us: its first
    and last position in this part, which inside_us, outside_us and unknown_us share out.
    excursions: that began in it; longest_us: of those in it, since each began.
    """

    party: PartyId
    intent: IntentId
    track: str
    feed: str
    began_us: int
    from_us: int
    until_us: int
    inside_us: int
    outside_us: int
    unknown_us: int
    excursions: int
    longest_us: int


class SteppedByTrack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Why an intent took a step that its party did not take: the rule with its version, the track
    that it rests on, since when that is outside (None: it is inside), and its position's time.
    back: how many entries before this one the step stands.
    """

    party: PartyId
    intent: IntentId
    step: Step
    rule: str
    track: str
    feed: str
    outside_since_us: int | None
    position_us: int
    back: int


class FlightsSummed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the flights of one party that ended from from_us until to_us come to, and what they were
    held against: of the known time at least so many millionths inside, no excursion over limit_us,
    of excursions at most so many thousandths in a flight hour, once there are enough_us of known
    time. beyond: which of it was not kept to, of ``inside``, ``longest`` and
    ``per-hour``.
    """

    from_us: int
    to_us: int
    flights: int
    inside_us: int
    outside_us: int
    unknown_us: int
    excursions: int
    longest_us: int
    beyond: tuple[str, ...]
    least_inside_millionths: int
    limit_us: int
    per_hour_thousandths: int
    enough_us: int

    @property
    def known_us(self) -> int:
        """The time inside and outside."""
        return self.inside_us + self.outside_us

    @property
    def is_enough(self) -> bool:
        """Whether there was so much known time that it says something."""
        return self.known_us >= self.enough_us


class ConformanceTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a notice to a party tells it of its own flights. late: found or told later than it had
    to be.
    """

    summed: FlightsSummed
    late: bool


class ConformanceAnalysed(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """All flights of a party were held against the limits. number: counts the party's analyses from
    1; seen: how many entries of its flights there were by then; newest_us: when the newest of them
    ended; due_us: by when this had to be done, and late: that it was not. notice: by which the
    party was told that its flights are beyond the limits, now or at an earlier analysis since when
    there is nothing new to tell; None: there is nothing to tell it. told_seen: what was seen then.
    told_late: that it was told later after that was found than it had to be.
    """

    party: PartyId
    number: int
    summed: FlightsSummed
    seen: int
    newest_us: int
    due_us: int
    late: bool
    notice: NoticeId | None = None
    told_seen: int = 0
    told_late: bool = False


class Analysed(msgspec.Struct, frozen=True, gc=False):
    """The newest analysis of a party, and when it was recorded."""

    said: ConformanceAnalysed
    time_us: int


class AnalyseConformance(msgspec.Struct, frozen=True, tag=True):
    """Record what the flights of a party come to, and tell it where that is beyond the limits.
    number, seen, newest_us, due_us as in :class:`ConformanceAnalysed`; whole: its flights were
    counted for the whole period; found_us: since when it is known what there is to tell;
    tell_within_us: how soon after that it is to be told.
    """

    party: PartyId
    number: int
    summed: FlightsSummed
    seen: int
    newest_us: int
    due_us: int
    whole: bool
    found_us: int
    tell_within_us: int


class MeasureFlight(msgspec.Struct, frozen=True, tag=True):
    """Record what a flight, or a part of one, came to."""

    flight: FlightMeasured


class StepByTrack(msgspec.Struct, frozen=True, tag=True):
    """Take a step with an intent whose party wants its state to follow its tracks. ovn: of the
    version it is taken on; the rest as in :class:`SteppedByTrack`.
    """

    intent: IntentId
    ovn: Ovn
    step: Step
    rule: str
    track: str
    feed: str
    outside_since_us: int | None
    position_us: int


def flights_of(party: PartyId) -> str:
    """The name by which the index over the record has the flights of a party: no id has a space."""
    return f"flights of {party}"


def analyses_of(party: PartyId) -> str:
    """The name by which the index over the record has the analyses of a party's flights."""
    return f"analyses of {party}"
