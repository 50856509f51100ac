"""Many times at once: the plain ones among them, read as columns of digits.

What is not plain is left to :func:`wideberth.space.time.parse_rfc3339`, which says what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.errors import InvalidValue
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, SECOND_US, parse_rfc3339

__all__ = ["plain_times_us"]

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_FEW = 8  # different times that are sooner read one by one
_ZERO = ord("0")
_WHOLE = len("2026-09-09T18:00:00Z")
_LONGEST = _WHOLE + len(".123456789")
_MARKS = ((4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"))
_FRACTION_AT = 20
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
# Year, month, day, hour, minute and second, of these digits.
_WEIGHTS = np.array([
    [1000, 100, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 10, 1, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 10, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 1, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 1],
])  # fmt: skip
_FIRST_YEAR = 1900
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def plain_times_us(texts: Sequence[str]) -> tuple[Ints, NDArray[np.bool_]]:
    """Microseconds since 1970, and which of them were read: RFC 3339 in UTC with a capital T and Z,
    as :func:`wideberth.space.time.parse_rfc3339` reads it. Of another form is not said to be wrong.
    """
    different = dict.fromkeys(texts, 0)
    if len(different) > _FEW:
        return _read(texts)
    wrong: set[str] = set()
    for text in different:
        try:
            different[text] = parse_rfc3339(text)
        except InvalidValue:
            wrong.add(text)
    times_us = np.array([different[text] for text in texts], np.int64)
    return times_us, np.array([text not in wrong for text in texts], np.bool_)


def _read(texts: Sequence[str]) -> tuple[Ints, NDArray[np.bool_]]:
    count = len(texts)
    lengths = np.fromiter(map(len, texts), np.int64, count)
    # A sign that is not of ASCII is one question mark: each text keeps its place and its length.
    signs = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8)
    starts = np.cumsum(lengths) - lengths
    times_us, known = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    for length in set(lengths.tolist()):
        if _WHOLE <= length <= _LONGEST and length != _WHOLE + 1:
            rows = np.flatnonzero(lengths == length)
            alike = signs[starts[rows][:, np.newaxis] + np.arange(length)]
            times_us[rows], known[rows] = _read_alike(alike)
    return times_us, known


def _read_alike(signs: Bytes) -> tuple[Ints, NDArray[np.bool_]]:
    """Of texts of one length: a row each."""
    columns = np.ascontiguousarray(signs.T)
    length = len(columns)
    known = columns[length - 1] == ord("Z")
    for at, mark in _MARKS:
        known &= columns[at] == ord(mark)
    digits = columns[list(_DIGITS)] - _ZERO  # below "0" is above 9: they have no sign
    known &= (digits <= 9).all(axis=0)
    year, month, day, hour, minute, second = _WEIGHTS @ digits
    known &= (year >= _FIRST_YEAR) & (month >= 1) & (month <= 12)
    known &= (hour <= 23) & (minute <= 59) & (second <= 59)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _MONTH_DAYS[np.minimum(month, 12)] + (is_leap & (month == 2))
    known &= (day >= 1) & (day <= last)
    times_us = _days(year, month, day) * DAY_US + hour * HOUR_US + minute * MINUTE_US
    times_us += second * SECOND_US
    if length > _WHOLE:
        known &= columns[_FRACTION_AT - 1] == ord(".")
        fraction = columns[_FRACTION_AT : length - 1] - _ZERO
        known &= (fraction <= 9).all(axis=0)
        for place, digit in enumerate(fraction[:6]):
            times_us += digit.astype(np.int64) * 10 ** (5 - place)
    return times_us, known


def _days(year: Ints, month: Ints, day: Ints) -> Any:
    """Days since 1970 in the calendar of today, counted from the first of March of the year 0: a
    year ends with its leap day.
    """
    year = year - (month <= 2)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year - 719_468
