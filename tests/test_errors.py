from __future__ import annotations

import json

import pytest

from wideberth.errors import InvalidValue
from wideberth.space.altitude import altitude
from wideberth.space.volume import circle, polygon


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(10**400, id="an integer of 401 digits"),
        pytest.param(-(10**400), id="and a negative one"),
        pytest.param(10**5000, id="too many digits to print"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(float("inf"), id="infinity"),
        pytest.param(True, id="a truth value"),
        pytest.param(None, id="nothing"),
        pytest.param("8", id="text"),
        pytest.param([8], id="a list"),
    ],
)
def test_a_number_that_is_none_is_refused_wherever_it_stands(value: object) -> None:
    for build in (
        lambda: altitude(value, "M", "W84"),
        lambda: circle(value, 8, 100),
        lambda: circle(47, value, 100),
        lambda: circle(47, 8, value),
        lambda: polygon([(47, 8), (value, 8), (47, 9)]),
    ):
        with pytest.raises(InvalidValue) as refused:
            build()
        assert len(str(refused.value)) < 600


def test_a_value_too_large_to_show_still_gives_a_line_of_text() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, 10**5000, "x" * 10**6, json):
        text = str(InvalidValue("field", "rule", value, "advice"))
        assert text.startswith("field: advice (rule rule, got ")
        assert len(text) < 300


def test_an_error_names_its_fields_below_a_prefix() -> None:
    inner = InvalidValue("start, end", "end-before-start", [1, 2], "give an end after the start")
    assert inner.within("volumes.3").field == "volumes.3.start, volumes.3.end"
