"""What one party may learn of another's intent when the two clash.

An ``open`` intent is shown whole, a ``named`` one to those named and to nobody else, and of an
``on-conflict`` one others learn the kind, the part that overlaps (rounded out to cells of the
agreed grid) and whom to call.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from wideberth.decisions.clashes import Meeting, ZoneClash, intent_ref, zone_ref
from wideberth.model.ids import IntentId, NoticeId, PartyId
from wideberth.model.intents import Intent
from wideberth.model.notices import Cell, Clash, Notice, ObjectRef, ObjectType, Overlap
from wideberth.picture.picture import Picture
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.overlap import horizontal_gap_mm
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.volume import NANODEGREES, Circle, Gap, Polygon, Volume4D

__all__ = [
    "MAX_CELLS",
    "MAX_HIDDEN",
    "Met",
    "clashes_for",
    "hidden_overlap",
    "may_follow",
    "turned",
    "zone_clash_for_teller",
    "zone_clashes_for_owner",
]

MAX_CELLS = 64
"""An overlap with a hidden intent is told in at most so many cells; larger, in larger cells."""

MAX_HIDDEN = 16
"""So many meetings with one hidden intent are told apart."""

_ANY_HEIGHT = Altitude(0, AltitudeReference.W84)
_POLE_ND = 85 * NANODEGREES
_WORLD_ND = 180 * NANODEGREES


@dataclass(frozen=True, slots=True)
class Met:
    """Under which rule two objects clash, and where, from the reader's side."""

    rule_id: str
    meetings: tuple[Meeting, ...]


def clashes_for(
    picture: Picture, reader: PartyId, *, own: ObjectRef, other: Intent, met: Met
) -> list[Clash]:
    """A clash as reader may see it: nothing where it may learn nothing of the other intent.

    own: the reader's object. One item where the other intent is shown; of a hidden one an item for
    each pair of volumes, so that the cells cover all of the true overlap.
    """
    if other.is_shown_to(reader):
        closest = met.meetings[0]
        return [
            Clash(
                rule=met.rule_id,
                other_kind=other.kind.value,
                gap=closest.gap,
                overlap=closest.overlap,
                own=own,
                other=intent_ref(other),
                other_party=other.party,
                contact=_contact(picture, other.party),
            )
        ]
    if not other.is_felt_by(reader):
        return []
    return [
        Clash(
            rule=met.rule_id,
            other_kind=other.kind.value,
            # Where nothing overlaps, a distance would help to locate what is hidden.
            gap=Gap(0, 0, 0),
            overlap=overlap,
            own=own,
            contact=_contact(picture, other.party),
        )
        for overlap in _hidden_overlaps(picture, met.meetings)
    ]


def zone_clash_for_teller(clash: ZoneClash, own: ObjectRef) -> Clash:
    """A clash with a zone as the author of the intent sees it: zones are open."""
    closest = clash.meetings[0]
    return Clash(
        rule=clash.rule_id,
        other_kind=f"{clash.zone.rule.value} zone",
        gap=closest.gap,
        overlap=closest.overlap,
        own=own,
        other=zone_ref(clash.zone),
        other_party=clash.zone.party,
    )


def zone_clashes_for_owner(picture: Picture, clash: ZoneClash, intent: Intent) -> list[Clash]:
    """The same as the zone's owner may see it; nothing where it may learn nothing."""
    mirrored = Met(clash.rule_id, tuple(turned(each) for each in clash.meetings))
    return clashes_for(
        picture, clash.zone.party, own=zone_ref(clash.zone), other=intent, met=mirrored
    )


def turned(meeting: Meeting) -> Meeting:
    """The same meeting from the other side."""
    return Meeting(meeting.other, meeting.own, meeting.gap)


def may_follow(picture: Picture, notice: Notice, sender: PartyId) -> bool:
    """Whether the sender may know that this notice went out, and so what is answered to it.

    Only where it sees an object of the recipient's for which the notice was issued: else the
    answer to a notice would say that something hidden is near, and whose.
    """
    seen: set[NoticeId] = set()
    waiting = [notice]
    while waiting:
        each = waiting.pop()
        seen.add(each.id)
        if any(_is_own_shown(picture, clash, sender) for clash in each.clashes):
            return True
        earlier = map(picture.notices.get, each.supersedes)
        waiting += [one.notice for one in earlier if one is not None and one.notice.id not in seen]
    return False


def _is_own_shown(picture: Picture, clash: Clash, sender: PartyId) -> bool:
    """Whether the sender sees the recipient's side of the clash."""
    own = clash.own
    if own is None:
        return False
    if own.type is ObjectType.ZONE:
        return True
    intent = picture.intents.get(IntentId(own.id))
    return intent is not None and intent.is_shown_to(sender)


