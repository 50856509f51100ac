"""A million deadlines that stand at once: memory, how they are found after a start, and an outage.

A picture with `BENCH_DEADLINES=1000000` open notices, each with a ladder.

* found: what is due is found from the tables a part at a time; how long a part holds up the loop.
* memory: of what is due beyond the picture, by the growth of the process and by Python's count.
* push and pop: one deadline more, and the first one taken out.
* an outage: every first step is due at once; a service on a record takes them a few at a time,
  while another party tells an intent now and then and is answered (`BENCH_OUTAGE=20000` of them).
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from benchmarks.datasets import START_US, city
from benchmarks.traffic import details
from wideberth.model.commands import OpenSpace, RegisterParty, Request, SubmitIntent
from wideberth.model.deadlines import DeadlineKind
from wideberth.model.entries import ENTRY_VERSION, Entry, NoticeIssued, encode_entry
from wideberth.model.ids import IntentId, NoticeId, PartyId
from wideberth.model.notices import Notice, ObjectRef, ObjectType, Urgency
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.model.settings import DEFAULT_RULES
from wideberth.picture.deadlines import gather, pending, take_due
from wideberth.picture.picture import Picture
from wideberth.picture.standing import OpenNotice
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Applied, Service, new_id
from wideberth.space.time import HOUR_US
from wideberth.timers import GATHER_AT_ONCE, Timers

COUNT = int(os.environ.get("BENCH_DEADLINES", "1000000"))
OUTAGE = int(os.environ.get("BENCH_OUTAGE", "20000"))
PARTIES = 10_000
_URGENCIES = (Urgency.IMMEDIATE, Urgency.PROMPT, Urgency.ROUTINE)


def main() -> None:
    """Measure, and print a line for each figure."""
    picture = standing(COUNT)
    found(picture)
    pushed(picture)
    passed(picture)
    del picture
    gc.collect()
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        asyncio.run(outage(Path(name), OUTAGE))


def notices(count: int, *, issued_us: int, every_us: int) -> Iterable[Notice]:
    """Open notices, one after the other, to the parties in turn."""
    for index in range(count):
        yield Notice(
            id=NoticeId(new_id()),
            number=index // PARTIES + 1,
            recipient=PartyId(f"party-{index % PARTIES}"),
            sender=PartyId(f"party-{(index + 1) % PARTIES}"),
            urgency=_URGENCIES[index % 3],
            issued_us=issued_us + index * every_us,
            subject=ObjectRef(ObjectType.INTENT, f"intent-{index // 2}", 1),
        )


def standing(count: int) -> Picture:
    """A picture with so many open notices."""
    picture = Picture()
    for notice in notices(count, issued_us=START_US, every_us=1000):
        picture.notices[notice.id] = OpenNotice(notice)
    gc.collect()
    gc.freeze()
    return picture


def resident_bytes() -> int:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def found(picture: Picture) -> None:
    """Find what is due, a part at a time."""
    before = resident_bytes()
    parts_s: list[float] = []
    begun_s, cpu_s = time.perf_counter(), time.process_time()
    is_done = False
    while not is_done:
        part_s = time.process_time()
        is_done = gather(picture, limit=GATHER_AT_ONCE)
        parts_s.append(time.process_time() - part_s)
    took_s = time.perf_counter() - begun_s
    heap = pending(picture)[DeadlineKind.ESCALATION]
    grown = resident_bytes() - before
    print(
        f"{len(heap):,} deadlines found in {took_s:.2f} s"
        f" ({time.process_time() - cpu_s:.2f} s CPU), parts of {GATHER_AT_ONCE:,}:"
        f" p50 {statistics.median(parts_s) * 1e3:.1f} ms, longest {max(parts_s) * 1e3:.1f} ms CPU"
    )
    print(
        f"memory: {heap.nbytes / len(heap):.1f} bytes each by Python's count,"
        f" {grown / len(heap):.1f} by the growth of the process",
        flush=True,
    )


def pushed(picture: Picture) -> None:
    """One deadline more, and the first one out, a hundred thousand times."""
    heap = pending(picture)[DeadlineKind.ESCALATION]
    rng, times = random.Random(1), 100_000
    latest_us = START_US + COUNT * 1000
    dues = [latest_us + rng.randrange(24 * HOUR_US) for _ in range(times)]
    begun_s = time.process_time()
    for due_us in dues:
        heap.push(due_us, "one more")
    push_us = (time.process_time() - begun_s) / times * 1e6
    begun_s = time.process_time()
    popped = [heap.pop() for _ in range(times)]
    pop_us = (time.process_time() - begun_s) / times * 1e6
    for each in popped:
        heap.push(*each)
    print(f"push {push_us:.2f} us, pop {pop_us:.2f} us CPU", flush=True)


def passed(picture: Picture) -> None:
    """The first thousands of an outage, found but not recorded."""
    now_us = START_US + 48 * HOUR_US
    begun_s, count, longest_s = time.process_time(), 0, 0.0
    for _ in range(200):
        part_s = time.process_time()
        count += len(take_due(picture, now_us, limit=64))
        longest_s = max(longest_s, time.process_time() - part_s)
    each_us = (time.process_time() - begun_s) / count * 1e6
    print(f"due and taken out: {each_us:.1f} us CPU each, 64 at most in {longest_s * 1e3:.1f} ms")


async def outage(folder: Path, count: int) -> None:
    """So many first steps are overdue at a start; what another party tells then is answered."""
    told_us = START_US
    clock = [told_us]
    record = SqliteRecord(folder, key=OriginKey.make(folder / "key", "bench.example/deadlines"))
    async with Service(record, clock_us=lambda: clock[0]) as service:
        await service.submit(
            Request(SYSTEM, OpenSpace("bench.example/deadlines", "b", DEFAULT_RULES))
        )
        await service.submit(Request(SYSTEM, RegisterParty(PartyId("teller"), "Teller")))
    begun = record.head().size
    envelopes = [
        encode_entry(
            Entry(v=ENTRY_VERSION, time_us=told_us, author=SYSTEM, body=NoticeIssued(each))
        )
        for each in notices(count, issued_us=told_us, every_us=0)
    ]
    for at in range(0, count, 5000):
        record.append(envelopes[at : at + 5000], begun + at, time_us=told_us)
    begun_s = time.perf_counter()
    clock_us = lambda: told_us + 36 * HOUR_US + round((time.perf_counter() - begun_s) * 1e6)  # noqa: E731
    async with Service(record, clock_us=clock_us) as service, Timers(service):
        begun_s, cpu_s, size = time.perf_counter(), time.process_time(), service.picture.size
        waits_s: list[float] = []
        author = Author(PartyId("teller"), How.ATTESTED, "desk", (Role.TELL,))
        volumes = city(1000, seed=3)
        until_s = begun_s + 60
        while service.picture.size - size < count and time.perf_counter() < until_s:
            volume = volumes[len(waits_s) % len(volumes)]
            start_us = service.context().now_us + HOUR_US
            moved = msgspec.structs.replace(volume, start_us=start_us, end_us=start_us + HOUR_US)
            asked_s = time.perf_counter()
            command = SubmitIntent(IntentId(new_id()), details(moved))
            done = await service.submit(Request(author, command))
            assert isinstance(done, Applied), done
            waits_s.append(time.perf_counter() - asked_s)
            await asyncio.sleep(0.01)
        took_s = time.perf_counter() - begun_s
        wrote = service.picture.size - size
        print(
            f"after an outage {_steps(service):,} overdue first steps in"
            f" {took_s:.2f} s ({time.process_time() - cpu_s:.2f} s CPU), {wrote / took_s:,.0f}"
            f" entries/s; a command meanwhile p50 {statistics.median(waits_s) * 1e3:.1f} ms,"
            f" longest {max(waits_s) * 1e3:.1f} ms ({len(waits_s)})"
        )
    record.close()


def _steps(service: Service) -> int:
    return sum(1 for _ in service.picture.escalations)


if __name__ == "__main__":
    main()
