from __future__ import annotations

import msgspec
import pytest

from scenes import HIDDEN, Scene, author, details, named, volume
from wideberth.model.commands import SubmitIntent
from wideberth.model.entries import ClashesFound
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import IntentKind, Source, Step
from wideberth.model.notices import Urgency
from wideberth.model.refusals import RefusalKind
from wideberth.model.settings import DEFAULT_RULES, Effect, PairRule, Rules
from wideberth.space.time import MINUTE_US
from wideberth.space.volume import Gap, Separation

FLIGHTS = (IntentKind.FLIGHT, IntentKind.FLIGHT)
STRICT = Rules(version="strict", pairs=(PairRule(FLIGHTS, Effect.REFUSE),))
# 47.01 N, 8 E and 47 N, 8 E are 1,111.9 m apart: circles of 500 m leave 111.9 m.
APART = details(volume(47.01))


def _pairs(scene: Scene) -> list[tuple[str, Gap]]:
    return [
        (pair.other.id, pair.gap)
        for entry in scene.entries
        if isinstance(entry.body, ClashesFound)
        for pair in entry.body.pairs
    ]


@pytest.mark.requirement("L-11")
def test_both_sides_are_told_of_a_clash_and_nobody_is_blocked() -> None:
    scene = Scene("north", "south")
    first = scene.tell("north")
    second = scene.tell("south")
    (to_north,), (to_south,) = scene.notices("north"), scene.notices("south")
    for notice, own, other in ((to_north, first, second), (to_south, second, first)):
        (clash,) = notice.clashes
        assert clash.own is not None
        assert clash.other is not None
        assert (clash.own.id, clash.other.id) == (own.id, other.id)
        assert clash.other_party == other.party
        assert clash.rule == "default-2/flight-flight"
        assert clash.gap == Gap(0, 0, 0)
        assert (clash.overlap.start_us, clash.overlap.end_us) == (first.start_us, first.end_us)
    assert to_north.number == to_south.number == 1


@pytest.mark.parametrize(
    ("second", "clashes"),
    [
        pytest.param(volume(from_min=120, until_min=130), True, id="one instant shared"),
        pytest.param(volume(from_min=121, until_min=130), False, id="a minute apart"),
        pytest.param(volume(lower_m=100, upper_m=200), True, id="one height shared"),
        pytest.param(volume(lower_m=101, upper_m=200), False, id="a metre apart"),
        pytest.param(volume(47.01), False, id="111 m apart"),
        pytest.param(volume(47.0089), True, id="a little overlap"),
    ],
)
def test_touching_counts_and_a_near_miss_does_not(second: object, clashes: bool) -> None:
    scene = Scene("north", "south")
    scene.tell("north")
    scene.tell("south", details(second))  # type: ignore[arg-type]
    assert bool(scene.notices("north")) is clashes
    assert bool(scene.notices("south")) is clashes


@pytest.mark.parametrize(
    ("separation", "clashes"),
    [
        pytest.param(Separation(112_000, 0, 0), True, id="nearer than agreed"),
        pytest.param(Separation(111_000, 0, 0), False, id="farther than agreed"),
        pytest.param(Separation(0, 10_000, 10), False, id="only height and time agreed"),
    ],
)
def test_a_separation_is_part_of_the_test(separation: Separation, clashes: bool) -> None:
    rules = Rules(version="s", pairs=(PairRule(FLIGHTS, separation=separation),))
    scene = Scene("north", "south", rules=rules)
    scene.tell("north")
    scene.tell("south", APART)
    assert bool(scene.notices("north")) is clashes
    if clashes:
        (clash,) = scene.notices("north")[0].clashes
        assert 111_000 < clash.gap.horizontal_mm < 112_000
        assert (clash.gap.vertical_mm, clash.gap.time_us) == (0, 0)


def test_the_widest_separation_of_another_pair_does_not_leak_into_this_one() -> None:
    far = PairRule((IntentKind.HAZARD, IntentKind.FLIGHT), separation=Separation(10_000_000, 0, 0))
    scene = Scene("north", "south", rules=Rules(version="w", pairs=(far,)))
    scene.tell("north")
    scene.tell("south", APART)
    assert _pairs(scene) == []
    scene.tell("south", details(volume(47.01), kind=IntentKind.HAZARD))
    assert [other for other, _ in _pairs(scene)] == [next(iter(scene.picture.intents))]


def test_an_intent_is_the_union_of_its_volumes_and_no_box_around_them() -> None:
    scene = Scene("north", "south")
    scene.tell(
        "north",
        details(
            volume(47.0, 8.0, from_min=60, until_min=70),
            volume(47.1, 8.1, from_min=71, until_min=80),
        ),
    )
    scene.tell("south", details(volume(47.0, 8.0, from_min=71, until_min=80)))
    scene.tell("south", details(volume(47.05, 8.05, from_min=60, until_min=80)))
    assert _pairs(scene) == []
    scene.tell("south", details(volume(47.1, 8.1, from_min=75, until_min=90)))
    assert len(_pairs(scene)) == 1


def test_one_notice_names_all_clashes_of_a_version() -> None:
    scene = Scene("north", "south")
    for _ in range(3):
        scene.tell("north")
    scene.tell("south")
    (notice,) = scene.notices("north")
    assert len(notice.clashes) == 3
    (own,) = scene.notices("south")
    assert len(own.clashes) == 3


@pytest.mark.parametrize("same_party", [False, True])
def test_a_partys_own_intents_clash_only_where_the_rules_say_so(same_party: bool) -> None:
    rules = msgspec.structs.replace(DEFAULT_RULES, version="own", same_party=same_party)
    scene = Scene("north", rules=rules)
    scene.tell("north")
    scene.tell("north")
    assert bool(_pairs(scene)) is same_party


