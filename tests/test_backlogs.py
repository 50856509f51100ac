"""Loads and ceilings, counted beside the loop: the same as somebody with paper would count from the
list of entries, whoever followed and whoever starts now (N-15).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scenes import START_US, UNGUARDED, Scene, author, details, volume
from wideberth import backlogs as backlogs_module
from wideberth.backlogs import Backlogs
from wideberth.decisions import loads as rules
from wideberth.model.commands import AdoptRules, RegisterParty, Request
from wideberth.model.entries import (
    ENTRY_VERSION,
    Body,
    Entry,
    IntentAccepted,
    NoticeAcknowledged,
    NoticeIssued,
    WarningCleared,
    WarningRaised,
    decode_entry,
    encode_entry,
)
from wideberth.model.ids import NoticeId, PartyId, UnitToken
from wideberth.model.intents import IntentKind
from wideberth.model.loads import LoadRule, SetCeiling
from wideberth.model.notices import (
    Acknowledgement,
    Notice,
    ObjectRef,
    ObjectType,
    Urgency,
    Verb,
)
from wideberth.model.parties import SYSTEM
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.service import Applied, Service, Settings
from wideberth.space.time import DAY_US

NAMES = ("alpha", "bravo", "charlie")
ALPHA, BRAVO, CHARLIE = map(PartyId, NAMES)
RULE = UNGUARDED.load
HAZARD = "burn"


def a_hazard() -> IntentAccepted:
    scene = Scene(*NAMES)
    scene.tell("alpha", details(volume(), kind=IntentKind.HAZARD), intent=HAZARD)
    (body,) = [e.body for e in scene.entries if isinstance(e.body, IntentAccepted)]
    return body


class Space:
    """A record into which others write, and a node that follows it."""

    def __init__(self) -> None:
        self.record = MemoryRecord(OriginKey("test.example/space", bytes(32)))
        self.now_us = START_US
        self.count = 0

    def service(self) -> Service:
        return Service(self.record, settings=Settings(poll_s=3600), clock_us=lambda: self.now_us)

    def write(self, body: Body) -> None:
        entry = Entry(v=ENTRY_VERSION, time_us=self.now_us, author=SYSTEM, body=body)
        size = self.record.head().size
        self.record.append([encode_entry(entry)], size, time_us=self.now_us)

    def entries(self) -> list[Entry]:
        rows = self.record.read(0, self.record.head().size)
        return [decode_entry(row.envelope, position=row.position) for row in rows]

    def issue(self, to: str, sender: str | None, *, form: str = "plain", shown: bool = True) -> str:
        """form: plain, urgent, hazard or all-clear. shown: whether its sender may follow it."""
        self.count += 1
        name = f"n{self.count}"
        about = ObjectRef(ObjectType.INTENT, HAZARD if form == "hazard" else f"i{self.count}", 1)
        self.write(
            NoticeIssued(
                Notice(
                    NoticeId(name),
                    self.count,
                    PartyId(to),
                    None if sender is None else PartyId(sender),
                    Urgency.IMMEDIATE if form == "urgent" else Urgency.PROMPT,
                    self.now_us,
                    subject=None if sender is None else about,
                    removal=shown,
                    all_clear=form == "all-clear",
                )
            )
        )
        return name

    def answer(self, notice: Notice, *, closes: tuple[str, ...] = ()) -> None:
        answer = Acknowledgement(
            notice.id, Verb.LOADED if closes else Verb.RECEIVED, author(notice.recipient),
            self.now_us, unit=UnitToken("u1") if closes else None,
        )  # fmt: skip
        reached = notice.sender if notice.removal else None
        self.write(
            NoticeAcknowledged(
                answer, notice.recipient, reached, tuple(NoticeId(each) for each in closes)
            )
        )


# Counted with paper: from the list of entries alone, one question after the other.


@dataclass
class Counted:
    notice: Notice
    first_us: int | None = None
    reached: bool = False
    open: bool = True


def by_hand(entries: list[Entry]) -> list[Counted]:
    found: dict[str, Counted] = {}
    for entry in entries:
        if isinstance(entry.body, NoticeIssued):
            notice = entry.body.notice
            urgent = notice.urgency is Urgency.IMMEDIATE or notice.all_clear
            if not urgent and (notice.subject is None or notice.subject.id != HAZARD):
                found[notice.id] = Counted(notice)
        elif isinstance(entry.body, NoticeAcknowledged):
            one = found.get(entry.body.acknowledgement.notice)
            if one is not None and one.open and one.first_us is None:
                one.first_us, one.reached = entry.time_us, entry.body.sender is not None
            for each in entry.body.closes:
                if each in found:
                    found[each].open = False
    return list(found.values())


def load_by_hand(
    found: list[Counted], now_us: int, *, to: str, of: str | None, reader: str
) -> tuple[int, int, int | None, int, int]:
    """issued, unread, oldest_us, acknowledged, weeks."""
    today = now_us // DAY_US
    mine = [
        each
        for each in found
        if each.notice.recipient == to and (of is None or each.notice.sender == of)
    ]
    unread = [each for each in mine if each.open and each.first_us is None]
    if reader != to:
        unread = [each for each in unread if each.notice.removal]
        mine = [each for each in mine if each.reached or each in unread]
    days = [each.notice.issued_us // DAY_US for each in mine]
    answered = [each.first_us // DAY_US for each in mine if each.first_us is not None]
    past = [day for day in days + answered if today - 28 <= day < today]
    weeks = 0
    for week in range(1, 5):  # from the newest back
        if any(day < today - 7 * (week - 1) for day in past):
            weeks = week
    return (
        sum(today - 6 <= day <= today for day in days),
        len(unread),
        min((each.notice.issued_us for each in unread), default=None),
        sum(today - 28 <= day < today for day in answered),
        weeks,
    )


def warned_by_hand(found: list[Counted], now_us: int, ceilings: dict[Any, int]) -> set[Any]:
    """Who is to be warned of what: (kind, reader, recipient, sender or all)."""
    wanted: set[Any] = set()
    for to in NAMES:
        for of in (None, *NAMES):
            reader = to if of is None else of
            if of == to:
                continue
            _, unread, _, acknowledged, weeks = load_by_hand(
                found, now_us, to=to, of=of, reader=reader
            )
            typical = acknowledged / weeks if weeks else 0
            if unread > 10 and unread > 2 * typical:
                wanted.add(("unacknowledged", reader, to))
    for (party, to, of), most in ceilings.items():
        issued, *_ = load_by_hand(found, now_us, to=to, of=of or None, reader=party)
        if issued > most:
            wanted.add(("ceiling", party, to, of))
    return wanted


def warned(service: Service) -> set[Any]:
    found: set[Any] = set()
    for name in service.picture.warnings:
        warning = service.picture.warnings[name]
        (about,) = warning.objects
        (reader,) = warning.parties
        kind = warning.kind.value
        _, *names, _ = str(name).split(".")
        found.add((kind, reader, about.id, *([names[2]] if kind == "ceiling" else [])))
    return found


def figures(load: rules.Load) -> tuple[int, int, int | None, int, int]:
    return load.issued, load.unread, load.oldest_us, load.acknowledged, load.weeks


def compare(service: Service, backlogs: Backlogs, found: list[Counted], now_us: int) -> None:
    picture, index = service.picture, backlogs.loads
    for to in map(PartyId, NAMES):
        own = load_by_hand(found, now_us, to=to, of=None, reader=to)
        assert figures(rules.received(index, to, now_us, RULE)) == own
        for of in map(PartyId, NAMES):
            theirs = load_by_hand(found, now_us, to=to, of=of, reader=to)
            assert figures(rules.received_from(index, to, of, now_us, RULE)) == theirs
            if of != to:
                sent = load_by_hand(found, now_us, to=to, of=of, reader=of)
                assert figures(rules.sent(picture, index, to, of, now_us)) == sent


issues = st.tuples(
    st.just("issue"),
    st.sampled_from(NAMES),
    st.sampled_from((*NAMES, None)),
    st.sampled_from(("plain", "plain", "plain", "urgent", "hazard", "all-clear")),
    st.booleans(),
    st.sampled_from((1, 3, 14)),
)
answers = st.tuples(st.just("answer"), st.integers(0, 999), st.booleans(), st.integers(1, 12))
waits = st.tuples(st.just("wait"), st.sampled_from((1, 2, 5, 7, 9, 20)))
ceilings_set = st.tuples(
    st.just("ceiling"), st.sampled_from(NAMES), st.sampled_from((*NAMES, "")),
    st.sampled_from((0, 2, 5, None)),
)  # fmt: skip
days_of = st.lists(st.one_of(issues, issues, answers, answers, waits, ceilings_set), max_size=30)


async def play(steps: list[tuple[Any, ...]]) -> None:
    """Random days; after each the one who followed, and one who starts now, agree with paper."""
    space = Space()
    space.write(opened())
    ceilings: dict[Any, int] = {}
    async with space.service() as service:
        backlogs = Backlogs(service)
        async with quiet(backlogs):
            for party in NAMES:
                await done(service, RegisterParty(PartyId(party), party.title()))
            space.write(a_hazard())
            for step in steps:
                space.now_us += DAY_US // 50
                await take(space, service, ceilings, step)
                await service.current()
                assert backlogs.is_counted
                await backlogs.look(everybody=True)
                found = by_hand(space.entries())
                compare(service, backlogs, found, space.now_us)
                assert warned(service) == warned_by_hand(found, space.now_us, ceilings)
            before = space.record.head().size
            assert not await backlogs.look(everybody=True), "each is said once"
            assert space.record.head().size == before
        async with space.service() as again:
            other = Backlogs(again)
            async with quiet(other):
                assert other.is_counted
                compare(again, other, by_hand(space.entries()), space.now_us)
                assert not await other.look(everybody=True), "a start says nothing again"


def opened() -> Body:
    scene = Scene()
    return scene.entries[0].body


def quiet(backlogs: Backlogs) -> Backlogs:
    """It looks when it is told to."""
    backlogs._look_s = 3600
    backlogs._hour = 1 << 60
    return backlogs


async def done(service: Service, command: Any, by: Any = SYSTEM) -> None:
    answer = await service.submit(Request(by, command))
    assert isinstance(answer, Applied), answer


async def take(
    space: Space, service: Service, ceilings: dict[Any, int], step: tuple[Any, ...]
) -> None:
    match step:
        case ("issue", to, sender, form, shown, times):
            for _ in range(times):
                space.issue(to, sender, form=form, shown=shown and sender is not None)
        case ("answer", which, closing, times):
            await service.current()
            standing = list(service.picture.notices)
            for name in standing[which % (len(standing) or 1) :][:times]:
                # What closes takes another of the same recipient with it, as a later version does.
                notice = service.picture.notices[name].notice
                same = [
                    each
                    for each in list(service.picture.notices)
                    if service.picture.notices[each].notice.recipient == notice.recipient
                ]
                space.answer(notice, closes=(name, same[0]) if closing else ())
                await service.current()
                if closing:
                    break
        case ("wait", days):
            space.now_us += days * DAY_US
        case ("ceiling", party, other, notices):
            to, of = (party, other) if other < party else (other or party, party if other else "")
            if to == of or (notices is None and (party, to, of) not in ceilings):
                return
            command = SetCeiling(PartyId(to), PartyId(of) if of else None, notices)
            await done(service, command, author(party))
            if notices is None:
                del ceilings[party, to, of]
            else:
                ceilings[party, to, of] = notices
        case _:
            raise AssertionError(step)


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(days_of)
def test_whoever_followed_and_whoever_starts_now_count_as_by_hand(
    steps: list[tuple[Any, ...]],
) -> None:
    asyncio.run(play(steps))


_FAULTS = {
    "what is urgent is counted": (
        backlogs_module, "is_counted", lambda notice, *, of_hazard: True,
    ),
    "a sender is told of what it may not follow": (
        rules, "may_hear_answers", lambda picture, notice, sender: True,
    ),
    "as much as the limit is over it": (
        rules, "is_over", lambda load, rule: load.unread >= rule.least,
    ),
    "an older notice is taken for answered": (
        backlogs_module.Past, "unanswered", lambda self, notice_id: asyncio.sleep(0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, wrong = _FAULTS[fault]
    monkeypatch.setattr(place, name, wrong)

    @settings(
        max_examples=300, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow], report_multiple_bugs=False,
    )  # fmt: skip
    @given(days_of)
    def found(steps: list[tuple[Any, ...]]) -> None:
        asyncio.run(play(steps))

    with pytest.raises(AssertionError):
        found()


async def test_a_long_record_is_counted_while_more_comes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backlogs_module, "_PAGE", 10)
    space = Space()
    space.write(opened())
    for _ in range(60):
        space.issue("bravo", "alpha")
        space.now_us += DAY_US // 2
    async with space.service() as service:
        backlogs = Backlogs(service)
        async with quiet(backlogs):
            assert not backlogs.is_counted
            counting = asyncio.create_task(backlogs.count())
            late = space.issue("bravo", "alpha")
            await service.current()
            space.answer(service.picture.notices[NoticeId(late)].notice)
            await service.current()
            await counting
            assert backlogs.is_counted
            found = by_hand(space.entries())
            assert len(found) == 61
            compare(service, backlogs, found, space.now_us)


async def test_a_ceiling_that_is_passed_again_is_another_warning() -> None:
    space = Space()
    space.write(opened())
    async with space.service() as service:
        backlogs = Backlogs(service)
        async with quiet(backlogs):
            for party in NAMES:
                await done(service, RegisterParty(PartyId(party), party.title()))
            await done(service, SetCeiling(BRAVO, None, 0), author("bravo"))
            for _ in range(5):
                space.issue("bravo", "alpha")
                await service.current()
                assert await backlogs.look(everybody=True) == 1
                space.now_us += 8 * DAY_US
                assert await backlogs.look(everybody=True) == 1
    bodies = [entry.body for entry in space.entries()]
    raised = [each.warning.id for each in bodies if isinstance(each, WarningRaised)]
    cleared = [each.warning.id for each in bodies if isinstance(each, WarningCleared)]
    assert raised == cleared == [f"w-ceiling.bravo.bravo..{at}" for at in range(1, 6)]


async def test_two_processes_say_it_once() -> None:
    space = Space()
    space.write(opened())
    async with space.service() as one, space.service() as two:
        first, second = Backlogs(one), Backlogs(two)
        async with quiet(first), quiet(second):
            for party in NAMES:
                await done(one, RegisterParty(PartyId(party), party.title()))
            await done(one, SetCeiling(BRAVO, None, 0), author("bravo"))
            space.issue("bravo", "alpha")
            await one.current()
            await two.current()
            said = await asyncio.gather(first.look(everybody=True), second.look(everybody=True))
            assert sum(said) == 1
    bodies = [entry.body for entry in space.entries()]
    assert sum(isinstance(each, WarningRaised) for each in bodies) == 1


async def test_other_rules_are_counted_by() -> None:
    space = Space()
    space.write(opened())
    async with space.service() as service:
        backlogs = Backlogs(service)
        async with quiet(backlogs):
            space.issue("bravo", "alpha")
            space.now_us += 40 * DAY_US
            await service.current()
            longer = msgspec.structs.replace(UNGUARDED, version="longer", load=LoadRule(weeks=8))
            await done(service, AdoptRules(longer))
            assert await backlogs.look(everybody=True) == 0
            assert not backlogs.is_counted
            await backlogs.count()
            load = rules.received(backlogs.loads, BRAVO, space.now_us, longer.load)
            assert load == rules.Load(0, 1, START_US, 0, 6)
