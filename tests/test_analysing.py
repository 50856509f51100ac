"""Flights are held against the limits in time, whatever is down meanwhile, and recounted slowly."""

from __future__ import annotations

import asyncio
from itertools import count, pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from scenes import START_US
from wideberth import analysing
from wideberth.analysing import Analysing
from wideberth.errors import Overloaded
from wideberth.model.commands import Command, OpenSpace, RegisterParty, Request
from wideberth.model.conformance import (
    AnalyseConformance,
    ConformanceAnalysed,
    FlightMeasured,
    MeasureFlight,
)
from wideberth.model.entries import NoticeIssued
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.parties import SYSTEM
from wideberth.model.settings import DEFAULT_RULES
from wideberth.picture.analyses import AnalysisTimes
from wideberth.picture.flown import ConformanceLimits
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.service import Applied, Service, Settings
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, SECOND_US

ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")
LIMITS, TIMES = ConformanceLimits(), AnalysisTimes()


class Node:
    """A record with a clock that is a number; what runs beside it may be stopped and begun."""

    def __init__(self) -> None:
        self.record = MemoryRecord(OriginKey("test.example/space", bytes(32)))
        self.now_us = START_US
        self._ids, self._names = count(1), count(1)
        self.service = self._service()
        self.analysing = Analysing(self.service)

    def _service(self) -> Service:
        return Service(
            self.record,
            settings=Settings(poll_s=3600),
            clock_us=lambda: self.now_us,
            ids=lambda: f"id{next(self._ids)}",
        )

    async def begin(self) -> Node:
        await self.service.__aenter__()
        if not self.service.picture.size:
            await self.ask(OpenSpace("test.example/space", "test host", DEFAULT_RULES))
            for party in (ALPHA, BRAVO):
                await self.ask(RegisterParty(party, party))
        return self

    async def stop(self) -> None:
        await self.service.__aexit__(None, None, None)

    async def restart(self) -> None:
        """What is in memory is gone."""
        await self.stop()
        self.service = self._service()
        self.analysing = Analysing(self.service)
        await self.begin()

    async def ask(self, command: Command) -> Applied:
        answer = await self.service.submit(Request(SYSTEM, command))
        assert isinstance(answer, Applied), answer
        return answer

    async def fly(
        self, party: PartyId = ALPHA, *, inside_s: float = 3600, outside_s: float = 0,
        excursions: int = 0, longest_s: float = 0, ago_us: int = 0,
    ) -> None:  # fmt: skip
        """A flight that ended so long ago is recorded now."""
        known_us = round((inside_s + outside_s) * SECOND_US)
        until_us = self.now_us - ago_us
        flight = FlightMeasured(
            party, IntentId(f"i{next(self._names)}"), "drone", "f", until_us - known_us,
            until_us - known_us, until_us, round(inside_s * SECOND_US),
            round(outside_s * SECOND_US), 0, excursions, round(longest_s * SECOND_US),
        )  # fmt: skip
        await self.ask(MeasureFlight(flight))

    async def entries(self, *kinds: type) -> list:
        picture = self.service.picture
        return [
            (entry.time_us, entry.body)
            for entry in await self.service.entries_at(range(picture.size))
            if isinstance(entry.body, kinds)
        ]

    async def analyses(self) -> list[ConformanceAnalysed]:
        return [body for _, body in await self.entries(ConformanceAnalysed)]

    async def notices(self) -> list:
        return [body.notice for _, body in await self.entries(NoticeIssued)]


async def bad(node: Node, party: PartyId = ALPHA, **more: float) -> None:
    """Eleven hours, a tenth of them outside."""
    await node.fly(party, inside_s=9.9 * 3600, outside_s=1.1 * 3600, **more)


async def test_it_is_done_within_a_day_again_and_again_while_flights_are_in_the_period() -> None:
    node = await Node().begin()
    await node.fly()
    begun_us = node.now_us
    looks = 0
    while node.now_us < begun_us + 12 * DAY_US:
        node.now_us += 10 * MINUTE_US
        looks += await node.analysing.look()
    times = [begun_us] + [time_us for time_us, _ in await node.entries(ConformanceAnalysed)]
    assert len(times) - 1 == looks == 7
    assert all(0 < b - a <= DAY_US for a, b in pairwise(times))
    said = await node.analyses()
    assert [each.number for each in said] == [1, 2, 3, 4, 5, 6, 7]
    assert not any(each.late or each.notice for each in said)
    # The last one still had it: a period before its end lies before the flight's.
    assert all(each.summed.flights == 1 for each in said)
    assert await node.analysing.due_us(ALPHA) is None
    assert await node.analysing.due_us(BRAVO) is None
    # A flight after a pause is waited for anew, and nothing of the pause is late.
    await node.fly()
    assert await node.analysing.due_us(ALPHA) == node.now_us + DAY_US
    await node.stop()


