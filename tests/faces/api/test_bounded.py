"""What one request may ask of the node: no question or answer without a bound."""

from __future__ import annotations

import math
from typing import Any

from api_world import World, flight, square


def many_sided(corners: int) -> dict[str, Any]:
    """A round volume of so many corners."""
    ring = [
        [
            7.5 + 0.01 * math.cos(2 * math.pi * k / corners),
            47 + 0.01 * math.sin(2 * math.pi * k / corners),
        ]
        for k in range(corners)
    ]
    footprint = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {**square(), "footprint": footprint}


async def test_a_dry_run_and_a_question_of_heavy_geometry_are_refused(world: World) -> None:
    for body in (flight(many_sided(2_500)), flight(*[square()] * 21)):
        answer = await world.ask("alpha", "POST", "/intents/check", body)
        assert (answer.status_code, answer.json()["rule"]) == (400, "too-complex")
        assert answer.json()["field"] == "volumes"
    query = {"volume": many_sided(2_500)}
    answer = await world.ask("alpha", "POST", "/intents/query", query)
    assert (answer.status_code, answer.json()["rule"]) == (400, "too-complex")
    assert answer.json()["field"] == "volume"
    for path, body in (
        ("/intents/check", flight(*[square()] * 20)),
        ("/intents/check", flight(many_sided(1_900))),
        ("/intents/query", {"volume": many_sided(1_900)}),
    ):
        answer = await world.ask("alpha", "POST", path, body)
        assert answer.status_code == 200, answer.text
