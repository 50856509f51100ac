"""Everything that one party can read or provoke at a node, through the real ASGI application.

Each answer is brought to a form that two runs can be compared in: what is left out is the tree's
size (positions, lengths that hang on it, proofs) and the values that are random by their nature
(salts, signatures), and ids are named by the order in which the party meets them.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from api_world import JSON, World
from wideberth.faces.api import lines as api_lines
from wideberth.faces.api.routes import ROUTES
from wideberth.faces.cli import export
from wideberth.model.ids import PartyId
from wideberth.space.time import MAX_US, MIN_US

ID = re.compile(r"(?<![0-9A-Za-z])(?:\d{3}v|hid0|unk0)[0-9a-z]{16}(?![0-9A-Za-z])")
"""An id as the runs make them: of a step that all may see, of a hidden one, or of nothing."""

ONE_IN = int(os.environ.get("WIDEBERTH_DISCLOSURE_ONE_IN", "4"))
"""Of the ids that were not met, each is asked for by one in so many of the routes that take one."""

UNKNOWN = "unk" + "0" * 17
FILTERS = (
    "south=47&west=8&north=47.011&east=8.011",
    "circle=47.005,8.005,300",
    "kinds=notice,warning&lower_m=100",
)
"""Of a stream: what is left out, and said to be, must hang on what is shown alone."""

_RANDOM = {
    "fingerprint", "said_digest", "prev", "subject", "proof", "vkey", "public_key",
    "content", "difference",  # a salt that its recipient alone knows is in them
    "open_list",  # a digest of the party's own list, which hangs on the ids that were drawn
}  # fmt: skip
_STOPS = {"id", "subject", "subjects"}
_OF_THE_CHAIN = {"party_seq"}
"""How many statements a key has signed stands in each of them: docs/security.md says so."""

_OF_THE_TREE = {"position", "salt", "proof", "checkpoint", "leaf", "entry", "receipt"}
_RANDOM_FACTS = {"Notice as received", "Difference acknowledged"}
"""Facts of a timeline that hang on a salt that their reader alone knows."""
_HEADERS_LEFT_OUT = {"content-length"}  # it hangs on how many digits a position has


@dataclass
class View:
    """What a party saw: label to status, headers and body. ids: all that it met, in order."""

    party: str
    seen: dict[str, Any] = field(default_factory=dict)
    routes: set[tuple[str, str]] = field(default_factory=set)
    raw: list[str] = field(default_factory=list)

    def text(self) -> str:
        """All of it, with ids in the order in which they are met."""
        return named(json.dumps(self.seen, sort_keys=False, indent=0))

    @property
    def met(self) -> set[str]:
        """Ids that stand in anything that was seen."""
        return set(ID.findall(json.dumps(self.seen)))


def named(text: str) -> str:
    """The text with each id replaced by its number, in the order in which they come."""
    numbers: dict[str, str] = {}
    return ID.sub(lambda found: numbers.setdefault(found[0], f"#{len(numbers) + 1}"), text)


def plain(value: Any, *, at: str = "") -> Any:
    """JSON without the tree's size and what is random."""
    if isinstance(value, dict):
        if value.get("name") in _RANDOM_FACTS:
            return value["name"]
        return {
            name: "(random)" if name in _RANDOM else plain(each, at=name)
            for name, each in value.items()
            if name not in _OF_THE_TREE | _OF_THE_CHAIN
        }
    if isinstance(value, list):
        return [plain(each, at=at) for each in value]
    if at in _STOPS | {"text"} and isinstance(value, str) and value.startswith("stop-"):
        return "(a STOP)"  # drawn before anything is known of it
    if at == "next" and isinstance(value, str) and value.isdigit():
        return "(more)"
    if at == "envelope" and isinstance(value, str):
        return plain(json.loads(value))
    if at == "said" and isinstance(value, str):
        return plain(_payload(value))
    return value


def _payload(compact: str) -> Any:
    middle = compact.split(".")[1]
    return json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)


async def asked(
    world: World,
    party: str,
    method: str,
    url: str,
    *,
    query: str = "",
    content: bytes = b"",
    headers: dict[str, str],
) -> Answer:
    """One request, straight to the application: a client would take most of the time."""
    given = {"authorization": f"Bearer {world.tokens[party]}", **headers}
    head: dict[str, Any] = {}
    came = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            head.update(message)
        came.extend(message.get("body", b""))

    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": url, "raw_path": b"",
        "query_string": query.encode(), "scheme": "http", "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    await world.app(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in head["headers"]}
    return Answer(head["status"], found, bytes(came))


