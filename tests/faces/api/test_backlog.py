"""Ceilings, the backlog and their warnings over the API: each party sees its own side (N-15)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, a_world, flight, square
from stream_lines import Line
from wideberth.model.commands import AdoptRules
from wideberth.model.loads import LoadRule
from wideberth.service import Applied, now_us
from wideberth.space.time import DAY_US

HIDDEN = {"level": "on-conflict"}


async def got(world: World, party: str, path: str = "/backlog") -> Any:
    answer = await world.ask(party, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def set_ceiling(world: World, party: str, **body: Any) -> Any:
    answer = await world.ask(party, "POST", "/ceilings", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def weighed(world: World) -> None:
    await world.node.service.current()
    await world.node.backlogs.look(everybody=True)


async def warnings(world: World, party: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """By kind and whose load it is, what each says."""
    page = await got(world, party, "/warnings")
    return {
        (each["kind"], each["objects"][0]["id"]): tuple(
            fact for one in each["objects"] for fact in one["facts"]
        )
        for each in page["warnings"]
        if each["kind"] in ("ceiling", "unacknowledged")
    }


async def few(world: World) -> None:
    """Two unread notices are no load; more may be one."""
    rules = world.node.service.picture.space.rules
    rules = msgspec.structs.replace(rules, version="few", load=LoadRule(least=2))
    assert isinstance(await world.node.command(AdoptRules(rules)), Applied)


async def a_flight_of_alpha(world: World, **more: Any) -> None:
    told = await world.ask("alpha", "POST", "/intents", flight(square(), **more))
    assert told.status_code == 201, told.text


@pytest.mark.requirement("N-15")
async def test_a_ceiling_is_set_the_backlog_is_seen_and_both_are_warned_once(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        await few(world)
        await world.told("bravo", square())  # alpha sees it, and may follow what comes of it
        await set_ceiling(world, "bravo", recipient="bravo", notices=3)
        await set_ceiling(world, "bravo", recipient="bravo", sender="alpha", notices=4)
        await set_ceiling(world, "alpha", recipient="bravo", sender="alpha", notices=2)
        for _ in range(4):
            await a_flight_of_alpha(world)
        await weighed(world)
        mine = await got(world, "bravo")
        (row,) = mine["counterparts"]
        assert (mine["counted"], mine["next"]) == (True, None)
        assert {"mean", "Nothing"} <= set(mine["method"].split())
        own = mine["own"]
        assert (own["notices"], own["unread"], own["ceiling"], own["passed"]) == (4, 4, 3, True)
        assert (own["typical_week"], own["weeks"], own["over"]) == (None, 0, True)
        first = (await got(world, "bravo", "/notices"))["notices"][0]
        assert own["oldest_unread"] == first["issued"]
        assert (row["party"], "sent" in row) == ("alpha", False)
        received = row["received"]
        assert (received["notices"], received["ceiling"], received["passed"]) == (4, 4, False)
        (theirs,) = (await got(world, "alpha"))["counterparts"]
        assert theirs["party"] == "bravo"
        assert (theirs["sent"]["notices"], theirs["sent"]["unread"]) == (4, 4)
        assert (theirs["sent"]["ceiling"], theirs["sent"]["passed"]) == (2, True)
        assert await warnings(world, "bravo") == {
            ("unacknowledged", "bravo"): (
                "notices to bravo, unread: 4",
                "acknowledged in a week of the past: nothing yet (mean of 0 whole weeks)",
            ),
            ("ceiling", "bravo"): (
                "notices to bravo, in seven days: 4",
                "ceiling: 3",
            ),
        }
        sent = await warnings(world, "alpha")
        assert sent["ceiling", "bravo"] == (
            "notices to bravo from alpha, in seven days: 4",
            "ceiling: 2",
        )
        assert sent["unacknowledged", "bravo"][0] == "notices to bravo from alpha, unread: 4"
        assert sent["unacknowledged", "alpha"][0] == "notices to alpha, unread: 4"  # to itself
        size = world.node.service.picture.size
        await weighed(world)
        assert world.node.service.picture.size == size, "each is raised once"
        nobody = await got(world, "charlie")
        assert nobody["counterparts"] == nobody["ceilings"] == []
        assert not await warnings(world, "charlie")
    async with a_world(tmp_path) as world:  # after a restart it is the same, and said once
        await weighed(world)
        assert world.node.service.picture.size == size
        again = await got(world, "bravo")
        assert {**again, "as_of": mine["as_of"]} == mine
        for notice in (await got(world, "bravo", "/notices"))["notices"]:
            path = f"/notices/{notice['id']}/acknowledgements"
            answer = await world.ask("bravo", "POST", path, {"verb": "RECEIVED"})
            assert answer.status_code < 300, answer.text
        await weighed(world)
        own_left = ("unacknowledged", "alpha")
        assert set(await warnings(world, "bravo")) == {("ceiling", "bravo")}
        assert set(await warnings(world, "alpha")) == {("ceiling", "bravo"), own_left}
        await set_ceiling(world, "alpha", recipient="bravo", sender="alpha")  # taken away
        await weighed(world)
        assert set(await warnings(world, "alpha")) == {own_left}
        # A week on, nothing is left of the seven days; what was acknowledged is of the past.
        world.node.service._clock_us = lambda: now_us() + 8 * DAY_US
        await weighed(world)
        own = (await got(world, "bravo"))["own"]
        assert (own["notices"], own["unread"], own["typical_week"], own["weeks"]) == (0, 0, 2.0, 2)
        assert not await warnings(world, "bravo")


async def test_what_is_urgent_or_a_hazard_is_not_counted(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.told("bravo", square())
        await set_ceiling(world, "bravo", recipient="bravo", notices=0)
        provenance = {"source": "planned", "accuracy_m": 10}
        await a_flight_of_alpha(world, kind="hazard", provenance=provenance)
        stop = await world.ask("alpha", "POST", "/stop", {"text": "people on the ridge"})
        assert stop.status_code < 300
        await weighed(world)
        assert (await got(world, "bravo", "/notices"))["notices"]
        own = (await got(world, "bravo"))["own"]
        assert (own["notices"], own["unread"], own["passed"]) == (0, 0, False)
        assert not await warnings(world, "bravo")


async def test_a_sender_learns_of_nothing_that_it_may_not_follow(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await few(world)
        told = await world.ask("bravo", "POST", "/intents", flight(square(), visibility=HIDDEN))
        assert told.status_code == 201, told.text
        for _ in range(4):
            await a_flight_of_alpha(world)
        await weighed(world)
        assert (await got(world, "bravo"))["own"]["unread"] == 4
        theirs = await got(world, "alpha")
        assert theirs["counterparts"] == []
        assert "bravo" not in msgspec.json.encode(theirs).decode()
        seen = await warnings(world, "alpha")
        assert set(seen) == {("unacknowledged", "alpha")}


async def test_a_ceiling_is_told_to_whoever_it_is_about(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await set_ceiling(world, "bravo", recipient="bravo", notices=9)
        said = await set_ceiling(world, "bravo", recipient="bravo", sender="alpha", notices=5)
        assert said["kind"] == "CeilingSet"
        line = Line(world, "alpha", "/stream")
        seen = await line.until(lambda came: any(e == "ceiling" for _, e, _ in came), within_s=5)
        await line.close()
        (event,) = [data for _, name, data in seen if name == "ceiling"]
        del event["time"], event["position"]
        assert event == {"party": "bravo", "recipient": "bravo", "sender": "alpha", "notices": 5}
        about = {"party": "bravo", "recipient": "bravo", "sender": "alpha", "notices": 5}
        assert (await got(world, "alpha"))["ceilings"] == [about]
        assert len((await got(world, "bravo"))["ceilings"]) == 2
        assert (await got(world, "charlie"))["ceilings"] == []


async def test_bad_ceilings_are_named(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        for body, status in (
            ({"recipient": "bravo", "notices": -1}, 400),
            ({"recipient": "bravo", "notices": 1.5}, 400),
            ({"notices": 4}, 400),
            ({"recipient": "alpha", "notices": 4}, 400),
            ({"recipient": "bravo"}, 404),
        ):
            answer = await world.ask("bravo", "POST", "/ceilings", body)
            assert answer.status_code in (status, 422), answer.text
            assert answer.json()["rule"]


async def test_counterparts_come_in_pages(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        for other in ("alpha", "charlie"):
            await set_ceiling(world, "bravo", recipient="bravo", sender=other, notices=9)
        first = await got(world, "bravo", "/backlog?limit=1")
        assert [each["party"] for each in first["counterparts"]] == ["alpha"]
        assert len(first["ceilings"]) == 2
        rest = await got(world, "bravo", f"/backlog?limit=1&cursor={first['next']}")
        assert [each["party"] for each in rest["counterparts"]] == ["charlie"]
        assert (rest["next"], rest["ceilings"]) == (None, [])
