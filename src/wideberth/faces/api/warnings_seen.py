"""What one party sees of a warning: its own object whole, of the other no more than it may."""

from __future__ import annotations

from collections.abc import Callable

from wideberth.faces.api import told, views
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.warnings import StandingWarning, WarningObject
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US, format_rfc3339

__all__ = ["TrackOpen", "warning_seen"]

TrackOpen = Callable[[str, PartyId], bool]
"""Whether the track of this id is open to the party."""


def warning_seen(
    warning: StandingWarning, reader: PartyId, picture: Picture, track_open: TrackOpen
) -> told.WarningOut:
    """The warning for one of the parties that it is addressed to."""
    objects = [_object(each, reader, picture, track_open) for each in warning.objects]
    # A distance to what may not be seen would say where it lies.
    hidden = any(each.type == "intent" and each.id is None for each in objects)
    return told.WarningOut(
        id=warning.id,
        kind=warning.kind,
        rule=warning.rule,
        objects=objects,
        raised=format_rfc3339(warning.raised_us),
        updated=format_rfc3339(warning.updated_us),
        level=warning.level,
        uncertainty_m=warning.uncertainty_mm / 1000,
        horizontal_m=None if hidden else _metres(warning.horizontal_mm),
        vertical_m=None if hidden else _metres(warning.vertical_mm),
        time_s=None if hidden or warning.time_us is None else warning.time_us / SECOND_US,
        last_known=warning.last_known,
    )


def _object(
    side: WarningObject, reader: PartyId, picture: Picture, track_open: TrackOpen
) -> told.WarningObjectOut:
    if side.party == reader or _is_open(side, reader, picture, track_open):
        return told.WarningObjectOut(
            type=side.type,
            facts=list(side.facts),
            id=side.id,
            party=side.party,
            fix=views.fix(side.fix),
        )
    # A crew must be able to recognise what to keep away from (L-06); what an intent's party hides
    # stays hidden.
    return told.WarningObjectOut(
        type=side.type, facts=list(side.facts) if side.type == "track" else []
    )


def _is_open(side: WarningObject, reader: PartyId, picture: Picture, track_open: TrackOpen) -> bool:
    match side.type:
        case "zone":
            return True
        case "intent":
            intent = picture.intents.get(IntentId(side.id))
            return intent is not None and intent.is_shown_to(reader)
        case _:
            return track_open(side.id, reader)


def _metres(length_mm: int | None) -> float | None:
    return None if length_mm is None else length_mm / 1000
