"""The border, live: the case of border.toml played on a server, with its criteria looked at.

The file is the one that ``wideberth case run`` plays on a clock that is set. Here time passes by
itself, so that each deed is a moment late, and what a party has to be shown is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from wideberth.cases import OUTSIDE, Case, Line, load_case
from wideberth.cases import Play as CasePlay
from wideberth.cases.case import time_us
from wideberth.cases.receiver import Receiver
from wideberth.client import Client
from wideberth.clock import ExerciseClock
from wideberth.errors import WideberthError
from wideberth.faces.cli._cases import FACE
from wideberth.faces.cli._demo import BORDER
from wideberth.faces.cli._demo.node import Made, make_space, tick_s
from wideberth.faces.cli._demo.playpage import PlayPage
from wideberth.faces.cli._demo.reviewed import bundles, columns, packs, who_was_told
from wideberth.faces.cli._demo.served import (
    Options,
    Play,
    Running,
    Teller,
    consoles,
    run_played,
)
from wideberth.faces.cli._demo.summary import lines, summarise
from wideberth.model.ladders import Post
from wideberth.model.parties import Role
from wideberth.space.time import MAX_US, MINUTE_US, format_rfc3339

__all__ = ["run"]

_OPENED = ("south", "lake", "north")
_SIDES = ("south", "north")  # of the incident: each is given what proves its part
_REVIEWED = ("south", "lake")  # of the agreements: their officials meet
_PATIENCE_S = 3.0
_SETTINGS = """\
# Written by wideberth demo --scenario border.
[space]
origin = "exercise.wideberth.example/demo/border"
host = "wideberth demo (exercise, simulated clock, all places invented)"
exercise = true

# The hours that are played, {rate:g} times as fast as real time until their end.
[clock]
start = "{start}"
at = "{at}"
rate = {rate}
until = "{until}"

[watch]
tick_s = {tick_s:.3f}
show_every_s = {tick_s:.3f}
{node}
"""


@dataclass(frozen=True)
class _Seat:
    """A party of the case at the demo's table."""

    party: str
    name: str
    contact: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class _Live:
    """The stage of a case where time passes by itself."""

    clock: ExerciseClock
    clients: Mapping[str, Client]
    receivers: Mapping[tuple[str, Post], Receiver] = field(
        default_factory=dict[tuple[str, Post], Receiver]
    )

    @property
    def now_us(self) -> int:
        """What the clock shows."""
        return self.clock()

    async def advance(self, to_us: int, *, beat_us: int = MAX_US) -> None:  # noqa: ARG002
        """Wait; the server's watch looks by itself."""
        await asyncio.sleep(self.clock.seconds_until(to_us))

    async def settle(self) -> None:
        """Nothing to do: the server does what is due."""


def run(options: Options) -> None:
    """Play it; a Ctrl-C is a good end. Raises WideberthError where something fails."""
    case = load_case(BORDER)
    page = PlayPage()
    seats = [
        _Seat(each.id, f"{each.name} (invented)", each.contact, tuple(each.units))
        for each in case.parties
    ]
    play = Play(
        time_us(case.begins, case.day),
        max(time_us(each.at, case.day) for each in (*case.steps, *case.shows)) + MINUTE_US,
        partial(_settings, case),
        partial(make_space, seats=seats, roles=tuple(Role)),
        partial(_at_work, case, options, page),
    )
    with page:
        run_played(play, options)


def _settings(case: Case, clock: ExerciseClock) -> str:
    return _SETTINGS.format(
        rate=clock.rate,
        start=format_rfc3339(clock.start_us),
        at=format_rfc3339(clock.at_us),
        until=format_rfc3339(clock.until_us),
        tick_s=tick_s(clock),
        node=case.node,
    )


async def _at_work(
    case: Case, options: Options, page: PlayPage, made: Made, running: Running, teller: Teller
) -> None:
    _introduce(case, running.url, made, options, page, teller)
    clock = running.clock
    told: list[Line] = []
    async with AsyncExitStack() as stack:
        clients = {
            party: await stack.enter_async_context(
                Client(running.url, token, key=made.keys[party], attempts=3)
            )
            for party, token in made.tokens.items()
        }
        played = CasePlay(case, _Live(clock, clients), FACE, patience_s=_PATIENCE_S)
        end_s = clock.seconds_until(clock.until_us)
        if options.seconds is not None:
            end_s = min(end_s, clock.seconds_until(clock.start_us) + options.seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(end_s), aclosing(played.lines()) as going:
                async for line in going:
                    told.append(line)
                    page.show(line)
                    _say(line, teller)
    await asyncio.to_thread(_sum_up, made, clock, told, page, teller)


def _say(line: Line, teller: Teller) -> None:
    if not line.is_shown:
        teller(line.party, line.words, style="yellow" if line.party == OUTSIDE else "")
    elif line.passed:
        teller(line.party, f"  is shown: {line.words}", style="dim")
    else:
        teller(line.party, f"  is NOT shown: {line.words}", style="red")
        teller.plain(f"            found: {line.found}")


def _introduce(
    case: Case, url: str, made: Made, options: Options, page: PlayPage, teller: Teller
) -> None:
    addresses = consoles(url, made, options, opened=_OPENED, first=page.url)
    page.begin(case, addresses, _OPENED)
    teller.plain(f"EXERCISE. {case.title}, {options.speed:g} times as fast.")
    teller.plain(f"From public reports: {case.structure}")
    teller.plain(f"INVENTED: {case.invented}")
    teller.plain()
    teller.plain("What is played, as it goes, with all sides side by side:")
    teller.plain(f"  {page.url}")
    teller.plain("The console, as each party sees it (each address holds a token):")
    for party in _OPENED:
        teller.plain(f"  {party:<6} {addresses[party]}")
    teller.plain()


def _sum_up(
    made: Made, clock: ExerciseClock, told: list[Line], page: PlayPage, teller: Teller
) -> None:
    origin = next(iter(made.keys.values())).origin
    try:
        summary, verified = summarise(made.folder, made.vkey, origin)
    except WideberthError as error:
        teller.plain(f"the record does not verify: {error}")
        raise
    judged = [line for line in told if line.passed is not None]
    good = sum(line.passed is True for line in judged)
    said = [
        "What happened",
        f"  {good} of {len(judged)} times a party was shown what the case asks for",
        *(f"  {line}" for line in lines(summary, verified, rate=clock.rate)),
        "",
        *who_was_told(summary, _OPENED),
        *columns(summary),
    ]
    teller.plain()
    for line in said:
        teller.plain(line)
    files: list[tuple[Path, str]] = []
    for path, words in (
        *packs(made.folder, _REVIEWED, clock.start_us, clock.until_us),
        *bundles(made.folder, made.vkey, _SIDES),
    ):
        files.append((path, words))
        teller.plain(f"{words}: {path}")
    page.end(files, said)
    teller.plain(f"All of it, and the files of the review: {page.url}")
    teller.plain()
