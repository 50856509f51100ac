"""What a duty officer sees: it is live, it says how old it is, and strangers' words stay words."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from wideberth.faces.web import POLICY
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.space.time import HOUR_US, SECOND_US, format_rfc3339

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


def now_us() -> int:
    return time.time_ns() // 1000


def volume(latitude: float, longitude: float) -> dict[str, Any]:
    return {
        "footprint": {"type": "Point", "coordinates": [longitude, latitude], "radius_m": 5000},
        "lower": {"value": 0, "units": "M", "reference": "W84"},
        "upper": {"value": 1000, "units": "M", "reference": "W84"},
        "start": format_rfc3339(now_us() + 60 * SECOND_US),
        "end": format_rfc3339(now_us() + HOUR_US),
    }


def write(console: Any, party: str, method: str, path: str, body: Any) -> Any:
    answer = httpx.request(
        method,
        f"{console.url}/api/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {console.token(party)}"},
        timeout=60,
    )
    assert answer.status_code < 300, answer.text
    return answer.json()


def tell(console: Any, party: str, call_sign: str, latitude: float = 10.0) -> Any:
    body = {"kind": "flight", "volumes": [volume(latitude, 20.0)], "call_sign": call_sign}
    return write(console, party, "POST", "/intents", body)


def report(console: Any, party: str, call_sign: str, *, feed: str = "radar") -> None:
    position = {
        "track": "abc123",
        "call_sign": call_sign,
        "latitude": 10.01,
        "longitude": 20.01,
        "altitude_m": 300.0,
        "time": format_rfc3339(now_us()),
    }
    write(console, party, "PUT", f"/feeds/{feed}", {"shown_to": "all"})
    write(console, party, "POST", "/tracks", {"feed": feed, "reports": [position]})


def test_an_intent_a_notice_and_its_acknowledgement_appear_live_and_nothing_leaves_the_origin(
    console: Any, window: Callable[[], Any]
) -> None:
    seen = window()
    page = seen.page
    page.goto(console.address("alpha"))
    expect(page.locator("#exercise")).to_contain_text("EXERCISE")
    expect(page.locator("#facts")).to_contain_text("Party alpha")
    expect(page.locator("#facts")).to_contain_text("tests.example/console")
    expect(page.locator("#notices")).to_contain_text("No information is not clearance")
    assert "token" not in page.url  # it left the address at once

    tell(console, "alpha", "ALPHA1")
    tell(console, "bravo", "BRAVO1")
    report(console, "bravo", "BRAVO1")
    expect(page.locator("#intents .row")).to_have_count(2)
    expect(page.locator("#tracks")).to_contain_text("BRAVO1")
    expect(page.locator("#tracks")).to_contain_text("300\u00a0m\u00a0/\u00a0984\u00a0ft")
    card = page.locator("#notices .notice")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("BRAVO1")
    expect(card).to_contain_text(NEITHER_PERMISSION_NOR_GUARANTEE)
    expect(card).to_contain_text("Not reached: unit-1")

    card.get_by_role("button", name="RECEIVED").focus()
    page.keyboard.press("Enter")
    expect(card.locator(".answers li")).to_have_count(1)
    expect(card.locator(".ladder li").first).to_have_class("done")
    expect(card).to_contain_text("Not reached: unit-1")  # RECEIVED ends nothing
    expect(page.locator("#foot")).to_contain_text("entries, root")

    assert seen.said == []
    assert [url for url in seen.asked if not url.startswith((console.url, "blob:", "data:"))] == []
    assert [url for url in seen.asked if "token" in url.partition("#")[0]] == []


def test_a_cut_stream_says_so_goes_on_where_it_broke_and_shows_nothing_twice(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.address("alpha"))
    expect(page.locator("#foot")).to_contain_text("Notices live")
    tell(console, "alpha", "ALPHA1")
    tell(console, "bravo", "BRAVO1")
    expect(page.locator("#notices .notice")).to_have_count(1)

    before = len(console.cutter.resumed_after)
    console.cut()
    expect(page.locator("#stale")).to_contain_text("cut")
    tell(console, "bravo", "BRAVO2")
    console.mend()
    expect(page.locator("#notices .notice")).to_have_count(2)
    expect(page.locator("#foot")).to_contain_text("Notices live")
    expect(page.locator("#stale")).to_be_hidden()
    assert int(console.cutter.resumed_after[before]) > 0
    titles = page.locator("#notices .notice .line b").all_inner_texts()
    assert len(titles) == len(set(titles)) == 2


def test_it_says_so_where_a_slow_line_left_looks_out(
    console: Any, window: Callable[[], Any]
) -> None:
    app, held = console.cutter.app, list[int]()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        async def late(message: Any) -> None:
            if b"event: tracks" in message.get("body", b"") and not held:
                held.append(1)
                await asyncio.sleep(1.0)  # five looks of this node
            await send(message)

        is_slow = scope.get("path") == "/api/v1/tracks/stream"
        await app(scope, receive, late if is_slow else send)

    console.cutter.app = slow
    page = window().page
    page.goto(console.address("alpha"))
    expect(page.locator("#foot")).to_contain_text("Positions live")
    deadline_s = time.monotonic() + 60
    while "looks left out" not in page.locator("#foot").inner_text():
        assert time.monotonic() < deadline_s
        report(console, "alpha", "ALPHA1")
    expect(page.locator("#foot")).to_contain_text(re.compile(r"Positions live, \d+ looks left out"))


def test_it_says_so_where_the_record_no_longer_has_what_was_heard(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    tell(console, "alpha", "ALPHA1")

    def ahead(route: Any) -> None:
        route.continue_(headers={**route.request.headers, "last-event-id": "1000"})

    page.route("**/api/v1/stream", ahead)
    page.goto(console.address("alpha"))
    said = re.compile(r"events \d+ to 1000 of yours are not in it any more")
    expect(page.locator("#toasts")).to_contain_text(said)
    expect(page.locator("#foot")).to_contain_text("Positions live")
    expect(page.locator("#foot .bad")).to_contain_text(said)
    page.unroute("**/api/v1/stream")
    tell(console, "alpha", "ALPHA2")  # it goes on from there
    expect(page.locator("#intents")).to_contain_text("ALPHA2")


def test_words_of_strangers_stay_words(console: Any, window: Callable[[], Any]) -> None:
    seen = window()
    dialogs: list[str] = []
    seen.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    seen.page.goto(console.address("alpha"))
    tell(console, "alpha", "ALPHA1")
    tell(console, "bravo", HOSTILE)
    expect(seen.page.locator("#intents")).to_contain_text("<img src=x onerror=alert(1)")
    expect(seen.page.locator("#notices")).to_contain_text("<img src=x onerror=alert(1)>·")
    assert seen.page.locator("main img").count() == 0
    assert dialogs == []
    assert seen.said == []


def test_without_a_token_it_asks_for_one_and_a_wrong_one_is_refused(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#sign-space")).to_contain_text("hosted by the test")
    page.get_by_label("Token of your party").fill("no token at all")
    page.get_by_role("button", name="Open the picture").click()
    expect(page.locator("#sign-fault")).to_contain_text("no token")
    header, body, signature = console.token("alpha").split(".")
    page.get_by_label("Token of your party").fill(f"{header}.{body}.{signature[::-1]}")
    page.get_by_role("button", name="Open the picture").click()
    expect(page.locator("#sign-fault")).to_contain_text(re.compile("refused|not valid"))
    page.get_by_label("Token of your party").fill(console.token("alpha"))
    page.get_by_role("button", name="Open the picture").click()
    expect(page.locator("#facts")).to_contain_text("Party alpha")
    page.reload()
    expect(page.locator("#facts")).to_contain_text("Party alpha")  # kept by this tab
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_the_reducer_takes_no_number_twice_and_drops_no_track_that_went_quiet(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    found = page.evaluate(
        """async () => {
            const { EMPTY, reduce } = await import("/js/state.js");
            const { trackOf } = await import("/js/shape.js");
            const notice = { type: "event", event: "notice", data: {} };
            const said = (state, id) => reduce(state, { ...notice, id });
            let state = ["1", "2", "2", "1", "3"].reduce(said, EMPTY);
            const track = (name, time) => ({ track: name, feed: "f", feed_party: "p", latitude: 1,
                longitude: 2, time, state: "live" });
            const tracks = (items) => {
                const tracks = items.map(trackOf);
                state = reduce(state, { type: "tracks", tracks });
                state = reduce(state, { type: "held", ids: tracks.map((each) => each.id) });
            };
            tracks([track("a", "2026-01-01T00:00:10Z"), track("b", "2026-01-01T00:00:10Z")]);
            tracks([track("a", "2026-01-01T00:00:05Z")]);
            return {
                numbers: state.story.map((line) => line.number), last: state.lastId,
                older: state.tracks["p/a"].timeMs, quiet: state.tracks["p/b"].state,
            };
        }"""
    )
    assert found["numbers"] == [3, 2, 1]
    assert found["last"] == 3
    assert found["older"] == 1767225610000  # an older position takes no newer one's place
    assert found["quiet"] == "lost"  # last known; not gone


def test_every_file_is_under_the_policy(console: Any) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/js/main.js", "text/javascript"),
        ("/vendor/maplibre-gl/maplibre-gl.mjs", "text/javascript"),
        ("/css/console.css", "text/css"),
        ("/nothing-here", "text/plain"),
    ):
        answer = httpx.get(console.url + path)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["content-type"].startswith(kind)
    assert "'unsafe" not in POLICY


def test_a_row_that_is_redrawn_keeps_its_place_its_focus_and_its_age(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.address("alpha"))
    report(console, "bravo", "BRAVO1")
    row = page.locator("#tracks .row")
    expect(row).to_have_count(1)
    row.focus()
    page.evaluate("document.querySelector('#tracks .row').mark = 'same node'")
    expect(row.locator(".age")).to_contain_text(re.compile(r"[2-9] s ago"))
    report(console, "bravo", "BRAVO1X")
    expect(row).to_contain_text("BRAVO1X")
    assert page.evaluate("document.activeElement.mark") == "same node"
