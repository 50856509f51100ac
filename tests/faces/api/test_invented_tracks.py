"""Positions cost nothing to invent: what their owner learns by them, it was told anyway."""

from __future__ import annotations

import json
from typing import Any

from api_world import World, flight, square
from wideberth.space.time import format_rfc3339

HERE = (47.005, 7.505)


def report(world: World, track: str, place: tuple[float, float], **more: Any) -> dict[str, Any]:
    """A position at rest, now, known to a metre."""
    return {
        "track": track,
        "latitude": place[0],
        "longitude": place[1],
        "altitude_m": 50,
        "time": format_rfc3339(world.node.service.context().now_us),
        "ground_speed_m_s": 0,
        "track_deg": 0,
        "vertical_rate_m_s": 0,
        "accuracy_m": 1,
        **more,
    }


async def seen(world: World, party: str, *reports: dict[str, Any], feed: str = "own") -> Any:
    """The party's warnings after one look at these positions too."""
    taken = await world.ask(party, "POST", "/tracks", {"feed": feed, "reports": list(reports)})
    assert taken.json()["refused"] == []
    await world.app.desk.live.tick()
    return await of_tracks(world, party)


async def of_tracks(world: World, party: str) -> list[Any]:
    """The party's warnings that rest on tracks: the rest say what it told itself."""
    page = (await world.ask(party, "GET", "/warnings?limit=1000")).json()["warnings"]
    return [each for each in page if each["kind"] != "late notice"]


async def hide(world: World) -> None:
    """An intent of alpha's under way, of which others learn only on a conflict."""
    body = flight(square(start=-120), visibility={"level": "on-conflict"}, activated=True)
    answer = await world.ask("alpha", "POST", "/intents", body)
    assert answer.status_code == 201, answer.text


async def test_invented_tracks_find_no_hidden_intent(world: World) -> None:
    await hide(world)
    grid = [(47 + i / 200, 7.5 + j / 200) for i in range(-2, 4) for j in range(-2, 4)]
    reports = [
        report(world, f"g{k}", place, party="bravo", accuracy_m=1 + 20_000 * (k % 2))
        for k, place in enumerate(grid)
    ]
    assert await seen(world, "bravo", *reports) == []
    owners = await of_tracks(world, "alpha")
    assert owners, "the intent's own party is warned"


async def test_whoever_told_that_it_is_there_is_warned_inside_a_hidden_intent(world: World) -> None:
    await hide(world)
    own = (await world.told("bravo", square(47.003, 7.503, start=-120)))["intent"]
    assert await seen(world, "bravo", report(world, "real", HERE, party="bravo")) == []
    step = {"ovn": own["ovn"], "step": "activate"}
    await world.ask("bravo", "POST", f"/intents/{own['id']}/state", step)
    (warning,) = await seen(world, "bravo", report(world, "real", HERE, party="bravo"))
    assert warning["kind"] == "incursion"
    hidden = next(each for each in warning["objects"] if each["type"] == "intent")
    assert hidden == {"type": "intent"}


async def test_an_own_intent_elsewhere_gives_no_right_to_know(world: World) -> None:
    await hide(world)
    await world.told("bravo", square(47.0, 7.505, start=-120, side=0.001), activated=True)
    assert await seen(world, "bravo", report(world, "g", HERE, party="bravo", accuracy_m=1)) == []


async def test_of_a_closed_track_only_that_something_is_in_a_cell(world: World) -> None:
    place = (47.00321, 7.50123)
    heli = report(world, "heli77", place, call_sign="MEDEVAC7", party="alpha", track_deg=93)
    await seen(world, "alpha", heli, feed="closed")
    ghost = report(world, "ghost", HERE, party="bravo")
    (warning,) = await seen(world, "bravo", ghost)
    assert warning["kind"] == "separation"
    for word in ("heli77", "MEDEVAC7", "course 093", "47.0032", "7.5012"):
        assert word not in json.dumps(warning), word
    other = next(each for each in warning["objects"] if "id" not in each)
    assert other["cell"] == {"south": 47.0, "west": 7.5, "size": 0.01}
    assert set(other) == {"type", "facts", "cell"}
    for name in ("horizontal_m", "vertical_m", "uncertainty_m"):
        assert warning[name] % 500 == 0, name
    assert warning["time_s"] % 30 == 0
    (known,) = await of_tracks(world, "alpha")
    assert "heli77" in json.dumps(known)
    stored = world.node.service.picture.warnings[known["id"]]
    assert "MEDEVAC7" in repr(stored)


async def test_an_open_track_is_shown_whole(world: World) -> None:
    await world.ask("alpha", "PUT", "/feeds/open", {"shown_to": "all"})
    await seen(world, "alpha", report(world, "heli77", HERE, party="alpha"), feed="open")
    (warning,) = await seen(world, "bravo", report(world, "own", HERE, party="bravo"))
    assert "heli77" in json.dumps(warning)
    assert not any("cell" in each for each in warning["objects"])


async def test_a_recorded_warning_says_who_reported_the_track_it_calls_anothers(
    world: World,
) -> None:
    zone = {
        "name": "z", "rule": "keep-out", "volumes": [square(start=-120)], "reason": "x",
    }  # fmt: skip
    assert (await world.ask("alpha", "POST", "/zones", zone)).status_code == 201
    await world.ask("charlie", "PUT", "/feeds/spoof", {"shown_to": "all"})
    await seen(world, "charlie", report(world, "a1b2c3", HERE, party="bravo"), feed="spoof")
    for party in ("alpha", "bravo"):
        (warning,) = await of_tracks(world, party)
        track = next(each for each in warning["objects"] if each["type"] == "track")
        assert (track["id"], track["party"], track["feed_party"]) == ("a1b2c3", "bravo", "charlie")
        assert "reported by charlie" in track["facts"]
    stored = world.node.service.picture.warnings[warning["id"]]
    assert stored.objects[0].id == "charlie/a1b2c3"
    # The same id on another's closed feed is another track, and closes nothing of this one.
    await seen(world, "bravo", report(world, "a1b2c3", (-47.0, 7.5)))
    (again,) = await of_tracks(world, "alpha")
    assert next(each for each in again["objects"] if each["type"] == "track")["id"] == "a1b2c3"
