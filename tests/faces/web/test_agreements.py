"""The view of agreements: from a template to in force, in two browsers; a third sees none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import DESK
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser


def opened(console: Any, window: Callable[[], Any], party: str) -> tuple[Page, Any]:
    tab = window()
    token = console.node.mint(PartyId(party), DESK, life_s=3600)
    tab.page.goto(f"{console.url}/#/agreements&token={token}")
    expect(tab.page.locator("#foot")).to_contain_text("Notices live")
    return tab.page, tab


def enrol(page: Page) -> None:
    page.get_by_role("button", name="Make and enrol a key").click()
    expect(page.locator("#view-agreements .signing")).to_contain_text("key browser-")


def proposed(page: Page, template: str, title: str) -> None:
    """Fill a template in with bravo, give it a title, propose it."""
    page.get_by_role("button", name="New, from a template").click()
    page.get_by_label("Party bravo").check()
    page.locator(f"[data-template={template}]").click()
    page.get_by_label("Title", exact=True).fill(title)
    for own in page.get_by_label("title", exact=True).all():  # of what was a placeholder
        if "placeholder" in own.input_value():
            own.fill("Ours, invented")
    page.get_by_role("button", name="Propose to the others").click()
    expect(page.locator("#agreement h3")).to_have_text(title)


def sign(page: Page) -> None:
    digest = page.locator("#agreement header .num.small").inner_text().rpartition(" ")[2]
    page.get_by_role("button", name="Sign …").click()
    form = page.get_by_role("form", name="Sign this text")
    expect(form).to_contain_text(digest)
    expect(page.get_by_role("region", name="What you sign").locator("table")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1400, "height": 900})
    form.get_by_role("button", name="Sign this text").click()


def test_two_parties_come_from_a_template_to_what_is_in_force(
    console: Any, window: Callable[[], Any]
) -> None:
    console.run(console.node.command(RegisterParty(PartyId("charlie"), "Party charlie")))
    alpha, one = opened(console, window, "alpha")
    bravo, two = opened(console, window, "bravo")
    charlie, three = opened(console, window, "charlie")
    enrol(alpha)
    enrol(bravo)
    proposed(alpha, "stand-off-60-km", "Stand-off, invented")
    expect(alpha.locator("#agreement")).to_contain_text("PROPOSED, nothing of it holds")
    expect(alpha.locator("#agreement")).to_contain_text("alpha has not signed")

    row = bravo.locator("#agreements .row")
    expect(row).to_contain_text("waits for your signature")
    row.click()
    expect(bravo.locator("#agreement .provisions")).to_contain_text("60.0\u00a0km")
    bravo.get_by_role("button", name="Counter …").click()
    form = bravo.get_by_role("form", name="Propose version 2")
    distances = form.get_by_label(re.compile(r"(distance|width), metres"))
    for index in range(distances.count()):
        distances.nth(index).fill("5000")
    distances.first.fill("5 km")
    form.get_by_role("button", name="Propose version 2").click()
    expect(form.locator(".fault")).to_contain_text("give a whole number")
    distances.first.fill("5000")
    form.get_by_role("button", name="Propose version 2").click()

    changed = alpha.locator("#agreement .provisions .differs").first
    expect(alpha.locator("#agreement")).to_contain_text("v2")
    expect(changed).to_contain_text("CHANGED")
    expect(changed.locator(".was del")).to_have_count(1)  # the version before stands beside it
    expect(changed.locator(".was del")).to_contain_text("60.0\u00a0km")
    expect(changed.locator(".changed ins").first).to_contain_text("5,000\u00a0m")
    changed.get_by_text("What changed, as it is signed").click()
    expect(changed.locator(".changes")).to_contain_text("60000 → 5000")
    sign(alpha)
    expect(alpha.locator(".signatures")).to_contain_text("alpha signed")
    expect(bravo.locator("#agreement")).to_contain_text("alpha signed")
    sign(bravo)
    for page in (alpha, bravo):
        expect(page.locator("#agreement .state")).to_have_text("IN FORCE")
        expect(page.locator("#agreement")).to_contain_text("expires in 89 days")

    bravo.get_by_role("button", name="Suspend …").click()
    suspending = bravo.get_by_role("form", name="Suspend")
    suspending.get_by_label("Reason").fill("storm on the line")
    suspending.get_by_role("button", name="Suspend").click()
    expect(alpha.locator("#agreement")).to_contain_text("storm on the line. All of it. STOP stays")
    expect(alpha.get_by_role("button", name="Resume")).to_have_count(0)
    bravo.get_by_role("button", name="Resume").click()
    expect(alpha.locator("#agreement .state")).to_have_text("IN FORCE")

    expect(charlie.locator("#agreements")).to_contain_text("No agreement concerns you.")
    assert "Stand-off" not in charlie.locator("body").inner_text()
    for page in (alpha, bravo):  # no agreement of another kind has a button of CONSENT
        words = page.locator("#view-agreements").inner_text().lower()
        assert not re.search(r"approv|permi(t|ssion)|\bclear", words)
    alpha.get_by_role("link", name="Picture").click()
    told = alpha.locator("#notices .what").first
    expect(told).to_contain_text("Agreement: Stand-off, invented v2 of Party bravo")
    alpha.locator("#nav-inbox").click()
    card = alpha.locator("#inbox .task").first
    expect(card.locator(".what")).to_contain_text("Stand-off, invented version 2 by Party bravo")
    expect(card).to_contain_text("in force · ")
    assert "its time is over" not in card.inner_text()
    assert one.said == two.said == three.said == []


def test_only_consent_has_answers_to_give(console: Any, window: Callable[[], Any]) -> None:
    alpha, one = opened(console, window, "alpha")
    bravo, two = opened(console, window, "bravo")
    enrol(alpha)
    enrol(bravo)
    proposed(alpha, "fire-traffic-area", "Asked first, invented")
    bravo.locator("#agreements .row").click()
    sign(alpha)
    sign(bravo)
    expect(alpha.locator("#agreement .state")).to_have_text("IN FORCE")
    expect(alpha.get_by_role("form", name="Ask for consent")).to_have_count(0)  # it answers
    form = bravo.get_by_role("form", name="Ask for consent")
    form.get_by_role("button", name="Ask for it").click()
    expect(form.locator(".fault")).to_contain_text("Say what you ask for")
    asked = bravo.locator("#agreement .consents .card")
    for _ in range(5):  # a form that was drawn anew meanwhile is filled in once more
        form.get_by_label("What you ask for").fill("<b>one flight</b> at noon")
        form.get_by_role("button", name="Ask for it").click()
        bravo.wait_for_timeout(4000)
        if asked.count():
            break
    card = alpha.locator("#agreement .consents .card")
    expect(card).to_contain_text("<b>one flight</b> at noon")
    expect(card).to_contain_text("No answer is not consent.")
    expect(card.get_by_role("button", name="APPROVED")).to_be_enabled()
    expect(bravo.locator("#agreement .consents .card button")).to_have_count(0)
    card.get_by_label("Reason").fill("fog")
    card.get_by_role("button", name="REFUSED").click()
    expect(bravo.locator("#agreement .consents .card")).to_contain_text("REFUSED by alpha")
    expect(bravo.locator("#agreement .consents .card")).to_contain_text("fog")
    assert one.said == two.said == []
