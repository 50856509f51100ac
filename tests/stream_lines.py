"""Connections to a party's stream, in process: what came, and a reader that can stall."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from api_world import World

__all__ = ["Line", "Seen", "SocketLine", "at_least"]

Seen = tuple[int | None, str, Any]


class Line:
    """One connection to a stream, without a server: what came, and a reader that can stall."""

    def __init__(self, world: World, party: str, path: str, **headers: str) -> None:
        given = {"authorization": f"Bearer {world.tokens[party]}", **headers}
        path, _, query = path.partition("?")
        self.scope = self._scope(
            {
                "type": "http",
                "method": "GET",
                "path": f"/api/v1{path}",
                "query_string": query.encode(),
                "headers": [
                    (name.replace("_", "-").encode(), value.encode())
                    for name, value in given.items()
                ],
            }
        )
        self.world = world
        self.status = 0
        self.events: list[Seen] = []
        self.ended = False
        self.cut = asyncio.Event()
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.grew = asyncio.Event()
        self.task = asyncio.create_task(self.world.app(self.scope, self._receive, self._send))

    def _scope(self, scope: dict[str, Any]) -> dict[str, Any]:
        return scope

    async def _receive(self) -> dict[str, Any]:
        await self.cut.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.flowing.wait()
        if self.cut.is_set():
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.ended = not message.get("more_body", False)
        if self.status != 200:
            return
        for block in message["body"].decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
            if "event" in fields:
                number = int(fields["id"]) if "id" in fields else None
                self.events.append((number, fields["event"], json.loads(fields["data"])))
        self.grew.set()

    async def until(self, enough: Callable[[list[Seen]], bool], within_s: float = 20) -> list[Seen]:
        async with asyncio.timeout(within_s):
            while not enough(self.events):
                self.grew.clear()
                await self.grew.wait()
        return self.events

    async def close(self) -> None:
        self.cut.set()
        self.flowing.set()
        await asyncio.wait_for(self.task, 20)


class SocketLine(Line):
    """The same over a WebSocket. closed: the code that it was closed with, if it was."""

    def __init__(self, world: World, party: str, path: str, **headers: str) -> None:
        self.closed: int | None = None
        self.subprotocol: str | None = None
        self.refused = b""
        self._connected = False
        self.says: list[dict[str, Any]] = []
        super().__init__(world, party, path, **headers)

    def _scope(self, scope: dict[str, Any]) -> dict[str, Any]:
        offered = dict(scope["headers"]).get(b"sec-websocket-protocol", b"").decode()
        del scope["method"]
        return scope | {
            "type": "websocket",
            "subprotocols": [each.strip() for each in offered.split(",") if each],
            "extensions": {"websocket.http.response": {}},
        }

    async def _receive(self) -> dict[str, Any]:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        if self.says:
            return self.says.pop()
        await self.cut.wait()
        return {"type": "websocket.disconnect", "code": 1005}

    async def _send(self, message: Any) -> None:
        await self.flowing.wait()
        if self.cut.is_set():
            return
        match message["type"]:
            case "websocket.accept":
                self.status, self.subprotocol = 101, message.get("subprotocol")
            case "websocket.http.response.start":
                self.status = message["status"]
            case "websocket.http.response.body":
                self.refused += message["body"]
            case "websocket.close":
                self.ended, self.closed = True, message["code"]
            case _:
                said = json.loads(message["text"])
                if said["event"] != "still-here":
                    self.events.append((said.get("id"), said["event"], said["data"]))
                self.grew.set()


def at_least(count: int) -> Callable[[list[Seen]], bool]:
    return lambda events: len(events) >= count