async def test_what_is_beyond_the_limits_is_told_to_that_party_alone_and_once() -> None:
    node = await Node().begin()
    await bad(node)
    await node.fly(BRAVO)
    node.now_us += 23 * HOUR_US
    assert await node.analysing.look() == 2
    (notice,) = await node.notices()
    assert (notice.recipient, notice.sender, notice.subject) == (ALPHA, None, None)
    assert notice.conformance.summed.beyond == ("inside",)
    assert not notice.conformance.late
    node.now_us += DAY_US
    await node.analysing.look()
    assert len(await node.notices()) == 1  # nothing new to tell
    assert [each.notice for each in await node.analyses() if each.party == ALPHA] == [notice.id] * 2
    await bad(node)
    node.now_us += DAY_US
    await node.analysing.look()
    _, again = await node.notices()
    assert again.supersedes == (notice.id,)
    await node.stop()


async def test_too_little_says_nothing_until_the_period_is_over() -> None:
    node = await Node().begin()
    await node.fly(inside_s=60, outside_s=60, excursions=1, longest_s=60)
    for _ in range(6):
        node.now_us += DAY_US - HOUR_US
        await node.analysing.look()
    assert await node.notices() == []
    assert (await node.analyses())[0].summed.beyond == ("inside", "longest", "per-hour")
    await node.fly()
    node.now_us += 2 * DAY_US
    await node.analysing.look()
    assert len(await node.notices()) == 1
    await node.stop()


async def test_what_was_due_while_the_node_was_down_is_done_at_once_and_said_late() -> None:
    node = await Node().begin()
    await bad(node)
    due_us = node.now_us + DAY_US
    node.now_us += 9 * DAY_US
    await node.restart()
    async with node.analysing, asyncio.timeout(60):
        while not await node.analyses():  # noqa: ASYNC110 - the loop beside it has its turn
            await asyncio.sleep(0)
    (said,) = await node.analyses()
    assert (said.due_us, said.late, said.summed.flights) == (due_us, True, 1)
    assert said.summed.from_us == due_us - LIMITS.period_us
    (notice,) = await node.notices()
    assert notice.conformance.late
    assert not said.told_late
    await node.stop()


async def test_a_restart_in_time_makes_nothing_late_and_repeats_nothing() -> None:
    node = await Node().begin()
    await bad(node)
    node.now_us += 23 * HOUR_US
    assert await node.analysing.look() == 1
    await node.restart()
    assert await node.analysing.look() == 0
    assert not (await node.analyses())[0].late
    await node.stop()


async def test_of_two_processes_one_records_it() -> None:
    node = await Node().begin()
    await bad(node)
    other = node._service()
    await other.__aenter__()
    node.now_us += 23 * HOUR_US
    both = [node.analysing, Analysing(other)]
    assert sum(await asyncio.gather(*(each.look() for each in both))) == 1
    assert len(await node.notices()) == len(await node.analyses()) == 1
    await other.__aexit__(None, None, None)
    await node.stop()


async def test_what_cannot_be_recorded_is_told_late_where_that_lasts() -> None:
    node = await Node().begin()
    await bad(node)
    real, broken = node.service.submit, [True]

    async def submit(request: Request) -> object:
        if broken and isinstance(request.command, AnalyseConformance):
            raise Overloaded(1)
        return await real(request)

    node.service.submit = submit  # type: ignore[method-assign]
    node.now_us += 23 * HOUR_US
    with pytest.raises(Overloaded):
        await node.analysing.look()
    node.now_us += TIMES.tell_within_us + 1
    broken.clear()
    await node.analysing.look()
    (said,) = await node.analyses()
    assert said.told_late
    assert said.late
    assert (await node.notices())[0].conformance.late
    await node.stop()


async def test_a_flight_that_is_recorded_long_after_it_ended_is_counted() -> None:
    node = await Node().begin()
    await bad(node, ago_us=30 * DAY_US)
    node.now_us += 23 * HOUR_US
    await node.analysing.look()
    assert (await node.analyses())[0].summed.flights == 1
    await node.stop()


