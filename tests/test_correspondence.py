"""A party's client seals to keys that it compared, and to nothing that a node makes up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from nacl.signing import SigningKey

from api_world import World, a_world
from wideberth.client import ApiProblem, Client, PartyKey
from wideberth.correspondence import Correspondence, SealKeys, about_of
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.sealed import encoded, fingerprint
from wideberth.pins import Pins
from wideberth.sealed.hpke import public_of
from wideberth.sealed.texts import Sealer, check_opening, make_seal_key

WORDS = "Wait at the ford until the medics are through."
Change = Callable[[dict[str, Any]], None]


class Party:
    """A party's desk: its signing key, its pins, and its client."""

    def __init__(self, world: World, key: PartyKey, pins: Pins, change: Change | None) -> None:
        transport: httpx.AsyncBaseTransport = httpx.ASGITransport(
            world.app, raise_app_exceptions=False
        )
        if change is not None:
            transport = Lying(transport, change)
        self.key = key
        self.pins = pins
        self.seal_keys = SealKeys()
        self.client = Client("http://node", world.tokens[key.party], key=key, transport=transport)
        self.confides = Correspondence(self.client, key, pins, seal_keys=self.seal_keys)

    def compares(self, other: Party) -> None:
        """Somebody reads the other's fingerprint over the telephone."""
        told = fingerprint(other.key.public_key)
        self.pins.pin(
            self.key.origin, other.key.party, other.key.key_id, other.key.public_key, compared=told
        )


class Lying(httpx.AsyncBaseTransport):
    """A host that changes what its node answers about parties."""

    def __init__(self, honest: httpx.AsyncBaseTransport, change: Change) -> None:
        self.honest = honest
        self.change = change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.honest.handle_async_request(request)
        data = await answer.aread()
        if request.method == "GET" and answer.status_code == 200:
            told = json.loads(data)
            self.change(told)
            data = json.dumps(told).encode()
        kept = [each for each in answer.headers.raw if each[0].lower() != b"content-length"]
        return httpx.Response(answer.status_code, headers=kept, content=data)


async def a_party(world: World, name: str, change: Change | None = None) -> Party:
    return Party(world, await world.key(name), Pins(), change)


async def two(world: World, change: Change | None = None) -> tuple[Party, Party]:
    """alpha, whose host may lie to it, and bravo; each has compared the other's key."""
    alpha, bravo = await a_party(world, "alpha", change), await a_party(world, "bravo")
    await bravo.confides.offer()
    alpha.compares(bravo)
    bravo.compares(alpha)
    return alpha, bravo


