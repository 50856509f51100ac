"""The demo's node: a folder with a space that is an exercise, its parties, and a real server."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wideberth.client import PartyKey
from wideberth.clock import ExerciseClock
from wideberth.contacts import Contact
from wideberth.errors import RecordUnavailable
from wideberth.faces.cli._host import asked
from wideberth.model.commands import EnrolKey, RegisterParty
from wideberth.model.ids import KeyId, PartyId, UnitToken
from wideberth.model.parties import Role
from wideberth.node import Node
from wideberth.space.time import format_rfc3339

__all__ = [
    "ROLES",
    "Made",
    "Seat",
    "free_port",
    "make_space",
    "ready_url",
    "running_server",
    "settings",
    "temporary_folder",
    "tick_s",
]

_ORIGIN = "exercise.wideberth.example/demo/valley-fire-2020-09-09"
ROLES = (Role.WATCH, Role.ACKNOWLEDGE, Role.TELL, Role.SIGN)
_TOKEN_LIFE_S = 12 * 3600
_START_WITHIN_S = 120.0
_STOP_WITHIN_S = 10.0
_SETTINGS = """\
# Written by wideberth demo.
[space]
origin = "{origin}"
host = "wideberth demo (exercise, simulated clock)"
exercise = true

# The day that is played, {rate:g} times as fast as real time until its end.
[clock]
start = "{start}"
at = "{at}"
rate = {rate}
until = "{until}"

# Positions come every 28 s in the median, 5 % of them after more than 4 minutes: a track is
# silent after 5 minutes, and nothing is predicted further ahead than the next position, since
# aircraft at work over a fire turn all the time.
[watch]
tick_s = {tick_s:.3f}
show_every_s = {tick_s:.3f}
silence_after_s = 300
look_ahead_s = 30

[rules]
version = "demo-1"
separation = {{ horizontal_m = 600, vertical_m = 120, time_s = 0 }}
"""


class Seat(Protocol):
    """Who plays: a party, its name, its duty desk, and the units that must know."""

    @property
    def party(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def contact(self) -> str: ...
    @property
    def units(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Made:
    """The space as it was made: by party, the tokens and keys of its desk, and the token with which
    somebody sees its picture at the console, and can say RECEIVED.
    """

    folder: Path
    vkey: str
    tokens: dict[str, str]
    keys: dict[str, PartyKey]
    console_tokens: dict[str, str]


@contextmanager
def temporary_folder(wanted: Path | None) -> Generator[Path]:
    """The folder that was asked for, kept; or a temporary one, gone afterwards."""
    if wanted is not None:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield wanted
        return
    made = Path(tempfile.mkdtemp(prefix="wideberth-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def settings(clock: ExerciseClock) -> str:
    """The node's settings: an exercise, the day that is played, thresholds that fit its data."""
    return _SETTINGS.format(
        origin=_ORIGIN,
        rate=clock.rate,
        start=format_rfc3339(clock.start_us),
        at=format_rfc3339(clock.at_us),
        until=format_rfc3339(clock.until_us),
        tick_s=tick_s(clock),
    )


def tick_s(clock: ExerciseClock) -> float:
    """How often the watch looks, in seconds of the real clock."""
    return max(0.15, min(1.0, 8 / clock.rate))


async def make_space(folder: Path, seats: Iterable[Seat], roles: tuple[Role, ...] = ROLES) -> Made:
    """Open the space and register its parties, their contacts and their keys."""
    tokens: dict[str, str] = {}
    keys: dict[str, PartyKey] = {}
    consoles: dict[str, str] = {}
    async with Node.open(folder) as node:
        for seat in seats:
            party, contact = PartyId(seat.party), f"contact-{seat.party}"
            units = tuple(UnitToken(unit) for unit in seat.units)
            await asked(node, RegisterParty(party, seat.name, units, contact))
            node.contacts.put(contact, Contact(seat.contact, ("radio, demo only",)))
            key = PartyKey.make(node.origin, party, KeyId("demo-1"))
            public, proof = (_base64url(b) for b in (key.public_key, key.proof_of_possession()))
            await asked(node, EnrolKey(party, key.key_id, public, roles, proof))
            keys[seat.party] = key
            tokens[seat.party] = node.mint(party, roles, life_s=_TOKEN_LIFE_S)
            seen = (Role.WATCH, Role.ACKNOWLEDGE)
            consoles[seat.party] = node.mint(party, seen, life_s=_TOKEN_LIFE_S)
        return Made(folder, node.vkey, tokens, keys, consoles)


def free_port(wanted: int) -> int:
    """The port that was asked for if nobody listens on it, else a free one."""
    for port in (wanted, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as tried:
                return int(tried.getsockname()[1])
        except OSError:
            continue
    raise RecordUnavailable("no port is free on 127.0.0.1")


@contextmanager
def running_server(folder: Path, port: int) -> Generator[subprocess.Popen[str]]:
    """``wideberth serve`` on the folder, as a process of its own; stopped at the end, whatever
    happened.
    """
    code = "from wideberth.faces.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", "--folder", str(folder), "--port", str(port)]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(  # noqa: S603 - our own command line
            [*command, "--ready-file", str(folder / "ready")],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
            # Ctrl-C reaches this process alone, which stops the server when it has said goodbye.
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            yield server
        finally:
            _stop(server)


async def ready_url(folder: Path, server: subprocess.Popen[str]) -> str:
    """The URL of the server, once it takes requests.

    Raises RecordUnavailable with its last words where it stopped or never did.
    """
    ready = folder / "ready"
    for _ in range(int(_START_WITHIN_S / 0.05)):
        if server.poll() is not None:
            break
        if ready.exists() and (url := ready.read_text(encoding="utf-8").strip()):
            return url
        await asyncio.sleep(0.05)
    words = (folder / "server.log").read_text(encoding="utf-8").strip()[-2000:]
    raise RecordUnavailable(f"the server did not start:\n{words}")


def _stop(server: subprocess.Popen[str]) -> None:
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGINT)
    try:
        server.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
