"""Whoever says that a deadline has passed: once in the record, whatever is killed and however many
say so; and every notice is somewhere, exactly once.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scenes import MINUTE_US, START_US, UNGUARDED, details, named, signer
from wideberth.decisions import deadlines as rules
from wideberth.decisions import escalation
from wideberth.errors import Overloaded
from wideberth.model.commands import (
    AcknowledgeNotice,
    Command,
    OpenSpace,
    RegisterParty,
    Request,
    SubmitIntent,
)
from wideberth.model.entries import (
    Entry,
    NoticeAcknowledged,
    NoticeEscalated,
    NoticeIssued,
    decode_entry,
)
from wideberth.model.ids import IntentId, NoticeId, PartyId, UnitToken
from wideberth.model.intents import IntentKind
from wideberth.model.ladders import DEFAULT_LADDERS, HOPS, Post
from wideberth.model.notices import Notice, Verb
from wideberth.model.parties import SYSTEM, Author
from wideberth.model.receipts import difference_digest
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.service import Applied, Service, Settings
from wideberth.timers import Timers

PARTIES = ("alpha", "bravo", "charlie")


class Day:
    """One record, one clock that is a number, and two processes, either of which may be killed."""

    def __init__(self) -> None:
        self.record = MemoryRecord(OriginKey("test.example/space", bytes(32)))
        self.now_us = START_US
        self.looks: list[int] = []
        self.running: list[tuple[Service, Timers] | None] = [None, None]
        self._names = count(1)

    async def start(self, at: int) -> tuple[Service, Timers]:
        up = self.running[at]
        if up is None:
            service = Service(
                self.record,
                settings=Settings(poll_s=3600),
                clock_us=lambda: self.now_us,
                ids=lambda: f"id{next(self._names)}",
            )
            await service.__aenter__()
            up = self.running[at] = service, Timers(service)
        return up

    async def kill(self, at: int) -> None:
        """What is in memory is gone; what is durable stays."""
        up, self.running[at] = self.running[at], None
        if up is not None:
            await up[0].__aexit__(None, None, None)

    async def do(self, at: int, command: Command, by: Author = SYSTEM) -> object:
        service, _ = await self.start(at)
        return await service.submit(Request(by, command))

    async def look(self, at: int) -> None:
        """All that is due by now is said, as by a process that runs on."""
        service, timers = await self.start(at)
        await service.current()
        while await timers.look():
            pass
        self.looks.append(self.now_us)

    def entries(self) -> list[Entry]:
        rows = self.record.read(0, 100_000)
        return [decode_entry(row.envelope, position=row.position) for row in rows]


def expected(
    entries: list[Entry], looks: list[int]
) -> dict[NoticeId, list[tuple[Post | None, int]]]:
    """What each notice's ladder has to have told by the last look, and when it was due: written
    slowly, from the words of D-06, from issues and answers alone. A step is taken at the first look
    after it is due, and a minute after the one before at the earliest.
    """
    told: dict[NoticeId, list[tuple[Post | None, int]]] = {}
    issued = [each.body.notice for each in entries if isinstance(each.body, NoticeIssued)]
    for notice in issued:
        steps = told.setdefault(notice.id, [])
        (ladder,) = [each for each in DEFAULT_LADDERS if each.urgency is notice.urgency]
        since_us = 0
        told_us: dict[Post, int] = {}
        for rung in ladder.rungs:
            due_us = notice.issued_us + rung.after_us
            at_us = next((at for at in looks if at >= max(due_us, since_us)), None)
            if at_us is None:
                break
            hop, closed = state_at(entries, issued, notice, at_us)
            if not closed and hop < HOPS.index(rung.unless):
                steps.append((rung.post, due_us))
                told_us[rung.post] = at_us
                since_us = at_us + MINUTE_US
        end_us = notice.issued_us + ladder.overdue_us
        begins = notice.particulars
        if begins is not None and begins.start_us > notice.issued_us and not notice.withdrawal:
            end_us = min(end_us, begins.start_us)
        at_us = next(
            (
                at
                for at in looks
                if at >= end_us
                and all(
                    told_us.get(rung.post, at + 1) <= at
                    or state_at(entries, issued, notice, at)[0] >= HOPS.index(rung.unless)
                    for rung in ladder.rungs
                )
            ),
            None,
        )
        topped = steps and steps[-1][0] is ladder.rungs[-1].post
        if at_us is not None and not topped:
            _, closed = state_at(entries, issued, notice, at_us)
            if not closed:
                steps.append((None, end_us))
    return told


def state_at(
    entries: list[Entry], issued: list[Notice], notice: Notice, at_us: int
) -> tuple[int, bool]:
    """How far it had come, itself or what took its place, and whether it was closed, at a time."""
    hops, closed = [0], False
    newest = notice
    for entry in entries:
        if entry.time_us >= at_us:
            break  # what is due at an instant passes before anybody answers at it
        body = entry.body
        if isinstance(body, NoticeIssued) and notice.subject is not None:
            given = body.notice
            if given.recipient == notice.recipient and given.subject is not None:
                same = given.subject.id == notice.subject.id
                newest = given if same and given.number > notice.number else newest
    for entry in entries:
        body = entry.body
        if entry.time_us >= at_us or not isinstance(body, NoticeAcknowledged):
            continue
        answer = body.acknowledgement
        if answer.notice in (notice.id, newest.id) and answer.verb in HOPS:
            hops.append(HOPS.index(answer.verb))
        closed = closed or notice.id in body.closes
    return max(hops), closed


def check(entries: list[Entry], looks: list[int]) -> Counter[str]:
    """Each deadline once, at its time, to whom it is agreed; each notice somewhere, once."""
    steps = [each for each in entries if isinstance(each.body, NoticeEscalated)]
    once = Counter((each.body.notice, each.body.step) for each in steps)  # type: ignore[union-attr]
    assert max(once.values(), default=1) == 1, "a deadline passed twice"
    told: dict[NoticeId, list[tuple[Post | None, int]]] = {}
    for each in entries:
        if isinstance(each.body, NoticeIssued):
            told[each.body.notice.id] = []
        elif isinstance(each.body, NoticeEscalated):
            assert each.time_us >= each.body.due_us, "a deadline passed early"
            told[each.body.notice].append((each.body.post, each.body.due_us))
    assert told == expected(entries, looks)
    closed: Counter[NoticeId] = Counter()
    for each in entries:
        if isinstance(each.body, NoticeAcknowledged):
            closed.update(each.body.closes)
    assert max(closed.values(), default=1) == 1, "a notice closed twice"
    ends: Counter[str] = Counter()
    for notice_id, posts in told.items():
        if notice_id in closed:
            ends["loaded"] += 1
        else:
            assert posts, "a notice ran out of sight"
            ends["overdue" if posts[-1][0] is None else "escalated"] += 1
    return ends


STEP = st.sampled_from(["tell", "answer", "answer", "pass", "pass", "kill", "both"])


async def play(steps: list[str], chance: random.Random, *, minutes_after: int) -> Counter[str]:
    """A day of commands by two processes; time passes in whole minutes, and each is looked at."""
    day = Day()
    await day.do(0, OpenSpace("test.example/space", "host", UNGUARDED))
    for party in PARTIES:
        units = (UnitToken("u1"), UnitToken("u2"))
        await day.do(0, RegisterParty(PartyId(party), party, units=units))
    await day.do(0, RegisterParty(PartyId("cross"), "Cross", neutral=True))
    for number, step in enumerate(steps):
        at = chance.randrange(2)
        if step == "tell":
            party = chance.choice(PARTIES)
            kind = chance.choice((IntentKind.FLIGHT, IntentKind.HAZARD, IntentKind.PRESENCE))
            seen = {"visibility": named(*PARTIES)} if kind is IntentKind.PRESENCE else {}
            told = details(kind=kind, **seen)
            await day.do(at, SubmitIntent(IntentId(f"i{number}"), told), signer(party))
        elif step == "answer":
            service, _ = await day.start(at)
            await service.current()
            open_now = sorted(service.picture.notices)
            if open_now:
                notice_id = chance.choice(open_now)
                await day.do(at, answer_to(notice_id, service, chance), _by(service, notice_id))
        elif step == "kill":
            await day.kill(at)
        elif step == "both":
            day.now_us += chance.randrange(1, 40) * MINUTE_US
            racing = [(await day.start(each))[1] for each in (0, 1)]
            await asyncio.gather(*(timers.look() for timers in racing))
            await day.look(at)
        else:
            for _ in range(chance.randrange(1, 20)):
                day.now_us += MINUTE_US
                await day.look(at)
    for _ in range(minutes_after):
        day.now_us += MINUTE_US
        await day.look(chance.randrange(2))
    for each in (0, 1):
        await day.kill(each)
    return check(day.entries(), day.looks)


def _by(service: Service, notice_id: NoticeId) -> Author:
    return signer(service.picture.notices[notice_id].notice.recipient)


def answer_to(notice: NoticeId, service: Service, chance: random.Random) -> AcknowledgeNotice:
    """One of the answers there are; the read-back alone takes more than a word."""
    read = difference_digest(service.picture.notices[notice].notice)
    match chance.randrange(5):
        case 0:
            return AcknowledgeNotice(notice, Verb.RECEIVED)
        case 1:
            return AcknowledgeNotice(
                notice, Verb.PASSED_DOWN, unit=UnitToken("u1"), difference=read
            )
        case 2:
            unit = UnitToken(chance.choice(("u1", "u2")))
            return AcknowledgeNotice(
                notice, Verb.LOADED, unit=unit, system="console", difference=read
            )
        case 3:
            return AcknowledgeNotice(notice, Verb.CANNOT_COMPLY, reason="no fuel")
        case _:
            return AcknowledgeNotice(notice, Verb.LOADED, attested=True, difference=read)


ANY_DAY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@given(st.lists(STEP, min_size=4, max_size=14), st.integers(0, 2**32))
@ANY_DAY
def test_each_deadline_passes_once_and_every_notice_is_somewhere(
    steps: list[str], seed: int
) -> None:
    asyncio.run(play(steps, random.Random(seed), minutes_after=121))


def test_a_longer_day_ends_in_each_of_the_ways_there_are() -> None:
    chance = random.Random(7)
    steps = chance.choices(["tell", "answer", "answer", "answer", "pass", "kill", "both"], k=60)
    ends = asyncio.run(play(steps, chance, minutes_after=121))
    assert set(ends) == {"loaded", "escalated", "overdue"}, ends


def test_the_checker_sees_a_deadline_that_passes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a step is taken whatever was done before."""

    def careless(picture: object, command: object, author: object, context: object) -> object:
        due = rules.due_of(picture, command.kind, command.subject)  # type: ignore[attr-defined, arg-type]
        decision = honest(picture, command, author, context)  # type: ignore[arg-type]
        if due is not None and isinstance(decision, rules.Accepted):
            return rules.Accepted((*decision.bodies, decision.bodies[0]))
        return decision

    honest = rules.pass_deadline
    monkeypatch.setitem(_rules(), rules.DeadlinePassed, (None, careless))
    with pytest.raises(AssertionError, match="passed twice"):
        asyncio.run(play(["tell", "tell", "pass"], random.Random(1), minutes_after=121))


