"""A process of its own that hammers one record through a full Service, and logs every operation.

``hammer.py work FOLDER INDEX COUNT BASE_NS [FAULT]``: COUNT operations by CLIENTS clients at once;
the log goes to FOLDER/log-INDEX. Prints "ready" and waits for a line of input first. FAULT plants
one: ``early`` answers before the write, ``stale`` reads without looking at the head, ``blind``
appends wherever the record ends.
``hammer.py replay FOLDER``: folds the record from its start, over and over, until its input ends;
prints size and digest of each.
"""

from __future__ import annotations

import asyncio
import random
import select
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attack.linear import Done, No, Op, Seen, Step, Unknown, Verb, slot_of
from scenes import START_US, author, details, volume
from wideberth.errors import Overloaded, RecordError
from wideberth.model.commands import (
    AmendIntent,
    ChangeIntentState,
    Command,
    OpenSpace,
    RegisterParty,
    Request,
    SubmitIntent,
)
from wideberth.model.commands import Step as IntentStep
from wideberth.model.entries import (
    Entry,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    decode_entry,
    encode_entry,
)
from wideberth.model.ids import IntentId, Ovn, PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import Refusal
from wideberth.model.settings import Effect, PairRule, Rules
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.record.keys import OriginKey
from wideberth.record.protocol import Head, Record
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Applied, Service, Settings
from wideberth.space import warm_up

ORIGIN = "test.example/hammer"
KEY = OriginKey(ORIGIN, bytes(range(32)))
PARTIES = ("north", "south", "east", "west")
SLOTS = 40
CLIENTS = 6
RULES = Rules(
    version="hammer",
    pairs=(
        PairRule(
            (IntentKind.FLIGHT, IntentKind.FLIGHT), Effect.REFUSE, higher_priority_passes=False
        ),
    ),
)
SETTINGS = Settings(queue=256)


def clock_since(base_ns: int) -> Callable[[], int]:
    """The time of the scene, running with the machine's monotonic clock, equal in all processes."""
    return lambda: START_US + (time.monotonic_ns() - base_ns) // 1000


def told(slot: int, sign: str) -> Any:
    return details(volume(20 + slot), call_sign=sign)


def commands(row_envelopes: Sequence[bytes], begin: int) -> list[Step]:
    """The commands in a stretch of the record, with all that followed each."""
    steps: list[Step] = []
    entries = [decode_entry(each, position=begin + i) for i, each in enumerate(row_envelopes)]
    starts = [index for index, entry in enumerate(entries) if not entry.follows]
    for start, end in zip(starts, [*starts[1:], len(entries)], strict=True):
        written = sha256(b"".join(row_envelopes[start:end])).hexdigest()
        body = entries[start].body
        match body:
            case IntentAccepted(intent):
                verb, name, ovn = "take", intent.id, intent.ovn
            case IntentAmended(intent):
                verb, name, ovn = "amend", intent.id, intent.ovn
            case IntentStateChanged():
                verb, name, ovn = "end", body.intent, body.ovn
            case _:
                raise AssertionError(body)
        steps.append(
            Step(
                begin + start, end - start, verb, entries[start].author.party, name, ovn,  # type: ignore[arg-type]
                entries[start].request or "", written,
            )
        )  # fmt: skip
    return steps


def new_ovn(entry: Entry) -> str:
    body = entry.body
    if isinstance(body, IntentAccepted | IntentAmended):
        return body.intent.ovn
    assert isinstance(body, IntentStateChanged)
    return body.ovn


async def open_space(folder: Path, base_ns: int) -> int:
    """Open the space and register the parties; gives the size of the record."""
    with SqliteRecord(folder, key=KEY) as record:
        async with Service(record, clock_us=clock_since(base_ns)) as service:
            await service.submit(Request(SYSTEM, OpenSpace(ORIGIN, "host", RULES)))
            for party in PARTIES:
                await service.submit(Request(SYSTEM, RegisterParty(PartyId(party), party)))
            return service.picture.size


