"""Positions are kept beside the record, and the digest of what was kept is an entry of it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world
from wideberth import trackkeeping
from wideberth.errors import Overloaded, RecordUnavailable
from wideberth.faces.api import tracks
from wideberth.live import Live, LiveSettings
from wideberth.model.entries import Entry, SegmentRecorded, decode_entry
from wideberth.model.ids import PartyId
from wideberth.picture.visibility import is_readable
from wideberth.service import new_id
from wideberth.space.time import DAY_US, SECOND_US, format_rfc3339
from wideberth.trackkeeping import TrackKeeping
from wideberth.watch.archive import ArchiveSettings, Forgotten, TrackArchive
from wideberth.watch.reports import PositionReport, ReportBatch

CALM = LiveSettings(tick_s=3600)
ALPHA, BRAVO, CHARLIE = (PartyId(each) for each in ("alpha", "bravo", "charlie"))
PATIENCE_S = 120  # kernels may be compiled meanwhile; what is held is held for ever


@contextlib.asynccontextmanager
async def a_live(folder: Path) -> AsyncIterator[tuple[World, Live, TrackArchive]]:
    archive = TrackArchive(folder, ArchiveSettings(every_us=0), make_name=new_id)
    async with (
        a_world(folder) as world,
        Live(world.node.service, CALM, archive=archive) as live,
    ):
        yield world, live, archive


async def report(
    world: World,
    live: Live,
    track: str,
    owner: PartyId | None = None,
    feed_party: PartyId = ALPHA,
    *,
    written_within_s: float = 0.0,
) -> int:
    now_us = world.node.service.context().now_us
    reports = [PositionReport(track, now_us, 47.0, 8.0, 50.0, accuracy_m=1.0, owner=owner)]
    batch = ReportBatch.of(reports, feed="f", feed_party=feed_party)
    await live.take(batch, written_within_s=written_within_s)
    return now_us


@contextlib.contextmanager
def held(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> Iterator[threading.Event]:
    """Calls of this function wait until the block is over; the event says that one began."""
    began, over = threading.Event(), threading.Event()
    real: Callable[..., Any] = getattr(where, name)

    def waits(*args: Any, **more: Any) -> Any:
        began.set()
        over.wait()
        return real(*args, **more)

    monkeypatch.setattr(where, name, waits)
    try:
        yield began
    finally:
        over.set()


async def goes_on(world: World, live: Live, *tracks: str) -> None:
    """Positions of bravo's come in, whatever else is under way; else the test fails."""
    async with asyncio.timeout(PATIENCE_S):  # it never comes back where it waits for what is held
        for each in tracks:
            await report(world, live, each, feed_party=BRAVO)


async def tracks_of(keeping: TrackKeeping, around_us: int, reader: PartyId) -> list[str]:
    begin_us, end_us = around_us - 60 * SECOND_US, around_us + 60 * SECOND_US
    return [fix.track for fix in await keeping.kept(begin_us, end_us, reader)]


async def segments(world: World) -> list[Entry]:
    service = world.node.service
    rows = await service.rows(0, service.picture.size)
    entries = [decode_entry(row.envelope, position=row.position) for row in rows]
    return [each for each in entries if isinstance(each.body, SegmentRecorded)]


async def test_kept_positions_are_shown_as_the_feed_was_open_when_they_came(tmp_path: Path) -> None:
    async with a_live(tmp_path) as (world, live, _):
        keeping = live.keeping
        assert keeping is not None
        await report(world, live, "closed")
        await report(world, live, "bravo-owns", BRAVO)
        live.show_feed(ALPHA, "f", frozenset((CHARLIE,)))
        now_us = await report(world, live, "to-charlie")
        live.show_feed(ALPHA, "f", "owner")
        assert await tracks_of(keeping, now_us, ALPHA) == ["closed", "bravo-owns", "to-charlie"]
        assert await tracks_of(keeping, now_us, BRAVO) == ["bravo-owns"]
        assert await tracks_of(keeping, now_us, CHARLIE) == ["to-charlie"]
        assert len(await keeping.kept(0, 2 * now_us, ALPHA, limit=2)) == 2


async def test_the_digest_of_what_was_kept_is_an_entry_for_the_feeds_party(tmp_path: Path) -> None:
    async with a_live(tmp_path) as (world, live, archive):
        keeping = live.keeping
        assert keeping is not None
        now_us = await report(world, live, "a")
        (fix,) = await keeping.kept(0, 2 * now_us, ALPHA)
        assert keeping.entry_of(fix.segment) is None, "not closed yet"
        await keeping.tend(all_of_them=True)
        (entry,) = await segments(world)
        body = entry.body
        assert isinstance(body, SegmentRecorded)
        assert (body.name, body.party, body.fixes) == (fix.segment, ALPHA, 1)
        assert body.sha256 == archive.digest(fix.segment)
        assert keeping.entry_of(fix.segment) == world.node.service.picture.size - 1
        picture = world.node.service.picture
        assert [each for each in (ALPHA, BRAVO) if is_readable(picture, entry, each)] == [ALPHA]
        await keeping.tend(all_of_them=True)
        assert len(await segments(world)) == 1


