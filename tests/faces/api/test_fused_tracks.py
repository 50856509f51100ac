"""An aircraft of several feeds: each reader is shown what it may see, and nothing of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_world import World
from wideberth.model.commands import ClearWarning, Request
from wideberth.model.ids import PartyId
from wideberth.model.parties import SYSTEM
from wideberth.space.time import SECOND_US, format_rfc3339

ICAO = "4b1816"


def report(world: World, age_s: float = 0, track: str = ICAO, **more: Any) -> dict[str, Any]:
    now_us = world.node.service.context().now_us
    time = format_rfc3339(now_us - round(age_s * SECOND_US))
    calm = {"ground_speed_m_s": 0, "track_deg": 0, "vertical_rate_m_s": 0, "accuracy_m": 10}
    return {"track": track, "latitude": 47.0, "longitude": 8.0, "time": time, **calm, **more}


async def bring(world: World, party: str, feed: str, *reports: dict[str, Any]) -> None:
    body = {"feed": feed, "reports": list(reports)}
    answer = await world.ask(party, "POST", "/tracks", body)
    assert answer.json()["refused"] == []


async def show(world: World, party: str, feed: str, shown_to: Any) -> None:
    await world.ask(party, "PUT", f"/feeds/{feed}", {"shown_to": shown_to})


async def shown(world: World, party: str) -> list[dict[str, Any]]:
    return (await world.ask(party, "GET", "/tracks")).json()["tracks"]


@pytest.mark.requirement("P-02")
async def test_each_reader_is_shown_what_the_feeds_that_it_sees_say(world: World) -> None:
    await show(world, "bravo", "public", "all")
    told = report(world, 8, altitude_m=500, call_sign="SWR1")
    await bring(world, "bravo", "public", told)
    before = await shown(world, "charlie")
    hidden = report(world, 4, latitude=47.1, accuracy_m=1, altitude_m=900, call_sign="SECRET1")
    await bring(world, "alpha", "own", hidden)
    after = await shown(world, "charlie")
    for one in (*before, *after):
        one.pop("uncertainty_m")  # it is older by now
    assert before == after
    assert "sources" not in after[0]
    assert len(after) == 1

    (thing,) = await shown(world, "alpha")
    assert (thing["latitude"], thing["altitude_m"], thing["call_sign"]) == (47.1, 900, "SECRET1")
    assert thing["conflicts"] == ["position", "altitude", "call sign"]
    assert thing["uncertainty_m"] > 11_000
    first, second = thing["sources"]
    assert (first["feed"], second["feed"]) == ("own", "public")
    assert set(first["used"]) == {
        "position", "altitude", "velocity", "vertical rate", "call sign",
    }  # fmt: skip
    assert second["used"] == []
    assert second["time"] == told["time"] == second["call_sign_time"]
    assert [each["track"] for each in await shown(world, "bravo")] == [ICAO]
    assert "SECRET1" not in json.dumps(await shown(world, "bravo"))


async def test_each_value_says_when_it_was_said_where_that_is_not_with_its_position(
    world: World,
) -> None:
    now_us = world.node.service.context().now_us

    def ago(seconds: float) -> str:
        return format_rfc3339(now_us - round(seconds * SECOND_US))

    joined = report(
        world, altitude_m=500, altitude_time=ago(4), velocity_time=ago(5), call_sign="SWR1",
        call_sign_time=ago(90),
    )  # fmt: skip
    joined["time"] = ago(2)
    await bring(world, "alpha", "adsb", joined)
    (thing,) = await shown(world, "alpha")
    assert (thing["time"], thing["altitude_time"], thing["velocity_time"]) == (
        ago(2),
        ago(4),
        ago(5),
    )
    # A feed that says it all at once, and knows the place less well.
    plain = report(world, altitude_m=510, accuracy_m=300)
    plain["time"] = ago(2)
    await bring(world, "alpha", "radar", plain)
    (thing,) = await shown(world, "alpha")
    first, second = thing["sources"]
    assert first["altitude_time"] == thing["altitude_time"] == ago(4)
    assert first["velocity_time"] == thing["velocity_time"] == ago(5)
    assert first["call_sign_time"] == ago(90)
    assert second["used"] == []
    assert {"altitude_time", "velocity_time"}.isdisjoint(second)
    # A height that is of another feed than the place says its own time.
    bare = report(world, accuracy_m=1)
    bare["time"] = ago(1)
    await bring(world, "alpha", "box", bare)
    (thing,) = await shown(world, "alpha")
    assert (thing["feed"], thing["time"]) == ("adsb", ago(1))
    assert (thing["altitude_m"], thing["altitude_time"]) == (500, ago(4))
    assert "velocity_time" not in thing


@pytest.mark.requirement("P-02")
async def test_no_feed_of_a_party_shows_what_another_of_its_feeds_said(world: World) -> None:
    await show(world, "alpha", "open", "all")
    await bring(world, "alpha", "closed", report(world, 5, latitude=46.5))
    await bring(world, "alpha", "open", report(world, 20))  # older than what the closed one said
    (thing,) = await shown(world, "charlie")
    assert (thing["latitude"], thing["feed"]) == (47.0, "open")
    await bring(world, "alpha", "closed", report(world, 4, latitude=46.501))
    (thing,) = await shown(world, "charlie")
    assert (thing["latitude"], thing["feed"]) == (47.0, "open")
    assert len((await shown(world, "alpha"))[0]["sources"]) == 2


@pytest.mark.requirement("P-02")
async def test_a_warning_that_rests_on_a_closed_feed_shows_it_to_nobody(world: World) -> None:
    await show(world, "alpha", "open", "all")
    place = {"altitude_m": 500}
    far = report(world, 0, party="alpha", latitude=48.0, **place)
    near = report(world, 0, party="alpha", longitude=8.001, **place)
    await bring(world, "alpha", "open", far)
    await bring(world, "alpha", "closed", near)
    await bring(world, "bravo", "own", report(world, 0, "mine", party="bravo", **place))
    await world.app.desk.live.tick()
    warnings = (await world.ask("bravo", "GET", "/warnings")).json()["warnings"]
    (warning,) = [each for each in warnings if each["kind"] == "separation"]
    other = next(each for each in warning["objects"] if each.get("id") != "mine")
    assert "8.001" not in json.dumps(warning)
    assert ICAO not in json.dumps(warning)
    assert "cell" in other
    await show(world, "alpha", "closed", "all")
    await world.app.desk.live.rows()
    warnings = (await world.ask("bravo", "GET", "/warnings")).json()["warnings"]
    assert ICAO in json.dumps(warnings)


async def of_two_feeds(world: World) -> None:
    """An aircraft of nobody's beside bravo's: on a public feed of alpha's, and on charlie's."""
    await show(world, "alpha", "public", "all")
    await show(world, "charlie", "radar", "all")
    place = {"altitude_m": 500}
    await bring(world, "bravo", "own", report(world, 0, "mine", party="bravo", **place))
    await bring(world, "alpha", "public", report(world, 2, longitude=8.001, **place))
    await bring(world, "charlie", "radar", report(world, 5, longitude=8.001, **place))
    await world.app.desk.live.tick()


async def separations(world: World, party: str) -> list[dict[str, Any]]:
    warnings = (await world.ask(party, "GET", "/warnings")).json()["warnings"]
    return [each for each in warnings if each["kind"] == "separation"]


async def test_who_sees_two_feeds_of_an_aircraft_is_told_that_their_warnings_are_one(
    world: World,
) -> None:
    await of_two_feeds(world)
    one, other = await separations(world, "bravo")
    assert (one["one_with"], other["one_with"]) == ([other["id"]], [one["id"]])
    fixes = [side["fix"]["time"] for each in (one, other) for side in each["objects"]]
    assert len(set(fixes)) == 3  # each says how old it is


async def test_who_sees_one_feed_of_an_aircraft_is_not_told_that_another_has_it(
    world: World,
) -> None:
    await of_two_feeds(world)
    await show(world, "charlie", "radar", "owner")
    warnings = await separations(world, "bravo")
    assert len(warnings) == 2
    assert not any("one_with" in each for each in warnings)
    (closed,) = [each for each in warnings if ICAO not in json.dumps(each)]
    assert any("cell" in side for side in closed["objects"])


async def test_a_warning_that_is_over_says_which_of_the_other_feed_still_stands(
    world: World,
) -> None:
    await of_two_feeds(world)
    first, second = await separations(world, "bravo")
    desk = world.app.desk
    standing = desk.picture.warnings[first["id"]]
    await desk.service.submit(Request(SYSTEM, ClearWarning(standing)))
    (left,) = await separations(world, "bravo")
    assert left["id"] == second["id"]
    assert "one_with" not in left
    assert desk.live.one_with(standing, PartyId("bravo")) == (second["id"],)
