"""The stage of a case: a real node in a folder, its parties at their keys, and a clock that is set.

Everything goes through the HTTP API, in this process; webhooks go over a real loopback connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from wideberth.cases.case import Case, Member, time_us
from wideberth.cases.receiver import Receiver
from wideberth.client import Client, PartyKey
from wideberth.configuration import CONFIGURATION_FILE, watch_settings
from wideberth.contacts import Contact, Way
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.live import Live, LiveSettings
from wideberth.model.channels import Medium
from wideberth.model.commands import Command, EnrolKey, RegisterParty
from wideberth.model.ids import KeyId, PartyId, UnitToken
from wideberth.model.ladders import Post
from wideberth.model.parties import Role
from wideberth.model.refusals import Refusal
from wideberth.node import Node
from wideberth.picture.deadlines import next_due_us
from wideberth.space.time import MAX_US

__all__ = ["App", "Board", "Face", "Stage", "SteppedClock", "staged"]

_NEVER_S = 86_400.0  # the watch looks when the runner says so, and not by itself
_TOKEN_LIFE_S = 12 * 3600
_SETTINGS = """\
[space]
origin = "exercise.wideberth.example/cases/{id}"
host = "wideberth case {id} (exercise, invented)"
exercise = true

[delivery]
private_addresses = true
first_retry_s = 0.05
longest_retry_s = 1.0
"""


class App(Protocol):
    """The API of a node as an ASGI app."""

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """ASGI."""
        ...

    async def enter(self, stack: AsyncExitStack) -> None:
        """Start the node and what belongs to it; the stack stops them."""
        ...


@dataclass(frozen=True)
class Face:
    """How a case speaks to a node. create: its API; statement_of: the type of the signed statement
    that a method and a path (below /api/v1) take, with the names from the path that stand in it;
    None: it takes none.
    """

    create: Callable[[Node, Live], App]
    statement_of: Callable[[str, str], tuple[str, dict[str, str]] | None]


class Board(Protocol):
    """Where a case is played: a clock, each party's client, and the receivers of its posts."""

    @property
    def now_us(self) -> int:
        """What the clock shows: microseconds since 1970."""
        ...

    @property
    def clients(self) -> Mapping[str, Client]:
        """By party."""
        ...

    @property
    def receivers(self) -> Mapping[tuple[str, Post], Receiver]:
        """By party and post."""
        ...

    async def advance(self, to_us: int, *, beat_us: int = MAX_US) -> None:
        """Come back when it is to_us. beat_us: how often the watch looks until then, at least."""
        ...

    async def settle(self) -> None:
        """Come back when what is due now has happened."""
        ...


@dataclass(slots=True)
class SteppedClock:
    """A clock that shows what it was set to: microseconds since 1970."""

    now_us: int

    def __call__(self) -> int:
        """What it shows."""
        return self.now_us


@dataclass(slots=True)
class Stage:
    """A node at work, and a client for each party."""

    node: Node
    clock: SteppedClock
    live: Live
    clients: dict[str, Client]
    receivers: dict[tuple[str, Post], Receiver] = field(
        default_factory=dict[tuple[str, Post], Receiver]
    )

    @property
    def now_us(self) -> int:
        """What the clock was set to."""
        return self.clock.now_us

    async def advance(self, to_us: int, *, beat_us: int = MAX_US) -> None:
        """Let time pass up to to_us: every deadline in between passes at its own time, and the
        watch looks at least every beat_us.
        """
        service = self.node.service
        while True:
            await self.settle()
            if self.clock.now_us >= to_us:
                return
            due_us = next_due_us(service.picture)
            next_us = min(to_us, self.clock.now_us + beat_us)
            if due_us is not None and due_us > self.clock.now_us:
                next_us = min(next_us, due_us)
            self.clock.now_us = next_us

    async def settle(self) -> None:
        """Let everything happen that is due now."""
        while await self.node.timers.look():
            pass
        await self.live.tick()
        while await self.node.timers.look():
            pass


@contextlib.asynccontextmanager
async def staged(case: Case, folder: Path, face: Face) -> AsyncGenerator[Stage]:
    """The stage of a case in a new folder, at the time at which the case begins.

    Raises InvalidValue for a folder that is not new, and for settings or parties that the node does
    not take.
    """
    _furnish(case, folder)
    clock = SteppedClock(time_us(case.begins, case.day))
    node = Node.open(folder, clock_us=clock)
    watch = watch_settings(node.configuration, folder / CONFIGURATION_FILE)
    live = Live(node.service, LiveSettings(tick_s=_NEVER_S, watch=watch))
    app = face.create(node, live)
    async with AsyncExitStack() as stack:
        await app.enter(stack)
        stage = Stage(node, clock, live, {})
        for member in case.parties:
            stage.clients[member.id] = await stack.enter_async_context(
                await _joined(node, member, app)
            )
            for channel in member.channels:
                receiver = Receiver(answers=channel.answers)
                await stack.enter_async_context(receiver)
                stage.receivers[member.id, channel.post] = receiver
            node.outbound.ways.put(
                PartyId(member.id),
                tuple(
                    Way(each.post, Medium(each.medium), stage.receivers[member.id, each.post].url)
                    for each in member.channels
                ),
            )
        if stage.receivers:
            await stack.enter_async_context(node.outbound.sending())
            await _sends(node)
        yield stage


def _furnish(case: Case, folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise InvalidValue("folder", "not-empty", str(folder), "a case begins in a new folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = _SETTINGS.format(id=case.id.lower())
    (folder / CONFIGURATION_FILE).write_text(f"{settings}\n{case.node}", encoding="utf-8")


async def _sends(node: Node) -> None:
    """Wait until the node tells by its channels: what is urgent goes to those alone that wait."""
    for _ in range(1000):
        if node.outbound.is_sender:
            return
        await asyncio.sleep(0.01)
    raise RecordUnavailable("the node of a case does not send")


async def _joined(node: Node, member: Member, app: App) -> Client:
    """A client of the party, registered, with its key enrolled."""
    party, reference = PartyId(member.id), f"contact-{member.id}"
    node.contacts.put(reference, Contact(member.contact, ("invented",)))
    units = tuple(UnitToken(unit) for unit in member.units)
    await _asked(node, RegisterParty(party, member.name, units, reference, neutral=member.neutral))
    roles = tuple(Role)
    key = PartyKey.make(node.origin, party, KeyId("desk-1"))
    public, proof = (
        urlsafe_b64encode(each).rstrip(b"=").decode("ascii")
        for each in (key.public_key, key.proof_of_possession())
    )
    await _asked(node, EnrolKey(party, key.key_id, public, roles, proof))
    token = node.mint(party, roles, life_s=_TOKEN_LIFE_S)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return Client("http://node", token, key=key, transport=transport, attempts=3)


async def _asked(node: Node, command: Command) -> None:
    done = await node.command(command)
    if isinstance(done, Refusal):
        raise InvalidValue(done.field or "parties", done.rule, done.value, done.advice)
