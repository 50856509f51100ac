"""The read-back test, sat in the browser with the key of the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect

from agreements_scene import PACT, terms
from scenes import signer
from tests.faces.web.desk import enrol, get, officer
from tests.faces.web.test_inbox import a_hazard_over_a_flight, tab_to
from wideberth.model.agreements import Act, ProposeAgreement, StepAgreement
from wideberth.model.commands import AdoptRules, Command, Request
from wideberth.model.ids import PartyId
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.parties import Author
from wideberth.model.provisions import Languages
from wideberth.model.readbacktests import MOST_TRIES, facts_of
from wideberth.service import Applied, now_us
from wideberth.space.time import DAY_US, HOUR_US, format_rfc3339

pytestmark = pytest.mark.browser


def ask_for_it(console: Any, days: int = 365) -> None:
    """A rule of the space."""
    rules = msgspec.structs.replace(
        console.node.service.picture.space.rules, version="tested", read_back_test_us=days * DAY_US
    )
    console.run(console.node.command(AdoptRules(rules)))


def agree_on(console: Any, *tags: str, parties: tuple[str, str] = ("alpha", "bravo")) -> None:
    """Languages that two parties agree on."""

    def submit(command: Command, author: Author) -> None:
        done = console.run(console.node.service.submit(Request(author, command)))
        assert isinstance(done, Applied), done

    start_us = now_us()
    text = terms(
        Languages(id="tongues", tags=tags),
        parties=(PartyId(parties[0]), PartyId(parties[1])),
        effective_us=start_us,
        expires_us=start_us + 30 * DAY_US,
    )
    submit(ProposeAgreement(PACT, start_us + HOUR_US, text, 0), signer(parties[0]))
    digest = console.node.service.picture.agreements[PACT, 1].digest
    for party in parties:
        submit(StepAgreement(PACT, 1, Act.SIGN, digest=digest), signer(party))


def right(console: Any, language: str) -> list[str]:
    """What the message in a language says, in the order of the fields."""
    picture = console.node.service.picture
    (standing,) = (picture.read_back_tests[each] for each in picture.read_back_tests)
    facts = facts_of(standing.begun.seed, language)
    return [
        facts.identification,
        f"{facts.latitude_nd / 1e9:.6f}, {facts.longitude_nd / 1e9:.6f}",
        format_rfc3339(facts.start_us),
        format_rfc3339(facts.end_us),
        str(facts.lower_m),
        str(facts.upper_m),
    ]


LABELS = ("Number", "Place", "Begins", "Ends", "Lowest height", "Highest height")


def fill(page: Page, console: Any, language: str, **wrong: str) -> None:
    """Type what the message says, and that it is neither. wrong: instead, by label."""
    form = page.locator("#test form")
    expect(form.locator(".item")).to_have_attribute("lang", language)
    for label, value in zip(LABELS, right(console, language), strict=True):
        form.get_by_label(label).fill(wrong.get(label, value))
    for index, group in enumerate(form.get_by_role("group").all()):
        group.get_by_label(wrong.get(f"Question {index + 1}", "no")).check()


def right_of(text: str, line: int) -> str:
    """A line of a message as the page shows it."""
    return [each for each in text.split("\n") if each.strip()][line]


def test_a_time_is_read_as_in_every_form_and_asked_again_where_its_day_lacks(
    console: Any, window: Callable[[], Any]
) -> None:
    page = at_the_test(console, window)
    page.get_by_role("button", name="Begin the test").click()
    expect(page.locator("#test form")).to_be_visible()
    begins, ends = right(console, "en")[2:4]
    short = {"Begins": begins[11:16], "Ends": ends[:16].replace("T", " "), "Lowest height": "low"}
    fill(page, console, "en", **short)
    hand_in = page.get_by_role("button", name="Hand it in")
    fault = page.locator("#test form .fault")
    hand_in.click()
    expect(fault).to_contain_text("Give the day too, as the message says it")
    expect(page.get_by_label("Begins")).to_be_focused()
    page.get_by_label("Begins").fill(f"{begins[:10]} {begins[11:16]}")
    hand_in.click()
    expect(fault).to_contain_text("“low” is not understood; give whole metres, such as 120.")
    page.get_by_label("Lowest height").fill(right(console, "en")[4] + " m")
    hand_in.click()
    expect(page.locator("#test .result h3")).to_have_text("Passed")
    assert get(console, "alpha", "/read-back-tests")["keys"][0]["tries_left"] == MOST_TRIES - 1


def at_the_test(console: Any, window: Callable[[], Any]) -> Page:
    """At the page, with a key of this browser."""
    page = officer(console, window, "alpha", "drills").page
    signing = page.locator("#view-drills .signing")
    signing.get_by_role("button", name="Make and enrol").click()
    expect(signing).to_contain_text("Answers are signed with the key")  # or it says what is wrong
    expect(page.locator("#test-stands")).to_contain_text("(this browser)")
    return page


@pytest.mark.requirement("X-05")
def test_a_desk_is_told_of_the_test_before_an_answer_sits_it_and_answers(
    console: Any, window: Callable[[], Any]
) -> None:
    ask_for_it(console)
    seen = window()
    page = officer(console, lambda: seen, "alpha").page
    enrol(page)
    a_hazard_over_a_flight(console)
    card = page.locator("#inbox .task")
    needed = page.locator("#view-inbox .test-needed")
    expect(needed).to_contain_text("This key has not passed the read-back test")
    for verb in ("READ-BACK", "PASSED-DOWN", "LOADED"):
        expect(card.get_by_role("button", name=verb)).to_be_disabled()
    for verb in ("CANNOT-COMPLY", "DISPUTED"):
        expect(card.get_by_role("button", name=verb)).to_be_enabled()
    card.get_by_role("button", name="RECEIVED").click()  # by the token; it ends nothing
    expect(card.locator(".steps .done")).to_have_count(2)
    assert get(console, "alpha", "/notices")["notices"][0]["open"]

    needed.get_by_role("button", name="Go to the read-back test").click()
    expect(page.locator("#h-test")).to_be_focused()
    stands = page.locator("#test-stands")
    expect(stands).to_contain_text("in English. It holds for 365 days")
    expect(stands).to_contain_text(f"{MOST_TRIES} more tests may be begun")
    page.get_by_role("button", name="Begin the test").click()
    page.locator("#test form").get_by_role("button", name="Hand it in").click()
    expect(page.locator("#test form .fault")).to_contain_text("Number: say what the message says")
    text = page.locator("#test .item").inner_text()
    fill(page, console, "en", Place="10.0, 10.0", **{"Question 1": "yes"})
    page.get_by_role("button", name="Hand it in").click()
    result = page.locator("#test .result")
    expect(result).to_contain_text("Not passed")
    wrong = result.locator("tbody tr")
    expect(wrong).to_have_count(2)
    expect(wrong.locator("th")).to_have_text(
        ["English: Place: latitude, longitude", "English: Question 1"]
    )
    place = right_of(text, 2)
    expect(wrong.nth(0).locator("td")).to_have_text(["10.0, 10.0", place])
    expect(wrong.nth(1).locator("td")).to_have_text(
        ["yes", f"no. {NEITHER_PERMISSION_NOR_GUARANTEE}"]
    )
    expect(stands).to_contain_text(f"{MOST_TRIES - 1} more tests may be begun")

    page.get_by_role("button", name="Begin another test").click()
    fill(page, console, "en")
    page.get_by_role("button", name="Hand it in").click()
    expect(result).to_contain_text("Passed")
    (key,) = get(console, "alpha", "/read-back-tests")["keys"]
    assert key["may_acknowledge"]
    expect(result).to_contain_text(f"It holds until {key['valid_until'][:10]}")
    expect(stands).to_contain_text(f"runs out {key['valid_until'][:10]}")
    page.locator("#nav").get_by_role("link", name="Inbox").click()
    expect(needed).to_have_count(0)
    card.get_by_role("button", name="PASSED-DOWN").click()
    card.get_by_role("button", name="Send PASSED-DOWN").click()
    expect(card.locator(".steps")).to_contain_text("passed down to 1 of 1")
    assert seen.said == []  # nothing broke the policy, and nothing went wrong


@pytest.mark.requirement("X-05")
def test_each_agreed_language_has_its_message_and_its_direction_and_a_reload_costs_no_try(
    console: Any, window: Callable[[], Any]
) -> None:
    agree_on(console, "ar", "en-GB", "ru")
    page = at_the_test(console, window)
    expect(page.locator("#test-stands")).to_contain_text("Nobody asks for it here")
    page.get_by_role("button", name="Begin the test").click()
    item = page.locator("#test .item")
    expect(page.locator("#test h3")).to_have_text("Message 1 of 2, Arabic")
    expect(page.locator("#test form")).to_contain_text("There are no messages in Russian")
    expect(item).to_have_attribute("dir", "rtl")
    assert item.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert item.evaluate("each => getComputedStyle(each).borderRightWidth") == "4px"
    expect(page.locator("#test legend").first).to_have_attribute("dir", "rtl")
    expect(item).to_contain_text("WGS84:")
    expect(item.locator("bdi", has_text=re.compile(r"^\s*84\s*$"))).to_have_count(0)
    for figures in right(console, "ar")[1:4]:  # a place keeps its order: latitude stands first
        bdi = item.locator("bdi", has_text=figures)
        expect(bdi).to_have_attribute("dir", "ltr")
    fill(page, console, "ar")
    page.get_by_role("button", name="Next message").click()
    expect(page.locator("#test h3")).to_have_text("Message 2 of 2, English")
    expect(item).to_have_attribute("dir", "ltr")
    page.reload()
    expect(page.locator("#test h3")).to_have_text("Message 2 of 2, English")
    page.get_by_role("button", name="The message before").click()
    expect(page.get_by_label("Number")).to_have_value(right(console, "ar")[0])
    page.get_by_role("button", name="Next message").click()
    fill(page, console, "en")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.locator("#test .result")).to_contain_text("read-back-1 in Arabic, English")
    expect(page.locator("#test .result")).to_contain_text("Passed")
    assert page.evaluate("sessionStorage.getItem('wideberth.test')") is None
    assert get(console, "alpha", "/read-back-tests")["keys"][0]["tries_left"] == MOST_TRIES - 1


def test_the_test_is_sat_with_the_keyboard_alone(console: Any, window: Callable[[], Any]) -> None:
    page = at_the_test(console, window)
    tab_to(page, "Begin the test")
    page.keyboard.press("Enter")
    expect(page.locator("#h-item")).to_be_focused()
    for text in right(console, "en"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowLeft")  # from the first answer to the last: no
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#test .result h3")).to_have_text("Passed")
    expect(page.locator("#test .result h3")).to_be_focused()


def test_no_try_is_left_after_the_last_and_the_page_says_when_one_is(
    console: Any, window: Callable[[], Any]
) -> None:
    page = at_the_test(console, window)
    for tried in range(MOST_TRIES):
        page.get_by_role("button", name="Begin").click()
        fill(page, console, "en", Number="1")
        page.get_by_role("button", name="Hand it in").click()
        expect(page.locator("#test .result")).to_contain_text("English: Number")
        left = MOST_TRIES - 1 - tried
        if left:
            expect(page.locator("#test-stands")).to_contain_text(f"{left} more test")
    expect(page.locator("#test-stands")).to_contain_text(
        "No more tests may be begun with this key; the next one in"
    )
    expect(page.get_by_role("button", name="Begin")).to_have_count(0)


def test_one_that_runs_out_soon_is_said_in_the_inbox(
    console: Any, window: Callable[[], Any]
) -> None:
    ask_for_it(console, days=10)
    page = at_the_test(console, window)
    page.get_by_role("button", name="Begin the test").click()
    fill(page, console, "en")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.locator("#test .result")).to_contain_text("Passed")
    page.locator("#nav").get_by_role("link", name="Inbox").click()
    needed = page.locator("#view-inbox .test-needed")
    expect(needed).to_contain_text("The read-back test of this key runs out in ")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_message_fits_narrow_and_wide(
    console: Any, window: Callable[[], Any], width: int
) -> None:
    agree_on(console, "ar", "fr")
    page = at_the_test(console, window)
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("button", name="Begin the test").click()
    expect(page.locator("#test form")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#test form").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width
    assert box["width"] >= 0.9 * (width - 40)  # all of it: nothing else is to be done meanwhile
