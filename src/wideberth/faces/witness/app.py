"""C2SP tlog-witness over HTTP: ``POST <prefix>/add-checkpoint``, and the monitor's GET.

No credential: what counts is the log's signature on the head. Bodies are bounded while they come.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from wideberth.errors import RecordError
from wideberth.record.witness import MAX_BODY_BYTES, Answer, Witness

__all__ = ["WitnessApp"]

_MONITORED = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)
_log = logging.getLogger("wideberth.witness")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WitnessApp:
    """A witness as an ASGI app. clock_s: seconds since 1970. on_evidence: called with the text
    when a submission showed that a log forked.
    """

    def __init__(
        self,
        witness: Witness,
        *,
        prefix: str = "",
        clock_s: Callable[[], float] = time.time,
        on_evidence: Callable[[str], None] | None = None,
    ) -> None:
        self._witness = witness
        self._prefix = prefix.rstrip("/")
        self._clock_s = clock_s
        self._on_evidence = on_evidence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(scope, receive)
        except RecordError as error:
            # Nothing was stored, so nothing was cosigned: the log asks again.
            _log.error("the witness cannot store: %s", error)
            answer = Answer(503, "the witness cannot store what it sees; try again\n")
        body = answer.text.encode()
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if answer.status == 405:
            headers.append((b"allow", b"POST" if "add-" in scope["path"] else b"GET"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        method, path = scope["method"], scope["path"]
        if not path.startswith(self._prefix):
            return Answer(404, "there is no such path\n")
        below = path.removeprefix(self._prefix)
        if below == "/add-checkpoint":
            return await self._add(receive) if method == "POST" else Answer(405, "use POST\n")
        match = _MONITORED.fullmatch(below)
        if match is None:
            return Answer(404, "there is no such path\n")
        if method != "GET":
            return Answer(405, "use GET\n")
        note = await asyncio.to_thread(self._witness.monitored, match[1])
        return Answer(404, "nothing was cosigned\n") if note is None else Answer(200, note)

    async def _add(self, receive: Receive) -> Answer:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return Answer(400, "the body ended before it was complete\n")
            body += message.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                return Answer(413, f"keep a body within {MAX_BODY_BYTES} bytes\n")
            if not message.get("more_body", False):
                break
        now_s = int(self._clock_s())
        answer = await asyncio.to_thread(self._witness.add_checkpoint, body, now_s=now_s)
        if answer.evidence is not None and self._on_evidence is not None:
            self._on_evidence(answer.evidence)
        return answer
