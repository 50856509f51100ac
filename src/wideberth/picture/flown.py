"""What the flights of one party in a period come to, against the limits of ASTM F3548-21. Pure.

Counted are the flights, or parts of them, that ended in the period. The share inside is of the time
that is known; what is not known is told beside it and never counts as inside.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wideberth.model.conformance import FlightMeasured, FlightsSummed
from wideberth.model.entries import IntentStateChanged
from wideberth.model.intents import IntentState
from wideberth.space.time import DAY_US, HOUR_US, SECOND_US

__all__ = ["ConformanceLimits", "Kept", "kept", "summed"]


class ConformanceLimits(msgspec.Struct, frozen=True):
    """What is to be kept to (ASTM F3548-21, ACM): at least least_inside of the known time inside,
    no excursion over longest_us, at most per_hour of them in a flight hour. enough_us: less time
    than this in the air says nothing yet; period_us: over which it is summed.
    """

    least_inside: float = 0.95
    longest_us: int = 10 * SECOND_US
    per_hour: float = 18.0
    enough_us: int = 10 * HOUR_US  # AggConfMonEvaluationFlightHours
    period_us: int = 7 * DAY_US  # AggConfMonEvaluationPeriodDays


class Kept(msgspec.Struct, frozen=True):
    """What flights come to. flights: how many; inside_us, outside_us, unknown_us: their time.
    nonconforming, contingent: how often an intent became so. beyond: which limits were not kept to,
    of ``inside``, ``longest`` and ``per-hour``; is_enough: there was enough time to say so.
    """

    flights: int
    inside_us: int
    outside_us: int
    unknown_us: int
    excursions: int
    longest_us: int
    nonconforming: int
    contingent: int
    beyond: tuple[str, ...]
    is_enough: bool

    @property
    def known_us(self) -> int:
        """The time inside and outside."""
        return self.inside_us + self.outside_us

    @property
    def flown_us(self) -> int:
        """All of the time."""
        return self.known_us + self.unknown_us


def kept(
    flights: Iterable[FlightMeasured],
    steps: Iterable[IntentStateChanged],
    limits: ConformanceLimits | None = None,
) -> Kept:
    """What these flights and steps come to."""
    limits = limits or ConformanceLimits()
    parts = list(flights)
    states = [step.state for step in steps if step.state is not step.before]
    inside_us = sum(each.inside_us for each in parts)
    outside_us = sum(each.outside_us for each in parts)
    unknown_us = sum(each.unknown_us for each in parts)
    known_us, excursions = inside_us + outside_us, sum(each.excursions for each in parts)
    longest_us = max((each.longest_us for each in parts), default=0)
    beyond = {
        "inside": inside_us < limits.least_inside * known_us,
        "longest": longest_us > limits.longest_us,
        # Of the time that is known: an excursion that nobody saw was not counted.
        "per-hour": excursions * HOUR_US > limits.per_hour * known_us,
    }
    return Kept(
        flights=len({(each.intent, each.feed, each.track, each.began_us) for each in parts}),
        inside_us=inside_us,
        outside_us=outside_us,
        unknown_us=unknown_us,
        excursions=excursions,
        longest_us=longest_us,
        nonconforming=states.count(IntentState.NONCONFORMING),
        contingent=states.count(IntentState.CONTINGENT),
        beyond=tuple(name for name, is_beyond in beyond.items() if is_beyond),
        is_enough=known_us >= limits.enough_us,
    )


def summed(
    flights: Iterable[FlightMeasured], limits: ConformanceLimits, *, from_us: int, to_us: int
) -> FlightsSummed:
    """What these flights, which ended from from_us until to_us, come to, as the record has it."""
    said = kept(flights, (), limits)
    return FlightsSummed(
        from_us=from_us,
        to_us=to_us,
        flights=said.flights,
        inside_us=said.inside_us,
        outside_us=said.outside_us,
        unknown_us=said.unknown_us,
        excursions=said.excursions,
        longest_us=said.longest_us,
        beyond=said.beyond,
        least_inside_millionths=round(limits.least_inside * 1_000_000),
        limit_us=limits.longest_us,
        per_hour_thousandths=round(limits.per_hour * 1_000),
        enough_us=limits.enough_us,
    )
