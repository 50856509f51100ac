"""The client: nothing lost, nothing double, whatever the line does. Two ends joined in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.client import (
    ApiProblem,
    Client,
    Event,
    PartyKey,
    StreamGap,
    Unreachable,
)
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.eventstream import Order, Wanted, parsed
from wideberth.model.envelope import parse_statement, statement_digest, verify_statement
from wideberth.model.ids import KeyId, PartyId
from wideberth.space.time import parse_rfc3339

ORIGIN = "test.example/client"
Step = Callable[[httpx.Request], httpx.Response] | int | Exception


class Line(httpx.AsyncBaseTransport):
    """A line that does what the script says, step by step: an answer, a status, or a break."""

    def __init__(self, *script: Step) -> None:
        self.script = list(script)
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.seen.append(request)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, int):
            return httpx.Response(step, json={"ok": True} if step < 400 else {"rule": f"r{step}"})
        return step(request)


BREAK = httpx.ReadError("cut")


def client(line: Line, key: PartyKey | None = None, pauses: list[float] | None = None) -> Client:
    async def sleep(pause_s: float) -> None:
        if pauses is not None:
            pauses.append(pause_s)

    return Client("http://node", "t", key=key, transport=line, attempts=4, sleep=sleep)


def key() -> PartyKey:
    return PartyKey.make(ORIGIN, PartyId("alpha"), KeyId("k1"))


# Writes.


async def test_it_goes_on_asking_however_long_the_node_is_away() -> None:
    pauses: list[float] = []
    line = Line(*[BREAK] * 1_100, 200)

    async def sleep(pause_s: float) -> None:
        pauses.append(pause_s)

    async with Client("http://node", "t", transport=line, attempts=2_000, sleep=sleep) as alpha:
        assert await alpha.submit_intent({"kind": "flight"}) == {"ok": True}
    assert len(pauses) == 1_100
    assert max(pauses) == pauses[-1] == 5.0


async def test_a_write_is_sent_again_with_the_same_key_and_bytes() -> None:
    pauses: list[float] = []
    line = Line(BREAK, 503, lambda _: httpx.Response(503, headers={"Retry-After": "2"}), 200)
    async with client(line, pauses=pauses) as alpha:
        assert await alpha.submit_intent({"kind": "flight"}) == {"ok": True}
    assert len({request.headers["Idempotency-Key"] for request in line.seen}) == 1
    assert {request.content for request in line.seen} == {b'{"kind":"flight"}'}
    assert {str(request.url) for request in line.seen} == {"http://node/api/v1/intents"}
    assert {request.headers["Authorization"] for request in line.seen} == {"Bearer t"}
    assert pauses == [0.1, 0.2, 2.0]


async def test_two_writes_have_two_keys() -> None:
    line = Line(200, 200)
    async with client(line) as alpha:
        await alpha.submit_intent({})
        await alpha.submit_intent({})
    assert len({request.headers["Idempotency-Key"] for request in line.seen}) == 2


async def test_a_refusal_is_not_asked_twice() -> None:
    line = Line(409)
    async with client(line) as alpha:
        with pytest.raises(ApiProblem) as refused:
            await alpha.submit_intent({})
    assert (refused.value.status, refused.value.rule) == (409, "r409")


async def test_a_dead_line_is_given_up_with_the_key_to_ask_for() -> None:
    async with client(Line(BREAK, BREAK, 502, 504)) as alpha:
        with pytest.raises(Unreachable) as given_up:
            await alpha.write("POST", "/intents", {}, request="mine")
    assert given_up.value.key == "mine"


async def test_an_answer_that_is_no_json_is_still_a_problem() -> None:
    async with client(Line(lambda _: httpx.Response(400, content=b"\xff<html>"))) as alpha:
        with pytest.raises(ApiProblem, match="400"):
            await alpha.space()


async def test_what_never_happened_is_none() -> None:
    async with client(Line(404, 500)) as alpha:
        assert await alpha.became_of("r1") is None
        with pytest.raises(ApiProblem):
            await alpha.became_of("r1")


# Signed statements.


def statements(line: Line) -> list[str]:
    return [request.content.decode() for request in line.seen]


async def test_statements_form_a_chain() -> None:
    line, mine = Line(200, 409, 200), key()
    async with client(line, mine) as alpha:
        await alpha.acknowledge("n1", "PASSED-DOWN", unit="u1")
        with pytest.raises(ApiProblem):
            await alpha.acknowledge("n1", "LOADED", unit="u1", system="s")
        await alpha.acknowledge("n2", "LOADED", unit="u1", system="s")
    first, refused, second = statements(line)
    for each in (first, refused, second):
        verify_statement(each, mine.public_key)
    assert [parse_statement(each).party_seq for each in (first, refused, second)] == [1, 2, 2]
    assert parse_statement(first).prev is None
    assert parse_statement(second).prev == statement_digest(first)
    said = json.loads(bytes(parse_statement(first).body))
    assert abs(parse_rfc3339(said.pop("clock")) - time.time_ns() // 1000) < 60_000_000
    assert said == {
        "notice": "n1",
        "verb": "PASSED-DOWN",
        "unit": "u1",
    }
    assert line.seen[0].headers["Content-Type"] == "application/jose"


async def test_received_needs_no_key() -> None:
    line = Line(200)
    async with client(line) as alpha:
        await alpha.acknowledge("n1", "RECEIVED")
        with pytest.raises(InvalidValue, match="key"):
            await alpha.acknowledge("n1", "DISPUTED", reason="r")
    assert line.seen[0].headers["Content-Type"] == "application/json"


async def test_a_statement_whose_answer_is_lost_is_settled_first() -> None:
    mine = key()
    line = Line(BREAK, BREAK, BREAK, BREAK, 200, 200)
    async with client(line, mine) as alpha:
        with pytest.raises(Unreachable):
            await alpha.acknowledge("n1", "DISPUTED", reason="r")
        assert not mine.is_settled
        await alpha.acknowledge("n2", "DISPUTED", reason="r")
    sent = statements(line)
    assert len(set(sent[:5])) == 1, "the same bytes, until there is an answer"
    assert parse_statement(sent[5]).prev == statement_digest(sent[0])
    assert mine.is_settled


@pytest.mark.parametrize(
    ("script", "is_settled"),
    [
        pytest.param((401,), True, id="refused at the door at once: it was never in"),
        pytest.param((BREAK, 401), False, id="refused at the door after a break: it may be in"),
        pytest.param((BREAK, 409), True, id="refused by the rules: it was never in"),
        pytest.param((500,), False, id="an error tells nothing"),
    ],
)
async def test_what_an_answer_tells_of_the_chain(
    script: tuple[Step, ...], is_settled: bool
) -> None:
    mine = key()
    async with client(Line(*script), mine) as alpha:
        with pytest.raises(ApiProblem):
            await alpha.acknowledge("n1", "DISPUTED", reason="r")
    assert mine.is_settled is is_settled


async def test_a_restarted_client_settles_what_was_under_way(tmp_path: Path) -> None:
    path = tmp_path / "alpha.key"
    made = key()
    made.save(path)
    line = Line(200, BREAK, BREAK, BREAK, BREAK)
    async with client(line, PartyKey.load(path)) as alpha:
        await alpha.acknowledge("n1", "DISPUTED", reason="r")
        with pytest.raises(Unreachable):
            await alpha.acknowledge("n2", "DISPUTED", reason="r")
    again = Line(200, 200)
    async with client(again, PartyKey.load(path)) as alpha:
        await alpha.acknowledge("n3", "DISPUTED", reason="r")
    assert statements(again)[0] == statements(line)[-1]
    assert [parse_statement(each).party_seq for each in statements(again)] == [2, 3]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["alpha.key", "alpha.key.chain"]
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}


def test_a_key_file_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "alpha.key"
    made = key()
    made.save(path)
    assert PartyKey.load(path).public_key == made.public_key
    with pytest.raises(RecordUnavailable):
        key().save(path)
    path.chmod(0o644)
    with pytest.raises(InvalidValue, match="chmod 600"):
        PartyKey.load(path)
    path.chmod(0o600)
    path.write_text('{"seed":"c2VjcmV0"}')
    with pytest.raises(InvalidValue) as refused:
        PartyKey.load(path)
    assert "c2Vjc" not in str(refused.value)
    path.chmod(0o644)
    with pytest.raises(InvalidValue, match="give a party's key file"):
        PartyKey.load(path)  # and not: change the mode of what is no key


# The stream.


def wire(number: int, data: Any = None, name: str = "notice") -> bytes:
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


class Chunks(httpx.AsyncByteStream):
    def __init__(self, *chunks: bytes, breaks: bool = True) -> None:
        self.chunks, self.breaks = chunks, breaks

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for chunk in self.chunks:
            yield chunk
        if self.breaks:
            raise BREAK


def streaming(*chunks: bytes, breaks: bool = True) -> Step:
    return lambda _: httpx.Response(200, stream=Chunks(*chunks, breaks=breaks))


async def heard(line: Line, count: int, after: int = 0) -> list[int | None]:
    numbers: list[int | None] = []
    async with client(line) as alpha:
        events = alpha.events(after)
        async for event in events:
            numbers.append(event.number)
            if len(numbers) == count:
                break
        await events.aclose()
    return numbers


async def test_a_cut_stream_is_taken_up_where_it_broke() -> None:
    line = Line(
        streaming(wire(1), wire(2)[:-3]),
        BREAK,
        503,
        streaming(b": beat\n\n", wire(2), wire(3), b"event: bye\ndata: {}\n\n", wire(9)),
        streaming(wire(3), wire(4), breaks=False),
        streaming(wire(5)),
    )
    assert await heard(line, 5) == [1, 2, 3, 4, 5]
    resumed = [request.headers["Last-Event-ID"] for request in line.seen]
    assert resumed == ["0", "1", "1", "1", "3", "4"]


async def test_what_is_sent_before_it_is_recorded_comes_without_a_number() -> None:
    early = b'event: stop\ndata: {"stop": 1}\n\n'
    line = Line(streaming(wire(1), early, wire(2), early, b"id: x\ndata: {}\n\n", wire(3)))
    assert await heard(line, 5) == [1, None, 2, None, 3]


async def test_a_stream_that_leaves_a_number_out_is_an_error() -> None:
    with pytest.raises(StreamGap):
        await heard(Line(streaming(wire(1), wire(3))), 2)


async def test_a_stream_that_is_refused_is_not_asked_again() -> None:
    with pytest.raises(ApiProblem):
        await heard(Line(403), 1)


@given(
    texts=st.lists(st.text(max_size=20), min_size=1, max_size=5),
    size=st.integers(1, 50),
    ending=st.sampled_from([b"\n", b"\r\n"]),
)
async def test_events_are_the_same_however_they_are_cut(
    texts: list[str], size: int, ending: bytes
) -> None:
    whole = b"".join(
        f"id: {n}\nevent: notice\ndata: {json.dumps(text, ensure_ascii=False)}\n\n".encode(
            "utf-8", "surrogatepass"
        )
        for n, text in enumerate(texts, 1)
    ).replace(b"\n", ending)

    async def chunks():  # type: ignore[no-untyped-def]
        for begin in range(0, len(whole), size):
            yield whole[begin : begin + size]

    found = [event async for event in parsed(chunks())]
    assert found == [Event(n, "notice", text) for n, text in enumerate(texts, 1)]


def test_what_was_left_out_is_no_gap_and_what_is_missing_is_one() -> None:
    order = Order(3)
    told = Event(4, "notice", {})
    assert order.is_next(told)
    assert not order.is_next(told)  # again, on another line
    assert order.is_next(Event(None, "stop", {}))
    assert not order.is_next(Event(9, "left-out", {"first": 5, "last": 9}))
    assert not order.is_next(Event(7, "notice", {}))
    assert order.is_next(Event(10, "notice", {}))
    for missing in (Event(12, "notice", {}), Event(14, "left-out", {"first": 12, "last": 14})):
        with pytest.raises(StreamGap):
            order.is_next(missing)
    with pytest.raises(StreamGap, match="ends at event 4 now, and event 10 was given"):
        order.is_next(Event(4, "gap", {"after": 10, "last": 4}))


def test_what_is_wanted_is_asked_for_in_the_address() -> None:
    wanted = Wanted(("intent", "zone"), polygon=[(47.0, 7.0), (47.5, 8.0), (48.0, 7)], upper_m=10.5)
    assert wanted.query() == {
        "kinds": "intent,zone",
        "polygon": "47.0,7.0;47.5,8.0;48.0,7",
        "upper_m": "10.5",
    }
    sides = {"south": "-1.0", "west": "170.0", "north": "1.0", "east": "-170.0"}
    assert Wanted(box=(-1.0, 170.0, 1.0, -170.0)).query() == sides
    assert Wanted(circle=(47.0, 7.0, 500.0)).query() == {"circle": "47.0,7.0,500.0"}
