"""A record as the loop writes it: days of traffic over a city, decided and folded for real.

Forty parties of two units each tell intents some hours ahead (`datasets.city`), with tokens;
activate and end them; acknowledge the notices of clashes, signed. Two in a hundred notices stay
open, one intent in ten is amended. Seeded: the same entries each time.
"""

from __future__ import annotations

import heapq
import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count

import msgspec
from nacl.signing import SigningKey

from benchmarks.datasets import DAY_US, START_US, city
from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Accepted, Context
from wideberth.model.commands import (
    AcknowledgeNotice,
    AmendIntent,
    ChangeIntentState,
    Command,
    EnrolKey,
    IntentDetails,
    OpenSpace,
    RegisterParty,
    Request,
    SubmitIntent,
)
from wideberth.model.entries import Entry, NoticeIssued
from wideberth.model.envelope import sign_possession
from wideberth.model.ids import IntentId, KeyId, PartyId, UnitToken
from wideberth.model.intents import (
    IntentKind,
    Provenance,
    Source,
    Step,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import Notice, Verb
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.model.receipts import difference_digest
from wideberth.model.settings import DEFAULT_RULES
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.service import entries_of
from wideberth.space import Volume4D
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US

PARTIES = 40
UNITS = (UnitToken("watch"), UnitToken("pilot"))
ORIGIN = "bench.example/traffic"
KEY_ID = KeyId("k1")
PER_DAY = 25_000
MOST_LEAD_US = 6 * HOUR_US
STATEMENT_BYTES = 600  # of a signed acknowledgement


def details(volume: Volume4D) -> IntentDetails:
    """A flight in the volume, open to all."""
    return IntentDetails(
        IntentKind.FLIGHT,
        (volume,),
        Visibility(VisibilityLevel.OPEN),
        Provenance(Source.PLANNED),
        call_sign="bench 1",
    )


def party(number: int) -> PartyId:
    """The id of a party."""
    return PartyId(f"operator-{number % PARTIES}")


def teller(number: int) -> Author:
    """A desk with a token."""
    return Author(party(number), How.ATTESTED, f"desk-{number % PARTIES}", (Role.TELL,))


class Traffic:
    """The loop without a record. picture: what its entries fold to."""

    def __init__(self, *, seed: int = 7, per_day: int = PER_DAY) -> None:
        self.picture = Picture()
        self.now_us = START_US - DAY_US
        self._per_day = per_day
        self._random = random.Random(seed)
        self._ids = count()
        self._due: list[tuple[int, int, Callable[[], Iterator[Entry]]]] = []
        self._order = count()
        self._chains: dict[PartyId, tuple[int, str]] = {}
        self._volumes = city(100_000, seed=seed)

    def new_id(self) -> str:
        """22 characters, as the service draws them."""
        drawn = sha256(b"%d" % next(self._ids)).digest()[:16]
        return urlsafe_b64encode(drawn).decode()[:22].replace("-", "a").replace("_", "b")

    def entries(self) -> Iterator[Entry]:
        """Entries for ever, each folded already."""
        yield from self.opening()
        self._later(0, self._tell)
        while True:
            due_us, _, act = heapq.heappop(self._due)
            self.now_us = max(self.now_us, due_us)
            yield from act()

    def opening(self) -> Iterator[Entry]:
        """The space, its parties and their keys."""
        yield from self.ask(OpenSpace(ORIGIN, "bench", DEFAULT_RULES), SYSTEM)
        for number in range(PARTIES):
            name = party(number)
            yield from self.ask(
                RegisterParty(name, name, units=UNITS, contact=f"desk:{name}"), SYSTEM
            )
            key = SigningKey(sha256(name.encode()).digest())
            public = bytes(key.verify_key)
            proof = sign_possession(key, origin=ORIGIN, kid=f"{name}/{KEY_ID}")
            yield from self.ask(
                EnrolKey(name, KEY_ID, _text(public), (Role.ACKNOWLEDGE,), _text(proof)), SYSTEM
            )

    def ask(self, command: Command, by: Author, **more: object) -> tuple[Entry, ...]:
        """What the command gave, folded; nothing where it was refused."""
        key = self.new_id()
        request = Request(by, command, key, sha256(key.encode()).hexdigest(), **more)  # type: ignore[arg-type]  # by name
        decision = decide(self.picture, request, Context(self.now_us, self.new_id))
        if not isinstance(decision, Accepted):
            return ()
        made = entries_of(request, decision.bodies, self.now_us)
        for entry in made:
            fold(self.picture, entry)
        return made

    def _later(self, after_us: int, act: Callable[[], Iterator[Entry]]) -> None:
        heapq.heappush(self._due, (self.now_us + after_us, next(self._order), act))

    def _tell(self) -> Iterator[Entry]:
        self._later(DAY_US // self._per_day, self._tell)
        number = self._random.randrange(len(self._volumes))
        drawn = self._volumes[number]
        start_us = self.now_us + self._random.randrange(HOUR_US // 2, MOST_LEAD_US)
        volume = _moved(drawn, start_us)
        intent = IntentId(self.new_id())
        author = teller(number)
        made = self.ask(SubmitIntent(intent, details(volume)), author)
        if not made:
            return
        yield from self._told(made)
        if self._random.random() < 0.1:
            later = _moved(volume, start_us + 10 * MINUTE_US)
            self._later(5 * MINUTE_US, lambda: self._amend(intent, later, author))
        self._at(start_us, lambda: self._step(intent, Step.ACTIVATE, author))
        self._at(start_us + 25 * MINUTE_US, lambda: self._step(intent, Step.END, author))

    def _at(self, time_us: int, act: Callable[[], Iterator[Entry]]) -> None:
        heapq.heappush(self._due, (time_us, next(self._order), act))

    def _amend(self, intent: IntentId, volume: Volume4D, author: Author) -> Iterator[Entry]:
        standing = self.picture.intents.get(intent)
        if standing is not None:
            command = AmendIntent(intent, standing.ovn, details(volume))
            yield from self._told(self.ask(command, author))

    def _step(self, intent: IntentId, step: Step, author: Author) -> Iterator[Entry]:
        standing = self.picture.intents.get(intent)
        if standing is not None:
            command = ChangeIntentState(intent, standing.ovn, step)
            yield from self._told(self.ask(command, author))

    def _told(self, made: tuple[Entry, ...]) -> Iterator[Entry]:
        """The entries, and the answers to the notices among them later on."""
        for entry in made:
            yield entry
            if isinstance(entry.body, NoticeIssued):
                self._answer_later(entry.body.notice)

    def _answer_later(self, notice: Notice) -> None:
        if self._random.random() < 0.02:
            return
        for number, unit in enumerate(notice.units):
            after_us = self._random.randrange(20 * SECOND_US, 5 * MINUTE_US)
            if number == 0:
                self._later(after_us // 4, lambda: self._acknowledge(notice, Verb.RECEIVED, None))
            self._later(after_us, lambda unit=unit: self._acknowledge(notice, Verb.LOADED, unit))

    def _acknowledge(self, notice: Notice, verb: Verb, unit: UnitToken | None) -> Iterator[Entry]:
        if notice.id not in self.picture.notices:
            return
        party_id = notice.recipient
        seq, previous = self._chains.get(party_id, (0, ""))
        said = _text(self._random.randbytes(STATEMENT_BYTES * 3 // 4))
        digest = sha256(said.encode()).hexdigest()
        made = self.ask(
            AcknowledgeNotice(
                notice.id,
                verb,
                unit=unit,
                system="mission computer",
                difference=difference_digest(notice),
            ),
            Author(party_id, How.SIGNED, KEY_ID, (Role.ACKNOWLEDGE,)),
            said=said,
            seq=seq + 1,
            previous=previous,
            digest=digest,
        )
        if made:
            self._chains[party_id] = (seq + 1, digest)
        yield from made


def _moved(volume: Volume4D, start_us: int) -> Volume4D:
    length_us = volume.end_us - volume.start_us
    return msgspec.structs.replace(volume, start_us=start_us, end_us=start_us + length_us)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
