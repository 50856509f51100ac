"""A key, and both records under one fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.protocol import Record
from wideberth.record.sqlite import SqliteRecord

RecordMaker = Callable[[], Record]


@pytest.fixture(scope="session")
def key() -> OriginKey:
    return OriginKey("space.example/log", bytes(range(32)))


@pytest.fixture(params=["memory", "sqlite"])
def record(request: pytest.FixtureRequest, key: OriginKey, tmp_path: Path) -> Iterator[Record]:
    """An empty record of each kind."""
    kept: Record
    if request.param == "memory":
        kept = MemoryRecord(key)
    else:
        kept = SqliteRecord(tmp_path / "record", key=key)
    yield kept
    kept.close()


@pytest.fixture
def folder(key: OriginKey, tmp_path: Path) -> Path:
    """A folder whose record holds 11 entries, the odd number that has a loose end."""
    path = tmp_path / "record"
    with SqliteRecord(path, key=key) as kept:
        kept.append([b"entry %d" % i for i in range(4)], 0, time_us=1_000)
        kept.append([b"entry %d" % i for i in range(4, 11)], 4, time_us=2_000)
    return path
