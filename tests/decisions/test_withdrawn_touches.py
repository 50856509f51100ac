"""Whoever tells, touches what is hidden, and withdraws, over and over, is named to its owner."""

from __future__ import annotations

import msgspec
import pytest

from scenes import HIDDEN, OPEN, Scene, author, details, named, volume
from wideberth.model.commands import DeclareZone, WithdrawZone
from wideberth.model.entries import TouchesWithdrawn
from wideberth.model.ids import ZoneId
from wideberth.model.intents import Step, Visibility
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.zones import ZoneRule
from wideberth.space.time import DAY_US


def a_scene(limit: int = 3) -> Scene:
    rules = msgspec.structs.replace(DEFAULT_RULES, version="w", withdrawn_touches=limit)
    scene = Scene("north", "probe", rules=rules)
    scene.tell("north", details(volume(until_min=60 * 40), visibility=HIDDEN), intent="hidden")
    return scene


def counted(scene: Scene) -> list[TouchesWithdrawn]:
    return [each.body for each in scene.entries if isinstance(each.body, TouchesWithdrawn)]


def probe(scene: Scene, visibility: Visibility = OPEN, **more: object) -> None:
    scene.step(scene.tell("probe", details(visibility=visibility, **more)), Step.END)


@pytest.mark.parametrize("visibility", [OPEN, HIDDEN])
def test_the_owner_is_told_after_each_so_many(visibility: Visibility) -> None:
    scene = a_scene()
    for _ in range(7):
        probe(scene, visibility)
    assert [dict(each.owners)["north"] for each in counted(scene)] == [1, 2, 3, 4, 5, 6, 7]
    assert [each.told for each in counted(scene)] == [(), (), ("north",), (), (), ("north",), ()]
    assert scene.picture.history is not None
    last = scene.picture.history.stream_end(author("north").party)
    told = scene.picture.history.stream(author("north").party, 0, last)
    bodies = [scene.entries[position].body for _, position in told]
    assert sum(isinstance(each, TouchesWithdrawn) for each in bodies) == 2
    assert scene.replayed().digest() == scene.picture.digest()


def test_moving_away_counts_as_withdrawing() -> None:
    scene = a_scene(1)
    intent = scene.tell("probe")
    intent = scene.amend(intent, details(volume(47.001)))
    assert counted(scene) == [], "it still touches"
    scene.amend(intent, details(volume(48)))
    assert [each.told for each in counted(scene)] == [("north",)]


def test_a_zone_that_comes_and_goes_counts_too() -> None:
    scene = a_scene(1)
    zone = ZoneId("z")
    scene.accept(
        DeclareZone(zone, "z", ZoneRule.KEEP_OUT, (volume(),), "r"), author("probe")
    )  # fmt: skip
    assert counted(scene) == []
    scene.accept(WithdrawZone(zone, 1), author("probe"))
    assert [each.told for each in counted(scene)] == [("north",)]


def test_what_is_seen_or_cannot_be_learned_of_is_not_counted() -> None:
    for visibility in (OPEN, named("probe"), named()):
        scene = Scene("north", "probe")
        scene.tell("north", details(visibility=visibility))
        probe(scene)
        assert counted(scene) == []


def test_nobody_is_kept_from_it_and_the_next_day_counts_anew() -> None:
    scene = a_scene()
    for _ in range(4):
        probe(scene)
    scene.now_us += DAY_US
    when = {"from_min": 25 * 60, "until_min": 26 * 60}
    scene.step(scene.tell("probe", details(volume(**when))), Step.END)
    assert dict(counted(scene)[-1].owners) == {"north": 1}
