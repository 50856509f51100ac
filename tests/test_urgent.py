"""What is sent first is recorded once, whatever fails and whenever the node is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from wideberth import aside, urgent
from wideberth.aside import Kept
from wideberth.decisions.authority import ANY_ROLE
from wideberth.decisions.outcome import Accepted
from wideberth.errors import RecordUnavailable
from wideberth.model.commands import OpenSpace, RegisterParty, Request
from wideberth.model.entries import decode_entry
from wideberth.model.ids import PartyId
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.stops import Form, Identified, Stop, StopTold, TellStop
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Service
from wideberth.urgent import Urgent

decide_module = sys.modules["wideberth.decisions.decide"]
KEY = OriginKey("test.example/urgent", bytes(range(32)))
ALPHA = PartyId("alpha")

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(list(Identified)[1:]), st.booleans()),
        st.tuples(st.just("again"), st.integers(0, 5), st.none()),
        st.tuples(st.just("record"), st.booleans(), st.none()),
        st.tuples(st.just("file"), st.booleans(), st.none()),
        st.tuples(st.just("wait"), st.none(), st.none()),
        st.tuples(st.just("kill"), st.none(), st.none()),
    ),
    max_size=14,
)


def kept(number: int, identified: Identified) -> Kept:
    name = f"stop-{number}"
    stop = Stop(name, Form.STOP, ALPHA, identified, 5, "words", doubts=None)
    own = identified is Identified.ATTESTED
    author = Author(ALPHA, How.ATTESTED, "sub", (Role.WATCH,)) if own else SYSTEM
    return Kept(name, KEY.origin, 5, author, TellStop(stop), name)


class Play:
    """A folder, the node's part that matters here, and what was promised so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record_works = self.file_works = True
        self.sent: list[Kept] = []
        self.promised: set[str] = set()

    @contextlib.contextmanager
    def faults(self) -> Generator[None]:
        append, add = SqliteRecord.append, aside.Aside._add

        def appending(record: Any, *args: Any, **more: Any) -> Any:
            if not self.record_works:
                raise RecordUnavailable("planned")
            return append(record, *args, **more)

        def adding(file: Any, *args: Any) -> None:
            if not self.file_works:
                raise RecordUnavailable("planned")
            add(file, *args)

        with (
            mock.patch.object(SqliteRecord, "append", appending),
            mock.patch.object(aside.Aside, "_add", adding),
            mock.patch.object(urgent, "RETRY_S", 0.005),
            mock.patch.object(urgent, "LOOK_S", 0.005),
        ):
            yield

    async def life(self, steps: list[tuple[str, Any, Any]]) -> list[tuple[str, Any, Any]]:
        """One run of the node, up to a kill; gives the steps that are left."""
        record = SqliteRecord(self.folder, key=KEY)
        async with Service(record) as service:
            made = Urgent(service, self.folder)
            await made.__aenter__()
            while steps and steps[0][0] != "kill":
                await self.step(steps.pop(0), made)
            if not steps:  # the end: everything works, and everything comes in
                self.record_works = self.file_works = True
                async with asyncio.timeout(10):
                    while made.waiting or made._settled:  # noqa: ASYNC110
                        await asyncio.sleep(0.002)
                await made.__aexit__()
            else:  # a kill: nothing is tidied up, what is in memory is gone
                steps.pop(0)
                for task in made._tasks:
                    task.cancel()
                await asyncio.gather(*made._tasks, *made._saving, return_exceptions=True)
        record.close()
        return steps

    async def step(self, step: tuple[str, Any, Any], made: Urgent) -> None:
        match step:
            case ("send", identified, waits):
                one = kept(len(self.sent), identified)
                self.sent.append(one)
                assert made.send(one) is not None
                if await made.see_to(one, within_s=0.05 if waits else 0.0):
                    self.promised.add(one.id)
            case ("again", index, _) if index < len(self.sent):
                one = self.sent[index]
                made.send(one)
                if await made.see_to(one, within_s=0.02):
                    self.promised.add(one.id)
            case ("record", works, _):
                self.record_works = works
            case ("file", works, _):
                self.file_works = works
            case ("wait", _, _):
                await asyncio.sleep(0.02)
            case _:
                pass

    def check(self) -> None:
        """Each that was promised is in the record, and none is there twice."""
        with SqliteRecord(self.folder) as record:
            bodies = [
                decode_entry(row.envelope, position=row.position).body
                for row in record.read(0, 1000)
            ]
        names = [each.stop.id for each in bodies if isinstance(each, StopTold)]
        assert len(names) == len(set(names)), "recorded twice"
        assert self.promised <= set(names), "promised and not recorded"
        assert not (self.folder / aside.ASIDE_FILE).exists() or not (
            (self.folder / aside.ASIDE_FILE).stat().st_size
        )


async def play(steps: list[tuple[str, Any, Any]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with SqliteRecord(folder, key=KEY) as record:
            async with Service(record) as service:
                await service.submit(Request(SYSTEM, OpenSpace(KEY.origin, "host", DEFAULT_RULES)))
                await service.submit(Request(SYSTEM, RegisterParty(ALPHA, "Alpha")))
        game = Play(folder)
        with game.faults():
            left = list(steps)
            while True:
                killed = any(each[0] == "kill" for each in left)
                left = await game.life(left)
                if not killed:
                    break
        game.check()


@given(steps=STEPS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_each_is_recorded_once(steps: list[tuple[str, Any, Any]]) -> None:
    asyncio.run(play(steps))


def planted(patch: Any) -> None:
    @given(steps=STEPS)
    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(steps: list[tuple[str, Any, Any]]) -> None:
        asyncio.run(play(steps))

    # Flaky: found, and on a busy machine not found again in the same course.
    with patch, pytest.raises((AssertionError, Flaky)):
        run()


def test_the_check_finds_a_file_that_keeps_nothing() -> None:
    planted(mock.patch.object(aside.Aside, "_add"))


def test_the_check_finds_one_that_is_recorded_twice() -> None:
    """Neither the history, nor the rule, nor the key tells that it is there."""

    def tell(_picture: Any, command: TellStop, _author: Any, _context: Any) -> Any:
        return Accepted((StopTold(command.stop),))

    fresh = property(lambda each: Request(each.author, each.command))
    table = {**decide_module._RULES, TellStop: (ANY_ROLE, tell)}
    with (
        mock.patch.object(Urgent, "position_of", return_value=None),
        mock.patch.object(Kept, "request", fresh),
    ):
        planted(mock.patch.object(decide_module, "_RULES", table))
