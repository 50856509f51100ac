"""The API over HTTP: durable writes, area reads, and how soon a notice is on the other's stream.

The server has one core (uvicorn, uvloop, SQLite on the disk of the temporary folder), the load the
other. Every figure of a write is of answers, each after its fsync; beside it what the disk gives:
bare 4 KiB appends with fdatasync.

* writes: 64 clients of 64 parties, each sends its next command when the last one was answered.
  ``city`` is the data of benchmarks/datasets.py: among 100,000 live intents each client tells one
  and ends its oldest in turn, so that as many live from beginning to end. It looks before it tells,
  as a party does, and tells one in 20 of those that clash all the same. ``city, unsorted``: what
  comes, without a look, with nothing standing at first. ``one square km`` is a busy drone cell:
  boxes of 60 m, bands of 10 m and windows of 2 minutes, all within 1 km x 1 km and one day, so that
  a new intent meets few others; 200 subscriptions stand on it, and each write touches all of them.
  ``heavy clashing`` is the same square with circles of 100 m, 0 to 120 m, windows of half an hour
  within 12 hours: most writes clash, and everybody concerned is told.
* reads: boxes of about 1 km and one hour among 100,000 standing intents of ``city``.
* notices: 500 writes a second, each clashing with a standing intent of a party that listens.

`BENCH_FOLDER=/path` for another disk, `BENCH_SECONDS=10` (600 for the long run),
`BENCH_INTENTS=100000`, `BENCH_AGREEMENTS=10` agreements in force between the first 20 parties
(benchmarks/agreed.py), `BENCH_HTTP=live,cell,unsorted,heavy,reads,notices` for some of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

CLIENTS = 64
SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
INTENTS = int(os.environ.get("BENCH_INTENTS", "100000"))
AGREEMENTS = int(os.environ.get("BENCH_AGREEMENTS", "0"))
DAY_US = 86_400_000_000
NOTICE_RATE = 500
SUBSCRIPTIONS = 200
CLASHING = 0.05  # of the intents told among the live ones
ONE_KM_LAT, ONE_KM_LON = 1 / 111.2, 1 / 75.9  # of a kilometre at 47 N, in degrees
CORNER = (47.2, 8.1)


def main() -> None:
    """Measure, and print a line for each figure."""
    # The load has one core, whatever started it; each server pins itself to the other.
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    load_1m = os.getloadavg()[0]
    print(f"load of the machine before: {load_1m:.1f} (on {os.cpu_count()} cores)")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        print(f"disk: {sync_rate(folder):,.0f} fdatasync/s of 4 KiB appends")
        for title, measure in MEASURES.items():
            if title in WANTED:
                measure(folder / title)


def _live(folder: Path) -> None:
    with served(folder, standing=INTENTS) as server:
        asyncio.run(live_writes(server))


def _cell(folder: Path) -> None:
    with served(folder) as server:
        asyncio.run(subscribe(server, SUBSCRIPTIONS))
        asyncio.run(writes(server, "one square km", cell_bodies, "goal 2,000/s"))


def _unsorted(folder: Path) -> None:
    with served(folder) as server:
        asyncio.run(writes(server, "city, unsorted", city_bodies, ""))


def _heavy(folder: Path) -> None:
    with served(folder) as server:
        asyncio.run(writes(server, "heavy clashing", clash_bodies, ""))


def _reads(folder: Path) -> None:
    with served(folder, standing=INTENTS) as server:
        asyncio.run(reads(server))


def _notices(folder: Path) -> None:
    with served(folder) as server:
        asyncio.run(notices(server))


MEASURES: dict[str, Callable[[Path], None]] = {
    "live": _live,
    "cell": _cell,
    "unsorted": _unsorted,
    "heavy": _heavy,
    "reads": _reads,
    "notices": _notices,
}
WANTED = os.environ.get("BENCH_HTTP", ",".join(MEASURES)).split(",")


def sync_rate(folder: Path, seconds: float = 1.0) -> float:
    """Appends of 4 KiB with fdatasync, a second: what the disk itself gives."""
    data, count = os.urandom(4096), 0
    with (folder / "raw").open("wb", buffering=0) as file:
        until_s = time.perf_counter() + seconds
        while time.perf_counter() < until_s:
            file.write(data)
            os.fdatasync(file.fileno())
            count += 1
    return count / seconds


# --- the load ---------------------------------------------------------------------------------


class Connection(asyncio.Protocol):
    """One keep-alive connection: one request, then its answer, with little between."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole."""
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0 or self.answer is None:
            return
        at = self.buffer.find(b"content-length: ", 0, head_end)
        length = int(self.buffer[at + 16 : self.buffer.find(b"\r\n", at)])
        if len(self.buffer) < head_end + 4 + length:
            return
        body = bytes(self.buffer[head_end + 4 :])
        status = int(self.buffer[9:12])
        self.buffer.clear()
        answer, self.answer = self.answer, None
        answer.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that cannot come any more is an error, not a wait."""
        self.lost = True
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(exc or ConnectionError("closed before it answered"))

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; gives status and body."""
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        if self.lost:
            self.answer.set_exception(ConnectionError("closed before it was asked"))
        else:
            self.transport.write(request)
        return self.answer


