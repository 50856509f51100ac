from __future__ import annotations

import msgspec
import pytest

from scenes import HIDDEN, START_US, Scene, author, details, named, volume
from wideberth.model.commands import AmendIntent, ChangeIntentState, SubmitIntent
from wideberth.model.entries import IntentAmended, IntentStateChanged, SubscribersNotified
from wideberth.model.ids import IntentId, Ovn
from wideberth.model.intents import (
    TRANSITIONS,
    IntentKind,
    IntentState,
    Provenance,
    Source,
    Step,
)
from wideberth.model.parties import Role
from wideberth.model.refusals import RefusalKind
from wideberth.model.settings import DEFAULT_RULES, KindLimit
from wideberth.space.altitude import AltitudeReference
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US
from wideberth.space.vertical import TerrainBound


def test_an_intent_is_accepted_with_its_lead_time_and_a_fresh_ovn() -> None:
    scene = Scene("north")
    intent = scene.tell("north", details(call_sign="N-1"))
    assert (intent.state, intent.version, intent.call_sign) == (IntentState.ACCEPTED, 1, "N-1")
    assert intent.lead_us == HOUR_US
    assert not intent.late
    assert len(intent.ovn) > 2


def test_an_intent_may_be_told_activated() -> None:
    scene = Scene("north")
    assert scene.tell("north", activated=True).state is IntentState.ACTIVATED


@pytest.mark.requirement("N-04")
def test_a_late_intent_is_accepted_at_once_and_marked_late() -> None:
    limits = (KindLimit(IntentKind.FLIGHT, minimum_lead_us=2 * HOUR_US),)
    scene = Scene("north", rules=msgspec.structs.replace(DEFAULT_RULES, version="l", limits=limits))
    intent = scene.tell("north")
    assert intent.late
    assert (intent.lead_us, intent.minimum_lead_us) == (HOUR_US, 2 * HOUR_US)


def test_an_intent_told_after_its_start_has_a_negative_lead_time() -> None:
    scene = Scene("north")
    intent = scene.tell("north", details(volume(from_min=-30, until_min=30)))
    assert intent.lead_us == -30 * MINUTE_US
    assert intent.late


@pytest.mark.requirement("N-04")
def test_a_version_of_the_same_places_and_times_was_told_when_they_were() -> None:
    scene = Scene("north", "south")
    first = scene.tell("north", details(call_sign="N-1"))
    scene.pass_time(50)
    same = scene.amend(first, details(call_sign="N-2"))
    assert (same.lead_us, same.late) == (HOUR_US, first.late)
    seen = scene.amend(same, details(call_sign="N-2", visibility=named("south")))
    assert seen.lead_us == 10 * MINUTE_US, "to whom it is shown now it was not told before"
    moved = scene.amend(seen, details(volume(until_min=130), visibility=named("south")))
    assert moved.lead_us == 10 * MINUTE_US


_PRESENCE = IntentKind.PRESENCE


