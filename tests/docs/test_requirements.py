"""The page of requirements says what the tests say."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

_spec = importlib.util.spec_from_file_location(
    "requirements_page", PROJECT / "tools" / "requirements.py"
)
assert _spec is not None
assert _spec.loader is not None
tool = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = tool  # dataclasses looks its module up there
_spec.loader.exec_module(tool)

MARKED = """
import pytest

pytestmark = pytest.mark.requirement("N-01")

@pytest.mark.requirement("N-02", "N-03")
def test_one(): ...

class TestMore:
    @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.requirement("N-04"))])
    async def test_two(self, n): ...

def test_three():
    "N-05 is only spoken of"
"""


def test_the_page_is_made_of_what_the_tests_hold():
    table, tests = tool.requirements(), tool.marked()
    assert tool.problems(table, tests) == []
    wanted = tool.page(table, tests)
    written = tool.PAGE.read_text(encoding="utf-8")
    assert written == wanted, "run: python tools/requirements.py --write"


def test_every_requirement_has_its_line():
    table = tool.requirements()
    assert len({each.id for each in table}) == len(table) == 118
    assert {each.id[0] for each in table} == set(tool.GROUPS)


def test_marks_are_found_wherever_they_stand(tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_some.py").write_text(MARKED)
    assert tool.marked(tests) == {
        "N-01": ["tests/test_some.py"],
        "N-02": ["tests/test_some.py::test_one"],
        "N-03": ["tests/test_some.py::test_one"],
        "N-04": ["tests/test_some.py::TestMore::test_two"],
    }


def test_a_claim_without_a_test_and_a_test_without_a_line_are_named():
    table = [
        tool.Requirement("N-01", "held", ("decisions/intents.py",)),
        tool.Requirement("N-02", "claimed", ("decisions/intents.py",)),
        tool.Requirement("N-03", "homeless", ()),
        tool.Requirement("N-04", "moved", ("decisions/nowhere.py",)),
        tool.Requirement("N-05", "open", ()),
    ]
    tests = {"N-01": ["a"], "N-03": ["b"], "N-04": ["c"], "Q-01": ["d"]}
    assert tool.problems(table, tests) == [
        "N-02: said to live in decisions/intents.py, and no test holds it",
        "N-03: say where it lives; b holds it",
        "N-04: decisions/nowhere.py is not there",
        "Q-01: marked by d, and not in the table",
    ]
    page = tool.page(table, {"N-01": ["a"]})
    assert "1 of 5 are held." in page
    assert "| N-05 | open | open |  |" in page
