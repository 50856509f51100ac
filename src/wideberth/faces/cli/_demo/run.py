"""The wildfire day from its first line to its last: the desks, the positions, what it came to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

from wideberth.clock import ExerciseClock
from wideberth.errors import WideberthError
from wideberth.faces.cli._demo.cast import CAST
from wideberth.faces.cli._demo.desk import Desk
from wideberth.faces.cli._demo.flights import END_US, START_US, Flights
from wideberth.faces.cli._demo.invented import DRONE, HELICOPTER
from wideberth.faces.cli._demo.node import Made, make_space, settings
from wideberth.faces.cli._demo.script import Step, script
from wideberth.faces.cli._demo.served import (
    Options,
    Play,
    Running,
    Teller,
    consoles,
    run_played,
)
from wideberth.faces.cli._demo.summary import lines, summarise
from wideberth.space.time import SECOND_US

__all__ = ["run"]

_REAL_FEED = "calfire-adsb"  # brought by the air attack desk
_SEND_EVERY_S = 0.1
_LAST_ANSWERS_S = 0.5


def run(flights: Flights, options: Options) -> None:
    """Play the demo; a Ctrl-C is a good end. Raises WideberthError where something fails."""
    play = Play(
        START_US,
        END_US,
        settings,
        partial(make_space, seats=CAST),
        partial(_at_work, flights, options),
    )
    run_played(play, options)


async def _at_work(
    flights: Flights, options: Options, made: Made, running: Running, teller: Teller
) -> None:
    url, clock = running.url, running.clock
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


def _introduce(url: str, made: Made, options: Options, teller: Teller) -> None:
    console = consoles(url, made, options, opened=["air-attack"])["air-attack"]
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


def _sum_up(made: Made, clock: ExerciseClock, teller: Teller) -> None:
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
