"""Incidents over the API: columns, differences, questions, evidence, results, proposals."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, moment, square
from stream_lines import Line, Seen, at_least
from wideberth.client import ApiProblem, Client
from wideberth.faces.api.openapi import schemas_of
from wideberth.faces.api.routes import ROUTES
from wideberth.model.entries import decode_entry
from wideberth.model.lodged import lodged_digest
from wideberth.record.notes import from_base64
from wideberth.record.verify import verify_receipt
from wideberth.space.time import MINUTE_US, format_rfc3339, parse_rfc3339

PARTIES = ("alpha", "bravo", "charlie")


def opening() -> dict[str, Any]:
    """An incident of the last hour, to open."""
    return {
        "title": "The morning at the river",
        "start": moment(-60),
        "end": moment(-30),
        "parties": ["bravo"],
        "observers": ["charlie"],
    }


def whole() -> dict[str, Any]:
    """An account with every member."""
    return {
        "when": {"time": moment(-50), "error_s": 60.0},
        "where": {
            "point": [7.5, 47.0],
            "error_m": 50.0,
            "altitude": {"value": 900.0, "units": "M", "reference": "MSL"},
            "altitude_error_m": 30.0,
        },
        "identity": {"aircraft": "A-1", "call_sign": "RED"},
        "warned": {"warned": True, "notice": "n1", "time": moment(-55)},
        "rule": {"agreement": "a1", "version": 2, "provision": "apart"},
        "damage": [{"of": "objects", "count": 1, "words": "a truck"}],
        "words": "It came from the east.",
        "language": "en",
    }


_ANSWER = {"step": "answer", "words": "x"}


class Signers:
    """Parties at a node, each with a key of its own."""

    def __init__(self, world: World, clients: dict[str, Client]) -> None:
        self.world = world
        self.clients = clients
        self.incident = ""

    async def sign(self, party: str, path: str, command: str, body: dict[str, Any]) -> Any:
        whole = {"incident": self.incident, **body} if self.incident else body
        of = f"/incidents/{self.incident}{path}" if self.incident else path
        return await self.clients[party].signed("POST", of, command, whole)

    async def opens(self, party: str = "alpha", **more: Any) -> str:
        told = await self.sign(party, "/incidents", "OpenIncident", {**opening(), **more})
        self.incident = told["incident"]
        return self.incident

    async def gives(self, party: str, shown_to: Any = "all", **claims: Any) -> str:
        body = {"shown_to": shown_to, **claims}
        return (await self.sign(party, "/accounts", "GiveAccount", body))["id"]

    async def sees(self, party: str, path: str = "") -> dict[str, Any]:
        answer = await self.world.ask(party, "GET", f"/incidents/{self.incident}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def signing(world: World) -> AsyncIterator[Signers]:
    async with AsyncExitStack() as stack:
        clients: dict[str, Client] = {}
        for party in PARTIES:
            key = await world.key(party)
            clients[party] = await stack.enter_async_context(world.client(party, key))
        yield Signers(world, clients)


@pytest.fixture
async def hands(world: World) -> AsyncIterator[Signers]:
    async with signing(world) as made:
        yield made


@pytest.mark.requirement("I-01")
async def test_each_account_stands_in_its_author_s_column_as_it_was_given(hands: Signers) -> None:
    await hands.opens()
    await hands.gives("alpha", **whole())
    await hands.gives("bravo", words="Nothing flew.")
    await hands.gives("charlie", words="We heard two engines.")
    for reader in PARTIES:
        seen = await hands.sees(reader)
        assert list(seen["accounts"]) == ["alpha", "bravo"]
        assert list(seen["observer_accounts"]) == ["charlie"]
        own = seen["accounts"]["alpha"]["account"]
        assert {name: own[name] for name in whole()} == whole()
        assert seen["accounts"]["bravo"]["account"]["words"] == "Nothing flew."
        assert seen["timeline"].endswith(f"/incidents/{hands.incident}/timeline")
        assert "none is merged" in seen["sentence"]
        path = seen["timeline"].removeprefix("/api/v1")
        shown = await hands.world.ask(reader, "GET", path)
        assert shown.status_code == 200, shown.text
        assert "groups" in shown.json(), "what the record shows stands beside the columns"


async def test_what_was_read_can_be_given_again_as_it_is(hands: Signers) -> None:
    await hands.opens()
    await hands.gives("alpha", "own", **whole())
    (read,) = (await hands.sees("alpha", "/accounts"))["accounts"]
    assert (await hands.sees("bravo", "/accounts"))["accounts"] == []
    members = {name: read[name] for name in whole()}
    await hands.gives("alpha", ["bravo"], **members)
    (shown,) = (await hands.sees("bravo", "/accounts"))["accounts"]
    assert {name: shown[name] for name in whole()} == members
    assert shown["version"] == 1, "a version that was not shown is not counted"
    assert [each["version"] for each in (await hands.sees("alpha", "/accounts"))["accounts"]] == [
        1, 2,
    ]  # fmt: skip
    assert (await hands.sees("charlie"))["accounts"]["alpha"] == {
        **(await hands.sees("charlie"))["accounts"]["bravo"],
        "party": "alpha",
    }
    assert (await hands.sees("alpha"))["accounts"]["alpha"]["not_shown_to"] == ["charlie"]


async def test_differences_are_those_between_accounts_that_the_reader_may_have(
    hands: Signers,
) -> None:
    await hands.opens()
    await hands.gives("alpha", **whole())
    other = {"where": {"point": [7.6, 47.0]}, "when": {"time": moment(-40)}}
    await hands.gives("bravo", ["alpha"], **other)
    assert (await hands.sees("charlie"))["differences"] == []
    time, place = (await hands.sees("alpha"))["differences"]
    assert (time["kind"], place["kind"]) == ("time", "place")
    assert time["minutes"] == {"claimed": 10, "at_least": 9, "at_most": 11}
    assert place["metres"]["claimed"] == pytest.approx(7606, abs=5)
    assert place["metres"]["at_least"] == pytest.approx(place["metres"]["claimed"] - 50, abs=0.1)
    assert place["parties"] == ["alpha", "bravo"]
    assert "within_errors" not in place
    await hands.gives("bravo", **whole())
    assert (await hands.sees("charlie"))["differences"] == []


async def test_questions_are_asked_answered_and_read_as_the_asker_decides(hands: Signers) -> None:
    await hands.opens()
    asking = {"to": "bravo", "words": "Where was it?", "urgent": True}
    quiet = (await hands.sign("alpha", "/questions", "AskQuestion", asking))["id"]
    steps = f"/questions/{quiet}/steps"
    answer = {"question": quiet, "step": "answer", "words": "By the river."}
    await hands.sign("bravo", steps, "StepQuestion", answer)
    for party in ("alpha", "bravo"):
        (seen,) = (await hands.sees(party))["questions"]
        assert (seen["state"], seen["overdue"], seen["asks"]) == ("answered", None, 1)
        assert [each["words"] for each in seen["said"]] == ["Where was it?", "By the river."]
    assert (await hands.sees("charlie"))["questions"] == []
    assert (await hands.sees("charlie", "/questions"))["questions"] == []
    attested = await hands.world.ask(
        "bravo", "POST", f"/incidents/{hands.incident}{steps}", {"step": "answer", "words": "x"}
    )
    assert attested.json()["rule"] == "signature-required"


async def test_evidence_is_lodged_disclosed_and_checked(hands: Signers) -> None:
    await hands.opens()
    lodging = {
        "sha256": "ab" * 32, "size_bytes": 9, "media_type": "image/jpeg", "line": "a photo",
        "shown_to": "own",
    }  # fmt: skip
    name = (await hands.sign("alpha", "/evidence", "LodgeEvidence", lodging))["id"]
    assert (await hands.sees("bravo"))["evidence"] == []
    shown = {"evidence": name, "parties": ["bravo"]}
    of = f"/evidence/{name}"
    await hands.sign("alpha", f"{of}/disclosures", "DiscloseEvidence", shown)
    await hands.sign("bravo", f"{of}/checks", "CheckEvidence", {"evidence": name, "matches": False})
    (mine,) = (await hands.sees("alpha"))["evidence"]
    (theirs,) = (await hands.sees("bravo"))["evidence"]
    assert mine == theirs
    assert mine["sha256"] == "ab" * 32
    assert [each["parties"] for each in mine["disclosed"]] == [["bravo"]]
    assert [(each["party"], each["matches"]) for each in mine["checked"]] == [("bravo", False)]
    assert (await hands.sees("charlie"))["evidence"] == []


async def test_of_other_recipients_a_recipient_learns_nothing(hands: Signers) -> None:
    await hands.opens()
    lodging = {"sha256": "ab" * 32, "size_bytes": 9, "media_type": "a/b", "line": "a photo"}
    name = (await hands.sign("alpha", "/evidence", "LodgeEvidence", lodging))["id"]
    of = f"/evidence/{name}"
    for party in ("bravo", "charlie"):
        shown = {"evidence": name, "parties": [party]}
        await hands.sign("alpha", f"{of}/disclosures", "DiscloseEvidence", shown)
        checked = {"evidence": name, "matches": True}
        await hands.sign(party, f"{of}/checks", "CheckEvidence", checked)
    for party in ("bravo", "charlie"):
        (seen,) = (await hands.sees(party))["evidence"]
        assert [each["parties"] for each in seen["disclosed"]] == [[party]]
        assert [each["party"] for each in seen["checked"]] == [party]
    result = {"to": ["bravo", "charlie"], "words": "We looked."}
    sent = await hands.sign("alpha", "/results", "TransmitResult", result)
    receipt = {"result": sent["id"], "digest": sent["digest"]}
    at = f"/results/{sent['id']}/receipt"
    await hands.sign("bravo", at, "ReceiptResult", receipt)
    (mine,) = (await hands.sees("alpha"))["inquiries"]
    assert ([each["party"] for each in mine["receipts"]], mine["open"]) == (["bravo"], True)
    (theirs,) = (await hands.sees("charlie"))["inquiries"]
    assert (theirs["receipts"], theirs["open"]) == ([], True)
    await hands.sign("charlie", at, "ReceiptResult", receipt)
    (mine,) = (await hands.sees("alpha"))["inquiries"]
    assert mine["open"] is False


async def test_who_is_named_is_told_on_the_stream_and_nobody_else(hands: Signers) -> None:
    lines = {party: Line(hands.world, party, "/stream") for party in PARTIES}
    await hands.opens(observers=[])
    await hands.gives("bravo", "own", words="For ourselves.")
    await hands.gives("bravo", ["alpha"], words="For alpha.")

    def told(events: list[Seen]) -> list[tuple[str, str]]:
        return [(data["change"], data["by"]) for _, name, data in events if name == "incident"]

    for party, wanted in (
        ("alpha", [("opened", "alpha"), ("account", "bravo")]),
        ("bravo", [("opened", "alpha"), ("account", "bravo"), ("account", "bravo")]),
    ):
        events = await lines[party].until(at_least(len(wanted)))
        assert told(events) == wanted
    assert told(lines["charlie"].events) == []
    answer = await hands.world.ask("charlie", "GET", f"/incidents/{hands.incident}")
    never = await hands.world.ask("charlie", "GET", "/incidents/never")
    assert answer.status_code == never.status_code == 404
    assert answer.json()["rule"] == never.json()["rule"]
    assert (await hands.world.ask("charlie", "GET", "/incidents")).json()["incidents"] == []
    for line in lines.values():
        await line.close()


@pytest.mark.parametrize(
    ("path", "body", "rule"),
    [
        ("/incidents", {**opening(), "parties": ["Nobody!"]}, "party-id"),
        ("/incidents", {**opening(), "parties": ["nobody"]}, "no-such-party"),
        ("/incidents", {**opening(), "start": "yesterday"}, "rfc3339"),
        ("/incidents", {**opening(), "start": moment(60), "end": moment(90)}, "not-yet"),
        ("/incidents", {**opening(), "end": moment(-90)}, "end-before-start"),
        ("/incidents", {**opening(), "severity": "high"}, None),
        (
            "/incidents",
            {**opening(), "area": {"type": "Point", "coordinates": [7, 97], "radius_m": 9}},
            "latitude",
        ),
        ("/incidents/{}/accounts", {"shown_to": "all", "where": {}}, "one-place"),
        ("/incidents/{}/accounts", {"shown_to": "all", "where": {"point": [7, 97]}}, "latitude"),
        ("/incidents/{}/accounts", {"shown_to": "all", "identity": {}}, "identity-empty"),
        ("/incidents/{}/accounts", {"shown_to": "everybody", "words": "x"}, None),
        (
            "/incidents/{}/accounts",
            {"shown_to": "all", "rule": {"provision": "apart"}},
            "agreement-missing",
        ),
        ("/incidents/{}/questions", {"to": "alpha", "words": "?"}, "not-named"),
        ("/incidents/{}/questions/never/steps", _ANSWER, "no-such-question"),
        ("/incidents/{}/evidence/never/checks", {"matches": True}, "no-such-evidence"),
        ("/incidents/{}/results/never/receipt", {"digest": "0" * 64}, "no-such-result"),
        ("/incidents/never/subjects", {"subjects": ["x"]}, "no-such-incident"),
    ],
)  # fmt: skip
async def test_bad_input_is_a_problem_that_names_field_and_rule(
    hands: Signers, path: str, body: dict[str, Any], rule: str | None
) -> None:
    await hands.opens()
    answer = await hands.world.ask("alpha", "POST", path.format(hands.incident), body)
    assert 400 <= answer.status_code < 500, answer.text
    problem = answer.json()
    assert problem["rule"] == (rule or problem["rule"])
    assert problem["field"], problem


async def test_a_polygon_to_which_no_distance_can_be_told_is_refused(hands: Signers) -> None:
    await hands.opens()
    ring = [[0.0, 0.0], [179.9999, 0.1], [90.0, 1.0], [0.0, 0.0]]
    area = {"type": "Polygon", "coordinates": [ring]}
    with pytest.raises(ApiProblem) as caught:
        await hands.gives("alpha", where={"area": area})
    assert caught.value.status in (400, 422)


async def test_proposals_are_made_of_the_reader_s_own_stream(hands: Signers) -> None:
    area = {"latitude": 47.0, "longitude": 7.5, "radius_m": 900}
    told = await hands.world.ask("bravo", "POST", "/stop", {"text": "people here", "area": area})
    assert told.status_code in (200, 202), told.text
    for _ in range(100):
        proposed = (await hands.world.ask("alpha", "GET", "/incidents/proposed")).json()
        if proposed["proposed"]:
            break
    (made,) = proposed["proposed"]
    assert made["kind"] == "STOP"
    assert made["open"]["parties"] == ["bravo"]
    assert made["open"]["area"]["radius_m"] == 900
    assert "people here" not in json.dumps(made), "its words are not the incident's title"
    assert window_min(made) == (10, 10), "a STOP is a moment, and what it is about is not"
    assert (await hands.world.ask("alpha", "GET", "/incidents")).json()["incidents"] == []
    opened = await hands.world.ask("alpha", "POST", "/incidents", made["open"])
    assert opened.status_code == 201, opened.text
    named = await hands.world.ask(
        "alpha",
        "POST",
        f"/incidents/{opened.json()['incident']}/subjects",
        {"subjects": made["subjects"]},
    )
    assert named.status_code == 200, named.text
    early = await hands.world.ask("alpha", "GET", "/incidents/proposed?before=1")
    assert early.json() == {"proposed": [], "next": None}


def window_min(made: dict[str, Any]) -> tuple[float, float]:
    """Minutes from the window's begin to the first time told, and from the last to its end."""
    times = (made["open"]["start"], made["first"], made["last"], made["open"]["end"])
    start, first, last, end = (parse_rfc3339(each) / MINUTE_US for each in times)
    return round(first - start, 6), round(end - last, 6)


