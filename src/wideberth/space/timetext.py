"""Times as parties write them: RFC 3339, military date-time groups, NOTAM groups, local times.

All become microseconds since 1970 UTC. A local time needs the name of its zone; one that clocks
show twice, or not at all, is asked about and never guessed (F-06). Times are Zulu by default only
where their format says so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.angles import normal_text
from wideberth.space.positions import Choice, Question
from wideberth.space.time import (
    MAX_US,
    MIN_US,
    MINUTE_US,
    SECOND_US,
    format_rfc3339,
    parse_rfc3339,
)

__all__ = [
    "Instant",
    "NotamPeriod",
    "TimeFormat",
    "format_time",
    "local_instants_us",
    "parse_notam_period",
    "parse_time",
    "require_time",
    "zone_named",
]

MAX_CHARACTERS = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# Military letters by whole hours east of Greenwich; J is the observer's own, whatever that is.
_LETTERS = {
    **{letter: hours for hours, letter in enumerate("ABCDEFGHI", start=1)},
    **{letter: hours for hours, letter in enumerate("KLM", start=10)},
    **{letter: -hours for hours, letter in enumerate("NOPQRSTUVWXY", start=1)},
    "Z": 0,
}
_LETTER_OF = {hours: letter for letter, hours in _LETTERS.items()}

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d{1,9}))?)?"
    r" ?(Z|UTC|GMT|ZULU|[+-]\d\d:?\d\d|[+-]\d\d)? ?(?:\[?([A-Z_]{3,}(?:/[A-Z0-9_+-]+){0,2})\]?)?"
)
_DTG = re.compile(r"(\d\d) ?(\d\d):?(\d\d)(?::?(\d\d))? ?([A-Z]\*?) ?(?:([A-Z]{3}) ?(\d{4}|\d\d))?")
_NOTAM = re.compile(r"(?:[BC]\) ?)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?: ?(EST))?")
_UTC_NAMES = frozenset(("Z", "UTC", "GMT", "ZULU"))


class TimeFormat(StrEnum):
    """How a time is written."""

    RFC3339 = "rfc3339"  # 2026-09-09T16:30:00Z
    DTG = "dtg"  # 091630Z SEP 26
    NOTAM = "notam"  # 2609091630
    LOCAL = "local"  # 2026-09-09 18:30 Europe/Paris


class Instant(msgspec.Struct, frozen=True):
    """A time as it was written, and when it is.

    original: the text untouched. time_us: microseconds since 1970 UTC. within_us: one unit of the
    last digit that was written. is_estimate: the writer said EST (a NOTAM's end).
    """

    original: str
    format: TimeFormat
    time_us: int
    within_us: int
    zone: str
    is_estimate: bool = False


class NotamPeriod(msgspec.Struct, frozen=True):
    """Items B) and C). end: None for PERM, which never ends by time."""

    start: Instant
    end: Instant | None


def parse_time(
    text: str,
    *,
    field: str = "time",
    zone: str | None = None,
    reference_us: int | None = None,
) -> Instant | Question:
    """The time that a text names, or what its writer has to be asked.

    zone: the IANA zone that the caller and the writer agreed, for a local time that names none.
    reference_us: for a group without month and year, the time around which it is offered. Raises
    InvalidValue for a text that is no time, a leap second, and the military letter J.

    >>> parse_time("091630C* SEP 26").time_us == parse_rfc3339("2026-09-09T16:30:00+03:30")
    True
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - wire input
        raise InvalidValue(field, "text", text, "give the time as text")
    if len(text) > MAX_CHARACTERS:
        raise InvalidValue(
            field, "length", f"{len(text)} characters", f"give up to {MAX_CHARACTERS} characters"
        )
    clean = normal_text(text)
    if match := _ISO.fullmatch(clean):
        return _iso(match, text, field, zone)
    if match := _NOTAM.fullmatch(clean):
        return _notam(match, text, field)
    if match := _DTG.fullmatch(clean):
        return _dtg(match, text, field, reference_us)
    raise InvalidValue(
        field,
        "time",
        text,
        "this is no time that can be read; give 2026-09-09T16:30:00Z, 091630Z SEP 26, 2609091630"
        " or 2026-09-09 18:30 Europe/Paris",
    )


