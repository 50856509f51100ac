"""A party measures its clock against the node's, and is told the offset (L-12)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_world import JSON, World
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
