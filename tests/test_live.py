"""The watch beside a service: what it says is recorded, however busy or broken the record is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, flight, square
from scenes import signer
from wideberth.errors import Overloaded, RecordRestored
from wideberth.live import Live, LiveSettings
from wideberth.model.clocks import MeasureClock
from wideberth.model.commands import (
    ChangeIntentState,
    ClearWarning,
    RaiseWarning,
    Request,
    WorsenWarning,
)
from wideberth.model.ids import PartyId
from wideberth.model.intents import Step
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.service import Service
from wideberth.space.time import HOUR_US, SECOND_US, format_rfc3339
from wideberth.watch.reports import PositionReport

PLACE = (47.005, 7.505)
CALM = LiveSettings(tick_s=3600)


class Clock:
    """Time that the test moves on."""

    def __init__(self, service: Service) -> None:
        self.now_us = service.context().now_us
        service._clock_us = lambda: self.now_us


@contextlib.asynccontextmanager
async def a_live(folder: Path, settings: LiveSettings = CALM) -> AsyncIterator[tuple[World, Live]]:
    async with a_world(folder) as world, Live(world.node.service, settings) as live:
        yield world, live


async def report(
    live: Live, clock: Clock, *tracks: str, owner: str, place: tuple[float, float] = PLACE
) -> None:
    """Positions at rest, now, of things of the owner."""
    reports = [
        PositionReport(
            track, clock.now_us, *place, 50.0, ground_speed_m_s=0.0, course_deg=0.0,
            accuracy_m=1.0, owner=owner,
        )
        for track in tracks
    ]  # fmt: skip
    await live.observe(reports, feed="f", feed_party=PartyId(owner))


def failing(service: Service, kinds: tuple[type, ...]) -> list[Any]:
    """Let commands of these kinds fail until the list that is given back is emptied."""
    broken, real = [True], service.submit

    async def submit(request: Any) -> Any:
        if broken and isinstance(request.command, kinds):
            raise Overloaded(1)
        return await real(request)

    service.submit = submit  # type: ignore[method-assign]
    return broken


@pytest.mark.parametrize("cleared", [False, True])
async def test_a_warning_that_could_not_be_recorded_is_recorded_later_in_order(
    tmp_path: Path, *, cleared: bool
) -> None:
    async with a_live(tmp_path) as (world, live):
        service = world.node.service
        clock = Clock(service)
        broken = failing(service, (RaiseWarning, WorsenWarning, ClearWarning))
        await report(live, clock, "a", owner="alpha")
        await report(live, clock, "b", owner="bravo")
        with pytest.raises(Overloaded):
            await live.tick()
        for _ in range(40 if cleared else 3):
            clock.now_us += SECOND_US
            await report(live, clock, "a", owner="alpha", place=(48, 7) if cleared else PLACE)
            await report(live, clock, "b", owner="bravo")
            with pytest.raises(Overloaded):
                await live.tick()
        before = service.picture.size
        assert not service.picture.warnings
        broken.clear()
        await live.tick()
        rows = await service.entries_at(range(before, service.picture.size))
        said = [type(entry.body).__name__ for entry in rows]
        assert said[0] == "WarningRaised"
        assert (said[-1] == "WarningCleared") == cleared
        assert bool(service.picture.warnings) == (not cleared)


async def test_a_clearance_that_could_not_be_recorded_leaves_nothing_standing(
    tmp_path: Path,
) -> None:
    async with a_live(tmp_path) as (world, live):
        service = world.node.service
        clock = Clock(service)
        await report(live, clock, "a", owner="alpha")
        await report(live, clock, "b", owner="bravo")
        await live.tick()
        assert service.picture.warnings
        broken = failing(service, (ClearWarning,))
        for _ in range(40):
            clock.now_us += SECOND_US
            await report(live, clock, "a", owner="alpha", place=(48, 7))
            await report(live, clock, "b", owner="bravo")
            with contextlib.suppress(Overloaded):
                await live.tick()
        broken.clear()
        await live.tick()
        assert not [
            each
            for each in service.picture.warnings.values()
            if each.kind is not WarningKind.IMPLAUSIBLE  # it jumped
        ]


async def test_an_intent_told_before_a_restart_still_gives_a_notice_zone_its_users(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        zone = {
            "name": "Ring", "rule": "notice", "notice_minutes": 10,
            "volumes": [square(start=-120, end=60)], "reason": "x",
        }  # fmt: skip
        answer = await world.ask("charlie", "POST", "/zones", zone)
        assert answer.status_code == 201, answer.text
        body = flight(square(start=-120, end=60))
        assert (await world.ask("alpha", "POST", "/intents", body)).status_code == 201
        later = flight(square(start=30, end=60))  # who tells of later has not told of now
        assert (await world.ask("bravo", "POST", "/intents", later)).status_code == 201
    async with a_live(tmp_path) as (world, live):
        clock = Clock(world.node.service)
        await report(live, clock, "a", owner="alpha")
        await report(live, clock, "b", owner="bravo", place=(47.001, 7.501))
        await live.tick()
        incursions = [
            each
            for each in world.node.service.picture.warnings.values()
            if each.kind is WarningKind.INCURSION
        ]
        assert [each.objects[0].party for each in incursions] == ["bravo"]


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("kind", ["zone", "intent"])
@pytest.mark.parametrize("measured", ["bravo", "charlie"])
async def test_an_area_counts_for_longer_by_what_its_owners_or_the_feeds_clock_may_be_off(
    tmp_path: Path, kind: str, measured: str
) -> None:
    """Looked at two minutes ahead, an area in two and a half is one where a clock is fast."""
    async with a_live(tmp_path) as (world, live):
        clock = Clock(world.node.service)
        soon = format_rfc3339(clock.now_us + 150 * SECOND_US)
        area = {**square(), "start": soon, "end": format_rfc3339(clock.now_us + HOUR_US)}
        if kind == "zone":
            zone = {"name": "Ring", "rule": "keep-out", "volumes": [area], "reason": "x"}
            answer = await world.ask("charlie", "POST", "/zones", zone)
            assert answer.status_code == 201, answer.text
        else:
            intent = (await world.told("charlie", area))["intent"]
            step = ChangeIntentState(intent["id"], intent["ovn"], Step.ACTIVATE)
            await world.node.service.submit(Request(signer("charlie"), step))
        await report(live, clock, "b", owner="bravo", place=(47.001, 7.501))
        await live.tick()
        assert not list(world.node.service.picture.warnings)
        command = MeasureClock(0, 60 * SECOND_US)
        await world.node.service.submit(Request(signer(measured), command))
        await live.tick()
        (warning,) = world.node.service.picture.warnings.values()
        assert warning.kind is WarningKind.INCURSION


@pytest.mark.requirement("N-07")
async def test_the_warning_of_a_late_notice_reaches_both_and_is_cleared_when_its_time_is_over(
    tmp_path: Path,
) -> None:
    async with a_live(tmp_path) as (world, live):
        service = world.node.service
        clock = Clock(service)
        for party in ("alpha", "bravo"):  # under way already
            await world.told(party, square(start=-61, end=60))
        for party in ("alpha", "bravo"):
            page = (await world.ask(party, "GET", "/warnings")).json()
            assert [each["kind"] for each in page["warnings"]] == ["late notice"]
            assert len(page["warnings"][0]["objects"][0]["facts"]) >= 2
        await live.tick()
        assert service.picture.warnings, "it stands while the intent does"
        clock.now_us += 3 * HOUR_US
        await live.tick()
        assert not service.picture.warnings


@pytest.mark.parametrize("is_late", [False, True])
async def test_a_warning_that_is_seen_again_stands_so_in_the_record(
    tmp_path: Path, *, is_late: bool
) -> None:
    """is_late: that it was not seen could not be recorded before it was seen again."""
    async with a_live(tmp_path) as (world, live):
        service = world.node.service
        clock = Clock(service)

        def separation() -> StandingWarning:
            standing = service.picture.warnings.values()
            (found,) = [each for each in standing if each.kind is WarningKind.SEPARATION]
            return found

        for name in ("alpha", "bravo"):
            await report(live, clock, name, owner=name)
        await live.tick()
        raised = separation()
        broken = failing(service, (WorsenWarning,))
        if not is_late:
            broken.clear()
        clock.now_us += 70 * SECOND_US  # silence
        with contextlib.suppress(Overloaded):
            await live.tick()
        silent = separation()
        assert silent.last_known == (not is_late)
        for _ in range(5):
            clock.now_us += SECOND_US
            for name in ("alpha", "bravo"):
                await report(live, clock, name, owner=name)
            with contextlib.suppress(Overloaded):
                await live.tick()
        broken.clear()
        await live.tick()
        seen = separation()
        assert (seen.id, seen.last_known) == (raised.id, False)
        assert seen.updated_us > silent.updated_us
        for _ in range(3):  # and once is enough
            clock.now_us += SECOND_US
            for name in ("alpha", "bravo"):
                await report(live, clock, name, owner=name)
            await live.tick()
        assert separation() == seen


@pytest.mark.parametrize("error", [Overloaded(1), RecordRestored(1)])
async def test_a_watch_that_starts_on_a_record_that_decides_nothing_goes_on(
    tmp_path: Path, error: Exception
) -> None:
    async with a_world(tmp_path) as world:
        service = world.node.service
        clock = Clock(service)
        async with Live(service, CALM) as live:
            for name in ("alpha", "bravo"):
                await report(live, clock, name, owner=name)
            await live.tick()
        assert not next(iter(service.picture.warnings.values())).last_known
        tries, enough, real = [0], asyncio.Event(), service.submit

        async def submit(request: Any) -> Any:
            tries[0] += 1
            if tries[0] == 3:
                enough.set()
            if not enough.is_set():
                raise error
            return await real(request)

        service.submit = submit  # type: ignore[method-assign]
        looked = asyncio.Event()
        async with Live(service, LiveSettings(tick_s=0.001)) as live:
            tick = live.tick

            async def ticked() -> None:
                await tick()
                looked.set()

            live.tick = ticked  # type: ignore[method-assign]
            async with asyncio.timeout(60):
                await looked.wait()
            (warning,) = service.picture.warnings.values()
            assert warning.last_known
