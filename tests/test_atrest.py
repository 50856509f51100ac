"""Sealed at rest: nothing of what was said is in the folder in plain, and nothing else changes."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from api_world import World, a_world, flight, square
from faces.cli.test_host import run, serving
from test_erasure import MARK, WHY, Clock, told_and_ended
from wideberth import erasure
from wideberth.atrest import PASSPHRASE, vault_of
from wideberth.audit import StatementAudit
from wideberth.backups import backup, restore
from wideberth.client import Client
from wideberth.contacts import CONTACTS_FILE
from wideberth.errors import InvalidValue, RecordCorrupt, RecordUnavailable
from wideberth.model.commands import RegisterParty
from wideberth.model.entries import decode_entry
from wideberth.model.ids import PartyId
from wideberth.node import Node
from wideberth.record.bundles import BUNDLE_ENTRIES
from wideberth.record.datakey import DATA_KEY, SEALING, load_key_file, make_key_file
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.upkeep import Upkeep
from wideberth.record.verify import Verified, verify_folder
from wideberth.snapshots import files, make
from wideberth.space.time import HOUR_US
from wideberth.succession import open_epoch, retire, rotate

FOLDER = "wideberth-data"
SETTINGS = '[record]\nseal = true\nkey_file = "../at-rest.key"\n'
SAID = (
    *(b"CALL-SIGN-77", b"Alpha", b"Bravo", b"bravo-1", b"desk-alpha", b"radio 123.45"),
    *(b"47.3141", b"47314159", b"IntentAccepted", b"PartyRegistered", b'"body"', b'"author"'),
)
"""What stands in a folder that is in plain: in entries, in the contacts, in a snapshot."""


def sealing(tmp_path: Path, text: str = SETTINGS) -> Path:
    """The folder of a node to be, with its settings."""
    folder = tmp_path / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (tmp_path / "at-rest.key").exists():
        make_key_file(tmp_path / "at-rest.key")
    path = folder / "wideberth.toml"
    before = path.read_text() if path.exists() else ""
    path.write_text(before + text)
    return folder


async def play(world: World) -> None:
    """Parties, contacts, intents that clash, their notices, a snapshot."""
    key = await world.key("alpha")
    async with world.client("alpha", key) as alpha:
        await world.told("bravo", square(47.314159))
        there = flight(square(47.314159), call_sign="CALL-SIGN-77")
        await alpha.submit_intent(there, signed=True)
        assert (await alpha.notices())["notices"]
    assert await make(world.node.service, world.node.folder, vault=world.node.vault) is not None


def found_in(folder: Path) -> set[bytes]:
    """What of SAID stands in any file of the folder."""
    data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return {each for each in SAID if each in data}


def verified(folder: Path, **more: Any) -> Verified:
    with SqliteRecord(folder) as record:
        audit = StatementAudit(record.first_origin)
    return verify_folder(folder, statement_checker=audit, erased_checker=audit.erased, **more)


def envelopes(folder: Path) -> list[bytes]:
    with SqliteRecord(folder, vault=vault_of(folder)) as record:
        return [row.envelope for row in record.read(0, 10_000)]


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The folder of a sealed node that was served once."""
    folder = sealing(tmp_path)

    async def once() -> None:
        async with a_world(tmp_path) as world:
            await play(world)
            assert found_in(folder) == set(), "also while it runs"

    asyncio.run(once())
    return folder


@pytest.fixture
def in_plain(tmp_path: Path) -> Path:
    """The same, of a node that is not sealed."""

    async def once() -> None:
        async with a_world(tmp_path) as world:
            await play(world)

    asyncio.run(once())
    return tmp_path / FOLDER


def test_the_search_finds_what_stands_in_plain(in_plain: Path) -> None:
    """The planted fault: where nothing is sealed, the same search finds nearly all of it."""
    assert len(found_in(in_plain)) >= len(SAID) - 2


def test_nothing_of_what_was_said_stands_in_any_file(served: Path) -> None:
    assert len(files(served)) == 1
    assert (served / CONTACTS_FILE).exists()
    assert found_in(served) == set()
    for envelope in envelopes(served):
        assert decode_entry(envelope, position=0)


