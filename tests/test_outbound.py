"""What is sent to those without a stream: nothing is lost, doubles say the same, order holds."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_world import World, a_world, square
from delivery_servers import Receiver, a_mail_server, a_receiver
from wideberth.contacts import Way
from wideberth.delivery.state import DeliveryState
from wideberth.model.channels import ChannelState, Medium
from wideberth.model.commands import AdoptRules
from wideberth.model.ids import PartyId
from wideberth.model.ladders import Ladder, Post, Rung
from wideberth.model.notices import Urgency, Verb
from wideberth.model.settings import DEFAULT_RULES
from wideberth.service import Applied, now_us
from wideberth.space.time import SECOND_US

BRAVO = PartyId("bravo")
QUICK = """
[delivery]
private_addresses = true
first_retry_s = 0.01
longest_retry_s = 0.05
public_url = "https://desk.example"
"""


def hook(url: str, **more) -> Way:
    return Way(Post.DUTY, Medium.WEBHOOK, url, **more)


def mail(address: str = "desk@bravo.example", post: Post = Post.DUTY) -> Way:
    return Way(post, Medium.MAIL, address)


@contextlib.asynccontextmanager
async def sending_world(folder: Path, toml: str = QUICK):
    (folder / "wideberth-data").mkdir(mode=0o700, exist_ok=True)
    (folder / "wideberth-data" / "wideberth.toml").write_text(toml)
    async with a_world(folder) as world, world.node.outbound.sending():
        yield world


async def notify(world: World, count: int, *, first: int = 0) -> list[str]:
    """Have bravo told so many times; gives the ids of the notices, in order."""
    for index in range(first, first + count):
        place = square(47 + index / 10, upper_m=100)
        if first <= index:
            await world.told("bravo", place)
        await world.told("alpha", place)
    notices = (await world.ask("bravo", "GET", "/notices?limit=200")).json()["notices"]
    return [each["id"] for each in sorted(notices, key=lambda each: each["number"])]


async def until(holds, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for is another program's
            await asyncio.sleep(0.02)


async def test_open_notices_go_out_in_order_whatever_the_receiver_does(tmp_path) -> None:
    moods = ("500", "close", "slow", "ok", "half", "later", "redirect", "ok")
    async with a_receiver(*moods) as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        ids = await notify(world, 4)
        assert len(ids) >= 4
        await until(lambda: len(receiver.items) >= len(ids))
        assert receiver.items == ids
        item = receiver.taken[0]["items"][0]
        assert {"id", "version", "notice", "text", "code"} <= set(item)


@pytest.mark.requirement("D-10")
async def test_what_is_sent_again_carries_the_same_ids_and_delivery(tmp_path) -> None:
    async with a_receiver("half", "close", "ok") as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        await notify(world, 1)
        await until(lambda: receiver.taken)
        sent = [json.loads(body) for _, body in receiver.came]
        assert len(sent) >= 3
        first = {(item["id"], item["version"], item["code"]) for item in sent[0]["items"]}
        assert all(first <= {(i["id"], i["version"], i["code"]) for i in e["items"]} for e in sent)


async def test_a_way_that_is_down_is_left_for_the_next_one(tmp_path) -> None:
    with a_mail_server() as (box, port):
        more = f'mail_host="127.0.0.1"\nmail_port={port}\nmail_tls="none"\nmail_from="n@a.example"'
        async with a_receiver("500") as receiver, sending_world(tmp_path, QUICK + more) as world:
            outbound = world.node.outbound
            outbound.ways.put(BRAVO, (hook(receiver.url), mail()))
            ids = await notify(world, 3)
            await until(lambda: len(box.mails) >= len(ids))
            assert [i for i in ids if not any(i.encode() in each for each in box.mails)] == []
            states = {each.medium: each.state for each in await outbound.channels(BRAVO)}
            assert states[Medium.MAIL] is ChannelState.UP
            assert states[Medium.WEBHOOK] in (ChannelState.DEGRADED, ChannelState.DOWN)


async def test_a_notice_that_nobody_takes_holds_up_no_other(tmp_path) -> None:
    async with a_receiver("413", "413", "ok") as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        ids = await notify(world, 3)
        await until(lambda: receiver.items and receiver.items[-1] == ids[-1])
        assert receiver.items == [each for each in ids if each in receiver.items]
        assert len(receiver.items) >= len(ids) - 2


async def test_a_restart_sends_what_was_not_sent_and_nothing_that_was(tmp_path) -> None:
    async with a_receiver() as receiver:
        async with sending_world(tmp_path) as world:
            world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
            ids = await notify(world, 2)
            await until(lambda: len(receiver.items) >= len(ids))
            outbound = world.node.outbound
            while await outbound._in_thread(  # noqa: ASYNC110 - until that is noted
                lambda: outbound._store.cursor(BRAVO, "duty")
            ) < len(ids):
                await asyncio.sleep(0.02)
        async with a_world(tmp_path) as world:  # nothing is sent here
            more = await notify(world, 2, first=2)
        async with sending_world(tmp_path):
            await until(lambda: len(receiver.items) >= len(more))
            await asyncio.sleep(0.2)
        assert receiver.items == more


async def test_a_lost_state_sends_what_is_open_once_more(tmp_path) -> None:
    async with a_receiver() as receiver:
        async with sending_world(tmp_path) as world:
            world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
            ids = await notify(world, 2)
            await until(lambda: len(receiver.items) >= len(ids))
        (tmp_path / "wideberth-data" / "delivery.sqlite3").write_bytes(b"no database at all" * 99)
        async with sending_world(tmp_path):
            await until(lambda: len(receiver.items) >= 2 * len(ids))
        assert receiver.items == ids + ids


async def test_a_stream_that_took_it_is_enough_and_says_nothing_of_people(tmp_path) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        outbound = world.node.outbound
        outbound.ways.put(BRAVO, (Way(Post.DUTY, Medium.STREAM), hook(receiver.url)))
        outbound.took(BRAVO, 0)
        for index in range(2):
            await notify(world, 1, first=index)
            outbound.took(BRAVO, world.node.service.picture.history.stream_end(BRAVO))
        async with asyncio.timeout(10):
            while (  # noqa: ASYNC110
                await outbound.channels(BRAVO)
            )[0].state is not ChannelState.UP:
                await asyncio.sleep(0.05)
        assert receiver.came == []
        notices = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
        assert all(each["open"] and not each["answers"] for each in notices)


async def test_a_stop_goes_over_every_way_at_once_past_a_hanging_one(tmp_path) -> None:
    with a_mail_server() as (box, port):
        more = f'mail_host="127.0.0.1"\nmail_port={port}\nmail_tls="none"\nmail_from="n@a.example"'
        async with (
            a_receiver("hang") as hanging,
            a_receiver() as receiver,
            sending_world(tmp_path, QUICK + more) as world,
        ):
            ways = (hook(hanging.url), hook(receiver.url), mail(), mail("s@b.example", Post.SENIOR))
            world.node.outbound.ways.put(BRAVO, ways)
            await notify(world, 1)
            await until(lambda: hanging.came)
            answer = await world.ask("alpha", "POST", "/stop", {"text": "stop now"})
            assert answer.status_code == 202
            stop = answer.json()["id"]
            await until(lambda: stop in receiver.items and len(box.mails) == 2, 5)
            assert all(b"STOP" in each and b"stop now" in each for each in box.mails)


async def test_of_two_processes_one_sends_and_the_other_takes_over(tmp_path) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        await until(lambda: world.node.outbound.is_sender)
        async with a_world(tmp_path) as other:
            second = other.node.outbound
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(second.sending())
                ids = await notify(world, 1)
                await until(lambda: len(receiver.items) >= len(ids))
                assert not second.is_sender


async def test_suspended_ways_hold_notices_back_and_no_stop(tmp_path) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        outbound = world.node.outbound
        outbound.ways.put(BRAVO, (hook(receiver.url, suspended=True),))
        ids = await notify(world, 1)
        answer = await world.ask("alpha", "POST", "/stop", {})
        stop = answer.json()["id"]
        await until(lambda: stop in receiver.items)
        assert receiver.items == [stop]
        assert (await outbound.channels(BRAVO))[0].state is ChannelState.SUSPENDED
        outbound.ways.put(BRAVO, (hook(receiver.url),))
        await until(lambda: set(ids) <= set(receiver.items))


@contextlib.asynccontextmanager
async def a_sender(folder: Path):
    """A process that sends what is in the folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("outbound_server.py")),
        str(folder / "wideberth-data"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), 60)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.requirement("D-10")