class TestRefusing:
    def test_the_later_intent_is_refused_and_the_refusal_names_the_earlier(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        first = scene.tell("north")
        refusal = scene.refuse(SubmitIntent(IntentId("i"), details()), author("south"))
        assert refusal.kind is RefusalKind.CONFLICT
        assert refusal.with_intents == (first.id,)
        assert (refusal.from_us, refusal.until_us) == (first.start_us, first.end_us)

    def test_the_key_proves_that_it_was_known(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        first = scene.tell("north")
        scene.tell("south", key=(first.ovn,))
        assert len(scene.notices("north")) == 1

    def test_an_old_key_proves_nothing(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        first = scene.tell("north")
        scene.amend(first, details(volume(upper_m=120)))
        refusal = scene.refuse(
            SubmitIntent(IntentId("i"), details(), (first.ovn,)), author("south")
        )
        assert refusal.with_intents == (first.id,)

    def test_a_rule_may_refuse_whatever_was_known(self) -> None:
        strict = Rules(version="n", pairs=(PairRule(FLIGHTS, Effect.REFUSE, key_proves=False),))
        scene = Scene("north", "south", rules=strict)
        first = scene.tell("north")
        scene.refuse(SubmitIntent(IntentId("i"), details(), (first.ovn,)), author("south"))

    def test_higher_priority_passes_and_equal_does_not(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        scene.tell("north", details(priority=10))
        scene.refuse(SubmitIntent(IntentId("i"), details(priority=10)), author("south"))
        scene.tell("south", details(priority=11))
        assert len(scene.notices("north")) == 1

    def test_an_amendment_is_refused_like_a_new_intent(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        scene.tell("north")
        other = scene.tell("south", APART)
        from wideberth.model.commands import AmendIntent

        refusal = scene.refuse(AmendIntent(other.id, other.ovn, details()), author("south"))
        assert refusal.kind is RefusalKind.CONFLICT

    @pytest.mark.parametrize("visibility", [HIDDEN, named("east")])
    def test_a_hidden_intent_warns_and_never_refuses(self, visibility: object) -> None:
        scene = Scene("north", "south", "east", rules=STRICT)
        scene.tell("north", details(visibility=visibility))
        scene.tell("south")
        assert len(scene.notices("north")) == 1

    def test_a_named_intent_refuses_those_it_is_shown_to(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        scene.tell("north", details(visibility=named("south")))
        scene.refuse(SubmitIntent(IntentId("i"), details()), author("south"))

    def test_an_ended_intent_is_no_longer_in_the_way(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        first = scene.tell("north")
        scene.step(first, Step.END)
        scene.tell("south")


class TestHazardOnPresence:
    def _scene(self, visibility: object) -> Scene:
        scene = Scene("agency", "battery", "bystander", neutral="lake")
        scene.tell(
            "agency",
            details(kind=IntentKind.PRESENCE, visibility=visibility, source=Source.GPS),
        )
        scene.tell("battery", details(kind=IntentKind.HAZARD))
        return scene

    def test_both_and_the_neutral_are_told_at_the_highest_urgency(self) -> None:
        scene = self._scene(named("battery", "lake"))
        for party in ("agency", "battery", "lake"):
            (notice,) = scene.notices(party)
            assert notice.urgency is Urgency.IMMEDIATE
        assert scene.notices("bystander") == []

    def test_the_hazards_party_learns_only_what_the_owner_consented_to(self) -> None:
        scene = self._scene(named("lake"))
        assert scene.notices("battery") == []
        assert len(scene.notices("agency")) == len(scene.notices("lake")) == 1

    def test_nobody_else_is_told_where_the_owner_named_nobody(self) -> None:
        scene = self._scene(named())
        assert len(scene.notices("agency")) == 1
        assert scene.notices("battery") == scene.notices("lake") == []

    def test_the_hazards_party_cannot_close_its_notice(self) -> None:
        scene = self._scene(named("battery", "lake"))
        (notice,) = scene.notices("battery")
        assert notice.held_by == (PartyId("agency"),)
        scene.load(notice)
        assert [each.id for each in scene.open_notices("battery")] == [notice.id]

    def test_moving_the_hazard_away_lets_it_close(self) -> None:
        scene = self._scene(named("battery", "lake"))
        hazard = next(
            scene.intent(each)
            for each in scene.picture.intents
            if scene.intent(each).kind is IntentKind.HAZARD
        )
        scene.load(scene.notices("battery")[0])
        scene.amend(hazard, details(volume(48), kind=IntentKind.HAZARD))
        assert len(scene.open_notices("agency")) == 2
        scene.load(scene.notices("agency")[-1])
        assert scene.open_notices("agency") == []


def test_clash_evidence_is_shown_to_nobody() -> None:
    from wideberth.picture.visibility import is_readable

    scene = Scene("north", "south")
    scene.tell("north", details(visibility=HIDDEN))
    scene.tell("south")
    evidence = [each for each in scene.entries if isinstance(each.body, ClashesFound)]
    assert evidence
    assert not any(
        is_readable(scene.picture, evidence[0], PartyId(party)) for party in ("north", "south")
    )


def test_times_a_minute_apart_clash_under_a_time_separation() -> None:
    rules = Rules(version="t", pairs=(PairRule(FLIGHTS, separation=Separation(0, 0, MINUTE_US)),))
    scene = Scene("north", "south", rules=rules)
    scene.tell("north")
    scene.tell("south", details(volume(from_min=121, until_min=130)))
    (clash,) = scene.notices("north")[0].clashes
    assert clash.gap == Gap(0, 0, MINUTE_US)
    scene.tell("south", details(volume(from_min=122, until_min=130)))
    assert len(scene.notices("north")) == 1
