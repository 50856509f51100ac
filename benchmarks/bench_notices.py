"""The inbox among many live notices, and notices streamed to many recipients, over HTTP.

The server has one core, the load the other, as in bench_http.

* inbox: 10,000 parties of one unit each, `BENCH_NOTICES=100000` open notices; the first page of a
  party with ten of them, of one with `BENCH_BUSY=5000`, a late page of that one, and its open list
  as a shift hands it over. One client asks, then the next time when it was answered.
* streams: twenty parties each hold an intent in one place; fifty tellings a second there give a
  thousand notices a second, each an entry, to twenty recipients. Each recipient has one stream
  open, then `BENCH_READERS=20` of them: twenty thousand events a second. What was sent is counted
  each second beside what was told: the difference is what waits. It must not grow.

`BENCH_SECONDS=30`, `BENCH_FOLDER=/path`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_http import (
    Connection,
    body_of,
    connect,
    cpu_s,
    get,
    memory_mib,
    post,
    shown,
    tomorrow_us,
)

NOTICES = int(os.environ.get("BENCH_NOTICES", "100000"))
BUSY = int(os.environ.get("BENCH_BUSY", "5000"))
READERS = int(os.environ.get("BENCH_READERS", "20"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
PARTIES = 10_000
RECIPIENTS = 20
TELLINGS_PER_S = 50
ASKED = 500
ONE, BUSIEST = "party-77", "party-0"
TELLER = f"party-{RECIPIENTS}"
PLACE = (47.2, 8.1)


def main() -> None:
    """Measure, and print a line for each figure."""
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} (on {os.cpu_count()} cores)")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        with served(Path(name) / "inbox", NOTICES) as server:
            asyncio.run(inbox(server))
        for readers in (1, READERS):
            with served(Path(name) / f"streams-{readers}", 0) as server:
                asyncio.run(streams(server, readers))


async def inbox(server: dict[str, Any]) -> None:
    """Pages of the inbox, one request at a time."""
    print(f"{NOTICES:,} live notices to {PARTIES:,} parties: server {memory_mib(server):,.0f} MiB")
    # What is due of all of them is found just after the start; that is measured elsewhere.
    await asyncio.sleep(5.0)
    asks = {
        "a party with ten": (ONE, "/api/v1/notices?state=open"),
        f"the first 100 of {BUSY:,}": (BUSIEST, "/api/v1/notices?state=open&limit=100"),
        f"the last 100 of {BUSY:,}": (
            BUSIEST,
            f"/api/v1/notices?state=open&limit=100&after={BUSY - 100}",
        ),
        "unreached, of ten": (ONE, "/api/v1/notices/unreached"),
        f"the open list of {BUSY:,}": (BUSIEST, "/api/v1/shifts"),
    }
    connection = await connect(server)
    for title, (party, path) in asks.items():
        request = get(server["tokens"][party], path)
        took_s: list[float] = []
        size = 0
        before_s = cpu_s(server)
        for _ in range(ASKED):
            asked_s = time.perf_counter()
            status, body = await connection.ask(request)
            took_s.append(time.perf_counter() - asked_s)
            size = len(body)
            assert status == 200, body
        each_ms = (cpu_s(server) - before_s) / ASKED * 1e3
        print(
            f"inbox, {title:24} {shown(took_s)}  server {each_ms:.2f} ms CPU, {size:,} bytes"
            + ("  (goal p50 5 ms)" if title.startswith("a party") else ""),
            flush=True,
        )
    assert connection.transport is not None
    connection.transport.close()


class Reader(asyncio.Protocol):
    """One stream: how many notices came, and when those about some objects did."""

    def __init__(self, request: bytes, seen: dict[str, float] | None) -> None:
        self.request = request
        self.count = 0
        self._seen = seen
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Count, and of the first reader of all keep when what came."""
        data = self._left + data
        self.count += data.count(b"event: notice\n")
        self._left = data[-14:] if not data.endswith(b"\n") else b""
        self.count -= self._left.count(b"event: notice\n")
        if self._seen is not None:
            now_s = time.perf_counter()
            at = data.find(b'"subject":{"type":"intent","id":"')
            while at >= 0:
                begin = at + 33
                self._seen.setdefault(data[begin : data.find(b'"', begin)].decode(), now_s)
                at = data.find(b'"subject":{"type":"intent","id":"', begin)