def test_the_checker_sees_that_received_ends_a_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: RECEIVED counts as the last hop."""
    for module in ("wideberth.picture.ladders",):
        monkeypatch.setattr(f"{module}.hop_of", lambda _picture, standing: _generous(standing))
    assert escalation is not None

    @given(st.integers(0, 2**32))
    @settings(ANY_DAY, phases=[Phase.generate], max_examples=20)
    def days(seed: int) -> None:
        steps = ["tell", "tell", "tell", "answer", "answer", "answer", "pass"]
        asyncio.run(play(steps, random.Random(seed), minutes_after=121))

    with pytest.raises(AssertionError):
        days()


def _generous(standing: object) -> Verb | None:
    return Verb.LOADED if standing.answers else None  # type: ignore[attr-defined]


def _rules() -> dict[object, object]:
    from wideberth.decisions import decide

    return decide._RULES  # type: ignore[return-value]


def test_what_cannot_be_said_now_is_said_later() -> None:
    async def play_() -> None:
        day = Day()
        await day.do(0, OpenSpace("test.example/space", "host", UNGUARDED))
        for party in PARTIES:
            await day.do(0, RegisterParty(PartyId(party), party))
        for party in ("alpha", "bravo"):
            told = details(kind=IntentKind.HAZARD)
            done = await day.do(0, SubmitIntent(IntentId(party), told), signer(party))
            assert isinstance(done, Applied)
        service, timers = await day.start(0)
        day.now_us += 10 * MINUTE_US
        submit = service.submit

        async def full(_request: Request) -> Applied:
            raise Overloaded(1)

        service.submit = full  # type: ignore[method-assign]
        with pytest.raises(Overloaded):
            await timers.look()
        service.submit = submit  # type: ignore[method-assign]
        assert await timers.look() == 2
        assert await timers.look() == 0
        await day.kill(0)

    asyncio.run(play_())
