"""The incidents page: two parties and an observer, each at a browser of its own. Each column stands
alone, each reads what is shown to it and no more, and the page judges nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.faces.web.desk import officer
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser

TITLE = "The morning at the river"
NAMED = ("alpha", "bravo", "lake")
SECRET = "Only for bravo to read"
JUDGES = re.compile(
    r"\b(sever\w*|serious\w*|grave|critical\w*|fault\w*|blam\w*|guilt\w*|culpab\w*|violat\w*|"
    r"hostil\w*|aggress\w*|deliberate\w*|accident\w*|intention\w*|provo\w*|attack\w*|wrong\w*|"
    r"liar|lie[sd]?|true|false|credib\w*)\b",
    re.IGNORECASE,
)


def register(console: Any, *parties: str) -> None:
    for party in parties:
        console.run(console.node.command(RegisterParty(PartyId(party), f"Party {party}", ())))


def at_incidents(console: Any, window: Callable[[], Any], party: str) -> Page:
    """At the page, with a key of this browser."""
    page = officer(console, window, party, "incidents").page
    view = page.locator("#view-incidents")
    view.get_by_role("button", name="Make and enrol a key").click()
    expect(view.locator(".signing")).to_contain_text("Answers are signed with the key")
    return page


def open_incident(page: Page) -> None:
    page.get_by_role("button", name="Open an incident").click()
    form = page.get_by_role("form", name="Open an incident")
    form.get_by_label("Title").fill(TITLE)
    form.get_by_label("From, UTC").fill("2026-01-10 09:00")
    form.get_by_label("To, UTC").fill("2026-01-10 09:30")
    form.get_by_role("group", name="Parties to it").get_by_label("Party bravo").check()
    form.get_by_role("group", name="Observers").get_by_label("Party lake").check()
    form.get_by_role("button", name="Open it").click()
    expect(page.locator("#incident h3")).to_have_text(TITLE)


def give(page: Page, told: dict[str, str], who: str, *, to: str | None = None) -> None:
    """Give an account, or correct it. told: by the label of the field; who: who may read it."""
    page.get_by_role("button", name=re.compile("(Give|Correct) your account")).click()
    form = page.get_by_role("form", name=re.compile("your account"))
    for label, value in told.items():
        form.get_by_label(label, exact=True).fill(value)
    form.get_by_label(who).check()
    if to is not None:
        form.get_by_role("group", name="These parties").get_by_label(to).check()
    form.get_by_role("button", name="Sign and give it").click()
    expect(form).to_have_count(0)


def column(page: Page, party: str) -> Locator:
    return page.locator(f"#incident [data-party={party}]")


def columns(page: Page) -> list[str]:
    return page.locator("#incident .column h5").all_inner_texts()


def says_nothing_of_anybody(page: Page) -> None:
    """No word of the page itself, outside of what parties wrote, weighs or judges."""
    said = page.evaluate(
        """() => {
          const copy = document.getElementById("view-incidents").cloneNode(true);
          for (const each of copy.querySelectorAll(".words, h3, #incidents b")) each.remove();
          const labels = [...copy.querySelectorAll("[aria-label], [placeholder], [title]")]
            .flatMap((each) => [each.ariaLabel, each.placeholder, each.title]);
          return [copy.textContent, ...labels].join("\\n");
        }"""
    )
    assert JUDGES.findall(said) == []


ALPHA = {
    "Time, UTC": "2026-01-10 09:12",
    "may be off by, in seconds": "30",
    "Latitude": "47.0",
    "Longitude": "7 30 00 E",
    "may be off by, in metres": "500",
    "Aircraft": "one fixed wing",
    "Words": "It crossed the river.",
}
BRAVO = {
    "Time, UTC": "2026-01-10 09:20",
    "Latitude": "47 00 00 N",
    "Longitude": "7.6",
    "may be off by, in metres": "100",
    "Words": SECRET,
}


@pytest.mark.requirement("I-01")
def test_each_side_stands_in_a_column_of_its_own_and_shows_it_to_whom_it_likes(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    register(console, "lake", "outside")
    alpha, bravo, lake = (at_incidents(console, window, each) for each in NAMED)
    outside = officer(console, window, "outside", "incidents").page
    open_incident(alpha)
    for page in (bravo, lake):
        expect(page.locator("#incident h3")).to_have_text(TITLE)
        assert columns(page) == ["Party alpha", "Party bravo", "Party lake", "Record shows"]
        expect(column(page, "alpha")).to_contain_text("Nothing that is shown to you")
    expect(outside.locator("#incidents")).to_contain_text("No incident names your party")

    give(alpha, ALPHA, "all who are named in it now")
    give(bravo, BRAVO, "these:", to="Party alpha")
    expect(column(alpha, "bravo")).to_contain_text(SECRET)
    expect(column(lake, "alpha")).to_contain_text("47.00000° N 7.50000° E ±\u00a0500")
    expect(column(lake, "alpha")).to_contain_text("shows it to: Party bravo, Party lake")
    expect(column(lake, "bravo")).to_contain_text("Nothing that is shown to you")
    expect(column(bravo, "bravo")).to_contain_text("Not shown to: Party lake")
    expect(column(alpha, "bravo").locator("[data-claim=identity]")).to_contain_text("does not say")

    # Where they differ, for those who may read both; both values, each with its own error.
    rows = alpha.locator("#incident .differences tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("8 minutes apart")
    expect(rows.first).to_contain_text("±\u00a030 s")
    expect(rows.first).to_contain_text("no error stated")
    expect(rows.nth(1)).to_contain_text("7,606 m / 24,953 ft apart")
    expect(rows.nth(1)).to_contain_text("at least 7,006 m")
    expect(lake.locator("#incident")).to_contain_text("No difference between the accounts")

    # A correction: both versions stay, and each can be read.
    give(alpha, {"Longitude": "7.52"}, "all who are named in it now")
    expect(column(bravo, "alpha")).to_contain_text("7.52000° E")
    bravo.get_by_role("button", name="v1", exact=True).click()
    expect(column(bravo, "alpha")).to_contain_text("7.50000° E")
    expect(column(bravo, "alpha")).to_contain_text("one fixed wing")
    expect(rows.nth(1)).to_contain_text("6,084 m")

    expect(alpha.get_by_role("region", name="What each one says")).to_be_visible()
    expect(alpha.locator("#incident .record")).to_contain_text(re.compile("entry|No line"))
    for page in (alpha, bravo, lake):
        says_nothing_of_anybody(page)
    for page in (lake, outside):
        assert SECRET not in page.content()
    token = console.cutter.sent
    assert sum(SECRET.encode() in bytes(each) for each in token.values()) == 2, "alpha and bravo"
    shots = tmp_path_factory.mktemp("shots")
    shoot(alpha, shots)


def shoot(page: Page, folder: Path) -> None:
    """Wide and narrow, as it looks."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#view-incidents").evaluate("each => each.scrollTo(0, 0)")
    page.screenshot(path=str(folder / "wide.png"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.set_viewport_size({"width": 420, "height": 900})
    page.screenshot(path=str(folder / "narrow.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
