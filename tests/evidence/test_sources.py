"""From a folder and from a service comes the same evidence; a service that lies gives none."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import evidence_world
from api_world import World, a_world, square
from wideberth.client import Client
from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone.container import unpacked
from wideberth.evidence.bundle import Selection, make_bundle
from wideberth.evidence.check import verify_bundle
from wideberth.evidence.material import from_record, from_service
from wideberth.faces.cli._material import may_show_as
from wideberth.faces.cli.app import app
from wideberth.model.envelope import leaf
from wideberth.model.ids import PartyId
from wideberth.record.cosignatures import WitnessKey, merged
from wideberth.record.notes import parse_note
from wideberth.record.sqlite import SqliteRecord

pytestmark = pytest.mark.requirement("R-05")

ALPHA = PartyId("alpha")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def happened(world: World) -> tuple[str, str]:
    """Alpha signs an intent, bravo tells one beside it, alpha answers; bravo hides another.

    Gives the intents' ids: alpha's, and the one that alpha may know nothing of.
    """
    key = await world.key("alpha")
    async with world.client("alpha", key) as alpha, world.client("bravo") as bravo:
        body = {"kind": "flight", "volumes": [square()]}
        told = (await alpha.submit_intent(body, signed=True))["intent"]["id"]
        await bravo.submit_intent({"kind": "flight", "volumes": [square()]})
        hidden = {"level": "named", "parties": []}
        secret = await bravo.submit_intent(
            {
                "kind": "flight",
                "volumes": [square(40.0)],
                "visibility": hidden,
                "call_sign": "GHOST",
            }
        )
        page = await alpha.notices()
        for notice in page["notices"]:
            await alpha.acknowledge(notice["id"], "RECEIVED")
            await alpha.acknowledge(notice, "PASSED-DOWN", unit="alpha-1")
    return told, secret["intent"]["id"]


def bundle_of(material: Any, selection: Selection) -> bytes:
    return make_bundle(material, selection, made_for=ALPHA, may_show=may_show_as(ALPHA))


@pytest.mark.requirement("R-01")
async def test_folder_and_service_give_the_same_bytes(world: World, tmp_path: Path) -> None:
    told, secret = await happened(world)
    async with world.client("alpha") as client:
        served = await from_service(client)
    with SqliteRecord(tmp_path / "wideberth-data") as record:
        kept = from_record(record, served.note)
        for selection in (Selection(objects=(told,)), Selection()):
            one, two = bundle_of(served, selection), bundle_of(kept, selection)
            assert one == two
            found = verify_bundle(one, vkey=record.vkey)
            assert found.statements >= 1
            files = unpacked(one)  # the verifier is the same in all, and names every type of entry
            whole = b"".join(data for name, data in files.items() if name != "verify.py")
            for trace in (secret, "GHOST", "ClashesFound", "Charlie"):
                assert trace.encode() not in whole, trace
        about = verify_bundle(bundle_of(kept, Selection(objects=(told,)))).positions
    page = unpacked(one)["index.html"].decode()
    assert "alpha told a new intent of the kind flight" in page
    assert "alpha answered PASSED-DOWN to the notice" in page
    assert "An entry of the kind" not in page, "every kind here has words of its own"
    assert 0 in about
    assert len(about) >= 3


async def test_a_service_that_shows_other_entries_than_it_signed_gives_none(world: World) -> None:
    await happened(world)

    class Lied(Client):
        change: Any = None

        async def get(self, path: str, **query: Any) -> Any:
            answer = await super().get(path, **query)
            if path == "/record/entries":
                type(self).change(answer["entries"])
            return answer

    def another_word(entries: list[dict[str, Any]]) -> None:
        whole = next(each for each in entries if "flight" in each.get("envelope", ""))
        whole["envelope"] = whole["envelope"].replace("flight", "hazard")

    def another_leaf(entries: list[dict[str, Any]]) -> None:
        hidden = next(each for each in entries if each.get("leaf"))
        hidden["leaf"] = b64encode(leaf(bytes(16), b"other")).decode()

    def swapped(entries: list[dict[str, Any]]) -> None:
        entries[1], entries[2] = entries[2], entries[1]

    def none(entries: list[dict[str, Any]]) -> None:
        entries.clear()

    transport = world.client("alpha")._http._transport
    for change in (another_word, another_leaf, swapped, none):
        Lied.change = staticmethod(change)
        async with Lied("http://node", world.tokens["alpha"], transport=transport) as client:
            with pytest.raises(RecordCorrupt):
                await from_service(client)


def test_the_command_makes_a_bundle_and_verify_reads_it(tmp_path: Path) -> None:
    made = evidence_world.entries()
    folder, out = tmp_path / "r", tmp_path / "e.zip"
    witnesses = [WitnessKey(f"w{at}", bytes([at + 70]) * 32) for at in range(2)]
    with SqliteRecord(folder, key=evidence_world.LOG) as record:
        record.append(evidence_world.envelopes(made), 0, time_us=made[-1].time_us)
        note = record.checkpoint()
    signed = [each.cosign(parse_note(note).text, time_s=1_800_001_000) for each in witnesses]
    (tmp_path / "head").write_text(merged(note, signed))
    lines = [f"log {evidence_world.LOG.vkey}"]
    lines += [f"witness w{at} {each.vkey}" for at, each in enumerate(witnesses)]
    lines += ["group both all w0 w1", "quorum both", ""]
    (tmp_path / "policy").write_text("\n".join(lines))

    def run(*arguments: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, arguments, env={"WIDEBERTH_FOLDER": str(folder)})
        assert done.exit_code == status, done.output
        return done.output

    common = ("evidence", "--party", "alpha", "--object", "intent-7", "--out", str(out))
    policy = ("--policy", str(tmp_path / "policy"))
    assert "quorum" in run(*common, *policy, status=2)
    assert "SHA-256" in run(*common, *policy, "--checkpoint", str(tmp_path / "head"))
    assert out.stat().st_mode & 0o777 == 0o600
    run(*common, *policy, "--checkpoint", str(tmp_path / "head"), status=2)  # never overwritten
    said = run("verify", str(out), *policy)
    assert "of test.example/evidence, of 11 in all" in said
    assert "witness  w1 at 2027-01-15T08:16:40Z" in said
    assert "give --policy" in run("verify", str(out))
    data = out.read_bytes()
    out.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    assert "DOES NOT HOLD" in run("verify", str(out), *policy, status=1)
    assert "nothing-found" in run(
        *("evidence", "--party", "alpha", "--object", "none", "--out", str(tmp_path / "x")),
        status=2,
    )
    assert "missing" in run("evidence", "--party", "alpha", status=2)
    run("evidence", "--verifier", str(tmp_path / "verify.py"))
    assert (tmp_path / "verify.py").read_bytes() == unpacked(data)["verify.py"]