async def connect(server: dict[str, Any]) -> Connection:
    """A connection to the server."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", server["port"])
    return connection


def post(token: str, body: bytes, path: str = "/api/v1/intents") -> bytes:
    """A request that writes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(token: str, path: str) -> bytes:
    """A request that reads."""
    return f"GET {path} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


async def closed_loop(
    server: dict[str, Any], make: Callable[[int], Iterator[bytes]], seconds: float
) -> tuple[list[float], float, int]:
    """CLIENTS clients, each asks again when it was answered: latencies (s), seconds, bytes."""
    latencies: list[float] = []
    size = 0
    begun = time.perf_counter()
    until = begun + seconds

    async def client(number: int) -> None:
        nonlocal size
        connection = await connect(server)
        for request in make(number):
            asked = time.perf_counter()
            if asked > until:
                break
            status, body = await connection.ask(request)
            latencies.append(time.perf_counter() - asked)
            size += len(body)
            if status not in (200, 201):
                raise AssertionError(body)
        assert connection.transport is not None
        connection.transport.close()

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return latencies, time.perf_counter() - begun, size


def cpu_s(server: dict[str, Any]) -> float:
    """Processor time of the server so far, all its threads."""
    fields = Path(f"/proc/{server['pid']}/stat").read_text(encoding="ascii").rpartition(")")[2]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def memory_mib(server: dict[str, Any]) -> float:
    """Resident memory of the server."""
    for line in Path(f"/proc/{server['pid']}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def shown(latencies: list[float]) -> str:
    """p50, p99 and the longest, in milliseconds."""
    cuts = statistics.quantiles(latencies, n=100)
    longest = max(latencies) * 1e3
    return f"p50 {cuts[49] * 1e3:6.1f} ms  p99 {cuts[98] * 1e3:6.1f} ms  max {longest:6.1f} ms"


async def live_writes(server: dict[str, Any]) -> None:
    """Durable writes among as many live intents from beginning to end: told, and ended, in turn."""
    from wideberth.space import VolumeIndex, prepare, prepare_many

    index = VolumeIndex()  # what stands, as the parties know it
    slots = list(index.insert_many(prepare_many(standing_volumes(INTENTS))))
    rng = random.Random(5)
    fresh = city_stream(seed=11)
    latencies: list[float] = []
    clashing = told_count = 0
    begun = time.perf_counter() + 1.0  # what is asked earlier is not counted
    until = begun + SECONDS

    async def client(number: int) -> None:
        nonlocal clashing, told_count
        token, connection = server["tokens"][number], await connect(server)
        # What stands of this party's, the oldest first: id, OVN, slot of the index.
        mine = deque(
            (f"intent-{each}", f"ovn-{each}", slots[each])
            for each in range(number, INTENTS, CLIENTS)
        )

        async def ask(request: bytes) -> bytes:
            asked = time.perf_counter()
            status, answer = await connection.ask(request)
            if asked >= begun:
                latencies.append(time.perf_counter() - asked)
            if status not in (200, 201):
                raise AssertionError(answer)
            return answer

        while time.perf_counter() < until:
            volume = next(fresh)
            prepared = prepare(volume)
            clashes = bool(index.conflicts(prepared))
            if clashes and rng.random() > CLASHING:
                continue
            clashing += clashes
            told_count += 1
            slot = index.insert(prepared)
            said = msgspec.json.decode(await ask(post(token, body_of_volume(volume))))["intent"]
            mine.append((said["id"], said["ovn"], slot))
            oldest, ovn, gone = mine.popleft()
            step = json.dumps({"step": "end", "ovn": ovn}).encode()
            await ask(post(token, step, f"/api/v1/intents/{oldest}/state"))
            index.remove(gone)
        assert connection.transport is not None
        connection.transport.close()

    gc.collect()
    gc.freeze()
    before_s, before_mib = cpu_s(server), memory_mib(server)
    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    took_s = time.perf_counter() - begun
    each_us = (cpu_s(server) - before_s) / (2 * told_count) * 1e6
    print(
        f"writes among {INTENTS:,} live   {len(latencies) / took_s:8,.0f}/s  {shown(latencies)}"
        f"  server {each_us:,.0f} us CPU, {clashing / told_count:.1%} clash; {took_s:.0f} s,"
        f" {before_mib:,.0f} to {memory_mib(server):,.0f} MiB"
        "  (goal 3,000/s, p99 40 ms)",
        flush=True,
    )


async def subscribe(server: dict[str, Any], count: int) -> None:
    """So many subscriptions on the square kilometre, of all parties in turn."""
    connection = await connect(server)
    square = json.loads(body_of(CORNER[0], CORNER[1], ONE_KM_LAT * 1.1, (0, 200), (0, 1439)))[
        "volumes"
    ][0]
    for number in range(count):
        body = json.dumps({"volume": square}).encode()
        request = post(server["tokens"][number % CLIENTS], body, "/api/v1/subscriptions")
        status, answer = await connection.ask(request)
        assert status == 201, answer
    assert connection.transport is not None
    connection.transport.close()


async def writes(
    server: dict[str, Any],
    title: str,
    bodies: Callable[[random.Random], Iterator[bytes]],
    goal: str,
) -> None:
    """Durable writes a second."""
    prepared = [
        [
            post(server["tokens"][number], body)
            for body, _ in zip(bodies(random.Random(number)), range(2000), strict=False)
        ]
        for number in range(CLIENTS)
    ]

    def make(number: int) -> Iterator[bytes]:
        return iter(prepared[number])

    gc.collect()
    gc.freeze()
    await closed_loop(server, lambda n: iter(prepared[n][-40:]), 1.0)
    before_s = cpu_s(server)
    latencies, took_s, size = await closed_loop(server, make, SECONDS)
    each_us = (cpu_s(server) - before_s) / len(latencies) * 1e6
    aim = f"  ({goal})" if goal else ""
    print(
        f"writes, {title:15} {len(latencies) / took_s:8,.0f}/s  {shown(latencies)}"
        f"  server {each_us:,.0f} us CPU, {size / len(latencies):,.0f} bytes each{aim}",
        flush=True,
    )


async def reads(server: dict[str, Any]) -> None:
    """Area reads a second among many standing intents."""

    def make(number: int) -> Iterator[bytes]:
        rng = random.Random(number)
        while True:
            south, west = rng.uniform(46.9, 47.79), rng.uniform(7.4, 8.7)
            start = server["day_us"] + rng.randrange(0, DAY_US - 3_600_000_000)
            path = (
                f"/api/v1/intents?south={south:.5f}&west={west:.5f}"
                f"&north={south + ONE_KM_LAT:.5f}&east={west + ONE_KM_LON:.5f}"
                f"&from={rfc3339(start)}&to={rfc3339(start + 3_600_000_000)}"
            )
            yield get(server["tokens"][number], path)

    await closed_loop(server, make, 1.0)
    before_s = cpu_s(server)
    latencies, took_s, size = await closed_loop(server, make, SECONDS)
    each_us = (cpu_s(server) - before_s) / len(latencies) * 1e6
    print(
        f"area reads among {INTENTS:,} {len(latencies) / took_s:8,.0f}/s  {shown(latencies)}"
        f"  server {each_us:,.0f} us CPU, {size / len(latencies):,.0f} bytes each"
        "  (goal 6,000/s)",
        flush=True,
    )


async def notices(server: dict[str, Any]) -> None:
    """From the answer to a write until the notice is on another party's stream."""
    rng = random.Random(1)
    listener = await connect(server)
    status, _ = await listener.ask(
        post(server["tokens"][0], body_of(47.0, 8.0, 0.2, (0, 500), (0, 1000)))
    )
    assert status == 201
    arrived: dict[str, float] = {}
    answered: dict[str, float] = {}
    asked: dict[str, float] = {}
    reader, writer = await asyncio.open_connection("127.0.0.1", server["port"])
    writer.write(get(server["tokens"][0], "/api/v1/stream"))

    async def listen() -> None:
        while line := await reader.readline():
            if line.startswith(b"data: ") and b'"notice"' in line:
                now = time.perf_counter()
                subject = json.loads(line[6:]).get("notice", {}).get("subject", {})
                arrived[subject.get("id", "")] = now

    listening = asyncio.create_task(listen())
    idle = [await connect(server) for _ in range(CLIENTS)]
    asking: list[asyncio.Task[None]] = []

    async def one(connection: Connection) -> None:
        number = 1 + rng.randrange(CLIENTS - 1)
        place = (47.01 + rng.random() * 0.17, 8.01 + rng.random() * 0.17)
        start = rng.randrange(0, 900)
        body = body_of(*place, 0.0005, (0, 20), (start, start + 2))
        begun = time.perf_counter()
        status, answer = await connection.ask(post(server["tokens"][number], body))
        now = time.perf_counter()
        assert status == 201, answer
        name = json.loads(answer)["intent"]["id"]
        answered[name], asked[name] = now, begun
        idle.append(connection)

    begun = time.perf_counter()
    sent = 0
    while (now := time.perf_counter()) < begun + SECONDS:
        while sent < (now - begun) * NOTICE_RATE and idle:
            asking.append(asyncio.create_task(one(idle.pop())))
            sent += 1
        await asyncio.sleep(0.001)
    await asyncio.gather(*asking)
    await asyncio.sleep(1.0)
    listening.cancel()
    writer.close()
    delays = [max(0.0, arrived[each] - answered[each]) for each in answered if each in arrived]
    missing = len(answered) - len(delays)
    print(
        f"answer to notice, {sent / SECONDS:,.0f} writes/s       {shown(delays)}"
        f"  {missing} missing  (goal p99 250 ms)",
        flush=True,
    )
    whole = [arrived[each] - asked[each] for each in asked if each in arrived]
    print(f"request to notice, the same writes   {shown(whole)}", flush=True)


# --- what is told -----------------------------------------------------------------------------


def rfc3339(instant_us: int) -> str:
    """Text of a time, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant_us // 1_000_000))


def tomorrow_us() -> int:
    """The next midnight, UTC."""
    return (time.time_ns() // 1000 // DAY_US + 1) * DAY_US


def body_of(
    south: float,
    west: float,
    side: float,
    band_m: tuple[float, float],
    minutes: tuple[float, float],
) -> bytes:
    """A flight over a square, tomorrow."""
    north, east = south + side, west + side * 1.46
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return told({"type": "Polygon", "coordinates": [ring]}, band_m, minutes)


def told(
    footprint: dict[str, Any], band_m: tuple[float, float], minutes: tuple[float, float]
) -> bytes:
    """A flight as JSON."""
    day_us = tomorrow_us()
    volume = {
        "footprint": footprint,
        "lower": {"value": band_m[0], "units": "M", "reference": "W84"},
        "upper": {"value": band_m[1], "units": "M", "reference": "W84"},
        "start": rfc3339(day_us + int(minutes[0] * 60_000_000)),
        "end": rfc3339(day_us + int(minutes[1] * 60_000_000)),
    }
    return json.dumps({"kind": "flight", "volumes": [volume]}).encode()


def standing_volumes(count: int, *, seed: int = 3) -> list[Any]:
    """``city`` on the day of the benchmark."""
    from benchmarks.datasets import START_US, city

    shift_us = tomorrow_us() - START_US
    return [
        msgspec.structs.replace(
            volume, start_us=volume.start_us + shift_us, end_us=volume.end_us + shift_us
        )
        for volume in city(count, seed=seed)
    ]


def city_stream(*, seed: int) -> Iterator[Any]:
    """``city`` without an end, some at a time: making thousands would keep every client waiting."""
    while True:
        yield from standing_volumes(50, seed=seed)
        seed += 1


def body_of_volume(volume: Any) -> bytes:
    """A flight in one volume."""
    from wideberth.faces.api import views

    return msgspec.json.encode({"kind": "flight", "volumes": [views.volume(volume)]})


def city_bodies(rng: random.Random) -> Iterator[bytes]:
    """Intents of the data set ``city``."""
    return map(body_of_volume, standing_volumes(2000, seed=rng.randrange(2**31)))


def cell_bodies(rng: random.Random) -> Iterator[bytes]:
    """A busy drone cell of one square kilometre."""
    while True:
        south = CORNER[0] + rng.random() * ONE_KM_LAT * 0.94
        west = CORNER[1] + rng.random() * ONE_KM_LON * 0.94
        floor_m, start = rng.randrange(0, 11) * 10 + 1, rng.uniform(0, 1438)
        yield body_of(south, west, ONE_KM_LAT * 0.06, (floor_m, floor_m + 8), (start, start + 2))


def clash_bodies(rng: random.Random) -> Iterator[bytes]:
    """The same square kilometre with no order in it."""
    while True:
        south = CORNER[0] + rng.random() * ONE_KM_LAT
        west = CORNER[1] + rng.random() * ONE_KM_LON
        start = rng.uniform(0, 690)
        circle = {"type": "Point", "coordinates": [west, south], "radius_m": 100}
        yield told(circle, (0, 120), (start, start + 30))


# --- the server -------------------------------------------------------------------------------


@contextlib.contextmanager
def served(folder: Path, *, standing: int = 0) -> Iterator[dict[str, Any]]:
    """A server in a process of its own: its port and tokens."""
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", str(folder), str(standing)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield json.loads(line) | {"pid": process.pid}
    finally:
        gc.collect()  # connections that are no longer used are closed, or the server waits for them
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(folder: Path, standing: int) -> None:
    """Serve a new node until terminated."""
    import uvloop

    os.sched_setaffinity(0, {0})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(folder, standing))


async def _serve(folder: Path, standing: int) -> None:
    import uvicorn

    from wideberth.faces.api import create_app
    from wideberth.faces.cli._connections import BoundedProtocol
    from wideberth.model.ids import PartyId
    from wideberth.model.parties import Role
    from wideberth.space.warm import warm_up as space_warm_up
    from wideberth.watch.warm import warm_up as watch_warm_up

    space_warm_up()
    watch_warm_up()
    async with _opened(folder):
        pass
    if AGREEMENTS:
        _agree(folder, AGREEMENTS)
    if standing:
        _fill(folder, standing)
    async with _opened(folder) as node:
        listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        app = create_app(node)
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,  # as `wideberth serve` has it
            log_level="warning",
            access_log=False,
            proxy_headers=False,
        )
        config.timeout_graceful_shutdown = 3
        tokens = [
            node.mint(PartyId(f"party-{number}"), tuple(Role), life_s=3600)
            for number in range(CLIENTS)
        ]
        port = listening.getsockname()[1]
        print(json.dumps({"port": port, "tokens": tokens, "day_us": tomorrow_us()}), flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


@contextlib.asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Any]:
    from wideberth.model.commands import RegisterParty
    from wideberth.model.ids import PartyId
    from wideberth.node import Node

    async with Node.open(folder) as node:
        if not node.service.picture.parties:
            for number in range(CLIENTS):
                await node.command(RegisterParty(PartyId(f"party-{number}"), f"Party {number}"))
        yield node


def _agree(folder: Path, count: int) -> None:
    """Put agreements in force into the record."""
    from benchmarks.agreed import in_force
    from wideberth.model.entries import decode_entry, encode_entry
    from wideberth.model.ids import PartyId
    from wideberth.node import ORIGIN_KEY
    from wideberth.picture.fold import fold
    from wideberth.picture.picture import Picture
    from wideberth.record.keys import OriginKey
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.service import now_us

    with SqliteRecord(folder, key=OriginKey.load(folder / ORIGIN_KEY)) as record:
        picture = Picture()
        for row in record.read(0, 10_000):
            fold(picture, decode_entry(row.envelope, position=row.position))
        told_us = now_us()
        parties = [PartyId(f"party-{number}") for number in range(CLIENTS)]
        entries = in_force(picture, parties, count, told_us)
        envelopes = [encode_entry(entry) for entry in entries]
        record.append(envelopes, record.head().size, time_us=told_us)


def _fill(folder: Path, count: int) -> None:
    """Put standing intents into the record, as if they had been told one by one."""
    from wideberth.model.entries import ENTRY_VERSION, Entry, IntentAccepted, encode_entry
    from wideberth.model.ids import IntentId, Ovn, PartyId
    from wideberth.model.intents import (
        Intent,
        IntentKind,
        IntentState,
        Provenance,
        Source,
        Visibility,
        VisibilityLevel,
    )
    from wideberth.model.parties import Author, How
    from wideberth.node import ORIGIN_KEY
    from wideberth.record.keys import OriginKey
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.service import now_us

    with SqliteRecord(folder, key=OriginKey.load(folder / ORIGIN_KEY)) as record:
        envelopes: list[bytes] = []
        told_us = now_us()
        for index, volume in enumerate(standing_volumes(count)):
            party = PartyId(f"party-{index % CLIENTS}")
            intent = Intent(
                id=IntentId(f"intent-{index}"),
                party=party,
                kind=IntentKind.FLIGHT,
                priority=0,
                state=IntentState.ACCEPTED,
                version=1,
                ovn=Ovn(f"ovn-{index}"),
                volumes=(volume,),
                visibility=Visibility(VisibilityLevel.OPEN),
                provenance=Provenance(Source.PLANNED),
                told_us=told_us,
                lead_us=volume.start_us - told_us,
            )
            author = Author(party, How.ATTESTED, "bench")
            body = IntentAccepted(intent, "default-1")
            entry = Entry(v=ENTRY_VERSION, time_us=told_us, author=author, body=body)
            envelopes.append(encode_entry(entry))
        for at in range(0, len(envelopes), 5000):
            record.append(envelopes[at : at + 5000], record.head().size, time_us=told_us)


if __name__ == "__main__" and sys.argv[1:2] == ["serve"]:
    serve(Path(sys.argv[2]), int(sys.argv[3]))
