"""The list of warnings: of an aircraft that several feeds bring there is one card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SHOWN_JS = """async (warnings) => {
    const { shownWarnings } = await import("/js/state.js");
    const ids = (list) => list.map((each) => each.id);
    return shownWarnings({ warnings }).map(({ id, level, also }) => [id, level, ids(also)]);
}"""


def warning(name: str, raised_ms: int, level: int, *one_with: str) -> dict[str, Any]:
    return {
        "id": name, "kind": "silence", "raisedMs": raised_ms, "level": level,
        "oneWith": list(one_with), "gap": {}, "objects": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("warnings", "shown"),
    [
        pytest.param(
            [warning("a", 1, 1, "b"), warning("b", 2, 3, "a"), warning("c", 3, 2)],
            [["c", 2, []], ["a", 3, ["b"]]],
            id="the one raised first, at the worst level",
        ),
        pytest.param(
            [warning("b", 2, 3, "a")], [["b", 3, []]], id="the other is over: this one is not"
        ),
        pytest.param(
            [warning("a", 1, 1, "b"), warning("b", 1, 1, "a")],
            [["a", 1, ["b"]]],
            id="raised at one moment: one of them",
        ),
    ],
)
def test_warnings_of_one_thing_are_one_card(
    console: Any,
    window: Callable[[], Any],
    warnings: list[dict[str, Any]],
    shown: list[Any],
) -> None:
    page = window().page
    page.goto(console.url)
    found = page.evaluate(SHOWN_JS, {each["id"]: each for each in warnings})
    assert sorted(found) == sorted(shown)
