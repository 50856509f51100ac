"""A TAK client sees what its party is given by every other answer, and no trace of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from api_world import flight, square
from tak_world import TakWorld
from wideberth.faces.cot.around import OneParty
from wideberth.space.time import format_rfc3339
from wideberth.wire.cot import CotEvent, attribute, child
from wideberth.wire.cotshapes import OWN

SECRET = "SECRET-7"


async def told(tak: TakWorld, party: str, **more: Any) -> dict[str, Any]:
    body = flight(square(47.001, 7.501), **more)
    answer = await tak.world.ask(party, "POST", "/intents", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["intent"]


def hidden(level: str, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "visibility": {"level": level, "parties": ["bravo"] if kind == "presence" else []},
        "call_sign": SECRET,
        "provenance": {"source": "gps", "accuracy_m": 10},
    }


def of_objects(events: list[CotEvent]) -> list[CotEvent]:
    """What is said of things, and that they are gone; no answers to pings."""
    return [each for each in events if not each.type.startswith(("t-x-c", "t-x-takp"))]


async def require_no_trace(tak: TakWorld, level: str, kind: str) -> None:
    """Of a hidden intent of alpha's, told and ended, in what bravo's client is sent."""
    async with tak.client("bravo") as bravo, tak.client("alpha") as alpha:
        await told(tak, "alpha", call_sign="OPEN-1")
        await bravo.until(lambda each: SECRET in repr(each) or "OPEN-1" in repr(each))
        await bravo.settled(tak)
        before = list(of_objects(bravo.events))
        secret = await told(tak, "alpha", **hidden(level, kind))
        await alpha.until(lambda each: SECRET in repr(each))
        await bravo.settled(tak)
        assert of_objects(bravo.events) == before
        path = f"/intents/{secret['id']}/state"
        step = {"ovn": secret["ovn"], "step": "end"}
        answer = await tak.world.ask("alpha", "POST", path, step)
        assert answer.status_code in (200, 201), answer.text
        await alpha.until(lambda each: each.type == "t-x-d-d" and secret["id"] in each.uid)
        await bravo.settled(tak)
        assert of_objects(bravo.events) == before
        assert SECRET.encode() not in bravo.data
        assert secret["id"].encode() not in bravo.data


@pytest.mark.parametrize(
    ("level", "kind"),
    [("named", "flight"), ("on-conflict", "flight"), ("named", "presence")],
    ids=("named", "on-conflict", "a site that bravo reads by the API"),
)
async def test_no_trace_of_a_hidden_intent_reaches_another_partys_client(
    tak: TakWorld, level: str, kind: str
) -> None:
    await require_no_trace(tak, level, kind)


async def test_a_planted_leak_is_found(tak: TakWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneParty, "is_given", lambda _self, _intent: True)
    with pytest.raises(AssertionError):
        await require_no_trace(tak, "named", "flight")


async def test_a_client_is_given_what_the_api_gives_its_party(tak: TakWorld) -> None:
    levels = ("open", "named", "on-conflict")
    for party in ("alpha", "bravo", "charlie"):
        for level in levels:
            parties = ["bravo"] if level == "named" else []
            await told(tak, party, visibility={"level": level, "parties": parties})
    for party in ("alpha", "bravo"):
        page = (await tak.world.ask(party, "GET", "/intents?limit=1000")).json()["intents"]
        async with tak.client(party) as client:
            await client.settled(tak)
            shown = {
                attribute(child(each, OWN), "id")
                for each in client.events
                if attribute(child(each, OWN), "object") == "intent"
            }
        assert shown == {each["id"] for each in page}
        assert shown


async def test_who_may_see_it_no_longer_is_told_that_it_is_gone(tak: TakWorld) -> None:
    shown = await told(tak, "alpha", call_sign="OPEN-1")
    async with tak.client("bravo") as bravo:
        first = await bravo.until(lambda each: "OPEN-1" in repr(each))
        body = flight(square(47.001, 7.501), **hidden("named", "flight"), ovn=shown["ovn"])
        path = f"/intents/{shown['id']}"
        answer = await tak.world.ask("alpha", "PUT", path, body)
        assert answer.status_code in (200, 201), answer.text
        over = await bravo.until(lambda each: each.type == "t-x-d-d")
        assert attribute(child(over, "link"), "uid") == first.uid
        assert SECRET.encode() not in bravo.data


def report(tak: TakWorld, track: str, party: str) -> dict[str, Any]:
    return {
        "track": track,
        "party": party,
        "accuracy_m": 1,
        "latitude": 47.005,
        "longitude": 7.505,
        "altitude_m": 50,
        "time": format_rfc3339(tak.world.node.service.context().now_us),
        "ground_speed_m_s": 0,
        "track_deg": 0,
        "vertical_rate_m_s": 0,
    }


async def test_a_track_is_shown_as_its_feed_was_opened(tak: TakWorld) -> None:
    async with tak.client("alpha") as alpha, tak.client("bravo") as bravo:
        body = {"feed": "own", "reports": [report(tak, "heli77", "alpha")]}
        await tak.world.ask("alpha", "POST", "/tracks", body)
        await alpha.until(lambda each: "heli77" in each.uid)
        await bravo.settled(tak)
        assert b"heli77" not in bravo.data
        await tak.world.ask("alpha", "PUT", "/feeds/own", {"shown_to": ["bravo"]})
        await bravo.until(lambda each: each.uid == "wideberth.track.alpha.heli77")
        await tak.world.ask("alpha", "PUT", "/feeds/own", {"shown_to": "owner"})
        await bravo.until(lambda each: each.type == "t-x-d-d" and "heli77" in each.uid)


async def test_a_spoofed_track_says_so_on_the_map_at_once(tak: TakWorld) -> None:
    async with tak.client("alpha") as alpha:
        for moved in (0.0, 0.0, 1.0):  # then a degree in a moment
            each = report(tak, "heli77", "alpha")
            body = {"feed": "own", "reports": [{**each, "latitude": each["latitude"] + moved}]}
            await tak.world.ask("alpha", "POST", "/tracks", body)
        doubtful = await alpha.until(lambda each: "IMPLAUSIBLE" in repr(each))
        assert doubtful.uid == "wideberth.track.alpha.heli77"


async def test_a_warning_shows_each_side_its_own_and_of_the_other_a_cell(tak: TakWorld) -> None:
    for party, track in (("alpha", "heli77"), ("bravo", "drone5")):
        body = {"feed": "own", "reports": [report(tak, track, party)]}
        await tak.world.ask(party, "POST", "/tracks", body)
    await tak.world.app.desk.live.tick()
    async with tak.client("bravo") as bravo, tak.client("alpha") as alpha:
        for client, own, other in ((bravo, "drone5", b"heli77"), (alpha, "heli77", b"drone5")):
            warning = await client.until(lambda each: each.type == "b-a-g")
            assert own in repr(warning)
            await client.settled(tak)
            assert other not in client.data
    async with tak.client("alpha") as alpha:
        await alpha.until(lambda each: each.type == "b-a-g")


async def test_an_aircraft_of_two_feeds_is_one_warning_until_one_of_them_is_closed(
    tak: TakWorld,
) -> None:
    for party, feed, track, owner in (
        ("alpha", "public", "4b1816", None),
        ("charlie", "radar", "4b1816", None),
        ("bravo", "own", "drone5", "bravo"),
    ):
        body = {"feed": feed, "reports": [report(tak, track, owner or "")]}
        body["reports"][0].update({} if owner else {"party": None})
        answer = await tak.world.ask(party, "POST", "/tracks", body)
        assert answer.json()["refused"] == []
        await tak.world.ask(party, "PUT", f"/feeds/{feed}", {"shown_to": "all"})
    await tak.world.app.desk.live.tick()
    async with tak.client("bravo") as bravo:
        await bravo.settled(tak)
        (warning,) = [each for each in bravo.events if each.type == "b-a-g"]
        assert "also reported by" in repr(warning)
    await tak.world.ask("charlie", "PUT", "/feeds/radar", {"shown_to": "owner"})
    async with tak.client("bravo") as bravo:
        await bravo.settled(tak)
        found = {each.uid for each in bravo.events if each.type == "b-a-g"}
        assert len(found) == 2
        assert b"also reported by" not in bravo.data
