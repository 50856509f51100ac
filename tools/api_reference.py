"""Writes docs/reference/api.md from the route table and the wire structs of the API."""

# ruff: noqa: E501 - the page has a line to a sentence

from __future__ import annotations

from pathlib import Path
from typing import Any

from wideberth.faces.api import told
from wideberth.faces.api.events import EVENTS
from wideberth.faces.api.filters import OPTIONAL
from wideberth.faces.api.http import Route
from wideberth.faces.api.openapi import schemas_of
from wideberth.faces.api.problems import TITLES
from wideberth.faces.api.routes import ROUTES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "api.md"

HEAD = """\
# The HTTP API

<!-- Made by tools/api_reference.py from the route table and the wire structs; a test compares. -->

The API stands under `/api/v1`; `/api/v1/openapi.json` is the same as below, as OpenAPI 3.1.
JSON in UTF-8 goes in and out.
[How to tell an intent](../how-to/tell-an-intent-over-http.md) shows it by example.

- **Who asks.** `Authorization: Bearer TOKEN` on everything but what is marked public, also on streams; no token stands in an address.
- **Strict.** An unknown member or parameter is refused, and so is one given twice; the problem names the field by its dotted path, the rule, and what came.
- **Hidden is unknown.** What you may not see is answered exactly as what does not exist, and is in no list, count, order, event or proof.
- **Clocks.** An answer to a party whose clock was measured to be off by more than is agreed carries the header `Clock-Off` with the figures. See [times](times.md#clocks).
- **Once.** A write takes the header `Idempotency-Key`, or gets a fresh one in its answer. The same key is one request for 24 hours, also across a crash: a retry gets the first answer byte for byte, with the header `Idempotency-Repeated: true`. `GET /requests/KEY` tells what became of it.
- **Durable.** The answer to a write leaves after the write is on disk. A [STOP](../how-to/stop.md) alone leaves first, and its answer says what is on disk.
- **Signed.** A write marked *signed* takes, with `Content-Type: application/jose`, a statement in the place of its body: a JWS in compact form whose `type` is the command's name and whose `body` is the same JSON with the names of the address in it. The token must be of the same party. Answers to a notice beyond RECEIVED must be signed.
- **Bounded.** A body has up to 1 MiB, a page up to 1,000 (100 unless asked) and some 4 MiB, a batch of positions up to 10,000. `next` of a page is the `cursor` (or `after`, or `from`) of the next one.
- **Units.** Metres, seconds, degrees (WGS84), times in RFC 3339 with their offset. Heights without a reference are above the WGS84 ellipsoid.
- **Not permission.** An answer without intents carries what it rests on. No information is not clearance.
"""

STREAMS = """\
## Streams

`GET /stream` gives your events, numbered from 1 without a gap, and `GET /tracks/stream` the positions of tracks.
Each is there over two carriers, with the same events, credentials, limits and rules:

- **Server-sent events**: an ordinary `GET`. Browsers read them with `fetch`, which can send the header `Authorization`.
- **WebSocket**: the same path and query, with `ws://` or `wss://`. Each event is one message of text, `{"id": 7, "event": "notice", "data": {...}}`; `id` is left out where the event has no number. The credential is the header `Authorization` here too. A page of a browser can give no header: it offers two subprotocols, `wideberth.v1` and `bearer.TOKEN`, and the first is chosen. A no comes before anything is accepted, with its status and problem details as its body; a browser does not show them to a page, and the same `GET` says them. Nothing is compressed, and nothing that a client sends is read: it is cut off with code 1003.

After a cut, the header `Last-Event-ID` (or `after=`, which a page of a browser can give) goes on where it was: nothing is missed and nothing comes twice.
`after=` a number that your stream does not have is refused, `beyond-the-end`; where the header says one, an event `gap` says so first, and the stream goes on from its end.
A sign of life comes after 10 s of silence: a comment, or a message `{"event": "still-here"}`.
`bye` says that the node stops (a WebSocket closes with 1001) or that the credential has expired (1000).
An event `warning-update` has no number: it tells how a standing warning goes on, and is not in the record.
An event `stop` comes without a number as soon as it is sent, and once more with one when it is in the record: it is the same by its id.
An event `acknowledgement` with `recorded: false` has no number either: the record takes nothing at the moment, and will hold it later.

A slow reader holds nobody up, and misses no event that has a number: those are read from the record for it when it is ready for them, so that nothing is piled up.
It gets the newest update of each warning; `missed` says how many before it were left out: read `GET /warnings` for how each stands.
A reader that takes nothing for 60 s is cut off, and can resume.

`/tracks/stream` gives an event `tracks` with the newest position of each track that moved, at most once a second, without numbers; `missed` says how many looks were left out because you read too slowly: read `GET /tracks` for where all of them are.

### Asking for some of it

`kinds=` and an area (`StreamQuery`) leave events out; both together leave out what either does.
A filter is judged on what an event shows to you and on nothing else.
The events keep their numbers. An event `left-out` says from which number to which there was nothing that you asked for; it has a number too, so that a stream resumes after it.
It comes before the next event, an update of a warning too, else with the next sign of life; what is sent before it is recorded (`stop`, `acknowledgement`) waits for neither.
The numbers of the others and the ranges of `left-out` are together all numbers, each once.

By kind, only what asks nothing of you can be left out: OPTIONAL_KINDS.
All other kinds always come, whatever `kinds` names: a STOP and what becomes of it; notices, for each is to be acknowledged; escalations and calls; doubts, agreements, drills, incidents, sites and whatever else may have to be answered; the channel and the hazard whose word is missed.
A warning can be left out by area alone: it is addressed to you because something of yours is in it.
Of acknowledgements, CANNOT-COMPLY, DISPUTED and a read-back that differs always come.

By area, only an event that shows a place is left out, where all of it lies outside: an intent that is told or steps (`intent`, `notification`), a zone that is declared, a warning.
What shows no place comes, and so does an amendment, since it may have moved something out of your area, the end of a zone, and a site of another's.
A warning shows where its tracks were; it comes where one of them could be in your area before the time that it names, at 340 m/s, and 100 m/s up or down.
Once it came, all that is said of it comes, also when it has moved away.
A warning that a stream left out does not count as told there: if no other stream of yours takes it, it goes out over [the ways that you agreed](../how-to/reach-those-without-a-stream.md).

On `/tracks/stream` an area leaves out the tracks outside; one that leaves it is told once more, where it is then.
"""


