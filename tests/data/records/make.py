"""Makes small folders as one released version of the program writes them.

    git worktree add /tmp/released <tag or commit of the release>
    cd /tmp/released && PYTHONPATH=src:tests python <this file> <folder to make>

``folder`` has entries of every kind that parties and hosts bring about. ``erased`` has entries that
were erased, so that it starts from a snapshot of that version or not at all. Kept beside them:
``facts.json``, what that version itself said of its records. A later program must read each folder,
come to the same picture and go on with it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec

from api_world import World, a_world, flight, square
from test_erasure import WHY, Clock, told_and_ended
from wideberth import erasure
from wideberth.audit import StatementAudit
from wideberth.model.commands import (
    AdoptRules,
    ClearWarning,
    RaiseWarning,
    RecordSegment,
    WorsenWarning,
)
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.record.notes import parse_vkey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder
from wideberth.space.time import HOUR_US

PRECISE = {"source": "planned", "accuracy_m": 10}


async def play(world: World) -> None:
    keys = {party: await world.key(party) for party in ("alpha", "bravo", "charlie")}
    await world.key("bravo", "old")
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
        world.client("charlie", keys["charlie"]) as charlie,
    ):
        assert (await world.ask("bravo", "DELETE", "/keys/old")).status_code == 200
        await alpha.subscribe(square(side=0.05))
        closed = await bravo.subscribe(square(10, 10))
        await world.ask("bravo", "DELETE", f"/subscriptions/{closed['subscription']['id']}")
        first = await alpha.submit_intent(flight(call_sign="HELI-1"), signed=True)
        await bravo.submit_intent(flight(square(47.005, 7.505), priority=2))
        await bravo.submit_intent(
            flight(square(47.02, 7.52), visibility={"level": "on-conflict"}), signed=True
        )
        await charlie.submit_intent(
            {
                "kind": "presence",
                "volumes": [square(47.003, 7.503, side=0.002, end=600)],
                "visibility": {"level": "named", "parties": ["alpha"]},
                "provenance": PRECISE,
                "place_name": "field hospital (invented)",
            },
            signed=True,
        )
        await charlie.submit_intent(
            {
                "kind": "movement",
                "volumes": [
                    square(47.004, 7.501, side=0.003, end=30),
                    square(47.004, 7.504, side=0.003, start=30),
                ],
                "provenance": PRECISE,
                "count": 4,
            }
        )
        hazard = await bravo.submit_intent(
            {
                "kind": "hazard",
                "volumes": [square(47.002, 7.502, side=0.01, start=20, end=50)],
                "provenance": PRECISE,
            },
            signed=True,
        )
        amended = await alpha.amend_intent(
            first["intent"]["id"],
            {**flight(square(end=90), call_sign="HELI-1"), "ovn": first["intent"]["ovn"]},
            signed=True,
        )
        await alpha.change_state(
            amended["intent"]["id"], amended["intent"]["ovn"], "activate", signed=True
        )
        await bravo.change_state(hazard["intent"]["id"], hazard["intent"]["ovn"], "end")
        zone = {
            "name": "Range 4 (invented)",
            "rule": "keep-out",
            "volumes": [square(46.99, 7.49, side=0.03, start=10, end=300)],
            "reason": "exercise",
        }
        await charlie.declare_zone(zone, signed=True)
        other = await bravo.declare_zone({**zone, "volumes": [square(20, 20)]})
        await world.ask(
            "bravo", "DELETE", f"/zones/{other['zone']['id']}?version={other['zone']['version']}"
        )
        await world.ask("alpha", "POST", "/intents/check", flight(square(47.021, 7.521)))
        for party, client in (("alpha", alpha), ("bravo", bravo), ("charlie", charlie)):
            for index, notice in enumerate((await client.notices())["notices"]):
                await client.acknowledge(notice["id"], "RECEIVED")
                if index == 0:
                    await client.acknowledge(notice, "PASSED-DOWN", unit=f"{party}-1")
                    await client.acknowledge(notice, "LOADED", unit=f"{party}-1", system="planner")
                if index == 1:
                    await client.acknowledge(notice["id"], "DISPUTED", reason="another place")
    await warn(world)


async def warn(world: World) -> None:
    rules = msgspec.structs.replace(DEFAULT_RULES, version="ours-2", check_budget=9)
    await world.node.command(AdoptRules(rules))
    now_us = world.node.service.picture.time_us
    fix = TrackFix(47_000_000_000, 7_500_000_000, now_us, 100_000)
    sides = (
        WarningObject("track", "t1", PartyId("alpha"), ("HELI-1", "white helicopter"), fix),
        WarningObject("track", "t2", PartyId("bravo"), ("T71", "tanker"), fix),
    )
    parties = (PartyId("alpha"), PartyId("bravo"))
    for name in ("w1", "w2"):
        warning = StandingWarning(
            WarningId(name), WarningKind.SEPARATION, "cpa-1", sides, parties, now_us, now_us, 90_000
        )
        await world.node.command(RaiseWarning(warning))
    await world.node.command(WorsenWarning(warning))
    await world.node.command(ClearWarning(warning))
    await world.node.command(RecordSegment("segment-1", "0" * 64, now_us, now_us + 1, 3))


async def make(folder: Path) -> dict[str, Any]:
    async with a_world(folder) as world:
        await play(world)
        picture = world.node.service.picture
        digest, size, time_us = picture.digest(), picture.size, picture.time_us
        vkey = world.node.vkey
    path = folder / "wideberth-data"
    verified = verify_folder(path, statement_checker=StatementAudit(parse_vkey(vkey).name))
    with SqliteRecord(path) as record:
        checkpoint = record.checkpoint()
        receipt = record.receipt(5)
        kinds = sorted({json.loads(row.envelope)["body"]["type"] for row in record.read(0, 10_000)})
    return {
        "size": size,
        "time_us": time_us,
        "digest": digest,
        "vkey": vkey,
        "statements": verified.statements,
        "checkpoint": checkpoint,
        "receipt_of_5": receipt,
        "kinds": kinds,
    }


async def make_erased(folder: Path) -> dict[str, Any]:
    """All of it in the past, so that the real time goes on from its end."""
    clock = Clock()
    clock.now_us -= 40 * HOUR_US
    async with a_world(folder, clock_us=clock) as world:
        name = await told_and_ended(world)
        clock.now_us += 30 * HOUR_US
        await world.told("bravo", square(50))
        why: dict[str, Any] = WHY
        assert await erasure.erase(world.node.service, folder / "wideberth-data", [name], **why)
        await world.told("bravo", square(52))
        picture = world.node.service.picture
        return {"size": picture.size, "digest": picture.digest(), "vkey": world.node.vkey}


def make_all(target: Path) -> dict[str, Any]:
    """Both folders and the facts, in target."""
    target.mkdir(parents=True)
    facts = asyncio.run(make(target))
    _put(target / "wideberth-data", target / "folder")
    facts["erased"] = asyncio.run(make_erased(target))
    _put(target / "wideberth-data", target / "erased")
    return facts


def _put(source: Path, target: Path) -> None:
    for each in source.glob("record.sqlite3-*"):
        each.unlink()  # the last connection folded the log into the file; what is left is empty
    for each in source.rglob("*"):
        each.chmod(0o755 if each.is_dir() else 0o644)
    shutil.move(source, target)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    facts = make_all(target)
    (target / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")
    sys.stdout.write(f"{facts['size']} entries\n")
