"""Time: one integer type, microseconds since 1970-01-01T00:00:00Z (POSIX, no leap seconds).

Text is RFC 3339 and always carries its offset; a local time without one is refused, never guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_LOCAL_EPOCH = _EPOCH.replace(tzinfo=None)
MIN_US = -2_208_988_800_000_000  # 1900-01-01T00:00:00Z
MAX_US = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
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
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    fraction, offset = match.group(7, 8)
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
        time(hour, minute, second)
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
    return (_LOCAL_EPOCH + timedelta(microseconds=instant_us)).isoformat() + "Z"


def _offset_us(text: str, *, field: str, whole: object) -> int:
    if text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise InvalidValue(field, "rfc3339", whole, "no such offset from UTC")
    sign = -1 if text[0] == "-" else 1
    return sign * (hours * HOUR_US + minutes * MINUTE_US)
