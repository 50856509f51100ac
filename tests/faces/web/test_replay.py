"""The replay: minute by minute on the map and beside it, for one party, from entries alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import DESK, get, now_us, officer, volume, write
from wideberth.model.ids import PartyId
from wideberth.space.time import MINUTE_US, format_rfc3339, parse_rfc3339

pytestmark = pytest.mark.browser


def utc(time_us: int) -> str:
    """As the form takes it."""
    return format_rfc3339(time_us)[:16].replace("T", " ")


def happened(console: Any) -> int:
    """A flight and a hazard that clash, and positions two minutes ago and now."""
    at_us = now_us()
    flight = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"}
    write(console, "alpha", "/intents", flight)
    write(
        console,
        "bravo",
        "/intents",
        {
            "kind": "hazard",
            "place_name": "Range 4",
            "provenance": {"source": "planned", "accuracy_m": 10},
            "volumes": [volume(10, 20.01)],
        },
    )
    for minutes in (2, 0):
        report = {
            "track": "A1",
            "time": format_rfc3339(at_us - minutes * MINUTE_US),
            "latitude": 10.0,
            "longitude": 20.0 - minutes / 100,
            "accuracy_m": 15.0,
            "party": "alpha",
        }
        write(console, "alpha", "/tracks", {"feed": "adsb", "reports": [report]})
    return at_us


def replay(page: Page, begin_us: int, end_us: int) -> None:
    """Open the view and ask for a window."""
    page.locator("#nav").get_by_role("link", name="Replay").click()
    form = page.get_by_role("form", name="What to replay")
    form.get_by_label("From, UTC").fill(utc(begin_us))
    form.get_by_label("To, UTC").fill(utc(end_us))
    form.get_by_role("button", name="Show").click()


@pytest.mark.requirement("I-02")
def test_each_minute_shows_its_lines_its_places_and_its_positions(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    at_us = happened(console)
    page = officer(console, window, "alpha").page
    begin_us = at_us - 3 * MINUTE_US
    replay(page, begin_us, at_us + 3 * MINUTE_US)
    slider = page.get_by_role("slider", name="Minute")
    expect(slider).to_have_value("0")
    lines, tracks = page.locator("#replay-lines"), page.locator("#replay-tracks")
    expect(lines).to_contain_text("No line in this minute")
    expect(tracks).to_contain_text("does not say that nothing was there")

    page.get_by_role("button", name="One minute on").click()
    expect(tracks).to_contain_text("give or take 15 m")
    expect(tracks).to_contain_text("its file is still open")
    page.get_by_role("button", name="One minute on").click()
    expect(tracks).to_contain_text("alpha/A1: no position kept here")

    told = [
        each for group in get(console, "alpha", "/timeline")["groups"] for each in group["lines"]
    ]
    for kind, words in (
        ("intent told", "alpha told a new intent of the kind flight"),
        ("notice sent", "The mechanism issued a notice to alpha"),
    ):
        line = next(each for each in told if each["kind"] == kind)
        minute = parse_rfc3339(line["time"]) // MINUTE_US - begin_us // MINUTE_US
        slider.fill(str(minute))
        expect(lines).to_contain_text(f"{kind}: {words}")
        expect(lines).to_contain_text(f"[entry {line['entry']}, {line['proof']}]")
    expect(lines).to_contain_text("Time from telling to start")
    page.wait_for_timeout(1500)
    shot = tmp_path_factory.mktemp("shots") / "replay.png"
    page.screenshot(path=str(shot))
    assert shot.stat().st_size > 20_000

    slider.fill("0")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(slider).not_to_have_value("0")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_window_that_cannot_be_is_said(console: Any, window: Callable[[], Any]) -> None:
    page = officer(console, window, "bravo").page
    replay(page, now_us(), now_us() - 5 * MINUTE_US)
    expect(page.locator("#view-replay .fault")).to_contain_text("the first before the second")


def test_a_record_without_kept_positions_plays_too(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    hazard = {
        "kind": "hazard",
        "place_name": "Range 4",
        "provenance": {"source": "planned", "accuracy_m": 10},
        "volumes": [volume(10, 20)],
    }
    write(console, "alpha", "/intents", hazard)
    at_us = now_us()
    body = {
        "title": "A quiet quarter of an hour",
        "area": {"type": "Point", "coordinates": [20, 10], "radius_m": 5000},
        "start": format_rfc3339(at_us - 5 * MINUTE_US),
        "end": format_rfc3339(at_us + 10 * MINUTE_US),
        "parties": ["bravo"],
    }
    incident = write(console, "alpha", "/incidents", body)["incident"]
    found = window()
    token = console.node.mint(PartyId("alpha"), DESK, life_s=3600)
    page = found.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{console.url}/#/incidents/{incident}&token={token}")
    page.get_by_role("link", name="Replay it on the map").click()

    expect(page).to_have_url(re.compile(f"#/replay/{incident}$"))
    form = page.get_by_role("form", name="What to replay")
    expect(form.get_by_label("Incident")).to_have_value(incident)
    expect(form.get_by_label("From, UTC")).to_have_value(utc(at_us - 5 * MINUTE_US))
    expect(form.get_by_label("To, UTC")).to_have_value(utc(at_us + 10 * MINUTE_US))
    expect(page.locator("#replay-title")).not_to_contain_text("Choose")
    expect(page.locator("#view-replay .fault")).to_be_empty()
    expect(page.locator("#replay-tracks")).to_contain_text("No positions kept")
    scale = page.locator("#view-replay .maplibregl-ctrl-scale").last  # of its area, at once
    expect(scale).to_have_text(re.compile(r"^\d{1,2}\snm$"))
    slider = page.get_by_role("slider", name="Minute")
    slider.fill("7")
    expect(page.locator("#view-replay .nothing")).to_be_hidden()
    assert (slider.bounding_box() or {})["width"] > 300
    page.wait_for_timeout(1000)
    shots = tmp_path_factory.mktemp("shots")
    page.screenshot(path=str(shots / "replay-1280.png"))
    assert [each for each in found.said if "undefined" in each or "null" in each] == []

    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    page.screenshot(path=str(shots / "replay-390.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    show = form.get_by_role("button", name="Show").bounding_box() or {}
    map_box = page.locator("#view-replay .map").bounding_box() or {}
    assert show["y"] < map_box["y"], "what is chosen stands above the map"


def test_the_times_follow_the_clock_of_the_space_and_the_title_stands_whole(
    console: Any, window: Callable[[], Any]
) -> None:
    title = "An aircraft over the river at the weir below the old bridge"
    at_us = now_us()
    times = {"start": format_rfc3339(at_us - MINUTE_US), "end": format_rfc3339(at_us)}
    write(console, "alpha", "/incidents", {"title": title, "parties": ["bravo"]} | times)
    page = window().page
    page.add_init_script("const own = Date.now; Date.now = () => own() + 3 * 86400000;")
    page.set_viewport_size({"width": 390, "height": 844})
    token = console.node.mint(PartyId("alpha"), DESK, life_s=3600)
    page.goto(f"{console.url}/#/replay&token={token}")
    form = page.get_by_role("form", name="What to replay")
    expect(form.get_by_label("To, UTC")).to_have_value(re.compile(f"^{utc(now_us())[:10]}"))
    option = form.get_by_label("Incident").locator("option").nth(1)
    expect(option).to_have_text(f"{utc(at_us - MINUTE_US)} {title}")
    form.get_by_label("Incident").select_option(index=1)
    expect(page.locator("#replay-title")).to_have_text(title)
    form.get_by_role("button", name="Show").click()
    expect(page.locator("#replay-title")).to_contain_text(f"“{title}”. Only entries")