class Asker:
    """One party at one node. Whatever it asks ends up in its view."""

    def __init__(self, world: World, party: str) -> None:
        self.world = world
        self.view = View(party)

    async def ask(
        self,
        method: str,
        route: str,
        body: Any = None,
        *,
        label: str = "",
        keep: bool = True,
        headers: dict[str, str] | None = None,
        query: str = "",
        **names: str,
    ) -> Any:
        """One request on a row of the route table; what came, as it came."""
        path = route
        for name, value in names.items():
            path = re.sub(r"\{" + name + r"(\.\.\.)?\}", value, path)
        url = path[1:] if path.startswith("//") else f"/api/v1{path}"
        self.view.routes.add((method, route))
        sent = {**(JSON if body is not None else {}), **(headers or {})}
        content = b"" if body is None else json.dumps(body).encode()
        answer = await asked(
            self.world, self.view.party, method, url, query=query, content=content, headers=sent
        )
        text = answer.text
        for value in (*names.values(), query.rpartition("=")[2]):
            if value and answer.status_code >= 400:
                text = text.replace(value, "(asked)")  # a refusal says what came
        self.view.raw.append(text)
        if keep:
            label = label or f"{method} {path}?{query} {json.dumps(body)}"
            self.view.seen[f"{len(self.view.seen)} {label}"] = compared(answer)
        return answer

    async def events(self, route: str, *, end: int, query: str = "", socket: bool = False) -> None:
        """What a stream says until the event numbered end was said or left out, and it waits."""
        self.view.routes.add(("GET", route))
        token = self.world.tokens[self.view.party]
        cut, came = asyncio.Event(), list[tuple[int | None, str, Any]]()
        raw = bytearray()
        waits = [{"type": "websocket.connect"}] if socket else []

        async def receive() -> dict[str, Any]:
            if waits:
                return waits.pop()
            await cut.wait()
            return {"type": "websocket.disconnect" if socket else "http.disconnect"}

        async def send(message: Any) -> None:
            body = message.get("text", "").encode() if socket else message.get("body", b"")
            raw.extend(body)
            came.extend(_of_socket(body) if socket else _of_stream(body))

        scope = {
            "type": "websocket" if socket else "http", "method": "GET",
            "path": f"/api/v1{route}", "query_string": query.encode(), "subprotocols": [],
            "headers": [(b"authorization", f"Bearer {token}".encode())],
        }  # fmt: skip
        quiet = 0
        # What was left out last is said with a heartbeat.
        with mock.patch.object(api_lines, "HEARTBEAT_S", 0.02 if query else 10.0):
            task = asyncio.create_task(self.world.app(scope, receive, send))
            for _ in range(2000):
                before = len(came)
                await asyncio.sleep(0.002)
                last = max((number for number, _, _ in came if number is not None), default=0)
                quiet = quiet + 1 if raw and last >= end and len(came) == before else 0
                if quiet > 4 or task.done():
                    break
            cut.set()
            await task
        self.view.raw.append(raw.decode())
        said = [[number, name, plain(data)] for number, name, data in came if name != "bye"]
        carrier = "socket" if socket else "stream"
        self.view.seen[f"{len(self.view.seen)} {carrier} {route}?{query}"] = said


def _of_stream(body: bytes) -> list[tuple[int | None, str, Any]]:
    found: list[tuple[int | None, str, Any]] = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
        if fields:
            number = int(fields["id"]) if "id" in fields else None
            found.append((number, fields["event"], json.loads(fields["data"])))
    return found


def _of_socket(body: bytes) -> list[tuple[int | None, str, Any]]:
    said = json.loads(body) if body else {"event": "still-here"}
    is_said = said["event"] != "still-here"
    return [(said.get("id"), said["event"], said["data"])] if is_said else []


def compared(answer: Any) -> Any:
    """Status, headers and body of an answer, in the form that two runs are compared in."""
    headers = sorted(
        (name, value)
        for name, value in answer.headers.items()
        if name not in _HEADERS_LEFT_OUT
    )  # fmt: skip
    if answer.headers["content-type"].startswith(("application/json", "application/problem")):
        body = plain(answer.json())
        if "entries" in body:  # of the others there is a leaf, and that is the tree's
            body = {"entries": [each for each in body["entries"] if "envelope" in each]}
            body["entries"] = [plain(each["envelope"]) for each in body["entries"]]
    else:
        body = "(text)"
    return [answer.status_code, headers, body]