async def proposals(hands: Signers, party: str) -> list[dict[str, Any]]:
    return (await hands.world.ask(party, "GET", "/incidents/proposed")).json()["proposed"]


async def test_a_warning_proposes_an_incident_to_each_side_as_it_was_warned(
    hands: Signers,
) -> None:
    world = hands.world
    zone = {"name": "Fire area", "rule": "keep-out", "volumes": [square(start=-120, end=60)]}
    told = await world.ask("alpha", "POST", "/zones", {**zone, "reason": "tankers"})
    assert told.status_code == 201, told.text

    async def flies(longitude: float) -> None:
        now = format_rfc3339(world.node.service.context().now_us)
        report = {"track": "dr0ne", "party": "bravo", "latitude": 47.005, "longitude": longitude}
        sent = {"feed": "own", "reports": [{**report, "altitude_m": 50, "time": now}]}
        assert (await world.ask("bravo", "POST", "/tracks", sent)).status_code == 200
        await world.app.desk.live.tick()

    await flies(7.505)
    # Of a track on a closed feed the zone's party knows that it is there, and not whose it is.
    for party, others in (("alpha", []), ("bravo", ["alpha"])):
        (made,) = await proposals(hands, party)
        (warning,) = (await world.ask(party, "GET", "/warnings")).json()["warnings"]
        assert (made["kind"], made["subject"]) == ("incursion", warning["id"])
        assert made["open"]["parties"] == others
        assert made["first"] == warning["raised"]
        assert window_min(made) == (10, 10)
        assert told.json()["zone"]["id"] in made["subjects"]
        assert "dr0ne" not in json.dumps(made), "a track is no object of an incident's"
    assert await proposals(hands, "charlie") == []
    (made,) = await proposals(hands, "bravo")
    opened = await world.ask("bravo", "POST", "/incidents", made["open"])
    assert opened.status_code == 201, opened.text
    seen = (await world.ask("alpha", "GET", "/incidents")).json()["incidents"]
    assert [each["id"] for each in seen] == [opened.json()["incident"]]


