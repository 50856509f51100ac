"""The console's last line says how each feed stands, and never that nothing is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from wideberth.service import now_us
from wideberth.space.time import format_rfc3339
from wideberth.watch.feedlink import FeedLink

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_feed_that_lost_its_line_says_since_when_and_why(
    console: Any, window: Callable[[], Any]
) -> None:
    report = {"track": "t1", "latitude": 10.0, "longitude": 20.0, "time": format_rfc3339(now_us())}
    answer = httpx.post(
        f"{console.url}/api/v1/tracks",
        json={"feed": "radio", "reports": [report]},
        headers={"Authorization": f"Bearer {console.token('alpha')}"},
    )
    assert answer.json()["accepted"] == 1
    link = FeedLink("airport", "alpha", "sbs", "connecting", now_us())
    link.turn("retrying", now_us(), why="Connection <b>refused</b>")
    link.malformed["not-sbs"] += 7
    link.dropped["course_deg"] += 2
    console.cutter.app.desk.live.links.put(link)

    seen = window()
    seen.page.goto(console.address("alpha"))
    foot = seen.page.locator("#foot")
    expect(foot).to_contain_text("Feed radio 1 track")
    expect(foot).to_contain_text("Feed airport NO LINE since")
    said = "<b>refused</b>, 0 tracks, no position yet, 7 not readable, 2 values not taken"
    expect(foot).to_contain_text(said)
    expect(foot.locator(".bad")).to_contain_text("airport")

    link.turn("connected", now_us())
    expect(foot).not_to_contain_text("NO LINE")
    assert seen.said == []

    other = window()
    other.page.goto(console.address("bravo"))
    expect(other.page.locator("#foot")).to_contain_text("Notices live")
    expect(other.page.locator("#foot")).not_to_contain_text("airport")


def test_a_track_of_several_feeds_says_what_each_said_and_where_they_disagree(
    console: Any, window: Callable[[], Any]
) -> None:
    def bring(teller: str, feed: str, **more: Any) -> None:
        report = {"track": "4b1899", "longitude": 20.0, "time": format_rfc3339(now_us()), **more}
        headers = {"Authorization": f"Bearer {console.token(teller)}"}
        with httpx.Client(base_url=f"{console.url}/api/v1", headers=headers) as client:
            client.put(f"/feeds/{feed}", json={"shown_to": "all"})
            answer = client.post("/tracks", json={"feed": feed, "reports": [report]})
            assert answer.json()["accepted"] == 1

    before = format_rfc3339(now_us() - 4_000_000)
    bring(
        "alpha", "near", party="alpha", latitude=10.0, accuracy_m=5, call_sign="SWR1",
        altitude_m=300, altitude_time=before, ground_speed_m_s=60, track_deg=90,
        velocity_time=before,
    )  # fmt: skip
    bring("bravo", "far", latitude=11.0, accuracy_m=500, altitude_m=9000)
    page = window().page
    page.goto(console.address("alpha"))
    row = page.locator("#tracks .row", has_text="SWR1")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("feeds disagree: position, altitude")
    expect(row).to_contain_text("near of alpha: 10.0000, 20.0000 · of alpha · SWR1 · 300 m")
    expect(row).to_contain_text(re.compile(r"117 kt on 090° \(said .+ ago\) · used: position"))
    expect(row).to_contain_text("far of bravo: 11.0000, 20.0000 · 9,000 m")
    expect(row).to_contain_text("not used")
