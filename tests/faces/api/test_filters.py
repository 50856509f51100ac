"""What a filter leaves out, against a slow reading of the whole stream: what a listener gets is
what it may see, less what it did not ask for, in order, each once, wherever its line is cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api_world import World, a_world, flight, square
from stream_lines import Line, Seen, SocketLine, at_least
from wideberth.faces.api import filters, lines
from wideberth.faces.api.areas import Slab, area_of_footprint
from wideberth.model.commands import ClearWarning, RaiseWarning, Request, WorsenWarning
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.parties import SYSTEM
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.service import Applied
from wideberth.space import prepared
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.space.volume import circle

LOW, HIGH = (0.0, 120.0), (1000.0, 1200.0)
NORTH_SOUTH, WEST_EAST = 0.1, 0.1  # degrees between the corners of places


def corner(row: int, column: int) -> tuple[float, float]:
    """The south-western corner of a place: some 11 km by 7.6 km apart, each 1.1 km wide at most."""
    return 47.0 + row * NORTH_SOUTH, 7.0 + column * WEST_EAST


def volume(row: int, column: int, band: tuple[float, float]) -> dict[str, Any]:
    return square(*corner(row, column), lower_m=band[0], upper_m=band[1])


@dataclass(frozen=True)
class Asked:
    """A filter: an area about the first place, in one of its forms, a band, and kinds."""

    shape: str = ""
    size: int = 0
    band: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        half_lat, half_lon = NORTH_SOUTH * (self.size + 0.5), WEST_EAST * (self.size + 0.5)
        south, west, north, east = 47 - half_lat, 7 - half_lon, 47 + half_lat, 7 + half_lon
        ring = [(south, west), (south, east), (north, east), (north, west)]
        said = {
            "": "",
            "box": f"&south={south}&west={west}&north={north}&east={east}",
            "circle": f"&circle=47,7,{(4_000, 20_000)[self.size]}",
            "polygon": "&polygon=" + ";".join(f"{lat},{lon}" for lat, lon in ring),
        }[self.shape]
        kinds = f"&kinds={','.join(self.kinds)}" if self.kinds else ""
        return said + {"": "", "low": "&upper_m=500", "high": "&lower_m=500"}[self.band] + kinds

    # The reference: plainly, on what stands in the event.

    def away_m(self, latitude: float, longitude: float) -> float:
        """How far from the area a point is; a plane is good enough for places so far apart."""
        north_m, east_m = (latitude - 47) * 111_200, (longitude - 7) * 75_900
        if self.shape == "":
            return 0.0
        if self.shape == "circle":
            return max(0.0, math.hypot(north_m, east_m) - (4_000, 20_000)[self.size])
        half = self.size + 0.5
        return math.hypot(
            max(0.0, abs(north_m) - half * NORTH_SOUTH * 111_200),
            max(0.0, abs(east_m) - half * WEST_EAST * 75_900),
        )

    def off_m(self, lower_m: float, upper_m: float) -> float:
        return {"": 0.0, "low": lower_m - 500, "high": 500 - upper_m}[self.band]

    def volumes_in(self, volumes: list[dict[str, Any]]) -> bool:
        return any(
            self.off_m(each["lower"]["value"], each["upper"]["value"]) <= 0
            and any(
                self.away_m(latitude, longitude) <= 0
                for longitude, latitude in each["footprint"]["coordinates"][0]
            )
            for each in volumes
        )

    def warning_in(self, seen: dict[str, Any]) -> bool:
        fixes = [each["fix"] for each in seen["objects"] if "fix" in each]
        time_s = seen.get("time_s") or 0
        return not fixes or any(
            self.away_m(fix["latitude"], fix["longitude"]) <= 340 * time_s
            and (
                "altitude_m" not in fix
                or self.off_m(fix["altitude_m"], fix["altitude_m"]) <= 100 * time_s
            )
            for fix in fixes
        )


def reference(whole: list[Seen], asked: Asked) -> list[Seen]:
    """What is left of a whole stream."""
    heard: set[str] = set()
    return [event for event in whole if _is_left(event, asked, heard)]


def _is_left(event: Seen, asked: Asked, heard: set[str]) -> bool:
    _, name, data = event
    kinds = asked.kinds
    if kinds and name not in kinds:
        if name in {"intent", "zone", "notification"}:
            return False
        if name == "acknowledgement":
            return data["acknowledgement"]["verb"] in {"CANNOT-COMPLY", "DISPUTED"}
    if not asked.shape and not asked.band:
        return True
    match name, data:
        case ("intent" | "notification", {"change": "told" | "stepped", "intent": intent}):
            return asked.volumes_in(intent["volumes"])
        case "zone", {"zone": {"version": 1, "volumes": volumes}}:
            return asked.volumes_in(volumes)
        case "warning", {"warning": seen}:
            if asked.warning_in(seen):
                heard.add(seen["id"])
            return seen["id"] in heard
        case _:
            return True


@dataclass
class Play:
    """Things that happen to alpha, of which some are told and then change."""

    world: World
    intents: list[dict[str, Any]] = field(default_factory=list)
    warnings: dict[int, StandingWarning] = field(default_factory=dict)
    raised: int = 0

    async def begin(self) -> None:
        body = {"volume": square(46.5, 6.5, side=2.0, upper_m=5000)}
        answer = await self.world.ask("alpha", "POST", "/subscriptions", body)
        assert answer.status_code == 201, answer.text

    async def act(self, step: tuple[str, int, int, int]) -> None:
        what, which, row, column = step
        band = (LOW, HIGH)[which % 2]
        match what:
            case "tell":
                party = ("alpha", "bravo")[which % 2]
                told = await self.world.told(
                    party, volume(row, column, (LOW, HIGH)[which // 2 % 2])
                )
                self.intents.append({"party": party, **told["intent"]})
            case "amend" | "end" if self.intents:
                await self._change(what, which % len(self.intents), volume(row, column, band))
            case "zone":
                body = {
                    "name": f"zone {which}", "rule": "notice", "notice_minutes": 5,
                    "reason": "withheld", "volumes": [volume(row, column, band)],
                }  # fmt: skip
                answer = await self.world.ask("alpha", "POST", "/zones", body)
                assert answer.status_code == 201, answer.text
            case "warn":
                await self._warn(which, row, column)
            case _:
                pass

    async def _change(self, what: str, at: int, there: dict[str, Any]) -> None:
        intent = self.intents[at]
        path = f"/intents/{intent['id']}"
        if what == "end":
            step = {"ovn": intent["ovn"], "step": "end"}
            answer = await self.world.ask(intent["party"], "POST", f"{path}/state", step)
            self.intents.pop(at)
        else:
            body = flight(there, ovn=intent["ovn"])
            answer = await self.world.ask(intent["party"], "PUT", path, body)
            if answer.status_code == 200:
                intent["ovn"] = answer.json()["intent"]["ovn"]
        is_same = answer.status_code == 400 and answer.json()["rule"] == "nothing-changed"
        assert is_same or answer.status_code in (200, 409), answer.text

    async def _warn(self, which: int, row: int, column: int) -> None:
        """Raise, worsen or clear one of four warnings, wherever its track is now."""
        latitude, longitude = corner(row, column)
        height = (60_000, 1_100_000, None)[which % 3]
        fix = TrackFix(round(latitude * 1e9), round(longitude * 1e9), 0, height)
        name = which % 4
        before = self.warnings.get(name)
        self.raised += before is None
        form = StandingWarning(
            id=WarningId(f"warning-{self.raised}") if before is None else before.id,
            kind=WarningKind.SEPARATION,
            rule="watch/pair-separation/1",
            objects=(WarningObject("track", "alpha/one", PartyId("alpha"), ("a", "b"), fix),),
            parties=(PartyId("alpha"),),
            raised_us=0,
            updated_us=0,
            time_us=(None, 30 * SECOND_US)[which % 2],
        )
        if before is None:
            command: Any = RaiseWarning(form)
            self.warnings[name] = form
        elif which % 3 == 0:
            command = ClearWarning(form)
            del self.warnings[name]
        else:
            command = WorsenWarning(form)
        done = await self.world.node.service.submit(Request(SYSTEM, command))
        assert isinstance(done, Applied)


steps = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", "amend", "end", "zone", "warn", "warn"]),
        st.integers(0, 11),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=10,
)
filters_asked = st.builds(
    Asked,
    st.sampled_from(["", "box", "circle", "polygon"]),
    st.integers(0, 1),
    st.sampled_from(["", "", "low", "high"]),
    st.lists(st.sampled_from(["intent", "zone", "notification", "stop"]), unique=True).map(tuple),
)
carriers = st.sampled_from([Line, SocketLine])


async def heard_in_pieces(
    world: World, asked: Asked, cuts: list[int], carrier: type[Line], writing: asyncio.Task[None]
) -> list[Seen]:
    """All that comes, on one line after another, each cut after so many events."""
    got: list[Seen] = []

    async def listen(enough: Any, within_s: float = 20) -> None:
        last = str(_last(got))
        line = carrier(world, "alpha", f"/stream?after=0{asked.query}", last_event_id=last)
        with contextlib.suppress(TimeoutError):  # there may be no more yet
            await line.until(enough, within_s=within_s)
        await line.close()
        got.extend(line.events)

    for cut in cuts:
        await listen(at_least(cut), within_s=0.1)
    await writing
    history = world.node.service.picture.history
    assert history is not None
    end = history.stream_end(PartyId("alpha"))
    # What was left out last is said with the next heartbeat.
    await listen(lambda events: max(_last(events), _last(got)) >= end)
    return got


def _last(got: list[Seen]) -> int:
    return max((number for number, _, _ in got if number is not None), default=0)


async def played(
    folder: Any, actions: list[Any], asked: Asked, cuts: list[int], carrier: type[Line]
) -> None:
    with mock.patch.object(lines, "HEARTBEAT_S", 0.1):
        await _played(folder, actions, asked, cuts, carrier)


async def _played(
    folder: Any, actions: list[Any], asked: Asked, cuts: list[int], carrier: type[Line]
) -> None:
    async with a_world(folder) as world:
        play = Play(world)
        await play.begin()

        async def write() -> None:
            for step in actions:
                await play.act(step)

        got = await heard_in_pieces(world, asked, cuts, carrier, asyncio.create_task(write()))
        history = world.node.service.picture.history
        assert history is not None
        end = history.stream_end(PartyId("alpha"))
        whole = Line(world, "alpha", "/stream")
        everything = await whole.until(at_least(end))
        await whole.close()
        wanted = reference(everything, asked)
        heard = [each for each in got if each[0] is not None and each[1] != "left-out"]
        assert [each[:2] for each in heard] == [each[:2] for each in wanted]
        told: list[int] = []
        for number, name, data in got:  # what was said and what was left out are all there is
            if name == "left-out":
                assert number == data["last"]
                told += range(data["first"], data["last"] + 1)
            elif number is not None:
                told.append(number)
        assert told == list(range(1, end + 1))


SLOW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(steps, filters_asked, st.lists(st.integers(0, 4), max_size=4), carriers)
@SLOW
def test_a_listener_gets_what_it_asked_for_each_once_wherever_its_line_is_cut(
    tmp_path_factory: Any, actions: list[Any], asked: Asked, cuts: list[int], carrier: type[Line]
) -> None:
    folder = tmp_path_factory.mktemp("filters")
    asyncio.run(played(folder, actions, asked, cuts, carrier))


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(("_is_intent_in", lambda *_: True), id="an intent anywhere is heard"),
        pytest.param(("_is_warning_in", lambda *_: False), id="a warning is left out"),
    ],
)
def test_a_planted_fault_is_found(
    tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch, planted: tuple[str, Any]
) -> None:
    monkeypatch.setattr(filters.Wanted, *planted)
    area = st.builds(Asked, st.just("box"), st.integers(0, 1))

    @given(steps, area, st.just([]), st.just(Line))
    @settings(SLOW, max_examples=60, phases=[Phase.generate], derandomize=True, database=None)
    def listening(actions: list[Any], asked: Asked, cuts: list[int], carrier: type[Line]) -> None:
        folder = tmp_path_factory.mktemp("planted")
        asyncio.run(played(folder, actions, asked, cuts, carrier))

    with pytest.raises(AssertionError):
        listening()


async def test_what_is_compared_with_an_area_drives_out_nothing_that_is_remembered(
    world: World,
) -> None:
    play = Play(world)
    await play.begin()
    for step, column in (("tell", 0), ("amend", 1), ("end", 0), ("zone", 0), ("warn", 0)):
        await play.act((step, 0, 0, column))
    world.app.desk.live.show_feed(PartyId("alpha"), "radar", "all")
    time = format_rfc3339(world.node.service.context().now_us)
    report = {"track": "one", "latitude": 47.0, "longitude": 7.0, "time": time}
    answer = await world.ask("alpha", "POST", "/tracks", {"feed": "radar", "reports": [report]})
    assert answer.json()["accepted"] == 1
    history = world.node.service.picture.history
    assert history is not None
    end = history.stream_end(PartyId("alpha"))
    await world.app.desk.live.tick()  # what stands is prepared for the watch
    before = prepared._prepare_small.cache_info()
    for asked in (Asked("circle"), Asked("polygon"), Asked("box", band="low")):
        line = Line(world, "alpha", f"/stream?after=0{asked.query}")
        heard = await line.until(lambda events: _last(events) >= end)
        assert {"intent", "zone", "warning"} <= {name for _, name, _ in heard}
        await line.close()
        line = Line(world, "alpha", f"/tracks/stream?{asked.query[1:]}")
        await line.until(at_least(1))
        await line.close()
    assert prepared._prepare_small.cache_info().misses == before.misses


async def test_what_was_said_of_a_warning_far_away_is_judged_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    play, judged = Play(world), list[int]()
    for which, row in ((1, 3), (1, 3), (1, 0), (1, 3), (1, 3)):
        await play.act(("warn", which, row, 0))
    is_warning_in = filters.Wanted._is_warning_in

    def counted(self: filters.Wanted, *rest: Any) -> bool:
        judged.append(1)
        return is_warning_in(self, *rest)

    monkeypatch.setattr(filters.Wanted, "_is_warning_in", counted)
    desk, party = world.app.desk, PartyId("alpha")
    area = area_of_footprint(circle(47.0, 7.0, 4_000), Slab(), desk.picture)
    wanted, heard = filters.Wanted(area=area), filters.Heard()
    events = await desk.service.events(party, 0, 100)
    for expected, count, event in zip(
        (False, False, True, True, True), (1, 1, 1, 2, 2), events, strict=True
    ):
        judged.clear()
        assert await wanted.hears(desk, event, party, heard.anew({})) is expected
        assert len(judged) == count  # what it says, and where it was in the area first
    judged.clear()
    assert await wanted.hears_update(desk, play.warnings[1], party, heard.anew({}))
    assert len(judged) == 2
    for _ in range(2):  # what one listener heard of is not judged any more
        assert await wanted.hears(desk, events[-1], party, heard)
        assert len(judged) == 4