async def streams(server: dict[str, Any], readers: int) -> None:
    """Tell fifty times a second, and see whether what waits to be streamed grows."""
    tokens = server["tokens"]
    connection = await connect(server)
    for number in range(RECIPIENTS):
        body = body_of(*PLACE, 0.05, (0, 1000), (0, 1400))
        status, answer = await connection.ask(post(tokens[f"party-{number}"], body))
        assert status == 201, answer
    loop = asyncio.get_running_loop()
    seen: dict[str, float] = {}
    all_readers: list[Reader] = []
    for number in range(RECIPIENTS):
        request = get(tokens[f"party-{number}"], "/api/v1/stream")
        for index in range(readers):
            keeps = seen if number == index == 0 else None
            _, reader = await loop.create_connection(
                lambda request=request, keeps=keeps: Reader(request, keeps),
                "127.0.0.1",
                server["port"],
            )
            all_readers.append(reader)
    await asyncio.sleep(2.0)
    first = [reader.count for reader in all_readers]
    asked: dict[str, float] = {}
    # In turn: the server closes a connection that nobody uses for five seconds.
    idle = deque([await connect(server) for _ in range(8)])
    asking: set[asyncio.Task[None]] = set()

    async def one(connection: Connection, number: int) -> None:
        start = number % 1300
        body = body_of(PLACE[0] + 0.01, PLACE[1] + 0.01, 0.001, (0, 20), (start, start + 2))
        begun_s = time.perf_counter()
        status, answer = await connection.ask(post(tokens[TELLER], body))
        assert status == 201, answer
        asked[json.loads(answer)["intent"]["id"]] = begun_s
        idle.append(connection)

    before_s, before_mib = cpu_s(server), memory_mib(server)
    begun_s, told, waits = time.perf_counter(), 0, list[int]()
    looked_s = begun_s
    while (now_s := time.perf_counter()) < begun_s + SECONDS:
        while told < (now_s - begun_s) * TELLINGS_PER_S and idle:
            task = asyncio.create_task(one(idle.popleft(), told))
            asking.add(task)
            task.add_done_callback(asking.discard)
            told += 1
        if now_s > looked_s + 1:
            looked_s = now_s
            came = sum(reader.count for reader in all_readers) - sum(first)
            waits.append(len(asked) * len(all_readers) - came)
        await asyncio.sleep(0.002)
    await asyncio.gather(*asking)
    took_s = time.perf_counter() - begun_s
    used_s = cpu_s(server) - before_s
    await asyncio.sleep(2.0)
    came = [reader.count - early for reader, early in zip(all_readers, first, strict=True)]
    delays = [seen[each] - asked[each] for each in asked if each in seen]
    missing = sum(len(asked) - each for each in came)
    print(
        f"{told * RECIPIENTS / took_s:,.0f} notices/s to {RECIPIENTS} recipients with {readers}"
        f" stream(s) each: {sum(came) / took_s:,.0f} events/s, {missing} missing;"
        f" waiting each second {_shown(waits)};\n  request to stream {shown(delays)};"
        f" server {used_s / took_s:.0%} of a core, {used_s / max(1, sum(came)) * 1e6:.0f} us CPU an"
        f" event with what it takes to tell it, {before_mib:,.0f} to"
        f" {memory_mib(server):,.0f} MiB",
        flush=True,
    )
    for reader in all_readers:
        reader.transport.close()


def _shown(waits: list[int]) -> str:
    half = len(waits) // 2
    first, second = waits[:half] or [0], waits[half:] or [0]
    return (
        f"{sum(first) / len(first):,.0f} in the first half, {sum(second) / len(second):,.0f} in the"
        f" second, {max(waits, default=0):,} at most"
    )


# --- the server -------------------------------------------------------------------------------


@contextlib.contextmanager
def served(folder: Path, standing: int) -> Iterator[dict[str, Any]]:
    """A server in a process of its own: its port and tokens."""
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", str(folder), str(standing)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()) | {"pid": process.pid}
    finally:
        process.kill()
        process.wait()


