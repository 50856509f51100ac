"""Bad input gets problem details that name field and rule, changes nothing, and is never a 500."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_world import JSON, World, flight, moment, square
from wideberth.errors import InvalidValue, Overloaded, RecordUnavailable
from wideberth.faces.api import problems
from wideberth.faces.api.problems import STATUS_OF_KIND, TITLES, HttpProblem, problem_of
from wideberth.model.parties import Role
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.tokens import REFUSALS, TokenRefused


def is_problem(answer: httpx.Response, status: int, rule: str | None = None) -> dict[str, Any]:
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == status == document["status"], document
    assert {"type", "title", "detail", "rule"} <= document.keys()
    assert rule in (None, document["rule"]), document
    return document


async def refused(
    world: World, body: bytes | dict[str, Any], status: int = 400, path: str = "/intents"
) -> dict[str, Any]:
    """The problem that alpha's request is; the picture is the same after it."""
    before = world.node.service.picture.digest()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with world.http("alpha") as client:
        answer = await client.post(f"/api/v1{path}", content=content, headers=JSON)
    document = is_problem(answer, status)
    assert world.node.service.picture.digest() == before
    return document


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(point) for point in points]]}


def over(footprint: dict[str, Any]) -> dict[str, Any]:
    return flight({**square(), "footprint": footprint})


def in_band(lower: Any, upper: Any) -> dict[str, Any]:
    return flight({**square(), "lower": lower, "upper": upper})


def w84(value: Any, units: str = "M", reference: str = "W84") -> dict[str, Any]:
    return {"value": value, "units": units, "reference": reference}


BOWTIE = ((7.0, 47.0), (7.1, 47.1), (7.1, 47.0), (7.0, 47.1), (7.0, 47.0))
TEN_THOUSAND = [[7 + i / 1e5, 47 + (i % 2) / 1e5] for i in range(10_050)]


BAD_INTENTS = [
    pytest.param(
        over(ring(*BOWTIE)), "volumes.0.footprint.coordinates", "ring-crosses-itself", id="bow"
    ),
    pytest.param(
        over(ring((7, 47), (7.1, 47), (7, 47), (7, 47))),
        "volumes.0.footprint.coordinates.0",
        "vertex-count",
        id="two-points",
    ),
    pytest.param(
        over(ring((7, 47), (7, 47.1), (7, 47.2), (7, 47))),
        "volumes.0.footprint.coordinates",
        None,
        id="no-area",
    ),
    pytest.param(
        over(ring((7, 47), (7.1, 47), (7.1, 47.1))),
        "volumes.0.footprint.coordinates.0",
        "ring-open",
        id="open-ring",
    ),
    pytest.param(
        over(ring((7, 97), (7.1, 47), (7.1, 47.1), (7, 97))),
        "volumes.0.footprint.coordinates.0.0",
        "latitude",
        id="latitude-97",
    ),
    pytest.param(
        over(ring((187, 47), (7.1, 47), (7.1, 47.1), (187, 47))),
        "volumes.0.footprint.coordinates.0.0",
        "longitude",
        id="longitude-187",
    ),
    pytest.param(
        over({"type": "Polygon", "coordinates": []}), "volumes.0.footprint", "one-ring",
        id="no-ring",
    ),
    pytest.param(
        over({"type": "Polygon", "coordinates": [[*TEN_THOUSAND, TEN_THOUSAND[0]]]}),
        "volumes.0.footprint.coordinates.0", "vertex-count", id="10,050-vertices",
    ),
    pytest.param(
        over({"type": "Point", "coordinates": [7, 47], "radius_m": 0}),
        "volumes.0.footprint.radius_m", "radius-range", id="radius-0",
    ),
    pytest.param(
        over({"type": "Point", "coordinates": [7, 47], "radius_m": 1e300}),
        "volumes.0.footprint.radius_m", "radius-range", id="radius-huge",
    ),
    pytest.param(
        in_band(w84(100), w84(50)), "volumes.0.lower, volumes.0.upper", "upper-below-lower",
        id="upside-down",
    ),
    pytest.param(
        in_band(w84(0), w84(1e30)), "volumes.0.upper.value", None, id="1e30-m"
    ),
    pytest.param(
        in_band(w84(0), w84(400, "FT", "AGL")), "volumes.0.upper", None, id="agl-unrelated"
    ),
    pytest.param(
        flight({**square(), "start": moment(60), "end": moment(0)}),
        "volumes.0.start, volumes.0.end", "end-before-start", id="end-before-start",
    ),
    pytest.param(
        flight({**square(), "start": "1900-01-01T00:00:00Z", "end": "1900-01-01T01:00:00Z"}),
        "volumes.0.end", "already-over", id="1900",
    ),
    pytest.param(
        flight({**square(), "end": "9999-12-31T23:59:59Z"}), "volumes", "too-long", id="9999"
    ),
    pytest.param(
        flight({**square(), "start": "2026-09-09 18"}), "volumes.0.start", "rfc3339",
        id="no-offset",
    ),
    pytest.param(flight(priority=10**9), "priority", "priority-range", id="priority"),
    pytest.param(
        {"kind": "flight", "volumes": [], "place_name": "the bridge"}, "place_name, volumes",
        "place-name-alone", id="place-name-alone",
    ),
    pytest.param(
        {"kind": "presence", "volumes": [square()], "provenance": {"source": "gps"}},
        "kind, visibility", "presence-is-named", id="open-presence",
    ),
    pytest.param(flight(surprise=1), "surprise", "unknown-member", id="unknown-member"),
    pytest.param({"volumes": []}, "kind", "missing-member", id="missing-member"),
    pytest.param(flight(priority="3"), "priority", "wrong-type", id="number-as-text"),
    pytest.param({**flight(), "kind": "attack"}, "kind", "not-one-of", id="no-such-kind"),
    pytest.param(flight(priority=10**40), "priority", None, id="forty-digits"),
    pytest.param(flight(call_sign="x" * 201), "call_sign", "out-of-range", id="long-name"),
    pytest.param(
        flight(visibility={"level": "named", "parties": ["Not A Party"]}),
        "visibility.parties.0", "party-id", id="bad-party",
    ),
]  # fmt: skip


