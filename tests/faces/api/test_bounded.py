"""What one request may ask of the node: no question or answer without a bound."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from api_world import World, flight, square
from wideberth.faces.api import intents, pages
from wideberth.faces.api.views import IntentBytes


def many_sided(corners: int) -> dict[str, Any]:
    """A round volume of so many corners."""
    ring = [
        [
            7.5 + 0.01 * math.cos(2 * math.pi * k / corners),
            47 + 0.01 * math.sin(2 * math.pi * k / corners),
        ]
        for k in range(corners)
    ]
    footprint = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {**square(), "footprint": footprint}


async def test_a_dry_run_and_a_question_of_heavy_geometry_are_refused(world: World) -> None:
    for body in (flight(many_sided(2_500)), flight(*[square()] * 21)):
        answer = await world.ask("alpha", "POST", "/intents/check", body)
        assert (answer.status_code, answer.json()["rule"]) == (400, "too-complex")
        assert answer.json()["field"] == "volumes"
    query = {"volume": many_sided(2_500)}
    answer = await world.ask("alpha", "POST", "/intents/query", query)
    assert (answer.status_code, answer.json()["rule"]) == (400, "too-complex")
    assert answer.json()["field"] == "volume"
    for path, body in (
        ("/intents/check", flight(*[square()] * 20)),
        ("/intents/check", flight(many_sided(1_900))),
        ("/intents/query", {"volume": many_sided(1_900)}),
    ):
        answer = await world.ask("alpha", "POST", path, body)
        assert answer.status_code == 200, answer.text


async def test_versions_come_by_pages_bounded_in_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = (await world.told("alpha", many_sided(200)))["intent"]
    for priority in range(1, 6):
        body = {**flight(many_sided(200), priority=priority), "ovn": intent["ovn"]}
        answer = await world.ask("alpha", "PUT", f"/intents/{intent['id']}", body)
        assert answer.status_code == 200, answer.text
        intent = answer.json()["intent"]
    for step in ("activate", "end"):
        body = {"ovn": intent["ovn"], "step": step}
        answer = await world.ask("alpha", "POST", f"/intents/{intent['id']}/state", body)
        intent = answer.json()["intent"]
    path = f"/intents/{intent['id']}/versions"
    whole = (await world.ask("alpha", "GET", path)).json()
    assert [each["intent"]["version"] for each in whole["versions"]] == list(range(1, 9))
    assert whole["next"] is None
    assert (await world.ask("alpha", "GET", f"/intents/{intent['id']}")).json() == intent
    monkeypatch.setattr(intents, "_MOST_BYTES", 10_000)
    split: list[Any] = []
    after: int | None = 0
    while after is not None:
        page = (await world.ask("alpha", "GET", f"{path}?after={after}")).json()
        assert 1 <= len(page["versions"]) <= 3
        split += page["versions"]
        after = page["next"]
    assert split == whole["versions"]


LISTS = {
    "/intents": "intents",
    "/intents?south=46&west=7&north=48&east=9": "intents",
    "/zones": "zones",
    "/subscriptions": "subscriptions",
    "/notices": "notices",
    "/notices?state=open": "notices",
    "/record/entries": "entries",
}


async def test_every_list_comes_by_pages_bounded_in_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 12_000
    for k in range(6):
        zone = {"name": f"z{k}", "rule": "keep-out", "volumes": [many_sided(200)], "reason": "x"}
        for party, path, body in (
            ("bravo", "/intents", flight(many_sided(200))),
            ("alpha", "/intents", flight(many_sided(200))),
            ("alpha", "/zones", zone),
            ("alpha", "/subscriptions", {"volume": many_sided(200)}),
        ):
            answer = await world.ask(party, "POST", path, body)
            assert answer.status_code == 201, answer.text
    wholes = {path: (await world.ask("alpha", "GET", path)).json() for path in LISTS}
    monkeypatch.setattr(pages, "MOST_PAGE_BYTES", most)
    for path, name in LISTS.items():
        whole = wholes[path]
        assert whole["next"] is None
        assert len(json.dumps(whole)) > 2 * most, path
        parameter = "cursor"
        if name in ("notices", "entries"):
            parameter = "after" if name == "notices" else "from"
        things: list[Any] = []
        number, after = 0, ""
        while after is not None:
            joint = "&" if "?" in path else "?"
            asked = f"{path}{joint}{parameter}={after}" if after != "" else path
            answer = await world.ask("alpha", "GET", asked)
            page = answer.json()
            assert len(page[name]) == 1 or len(answer.content) < most + 1_000
            things += page[name]
            after = page["next"]
            number += 1
        assert number > 2
        assert things == whole[name], path


async def test_kept_json_of_intents_is_bounded_in_bytes(world: World) -> None:
    ids = [(await world.told("alpha", square(40 + k)))["intent"]["id"] for k in range(6)]
    versions = [world.node.service.picture.intents[each] for each in ids]
    one = len(IntentBytes().json(versions[0]))
    kept = IntentBytes(3 * one + 10)
    for _ in range(3):
        for each in versions:
            assert kept.json(each) == IntentBytes().json(each)
            assert sum(map(len, kept._kept.values())) <= 3 * one + 10
    assert kept._kept
    assert IntentBytes(one // 2).json(versions[0]), "too large to keep, and still told"
