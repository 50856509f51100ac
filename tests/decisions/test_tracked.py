"""Steps that rest on a track: only where their party wants them, and only those."""

from __future__ import annotations

import msgspec
import pytest

from scenes import Scene, author, details
from wideberth.model.commands import SubmitIntent
from wideberth.model.conformance import StepByTrack, SteppedByTrack
from wideberth.model.entries import IntentStateChanged
from wideberth.model.ids import IntentId
from wideberth.model.intents import Intent, IntentKind, IntentState, Provenance, Source, Step
from wideberth.model.refusals import RefusalKind


def by_track(intent: Intent, step: Step) -> StepByTrack:
    return StepByTrack(intent.id, intent.ovn, step, "track-outside/1", "t", "f", 1, 2)


def told(scene: Scene, *, wanted: bool = True) -> Intent:
    said = msgspec.structs.replace(details(), state_by_track=wanted)
    return scene.tell("north", said, activated=True)


def test_a_step_by_track_is_a_step_with_its_reason() -> None:
    scene = Scene("north", "south")
    intent = told(scene)
    bodies = scene.accept(by_track(intent, Step.DECLARE_NONCONFORMING))
    changed, because = bodies[0], bodies[-1]
    assert isinstance(changed, IntentStateChanged)
    assert isinstance(because, SteppedByTrack)
    assert (changed.party, changed.state) == ("north", IntentState.NONCONFORMING)
    assert because.back == len(bodies) - 1
    now = scene.intent(intent.id)
    assert now.by_track_us is not None
    scene.accept(by_track(now, Step.ACTIVATE))
    again = scene.intent(intent.id)
    assert (again.state, again.by_track_us) == (IntentState.ACTIVATED, None)


def test_what_a_party_did_not_want_is_refused() -> None:
    scene = Scene("north")
    intent = told(scene, wanted=False)
    refusal = scene.refuse(by_track(intent, Step.DECLARE_NONCONFORMING))
    assert (refusal.kind, refusal.rule) == (RefusalKind.FORBIDDEN, "not-by-track")
    gone = msgspec.structs.replace(by_track(intent, Step.ACTIVATE), intent=IntentId("none"))
    assert scene.refuse(gone).kind is RefusalKind.UNKNOWN


@pytest.mark.parametrize("step", list(Step))
def test_what_a_party_set_itself_is_not_changed_by_track(step: Step) -> None:
    scene = Scene("north")
    intent = told(scene)
    scene.step(intent, Step.DECLARE_NONCONFORMING)
    assert scene.refuse(by_track(scene.intent(intent.id), step)).rule == "not-by-track"


@pytest.mark.parametrize("step", list(Step))
def test_what_is_contingent_stays_so(step: Step) -> None:
    scene = Scene("north")
    intent = told(scene)
    scene.accept(by_track(intent, Step.DECLARE_NONCONFORMING))
    scene.accept(by_track(scene.intent(intent.id), Step.DECLARE_CONTINGENT))
    assert scene.refuse(by_track(scene.intent(intent.id), step)).rule == "not-by-track"


def test_a_version_that_moved_on_is_not_stepped() -> None:
    scene = Scene("north")
    intent = told(scene)
    more = msgspec.structs.replace(details(call_sign="N-2"), state_by_track=True)
    scene.amend(intent, more)
    assert scene.refuse(by_track(intent, Step.DECLARE_NONCONFORMING)).kind is RefusalKind.STALE


def test_only_a_flight_can_want_it() -> None:
    scene = Scene("north")
    hazard = msgspec.structs.replace(
        details(),
        kind=IntentKind.HAZARD,
        provenance=Provenance(Source.GPS, 5_000),
        state_by_track=True,
    )
    refusal = scene.refuse(SubmitIntent(IntentId("h"), hazard), author("north"))
    assert (refusal.rule, refusal.field) == ("flights-only", "state_by_track")
