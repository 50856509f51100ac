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
