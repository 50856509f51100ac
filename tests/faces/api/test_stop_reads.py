"""How soon a person read a STOP, as each side is shown it, and what is repeated meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, flight, moment
from busy_record import busy
from stream_lines import Line, Seen
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.parties import Role
from wideberth.service import now_us
from wideberth.space.time import MINUTE_US, SECOND_US

SAYS = {"text": "40 people in the school at the bridge"}
AREA = {"latitude": 47.0, "longitude": 8.0, "radius_m": 300}
READ = {"by": "person"}


def ahead(world: World, by_us: int) -> None:
    """Let the node's clock be so much ahead."""
    world.node.service._clock_us = lambda: now_us() + by_us


async def say(world: World, party: str = "alpha", **more: Any) -> str:
    answer = await world.ask(party, "POST", "/stop", {**SAYS, "area": AREA, **more})
    assert answer.json()["recorded"] is True, answer.text
    return answer.json()["id"]


async def read(world: World, party: str, stop: str, **more: Any) -> Any:
    answer = await world.ask(party, "POST", f"/stops/{stop}/acknowledgements", {**READ, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def shown(world: World, party: str, stop: str) -> Any:
    answer = await world.ask(party, "GET", f"/stops/{stop}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def named(events: list[Seen], name: str) -> list[Any]:
    return [data for number, kind, data in events if kind == name and number is not None]


async def test_the_time_to_the_first_person_is_measured_and_delivery_counts_for_nothing(
    world: World,
) -> None:
    await world.node.command(RegisterParty(PartyId("delta"), "Delta", (UnitToken("delta-1"),)))
    lines = {each: Line(world, each, "/stream") for each in ("alpha", "bravo", "charlie")}
    await asyncio.sleep(0.05)
    stop = await say(world)
    await lines["bravo"].until(lambda seen: bool(named(seen, "stop")))
    before = await shown(world, "alpha", stop)
    assert before["posts"] == ["duty", "alternate"], "both are told as it is sent"
    assert before["reading"]["reads"] == [], "it is on their streams, and nobody has read it"
    assert before["reading"]["unread"] == ["bravo", "charlie", "delta"]
    assert "first_s" not in before["reading"] or before["reading"]["first_s"] is None
    ahead(world, 30 * SECOND_US)
    told = await read(world, "bravo", stop, post="alternate")
    assert 30 <= told["after_s"] < 60
    assert told["in_time"] is True
    ahead(world, 90 * SECOND_US)
    late = await read(world, "charlie", stop)
    assert late["in_time"] is False
    for each in ("alpha", "charlie"):  # its sender, and the neutral
        reading = (await shown(world, each, stop))["reading"]
        assert reading["first_s"] == told["after_s"]
        assert reading["read_within_s"] == 60
        assert [(one["party"], one["posts"], one["after_s"]) for one in reading["reads"]] == [
            ("bravo", ["alternate"], told["after_s"]),
            ("charlie", ["duty"], late["after_s"]),
        ]
        assert reading["unread"] == ["delta"]
    own = (await shown(world, "bravo", stop))["reading"]
    assert [one["party"] for one in own["reads"]] == ["bravo"]
    assert (own["first_s"], own["unread"], own["at"]) == (None, None, None)
    page = (await world.ask("alpha", "GET", "/stops")).json()["stops"]
    assert [each["reading"]["first_s"] for each in page] == [told["after_s"]]
    for each, parties in (("alpha", ["bravo", "charlie"]), ("charlie", ["bravo", "charlie"])):
        events = await lines[each].until(lambda seen: len(named(seen, "stop-read")) == 2)
        assert [one["party"] for one in named(events, "stop-read")] == parties
    await asyncio.sleep(0.05)
    events = await lines["bravo"].until(lambda seen: bool(named(seen, "stop-read")))
    assert [one["party"] for one in named(events, "stop-read")] == ["bravo"]
    for line in lines.values():
        await line.close()


async def pact(world: World) -> None:
    """Alpha and bravo agree that a STOP goes to bravo's units, and comes from alpha's convoys."""
    now = now_us()
    terms = {
        "title": "Stop",
        "kind": "SEPARATION",
        "parties": ["alpha", "bravo"],
        "effective_us": now,
        "expires_us": now + 30 * 24 * 60 * MINUTE_US,
        "provisions": [
            {
                "type": "stop",
                "id": "stop",
                "words": "Who can, acts.",
                "to_units": True,
                "from_units": True,
            },
            {"type": "distribution", "id": "units", "party": "bravo", "units": ["b-7"]},
        ],
    }
    keys = {each: await world.key(each) for each in ("alpha", "bravo")}
    async with world.client("alpha", keys["alpha"]) as alpha:
        body = {"terms": terms, "answer_by": moment(600)}
        made = await alpha.signed("POST", "/agreements", "ProposeAgreement", body)
        path = f"/agreements/{made['agreement']}/acts"
        said = {"version": 1, "act": "sign", "digest": made["digest"]}
        said["agreement"] = made["agreement"]
        await alpha.signed("POST", path, "StepAgreement", said)
    async with world.client("bravo", keys["bravo"]) as bravo:
        await bravo.signed("POST", path, "StepAgreement", said)


@pytest.mark.requirement("L-02", "L-04")
async def test_a_convoy_tells_it_directly_as_agreed_and_the_neutral_and_units_have_it(
    world: World,
) -> None:
    early = await say(world, unit="convoy-3")
    assert (await shown(world, "bravo", early))["directly"] is False, "sent, and marked"
    await pact(world)
    lines = {each: Line(world, each, "/stream") for each in ("bravo", "charlie")}
    await asyncio.sleep(0.05)
    # The convoy's own credential: it may watch, and say STOP, and nothing else.
    convoy = world.token("alpha", Role.WATCH)
    async with world.http(token=convoy) as client:
        body = {**SAYS, "area": AREA, "unit": "convoy-3"}
        answer = await client.post("/api/v1/stop", json=body)
        refused = await client.post("/api/v1/intents", json=flight())
    assert (answer.status_code, refused.status_code) == (202, 403)
    stop = answer.json()["id"]
    found: dict[str, Any] = {}
    for name, line in lines.items():
        events = await line.until(
            lambda seen: any(data["stop"]["id"] == stop for _, kind, data in seen if kind == "stop")
        )
        found[name] = next(
            data["stop"]
            for number, kind, data in events
            if kind == "stop" and number is None and data["stop"]["id"] == stop
        )
    bravo, neutral = found["bravo"], found["charlie"]
    assert bravo["units"] == ["b-7"], "with the first that left, before any record"
    assert (bravo["unit"], bravo["directly"]) == ("convoy-3", True)
    assert (neutral["unit"], neutral["directly"]) == ("convoy-3", False), "it agreed to nothing"
    assert "units" not in neutral, "tokens are their party's own"
    events = await lines["bravo"].until(lambda seen: bool(named(seen, "stop-units")))
    assert [(each["stop"], each["units"]) for each in named(events, "stop-units")] == [
        (stop, ["b-7"])
    ]
    assert (await shown(world, "bravo", stop))["units"] == ["b-7"]
    assert "units" not in await shown(world, "alpha", stop)
    assert named(lines["charlie"].events, "stop-units") == []
    for line in lines.values():
        await line.close()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "by", id="nobody"),
        pytest.param({"by": "program"}, "by", id="a program"),
        pytest.param({"by": "person", "post": "pilot"}, "post", id="no post"),
    ],
)
async def test_only_a_person_at_a_post_reads(
    world: World, body: dict[str, Any], field: str
) -> None:
    stop = await say(world)
    answer = await world.ask("bravo", "POST", f"/stops/{stop}/acknowledgements", body)
    assert answer.status_code in (400, 422)
    assert field in answer.text
    assert (await shown(world, "alpha", stop))["reading"]["reads"] == []


