"""How feeds stand, and who sees it; feeds that a node runs itself, as its settings name them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, furnish, moment
from sbs_lines import a_sender, sbs
from wideberth.errors import InvalidValue
from wideberth.faces.api import create_app
from wideberth.faces.api.reported import FIELD_OF_COLUMN
from wideberth.faces.api.tracks import FIELD_OF_RULE
from wideberth.faces.feeds.configured import ConfiguredFeeds
from wideberth.faces.feeds.decoding import Decoded
from wideberth.faces.feeds.kinds import DECODERS
from wideberth.faces.feeds.tables import TableDecoder
from wideberth.feedtable import FEED_KINDS, FeedTable
from wideberth.live import Live, LiveSettings
from wideberth.model.ids import PartyId
from wideberth.node import Node
from wideberth.space.time import HOUR_US, SECOND_US, format_rfc3339
from wideberth.watch._taking import NUMBERS
from wideberth.watch.feedlink import MOST_TOLD
from wideberth.watch.settings import TrackSettings, WatchSettings
from wideberth.watch.taken import ROW_RULES, VALUE_RULES

PLACE = (47.45, 8.55)


async def feeds(world: World, party: str) -> dict[str, dict[str, Any]]:
    answer = await world.ask(party, "GET", "/feeds")
    assert answer.status_code == 200, answer.text
    return {each["feed"]: each for each in answer.json()["feeds"]}


def reports(*tracks: str) -> list[dict[str, Any]]:
    return [
        {"track": track, "latitude": 47.0, "longitude": 8.0, "time": moment(-60 * 24)}
        for track in tracks
    ]


async def test_a_feed_that_is_told_stands_with_what_was_taken_and_refused(world: World) -> None:
    body = {"feed": "radio", "reports": reports("a")}
    answer = await world.ask("alpha", "POST", "/tracks", body)
    assert answer.json()["refused_count"] == 1, "a day old"
    (feed,) = (await feeds(world, "alpha")).values()
    assert (feed["state"], feed["kind"], feed["feed_party"]) == ("told", "told", "alpha")
    assert feed["counts"]["refused"] == {"time-old": 1}
    assert await feeds(world, "bravo") == {}


async def test_positions_that_are_no_newer_are_counted_by_what_they_are(world: World) -> None:
    for minute, latitude in ((-40, 47.0), (-40, 47.0), (-41, 47.0), (-42, 47.0), (-40, 48.0)):
        said = {"track": "a", "latitude": latitude, "longitude": 8.0, "time": moment(minute)}
        await world.ask("alpha", "POST", "/tracks", {"feed": "radio", "reports": [said]})
    (feed,) = (await feeds(world, "alpha")).values()
    assert feed["counts"]["positions"] == 5
    assert feed["counts"]["not_newer"] == {"late": 2, "repeated": 1, "contradictory": 1}


@pytest.mark.parametrize("owner", [None, "bravo"])
async def test_that_a_track_is_implausible_is_told_to_its_party_or_to_who_brings_it(
    world: World, owner: str | None
) -> None:
    await world.ask("alpha", "PUT", "/feeds/radio", {"shown_to": "all"})
    whose = {} if owner is None else {"party": owner}
    now_us = world.node.service.context().now_us
    for ago_s, latitude in ((2, 47.0), (0, 49.0)):
        time = format_rfc3339(now_us - ago_s * SECOND_US)
        said = {"track": "a", "latitude": latitude, "longitude": 8.0, "time": time}
        body = {"feed": "radio", "reports": [said | whose]}
        await world.ask("alpha", "POST", "/tracks", body)
    await world.app.desk.live.tick()
    told = {
        party: (await world.ask(party, "GET", "/warnings")).json()["warnings"]
        for party in ("alpha", "bravo")
    }
    to, other = ("alpha", "bravo") if owner is None else ("bravo", "alpha")
    (warning,) = told[to]
    assert (warning["kind"], warning["rule"]) == ("implausible", "watch/speed-impossible/1")
    assert len(warning["objects"][0]["facts"]) >= 2, "L-06"
    assert told[other] == []


def test_every_rule_that_a_position_is_refused_by_names_a_field() -> None:
    assert set(FIELD_OF_RULE) == set(ROW_RULES)


async def test_what_a_full_table_has_no_room_for_is_named_and_the_rest_is_taken(
    tmp_path: Path,
) -> None:
    watch = WatchSettings(tracks=TrackSettings(max_tracks=2))
    node = Node.open(tmp_path / "node")
    live = Live(node.service, LiveSettings(tick_s=3600, watch=watch))
    async with AsyncExitStack() as stack:
        app = create_app(node, live=live)
        await app.enter(stack)
        await furnish(node)
        now = format_rfc3339(node.service.context().now_us)
        rows = [{"track": name, "latitude": 47, "longitude": 8, "time": now} for name in "abc"]
        body = {"feed": "radio", "reports": rows}
        answer = await World(node, app).ask("alpha", "POST", "/tracks", body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "accepted": 2,
        "refused": [{"index": 2, "field": "track", "rule": "table-full", "value": "c"}],
        "refused_count": 1,
        "dropped": [],
        "dropped_count": 0,
    }


async def test_a_value_that_cannot_be_is_named_counted_and_shown_and_the_rest_is_taken(
    world: World,
) -> None:
    now = format_rfc3339(world.node.service.context().now_us)
    place = {"latitude": 47, "longitude": 8, "time": now}
    rows = [
        {"track": "a", **place, "vertical_rate_m_s": 30},
        {"track": "far north", **place},
        {"track": "b", **place, "vertical_rate_m_s": -5000, "track_deg": 361},
        {"track": "c", **place, "altitude_m": 2e5, "call_sign": "A\nB"},
        {"track": "d", **place, "accuracy_m": -1, "ground_speed_m_s": 1e9},
        {"track": "e", **place, "pressure_altitude_m": -9000},
    ]
    answer = await world.ask("alpha", "POST", "/tracks", {"feed": "radio", "reports": rows})
    taken = answer.json()
    assert (taken["accepted"], taken["dropped_count"]) == (5, 7)
    assert {tuple(each.values()) for each in taken["dropped"]} == {
        (2, "vertical_rate_m_s", "climb-range", -5000),
        (2, "track_deg", "course-range", 361),
        (3, "altitude_m", "altitude-range", 2e5),
        (3, "call_sign", "call-sign", "A?B"),
        (4, "accuracy_m", "accuracy-range", -1),
        (4, "ground_speed_m_s", "speed-range", 1e9),
        (5, "pressure_altitude_m", "altitude-range", -9000),
    }
    assert [each["index"] for each in taken["dropped"]] == [2, 2, 3, 3, 4, 4, 5]
    (feed,) = (await feeds(world, "alpha")).values()
    assert sum(feed["counts"]["dropped"].values()) == 7
    assert feed["counts"]["dropped"]["call_sign"] == 1
    assert (feed["dropped"]["field"], feed["dropped"]["track"]) == ("accuracy_m", "d")
    await world.ask("alpha", "PUT", "/feeds/radio", {"shown_to": "all"})
    (seen,) = (await feeds(world, "bravo")).values()
    assert "dropped" not in seen
    assert "counts" not in seen


async def test_values_of_a_moment_that_cannot_be_are_named_and_not_taken(world: World) -> None:
    now_us = world.node.service.context().now_us
    early, now, late = (format_rfc3339(now_us + second * 1_000_000) for second in (-61, 0, 9))
    place = {"latitude": 47, "longitude": 8, "time": now, "altitude_m": 500, "track_deg": 90}
    rows = [
        {"track": "a", **place, "ground_speed_m_s": 5, "altitude_time": early},
        {"track": "b", **place, "ground_speed_m_s": 5, "velocity_time": late},
        {"track": "c", **place, "velocity_time": "soon"},
    ]
    answer = await world.ask("alpha", "POST", "/tracks", {"feed": "radio", "reports": rows})
    taken = answer.json()
    assert [(each["index"], each["field"]) for each in taken["refused"]] == [(2, "velocity_time")]
    assert [tuple(each.values()) for each in taken["dropped"]] == [
        (0, "altitude_time", "time-range", early),
        (1, "velocity_time", "time-range", late),
    ]
    first, second = (await world.ask("alpha", "GET", "/tracks")).json()["tracks"]
    assert "altitude_m" not in first
    assert first["ground_speed_m_s"] == 5
    assert second["altitude_m"] == 500
    assert "ground_speed_m_s" not in second


def test_every_value_that_may_be_dropped_has_a_rule_and_a_field() -> None:
    times = {"altitude_time_us", "velocity_time_us"}
    assert set(VALUE_RULES) == set(FIELD_OF_COLUMN) == {*NUMBERS[2:], "callsign", *times}


async def test_the_list_of_feeds_has_pages(world: World) -> None:
    for name in ("a", "b", "c"):
        await world.ask("alpha", "POST", "/tracks", {"feed": name, "reports": reports("t")})
    first = (await world.ask("alpha", "GET", "/feeds?limit=2")).json()
    assert [each["feed"] for each in first["feeds"]] == ["a", "b"]
    rest = (await world.ask("alpha", "GET", f"/feeds?cursor={first['next']}")).json()
    assert ([each["feed"] for each in rest["feeds"]], rest["next"]) == (["c"], None)


async def test_a_party_tells_of_so_many_feeds_and_no_more_until_one_is_over(world: World) -> None:
    async def told(party: str, feed: str) -> Any:
        return await world.ask(party, "POST", "/tracks", {"feed": feed, "reports": reports("t")})

    links = world.app.desk.live.links
    for number in range(MOST_TOLD):
        assert (await told("alpha", f"f{number}")).status_code == 200
    refused = await told("alpha", "more")
    assert refused.status_code == 400
    problem = refused.json()
    assert (problem["field"], problem["rule"], problem["value"]) == ("feed", "feed-count", "more")
    assert "more" not in {each.name for each in links}, "nothing changed"
    assert (await told("alpha", "f0")).status_code == 200, "one that it tells of already"
    assert (await told("bravo", "more")).status_code == 200, "another party has room"
    oldest = next(each for each in links if each.name == "f1")
    oldest.told_us = (oldest.told_us or 0) - HOUR_US - 1
    assert (await told("alpha", "more")).status_code == 200
    assert {each.name for each in links if each.party == "alpha"} >= {"more", "f0", "f2"}
    assert "f1" not in {each.name for each in links}, "it gave way"


async def test_a_thing_of_nobody_in_the_space_is_refused_and_its_name_is_not_kept(
    world: World,
) -> None:
    (report,) = reports("t")
    report["time"] = format_rfc3339(world.node.service.context().now_us)
    named = [report | {"party": each} for each in ("bravo", "zulu", "a b")]
    answer = await world.ask("alpha", "POST", "/tracks", {"feed": "radio", "reports": named})
    assert [
        (each["index"], each["field"], each["rule"], each["value"])
        for each in answer.json()["refused"]
    ] == [(1, "party", "no-such-party", "zulu"), (2, "party", "party-id", "a b")]
    assert answer.json()["accepted"] == 1


async def test_a_party_opens_so_many_feeds_until_it_closes_one(world: World) -> None:
    async def show(feed: str, shown_to: str) -> Any:
        return await world.ask("alpha", "PUT", f"/feeds/{feed}", {"shown_to": shown_to})

    for number in range(MOST_TOLD):
        assert (await show(f"f{number}", "all")).status_code == 200
    refused = await show("more", "all")
    assert (refused.status_code, refused.json()["rule"]) == (400, "feed-count")
    assert not world.app.desk.live.is_feed_visible("alpha", "more", PartyId("bravo"))
    assert (await show("more", "owner")).status_code == 200
    assert (await show("f0", "owner")).status_code == 200
    assert (await show("more", "all")).status_code == 200


async def test_a_number_beyond_all_bounds_is_kept_as_not_said(world: World) -> None:
    (report,) = reports("t")
    report |= {"time": format_rfc3339(world.node.service.context().now_us), "altitude_m": 1e308}
    answer = await world.ask("alpha", "POST", "/tracks", {"feed": "radio", "reports": [report]})
    assert answer.json()["accepted"] == 1
    (track,) = (await world.ask("alpha", "GET", "/tracks")).json()["tracks"]
    assert "altitude_m" not in track


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - counts, with no event behind them
            await asyncio.sleep(0.01)


async def test_a_node_runs_its_feeds_and_shows_each_party_what_was_opened_to_it(
    tmp_path: Path,
) -> None:
    async with a_sender(sbs(3, place=PLACE, altitude="30000") + b"nonsense\n") as sender:
        address = f"tcp://127.0.0.1:{sender.port}"
        tables = [
            FeedTable("sky", "sbs", address, shown_to="all"),
            FeedTable("own", "sbs", address, party="alpha", shown_to=("bravo",)),
            FeedTable("dead", "sbs", "tcp://127.0.0.1:1", party="alpha"),
        ]
        node = Node.open(tmp_path)
        live = Live(node.service)
        live.beside.append(ConfiguredFeeds(tables, live, node.service, node.folder))
        app = create_app(node, live=live)
        async with AsyncExitStack() as stack:
            await app.enter(stack)
            await furnish(node)
            world = World(node, app)
            links = {each.name: each for each in live.links}
            await until(lambda: links["sky"].taken and links["own"].taken)
            await until(lambda: links["dead"].failures)

            alpha, bravo = await feeds(world, "alpha"), await feeds(world, "bravo")
            assert set(alpha) == {"sky", "own", "dead"}
            assert set(bravo) == {"sky", "own"}
            assert set(await feeds(world, "charlie")) == {"sky"}
            assert alpha["own"]["counts"]["malformed"] == {"not-sbs": 1}
            assert alpha["own"]["malformed"]["sample"] == "nonsense"
            assert alpha["dead"]["state"] in {"retrying", "connecting"}
            assert "127.0.0.1" not in alpha["dead"]["why"]
            # To whom a feed was opened, its state and the age of what it says, and no more.
            assert set(bravo["own"]) == {"feed", "feed_party", "state", "since", "last_position"}

            tracks = (await world.ask("charlie", "GET", "/tracks")).json()["tracks"]
            assert [each["feed_party"] for each in tracks] == [""]
            assert tracks[0]["pressure_altitude_m"] == 9144.0
            assert "altitude_m" not in tracks[0]
            seen = (await world.ask("bravo", "GET", "/tracks")).json()["tracks"]
            (thing,) = seen  # one aircraft, heard by two
            assert sorted(each["feed_party"] for each in thing["sources"]) == ["", "alpha"]
            assert "conflicts" not in thing


async def test_feeds_whose_documents_take_their_time_keep_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    class Slow(TableDecoder):
        def feed(self, data: bytes, came_us: int) -> Decoded:
            begun.release()
            assert go.wait(60)
            return super().feed(data, came_us)

    monkeypatch.setitem(DECODERS, "csv", lambda _table: Slow("csv"))
    (tmp_path / "rows.csv").write_text("timestamp,icao24,latitude,longitude\n")
    async with a_sender() as sender:
        tables = [FeedTable(f"slow-{n}", "csv", f"file:{tmp_path / 'rows.csv'}") for n in range(4)]
        tables.append(FeedTable("quick", "sbs", f"tcp://127.0.0.1:{sender.port}"))
        node = Node.open(tmp_path / "node")
        live = Live(node.service)
        live.beside.append(ConfiguredFeeds(tables, live, node.service, node.folder))
        app = create_app(node, live=live)
        async with AsyncExitStack() as stack:
            await app.enter(stack)
            stack.callback(go.set)
            for _ in range(4):
                assert await asyncio.to_thread(begun.acquire, timeout=30)
            links = {each.name: each for each in live.links}
            await until(lambda: sender.connections)
            sender.send(sbs(3, place=PLACE))
            await until(lambda: links["quick"].taken)


def test_every_kind_has_a_decoder() -> None:
    assert set(DECODERS) == set(FEED_KINDS)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"kind": "sbs", "address": "tcp://host"}, "address"),
        ({"kind": "sbs", "address": "ftp://host:1"}, "address"),
        ({"kind": "sbs", "address": "http://host/x"}, "address"),
        ({"kind": "sbs", "address": "http://u:secret@host/x"}, "address"),
        ({"kind": "sbs", "address": "tcp://h:1", "party": "No Party"}, "party"),
        ({"kind": "sbs", "address": "tcp://h:1", "shown_to": ["x", "Y"]}, "shown_to.1"),
        ({"kind": "sbs", "address": "tcp://h:1", "idle_s": 0}, "idle_s"),
        ({"kind": "sbs", "address": "tcp://h:1", "zone": "Nowhere/At-All"}, "zone"),
    ],
)
def test_a_table_that_cannot_be_says_which_member(members: dict[str, Any], field: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"name": "f", **members}, FeedTable)
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidValue)
    assert cause.field == field
    assert "secret" not in str(cause)


def test_only_its_party_and_feed_have_the_settings_of_a_configured_feed() -> None:
    from wideberth.watch.settings import FeedSettings, TrackSettings

    own = FeedSettings(horizontal_error_m=5)
    tracks = TrackSettings(own_feeds={("alpha", "f"): own})
    assert tracks.of_feed("f", "alpha") == own
    assert tracks.of_feed("f", "bravo") == FeedSettings()
    assert tracks.of_feed("f", None) == FeedSettings()
