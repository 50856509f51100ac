"""Traces: a request and the steps below it, under the sender's own trace, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api_world import World, a_world, flight, square
from wideberth import tracing as tracing_module
from wideberth.errors import InvalidValue
from wideberth.faces.api import Operation
from wideberth.faces.cli._operation import _tracing
from wideberth.operating import TraceTable
from wideberth.tracing import Tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Traced:
    def __init__(self, world: World, exporter: InMemorySpanExporter) -> None:
        self.world, self.exporter = world, exporter

    def spans(self) -> dict[str, list[ReadableSpan]]:
        found: dict[str, list[ReadableSpan]] = {}
        for span in self.exporter.get_finished_spans():
            found.setdefault(span.name, []).append(span)
        return found


@pytest.fixture
async def traced(tmp_path: Path) -> AsyncIterator[Traced]:
    exporter = InMemorySpanExporter()
    tracing = Tracing(SimpleSpanProcessor(exporter))
    async with a_world(tmp_path, operation=Operation(tracer=tracing)) as world:
        world.node.service.observers.append(tracing)
        world.node.service.trace_of = tracing.current
        yield Traced(world, exporter)
    tracing.close()


async def test_a_command_is_one_trace_from_request_to_publish(traced: Traced) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "a=SECRET"}
    answer = await traced.world.ask("alpha", "POST", "/intents", flight(square()), headers=headers)
    assert answer.status_code == 201
    found = traced.spans()
    (request,) = found["POST /api/v1/intents"]
    assert request.context is not None
    assert f"{request.context.trace_id:032x}" == TRACE
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == PARENT
    steps = [found[name][0] for name in ("queue", "decide", "append", "fold", "publish")]
    last_ns = request.start_time or 0
    for step in steps:
        assert step.context is not None
        assert step.parent is not None
        assert step.context.trace_id == request.context.trace_id
        assert step.parent.span_id == request.context.span_id
        assert step.start_time is not None
        assert step.end_time is not None
        assert last_ns <= step.start_time <= step.end_time
        last_ns = step.end_time
    assert steps[0].attributes == {
        "wideberth.command": "SubmitIntent",
        "wideberth.outcome": "applied",
    }


async def test_each_request_has_a_trace_of_its_own(traced: Traced) -> None:
    await traced.world.told("alpha", square())
    await traced.world.told("bravo", square())
    one, other = traced.spans()["POST /api/v1/intents"]
    assert one.context is not None
    assert other.context is not None
    assert one.context.trace_id != other.context.trace_id
    assert one.parent is None


@pytest.mark.parametrize("given", ["", "x", f"00-{TRACE}-{PARENT}", "00-" + "0" * 32, "\xff" * 60])
async def test_a_traceparent_that_is_none_begins_a_trace(traced: Traced, given: str) -> None:
    headers = {"traceparent": given.encode("latin-1")}
    assert (await traced.world.ask("alpha", "GET", "/notices", headers=headers)).status_code == 200
    (request,) = traced.spans()["GET /api/v1/notices"]
    assert request.parent is None


async def test_no_span_holds_what_was_said(traced: Traced) -> None:
    world = traced.world
    told = await world.told("alpha", square(latitude=47.123456))
    await world.ask("alpha", "GET", f"/intents/{told['intent']['id']}", headers={
        "traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=SECRET"})  # fmt: skip
    await world.ask("bravo", "GET", "/SECRET?SECRET=1")
    await world.ask("bravo", "POST", "/intents", {"SECRET": 1})
    text = "".join(
        span.to_json() + str(span.context) for span in traced.exporter.get_finished_spans()
    )
    for hidden in ("SECRET", "alpha", "bravo", "47.123", told["intent"]["id"]):
        assert hidden not in text


@pytest.mark.parametrize(
    ("enabled", "environ", "wanted"),
    [
        pytest.param(None, {}, False, id="nothing said"),
        pytest.param(True, {}, True, id="switched on"),
        pytest.param(None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, True, id="a collector"),
        pytest.param(False, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False, id="off"),
        pytest.param(True, {"OTEL_SDK_DISABLED": "true"}, False, id="switched off by OTEL"),
    ],
)
def test_who_wants_traces(enabled: bool | None, environ: dict[str, str], wanted: bool) -> None:
    assert TraceTable(enabled).is_wanted(environ) is wanted


def test_where_it_is_not_installed_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wideberth.tracing", None)
    assert _tracing(TraceTable(enabled=False)) is None
    with pytest.raises(InvalidValue, match=r"trace\.enabled.*wideberth\[otel\]"):
        _tracing(TraceTable(enabled=True))


def test_a_collector_that_hangs_does_not_keep_a_node_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    class Hanging(InMemorySpanExporter):
        def shutdown(self) -> None:
            released.wait(30)

    monkeypatch.setattr(tracing_module, "CLOSE_WITHIN_S", 0.05)
    Tracing(SimpleSpanProcessor(Hanging())).close()
    assert not released.is_set()
    released.set()


def test_what_is_not_traced_does_not_load_opentelemetry() -> None:
    code = (
        "import sys, wideberth.faces.cli._operation, wideberth.faces.api;"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
