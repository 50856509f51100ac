"""A watch kept in step with a picture: what is not walked through again had nothing to tell."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from scenes import Scene, author, details, volume
from wideberth.model.clocks import MeasureClock
from wideberth.model.commands import (
    AmendIntent,
    ChangeIntentState,
    DeclareZone,
    Step,
    SubmitIntent,
    WithdrawZone,
)
from wideberth.model.ids import IntentId, ZoneId
from wideberth.model.zones import ZoneRule
from wideberth.space.time import SECOND_US
from wideberth.watch.engine import Watch
from wideberth.watch.instep import Change, InStep

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["tell", "tell", "amend", "activate", "activate", "end", "zone", "withdraw", "clock"]
        ),
        st.integers(0, 5),
        st.sampled_from([0.0, 0.0, 0.0, 0.5, 7.0, 58.0, 70.0]),
    ),
    min_size=1,
    max_size=9,
)


class Play:
    """A space, and two that keep a watch in step with it: one of them walks through all of it."""

    def __init__(self) -> None:
        self.scene = Scene("alpha", "bravo")
        self.quick, self.slow = InStep(Watch()), InStep(Watch())
        self.noted = len(self.scene.entries)
        for each in (self.quick, self.slow):
            each.take_over(self.scene.picture)

    def act(self, what: str, which: int, minutes: float) -> None:
        scene = self.scene
        scene.pass_time(minutes)
        soon = (scene.now_us - volume(from_min=0).start_us) // (60 * SECOND_US) + which
        place = volume(47.0 + which / 50, from_min=soon, until_min=soon + 30)
        intents = [scene.picture.intents[each] for each in scene.picture.intents]
        zones = [scene.picture.zones[each] for each in scene.picture.zones]
        party = ("alpha", "bravo")[which % 2]
        match what:
            case "tell":
                command: Any = SubmitIntent(IntentId(scene.new_id()), details(place))
            case "amend" if intents:
                intent = intents[which % len(intents)]
                party = intent.party
                moved = details(place, priority=len(scene.entries), confirmed=True)
                command = AmendIntent(intent.id, intent.ovn, moved)
            case "activate" | "end" if intents:
                intent = intents[which % len(intents)]
                party = intent.party
                step = Step.END if what == "end" else Step.ACTIVATE
                command = ChangeIntentState(intent.id, intent.ovn, step)
            case "zone":
                name, zone_id = f"zone {len(scene.entries)}", ZoneId(scene.new_id())
                area = volume(47.0 + which / 50, radius_m=900, from_min=soon, until_min=soon + 90)
                rule = ZoneRule.NOTICE
                command = DeclareZone(zone_id, name, rule, (area,), "why", notice_us=SECOND_US)
            case "withdraw" if zones:
                zone = zones[which % len(zones)]
                party = zone.party
                command = WithdrawZone(zone.id, zone.version)
            case "clock":
                command = MeasureClock(-which * SECOND_US, which * SECOND_US)
            case _:
                return
        scene.try_(command, author(party))  # what is refused brings nothing

    def note(self) -> None:
        for entry in self.scene.entries[self.noted :]:
            self.quick.note(entry.body)
            self.slow.note(entry.body)
        self.noted = len(self.scene.entries)

    def look(self) -> None:
        """What the watch is told is what it is told where everything is walked through."""
        self.note()
        self.slow._intents_as_of = self.slow._zones_as_of = self.slow._users_as_of = None
        self.slow._agreed_as_of = None
        told = [
            sorted(map(said, each.changes(self.scene.picture, self.scene.now_us)))
            for each in (self.quick, self.slow)
        ]
        assert told[0] == told[1]


def said(change: Change) -> tuple[str, str]:
    assert isinstance(change, partial)
    call: Any = change
    return call.func.__name__, repr([each for each in call.args if not isinstance(each, Watch)])


def check(steps: list[tuple[str, int, float]]) -> None:
    play = Play()
    for step in steps:
        play.act(*step)
        play.look()
        play.look()
    for minutes in (0.5, 20.0, 40.0, 70.0):  # what time alone brings
        play.scene.pass_time(minutes)
        play.look()


@settings(deadline=None, max_examples=40)
@given(STEPS)
@example([("tell", 5, 0.0), ("activate", 0, 0.0), ("zone", 5, 58.0)])
@example([("zone", 1, 0.0), ("tell", 1, 0.0), ("clock", 3, 0.5), ("clock", 1, 0.5)])
def test_what_is_not_walked_through_again_had_nothing_to_tell(
    steps: list[tuple[str, int, float]],
) -> None:
    check(steps)


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(("_intents_due_us", 2**62), id="time alone brings nothing"),
        pytest.param(("_clocks_told", 0), id="clocks change nothing"),
        pytest.param(("_told", 0), id="entries change nothing"),
    ],
)
def test_the_check_finds_what_is_passed_over(
    plant: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, value = plant
    pinned = property(lambda self: value, lambda self, _: None)
    monkeypatch.setattr(InStep, name, pinned, raising=False)

    @settings(deadline=None, phases=[Phase.explicit])
    @example([("tell", 0, 0.0), ("activate", 0, 0.0), ("clock", 2, 0.5), ("amend", 0, 0.5)])
    @given(STEPS)
    def planted(steps: list[tuple[str, int, float]]) -> None:
        check(steps)

    with pytest.raises(AssertionError):
        planted()


@settings(deadline=None, max_examples=20)
@given(STEPS, STEPS, st.data())
def test_what_is_folded_while_it_is_walked_through_is_told_at_the_next_look(
    before: list[tuple[str, int, float]], meanwhile: list[tuple[str, int, float]], data: Any
) -> None:
    play = Play()
    for step in before:
        play.act(*step)
    play.note()
    pieces = play.quick.pieces(play.scene.picture, play.scene.now_us)
    for _ in range(data.draw(st.integers(0, 6))):
        next(pieces, None)
    for step in meanwhile:
        play.act(*step)
    play.note()
    for _ in pieces:
        pass
    for each in (play.quick, play.slow):
        each.changes(play.scene.picture, play.scene.now_us)
    assert play.quick._zones == play.slow._zones
    assert play.quick._active == play.slow._active