async def everything(
    world: World,
    party: str,
    ids: Iterable[str],
    shapes: list[dict[str, Any]],
    keys: Iterable[tuple[str, str]],
) -> View:
    """All that a party can see at the end of a run. ids: every object's that there is, seen or not;
    shapes: volumes to ask about; keys: idempotency keys of anybody's requests.
    """
    asker = Asker(world, party)
    await _lists(asker, shapes)
    await _record(asker)
    await _by_id(asker, sorted(ids), sorted(keys))
    await _dry_runs(asker, shapes)
    history = world.node.service.picture.history
    assert history is not None
    end = history.stream_end(PartyId(party))
    await asker.events("/stream", end=end)
    await asker.events("/stream", end=end, socket=True)
    for query in FILTERS:
        await asker.events("/stream", end=end, query=query)
    await asker.events("/tracks/stream", end=0)
    await asker.events("/tracks/stream", end=0, query="south=47&west=8&north=47.011&east=8.011")
    return asker.view


async def _timelines(asker: Asker) -> None:
    for query in ("", "objects=hid0", "parties=alpha", "parties=bravo,charlie"):
        await asker.ask("GET", "/timeline", query=query)
    for period in ("from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "to=soon"):
        await asker.ask("GET", "/conformance", query=period)
    text = (await asker.ask("GET", "/timeline/text", keep=False)).text
    asker.view.seen["/timeline/text"] = re.sub(r"entry \d+", "entry n", text)


async def _lists(asker: Asker, shapes: list[dict[str, Any]]) -> None:
    for route in PUBLIC:
        await asker.ask("GET", route)
    for name in (UNKNOWN, "range-1", "fire-desk-1"):
        await asker.ask("GET", "//public/alerts/{alert}", alert=name)
        await asker.ask("GET", "//public/notams/{alert}", alert=name)
    for route in ("//healthz", "//readyz", "/space"):
        answer = await asker.ask("GET", route, keep=False)
        if route != "//readyz":
            body = {name: each for name, each in answer.json().items() if name != "position"}
            asker.view.seen[f"{route}"] = [answer.status_code, plain(body)]
    for route in (
        "/intents", "/zones", "/subscriptions", "/notices", "/notices/unreached", "/warnings",
        "/tracks", "/parties", "/sites",
    ):  # fmt: skip
        await asker.ask("GET", route, query="limit=1000")
        await _paged(asker, route)
    await asker.ask("GET", "/notices", query="state=open")
    await asker.ask("GET", "/sites", query="whose=own")
    for box in ("south=46&west=7&north=48&east=9", "south=47&west=8&north=47.011&east=8.011"):
        for route in ("/intents", "/zones", "/tracks"):
            await asker.ask("GET", route, query=box)
    for kind in ("flight", "presence"):
        await asker.ask("GET", "/intents", query=f"kind={kind}")
    await asker.ask("GET", "/intents", query="party=alpha")
    for route in (
        "/agreements", "/consents", "/drafts", "/red-lines", "/stops", "/channels", "/hazards",
        "/feeds", "/shifts", "/templates", "/sharings", "/shared", "/doubts",
        "/sealed-texts", "/backlog", "/incidents", "/incidents/proposed",
        "/drills", "/read-back-tests",
    ):  # fmt: skip
        await asker.ask("GET", route)
    await _timelines(asker)
    await asker.ask("GET", "/templates/{template}", template="korea-2018")
    answer = await asker.ask("GET", "/held", keep=False)
    body = {name: each for name, each in answer.json().items() if name != "size"}  # the tree's
    asker.view.seen["/held"] = [answer.status_code, plain(body)]
    # What would be done, and is refused as it stands: without a signature, or a member.
    for method, route in (
        ("POST", "/agreements"), ("POST", "/drafts"), ("POST", "/channel/suspension"),
        ("DELETE", "/channel/suspension"), ("POST", "/shifts"), ("POST", "/stop"),
        ("POST", "/heartbeat"), ("POST", "/ceilings"),
    ):  # fmt: skip
        answer = await asker.ask(method, route, {"nobody": "knows this"})
        assert answer.status_code >= 400, (route, answer.text)
    await asker.ask("POST", "/exports", {"purpose": " "})  # refused
    await asker.ask("POST", "/incidents", {"nobody": "knows this"})  # refused
    for kind, name, last, body in (
        ("questions", "question", "steps", {"step": "answer", "words": " "}),
        ("evidence", "evidence", "checks", {"matches": True}),
        ("evidence", "evidence", "disclosures", {"parties": ["alpha"]}),
        ("results", "result", "receipt", {"digest": "0" * 64}),
    ):
        path = f"/incidents/{{incident}}/{kind}/{{{name}}}/{last}"
        await asker.ask("POST", path, body, incident=UNKNOWN, **{name: UNKNOWN})
    for item in ("intent", "zone", "notice"):
        await asker.ask("POST", "/doubts", {"statement": " ", item: UNKNOWN})
    await asker.ask("GET", "/sealed-texts/{sealed}", sealed=UNKNOWN)
    await asker.ask("GET", "/tracks/segments/{segment}", segment=UNKNOWN)
    await asker.ask("POST", "/sealed-texts", {})
    await asker.ask("POST", "/seal-keys", {})
    await asker.ask("POST", "/drills", {"to": "nobody"})
    await asker.ask("POST", "/drills/{drill}/answers", {"verb": "RECEIVED"}, drill=UNKNOWN)
    await asker.ask("POST", "/read-back-tests", {})
    await asker.ask("POST", "/read-back-tests/answers", {})
    await asker.ask("GET", "/stops/{stop}", stop=UNKNOWN)
    read = "/stops/{stop}/acknowledgements"
    await asker.ask("POST", read, {"by": "person"}, stop=UNKNOWN)
    path = "/sites/{site}/challenges/{party}/answer"
    await asker.ask("POST", path, {"statement": " "}, site=UNKNOWN, party="bravo")
    for shape in shapes:
        await asker.ask("POST", "/intents/query", {"volume": shape})


async def _paged(asker: Asker, route: str) -> None:
    """The list again, two at a time: the same rows, and no page more."""
    query, pages = "limit=2", 0
    while True:
        answer = await asker.ask("GET", route, query=query, label=f"{route} page {pages}")
        pages += 1
        after = answer.json().get("next")
        if after is None:
            return
        name = "after" if route == "/notices" else "cursor"
        query = f"limit=2&{name}={after}"


async def _record(asker: Asker) -> None:
    await asker.ask("GET", "/record/entries", query="limit=1000")
    size = asker.world.node.service.picture.size
    page = (await asker.ask("GET", "/record/entries", query="limit=1000", keep=False)).json()
    readable = {each["position"] for each in page["entries"] if "envelope" in each}
    refused: set[bytes] = set()
    for position in range(size + 1):
        answer = await asker.ask(
            "GET", "/record/receipts/{position}", keep=False, position=str(position)
        )
        assert (answer.status_code == 200) == (position in readable), position
        if answer.status_code != 200:
            refused.add(answer.content)
    assert len(refused) == 1, "what is hidden and what is not there are refused alike"
    await asker.ask("GET", "/delivery/ways")
    await asker.ask("GET", "/delivery/keys", keep=False)  # the node's own, drawn for each
    await asker.ask("POST", "/answers", {"code": "0000-0000-00ZZ", "verb": "RECEIVED"})
    await asker.ask("GET", "/answers/{link}", link=UNKNOWN)
    await asker.ask("POST", "/answers/{link}", {"verb": "RECEIVED"}, link=UNKNOWN)
    await asker.ask("GET", "/record/checkpoint")
    for tile in (f"0/000.p/{min(size, 255)}", "entries/000", "entries/000.p/3", "data/000"):
        answer = await asker.ask("GET", "/record/tile/{tile...}", keep=False, tile=tile)
        # hashes of leaves and nodes, and nothing else: 32 bytes each
        assert answer.status_code != 200 or len(answer.content) == 32 * min(size, 255), tile
        assert answer.status_code != 200 or tile[0] == "0", tile
    await asker.ask("POST", "/record/cosignatures", {}, keep=False)
    # the node's own clock: the moment of asking, and nothing else
    stamps = (await asker.ask("POST", "/clock", {}, keep=False)).json()
    assert not ID.findall(json.dumps(stamps))
    await asker.ask("GET", "/record/proof/consistency", query=f"old=1&new={size}", keep=False)
    out = io.BytesIO()
    record = asker.world.node._record
    export._export(record, PartyId(asker.view.party), (MIN_US, MAX_US + 1), out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    asker.view.raw.append(out.getvalue().decode())
    asker.view.seen["export"] = [plain({**line, "vkey": ""}) for line in lines]


_NEVER_CALLED = {  # in time to come: whoever may type for the notice is told that instead
    "verb": "RECEIVED", "started": "2999-01-01T00:00:00Z", "ended": "2999-01-01T00:00:00Z",
    "desk": "desk", "language": "en", "identified": "claimed",
}  # fmt: skip
PUBLIC = (
    "//public", "//public/closures", "//public/closures.geojson", "//public/feed.atom",
    "//public/notams",
)  # fmt: skip
"""What anybody reads without a credential."""
_BY_ID = (
    ("GET", "/intents/{intent}", "intent", None),
    ("GET", "/intents/{intent}/versions", "intent", None),
    ("GET", "/zones/{zone}", "zone", None),
    ("GET", "/sites/{site}", "site", None),
    ("GET", "/exports/{export}", "export", None),
    ("GET", "/shared/{intent}", "intent", None),
    ("GET", "/notices/{notice}", "notice", None),
    ("GET", "/notices/{notice}/receipts", "notice", None),
    ("GET", "/parties/{party}", "party", None),
    ("GET", "/agreements/{agreement}", "agreement", None),
    ("GET", "/doubts/{doubt}", "doubt", None),
    ("GET", "/incidents/{incident}", "incident", None),
    ("GET", "/incidents/{incident}/accounts", "incident", None),
    ("GET", "/incidents/{incident}/questions", "incident", None),
    ("GET", "/incidents/{incident}/evidence", "incident", None),
    ("GET", "/incidents/{incident}/results", "incident", None),
    ("GET", "/incidents/{incident}/segments", "incident", None),
    ("GET", "/incidents/{incident}/timeline", "incident", None),
    ("GET", "/incidents/{incident}/timeline/text", "incident", None),
)
_FLIGHT = {
    "kind": "flight",
    "volumes": [
        {
            "footprint": {"type": "Point", "coordinates": [8.0, 47.0], "radius_m": 10.0},
            "lower": {"value": 0, "units": "M", "reference": "W84"},
            "upper": {"value": 10, "units": "M", "reference": "W84"},
            "start": "2027-01-16T08:00:00Z",
            "end": "2027-01-16T08:00:00Z",
        }
    ],
}
_ZONE = {
    "name": "z", "rule": "keep-out", "volumes": _FLIGHT["volumes"], "reason": "r",
    "replaces_version": 999,
}  # fmt: skip
_HARM = {"statement": " ", "occurred": "2027-01-01T00:00:00Z"}
_ASSESSED = {"disclosure": "exact", "receives": "x", "passes_on": "x", "history": "x"}
_LODGED = {"sha256": "0" * 64, "size_bytes": 0, "media_type": "a/b", "line": " "}
_CHANGES = (
    ("PUT", "/intents/{intent}", "intent", {**_FLIGHT, "ovn": "x"}, ""),
    ("POST", "/intents/{intent}/state", "intent", {"ovn": "x", "step": "end"}, ""),
    ("PUT", "/zones/{zone}", "zone", _ZONE, ""),
    ("DELETE", "/zones/{zone}", "zone", None, "version=999"),
    ("POST", "/sites/{site}/challenges", "site", {"statement": " "}, ""),
    ("POST", "/sites/{site}/harm", "site", _HARM, ""),
    ("POST", "/sites/{site}/review", "site", {"statement": " "}, ""),
    ("POST", "/exports/{export}/countersignature", "export", {}, ""),
    ("PUT", "/sharings/{recipient}", "recipient", _ASSESSED, ""),
    ("DELETE", "/sharings/{recipient}", "recipient", None, ""),
    ("DELETE", "/subscriptions/{subscription}", "subscription", None, ""),
    ("POST", "/notices/{notice}/acknowledgements", "notice", {"verb": "RECEIVED"}, ""),
    ("POST", "/notices/{notice}/release", "notice", {}, ""),
    ("DELETE", "/keys/{key_id...}", "key_id", None, ""),
    ("POST", "/notices/{notice}/relayed", "notice", _NEVER_CALLED, ""),
    ("POST", "/agreements/{agreement}/acts", "agreement", {"version": 1, "act": "end"}, ""),
    ("POST", "/agreements/{agreement}/versions", "agreement", {}, ""),
    ("POST", "/agreements/{agreement}/consents", "agreement", {}, ""),
    ("POST", "/agreements/{agreement}/contests", "agreement", {}, ""),
    ("POST", "/consents/{consent}/answers", "consent", {}, ""),
    ("PUT", "/drafts/{agreement}", "agreement", {}, ""),
    ("PUT", "/red-lines/{red_line}", "red_line", {}, ""),
    ("DELETE", "/red-lines/{red_line}", "red_line", None, ""),
    ("POST", "/hazards/{intent}/status", "intent", {"status": "x"}, ""),
    ("POST", "/hazards/{intent}/all-clear", "intent", {}, ""),
    ("POST", "/hazards/{intent}/avoiding", "intent", {"volumes": []}, ""),
    ("POST", "/channels/{about}/report", "about", {"state": "DOWN"}, ""),
    ("POST", "/doubts/{doubt}/answer", "doubt", {"state": "answered", "statement": " "}, ""),
    ("POST", "/incidents/{incident}/parties", "incident", {}, ""),
    ("POST", "/incidents/{incident}/subjects", "incident", {"subjects": [" "]}, ""),
    ("POST", "/incidents/{incident}/accounts", "incident", {"shown_to": "own", "words": " "}, ""),
    ("POST", "/incidents/{incident}/questions", "incident", {"to": "alpha", "words": " "}, ""),
    ("POST", "/incidents/{incident}/evidence", "incident", _LODGED, ""),
    ("POST", "/incidents/{incident}/results", "incident", {"to": ["alpha"], "words": " "}, ""),
)


async def _by_id(asker: Asker, ids: list[str], keys: list[tuple[str, str]]) -> None:
    """Every id that there is, as every sort of object: what the party has not met answers as what
    never was, to the byte.
    """
    met = asker.view.met
    own = {
        each["id"]
        for route in ("/subscriptions", "/notices")
        for each in (await asker.ask("GET", route, query="limit=1000", keep=False)).json()[
            route[1:]
        ]
    }
    asked = [(method, route, name, body, "") for method, route, name, body in _BY_ID]
    for turn, (method, route, name, body, query) in enumerate([*asked, *_CHANGES]):
        unknown = await asker.ask(method, route, body, keep=False, query=query, **{name: UNKNOWN})
        assert unknown.status_code >= 400, unknown.text
        for place, each in enumerate(ids):
            seen = each in met
            if method != "GET" and each in own:
                continue  # it would be done
            if not seen and (place + turn) % ONE_IN:
                continue
            answer = await asker.ask(
                method, route, body, keep=seen, query=query, label=f"{method} {route}",
                **{name: each},
            )  # fmt: skip
            assert method == "GET" or answer.status_code >= 400, (method, route, answer.text)
            if not seen:
                alike(answer, unknown, each)
    unknown = await asker.ask("GET", "/notices/unreached", keep=False, query=f"cursor={UNKNOWN}")
    for each in ids[::ONE_IN]:
        if each not in met:
            answer = await asker.ask(
                "GET", "/notices/unreached", keep=False, query=f"cursor={each}"
            )
            alike(answer, unknown, each)
    unknown = await asker.ask("GET", "/requests/{key...}", keep=False, key="never-was")
    for place, (party, key) in enumerate(keys):
        if party != asker.view.party and place % ONE_IN:
            continue
        own = party == asker.view.party
        answer = await asker.ask("GET", "/requests/{key...}", keep=own, label="requests", key=key)
        if not own:
            alike(answer, unknown, key)


def alike(answer: Any, unknown: Any, each: str) -> None:
    """Both say the same to the byte, but for the id that was asked for."""
    ours = answer.content.replace(each.encode(), UNKNOWN.encode())
    assert (answer.status_code, ours) == (unknown.status_code, unknown.content), answer.text
    first, second = dict(answer.headers), dict(unknown.headers)
    for headers in (first, second):
        headers.pop("content-length", None)
    assert first == second, (first, second)


async def _dry_runs(asker: Asker, shapes: list[dict[str, Any]]) -> None:
    for shape in shapes:
        for hidden in (False, True):
            body = {"kind": "flight", "volumes": [shape], "hidden": hidden}
            await asker.ask("POST", "/intents/check", body)
    await asker.ask("POST", "/intents/preview", _FLIGHT)  # it says again what was asked
    await asker.ask("POST", "/intents/read", {"text": "47.01 N 7.51 E"})  # and so does this
    for each in (UNKNOWN, "x"):
        body = {"kind": "flight", "volumes": [shapes[0]], "replaces": each}
        await asker.ask("POST", "/intents/check", body)


def uncovered(routes: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Rows of the route table that nobody asked."""
    return {(route.method, route.path) for route in ROUTES} - routes
