"""No view of the console has a barrier that axe-core finds: in English and in Arabic, on a desk's
screen and on a phone; and nothing runs out of a phone's width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.faces.web.desk import DESK, a_hazard_at_a_place, write
from tests.npm_tools import tool
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser

VIEWS = ("picture", "inbox", "tell", "agreements", "incidents", "drills", "sealed", "replay")
SIZES = {"desk": (1400, 900), "phone": (390, 844)}
RUN = """async () => {
  const told = await axe.run(document, { resultTypes: ["violations"] });
  return told.violations.flatMap((each) =>
    each.nodes.map(({ html, any }) => `${each.id}: ${html.slice(0, 160)} (${any[0]?.message})`));
}"""


def barriers(page: Page) -> list[str]:
    """What axe finds wrong on the page as it stands."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(tool("axe-core/axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate(RUN)


def peopled(console: Any) -> None:
    """A place that a hazard touches, so that a notice waits; and a STOP that nobody has read."""
    a_hazard_at_a_place(console)
    write(console, "bravo", "/stop", {"form": "stop", "text": "Cease, medics on the road"})


@pytest.fixture
def pages(browser: Browser) -> Iterator[Callable[[str, str], Page]]:
    contexts = []

    def opened(language: str, size: str) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            locale=language, viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        return page

    yield opened
    for context in contexts:
        context.close()


def look(page: Page, where: str, found: dict[str, Any], width: int) -> None:
    """Keep under where what is wrong with the page: barriers, and what runs out of the screen."""
    wrong = barriers(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        wrong.append(f"{wide} px wide on {width}")
    if wrong:
        found[where] = wrong


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_view_has_a_barrier(
    console: Any, pages: Callable[[str, str], Page], language: str
) -> None:
    peopled(console)
    token = console.node.mint(PartyId("alpha"), DESK, life_s=3600)
    found: dict[str, Any] = {}
    for size, (width, _) in SIZES.items():
        page = pages(language, size)
        page.goto(console.url)
        expect(page.locator("#sign-space")).not_to_be_empty()
        look(page, f"sign-in {size}", found, width)
        page.goto(f"{console.url}/#/picture&token={token}")
        page.reload()
        expect(page.locator("#inbox, #notices").first).to_be_attached()
        expect(page.locator("#stops .stop-card")).to_have_count(1)
        for view in VIEWS:
            page.evaluate("view => { location.hash = `#/${view}`; }", view)
            expect(page.locator(f"#view-{view}")).to_be_visible()
            expect(page.locator("main [data-key='-']", has_text="Asking …")).to_have_count(0)
            look(page, f"{view} {size}", found, width)
        page.locator("#stop").click()
        expect(page.locator("#stop-dialog")).to_be_visible()
        look(page, f"stop {size}", found, width)
    assert found == {}


def test_a_planted_barrier_is_found(console: Any, pages: Callable[[str, str], Page]) -> None:
    page = pages("en", "phone")
    page.goto(console.url)
    expect(page.locator("#sign-space")).not_to_be_empty()
    page.evaluate(
        """() => {
          document.getElementById("sign-form").querySelector("label").remove();
          const wide = document.createElement("div");
          wide.style.width = "500px";
          wide.style.height = "2px";
          document.body.append(wide);
        }"""
    )
    found: dict[str, Any] = {}
    look(page, "sign-in", found, SIZES["phone"][0])
    assert [each.split(":")[0] for each in found["sign-in"]] == ["label", "500 px wide on 390"]