# Compared with a recount that takes every flight of the record, whenever it was recorded.

STEPS = st.lists(
    st.tuples(
        st.sampled_from([ALPHA, ALPHA, BRAVO]),
        st.integers(0, 5 * 3600),  # inside, s
        st.integers(0, 900),  # outside, s
        st.integers(0, 40),  # excursions
        st.integers(0, 14),  # longest, s
        st.integers(0, 40),  # hours that pass after it
    ),
    min_size=1,
    max_size=12,
)
BUSY = [(ALPHA, 18_000, 900, 40, 14, 20)] * 4 + [(BRAVO, 10, 0, 0, 0, 40), (ALPHA, 9, 9, 1, 9, 40)]


async def play(steps: list, limits: ConformanceLimits) -> Node:
    """Flights and hours, looked at every half hour."""
    node = await Node().begin()
    node.analysing = Analysing(node.service, limits)
    for party, inside_s, outside_s, excursions, longest_s, hours in steps:
        await node.fly(
            party, inside_s=inside_s, outside_s=outside_s, excursions=excursions,
            longest_s=longest_s,
        )  # fmt: skip
        for _ in range(2 * hours + 1):
            node.now_us += 30 * MINUTE_US
            await node.analysing.look()
    return node


async def check(steps: list) -> None:
    limits = msgspec.structs.replace(LIMITS, period_us=2 * DAY_US)
    node = await play(steps, limits)
    flights = [body for _, body in await node.entries(FlightMeasured)]
    recorded = await node.entries(ConformanceAnalysed, FlightMeasured)
    for party in (ALPHA, BRAVO):
        told = None
        seen: list[tuple[int, FlightMeasured]] = []
        last_us: int | None = None
        for time_us, body in recorded:
            if body.party != party:
                continue
            if isinstance(body, FlightMeasured):
                seen.append((time_us, body))
                continue
            # In time: a day at most since the one before, or since the first flight after it.
            waits = [at for at, _ in seen if last_us is None or at >= last_us]
            since = [each for each in (last_us, *waits[:1]) if each is not None]
            assert time_us - max(since) <= DAY_US or (waits and time_us - waits[0] <= DAY_US)
            mine = [
                each for each in flights
                if each.party == party and body.summed.from_us <= each.until_us < body.summed.to_us
            ]  # fmt: skip
            assert body.summed.to_us == time_us
            assert time_us - body.summed.from_us >= limits.period_us
            inside = sum(each.inside_us for each in mine)
            known = inside + sum(each.outside_us for each in mine)
            beyond = []
            if 100 * inside < 95 * known:
                beyond.append("inside")
            if any(each.longest_us > 10 * SECOND_US for each in mine):
                beyond.append("longest")
            if sum(each.excursions for each in mine) * 3600 * SECOND_US > 18 * known:
                beyond.append("per-hour")
            assert list(body.summed.beyond) == beyond
            assert (body.summed.flights, body.summed.inside_us) == (len(mine), inside)
            first_us = min(each.until_us for _, each in seen)
            judged = known >= 36_000 * SECOND_US or first_us <= time_us - limits.period_us
            assert (body.notice is not None) == bool(beyond and judged)
            if body.notice is not None and body.notice != told:
                told = body.notice
                (notice,) = [each for each in await node.notices() if each.id == told]
                assert notice.recipient == party
                assert notice.conformance.summed == body.summed
            last_us = time_us
        # Nothing is left that a day ago was there to be analysed.
        late = [at for at, _ in seen if (last_us is None or at >= last_us)]
        assert not late or node.now_us - late[0] <= DAY_US
    await node.stop()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
@example(BUSY)
def test_each_analysis_is_what_a_recount_gives(steps: list) -> None:
    asyncio.run(check(steps))


def test_the_recount_finds_a_window_that_ends_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = analysing.flights_in

    async def faulty(service, party, from_us, to_us, positions=None):
        return await real(service, party, from_us + DAY_US, to_us, positions)

    monkeypatch.setattr(analysing, "flights_in", faulty)

    @settings(max_examples=1, deadline=None, phases=[Phase.explicit])
    @given(STEPS)
    @example(BUSY)
    def planted(steps: list) -> None:
        asyncio.run(check(steps))

    with pytest.raises(AssertionError):
        planted()
