"""Suggested avoiding actions over the API (L-08)."""

from __future__ import annotations

from typing import Any

import pytest

from api_world import World, square
from stream_lines import Line

GPS = {"source": "gps", "accuracy_m": 5}


async def hazard(world: World) -> str:
    await world.told("bravo", square())
    told = await world.told("alpha", square(), kind="hazard", provenance=GPS)
    return told["intent"]["id"]


async def ok(world: World, party: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = await world.ask(party, method, path, body)
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.mark.requirement("L-08")
async def test_a_suggestion_is_withheld_until_it_leads_into_nothing(world: World) -> None:
    name = await hazard(world)
    line = Line(world, "bravo", "/stream")
    burning = await world.told("charlie", square(47.1), kind="hazard", provenance=GPS)
    path = f"/hazards/{name}/avoiding"
    into = await ok(world, "alpha", "POST", path, {"volumes": [square(47.1)]})
    assert (into["sent"], into["to"]) == (False, [])
    (clash,) = into["clashes"]
    assert clash["other"]["id"] == burning["intent"]["id"]
    (shown,) = (await ok(world, "bravo", "GET", "/hazards"))["hazards"]
    assert "avoiding" not in shown
    back = await ok(world, "alpha", "POST", path, {"volumes": [square()]})
    assert [each["id"] for each in back["own"]] == [name], "into the hazard itself"
    sent = await ok(world, "alpha", "POST", path, {"volumes": [square(47.3)]})
    assert (sent["sent"], sent["to"], sent["clashes"], sent["own"]) == (True, [], [], [])
    assert "not the software" in sent["sentence"]
    (shown,) = (await ok(world, "bravo", "GET", "/hazards"))["hazards"]
    (given,) = shown["avoiding"]["volumes"]
    assert given["footprint"]["coordinates"][0][0] == [7.5, 47.3]
    events = await line.until(
        lambda seen: any(
            data.get("change", "").startswith("avoiding")
            for _, kind, data in seen
            if kind == "hazard"
        )
    )
    (told,) = [
        data
        for _, kind, data in events
        if kind == "hazard" and data["change"].startswith("avoiding")
    ]
    assert told["change"] == "avoiding-suggested", "of those withheld it never heard"
    assert told["avoiding"]["volumes"] == shown["avoiding"]["volumes"]
    await world.told("charlie", square(47.3), kind="hazard", provenance=GPS)
    (later,) = (await ok(world, "bravo", "GET", "/hazards"))["hazards"]
    assert "volumes" not in later["avoiding"]
    assert len(later["avoiding"]["in_the_way"]) == 1
    await line.close()


@pytest.mark.requirement("L-08")
async def test_the_hazard_goes_out_without_waiting_for_one(world: World) -> None:
    name = await hazard(world)
    (notice,) = (await ok(world, "bravo", "GET", "/notices"))["notices"]
    assert notice["subject"]["id"] == name
    refused = await world.ask(
        "alpha", "POST", "/stop", {"text": "x", "avoiding": {"volumes": [square(48)]}}
    )
    assert refused.status_code == 400, "a STOP has no such member"


@pytest.mark.parametrize(
    ("party", "body", "status"),
    [
        ("bravo", {"volumes": [square(47.3)]}, 404),
        ("alpha", {"volumes": []}, 400),
        ("alpha", {"volumes": [square(47.3)], "kind": "hazard"}, 400),
        ("alpha", {"volumes": [square(47.3)], "to": ["nobody"]}, 400),
        ("alpha", {"volumes": [square(47.3, start=-600, end=-500)]}, 400),
    ],
)
async def test_bad_input_is_named(
    world: World, party: str, body: dict[str, Any], status: int
) -> None:
    name = await hazard(world)
    answer = await world.ask(party, "POST", f"/hazards/{name}/avoiding", body)
    assert answer.status_code == status, answer.text
    assert answer.json()["rule"]
