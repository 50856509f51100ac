"""The inbox: in what order, what each notice says, and the way down the ladder by hand."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import DESK, enrol, get, now_us, officer, read_back, volume, write
from wideberth.faces.web import STATIC
from wideberth.model.conformance import AnalyseConformance, FlightsSummed
from wideberth.model.ids import PartyId
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.space.time import DAY_US, MINUTE_US, format_rfc3339

pytestmark = pytest.mark.browser


HAZARD: dict[str, Any] = {
    "kind": "hazard",
    "place_name": "Range 4",
    "provenance": {"source": "planned", "accuracy_m": 10},
}


def metres(value: float) -> dict[str, Any]:
    """A height above the ellipsoid."""
    return {"value": value, "units": "M", "reference": "W84"}


def a_hazard_over_a_flight(console: Any) -> Any:
    """bravo's hazard meets alpha's flight; the hazard as it was told."""
    flight = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"}
    write(console, "alpha", "/intents", flight)
    hazard = HAZARD | {"volumes": [volume(10, 20.01)]}
    return write(console, "bravo", "/intents", hazard)["intent"]


def test_the_way_down_the_ladder_by_hand(console: Any, window: Callable[[], Any]) -> None:
    seen = window()
    page = officer(console, lambda: seen, "alpha").page
    enrol(page)
    a_hazard_over_a_flight(console)
    card = page.locator("#inbox .task")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("HAZARD")
    expect(card).to_contain_text("Range 4 of Party bravo, meets your ALPHA1")
    expect(card).to_contain_text(NEITHER_PERMISSION_NOR_GUARANTEE)
    expect(card).to_contain_text("Next, the alternate is told in 9 min")
    soon = page.locator("#coming-soon")
    expect(soon).to_contain_text(
        re.compile(r"HAZARD, (LATE, )?begins in .*: Range 4 of Party bravo")
    )
    expect(soon).to_be_hidden()  # its card is here
    page.locator("#nav").get_by_role("link", name="Hazards").click()
    soon.get_by_role("link").click()
    expect(page).to_have_url(re.compile("#/inbox$"))
    card.get_by_role("button", name="RECEIVED").click()
    expect(card.locator(".steps .done")).to_have_count(2)
    expect(soon).not_to_contain_text("HAZARD")

    told = get(console, "alpha", "/notices")["notices"][0]["particulars"]
    read_back(card, told)

    card.get_by_role("button", name="PASSED-DOWN").click()
    card.get_by_role("button", name="Send PASSED-DOWN").click()
    expect(card.locator(".steps .done")).to_have_count(4)
    card.get_by_role("button", name="LOADED").click()
    card.get_by_label("In which system").fill("mission planning")
    card.get_by_role("button", name="Send LOADED").click()
    expect(card).to_have_count(0)
    expect(page.locator("#inbox .task")).to_have_count(0)  # it begins soon, and nothing is asked
    assert seen.said == []  # nothing broke the policy, and nothing went wrong
    assert [url for url in seen.asked if not url.startswith((console.url, "blob:", "data:"))] == []


def test_own_flights_beyond_the_limits_say_which(console: Any, window: Callable[[], Any]) -> None:
    page = officer(console, window, "alpha").page
    to_us = now_us()
    summed = FlightsSummed(
        to_us - 7 * DAY_US, to_us, 12, 35_000_000_000, 5_000_000_000, 0, 300, 12_000_000,
        ("inside", "longest", "per-hour"), 950_000, 10_000_000, 18_000, 36_000_000_000,
    )  # fmt: skip
    due_us = to_us + DAY_US
    command = AnalyseConformance(
        PartyId("alpha"), 1, summed, 12, to_us, due_us, whole=False, found_us=to_us,
        tell_within_us=DAY_US,
    )  # fmt: skip
    console.run(console.node.command(command))
    card = page.locator("#inbox .task")
    expect(card).to_have_count(1)
    for words in (
        "YOUR FLIGHTS",
        "Your own flights are beyond the limits · 12 flights, 11.1 h",
        "Inside 87.50 % of the known time; at least 95.00 % is to be.",
        "An excursion of 12 s; none is to last more than 10 s.",
        "27.0 excursions a flight hour; no more than 18 are to be.",
        "Told to you alone.",
    ):
        expect(card).to_contain_text(words)
    expect(card).not_to_contain_text("FOUND LATE")
    card.get_by_role("button", name="RECEIVED").click()
    expect(card.locator(".steps .done")).to_have_count(2)


def test_an_incident_of_what_a_notice_tells_is_filled_in_and_not_opened(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "alpha").page
    a_hazard_over_a_flight(console)
    card = page.locator("#inbox .task")
    card.get_by_role("button", name="Open an incident of it").click()
    form = page.get_by_role("form", name="Open an incident")
    expect(form.get_by_label("Title")).to_have_value("HAZARD Range 4")
    parties = form.get_by_role("group", name="Parties to it")
    expect(parties.get_by_label("Party bravo")).to_be_checked()
    expect(form.get_by_label("From, UTC")).to_have_value(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d$"))
    assert get(console, "alpha", "/incidents")["incidents"] == []


def test_a_notice_of_what_the_reader_told_says_whose_figures_it_has(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "bravo").page
    flight = {"kind": "flight", "volumes": [volume(10, 20)], "call_sign": "ALPHA1"}
    write(console, "alpha", "/intents", flight)
    begun = volume(10, 20.01, start=format_rfc3339(now_us() - MINUTE_US))
    write(console, "bravo", "/intents", HAZARD | {"volumes": [begun]})
    card = page.locator("#inbox .task")
    expect(card.locator(".what")).to_have_text("Your own Range 4 meets ALPHA1 of Party alpha")
    expect(card).to_contain_text("yours: about 10.000° N 20.010° E, 5,000\u00a0m")
    expect(card).to_contain_text("theirs: about 10.000° N 20.000° E, 5,000\u00a0m")
    expect(card).to_contain_text("both: overlap · ")
    expect(card).to_contain_text("YOU TOLD IT LATE")
    page.get_by_role("link", name="Picture").click()
    warning = page.locator("#warnings .warn", has_text="LATE NOTICE")
    expect(warning).to_contain_text("told when it had begun")


def tab_to(page: Page, name: str, *, most: int = 80) -> None:
    """Press Tab until the thing of that name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab does not come to {name}")


