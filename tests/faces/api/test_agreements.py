from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from api_world import World, a_world, flight, moment, square
from wideberth.client import ApiProblem, Client
from wideberth.service import now_us
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, format_rfc3339


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


def text(*provisions: dict[str, Any], **more: Any) -> dict[str, Any]:
    now = now_us() // HOUR_US * HOUR_US
    return {
        "title": "Keeping apart",
        "kind": "SEPARATION",
        "parties": ["alpha", "bravo"],
        "effective_us": now,
        "expires_us": now + 60 * DAY_US,
        "provisions": list(provisions)
        or [{"type": "between", "id": "apart", "horizontal_m": 20_000, "vertical_m": 2_000}],
        **more,
    }


def proposal(*provisions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"terms": text(*provisions, **more), "answer_by": moment(24 * 60)}


async def propose(client: Client, body: dict[str, Any]) -> Any:
    return await client.signed("POST", "/agreements", "ProposeAgreement", body)


async def act(client: Client, name: str, act: str, version: int = 1, **more: Any) -> Any:
    body = {"agreement": name, "version": version, "act": act, **more}
    return await client.signed("POST", f"/agreements/{name}/acts", "StepAgreement", body)


@pytest.mark.requirement("Z-01")
async def test_two_parties_propose_counter_and_sign_and_then_it_holds(world: World) -> None:
    keys = {party: await world.key(party) for party in ("alpha", "bravo")}
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
    ):
        first = await propose(alpha, proposal())
        name = first["agreement"]
        assert first["digest"] == hashlib.sha256(first["text"].encode()).hexdigest()
        assert json.loads(first["text"])["version"] == 1
        wider = [{"type": "between", "id": "apart", "horizontal_m": 30_000, "vertical_m": 2_000}]
        second = await bravo.signed(
            "POST", f"/agreements/{name}/versions", "ProposeAgreement",
            {**proposal(*wider), "replaces": 1, "agreement": name},
        )  # fmt: skip
        assert second["changes"] == [
            {
                "id": "apart",
                "change": "changed",
                "fields": [{"field": "horizontal_m", "before": "20000", "after": "30000"}],
            }
        ]
        await act(bravo, name, "sign", 2, digest=second["digest"])
        seen = await alpha.get(f"/agreements/{name}")
        assert (seen["version"], seen["state"]) == (2, "proposed")
        assert seen["unsigned"] == [{"party": "alpha"}]
        done = await act(alpha, name, "sign", 2, digest=seen["digest"])
        assert done["state"] == "in-force"
        listed = (await bravo.get("/agreements"))["agreements"]
        assert [each["state"] for each in listed] == ["countered", "in-force"]
        again = await alpha.get(f"/agreements/{name}", version=1)
        assert again["text"] == first["text"]
    await world.told("alpha", square(47.0, start=30))
    told = await world.told("bravo", square(47.2, start=30))
    assert [each["rule"] for each in told["clashes"]] == [f"agreement/{name}/2/apart"]
    notices = (await world.ask("alpha", "GET", "/notices")).json()["notices"]
    last = notices[-1]
    title = again["title"]
    under = {"agreement": name, "version": 2, "title": title, "provision": "apart"}
    assert last["under"] == [under]


async def test_who_tells_too_late_for_an_agreement_is_answered_what_it_asks_for(
    world: World,
) -> None:
    lead = {"type": "lead-time", "id": "flights", "kind": "flight", "minimum_s": 3600}
    keys = {party: await world.key(party) for party in ("alpha", "bravo")}
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
    ):
        first = await propose(alpha, proposal(lead, kind="NOTIFY"))
        for client in (alpha, bravo):
            await act(client, first["agreement"], "sign", 1, digest=first["digest"])
    soon = {**square(47.0, end=120), "start": format_rfc3339(now_us() + 30 * MINUTE_US)}
    dry = await world.ask("alpha", "POST", "/intents/check", flight(soon))
    late = await world.told("alpha", soon)
    assert dry.json()["late_under"] == late["late_under"], "said before it is sent"
    in_time = await world.told("alpha", square(48.0, start=120, end=180))
    assert late["late_under"] == [
        {
            "agreement": first["agreement"],
            "version": 1,
            "title": "Keeping apart",
            "provision": "flights",
            "minimum_lead_s": 3600.0,
            "late": True,
        }
    ]
    assert "late_under" not in in_time
    assert late["intent"].get("minimum_lead_s", 0) == 0, "others see the intent, and no agreement"


