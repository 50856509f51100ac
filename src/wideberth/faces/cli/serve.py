"""``wideberth serve``: run a node."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, complain, complaints

if TYPE_CHECKING:
    import uvicorn

    from wideberth.configuration import Configuration
    from wideberth.node import Node

__all__ = ["command", "warm_up"]

_STREAMS_END_S = 5  # how long open answers may go on after Ctrl-C


def command(
    folder: FolderOption = Path("wideberth-data"),
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The address to listen on. [default: 127.0.0.1]"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="The port; 0 takes a free one. [default: 8470]"),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the node's URL to this file when it takes requests."
        ),
    ] = None,
) -> None:
    """Run a node: the record, the rules and the HTTP API, on this machine only unless configured.

    The first start makes the folder and its keys, and says so. Ctrl-C stops it.
    """
    from wideberth.configuration import CONFIGURATION_FILE, load_configuration
    from wideberth.node import Node

    with complaints():
        configuration = load_configuration(folder / CONFIGURATION_FILE)
        address = host if host is not None else configuration.listen.host
        _require_loopback_or_auth(address, configuration)
        number = port if port is not None else configuration.listen.port
        warm_up()
        listening = _listening(address, number)
        try:
            node = Node.open(folder)
            _run(node, listening, ready_file)
        finally:
            listening.close()


def warm_up() -> None:
    """Have every kernel at hand before the loop runs: a request would make all others wait."""
    from wideberth import space
    from wideberth.watch import warm as watch

    if not (space.is_warm() and watch.is_warm()):
        print("compiling the kernels, once on this machine (about 30 s) ...", flush=True)
    space.warm_up()
    watch.warm_up()


def _require_loopback_or_auth(address: str, configuration: Configuration) -> None:
    if configuration.auth.is_configured or _is_loopback(address):
        return
    raise InvalidValue(
        "--host",
        "authentication-not-configured",
        address,
        "without [auth] in wideberth.toml a node listens on this machine only (127.0.0.1, ::1);"
        " say there whose tokens count",
    )


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _listening(address: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address, port), family=family, backlog=2048)
    except OSError as error:
        raise InvalidValue(
            "--host, --port", "address", f"{address}:{port}", f"cannot listen: {error.strerror}"
        ) from error


def _run(node: Node, listening: socket.socket, ready_file: Path | None) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(node, listening, ready_file))
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)


async def _serve(node: Node, listening: socket.socket, ready_file: Path | None) -> None:
    async with node:  # here, so that what is wrong is said before anything listens
        listen = node.configuration.listen
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        url = f"{'https' if listen.tls_certificate else 'http'}://{shown}:{port}"
        _say_what_this_is(node)
        if listen.tls_certificate is None and not _is_loopback(host):
            complain(
                "note: plain HTTP; tokens cross the network in clear. Set [listen] tls_certificate"
                " and tls_key, or put a proxy that speaks HTTPS in front"
            )

        def ready() -> None:
            if ready_file is not None:
                ready_file.write_text(f"{url}\n", encoding="utf-8")
            print(f"wideberth is listening on {url}", flush=True)

        await _server(node, ready).serve(sockets=[listening])


def _server(node: Node, ready: Callable[[], None]) -> uvicorn.Server:
    """The HTTP server: says when it is ready, and tells the node's streams when it stops."""
    import uvicorn

    from wideberth.configuration import CONFIGURATION_FILE, watch_settings
    from wideberth.faces.api import create_app
    from wideberth.faces.web import static_app
    from wideberth.live import Live, LiveSettings

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            node.stopping.set()
            await super().shutdown(sockets)

        @contextmanager
        def capture_signals(self) -> Generator[None]:
            # uvicorn raises the signal again once it has stopped; here a stop asked for is a
            # good end.
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.handle_exit, number, None)
            yield
            for number in (signal.SIGINT, signal.SIGTERM):
                with suppress(ValueError):
                    loop.remove_signal_handler(number)

    listen = node.configuration.listen
    folder = node.folder
    watch = watch_settings(node.configuration, folder / CONFIGURATION_FILE)
    table = node.configuration.watch
    live = Live(node.service, LiveSettings(table.tick_s, table.show_every_s, watch=watch))
    return Server(
        uvicorn.Config(
            create_app(node, live=live, fallback=static_app()),
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_STREAMS_END_S,
            ssl_certfile=folder / listen.tls_certificate if listen.tls_certificate else None,
            ssl_keyfile=folder / listen.tls_key if listen.tls_key else None,
        )
    )


def _say_what_this_is(node: Node) -> None:
    from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE

    if node.is_exercise:
        print("EXERCISE: nothing here is real")
    for made in node.made:
        print(f"made     {made}")
    print(f"folder   {node.folder}")
    print(f"origin   {node.origin}")
    print(f"key      {node.vkey}")
    print(f"host     {node.host_name} (whoever runs this node can read what is told to it)")
    print(f"rules    {node.service.picture.space.rules.version}")
    print(f"entries  {node.service.picture.size}")
    print(f"An acknowledgement: {NEITHER_PERMISSION_NOR_GUARANTEE}")
    for note in node.notes:
        complain(f"note: {note}")
