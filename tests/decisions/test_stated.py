"""What a notice of each kind states beside where and when, and what contradicts its kind."""

from __future__ import annotations

import msgspec
import pytest

from scenes import Scene, author, details, named, volume
from wideberth.model.commands import (
    AmendIntent,
    DeclareZone,
    IntentDetails,
    OpenSpace,
    RegisterParty,
    SubmitIntent,
)
from wideberth.model.entries import Entry, IntentAccepted, NoticeIssued, encode_entry
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import IntentKind, notice_kind_of
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import Refusal
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.stated import (
    NEXT_PHASES,
    EffectClass,
    Evidence,
    Marking,
    MarkingOn,
    NoticeKind,
    Phase,
    StandOff,
    Stated,
    Status,
)
from wideberth.model.zones import Zone, ZoneRule

ROOF = Marking(MarkingOn.ROOF, night=True, infrared=False, photos=("a" * 64,))


@pytest.fixture
def scene() -> Scene:
    return Scene("alpha", "bravo")


def said(kind: IntentKind, **stated: object) -> IntentDetails:
    visibility = {"visibility": named("bravo")} if kind is IntentKind.PRESENCE else {}
    return details(kind=kind, stated=Stated(**stated), **visibility)  # type: ignore[arg-type]


def rule(scene: Scene, told: IntentDetails) -> str:
    return scene.refuse(SubmitIntent(IntentId("x"), told), author("alpha")).rule


@pytest.mark.requirement("N-01")
def test_every_intent_and_zone_has_one_kind_and_no_other_can_be_read() -> None:
    assert {notice_kind_of(each) for each in IntentKind} == {
        NoticeKind.ACTIVITY,
        NoticeKind.MOVEMENT,
        NoticeKind.HAZARD,
        NoticeKind.PROTECTED_SITE,
    }
    kinds = {
        each: Zone(ZoneId("z"), SYSTEM.party, "z", each, (volume(),), 1, 0).notice_kind
        for each in ZoneRule
    }
    assert kinds[ZoneRule.STAND_OFF] is NoticeKind.STAND_OFF
    assert kinds[ZoneRule.KEEP_OUT] is kinds[ZoneRule.NOTICE] is NoticeKind.CLOSURE
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("parade", IntentKind)


def test_what_states_nothing_is_written_as_it_always_was(scene: Scene) -> None:
    scene.tell("alpha")
    body = scene.entries[-1].body
    assert isinstance(body, IntentAccepted)
    assert b"stated" not in encode_entry(Entry(1, 1, SYSTEM, body))


@pytest.mark.requirement("N-12", "N-14")
def test_stand_off_and_marking_are_kept_as_they_were_told(scene: Scene) -> None:
    asked = StandOff(EffectClass.ARTILLERY, 2_000)
    stated = {"stand_off": (asked,), "marking": (ROOF,), "evidence": Evidence.VISITED}
    intent = scene.tell("alpha", said(IntentKind.PRESENCE, **stated))
    assert intent.stated == Stated(**stated)  # type: ignore[arg-type]
    assert scene.replayed().digest() == scene.picture.digest()


@pytest.mark.requirement("N-14")
def test_two_distances_for_one_effect_contradict_each_other(scene: Scene) -> None:
    twice = tuple(StandOff(EffectClass.FLIGHT, distance) for distance in (100, 200))
    assert rule(scene, said(IntentKind.PRESENCE, stand_off=twice)) == "effect-twice"


@pytest.mark.parametrize("kind", [IntentKind.FLIGHT, IntentKind.HAZARD])
@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"marking": (ROOF,)}, "marking-of-kind"),
        ({"evidence": Evidence.VISITED}, "evidence-of-kind"),
        ({"phase": Phase.DEPARTED}, "phase-of-kind"),
    ],
)
def test_what_a_kind_does_not_have_is_refused(
    scene: Scene, kind: IntentKind, stated: dict[str, object], expected: str
) -> None:
    assert rule(scene, said(kind, **stated)) == expected


