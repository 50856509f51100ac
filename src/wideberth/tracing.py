"""Traces for OpenTelemetry: one span for a request, and below it those of the loop's steps.

Optional: ``pip install "wideberth[otel]"``. Where nothing is traced this module is not imported.
The exporter and the sampler are set by the standard variables ``OTEL_...``. A span carries the
route, the status, the type of the command and its outcome; never an id, a party, a place or a
word of what was said. Of a request's header only ``traceparent`` is looked at (W3C Trace Context);
``tracestate`` is a sender's own text and goes nowhere.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from wideberth.measures import BatchSeen, RequestSeen

__all__ = ["Tracing", "exporting"]

CLOSE_WITHIN_S = 2.0
_STEPS = ("decide", "append", "fold", "publish")


class Tracing:
    """Makes spans of what is observed. Owned by the event loop's thread.

    processor: where finished spans go; it works in a thread of its own.
    """

    def __init__(self, processor: SpanProcessor) -> None:
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "wideberth"}
        self._provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("wideberth")
        self._propagator = TraceContextTextMapPropagator()
        self._current: ContextVar[Span | None] = ContextVar("wideberth_span", default=None)
        # perf_counter_ns counts from nowhere in particular; spans have a date
        self._epoch_ns = time.time_ns() - time.perf_counter_ns()

    def begin(self, headers: Mapping[bytes, bytes], began_ns: int) -> Span:
        """The span of a request that came in, below the one that its sender named."""
        given = headers.get(b"traceparent")
        parent = Context()
        if given is not None:
            parent = self._propagator.extract({"traceparent": given.decode("latin-1")}, parent)
        span = self._tracer.start_span(
            "request", parent, kind=SpanKind.SERVER, start_time=self._epoch_ns + began_ns
        )
        self._current.set(span)
        return span

    def end(self, span: Span, seen: RequestSeen) -> None:
        """The request was answered."""
        span.update_name(f"{seen.method} {seen.route or 'none'}")
        span.set_attributes(
            {
                "http.request.method": seen.method,
                "http.route": seen.route,
                "http.response.status_code": seen.status,
                "wideberth.request.id": seen.id,
            }
        )
        if seen.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(self._epoch_ns + seen.ended_ns)

    def current(self) -> Span | None:
        """The span of the request that this task answers; what Service.trace_of is."""
        return self._current.get()

    def batch(self, seen: BatchSeen) -> None:
        """The steps of a batch, below the request of each of its commands."""
        marks = (
            seen.taken_ns,
            seen.decided_ns,
            seen.durable_ns,
            seen.folded_ns,
            seen.published_ns,
        )
        for command in seen.commands:
            span = command.trace
            if not isinstance(span, Span) or not span.is_recording():
                continue
            below = set_span_in_context(span)
            about = {"wideberth.command": command.kind, "wideberth.outcome": command.outcome}
            self._span("queue", below, about, command.queued_ns, seen.taken_ns)
            batch = {"wideberth.batch.commands": len(seen.commands)}
            for step, began_ns, ended_ns in zip(_STEPS, marks, marks[1:], strict=False):
                self._span(step, below, batch, began_ns, ended_ns)

    def close(self) -> None:
        """Hand over what is finished, within CLOSE_WITHIN_S: a collector that does not answer is no
        reason for a node not to stop.
        """
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_WITHIN_S)

    def _span(
        self,
        name: str,
        below: Context,
        about: Mapping[str, str | int],
        began_ns: int,
        ended_ns: int,
    ) -> None:
        span = self._tracer.start_span(
            name, below, attributes=about, start_time=self._epoch_ns + began_ns
        )
        span.end(self._epoch_ns + ended_ns)


def exporting() -> Tracing:
    """Traces to the collector that the standard variables name, by OTLP over HTTP."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return Tracing(BatchSpanProcessor(OTLPSpanExporter()))
