"""A track out of its intent of its party and back: the state that follows, and what is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from api_world import World, a_world, flight, square
from wideberth.configuration import load_configuration
from wideberth.conformancetable import ConformanceTable
from wideberth.errors import Overloaded
from wideberth.faces.cli.conformance import words
from wideberth.live import Live, LiveSettings
from wideberth.model.conformance import FlightMeasured, MeasureFlight, StepByTrack, SteppedByTrack
from wideberth.model.entries import Entry, IntentStateChanged
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import IntentState
from wideberth.model.parties import How
from wideberth.picture.visibility import is_readable
from wideberth.space.time import HOUR_US, SECOND_US, format_rfc3339
from wideberth.watch.reports import PositionReport

IN, OUT = (47.005, 7.505), (47.02, 7.505)
CALM = LiveSettings(tick_s=3600)
ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")


@dataclass
class Watched:
    """A node with an intent of alpha that is under way, and the watch beside it."""

    world: World
    live: Live
    intent: IntentId
    now_us: int

    async def fly(
        self, place: tuple[float, float] | None, seconds: int, *, feed: PartyId = ALPHA
    ) -> None:
        """A position a second; None: none."""
        for _ in range(seconds):
            self.now_us += SECOND_US
            if place is not None:
                report = PositionReport(
                    "drone", self.now_us, *place, 50.0, ground_speed_m_s=0.0, course_deg=0.0,
                    accuracy_m=1.0, owner=ALPHA,
                )  # fmt: skip
                await self.live.observe([report], feed="f", feed_party=feed)
            await self.live.tick()

    @property
    def state(self) -> IntentState:
        return self.world.node.service.picture.intents[self.intent].state

    async def entries(self, *kinds: type) -> list[Entry]:
        service = self.world.node.service
        entries = await service.entries_at(range(service.picture.size))
        return [each for each in entries if isinstance(each.body, kinds)]


@contextlib.asynccontextmanager
async def watched(
    folder: Path, *, by_track: bool = True, settings: LiveSettings = CALM
) -> AsyncIterator[Watched]:
    async with a_world(folder) as world:
        service = world.node.service
        told = flight(square(start=-60, end=120), state_by_track=by_track, activated=True)
        answer = await world.ask("alpha", "POST", "/intents", told)
        assert answer.status_code == 201, answer.text
        assert answer.json()["intent"].get("state_by_track", False) == by_track
        async with Live(service, settings) as live:
            intent_id = IntentId(answer.json()["intent"]["id"])
            scene = Watched(world, live, intent_id, service.context().now_us)
            service._clock_us = lambda: scene.now_us
            yield scene


async def test_an_intent_follows_its_track_out_and_back(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        await scene.fly(IN, 3)
        await scene.fly(OUT, 5)  # since 4 s
        assert scene.state is IntentState.ACTIVATED
        await scene.fly(OUT, 1)
        assert scene.state is IntentState.NONCONFORMING
        shown = await scene.world.ask("bravo", "GET", f"/intents/{scene.intent}")
        assert shown.json()["state"] == "Nonconforming"
        await scene.fly(OUT, 20)
        await scene.fly(IN, 1)
        assert scene.state is IntentState.ACTIVATED
        steps = await scene.entries(IntentStateChanged)
        assert [each.author.how for each in steps] == [How.SYSTEM, How.SYSTEM]
        because = [each.body for each in await scene.entries(SteppedByTrack)]
        assert [each.step.value for each in because] == ["declare-nonconforming", "activate"]
        assert because[0].rule == "track-outside/1"
        assert because[0].position_us - because[0].outside_since_us == 5 * SECOND_US
        assert because[1].outside_since_us is None


async def test_after_a_minute_it_is_contingent_and_never_comes_back_by_rule(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        await scene.fly(IN, 2)
        await scene.fly(OUT, 6)
        assert scene.state is IntentState.NONCONFORMING
        await scene.fly(OUT, 58)
        assert scene.state is IntentState.NONCONFORMING
        await scene.fly(OUT, 2)
        assert scene.state is IntentState.CONTINGENT
        await scene.fly(IN, 30)
        assert scene.state is IntentState.CONTINGENT


async def test_a_node_sets_how_long_outside_is_nonconforming_and_contingent(
    tmp_path: Path,
) -> None:
    table = load_configuration(
        tmp_path / "wideberth.toml",
        {
            "WIDEBERTH_CONFORMANCE__NONCONFORMING_AFTER_S": "12",
            "WIDEBERTH_CONFORMANCE__CONTINGENT_AFTER_S": "20",
        },
    ).conformance
    settings = LiveSettings(tick_s=3600, limits=table.limits(), states=table.states())
    async with watched(tmp_path / "node", settings=settings) as scene:
        await scene.fly(IN, 2)
        await scene.fly(OUT, 12)
        assert scene.state is IntentState.ACTIVATED
        await scene.fly(OUT, 1)
        assert scene.state is IntentState.NONCONFORMING
        await scene.fly(OUT, 19)
        assert scene.state is IntentState.NONCONFORMING
        await scene.fly(OUT, 1)
        assert scene.state is IntentState.CONTINGENT


async def test_silence_is_no_return(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        await scene.fly(IN, 2)
        await scene.fly(OUT, 6)
        await scene.fly(None, 61)
        assert scene.state is IntentState.CONTINGENT


async def test_the_minute_goes_on_over_a_restart(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        await scene.fly(IN, 2)
        await scene.fly(OUT, 6)
        assert scene.state is IntentState.NONCONFORMING
        async with Live(scene.world.node.service, CALM) as again:
            scene.live = again
            await scene.fly(None, 61)
            assert scene.state is IntentState.CONTINGENT


async def test_what_its_party_did_not_want_or_did_itself_is_left_alone(tmp_path: Path) -> None:
    async with watched(tmp_path / "not", by_track=False) as scene:
        await scene.fly(IN, 2)
        await scene.fly(OUT, 70)
        assert scene.state is IntentState.ACTIVATED
    async with watched(tmp_path / "own") as scene:
        await scene.fly(IN, 2)
        intent = scene.world.node.service.picture.intents[scene.intent]
        step = {"ovn": intent.ovn, "step": "declare-nonconforming"}
        answer = await scene.world.ask("alpha", "POST", f"/intents/{scene.intent}/state", step)
        assert answer.status_code == 200, answer.text
        await scene.fly(IN, 70)
        assert scene.state is IntentState.NONCONFORMING


async def test_nobody_elses_feed_changes_what_a_party_told(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        await scene.fly(IN, 2, feed=BRAVO)
        await scene.fly(OUT, 70, feed=BRAVO)
        assert scene.state is IntentState.ACTIVATED
        async with Live(scene.world.node.service, CALM) as scene.live:
            await scene.fly(IN, 3, feed=BRAVO)
        assert not await scene.entries(FlightMeasured)


async def test_what_a_flight_came_to_is_kept_and_is_its_partys_alone(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        await scene.fly(IN, 11)
        await scene.fly(OUT, 4)
        await scene.fly(IN, 6)
        assert not await scene.entries(FlightMeasured)
        answer = await scene.world.ask(
            "alpha",
            "POST",
            f"/intents/{scene.intent}/state",
            {"ovn": scene.world.node.service.picture.intents[scene.intent].ovn, "step": "end"},
        )
        assert answer.status_code == 200, answer.text
        await scene.fly(IN, 1)
        (entry,) = await scene.entries(FlightMeasured)
        body = entry.body
        assert isinstance(body, FlightMeasured)
        assert (body.party, body.intent) == (ALPHA, scene.intent)
        assert (body.track, body.feed) == ("drone", "f")
        # A second from each position to the next: the last one in counts up to the first outside.
        assert (body.inside_us, body.outside_us, body.unknown_us) == (16_000_000, 4_000_000, 0)
        assert (body.excursions, body.longest_us) == (1, 4_000_000)
        picture = scene.world.node.service.picture
        assert is_readable(picture, entry, ALPHA)
        assert not is_readable(picture, entry, BRAVO)


async def test_a_party_is_told_how_its_own_flights_kept_to_their_intents(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        await scene.fly(IN, 11)
        await scene.fly(OUT, 20)
        await scene.fly(IN, 5)
        intent = scene.world.node.service.picture.intents[scene.intent]
        step = {"ovn": intent.ovn, "step": "end"}
        await scene.world.ask("alpha", "POST", f"/intents/{scene.intent}/state", step)
        await scene.fly(None, 1)
        until = quote(format_rfc3339(scene.now_us + SECOND_US))
        asked = f"/conformance?to={until}"
        said = (await scene.world.ask("alpha", "GET", asked)).json()
        assert (said["flights"], said["inside_s"], said["outside_s"]) == (1, 15.0, 20.0)
        assert (said["excursions"], said["longest_excursion_s"]) == (1, 20.0)
        assert (said["nonconforming"], said["contingent"]) == (1, 0)
        assert said["beyond"] == ["inside", "longest", "per-hour"]
        assert not said["enough"]
        assert "beyond the limits: an excursion of more than 10 s" in words(said)
        other = (await scene.world.ask("bravo", "GET", asked)).json()
        assert (other["flights"], other["share_inside"], other["nonconforming"]) == (0, None, 0)
        assert words(other)[1].startswith("no flight was counted")
        before = quote(format_rfc3339(scene.now_us - 30 * SECOND_US))
        early = await scene.world.ask("alpha", "GET", f"/conformance?to={before}")
        assert early.json()["flights"] == 0


async def test_a_party_is_told_that_its_own_flights_are_beyond_the_limits(tmp_path: Path) -> None:
    async with watched(tmp_path) as scene:
        world, node = scene.world, scene.world.node
        before = (await world.ask("alpha", "GET", "/conformance")).json()
        assert (before["analysis"], before["next_analysis"]) == (None, None)
        measured = FlightMeasured(
            ALPHA, scene.intent, "drone", "f", 0, 0, scene.now_us, 35_000 * SECOND_US,
            5_000 * SECOND_US, 0, 300, 12 * SECOND_US,
        )  # fmt: skip
        await node.command(MeasureFlight(measured))
        scene.now_us += 23 * HOUR_US
        assert await node.analysing.look() == 1
        (notice,) = (await world.ask("alpha", "GET", "/notices?state=open")).json()["notices"]
        own = notice["conformance"]
        assert own["beyond"] == ["inside", "longest", "per-hour"]
        assert (own["share_inside"], own["late"]) == (0.875, False)
        assert own["excursions_per_hour"] == pytest.approx(27)
        assert ("sender" in notice, "subject" in notice) == (False, False)
        said = (await world.ask("alpha", "GET", "/conformance")).json()
        analysis = said["analysis"]
        assert (analysis["number"], analysis["notice"]) == (1, notice["id"])
        assert not analysis["late"]
        assert said["next_analysis"] > analysis["analysed"]
        line = f"beyond the limits, told by notice {notice['id']}"
        assert any(each.endswith(line) for each in words(said))
        # It is answered as any other: RECEIVED, and then a role attests that it is loaded.
        answer = {"verb": "RECEIVED"}
        path = f"/notices/{notice['id']}/acknowledgements"
        assert (await world.ask("alpha", "POST", path, answer)).status_code == 201
        for other in ("bravo", "charlie"):
            page = (await world.ask(other, "GET", "/notices?state=all")).json()
            assert page["notices"] == []
            theirs = (await world.ask(other, "GET", "/conformance")).json()
            assert (theirs["flights"], theirs["analysis"], theirs["next_analysis"]) == (
                0,
                None,
                None,
            )
            assert (await world.ask(other, "GET", f"/notices/{notice['id']}")).status_code == 404
            assert (await world.ask(other, "POST", path, answer)).status_code == 404


async def test_flights_are_held_against_the_limits_of_the_node_which_are_said(
    tmp_path: Path,
) -> None:
    limits = ConformanceTable(
        least_inside_percent=42.5, longest_excursion_s=20, enough_hours=0.001
    ).limits()
    settings = LiveSettings(tick_s=3600, limits=limits)
    async with watched(tmp_path, settings=settings) as scene:
        scene.world.app.desk.live = scene.live
        for place, seconds in ((IN, 11), (OUT, 20), (IN, 5)):
            await scene.fly(place, seconds)
        intent = scene.world.node.service.picture.intents[scene.intent]
        step = {"ovn": intent.ovn, "step": "end"}
        await scene.world.ask("alpha", "POST", f"/intents/{scene.intent}/state", step)
        await scene.fly(None, 1)
        until = quote(format_rfc3339(scene.now_us + SECOND_US))
        said = (await scene.world.ask("alpha", "GET", f"/conformance?to={until}")).json()
        assert said["share_inside"] == pytest.approx(15 / 35)
        assert (said["beyond"], said["enough"]) == (["per-hour"], True)
        told = said["limits"]
        assert (told["share_inside"], told["longest_excursion_s"]) == (0.425, 20.0)
        assert any(line.endswith("(at least 42.5%)") for line in words(said))


@pytest.mark.parametrize("asked", ["from=x", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
                                   "from=2020-01-01T00:00:00Z"])  # fmt: skip
async def test_a_period_that_is_none_is_refused(tmp_path: Path, asked: str) -> None:
    async with a_world(tmp_path) as world:
        answer = await world.ask("alpha", "GET", f"/conformance?{asked}")
        assert answer.status_code == 400, answer.text
        assert "from" in answer.json()["field"]


async def test_a_flight_under_way_is_kept_when_the_node_stops(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        answer = await world.ask(
            "alpha", "POST", "/intents", flight(square(start=-60, end=120), activated=True)
        )
        service = world.node.service
        async with Live(service, CALM) as live:
            intent_id = IntentId(answer.json()["intent"]["id"])
            scene = Watched(world, live, intent_id, service.context().now_us)
            service._clock_us = lambda: scene.now_us
            await scene.fly(IN, 5)
        (entry,) = await scene.entries(FlightMeasured)
        assert entry.body.until_us - entry.body.from_us == 4 * SECOND_US


async def test_a_flight_is_kept_once_when_the_node_stops_while_it_is_recorded(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as scene:
        service = scene.world.node.service
        real, is_kept, may_end = service.submit, asyncio.Event(), asyncio.Event()

        async def submit(request):
            said = await real(request)
            if isinstance(request.command, MeasureFlight):
                is_kept.set()
                await may_end.wait()
            return said

        await scene.fly(IN, 3)
        intent = service.picture.intents[scene.intent]
        step = {"ovn": intent.ovn, "step": "end"}
        await scene.world.ask("alpha", "POST", f"/intents/{scene.intent}/state", step)
        service.submit = submit  # type: ignore[method-assign]
        look = asyncio.create_task(scene.fly(None, 1))
        await is_kept.wait()
        look.cancel()
        await asyncio.gather(look, return_exceptions=True)
        asyncio.get_running_loop().call_soon(may_end.set)
    assert len(await scene.entries(FlightMeasured)) == 1


@pytest.mark.parametrize("kind", [MeasureFlight, StepByTrack])
async def test_what_cannot_be_recorded_waits(tmp_path: Path, kind: type) -> None:
    async with watched(tmp_path) as scene:
        service = scene.world.node.service
        real, broken = service.submit, [True]

        async def submit(request):
            if broken and isinstance(request.command, kind):
                raise Overloaded(1)
            return await real(request)

        service.submit = submit  # type: ignore[method-assign]
        await scene.fly(IN, 3)
        with contextlib.suppress(Overloaded):
            await scene.fly(OUT, 6)
        if kind is MeasureFlight:
            intent = service.picture.intents[scene.intent]
            step = {"ovn": intent.ovn, "step": "end"}
            await scene.world.ask("alpha", "POST", f"/intents/{scene.intent}/state", step)
            with pytest.raises(Overloaded):
                await scene.fly(None, 1)
        broken.clear()
        await scene.fly(OUT if kind is StepByTrack else None, 1)
        kept = FlightMeasured if kind is MeasureFlight else SteppedByTrack
        assert len(await scene.entries(kept)) == 1
