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
        lines = difflib.unified_diff(first.splitlines(), second.splitlines(), lineterm="", n=12)
        raise AssertionError("\n".join(list(lines)[:120]))


@pytest.mark.requirement("P-02")
@SETTINGS
@given(play=plays())
def test_what_is_hidden_changes_nothing_that_is_seen(play: Play) -> None:
    compare(play)
