"""What one party sees of a warning: its own object whole, of the other no more than it may.

Of another's track on a closed feed it sees that something is near, and in which cell of the agreed
grid; lengths and times go down to coarse steps, so that nobody finds a thing by inventing tracks
around it. The warning in the record keeps all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from wideberth.faces.api import told, views
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.warnings import StandingWarning, TrackFix, WarningObject
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.clockskew import Order, order_of
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.space.volume import NANODEGREES
from wideberth.watch.recorded import track_named

__all__ = ["TrackOpen", "warning_seen"]

TrackOpen = Callable[[str, str, PartyId], bool]
"""Whether the track of this feed's party and this id is open to a party."""

_FIRST: dict[Order, Literal["first", "second", "unknown"]] = {
    Order.BEFORE: "first",
    Order.AFTER: "second",
    Order.UNKNOWN: "unknown",
}
_STEP_MM = 500_000
_STEP_US = 30 * SECOND_US  # the levels of urgency are no finer


def warning_seen(
    warning: StandingWarning, reader: PartyId, picture: Picture, track_open: TrackOpen
) -> told.WarningOut:
    """The warning for one of the parties that it is addressed to."""
    objects = [_object(each, reader, picture, track_open) for each in warning.objects]
    # A distance to what may not be seen would say where it lies.
    hidden = any(each.type == "intent" and each.id is None for each in objects)
    closed = any(each.type == "track" and each.id is None for each in objects)
    length_mm, time_us = (_STEP_MM, _STEP_US) if closed else (1, 1)
    return told.WarningOut(
        id=warning.id,
        kind=warning.kind,
        rule=warning.rule,
        objects=objects,
        raised=format_rfc3339(warning.raised_us),
        updated=format_rfc3339(warning.updated_us),
        level=warning.level,
        uncertainty_m=-(-warning.uncertainty_mm // length_mm) * length_mm / 1000,
        horizontal_m=None if hidden else _down(warning.horizontal_mm, length_mm, 1000),
        vertical_m=None if hidden else _down(warning.vertical_mm, length_mm, 1000),
        time_s=None if hidden else _down(warning.time_us, time_us, SECOND_US),
        last_known=warning.last_known,
        first_reported=None if closed else _first_reported(warning, picture),
    )


def _first_reported(
    warning: StandingWarning, picture: Picture
) -> Literal["first", "second", "unknown"] | None:
    """Of two reports. Each is by the clock of whose feed brought it; no order is claimed between
    clocks that were not both measured (L-12).
    """
    reports = [(each.id, each.fix.time_us) for each in warning.objects if each.fix is not None]
    if len(reports) != 2:
        return None
    (one, first_us), (two, second_us) = reports
    feeds = [PartyId(track_named(name)[0]) for name in (one, two)]
    if feeds[0] and feeds[0] == feeds[1]:
        bounds_us = [0]
    else:
        clocks = [picture.clocks.get(feed) for feed in feeds]
        bounds_us = [clock.bound_us for clock in clocks if clock is not None]
        if len(bounds_us) != 2:
            return "unknown"
    return _FIRST[order_of(first_us, second_us, *bounds_us)]


def _object(
    side: WarningObject, reader: PartyId, picture: Picture, track_open: TrackOpen
) -> told.WarningObjectOut:
    if side.party == reader or _is_open(side, reader, picture, track_open):
        feed_party, name = track_named(side.id) if side.type == "track" else (None, side.id)
        return told.WarningObjectOut(
            type=side.type,
            facts=list(side.facts),
            id=name,
            party=side.party,
            feed_party=feed_party,
            fix=views.fix(side.fix),
        )
    if side.type != "track" or side.fix is None:
        return told.WarningObjectOut(type=side.type)
    cell = _cell(side.fix, picture.space.rules.cell_nd)
    where = f"within {cell.size:g}° north and east of {cell.south:g}, {cell.west:g}"
    return told.WarningObjectOut(type=side.type, facts=["something", where], cell=cell)


def _cell(fix: TrackFix, cell_nd: int) -> told.CellOut:
    return told.CellOut(
        south=fix.latitude_nd // cell_nd * cell_nd / NANODEGREES,
        west=fix.longitude_nd // cell_nd * cell_nd / NANODEGREES,
        size=cell_nd / NANODEGREES,
    )


def _is_open(side: WarningObject, reader: PartyId, picture: Picture, track_open: TrackOpen) -> bool:
    match side.type:
        case "zone":
            return True
        case "intent":
            intent = picture.intents.get(IntentId(side.id))
            return intent is not None and sees(picture, intent, reader)
        case "track":
            return track_open(*track_named(side.id), reader)
        case _:
            return False


def _down(value: int | None, step: int, unit: int) -> float | None:
    """Rounded down to whole steps, so that no more room is claimed than there is."""
    return None if value is None else value // step * step / unit