def test_a_sealed_node_starts_again_from_its_snapshot_and_goes_on(
    served: Path, tmp_path: Path
) -> None:
    async def again() -> None:
        async with a_world(tmp_path) as world:
            assert world.node.notes == []
            assert world.node.contacts["desk-alpha"].label == "alpha watch"
            assert (await world.ask("alpha", "GET", "/notices?state=all")).json()["notices"]
            await world.told("charlie", square(12))

    asyncio.run(again())
    assert verified(served, vault=vault_of(served)).statements == 1


def test_compacting_and_backups_stay_sealed(served: Path, tmp_path: Path) -> None:
    async def many() -> None:
        async with a_world(tmp_path) as world:
            for index in range(BUNDLE_ENTRIES):
                await world.node.command(RegisterParty(PartyId("bravo"), f"Bravo {index}"))

    asyncio.run(many())
    before = envelopes(served)
    assert "compressed 256 entries" in run(tmp_path, "compact", "--keep", "0", "--shrink").stdout
    assert envelopes(served) == before
    backup(served, tmp_path / "safe", made_us=5, with_keys=True)
    assert found_in(served) == found_in(tmp_path / "safe") == set()
    again = tmp_path / "again" / FOLDER
    shutil.copy(tmp_path / "at-rest.key", tmp_path / "again.key")
    run(tmp_path, "restore", "safe", "--folder", f"again/{FOLDER}", "--complete")
    shutil.copy(tmp_path / "again.key", tmp_path / "again" / "at-rest.key")
    assert envelopes(again) == before
    assert found_in(again) == set()


def test_a_restored_copy_is_gone_on_with_in_a_sealed_epoch(served: Path, tmp_path: Path) -> None:
    backup(served, tmp_path / "safe", made_us=5, with_keys=True)
    again = tmp_path / "other"
    restore(tmp_path / "safe", again, vault=vault_of(served))
    asyncio.run(open_epoch(again, reason="the disk of Alpha", vault=vault_of(again)))
    assert verified(again, vault=vault_of(again)).closed == 0
    assert found_in(again) == set()


def test_the_logs_key_changes_on_a_sealed_record(served: Path) -> None:
    with SqliteRecord(served) as record:
        old = record.vkey
    vault = vault_of(served)
    asyncio.run(rotate(served, vault=vault))
    asyncio.run(retire(served, vault=vault))
    assert verified(served, vkey=old, vault=vault).is_key_given
    with pytest.raises(InvalidValue, match="sealed at rest"):
        verified(served, vkey=old)
    assert verified(served).closed
    assert found_in(served) == set()


def test_what_is_sealed_is_erased_like_everything_else(tmp_path: Path) -> None:
    folder = sealing(tmp_path)

    async def erase() -> None:
        clock = Clock()
        async with a_world(tmp_path, clock_us=clock) as world:
            name = await told_and_ended(world)
            clock.now_us += 30 * HOUR_US
            await world.told("bravo", square(50, start=60 * 30 + 30, end=60 * 30 + 90))
            assert any(MARK.encode() in each for each in envelopes(folder))
            why = {**WHY, "vault": world.node.vault}
            assert await erasure.erase(world.node.service, folder, [name], **why)

    asyncio.run(erase())
    assert not any(MARK.encode() in each for each in envelopes(folder))
    found = verified(folder, vault=vault_of(folder))
    assert found.erasures
    closed = verified(folder)
    assert (closed.size, closed.root, closed.closed) == (found.size, found.root, found.size)
    Node.open(folder)


@pytest.mark.parametrize("use", ["open", "opened", "verify", "doctor"])
def test_the_wrong_key_is_refused_naming_the_setting(
    served: Path, tmp_path: Path, use: str
) -> None:
    (tmp_path / "at-rest.key").unlink()
    make_key_file(tmp_path / "at-rest.key")
    if use == "open":
        with pytest.raises(InvalidValue, match=r"record\.key_file") as caught:
            Node.open(served)
        assert caught.value.rule == "wrong"
    elif use == "doctor":
        assert "key_file: wrong" in run(tmp_path, "doctor", status=1).stdout
    else:
        refused = run(tmp_path, "verify" if use == "verify" else "replay", status=2)
        assert "record.key_file" in refused.stderr


