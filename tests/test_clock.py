"""The clock of an exercise: never backward, and only where nothing is real."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.clock import ExerciseClock
from wideberth.configuration import exercise_clock, load_configuration
from wideberth.errors import InvalidValue
from wideberth.node import Node
from wideberth.service import now_us
from wideberth.space.time import DAY_US, HOUR_US, SECOND_US, format_rfc3339, parse_rfc3339

DAY = "2020-09-09T00:00:00Z"
SETTINGS = """
[space]
exercise = true
[clock]
start = "2020-09-09T00:00:00Z"
at = "2026-11-21T00:00:00Z"
rate = 100.0
until = "2020-09-09T02:00:00Z"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "wideberth.toml"
    path.write_text(text)
    return path


def test_it_shows_the_day_played_and_goes_on_at_the_real_pace_after_it(tmp_path: Path) -> None:
    path = written(tmp_path, SETTINGS)
    clock = exercise_clock(load_configuration(path), path)
    assert clock is not None
    at_us = parse_rfc3339("2026-11-21T00:00:00Z")
    start_us = parse_rfc3339(DAY)
    assert clock.at(at_us) == start_us
    assert clock.at(at_us + 36 * SECOND_US) == start_us + HOUR_US
    assert clock.at(at_us + 72 * SECOND_US) == start_us + 2 * HOUR_US
    assert clock.at(at_us + 73 * SECOND_US) == start_us + 2 * HOUR_US + SECOND_US
    assert clock.rate_at(at_us) == 100.0
    assert clock.rate_at(at_us + 80 * SECOND_US) == 1.0
    assert clock.real_us(start_us + HOUR_US) == at_us + 36 * SECOND_US


@given(
    st.integers(0, DAY_US),
    st.integers(0, DAY_US),
    st.floats(0.01, 1000),
    st.integers(0, DAY_US),
)
def test_it_never_runs_backward(first: int, second: int, rate: float, length: int) -> None:
    clock = ExerciseClock(0, 0, rate, length)
    early, late = sorted((first, second))
    assert clock.at(early) <= clock.at(late)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(SETTINGS.replace("true", "false"), "clock", id="not an exercise"),
        pytest.param(SETTINGS.replace("100.0", "0"), "clock.rate", id="no rate"),
        pytest.param(SETTINGS.replace("02:00:00Z", "02:00:00"), "clock.until", id="no offset"),
        pytest.param(SETTINGS.replace("09T02", "08T02"), "clock.start", id="ends before it begins"),
        pytest.param(SETTINGS + "\nspeed = 3\n", "clock", id="a member that is not known"),
    ],
)
def test_a_wrong_clock_is_named(tmp_path: Path, text: str, names: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InvalidValue) as caught:
        exercise_clock(load_configuration(path), path)
    assert names in caught.value.field


async def test_a_node_of_an_exercise_decides_by_its_clock(tmp_path: Path) -> None:
    at = format_rfc3339(now_us() - 36 * SECOND_US)
    written(tmp_path, SETTINGS.replace("2026-11-21T00:00:00Z", at))
    async with Node.open(tmp_path) as node:
        opened_us = node.service.picture.time_us
    start_us = parse_rfc3339(DAY)
    assert start_us + HOUR_US <= opened_us < start_us + DAY_US
