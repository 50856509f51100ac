"""Schedules: windows that come again, over a validity, as a list of windows in UTC.

Written as a NOTAM's item D) (``MON-FRI 0800-1600``), or in members on the wire. A schedule in
local time follows its zone's clock; where a window's edge falls on an hour that clocks show twice
or skip, the window is the longer one: nothing is taken for clear that may not be.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.angles import normal_text
from wideberth.space.time import DAY_US, MAX_US
from wideberth.space.timetext import local_instants_us, zone_named

__all__ = ["MAX_TRIED", "MAX_WINDOWS", "Daily", "parse_schedule", "tried", "windows_us"]

MAX_WINDOWS = 1000
MAX_TRIED = 8000  # windows of single days looked at; one a day for 20 years is 7,307
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_EVERY_DAY = frozenset(range(7))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_TIMES = re.compile(r"(\d{4})-(\d{4})")
_DAYS = re.compile(r"(MON|TUE|WED|THU|FRI|SAT|SUN)(?:-(MON|TUE|WED|THU|FRI|SAT|SUN))?")
_DATES = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")


class Daily(msgspec.Struct, frozen=True):
    """Windows on some days. spans: (first minute, last minute) of the day, up to 1440; a last that
    is not after the first lies on the next day. weekdays: 0 Monday to 6 Sunday. month_days: of
    these days only, when not empty; in month (1 to 12) only, when given.
    """

    spans: tuple[tuple[int, int], ...]
    weekdays: frozenset[int] = _EVERY_DAY
    month_days: frozenset[int] = frozenset()
    month: int | None = None

    def __post_init__(self) -> None:
        if not self.spans:
            raise InvalidValue("schedule", "spans", [], "give at least one window of the day")
        for first, last in self.spans:
            if not (0 <= first < 1440 and 0 <= last <= 1440):
                raise InvalidValue(
                    "schedule", "span", [first, last], "give times of the day from 00:00 to 24:00"
                )


def parse_schedule(text: str, *, field: str = "schedule") -> tuple[Daily, ...]:
    """Item D) of a NOTAM in its common forms; its times are UTC.

    ``H24``, ``DAILY 0800-1600``, ``MON-FRI 0800-1200 1300-1600``, ``MON WED 2200-0400``, ``SEP 09
    11-14 0600-0900``, ``EXC SUN``, and several of them with commas. Raises InvalidValue for others,
    and for sunrise and sunset, which depend on the place.

    >>> parse_schedule("MON-FRI 0800-1600")[0].spans
    ((480, 960),)
    """
    clean = re.sub(r"^D\) ?", "", normal_text(text))
    if not clean or len(clean) > 500:
        raise InvalidValue(field, "schedule", text[:200], "give a schedule like MON-FRI 0800-1600")
    parts = [part.strip() for part in re.split(r"[,;]| AND ", clean) if part.strip()]
    if len(parts) > 40:
        raise InvalidValue(field, "schedule", len(parts), "give up to 40 parts")
    return tuple(_daily(part, text, field) for part in parts)


def windows_us(
    schedule: tuple[Daily, ...],
    start_us: int,
    end_us: int,
    *,
    zone: str = "UTC",
    field: str = "schedule",
) -> list[tuple[int, int]]:
    """The windows within a validity, in order, those that touch joined into one.

    start_us, end_us: microseconds since 1970 UTC; windows are cut to them. Raises InvalidValue for
    more than 1,000 windows, for none at all, for a validity of over 20 years, and for over 8,000
    windows of single days before they are joined: each costs its work whatever comes of it.
    """
    if end_us < start_us:
        raise InvalidValue(field, "end-before-start", [start_us, end_us], "give an end after it")
    if end_us - start_us > 7305 * DAY_US:
        raise InvalidValue(
            field, "validity", (end_us - start_us) // DAY_US, "give a validity of up to 20 years"
        )
    if tried(schedule, start_us, end_us) > MAX_TRIED:
        raise InvalidValue(
            field,
            "window-count",
            f"over {MAX_TRIED}",
            f"give fewer times of the day, or a shorter validity: up to {MAX_TRIED:,} in all",
        )
    table = zone_named(zone, field=f"{field}.zone")
    midnight = datetime.fromtimestamp(start_us // 1_000_000, UTC).astimezone(table)
    day = midnight.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(2)
    found: list[tuple[int, int]] = []
    while True:
        day += timedelta(days=1)
        opens = min(_around_us(day, table))
        if opens > end_us + DAY_US or opens > MAX_US - 3 * DAY_US:
            break
        for daily in schedule:
            if not _holds(daily, day):
                continue
            for first, last in daily.spans:
                closes = last if last > first else last + 1440
                begin_us = min(_around_us(day + timedelta(minutes=first), table))
                until_us = max(_around_us(day + timedelta(minutes=closes), table))
                window = (max(begin_us, start_us), min(until_us, end_us))
                if window[0] <= window[1]:
                    found.append(window)
        if len(found) > 4 * MAX_WINDOWS:  # joined, H24 over years is a single window
            found = _joined(found)
            if len(found) > MAX_WINDOWS:
                break
    joined = _joined(found)
    if not joined:
        raise InvalidValue(
            field,
            "window-count",
            0,
            "none of its times falls between start and end; correct the days and times, or widen"
            " start and end",
        )
    if len(joined) > MAX_WINDOWS:
        raise InvalidValue(
            field,
            "window-count",
            f"over {MAX_WINDOWS}",
            f"give a shorter validity: a schedule gives up to {MAX_WINDOWS:,} windows",
        )
    return joined


def tried(schedule: tuple[Daily, ...], start_us: int, end_us: int) -> int:
    """How many windows of single days windows_us looks at, at most; nothing is computed for it."""
    days = max(0, end_us - start_us) // DAY_US + 2
    return days * sum(len(daily.spans) for daily in schedule)


def _holds(daily: Daily, day: datetime) -> bool:
    return (
        day.weekday() in daily.weekdays
        and (not daily.month_days or day.day in daily.month_days)
        and (daily.month is None or day.month == daily.month)
    )


def _around_us(local: datetime, table: object) -> tuple[int, ...]:
    """When the local time is; where clocks skip it, as the clock was before and is after."""
    from zoneinfo import ZoneInfo

    assert isinstance(table, ZoneInfo), "a zone of the tables"
    found = local_instants_us(local, table)
    if found:
        return found
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return tuple(
        (local.replace(tzinfo=table, fold=fold) - epoch) // timedelta(microseconds=1)
        for fold in (0, 1)
    )


def _joined(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, until in sorted(windows):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((begin, until))
    return joined


def _daily(part: str, text: str, field: str) -> Daily:
    said, _, excepted = part.partition(" EXC ")
    weekdays: set[int] = set()
    month_days: set[int] = set()
    spans: list[tuple[int, int]] = []
    month: int | None = None
    for word in said.split(" "):
        if word in ("SR-SS", "SS-SR", "SR", "SS", "HJ", "HN") or "SR" in word or "SS" in word:
            raise InvalidValue(
                field, "sun", text, "sunrise and sunset depend on the place; give the times"
            )
        if word == "H24":
            spans.append((0, 1440))
        elif word in ("DAILY", "DLY"):
            weekdays |= _EVERY_DAY
        elif word in _MONTHS and month is None:
            month = _MONTHS.index(word) + 1
        elif match := _TIMES.fullmatch(word):
            spans.append((_minute(match[1], text, field), _minute(match[2], text, field)))
        elif match := _DAYS.fullmatch(word):
            weekdays |= _weekdays(match)
        elif (match := _DATES.fullmatch(word)) and not spans:
            first, last = int(match[1]), int(match[2] or match[1])
            if not 1 <= first <= last <= 31:
                raise InvalidValue(field, "schedule", text, "days of a month are 1 to 31")
            month_days |= set(range(first, last + 1))
        else:
            raise InvalidValue(
                field, "schedule", text, f"{word[:20]} is not read; give MON-FRI 0800-1600, say"
            )
    without: set[int] = set()
    for word in excepted.split():
        match = _DAYS.fullmatch(word)
        if match is None:
            raise InvalidValue(field, "schedule", text, "after EXC give days of the week")
        without |= _weekdays(match)
    days = frozenset(weekdays or _EVERY_DAY) - without
    if not spans or not days:
        raise InvalidValue(field, "schedule", text, "give times of the day, like 0800-1600 or H24")
    return Daily(tuple(dict.fromkeys(spans)), frozenset(days), frozenset(month_days), month)


def _weekdays(match: re.Match[str]) -> set[int]:
    first = _WEEKDAYS.index(match[1])
    last = _WEEKDAYS.index(match[2]) if match[2] else first
    return {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}


def _minute(text: str, whole: str, field: str) -> int:
    hour, minute = int(text[:2]), int(text[2:])
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise InvalidValue(field, "time", whole, f"{text} is no time of the day")
    return hour * 60 + minute
