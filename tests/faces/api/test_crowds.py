"""A crowd that one party brings to a place slows nobody's warnings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from api_world import World
from wideberth.space.time import format_rfc3339

CROWD = 1600


def report(world: World, track: str, longitude: float, **more: Any) -> dict[str, Any]:
    """A position at rest on the equator, now."""
    return {
        "track": track,
        "latitude": 0.0,
        "longitude": longitude,
        "altitude_m": 50,
        "time": format_rfc3339(world.node.service.context().now_us),
        "ground_speed_m_s": 0,
        "track_deg": 0,
        "vertical_rate_m_s": 0,
        "accuracy_m": 1,
        **more,
    }


async def bring(world: World, party: str, *reports: dict[str, Any]) -> None:
    said = {"feed": "own", "reports": list(reports)}
    answer = await world.ask(party, "POST", "/tracks", said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["refused"] == []


async def warned_of(world: World, party: str) -> set[str]:
    """The tracks of its own that a party is warned of."""
    page = (await world.ask(party, "GET", "/warnings?limit=1000")).json()["warnings"]
    return {each["id"] for one in page for each in one["objects"] if "id" in each}


@pytest.mark.parametrize("accuracy_m", [1, 1e6], ids=["at one place", "anywhere"])
async def test_a_crowd_takes_a_bounded_number_of_pairs_and_the_others_are_warned(
    world: World, monkeypatch: pytest.MonkeyPatch, accuracy_m: float
) -> None:
    looked: list[Any] = []
    neighbours = world.app.desk.live._watch._neighbours
    judged = neighbours.judged
    monkeypatch.setattr(
        neighbours, "judged", lambda *given: looked.append(judged(*given)) or looked[-1]
    )
    crowd = [
        report(world, f"m{k:04}", 10.0, accuracy_m=accuracy_m, party=("alpha", "bravo")[k % 2])
        for k in range(CROWD)
    ]
    await bring(world, "charlie", *crowd)
    await bring(world, "alpha", report(world, "real-1", 10.0001, party="alpha"))
    await bring(world, "bravo", report(world, "real-2", 10.0002, party="bravo"))
    await world.app.desk.live.tick()
    # Of 640,000 pairs of the crowd.
    most = 100_000 + 18 * (CROWD + 2) + 2 * CROWD + 1
    assert 0 < max(len(each.pairs) for each in looked) <= most
    passed_over = [each.passed_over for each in looked if each.passed_over is not None]
    assert any(np.count_nonzero(each) > CROWD / 2 for each in passed_over) == (accuracy_m == 1)
    standing = [{ref.id for ref in key.objects} for key in world.app.desk.live._watch.standing]
    assert {"real-1", "real-2"} in standing
    for party, own in (("alpha", "real-1"), ("bravo", "real-2")):
        assert own in await warned_of(world, party)
