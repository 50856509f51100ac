"""An amendment over HTTP: what is different is shown, and is what is acknowledged (N-16)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, flight, square
from wideberth.client import ApiProblem
from wideberth.space.time import format_rfc3339


@pytest.fixture
async def world(tmp_path: Path):
    async with a_world(tmp_path) as world, world.node.outbound.sending():
        yield world


async def an_amendment(world: World) -> dict[str, Any]:
    """The notice to bravo that alpha's flight is another height, and has another name."""
    await world.told("bravo", square())
    told = (await world.told("alpha", square(), call_sign="ALFA1"))["intent"]
    again = flight(square(upper_m=170), call_sign="ALFA2", ovn=told["ovn"])
    done = await world.ask("alpha", "PUT", f"/intents/{told['id']}", again)
    assert done.status_code == 200, done.text
    (*_, notice) = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
    return notice


async def by_link(world: World, notice: dict[str, Any]) -> str:
    """The address of the page of a link that was sent."""
    outbound = world.node.outbound
    await outbound.channels()  # the state is open
    told = world.node.service.picture.notices[notice["id"]].notice
    codes = outbound.keys.codes(world.node.origin, told)
    await outbound._in_thread(lambda: outbound._state.keep_codes(codes))
    way = outbound.keys.way_to_answer(
        world.node.origin, told, public_url="https://desk.example", contact=None
    )
    assert way.link is not None
    return way.link.partition("/api/v1")[2]


@pytest.mark.requirement("N-16")
async def test_the_difference_is_shown_field_by_field_and_acknowledged(world: World) -> None:
    notice = await an_amendment(world)
    assert len(notice["supersedes"]) == 1
    assert [each["field"] for each in notice["changes"]] == ["volumes", "call_sign"]
    assert notice["changes"][1] == {
        "field": "call_sign",
        "before": '"ALFA1"',
        "after": '"ALFA2"',
    }
    async with world.client("bravo", await world.key("bravo")) as bravo:
        text = {"id": notice["id"], "content": notice["content"]}
        with pytest.raises(ApiProblem) as refused:
            await bravo.acknowledge(text, "LOADED", unit="bravo-1", system="planner")
        assert refused.value.status == 400
        assert "difference" in str(refused.value)
        with pytest.raises(ApiProblem) as refused:
            await bravo.acknowledge(
                notice, "LOADED", unit="bravo-1", system="planner", difference="0" * 64
            )
        assert refused.value.status == 409
        done = await bravo.acknowledge(notice, "LOADED", unit="bravo-1", system="planner")
    assert done["acknowledgement"]["difference"] == notice["difference"]
    assert set(done["closed"]) == {notice["id"], *notice["supersedes"]}


async def test_the_page_of_a_link_shows_the_difference_and_answers_it(world: World) -> None:
    notice = await an_amendment(world)
    link = await by_link(world, notice)
    page = (await world.ask(None, "GET", link)).text
    assert "Different from what you were told before" in page
    assert "call_sign: ALFA1 -&gt; ALFA2" in page
    assert "volumes.1.upper.value_mm: 120 m -&gt; 170 m" in page
    told = notice["particulars"]
    read = {
        "verb": "READ-BACK",
        "place": f"{told['latitude']} {told['longitude']}",
        "begin": told["start"],
        "end": told["end"],
        "lowest_m": str(told["lower_m"]),
        "highest_m": str(told["upper_m"]),
    }
    done = await world.ask(None, "POST", link, read)
    assert done.status_code == 201, done.text
    assert done.json()["acknowledgement"]["difference"] == notice["difference"]


async def test_what_is_read_back_by_telephone_names_the_difference_that_was_read_out(
    world: World,
) -> None:
    notice = await an_amendment(world)
    now_us = world.node.service.context().now_us
    said = {
        "verb": "READ-BACK",
        "started": format_rfc3339(now_us - 60_000_000),
        "ended": format_rfc3339(now_us - 1_000_000),
        "desk": "duty",
        "language": "en",
        "identified": "called-back",
        "read_back": notice["particulars"],
    }
    path = f"/notices/{notice['id']}/relayed"
    refused = await world.ask("bravo", "POST", path, said)
    assert (refused.status_code, refused.json()["field"]) == (400, "difference")
    said["difference"] = notice["difference"]
    done = await world.ask("bravo", "POST", path, said)
    assert done.status_code == 201, done.text
    assert done.json()["acknowledgement"]["difference"] == notice["difference"]