@pytest.mark.requirement("P-01")
class TestPinnedKeys:
    """Keys are the parties' own, and a host that hands out others gets nothing."""

    async def test_words_reach_those_that_they_are_sealed_to(self, tmp_path: Path) -> None:
        async with a_world(tmp_path) as world:
            alpha, bravo = await two(world)
            intent = (await world.told("alpha"))["intent"]["id"]
            sent = await alpha.confides.send(WORDS, f"intent/{intent}", to=["bravo"])
            assert not sent.left_out
            (head,) = await bravo.confides.listed(f"intent/{intent}")
            assert head["id"] == sent.id
            text, opened = await bravo.confides.open(sent.id, about=f"intent/{intent}")
            assert opened.words == WORDS
            check_opening(text, opened, origin=world.node.origin)
            with pytest.raises(InvalidValue, match="sealed-elsewhere"):
                await bravo.confides.open(sent.id, about="intent/other")
            with pytest.raises(InvalidValue, match="sealed-to-another"):
                await alpha.confides.open(sent.id)

    async def test_a_host_that_swaps_a_signing_key_gets_nothing(self, tmp_path: Path) -> None:
        evil, private = SigningKey.generate(), bytes(range(32))

        def swap(told: dict[str, Any]) -> None:
            """Its own signing key in bravo's place, with a seal key that fits."""
            for key in told.get("keys", ()):
                sealer = Sealer(
                    told["origin"] if "origin" in told else ORIGIN[0],
                    PartyId(told["id"]),
                    KeyId(key["key_id"]),
                    evil,
                )
                made = make_seal_key(sealer, private, 1)
                key["public_key"] = encoded(bytes(evil.verify_key))
                key["seal_key"] = {
                    "number": 1,
                    "public_key": made.public_key,
                    "signature": made.signature,
                }

        async with a_world(tmp_path) as world:
            ORIGIN[:] = [world.node.origin]
            alpha, _ = await two(world, swap)
            with pytest.raises(InvalidValue, match="key-swapped"):
                await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])
            assert not await alpha.confides.listed()

    async def test_a_planted_client_without_pins_is_found(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Pins, "require", lambda *_: None)
        monkeypatch.setattr(Pins, "require_seal_key", lambda *_: None)
        with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
            await self.test_a_host_that_swaps_a_signing_key_gets_nothing(tmp_path)

    async def test_a_host_that_swaps_only_the_seal_key_gets_nothing(self, tmp_path: Path) -> None:
        def swap(told: dict[str, Any]) -> None:
            for key in told.get("keys", ()):
                if "seal_key" in key:
                    key["seal_key"]["public_key"] = encoded(public_of(bytes(range(32))))

        async with a_world(tmp_path) as world:
            alpha, _ = await two(world, swap)
            with pytest.raises(InvalidValue, match="seal-key-unsigned"):
                await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])

    async def test_a_key_that_the_host_enrols_besides_is_left_out(self, tmp_path: Path) -> None:
        async with a_world(tmp_path) as world:
            alpha, bravo = await two(world)
            # The host mints itself a token of bravo, and enrols a key in its name.
            theirs = Party(world, await world.key("bravo", "second"), Pins(), None)
            await theirs.confides.offer()
            sent = await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])
            assert sent.left_out == ("bravo/second",)
            assert (await bravo.confides.open(sent.id))[1].words == WORDS
            with pytest.raises(InvalidValue, match="sealed-to-another"):
                await theirs.confides.open(sent.id)

    async def test_a_party_of_which_nothing_was_compared_gets_nothing(self, tmp_path: Path) -> None:
        async with a_world(tmp_path) as world:
            alpha, _ = await two(world)
            charlie = await a_party(world, "charlie")
            await charlie.confides.offer()
            with pytest.raises(InvalidValue, match="key-not-pinned"):
                await alpha.confides.send(WORDS, "party/alpha", to=["bravo", "charlie"])

    async def test_words_in_another_s_name_are_not_believed(self, tmp_path: Path) -> None:
        """The host enrols a key in alpha's name, and seals to bravo with it."""
        async with a_world(tmp_path) as world:
            _, bravo = await two(world)
            forger = Party(world, await world.key("alpha", "second"), Pins(), None)
            forger.compares(bravo)
            sent = await forger.confides.send(WORDS, "party/alpha", to=["bravo"])
            with pytest.raises(InvalidValue, match="key-not-pinned"):
                await bravo.confides.open(sent.id)

    async def test_an_older_seal_key_cannot_be_brought_back(self, tmp_path: Path) -> None:
        kept: list[dict[str, Any]] = []

        def go_back(told: dict[str, Any]) -> None:
            for key in told.get("keys", ()):
                if "seal_key" in key:
                    kept.append(dict(key["seal_key"]))
                    key["seal_key"] = kept[0] if lying else key["seal_key"]

        lying = False
        async with a_world(tmp_path) as world:
            alpha, bravo = await two(world, go_back)
            await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])
            await bravo.confides.offer()
            second = await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])
            lying = True
            with pytest.raises(InvalidValue, match="seal-key-older"):
                await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])
            assert (await bravo.confides.open(second.id))[1].words == WORDS

    async def test_a_node_that_gives_another_text_is_found(self, tmp_path: Path) -> None:
        def change(told: dict[str, Any]) -> None:
            if "box" in told:
                told["about"]["id"] = "bravo"

        async with a_world(tmp_path) as world:
            alpha, bravo = await two(world, change)
            bravo.compares(alpha)
            await alpha.confides.offer()
            sent = await bravo.confides.send(WORDS, "party/alpha", to=["alpha"])
            with pytest.raises(InvalidValue, match="another-text"):
                await alpha.confides.open(sent.id)

    async def test_the_node_itself_refuses_a_seal_key_that_the_party_did_not_sign(
        self, tmp_path: Path
    ) -> None:
        async with a_world(tmp_path) as world:
            bravo = await a_party(world, "bravo")
            evil = Sealer(world.node.origin, PartyId("bravo"), KeyId("desk"), SigningKey.generate())
            body = msgspec.to_builtins(make_seal_key(evil, bytes(range(32)), 1))
            del body["party"]
            with pytest.raises(ApiProblem, match="seal-key-unsigned"):
                await bravo.client.write("POST", "/seal-keys", body)


