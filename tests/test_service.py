"""The loop in one process: decided, durable, folded, answered; and nothing else on a failure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from scenes import START_US, author, details, signer, volume
from wideberth import service as service_module
from wideberth.errors import NewerEntry, Overloaded, PositionTaken, RecordUnavailable
from wideberth.model.commands import (
    AcknowledgeNotice,
    Command,
    EnrolKey,
    OpenSpace,
    RegisterParty,
    Request,
    RevokeKey,
    SubmitIntent,
)
from wideberth.model.entries import NoticeAcknowledged, NoticeIssued, decode_entry
from wideberth.model.ids import IntentId, KeyId, PartyId
from wideberth.model.notices import Verb
from wideberth.model.parties import SYSTEM, Author, Role
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import DEFAULT_RULES
from wideberth.picture.fold import fold_all
from wideberth.picture.picture import Picture
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.protocol import Head, Record
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Applied, Service, Settings

ORIGIN = "test.example/service"
KEY = OriginKey(ORIGIN, bytes(32))
MakeRecord = Callable[[], Record]


def clock() -> Callable[[], int]:
    ticks = count(START_US, 1_000)
    return lambda: next(ticks)


@pytest.fixture(params=["memory", "sqlite"])
def record(request: pytest.FixtureRequest, tmp_path: Path) -> Record:
    return MemoryRecord(KEY) if request.param == "memory" else SqliteRecord(tmp_path, key=KEY)


@asynccontextmanager
async def running(
    record: Record, *, settings: Settings | None = None, parties: Sequence[str] = ("north", "south")
) -> AsyncGenerator[Service]:
    async with Service(record, settings=settings, clock_us=clock()) as service:
        if service.picture.size == 0:
            await told(service, OpenSpace(ORIGIN, "test host", DEFAULT_RULES))
            for party in parties:
                await told(service, RegisterParty(PartyId(party), party.title()))
        yield service


async def told(
    service: Service, command: Command, by: Author = SYSTEM, key: str | None = None, mark: str = ""
) -> Applied:
    done = await service.submit(Request(by, command, key=key, fingerprint=mark))
    assert isinstance(done, Applied), done
    return done


def flight(name: str, *, latitude_deg: float = 47.0) -> SubmitIntent:
    return SubmitIntent(IntentId(name), details(volume(latitude_deg)))


def notices_to(service: Service, party: str) -> list[str]:
    return [
        each.notice.id
        for each in (service.picture.notices[name] for name in service.picture.notices)
        if each.notice.recipient == party
    ]


def replayed(record: Record) -> Picture:
    rows = record.read(0, 100_000)
    return fold_all(Picture(), [decode_entry(r.envelope, position=r.position) for r in rows])


async def test_two_parties_two_intents_a_notice_an_acknowledgement(record: Record) -> None:
    async with running(record) as service:
        await told(service, flight("n1"), author("north"))
        with service.listening(PartyId("north")) as woken:
            done = await told(service, flight("s1"), author("south"))
            assert woken.is_set()
        notice = notices_to(service, "north")[0]
        events = await service.events(PartyId("north"), 1, 10)
        assert [event.number for event in events] == [2]
        issued = events[0].entry.body
        assert isinstance(issued, NoticeIssued)
        assert issued.notice.id == notice
        assert done.position < events[0].position

        answer = AcknowledgeNotice(notice, Verb.RECEIVED)  # type: ignore[arg-type]
        acknowledged = await told(service, answer, author("north"))
        assert isinstance(acknowledged.entries[0].body, NoticeAcknowledged)
        assert notice in service.picture.notices, "RECEIVED ends nothing"
        digest = service.picture.digest()
        again = replayed(service._record)
    assert again.digest() == digest
    record.close()


async def test_an_answer_is_durable_when_it_comes(tmp_path: Path) -> None:
    async with running(SqliteRecord(tmp_path, key=KEY)) as service:
        done = await told(service, flight("n1"), author("north"))
        with SqliteRecord(tmp_path) as other:
            row = other.read(done.position, 1)[0]
    assert decode_entry(row.envelope, position=row.position) == done.entries[0]


async def test_a_refusal_changes_nothing(record: Record) -> None:
    async with running(record) as service:
        before, size = service.picture.digest(), record.head().size
        done = await service.submit(Request(author("stranger"), flight("x"), key="k"))
        assert isinstance(done, Refusal)
        assert done.kind is RefusalKind.FORBIDDEN
        assert (service.picture.digest(), record.head().size) == (before, size)


async def test_a_retry_gets_the_first_answer(record: Record) -> None:
    async with running(record) as service:
        first = await told(service, flight("n1"), author("north"), key="k1", mark="f")
        size = record.head().size
        second = await told(service, flight("n2"), author("north"), key="k1", mark="f")
        assert second == Applied(first.position, first.entries, repeated=True)
        assert record.head().size == size
        other = await service.submit(
            Request(author("north"), flight("n3"), key="k1", fingerprint="g")
        )
        assert isinstance(other, Refusal)
        assert other.rule == "idempotency-key-reused"


async def test_a_retry_in_the_same_batch_gets_the_first_answer(record: Record) -> None:
    async with running(record) as service:
        same = [
            told(service, flight(f"n{i}"), author("north"), key="k1", mark="f") for i in range(5)
        ]
        answers = await asyncio.gather(*same)
        assert len({answer.position for answer in answers}) == 1
        assert [answer.repeated for answer in answers] == [False, True, True, True, True]
        assert len(list(service.picture.intents)) == 1


async def test_a_retry_after_a_restart_gets_the_first_answer(tmp_path: Path) -> None:
    with SqliteRecord(tmp_path, key=KEY) as record:
        async with running(record) as service:
            first = await told(service, flight("n1"), author("north"), key="k1", mark="f")
    with SqliteRecord(tmp_path, key=KEY) as record:
        async with running(record) as service:
            again = await told(service, flight("n1"), author("north"), key="k1", mark="f")
    assert again == Applied(first.position, first.entries, repeated=True)


class Failing(MemoryRecord):
    """A record that can be told to fail, to lose races, or to wait."""

    fails = 0
    loses = 0
    gate: threading.Event | None = None
    locked = 0

    def append(self, envelopes: Sequence[bytes], expected_position: int, *, time_us: int) -> Head:
        if self.gate is not None:
            assert self.gate.wait(10)
        if self.fails and envelopes:
            self.fails -= 1
            raise RecordUnavailable("disk full")
        if self.loses and envelopes:
            self.loses -= 1
            raise PositionTaken(expected_position, expected_position + 1)
        return super().append(envelopes, expected_position, time_us=time_us)

    def exclusive(self):  # type: ignore[no-untyped-def]
        self.locked += 1
        return super().exclusive()


async def test_a_failed_append_drops_the_overlay() -> None:
    record = Failing(KEY)
    async with running(record) as service:
        before, size = service.picture.digest(), service.picture.size
        record.fails = 1
        with pytest.raises(RecordUnavailable):
            await told(service, flight("n1"), author("north"), key="k1")
        assert (service.picture.digest(), service.picture.size) == (before, size)
        assert await service.events(PartyId("north"), 0, 10) == []
        done = await told(service, flight("n1"), author("north"), key="k1")
        assert not done.repeated
        assert done.position == size


@pytest.mark.parametrize(
    ("lost", "locked"), [pytest.param(1, 0, id="once"), pytest.param(2, 1, id="twice")]
)
async def test_after_two_lost_races_the_write_lock_is_taken(lost: int, locked: int) -> None:
    record = Failing(KEY)
    async with running(record) as service:
        record.loses = lost
        await told(service, flight("n1"), author("north"))
        assert record.locked == locked
        assert replayed(record).digest() == service.picture.digest()


async def test_two_services_on_one_file_both_make_progress(tmp_path: Path) -> None:
    each = 40
    with SqliteRecord(tmp_path, key=KEY) as one, SqliteRecord(tmp_path, key=KEY) as two:
        async with running(one) as first, running(two) as second:

            async def tell(service: Service, party: str) -> int:
                for index in range(each):
                    name = f"{party}-{index}"
                    place = 40 + index / 10 + (party == "south") * 0.05
                    await told(service, flight(name, latitude_deg=place), author(party))
                return each

            assert await asyncio.gather(tell(first, "north"), tell(second, "south")) == [each] * 2
            pictures = (await first.current()).digest(), (await second.current()).digest()
            assert pictures[0] == pictures[1] == replayed(one).digest()
            assert len(list(first.picture.intents)) == 2 * each


async def test_a_stream_here_has_what_another_process_appended(tmp_path: Path) -> None:
    with SqliteRecord(tmp_path, key=KEY) as one, SqliteRecord(tmp_path, key=KEY) as two:
        async with running(one) as first, running(two) as second:
            await first.current()
            with first.listening(PartyId("north")) as woken:
                await told(second, flight("n1"), author("north"))
                async with asyncio.timeout(5):
                    await woken.wait()
            assert len(await first.events(PartyId("north"), 0, 10)) == 1


async def test_a_full_queue_says_when_to_come_back() -> None:
    record = Failing(KEY)
    async with running(record, settings=Settings(queue=3)) as service:
        record.gate = threading.Event()
        under_way = asyncio.create_task(told(service, flight("n0"), author("north")))
        await asyncio.sleep(0.05)
        waiting = [
            asyncio.create_task(told(service, flight(f"n{i}"), author("north"))) for i in (1, 2, 3)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await told(service, flight("n4"), author("north"))
        assert refused.value.retry_after_s >= 1
        record.gate.set()
        record.gate = None
        await asyncio.gather(under_way, *waiting)
        assert len(list(service.picture.intents)) == 4


async def test_commands_that_wait_are_written_together() -> None:
    record = Failing(KEY)
    async with running(record) as service:
        sizes: list[int] = []
        service.fold_listeners.append(lambda _, entries: sizes.append(len(entries)))
        record.gate = threading.Event()
        first = asyncio.create_task(told(service, flight("a"), author("north")))
        await asyncio.sleep(0.05)
        places = enumerate((30.0, 31.0, 32.0))
        rest = [
            asyncio.create_task(told(service, flight(f"b{i}", latitude_deg=at), author("north")))
            for i, at in places
        ]
        await asyncio.sleep(0)
        record.gate.set()
        await asyncio.gather(first, *rest)
        assert sizes == [1, 3]


async def test_a_stop_finishes_the_batch_under_way_and_fails_the_rest() -> None:
    record = Failing(KEY)
    service = Service(record, clock_us=clock())
    async with service:
        await told(service, OpenSpace(ORIGIN, "test host", DEFAULT_RULES))
        record.gate = threading.Event()
        under_way = asyncio.create_task(told(service, RegisterParty(PartyId("north"), "North")))
        await asyncio.sleep(0.05)
        late = asyncio.create_task(told(service, RegisterParty(PartyId("south"), "South")))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.1, record.gate.set)
    assert (await under_way).position == 1
    with pytest.raises(Overloaded):
        await late
    assert record.head().size == 2
    with pytest.raises(Overloaded):
        await told(service, RegisterParty(PartyId("east"), "East"))


async def test_a_fault_in_one_decision_fails_that_request_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide = service_module.decide

    def planted(picture, request, context):  # type: ignore[no-untyped-def]
        if request.key == "bad":
            raise ZeroDivisionError
        return decide(picture, request, context)

    together = Settings(batch_us=60_000_000)
    async with running(MemoryRecord(KEY), settings=together) as service:
        monkeypatch.setattr(service_module, "decide", planted)
        good, bad = await asyncio.gather(
            told(service, flight("n1"), author("north"), key="good"),
            told(service, flight("n2"), author("north"), key="bad"),
            return_exceptions=True,
        )
        assert isinstance(good, Applied)
        assert isinstance(bad, ZeroDivisionError)


async def test_a_clock_behind_the_record_stops_deciding() -> None:
    now_us = START_US
    async with Service(MemoryRecord(KEY), clock_us=lambda: now_us) as service:
        await told(service, OpenSpace(ORIGIN, "test host", DEFAULT_RULES))
        now_us -= 4_000_000
        done = await told(service, RegisterParty(PartyId("north"), "North"))
        assert done.entries[0].time_us == START_US, "never before its predecessor"
        now_us -= 2_000_000
        with pytest.raises(Overloaded):
            await told(service, RegisterParty(PartyId("south"), "South"))


async def test_an_entry_newer_than_this_program_stops_deciding() -> None:
    record = MemoryRecord(KEY)
    async with running(record) as service:
        size = record.head().size
        record.append([b'{"v":99,"of":"tomorrow"}'], size, time_us=START_US + 1_000_000)
        async with asyncio.timeout(5):
            while service.stopped_by is None:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        assert isinstance(service.stopped_by, NewerEntry)
        with pytest.raises(NewerEntry):
            await told(service, flight("n1"), author("north"))
        with pytest.raises(NewerEntry):
            await service.current()
        assert record.head().size == size + 1


async def test_a_key_id_is_used_once() -> None:
    """A revoked id enrolled again would begin a chain that old statements fit into."""
    from base64 import urlsafe_b64encode

    from nacl.signing import SigningKey

    from wideberth.model.envelope import sign_possession

    key = SigningKey(bytes(32))

    def text(data: bytes) -> str:
        return urlsafe_b64encode(data).rstrip(b"=").decode()

    enrol = EnrolKey(
        PartyId("north"),
        KeyId("k1"),
        text(bytes(key.verify_key)),
        (Role.TELL,),
        text(sign_possession(key, origin=ORIGIN, kid="north/k1")),
    )
    async with running(MemoryRecord(KEY)) as service:
        await told(service, enrol)
        await told(service, RevokeKey(PartyId("north"), KeyId("k1")), author("north"))
        again = await service.submit(Request(SYSTEM, enrol))
        assert isinstance(again, Refusal)
        assert again.rule == "key-id-taken"


async def test_loading_in_pages_gives_the_same_picture() -> None:
    record = MemoryRecord(KEY)
    async with running(record) as service:
        for index in range(10):
            await told(service, flight(f"n{index}"), author("north"))
        notice = next(iter(service.picture.notices), None)
        assert notice is None, "a party's own intents do not clash by default"
        digest = service.picture.digest()
    async with running(record, settings=Settings(page=3)) as service:
        assert service.picture.digest() == digest
        assert signer("north").party in service.picture.parties
