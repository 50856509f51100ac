"""A moving buffer that was agreed, beside a service: both sides are told, where both may know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agreed_live import agreed
from api_world import square
from test_live import Clock, a_live, report
from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US

TEN_MILES: list[dict[str, Any]] = [
    {"type": "moving-buffer", "id": "ships", "round": ["ship"], "radius_m": 18_520}
]


@pytest.mark.parametrize(
    ("visibility", "told"),
    [({"level": "open"}, {"alpha", "bravo"}), ({"level": "on-conflict"}, {"alpha"})],
)
async def test_both_sides_of_an_agreed_buffer_are_told_until_it_is_suspended(
    tmp_path: Path, visibility: dict[str, Any], told: set[str]
) -> None:
    async with a_live(tmp_path) as (world, live):
        service = world.node.service
        async with agreed(world, "Ten miles", TEN_MILES) as (name, act):
            legs = [square(start=-120, end=120), square(47.01, start=90, end=180)]
            sails = {
                "kind": "movement", "count": 1, "volumes": legs, "visibility": visibility,
                "under": {"actor": "ship"}, "activated": True, "confirmed": True,
                "provenance": {"source": "gps", "accuracy_m": 10},
            }  # fmt: skip
            answer = await world.ask("alpha", "POST", "/intents", sails)
            assert answer.status_code == 201, answer.text
            clock = Clock(service)

            async def near() -> list[Any]:
                await report(live, clock, "ship", owner="alpha")
                await report(live, clock, "jet", owner="bravo", place=(47.1, 7.505))
                await report(live, clock, "other", owner="charlie", place=(47.1, 7.51))
                await live.tick()
                return [
                    each
                    for each in service.picture.warnings.values()
                    if each.rule == "watch/agreed-moving-buffer/1"
                ]

            (warning,) = await near()
            assert warning.kind is WarningKind.SEPARATION
            assert set(warning.parties) == told
            assert [each.id for each in warning.objects[:3]] == [
                "alpha/ship", "bravo/jet", f"agreement/{name}/1/ships",
            ]  # fmt: skip
            assert warning.objects[3].facts[-1] == "kept clear of"
            await act("bravo", "suspend", reason="a storm")
            clock.now_us += SECOND_US
            assert await near() == []
