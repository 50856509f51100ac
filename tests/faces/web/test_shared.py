"""What is shown of another's intent in part stands in the picture, and says that it is no whole."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from playwright.sync_api import expect

from tests.faces.web.desk import officer, volume, write
from wideberth.client import Client, PartyKey
from wideberth.faces.cli._cases import FACE
from wideberth.model.commands import EnrolKey
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.parties import Role
from wideberth.space.time import DAY_US, HOUR_US, format_rfc3339

LEAD_S = 3600


async def agree(console: Any, terms: dict[str, Any]) -> None:
    """Both parties sign the terms, with keys of their own."""
    clients: dict[str, Client] = {}
    async with AsyncExitStack() as stack:
        for party in terms["parties"]:
            clients[party] = await stack.enter_async_context(await client(console, party))
        await sign(clients, terms)


async def client(console: Any, party: str) -> Client:
    """The party's, with its key enrolled."""
    key = PartyKey.make(console.node.origin, PartyId(party), KeyId("desk"))
    public, proof = (
        urlsafe_b64encode(each).rstrip(b"=").decode()
        for each in (key.public_key, key.proof_of_possession())
    )
    await console.node.command(EnrolKey(PartyId(party), key.key_id, public, tuple(Role), proof))
    token = console.node.mint(PartyId(party), tuple(Role), life_s=600)
    return Client(console.url, token, key=key)


async def sign(clients: dict[str, Client], terms: dict[str, Any]) -> None:
    """The first proposes, and all sign."""

    async def signed(party: str, path: str, body: dict[str, Any]) -> Any:
        found = FACE.statement_of("POST", path)
        assert found is not None
        return await clients[party].signed("POST", path, found[0], {**body, **found[1]})

    answer_by = format_rfc3339(terms["effective_us"] + HOUR_US)
    first, *_ = terms["parties"]
    proposed = await signed(first, "/agreements", {"terms": terms, "answer_by": answer_by})
    act = {"version": proposed["version"], "act": "sign", "digest": proposed["digest"]}
    for party in terms["parties"]:
        await signed(party, f"/agreements/{proposed['agreement']}/acts", act)


def test_a_part_says_how_coarsely_it_is_shown_what_is_left_out_and_that_it_is_late(
    console: Any, window: Callable[[], Any]
) -> None:
    now_us = time.time_ns() // 1000
    terms = {
        "title": "What is shown, invented",
        "kind": "NOTIFY",
        "parties": ["alpha", "bravo"],
        "effective_us": now_us,
        "expires_us": now_us + DAY_US,
        "provisions": [
            {"type": "lead-time", "id": "lead", "kind": "flight", "minimum_s": LEAD_S},
            {
                "type": "disclosure",
                "id": "part",
                "party": "alpha",
                "to": "bravo",
                "fields": ["volumes", "times"],
                "cell_nd": 100_000_000,
                "time_step_s": 300,
                "whole_list": True,
            },
        ],
    }
    console.run(agree(console, terms))
    bravo = officer(console, window, "bravo", "picture").page
    expect(bravo.locator("#notices .what").first).to_contain_text(
        "Agreement: What is shown, invented"
    )
    flight = {"kind": "flight", "call_sign": "HIDDEN1", "volumes": [volume(-25.0, 135.0)]}
    told = write(console, "alpha", "/intents", flight)["intent"]

    row = bravo.locator("#intents .row")
    expect(row).to_contain_text("flight of Party alpha")
    expect(row).to_contain_text("IN PART")
    expect(row).to_contain_text("As agreed: places are rounded out to cells of 0.1 degrees")
    expect(row).to_contain_text("not shown: call sign")
    notice = bravo.locator("#notices .notice", has_text="flight of Party alpha")
    expect(notice).to_contain_text("LATE")
    expect(bravo.locator("#warnings")).to_contain_text("No warning stands")
    bravo.locator("#nav-inbox").click()
    expect(bravo.locator("#view-inbox .task", has_text="LATE")).to_contain_text("not shown: call")
    assert "HIDDEN1" not in bravo.locator("body").inner_text()

    # Once it is over it is on no list: its notices say what was shown of it, and never its bare id.
    write(console, "alpha", f"/intents/{told['id']}/state", {"step": "end", "ovn": told["ovn"]})
    over = bravo.locator("#view-inbox .task", has_text="WITHDRAWN")
    expect(over).to_contain_text("flight of Party alpha, over or not shown now")
    for name in ("picture", "inbox"):
        bravo.locator(f"#nav-{name}").click()
        assert told["id"] not in bravo.locator(f"#view-{name}").inner_text()
    bravo.locator("#nav-picture").click()
    bravo.reload()  # the page forgets what it was called, and the server shows it no more
    expect(
        bravo.locator("#notices .what", has_text="something, over or not shown to you")
    ).to_have_count(2)
    assert told["id"] not in bravo.locator("#notices").inner_text()
