"""Positions for many streams are worked out and put into words once for all of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api_world import World
from stream_lines import Line, at_least
from wideberth.faces.api import positions
from wideberth.faces.api.areas import MOST_AREAS
from wideberth.faces.api.filters import track_is_in
from wideberth.faces.api.tracks import track_out
from wideberth.model.ids import PartyId
from wideberth.space.time import format_rfc3339

LISTENERS = 12


async def report(world: World, *tracks: str, **more: Any) -> None:
    time = format_rfc3339(world.node.service.context().now_us)
    reports = [
        {"track": each, "latitude": 47.0, "longitude": 7.0 + number / 10, "time": time, **more}
        for number, each in enumerate(tracks)
    ]
    answer = await world.ask("alpha", "POST", "/tracks", {"feed": "own", "reports": reports})
    assert answer.json()["refused"] == []


async def test_what_many_streams_are_shown_is_worked_out_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = world.app.desk.live
    made: list[str] = []
    copied = live._held._copied
    monkeypatch.setattr(live._held, "_copied", lambda: (made.append("held"), copied())[1])
    monkeypatch.setattr(
        positions, "track_out", lambda thing: (made.append(thing.key.track_id), track_out(thing))[1]
    )
    await report(world, "a", "b")
    lines = [Line(world, "alpha", "/tracks/stream") for _ in range(LISTENERS)]
    for line in lines:
        await line.until(at_least(1))
    assert sorted(made) == ["a", "b", "held"]
    assert len({str(line.events[0]) for line in lines}) == 1
    for line in lines:
        await line.close()


async def test_what_is_in_an_area_is_worked_out_once_for_all_streams_that_ask_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(row: Any, *rest: Any) -> bool:
        asked.append(row.key.track_id)
        return track_is_in(row, *rest)

    monkeypatch.setattr(positions, "track_is_in", counted)
    await report(world, "a", "b")
    area = "?circle=47,7,1000"
    lines = [Line(world, "alpha", f"/tracks/stream{area}") for _ in range(LISTENERS)]
    for line in lines:
        await line.until(at_least(1))
        assert [each["track"] for each in line.events[0][2]["tracks"]] == ["a"]
    assert asked == ["a"], "b is passed over in bulk"
    for line in lines:
        await line.close()


async def test_a_party_asks_for_so_many_areas_at_a_time_and_for_each_as_often_as_it_likes(
    world: World,
) -> None:
    async def open_line(party: str, number: int) -> Line:
        line = Line(world, party, f"/tracks/stream?circle=47,{number},1000")
        async with asyncio.timeout(20):
            await line.grew.wait()  # a sign of life
        return line

    lines = [await open_line("alpha", number) for number in range(MOST_AREAS)]
    again = await open_line("alpha", 0)
    theirs = await open_line("bravo", MOST_AREAS)
    assert {line.status for line in (*lines, again, theirs)} == {200}
    path = f"/tracks/stream?circle=47,{MOST_AREAS},1000"
    problem = (await world.ask("alpha", "GET", path)).json()
    assert (problem["status"], problem["rule"]) == (400, "area-count")
    await again.close()
    await lines.pop().close()
    last = await open_line("alpha", MOST_AREAS)
    assert last.status == 200, "one of them ended"
    for line in (*lines, theirs, last):
        await line.close()
    assert world.app.desk.areas._of == {}


async def test_streams_do_not_have_the_tracks_made_anew_for_each_position(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = world.app.desk.live
    now_s = 100.0
    monkeypatch.setattr("wideberth.live.time.monotonic", lambda: now_s)
    await report(world, "a")
    first = await live.shown()
    assert [each.key.track_id for each in await first.of(PartyId("alpha"))] == ["a"]
    await report(world, "b")
    assert await live.shown() is first
    now_s += live.show_every_s / 2
    later = await live.shown()
    assert [each.key.track_id for each in await later.of(PartyId("alpha"))] == ["a", "b"]


async def test_a_feed_that_is_closed_is_shown_to_nobody_else_at_once(world: World) -> None:
    live, bravo = world.app.desk.live, PartyId("bravo")
    await report(world, "a")
    live.show_feed(PartyId("alpha"), "own", "all")
    assert len(await (await live.shown()).of(bravo)) == 1
    live.show_feed(PartyId("alpha"), "own", "owner")
    assert await (await live.shown()).of(bravo) == []


async def test_each_party_is_shown_its_own(world: World) -> None:
    await report(world, "theirs", party="bravo")
    await report(world, "ours")
    shown = await world.app.desk.live.shown()
    seen = {
        party: sorted(each.key.track_id for each in await shown.of(PartyId(party)))
        for party in ("alpha", "bravo", "charlie")
    }
    assert seen == {"alpha": ["ours", "theirs"], "bravo": ["theirs"], "charlie": []}


async def test_an_event_of_tracks_is_what_its_form_says(world: World) -> None:
    await report(world, "a", "b")
    things = await (await world.app.desk.live.shown()).of(PartyId("alpha"))
    words = [positions.encode(track_out(each)) for each in things]
    for count in (0, 1, 2):
        tracks = [track_out(each) for each in things[:count]]
        event = positions.told.TracksEvent(tracks=tracks, missed=count)
        assert positions.tracks_event(words[:count], count) == positions.encode(event)