@pytest.mark.requirement("D-09")
def test_a_phase_of_a_movement_is_told_to_the_units_still_concerned(scene: Scene) -> None:
    hazard = scene.tell("bravo", details(kind=IntentKind.HAZARD))
    convoy = scene.tell("alpha", details(kind=IntentKind.MOVEMENT))
    for phase in (Phase.DEPARTED, Phase.SPLIT, Phase.STOPPED, Phase.DEPARTED, Phase.ARRIVED):
        since = len(scene.entries)
        convoy = scene.amend(convoy, said(IntentKind.MOVEMENT, phase=phase))
        (notice,) = scene.notices("bravo", since=since)
        assert notice.subject is not None
        assert (notice.subject.id, notice.subject.version) == (convoy.id, convoy.version)
        assert notice.units
        assert notice.supersedes
    assert any(isinstance(entry.body, NoticeIssued) for entry in scene.entries)
    assert hazard.id in scene.picture.intents


@pytest.mark.requirement("D-09")
@pytest.mark.parametrize("before", [None, *Phase])
def test_phases_follow_the_table_and_nothing_else(before: Phase | None) -> None:
    for after in Phase:
        scene = Scene("alpha", "bravo")
        convoy = scene.tell("alpha", details(kind=IntentKind.MOVEMENT))
        path = {None: (), Phase.DEPARTED: (Phase.DEPARTED,), Phase.DELAYED: (Phase.DELAYED,)}
        for step in path.get(before, (Phase.DEPARTED, before)):
            assert step is not None
            convoy = scene.amend(convoy, said(IntentKind.MOVEMENT, phase=step))
        told = AmendIntent(convoy.id, convoy.ovn, said(IntentKind.MOVEMENT, phase=after))
        outcome = scene.try_(told, author("alpha"))
        if after is before:
            assert isinstance(outcome, Refusal)
            assert outcome.rule == "nothing-changed"
        else:
            assert isinstance(outcome, Refusal) == (after not in NEXT_PHASES[before])


@pytest.mark.requirement("N-17")
def test_what_has_no_known_end_is_told_for_a_day_at_most(scene: Scene) -> None:
    def open_ended(until_min: int) -> IntentDetails:
        place = volume(from_min=1, until_min=until_min)
        return details(place, kind=IntentKind.HAZARD, stated=Stated(open_ended=True))

    scene.tell("alpha", open_ended(24 * 60))
    assert rule(scene, open_ended(24 * 60 + 1)) == "open-ended"


@pytest.mark.requirement("N-19")
@pytest.mark.parametrize("exercise", [False, True])
def test_nothing_but_what_the_space_is_for_enters_its_view(exercise: bool) -> None:
    scene = Scene.__new__(Scene)
    scene.__dict__.update(Scene().__dict__)
    scene.picture = type(scene.picture)()
    scene.entries = []
    scene.accept(
        OpenSpace("exercise.x" if exercise else "x.example", "host", DEFAULT_RULES, exercise)
    )
    scene.accept(RegisterParty(PartyId("alpha"), "Alpha"))
    fits = Status.EXERCISE if exercise else Status.ACTUAL
    for status in Status:
        told = SubmitIntent(IntentId(status.value), details(status=status))
        outcome = scene.try_(told, author("alpha"))
        assert isinstance(outcome, tuple) == (status is fits)
    assert set(scene.picture.intents) == {fits.value}


@pytest.mark.requirement("N-13")
@pytest.mark.parametrize("reason", ["", " ", "Because of us", "UPPER", "-x", "a" * 64])
def test_a_zone_gives_a_code_for_its_reason_or_says_withheld(scene: Scene, reason: str) -> None:
    def zone(reason: str) -> DeclareZone:
        return DeclareZone(ZoneId("z"), "z", ZoneRule.STAND_OFF, (volume(),), reason)

    assert scene.refuse(zone(reason), author("alpha")).rule == "reason-code"
    scene.accept(zone("withheld"), author("alpha"))
