"""Duplicate, reordered and late deliveries change nothing twice, out and back (D-10)."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import scenes
from delivery_servers import a_receiver
from scenes import Scene, details, signer
from test_outbound import BRAVO, example_receiver, hook, notify, sending_world, until
from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Context
from wideberth.model.commands import AcknowledgeNotice, Request
from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.intents import IntentKind
from wideberth.model.notices import Verb
from wideberth.picture.picture import Picture

MOODS = st.lists(
    st.sampled_from(["ok", "500", "close", "half", "slow", "later", "redirect"]), max_size=8
)


def check_sent(items: list[tuple[str, int, str]], ids: list[str]) -> None:
    """Each thing came; first in order; and each time in the same words."""
    says: dict[str, tuple[int, str]] = {}
    for name, version, code in items:
        assert says.setdefault(name, (version, code)) == (version, code), "another double"
    assert list(says) == ids, "lost, or out of order"


def check_kept(items: list[dict[str, Any]], ids: list[str], chance: random.Random) -> None:
    """Whoever keeps the first of each has each once, late, twice and in any order as it comes."""
    late = [*items, *chance.choices(items, k=len(items))]
    chance.shuffle(late)
    with tempfile.TemporaryDirectory() as folder:
        kept = example_receiver().Kept(Path(folder) / "kept.sqlite3")
        new = Counter(each["id"] for item in late for each in kept.keep([item]))
        kept.close()
    assert new == Counter(ids)


@pytest.mark.requirement("D-10")
@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(MOODS, min_size=1, max_size=3), st.integers())
def test_each_notice_comes_in_order_whatever_the_channel_does_and_when_it_stops(
    days: list[list[str]], seed: int
) -> None:
    async def play(folder: Path) -> None:
        async with a_receiver() as receiver:
            ids: list[str] = []
            for number, moods in enumerate(days):  # between two days the node stops
                receiver.moods = [*moods, "ok"]
                async with sending_world(folder) as world:
                    world.node.outbound.ways.put(BRAVO, (hook(receiver.url),))
                    ids = await notify(world, 2, first=2 * number)
                    if number == len(days) - 1:
                        await until(lambda ids=ids: set(ids) <= set(receiver.items), 30)
            items = [each for delivery in receiver.taken for each in delivery["items"]]
        check_sent([(each["id"], each["version"], each["code"]) for each in items], ids)
        check_kept(items, ids, random.Random(seed))

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(play(Path(name)))


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([("a", 1, "x")], id="lost"),
        pytest.param([("b", 1, "y"), ("a", 1, "x")], id="out of order"),
        pytest.param([("a", 1, "x"), ("b", 1, "y"), ("a", 2, "x")], id="another version"),
        pytest.param([("a", 1, "x"), ("b", 1, "y"), ("a", 1, "z")], id="another code"),
    ],
)
def test_the_reference_finds_what_was_sent_wrongly(items: list[tuple[str, int, str]]) -> None:
    with pytest.raises(AssertionError):
        check_sent(items, ["a", "b"])


ANSWERS = (
    {"verb": Verb.RECEIVED},
    {"verb": Verb.PASSED_DOWN, "unit": UnitToken("u1")},
    {"verb": Verb.LOADED, "unit": UnitToken("u1"), "system": "console"},
    {"verb": Verb.LOADED, "unit": UnitToken("u2"), "system": "console"},
    {"verb": Verb.CANNOT_COMPLY, "reason": "no fuel"},
)


def answered(arrivals: list[tuple[int, int]]) -> tuple[Scene, list[tuple[int, int]]]:
    """A scene in which answers arrive, each (notice, answer) under its own key, and those of them
    that wrote something, in order.
    """
    scene = Scene("alpha", "bravo")
    scene.tell("alpha", details())
    scene.tell("bravo", details(kind=IntentKind.HAZARD))
    notices = [*scene.open_notices("alpha"), *scene.open_notices("bravo")]
    wrote: list[tuple[int, int]] = []
    for at, which in arrivals:
        notice = notices[at % len(notices)]
        command = AcknowledgeNotice(notice.id, **ANSWERS[which])  # type: ignore[arg-type]
        scene.pass_time(1)
        key = f"{at % len(notices)}-{which}"
        outcome = scene.try_(command, signer(notice.recipient), key=key, fingerprint=key)
        if isinstance(outcome, tuple):
            wrote.append((at % len(notices), which))
    return scene, wrote


def check_answered(arrivals: list[tuple[int, int]]) -> None:
    """Each answer is written once at most, and the rest is as if only the first had come."""
    scene, wrote = answered(arrivals)
    assert len(wrote) == len(set(wrote)), "an answer was written twice"
    once, first = answered(list(dict.fromkeys(arrivals)))
    assert first == wrote, "a double changed what another answer does"
    for party in ("alpha", "bravo"):
        assert said(scene, party) == said(once, party), "a double changed what stands"


def said(scene: Scene, party: str) -> list[tuple[str, list[Any], frozenset[UnitToken]]]:
    """What stands of the party's open notices, whatever the time."""
    return [
        (each.notice.id, [(answer.verb, answer.unit) for answer in each.answers], each.loaded)
        for each in scene.picture.notices_to(PartyId(party))
    ]


ARRIVALS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, len(ANSWERS) - 1)), max_size=24)


@pytest.mark.requirement("D-10")
@settings(deadline=None)
@given(ARRIVALS)
def test_answers_that_come_twice_late_or_in_another_order_count_once(
    arrivals: list[tuple[int, int]],
) -> None:
    check_answered(arrivals)


def test_the_reference_finds_a_record_that_forgets_what_it_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted: no key is remembered."""

    def forgetful(picture: Picture, request: Request, context: Context) -> Any:
        known, picture.requests = picture.requests, {}
        try:
            return decide(picture, request, context)
        finally:
            picture.requests = known

    monkeypatch.setattr(scenes, "decide", forgetful)

    @settings(phases=[Phase.generate], database=None, max_examples=200)
    @given(ARRIVALS)
    def play(arrivals: list[tuple[int, int]]) -> None:
        check_answered(arrivals)

    with pytest.raises(AssertionError, match="written twice"):
        play()
