"""The age of the last contact with each counterpart, on every view, also while the line is cut."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.faces.web.desk import get, officer, write
from wideberth.faces.web import STATIC
from wideberth.model.channels import ChannelState
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser

STATES = "|".join(ChannelState)
AGE = re.compile(rf"({STATES}).* last contact (\d+ (s|min|h|d) ago|never)( · no call agreed)?$")
VIEWS = ("Picture", "Inbox", "Hazards", "Agreements", "Sealed")


def assert_ages(page: Page, parties: tuple[str, ...], *, within_ms: int = 20_000) -> None:
    """On every view, wide and narrow, scrolled or not: each counterpart, its state and its age."""
    for view in VIEWS:
        page.locator("#nav").get_by_role("link", name=view).click()
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 800})
            page.mouse.wheel(0, 600)
            expect(page.locator("#channels")).to_be_in_viewport(timeout=within_ms)
            chips = page.locator("#channels .chip")
            expect(chips).to_have_count(len(parties), timeout=within_ms)
            for party in parties:
                chip = chips.filter(has_text=party)
                expect(chip).to_have_text(AGE, timeout=within_ms)


def registered(console: Any, *names: str) -> None:
    for name in names:
        console.run(console.node.command(RegisterParty(PartyId(name), f"Party {name}")))


@pytest.mark.requirement("O-06")
def test_every_view_has_the_age_of_the_last_contact_with_each_counterpart(
    console: Any, window: Callable[[], Any]
) -> None:
    registered(console, "charlie")
    page = officer(console, window, "alpha").page
    assert_ages(page, ("bravo", "charlie"))
    bravo = page.locator("#channels .chip", has_text="bravo")
    expect(bravo).to_contain_text("UNKNOWN last contact never")

    write(console, "bravo", "/heartbeat", {})
    expect(bravo).to_contain_text("UP last contact")
    before = age_s(bravo.inner_text())
    page.wait_for_timeout(2_000)
    assert age_s(bravo.inner_text()) > before  # it ticks by itself
    write(console, "alpha", "/channels/bravo/report", {"state": "DOWN", "reason": "no answer"})
    expect(bravo).to_contain_text("DOWN last contact")
    expect(page.locator("#channels .chip").first).to_contain_text("bravo")  # the worst first
    assert_ages(page, ("bravo", "charlie"))

    page.context.set_offline(True)
    expect(bravo).to_contain_text(re.compile(r"DOWN as of \d\d:\d\dZ last contact \d+ s ago"))
    before = age_s(bravo.inner_text())
    page.wait_for_timeout(2_000)
    assert age_s(bravo.inner_text()) > before
    assert_ages(page, ("bravo", "charlie"))


def age_s(text: str) -> int:
    """Seconds, of an age below a hundred."""
    found = re.search(r"last contact (\d+) s ago", text)
    assert found is not None, text
    return int(found[1])


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        pytest.param('aged("ago", heardMs, { class: "num" })', '""', id="an age left out"),
        pytest.param("` ${channel.state}${asOf}`", '""', id="a state left blank"),
        pytest.param("counterparts(state)", "counterparts(state).slice(1)", id="a party left out"),
    ],
)
def test_a_planted_fault_is_found(
    console: Any, window: Callable[[], Any], sound: str, faulty: str
) -> None:
    seen = window()
    source = (STATIC / "js" / "channels.js").read_text()
    assert sound in source

    def planted(route: Route) -> None:
        changed = source.replace(sound, faulty)
        route.fulfill(body=changed, content_type="text/javascript")

    seen.page.route("**/js/channels.js", planted)
    write(console, "bravo", "/heartbeat", {})
    assert get(console, "alpha", "/channels")["channels"][1]["state"] == "UP"
    page = officer(console, lambda: seen, "alpha").page
    page.wait_for_timeout(3_000)
    with pytest.raises(AssertionError):
        assert_ages(page, ("bravo",), within_ms=1_500)