def test_a_notice_is_answered_with_the_keyboard_alone(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "alpha").page
    a_hazard_over_a_flight(console)
    card = page.locator("#inbox .task")
    expect(card).to_have_count(1)
    tab_to(page, "Make and enrol a key")
    page.keyboard.press("Enter")
    expect(page.locator(".signing").first).to_contain_text("Answers are signed with the key")
    tab_to(page, "RECEIVED")
    page.keyboard.press("Space")
    expect(card.locator(".steps .done")).to_have_count(2)

    told = get(console, "alpha", "/notices")["notices"][0]["particulars"]
    tab_to(page, "READ-BACK")
    page.keyboard.press("Enter")
    typed = (
        str(told["latitude"]),
        str(told["longitude"]),
        told["start"][11:16],
        told["end"][11:16],
        "0",
        "1000",
    )
    for text in typed:  # the first field has the focus at once
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(card.get_by_role("form")).to_have_count(0)
    expect(card.locator(".steps .done")).to_have_count(3)
    focused = "() => document.activeElement.textContent"
    assert page.evaluate(focused) == "READ-BACK"  # back where it was opened

    tab_to(page, "PASSED-DOWN")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(card.get_by_role("form")).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(card.locator(".steps .done")).to_have_count(4)


def test_stop_takes_two_keys_from_any_view(console: Any, window: Callable[[], Any]) -> None:
    page = officer(console, window, "alpha", view="picture").page
    page.locator("#stop").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stop-send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stops")).to_contain_text("No person has said that it was read")
    (stop,) = get(console, "bravo", "/stops")["stops"]
    assert (stop["sender"], stop["form"]) == ("alpha", "stop")


def test_a_stop_without_a_line_goes_out_once_when_it_is_back(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "alpha").page
    page.context.set_offline(True)
    page.get_by_role("button", name="STOP").click()
    page.get_by_label("In a few words").fill("ours, straying")
    page.get_by_role("button", name="Send OUR-ERROR to everybody").click()
    expect(page.locator("#stops")).to_contain_text("NOT SENT: no connection. Use the telephone.")
    assert get(console, "bravo", "/stops")["stops"] == []
    page.context.set_offline(False)
    expect(page.locator("#stops")).to_contain_text("No person has said that it was read")
    expect(page.locator("#stops .stop-card")).to_have_count(1)
    (stop,) = get(console, "bravo", "/stops")["stops"]
    assert (stop["form"], stop["text"]) == ("our-error", "ours, straying")


