"""Listeners that rest are told together: none misses anything, none hears it twice, whichever of
them stall, leave and come meanwhile.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from api_world import World, a_world, square
from stream_lines import Line, Seen, SocketLine
from wideberth.faces.api import lines as api_lines
from wideberth.faces.api.atonce import at_once
from wideberth.faces.api.carriers import Piece
from wideberth.faces.api.lines import Line as Connection
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.warnings import StandingWarning, WarningKind

ALPHA = PartyId("alpha")
ASKED = (
    "",
    "&kinds=zone",
    "&south=46.9&west=7&north=47.05&east=8",
    "&south=46.9&west=7&north=47.05&east=8&kinds=intent",
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", "tell", "update", "stall", "flow", "open", "cut", "turn"]),
        st.integers(0, 7),
    ),
    max_size=14,
)


def warning(updated_us: int) -> StandingWarning:
    return StandingWarning(
        id=WarningId("w-1"), kind=WarningKind.SEPARATION, rule="watch/pair-separation/1",
        objects=(), parties=(ALPHA,), raised_us=0, updated_us=updated_us,
    )  # fmt: skip


def an_open_line(world: World, number: int, after: int = 0) -> Line:
    carrier = (Line, SocketLine)[number % 2]
    return carrier(world, "alpha", f"/stream?after={after}{ASKED[number // 2 % len(ASKED)]}")


async def play(folder: Path, steps: list[tuple[str, int]]) -> None:
    with mock.patch.object(api_lines, "HEARTBEAT_S", 0.05):
        async with a_world(folder) as world:
            await _play(world, steps)


async def _play(world: World, steps: list[tuple[str, int]]) -> None:
    lines = [an_open_line(world, number) for number in range(4)]
    gone: list[Line] = []
    await asyncio.sleep(0.02)
    for at, (step, which) in enumerate(steps):
        line = lines[which % len(lines)]
        match step:
            case "tell":
                await world.told("alpha", square(47.0 + which / 50, 7.5))
            case "update":
                world.app.desk.live.publish(warning(at))
            case "stall":
                line.flowing.clear()
            case "flow":
                line.flowing.set()
            case "open":
                lines.append(an_open_line(world, which))
            case "cut" if len(lines) > 1:
                lines.remove(line)
                gone.append(line)
                await line.close()
            case _:
                await asyncio.sleep(0.01)
    history = world.node.service.picture.history
    assert history is not None
    end = history.stream_end(ALPHA)
    for line in lines:
        line.flowing.set()
        await line.until(lambda events: not end or told_of(events)[-1:] == [end], within_s=5)
        await line.close()
    for line in (*lines, *gone):
        told = told_of(line.events)
        assert told == list(range(1, len(told) + 1))


def told_of(events: list[Seen]) -> list[int]:
    """The numbers that a line heard or was told to have been left out, in the order they came."""
    told: list[int] = []
    for number, name, data in events:
        if name == "left-out":
            told += range(data["first"], data["last"] + 1)
        elif number is not None:
            told.append(number)
    return told


SLOW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
STALLED = [("stall", 0), ("tell", 0), ("tell", 1), ("turn", 0), ("flow", 0), ("tell", 2)]


@given(steps=STEPS)
@example(steps=STALLED)
@example(steps=[("tell", 3), ("open", 0), ("tell", 0), ("cut", 1), ("update", 0), ("tell", 0)])
@SLOW
def test_each_listener_hears_all_of_it_once(
    tmp_path_factory: Any, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(play(tmp_path_factory.mktemp("together"), steps))


def test_the_check_finds_what_a_stalled_reader_was_not_sent(
    tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dropping(self: Connection, piece: Piece) -> bool:
        left = at_once(self.carrier.send(piece))
        if left is not None:
            left.close()
        return True

    monkeypatch.setattr(Connection, "send_at_once", dropping)

    @settings(SLOW, phases=[Phase.explicit])
    @example(steps=STALLED)
    @given(steps=STEPS)
    def check(steps: list[tuple[str, int]]) -> None:
        asyncio.run(play(tmp_path_factory.mktemp("dropping"), steps))

    with pytest.raises(AssertionError):
        check()


async def until_all_rest(world: World, count: int) -> None:
    fronts = world.app.desk.together._fronts
    for _ in range(2_000):
        if sum(len(group) for each in fronts.values() for _, group in each._groups()) == count:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("not all came to rest")


async def test_what_comes_is_read_once_for_all_that_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [an_open_line(world, number) for number in (0, 1, 0, 1, 4, 5)]
    await until_all_rest(world, len(lines))
    asked: list[PartyId] = []
    service = world.node.service
    events = service.events

    async def counted(party: PartyId, after: int, limit: int) -> Any:
        asked.append(party)
        return await events(party, after, limit)

    monkeypatch.setattr(service, "events", counted)
    await world.told("alpha", square(47.0, 7.5))
    for line in lines:
        await line.until(lambda found: len(found) == 1)
    assert asked == [ALPHA]
    for line in lines:
        await line.close()


async def test_listeners_that_fail_to_be_told_together_read_for_themselves(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [an_open_line(world, number) for number in (0, 1)]
    await until_all_rest(world, len(lines))
    (front,) = world.app.desk.together._fronts.values()

    async def fails(*_: object) -> None:
        raise OSError("planted")

    monkeypatch.setattr(front, "_hand_out", fails)
    for _ in range(2):
        await world.told("alpha", square(47.0, 7.5))
    for line in lines:
        assert told_of(await line.until(lambda found: len(found) == 2)) == [1, 2]
        await line.close()
    assert "planted" in caplog.text


async def test_an_update_is_put_into_words_for_all_that_rest(world: World) -> None:
    lines = [an_open_line(world, number) for number in (0, 1, 2, 3)]
    await until_all_rest(world, len(lines))
    world.app.desk.live.publish(warning(1))
    for line in lines[:2]:
        ((number, name, data),) = await line.until(lambda found: len(found) == 1)
        assert (number, name, data["change"]) == (None, "warning-update", "updated")
    for line in lines:
        await line.close()
    assert lines[2].events == lines[3].events == []


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("stalls", [False, True], ids=["told-together", "reading-for-itself"])
async def test_what_was_left_out_is_said_before_an_update(
    world: World, number: int, stalls: bool
) -> None:
    """Updates that go on leave no room for a heartbeat, which would say it else."""
    line = (Line, SocketLine)[number](world, "alpha", "/stream?kinds=warning-update")
    await until_all_rest(world, 1)
    if stalls:
        line.flowing.clear()
    live = world.app.desk.live
    live.publish(warning(1))
    await until_all_rest(world, 0 if stalls else 1)
    await world.told("alpha", square(47.0, 7.5))
    live.publish(warning(2))
    line.flowing.set()

    def is_all_said(events: list[Seen]) -> bool:
        return told_of(events) == [1] and events[-1][2].get("change") == "updated"

    heard = await line.until(is_all_said)
    assert heard[-2][1] == "left-out"
    await line.close()
