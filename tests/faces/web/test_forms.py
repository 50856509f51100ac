"""What a form says of a wrong field: beside it, in words that say what to do, and in view."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.faces.web.desk import DESK, enrol, get, now_us, officer, volume, write
from wideberth.contacts import Contact
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId
from wideberth.space.time import HOUR_US, MINUTE_US, format_rfc3339

pytestmark = pytest.mark.browser

DAY_US = 24 * HOUR_US


def minute(time_us: int) -> str:
    """As a form takes it."""
    return format_rfc3339(time_us)[:16].replace("T", " ")


def said_beside(page: Page, form: Locator, label: str, words: str | re.Pattern[str]) -> None:
    """The form's one fault stands in the field of that label, which has the focus, in view."""
    control = form.get_by_label(label, exact=True)
    fault = form.locator(".fault:not(:empty)")
    expect(fault).to_have_count(1)
    expect(fault).to_contain_text(words)
    assert "volumes." not in fault.inner_text()
    assert "Expected" not in fault.inner_text()
    expect(control).to_be_focused()
    expect(control).to_have_attribute("aria-invalid", "true")
    assert control.get_attribute("aria-describedby") == fault.get_attribute("id")
    assert control.evaluate(
        "(input) => input.closest('.field').contains("
        "document.getElementById(input.getAttribute('aria-describedby')))"
    )
    box, size = fault.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    assert 0 <= box["y"] <= size["height"] - box["height"], "out of sight"


