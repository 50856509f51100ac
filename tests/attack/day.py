"""A day among six parties, played against a ``wideberth serve`` that is killed again and again.

The day is an exercise whose clock runs fast, so that each deadline of the default ladders comes due
at its own time. Flights meet flights, hazards meet people; what was told is amended and ended. Who
answers, and by what:

* alpha and delta read their inbox over HTTP and sign; delta has two units.
* bravo answers what its webhook took, by signature; where that fails, mail goes to it.
* echo has mail alone, and says RECEIVED by code: nothing that it says closes a notice.
* golf's webhook is a port where nobody listens.
* charlie, a neutral, is called and answers nothing.

Each notice draws its fate: loaded, attested, answered in part, or left alone. Webhooks and mail
fail, hang, answer slowly or in half, each at random. At the end comes an outage of 25 hours, after
which every ladder is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import random
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from api_world import PARTIES, World, a_world, square
from attack import day_server
from attack.ends import still_open
from delivery_servers import Mailbox, Receiver, a_mail_server, a_receiver
from wideberth.client import ApiProblem, Client, PartyKey
from wideberth.clock import ExerciseClock
from wideberth.contacts import Way
from wideberth.model.channels import Medium
from wideberth.model.commands import RegisterParty
from wideberth.model.entries import Entry, NoticeIssued, decode_entry
from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.ladders import Post
from wideberth.model.notices import Notice
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Applied, now_us
from wideberth.space.time import HOUR_US, MINUTE_US, format_rfc3339, parse_rfc3339

__all__ = ["Day", "Played", "play"]

UNITS = {"alpha": 1, "bravo": 1, "delta": 2, "echo": 1, "golf": 1}
BEGINS_US = parse_rfc3339("2026-03-01T06:00:00Z", field="begins")
OUTAGE_US = 25 * HOUR_US
READY_S = 120.0
READERS = ("alpha", "bravo", "delta", "echo")
QUIET_S = 2.0
STUCK_S = 60.0
NOTICES_PER_MEETING = 2.5
FATES = ("load", "load", "load", "attest", "attest", "receive", "refuse", "misread", "nothing")
WEBHOOK_MOODS = ("ok",) * 6 + ("500", "close", "slow", "half", "later", "redirect")
HANGS = 0.003  # of the webhooks' answers; each takes the sender ten seconds
GPS = {"source": "gps", "accuracy_m": 5}
MAIL_ANSWERS = ("250 OK",) * 3 + ("451 later",)
_CONFIGURATION = """\
[space]
exercise = true
[clock]
start = "{start}"
at = "{at}"
rate = {rate}
[delivery]
private_addresses = true
first_retry_s = 0.01
longest_retry_s = 0.05
mail_host = "127.0.0.1"
mail_port = {mail_port}
mail_tls = "none"
mail_from = "node@mechanism.example"
[rules]
version = "day"
assess_sharing = false
"""


async def _soon(_: float) -> None:
    await asyncio.sleep(0.05)


class _Taken(list[dict[str, Any]]):
    """What a webhook took; each goes into the log of its recipient as well."""

    def __init__(self, log: list[dict[str, Any]]) -> None:
        self._log = log

    def append(self, delivery: dict[str, Any]) -> None:
        # What lies unread brings warnings too; they have no ladder to follow.
        self._log.extend(each for each in delivery["items"] if each["kind"] == "notice")


class _Desks(Mailbox):
    """The mailboxes of all; a duty desk's mail goes into the log of its party."""

    def __init__(self, logs: dict[str, list[dict[str, Any]]], moods: random.Random) -> None:
        super().__init__()
        self.rcpt = moods.choices(MAIL_ANSWERS, k=20_000)
        self.data = moods.choices(MAIL_ANSWERS, k=20_000)
        self.above = 0
        self._logs = logs

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if answer.startswith("250"):
            self._note(envelope.rcpt_tos[0], self.mails.pop())
        return answer

    def _note(self, address: str, data: bytes) -> None:
        post, _, domain = address.partition("@")
        if post != "duty":
            self.above += 1
            return
        mail = email.message_from_bytes(data, policy=email.policy.default)
        found = re.search(r"\[(.+)\]", mail["Subject"])
        if found is None:  # a warning, which nobody answers by a code
            return
        item = {"id": mail["Wideberth-Id"], "version": int(mail["Wideberth-Version"])}
        self._logs[domain.partition(".")[0]].append({**item, "code": found[1]})


