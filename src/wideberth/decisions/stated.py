"""The rules for what a notice of each kind states beside where and when, and to whom a presence may
be shown. An ordinary flight states nothing of this and never comes here.
"""

from __future__ import annotations

from wideberth.decisions.outcome import refused
from wideberth.errors import InvalidValue
from wideberth.model.commands import IntentDetails
from wideberth.model.ids import IntentId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.sites import Disclosure
from wideberth.model.stated import NEXT_PHASES, Evidence, Phase, Stated, Status
from wideberth.picture.picture import Picture
from wideberth.picture.sites import shared_as
from wideberth.space.time import DAY_US, format_rfc3339

__all__ = ["MAX_OPEN_ENDED_US", "refuse_unassessed", "require_stated"]

MAX_OPEN_ENDED_US = DAY_US  # N-17 [P]
_MARKED = (IntentKind.PRESENCE, IntentKind.MOVEMENT)


def require_stated(
    picture: Picture, intent_id: IntentId, details: IntentDetails, now_us: int
) -> None:
    """Raise InvalidValue for what does not go with the kind, the space or the version before."""
    _require_status(details.status, exercise=picture.space.exercise)
    stated = details.stated
    if stated is None:
        return
    effects = [each.effect for each in stated.stand_off]
    if len(set(effects)) != len(effects):
        raise InvalidValue(
            "stand_off", "effect-twice", effects, "give one distance for each class of effect"
        )
    if details.kind not in _MARKED:
        for field, given in (
            ("marking", bool(stated.marking)),
            ("evidence", stated.evidence is not Evidence.SUBMITTED),
        ):
            if given:
                raise InvalidValue(
                    f"kind, {field}", f"{field}-of-kind", details.kind.value,
                    "only a presence or a movement says this",
                )  # fmt: skip
    if details.kind is not IntentKind.MOVEMENT and (
        stated.phase is not None or stated.phase_text is not None
    ):
        raise InvalidValue(
            "kind, phase", "phase-of-kind", details.kind.value, "only a movement has phases"
        )
    if stated.phase is None and stated.phase_text is not None:
        raise InvalidValue(
            "phase, phase_text", "phase-missing", stated.phase_text, "name the phase as well"
        )
    standing = picture.intents.get(intent_id)
    _require_phase(None if standing is None else standing.stated, stated.phase)
    end_us = max((volume.end_us for volume in details.volumes), default=now_us)
    if stated.open_ended and end_us > now_us + MAX_OPEN_ENDED_US:
        raise InvalidValue(
            "open_ended, volumes", "open-ended", format_rfc3339(end_us),
            "what has no known end is told for up to 24 h, and renewed (N-17)",
        )  # fmt: skip


def _require_status(status: Status | None, *, exercise: bool) -> None:
    """What is no more than a draft or a test never enters a view in which others act (N-19)."""
    fits = Status.EXERCISE if exercise else Status.ACTUAL
    if status is None or status is fits:
        return
    advice = {
        Status.DRAFT: "a draft is not told; ask with a dry run what it would touch",
        Status.TEST: "try it in a space that is an exercise",
        Status.EXERCISE: "an exercise has a space of its own; this one is not",
        Status.ACTUAL: "this space is an exercise; tell what is actual elsewhere",
    }[status]
    raise InvalidValue("status", "status-of-space", status.value, advice)


def _require_phase(before: Stated | None, phase: Phase | None) -> None:
    last = None if before is None else before.phase
    if phase is last:
        return
    if phase is None or phase not in NEXT_PHASES[last]:
        following = ", ".join(sorted(each.value for each in NEXT_PHASES[last])) or "nothing"
        raise InvalidValue(
            "phase", "no-such-phase", phase and phase.value,
            f"after {last.value if last else 'the plan'} comes {following}",
        )  # fmt: skip


def refuse_unassessed(picture: Picture, intent: Intent, before: Intent | None) -> Refusal | None:
    """Refuse to show a presence for the first time to whom its owner did not assess (S-03)."""
    if not picture.space.rules.assess_sharing:
        return None
    known = before.visibility.parties if before is not None else ()
    for recipient in intent.visibility.parties:
        if recipient == intent.party or recipient in known:
            continue
        if shared_as(picture, intent.party, recipient) is not Disclosure.EXACT:
            return refused(
                RefusalKind.CONFLICT,
                "sharing-not-assessed",
                "assess what sharing sites with this party may lead to, and choose exact, before"
                " you name it",
                field="visibility.parties",
                value=recipient,
            )
    return None
