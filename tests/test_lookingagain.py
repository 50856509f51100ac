"""What a measured clock widened is looked at to its end, across a stop and beside others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from scenes import START_US, author, details, volume
from wideberth.decisions import measuring
from wideberth.lookingagain import LookingAgain
from wideberth.model.clocks import MeasureClock
from wideberth.model.commands import Command, OpenSpace, RegisterParty, Request, SubmitIntent
from wideberth.model.entries import ClashesFound, Entry
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.parties import SYSTEM
from wideberth.model.settings import DEFAULT_RULES
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Applied, Service
from wideberth.space.time import MINUTE_US

ALPHA = PartyId("alpha")
COUNT = 7
KEY = OriginKey("space.example/log", bytes(range(32)))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "AT_ONCE", 2)


async def ask(service: Service, command: Command, party: str | None = None) -> Applied:
    by = SYSTEM if party is None else author(party)
    answer = await service.submit(Request(by, command))
    assert isinstance(answer, Applied), answer
    return answer


async def told(service: Service) -> None:
    """Seven intents of alpha, each half a minute after one of bravo ended."""
    await ask(service, OpenSpace("space.example/log", "host", DEFAULT_RULES))
    for party in ("alpha", "bravo"):
        await ask(service, RegisterParty(PartyId(party), party))
    for number in range(COUNT):
        where = volume(latitude_deg=40 + number, from_min=60, until_min=70)
        first = SubmitIntent(IntentId(f"b{number}"), details(where))
        await ask(service, first, "bravo")
        where = volume(latitude_deg=40 + number, from_min=71, until_min=80)
        await ask(service, SubmitIntent(IntentId(f"a{number}"), details(where)), "alpha")


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


def clashes(entries: list[Entry]) -> list[str]:
    return [each.body.about.id for each in entries if isinstance(each.body, ClashesFound)]


async def test_a_look_goes_on_after_a_stop_and_tells_each_clash_once(tmp_path: Path) -> None:
    record = SqliteRecord(tmp_path, key=KEY)
    async with Service(record, clock_us=lambda: START_US) as service:
        await told(service)
        first = await ask(service, MeasureClock(0, MINUTE_US), "alpha")
        assert clashes(list(first.entries)) == ["a0", "a1"]
        assert service.picture.clock_looks
    async with Service(record, clock_us=lambda: START_US) as service:
        seen: list[Entry] = []
        service.fold_listeners.append(lambda _, entries: seen.extend(entries))
        async with LookingAgain(service), LookingAgain(service):
            await until(lambda: not service.picture.clock_looks)
        assert clashes(seen) == ["a2", "a3", "a4", "a5", "a6"]
        assert len(service.fold_listeners) == 1
        assert len(list(service.picture.notices)) == 2 * COUNT
    record.close()


async def test_a_measurement_while_it_runs_is_looked_at_too(tmp_path: Path) -> None:
    record = SqliteRecord(tmp_path, key=KEY)
    async with Service(record, clock_us=lambda: START_US) as service, LookingAgain(service):
        await told(service)
        await ask(service, MeasureClock(0, MINUTE_US // 2), "alpha")
        await ask(service, MeasureClock(0, MINUTE_US // 2), "bravo")
        await until(lambda: not service.picture.clock_looks)
        pairs = {name[1:] for name in service.picture.told}  # some of them from both sides
        assert len(pairs) == COUNT
    record.close()
