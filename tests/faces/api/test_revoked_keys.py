"""A key that was taken out of force: what it says later is refused, what it said stays (P-10)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from api_world import World, a_world, moment, square
from wideberth.audit import StatementAudit
from wideberth.client import ApiProblem
from wideberth.model.entries import decode_entry


async def facts(world: World) -> list[object]:
    """What stands of what was signed: the notice's answers, the agreement's signatures, the open
    list of who was not reached.
    """
    picture = world.node.service.picture
    return [
        [picture.notices[each].answers for each in picture.notices],
        [picture.agreements[each] for each in picture.agreements],
        [picture.intents[each] for each in picture.intents],
    ]


@pytest.mark.requirement("P-10")
async def test_what_a_revoked_key_says_is_refused_and_what_it_said_stays(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        old, new = await world.key("bravo", "old"), await world.key("bravo", "new")
        async with world.client("bravo", old) as bravo:
            own = await bravo.submit_intent({"kind": "flight", "volumes": [square()]}, signed=True)
            await world.told("alpha", square(lower_m=50))
            (notice,) = (await bravo.get("/notices?state=open"))["notices"]
            answer = {"notice": notice["id"], "verb": "PASSED-DOWN", "unit": "bravo-1"}
            answer |= {"content": notice["content"], "clock": moment()}
            path = f"/notices/{notice['id']}/acknowledgements"
            await bravo.signed("POST", path, "AcknowledgeNotice", answer)
            before = await facts(world)
            gone = await world.ask("bravo", "DELETE", "/keys/old")
            assert gone.status_code == 200, gone.text
            assert await facts(world) == before, "what it said keeps its state"
            read = (await world.ask("bravo", "GET", f"/notices/{notice['id']}")).json()
            assert [each["verb"] for each in read["answers"]] == ["PASSED-DOWN"]
            size = world.node.service.picture.size
            later = [
                (path, "AcknowledgeNotice", {**answer, "verb": "LOADED", "system": "s"}),
                ("/intents", "SubmitIntent", {"kind": "flight", "volumes": [square(48.0)]}),
            ]
            for where, command, body in later:
                with pytest.raises(ApiProblem) as refused:
                    await bravo.signed("POST", where, command, body)
                assert refused.value.status in (401, 403)
            assert world.node.service.picture.size == size
            assert await facts(world) == before
        # Nor does it come back: its name is taken for good.
        proof = urlsafe_b64encode(old.proof_of_possession()).rstrip(b"=").decode()
        public = urlsafe_b64encode(old.public_key).rstrip(b"=").decode()
        body = {"key_id": "old", "public_key": public, "roles": ["watch"], "proof": proof}
        again = await world.ask("bravo", "POST", "/keys", body)
        assert again.status_code == 409, again.text
        async with world.client("bravo", new) as bravo:
            loaded = {**answer, "verb": "LOADED", "system": "s"}
            await bravo.signed("POST", path, "AcknowledgeNotice", loaded)
        assert own["intent"]["party"] == "bravo"
        statements = StatementAudit(world.node.origin)
        for row in world.node._record.read(0, 1000):  # what it said proves as it did
            entry = decode_entry(row.envelope, position=row.position)
            statements(row.position, row.envelope, entry.said)
