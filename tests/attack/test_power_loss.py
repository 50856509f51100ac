"""Power is lost at any point of any workload: what was answered is there, and nothing by halves.

`WIDEBERTH_POWER_LOSSES=20000` for the long run (`make attack`).
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from attack.power import Event, PowerVFS, after_loss, answered
from wideberth.errors import RecordCorrupt
from wideberth.record import database, sqlite
from wideberth.record.database import RECORD_FILE
from wideberth.record.keys import OriginKey, sync_folder
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

KEY = OriginKey("space.example/power", bytes(range(32)))
LOSSES = int(os.environ.get("WIDEBERTH_POWER_LOSSES", "600"))
LOSSES_PER_WORKLOAD = 12
VFS = "wideberth-power"
_folders = itertools.count()

# A workload is a list of steps: ("append", writer, entries, bytes of each), ("checkpoint", writer),
# ("reopen", writer).
Step = tuple[object, ...]
writers = st.integers(0, 1)
appends = st.tuples(st.just("append"), writers, st.integers(1, 6), st.sampled_from([1, 300, 3000]))
steps = st.one_of(
    appends,
    appends,
    appends,
    st.tuples(st.just("checkpoint"), writers),
    st.tuples(st.just("reopen"), writers),
)
losses = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 2**32)),
    min_size=LOSSES_PER_WORKLOAD,
    max_size=LOSSES_PER_WORKLOAD,
)


@pytest.fixture
def vfs(monkeypatch: pytest.MonkeyPatch) -> Iterator[PowerVFS]:
    vfs = PowerVFS(VFS)

    def logged(folder: Path) -> None:
        sync_folder(folder)
        if folder.name == "record":  # not the folder above it
            vfs.log.append(Event("sync-folder"))

    for module in (database, sqlite):
        if hasattr(module, "sync_folder"):
            monkeypatch.setattr(module, "sync_folder", logged)
    yield vfs
    vfs.unregister()


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is synced is logged, not waited for."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


@dataclass
class Workload:
    """Two writers on one file, and what was told of it. batches: where each append ended."""

    folder: Path
    vfs: PowerVFS
    synchronous: str
    writers: list[SqliteRecord] = field(default_factory=list)
    envelopes: list[bytes] = field(default_factory=list)
    ends: set[int] = field(default_factory=lambda: {0})

    def open(self) -> SqliteRecord:
        if not self.folder.exists():  # the record makes its file before SQLite sees it
            self.vfs.log.append(Event("create", RECORD_FILE))
        record = SqliteRecord(self.folder, key=KEY, vfs=VFS)
        record._db.pragma("wal_autocheckpoint", 6)  # pages: so that checkpoints are among the steps
        record._db.pragma("synchronous", self.synchronous)
        return record

    def run(self, todo: Sequence[Step]) -> None:
        self.writers = [self.open(), self.open()]
        for step in todo:
            match step:
                case ("append", int() as writer, int() as count, int() as size):
                    self.append(self.writers[writer], count, size)
                case ("checkpoint", int() as writer):
                    self.writers[writer]._db.wal_checkpoint()
                case ("reopen", int() as writer):
                    self.writers[writer].close()
                    if writer:  # both: the last to close folds the log in and removes it
                        self.writers[0].close()
                        self.writers[0] = self.open()
                    self.writers[writer] = self.open()
                case _:
                    raise AssertionError(step)

    def append(self, writer: SqliteRecord, count: int, size: int) -> None:
        begin = len(self.envelopes)
        new = [b"%d " % (begin + i) + Random(begin).randbytes(size) for i in range(count)]
        self.envelopes += new
        self.ends.add(len(self.envelopes))
        head = writer.append(new, begin, time_us=1)
        self.vfs.log.append(Event("answered", size=head.size))

    def lose_power(self, at: float, seed: int, into: Path) -> None:
        """Rebuild the disk at this fraction of the log, open it, and look."""
        log = self.vfs.log[: round(at * len(self.vfs.log))]
        random = Random(seed)
        files = after_loss(log, random)
        into.mkdir(mode=0o700)
        for name, content in files.items():
            (into / name).write_bytes(content)
        if random.random() < 0.5:  # shared memory is no file to rely on: leave rubbish there
            (into / f"{RECORD_FILE}-shm").write_bytes(random.randbytes(32_768))
        told = answered(log)
        with SqliteRecord(into, key=KEY) as record:
            size = record.head().size
            assert size >= told, f"{told} entries had been answered, {size} are there"
            assert size in self.ends, f"{size} is amid an append"
            found = [row.envelope for row in record.read(0, size + 1)]
            assert found == self.envelopes[:size]
            assert verify_folder(into, vkey=KEY.vkey).size == size
            assert record.append([b"on"], size, time_us=1).size == size + 1
        assert verify_folder(into, vkey=KEY.vkey).size == size + 1


def losing_power(
    vfs: PowerVFS, root: Path, synchronous: str
) -> Callable[[Sequence[Step], Sequence[tuple[float, int]]], None]:
    def lose(todo: Sequence[Step], moments: Sequence[tuple[float, int]]) -> None:
        vfs.log.clear()
        here = root / f"w{next(_folders)}"
        work = Workload(here / "record", vfs, synchronous)
        try:
            work.run(todo)
            for number, (at, seed) in enumerate(moments):
                work.lose_power(at, seed, here / f"lost-{number}")
        finally:
            for writer in work.writers:
                writer.close()

    return lose


def run(vfs: PowerVFS, root: Path, synchronous: str, *, losses_wanted: int, **more: object) -> None:
    lose = losing_power(vfs, root, synchronous)
    examples = max(1, losses_wanted // LOSSES_PER_WORKLOAD)
    given(st.lists(steps, min_size=1, max_size=12), losses)(
        settings(
            max_examples=examples,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            **more,  # type: ignore[arg-type]
        )(lose)
    )()


def test_no_answered_write_is_lost_with_the_power(vfs: PowerVFS, memory_folder: Path) -> None:
    run(vfs, memory_folder, "FULL", losses_wanted=LOSSES)
    sys.stdout.write(f"about {LOSSES} losses of power, no answered write among what was lost\n")


@pytest.mark.parametrize(
    ("synchronous", "found"),
    [
        pytest.param("OFF", "answered|damaged|no record", id="no sync at all"),
        pytest.param("NORMAL", "had been answered", id="no sync of a commit"),
    ],
)
def test_a_record_that_does_not_sync_is_found_out(
    vfs: PowerVFS, memory_folder: Path, synchronous: str, found: str
) -> None:
    """The planted fault: the same run must find that answered writes are lost."""
    with pytest.raises((AssertionError, RecordCorrupt), match=found):
        run(
            vfs,
            memory_folder,
            synchronous,
            losses_wanted=600,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate],  # it is enough that the fault is found
        )