async def test_harm_proposes_a_window_that_begins_before_it_came_about(hands: Signers) -> None:
    world = hands.world
    site = await world.told(
        "alpha",
        square(end=60 * 24 * 30),
        kind="presence",
        visibility={"level": "named", "parties": ["bravo"]},
        provenance={"source": "gps", "accuracy_m": 5},
    )
    name = site["intent"]["id"]
    body = {"occurred": moment(-180), "statement": "shells fell"}
    said = await world.ask("alpha", "POST", f"/sites/{name}/harm", body)
    assert said.status_code in (200, 201), said.text
    (made,) = await proposals(hands, "alpha")
    assert (made["kind"], made["subject"]) == ("harm", name)
    assert made["first"] == moment(-180)
    assert window_min(made) == (10, 10)
    assert "shells" not in json.dumps(made), "nobody's words are the incident's"
    opened = await world.ask("alpha", "POST", "/incidents", made["open"])
    assert opened.status_code == 201, opened.text
    for each in await proposals(hands, "bravo"):
        assert each["first"] != moment(-180), "when it was is its owner's and the reporter's"


WEIGHT = (
    *("severe", "severit", "critical", "serious", "grave", "blame", "guilt", "fault", "culprit"),
    *("liable", "violat", "breach", "intention", "deliberat", "negligen", "reckless", "hostile"),
    *("attack", "aggress", "innocent", "responsible", "wrongdo", "victim", "perpetrat", "likely"),
    *("credib",),
)
"""Words of severity, intent and fault, in the forms in which they begin."""


