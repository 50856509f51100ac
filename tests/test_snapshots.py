"""Snapshot files: a start from one is the start from nothing, and a wrong one is never trusted."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from scenes import author, details, volume
from wideberth import snapshots
from wideberth.backlogs import Backlogs
from wideberth.errors import InvalidValue
from wideberth.model.commands import RegisterParty, Request, SubmitIntent
from wideberth.model.entries import SnapshotRecorded, decode_entry
from wideberth.model.ids import IntentId, PartyId
from wideberth.node import Node
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.picture.standing import SnapshotMark
from wideberth.record.protocol import Record, Row
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Applied
from wideberth.snapshots import (
    Checker,
    SnapshotTable,
    files,
    is_due,
    keep,
    keeping,
    make,
    prune,
    run_snapshot,
    write,
)


async def acted(node: Node, name: str) -> None:
    """A party and an intent more; two of them clash."""
    party = PartyId(f"party-{name}")
    assert isinstance(await node.command(RegisterParty(party, name)), Applied)
    now_min = 60 + round((node.service.context().now_us - 1_800_000_000_000_000) / 60e6)
    told = details(volume(from_min=now_min, until_min=now_min + 60))
    request = Request(author(party), SubmitIntent(IntentId(name), told), f"key-{name}", "f")
    assert isinstance(await node.service.submit(request), Applied)


async def with_snapshots(folder: Path, count: int) -> str:
    """A node that made so many snapshots, something happening before and after each; its digest."""
    async with Node.open(folder) as node:
        for number in range(count):
            await acted(node, f"before-{number}")
            assert await make(node.service, folder) is not None
        await acted(node, "after")
        return node.service.picture.digest()


def places_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From where pages of any record are read from now on, to be folded: what lies unread is
    counted beside the picture, and reads the last weeks again for that.
    """
    read, lines = SqliteRecord.read, SqliteRecord.lines
    places: list[int] = []

    def noting(self: SqliteRecord, from_position: int, limit: int) -> list[Row]:
        places.append(from_position)
        return read(self, from_position, limit)

    def noting_lines(self: SqliteRecord, from_position: int, limit: int) -> str | None:
        places.append(from_position)
        return lines(self, from_position, limit)

    async def nothing_counted(_backlogs: Backlogs) -> None:
        pass

    monkeypatch.setattr(Backlogs, "count", nothing_counted)
    monkeypatch.setattr(SqliteRecord, "read", noting)
    monkeypatch.setattr(SqliteRecord, "lines", noting_lines)
    return places


async def started(folder: Path) -> tuple[str, list[str]]:
    async with Node.open(folder) as node:
        return node.service.picture.digest(), node.notes


async def test_a_start_folds_only_what_came_after_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = await with_snapshots(tmp_path, 2)
    newest = max(files(tmp_path))
    places = places_read(monkeypatch)
    assert await started(tmp_path) == (digest, [])
    assert min(places) == newest
    for path in files(tmp_path).values():
        path.unlink()
    assert await started(tmp_path) == (digest, [])
    assert min(places) == 0


async def test_a_snapshot_is_readable_by_the_host_alone(tmp_path: Path) -> None:
    await with_snapshots(tmp_path, 1)
    (path,) = files(tmp_path).values()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_the_digest_in_the_record_is_that_of_folding_so_far(tmp_path: Path) -> None:
    await with_snapshots(tmp_path, 2)
    async with Node.open(tmp_path) as node:
        rows = await node.service.rows(0, 1000)
        recorded = [
            entry.body
            for entry in await node.service.entries_at([row.position for row in rows])
            if isinstance(entry.body, SnapshotRecorded)
        ]
    assert len(recorded) == 2
    wrong = [SnapshotRecorded(each.size, "0" * 64, each.sha256) for each in recorded]
    fine, faulty = Checker(recorded), Checker(wrong)
    picture = Picture()
    for row in rows:
        fold(picture, decode_entry(row.envelope, position=row.position))
        fine(picture)
        faulty(picture)
    assert (fine.wrong, fine.checked) == ([], 2)
    assert faulty.wrong == wrong


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def swapped(path: Path) -> None:
    """The picture of another size under this name: recorded, but not for this size."""
    path.write_bytes(min(path.parent.iterdir()).read_bytes())


@pytest.mark.parametrize("harm", [flipped, cut, emptied, swapped])
async def test_a_damaged_snapshot_is_passed_over_for_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]
) -> None:
    digest = await with_snapshots(tmp_path, 2)
    newest, before = files(tmp_path)
    harm(files(tmp_path)[newest])
    places = places_read(monkeypatch)
    found, notes = await started(tmp_path)
    assert found == digest
    assert notes == [f"{files(tmp_path)[newest]} is not used: the record does not name it"]
    assert min(places) == before


