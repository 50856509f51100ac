"""A real ``wideberth serve`` under load over HTTP, killed with ``kill -9`` at random moments.

`WIDEBERTH_KILLS=200` for the long run (`make attack`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from api_world import World, a_world, square
from attack import early_server, kill_client
from attack.kill_client import Told
from wideberth.model.entries import (
    ClashesFound,
    Entry,
    IntentAccepted,
    NoticeIssued,
    decode_entry,
)
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

KILLS = int(os.environ.get("WIDEBERTH_KILLS", "5"))
KILLS_PER_FOLDER = 20
CONNECTIONS = 6
READY_S = 60.0
SERVER = [str(Path(sys.executable).with_name("wideberth"))]
EARLY_SERVER = [sys.executable, str(Path(early_server.__file__))]
# What a write of the load gives: it clashes with one standing intent, and both are told.
WHOLE = [IntentAccepted, ClashesFound, NoticeIssued, NoticeIssued]


class Attacked:
    """One folder, its clients, and its server, which is started and killed again and again."""

    def __init__(self, root: Path, server: Sequence[str]) -> None:
        self.root = root
        self.folder = root / "wideberth-data"
        self.server = server
        self.held: list[str] = []
        self.answered: dict[str, Told] = {}
        self.in_doubt = 0
        self._read_up_to = 0
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.token = asyncio.run(self._furnish())

    async def _furnish(self) -> str:
        async with a_world(self.root) as world:
            everywhere = square(46, 7, side=3, end=1200)
            await world.told("bravo", everywhere, visibility={"level": "open"})
            await self._enrol(world)
            self.vkey = world.node.vkey
            return world.tokens["alpha"]

    async def _enrol(self, world: World) -> None:
        (await world.key("alpha")).save(self.root / "alpha.key")

    @contextlib.contextmanager
    def clients(self) -> Iterator[None]:
        """Two processes with connections of their own, and one whose intents are signed."""
        common = [sys.executable, kill_client.__file__, f"http://127.0.0.1:{self.port}", self.token]
        log = str(self.root / "log")
        started = [
            subprocess.Popen([*common, *more], stdin=subprocess.PIPE)
            for more in (
                ["a", str(CONNECTIONS), log],
                ["b", str(CONNECTIONS), log],
                ["s", "1", log, str(self.root / "alpha.key")],
            )
        ]
        try:
            yield
            with self.serving():  # whoever waits for an answer gets it
                for process in started:
                    process.communicate(b"stop\n", timeout=READY_S)
            assert [process.returncode for process in started] == [0, 0, 0]
        finally:
            for process in started:
                process.kill()
                process.communicate()

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """The server, taking requests; killed on the way out."""
        ready = self.root / "ready"
        ready.unlink(missing_ok=True)
        where = ["--folder", str(self.folder), "--port", str(self.port), "--ready-file", str(ready)]
        with (self.root / "printed").open("w") as printed:
            process = subprocess.Popen(
                [*self.server, "serve", *where], stdout=printed, stderr=printed, text=True
            )
        try:
            until_s = time.monotonic() + READY_S
            while not ready.exists():
                assert process.poll() is None, (self.root / "printed").read_text()
                assert time.monotonic() < until_s, "the server does not start"
                time.sleep(0.01)
            yield process
        finally:
            process.kill()
            process.communicate()

    def kill(self, moments: random.Random) -> None:
        """Start it, kill it at a random moment of the load, and look at what is on disk."""
        with self.serving():
            self._wait_for_an_answer()
            time.sleep(moments.uniform(0.0, 0.25))
        self.look()

    def _wait_for_an_answer(self) -> None:
        before = self._log_size()
        until_s = time.monotonic() + READY_S
        while self._log_size() == before:
            assert time.monotonic() < until_s, "no client was answered"
            time.sleep(0.005)

    def _log_size(self) -> int:
        log = self.root / "log"
        return log.stat().st_size if log.exists() else 0

    def look(self) -> None:
        """Every answered write is there, as it was answered; none is there in part or twice."""
        lines = (self.root / "log").read_bytes().splitlines() if self._log_size() else []
        for line in lines[self._read_up_to :]:
            told = msgspec.json.decode(line, type=Told)
            assert told.request not in self.answered
            self.answered[told.request] = told
        self._read_up_to = len(lines)
        verified = verify_folder(self.folder, vkey=self.vkey, held=self.held[-3:])
        with SqliteRecord(self.folder) as reader:
            rows = reader.read(0, verified.size)
            self.held.append(reader.checkpoint())
        entries = [decode_entry(row.envelope, position=row.position) for row in rows]
        writes = self._writes(entries)
        twice = [request for request, at in writes.items() if len(at) > 1]
        assert not twice, f"executed twice: {twice}"
        for told in self.answered.values():
            assert told.request in writes, f"answered and lost: {told}"
            [position] = writes[told.request]
            _require_as_answered(told, position, entries)
        self.in_doubt = len(writes) - len(self.answered)

    def _writes(self, entries: list[Entry]) -> dict[str, list[int]]:
        """Where each write of the load stands; whole, whether it was answered or not."""
        writes: dict[str, list[int]] = {}
        for position, entry in enumerate(entries):
            if entry.author.party != "alpha" or not isinstance(entry.body, IntentAccepted):
                continue
            group = entries[position : position + len(WHOLE) + 1]
            kinds = [type(each.body) for each in group]
            assert kinds[: len(WHOLE)] == WHOLE, f"half a write at {position}: {kinds}"
            assert [each.follows for each in group] == [False, True, True, True, False][
                : len(group)
            ]
            assert entry.request is not None
            writes.setdefault(entry.request, []).append(position)
        return writes


def _require_as_answered(told: Told, position: int, entries: list[Entry]) -> None:
    first = entries[position]
    assert told.answer["position"] == position
    assert isinstance(first.body, IntentAccepted)
    intent, answered = first.body.intent, told.answer["intent"]
    assert (intent.id, intent.ovn, intent.call_sign) == (
        answered["id"], answered["ovn"], told.sign,
    )  # fmt: skip
    assert first.said == told.said
    issued = [
        each.body.notice.id
        for each in entries[position : position + len(WHOLE)]
        if isinstance(each.body, NoticeIssued) and each.body.notice.recipient == "alpha"
    ]
    assert issued == told.answer["notices"]


def attacked(root: Path, kills: int, moments: random.Random) -> Counter[str]:
    """Kill one server so many times; gives what was counted."""
    root.mkdir()
    one = Attacked(root, SERVER)
    doubtful = 0
    with one.clients():
        for _ in range(kills):
            one.kill(moments)
            doubtful += one.in_doubt
    one.look()
    assert one.in_doubt == 0, "a write stands that no retry was answered for"
    return Counter(kills=kills, answered=len(one.answered), durable_but_unanswered=doubtful)


@pytest.mark.slow
def test_kill_9_under_load_loses_no_answer_and_keeps_no_half(tmp_path: Path) -> None:
    seed = int(os.environ.get("WIDEBERTH_SEED", "20261121"))
    moments, counted, left = random.Random(seed), Counter[str](), KILLS
    while left:
        kills = min(left, KILLS_PER_FOLDER)
        counted += attacked(tmp_path / f"from-{left}", kills, moments)
        left -= kills
        sys.stdout.write(f"{dict(counted)}\n")
        sys.stdout.flush()
    assert counted["kills"] == KILLS
    assert counted["answered"] > 10 * KILLS


@pytest.mark.slow
def test_a_server_that_answers_too_early_is_found_out(tmp_path: Path) -> None:
    """The planted fault: the same look must find that an answered write is gone."""
    one = Attacked(tmp_path, EARLY_SERVER)

    def look_five_times() -> None:
        moments = random.Random(1)
        with one.clients():
            for _ in range(5):
                one.kill(moments)

    with pytest.raises(AssertionError, match=r"answered and lost|executed twice"):
        look_five_times()
