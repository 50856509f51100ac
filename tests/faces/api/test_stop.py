"""STOP leaves first and is recorded after, whatever the record, the queue and the credential do."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, a_world, flight, square
from busy_record import busy
from stream_lines import Line, Seen
from wideberth.aside import ASIDE_FILE
from wideberth.audit import StatementAudit
from wideberth.client import PartyKey
from wideberth.faces.api import stops
from wideberth.model.entries import Entry, decode_entry
from wideberth.model.envelope import Statement, sign_statement
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.parties import Role
from wideberth.model.stops import StopTold
from wideberth.picture.picture import Picture
from wideberth.picture.snapshot import dump, load
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder
from wideberth.service import Settings

FOLDER = "wideberth-data"
SAYS = {"text": "40 people in the school at the bridge"}


def stops_in(world: World) -> list[StopTold]:
    found: list[StopTold] = []
    with SqliteRecord(world.node.folder) as record:
        for row in record.read(0, 1000):
            entry: Entry = decode_entry(row.envelope, position=row.position)
            if isinstance(entry.body, StopTold):
                found.append(entry.body)
    return found


def said(events: list[Seen]) -> list[tuple[int | None, Any]]:
    return [(number, data["stop"]) for number, name, data in events if name == "stop"]


async def recorded(world: World, count: int) -> list[StopTold]:
    """The STOPs of the record once there are so many and nothing waits."""
    async with asyncio.timeout(20):
        while world.node.urgent.waiting or len(stops_in(world)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return stops_in(world)


def verified(folder: Path) -> None:
    with SqliteRecord(folder) as record:
        audit = StatementAudit(record.first_origin)
    verify_folder(folder, statement_checker=audit, erased_checker=audit.erased)


@pytest.mark.requirement("L-01")
@pytest.mark.requirement("L-10")
@pytest.mark.parametrize("form", ["stop", "our-error", "doubt"])
async def test_it_is_told_to_everybody_and_recorded(world: World, form: str) -> None:
    lines = {party: Line(world, party, "/stream") for party in ("alpha", "bravo", "charlie")}
    await asyncio.sleep(0.05)
    answer = await world.ask("alpha", "POST", "/stop", {**SAYS, "form": form})
    assert answer.status_code == 202
    told = answer.json()
    assert (told["sent_to"], told["of"], told["recorded"], told["kept"]) == (2, 2, True, True)
    for line in lines.values():
        events = said(await line.until(lambda seen: any(each[0] for each in said(seen))))
        await line.close()
        number, stop = events[-1]
        assert number is not None
        assert {each["id"] for _, each in events} == {told["id"]}
        assert (stop["form"], stop["text"], stop["sender"]) == (form, SAYS["text"], "alpha")
        assert stop["recorded"] is True
        assert stop["position"] == told["position"]
        assert stop["contact"]["reference"] == "desk-alpha"
    page = await world.ask("bravo", "GET", "/stops")
    assert [each["id"] for each in page.json()["stops"]] == [told["id"]]


async def test_an_empty_body_is_a_stop(world: World) -> None:
    async with world.http("alpha") as client:
        answer = await client.post("/api/v1/stop")
    assert answer.status_code == 202
    assert [each.stop.form.value for each in stops_in(world)] == ["stop"]


@pytest.mark.requirement("L-03")
async def test_each_is_a_stop_of_its_own_unless_its_key_says_otherwise(world: World) -> None:
    ids = [(await world.ask("alpha", "POST", "/stop", SAYS)).json()["id"] for _ in range(3)]
    assert len(set(ids)) == 3
    again = [
        await world.ask("alpha", "POST", "/stop", SAYS, headers={"Idempotency-Key": "once"})
        for _ in range(3)
    ]
    assert len({each.json()["id"] for each in again}) == 1
    assert [each.json()["sent_to"] for each in again] == [0, None, None]
    other = {"text": "no: the other bridge"}
    changed = await world.ask("alpha", "POST", "/stop", other, headers={"Idempotency-Key": "once"})
    assert changed.status_code == 202, "a key that was used does not hold a STOP"
    assert len(stops_in(world)) == 5
    verified(world.node.folder)


async def test_it_leaves_before_the_record_can_take_it(world: World) -> None:
    line = Line(world, "bravo", "/stream")
    await asyncio.sleep(0.05)
    with busy(world.node.folder):
        asking = asyncio.create_task(world.ask("alpha", "POST", "/stop", SAYS))
        events = said(await line.until(said))
        assert not asking.done(), "it is on the stream before its answer"
        told = (await asking).json()
        assert (told["recorded"], told["kept"], told["sent_to"]) == (False, True, 1)
        assert events == [(None, events[0][1])]
        assert events[0][1]["recorded"] is False
        late = Line(world, "charlie", "/stream")
        assert said(await late.until(said))[0][1]["id"] == told["id"], "who comes later has it too"
        listed = (await world.ask("charlie", "GET", "/stops")).json()["stops"]
        assert [(each["id"], each["recorded"]) for each in listed] == [(told["id"], False)]
    assert [each.stop.id for each in await recorded(world, 1)] == [told["id"]]
    for each in (line, late):
        await each.until(lambda seen: any(number for number, _ in said(seen)))
        await each.close()
    async with asyncio.timeout(10):
        while (world.node.folder / ASIDE_FILE).stat().st_size:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_full_queue_does_not_hold_it(tmp_path: Path) -> None:
    async with a_world(tmp_path, settings=Settings(queue=2, batch=1)) as world:
        line = Line(world, "bravo", "/stream")
        await asyncio.sleep(0.05)
        with busy(world.node.folder):
            writes: list[asyncio.Task[Any]] = []
            async with asyncio.timeout(10):
                while world.node.service.waiting < 2:
                    writes.append(
                        asyncio.create_task(world.ask("alpha", "POST", "/intents", flight()))
                    )
                    await asyncio.sleep(0.05)
            full = await world.ask("alpha", "POST", "/intents", flight())
            assert (full.status_code, full.json()["rule"]) == (503, "overloaded")
            told = await world.ask("alpha", "POST", "/stop", SAYS)
            assert told.status_code == 202
            assert said(await line.until(said))
        await asyncio.gather(*writes)
        assert len(await recorded(world, 1)) == 1
        await line.close()


async def test_a_node_that_stopped_deciding_sends_it(world: World) -> None:
    world.node.service.stopped_by = RuntimeError("for good")
    line = Line(world, "bravo", "/stream")
    await asyncio.sleep(0.05)
    told = (await world.ask("alpha", "POST", "/stop", SAYS)).json()
    assert (told["recorded"], told["kept"], told["sent_to"]) == (False, True, 1)
    assert said(await line.until(said))
    await line.close()
    world.node.service.stopped_by = None
    assert len(await recorded(world, 1)) == 1


async def test_any_role_may_say_it(world: World) -> None:
    for role in Role:
        async with world.http(token=world.token("alpha", role)) as client:
            answer = await client.post("/api/v1/stop", json=SAYS)
        assert answer.status_code == 202
        assert answer.json()["recorded"]


def spoilt(token: str) -> str:
    """The same token under another signature."""
    head, payload, signature = token.split(".")
    other = ("A" if signature[5] != "A" else "B").join((signature[:5], signature[6:]))
    return f"{head}.{payload}.{other}"


async def test_a_credential_that_does_not_count_marks_it(world: World) -> None:
    line = Line(world, "bravo", "/stream")
    await asyncio.sleep(0.05)
    old = world.node.issuer.mint(PartyId("alpha"), tuple(Role), life_s=60, now_s=time.time() - 4000)
    early = world.node.issuer.mint(
        PartyId("alpha"), tuple(Role), life_s=60, now_s=time.time() + 4000
    )
    for token, lacks in (
        (old, "expired"),
        (early, "not-yet-valid"),
        (spoilt(world.tokens["alpha"]), "signature-wrong"),
    ):
        async with world.http(token=token) as client:
            told = (await client.post("/api/v1/stop", json=SAYS)).json()
            elsewhere = await client.get("/api/v1/intents")
        assert (told["identified"], told["doubts"]) == ("unverified", lacks)
        assert elsewhere.status_code == 401, "it counts for nothing else"
    events = said(await line.until(lambda seen: len({e["id"] for _, e in said(seen)}) == 3))
    assert {stop["identified"] for _, stop in events} == {"unverified"}
    await line.close()
    assert all(each.statement is None for each in await recorded(world, 3))
    verified(world.node.folder)


async def test_who_is_not_known_here_is_refused(world: World, tmp_path: Path) -> None:
    stranger = world.node.issuer.mint(PartyId("delta"), tuple(Role), life_s=60)
    (tmp_path / "other").mkdir()
    async with a_world(tmp_path / "other") as other:
        foreign = other.tokens["alpha"]
    for token in (stranger, foreign, "nonsense", None):
        async with world.http(token=token) as client:
            answer = await client.post("/api/v1/stop", json=SAYS)
        assert answer.status_code == 401, answer.text
    assert stops_in(world) == []


async def test_a_flood_without_proof_drowns_nobody(world: World) -> None:
    bad = spoilt(world.tokens["alpha"])
    async with world.http(token=bad) as client:
        statuses = [(await client.post("/api/v1/stop", json=SAYS)).status_code for _ in range(60)]
        held = await client.post("/api/v1/stop", json=SAYS)
    assert statuses.count(202) == stops.UNVERIFIED_BURST
    assert held.headers["retry-after"]
    good = [(await world.ask("alpha", "POST", "/stop", SAYS)).status_code for _ in range(60)]
    assert good == [202] * 60, "its own, verified, are never limited"
    async with world.http(token=spoilt(world.tokens["bravo"])) as client:
        assert (await client.post("/api/v1/stop", json=SAYS)).status_code == 202


async def test_verified_ones_go_out_first(world: World) -> None:
    with busy(world.node.folder):
        async with world.http(token=spoilt(world.tokens["alpha"])) as client:
            await client.post("/api/v1/stop", json=SAYS)
        await world.ask("charlie", "POST", "/stop", SAYS)
        line = Line(world, "bravo", "/stream")
        events = said(await line.until(lambda seen: len(said(seen)) == 2))
        await line.close()
    assert [stop["identified"] for _, stop in events] == ["attested", "unverified"]


def statement(world: World, key: PartyKey, body: dict[str, Any], **more: Any) -> bytes:
    given = {
        "origin": world.node.origin,
        "party": key.party,
        "key_id": key.key_id,
        "party_seq": 1,
        "prev": None,
        "type": "TellStop",
        "request": "r1",
        **more,
    }
    said_so = Statement(body=msgspec.Raw(json.dumps(body).encode()), **given)
    return sign_statement(said_so, key._signing_key).encode()


async def test_what_was_signed_stands_in_the_record(world: World) -> None:
    key = await world.key("alpha")
    async with world.client("alpha", key) as alpha:
        first = await alpha.signed("POST", "/stop", "TellStop", {**SAYS, "zone": "z9"})
        await alpha.submit_intent(flight(), signed=True)
    assert first["identified"] == "signed"
    (told,) = stops_in(world)
    assert told.statement is None, "it is the entry's own statement"
    verified(world.node.folder)


@pytest.mark.parametrize("with_token", [True, False])
async def test_a_statement_out_of_its_chain_is_kept_beside(world: World, with_token: bool) -> None:
    key = await world.key("alpha")
    compact = statement(world, key, SAYS, party_seq=9, prev="0" * 64)
    token = world.tokens["alpha"] if with_token else None
    async with world.http(token=token) as client:
        headers = {"Content-Type": "application/jose"}
        answer = await client.post("/api/v1/stop", content=compact, headers=headers)
    assert answer.status_code == 202, answer.text
    assert (answer.json()["identified"], answer.json()["recorded"]) == ("signed", True)
    (told,) = stops_in(world)
    assert told.statement == compact.decode()
    verified(world.node.folder)


async def test_a_statement_that_does_not_verify_marks_it(world: World) -> None:
    key = await world.key("alpha")
    other = PartyKey.make(world.node.origin, PartyId("alpha"), KeyId("desk"))
    stranger = PartyKey.make(world.node.origin, PartyId("alpha"), KeyId("none"))
    headers = {"Content-Type": "application/jose"}
    async with world.http() as client:
        for signer, status, lacks in (
            (other, 202, "signature"),
            (stranger, 401, None),
        ):
            compact = statement(world, signer, SAYS)
            answer = await client.post("/api/v1/stop", content=compact, headers=headers)
            assert answer.status_code == status
            assert answer.json().get("doubts") == lacks
    async with world.http("alpha") as client:
        elsewhere = statement(world, key, SAYS, origin="other.example/log")
        answer = await client.post("/api/v1/stop", content=elsewhere, headers=headers)
    assert answer.json()["identified"] == "attested", "its token counts all the same"
    verified(world.node.folder)


async def test_a_hidden_intent_is_named_only_to_who_may_see_it(world: World) -> None:
    named = {"level": "named", "parties": ["bravo"]}
    told = await world.told("alpha", square(), visibility=named)
    intent = told["intent"]["id"]
    lines = {party: Line(world, party, "/stream") for party in ("bravo", "charlie")}
    await asyncio.sleep(0.05)
    with busy(world.node.folder):
        await world.ask("alpha", "POST", "/stop", {**SAYS, "intent": intent})
    await recorded(world, 1)
    for party, line in lines.items():
        await line.until(lambda seen: any(number for number, _ in said(seen)))
        await line.close()
        wanted = intent if party == "bravo" else None
        assert [stop.get("intent") for _, stop in said(line.events)] == [wanted, wanted]
        listed = (await world.ask(party, "GET", "/stops")).json()["stops"]
        assert [each.get("intent") for each in listed] == [wanted]
    entries = (await world.ask("charlie", "GET", "/record/entries?limit=1000")).text
    assert intent not in entries


async def test_whether_an_intent_exists_changes_no_answer(world: World) -> None:
    told = await world.told("alpha", square(), visibility={"level": "on-conflict"})
    answers = [
        (await world.ask("charlie", "POST", "/stop", {"intent": name})).json()
        for name in (told["intent"]["id"], "never-told")
    ]
    for each in answers:
        for changes in ("id", "sent", "position"):
            del each[changes]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "x" * 201}, "text"),
        ({"form": "all-clear"}, "form"),
        ({"area": {"latitude": 91, "longitude": 0, "radius_m": 1}}, "area.latitude"),
        ({"urgency": 1}, "urgency"),
    ],
)
async def test_bad_input_names_the_field(world: World, body: dict[str, Any], field: str) -> None:
    answer = await world.ask("alpha", "POST", "/stop", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_a_body_has_a_bound(world: World) -> None:
    answer = await world.ask("alpha", "POST", "/stop", {"text": "x" * 70_000})
    assert answer.status_code == 413


async def test_a_snapshot_holds_them_and_they_leave_after_a_day(world: World) -> None:
    await world.ask(
        "alpha", "POST", "/stop", {"area": {"latitude": 1, "longitude": 2, "radius_m": 3}}
    )
    picture: Picture = world.node.service.picture
    again = load(dump(picture))
    assert again.stops == picture.stops
    assert again.digest() == picture.digest()
    assert [each for each in again.expiries if each[1] == "stop"] == [
        each for each in picture.expiries if each[1] == "stop"
    ]
