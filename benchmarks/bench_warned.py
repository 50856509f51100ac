"""Position in to warning on a listener's socket: 20,000 positions/s of 100,000 tracks, 10 looks/s.

A real ``wideberth serve`` and real sockets on loopback. Seven tracks in ten are drones of 50
parties, each of which tells its own once in five seconds, a batch a second, over HTTP; the others
are aircraft that one more party's receivers see, ten batches a second. Over 2,000 km x 2,000 km a
thousand of them come too close by themselves. Beside those stand pairs of hovering drones of two
parties, out of each other's reach; at a drawn moment one of a pair is told to fly at the other, so
the report that says so is the first from which a loss of separation can be known. What is measured
is from before the batch with that report was written to its socket to when the warning was read
from the stream of each of the two parties, half of which are WebSockets.

The load is a process of its own and shares the machine's cores with the server. Where the server
does not keep up, this says so: by batches that were answered late or not, and by warnings missed.

`BENCH_TRACKS=100000`, `BENCH_POSITIONS=20000` a second, `BENCH_SECONDS=20` that are measured,
`BENCH_SETTLED=12` before them, `BENCH_PLANTED=20` a second, `BENCH_LOOK_S=0.1`,
`BENCH_FOLDER=/path` (where the record is), `BENCH_PROFILE=file` has the
server run under cProfile (its event loop's thread alone).
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_closest import Columns, fleet
from benchmarks.bench_http import Connection, connect, cpu_s, memory_mib, post, shown
from benchmarks.serving import serving
from wideberth.space.time import format_rfc3339

TRACKS = int(os.environ.get("BENCH_TRACKS", "100000"))
POSITIONS_PER_S = float(os.environ.get("BENCH_POSITIONS", "20000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
PLANTED_PER_S = float(os.environ.get("BENCH_PLANTED", "20"))
LOOK_S = float(os.environ.get("BENCH_LOOK_S", "0.1"))
GOAL_P50_S, GOAL_P99_S = 0.12, 0.25

PARTIES = 50
RECEIVERS = "receivers"
BATCHES_PER_S = 10  # of the receivers
GIVEN_UP_S = 10.0  # a batch that goes out so late says enough
APART_M, CLOSING_M_S = 1_400.0, 18.0
SETTLED_S = float(os.environ.get("BENCH_SETTLED", "12"))
"""After all tracks are told: compiled code is loaded, the first warnings are out."""
SETTINGS = f"""
[limits]
streams = 10
unknown_per_s = 100000
commands_per_s = 100000
[watch]
tick_s = {LOOK_S}
horizontal_m = 609.6
vertical_m = 76.2
look_ahead_s = 60
"""
_TIME = b"@time"
_PLANTED = re.compile(rb'"planted-(\d+)-[ab]"')
_KIND = re.compile(rb'"kind":"conflict"')
_RAISED = re.compile(rb'"change":"raised"')
_EVENT = {False: re.compile(rb"\n\n"), True: re.compile(rb'(?=\{(?:"id":\d+,)?"event":")')}
"""Where one event ends, or, of a WebSocket, the next one begins."""


@dataclass
class Load:
    """batches: by second of the load, what each party sends then: when in the second, and the body
    with the place of the time marked. turns: of a planted pair, in which batch (second, number) its
    first report of closing is. expected: pairs by party.
    """

    batches: list[list[tuple[float, str, bytes, int]]]
    turns: dict[tuple[int, int], list[int]]
    parties_of: dict[int, tuple[str, str]]


@dataclass
class Told:
    """What was sent, and what became of it."""

    turned_s: dict[int, float] = field(default_factory=dict[int, float])
    sent: int = 0
    accepted: int = 0
    refused: int = 0
    late_s: list[float] = field(default_factory=list[float])
    answered_s: list[float] = field(default_factory=list[float])
    unanswered: int = 0


class Listener(asyncio.Protocol):
    """One party's stream: when each planted pair's warning was read; how many were raised."""

    def __init__(self, token: str, *, is_socket: bool) -> None:
        self.came_s: dict[int, float] = {}
        self.raised = 0
        self.events = 0
        self.bytes = 0
        self.lost = False
        self._token = token
        self._is_socket = is_socket
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        head = f"GET /api/v1/stream HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {self._token}\r\n"
        if self._is_socket:
            key = base64.b64encode(os.urandom(16)).decode()
            head += (
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\n"
            )
        transport.write(f"{head}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Look for warnings that are raised, with the moment at which this was read."""
        now_s = time.perf_counter()
        self.bytes += len(data)
        data = self._left + data
        *whole, self._left = _EVENT[self._is_socket].split(data)
        if self._is_socket and self._left.endswith(b"}}"):  # whole, and nothing waits behind it
            whole, self._left = [*whole, self._left], b""
        for event in whole:
            self.events += 1
            if not _RAISED.search(event):
                continue
            self.raised += 1
            found = _PLANTED.search(event)
            if found is not None and _KIND.search(event):
                self.came_s.setdefault(int(found[1]), now_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """A listener that was cut off."""
        del exc
        self.lost = True


def main() -> None:
    """Measure, and print a line for each figure."""
    seconds = round(TRACKS / POSITIONS_PER_S + SETTLED_S + SECONDS)
    load = load_of(seconds)
    parties = [*_names(), RECEIVERS]
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name,
        serving(Path(name) / "node", parties, SETTINGS) as server,
    ):
        asyncio.run(measure(server, load, seconds))