async def test_a_third_party_learns_nothing_of_it(world: World) -> None:
    key = await world.key("alpha")
    async with world.client("alpha", key) as alpha:
        first = await propose(alpha, proposal())
    name = first["agreement"]
    assert (await world.ask("charlie", "GET", "/agreements")).json()["agreements"] == []
    unknown = (await world.ask("charlie", "GET", "/agreements/never")).json()
    hidden = (await world.ask("charlie", "GET", f"/agreements/{name}")).json()
    assert {**hidden, "instance": ""} == {**unknown, "instance": ""}
    entries = (await world.ask("charlie", "GET", "/record/entries?limit=1000")).json()["entries"]
    assert not any(name in each.get("envelope", "") for each in entries)
    stream = world.node.service.picture.history
    assert stream is not None
    assert stream.stream_end("charlie") == 0  # type: ignore[arg-type]


async def test_a_token_proposes_and_signs_nothing(world: World) -> None:
    answer = await world.ask("alpha", "POST", "/agreements", proposal())
    assert (answer.status_code, answer.json()["rule"]) == (403, "signature-required")


@pytest.mark.requirement("Z-01")
async def test_what_is_signed_is_written_in_one_way(world: World) -> None:
    key = await world.key("alpha")
    spelled = [{"type": "between", "id": "a", "horizontal_m": 1, "vertical_m": 1, "time_s": 0}]
    async with world.client("alpha", key) as alpha:
        with pytest.raises(ApiProblem) as found:
            await propose(alpha, proposal(*spelled))
    assert found.value.document["rule"] == "not-canonical"


@pytest.mark.parametrize(
    ("provision", "field"),
    [
        ({"type": "line", "id": "Line 1", "points": [[0, 0], [1, 1]]}, "terms.provisions.0.id"),
        ({"type": "line", "id": "l", "points": [[0, 0]]}, "terms.provisions.0.points"),
        ({"type": "nothing", "id": "l"}, "terms.provisions.0"),
        (
            {"type": "lead-time", "id": "l", "kind": "flight", "minimum_s": -1},
            "terms.provisions.0.minimum_s",
        ),
        (
            {"type": "zone", "id": "z", "footprint": {"type": "circle", "latitude_nd": 10**12,
             "longitude_nd": 0, "radius_mm": 1}, "lower": {"value_mm": 0, "reference": "W84"},
             "upper": {"value_mm": 1, "reference": "W84"}},
            "terms.provisions.0.footprint",
        ),
        (
            {"type": "zone", "id": "z", "footprint": {"type": "polygon", "vertices":
             [[0, 0], [10**9, 10**9], [0, 10**9], [10**9, 0]]},
             "lower": {"value_mm": 0, "reference": "W84"},
             "upper": {"value_mm": 1, "reference": "W84"}},
            "terms.provisions.0.footprint",
        ),
    ],
)  # fmt: skip
async def test_bad_terms_are_named(world: World, provision: dict[str, Any], field: str) -> None:
    answer = await world.ask("alpha", "POST", "/drafts", {"terms": text(provision)})
    assert answer.status_code in (400, 422)
    assert answer.json()["field"].startswith(field)


async def test_a_draft_that_is_proposed_keeps_its_id_and_goes(world: World) -> None:
    body = proposal()
    kept = (await world.ask("alpha", "POST", "/drafts", {"terms": body["terms"]})).json()
    name = kept["draft"]["agreement"]
    keys = {party: await world.key(party) for party in ("alpha", "bravo")}
    path = f"/agreements?draft={name}"
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
    ):
        with pytest.raises(ApiProblem) as not_its_own:
            await bravo.signed("POST", path, "ProposeAgreement", body)
        assert not_its_own.value.status == 404
        key = keys["alpha"]
        said = key.sign("ProposeAgreement", body, method="POST", path=path, request="once")
        async with world.http("alpha") as line:
            jose = {"Content-Type": "application/jose"}
            answers = [await line.post(f"/api/v1{path}", content=said, headers=jose)
                       for _ in range(2)]  # fmt: skip
        key.settle(is_applied=True)
        told, again = (each.json() for each in answers)
        assert (told["agreement"], told["version"]) == (name, 1)
        assert (again["agreement"], again["position"]) == (name, told["position"])
        assert (await alpha.get("/drafts"))["drafts"] == []
        with pytest.raises(ApiProblem) as taken:
            await alpha.signed("POST", path, "ProposeAgreement", body, request="another")
        assert taken.value.rule == "version-stale"


async def test_a_draft_is_its_authors_own(world: World) -> None:
    kept = (await world.ask("alpha", "POST", "/drafts", {"terms": text()})).json()
    name = kept["draft"]["agreement"]
    again = await world.ask("alpha", "PUT", f"/drafts/{name}", {"terms": text(title="Other")})
    assert again.json()["draft"]["revision"] == 2
    assert (await world.ask("bravo", "GET", "/drafts")).json()["drafts"] == []
    assert (
        await world.ask("bravo", "PUT", f"/drafts/{name}", {"terms": text()})
    ).status_code == 404
    (own,) = (await world.ask("alpha", "GET", "/drafts")).json()["drafts"]
    assert own["terms"]["title"] == "Other"


