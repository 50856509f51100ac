"""Backups and what comes after them: restored, held, gone on with in another epoch."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, flight, square
from wideberth import backups
from wideberth.audit import StatementAudit
from wideberth.backups import MANIFEST, RESTORED, backup, read_manifest, restore
from wideberth.client import PartyKey
from wideberth.errors import InvalidValue, RecordRestored, RecordUnavailable
from wideberth.model.commands import RegisterParty, Request
from wideberth.model.ids import PartyId
from wideberth.model.keeping import EpochOpened
from wideberth.model.parties import SYSTEM
from wideberth.node import Node
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import Verified, verify_folder
from wideberth.service import Applied
from wideberth.succession import FORMER_KEYS, NEXT_KEY, ORIGIN_KEY, next_origin, open_epoch

FOLDER = "wideberth-data"


def verified(folder: Path, **more: Any) -> Verified:
    with SqliteRecord(folder) as record:
        audit = StatementAudit(record.first_origin)
    return verify_folder(folder, statement_checker=audit, erased_checker=audit.erased, **more)


@pytest.fixture
def served_once(tmp_path: Path) -> Path:
    """The folder of a node that has some intents, signed and not."""

    async def play() -> None:
        async with a_world(tmp_path) as world:
            key = await world.key("alpha")
            key.save(tmp_path / "alpha.key")
            async with world.client("alpha", key) as alpha:
                await alpha.submit_intent(flight(), signed=True)
            await world.told("bravo", square(47.005, 7.505))

    asyncio.run(play())
    return tmp_path / FOLDER


def test_a_backup_is_the_folder_without_its_keys(served_once: Path, tmp_path: Path) -> None:
    made = backup(served_once, tmp_path / "backup", made_us=5)
    names = {path.name for path in (tmp_path / "backup").rglob("*") if path.is_file()}
    assert names == {MANIFEST, "record.sqlite3", "contacts.json", "wideberth.toml"}
    assert read_manifest(tmp_path / "backup") == made
    assert made.size == verified(tmp_path / "backup").size == verified(served_once).size
    for path in (tmp_path / "backup").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_backup_with_keys_is_a_whole_node(served_once: Path, tmp_path: Path) -> None:
    backup(served_once, tmp_path / "backup", made_us=5, with_keys=True)
    restore(tmp_path / "backup", tmp_path / "again" / FOLDER, is_complete=True)

    async def go_on() -> None:
        async with a_world(tmp_path / "again") as world:
            await world.told("bravo")

    asyncio.run(go_on())
    assert verified(tmp_path / "again" / FOLDER).size > verified(served_once).size


def test_a_backup_made_under_load_is_of_one_moment(served_once: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    async def write() -> None:
        async with Node.open(served_once) as node:
            index = 0
            while not stop.is_set():
                index += 1
                done = await node.command(RegisterParty(PartyId("alpha"), f"Alpha {index}"))
                assert isinstance(done, Applied)

    writer = threading.Thread(target=lambda: asyncio.run(write()))
    writer.start()
    try:
        sizes = [
            backup(served_once, tmp_path / f"backup-{index}", made_us=index).size
            for index in range(5)
        ]
    finally:
        stop.set()
        writer.join()
    for index, size in enumerate(sizes):
        assert verified(tmp_path / f"backup-{index}").size == size
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1], "the node wrote meanwhile"


def test_a_backup_is_whole_or_not_there(
    served_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "write_new", failing)
    with pytest.raises(RecordUnavailable, match="disk is full"):
        backup(served_once, tmp_path / "backup", made_us=5)
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


@pytest.mark.parametrize("place", ["wideberth-data/inside", "taken"])
def test_a_backup_goes_to_a_new_place_elsewhere(
    served_once: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises((InvalidValue, RecordUnavailable)):
        backup(served_once, tmp_path / place, made_us=5)


@pytest.mark.parametrize("name", ["record.sqlite3", "contacts.json", MANIFEST])
def test_a_changed_backup_is_refused_and_nothing_is_left(
    served_once: Path, tmp_path: Path, name: str
) -> None:
    backup(served_once, tmp_path / "backup", made_us=5)
    data = bytearray((tmp_path / "backup" / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "backup" / name).write_bytes(data)
    with pytest.raises((InvalidValue, RecordUnavailable)):
        restore(tmp_path / "backup", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "again.part").exists()


def test_a_manifest_names_no_path_outside_of_the_backup(served_once: Path, tmp_path: Path) -> None:
    backup(served_once, tmp_path / "backup", made_us=5)
    manifest = json.loads((tmp_path / "backup" / MANIFEST).read_text())
    manifest["files"][0]["path"] = "../alpha.key"
    (tmp_path / "backup" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(InvalidValue, match="within the backup"):
        restore(tmp_path / "backup", tmp_path / "again")


def older_copy(served_once: Path, tmp_path: Path) -> tuple[Path, str, int]:
    """A folder restored from a backup, the head that somebody saw since, and the copy's size."""
    backup(served_once, tmp_path / "backup", made_us=5)

    async def go_on() -> str:
        async with a_world(tmp_path) as world:
            await world.told("bravo", square(10))
            return await world.node.service.reading(lambda record: record.checkpoint())

    seen = asyncio.run(go_on())
    key = served_once / ORIGIN_KEY
    again = tmp_path / "again" / FOLDER
    again.parent.mkdir()
    manifest = restore(tmp_path / "backup", again, key_file=key)
    return again, seen, manifest.size