def require_time(
    text: str, *, field: str = "time", zone: str | None = None, reference_us: int | None = None
) -> Instant:
    """The same where nobody can be asked on the spot. Raises Unclear with the choices."""
    found = parse_time(text, field=field, zone=zone, reference_us=reference_us)
    if isinstance(found, Question):
        raise found.error()
    return found


def parse_notam_period(start: str, end: str, *, field: str = "period") -> NotamPeriod | Question:
    """Items B) and C) of a NOTAM: ten figures in UTC; the end may be EST, or PERM.

    UFN, WIE and an end before the start are asked about or refused.
    """
    if normal_text(start) in ("WIE", "WEF"):
        return Question(
            field,
            "immediate",
            start,
            "say when it takes effect; WIE is the time of a NOTAM's issue",
        )
    begin = parse_time(start, field=f"{field}.start")
    if isinstance(begin, Question):
        return begin
    if re.sub(r"^C\) ?", "", normal_text(end)) == "PERM":
        return NotamPeriod(begin, None)
    if normal_text(end) in ("UFN", "UNTIL FURTHER NOTICE"):
        return Question(field, "open-ended", end, "say when it ends, at the latest (N-17)")
    finish = parse_time(end, field=f"{field}.end")
    if isinstance(finish, Question):
        return finish
    if finish.time_us < begin.time_us:
        raise InvalidValue(
            f"{field}.start, {field}.end",
            "end-before-start",
            [start, end],
            "the period ends before it starts",
        )
    return NotamPeriod(begin, finish)