@dataclass
class Played:
    """What a day left. items: what each recipient's receivers took, in order, doubles and all."""

    entries: list[Entry]
    answered: dict[str, str]
    items: dict[str, list[dict[str, Any]]]
    kills: int
    calls_above: int

    def issued_to(self, party: str) -> list[Notice]:
        bodies = (each.body for each in self.entries)
        notices = [body.notice for body in bodies if isinstance(body, NoticeIssued)]
        return [notice for notice in notices if notice.recipient == party]


@dataclass
class Day:
    """One folder and who acts on it. hours: of traffic; rate: of the exercise's clock."""

    root: Path
    chance: random.Random
    hours: float
    rate: float
    plant: str | None = None
    clock: ExerciseClock = field(init=False)
    port: int = 0
    kills: int = 0
    is_over: bool = False
    answered: dict[str, str] = field(default_factory=dict)
    items: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"bravo": [], "echo": []}
    )
    clients: dict[str, Client] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, PartyKey] = field(default_factory=dict)
    _idle: set[str] = field(default_factory=set)
    _sent: list[tuple[str, str, dict[str, Any], Any]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.root / "wideberth-data"

    # The stage.

    async def furnish(self, webhook: Receiver, mail_port: int) -> None:
        self._mail_port = mail_port
        self.folder.mkdir(parents=True, mode=0o700)
        self.set_clock(ahead_us=0)
        async with a_world(self.root) as world:
            await self._register(world)
            for party in UNITS:
                self._tokens[party] = world.token(party)
                world.tokens[party] = self._tokens[party]
                self._keys[party] = await world.key(party)
            put = world.node.outbound.ways.put
            put(
                PartyId("bravo"),
                (_hook(webhook.url), _mail("duty@bravo.example"), *_above("bravo")),
            )
            put(PartyId("echo"), (_mail("duty@echo.example"), *_above("echo")))
            put(PartyId("golf"), (_hook(f"http://127.0.0.1:{_free_port()}/hook"),))
        self.port = _free_port()

    async def _register(self, world: World) -> None:
        for party, most in UNITS.items():
            if party in PARTIES:
                continue
            units = tuple(UnitToken(f"{party}-{number}") for number in range(1, most + 1))
            done = await world.node.command(RegisterParty(PartyId(party), party, units))
            assert isinstance(done, Applied)

    def set_clock(self, *, ahead_us: int) -> None:
        """The day begins now, or so much later: what lies between is an outage."""
        start_us = BEGINS_US if ahead_us == 0 else self.clock() + ahead_us
        self.clock = ExerciseClock(start_us, now_us(), self.rate)
        start, at = format_rfc3339(start_us), format_rfc3339(self.clock.at_us)
        (self.folder / "wideberth.toml").write_text(
            _CONFIGURATION.format(start=start, at=at, rate=self.rate, mail_port=self._mail_port)
        )

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[subprocess.Popen[str]]:
        """The server, taking requests; killed on the way out."""
        ready = self.root / "ready"
        ready.unlink(missing_ok=True)
        where = ["--folder", str(self.folder), "--port", str(self.port), "--ready-file", str(ready)]
        with (self.root / "printed").open("a") as printed:
            process = subprocess.Popen(  # noqa: ASYNC220 - it takes no time, and waits for nothing
                [*day_server.command(self.plant), "serve", *where],
                stdout=printed,
                stderr=printed,
                text=True,
            )
        try:
            until_s = time.monotonic() + READY_S
            while not ready.exists():
                assert process.poll() is None, (self.root / "printed").read_text()[-3000:]
                assert time.monotonic() < until_s, "the server does not start"
                await asyncio.sleep(0.02)
            yield process
            assert process.poll() is None, (self.root / "printed").read_text()[-3000:]
        finally:
            process.kill()
            process.wait()

    # Who acts.

    async def tell_all(self, meetings: int) -> None:
        """So many times two parties meet, spread over the day."""
        each_us = self.hours * HOUR_US / meetings
        async with asyncio.TaskGroup() as group:
            for number in range(meetings):
                await self._until(BEGINS_US + int(number * each_us))
                group.create_task(self._meet(number))

    async def _meet(self, number: int) -> None:
        """They meet later, where the server was away until the time was over."""
        for attempt in count():
            try:
                await self._meet_once(number, f"{number}-{attempt}")
            except ApiProblem as problem:
                if problem.rule == "already-over":
                    continue
                raise
            break

    async def _meet_once(self, number: int, named: str) -> None:
        first, second = self.chance.sample(sorted(UNITS), 2)
        start_us = self.clock() + self.chance.randrange(2 * HOUR_US, 6 * HOUR_US)
        place = square(47.5 + number % 40 / 20, 8 + number // 40 / 20)
        place |= {"start": format_rfc3339(start_us), "end": format_rfc3339(start_us + HOUR_US)}
        is_hazard = number % 6 == 0
        kinds = ("presence", "hazard") if is_hazard else ("flight", "flight")
        told: list[tuple[str, dict[str, Any]]] = []
        for party, kind in zip((first, second), kinds, strict=True):
            seen: dict[str, Any] = {"level": "open"}
            if kind == "presence":
                seen = {"level": "named", "parties": [second]}
            body = {"kind": kind, "volumes": [place], "visibility": seen, "provenance": GPS}
            answer = await self._write(party, "/intents", body, f"{named}-{party}")
            self.answered[f"{named}-{party}"] = answer["intent"]["id"]
            told.append((party, answer["intent"]))
        if self.chance.random() < 0.3:
            party, intent = self.chance.choice(told)
            await self._pause(60)
            step = {"ovn": intent["ovn"], "step": "end"}
            with contextlib.suppress(ApiProblem):  # it left by its time meanwhile
                await self._write(party, f"/intents/{intent['id']}/state", step, f"{named}-end")

    async def _write(self, party: str, path: str, body: dict[str, Any], request: str) -> Any:
        """Tried until it is answered; some are asked again later, and the answer is the same."""
        answer = await self.clients[party].write("POST", path, body, request=request)
        if self._sent and self.chance.random() < 0.15:
            earlier, at, said, first = self.chance.choice(self._sent[-20:])
            sender = earlier.split(" ")[0]
            again = await self.clients[sender].write(
                "POST", at, said, request=earlier.split(" ")[1]
            )
            assert again == first or self.plant, f"the retry of {earlier} got another answer"
        self._sent.append((f"{party} {request}", path, body, answer))
        return answer

    async def read_inbox(self, party: str) -> None:
        """Answer whatever comes into the inbox."""
        after = 0
        while not self.is_over:
            page = await self.clients[party].notices(state="all", after=after)
            for notice in page["notices"]:
                after = notice["number"]
                await self._answer(party, notice)
            self._note_idle(party, is_idle=not page["notices"])
            if not page["notices"]:
                await asyncio.sleep(0.2)

    async def read_items(
        self, party: str, answer: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> None:
        """Answer whatever is delivered, each thing once."""
        seen, log = dict[str, None](), self.items[party]
        at = 0
        while not self.is_over:
            for item in log[at:]:
                if item["id"] not in seen:
                    seen[item["id"]] = None
                    await answer(item)
                at += 1
                self._note_idle(party, is_idle=False)
            await asyncio.sleep(0.1)
            self._note_idle(party, is_idle=at == len(log))

    def _note_idle(self, party: str, *, is_idle: bool) -> None:
        (self._idle.add if is_idle else self._idle.discard)(party)

    async def _answer(self, party: str, notice: dict[str, Any]) -> None:
        """Let a notice have its fate. It may have closed, or be held, meanwhile."""
        units = [f"{party}-{number}" for number in range(1, UNITS[party] + 1)]
        client, fate = self.clients[party], self.chance.choice(FATES)
        with contextlib.suppress(ApiProblem):
            if fate in ("load", "receive"):
                await client.acknowledge(notice, "RECEIVED")
            if fate == "load":
                for unit in units:
                    await client.acknowledge(notice, "PASSED-DOWN", unit=unit)
                    await client.acknowledge(notice, "LOADED", unit=unit, system="console")
            elif fate == "attest":
                await client.acknowledge(notice, "LOADED", attested=True)
            elif fate == "refuse":
                await client.acknowledge(notice, "CANNOT-COMPLY", reason="no fuel")
            elif fate == "misread" and len(units) > 1:
                await client.acknowledge(notice, "LOADED", unit=units[0], system="console")

    async def answer_by_code(self, item: dict[str, Any]) -> None:
        """RECEIVED, by the code of the mail; tried until there is an answer."""
        url = f"http://127.0.0.1:{self.port}/api/v1/answers"
        async with httpx.AsyncClient(timeout=10) as client:
            while not self.is_over:
                with contextlib.suppress(httpx.TransportError):
                    said = {"code": item["code"], "verb": "RECEIVED"}
                    answer = await client.post(url, json=said)
                    if answer.status_code not in (429, 503):
                        assert answer.status_code < 500, answer.text
                        return
                await asyncio.sleep(0.2)

    async def _pause(self, minutes: float) -> None:
        await self._until(self.clock() + int(minutes * MINUTE_US * self.chance.random()))

    async def _until(self, time_us: int) -> None:
        await asyncio.sleep(self.clock.seconds_until(time_us))

    # The day.

    async def go(self, meetings: int) -> None:
        """Traffic, with kills; then the outage, and what comes due after it."""
        url = f"http://127.0.0.1:{self.port}"
        async with contextlib.AsyncExitStack() as stack:
            for party, token in self._tokens.items():
                client = Client(url, token, key=self._keys[party], attempts=1_000_000, sleep=_soon)
                self.clients[party] = await stack.enter_async_context(client)
            async with asyncio.TaskGroup() as group:
                await self._kill_throughout(meetings, group)
            self.set_clock(ahead_us=OUTAGE_US)
            async with self.serving():
                await self._quiet()

    async def _kill_throughout(self, meetings: int, group: asyncio.TaskGroup) -> None:
        group.create_task(self.read_inbox("alpha"))
        group.create_task(self.read_inbox("delta"))
        group.create_task(self.read_items("bravo", lambda item: self._answer("bravo", item)))
        group.create_task(self.read_items("echo", self.answer_by_code))
        telling = group.create_task(self.tell_all(meetings))
        while not telling.done():
            async with self.serving():
                await asyncio.wait({telling}, timeout=self.chance.uniform(0.3, 5.0))
            self.kills += 1
        async with self.serving():
            while len(self._idle) < len(READERS):  # noqa: ASYNC110 - they have come to the end
                await asyncio.sleep(0.1)
            self.is_over = True
            await asyncio.sleep(1.0)  # nobody is under way any more
        self.kills += 1

    async def _quiet(self) -> None:
        """Until the record grows no more and what is open was delivered; a webhook that hangs
        holds its recipient up for ten seconds.
        """
        seen, since_s = (-1, -1), time.monotonic()
        while (quiet_s := time.monotonic() - since_s) < STUCK_S:
            with SqliteRecord(self.folder) as record:
                now = record.head().size, sum(len(each) for each in self.items.values())
            if now != seen:
                seen, since_s = now, time.monotonic()
            elif quiet_s > QUIET_S and not self._is_some_undelivered():
                return
            await asyncio.sleep(0.5)

    def _is_some_undelivered(self) -> bool:
        entries = self.entries()
        open_now = still_open(entries)
        delivered = {item["id"] for items in self.items.values() for item in items}
        told = [each.body.notice for each in entries if isinstance(each.body, NoticeIssued)]
        return any(
            each.id in open_now and each.recipient in self.items and each.id not in delivered
            for each in told
        )

    def entries(self) -> list[Entry]:
        with SqliteRecord(self.folder) as record:
            rows = record.read(0, record.head().size)
        return [decode_entry(row.envelope, position=row.position) for row in rows]


def _hook(url: str) -> Way:
    return Way(Post.DUTY, Medium.WEBHOOK, url)


def _mail(address: str, post: Post = Post.DUTY) -> Way:
    return Way(post, Medium.MAIL, address)


def _above(party: str) -> tuple[Way, ...]:
    """Mail to whom a notice escalates."""
    posts = (Post.ALTERNATE, Post.SENIOR)
    return tuple(_mail(f"{post.value}@{party}.example", post) for post in posts)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def _moods(chance: random.Random) -> list[str]:
    """How a webhook behaves, answer by answer; in the end it does what it should."""
    drawn = chance.choices(WEBHOOK_MOODS, k=20_000)
    return [*("hang" if chance.random() < HANGS else each for each in drawn), "ok"]


def play(
    root: Path,
    *,
    notices: int,
    hours: float,
    rate: float,
    seed: int,
    plant: str | None = None,
) -> Played:
    """Play a day of about so many notices, and kill the server throughout."""
    return asyncio.run(_play(root, notices, hours, rate, random.Random(seed), plant))


async def _play(
    root: Path, notices: int, hours: float, rate: float, chance: random.Random, plant: str | None
) -> Played:
    day = Day(root, chance, hours, rate, plant)
    box = _Desks(day.items, chance)
    async with a_receiver(*_moods(chance)) as webhook:
        webhook.taken = _Taken(day.items["bravo"])
        with a_mail_server(box) as (_, port):
            await day.furnish(webhook, port)
            await day.go(max(1, round(notices / NOTICES_PER_MEETING)))
    return Played(day.entries(), day.answered, day.items, day.kills, box.above)
