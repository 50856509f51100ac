"""Steps that an intent takes because of a track, and what flights came to.

An intent is its party's. It takes a step by rule only where its party wanted that when it told the
version that stands (``state_by_track``); and by rule it comes back to Activated only from where the
rule had set it, before it had to be Contingent. Contingent is left by its party alone.
"""

from __future__ import annotations

import msgspec

from wideberth.decisions.intents import change_state
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.commands import ChangeIntentState
from wideberth.model.conformance import MeasureFlight, StepByTrack, SteppedByTrack
from wideberth.model.intents import Intent, IntentKind, IntentState, Step
from wideberth.model.parties import Author
from wideberth.model.refusals import RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["measure_flight", "step_by_track"]


def measure_flight(
    picture: Picture, command: MeasureFlight, author: Author, context: Context
) -> Decision:
    """What a flight came to."""
    return Accepted((command.flight,))


def step_by_track(
    picture: Picture, command: StepByTrack, author: Author, context: Context
) -> Decision:
    """A step by rule, told like any other, with the reason beside it for the intent's party."""
    intent = picture.intents.get(command.intent)
    if intent is None:
        return refused(RefusalKind.UNKNOWN, "no-such-intent", "no intent of this id stands")
    if not _may(intent, command.step):
        return refused(
            RefusalKind.FORBIDDEN,
            "not-by-track",
            "its party did not want this step to follow its tracks",
            field="step",
            value=command.step.value,
        )
    stepped = change_state(
        picture,
        ChangeIntentState(command.intent, command.ovn, command.step),
        msgspec.structs.replace(author, party=intent.party),
        context,
    )
    if not isinstance(stepped, Accepted):
        return stepped
    because = SteppedByTrack(
        party=intent.party,
        intent=intent.id,
        step=command.step,
        rule=command.rule,
        track=command.track,
        feed=command.feed,
        outside_since_us=command.outside_since_us,
        position_us=command.position_us,
        back=len(stepped.bodies),
    )
    return Accepted((*stepped.bodies, because))


def _may(intent: Intent, step: Step) -> bool:
    if not intent.state_by_track or intent.kind is not IntentKind.FLIGHT:
        return False
    if step is Step.DECLARE_NONCONFORMING:
        return intent.state is IntentState.ACTIVATED
    return (
        step in (Step.ACTIVATE, Step.DECLARE_CONTINGENT)
        and intent.state is IntentState.NONCONFORMING
        and intent.by_track_us is not None
    )
