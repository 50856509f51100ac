"""What the record holds of how flights keep to their intents: what each came to, and which step an
intent took because of a track. Both are its party's alone; the step itself is told like any other.
"""

from __future__ import annotations

import msgspec

from wideberth.model.ids import IntentId, Ovn, PartyId
from wideberth.model.intents import Step

__all__ = ["FlightMeasured", "MeasureFlight", "StepByTrack", "SteppedByTrack", "flights_of"]


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
