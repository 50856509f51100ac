"""Writes docs/reference/api.md from the route table and the wire structs of the API."""

# ruff: noqa: E501 - the page has a line to a sentence

from __future__ import annotations

from pathlib import Path
from typing import Any

from wideberth.faces.api.events import EVENTS
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

- **Who asks.** `Authorization: Bearer TOKEN` on everything but what is marked public, also on streams: a browser reads them with `fetch`, and no token stands in an address.
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

`GET /stream` gives your events as server-sent events, numbered from 1 without a gap.
After a cut, the header `Last-Event-ID` (or `after=`) goes on where it was: nothing is missed and nothing comes twice.
A comment comes after 10 s of silence; `bye` says that the node stops.
An event `warning-update` has no number: it tells how a standing warning goes on, and is not in the record.
An event `stop` comes without a number as soon as it is sent, and once more with one when it is in the record: it is the same by its id.
An event `acknowledgement` with `recorded: false` has no number either: the record takes nothing at the moment, and will hold it later.
A reader that takes nothing for 60 s is cut off, and can resume.

`GET /tracks/stream` gives an event `tracks` with the newest position of each track that moved, at most once a second, without numbers; `missed` says how many looks were left out because you read too slowly.
"""


def page() -> str:
    """The whole page."""
    schemas = schemas_of(ROUTES)
    parts = [HEAD, _routes(), STREAMS, _events(), _problems(), _structs(schemas)]
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
    lines += [f"| `{name}` | `{kind.__name__}` |" for name, kind in EVENTS.items()]
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
