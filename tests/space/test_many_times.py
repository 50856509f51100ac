"""Many times at once are read as each by itself."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.space import times
from wideberth.space.time import MAX_US, MIN_US, format_rfc3339, parse_rfc3339
from wideberth.space.times import plain_times_us


def read_alone(text: str) -> int | None:
    try:
        return parse_rfc3339(text)
    except InvalidValue:
        return None


def fields(low: int, high: int, width: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda value: str(value).zfill(width))


# Days at which calendars go wrong, and parts that are out of their range by one.
dates = st.builds(
    lambda year, month, day: f"{year}-{month}-{day}",
    st.sampled_from(["1899", "1900", "1970", "1999", "2000", "2024", "2026", "2100", "9999"]),
    fields(0, 13, 2),
    fields(0, 32, 2),
)
clocks = st.builds(
    lambda hour, minute, second: f"{hour}:{minute}:{second}",
    fields(0, 24, 2), fields(0, 60, 2), fields(0, 60, 2),
)  # fmt: skip
fractions = st.just("") | st.text("0123456789", min_size=1, max_size=10).map(
    lambda each: f".{each}"
)
made = st.builds(
    lambda date, middle, clock, fraction, end: f"{date}{middle}{clock}{fraction}{end}",
    dates, st.sampled_from("TTTt "), clocks, fractions, st.sampled_from(["Z", "Z", "z", "+02:00"]),
)  # fmt: skip
told = st.integers(MIN_US, MAX_US).map(format_rfc3339)
spoilt = st.builds(
    lambda text, at, sign: text[: at % len(text)] + sign + text[at % len(text) + 1 :],
    told, st.integers(0, 40), st.sampled_from("/:-.9٣é\x00 "),
)  # fmt: skip
many = st.lists(told | made | spoilt | st.text(max_size=31), max_size=40)


def differs(texts: list[str]) -> bool:
    times_us, known = plain_times_us(texts)
    for text, time_us, is_known in zip(texts, times_us.tolist(), known.tolist(), strict=True):
        alone = read_alone(text)
        is_plain = alone is not None and "T" in text and text.endswith("Z")
        if (is_known and time_us != alone) or (is_plain and not is_known):
            return True
    return False


@settings(deadline=None, max_examples=300)
@given(many)
def test_many_times_are_read_as_each_by_itself(texts: list[str]) -> None:
    assert not differs(texts)


def test_every_first_and_last_of_a_month_is_read() -> None:
    days = [
        f"{year}-{month:02}-{day:02}T12:00:00.25Z"
        for year in (1900, 1904, 1999, 2000, 2023, 2024, 2100, 9999)
        for month in range(1, 13)
        for day in (1, 28, 29, 30, 31)
    ]
    assert not differs(days)
    assert plain_times_us(days)[1].sum() == sum(read_alone(day) is not None for day in days)


def test_a_calendar_without_the_rule_of_centuries_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = times._days
    monkeypatch.setattr(
        times, "_days", lambda year, month, day: real(year, month, day) + year // 100
    )
    find(many, differs, settings=settings(phases=[Phase.generate], max_examples=500, deadline=None))
