"""Time: one integer type, microseconds since 1970-01-01T00:00:00Z (POSIX, no leap seconds).

Text is RFC 3339 and always carries its offset; a local time without one is refused, never guessed.
"""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from wideberth.errors import InvalidValue

__all__ = [
    "DAY_US",
    "HOUR_US",
    "MAX_US",
    "MINUTE_US",
    "MIN_US",
    "SECOND_US",
    "format_rfc3339",
    "is_rfc3339",
    "parse_rfc3339",
]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_EPOCH_DAY = date(1970, 1, 1).toordinal()
MIN_US = -2_208_988_800_000_000  # 1900-01-01T00:00:00Z
MAX_US = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def parse_rfc3339(text: object, *, field: str = "time") -> int:
    """Microseconds since 1970 of an RFC 3339 time.

    Digits below a microsecond are cut. Raises InvalidValue for anything else, for a leap second
    (POSIX time has none) and for years before 1900 or after 9999.

    >>> parse_rfc3339("1970-01-01T00:00:01.5Z")
    1500000
    >>> parse_rfc3339("2026-01-01T05:45:00+05:45") == parse_rfc3339("2026-01-01T00:00:00Z")
    True
    """
    match = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidValue(
            field, "rfc3339", text, "give a time with its offset, like 2026-09-09T18:00:00Z"
        )
    day, hours, minutes, seconds, fraction, offset = match.groups()
    hour, minute, second = int(hours), int(minutes), int(seconds)
    try:
        days = _days_of(day)
        if hour > 23 or minute > 59 or second > 59:
            time(hour, minute, second)  # says which
    except ValueError as error:
        raise InvalidValue(field, "rfc3339", text, f"no such time: {error}") from error
    instant_us = ((days * 24 + hour) * 60 + minute) * MINUTE_US + second * SECOND_US
    if fraction is not None:
        instant_us += int(fraction.ljust(6, "0")[:6])
    if offset != "Z":
        instant_us -= _offset_us(offset, field=field, whole=text)
    if not MIN_US <= instant_us <= MAX_US:
        raise InvalidValue(field, "time-range", text, "give a time from 1900 to 9999")
    return instant_us


def is_rfc3339(text: str) -> bool:
    """Whether the text has the form of RFC 3339; such a time may still not exist."""
    return _RFC3339.fullmatch(text) is not None


def format_rfc3339(instant_us: int) -> str:
    """RFC 3339 text in UTC; a fraction only where there is one.

    >>> format_rfc3339(1_500_000), format_rfc3339(0)
    ('1970-01-01T00:00:01.500000Z', '1970-01-01T00:00:00Z')
    """
    days, time_us = divmod(instant_us, DAY_US)
    minute, second_us = divmod(time_us, MINUTE_US)
    second, fraction_us = divmod(second_us, SECOND_US)
    text = f"{_day(days)}{_MINUTES[minute]}{_SECONDS[second]}"
    return f"{text}.{fraction_us:06}Z" if fraction_us else text + "Z"


@lru_cache(maxsize=1024)
def _days_of(day: str) -> int:
    """Days since 1970. Raises ValueError."""
    return date.fromisoformat(day).toordinal() - _EPOCH_DAY


@lru_cache(maxsize=1024)
def _day(days: int) -> str:
    return f"{date.fromordinal(_EPOCH_DAY + days).isoformat()}T"


_SECONDS = [f"{second:02}" for second in range(60)]
_MINUTES = [f"{minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60)]


def _offset_us(text: str, *, field: str, whole: object) -> int:
    if text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise InvalidValue(field, "rfc3339", whole, "no such offset from UTC")
    sign = -1 if text[0] == "-" else 1
    return sign * (hours * HOUR_US + minutes * MINUTE_US)
