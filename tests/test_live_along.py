"""Along an intent, beside a service: who is told of it sees the intent, and nobody else is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, moment
from test_live import CALM, Clock, a_live
from wideberth.live import Live
from wideberth.model.commands import AdoptRules
from wideberth.model.entries import WarningCleared, WarningRaised, WarningWorsened, decode_entry
from wideberth.model.ids import PartyId
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.warnings import WarningKind
from wideberth.picture.picture import Picture
from wideberth.service import Applied
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch.observations import Lapsed, Raised, Worsened
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rewatch import rewatched

START, CORNER, END = (7.5, 47.0), (7.53, 47.0), (7.53, 47.08)  # longitude, latitude
BESIDE = (47.035, 7.53)  # on the second leg
EAST_THEN_NORTH: dict[str, Any] = {
    "footprint": {"type": "Corridor", "points": [START, CORNER, END], "width_m": 600},
    "lower": {"value": 0, "units": "M", "reference": "W84"},
    "upper": {"value": 1000, "units": "M", "reference": "W84"},
}


async def heading_for_bravo(
    world: World, live: Live, clock: Clock, visibility: dict[str, Any]
) -> list[tuple[int, ReportBatch]]:
    """Alpha's track turns toward bravo's by what alpha declared. Gives what was heard, and when."""
    volume = {**EAST_THEN_NORTH, "start": moment(-120), "end": moment(120)}
    await world.told("alpha", volume, visibility=visibility, activated=True)
    heard: list[tuple[int, ReportBatch]] = []
    for party, place, speed in (("alpha", (47.0, 7.51), 40.0), ("bravo", BESIDE, 0.0)):
        report = PositionReport(
            party, clock.now_us, *place, 500.0, ground_speed_m_s=speed, course_deg=90.0,
            accuracy_m=1.0, owner=party,
        )  # fmt: skip
        batch = ReportBatch.of([report], feed="f", feed_party=PartyId(party))
        await live.take(batch)
        heard.append((clock.now_us, batch))
    await live.tick()
    return heard


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
        await heading_for_bravo(world, live, Clock(service), visibility)
        (warning,) = [
            each for each in service.picture.warnings.values() if each.kind is WarningKind.CONFLICT
        ]
        assert warning.rule == "watch/pair-separation-along-intent/1"
        assert warning.parties == told
        assert [each.type for each in warning.objects] == ["track", "track", "intent"]
        assert warning.objects[2].facts[-1] == "predicted along it"


async def test_who_is_left_out_of_how_it_goes_on_hears_of_the_end_and_so_says_a_replay(
    tmp_path: Path,
) -> None:
    async with a_live(tmp_path, CALM) as (world, live):
        service = world.node.service
        clock = Clock(service)
        begin_us = clock.now_us = (clock.now_us // SECOND_US + 1) * SECOND_US
        heard = await heading_for_bravo(world, live, clock, {"level": "open"})
        # From here on bravo is given only what it subscribed to: nothing.
        clock.now_us += SECOND_US
        rules = msgspec.structs.replace(
            DEFAULT_RULES, version="need", assess_sharing=False, need_to_know=True
        )
        assert isinstance(await world.node.command(AdoptRules(rules)), Applied)
        clock.now_us += 2 * MINUTE_US  # and nobody is heard any more
        await live.tick()
        (warning,) = [
            each for each in service.picture.warnings.values() if each.kind is WarningKind.CONFLICT
        ]
        assert (warning.parties, warning.told_before) == (("alpha",), ("bravo",))
        listed = (await world.ask("bravo", "GET", "/warnings")).json()["warnings"]
        assert warning.id not in [each["id"] for each in listed]
        (intent,) = service.picture.intents.values()
        end = {"ovn": intent.ovn, "step": "end"}
        answer = await world.ask("alpha", "POST", f"/intents/{intent.id}/state", end)
        assert answer.status_code == 200, answer.text
        clock.now_us += SECOND_US
        await live.tick()
        entries = [
            decode_entry(row.envelope, position=row.position)
            for row in await service.rows(0, service.picture.size)
        ]
    lived = [
        (type(each.body).__name__, each.body.warning.parties)
        for each in entries
        if isinstance(each.body, WarningRaised | WarningWorsened | WarningCleared)
        and each.body.warning.id == warning.id
    ]
    assert lived == [
        ("WarningRaised", ("alpha", "bravo")),
        ("WarningWorsened", ("alpha",)),
        ("WarningCleared", ("alpha", "bravo")),
    ]
    looks = rewatched(
        Picture(), entries, heard, settings=CALM.watch, begin_us=begin_us,
        end_us=clock.now_us + 1, every_us=SECOND_US,
    )  # fmt: skip
    kinds = {Raised: "WarningRaised", Worsened: "WarningWorsened", Lapsed: "WarningCleared"}
    again = [
        (kinds[type(each.event)], each.parties)
        for look in looks
        for each in look.said
        if type(each.event) in kinds and each.event.warning.seen.rule.endswith("-along-intent")
    ]
    assert list(dict.fromkeys(again)) == lived, "it looks each second, and sees it grow worse"
