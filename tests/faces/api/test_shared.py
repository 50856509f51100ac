"""Intents shown in part, as was agreed: the preview, each read, and every way round them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_world import World, flight, moment, square
from stream_lines import Line
from wideberth.service import now_us
from wideberth.space.time import DAY_US, HOUR_US

FIELDS = ["volumes", "times"]


async def agree(world: World, **more: Any) -> str:
    """What alpha shows bravo: places in cells of a tenth of a degree and whole hours."""
    keys = {party: await world.key(party) for party in ("alpha", "bravo")}
    profile = {
        "type": "disclosure", "id": "profile", "party": "alpha", "to": "bravo", "fields": FIELDS,
        "cell_nd": 100_000_000, "time_step_s": 3600, **more,
    }  # fmt: skip
    now = now_us() // HOUR_US * HOUR_US
    terms = {
        "title": "Showing a part",
        "kind": "NOTIFY",
        "parties": ["alpha", "bravo"],
        "effective_us": now,
        "expires_us": now + 60 * DAY_US,
        "provisions": [profile],
    }
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
    ):
        body = {"terms": terms, "answer_by": moment(24 * 60)}
        made = await alpha.signed("POST", "/agreements", "ProposeAgreement", body)
        name = made["agreement"]
        for client in (alpha, bravo):
            signed = await client.signed(
                "POST", f"/agreements/{name}/acts", "StepAgreement",
                {"agreement": name, "version": 1, "act": "sign", "digest": made["digest"]},
            )  # fmt: skip
        assert signed["state"] == "in-force"
    return str(name)


async def get(world: World, party: str, path: str) -> dict[str, Any]:
    answer = await world.ask(party, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.requirement("P-02", "P-03")
async def test_the_preview_is_what_is_sent_byte_by_byte(world: World) -> None:
    await agree(world, whole_list=True)
    body = flight(square(47.01, 7.51), call_sign="SECRET-1")
    answer = await world.ask("alpha", "POST", "/intents/preview", body)
    assert answer.status_code == 200, answer.text
    seen = {each["party"]: each for each in answer.json()["seen_by"]}
    assert (seen["bravo"]["sees"], seen["charlie"]["sees"]) == ("part", "whole")
    told = (await world.told("alpha", square(47.01, 7.51), call_sign="SECRET-1"))["intent"]
    part = await world.ask("bravo", "GET", f"/shared/{told['id']}")
    assert part.text == seen["bravo"]["bytes"].replace('"id":"id"', f'"id":"{told["id"]}"', 1)
    whole = await get(world, "charlie", f"/intents/{told['id']}")
    foretold = json.loads(seen["charlie"]["bytes"])
    hangs_on_when = {"id", "ovn", "told", "lead_s"}
    assert {n: v for n, v in whole.items() if n not in hangs_on_when} == {
        n: v for n, v in foretold.items() if n not in hangs_on_when
    }
    assert "SECRET-1" not in part.text
    assert part.json()["withheld"] == ["call_sign", "place_name", "count", "priority", "provenance"]
    assert "cells of 0.1 degrees" in part.json()["coarsened"]["words"]


@pytest.mark.requirement("P-02")
async def test_no_read_gives_more_than_the_part(world: World) -> None:
    await agree(world, whole_list=True)
    told = (await world.told("alpha", square(47.0123, 7.5123), call_sign="SECRET-1"))["intent"]
    await world.told("bravo", square(47.0123, 7.5123))
    place = {"volume": square(47.0, 7.5, side=0.05)}
    assert (await world.ask("bravo", "POST", "/subscriptions", place)).status_code == 201
    moved = {**flight(square(47.0124, 7.5124), call_sign="SECRET-2"), "ovn": told["ovn"]}
    answer = await world.ask("alpha", "PUT", f"/intents/{told['id']}", moved)
    assert answer.status_code == 200, answer.text
    texts = [
        (await world.ask("bravo", "GET", path)).text
        for path in (
            "/intents", "/shared", "/notices", "/hazards", "/held", "/warnings", "/stops",
            "/record/entries?limit=1000", f"/shared/{told['id']}",
        )
    ]  # fmt: skip
    for path in (f"/intents/{told['id']}", f"/intents/{told['id']}/versions"):
        assert (await world.ask("bravo", "GET", path)).status_code == 404
    for where in (square(47.0, 7.5, side=0.1), square(47.0123, 7.5123, side=0.001)):
        answer = await world.ask("bravo", "POST", "/intents/query", {"volume": where})
        assert [each["party"] for each in answer.json()["intents"]] == ["bravo"]
        dry = await world.ask("bravo", "POST", "/intents/check", flight(where))
        texts += [answer.text, dry.text]
    line = Line(world, "bravo", "/stream")
    await line.until(lambda seen: any(name == "notification" for _, name, _ in seen))
    await line.close()
    stream = line.events
    (notification,) = [data for _, name, data in stream if name == "notification"]
    assert "intent" not in notification
    assert notification["shared"]["id"] == told["id"]
    texts.append(json.dumps(stream))
    own = (await get(world, "bravo", "/intents"))["intents"]
    for text in texts:
        for secret in ("SECRET", told["ovn"]):
            assert secret not in text
    # Its corners stand nowhere but in what bravo told itself of the same place.
    assert {each["party"] for each in own} == {"bravo"}
    assert (await get(world, "bravo", "/intents"))["in_part"] is True
    assert "in_part" not in json.dumps(await get(world, "charlie", "/zones"))


async def test_where_it_lies_is_asked_of_the_part(world: World) -> None:
    """Small areas all over the cell give the same answer, in the middle of the intent or far."""
    await agree(world, whole_list=True)
    told = (await world.told("alpha", square(47.012, 7.512, side=0.001)))["intent"]
    for south, west in ((47.0121, 7.5121), (47.09, 7.59), (47.001, 7.501)):
        box = f"south={south}&west={west}&north={south + 0.001}&east={west + 0.001}"
        seen = await get(world, "bravo", f"/shared?{box}")
        assert [each["id"] for each in seen["shared"]] == [told["id"]]
    assert (await get(world, "bravo", "/shared?south=50&west=7&north=51&east=8"))["shared"] == []


@pytest.mark.requirement("P-04")
async def test_only_what_touches_a_subscription_is_listed_unless_the_whole_list_was_agreed(
    world: World,
) -> None:
    await agree(world)
    told = (await world.told("alpha", square(47.012, 7.512, side=0.001)))["intent"]
    await world.told("alpha", square(49.0, 7.5))
    assert (await get(world, "bravo", "/shared"))["shared"] == []
    assert (await world.ask("bravo", "GET", f"/shared/{told['id']}")).status_code == 404
    place = {"volume": square(47.05, 7.55, side=0.01, end=600)}
    assert (await world.ask("bravo", "POST", "/subscriptions", place)).status_code == 201
    assert [e["id"] for e in (await get(world, "bravo", "/shared"))["shared"]] == [told["id"]]
    elsewhere = {"volume": square(49.0, 7.5, start=6000, end=6100)}
    assert (await world.ask("bravo", "POST", "/subscriptions", elsewhere)).status_code == 201
    assert len((await get(world, "bravo", "/shared"))["shared"]) == 1, "not at that time"


async def test_what_is_delayed_is_in_no_list_and_no_digest_before(world: World) -> None:
    await agree(world, whole_list=True, delay_s=3600)
    told = (await world.told("alpha", square(47.012, 7.512)))["intent"]
    assert (await get(world, "bravo", "/shared"))["shared"] == []
    assert (await world.ask("bravo", "GET", f"/shared/{told['id']}")).status_code == 404
    assert (await get(world, "bravo", "/held"))["count"] == 0
    assert (await get(world, "alpha", "/held?with=bravo"))["count"] == 0
    assert (await get(world, "alpha", "/held"))["count"] == 1


async def test_pages_hold_each_once(world: World) -> None:
    await agree(world, whole_list=True)
    told = {(await world.told("alpha", square(47 + n / 50, 7.5)))["intent"]["id"] for n in range(5)}
    seen: list[str] = []
    path = "/shared?limit=2"
    while True:
        page = await get(world, "bravo", path)
        seen += [each["id"] for each in page["shared"]]
        if page["next"] is None:
            break
        path = f"/shared?limit=2&cursor={page['next']}"
    assert seen == sorted(told)


async def test_times_that_are_withheld_stand_nowhere(world: World) -> None:
    await agree(world, fields=["volumes"], whole_list=True, cell_nd=1_000_000, time_step_s=1)
    gps = {"source": "gps", "accuracy_m": 5}
    own = square(47.012, 7.512, start=-30, end=600)
    to_nobody = {"level": "named", "parties": []}
    await world.told("bravo", own, kind="presence", visibility=to_nobody, provenance=gps)
    told = await world.told("alpha", square(47.012, 7.512), kind="hazard", provenance=gps)
    part = await get(world, "bravo", f"/shared/{told['intent']['id']}")
    assert "start" not in part
    assert all("start" not in each for each in part["volumes"])
    (hazard,) = (await get(world, "bravo", "/hazards"))["hazards"]
    assert "start" not in hazard
    assert "end" not in hazard
    for south in (47.012, 40.0):
        where = f"south={south}&west=7.5&north=48&east=8&from={moment(6000)}"
        assert len((await get(world, "bravo", f"/shared?{where}"))["shared"]) == 1
