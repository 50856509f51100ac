"""The console in a browser over a real node: real record, real API, real streams."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from wideberth.faces.api import create_app
from wideberth.faces.web import static_app
from wideberth.live import Live, LiveSettings
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.parties import Role
from wideberth.node import Node
from wideberth.service import new_id
from wideberth.watch.archive import TrackArchive

ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
ROLES = (Role.WATCH, Role.ACKNOWLEDGE, Role.TELL)
STREAM = "/api/v1/stream"
expect.set_options(timeout=60_000)  # the very first intent waits for the kernels to compile


@dataclass
class Cutter:
    """An ASGI app around another that cuts the lines of the party's stream when told to, gives none
    until they are mended, and keeps every byte that went out, by the token that was shown.
    """

    app: Any
    sent: dict[str, bytearray] = field(default_factory=dict)
    lines: set[asyncio.Task[None]] = field(default_factory=set)
    resumed_after: list[str | None] = field(default_factory=list)
    down: bool = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            send = self.kept(scope, send)
        if scope.get("path") != STREAM:
            await self.app(scope, receive, send)
            return
        if self.down:
            await send({"type": "http.response.start", "status": 502, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        given = dict(scope["headers"]).get(b"last-event-id")
        self.resumed_after.append(None if given is None else given.decode())
        line = asyncio.create_task(self.app(scope, receive, send))
        self.lines.add(line)
        await asyncio.wait([line])
        self.lines.discard(line)

    def kept(self, scope: Any, send: Any) -> Any:
        shown = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        kept = self.sent.setdefault(shown.removeprefix("Bearer "), bytearray())

        async def keeping(message: Any) -> None:
            kept.extend(message.get("body", b""))
            for pair in message.get("headers", ()):
                kept.extend(b"%s: %s\n" % tuple(pair))
            await send(message)

        return keeping

    def cut(self) -> None:
        self.down = True
        for line in self.lines:
            line.cancel()

    def mend(self) -> None:
        self.down = False


@dataclass
class Console:
    """A node that serves the console: its address, its loop, and how to make its lines break."""

    url: str
    node: Node
    loop: asyncio.AbstractEventLoop
    cutter: Cutter

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def cut(self) -> None:
        self.loop.call_soon_threadsafe(self.cutter.cut)

    def mend(self) -> None:
        self.loop.call_soon_threadsafe(self.cutter.mend)

    def token(self, party: str) -> str:
        return self.node.mint(PartyId(party), ROLES, life_s=3600)

    def address(self, party: str) -> str:
        return f"{self.url}/#token={self.token(party)}"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    (tmp_path / "wideberth.toml").write_text(
        '[space]\norigin = "exercise.tests.example/console"\nhost = "the test"\nexercise = true\n'
    )
    node = Node.open(tmp_path)
    live = Live(
        node.service,
        LiveSettings(tick_s=0.2, show_every_s=0.2),
        archive=TrackArchive(node.folder, make_name=new_id),
    )
    cutter = Cutter(create_app(node, live=live, fallback=static_app()))
    listening = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    server = Server(uvicorn.Config(cutter, lifespan="on", log_level="error"))

    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve([listening])))
    thread.start()
    ready.wait(60)
    found = Console(f"http://127.0.0.1:{listening.getsockname()[1]}", node, loop, cutter)
    for party in ("alpha", "bravo"):
        name = f"Party {party}"
        found.run(node.command(RegisterParty(PartyId(party), name, (UnitToken("unit-1"),))))
    yield found
    loop.call_soon_threadsafe(node.stopping.set)
    server.should_exit = True
    thread.join(30)
    loop.close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@dataclass
class Window:
    """A tab, what it said on its console and what it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[[], Window]]:
    contexts = []

    def opened() -> Window:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        contexts.append(context)
        found = Window(context.new_page())
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.set_default_timeout(60_000)
        return found

    yield opened
    for context in contexts:
        context.close()
