"""Three duty officers in three browsers: one tells of a hazard, one reads back, passes down and
sees it loaded at the unit, one says STOP; a line is cut; each sees only what is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import Officer, enrol, get, officer, read_back, volume, write
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE

pytestmark = pytest.mark.browser

CLINIC = "Clinic at the bridge"
DEPOT = "Depot of nobody else"
RANGE = "Live firing, range 4"


def site(name: str, latitude: float, shown_to: list[str]) -> dict[str, Any]:
    """A presence that only those parties may see."""
    return {
        "kind": "presence",
        "volumes": [volume(latitude, 20.0)],
        "place_name": name,
        "visibility": {"level": "named", "parties": shown_to},
        "provenance": {"source": "gps", "accuracy_m": 10},
    }


def tell_hazard(page: Page) -> None:
    """Tell of it by hand: look at what it touches, then send."""
    page.locator("#nav").get_by_role("link", name="Hazards").click()
    form = page.get_by_role("form", name="Tell of a hazard")
    values = {
        "What and where": RANGE,
        "Centre, latitude": "10 00 36 N",
        "Centre, longitude": "20.01",
        "Radius": "5",
        "Highest height": "1500",
    }
    for label, value in values.items():
        form.get_by_label(label).fill(value)
    form.get_by_label("in", exact=True).select_option("km")
    send = form.get_by_role("button", name="Send it")
    expect(send).to_be_disabled()
    form.get_by_role("button", name="Look at what it touches").click()
    expect(page.locator(".preview")).to_contain_text(CLINIC)
    expect(page.locator(".preview")).to_contain_text("Within 5,000 m of 10.01000° N 20.01000° E")
    send.click()
    expect(page.locator(".preview")).to_contain_text("Told at")


@pytest.mark.requirement("L-01")
def test_three_duty_officers(console: Any, window: Callable[[], Any]) -> None:
    units = (UnitToken("unit-7"),)
    console.run(console.node.command(RegisterParty(PartyId("charlie"), "Party charlie", units)))
    assessed = {"receives": "the desk", "passes_on": "to nobody", "history": "none known"}
    write(console, "bravo", "/sharings/alpha", {"disclosure": "exact", **assessed}, "PUT")
    write(console, "bravo", "/intents", site(CLINIC, 10.0, ["alpha"]))
    write(console, "charlie", "/intents", site(DEPOT, -30.0, []))
    alpha, bravo, charlie = (
        officer(console, window, party) for party in ("alpha", "bravo", "charlie")
    )
    enrol(alpha.page)
    enrol(bravo.page)

    tell_hazard(alpha.page)

    alpha.page.locator("#nav").get_by_role("link", name="Inbox").click()
    met = alpha.page.locator("#inbox .task")  # the one that tells learns whose place it touches
    expect(met).to_contain_text(f"Your own {RANGE} meets {CLINIC} of Party bravo")
    card = bravo.page.locator("#inbox .task")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("HAZARD")
    expect(card).to_contain_text(f"{RANGE} of Party alpha, meets your {CLINIC}")
    expect(card).to_contain_text(NEITHER_PERMISSION_NOR_GUARANTEE)
    (notice,) = get(console, "bravo", "/notices")["notices"]

    receive_and_read_back(bravo, card, notice["particulars"])

    # The line of one is cut: it says so at once, and what was sent meanwhile waits.
    bravo.page.context.set_offline(True)
    expect(bravo.page.locator("#stale")).to_contain_text(
        re.compile(r"NOT CONNECTED since \d\d:\d\dZ")
    )
    expect(bravo.page.locator("#stale")).to_contain_text(re.compile(r"What you see is \d+ s old"))
    expect(bravo.page.locator("#channels")).to_contain_text("as of")
    card.get_by_role("button", name="PASSED-DOWN").click()
    card.get_by_role("button", name="Send PASSED-DOWN").click()
    expect(card).to_contain_text("not sent yet: no connection")

    # Two actions, whatever the view.
    charlie.page.locator("#nav").get_by_role("link", name="Picture").click()
    charlie.page.get_by_role("button", name="STOP").click()
    charlie.page.get_by_role("button", name="Send STOP to everybody").click()
    expect(charlie.page.locator("#stops")).to_contain_text("No person has said that it was read")
    expect(alpha.page.locator("#stops .stop-card")).to_have_count(1)
    expect(alpha.page).to_have_title(re.compile("STOP 1"))
    expect(bravo.page.locator("#stops .stop-card")).to_have_count(0)

    bravo.page.context.set_offline(False)
    expect(bravo.page.locator("#stale")).to_be_hidden()
    expect(bravo.page.locator("#stops .stop-card")).to_have_count(1)
    expect(card.locator(".steps")).to_contain_text("passed down to 1 of 1: done")
    answers = get(console, "bravo", "/notices")["notices"][0]["answers"]
    assert [each["verb"] for each in answers].count("PASSED-DOWN") == 1
    announced = bravo.page.locator("#announce p").all_inner_texts()
    assert len(announced) == len(set(announced)) > 0

    bravo.page.locator("#stops").get_by_role("button", name="I have read it").click()
    expect(bravo.page.locator("#stops .stop-card")).to_have_count(0)
    expect(charlie.page.locator("#stops")).to_contain_text(
        re.compile(r"First read by a person after \d+ s \(Party bravo after \d+ s\)")
    )
    expect(charlie.page.locator("#stops")).to_contain_text("Not read at: Party alpha.")
    expect(alpha.page.locator("#stops .stop-card")).to_have_count(1)  # not read there

    card.get_by_role("button", name="LOADED").click()
    card.get_by_label("In which system").fill("fire control")
    card.get_by_role("button", name="Send LOADED").click()
    expect(card).to_have_count(0)
    alpha.page.locator("#nav").get_by_role("link", name="Inbox").click()
    sent = alpha.page.locator("#sent .card", has_text="Party bravo")
    expect(sent).to_contain_text("loaded at 1 of 1 units: done")
    expect(sent).to_contain_text("LOADED unit-1 in fire control")

    each_sees_only_what_is_theirs(console, alpha, bravo, charlie)


def receive_and_read_back(bravo: Officer, card: Any, told: dict[str, Any]) -> None:
    """Once wrong, which is seen, and then right; RECEIVED comes first."""
    card.get_by_role("button", name="RECEIVED").click()
    expect(card.locator(".steps .done")).to_have_count(2)
    read_back(card, told)


def each_sees_only_what_is_theirs(
    console: Any, alpha: Officer, bravo: Officer, charlie: Officer
) -> None:
    """Neither on any view of the page nor in anything that the server ever sent to it."""
    for seen, hidden in (
        (alpha, [DEPOT]),
        (bravo, [DEPOT]),
        (charlie, [CLINIC, "unit-1", "fire control"]),
    ):
        for view in ("Picture", "Inbox", "Hazards", "Agreements"):
            seen.page.locator("#nav").get_by_role("link", name=view).click()
            expect(seen.page.locator("main .view:visible")).to_have_count(1)
            shown = seen.page.locator("body").inner_text()
            assert [text for text in hidden if text in shown] == []
        came = console.cutter.sent[seen.token].decode("utf-8", "replace")
        assert RANGE in came  # what is open to all did come: this looks at the right bytes
        assert [text for text in hidden if text in came] == []
    assert CLINIC in console.cutter.sent[alpha.token].decode("utf-8", "replace")
