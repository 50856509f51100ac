"""The party's stream: every event once, in order, however often and wherever the line is cut."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_world import World, a_world, square
from stream_lines import Line, Seen, at_least
from wideberth.faces.api import lines, together
from wideberth.faces.api.rebuilt import Rebuilt
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.parties import Role
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.tokens import TOLERANCE_S


async def busy(world: World, writes: int) -> None:
    """Intents of two parties that clash, and a subscription of one to what the other does."""
    volume = square(47.0, 7.5, side=0.1)
    answer = await world.ask("alpha", "POST", "/subscriptions", {"volume": volume})
    assert answer.status_code == 201
    for index in range(writes):
        told = await world.told("bravo", square(47.0 + index / 1000, 7.5))
        await world.told("alpha", square(47.0 + index / 1000, 7.5))
        if index % 2:
            intent = told["intent"]
            step = {"ovn": intent["ovn"], "step": "end"}
            await world.ask("bravo", "POST", f"/intents/{intent['id']}/state", step)


@given(cuts=st.lists(st.integers(0, 5), max_size=6))
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_pattern_of_cuts_gives_every_event_once_in_order(
    tmp_path_factory: Any, cuts: list[int]
) -> None:
    async def play() -> None:
        folder = tmp_path_factory.mktemp("stream")
        async with a_world(folder) as world:
            writing = asyncio.create_task(busy(world, 3))
            got: list[Seen] = []
            for cut in cuts:
                line = Line(world, "alpha", "/stream", last_event_id=str(len(got)))
                if cut:
                    with contextlib.suppress(TimeoutError):  # there may be no more yet
                        await line.until(at_least(cut), within_s=0.1)
                await line.close()
                got += line.events
            await writing
            end = world.node.service.picture.history.stream_end("alpha")  # type: ignore[union-attr, arg-type]
            line = Line(world, "alpha", f"/stream?after={len(got)}")
            await line.until(at_least(end - len(got)))
            await line.close()
            got += line.events
            assert [number for number, _, _ in got] == list(range(1, end + 1))
            indexes = [
                each["notification_index"]
                for _, name, data in got
                if name == "notification"
                for each in data["subscriptions"]
            ]
            assert indexes == list(range(1, len(indexes) + 1))
            assert len(indexes) >= 4
            # the same from the beginning, from an index built anew: the same bytes
            world.app.desk.rebuilt = Rebuilt()
            world.app.desk.rebuilt.catch_up(world.node.service.picture)
            whole = Line(world, "alpha", "/stream")
            await whole.until(at_least(end))
            await whole.close()
            assert [event[:2] for event in whole.events] == [event[:2] for event in got]
            assert [each for each in whole.events if each[1] == "notification"] == [
                each for each in got if each[1] == "notification"
            ]

    asyncio.run(play())


async def test_a_slow_reader_gets_all_of_it_and_slows_nobody(world: World) -> None:
    slow = Line(world, "alpha", "/stream")
    await asyncio.sleep(0.05)
    slow.flowing.clear()
    quick = Line(world, "bravo", "/stream")
    await busy(world, 3)
    history = world.node.service.picture.history
    assert history is not None
    await quick.until(at_least(history.stream_end("bravo")))  # type: ignore[arg-type]
    slow.flowing.set()
    end = history.stream_end("alpha")  # type: ignore[arg-type]
    await slow.until(at_least(end))
    assert [number for number, _, _ in slow.events] == list(range(1, end + 1))
    await quick.close()
    await slow.close()


async def test_a_stopping_node_says_bye(world: World) -> None:
    line = Line(world, "alpha", "/stream")
    tracks = Line(world, "alpha", "/tracks/stream")
    await asyncio.sleep(0.05)
    world.node.stopping.set()
    await asyncio.wait_for(asyncio.gather(line.task, tracks.task), 10)
    assert line.events[-1][1] == tracks.events[-1][1] == "bye"
    assert line.ended


async def test_only_the_owner_hears_of_its_intents_and_of_their_steps(world: World) -> None:
    intent = (await world.told("alpha", call_sign="OWN-1"))["intent"]
    step = {"ovn": intent["ovn"], "step": "activate"}
    await world.ask("alpha", "POST", f"/intents/{intent['id']}/state", step)
    line = Line(world, "alpha", "/stream")
    events = await line.until(at_least(2))
    assert [(name, data["change"]) for _, name, data in events] == [
        ("intent", "told"),
        ("intent", "stepped"),
    ]
    assert events[1][2]["intent"]["state"] == "Activated"
    await line.close()
    other = Line(world, "bravo", "/stream")
    await asyncio.sleep(0.1)
    assert other.events == []
    await other.close()


async def test_positions_come_on_the_stream_of_tracks(world: World) -> None:
    line = Line(world, "alpha", "/tracks/stream")
    hidden = Line(world, "charlie", "/tracks/stream")
    await asyncio.sleep(0.05)
    time = (await world.ask(None, "GET", "/space")).json()["time"]
    report = {"track": "abc", "latitude": 47.0, "longitude": 7.0, "time": time}
    await world.ask("alpha", "POST", "/tracks", {"feed": "own", "reports": [report]})
    ((number, name, data),) = await line.until(at_least(1))
    assert (number, name) == (None, "tracks")
    assert [track["track"] for track in data["tracks"]] == ["abc"]
    assert hidden.events == []
    await line.close()
    await hidden.close()


async def test_a_last_event_id_that_is_none_is_refused(world: World) -> None:
    line = Line(world, "alpha", "/stream", last_event_id="x1")
    await line.task
    assert line.status == 400


async def test_a_number_beyond_the_end_of_the_stream_is_refused_in_the_address(
    world: World,
) -> None:
    await world.told("alpha")
    end = stream_end(world, "alpha")
    refused = (await world.ask("alpha", "GET", f"/stream?after={end + 1}")).json()
    assert (refused["status"], refused["rule"]) == (400, "beyond-the-end")
    assert (refused["field"], refused["value"]) == ("after", end + 1)
    assert f"{end} events" in refused["detail"]


async def test_a_reader_that_comes_again_from_beyond_the_end_is_told_and_goes_on(
    world: World,
) -> None:
    await world.told("alpha")
    end = stream_end(world, "alpha")
    for path in ("/stream", "/stream?kinds=intent"):
        line = Line(world, "alpha", path, last_event_id=str(end + 5))
        assert await line.until(at_least(1)) == [(end, "gap", {"after": end + 5, "last": end})]
        await world.told("alpha", square(48.0, 7.5))
        await line.until(at_least(2))
        assert line.events[1][:2] == (end + 1, "intent")
        end = stream_end(world, "alpha")
        await line.close()
    at_the_end = Line(world, "alpha", "/stream", last_event_id=str(end))
    await world.told("alpha", square(49.0, 7.5))
    assert [each[1] for each in await at_the_end.until(at_least(1))] == ["intent"]
    await at_the_end.close()


def stream_end(world: World, party: str) -> int:
    history = world.node.service.picture.history
    assert history is not None
    return history.stream_end(PartyId(party))


BRAVOS = StandingWarning(
    id=WarningId("w-1"),
    kind=WarningKind.SEPARATION,
    rule="watch/pair-separation/1",
    objects=(),
    parties=(PartyId("bravo"),),
    raised_us=0,
    updated_us=0,
)


class Beats(Line):
    """A line that counts heartbeats."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self.beats = 0
        super().__init__(*args, **more)

    async def _send(self, message: Any) -> None:
        self.beats += message.get("body", b"").count(b": still here")
        await super()._send(message)


