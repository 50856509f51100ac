"""Alive is one thing, ready for commands another; neither tells a stranger a number."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api_world import World, flight
from wideberth.errors import ClockOff, NewerEntry, RecordCorrupt, RecordUnavailable
from wideberth.faces.api import readiness
from wideberth.space.time import MINUTE_US


@pytest.fixture(autouse=True)
def asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_KEPT_S", -1.0)


async def test_a_node_that_works_is_alive_and_ready_and_tells_no_number(world: World) -> None:
    for path, wanted in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = await world.ask(None, "GET", path)
        assert (answer.status_code, answer.json()) == (200, {"status": wanted})


async def obstacle(world: World) -> tuple[str, str]:
    """What readyz names, with the node still alive."""
    answer = await world.ask(None, "GET", "/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    said = answer.json()
    assert said["rule"] == "not-ready"
    assert not re.search(r"\d", said["detail"])
    assert (await world.ask(None, "GET", "/healthz")).status_code == 200
    return said["field"], said["detail"]


async def test_a_store_that_refuses_is_named(world: World) -> None:
    service: Any = world.node.service
    real = service._record.append

    def full(*_: Any, **__: Any) -> None:
        raise RecordUnavailable("disk full")

    service._record.append = full
    assert (await obstacle(world))[0] == "record"
    assert (await world.ask("alpha", "POST", "/intents", {})).status_code == 400
    service._record.append = real
    assert (await world.ask(None, "GET", "/readyz")).status_code == 200


async def test_a_refused_write_is_remembered_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    service: Any = world.node.service
    real = service._record.append

    def only_nothing(envelopes: Any, *rest: Any, **more: Any) -> Any:
        if envelopes:
            raise RecordUnavailable("disk full")
        return real(envelopes, *rest, **more)

    service._record.append = only_nothing
    with pytest.raises(AssertionError, match="503"):
        await world.told("alpha")
    assert await obstacle(world) == ("record", "record: refused the last write")
    service._record.append = real
    monkeypatch.setattr(readiness, "_FAILED_FOR_S", 0.0)
    assert (await world.ask(None, "GET", "/readyz")).status_code == 200, "a command may find out"
    monkeypatch.setattr(readiness, "_FAILED_FOR_S", 60.0)
    await world.told("alpha")
    assert (await world.ask(None, "GET", "/readyz")).status_code == 200


async def test_a_clock_behind_the_record_is_named(world: World) -> None:
    service: Any = world.node.service
    real = service._clock_us
    service._clock_us = lambda: real() - MINUTE_US
    assert (await obstacle(world))[0] == "clock"


@pytest.mark.requirement("L-12")
async def test_a_clock_far_from_the_witnesses_decides_nothing_until_it_is_right(
    world: World,
) -> None:
    world.node.service.clock_off = ClockOff(7_000_000, ("witness.example/w0",))
    assert (await obstacle(world))[0] == "clock"
    answer = await world.ask("alpha", "POST", "/intents", flight())
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"] == "5"
    said = answer.json()
    assert (said["rule"], said["field"]) == ("clock-off", "clock")
    assert "witness.example/w0" in said["detail"]
    assert (await world.ask("alpha", "GET", "/intents")).status_code == 200, "reading goes on"
    world.node.service.clock_off = None
    assert (await world.ask(None, "GET", "/readyz")).status_code == 200
    await world.told("alpha")


async def test_a_full_disk_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 2**80)
    assert (await obstacle(world))[0] == "disk"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        pytest.param(NewerEntry(3, 9), "newer", id="an entry of the future"),
        pytest.param(RecordCorrupt(3, "its salt is gone"), "verify", id="a record gone wrong"),
    ],
)
async def test_a_node_that_stopped_deciding_is_not_ready(
    world: World, error: Exception, word: str
) -> None:
    world.node.service.stopped_by = error
    name, said = await obstacle(world)
    assert name == "record"
    assert word in said


async def test_what_others_found_is_named(world: World) -> None:
    world.node.service.holds["witnesses"] = "have seen more than this record holds"
    assert (await obstacle(world))[0] == "witnesses"
    del world.node.service.holds["witnesses"]
    assert (await world.ask(None, "GET", "/readyz")).status_code == 200
