"""A session that ends in the middle of something: nothing typed is lost, and nothing is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.faces.web.desk import DESK, enrol, get, officer, write
from tests.faces.web.test_inbox import a_hazard_over_a_flight
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser


def test_what_is_typed_when_the_session_ends_is_kept_and_sent(
    console: Any, window: Callable[[], Any]
) -> None:
    a_hazard_over_a_flight(console)
    seen = window()
    first = officer(console, lambda: seen, "alpha")
    page = seen.page
    enrol(page)
    card = page.locator("#inbox .task")
    card.get_by_role("button", name="CANNOT-COMPLY").click()
    reason = card.get_by_label("Reason")
    reason.fill("two crews are still in the valley")

    def over(route: Route) -> None:
        shown = route.request.headers.get("authorization", "")
        if shown == f"Bearer {first.token}":
            route.fulfill(status=401, json={"title": "no", "detail": "the token is over"})
        else:
            route.continue_()

    page.route("**/api/v1/**", over)
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_contain_text("What you typed is kept")
    expect(dialog).to_contain_text("STOP cannot be sent from here until then")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    shade = "getComputedStyle(document.querySelector('#renewal'), '::backdrop').backgroundColor"
    assert page.evaluate(shade).startswith("rgb(")  # none of what is behind it is to be read
    token = dialog.get_by_label("Next token of alpha")
    for given, says in (
        ("nonsense", "three parts"),
        (console.token("bravo"), "This token is of bravo"),
    ):
        token.fill(given)
        token.press("Enter")
        expect(dialog.locator(".fault")).to_contain_text(says)
    token.fill(console.node.mint(PartyId("alpha"), DESK, life_s=3600))
    token.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#foot")).to_contain_text("Notices live")
    expect(reason).to_have_value("two crews are still in the valley")
    write(console, "bravo", "/stop", {"form": "doubt", "text": "is it ours"})
    expect(page.locator("#stops")).to_contain_text("is it ours")  # the stream goes on
    card.get_by_role("button", name="Send CANNOT-COMPLY").click()
    expect(reason).to_have_count(0)
    (answer,) = get(console, "alpha", "/notices")["notices"][0]["answers"]
    assert answer["reason"] == "two crews are still in the valley"


def test_the_next_token_can_be_given_before_the_session_ends(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    soon = console.node.mint(PartyId("alpha"), DESK, life_s=300)
    page.goto(f"{console.url}/#/inbox&token={soon}")
    page.get_by_role("button", name="Session ends in").click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    dialog.get_by_label("Next token of alpha").fill(
        console.node.mint(PartyId("alpha"), DESK, life_s=3600)
    )
    dialog.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Session ends in")).to_be_hidden()
    expect(page.locator("#foot")).to_contain_text("Notices live")
