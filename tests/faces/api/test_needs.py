"""Need-to-know over the API: every way to what others told is narrowed alike (P-04)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api_world import World, flight, square
from stream_lines import Line
from wideberth.model.commands import AdoptRules
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.model.settings import DEFAULT_RULES
from wideberth.service import Applied

NEED = msgspec.structs.replace(
    DEFAULT_RULES, version="need", assess_sharing=False, need_to_know=True
)
GPS = {"source": "gps", "accuracy_m": 5}


@pytest.fixture
async def needing(world: World) -> World:
    assert isinstance(await world.node.command(AdoptRules(NEED)), Applied)
    return world


async def get(world: World, party: str, path: str) -> dict[str, Any]:
    answer = await world.ask(party, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def declare(world: World, party: str, volume: dict[str, Any]) -> None:
    answer = await world.ask(party, "POST", "/subscriptions", {"volume": volume})
    assert answer.status_code == 201, answer.text


async def given(world: World, party: str, kind: str = "") -> list[str]:
    """The ids of others' intents in each list, which all say the same."""
    query = f"?kind={kind}" if kind else ""
    listed = (await get(world, party, f"/intents{query}"))["intents"]
    everywhere = {"volume": square(40, 0, side=20, start=-6000, end=60_000)}
    asked = await world.ask(party, "POST", "/intents/query", everywhere)
    boxed = await get(world, party, "/intents?south=40&west=0&north=60&east=20")
    ids = [each["id"] for each in listed if each["party"] != party]
    for page in (asked.json(), boxed):
        found = [e["id"] for e in page["intents"] if e["party"] != party]
        assert kind or sorted(found) == sorted(ids)
    held = {each["id"] for each in (await get(world, party, "/held"))["held"]}
    assert kind or held.issuperset(ids)
    return ids


async def readable(world: World, party: str, name: str) -> bool:
    """Whether an entry with the id of an intent is shown whole."""
    page = await get(world, party, "/record/entries?limit=1000")
    return any(name in each.get("envelope", "") for each in page["entries"])


@pytest.mark.requirement("P-04")
async def test_every_way_to_an_intent_is_open_only_where_it_was_declared(needing: World) -> None:
    world = needing
    told = await world.told("alpha", square())
    name, position = told["intent"]["id"], told["position"]
    paths = (f"/intents/{name}", f"/intents/{name}/versions", f"/record/receipts/{position}")
    assert await given(world, "bravo") == []
    assert name not in str(await get(world, "bravo", "/held"))
    for path in paths:
        assert (await world.ask("bravo", "GET", path)).status_code == 404
    assert not await readable(world, "bravo", name)
    await declare(world, "bravo", square(47.1, end=6000))
    await declare(world, "bravo", square(start=600, end=6000))
    assert await given(world, "bravo") == [], "another place, another time"
    await declare(world, "bravo", square(47.01, 7.51, side=0.001))  # they touch
    assert await given(world, "bravo") == [name]
    for path in paths:
        assert (await world.ask("bravo", "GET", path)).status_code == 200
    assert await readable(world, "bravo", name)
    assert await given(world, "charlie") == [], "each by what it declared itself"


@pytest.mark.requirement("P-04")
async def test_a_list_of_sites_is_given_only_where_it_was_declared(needing: World) -> None:
    world = needing
    more = {
        "kind": "presence",
        "visibility": {"level": "named", "parties": ["bravo"]},
        "provenance": GPS,
    }
    near = (await world.told("alpha", square(end=60 * 24 * 30), **more))["intent"]["id"]
    far = (await world.told("alpha", square(48, end=60 * 24 * 30), **more))["intent"]["id"]
    assert (await get(world, "bravo", "/sites"))["sites"] == []
    await declare(world, "bravo", square(47.001, side=0.001))
    assert [each["id"] for each in (await get(world, "bravo", "/sites"))["sites"]] == [near]
    assert (await world.ask("bravo", "GET", f"/sites/{far}")).status_code == 404
    words = {"statement": "no roof is there"}
    challenged = await world.ask("bravo", "POST", f"/sites/{far}/challenges", words)
    assert challenged.status_code == 404
    asked = await world.ask("bravo", "POST", "/exports", {"purpose": "planning"})
    made = asked.json()["id"]
    second = world.node.issuer.mint(PartyId("bravo"), tuple(Role), life_s=600, subject="second")
    async with world.http(token=second) as client:
        signed = await client.post(f"/api/v1/exports/{made}/countersignature", json={})
    assert signed.json()["sites"] == 1, signed.text