async def test_snapshots_of_others_are_not_trusted(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    digest = await with_snapshots(ours, 1)
    await with_snapshots(theirs, 1)
    for size, path in files(theirs).items():
        assert size in files(ours)
        path.replace(files(ours)[size])
    found, notes = await started(ours)
    assert found == digest
    assert len(notes) == 1


async def test_a_check_that_trusts_every_file_would_be_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: the record is not asked."""

    class Any(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            return True

    def anything(_record: Record, size: int) -> list[SnapshotRecorded]:
        return [SnapshotRecorded(size, "", Any())]

    monkeypatch.setattr(snapshots, "_recorded", anything)
    with pytest.raises(AssertionError):
        await test_snapshots_of_others_are_not_trusted(tmp_path)


async def test_a_snapshot_that_never_reached_the_record_is_not_trusted(tmp_path: Path) -> None:
    async with Node.open(tmp_path) as node:
        await acted(node, "one")
        write(tmp_path, node.service.picture)
        digest = node.service.picture.digest()
    found, notes = await started(tmp_path)
    assert found == digest
    assert notes == [
        f"{next(iter(files(tmp_path).values()))} is not used: the record does not name it"
    ]


async def test_a_snapshot_beyond_a_restored_backup_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    async with Node.open(folder) as node:
        await acted(node, "one")
        digest = node.service.picture.digest()
    backup = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    await with_snapshots(folder, 1)
    for path, data in backup.items():
        path.write_bytes(data)
    found, notes = await started(folder)
    assert found == digest
    assert notes == [f"{next(iter(files(folder).values()))} is not used: the record has 3 entries"]


async def test_the_newest_two_are_kept_and_what_is_unknown_is_left(tmp_path: Path) -> None:
    place = tmp_path / snapshots.SNAPSHOTS
    await with_snapshots(tmp_path, 1)
    (place / "000000000001.snapshot").write_bytes(b"whose is this")
    (place / "notes.txt").write_text("mine")
    await with_snapshots(tmp_path, 0)
    async with Node.open(tmp_path) as node:
        for number in range(3):
            await acted(node, f"more-{number}")
            assert await make(node.service, tmp_path) is not None
        marks = node.service.picture.snapshots
        assert len(list(marks)) == 4
        sizes = list(files(tmp_path))
        assert sizes[:2] == sorted(marks, reverse=True)[:2]
        assert sizes[2:] == [1]
        assert (place / "notes.txt").exists()
        assert prune(tmp_path, node.service.picture) == []


async def test_nothing_new_needs_no_snapshot(tmp_path: Path) -> None:
    async with Node.open(tmp_path) as node:
        await acted(node, "one")
        made = await make(node.service, tmp_path)
        assert made is not None
        data = files(tmp_path)[made.size].read_bytes()
        assert sha256(data).hexdigest() == made.sha256
        assert await make(node.service, tmp_path) is None


def picture_of(size: int, *marks: int) -> Picture:
    picture = Picture()
    picture.size = size
    for mark in marks:
        picture.snapshots[mark] = SnapshotMark("", "")
    return picture


@pytest.mark.parametrize(
    ("size", "marks", "since_s", "due"),
    [
        pytest.param(0, (), 1e6, False, id="an empty record"),
        pytest.param(99, (), 1000, False, id="an entry too few"),
        pytest.param(100, (), 1000, True, id="enough entries"),
        pytest.param(100, (), 599, False, id="a second too soon"),
        pytest.param(100, (), 600, True, id="just late enough"),
        pytest.param(600, (500,), 1000, False, id="its own recording is no news"),
        pytest.param(601, (500,), 1000, True, id="enough entries since"),
        pytest.param(2, (), 3600, True, id="an hour later"),
        pytest.param(501, (500,), 1e6, False, id="nothing new for days"),
        pytest.param(900, (500, 200, 850), 1000, False, id="the newest counts"),
    ],
)
def test_when_a_snapshot_is_due(
    size: int, marks: tuple[int, ...], since_s: float, due: bool
) -> None:
    table = SnapshotTable(every_entries=100, every_h=1, pause_s=600)
    assert is_due(picture_of(size, *marks), table, since_s=since_s) is due


def test_neither_reason_need_count() -> None:
    never = SnapshotTable(every_entries=0, every_h=0, pause_s=0)
    assert not is_due(picture_of(10**9), never, since_s=1e9)


@pytest.mark.parametrize("name", ["every_entries", "every_h", "pause_s"])
def test_a_wrong_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        SnapshotTable(**{name: -1})
    assert caught.value.field == name


async def test_a_node_has_snapshots_made_and_goes_on_when_one_fails(tmp_path: Path) -> None:
    begun: list[int] = []
    seconds = iter(range(0, 100_000, 400))
    enough = asyncio.Event()

    async with Node.open(tmp_path) as node:
        await acted(node, "one")

        async def start() -> str | None:
            begun.append(node.service.picture.size)
            if len(begun) == 3:
                enough.set()
            return "the disk is full" if len(begun) == 1 else None

        table = SnapshotTable(every_entries=2, pause_s=600)
        task = asyncio.create_task(
            keep(node.service, table, start, look_s=0, clock_s=lambda: next(seconds))
        )
        await enough.wait()
        task.cancel()
    assert begun == [3, 3, 3]


async def test_a_process_of_its_own_makes_one_beside_the_running_node(tmp_path: Path) -> None:
    async with Node.open(tmp_path) as node:
        await acted(node, "one")
        before = node.service.picture.size
        assert await run_snapshot(tmp_path) is None
        picture = await node.service.current()
        assert picture.snapshots.get(before) is not None
        assert list(files(tmp_path)) == [before]


async def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    wrong = await run_snapshot(tmp_path / "nowhere")
    assert wrong is not None
    assert "no wideberth node is here" in wrong


async def test_a_node_that_keeps_snapshots_makes_one_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "LOOK_S", 0.05)
    async with Node.open(tmp_path) as node:
        await acted(node, "one")
        table = SnapshotTable(every_entries=1, pause_s=0)
        async with keeping(node.service, table, tmp_path):
            while not list((await node.service.current()).snapshots):  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.05)
    assert files(tmp_path)


async def test_a_node_told_not_to_makes_none(tmp_path: Path) -> None:
    async with Node.open(tmp_path) as node:
        before = asyncio.all_tasks()
        async with keeping(node.service, SnapshotTable(every_entries=0, every_h=0), tmp_path):
            assert asyncio.all_tasks() == before
