"""Drills and the read-back test over the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, a_world, square
from tests.faces.api.test_shared import agree
from wideberth.client import ApiProblem, Client
from wideberth.model.commands import AdoptRules
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.ids import DrillId
from wideberth.model.readbacktests import MOST_TRIES, facts_of
from wideberth.service import now_us
from wideberth.space.time import DAY_US, SECOND_US, format_rfc3339


def typed(seed: str, language: str, **wrong: str) -> dict[str, str]:
    facts = facts_of(seed, language)
    return {
        "language": language,
        "identification": facts.identification,
        "place": f"{facts.latitude_nd / 1e9:.6f}, {facts.longitude_nd / 1e9:.6f}",
        "begins": format_rfc3339(facts.start_us),
        "ends": format_rfc3339(facts.end_us),
        "lowest_m": str(facts.lower_m),
        "highest_m": str(facts.upper_m),
        "permission": "no",
        "clear": "no",
        **wrong,
    }


def seed_of(world: World) -> str:
    picture = world.node.service.picture
    (standing,) = (picture.read_back_tests[each] for each in picture.read_back_tests)
    assert standing.begun is not None
    return standing.begun.seed


@pytest.mark.requirement("X-05")
async def test_a_desk_takes_the_test_and_then_acknowledges(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        rules = msgspec.structs.replace(
            world.node.service.picture.space.rules,
            version="tested",
            read_back_test_us=365 * DAY_US,
        )
        await world.node.command(AdoptRules(rules))
        await world.told("bravo", square())
        await world.told("alpha", square())
        (notice,) = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
        async with world.client("bravo", await world.key("bravo")) as bravo:
            stood = await bravo.get("/read-back-tests")
            assert (stood["needed"], stood["languages"]) == (True, ["en"])
            assert stood["keys"] == [{"key_id": "desk", "may_acknowledge": False, "tries_left": 5}]
            with pytest.raises(ApiProblem) as refused:
                await read(bravo, notice)
            assert (refused.value.status, refused.value.rule) == (403, "read-back-test-needed")
            assert "drill test" in str(refused.value)
            test = await begun(bravo)
            (item,) = test["items"]
            facts = facts_of(seed_of(world), "en")
            for shown in (facts.identification, f"{facts.lower_m} m", "Is this message a perm"):
                assert shown in item["text"]
            assert item["text"].startswith("TEST")
            failed = await judged(bravo, typed(seed_of(world), "en", permission="yes"))
            assert (failed["passed"], failed["wrong"]) == (False, ["en/permission"])
            await begun(bravo)
            assert (await judged(bravo, typed(seed_of(world), "en")))["passed"]
            await read(bravo, notice)
            (key,) = (await bravo.get("/read-back-tests"))["keys"]
            assert (key["may_acknowledge"], key["test"]) == (True, "read-back-1")
            assert key["valid_until"] > key["passed"]
            assert key["tries_left"] == MOST_TRIES - 2
            for _ in range(MOST_TRIES - 2):
                await begun(bravo)
            (key,) = (await bravo.get("/read-back-tests"))["keys"]
            assert key["tries_left"] == 0
            assert key["next_try"] > key["passed"]


async def begun(client: Client) -> Any:
    return await client.signed("POST", "/read-back-tests", "BeginReadBackTest", {})


async def judged(client: Client, answer: dict[str, str]) -> Any:
    body = {"answers": [answer]}
    return await client.signed("POST", "/read-back-tests/answers", "AnswerReadBackTest", body)


async def read(client: Client, notice: dict[str, Any]) -> Any:
    return await client.acknowledge(notice, "PASSED-DOWN", unit="bravo-1")


@pytest.mark.requirement("X-01")
async def test_a_drill_is_listed_page_by_page_for_both_sides_and_nobody_else(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        for _ in range(3):
            assert (await world.ask("alpha", "POST", "/drills", {"to": "bravo"})).status_code == 201
        names: list[str] = []
        query = "limit=2"
        while query:
            page = (await world.ask("bravo", "GET", f"/drills?{query}")).json()
            names += [each["id"] for each in page["drills"]]
            query = "" if page["next"] is None else f"limit=2&cursor={page['next']}"
        assert len(names) == len(set(names)) == 3
        own = (await world.ask("bravo", "GET", "/drills")).json()
        assert all("word" in each for each in own["drills"])
        assert "no notice" in own["sentence"]
        of_sender = (await world.ask("alpha", "GET", "/drills?state=waiting")).json()["drills"]
        assert [each["id"] for each in of_sender] == names
        assert not any("word" in each for each in of_sender)
        assert (await world.ask("charlie", "GET", "/drills")).json()["drills"] == []
        said = f"/drills/{names[0]}/answers"
        assert (await world.ask("bravo", "POST", said, {"verb": "RECEIVED"})).status_code == 201
        refused = await world.ask("bravo", "POST", said, {"verb": "READ-BACK", "word": "XX0000"})
        assert refused.json()["rule"] == "signature-required"
        assert (await world.ask("charlie", "POST", said, {"verb": "RECEIVED"})).status_code == 404
        unknown = await world.ask("alpha", "POST", "/drills", {"to": "nobody"})
        assert unknown.json()["rule"] == "party-unknown"


async def test_a_drill_goes_down_to_the_units_that_are_named(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await agree(world)
        wanted = {"to": "bravo", "units": ["bravo-1"], "within_s": 60}
        sent = await world.ask("alpha", "POST", "/drills", wanted)
        assert sent.json()["drill"]["units"] == ["bravo-1"]
        unknown = await world.ask("alpha", "POST", "/drills", {**wanted, "units": ["x"]})
        assert (unknown.status_code, unknown.json()["rule"]) == (404, "no-such-unit")


async def test_a_hop_after_the_drill_was_missed_is_marked_late(tmp_path: Path) -> None:
    later = 0
    async with a_world(tmp_path, clock_us=lambda: now_us() + later) as world:
        await agree(world)
        sent = await world.ask("alpha", "POST", "/drills", {"to": "bravo", "within_s": 60})
        said = f"/drills/{sent.json()['drill']['id']}/answers"
        later = 61 * SECOND_US
        drill = DrillId(sent.json()["drill"]["id"])
        await world.node.command(DeadlinePassed(DeadlineKind.DRILL, drill, 0))
        assert (await world.ask("bravo", "POST", said, {"verb": "RECEIVED"})).status_code == 201
        (drill,) = (await world.ask("alpha", "GET", "/drills")).json()["drills"]
        assert (drill["state"], drill["missing"]) == ("missed", ["READ-BACK", "LOADED bravo-1"])
        assert [(each["hop"], each["late"]) for each in drill["hops"]] == [("RECEIVED", True)]
        await world.ask("alpha", "POST", "/drills", {"to": "bravo"})
        (again, _) = (await world.ask("bravo", "GET", "/drills")).json()["drills"]
        await world.ask("bravo", "POST", f"/drills/{again['id']}/answers", {"verb": "RECEIVED"})
        (again, _) = (await world.ask("alpha", "GET", "/drills")).json()["drills"]
        assert "late" not in again["hops"][0]