async def test_one_that_is_not_recorded_yet_is_shown_and_read_later(world: World) -> None:
    first = await say(world)
    with busy(world.node.folder):
        answer = await world.ask("alpha", "POST", "/stop", {**SAYS, "area": AREA})
        stop = answer.json()["id"]
        seen = await shown(world, "bravo", stop)
        assert (seen["recorded"], seen["count"]) == (False, 2)
        assert seen["posts"] == ["duty", "alternate", "senior"]
        early = await world.ask("bravo", "POST", f"/stops/{stop}/acknowledgements", READ)
        assert (early.status_code, early.json()["rule"]) == (503, "stop-not-recorded")
        assert early.headers["retry-after"] == "1"
    async with asyncio.timeout(20):
        while world.node.urgent.waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await read(world, "bravo", stop)
    assert (await shown(world, "alpha", stop))["count"] == 2
    assert (await shown(world, "alpha", first))["count"] == 1
    missing = await world.ask("bravo", "GET", "/stops/stop-none")
    assert (missing.status_code, missing.json()["rule"]) == (404, "no-such-stop")


async def test_it_is_repeated_after_a_restart_too_to_who_has_not_read_it(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        stop = await say(world)
        await read(world, "bravo", stop)
    async with a_world(tmp_path) as world:
        line = Line(world, "alpha", "/stream")
        neutral = Line(world, "charlie", "/stream")
        bravo = Line(world, "bravo", "/stream")
        ahead(world, 6 * MINUTE_US)
        events = await line.until(lambda seen: len(named(seen, "stop-repeated")) == 2)
        steps = named(events, "stop-repeated")
        assert [(each["step"], each["post"], each["parties"]) for each in steps] == [
            (0, "senior", ["charlie"]),
            (1, "neutral", ["charlie"]),
        ]
        events = await neutral.until(lambda seen: len(named(seen, "stop-repeated")) == 2)
        carried = named(events, "stop-repeated")
        assert [each.get("carry", False) for each in carried] == [False, True]
        assert carried[0]["stop"]["id"] == stop
        assert "not consent" in carried[0]["sentence"]
        seen = await shown(world, "alpha", stop)
        assert seen["posts"] == ["duty", "alternate", "senior", "neutral"]
        assert seen["reading"]["next"] == "political"
        await asyncio.sleep(0.6)
        assert named(bravo.events, "stop-repeated") == []
        assert len(named(line.events, "stop-repeated")) == 2, "each once"
        for each in (line, neutral, bravo):
            await each.close()
