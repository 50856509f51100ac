"""What one party may learn of another's intent when the two clash.

An ``open`` intent is shown whole, a ``named`` one to those named and to nobody else, and of an
``on-conflict`` one others learn the kind, the part that overlaps (rounded out to cells of the
agreed grid) and whom to call.
"""

from __future__ import annotations

import msgspec

from wideberth.decisions.clashes import IntentClash, ZoneClash, intent_ref, zone_ref
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent
from wideberth.model.notices import Cell, Clash, Notice, ObjectRef, ObjectType, Overlap
from wideberth.picture.picture import Picture
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.overlap import is_conflict
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.volume import NANODEGREES, Circle, Gap, Polygon, Volume4D

__all__ = [
    "MAX_CELLS",
    "clash_for",
    "hidden_overlap",
    "may_follow",
    "zone_clash_for_owner",
    "zone_clash_for_teller",
]

MAX_CELLS = 64
"""An overlap with a hidden intent is told in at most so many cells; larger, in larger cells."""

_POLE_ND = 85 * NANODEGREES
_WORLD_ND = 180 * NANODEGREES


def clash_for(
    picture: Picture,
    reader: PartyId,
    *,
    own: ObjectRef | None,
    own_volume: PreparedVolume,
    other: Intent,
    other_volume: PreparedVolume,
    clash: IntentClash,
) -> Clash | None:
    """The clash as reader may see it, or None where it may learn nothing of the other intent."""
    if other.is_shown_to(reader):
        return Clash(
            rule=clash.rule_id,
            other_kind=other.kind.value,
            gap=clash.gap,
            overlap=clash.overlap,
            own=own,
            other=intent_ref(other),
            other_party=other.party,
            contact=_contact(picture, other.party),
        )
    if not other.is_felt_by(reader):
        return None
    overlap = hidden_overlap(picture, own_volume, other_volume, clash.overlap)
    return Clash(
        rule=clash.rule_id,
        other_kind=other.kind.value,
        # Where nothing overlaps, a distance would help to locate what is hidden.
        gap=Gap(0, 0, 0),
        overlap=overlap,
        own=own,
        contact=_contact(picture, other.party),
    )


def zone_clash_for_teller(clash: ZoneClash, own: ObjectRef) -> Clash:
    """A clash with a zone as the author of the intent sees it: zones are open."""
    return Clash(
        rule=clash.rule_id,
        other_kind=f"{clash.zone.rule.value} zone",
        gap=clash.gap,
        overlap=clash.overlap,
        own=own,
        other=zone_ref(clash.zone),
        other_party=clash.zone.party,
    )


def zone_clash_for_owner(picture: Picture, clash: ZoneClash, intent: Intent) -> Clash | None:
    """The same as the zone's owner may see it, or None where it may learn nothing."""
    reader = clash.zone.party
    if not intent.is_felt_by(reader):
        return None
    shown = intent.is_shown_to(reader)
    overlap = clash.overlap
    if not shown:
        overlap = hidden_overlap(picture, clash.zone_volume, clash.own_volume, clash.overlap)
    return Clash(
        rule=clash.rule_id,
        other_kind=intent.kind.value,
        gap=clash.gap if shown else Gap(0, 0, 0),
        overlap=overlap,
        own=zone_ref(clash.zone),
        other=intent_ref(intent) if shown else None,
        other_party=intent.party if shown else None,
        contact=_contact(picture, intent.party),
    )


def may_follow(picture: Picture, notice: Notice, sender: PartyId) -> bool:
    """Whether the sender may know that this notice went out, and so what is answered to it.

    Only where it sees an object of the recipient's for which the notice was issued: else the
    answer to a notice would say that something hidden is near, and whose.
    """
    for clash in notice.clashes:
        own = clash.own
        if own is None:
            continue
        if own.type is ObjectType.ZONE:
            return True
        intent = picture.intents.get(IntentId(own.id))
        if intent is not None and intent.is_shown_to(sender):
            return True
    return any(
        before.notice.sender == sender and may_follow(picture, before.notice, sender)
        for before in map(picture.notices.get, notice.supersedes)
        if before is not None
    )


