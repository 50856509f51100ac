"""``wideberth serve``: run a node."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, complain, complaints
from wideberth.operating import is_loopback

if TYPE_CHECKING:
    from wideberth.faces.api import Api, Operation
    from wideberth.faces.cli._server import NodeServer, Renewal
    from wideberth.faces.cot import CotCounts
    from wideberth.live import Live
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
    from wideberth.configuration import (
        CONFIGURATION_FILE,
        effective_configuration,
        require_loopback_or_auth,
    )
    from wideberth.faces.cli._server import listen_on
    from wideberth.logs import set_up
    from wideberth.node import Node
    from wideberth.tls import server_context, tak_context

    with complaints():
        effective = effective_configuration(folder / CONFIGURATION_FILE, os.environ)
        configuration = effective.configuration
        try:
            server_context(configuration.listen, folder)
            if configuration.tak.port is not None:
                tak_context(configuration.tak, configuration.listen, folder)
        except InvalidValue as error:
            raise effective.layers.refused(error) from None
        set_up(configuration.log)
        where = effective.layers.where("listen.host")
        address = host if host is not None else configuration.listen.host
        require_loopback_or_auth(configuration, address, where="--host" if host else where)
        number = port if port is not None else configuration.listen.port
        warm_up()
        listening = listen_on(address, number, settings="--host, --port")
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


def _run(node: Node, listening: socket.socket, ready_file: Path | None) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(node, listening, ready_file))
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)


async def _serve(node: Node, listening: socket.socket, ready_file: Path | None) -> None:
    from wideberth.faces.cli._operation import metrics_server, operation_of
    from wideberth.faces.cot import CotCounts
    from wideberth.snapshots import keeping

    async with node, AsyncExitStack() as stack:  # here: what is wrong is said before it listens
        listen = node.configuration.listen
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        url = f"{'https' if listen.tls_certificate else 'http'}://{shown}:{port}"
        _say_what_this_is(node)
        if listen.tls_certificate is None and not is_loopback(host):
            complain(
                "note: plain HTTP; tokens cross the network in clear. Set [listen] tls_certificate"
                " and tls_key, or put a proxy that speaks HTTPS in front"
            )

        def ready() -> None:
            if ready_file is not None:
                ready_file.write_text(f"{url}\n", encoding="utf-8")
            print(f"wideberth is listening on {url}", flush=True)

        operated = operation_of(node)
        stack.callback(operated.close)
        live, app = _app(node, operated.operation)
        renewals: list[Renewal] = []
        tak = CotCounts() if node.configuration.tak.is_wanted else None
        if tak is not None:
            live.beside.append(_tak(node, live, tak, renewals))
        if operated.measures is not None:
            at = await stack.enter_async_context(metrics_server(node, live, app, operated, tak))
            print(f"metrics  {at}")
        await stack.enter_async_context(
            keeping(node.service, node.configuration.snapshot, node.folder)
        )
        await stack.enter_async_context(node.outbound.sending())
        await _server(node, app, ready, renewals).serve(sockets=[listening])


@asynccontextmanager
async def _tak(
    node: Node, live: Live, counts: CotCounts, renewals: list[Renewal]
) -> AsyncGenerator[None]:
    """TAK clients and outputs, beside the watch; says where. renewals: gets what reads their
    certificates anew.
    """
    from functools import partial

    from wideberth.faces.cot import TakFace, around_of
    from wideberth.tls import tak_context

    table, listen = node.configuration.tak, node.configuration.listen
    context = None if table.port is None else partial(tak_context, table, listen, node.folder)
    async with TakFace(around_of(node, live, table, counts), table, context) as face:
        renewals.append(face.renew)
        if "tls" in face.ports:
            host = f"[{table.host}]" if ":" in table.host else table.host
            print(f"tak      tls://{host}:{face.ports['tls']}")
        for output in table.open:
            print(f"tak      {output.url} (open to everybody there: nothing protects it)")
        yield


def _app(node: Node, operation: Operation) -> tuple[Live, Api]:
    from wideberth.configuration import CONFIGURATION_FILE, watch_settings
    from wideberth.faces.api import create_app
    from wideberth.faces.feeds.configured import ConfiguredFeeds
    from wideberth.faces.web import static_app
    from wideberth.live import Live, LiveSettings
    from wideberth.service import new_id
    from wideberth.watch.archive import TrackArchive

    watch = watch_settings(node.configuration, node.folder / CONFIGURATION_FILE)
    table = node.configuration.watch
    kept = node.configuration.tracks
    archive = (
        TrackArchive(
            node.folder, kept.settings(), make_name=new_id, vault=node.vault, space=node.origin
        )
        if kept.keep
        else None
    )
    flights = node.configuration.conformance
    settings = LiveSettings(
        table.tick_s,
        table.show_every_s,
        watch=watch,
        limits=flights.limits(),
        states=flights.states(),
    )
    live = Live(node.service, settings, archive=archive)
    live.beside.append(ConfiguredFeeds(node.configuration.feed, live, node.service, node.folder))
    return live, create_app(node, live=live, fallback=static_app(), operation=operation)


def _server(node: Node, app: Api, ready: Callable[[], None], renewals: list[Renewal]) -> NodeServer:
    """The HTTP server: says when it is ready, and tells the node's streams when it stops."""
    import uvicorn

    from wideberth.faces.cli._connections import sockets
    from wideberth.faces.cli._server import NodeServer, TlsProtocol
    from wideberth.tls import server_context

    listen = node.configuration.listen

    def context() -> ssl.SSLContext | None:
        return server_context(listen, node.folder)

    made = context()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=TlsProtocol,
        **sockets(),
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="error",  # it warns of each malformed request: strangers would fill the disk
        server_header=False,
        timeout_graceful_shutdown=_STREAMS_END_S,
        proxy_headers=bool(listen.proxies),
        forwarded_allow_ips=list(listen.proxies),
        ssl_context_factory=None if made is None else lambda _config, _default: made,
    )
    return NodeServer(
        config, ready=ready, ending=node.stopping.set, context=context, renewals=renewals
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
