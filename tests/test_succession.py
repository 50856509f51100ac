"""A policy through a change of the log's key: what its old and its new key are good for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from wideberth.audit import StatementAudit
from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.evidence.vouching import Vouched, verify_under_policy
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId
from wideberth.node import Node
from wideberth.record.cosignatures import WitnessKey, cosignature_line
from wideberth.record.keys import OriginKey
from wideberth.record.notes import parse_note
from wideberth.record.policy import parse_policy
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import Verified, verify_folder
from wideberth.record.witnessed import CosignatureStore
from wideberth.succession import open_epoch, retire, rotate

WITNESS = WitnessKey("witness.example/w", bytes(range(32)))


@dataclass
class Change:
    """A folder whose key was changed and the old one retired. The notes are cosigned."""

    folder: Path
    old: str
    new: str
    before: str
    during: str
    after: str


def cosigned(folder: Path) -> str:
    """The newest head with a witness's line, kept in the folder as a node keeps it."""
    with SqliteRecord(folder) as record, CosignatureStore(folder) as store:
        note = record.checkpoint()
        note += cosignature_line(WITNESS.cosign(parse_note(note).text, time_s=1_800_000_000))
        store.keep(note, logs=record.verifiers(), witnesses=[WITNESS.verifier])
        return note


def go_on(folder: Path, party: str) -> None:
    async def register() -> None:
        async with Node.open(folder) as node:
            await node.command(RegisterParty(PartyId(party), party))

    asyncio.run(register())


@pytest.fixture
def change(tmp_path: Path) -> Change:
    folder = tmp_path / "wideberth-data"
    go_on(folder, "alpha")
    with SqliteRecord(folder) as record:
        old = record.vkey
    before = cosigned(folder)
    new, _ = asyncio.run(rotate(folder))
    go_on(folder, "bravo")
    during = cosigned(folder)
    asyncio.run(retire(folder))
    go_on(folder, "charlie")
    return Change(folder, old, new, before, during, cosigned(folder))


def policy(*vkeys: str) -> bytes:
    lines = [f"log {vkey}" for vkey in vkeys]
    return "\n".join([*lines, f"witness w {WITNESS.vkey}", "quorum w", ""]).encode()


def size_of(note: str) -> int:
    return int(note.split("\n")[1])


def judged(folder: Path, rule: bytes) -> tuple[Verified, Vouched]:
    with SqliteRecord(folder) as record:
        first = record.first_origin

    def verify(*, vkey: str, held: list[str]) -> Verified:
        audit = StatementAudit(first)
        return verify_folder(folder, vkey=vkey, held=held, statement_checker=audit)

    return verify_under_policy(folder, parse_policy(rule), verify=verify)  # type: ignore[arg-type]


def test_a_note_is_good_for_the_keys_that_signed_it(change: Change) -> None:
    """The old key through the change, the new one from it on, and neither beyond."""
    taken = {
        (name, when): _is_taken(policy(vkey), note)
        for name, vkey in (("old", change.old), ("new", change.new))
        for when, note in (
            ("before", change.before),
            ("during", change.during),
            ("after", change.after),
        )
    }
    assert taken == {
        ("old", "before"): True,
        ("old", "during"): True,
        ("old", "after"): False,
        ("new", "before"): False,
        ("new", "during"): True,
        ("new", "after"): True,
    }
    both = policy(change.old, change.new)
    assert all(_is_taken(both, note) for note in (change.before, change.during, change.after))


def _is_taken(rule: bytes, note: str) -> bool:
    try:
        return parse_policy(rule).require(note).is_met
    except InvalidValue:
        return False


def test_the_old_key_vouches_up_to_the_last_head_that_it_signed(change: Change) -> None:
    """The record goes on by the old key's own word, and no cosigned head vouches for the rest."""
    verified, vouched = judged(change.folder, policy(change.old))
    assert verified.vkey == change.new
    assert vouched.size == size_of(change.during) < verified.size
    for vkeys in ((change.new,), (change.old, change.new)):
        verified, vouched = judged(change.folder, policy(*vkeys))
        assert vouched.size == size_of(change.after) == verified.size


def test_a_policy_of_the_old_key_ends_with_an_epoch(change: Change) -> None:
    """An epoch is another log by name: a policy that does not name it accepts nothing of it."""
    vkey, _ = asyncio.run(open_epoch(change.folder, reason="moved"))
    with pytest.raises(RecordCorrupt, match="wrong origin"):
        judged(change.folder, policy(change.old, change.new))
    with pytest.raises(RecordCorrupt, match="missing quorum"):
        judged(change.folder, policy(vkey))
    cosigned(change.folder)
    assert (
        judged(change.folder, policy(vkey))[1].size == judged(change.folder, policy(vkey))[0].size
    )


def test_a_key_that_was_never_the_logs_vouches_for_nothing(change: Change) -> None:
    """The planted fault: a policy with another key of the same name."""
    origin = change.old.split("+")[0]
    other = OriginKey(origin, bytes(32))
    with pytest.raises(RecordCorrupt):
        judged(change.folder, policy(other.vkey))