def hidden_overlap(
    picture: Picture, own: PreparedVolume, hidden: PreparedVolume, band: Overlap
) -> Overlap:
    """The cells of the agreed grid that own touches and the hidden volume touches too.

    Never smaller than the true overlap. Cells double in size until at most MAX_CELLS are looked at.
    """
    box = _box_nd(own.volume)
    if box is None:
        return msgspec.structs.replace(band, whole=True)
    south_nd, west_nd, north_nd, east_nd = box
    cell_nd = picture.space.rules.cell_nd
    while True:
        rows = range(south_nd // cell_nd, north_nd // cell_nd + 1)
        columns = range(west_nd // cell_nd, east_nd // cell_nd + 1)
        if len(rows) * len(columns) <= MAX_CELLS:
            break
        cell_nd *= 2
    cells: list[Cell] = []
    for row in rows:
        for column in columns:
            cell = Cell(row * cell_nd, column * cell_nd, cell_nd)
            shape = _cell_volume(cell, own)
            if shape is None:
                return msgspec.structs.replace(band, whole=True)
            if is_conflict(shape, own) and is_conflict(shape, hidden):
                cells.append(cell)
    if not cells:  # they lie apart, within the separation: own is all that can be said
        return msgspec.structs.replace(band, whole=True)
    return msgspec.structs.replace(band, cells=tuple(cells))


def _contact(picture: Picture, party: PartyId) -> str | None:
    known = picture.parties.get(party)
    return known.contact if known is not None else None


def _box_nd(volume: Volume4D) -> tuple[int, int, int, int] | None:
    """South, west, north, east of a footprint away from poles and seam, else None.

    Geodesics bulge polewards of their ends; the grid cell under the bulge is caught by the margin.
    """
    shape = volume.footprint
    match shape:
        case Circle():
            reach_nd = int(shape.radius_mm / 110_000_000 * NANODEGREES) + 1
            south_nd, north_nd = shape.latitude_nd - reach_nd, shape.latitude_nd + reach_nd
            if max(abs(south_nd), abs(north_nd)) > _POLE_ND:
                return None
            # at 85 degrees a degree of longitude is 1/11.5 of one at the equator
            wide_nd = reach_nd * 12
            west_nd, east_nd = shape.longitude_nd - wide_nd, shape.longitude_nd + wide_nd
        case Polygon():
            latitudes = [vertex[0] for vertex in shape.vertices]
            longitudes = [vertex[1] for vertex in shape.vertices]
            west_nd, east_nd = min(longitudes), max(longitudes)
            bulge_nd = (east_nd - west_nd) // 8
            south_nd, north_nd = min(latitudes) - bulge_nd, max(latitudes) + bulge_nd
    if (
        max(abs(south_nd), abs(north_nd)) > _POLE_ND
        or east_nd - west_nd > 90 * NANODEGREES
        or west_nd < -_WORLD_ND
        or east_nd >= _WORLD_ND
    ):
        return None
    return south_nd, west_nd, north_nd, east_nd


def _cell_volume(cell: Cell, own: PreparedVolume) -> PreparedVolume | None:
    """The cell over all heights and the own volume's time, or None where it leaves the map."""
    north_nd, east_nd = cell.south_nd + cell.size_nd, cell.west_nd + cell.size_nd
    if east_nd >= _WORLD_ND or cell.west_nd < -_WORLD_ND:
        return None
    corners = (
        (cell.south_nd, cell.west_nd),
        (cell.south_nd, east_nd),
        (north_nd, east_nd),
        (north_nd, cell.west_nd),
    )
    return prepare(
        Volume4D(
            Polygon(corners),
            Altitude(-8_000_000, AltitudeReference.W84),
            Altitude(100_000_000, AltitudeReference.W84),
            own.volume.start_us,
            own.volume.end_us,
        )
    )
