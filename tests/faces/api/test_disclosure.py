"""What is hidden stays hidden: in answers, lists, notices, streams, the record and its proofs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_world import World, flight, square
from wideberth.faces.api.events import event_view
from wideberth.model.entries import IntentAccepted, decode_entry
from wideberth.model.ids import PartyId
from wideberth.space.time import format_rfc3339

BOX = {"south": 46, "west": 7, "north": 48, "east": 9}
PRESENCE_PROVENANCE = {"source": "gps", "accuracy_m": 10}


async def everything_read_by(world: World, party: str) -> str:
    """All that a party can read, as one text."""
    texts: list[str] = []
    paths = (
        "/intents", "/zones", "/notices", "/notices/unreached", "/warnings", "/subscriptions",
        "/tracks", "/parties", "/record/entries?limit=1000",
    )  # fmt: skip
    for path in paths:
        answer = await world.ask(party, "GET", path)
        assert answer.status_code == 200, answer.text
        texts.append(answer.text)
    texts.append((await world.ask(party, "GET", "/intents", params=BOX)).text)
    query = {"volume": square(46.9, 7.4, side=0.3)}
    texts.append((await world.ask(party, "POST", "/intents/query", query)).text)
    events = await world.node.service.events(PartyId(party), 0, 10_000)
    texts += [repr(await event_view(world.app.desk, each, PartyId(party))) for each in events]
    return "\n".join(texts)


def hidden_body(level: str, kind: str = "flight", **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "volumes": [square(47.001, 7.501)],
        "visibility": {"level": level, "parties": more.pop("parties", [])},
        "call_sign": "SECRET-7",
        "provenance": PRESENCE_PROVENANCE,
        **more,
    }


@pytest.mark.parametrize(
    ("level", "kind"),
    [("named", "flight"), ("on-conflict", "flight"), ("named", "presence")],
)
async def test_nothing_of_a_hidden_intent_is_in_anything_another_reads(
    world: World, level: str, kind: str
) -> None:
    answer = await world.ask("alpha", "POST", "/intents", hidden_body(level, kind))
    assert answer.status_code == 201, answer.text
    hidden = answer.json()["intent"]
    told = await world.told("bravo", square(47.0, 7.5))
    if level == "named":
        assert told["clashes"] == []
    else:
        (clash,) = told["clashes"]
        assert "other" not in clash
        assert "other_party" not in clash
        assert clash["contact"]["reference"] == "desk-alpha"
    # alpha was told, and answers; bravo must not learn that from any list or event
    notices = (await world.ask("alpha", "GET", "/notices")).json()["notices"]
    for notice in notices:
        path = f"/notices/{notice['id']}/acknowledgements"
        assert (await world.ask("alpha", "POST", path, {"verb": "RECEIVED"})).status_code == 201
    text = await everything_read_by(world, "bravo")
    for secret in (hidden["id"], hidden["ovn"], "SECRET-7"):
        assert secret not in text
    assert "RECEIVED" not in text


async def test_an_unknown_intent_and_a_hidden_one_are_answered_alike(world: World) -> None:
    body = hidden_body("named")
    hidden = (await world.ask("alpha", "POST", "/intents", body)).json()["intent"]
    for path in ("/intents/{}", "/intents/{}/versions"):
        shown = await world.ask("bravo", "GET", path.format(hidden["id"]))
        unknown = await world.ask("bravo", "GET", path.format("x" * len(hidden["id"])))
        assert (shown.status_code, shown.content) == (unknown.status_code, unknown.content)
        assert shown.status_code == 404
    amended = {**flight(), "ovn": "x"}
    step = {"ovn": "x", "step": "end"}
    for method, tail, sent in (("PUT", "", amended), ("POST", "/state", step)):
        shown = await world.ask("bravo", method, f"/intents/{hidden['id']}{tail}", sent)
        unknown = await world.ask("bravo", method, f"/intents/{'y' * 20}{tail}", sent)
        assert shown.status_code == unknown.status_code == 404
        assert shown.content == unknown.content


async def test_those_named_see_all_of_it(world: World) -> None:
    body = hidden_body("named", "presence", parties=["charlie"])
    hidden = (await world.ask("alpha", "POST", "/intents", body)).json()["intent"]
    seen = await world.ask("charlie", "GET", f"/intents/{hidden['id']}")
    assert seen.json()["call_sign"] == "SECRET-7"


async def test_a_version_that_was_hidden_stays_out_of_the_versions_and_their_changes(
    world: World,
) -> None:
    body = hidden_body("named")
    first = (await world.ask("alpha", "POST", "/intents", body)).json()["intent"]
    opened = {**body, "visibility": {"level": "open"}, "call_sign": "OPEN-7", "ovn": first["ovn"]}
    answer = await world.ask("alpha", "PUT", f"/intents/{first['id']}", opened)
    assert answer.status_code == 200, answer.text
    versions = (await world.ask("bravo", "GET", f"/intents/{first['id']}/versions")).json()
    assert [each["intent"]["call_sign"] for each in versions["versions"]] == ["OPEN-7"]
    assert "SECRET-7" not in json.dumps(versions)
    own = (await world.ask("alpha", "GET", f"/intents/{first['id']}/versions")).json()
    assert {change["field"] for change in own["versions"][1]["changes"]} >= {"call_sign"}


async def test_a_dry_run_shows_no_more_than_telling_and_its_touch_is_counted(world: World) -> None:
    await world.ask("alpha", "POST", "/intents", hidden_body("on-conflict"))
    body = flight(square(47.0, 7.5))
    answer = await world.ask("bravo", "POST", "/intents/check", body)
    checked = answer.json()
    (clash,) = checked["clashes"]
    assert "other" not in clash
    assert clash["overlap"]["cells"]
    assert checked["hidden"]["left_today"] == 49
    told = await world.told("bravo", square(47.0, 7.5))
    assert told["clashes"][0]["overlap"] == clash["overlap"]
    text = await everything_read_by(world, "alpha")
    assert "CheckEvent" in text
    assert "met=1" in text


async def test_a_receipt_is_given_for_readable_entries_only(world: World) -> None:
    body = hidden_body("named")
    told = (await world.ask("alpha", "POST", "/intents", body)).json()
    path = f"/record/receipts/{told['position']}"
    assert (await world.ask("alpha", "GET", path)).text.startswith("c2sp.org/tlog-proof")
    assert (await world.ask("bravo", "GET", path)).status_code == 404
    page = (await world.ask("bravo", "GET", "/record/entries?limit=1000")).json()
    hidden = page["entries"][told["position"]]
    assert set(hidden) == {"position", "leaf"}
    own = (await world.ask("alpha", "GET", "/record/entries?limit=1000")).json()
    envelope = own["entries"][told["position"]]["envelope"].encode()
    assert isinstance(decode_entry(envelope, position=0).body, IntentAccepted)


async def test_positions_are_seen_as_their_feed_opens_them(world: World) -> None:
    report = {
        "track": "abc123", "party": "bravo", "latitude": 47.0, "longitude": 7.5,
        "altitude_m": 300, "time": moment_now(world),
    }  # fmt: skip
    batch = {"feed": "adsb", "reports": [report, {**report, "latitude": 91}]}
    taken = (await world.ask("alpha", "POST", "/tracks", batch)).json()
    assert taken["accepted"] == 1
    assert [(bad["index"], bad["field"]) for bad in taken["refused"]] == [(1, "latitude")]

    async def seen_by(party: str) -> list[str]:
        page = (await world.ask(party, "GET", "/tracks")).json()
        return [track["track"] for track in page["tracks"]]

    assert [await seen_by(each) for each in ("alpha", "bravo", "charlie")] == [
        ["abc123"],
        ["abc123"],
        [],
    ]
    for shown_to in ("all", ["charlie"]):
        await world.ask("alpha", "PUT", "/feeds/adsb", {"shown_to": shown_to})
        assert await seen_by("charlie") == ["abc123"]
    await world.ask("alpha", "PUT", "/feeds/adsb", {"shown_to": "owner"})
    assert await seen_by("charlie") == []
    assert world.node.service.picture.size == 4, "tracks never enter the record"


def moment_now(world: World) -> str:
    return format_rfc3339(world.node.service.context().now_us)


async def test_a_feed_is_opened_to_nobody_who_is_not_of_the_space(world: World) -> None:
    body = {"shown_to": ["bravo", "delta"]}
    answer = await world.ask("alpha", "PUT", "/feeds/adsb", body)
    problem = answer.json()
    assert answer.status_code == 400
    assert (problem["field"], problem["value"]) == ("shown_to.1", "delta")
    assert problem["rule"] == "no-such-party"
    assert not world.app.desk.live.is_feed_visible("alpha", "adsb", PartyId("bravo"))


async def test_a_track_in_a_zone_warns_both_and_the_warning_is_shown_to_each(world: World) -> None:
    zone = {
        "name": "Fire area", "rule": "keep-out", "volumes": [square(start=-120, end=60)],
        "reason": "tankers",
    }  # fmt: skip
    assert (await world.ask("alpha", "POST", "/zones", zone)).status_code == 201
    report = {
        "track": "dr0ne", "party": "bravo", "latitude": 47.005, "longitude": 7.505,
        "altitude_m": 50, "time": moment_now(world),
    }  # fmt: skip
    await world.ask("bravo", "POST", "/tracks", {"feed": "own", "reports": [report]})
    await world.app.desk.live.tick()
    for party in ("alpha", "bravo"):
        page = (await world.ask(party, "GET", "/warnings")).json()
        (warning,) = page["warnings"]
        assert warning["kind"] == "incursion"
        drone = next(each for each in warning["objects"] if each["type"] == "track")
        assert ("id" in drone) == (party == "bravo"), "alpha sees facts, not the object"
        assert len(drone["facts"]) >= 2
    assert (await world.ask("charlie", "GET", "/warnings")).json()["warnings"] == []


async def test_a_warning_of_a_named_intent_is_not_addressed_to_another(world: World) -> None:
    body = hidden_body("named", "movement", count=2, activated=True)
    body["volumes"] = [square(start=-90, end=60), square(start=-90, end=61)]
    told = await world.ask("alpha", "POST", "/intents", body)
    assert told.status_code == 201, told.text
    report = {
        "track": "dr0ne", "party": "bravo", "latitude": 47.005, "longitude": 7.505,
        "altitude_m": 50, "time": moment_now(world),
    }  # fmt: skip
    await world.ask("bravo", "POST", "/tracks", {"feed": "own", "reports": [report]})
    await world.app.desk.live.tick()
    assert len((await world.ask("alpha", "GET", "/warnings")).json()["warnings"]) == 1
    assert (await world.ask("bravo", "GET", "/warnings")).json()["warnings"] == []
    assert "SECRET-7" not in await everything_read_by(world, "bravo")


async def test_a_retry_gets_the_first_answer_byte_for_byte(world: World) -> None:
    await world.told("bravo", square(47.003, 7.503))
    body = flight()
    headers = {"Idempotency-Key": "once/1"}
    first = await world.ask("alpha", "POST", "/intents", body, headers=headers)
    await world.told("charlie", square(47.002, 7.502))
    again = await world.ask("alpha", "POST", "/intents", body, headers=headers)
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-repeated"] == "true"
    became = (await world.ask("alpha", "GET", "/requests/once/1")).json()
    assert became["answer"] == first.json()
    other = await world.ask("alpha", "POST", "/intents", flight(priority=3), headers=headers)
    assert (other.status_code, other.json()["rule"]) == (409, "idempotency-key-reused")
    assert (await world.ask("bravo", "GET", "/requests/once/1")).status_code == 404
