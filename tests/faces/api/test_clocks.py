"""A party measures its clock against the node's, and is told the offset (L-12)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_world import JSON, World, square
from wideberth.service import now_us
from wideberth.space.time import format_rfc3339


async def ask(world: World, body: dict[str, Any]) -> Any:
    async with world.http("alpha") as client:
        return await client.post("/api/v1/clock", content=json.dumps(body).encode(), headers=JSON)


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("offset_s", [0, 90, -3600])
async def test_the_offset_of_a_partys_clock_is_measured_and_told(
    world: World, offset_s: int
) -> None:
    exchanges: list[dict[str, str]] = []
    for _ in range(3):
        sent = format_rfc3339(now_us() + offset_s * 1_000_000)
        answer = (await ask(world, {})).json()
        assert answer["clock"] is None
        back = format_rfc3339(now_us() + offset_s * 1_000_000)
        stamps = {name: answer[name] for name in ("received", "answered")}
        exchanges.append({"sent": sent, "back": back, **stamps})
    clock = (await ask(world, {"exchanges": exchanges})).json()["clock"]
    assert clock["ahead_least_s"] <= offset_s <= clock["ahead_most_s"]
    assert clock["bound_s"] >= abs(offset_s)


@pytest.mark.requirement("L-12")
async def test_a_clock_that_may_be_off_widens_its_partys_clash_tests(world: World) -> None:
    """Two windows a minute apart clash where both clocks may be off by 40 s, not where one may."""
    earlier, later = square(start=0, end=10), square(start=11, end=20)
    first = await world.told("alpha", {**earlier, "clock_bound_s": 40})
    assert first["intent"]["start"] < earlier["start"]
    assert first["intent"]["declaration"][0]["clock_bound_s"] == 40
    sure = await world.told("bravo", later)
    assert sure["clashes"] == []
    unsure = await world.told("charlie", {**later, "clock_bound_s": 40})
    assert first["intent"]["id"] in {clash["other"]["id"] for clash in unsure["clashes"]}


async def test_stamps_that_cannot_be_are_refused(world: World) -> None:
    at = format_rfc3339(now_us())
    later = format_rfc3339(now_us() + 3_600_000_000)
    good = {"sent": at, "received": at, "answered": at, "back": at}
    for wrong, rule in (
        ({"answered": later}, "in-the-future"),
        ({"sent": later}, "stamps-order"),
        ({"back": "noon"}, "rfc3339"),
    ):
        answer = await ask(world, {"exchanges": [{**good, **wrong}]})
        assert (answer.status_code, answer.json()["rule"]) == (400, rule)


async def measure(world: World, party: str, offset_s: float, *, times: int = 3) -> Any:
    """The answer to the question that has so many exchanges of a clock this far ahead."""
    ahead_us = round(offset_s * 1_000_000)
    async with world.http(party) as client:

        async def question(body: dict[str, Any]) -> Any:
            body_bytes = json.dumps(body).encode()
            return await client.post("/api/v1/clock", content=body_bytes, headers=JSON)

        exchanges: list[dict[str, str]] = []
        for _ in range(times):
            sent = format_rfc3339(now_us() + ahead_us)
            answer = (await question({})).json()
            back = format_rfc3339(now_us() + ahead_us)
            stamps = {name: answer[name] for name in ("received", "answered")}
            exchanges.append({"sent": sent, "back": back, **stamps})
        return await question({"exchanges": exchanges})


@pytest.mark.requirement("L-12")
async def test_what_was_measured_widens_what_the_party_tells(world: World) -> None:
    """Windows a minute apart clash where the two clocks may be off by that together."""
    earlier, later = square(start=0, end=10), square(start=11, end=20)
    first = await world.told("alpha", earlier)
    assert (await world.told("bravo", later))["clashes"] == []
    answer = await measure(world, "charlie", 59.5)
    assert answer.json()["recorded"]["bound_s"] >= 59.5
    assert answer.json()["widened_by_s"] == 60
    unsure = await world.told("charlie", later)
    assert first["intent"]["id"] in {clash["other"]["id"] for clash in unsure["clashes"]}


@pytest.mark.requirement("L-12")
async def test_a_party_whose_clock_is_off_is_told_so_in_each_answer(world: World) -> None:
    answer = await measure(world, "alpha", -7.5)
    assert "ahead by -8 to" in answer.json()["warning"]
    for party, is_told in (("alpha", True), ("bravo", False)):
        async with world.http(party) as client:
            for path in ("/api/v1/intents", "/api/v1/intents/none"):
                assert ("clock-off" in (await client.get(path)).headers) is is_told
    good = await measure(world, "bravo", 0.5)
    assert good.json()["warning"] is None
    assert "clock-off" not in good.headers


@pytest.mark.requirement("L-12")
async def test_one_exchange_that_was_held_up_widens_nothing(world: World) -> None:
    answer = await measure(world, "alpha", 30, times=1)
    assert answer.json()["clock"]["bound_s"] >= 30
    assert answer.json()["recorded"] is None
    assert answer.json()["widened_by_s"] == 0


@pytest.mark.requirement("L-12")
async def test_the_same_measurement_again_adds_nothing_to_the_record(world: World) -> None:
    await measure(world, "alpha", 1.5)
    size = world.node.service.picture.size
    await measure(world, "alpha", 1.5)
    assert world.node.service.picture.size == size
