"""Nobody can use up the node: each party has what was agreed, strangers little, and who answers a
notice is always heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_world import World, a_world
from wideberth.faces.api import Limits, Operation
from wideberth.faces.api.limits import MOST_ADDRESSES, Buckets, address_of
from wideberth.faces.api.routes import ROUTES
from wideberth.measures import RequestSeen
from wideberth.operating import LimitsTable, PartyLimits


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(tmp_path: Path, clock: Clock) -> AsyncIterator[World]:
    """Five of each, for each party, and bravo 20 commands; six without a credential."""
    table = LimitsTable(
        commands_per_s=5,
        reads_per_s=5,
        reports_per_s=5,
        unknown_per_s=6,
        streams=1,
        burst_s=1,
        parties=(PartyLimits("bravo", commands_per_s=20),),
    )
    operation = Operation(limits=Limits(table, clock))
    async with a_world(tmp_path, operation=operation) as made:
        yield made


async def statuses(world: World, count: int, *asked: object, **more: object) -> list[int]:
    return [(await world.ask(*asked, **more)).status_code for _ in range(count)]  # type: ignore[arg-type]


async def test_a_party_has_what_was_agreed_and_costs_no_other_anything(
    world: World, clock: Clock
) -> None:
    assert await statuses(world, 7, "alpha", "GET", "/notices") == [200] * 5 + [429] * 2
    assert await statuses(world, 5, "charlie", "GET", "/notices") == [200] * 5
    held = await world.ask("alpha", "GET", "/notices")
    assert held.headers["retry-after"] == "1"
    assert held.headers["content-type"] == "application/problem+json"
    assert held.json()["rule"] == "limit-reads"
    clock.now_s += 0.5
    assert await statuses(world, 3, "alpha", "GET", "/notices") == [200] * 2 + [429]


async def test_commands_reads_and_reports_are_counted_apart(world: World) -> None:
    assert (await statuses(world, 6, "alpha", "GET", "/notices"))[-1] == 429
    asked = ("alpha", "POST", "/intents", {})
    assert await statuses(world, 6, *asked) == [400] * 5 + [429]
    report = ("alpha", "POST", "/tracks", {"feed": "f", "reports": []})
    assert (await statuses(world, 6, *report))[-2:] == [200, 429]


async def test_a_party_may_have_numbers_of_its_own(world: World) -> None:
    assert await statuses(world, 21, "bravo", "POST", "/intents", {}) == [400] * 20 + [429]


async def test_what_was_held_back_changed_nothing(world: World) -> None:
    await statuses(world, 6, "alpha", "POST", "/intents", {})
    size = world.node.service.picture.size
    assert await statuses(world, 1, "alpha", "POST", "/zones", {"name": "z"}) == [429]
    assert world.node.service.picture.size == size


async def test_a_first_answer_is_never_held_back_and_to_repeat_it_is_a_command(
    world: World,
) -> None:
    key = await world.key("alpha")
    await world.told("alpha")
    await world.told("bravo")
    [notice] = (await world.ask("alpha", "GET", "/notices")).json()["notices"]
    await statuses(world, 6, "alpha", "POST", "/intents", {})
    asked = ("alpha", "POST", f"/notices/{notice['id']}/acknowledgements", {"verb": "RECEIVED"})
    assert await statuses(world, 3, *asked) == [201, 429, 429]
    size = world.node.service.picture.size
    nothing = ("alpha", "POST", "/notices/none/acknowledgements", {"verb": "RECEIVED"})
    others = ("charlie", *asked[1:])
    assert await statuses(world, 1, *nothing) == [429]
    assert (await statuses(world, 6, *others))[-1] == 429
    assert world.node.service.picture.size == size
    async with world.client("alpha", key) as alpha:
        await alpha.acknowledge(notice, "LOADED", unit="alpha-1", system="s")
    assert world.node.service.picture.size == size + 1


def test_what_is_exempt_is_said_in_the_table() -> None:
    exempt = {route.full_path for route in ROUTES if route.limit == "never"}
    assert exempt == {
        "/healthz",
        "/readyz",
        "/api/v1/doubts",
        "/api/v1/notices/{notice}/acknowledgements",
        "/api/v1/stop",
        "/api/v1/stops/{stop}/acknowledgements",
    }


async def test_without_a_credential_an_address_has_little(world: World) -> None:
    assert await statuses(world, 8, None, "GET", "/space") == [200] * 6 + [429] * 2
    assert await statuses(world, 1, None, "GET", "/nothing/here") == [429]
    assert await statuses(world, 1, None, "GET", "/notices") == [429]
    assert await statuses(world, 8, None, "GET", "/healthz") == [200] * 8
    held = await world.ask(None, "GET", "/space")
    assert (held.json()["rule"], held.headers["retry-after"]) == ("limit-unknown", "1")


async def test_tokens_that_prove_nothing_are_counted_and_known_ones_pass(world: World) -> None:
    assert await statuses(world, 1, "alpha", "GET", "/notices") == [200]
    async with world.http(token="a.b.c") as client:
        found = [(await client.get("/api/v1/notices")).status_code for _ in range(8)]
    assert found == [401] * 6 + [429] * 2
    assert await statuses(world, 1, "alpha", "GET", "/notices") == [200]
    assert await statuses(world, 1, "charlie", "GET", "/notices") == [429], "not seen before"


async def test_a_party_may_have_so_many_streams_open(world: World) -> None:
    async def open_stream(seconds: float) -> int:
        async with world.http("alpha") as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(seconds):
                    return (await client.get("/api/v1/stream")).status_code
        return 0

    first = asyncio.create_task(open_stream(0.4))
    await asyncio.sleep(0.1)
    second = await world.ask("alpha", "GET", "/tracks/stream")
    assert (second.status_code, second.json()["rule"]) == (429, "limit-streams")
    assert await first == 0
    assert await open_stream(0.1) == 0, "the first has been given back"


async def test_watchers_are_told_route_status_and_party_and_no_more(tmp_path: Path) -> None:
    seen: list[RequestSeen] = []
    async with a_world(tmp_path, operation=Operation(watchers=[seen.append])) as world:
        answer = await world.ask("alpha", "GET", "/intents/SECRET-ID")
        await world.ask(None, "GET", "/SECRET-PATH")
        await world.ask(None, "GET", "/notices?SECRET=1")
    assert [(each.method, each.route, each.status, each.party) for each in seen] == [
        ("GET", "/api/v1/intents/{intent}", 404, "alpha"),
        ("other", "", 404, None),
        ("GET", "/api/v1/notices", 401, None),
    ]
    assert answer.headers["x-request-id"] == seen[0].id
    assert "SECRET" not in str(seen)


# The buckets.


class SlowBuckets:
    """The obvious one: every taking is kept, and counted again each time, in whole ticks."""

    def __init__(self, rate: int, full: int) -> None:
        self.rate, self.full = rate, full
        self.level: dict[str, int] = {}
        self.at: dict[str, int] = {}

    def take(self, key: str, tick: int) -> bool:
        for _ in range(self.at.get(key, tick), tick):
            self.level[key] = min(self.full, self.level[key] + self.rate)
        self.at[key] = tick
        level = self.level.setdefault(key, self.full)
        if level < 1:
            return False
        self.level[key] = level - 1
        return True


@given(
    rate=st.integers(1, 4),
    burst=st.integers(1, 5),
    takes=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=60),
)
def test_buckets_agree_with_counting_every_tick(
    rate: int, burst: int, takes: list[tuple[str, int]]
) -> None:
    buckets, slow, now = Buckets(rate, burst), SlowBuckets(rate, rate * burst), 0
    for key, later in takes:
        now += later
        wait_s = buckets.take(key, float(now))
        assert (wait_s == 0) == slow.take(key, now)
        assert wait_s == pytest.approx(buckets.wait_s(key, float(now))) or wait_s == 0


def test_memory_is_bounded_and_who_is_new_shares_what_is_left() -> None:
    buckets = Buckets(1.0, 2.0, 100)
    for number in range(1000):
        buckets.take(f"host {number}", 0.0)
    assert len(buckets) <= 101
    assert buckets.take("another", 0.0) > 0
    assert buckets.take("host 1", 0.0) == 0, "who was known keeps its own"
    assert buckets.take("another", 10.0) == 0, "and makes room once it was quiet"
    assert len(buckets) <= 101
    assert MOST_ADDRESSES <= 10_000


def test_one_ipv6_subscriber_is_one_address() -> None:
    assert address_of("2001:db8:0:1::1") == address_of("2001:db8:0:1:ffff::9")
    assert address_of("2001:db8:0:2::1") != address_of("2001:db8:0:1::1")
