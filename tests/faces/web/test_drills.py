"""Drill messages in the console: sent, answered beside the inbox and never in it, hop by hop."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from scenes import signer
from tests.faces.web.desk import enrol, get, now_us, officer, write
from tests.faces.web.test_inbox import tab_to
from tests.faces.web.test_readback import agree_on
from wideberth.faces.web import STATIC
from wideberth.model.commands import AcknowledgeNotice, RegisterParty
from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.notices import Verb
from wideberth.model.parties import Role
from wideberth.service import Request
from wideberth.space.time import MINUTE_US

pytestmark = pytest.mark.browser


def agreed(console: Any, party: str) -> None:
    """alpha and this party agreed on something, and have it loaded: no notice of it is open."""
    agree_on(console, "en", parties=("alpha", party))
    picture = console.node.service.picture
    for each in ("alpha", party):
        for standing in picture.notices_to(PartyId(each)):
            for unit in standing.notice.units:
                told = AcknowledgeNotice(
                    standing.notice.id, Verb.LOADED, unit=unit, system="mission planning"
                )
                console.run(console.node.service.submit(Request(signer(each), told)))
        assert picture.notices_to(PartyId(each)) == []


def send(page: Page, to: str, *, minutes: str = "15") -> None:
    """By the form of the page."""
    form = page.get_by_role("form", name="Send a drill message")
    form.get_by_label("To", exact=True).select_option(to)
    form.get_by_label("Answers are waited for").fill(minutes)
    form.get_by_role("button", name="Send the drill message").click()


def hop(card: Locator, name: str) -> Locator:
    """The line of a hop."""
    return card.locator(".hops tbody tr", has=card.page.get_by_role("rowheader", name=name))


def answer(card: Locator, verb: str, **typed: str) -> None:
    """Open the form of a hop, fill it in, and send it."""
    card.get_by_role("button", name=verb, exact=True).click()
    for label, value in typed.items():
        card.get_by_label(label).fill(value)
    card.get_by_role("button", name=f"Send {verb}").click()


def drill_of(console: Any, party: str) -> Any:
    """The one drill that the party may see."""
    (drill,) = get(console, party, "/drills")["drills"]
    return drill


@pytest.mark.requirement("X-01")
def test_a_drill_goes_down_to_the_unit_and_back_and_is_never_a_notice(
    console: Any, window: Callable[[], Any]
) -> None:
    agreed(console, "bravo")
    seen = window()
    alpha = officer(console, lambda: seen, "alpha", "drills").page
    bravo = officer(console, window, "bravo").page
    enrol(bravo)
    place = bravo.locator("#inbox-drills")
    expect(place).to_be_hidden()

    send(alpha, "bravo", minutes="0")
    expect(alpha.locator("#view-drills")).to_contain_text("Give 1 to 720 minutes")
    send(alpha, "bravo")
    expect(alpha.locator("#drill-sent")).to_contain_text("Sent to Party bravo at")
    expect(alpha.locator("#view-drills")).to_contain_text("it is no notice")
    listed = alpha.locator("#drills .drill")
    expect(hop(listed, "LOADED unit-1")).to_contain_text("waits")
    word = drill_of(console, "bravo")["word"]
    assert word not in alpha.content(), "who sends it reads nothing back"

    # Where a duty officer sees it, and in no inbox.
    card = place.locator(".drill")
    expect(card).to_contain_text(f"Word to be read back: {word}")
    expect(card).to_contain_text("A drill message is no notice")
    expect(bravo.locator("#nav-drills-count")).to_have_text("1")
    expect(bravo.locator("#inbox .task")).to_have_count(0)
    expect(bravo.locator("#nav-count")).to_be_hidden()
    assert not bravo.title().startswith("(")

    card.get_by_role("button", name="RECEIVED").click()
    expect(hop(card, "RECEIVED")).to_contain_text("after ")
    answer(card, "READ-BACK", Word="XX0000")
    expect(card.get_by_role("alert")).to_contain_text("not the word")
    card.get_by_label("Word").fill(word.lower())
    card.get_by_role("button", name="Send READ-BACK").click()
    expect(hop(card, "READ-BACK")).to_contain_text("after ")
    answer(card, "PASSED-DOWN")
    expect(hop(card, "PASSED-DOWN unit-1")).to_contain_text("after ")
    answer(card, "LOADED")
    expect(card).to_have_count(0)
    expect(place).to_be_hidden()
    expect(bravo.locator("#nav-drills-count")).to_be_hidden()

    # The other side saw each hop come, without asking for it.
    expect(listed).to_contain_text("answered")
    for name in ("RECEIVED", "READ-BACK", "PASSED-DOWN unit-1", "LOADED unit-1"):
        expect(hop(listed, name)).to_contain_text(re.compile(r"after \d+\.\d\ss"))
    drill = drill_of(console, "bravo")
    assert (drill["state"], len(drill["hops"])) == ("answered", 4)
    (key,) = get(console, "bravo", "/parties/bravo")["keys"]
    assert key["last_seq"] == 4, "each of them is signed by the key of the browser"
    assert not [each for each in get(console, "bravo", "/notices")["notices"] if each["open"]]
    assert seen.said == []  # nothing broke the policy, and nothing went wrong


def test_a_drill_is_seen_by_its_two_parties_and_goes_down_to_chosen_units(
    console: Any, window: Callable[[], Any]
) -> None:
    units = (UnitToken("crew"), UnitToken("tower"))
    console.run(console.node.command(RegisterParty(PartyId("charlie"), "Party charlie", units)))
    agreed(console, "charlie")
    alpha = officer(console, window, "alpha", "drills").page
    form = alpha.get_by_role("form", name="Send a drill message")
    form.get_by_label("To", exact=True).select_option("charlie")
    expect(form).to_contain_text("every unit on the party's own list")
    assert "tower" not in alpha.content(), "its list is its own before a drill went there"
    send(alpha, "charlie")
    expect(alpha.locator("#drills .drill")).to_have_count(1)
    form.get_by_role("group", name="Down to these units").get_by_label("tower").check()
    send(alpha, "charlie")
    expect(alpha.locator("#drills .drill")).to_have_count(2)
    newest, first = (each["units"] for each in get(console, "alpha", "/drills")["drills"])
    assert (newest, first) == (["tower"], ["crew", "tower"])
    bravo = officer(console, window, "bravo", "drills").page
    expect(bravo.locator("#drills")).to_contain_text("No other drill that you may see")
    charlie = officer(console, window, "charlie", "drills").page
    expect(charlie.locator("#drills-waiting .drill")).to_have_count(2)


def as_if_missed(page: Page) -> None:
    """The same page, told by its node that its drill was missed, and one hop came late by mail."""

    def tell(route: Any) -> None:
        answered = route.fetch()
        told = answered.json()
        for drill in told["drills"]:
            drill |= {"state": "missed", "missed": drill["sent"]}
            drill["missing"] = ["READ-BACK", "LOADED unit-1"]
            hops = [("TAKEN", 0.4, "mail", False), ("RECEIVED", 4000.0, "mail", True)]
            drill["hops"] = [
                {"hop": name, "time": drill["sent"], "after_s": after_s, "by": by, "late": late}
                for name, after_s, by, late in hops
            ]
        if "state=waiting" in route.request.url:
            told["drills"] = []
        route.fulfill(response=answered, json=told)

    page.route(re.compile(r"/api/v1/drills\?"), tell)


def test_what_was_missed_is_named_and_what_came_late_is_marked(
    console: Any, window: Callable[[], Any]
) -> None:
    agreed(console, "bravo")
    write(console, "alpha", "/drills", {"to": "bravo"})
    alpha, bravo = window().page, window().page
    for page, party in ((alpha, "alpha"), (bravo, "bravo")):
        as_if_missed(page)
        page.goto(f"{console.url}/#/drills&token={console.token(party)}")
    card = alpha.locator("#drills .drill")
    expect(card).to_contain_text("MISSED")
    expect(hop(card, "TAKEN")).to_contain_text("after 0.4\u00a0s")
    expect(hop(card, "TAKEN")).to_contain_text("by mail: its software has it, and no person yet")
    expect(hop(card, "RECEIVED")).to_contain_text("after 66 min 40 s")
    expect(hop(card, "RECEIVED")).to_contain_text("LATE by mail")
    for name in ("READ-BACK", "LOADED unit-1"):
        expect(hop(card, name)).to_contain_text("MISSED")
    expect(hop(card, "PASSED-DOWN unit-1")).to_contain_text("not said")
    late = bravo.locator("#drills-waiting .drill")
    expect(late).to_contain_text("MISSED")
    expect(late.get_by_role("button", name="READ-BACK")).to_be_disabled()  # no key here
    expect(bravo.locator("#nav-drills-count")).to_be_hidden()


def test_one_that_was_missed_is_said_on_every_view_and_is_answered_late(
    console: Any, window: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed(console, "bravo")
    alpha = officer(console, window, "alpha", "drills").page
    send(alpha, "bravo", minutes="1")
    bravo = officer(console, window, "bravo", "picture").page
    expect(bravo.locator("#nav-drills-count")).to_have_text("1")
    monkeypatch.setattr(console.node.service, "_clock_us", lambda: now_us() + MINUTE_US)
    console.run(console.node.timers.look())
    missed = bravo.locator("#toasts")
    expect(missed).to_contain_text("A drill message to you was missed: no notice")
    expect(bravo.locator("#nav-drills-count")).to_be_hidden()
    missed.get_by_role("link", name="under Drills").click()
    card = bravo.locator("#drills-waiting .drill")
    for name in ("RECEIVED", "READ-BACK", "LOADED unit-1"):
        expect(hop(card, name)).to_contain_text("MISSED")
    card.get_by_role("button", name="RECEIVED").click()
    for each in (card, alpha.locator("#drills .drill")):
        expect(hop(each, "RECEIVED")).to_contain_text("LATE")
        expect(hop(each, "LOADED unit-1")).to_contain_text("MISSED")
    expect(alpha.locator("#toasts")).to_be_empty()  # it went to another party


def test_who_only_watches_neither_sends_nor_answers(
    console: Any, window: Callable[[], Any]
) -> None:
    write(console, "alpha", "/drills", {"to": "bravo"})
    page = window().page
    token = console.node.mint(PartyId("bravo"), (Role.WATCH,), life_s=3600)
    page.goto(f"{console.url}/#/drills&token={token}")
    expect(page.locator("#drills-waiting .drill")).to_contain_text("it does not answer")
    expect(page.locator("#view-drills")).to_contain_text("it sends no drill message")
    expect(page.get_by_role("button", name="RECEIVED")).to_have_count(0)


def test_without_a_key_received_is_said_with_the_token_and_nothing_else(
    console: Any, window: Callable[[], Any]
) -> None:
    agreed(console, "bravo")
    write(console, "alpha", "/drills", {"to": "bravo"})
    page = officer(console, window, "bravo").page
    card = page.locator("#inbox-drills .drill")
    for verb in ("READ-BACK", "PASSED-DOWN", "LOADED"):
        expect(card.get_by_role("button", name=verb)).to_be_disabled()
    card.get_by_role("button", name="RECEIVED").click()
    expect(hop(card, "RECEIVED")).to_contain_text("after ")
    assert [each["hop"] for each in drill_of(console, "bravo")["hops"]] == ["RECEIVED"]


def test_a_drill_is_sent_and_answered_with_the_keyboard_alone(
    console: Any, window: Callable[[], Any]
) -> None:
    agreed(console, "bravo")
    alpha = officer(console, window, "alpha", "drills").page
    to = alpha.get_by_label("To", exact=True)
    expect(to).to_have_value("bravo")
    to.focus()
    for _ in range(2):
        alpha.keyboard.press("Tab")
    alpha.keyboard.press("Enter")
    expect(alpha.locator("#drill-sent")).to_contain_text("Sent to Party bravo")

    page = officer(console, window, "bravo").page
    enrol(page)
    card = page.locator("#inbox-drills .drill")
    word = drill_of(console, "bravo")["word"]
    tab_to(page, "RECEIVED")
    page.keyboard.press("Space")
    expect(hop(card, "RECEIVED")).to_contain_text("after ")
    expect(card.get_by_role("button", name="READ-BACK")).to_be_focused()  # what comes next
    page.keyboard.press("Enter")
    page.keyboard.type("x")  # the field has the focus at once
    page.keyboard.press("Escape")
    expect(card.get_by_role("form")).to_have_count(0)
    page.keyboard.press("Enter")  # and the button had it again
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    expect(hop(card, "READ-BACK")).to_contain_text("after ")
    for verb in ("PASSED-DOWN", "LOADED"):
        expect(card.get_by_role("button", name=verb)).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        if verb == "PASSED-DOWN":
            expect(hop(card, f"{verb} unit-1")).to_contain_text("after ")
    expect(card).to_have_count(0)
    expect(page.locator("#h-inbox")).to_be_focused()


def test_a_form_is_left_alone_while_it_is_filled_in(
    console: Any, window: Callable[[], Any]
) -> None:
    write(console, "alpha", "/drills", {"to": "bravo"})
    page = officer(console, window, "bravo", "drills").page
    page.locator("#view-drills .signing").get_by_role("button", name="Make and enrol").click()
    card = page.locator("#drills-waiting .drill").last
    card.get_by_role("button", name="READ-BACK").click()
    card.get_by_label("Word").fill("half")
    write(console, "alpha", "/drills", {"to": "bravo"})
    expect(page.locator("#drills-waiting .drill")).to_have_count(2)
    expect(card.get_by_label("Word")).to_have_value("half")
    expect(card.get_by_label("Word")).to_be_focused()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_narrow_and_wide(console: Any, window: Callable[[], Any], width: int) -> None:
    long = (UnitToken("helicopter-squadron-number-twenty-seven"),)
    console.run(console.node.command(RegisterParty(PartyId("charlie"), "Party charlie", long)))
    write(console, "alpha", "/drills", {"to": "charlie"})
    write(console, "bravo", "/drills", {"to": "alpha"})
    page = officer(console, window, "alpha", "drills").page
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator("#drills .drill")).to_have_count(1)
    expect(page.locator("#drills-waiting .drill")).to_have_count(1)
    for view in ("drills", "inbox"):
        page.evaluate(f"location.hash = '#/{view}'")
        expect(page.locator(f"#view-{view}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        over = page.evaluate(
            """view => [...document.querySelectorAll(`#view-${view} *`)]
              .filter((each) => each.checkVisibility() && !each.closest(".sr")
                && each.getBoundingClientRect().right > innerWidth + 1)
              .map((each) => each.outerHTML.slice(0, 80))""",
            view,
        )
        assert over == []


LINES_JS = """async (drills) => {
    const { hopTable } = await import("/js/drill.js");
    const { drillOf } = await import("/js/shape.js");
    return drills.map((wire) => [...hopTable(drillOf(wire)).querySelectorAll("tbody tr")]
      .map((line) => [...line.cells].map((cell) => cell.textContent.replaceAll("\\u00a0", " "))));
}"""


def random_drills(count: int) -> list[dict[str, Any]]:
    """As the API tells of drills: some hops said, over some channel, late or in time."""
    chance = random.Random(23)
    made: list[dict[str, Any]] = []
    for number in range(count):
        units = [f"u{index}" for index in range(chance.randrange(4))]
        missed = chance.random() < 0.5
        ladder = [("TAKEN", None), ("RECEIVED", None), ("READ-BACK", None)]
        ladder += [(verb, unit) for unit in units for verb in ("PASSED-DOWN", "LOADED")]
        hops = [
            {
                "hop": verb,
                "time": "2026-11-21T10:00:00Z",
                "after_s": chance.randrange(5000) / 10,
                **({} if unit is None else {"unit": unit}),
                **({"by": "mail"} if verb == "TAKEN" or chance.random() < 0.3 else {}),
                **({"late": True} if missed and chance.random() < 0.4 else {}),
            }
            for verb, unit in ladder
            if chance.random() < 0.5
        ]
        chance.shuffle(hops)
        made.append(
            {
                "id": str(number),
                "state": "missed" if missed else "waiting",
                "recipient": "bravo",
                "sent": "2026-11-21T10:00:00Z",
                "answer_by": "2026-11-21T10:15:00Z",
                "hops": hops,
                "missing": [],
                "units": units,
            }
        )
    return made


def told(drill: dict[str, Any]) -> list[list[str]]:
    """Slow and obvious: what the page has to show of a drill, a line for each hop."""
    lines: list[list[str]] = []
    below = [(verb, unit) for unit in drill["units"] for verb in ("PASSED-DOWN", "LOADED")]
    for verb, unit in [("TAKEN", None), ("RECEIVED", None), ("READ-BACK", None), *below]:
        said = [each for each in drill["hops"] if (each["hop"], each.get("unit")) == (verb, unit)]
        loaded = any((each["hop"], each.get("unit")) == ("LOADED", unit) for each in drill["hops"])
        name = verb if unit is None else f"{verb} {unit}"
        if not said:
            if verb == "TAKEN" or (verb == "PASSED-DOWN" and loaded):
                continue
            if verb == "PASSED-DOWN":
                lines.append([f"□ {name}", "not said", ""])
            elif drill["state"] == "missed":
                lines.append([f"✕ {name}", "MISSED", ""])
            else:
                lines.append([f"□ {name}", "waits", ""])
            continue
        (hop_said,) = said
        late = hop_said.get("late", False)
        how = f"by {hop_said['by']}" if "by" in hop_said else ""
        if verb == "TAKEN":
            how += ": its software has it, and no person yet"
        lines.append(
            [
                f"{'▲' if late else '■'} {name}",
                f"after {after(hop_said['after_s'])}",
                f"{'LATE ' if late else ''}{how}",
            ]
        )
    return lines


def after(seconds: float) -> str:
    """Seconds below a hundred, minutes and seconds from there."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    whole = math.floor(seconds + 0.5)  # as the page rounds
    return f"{whole // 60} min {whole % 60:02} s"


def test_the_lines_of_a_drill_are_those_of_a_slow_reference(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    drills = random_drills(300)
    assert page.evaluate(LINES_JS, drills) == [told(each) for each in drills]


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        ('drill.state === "missed" && !said', "!said"),  # what waits is called missed
        ('said?.late ? h("b"', 'false ? h("b"'),  # what came late is not marked
        ("each.unit === unit", "true"),  # one unit's word is taken for another's
        ("passed.said || !loaded.said", "true"),
    ],
)
def test_a_planted_line_is_found(
    console: Any, window: Callable[[], Any], sound: str, faulty: str
) -> None:
    page = window().page
    source = (STATIC / "js" / "drill.js").read_text()
    assert sound in source
    changed = source.replace(sound, faulty)
    page.route(
        "**/js/drill.js", lambda route: route.fulfill(body=changed, content_type="text/javascript")
    )
    page.goto(console.url)
    drills = random_drills(300)
    assert page.evaluate(LINES_JS, drills) != [told(each) for each in drills]