@pytest.mark.requirement("N-02")
async def test_each_bad_intent_is_named_by_field_and_rule(world: World) -> None:
    for row in BAD_INTENTS:  # one node for all of them: each leaves it as it was
        body, field, rule = row.values
        document = await refused(world, body)
        assert document["field"].startswith(field), (row.id, document)
        assert rule in (None, document["rule"]), (row.id, document)


@pytest.mark.requirement("N-03")
async def test_a_movement_says_its_way_when_for_each_leg_and_how_many(world: World) -> None:
    leg, onward = square(), square(longitude=7.51, start=60, end=120)
    no_end = {name: value for name, value in leg.items() if name != "end"}
    gps = {"source": "gps", "accuracy_m": 10}
    movement = {"kind": "movement", "volumes": [leg, onward], "count": 3, "provenance": gps}
    for spoiled, field in (
        ({"volumes": []}, "volumes"),
        ({"volumes": [leg, no_end]}, "volumes.1.end"),
        ({"volumes": [leg, leg]}, "volumes"),  # one window for two legs
        ({"count": None}, "count"),
    ):
        document = await refused(world, {**movement, **spoiled})
        assert document["field"] == field, document
    async with world.http("alpha") as client:
        answer = await client.post("/api/v1/intents", json=movement)
        assert answer.status_code == 201, answer.text
        site = {**movement, "kind": "presence", "visibility": {"level": "named", "parties": []}}
        told = answer.json()["intent"]
        again = {**site, "ovn": told["ovn"]}
        changed = await client.put(f"/api/v1/intents/{told['id']}", json=again)
        assert is_problem(changed, 400)["rule"] == "kind-changed"


FAR_PLACES = [
    pytest.param(ring((179, 10), (-179, 10), (-179, 11), (179, 11), (179, 10)), id="seam"),
    pytest.param(ring((0, 85), (120, 85), (-120, 85), (0, 85)), id="around-the-pole"),
    pytest.param(ring((0, 90), (10, 80), (20, 80), (0, 90)), id="vertex-at-the-pole"),
    pytest.param(ring((7, 47), (7, 47), (8, 47), (8, 48), (7, 47)), id="repeated-vertex"),
    pytest.param(ring((7, 47), (7, 48), (8, 48), (7, 47)), id="other-winding"),
    pytest.param(
        {"type": "Point", "coordinates": [0, 0], "radius_m": 20_003_931}, id="the-whole-earth"
    ),
]  # fmt: skip


