"""The preview is the truth: each party then gets what was foretold, byte by byte, and no more."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from api_world import PARTIES, World, a_world, flight, square
from wideberth.faces.api import shared
from wideberth.model.commands import AdoptRules
from wideberth.model.settings import Rules

from .test_shared import agree

LATER = {"id", "ovn", "told", "lead_s"}
"""What is made, or counted, only when it is told."""

INTENTS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["flight", "hazard"])},
    optional={
        "call_sign": st.sampled_from(["ALPHA1", "ΑΛΦΑ"]),
        "priority": st.integers(0, 3),
        "visibility": st.fixed_dictionaries(
            {"level": st.sampled_from(["open", "on-conflict", "named"])},
            optional={"parties": st.lists(st.sampled_from(PARTIES[1:]), unique=True, max_size=2)},
        ),
    },
)
PROFILES = st.none() | st.fixed_dictionaries(
    {"fields": st.sampled_from([["volumes"], ["volumes", "times"], ["times", "call_sign"]])},
    optional={"whole_list": st.just(True), "cell_nd": st.just(1_000_000_000)},
)
HIDDEN = {"kind": "flight", "call_sign": "ALPHA1", "visibility": {"level": "on-conflict"}}
PART = {"fields": ["volumes"], "whole_list": True}


async def play(folder: Path, profile: dict[str, Any] | None, intents: list[dict[str, Any]]) -> None:
    """Foretell, tell, and ask as each of the others."""
    async with a_world(folder) as world:
        if profile is not None:
            await agree(world, **profile)
        for number, intent in enumerate(intents):
            body = flight(square(47 + number, 7.5)) | intent
            if body["kind"] == "hazard":
                body |= {"provenance": {"source": "planned", "accuracy_m": 10}}
            await foretold_and_told(world, body)


async def foretold_and_told(world: World, body: dict[str, Any]) -> None:
    answer = await world.ask("alpha", "POST", "/intents/preview", body)
    if answer.status_code == 400:  # what cannot be told is not foretold, by the same rule
        told = await world.ask("alpha", "POST", "/intents", body)
        assert (told.status_code, told.json()["rule"]) == (400, answer.json()["rule"])
        return
    foretold = {each["party"]: each for each in answer.json()["seen_by"]}
    assert sorted(foretold) == ["bravo", "charlie"]
    told = await world.ask("alpha", "POST", "/intents", body)
    assert told.status_code == 201, told.text
    name = told.json()["intent"]["id"]
    for party, seen in foretold.items():
        whole = await world.ask(party, "GET", f"/intents/{name}")
        part = await world.ask(party, "GET", f"/shared/{name}")
        got = "whole" if whole.is_success else "part" if part.is_success else None
        if seen["sees"] in ("on-conflict", "nothing"):
            assert got is None, (party, seen)
            assert "bytes" not in seen
        elif seen.get("only") is None:
            assert got == seen["sees"], (party, seen)
        if got is not None:
            answer = whole if got == "whole" else part
            assert stripped(answer.json()) == stripped(json.loads(seen["bytes"])), (party, body)


def stripped(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in LATER}


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(profile=PART, intents=[HIDDEN, {"kind": "flight"}])
@example(profile={"fields": ["times"]}, intents=[{"kind": "flight", "call_sign": "ALPHA1"}])
@given(profile=PROFILES, intents=st.lists(INTENTS, min_size=1, max_size=4))
def test_each_party_then_gets_what_was_foretold(
    tmp_path_factory: pytest.TempPathFactory,
    profile: dict[str, Any] | None,
    intents: list[dict[str, Any]],
) -> None:
    asyncio.run(play(tmp_path_factory.mktemp("foretold"), profile, intents))


def test_a_planted_preview_that_forgets_what_was_agreed_is_found(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preview as it would be by visibility alone, while reads go by the agreement."""
    monkeypatch.setattr(shared, "sees", lambda _, intent, reader: intent.is_shown_to(reader))

    @settings(phases=[Phase.generate], database=None, max_examples=5)
    @given(profile=st.just(PART), intents=st.lists(INTENTS, min_size=2, max_size=4))
    def planted(profile: dict[str, Any], intents: list[dict[str, Any]]) -> None:
        asyncio.run(play(tmp_path_factory.mktemp("planted"), profile, intents))

    with pytest.raises(AssertionError):
        planted()


async def test_a_rule_that_narrows_what_is_given_is_said_and_not_whom_it_narrows(
    world: World,
) -> None:
    await world.node.command(AdoptRules(Rules(version="needs", need_to_know=True)))
    place = {"volume": square(47.0, 7.5)}
    assert (await world.ask("bravo", "POST", "/subscriptions", place)).status_code == 201
    answer = await world.ask("alpha", "POST", "/intents/preview", flight(square(47.0, 7.5)))
    bravo, charlie = answer.json()["seen_by"]
    assert (bravo["only"], bravo["sees"]) == ("needed", "whole")
    # What bravo subscribed to is its own matter: the two are foretold alike.
    assert {**bravo, "party": ""} == {**charlie, "party": ""}
