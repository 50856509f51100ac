"""Streams over a WebSocket: the same events for the same credentials, and the same no."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode

from api_world import World, a_world, flight, square
from stream_lines import Line, SocketLine, at_least
from wideberth.faces.api import Limits, Operation
from wideberth.faces.api.carriers import Piece, Said
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.operating import LimitsTable
from wideberth.service import now_us
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.tokens import TOLERANCE_S


async def test_both_carriers_say_the_same(world: World) -> None:
    for index in range(3):
        await world.told("alpha", square(47 + index / 10))
        await world.told("bravo", square(47 + index / 10))
    history = world.node.service.picture.history
    assert history is not None
    end = history.stream_end(PartyId("alpha"))
    whole = Line(world, "alpha", "/stream")
    events = list(await whole.until(at_least(end)))
    await whole.close()
    line = SocketLine(world, "alpha", "/stream")
    assert await line.until(at_least(end)) == events
    await line.close()
    resumed = SocketLine(world, "alpha", f"/stream?after={end - 2}")
    assert await resumed.until(at_least(2)) == events[-2:]
    await resumed.close()
    resumed = SocketLine(world, "alpha", "/stream", last_event_id=str(end - 1))
    assert await resumed.until(at_least(1)) == events[-1:]
    await resumed.close()


async def test_a_browser_shows_its_token_as_a_subprotocol(world: World) -> None:
    await world.told("alpha")
    offered = f"wideberth.v1, bearer.{world.tokens['alpha']}"
    line = SocketLine(world, "alpha", "/stream", sec_websocket_protocol=offered)
    line.scope["headers"] = [each for each in line.scope["headers"] if each[0] != b"authorization"]
    assert [name for _, name, _ in await line.until(at_least(1))] == ["intent"]
    assert line.subprotocol == "wideberth.v1"  # and the token is not said back
    await line.close()


@pytest.mark.parametrize(
    ("path", "offered", "keeps", "status", "field"),
    [
        pytest.param("/stream", "", False, 401, "Authorization", id="no token"),
        pytest.param("/stream", "wideberth.v1", False, 401, "Authorization", id="none offered"),
        pytest.param("/stream", "bearer.x", False, 400, "Sec-WebSocket-Protocol", id="no protocol"),
        pytest.param("/stream", "wideberth.v1, bearer.x", True, 400, "Authorization", id="two"),
        pytest.param("/stream", "wideberth.v1, bearer.x", False, 401, "Authorization", id="bad"),
        pytest.param("/stream?kinds=nothing", "", True, 400, "kinds", id="a bad kind"),
        pytest.param("/stream?circle=1,2", "", True, 400, "circle", id="a bad area"),
        pytest.param("/intents", "", True, 400, None, id="no stream"),
        pytest.param("/nothing", "", True, 404, None, id="no path"),
        pytest.param("/openapi.json", "", True, 404, None, id="the document"),
    ],
)
async def test_a_no_is_problem_details_before_anything_is_accepted(
    world: World, path: str, offered: str, keeps: bool, status: int, field: str | None
) -> None:
    given = {"sec_websocket_protocol": offered} if offered else {}
    line = SocketLine(world, "alpha", path, **given)
    if not keeps:
        line.scope["headers"] = [
            each for each in line.scope["headers"] if each[0] != b"authorization"
        ]
    await asyncio.wait_for(line.task, 20)
    assert line.status == status
    assert json.loads(line.refused).get("field") == field


@pytest.mark.parametrize("path", ["/stream", "/tracks/stream"])
async def test_it_ends_with_the_token_and_with_the_node(tmp_path: Path, path: str) -> None:
    ahead_s = 0.0
    async with a_world(tmp_path, token_clock_s=lambda: time.time() + ahead_s) as world:
        stopped = SocketLine(world, "alpha", path)
        world.tokens["bravo"] = world.node.mint(PartyId("bravo"), (Role.WATCH,), life_s=1)
        ahead_s = TOLERANCE_S - 1.0
        expired = SocketLine(world, "bravo", path)
        await asyncio.wait_for(expired.task, 20)
        assert [name for _, name, _ in expired.events] == ["bye"]
        assert expired.closed == 1000
        world.node.stopping.set()
        await asyncio.wait_for(stopped.task, 20)
        assert [name for _, name, _ in stopped.events] == ["bye"]
        assert stopped.closed == 1001


async def test_who_speaks_where_nothing_is_read_is_cut_off(world: World) -> None:
    line = SocketLine(world, "alpha", "/stream")
    line.says.append({"type": "websocket.receive", "text": "hello"})
    await asyncio.wait_for(line.task, 20)
    assert (line.status, line.closed) == (101, 1003)


async def test_both_carriers_count_against_one_limit(tmp_path: Path) -> None:
    operation = Operation(Limits(LimitsTable(streams=2)))
    async with a_world(tmp_path, operation=operation) as world:
        first = Line(world, "alpha", "/stream")
        second = SocketLine(world, "alpha", "/stream")
        await asyncio.sleep(0.05)
        third = SocketLine(world, "alpha", "/stream")
        await asyncio.wait_for(third.task, 20)
        assert third.status == 429
        await first.close()
        await second.close()


async def test_a_slow_reader_of_a_socket_gets_all_of_it_and_slows_nobody(world: World) -> None:
    slow = SocketLine(world, "alpha", "/stream")
    await asyncio.sleep(0.05)
    slow.flowing.clear()
    quick = SocketLine(world, "alpha", "/stream")
    for index in range(5):
        await world.told("alpha", square(47 + index / 10))
    events = list(await quick.until(at_least(5)))
    slow.flowing.set()
    assert await slow.until(at_least(5)) == events
    await slow.close()
    await quick.close()


async def test_a_track_that_leaves_the_area_is_told_once_more(world: World) -> None:
    line = SocketLine(world, "alpha", "/tracks/stream?circle=47,7,10000")
    await asyncio.sleep(0.05)

    async def report(track: str, latitude: float, ago_s: int) -> None:
        when = format_rfc3339(now_us() - ago_s * SECOND_US)
        report = {"track": track, "latitude": latitude, "longitude": 7.0, "time": when}
        body = {"feed": "own", "reports": [report]}
        answer = await world.ask("alpha", "POST", "/tracks", body)
        assert answer.json()["accepted"] == 1, answer.text

    await report("far", 49.0, 50)
    await report("near", 47.0, 50)
    await line.until(at_least(1))
    await report("near", 47.2, 20)
    await line.until(at_least(2))
    await report("near", 47.21, 15)
    await report("other", 47.0, 10)
    await line.until(at_least(3))
    seen = [[each["track"] for each in data["tracks"]] for _, _, data in line.events]
    assert seen == [["near"], ["near"], ["other"]]
    await line.close()


async def test_over_a_real_server_and_a_client_of_others(served: tuple[str, World]) -> None:
    url, world = served
    address = url.replace("http", "ws", 1) + "/api/v1/stream"
    shown = {"Authorization": f"Bearer {world.tokens['alpha']}"}

    async def told() -> None:
        async with httpx.AsyncClient(base_url=url, headers=shown) as client:
            answer = await client.post("/api/v1/intents", json=flight())
            assert answer.status_code == 201, answer.text

    with pytest.raises(InvalidStatus) as refused:
        await connect(address)
    assert refused.value.response.status_code == 401
    assert b"token-missing" in (refused.value.response.body or b"")
    async with connect(address, additional_headers=shown) as socket:
        await told()
        events: list[Any] = []
        async with asyncio.timeout(30):
            while not events:
                said = json.loads(await socket.recv())
                events += [said] if "id" in said else []
        assert [(each["id"], each["event"]) for each in events] == [(1, "intent")]
        await socket.send("x" * 100)
        async with asyncio.timeout(30):
            await socket.wait_closed()
        assert socket.close_code == 1003
    protocols: Any = ["wideberth.v1", f"bearer.{world.tokens['alpha']}"]
    async with connect(f"{address}?after=0", subprotocols=protocols) as socket:
        assert socket.subprotocol == "wideberth.v1"


@pytest.mark.parametrize("length", [2, 98, 99, 100, 65_508, 65_509, 65_510, 300_000])
def test_several_messages_are_written_as_the_librarys_frames(length: int) -> None:
    data = b'"%s"' % (b"x" * (length - 2))
    piece = Piece([Said(None, "intent", data), Said(7, "warning", b"{}")])
    assert json.loads(piece.as_messages[0])["data"] == "x" * (length - 2)
    whole = [Frame(Opcode.TEXT, each.encode()).serialize(mask=False) for each in piece.as_messages]
    assert piece.as_frames == b"".join(whole)
