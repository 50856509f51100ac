"""How far this node's clock is from its witnesses', by the times of their cosignatures (L-12).

A witness signs with its own time, to the second, between a question and its answer. So each
exchange shuts how far the node's clock is ahead of the witness's into an interval. Between
exchanges the interval goes along with every step that the node's clock is set by, which shows
against a clock that is never set; and it grows with its age, as two clocks drift: an old exchange
says less and less, and in the end nothing.

A node that is more than the limit from a witness's clock, whatever lies in the interval, is off.
One witness must not be able to stop a node by a wrong clock of its own where others agree with it:
at least half of those that say something have to find it off.

Belongs to the event loop's thread. Times are microseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from wideberth.errors import ClockOff
from wideberth.space.clockskew import Skew
from wideberth.space.time import MAX_US, SECOND_US

__all__ = ["DRIFT_PER_S_US", "WitnessClocks", "steady_us"]

DRIFT_PER_S_US = 200
"""How fast two clocks may drift apart: 200 us in a second, which is twice 100 ppm."""


def steady_us() -> int:
    """A clock that nobody sets and that goes on while the machine sleeps, where there is one."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic_ns() if kind is None else time.clock_gettime_ns(kind)) // 1000


class _Heard(NamedTuple):
    """skew: of the node's clock against the witness's at steady_us. set_us: the node's clock less
    the steady one then.
    """

    skew: Skew
    steady_us: int
    set_us: int
    time_s: int


class WitnessClocks:
    """What each witness's times say of this node's clock. clock_us: the node's; steady: never set;
    limit_us: how far it may be off.
    """

    def __init__(
        self,
        *,
        clock_us: Callable[[], int],
        steady: Callable[[], int] = steady_us,
        limit_us: int = 5 * SECOND_US,
    ) -> None:
        self._clock_us = clock_us
        self._steady = steady
        self._limit_us = limit_us
        self._heard: dict[str, _Heard] = {}

    def asking(self) -> int:
        """A mark to give to :meth:`heard`, taken before a witness is asked."""
        return self._steady()

    def heard(self, witness: str, time_s: int, *, asked: int | None) -> None:
        """A witness signed at time_s, by its clock. asked: the mark from before the question; None:
        it came unasked, signed at some time before, and can only show a clock that is behind.
        """
        now_us, steady = self._clock_us(), self._steady()
        before = self._heard.get(witness)
        if asked is None:
            if before is not None and time_s <= before.time_s:
                return  # told again, by whomever
            low_us = -MAX_US
        else:
            # It shows whole seconds: the true time was up to one later.
            low_us = now_us - (steady - asked) - (time_s + 1) * SECOND_US
        skew = Skew(low_us, now_us - time_s * SECOND_US)
        self._heard[witness] = _Heard(skew, steady, now_us - steady, time_s)

    def knows(self, witness: str) -> bool:
        """Whether the witness was heard."""
        return witness in self._heard

    def skew(self, witness: str) -> Skew | None:
        """How far the node's clock is ahead of the witness's now; None where it was not heard."""
        heard = self._heard.get(witness)
        if heard is None:
            return None
        now_us, steady = self._clock_us(), self._steady()
        moved_us = now_us - steady - heard.set_us
        drift_us = -(-(steady - heard.steady_us) * DRIFT_PER_S_US // SECOND_US)
        return Skew(
            heard.skew.low_us + moved_us - drift_us, heard.skew.high_us + moved_us + drift_us
        )

    def off_us(self, witness: str) -> int:
        """How far the node's clock is ahead of the witness's at least, negative where it is behind;
        0 where that is open.
        """
        skew = self.skew(witness)
        if skew is None:
            return 0
        return max(0, skew.low_us) or min(0, skew.high_us)

    def is_off(self, witness: str) -> bool:
        """Whether the two are further apart than the limit, for certain."""
        return abs(self.off_us(witness)) > self._limit_us

    def verdict(self) -> ClockOff | None:
        """Why this node must not decide by its clock; None where nothing is against it."""
        off = {each: self.off_us(each) for each in self._heard if self.is_off(each)}
        good = sum(1 for each in self._heard if each not in off and self._says_something(each))
        if not off or len(off) < good:
            return None
        names = tuple(sorted(off))
        least_us = min(off.values(), key=abs)
        return ClockOff(least_us, names)

    def _says_something(self, witness: str) -> bool:
        skew = self.skew(witness)
        return skew is not None and skew.high_us - skew.low_us <= 2 * self._limit_us
