"""The console of an exercise: a band that cannot be scrolled away, hatching on the map, the word on
each panel, and the same on paper. The node of these tests is an exercise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

VIEWS = ("picture", "inbox", "tell", "agreements", "incidents", "drills", "sealed")


def mark_before(page: Any, selector: str) -> str:
    """What the style sheet puts before an element."""
    return page.eval_on_selector(selector, "e => getComputedStyle(e, '::before').content")


@pytest.mark.requirement("X-03")
def test_every_view_of_an_exercise_has_its_band_in_sight_on_screen_and_on_paper(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.address("alpha"))
    band = page.locator("#exercise")
    expect(band).to_contain_text("EXERCISE")
    assert page.title().find("EXERCISE") >= 0
    for size in ({"width": 1280, "height": 800}, {"width": 480, "height": 700}):
        page.set_viewport_size(size)
        for view in VIEWS:
            page.evaluate(f"location.hash = '#/{view}'")
            expect(page.locator(f"#view-{view}")).to_be_visible()
            page.evaluate(
                "for (const each of [document.scrollingElement,"
                " ...document.querySelectorAll('.view')]) each.scrollTop = 1e6"
            )
            expect(band).to_be_in_viewport(ratio=1)
    page.evaluate("location.hash = '#/picture'")
    assert "EXERCISE" in mark_before(page, ".middle")
    assert "repeating-linear-gradient" in page.eval_on_selector(
        ".middle", "e => getComputedStyle(e, '::before').backgroundImage"
    )
    for panel in ("#h-warnings", "#h-notices", "#h-intents"):
        assert "EXERCISE" in mark_before(page, panel)
    page.locator("#stop").click()
    assert "EXERCISE" in mark_before(page, "#stop-dialog")
    page.keyboard.press("Escape")
    page.emulate_media(media="print")
    # What is fixed is painted on every sheet of a print.
    assert band.evaluate("e => getComputedStyle(e).position") == "fixed"
    expect(band).to_be_visible()
    printed = page.pdf()
    assert printed.startswith(b"%PDF")


@pytest.mark.requirement("X-03")
def test_a_real_space_has_none_of_it(console: Any, window: Callable[[], Any]) -> None:
    """The same page, told by its node that it is real."""
    page = window().page

    def real(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(json={**answer.json(), "exercise": False})

    page.route("**/api/v1/space", real)
    page.goto(console.address("alpha"))
    expect(page.locator("#facts")).to_contain_text("Party alpha")
    expect(page.locator("#exercise")).to_be_hidden()
    for each in (".middle", "#h-warnings", "#stop-dialog"):
        assert "EXERCISE" not in mark_before(page, each)
