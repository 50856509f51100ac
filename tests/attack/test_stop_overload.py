"""A STOP is on the other side's stream within a second while the node is overloaded, while nothing
can be written besides, and where the other side reads at another process of the same folder.

What the machine itself was late by, measured in this process at the same time, is taken off: on a
busy computer a test reads late what came in time. `WIDEBERTH_STOPS=100` says so many more of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from attack.test_stop_faults import FOLDER, served, stops_in, until, verified
from doc_pages import PROJECT

WITHIN_S = 1.0
STOPS = int(os.environ.get("WIDEBERTH_STOPS", "12"))
CONNECTIONS = 128
pytestmark = pytest.mark.slow


@dataclass
class Measured:
    """How late each STOP was on the other stream, seconds, and how late this process itself."""

    after_s: list[float] = field(default_factory=list[float])
    late_s: list[float] = field(default_factory=list[float])

    @property
    def worst_s(self) -> float:
        """Of all, without what this process was late by."""
        return max(after - late for after, late in zip(self.after_s, self.late_s, strict=True))

    def __str__(self) -> str:
        middle = sorted(self.after_s)[len(self.after_s) // 2]
        return (
            f"{len(self.after_s)} STOPs, median {middle * 1000:.0f} ms,"
            f" slowest {max(self.after_s) * 1000:.0f} ms,"
            f" of which this process was late by up to {max(self.late_s) * 1000:.0f} ms"
        )


class Lateness:
    """How late this process gets its turn: the longest since it was asked last."""

    def __init__(self) -> None:
        self._worst_s = 0.0
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            before_s = time.perf_counter()
            await asyncio.sleep(0.005)
            self._worst_s = max(self._worst_s, time.perf_counter() - before_s - 0.005)

    def take_s(self) -> float:
        """The worst since the last call."""
        worst_s, self._worst_s = self._worst_s, 0.0
        return worst_s

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@contextlib.asynccontextmanager
async def flooded(url: str, token: str) -> AsyncGenerator[Callable[[], dict[str, int]]]:
    """While a process writes intents as fast as it can. Gives what ends it and says what came."""
    process = await asyncio.to_thread(
        lambda: subprocess.Popen(
            [
                *(sys.executable, str(PROJECT / "tests" / "attack" / "stop_flood.py")),
                *(url, token, str(CONNECTIONS)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def end() -> dict[str, int]:
        stdin.close()
        seen = json.loads(stdout.readline())
        process.wait()
        return seen

    try:
        assert (await asyncio.to_thread(stdout.readline)) == "ready\n"
        yield end
    finally:
        process.kill()
        process.wait()
        stdout.close()


async def stops_on(client: httpx.AsyncClient, url: str, token: str) -> AsyncIterator[str]:
    """The ids of STOPs on a party's stream, as they come for the first time."""
    seen: set[str] = set()
    headers = {"Authorization": f"Bearer {token}"}
    async with client.stream("GET", f"{url}/stream?after=0", headers=headers) as answer:
        is_stop = False
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                is_stop = line == "event: stop"
            elif line.startswith("data: ") and is_stop:
                name = json.loads(line[6:])["stop"]["id"]
                if name not in seen:
                    seen.add(name)
                    yield name


async def measure(
    url: str, tokens: dict[str, str], *, reading: str | None = None, count: int = STOPS
) -> Measured:
    """Say so many STOPs as alpha, one after the other, and wait for each on bravo's stream, which
    is read at another process where reading names one.
    """
    measured, lateness = Measured(), Lateness()
    headers = {"Authorization": f"Bearer {tokens['alpha']}"}
    async with httpx.AsyncClient(timeout=60) as client, httpx.AsyncClient(timeout=60) as reader:
        came: dict[str, float] = {}
        grew = asyncio.Event()

        async def read() -> None:
            async for name in stops_on(reader, reading or url, tokens["bravo"]):
                came[name] = time.perf_counter()
                grew.set()

        task = asyncio.create_task(read())
        try:
            await client.post(f"{url}/stop", json={"text": "first"}, headers=headers)
            while not came:  # the line is open
                grew.clear()
                await asyncio.wait_for(grew.wait(), 60)
            for number in range(count):
                await asyncio.sleep(0.1)
                lateness.take_s()
                sent_s = time.perf_counter()
                body: dict[str, Any] = {"text": f"number {number}"}
                saying = asyncio.create_task(client.post(f"{url}/stop", json=body, headers=headers))
                already = len(came)
                while len(came) == already:
                    grew.clear()
                    await asyncio.wait_for(grew.wait(), 60)
                measured.after_s.append(max(came.values()) - sent_s)
                measured.late_s.append(lateness.take_s())
                answer = await saying
                assert answer.status_code == 202
                assert answer.json()["id"] in came
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await lateness.close()
    return measured


def say(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{text}\n")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
async def test_overload_does_not_hold_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Many connections write intents at full rate; so do they while the disk takes nothing."""
    folder = tmp_path / FOLDER
    async with served(folder) as (process, url, tokens):
        idle = await measure(url, tokens)
        async with flooded(url, tokens["charlie"]) as end:
            await asyncio.sleep(1)
            loaded = await measure(url, tokens)
            full = (0, resource.RLIM_INFINITY)
            whole = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, full)
            both = await measure(url, tokens)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, whole)
            statuses = await asyncio.to_thread(end)
        say(capsys, f"idle: {idle}\noverload: {loaded}\noverload, disk full: {both}\n{statuses}")
        assert statuses["201"] > 100, "intents were written"
        assert statuses["503"] > 0, "and then refused"
        wanted = 3 * (STOPS + 1)
        await until(lambda: len(stops_in(folder)) == wanted)
    for measured in (idle, loaded, both):
        assert measured.worst_s < WITHIN_S
    verified(folder)


@pytest.mark.parametrize("is_held", [False, True], ids=["recorded", "the record is held"])
async def test_it_reaches_a_stream_at_another_process_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_held: bool
) -> None:
    """By the record; and by the file beside it where somebody holds the record."""
    folder = tmp_path / FOLDER
    async with (
        served(folder) as (_, url, tokens),
        served(folder) as (_, reading, _),
    ):
        holding = apsw.Connection(str(folder / "record.sqlite3"))
        if is_held:
            holding.execute("BEGIN IMMEDIATE")
        measured = await measure(url, tokens, reading=reading, count=min(STOPS, 6))
        if is_held:
            assert stops_in(folder) == []
            holding.execute("ROLLBACK")
        holding.close()
        say(capsys, f"at another process: {measured}")
        assert measured.worst_s < WITHIN_S
        wanted = min(STOPS, 6) + 1
        await until(lambda: len(stops_in(folder)) == wanted)
        await until(lambda: not (folder / "unrecorded.jsonl").stat().st_size)
    assert len(stops_in(folder)) == wanted, "each once, whichever process recorded it"
    verified(folder)


async def test_the_measure_finds_what_is_late(tmp_path: Path) -> None:
    """A stream that is read at a process which is stopped for a while."""
    folder = tmp_path / FOLDER
    async with served(folder) as (process, url, tokens):
        asyncio.get_running_loop().call_later(1.0, process.send_signal, 19)  # SIGSTOP
        asyncio.get_running_loop().call_later(3.0, process.send_signal, 18)  # SIGCONT
        late = await measure(url, tokens, count=20)
        assert late.worst_s > WITHIN_S