ASKING = {"type": "consent", "id": "entry", "words": "Before entering.", "entitled": ["bravo"]}


@pytest.mark.requirement("D-01", "L-09")
async def test_consent_is_asked_and_answered_and_silence_is_no_answer(world: World) -> None:
    keys = {party: await world.key(party) for party in ("alpha", "bravo")}
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
    ):
        first = await propose(alpha, proposal(ASKING, kind="CONSENT"))
        name = first["agreement"]
        for each in (alpha, bravo):
            await act(each, name, "sign", digest=first["digest"])
        asked = await alpha.signed(
            "POST", f"/agreements/{name}/consents", "AskConsent",
            {"agreement": name, "version": 1, "provision": "entry", "words": "One tanker, 14:00"},
        )  # fmt: skip
        consent = asked["consent"]["id"]
        assert "verdict" not in asked["consent"]
        assert asked["consent"]["sentence"] == "No answer is not consent."
        token = await world.ask(
            "bravo", "POST", f"/consents/{consent}/answers", {"verdict": "APPROVED"}
        )
        assert token.json()["rule"] == "signature-required"
        body = {"consent": consent, "verdict": "APPROVED"}
        with pytest.raises(ApiProblem) as found:
            await alpha.signed("POST", f"/consents/{consent}/answers", "AnswerConsent", body)
        assert found.value.document["rule"] == "not-entitled"
        await bravo.signed("POST", f"/consents/{consent}/answers", "AnswerConsent", body)
        (seen,) = (await alpha.get("/consents"))["consents"]
        assert (seen["verdict"], seen["by"]) == ("APPROVED", "bravo")
        assert "sentence" not in seen
    assert (await world.ask("charlie", "GET", "/consents")).json()["consents"] == []
    never = await world.ask(
        "charlie", "POST", f"/consents/{consent}/answers", {"verdict": "REFUSED"}
    )
    assert never.status_code in (403, 404)