def serve(folder: Path, standing: int) -> None:
    """Serve a new node until killed."""
    import uvloop

    folder.mkdir(parents=True)
    (folder / "wideberth.toml").write_text("[limits]\nstreams = 1000\n")
    os.sched_setaffinity(0, {0})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(folder, standing))


async def _serve(folder: Path, standing: int) -> None:
    import uvicorn

    from wideberth.faces.api import create_app
    from wideberth.faces.cli._connections import BoundedProtocol
    from wideberth.model.ids import PartyId
    from wideberth.model.parties import Role
    from wideberth.node import Node
    from wideberth.space.warm import warm_up

    warm_up()
    async with Node.open(folder):
        pass
    _fill(folder, standing)
    async with Node.open(folder) as node:
        listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        config = uvicorn.Config(
            create_app(node),
            http=BoundedProtocol,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
        )
        names = [f"party-{number}" for number in range(100)]
        tokens = {each: node.mint(PartyId(each), tuple(Role), life_s=3600) for each in names}
        print(json.dumps({"port": listening.getsockname()[1], "tokens": tokens}), flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


def _fill(folder: Path, standing: int) -> None:
    """Parties and open notices, as if they had been told one by one."""
    from wideberth.model.entries import ENTRY_VERSION, Entry, encode_entry
    from wideberth.model.parties import SYSTEM
    from wideberth.node import ORIGIN_KEY
    from wideberth.record.keys import OriginKey
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.service import now_us

    with SqliteRecord(folder, key=OriginKey.load(folder / ORIGIN_KEY)) as record:
        told_us = now_us()
        bodies = [*_parties(), *_notices(standing, told_us)]
        envelopes = [
            encode_entry(Entry(v=ENTRY_VERSION, time_us=told_us, author=SYSTEM, body=body))
            for body in bodies
        ]
        for at in range(0, len(envelopes), 5000):
            record.append(envelopes[at : at + 5000], record.head().size, time_us=told_us)


def _parties() -> Iterator[Any]:
    from wideberth.model.entries import PartyRegistered
    from wideberth.model.ids import PartyId, UnitToken
    from wideberth.model.parties import Party

    for number in range(PARTIES):
        units = (UnitToken(f"unit-{number}"),)
        yield PartyRegistered(Party(PartyId(f"party-{number}"), f"Party {number}", units=units))


def _notices(count: int, told_us: int) -> Iterator[Any]:
    """The first BUSY to one party, the others to the rest in turn; each names two clashes."""
    from wideberth.model.entries import NoticeIssued
    from wideberth.model.ids import NoticeId, PartyId, UnitToken
    from wideberth.model.notices import (
        Clash,
        Notice,
        ObjectRef,
        ObjectType,
        Overlap,
        Particulars,
        Urgency,
    )
    from wideberth.service import new_id
    from wideberth.space.volume import Gap

    begin_us = tomorrow_us()
    numbers: dict[int, int] = {}
    for index in range(count):
        to = 0 if index < BUSY else 1 + (index - BUSY) % (PARTIES - 1)
        numbers[to] = numbers.get(to, 0) + 1
        sender = PartyId(f"party-{(to + 1) % PARTIES}")
        clash = Clash(
            rule="default-1/flight-flight",
            other_kind="flight",
            gap=Gap(0, 0, 0),
            overlap=Overlap(begin_us, begin_us + 1_800_000_000, 0, 120_000),
            own=ObjectRef(ObjectType.INTENT, f"own-{index}", 1),
            other=ObjectRef(ObjectType.INTENT, f"other-{index}", 1),
            other_party=sender,
        )
        yield NoticeIssued(
            Notice(
                id=NoticeId(new_id()),
                number=numbers[to],
                recipient=PartyId(f"party-{to}"),
                sender=sender,
                urgency=Urgency.PROMPT,
                issued_us=told_us,
                subject=ObjectRef(ObjectType.INTENT, f"other-{index}", 1),
                clashes=(clash, clash),
                particulars=Particulars(
                    47_200_000_000, 8_100_000_000, begin_us, begin_us + 1, 0, 120_000
                ),
                units=(UnitToken(f"unit-{to}"),),
            )
        )


if __name__ == "__main__" and sys.argv[1:2] == ["serve"]:
    serve(Path(sys.argv[2]), int(sys.argv[3]))
