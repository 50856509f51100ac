"""``/metrics``: one ASGI callable that answers one path, to whoever shows the token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from wideberth.faces.metrics.figures import Figures

__all__ = ["MetricsApp"]

_Message = MutableMapping[str, Any]


class MetricsApp:
    """Answers ``GET /metrics``. token: what must be shown; None: nothing. is_ready: whether the
    node takes commands.
    """

    def __init__(
        self, figures: Figures, *, token: str | None, is_ready: Callable[[], Awaitable[bool]]
    ) -> None:
        self._figures = figures
        self._wanted = None if token is None else f"Bearer {token}".encode()
        self._is_ready = is_ready
        self._registry = CollectorRegistry()
        self._registry.register(figures)
        ProcessCollector(namespace="wideberth", registry=self._registry)
        GCCollector(registry=self._registry)

    async def __call__(
        self,
        scope: _Message,
        _receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        status, kind, body = await self._answer(scope)
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
        if status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        headers.append((b"cache-control", b"no-store"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: _Message) -> tuple[int, str, bytes]:
        plain = "text/plain; charset=utf-8"
        if scope["path"] != "/metrics":
            return 404, plain, b"metrics are at /metrics\n"
        if scope["method"] != "GET":
            return 405, plain, b"use GET\n"
        shown = dict(scope["headers"]).get(b"authorization", b"")
        if self._wanted is not None and not hmac.compare_digest(shown, self._wanted):
            return 401, plain, b"show the token of [metrics]\n"
        await self._figures.look(ready=await self._is_ready())
        return 200, CONTENT_TYPE_LATEST, generate_latest(self._registry)
