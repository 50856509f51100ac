"""A receipt: the content received, both clocks, the receiver's signature; held by both (R-02)."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, moment, square
from wideberth.client import ApiProblem, Client
from wideberth.model.envelope import parse_statement, verify_statement
from wideberth.space.time import parse_rfc3339


@pytest.fixture
async def world(tmp_path: Path):
    async with a_world(tmp_path) as world:
        yield world


async def told(world: World, **more: Any) -> dict[str, Any]:
    """The notice to bravo, of what alpha told."""
    await world.told("bravo", square())
    await world.told("alpha", square(), **more)
    (*_, notice) = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
    return notice


async def receipts(world: World, party: str, notice: str) -> Any:
    return await world.ask(party, "GET", f"/notices/{notice}/receipts")


async def digest_in_the_record(world: World, notice: str) -> str:
    """Of the notice as the record has it, worked out without the program."""
    bodies = [json.loads(row.envelope)["body"] for row in world.node._record.read(0, 1000)]
    (issued,) = [
        each["notice"]
        for each in bodies
        if each["type"] == "NoticeIssued" and each["notice"]["id"] == notice
    ]
    issued.pop("held_by", None)
    text = json.dumps(issued, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


@pytest.mark.requirement("R-02")
async def test_both_sides_hold_the_digest_both_clocks_and_the_signature(world: World) -> None:
    notice = await told(world)
    key = await world.key("bravo")
    async with world.client("bravo", key) as bravo:
        await bravo.acknowledge(
            notice, "LOADED", unit="bravo-1", system="planner", clock="2026-11-21T08:00:12Z"
        )
    held = (await receipts(world, "bravo", notice["id"])).json()
    theirs = (await receipts(world, "alpha", notice["id"])).json()
    assert held == theirs, "both hold the same"
    (receipt,) = held["receipts"]
    answer = receipt["answer"]
    assert answer["content"] == notice["content"] == await digest_in_the_record(world, notice["id"])
    assert answer["clock"] == "2026-11-21T08:00:12Z"
    now_us = world.node.service.context().now_us
    assert abs(parse_rfc3339(answer["time"]) - now_us) < 60_000_000
    # The signature is the receiver's, and over the digest and the clock themselves.
    verify_statement(receipt["said"], key.public_key)
    said = json.loads(bytes(parse_statement(receipt["said"]).body))
    assert (said["content"], said["clock"]) == (notice["content"], "2026-11-21T08:00:12Z")
    for party in ("alpha", "bravo"):  # and that it is in the record either can prove
        proof = await world.ask(party, "GET", f"/record/receipts/{receipt['position']}")
        assert proof.status_code == 200, proof.text
        page = (
            await world.ask(party, "GET", f"/record/entries?from={receipt['position']}&limit=1")
        ).json()
        assert page["entries"][0]["envelope"]


@pytest.mark.requirement("R-02")
@pytest.mark.parametrize(
    ("left_out", "rule"), [("content", "receipt-content"), ("clock", "receipt-clock")]
)
async def test_what_is_signed_lacks_neither_the_content_nor_the_clock(
    world: World, left_out: str, rule: str
) -> None:
    notice = await told(world)
    body = {
        "notice": notice["id"],
        "verb": "LOADED",
        "unit": "bravo-1",
        "system": "planner",
        "content": notice["content"],
        "clock": moment(),
    }
    del body[left_out]
    path = f"/notices/{notice['id']}/acknowledgements"
    async with world.client("bravo", await world.key("bravo")) as bravo:
        with pytest.raises(ApiProblem) as refused:
            await bravo.signed("POST", path, "AcknowledgeNotice", body)
    assert refused.value.status == 400
    assert rule in str(refused.value)
    assert (await world.ask("bravo", "GET", f"/notices/{notice['id']}")).json()["answers"] == []


async def test_a_receipt_of_another_content_is_refused(world: World) -> None:
    notice = await told(world)
    other = {**notice, "content": sha256(b"another").hexdigest()}
    async with world.client("bravo", await world.key("bravo")) as bravo:
        with pytest.raises(ApiProblem) as refused:
            await bravo.acknowledge(other, "LOADED", unit="bravo-1", system="planner")
    assert refused.value.status == 409
    assert "content-digest" in str(refused.value)


async def test_nobody_else_has_the_receipt_nor_who_may_not_follow_the_notice(world: World) -> None:
    hidden = {"visibility": {"level": "on-conflict"}}
    await world.told("bravo", square(), **hidden)
    await world.told("alpha", square())
    (*_, notice) = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
    async with world.client("bravo", await world.key("bravo")) as bravo:
        await say(bravo, notice)
    assert (await receipts(world, "bravo", notice["id"])).status_code == 200
    unknown = await receipts(world, "charlie", "nothing")
    for party in ("alpha", "charlie"):  # that bravo is near is hidden from alpha
        refused = await receipts(world, party, notice["id"])
        assert (refused.status_code, refused.json()) == (404, unknown.json())


async def say(client: Client, notice: dict[str, Any]) -> None:
    await client.acknowledge(notice, "LOADED", unit="bravo-1", system="planner")
