"""The clock of an exercise: another day, and faster than real time.

A node decides by the time that it is handed (DESIGN section 2). An exercise may hand it the time of
the day that is played, so that nothing in it has to be moved or squeezed: what was told, warned and
answered carries the times of that day. Every process on one folder reads the same settings, and so
has the same time at every moment. Tokens expire by the real clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from wideberth.service import now_us
from wideberth.space.time import MAX_US, SECOND_US

__all__ = ["ExerciseClock"]


@dataclass(frozen=True, slots=True)
class ExerciseClock:
    """Shows start_us when the real clock shows at_us, and runs rate times as fast until it shows
    until_us; from there on at the real pace.

    >>> clock = ExerciseClock(start_us=0, at_us=1_000_000, rate=100.0, until_us=60_000_000)
    >>> [clock.at(real_us) for real_us in (1_000_000, 1_500_000, 1_600_000, 2_600_000)]
    [0, 50000000, 60000000, 61000000]
    """

    start_us: int
    at_us: int
    rate: float
    until_us: int = MAX_US

    def __call__(self) -> int:
        """Microseconds since 1970 by this clock, now."""
        return self.at(now_us())

    def at(self, real_us: int) -> int:
        """What this clock shows when the real one shows real_us. It never runs backward."""
        shown_us = self.start_us + int((real_us - self.at_us) * self.rate)
        if shown_us <= self.until_us:
            return shown_us
        return self.until_us + (real_us - self.real_us(self.until_us))

    def real_us(self, shown_us: int) -> int:
        """What the real clock shows when this one shows shown_us, at most until_us."""
        return self.at_us + int((min(shown_us, self.until_us) - self.start_us) / self.rate)

    def rate_at(self, real_us: int) -> float:
        """How many seconds pass on this clock in a real one: rate, and 1 once until_us is past."""
        return self.rate if self.at(real_us) < self.until_us else 1.0

    def seconds_until(self, shown_us: int) -> float:
        """Real seconds until this clock shows shown_us, 0 where it did."""
        return max(0.0, (self.real_us(shown_us) - now_us()) / SECOND_US)