def test_a_key_is_enrolled_by_who_administers_keys_and_their_token_is_not_kept(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(f"{console.url}/#/inbox&token={console.token('alpha')}")
    form = page.get_by_role("form", name="Key of this browser")
    token = form.get_by_label("Token of somebody who administers")
    token.fill(console.token("alpha"))
    form.get_by_role("button", name="Make and enrol a key").click()
    expect(form).to_contain_text("role")  # that one may not
    administrator = console.node.mint(PartyId("alpha"), DESK, life_s=60)
    token.fill(administrator)
    form.get_by_role("button", name="Make and enrol a key").click()
    expect(page.locator("#view-inbox .signing")).to_contain_text("which may: acknowledge, tell.")
    assert administrator not in page.evaluate("JSON.stringify({...sessionStorage})")
    page.reload()
    expect(page.locator("#view-inbox .signing")).to_contain_text("which may: acknowledge, tell.")
    assert administrator not in page.content()


def test_what_was_amended_says_what_changed(console: Any, window: Callable[[], Any]) -> None:
    hazard = a_hazard_over_a_flight(console)
    page = officer(console, window, "alpha").page
    expect(page.locator("#inbox .task")).to_have_count(1)
    again = hazard["volumes"][0] | {"upper": metres(2000)}
    body = HAZARD | {"volumes": [again], "ovn": hazard["ovn"]}
    write(console, "bravo", f"/intents/{hazard['id']}", body, "PUT")
    card = page.locator("#inbox .task", has_text="AMENDED, version 2")
    changes = card.locator(".changes li")
    expect(changes).to_have_text(
        ["volume 1, upper height: 1,000 m / 3,281 ft → 2,000 m / 6,562 ft"]
    )


@pytest.mark.requirement("N-16")
def test_what_changed_stands_in_the_form_and_is_what_is_acknowledged(
    console: Any, window: Callable[[], Any]
) -> None:
    hazard = a_hazard_over_a_flight(console)
    page = officer(console, window, "alpha").page
    enrol(page)
    body = HAZARD | {"volumes": hazard["volumes"], "ovn": hazard["ovn"], "place_name": "Range 5"}
    write(console, "bravo", f"/intents/{hazard['id']}", body, "PUT")
    card = page.locator("#inbox .task", has_text="AMENDED, version 2")
    card.get_by_role("button", name="PASSED-DOWN").click()
    form = card.get_by_role("form", name="PASSED-DOWN")
    expect(form.locator(".different li")).to_have_text(['place_name: "Range 4" → "Range 5"'])
    form.get_by_role("button", name="Send PASSED-DOWN").click()
    expect(form).to_have_count(0)
    notice = get(console, "alpha", "/notices")["notices"][-1]
    (answer,) = notice["answers"]
    assert answer["difference"] == notice["difference"]
    assert answer["content"] == notice["content"]
    assert answer["clock"]


DESK_JS = """async ({states, now}) => {
    const { due } = await import("/js/due.js");
    const { EMPTY } = await import("/js/state.js");
    return states.map((state) => due({ ...EMPTY, ...state }, now).map((item) => item.key));
}"""


def states(count: int, now_ms: int) -> list[dict[str, Any]]:
    """Random inboxes: few different values, so that ties are many."""
    chance = random.Random(17)
    made: list[dict[str, Any]] = []
    for _ in range(count):
        notices = {}
        for number in range(chance.randrange(12)):
            start = now_ms + 1000 * chance.choice((-3000, -60, 60, 600))
            due = chance.choice((None, now_ms + 1000 * chance.choice((-5, 60, 300))))
            notices[str(number)] = {
                "id": str(number),
                "number": number,
                "open": chance.random() < 0.8,
                "clashes": [{"kind": chance.choice(("hazard", "flight")), "other": None}],
                "withdrawal": chance.random() < 0.2,
                "particulars": {
                    "startMs": start,
                    "endMs": start + 1000 * chance.choice((100, 10_000)),
                },
                "escalation": {"overdue": chance.random() < 0.2, "atMs": due},
            }
        made.append(
            {
                "session": {"party": "a"},
                "notices": notices,
                "intents": {},
                "shared": {},
                "zones": {},
            }
        )
        made[-1]["hazards"] = {}
    return made


def in_order(state: dict[str, Any], now_ms: int) -> list[str]:
    """Slow and obvious: hazards in force, then overdue, due or begun soonest, in effect soonest."""
    waiting = [each for each in state["notices"].values() if each["open"]]
    order: list[str] = []
    while waiting:
        best = waiting[0]
        for each in waiting[1:]:
            if comes_before(each, best, now_ms):
                best = each
        waiting.remove(best)
        order.append(best["id"])
    return order


def comes_before(a: dict[str, Any], b: dict[str, Any], now_ms: int) -> bool:
    def in_force(each: dict[str, Any]) -> bool:
        window = each["particulars"]
        kind = each["clashes"][0]["kind"]
        running = window["startMs"] <= now_ms <= window["endMs"]
        return kind == "hazard" and running and not each["withdrawal"]

    if in_force(a) != in_force(b):
        return in_force(a)
    overdue = [each["escalation"]["overdue"] for each in (a, b)]
    if overdue[0] != overdue[1]:
        return bool(overdue[0])
    due = [first_due(each, now_ms) for each in (a, b)]
    if due[0] != due[1]:
        return bool(due[0] < due[1])
    start = [each["particulars"]["startMs"] for each in (a, b)]
    if start[0] != start[1]:
        return bool(start[0] < start[1])
    return bool(a["number"] > b["number"])


def first_due(each: dict[str, Any], now_ms: int) -> float:
    """The next step or the begin, whichever comes first of those to come."""
    start = each["particulars"]["startMs"]
    times = [each["escalation"]["atMs"], start if start > now_ms else None]
    return min((float(time) for time in times if time is not None), default=float("inf"))


def test_the_order_is_that_of_a_slow_reference(console: Any, window: Callable[[], Any]) -> None:
    page = window().page
    page.goto(console.url)
    now_ms = now_us() // 1000
    given = states(300, now_ms)
    wanted = [in_order(state, now_ms) for state in given]
    assert page.evaluate(DESK_JS, {"states": given, "now": now_ms}) == wanted


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        ("? 0 : 1, overdue", "? 1 : 0, overdue"),
        (
            "dueMs(state, notice, now), far(startMs)",
            "far(notice.escalation?.atMs), far(startMs)",
        ),
        ("notice.withdrawal || kindOf", "kindOf"),
    ],
)
def test_a_planted_order_is_found(
    console: Any, window: Callable[[], Any], sound: str, faulty: str
) -> None:
    page = window().page
    source = (STATIC / "js" / "desk.js").read_text()
    assert sound in source
    changed = source.replace(sound, faulty)
    page.route(
        "**/js/desk.js", lambda route: route.fulfill(body=changed, content_type="text/javascript")
    )
    page.goto(console.url)
    now_ms = now_us() // 1000
    given = states(300, now_ms)
    wanted = [in_order(state, now_ms) for state in given]
    assert page.evaluate(DESK_JS, {"states": given, "now": now_ms}) != wanted