async def test_a_name_that_is_nearly_one_is_asked_about(world: World) -> None:
    near = over({"type": "Point", "coordinates": [7, 47], "radius": 500})
    answer = await world.ask("alpha", "POST", "/intents", near)
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith("did you mean radius_m?")
    far = await world.ask("alpha", "POST", "/intents", flight(zzz=1))
    assert "did you mean" not in far.json()["detail"]


async def test_far_places_are_normal_input(world: World) -> None:
    for row in FAR_PLACES:
        (footprint,) = row.values
        answer = await world.ask("alpha", "POST", "/intents", over(footprint))
        assert answer.status_code == 201, (row.id, answer.text)
        seen = await world.ask("bravo", "GET", f"/intents/{answer.json()['intent']['id']}")
        assert seen.json()["volumes"][0]["footprint"]["type"] == footprint["type"]


NO_JSON = [
    pytest.param(b"", "not-json", id="empty"),
    pytest.param(b"{", "not-json", id="cut"),
    pytest.param(b"null", "wrong-type", id="null"),
    pytest.param(b"\xff\xfe", "not-json", id="not-utf8"),
    pytest.param(b"\xef\xbb\xbf{}", "not-json", id="byte-order-mark"),
    pytest.param(b"[" * 200_000, "wrong-type", id="deep"),
    pytest.param(b'{"kind":' + b"[" * 200_000, None, id="deep-within"),
    pytest.param(b'{"kind":"flight","priority":NaN,"volumes":[]}', "not-json", id="nan"),
    pytest.param(b'{"kind":"flight","priority":1e999,"volumes":[]}', None, id="infinite"),
    pytest.param(
        b'{"kind":"flight","kind":"hazard","volumes":[]}', "given-twice", id="member-twice"
    ),
    pytest.param(
        b'{"kind":"flight","k\\u0069nd":"hazard","volumes":[]}', "given-twice", id="in-disguise"
    ),
    pytest.param(
        b'{"kind":"flight","volumes":[],"call_sign":"\\ud800"}', None, id="lone-surrogate"
    ),
]  # fmt: skip


async def test_what_is_no_proper_json_is_refused(world: World) -> None:
    for row in NO_JSON:
        body, rule = row.values
        document = await refused(world, body)
        assert rule in (None, document["rule"]), (row.id, document)


async def test_a_body_of_a_mebibyte_is_read_and_one_byte_more_is_not(world: World) -> None:
    padding = b" " * (1_048_576 - len(json.dumps(flight())))
    async with world.http("alpha") as client:
        whole = json.dumps(flight()).encode() + padding
        assert (await client.post("/api/v1/intents", content=whole, headers=JSON)).is_success
    await refused(world, whole + b" ", 413)

    async def pieces() -> Any:
        for _ in range(17):
            yield b" " * 65_536

    async with world.http("alpha") as client:
        answer = await client.post("/api/v1/intents", content=pieces(), headers=JSON)
    is_problem(answer, 413, "body-size")


async def test_words_in_any_script_come_back_as_they_came(world: World) -> None:
    words = "Кабул 喀布尔 كابل \u202e ☎ \U0001f681"
    told = await world.told("alpha", call_sign=words)
    seen = await world.ask("bravo", "GET", f"/intents/{told['intent']['id']}")
    assert seen.json()["call_sign"] == words


BAD_QUERIES = [
    ("/intents?surprise=1", "surprise"),
    ("/intents?limit=0", "limit"),
    ("/intents?limit=1001", "limit"),
    ("/intents?limit=1&limit=2", "limit"),
    ("/intents?south=1&west=2", "north, east"),
    ("/intents?south=2&west=2&north=1&east=3", "south, north"),
    ("/intents?south=nan&west=2&north=1&east=3", "south"),
    ("/intents?from=yesterday", "from"),
    ("/intents?cursor=abc", "cursor"),
    ("/stream?circle=1_0,2,30", "circle"),
    ("/stream?circle=%D9%A1,2,30", "circle"),
    ("/stream?circle=nan,2,30", "circle"),
    ("/tracks/stream?polygon=0,0;0,1;inf,1", "polygon"),
    ("/intents?%FF", "query"),
    ("/notices?state=closed", "state"),
    ("/notices?after=-1", "after"),
    ("/record/proof/consistency?old=2&new=1", "old, new"),
]  # fmt: skip


