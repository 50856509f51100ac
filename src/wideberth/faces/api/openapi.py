"""OpenAPI 3.1, made from the route table and the wire structs: it cannot say anything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from wideberth.faces.api import told
from wideberth.faces.api.events import EVENTS
from wideberth.faces.api.http import Route
from wideberth.faces.api.problems import TITLES

__all__ = ["document", "problems_of", "schemas_of"]

_REF = "#/components/schemas/{name}"
_BAD_INPUT, _UNPROVEN, _FORBIDDEN, _UNKNOWN = 400, 401, 403, 404


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI document of a route table."""
    table = list(routes)
    schemas, components = _schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        path = route.full_path.replace("...}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "wideberth",
            "version": "1",
            "description": "Tell what you will do, see what it touches, be told, and answer."
            " No information is not clearance; no answer here is permission.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def problems_of(route: Route) -> list[int]:
    """The statuses of problems that a route may answer with."""
    found = {_BAD_INPUT, 404, 405, 431, 503}
    if not route.public:
        found |= {_UNPROVEN, _FORBIDDEN}
    if route.names or route.kind == "write":
        found.add(_UNKNOWN)
    if route.kind == "write" or route.body is not None:
        found |= {409, 413, 415, 429}
    return sorted(found)


def schemas_of(routes: Iterable[Route]) -> dict[str, Any]:
    """The schemas of everything that goes in and out, events of streams included, by name."""
    table = list(routes)
    types: dict[type, None] = dict.fromkeys(
        [*EVENTS.values(), told.LeftOutEvent, told.GapEvent, told.TracksEvent]
    )
    for route in table:
        types.update(dict.fromkeys([route.query] if route.query.__struct_fields__ else []))
    _, components = msgspec.json.schema_components(list(types), ref_template=_REF)
    return {**_schemas(table)[1], **components}


def _schemas(routes: list[Route]) -> tuple[dict[type, Any], dict[str, Any]]:
    types: dict[type, None] = {told.Problem: None}
    for route in routes:
        for each in (route.query, route.body, route.answer):
            if each is not None and not isinstance(each, str):
                types[each] = None
    made, components = msgspec.json.schema_components(list(types), ref_template=_REF)
    return dict(zip(types, made, strict=True)), components


def _operation(route: Route, schemas: dict[type, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route, schemas),
    }
    if route.public:
        operation["security"] = []
    if route.role is not None:
        operation["description"] = f"Takes the role {route.role.value}."
    if route.kind == "write":
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same key is one request, also across a crash.",
                "schema": {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9]([A-Za-z0-9._:/-]{0,126}[A-Za-z0-9])?$",
                },
            }
        )
    content: dict[str, Any] = {}
    if route.body is not None:
        content["application/json"] = {"schema": schemas[route.body]}
    if route.command is not None:
        content["application/jose"] = {
            "schema": {
                "type": "string",
                "description": f"A signed statement of type {route.command} (JWS, compact form)",
            }
        }
    if content:
        operation["requestBody"] = {"required": route.required, "content": content}
    return operation


def _operation_id(route: Route) -> str:
    words = [word for word in route.full_path.split("/") if word and word not in {"api", "v1"}]
    return "_".join([route.method.lower(), *(word.strip("{}").rstrip(".") for word in words)])


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        }
        for name in route.names
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(route.query)
    definitions = schema.get("$defs", {})
    members = definitions[route.query.__name__]
    required = members.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _without_null(_resolved(member, definitions)),
        }
        for name, member in members.get("properties", {}).items()
    ]


def _resolved(member: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema itself in the place of a reference to it."""
    if "$ref" in member:
        return {**definitions[member["$ref"].rpartition("/")[2]]}
    if "anyOf" in member:
        return {**member, "anyOf": [_resolved(each, definitions) for each in member["anyOf"]]}
    return member


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What a parameter may be when it is given: null cannot be written in a query."""
    options = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    if not options:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**rest, **options[0]} if len(options) == 1 else {**rest, "anyOf": options}


def _responses(route: Route, schemas: dict[type, Any]) -> dict[str, Any]:
    media, schema = (
        (route.answer.partition(";")[0], {"type": "string"})
        if isinstance(route.answer, str)
        else ("application/json", schemas[route.answer])
    )
    good = {"description": route.summary, "content": {media: {"schema": schema}}}
    problem = {"application/problem+json": {"schema": schemas[told.Problem]}}
    return {
        str(route.status): good,
        **{
            str(status): {"description": TITLES[status], "content": problem}
            for status in problems_of(route)
        },
    }
