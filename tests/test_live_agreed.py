"""The watch beside a service keeps what was agreed: told to whom it binds, while it is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agreed_live import agreed
from test_live import Clock, a_live, report
from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US

STRIP: list[dict[str, Any]] = [
    {
        "type": "line",
        "id": "border",
        "points": [[47_000_000_000, 7_400_000_000], [47_000_000_000, 7_600_000_000]],
    },
    {"type": "line-buffer", "id": "strip", "line": "border", "width_m": 2_000, "side": "left"},
]
"""North of a line from west to east: the place is 550 m north of it."""
SOUTH_OF_IT = (46.995, 7.505)


async def test_a_track_in_an_agreed_strip_is_told_to_its_party_until_the_agreement_ends(
    tmp_path: Path,
) -> None:
    async with a_live(tmp_path) as (world, live):
        service = world.node.service
        async with agreed(world, "Keeping apart", STRIP) as (name, act):
            clock = Clock(service)
            await report(live, clock, "in", owner="alpha")
            await report(live, clock, "out", owner="bravo", place=SOUTH_OF_IT)
            await report(live, clock, "other", owner="charlie", place=(47.01, 7.51))
            await live.tick()
            told = [
                each
                for each in service.picture.warnings.values()
                if each.kind is WarningKind.INCURSION
            ]
            ((track, area),) = [each.objects for each in told]
            assert (track.id, area.id) == ("alpha/in", f"agreement/{name}/1/strip")
            assert told[0].rule == "watch/zone-agreed-keep-out/1"
            assert told[0].parties == ("alpha",), "whose track it is, and nobody else"
            await act("bravo", "suspend", reason="a storm")
            clock.now_us += SECOND_US
            await report(live, clock, "in", owner="alpha")
            await live.tick()
            assert not [
                each
                for each in service.picture.warnings.values()
                if each.kind is WarningKind.INCURSION
            ]