async def test_a_warning_wakes_only_those_to_whom_it_is_addressed(world: World) -> None:
    live = world.app.desk.live
    grew, others = asyncio.Event(), asyncio.Event()
    with (
        live.updates(grew, PartyId("bravo")) as listener,
        live.updates(others, PartyId("alpha")) as other,
    ):
        live.publish(BRAVOS)
        assert grew.is_set()
        assert list(listener.pending) == ["w-1"]
        assert not others.is_set()
        assert not other.pending


@pytest.mark.parametrize("path", ["/stream", "/tracks/stream"])
async def test_heartbeats_come_however_often_a_reader_is_woken_for_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(lines, "HEARTBEAT_S", 0.1)
    line = Beats(world, "alpha", path)
    async with asyncio.timeout(20):
        while line.beats < 4:
            await asyncio.sleep(0.02)
            for event in world.node.service._listeners.get(PartyId("alpha"), ()):
                event.set()
    await line.close()


@pytest.mark.parametrize("path", ["/stream", "/tracks/stream"])
async def test_a_stream_ends_with_its_token(tmp_path: Path, path: str) -> None:
    ahead_s = 0.0
    async with a_world(tmp_path, token_clock_s=lambda: time.time() + ahead_s) as world:
        world.tokens["bravo"] = world.node.mint(PartyId("bravo"), (Role.WATCH,), life_s=1)
        ahead_s = TOLERANCE_S - 1.0
        line = Line(world, "bravo", path)
        await asyncio.wait_for(line.task, 20)
        assert line.status == 200
        assert [name for _, name, _ in line.events] == ["bye"]
        assert line.ended


async def test_what_waits_for_a_reader_is_bounded_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 events went out in one piece, whatever they held, and each stalled stream kept one."""
    sizes: list[int] = []

    class Measured(Line):
        async def _send(self, message: Any) -> None:
            sizes.append(len(message.get("body", b"")))
            await super()._send(message)

    async with a_world(tmp_path) as world:
        await world.told("bravo", square())
        for _ in range(20):
            await world.told("alpha", square())
        line = Measured(world, "alpha", "/stream")
        seen = await line.until(lambda events: len(events) >= 20)
        await line.close()
        largest, whole = max(len(json.dumps(data)) for _, _, data in seen), max(sizes)
        monkeypatch.setattr(together, "MOST_BYTES", 2 * largest)
        sizes.clear()
        line = Measured(world, "alpha", "/stream")
        assert await line.until(lambda events: len(events) >= len(seen)) == seen
        await line.close()
    assert max(sizes) <= 4 * largest < whole
