"""The inbox: in what order, what each notice says, and the way down the ladder by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import DESK, volume, write
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE

pytestmark = pytest.mark.browser


def opened(console: Any, window: Callable[[], Any], party: str, view: str = "inbox") -> Page:
    page: Page = window().page
    token = console.node.mint(party, DESK, life_s=3600)
    page.goto(f"{console.url}/#/{view}&token={token}")
    expect(page.locator("#foot")).to_contain_text("Notices live")
    return page


def enrol(page: Page) -> None:
    page.get_by_role("button", name="Make and enrol a key").click()
    expect(page.locator(".signing")).to_contain_text("Answers are signed with the key browser-")


def fill(form: Any, told: dict[str, Any], **other: str) -> None:
    """Type what was told, as it might be heard."""
    values = {
        "Latitude of a point": str(told["latitude"]),
        "Longitude": str(told["longitude"]),
        "Begins, UTC": told["start"][:16].replace("T", " "),
        "Ends, UTC": told["end"][:16].replace("T", " "),
        "Lowest height": str(round(told["lower_m"])),
        "Highest height": str(round(told["upper_m"])),
    } | other
    for label, value in values.items():
        form.get_by_label(label).fill(value)


def test_the_way_down_the_ladder_by_hand(console: Any, window: Callable[[], Any]) -> None:
    page = opened(console, window, "alpha")
    enrol(page)
    write(
        console,
        "alpha",
        "/intents",
        {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"},
    )
    write(
        console,
        "bravo",
        "/intents",
        {
            "kind": "hazard",
            "volumes": [volume(10, 20.01)],
            "place_name": "Range 4",
            "provenance": {"source": "planned", "accuracy_m": 10},
        },
    )
    card = page.locator("#inbox .task")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("HAZARD")
    expect(card).to_contain_text("Range 4 of Party bravo, meets your ALPHA1")
    expect(card).to_contain_text(NEITHER_PERMISSION_NOR_GUARANTEE)
    expect(card).to_contain_text("Next, the alternate is told in 9 min")
    card.get_by_role("button", name="RECEIVED").click()
    expect(card.locator(".steps .done")).to_have_count(2)

    told = write(console, "alpha", "/notices", None, "GET")["notices"][0]["particulars"]
    card.get_by_role("button", name="READ-BACK").click()
    form = card.get_by_role("form", name="READ-BACK")
    fill(form, told, Longitude="21.5")
    form.get_by_role("button", name="Send READ-BACK").click()
    expect(form).to_contain_text("Does not match. area: told")
    expect(card.locator(".steps .bad")).to_contain_text("read back, does not match")
    fill(form, told)
    form.get_by_role("button", name="Send READ-BACK").click()
    expect(form).to_have_count(0)
    expect(card.locator(".steps .done")).to_have_count(3)

    card.get_by_role("button", name="PASSED-DOWN").click()
    card.get_by_role("button", name="Send PASSED-DOWN").click()
    expect(card.locator(".steps .done")).to_have_count(4)
    card.get_by_role("button", name="LOADED").click()
    card.get_by_label("In which system").fill("mission planning")
    card.get_by_role("button", name="Send LOADED").click()
    expect(card).to_have_count(0)
    expect(page.locator("#inbox")).to_contain_text("No information is not clearance")
