"""Fold: what was sent before it was recorded, who has read it, and what is repeated when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.stop_reads import (
    REPEATED_FORMS,
    STOP_RUNGS,
    StopAcknowledged,
    StopRead,
    StopRepeated,
    StopStep,
    first_rung,
)
from wideberth.model.stops import Stop, StopTold, StopToUnits
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US

__all__ = ["FOLDS", "STOP_LIFE_US", "forget_stop", "step_of", "stop_due", "unread_by"]

STOP_LIFE_US = DAY_US
"""How long a STOP stays in the picture after it was recorded."""

_NEW = StopStep()
_replace = msgspec.structs.replace


def step_of(picture: Picture, stop_id: str) -> StopStep:
    """What stands of a STOP."""
    return picture.stop_steps.get(stop_id) or _NEW


def unread_by(picture: Picture, stop: Stop) -> tuple[PartyId, ...]:
    """The parties at which nobody has read it, in the order of their names."""
    return tuple(
        sorted(
            party
            for party in picture.parties
            if party != stop.sender and (stop.id, party) not in picture.stop_reads
        )
    )


def stop_due(picture: Picture, subject: str) -> Due | None:
    """When a STOP is repeated next; None: all have read it, or its last rung was taken."""
    stop = picture.stops.get(subject)
    if stop is None or stop.form not in REPEATED_FORMS:
        return None
    standing = step_of(picture, subject)
    first = first_rung(standing.count)
    step = max(standing.step, first)
    if step >= len(STOP_RUNGS) or not unread_by(picture, stop):
        return None
    return Due(step, stop.sent_us + STOP_RUNGS[step - first][0])


def forget_stop(picture: Picture, stop_id: str) -> None:
    """Let a STOP leave, with what stands of it."""
    picture.stops.pop(stop_id, None)
    picture.stop_steps.pop(stop_id, None)
    for party in picture.parties:
        picture.stop_reads.pop((stop_id, party), None)


def _stop_told(picture: Picture, body: StopTold, _entry: Entry, position: int) -> None:
    stop = body.stop
    picture.stops[stop.id] = stop
    if body.request is not None:
        picture.remember(stop.sender, body.request, position)
    if body.count > 1 or body.unit is not None:
        picture.stop_steps[stop.id] = StopStep(body.count, unit=body.unit)
    picture.expire_at(stop.sent_us + STOP_LIFE_US, "stop", stop.id)
    _note_due(picture, stop.id)
    if picture.history is not None:
        picture.history.note_object(stop.id, position)
        for party in picture.parties:  # to everybody who can act, its sender included
            picture.history.note_stream(party, position)


def _to_units(picture: Picture, body: StopToUnits, _entry: Entry, position: int) -> None:
    standing = step_of(picture, body.stop)
    named = (*standing.to_units, (body.party, body.units))
    picture.stop_steps[body.stop] = _replace(standing, to_units=named)
    if picture.history is not None:
        picture.history.note_object(body.stop, position)
        picture.history.note_stream(body.party, position)


def _acknowledged(picture: Picture, body: StopAcknowledged, _entry: Entry, position: int) -> None:
    key = (body.stop, body.party)
    read = picture.stop_reads.get(key) or StopRead(body.after_us, ())
    picture.stop_reads[key] = StopRead(read.after_us, (*read.posts, body.post))
    standing = step_of(picture, body.stop)
    if standing.first_us is None:
        picture.stop_steps[body.stop] = _replace(standing, first_us=body.after_us)
    if picture.history is not None:
        picture.history.note_object(body.stop, position)
        for party in dict.fromkeys((body.party, body.sender, *_neutrals(picture))):
            picture.history.note_stream(party, position)


def _repeated(picture: Picture, body: StopRepeated, entry: Entry, position: int) -> None:
    standing = step_of(picture, body.stop)
    picture.stop_steps[body.stop] = _replace(standing, step=body.step + 1, told_us=entry.time_us)
    _note_due(picture, body.stop)
    if picture.history is not None:
        picture.history.note_object(body.stop, position)
        for party in dict.fromkeys((body.sender, *body.neutrals, *body.parties)):
            picture.history.note_stream(party, position)


def _neutrals(picture: Picture) -> list[PartyId]:
    return [party for party in picture.parties if picture.parties[party].neutral]


def _note_due(picture: Picture, stop_id: str) -> None:
    if picture.due is not None:
        picture.note_due(DeadlineKind.STOP, stop_id, stop_due(picture, stop_id))


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    StopTold: _stop_told,
    StopToUnits: _to_units,
    StopAcknowledged: _acknowledged,
    StopRepeated: _repeated,
}
