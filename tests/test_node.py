"""A node on its folder: what it makes, what it refuses, and that it comes back as it was."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from wideberth.configuration import load_configuration
from wideberth.contacts import Contact, Contacts
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.notices import Urgency
from wideberth.model.parties import Role
from wideberth.model.settings import DEFAULT_RULES, Effect
from wideberth.node import Node
from wideberth.rulestable import format_rules, load_rules
from wideberth.service import Applied
from wideberth.tokens import TokenRefused


def configured(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "wideberth.toml"
    path.write_text(text)
    return path


async def test_the_first_start_makes_everything_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    old = os.umask(0o022)
    try:
        async with Node.open(folder) as node:
            made = "\n".join(node.made)
            assert node.service.picture.size == 1
            assert node.service.picture.space.origin == node.origin
    finally:
        os.umask(old)
    for name in ("keys/origin.key", "keys/issuer.pem", "wideberth.toml", node.origin):
        assert name in made
    modes = {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in [folder, *folder.rglob("*")]
    }
    assert modes == {
        ".": 0o700,
        "keys": 0o700,
        "keys/origin.key": 0o600,
        "keys/issuer.pem": 0o600,
        "record.sqlite3": 0o600,
        "wideberth.toml": 0o600,
    }


async def test_a_restart_makes_nothing_and_has_the_same_picture(tmp_path: Path) -> None:
    async with Node.open(tmp_path) as node:
        await node.command(RegisterParty(PartyId("alpha"), "Alpha"))
        token = node.mint(PartyId("alpha"), (Role.WATCH,), life_s=60)
        digest, origin, vkey = node.service.picture.digest(), node.origin, node.vkey
    async with Node.open(tmp_path) as node:
        assert (node.made, node.notes) == ([], [])
        assert node.service.picture.digest() == digest
        assert (node.origin, node.vkey) == (origin, vkey)
        assert node.verifier.verify(token).party == "alpha"


async def test_settings_of_the_space_enter_the_record(tmp_path: Path) -> None:
    configured(
        tmp_path,
        '[space]\norigin = "exercise.space.example/one"\nhost = "Example desk"\nexercise = true\n'
        '[rules]\nversion = "r1"\nterrain = { lowest_msl_m = -10.5, highest_msl_m = 900 }\n',
    )
    async with Node.open(tmp_path) as node:
        space = node.service.picture.space
        assert (space.origin, space.host, space.exercise) == (
            "exercise.space.example/one",
            "Example desk",
            True,
        )
        assert space.rules.version == "r1"
        assert space.rules.terrain is not None
        assert space.rules.terrain.lowest_msl_mm == -10_500
        assert (node.host_name, node.is_exercise) == ("Example desk", True)


async def test_two_nodes_that_start_at_once_open_one_space(tmp_path: Path) -> None:
    async def start() -> tuple[str, int]:
        node = await asyncio.to_thread(Node.open, tmp_path)
        async with node:
            picture = await node.service.current()
            return node.vkey, picture.size

    first, second = await asyncio.gather(start(), start())
    assert first == second == (first[0], 1)


async def test_a_node_may_be_entered_again_while_it_runs(tmp_path: Path) -> None:
    node = Node.open(tmp_path)
    async with node:
        async with node:
            pass
        assert not node.stopping.is_set()
        done = await node.command(RegisterParty(PartyId("alpha"), "Alpha"))
        assert isinstance(done, Applied)
    assert node.stopping.is_set()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("[space", ["wideberth.toml", "TOML"], id="no TOML"),
        pytest.param('[space]\nhots = "x"', ["wideberth.toml: space", "hots"], id="misspelt"),
        pytest.param('[spaces]\nhost = "x"', ["wideberth.toml", "spaces"], id="no such table"),
        pytest.param("[space]\nhost = 7", ["wideberth.toml: space.host", "7"], id="a number"),
        pytest.param('[space]\nhost = " "', ["wideberth.toml: space.host"], id="no host"),
        pytest.param(
            "[listen]\nport = 70000", ["wideberth.toml: listen.port", "70000"], id="no such port"
        ),
        pytest.param(
            '[listen]\ntls_key = "k"', ["wideberth.toml: listen.tls_key"], id="half of TLS"
        ),
        pytest.param(
            '[[auth.issuers]]\nissuer = "i"\naudience = "a"',
            ["wideberth.toml: auth.issuers.0", "pem"],
            id="an issuer without keys",
        ),
        pytest.param(
            '[[auth.issuers]]\nissuer = "i"\naudience = "a"\npem = ["no.pem"]',
            ["wideberth.toml: auth.issuers.0.pem", "no.pem"],
            id="a key file that is not there",
        ),
        pytest.param(
            '[[auth.issuers]]\nissuer = "i"\naudience = "a"\njwks = "http://id.example/j"',
            ["wideberth.toml: auth.issuers.0.jwks", "https"],
            id="a JWKS in clear",
        ),
        pytest.param(
            "[auth]\nlongest_token_h = 0", ["wideberth.toml: auth.longest_token_h"], id="no life"
        ),
        pytest.param(
            '[rules]\nversion = "r"\npressure_error_m = -1',
            ["wideberth.toml: rules.pressure_error_m", "-1"],
            id="a negative error",
        ),
        pytest.param(
            '[rules]\nversion = "r"\nterrain = { lowest_msl_m = 9, highest_msl_m = 1 }',
            ["wideberth.toml: rules", "highest"],
            id="terrain upside down",
        ),
        pytest.param(
            '[rules]\nversion = "r"\n[[rules.pairs]]\nkinds = ["hazard", "presence"]\n'
            'effect = "none"',
            ["wideberth.toml: rules.pairs", "presence"],
            id="people are not spared",
        ),
        pytest.param(
            '[rules]\nversion = "r"\n[[rules.pairs]]\nkinds = ["hazard", "presence"]',
            ["wideberth.toml: rules.pairs", "immediate"],
            id="people are told of later",
        ),
        pytest.param(
            '[rules]\nversion = "r"\nseparation = { horizontal_m = inf }',
            ["wideberth.toml: rules", "horizontal_m"],
            id="an infinite separation",
        ),
    ],
)
def test_wrong_settings_name_file_key_and_value(
    tmp_path: Path, text: str, wanted: list[str]
) -> None:
    configured(tmp_path, text)
    with pytest.raises(InvalidValue) as refused:
        Node.open(tmp_path)
    for part in wanted:
        assert part in str(refused.value)
    assert not (tmp_path / "record.sqlite3").exists()


async def test_a_record_keeps_the_space_it_was_opened_with(tmp_path: Path) -> None:
    configured(tmp_path, '[space]\norigin = "space.example/one"\nhost = "Example desk"')
    async with Node.open(tmp_path):
        pass
    configured(tmp_path, '[space]\norigin = "space.example/two"')
    with pytest.raises(InvalidValue, match=r"space\.origin"):
        Node.open(tmp_path)
    configured(tmp_path, '[space]\nhost = "Other desk"')
    with pytest.raises(InvalidValue, match=r"space\.host"):
        async with Node.open(tmp_path):
            pass


async def test_other_rules_in_the_file_are_noted_and_not_adopted(tmp_path: Path) -> None:
    async with Node.open(tmp_path):
        pass
    configured(tmp_path, '[rules]\nversion = "mine"')
    async with Node.open(tmp_path) as node:
        assert node.service.picture.space.rules == DEFAULT_RULES
        assert "rules adopt" in node.notes[0]


async def test_the_built_in_issuer_can_be_shut_out(tmp_path: Path) -> None:
    configured(tmp_path, "[auth]\nbuilt_in = false")
    async with Node.open(tmp_path) as node:
        await node.command(RegisterParty(PartyId("alpha"), "Alpha"))
        token = node.mint(PartyId("alpha"), (Role.WATCH,), life_s=60)
        with pytest.raises(TokenRefused, match="issuer-unknown"):
            node.verifier.verify(token)


async def test_a_configured_issuer_counts_for_its_parties_only(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", {"kid": "k1"})
    configured(
        tmp_path,
        '[[auth.issuers]]\nissuer = "https://id.example"\naudience = "here"\n'
        'jwks = "jwks.json"\nparties = ["alpha"]\n',
    )
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))

    def token(party: str) -> str:
        now_s = int(time.time())
        claims = {
            "iss": "https://id.example",
            "aud": "here",
            "sub": "x",
            "party": party,
            "scope": "wideberth.watch",
            "iat": now_s,
            "exp": now_s + 60,
        }
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key)

    async with Node.open(tmp_path) as node:
        async with asyncio.timeout(5):
            while not node.verifier.sources[0].keys:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        assert node.verifier.verify(token("alpha")).party == "alpha"
        with pytest.raises(TokenRefused, match="party-claim"):
            node.verifier.verify(token("bravo"))


async def test_no_token_is_made_for_a_stranger(tmp_path: Path) -> None:
    async with Node.open(tmp_path) as node:
        with pytest.raises(InvalidValue, match="party add"):
            node.mint(PartyId("stranger"), (Role.WATCH,), life_s=60)


def test_a_folder_without_a_node_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "typo"
    with pytest.raises(RecordUnavailable, match="no wideberth node"):
        Node.open(folder, must_exist=True)
    assert not folder.exists()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    asyncio.run(opened_and_closed(tmp_path))
    (tmp_path / "keys" / "origin.key").chmod(0o640)
    with pytest.raises(InvalidValue, match=r"origin\.key.*chmod 600"):
        Node.open(tmp_path)


async def opened_and_closed(folder: Path) -> None:
    async with Node.open(folder):
        pass


# Rules as TOML.


def test_rules_are_read_back_as_they_were_printed(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        'version = "r1"\ndefault = "refuse"\nsame_party = true\npressure_error_m = 120.5\n'
        "separation = { horizontal_m = 500, vertical_m = 50.25, time_s = 60 }\n"
        "terrain = { lowest_msl_m = -400, highest_msl_m = 4810.5 }\n"
        "cell_deg = 0.05\ncheck_budget = 3\ncheck_largest_m = 1000\n"
        "read_back = { horizontal_m = 50, vertical_m = 10, time_s = 30 }\n"
        "area = { south = -10.25, west = 170, north = 5, east = -170 }\n"
        "clocks = { step_s = 0.5, every_s = 30, cap_s = 10, limit_s = 2.5 }\n"
        '[[pairs]]\nkinds = ["flight", "hazard"]\neffect = "refuse"\nkey_proves = false\n'
        '[[limits]]\nkind = "hazard"\nminimum_lead_s = 1800\n'
    )
    rules = load_rules(path)
    assert rules.pair(IntentKind.HAZARD, IntentKind.FLIGHT).effect is Effect.REFUSE
    people = rules.pair(IntentKind.PRESENCE, IntentKind.HAZARD)
    assert people.urgency is Urgency.IMMEDIATE, "what is not given stays as by default"
    assert rules.limit(IntentKind.HAZARD).minimum_lead_us == 1_800_000_000
    for each in (rules, DEFAULT_RULES):
        path.write_text(format_rules(each))
        assert load_rules(path) == each


def test_the_template_is_what_the_defaults_say(tmp_path: Path) -> None:
    asyncio.run(opened_and_closed(tmp_path))
    path = tmp_path / "wideberth.toml"
    found = load_configuration(path)
    plain = load_configuration(tmp_path / "none.toml")
    assert (found.auth, found.listen, found.rules) == (plain.auth, plain.listen, plain.rules)
    all_of_it = re.sub(r"(?m)^# (\[[\w.[\]]+\]$|\w+ = .*)", r"\1", path.read_text())
    path.write_text(all_of_it)
    assert load_configuration(path).auth.is_configured, "also what stands there as a comment"


# Contacts.


def test_contacts_stay_beside_the_record(tmp_path: Path) -> None:
    contacts, other = Contacts(tmp_path), Contacts(tmp_path)
    assert dict(contacts) == {}
    contacts.put("desk:alpha", Contact("Duty desk", ("tel:+15550100",)))
    assert other["desk:alpha"].label == "Duty desk"
    other.put("desk:bravo", Contact("Tower"))
    assert set(contacts) == {"desk:alpha", "desk:bravo"}
    assert (tmp_path / "contacts.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["contacts.json"]
    with pytest.raises(InvalidValue):
        contacts.put("desk:alpha", Contact(" "))
    (tmp_path / "contacts.json").write_text("{")
    with pytest.raises(InvalidValue, match=r"contacts\.json"):
        contacts.get("desk:alpha")