@pytest.mark.requirement("P-04")
async def test_what_meets_ones_own_a_stop_and_hazards_in_the_area_come_all_the_same(
    needing: World,
) -> None:
    world = needing
    line = Line(world, "bravo", "/stream")
    await world.told("bravo", square())
    hazard = await world.told("alpha", square(), kind="hazard", provenance=GPS)
    burning = hazard["intent"]["id"]
    (notice,) = (await get(world, "bravo", "/notices"))["notices"]
    assert notice["subject"]["id"] == burning
    assert await given(world, "bravo") == [burning], "it was told of it"
    away = (await world.told("alpha", square(49), kind="hazard", provenance=GPS))["intent"]["id"]
    assert away not in await given(world, "bravo")
    await declare(world, "bravo", square(49, end=600))
    assert away in await given(world, "bravo")
    stop = await world.ask("alpha", "POST", "/stop", {"text": "people there", "intent": away})
    assert stop.status_code == 202
    events = await line.until(lambda seen: any(kind == "stop" for _, kind, _ in seen))
    (said, *_) = (data["stop"] for _, kind, data in events if kind == "stop")
    assert said["text"] == "people there"
    await line.close()


@pytest.mark.requirement("P-04")
async def test_a_stream_does_not_follow_what_leaves_the_area(needing: World) -> None:
    world = needing
    line = Line(world, "bravo", "/stream")
    await declare(world, "bravo", square())
    told = (await world.told("alpha", square()))["intent"]
    away = flight(square(48), ovn=told["ovn"], confirmed=True)
    assert (await world.ask("alpha", "PUT", f"/intents/{told['id']}", away)).status_code == 200
    events = await line.until(lambda seen: sum(kind == "notification" for _, kind, _ in seen) == 2)
    first, second = [data for _, kind, data in events if kind == "notification"]
    assert "48" not in str(second.get("intent")), "it is said that it changed, and not to what"
    assert second["change"] == "amended"
    assert first["id"] == second["id"]
    assert await given(world, "bravo") == []
    await line.close()


async def test_without_the_rule_an_open_intent_is_open_to_all(world: World) -> None:
    told = (await world.told("alpha", square()))["intent"]["id"]
    assert await given(world, "bravo") == [told]


@pytest.mark.requirement("P-04")
async def test_a_coarse_cell_is_given_by_the_cell_alone(needing: World) -> None:
    world = needing
    more = {
        "kind": "presence",
        "visibility": {"level": "named", "parties": []},
        "provenance": GPS,
    }
    await world.told("alpha", square(47.01, 7.51, side=0.001, end=60 * 24 * 30), **more)
    await world.told("alpha", square(49.01, 7.51, side=0.001, end=60 * 24 * 30), **more)
    words = {"receives": "the desk", "passes_on": "nobody", "history": "none known"}
    body = {"disclosure": "coarse", **words}
    assert (await world.ask("alpha", "PUT", "/sharings/bravo", body)).status_code == 200
    assert (await get(world, "bravo", "/sites"))["sites"] == []
    # in another corner of the cell than the site, which it does not tell
    await declare(world, "bravo", square(47.04, 7.54, side=0.001, end=6000))
    (cell,) = (await get(world, "bravo", "/sites"))["sites"]
    assert (cell["cell"]["south"], cell["cell"]["west"]) == (47.0, 7.5)
