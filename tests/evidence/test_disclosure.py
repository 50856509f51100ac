"""One entry, shown to one party: it proves that entry and tells nothing of any other."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from nacl.signing import SigningKey
from typer.testing import CliRunner

import evidence_world as world
from evidence_world import ALPHA, BRAVO, LOG, OTHER_LOG, envelopes, material, policy
from wideberth.client import PartyKey
from wideberth.errors import InvalidValue
from wideberth.evidence.disclosure import (
    EnrolledKey,
    disclose,
    key_in_force,
    read_disclosure,
    read_sealed,
    seal,
)
from wideberth.faces.cli.app import app
from wideberth.model.entries import Entry, KeyRevoked
from wideberth.model.ids import KeyId
from wideberth.model.intents import IntentKind
from wideberth.model.settings import DEFAULT_RULES
from wideberth.picture.picture import Picture
from wideberth.picture.visibility import is_readable
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord

BRAVOS_KEY = PartyKey(world.ORIGIN, BRAVO, KeyId("k1"), SigningKey(bytes([2]) * 32))


def shown(position: int = 8) -> bytes:
    return disclose(material(), position, may_show=lambda _: True, policy=policy())


def is_good(data: bytes) -> bool:
    try:
        read_disclosure(data, policy=policy())
    except InvalidValue:
        return False
    return True


def test_it_proves_its_entry_under_a_policy_and_under_a_key() -> None:
    found = read_disclosure(shown(), policy=policy())
    assert (found.position, found.witnesses) == (8, ("w0", "w1"))
    assert found.envelope == envelopes()[8]
    assert read_disclosure(shown(), vkey=LOG.vkey).position == 8
    with pytest.raises(InvalidValue, match="policy-missing"):
        read_disclosure(shown())
    with pytest.raises(InvalidValue, match="quorum"):
        read_disclosure(shown(), policy=policy("3"))
    with pytest.raises(InvalidValue, match="unsigned"):
        read_disclosure(shown(), vkey=OTHER_LOG.vkey)


def test_it_tells_nothing_of_other_entries() -> None:
    """Two records that differ in everything but one entry give files that differ in hashes only."""
    made = envelopes()
    other = [b'{"n":%d}' % at if at != 8 else made[8] for at in range(11)]
    one, two = (
        json.loads(disclose(material(given), 8, may_show=lambda _: True, policy=policy()))
        for given in (made, other)
    )
    assert one["envelope"] == two["envelope"]
    first, second = (each["receipt"].split("\n") for each in (one, two))
    assert len(first) == len(second)
    assert [len(line) for line in first] == [len(line) for line in second]
    assert "intent-7" not in one["receipt"] + one["salt"]


def test_every_byte_of_it_counts() -> None:
    data = shown()
    assert is_good(data)
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ (1 << (at % 8))]) + data[at + 1 :]
        assert not is_good(changed), at
    for length in range(len(data)):
        assert not is_good(data[:length]), length
    assert not is_good(data + b"\n")


def test_only_what_may_be_passed_on_is_shown() -> None:
    def as_alpha(entry: Entry) -> bool:
        return is_readable(Picture(), entry, ALPHA)

    assert disclose(material(), 1, may_show=as_alpha, policy=policy())
    for position in (2, 11, -1):  # what registers bravo, beyond the head, before it
        with pytest.raises(InvalidValue, match="no-such-entry"):
            disclose(material(), position, may_show=as_alpha, policy=policy())


def test_sealed_only_its_recipient_opens_it() -> None:
    data = shown()
    key = key_in_force(material(), BRAVO)
    box = seal(data, to=BRAVO, key=key)
    assert b"LOADED" not in box
    assert b"PASSED" not in box
    sealed = read_sealed(box)
    assert sealed is not None
    assert (sealed.to, sealed.key_id) == ("bravo", "k1")
    assert BRAVOS_KEY.unseal(sealed.data) == data
    stranger = PartyKey(world.ORIGIN, ALPHA, KeyId("k1"), SigningKey(bytes([1]) * 32))
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        stranger.unseal(sealed.data)
    changed = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        BRAVOS_KEY.unseal(changed)
    assert read_sealed(data) is None


def test_nothing_is_sealed_to_a_key_out_of_force_or_of_low_order() -> None:
    gone = world.entry(9, KeyRevoked(BRAVO, KeyId("k1")))
    with pytest.raises(InvalidValue, match="no-key"):
        key_in_force(material(envelopes([*world.entries(), gone])), BRAVO)
    with pytest.raises(InvalidValue, match="no-key"):
        key_in_force(material(), BRAVO, "k2")
    with pytest.raises(InvalidValue, match="ed25519-point"):
        seal(b"", to=BRAVO, key=EnrolledKey(KeyId("k1"), b"\1" + bytes(31)))


# The commands.


def run(folder: Path, *arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, [*arguments], env={"WIDEBERTH_FOLDER": str(folder)})
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = world.entries()
    presence = world.intent(BRAVO, "shelter", kind=IntentKind.PRESENCE)
    made.append(
        world.entry(9, made[10].body.__class__(presence, DEFAULT_RULES.version), made[10].author)
    )
    with SqliteRecord(tmp_path / "r", key=OriginKey(world.ORIGIN, bytes(range(32)))) as record:
        record.append(envelopes(made), 0, time_us=made[-1].time_us)
    BRAVOS_KEY.save(tmp_path / "bravo.key")
    return tmp_path / "r"


def test_the_command_seals_and_verify_opens(folder: Path, tmp_path: Path) -> None:
    out, key = str(tmp_path / "one"), str(tmp_path / "bravo.key")
    said = run(folder, "disclose", "5", "--party", "alpha", "--to", "bravo", "--out", out)
    assert "SHA-256" in said
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600
    run(folder, "disclose", "5", "--party", "alpha", "--to", "bravo", "--out", out, status=2)
    assert "give this key" in run(folder, "verify", "--receipt", out, "--vkey", LOG.vkey, status=2)
    told = run(folder, "verify", "--receipt", out, "--key", key, "--vkey", LOG.vkey)
    assert "verified entry 5 of test.example/evidence" in told
    assert "alpha told a new intent of the kind flight, “RED <b>7</b>" in told
    assert "policy" in run(folder, "verify", "--receipt", out, "--key", key, status=2)


def test_a_plain_one_that_was_changed_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "plain"
    run(
        folder,
        *("disclose", "5", "--party", "alpha", "--to", "bravo", "--plain"),
        "--out",
        str(out),
    )
    out.write_bytes(out.read_bytes().replace(b"flight", b"hazard"))
    said = run(folder, "verify", "--receipt", str(out), "--vkey", LOG.vkey, status=1)
    assert "does not stand there" in said


def test_a_presence_is_disclosed_by_its_owner_alone(folder: Path, tmp_path: Path) -> None:
    """Also where its level would let all read it."""
    with sqlite3.connect(folder / "record.sqlite3") as db:
        [(envelope,)] = db.execute("SELECT envelope FROM entry WHERE position = 11").fetchall()
    assert b"shelter" in envelope
    out = ("--out", str(tmp_path / "p"))
    refused = run(folder, "disclose", "11", "--party", "alpha", "--to", "bravo", *out, status=2)
    assert "no-such-entry" in refused
    run(folder, "disclose", "11", "--party", "bravo", "--to", "alpha", *out)
