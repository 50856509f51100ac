"""What flights are held against, and when an intent follows its track: settings, checked.

The defaults are the numbers of ASTM F3548-21 (ACM and CMSA).
"""

from __future__ import annotations

import msgspec

from wideberth.layered import require_within
from wideberth.picture.analyses import AnalysisTimes
from wideberth.picture.flown import ConformanceLimits
from wideberth.space.time import DAY_US, HOUR_US, SECOND_US
from wideberth.watch.staterule import StateSettings

__all__ = ["ConformanceTable"]

_LIMITS, _TIMES, _STATES = ConformanceLimits(), AnalysisTimes(), StateSettings()


class ConformanceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[conformance]``. least_inside_percent, longest_excursion_s, excursions_per_hour: what
    flights are to keep to. enough_hours: less known time says little; period_days: how far back is
    summed where nobody says, and analysed. analysed_within_hours: how soon a party's flights are
    analysed, again and again; told_within_hours: how soon it is told that they are beyond what they
    are to keep to. nonconforming_after_s: outside for so long is Nonconforming;
    contingent_after_s: so long Nonconforming is Contingent.
    """

    least_inside_percent: float = 100 * _LIMITS.least_inside
    longest_excursion_s: float = _LIMITS.longest_us / SECOND_US
    excursions_per_hour: float = _LIMITS.per_hour
    enough_hours: float = _LIMITS.enough_us / HOUR_US
    period_days: float = _LIMITS.period_us / DAY_US
    analysed_within_hours: float = _TIMES.within_us / HOUR_US
    told_within_hours: float = _TIMES.tell_within_us / HOUR_US
    nonconforming_after_s: float = _STATES.nonconforming_after_us / SECOND_US
    contingent_after_s: float = _STATES.contingent_after_us / SECOND_US

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        require_within(
            self,
            ("least_inside_percent", 0, 100, "percent"),
            ("longest_excursion_s", 0, 3600, "seconds"),
            ("excursions_per_hour", 0, 3600, "a flight hour"),
            ("enough_hours", 0, 10_000, "hours"),
            ("period_days", 0.01, 92, "days"),
            ("analysed_within_hours", 0.1, 744, "hours"),
            ("told_within_hours", 0, 744, "hours"),
            ("nonconforming_after_s", 0, 3600, "seconds"),
            ("contingent_after_s", 0, 3600, "seconds"),
        )

    def limits(self) -> ConformanceLimits:
        """What flights are held against."""
        return ConformanceLimits(
            least_inside=self.least_inside_percent / 100,
            longest_us=round(self.longest_excursion_s * SECOND_US),
            per_hour=self.excursions_per_hour,
            enough_us=round(self.enough_hours * HOUR_US),
            period_us=round(self.period_days * DAY_US),
        )

    def times(self) -> AnalysisTimes:
        """How soon flights are analysed, and a party told."""
        return AnalysisTimes(
            within_us=round(self.analysed_within_hours * HOUR_US),
            tell_within_us=round(self.told_within_hours * HOUR_US),
        )

    def states(self) -> StateSettings:
        """When the state of an intent follows its track."""
        return StateSettings(
            nonconforming_after_us=round(self.nonconforming_after_s * SECOND_US),
            contingent_after_us=round(self.contingent_after_s * SECOND_US),
        )
