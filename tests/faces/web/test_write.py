"""An intent is drawn, pasted and typed in the console; what it would touch stands beside it while
that is done; it is told once, whatever the line does; each other party gets what was foretold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.faces.web.desk import get, officer, volume, write
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId, UnitToken
from wideberth.space.time import MINUTE_US, format_rfc3339, parse_rfc3339

pytestmark = pytest.mark.browser


def fill(form: Locator, **values: str) -> None:
    for name, value in values.items():
        form.locator(f"[name={name}]").fill(value)


def touching(page: Page) -> Locator:
    return page.locator("section:has(#h-touches) .live").first


def paste(page: Page, text: str) -> Locator:
    """Into the box for text; gives what was read of it."""
    box = page.locator("details.pasting")
    if box.get_attribute("open") is None:
        box.locator("summary").first.click()
    box.locator("[name=pasted]").fill(text)
    return box.locator(".read")


@pytest.mark.requirement("F-10", "P-02")
def test_three_parties_an_intent_is_written_with_a_cut_and_told_once(  # noqa: PLR0915 - one journey
    console: Any, window: Callable[[], Any]
) -> None:
    named = RegisterParty(PartyId("charlie"), "Party charlie", (UnitToken("unit-1"),))
    console.run(console.node.command(named))
    open_one = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "BRAVO1"}
    write(console, "bravo", "/intents", open_one)
    secret = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "SECRET7"}
    write(console, "charlie", "/intents", secret | {"visibility": {"level": "on-conflict"}})
    alpha = officer(console, window, "alpha", "write").page
    form = alpha.get_by_role("form", name="Tell an intent")
    expect(touching(alpha)).to_contain_text("what it would touch stands here while you do")
    send = form.get_by_role("button", name="Send it")
    expect(send).to_be_disabled()

    # Pasted: what is not read is said in its row and changes nothing.
    said = paste(alpha, "10.0 N 20.0 E\nrubbish")
    expect(said).to_contain_text("Row 2, place")
    expect(said).to_contain_text("No shape was read")
    said = paste(alpha, "Name\tLat\tLon\tRadius (m)\nBASE\t10.0\t20.0\t2000\nFAR\t10,5\t20\t9")
    expect(said).to_contain_text("1 shape was read")
    expect(said.locator(".troubles li")).to_have_count(1)
    expect(said).to_contain_text("Row 3, Lat")
    mapped = alpha.locator(".mapping").get_by_label("Radius (m)")
    expect(mapped).to_have_value("radius_m")
    mapped.select_option("radius_km")
    expect(form.get_by_label("Radius", exact=True)).to_have_value("2000000")
    mapped.select_option("radius_m")
    expect(form.get_by_label("Radius", exact=True)).to_have_value("2000")

    # Live: it waits for what is missing, then says what it touches, and what that does not cover.
    expect(touching(alpha)).to_contain_text("Not asked yet")
    fill(form, upper="500")
    form.locator("[name=reference]").select_option("W84")
    expect(touching(alpha)).to_contain_text("It touches nothing that is open to you")
    expect(touching(alpha)).to_contain_text("No information is not clearance")
    now = get(console, "bravo", "/intents")["intents"][0]
    fill(form, start=now["start"][:16].replace("T", " "), end=now["end"][:16].replace("T", " "))
    expect(touching(alpha)).to_contain_text("BRAVO1")
    expect(touching(alpha)).to_contain_text("OVERLAPS")
    expect(touching(alpha)).to_contain_text("Against what is open to you")
    body = alpha.locator("body")
    expect(body).not_to_contain_text("SECRET7")
    expect(alpha.locator("section:has(#h-touches)")).not_to_contain_text("Hidden intents are met")

    # Hidden ones only when that is asked, and counted.
    spent = get(console, "charlie", "/notices")["notices"]
    alpha.get_by_role("button", name="Test hidden ones too").click()
    hidden = alpha.locator("section:has(#h-touches) .live").nth(1)
    expect(hidden).to_contain_text("Hidden intents are met by 1 part of yours")
    expect(hidden).to_contain_text("49 touches of hidden ones are left today")
    expect(hidden).not_to_contain_text("charlie")
    assert get(console, "charlie", "/notices")["notices"] == spent, "a dry run tells nobody"
    expect(alpha.get_by_role("button", name="Test hidden ones too")).to_be_disabled()

    # Foretold, for each other party; and the line is cut while it is sent.
    form.locator("[name=level]").select_option("named")
    form.locator(".parties").get_by_label("Party bravo").check()
    fill(form, call_sign="ALPHA1")
    foretold = alpha.locator("details.foretold")
    expect(foretold).to_have_count(2)
    expect(foretold.filter(has_text="Party charlie")).to_contain_text("sees nothing")
    bravo_sees = foretold.filter(has_text="Party bravo")
    expect(bravo_sees).to_contain_text("sees all of it")
    bravo_sees.locator("summary").first.click()
    bravo_sees.get_by_text("Byte by byte").click()
    expect(bravo_sees.locator("pre")).to_contain_text("ALPHA1")
    promised = json.loads(bravo_sees.locator("pre").inner_text())

    cuts: list[str] = []

    def cut(route: Route) -> None:
        """The server takes it and the answer is lost on the way; then the line is dead once."""
        if not cuts:
            route.fetch()
        cuts.append(route.request.headers["idempotency-key"])
        if len(cuts) < 3:
            route.abort("connectionreset")
        else:
            route.continue_()

    expect(send).to_be_enabled()
    alpha.route(re.compile("/api/v1/intents$"), cut)
    send.click()
    expect(form).to_contain_text("not sent yet: no connection")
    told = form.locator(".card", has_text="Told")
    expect(told).to_be_visible()
    assert len(cuts) >= 3
    assert len(set(cuts)) == 1, "under one key"
    own = [i for i in get(console, "alpha", "/intents")["intents"] if i["party"] == "alpha"]
    assert [each["call_sign"] for each in own] == ["ALPHA1"], "neither lost nor doubled"
    told.get_by_role("button", name="Show its receipt").click()
    expect(told.locator("pre")).to_contain_text("c2sp.org/tlog-proof")

    got = get(console, "bravo", f"/intents/{own[0]['id']}")
    later = ("id", "ovn", "told", "lead_s")
    assert {n: v for n, v in got.items() if n not in later} == {
        n: v for n, v in promised.items() if n not in later
    }
    bravo = officer(console, window, "bravo", "picture").page
    expect(bravo.locator("#intents")).to_contain_text("ALPHA1")
    charlie = officer(console, window, "charlie", "picture").page
    expect(charlie.locator("#intents")).to_contain_text("BRAVO1")
    expect(charlie.locator("body")).not_to_contain_text("ALPHA1")

    # A new version of it, and its end, from its row.
    row = alpha.locator("section:has(#h-own) .card", has_text="ALPHA1")
    row.get_by_role("button", name="Change it").click()
    expect(form).to_contain_text("You change “ALPHA1”, version 1")
    expect(form.get_by_label("Radius", exact=True)).to_have_value("2000")
    fill(form, upper="400")
    form.get_by_role("button", name="Send version 2").click()
    expect(form.locator(".card", has_text="Told")).to_contain_text("version 2")
    expect(row).to_contain_text("400 m W84")
    row.get_by_role("button", name="End it").click()
    row.get_by_role("button", name="End this intent").click()
    expect(row).to_have_count(0)


def test_an_area_is_drawn_and_stands_beside_the_map_as_text(
    console: Any, window: Callable[[], Any]
) -> None:
    opened = window()
    page: Page = opened.page
    page.goto(f"{console.url}/#/write&token={console.token('alpha')}")
    expect(page.locator("#foot")).to_contain_text("Notices live")
    form = page.get_by_role("form", name="Tell an intent")
    canvas = page.locator("#view-write .map canvas").first
    box = canvas.bounding_box()
    assert box is not None
    middle_x, middle_y = box["width"] / 2, box["height"] / 2
    volumes = form.locator("fieldset.volume")

    form.get_by_role("button", name="Area", exact=True).click()
    for dx, dy in ((-90, -60), (90, -60), (90, 60)):
        canvas.click(position={"x": middle_x + dx, "y": middle_y + dy})
    form.get_by_role("button", name="Finish the shape").click()
    expect(volumes).to_have_count(1)
    expect(volumes.first).to_contain_text("3 places, as text")
    volumes.first.locator("details.log summary").click()
    typed = volumes.first.locator("textarea")
    before = typed.input_value().splitlines()
    assert len(before) == 3
    assert [line for line in opened.said if "ignored" not in line] == []


def test_times_are_proposed_by_the_clock_of_the_node(
    console: Any, window: Callable[[], Any]
) -> None:
    """Also where the page was drawn before the node said what time it is."""

    def ahead(route: Route) -> None:
        answer = route.fetch()
        said = answer.json()
        time_us = parse_rfc3339(said["time"]) + 20 * MINUTE_US
        route.fulfill(json=said | {"time": format_rfc3339(time_us)})

    for view, least_min in (("tell", 18), ("write", 78)):
        page = window().page
        page.route("**/api/v1/space", ahead)
        page.goto(console.address("alpha").replace("#", f"#/{view}&"))
        expect(page.locator(f"#view-{view} [name=start]")).to_be_visible()
        page.wait_for_function(
            """([view, least_min]) => {
                const text = document.querySelector(`#view-${view} [name=start]`).value;
                return Date.parse(`${text.replace(" ", "T")}Z`) - Date.now() > least_min * 60000;
            }""",
            arg=[view, least_min],
        )
        page.unroute_all(behavior="ignoreErrors")
    kept = page.evaluate(
        """async () => {
            const { ProposedTimes } = await import("/js/fields.js");
            const unknown = { clock: { serverMs: NaN } }, known = { clock: { serverMs: 5 } };
            const context = { state: () => unknown, now: () => 1 };
            const propose = (ms) => ({ start: `${ms}`, end: `${ms + 1}` });
            const times = new ProposedTimes(context, propose);
            const elements = { start: { value: "mine" }, end: { value: "2" } };
            const clocks = [[unknown, 3], [known, 5], [known, 7]];
            const said = clocks.map(([state, ms]) => times.update(state, elements, ms));
            return [...said, elements.start.value, elements.end.value];
        }"""
    )
    assert kept == [False, True, False, "mine", "6"]