async def test_a_digest_that_could_not_be_recorded_is_recorded_once_later(tmp_path: Path) -> None:
    async with a_live(tmp_path) as (world, live, _):
        keeping = live.keeping
        assert keeping is not None
        await report(world, live, "a")
        service, real = world.node.service, world.node.service.submit

        async def refuse(_request: object) -> None:
            raise Overloaded(1)

        service.submit = refuse  # type: ignore[assignment,method-assign]  # for the while of a fault
        await keeping.tend(all_of_them=True)
        assert await segments(world) == []
        service.submit = real  # type: ignore[method-assign]
        await keeping.tend(all_of_them=True)
        assert len(await segments(world)) == 1


async def test_what_was_kept_is_there_after_a_restart_and_recorded_at_the_stop(
    tmp_path: Path,
) -> None:
    async with a_live(tmp_path) as (world, live, _):
        now_us = await report(world, live, "a")
    async with a_live(tmp_path) as (world, live, _):
        keeping = live.keeping
        assert keeping is not None
        assert await tracks_of(keeping, now_us, ALPHA) == ["a"]
        assert len(await segments(world)) == 1


async def test_who_reads_for_long_keeps_nobody_from_bringing_positions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, enough = threading.Event(), threading.Event()

    async with a_live(tmp_path) as (world, live, archive):
        assert live.keeping is not None
        now_us = await report(world, live, "a")
        fixes = archive.fixes

        def slowly(*given: Any) -> Any:
            reading.set()
            assert enough.wait(30), "nobody else came through"
            return fixes(*given)

        monkeypatch.setattr(archive, "fixes", slowly)
        asked = asyncio.create_task(tracks_of(live.keeping, now_us, ALPHA))
        await asyncio.to_thread(reading.wait, 30)
        async with asyncio.timeout(20):
            await report(world, live, "b", written_within_s=20)
        enough.set()
        assert await asked == ["a", "b"]


