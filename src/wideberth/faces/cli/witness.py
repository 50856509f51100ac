"""``wideberth witness``: cosign a log's heads with a key and a memory of one's own."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue, Misbehaviour, system_reason
from wideberth.faces.cli._host import NO, complain, complaints

if TYPE_CHECKING:
    from types import FrameType

    import uvicorn

    from wideberth.faces.witness import Watcher
    from wideberth.record.cosignatures import WitnessKey
    from wideberth.record.notes import VerifierKey
    from wideberth.record.witness import Witness

__all__ = ["KEY_FILE", "command"]

KEY_FILE = "witness.key"
_LOOK_S = 5.0


def command(  # noqa: PLR0913 - typer makes an option of each
    log: Annotated[
        list[str],
        typer.Option(metavar="KEY", help="The log's public key, as its node prints it; repeat it."),
    ],
    folder: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Where the witness keeps its key and its memory."),
    ] = Path("wideberth-witness"),
    name: Annotated[
        str | None,
        typer.Option(help="The witness's name, for its first start: witness.party.example, say."),
    ] = None,
    watch: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Fetch heads from this node, instead of serving."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The token to watch with; read at each look."),
    ] = None,
    every: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.05, help="How often to look.")
    ] = _LOOK_S,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Show key and memory, and end; makes the key.")
    ] = False,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address to serve on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to serve on; 0 takes a free one.")
    ] = 8471,
    ready_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the witness's URL to this file when it serves."),
    ] = None,
) -> None:
    """Be a witness: cosign each head of a log that extends the one before, and no other.

    It serves the tlog-witness protocol, or with --watch comes for heads by itself. The first start
    makes a key and prints it. Exit code 1: the log forked or rolled back; the evidence is kept.
    """
    from wideberth.record.notes import parse_vkey
    from wideberth.record.witness import Witness

    with complaints():
        keys = [parse_vkey(each) for each in log]
        key = _key(folder, name)
        with Witness(folder, key=key, logs=keys) as witness:
            print(f"witness  {key.verifier.name}")
            print(f"key      {key.vkey}")
            for origin in witness.origins:
                seen = witness.seen(origin)
                print(f"log      {origin}: {_words(None if seen is None else seen.head.size)}")
            if show or watch is None:
                _require_unforked(witness)
            if show:
                return
            if watch is None:
                _serve(witness, host, port, ready_file)
            else:
                _watch(witness, keys, watch, token_file, every_s=None if once else every)


def _words(size: int | None) -> str:
    return "nothing cosigned yet" if size is None else f"cosigned up to {size} entries"


def _key(folder: Path, name: str | None) -> WitnessKey:
    """The witness's key, made on the first start. Raises InvalidValue."""
    from wideberth.record.cosignatures import WitnessKey

    path = folder / KEY_FILE
    if path.exists():
        key = WitnessKey.load(path)
        if name is not None and name != key.verifier.name:
            raise InvalidValue("--name", "name", name, f"this witness is {key.verifier.name}")
        return key
    if name is None:
        raise InvalidValue("--name", "name-missing", None, "name the witness for its first start")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidValue("--folder", "folder", str(folder), system_reason(error)) from None
    key = WitnessKey.make(path, name)
    print(f"made     {path} (cosigns; its own key, for nothing else)")
    return key


def _require_unforked(witness: Witness) -> None:
    """Say again, at each start, which logs are not cosigned any more; end where none is left."""
    from wideberth.record.witness import evidence_file

    forked = [each for each in witness.origins if witness.evidence(each) is not None]
    for origin in forked:
        complain(f"wideberth: FORK: {origin}: see {witness.folder / evidence_file(origin)}")
    if len(forked) == len(witness.origins):
        raise typer.Exit(NO)


