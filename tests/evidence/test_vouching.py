"""Under a policy a record fails closed: each fault is made for real, and named with its place."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

import evidence_world as world
from evidence_world import BRAVO, LOG, ORIGIN, OTHER_LOG, WITNESSES, cosigned, envelopes, policy
from wideberth.audit import StatementAudit
from wideberth.errors import RecordCorrupt
from wideberth.evidence.vouching import Vouched, kept_notes, verify_under_policy
from wideberth.faces.cli.app import app
from wideberth.model.settings import DEFAULT_RULES
from wideberth.record.database import RECORD_FILE
from wideberth.record.keys import OriginKey
from wideberth.record.policy import parse_policy
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import Verified, verify_folder
from wideberth.record.witnessed import CosignatureStore

pytestmark = pytest.mark.requirement("R-08")


def salts(count: int) -> bytes:
    return bytes(at % 251 for at in range(count))


def written(folder: Path, given: list[bytes], *, key: OriginKey = LOG) -> str:
    """A record in a folder, in one append; its salts are always the same. Gives its checkpoint."""
    with SqliteRecord(folder, key=key, random_bytes=salts) as made:
        made.append(given, 0, time_us=world.START_US)
        return made.checkpoint()


def kept(folder: Path, note: str) -> None:
    """The folder keeps a cosigned head, as the service does."""
    with CosignatureStore(folder) as store:
        store.keep(note, logs=[LOG.verifier], witnesses=[each.verifier for each in WITNESSES])


def judged(
    folder: Path, rule: bytes | None = None, held: Sequence[str] = ()
) -> tuple[Verified, Vouched]:
    def verify(*, vkey: str, held: Sequence[str]) -> Verified:
        return verify_folder(folder, vkey=vkey, held=held, statement_checker=StatementAudit(ORIGIN))

    given = parse_policy(policy() if rule is None else rule)
    return verify_under_policy(folder, given, held=held, verify=verify)


def refused(
    folder: Path, rule: bytes | None = None, held: Sequence[str] = ()
) -> tuple[int | None, str]:
    with pytest.raises(RecordCorrupt) as caught:
        judged(folder, rule, held)
    return caught.value.position, caught.value.reason


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good record of 11 entries whose head two of three witnesses cosigned."""
    note = written(tmp_path / "good", envelopes())
    kept(tmp_path / "good", cosigned(note, *WITNESSES[:2]))
    return tmp_path / "good"


def head_of(folder: Path) -> str:
    with SqliteRecord(folder) as record:
        return record.checkpoint()


def tamper(folder: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / RECORD_FILE)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_good_record_is_vouched_for(folder: Path) -> None:
    verified, vouched = judged(folder)
    assert (verified.size, vouched.size, vouched.witnesses) == (11, 11, ("w0", "w1"))


def test_what_came_after_the_cosigned_head_rests_on_the_log_alone(folder: Path) -> None:
    with SqliteRecord(folder, key=LOG) as record:
        record.append(envelopes([world.entry(9, world.entries()[1].body)]), 11, time_us=2**60)
    verified, vouched = judged(folder)
    assert (verified.size, vouched.size) == (12, 11)


def test_a_head_that_the_reader_kept_counts_as_well(tmp_path: Path) -> None:
    note = written(tmp_path / "r", envelopes())
    assert refused(tmp_path / "r")[0] == 0
    assert judged(tmp_path / "r", held=[cosigned(note, *WITNESSES[1:])])[1].size == 11


