"""Positions are kept beside the record, and the digest of what was kept is an entry of it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world
from wideberth.errors import Overloaded
from wideberth.live import Live, LiveSettings
from wideberth.model.entries import Entry, SegmentRecorded, decode_entry
from wideberth.model.ids import PartyId
from wideberth.picture.visibility import is_readable
from wideberth.service import new_id
from wideberth.space.time import DAY_US, SECOND_US, format_rfc3339
from wideberth.trackkeeping import TrackKeeping
from wideberth.watch.archive import ArchiveSettings, TrackArchive
from wideberth.watch.reports import PositionReport

CALM = LiveSettings(tick_s=3600)
ALPHA, BRAVO, CHARLIE = (PartyId(each) for each in ("alpha", "bravo", "charlie"))


@contextlib.asynccontextmanager
async def a_live(folder: Path) -> AsyncIterator[tuple[World, Live, TrackArchive]]:
    archive = TrackArchive(folder, ArchiveSettings(every_us=0), make_name=new_id)
    async with (
        a_world(folder) as world,
        Live(world.node.service, CALM, archive=archive) as live,
    ):
        yield world, live, archive


async def report(world: World, live: Live, track: str, owner: PartyId | None = None) -> int:
    now_us = world.node.service.context().now_us
    reports = [PositionReport(track, now_us, 47.0, 8.0, 50.0, accuracy_m=1.0, owner=owner)]
    await live.observe(reports, feed="f", feed_party=ALPHA)
    return now_us


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
            await report(world, live, "b")
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
        assert archive.forget(now_us + 100 * DAY_US, held) == []
        assert not held(now_us - 10 * DAY_US, now_us - 9 * DAY_US)
        assert len(archive.forget(now_us + 100 * DAY_US)) == 1
