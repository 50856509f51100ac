"""A demo on a real server: the folder, the clock, the start, the lines in the terminal, the end.

What is played is handed in (:class:`Play`): the wildfire day (:mod:`.run`), the border
(:mod:`.border`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from wideberth.clock import ExerciseClock
from wideberth.configuration import CONFIGURATION_FILE
from wideberth.faces.cli._demo.node import (
    Made,
    free_port,
    ready_url,
    running_server,
    temporary_folder,
)
from wideberth.faces.cli._demo.warm import warm_up
from wideberth.service import now_us
from wideberth.space.time import SECOND_US, format_rfc3339

__all__ = ["Options", "Play", "Running", "Teller", "consoles", "run_played"]

_LEAST_LEAD_US, _MOST_LEAD_US = 6 * SECOND_US, 15 * SECOND_US  # for starting the server


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    speed: float
    folder: Path | None
    port: int
    browser: bool
    seconds: float | None
    wait: bool
    console_file: Path | None


class Teller:
    """Lines for the terminal: the time of the day that is played, who, what."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, soft_wrap=True)
        self.clock: ExerciseClock | None = None

    def __call__(self, party: str, what: str, *, style: str = "") -> None:
        """A line with the time."""
        time_us = self.clock() if self.clock is not None else 0
        line = Text.assemble(
            (f"{format_rfc3339(time_us)[11:19]}Z  ", "dim"),
            (f"{party:<12}", "bold"),
            (what, style),
        )
        if party == "(watch)":
            line.stylize("yellow")
        self.out.print(line)

    def plain(self, text: str = "") -> None:
        """A line without a time."""
        self.out.print(Text(text))


@dataclass(frozen=True)
class Running:
    """The server at work."""

    url: str
    server: subprocess.Popen[str]
    clock: ExerciseClock


@dataclass(frozen=True)
class Play:
    """What is played. start_us, end_us: of the day that is played. settings: of the node, as text.
    make: the space with its parties; act: everything, once the server takes requests.
    """

    start_us: int
    end_us: int
    settings: Callable[[ExerciseClock], str]
    make: Callable[[Path], Awaitable[Made]]
    act: Callable[[Made, Running, Teller], Awaitable[None]]


def run_played(play: Play, options: Options) -> None:
    """Play it; a Ctrl-C is a good end. Raises WideberthError where something fails."""
    teller = Teller()
    if sys.stdout.isatty():
        teller.plain("Getting ready (the very first time compiles the kernels: up to a minute) ...")
    with temporary_folder(options.folder) as folder, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_run(play, options, folder, teller))
    if options.folder is None:
        teller.plain("Stopped. Nothing is left behind.")
    else:
        teller.plain(f"Stopped. The record is in {folder}")


async def _run(play: Play, options: Options, folder: Path, teller: Teller) -> None:
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    began_us = now_us()
    await warm_up()
    lead_us = min(max(now_us() - began_us, _LEAST_LEAD_US), _MOST_LEAD_US)
    made: Made | None = None
    while True:
        clock = ExerciseClock(play.start_us, now_us() + lead_us, options.speed, play.end_us)
        teller.clock = clock
        (folder / CONFIGURATION_FILE).write_text(play.settings(clock), encoding="utf-8")
        made = made or await play.make(folder)
        with running_server(folder, free_port(options.port)) as server:
            url = await ready_url(folder, server)
            if clock() <= play.start_us:
                await play.act(made, Running(url, server, clock), teller)
                if options.wait:
                    teller.plain(f"The console stays at {url} until Ctrl-C.")
                    await asyncio.to_thread(server.wait)
                return
        # The server took longer than the time set aside: once more, with more of it.
        lead_us = 2 * (now_us() - clock.at_us + lead_us)


def consoles(
    url: str, made: Made, options: Options, opened: Sequence[str], *, first: str | None = None
) -> dict[str, str]:
    """The console's address for each party, a token in it; written to the file that was asked for,
    and those of these parties opened in a browser where there is one. first: what is opened before.
    """
    addresses = {party: f"{url}/#token={token}" for party, token in made.console_tokens.items()}
    if options.console_file is not None:
        lines = "".join(f"{party}\t{address}\n" for party, address in addresses.items())
        page = "" if first is None else f"(page)\t{first}\n"
        options.console_file.write_text(lines + page, encoding="utf-8")
    has_display = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if options.browser and has_display:
        for address in (*filter(None, [first]), *(addresses[party] for party in opened)):
            webbrowser.open(address)
    return addresses