def test_what_is_typed_is_read_strictly(console: Any, window: Callable[[], Any]) -> None:
    page = window().page
    page.goto(console.url)
    found = page.evaluate(
        """async () => {
            const { degrees, metres, instant } = await import("/js/typed.js");
            const day = Date.parse("2026-11-21T00:00:00Z");
            return {
                degrees: ["46.8", "46 48 N", "46° 48' 00\\" S", "-46,8", "7 36 E", "91",
                    "46 60", "-7 S", "", "4 6 4 8", "46.5 30", "x"]
                    .map((text) => degrees(text, 90)),
                longitude: ["7 36 00 E", "180", "180.1", "7 N"].map((text) => degrees(text, 180)),
                metres: [["1000", "m"], ["1000", "ft"], ["high", "m"], ["", "m"]]
                    .map(([text, unit]) => metres(text, unit)),
                times: ["10:05", "1005Z", "2026-11-22 10:05", "25:00", "2026-02-30 10:00", "10"]
                    .map((text) => instant(text, day))
                    .map((ms) => ms && new Date(ms).toISOString()),
            };
        }"""
    )
    n = None
    assert found["degrees"] == [46.8, 46.8, -46.8, -46.8, n, n, n, n, n, n, n, n]
    assert found["longitude"] == [pytest.approx(7.6), 180, n, n]
    assert found["metres"] == [1000, pytest.approx(304.8), n, n]
    at = "T10:05:00.000Z"
    assert found["times"] == [f"2026-11-21{at}", f"2026-11-21{at}", f"2026-11-22{at}", n, n, n]


def test_what_changed_is_said_in_words(console: Any, window: Callable[[], Any]) -> None:
    page = window().page
    page.goto(console.url)
    found = page.evaluate(
        """async () => {
            const { changeItems } = await import("/js/changes.js");
            const area = (north) => JSON.stringify([{
                footprint: { type: "polygon", vertices: [[north, -116800000000], [0, 0]] },
                upper: { value_mm: 1000000, reference: "W84" }, end_us: 1795262306000000,
            }]);
            const later = area(1000000000).replace("1795262306", "1795265906");
            return changeItems([
                { field: "volumes", before: area(2000000000), after: later },
                { field: "priority", before: "0", after: "2" },
                { field: "stated", before: "{not JSON", after: "" },
            ]).map((item) => item.textContent);
        }"""
    )
    assert found == [
        "volume 1, vertex 1: 2.000000°, -116.800000° → 1.000000°, -116.800000°",
        "volume 1, end: 2026-11-21 11:58Z → 2026-11-21 12:58Z",
        "priority: 0 → 2",
        "stated: {not JSON → nothing",
    ]


def test_a_doubt_about_what_a_notice_tells_of_stands_on_its_card(
    console: Any, window: Callable[[], Any]
) -> None:
    hazard = a_hazard_over_a_flight(console)
    page = officer(console, window, "alpha").page
    card = page.locator("#inbox .task")
    expect(card).to_have_count(1)
    write(console, "alpha", "/doubts", {"intent": hazard["id"], "statement": "no range is there"})
    expect(card).to_contain_text("DOUBT, not answered: no range is there")
