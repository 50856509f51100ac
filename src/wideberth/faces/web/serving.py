"""The static files of the console as one ASGI piece, every answer under the policy.

Nothing is fetched from anywhere else and no script stands in the page: what strangers wrote (a call
sign, a reason) cannot run, and no third party learns where an operation takes place.
The files need no build step and hold no secret; the page asks ``/api/v1`` with the reader's token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["POLICY", "STATIC", "static_app"]

STATIC = Path(__file__).parent / "static"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The content security policy (docs/decisions/0006-the-console-map.md)."""

_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
    # A newer server brings newer files: ask each time, and answer 304 where nothing changed.
    (b"cache-control", b"no-cache"),
)
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".geojson": "application/geo+json"}

_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _Files(StaticFiles):
    """Static files whose types do not depend on what the machine thinks of an ending."""

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        """The file, as the type that a browser asks of a module."""
        response = super().file_response(full_path, *args, **kwargs)
        kind = _TYPES.get(Path(full_path).suffix)
        if kind is not None and "content-type" in response.headers:
            response.headers["content-type"] = f"{kind}; charset=utf-8"
        return response


def static_app(folder: Path = STATIC) -> ASGIApp:
    """The console, to be mounted at ``/`` after the API: GET and HEAD of its files, else 404."""
    files = _Files(directory=folder, html=True)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        sending = _with_headers(send)
        try:
            await files(scope, receive, sending)
        except HTTPException as error:  # raised before anything was sent
            answer = PlainTextResponse(error.detail, error.status_code, error.headers)
            await answer(scope, receive, sending)

    return serve


def _with_headers(send: Send) -> _Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            given = [pair for pair in message.get("headers", ()) if pair[0] != b"cache-control"]
            message["headers"] = [*given, *_HEADERS]
        await send(message)

    return sending