def load_of(seconds: int, *, seed: int = 3) -> Load:
    """What is sent in so many seconds."""
    rng = random.Random(seed)
    every_s = max(1, round(TRACKS / POSITIONS_PER_S))
    pairs = round(PLANTED_PER_S * SECONDS)
    background = fleet(max(0, TRACKS - 2 * pairs), drones=0.7, seed=seed)
    is_drone = background["speed_m_s"] < 50
    names = _names()
    load = Load([[] for _ in range(seconds)], defaultdict(list), {})
    first_s = seconds - round(SECONDS)
    hovering: dict[str, list[tuple[int, int]]] = defaultdict(list)  # party: pair, side
    turn_s: dict[int, int] = {}
    for pair in range(pairs):
        one, other = rng.sample(names, 2)
        load.parties_of[pair] = one, other
        hovering[one].append((pair, 0))
        hovering[other].append((pair, 1))
        turn_s[pair] = rng.randrange(first_s, seconds)
    drones, aircraft = np.flatnonzero(is_drone), np.flatnonzero(~is_drone)
    phases_s = [(number + 0.5) / len(names) for number in range(len(names))]
    for second in range(seconds):
        sent: list[tuple[float, str, bytes, int]] = []
        for number, party in enumerate(names):
            rows = drones[number :: len(names)]
            rows = rows[second % every_s :: every_s]
            reports = _rendered(background, rows, second, party)
            for pair, side in hovering[party]:
                # The one that turns reports in the second in which it does.
                phase_s = turn_s[pair] % every_s if side == 0 else pair % every_s
                if second % every_s != phase_s:
                    continue
                closing_s = second - turn_s[pair] if side == 0 else -1
                if closing_s == 0:
                    load.turns[second, len(sent)].append(pair)
                reports.append(_hovering(pair, side, closing_s, party))
            sent.append((phases_s[number], party, _body(party, reports), len(reports)))
        due = aircraft[second % every_s :: every_s]
        for part in range(BATCHES_PER_S):
            reports = _rendered(background, due[part::BATCHES_PER_S], second, None)
            sent.append((part / BATCHES_PER_S, RECEIVERS, _body("adsb", reports), len(reports)))
        load.batches[second] = sent
    return load


