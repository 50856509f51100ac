"""An incident cites the files of positions that were kept of its window: to each party its own."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

from api_world import World, a_world, submitted
from wideberth.model.ids import IncidentId, PartyId
from wideberth.model.incidents import OpenIncident
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US, format_rfc3339
from wideberth.trackkeeping import TrackKeeping
from wideberth.watch.archive import ArchiveSettings, TrackArchive


async def reported(world: World, party: str, feed: str, time_us: int) -> None:
    place = {"latitude": 47.0, "longitude": 7.5, "accuracy_m": 10.0}
    report = {"track": "t", "time": format_rfc3339(time_us), **place}
    answer = await world.ask(party, "POST", "/tracks", {"feed": feed, "reports": [report]})
    assert answer.json()["accepted"] == 1, answer.text


@asynccontextmanager
async def kept(folder: Path) -> AsyncIterator[tuple[World, int, Path]]:
    """A world, when the window of its incident ends, and where the files are: two feeds of alpha's
    and one of bravo's with positions in the window, one of alpha's with none but after it.
    """
    async with a_world(folder) as world:
        names = (f"s{each}" for each in itertools.count())
        settings = ArchiveSettings(every_us=0)
        archive = TrackArchive(world.node.folder, settings, make_name=lambda: next(names))
        keeping = world.app.desk.live.keeping = TrackKeeping(world.node.service, archive)
        end_us = world.node.service.context().now_us - 30 * MINUTE_US
        await reported(world, "alpha", "radar", end_us - MINUTE_US)
        await reported(world, "alpha", "radar", end_us + MINUTE_US)
        await reported(world, "alpha", "box", end_us)  # the window is closed
        await reported(world, "alpha", "late", end_us + SECOND_US)
        await reported(world, "bravo", "radar", end_us - MINUTE_US)
        opening = OpenIncident(
            IncidentId("i1"), "At noon", end_us - HOUR_US, end_us, (PartyId("bravo"),)
        )
        await submitted(world, "alpha", opening)
        await keeping.tend(all_of_them=True)
        yield world, end_us, world.node.folder / "tracks"


async def cited(world: World, party: str, **query: Any) -> dict[str, Any]:
    whole = (await world.ask(party, "GET", "/incidents/i1")).json()
    path = whole["segments"].removeprefix("/api/v1")
    answer = await world.ask(party, "GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_incident_cites_the_files_of_its_window_by_digest_and_entry(
    tmp_path: Path,
) -> None:
    async with kept(tmp_path) as (world, end_us, files):
        told = await cited(world, "alpha")
        assert (told["kept"], told["next"]) == (True, None)
        assert [each["feed"] for each in told["segments"]] == ["radar", "box"]
        radar = told["segments"][0]
        assert radar["positions"] == 2
        assert radar["start"] == format_rfc3339(end_us - MINUTE_US)
        assert radar["end"] == format_rfc3339(end_us + MINUTE_US)
        for each in told["segments"]:
            (file,) = files.glob(f"*_{each['segment']}.parquet")
            assert sha256(file.read_bytes()).hexdigest() == each["sha256"]
            there = await world.ask("alpha", "GET", f"/tracks/segments/{each['segment']}")
            assert there.json()["entry"] == each["entry"]


async def test_a_page_at_a_time(tmp_path: Path) -> None:
    async with kept(tmp_path) as (world, _, _):
        first = await cited(world, "alpha", limit=1)
        rest = await cited(world, "alpha", limit=1, cursor=first["next"])
        feeds = [each["feed"] for each in (*first["segments"], *rest["segments"])]
        assert (feeds, rest["next"]) == (["radar", "box"], None)
        other = await world.ask("bravo", "GET", "/incidents/i1/segments?cursor=" + first["next"])
        assert other.json()["rule"] == "cursor", "not a name of bravo's"


async def leaks(world: World) -> bool:
    """Whether bravo is shown a file of a feed that is not its own."""
    told = await cited(world, "bravo")
    own = (await world.ask("alpha", "GET", "/incidents/i1/segments")).json()["segments"]
    return any(each in told["segments"] for each in own) or len(told["segments"]) != 1


async def test_each_party_is_shown_the_files_of_its_own_feeds_alone(tmp_path: Path) -> None:
    async with kept(tmp_path) as (world, _, _):
        assert not await leaks(world)
        hidden = await world.ask("charlie", "GET", "/incidents/i1/segments")
        unknown = await world.ask("charlie", "GET", "/incidents/none/segments")
        assert (hidden.status_code, hidden.json()) == (404, unknown.json())


async def test_a_file_of_another_party_s_feed_is_noticed(tmp_path: Path) -> None:
    async with kept(tmp_path) as (world, _, _):
        whole = TrackArchive.closed_of

        def all_of_them(archive: TrackArchive, _: str, begin_us: int, end_us: int) -> Any:
            return [
                each
                for party in ("alpha", "bravo")
                for each in whole(archive, party, begin_us, end_us)
            ]

        with mock.patch.object(TrackArchive, "closed_of", all_of_them):
            assert await leaks(world)


async def test_a_node_that_keeps_none_says_so(tmp_path: Path) -> None:
    async with kept(tmp_path) as (world, _, _):
        world.app.desk.live.keeping = None
        assert await cited(world, "alpha") == {"segments": [], "next": None, "kept": False}
