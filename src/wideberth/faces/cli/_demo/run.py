"""The demo from its first line to its last: make the space, start the server, play, sum up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from wideberth.clock import ExerciseClock
from wideberth.errors import WideberthError
from wideberth.faces.cli._demo.cast import CAST
from wideberth.faces.cli._demo.desk import Desk
from wideberth.faces.cli._demo.flights import END_US, START_US, Flights
from wideberth.faces.cli._demo.invented import DRONE, HELICOPTER
from wideberth.faces.cli._demo.node import (
    Made,
    free_port,
    make_space,
    ready_url,
    running_server,
    temporary_folder,
    write_settings,
)
from wideberth.faces.cli._demo.script import Step, script
from wideberth.faces.cli._demo.summary import lines, summarise
from wideberth.faces.cli._demo.warm import warm_up
from wideberth.service import now_us
from wideberth.space.time import SECOND_US, format_rfc3339

__all__ = ["Options", "run"]

_REAL_FEED = "calfire-adsb"  # brought by the air attack desk
_SEND_EVERY_S = 0.1
_LEAST_LEAD_US, _MOST_LEAD_US = 6 * SECOND_US, 15 * SECOND_US  # for starting the server
_LAST_ANSWERS_S = 0.5


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


class _Teller:
    """Lines for the terminal: the time of the day that is played, who, what."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, soft_wrap=True)
        self.clock: ExerciseClock | None = None

    def __call__(self, party: str, what: str) -> None:
        time_us = self.clock() if self.clock is not None else 0
        line = Text.assemble(
            (f"{format_rfc3339(time_us)[11:19]}Z  ", "dim"), (f"{party:<12}", "bold"), what
        )
        if party == "(watch)":
            line.stylize("yellow")
        self.out.print(line)

    def plain(self, text: str = "") -> None:
        """A line without a time."""
        self.out.print(Text(text))


def run(flights: Flights, options: Options) -> None:
    """Play the demo; a Ctrl-C is a good end. Raises WideberthError where something fails."""
    teller = _Teller()
    if sys.stdout.isatty():
        teller.plain("Getting ready (the very first time compiles the kernels: up to a minute) ...")
    with temporary_folder(options.folder) as folder, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_run(flights, options, folder, teller))
    if options.folder is None:
        teller.plain("Stopped. Nothing is left behind.")
    else:
        teller.plain(f"Stopped. The record is in {folder}")


async def _run(flights: Flights, options: Options, folder: Path, teller: _Teller) -> None:
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
        clock = teller.clock = ExerciseClock(START_US, now_us() + lead_us, options.speed, END_US)
        write_settings(folder, clock)
        made = made or await make_space(folder)
        with running_server(folder, free_port(options.port)) as server:
            url = await ready_url(folder, server)
            if clock() <= START_US:
                await _at_work(flights, options, made, _Running(url, server, clock), teller)
                return
        # The server took longer than the time set aside: once more, with more of it.
        lead_us = 2 * (now_us() - clock.at_us + lead_us)


@dataclass(frozen=True)
class _Running:
    url: str
    server: subprocess.Popen[str]
    clock: ExerciseClock


async def _at_work(
    flights: Flights, options: Options, made: Made, running: _Running, teller: _Teller
) -> None:
    url, clock, server = running.url, running.clock, running.server
    _introduce(url, made, options, teller)
    heard: set[str] = set()
    async with AsyncExitStack() as stack:
        desks = {
            role.party: Desk(
                role,
                url,
                made.tokens[role.party],
                key=made.keys[role.party],
                clock=clock,
                say=teller,
                heard=heard,
            )
            for role in CAST
        }
        for desk in desks.values():
            await stack.enter_async_context(desk.at_work())
        await _play(flights, desks, clock, options)
    await asyncio.to_thread(_sum_up, made, clock, teller)
    if options.wait:
        teller.plain(f"The console stays at {url} until Ctrl-C.")
        await asyncio.to_thread(server.wait)


async def _play(
    flights: Flights, desks: Mapping[str, Desk], clock: ExerciseClock, options: Options
) -> None:
    """Feed the positions and take the steps until the day, or the time asked for, is over."""
    air = desks["air-attack"]
    await air.open_feed(_REAL_FEED)
    for each in (HELICOPTER, DRONE):
        await desks[each.party].open_feed(each.feed)
    end_s = clock.seconds_until(END_US)
    if options.seconds is not None:
        end_s = min(end_s, clock.seconds_until(START_US) + options.seconds)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(end_s):
            steps = script(flights, desks)
            await asyncio.gather(_feed(flights, desks, clock), _take(steps, clock))
    await asyncio.sleep(_LAST_ANSWERS_S)


async def _feed(flights: Flights, desks: Mapping[str, Desk], clock: ExerciseClock) -> None:
    """Send each position once its time has come, as recorded."""
    await asyncio.sleep(clock.seconds_until(START_US))
    after_us = START_US - 600 * SECOND_US  # where each aircraft was before: ten minutes of trail
    while after_us < END_US:
        until_us = min(clock(), END_US)
        real = flights.reports(after_us, until_us)
        if real:
            await desks["air-attack"].report(_REAL_FEED, real)
        for flight in (HELICOPTER, DRONE):
            invented = flight.reports(after_us, until_us)
            if invented:
                await desks[flight.party].report(flight.feed, invented)
        after_us = until_us
        await asyncio.sleep(_SEND_EVERY_S)


async def _take(steps: Sequence[Step], clock: ExerciseClock) -> None:
    for step in steps:
        await asyncio.sleep(clock.seconds_until(step.time_us))
        await step.act()


def _introduce(url: str, made: Made, options: Options, teller: _Teller) -> None:
    consoles = {party: f"{url}/#token={token}" for party, token in made.console_tokens.items()}
    console = consoles["air-attack"]
    if options.console_file is not None:
        lines_of = "".join(f"{party}\t{address}\n" for party, address in consoles.items())
        options.console_file.write_text(lines_of, encoding="utf-8")
    teller.plain(
        "EXERCISE. 9 September 2020, 00:25 to 02:00 UTC, over the Valley Fire, California."
    )
    teller.plain(
        f"The aircraft AA460, T71, N427DF and others flew as shown; replayed {options.speed:g}"
        " times as fast. Invented for this demo, and marked so: the names of all parties, what they"
        " tell each other, the rescue helicopter and the news drone."
    )
    teller.plain()
    teller.plain("The console, as the air attack desk sees it (the address holds a token):")
    teller.plain(f"  {console}")
    teller.plain()
    has_display = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if options.browser and has_display:
        webbrowser.open(console)


def _sum_up(made: Made, clock: ExerciseClock, teller: _Teller) -> None:
    origin = made.keys["air-attack"].origin
    try:
        summary, verified = summarise(made.folder, made.vkey, origin)
    except WideberthError as error:
        teller.plain(f"the record does not verify: {error}")
        raise
    teller.plain()
    teller.plain("What happened")
    for line in lines(summary, verified, rate=clock.rate):
        teller.plain(f"  {line}")
    teller.plain()
