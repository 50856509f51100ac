"""Times as they are written (F-06), and schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue, Unclear
from wideberth.space.positions import Question
from wideberth.space.schedules import Daily, parse_schedule, windows_us
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, parse_rfc3339
from wideberth.space.timetext import (
    Instant,
    NotamPeriod,
    TimeFormat,
    format_time,
    parse_notam_period,
    parse_time,
    require_time,
    zone_named,
)

SEPTEMBER = parse_rfc3339("2026-09-09T16:30:00Z")


@pytest.mark.requirement("F-06")
@pytest.mark.parametrize(
    ("text", "form", "utc"),
    [
        ("2026-09-09T16:30:00Z", "rfc3339", "2026-09-09T16:30:00Z"),
        ("2026-09-09 16:30 UTC", "rfc3339", "2026-09-09T16:30:00Z"),
        ("2026-09-09T22:15:00.5+05:45", "rfc3339", "2026-09-09T16:30:00.5Z"),
        ("2026-09-09T20:00+0330", "rfc3339", "2026-09-09T16:30:00Z"),
        ("2026-09-09T13:30-03", "rfc3339", "2026-09-09T16:30:00Z"),
        ("091630Z SEP 26", "dtg", "2026-09-09T16:30:00Z"),
        ("091630zsep2026", "dtg", "2026-09-09T16:30:00Z"),
        ("09163045Z SEP 26", "dtg", "2026-09-09T16:30:45Z"),
        ("092030D SEP 26", "dtg", "2026-09-09T16:30:00Z"),
        ("092000C* SEP 26", "dtg", "2026-09-09T16:30:00Z"),
        ("090430Y SEP 26", "dtg", "2026-09-09T16:30:00Z"),
        ("100430M SEP 26", "dtg", "2026-09-09T16:30:00Z"),
        ("091130R SEP 26", "dtg", "2026-09-09T16:30:00Z"),
        ("2609091630", "notam", "2026-09-09T16:30:00Z"),
        ("B) 2609091630", "notam", "2026-09-09T16:30:00Z"),
        ("2609091630 EST", "notam", "2026-09-09T16:30:00Z"),
        ("2026-09-09 18:30 Europe/Paris", "local", "2026-09-09T16:30:00Z"),
        ("2026-09-09T22:15[Asia/Kathmandu]", "local", "2026-09-09T16:30:00Z"),
        ("2026-09-09 20:00 Asia/Tehran", "local", "2026-09-09T16:30:00Z"),
        ("٢٦٠٩٠٩١٦٣٠", "notam", "2026-09-09T16:30:00Z"),
    ],
)
def test_spellings_of_a_time(text: str, form: str, utc: str) -> None:
    found = parse_time(text)
    assert isinstance(found, Instant), found
    assert (found.format, found.time_us) == (form, parse_rfc3339(utc))
    assert found.original == text
    assert found.is_estimate == text.endswith("EST")


@pytest.mark.requirement("F-06")
@pytest.mark.parametrize(
    ("text", "rule", "choices"),
    [
        pytest.param("2026-09-09 18:30", "zone-missing", ["2026-09-09T18:30:00Z"], id="no zone"),
        pytest.param(
            "2026-10-25 02:30 Europe/Berlin", "ambiguous-local-time",
            ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"], id="shown twice",
        ),
        pytest.param(
            "2026-03-29 02:30 Europe/Berlin", "no-such-local-time",
            ["2026-03-29T03:30:00+02:00", "2026-03-29T01:30:00+01:00"], id="skipped",
        ),
        pytest.param(
            "2026-04-05 01:45 Australia/Lord_Howe", "ambiguous-local-time",
            ["2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"], id="by half an hour",
        ),
        pytest.param("091630Z", "month-missing", [], id="a group without its month"),
        pytest.param(
            "091630Z SEP 85", "century", ["091630Z SEP 1985", "091630Z SEP 2085"], id="century"
        ),
        pytest.param("2609092400", "hour-24", ["2609100000"], id="hour 24"),
    ],
)  # fmt: skip
def test_what_a_time_leaves_open_is_asked(text: str, rule: str, choices: list[str]) -> None:
    found = parse_time(text)
    assert isinstance(found, Question), found
    assert (found.rule, [choice.text for choice in found.choices]) == (rule, choices)
    for choice in found.choices:
        assert isinstance(parse_time(choice.text), Instant)
    with pytest.raises(Unclear):
        require_time(text)


def test_a_group_without_its_month_is_offered_around_now() -> None:
    found = parse_time("311630Z", reference_us=SEPTEMBER)
    assert isinstance(found, Question)  # September has no 31st
    assert [c.text for c in found.choices] == ["311630Z AUG 26", "311630Z OCT 26"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("091630J SEP 26", "dtg-letter", id="J is anybody's own time"),
        pytest.param("2016-12-31T23:59:60Z", "leap-second", id="a leap second"),
        pytest.param("311630Z SEP 26", "time", id="no such day"),
        pytest.param("092460Z SEP 26", "time", id="no such hour"),
        pytest.param("091630Z SEPT 26", "time", id="no such month"),
        pytest.param("091630Z XYZ 26", "month", id="no month at all"),
        pytest.param("2026-09-09 18:30 CEST", "zone", id="an abbreviation"),
        pytest.param("2026-09-09 18:30 Europe/Paradise", "zone", id="an unknown zone"),
        pytest.param("2026-09-09 18:30+02:00 Europe/Paris", "two-zones", id="two zones"),
        pytest.param("tomorrow", "time", id="words"),
        pytest.param("2613091630", "time", id="month 13"),
        pytest.param("1" * 200, "length", id="long"),
    ],
)
def test_what_is_no_time_is_refused(text: str, rule: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_time(text)
    assert refused.value.rule == rule


def test_notam_periods() -> None:
    period = parse_notam_period("2609091630", "2609101630 EST")
    assert isinstance(period, NotamPeriod)
    assert period.end is not None
    assert period.end.is_estimate
    assert period.end.time_us - period.start.time_us == DAY_US
    assert parse_notam_period("2609091630", "PERM") == NotamPeriod(period.start, None)
    for start, end, rule in (
        ("WIE", "2609091630", "immediate"),
        ("2609091630", "UFN", "open-ended"),
        ("2609091630", "2609102400", "hour-24"),
    ):
        asked = parse_notam_period(start, end)
        assert isinstance(asked, Question)
        assert asked.rule == rule
    with pytest.raises(InvalidValue, match="end-before-start"):
        parse_notam_period("2609091630", "2609091629")


@given(
    st.integers(parse_rfc3339("2000-01-01T00:00:00Z"), parse_rfc3339("2069-12-30T00:00:00Z")),
    st.sampled_from(list(TimeFormat)),
    st.sampled_from(["UTC", "Asia/Kathmandu", "Asia/Tehran", "Europe/Paris", "America/St_Johns"]),
)
@settings(deadline=None)
def test_a_time_comes_back_from_every_format(time_us: int, form: TimeFormat, zone: str) -> None:
    try:
        text = format_time(time_us, form, zone=zone)
    except InvalidValue:
        assert (form, zone) not in {(TimeFormat.DTG, "UTC"), (TimeFormat.DTG, "Asia/Tehran")}
        assert form is TimeFormat.DTG
        return
    if form is TimeFormat.LOCAL:
        text = text.rsplit(" ", 1)[0]  # the offset is written as well as the name
    found = parse_time(text)
    assert isinstance(found, Instant), text
    assert 0 <= time_us - found.time_us < found.within_us


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("H24", [(0, 72)]),
        ("DAILY 0800-1600", [(8, 16), (32, 40), (56, 64)]),
        ("0800-1600", [(8, 16), (32, 40), (56, 64)]),
        ("WED FRI 0600-0900 1200-1500", [(6, 9), (12, 15), (54, 57), (60, 63)]),
        ("THU-SAT 2200-0400", [(46, 52), (70, 72)]),
        ("SUN-MON 0000-2400", None),
        ("SAT-MON 0000-2400", [(72, 72)]),
        ("TUE 2200-0400", [(0, 4)]),
        ("DAILY 0800-1600 EXC THU", [(8, 16), (56, 64)]),
        ("SEP 09-10 0800-1600", [(8, 16), (32, 40)]),
        ("09 0800-1000, 11 1500-1600", [(8, 10), (63, 64)]),
        ("D) 0800-1200 1200-1600", [(8, 16), (32, 40), (56, 64)]),
    ],
)
def test_schedules_of_notams(text: str, expected: list[tuple[int, int]] | None) -> None:
    start = parse_rfc3339("2026-09-09T00:00:00Z")  # a Wednesday
    if expected is None:
        with pytest.raises(InvalidValue, match="window-count"):
            windows_us(parse_schedule(text), start, start + 3 * DAY_US)
        return
    found = windows_us(parse_schedule(text), start, start + 3 * DAY_US)
    assert [((a - start) / HOUR_US, (b - start) / HOUR_US) for a, b in found] == expected


@pytest.mark.parametrize(
    "text", ["SR-SS", "MON", "0800", "0860-0900", "SOMETIMES", "", "MON 0800-1600 EXC 12", "H25"]
)
def test_other_schedules_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_schedule(text)


def test_years_of_h24_are_one_window_and_many_windows_are_refused() -> None:
    start = parse_rfc3339("2026-01-01T00:00:00Z")
    assert windows_us(parse_schedule("H24"), start, start + 7000 * DAY_US) == [
        (start, start + 7000 * DAY_US)
    ]
    with pytest.raises(InvalidValue, match="window-count"):
        windows_us(parse_schedule("DAILY 0800-0900"), start, start + 1001 * DAY_US)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York"]),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 365),
)
def test_a_window_covers_each_minute_that_a_clock_there_shows(
    zone: str, first: int, last: int, weekdays: frozenset[int], day: int
) -> None:
    """Brute force: every quarter of an hour of ten days, by the wall clock; DST days among them."""
    daily = Daily(((first, last),), weekdays)
    start = parse_rfc3339("2026-01-01T00:00:00Z") + day * DAY_US
    end = start + 10 * DAY_US
    try:
        found = windows_us((daily,), start, end, zone=zone)
    except InvalidValue:
        found = []
    table = ZoneInfo(zone)
    for time_us in range(start, end, 15 * MINUTE_US):
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)).astimezone(
            table
        )
        minute = local.hour * 60 + local.minute
        is_today = local.weekday() in weekdays and (
            first <= minute <= last if last > first else minute >= first
        )
        is_from_yesterday = (
            last <= first and (local.weekday() - 1) % 7 in weekdays and minute <= last
        )
        if is_today or is_from_yesterday:
            assert any(a <= time_us <= b for a, b in found), local
    hours = sum(b - a for a, b in found) / HOUR_US
    daily_hours = ((last - first) % 1440 or 1440 * (first != last or first == last)) / 60
    assert hours <= (daily_hours + 1) * 11 + 2  # the excess: a change of clocks, and no more


@pytest.mark.parametrize(
    "text", ["9999-12-31 23:59 America/New_York", "0001-01-01 00:00 Asia/Tokyo"]
)
def test_a_local_time_beyond_the_calendar_is_out_of_range(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        require_time(text, field="start")
    assert (caught.value.field, caught.value.rule) == ("start", "time-range")


def test_a_schedule_is_refused_before_it_takes_long() -> None:
    """Thirty spans of each day for 20 years join into few windows, at a cost of many seconds."""
    spans = " ".join(f"00{minute:02d}-2359" for minute in range(30))
    with pytest.raises(InvalidValue) as caught:
        windows_us(parse_schedule(spans), SEPTEMBER, SEPTEMBER + 7300 * DAY_US)
    assert caught.value.rule == "window-count"


def test_a_span_said_again_counts_once_and_every_day_for_20_years_is_read() -> None:
    schedule = parse_schedule("H24 " * 100)
    assert schedule[0].spans == ((0, 1440),)
    end_us = SEPTEMBER + 7305 * DAY_US
    assert windows_us(schedule, SEPTEMBER, end_us) == [(SEPTEMBER, end_us)]


@pytest.mark.parametrize(
    "name", ["right/UTC", "posix/UTC", "right/Europe/Berlin", "posix/Asia/Tokyo", "Right/UTC"]
)
def test_the_tables_with_leap_seconds_are_no_zones(name: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        zone_named(name)
    assert caught.value.rule == "zone"
    with pytest.raises(InvalidValue):
        windows_us(parse_schedule("H24"), SEPTEMBER, SEPTEMBER + DAY_US, zone=name)


def test_a_schedule_without_a_window_says_so_and_one_with_too_many_too() -> None:
    start = parse_rfc3339("2026-09-09T00:00:00Z")  # a Wednesday
    with pytest.raises(InvalidValue, match="none of its times falls between start and end"):
        windows_us(parse_schedule("SUN-MON 0000-2400"), start, start + 3 * DAY_US)
    with pytest.raises(InvalidValue, match="up to 1,000 windows"):
        windows_us(parse_schedule("0800-1600"), start, start + 1500 * DAY_US)
