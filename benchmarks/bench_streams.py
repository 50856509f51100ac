"""5,000 listeners on one process: 200 events a second in all, each to about 50 of them.

A real ``wideberth serve`` on one core, real sockets on loopback; the load and the listeners are
this process, on the other core. 100 parties have 50 desks each; half listen to server-sent events,
half to a WebSocket, and a fifth of each with an area that holds all that is told. 200 times a
second a party tells an intent, durably, and its own desks hear of it. Each listener counts the
numbers that it gets: one left out or twice is a loss. The goal: no loss, at most one core.

`BENCH_LISTENERS=5000`, `BENCH_EVENTS=200` a second, `BENCH_SECONDS=30`, `BENCH_FOLDER=/path`,
`BENCH_PROFILE=file` has the server run under cProfile.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_http import Connection, body_of, connect, cpu_s, memory_mib, post, shown
from benchmarks.serving import raise_descriptors, serving

LISTENERS = int(os.environ.get("BENCH_LISTENERS", "5000"))
EVENTS_PER_S = float(os.environ.get("BENCH_EVENTS", "200"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
DESKS = 50
AREA = "?south=46&west=7&north=49&east=10"
_SSE = re.compile(rb"id: (\d+)\nevent: intent\n")
_SOCKET = re.compile(rb'\{"id":(\d+),"event":"intent"')


class Listener(asyncio.Protocol):
    """One stream: the numbers that came, in order. arrived: when each did, of a few listeners."""

    def __init__(self, request: bytes, pattern: re.Pattern[bytes], *, timed: bool) -> None:
        self.request = request
        self.count = 0
        self.faults = 0
        self.arrived: list[float] | None = [] if timed else None
        self.is_open = False
        self.lost = False
        self._pattern = pattern
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Each number is to be the next one."""
        self.is_open = True
        data = self._left + data
        end = 0
        for found in self._pattern.finditer(data):
            self.count += 1
            self.faults += int(found[1]) != self.count
            end = found.end()
            if self.arrived is not None:
                self.arrived.append(time.perf_counter())
        self._left = data[max(end, len(data) - 60) :]

    def connection_lost(self, exc: Exception | None) -> None:
        """A listener that was cut off."""
        del exc
        self.lost = True


def main() -> None:
    """Measure, and print a line for each figure."""
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    raise_descriptors(LISTENERS + 1_000)
    parties = [f"party-{number}" for number in range(max(1, LISTENERS // DESKS))]
    settings = f"[limits]\nstreams = {DESKS}\nunknown_per_s = 100000\ncommands_per_s = 100000\n"
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name,
        serving(Path(name) / "node", parties, settings, cores={0}) as server,
    ):
        asyncio.run(listen(server, parties))


async def listen(server: dict[str, Any], parties: list[str]) -> None:
    """Open the listeners, tell, and count."""
    empty_mib = memory_mib(server)
    groups = [await _desks(server, party) for party in parties]
    every = [each for group in groups for each in group]
    for _ in range(1_200):
        if all(each.is_open for each in every):
            break
        await asyncio.sleep(0.1)
    idle_s, idle_mib = cpu_s(server), memory_mib(server)
    await asyncio.sleep(5.0)
    idle = (cpu_s(server) - idle_s) / 5.0
    print(
        f"{len(every):,} listeners of {len(parties)} parties, half of them WebSockets; open:"
        f" {idle:.0%} of a core, {(idle_mib - empty_mib) * 1024 / len(every):.0f} KiB each",
        flush=True,
    )
    before_s, load_before, begun_s = cpu_s(server), os.getloadavg()[0], time.perf_counter()
    asked = await _tell(server, parties, begun_s)
    took_s, used_s = time.perf_counter() - begun_s, cpu_s(server) - before_s
    told = [len(each) for each in asked]
    for _ in range(150):
        if sum(each.count for each in every) >= sum(told) * DESKS:
            break
        await asyncio.sleep(0.2)
    missing = sum(
        count - each.count for count, group in zip(told, groups, strict=True) for each in group
    )
    faults, lost = sum(each.faults for each in every), sum(each.lost for each in every)
    delays: list[float] = []
    for sent, group in zip(asked, groups, strict=True):
        for each in group:
            delays += [
                came - at for at, came in zip(sorted(sent), each.arrived or (), strict=False)
            ]
    events = sum(told) * DESKS
    print(
        f"{sum(told) / took_s:,.0f} events/s, each to {DESKS}: {events / took_s:,.0f} messages/s;"
        f" {missing} missing, {faults} out of order or twice, {lost} cut off (goal 0)\n"
        f"  server {used_s / took_s:.0%} of a core (goal 100%), {used_s / events * 1e6:.0f} us a"
        f" message with what it takes to tell it; request to listener {shown(delays)};"
        f" {memory_mib(server):,.0f} MiB\n"
        f"  load of the machine {load_before:.1f} before, {os.getloadavg()[0]:.1f} after"
        f" (on {os.cpu_count()} cores)",
        flush=True,
    )
    for each in every:
        each.transport.abort()


async def _desks(server: dict[str, Any], party: str) -> list[Listener]:
    loop, token = asyncio.get_running_loop(), server["tokens"][party]
    found: list[Listener] = []
    for desk in range(DESKS):
        path = "/api/v1/stream" + (AREA if desk % 5 == 0 else "")
        head = f"GET {path} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {token}\r\n"
        pattern = _SSE
        if desk % 2:
            pattern = _SOCKET
            key = base64.b64encode(os.urandom(16)).decode()
            head += (
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\n"
            )
        request = f"{head}\r\n".encode()
        timed = desk < 2
        _, made = await loop.create_connection(
            lambda request=request, pattern=pattern, timed=timed: Listener(
                request, pattern, timed=timed
            ),
            "127.0.0.1",
            server["port"],
        )
        found.append(made)
    return found


async def _tell(server: dict[str, Any], parties: list[str], begun_s: float) -> list[list[float]]:
    """When each intent was asked for, by party."""
    asked: list[list[float]] = [[] for _ in parties]
    idle = deque([await connect(server) for _ in range(16)])
    asking: set[asyncio.Task[None]] = set()

    async def one(connection: Connection, number: int) -> None:
        at = number % len(parties)
        south, west = 47 + number // 100 % 100 / 100, 8 + number % 100 / 100
        start = number // 10_000 % 20 * 60
        body = body_of(south, west, 0.001, (0, 20), (start, start + 5))
        asked_s = time.perf_counter()
        status, answer = await connection.ask(post(server["tokens"][parties[at]], body))
        assert status == 201, answer
        asked[at].append(asked_s)
        idle.append(connection)

    sent = 0
    while (now_s := time.perf_counter()) < begun_s + SECONDS:
        while sent < (now_s - begun_s) * EVENTS_PER_S and idle:
            task = asyncio.create_task(one(idle.popleft(), sent))
            asking.add(task)
            task.add_done_callback(asking.discard)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*asking)
    return asked
