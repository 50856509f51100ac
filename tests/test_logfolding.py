"""A node's record is folded in beside it, and where that fails it says so once and goes on."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from random import Random

import pytest

from wideberth.errors import RecordUnavailable
from wideberth.logfolding import LogFolding
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.writeahead import FOLDED_FROM, WriteAhead

KEY = OriginKey("space.example/log", bytes(range(32)))


def fill(record: SqliteRecord, batches: int) -> None:
    for _ in range(batches):
        size = record.head().size
        record.append([Random(size).randbytes(6_000)] * 10, size, time_us=size + 1)


async def test_what_a_node_appends_is_folded_in_beside_it(tmp_path: Path) -> None:
    with SqliteRecord(tmp_path, key=KEY) as record, WriteAhead(tmp_path) as seen:
        fill(record, 40)
        assert seen.waiting() >= FOLDED_FROM
        async with asyncio.timeout(60), LogFolding(tmp_path, look_s=0.01):
            while seen.waiting():  # noqa: ASYNC110 - nobody is told of it
                await asyncio.sleep(0.01)
        fill(record, 1)
        assert record.head().size == 410


async def test_what_fails_is_said_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folding = LogFolding(tmp_path, look_s=0.01)
    with pytest.raises(RecordUnavailable):
        await folding.look()
    async with asyncio.timeout(60), folding:
        while not caplog.records:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert [each.levelno for each in caplog.records] == [logging.WARNING]
        with SqliteRecord(tmp_path, key=KEY) as record, WriteAhead(tmp_path) as seen:
            fill(record, 40)
            while seen.waiting():  # noqa: ASYNC110 - nobody is told of it
                await asyncio.sleep(0.01)
    assert len(caplog.records) == 1