async def test_a_word_that_is_not_one_of_a_few_is_told_which_there_are(world: World) -> None:
    async with world.http("alpha") as client:
        document = is_problem(await client.get("/api/v1/warnings?order=x"), 400, "not-one-of")
    assert document["detail"].endswith("give one of id, time-to-loss")
    document = await refused(world, {**flight(), "kind": "attack"})
    assert document["detail"].endswith("movement, hazard, presence")


async def test_query_strings_are_strict(world: World) -> None:
    for path, field in BAD_QUERIES:
        document = is_problem(await world.ask("alpha", "GET", path), 400)
        assert document["field"] == field, (path, document)


@pytest.mark.parametrize("count", [2, 101])
async def test_a_polygon_of_a_filter_is_told_how_many_vertices_it_may_have(
    world: World, count: int
) -> None:
    ring = ";".join(f"{k / 1000},0" for k in range(count))
    document = is_problem(await world.ask("alpha", "GET", f"/stream?polygon={ring}"), 400)
    assert (document["rule"], document["value"]) == ("vertex-count", count)
    assert document["detail"] == "give 3 to 100 vertices"


async def test_a_number_that_is_none_comes_back_as_it_was_said(world: World) -> None:
    for path, value in (("lower_m=nan", "nan"), ("lower_m=-inf", "-inf"), ("south=nan", "nan")):
        document = is_problem(await world.ask("alpha", "GET", f"/stream?{path}"), 400)
        assert document["value"] == value, path


async def test_a_compressed_body_is_refused_as_such(world: World) -> None:
    plain = b'{"feed":"f","reports":[]}'
    headers = {**JSON, "content-encoding": "gzip"}
    async with world.http("alpha") as client:
        for body in (gzip.compress(plain), plain):
            answer = await client.post("/api/v1/tracks", content=body, headers=headers)
            document = is_problem(answer, 415, "content-encoding")
            assert document["field"] == "Content-Encoding"


async def test_paths_methods_and_kinds_of_content_have_their_problems(world: World) -> None:
    is_problem(await world.ask("alpha", "GET", "/nothing/here"), 404, "no-such-path")
    is_problem(await world.ask("alpha", "GET", "/intents/" + "x" * 200), 404, "no-such-path")
    answer = await world.ask("alpha", "DELETE", "/space")
    is_problem(answer, 405, "method")
    assert answer.headers["allow"] == "GET"
    answer = await world.ask("alpha", "DELETE", "/intents/some")
    assert "or POST to what is below it: state" in is_problem(answer, 405, "method")["detail"]
    sent = {"content": b"kind=flight", "headers": {"Content-Type": "text/plain"}}
    async with world.http("alpha") as client:
        is_problem(await client.post("/api/v1/intents", **sent), 415, "content-type")  # type: ignore[arg-type]
        long = {"X-Long": "x" * 40_000}
        is_problem(await client.get("/api/v1/parties", headers=long), 431, "header-size")
        twice = [*client.headers.items(), ("Authorization", "Bearer another")]
        answer = await client.get("/api/v1/parties", headers=twice)
        assert is_problem(answer, 400, "given-twice")["field"] == "Authorization"


async def test_credentials_that_prove_nothing_or_not_enough(world: World) -> None:
    is_problem(await world.ask(None, "GET", "/intents"), 401, "token-missing")
    async with world.http(token="a.b.c") as client:
        answer = await client.get("/api/v1/intents")
    is_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    async with world.http() as client:
        basic = {"Authorization": "Basic YTpi"}
        is_problem(await client.get("/api/v1/intents", headers=basic), 401, "token-scheme")
    async with world.http(token=world.token("alpha", Role.WATCH)) as client:
        answer = await client.post("/api/v1/intents", json=flight())
        is_problem(answer, 403, "role-missing")
    async with world.http(token=world.token("alpha", Role.TELL)) as client:
        is_problem(await client.get("/api/v1/intents"), 403, "role-missing")