@pytest.mark.slow
async def test_killed_while_sending_nothing_is_lost_and_doubles_are_the_same(tmp_path) -> None:
    async with a_receiver("slow") as receiver:
        async with sending_world(tmp_path) as world:
            world.node.outbound.ways.put(BRAVO, (hook(receiver.url, suspended=True),))
            ids = await notify(world, 30)
            world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        before = len(receiver.came)
        for _ in range(3):  # killed with one under way
            async with a_sender(tmp_path) as process:
                await until(lambda before=before: len(receiver.came) > before, 30)
                process.kill()
            before = len(receiver.came)
        async with a_sender(tmp_path):
            await until(lambda: set(ids) <= set(receiver.items), 60)
    seen: dict[str, set[tuple[int, str]]] = {}
    for delivery in receiver.taken:
        for item in delivery["items"]:
            if item["id"] in ids:  # thirty unread ones bring a warning too
                seen.setdefault(item["id"], set()).add((item["version"], item["code"]))
    assert set(seen) == set(ids)
    assert all(len(each) == 1 for each in seen.values()), "a double that says something else"
    first = list(dict.fromkeys(each for each in receiver.items if each in ids))
    assert first == ids, "out of order"


async def test_when_the_process_that_sends_is_killed_another_takes_over(tmp_path) -> None:
    async with a_receiver() as receiver:
        async with sending_world(tmp_path) as world:
            world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
        async with a_sender(tmp_path) as process, sending_world(tmp_path) as world:
            assert not world.node.outbound.is_sender
            process.kill()
            await process.wait()
            await until(lambda: world.node.outbound.is_sender)
            ids = await notify(world, 1)
            await until(lambda: set(ids) <= set(receiver.items))


