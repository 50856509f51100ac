"""The period that is asked about, and the one of equal length before it."""

from __future__ import annotations

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.time import MIN_US, format_rfc3339

__all__ = ["Period", "period"]


class Period(msgspec.Struct, frozen=True):
    """From begin_us on and before end_us, microseconds since 1970."""

    begin_us: int
    end_us: int

    def __contains__(self, time_us: object) -> bool:
        return isinstance(time_us, int) and self.begin_us <= time_us < self.end_us

    @property
    def previous(self) -> Period:
        """The period of equal length that ends where this one begins."""
        return Period(2 * self.begin_us - self.end_us, self.begin_us)

    @property
    def words(self) -> str:
        """As it stands in the report."""
        return f"{format_rfc3339(self.begin_us)} to {format_rfc3339(self.end_us)}"


def period(begin_us: int, end_us: int) -> Period:
    """A period that begins before it ends. Raises InvalidValue."""
    if not begin_us < end_us:
        raise InvalidValue(
            "--to", "ends-before", format_rfc3339(end_us), "give an end that is after the beginning"
        )
    if 2 * begin_us - end_us < MIN_US:
        raise InvalidValue(
            "--from, --to",
            "too-long",
            format_rfc3339(begin_us),
            "the period of equal length before it begins before 1900",
        )
    return Period(begin_us, end_us)
