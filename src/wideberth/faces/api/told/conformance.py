"""The wire structs of how a party's flights kept to their intents."""

from __future__ import annotations

import msgspec

from wideberth.faces.api.told.base import Out

__all__ = ["AnalysisOut", "ConformanceLimitsOut", "ConformanceOut", "ConformanceToldOut"]


class ConformanceLimitsOut(Out, frozen=True, kw_only=True):
    """What is to be kept to: at least this share inside, no longer excursion, no more of them in a
    flight hour; and how many hours it takes to say so.
    """

    share_inside: float
    longest_excursion_s: float
    excursions_per_hour: float
    flight_hours: float


class FlightsOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What flights that ended in a period come to, against the limits. flight_hours: all of it;
    share_inside and excursions_per_hour: of the time that is known; null where there is none.
    unknown_s: silence and heights that do not compare, which count as neither. beyond: which limits
    were not kept to, of ``inside``, ``longest``, ``per-hour``. enough: there were hours enough to
    say so.
    """

    from_: str = msgspec.field(name="from")
    to: str
    flights: int
    flight_hours: float
    inside_s: float
    outside_s: float
    unknown_s: float
    share_inside: float | None
    excursions: int
    excursions_per_hour: float | None
    longest_excursion_s: float
    beyond: list[str]
    enough: bool
    limits: ConformanceLimitsOut


class ConformanceToldOut(FlightsOut, frozen=True, kw_only=True, omit_defaults=False):
    """What a notice tells you of your own flights. late: it was found, or told, later than it had
    to be.
    """

    late: bool


class AnalysisOut(FlightsOut, frozen=True, kw_only=True, omit_defaults=False):
    """The newest analysis of your flights. number: counts them from 1; analysed: when it was
    recorded; due: by when it had to be, and late: that it was later. notice: by which you were told
    that they are beyond the limits; null: there is nothing to tell.
    """

    number: int
    analysed: str
    due: str
    late: bool
    notice: str | None


class ConformanceOut(FlightsOut, frozen=True, kw_only=True, omit_defaults=False):
    """How your flights that ended in the period kept to your intents. nonconforming, contingent:
    how often these intents became so. analysis: the newest that the node made of its own accord;
    null: none yet. next_analysis: by when there is another; null: nothing is left to analyse.
    """

    nonconforming: int
    contingent: int
    analysis: AnalysisOut | None
    next_analysis: str | None
