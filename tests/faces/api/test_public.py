"""What people without an account read, and that they read nothing else and write nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api_world import World, a_world, moment, serving, square
from cap_checker import CAP, require_cap
from public_play import a_world as a_scene
from public_play import agree, declare, one_step, pass_time, public, step, text
from scenes import HIDDEN, Scene, details, named, volume
from stream_lines import Line
from wideberth.faces.api import Operation, publickept
from wideberth.faces.api.desk import Call
from wideberth.faces.api.limits import Limits
from wideberth.faces.api.public import ROUTES as PUBLIC
from wideberth.faces.api.publickept import PublicPages
from wideberth.faces.api.routes import ROUTES
from wideberth.model.agreements import Act
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.publications import NO_CLEARANCE
from wideberth.model.zones import ZoneRule
from wideberth.operating import LimitsTable
from wideberth.service import now_us
from wideberth.space.time import DAY_US, HOUR_US

LISTS = ("/public", "/public/closures", "/public/closures.geojson", "/public/feed.atom",
         "/public/notams")  # fmt: skip
PACT = AgreementId("pact")
PUBLISH = {
    "type": "publish",
    "id": "public",
    "sender": "fire-desk",
    "area": "the north bank",
    "rules": ["keep-out", "stand-off"],
}


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


def proposal(*provisions: dict[str, Any]) -> dict[str, Any]:
    now = now_us() // HOUR_US * HOUR_US
    terms = {
        "title": "What we publish",
        "kind": "NOTIFY",
        "parties": ["alpha", "bravo"],
        "effective_us": now,
        "expires_us": now + 60 * DAY_US,
        "provisions": list(provisions) or [PUBLISH],
    }
    return {"terms": terms, "answer_by": moment(24 * 60)}


async def signed_by_both(world: World) -> tuple[str, dict[str, Any]]:
    """An agreement in force, its name, and the keys of both."""
    keys = {party: await world.key(party) for party in ("alpha", "bravo")}
    async with world.client("alpha", keys["alpha"]) as alpha:
        first = await alpha.signed("POST", "/agreements", "ProposeAgreement", proposal())
    name = first["agreement"]
    for party, key in keys.items():
        assert await names_of(world) == []
        await act(world, key, party, name, "sign", digest=first["digest"])
    return name, keys


async def act(world: World, key: Any, party: str, name: str, what: str, **more: Any) -> None:
    body = {"agreement": name, "version": 1, "act": what, **more}
    async with world.client(party, key) as client:
        await client.signed("POST", f"/agreements/{name}/acts", "StepAgreement", body)


async def zone(world: World, party: str, *, again: str = "", end: float = 120) -> str:
    """A zone, or its second version; its id."""
    body = {
        "name": "Camp of the night shift",
        "rule": "keep-out",
        "volumes": [square(end=end)],
        "reason": "burn",
    }
    if again:
        body["replaces_version"] = 1
    method, path = ("PUT", f"/zones/{again}") if again else ("POST", "/zones")
    answer = await world.ask(party, method, path, body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["zone"]["id"]


async def names_of(world: World) -> list[str]:
    answer = await world.ask(None, "GET", "/public/closures")
    assert answer.status_code == 200
    assert answer.json()["sentence"] == NO_CLEARANCE
    return [each["alert"] for each in answer.json()["closures"]]


@pytest.mark.requirement("D-12")
async def test_the_life_of_a_closure_that_both_agreed_to_publish(world: World) -> None:
    """In force, declared, published, amended, suspended, cancelled, resumed; nobody has a token."""
    camp = await zone(world, "alpha")
    name, keys = await signed_by_both(world)
    assert await names_of(world) == ["fire-desk-1"]
    first = (await world.ask(None, "GET", "/public/alerts/fire-desk-1")).content
    assert require_cap(first).findtext(f"{CAP}msgType") == "Alert"
    await zone(world, "alpha", again=camp, end=180)
    assert await names_of(world) == ["fire-desk-2"]
    second = await world.ask(None, "GET", "/public/alerts/fire-desk-2")
    assert second.headers["content-type"] == "application/cap+xml"
    root = require_cap(second.content)
    assert root.findtext(f"{CAP}msgType") == "Update"
    assert "fire-desk-1" in (root.findtext(f"{CAP}references") or "")
    notam = (await world.ask(None, "GET", "/public/notams/fire-desk-2")).text
    assert "NOT ISSUED BY AN AERONAUTICAL AUTHORITY" in notam
    assert "NOTAMR W0001/" in notam
    await act(world, keys["bravo"], "bravo", name, "suspend", reason="a doubt")
    assert await names_of(world) == []
    told = (await world.ask(None, "GET", "/public/closures")).json()
    (withdrawn,) = told["withdrawn"]
    assert withdrawn["withdraws"] == ["fire-desk-1", "fire-desk-2"]
    cancel = await world.ask(None, "GET", f"/public/alerts/{withdrawn['alert']}")
    assert require_cap(cancel.content).findtext(f"{CAP}msgType") == "Cancel"
    assert "NOTAMC W0002/" in (await world.ask(None, "GET", "/public/notams")).text
    for gone in ("fire-desk-1", "fire-desk-2"):
        assert (await world.ask(None, "GET", f"/public/alerts/{gone}")).status_code == 404
    await act(world, keys["bravo"], "bravo", name, "resume")
    assert await names_of(world) == ["fire-desk-4"]
    for path in LISTS:
        whole = (await world.ask(None, "GET", path)).text
        for hidden in ("alpha", "bravo", "Camp", camp, "burn", name, "a doubt"):
            assert hidden not in whole, (path, hidden)
        assert "not clearance" in whole.lower(), path


@pytest.mark.requirement("P-09")
async def test_without_a_credential_there_is_nothing_else_to_read_and_nothing_to_write(
    world: World,
) -> None:
    """Whatever stands, every other read and every write is refused in the same words."""
    camp = await zone(world, "alpha")
    await world.told("alpha")
    before = world.node.service.picture.digest()
    open_ = {route.full_path for route in ROUTES if route.public}
    refused: set[tuple[int, str]] = set()
    for route in ROUTES:
        if route.public or route.urgent:
            continue
        path = route.full_path
        for name in route.names:
            path = path.replace(f"{{{name}...}}", camp).replace(f"{{{name}}}", camp)
        async with world.http() as client:
            answer = await client.request(route.method, path, json={"x": 1})
        problem = answer.json()
        refused.add((answer.status_code, json.dumps({**problem, "instance": ""})))
    ((status, words),) = refused
    assert status == 401
    assert camp not in words
    assert "alpha" not in words
    for path in LISTS:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer = await world.ask(None, method, path, {"x": 1})
            assert answer.status_code == 405
            assert answer.headers["allow"] == "GET"
    assert world.node.service.picture.digest() == before
    assert {route.full_path for route in PUBLIC} < open_
    assert all(route.kind == "read" and route.body is None for route in PUBLIC)


async def test_where_nothing_was_agreed_nothing_is_published_and_that_is_no_clearance(
    world: World,
) -> None:
    await zone(world, "alpha")
    assert await names_of(world) == []
    page = await world.ask(None, "GET", "/public")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Nothing is published." in page.text
    assert NO_CLEARANCE in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    feed = ET.fromstring((await world.ask(None, "GET", "/public/feed.atom")).content)
    assert not feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert "NOTHING IS PUBLISHED" in (await world.ask(None, "GET", "/public/notams")).text


async def test_an_answer_is_kept_and_asked_for_again(world: World) -> None:
    name, keys = await signed_by_both(world)
    await zone(world, "alpha")
    for path in (*LISTS, "/public/alerts/fire-desk-1", "/public/notams/fire-desk-1"):
        first = await world.ask(None, "GET", path)
        assert first.headers["cache-control"] == "public, no-cache"
        assert first.headers["last-modified"].endswith(" GMT")
        again = {"If-None-Match": f'"other", {first.headers["etag"]}'}
        kept = await world.ask(None, "GET", path, headers=again)
        assert (kept.status_code, kept.content) == (304, b"")
        assert "content-length" not in kept.headers
        assert (await world.ask(None, "GET", path)).content == first.content
    etag = (await world.ask(None, "GET", "/public")).headers["etag"]
    await act(world, keys["alpha"], "alpha", name, "end", reason="over")
    changed = await world.ask(None, "GET", "/public", headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert "Withdrawn" in changed.text


def test_a_cache_asks_a_real_server_again(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, _), httpx.Client(base_url=url) as client:
        first = client.get("/public/closures")
        assert first.json()["closures"] == []
        again = {"If-None-Match": first.headers["etag"]}
        assert [client.get("/public/closures", headers=again).status_code for _ in "ab"] == [
            304
        ] * 2
        assert client.get("/public").status_code == 200, "the connection goes on"


async def test_an_address_has_its_own_measure_of_what_is_published(tmp_path: Path) -> None:
    limits = Limits(LimitsTable(public_per_s=0.001, unknown_per_s=0.001, burst_s=3600))
    async with a_world(tmp_path, operation=Operation(limits)) as world:
        statuses = [(await world.ask(None, "GET", "/public")).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        held = await world.ask(None, "GET", "/public/closures")
        assert held.json()["rule"] == "limit-public"
        assert "retry-after" in held.headers
        assert (await world.ask(None, "GET", "/space")).status_code == 200
        assert (await world.ask("alpha", "GET", "/notices")).status_code == 200


async def test_what_parties_wrote_is_text_on_the_page(tmp_path: Path) -> None:
    bad = {**PUBLISH, "area": "<script>x</script>\n<b>", "fields": ["name", "reason", "parties"]}
    async with a_world(tmp_path) as world:
        keys = {party: await world.key(party) for party in ("alpha", "bravo")}
        async with world.client("alpha", keys["alpha"]) as alpha:
            first = await alpha.signed("POST", "/agreements", "ProposeAgreement", proposal(bad))
        for party, key in keys.items():
            await act(world, key, party, first["agreement"], "sign", digest=first["digest"])
        await zone(world, "alpha")
        page = (await world.ask(None, "GET", "/public")).text
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert "Camp of the night shift" in page
        require_cap((await world.ask(None, "GET", "/public/alerts/fire-desk-1")).content)
        (closure,) = (await world.ask(None, "GET", "/public/closures")).json()["closures"]
        assert (closure["name"], closure["reason"]) == ("Camp of the night shift", "burn")
        assert closure["parties"] == ["alpha"]


async def test_the_parties_are_told_on_their_streams(world: World) -> None:
    name, _ = await signed_by_both(world)
    await zone(world, "alpha")
    history = world.node.service.picture.history
    assert history is not None
    ends = {party: history.stream_end(PartyId(party)) for party in ("bravo", "charlie")}
    assert ends["bravo"] > 0
    assert ends["charlie"] == 0
    line = Line(world, "bravo", "/stream")
    came = await line.until(lambda seen: any(event == "publication" for _, event, _ in seen))
    await line.close()
    (told,) = (data for _, event, data in came if event == "publication")
    assert (told["change"], told["agreement"], told["number"]) == ("published", name, 1)
    assert told["source"].startswith("zone/")


# Two runs that differ in nothing that is published ------------------------------------------------


def answers(world: Scene, pages: PublicPages | None = None) -> dict[str, tuple[int, Any, bytes]]:
    """Every public answer, header and body, made straight from the picture of a scene. pages: what
    was kept of earlier ones.
    """
    context = SimpleNamespace(now_us=world.now_us)
    service = SimpleNamespace(context=lambda: context)
    desk: Any = SimpleNamespace(
        picture=world.picture, service=service, public=pages or PublicPages()
    )
    nobody: Any = None
    found: dict[str, tuple[int, Any, bytes]] = {}

    def ask(route: Any, path: dict[str, str]) -> bytes:
        answer = asyncio.run(route.handler(Call(desk, route, nobody, path, {}, None)))
        where = f"{route.full_path} {path}"
        found[where] = (answer.status, sorted(answer.headers), answer.body)
        return answer.body

    listed = [route for route in PUBLIC if not route.names]
    bodies = {route.full_path: ask(route, {}) for route in listed}
    told = json.loads(bodies["/public/closures"])
    for each in (*told["closures"], *told["withdrawn"]):
        for route in PUBLIC:
            if route.names:
                ask(route, {"alert": each["alert"]})
    return found


def unpublished(world: Scene, draw: Any, number: int) -> None:
    """Something that the public may read nothing of."""
    match draw(st.integers(0, 4)):
        case 0:
            kind = draw(st.sampled_from([IntentKind.FLIGHT, IntentKind.PRESENCE]))
            hides = kind is IntentKind.FLIGHT and draw(st.booleans())
            visibility = HIDDEN if hides else named("south")
            where = volume(draw(st.sampled_from([47.0, 47.5])), from_min=60, until_min=9000)
            world.tell("north", details(where, kind=kind, visibility=visibility))
        case 1:
            declare(world, f"n{number}", "north", rule=ZoneRule.NOTICE, minutes=600)
        case 2:
            declare(world, f"w{number}", "west", rule=ZoneRule.KEEP_OUT, minutes=600)
        case 3:
            agree(world, AgreementId("aside"), text(AgreementId("accord"), world.now_us))
        case _:
            step(world, AgreementId("aside"), Act.SUSPEND, PartyId("north"))


SETTINGS = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Leak(Exception):
    """Answers differ."""


def two_runs(data: st.DataObject) -> None:
    """The same closures, published alike; beside them this in one run and that in the other."""
    runs = [a_scene(), a_scene()]
    for world in runs:
        agree(world, PACT, text(PACT, world.now_us, public(cell_nd=100_000_000)))
    for number in range(data.draw(st.integers(1, 5))):
        for world in runs:
            if data.draw(st.booleans()):
                unpublished(world, data.draw, number)
        what = data.draw(st.sampled_from(["declare", "declare", "time", "suspend", "resume"]))
        place = data.draw(st.sampled_from([47.0, 47.2]))
        for world in runs:
            match what:
                case "declare":
                    declare(world, "z1", "south", rule=ZoneRule.KEEP_OUT, minutes=900, place=place)
                case "time":
                    pass_time(world, 100)
                case "suspend":
                    step(world, PACT, Act.SUSPEND, PartyId("south"))
                case _:
                    step(world, PACT, Act.RESUME, PartyId("south"))
        first, second = (answers(world) for world in runs)
        if first != second:
            raise Leak(sorted(each for each in first if first[each] != second.get(each)))


@SETTINGS
@given(data=st.data())
def test_what_is_not_published_changes_no_public_answer(data: st.DataObject) -> None:
    two_runs(data)


def test_the_comparison_finds_a_planted_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    true = publickept.shown

    def leaking(picture: Any, time_us: int) -> Any:
        told = true(picture, time_us)
        return told if len(picture.intents) < 2 else told[:-1]

    monkeypatch.setattr(publickept, "shown", leaking)

    @settings(SETTINGS, phases=[Phase.generate], max_examples=200, database=None, derandomize=True)
    @given(data=st.data())
    def faulty(data: st.DataObject) -> None:
        two_runs(data)

    with pytest.raises(Leak):
        faulty()


@settings(SETTINGS, max_examples=15)
@given(data=st.data())
def test_whatever_was_agreed_every_public_answer_is_made(data: st.DataObject) -> None:
    """Never an error, and every alert is valid CAP."""
    world, pages = a_scene(), PublicPages()
    for _ in range(data.draw(st.integers(1, 12))):
        one_step(data.draw, world)
        assert answers(world, pages) == answers(world), "what was kept is what is"
    for where, (status, _, body) in answers(world).items():
        assert status == 200, where
        if where.startswith("/public/alerts"):
            require_cap(body)


@pytest.mark.parametrize("fault", ["same_until_us", "_sent"])
def test_what_is_kept_too_long_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stays = {"same_until_us": lambda *_: 1 << 62, "_sent": lambda *_: 0}
    world, pages = a_scene(), PublicPages()
    agree(world, PACT, text(PACT, world.now_us, public()))
    declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=60)
    with monkeypatch.context() as planted:
        planted.setattr(publickept, fault, stays[fault])
        answers(world, pages)
        declare(world, "z2", "north", rule=ZoneRule.KEEP_OUT, minutes=30)
        missed = answers(world, pages) != answers(world)
        world.pass_time(31)
        missed |= answers(world, pages) != answers(world)
    assert missed


async def test_whatever_is_asked_below_public_is_answered_properly(world: World) -> None:
    await signed_by_both(world)
    await zone(world, "alpha")

    async def ask(name: str, method: str, header: str) -> int:
        scope = {
            "type": "http", "method": method, "path": f"/public{name}", "query_string": b"a=1",
            "client": ("192.0.2.1", 1), "headers": [(b"if-none-match", header.encode())],
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"{", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await world.app(scope, receive, send)
        return sent[0]["status"]

    for seed in range(120):
        name = ("/alerts/", "/notams/", "/", "", "/closures/")[seed % 5]
        tail = ("", "fire-desk-1", "\x00", "é", "a" * 300, "../space", "fire-desk-01")[seed % 7]
        method = ("GET", "POST", "HEAD", "OPTIONS")[seed % 4]
        assert await ask(name + tail, method, ("", "*", '"', "W/x,")[seed % 4]) < 500
