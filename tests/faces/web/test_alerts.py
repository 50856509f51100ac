"""What makes itself heard: sounds, the title and icon of the tab, an empty desk; and STOP and its
kin in two actions from every view, also on a phone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import get, officer, write
from wideberth.faces.web import STATIC

pytestmark = pytest.mark.browser

MINUTE_MS = 60_000
LOOK_JS = """async (looks) => {
    const { QUIET, look, titleOf } = await import("/js/alerts.js");
    const item = ([source, key, rank]) => ({ source, key, order: [rank], thing: { answers: [] } });
    let memory = QUIET;
    return looks.map(({ now, input, items }) => {
        const given = items.map(item);
        const seen = look(memory, given, { nowMs: now, inputMs: input, awayMin: 3 });
        memory = seen.memory;
        return [seen.sound, seen.worst, seen.awayMs, titleOf(given)];
    });
}"""
STOP, OTHER, LOSS, FORCE, DUE = (
    ("stop", "stop s", 0), ("stop", "stop t", 0),
    ("warning", "w", 1), ("notice", "n", 2), ("call", "call", 4),
)  # fmt: skip


def looks() -> list[tuple[dict[str, Any], list[Any]]]:
    """A night: what there is at each second, when the page was touched last; and what is heard."""

    def at(second: int, *items: Any, touched: int = 0) -> dict[str, Any]:
        return {"now": second * 1000, "input": touched * 1000, "items": items}

    return [
        (at(1, DUE), [None, None, None, "(1) "]),  # nothing urgent: no sound
        (at(2, FORCE), ["force", "force", None, "▲ HAZARD 1 · "]),
        (at(3, FORCE), [None, "force", None, "▲ HAZARD 1 · "]),  # not again at once
        (at(10, LOSS, FORCE), ["loss", "loss", None, "▲ WARNING 1 · "]),  # what is new and worse
        (at(26, LOSS, FORCE), ["loss", "loss", None, "▲ WARNING 1 · "]),  # untouched: again
        (at(60, LOSS, FORCE, touched=59), [None, "loss", None, "▲ WARNING 1 · "]),  # seen
        (at(61, STOP, LOSS, touched=59), ["stop", "stop", None, "■ STOP 1 · "]),
        (at(63, STOP, OTHER, LOSS, touched=62), ["stop", "stop", None, "■ STOP 2 · "]),  # new
        (at(69, STOP, LOSS, touched=66), ["stop", "stop", None, "■ STOP 1 · "]),  # until it is read
        (at(70, LOSS, touched=66), [None, "loss", None, "▲ WARNING 1 · "]),
        (at(66 + 179, LOSS, touched=66), [None, "loss", None, "▲ WARNING 1 · "]),
        (at(66 + 180, LOSS, touched=66), [None, "loss", 66_000, "▲ WARNING 1 · "]),  # nobody
        (at(66 + 190, DUE, touched=66), [None, None, None, "(1) "]),  # nothing urgent waits
        (at(900, FORCE, touched=66), ["force", "force", None, "▲ HAZARD 1 · "]),  # its own time
        (at(1080, FORCE, touched=66), ["force", "force", 900_000, "▲ HAZARD 1 · "]),
        (at(1081), [None, None, None, ""]),
    ]


def heard(page: Page) -> list[Any]:
    return page.evaluate(LOOK_JS, [given for given, _ in looks()])


def test_what_is_heard_in_a_night(console: Any, window: Callable[[], Any]) -> None:
    page = window().page
    page.goto(console.url)
    assert heard(page) == [wanted for _, wanted in looks()]


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        pytest.param('soundOf(item) === "stop" || inputMs', "inputMs", id="a touch ends a STOP"),
        pytest.param("fresh.includes(loudest) || ", "", id="what is new waits its turn"),
        pytest.param("Math.max(first, inputMs)", "inputMs", id="away before anything waited"),
        pytest.param("inputMs < since[item.key]", "true", id="it never stops"),
    ],
)
def test_a_planted_fault_is_heard(
    console: Any, window: Callable[[], Any], sound: str, faulty: str
) -> None:
    page = window().page
    source = (STATIC / "js" / "alerts.js").read_text()
    assert sound in source
    changed = source.replace(sound, faulty)
    page.route(
        "**/js/alerts.js", lambda route: route.fulfill(body=changed, content_type="text/javascript")
    )
    page.goto(console.url)
    assert heard(page) != [wanted for _, wanted in looks()]


LISTENS = """
    window.heard = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when) {
        window.heard.push(Math.round(this.frequency.value));
        return start.call(this, when);
    };
"""


def until(page: Page, condition: str) -> None:
    """Wait for it, asked from outside: the page's own policy lets no text be run in it."""
    deadline = time.monotonic() + 60
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


def test_a_stop_is_heard_and_seen_in_the_tab_until_it_is_read(
    console: Any, window: Callable[[], Any]
) -> None:
    seen = window()
    page = seen.page
    page.add_init_script(LISTENS)
    officer(console, lambda: seen, "alpha", "agreements")
    sound = page.get_by_role("button", name="SOUND OFF")  # until a person turns it on
    sound.click()
    expect(page.locator("#sound")).to_have_text("Sound on")
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    until(page, "heard.length > 0")  # a person hears what they turned on
    assert 880 not in page.evaluate("heard")
    write(console, "bravo", "/stop", {"form": "stop", "text": "fire on our post"})
    until(page, "heard.includes(880)")
    expect(page).to_have_title(re.compile("^■ STOP 1 · EXERCISE"))
    icon = page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile("e02b20"))
    page.evaluate("(ms) => { const now = Date.now; Date.now = () => now() + ms; }", 4 * MINUTE_MS)
    away = page.locator("#away")
    expect(away).to_contain_text(
        re.compile(r"NOBODY AT THE DESK\?.*for [34] minutes, and 1 urgent")
    )
    page.keyboard.press("Tab")
    expect(away).to_be_hidden()
    page.get_by_role("button", name="I have read it").click()
    expect(page).to_have_title(re.compile("^EXERCISE"))
    expect(icon).not_to_have_attribute("href", re.compile("e02b20"))
    assert not [each for each in seen.said if "Error" in each]


@pytest.mark.requirement("L-01", "L-10")
def test_stop_and_its_kin_take_two_actions_from_every_view_also_on_a_phone(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "alpha").page
    forms = ("STOP", "OUR-ERROR", "DOUBT")
    views = page.locator("#nav a").all_inner_texts()
    names = [re.sub(r"\W*\d*$", "", each) for each in views]
    assert len(names) >= 8
    for number, name in enumerate(names):
        page.set_viewport_size({"width": (390, 1280)[number % 2], "height": 800})
        page.locator("#nav").get_by_role("link", name=name).click()
        page.mouse.wheel(0, 900)
        form = forms[number % 3]
        expect(page.locator("#stop")).to_be_in_viewport()
        page.locator("#stop").click()  # one
        send = page.get_by_role("button", name=f"Send {form} to everybody")
        expect(send).to_be_in_viewport()
        if number == 0:  # what is typed in a form behind it stays
            page.keyboard.press("Escape")
            page.locator("#stop").click()
        send.click()  # two
        expect(page.locator("#stops .stop-card", has_text=f"Your {form}").last).to_be_visible()
        page.locator("#stops").get_by_role("button", name="Put away").first.click()
        expect(page.locator("#stops .stop-card")).to_have_count(0)
    told = [each["form"] for each in get(console, "bravo", "/stops")["stops"]]
    assert sorted(told) == sorted(forms[n % 3].lower() for n in range(len(names)))
