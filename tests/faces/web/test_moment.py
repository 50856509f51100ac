"""Past, future, heights and the side view: what is worked out for the picture, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.faces.web.pure import run
from tests.faces.web.test_console import now_us, report, tell, write
from wideberth.space.time import HOUR_US, format_rfc3339

BEGUN_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
SQUARE = [[20.0, 10.0], [20.1, 10.0], [20.1, 10.1], [20.0, 10.1], [20.0, 10.0]]


def limit(value: float, reference: str = "W84", units: str = "M") -> dict[str, Any]:
    return {"value": value, "reference": reference, "units": units}


def area(name: str, low: Any, high: Any, hours: tuple[float, float] = (0, 1)) -> dict[str, Any]:
    begin, end = (BEGUN_MS + each * HOUR_MS for each in hours)
    shape = {"rings": [SQUARE], "lower": low, "upper": high, "startMs": begin, "endMs": end}
    return {
        "id": name, "party": "alpha", "kind": "flight", "state": "Accepted", "version": 1,
        "callSign": name, "toldMs": BEGUN_MS - HOUR_MS, "volumes": [shape], "cautions": [],
    }  # fmt: skip


def track(name: str, altitude_m: float | None, place: tuple[float, float] = (20.05, 10.05)) -> Any:
    return {
        "id": f"alpha/{name}", "track": name, "party": "alpha", "state": "live", "place": place,
        "altitudeM": altitude_m, "uncertaintyM": 50, "timeMs": BEGUN_MS, "trail": [],
    }  # fmt: skip


def state(**given: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        name: {} for name in ("intents", "shared", "zones", "warnings", "tracks", "parties")
    }
    clock = {"serverMs": BEGUN_MS, "browserMs": 0, "rate": 1}
    rest: dict[str, Any] = {"selected": None, "clock": clock, "browserMs": 0, "session": None}
    for name, things in given.items():
        empty[name] = {each["id"]: each for each in things} if isinstance(things, list) else things
    return rest | empty


WITHIN = """async (load, { state, band }) => {
    const { within } = await load("heights.js");
    for (const each of Object.values(state.tracks)) each.altitudeM ??= NaN;
    const found = within(state, band);
    return {
        intents: Object.keys(found.state.intents), zones: Object.keys(found.state.zones),
        out: found.out, tracks: Object.values(state.tracks).filter(found.shows).map((t) => t.track),
    };
}"""
BAND = {"fromM": 300, "toM": 600}


def test_a_band_of_heights_leaves_out_what_is_wholly_outside_and_nothing_that_is_warned_of() -> (
    None
):
    given = state(
        intents=[
            area("below", limit(0), limit(299.9)),
            area("touches", limit(0), limit(300)),
            area("above in feet", limit(2000, units="FT"), limit(3000, units="FT")),
            area("in feet", limit(1900, units="FT"), limit(3000, units="FT")),
            area("by another reference", limit(0, "AGL"), limit(100, "AGL")),
            area("warned of", limit(5000), limit(6000)),
        ],
        zones=[area("high", limit(5000), limit(6000))],
        tracks=[track("LOW", 100), track("IN", 450), track("NONE", None), track("WARNED", 9000)],
        warnings={"w": {"objects": [{"id": "WARNED"}, {"id": "warned of"}]}},
    )
    found = run(WITHIN, {"state": given, "band": BAND})
    assert found["intents"] == ["touches", "in feet", "by another reference", "warned of"]
    assert found["zones"] == []
    assert found["tracks"] == ["IN", "NONE", "WARNED"]
    assert found["out"] == {"tracks": 1, "intents": 2, "zones": 1, "unknown": 1}


FUTURE = """async (load, { state, at }) => {
    const { futureOf } = await load("moment.js");
    const found = futureOf(state, at);
    const { serverNow } = await load("state.js");
    return { intents: Object.keys(found.intents), tracks: Object.keys(found.tracks),
        warnings: Object.keys(found.warnings), now: serverNow(found) };
}"""


def test_the_future_has_the_intents_in_force_then_and_no_track() -> None:
    ended = area("ended", limit(0), limit(9), (0, 9)) | {"state": "Ended"}
    given = state(
        intents=[
            area("over by then", limit(0), limit(9), (0, 1.99)),
            area("ends then", limit(0), limit(9), (0, 2)),
            area("begins then", limit(0), limit(9), (2, 3)),
            area("later", limit(0), limit(9), (2.01, 3)),
            ended,
        ],
        tracks=[track("A", 1)],
        warnings={"w": {"objects": []}},
    )
    at_ms = BEGUN_MS + 2 * HOUR_MS
    found = run(FUTURE, {"state": given, "at": at_ms})
    assert found["intents"] == ["ends then", "begins then"]
    assert found["tracks"] == found["warnings"] == []
    assert found["now"] == at_ms


PAST = """async (load, { state, at, told, kept }) => {
    const { pastOf } = await load("moment.js");
    const found = pastOf(state, at, told, kept);
    return { intents: Object.values(found.intents).map((each) => [each.id, each.version]),
        tracks: Object.values(found.tracks).map((each) => each.track) };
}"""


def shape(name: str, version: int, since_h: float, until_h: float | None) -> dict[str, Any]:
    def at(hours: float | None) -> str | None:
        if hours is None:
            return None
        return format_rfc3339(int((BEGUN_MS + hours * HOUR_MS) * 1000))

    return {
        "type": "intent", "id": name, "kind": "flight", "state": "Accepted", "party": "alpha",
        "name": name, "version": version, "since": at(since_h), "until": at(until_h), "volumes": [],
    }  # fmt: skip


def test_the_past_has_the_version_that_stood_then_and_what_stands_unchanged_since() -> None:
    fix = {
        "track": "A", "feed": "f", "feed_party": "alpha", "latitude": 1, "longitude": 2,
        "time": format_rfc3339(BEGUN_MS * 1000 + 5_000_000), "uncertainty_m": 15,
    }  # fmt: skip
    minute = {"minute": format_rfc3339(BEGUN_MS * 1000), "positions": [fix], "none_kept": []}
    told = {
        "shapes": [
            shape("amended", 1, -2, 0.5),
            shape("amended", 2, 0.5, None),
            shape("ended before", 1, -2, -1),
            shape("told later", 1, 0.5, None),
        ]
    }
    given = state(
        intents=[
            area("stands since", limit(0), limit(9)),
            area("amended", limit(0), limit(9)) | {"version": 2},
            area("told after that", limit(0), limit(9)) | {"toldMs": BEGUN_MS + 1},
            area("told later", limit(0), limit(9)),
        ],
        tracks=[track("NOW", 1)],
    )
    kept = {"tracks": {"minutes": [minute]}}
    found = run(PAST, {"state": given, "at": BEGUN_MS, "told": told, "kept": kept})
    assert sorted(found["intents"]) == [["amended", 1], ["stands since", 1]]
    assert found["tracks"] == ["A"]  # and none of now


ALONG = """async (load, { state, line, aside }) => {
    const { alongLine, againstTime } = await load("profile.js");
    const found = alongLine(state, line, aside);
    return { across: found.across, boxes: found.boxes.map(({ id, from, to, lowM, highM }) =>
        [id, from, to, lowM, highM]), tracks: found.tracks.map(({ track, at, offM, warned }) =>
        [track.track, at, offM, warned]),
        time: againstTime(state, "alpha/OVER").boxes.map(({ id }) => id) };
}"""


def test_the_side_view_has_what_the_line_goes_through_and_what_is_beside_it() -> None:
    far = area("elsewhere", limit(0), limit(9))
    far["volumes"][0]["rings"] = [[[x + 5, y] for x, y in SQUARE]]
    given = state(
        intents=[area("crossed", limit(300), limit(900, "AGL")), far],
        tracks=[
            track("OVER", 500),
            track("BESIDE", 500, (20.05, 10.08)),
            track("FAR", 500, (20.05, 10.3)),
        ],
        warnings={"w": {"objects": [{"id": "BESIDE"}]}},
    )
    line = [[19.9, 10.05], [20.2, 10.05]]
    found = run(ALONG, {"state": given, "line": line, "aside": 5000})
    whole_m = 111_195 * 0.3 * 0.98465  # the cosine of 10.05 degrees
    assert found["across"][1] == pytest.approx(whole_m, rel=2e-3)
    ((name, begin_m, end_m, low_m, high_m),) = found["boxes"]
    assert (name, low_m, high_m) == ("crossed", 300, None)  # no height by another reference
    assert begin_m == pytest.approx(whole_m / 3, abs=whole_m / 200)
    assert end_m == pytest.approx(2 * whole_m / 3, abs=whole_m / 200)
    (beside, over) = found["tracks"]
    assert (beside[0], beside[3]) == ("BESIDE", True)  # what is in a warning comes first
    assert beside[2] == pytest.approx(111_195 * 0.03, rel=1e-2)
    assert (over[0], over[3]) == ("OVER", False)
    assert over[1] == pytest.approx(whole_m / 2, abs=whole_m / 200)
    assert found["time"] == ["crossed"]


@pytest.mark.browser
def test_the_picture_says_which_time_it_shows_and_what_a_filter_hides(
    console: Any, window: Callable[[], Any]
) -> None:
    seen = window()
    page = seen.page
    tell(console, "alpha", "ALPHA1")
    later = {
        "footprint": {"type": "Point", "coordinates": [20.0, 10.0], "radius_m": 5000},
        "lower": limit(2000),
        "upper": limit(3000),
        "start": format_rfc3339(now_us() + 3 * HOUR_US),
        "end": format_rfc3339(now_us() + 5 * HOUR_US),
    }
    body = {"kind": "flight", "volumes": [later], "call_sign": "LATER"}
    write(console, "bravo", "POST", "/intents", body)
    report(console, "bravo", "BRAVO1")
    page.goto(console.address("alpha"))
    expect(page.locator("#intents .row")).to_have_count(2)
    expect(page.locator("#tracks .row")).to_have_count(1)
    bar, back = page.locator(".moment-bar"), page.get_by_role("button", name="Back to now")
    expect(bar).to_be_hidden()

    page.get_by_label("How far it reaches").select_option("6")
    slider = page.get_by_role("slider", name="Time that the picture shows")
    slider.focus()
    slider.fill("240")
    expect(bar).to_contain_text(re.compile(r"FUTURE \d{4}-.* from now\) · NOT NOW · Only what is"))
    expect(page.locator("#intents .row")).to_have_count(1)
    expect(page.locator("#intents")).to_contain_text("LATER")
    expect(page.locator("#tracks")).to_contain_text("Nobody knows where anything will be")
    expect(page.locator("#tracks")).to_contain_text("No information is not clearance")
    expect(page.locator("#n-tracks")).to_contain_text("FUTURE")
    expect(page.locator("#as-of-now")).to_contain_text("Below is NOW")
    page.keyboard.press("Escape")  # one key
    expect(bar).to_be_hidden()
    expect(page.locator("#tracks")).to_contain_text("BRAVO1")

    slider.fill("-60")
    expect(bar).to_contain_text("PAST")
    expect(bar).to_contain_text("What is not shown may have been there")
    expect(page.locator("#tracks")).to_contain_text("No information is not clearance")
    expect(page.locator("#intents .row")).to_have_count(0)  # not told yet
    back.click()  # one click
    expect(bar).to_be_hidden()
    expect(page.locator("#intents .row")).to_have_count(2)

    heights = page.get_by_role("form", name="Heights that are shown")
    heights.get_by_label("to", exact=True).fill("1000")
    heights.get_by_label("Heights in").select_option("ft")
    expect(heights).to_contain_text("Not shown: 1 intent.")
    heights.get_by_label("to", exact=True).fill("900")
    expect(heights).to_contain_text("Not shown: 1 track, 1 intent.")
    expect(heights).to_contain_text("What is in a warning stays")
    heights.get_by_label("from", exact=True).fill("high")
    expect(heights).to_contain_text("All heights are shown")
    heights.get_by_role("button", name="All heights").click()
    expect(heights.locator(".says")).to_be_empty()

    page.get_by_role("button", name="Side view", exact=True).click()
    side = page.get_by_role("region", name="Side view")
    page.locator("#intents .row", has_text="ALPHA1").click()
    side.get_by_role("button", name="Along the picked intent").click()
    expect(side.locator("svg")).to_contain_text("ALPHA1")
    expect(side.locator("svg")).to_contain_text("LATER")
    expect(side.locator("svg")).to_contain_text("BRAVO1")
    side.get_by_text("The same as a list").click()
    expect(side.locator(".list")).to_contain_text("2,000\u00a0m\u00a0/\u00a06,562\u00a0ft")
    side.get_by_label("Heights against").select_option("time")
    expect(side.locator("svg")).to_contain_text("now")
    assert seen.said == []
