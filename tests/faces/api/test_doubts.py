"""Doubts over the API: beside what they are about, to who may see both (L-07)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, square
from stream_lines import Line
from wideberth.faces.api import Limits, Operation
from wideberth.operating import LimitsTable

GPS = {"source": "gps", "accuracy_m": 5}


async def ok(world: World, party: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = await world.ask(party, method, path, body)
    assert answer.status_code < 300, answer.text
    return answer.json()


async def told_site(world: World, *to: str) -> str:
    told = await world.told(
        "alpha",
        square(end=60 * 24 * 30),
        kind="presence",
        visibility={"level": "named", "parties": list(to)},
        provenance=GPS,
    )
    return told["intent"]["id"]


@pytest.mark.requirement("L-07")
async def test_an_open_doubt_stands_beside_the_item_until_its_party_answers(world: World) -> None:
    site = await told_site(world, "bravo", "charlie")
    lines = {party: Line(world, party, "/stream") for party in ("alpha", "bravo", "charlie")}
    said = await ok(world, "bravo", "POST", "/doubts", {"intent": site, "statement": "it moved"})
    name = said["doubt"]["id"]
    assert said["doubt"]["state"] == "open"
    assert "never deleted" in said["sentence"]
    for path in (f"/sites/{site}", f"/intents/{site}"):
        (shown,) = (await ok(world, "charlie", "GET", path))["doubts"]
        assert (shown["id"], shown["statement"]) == (name, "it moved")
        assert "party" not in shown, "who doubts is not told on"
    (listed,) = (await ok(world, "charlie", "GET", "/intents"))["intents"]
    assert [each["id"] for each in listed["doubts"]] == [name]
    (shown,) = (await ok(world, "alpha", "GET", f"/intents/{site}"))["doubts"]
    assert shown["party"] == "bravo"
    standing = await ok(world, "alpha", "GET", f"/intents/{site}")
    visited = {
        "kind": "presence",
        "volumes": [square(end=60 * 24 * 30)],
        "visibility": {"level": "named", "parties": ["bravo", "charlie"]},
        "provenance": {**GPS, "checked_by": "survey"},
        "ovn": standing["ovn"],
    }
    refused = await world.ask("alpha", "PUT", f"/intents/{site}", visited)
    assert (refused.status_code, refused.json()["rule"]) == (409, "doubt-open")
    answer = {"state": "answered", "statement": "seen today"}
    attested = await world.ask("alpha", "POST", f"/doubts/{name}/answer", answer)
    assert (attested.status_code, attested.json()["rule"]) == (403, "signature-required")
    async with world.client("alpha", await world.key("alpha")) as alpha:
        settled = await alpha.answer_doubt(name, "answered", "seen today")
    assert settled["doubt"]["answer"] == "seen today"
    (shown,) = (await ok(world, "charlie", "GET", f"/sites/{site}"))["doubts"]
    assert (shown["state"], shown["answer"]) == ("answered", "seen today"), "it stays"
    assert (await ok(world, "alpha", "PUT", f"/intents/{site}", visited))["intent"]["version"] == 2
    for party, line in lines.items():
        seen = await line.until(lambda events: sum(kind == "doubt" for _, kind, _ in events) == 2)
        raised, answered = [data for _, kind, data in seen if kind == "doubt"]
        assert (raised["change"], answered["change"]) == ("raised", "answered")
        assert raised.get("by") == (None if party == "charlie" else "bravo")
        assert answered["by"] == "alpha"
        await line.close()


@pytest.mark.requirement("L-07")
async def test_a_zone_and_a_hazard_show_doubts_and_there_is_no_way_to_remove_one(
    world: World,
) -> None:
    zone = {
        "name": "Range",
        "rule": "keep-out",
        "volumes": [square(48.0)],
        "reason": "exercise",
    }
    declared = (await ok(world, "alpha", "POST", "/zones", zone))["zone"]["id"]
    async with world.client("charlie") as charlie:
        made = (await charlie.doubt("too small", zone=declared))["doubt"]["id"]
    (shown,) = (await ok(world, "bravo", "GET", f"/zones/{declared}"))["doubts"]
    assert shown["id"] == made
    (listed,) = (await ok(world, "bravo", "GET", "/zones"))["zones"]
    assert listed["doubts"] == [shown]
    for method in ("DELETE", "PUT", "PATCH"):
        for party in ("alpha", "charlie"):
            answer = await world.ask(party, method, f"/doubts/{made}")
            assert answer.status_code == 405
    routes = (await ok(world, "bravo", "GET", "/openapi.json"))["paths"]
    assert {path: sorted(each) for path, each in routes.items() if "/doubts" in path} == {
        "/api/v1/doubts": ["get", "post"],
        "/api/v1/doubts/{doubt}": ["get"],
        "/api/v1/doubts/{doubt}/answer": ["post"],
    }


async def test_a_doubt_on_a_notice_of_what_is_hidden_tells_its_raiser_nothing(
    world: World,
) -> None:
    await world.told("bravo", square())
    hidden = await world.told("alpha", square(), visibility={"level": "on-conflict"})
    (notice,) = (await ok(world, "bravo", "GET", "/notices"))["notices"]
    assert "subject" not in notice
    body = {"notice": notice["id"], "statement": "nobody flies there"}
    said = await ok(world, "bravo", "POST", "/doubts", body)
    for seen in (said, await ok(world, "bravo", "GET", "/doubts")):
        assert hidden["intent"]["id"] not in json.dumps(seen)
        assert "owner" not in json.dumps(seen)
    (shown,) = (await ok(world, "alpha", "GET", "/doubts"))["doubts"]
    assert (shown["intent"], shown["party"]) == (hidden["intent"]["id"], "bravo")
    assert (await ok(world, "charlie", "GET", "/doubts"))["doubts"] == []
    name = said["doubt"]["id"]
    assert (await world.ask("charlie", "GET", f"/doubts/{name}")).status_code == 404
    assert (await world.ask("bravo", "GET", f"/doubts/{name}")).status_code == 200


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"statement": "x"}, "one-item"),
        ({"statement": "x", "intent": "i", "zone": "z"}, "one-item"),
        ({"statement": "x", "intent": "i"}, "no-such-item"),
        ({"statement": "", "intent": "i"}, "body"),
        ({"statement": "x" * 2001, "intent": "i"}, "body"),
    ],
)
async def test_bad_input_is_named(world: World, body: dict[str, Any], rule: str) -> None:
    answer = await world.ask("bravo", "POST", "/doubts", body)
    assert 400 <= answer.status_code < 500
    assert rule == "body" or answer.json()["rule"] == rule


@pytest.mark.requirement("L-07")
async def test_raising_one_uses_up_nothing_of_the_party_and_repeating_it_does(
    tmp_path: Path,
) -> None:
    """No doubt is counted against who raised it."""
    table = LimitsTable(commands_per_s=3, reads_per_s=50, burst_s=1)
    operation = Operation(limits=Limits(table, lambda: 1000.0))
    async with a_world(tmp_path, operation=operation) as world:
        ids = [(await world.told("alpha", square(47 + n)))["intent"]["id"] for n in range(3)]
        for _ in range(3):
            answer = await world.ask("bravo", "POST", "/intents", {"nothing": "of use"})
            assert answer.status_code == 400
        for name in ids:
            await ok(world, "bravo", "POST", "/doubts", {"intent": name, "statement": "no"})
        again = {"intent": ids[0], "statement": "no"}
        assert (await world.ask("bravo", "POST", "/doubts", again)).status_code == 429
        text = json.dumps(await ok(world, "alpha", "GET", "/doubts"))
        assert not any(f'"{each}"' in text for each in ("count", "raised_by", "number"))