def software_words(seen: Any, own: tuple[str, ...]) -> str:
    """Everything that an answer says, without what parties wrote."""
    text = json.dumps(seen).lower()
    for each in own:
        text = text.replace(each.lower(), "")
    return text


@pytest.mark.requirement("I-04")
async def test_no_word_of_weight_intent_or_fault_is_the_program_s(hands: Signers) -> None:
    await hands.opens()
    await hands.gives("alpha", **whole())
    await hands.gives("bravo", where={"point": [7.9, 47.0]}, warned={"warned": False}, damage=[])
    asking = {"to": "bravo", "words": "Where?", "urgent": True}
    await hands.sign("alpha", "/questions", "AskQuestion", asking)
    await hands.world.ask("bravo", "POST", "/stop", {"text": "people here"})
    seen = [await hands.sees(party) for party in PARTIES]
    seen.append((await hands.world.ask("alpha", "GET", "/incidents/proposed")).json())
    texts = [software_words(each, ("people here",)) for each in seen]
    incident_routes = [each for each in ROUTES if each.path.startswith("/incidents")]
    texts.append(json.dumps(schemas_of(incident_routes)).lower())
    texts += [each.summary.lower() for each in incident_routes]
    for text in texts:
        found = [word for word in WEIGHT if re.search(rf"\b{word}", text)]
        assert not found, found


