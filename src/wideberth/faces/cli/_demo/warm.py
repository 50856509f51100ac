"""Everything that the demo's server will need, loaded once beforehand.

The kernels are compiled on their first use ever, which takes up to a minute, and kept beside the
program. A clock that runs 80 times as fast must not wait for that, so a small space is played in
this process first, through the same doors: a zone, two intents that touch, two tracks, and a look
of the watch. It is thrown away.
"""

from __future__ import annotations

import tempfile
from base64 import urlsafe_b64encode
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from wideberth.client import Client, PartyKey
from wideberth.faces.api import create_app
from wideberth.faces.cli._host import asked
from wideberth.model.commands import EnrolKey, RegisterParty
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.parties import Role
from wideberth.node import Node
from wideberth.service import now_us
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US, format_rfc3339

__all__ = ["warm_up"]

_ROLES = (Role.WATCH, Role.TELL, Role.SIGN)
_RING = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1], [0.0, 0.1], [0.0, 0.0]]


async def warm_up() -> None:
    """Load, or compile and keep, what a server needs to answer quickly from its first request."""
    with tempfile.TemporaryDirectory(prefix="wideberth-warm-") as name:
        folder = Path(name)
        (folder / "wideberth.toml").write_text("[space]\nexercise = true\n", encoding="utf-8")
        node = Node.open(folder)
        app = create_app(node)
        async with AsyncExitStack() as stack:
            await app.enter(stack)
            for party in ("warm-a", "warm-b"):
                client = await stack.enter_async_context(await _client(node, app, party))
                await _tell(client, party)
            for _ in range(2):
                await app.desk.live.tick()


async def _client(node: Node, app: Any, name: str) -> Client:
    party = PartyId(name)
    await asked(node, RegisterParty(party, name))
    key = PartyKey.make(node.origin, party, KeyId("warm"))
    public, proof = (
        urlsafe_b64encode(each).rstrip(b"=").decode("ascii")
        for each in (key.public_key, key.proof_of_possession())
    )
    await asked(node, EnrolKey(party, key.key_id, public, _ROLES, proof))
    token = node.mint(party, _ROLES, life_s=600)
    return Client("http://warm", token, key=key, transport=httpx.ASGITransport(app))


async def _tell(client: Client, party: str) -> None:
    now = now_us()
    circle = {"type": "Point", "coordinates": [0.05, 0.05], "radius_m": 2000}
    await client.declare_zone(
        {"name": "warm", "rule": "notice", "notice_minutes": 5, "volumes": [_volume(circle, now)]},
        signed=True,
    )
    for footprint in (circle, {"type": "Polygon", "coordinates": [_RING]}):
        intent = {"kind": "flight", "volumes": [_volume(footprint, now)], "activated": True}
        await client.submit_intent(intent, signed=True)
    report = {
        "track": party,
        "party": party,
        "latitude": 0.05,
        "longitude": 0.05,
        "altitude_m": 300.0,
        "ground_speed_m_s": 70.0,
        "track_deg": 90.0,
        "time": format_rfc3339(now - SECOND_US),
    }
    await client.send_tracks("warm", [report])


def _volume(footprint: dict[str, Any], now: int) -> dict[str, Any]:
    lower, upper = ({"value": each, "units": "M", "reference": "W84"} for each in (0, 1000))
    return {
        "footprint": footprint,
        "lower": lower,
        "upper": upper,
        "start": format_rfc3339(now - MINUTE_US),
        "end": format_rfc3339(now + HOUR_US),
    }
