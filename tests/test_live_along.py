"""Along an intent, beside a service: who is told of it sees the intent, and nobody else is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_world import moment
from test_live import CALM, Clock, a_live
from wideberth.model.ids import PartyId
from wideberth.model.warnings import WarningKind
from wideberth.watch.reports import PositionReport

START, CORNER, END = (7.5, 47.0), (7.53, 47.0), (7.53, 47.08)  # longitude, latitude
BESIDE = (47.035, 7.53)  # on the second leg
EAST_THEN_NORTH: dict[str, Any] = {
    "footprint": {"type": "Corridor", "points": [START, CORNER, END], "width_m": 600},
    "lower": {"value": 0, "units": "M", "reference": "W84"},
    "upper": {"value": 1000, "units": "M", "reference": "W84"},
}


@pytest.mark.parametrize(
    ("visibility", "told"),
    [
        ({"level": "open"}, ("alpha", "bravo")),
        ({"level": "named", "parties": ["bravo"]}, ("alpha", "bravo")),
        ({"level": "named", "parties": ["charlie"]}, ("alpha",)),
        ({"level": "on-conflict"}, ("alpha",)),
    ],
)
async def test_a_warning_along_an_intent_reaches_only_who_sees_that_intent(
    tmp_path: Path, visibility: dict[str, Any], told: tuple[str, ...]
) -> None:
    async with a_live(tmp_path, CALM) as (world, live):
        service = world.node.service
        volume = {**EAST_THEN_NORTH, "start": moment(-120), "end": moment(120)}
        await world.told("alpha", volume, visibility=visibility, activated=True)
        clock = Clock(service)
        for party, place, speed in (("alpha", (47.0, 7.51), 40.0), ("bravo", BESIDE, 0.0)):
            report = PositionReport(
                party, clock.now_us, *place, 500.0, ground_speed_m_s=speed, course_deg=90.0,
                accuracy_m=1.0, owner=party,
            )  # fmt: skip
            await live.observe([report], feed="f", feed_party=PartyId(party))
        await live.tick()
        (warning,) = [
            each for each in service.picture.warnings.values() if each.kind is WarningKind.CONFLICT
        ]
        assert warning.rule == "watch/pair-separation-along-intent/1"
        assert warning.parties == told
        assert [each.type for each in warning.objects] == ["track", "track", "intent"]
        assert warning.objects[2].facts[-1] == "predicted along it"