def _hidden_overlaps(picture: Picture, meetings: tuple[Meeting, ...]) -> list[Overlap]:
    """What is told of each meeting with a hidden volume; the own volume is all that can be said of
    more than MAX_HIDDEN of them.
    """
    told = [hidden_overlap(picture, meeting) for meeting in meetings[:MAX_HIDDEN]]
    rest = meetings[MAX_HIDDEN:]
    if rest:
        own = [_own_band(meeting.own) for meeting in rest]
        told.append(
            Overlap(
                min(each.start_us for each in own),
                max(each.end_us for each in own),
                min(each.lower_mm for each in own),
                max(each.upper_mm for each in own),
                whole=True,
            )
        )
    return list(dict.fromkeys(told))


def _own_band(own: PreparedVolume) -> Overlap:
    lower_mm, upper_mm = own.altitude_model.band_w84_mm(own.volume)
    return Overlap(own.volume.start_us, own.volume.end_us, lower_mm, upper_mm, whole=True)


def hidden_overlap(picture: Picture, meeting: Meeting) -> Overlap:
    """What the owner of one volume learns of where a hidden one meets it.

    Never smaller than the true overlap. In a dimension in which the two only come near, the own
    volume is all that is told: what lies between would give the hidden one's edge. Time and heights
    are rounded out to the agreed steps within the own volume. Cells double in size until at most
    MAX_CELLS are looked at.
    """
    own, gap, shared = meeting.own, meeting.gap, meeting.overlap
    band = _own_band(own)
    rules = picture.space.rules
    if not gap.time_us:
        start_us, end_us = _rounded_out(shared.start_us, shared.end_us, rules.cell_time_us)
        band = msgspec.structs.replace(
            band, start_us=max(start_us, band.start_us), end_us=min(end_us, band.end_us)
        )
    if not gap.vertical_mm:
        lower_mm, upper_mm = _rounded_out(shared.lower_mm, shared.upper_mm, rules.cell_height_mm)
        band = msgspec.structs.replace(
            band, lower_mm=max(lower_mm, band.lower_mm), upper_mm=min(upper_mm, band.upper_mm)
        )
    cells = () if gap.horizontal_mm else _shared_cells(picture, meeting)
    return msgspec.structs.replace(band, cells=cells, whole=not cells)


def _shared_cells(picture: Picture, meeting: Meeting) -> tuple[Cell, ...]:
    """Cells that both touch; none where the grid has no cells there."""
    own, hidden = meeting.own, meeting.other
    box = _box_nd(own.volume)
    if box is None:
        return ()
    hidden_box = _box_nd(hidden.volume)
    south_nd, west_nd, north_nd, east_nd = box
    if hidden_box is not None:  # looking only where both are saves most of the work
        south_nd, west_nd = max(south_nd, hidden_box[0]), max(west_nd, hidden_box[1])
        north_nd, east_nd = min(north_nd, hidden_box[2]), min(east_nd, hidden_box[3])
    # The size of the cells must not depend on the hidden volume, or it would tell its size.
    cell_nd = picture.space.rules.cell_nd
    while _cell_count(box, cell_nd) > MAX_CELLS:
        cell_nd *= 2
    cells: list[Cell] = []
    for row in range(south_nd // cell_nd, north_nd // cell_nd + 1):
        for column in range(west_nd // cell_nd, east_nd // cell_nd + 1):
            cell = Cell(row * cell_nd, column * cell_nd, cell_nd)
            shape = _cell_volume(cell)
            if shape is None:
                return ()
            if _touches(shape, own) and _touches(shape, hidden):
                cells.append(cell)
    return tuple(cells)


def _rounded_out(lowest: int, highest: int, step: int) -> tuple[int, int]:
    return lowest // step * step, -(-highest // step) * step


def _cell_count(box_nd: tuple[int, int, int, int], cell_nd: int) -> int:
    south_nd, west_nd, north_nd, east_nd = box_nd
    rows = north_nd // cell_nd - south_nd // cell_nd + 1
    return rows * (east_nd // cell_nd - west_nd // cell_nd + 1)


def _touches(cell: PreparedVolume, volume: PreparedVolume) -> bool:
    return horizontal_gap_mm(cell, volume) == 0


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


def _cell_volume(cell: Cell) -> PreparedVolume | None:
    """The cell as a footprint (only that is looked at), or None where it leaves the map."""
    north_nd, east_nd = cell.south_nd + cell.size_nd, cell.west_nd + cell.size_nd
    if east_nd >= _WORLD_ND or cell.west_nd < -_WORLD_ND:
        return None
    corners = (
        (cell.south_nd, cell.west_nd),
        (cell.south_nd, east_nd),
        (north_nd, east_nd),
        (north_nd, cell.west_nd),
    )
    return prepare(Volume4D(Polygon(corners), _ANY_HEIGHT, _ANY_HEIGHT, 0, 0))
