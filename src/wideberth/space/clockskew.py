"""How far two clocks are apart, measured by messages between them, and what follows from it (L-12).

No message arrives before it was sent. So each exchange of the four stamps of NTP (RFC 5905,
section 8) shuts the offset of a party's clock into an interval, whatever way the delay is shared
out, and several exchanges into what their intervals have in common. A party whose offset was not
measured has no interval: nothing is assumed of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.time import MAX_US, MIN_US

__all__ = ["Exchange", "Order", "Skew", "measured", "order_of", "widened"]


class Exchange(NamedTuple):
    """A question and its answer. sent, back: by the party's clock; received, answered: by the
    node's. Microseconds since 1970.
    """

    sent_us: int
    received_us: int
    answered_us: int
    back_us: int


class Skew(msgspec.Struct, frozen=True):
    """The party's clock less the node's, microseconds: somewhere from low to high."""

    low_us: int
    high_us: int

    @property
    def bound_us(self) -> int:
        """How far a time that the party tells may be off, at most."""
        return max(abs(self.low_us), abs(self.high_us))


class Order(StrEnum):
    """Which of two moments was first."""

    BEFORE = "before"
    AFTER = "after"
    UNKNOWN = "unknown"


def measured(exchanges: Iterable[Exchange]) -> Skew | None:
    """What the exchanges say together; None for none.

    Raises InvalidValue for an answer before its question by either clock alone, and where no offset
    fits all exchanges: a clock was set between them.

    >>> measured([Exchange(10_000, 4_000, 5_000, 13_000)])
    Skew(low_us=6000, high_us=8000)
    """
    skew: Skew | None = None
    for index, each in enumerate(exchanges):
        if each.back_us < each.sent_us or each.answered_us < each.received_us:
            raise InvalidValue(
                f"exchanges.{index}",
                "stamps-order",
                list(each),
                "an answer was sent, or came back, before its question",
            )
        low_us, high_us = each.sent_us - each.received_us, each.back_us - each.answered_us
        if skew is not None:
            low_us, high_us = max(low_us, skew.low_us), min(high_us, skew.high_us)
        if low_us > high_us:
            raise InvalidValue(
                f"exchanges.{index}",
                "clock-moved",
                list(each),
                "no offset fits this exchange and those before: a clock was set; measure anew",
            )
        skew = Skew(low_us, high_us)
    return skew


def widened(start_us: int, end_us: int, bound_us: int) -> tuple[int, int]:
    """A window told by a clock that may be off by bound_us: all of the time that it can mean.

    Two windows so widened are apart by a separation for certain when they are by their figures, so
    that a clash test keeps the separation and the bounds of both ends. Cut to 1900 to 9999.

    >>> widened(10, 20, 5)
    (5, 25)
    """
    return max(MIN_US, start_us - bound_us), min(MAX_US, end_us + bound_us)


def order_of(first_us: int, second_us: int, *bounds_us: int) -> Order:
    """The order of two moments told by different clocks; unknown where their gap is no greater
    than what the clocks may be off together.

    >>> order_of(0, 5_000_000, 2_000_000, 1_000_000).value, order_of(0, 3, 2, 1).value
    ('before', 'unknown')
    """
    if abs(second_us - first_us) <= sum(bounds_us):
        return Order.UNKNOWN
    return Order.BEFORE if first_us < second_us else Order.AFTER
