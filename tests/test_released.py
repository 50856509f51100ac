"""Folders as released versions wrote them: read, verified, folded, served, gone on with.

``NEXT`` is a folder that the program of now writes, as its next release will: it is made anew each
time, so that what makes it is at hand on the day of the release (CONTRIBUTING.md).
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import a_world
from wideberth.audit import StatementAudit
from wideberth.errors import RecordCorrupt
from wideberth.model.entries import decode_entry
from wideberth.picture.fold import fold_all
from wideberth.picture.picture import Picture
from wideberth.record.notes import parse_vkey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder, verify_receipt

RELEASED = Path(__file__).parent / "data" / "records"
VERSIONS = sorted(path.parent.name for path in RELEASED.glob("*/facts.json"))
NEXT = "next"

FORMS: dict[str, tuple[str, ...]] = {
    "0.1.0": (
        *("parties", "keys", "retired_keys", "intents", "zones", "subscriptions"),
        *("subscription_ids", "notices", "held", "rule_versions", "notice_counts", "told"),
        *("warnings", "requests", "check_days"),
    ),
}
"""By version: the tables of its digest. Later ones may be in the picture beside them, and the
digest of today may have another form; what the old entries give in these must stay."""


def digest_in_form(version: str, picture: Picture) -> str:
    """The picture's digest as that version computed it, written down here once more."""
    if version == NEXT:
        return picture.digest()
    canonical: dict[str, Any] = {
        "version": "wideberth-picture-1",
        "size": picture.size,
        "time_us": picture.time_us,
        "space": picture.space,
        "asking": picture.asking,
    }
    for name in FORMS[version]:
        table = getattr(picture, name)
        values = {key: table[key] for key in table}
        if name == "subscriptions":  # which counted their notifications themselves
            assert picture.history is not None
            values = {
                key: msgspec.structs.replace(
                    value, notification_index=picture.history.notification_index(value.number)
                )
                for key, value in values.items()
            }
        rows = [[msgspec.json.encode(key).decode(), values[key]] for key in table]
        canonical[name] = sorted(rows, key=lambda row: row[0])
    return sha256(msgspec.json.encode(canonical, order="deterministic")).hexdigest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What tests/data/records/make.py makes of the program as it is."""
    spec = importlib.util.spec_from_file_location("make_records", RELEASED / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target = tmp_path_factory.mktemp("made") / NEXT
    facts = module.make_all(target)
    (target / "facts.json").write_text(json.dumps(facts))
    return target


def copied(source: Path, name: str, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A working copy with the modes that git does not keep, and the facts."""
    folder = tmp_path / "wideberth-data"
    shutil.copytree(source / name, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder, json.loads((source / "facts.json").read_text())


@pytest.fixture(params=[*VERSIONS, NEXT])
def released(
    request: pytest.FixtureRequest, tmp_path: Path, made: Path
) -> tuple[str, Path, dict[str, Any]]:
    """The version, a working copy of its folder, facts."""
    source = made if request.param == NEXT else RELEASED / request.param
    return request.param, *copied(source, "folder", tmp_path)


def verified(folder: Path, vkey: str, **more: Any) -> Any:
    audit = StatementAudit(parse_vkey(vkey).name)
    return verify_folder(folder, vkey=vkey, statement_checker=audit, **more)


def test_there_is_a_folder_of_each_released_version() -> None:
    assert VERSIONS == ["0.1.0"]


def test_it_verifies_and_folds_to_the_same_picture(
    released: tuple[str, Path, dict[str, Any]],
) -> None:
    version, folder, facts = released
    found = verified(folder, facts["vkey"], held=[facts["checkpoint"]])
    assert (found.size, found.statements) == (facts["size"], facts["statements"])
    with SqliteRecord(folder) as record:
        rows = record.read(0, 10_000)
    entries = [decode_entry(row.envelope, position=row.position) for row in rows]
    assert digest_in_form(version, fold_all(Picture(), entries)) == facts["digest"]
    proved = verify_receipt(
        facts["receipt_of_5"],
        envelope=rows[5].envelope,
        salt=rows[5].salt,
        vkey=facts["vkey"],
    )
    assert proved.position == 5


def test_it_serves_and_goes_on_and_verifies(released: tuple[str, Path, dict[str, Any]]) -> None:
    _, folder, facts = released

    async def go_on() -> int:
        async with a_world(folder.parent) as world:
            for party in ("alpha", "bravo", "charlie"):
                answer = await world.ask(party, "GET", "/notices?state=all")
                assert answer.status_code == 200
                assert answer.json()["notices"]
            zones = (await world.ask("alpha", "GET", "/zones")).json()["zones"]
            assert all(zone["name"] == "Range 4 (invented)" for zone in zones)
            entry = (await world.ask("alpha", "GET", "/record/receipts/5")).status_code
            assert entry in (200, 404)
            await world.told("alpha")
            await world.told("bravo")
            service = world.node.service
        # After its end: what was due long ago is told by the timers as soon as it serves.
        return service.picture.size

    size = asyncio.run(go_on())
    assert size > facts["size"]
    found = verified(folder, facts["vkey"], held=[facts["checkpoint"]])
    assert found.size == size


@pytest.mark.parametrize(
    "version", [*(each for each in VERSIONS if (RELEASED / each / "erased").exists()), NEXT]
)
def test_over_erased_entries_it_starts_from_that_versions_snapshot(
    version: str, tmp_path: Path, made: Path
) -> None:
    """Nothing folds from the first entry any more: an old snapshot has to stay readable."""
    folder, facts = copied(made if version == NEXT else RELEASED / version, "erased", tmp_path)

    async def go_on() -> None:
        async with a_world(tmp_path) as world:
            assert world.node.notes == []
            assert world.node.service.picture.size == facts["erased"]["size"]
            if version == NEXT:  # of a released one the digest has a form of its own
                assert world.node.service.picture.digest() == facts["erased"]["digest"]
            await world.told("alpha")

    asyncio.run(go_on())
    audit = StatementAudit(parse_vkey(facts["erased"]["vkey"]).name)
    found = verify_folder(folder, statement_checker=audit, erased_checker=audit.erased)
    assert found.erasures


def test_a_snapshot_that_is_not_read_any_more_is_found(tmp_path: Path, made: Path) -> None:
    """The planted fault: a program that dropped the form of an older snapshot."""
    folder, _ = copied(made, "erased", tmp_path)
    [snapshot] = (folder / "snapshots").iterdir()
    snapshot.write_bytes(
        snapshot.read_bytes().replace(b"wideberth-snapshot-1", b"wideberth-snap-0x1")
    )

    async def start() -> None:
        async with a_world(tmp_path):
            pass

    with pytest.raises(RecordCorrupt, match="no snapshot beyond it"):
        asyncio.run(start())
