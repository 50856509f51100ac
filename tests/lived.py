"""Two and a half minutes of a node's life, kept: what a window watched again is held against."""

from __future__ import annotations

import math
from pathlib import Path

from api_world import a_world, square
from scenes import signer
from test_live import CALM, Clock
from wideberth.live import Live
from wideberth.model.commands import ChangeIntentState, Request
from wideberth.model.entries import Entry, decode_entry
from wideberth.model.ids import PartyId
from wideberth.model.intents import Step
from wideberth.service import new_id
from wideberth.space.time import HOUR_US, SECOND_US
from wideberth.watch.archive import ArchiveSettings, TrackArchive
from wideberth.watch.reports import PositionReport, ReportBatch

LOOKS = 150
Window = tuple[list[Entry], list[tuple[int, ReportBatch]], int]


async def lived(folder: Path) -> Window:
    """Two and a half minutes of a node: a flight through a zone and another's intent, out of its
    own, past a second track. Its entries, what was heard, and the time of the first look. The node
    is in ``wideberth-data`` of the folder.
    """
    archive = TrackArchive(folder / "wideberth-data", ArchiveSettings(every_us=0), make_name=new_id)
    async with (
        a_world(folder) as world,
        Live(world.node.service, CALM, archive=archive) as live,
    ):
        service = world.node.service
        clock = Clock(service)
        begin_us = clock.now_us = (clock.now_us // SECOND_US + 1) * SECOND_US
        zone = {
            "name": "Ring", "rule": "keep-out", "reason": "x",
            "volumes": [square(latitude=47.02, longitude=7.5, start=-60, end=60)],
        }  # fmt: skip
        for look in range(LOOKS):
            clock.now_us = begin_us + look * SECOND_US
            if look == 20:
                answer = await world.ask("charlie", "POST", "/zones", zone)
                assert answer.status_code == 201, answer.text
            if look == 40:
                told = (await world.told("bravo", square(longitude=7.52, start=1, end=60)))[
                    "intent"
                ]
                step = ChangeIntentState(told["id"], told["ovn"], Step.ACTIVATE)
                await service.submit(Request(signer("bravo"), step))
            if not 60 < look < 75:
                await live.observe(
                    [moving("a", "alpha", clock.now_us, 47.0 + look * 3e-4, 7.505)],
                    feed="f",
                    feed_party=PartyId("alpha"),
                )
            await live.observe(
                [moving("b", "bravo", clock.now_us, 47.01, 7.48 + look * 4e-4)],
                feed="g",
                feed_party=PartyId("bravo"),
            )
            await live.tick()
        rows = await service.rows(0, service.picture.size)
        entries = [decode_entry(row.envelope, position=row.position) for row in rows]
    heard = list(archive.heard(begin_us, begin_us + HOUR_US))
    return entries, heard, begin_us


def moving(track: str, owner: str, time_us: int, lat: float, lon: float) -> PositionReport:
    north, east = (33.4, 0.0) if track == "a" else (0.0, 30.4)
    return PositionReport(
        track, time_us, lat, lon, 50.0,
        ground_speed_m_s=math.hypot(north, east), course_deg=math.degrees(math.atan2(east, north)),
        accuracy_m=5.0, owner=owner, callsign=track.upper(),
    )  # fmt: skip
