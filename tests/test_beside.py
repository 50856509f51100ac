"""Whom an exercise knows: its own keys and no real space's, its own name and no real one's."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import httpx
import msgspec
import pytest
from nacl.signing import SigningKey

from api_world import World, a_world, flight, square
from wideberth.beside import keys_of, shared_keys
from wideberth.configuration import load_configuration
from wideberth.errors import InvalidValue
from wideberth.faces.cli._doctor import Case, beside
from wideberth.model.commands import EnrolKey
from wideberth.model.envelope import Statement, sign_possession, sign_statement
from wideberth.model.exercises import fits_kind, is_exercise_name
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.parties import Role
from wideberth.node import Node

REAL = '[space]\nbeside = ["../../drill/wideberth-data"]\n'
DRILL = '[space]\nexercise = true\nbeside = ["../../real/wideberth-data"]\n'


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def written(folder: Path, text: str) -> Path:
    data = folder / "wideberth-data"
    data.mkdir(parents=True, mode=0o700)
    (data / "wideberth.toml").write_text(text)
    return folder


async def enrol(world: World, secret: SigningKey, key_id: str = "desk") -> httpx.Response:
    return await world.ask(
        "alpha",
        "POST",
        "/keys",
        {
            "key_id": key_id,
            "public_key": b64(bytes(secret.verify_key)),
            "roles": ["watch", "acknowledge"],
            "proof": b64(sign_possession(secret, origin=world.node.origin, kid=f"alpha/{key_id}")),
        },
    )


def test_names_tell_the_kinds_apart_in_any_case() -> None:
    assert fits_kind("exercise.a.example", exercise=True)
    assert not fits_kind("a.example/exercise.", exercise=True)
    assert not fits_kind("EXERCISE.a.example", exercise=True)
    for name in ("exercise.a", "Exercise.a", "EXERCISE.A"):
        assert is_exercise_name(name)
        assert not fits_kind(name, exercise=False)
    assert fits_kind("a.example/exercise.", exercise=False)


@pytest.mark.parametrize(
    ("name", "exercise"), [("exercise.a.example", "false"), ("a.example", "true")]
)
def test_a_new_space_of_the_wrong_name_is_not_made(
    tmp_path: Path, name: str, exercise: str
) -> None:
    (tmp_path / "wideberth.toml").write_text(f'[space]\norigin = "{name}"\nexercise = {exercise}\n')
    with pytest.raises(InvalidValue) as caught:
        Node.open(tmp_path)
    assert caught.value.rule == "exercise-name"
    assert not list((tmp_path / "keys").glob("origin*")), "no key was made either"


@pytest.mark.requirement("X-03")
async def test_an_exercise_is_named_as_one_in_all_that_is_signed(tmp_path: Path) -> None:
    async with a_world(written(tmp_path, DRILL)) as world:
        name = world.node.origin
        assert name.startswith("exercise.")
        key = await world.key("alpha")
        client = world.client("alpha", key)
        async with client:
            told = await client.signed("POST", "/intents", "SubmitIntent", flight(square()))
        checkpoint = (await world.ask("alpha", "GET", "/record/checkpoint")).text
        receipt = (await world.ask("alpha", "GET", f"/record/receipts/{told['position']}")).text
        assert checkpoint.startswith("exercise.")
        assert f"\n\n{name}\n" in receipt, "under the receipt stands a head of this name"
        (entry,) = await world.node.service.entries_at([told["position"]])
        assert entry.said is not None
        payload = msgspec.json.decode(_payload(entry.said))
        assert payload["origin"] == name


def _payload(compact: str) -> bytes:
    text = compact.split(".")[1]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.requirement("X-03")
async def test_what_was_signed_for_one_kind_is_refused_by_the_other(tmp_path: Path) -> None:
    real, drill = written(tmp_path / "real", REAL), written(tmp_path / "drill", DRILL)
    async with a_world(real) as there, a_world(drill) as here:
        for made, met in ((there, here), (here, there)):
            key = await made.key("alpha")
            statement = Statement(
                origin=made.node.origin,
                party=key.party,
                key_id=key.key_id,
                party_seq=1,
                prev=None,
                type="SubmitIntent",
                request="one",
                body=msgspec.Raw(msgspec.json.encode(flight(square()))),
            )
            async with met.http("alpha") as client:
                answer = await client.post(
                    "/api/v1/intents",
                    content=sign_statement(statement, key._signing_key),
                    headers={"Content-Type": "application/jose", "Idempotency-Key": "one"},
                )
            assert answer.status_code == 400, answer.text
            assert answer.json()["rule"] == "statement-of-another-kind"


@pytest.mark.requirement("X-03")
async def test_a_key_of_one_kind_is_not_enrolled_in_the_other(tmp_path: Path) -> None:
    real, drill = written(tmp_path / "real", REAL), written(tmp_path / "drill", DRILL)
    first, second = SigningKey.generate(), SigningKey.generate()
    async with a_world(real) as there, a_world(drill) as here:
        assert (await enrol(there, first)).status_code == 201
        refused = await enrol(here, first)
        assert refused.status_code == 400
        assert refused.json()["rule"] == "key-of-another-kind"
        assert there.node.origin in refused.text
        assert (await enrol(here, second)).status_code == 201
        refused = await enrol(there, second, "desk-2")
        assert refused.json()["rule"] == "key-of-another-kind"
        revoked = await here.ask("alpha", "DELETE", "/keys/desk")
        assert revoked.status_code == 200, revoked.text
        again = await enrol(there, second, "desk-2")
        assert again.json()["rule"] == "key-of-another-kind", "also one that was revoked there"


async def test_the_doctor_finds_keys_that_both_kinds_have(tmp_path: Path) -> None:
    """Planted: the host's own command line enrols without looking."""
    real, drill = written(tmp_path / "real", REAL), written(tmp_path / "drill", DRILL)
    secret = SigningKey.generate()
    async with a_world(real) as there, a_world(drill) as here:
        data = real / "wideberth-data"
        case = Case(data, load_configuration(data / "wideberth.toml"))
        assert [each.status for each in beside(case)] == ["ok"]
        for world in (there, here):
            kid = "alpha/desk"
            proof = b64(sign_possession(secret, origin=world.node.origin, kid=kid))
            public = b64(bytes(secret.verify_key))
            await world.node.command(
                EnrolKey(PartyId("alpha"), KeyId("desk"), public, (Role.WATCH,), proof)
            )
        (found,) = beside(case)
        assert found.status == "fail"
        assert here.node.origin in found.said
        known = keys_of(data)
        assert shared_keys([known, keys_of(drill / "wideberth-data")])
        assert keys_of(data, known).keys == known.keys
