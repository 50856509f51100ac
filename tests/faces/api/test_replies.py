"""Answers by code, link, mail and telephone: recorded with how they came, and no more than said."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, square
from wideberth.contacts import Way
from wideberth.faces.api import replies, reply_page
from wideberth.faces.api.drills import SENTENCE
from wideberth.faces.api.limits import Buckets
from wideberth.model.channels import Medium
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.ladders import Escalated, Post
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE, Notice, Urgency
from wideberth.picture.ladders import furthest_hop
from wideberth.service import now_us
from wideberth.space.time import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    SECOND_US,
    format_rfc3339,
    parse_rfc3339,
)


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch) -> None:
    monkeypatch.setattr(replies, "_wrong", Buckets(20.0, 5.0))
    monkeypatch.setattr(replies, "_stops", Buckets(0.1, 30.0))


@pytest.fixture
async def world(tmp_path: Path):
    async with a_world(tmp_path) as world, world.node.outbound.sending():
        yield world


async def a_notice(world: World) -> tuple[dict[str, Any], str, str]:
    """A notice to bravo, with its code and link, as if they had been sent."""
    await world.told("bravo", square())
    await world.told("alpha", square())
    (*_, seen) = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
    outbound = world.node.outbound
    await outbound.channels()  # the state is open
    notice = world.node.service.picture.notices[seen["id"]].notice
    way = outbound.keys.way_to_answer(
        world.node.origin, notice, public_url="https://desk.example", contact=None
    )
    state = outbound._state
    await outbound._in_thread(
        lambda: state.keep_codes(outbound.keys.codes(world.node.origin, notice))
    )
    assert way.link is not None
    return seen, way.code, way.link.partition("/api/v1")[2]


async def answers(world: World, notice: str) -> list[dict[str, Any]]:
    return (await world.ask("bravo", "GET", f"/notices/{notice}")).json()["answers"]


async def by_code(world: World, code: str, verb: str = "RECEIVED", **more: Any) -> Any:
    return await world.ask(None, "POST", "/answers", {"code": code, "verb": verb, **more})


@pytest.mark.requirement("D-02")
async def test_a_code_answers_one_notice_for_one_party(world: World) -> None:
    notice, code, _ = await a_notice(world)
    done = await by_code(world, code.lower().replace("-", " "))
    assert done.status_code == 201, done.text
    assert done.json()["sentence"] == NEITHER_PERMISSION_NOR_GUARANTEE
    (answer,) = await answers(world, notice["id"])
    assert (answer["verb"], answer["channel"], answer["identified"]) == (
        "RECEIVED",
        "code",
        "held-code",
    )
    assert answer["by"]["how"] == "relayed"
    assert answer["by"]["party"] == "bravo"


async def test_the_same_answer_twice_is_one(world: World) -> None:
    notice, code, _ = await a_notice(world)
    first, second = await by_code(world, code), await by_code(world, code)
    assert (first.status_code, second.status_code) == (201, 200)
    assert len(await answers(world, notice["id"])) == 1
    await by_code(world, code, "DISPUTED", words="we are not there")
    other = await by_code(world, code, "DISPUTED", words="another reason")
    assert other.status_code == 409
    assert len(await answers(world, notice["id"])) == 2


async def test_a_relayed_answer_never_closes_a_notice(world: World) -> None:
    notice, code, _ = await a_notice(world)
    for verb in ("LOADED", "PASSED-DOWN", "APPROVED"):
        assert (await by_code(world, code, verb)).status_code == 400
    await by_code(world, code)
    assert (await world.ask("bravo", "GET", f"/notices/{notice['id']}")).json()["open"]


async def test_codes_are_not_guessed(world: World, monkeypatch) -> None:
    notice, code, _ = await a_notice(world)
    slip = ("Z" if code[0] != "Z" else "Y") + code[1:]
    assert (await by_code(world, slip)).json()["rule"] == "code-check"
    monkeypatch.setattr(replies, "_wrong", Buckets(0.001, 3000.0))
    statuses = [
        (await world.ask(None, "GET", f"/answers/{index:024d}")).status_code for index in range(5)
    ]
    assert statuses == [404, 404, 404, 429, 429]
    assert (await by_code(world, code)).status_code == 429
    assert await answers(world, notice["id"]) == []


async def test_a_code_expires(tmp_path: Path) -> None:
    later = 0
    async with a_world(tmp_path, clock_us=lambda: now_us() + later) as world:
        _, code, link = await a_notice(world)
        later = 80 * HOUR_US
        assert (await by_code(world, code)).json()["rule"] == "code-expired"
        assert (await world.ask(None, "GET", link)).status_code == 404


async def test_opening_a_link_says_nothing_and_its_button_does(world: World) -> None:
    notice, _, link = await a_notice(world)
    size = world.node.service.picture.size
    for _ in range(3):  # mail scanners follow links
        page = await world.ask(None, "GET", link)
        assert page.status_code == 200
    assert world.node.service.picture.size == size
    assert notice["id"] in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    async with world.http() as client:
        done = await client.post(f"/api/v1{link}", content="verb=RECEIVED", headers=form)
    assert done.status_code == 200
    assert NEITHER_PERMISSION_NOR_GUARANTEE in done.text
    (answer,) = await answers(world, notice["id"])
    assert answer["channel"] == "link"


async def test_the_page_reads_back_and_says_what_is_off(world: World) -> None:
    notice, _, link = await a_notice(world)
    told = notice["particulars"]
    given = {
        "verb": "READ-BACK",
        "place": f"{told['latitude']:.6f}, {told['longitude']:.6f}",
        "begin": told["start"],
        "end": told["end"],
        "lowest_m": f"{told['lower_m']:.0f}",
        "highest_m": f"{told['upper_m']:.0f} m",
    }
    done = await world.ask(None, "POST", link, given)
    assert done.status_code == 201, done.text
    assert done.json()["understood"] is True
    off = await world.ask(None, "POST", link, {**given, "place": "10.0, 10.0"})
    assert off.json()["understood"] is False
    bad = await world.ask(None, "POST", link, {**given, "place": "somewhere"})
    assert bad.status_code in (400, 422)


async def test_a_notice_with_markup_in_it_stays_text(world: World) -> None:
    _, _, link = await a_notice(world)
    page = await world.ask(None, "GET", link)
    assert not re.search(r"<(img|iframe|svg|a )", page.text)


@pytest.mark.requirement("L-01")
async def test_a_stop_by_code_goes_to_everybody_unverified(world: World) -> None:
    _, code, _ = await a_notice(world)
    done = await by_code(world, code, "STOP", words="we are still there")
    assert done.status_code == 202, done.text
    (stop,) = (await world.ask("charlie", "GET", "/stops")).json()["stops"]
    assert (stop["sender"], stop["identified"], stop["doubts"]) == (
        "bravo",
        "unverified",
        "relayed-code",
    )
    assert stop["text"] == "we are still there"


def a_call(**more: Any) -> dict[str, Any]:
    ended = datetime.now(UTC) - timedelta(seconds=5)
    return {
        "verb": "RECEIVED",
        "started": (ended - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ended": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "desk": "night-desk",
        "language": "fr",
        "interpreter": True,
        "identified": "called-back",
        **more,
    }


@pytest.mark.requirement("R-07")
async def test_a_call_is_logged_with_what_the_rules_ask_for_and_no_name(world: World) -> None:
    notice, _, _ = await a_notice(world)
    path = f"/notices/{notice['id']}/relayed"
    no = await world.ask("charlie", "POST", path, a_call())
    assert no.status_code == 404, "a neutral that nobody called"
    world.node.service.picture.escalations[NoticeId(notice["id"])] = Escalated(
        4, 1, neutrals=(PartyId("charlie"),)
    )
    done = await world.ask("charlie", "POST", path, a_call())
    assert done.status_code == 201, done.text
    (answer,) = await answers(world, notice["id"])
    call = answer["call"]
    assert (answer["channel"], answer["identified"]) == ("voice", "called-back")
    assert (call["typed_by"], call["desk"], call["language"], call["interpreter"]) == (
        "charlie",
        "night-desk",
        "fr",
        True,
    )
    assert {"started", "ended"} <= set(call)


async def test_who_has_no_part_in_a_notice_types_nothing_for_it(world: World) -> None:
    notice, _, _ = await a_notice(world)
    path = f"/notices/{notice['id']}/relayed"
    for given in (
        a_call(ended="2999-01-01T00:00:00Z"),
        a_call(language="?"),
        a_call(verb="LOADED"),
    ):
        assert (await world.ask("bravo", "POST", path, given)).status_code == 400
    no = await world.ask("charlie", "POST", "/notices/nothing/relayed", a_call())
    assert no.status_code == 404


@pytest.mark.requirement("D-06")
async def test_what_the_sender_typed_itself_holds_no_ladder_back(world: World) -> None:
    notice, _, _ = await a_notice(world)
    path = f"/notices/{notice['id']}/relayed"
    own = await world.ask("alpha", "POST", path, a_call())
    assert own.status_code == 201, own.text
    standing = world.node.service.picture.notices[NoticeId(notice["id"])]
    assert furthest_hop(standing) is None
    await world.ask("bravo", "POST", path, a_call(desk="day-desk"))
    standing = world.node.service.picture.notices[NoticeId(notice["id"])]
    assert furthest_hop(standing) is not None


async def test_only_a_program_of_the_folder_says_that_a_mail_came(world: World) -> None:
    notice, code, _ = await a_notice(world)
    body = json.dumps({"code": code, "verb": "RECEIVED", "words": None, "read_back": None})
    body = body.replace(": ", ":").replace(", ", ",")
    seal = world.node.outbound.keys.seal_of(body.encode())
    headers = {"Content-Type": "application/json", "Wideberth-Relay": "0" * 64}
    async with world.http() as client:
        url = "/api/v1/answers"
        no = await client.post(url, content=body, headers=headers)
        yes = await client.post(url, content=body, headers={**headers, "Wideberth-Relay": seal})
    assert (no.status_code, yes.status_code) == (403, 201)
    (answer,) = await answers(world, notice["id"])
    assert answer["channel"] == "mail"


async def test_a_party_sees_its_own_ways_and_a_neutral_all(world: World) -> None:
    secret = "https://hooks.example/secret-path"
    for party in ("alpha", "bravo"):
        world.node.outbound.ways.put(PartyId(party), (Way(Post.DUTY, Medium.WEBHOOK, secret),))
    await asyncio.sleep(0)
    seen = {
        party: (await world.ask(party, "GET", "/delivery/ways")).json()["ways"]
        for party in ("alpha", "bravo", "charlie")
    }
    assert [each["party"] for each in seen["alpha"]] == ["alpha"]
    assert [each["party"] for each in seen["charlie"]] == ["alpha", "bravo"]
    assert "secret-path" not in json.dumps(seen)
    assert seen["alpha"][0]["state"] == "UNKNOWN"


async def test_the_keys_of_webhooks_are_public(world: World) -> None:
    (key,) = (await world.ask(None, "GET", "/delivery/keys")).json()["keys"]
    assert (key["kty"], key["crv"], key["kid"]) == (
        "OKP",
        "Ed25519",
        world.node.outbound.keys.keyid,
    )


@pytest.mark.parametrize(
    ("after_us", "said"),
    [
        pytest.param(59 * SECOND_US, "0 min", id="under a minute"),
        pytest.param(MINUTE_US, "1 min", id="a minute"),
        pytest.param(HOUR_US - 1, "59 min", id="under an hour"),
        pytest.param(HOUR_US + 5 * MINUTE_US, "1 h 5 min", id="over an hour"),
        pytest.param(DAY_US + 7 * HOUR_US, "1 d 7 h", id="over a day"),
        pytest.param(-SECOND_US, "0 min", id="a clock that is behind"),
    ],
)
def test_the_page_of_a_link_says_how_old_it_is_and_as_of_when(after_us: int, said: str) -> None:
    issued_us = parse_rfc3339("2026-03-01T12:00:00Z", field="issued")
    notice = Notice(NoticeId("n"), 1, PartyId("bravo"), None, Urgency.PROMPT, issued_us)
    now_us = issued_us + after_us
    page = reply_page.page(notice, exercise=False, now_us=now_us).body.decode()
    assert f"Issued {said} ago, as of {format_rfc3339(now_us)[:19]}Z" in page


async def a_drill(world: World) -> tuple[str, str, str]:
    """The id of a drill to bravo, the word of it, and its link, as if it had been sent."""
    await world.ask("alpha", "POST", "/drills", {"to": "bravo"})
    (seen,) = (await world.ask("bravo", "GET", "/drills")).json()["drills"]
    outbound = world.node.outbound
    await outbound.channels()  # the state is open
    sent = world.node.service.picture.drills[seen["id"]].sent
    way, rows = outbound.keys.way_to_answer_drill(
        world.node.origin, sent, public_url="https://desk.example"
    )
    state = outbound._state
    await outbound._in_thread(lambda: state.keep_codes(rows))
    assert way.link is not None
    return seen["id"], seen["word"], way.link.partition("/api/v1")[2]


async def hops(world: World) -> list[tuple[str, str]]:
    (drill,) = (await world.ask("alpha", "GET", "/drills")).json()["drills"]
    return [(each["hop"], each["by"]) for each in drill["hops"]]


@pytest.mark.requirement("X-01")
async def test_a_drill_has_a_page_that_says_what_it_is_and_answers_it(world: World) -> None:
    drill, word, link = await a_drill(world)
    size = world.node.service.picture.size
    for _ in range(3):  # mail scanners follow links
        page = await world.ask(None, "GET", link)
        assert page.status_code == 200
    assert world.node.service.picture.size == size
    for shown in (f"DRILL: {drill}", "no notice", word, "Read back", SENTENCE):
        assert shown in page.text
    assert NEITHER_PERMISSION_NOR_GUARANTEE not in page.text, "that is what a notice says"
    assert "bravo-1" not in page.text, "whoever has the link learns of no unit"
    assert "<script" not in page.text
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    async with world.http() as client:
        done = await client.post(f"/api/v1{link}", content="verb=RECEIVED", headers=form)
        assert (done.status_code, SENTENCE in done.text) == (200, True)
        wrong = "verb=READ-BACK&words=XX0000"
        refused = await client.post(f"/api/v1{link}", content=wrong, headers=form)
        assert refused.json()["rule"] == "read-back-mismatch"
        read = f"verb=READ-BACK&words={word.lower()}"
        done = await client.post(f"/api/v1{link}", content=read, headers=form)
        assert done.status_code == 200, done.text
    assert await hops(world) == [("RECEIVED", "link"), ("READ-BACK", "link")]
    page = await world.ask(None, "GET", link)
    assert "Said already: RECEIVED, READ-BACK" in page.text
    assert "Received: I have" not in page.text
    disputed = await world.ask(None, "POST", link, {"verb": "DISPUTED", "words": "no"})
    assert disputed.json()["rule"] == "drill-verb"
    assert (await world.ask("bravo", "GET", "/notices")).json()["notices"] == []


async def test_the_code_of_a_drill_is_not_guessed_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, link = await a_drill(world)
    monkeypatch.setattr(replies, "_wrong", Buckets(0.001, 2000.0))
    statuses = [
        (await world.ask(None, "GET", f"/answers/{index:024d}")).status_code for index in range(3)
    ]
    assert statuses == [404, 404, 429]
    assert (await world.ask(None, "GET", link)).status_code == 429, "looked at for nobody"


@pytest.mark.requirement("L-01")
async def test_a_stop_by_the_link_of_a_drill_is_a_stop(world: World) -> None:
    _, _, link = await a_drill(world)
    done = await world.ask(None, "POST", link, {"verb": "STOP", "words": "no drill"})
    assert done.status_code == 202, done.text


async def test_the_link_of_a_drill_ends_an_hour_after_its_time(tmp_path: Path) -> None:
    later = 0
    async with a_world(tmp_path, clock_us=lambda: now_us() + later) as world:
        _, _, link = await a_drill(world)
        later = HOUR_US
        assert (await world.ask(None, "GET", link)).status_code == 200
        later = 2 * HOUR_US
        assert (await world.ask(None, "GET", link)).json()["rule"] == "code-expired"