def test_truncated_in_the_file(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE position >= 8")
    assert refused(folder) == (8, "missing")


def test_truncated_and_signed_again_by_the_log(folder: Path, tmp_path: Path) -> None:
    written(tmp_path / "short", envelopes()[:8])
    position, reason = refused(tmp_path / "short", held=[cosigned(head_of(folder), *WITNESSES)])
    assert (position, "once signed 11" in reason) == (8, True), reason


def test_reordered_in_the_file(folder: Path) -> None:
    tamper(
        folder,
        "UPDATE entry SET position = 99 WHERE position = 8",
        "UPDATE entry SET position = 8 WHERE position = 9",
        "UPDATE entry SET position = 9 WHERE position = 99",
    )
    assert refused(folder)[0] == 8


def test_reordered_and_signed_again_by_the_log(tmp_path: Path) -> None:
    given = envelopes()
    given[8], given[9] = given[9], given[8]
    written(tmp_path / "r", given)
    position, reason = refused(tmp_path / "r")
    assert (position, "party_seq" in reason or "time_us" in reason) == (8, True), reason


def test_forked_is_named_with_the_first_entry_that_nobody_vouches_for(tmp_path: Path) -> None:
    made = world.entries()
    written(tmp_path / "r", envelopes(made[:8]))
    early = cosigned(head_of(tmp_path / "r"), *WITNESSES)
    with SqliteRecord(tmp_path / "r", key=LOG, random_bytes=salts) as record:
        record.append(envelopes(made[8:]), 8, time_us=world.START_US)
    late = cosigned(head_of(tmp_path / "r"), *WITNESSES)

    with SqliteRecord(tmp_path / "fork", key=LOG, random_bytes=salts) as record:
        record.append(envelopes(made[:8]), 0, time_us=world.START_US)
        record.append(envelopes(made[8:10]), 8, time_us=world.START_US)
        other = world.entry(8, made[1].body)
        record.append(envelopes([other]), 10, time_us=world.START_US)
    position, reason = refused(tmp_path / "fork", held=[early, late])
    assert (position, "another tree of 11" in reason) == (8, True), reason


def test_signed_again_with_another_key(folder: Path, tmp_path: Path) -> None:
    written(tmp_path / "r", envelopes(), key=OTHER_LOG)
    position, reason = refused(tmp_path / "r")
    assert (position, "key" in reason or "verify" in reason) == (0, True), reason
    # with the witnesses' word kept, the entries are the ones they vouched for: the head is not
    position, reason = refused(tmp_path / "r", held=[cosigned(head_of(folder), *WITNESSES)])
    assert position == 11, reason


@pytest.mark.parametrize("again", [5, 7, 8, 9], ids=lambda at: f"entry {at}")
def test_replayed_entries_of_the_record_itself(tmp_path: Path, again: int) -> None:
    """A signed one breaks the chain of its key, any one goes back in time."""
    written(tmp_path / "r", [*envelopes(), envelopes()[again]])
    kept(tmp_path / "r", cosigned(head_of(tmp_path / "r"), *WITNESSES))
    assert refused(tmp_path / "r")[0] == 11


def test_replayed_with_a_new_time_breaks_the_chain_of_the_key(tmp_path: Path) -> None:
    import msgspec

    made = world.entries()
    again = msgspec.structs.replace(made[9], time_us=made[10].time_us)
    written(tmp_path / "r", envelopes([*made, again]))
    position, reason = refused(tmp_path / "r")
    assert (position, "party_seq" in reason) == (11, True), reason


def test_replayed_from_another_record(tmp_path: Path) -> None:
    from nacl.signing import SigningKey

    from wideberth.client import PartyKey
    from wideberth.model.entries import IntentAccepted
    from wideberth.model.envelope import statement_digest
    from wideberth.model.ids import KeyId

    other = PartyKey("other.example/log", BRAVO, KeyId("k1"), SigningKey(bytes([2]) * 32))
    for number in (1, 2, 3):
        said = other.sign(
            "SubmitIntent", {"kind": "flight"}, method="POST", path="/x", request=f"r{number}"
        )
        other.settle(is_applied=True)
    entry = world.entry(
        9,
        IntentAccepted(world.intent(BRAVO, "other"), DEFAULT_RULES.version),
        world.signed_by(BRAVO),
        request="r3",
        said=said,
        said_digest=statement_digest(said),
    )
    written(tmp_path / "r", envelopes([*world.entries(), entry]))
    position, reason = refused(tmp_path / "r")
    assert (position, "origin" in reason) == (11, True), reason


def test_a_wrong_origin(tmp_path: Path, folder: Path) -> None:
    elsewhere = policy(log=OriginKey("other.example/log", bytes([7]) * 32))
    position, reason = refused(folder, elsewhere)
    assert (position, "wrong origin" in reason) == (0, True)


def test_a_missing_quorum(folder: Path) -> None:
    position, reason = refused(folder, policy("3"))
    assert (position, "missing quorum" in reason) == (0, True)


@pytest.mark.parametrize("column", ["signature", "root", "time_s", "size"])
def test_a_changed_cosignature_vouches_for_nothing(folder: Path, column: str) -> None:
    change = {"time_s": "time_s + 1", "size": "size - 1"}.get(column, "zeroblob(32)")
    tamper(folder, f"UPDATE OR REPLACE cosignature SET {column} = {change} WHERE time_s > 0")
    assert refused(folder)[0] == 0


def test_a_planted_policy_that_asks_for_nothing_would_pass(folder: Path) -> None:
    """What the quorum is for: without it, a record without witnesses is accepted."""
    tamper(folder, "DELETE FROM cosignature")
    assert kept_notes(folder) == []
    assert refused(folder)[0] == 0
    alone = f"log {LOG.vkey}\nquorum none\n".encode()
    assert judged(folder, alone, held=[head_of(folder)])[1].witnesses == ()


def test_the_command_names_what_fails_and_where(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "policy").write_bytes(policy())
    (tmp_path / "strict").write_bytes(policy("3"))
    ran = CliRunner().invoke(app, ["verify", str(folder), "--policy", str(tmp_path / "policy")])
    assert ran.exit_code == 0, ran.output
    assert "vouched  11 of 11 entries, by w0, w1" in ran.stdout
    ran = CliRunner().invoke(app, ["verify", str(folder), "--policy", str(tmp_path / "strict")])
    assert ran.exit_code == 1
    assert "entry 0: missing quorum" in ran.stderr
    (tmp_path / "strict").write_text("log nothing\n")
    ran = CliRunner().invoke(app, ["verify", str(folder), "--policy", str(tmp_path / "strict")])
    assert ran.exit_code == 2
    assert "strict.line 1" in ran.stderr
