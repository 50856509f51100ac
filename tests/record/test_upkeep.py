"""Bundling and erasing: what is read and proved stays the same, what is erased is gone."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from wideberth.errors import RecordCorrupt
from wideberth.model.entries import ENTRY_VERSION, Body, Entry, KeyRevoked, encode_entry
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.keeping import EntriesErased, Erased, Ground
from wideberth.model.parties import SYSTEM
from wideberth.record import bundles
from wideberth.record.bundles import BUNDLE_ENTRIES, pack, unpack
from wideberth.record.database import RECORD_FILE
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.stored import Store
from wideberth.record.upkeep import Upkeep
from wideberth.record.vault import Vault
from wideberth.record.verify import verify_folder, verify_receipt

COUNT = 3 * BUNDLE_ENTRIES + 17
SECRET = 300  # the position of what is to be erased
MARK = b"the-place-that-is-erased"


def entry(body: Body) -> bytes:
    return encode_entry(Entry(ENTRY_VERSION, 1, SYSTEM, body))


def envelopes() -> list[bytes]:
    made = [
        entry(KeyRevoked(PartyId(f"party-{index % 7}"), KeyId(f"key-{index}")))
        for index in range(COUNT)
    ]
    made[SECRET] = entry(KeyRevoked(PartyId("alpha"), KeyId(MARK.decode())))
    return made


def erasure(*positions: int) -> bytes:
    return entry(
        EntriesErased(
            tuple(Erased(each, "KeyRevoked") for each in positions),
            Ground.LAW,
            "article 17",
            "the desk",
            COUNT,
        )
    )


@pytest.fixture(params=["plain", "sealed"])
def vault(request: pytest.FixtureRequest) -> Vault | None:
    return Vault(bytes(range(32))) if request.param == "sealed" else None


@pytest.fixture
def long_folder(key: OriginKey, tmp_path: Path, vault: Vault | None) -> Path:
    path = tmp_path / "record"
    with SqliteRecord(path, key=key, vault=vault) as record:
        made = envelopes()
        for begin in range(0, COUNT, 50):
            record.append(made[begin : begin + 50], begin, time_us=begin + 1)
    return path


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_bundle_gives_back_what_went_in() -> None:
    items = [b"", None, b"x" * 70_000, os.urandom(99)]
    assert unpack(pack(items), first=0, count=4) == [None, None, *items[2:]]


@pytest.mark.parametrize("count", [3, 5])
def test_a_bundle_of_another_length_is_corrupt(count: int) -> None:
    with pytest.raises(RecordCorrupt, match="entry 8"):
        unpack(pack([b"a"] * 4), first=8, count=count)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x02rest", b"\x01rest", pack([b"a"])[:-1], pack([b"a"]) + b"x"],
    ids=["empty", "another method", "no compression", "cut", "longer"],
)
def test_a_damaged_bundle_is_corrupt(data: bytes) -> None:
    with pytest.raises(RecordCorrupt):
        unpack(data, first=0, count=1)


def test_a_bundled_record_reads_proves_and_verifies_as_before(
    long_folder: Path, key: OriginKey, vault: Vault | None
) -> None:
    with SqliteRecord(long_folder, vault=vault) as record:
        before = record.read(0, COUNT)
        receipts = [record.receipt(each) for each in (0, 255, 256, COUNT - 1)]
        with Upkeep(long_folder, vault=vault) as upkeep:
            assert upkeep.compact(keep=20) == 2, "the third block is not older than the newest 20"
            assert upkeep.compact(keep=0) == 1
            assert upkeep.compact(keep=0) == 0
            upkeep.shrink()
        assert record.read(0, COUNT) == before
        for begin in (0, 100, 255, 256, 700):
            assert record.read(begin, 300) == before[begin : begin + 300]
        for position in (0, 255, 256, COUNT - 1):
            assert record.receipt(position) in receipts
    found = verify_folder(long_folder, vkey=key.vkey, vault=vault)
    assert found.size == COUNT


def test_bundles_make_the_file_smaller(key: OriginKey, tmp_path: Path) -> None:
    path = tmp_path / "record"
    with SqliteRecord(path, key=key) as record:
        record.append(envelopes(), 0, time_us=1)
    before = (path / RECORD_FILE).stat().st_size
    with Upkeep(path) as upkeep:
        upkeep.compact(keep=0)
        upkeep.shrink()
    assert (path / RECORD_FILE).stat().st_size < before * 0.75


def test_a_changed_bundle_is_found_at_its_entry(long_folder: Path, vault: Vault | None) -> None:
    with Upkeep(long_folder, vault=vault) as upkeep:
        upkeep.compact(keep=0)
    with sqlite3.connect(long_folder / RECORD_FILE) as db:
        (data,) = db.execute("SELECT data FROM bundle WHERE first = 256").fetchone()
        if vault is None:
            items = unpack(data, first=256, count=BUNDLE_ENTRIES)
            items[5] = (items[5] or b"")[:-1] + b"x"
            changed = pack(items)
        else:
            changed = data[:-1] + bytes([data[-1] ^ 1])
        db.execute("UPDATE bundle SET data = ? WHERE first = 256", (changed,))
    with pytest.raises(RecordCorrupt) as caught:
        verify_folder(long_folder, vault=vault)
    assert caught.value.position == (261 if vault is None else 256)


@pytest.mark.parametrize("is_bundled", [False, True], ids=["in its row", "in a bundle"])
def test_what_is_erased_is_in_no_file_and_every_proof_holds(
    long_folder: Path, key: OriginKey, vault: Vault | None, is_bundled: bool
) -> None:
    with SqliteRecord(long_folder, vault=vault) as record:
        old = record.read(SECRET, 1)[0]
        receipt = record.receipt(SECRET)
        kept = record.checkpoint()
    salt = old.salt
    if vault is None:
        assert salt in bytes_of(long_folder)
        assert MARK in bytes_of(long_folder)
    with Upkeep(long_folder, vault=vault) as upkeep:
        if is_bundled:
            upkeep.compact(keep=0)
        with SqliteRecord(long_folder, key=key, vault=vault) as record:
            record.append([erasure(SECRET, 7)], COUNT, time_us=COUNT)
        upkeep.erase([SECRET, 7], by=COUNT)
        upkeep.erase([SECRET, 7], by=COUNT)  # done again where the first died on its way
        if is_bundled:
            upkeep.compact(keep=0)
    assert salt not in bytes_of(long_folder)
    assert MARK not in bytes_of(long_folder)
    found = verify_folder(long_folder, vkey=key.vkey, held=[kept], vault=vault)
    assert [(each.by, each.count, each.ground) for each in found.erasures] == [(COUNT, 2, "law")]
    with SqliteRecord(long_folder, vault=vault) as record:
        row = record.read(SECRET, 1)[0]
        assert (row.salt, row.envelope, row.erased_by) == (b"", b"", COUNT)
        assert len(row.leaf or b"") == 33
        assert record.read(SECRET + 1, 1)[0].envelope
        assert record.receipt(SECRET)
    # Whoever kept envelope and salt still proves it.
    proved = verify_receipt(receipt, envelope=old.envelope, salt=old.salt, vkey=key.vkey)
    assert proved.position == SECRET


def test_what_no_entry_erased_is_missing(long_folder: Path, vault: Vault | None) -> None:
    with Upkeep(long_folder, vault=vault) as upkeep:
        upkeep.erase([SECRET], by=COUNT - 1)
    with pytest.raises(RecordCorrupt, match="no entry says") as caught:
        verify_folder(long_folder, vault=vault)
    assert caught.value.position == SECRET


def test_an_erasure_that_dies_is_whole_or_not_begun(
    long_folder: Path, vault: Vault | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(self: Store, positions: list[int], by: int) -> None:
        erase(self, positions[:1], by)
        raise OSError("the power went")

    erase = Store.erase
    monkeypatch.setattr(Store, "erase", dying)
    with Upkeep(long_folder, vault=vault) as upkeep, pytest.raises(OSError, match="power"):
        upkeep.erase([5, 6], by=COUNT - 1)
    with SqliteRecord(long_folder, vault=vault) as record:
        assert all(row.envelope for row in record.read(0, 10))


def test_a_bundling_that_dies_loses_nothing(
    long_folder: Path, vault: Vault | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(self: Store, first: int) -> bool:
        compact(self, first)
        raise OSError("the power went")

    compact = Store.compact
    monkeypatch.setattr(Store, "compact", dying)
    with Upkeep(long_folder, vault=vault) as upkeep, pytest.raises(OSError, match="power"):
        upkeep.compact(keep=0)
    assert verify_folder(long_folder, vault=vault).size == COUNT


def test_facts_about_a_copy_are_kept_and_forgotten(folder: Path) -> None:
    with Upkeep(folder) as upkeep:
        assert upkeep.fact("restored") is None
        upkeep.keep_fact("restored", b"1")
        upkeep.keep_fact("restored", b"2")
    with Upkeep(folder) as upkeep:
        assert upkeep.fact("restored") == b"2"
        upkeep.keep_fact("restored", None)
        assert upkeep.fact("restored") is None


def test_a_sealed_record_holds_no_plain_text_and_opens_with_its_key_only(
    key: OriginKey, tmp_path: Path
) -> None:
    path, vault = tmp_path / "record", Vault(bytes(range(32)))
    with SqliteRecord(path, key=key, vault=vault) as record:
        record.append(envelopes(), 0, time_us=1)
        for each in (b"KeyRevoked", b"party-3", MARK, record.read(SECRET, 1)[0].salt):
            assert each not in bytes_of(path)
    with Upkeep(path, vault=vault) as upkeep:
        upkeep.compact(keep=0)
    assert b"KeyRevoked" not in bytes_of(path)
    with SqliteRecord(path, vault=Vault(bytes(32))) as record, pytest.raises(RecordCorrupt):
        record.read(0, 1)


def test_a_sealed_entry_does_not_open_in_anothers_place(key: OriginKey, tmp_path: Path) -> None:
    path, vault = tmp_path / "record", Vault(bytes(range(32)))
    with SqliteRecord(path, key=key, vault=vault) as record:
        record.append(envelopes()[:4], 0, time_us=1)
    with sqlite3.connect(path / RECORD_FILE) as db:
        db.execute(
            "UPDATE entry SET envelope = (SELECT envelope FROM entry WHERE position = 1)"
            " WHERE position = 2"
        )
    with pytest.raises(RecordCorrupt) as caught:
        verify_folder(path, vault=vault)
    assert caught.value.position == 2


def test_the_method_byte_of_a_bundle_is_part_of_the_format() -> None:
    assert pack([b"x"])[0] == 1
    assert bundles.BUNDLE_ENTRIES == 256
