"""The walking skeleton over real HTTP: two parties, two intents, a notice, one acknowledgement."""

from __future__ import annotations

import asyncio
from typing import Any

from api_world import World, flight, square
from wideberth.client import Client
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.record.verify import verify_folder


async def first_event(client: Client, name: str, after: int = 0) -> Any:
    async for event in client.events(after):
        if event.name == name:
            return event
    raise AssertionError("the stream ended")


def test_two_parties_two_intents_a_notice_and_an_acknowledgement(
    served: tuple[str, World],
) -> None:
    url, world = served

    async def play() -> None:
        async with (
            Client(url, world.tokens["alpha"]) as alpha,
            Client(url, world.tokens["bravo"]) as bravo,
        ):
            listening = asyncio.create_task(first_event(alpha, "notice"))
            mine = await alpha.submit_intent(flight(call_sign="HELI-1"))
            assert mine["clashes"] == []
            theirs = await bravo.submit_intent(flight(square(47.005, 7.505)))
            assert theirs["clashes"][0]["other"]["id"] == mine["intent"]["id"]
            assert theirs["clashes"][0]["contact"]["details"]["label"] == "alpha watch"
            notice = (await asyncio.wait_for(listening, 10)).data["notice"]
            assert notice["subject"]["id"] == theirs["intent"]["id"]
            assert notice["sentence"] == NEITHER_PERMISSION_NOR_GUARANTEE
            answer = await alpha.acknowledge(notice["id"], "RECEIVED")
            assert answer["closed"] == [], "RECEIVED ends nothing"
            heard = await asyncio.wait_for(first_event(bravo, "acknowledgement"), 10)
            assert heard.data["acknowledgement"]["verb"] == "RECEIVED"
            unreached = await bravo.get("/notices/unreached")
            assert {row["role"] for row in unreached["unreached"]} == {"sender", "recipient"}
            assert "wideberth" in await alpha.checkpoint()

    asyncio.run(play())
    verified = verify_folder(world.node.folder)
    assert verified.size == world.node.service.picture.size


def test_a_node_stops_while_a_stream_is_open(served: tuple[str, World]) -> None:
    url, world = served

    async def play() -> None:
        async with Client(url, world.tokens["alpha"]) as alpha:
            mine = await alpha.submit_intent(flight())
            event = await asyncio.wait_for(first_event(alpha, "intent"), 10)
            assert event.data["intent"]["id"] == mine["intent"]["id"]

    asyncio.run(play())
    # the fixture's end stops the server and fails if it does not stop
