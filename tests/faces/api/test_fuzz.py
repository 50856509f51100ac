"""Every endpoint fuzzed from its own OpenAPI document.

Invariant: never a status of 500 or more; every no is well-formed problem details; a no changes
nothing in the picture; every yes is what the document says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from api_world import World, a_world
from wideberth.faces.api.openapi import document, problems_of
from wideberth.faces.api.records import get_space
from wideberth.faces.api.routes import ROUTES

DOCUMENT = document(ROUTES)


def without_statements(whole: dict[str, Any]) -> dict[str, Any]:
    """The document without signed bodies, which no generator can sign; they are fuzzed below."""
    copy: dict[str, Any] = json.loads(json.dumps(whole))
    for operations in copy["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            content.pop("application/jose", None)
            if not content:
                operation.pop("requestBody", None)
    return copy


SCHEMA = schemathesis.openapi.from_dict(without_statements(DOCUMENT))
STREAMS = {route.full_path for route in ROUTES if route.kind == "stream"}
OPERATIONS = [
    (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if path not in STREAMS
]


class Runner:
    """A world on a loop of its own thread, for tests that are not coroutines."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.context = a_world(folder)
        self.world: World = self.run(self.context.__aenter__())

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def close(self) -> None:
        self.run(self.context.__aexit__(None, None, None))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    made = Runner(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


def check(runner: Runner, method: str, url: str, **sent: Any) -> httpx.Response:
    """One request by alpha; the invariant."""
    world = runner.world

    async def ask() -> tuple[str, httpx.Response, str]:
        before = world.node.service.picture.digest()
        async with world.http("alpha") as client:
            answer = await client.request(method, url, **sent)
        return before, answer, world.node.service.picture.digest()

    before, answer, after = runner.run(ask())
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        assert all(isinstance(problem[name], str) for name in ("type", "title", "detail", "rule"))
        assert before == after, "a no changes nothing"
    return answer


FUZZ = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_whatever_is_sent_to_an_endpoint_is_answered_properly(
    runner: Runner, method: str, path: str, mode: GenerationMode
) -> None:
    cases = SCHEMA[path][method.upper()].as_strategy(generation_mode=mode)

    @FUZZ
    @given(case=cases)
    def fuzz(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://node")
        sent = {key: sent[key] for key in ("params", "json", "data", "headers") if key in sent}
        if "data" in sent:
            sent["content"] = sent.pop("data")
        headers = {
            name: value
            for name, value in dict(sent.pop("headers", {}) or {}).items()
            if name.lower() not in {"authorization", "user-agent", "accept-encoding"}
        }
        try:
            httpx.Headers(headers)
            url = httpx.URL(f"http://node{case.formatted_path}")
            if "content" in sent and not isinstance(sent["content"], str | bytes):
                sent["content"] = json.dumps(sent["content"])
        except (ValueError, TypeError, httpx.InvalidURL, UnicodeError):
            return  # nothing that HTTP can carry
        try:
            answer = check(runner, method.upper(), str(url), headers=headers, **sent)
        except (UnicodeError, httpx.InvalidURL, httpx.LocalProtocolError):
            return
        stated = DOCUMENT["paths"][path][method]["responses"]
        if answer.request.url.path == case.formatted_path:
            assert str(answer.status_code) in stated, (answer.status_code, answer.text)

    with contextlib.suppress(Unsatisfiable):  # nothing comes in there that could be wrong
        fuzz()


@FUZZ
@given(
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_bytes_are_sent_as_a_body(runner: Runner, body: bytes) -> None:
    for route in ROUTES:
        if route.body is None:
            continue
        url = "http://node" + route.full_path.replace("{", "").replace("}", "")
        for kind in ("application/json", "application/jose"):
            headers = {"Content-Type": kind}
            check(runner, route.method, url, content=body, headers=headers)


def test_the_document_is_made_of_the_routes_and_is_served(runner: Runner) -> None:
    answer = check(runner, "GET", "http://node/api/v1/openapi.json")
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
    stated = {(method.upper(), path) for path, each in DOCUMENT["paths"].items() for method in each}
    assert stated == {(route.method, route.full_path.replace("...}", "}")) for route in ROUTES}
    assert all(401 in problems_of(route) for route in ROUTES if not route.public)


def test_the_fuzz_notices_a_planted_fault(runner: Runner) -> None:
    api = runner.world.app
    handlers = api._router.find("GET", "/api/v1/space")[0]

    async def faulty(_call: Any) -> Any:
        raise KeyError("planted")

    object.__setattr__(handlers, "handler", faulty)
    try:
        with pytest.raises(AssertionError, match="fault"):
            check(runner, "GET", "http://node/api/v1/space")
    finally:
        object.__setattr__(handlers, "handler", get_space)
