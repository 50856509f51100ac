"""A slow reader of a stream is told how many updates of a warning it missed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from api_world import World
from stream_lines import Line
from wideberth.live import Live, UpdateListener
from wideberth.model.commands import ClearWarning, RaiseWarning, Request, WorsenWarning
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.parties import SYSTEM
from wideberth.model.warnings import StandingWarning, WarningKind

BRAVO = PartyId("bravo")
NAMES = ("w-1", "w-2")


def warning(name: str, updated_us: int) -> StandingWarning:
    return StandingWarning(
        id=WarningId(name), kind=WarningKind.SEPARATION, rule="watch/pair-separation/1",
        objects=(), parties=(BRAVO,), raised_us=0, updated_us=updated_us,
    )  # fmt: skip


STEPS = st.lists(st.sampled_from((*NAMES, "read")), max_size=20)
Publish = Callable[[Live, StandingWarning], None]


def count(steps: list[str], publish: Publish = Live.publish) -> None:
    """Each update is told, or counted in the next one of its warning that is."""
    live: Any = object.__new__(Live)
    listener = UpdateListener(asyncio.Event(), BRAVO)
    live._listeners, live._updated = {BRAVO: {listener}}, {}
    said: Counter[str] = Counter()
    heard: Counter[str] = Counter()
    for time_us, step in enumerate([*steps, "read"]):
        if step != "read":
            publish(live, warning(step, time_us))
            said[step] += 1
            continue
        newest = {name: max(t for t, s in enumerate(steps[:time_us]) if s == name) for name in said}
        for name, (each, missed) in listener.pending.items():
            heard[name] += 1 + missed
            assert each.updated_us == newest[name]
        listener.pending.clear()
        assert heard == said


@given(STEPS)
@example(steps=["w-1", "w-2", "w-1", "w-1", "read", "w-1"])
def test_every_update_is_told_or_counted(steps: list[str]) -> None:
    count(steps)


def test_the_check_finds_a_count_that_begins_again_with_each_update() -> None:
    def publish(live: Any, each: StandingWarning) -> None:
        for listener in live._listeners[BRAVO]:
            listener.pending[each.id] = each, int(each.id in listener.pending)

    @settings(phases=[Phase.explicit])
    @example(steps=["w-1", "w-1", "w-1", "read"])
    @given(STEPS)
    def check(steps: list[str]) -> None:
        count(steps, publish)

    with pytest.raises(AssertionError):
        check()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


async def test_a_reader_that_stalls_is_told_what_it_missed(world: World) -> None:
    live = world.app.desk.live
    line = Line(world, "bravo", "/stream")
    await until(lambda: bool(live._listeners))
    live.publish(warning("w-1", 1))
    await line.until(lambda events: len(events) == 1)
    line.flowing.clear()
    live.publish(warning("w-2", 1))  # on its way, and not read
    (listener,) = live._listeners[BRAVO]
    await until(lambda: not listener.pending)
    for time_us in range(2, 7):
        live.publish(warning("w-1", time_us))
    line.flowing.set()
    await line.until(lambda events: len(events) == 3)
    told = [
        (name, data["warning"]["id"], data["change"], data.get("missed", 0))
        for _, name, data in line.events
    ]
    assert told == [
        ("warning-update", "w-1", "updated", 0),
        ("warning-update", "w-2", "updated", 0),
        ("warning-update", "w-1", "updated", 4),
    ]
    await line.close()


async def recorded(world: World, command: Any) -> None:
    await world.node.service.submit(Request(SYSTEM, command))


async def test_no_update_comes_after_the_end_of_its_warning(world: World) -> None:
    live = world.app.desk.live
    await recorded(world, RaiseWarning(warning("w-1", 1)))
    line = Line(world, "bravo", "/stream")
    await line.until(lambda events: len(events) == 1)
    line.flowing.clear()
    live.publish(warning("w-1", 2))  # on its way, and not read
    (listener,) = live._listeners[BRAVO]
    await until(lambda: not listener.pending)
    live.publish(warning("w-1", 3))
    await recorded(world, ClearWarning(warning("w-1", 4)))
    assert not listener.pending
    line.flowing.set()
    await line.until(lambda events: len(events) == 3)
    await recorded(world, RaiseWarning(warning("w-2", 5)))
    await line.until(lambda events: len(events) == 4)
    told = [(data["warning"]["id"], data["change"]) for _, _, data in line.events]
    assert told == [("w-1", "raised"), ("w-1", "updated"), ("w-1", "cleared"), ("w-2", "raised")]
    assert not live._updated
    await line.close()


async def test_who_loads_what_stands_gets_the_newest_update_that_was_for_it(world: World) -> None:
    live = world.app.desk.live
    both = msgspec.structs.replace(warning("w-1", 1), parties=(BRAVO, PartyId("alpha")))
    await recorded(world, RaiseWarning(both))
    live.publish(msgspec.structs.replace(warning("w-1", 2), horizontal_mm=7_000))

    async def loaded(party: str) -> Any:
        (found,) = (await world.ask(party, "GET", "/warnings")).json()["warnings"]
        return found

    assert (await loaded("bravo"))["updated"] > (await loaded("alpha"))["updated"]
    await recorded(world, WorsenWarning(msgspec.structs.replace(both, updated_us=3)))
    assert (await loaded("bravo"))["updated"] == (await loaded("alpha"))["updated"]
