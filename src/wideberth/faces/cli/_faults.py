"""Faults that an exercise sends to itself: what goes wrong for real, over the real edge (X-04).

Each is a function that sends the faulty thing over HTTP to a running node of an exercise, and gives
what came back beside what should. Nothing is staged inside of the node: it cannot tell these
requests from others, and the parties of an exercise see what became of them.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
from nacl.signing import SigningKey

from wideberth.errors import InvalidValue
from wideberth.model.commands import EnrolKey, RegisterParty
from wideberth.model.envelope import Statement, sign_possession, sign_statement
from wideberth.model.exercises import EXERCISE_HEADER
from wideberth.model.ids import KeyId, PartyId, UnitToken
from wideberth.model.parties import Role
from wideberth.model.refusals import Refusal
from wideberth.node import Node
from wideberth.space.time import MINUTE_US, format_rfc3339, parse_rfc3339

__all__ = ["FAULTS", "Hands", "Reaction", "hands_for"]

PARTIES = (PartyId("fault-one"), PartyId("fault-two"))
_LIFE_S = 3600
_WITHIN_S = 30.0
_AHEAD_S = 90.0


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came back. wanted, did: in words; is_right: whether that is what was wanted."""

    wanted: str
    did: str
    is_right: bool


@dataclass(slots=True)
class Hands:
    """Two parties of the exercise, with tokens and a key of the first. place: degrees; a new one
    for each run, so that nothing of an earlier run is met.
    """

    http: httpx.AsyncClient
    origin: str
    tokens: dict[PartyId, str]
    key: SigningKey
    key_id: KeyId
    place: tuple[float, float]

    async def ask(
        self, party: PartyId, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One request of a party's."""
        content = None if body is None else json.dumps(body).encode()
        given = {
            "authorization": f"Bearer {self.tokens[party]}",
            "content-type": "application/json",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return await self.http.request(method, f"/api/v1{path}", content=content, headers=given)

    async def volume(self, shift: float = 0.0, **more: Any) -> dict[str, Any]:
        """A circle where nothing else is, from an hour ahead of the node's own time."""
        now_us = parse_rfc3339((await self.http.get("/api/v1/space")).json()["time"])
        latitude, longitude = self.place
        return {
            "footprint": {
                "type": "Point",
                "coordinates": [longitude + shift, latitude],
                "radius_m": 500,
            },
            "lower": {"value": 0, "units": "M", "reference": "W84"},
            "upper": {"value": 120, "units": "M", "reference": "W84"},
            "start": format_rfc3339(now_us + 60 * MINUTE_US),
            "end": format_rfc3339(now_us + 120 * MINUTE_US),
            **more,
        }

    async def told(self, party: PartyId, **more: Any) -> dict[str, Any]:
        """A flight that was told and taken. Raises InvalidValue where it was not."""
        body = {"kind": "flight", "volumes": [await self.volume()], **more}
        answer = await self.ask(party, "POST", "/intents", body)
        if answer.status_code != 201:
            raise InvalidValue("fault", "not-set-up", answer.text[:300], "see what the node says")
        return answer.json()

    def signed(self, command: str, body: dict[str, Any], key: SigningKey) -> str:
        """A statement under the first party's key id, whichever key it is signed with."""
        statement = Statement(
            origin=self.origin,
            party=PARTIES[0],
            key_id=self.key_id,
            party_seq=1,
            prev=None,
            type=command,
            request=secrets.token_hex(8),
            body=msgspec.Raw(msgspec.json.encode(body)),
        )
        return sign_statement(statement, key)


async def hands_for(node: Node, http: httpx.AsyncClient) -> Hands:
    """Parties for faults, made in the folder of the exercise that the URL serves.

    Raises InvalidValue in a real space, where the URL serves another record, or is not reached.
    """
    if not node.is_exercise:
        raise InvalidValue(
            "--folder", "exercise-only", node.origin, "faults are sent in an exercise, never here"
        )
    try:
        answer = await http.get("/api/v1/space")
        origin = answer.json()["origin"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise InvalidValue(
            "--url", "unreachable", str(http.base_url), f"is it served? ({type(error).__name__})"
        ) from None
    if origin != node.origin or EXERCISE_HEADER not in answer.headers:
        raise InvalidValue("--url", "another-record", origin, f"serve {node.origin} there")
    key, key_id = SigningKey.generate(), KeyId(f"fault-{secrets.token_hex(4)}")
    for party in PARTIES:
        await _done(node, RegisterParty(party, f"{party} (drill)", (UnitToken(f"{party}-unit"),)))
    kid = f"{PARTIES[0]}/{key_id}"
    proof = sign_possession(key, origin=node.origin, kid=kid)
    roles = tuple(Role)
    await _done(node, EnrolKey(PARTIES[0], key_id, _b64(bytes(key.verify_key)), roles, _b64(proof)))
    place = (secrets.randbelow(80_000) / 1000 - 40, secrets.randbelow(300_000) / 1000 - 150)
    tokens = {each: node.mint(each, roles, life_s=_LIFE_S) for each in PARTIES}
    hands = Hands(http, node.origin, tokens, key, key_id, place)
    await _known(hands)
    return hands


async def _known(hands: Hands) -> None:
    """Wait until who serves has read of the parties and the key, which were written beside it.

    Raises InvalidValue after a while.
    """
    until = time.monotonic() + _WITHIN_S
    while time.monotonic() < until:
        for each in reversed(PARTIES):
            answer = await hands.ask(each, "GET", f"/parties/{PARTIES[0]}")
            if answer.status_code != 200 or hands.key_id not in answer.text:
                break
        else:
            return
        await asyncio.sleep(0.05)
    raise InvalidValue("--url", "not-read", str(hands.http.base_url), "it serves another folder")


async def _done(node: Node, command: RegisterParty | EnrolKey) -> None:
    done = await node.command(command)
    if isinstance(done, Refusal):
        raise InvalidValue(done.field or "fault", done.rule, done.value, done.advice)


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _said(answer: httpx.Response) -> str:
    try:
        told = answer.json()
        rule = told.get("rule", "taken")
    except ValueError:
        rule = "no JSON"
    return f"{answer.status_code} {rule}"


async def lost_link(hands: Hands) -> Reaction:
    """The stream breaks; what is told meanwhile comes after it is joined again, once."""
    one, two = PARTIES
    await hands.told(two)
    last = await _read_stream(hands, two, 0, until=None)
    told = await hands.told(one)  # the line is dead now
    name = str(told["intent"]["id"])
    came = await _read_stream(hands, two, last[-1][0] if last else 0, until=name)
    numbers = [number for number, _ in came]
    found = [text for _, text in came if name in text and '"notice"' in text]
    is_whole = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
    return Reaction(
        "the notice after the break, once, without a gap",
        f"{len(found)} notice of it in {len(came)} events, "
        + ("no gap" if is_whole else "with a gap"),
        len(found) == 1 and is_whole,
    )


async def _read_stream(
    hands: Hands, party: PartyId, after: int, *, until: str | None
) -> list[tuple[int, str]]:
    """Number and data of the events after one, until a text comes or it says nothing for a while;
    then the line is cut, without a word.
    """
    headers = {"authorization": f"Bearer {hands.tokens[party]}", "last-event-id": str(after)}
    events: list[tuple[int, str]] = []
    number = 0
    timeout = httpx.Timeout(_WITHIN_S, read=2.0 if until is None else _WITHIN_S)
    try:
        async with hands.http.stream(
            "GET", "/api/v1/stream", headers=headers, timeout=timeout
        ) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("id:"):
                    number = int(line[3:])
                elif line.startswith("data:") and number:
                    events.append((number, line[5:]))
                    number = 0
                    if until is not None and until in line and '"notice"' in line:
                        break
                elif until is None and events and line.startswith(":"):
                    break  # it is quiet
    except httpx.ReadTimeout:
        pass
    return events


async def wrong_datum(hands: Hands) -> Reaction:
    """A place by a datum that is not WGS84: asked about, and nothing is told."""
    place = {"text": "47.5 N 7.5 E", "datum": "ED50"}
    footprint = {"type": "Circle", "center": place, "radius_m": 500}
    volume = await hands.volume(footprint=footprint)
    answer = await hands.ask(
        PARTIES[0], "POST", "/intents", {"kind": "flight", "volumes": [volume]}
    )
    is_right = answer.status_code == 422 and answer.json()["rule"] == "datum-unsupported"
    return Reaction("422 datum-unsupported: asked about", _said(answer), is_right)


async def swapped_coordinates(hands: Hands) -> Reaction:
    """Latitude and longitude change places in a new version: asked about, the old one stands."""
    told = await hands.told(PARTIES[0])
    intent = told["intent"]
    latitude, longitude = hands.place
    swapped = {"type": "Point", "coordinates": [latitude, longitude % 90], "radius_m": 500}
    volume = await hands.volume(footprint=swapped)
    body = {"kind": "flight", "volumes": [volume], "ovn": intent["ovn"]}
    answer = await hands.ask(PARTIES[0], "PUT", f"/intents/{intent['id']}", body)
    stands = (await hands.ask(PARTIES[0], "GET", f"/intents/{intent['id']}")).json()
    is_right = answer.status_code == 422 and stands.get("version") == intent["version"]
    return Reaction(
        "422 moved-far: asked about; the version before stands", _said(answer), is_right
    )


async def wrong_clock(hands: Hands) -> Reaction:
    """A clock 90 s ahead, measured by exchanges of stamps: each further answer says so."""
    ahead_us = round(_AHEAD_S * 1e6)
    base_us = parse_rfc3339((await hands.http.get("/api/v1/space")).json()["time"]) - _now_us()
    exchanges: list[dict[str, str]] = []
    for _ in range(3):
        sent = format_rfc3339(_now_us() + base_us + ahead_us)
        stamps = (await hands.ask(PARTIES[1], "POST", "/clock", {})).json()
        back = format_rfc3339(_now_us() + base_us + ahead_us)
        exchanges.append(
            {"sent": sent, "back": back} | {name: stamps[name] for name in ("received", "answered")}
        )
    await hands.ask(PARTIES[1], "POST", "/clock", {"exchanges": exchanges})
    answer = await hands.ask(PARTIES[1], "GET", "/parties")
    warned = answer.headers.get("clock-off", "")
    return Reaction(
        "each answer carries clock-off, and its times are widened",
        f"clock-off: {warned}" if warned else "no word of it",
        "ahead by" in warned,
    )


def _now_us() -> int:
    return time.time_ns() // 1000


async def duplicate(hands: Hands) -> Reaction:
    """The same request twice: one intent, the same answer; its key for another request: refused."""
    key = secrets.token_hex(8)
    body = {"kind": "flight", "volumes": [await hands.volume()]}
    first, second = [
        await hands.ask(PARTIES[0], "POST", "/intents", body, idempotency_key=key) for _ in range(2)
    ]
    other = await hands.ask(
        PARTIES[0], "POST", "/intents", {**body, "priority": 7}, idempotency_key=key
    )
    is_right = (
        first.status_code == 201
        and second.json().get("position") == first.json().get("position")
        and other.status_code == 409
        and other.json()["rule"] == "idempotency-key-reused"
    )
    return Reaction(
        "the first answer again; the key for something else is refused",
        f"{_said(first)}, again {_said(second)}, other {_said(other)}",
        is_right,
    )


async def stale_version(hands: Hands) -> Reaction:
    """A change of a version that is no longer the current one: refused, and the newer stands."""
    intent = (await hands.told(PARTIES[0]))["intent"]
    body = {"kind": "flight", "volumes": [await hands.volume()], "ovn": intent["ovn"]}
    path = f"/intents/{intent['id']}"
    newer = await hands.ask(PARTIES[0], "PUT", path, {**body, "priority": 1})
    stale = await hands.ask(PARTIES[0], "PUT", path, {**body, "priority": 2})
    stands = (await hands.ask(PARTIES[0], "GET", path)).json()
    is_right = (
        newer.status_code == 200
        and stale.status_code in (409, 412)
        and stands.get("ovn") == newer.json()["intent"]["ovn"]
    )
    return Reaction(
        "refused; the newer version stands",
        f"{_said(stale)}, version {stands.get('version')} stands",
        is_right,
    )


async def silent_party(hands: Hands) -> Reaction:
    """A party that answers nothing: its notice stays open and is shown as not reached."""
    one, two = PARTIES
    await hands.told(two)
    name = (await hands.told(one))["intent"]["id"]
    page = (await hands.ask(one, "GET", "/notices/unreached?limit=1000")).json()
    rows = [each for each in page["unreached"] if name in json.dumps(each)]
    inbox = (await hands.ask(two, "GET", "/notices?state=open&limit=1000")).json()["notices"]
    is_open = any(name in json.dumps(each) for each in inbox)
    return Reaction(
        "listed as not reached with its sender, open with its recipient",
        f"{len(rows)} not reached; {'open' if is_open else 'not open'}",
        bool(rows) and is_open,
    )


async def forged_key(hands: Hands) -> Reaction:
    """A statement under a party's key id, signed with another key: refused, and nothing is done."""
    body = {"kind": "flight", "volumes": [await hands.volume()]}
    answer = await _send_signed(hands, "/intents", "SubmitIntent", body, SigningKey.generate())
    good = await _send_signed(hands, "/intents", "SubmitIntent", body, hands.key)
    is_right = answer.status_code in (400, 401, 403) and good.status_code == 201
    return Reaction(
        "refused; the party's own next statement is number 1 as before",
        f"{_said(answer)}; its own {_said(good)}",
        is_right,
    )


async def forged_stop(hands: Hands) -> Reaction:
    """A STOP whose statement and token are both signed with another key: carried to everybody all
    the same, as UNVERIFIED.
    """
    text = f"drill {secrets.token_hex(4)}"
    head, payload, _ = hands.tokens[PARTIES[0]].split(".")
    signature = SigningKey.generate().sign(f"{head}.{payload}".encode()).signature
    token = f"{head}.{payload}.{_b64(signature)}"
    body = {"text": text}
    answer = await _send_signed(
        hands, "/stop", "TellStop", body, SigningKey.generate(), token=token
    )
    told = answer.json()
    seen = (await hands.ask(PARTIES[1], "GET", "/stops")).text
    identified = told.get("identified")
    is_right = answer.status_code < 300 and identified == "unverified" and text in seen
    return Reaction(
        "carried, and marked unverified",
        f"{answer.status_code} {identified}, {'carried' if text in seen else 'not carried'}",
        is_right,
    )


async def _send_signed(
    hands: Hands,
    path: str,
    command: str,
    body: dict[str, Any],
    key: SigningKey,
    *,
    token: str | None = None,
) -> httpx.Response:
    compact = hands.signed(command, body, key)
    return await hands.http.post(
        f"/api/v1{path}",
        content=compact,
        headers={
            "authorization": f"Bearer {token or hands.tokens[PARTIES[0]]}",
            "content-type": "application/jose",
        },
    )


FAULTS: dict[str, Callable[[Hands], Awaitable[Reaction]]] = {
    "lost-link": lost_link,
    "wrong-datum": wrong_datum,
    "swapped-coordinates": swapped_coordinates,
    "wrong-clock": wrong_clock,
    "duplicate": duplicate,
    "stale-version": stale_version,
    "silent-party": silent_party,
    "forged-key": forged_key,
    "forged-stop": forged_stop,
}
"""By name, in the order of the practice that asks for them; the last belongs to a forged key."""
