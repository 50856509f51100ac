"""Which step an intent takes because of its tracks, where its party wants that. Pure.

The numbers are those of ASTM F3548-21. An Activated intent is Nonconforming once a track that flies
under it has been outside for 5 s, by the times of its positions. It is Activated again once all of
these are inside by positions that are newer than that, if that is within 60 s; else it is
Contingent, which the rule never changes. Silence is no return. Only tracks that the party's own
feeds bring count: nobody else's word changes what it told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.conformance import StepByTrack
from wideberth.model.entries import Body, IntentAccepted, IntentAmended
from wideberth.model.ids import IntentId
from wideberth.model.intents import Intent, IntentState, Step
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US
from wideberth.watch.conformance import Outside

__all__ = ["RULE", "StateRule", "StateSettings"]

RULE = "track-outside/1"


class StateSettings(msgspec.Struct, frozen=True):
    """nonconforming_after_us: outside for so long is Nonconforming. contingent_after_us: so long
    Nonconforming, and not all inside again, is Contingent.
    """

    nonconforming_after_us: int = 5 * SECOND_US
    contingent_after_us: int = 60 * SECOND_US  # F3548-21 MaxRecoverableTimeInNonconformingState

    def __post_init__(self) -> None:
        for name in ("nonconforming_after_us", "contingent_after_us"):
            if getattr(self, name) < 0:
                raise InvalidValue(name, "not-negative", getattr(self, name), "give 0 or more")


class StateRule:
    """The intents whose state follows their tracks. It can be made anew from the picture."""

    def __init__(self, settings: StateSettings | None = None) -> None:
        self._settings = settings or StateSettings()
        self._ids: set[IntentId] = set()

    def __iter__(self) -> Iterator[IntentId]:
        return iter(self._ids)

    def take_over(self, picture: Picture) -> None:
        """Begin with what stands in the picture; what is folded later is noted."""
        self._ids = {each for each in picture.intents if picture.intents[each].state_by_track}

    def note(self, body: Body) -> None:
        """Note an entry that was folded, where it concerns the rule."""
        if isinstance(body, IntentAccepted | IntentAmended) and body.intent.state_by_track:
            self._ids.add(body.intent.id)

    def steps(self, picture: Picture, flying: Iterable[Outside], now_us: int) -> list[StepByTrack]:
        """The steps that are to be taken now. flying: how the tracks under these intents stand."""
        under: dict[str, list[Outside]] = {}
        for each in flying:
            under.setdefault(each.intent, []).append(each)
        steps: list[StepByTrack] = []
        for intent_id in sorted(self._ids):
            intent = picture.intents.get(intent_id)
            if intent is None or not intent.state_by_track:
                self._ids.discard(intent_id)
                continue
            own = [each for each in under.get(intent_id, ()) if each.key.feed_party == intent.party]
            step = self._step(intent, own, now_us)
            if step is not None:
                steps.append(step)
        return steps

    def _step(self, intent: Intent, own: list[Outside], now_us: int) -> StepByTrack | None:
        if intent.state is IntentState.ACTIVATED:
            out = [
                each
                for each in own
                if each.outside_since_us is not None
                and each.time_us - each.outside_since_us >= self._settings.nonconforming_after_us
            ]
            return self._because(intent, Step.DECLARE_NONCONFORMING, out)
        since_us = intent.by_track_us
        if intent.state is not IntentState.NONCONFORMING or since_us is None:
            return None
        if now_us - since_us >= self._settings.contingent_after_us:
            return self._because(intent, Step.DECLARE_CONTINGENT, own) or _told(
                intent, Step.DECLARE_CONTINGENT
            )
        if all(each.is_inside and each.time_us > since_us for each in own):
            return self._because(intent, Step.ACTIVATE, own)
        return None

    @staticmethod
    def _because(intent: Intent, step: Step, tracks: list[Outside]) -> StepByTrack | None:
        """The step, resting on the one that has been outside longest; None where there is none."""
        if not tracks:
            return None
        first = min(
            tracks,
            key=lambda each: (
                each.outside_since_us is None,
                each.outside_since_us or 0,
                each.key.feed,
                each.key.track_id,
            ),
        )
        return _told(intent, step, first)


def _told(intent: Intent, step: Step, of: Outside | None = None) -> StepByTrack:
    return StepByTrack(
        intent=intent.id,
        ovn=intent.ovn,
        step=step,
        rule=RULE,
        track="" if of is None else of.key.track_id,
        feed="" if of is None else of.key.feed,
        outside_since_us=None if of is None else of.outside_since_us,
        position_us=0 if of is None else of.time_us,
    )
