"""Two runs that differ only in what charlie may not see give charlie the same, to the byte."""

from __future__ import annotations

import asyncio
import difflib
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from disclosure.asking import View
from disclosure.plays import Step, a_run
from disclosure.strategies import Play, plays

EXAMPLES = int(os.environ.get("WIDEBERTH_DISCLOSURE_RUNS", "12"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


async def played(steps: list[Step], shapes: list[dict[str, Any]]) -> View:
    """What charlie sees of a course of things."""
    async with a_run() as run:
        await run.play(steps)
        return await run.seen(shapes)


def compare(play: Play) -> None:
    async def both() -> tuple[View, View]:
        return await played(play.first, play.shapes), await played(play.second, play.shapes)

    first, second = (view.text() for view in asyncio.run(both()))
    if first != second:
        raise AssertionError(_parting(first.splitlines(), second.splitlines()))


def _parting(first: list[str], second: list[str]) -> str:
    """Where two texts part: that place alone, for of all of two long ones it takes a minute."""
    both = enumerate(zip(first, second, strict=False))
    shorter = min(len(first), len(second))
    at = next((each for each, (one, other) in both if one != other), shorter)
    begin = max(0, at - 12)
    parts = first[begin : at + 100], second[begin : at + 100]
    return "\n".join([f"from line {begin}:", *difflib.unified_diff(*parts, lineterm="", n=12)])


@pytest.mark.requirement("P-02")
@SETTINGS
@given(play=plays())
def test_what_is_hidden_changes_nothing_that_is_seen(play: Play) -> None:
    compare(play)