async def test_another_partys_open_objects_are_not_to_be_changed(world: World) -> None:
    intent = (await world.told("alpha"))["intent"]
    step = {"ovn": intent["ovn"], "step": "end"}
    answer = await world.ask("bravo", "POST", f"/intents/{intent['id']}/state", step)
    is_problem(answer, 403, "not-yours")
    stale = {"ovn": "older", "step": "end"}
    answer = await world.ask("alpha", "POST", f"/intents/{intent['id']}/state", stale)
    is_problem(answer, 409, "ovn-stale")


async def test_a_signed_statement_speaks_for_its_party_and_address_only(world: World) -> None:
    key = await world.key("bravo")
    await world.told("bravo", square(47.002, 7.502))
    await world.told("alpha")
    async with world.client("bravo", key) as bravo:
        (notice,) = (await bravo.notices())["notices"]
        answer = await bravo.acknowledge(
            notice, "LOADED", unit="bravo-1", system="mission computer"
        )
        assert answer["closed"] == [notice["id"]]
        assert answer["acknowledgement"]["by"]["how"] == "signed"
    is_unsigned = {"verb": "LOADED", "unit": "alpha-1", "system": "x"}
    (own,) = (await world.ask("alpha", "GET", "/notices")).json()["notices"]
    path = f"/notices/{own['id']}/acknowledgements"
    is_problem(await world.ask("alpha", "POST", path, is_unsigned), 403, "signature-required")
    said = key.sign("SubmitIntent", flight(), method="POST", path="/intents", request="r1")
    jose = {"Content-Type": "application/jose"}
    async with world.http("alpha") as client:
        answer = await client.post("/api/v1/intents", content=said, headers=jose)
        is_problem(answer, 403, "another-party")
    async with world.http("bravo") as client:
        answer = await client.post("/api/v1/zones", content=said, headers=jose)
        is_problem(answer, 400, "statement-type")
        head, payload, signature = said.split(".")
        forged = f"{head}.{payload}.{signature[:-4]}AAAA"
        answer = await client.post("/api/v1/intents", content=forged, headers=jose)
        is_problem(answer, 400)
        answer = await client.post("/api/v1/intents", content=said, headers=jose)
        assert answer.status_code == 201, answer.text
        repeated = await client.post("/api/v1/intents", content=said, headers=jose)
        assert repeated.content == answer.content


def test_every_status_that_the_program_answers_has_a_title() -> None:
    package = Path(problems.__file__).parent
    given = {
        node.args[0].value
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "HttpProblem"
        and isinstance(node.args[0], ast.Constant)
    }
    assert {400, 404, 410} <= given <= TITLES.keys()


@pytest.mark.parametrize("kind", list(RefusalKind))
def test_every_kind_of_refusal_has_a_status_and_a_title(kind: RefusalKind) -> None:
    answer = problem_of(Refusal(kind, "some-rule", "do this", from_us=0, until_us=1_000_000))
    document = json.loads(answer.body)
    assert answer.status == STATUS_OF_KIND[kind] == document["status"]
    assert document["title"] == TITLES[answer.status]
    assert (document["from"], document["until"]) == (
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:01Z",
    )


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (InvalidValue("a", "b", float("nan"), "c"), 400),
        (Overloaded(7), 503),
        (RecordUnavailable("disk full at /secret/path"), 503),
        (HttpProblem(413, "body-size", "less"), 413),
        *[(TokenRefused(code), 401) for code in REFUSALS],
    ],
    ids=str,
)
def test_every_error_has_its_status(cause: Exception, status: int) -> None:
    answer = problem_of(cause)
    assert answer.status == status
    assert b"secret" not in answer.body
    if isinstance(cause, Overloaded):
        assert (b"retry-after", b"7") in answer.headers


def test_a_fault_of_ours_says_an_event_id_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = problem_of(KeyError("the inner secret"))
    document = json.loads(answer.body)
    assert answer.status == 500
    assert b"secret" not in answer.body
    event = document["instance"].rpartition(":")[2]
    assert event in caplog.text
    assert "the inner secret" in caplog.text
