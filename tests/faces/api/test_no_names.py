"""Every function works with roles alone: no name of a person is asked for, and none is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from api_world import World, a_world, moment, square
from sealing_hands import a_hand, sealed_body
from wideberth.client import Client, PartyKey
from wideberth.contacts import Contact
from wideberth.model.commands import RegisterParty
from wideberth.model.entries import decode_entry
from wideberth.model.ids import KeyId, NoticeId, PartyId, UnitToken
from wideberth.model.parties import Role
from wideberth.model.sealed import About, AboutType, encoded
from wideberth.service import Applied

OFFICER = "Ottoline Featherstonehaugh"
"""Somebody whose name must stand nowhere, unless her party seals it to another."""

HAZARD = {"kind": "hazard", "provenance": {"source": "map", "accuracy_m": 50}}


class Desk:
    """A party's desk: a token and a key for each role, and nobody's name."""

    def __init__(self, world: World, party: str) -> None:
        self.world = world
        self.party = party
        self.keys: dict[Role, PartyKey] = {}

    async def enrol(self) -> None:
        """A key for each role, enrolled by the role that administers keys."""
        administers = self.world.token(self.party, Role.ADMINISTER, *Role)
        async with self.client(administers) as client:
            for role in (Role.TELL, Role.ACKNOWLEDGE, Role.SIGN):
                key = PartyKey.make(self.world.node.origin, PartyId(self.party), KeyId(role.value))
                await client.write(
                    "POST",
                    "/keys",
                    {
                        "key_id": role.value,
                        "public_key": encoded(key.public_key),
                        "roles": [role.value],
                        "proof": encoded(key.proof_of_possession()),
                    },
                )
                self.keys[role] = key

    def client(self, token: str, key: PartyKey | None = None) -> Client:
        transport = httpx.ASGITransport(self.world.app, raise_app_exceptions=False)
        return Client("http://node", token, key=key, transport=transport)

    def acting(self, role: Role) -> Client:
        """Whoever has this role on duty: its token and its key."""
        return self.client(self.world.token(self.party, role), self.keys.get(role))


async def the_whole_loop(world: World) -> dict[str, Any]:
    """Enrol, tell, clash, notice, acknowledge, telephone, hand over, STOP: by role alone."""
    alpha, bravo = Desk(world, "alpha"), Desk(world, "bravo")
    for desk in (alpha, bravo):
        await desk.enrol()
    async with alpha.acting(Role.TELL) as tells:
        await tells.submit_intent({"kind": "flight", "volumes": [square()]}, signed=True)
        await tells.signed("POST", "/heartbeat", "GiveHeartbeat", {})
    async with bravo.acting(Role.TELL) as tells:
        told = await tells.submit_intent({**HAZARD, "volumes": [square(upper_m=300)]}, signed=True)
    assert told["clashes"]
    async with alpha.acting(Role.WATCH) as watches:
        (notice,) = (await watches.notices())["notices"]
    particulars = {
        name: notice["particulars"][name]
        for name in ("latitude", "longitude", "start", "end", "lower_m", "upper_m")
    }
    async with bravo.acting(Role.ACKNOWLEDGE) as types:  # alpha's desk answered by telephone
        await types.write("POST", f"/notices/{notice['id']}/relayed", a_call())
    async with alpha.acting(Role.ACKNOWLEDGE) as answers:
        read = await answers.acknowledge(notice, "READ-BACK", read_back=particulars)
        assert read["understood"]
        for verb in ("PASSED-DOWN", "LOADED"):
            system = {"system": "mission planning"} if verb == "LOADED" else {}
            await answers.acknowledge(notice, verb, unit="alpha-1", **system)
    assert NoticeId(notice["id"]) not in world.node.service.picture.notices
    async with alpha.acting(Role.WATCH) as watches:
        before = await watches.get("/shifts")
    async with alpha.acting(Role.ACKNOWLEDGE) as takes:
        await takes.signed(
            "POST",
            "/shifts",
            "TakeShift",
            {"post": "duty", "open_list": before["open_list"]},
        )
    async with bravo.acting(Role.TELL) as stops:
        stop = await stops.write("POST", "/stop", {"text": "people on the ridge"})
    async with alpha.acting(Role.ACKNOWLEDGE) as reads:
        await reads.write("POST", f"/stops/{stop['id']}/acknowledgements", {"by": "person"})
    return notice


def a_call() -> dict[str, Any]:
    """What was heard by telephone: by which desk, never by whom."""
    return {
        "verb": "RECEIVED",
        "started": moment(-70),
        "ended": moment(-65),
        "desk": "night-desk",
        "language": "en",
        "identified": "called-back",
    }


async def envelopes(world: World) -> list[bytes]:
    return [row.envelope for row in await world.node.service.rows(0, 10_000)]


@pytest.mark.requirement("P-07")
async def test_the_whole_loop_needs_no_name_of_a_person(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        # The names of people, where a host keeps them at all, stand beside the record.
        world.node.contacts.put("desk-alpha", Contact(OFFICER, (f"tel:{OFFICER}",)))
        done = await world.node.command(
            RegisterParty(PartyId("alpha"), "Alpha", (UnitToken("alpha-1"),), "desk-alpha")
        )
        assert isinstance(done, Applied)
        await the_whole_loop(world)
        lines = await envelopes(world)
        kinds = {
            type(decode_entry(line, position=at).body).__name__ for at, line in enumerate(lines)
        }
        assert kinds >= {
            *("KeyEnrolled", "IntentAccepted", "NoticeIssued", "NoticeAcknowledged"),
            *("ClashesFound", "HeartbeatGiven", "ShiftTaken", "StopTold", "StopAcknowledged"),
        }
        for line in lines:
            for name in OFFICER.split():
                assert name.encode() not in line
        # Who acted is known by role and credential: a pseudonym, or the id of a key.
        subjects = {decode_entry(line, position=0).author.subject for line in lines}
        assert subjects & {"tell", "acknowledge"}


@pytest.mark.requirement("P-07")
async def test_a_name_that_a_party_wants_known_goes_sealed(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await a_hand(world, "alpha"), await a_hand(world, "bravo")
        for hand in (alpha, bravo):
            await world.ask(hand.party, "POST", "/seal-keys", hand.key_body())
        words = f"On duty tonight: {OFFICER}"
        about = About(AboutType.PARTY, "alpha")
        text = alpha.seals(about, bravo.seal_key(), words=words)
        answer = await world.ask("alpha", "POST", "/sealed-texts", sealed_body(text))
        name = answer.json()["id"]
        seen = await world.ask("bravo", "GET", f"/sealed-texts/{name}")
        assert bravo.opens(seen.json(), alpha).words == words
        lines = await envelopes(world)
    kept = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    for part in OFFICER.split():
        assert part.encode() not in kept
        assert all(part.encode() not in line for line in lines)


async def test_a_planted_name_is_found(tmp_path: Path) -> None:
    """What the first test looks for is seen where somebody writes a name into what they tell."""
    async with a_world(tmp_path) as world:
        await world.told("alpha", place_name=f"at the post of {OFFICER}")
        assert any(OFFICER.encode() in line for line in await envelopes(world))
