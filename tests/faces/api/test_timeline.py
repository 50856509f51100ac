"""A timeline over HTTP: entries and kept positions that its reader may see, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, flight, moment, square, submitted
from wideberth.faces.api import timeline_gathered, timeline_part
from wideberth.model.channels import ChannelState
from wideberth.model.clocks import MeasureClock
from wideberth.model.commands import RaiseWarning
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.incidents import OpenIncident
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.service import Applied
from wideberth.space.time import HOUR_US, SECOND_US, format_rfc3339, parse_rfc3339
from wideberth.space.volume import Circle
from wideberth.trackkeeping import TrackKeeping
from wideberth.watch.archive import ArchiveSettings, TrackArchive

GPS = {"source": "gps"}
ALPHA, BRAVO, CHARLIE = (PartyId(each) for each in ("alpha", "bravo", "charlie"))


async def got(world: World, party: str, path: str = "/timeline", **query: str) -> dict[str, Any]:
    answer = await world.ask(party, "GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines(timeline: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for group in timeline["groups"] for line in group["lines"]]


def kinds(timeline: dict[str, Any]) -> list[str]:
    return [line["kind"] for line in lines(timeline)]


async def warned(world: World, *parties: PartyId) -> None:
    """A warning between two tracks, each of one feed."""
    now_us = world.node.service.context().now_us
    fix = TrackFix(47_000_000_000, 7_500_000_000, now_us)
    sides = tuple(
        WarningObject("track", f"{party}/t", party, (f"{party}'s thing", "x"), fix)
        for party in parties
    )
    standing = StandingWarning(
        WarningId("w1"), WarningKind.SEPARATION, "watch/1", sides, parties, now_us, now_us, 5_000
    )
    done = await world.node.command(RaiseWarning(standing))
    assert isinstance(done, Applied)


async def opened(world: World, *parties: str, **more: Any) -> str:
    now_us = world.node.service.context().now_us
    name = "incident-1"
    await submitted(
        world,
        parties[0],
        OpenIncident(
            name,  # type: ignore[arg-type]  # an IncidentId
            "What happened at noon",
            now_us - HOUR_US,
            now_us + HOUR_US,
            tuple(PartyId(each) for each in parties[1:]),
            **more,
        ),
    )
    return name


@pytest.mark.requirement("I-02")
async def test_each_line_names_an_entry_that_its_reader_can_have_proved(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.told("bravo")
        await world.told("alpha", call_sign="RED-1")
        timeline = await got(world, "bravo", offset="+02:00")
        assert kinds(timeline).count("intent told") == 2
        assert "notice sent" in kinds(timeline)
        for line in lines(timeline):
            receipt = await world.ask("bravo", "GET", line["receipt"].removeprefix("/api/v1"))
            assert receipt.status_code == 200
            assert line["local"].endswith("+02:00")
        sent = next(line for line in lines(timeline) if line["kind"] == "notice sent")
        assert sent["proof"] == "mechanism"
        assert {fact["name"] for fact in sent["facts"]} >= {"Time from telling to start"}
        text = (await world.ask("bravo", "GET", "/timeline/text")).text
        assert "notice sent: The mechanism issued a notice to bravo" in text


async def test_a_hidden_intent_makes_no_line_for_others(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        hidden = {"visibility": {"level": "named", "parties": []}}
        told = await world.ask("alpha", "POST", "/intents", flight(call_sign="HIDDEN-2", **hidden))
        assert told.status_code == 201
        name = told.json()["intent"]["id"]
        for query in ({}, {"objects": name}, {"parties": "alpha"}):
            answer = await world.ask("bravo", "GET", "/timeline", params=query)
            assert name not in answer.text.replace(f"objects={name}", "")
            assert "HIDDEN-2" not in answer.text
        own = await got(world, "alpha", objects=name)
        assert kinds(own) == ["intent told"]
        assert own["shapes"][0]["id"] == name


async def test_of_a_warning_each_side_is_shown_its_own_and_less_of_the_other(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        await warned(world, ALPHA, BRAVO)
        for reader, other in (("alpha", "bravo"), ("bravo", "alpha")):
            answer = await world.ask(reader, "GET", "/timeline")
            (line,) = [each for each in lines(answer.json()) if each["kind"] == "warning raised"]
            assert line["part"]
            assert "receipt" not in line
            assert f"{reader}'s thing" in answer.text
            assert f"{other}'s thing" not in answer.text
            assert f"{other}/t" not in answer.text
        assert kinds(await got(world, "charlie")) == []


async def test_a_side_of_a_warning_shown_whole_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_part, "is_readable", lambda *_: True)
    async with a_world(tmp_path) as world:
        await warned(world, ALPHA, BRAVO)
        assert "bravo's thing" in (await world.ask("alpha", "GET", "/timeline")).text


async def test_a_step_is_told_to_whoever_sees_the_intent(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await world.told("alpha")
        intent = told["intent"]
        step = {"step": "end", "ovn": intent["ovn"]}
        answer = await world.ask("alpha", "POST", f"/intents/{intent['id']}/state", step)
        assert answer.status_code == 200, answer.text
        for reader in ("alpha", "bravo"):
            timeline = await got(world, reader)
            assert "state changed" in kinds(timeline)
            (shape,) = timeline["shapes"]
            assert shape["until"] is not None


async def test_a_place_of_people_is_in_nobody_elses_timeline(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        visibility = {"level": "named", "parties": ["bravo"]}
        site = {
            "kind": "presence",
            "volumes": [square(46.123456, 7.654321)],
            "visibility": visibility,
            "place_name": "Clinic",
            "provenance": GPS,
        }
        told = await world.ask("alpha", "POST", "/intents", site)
        assert told.status_code == 201, told.text
        answer = await world.ask("bravo", "GET", "/timeline")
        (line,) = [each for each in lines(answer.json()) if each["kind"] == "intent told"]
        assert line["part"]
        for secret in ("46.12", "7.65", "Clinic"):
            assert secret not in answer.text
        assert answer.json()["shapes"] == []
        assert "Clinic" in (await world.ask("alpha", "GET", "/timeline")).text


async def test_clock_differences_stand_at_the_head_and_no_order_within_them(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        await submitted(world, "alpha", MeasureClock(0, 2 * SECOND_US))
        await submitted(world, "bravo", MeasureClock(-3 * SECOND_US, 0))
        begin = format_rfc3339(world.node.service.context().now_us)
        timeline = await got(world, "charlie", parties="alpha,bravo,charlie", **{"from": begin})
        assert [each["party"] for each in timeline["clocks"]] == ["alpha", "bravo"], "from before"
        assert timeline["differences"] == [
            {"first": "alpha", "second": "bravo", "least_s": 0.0, "most_s": 5.0},
            {"first": "alpha", "second": "charlie", "least_s": None, "most_s": None},
            {"first": "bravo", "second": "charlie", "least_s": None, "most_s": None},
        ]


async def test_an_incident_has_a_timeline_for_those_whom_it_names(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.told("alpha", call_sign="RED-1")
        name = await opened(world, "alpha", "bravo")
        await world.told("charlie", square(10.0, 10.0), call_sign="FAR-3")
        path = f"/incidents/{name}/timeline"
        timeline = await got(world, "bravo", path)
        assert timeline["incident"] == name
        assert timeline["parties"] == ["alpha", "bravo"]
        assert "FAR-3" not in str(timeline), "charlie is not in it"
        answer = await world.ask("charlie", "GET", path)
        assert answer.status_code == 404
        assert answer.json()["rule"] == "no-such-incident"
        unknown = await world.ask("charlie", "GET", "/incidents/other/timeline")
        assert unknown.json() == answer.json(), "hidden and unknown answer alike"
        text = await world.ask("bravo", "GET", f"{path}/text")
        assert text.headers["content-type"].startswith("text/plain")


async def test_an_area_leaves_out_what_is_elsewhere(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.told("alpha", call_sign="NEAR-1")
        await world.told("bravo", call_sign="NEAR-2")
        await world.told("alpha", square(10.0, 10.0), call_sign="FAR-3")
        area = Circle(47_000_000_000, 7_500_000_000, 5_000_000)
        name = await opened(world, "alpha", "bravo", area=area)
        timeline = await got(world, "alpha", f"/incidents/{name}/timeline")
        assert sorted(each["name"] for each in timeline["shapes"]) == ["NEAR-1", "NEAR-2"]
        assert kinds(timeline).count("intent told") == 2
        assert "notice sent" in kinds(timeline)


async def test_a_long_window_is_told_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_gathered, "MOST_ENTRIES", 3)
    async with a_world(tmp_path) as world:
        for at in range(4):
            await world.told("alpha", square(40.0 + at, 7.5), call_sign=f"RED-{at}")
        seen: list[int] = []
        begin: str | None = "2000-01-01T00:00:00Z"
        for _ in range(12):
            timeline = await got(world, "alpha", **{"from": begin})
            seen += [line["entry"] for line in lines(timeline) if not line.get("before")]
            begin = timeline["more_from"]
            if begin is None:
                break
        assert begin is None
        assert len(set(seen)) == 4


async def positions(world: World) -> TrackKeeping:
    """A feed of alpha's: one track for itself, one that is bravo's, one shown to charlie."""
    archive = TrackArchive(world.node.folder, ArchiveSettings(every_us=0), make_name=lambda: "s1")
    keeping = world.app.desk.live.keeping = TrackKeeping(world.node.service, archive)
    now_us = world.node.service.context().now_us

    async def report(track: str, owner: str | None, at_s: int, **more: object) -> None:
        wire = {
            "track": track,
            "time": format_rfc3339(now_us - at_s * SECOND_US),
            "latitude": 47.0,
            "longitude": 7.5,
            "accuracy_m": 10.0,
            **({"party": owner} if owner else {}),
            **more,
        }
        answer = await world.ask("alpha", "POST", "/tracks", {"feed": "radar", "reports": [wire]})
        assert answer.status_code == 200, answer.text

    await report("own", None, 130)
    said = {"altitude_m": 300.0, "altitude_time": format_rfc3339(now_us - 129 * SECOND_US)}
    heard = {"call_sign": "OWN", "call_sign_time": format_rfc3339(now_us - 200 * SECOND_US)}
    await report("own", None, 125, **said, **heard)
    await report("own", None, 0)
    await report("theirs", "bravo", 0)
    shown = await world.ask("alpha", "PUT", "/feeds/radar", {"shown_to": ["charlie"]})
    assert shown.status_code == 200, shown.text
    await report("opened", None, 0)
    return keeping


def tracks_of(timeline: dict[str, Any]) -> list[str]:
    found = [each for minute in timeline["tracks"]["minutes"] for each in minute["positions"]]
    return sorted({each["track"] for each in found})


TIMES = ("time", "altitude_time", "call_sign_time")


async def test_kept_positions_are_told_by_minute_to_those_who_could_see_them(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        keeping = await positions(world)
        begin = {"from": format_rfc3339(world.node.service.context().now_us - HOUR_US)}
        assert tracks_of(await got(world, "alpha", **begin)) == ["opened", "own", "theirs"]
        assert tracks_of(await got(world, "bravo", **begin)) == ["theirs"]
        assert tracks_of(await got(world, "charlie", **begin)) == ["opened"]
        timeline = await got(world, "alpha", **begin)
        minutes = timeline["tracks"]["minutes"]
        first = minutes[0]["positions"]
        assert len(first) == 1, "the last of a minute"
        assert (first[0]["uncertainty_m"], first[0]["feed"]) == (10.0, "radar")
        assert "entry" not in first[0], "its file is still open"
        told = [each for minute in minutes for each in minute["positions"]]
        (aged,) = (each for each in told if "altitude_m" in each)
        times = [parse_rfc3339(aged[name], field=name) for name in TIMES]
        assert [(times[0] - each) // SECOND_US for each in times] == [0, 4, 75]
        assert all(each is aged or each.keys() & {*TIMES} == {"time"} for each in told)
        assert any(minute.get("none_kept") == ["alpha/own"] for minute in minutes)
        assert "does not say that nothing was there" in timeline["tracks"]["sentence"]
        await keeping.tend(all_of_them=True)
        again = await got(world, "alpha", **begin)
        entry = again["tracks"]["minutes"][0]["positions"][0]["entry"]
        assert [line["entry"] for line in lines(again) if line["kind"] == "positions kept"] == [
            entry
        ]
        assert "positions kept" not in kinds(await got(world, "bravo", **begin))
        text = (await world.ask("alpha", "GET", "/timeline/text", params=begin)).text
        assert "no position kept of alpha/own" in text
        assert "300 m above the WGS84 ellipsoid (said 4 s before the position)" in text


async def test_a_track_shown_to_who_may_not_see_it_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wideberth.trackkeeping.may_see", lambda *_args, **_more: True)
    async with a_world(tmp_path) as world:
        await positions(world)
        assert tracks_of(await got(world, "bravo")) == ["opened", "own", "theirs"]


async def test_a_node_that_keeps_no_positions_says_so(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        timeline = await got(world, "alpha")
        assert timeline["tracks"]["kept"] is False
        assert "keeps no positions" in (await world.ask("alpha", "GET", "/timeline/text")).text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "noon"}, "from"),
        ({"from": "2030-01-01T00:00:00Z", "to": "2029-01-01T00:00:00Z"}, "from, to"),
        ({"offset": "2"}, "offset"),
        ({"objects": "a b"}, "objects"),
        ({"objects": "a," * 101}, "objects"),
        ({"parties": "No Party"}, "parties"),
    ],
)
async def test_bad_input_names_the_field(tmp_path: Path, query: dict[str, str], field: str) -> None:
    async with a_world(tmp_path) as world:
        answer = await world.ask("alpha", "GET", "/timeline", params=query)
        assert answer.status_code == 400, answer.text
        assert answer.json()["field"] == field


async def test_channels_stand_as_they_did_before_the_window(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        report = {"state": ChannelState.DOWN.value, "reason": "no answer"}
        answer = await world.ask("alpha", "POST", "/channels/bravo/report", report)
        assert answer.status_code in (200, 201), answer.text
        begin = {"from": moment(-1)}
        assert "channel reported" in kinds(await got(world, "alpha"))
        later = await got(world, "alpha", **{"from": format_rfc3339(2_000_000_000_000_000)})
        assert [line["kind"] for line in lines(later) if line.get("before")] == ["channel reported"]
        assert begin
