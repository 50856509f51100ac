"""Sealed texts over HTTP: who gets a box, what the node keeps of it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, a_world, square
from disclosure.asking import plain
from sealing_hands import Hand, a_hand, sealed_body
from stream_lines import Line, at_least
from wideberth.erasure import erase
from wideberth.faces.api.routes import ROUTES
from wideberth.model.ids import PartyId
from wideberth.model.keeping import Ground
from wideberth.model.sealed import About, AboutType, SealedMark
from wideberth.service import now_us
from wideberth.space.time import HOUR_US

WORDS = (
    "Vellmarkt sends sevenfold wagonettes along Ostrunde towpath."  # words that nothing else has
)


async def offered(world: World, party: str) -> Hand:
    hand = await a_hand(world, party)
    answer = await world.ask(party, "POST", "/seal-keys", hand.key_body())
    assert answer.status_code == 201, answer.text
    return hand


async def sent(world: World, hand: Hand, *to: Hand, about: About | None = None) -> dict[str, Any]:
    about = about or About(AboutType.PARTY, hand.party)
    text = hand.seals(about, *(each.seal_key() for each in to), words=WORDS)
    answer = await world.ask(hand.party, "POST", "/sealed-texts", sealed_body(text))
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "text": text}


async def test_those_it_is_sealed_to_get_the_box_and_nobody_else(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        name = (await sent(world, alpha, bravo))["id"]
        seen = await world.ask("bravo", "GET", f"/sealed-texts/{name}")
        assert bravo.opens(seen.json(), alpha).words == WORDS
        assert (await world.ask("alpha", "GET", f"/sealed-texts/{name}")).status_code == 200
        hidden = await world.ask("charlie", "GET", f"/sealed-texts/{name}")
        unknown = await world.ask("charlie", "GET", f"/sealed-texts/sealed-{'0' * 64}")
        assert hidden.status_code == unknown.status_code == 404
        assert without_instance(hidden.json()) == without_instance(unknown.json())
        for party, count in (("alpha", 1), ("bravo", 1), ("charlie", 0)):
            page = (await world.ask(party, "GET", "/sealed-texts")).json()
            assert len(page["sealed_texts"]) == count
            assert await told_of(world, party) == [name] * count


async def told_of(world: World, party: str) -> list[str]:
    """The sealed texts that the party's stream told it of."""
    line = Line(world, party, "/stream")
    history = world.node.service.picture.history
    assert history is not None
    events = await line.until(at_least(history.stream_end(PartyId(party))))
    await line.close()
    return [data["id"] for _, name, data in events if name == "sealed-text"]


def without_instance(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name != "instance"}