def example_receiver() -> Any:
    path = Path(__file__).parents[1] / "examples" / "webhook_receiver.py"
    spec = importlib.util.spec_from_file_location("webhook_receiver", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    return example


@pytest.mark.requirement("D-10")
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), max_size=5), max_size=8)
)
def test_the_example_receiver_keeps_each_thing_once_in_any_order(deliveries) -> None:
    example = example_receiver()
    with tempfile.TemporaryDirectory() as folder:
        path, seen = Path(folder) / "kept.sqlite3", set()
        for delivery in deliveries:
            kept = example.Kept(path)  # as after a crash: a new process each time
            items = [{"kind": "notice", "id": name, "version": v} for name, v in delivery]
            new = [(each["id"], each["version"]) for each in kept.keep(items)]
            kept.close()
            assert new == [each for each in dict.fromkeys(delivery) if each not in seen]
            seen.update(delivery)


async def test_a_lane_holds_a_page_however_much_is_open(tmp_path) -> None:
    async with a_receiver("hang") as receiver, sending_world(tmp_path) as world:
        outbound = world.node.outbound
        outbound.ways.put(BRAVO, (hook(receiver.url),))
        await until(lambda: outbound._lanes)
        await notify(world, 3)
        (sending,) = outbound._lanes.values()
        held = [name for name in type(sending).__dataclass_fields__ if name != "ways"]
        sizes = [len(v) for v in (getattr(sending, name) for name in held) if hasattr(v, "__len__")]
        assert sum(sizes) <= len("bravo") + len("duty"), "something grows with what is open"


async def test_a_state_that_is_newer_than_the_record_holds_nothing_back(tmp_path) -> None:
    async with a_receiver() as receiver:
        async with sending_world(tmp_path) as world:
            world.node.outbound.ways.put(BRAVO, (Way(Post.DUTY, Medium.STREAM), hook(receiver.url)))
        state = DeliveryState(tmp_path / "wideberth-data")
        state.keep(BRAVO, Post.DUTY, 500, [])
        state.keep_streamed([(BRAVO, 500, now_us())])
        state.close()
        async with sending_world(tmp_path) as world:
            await until(lambda: world.node.outbound._lanes)
            ids = await notify(world, 1)
            await until(lambda: set(ids) <= set(receiver.items))


async def test_what_a_reader_says_that_it_had_counts_only_as_far_as_there_is_something(
    tmp_path,
) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        outbound = world.node.outbound
        outbound.ways.put(BRAVO, (Way(Post.DUTY, Medium.STREAM), hook(receiver.url)))
        outbound.took(BRAVO, 10_000)
        ids = await notify(world, 1)
        await until(lambda: set(ids) <= set(receiver.items))


async def test_the_code_of_a_notice_that_closed_is_forgotten(tmp_path) -> None:
    async with a_receiver() as receiver, sending_world(tmp_path) as world:
        outbound = world.node.outbound
        outbound.ways.put(BRAVO, (hook(receiver.url),))
        (*_, last) = await notify(world, 1)
        await until(lambda: last in receiver.items)
        item = receiver.taken[-1]["items"][-1]
        code = item["code"]
        assert await outbound.holder(code) is not None
        async with world.client("bravo", await world.key("bravo")) as client:
            await client.acknowledge(item, "LOADED", unit="bravo-1", system="plan")
        async with asyncio.timeout(10):
            while await outbound.holder(code) is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


