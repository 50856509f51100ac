"""Figures for Prometheus: what happened is counted, and nobody is told who or where."""

from __future__ import annotations

import gc
import itertools
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from api_world import World, a_world, square
from wideberth.faces.api import Limits, Operation
from wideberth.faces.cot import CotCounts
from wideberth.faces.metrics import Figures, MetricsApp
from wideberth.measures import Histogram, Measures
from wideberth.operating import LimitsTable
from wideberth.wire.cot import Fault

TOKEN = "a token of sixteen"


class Measured:
    def __init__(self, world: World, measures: Measures, limits: Limits) -> None:
        self.world, self.measures, self.limits = world, measures, limits
        self.names_parties = False
        self.tak = CotCounts(clients=2, events_out=7)

    async def get(self, path: str = "/metrics", token: str | None = TOKEN) -> httpx.Response:
        world = self.world
        node = world.node
        figures = Figures(
            self.measures,
            node.service,
            world.app.desk.live,
            node.folder,
            self.limits.refused,
            self.names_parties,
            self.tak,
        )

        async def is_ready() -> bool:
            return not await world.app.desk.readiness.obstacles()

        app = MetricsApp(figures, token=TOKEN, is_ready=is_ready)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://m") as client:
            return await client.get(path, headers=headers)

    async def figures(self) -> dict[tuple[str, ...], float]:
        """Name and the labels' values, in the order of their names, to the value."""
        text = (await self.get()).text
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
async def measured(tmp_path: Path) -> AsyncIterator[Measured]:
    measures, limits = Measures(), Limits(LimitsTable(unknown_per_s=2, burst_s=1))

    def streams(route: str, carrier: str, change: int) -> None:
        measures.streams[route, carrier] += change

    operation = Operation(limits, [measures.request], streams)
    async with a_world(tmp_path, operation=operation) as world:
        world.node.service.observers.append(measures)
        yield Measured(world, measures, limits)


async def test_what_happened_is_counted(measured: Measured) -> None:
    world = measured.world
    await world.told("alpha", square())
    await world.told("bravo", square())
    again = {"Idempotency-Key": "once"}
    for _ in range(2):
        await world.ask(
            "alpha",
            "POST",
            "/subscriptions",
            {"volume": square(latitude=10), "label": "x"},
            headers=again,
        )
    await world.ask("alpha", "DELETE", "/zones/none?version=1")
    for _ in range(3):
        await world.ask(None, "GET", "/space")
    found = await measured.figures()
    assert found["wideberth_commands_total", "SubmitIntent", "applied"] == 2
    assert found["wideberth_commands_total", "WithdrawZone", "refused"] == 1
    submit = ("wideberth_http_requests_total", "POST", "/api/v1/intents", "201")
    assert found[submit] == 2
    assert found["wideberth_http_requests_total", "GET", "/api/v1/space", "429"] == 1
    assert found["wideberth_http_held_back_total", "unknown"] == 1
    assert found["wideberth_http_request_seconds_count", "/api/v1/intents"] == 2
    assert found["wideberth_http_request_seconds_bucket", "+Inf", "/api/v1/intents"] == 2
    settled = sum(value for name, value in found.items() if name[0] == "wideberth_commands_total")
    assert found["wideberth_step_seconds_count", "queue"] == settled
    assert found["wideberth_batch_commands_sum",] == settled
    assert found["wideberth_step_seconds_sum", "append"] > 0
    picture = world.node.service.picture
    assert found["wideberth_record_entries",] == picture.size
    assert found["wideberth_record_bytes",] >= 4096
    assert found["wideberth_intents",] == 2
    assert found["wideberth_ready",] == 1
    open_notices = [v for name, v in found.items() if name[0] == "wideberth_open_notices"]
    assert sum(open_notices) == len(list(picture.notices)) > 0
    assert found["wideberth_open_notices", "none"] > 0


