"""Evidence lodged as a digest and disclosed later (I-06): that the digest stood there before is
proved by a head that a witness cosigned between the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_world import a_world, moment
from wideberth.errors import InvalidValue
from wideberth.evidence.alone.container import unpacked
from wideberth.evidence.bundle import Selection, make_bundle
from wideberth.evidence.check import verify_bundle
from wideberth.evidence.material import from_record
from wideberth.evidence.verifier import verifier_source
from wideberth.model.entries import decode_entry
from wideberth.model.lodged import SALT_BYTES, lodged_digest
from wideberth.record.cosignatures import WitnessKey, merged
from wideberth.record.notes import parse_note
from wideberth.record.sqlite import SqliteRecord
from wideberth.space.time import SECOND_US

WITNESS = WitnessKey("witness.example/w", bytes([7]) * 32)
CONTENT, SALT = b"frame 4711", bytes(range(SALT_BYTES))
OPENING = {
    "title": "The morning at the river",
    "start": moment(-60),
    "end": moment(-30),
    "parties": ["bravo"],
}


class Told:
    """lodged, disclosed, late: positions; witnessed: the head that the witness cosigned."""

    folder: Path
    lodged: int
    disclosed: int
    late: int
    witnessed: str
    policy: bytes


@pytest.fixture
async def told(tmp_path: Path) -> Told:
    """Alpha lodges a digest; a witness cosigns; alpha discloses, and lodges another one."""
    made = Told()
    made.folder = tmp_path / "wideberth-data"
    made.folder.mkdir(mode=0o700)
    table = f'[witnessing]\nbeat_s = 0.05\n[[witnesses]]\nvkey = "{WITNESS.vkey}"\n'
    (made.folder / "wideberth.toml").write_text(table)
    async with a_world(tmp_path) as world:
        lines = [f"log {world.node.vkey}", f"witness w {WITNESS.vkey}", "quorum w"]
        made.policy = "".join(f"{each}\n" for each in lines).encode()
        key = await world.key("alpha")
        async with world.client("alpha", key) as alpha:
            opened: Any = await alpha.signed("POST", "/incidents", "OpenIncident", OPENING)
            of = f"/incidents/{opened['incident']}"

            async def said(path: str, command: str, **body: Any) -> Any:
                whole = {"incident": opened["incident"], **body}
                return await alpha.signed("POST", f"{of}{path}", command, whole)

            lodging = {"size_bytes": len(CONTENT), "media_type": "image/jpeg", "line": "a photo"}
            digest = lodged_digest(SALT, CONTENT)
            first = await said("/evidence", "LodgeEvidence", sha256=digest, **lodging)
            made.lodged = first["position"]
            note = (await world.ask("alpha", "GET", "/record/checkpoint")).text
            now_s = world.node.service.context().now_us // SECOND_US
            cosigned = merged(note, [WITNESS.cosign(parse_note(note).text, time_s=now_s)])
            kept = await world.ask("alpha", "POST", "/record/cosignatures", {"note": cosigned})
            assert kept.json()["witnesses"] == [WITNESS.verifier.name]
            shown = {"evidence": first["id"], "parties": ["bravo"]}
            path = f"/evidence/{first['id']}/disclosures"
            made.disclosed = (await said(path, "DiscloseEvidence", **shown))["position"]
            other = lodged_digest(SALT, b"made up later")
            made.late = (await said("/evidence", "LodgeEvidence", sha256=other, **lodging))[
                "position"
            ]
            query = {"witnesses": 1}
            made.witnessed = (
                await world.ask("alpha", "GET", "/record/checkpoint", params=query)
            ).text
    return made


def bundle(told: Told, position: int) -> bytes:
    with SqliteRecord(told.folder) as record:
        material = from_record(record, told.witnessed)
        asked = Selection(positions=(position,))
        return make_bundle(
            material, asked, made_for="bravo", may_show=lambda _: True, policy=told.policy
        )


@pytest.mark.requirement("I-06")
async def test_a_witness_between_digest_and_disclosure_proves_when_it_was_lodged(
    told: Told,
) -> None:
    data = bundle(told, told.lodged)
    found = verify_bundle(data, policy=told.policy)
    names: dict[str, Any] = {"__name__": "verify"}
    exec(compile(verifier_source(), "verify.py", "exec"), names)
    assert names["checked_bundle"](data, told.policy).head.size == found.checkpoint.size
    assert told.lodged < found.checkpoint.size <= told.disclosed
    with SqliteRecord(told.folder) as record:
        (lodged,) = record.read(told.lodged, 1)
        (disclosed,) = record.read(told.disclosed, 1)
    ((name, time_s),) = found.witnesses
    shown_us = decode_entry(disclosed.envelope, position=disclosed.position).time_us
    assert name == "w"
    assert time_s * SECOND_US <= shown_us, "by the witness's clock, before it was disclosed"
    body: Any = decode_entry(lodged.envelope, position=lodged.position).body
    assert body.lodging.sha256 == lodged_digest(SALT, CONTENT)
    assert CONTENT not in unpacked(data)["entries.jsonl"]


@pytest.mark.parametrize("name", ["disclosed", "late"])
async def test_what_came_after_the_witness_is_not_proved_by_it(told: Told, name: str) -> None:
    """The planted case: a digest made up once the content was known has no such head."""
    with pytest.raises(InvalidValue, match="no-such-entry"):
        bundle(told, getattr(told, name))