QUICK_LADDERS = tuple(
    Ladder(urgency, (Rung(SECOND_US, Post.NEUTRAL, Verb.LOADED),), 2 * SECOND_US)
    for urgency in Urgency
)
CHARLIE = PartyId("charlie")  # a neutral


@contextlib.asynccontextmanager
async def quick_world(folder: Path, toml: str = QUICK):
    async with sending_world(folder, toml) as world:
        rules = msgspec.structs.replace(DEFAULT_RULES, version="quick", ladders=QUICK_LADDERS)
        assert isinstance(await world.node.command(AdoptRules(rules)), Applied)
        yield world


def calls(receiver: Receiver) -> list[dict[str, Any]]:
    return [i for each in receiver.taken for i in each["items"] if i["kind"] == "called"]


async def test_a_neutral_is_told_by_a_message_of_its_own_whom_to_reach(tmp_path) -> None:
    with a_mail_server() as (box, port):
        more = f'mail_host="127.0.0.1"\nmail_port={port}\nmail_tls="none"\nmail_from="n@a.example"'
        receiving = a_receiver("500", "half", "ok")
        async with receiving as receiver, quick_world(tmp_path, QUICK + more) as world:
            put = world.node.outbound.ways.put
            put(CHARLIE, (hook(receiver.url), mail("desk@charlie.example")))
            put(BRAVO, (mail(),))
            ids = await notify(world, 1)
            await until(lambda: len(box.mails) + len(calls(receiver)) > len(ids), 20)
            names = [f"{each}-called" for each in ids]
            await until(
                lambda: all(
                    any(name == call["id"] for call in calls(receiver))
                    or any(name.encode() in each for each in box.mails)
                    for name in names
                ),
                20,
            )
            said = [call["text"] for call in calls(receiver)]
            said += [each.decode() for each in box.mails if b"-called" in each]
    assert all("bravo watch, radio 123.45" in each or "alpha watch" in each for each in said)
    assert not any("code" in call for call in calls(receiver)), "nobody answers for another"
    codes = {code for each in box.mails for code in re.findall(rb"\[(\S+-\S+)\]", each)}
    assert not any(code.decode() in each for each in said for code in codes)


async def test_a_neutral_is_called_once_also_after_a_restart(tmp_path) -> None:
    async with a_receiver() as receiver:
        async with quick_world(tmp_path) as world:
            world.node.outbound.ways.put(CHARLIE, (hook(receiver.url),))
            ids = await notify(world, 1)
            await until(lambda: len(calls(receiver)) >= 2 * len(ids), 20)
            named = [call["id"] for call in calls(receiver)]
            outbound = world.node.outbound
            for notice in {name.removesuffix("-called") for name in named}:
                while not await outbound._in_thread(  # noqa: ASYNC110 - until that is noted
                    lambda notice=notice: outbound._store.is_sent(notice, CHARLIE, "post-neutral")
                ):
                    await asyncio.sleep(0.05)
        async with sending_world(tmp_path) as world:
            await until(lambda: world.node.outbound._lanes)
            await asyncio.sleep(0.5)
            assert [call["id"] for call in calls(receiver)] == named
        (tmp_path / "wideberth-data" / "delivery.sqlite3").unlink()
        async with sending_world(tmp_path) as world:  # and again where nobody knows of the first
            await until(lambda: len(calls(receiver)) >= 2 * len(named), 20)
    again = {(call["id"], call["version"], call["text"]) for call in calls(receiver)}
    assert len(again) == len(named), "a double that says something else"


async def test_a_neutral_that_took_it_on_its_stream_gets_no_mail(tmp_path) -> None:
    async with a_receiver() as receiver, quick_world(tmp_path) as world:
        outbound = world.node.outbound
        outbound.ways.put(CHARLIE, (Way(Post.DUTY, Medium.STREAM), hook(receiver.url)))
        outbound.took(CHARLIE, 0)
        await notify(world, 1)
        history = world.node.service.picture.history
        assert history is not None
        async with asyncio.timeout(10):
            while not world.node.service.picture.escalations:
                outbound.took(CHARLIE, history.stream_end(CHARLIE))
                await asyncio.sleep(0.05)
        for _ in range(20):
            outbound.took(CHARLIE, history.stream_end(CHARLIE))
            await asyncio.sleep(0.05)
        assert calls(receiver) == []
