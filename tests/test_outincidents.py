"""What waits for a party in an incident reaches a desk without a stream, once each."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from api_world import World, moment
from delivery_servers import a_mail_server, a_receiver
from test_outbound import BRAVO, QUICK, hook, mail, sending_world, until
from wideberth.delivery.incidents import Waiting, waiting_message
from wideberth.delivery.phrases import PHRASES
from wideberth.model.ids import IncidentId, PartyId, QuestionId
from wideberth.outbeside import AT_ONCE
from wideberth.space.timetext import TimeFormat

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


async def opened(world: World, *observers: str) -> str:
    body = {
        "title": "The morning at the river",
        "start": moment(-60),
        "end": moment(-30),
        "parties": ["bravo"],
        "observers": list(observers),
    }
    answer = await world.ask("alpha", "POST", "/incidents", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]


async def asked(world: World, incident: str, words: str = "Which bank?") -> dict[str, Any]:
    body = {"to": "bravo", "words": words, "urgent": True}
    answer = await world.ask("alpha", "POST", f"/incidents/{incident}/questions", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def items(receiver: Any) -> list[dict[str, Any]]:
    return [item for each in receiver.taken for item in each["items"]]


async def test_a_named_party_and_a_question_reach_the_desk_by_mail(tmp_path: Path) -> None:
    with a_mail_server() as (box, port):
        more = f'mail_host="127.0.0.1"\nmail_port={port}\nmail_tls="none"\nmail_from="n@a.example"'
        async with sending_world(tmp_path, QUICK + more) as world:
            world.node.outbound.ways.put(BRAVO, (mail(),))
            incident = await opened(world)
            await until(lambda: len(box.mails) == 1)
            await asked(world, incident)
            await until(lambda: len(box.mails) == 2)
            named, question = (message_from_bytes(each, policy=default) for each in box.mails)
            assert named["Subject"] == "You are named in an incident"
            assert f"About: The morning at the river ({incident})" in named.get_content()
            text = question.get_content()
            assert question["Subject"] == "A question to you waits for an answer"
            (seen,) = (await world.ask("bravo", "GET", f"/incidents/{incident}")).json()[
                "questions"
            ]
            assert seen["due"][:10] in text
            assert "Which bank?" not in text, "what it says is read at the node"


async def test_each_is_told_once_also_over_a_restart_and_again_when_asked_again(
    tmp_path: Path,
) -> None:
    async with a_receiver() as receiver:
        async with sending_world(tmp_path) as world:
            world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
            incident = await opened(world, "charlie")
            name = (await asked(world, incident))["id"]
            await until(lambda: len(items(receiver)) == 2)
            await until(lambda: world.node.outbound.incidents.is_idle)
        async with sending_world(tmp_path) as world:
            await until(lambda: world.node.outbound.is_sender)
            world.node.outbound.incidents.go_on()
            await until(lambda: world.node.outbound.incidents.is_idle)
            assert len(items(receiver)) == 2
            kinds = [(each["kind"], each["waiting"]["kind"]) for each in items(receiver)]
            assert sorted(kinds) == [("incident", "named"), ("incident", "question")]
            assert {each["waiting"]["to"] for each in items(receiver)} == {"bravo"}
            key = await world.key("bravo")
            async with world.client("bravo", key) as bravo:
                said = {"question": name, "step": "answer", "words": "The southern one."}
                path = f"/incidents/{incident}/questions/{name}/steps"
                whole = {"incident": incident, **said}
                await bravo.signed("POST", path, "StepQuestion", whole)
            again = {"step": "ask-again", "words": "Which one?"}
            done = await world.ask("alpha", "POST", path, again)
            assert done.status_code in (200, 201), done.text
            await until(lambda: len(items(receiver)) == 3)
            assert items(receiver)[-1]["version"] == 2


async def test_what_no_way_took_goes_out_after_a_restart_unless_it_waits_no_more(
    tmp_path: Path,
) -> None:
    async with sending_world(tmp_path) as world:
        incident = await opened(world)
        name = (await asked(world, incident))["id"]
        open_one = (await asked(world, incident, "And when?"))["id"]
        key = await world.key("bravo")
        async with world.client("bravo", key) as bravo:
            said = {"incident": incident, "question": name, "step": "answer", "words": "x"}
            path = f"/incidents/{incident}/questions/{name}/steps"
            await bravo.signed("POST", path, "StepQuestion", said)
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        await until(lambda: world.node.outbound.is_sender)
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        world.node.outbound.incidents.go_on()
        await until(lambda: world.node.outbound.incidents.is_idle)
        told = {each["waiting"].get("question") for each in items(receiver)}
        assert told == {None, open_one}


async def test_a_dead_line_holds_back_a_few_and_no_notice(tmp_path: Path) -> None:
    async with a_receiver("hang") as dead, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(dead.url),))
        incident = await opened(world)
        for number in range(2 * AT_ONCE):
            await asked(world, incident, f"{number}?")
        await asyncio.sleep(0.3)
        assert len(dead.came) == AT_ONCE


@pytest.mark.parametrize("language", PHRASES)
def test_the_words_stand_in_each_language_and_mark_an_exercise(language: str) -> None:
    waiting = Waiting(
        *("i/q/1", "question", IncidentId("i"), "A\ntitle", BRAVO, PartyId("alpha"), 0),
        question=QuestionId("q"),
        due_us=10**9,
    )
    made = waiting_message(waiting, exercise=True, times=TimeFormat.RFC3339, language=language)
    mark = PHRASES[language]["exercise"]
    assert made.full.startswith(mark)
    assert made.full.rstrip().endswith(mark)
    assert made.short.startswith(mark)
    assert "A title (i)" in made.full