def _watch(
    witness: Witness,
    keys: Sequence[VerifierKey],
    url: str,
    token_file: Path | None,
    *,
    every_s: float | None,
) -> None:
    """Look again and again; every_s None: once. Raises typer.Exit, InvalidValue."""
    from wideberth.faces.witness import Watcher
    from wideberth.logclient import LogClient

    if not url.startswith(("http://", "https://")):
        raise InvalidValue("--watch", "url", url, "give the node's URL, as in https://host:8470")
    token = None if token_file is None else _token_of(token_file)
    with LogClient(url, token=token) as client, _interrupts() as interrupted:
        watcher = Watcher(witness, client, keys=keys)
        failures = 0
        while True:
            failures = _look(watcher, url, failures, once=every_s is None)
            if every_s is None:
                return
            if interrupted():
                raise KeyboardInterrupt
            time.sleep(min(every_s * 2 ** min(failures, 10), max(every_s, 300.0)))


@contextmanager
def _interrupts() -> Generator[Callable[[], bool]]:
    """Whether Ctrl-C came, also where the exception was lost in somebody's callback."""
    came = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        signal.default_int_handler(number, frame)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: came
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, before)


def _look(watcher: Watcher, url: str, failures: int, *, once: bool) -> int:
    """One look; gives how many failed in a row. Raises typer.Exit where the log misbehaves."""
    import httpx

    try:
        looked = watcher.look(now_s=int(time.time()))
    except Misbehaviour as error:
        complain(f"wideberth: {error}")
        complain("wideberth: this witness cosigns no more of it; show the file to the others")
        raise typer.Exit(NO) from None
    except (httpx.HTTPError, InvalidValue) as error:
        if once and isinstance(error, InvalidValue):
            raise
        if once:
            why = f"the node does not answer there ({error}); give the URL at which it listens"
            raise InvalidValue("--watch", "unreachable", url, why) from None
        if failures == 0:
            complain(f"wideberth: could not look, and goes on trying: {error}")
        return failures + 1
    if looked.is_new:
        print(f"cosigned {looked.head.origin} {looked.head.size}", flush=True)
    return 0


def _token_of(path: Path) -> Callable[[], str]:
    def read() -> str:
        try:
            return path.read_text(encoding="ascii").strip()
        except OSError as error:
            why = system_reason(error)
            raise InvalidValue("--token-file", "unreadable", str(path), why) from None
        except UnicodeDecodeError:
            raise InvalidValue("--token-file", "token", str(path), "give a token as text") from None

    return read


def _serve(witness: Witness, host: str, port: int, ready_file: Path | None) -> None:
    """Serve until a signal. Raises typer.Exit where a log forked meanwhile."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise InvalidValue(
            "--host, --port", "address", f"{host}:{port}", system_reason(error)
        ) from None
    address, number = listening.getsockname()[:2]
    url = f"http://{f'[{address}]' if ':' in address else address}:{number}"

    def ready() -> None:
        if ready_file is not None:
            ready_file.write_text(f"{url}\n", encoding="utf-8")
        print(f"wideberth witness is listening on {url}", flush=True)

    try:
        asyncio.run(_server(witness, ready).serve(sockets=[listening]))
    finally:
        listening.close()
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)
    if any(witness.evidence(origin) is not None for origin in witness.origins):
        raise typer.Exit(NO)


def _server(witness: Witness, ready: Callable[[], None]) -> uvicorn.Server:
    import uvicorn

    from wideberth.faces.cli._connections import BoundedProtocol, SweepingServer
    from wideberth.faces.witness import WitnessApp
    from wideberth.record.splits import parse_evidence
    from wideberth.record.witness import evidence_file

    class Server(SweepingServer):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

        @contextmanager
        def capture_signals(self) -> Generator[None]:
            # uvicorn raises the signal again once it has stopped; a stop asked for is a good end,
            # and how this program ends says whether a log forked.
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.handle_exit, number, None)
            yield
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def say(evidence: str) -> None:
        origin = parse_evidence(evidence).larger.partition("\n")[0]
        path = witness.folder / evidence_file(origin)
        complain(f"wideberth: {Misbehaviour(origin, 'fork', str(path))}")

    app = WitnessApp(witness, on_evidence=say)
    return Server(
        uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
        )
    )