async def test_nobody_is_named_unless_the_host_allows_it(measured: Measured) -> None:
    world = measured.world
    told = await world.told("alpha", square())
    await world.told("bravo", square())
    report = {
        "id": "t1", "time": "2026-01-01T00:00:00Z", "latitude": 47.1234, "longitude": 7.5
    }  # fmt: skip
    await world.ask("alpha", "POST", "/tracks", {"feed": "radar-x", "reports": [report]})
    await world.ask("alpha", "GET", f"/intents/{told['intent']['id']}")
    secrets = ("alpha", "bravo", "radar-x", told["intent"]["id"], "47.1", world.tokens["alpha"])
    # What Python and the system count of themselves says nothing of anybody, and may be any number.
    ours = re.compile(r"^(# \w+ )?wideberth_")
    text = "\n".join(filter(ours.match, (await measured.get()).text.splitlines()))
    assert "wideberth_open_notices" in text
    for secret in secrets:
        assert secret not in text
    measured.names_parties = True
    text = (await measured.get()).text
    assert 'party="' in text
    for secret in secrets[3:]:
        assert secret not in text


async def test_strangers_and_other_paths_get_nothing(measured: Measured) -> None:
    for token in (None, "another token here", ""):
        answer = await measured.get(token=token)
        assert (answer.status_code, "wideberth_" in answer.text) == (401, False)
    assert (await measured.get("/")).status_code == 404


async def test_open_streams_are_counted_while_they_are_open(measured: Measured) -> None:
    import asyncio

    async def listen() -> None:
        async with measured.world.http("alpha") as client:
            await client.get("/api/v1/stream")

    task = asyncio.create_task(listen())
    await asyncio.sleep(0.1)
    assert (await measured.figures())["wideberth_streams_open", "sse", "/api/v1/stream"] == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await measured.figures())["wideberth_streams_open", "sse", "/api/v1/stream"] == 0


async def test_the_age_of_the_newest_snapshot_is_told(measured: Measured) -> None:
    assert not any(name[0] == "wideberth_snapshot_age_seconds" for name in await measured.figures())
    folder = measured.world.node.folder / "snapshots"
    folder.mkdir(exist_ok=True)
    (folder / "one").write_text("x")
    assert (await measured.figures())["wideberth_snapshot_age_seconds",] < 60


def test_collections_are_measured_while_somebody_wants_it() -> None:
    measures = Measures()
    measures.watch_collections()
    gc.collect()
    measures.leave_collections()
    counted = sum(measures.gc_s[2].counts)
    assert counted >= 1
    gc.collect()
    assert sum(measures.gc_s[2].counts) == counted


@given(
    bounds=st.lists(st.integers(-5, 5), min_size=1, max_size=5, unique=True).map(sorted),
    values=st.lists(st.integers(-7, 7)),
)
def test_a_histogram_counts_as_its_definition_does(bounds: list[int], values: list[int]) -> None:
    histogram = Histogram(bounds)
    for value in values:
        histogram.observe(value)
    at_or_below = [sum(value <= bound for value in values) for bound in bounds]
    assert list(itertools.accumulate(histogram.counts)) == [*at_or_below, len(values)]
    assert histogram.total == sum(values)


async def test_an_observer_that_fails_costs_no_answer(measured: Measured) -> None:
    class Broken:
        def batch(self, _: object) -> None:
            raise ValueError("broken")

    measured.world.node.service.observers.insert(0, Broken())
    await measured.world.told("alpha", square())
    assert Counter(measured.measures.commands)["SubmitIntent", "applied"] == 1


async def test_every_figure_is_documented_and_nothing_else(measured: Measured) -> None:
    folder = measured.world.node.folder / "snapshots"
    folder.mkdir(exist_ok=True)
    (folder / "one").write_text("x")
    text = (await measured.get()).text
    families = set(re.findall(r"^# TYPE (wideberth_\w+)", text, re.MULTILINE))
    ours = {name for name in families if not name.startswith("wideberth_process_")}
    page = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"
    documented = re.findall(r"^\| `(wideberth_\w+)` \|", page.read_text(), re.MULTILINE)
    assert set(documented) == ours


async def test_tak_clients_are_counted(measured: Measured) -> None:
    measured.tak.events_in["position"] += 3
    measured.tak.fault(Fault("garbage", "stream", b"x"), "alpha")
    measured.tak.dropped["stalled"] += 1
    figures = await measured.figures()
    assert figures["wideberth_tak_clients",] == 2
    assert figures["wideberth_tak_events_said_total",] == 7
    assert figures["wideberth_tak_events_heard_total", "position"] == 3
    assert figures["wideberth_tak_faults_total", "garbage"] == 1
    assert figures["wideberth_tak_dropped_total", "stalled"] == 1
    assert "alpha" not in (await measured.get()).text
