"""What is told outside of the space's area is asked about over HTTP (F-04)."""

from __future__ import annotations

import json

import pytest

from api_world import JSON, World, square
from wideberth.model.commands import AdoptRules
from wideberth.model.settings import Area, Rules
from wideberth.space.volume import NANODEGREES


async def adopt_area(world: World, south: int, west: int, north: int, east: int) -> None:
    sides = (side * NANODEGREES for side in (south, west, north, east))
    await world.node.command(AdoptRules(Rules(version="area", area=Area(*sides))))


@pytest.mark.requirement("F-04")
async def test_a_volume_outside_is_a_question_and_stands_when_confirmed(world: World) -> None:
    await adopt_area(world, 60, 60, 70, 70)
    intent = {"kind": "flight", "volumes": [square()]}
    zone = {"name": "range", "rule": "keep-out", "volumes": [square()]}
    async with world.http("alpha") as client:
        for path, body in (("intents", intent), ("intents/check", intent), ("zones", zone)):

            async def send(
                body: dict[str, object], path: str = path
            ) -> tuple[int, dict[str, object]]:
                answer = await client.post(
                    f"/api/v1/{path}", content=json.dumps(body).encode(), headers=JSON
                )
                return answer.status_code, answer.json()

            status, problem = await send(body)
            assert (status, problem["rule"]) == (422, "outside-area"), path
            assert problem["field"] == "volumes.0.footprint"
            assert problem["choices"]
            status, _ = await send({**body, "confirmed": True})
            assert status in (200, 201), path


@pytest.mark.requirement("F-04")
async def test_swapped_angles_are_offered_in_the_answer(world: World) -> None:
    await adopt_area(world, 45, 5, 48, 12)
    swapped = {**square(), "footprint": {"type": "Circle", "center": [47, 8], "radius_m": 500}}
    body = {"kind": "flight", "volumes": [swapped]}
    async with world.http("alpha") as client:
        answer = await client.post(
            "/api/v1/intents", content=json.dumps(body).encode(), headers=JSON
        )
        assert answer.status_code == 422
        meanings = {each["meaning"] for each in answer.json()["choices"]}
        assert "latitude and longitude swapped" in meanings


@pytest.mark.requirement("F-04")
async def test_reads_are_not_asked_about(world: World) -> None:
    await adopt_area(world, 60, 60, 70, 70)
    opened = await world.ask("alpha", "POST", "/subscriptions", {"volume": square()})
    asked = await world.ask("alpha", "POST", "/intents/query", {"volume": square()})
    assert (opened.status_code, asked.status_code) == (201, 200)


@pytest.mark.requirement("F-04")
async def test_a_ship_on_land_is_a_question_and_stands_when_confirmed(world: World) -> None:
    gps = {"source": "gps", "accuracy_m": 10}
    legs = [square(), square(start=60, end=90)]
    ship = {"kind": "movement", "volumes": legs, "count": 1, "provenance": gps}
    body = {**ship, "under": {"actor": "ship"}}
    async with world.http("alpha") as client:
        for path in ("intents/check", "intents"):
            asked = await client.post(f"/api/v1/{path}", json=body)
            assert (asked.status_code, asked.json()["rule"]) == (422, "ship-on-land"), path
            answer = await client.post(f"/api/v1/{path}", json={**body, "confirmed": True})
            assert answer.status_code in (200, 201), path
            assert answer.json()["intent"]["cautions"] == ["ship-on-land"]


@pytest.mark.requirement("N-12", "N-14")
async def test_what_a_site_does_not_state_is_said(world: World) -> None:
    gps = {"source": "gps", "accuracy_m": 10}
    named = {"level": "named", "parties": ["bravo"]}
    site = {"kind": "presence", "volumes": [square()], "provenance": gps, "visibility": named}
    async with world.http("alpha") as client:
        told = (await client.post("/api/v1/intents", json=site)).json()["intent"]
        assert (told["stand_off"], told["marking"]) == ("none agreed", "none given")