def test_a_missing_key_is_refused_and_verify_says_what_it_did_not_check(
    served: Path, tmp_path: Path
) -> None:
    whole = run(tmp_path, "verify").stdout
    assert "1 statements" in whole
    (tmp_path / "at-rest.key").unlink()
    with pytest.raises(InvalidValue, match=r"record\.key_file"):
        Node.open(served)
    done = run(tmp_path, "verify")
    assert "were not opened" in done.stdout
    assert "statements, erasures and changes of the key were not checked" in done.stderr
    assert whole.splitlines()[:2] == done.stdout.splitlines()[:2]
    assert run(tmp_path, "replay", status=2)


def test_a_changed_leaf_is_found_without_the_key(served: Path) -> None:
    db = apsw.Connection(str(served / "record.sqlite3"))
    db.execute("UPDATE entry SET leaf = randomblob(33) WHERE position = 2")
    db.close()
    with pytest.raises(RecordCorrupt) as caught:
        verified(served)
    assert caught.value.position == 2


def test_a_key_file_in_the_folder_or_readable_by_others_is_refused(tmp_path: Path) -> None:
    folder = sealing(tmp_path, '[record]\nseal = true\nkey_file = "at-rest.key"\n')
    make_key_file(folder / "at-rest.key")
    with pytest.raises(InvalidValue, match="outside of the folder"):
        Node.open(folder)
    (tmp_path / "at-rest.key").chmod(0o640)
    with pytest.raises(InvalidValue, match="chmod 600"):
        load_key_file(tmp_path / "at-rest.key", field="key_file")
    (tmp_path / "short.key").write_text("AT-REST+KEY+c2hvcnQ=\n")
    (tmp_path / "short.key").chmod(0o600)
    with pytest.raises(InvalidValue, match="wideberth key at-rest"):
        load_key_file(tmp_path / "short.key", field="key_file")


def test_settings_and_record_must_agree_on_sealing(served: Path, tmp_path: Path) -> None:
    (served / "wideberth.toml").write_text("")
    with pytest.raises(InvalidValue, match="sealed at rest"):
        Node.open(served)


def test_an_existing_folder_is_sealed(in_plain: Path, tmp_path: Path) -> None:
    before = envelopes(in_plain)
    run(tmp_path, "seal", status=2)
    sealing(tmp_path)
    with pytest.raises(InvalidValue, match="wideberth seal"):
        Node.open(in_plain)
    run(tmp_path, "seal")
    assert found_in(in_plain) == set()
    assert envelopes(in_plain) == before
    run(tmp_path, "seal")

    async def again() -> None:
        async with a_world(tmp_path) as world:
            assert world.node.notes == [], "the snapshot is still the one that the record names"
            await world.told("charlie", square(12))

    asyncio.run(again())
    verified(in_plain, vault=vault_of(in_plain))


def test_files_beside_that_a_crash_left_in_plain_are_sealed_at_the_next_start(
    in_plain: Path, tmp_path: Path
) -> None:
    contacts, [snapshot] = (in_plain / CONTACTS_FILE).read_bytes(), files(in_plain).values()
    picture = snapshot.read_bytes()
    sealing(tmp_path)
    run(tmp_path, "seal")
    (in_plain / CONTACTS_FILE).write_bytes(contacts)
    snapshot.write_bytes(picture)
    Node.open(in_plain)
    assert found_in(in_plain) == set()


