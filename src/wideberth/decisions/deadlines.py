"""The rule for time: a deadline that has passed brings about what was agreed for it, once.

Any process may say so. What is due is asked of the picture at the position at which it is decided,
so the second who says it is told that it is done.
"""

from __future__ import annotations

from collections.abc import Callable

from wideberth.decisions import agreement_times, drills, escalation, liveness, stop_reads
from wideberth.decisions.inquiries import incident_passed
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.decisions.sites import go_stale
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed, Due
from wideberth.model.entries import Body
from wideberth.model.parties import Author
from wideberth.model.refusals import RefusalKind
from wideberth.picture.deadlines import due_of
from wideberth.picture.picture import Picture

__all__ = ["DONE", "NOT_YET", "pass_deadline"]

DONE = "deadline-done"
"""The rule by which a deadline does not pass a second time, or stands no more."""
NOT_YET = "deadline-not-yet"

_PASSES: dict[DeadlineKind, Callable[[Picture, str, Due, Context], tuple[Body, ...]]] = {
    DeadlineKind.ESCALATION: escalation.escalate,
    DeadlineKind.HEARTBEAT: liveness.heartbeat_passed,
    DeadlineKind.HAZARD: liveness.hazard_passed,
    DeadlineKind.AGREEMENT: agreement_times.reach,
    DeadlineKind.SITE: go_stale,
    DeadlineKind.CALL: liveness.call_passed,
    DeadlineKind.STOP: stop_reads.repeat,
    DeadlineKind.INCIDENT: incident_passed,
    DeadlineKind.DRILL: drills.missed,
    DeadlineKind.DRILL_PLAN: drills.reach_plan,
}


def pass_deadline(
    picture: Picture, command: DeadlinePassed, author: Author, context: Context
) -> Decision:
    """What a deadline brings about, if it stands and has passed."""
    due = due_of(picture, command.kind, command.subject)
    if due is None or due.step != command.step:
        return refused(
            RefusalKind.CONFLICT,
            DONE,
            "it passed before, or there is nothing left to wait for",
            field="id",
            value=command.id,
        )
    if due.due_us > context.now_us:
        return refused(
            RefusalKind.CONFLICT, NOT_YET, "say so once it has passed", field="id", value=command.id
        )
    return Accepted(_PASSES[command.kind](picture, command.subject, due, context))