async def test_all_of_it_stands_after_a_restart(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, signing(world) as hands:
        await hands.opens()
        await hands.gives("alpha", **whole())
        await hands.gives("bravo", ["alpha"], words="For alpha.")
        asking = {"to": "bravo", "words": "Where?"}
        await hands.sign("alpha", "/questions", "AskQuestion", asking)
        before = {party: await hands.sees(party) for party in PARTIES}
    async with a_world(tmp_path) as world:
        again = Signers(world, {})
        again.incident = hands.incident
        assert {party: await again.sees(party) for party in PARTIES} == before


async def test_a_retry_is_answered_with_the_same(hands: Signers) -> None:
    first = await hands.world.ask(
        "alpha", "POST", "/incidents", opening(), headers={"Idempotency-Key": "once"}
    )
    again = await hands.world.ask(
        "alpha", "POST", "/incidents", opening(), headers={"Idempotency-Key": "once"}
    )
    assert (first.status_code, first.content) == (again.status_code, again.content)
    became = (await hands.world.ask("alpha", "GET", "/requests/once")).json()
    assert became["position"] == first.json()["position"]


async def test_pages_end_where_they_are_asked_to(hands: Signers) -> None:
    await hands.opens()
    for number in range(3):
        await hands.gives("alpha", words=f"{number}")
    page = await hands.sees("bravo", "/accounts?limit=2")
    rest = await hands.sees("bravo", f"/accounts?cursor={page['next']}")
    words = [each["words"] for each in (*page["accounts"], *rest["accounts"])]
    assert (words, rest["next"]) == (["0", "1", "2"], None)
    hidden = await hands.gives("alpha", "own", words="mine")
    refused = await hands.world.ask(
        "bravo", "GET", f"/incidents/{hands.incident}/accounts?cursor={hidden}"
    )
    assert refused.json()["rule"] == "cursor"


@pytest.mark.requirement("I-01")
def test_no_name_in_what_goes_out_is_of_two_parties_accounts_as_one() -> None:
    schema = schemas_of(each for each in ROUTES if each.path.startswith("/incidents"))
    holders = {
        name
        for name, each in schema.items()
        if "AccountOut" in json.dumps(each.get("properties", {}))
    }
    assert holders == {"ColumnOut", "AccountsPage"}


@pytest.mark.requirement("I-06")
async def test_that_a_digest_was_lodged_then_is_proved_by_its_entry(hands: Signers) -> None:
    await hands.opens()
    salt, content = bytes(range(32)), b"frame 4711"
    lodging = {
        "sha256": lodged_digest(salt, content), "size_bytes": len(content),
        "media_type": "image/jpeg", "line": "a photo",
    }  # fmt: skip
    told = await hands.sign("alpha", "/evidence", "LodgeEvidence", lodging)
    position = told["position"]
    page = await hands.world.ask("bravo", "GET", f"/record/entries?from={position}&limit=1")
    (shown,) = page.json()["entries"]
    envelope = shown["envelope"].encode()
    assert content not in envelope
    assert salt.hex().encode() not in envelope
    receipt = await hands.world.ask("bravo", "GET", f"/record/receipts/{position}")
    proved = verify_receipt(
        receipt.text,
        envelope=envelope,
        salt=from_base64(shown["salt"], field="salt"),
        vkey=hands.world.node.vkey,
    )
    assert proved.position == position
    # Later the salt and the content are shown: whoever has the entry sees that they fit.
    body: Any = decode_entry(envelope, position=position).body
    assert body.lodging.sha256 == lodged_digest(salt, content)
    for other in (b"frame 4712", content + b"."):
        assert body.lodging.sha256 != lodged_digest(salt, other)