class Worker:
    """One process's clients. What they remember may be old: then a refusal is the right answer."""

    def __init__(self, index: int, service: Service) -> None:
        self.index = index
        self.service = service
        self.random = random.Random(index)
        self.log: list[Op] = []
        self.known: list[tuple[str, str, str]] = []  # intent, party, OVN
        self.sent: list[tuple[Verb, str, str, str, str]] = []
        self.numbers = iter(range(1_000_000_000))

    async def client(self, count: int) -> None:
        for _ in range(count):
            await self.operate()

    async def operate(self) -> None:
        chance = self.random.random()
        if chance < 0.25:
            await self.read()
        elif chance < 0.32 and self.sent:
            await self.write(*self.random.choice(self.sent[-20:]))
        elif chance < 0.70 or not self.known:
            await self.take()
        else:
            intent, party, ovn = self.random.choice(self.known[-12:])
            verb: Verb = "amend" if chance < 0.80 else "end"
            await self.write(verb, party, intent, ovn, self.fresh())

    def fresh(self) -> str:
        return f"{self.index}-{next(self.numbers)}"

    async def take(self) -> None:
        if self.random.random() < 0.2:  # what every process may send, under one key
            number = len(self.log) // 20
            intent, party = f"s{number % SLOTS}xshared{number}", PARTIES[number % len(PARTIES)]
            await self.write("take", party, intent, "", f"shared-{number}")
            return
        name = self.fresh()
        slot, party = self.random.randrange(SLOTS), self.random.choice(PARTIES)
        await self.write("take", party, f"s{slot}x{name}", "", name)

    async def read(self) -> None:
        slot = self.random.randrange(SLOTS)
        invoked = time.monotonic_ns()
        picture = await self.service.current()
        prefix = f"s{slot}x"
        standing = tuple(
            (each, picture.intents[each].ovn) for each in picture.intents if each.startswith(prefix)
        )
        self.note("read", ("", "", "", ""), slot, invoked, Seen(picture.size, standing))
        for intent, ovn in standing:
            self.known.append((intent, picture.intents[IntentId(intent)].party, ovn))

    async def write(self, verb: Verb, party: str, intent: str, ovn: str, request: str) -> None:
        slot = slot_of(intent)
        command: Command
        match verb:
            case "take":
                command = SubmitIntent(IntentId(intent), told(slot, "a"))
            case "amend":
                command = AmendIntent(IntentId(intent), Ovn(ovn), told(slot, request))
            case _:
                command = ChangeIntentState(IntentId(intent), Ovn(ovn), IntentStep.END)
        asked = Request(author(party), command, request, sha256(repr(command).encode()).hexdigest())
        invoked = time.monotonic_ns()
        answer: Done | No | Unknown
        try:
            outcome = await self.service.submit(asked)
        except Overloaded as error:
            answer = Unknown(repr(error), is_nothing=True)
        except RecordError as error:
            answer = Unknown(repr(error))
        else:
            answer = self.answer_of(outcome)
        self.note(verb, (party, intent, ovn, request), slot, invoked, answer)
        self.sent.append((verb, party, intent, ovn, request))
        if isinstance(answer, Done) and verb != "end":
            self.known.append((intent, party, answer.ovn))

    def answer_of(self, outcome: Applied | Refusal) -> Done | No:
        if isinstance(outcome, Refusal):
            rule = "conflict" if outcome.with_intents else outcome.rule
            return No(rule, tuple(outcome.with_intents))
        written = b"".join(encode_entry(entry) for entry in outcome.entries)
        return Done(
            outcome.position, len(outcome.entries), sha256(written).hexdigest(),
            new_ovn(outcome.entries[0]), outcome.repeated,
        )  # fmt: skip

    def note(
        self, verb: Verb, what: tuple[str, str, str, str], slot: int, invoked: int, answer: Any
    ) -> None:
        party, intent, ovn, request = what
        self.log.append(
            Op(
                self.index, verb, slot, party, intent, ovn, request,
                invoked, time.monotonic_ns(), answer,
            )
        )  # fmt: skip


class EarlyService(Service):
    """The planted fault: it answers, and writes a little later."""

    async def _write(self, call: Callable[..., Any], *args: object, **more: object) -> Any:
        write = super()._write

        async def late() -> None:
            await asyncio.sleep(0.003)
            await write(call, *args, **more)

        if args and isinstance(args[0], list) and args[0]:
            self._late = asyncio.ensure_future(late())  # one at a time, as the turn has it
            self._late.add_done_callback(lambda done: done.cancelled() or done.exception())
            return None
        return await write(call, *args, **more)


class StaleService(Service):
    """The planted fault: a read that must be current does not look at the head."""

    async def current(self) -> Picture:
        return self.picture


class BlindRecord(SqliteRecord):
    """The planted fault: whatever was expected, append where the record ends."""

    def append(self, envelopes: Sequence[bytes], expected_position: int, *, time_us: int) -> Head:
        head = self.head()
        return super().append(envelopes, head.size, time_us=max(time_us, head.time_us))


async def work(folder: Path, index: int, count: int, base_ns: int, fault: str) -> None:
    make_record = BlindRecord if fault == "blind" else SqliteRecord
    make_service = {"early": EarlyService, "stale": StaleService}.get(fault, Service)
    record: Record = make_record(folder, key=KEY)
    service = make_service(record, settings=SETTINGS, clock_us=clock_since(base_ns))
    async with service:
        worker = Worker(index, service)
        warm_up()
        say("ready")
        sys.stdin.readline()
        await asyncio.gather(*(worker.client(count // CLIENTS) for _ in range(CLIENTS)))
    record.close()
    encoder = msgspec.json.Encoder()
    (folder / f"log-{index}").write_bytes(encoder.encode_lines(worker.log))


def replay(folder: Path) -> None:
    """Fold from the start, again and again, beside the writers."""
    say("ready")
    sys.stdin.readline()
    with SqliteRecord(folder) as reader:
        while True:
            picture = Picture()
            head = reader.head().size
            while picture.size < head:
                for row in reader.read(picture.size, min(5_000, head - picture.size)):
                    fold(picture, decode_entry(row.envelope, position=row.position))
            say(f"{picture.size} {picture.digest()}")
            if select.select([sys.stdin], [], [], 0)[0]:
                return


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    mode, where, *rest = sys.argv[1:]
    if mode == "replay":
        replay(Path(where))
    else:
        asyncio.run(work(Path(where), int(rest[0]), int(rest[1]), int(rest[2]), "".join(rest[3:])))
