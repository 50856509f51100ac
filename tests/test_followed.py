"""An entry says what its party signed, all of it: each member is changed once, and found.

What is changed is made from the structs of the record, so that a member that is new there and not
compared fails here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from api_world import World, a_world, flight, moment, square
from wideberth.audit import StatementAudit
from wideberth.errors import RecordCorrupt, WideberthError
from wideberth.evidence.alone.container import Fault
from wideberth.evidence.alone.followed import _SAID, check_followed  # pyright: ignore[reportPrivateUsage]
from wideberth.faces.api.routes import ROUTES
from wideberth.model.drills import SendDrill
from wideberth.model.entries import Entry, IntentAccepted, decode_entry, encode_entry
from wideberth.model.ids import PartyId
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder
from wideberth.service import now_us
from wideberth.space.time import DAY_US
from wideberth.space.volume import Polygon
from wideberth.wire.recorded import DECIDED
from wideberth.wire.statements import SIGNED

pytestmark = pytest.mark.requirement("R-05")
replace = msgspec.structs.replace

ALONE_TAKES = frozenset({"rules", "intent.minimum_lead_us"})
"""What the stand-alone verifier takes as it stands: it folds no rules."""


def corridor() -> dict[str, Any]:
    return {
        **square(),
        "footprint": {
            "type": "Corridor",
            "points": [[7.5, 47.0], [7.6, 47.05], [7.7, 47.0]],
            "width_m": 400.0,
        },
    }


def shapes() -> list[dict[str, Any]]:
    """Made when they are told: a window of minutes is over before the whole suite has run."""
    return [
        corridor(),
        {
            **square(),
            "footprint": {
                "type": "Sector",
                "center": [7.5, 47.0],
                "radius_m": 900,
                "from_deg": 20,
                "to_deg": 95.5,
            },
        },
        {
            **square(),
            "footprint": {
                "type": "Moving",
                "fixes": [
                    {"place": [7.5, 47.0], "time": moment(5)},
                    {"place": [7.55, 47.0], "time": moment(15)},
                ],
                "radius_m": 250,
                "tolerance_s": 30,
            },
        },
        {
            **square(),
            "footprint": {"type": "Circle", "center": {"text": "N4700 E00730"}, "radius_m": 9},
        },
        {**square(), "footprint": {"type": "Circle", "center": [7.5, 47.1], "radius_m": 12.3456}},
        {
            **square(),
            "footprint": {"type": "Area", "vertices": [[7.5, 47.0], [7.6, 47.0], [7.55, 47.1]]},
            "clock_bound_s": 2.5,
        },
        {**square(end=24 * 60), "schedule": {"times": "0000-2359"}},
    ]


async def play(world: World) -> None:
    """A signed statement of every type, in every form."""
    keys = {party: await world.key(party) for party in ("alpha", "bravo", "charlie")}
    await world.key("bravo", "old")
    async with (
        world.client("alpha", keys["alpha"]) as alpha,
        world.client("bravo", keys["bravo"]) as bravo,
        world.client("charlie", keys["charlie"]) as charlie,
    ):
        planned = {"source": "planned", "accuracy_m": 10.5}
        feet = {"lower": {"value": 33, "units": "FT", "reference": "W84"}}
        first = await alpha.submit_intent(
            flight(
                {**square(47.0000000004, 7.5), **feet},
                call_sign="HELI-1",
                place_name="the ridge",
                priority=3,
                count=2,
                visibility={"level": "open", "parties": ["bravo", "bravo"]},
                provenance={
                    "source": "address",
                    "accuracy_m": 2.5,
                    "captured": moment(-30),
                    "checked_by": "desk",
                },
            ),
            signed=True,
        )
        presence = {
            "kind": "presence",
            "volumes": [square(47.003, 7.503, side=0.002, end=600)],
            "visibility": {"level": "named", "parties": ["alpha", "bravo"]},
            "provenance": planned,
        }
        await charlie.submit_intent(presence, signed=True)
        marking = {"on": "roof", "night": True, "infrared": False}
        stated = {
            "stand_off": [{"effect": "artillery", "distance_m": 2000}],
            "marking": [marking, {**marking, "photos": ["ab" * 32]}],
            "evidence": "visited",
        }
        far = {**presence, "volumes": [square(46.0, 7.0, end=600)], "stated": stated}
        await charlie.submit_intent({**far, "status": "actual"}, signed=True)
        hazard = await bravo.submit_intent(
            {
                "kind": "hazard",
                "volumes": [square(47.002, 7.502, side=0.01, start=20, end=50)],
                "provenance": planned,
                "activated": True,
            },
            signed=True,
        )
        amended = await alpha.amend_intent(
            first["intent"]["id"],
            {**flight(square(end=90), call_sign="HELI-2"), "ovn": first["intent"]["ovn"]},
            signed=True,
        )
        await alpha.change_state(
            amended["intent"]["id"], amended["intent"]["ovn"], "activate", signed=True
        )
        zone = {
            "name": "Range 4 (invented)",
            "rule": "notice",
            "notice_minutes": 20,
            "kinds": ["flight", "hazard", "flight"],
            "volumes": [square(46.99, 7.49, side=0.03, start=10, end=300)],
            "reason": "exercise",
        }
        declared = (await charlie.declare_zone(zone, signed=True))["zone"]["id"]
        again = {**zone, "name": "Range 5", "replaces_version": 1, "zone": declared}
        await charlie.signed("PUT", f"/zones/{declared}", "DeclareZone", again)
        await charlie.signed(
            "DELETE", f"/zones/{declared}?version=2", "WithdrawZone",
            {"zone": declared, "version": 2},
        )  # fmt: skip
        opened = await alpha.signed(
            "POST", "/subscriptions", "OpenSubscription", {"volume": square(side=0.05)}
        )
        standing = opened["subscription"]["id"]
        await alpha.signed(
            "DELETE", f"/subscriptions/{standing}", "CloseSubscription", {"subscription": standing}
        )
        for notice in (await bravo.notices())["notices"]:
            told = notice.get("particulars")
            if told is not None:
                read_back = {**told, "latitude": told["latitude"] + 1}
                await bravo.acknowledge(notice, "READ-BACK", read_back=read_back)
                await bravo.acknowledge(notice, "READ-BACK", read_back=told)
            await bravo.acknowledge(notice["id"], "CANNOT-COMPLY", unit="bravo-1", reason="engine")
            await bravo.acknowledge(notice, "LOADED", unit="bravo-1", system="planner")
        for row in (await charlie.get("/notices/unreached"))["unreached"]:
            if row["role"] == "holder":
                released = {"notice": row["notice"]}
                path = f"/notices/{row['notice']}/release"
                await charlie.signed("POST", path, "ReleaseNotice", released)
        burning = hazard["intent"]["id"]
        stated = {"status": "moved", "intent": burning}
        await bravo.signed("POST", f"/hazards/{burning}/status", "StateHazard", stated)
        await doubt(alpha, bravo, burning)
        await bravo.signed("DELETE", "/keys/old", "RevokeKey", {"key_id": "old"})
        await bravo.change_state(
            hazard["intent"]["id"], hazard["intent"]["ovn"], "end", signed=True
        )
        for shape in shapes():
            await alpha.submit_intent(flight(shape, square(47.3)), signed=True)
        corner = {"text": "47.25N 7.25E"}
        for volume in (
            {**corridor(), "schedule": {"times": "0000-2359"}},
            {
                **square(),
                "footprint": {"type": "Area", "vertices": [corner, [7.3, 47.2], [7.4, 47.3]]},
            },
        ):
            await bravo.submit_intent(flight(volume), signed=True)
        await tell_stops(alpha, bravo)
        await practise(world, bravo)
        cleared = {"intent": burning}
        await bravo.signed("POST", f"/hazards/{burning}/all-clear", "GiveAllClear", cleared)
        await keep_watch(alpha)
        await agree(alpha, bravo)
        await tell_of_an_incident(alpha, bravo)


async def tell_of_an_incident(alpha: Any, bravo: Any) -> None:
    area = {"type": "Point", "coordinates": [7.5, 47.0], "radius_m": 900.5}
    ring = [[7.5, 47.0], [7.6, 47.0], [7.55, 47.1], [7.5, 47.0]]
    opened = await alpha.signed(
        "POST",
        "/incidents",
        "OpenIncident",
        {
            "title": "The morning",
            "start": moment(-60),
            "end": moment(-30),
            "parties": ["bravo"],
            "area": {"type": "Polygon", "coordinates": [ring]},
        },
    )
    name = opened["incident"]
    of = {"incident": name}
    path = f"/incidents/{name}"
    await alpha.signed("POST", f"{path}/parties", "NameParties", {**of, "observers": ["charlie"]})
    await bravo.signed("POST", f"{path}/subjects", "NameSubjects", {**of, "subjects": ["x1", "x2"]})
    whole = {
        "when": {"time": moment(-50), "error_s": 30.5},
        "where": {
            "point": [7.5, 47.0],
            "error_m": 50,
            "altitude": {"value": 900, "units": "FT", "reference": "MSL"},
            "altitude_error_m": 30.5,
        },
        "identity": {"aircraft": "a1", "unit": "u1", "call_sign": "RED", "intent": "i1"},
        "warned": {"warned": True, "notice": "n1", "time": moment(-55)},
        "rule": {"agreement": "a1", "version": 2, "provision": "apart"},
        "damage": [{"of": "people", "count": 0, "words": "hurt"}],
    }
    told = {**of, "shown_to": ["bravo"], **whole, "words": "As we saw it.", "language": "en"}
    await alpha.signed("POST", f"{path}/accounts", "GiveAccount", told)
    await bravo.signed(
        "POST",
        f"{path}/accounts",
        "GiveAccount",
        {**of, "shown_to": "all", "where": {"area": area}, "damage": []},
    )
    asking = {**of, "to": "bravo", "words": "Where?", "urgent": True, "shown_to": ["charlie"]}
    question = (await alpha.signed("POST", f"{path}/questions", "AskQuestion", asking))["id"]
    for client, done in ((bravo, "answer"), (alpha, "ask-again"), (alpha, "call-meeting")):
        stepped = {**of, "question": question, "step": done, "words": "There."}
        steps = f"{path}/questions/{question}/steps"
        await client.signed("POST", steps, "StepQuestion", stepped)
    lodging = {
        **of, "sha256": "ab" * 32, "size_bytes": 9, "media_type": "image/jpeg", "line": "a photo",
    }  # fmt: skip
    lodged = (await alpha.signed("POST", f"{path}/evidence", "LodgeEvidence", lodging))["id"]
    item = {**of, "evidence": lodged}
    shown = {**item, "parties": ["bravo"]}
    at = f"{path}/evidence/{lodged}"
    await alpha.signed("POST", f"{at}/disclosures", "DiscloseEvidence", shown)
    await bravo.signed("POST", f"{at}/checks", "CheckEvidence", {**item, "matches": True})
    found = {**of, "to": ["bravo"], "words": "We looked.", "document_sha256": "cd" * 32}
    result = await alpha.signed("POST", f"{path}/results", "TransmitResult", found)
    receipt = {**of, "result": result["id"], "digest": result["digest"]}
    await bravo.signed("POST", f"{path}/results/{result['id']}/receipt", "ReceiptResult", receipt)


async def keep_watch(client: Any) -> None:
    await client.signed("POST", "/heartbeat", "GiveHeartbeat", {"degraded": True})
    found = {"state": "REFUSED", "reason": "they hang up"}
    await client.signed(
        "POST", "/channels/bravo/report", "ReportChannel", {**found, "about": "bravo"}
    )
    pause = {"scope": "all but STOP", "reason": "as announced", "for_minutes": 90}
    await client.signed("POST", "/channel/suspension", "SuspendChannel", pause)
    await client.signed("DELETE", "/channel/suspension", "ResumeChannel", {})
    read = (await client.get("/shifts"))["open_list"]
    taken = {"post": "senior", "open_list": read}
    await client.signed("POST", "/shifts", "TakeShift", taken)
    ceiling = {"recipient": "alpha", "sender": "bravo", "notices": 40}
    await client.signed("POST", "/ceilings", "SetCeiling", ceiling)
    del ceiling["notices"]
    await client.signed("POST", "/ceilings", "SetCeiling", ceiling)


async def agree(alpha: Any, bravo: Any) -> None:
    now = now_us()
    asking = {"type": "consent", "id": "entry", "words": "Before entering.", "entitled": ["bravo"]}
    terms = {
        "title": "Entry by consent \u00e9",
        "kind": "CONSENT",
        "parties": ["alpha", "bravo"],
        "effective_us": now,
        "expires_us": now + 30 * DAY_US,
        "provisions": [
            asking,
            {"type": "counting", "id": "counted", "counts": [{"what": "late-notice"}]},
        ],
    }
    first = {"terms": terms, "answer_by": moment(600)}
    made = await alpha.signed("POST", "/agreements", "ProposeAgreement", first)
    name = made["agreement"]
    again = {**first, "terms": {**terms, "title": "Entry"}, "replaces": 1, "agreement": name}
    made = await bravo.signed("POST", f"/agreements/{name}/versions", "ProposeAgreement", again)
    acts = f"/agreements/{name}/acts"
    accepted = {"agreement": name, "version": 2, "act": "accept"}
    await alpha.signed("POST", acts, "StepAgreement", accepted)
    for each in (alpha, bravo):
        signed = {**accepted, "act": "sign", "digest": made["digest"]}
        await each.signed("POST", acts, "StepAgreement", signed)
    words = {"agreement": name, "version": 2, "provision": "entry", "words": "At noon"}
    asked = await alpha.signed("POST", f"/agreements/{name}/consents", "AskConsent", words)
    consent = asked["consent"]["id"]
    answer = {"consent": consent, "verdict": "REFUSED", "reason": "smoke"}
    await bravo.signed("POST", f"/consents/{consent}/answers", "AnswerConsent", answer)
    contested = {**accepted, "item": "counted/late-notice/3", "reason": "the clock was off"}
    del contested["act"]
    await bravo.signed("POST", f"/agreements/{name}/contests", "ContestCount", contested)
    about = {"actor": "fixed", "armed": False, "cites": [{"agreement": name, "version": 2}]}
    await alpha.submit_intent(flight(square(48.5), under=about), signed=True)
    paused = {**accepted, "act": "suspend", "provisions": ["entry"], "reason": "exercise"}
    await bravo.signed("POST", acts, "StepAgreement", paused)


async def doubt(alpha: Any, bravo: Any, hazard: str) -> None:
    raised = {"statement": "the line is not where it says \u00e9", "intent": hazard}
    made = await alpha.signed("POST", "/doubts", "RaiseDoubt", raised)
    name = made["doubt"]["id"]
    answer = {"doubt": name, "state": "accepted-open", "statement": "being looked at"}
    await bravo.signed("POST", f"/doubts/{name}/answer", "AnswerDoubt", answer)


async def practise(world: World, bravo: Any) -> None:
    await world.node.command(SendDrill(PartyId("bravo")))  # by the host: down to its units
    (drill,) = (
        each for each in (await bravo.get("/drills"))["drills"] if each["state"] == "waiting"
    )
    sent = drill["id"]
    for said in (
        {"verb": "RECEIVED"},
        {"verb": "READ-BACK", "word": drill["word"]},
        {"verb": "LOADED", "unit": "bravo-1"},
    ):
        path = f"/drills/{sent}/answers"
        await bravo.signed("POST", path, "AnswerDrill", {"drill": sent, **said})
    test = await bravo.signed("POST", "/read-back-tests", "BeginReadBackTest", {})
    typed = dict.fromkeys(
        ("identification", "place", "begins", "ends", "lowest_m", "highest_m"), "unread"
    )
    answers = [
        {"language": each["language"], **typed, "permission": "no", "clear": "yes"}
        for each in test["items"]
    ]
    body = {"answers": answers}
    await bravo.signed("POST", "/read-back-tests/answers", "AnswerReadBackTest", body)


async def tell_stops(client: Any, reader: Any) -> None:
    if "TellStop" not in SIGNED:
        return
    area = {"latitude": 47.0, "longitude": 7.5, "radius_m": 1234.5678}
    stop = {"form": "our-error", "text": "flare on the line", "intent": "i-1", "area": area}
    name = (await client.signed("POST", "/stop", "TellStop", stop))["id"]
    read = {"stop": name, "by": "person", "post": "alternate"}
    await reader.signed("POST", f"/stops/{name}/acknowledgements", "AcknowledgeStop", read)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Entry]]:
    """The origin and the entries of a record in which everything was signed that can be."""

    async def run() -> tuple[str, list[Entry]]:
        async with a_world(folder) as world:
            await play(world)
            rows = await world.node.service.rows(0, 10_000)
            return world.node.origin, [
                decode_entry(row.envelope, position=row.position) for row in rows
            ]

    folder = tmp_path_factory.mktemp("followed")
    return asyncio.run(run())


def product_finds(origin: str, entries: list[Entry], at: int, lie: Entry) -> str | None:
    """What the audit says of the entry when the lie stands in its place; None: nothing."""
    audit = StatementAudit(origin)
    for position, each in enumerate([*entries[:at], lie]):
        try:
            audit(position, encode_entry(each), each.said)
        except WideberthError as error:
            assert position == at
            return str(error)
    return None


def alone_finds(lie: Entry) -> str | None:
    """What the stand-alone verifier says of it."""
    assert lie.said is not None
    part = lie.said.split(".")[1]
    payload = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    try:
        check_followed(payload, json.loads(encode_entry(lie)))
    except Fault as fault:
        return fault.reason
    return None


def lies(value: Any, kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The value with each of its members changed in turn, by path: made from the declared type."""
    if isinstance(value, msgspec.Struct):
        hints = get_type_hints(type(value))
        for name in value.__struct_fields__:
            for inner, other in lies(getattr(value, name), hints[name], f"{path}.{name}"):
                try:
                    yield inner, replace(value, **{name: other})
                except WideberthError:
                    continue  # no such value can be, in any record
        return
    if isinstance(value, tuple):
        kinds = get_args(kind)
        if kinds[-1] is ...:
            yield path, (*value, *(value[:1] or (example(kinds[0]),)))
            if value:
                yield path, value[:-1]
        for index, each in enumerate(value):
            inner_kind = kinds[0] if kinds[-1] is ... else kinds[index]
            for inner, other in lies(each, inner_kind, f"{path}.{index}"):
                yield inner, (*value[:index], other, *value[index + 1 :])
        return
    yield path, other_than(value, kind)
    if value is not None and type(None) in get_args(kind):
        yield path, None


