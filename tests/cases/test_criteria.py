"""What counts as shown: matching, and criteria that fail where there is nothing."""

from __future__ import annotations

from typing import Any

import pytest

from wideberth.cases.case import Criterion
from wideberth.cases.criteria import judge, matches

NOTICES = {"notices": [{"late": True, "lead_s": 60.0}, {"late": False, "units": ["u1", "u2"]}]}


@pytest.mark.parametrize(
    ("wanted", "found", "fits"),
    [
        pytest.param(1, 1.0, True, id="a number is a number"),
        pytest.param(1, True, False, id="a truth is none"),
        pytest.param({"a": 1}, {"a": 1, "b": 2}, True, id="other members do not matter"),
        pytest.param({"a": 1}, {"b": 1}, False, id="a member that is missing"),
        pytest.param({"a": {}}, {"a": None}, True, id="nothing asked of a member"),
        pytest.param(["u2"], ["u1", "u2"], True, id="each item is there"),
        pytest.param(["u3"], ["u1", "u2"], False, id="an item is not"),
        pytest.param(["u1"], None, False, id="no list"),
        pytest.param({"min": 2, "max": 2}, 2, True, id="both bounds are closed"),
        pytest.param({"max": 2}, 2.1, False, id="above"),
        pytest.param({"max": 2}, None, False, id="no number is below nothing"),
        pytest.param({"min": 0}, True, False, id="a truth is no number"),
        pytest.param({"has": "b"}, "abc", True, id="a part of a text"),
        pytest.param({"absent": True}, [], True, id="nothing in a list"),
        pytest.param({"a": {"absent": True}}, {"a": 0}, False, id="a zero is something"),
        pytest.param({"absent": False}, "x", True, id="something"),
        pytest.param({"items": 2}, ["a", "b"], True, id="so many"),
        pytest.param({"is": ["a"]}, ["a"], True, id="just these"),
        pytest.param({"is": ["a"]}, ["a", "b"], False, id="one more"),
        pytest.param({"only": ["a", "b"]}, {"b": 1, "a": 2}, True, id="just these members"),
        pytest.param({"only": ["a", "b"], "a": 2}, {"b": 1, "a": 1}, False, id="one otherwise"),
        pytest.param({"only": ["a"]}, {"a": 1, "merged": 1}, False, id="a member more"),
        pytest.param({"only": ["a", "b"]}, {"a": 1}, False, id="a member less"),
        pytest.param({"only": []}, None, False, id="no object"),
        pytest.param({"not": {"has": "x"}}, "abc", True, id="not so"),
        pytest.param({"not": "a"}, "a", False, id="just so"),
    ],
)
def test_matching(wanted: Any, found: Any, fits: bool) -> None:
    assert matches(wanted, found) is fits


@pytest.mark.parametrize(
    ("asked", "answer", "passes"),
    [
        pytest.param({"some": {"late": True}}, NOTICES, True, id="one fits"),
        pytest.param({"some": {"lead_s": 61}}, NOTICES, False, id="none fits"),
        pytest.param({"none": {"late": True}}, NOTICES, False, id="one that must not"),
        pytest.param({"none": {"lead_s": 61}}, NOTICES, True, id="none that must not"),
        pytest.param({"none": {"late": True}}, {"problem": {}}, False, id="a read refused"),
        pytest.param({"count": 2}, NOTICES, True, id="as many"),
        pytest.param({"count": 1, "some": {"late": True}}, NOTICES, True, id="as many that fit"),
        pytest.param({"count": 0}, {"problem": {}}, False, id="none of a list that is not there"),
        pytest.param({"holds": {"next": 1}}, NOTICES, False, id="the answer itself"),
    ],
)
def test_a_criterion(asked: dict[str, Any], answer: Any, passes: bool) -> None:
    inside = None if "holds" in asked else "notices"
    criterion = Criterion(
        at="00:00",
        party="a",
        words="w",
        see="/notices",
        in_=inside,
        count=asked.get("count"),
        some=asked.get("some"),
        none=asked.get("none"),
        holds=asked.get("holds"),
    )
    assert judge(criterion, asked, answer)[0] is passes
