"""``wideberth picture`` says what a party is told of what moves, by whom, how old, how surely."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from api_world import moment, serving, square
from wideberth.faces.cli.app import app
from wideberth.faces.cli.picture import NOTHING, words
from wideberth.space.time import format_rfc3339

GPS = {"source": "gps", "accuracy_m": 5}


def report(track: str, latitude: float, **more: Any) -> dict[str, Any]:
    now = format_rfc3339(int(time.time() * 1e6))
    return {"track": track, "time": now, "latitude": latitude, "longitude": 7.5} | more


def picture(url: str, token: str) -> str:
    named = {"WIDEBERTH_URL": url, "WIDEBERTH_TOKEN": token}
    done = CliRunner().invoke(app, ["picture"], env=named)
    assert done.exit_code == 0, done.output
    return done.output


def test_each_value_stands_with_its_source_and_age(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        alpha, bravo = world.tokens["alpha"], world.tokens["bravo"]

        def post(token: str, path: str, body: Any) -> Any:
            answer = httpx.post(
                f"{url}/api/v1{path}", json=body, headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code < 300, answer.text
            return answer.json()

        near = {"altitude_m": 300.0, "accuracy_m": 5.0, "ground_speed_m_s": 20.0, "track_deg": 0.0}
        for feed, latitude in (("radar", 47.0), ("box", 47.1)):
            sign = "SWR12" if feed == "radar" else "SWR13"
            plane = report("4ca7b6", latitude, **near, call_sign=sign, party="alpha")
            if feed == "radar":  # it joined what it heard before
                earlier = format_rfc3339(int(time.time() * 1e6) - 30_000_000)
                plane |= {"altitude_time": earlier, "velocity_time": earlier}
            post(alpha, "/tracks", {"feed": feed, "reports": [plane]})
        other = report("drone", 47.0, **near, party="bravo")
        post(alpha, "/tracks", {"feed": "box", "reports": [other]})
        deadline = time.monotonic() + 60
        while "SEPARATION" not in (said := picture(url, alpha)):
            assert time.monotonic() < deadline, said
            time.sleep(0.2)
        assert "4ca7b6, SWR13" in said, "the one that was said last"
        assert "by box of alpha: 47.10000, 7.50000, 300 m above the ellipsoid, known to" in said
        assert "by radar of alpha: 47.00000, 7.50000, 300 m above the ellipsoid (said " in said
        assert "FEEDS DISAGREE: position, call sign" in said
        assert "20 m/s on 000; call sign SWR13, " in said, "what they disagree in"
        assert "20 m/s on 000 (said " in said
        assert " ago); call sign SWR12, " in said
        assert ", by box of alpha\n    20 m/s on 000\n" in said, "the velocity of one feed's too"
        assert "by the rule watch/pair-separation/1" in said
        assert "track: " in said.partition("SEPARATION")[2]

        post(bravo, "/intents", {"kind": "flight", "volumes": [square()], "call_sign": "B-1"})
        hazard = {"kind": "hazard", "volumes": [square()], "provenance": GPS}
        told = post(alpha, "/intents", hazard)["intent"]["id"]
        sent = post(alpha, f"/hazards/{told}/avoiding", {"volumes": [square(47.3)]})
        assert sent["sent"], sent
        said = picture(url, bravo)
        assert f"feeds: {NOTHING}" in said
        assert "where to keep, for a flight: 47.3" in said
        assert "neither permission nor a guarantee. It rests on what you may see" in said
        post(alpha, "/intents", hazard | {"volumes": [square(47.3)]})
        said = picture(url, bravo)
        assert "where to keep: WITHHELD, it leads into intent " in said
        assert "where to keep, for" not in said


def test_a_feed_says_why_it_is_down_and_what_could_not_be_read() -> None:
    feed = {
        "feed": "airport", "feed_party": "north", "kind": "sbs", "state": "retrying",
        "why": "Connection refused", "since": moment(-1), "last_position": moment(-60),
        "counts": {"messages": 7, "positions": 2, "refused": {"time-old": 1},
                   "not_newer": {"late": 3, "repeated": 5},
                   "malformed": {"not-sbs": 4}, "dropped": {"track_deg": 2},
                   "flooded_bytes": 9},
        "dropped": {"track": "4b1816", "field": "track_deg", "rule": "course-range", "value": 361},
        "malformed": {"rule": "not-sbs", "sample": "this is no message", "time": moment(-1.5)},
    }  # fmt: skip
    said = list(
        words(
            {
                "time": moment(0), "feeds": [feed], "tracks": [], "warnings": [], "hazards": [],
            }
        )
    )  # fmt: skip
    told = "\n".join(said)
    assert "airport of north, sbs: retrying: Connection refused, since" in told
    assert "newest position 1 h" in told
    assert (
        "7 messages, 2 positions taken, 1 refused, 4 malformed, 3 late, 5 repeated,"
        " 2 values not taken, 9 bytes thrown away" in told
    )
    assert "last value not taken, track_deg of 4b1816, course-range: '361'" in told
    assert "last malformed, not-sbs, 1 min 30 s ago: 'this is no message'" in told
    assert f"warnings: {NOTHING}" in said


def test_what_cannot_be_and_what_is_silent_have_no_gap() -> None:
    fix = {"latitude": 47.0, "longitude": 7.5, "time": moment(-60)}
    said = [
        {"kind": kind, "level": 1, "raised": moment(-1), "time_s": 0.0, "uncertainty_m": 9.0,
         "rule": "watch/r/1", "objects": [{"type": "track", "facts": ["a", "b"], "fix": fix}]}
        for kind in ("implausible", "silence")
    ]  # fmt: skip
    lists = {"feeds": [], "tracks": [], "warnings": said, "hazards": []}
    told = "\n".join(words({"time": moment(0), **lists}))
    assert "what is reported of it cannot be" in told
    assert "unknown where it is, not clear" in told
    assert "in 0 s" not in told