def other_than(value: Any, kind: Any) -> Any:
    match value:
        case None:
            return example(next(each for each in get_args(kind) if each is not type(None)))
        case bool():
            return not value
        case Enum():
            return next(each for each in type(value) if each is not value)
        case int():
            return value + 1
        case _:
            return value + "x"


def example(kind: Any) -> Any:
    """Some value of a type."""
    kind = getattr(kind, "__supertype__", kind)
    if get_origin(kind) in (Union, UnionType):
        return example(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return kind(**{name: example(hints[name]) for name in kind.__struct_fields__})
    if get_origin(kind) is tuple:
        return tuple(example(each) for each in get_args(kind) if each is not ...)
    if issubclass(kind, Enum):
        return next(iter(kind))
    return kind(7) if kind is not str else "x"


def signed(entries: list[Entry]) -> list[tuple[int, Entry]]:
    return [(at, each) for at, each in enumerate(entries) if each.said is not None]


def is_cover(entry: Entry) -> bool:
    body = entry.body
    return isinstance(body, IntentAccepted) and body.intent.declaration is not None


def is_taken(path: str, decided: frozenset[str]) -> bool:
    return any(path == each or path.startswith(f"{each}.") for each in decided)


def test_every_type_of_statement_is_signed_here_and_passes(made: tuple[str, list[Entry]]) -> None:
    origin, entries = made
    audit = StatementAudit(origin)
    for position, each in enumerate(entries):
        audit(position, encode_entry(each), each.said)
    for _, each in signed(entries):
        assert alone_finds(each) is None
    types = [json.loads(payload_of(each))["type"] for _, each in signed(entries)]
    assert set(types) == set(SIGNED)
    assert {type(each.body) for _, each in signed(entries)} == set(DECIDED)
    assert types.count("DeclareZone") == 2


def payload_of(entry: Entry) -> bytes:
    assert entry.said is not None
    part = entry.said.split(".")[1]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_every_member_of_a_signed_entry_that_was_changed_is_named(
    made: tuple[str, list[Entry]],
) -> None:
    origin, entries = made
    seen: dict[type, set[str]] = {kind: set() for kind in DECIDED}
    planted = 0
    for at, entry in signed(entries):
        kind = type(entry.body)
        if is_cover(entry):
            continue
        for dotted, body in lies(entry.body, kind):
            path, lie = dotted.lstrip("."), replace(entry, body=body)
            seen[kind].add(path)
            decided = DECIDED[kind]
            if is_taken(path, decided):
                continue
            planted += 1
            found = product_finds(origin, entries[:at], at, lie)
            assert found is not None, f"{kind.__name__}: {path} is not compared"
            alone = alone_finds(lie)
            if not is_taken(path, ALONE_TAKES):
                assert alone is not None, f"{kind.__name__}: verify.py does not compare {path}"
            if "." not in path.removeprefix("intent.").removeprefix("zone."):
                assert path.split(".")[-1] in found
    assert planted > 300
    for kind, decided in DECIDED.items():
        stale = {each for each in decided if not any(is_taken(p, {each}) for p in seen[kind])}  # type: ignore[arg-type]
        assert not stale, f"{kind.__name__} has no member {stale}"


def test_of_a_cover_the_product_finds_each_corner_and_verify_py_the_rest(
    made: tuple[str, list[Entry]],
) -> None:
    origin, entries = made
    covers = [(at, each) for at, each in signed(entries) if is_cover(each)]
    assert len(covers) == len(shapes()) + 2
    only_product: set[tuple[str, bool]] = set()
    for at, entry in covers:
        assert isinstance(entry.body, IntentAccepted)
        for name, change in COVER_LIES.items():
            intent = change(entry.body.intent)
            lie = replace(entry, body=replace(entry.body, intent=intent))
            found = product_finds(origin, entries[:at], at, lie)
            assert found is not None, f"{entry.body.intent.declaration}: {name}"
            if alone_finds(lie) is None:
                is_counted = not any(
                    word in str(entry.body.intent.declaration)
                    for word in ("Sector", "Moving", "schedule")
                )
                only_product.add((name, is_counted))
    assert only_product == {("a corner", True), ("a corner", False), ("a volume more", False)}


def first_volume(intent: Any, **fields: Any) -> Any:
    first, *rest = intent.volumes
    return replace(intent, volumes=(replace(first, **fields), *rest))


def moved(intent: Any) -> Any:
    shape = intent.volumes[0].footprint
    if isinstance(shape, Polygon):
        (latitude_nd, longitude_nd), *rest = shape.vertices
        return first_volume(intent, footprint=Polygon(((latitude_nd + 2, longitude_nd), *rest)))
    return first_volume(intent, footprint=replace(shape, latitude_nd=shape.latitude_nd + 2))


COVER_LIES: dict[str, Any] = {
    "a corner": moved,
    "the upper limit": lambda intent: first_volume(
        intent,
        upper=replace(intent.volumes[0].upper, value_mm=intent.volumes[0].upper.value_mm + 2),
    ),
    "a time outside of the declared": lambda intent: first_volume(
        intent, start_us=intent.volumes[0].start_us - 86_400_000_000
    ),
    "no declaration": lambda intent: replace(intent, declaration=None),
    "another declaration": lambda intent: replace(
        intent, declaration=intent.declaration.replace("7.5", "7.6").replace("47.2", "47.1")
    ),
    "a volume more": lambda intent: replace(intent, volumes=(*intent.volumes, intent.volumes[-1])),
    "no volume": lambda intent: replace(intent, volumes=()),
}


def test_the_last_digit_of_what_was_worked_out_may_be_rounded_otherwise(
    made: tuple[str, list[Entry]],
) -> None:
    origin, entries = made
    for at, entry in signed(entries):
        body = entry.body
        if isinstance(body, IntentAccepted) and "Corridor" in (body.intent.declaration or ""):
            first = body.intent.volumes[0].footprint
            assert isinstance(first, Polygon)
            (latitude_nd, longitude_nd), *rest = first.vertices
            other = Polygon(((latitude_nd + 1, longitude_nd), *rest))
            lie = replace(body, intent=first_volume(body.intent, footprint=other))
            assert product_finds(origin, entries[:at], at, replace(entry, body=lie)) is None
            return
    raise AssertionError("no corridor was signed")


@pytest.mark.parametrize("other", ["1", "null", "[]", '{"type":[]}', "9" * 400, "1e308", "deep"])
def test_no_member_of_another_form_ends_in_a_traceback(
    made: tuple[str, list[Entry]], other: str
) -> None:
    value = json.loads("[" * 900 + "]" * 900) if other == "deep" else json.loads(other)
    for _, entry in signed(made[1]):
        payload, whole = json.loads(payload_of(entry)), json.loads(encode_entry(entry))
        for name in payload["body"]:
            changed = {**payload, "body": {**payload["body"], name: value}}
            with contextlib.suppress(Fault):
                check_followed(changed, whole)
        for name in whole["body"]:
            if name != "type":
                with contextlib.suppress(Fault):
                    check_followed(payload, {**whole, "body": {**whole["body"], name: value}})


def test_roles_that_the_key_was_not_enrolled_for_are_found(made: tuple[str, list[Entry]]) -> None:
    origin, entries = made
    at, entry = signed(entries)[0]
    lie = replace(entry, author=replace(entry.author, roles=()))
    assert "author.roles" in (product_finds(origin, entries[:at], at, lie) or "")


def test_verify_names_the_entry_and_the_member_where_the_host_signed_the_lie(
    made: tuple[str, list[Entry]], tmp_path: Path
) -> None:
    origin, entries = made
    at, entry = signed(entries)[0]
    assert isinstance(entry.body, IntentAccepted)
    lie = replace(entry.body, intent=moved(entry.body.intent))
    told = [*entries[:at], replace(entry, body=lie), *entries[at + 1 :]]
    with SqliteRecord(tmp_path, key=OriginKey(origin, bytes(32))) as record:
        record.append([encode_entry(each) for each in told], 0, time_us=told[-1].time_us)
    with pytest.raises(RecordCorrupt, match=r"body\.intent\.volumes\.0\.footprint") as found:
        verify_folder(tmp_path, statement_checker=StatementAudit(origin))
    assert found.value.position == at


def test_both_verifiers_know_the_statements_of_every_route() -> None:
    routes: dict[str, set[Any]] = {}
    for route in ROUTES:
        if route.command is not None:
            routes.setdefault(route.command, set()).add((route.body, route.also))
    # An empty object needs no struct of its own.
    assert {name: {tuple(form) for form in forms} for name, forms in SIGNED.items()} == routes
    for name, forms in SIGNED.items():
        members = {member for form in forms for member, _ in form.also}
        for form in forms:
            members |= set(form.body.__struct_fields__ if form.body is not None else ())
        assert members == set(_SAID[name][1]), name
    assert set(_SAID) == set(SIGNED)