@pytest.mark.requirement("D-01")
async def test_nothing_is_asked_under_another_kind(world: World) -> None:
    keys = {party: await world.key(party) for party in ("alpha", "bravo")}
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
    ):
        first = await propose(alpha, proposal())
        name = first["agreement"]
        for each in (alpha, bravo):
            await act(each, name, "sign", digest=first["digest"])
        answer = await world.ask(
            "alpha", "POST", f"/agreements/{name}/consents",
            {"version": 1, "provision": "apart", "words": "May we?"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["rule"]) == (422, "not-asked-for") or (
            answer.json()["rule"] == "not-asked-for"
        )


@pytest.mark.requirement("Z-08")
async def test_a_red_line_is_told_to_its_owner_alone(world: World) -> None:
    line = {"name": "not nearer", "least_distance_m": 25_000, "volumes": [square(47.0, start=0)]}
    assert (await world.ask("bravo", "PUT", "/red-lines/near", line)).status_code == 200
    key = await world.key("alpha")
    async with world.client("alpha", key) as alpha:
        told = await propose(alpha, proposal())
        assert "red" not in json.dumps(told)
    await world.told("alpha", square(47.0, start=10))
    own = (await world.ask("bravo", "GET", "/red-lines")).json()
    assert [each["why"] for each in own["approaches"]] == [
        "apart: a distance of 20000 m", "a flight touches it",
    ]  # fmt: skip
    for party in ("alpha", "charlie"):
        assert (await world.ask(party, "GET", "/red-lines")).json() == {
            "red_lines": [], "approaches": [],
        }  # fmt: skip
        entries = (await world.ask(party, "GET", "/record/entries?limit=1000")).json()["entries"]
        assert not any("RedLine" in each.get("envelope", "") for each in entries)
    gone = await world.ask("alpha", "DELETE", "/red-lines/near")
    assert gone.status_code == 404
    assert (await world.ask("bravo", "DELETE", "/red-lines/near")).status_code == 200


@pytest.mark.requirement("Z-08")
async def test_a_proposal_is_decided_alike_whether_it_crosses_a_red_line(tmp_path: Path) -> None:
    answers: list[Any] = []
    for least in (1, 999_999):
        async with a_world(tmp_path / str(least)) as world:
            line = {"name": "x", "least_distance_m": least}
            await world.ask("bravo", "PUT", "/red-lines/near", line)
            key = await world.key("alpha")
            async with world.client("alpha", key) as alpha:
                told = await propose(alpha, proposal())
                intent = await world.told("alpha", square(47.0, start=10))
                answers.append((
                    told["position"], intent["position"], world.node.service.picture.size,
                    sorted(told),
                ))  # fmt: skip
            near = (await world.ask("bravo", "GET", "/red-lines")).json()["approaches"]
            assert len(near) == (least > 20_000)
    assert answers[0] == answers[1]


async def test_red_lines_watch_no_people(world: World) -> None:
    line = {"name": "x", "kinds": ["presence"], "volumes": [square()]}
    answer = await world.ask("bravo", "PUT", "/red-lines/x", line)
    assert (answer.status_code, answer.json()["rule"]) == (400, "not-one-of") or (
        answer.json()["rule"] == "not-one-of"
    )


async def test_an_intent_says_what_it_is_and_what_it_relies_on(world: World) -> None:
    told = await world.told("alpha", under={"actor": "uav", "armed": False, "reason": "rescue"})
    assert told["intent"]["under"] == {"actor": "uav", "armed": False, "reason": "rescue"}
    wrong = flight(under={"cites": [{"agreement": "never", "version": 1}]})
    answer = await world.ask("alpha", "POST", "/intents", wrong)
    assert answer.json()["field"] == "under.cites.0"


async def test_the_timers_bring_it_into_force_and_to_its_end(tmp_path: Path) -> None:
    from wideberth.timers import Timers

    late = [0]
    async with a_world(tmp_path, clock_us=lambda: now_us() + late[0]) as world:
        keys = {party: await world.key(party) for party in ("alpha", "bravo")}
        async with (
            world.client("alpha", keys["alpha"]) as alpha,
            world.client("bravo", keys["bravo"]) as bravo,
        ):
            begins = now_us() + 30 * MINUTE_US
            first = await propose(alpha, proposal(effective_us=begins))
            for each in (alpha, bravo):
                await act(each, first["agreement"], "sign", digest=first["digest"])
            name = first["agreement"]
            timers = Timers(world.node.service)
            states: list[str] = []
            for days in (0.05, 45, 52, 58.5, 61):
                late[0] = round(days * DAY_US)
                while await timers.look():
                    pass
                picture = world.node.service.picture
                states.append(picture.agreements[name, 1].state.value)
            assert states == ["in-force"] * 4 + ["expired"]
            assert picture.agreements[name, 1].reached == (
                "effective", "reminder-14", "reminder-7", "reminder-1", "expiry",
            )  # fmt: skip


@pytest.mark.requirement("Z-08")
async def test_a_track_within_a_red_line_is_told_to_its_owner_alone(world: World) -> None:
    line = {"name": "Near us", "volumes": [square(47.0, 7.5, side=0.1, start=-90, upper_m=9000)]}
    assert (await world.ask("bravo", "PUT", "/red-lines/near", line)).status_code == 200
    at = format_rfc3339(now_us())

    def report(name: str, **more: Any) -> dict[str, Any]:
        moving = {"track_deg": 90.0} if "ground_speed_m_s" in more else {}
        place = {"latitude": 47.05, "longitude": 7.55, "time": at}
        return {"track": name, **place, **moving, **more}

    await world.ask("alpha", "PUT", "/feeds/own", {"shown_to": "all"})
    seen = [
        report("jet", ground_speed_m_s=120.0, altitude_m=3000.0, party="alpha"),
        report("slow", ground_speed_m_s=15.0, altitude_m=500.0, party="alpha"),
        report("unsaid", altitude_m=500.0, party="alpha"),
        {**report("far", ground_speed_m_s=120.0, party="alpha"), "latitude": 48.0},
        report("high", ground_speed_m_s=120.0, altitude_m=12_000.0, party="alpha"),
        report("ours", ground_speed_m_s=120.0, altitude_m=3000.0, party="bravo"),
    ]
    for feed, reports in (("own", seen), ("closed", [report("unseen", ground_speed_m_s=99.0)])):
        answer = await world.ask("alpha", "POST", "/tracks", {"feed": feed, "reports": reports})
        assert answer.json()["refused"] == []
    before = world.node.service.picture.size
    found = (await world.ask("bravo", "GET", "/red-lines")).json()["approaches"]
    assert found == [
        {"red_line": "near", "party": "alpha", "why": "a track is within it", "track": "jet",
         "feed_party": "alpha"},
    ]  # fmt: skip
    assert world.node.service.picture.size == before, "nothing is recorded of it"
    for party in ("alpha", "charlie"):
        assert (await world.ask(party, "GET", "/red-lines")).json()["approaches"] == []
    volume = {"name": "No flights", "kinds": ["hazard"], "volumes": line["volumes"]}
    await world.ask("bravo", "PUT", "/red-lines/near", volume)
    assert (await world.ask("bravo", "GET", "/red-lines")).json()["approaches"] == []
