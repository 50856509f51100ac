"""The inbox: in what order, what each notice says, and the way down the ladder by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.faces.web.desk import enrol, fill, get, officer, volume, write
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE

pytestmark = pytest.mark.browser


def test_the_way_down_the_ladder_by_hand(console: Any, window: Callable[[], Any]) -> None:
    page = officer(console, window, "alpha").page
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

    told = get(console, "alpha", "/notices")["notices"][0]["particulars"]
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
