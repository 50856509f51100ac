"""Parties, tokens and words of the tests of the duty desk's pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.space.time import HOUR_US, MINUTE_US, format_rfc3339

DESK = (Role.WATCH, Role.ACKNOWLEDGE, Role.TELL, Role.SIGN, Role.ADMINISTER)
"""What a duty officer's token may do in these tests; the last one enrols the browser's key."""


def now_us() -> int:
    return time.time_ns() // 1000


def volume(latitude: float, longitude: float, **given: Any) -> dict[str, Any]:
    """A circle from the ground to 1000 m, from five minutes ago for an hour, unless said."""
    whole: dict[str, Any] = {
        "footprint": {"type": "Point", "coordinates": [longitude, latitude], "radius_m": 5000},
        "lower": {"value": 0, "units": "M", "reference": "W84"},
        "upper": {"value": 1000, "units": "M", "reference": "W84"},
        "start": format_rfc3339(now_us() + 2 * MINUTE_US),
        "end": format_rfc3339(now_us() + HOUR_US),
    }
    return whole | given


def write(console: Any, party: str, path: str, body: Any, method: str = "POST") -> Any:
    """A write by HTTP in the name of a party."""
    token = console.node.mint(PartyId(party), DESK, life_s=3600)
    answer = httpx.request(
        method,
        f"{console.url}/api/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert answer.status_code < 300, answer.text
    return answer.json()


def get(console: Any, party: str, path: str) -> Any:
    """What the party may read there."""
    return write(console, party, path, None, "GET")


@dataclass(frozen=True)
class Officer:
    """A duty officer at a browser of its own: the page, and the token that it shows."""

    page: Page
    token: str


def a_hazard_at_a_place(console: Any) -> None:
    """A clinic of alpha, shared with bravo, that a hazard of bravo touches: a notice waits."""
    place = {
        "kind": "presence",
        "volumes": [volume(10, 20)],
        "place_name": "Clinic",
        "visibility": {"level": "named", "parties": ["bravo"]},
        "provenance": {"source": "gps", "accuracy_m": 10},
    }
    assessed = {"receives": "the desk", "passes_on": "to nobody", "history": "none known"}
    write(console, "alpha", "/sharings/bravo", {"disclosure": "exact", **assessed}, "PUT")
    write(console, "alpha", "/intents", place)
    hazard = {"kind": "hazard", "call_sign": "Range 4", "volumes": [volume(10.01, 20.01)]}
    write(console, "bravo", "/intents", hazard | {"provenance": place["provenance"]})


def officer(console: Any, window: Callable[[], Any], party: str, view: str = "inbox") -> Officer:
    """Signed in, with a live stream."""
    page: Page = window().page
    token = console.node.mint(PartyId(party), DESK, life_s=3600)
    page.goto(f"{console.url}/#/{view}&token={token}")
    expect(page.locator("#foot")).to_contain_text("Notices live")
    return Officer(page, token)


def enrol(page: Page) -> None:
    """Make this browser's key, and have it enrolled."""
    panel = page.locator("#view-inbox")
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Make and enrol a key").click()
    expect(page.locator("#view-inbox .signing")).to_contain_text("Answers are signed with the key")


def fill(form: Any, told: dict[str, Any], **other: str) -> None:
    """Type what was told, as it might be heard. other: instead, by the label of the field."""
    values = {
        "Latitude": str(told["latitude"]),
        "Longitude": str(told["longitude"]),
        "Begins, UTC": told["start"][:16].replace("T", " "),
        "Ends, UTC": told["end"][:16].replace("T", " "),
        "Lowest height": str(round(told["lower_m"])),
        "Highest height": str(round(told["upper_m"])),
    } | other
    for label, value in values.items():
        form.get_by_label(label).fill(value)


def read_back(card: Locator, told: dict[str, Any]) -> None:
    """Read a notice back, first with a wrong longitude: the page says what does not match."""
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