def page() -> str:
    """The whole page."""
    schemas = schemas_of(ROUTES)
    optional = ", ".join(f"`{name}`" for name in sorted(OPTIONAL))
    streams = STREAMS.replace("OPTIONAL_KINDS", optional)
    parts = [HEAD, _routes(), streams, _events(), _problems(), _structs(schemas)]
    return "\n".join(parts)


def _routes() -> str:
    lines = ["## Endpoints", "", "| method | path | what | role |", "| --- | --- | --- | --- |"]
    lines += [_row(route) for route in ROUTES]
    return "\n".join([*lines, ""])


def _row(route: Route) -> str:
    path = route.full_path.replace("...}", "}").removeprefix("/api/v1")
    role = "public" if route.public else _role(route)
    signed = f"; *signed*: `{route.command}`" if route.command else ""
    taken = f" `{route.body.__name__}`" if route.body is not None else ""
    asked = f" `?{route.query.__name__}`" if route.query.__struct_fields__ else ""
    given = f"`{route.answer}`" if isinstance(route.answer, str) else f"`{route.answer.__name__}`"
    arrow = f"{taken}{asked} → {given}".strip()
    return f"| {route.method} | `{path}` | {route.summary}: {arrow}{signed} | {role} |"


def _role(route: Route) -> str:
    from wideberth.decisions.decide import role_for
    from wideberth.model import commands

    if route.kind == "write":
        role = role_for(getattr(commands, route.command or "EnrolKey"))
        if isinstance(role, tuple):
            return "any"
        return role.value if role is not None else "host"
    return route.role.value if route.role is not None else "any"


def _events() -> str:
    lines = ["| event | data |", "| --- | --- |"]
    besides = {
        "warning-update": told.WarningEvent,
        "left-out": told.LeftOutEvent,
        "gap": told.GapEvent,
    }
    every = EVENTS | besides
    lines += [f"| `{name}` | `{kind.__name__}` |" for name, kind in every.items()]
    return "\n".join([*lines, ""])


def _problems() -> str:
    lines = [
        "## Problems",
        "",
        "Every no is `application/problem+json` (RFC 9457), a `Problem` as below.",
        "",
        "| status | title |",
        "| --- | --- |",
        *(f"| {status} | {title} |" for status, title in sorted(TITLES.items())),
        "",
    ]
    return "\n".join(lines)


def _structs(schemas: dict[str, Any]) -> str:
    lines = ["## Structs", ""]
    for name in sorted(schemas):
        schema = schemas[name]
        if "properties" not in schema:
            continue
        lines += [f"### {name}", "", _words(schema.get("description", "")), ""]
        required = set(schema.get("required", []))
        if schema["properties"]:
            lines += ["| member | type | |", "| --- | --- | --- |"]
        for member, kind in schema["properties"].items():
            needed = "needed" if member in required else ""
            lines.append(f"| `{member}` | {_type(kind, schemas)} | {needed} |")
        lines += ["", ""] if not schema["properties"] else [""]
    return "\n".join(lines).rstrip() + "\n"


def _words(text: str) -> str:
    return " ".join(text.split())


def _type(kind: dict[str, Any], schemas: dict[str, Any]) -> str:
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        found = schemas[name]
        if "enum" in found:
            return " ".join(f"`{each}`" for each in found["enum"])
        return f"[{name}](#{name.lower()})"
    if "anyOf" in kind:
        return " or ".join(_type(each, schemas) for each in kind["anyOf"])
    if "enum" in kind:
        return " ".join(f"`{each}`" for each in kind["enum"])
    if kind.get("type") == "array":
        if "prefixItems" in kind:
            return "[" + ", ".join(_type(each, schemas) for each in kind["prefixItems"]) + "]"
        return "list of " + _type(kind.get("items", {}), schemas)
    return str(kind.get("type", "anything"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
