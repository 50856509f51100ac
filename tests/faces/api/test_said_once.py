"""All desks of a party are told an event in the same words, which are made once; and no party is
told it in another's.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from api_world import World, a_world, square
from stream_lines import Line, at_least
from wideberth.faces.api import reading
from wideberth.faces.api.carriers import Said
from wideberth.faces.api.desk import SaidLately
from wideberth.faces.api.events import event_view
from wideberth.faces.api.http import encode
from wideberth.model.ids import PartyId

PARTIES = ("alpha", "bravo")
STEPS = st.lists(st.sampled_from(("tell", "touch", "answer", "end")), min_size=1, max_size=5)
ANSWERED = ["tell", "touch", "touch", "answer"]


class Forgetful(SaidLately):
    """Keeps words by the entry alone, whoever they were for."""

    def get(self, party: PartyId, position: int) -> Said | None:
        del party
        return super().get(PartyId(""), position)

    def keep(self, party: PartyId, position: int, said: Said) -> None:
        del party
        super().keep(PartyId(""), position, said)


async def play(folder: Path, steps: list[str], said: SaidLately) -> None:
    """Two desks of each party hear the steps as they are made; then what each was told is compared
    with the same, made anew for its party.
    """
    async with a_world(folder) as world:
        world.app.desk.said = said
        lines = [(name, Line(world, name, "/stream")) for name in (*PARTIES, *PARTIES)]
        for number, step in enumerate(steps):
            await make(world, step, number)
        service = world.node.service
        for name, line in lines:
            events = await service.events(PartyId(name), 0, 1_000)
            await line.until(at_least(len(events)))
            assert [each[0] for each in line.events] == [each.number for each in events]
            for (_, kind, told), event in zip(line.events, events, strict=True):
                wanted, data = await event_view(world.app.desk, event, PartyId(name))
                assert (kind, told) == (wanted, json.loads(encode(data)))
        for _, line in lines:
            await line.close()


async def make(world: World, step: str, number: int) -> None:
    place = square(47.0 + number, 7.5, side=0.1)
    match step:
        case "tell":
            await world.told("alpha", place)
        case "touch":
            await world.told("alpha", place)
            await world.told("bravo", place)
        case "answer":
            for name in PARTIES:
                page = await world.ask(name, "GET", "/notices")
                for each in page.json()["notices"]:
                    path = f"/notices/{each['id']}/acknowledgements"
                    await world.ask(name, "POST", path, {"verb": "RECEIVED"})
        case _:
            page = await world.ask("alpha", "GET", "/intents")
            for each in page.json()["intents"][:1]:
                path = f"/intents/{each['id']}/state"
                await world.ask("alpha", "POST", path, {"ovn": each["ovn"], "step": "end"})


@given(steps=STEPS)
@example(steps=ANSWERED)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_each_party_is_told_in_its_own_words(tmp_path_factory: Any, steps: list[str]) -> None:
    asyncio.run(play(tmp_path_factory.mktemp("said"), steps, SaidLately()))


def test_the_check_finds_words_that_were_for_another(tmp_path_factory: Any) -> None:
    @settings(phases=[Phase.explicit], deadline=None)
    @example(steps=ANSWERED)
    @given(steps=STEPS)
    def check(steps: list[str]) -> None:
        asyncio.run(play(tmp_path_factory.mktemp("said"), steps, Forgetful()))

    with pytest.raises(AssertionError):
        check()


async def test_what_all_desks_hear_is_put_into_words_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Counter[tuple[PartyId, int]] = Counter()

    async def counted(desk: Any, event: Any, party: PartyId) -> tuple[str, Any]:
        made[party, event.position] += 1
        return await event_view(desk, event, party)

    monkeypatch.setattr(reading, "event_view", counted)
    lines = [Line(world, "alpha", "/stream") for _ in range(5)]
    for index in range(3):
        await world.told("alpha", square(47.0 + index, 7.5))
    for line in lines:
        await line.until(lambda events: len(events) == 3)
        await line.close()
    assert sorted(made.values()) == [1, 1, 1]


def test_what_is_kept_is_bounded_in_bytes_and_goes_when_it_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 100.0
    monkeypatch.setattr("wideberth.faces.api.desk.time.monotonic", lambda: now_s)
    said, alpha = SaidLately(most_bytes=100_000), PartyId("alpha")
    for position in range(20):
        said.keep(alpha, position, Said(position, "intent", b"x" * 20_000))
        assert said.bytes <= 100_000
    assert said.get(alpha, 19) is not None
    assert [said.get(alpha, position) for position in range(16)] == [None] * 16
    for _ in range(3):  # kept anew, it counts once
        said.keep(alpha, 19, Said(19, "intent", b"y"))
    now_s += 2.0
    assert said.get(alpha, 19) is None
    said.keep(alpha, 20, Said(20, "intent", b"z"))
    assert said.bytes < 1_000
