"""Corridors, sectors, movers, schedules and places as text, where volumes stand in a body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_world import JSON, World, flight, moment, square
from wideberth.space.time import parse_rfc3339
from wideberth.space.timetext import TimeFormat, format_time


def shaped(footprint: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**square(), "footprint": footprint, **more}


async def post(world: World, body: dict[str, Any], path: str = "/intents") -> Any:
    async with world.http("alpha") as client:
        return await client.post(f"/api/v1{path}", content=json.dumps(body).encode(), headers=JSON)


CORRIDOR = {
    "type": "Corridor",
    "points": [[7.0, 47.0], {"text": "47°06'00\"N 7°06'00\"E"}, [7.2, 47.1]],
    "width_m": 500,
}
SECTOR = {
    "type": "Sector",
    "center": [7.0, 47.0],
    "radius_m": 5000,
    "inner_radius_m": 1000,
    "from_deg": 350,
    "to_deg": 40,
}
CIRCLE = {
    "type": "Circle",
    "center": {"text": "32T LT 80 05", "datum": "WGS84"},
    "radius_m": 100,
}
AREA = {
    "type": "Area",
    "vertices": [{"text": "470000N0070000E"}, {"text": "470000N0070600E"}, [7.0, 47.1]],
}


def moving(start: str, later: str) -> dict[str, Any]:
    fixes = [
        {"place": [7.0, 47.0], "time": start},
        {"place": [7.1, 47.0], "time": later, "lower": None},
    ]
    return {"type": "Moving", "fixes": fixes, "radius_m": 18520}


@pytest.mark.requirement("F-01", "Z-06")
@pytest.mark.parametrize(
    ("footprint", "count"),
    [
        pytest.param(CORRIDOR, 2, id="a corridor of two legs"),
        pytest.param(SECTOR, 1, id="a sector"),
        pytest.param({**SECTOR, "from_deg": 0, "to_deg": 360}, 2, id="a ring"),
        pytest.param(CIRCLE, 1, id="a circle round a square"),
        pytest.param(AREA, 1, id="an area by its corners"),
    ],
)
async def test_a_declared_shape_becomes_volumes_and_is_kept_as_declared(
    world: World, footprint: dict[str, Any], count: int
) -> None:
    told = (await world.told("alpha", shaped(footprint)))["intent"]
    assert len(told["volumes"]) == count
    (kept,) = told["declaration"]
    assert {**footprint, **kept["footprint"]} == footprint
    async with world.http("alpha") as client:
        read = (await client.get(f"/api/v1/intents/{told['id']}")).json()
    assert read["declaration"] == told["declaration"]
    plain = (await world.told("alpha", square(48.0)))["intent"]
    assert "declaration" not in plain


async def test_a_circle_round_a_square_holds_the_square(world: World) -> None:
    told = (await world.told("alpha", shaped(CIRCLE)))["intent"]
    assert told["volumes"][0]["footprint"]["radius_m"] == pytest.approx(100 + 707, abs=2)


async def test_legs_have_heights_and_times_of_their_own(world: World) -> None:
    limit = {"value": 1500, "units": "FT", "reference": "W84"}
    corridor = {
        **CORRIDOR,
        "legs": [{"upper": limit}, {"start": moment(20), "end": moment(30)}],
    }
    first, second = (await world.told("alpha", shaped(corridor)))["intent"]["volumes"]
    assert first["upper"]["value"] == pytest.approx(457.2)
    assert second["upper"] == square()["upper"]
    assert (second["start"], second["end"]) == (moment(20), moment(30))


async def test_a_pace_gives_each_leg_its_window(world: World) -> None:
    pace = {"departure": [moment(12), moment(13)], "speed_m_s": [80, 100]}
    volumes = (await world.told("alpha", shaped({**CORRIDOR, "pace": pace})))["intent"]["volumes"]
    begins = [parse_rfc3339(volume["start"]) for volume in volumes]
    ends = [parse_rfc3339(volume["end"]) for volume in volumes]
    assert begins[0] == parse_rfc3339(moment(12))
    assert begins[0] < begins[1] < ends[0] < ends[1]


@pytest.mark.requirement("Z-06")
async def test_a_mover_becomes_a_volume_for_each_piece_of_its_way(world: World) -> None:
    fixes = moving(moment(12), moment(20))
    told = (await world.told("alpha", shaped({**fixes, "radius_m": 1000})))["intent"]
    assert 7 <= len(told["volumes"]) <= 9
    assert told["volumes"][0]["start"] == moment(12)


async def test_a_mover_is_asked_about_by_the_pieces_that_its_cover_has(world: World) -> None:
    fixes = moving(moment(12), moment(20))
    for radius_m, status in ((1000, 200), (100, 400)):  # 8 pieces, 76 pieces
        answer = await post(
            world, flight(shaped({**fixes, "radius_m": radius_m})), "/intents/check"
        )
        assert answer.status_code == status, answer.text
    assert answer.json()["rule"] == "too-complex"
    several = flight(*[shaped({**fixes, "radius_m": 1000})] * 3)
    assert (await post(world, several, "/intents/check")).json()["rule"] == "too-complex"


@pytest.mark.requirement("Z-06")
async def test_what_covers_a_mover_may_have_as_many_volumes_as_an_intent(world: World) -> None:
    fixes = moving(moment(12), moment(20))
    answer = await post(world, flight(shaped({**fixes, "radius_m": 50})))  # 152 pieces
    assert answer.status_code == 201, answer.text
    assert 100 < len(answer.json()["intent"]["volumes"]) <= 200


async def test_a_schedule_becomes_its_windows(world: World) -> None:
    weekly = {
        "name": "range",
        "rule": "keep-out",
        "volumes": [
            shaped(
                SECTOR,
                start=moment(0),
                end=moment(14 * 1440),
                schedule={"times": "MON-FRI 0800-1600", "zone": "Asia/Kathmandu"},
            )
        ],
    }
    answer = await post(world, weekly, "/zones")
    assert answer.status_code == 201, answer.text
    zone = answer.json()["zone"]
    assert 10 <= len(zone["volumes"]) <= 11
    assert all(volume["start"].endswith("02:15:00Z") for volume in zone["volumes"][1:])
    assert zone["declaration"][0]["schedule"]["times"] == "MON-FRI 0800-1600"


@pytest.mark.requirement("F-06")
async def test_times_come_in_the_formats_of_the_trade(world: World) -> None:
    start_us, end_us = (parse_rfc3339(moment(minutes)) for minutes in (15, 45))
    told = await world.told(
        "alpha",
        {
            **square(),
            "start": format_time(start_us, TimeFormat.DTG),
            "end": format_time(end_us, TimeFormat.NOTAM),
        },
    )
    assert parse_rfc3339(told["intent"]["start"]) == start_us // 60_000_000 * 60_000_000
    assert told["intent"]["declaration"][0]["end"] == format_time(end_us, TimeFormat.NOTAM)


@pytest.mark.requirement("F-02", "F-03", "F-04", "F-06")
@pytest.mark.parametrize(
    ("volume", "field", "rule", "choices"),
    [
        pytest.param(
            shaped({**CIRCLE, "center": {"text": "32T LT 80 05"}}),
            "volumes.0.footprint.center", "datum-missing", 1, id="no datum",
        ),
        pytest.param(
            shaped({**CIRCLE, "center": {"text": "47,123 7,234"}}),
            "volumes.0.footprint.center", "decimal-comma", 1, id="a decimal comma",
        ),
        pytest.param(
            shaped({**CORRIDOR, "points": [[7.0, 47.0], {"text": "47 0 0 7 0 0"}]}),
            "volumes.0.footprint.points.1", "missing-hemisphere", 4, id="no hemisphere",
        ),
        pytest.param(
            shaped({**CIRCLE, "center": {"text": "0 N 0 E"}}),
            "volumes.0.footprint.center", "null-island", 1, id="null island",
        ),
        pytest.param(
            {**square(), "start": "2026-10-25 02:30 Europe/Berlin"},
            "volumes.0.start", "ambiguous-local-time", 2, id="a time shown twice",
        ),
        pytest.param(
            {**square(), "end": "2809091630 EST"}, "volumes.0.end", "estimated-end", 1, id="EST",
        ),
    ],
)  # fmt: skip
async def test_what_is_unclear_is_asked_with_its_choices(
    world: World, volume: dict[str, Any], field: str, rule: str, choices: int
) -> None:
    answer = await post(world, flight(volume))
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert (problem["field"], problem["rule"]) == (field, rule)
    assert len(problem["choices"]) == choices
    assert all(choice["text"] for choice in problem["choices"])


@pytest.mark.parametrize(
    ("volume", "field", "rule"),
    [
        pytest.param(
            shaped({**CORRIDOR, "legs": [{}]}),
            "footprint.legs, footprint.points", "leg-count", id="one leg",
        ),
        pytest.param(
            shaped({**CORRIDOR, "width_m": -5}), "footprint.width_m", "width-range", id="width",
        ),
        pytest.param(
            shaped({**CORRIDOR, "legs": [{"start": moment(5), "end": moment(9000)}, {}]}),
            "footprint.legs.0", "outside-window", id="a leg beyond the window",
        ),
        pytest.param(
            shaped({**CORRIDOR, "points": [[7, 47], [7, 91]]}),
            "footprint.points.1", "latitude", id="no place",
        ),
        pytest.param(
            shaped({**SECTOR, "radius_m": 10}), "footprint", "radius-range", id="radii",
        ),
        pytest.param(
            shaped({**SECTOR, "center": CIRCLE["center"]}),
            "footprint.center", "square-for-a-point", id="a square for a centre",
        ),
        pytest.param(
            shaped(CORRIDOR, schedule={"times": "SR-SS"}), "schedule.times", "sun", id="sun",
        ),
        pytest.param(
            shaped(CORRIDOR, schedule={"times": "H24", "zone": "EST"}),
            "schedule.zone", "zone", id="zone",
        ),
        pytest.param(
            shaped({**CIRCLE, "center": {"text": "somewhere"}}),
            "footprint.center", "coordinates", id="words",
        ),
        pytest.param({**square(), "start": "soon"}, "start", "rfc3339", id="no time"),
    ],
)  # fmt: skip
async def test_a_bad_shape_is_refused_with_its_field(
    world: World, volume: dict[str, Any], field: str, rule: str
) -> None:
    answer = await post(world, flight(volume))
    problem = answer.json()
    assert answer.status_code == 400, problem
    assert problem["rule"] == rule
    assert problem["field"].replace("volumes.0.", "").startswith(field)


async def test_a_subscription_takes_one_volume_and_a_question_few(world: World) -> None:
    answer = await post(world, {"volume": shaped(CORRIDOR)}, "/subscriptions")
    assert (answer.status_code, answer.json()["rule"]) == (400, "one-volume")
    answer = await post(world, {"volume": shaped(SECTOR)}, "/subscriptions")
    assert answer.status_code == 201, answer.text
    many = {**CORRIDOR, "points": [[7 + i / 100, 47] for i in range(60)]}
    answer = await post(world, flight(shaped(many)), "/intents/check")
    assert (answer.status_code, answer.json()["rule"]) == (400, "too-complex")


async def test_schedules_together_are_refused_before_they_take_long(world: World) -> None:
    long = {
        **square(),
        "end": "2046-11-01T00:00:00Z",
        "schedule": {"times": "H24", "zone": "Africa/Casablanca"},
    }
    for path in ("/intents", "/intents/check"):
        answer = await post(world, flight(*[long] * 3), path)
        problem = answer.json()
        assert (answer.status_code, problem["rule"]) == (400, "window-count"), problem
        assert problem["field"] == "volumes.1.schedule"


async def test_a_schedule_can_be_asked_about_before_it_is_told(world: World) -> None:
    daily = {**square(), "end": moment(24 * 60 * 5), "schedule": {"times": "DAILY 0800-1600"}}
    answer = await post(world, flight(daily), "/intents/check")
    assert answer.status_code == 200, answer.text


async def test_a_leg_that_ends_after_the_calendar_is_outside_of_its_window(world: World) -> None:
    late = {**moving("9999-12-31T20:00:00Z", "9999-12-31T23:00:00Z"), "tolerance_s": 1e6}
    volume = {**shaped(late), "end": "9999-12-31T23:59:59Z"}
    answer = await post(world, flight(volume))
    assert (answer.status_code, answer.json()["rule"]) == (400, "outside-window")
    slow = {"departure": [moment(10), moment(10)], "speed_m_s": [5e-324, 1]}
    answer = await post(world, flight(shaped({**CORRIDOR, "pace": slow})))
    assert (answer.status_code, answer.json()["rule"]) == (400, "outside-window")
