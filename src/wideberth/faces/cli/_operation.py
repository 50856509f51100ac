"""What ``wideberth serve`` puts around the API: limits, the log of requests, metrics."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from wideberth.errors import InvalidValue
from wideberth.faces.api import Api, Limits, Operation
from wideberth.faces.cli._connections import BoundedProtocol
from wideberth.faces.cli._server import QuietServer, listen_on
from wideberth.faces.metrics import Figures, MetricsApp, TakSeen
from wideberth.live import Live
from wideberth.logs import request_logger
from wideberth.measures import Measures, RequestSeen
from wideberth.node import Node
from wideberth.operating import TraceTable

if TYPE_CHECKING:
    from wideberth.tracing import Tracing

__all__ = ["Operated", "metrics_server", "operation_of"]


@dataclass(frozen=True, slots=True)
class Operated:
    """measures: None: nothing is measured. limited: requests held back, by limit."""

    operation: Operation
    measures: Measures | None
    limited: Counter[str]
    tracing: Tracing | None = None

    def close(self) -> None:
        """Hand over what was traced."""
        if self.tracing is not None:
            self.tracing.close()


def operation_of(node: Node) -> Operated:
    """What the node's settings ask for; whoever watches is told from now on."""
    settings = node.configuration
    limits = Limits(settings.limits)
    watchers: list[Callable[[RequestSeen], None]] = []
    measures, streams = None, None
    if settings.metrics.port is not None:
        measures = Measures()
        node.service.observers.append(measures)
        watchers.append(measures.request)
        streams = _counting(measures)
    tracing = _tracing(settings.trace)
    if tracing is not None:
        node.service.observers.append(tracing)
        node.service.trace_of = tracing.current
    if settings.log.requests:
        watchers.append(request_logger(node.issuer.pseudonym_secret))
    return Operated(
        Operation(limits, watchers, streams, tracing), measures, limits.refused, tracing
    )


@asynccontextmanager
async def metrics_server(
    node: Node, live: Live, app: Api, operated: Operated, tak: TakSeen | None = None
) -> AsyncGenerator[str]:
    """Metrics on their own address, inside of this context; gives their URL."""
    table, measures = node.configuration.metrics, operated.measures
    assert measures is not None, "only where something is measured"
    assert table.port is not None, "only where there is a port"

    async def is_ready() -> bool:
        return not await app.desk.readiness.obstacles()

    limited, parties = operated.limited, table.parties
    figures = Figures(measures, node.service, live, node.folder, limited, parties, tak)
    made = MetricsApp(figures, token=table.token, is_ready=is_ready)
    config = uvicorn.Config(
        made,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",  # it warns of each malformed request: strangers would fill the disk
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    listening = listen_on(table.host, table.port, settings="metrics.host, metrics.port")
    port = listening.getsockname()[1]
    host = f"[{table.host}]" if ":" in table.host else table.host
    server = QuietServer(config)
    measures.watch_collections()
    task = asyncio.create_task(server.serve(sockets=[listening]), name="wideberth-metrics")
    try:
        yield f"http://{host}:{port}/metrics"
    finally:
        measures.leave_collections()
        server.should_exit = True
        await task


def _tracing(table: TraceTable) -> Tracing | None:
    """What traces, where it is wanted. Raises InvalidValue where it is not installed."""
    if not table.is_wanted(os.environ):
        return None
    try:
        from wideberth.tracing import exporting
    except ImportError as error:
        advice = 'it is not installed: pip install "wideberth[otel]"'
        raise InvalidValue("trace.enabled", "not-installed", True, advice) from error
    return exporting()


def _counting(measures: Measures) -> Callable[[str, str, int], None]:
    def count(route: str, carrier: str, change: int) -> None:
        measures.streams[route, carrier] += change

    return count
