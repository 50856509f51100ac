"""What one party may know of a warning: its own object whole, of the other no more than it may.

Of another's track on a closed feed it knows that something is near, and in which cell of the agreed
grid; lengths and times go down to coarse steps, so that nobody finds a thing by inventing tracks
around it. The warning in the record keeps all. Whatever tells of a warning tells this.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from wideberth.model.ids import IntentId, PartyId
from wideberth.model.notices import Cell
from wideberth.model.warnings import StandingWarning, TrackFix, WarningObject
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US
from wideberth.watch.recorded import track_named

__all__ = ["Side", "TrackOpen", "Warned", "no_track_open", "warned"]

TrackOpen = Callable[[str, str | None, str, PartyId], bool]
"""Whether the track of this party's feed and this id is open to a party. None: whichever of its
feeds it was, which an older entry does not say.
"""

_STEP_MM = 500_000
_STEP_US = 30 * SECOND_US  # the levels of urgency are no finer


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a warning as a party may know it. shown: whole; else facts say that something is
    there, at most, and cell where a closed track is. feed_party: whose feed brought a shown track.
    """

    type: str
    shown: bool
    id: str | None = None
    party: PartyId | None = None
    facts: tuple[str, ...] = ()
    fix: TrackFix | None = None
    feed_party: str | None = None
    cell: Cell | None = None


class Warned(msgspec.Struct, frozen=True):
    """A warning as a party may know it. Lengths and times: None: not said. coarse: in steps.
    edge_mm: of an incursion, how far the track now is from the edge of the area, 0 in it.
    """

    sides: tuple[Side, ...]
    horizontal_mm: int | None
    vertical_mm: int | None
    time_us: int | None
    uncertainty_mm: int
    coarse: bool
    edge_mm: int | None = None


def no_track_open(_party: str, _feed: str | None, _track: str, _reader: PartyId) -> bool:
    """Where nobody says which feeds are open: none is."""
    return False


def warned(
    warning: StandingWarning, reader: PartyId, picture: Picture, track_open: TrackOpen
) -> Warned:
    """The warning for one of the parties that it is addressed to."""
    sides = tuple(_side(each, reader, picture, track_open) for each in warning.objects)
    # A distance to what may not be seen would say where it lies.
    hidden = any(each.type == "intent" and not each.shown for each in sides)
    closed = any(each.type == "track" and not each.shown for each in sides)
    length_mm, time_us = (_STEP_MM, _STEP_US) if closed else (1, 1)
    return Warned(
        sides=sides,
        horizontal_mm=None if hidden else _down(warning.horizontal_mm, length_mm),
        vertical_mm=None if hidden else _down(warning.vertical_mm, length_mm),
        time_us=None if hidden else _down(warning.time_us, time_us),
        uncertainty_mm=-(-warning.uncertainty_mm // length_mm) * length_mm,
        coarse=closed,
        edge_mm=None if hidden else _down(warning.edge_mm, length_mm),
    )


def _side(side: WarningObject, reader: PartyId, picture: Picture, track_open: TrackOpen) -> Side:
    if side.party == reader or _is_open(side, reader, picture, track_open):
        feed_party, name = track_named(side.id) if side.type == "track" else (None, side.id)
        return Side(
            type=side.type,
            shown=True,
            id=name,
            party=side.party,
            facts=side.facts,
            fix=side.fix,
            feed_party=feed_party,
        )
    if side.type != "track" or side.fix is None:
        return Side(type=side.type, shown=False)
    cell_nd = picture.space.rules.cell_nd
    south_nd, west_nd = (
        each // cell_nd * cell_nd for each in (side.fix.latitude_nd, side.fix.longitude_nd)
    )
    return Side(type=side.type, shown=False, cell=Cell(south_nd, west_nd, cell_nd))


def _is_open(side: WarningObject, reader: PartyId, picture: Picture, track_open: TrackOpen) -> bool:
    match side.type:
        case "zone":
            return True
        case "intent":
            intent = picture.intents.get(IntentId(side.id))
            return intent is not None and sees(picture, intent, reader)
        case "track":
            feed_party, track_id = track_named(side.id)
            # Who brought a track sees it, also when it is at hand no more.
            return feed_party == reader or track_open(feed_party, side.feed, track_id, reader)
        case _:
            return False


def _down(value: int | None, step: int) -> int | None:
    """Rounded down to whole steps, so that no more room is claimed than there is."""
    return None if value is None else value // step * step