def test_a_wrong_field_of_a_hazard_says_what_to_do(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = officer(console, window, "alpha", "hazards").page
    page.set_viewport_size({"width": 1280, "height": 800})
    form = page.get_by_role("form", name="Tell of a hazard")
    expect(form).to_be_visible()
    begin_us = now_us() + HOUR_US
    sound = {
        "Centre, latitude": "37.01",
        "Centre, longitude": "126.01",
        "Radius": "4000",
        "Highest height": "900",
        "Begins, UTC": minute(begin_us),
        "Ends, UTC": minute(begin_us + HOUR_US),
    }
    for label, value in sound.items():
        form.get_by_label(label, exact=True).fill(value)
    look = form.get_by_role("button", name="Look at what it touches")
    shots = tmp_path_factory.mktemp("shots")
    for label, typed, words in (
        ("Centre, latitude", "126.01", "Are latitude and longitude swapped?"),
        ("Centre, latitude", "126 E", "Are latitude and longitude swapped?"),
        ("Centre, longitude", "190", "from 180 W to 180 E"),
        ("Radius", "4 km", "give the number alone; the unit is chosen beside it"),
        ("Radius", "4,000", "two ways; give it without a comma, such as 4000"),
        ("Radius", "-4", "give 0 or more"),
        ("Highest height", "", "give a number"),
        ("Begins, UTC", "2026-21-11 19:00", "there is no month 21"),
        ("Ends, UTC", "2026-11-31 20:00", "November 2026 has 30 days"),
        ("Ends, UTC", minute(begin_us - HOUR_US), "not after the beginning"),
    ):
        form.get_by_label(label, exact=True).fill(typed)
        look.click()
        said_beside(page, form, label, words)
        form.get_by_label(label, exact=True).fill(sound[label])
    form.get_by_label("Highest height", exact=True).fill("-900")
    look.click()  # the server says this one, and names it by its path
    said_beside(page, form, "Lowest height", "below its floor at 0.0 m; give an upper limit above")
    page.screenshot(path=str(shots / "form-1280.png"))
    form.get_by_label("Highest height", exact=True).fill("900")
    look.click()
    expect(page.locator(".preview")).to_contain_text("It touches nothing that you may see")
    expect(form.locator(".fault:not(:empty)")).to_have_count(0)

    page.set_viewport_size({"width": 390, "height": 844})
    form.get_by_label("Radius", exact=True).fill("4 km")
    look.click()
    said_beside(page, form, "Radius", "give the number alone")
    page.screenshot(path=str(shots / "form-390.png"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_template_says_beside_its_days_how_many_there_may_be(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "alpha", "agreements").page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="New, from a template").click()
    form = page.get_by_role("form", name="New agreement")
    days = "Lasts, days (up to 120)"
    form.get_by_label("Party bravo").check()
    form.get_by_label(days).fill("400")
    fill_in = form.locator("[data-template*=humanitarian]").first
    fill_in.click()
    said_beside(page, form, days, "give a whole number from 1 to 120")
    form.get_by_label(days).fill("90")
    fill_in.click()
    edited = page.get_by_role("form", name="Propose to the others")
    span = edited.get_by_label(re.compile("as 48 h, 30 min or 90 s")).first
    told = span.input_value()
    assert re.fullmatch(r"(\d+ (h|min|s) ?)+", told), told
    span.fill("172800")
    edited.get_by_role("button", name="Propose to the others").click()
    fault = edited.locator(".fault:not(:empty)")
    expect(fault).to_contain_text("say of what, such as 172800 h, 172800 min or 172800 s")
    expect(fault).to_contain_text(re.compile(r"^[\w-]+, "))  # of which provision
    expect(fault).not_to_contain_text("as 48 h")  # how it is typed stands in the label already
    expect(span).to_be_focused()


def picks(select: Locator, words: str) -> None:
    """Pick the one line with these words."""
    select.select_option(select.locator("option", has_text=words).get_attribute("value"))


def given_account(page: Page, time: str) -> Locator:
    """Open the form of the own account and type a time."""
    page.get_by_role("button", name="Give your account").click()
    form = page.get_by_role("form", name="Give your account")
    form.get_by_label("Time, UTC", exact=True).fill(time)
    return form


def test_an_account_picks_what_the_page_knows_and_asks_about_a_time_of_another_year(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    flight = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"}
    intent = write(console, "alpha", "/intents", flight)["intent"]["id"]
    at_us = now_us()
    body = {
        "title": "Near the river",
        "start": format_rfc3339(at_us - 30 * MINUTE_US),
        "end": format_rfc3339(at_us),
        "parties": ["bravo"],
        "area": {"type": "Point", "coordinates": [7, 47], "radius_m": 5000},
    }
    page = officer(console, window, "alpha").page
    enrol(page)
    incident = write(console, "alpha", "/incidents", body)["incident"]
    page.goto(f"{console.url}/#/incidents/{incident}")
    expect(page.locator("#incident h3")).to_have_text("Near the river")
    typed = minute(at_us - 10 * MINUTE_US)
    form = given_account(page, str(int(typed[:4]) - 2) + typed[4:])
    picks(form.get_by_label("Told as"), "ALPHA1 · flight of Party alpha")
    form.get_by_label("may be off by, in metres", exact=True).fill("-3")
    form.get_by_label("Latitude").fill("7")
    form.get_by_label("Longitude").fill("47")
    form.get_by_role("button", name="Sign and give it", exact=True).click()
    said_beside(page, form, "may be off by, in metres", "give 0 or more")
    form.get_by_label("may be off by, in metres", exact=True).fill("30")
    form.get_by_role("button", name="Sign and give it", exact=True).click()
    asked = form.locator(".ask-again")
    expect(asked).to_contain_text(re.compile(r"73\d days before the incident begins"))
    expect(asked).to_contain_text("from the area of the incident; are latitude and longitude")
    expect(form.get_by_label("Time, UTC", exact=True)).to_be_focused()
    assert get(console, "alpha", f"/incidents/{incident}/accounts")["accounts"] == []
    page.screenshot(path=str(tmp_path_factory.mktemp("shots") / "asked-1280.png"))
    page.keyboard.press("Enter")  # means nothing of what was asked
    expect(asked).to_be_visible()
    assert get(console, "alpha", f"/incidents/{incident}/accounts")["accounts"] == []
    asked.get_by_role("button", name="It is meant: sign and give it").click()
    expect(page.locator("#toasts")).to_contain_text("Your account stands in the record, entry")
    expect(page.locator("#incident h3")).to_be_in_viewport()
    (account,) = get(console, "alpha", f"/incidents/{incident}/accounts")["accounts"]
    assert account["when"]["time"].startswith(str(int(typed[:4]) - 2))
    assert account["identity"]["intent"] == intent


def test_what_an_incident_is_about_is_picked_and_a_mistyped_id_is_asked_about(
    console: Any, window: Callable[[], Any]
) -> None:
    flight = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"}
    intent = write(console, "alpha", "/intents", flight)["intent"]["id"]
    page = officer(console, window, "alpha", "incidents").page
    expect(page.locator("#channels")).to_contain_text("bravo")
    page.get_by_role("button", name="Open an incident").click()
    form = page.get_by_role("form", name="Open an incident")
    form.get_by_role("button", name="Open it").click()
    said_beside(page, form, "Title, in neutral words", "give a title")
    form.get_by_label("Title").fill("Near the river")
    for group in ("Parties to it", "Observers"):
        form.get_by_role("group", name=group).get_by_label("Party bravo").check()
    form.get_by_role("button", name="Open it").click()
    expect(form.locator(".fault")).to_contain_text("Party bravo is ticked as a party and as an")
    form.get_by_role("group", name="Observers").get_by_label("Party bravo").uncheck()
    picks(form.get_by_label("Of what you see here"), "ALPHA1")
    others = "Others by their ids, with spaces between"
    form.get_by_label(others).fill("vBDWNa5wOBZ9abhcaQ5xXX")
    form.get_by_role("button", name="Open it").click()
    said_beside(page, form, others, "that you may see has the id vBDWNa5wOBZ9abhcaQ5xXX")
    assert get(console, "alpha", "/incidents")["incidents"] == []
    form.get_by_label(others).fill("")
    form.get_by_role("button", name="Open it").click()
    expect(page.locator("#incident h3")).to_have_text("Near the river")
    (incident,) = get(console, "alpha", "/incidents")["incidents"]
    expect(page).to_have_url(re.compile(f"#/incidents/{incident['id']}$"))
    assert get(console, "alpha", f"/incidents/{incident['id']}")["subjects"] == [intent]


def test_what_waits_in_an_incident_is_in_the_inbox_and_beside_the_way_there(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = officer(console, window, "bravo").page
    page.set_viewport_size({"width": 1280, "height": 800})
    badge, lines = page.locator("#nav-waits"), page.locator("#inbox .due")
    expect(page.locator("#n-inbox")).to_contain_text("0 notices open")
    expect(badge).to_be_hidden()
    chip = page.locator("#channels .chip", has_text="alpha")
    expect(chip).to_contain_text("UNKNOWN last contact never · no call agreed")
    at_us = now_us()
    body = {
        "title": "Near the river",
        "start": format_rfc3339(at_us - 30 * MINUTE_US),
        "end": format_rfc3339(at_us),
        "parties": ["bravo"],
    }
    incident = write(console, "alpha", "/incidents", body)["incident"]
    expect(lines).to_contain_text("Party alpha named your party in an incident")
    expect(badge).to_have_text("1")
    expect(page.locator("#toasts")).to_contain_text("Party alpha named your party")
    expect(chip).to_contain_text(re.compile(r"last contact \d+ s ago"))

    question = {"to": "bravo", "words": "Which way did it go?", "urgent": True, "shown_to": "own"}
    write(console, "alpha", f"/incidents/{incident}/questions", question)
    expect(badge).to_have_text("2")
    first = lines.first
    expect(first).to_contain_text("Answer a question of Party alpha")
    expect(first).to_contain_text("marked as urgent by its asker")
    expect(first).to_contain_text(re.compile(r"to be answered by \d{4}-\d\d-\d\d \d\d:\d\dZ · in"))
    shots = tmp_path_factory.mktemp("shots")
    page.screenshot(path=str(shots / "waits-1280.png"))
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=str(shots / "waits-390.png"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first.get_by_role("link", name="Open the incident").click()
    expect(page.locator("#incident h3")).to_have_text("Near the river")
    expect(badge).to_have_text("1")  # it was opened; the question still waits
    page.reload()
    expect(badge).to_have_text("1")


def test_an_address_of_no_page_says_so_and_an_old_token_when_it_expired(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    shots: Path = tmp_path_factory.mktemp("shots")
    page = officer(console, window, "alpha", "nothing").page
    expect(page.locator("#toasts")).to_contain_text("There is no page “nothing”")
    for size in ({"width": 1280, "height": 800}, {"width": 390, "height": 844}):
        page.set_viewport_size(size)  # pyright: ignore[reportArgumentType]  # both are sizes
        page.wait_for_timeout(1000)
        page.screenshot(path=str(shots / f"picture-{size['width']}.png"))
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if page.locator(".legend").get_attribute("open") is None:
            page.get_by_text("How to read the map").click()
        legend, base = (page.locator(each).bounding_box() for each in (".legend", ".base"))
        assert legend is not None
        assert base is not None
        assert legend["y"] + legend["height"] <= base["y"], "one is printed over the other"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Open the picture").click()
    expect(page.locator("#sign-fault")).to_contain_text("Paste the token of your party first")
    old = console.node.mint(PartyId("alpha"), DESK, life_s=1)
    asked = {"Authorization": f"Bearer {old}"}
    while httpx.get(f"{console.url}/api/v1/parties", headers=asked).status_code != 401:
        page.wait_for_timeout(200)  # a token is taken for some seconds more: clocks differ
    said = page.locator("#sign-fault", has_text=re.compile(r"it expired on .*, \d+ s ago"))
    page.get_by_label("Token of your party").fill(old)
    page.get_by_role("button", name="Open the picture").click()
    expect(said).to_have_count(1)
    expect(page.locator("#sign-fault")).to_contain_text("wideberth token alpha --for 8h")


def test_a_key_is_not_asked_for_with_the_token_of_another_party(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(f"{console.url}/#/inbox&token={console.token('alpha')}")
    form = page.get_by_role("form", name="Key of this browser")
    token = form.get_by_label("Token of somebody who administers")
    token.fill(console.node.mint(PartyId("bravo"), DESK, life_s=60))
    form.get_by_role("button", name="Make and enrol a key").click()
    expect(form.locator(".fault")).to_contain_text("This token is of bravo")
    assert get(console, "alpha", "/parties/alpha").get("keys", []) == []


def test_the_number_to_call_stands_on_the_card(console: Any, window: Callable[[], Any]) -> None:
    desk = RegisterParty(PartyId("lake"), "Party lake", (), contact="desk-lake")
    console.run(console.node.command(desk))
    console.node.contacts.put("desk-lake", Contact("Duty desk", ("tel:+15550100",)))
    write(console, "alpha", "/intents", {"kind": "flight", "volumes": [volume(10, 20)]})
    write(console, "lake", "/intents", {"kind": "flight", "volumes": [volume(10, 20.01)]})
    page = officer(console, window, "alpha").page
    expect(page.locator("#inbox .card")).to_contain_text("Call: Duty desk, tel:+15550100")


def test_enter_signs_in_and_a_button_leads_to_where_an_account_gets_its_key(
    console: Any, window: Callable[[], Any]
) -> None:
    page: Page = window().page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(console.url)
    expect(page.locator("#sign-in .hint")).to_contain_text("--role sign --role administer")
    page.get_by_label("Token of your party").fill(
        console.node.mint(PartyId("alpha"), DESK, life_s=3600)
    )
    page.keyboard.press("Enter")
    expect(page.locator("#foot")).to_contain_text("Notices live")
    chip = page.locator("#channels .chip").first
    expect(chip).to_contain_text("no call agreed")
    right = chip.evaluate("each => each.getBoundingClientRect().right")
    stop = page.locator("#stop").evaluate("each => each.getBoundingClientRect().left")
    assert right <= stop  # STOP stays clear of it, wherever it floats

    at_us = now_us()
    window_of_it = {
        "start": format_rfc3339(at_us - 30 * MINUTE_US),
        "end": format_rfc3339(at_us),
    }
    write(console, "alpha", "/incidents", {"title": "River", "parties": ["bravo"]} | window_of_it)
    page.goto(f"{console.url}/#/incidents")
    page.locator("#incident").get_by_role("button", name="Enrol this browser").click()
    expect(page.get_by_role("button", name="Make and enrol a key").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Give your account")).to_be_visible()