def format_time(time_us: int, form: TimeFormat, *, zone: str = "UTC") -> str:
    """A time in a format; digits below what the format holds are cut.

    zone: for LOCAL the IANA zone, and the offset is written too; for DTG a whole-hour or half-hour
    zone gives its letter. Raises InvalidValue where a format cannot hold the time.

    >>> format_time(1_788_971_400_000_000, TimeFormat.DTG)
    '091630Z SEP 26'
    """
    instant = _EPOCH + timedelta(microseconds=time_us)
    match form:
        case TimeFormat.RFC3339:
            return format_rfc3339(time_us)
        case TimeFormat.NOTAM:
            if not 2000 <= instant.year <= 2099:
                raise InvalidValue("time", "notam-year", instant.year, "NOTAM years are 2000-2099")
            return instant.strftime("%y%m%d%H%M")
        case TimeFormat.LOCAL:
            local = instant.astimezone(zone_named(zone))
            return f"{local.isoformat(sep=' ')} {zone}"
        case TimeFormat.DTG:
            local = instant if zone == "UTC" else instant.astimezone(zone_named(zone))
            hours, rest = divmod((local.utcoffset() or timedelta()) // timedelta(minutes=1), 60)
            if rest not in (0, 30) or hours not in _LETTER_OF or (rest and hours < 0):
                raise InvalidValue(
                    "zone", "dtg-zone", zone, "no military letter has this offset; take UTC"
                )
            letter = _LETTER_OF[hours] + ("*" if rest else "")
            if not 1970 <= local.year <= 2069:
                return f"{local:%d%H%M}{letter} {_MONTHS[local.month - 1]} {local.year}"
            return f"{local:%d%H%M}{letter} {_MONTHS[local.month - 1]} {_short_year(local.year)}"


def zone_named(name: str, *, field: str = "zone") -> ZoneInfo:
    """The zone of an IANA name, from the tables of the tzdata package or the system.

    Raises InvalidValue for abbreviations (EST is three zones, and "estimated"), for the tables
    below ``right`` and ``posix``, and for unknown names.
    """
    # right/ counts leap seconds, so its clocks are half a minute off; posix/ repeats the others
    is_table = name.partition("/")[0].lower() in ("right", "posix")
    if is_table or ("/" not in name and name != "UTC"):
        raise InvalidValue(
            field, "zone", name[:60], "give the IANA name of the zone, like Asia/Kathmandu"
        )
    found = _zone(name)
    if found is None:
        raise InvalidValue(field, "zone", name[:60], "there is no such zone in the IANA tables")
    return found


def local_instants_us(local: datetime, zone: ZoneInfo) -> tuple[int, ...]:
    """When clocks of a zone show a local time: once, twice (earlier first), or never.

    local: without a zone. Source: PEP 495; a time that does not come back was never shown.
    """
    found = {
        _us(aware)
        for aware in (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
    }
    return tuple(sorted(found))


@lru_cache(maxsize=128)
def _zone(name: str) -> ZoneInfo | None:
    if not re.fullmatch(r"UTC|[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}", name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a key, or a folder of the tables
        return None


def _iso(match: re.Match[str], text: str, field: str, zone: str | None) -> Instant | Question:
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    second = int(match[6] or 0)
    fraction_us = int((match[7] or "0").ljust(6, "0")[:6])
    local = _datetime((year, month, day, hour, minute, second), text, field)
    unit_us = 10 ** max(0, 6 - len(match[7])) if match[7] else SECOND_US
    within_us = unit_us if match[6] else MINUTE_US
    offset, named = match[8], match[9]
    if named in _UTC_NAMES and offset is None:
        offset, named = "Z", None
    if offset is not None:
        if named is not None:
            raise InvalidValue(
                field, "two-zones", text, "an offset and a zone were given; give one of them"
            )
        spelled = "Z" if offset in _UTC_NAMES else offset
        if spelled != "Z" and ":" not in spelled:
            spelled = f"{spelled[:3]}:{spelled[3:] or '00'}"
        whole = f"{local.isoformat()}.{fraction_us:06d}{spelled}"
        time_us = parse_rfc3339(whole, field=field)
        return Instant(text, TimeFormat.RFC3339, time_us, within_us, spelled)
    if named is not None:  # as it was written, since names are spelled with both cases
        zone = re.split(r"[ \[]", text.strip().rstrip("]"))[-1]
    if zone is None:
        return Question(
            field,
            "zone-missing",
            text,
            "a time without its offset could be any of some forty times; add Z, an offset like"
            " +05:45, or the name of its zone",
            (Choice(f"{local.isoformat()}Z", "this is UTC"),),
        )
    return _local(local, fraction_us, within_us, zone, text, field)


def _local(
    local: datetime, fraction_us: int, within_us: int, zone: str, text: str, field: str
) -> Instant | Question:
    table = zone_named(zone, field=field)
    try:
        found = local_instants_us(local, table)
    except OverflowError as error:  # in UTC it lies outside of the years 1 to 9999
        raise InvalidValue(
            field, "time-range", text[:60], "give a time from 1900 to 9999"
        ) from error
    if len(found) == 1:
        return _ranged(
            Instant(text, TimeFormat.LOCAL, found[0] + fraction_us, within_us, table.key), field
        )
    if found:
        readings = [local.replace(tzinfo=table, fold=fold) for fold in (0, 1)]
        rule, advice = "ambiguous-local-time", "clocks there show this time twice; say which"
        meanings = ("the first time", "the second time")
    else:
        readings = [
            local.replace(tzinfo=table, fold=fold).astimezone(UTC).astimezone(table)
            for fold in (0, 1)
        ]
        rule, advice = "no-such-local-time", "clocks there skip this time; say what is meant"
        meanings = ("as the clock was before", "as the clock is after")
    return Question(
        field,
        rule,
        text,
        advice,
        tuple(
            Choice(reading.isoformat(), meaning)
            for reading, meaning in zip(readings, meanings, strict=True)
        ),
    )


def _notam(match: re.Match[str], text: str, field: str) -> Instant | Question:
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    if (hour, minute) == (24, 0):
        following = _datetime((2000 + year, month, day, 0, 0, 0), text, field) + timedelta(days=1)
        return Question(
            field,
            "hour-24",
            text,
            "a day's end is 2359, or 0000 of the next day",
            (Choice(following.strftime("%y%m%d%H%M"), "the end of that day"),),
        )
    instant = _datetime((2000 + year, month, day, hour, minute, 0), text, field)
    return Instant(
        text, TimeFormat.NOTAM, _us(instant.replace(tzinfo=UTC)), MINUTE_US, "Z", bool(match[6])
    )


def _dtg(
    match: re.Match[str], text: str, field: str, reference_us: int | None
) -> Instant | Question:
    day, hour, minute = (int(part) for part in match.groups()[:3])
    second, letter, month, year = int(match[4] or 0), match[5], match[6], match[7]
    if letter[0] not in _LETTERS:
        raise InvalidValue(
            field,
            "dtg-letter",
            text,
            "J is the observer's own time, which nobody else can know; give Z, or the letter of"
            " the zone",
        )
    offset = timedelta(hours=_LETTERS[letter[0]], minutes=30 if letter.endswith("*") else 0)
    if month is None:
        return _ask_for_month(match, text, field, reference_us)
    if month not in _MONTHS:
        raise InvalidValue(field, "month", text, f"give one of {', '.join(_MONTHS)}")
    if len(year) == 2 and int(year) >= 70:
        return Question(
            field,
            "century",
            text,
            "a year of two figures from 70 on may be of either century; write it out",
            tuple(
                Choice(f"{_group(match)} {month} {century}{year}", f"the year {century}{year}")
                for century in (19, 20)
            ),
        )
    whole = int(year) if len(year) == 4 else 2000 + int(year)
    local = _datetime((whole, _MONTHS.index(month) + 1, day, hour, minute, second), text, field)
    time_us = _us(local.replace(tzinfo=timezone(offset)))
    within_us = SECOND_US if match[4] else MINUTE_US
    return _ranged(Instant(text, TimeFormat.DTG, time_us, within_us, letter), field)


def _ask_for_month(
    match: re.Match[str], text: str, field: str, reference_us: int | None
) -> Question:
    choices: list[Choice] = []
    if reference_us is not None:
        now = _EPOCH + timedelta(microseconds=reference_us)
        for ahead, meaning in ((-1, "last month"), (0, "this month"), (1, "next month")):
            years, index = divmod(now.year * 12 + now.month - 1 + ahead, 12)
            group = f"{_group(match)} {_MONTHS[index]} {_short_year(years)}"
            try:
                is_good = isinstance(parse_time(group, field=field), Instant)
            except InvalidValue:  # no such day in that month
                continue
            if is_good:
                choices.append(Choice(group, meaning))
    return Question(
        field,
        "month-missing",
        text,
        "add month and year, like 091630Z SEP 26",
        tuple(choices),
    )


def _group(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{match[3]}{match[4] or ''}{match[5]}"


def _short_year(year: int) -> str:
    return f"{year % 100:02d}" if 2000 <= year <= 2069 else str(year)


def _datetime(parts: tuple[int, int, int, int, int, int], text: str, field: str) -> datetime:
    year, month, day, hour, minute, second = parts
    if second == 60:
        raise InvalidValue(
            field,
            "leap-second",
            text,
            "leap seconds have no place of their own in POSIX time; give second 59, or the next"
            " minute's second 0",
        )
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - its zone follows
    except ValueError as error:
        raise InvalidValue(field, "time", text, f"no such time: {error}") from None


def _ranged(instant: Instant, field: str) -> Instant:
    if not MIN_US <= instant.time_us <= MAX_US:
        raise InvalidValue(field, "time-range", instant.original, "give a time from 1900 to 9999")
    return instant


def _us(aware: datetime) -> int:
    return (aware - _EPOCH) // timedelta(microseconds=1)