async def test_without_an_archive_nothing_is_kept(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, Live(world.node.service, CALM) as live:
        await report(world, live, "a")
        assert live.keeping is None
        assert await segments(world) == []


async def test_positions_of_an_incidents_window_stay_however_old_they_are(tmp_path: Path) -> None:
    async with a_live(tmp_path) as (world, live, archive):
        keeping = live.keeping
        assert keeping is not None
        now_us = await report(world, live, "a")
        start, end = (format_rfc3339(now_us + each * SECOND_US) for each in (-60, 60))
        body = {"title": "Something", "start": start, "end": end, "parties": ["bravo"]}
        opened = await world.ask("alpha", "POST", "/incidents", body)
        assert opened.status_code == 201, opened.text
        await keeping.tend(all_of_them=True)
        held = keeping._held()
        assert archive.forget(now_us + 100 * DAY_US, held) == Forgotten()
        assert (held(ALPHA, now_us, now_us), held(BRAVO, now_us, now_us)) == (1, 2)
        assert not held(ALPHA, now_us - 10 * DAY_US, now_us - 9 * DAY_US)
        assert len(archive.forget(now_us + 100 * DAY_US).names) == 1


async def test_a_node_to_which_nothing_comes_forgets_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_live(tmp_path) as (world, live, archive):
        keeping, service = live.keeping, world.node.service
        assert keeping is not None
        now_us = await report(world, live, "a")
        await keeping.tend(all_of_them=True)
        assert len(await keeping.kept(0, 1 << 60, ALPHA)) == 1
        context = service.context()
        for days, left in ((29, 1), (31, 0)):
            later = replace(context, now_us=now_us + days * DAY_US)
            monkeypatch.setattr(service, "context", lambda later=later: later)
            await keeping.tend()
            assert len(await keeping.kept(0, 1 << 60, ALPHA)) == left
        monkeypatch.undo()
        # Nothing was let go of because the record took nothing: what has to go goes all the same.
        await report(world, live, "b")
        await keeping.tend(all_of_them=True)
        monkeypatch.setattr(archive, "closed", _fails)
        monkeypatch.setattr(service, "context", lambda: replace(context, now_us=1 << 60))
        await keeping.tend()
        assert await keeping.kept(0, 1 << 60, ALPHA) == []


def _fails() -> None:
    raise RecordUnavailable("the disk is full")


async def test_a_damaged_segment_stands_in_the_way_of_no_other_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_live(tmp_path) as (world, live, _):
        world.app.desk.live = live
        keeping = live.keeping
        assert keeping is not None
        left = TrackArchive(tmp_path, ArchiveSettings(every_us=0), make_name=lambda: "torn")
        now_us = world.node.service.context().now_us
        batch = ReportBatch.of([PositionReport("t", now_us, 47.0, 8.0)], feed="f", feed_party=ALPHA)
        left.keep(batch, [0], came_us=now_us, shown_to="owner")
        left.close_due(now_us, all_of_them=True)
        (path,) = (tmp_path / "tracks").glob("*torn.due.parquet")
        path.write_bytes(path.read_bytes()[:-1])
        await report(world, live, "a")
        await keeping.tend(all_of_them=True)
        await keeping.tend(all_of_them=True)
        assert len(await segments(world)) == 1
        assert [each.getMessage() for each in caplog.records if "torn" in each.getMessage()] == [
            "kept positions cannot be read, segment torn: segment torn of tracks is damaged: it"
            " has no end of a Parquet file"
        ]
        (shown,) = (await world.ask("alpha", "GET", "/feeds")).json()["feeds"]
        assert shown["counts"]["damaged"] == 1


async def test_a_reader_in_the_middle_of_kept_positions_holds_no_position_that_comes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_live(tmp_path) as (world, live, archive):
        keeping = live.keeping
        assert keeping is not None
        now_us = await report(world, live, "a")
        with held(monkeypatch, trackkeeping, "may_see") as began:
            reading = asyncio.create_task(keeping.kept(0, 2 * now_us, CHARLIE))
            assert await asyncio.to_thread(began.wait, PATIENCE_S)
            await goes_on(world, live, "b", "c")
            async with asyncio.timeout(PATIENCE_S):
                await keeping.tend(all_of_them=True)  # segments close meanwhile, too
            assert not reading.done()
            assert len(list(archive.fixes(0, 2 * now_us, lambda _: True))) == 3
        assert await reading == []


async def test_a_segment_that_closes_slowly_holds_neither_positions_nor_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = TrackArchive(tmp_path, ArchiveSettings(every_us=0, close_us=1), make_name=new_id)
    looked: list[int] = []
    async with (
        a_world(tmp_path) as world,
        Live(world.node.service, LiveSettings(tick_s=0.01), archive=archive) as live,
    ):
        look = live._watch.tick
        monkeypatch.setattr(
            live._watch, "tick", lambda now_us: looked.append(now_us) or look(now_us)
        )
        with held(monkeypatch, TrackArchive, "_close") as began:
            await report(world, live, "a")
            monkeypatch.setattr(trackkeeping, "_TEND_EVERY_US", 0)
            assert await asyncio.to_thread(began.wait, PATIENCE_S)
            await goes_on(world, live, "b", "c")
            so_far = len(looked)
            async with asyncio.timeout(PATIENCE_S):
                while len(looked) < so_far + 3:  # noqa: ASYNC110  # the look has no event
                    await asyncio.sleep(0.01)


async def test_positions_that_come_faster_than_they_are_written_are_counted_and_others_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackkeeping, "_MOST_WAITING", 100)
    async with a_live(tmp_path) as (world, live, archive):
        with held(monkeypatch, archive, "keep"):
            for number in range(20):
                await report(world, live, f"a{number}")
            await goes_on(world, live, "b")
        keeping = live.keeping
        assert keeping is not None
        async with asyncio.timeout(PATIENCE_S):
            kept = await keeping.kept(0, 1 << 60, ALPHA)
            (fix,) = await keeping.kept(0, 1 << 60, BRAVO)
        link, other = (live.links.find(party, "f") for party in (ALPHA, BRAVO))
        assert link is not None
        assert other is not None
        assert (fix.track, other.not_kept) == ("b", 0), "who brings little has room"
        assert (link.taken, len(kept) + link.not_kept) == (20, 20)
        assert 0 < len(kept) < 20
        await report(world, live, "later")
        assert len(await keeping.kept(0, 1 << 60, ALPHA)) == len(kept) + 1
        world.app.desk.live.links.put(link)
        (shown,) = (await world.ask("alpha", "GET", "/feeds")).json()["feeds"]
        assert shown["counts"]["not_kept"] == link.not_kept


async def test_positions_over_http_are_answered_when_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracks, "_WRITTEN_WITHIN_S", PATIENCE_S)
    async with a_live(tmp_path) as (world, live, archive):
        world.app.desk.live = live
        now = format_rfc3339(world.node.service.context().now_us)
        body = {
            "feed": "f",
            "reports": [{"track": "a", "latitude": 47, "longitude": 8, "time": now}],
        }
        with held(monkeypatch, archive, "keep") as began:
            answer = asyncio.create_task(world.ask("alpha", "POST", "/tracks", body))
            assert await asyncio.to_thread(began.wait, PATIENCE_S)
            await (
                live.tick()
            )  # what is not written yet is watched, and holds nothing but its answer
            assert not answer.done()
        assert (await answer).json()["accepted"] == 1


@pytest.mark.parametrize("error", [RecordUnavailable("the disk is full"), ValueError("a fault")])
async def test_positions_that_could_not_be_written_are_watched_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with a_live(tmp_path) as (world, live, archive):
        keeping = live.keeping
        assert keeping is not None

        def refuse(*_args: object, **_more: object) -> int:
            raise error

        with monkeypatch.context() as fault:
            fault.setattr(archive, "keep", refuse)
            await report(world, live, "a")
            assert await keeping.kept(0, 1 << 60, ALPHA) == []
        await report(world, live, "b")
        assert [fix.track for fix in await keeping.kept(0, 1 << 60, ALPHA)] == ["b"]
        link = live.links.find(ALPHA, "f")
        assert link is not None
        assert (link.taken, link.not_kept) == (2, 1)
