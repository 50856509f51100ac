"""A drill goes the real way to a desk without a stream, and back; and is in nobody's way (X-01)."""

from __future__ import annotations

import asyncio
import json
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, square
from delivery_servers import a_mail_server, a_receiver
from test_outbound import BRAVO, QUICK, hook, mail, sending_world, until
from wideberth.delivery.replies import read_mail
from wideberth.model.drills import SendDrill
from wideberth.model.entries import DrillTaken
from wideberth.outbeside import AT_ONCE

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


async def drills(world: World, party: str = "bravo") -> list[dict[str, Any]]:
    return (await world.ask(party, "GET", "/drills")).json()["drills"]


@pytest.mark.requirement("X-01")
async def test_a_drill_by_mail_is_answered_by_mail_and_each_hop_is_timed(tmp_path: Path) -> None:
    with a_mail_server() as (box, port):
        more = f'mail_host="127.0.0.1"\nmail_port={port}\nmail_tls="none"\nmail_from="n@a.example"'
        more += '\nmail_reply_to="answers@a.example"'
        async with sending_world(tmp_path, QUICK + more) as world:
            world.node.outbound.ways.put(BRAVO, (mail(),))
            sent = await world.ask("alpha", "POST", "/drills", {"to": "bravo"})
            assert sent.status_code == 201, sent.text
            assert "word" not in sent.json()["drill"], "who sends it reads nothing back"
            await until(lambda: box.mails)
            came = message_from_bytes(box.mails[0], policy=default)
            text = came.get_content()
            assert str(came["Subject"]).startswith("DRILL (")
            assert text.startswith("DRILL: ")
            assert text.rstrip().endswith("DRILL")
            assert not any(word in text for word in ("Notice", "Touches", "Place", "Begins"))
            link = re.search(r"https://desk\.example(/api/v1/answers/\S+)", text)
            assert link is not None
            page = await world.ask(None, "GET", link[1].removeprefix("/api/v1"))
            assert "<h1>Drill message</h1>" in page.text
            (drill,) = await drills(world)
            for line in ("RECEIVED", f"READ-BACK {drill['word']}"):
                reply = (
                    f"From: desk@bravo.example\r\nTo: {came['Reply-To']}\r\n"
                    f"Subject: Re: {came['Subject']}\r\n\r\n{line}\r\n"
                )
                read = read_mail(reply.encode())
                assert read.verb is not None
                body = {"code": read.code, "verb": read.verb.value}
                if read.words is not None:
                    body["words"] = read.words
                done = await world.ask(None, "POST", "/answers", body)
                assert done.status_code == 201, done.text
            (drill,) = await drills(world)
            hops = [(each["hop"], each.get("by")) for each in drill["hops"]]
            assert sorted(hops) == [("READ-BACK", "code"), ("RECEIVED", "code"), ("TAKEN", "mail")]
            assert all(each["after_s"] >= 0 for each in drill["hops"])
            assert drill["missing"] == [], "nothing is agreed with alpha, so no unit is asked"
            notices = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
            assert notices == [], "a drill stands in no inbox"


@pytest.mark.requirement("X-01")
async def test_drills_on_a_dead_line_hold_back_no_notice(tmp_path: Path) -> None:
    """More drills than go at once hang on bravo's webhook; charlie's notice goes out meanwhile."""
    async with a_receiver("hang") as dead, a_receiver() as alive, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(dead.url),))
        world.node.outbound.ways.put("charlie", (hook(alive.url),))  # type: ignore[arg-type]
        for sender in ("alpha", "charlie"):
            for _ in range(3):
                assert (
                    await world.ask(sender, "POST", "/drills", {"to": "bravo"})
                ).status_code == 201
        await until(lambda: len(dead.came) == AT_ONCE)
        await world.told("charlie", square())
        await world.told("alpha", square())
        await until(lambda: alive.items)
        await asyncio.sleep(0.1)
        assert len(dead.came) == AT_ONCE, "a few at a time"
        kinds = [item["kind"] for each in alive.taken for item in each["items"]]
        assert kinds == ["notice"]


async def test_a_drill_that_no_way_took_goes_out_after_a_restart_and_once(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.node.command(SendDrill(BRAVO))
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        world.node.outbound.drills.go_on()
        await until(lambda: receiver.taken)
        (item,) = receiver.taken[0]["items"]
        assert (item["kind"], item["drill"]["recipient"]) == ("drill", "bravo")
        await until(lambda: next(iter_drills(world)).taken is not None)
        world.node.outbound.drills.go_on()
        await asyncio.sleep(0.2)
        assert len(receiver.taken) == 1
        size = world.node.service.picture.size
        entries = await world.node.service.entries_at(range(size))
        assert sum(isinstance(each.body, DrillTaken) for each in entries) == 1
        assert json.dumps(receiver.taken)


def iter_drills(world: World) -> Any:
    picture = world.node.service.picture
    return iter([picture.drills[each] for each in picture.drills])