async def measure(server: dict[str, Any], load: Load, seconds: int) -> None:
    """Send all of it, and count what comes."""
    loop = asyncio.get_running_loop()
    listeners: dict[str, Listener] = {}
    for number, party in enumerate(_names()):
        _, listeners[party] = await loop.create_connection(
            lambda token=server["tokens"][party], number=number: Listener(
                token, is_socket=number % 2 == 1
            ),
            "127.0.0.1",
            server["port"],
        )
    told = Told()
    first_s = seconds - round(SECONDS)
    lines = {party: [await connect(server) for _ in range(2)] for party in _names()}
    lines[RECEIVERS] = [await connect(server) for _ in range(4)]
    asking: set[asyncio.Task[None]] = set()
    before: dict[str, float] = {}
    counted = [0, 0]
    begun_s = time.perf_counter() + 0.2
    own_s, load_before, raised_before = 0.0, os.getloadavg()[0], 0

    async def tell(line: list[Connection], request: bytes, pairs: list[int], count: int) -> None:
        connection = line.pop()
        if connection.lost:  # idle for long, while there was another
            connection = await connect(server)
        sent_s = time.perf_counter()
        for pair in pairs:
            told.turned_s[pair] = sent_s
        status, answer = await connection.ask(request)
        assert status == 200, answer
        if sent_s >= begun_s + first_s:
            told.answered_s.append(time.perf_counter() - sent_s)
        told.accepted += int(_number(answer, b"accepted"))
        told.refused += count - int(_number(answer, b"accepted"))
        line.append(connection)

    for second, batches in enumerate(load.batches):
        if second == first_s:
            before, own_s = threads_s(server), time.process_time()
            raised_before = sum(each.raised for each in listeners.values())
            counted = [sum(each.events for each in listeners.values()), told.sent]
        due = sorted(range(len(batches)), key=lambda at: batches[at][0])
        for at in due:
            phase_s, party, body, count = batches[at]
            due_s = begun_s + second + phase_s
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            while not lines[party]:  # noqa: ASYNC110  # the server has not answered this party's last batches
                await asyncio.sleep(0.001)
            late_s = time.perf_counter() - due_s
            if late_s > GIVEN_UP_S:
                raise SystemExit(
                    f"THE SERVER DID NOT KEEP UP: {told.accepted:,} positions taken in"
                    f" {time.perf_counter() - begun_s:.0f} s, where {told.sent:,} were sent;"
                    f" server {cpu_s(server):.0f} s of processor time"
                )
            if second >= first_s:
                told.late_s.append(late_s)
            told.sent += count
            now = format_rfc3339(time.time_ns() // 1_000_000 * 1000).encode()
            request = post(server["tokens"][party], body.replace(_TIME, now), "/api/v1/tracks")
            pairs = load.turns.get((second, at), [])
            task = asyncio.create_task(tell(lines[party], request, pairs, count))
            asking.add(task)
            task.add_done_callback(asking.discard)
        batches.clear()
    took_s = time.perf_counter() - begun_s - first_s
    after, own_s = threads_s(server), time.process_time() - own_s
    events = sum(each.events for each in listeners.values()) - counted[0]
    sent = told.sent - counted[1]
    raised = sum(each.raised for each in listeners.values()) - raised_before
    told.unanswered = len(asking)
    await asyncio.wait([asyncio.create_task(asyncio.sleep(5.0))])
    if asking:
        await asyncio.wait(asking, timeout=30.0)
    _show(load, told, listeners)
    print(
        f"  positions: {sent / took_s:,.0f}/s sent in the {took_s:.1f} s measured; of all"
        f" {told.sent:,}, {told.accepted:,} taken, {told.refused:,} refused;"
        f" {raised / took_s:,.0f} warnings/s raised on streams, {events / took_s:,.0f} events/s\n"
        f"  server {sum(after.values()) / took_s - sum(before.values()) / took_s:.0%} of a core:"
        f" {_shares(before, after, took_s)}; the load itself {own_s / took_s:.0%};"
        f" {memory_mib(server):,.0f} MiB\n"
        f"  a look each {LOOK_S * 1000:.0f} ms at most, {TRACKS:,} tracks, {os.cpu_count()} cores;"
        f" load of the machine {load_before:.1f} before, {os.getloadavg()[0]:.1f} after",
        flush=True,
    )
    for each in listeners.values():
        each.transport.abort()
    assert cpu_s(server) > 0, "the server ended"


def _show(load: Load, told: Told, listeners: dict[str, Listener]) -> None:
    delays: list[float] = []
    missed = 0
    for pair, turned_s in told.turned_s.items():
        for party in load.parties_of[pair]:
            came_s = listeners[party].came_s.get(pair)
            if came_s is None:
                missed += 1
            else:
                delays.append(came_s - turned_s)
    early = sum(each < 0 for each in delays)
    p50_s, p99_s = np.percentile(delays, [50, 99]) if delays else (np.inf, np.inf)
    is_met = p50_s <= GOAL_P50_S and p99_s <= GOAL_P99_S and not missed
    print(
        f"position to warning: {shown(delays) if len(delays) > 1 else 'none came'}"
        f"  (goal p50 {GOAL_P50_S * 1e3:.0f} ms, p99 {GOAL_P99_S * 1e3:.0f} ms:"
        f" {'met' if is_met else 'NOT met'})\n"
        f"  warnings of planted pairs: {2 * len(told.turned_s)} expected, {len(delays)} came,"
        f" {missed} missed, {early} before their report;"
        f" {sum(each.lost for each in listeners.values())} listeners cut off"
    )
    late_s, answered_s = np.array(told.late_s or [0.0]), np.array(told.answered_s or [np.inf])
    keeps_up = np.percentile(late_s, 99) < 0.1 and told.unanswered <= 2 * PARTIES // 10
    print(
        f"  batches answered after p50 {np.percentile(answered_s, 50) * 1e3:.0f} ms, p99"
        f" {np.percentile(answered_s, 99) * 1e3:.0f} ms, {told.unanswered} open at the end; sent"
        f" p99 {np.percentile(late_s, 99) * 1e3:.0f} ms after they were due"
        f"{'' if keeps_up else ': THE SERVER DID NOT KEEP UP'}"
    )


def threads_s(server: dict[str, Any]) -> dict[str, float]:
    """Processor time of each thread of the server so far."""
    found: dict[str, float] = {}
    for task in Path(f"/proc/{server['pid']}/task").iterdir():
        fields = (task / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        found[task.name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def _shares(before: dict[str, float], after: dict[str, float], took_s: float) -> str:
    shares = {name: (at - before.get(name, 0.0)) / took_s for name, at in after.items()}
    main = min(shares, key=int)
    others = sorted((share for name, share in shares.items() if name != main), reverse=True)
    said = ", ".join(f"{share:.0%}" for share in others if share >= 0.005)
    return f"event loop {shares[main]:.0%}, its other threads {said}"


def _names() -> list[str]:
    return [f"operator-{number}" for number in range(PARTIES)]


def _number(answer: bytes, name: bytes) -> bytes:
    found = re.search(rb'"%s":(\d+)' % name, answer)
    return found[1] if found is not None else b"0"


def _rendered(columns: Columns, rows: Any, second: int, party: str | None) -> list[str]:
    course = np.radians(columns["course_deg"][rows])
    speed_m_s, latitude_deg = columns["speed_m_s"][rows], columns["latitude_deg"][rows]
    north_deg = speed_m_s * np.cos(course) * second / 111_195.0
    east_deg = speed_m_s * np.sin(course) * second
    east_deg /= 111_320.0 * np.cos(np.radians(latitude_deg))
    altitude_m = columns["altitude_w84_m"][rows] + columns["climb_m_s"][rows] * (second % 10)
    whose = "" if party is None else f'"party":"{party}",'
    accuracy_m = 50 if party is None else 10
    return [
        f'{{"track":"t{row}","latitude":{lat:.6f},"longitude":{lon:.6f},"time":"@time",{whose}'
        f'"altitude_m":{alt:.1f},"ground_speed_m_s":{speed:.1f},"track_deg":{deg:.1f},'
        f'"vertical_rate_m_s":{climb:.1f},"accuracy_m":{accuracy_m}}}'
        for row, lat, lon, alt, speed, deg, climb in zip(
            rows.tolist(),
            (latitude_deg + north_deg).tolist(),
            (columns["longitude_deg"][rows] + east_deg).tolist(),
            altitude_m.tolist(),
            speed_m_s.tolist(),
            columns["course_deg"][rows].tolist(),
            columns["climb_m_s"][rows].tolist(),
            strict=True,
        )
    ]


def _hovering(pair: int, side: int, closing_s: int, party: str) -> str:
    """One of a pair, the first west of the second, which it flies at from closing_s = 0 on."""
    latitude, longitude = 20.0 + pair // 100 * 0.1, 20.0 + pair % 100 * 0.1
    metre_deg = 1 / (111_320.0 * np.cos(np.radians(latitude)))
    east_m = side * APART_M + max(0, closing_s) * CLOSING_M_S
    speed_m_s = CLOSING_M_S if closing_s >= 0 else 0.0
    return (
        f'{{"track":"planted-{pair}-{"ab"[side]}","latitude":{latitude:.6f},'
        f'"longitude":{longitude + east_m * metre_deg:.7f},"time":"@time","party":"{party}",'
        f'"altitude_m":60.0,"ground_speed_m_s":{speed_m_s},"track_deg":90.0,"accuracy_m":10}}'
    )


def _body(feed: str, reports: list[str]) -> bytes:
    return f'{{"feed":"{feed}","reports":[{",".join(reports)}]}}'.encode()


if __name__ == "__main__":
    main()
