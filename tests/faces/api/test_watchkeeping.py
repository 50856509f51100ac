"""Keeping watch over the API: channels that are never blank, hazards that silence never clears,
posts that are taken over with the list read, and two lists that can be compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, flight, square
from stream_lines import Line
from wideberth.faces.api.escalations_seen import SILENCE
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.ids import IntentId
from wideberth.service import now_us
from wideberth.space.time import HOUR_US, MINUTE_US


def later(world: World, by_us: int) -> None:
    """Let the node's clock be so much ahead."""
    world.node.service._clock_us = lambda: now_us() + by_us


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for ten seconds at most."""
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come about")


async def got(world: World, party: str, path: str) -> Any:
    answer = await world.ask(party, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def events(world: World, party: str, name: str, *, count: int) -> list[dict[str, Any]]:
    line = Line(world, party, "/stream")
    seen = await line.until(
        lambda came: sum(event == name for _, event, _ in came) >= count, within_s=5
    )
    await line.close()
    return [data for _, event, data in seen if event == name]


async def hazard(world: World) -> str:
    """A hazard of bravo's on a flight of alpha's; its id."""
    await world.told("alpha")
    told = {
        **flight(square()),
        "kind": "hazard",
        "provenance": {"source": "planned", "accuracy_m": 10},
    }
    answer = await world.ask("bravo", "POST", "/intents", told)
    assert answer.status_code == 201, answer.text
    return answer.json()["intent"]["id"]


def test_channels_are_never_blank(tmp_path: Path) -> None:
    async def play() -> None:
        async with a_world(tmp_path) as world:
            before = await got(world, "alpha", "/channels")
            assert {each["party"]: each["state"] for each in before["channels"]} == dict.fromkeys(
                ("alpha", "bravo", "charlie"), "UNKNOWN"
            )
            assert before["sentence"] == SILENCE
            assert (await world.ask("bravo", "POST", "/heartbeat", {})).status_code == 200
            refused = {"state": "REFUSED", "reason": "they hang up"}
            await world.ask("bravo", "POST", "/channels/charlie/report", refused)
            pause = {"scope": "all", "reason": "x"}
            unsigned = await world.ask("alpha", "POST", "/channel/suspension", pause)
            assert unsigned.json()["rule"] == "signature-required"
            key = await world.key("alpha")
            async with world.client("alpha", key) as alpha:
                await alpha.signed("POST", "/channel/suspension", "SuspendChannel", pause)
            seen = (await got(world, "charlie", "/channels?limit=2"))["channels"]
            assert [(each["party"], each["state"]) for each in seen] == [
                ("alpha", "SUSPENDED"),
                ("bravo", "UP"),
            ]
            (rest,) = (await got(world, "charlie", "/channels?cursor=bravo"))["channels"]
            assert (rest["state"], rest["by"]) == ("REFUSED", "bravo")
            told = await events(world, "bravo", "channel", count=3)
            assert [each["change"] for each in told] == ["heard", "reported", "suspended"]

    asyncio.run(play())


def test_by_when_a_party_is_to_be_heard_is_told_to_itself_alone(tmp_path: Path) -> None:
    """How often would tell others whether it is in operations."""

    async def play() -> None:
        async with a_world(tmp_path) as world:
            await world.ask("bravo", "POST", "/heartbeat", {})
            for reader in ("alpha", "bravo"):
                channels = (await got(world, reader, "/channels"))["channels"]
                told = {each["party"]: each.get("call_by") for each in channels}
                assert (told["bravo"] is not None) == (reader == "bravo")
                assert told["alpha"] is None
                assert told["charlie"] is None
                for each in channels:
                    if each["party"] == "bravo" and reader == "bravo":
                        assert each["call_by"] > each["heard"]

    asyncio.run(play())


@pytest.mark.requirement("L-05", "L-09", "N-18")
def test_a_hazard_is_never_cleared_by_silence(tmp_path: Path) -> None:
    async def play() -> None:
        async with a_world(tmp_path) as world:
            intent = await hazard(world)
            await world.ask("bravo", "POST", f"/hazards/{intent}/status", {"status": "active"})
            foreign = await world.ask(
                "alpha", "POST", f"/hazards/{intent}/status", {"status": "ended"}
            )
            assert foreign.status_code == 404
            page = await got(world, "alpha", "/hazards")
            assert [each["state"] for each in page["hazards"]] == ["active"]
            assert page["sentence"] == SILENCE
            assert (await got(world, "charlie", "/hazards"))["hazards"] == []
            watch = world.node.service.picture.hazards[IntentId(intent)]
            later(world, 3 * HOUR_US)
            await until(lambda: world.node.service.picture.hazards[watch.intent].over)
            (seen,) = (await got(world, "alpha", "/hazards"))["hazards"]
            assert seen["state"] == "ended by time, not confirmed clear"
            key = await world.key("bravo")
            async with world.client("bravo", key) as bravo:
                clear = f"/hazards/{intent}/all-clear"
                await bravo.signed("POST", clear, "GiveAllClear", {"intent": intent})
            assert (await got(world, "alpha", "/hazards"))["hazards"] == []
            notices = (await got(world, "alpha", "/notices?state=open"))["notices"]
            assert [each.get("all_clear", False) for each in notices] == [False, False, True][
                -len(notices) :
            ]

    asyncio.run(play())


@pytest.mark.requirement("D-06", "L-09")
def test_a_step_of_the_ladder_is_on_both_streams_and_in_both_lists(tmp_path: Path) -> None:
    async def play() -> None:
        async with a_world(tmp_path) as world:
            await hazard(world)
            (notice, *_) = (await got(world, "alpha", "/notices?state=open"))["notices"]
            assert notice["escalation"]["next"] == "alternate"
            later(world, 11 * MINUTE_US)
            picture = world.node.service.picture
            await until(lambda: notice["id"] in picture.escalations)
            (again, *_) = (await got(world, "alpha", "/notices?state=open"))["notices"]
            assert again["escalation"]["posts"] == ["alternate"]
            assert again["escalation"]["next"] == "senior"
            rows = (await got(world, "bravo", "/notices/unreached"))["unreached"]
            (row,) = [each for each in rows if each["notice"] == notice["id"]]
            assert row["escalation"]["posts"] == ["alternate"]
            for party in ("alpha", "bravo"):
                told = await events(world, party, "escalation", count=1)
                step = next(each for each in told if each["notice"] == notice["id"])
                assert (step["post"], step["sentence"]) == ("alternate", SILENCE)
            passed = DeadlinePassed(DeadlineKind.ESCALATION, notice["id"], 0)
            done = await world.node.command(passed)
            assert getattr(done, "rule", "") == "deadline-done"

    asyncio.run(play())


@pytest.mark.requirement("S-12")
def test_a_post_is_taken_over_with_the_open_list(tmp_path: Path) -> None:
    async def play() -> None:
        async with a_world(tmp_path) as world:
            before = await got(world, "alpha", "/shifts")
            assert (before["shifts"], before["open"], before["oldest"]) == ([], 0, None)
            await hazard(world)
            taken = {"post": "duty", "open_list": before["open_list"]}
            stale = await world.ask("alpha", "POST", "/shifts", taken)
            assert stale.json()["rule"] == "open-list-changed"
            now = await got(world, "alpha", "/shifts")
            assert now["open"] == now["unanswered"] > 0
            taken = {"post": "duty", "open_list": now["open_list"]}
            assert (await world.ask("alpha", "POST", "/shifts", taken)).status_code == 200
            (shift,) = (await got(world, "alpha", "/shifts"))["shifts"]
            assert (shift["post"], shift["yours"]) == ("duty", True)
            assert (await got(world, "bravo", "/shifts"))["shifts"] == []

    asyncio.run(play())


@pytest.mark.requirement("D-08")
def test_two_parties_compare_what_they_hold(tmp_path: Path) -> None:
    async def play() -> None:
        async with a_world(tmp_path) as world:
            await world.told("alpha")
            await world.told("charlie", square(50.0))
            hidden = {"visibility": {"level": "on-conflict"}}
            await world.told("bravo", square(49.0), **hidden)
            ours = await got(world, "alpha", "/held?with=bravo")
            theirs = await got(world, "bravo", "/held?with=alpha")
            assert ours["held"] == theirs["held"]
            assert ours["digest"] == theirs["digest"]
            assert ours["count"] == 1
            counts = {
                party: (await got(world, party, "/held"))["count"]
                for party in ("alpha", "bravo", "charlie")
            }
            assert counts == {"alpha": 2, "bravo": 3, "charlie": 2}
            first = await got(world, "bravo", "/held?limit=2")
            rest = await got(world, "bravo", f"/held?limit=2&cursor={first['next']}")
            assert len(first["held"]) + len(rest["held"]) == 3
            assert first["digest"] == rest["digest"]
            unknown = await world.ask("alpha", "GET", "/held?with=nobody")
            assert unknown.status_code == 404

    asyncio.run(play())