async def test_the_node_keeps_nothing_of_the_words(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        await sent(world, alpha, bravo)
        rows = await world.node.service.rows(0, 1000)
        kept = b"\n".join(row.envelope for row in rows)
        assert b"TextSealed" in kept
    everywhere = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    for word in WORDS.split():
        if len(word) > 5:
            assert word.encode() not in kept
            assert word.encode() not in everywhere


async def test_the_keys_of_a_party_come_with_their_seal_keys(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        bravo = await offered(world, "bravo")
        seen = (await world.ask("alpha", "GET", "/parties/bravo")).json()
        (key,) = seen["keys"]
        wanted = bravo.seal_key()
        assert key["seal_key"] == {
            "number": 1,
            "public_key": wanted.public_key,
            "signature": wanted.signature,
        }
        listed = (await world.ask("alpha", "GET", "/parties")).json()["parties"]
        assert next(each for each in listed if each["id"] == "bravo")["keys"] == seen["keys"]


async def test_pages_are_of_those_that_one_may_see(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        intent = (await world.told("alpha"))["intent"]["id"]
        ids = [(await sent(world, alpha, bravo))["id"] for _ in range(3)]
        about = await sent(world, alpha, bravo, about=About(AboutType.INTENT, intent))
        url = "/sealed-texts?limit=2"
        first = (await world.ask("bravo", "GET", url)).json()
        second = (await world.ask("bravo", "GET", f"{url}&cursor={first['next']}")).json()
        found = [each["id"] for page in (first, second) for each in page["sealed_texts"]]
        assert found == [*ids, about["id"]]
        assert second["next"] is None
        only = (await world.ask("bravo", "GET", f"/sealed-texts?type=intent&id={intent}")).json()
        assert [each["id"] for each in only["sealed_texts"]] == [about["id"]]
        assert (await world.ask("charlie", "GET", f"{url}&cursor={ids[0]}")).status_code == 400


async def test_the_same_request_counts_once(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        text = alpha.seals(About(AboutType.PARTY, "alpha"), bravo.seal_key(), words=WORDS)
        headers = {"Idempotency-Key": "once"}
        first, again = [
            await world.ask("alpha", "POST", "/sealed-texts", sealed_body(text), headers=headers)
            for _ in range(2)
        ]
        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()


@pytest.mark.parametrize(
    ("change", "rule", "field"),
    [
        ({"commitment": "0" * 63}, "sealed-form", "commitment"),
        ({"about": {"type": "party", "id": "a b"}}, "sealed-form", "about.id"),
        ({"box": "="}, "sealed-form", "box"),
        ({"signature": "AA"}, "sealed-unsigned", "signature"),
        ({"signature": "A"}, "base64url", "signature"),
        ({"key_id": "other"}, "key-not-in-force", "key_id"),
        ({"recipients": []}, "out-of-range", "recipients"),
        ({"words": "in clear"}, "unknown-member", "words"),
    ],
)
async def test_bad_input_is_named(
    tmp_path: Path, change: dict[str, Any], rule: str, field: str
) -> None:
    async with a_world(tmp_path) as world:
        alpha = await offered(world, "alpha")
        text = alpha.seals(About(AboutType.PARTY, "alpha"), alpha.seal_key(), words=WORDS)
        answer = await world.ask("alpha", "POST", "/sealed-texts", sealed_body(text) | change)
        problem = answer.json()
        assert 400 <= answer.status_code < 500
        assert (problem["rule"], problem["field"]) == (rule, field), json.dumps(problem)


async def test_a_seal_key_of_somebody_else_s_making_is_refused(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await a_hand(world, "alpha"), await a_hand(world, "bravo")
        forged = alpha.key_body() | {"signature": bravo.seal_key().signature}
        answer = await world.ask("alpha", "POST", "/seal-keys", forged)
        assert (answer.status_code, answer.json()["rule"]) == (400, "seal-key-unsigned")


async def test_a_restart_keeps_them(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        name = (await sent(world, alpha, bravo))["id"]
    async with a_world(tmp_path) as world:
        seen = await world.ask("bravo", "GET", f"/sealed-texts/{name}")
        assert bravo.opens(msgspec.json.decode(seen.content), alpha).words == WORDS


async def test_what_a_text_is_about_reads_as_before(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        await world.told("bravo")
        intent = (await world.told("alpha"))["intent"]
        (notice, *_) = (await world.ask("alpha", "GET", "/notices")).json()["notices"]
        paths = (
            f"/intents/{intent['id']}",
            f"/intents/{intent['id']}/versions",
            f"/notices/{notice['id']}",
            "/notices?state=all",
        )
        before = [(await world.ask("alpha", "GET", path)).json() for path in paths]
        for kind, name in ((AboutType.INTENT, intent["id"]), (AboutType.NOTICE, notice["id"])):
            await sent(world, alpha, bravo, about=About(kind, name))
        assert [(await world.ask("alpha", "GET", path)).json() for path in paths] == before
        ended = await world.ask(
            "alpha",
            "POST",
            f"/intents/{intent['id']}/state",
            {"ovn": intent["ovn"], "step": "end"},
        )
        assert ended.status_code == 200
        versions = (await world.ask("alpha", "GET", paths[1])).json()["versions"]
        assert [each["intent"]["version"] for each in versions] == [1, 2]


async def test_the_record_gives_others_a_leaf(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        at = (await sent(world, alpha, bravo))["position"]
        whole = {}
        for party in ("alpha", "bravo", "charlie"):
            page = (await world.ask(party, "GET", f"/record/entries?from={at}&limit=1")).json()
            whole[party] = "envelope" in page["entries"][0]
        assert whole == {"alpha": True, "bravo": True, "charlie": False}


async def test_a_sealed_text_can_be_erased(tmp_path: Path) -> None:
    clock = {"us": now_us()}
    async with a_world(tmp_path, clock_us=lambda: clock["us"]) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        told = await sent(world, alpha, bravo)
        box = told["text"].box.encode()
        clock["us"] += 30 * HOUR_US
        folder = tmp_path / "wideberth-data"
        await world.told("bravo", square(50, start=60 * 30 + 30, end=60 * 30 + 90))
        service = world.node.service
        why = {"ground": Ground.LAW, "reference": "article 17", "by": "privacy desk"}
        assert box in files_of(folder)
        await erase(service, folder, [told["id"]], **why)  # type: ignore[arg-type]
        assert box not in files_of(folder)
        gone = await world.ask("bravo", "GET", f"/sealed-texts/{told['id']}")
        assert gone.status_code == 404


def files_of(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


async def test_whoever_it_is_not_sealed_to_sees_no_difference(tmp_path: Path) -> None:
    """Every list that a third party may ask for, before and after two others confide."""
    async with a_world(tmp_path) as world:
        alpha, bravo = await offered(world, "alpha"), await offered(world, "bravo")
        stop = (await world.ask("alpha", "POST", "/stop", {"text": "stop"})).json()
        intent = (await world.told("alpha"))["intent"]
        before = await seen_by(world, "charlie")
        stream = await told_of(world, "charlie")
        for about in (About(AboutType.INTENT, intent["id"]), About(AboutType.STOP, stop["id"])):
            await sent(world, alpha, bravo, about=about)
        assert await seen_by(world, "charlie") == before
        assert await told_of(world, "charlie") == stream
        assert await seen_by(world, "bravo") != {}


async def test_a_planted_leak_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SealedMark, "is_shown_to", lambda *_: True)
    with pytest.raises(AssertionError):
        await test_whoever_it_is_not_sealed_to_sees_no_difference(tmp_path)


async def seen_by(world: World, party: str) -> dict[str, Any]:
    """What each list answers, without the tree's size, and without the time of asking."""
    seen: dict[str, Any] = {}
    for route in ROUTES:
        is_list = route.method == "GET" and not route.names and route.kind == "read"
        if is_list and not route.path.startswith("//") and route.path not in OF_THE_TREE:
            answer = await world.ask(party, "GET", route.path)
            if answer.headers.get("content-type", "").startswith("application/json"):
                told = plain(answer.json())
                for each in ENDS_NOW.get(route.path, ()):
                    told.pop(each)
                seen[route.path] = timeless(told)
    assert {"/sealed-texts", "/intents", "/stops", "/parties"} <= set(seen)
    return seen


ENDS_NOW = {"/conformance": ("from", "to")}
OF_THE_TREE = {"/record/entries", "/record/checkpoint", "/record/proof/consistency"}


def timeless(value: Any) -> Any:
    """Without when it was asked: an answer speaks of now."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if name not in ("time", "as_of", "size")}
        return {name: timeless(each) for name, each in kept.items()}
    return [timeless(each) for each in value] if isinstance(value, list) else value