def test_a_sealing_that_was_cut_off_is_finished_at_the_next_start(
    in_plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealing(tmp_path)

    def cut(_: object) -> None:
        raise RecordUnavailable("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(Upkeep, "shrink", cut)
        run(tmp_path, "seal", status=2)
        with SqliteRecord(in_plain) as record:
            assert record.fact(SEALING) is not None
    assert found_in(in_plain), "the snapshot and the contacts, at least"
    Node.open(in_plain)
    assert found_in(in_plain) == set()
    with SqliteRecord(in_plain) as record:
        assert record.fact(SEALING) is None


def test_a_process_from_before_the_sealing_writes_nothing_in_plain(tmp_path: Path) -> None:
    async def both() -> None:
        async with a_world(tmp_path) as world:
            await world.told("bravo", square(40))
            sealing(tmp_path)
            run(tmp_path, "seal")
            with pytest.raises((RecordUnavailable, InvalidValue), match="sealed"):
                await world.node.command(RegisterParty(PartyId("delta"), "Delta"))

    asyncio.run(both())
    folder = tmp_path / FOLDER
    verified(folder, vault=vault_of(folder))


def test_a_passphrase_comes_by_its_variable_and_not_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sealing(tmp_path, "[record]\nseal = true\n")
    with pytest.raises(InvalidValue, match=PASSPHRASE):
        Node.open(folder)
    monkeypatch.setenv(PASSPHRASE, "a long passphrase")
    Node.open(folder)
    with SqliteRecord(folder) as record:
        assert b"argon2id" in (record.fact(DATA_KEY) or b"")
    assert "a long" not in run(tmp_path, "config", "show").stdout
    monkeypatch.setenv(PASSPHRASE, "another")
    with pytest.raises(InvalidValue, match=PASSPHRASE) as caught:
        Node.open(folder)
    assert "another" not in str(caught.value)
    monkeypatch.delenv(PASSPHRASE)
    (folder / "wideberth.toml").write_text('[record]\nseal = true\npassphrase = "here"\n')
    with pytest.raises(InvalidValue, match="keep it out") as caught:
        Node.open(folder)
    assert "here" not in str(caught.value).replace("where", "")


def test_a_start_that_was_cut_off_before_the_first_entry_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sealing(tmp_path)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Upkeep, "keep_fact", cut)
        with pytest.raises(KeyboardInterrupt):
            Node.open(folder)

    async def again() -> None:
        async with a_world(tmp_path) as world:
            await play(world)

    asyncio.run(again())
    assert found_in(folder) == set()


def test_every_command_opens_a_sealed_folder(served: Path, tmp_path: Path) -> None:
    assert "digest" in run(tmp_path, "replay").stdout
    assert "alpha watch" in run(tmp_path, "party", "list").stdout
    assert "from size 0" in run(tmp_path, "key", "show").stdout
    exported = run(tmp_path, "export", "--party", "alpha").stdout
    assert "CALL-SIGN-77" in exported
    run(tmp_path, "evidence", "--party", "alpha", "--out", "bundle.zip")
    assert "verified" in run(tmp_path, "verify", "bundle.zip").stdout
    assert "snapshot" in run(tmp_path, "snapshot").stdout
    assert "nothing" in run(tmp_path, "erase", "--due").stdout
    assert "rotate" not in run(tmp_path, "key", "rotate").stdout
    run(tmp_path, "key", "retire")
    run(tmp_path, "epoch", "--reason", "moved")
    assert "verified" in run(tmp_path, "verify").stdout
    assert found_in(served) == set()


def test_a_real_node_serves_a_sealed_folder(served: Path, tmp_path: Path) -> None:
    with (served / "wideberth.toml").open("a") as file:
        file.write("[snapshot]\nevery_entries = 1\npause_s = 0\n")
    before = len(files(served))
    with serving(tmp_path) as (url, _):
        made = run(tmp_path, "token", "alpha").stdout.strip()
        asyncio.run(tell(url, made))
        deadline_s = time.monotonic() + 60
        while len(files(served)) == before and time.monotonic() < deadline_s:
            time.sleep(0.1)
    assert len(files(served)) > before, "the process that makes snapshots found the key as well"
    assert found_in(served) == set()
    assert verified(served, vault=vault_of(served)).closed == 0


async def tell(url: str, token: str) -> None:
    async with Client(url, token) as client:
        await client.submit_intent(flight(square(33)))
