"""Plays: what three parties do at a node, step by step, with ids and clock handed in.

A play is a list of steps that charlie may know of as far as they go, and between them steps of the
others that it may know nothing of. Playing one list with two lists of hidden steps gives two runs
that must look the same to charlie.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from nacl.signing import SigningKey

from api_world import World, furnish
from disclosure.asking import Asker, View, asked, everything
from wideberth.client import PartyKey
from wideberth.faces.api import create_app
from wideberth.live import Live, LiveSettings
from wideberth.model.conformance import AnalyseConformance, FlightMeasured, MeasureFlight
from wideberth.model.ids import IntentId, KeyId, PartyId
from wideberth.model.parties import Role
from wideberth.node import Node
from wideberth.picture.flown import ConformanceLimits, summed
from wideberth.space.time import SECOND_US, format_rfc3339

START_US = 1_800_000_000_000_000  # 2027-01-15T08:00:00Z
ORIGIN = "test.example/disclosure"
READER = "charlie"

_AS_READ = ("content", "difference")


@dataclass(frozen=True)
class Step:
    """One thing that a party does. hidden: charlie may know nothing of it.

    what: the name of a method of Run, given: its arguments.
    """

    what: str
    party: str
    given: dict[str, Any] = field(default_factory=dict)
    hidden: bool = False


def volume(
    latitude: float = 47.005,
    longitude: float = 8.005,
    *,
    radius_m: float = 300,
    lower_m: float = 0,
    upper_m: float = 120,
    start_s: float = 3600,
    end_s: float = 7200,
) -> dict[str, Any]:
    """A circle on the wire; times in seconds from the start of the play."""
    return {
        "footprint": {
            "type": "Point", "coordinates": [longitude, latitude], "radius_m": radius_m
        },
        "lower": {"value": lower_m, "units": "M", "reference": "W84"},
        "upper": {"value": upper_m, "units": "M", "reference": "W84"},
        "start": format_rfc3339(START_US + int(start_s * SECOND_US)),
        "end": format_rfc3339(START_US + int(end_s * SECOND_US)),
    }  # fmt: skip


def box_in_cells(
    row: int, column: int, rows: int, columns: int, inset: tuple[float, float, float, float],
    *, step: int, steps: int, when: int, times: int, within: tuple[float, float, float, float],
) -> dict[str, Any]:  # fmt: skip
    """A box that touches exactly these cells and steps, however far within them its sides lie.

    row, column: of the first cell of 0.01 degrees, from 47 N and 8 E; step: of 50 m; when: of five
    minutes from the start. inset, within: where in its cell each side lies, over 0 and under 1.
    """
    south, west = 47 + (row + inset[0]) / 100, 8 + (column + inset[1]) / 100
    north, east = (
        47 + (row + rows - 1 + inset[2]) / 100,
        8 + (column + columns - 1 + inset[3]) / 100,
    )
    if rows == 1:
        south, north = min(south, north), max(south, north) + 1e-4
    if columns == 1:
        west, east = min(west, east), max(west, east) + 1e-4
    lower, upper = 50 * (step + within[0]), 50 * (step + steps - 1 + within[1])
    start, end = 300 * (when + within[2]), 300 * (when + times - 1 + within[3])
    if steps == 1:
        lower, upper = min(lower, upper), max(lower, upper)
    if times == 1:
        start, end = min(start, end), max(start, end)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "footprint": {"type": "Polygon", "coordinates": [ring]},
        "lower": {"value": round(lower, 3), "units": "M", "reference": "W84"},
        "upper": {"value": round(upper, 3), "units": "M", "reference": "W84"},
        "start": format_rfc3339(START_US + int(start * SECOND_US)),
        "end": format_rfc3339(START_US + int(end * SECOND_US)),
    }


class Ids:
    """Ids by step: what a step that all may know of makes is in order, whatever else is made."""

    def __init__(self) -> None:
        self.scope = "000v"
        self.count = 0
        self.given: list[str] = []

    def turn(self, number: int, *, hidden: bool) -> None:
        self.scope = "hid0" if hidden else f"{number:03d}v"
        self.count = self.count if hidden else 0

    def __call__(self) -> str:
        self.count += 1
        made = f"{self.scope}{self.count:04d}".ljust(20, "x")
        if self.scope == "hid0":
            made = "hid0" + hashlib.sha256(f"{len(self.given)}".encode()).hexdigest()[:16]
        self.given.append(made)
        return made


class Run:
    """A node at which a play is played. ids: what stands for the names that steps give objects."""

    def __init__(self, world: World, ids: Ids, clock: list[int]) -> None:
        self.world = world
        self.ids = ids
        self.clock = clock
        self.names: dict[str, str] = {}
        self.ovns: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.keys: dict[str, PartyKey] = {}
        self.requests: list[tuple[str, str]] = []
        self.reader = Asker(world, READER)
        self.number = 0

    async def play(self, steps: list[Step]) -> None:
        for step in steps:
            self.number += not step.hidden
            number = self.number
            # what is hidden happens at other times too
            self.clock[0] = START_US + number * SECOND_US + 300_000 * step.hidden
            self.ids.turn(number, hidden=step.hidden)
            await getattr(self, step.what)(step.party, hidden=step.hidden, **step.given)
        self.ids.turn(self.number + 1, hidden=False)
        self.clock[0] = START_US + (self.number + 1) * SECOND_US

    async def seen(self, shapes: list[dict[str, Any]]) -> View:
        """All that charlie has seen and can see now."""
        view = await everything(
            self.world, READER, dict.fromkeys(self.ids.given), shapes, self.requests
        )
        view.routes |= self.reader.view.routes
        view.seen = {"steps": self.reader.view.seen, **view.seen}
        view.raw = [*self.reader.view.raw, *view.raw]
        return view

    async def _ask(
        self, party: str, method: str, route: str, body: Any = None, *, hidden: bool, **more: Any
    ) -> Any:
        key = self.ids()
        self.requests.append((party, key))
        headers = {"Idempotency-Key": key} if method != "GET" else {}
        asker = self.reader if party == READER else Asker(self.world, party)
        return await asker.ask(method, route, body, headers=headers, label="step", **more)

    def _told(self, name: str, answer: Any) -> None:
        if answer.status_code in (200, 201):
            body = answer.json()
            if "intent" in body:
                self.names[name] = body["intent"]["id"]
                self.ovns[name] = body["intent"]["ovn"]
            elif "zone" in body:
                self.names[name] = body["zone"]["id"]
                self.versions[name] = body["zone"]["version"]

    async def tell(self, party: str, *, hidden: bool, name: str, body: dict[str, Any]) -> None:
        answer = await self._ask(party, "POST", "/intents", body, hidden=hidden)
        assert answer.status_code in (201, 409, 429), answer.text
        self._told(name, answer)

    async def amend(self, party: str, *, hidden: bool, name: str, body: dict[str, Any]) -> None:
        if name in self.names:
            body = {**body, "ovn": self.ovns[name]}
            answer = await self._ask(
                party, "PUT", "/intents/{intent}", body, hidden=hidden, intent=self.names[name]
            )
            self._told(name, answer)

    async def step(self, party: str, *, hidden: bool, name: str, step: str) -> None:
        if name in self.names:
            body = {"ovn": self.ovns[name], "step": step}
            answer = await self._ask(
                party, "POST", "/intents/{intent}/state", body, hidden=hidden,
                intent=self.names[name],
            )  # fmt: skip
            self._told(name, answer)

    async def zone(self, party: str, *, hidden: bool, name: str, body: dict[str, Any]) -> None:
        given = {"name": name, "rule": "keep-out", "reason": "r", **body}
        if name in self.versions:
            given["replaces_version"] = self.versions[name]
            answer = await self._ask(
                party, "PUT", "/zones/{zone}", given, hidden=hidden, zone=self.names[name]
            )
        else:
            answer = await self._ask(party, "POST", "/zones", given, hidden=hidden)
        assert answer.status_code in (200, 201), answer.text
        self._told(name, answer)

    async def unzone(self, party: str, *, hidden: bool, name: str) -> None:
        if name in self.versions:
            await self._ask(
                party, "DELETE", "/zones/{zone}", hidden=hidden, zone=self.names[name],
                query=f"version={self.versions.pop(name)}",
            )  # fmt: skip

    async def subscribe(self, party: str, *, hidden: bool, name: str, volume: Any) -> None:
        answer = await self._ask(party, "POST", "/subscriptions", {"volume": volume}, hidden=hidden)
        assert answer.status_code == 201, answer.text
        self.names[name] = answer.json()["subscription"]["id"]

    async def unsubscribe(self, party: str, *, hidden: bool, name: str) -> None:
        if name in self.names:
            await self._ask(
                party, "DELETE", "/subscriptions/{subscription}", hidden=hidden,
                subscription=self.names.pop(name),
            )  # fmt: skip

    async def check(self, party: str, *, hidden: bool, body: dict[str, Any]) -> None:
        answer = await self._ask(party, "POST", "/intents/check", body, hidden=hidden)
        assert answer.status_code == 200, answer.text

    async def answer(self, party: str, *, hidden: bool, verb: str) -> None:
        """Answer the open notices to the party: those that charlie sent, or (hidden) all others."""
        asker = Asker(self.world, party)
        page = await asker.ask("GET", "/notices", query="state=open&limit=1000")
        for notice in page.json()["notices"]:
            if party != READER and (notice.get("sender") == READER) == hidden:
                continue
            if verb == "RECEIVED":
                await self._ask(
                    party, "POST", "/notices/{notice}/acknowledgements", {"verb": verb},
                    hidden=hidden, notice=notice["id"],
                )  # fmt: skip
            else:
                await self._signed(
                    party,
                    "AcknowledgeNotice",
                    {
                        "notice": notice["id"], "verb": "LOADED", "unit": f"{party}-1",
                        "system": "console",
                        "clock": "2027-01-15T08:00:00Z",
                        **{name: notice[name] for name in _AS_READ if name in notice},
                    },
                    "/notices/{notice}/acknowledgements",
                    hidden=hidden,
                    notice=notice["id"],
                )  # fmt: skip

    async def release(self, party: str, *, hidden: bool) -> None:
        """Let every notice close that the party holds open."""
        asker = Asker(self.world, party)
        page = (await asker.ask("GET", "/notices/unreached", query="limit=1000")).json()
        for row in page["unreached"]:
            if row["role"] == "holder":
                await self._signed(
                    party, "ReleaseNotice", {"notice": row["notice"]}, "/notices/{notice}/release",
                    hidden=hidden, notice=row["notice"],
                )  # fmt: skip

    async def doubt(self, party: str, *, hidden: bool, name: str) -> None:
        """Doubt something that was told, or by name "" what each open notice tells of."""
        about: list[dict[str, str]] = []
        if name in self.names:
            kind = "zone" if name in self.versions else "intent"
            about.append({kind: self.names[name]})
        elif not name:
            asker = Asker(self.world, party)
            page = await asker.ask("GET", "/notices", query="state=open&limit=1000")
            about += [{"notice": each["id"]} for each in page.json()["notices"]]
        for each in about:
            words = f"SECRET-doubt-{name}" if hidden else "it is not there"
            body = {"statement": words, **each}
            answer = await self._ask(party, "POST", "/doubts", body, hidden=hidden)
            assert answer.status_code in (201, 403, 404, 409), answer.text

    async def avoid(self, party: str, *, hidden: bool, name: str, volume: Any) -> None:
        """Suggest where to keep, for a hazard of the party's."""
        if name in self.names:
            answer = await self._ask(
                party, "POST", "/hazards/{intent}/avoiding", {"volumes": [volume]}, hidden=hidden,
                intent=self.names[name],
            )  # fmt: skip
            assert answer.status_code in (200, 400, 404), answer.text

    async def enrol(self, party: str, *, hidden: bool, key_id: str = "desk") -> None:
        seed = hashlib.sha256(f"{party}/{key_id}".encode()).digest()
        key = PartyKey(ORIGIN, PartyId(party), KeyId(key_id), SigningKey(seed))
        body = {
            "key_id": key_id, "public_key": _text(key.public_key),
            "roles": [role.value for role in Role], "proof": _text(key.proof_of_possession()),
        }  # fmt: skip
        answer = await self._ask(party, "POST", "/keys", body, hidden=hidden)
        assert answer.status_code == 201, answer.text
        self.keys.setdefault(party, key)

    async def revoke(self, party: str, *, hidden: bool, key_id: str) -> None:
        await self._ask(party, "DELETE", "/keys/{key_id...}", hidden=hidden, key_id=key_id)

    async def draft(self, party: str, *, hidden: bool, name: str, terms: dict[str, Any]) -> None:
        """A text that the party keeps to itself."""
        answer = await self._ask(party, "POST", "/drafts", {"terms": terms}, hidden=hidden)
        assert answer.status_code in (200, 201), answer.text

    async def propose(self, party: str, *, hidden: bool, name: str, terms: dict[str, Any]) -> None:
        """A text that is signed by all its parties, one after the other."""
        answer_by = format_rfc3339(self.clock[0] + 86_400 * SECOND_US)
        made = await self._signed(
            party, "ProposeAgreement", {"terms": terms, "answer_by": answer_by}, "/agreements",
            hidden=hidden,
        )  # fmt: skip
        self.names[name] = made["agreement"]
        for each in terms["parties"]:
            body = {"agreement": made["agreement"], "version": 1, "act": "sign"}
            await self._signed(
                each, "StepAgreement", {**body, "digest": made["digest"]},
                "/agreements/{agreement}/acts", hidden=hidden, agreement=made["agreement"],
            )  # fmt: skip

    async def agree(self, party: str, *, hidden: bool, name: str, act: str) -> None:
        """Suspend it, or end it."""
        body = {"agreement": self.names[name], "version": 1, "act": act, "reason": "r"}
        await self._signed(
            party, "StepAgreement", body, "/agreements/{agreement}/acts", hidden=hidden,
            agreement=self.names[name],
        )  # fmt: skip

    async def red_line(self, party: str, *, hidden: bool, name: str, volume: Any) -> None:
        body = {"name": f"LINE-{name}", "volumes": [volume]}
        answer = await self._ask(
            party, "PUT", "/red-lines/{red_line}", body, hidden=hidden, red_line=name
        )
        assert answer.status_code == 200, answer.text

    async def challenge(self, party: str, *, hidden: bool, name: str, statement: str) -> None:
        answer = await self._ask(
            party, "POST", "/sites/{site}/challenges", {"statement": statement}, hidden=hidden,
            site=self.names[name],
        )  # fmt: skip
        assert answer.status_code == 200, answer.text

    async def stop(self, party: str, *, hidden: bool, name: str, text: str) -> None:
        """A STOP that names an intent: who may not see that one learns the rest."""
        body = {"intent": self.names[name], "text": text}
        answer = await self._ask(party, "POST", "/stop", body, hidden=hidden)
        assert answer.status_code < 300, answer.text

    async def feed(self, party: str, *, hidden: bool, feed: str, shown_to: Any) -> None:
        await self._ask(
            party, "PUT", "/feeds/{feed}", {"shown_to": shown_to}, hidden=hidden, feed=feed
        )

    async def track(
        self, party: str, *, hidden: bool, feed: str, reports: list[dict[str, Any]]
    ) -> None:
        now = format_rfc3339(self.clock[0])
        body = {"feed": feed, "reports": [{**each, "time": now} for each in reports]}
        answer = await self._ask(party, "POST", "/tracks", body, hidden=hidden)
        assert answer.json()["refused"] == [], answer.text

    async def fly(self, party: str, *, hidden: bool, outside_s: int) -> None:
        """Twelve hours in the air are counted, so much of them outside, and then analysed."""
        node, owner, now_us = self.world.node, PartyId(party), self.clock[0]
        outside_us = outside_s * SECOND_US
        flight = FlightMeasured(
            owner, IntentId("SECRET-FLIGHT"), "SECRET-TRACK", "closed", now_us, now_us, now_us,
            43_200 * SECOND_US - outside_us, outside_us, 0, 1, outside_us,
        )  # fmt: skip
        await node.command(MeasureFlight(flight))
        last = node.service.picture.analyses.get(owner)
        number = 1 if last is None else last.said.number + 1
        said = summed([flight], ConformanceLimits(), from_us=0, to_us=now_us)
        await node.command(
            AnalyseConformance(owner, number, said, number, now_us, now_us, False, now_us, 0)
        )

    async def look(self, party: str, *, hidden: bool) -> None:
        await self.world.app.desk.live.tick()

    async def _signed(
        self, party: str, command: str, body: dict[str, Any], route: str, *, hidden: bool,
        **names: str,
    ) -> Any:  # fmt: skip
        key = self.keys.get(party)
        if key is None:
            return None
        request = self.ids()
        self.requests.append((party, request))
        compact = key.sign(command, body, method="POST", path=route, request=request)
        path = "/api/v1" + route.format(**names)
        asker = self.reader if party == READER else Asker(self.world, party)
        asker.view.routes.add(("POST", route))
        jose = {"Content-Type": "application/jose"}
        answer = await asked(
            self.world, party, "POST", path, content=compact.encode(), headers=jose
        )
        key.settle(is_applied=answer.status_code in (200, 201))
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@contextlib.asynccontextmanager
async def a_run(**rules: Any) -> AsyncIterator[Run]:
    """A node with fresh folder, in memory where the machine has room for files there. rules: of the
    space, where they are other than the default.
    """
    shared = Path("/dev/shm")
    clock = [START_US]
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        place = Path(folder) / "node"
        place.mkdir()
        (place / "wideberth.toml").write_text(f'[space]\norigin = "{ORIGIN}"\n')
        node = Node.open(place, clock_us=lambda: clock[0])
        node._rules = msgspec.structs.replace(node._rules, assess_sharing=False, **rules)
        ids = Ids()
        node.service._ids = ids
        app = create_app(node, live=Live(node.service, LiveSettings(tick_s=3600)))
        async with AsyncExitStack() as stack:
            await app.enter(stack)
            await furnish(node)
            yield Run(World(node, app), ids, clock)