ORIGIN: list[str] = [""]


async def test_a_party_without_a_seal_key_is_named(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await a_party(world, "alpha"), await a_party(world, "bravo")
        alpha.compares(bravo)
        with pytest.raises(InvalidValue, match="no-seal-key"):
            await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])


async def test_texts_to_an_earlier_seal_key_still_open(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await two(world)
        sent = await alpha.confides.send(WORDS, "party/alpha", to=["bravo"])
        await bravo.confides.offer()
        assert (await bravo.confides.open(sent.id))[1].words == WORDS


class TestFiles:
    def test_seal_keys_are_kept_for_their_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / "desk.key.seal"
        first = SealKeys(path).fresh(1)
        assert path.stat().st_mode & 0o777 == 0o600
        again = SealKeys(path)
        assert again.fresh(1) == first
        assert again.fresh(2) != first
        assert SealKeys(path).private(1) == first
        with pytest.raises(InvalidValue, match="seal-key-missing"):
            again.private(3)
        path.chmod(0o640)
        with pytest.raises(InvalidValue, match="mode"):
            SealKeys(path)

    @pytest.mark.parametrize("text", ["", "[]", '{"a": "b"}', '{"1": "="}'])
    def test_a_file_that_is_none_is_refused_and_not_quoted(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "desk.key.seal"
        path.write_text(text)
        path.chmod(0o600)
        with pytest.raises(InvalidValue):
            SealKeys(path)

    def test_pins_are_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "pins.json"
        key = SigningKey.generate().verify_key
        other = SigningKey.generate().verify_key
        bravo, desk = PartyId("bravo"), KeyId("desk")
        told = fingerprint(bytes(key))
        with pytest.raises(InvalidValue, match="fingerprint-differs"):
            Pins(path).pin("space", bravo, desk, bytes(other), compared=told)
        assert not path.exists()
        Pins(path).pin("space", bravo, desk, bytes(key), compared=told.upper().replace(" ", ""))
        kept = Pins(path)
        assert kept.names("space") == ("bravo/desk",)
        assert kept.names("another") == ()
        assert kept.public_key("space", bravo, desk) == bytes(key)
        with pytest.raises(InvalidValue, match="key-swapped"):
            kept.pin("space", bravo, desk, bytes(other), compared=fingerprint(bytes(other)))
        kept.forget("space", bravo, desk)
        with pytest.raises(InvalidValue, match="key-not-pinned"):
            Pins(path).public_key("space", bravo, desk)
        path.chmod(0o666)
        with pytest.raises(InvalidValue, match="mode"):
            Pins(path)
        path.chmod(0o600)
        path.write_text("{")
        with pytest.raises(InvalidValue, match="pins"):
            Pins(path)

    def test_what_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(RecordUnavailable):
            SealKeys(tmp_path / "no-such-folder" / "k").fresh(1)


@pytest.mark.parametrize("text", ["", "intent", "track/1", "intent/", "intent/a b"])
def test_what_a_text_is_about_is_a_type_and_an_id(text: str) -> None:
    with pytest.raises(InvalidValue):
        about_of(text)
