"""What is begun at once is done there, or goes on in whichever task awaits the rest."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from wideberth.faces.api.atonce import at_once


async def test_what_need_not_wait_is_done_at_once() -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("begun")

    assert at_once(work()) is None
    assert done == ["begun"]


async def test_what_waits_goes_on_in_another_task() -> None:
    steps: list[str] = []
    gates = [asyncio.Event(), asyncio.Event()]

    async def work() -> None:
        for number, gate in enumerate(gates):
            steps.append(f"waits {number}")
            await gate.wait()
        await asyncio.sleep(0)
        steps.append("done")

    left = at_once(work())
    assert left is not None
    assert steps == ["waits 0"]
    gates[0].set()

    async def finish() -> None:
        await left

    task = asyncio.create_task(finish())
    await asyncio.sleep(0.01)
    assert steps == ["waits 0", "waits 1"]
    gates[1].set()
    await task
    assert steps[-1] == "done"


async def test_what_goes_wrong_is_said_to_whoever_awaits_the_rest() -> None:
    async def fails(gate: asyncio.Event) -> None:
        await gate.wait()
        raise OSError("gone")

    gate = asyncio.Event()
    late = at_once(fails(gate))
    gate.set()
    soon = at_once(fails(gate))
    for left in (soon, late):
        assert left is not None
        with pytest.raises(OSError, match="gone"):
            await left


async def test_a_cancellation_reaches_what_is_left() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    left = at_once(work())
    assert left is not None

    async def finish() -> None:
        await left

    task = asyncio.create_task(finish())
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    other = at_once(work())
    assert other is not None
    other.close()
    assert ended == ["ended", "ended"]
