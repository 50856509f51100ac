from __future__ import annotations

import pytest

from scenes import HIDDEN, Scene, author, details, volume
from wideberth.model.commands import DeclareZone, WithdrawZone
from wideberth.model.ids import PartyId, ZoneId
from wideberth.model.intents import IntentKind
from wideberth.model.notices import Urgency
from wideberth.model.zones import Zone, ZoneRule
from wideberth.space.time import MINUTE_US

ZONE = ZoneId("z")


def _declare(rule: ZoneRule = ZoneRule.KEEP_OUT, **fields: object) -> DeclareZone:
    given = {
        "zone": ZONE,
        "name": "Fire Traffic Area",
        "rule": rule,
        "volumes": (volume(radius_m=5000, from_min=0, until_min=600),),
        "reason": "aerial-firefighting",
        "notice_us": 90 * MINUTE_US if rule is ZoneRule.NOTICE else 0,
        **fields,
    }
    return DeclareZone(**given)  # type: ignore[arg-type]  # fields by name, from the test


def _zone(scene: Scene) -> Zone:
    return scene.picture.zones[ZONE]


def test_who_stands_in_a_new_zone_is_told_and_so_is_its_owner() -> None:
    scene = Scene("north", "desk")
    intent = scene.tell("north")
    scene.accept(_declare(), author("desk"))
    (to_north,), (to_desk,) = scene.notices("north"), scene.notices("desk")
    assert to_north.clashes[0].other_kind == "keep-out zone"
    assert to_desk.clashes[0].other is not None
    assert to_desk.clashes[0].other.id == intent.id


def test_an_intent_told_into_a_zone_is_accepted_and_both_are_told() -> None:
    scene = Scene("north", "desk")
    scene.accept(_declare(), author("desk"))
    scene.tell("north")
    assert len(scene.notices("north")) == len(scene.notices("desk")) == 1


@pytest.mark.requirement("Z-09")
def test_a_zone_declared_by_one_party_is_labelled_unilateral() -> None:
    scene = Scene("desk")
    scene.accept(_declare(), author("desk"))
    assert _zone(scene).unilateral


@pytest.mark.parametrize(
    ("from_min", "urgency"),
    [
        pytest.param(60, Urgency.PROMPT, id="too short"),
        pytest.param(90, Urgency.ROUTINE, id="just enough"),
        pytest.param(91, Urgency.ROUTINE, id="enough"),
    ],
)
def test_a_notice_zone_asks_for_its_minutes(from_min: int, urgency: Urgency) -> None:
    scene = Scene("north", "desk")
    scene.accept(_declare(ZoneRule.NOTICE), author("desk"))
    scene.tell("north", details(volume(from_min=from_min, until_min=200)))
    assert scene.notices("desk")[0].urgency is urgency


def test_a_zone_may_apply_to_some_kinds_only() -> None:
    scene = Scene("north", "desk")
    scene.accept(_declare(kinds=(IntentKind.MOVEMENT,)), author("desk"))
    scene.tell("north")
    assert scene.notices("desk") == []
    scene.tell("north", details(kind=IntentKind.MOVEMENT))
    assert len(scene.notices("desk")) == 1


def test_a_zones_owner_learns_of_a_hidden_intent_no_more_than_on_conflict() -> None:
    scene = Scene("north", "desk")
    scene.accept(_declare(), author("desk"))
    scene.tell("north", details(visibility=HIDDEN))
    (clash,) = scene.notices("desk")[0].clashes
    assert (clash.other, clash.other_party) == (None, None)
    assert clash.overlap.cells


def test_a_withdrawn_zone_is_told_to_those_who_were_told_of_it() -> None:
    scene = Scene("north", "desk", "south")
    scene.tell("north")
    scene.accept(_declare(), author("desk"))
    scene.accept(WithdrawZone(ZONE, 1), author("desk"))
    assert ZONE not in scene.picture.zones
    first, last = scene.notices("north")
    assert last.withdrawal
    assert last.supersedes == (first.id,)
    assert scene.notices("south") == []
    assert scene.picture.told.get(ZONE) is None


def test_a_new_version_replaces_the_old() -> None:
    scene = Scene("north", "desk")
    scene.tell("north")
    scene.accept(_declare(), author("desk"))
    moved = (volume(48, radius_m=5000, from_min=0, until_min=600),)
    scene.accept(_declare(volumes=moved, replaces_version=1, confirmed=True), author("desk"))
    assert _zone(scene).version == 2
    last = scene.notices("north")[-1]
    assert last.clashes == ()
    assert last.supersedes == (scene.notices("north")[0].id,)


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        pytest.param(_declare(volumes=()), "no-volume", id="no volume"),
        pytest.param(_declare(notice_us=5), "notice-contradicts-rule", id="notice for keep-out"),
        pytest.param(
            _declare(ZoneRule.NOTICE, notice_us=0), "notice-contradicts-rule", id="notice of none"
        ),
        pytest.param(_declare(replaces_version=3), "version-stale", id="a version that never was"),
        pytest.param(
            _declare(volumes=(volume(from_min=-60, until_min=-1),)), "already-over", id="over"
        ),
    ],
)
def test_a_zone_that_makes_no_sense_is_refused(command: DeclareZone, rule: str) -> None:
    scene = Scene("desk")
    assert scene.refuse(command, author("desk")).rule == rule


def test_only_its_owner_changes_or_withdraws_a_zone() -> None:
    scene = Scene("north", "desk")
    scene.accept(_declare(), author("desk"))
    assert scene.refuse(_declare(replaces_version=1), author("north")).rule == "not-yours"
    assert scene.refuse(WithdrawZone(ZONE, 1), author("north")).rule == "not-yours"
    assert scene.refuse(WithdrawZone(ZONE, 2), author("desk")).rule == "version-stale"
    assert scene.refuse(WithdrawZone(ZoneId("y"), 1), author("desk")).rule == "no-such-zone"
    assert _zone(scene).party == PartyId("desk")