@pytest.mark.parametrize(
    ("told", "rule", "field"),
    [
        pytest.param(
            details(place_name="the north").__class__(
                IntentKind.FLIGHT, (), details().visibility, details().provenance,
                place_name="the north",
            ),
            "place-name-alone", "place_name, volumes",
            marks=pytest.mark.requirement("N-06"), id="a place name without geometry",
        ),
        pytest.param(
            msgspec.structs.replace(details(), volumes=()), "no-volume", "volumes", id="no volume"
        ),
        pytest.param(
            msgspec.structs.replace(details(kind=IntentKind.MOVEMENT), count=None),
            "movement-count", "count",
            marks=pytest.mark.requirement("N-03"), id="a movement without a count",
        ),
        pytest.param(
            msgspec.structs.replace(details(kind=IntentKind.MOVEMENT), volumes=(volume(),)),
            "movement-route", "volumes",
            marks=pytest.mark.requirement("N-03"), id="a movement without a way",
        ),
        pytest.param(
            details(volume(), volume(47.1), kind=IntentKind.MOVEMENT),
            "movement-leg-times", "volumes",
            marks=pytest.mark.requirement("N-03"), id="a movement without a time for each leg",
        ),
        pytest.param(
            msgspec.structs.replace(
                details(kind=IntentKind.MOVEMENT), volumes=(volume(),),
                declaration='[{"footprint":{"type":"Circle"}}]',
            ),
            "movement-route", "volumes",
            marks=pytest.mark.requirement("N-03"), id="a movement declared as a place",
        ),
        pytest.param(details(count=0), "count-range", "count", id="a count of none"),
        pytest.param(
            details(kind=_PRESENCE), "presence-is-named", "kind, visibility",
            marks=pytest.mark.requirement("N-02"), id="a presence open to all",
        ),
        pytest.param(
            details(kind=_PRESENCE, visibility=HIDDEN), "presence-is-named", "kind, visibility",
            id="a presence told on conflict",
        ),
        pytest.param(
            details(kind=IntentKind.HAZARD, provenance=Provenance(Source.PLANNED)),
            "accuracy-missing", "provenance.accuracy_m",
            marks=pytest.mark.requirement("N-05"), id="a hazard without accuracy",
        ),
        pytest.param(
            details(volume(reference=AltitudeReference.AGL)), "altitude-reference",
            "volumes.0.lower", id="above ground where no terrain is known",
        ),
        pytest.param(
            details(volume(from_min=-90, until_min=-30)), "already-over", "volumes.0.end",
            id="already over",
        ),
        pytest.param(
            details(volume(until_min=60 * 24 * 31)), "too-long", "volumes", id="longer than agreed"
        ),
        pytest.param(
            details(volume(from_min=60 * 24 * 31, until_min=60 * 24 * 31 + 5)),
            "too-far-ahead", "volumes", id="beyond the horizon",
        ),
        pytest.param(details(priority=-1), "priority-range", "priority", id="priority below 0"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_is_missing_is_refused_by_name(
    told: object, rule: str, field: str
) -> None:
    scene = Scene("north")
    refusal = scene.refuse(SubmitIntent(IntentId("i"), told), author("north"))  # type: ignore[arg-type]
    assert refusal.kind is RefusalKind.INVALID
    assert refusal.field == field
    if rule != "altitude-reference":
        assert refusal.rule == rule


def test_heights_above_ground_are_taken_where_the_terrain_is_known() -> None:
    rules = msgspec.structs.replace(
        DEFAULT_RULES, version="t", terrain=TerrainBound(200_000, 900_000)
    )
    scene = Scene("north", "south", rules=rules)
    scene.tell("north", details(volume(reference=AltitudeReference.AGL)))
    scene.tell("south", details(volume(lower_m=600, upper_m=700)))
    assert len(scene.notices("north")) == 1, "the band is widened, and errs toward conflict"
    scene.tell("south", details(volume(lower_m=1200, upper_m=1300)))
    assert len(scene.notices("north")) == 1


@pytest.mark.requirement("N-05")
def test_where_coordinates_come_from_is_kept_whole() -> None:
    scene = Scene("north")
    given = Provenance(Source.GPS, 5_000, captured_us=scene.now_us - HOUR_US, checked_by="surveyor")
    intent = scene.tell("north", msgspec.structs.replace(details(), provenance=given))
    assert intent.provenance == given
    assert scene.replayed().intents[intent.id].provenance == given


@pytest.mark.requirement("N-05")
def test_coordinates_from_an_address_carry_a_caution() -> None:
    scene = Scene("north")
    intent = scene.tell("north", details(source=Source.ADDRESS))
    assert intent.cautions == ("address-derived",)


@pytest.mark.parametrize("state", list(IntentState))
@pytest.mark.parametrize("step", list(Step))
def test_every_step_follows_the_table_and_no_other_is_taken(state: IntentState, step: Step) -> None:
    if state is IntentState.ENDED:
        assert all(before is not IntentState.ENDED for before, _ in TRANSITIONS)
        return
    way = {
        IntentState.ACCEPTED: (),
        IntentState.ACTIVATED: (Step.ACTIVATE,),
        IntentState.NONCONFORMING: (Step.DECLARE_NONCONFORMING,),
        IntentState.CONTINGENT: (Step.DECLARE_CONTINGENT,),
    }[state]
    scene = Scene("north")
    intent = scene.tell("north")
    for each in way:
        scene.step(intent, each)
        intent = scene.intent(intent.id)
    assert intent.state is state
    command = ChangeIntentState(intent.id, intent.ovn, step)
    if (state, step) not in TRANSITIONS:
        refusal = scene.refuse(command, author("north"))
        assert refusal.rule == "no-such-transition"
        assert state.value in refusal.advice
        assert step.value in refusal.advice
        return
    changed = scene.accept(command, author("north"))[0]
    assert isinstance(changed, IntentStateChanged)
    assert changed.state is TRANSITIONS[state, step]
    assert changed.version == intent.version + 1
    assert changed.ovn != intent.ovn
    stands = scene.picture.intents.get(intent.id)
    assert (stands is None) == (changed.state is IntentState.ENDED)


def test_an_amendment_shows_the_difference_field_by_field() -> None:
    scene = Scene("north")
    intent = scene.tell("north", details(priority=1))
    bodies = scene.accept(
        AmendIntent(intent.id, intent.ovn, details(volume(upper_m=150), priority=2)),
        author("north"),
    )
    amended = bodies[0]
    assert isinstance(amended, IntentAmended)
    assert [change.field for change in amended.changes] == ["priority", "volumes"]
    assert (amended.changes[0].before, amended.changes[0].after) == ("1", "2")
    assert amended.intent.version == 2
    assert amended.intent.ovn != intent.ovn


def test_an_amendment_that_changes_nothing_is_refused() -> None:
    scene = Scene("north")
    intent = scene.tell("north")
    refusal = scene.refuse(AmendIntent(intent.id, intent.ovn, details()), author("north"))
    assert refusal.rule == "nothing-changed"


def test_an_amendment_cannot_change_the_kind() -> None:
    scene = Scene("north")
    intent = scene.tell("north")
    other = details(kind=IntentKind.HAZARD)
    refusal = scene.refuse(AmendIntent(intent.id, intent.ovn, other), author("north"))
    assert refusal.rule == "kind-changed"


def test_an_old_ovn_is_stale() -> None:
    scene = Scene("north")
    intent = scene.tell("north")
    scene.amend(intent, details(volume(upper_m=150)))
    refusal = scene.refuse(
        AmendIntent(intent.id, intent.ovn, details(volume(upper_m=170))), author("north")
    )
    assert (refusal.kind, refusal.rule) == (RefusalKind.STALE, "ovn-stale")


@pytest.mark.parametrize(
    ("visibility", "kind"),
    [
        pytest.param(details().visibility, RefusalKind.FORBIDDEN, id="another's open intent"),
        pytest.param(HIDDEN, RefusalKind.UNKNOWN, id="another's hidden intent is unknown"),
        pytest.param(named("east"), RefusalKind.UNKNOWN, id="another's named intent is unknown"),
    ],
)
def test_another_partys_intent_cannot_be_changed(visibility: object, kind: RefusalKind) -> None:
    scene = Scene("north", "south", "east")
    intent = scene.tell("north", details(visibility=visibility))
    refusal = scene.refuse(ChangeIntentState(intent.id, intent.ovn, Step.END), author("south"))
    assert refusal.kind is kind
    unknown = scene.refuse(
        ChangeIntentState(IntentId("nothing"), Ovn("x"), Step.END), author("south")
    )
    if kind is RefusalKind.UNKNOWN:
        assert refusal == unknown, "not shown and not there are the same answer"


def test_an_id_is_used_once() -> None:
    scene = Scene("north")
    scene.tell("north", intent="i")
    assert scene.refuse(SubmitIntent(IntentId("i"), details()), author("north")).rule == (
        "intent-id-taken"
    )


@pytest.mark.parametrize(
    ("by", "rule"),
    [
        pytest.param(author("nobody"), "party-unknown", id="a party that is not registered"),
        pytest.param(
            author("north", roles=(Role.WATCH,)), "role-missing", id="without the role to tell"
        ),
    ],
)
def test_only_a_role_that_tells_may_tell(by: object, rule: str) -> None:
    scene = Scene("north")
    refusal = scene.refuse(SubmitIntent(IntentId("i"), details()), by)  # type: ignore[arg-type]
    assert (refusal.kind, refusal.rule) == (RefusalKind.FORBIDDEN, rule)


def test_an_intent_leaves_the_picture_an_hour_after_its_end() -> None:
    scene = Scene("north")
    intent = scene.tell("north")
    scene.pass_time(minutes=120 + 60)
    scene.tell("north", details(volume(50, 8, from_min=600, until_min=700)))
    assert intent.id in scene.picture.intents
    scene.pass_time(minutes=1)
    scene.tell("north", details(volume(51, 8, from_min=600, until_min=700)))
    assert intent.id not in scene.picture.intents
    assert not any(isinstance(each.body, SubscribersNotified) for each in scene.entries)
    assert scene.picture.history is not None
    assert scene.picture.history.positions(intent.id) == [2]


def test_a_presence_may_be_told_ninety_days_ahead() -> None:
    scene = Scene("agency", "north")
    minutes = 80 * DAY_US // MINUTE_US
    told = details(
        volume(until_min=minutes), kind=_PRESENCE, visibility=named("north"), source=Source.GPS
    )
    assert scene.tell("agency", told).end_us == START_US + minutes * MINUTE_US
