"""Erasure: only what no longer counts, on a ground, gone from every file; every proof holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, a_world, flight, square
from faces.cli.test_host import run
from scenes import Scene, details, volume
from wideberth import erasure
from wideberth.audit import StatementAudit
from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.faces.api.events import event_view
from wideberth.model.entries import ENTRY_VERSION, Entry, IntentAccepted
from wideberth.model.ids import PartyId
from wideberth.model.intents import Step
from wideberth.model.keeping import Erased, EraseEntries, Ground
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import RefusalKind
from wideberth.node import Node
from wideberth.picture.standing import SnapshotMark
from wideberth.record.upkeep import Upkeep
from wideberth.record.verify import verify_folder, verify_receipt
from wideberth.space.time import DAY_US, HOUR_US

FOLDER = "wideberth-data"
MARK = "FORGET-ME-1"
WHY = {"ground": Ground.LAW, "reference": "article 17", "by": "privacy desk"}


def files_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


class Clock:
    """A clock that is a number."""

    def __init__(self) -> None:
        from wideberth.service import now_us

        self.now_us = now_us()

    def __call__(self) -> int:
        return self.now_us


async def told_and_ended(world: World) -> str:
    """A signed intent with a mark in it that clashed, was told of, and ended; and another one."""
    key = await world.key("alpha")
    async with world.client("alpha", key) as alpha, world.client("bravo") as bravo:
        await bravo.submit_intent(flight())
        intent = await alpha.submit_intent(flight(call_sign=MARK), signed=True)
        name, ovn = intent["intent"]["id"], intent["intent"]["ovn"]
        await alpha.change_state(name, ovn, "end", signed=True)
        for party in ("bravo", "alpha"):
            signing = key if party == "alpha" else await world.key(party)
            async with world.client(party, signing) as client:
                for notice in (await client.notices())["notices"]:
                    await client.acknowledge(notice, "LOADED", unit=f"{party}-1", system="s")
        assert list(world.node.service.picture.notices) == []
        await alpha.submit_intent(flight(square(30)), signed=True)
    return name


def played(
    tmp_path: Path, then: Callable[[World, str, Clock], Awaitable[Any]], *, hours: float = 30
) -> Any:
    """What happens then, so many hours after an intent was told and ended."""

    async def run() -> Any:
        clock = Clock()
        async with a_world(tmp_path, clock_us=clock) as world:
            name = await told_and_ended(world)
            clock.now_us += int(hours * HOUR_US)
            await world.told("bravo", square(50, start=60 * hours + 30, end=60 * hours + 90))
            return await then(world, name, clock)

    return asyncio.run(run())


def verified(folder: Path) -> Any:
    from wideberth.record.sqlite import SqliteRecord

    with SqliteRecord(folder) as record:
        audit = StatementAudit(record.first_origin)
    return verify_folder(folder, statement_checker=audit, erased_checker=audit.erased)


def test_what_is_erased_is_gone_and_everything_else_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER

    async def erase(world: World, name: str, _clock: Clock) -> tuple[int, str]:
        service = world.node.service
        history = service.picture.history
        assert history is not None
        [first, *_] = history.positions(name)
        [row] = await service.rows(first, 1)
        receipt = await service.reading(lambda record: record.receipt(first))
        assert MARK.encode() in files_of(folder)
        [done] = await erasure.erase(service, folder, [name], **WHY)  # type: ignore[arg-type]
        assert MARK.encode() not in files_of(folder)
        assert row.salt not in files_of(folder)
        proved = verify_receipt(receipt, envelope=row.envelope, salt=row.salt, vkey=world.node.vkey)
        assert proved.position == first

        page = (await world.ask("alpha", "GET", f"/record/entries?from={first}&limit=1")).json()
        [entry] = page["entries"]
        assert (entry["erased"], "envelope" in entry, len(entry["leaf"])) == (True, False, 44)
        for path in (f"/intents/{name}", f"/intents/{name}/versions", "/notices?state=all"):
            answer = await world.ask("bravo", "GET", path)
            assert answer.status_code in (200, 404), (path, answer.text)
            assert MARK not in answer.text
        events = await service.events(PartyId("alpha"), 0, 1000)
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        names = [(await event_view(world.app.desk, event, PartyId("alpha")))[0] for event in events]
        assert "erased" in names
        again = await erasure.erase(service, folder, [name], **WHY)  # type: ignore[arg-type]
        assert again == [], "nothing is left to erase"
        return done.position, service.picture.digest()

    position, digest = played(tmp_path, erase)
    found = verified(folder)
    assert [(each.by, each.ground) for each in found.erasures] == [(position, "law")]

    async def start_again() -> str:
        async with Node.open(folder) as node:
            assert node.notes == []
            return node.service.picture.digest()

    assert asyncio.run(start_again()) == digest, "the next start begins at the snapshot"
    replayed = run(tmp_path, "replay")
    assert f"digest   {digest}" in replayed.stdout, "replay begins there as well"
    assert "1  recorded snapshots compared" in replayed.stdout
    assert "folded from the snapshot of" in replayed.stderr


def test_what_still_counts_is_not_erased(tmp_path: Path) -> None:
    async def refuse(world: World, _name: str, _clock: Clock) -> None:
        service = world.node.service
        for standing in list(service.picture.intents):
            with pytest.raises(InvalidValue, match="still counts"):
                await erasure.erase(service, tmp_path / FOLDER, [standing], **WHY)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="no such id"):
            await erasure.erase(service, tmp_path / FOLDER, ["nothing"], **WHY)  # type: ignore[arg-type]

    played(tmp_path, refuse)


def test_what_may_be_asked_again_is_not_erased_for_a_day(tmp_path: Path) -> None:
    async def refuse(world: World, name: str, _clock: Clock) -> None:
        with pytest.raises(InvalidValue, match="asked again"):
            await erasure.erase(world.node.service, tmp_path / FOLDER, [name], **WHY)  # type: ignore[arg-type]
        with Upkeep(tmp_path / FOLDER) as upkeep:
            assert upkeep.fact(erasure.ERASING) is None

    played(tmp_path, refuse, hours=1)
    assert MARK.encode() in files_of(tmp_path / FOLDER)
    assert verified(tmp_path / FOLDER).erasures == ()


def test_an_erasure_that_died_before_the_deletion_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / FOLDER

    def dying(*_: object) -> None:
        raise OSError("the power went")

    async def die(world: World, name: str, _clock: Clock) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Upkeep, "erase", dying)
            with pytest.raises(OSError, match="power"):
                await erasure.erase(world.node.service, folder, [name], **WHY)  # type: ignore[arg-type]

    played(tmp_path, die)
    assert MARK.encode() in files_of(folder)
    verified(folder)

    async def start_again() -> None:
        async with Node.open(folder):
            pass

    asyncio.run(start_again())
    assert MARK.encode() not in files_of(folder)
    assert len(verified(folder).erasures) == 1
    assert erasure.finish(folder) == 0


def test_an_erasure_that_died_before_its_entry_leaves_all_as_it_was(tmp_path: Path) -> None:
    played(tmp_path, lambda *_: asyncio.sleep(0))
    folder = tmp_path / FOLDER
    with Upkeep(folder) as upkeep:
        mark = msgspec.json.encode({"positions": [8, 9], "size": 12})
        upkeep.keep_fact(erasure.ERASING, mark)
    assert erasure.finish(folder) == 0
    with Upkeep(folder) as upkeep:
        assert upkeep.fact(erasure.ERASING) is None
    assert MARK.encode() in files_of(folder)


# The rule, with nothing around it.


def command(**changes: Any) -> EraseEntries:
    given: dict[str, Any] = {
        "entries": (Erased(2, "IntentAccepted"),),
        "objects": ("gone",),
        "snapshot": 5,
        **WHY,
        **changes,
    }
    return EraseEntries(**given)


def scene() -> Scene:
    made = Scene("alpha")
    made.picture.snapshots[5] = SnapshotMark("d", "s")
    return made


def test_an_erasure_that_names_ground_and_snapshot_is_accepted() -> None:
    [body] = scene().accept(command())
    assert body.ground is Ground.LAW  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"entries": ()}, "positions", id="nothing"),
        pytest.param(
            {"entries": (Erased(2, "IntentAccepted"), Erased(2, "IntentAccepted"))},
            "positions",
            id="twice",
        ),
        pytest.param({"entries": (Erased(2, "KeyEnrolled"),)}, "not-erasable", id="a key"),
        pytest.param({"entries": (Erased(2, "PartyRegistered"),)}, "not-erasable", id="a party"),
        pytest.param({"entries": (Erased(2, "SpaceOpened"),)}, "not-erasable", id="the space"),
        pytest.param({"entries": (Erased(2, "RulesAdopted"),)}, "not-erasable", id="rules"),
        pytest.param({"entries": (Erased(2, "EntriesErased"),)}, "not-erasable", id="an erasure"),
        pytest.param({"snapshot": 4}, "snapshot-missing", id="no snapshot of this size"),
        pytest.param(
            {"entries": (Erased(5, "IntentAccepted"),)},
            "snapshot-missing",
            id="beyond the snapshot",
        ),
        pytest.param({"reference": " "}, "text", id="no clause"),
        pytest.param({"by": ""}, "text", id="nobody ordered it"),
    ],
)
def test_what_the_rule_refuses(changes: dict[str, Any], rule: str) -> None:
    assert scene().refuse(command(**changes)).rule == rule


def test_the_rule_refuses_what_still_counts() -> None:
    made = scene()
    intent = made.tell("alpha")
    assert made.refuse(command(objects=(intent.id,))).rule == "object-stands"
    made.step(made.intent(intent.id), Step.END)
    made.accept(command(objects=(intent.id,)))


def test_only_the_host_erases() -> None:
    from scenes import author

    outcome = scene().try_(command(), author("alpha"))
    assert outcome.kind is RefusalKind.FORBIDDEN  # type: ignore[union-attr]


def test_what_is_due_goes_by_kind_and_end() -> None:
    made = Scene("alpha")
    intent = made.tell("alpha", details(volume(from_min=60, until_min=120)))
    told = Entry(ENTRY_VERSION, made.now_us, SYSTEM, IntentAccepted(intent, "r"))
    end_us = intent.end_us
    table = erasure.RetentionTable(flight=30, reference="agreement 4", by="host")
    assert erasure.due(made.picture, [told], table, now_us=end_us + 31 * DAY_US) == [], "it stands"
    made.step(intent, Step.END)
    for days, wanted in ((29.99, []), (30.01, [intent.id])):
        now_us = end_us + int(days * DAY_US)
        assert erasure.due(made.picture, [told], table, now_us=now_us) == wanted
    never = erasure.RetentionTable()
    assert erasure.due(made.picture, [told], never, now_us=end_us + 1000 * DAY_US) == []


@pytest.mark.parametrize("given", [{"flight": -1}, {"zone": 40_000}, {"hazard": 3}])
def test_a_retention_rule_says_on_which_ground(given: dict[str, int]) -> None:
    with pytest.raises(InvalidValue):
        erasure.RetentionTable(**given)  # type: ignore[arg-type]


def test_over_erased_entries_nothing_is_folded_without_a_snapshot(tmp_path: Path) -> None:
    """A damaged snapshot is passed over; then neither a start nor a replay goes on by a guess."""
    folder = tmp_path / FOLDER

    async def erase(world: World, name: str, _clock: Clock) -> None:
        await erasure.erase(world.node.service, folder, [name], **WHY)  # type: ignore[arg-type]

    played(tmp_path, erase)
    [snapshot] = (folder / "snapshots").iterdir()
    whole = snapshot.read_bytes()
    snapshot.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused = run(tmp_path, "replay", status=2)
    assert "was erased, and no snapshot beyond it can be read" in refused.stderr
    assert "does not name it" in refused.stderr
    with pytest.raises(RecordCorrupt, match="no snapshot beyond it"):
        asyncio.run(started(folder))
    assert verified(folder).erasures, "the proofs need no snapshot"
    snapshot.write_bytes(whole)
    asyncio.run(started(folder))


async def started(folder: Path) -> None:
    async with Node.open(folder):
        pass
