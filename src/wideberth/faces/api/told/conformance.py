"""The wire structs of how a party's flights kept to their intents."""

from __future__ import annotations

import msgspec

from wideberth.faces.api.told.base import Out

__all__ = ["ConformanceLimitsOut", "ConformanceOut"]


class ConformanceLimitsOut(Out, frozen=True, kw_only=True):
    """What is to be kept to: at least this share inside, no longer excursion, no more of them in a
    flight hour; and how many hours it takes to say so.
    """

    share_inside: float
    longest_excursion_s: float
    excursions_per_hour: float
    flight_hours: float


class ConformanceOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """How your flights that ended in the period kept to your intents. flight_hours: all of it;
    share_inside and excursions_per_hour: of the time that is known; null where there is none.
    unknown_s: silence and heights that do not compare, which count as neither. nonconforming,
    contingent: how often these intents became so. beyond: which limits were not kept to, of
    ``inside``, ``longest``, ``per-hour``. enough: there were hours enough to say so.
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
    nonconforming: int
    contingent: int
    beyond: list[str]
    enough: bool
    limits: ConformanceLimitsOut
