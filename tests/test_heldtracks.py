"""Many readers of the tracks: none is told less than was held when it asked, and together they ask
for little.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from api_world import a_world
from wideberth.heldtracks import HeldTracks
from wideberth.live import Live, LiveSettings
from wideberth.model.ids import PartyId
from wideberth.space.time import SECOND_US
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import Columns
from wideberth.watch.tracks import TrackTable

NOW_US = 1_600_000_000 * SECOND_US
ALPHA = PartyId("alpha")


class Tracks:
    """A table and its readers; each copy of it is counted, and waits while it is held up."""

    def __init__(self, *, every_s: float = 0.0, at_once: int = 1000) -> None:
        self.table = TrackTable()
        self.copies = 0
        self.begun = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.held = HeldTracks(self._copied, every_s=every_s, at_once=at_once)

    def take(self, *tracks: str) -> None:
        reports = [PositionReport(each, NOW_US, 47.0, 8.0) for each in tracks]
        self.table.update(ReportBatch.of(reports, feed="f", feed_party=ALPHA), NOW_US)
        self.held.changed()

    async def read(self) -> set[str]:
        return {each.key.track_id for each in await self.held.seen(lambda _: True)}

    async def _copied(self) -> Columns:
        self.copies += 1
        columns = Columns(self.table, self.table.slots(), NOW_US)
        self.begun.set()
        await self.goes_on.wait()
        return columns


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_readers_at_once_are_all_told_of_the_tracks() -> None:
    tracks = Tracks()
    tracks.take("a")
    assert await asyncio.gather(*(tracks.read() for _ in range(5))) == [{"a"}] * 5
    assert tracks.copies == 1
    assert await tracks.read() == {"a"}
    assert tracks.copies == 1
    await tracks.held.stop()


async def test_a_reader_that_goes_leaves_nothing_old_behind_and_takes_nothing_from_others() -> None:
    tracks = Tracks()
    tracks.take("a")
    assert await tracks.read() == {"a"}
    tracks.take("b")
    tracks.begun.clear()
    tracks.goes_on.clear()
    going, staying = asyncio.create_task(tracks.read()), asyncio.create_task(tracks.read())
    await tracks.begun.wait()
    going.cancel()
    await turns()
    tracks.goes_on.set()
    assert await staying == {"a", "b"}
    assert await tracks.read() == {"a", "b"}
    assert going.cancelled()
    await tracks.held.stop()


async def test_what_came_while_a_copy_was_made_is_in_the_answer_to_who_asked_after() -> None:
    tracks = Tracks()
    tracks.take("a")
    tracks.goes_on.clear()
    before = asyncio.create_task(tracks.read())
    await tracks.begun.wait()
    tracks.take("b")
    after = asyncio.create_task(tracks.read())
    await turns()
    tracks.goes_on.set()
    assert await before >= {"a"}
    assert await after == {"a", "b"}
    assert tracks.copies == 2
    await tracks.held.stop()


async def test_a_copy_that_fails_is_made_again() -> None:
    tracks = Tracks()

    async def failing() -> Columns:
        raise RuntimeError

    real, tracks.held._copied = tracks.held._copied, failing
    tracks.take("a")
    with pytest.raises(RuntimeError):
        await tracks.read()
    tracks.held._copied = real
    assert await tracks.read() == {"a"}
    await tracks.held.stop()


async def test_a_large_table_is_copied_once_in_so_many_seconds_for_all_readers() -> None:
    tracks = Tracks(every_s=3600.0, at_once=1)
    tracks.take("a", "b")
    assert await tracks.read() == {"a", "b"}
    waiting: list[asyncio.Task[set[str]]] = []
    for k in range(5):
        tracks.take(f"c{k}")
        waiting += [asyncio.create_task(tracks.read()) for _ in range(3)]
        await turns()
    assert tracks.copies == 1
    assert not any(each.done() for each in waiting)
    tracks.held._begun_s -= 3600.0  # the next is due; who waits already is not woken by that
    assert tracks.held._task is not None
    tracks.held._task.cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in done)
    readers = [asyncio.create_task(tracks.read()) for _ in range(10)]
    assert all(len(each) == 7 for each in await asyncio.gather(*readers))
    assert tracks.copies == 2
    await tracks.held.stop()


async def test_rows_are_made_elsewhere_than_in_the_thread_of_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, set[str]] = {"row": set(), "copy": set()}
    row, begin = Columns.row, Columns.__init__

    def seen_row(self: Columns, k: int) -> Any:
        threads["row"].add(threading.current_thread().name)
        return row(self, k)

    def seen_copy(self: Columns, *rest: Any) -> None:
        threads["copy"].add(threading.current_thread().name)
        begin(self, *rest)

    monkeypatch.setattr(Columns, "row", seen_row)
    monkeypatch.setattr(Columns, "__init__", seen_copy)
    async with (
        a_world(tmp_path) as world,
        Live(world.node.service, LiveSettings(tick_s=3600)) as live,
    ):
        now_us = world.node.service.context().now_us
        reports = [PositionReport("a", now_us, 47.0, 8.0), PositionReport("b", now_us, 48.0, 8.0)]
        await live.observe(reports, feed="f", feed_party=ALPHA)
        both = await asyncio.gather(
            live.things(lambda whose: live.is_visible(whose, ALPHA)),
            live.rows(lambda whose: live.is_visible(whose, ALPHA)),
        )
        assert [len(each) for each in both] == [2, 2]
        assert await live.rows(lambda whose: live.is_visible(whose, PartyId("bravo"))) == []
    assert threads == {"row": {"wideberth-rows_0"}, "copy": {"wideberth-watch_0"}}
