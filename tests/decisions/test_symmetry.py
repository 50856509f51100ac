"""Whoever a party is, it is served alike: to give the parties each other's names changes nothing of
what each is told, how urgently, and in which order (S-10).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scenes import HIDDEN, OPEN, Scene, author, details, named, volume
from wideberth.decisions import telling
from wideberth.model.commands import DeclareZone, OpenSubscription
from wideberth.model.entries import NoticeIssued
from wideberth.model.ids import IntentId, PartyId, SubscriptionId, ZoneId
from wideberth.model.intents import Intent, IntentKind, Step
from wideberth.model.notices import Urgency
from wideberth.model.refusals import Refusal
from wideberth.model.zones import ZoneRule
from wideberth.picture.deadlines import take_due
from wideberth.picture.visibility import is_readable

COUNT = 4
NAMES = ("alfa", "bravo", "mike", "zulu")
KINDS = (IntentKind.FLIGHT, IntentKind.HAZARD, IntentKind.PRESENCE, IntentKind.MOVEMENT)

Act = tuple[str, int, int, int, int]
"""What, by whom, to whom, where, which kind or earlier thing."""

acts = st.tuples(
    st.sampled_from(["tell", "tell", "tell", "hide", "name", "end", "zone", "subscribe", "wait"]),
    st.integers(0, COUNT - 1),
    st.integers(0, COUNT - 1),
    st.integers(0, 2),
    st.integers(0, 3),
)


def play(course: list[Act], names: tuple[str, ...]) -> list[list[Any]]:
    """What each party has on its stream and is refused, in order; names and ids taken out."""
    scene = Scene(*sorted(names))
    refused: list[list[Any]] = [[] for _ in names]
    for number, act in enumerate(course):
        what, by, to, where, which = act
        party = names[by]
        try:
            made = _do(scene, what, party, names[to], where, which, number)
        except AssertionError:  # it was refused, which is an answer as well
            made = None
        if isinstance(made, Refusal):
            refused[by].append(made.rule)
    views = [_view(scene, names, place) for place in range(len(names))]
    return [[*views[place], refused[place]] for place in range(len(names))]


def _do(
    scene: Scene, what: str, party: str, other: str, where: int, which: int, number: int
) -> Any:
    place = volume(47.0 + where * 0.004, 8.0)
    kind = KINDS[which]
    match what:
        case "tell" | "hide" | "name":
            shown = {"tell": OPEN, "hide": HIDDEN, "name": named(other)}[what]
            if kind is IntentKind.PRESENCE:
                shown = named(other)
            given = details(
                *([place] if kind is not IntentKind.MOVEMENT else ()), kind=kind, visibility=shown
            )
            return scene.tell(party, given, intent=f"i{number:03d}")
        case "end":
            own = sorted(scene.picture.intents_of(PartyId(party)))
            if own:
                return scene.step(scene.intent(own[which % len(own)]), Step.END)
        case "zone":
            zone = DeclareZone(
                ZoneId(f"z{number:03d}"), "area", ZoneRule.KEEP_OUT, (place,), "reason"
            )
            return scene.try_(zone, author(party))
        case "subscribe":
            name = SubscriptionId(f"s{number:03d}")
            return scene.try_(OpenSubscription(name, place), author(party))
        case _:
            scene.pass_time(7 * (which + 1))
            for passed in take_due(scene.picture, scene.now_us, limit=99):
                scene.accept(passed)
    return None


def _view(scene: Scene, names: tuple[str, ...], place: int) -> list[Any]:
    """Entries that the party may read and its notices, in order."""
    party = PartyId(names[place])
    history = scene.picture.history
    assert history is not None
    said = [
        _plain(msgspec.to_builtins(entry.body), names)
        for entry in scene.entries
        if is_readable(scene.picture, entry, party) and _is_told(entry.body, party)
    ]
    return [_numbered(said), history.stream_end(party)]


def _is_told(body: Any, party: PartyId) -> bool:
    return not isinstance(body, NoticeIssued) or body.notice.recipient == party


def _plain(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        plain = [_plain(each, names) for each in value]
        return (
            sorted(plain)
            if plain and all(isinstance(e, str) and e in _SIDES for e in plain)
            else plain
        )
    if isinstance(value, str):
        for place, name in enumerate(names):
            if value.lower() in (name, f"desk:{name}"):
                return f"party {place}"
    return value


_SIDES = {f"party {place}" for place in range(COUNT)}


def _numbered(said: list[Any]) -> str:
    """Ids that the service made, by the order in which this party meets them."""
    numbers: dict[str, str] = {}
    text = msgspec.json.encode(said, order="sorted").decode()
    return re.sub(r'"id\d+"', lambda found: numbers.setdefault(found[0], f"#{len(numbers)}"), text)


def alike(course: list[Act], order: list[int]) -> None:
    """The same course under other names gives each side the same."""
    ours = play(course, NAMES)
    theirs = play(course, tuple(NAMES[at] for at in order))
    for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        assert one == other, f"side {place} is served otherwise under another name"


@pytest.mark.requirement("S-10")
@given(st.lists(acts, min_size=1, max_size=14), st.permutations(range(COUNT)))
def test_other_names_change_nothing_of_what_each_side_is_told(
    course: list[Act], order: list[int]
) -> None:
    alike(course, order)


@pytest.mark.requirement("S-10")
def test_service_by_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A party that is told more urgently for its name."""
    before: Callable[..., Any] = telling._notice

    def favoured(*given: Any) -> Any:
        notice = before(*given)
        if notice.recipient == "alfa":
            return msgspec.structs.replace(notice, urgency=Urgency.IMMEDIATE)
        return notice

    monkeypatch.setattr(telling, "_notice", favoured)

    @settings(phases=[Phase.generate], max_examples=300, database=None)
    @given(st.lists(acts, min_size=1, max_size=14), st.permutations(range(COUNT)))
    def found(course: list[Act], order: list[int]) -> None:
        alike(course, order)

    with pytest.raises(AssertionError, match="served otherwise"):
        found()


def test_the_plays_reach_notices_of_every_urgency() -> None:
    course: list[Act] = [
        ("tell", 0, 1, 0, 2), ("tell", 1, 0, 0, 1), ("tell", 2, 0, 0, 0), ("wait", 0, 0, 0, 3),
    ]  # fmt: skip
    assert "IMMEDIATE" in str(play(course, NAMES)).upper()
    assert isinstance(Scene("alfa").tell("alfa", intent="i"), Intent)
    assert IntentId("i") != PartyId("alfa")
