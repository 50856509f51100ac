"""Following: every row once and in order, whoever appends."""

from __future__ import annotations

import asyncio

import pytest

from wideberth.record.following import follow
from wideberth.record.protocol import Record


async def collected(record: Record, from_position: int, until: int, **options: int) -> list[int]:
    positions: list[int] = []
    async for rows in follow(record, from_position, poll_s=0.001, **options):
        positions += [row.position for row in rows]
        if positions[-1] + 1 >= until:
            return positions
    raise AssertionError("follow never ends by itself")


@pytest.mark.parametrize("from_position", [0, 3, 5])
async def test_what_is_there_and_what_comes_later(record: Record, from_position: int) -> None:
    record.append([b"%d" % i for i in range(5)], 0, time_us=1)
    reader = record.reader()
    task = asyncio.create_task(collected(reader, from_position, 12, page_rows=2))
    for position in range(5, 12):
        await asyncio.sleep(0.002)
        record.append([b"%d" % position], position, time_us=1)
    assert await task == list(range(from_position, 12))
    reader.close()


async def test_a_follower_may_start_beyond_the_end(record: Record) -> None:
    record.append([b"a"], 0, time_us=1)
    task = asyncio.create_task(collected(record, 3, 4))
    await asyncio.sleep(0.01)
    record.append([b"b", b"c", b"d"], 1, time_us=1)
    assert await task == [3]


async def test_a_cancelled_follower_leaves_the_record_in_use(record: Record) -> None:
    task = asyncio.create_task(collected(record, 0, 1))
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert record.append([b"a"], 0, time_us=1).size == 1
