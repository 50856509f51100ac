"""A warning goes out at once, in the agreed languages, to a desk that has no stream open (L-06)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agreements_scene import PACT, terms
from api_world import World
from delivery_servers import Receiver, a_mail_server, a_receiver
from scenes import signer
from test_outbound import BRAVO, QUICK, hook, mail, sending_world, until
from wideberth.contacts import Way
from wideberth.model.agreements import Act, ProposeAgreement, StepAgreement
from wideberth.model.channels import Medium
from wideberth.model.commands import ClearWarning, Command, RaiseWarning, WorsenWarning
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.ladders import Post
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.parties import SYSTEM, Author
from wideberth.model.provisions import Languages
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.service import Applied, Request
from wideberth.space.time import DAY_US, HOUR_US, format_rfc3339

ALPHA = PartyId("alpha")

# The servers of these tests stop while their clients may still be hanging up.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def warning(world: World, number: int = 1, **more: Any) -> StandingWarning:
    """bravo's aircraft is inside a zone of alpha's; or what more says."""
    now_us = world.node.service.context().now_us
    given: dict[str, Any] = {
        "id": WarningId(f"w{number}"),
        "kind": WarningKind.INCURSION,
        "rule": "zone-incursion/1",
        "objects": (
            WarningObject("track", "bravo/B1", BRAVO, ("BRAVO1", "47.1000, 7.5000")),
            WarningObject("zone", "z1", ALPHA, ("Range 4", "alpha")),
        ),
        "parties": (BRAVO,),
        "raised_us": now_us,
        "updated_us": now_us,
        "horizontal_mm": -200_000,
        "uncertainty_mm": 30_000,
        **more,
    }
    return StandingWarning(**given)


async def submit(world: World, command: Command, author: Author = SYSTEM) -> None:
    done = await world.node.service.submit(Request(author, command))
    assert isinstance(done, Applied), done


async def agree_on(world: World, *tags: str) -> None:
    """An agreement between alpha and bravo in which languages is told."""
    start_us = world.node.service.context().now_us
    text = terms(
        Languages(id="tongues", tags=tags),
        parties=(ALPHA, BRAVO),
        effective_us=start_us,
        expires_us=start_us + 30 * DAY_US,
    )
    await submit(world, ProposeAgreement(PACT, start_us + HOUR_US, text, 0), signer("alpha"))
    digest = world.node.service.picture.agreements[PACT, 1].digest
    for party in ("alpha", "bravo"):
        await submit(world, StepAgreement(PACT, 1, Act.SIGN, digest=digest), signer(party))
    await until(lambda: world.node.service.picture.agreed.languages.get(BRAVO))


def said(receiver: Receiver) -> list[dict[str, Any]]:
    items = [item for each in receiver.taken for item in each["items"]]
    return [each for each in items if each["kind"] == "warning"]


@pytest.mark.requirement("L-06")
async def test_it_says_two_facts_of_each_in_the_agreed_pair_of_languages(tmp_path: Path) -> None:
    with a_mail_server() as (box, port):
        more = f'mail_host="127.0.0.1"\nmail_port={port}\nmail_tls="none"\nmail_from="n@a.example"'
        async with sending_world(tmp_path, QUICK + more) as world:
            world.node.outbound.ways.put(BRAVO, (mail(),))
            await agree_on(world, "fr", "en")
            await submit(world, RaiseWarning(warning(world)))
            await until(lambda: any("Alerte" in _plain(each) for each in _texts(box.mails)))
            text = next(each for each in _texts(box.mails) if "Alerte" in _plain(each))
    for words in (
        "BRAVO1", "47.1000, 7.5000", "Range 4", "zone-incursion/1",
        "Warning: inside an area", "Alerte", NEITHER_PERMISSION_NOR_GUARANTEE[:40],
    ):  # fmt: skip
        assert words in _plain(text), words
    assert _plain(text).index("Warning: inside") < _plain(text).index("Alerte")  # what it reads


async def test_a_language_that_nobody_wrote_phrases_in_is_named(tmp_path: Path) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        await agree_on(world, "sw", "es")
        await submit(world, RaiseWarning(warning(world)))
        await until(lambda: said(receiver))
        text = said(receiver)[0]["text"]
    assert "Alerta: dentro de una zona" in text
    assert "agreed as well, and not written here: sw" in text


async def test_of_a_closed_track_it_says_no_more_than_the_stream_would(tmp_path: Path) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        await agree_on(world, "fr")
        fix = TrackFix(47_123_456_789, 7_512_345_678, world.node.service.context().now_us)
        sides = (
            WarningObject("track", "bravo/B1", BRAVO, ("BRAVO1", "47.1000, 7.5000")),
            WarningObject("track", "alpha/A1", ALPHA, ("SECRET1", "47.1235, 7.5123"), fix),
        )
        close = warning(world, objects=sides, horizontal_mm=777_777, kind=WarningKind.SEPARATION)
        await submit(world, RaiseWarning(close))
        await until(lambda: said(receiver))
        page = (await world.ask("bravo", "GET", "/warnings")).text
        whole = json.dumps(said(receiver))
    for hidden in ("SECRET1", "47.1235", "777", "778", "A1", "alpha", "Alerte"):
        assert hidden not in whole, hidden
        assert hidden in ("alpha", "Alerte") or hidden not in page
    assert "500 m" in whole


def position(world: World, track: str, **more: Any) -> dict[str, Any]:
    """At rest, now."""
    return {
        "track": track, "latitude": 47.0, "longitude": 8.0, "altitude_m": 500, "accuracy_m": 10,
        "ground_speed_m_s": 0, "track_deg": 0, "vertical_rate_m_s": 0,
        "time": format_rfc3339(world.node.service.context().now_us), **more,
    }  # fmt: skip


async def test_of_an_aircraft_of_two_feeds_it_says_that_another_warning_stands_too(
    tmp_path: Path,
) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        for party, feed, *reports in (
            ("bravo", "own", position(world, "mine", party="bravo")),
            ("alpha", "public", position(world, "4b1816")),
            ("charlie", "radar", position(world, "4b1816")),
        ):
            await world.ask(party, "PUT", f"/feeds/{feed}", {"shown_to": "all"})
            await world.ask(party, "POST", "/tracks", {"feed": feed, "reports": reports})
        await world.app.desk.live.tick()
        await until(lambda: len(said(receiver)) == 2)
        warnings = world.node.service.picture.warnings
        first, second = (warnings[each] for each in sorted(warnings))
        await submit(world, ClearWarning(first))
        await until(lambda: len(said(receiver)) == 3)
        await submit(world, ClearWarning(second))
        await until(lambda: len(said(receiver)) == 4)
    over, last = said(receiver)[2:]
    assert (over["change"], over["one_with"]) == ("cleared", [second.id])
    assert f"Stands too, of the same things by another feed: {second.id}" in over["text"]
    assert last["change"] == "cleared"
    assert "one_with" not in last


async def test_each_level_is_told_once_and_the_end_to_whom_was_told(tmp_path: Path) -> None:
    async with a_receiver("500", "ok") as receiver:
        async with sending_world(tmp_path) as world:
            world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
            first = warning(world)
            await submit(world, RaiseWarning(first))
            await until(lambda: len(said(receiver)) == 1)
            for level in (1, 2, 2, 1):
                await submit(world, WorsenWarning(msgspec.structs.replace(first, level=level)))
            await until(lambda: len(said(receiver)) == 2)
            second = warning(world, 2, parties=(ALPHA,))  # it has no way here
            await submit(world, RaiseWarning(second))
        async with sending_world(tmp_path) as world:  # what stands was told
            await until(lambda: world.node.outbound.is_sender)
            await submit(world, ClearWarning(msgspec.structs.replace(first, last_known=True)))
            await submit(world, ClearWarning(second))
            await until(lambda: len(said(receiver)) == 3)
            assert (await world.ask("bravo", "GET", "/warnings")).json()["warnings"] == []
    assert [each["version"] for each in said(receiver)] == [1, 2, 0]
    assert {each["id"] for each in said(receiver)} == {"w1"}
    assert "no longer stands" in said(receiver)[-1]["text"]
    assert "and not clearance" in said(receiver)[-1]["text"]


async def test_one_that_was_over_before_it_could_be_told_is_not_told(tmp_path: Path) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        await submit(world, RaiseWarning(warning(world)))
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        await submit(world, ClearWarning(warning(world)))
        await submit(world, RaiseWarning(warning(world, 2)))
        await until(lambda: said(receiver))
        assert [each["id"] for each in said(receiver)] == ["w2"]


async def test_ways_are_tried_in_their_order_and_an_open_stream_is_one(tmp_path: Path) -> None:
    async with (
        a_receiver("500") as broken,
        a_receiver() as receiver,
        sending_world(tmp_path) as world,
    ):
        outbound = world.node.outbound
        outbound.ways.put(BRAVO, (hook(broken.url), hook(receiver.url)))
        await submit(world, RaiseWarning(warning(world)))
        await until(lambda: said(receiver))
        assert len(broken.came) == 1
        ways = (Way(Post.DUTY, Medium.STREAM), hook(receiver.url), hook(broken.url))
        outbound.ways.put(BRAVO, ways)
        history = world.node.service.picture.history
        assert history is not None
        await submit(world, RaiseWarning(warning(world, 2)))
        outbound.took(BRAVO, history.stream_end(BRAVO))
        await until(lambda: not outbound.warnings._tasks)
        assert [each["id"] for each in said(receiver)] == ["w1"]
        await submit(world, RaiseWarning(warning(world, 3)))  # the stream takes it not
        await until(lambda: len(said(receiver)) == 2)


def _texts(mails: list[bytes]) -> list[str]:
    """What came, of which the agreement's own notices are a part."""
    return [each.decode("utf-8", "replace") for each in mails]


def _plain(mail_text: str) -> str:
    """The decoded text of a mail as it came."""
    from email import message_from_string
    from email.policy import default

    body = message_from_string(mail_text, policy=default).get_body()
    assert body is not None
    return body.get_content()
