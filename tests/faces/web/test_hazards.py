"""A hazard by hand: its place pointed at, its end, ALL-CLEAR signed, and what is held open."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import enrol, get, officer, volume, write

pytestmark = pytest.mark.browser

HAZARD: dict[str, Any] = {
    "kind": "hazard",
    "place_name": "Range 4",
    "provenance": {"source": "planned", "accuracy_m": 10},
}


def to(page: Page, view: str) -> None:
    """Another view, by its link."""
    link = page.locator("#nav").get_by_role("link", name=view)
    link.click()
    expect(link).to_have_attribute("aria-current", "page")


@pytest.mark.requirement("N-18")
def test_a_hazard_is_ended_and_all_clear_is_signed_in_two_actions_each(
    console: Any, window: Callable[[], Any]
) -> None:
    flight = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"}
    write(console, "alpha", "/intents", flight)
    write(console, "bravo", "/intents", HAZARD | {"volumes": [volume(10, 20.01)]})
    bravo = officer(console, window, "bravo")
    to(bravo.page, "Hazards")
    card = bravo.page.locator("#hazards .card")
    expect(card).to_contain_text("announced")
    card.get_by_role("button", name="active", exact=True).click()
    expect(card.locator(".tag")).to_have_text("active")
    expect(card.get_by_role("button", name="ALL-CLEAR")).to_have_count(0)  # while it stands

    card.get_by_role("button", name="End it").click()
    card.get_by_role("button", name="Leave it").click()
    card.get_by_role("button", name="End it").click()
    card.get_by_role("button", name="End this hazard").click()
    expect(card.locator(".tag")).to_have_text("ended, not confirmed clear")
    expect(card).to_contain_text("Range 4")
    bravo.page.reload()
    expect(card).to_contain_text("Range 4")  # though its intent is in no list any more

    card.get_by_role("button", name="ALL-CLEAR").click()
    expect(card).to_contain_text("This takes a signature")
    expect(card.get_by_role("button", name="Sign ALL-CLEAR")).to_be_disabled()
    to(bravo.page, "Inbox")
    enrol(bravo.page)
    to(bravo.page, "Hazards")
    card.get_by_role("button", name="Sign ALL-CLEAR").click()
    expect(card).to_have_count(0)
    (given,) = [
        each for each in get(console, "alpha", "/notices")["notices"] if each.get("all_clear")
    ]
    assert given["sender"] == "bravo"

    alpha = officer(console, window, "alpha")
    expect(alpha.page.locator("#inbox .task", has_text="ALL-CLEAR")).to_have_count(1)


@pytest.mark.requirement("L-08")
def test_where_to_keep_is_shown_and_withheld_once_it_leads_into_something(
    console: Any, window: Callable[[], Any]
) -> None:
    flight = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"}
    write(console, "alpha", "/intents", flight)
    told = write(console, "bravo", "/intents", HAZARD | {"volumes": [volume(10, 20.01)]})
    to_keep = {"volumes": [volume(11, 21)]}
    said = write(console, "bravo", f"/hazards/{told['intent']['id']}/avoiding", to_keep)
    assert said["sent"], said
    alpha = officer(console, window, "alpha")
    to(alpha.page, "Hazards")
    card = alpha.page.locator("#hazards .card", has_text="Range 4")
    shown = card.get_by_role("group", name="Suggested: where to keep")
    expect(shown).to_contain_text("for a flight, by")
    expect(shown).to_contain_text(re.compile(r"about 11.*N 21.*E"))
    expect(shown).to_contain_text("neither permission nor a guarantee")
    expect(shown).to_contain_text("rests on what you may see")
    write(
        console,
        "bravo",
        "/intents",
        HAZARD | {"volumes": [volume(11, 21)], "place_name": "Range 5"},
    )
    expect(shown).to_contain_text("WITHHELD: it leads into hazard Range 5")
    expect(shown.locator(".num")).to_have_count(0)


def test_a_place_is_pointed_at_on_the_map(console: Any, window: Callable[[], Any]) -> None:
    page = officer(console, window, "bravo").page
    to(page, "Hazards")
    form = page.get_by_role("form", name="Tell of a hazard")
    form.get_by_role("button", name="Point at it on the map").click()
    page.locator("#map canvas").first.click(position={"x": 200, "y": 200})
    form = page.get_by_role("form", name="Tell of a hazard")
    expect(form).to_be_visible()
    expect(form.get_by_label("Centre, latitude")).to_have_value(re.compile(r"^-?\d+\.\d+$"))
    expect(form.get_by_label("Centre, longitude")).to_have_value(re.compile(r"^-?\d+\.\d+$"))


def test_who_a_place_is_of_lets_what_touched_it_close(
    console: Any, window: Callable[[], Any]
) -> None:
    site = {
        "kind": "presence",
        "volumes": [volume(10, 20)],
        "place_name": "Clinic",
        "visibility": {"level": "named", "parties": ["alpha"]},
        "provenance": {"source": "gps", "accuracy_m": 10},
    }
    assessed = {"receives": "the desk", "passes_on": "to nobody", "history": "none known"}
    write(console, "bravo", "/sharings/alpha", {"disclosure": "exact", **assessed}, "PUT")
    write(console, "bravo", "/intents", site)
    write(console, "alpha", "/intents", HAZARD | {"volumes": [volume(10, 20.01)]})
    bravo = officer(console, window, "bravo")
    enrol(bravo.page)
    held = bravo.page.locator("#sent .card", has_text="It touches a place of yours")
    expect(held).to_have_count(1)
    held.get_by_role("button", name="Hold it no longer").click()
    expect(held).to_have_count(0)
    open_now = get(console, "bravo", "/notices/unreached")["unreached"]
    assert not any(each["held"] for each in open_now)