def test_a_restored_record_is_read_and_nothing_is_decided_on_it(
    served_once: Path, tmp_path: Path
) -> None:
    again, _, size = older_copy(served_once, tmp_path)

    async def look() -> None:
        async with a_world(again.parent) as world:
            assert any("restored" in note for note in world.node.notes)
            for party in ("alpha", "bravo"):
                assert (await world.ask(party, "GET", "/intents")).status_code == 200
                notices = await world.ask(party, "GET", "/notices?state=all")
                assert notices.status_code == 200
            refused = await world.ask("alpha", "POST", "/intents", flight())
            assert refused.status_code == 503
            assert refused.json()["rule"] == "record-restored"
            assert "epoch" in refused.json()["detail"]
            with pytest.raises(RecordRestored):
                await world.node.service.submit(
                    Request(SYSTEM, RegisterParty(PartyId("delta"), "Delta"))
                )
            await world.node.service.reading(lambda record: record.checkpoint())

    asyncio.run(look())
    assert verified(again).size == size


def test_nobody_vouches_for_what_a_kept_head_contradicts(served_once: Path, tmp_path: Path) -> None:
    _, seen, _ = older_copy(served_once, tmp_path)
    with pytest.raises(InvalidValue, match="somebody holds a head"):
        restore(tmp_path / "backup", tmp_path / "third", held=[seen], is_complete=True)
    assert not (tmp_path / "third").exists()


@pytest.mark.parametrize("has_key", [True, False], ids=["with the old key", "the key is lost"])
def test_an_epoch_says_what_is_missing_and_goes_on(
    served_once: Path, tmp_path: Path, has_key: bool
) -> None:
    again, seen, size = older_copy(served_once, tmp_path)
    with SqliteRecord(served_once) as record:
        old_vkey, longest = record.vkey, record.head().size
    if not has_key:
        (again / ORIGIN_KEY).unlink()
        with pytest.raises(RecordUnavailable, match="key is missing"):
            Node.open(again)
    vkey, done = asyncio.run(open_epoch(again, reason="disk lost", seen=[seen]))
    body = done.entries[0].body
    assert isinstance(body, EpochOpened)
    assert (done.position, body.missing_until, body.seen) == (size, longest, (seen,))
    assert (body.signature is not None) is has_key
    assert not (again / NEXT_KEY).exists()
    assert list((again / FORMER_KEYS).glob("*")) != [] or not has_key

    async def go_on() -> None:
        async with a_world(again.parent) as world:
            assert world.node.origin == next_origin(old_vkey.partition("+")[0])
            assert world.node.vkey == vkey
            key = await world.key("alpha", "second")
            async with world.client("alpha", key) as alpha:
                await alpha.submit_intent(flight(square(30)), signed=True)

    asyncio.run(go_on())
    assert verified(again, vkey=vkey, held=[seen]).size > size
    if has_key:
        assert verified(again, vkey=old_vkey, held=[seen]).vkey == vkey
    with SqliteRecord(again) as record:
        assert record.fact(RESTORED) is None


def test_the_partys_key_signs_on_in_the_new_epoch_with_a_chain_of_its_own(
    served_once: Path, tmp_path: Path
) -> None:
    again, seen, _ = older_copy(served_once, tmp_path)
    asyncio.run(open_epoch(again, reason="disk lost", seen=[seen]))

    async def go_on() -> None:
        async with a_world(again.parent) as world:
            old = PartyKey.load(tmp_path / "alpha.key")
            key = old.for_origin(world.node.origin)
            assert key.public_key == old.public_key
            async with world.client("alpha", key) as alpha:
                await alpha.submit_intent(flight(square(30)), signed=True)
                await alpha.submit_intent(flight(square(31)), signed=True)

    asyncio.run(go_on())
    assert verified(again).statements == 3


def test_an_epoch_takes_no_head_that_the_log_did_not_sign(
    served_once: Path, tmp_path: Path
) -> None:
    again, _, size = older_copy(served_once, tmp_path)
    other = MemoryRecord(OriginKey("else.example/log", bytes(32)))
    with pytest.raises(InvalidValue):
        asyncio.run(open_epoch(again, reason="x", seen=[other.checkpoint()]))
    assert not (again / NEXT_KEY).exists()
    assert verified(again).size == size


def test_an_epoch_needs_a_name_of_its_own(served_once: Path) -> None:
    with SqliteRecord(served_once) as record:
        origin, size = record.origin, record.head().size
    with pytest.raises(InvalidValue, match="name of its own"):
        asyncio.run(open_epoch(served_once, reason="x", origin=origin))
    assert not (served_once / NEXT_KEY).exists()
    assert verified(served_once).size == size


def test_a_process_that_served_before_the_epoch_writes_nothing_after_it(
    served_once: Path, tmp_path: Path
) -> None:
    async def play() -> None:
        async with contextlib.AsyncExitStack() as stack:
            world: World = await stack.enter_async_context(a_world(tmp_path))
            await open_epoch(served_once, reason="moved")
            answer = await world.ask("alpha", "POST", "/intents", flight())
            assert answer.status_code == 503
            assert (await world.ask("alpha", "GET", "/intents")).status_code == 200

    asyncio.run(play())
    verified(served_once)


def test_a_copy_of_a_backup_is_as_good(served_once: Path, tmp_path: Path) -> None:
    backup(served_once, tmp_path / "backup", made_us=5)
    shutil.copytree(tmp_path / "backup", tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "backup")
    restore(tmp_path / "elsewhere", tmp_path / "again")
