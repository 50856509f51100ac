"""The difference of an amendment as lines for people."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.delivery.different import MOST_LINES, difference_lines
from wideberth.model.intents import FieldChange

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ('"A"', '"B"', "x: A -> B"),
        ("null", "3", "x: nothing -> 3"),
        ('[{"upper":{"value_mm":120000}}]', '[{"upper":{"value_mm":170500}}]',
         "x.1.upper.value_mm: 120 m -> 170.5 m"),
        ('{"start_us":0}', '{"start_us":60000000}',
         "x.start_us: 1970-01-01T00:00:00Z -> 1970-01-01T00:01:00Z"),
        ('{"latitude_nd":47000000000}', '{"latitude_nd":47000500000}',
         "x.latitude_nd: 47.000000 deg -> 47.000500 deg"),
        ("5 min", "10 min", "x: 5 min -> 10 min"),
        ("[1]", "[1,2]", "x.2: nothing -> 2"),
    ],
)  # fmt: skip
def test_each_part_that_is_another_has_a_line(before: str, after: str, line: str) -> None:
    assert difference_lines([FieldChange("x", before, after)], "nothing") == [line]


@given(VALUES, VALUES)
def test_there_is_a_line_where_and_only_where_there_is_a_difference(
    before: object, after: object
) -> None:
    lines = difference_lines([FieldChange("x", json.dumps(before), json.dumps(after))], "nothing")
    assert bool(lines) == (before != after)
    assert len(lines) <= MOST_LINES + 1


def test_a_long_difference_says_how_much_of_it_is_left_out() -> None:
    change = FieldChange("x", json.dumps([0] * 100), json.dumps([1] * 100))
    lines = difference_lines([change], "nothing")
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "... +60"
