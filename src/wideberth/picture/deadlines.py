"""What is due, found from the tables: in memory only, and made of them when it is first asked for.

A heap for each kind of deadline holds when something may be due. What *is* due is asked of the
tables as they stand, when its time comes: a notice that closed, or was answered, has left nothing
to take out. So nothing else in the loop pays for deadlines but the push of a new one, and a
snapshot holds none of it.

The heaps are made a part at a time (:func:`gather`), so that nobody waits for a million of them;
what changes meanwhile is pushed as ever. An overlay has none: only what is durable comes due.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from wideberth.model.deadlines import DeadlineKind, DeadlinePassed, Due
from wideberth.picture.agreement_times import agreement_due, subject_of
from wideberth.picture.calls import call_due
from wideberth.picture.calls import subjects as call_subjects
from wideberth.picture.drills import drill_due, plan_due, plans
from wideberth.picture.dueheap import DueHeap
from wideberth.picture.incidents import incident_due, incident_subjects
from wideberth.picture.ladders import escalation_due
from wideberth.picture.liveness import hazard_due, heartbeat_due
from wideberth.picture.picture import Picture
from wideberth.picture.sites import site_due, sites_due
from wideberth.picture.stops import stop_due

__all__ = ["due_of", "gather", "give_back", "next_due_us", "pending", "take_due"]

_SPARE = 4096  # a heap is made anew once it holds this many more than twice what can be due
_MOST_OVER = 2_000  # looked at together: some milliseconds


@dataclass(frozen=True, slots=True)
class _Source:
    """Where deadlines of a kind come from. subjects: of all that may have one; due: the one that
    stands of a subject.
    """

    subjects: Callable[[Picture], Iterable[str]]
    due: Callable[[Picture, str], Due | None]


_SOURCES: dict[DeadlineKind, _Source] = {
    DeadlineKind.ESCALATION: _Source(lambda picture: picture.notices, escalation_due),
    DeadlineKind.HEARTBEAT: _Source(lambda picture: picture.channels, heartbeat_due),
    DeadlineKind.HAZARD: _Source(lambda picture: picture.hazards, hazard_due),
    DeadlineKind.AGREEMENT: _Source(
        lambda picture: [subject_of(picture.agreements[each]) for each in picture.agreements],
        agreement_due,
    ),
    DeadlineKind.SITE: _Source(sites_due, site_due),
    DeadlineKind.CALL: _Source(call_subjects, call_due),
    DeadlineKind.STOP: _Source(lambda picture: picture.stops, stop_due),
    DeadlineKind.INCIDENT: _Source(incident_subjects, incident_due),
    DeadlineKind.DRILL: _Source(lambda picture: picture.drills, drill_due),
    DeadlineKind.DRILL_PLAN: _Source(plans, plan_due),
}


def due_of(picture: Picture, kind: DeadlineKind, subject: str) -> Due | None:
    """The deadline of this kind that stands of a subject, passed or not; None: there is none."""
    return _SOURCES[kind].due(picture, subject)


def gather(picture: Picture, *, limit: int) -> bool:
    """Find what is due of up to so many subjects of the tables; True once nothing is left to find.

    Begins where that was never done, and where a heap is mostly of what is over. Not of an overlay.
    """
    assert not picture.is_overlay, "only what is durable comes due"
    if picture.due is None:
        picture.due = {kind: DueHeap(source.subjects(picture)) for kind, source in _SOURCES.items()}
    _keep_small(picture, picture.due)
    left = limit
    for kind, heap in picture.due.items():
        source, unseen = _SOURCES[kind], heap.unseen
        while unseen:
            if not left:
                return False
            left -= 1
            subject = unseen.pop()
            due = source.due(picture, subject)
            if due is not None:
                heap.push(due.due_us, subject)
    return True


def pending(picture: Picture) -> dict[DeadlineKind, DueHeap]:
    """What is due when, found to the end where that is not done yet. Not of an overlay."""
    gather(picture, limit=sys.maxsize)
    assert picture.due is not None, "it was made"
    return picture.due


def next_due_us(picture: Picture) -> int | None:
    """When something may be due next; None: nothing is."""
    firsts = [heap.first() for heap in pending(picture).values()]
    return min((first[0] for first in firsts if first is not None), default=None)


def take_due(picture: Picture, now_us: int, *, limit: int) -> list[DeadlinePassed]:
    """Deadlines that have passed, in the order of their times, up to so many.

    They are taken out: :func:`give_back` what could not be recorded. Where most of what comes first
    is over (closed, answered), it gives fewer, or none; :func:`next_due_us` says if more is due.
    """
    heaps = pending(picture)
    taken: dict[tuple[DeadlineKind, str], DeadlinePassed] = {}
    for _ in range(limit + _MOST_OVER):
        if len(taken) == limit:
            break
        kind = _earliest(heaps, now_us)
        if kind is None:
            break
        _, subject = heaps[kind].pop()
        due = due_of(picture, kind, subject)
        if due is None or (kind, subject) in taken:
            continue
        if due.due_us > now_us:
            heaps[kind].push(due.due_us, subject)
        else:
            taken[kind, subject] = DeadlinePassed(kind, subject, due.step)
    return list(taken.values())


def give_back(picture: Picture, passed: DeadlinePassed) -> None:
    """Put a deadline back that was taken out and is not recorded; as it stands now."""
    picture.note_due(passed.kind, passed.subject, due_of(picture, passed.kind, passed.subject))


def _earliest(heaps: dict[DeadlineKind, DueHeap], now_us: int) -> DeadlineKind | None:
    found: tuple[int, DeadlineKind] | None = None
    for kind in DeadlineKind:
        first = heaps[kind].first()
        if first is not None and first[0] <= now_us and (found is None or first[0] < found[0]):
            found = first[0], kind
    return None if found is None else found[1]


def _keep_small(picture: Picture, heaps: dict[DeadlineKind, DueHeap]) -> None:
    """Make each heap anew that is mostly of what is over."""
    for kind, heap in heaps.items():
        standing = _SOURCES[kind].subjects(picture)
        if not isinstance(standing, dict):
            continue
        if len(heap) > 2 * len(cast("dict[str, object]", standing)) + _SPARE:
            heaps[kind] = DueHeap(cast("dict[str, object]", standing))
