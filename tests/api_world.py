"""A real node on a temporary folder, its API in process, and clients with real tokens and keys."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn

from wideberth.client import Client, PartyKey
from wideberth.contacts import Contact
from wideberth.faces.api import Api, Operation, create_app
from wideberth.model.commands import RegisterParty, Request
from wideberth.model.ids import KeyId, PartyId, UnitToken
from wideberth.model.parties import Author, How, Role
from wideberth.node import Node
from wideberth.service import Applied, now_us
from wideberth.space.time import MINUTE_US, format_rfc3339

PARTIES = ("alpha", "bravo", "charlie")
JSON = {"Content-Type": "application/json"}


class _Noon:
    """What moments are counted from. us: held while a file of tests runs, or None outside one."""

    us: int | None = None


def noon_us() -> int:
    """Half an hour from this minute: the same time for all that one file of tests asks.

    Half an hour of what is told lies ahead, and half an hour behind, at whatever minute the
    tests run; two calls with a full minute between them count from one time.
    """
    return _Noon.us or now_us() // MINUTE_US * MINUTE_US + 30 * MINUTE_US


@contextlib.contextmanager
def held_noon() -> Iterator[None]:
    """While this lasts, every moment is counted from one time."""
    before, _Noon.us = _Noon.us, None
    _Noon.us = noon_us()
    try:
        yield
    finally:
        _Noon.us = before


def moment(minutes: float = 0) -> str:
    """A time so many minutes from `noon_us`, as text."""
    return format_rfc3339(noon_us() + int(minutes * MINUTE_US))


def square(
    latitude: float = 47.0,
    longitude: float = 7.5,
    *,
    side: float = 0.01,
    lower_m: float = 0,
    upper_m: float = 120,
    start: float = 0,
    end: float = 60,
) -> dict[str, Any]:
    """A volume on the wire. side: degrees; start, end: minutes."""
    west, south, east, north = longitude, latitude, longitude + side, latitude + side
    return {
        "footprint": {
            "type": "Polygon",
            "coordinates": [
                [[west, south], [east, south], [east, north], [west, north], [west, south]]
            ],
        },
        "lower": {"value": lower_m, "units": "M", "reference": "W84"},
        "upper": {"value": upper_m, "units": "M", "reference": "W84"},
        "start": moment(start),
        "end": moment(end),
    }


def flight(*volumes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A flight on the wire."""
    return {"kind": "flight", "volumes": list(volumes) or [square()], **more}


class World:
    """A running node and its app. tokens: by party, with every role."""

    def __init__(self, node: Node, app: Api) -> None:
        self.node = node
        self.app = app
        self.tokens = {party: self.token(party) for party in PARTIES}

    def token(self, party: str, *roles: Role) -> str:
        return self.node.mint(PartyId(party), roles or tuple(Role), life_s=3600)

    def http(self, party: str | None = None, token: str | None = None) -> httpx.AsyncClient:
        """A plain client in process; party None: without a credential."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        given = token or (self.tokens[party] if party else None)
        headers = {} if given is None else {"Authorization": f"Bearer {given}"}
        return httpx.AsyncClient(transport=transport, base_url="http://node", headers=headers)

    async def ask(
        self, party: str | None, method: str, path: str, body: Any = None, **more: Any
    ) -> httpx.Response:
        """One request; the body as JSON."""
        headers = {**(JSON if body is not None else {}), **more.pop("headers", {})}
        content = None if body is None else json.dumps(body).encode()
        async with self.http(party) as client:
            own = path.startswith(("/healthz", "/readyz", "/public"))
            url = path if own else f"/api/v1{path}"
            return await client.request(method, url, content=content, headers=headers, **more)

    async def told(self, party: str, *volumes: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The answer to telling a flight."""
        answer = await self.ask(party, "POST", "/intents", flight(*volumes, **more))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def key(self, party: str, key_id: str = "desk") -> PartyKey:
        """A signing key of the party, enrolled."""
        key = PartyKey.make(self.node.origin, PartyId(party), KeyId(key_id))
        answer = await self.ask(
            party,
            "POST",
            "/keys",
            {
                "key_id": key_id,
                "public_key": _base64url(key.public_key),
                "roles": [role.value for role in Role],
                "proof": _base64url(key.proof_of_possession()),
            },
        )
        assert answer.status_code == 201, answer.text
        return key

    def client(self, party: str, key: PartyKey | None = None, **more: Any) -> Client:
        """The library's client, in process."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return Client("http://node", self.tokens[party], key=key, transport=transport, **more)


async def furnish(node: Node) -> None:
    """Register the parties, with contacts and units."""
    for party in PARTIES:
        node.contacts.put(f"desk-{party}", Contact(f"{party} watch", ("radio 123.45",)))
        done = await node.command(
            RegisterParty(
                PartyId(party),
                party.title(),
                (UnitToken(f"{party}-1"),),
                f"desk-{party}",
                neutral=party == "charlie",
            )
        )
        assert isinstance(done, Applied)


async def submitted(world: World, party: str, command: Any) -> Applied:
    """What became of a command that the party is said to have given, past the API."""
    author = Author(PartyId(party), How.ATTESTED, "desk", tuple(Role))
    done = await world.node.service.submit(Request(author, command))
    assert isinstance(done, Applied), done
    return done


@contextlib.asynccontextmanager
async def a_world(
    folder: Path, *, operation: Operation | None = None, **more: Any
) -> AsyncIterator[World]:
    node = Node.open(folder / "wideberth-data", **more)
    node._rules = msgspec.structs.replace(node._rules, assess_sharing=False)
    app = create_app(node, operation=operation)
    async with AsyncExitStack() as stack:
        await app.enter(stack)
        if not node.service.picture.parties:
            await furnish(node)
        yield World(node, app)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[str, World]]:
    ready = threading.Event()
    made: dict[str, Any] = {}

    async def run() -> None:
        node = Node.open(folder / "wideberth-data")
        node._rules = msgspec.structs.replace(node._rules, assess_sharing=False)
        listening = socket.create_server(("127.0.0.1", 0))
        async with node:
            await furnish(node)
            app = create_app(node)
            config = uvicorn.Config(app, log_level="warning", lifespan="on", access_log=False)
            server = uvicorn.Server(config)
            made.update(
                world=World(node, app),
                server=server,
                url=f"http://127.0.0.1:{listening.getsockname()[1]}",
                loop=asyncio.get_running_loop(),
                node=node,
            )
            ready.set()
            await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(30)
        yield made["url"], made["world"]
    finally:
        made["loop"].call_soon_threadsafe(made["node"].stopping.set)
        made["server"].should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
