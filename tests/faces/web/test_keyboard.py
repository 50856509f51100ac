"""A duty officer at the keyboard alone, in Arabic: signs in, reads a notice back and says STOP.
What has the focus is always to be seen, and nothing holds it.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.faces.web.desk import DESK, a_hazard_at_a_place, get
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser

SEEN = """() => {
  const { activeElement: node } = document;
  const style = getComputedStyle(node);
  const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return node === document.body || isOutlined;
}"""
MOST = 120  # presses of Tab between two things


def to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there; it is to be seen on each step."""
    for _ in range(MOST):
        if page.evaluate("what => document.activeElement.matches(what)", selector):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"{MOST} presses of Tab do not lead to {selector}")


def typed(page: Page, selector: str, text: str) -> None:
    to(page, selector)
    page.keyboard.type(text)


def test_a_watch_without_a_mouse(console: Any, browser: Browser) -> None:
    a_hazard_at_a_place(console)
    with browser.new_context(locale="ar", viewport={"width": 1400, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{console.url}/#/inbox")
        expect(page.locator("#sign-space")).not_to_be_empty()
        token = console.node.mint(PartyId("alpha"), DESK, life_s=3600)
        to(page, "#token")
        page.evaluate("token => { document.activeElement.value = token; }", token)  # pasted
        page.keyboard.press("Enter")
        card = page.locator("#inbox .task")
        expect(card).to_have_count(1)

        to(page, "#view-inbox .signing button[type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator("#view-inbox .signing form")).to_have_count(0)
        to(page, "#inbox .task .actions button:nth-of-type(2)")  # READ-BACK
        assert "READ-BACK" in page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Enter")
        told = get(console, "alpha", "/notices")["notices"][0]["particulars"]
        for name, value in (
            ("latitude", str(told["latitude"])),
            ("longitude", str(told["longitude"])),
            ("start", told["start"][:16].replace("T", " ")),
            ("end", told["end"][:16].replace("T", " ")),
            ("lower", str(round(told["lower_m"]))),
            ("upper", str(round(told["upper_m"]))),
        ):
            typed(page, f"#inbox form [name={name}]", value)
        page.keyboard.press("Enter")
        expect(card.locator(".steps .done")).to_have_count(3)

        to(page, "#stop")
        page.keyboard.press("Enter")
        expect(page.locator("#stop-send")).to_be_focused()
        page.keyboard.press("Escape")  # it holds nobody
        expect(page.locator("#stop-dialog")).to_be_hidden()
        expect(page.locator("#stop")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#stop-send")).to_contain_text("(Send STOP to everybody)")
        page.keyboard.press("Enter")
        expect(page.locator("#stops .stop-card.own")).to_have_count(1)
        to(page, "#nav-picture")
        page.keyboard.press("Enter")
        expect(page.locator("#view-picture")).to_be_visible()
