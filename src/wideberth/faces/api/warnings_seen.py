"""The warning as an answer: what :mod:`wideberth.warned` lets its reader know, on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Desk
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.warnings import StandingWarning
from wideberth.picture.picture import Picture
from wideberth.space.clockskew import Order, order_of
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.space.volume import NANODEGREES
from wideberth.warned import Side, TrackOpen, warned
from wideberth.watch.recorded import track_named

__all__ = ["warning_seen", "warning_seen_live"]

_FIRST: dict[Order, Literal["first", "second", "unknown"]] = {
    Order.BEFORE: "first",
    Order.AFTER: "second",
    Order.UNKNOWN: "unknown",
}


def warning_seen(
    warning: StandingWarning,
    reader: PartyId,
    picture: Picture,
    track_open: TrackOpen,
    one_with: Iterable[WarningId] = (),
) -> told.WarningOut:
    """The warning for one of the parties that it is addressed to. one_with: the other standing ones
    that are one with it to this reader.
    """
    known = warned(warning, reader, picture, track_open)
    return told.WarningOut(
        id=warning.id,
        kind=warning.kind,
        rule=warning.rule,
        objects=[_object(each) for each in known.sides],
        raised=format_rfc3339(warning.raised_us),
        updated=format_rfc3339(warning.updated_us),
        level=warning.level,
        uncertainty_m=known.uncertainty_mm / 1000,
        horizontal_m=_in(known.horizontal_mm, 1000),
        vertical_m=_in(known.vertical_mm, 1000),
        time_s=_in(known.time_us, SECOND_US),
        edge_m=_in(known.edge_mm, 1000),
        last_known=warning.last_known,
        one_with=list(one_with),
        first_reported=None if known.coarse else _first_reported(warning, picture),
    )


def warning_seen_live(warning: StandingWarning, reader: PartyId, desk: Desk) -> told.WarningOut:
    """The same, as the tracks at hand have it (``await desk.live.know([warning])``)."""
    live = desk.live
    return warning_seen(
        warning, reader, desk.picture, live.is_track_open, live.one_with(warning, reader)
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


def _object(side: Side) -> told.WarningObjectOut:
    if side.shown:
        return told.WarningObjectOut(
            type=side.type,
            facts=list(side.facts),
            id=side.id,
            party=side.party,
            feed_party=side.feed_party,
            fix=views.fix(side.fix),
        )
    if side.cell is None:
        return told.WarningObjectOut(type=side.type)
    cell = told.CellOut(
        south=side.cell.south_nd / NANODEGREES,
        west=side.cell.west_nd / NANODEGREES,
        size=side.cell.size_nd / NANODEGREES,
    )
    where = f"within {cell.size:g}° north and east of {cell.south:g}, {cell.west:g}"
    return told.WarningObjectOut(type=side.type, facts=["something", where], cell=cell)


def _in(value: int | None, unit: int) -> float | None:
    return None if value is None else value / unit
